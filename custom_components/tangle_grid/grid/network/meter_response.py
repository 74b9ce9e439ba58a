"""Whether what chargers do shows on the meter: one that is scaled wrongly, or shows something else, does not answer.

Each step that chargers take because they were told more must come back as a step of the meter, of the same size but for
what the rest of the load does meanwhile. While all chargers stand still, what the meter shows is averaged over blocks
of some seconds. A step is the difference of the blocks before and after it; how far two blocks without a step lie apart
tells how restless the rest of the load is. The slope between what was drawn more and what was shown more is estimated
by weighted least squares over the last steps. A slope of the newest steps, however many, below three quarters with
somewhat more than a standard error added is a suspicion: but it could as well be an oven that went off at the same
moment. So nobody gets more, and the chargers are lowered once to see whether that shows. If it does not, even with two
standard errors added, the meter is not believed.

A meter that could not be cleared is on probation, also after the time without trust: each raise has to show before the
next one, and whoever is more likely wrong than right is wrong. So a meter that stays wrong is found by one step, not by
an overload. Probation ends once the steps together show, even with a standard error taken off.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: Steps of the chargers' draw that count, A over all phases; standing still is less than the other.
_STEP_A: Final = 2.5
_STILL_A: Final = 1.0
#: The two sides of a step are no further apart, s.
_APART_S: Final = 180.0
#: What a meter shows is averaged over so long, s.
_BLOCK_S: Final = 20.0
#: One reading may lie beside the moment in which a device reported: so many make a step, where there are as many.
_READINGS: Final = 2
#: Steps that are remembered, and for how long, s.
_STEPS: Final = 10
_REMEMBERED_S: Final = 1800.0
#: The least slope of a meter that can be right, and how many standard errors speak for it: in a suspicion that rests on
#: steps with at least this root of their squares, A; in a verdict; and in the end of a probation.
_LEAST_SLOPE: Final = 0.75
_SUSPECT_ERRORS: Final = 1.3
_ENOUGH_A: Final = 6.0
_ERRORS: Final = 2.0
_CLEAR_ERRORS: Final = 1.0
#: Standard deviation of a difference of blocks before it is known, A, and from how many looks it is. The third quartile
#: is not moved by the one moment in which a meter goes wrong; the factor is that of a normal distribution.
_UNKNOWN_A: Final = 2.0
_LOOKS: Final = 40
_LEAST_LOOKS: Final = 5
_QUARTILE: Final = 0.75
_FROM_QUARTILE: Final = 0.87
#: Chargers are lowered for no longer than this to look, s.
_CHECK_S: Final = 300.0
_EPSILON_A: Final = 0.1


@dataclass(slots=True)
class _Block:
    """Readings in a row while chargers stand still: when the first was, how many, and the sums of their values, A."""

    begun_at: float
    last_at: float
    number: int
    load_a: float
    drawn_a: float

    @classmethod
    def of(cls, at: float, load_a: float, drawn_a: float) -> _Block:
        return cls(at, at, 1, load_a, drawn_a)

    def add(self, at: float, load_a: float, drawn_a: float) -> None:
        self.last_at = at
        self.number += 1
        self.load_a += load_a
        self.drawn_a += drawn_a

    @property
    def full(self) -> bool:
        return self.last_at - self.begun_at >= _BLOCK_S


@dataclass(frozen=True, slots=True)
class _Step:
    """What chargers moved, and what the meter showed of it, A; `spread` is its variance in units of a full block's."""

    at: float
    moved_a: float
    shown_a: float
    spread: float


