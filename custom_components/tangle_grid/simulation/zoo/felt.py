"""What the fuse felt: time above it, how far, and in which windows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from .load import Amps

#: What a circuit breaker of any make carries for an hour (IEC 60898-1), as a share of its rating.
CARRIES: Final = 1.13
#: A shorter time below the capacity does not end an overload, s.
_EPSILON: Final = 1e-6


@dataclass(slots=True)
class Felt:
    """Watches one feeder; add stretches of time without gaps.

    Attributes:
        capacity_a: The fuse, A per phase.
        over_s, beyond_s: Time above the capacity, and above 113 % of it, on any phase, s.
        longest_s: The longest time above it without a break, s.
        last_over_at: When it was above it last, epoch seconds; None: never.
        worst: The greatest load, as a share of the capacity.
        stretches: The times above it: begin, end, the greatest share.
        squares: The mean squared current of each second and phase, A².
    """

    capacity_a: Amps
    over_s: float = 0.0
    beyond_s: float = 0.0
    longest_s: float = 0.0
    last_over_at: float | None = None
    worst: float = 0.0
    stretches: list[tuple[float, float, float]] = field(default_factory=list)
    squares: tuple[list[float], list[float], list[float]] = field(default_factory=lambda: ([], [], []))
    _second: int | None = None

    def add(self, begin: float, end: float, amps: Sequence[float]) -> None:
        """A constant load, A per phase, from `begin` to `end`, both within one second of the clock."""
        length_s = end - begin
        if length_s <= 0:
            return
        share = max(have / most if most > 0 else 0.0 for have, most in zip(amps, self.capacity_a, strict=True))
        self.worst = max(self.worst, share)
        if share > 1 + _EPSILON:
            self.over_s += length_s
            self.beyond_s += length_s if share > CARRIES else 0.0
            self.last_over_at = end
            if self.stretches and begin - self.stretches[-1][1] < _EPSILON:
                first, _, most = self.stretches[-1]
                self.stretches[-1] = (first, end, max(most, share))
            else:
                self.stretches.append((begin, end, share))
            self.longest_s = max(self.longest_s, end - self.stretches[-1][0])
        second = int(begin)
        if self._second != second:
            # A second that nobody added anything to cannot be: see above.
            self._second = second
            for squares in self.squares:
                squares.append(0.0)
        for squares, have in zip(self.squares, amps, strict=True):
            squares[-1] += have * have * length_s
