"""Which phases a car uses, learned from measurement: a single-phase car leaves the other two to others.

A charger that measures its phases shows it directly. Of one that only knows its total power, the steps are compared
with those of the feeder's meter: what a step of the total does to the three phases is predicted for every set of
phases, and the set with the least squares wins, when it wins clearly, several times in a row. Until then, and after
each change of the car, the configured phases count. What contradicts a finding ends it at once.

A charger whose wires are rotated measures currents that flow elsewhere. When a phase is short although nobody on it can
give more, such a charger is doubted: its total counts on all its phases, so that it gives way as well, and what the
meter shows of its steps decides where its current flows. Who was doubted in vain is not doubted again before the next
car.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Final

from ..model.world import NOMINAL_V, PhaseReading, PhaseTriple

#: A phase with more than this is in use; one with less, while another carries the least charging current, is not. W.
_USED_W: Final = 1.1 * NOMINAL_V
_CHARGING_W: Final = 4.0 * NOMINAL_V
#: How long a measurement must show the same before phases are given free, s.
_CONFIRM_S: Final = 60.0
#: A total is steady while it stays this close to where it began, W.
_STEADY_W: Final = 150.0
#: The meter is believed to show a steady total after this, s, and is then averaged for at least this long.
_LATE_S: Final = 20.0
_AVERAGE_S: Final = 15.0
#: Steps smaller than this say nothing, W, nor those that are further apart, s.
_STEP_W: Final = 1000.0
_APART_S: Final = 300.0
#: A finding is clear when its mean squared error, as a share of the step's square, is below the one and its distance to
#: the next best above the other; and it is believed after this many clear findings in a row.
_FIT: Final = 0.1
_DISTANCE: Final = 0.08
_FINDINGS: Final = 3
#: After a longer time without watching, another car may be there, s.
_SAME_CAR_S: Final = 600.0
#: A total above what the learned phases can carry, as a share, cannot be.
_TOO_MUCH: Final = 1.15

type Phases = tuple[int, ...]


class PhaseWatch:
    """The phases of the car at one charger.

    Args:
        configured: The phases that the charger is connected to.
        max_current_a: Its greatest current, A per phase.

    Attributes:
        learned: Found by measurement; None: the configured ones count.
        misplaced: Its own measurement of the phases is not believed.
        limit: The phases that the charger is switched to; None: all that it has.
    """

    def __init__(self, configured: Phases, max_current_a: float) -> None:
        self._configured = configured
        self._max_a = max_current_a
        self.learned: Phases | None = None
        self.misplaced = False
        self.limit: Phases | None = None
        self._limit_doubted = False
        self._total_only = False
        self._doubted = False
        self._measured: Phases = ()
        self._seen_at: float | None = None
        self._from_steps = False
        self._narrow_since: float | None = None
        self._narrow: Phases = ()
        self._steady_since: float | None = None
        self._steady_w = 0.0
        self._averaged = 0
        self._average: PhaseTriple = (0.0, 0.0, 0.0)
        self._before: tuple[float, float, PhaseTriple] | None = None
        self._findings: deque[Phases] = deque(maxlen=_FINDINGS)
        self._compared_since: float | None = None

    @property
    def phases(self) -> Phases:
        """The phases that its current counts on."""
        known = self._configured if self.learned is None else self.learned
        if self.limit is None or self._limit_doubted:
            return known
        return tuple(phase for phase in known if phase in self.limit) or self._configured

    @property
    def placed_by(self) -> bool:
        """Whether it is known where a total flows."""
        return self.learned is not None or (self.limit is not None and not self._limit_doubted)

    def switch(self, limit: Phases | None) -> None:
        """Note which phases the charger is switched to; None: to all, or nobody knows."""
        if limit != self.limit:
            self.limit, self._limit_doubted = limit, False
            # Steps from before the change tell nothing about those after it.
            self._before = self._steady_since = self._compared_since = self._narrow_since = None

    def contradicts(self, reading: PhaseReading) -> bool:
        """Return whether a reading cannot be of a charger that is switched to `limit`."""
        if self.limit is None:
            return False
        if reading.split:
            return abs(reading.total_w) > len(self.limit) * self._max_a * NOMINAL_V * _TOO_MUCH
        return not self.misplaced and not set(_used(reading.power_w)) <= set(self.limit)

    def part(self) -> None:
        """Believe the next car again: this one is gone."""
        self.misplaced = self._doubted = self._limit_doubted = False
        self.forget()

    def forget(self) -> None:
        """Go back to the configured phases: there is another car, or a doubt."""
        self.learned = None
        self._from_steps = False
        self._narrow_since = None
        self._before = self._steady_since = self._compared_since = None
        self._findings.clear()

    def doubt(self, short: frozenset[int]) -> bool:
        """Doubt what was found, since phases are short and nothing helps; return whether a finding ended."""
        if self.limit is not None and not self._limit_doubted and self._total_only:
            # It may be switched to another phase than was thought.
            self._limit_doubted = not short <= set(self.limit) and not short.isdisjoint(self._configured)
            return self._limit_doubted
        if self.learned is None or short <= set(self.learned) or short.isdisjoint(self._configured):
            return False
        if not self._from_steps:
            if self._doubted:
                return False
            self._doubted = self.misplaced = True
        self.forget()
        return True

    def placed(self, reading: PhaseReading) -> PhaseReading:
        """Return a reading whose total was split evenly, on the phases where it flows."""
        if self.misplaced and not reading.split:
            self._measured = _used(reading.power_w)
            share = reading.total_w / len(self._configured)
            first, second, third = (share if phase in self._configured else 0.0 for phase in range(3))
            reading = replace(reading, power_w=(first, second, third), split=True)
        self._total_only = reading.split
        if not reading.split or not self.placed_by:
            return reading
        phases = self.phases
        share = reading.total_w / len(phases)
        first, second, third = (share if phase in phases else 0.0 for phase in range(3))
        return replace(reading, power_w=(first, second, third))

    def observe(self, now: float, reading: PhaseReading, meter: PhaseReading | None) -> None:
        """Take in what the charger and its feeder's meter measured."""
        if self._seen_at is not None and not 0.0 <= now - self._seen_at <= _SAME_CAR_S:
            self.forget()
        self._seen_at = now
        if self.limit is not None:
            # What a charger does with one phase says nothing about its car.
            return
        if reading.split:
            self._check_total(reading.total_w)
            if meter is not None:
                self._compare_steps(now, reading.total_w, meter)
        else:
            self._look(now, reading.power_w)

    def _look(self, now: float, power_w: PhaseTriple) -> None:
        used = _used(power_w)
        if not set(used) <= set(self.phases):
            # It flows where nobody expected it: that counts at once, and for the phases that were expected as well.
            self.learned = tuple(sorted({*self._configured, *used}))
            if self.learned == self._configured:
                self.learned = None
            self._narrow_since = None
            return
        clear = max(power_w) >= _CHARGING_W and set(used) < set(self.phases)
        if not clear:
            if used:
                self._narrow_since = None
        elif self._narrow_since is None or used != self._narrow:
            self._narrow_since, self._narrow = now, used
        elif now - self._narrow_since >= _CONFIRM_S:
            self.learned, self._from_steps = used, False
            self._narrow_since = None

    def _check_total(self, total_w: float) -> None:
        if self.learned is not None and abs(total_w) > len(self.learned) * self._max_a * NOMINAL_V * _TOO_MUCH:
            self.forget()

    def _compare_steps(self, now: float, total_w: float, meter: PhaseReading) -> None:
        """Average the meter while the total is steady; each two steady times make a step."""
        if self._steady_since is None or abs(total_w - self._steady_w) > _STEADY_W:
            if self._steady_since is not None and self._averaged and self._compared_since == self._steady_since:
                self._before = (now, self._steady_w, self._average)
            self._steady_since, self._steady_w = now, total_w
            self._averaged = 0
            return
        if now - self._steady_since < _LATE_S:
            return
        self._averaged += 1
        weight = max(1.0 / self._averaged, 0.1)
        self._average = _mix(self._average, meter.power_w, weight)
        if self._compared_since == self._steady_since or now - self._steady_since < _LATE_S + _AVERAGE_S:
            return
        self._compared_since = self._steady_since
        if self._before is not None and self._steady_since - self._before[0] <= _APART_S:
            self._judge(total_w - self._before[1], self._before[2])

    def _judge(self, step_w: float, before_w: PhaseTriple) -> None:
        if abs(step_w) < _STEP_W:
            return
        moved = [(after - before) / step_w for after, before in zip(self._average, before_w, strict=True)]
        errors = sorted((_error(moved, phases), phases) for phases in _subsets(self._configured))
        best, found = errors[0]
        if best > _FIT or (len(errors) > 1 and errors[1][0] - best < _DISTANCE):
            self._findings.clear()
            return
        if self.misplaced and found == self._measured:
            # It was right all the time.
            self.misplaced = False
            self.learned, self._from_steps = found, False
            return
        if self.learned is not None and not set(found) <= set(self.learned):
            self.forget()
        self._findings.append(found)
        if len(self._findings) == _FINDINGS and set(self._findings) == {found} and set(found) < set(self._configured):
            self.learned, self._from_steps = found, True

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "learned": None if self.learned is None else list(self.learned),
            "from_steps": self._from_steps,
            "seen_at": self._seen_at,
            "configured": list(self._configured),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what was learned; it ends if nobody has watched for too long since."""
        seen_at, learned = data["seen_at"], data["learned"]
        if learned is None or seen_at is None:
            return
        phases = tuple(int(phase) for phase in learned)
        if tuple(data["configured"]) == self._configured and phases and set(phases) <= {0, 1, 2}:
            self.learned = phases
            self._from_steps = bool(data["from_steps"])
            self._seen_at = float(seen_at)


def _used(power_w: PhaseTriple) -> Phases:
    return tuple(phase for phase in range(3) if abs(power_w[phase]) > _USED_W)


def _subsets(phases: Phases) -> list[Phases]:
    return [each for size in range(1, len(phases) + 1) for each in combinations(phases, size)]


def _error(moved: list[float], phases: Phases) -> float:
    return sum((moved[phase] - (1.0 / len(phases) if phase in phases else 0.0)) ** 2 for phase in range(3))


def _mix(average: PhaseTriple, value: PhaseTriple, weight: float) -> PhaseTriple:
    first, second, third = (old + weight * (new - old) for old, new in zip(average, value, strict=True))
    return (first, second, third)