@dataclass(slots=True)
class StepEcho:
    """The meter of one feeder.

    Attributes:
        checking_since: There is a suspicion since then, and chargers are to be lowered to look; grid time.
        unanswered: It is on probation, and the last raise has not shown yet: this is no time for the next one.
        probation: It did not answer before, and has not answered since. That survives a restart.
    """

    checking_since: float | None = None
    unanswered: bool = False
    probation: bool = False
    _answered_a: float = 0.0
    _members: frozenset[str] = frozenset()
    _told_a: float = 0.0
    _block: _Block | None = None
    _earlier: _Block | None = None
    _before: _Block | None = None
    _asked_a: float = 0.0
    _suspected: _Step | None = None
    _steps: deque[_Step] = field(default_factory=lambda: deque(maxlen=_STEPS))
    _restless_a: deque[float] = field(default_factory=lambda: deque(maxlen=_LOOKS))
    _per_block: float = 1.0

    def forget(self) -> None:
        """Begin anew, as after the clock was set back or after a time without sight."""
        self._block = self._earlier = self._before = self.checking_since = None
        self._steps.clear()

    def hear(self, told_a: float) -> None:
        """Take in what all chargers together are told now, A, whether they have followed or not."""
        self.unanswered = self.probation and told_a > self._answered_a + _EPSILON_A

    def observe(
        self, at: float, *, load_a: float, drawn_a: float, told_a: float, lowerable: Mapping[str, bool]
    ) -> bool:
        """Take in a moment at which all chargers do what they were told last; True when the meter cannot be right.

        Args:
            at: Grid time of the meter's reading.
            load_a: What it shows, A over all phases.
            drawn_a: What the chargers below it draw, A over all phases.
            told_a: What they were told, A, all together.
            lowerable: Which they are, and whether each can be lowered.
        """
        if self.checking_since is not None and at - self.checking_since > _CHECK_S:
            self.forget()
            self.probation = True
        block = self._block
        if block is not None and at == block.last_at:
            return False
        members = frozenset(lowerable)
        if block is None or members != self._members or not 0.0 < at - block.last_at <= _APART_S:
            self._members = members
            self._told_a, self._block, self._earlier, self._before = told_a, _Block.of(at, load_a, drawn_a), None, None
        elif abs(drawn_a - block.drawn_a / block.number) > _STILL_A or told_a != self._told_a:
            self._move(told_a, block, _Block.of(at, load_a, drawn_a))
        elif block.full:
            self._turn(block, _Block.of(at, load_a, drawn_a))
        else:
            block.add(at, load_a, drawn_a)
        return self._judge(can_look=any(lowerable.values()))

    def _move(self, told_a: float, block: _Block, following: _Block) -> None:
        """The chargers have moved. What they did too shortly to be measured is part of the same step."""
        self._close_step()
        before, asked_a = self._before, self._asked_a + told_a - self._told_a
        if before is None or self._measured or following.begun_at - before.last_at > _APART_S:
            alone = self._measured or self._earlier is None
            before, asked_a = block if alone else self._earlier, told_a - self._told_a
        self._told_a, self._asked_a = told_a, asked_a
        self._block, self._earlier, self._before = following, None, before

    def _turn(self, block: _Block, following: _Block) -> None:
        """A block is full: the next one begins, and tells how restless the rest of the load is."""
        self._close_step()
        self._answered_a = self._told_a if self.checking_since is None else 0.0
        self._per_block = float(block.number)
        if self._earlier is not None:
            _, moved_a, shown_a = _between(self._earlier, block)
            self._restless_a.append(abs(shown_a - moved_a))
        self._block, self._earlier, self._before = following, block, None

    def _step(self) -> _Step | None:
        """Return the step that was taken last, as far as it shows by now."""
        before, block = self._before, self._block
        if before is None or block is None or not self._measured:
            return None
        at, moved_a, shown_a = _between(before, block)
        return _Step(at, moved_a, shown_a, max(1.0, self._per_block * (1 / before.number + 1 / block.number) / 2))

    def _close_step(self) -> None:
        step = self._step()
        if step is not None and step.moved_a >= _STEP_A and self._asked_a > 0 and self.checking_since is None:
            self._steps.append(step)

    def _judge(self, *, can_look: bool) -> bool:
        step = self._step()
        if step is None:
            return False
        if self.checking_since is not None:
            # Only what the chargers were told to do is a look, and only downwards.
            if self._asked_a < 0 and step.moved_a <= -_STEP_A:
                return self._look(step)
        elif self._asked_a > 0 and step.moved_a >= _STEP_A:
            # Steps down are answers to what rose meanwhile, and say nothing, but where they were meant as a look.
            self._suspect(step, can_look=can_look)
        return False

    @property
    def _measured(self) -> bool:
        return self._block is not None and self._block.number >= min(_READINGS, self._per_block)

    @property
    def _seen_enough(self) -> bool:
        return self._block is not None and self._block.full

    def _look(self, step: _Step) -> bool:
        """Judge by the step that was made to look; True when the meter cannot be right."""
        slope, error = self._slope((step,))
        if slope - _CLEAR_ERRORS * error > _LEAST_SLOPE:
            self.forget()
            self.probation = False
        elif slope + _ERRORS * error < _LEAST_SLOPE:
            self.forget()
            self.probation = True
            return True
        elif self._seen_enough:
            # The look has not told. Who was on probation before has to show that it is right.
            together = (step,) if self._suspected is None else (step, self._suspected)
            wrong = self.probation and self._slope(together)[0] < _LEAST_SLOPE
            self.forget()
            self.probation = True
            return wrong
        return False

    def _suspect(self, step: _Step, *, can_look: bool) -> None:
        while self._steps and step.at - self._steps[0].at > _REMEMBERED_S:
            self._steps.popleft()
        newest: list[_Step] = []
        slope = error = 0.0
        for each in (step, *reversed(self._steps)):
            newest.append(each)
            slope, error = self._slope(newest)
            if math.sqrt(sum(one.moved_a**2 for one in newest)) < _ENOUGH_A:
                continue
            errors = 0.0 if self.probation and self._seen_enough else _SUSPECT_ERRORS
            if slope + errors * error < _LEAST_SLOPE:
                # Where nobody can be lowered there is nothing to look at, and nobody takes too much.
                self.checking_since = step.at if can_look else None
                self.probation |= not can_look
                self._suspected = step
                self._steps.clear()
                self._before = None
                return
        if slope - _CLEAR_ERRORS * error > _LEAST_SLOPE:
            self.probation = False

    def _slope(self, steps: Iterable[_Step]) -> tuple[float, float]:
        """Return the slope of steps, and its standard error."""
        looks = sorted(self._restless_a)
        known = len(looks) >= _LEAST_LOOKS
        deviation_a = _FROM_QUARTILE * looks[int(_QUARTILE * len(looks))] if known else _UNKNOWN_A
        squares = products = 0.0
        for step in steps:
            squares += step.moved_a**2 / step.spread
            products += step.moved_a * step.shown_a / step.spread
        return products / squares, deviation_a / math.sqrt(squares)


def _between(before: _Block, after: _Block) -> tuple[float, float, float]:
    """Return when the later of two blocks began, grid time, what chargers moved, and what the meter showed, A."""
    moved_a = after.drawn_a / after.number - before.drawn_a / before.number
    shown_a = after.load_a / after.number - before.load_a / before.number
    return after.begun_at, moved_a, shown_a
