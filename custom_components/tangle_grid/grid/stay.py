"""How long a car will stay, learned from earlier stays, for those whose departure nobody entered.

Of the earlier stays that began at a similar time of the day and lasted longer than this one so far, a low quantile
is expected: who leaves later than expected loses nothing, who leaves earlier was not served. It is the empirical
conditional distribution (Kaplan and Meier without censoring), over a window that forgets old habits.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

_DAY_S: Final = 86400.0
#: Earlier stays that are compared.
_NEIGHBOURS: Final = 25
#: Without enough earlier stays, this long after arrival, s.
_ASSUMED_S: Final = 5 * 3600.0
#: A stay that outlasts all that is known may go on for this share of its length again.
_LONGER: Final = 0.25
_LEAST_S: Final = 900.0
_ENOUGH: Final = 5


@dataclass(slots=True, kw_only=True)
class StayLog:
    """Earlier stays of one charger, or of a group of chargers.

    Attributes:
        quantile: Of the stays that are still possible, the share that is shorter than expected, 0..1.
        window: Number of stays that are remembered.
    """

    quantile: float = 0.25
    window: int = 400
    _stays: deque[tuple[float, float]] = field(default_factory=deque)

    @property
    def count(self) -> int:
        """Number of stays that are remembered."""
        return len(self._stays)

    def add(self, *, arrived_at: float, left_at: float) -> None:
        """Remember a stay that is over. Times in s; one with no length is ignored."""
        if left_at > arrived_at:
            self._stays.append((arrived_at % _DAY_S, left_at - arrived_at))
            while len(self._stays) > self.window:
                self._stays.popleft()

    def expected_departure(self, *, arrived_at: float, now: float) -> float:
        """When a car that arrived at `arrived_at` and is still there will leave; later than `now`.

        It changes little until it has passed: keep it until then rather than asking in each pass. O(window log window).
        """
        stayed = max(0.0, now - arrived_at)
        time_of_day = arrived_at % _DAY_S
        possible = sorted(
            (min(abs(start - time_of_day), _DAY_S - abs(start - time_of_day)), length)
            for start, length in self._stays
            if length > stayed
        )[:_NEIGHBOURS]
        if len(possible) < _ENOUGH:
            expected = max(_ASSUMED_S, stayed * (1.0 + _LONGER))
        else:
            lengths = sorted(length for _, length in possible)
            expected = lengths[int(self.quantile * (len(lengths) - 1))]
        return max(arrived_at + expected, now + _LEAST_S)

    def to_dict(self) -> list[list[float]]:
        """For storage."""
        return [[start, length] for start, length in self._stays]

    @classmethod
    def from_dict(cls, stays: list[list[float]]) -> StayLog:
        """From storage; entries that make no sense are left out."""
        log = cls()
        for start, length in stays[-log.window :]:
            log.add(arrived_at=start, left_at=start + length)
        return log
