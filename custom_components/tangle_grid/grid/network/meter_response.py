"""Whether what chargers do shows on the meter: one that is scaled wrongly, or shows something else, does not answer.

Each step that chargers take because they were told more must come back as a step of the meter, of the same size but for
what the rest of the load does meanwhile. It is taken from before to after they have followed. The slope between the two
is estimated by least squares over the last steps; how restless the rest of the load is shows while the chargers stand
still. A slope of the newest steps, however many, below three quarters with somewhat more than a standard error added is
a suspicion: but it could as well be an oven that went off at the same moment. So nobody gets more, and the chargers are
lowered once to see whether that shows. If it does not, even with two standard errors added, the meter is not believed.
"""

import math
import statistics
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: Steps of the chargers' draw that count, A over all phases; standing still is less than the other.
_STEP_A: Final = 2.5
_STILL_A: Final = 1.0
#: Both are looked at over no more than this, s.
_APART_S: Final = 180.0
#: Steps that are remembered, and for how long, s.
_STEPS: Final = 10
_REMEMBERED_S: Final = 1800.0
#: The least slope of a meter that can be right, and how many standard errors speak for it: in a suspicion that rests on
#: steps with at least this root of their squares, A, and in a verdict.
_LEAST_SLOPE: Final = 0.75
_SUSPECT_ERRORS: Final = 1.3
_ENOUGH_A: Final = 6.0
_ERRORS: Final = 2.0
#: Standard deviation of the rest of the load before it is known, A, and from how many looks it is. The median is not
#: moved by an oven, nor by the one moment in which a meter goes wrong; the factor is that of a normal distribution.
_UNKNOWN_A: Final = 2.0
_LOOKS: Final = 40
_LEAST_LOOKS: Final = 5
_FROM_MEDIAN: Final = 1.48
#: Chargers are lowered for no longer than this to look, s.
_CHECK_S: Final = 300.0


#: When, what the chargers' draw moved, and what the meter showed of it, A.
type Step = tuple[float, float, float]


@dataclass(slots=True)
class StepEcho:
    """The meter of one feeder.

    Attributes:
        checking_since: There is a suspicion since then, and chargers are to be lowered to look; grid time.
    """

    checking_since: float | None = None
    _from: tuple[float, float, float, float] | None = None
    _members: frozenset[str] = frozenset()
    _steps: deque[Step] = field(default_factory=lambda: deque(maxlen=_STEPS))
    _restless_a: deque[float] = field(default_factory=lambda: deque(maxlen=_LOOKS))

    def forget(self) -> None:
        """Begin anew, as after the clock was set back or after a time without sight."""
        self._from = self.checking_since = None
        self._steps.clear()

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
        now, members = (at, load_a, drawn_a, told_a), frozenset(lowerable)
        if self.checking_since is not None and at - self.checking_since > _CHECK_S:
            self.forget()
        begun, known = self._from, self._members
        self._from, self._members = now, members
        if begun is None or members != known or not 0.0 < at - begun[0] <= _APART_S:
            return False
        moved_a, shown_a = drawn_a - begun[2], load_a - begun[1]
        if abs(moved_a) <= _STILL_A:
            self._restless_a.append(abs(shown_a - moved_a))
        elif self.checking_since is not None:
            # Only what the chargers were told to do is a look, and only downwards.
            if told_a < begun[3] and moved_a <= -_STEP_A:
                wrong = self._is_low(shown_a / moved_a, moved_a**2, _ERRORS)
                self.forget()
                return wrong
        elif told_a > begun[3] and moved_a >= _STEP_A:
            # Steps down are answers to what rose meanwhile, and say nothing about the meter.
            self._suspect((at, moved_a, shown_a), can_look=any(lowerable.values()))
        return False

    def _suspect(self, step: Step, *, can_look: bool) -> None:
        while self._steps and step[0] - self._steps[0][0] > _REMEMBERED_S:
            self._steps.popleft()
        self._steps.append(step)
        squares = products = 0.0
        for _, moved, shown in reversed(self._steps):
            squares += moved * moved
            products += moved * shown
            if math.sqrt(squares) >= _ENOUGH_A and self._is_low(products / squares, squares, _SUSPECT_ERRORS):
                # Where nobody can be lowered there is nothing to look at, and nobody takes too much.
                self.checking_since = step[0] if can_look else None
                self._steps.clear()
                break

    def _is_low(self, slope: float, squares: float, errors: float) -> bool:
        known = len(self._restless_a) >= _LEAST_LOOKS
        deviation_a = _FROM_MEDIAN * statistics.median(self._restless_a) if known else _UNKNOWN_A
        return slope + errors * deviation_a / math.sqrt(squares) < _LEAST_SLOPE
