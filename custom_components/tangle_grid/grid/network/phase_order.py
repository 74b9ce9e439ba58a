"""Whether a meter still shows each phase where it did: two clamps that change places swap what is measured.

Chargers that measure their phases say where their current flows. Each step that they take is held against what the
meter shows of it, phase by phase. Once the steps of a charger have come back where it says, and then come back clearly
elsewhere, twice in the same way, it is the meter that has changed. After the first time chargers are lowered to look,
since the next step may be far away; after a verdict one step of the same kind is enough for the next. A charger whose
own wires are rotated has never come back where it says, and says nothing about the meter.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

#: A device has moved when a phase of it has by this much, A; all stand still below it.
_MOVES_A: Final = 1.5
#: They do for so long before what is shown is known, s; it is averaged over so long, s, and at least so many readings.
#: Two such times are no further apart than the last, s.
_STEADY_S: Final = 10.0
_AVERAGED_S: Final = 15.0
_READINGS: Final = 2
_APART_S: Final = 180.0
#: A step has come back in an order when what is left is at most this share of it, squared, and the orders differ by
#: this much, A².
_LEFT: Final = 0.2
_DIFFERS_A2: Final = 16.0
#: So often it comes back in the same wrong order.
_TIMES: Final = 2
_PHASES: Final = range(3)

type Amps = tuple[float, float, float]
type Order = tuple[int, ...]

_AS_IT_IS: Final[Order] = (0, 1, 2)
_OTHERS: Final[tuple[Order, ...]] = tuple(order for order in permutations(_PHASES) if order != _AS_IT_IS)


@dataclass(slots=True)
class _Level:
    """A time in which all chargers stand still: since when, what each draws, and the last readings."""

    begun_at: float
    draws_a: Mapping[str, Amps]
    readings: deque[tuple[float, Amps]]

    def add(self, at: float, shown_a: Amps) -> None:
        self.readings.append((at, shown_a))
        while at - self.readings[0][0] > _AVERAGED_S and len(self.readings) > _READINGS:
            self.readings.popleft()

    @property
    def last_at(self) -> float:
        return self.readings[-1][0]

    @property
    def known(self) -> bool:
        return len(self.readings) >= _READINGS and self.last_at - self.begun_at >= _STEADY_S

    def mean_a(self) -> Amps:
        number = len(self.readings)
        first, second, third = (sum(shown_a[phase] for _, shown_a in self.readings) / number for phase in _PHASES)
        return (first, second, third)


@dataclass(slots=True)
class PhaseOrder:
    """The meter of one feeder.

    Attributes:
        suspected: The newest step has come back elsewhere: this is to be looked at.
    """

    suspected: bool = False
    _level: _Level | None = None
    _before: _Level | None = None
    _in_place: set[str] = field(default_factory=set)
    _wrong: list[Order] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew with the next reading, as after a time without sight; who has come back in place has."""
        self._level = self._before = None
        self.suspected = False

    @property
    def in_place(self) -> frozenset[str]:
        """Whose steps have come back where they say: that survives a restart."""
        return frozenset(self._in_place)

    def restore(self, in_place: Iterable[str]) -> None:
        """Take over `in_place` of an earlier run, of devices that are wired as they were."""
        self._in_place.update(in_place)

    def observe(self, at: float, *, shown_a: Sequence[float], draws_a: Mapping[str, Amps]) -> bool:
        """Take in a reading at a moment at which it is known what all draw; True when the order has changed.

        Args:
            at: Grid time of the reading.
            shown_a: What the meter shows, A per phase.
            draws_a: What each device draws by its own measurement of its phases, A per phase.
        """
        self.suspected = False
        level = self._level
        if level is not None and (at <= level.last_at or at - level.last_at > _APART_S):
            if at == level.last_at:
                return False
            level = self._level = self._before = None
        reading_a = shown_a[0], shown_a[1], shown_a[2]
        if level is None or _movers(level.draws_a, draws_a):
            if level is not None and level.known:
                self._before = level
            level, was_known = _Level(at, dict(draws_a), deque([(at, reading_a)])), False
            # Whatever raises until here, the next reading finds what there was before.
            self._level = level
        else:
            was_known = level.known
            level.add(at, reading_a)
        before = self._before
        if was_known or not level.known or before is None or level.begun_at - before.last_at > _APART_S:
            return False
        return self._judge(before, level)

    def _judge(self, before: _Level, after: _Level) -> bool:
        movers = _movers(before.draws_a, after.draws_a)
        moved_a = [
            sum(after.draws_a.get(each, _NOTHING)[phase] - before.draws_a.get(each, _NOTHING)[phase] for each in movers)
            for phase in _PHASES
        ]
        shown_a = [later - earlier for later, earlier in zip(after.mean_a(), before.mean_a(), strict=True)]
        size_a2 = sum(amps**2 for amps in moved_a)
        if _left_a2(shown_a, moved_a, _AS_IT_IS) <= _LEFT * size_a2:
            self._in_place |= movers
            self._wrong.clear()
            return False
        if not movers or not movers <= self._in_place:
            return False
        left_a2, order = min((_left_a2(shown_a, moved_a, order), order) for order in _OTHERS)
        differs_a2 = sum((moved_a[phase] - moved_a[order[phase]]) ** 2 for phase in _PHASES)
        if left_a2 > _LEFT * size_a2 or differs_a2 < _DIFFERS_A2:
            return False
        self._wrong = [each for each in self._wrong if each == order]
        self._wrong.append(order)
        self.suspected = len(self._wrong) < _TIMES
        del self._wrong[: 1 - _TIMES]
        return not self.suspected


_NOTHING: Final[Amps] = (0.0, 0.0, 0.0)


def _movers(before_a: Mapping[str, Amps], after_a: Mapping[str, Amps]) -> set[str]:
    """Return who draws something else than before."""
    return {
        each
        for each in before_a.keys() | after_a.keys()
        if any(
            abs(after_a.get(each, _NOTHING)[phase] - before_a.get(each, _NOTHING)[phase]) >= _MOVES_A
            for phase in _PHASES
        )
    }


def _left_a2(shown_a: list[float], moved_a: list[float], order: Order) -> float:
    """Return what is left of a step when each phase shows what moved on that of `order`, A²."""
    return sum((shown_a[phase] - moved_a[order[phase]]) ** 2 for phase in _PHASES)
