"""What a source that reports seldom keeps from cars, measured over the last hour: only what costs is worth a word."""

from collections import deque
from typing import Final

#: What was kept back counts for so long, s, in steps of so much, s.
_WINDOW_S: Final = 3600.0
_STEP_S: Final = 120.0
#: The longest time for which one moment speaks, s: a clock may jump.
_VOUCHED_S: Final = 60.0
#: From so much within the window on it costs, and below so much no more, Wh.
_COSTS_WH: Final = 500.0
_COSTS_NO_MORE_WH: Final = 100.0
#: Who reports often for so long does not cost any more, whatever was kept back before, s.
_CURED_S: Final = 600.0
_WS_PER_WH: Final = 3600.0


class HeldBack:
    """One source: a meter or a charger.

    Attributes:
        costs: It keeps so much from cars that somebody should hear of it; never changes back and forth within minutes.
    """

    def __init__(self) -> None:
        self.costs = False
        self._kept: deque[tuple[float, float]] = deque()
        self._last: tuple[float, float] | None = None
        self._often_since: float | None = None

    @property
    def energy_wh(self) -> float:
        """What was kept from cars within the last hour, Wh."""
        return sum(energy_ws for _, energy_ws in self._kept) / _WS_PER_WH

    def observe(self, now: float, kept_w: float, *, seldom: bool) -> None:
        """Take in what is kept from cars from now on, W, and whether the source reports seldom."""
        kept = self._kept
        if self._last is not None and self._last[1] > 0:
            energy_ws = self._last[1] * min(max(0.0, now - self._last[0]), _VOUCHED_S)
            if kept and now - kept[-1][0] < _STEP_S:
                kept[-1] = (kept[-1][0], kept[-1][1] + energy_ws)
            else:
                kept.append((now, energy_ws))
        while kept and not 0.0 <= now - kept[0][0] <= _WINDOW_S:
            kept.popleft()
        self._last = (now, kept_w)
        if seldom:
            self._often_since = None
        elif self._often_since is None:
            self._often_since = now
        elif now - self._often_since >= _CURED_S:
            kept.clear()
        self.costs = self.energy_wh >= (_COSTS_NO_MORE_WH if self.costs else _COSTS_WH)

    def forget(self) -> None:
        """Begin anew, as after the clock was set back."""
        self._kept.clear()
        self._last = self._often_since = None
        self.costs = False
