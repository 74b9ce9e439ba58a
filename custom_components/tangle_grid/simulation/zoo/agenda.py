"""What happens when: a clock that advances from one event to the next."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Agenda:
    """Events in the order of their times; those of one moment in the order in which they were put in.

    Attributes:
        now: The present moment, epoch seconds.
        passing: Called with the two ends of each stretch of time in which nothing happens.
    """

    def __init__(self, start: float) -> None:
        self.now = start
        self.passing: list[Callable[[float, float], None]] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def at(self, moment: float, event: Callable[[], None]) -> None:
        """Let something happen; what lies in the past happens now, after all that was put in for now."""
        heappush(self._events, (max(moment, self.now), next(self._numbers), event))

    def after(self, delay_s: float, event: Callable[[], None]) -> None:
        """Let something happen in so many seconds."""
        self.at(self.now + delay_s, event)

    def run_until(self, end: float) -> None:
        """Let time pass until `end`, epoch seconds, with all that happens meanwhile."""
        events = self._events
        while events and events[0][0] <= end:
            moment, _, event = heappop(events)
            self._pass(moment)
            event()
        self._pass(end)

    def _pass(self, to: float) -> None:
        if to > self.now:
            for watch in self.passing:
                watch(self.now, to)
            self.now = to
