"""A capacity tariff: the mean power of each window of the clock stays under a target.

The meter of such a tariff adds up what is drawn from window to window (Flanders: quarters of an hour). What may still
be drawn is what the target leaves, spread over the rest of the window. Devices that are raised go by the target itself,
not by what is left over: so nothing swings up at a window's end and falls at the next one's beginning; what is left
over carries kettles and ovens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from ..model.world import PhaseReading

#: Share of the target that is aimed at: the last seconds of a window cannot be corrected any more.
_AIM: Final = 0.98
#: What remains of a window counts as at least this long, s.
_LAST_S: Final = 30.0
#: A measurement is carried on for this long, s; what is longer counts as unknown.
_CARRIED_S: Final = 60.0


@dataclass(slots=True, kw_only=True)
class PeakWindow:
    """What was drawn in the present window.

    Windows begin at multiples of `window_s` of grid time (UTC; quarters of an hour are the same in every time zone).
    Only what is drawn counts; feeding in at another time of the window makes up for nothing.

    Attributes:
        target_w: The mean that must not be exceeded, W.
        window_s: Length of a window, s.
    """

    target_w: float
    window_s: float
    _start: float | None = None
    _energy_ws: float = 0.0
    _at: float = 0.0
    _power_w: float | None = None

    def observe(self, now: float, reading: PhaseReading | None) -> None:
        """Add up to `now`. Time that was not measured counts with the target, or with what was drawn before if more."""
        power_w = None if reading is None else max(0.0, reading.total_w)
        start = now // self.window_s * self.window_s
        if self._start is None or now < self._at:
            # Nothing is known of this window so far: it may have been used up evenly.
            self._start, self._energy_ws = start, self.target_w * (now - start)
        else:
            mean_w = self._mean_between(now - self._at, power_w)
            if start != self._start:
                # The time that was not seen at all belongs to the new window as well.
                self._start, self._energy_ws = start, 0.0
                self._at = max(self._at, start)
            self._energy_ws += mean_w * (now - self._at)
        self._at, self._power_w = now, power_w

    def allowed_w(self) -> float:
        """Return mean power that the rest of the window may have, W; never negative."""
        assert self._start is not None  # noqa: S101  # observed before it is asked
        remaining_s = max(_LAST_S, self._start + self.window_s - self._at)
        return max(0.0, (self.target_w * _AIM * self.window_s - self._energy_ws) / remaining_s)

    def steady_w(self) -> float:
        """Return power up to which devices may be raised, W: could go on for ever."""
        return min(self.target_w * _AIM, self.allowed_w())

    def mean_w(self) -> float:
        """Return mean power of this window so far, W."""
        if self._start is None or self._at <= self._start:
            return self._power_w or 0.0
        return self._energy_ws / (self._at - self._start)

    def projected_w(self) -> float:
        """Return mean power of the whole window if the present power stays, W."""
        if self._start is None:
            return 0.0
        power_w = self.target_w if self._power_w is None else self._power_w
        return (self._energy_ws + power_w * (self._start + self.window_s - self._at)) / self.window_s

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {"start": self._start, "energy_ws": self._energy_ws, "at": self._at, "power_w": self._power_w}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, target_w: float, window_s: float) -> Self:
        """Return what an earlier run had added up; the time between counts as not measured."""
        return cls(
            target_w=target_w,
            window_s=window_s,
            _start=None if data["start"] is None else float(data["start"]),
            _energy_ws=float(data["energy_ws"]),
            _at=float(data["at"]),
            _power_w=None if data["power_w"] is None else float(data["power_w"]),
        )

    def _mean_between(self, elapsed_s: float, power_w: float | None) -> float:
        before = self._power_w
        if before is None or power_w is None or elapsed_s > _CARRIED_S:
            return max(self.target_w, before or 0.0, power_w or 0.0)
        return (before + power_w) / 2
