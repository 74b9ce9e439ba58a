"""When the car leaves, as somebody said, for as long as it stays.

Most departures are a time of day, and what reports them goes on to tomorrow's at the moment when today's passes. But
the car is still there, and perhaps not charged: it may leave at any moment. So a departure that has passed holds on
until the car is charged or gone, or until somebody says another time. Another time is one that is not the same time of
a later day.
"""

import math
from dataclasses import dataclass
from typing import Final

_DAY_S: Final = 86_400.0
#: The same time of day on another day, where clocks may have changed in between, s.
_SAME_TIME_S: Final = 3700.0
#: A departure that is not reported any more is remembered for so long, s.
_REMEMBERED_S: Final = 600.0
#: Where nobody can tell whether the car is still there, a departure is overdue for no longer than this, s.
_OVERDUE_S: Final = 12 * 3600.0


@dataclass(slots=True)
class Departure:
    """The departure of one stay.

    Attributes:
        at: When the car leaves or should have left, grid time; None: nobody said, or it is over.
    """

    at: float | None = None
    _said_at: float = -math.inf

    def observe(self, now: float, said: float | None, *, charged: bool, watched: bool) -> None:
        """Take in what is reported.

        Args:
            now: Grid time.
            said: When the car leaves, as it is reported; None: nothing is reported.
            charged: The car has what it wants.
            watched: It is known that the car is still there.
        """
        if said is not None and not math.isfinite(said):
            said = None
        if said is None:
            if not self.overdue(now) and now - self._said_at >= _REMEMBERED_S:
                self.at = None
        else:
            self._said_at = now
            if not self.overdue(now):
                # One that had passed when it was said first is of an earlier trip.
                self.at = said if said > now else None
            elif said > now and not _same_time(self.at or 0.0, said):
                self.at = said
        if self.at is not None and now >= self.at and (charged or (not watched and now - self.at >= _OVERDUE_S)):
            self.at = said if said is not None and said > now else None

    def overdue(self, now: float) -> bool:
        """Return whether the car should have left by now, and is not charged."""
        return self.at is not None and now >= self.at

    def leave(self) -> None:
        """Forget what was said of a departure: the car has left."""
        self.at, self._said_at = None, -math.inf

    def forget_future(self, now: float) -> None:
        """Say again what was said: the clock was set back."""
        self._said_at = min(self._said_at, now)


def _same_time(sooner: float, later: float) -> bool:
    """Return whether two moments are the same, or the same time of different days."""
    return abs((later - sooner + _DAY_S / 2) % _DAY_S - _DAY_S / 2) <= _SAME_TIME_S
