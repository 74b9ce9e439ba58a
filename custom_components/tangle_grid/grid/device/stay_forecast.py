"""How long a car will stay, learned from earlier stays, for those whose departure nobody entered.

Of the earlier stays that began at a similar time of the day and lasted longer than this one so far, a low quantile
is expected: who leaves later than expected loses nothing, who leaves earlier was not served. It is the empirical
conditional distribution (Kaplan and Meier without censoring), over a window that forgets old habits.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..model.local_time import LocalTime, moment_of, utc

_DAY_S: Final = 86400.0
#: Earlier stays that are compared.
_NEIGHBOURS: Final = 25
#: Without enough earlier stays, this long after arrival, s.
_ASSUMED_S: Final = 5 * 3600.0
#: A stay that outlasts all that is known may go on for this share of its length again.
_LONGER: Final = 0.25
_LEAST_S: Final = 900.0
_ENOUGH: Final = 5


class _Stay(NamedTuple):
    """One stay, by the clocks on the walls: time of day and length, s; and in grid time."""

    time_of_day: float
    length: float
    arrived_at: float
    left_at: float


@dataclass(slots=True, kw_only=True)
class StayLog:
    """Earlier stays of one charger, or of a group of chargers.

    Attributes:
        quantile: Of the stays that are still possible, the share that is shorter than expected, 0..1.
        window: Number of stays that are remembered.
        local: What the clocks on the walls show: the time of day is theirs.
    """

    quantile: float = 0.25
    window: int = 400
    local: LocalTime = utc
    _stays: deque[_Stay] = field(default_factory=deque)

    @property
    def count(self) -> int:
        """Number of stays that are remembered."""
        return len(self._stays)

    def add(self, *, arrived_at: float, left_at: float) -> None:
        """Remember a stay that is over. Times in s; one with no length is ignored."""
        if left_at > arrived_at:
            came = self.local(arrived_at)
            self._stays.append(_Stay(came % _DAY_S, self.local(left_at) - came, arrived_at, left_at))
            while len(self._stays) > self.window:
                self._stays.popleft()

    def expected_departure(self, *, arrived_at: float, now: float) -> float:
        """Return when a car that arrived at `arrived_at` and is still there will leave; later than `now`.

        It changes little until it has passed: keep it until then rather than asking in each pass. O(window log window).
        """
        came = self.local(arrived_at)
        stayed = max(0.0, self.local(now) - came)
        time_of_day = came % _DAY_S
        possible = sorted(
            (min(abs(start - time_of_day), _DAY_S - abs(start - time_of_day)), length)
            for start, length, _, _ in self._stays
            if length > stayed
        )[:_NEIGHBOURS]
        if len(possible) < _ENOUGH:
            expected = max(_ASSUMED_S, stayed * (1.0 + _LONGER))
        else:
            lengths = sorted(length for _, length in possible)
            expected = lengths[int(self.quantile * (len(lengths) - 1))]
        return max(moment_of(came + expected, self.local), now + _LEAST_S)

    def to_dict(self) -> list[list[float]]:
        """Return what is stored: when each began, grid time, and how long it was, s."""
        return [[stay.arrived_at, stay.left_at - stay.arrived_at] for stay in self._stays]

    @classmethod
    def from_dict(cls, stays: list[list[float]], local: LocalTime = utc) -> StayLog:
        """Rebuild from storage; entries that make no sense are left out.

        Earlier versions stored of the beginning only the time of the day in UTC: it is taken for one of 1970, so that
        winter's are right and summer's an hour off.
        """
        log = cls(local=local)
        for start, length in stays[-log.window :]:
            log.add(arrived_at=start, left_at=start + length)
        return log
