"""What a fuse and a circuit breaker stand: the earliest line at which they may open.

gG fuse-links up to 100 A: IEC 60269-1, conventional times and currents (1.25 I_n must not open them in the
conventional time, an hour up to 63 A, two hours up to 160 A) and the gates (a current that must not open them in 10 s
and in 0.1 s). Circuit breakers of type B: IEC 60898-1, time-current operating characteristics (1.13 I_n must not trip
within the conventional time; at 2.55 I_n not within 1 s; at 3 I_n not within 0.1 s). The standards themselves are not
public. What others say of them agrees: 1.13 and 1.45 I_n in an hour (Schneider Electric, question FA369327), 3 to 5 I_n
for type B (infralens.in, IS/IEC 60898-1), an hour up to 63 A and two up to 160 A for fuses (the Portuguese rules for
installations). The gates and 2.55 I_n are not confirmed by a public source. Between these points the line is straight
on logarithmic axes; both are tested from cold.

A load is held against such a line as I²t: for windows of any length, the integral of the squared current is a share of
what the line lets through in a window of that length. At 1 the earliest device of the standard may open.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final

#: IEC 60269-1, gates: rated current: A that 10 s and 0.1 s must not melt.
GG_GATES: Final = {
    16: (33.0, 85.0),
    20: (42.0, 110.0),
    25: (52.0, 150.0),
    32: (75.0, 200.0),
    40: (95.0, 260.0),
    50: (125.0, 350.0),
    63: (160.0, 450.0),
    80: (215.0, 610.0),
    100: (290.0, 820.0),
}
_HOUR_S: Final = 3600.0
_UP_TO_AN_HOUR_A: Final = 63.0
_WINDOWS_S: Final = (1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600)


@dataclass(frozen=True, slots=True)
class TripLine:
    """The earliest line of one device: `points` are (s, A), the shortest time first."""

    name: str
    points: tuple[tuple[float, float], ...]

    def holds_a(self, window_s: float) -> float:
        """Return the current that does not open it in such a time, A."""
        points = self.points
        if window_s <= points[0][0]:
            return points[0][1]
        for (from_s, from_a), (to_s, to_a) in pairwise(points):
            if window_s <= to_s:
                share = math.log(window_s / from_s) / math.log(to_s / from_s)
                return math.exp(math.log(from_a) + share * math.log(to_a / from_a))
        return points[-1][1]

    def share(self, seconds_a2: Sequence[float]) -> float:
        """Return the greatest share of the line that any window reaches; 1: it may have opened.

        Args:
            seconds_a2: The mean of the squared current of each second, A².
        """
        sums = [0.0, *accumulate(seconds_a2)]
        worst = 0.0
        for window in _WINDOWS_S:
            if window < len(sums):
                most = max(end - begin for begin, end in zip(sums, sums[window:], strict=False))
                worst = max(worst, most / (self.holds_a(window) ** 2 * window))
        return worst


def fuse_gg(rated_a: float) -> TripLine:
    """Return a gG fuse-link; ratings between those of the standard are taken in proportion to the next smaller one."""
    below = max((each for each in GG_GATES if each <= rated_a), default=min(GG_GATES))
    scale = rated_a / below
    ten_s, tenth_s = GG_GATES[below]
    conventional_s = _HOUR_S if rated_a <= _UP_TO_AN_HOUR_A else 2 * _HOUR_S
    return TripLine("gG", ((0.1, tenth_s * scale), (10.0, ten_s * scale), (conventional_s, 1.25 * rated_a)))


def breaker_b(rated_a: float) -> TripLine:
    """Return a circuit breaker of type B."""
    conventional_s = _HOUR_S if rated_a <= _UP_TO_AN_HOUR_A else 2 * _HOUR_S
    return TripLine("B", ((0.1, 3.0 * rated_a), (1.0, 2.55 * rated_a), (conventional_s, 1.13 * rated_a)))
