"""A home: the measured mean of many, the events of one, and the loads that it can do without for a while."""

from typing import TYPE_CHECKING, Any

from .appliances import EVENT_SHARE, DayPlan, Event, draw_events
from .profiles import HouseholdShape
from .randomness import generator, noise, stream_key
from .stored import section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .clock import StreetDay
    from .thermal import SheddableLoad

_FRIDGE_W = 90.0
_FRIDGE_DUTY = 0.35
_FLICKER = 0.05
_FLICKER_S = 10
_WEEK = 7


class Household:
    """One single-phase home. `power_w` is its draw at the last moment that was measured, W."""

    __slots__ = (
        "_event_days",
        "_flicker",
        "_fridge_offset_s",
        "_fridge_period_s",
        "_key",
        "_plan",
        "_plan_day",
        "_season_day",
        "_shapes",
        "base_w",
        "loads",
        "power_w",
        "yearly_kwh",
    )

    def __init__(self, seed: int, home_id: str, season_day: int, loads: Sequence[SheddableLoad] = ()) -> None:
        self._key = (seed, home_id)
        self._season_day = season_day
        self.loads: dict[str, SheddableLoad] = {load.load_id: load for load in loads}
        source = generator(*self._key, "home")
        self.yearly_kwh = source.uniform(3000.0, 4500.0)
        self._fridge_period_s = source.uniform(2_000.0, 3_600.0)
        self._fridge_offset_s = source.uniform(0.0, 3_600.0)
        self._flicker = stream_key(*self._key, "flicker")
        self._shapes: dict[int, HouseholdShape] = {}
        self._event_days: dict[int, list[Event]] = {}
        self._plan_day = -1
        self._plan = DayPlan([], [], [])
        self.base_w = 0.0
        self.power_w = 0.0

    def _shape(self, weekday: int) -> HouseholdShape:
        shape = self._shapes.get(weekday)
        if shape is None:
            shape = self._shapes[weekday] = HouseholdShape(self.yearly_kwh, self._season_day, weekday)
        return shape

    def _events(self, ordinal: int, weekday: int) -> list[Event]:
        events = self._event_days.get(ordinal)
        if events is None:
            events = draw_events(self._shape(weekday % _WEEK), *self._key, "events", ordinal)
            self._event_days[ordinal] = events
        return events

    def _turn_to(self, day: StreetDay) -> None:
        today, weekday = day.ordinal, day.weekday
        around = [self._events(today + shift, weekday + shift) for shift in (-1, 0, 1)]
        self._plan = DayPlan(*around)
        self._plan_day = today
        self._event_days = {key: events for key, events in self._event_days.items() if abs(key - today) <= 1}

    def measure(self, now: float, day: StreetDay) -> float:
        """Set and return the draw at epoch second `now`, W; what the loads draw is what their last step left."""
        if day.ordinal != self._plan_day:
            self._turn_to(day)
        seconds = now - day.midnight
        mean = self._shape(day.weekday).at(seconds) * (1.0 - EVENT_SHARE)
        fridge_on = (now + self._fridge_offset_s) % self._fridge_period_s < _FRIDGE_DUTY * self._fridge_period_s
        fridge = _FRIDGE_W * ((1.0 if fridge_on else 0.0) - _FRIDGE_DUTY)
        flicker = 1.0 + _FLICKER * noise(self._flicker, int(now // _FLICKER_S))
        self.base_w = max(15.0, (mean + self._plan.at(seconds)) * flicker + fridge)
        power = self.base_w
        for load in self.loads.values():
            power += load.power_w
        self.power_w = power
        return power

    def step(self, now: float, dt: float, day: StreetDay, outdoor_c: float) -> float:
        """Run the loads for `dt` seconds from `now`; returns the mean draw meanwhile, W."""
        for load in self.loads.values():
            load.step(now, dt, day, outdoor_c)
        return self.measure(now, day)

    def to_dict(self) -> dict[str, Any]:
        """Return what changes, for storage."""
        return {"loads": {load_id: load.to_dict() for load_id, load in self.loads.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `to_dict` gave."""
        stored = section(state, "loads")
        for load_id, load in self.loads.items():
            load.restore(section(stored, load_id))
