"""Trying less and less often what does not take: one way for devices, payments and nodes.

Times are those of a monotonic clock, s: nothing here depends on what time it is.
"""

import time
from collections.abc import Sequence


def wait_s(waits_s: Sequence[float], tries: int) -> float:
    """Return how long to wait, s, after so many tries before this one: the last wait goes on for ever."""
    return waits_s[min(tries, len(waits_s) - 1)]


class Backoff:
    """When something may be tried again: after the n-th try in a row it waits `waits_s[n - 1]`, or the last one."""

    def __init__(self, *waits_s: float) -> None:
        self._waits_s = waits_s
        self._tries = 0
        self._due_at = 0.0

    @property
    def due(self) -> bool:
        """Whether it may be tried now."""
        return time.monotonic() >= self._due_at

    def tried(self) -> None:
        """Note that it is tried now."""
        self._due_at = time.monotonic() + wait_s(self._waits_s, self._tries)
        self._tries += 1

    def wait(self, tries: int) -> None:
        """Wait as after so many tries before this one."""
        self._tries = max(self._tries, tries)
        self._due_at = time.monotonic() + wait_s(self._waits_s, tries)

    def forget(self) -> None:
        """Begin anew: it took."""
        self._tries, self._due_at = 0, 0.0
