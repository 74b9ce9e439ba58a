"""Trying less and less often what does not take.

Times are those of a monotonic clock, s: nothing here depends on what time it is.
"""

import time


class Backoff:
    """When something may be tried again: after the n-th try in a row it waits ``waits_s[n - 1]``, or the last one."""

    def __init__(self, *waits_s: float) -> None:
        self._waits_s = waits_s
        self._tries = 0
        self._due_at = 0.0

    @property
    def due(self) -> bool:
        """Whether it may be tried now."""
        return time.monotonic() >= self._due_at

    def tried(self) -> None:
        """It is tried now."""
        self._due_at = time.monotonic() + self._waits_s[min(self._tries, len(self._waits_s) - 1)]
        self._tries += 1

    def wait(self, tries: int) -> None:
        """Wait as after so many tries before this one."""
        self._tries = max(self._tries, tries)
        self._due_at = time.monotonic() + self._waits_s[min(tries, len(self._waits_s) - 1)]

    def forget(self) -> None:
        """It took: begin anew."""
        self._tries, self._due_at = 0, 0.0
