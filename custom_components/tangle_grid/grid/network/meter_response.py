"""Whether what chargers do shows on the meter: one that is scaled wrongly, or shows something else, does not answer.

Each step that chargers take because they were told more must come back as a step of the meter, of the same size but for
what the rest of the load does meanwhile. While all chargers stand still, what the meter shows is averaged over blocks
of some seconds. A step is the difference of the blocks before and after it; how far two blocks without a step lie apart
tells how restless the rest of the load is. The slope between what was drawn more and what was shown more is estimated
by weighted least squares over the last steps. A slope of the newest steps, however many, below three quarters with
somewhat more than a standard error added is a suspicion: but it could as well be an oven that went off at the same
moment. So nobody gets more, and the chargers are lowered once to see whether that shows. If it does not, even with two
standard errors added, the meter is not believed. Small steps count together, since a lone car on one phase, or one that
takes what little is left, is never raised by much at once. Where the meter shows nothing of them at all, fewer are a
suspicion: what goes off at the same moment would have to be as large as they are.

Where chargers stand still there is no step, but one more thing to see: a meter that shows less on some phase than
chargers draw there. It may be generation that nobody measures; so they are lowered to look, and if the meter shows
that, it is asked again only after hours, or when as much is missing on top.

A meter that could not be cleared is on probation, also after the time without trust: each raise has to show before the
next one, and whoever is more likely wrong than right is wrong. So a meter that stays wrong is found by one step, not by
an overload. Probation ends once the steps together show, even with a standard error taken off.
"""

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: Steps of the chargers' draw that count, A over all phases: a step of one charger on one phase does. Standing still is
#: less than the other.
_STEP_A: Final = 0.8
_STILL_A: Final = 1.0
#: The two sides of a step are no further apart, s. Beyond the other time the rest of the load had more time to wander,
#: so only a step of this size says anything, A.
_APART_S: Final = 600.0
_NEAR_S: Final = 180.0
_FAR_A: Final = 12.0
#: What a meter shows is averaged over so long, s.
_BLOCK_S: Final = 20.0
#: One reading may lie beside the moment in which a device reported: so many make a step, where there are as many.
_READINGS: Final = 2
#: What the rest of the load changes by at once, A over all phases, so that it is not averaged with what was before.
_JUMP_A: Final = 8.0
#: Steps that are remembered, and for how long, s.
_STEPS: Final = 10
_REMEMBERED_S: Final = 1800.0
#: The least slope of a meter that can be right, and how many standard errors speak for it: in a suspicion that rests on
#: steps that are together at least this large, A; in a verdict; and in the end of a probation. A slope that cannot be
#: further from 0 than the other is no answer at all: for that suspicion less is enough, A.
_LEAST_SLOPE: Final = 0.75
_NO_SLOPE: Final = 1 / 3
_SUSPECT_ERRORS: Final = 1.3
_ENOUGH_A: Final = 6.0
_ENOUGH_OF_NOTHING_A: Final = 2.5
_ERRORS: Final = 2.0
_CLEAR_ERRORS: Final = 1.0
#: One step may be answered by what came on at the same moment: so many end a probation.
_CLEARING: Final = 2
#: Standard deviation of a difference of blocks before it is known, A, and from how many looks it is. The third quartile
#: is not moved by the one moment in which a meter goes wrong; the factor is that of a normal distribution.
_UNKNOWN_A: Final = 2.0
_LOOKS: Final = 40
_LEAST_LOOKS: Final = 5
_QUARTILE: Final = 0.75
_FROM_QUARTILE: Final = 0.87
#: By how much less a meter shows than what chargers draw, A, and for how long, s, as reports may be late; how long
#: generation explains that once it was looked, s.
_FED_A: Final = 3.0
_MISSING_S: Final = 60.0
_EXPLAINED_S: Final = 10_800.0
#: Chargers are lowered for no longer than this to look, s.
_CHECK_S: Final = 300.0
_EPSILON_A: Final = 0.1
_PHASES: Final = 3


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

    def add(self, other: _Block) -> None:
        self.last_at = other.last_at
        self.number += other.number
        self.load_a += other.load_a
        self.drawn_a += other.drawn_a

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
        waits: The last raise does not seem to show, but that rests on one reading: the next raise would hide it.
        ahead: They were raised by so much since all that they do was seen last that they wait until it is, or could
            have been.
        probation: It did not answer before, and has not answered since. That survives a restart.
    """

    checking_since: float | None = None
    unanswered: bool = False
    waits: bool = False
    ahead: bool = False
    probation: bool = False
    _answered_a: float = 0.0
    _seen_a: float | None = None
    _ahead_since: float | None = None
    #: What they are told by now has to be answered by no step any more.
    _fresh: bool = True
    _unanswered_since: float | None = None
    _members: frozenset[str] = frozenset()
    _apart: frozenset[str] = frozenset()
    _told_a: float = 0.0
    _block: _Block | None = None
    _earlier: _Block | None = None
    _before: _Block | None = None
    _asked_a: float = 0.0
    _suspected: _Step | None = None
    _missing_since: float | None = None
    _explained: tuple[float, float] | None = None
    _steps: deque[_Step] = field(default_factory=lambda: deque(maxlen=_STEPS))
    _restless_a: deque[float] = field(default_factory=lambda: deque(maxlen=_LOOKS))
    _per_block: float = 1.0

    @property
    def doubtful(self) -> bool:
        """Whether what the chargers did may not have shown: this is no time to raise anybody."""
        return self.checking_since is not None or self.unanswered or self.waits or self.ahead

    def forget(self) -> None:
        """Begin anew, as after the clock was set back or after a time without sight."""
        self._block = self._earlier = self._before = self.checking_since = None
        self._missing_since = None
        self.waits = False
        self._fresh = True
        self._steps.clear()

    def knows(self, at: float) -> bool:
        """Return whether this reading of the meter has been taken in already."""
        return self._block is not None and self._block.last_at == at

    def hear(self, at: float, told_a: float, *, most_a: float = math.inf, answer_s: float = math.inf) -> bool:
        """Take in what all chargers are told now, whether they have followed or not; True when the meter is doubted.

        On probation a raise that could not be shown by then is taken back, since nobody knows what flows.

        Args:
            at: Grid time of the meter's reading.
            told_a: What they are told, A, all together.
            most_a: By how much they may be raised before all of them were seen again, A.
            answer_s: The time that they need to follow and report, s.
        """
        self._seen_a = told_a if self._seen_a is None else min(self._seen_a, told_a)
        self.ahead = told_a > self._seen_a + most_a
        if not self.ahead or self._ahead_since is None or at < self._ahead_since:
            self._ahead_since = at if self.ahead else None
        elif at - self._ahead_since > answer_s:
            # On a restless feed all of them may never stand still at once: who had the time to show, has had it.
            self._seen_a, self.ahead, self._ahead_since = told_a, False, None
        self.unanswered = self.probation and told_a > self._answered_a + _EPSILON_A
        if not self.unanswered or self._unanswered_since is None or at < self._unanswered_since:
            self._unanswered_since = at if self.unanswered else None
        if self._unanswered_since is None or at - self._unanswered_since <= answer_s:
            return False
        self.forget()
        self._unanswered_since = None
        return True

    def suspect(self, at: float, *, can_look: bool) -> None:
        """Note that something else speaks against the meter: chargers are lowered to look, if any can be.

        It is on probation until what they do shows.
        """
        if self.checking_since is None:
            self.probation = True
            self._begin_anew(None)
            self.look(at, can_look=can_look)

    def look(self, at: float, *, can_look: bool) -> None:
        """Have the chargers lowered, if any can be, so that others may look at what that shows."""
        if self.checking_since is None and can_look:
            self.checking_since = at
            self._begin_anew(None)

    def observe(
        self,
        at: float,
        *,
        load_a: float,
        drawn_a: float,
        told_a: float,
        lowerable: Mapping[str, bool],
        missing_a: float = 0.0,
        heard_at: float | None = None,
        apart: Collection[str] = (),
    ) -> bool:
        """Take in a moment at which all chargers do what they were told last; True when the meter cannot be right.

        Args:
            at: Grid time of the meter's reading.
            load_a: What it shows beside what other known devices draw, A over all phases.
            drawn_a: What the chargers below it draw, A over all phases.
            told_a: What they were told, A, all together.
            lowerable: Which they are, and whether each can be lowered.
            missing_a: How much less than what all known devices draw it shows on some phase, A.
            heard_at: When the chargers reported that they draw it, the first of them; None: just now.
            apart: Other devices that draw something, which `load_a` is without.
        """
        if self.checking_since is not None and at - self.checking_since > _CHECK_S:
            self.forget()
            self.probation = True
        if self.knows(at):
            return False
        block = self._block
        members, following = frozenset(lowerable), _Block.of(at, load_a, drawn_a)
        # What is counted on the other side from now on looks like a step, and is none.
        same = self._members.isdisjoint(apart) and members.isdisjoint(self._apart)
        self._members, self._apart = members, frozenset(apart)
        if block is None or not same or not 0.0 < at - block.last_at <= _APART_S:
            self._told_a, self._block, self._earlier, self._before = told_a, following, None, None
        elif abs(drawn_a - block.drawn_a / block.number) > _STILL_A or told_a != self._told_a:
            self._move(told_a, block, following)
        elif block.full:
            self._turn(block, following)
        elif abs(load_a - drawn_a - (block.load_a - block.drawn_a) / block.number) > _JUMP_A:
            # The rest of the load is another one from here on: an average over both says nothing.
            self._block, self._earlier = following, None
        else:
            block.add(following)
        if self._measured:
            self._seen_a, self.ahead = told_a, False
        can_look = any(lowerable.values())
        if self._is_missing(at, missing_a, at if heard_at is None else heard_at) and can_look:
            self._explained = at, missing_a
            self._look_down(self._step())
            return False
        return self._judge(can_look=can_look)

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
        step = self._step()
        if self.checking_since is not None:
            self._answered_a = 0.0
        elif self._fresh or self._told_a <= self._answered_a or (step is not None and self._answers(step)):
            self._answered_a = self._told_a
        self._fresh = False
        self._close_step()
        self._per_block = float(block.number)
        if self._earlier is not None:
            _, moved_a, shown_a = _between(self._earlier, block)
            self._restless_a.append(abs(shown_a - moved_a))
        self._block, self._earlier, self._before = following, block, None

    def _answers(self, step: _Step) -> bool:
        """Return whether a step has shown, with those before it; where nobody draws more there is nothing to show."""
        return step.moved_a < _STEP_A or self._slope((step, *self._steps))[0] >= _LEAST_SLOPE

    def _step(self) -> _Step | None:
        """Return the step that was taken last, as far as it shows by now."""
        before, block = self._before, self._block
        if before is None or block is None:
            return None
        at, moved_a, shown_a = _between(before, block)
        if at - before.last_at > _NEAR_S and abs(moved_a) < _FAR_A:
            return None
        spread = max(1.0, self._per_block * (1 / before.number + 1 / block.number) / 2)
        return _Step(at, moved_a, shown_a, spread * max(1.0, (at - before.last_at) / _NEAR_S))

    def _close_step(self) -> None:
        step = self._step() if self._measured else None
        if step is not None and self._was_asked(step) and self.checking_since is None:
            self._steps.append(step)

    def _was_asked(self, step: _Step) -> bool:
        """Return whether it is a step up that the chargers were told to take, and none that a car took by itself."""
        return _STEP_A <= step.moved_a <= _PHASES * self._asked_a + _STILL_A

    def _judge(self, *, can_look: bool) -> bool:
        step = self._step()
        self.waits = False
        if step is None:
            return False
        if self.checking_since is not None:
            # Only what the chargers were told to do is a look, and only downwards.
            if self._measured and self._asked_a < 0 and step.moved_a <= -_STEP_A:
                if step.moved_a >= _PHASES * self._asked_a - _STILL_A:
                    return self._look(step)
                return self._cut_short()
        elif self._was_asked(step):
            # Steps down are answers to what rose meanwhile, and say nothing, but where they were meant as a look.
            hidden = self._is_hidden(step)
            if not self._measured:
                self.waits = hidden
            elif hidden and can_look:
                self._look_down(step)
            elif hidden:
                # Where nobody can be lowered there is nothing to look at. Who was on probation before is wrong then:
                # chargers with their least current, too, may be more than there is room for.
                wrong, self.probation = self.probation, True
                self._begin_anew(step)
                return wrong
        return False

    def _cut_short(self) -> bool:
        """A car has stopped by itself during a look: when the meter shows that and when it says so itself differs.

        Many stop at little current, so that a wrong meter could be looked at for ever: the second time, it is wrong.
        """
        about_missing = self._explained is not None and self._explained[0] == self.checking_since
        if about_missing:
            self._explained = None
        suspected = about_missing or self._suspected is not None
        wrong = suspected and self.probation
        self.forget()
        self.probation |= suspected
        return wrong

    def _is_missing(self, at: float, missing_a: float, heard_at: float) -> bool:
        """Return whether what chargers draw has been missing for so long that they have said so since."""
        if self._explained is not None and 0.0 <= at - self._explained[0] <= _EXPLAINED_S:
            missing_a -= self._explained[1]
        if missing_a < _FED_A:
            self._missing_since = None
        elif self._missing_since is None or at < self._missing_since:
            self._missing_since = at
        if self._missing_since is None or heard_at - self._missing_since < _MISSING_S:
            return False
        return self.checking_since is None

    def _look_down(self, step: _Step | None) -> None:
        self.checking_since = None if self._block is None else self._block.last_at
        self._begin_anew(step)

    def _begin_anew(self, suspected: _Step | None) -> None:
        self._suspected, self._fresh = suspected, True
        self._steps.clear()
        self._before = None

    @property
    def _measured(self) -> bool:
        return self._block is not None and self._block.number >= min(_READINGS, self._per_block)

    @property
    def _seen_enough(self) -> bool:
        return self._block is not None and self._block.full

    def _look(self, step: _Step) -> bool:
        """Judge by the step that was made to look; True when the meter cannot be right."""
        slope, error = self._slope((step,))
        # Who was on probation before has to show it more clearly.
        if slope - (_ERRORS if self.probation else _CLEAR_ERRORS) * error > _LEAST_SLOPE:
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

    def _is_hidden(self, step: _Step) -> bool:
        """Return whether the newest steps do not seem to show; ends a probation when all of them together do."""
        while self._steps and step.at - self._steps[0].at > _REMEMBERED_S:
            self._steps.popleft()
        newest: list[_Step] = []
        slope = error = 0.0
        for each in (step, *reversed(self._steps)):
            newest.append(each)
            slope, error = self._slope(newest)
            moved_a = sum(one.moved_a for one in newest)
            errors = 0.0 if self.probation and self._seen_enough else _SUSPECT_ERRORS
            if moved_a >= _ENOUGH_A and slope + errors * error < _LEAST_SLOPE:
                return True
            if moved_a >= _ENOUGH_OF_NOTHING_A and abs(slope) + _SUSPECT_ERRORS * error < _NO_SLOPE:
                return True
        if self._measured and len(newest) >= _CLEARING and slope - _CLEAR_ERRORS * error > _LEAST_SLOPE:
            self.probation = False
        return False

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
