"""How full a car or a home battery is: what it reported last, carried on by the energy that was measured since.

Cars report when they like: every minute, once an hour, not while they sleep, or the value from before the trip. So a
report has a time, and a value that is repeated is no news: what was charged and fed back since it came first is added
and taken off, with the losses on the way. A value that changes is news, and counts from when it was taken.

- Two numbers come of it: what is expected, and what it surely has. Feeding back goes by the latter.
- What was reported well before the plug-in is of before the trip, as is the value with which the car left, reported
  again: it is not believed. Then the need is unknown until a new value comes, and ends at the latest when more was
  charged than the whole battery up to the target.
- A value that vanishes was no less true for that.
- Where nobody tells that a car has come or gone, a value that is not reported any more is believed for an hour, and one
  that stands still for a day.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..model.world import BatteryConfig, BatteryTelemetry, ChargerConfig, ChargerTelemetry, DeviceConfig, Telemetry

_FULL: Final = 100.0
#: What of the energy that is drawn arrives in the battery, as expected and at least; the same the other way round.
_EFFICIENCY: Final = 0.92
_LEAST_EFFICIENCY: Final = 0.9
#: A car is parked some time before it is plugged in: its value of so long before counts as of now, s. Nor has it been
#: on a trip when it was away for less.
_PARKED_S: Final = 900.0
#: Without a plug to watch, a value that vanished is believed for so long, and one that stands still, s.
_VANISHED_S: Final = 3600.0
_STANDING_S: Final = 86_400.0
#: Of a battery of which nobody said how large it is, feeding back reckons with a small one, Wh.
LEAST_CAPACITY_WH: Final = 20_000.0
#: What was measured is remembered in steps of the one for the other, s: reports may be so late.
_STEP_S: Final = 30.0
_LATE_S: Final = 2 * 3600.0
#: The longest time for which one reading says what was drawn, s.
_VOUCHED_S: Final = 900.0
_WS_PER_WH: Final = 3600.0


@dataclass(slots=True)
class ChargeWatch:
    """One car or battery.

    Attributes:
        capacity_wh: Usable, Wh; None: unknown.
        stays: It never leaves: a home battery.
        discharge_w: The most that it can feed back, W.
        value: The newest report that is believed, percent; None: there is none.
        at: When that was taken, grid time.
        in_wh, out_wh: Drawn and fed back since then, as measured, Wh.
    """

    capacity_wh: float | None
    stays: bool = False
    discharge_w: float = 0.0
    value: float | None = None
    at: float = 0.0
    in_wh: float = 0.0
    out_wh: float = 0.0
    #: What was reported last, whether it was believed or not, and until when; with what the last car left, and when.
    _said: float | None = None
    _heard_at: float | None = None
    _left_with: float | None = None
    _left_at: float | None = None
    _arrived_at: float | None = None
    #: Drawn and fed back in this stay, Wh, and how far that was at earlier moments.
    _drawn_wh: float = 0.0
    _fed_wh: float = 0.0
    _log: deque[tuple[float, float, float]] = field(default_factory=deque)
    _observed_at: float | None = None
    #: What it drew when it was seen last, W.
    _power_w: float = 0.0

    @classmethod
    def of(cls, config: DeviceConfig) -> ChargeWatch:
        """Return one for this device; of a household or the sun there is nothing to watch."""
        match config:
            case ChargerConfig():
                return cls(config.battery_wh, discharge_w=config.max_discharge_a * config.watts_per_amp)
            case BatteryConfig():
                return cls(config.capacity_wh, stays=True, discharge_w=config.max_discharge_w)
            case _:
                return cls(None)

    @property
    def expected(self) -> float | None:
        """State of charge as it is expected now, percent; None: nothing is known."""
        return self._carried(_EFFICIENCY)

    @property
    def surely(self) -> float | None:
        """State of charge that it has at least, percent; None: nothing is known."""
        return self._carried(_LEAST_EFFICIENCY)

    def need_wh(self, target: float) -> float | None:
        """Return what is missing to a state of charge, Wh; 0 when it is reached, None: unknown how much."""
        expected, capacity_wh = self._carried(_EFFICIENCY), self.capacity_wh
        if expected is None:
            charged_wh = self._drawn_wh * _LEAST_EFFICIENCY - self._fed_wh / _LEAST_EFFICIENCY
            return 0.0 if capacity_wh is not None and charged_wh >= target / _FULL * capacity_wh else None
        if capacity_wh is None:
            return 0.0 if expected >= target else None
        return max(0.0, target - expected) / _FULL * capacity_wh

    def observe(
        self,
        now: float,
        telemetry: Telemetry | None,
        *,
        power_w: float | None,
        told: float | None,
        plugged: bool | None,
    ) -> None:
        """Take in a step.

        Args:
            now: Grid time.
            telemetry: What the device reports.
            power_w: What it draws, W, negative when fed back; None while nobody can see it.
            told: What it was told last; negative: to feed back.
            plugged: The car is there; None: nobody knows.
        """
        self._measure(now, power_w, feeds=told is not None and told < 0)
        said = said_at = None
        if isinstance(telemetry, ChargerTelemetry | BatteryTelemetry):
            said, said_at = telemetry.soc, telemetry.soc_at
        if said_at is not None and not math.isfinite(said_at):
            said_at = None
        if said is not None and 0.0 <= said <= _FULL:
            at = now if said_at is None else min(said_at, now)
            if plugged is not False:
                self._hear(now, at, said, timed=said_at is not None, plugged=plugged)
            elif said != self._left_with:
                # It has been told anew since the car left.
                self._left_with = None
            self._said, self._heard_at = said, now
        elif plugged is None and not self.stays and self._heard_at is not None:
            self.value = self.value if now - self._heard_at < _VANISHED_S else None

    def arrive(self, now: float) -> None:
        """Begin anew: a car was plugged in."""
        self._arrived_at = now
        if self._left_at is None or now - self._left_at >= _PARKED_S:
            self.value = None
            self._drawn_wh = self._fed_wh = 0.0
            self._log.clear()

    def leave(self, now: float) -> None:
        """Forget the car: it was unplugged."""
        self._left_with, self._left_at, self._arrived_at = self._said, now, None

    def change_car(self, *, left_with: float | None, left_at: float | None) -> None:
        """Forget what was heard of another car than was thought; what was drawn since the plug-in stays.

        Args:
            left_with: The state of charge that this one reported when it was unplugged last, percent.
            left_at: When that was, grid time.
        """
        self.value = self._said = self._heard_at = None
        self._left_with, self._left_at = left_with, left_at

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self.at = min(self.at, now)
        self._heard_at = None if self._heard_at is None else min(self._heard_at, now)
        self._left_at = None if self._left_at is None else min(self._left_at, now)
        self._arrived_at = None if self._arrived_at is None else min(self._arrived_at, now)
        self._observed_at = None
        self._log.clear()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "value": self.value,
            "at": self.at,
            "in_wh": self.in_wh,
            "out_wh": self.out_wh,
            "said": self._said,
            "heard_at": self._heard_at,
            "left_with": self._left_with,
            "left_at": self._left_at,
            "arrived_at": self._arrived_at,
            "drawn_wh": self._drawn_wh,
            "fed_wh": self._fed_wh,
            "feeds": self._power_w < 0,
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what `to_dict` gave; who was feeding back may have gone on, and nobody has measured it."""
        self.value = None if data["feeds"] or data["value"] is None else float(data["value"])
        self.at, self.in_wh, self.out_wh = float(data["at"]), float(data["in_wh"]), float(data["out_wh"])
        self._said, self._heard_at, self._left_with = data["said"], data["heard_at"], data["left_with"]
        self._left_at, self._arrived_at = data["left_at"], data["arrived_at"]
        self._drawn_wh, self._fed_wh = float(data["drawn_wh"]), float(data["fed_wh"])

    def _carried(self, efficiency: float) -> float | None:
        if self.value is None:
            return None
        # How full a battery of unknown size has become nobody can tell, but that it has become emptier, and by how much
        # at most.
        capacity_wh = self.capacity_wh
        stored_wh = self.in_wh * efficiency if capacity_wh is not None else 0.0
        soc = self.value + (stored_wh - self.out_wh / efficiency) / (capacity_wh or LEAST_CAPACITY_WH) * _FULL
        return _FULL if soc >= _FULL else max(0.0, soc)

    def _measure(self, now: float, power_w: float | None, *, feeds: bool) -> None:
        """Add up what has flowed since the last step; what nobody could see may have been fed back."""
        elapsed_s = 0.0 if self._observed_at is None else max(0.0, now - self._observed_at)
        self._observed_at = now
        if power_w is not None:
            self._power_w = power_w
        else:
            self._power_w = -self.discharge_w if feeds else min(0.0, self._power_w)
        if self._power_w > 0.0:
            # Of a long time without a look, nothing that is good is believed.
            drawn_wh = self._power_w * min(elapsed_s, _VOUCHED_S) / _WS_PER_WH
            self.in_wh += drawn_wh
            self._drawn_wh += drawn_wh
        elif self._power_w < 0.0:
            fed_wh = -self._power_w * elapsed_s / _WS_PER_WH
            self.out_wh += fed_wh
            self._fed_wh += fed_wh
        if not self._log or now - self._log[-1][0] >= _STEP_S:
            self._log.append((now, self._drawn_wh, self._fed_wh))
            while self._log[0][0] < now - _LATE_S:
                self._log.popleft()

    def _hear(self, now: float, at: float, said: float, *, timed: bool, plugged: bool | None) -> None:
        """A value is reported: decide whether it is news, and of this stay."""
        if plugged is None and not self.stays and now - at >= _STANDING_S:
            self.value = None
        elif self.value is None:
            if self._is_of_now(now, at, said, timed=timed):
                self._take(now, at, said)
        elif said != self.value and at >= self.at:
            self._take(now, at, said)

    def _is_of_now(self, now: float, at: float, said: float, *, timed: bool) -> bool:
        """Return whether a value is of this stay."""
        if not timed or self.stays:
            return True
        if self._arrived_at is None:
            return now - at < _STANDING_S
        if at < self._arrived_at - _PARKED_S:
            return False
        been_away = self._left_at is None or self._arrived_at - self._left_at >= _PARKED_S
        return not been_away or said != self._left_with

    def _take(self, now: float, at: float, said: float) -> None:
        """Go on from a value, with what was measured since it was taken."""
        drawn_wh, fed_wh = self._drawn_wh, self._fed_wh
        if at < now and self._log:
            known = [each for each in self._log if each[0] <= at]
            # Longer ago than anybody remembers: all of it may have been fed back since.
            _, drawn_wh, fed_wh = known[-1] if known else (at, self._log[0][1], 0.0)
        self.value, self.at = said, at
        self.in_wh, self.out_wh = self._drawn_wh - drawn_wh, self._fed_wh - fed_wh
