"""A car: when it is at home, how much it drove, and what its battery and onboard charger do with a current.

When: trips on working days have their peaks between 7 and 8 and between 16 and 18 o'clock ("Mobilität in Deutschland
2017", infas, DLR and IVT for the German ministry of transport); this street is one of commuters who live far from
their work and come home at the end of that window, with 18 kWh used per 100 km.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .randomness import generator
from .stored import flag, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .clock import StreetDay

WH_PER_KM = 180.0
V2G_FLOOR_SOC = 10.0

_HOUR = 3_600.0
_SATURDAY = 5
_WEEKEND_LATER_H = 2.0
_FULL = 100.0
_FULL_AGAIN_BELOW = 98.0
_FLOOR_HYSTERESIS = 1.0
_NEVER_BELOW = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarModel:
    """Nameplate and habits of one car. Hours are local clock hours, km ranges are per day."""

    battery_wh: float
    min_current_a: float
    max_current_a: float
    taper_soc: float
    efficiency: float
    leaves_h: float
    returns_h: float
    km: tuple[float, float]
    first_returns_h: float
    first_soc: float


@dataclass(frozen=True, slots=True)
class Trip:
    """One day on the road: seconds since local midnight, and energy used, Wh."""

    leaves_s: float
    returns_s: float
    used_wh: float


class Car:
    """State of one car: `soc` in percent, `connected` to a charger at home, and the `card` that is read there."""

    __slots__ = ("_empty", "_full", "_key", "_story_day", "_trips", "card", "connected", "model", "soc")

    def __init__(self, model: CarModel, story_day: int, card: str, *key: object) -> None:
        self.model = model
        self.card = card
        self._key = key
        self._story_day = story_day
        self._trips: dict[int, Trip] = {}
        self.soc = generator(*key, "soc").uniform(70.0, 95.0)
        self.connected = False
        self._full = False
        self._empty = False

    def trip(self, ordinal: int, weekday: int) -> Trip:
        """Return the trip of a day; on the street's first day it ends as the story wants it."""
        trip = self._trips.get(ordinal)
        if trip is None:
            trip = self._draw(ordinal, weekday)
            self._trips = {day: known for day, known in self._trips.items() if abs(day - ordinal) <= 1}
            self._trips[ordinal] = trip
        return trip

    def _draw(self, ordinal: int, weekday: int) -> Trip:
        source = generator(*self._key, "trip", ordinal)
        model = self.model
        leaves_h = model.leaves_h + min(max(source.gauss(0.0, 0.15), -0.3), 0.3)
        returns_h = model.returns_h + min(max(source.gauss(0.0, 0.15), -0.3), 0.3)
        if weekday >= _SATURDAY:
            leaves_h += _WEEKEND_LATER_H
        if ordinal == self._story_day:
            returns_h = model.first_returns_h + source.uniform(-0.05, 0.05)
        return Trip(leaves_h * _HOUR, returns_h * _HOUR, source.uniform(*model.km) * WH_PER_KM)

    def start(self, now: float, day: StreetDay) -> None:
        """Take the place that the clock says, for a street that begins at `now`."""
        seconds = now - day.midnight
        trip = self.trip(day.ordinal, day.weekday)
        self.connected = not trip.leaves_s <= seconds < trip.returns_s
        if seconds >= trip.returns_s:
            self._arrive(day)

    def follow(self, now: float, day: StreetDay) -> None:
        """Leave or arrive when it is time."""
        trip = self.trip(day.ordinal, day.weekday)
        at_home = not trip.leaves_s <= now - day.midnight < trip.returns_s
        if at_home and not self.connected:
            self._arrive(day)
        self.connected = at_home

    def _arrive(self, day: StreetDay) -> None:
        if day.ordinal == self._story_day:
            source = generator(*self._key, "story")
            self.soc = self.model.first_soc + source.uniform(-1.5, 1.5)
        else:
            used = self.trip(day.ordinal, day.weekday).used_wh / self.model.battery_wh * 100
            self.soc = max(_NEVER_BELOW, self.soc - used)
        self._full = False
        self._empty = False

    def departure(self, now: float, day: StreetDay) -> float | None:
        """Return when the car leaves next, epoch seconds; None while it is away."""
        if not self.connected:
            return None
        leaves = day.midnight + self.trip(day.ordinal, day.weekday).leaves_s
        if leaves > now:
            return leaves
        return day.until + self.trip(day.ordinal + 1, (day.weekday + 1) % 7).leaves_s

    def accepts_a(self) -> float:
        """Return the current that the battery accepts now, A: constant, then falling, then none (CC-CV)."""
        model = self.model
        if self._full and self.soc < _FULL_AGAIN_BELOW:
            self._full = False
        if self._full or self.soc >= _FULL:
            self._full = True
            return 0.0
        progress = max(0.0, (self.soc - model.taper_soc) / (_FULL - model.taper_soc))
        return model.max_current_a - (model.max_current_a - model.min_current_a) * progress

    def gives(self) -> bool:
        """Return whether the car still feeds back: above its floor, and after the floor only with a little more."""
        if self.soc <= V2G_FLOOR_SOC:
            self._empty = True
        elif self.soc > V2G_FLOOR_SOC + _FLOOR_HYSTERESIS:
            self._empty = False
        return not self._empty

    def exchange(self, power_w: float, dt: float) -> float:
        """Take (or give, when negative) `power_w` for `dt` seconds; returns what the battery really took, W."""
        model = self.model
        hours = dt / _HOUR
        factor = model.efficiency if power_w >= 0 else 1.0 / model.efficiency
        room_wh = ((_FULL if power_w >= 0 else V2G_FLOOR_SOC) - self.soc) / 100 * model.battery_wh
        stored_wh = power_w * hours * factor
        if (stored_wh - room_wh) * (1.0 if power_w >= 0 else -1.0) >= 0:
            stored_wh = room_wh
            if power_w >= 0:
                self.soc = _FULL
                self._full = True
            else:
                self.soc = V2G_FLOOR_SOC
                self._empty = True
        else:
            self.soc += stored_wh / model.battery_wh * 100
        return stored_wh / factor / hours

    def to_dict(self) -> dict[str, Any]:
        """Return what changes, for storage."""
        return {"soc": self.soc, "connected": self.connected, "full": self._full, "empty": self._empty}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_dict` gave."""
        self.soc = number(state, "soc", 0.0, 100.0)
        self.connected = flag(state, "connected")
        self._full = flag(state, "full")
        self._empty = flag(state, "empty")
