"""A household's own habit: its measured mean power in each quarter of an hour of its last comparable days.

The baseline for a quarter is the mean of the same quarter and its neighbours on up to ten earlier days of the same
type (working day or weekend), without the times of earlier requests and the hour after them, plus a same-day
adjustment: half of what the last two full quarters lay above or below their own habit. These end five minutes before
the request could be foreseen, and upwards the adjustment is capped. No more is expected than the greatest quarter of
the hour before showed: who is away is not paid for staying away.

That is the family of the "X of Y" customer baselines with additive adjustment: K. Coughlin, M. A. Piette, C. Goldman
and S. Kiliccote, Statistical analysis of baseline load models for non-residential buildings, Energy and Buildings 41
(2009). benchmarks/baseline.py shows its bias and error next to simpler rules.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final, Self

from ..model.local_time import LocalTime, utc

SLOT_S: Final = 900
_SLOTS: Final = 96
#: Days of each type that are remembered.
_DAYS: Final = 10
#: Fewer comparable days than this make no habit.
_ENOUGH_DAYS: Final = 3
#: A quarter is compared with the same one of other days and with so many before and after it.
_AROUND: Final = 1
#: Slots of the same-day adjustment; how much of their gap goes on; the most that it may add, as a share of the habit.
_RECENT: Final = 2
_CARRIED: Final = 0.5
_RISE: Final = 1.0
#: What was drawn this shortly before a request could be foreseen counts for nothing, s.
_GUARD_S: Final = 300.0
#: The greatest of so many slots before a request is the most that is expected.
_HOUR: Final = 4
#: Share of a slot that must have been measured.
_COVERED: Final = 0.8
#: After a request, a household catches up: no habit is learned for so long, s.
_REBOUND_S: Final = 3600.0
#: 1 January 1970 was a Thursday.
_EPOCH_WEEKDAY: Final = 3
_SATURDAY: Final = 5

type Day = list[int | None]


class HouseholdProfile:
    """Ten days of quarters for working days and ten for weekends; about 8 kB as JSON.

    Quarters are counted from 1970 on by what the clocks on the walls show. When these change, an hour is passed over,
    or measured a second time in place of the first.

    Args:
        local: What the clocks show.
    """

    def __init__(self, local: LocalTime = utc) -> None:
        self._local = local
        self._days: dict[str, deque[Day]] = {"week": deque(maxlen=_DAYS), "weekend": deque(maxlen=_DAYS)}
        self._ordinal: int | None = None
        self._today: Day = [None] * _SLOTS
        self._slot: int | None = None
        self._energy_ws = 0.0
        self._covered_s = 0.0
        self._spoilt_until = 0.0

    def spoil(self, now: float) -> None:
        """Leave out what is measured during a request, and for an hour after it: it is no habit."""
        self._spoilt_until = max(self._spoilt_until, now + _REBOUND_S)

    def forget_future(self, now: float) -> None:
        """Forget requests that were still to come: the clock was set back."""
        self._spoilt_until = min(self._spoilt_until, now + _REBOUND_S)

    def add(self, start: float, end: float, power_w: float) -> None:
        """Take in the mean power between two moments."""
        while start < end:
            number = self._number(start)
            if number != self._slot:
                self._turn_to(number)
            until = min(end, (start // SLOT_S + 1) * SLOT_S)
            if start >= self._spoilt_until:
                self._energy_ws += power_w * (until - start)
                self._covered_s += until - start
            start = until

    def expected_w(self, start: float, end: float, known_at: float) -> float | None:
        """Return the mean power that is to be expected between two moments, W; None without a habit.

        Args:
            start: Begin of the window.
            end: Its end.
            known_at: From here on a request could be foreseen: nothing later is looked at, nor the last five minutes
                before it.
        """
        first = self._number(start)
        last = max(first, self._number(max(end - 1, start)))
        habits = [self._habit_w(number) for number in range(first, min(last, first + _SLOTS) + 1)]
        known = [habit for habit in habits if habit is not None]
        if len(known) < len(habits):
            return None
        habit_w = sum(known) / len(known)
        end = self._number(known_at - _GUARD_S)
        hour = [watts for number in range(end - _HOUR, end) if (watts := self._measured_w(number)) is not None]
        expected_w = max(0.0, habit_w + min(self._adjustment_w(end), _RISE * habit_w))
        return min(expected_w, max(hour, default=0))

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "days": {kind: [list(day) for day in days] for kind, days in self._days.items()},
            "ordinal": self._ordinal,
            "today": list(self._today),
            "spoilt_until": self._spoilt_until,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], local: LocalTime = utc) -> Self:
        """Return the profile that `to_dict` described; the slot that was open is lost.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        profile = cls(local)
        for kind, days in profile._days.items():
            days.extend([_day(day) for day in data["days"][kind]])
        profile._ordinal = data["ordinal"]
        profile._today = _day(data["today"])
        profile._spoilt_until = float(data["spoilt_until"])
        return profile

    def _number(self, t: float) -> int:
        """Return the quarter that the clocks show, counted from 1970 on."""
        return int(self._local(t) // SLOT_S)

    def _turn_to(self, number: int) -> None:
        """Close the open slot, and the day with it if it is over."""
        if self._slot is not None:
            if self._covered_s >= _COVERED * SLOT_S:
                self._today[self._slot % _SLOTS] = round(self._energy_ws / self._covered_s)
            self._energy_ws = self._covered_s = 0.0
        ordinal = number // _SLOTS
        if self._ordinal is not None and ordinal != self._ordinal:
            if any(value is not None for value in self._today) and ordinal > self._ordinal:
                self._days[_kind(self._ordinal)].append(self._today)
            self._today = [None] * _SLOTS
        self._ordinal, self._slot = ordinal, number

    def _habit_w(self, number: int) -> float | None:
        days = self._days[_kind(number // _SLOTS)]
        slot = number % _SLOTS
        around = range(max(0, slot - _AROUND), min(_SLOTS, slot + _AROUND + 1))
        known = [values for day in days if (values := [day[at] for at in around if day[at] is not None])]
        if len(known) < _ENOUGH_DAYS:
            return None
        means = [sum(value or 0 for value in values) / len(values) for values in known]
        return sum(means) / len(means)

    def _adjustment_w(self, end: int) -> float:
        """Return what of the gap between the slots before `end` and their habit goes on, W; 0 where it is not known."""
        gaps: list[float] = []
        for number in range(end - _RECENT, end):
            measured, habit = self._measured_w(number), self._habit_w(number)
            if measured is not None and habit is not None:
                gaps.append(measured - habit)
        return _CARRIED * sum(gaps) / len(gaps) if gaps else 0.0

    def _measured_w(self, number: int) -> int | None:
        ordinal = number // _SLOTS
        if number == self._slot and self._covered_s >= _COVERED * SLOT_S:
            # It is over, and nothing newer has come.
            return round(self._energy_ws / self._covered_s)
        if ordinal == self._ordinal:
            return self._today[number % _SLOTS]
        if self._ordinal is not None and ordinal == self._ordinal - 1 and (days := self._days[_kind(ordinal)]):
            return days[-1][number % _SLOTS]
        return None


def _kind(ordinal: int) -> str:
    """Return the type of a day, counted from 1 January 1970 in local time."""
    return "week" if (ordinal + _EPOCH_WEEKDAY) % 7 < _SATURDAY else "weekend"


def _day(values: list[Any]) -> Day:
    if len(values) != _SLOTS:
        raise ValueError("a day has 96 quarters")
    return [None if value is None else int(value) for value in values]
