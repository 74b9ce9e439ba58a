"""Loads that may be switched off for a while, because they keep their energy as heat: water heater and heat pump.

Both are one store with losses and a two-point control. What is not heated during the pause is heated after it: the
energy is shifted, and some of it saved, since a cooler store loses less.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from .randomness import generator
from .stored import flag, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clock import StreetDay

_HOUR = 3_600.0


class SheddableLoad(Protocol):
    """What a household needs to know of a load; `allowed` is its relay, `power_w` what it draws now."""

    load_id: str
    name: str
    rated_w: float
    allowed: bool
    power_w: float
    temperature: float

    def step(self, now: float, dt: float, day: StreetDay, outdoor_c: float) -> None:
        """Run for `dt` seconds from `now`."""

    def to_dict(self) -> dict[str, Any]:
        """Return what changes, for storage."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_dict` gave."""


@dataclass(slots=True)
class _Relay:
    """What both loads store."""

    load_id: str
    name: str
    rated_w: float
    temperature: float
    allowed: bool = True
    heating: bool = False
    power_w: float = 0.0

    def _switch(self, lower: float, upper: float) -> None:
        if self.temperature >= upper:
            self.heating = False
        elif self.temperature < lower:
            self.heating = True
        self.power_w = self.rated_w if self.heating and self.allowed else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return what changes, for storage."""
        return {
            "temperature": self.temperature,
            "allowed": self.allowed,
            "heating": self.heating,
            "power_w": self.power_w,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_dict` gave."""
        self.temperature = number(state, "temperature", -30.0, 100.0)
        self.allowed = flag(state, "allowed")
        self.heating = flag(state, "heating")
        self.power_w = number(state, "power_w", 0.0, self.rated_w)


class Boiler(_Relay):
    """A 200 l hot-water tank with a 2 kW element, kept at 55..60 degrees.

    About 5 kWh of hot water are drawn a day, in the morning and the evening (the EU's tapping profile M has 5.8 kWh).

    `heat_w` is the heat that left with drawn water during the last step, `loss_w` through the wall.
    """

    CAPACITY_WH_PER_K = 200 * 1.163
    LOSS_W_PER_K = 1.6
    ROOM_C = 18.0
    INLET_C = 12.0
    LOWER_C = 55.0
    UPPER_C = 60.0

    __slots__ = ("_draws", "_draws_day", "_key", "heat_w", "loss_w")

    def __init__(self, *key: object) -> None:
        super().__init__("boiler", "Water heater", 2000.0, generator(*key, "boiler").uniform(52.0, 56.5))
        self._key = (*key, "draws")
        self._draws_day = -1
        self._draws: list[tuple[float, float, float]] = []
        self.heat_w = 0.0
        self.loss_w = 0.0

    def _draw_w(self, seconds: float, day: StreetDay) -> float:
        if day.ordinal != self._draws_day:
            source = generator(*self._key, day.ordinal)
            self._draws_day = day.ordinal
            self._draws = []
            for first, last, count, energy in ((6.0, 8.5, 3, 800), (11.0, 15.0, 2, 250), (17.4, 20.5, 4, 600)):
                for _ in range(count):
                    start = source.uniform(first, last) * _HOUR
                    minutes = source.uniform(3, 8)
                    self._draws.append((start, start + minutes * 60, energy * source.uniform(0.7, 1.3) * 60 / minutes))
        return sum(watts for start, end, watts in self._draws if start <= seconds < end)

    def step(self, now: float, dt: float, day: StreetDay, outdoor_c: float) -> None:
        """Run for `dt` seconds from `now`; the outdoor temperature does not matter."""
        del outdoor_c
        warmth = max(0.0, (self.temperature - self.INLET_C) / (self.UPPER_C - self.INLET_C))
        self.heat_w = self._draw_w(now - day.midnight, day) * min(1.0, warmth)
        self.loss_w = self.LOSS_W_PER_K * (self.temperature - self.ROOM_C)
        self._switch(self.LOWER_C, self.UPPER_C)
        stored = (self.power_w - self.heat_w - self.loss_w) * dt / _HOUR
        self.temperature += stored / self.CAPACITY_WH_PER_K


class HeatPump(_Relay):
    """A 1.5 kW heat pump (coefficient of performance 3.2) that warms a house with a heavy structure.

    The thermostat wants 20 degrees, and 21 from the late afternoon until ten, within half a degree.
    """

    CAPACITY_WH_PER_K = 7_000.0
    LOSS_W_PER_K = 180.0
    GAINS_W = 350.0
    PERFORMANCE = 3.2
    DAY_C = 20.0
    EVENING_C = 21.2
    BAND_K = 0.4
    EVENING_END_S = 22 * _HOUR

    __slots__ = ("_evening_s",)

    def __init__(self, *key: object) -> None:
        source = generator(*key, "heat_pump")
        super().__init__("heat_pump", "Heat pump", 1500.0, source.uniform(19.8, 20.2))
        self._evening_s = source.uniform(16.9, 17.4) * _HOUR

    def step(self, now: float, dt: float, day: StreetDay, outdoor_c: float) -> None:
        """Run for `dt` seconds from `now` with `outdoor_c` degrees outside."""
        wanted = self.EVENING_C if self._evening_s <= now - day.midnight < self.EVENING_END_S else self.DAY_C
        self._switch(wanted - self.BAND_K, wanted + self.BAND_K)
        heat = self.power_w * self.PERFORMANCE + self.GAINS_W - self.LOSS_W_PER_K * (self.temperature - outdoor_c)
        self.temperature += heat * dt / _HOUR / self.CAPACITY_WH_PER_K
