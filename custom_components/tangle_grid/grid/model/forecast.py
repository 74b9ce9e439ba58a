"""What is expected of the next day: sun, prices and the load that nobody controls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .local_time import LocalTime, utc

_SLOT_S: Final = 900.0
_SLOTS: Final = 96
#: Weight of the newest day.
_NEW: Final = 0.3
#: A measurement is carried on for this long, s.
_CARRIED_S: Final = 120.0
#: Share of a slot that must have been measured to be learned from.
_COVERED: Final = 0.5
#: Slots that a peak is remembered for.
_PAST_SLOTS: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values at even steps.

    Attributes:
        start: Grid time of the first value's beginning.
        step_s: Length of each value, s.
        values: One per step.
    """

    start: float
    step_s: float
    values: tuple[float, ...]

    def at(self, t: float) -> float | None:
        """Return the value at a moment; None outside."""
        index = math.floor((t - self.start) / self.step_s)
        return self.values[index] if 0 <= index < len(self.values) else None

    def mean(self, t0: float, t1: float) -> float | None:
        """Return the mean from `t0` to `t1`, of what is known of it.

        None when nothing is, or when `t1` is not later.
        """
        first = max(0, math.floor((t0 - self.start) / self.step_s))
        last = min(len(self.values), math.ceil((t1 - self.start) / self.step_s))
        total = covered = 0.0
        for index in range(first, last):
            begin = self.start + index * self.step_s
            seconds = min(t1, begin + self.step_s) - max(t0, begin)
            if seconds > 0:
                total += self.values[index] * seconds
                covered += seconds
        return total / covered if covered > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What somebody forecasts; None where unknown.

    Attributes:
        sun_w: Generation, W, positive.
        price: Per kWh, in any currency: only differences count.
        base_w: Load that nobody controls, W, without the sun.
    """

    sun_w: Series | None = None
    price: Series | None = None
    base_w: Series | None = None


class DayProfile:
    """A power's own habit: its mean in each quarter of an hour of the day, W, the newest days counting most.

    An exponentially weighted mean per quarter of the day on the clocks on the walls.

    Args:
        state: What `to_dict` gave; anything else starts afresh.
        local: What these clocks show.
    """

    def __init__(self, state: Sequence[float | None] | None = None, local: LocalTime = utc) -> None:
        self._local = local
        self._values: list[float | None] = [None] * _SLOTS
        if state is not None and len(state) == _SLOTS:
            self._values = [None if value is None or not math.isfinite(value) else float(value) for value in state]
        self._slot: int | None = None
        self._at = 0.0
        self._watts = 0.0
        self._ws = 0.0
        self._covered_s = 0.0

    @property
    def known(self) -> bool:
        """Whether at least half a day has been learned."""
        return sum(value is not None for value in self._values) * 2 >= _SLOTS

    def observe(self, now: float, watts: float) -> None:
        """Take in a measurement; it is taken to last until the next one."""
        slot = math.floor(now / _SLOT_S)
        if self._slot is not None and now > self._at:
            until = min(now, self._at + _CARRIED_S, (self._slot + 1) * _SLOT_S)
            seconds = max(0.0, until - self._at)
            self._ws += self._watts * seconds
            self._covered_s += seconds
        if slot != self._slot:
            self._learn()
            self._slot = slot
            self._ws = self._covered_s = 0.0
        self._at, self._watts = now, watts

    def at(self, t: float) -> float | None:
        """Return what is usual at this time of the day, W; None where nothing was learned yet."""
        return self._values[math.floor(self._local(t) / _SLOT_S) % _SLOTS]

    def to_dict(self) -> list[int | None]:
        """Return what is stored: W per quarter."""
        return [None if value is None else round(value) for value in self._values]

    def _learn(self) -> None:
        if self._slot is None or self._covered_s < _COVERED * _SLOT_S:
            return
        mean, index = self._ws / self._covered_s, math.floor(self._local(self._slot * _SLOT_S) / _SLOT_S) % _SLOTS
        before = self._values[index]
        self._values[index] = mean if before is None else before + _NEW * (mean - before)


class PastPeak:
    """The greatest mean of a quarter of an hour in the last half day: what was reached already costs nothing again."""

    def __init__(self) -> None:
        self._means: dict[int, float] = {}
        self._slot: int | None = None
        self._at = 0.0
        self._watts = 0.0
        self._ws = 0.0
        self._covered_s = 0.0

    def observe(self, now: float, watts: float) -> None:
        """Take in a measurement; it is taken to last until the next one."""
        slot = math.floor(now / _SLOT_S)
        if self._slot is not None and now > self._at:
            seconds = max(0.0, min(now, self._at + _CARRIED_S, (self._slot + 1) * _SLOT_S) - self._at)
            self._ws += self._watts * seconds
            self._covered_s += seconds
        if slot != self._slot:
            if self._slot is not None and self._covered_s >= _COVERED * _SLOT_S:
                self._means[self._slot] = self._ws / self._covered_s
            self._means = {each: mean for each, mean in self._means.items() if 0 <= slot - each <= _PAST_SLOTS}
            self._slot = slot
            self._ws = self._covered_s = 0.0
        self._at, self._watts = now, watts

    def peak_w(self) -> float:
        """Return the peak, W; 0 before a quarter of an hour was measured."""
        return max(self._means.values(), default=0.0)
