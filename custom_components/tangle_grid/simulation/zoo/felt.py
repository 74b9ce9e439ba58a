"""What the fuse felt: time above it, how far, and in which windows."""

from collections.abc import Callable, Collection, Sequence
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
        needless_s: The same, as far as somebody could have drawn less, s.
        last_over_at: When it was above it last, epoch seconds; None: never.
        worst: The greatest load, as a share of the capacity.
        stretches: The times above it: begin, end, the greatest share.
        squares: The mean squared current of each second and phase, A².
    """

    capacity_a: Amps
    over_s: float = 0.0
    beyond_s: float = 0.0
    longest_s: float = 0.0
    needless_s: float = 0.0
    last_over_at: float | None = None
    worst: float = 0.0
    stretches: list[tuple[float, float, float]] = field(default_factory=list)
    squares: tuple[list[float], list[float], list[float]] = field(default_factory=lambda: ([], [], []))
    _second: int | None = None
    _needless_from: float | None = None

    def add(
        self, begin: float, end: float, amps: Sequence[float], could_fall: Callable[[Collection[int]], bool]
    ) -> None:
        """Add a constant load from `begin` to `end`, both within one second of the clock.

        Args:
            begin: Epoch seconds.
            end: Epoch seconds.
            amps: A per phase.
            could_fall: Whether somebody on these phases draws more than it must.
        """
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
            if could_fall(self._over(amps)):
                self._needless_from = begin if self._needless_from is None else self._needless_from
                self.needless_s = max(self.needless_s, end - self._needless_from)
            else:
                self._needless_from = None
        else:
            self._needless_from = None
        second = int(begin)
        if self._second != second:
            # A second that nobody added anything to cannot be: see above.
            self._second = second
            for squares in self.squares:
                squares.append(0.0)
        for squares, have in zip(self.squares, amps, strict=True):
            squares[-1] += have * have * length_s

    def _over(self, amps: Sequence[float]) -> tuple[int, ...]:
        pairs = zip(amps, self.capacity_a, strict=True)
        return tuple(phase for phase, (have, most) in enumerate(pairs) if have > most)
