"""A charger with its car: commands in, a current out, with the delays and the minimum of a real one."""

import math
from typing import TYPE_CHECKING, Any

from .model import NOMINAL_VOLTAGE
from .stored import flag, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .car import Car
    from .clock import StreetDay

# IEC 61851-1 gives a car five seconds to follow; current ones need one to two.
RAMP_S = 1.6


class Charger:
    """One charging point. Currents are per phase in A, positive while charging, negative while feeding back.

    It keeps what it was told until it is told something else. `obeys` is False while it ignores its commands.
    """

    __slots__ = (
        "car",
        "current_a",
        "current_limit",
        "discharge_current",
        "enabled",
        "max_current_a",
        "max_discharge_a",
        "min_current_a",
        "obeys",
        "phases",
        "phases_in_use",
    )

    def __init__(
        self,
        car: Car,
        *,
        phases: tuple[int, ...],
        max_current_a: float,
        min_current_a: float,
        max_discharge_a: float,
    ) -> None:
        self.car = car
        self.phases = phases
        self.phases_in_use = len(phases)
        self.max_current_a = max_current_a
        self.min_current_a = min_current_a
        self.max_discharge_a = max_discharge_a
        self.current_limit = max_current_a
        self.enabled = True
        self.discharge_current = 0.0
        self.current_a = 0.0
        self.obeys = True

    @property
    def power_w(self) -> float:
        """Power at this moment, W."""
        return self.current_a * NOMINAL_VOLTAGE * self.phases_in_use

    def change_phases(self, count: int) -> None:
        """Use the first of its phases, or all of them; a contactor that opens under load is an error.

        Raises:
            ValueError: There are not so many, or something flows.
        """
        if count not in {1, len(self.phases)} or self.current_a != 0.0:
            raise ValueError(count)
        self.phases_in_use = count

    def _target(self) -> float:
        if not self.car.connected:
            return 0.0
        limit, feed = self.current_limit, self.discharge_current
        if not self.obeys:
            limit, feed = self.max_current_a, 0.0
        elif not self.enabled:
            return 0.0
        least = max(self.min_current_a, self.car.model.min_current_a)
        if feed > 0:
            return -feed if feed >= least and self.car.gives() else 0.0
        if limit < least:
            return 0.0
        return min(limit, self.car.accepts_a())

    def _ramp(self, target: float, dt: float) -> float:
        """Move towards `target` for `dt` seconds; returns the mean current meanwhile.

        A stop opens the contactor at once, a start begins at the car's minimum: nothing ever stays in between.
        """
        if target == 0.0:
            self.current_a = 0.0
            return 0.0
        current = self.current_a
        if current * target <= 0.0:
            current = math.copysign(self.min_current_a, target)
        slope = self.max_current_a / RAMP_S
        gap = target - current
        needed = abs(gap) / slope
        if needed >= dt:
            self.current_a = current + math.copysign(slope * dt, gap)
            return (current + self.current_a) / 2
        self.current_a = target
        return (target * (dt - needed) + (current + target) / 2 * needed) / dt

    def step(self, now: float, dt: float, day: StreetDay) -> float:
        """Run for `dt` seconds from `now`; returns the mean power meanwhile, W."""
        self.car.follow(now, day)
        mean = self._ramp(self._target(), dt)
        if mean == 0.0:
            return 0.0
        return self.car.exchange(mean * NOMINAL_VOLTAGE * self.phases_in_use, dt)

    def settle_presence(self, now: float, day: StreetDay) -> None:
        """Let the car come or go at the very moment of a reading; without a car nothing flows."""
        self.car.follow(now, day)
        if not self.car.connected:
            self.current_a = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return what changes, for storage."""
        return {
            "current_limit": self.current_limit,
            "enabled": self.enabled,
            "discharge_current": self.discharge_current,
            "current_a": self.current_a,
            "car": self.car.to_dict(),
        }

    def restore(self, state: Mapping[str, Any], car: Mapping[str, Any]) -> None:
        """Go on from what `to_dict` gave; `car` is its part about the car."""
        self.current_limit = number(state, "current_limit", 0.0, self.max_current_a)
        self.enabled = flag(state, "enabled")
        self.discharge_current = number(state, "discharge_current", 0.0, self.max_discharge_a)
        self.current_a = number(state, "current_a", -self.max_discharge_a, self.max_current_a)
        self.car.restore(car)
