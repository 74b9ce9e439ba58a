"""Times of day as the clocks on the walls show them: people keep to these, also when the clocks change.

A shown time is a number of seconds, counted as if the clocks showed UTC: the time of day is what remains of whole days.
What the clocks show is a function of grid time that is given from outside; there is no time zone in here.
"""

from collections.abc import Callable

type LocalTime = Callable[[float], float]


def utc(t: float) -> float:
    """Return grid time itself: clocks show it where nothing else is said."""
    return t


def moment_of(shown: float, local: LocalTime) -> float:
    """Return when the clocks show this time, s of grid time.

    For an hour that they skip or show twice, one that is near it.
    """
    near = shown - (local(shown) - shown)
    return shown - (local(near) - near)
