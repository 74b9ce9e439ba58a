"""What people switch on: events that make one home look like a home, while many homes keep the profile's shape.

A share of the profile's energy is handed out as events. In every quarter of an hour each appliance gets its part of
that quarter's energy and starts as often as this energy allows (an inhomogeneous Poisson process), so the expected
power of all events is again the profile. Appliance powers and times are round figures of common nameplates.
"""

import bisect
from dataclasses import dataclass

from .profiles import QUARTER_S, QUARTERS, SECONDS_PER_DAY, HouseholdShape
from .randomness import generator, poisson

EVENT_SHARE = 0.6
_TICK_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """Something that runs through `cycle` (W, minutes) once started, for 0.7 to 1.3 of its time.

    `busy` are hours (from, to, weight) at which it is used more than the weight 1 of the others.
    """

    name: str
    cycle: tuple[tuple[float, float], ...]
    busy: tuple[tuple[int, int, float], ...] = ()
    weight: float = 1.0

    @property
    def energy_wh(self) -> float:
        """Energy of one unstretched run, Wh."""
        return sum(watts * minutes / 60 for watts, minutes in self.cycle)

    def weight_at(self, hour: int) -> float:
        """Return how much of the hour's event energy it claims, against the others."""
        return self.weight * max((weight for start, end, weight in self.busy if start <= hour < end), default=1.0)


APPLIANCES = (
    Appliance(name="kettle", cycle=((2000, 3),), busy=((6, 9, 2), (15, 17, 2)), weight=0.4),
    Appliance(name="hob", cycle=((1800, 8), (700, 22)), busy=((11, 14, 4), (17, 20, 5)), weight=0.6),
    Appliance(name="oven", cycle=((2400, 12), (1000, 28)), busy=((11, 13, 2), (17, 20, 3)), weight=0.4),
    Appliance(name="washing", cycle=((1900, 18), (250, 60)), busy=((8, 12, 2), (14, 18, 2)), weight=0.6),
    Appliance(
        name="dishwasher", cycle=((1800, 12), (120, 25), (1800, 10)), busy=((13, 15, 2), (19, 23, 2)), weight=0.5
    ),
    Appliance(name="vacuum", cycle=((900, 15),), busy=((9, 12, 2), (15, 18, 2)), weight=0.2),
    Appliance(name="screens_and_light", cycle=((180, 110),), busy=((0, 6, 8), (18, 24, 2)), weight=1.2),
)


def _shares() -> tuple[tuple[float, ...], ...]:
    hours = []
    for hour in range(24):
        weights = [appliance.weight_at(hour) for appliance in APPLIANCES]
        hours.append(tuple(weight / sum(weights) for weight in weights))
    return tuple(hours)


_SHARES = _shares()

type Event = tuple[int, int, float]  # start and end in seconds since midnight, W


def draw_events(shape: HouseholdShape, *key: object) -> list[Event]:
    """Return the events of one day. They may start before midnight or end after the day."""
    source = generator(*key)
    events: list[Event] = []
    for number, appliance in enumerate(APPLIANCES):
        rates = [
            EVENT_SHARE * watts / 4 * _SHARES[quarter // 4][number] / appliance.energy_wh
            for quarter, watts in enumerate(shape.quarters)
        ]
        count = poisson(source, sum(rates))
        for quarter in source.choices(range(QUARTERS), weights=rates, k=count):
            stretch = source.uniform(0.7, 1.3)
            minutes = sum(part for _, part in appliance.cycle) * stretch
            # The middle of the run, not its start, lies where the profile asked for energy.
            begin = (quarter + source.random()) * QUARTER_S - minutes * 30
            for watts, part in appliance.cycle:
                end = begin + part * stretch * 60
                events.append((_on_tick(begin), _on_tick(end), watts))
                begin = end
    return events


def _on_tick(seconds: float) -> int:
    return round(seconds / _TICK_S) * _TICK_S


class DayPlan:
    """The power of all events of one day as steps; takes the events of the days around it as well."""

    __slots__ = ("_levels", "_times")

    def __init__(self, before: list[Event], today: list[Event], after: list[Event]) -> None:
        changes: dict[int, float] = {}
        for shift, events in ((-SECONDS_PER_DAY, before), (0, today), (SECONDS_PER_DAY, after)):
            for start, end, watts in events:
                if end + shift > 0 and start + shift <= SECONDS_PER_DAY:
                    changes[start + shift] = changes.get(start + shift, 0.0) + watts
                    changes[end + shift] = changes.get(end + shift, 0.0) - watts
        self._times = sorted(changes)
        level = 0.0
        self._levels = [0.0]
        for time in self._times:
            level += changes[time]
            self._levels.append(max(0.0, level))

    def at(self, seconds: float) -> float:
        """Return power of everything that is switched on, W, at `seconds` after midnight."""
        return self._levels[bisect.bisect_right(self._times, seconds)]
