"""Who is behind what a meter shows: the load that nobody controls, told apart from what devices draw.

What devices draw at the moment of a meter's reading is known only within bounds (`draw`), so the load that nobody
controls is, too: it is what the meter shows less any draw within these bounds. Of all that is possible, what lies
nearest to its last value is taken: a charger that was just raised is behind what the meter shows more, until its own
report says otherwise, and is not counted twice. (A set-membership estimate, as in Schweppe, Recursive state estimation:
unknown but bounded errors and system inputs, IEEE Transactions on Automatic Control 13, 1968.)

Two estimates are kept, one with the bounds by reports and commands, the other with the wide ones, which let devices
change by themselves. Increases go by the greater load of the two. Reductions go by the lesser one as long as the meter
shows no overload, and by reports and commands alone when it does: then what is measured counts, not what may explain
it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ..device.draw_bounds import Draw
from ..model.world import NOMINAL_V, PhaseReading, PhaseTriple

#: An estimate older than this says nothing about now, s.
_FORGOTTEN_S: Final = 300.0
#: So close to an end of its bounds a draw counts as being there: A, and as a share of the width.
_NEAR_A: Final = 0.75
_NEAR: Final = 0.25

_PHASES: Final = range(3)


@dataclass(slots=True)
class _Track:
    """One estimate, A per phase: that of the reading before, and that of this one."""

    before: PhaseTriple | None = None
    now: PhaseTriple | None = None

    def turn(self) -> None:
        self.before = self.now

    def place(
        self, load_a: Sequence[float], likely: Sequence[float], least: Sequence[float], most: Sequence[float]
    ) -> PhaseTriple:
        """Take the load that is possible and nearest to the last one."""
        values = []
        for phase in _PHASES:
            before = load_a[phase] - likely[phase] if self.before is None else self.before[phase]
            values.append(min(max(before, load_a[phase] - most[phase]), load_a[phase] - least[phase]))
        self.now = (values[0], values[1], values[2])
        return self.now


@dataclass(slots=True)
class Attribution:
    """The estimates for one feeder.

    Attributes:
        near_a: The load that nobody controls by reports and commands, A per phase.
        wide_a: The same by the wide bounds.
    """

    near_a: PhaseTriple = (0.0, 0.0, 0.0)
    wide_a: PhaseTriple = (0.0, 0.0, 0.0)
    _at: float | None = None
    _near: _Track = field(default_factory=_Track)
    _wide: _Track = field(default_factory=_Track)

    def forget(self) -> None:
        """Begin anew, as after the clock was set back."""
        self._at = None
        self._near, self._wide = _Track(), _Track()

    def take(self, amps: float) -> None:
        """Take over what is known in another way: so much on each phase."""
        self.near_a = self.wide_a = (amps, amps, amps)

    def update(self, reading: PhaseReading, draws: Sequence[Draw]) -> PhaseTriple | None:
        """Take in a meter's reading with what devices below it draw at its time.

        Returns:
            Per phase: 1 when all devices draw the most that is possible, -1 the least, 0 anything else; None where
            the bounds are too narrow to tell on any phase.
        """
        if self._at is None or not 0.0 <= reading.at - self._at <= _FORGOTTEN_S:
            self.forget()
        elif reading.at > self._at:
            self._near.turn()
            self._wide.turn()
        self._at = reading.at
        load_a = [watts / NOMINAL_V for watts in reading.power_w]
        likely, least, most, wide_least, wide_most = ([0.0] * 3 for _ in range(5))
        for draw in draws:
            for sums, amps in zip((likely, least, most, wide_least, wide_most), draw, strict=True):
                sums[0] += amps[0]
                sums[1] += amps[1]
                sums[2] += amps[2]
        self.near_a = self._near.place(load_a, likely, least, most)
        self.wide_a = self._wide.place(load_a, likely, wide_least, wide_most)
        ends = [0.0, 0.0, 0.0]
        for phase in _PHASES:
            width = most[phase] - least[phase]
            if width < 2 * _NEAR_A:
                continue
            drawn, near = load_a[phase] - self.near_a[phase], max(_NEAR_A, _NEAR * width)
            if most[phase] - drawn <= near:
                ends[phase] = 1.0
            elif drawn - least[phase] <= near:
                ends[phase] = -1.0
        return (ends[0], ends[1], ends[2]) if any(ends) else None
