"""Whether a house can join: everything must still fit when nobody hears of anybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .bodies import Terms
from .checks import PHASES, Amps


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What each phase would have to carry in the worst case, and what it can, A per phase."""

    needed_a: Amps
    capacity_a: Amps

    @property
    def fits(self) -> bool:
        """Whether the house can join."""
        return not self.short_phases

    @property
    def short_phases(self) -> tuple[int, ...]:
        """The phases that cannot carry it, counted from 0."""
        return tuple(phase for phase in range(PHASES) if self.needed_a[phase] > self.capacity_a[phase])


def admission(capacity_a: Amps, own_a: Sequence[float], houses: Iterable[Terms], asking: Terms) -> Admission:
    """Return whether a house fits below a feeder.

    Args:
        capacity_a: Of the feeder, A per phase; of a feeder that itself hangs on another island, what it falls back to.
        own_a: The greatest load seen that is of no house, with the safe currents of what hangs directly on the feeder.
        houses: Those that have joined already, below the same feeder.
        asking: The one that wants to join.
    """
    fallbacks = [house.fallback_a for house in (*houses, asking)]
    needed = [own_a[phase] + sum(each[phase] for each in fallbacks) for phase in range(PHASES)]
    return Admission(needed_a=(needed[0], needed[1], needed[2]), capacity_a=capacity_a)
