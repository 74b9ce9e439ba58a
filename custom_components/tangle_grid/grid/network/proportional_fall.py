"""Whether what a meter shows falls at once by the same ratio on several phases, as that of no load does.

What is switched off takes its own current off its own phases. A meter that begins to show a share of what flows falls
on each phase in proportion to what flows there, and no charger says that it draws less. So the mean of the readings
before a fall, less what chargers have stopped to draw meanwhile, is held against the mean of those after it. Nobody
gets more until that is told, which takes some readings, and a report of each charger that draws. It is no proof: a
heat pump that is all there is on each phase falls like that. So the chargers are lowered to look once (`StepEcho`), and
a fall of the same size is no news for hours.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

#: A fall of less, A over all phases and as a share of what was shown, is none.
_FALL_A: Final = 5.0
_FALL: Final = 0.2
#: What a meter that is wrong shows at most, as a share.
_MOST: Final = 0.75
#: Readings before it are averaged over so long, s; those after it as well, and at least so many where they are as many.
_BEFORE_S: Final = 20.0
_AFTER_S: Final = 10.0
_READINGS: Final = 3
#: Before and after it all readings lie together, as a share of the fall.
_STEADY: Final = 0.5
#: A report may tell of as much earlier, s.
_LATE_S: Final = 35.0
#: It is told by then, whether all chargers have reported or not, s; the next reading after a gap comes by then, s.
_TOLD_S: Final = 90.0
_GAP_S: Final = 150.0
#: A phase shows the fall if it is this large, A, and so many times what it goes up and down by.
_SHOWS_A: Final = 1.5
_CLEAR: Final = 3.0
#: How far a phase may be from the common ratio: so many times what it goes up and down by, more, A, and as a share of
#: what flowed there.
_NEAR: Final = 2.0
_NEAR_A: Final = 0.15
_NEAR_SHARE: Final = 0.04
#: A fall within this share of one that was looked at is the same, for so long, s.
_SAME: Final = 0.3
_EXPLAINED_S: Final = 10_800.0
#: Looks that tell what a phase goes up and down by; before that, A.
_LOOKS: Final = 40
_LEAST_LOOKS: Final = 6
_UNKNOWN_A: Final = 1.0
#: The median distance of two readings is 0.954 standard deviations of one, in a normal distribution.
_FROM_MEDIAN: Final = 1.05
_PHASES: Final = range(3)


class _Moment(NamedTuple):
    """A reading: what the meter shows and what chargers draw by their reports, A per phase."""

    at: float
    shown_a: tuple[float, float, float]
    drawn_a: tuple[float, float, float]


@dataclass(slots=True)
class ProportionalFall:
    """The meter of one feeder.

    Attributes:
        pending: There was a fall that may be one, and it is not told yet: this is no time to raise anybody.
    """

    pending: bool = False
    _recent: deque[_Moment] = field(default_factory=deque)
    _before: list[_Moment] = field(default_factory=list)
    _after: list[_Moment] = field(default_factory=list)
    _moves_a: deque[tuple[float, float, float]] = field(default_factory=lambda: deque(maxlen=_LOOKS))
    _explained: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=8))

    def forget(self) -> None:
        """Begin anew, as after the clock was set back."""
        self.pending = False
        self._recent.clear()
        self._before, self._after = [], []
        self._explained.clear()

    def knows(self, at: float) -> bool:
        """Return whether this reading of the meter has been taken in already."""
        return bool(self._recent) and self._recent[-1].at == at

    def observe(
        self, at: float, *, shown_a: Sequence[float], drawn_a: Sequence[float], heard_at: float | None = None
    ) -> bool:
        """Take in a reading; True when chargers are to be lowered to look.

        Args:
            at: Grid time of the reading.
            shown_a: What the meter shows, A per phase.
            drawn_a: What chargers below it draw by their reports, A per phase.
            heard_at: When those that draw have reported, the first of them; None: just now.
        """
        moment = _Moment(at, _triple(shown_a), _triple(drawn_a))
        last = self._recent[-1] if self._recent else None
        if last is not None and self.pending and at - last.at > _TOLD_S:
            # It went silent before that could be told: what it has shown speaks against it.
            self.forget()
            self._recent.append(moment)
            return True
        if last is not None and not 0.0 < at - last.at <= _GAP_S:
            self._recent.clear()
            self._drop()
            last = None
        told = False
        if self._before:
            self._after.append(moment)
            told = self._judge(at, at if heard_at is None else heard_at)
        elif last is not None and self._falls(last, moment):
            steady = list(self._recent)
            while len(steady) > _READINGS and last.at - steady[0].at > _BEFORE_S:
                del steady[0]
            self._before, self._after = steady, [moment]
            told = self._judge(at, at if heard_at is None else heard_at)
        elif last is not None:
            first, second, third = (
                abs(moment.shown_a[phase] - moment.drawn_a[phase] - last.shown_a[phase] + last.drawn_a[phase])
                for phase in _PHASES
            )
            self._moves_a.append((first, second, third))
        self._recent.append(moment)
        while at - self._recent[0].at > _BEFORE_S + _AFTER_S and len(self._recent) > _READINGS:
            self._recent.popleft()
        return told

    def _falls(self, last: _Moment, moment: _Moment) -> bool:
        fall_a = sum(last.shown_a) - sum(moment.shown_a) - max(0.0, sum(last.drawn_a) - sum(moment.drawn_a))
        return fall_a >= max(_FALL_A, _FALL * sum(last.shown_a))

    def _drop(self) -> None:
        self._before, self._after, self.pending = [], [], False

    def _judge(self, at: float, heard_at: float) -> bool:
        """Return whether the fall is a proportional one, once that can be told."""
        fallen_at = self._after[0].at
        likely = self._is_steady() and self._is_proportional()
        self.pending = likely
        enough = at - fallen_at >= _AFTER_S and len(self._after) >= _READINGS
        overdue = at - fallen_at >= _TOLD_S
        if likely and not (enough and (heard_at > fallen_at + _LATE_S or overdue)):
            return False
        if not likely and not enough:
            return False
        fall_a = sum(_mean(self._before)) - sum(_mean(self._after))
        self._recent = deque(self._after[:-1])
        self._drop()
        if not likely or self._is_explained(at, fall_a):
            return False
        self._explained.append((at, fall_a))
        return True

    def _is_steady(self) -> bool:
        """Return whether it was at one level before and is at another one now: no load that was on for a moment."""
        shown_a = [[sum(each.shown_a) for each in moments] for moments in (self._before, self._after)]
        fall_a = sum(_mean(self._before)) - sum(_mean(self._after))
        return len(self._before) >= _READINGS and all(max(each) - min(each) <= _STEADY * fall_a for each in shown_a)

    def _is_explained(self, at: float, fall_a: float) -> bool:
        return any(
            0.0 <= at - then <= _EXPLAINED_S and abs(fall_a - size_a) <= _SAME * size_a
            for then, size_a in self._explained
        )

    def _is_proportional(self) -> bool:
        unknown_a = [
            shown - drawn for shown, drawn in zip(_mean(self._before), _mean(self._before, drawn=True), strict=True)
        ]
        # Who has just reported that it draws less has done so since the fall, most likely.
        ends_a = zip(_mean(self._after, drawn=True), self._after[-1].drawn_a, strict=True)
        drawn_a = [min(mean, last) for mean, last in ends_a]
        expected_a = [amps + drawn for amps, drawn in zip(unknown_a, drawn_a, strict=True)]
        shown_a = _mean(self._after)
        squares = sum(amps**2 for amps in expected_a)
        if squares <= 0.0:
            return False
        ratio = sum(amps * shown for amps, shown in zip(expected_a, shown_a, strict=True)) / squares
        if not 0.0 <= ratio <= _MOST:
            return False
        moves_a = self._deviation_a()
        share = (1.0 / len(self._before) + 1.0 / len(self._after)) ** 0.5
        clear = 0
        for expected, shown, move_a in zip(expected_a, shown_a, moves_a, strict=True):
            if abs(shown - ratio * expected) > _NEAR * move_a * share + _NEAR_A + _NEAR_SHARE * abs(expected):
                return False
            clear += expected - shown > max(_SHOWS_A, _CLEAR * move_a * share)
        # One phase alone is always in proportion to itself.
        return clear > 1

    def _deviation_a(self) -> tuple[float, float, float]:
        """Return what each phase goes up and down by, A: the standard deviation of a reading."""
        if len(self._moves_a) < _LEAST_LOOKS:
            return (_UNKNOWN_A, _UNKNOWN_A, _UNKNOWN_A)
        first, second, third = (
            _FROM_MEDIAN * sorted(moves[phase] for moves in self._moves_a)[len(self._moves_a) // 2] for phase in _PHASES
        )
        return (first, second, third)


def _mean(moments: Sequence[_Moment], *, drawn: bool = False) -> tuple[float, float, float]:
    first, second, third = (
        sum((each.drawn_a if drawn else each.shown_a)[phase] for each in moments) / len(moments) for phase in _PHASES
    )
    return (first, second, third)


def _triple(amps: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = amps
    return (first, second, third)
