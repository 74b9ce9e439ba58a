"""When a device that forgets what it was told is told again."""

import time

#: A little early is better than late, share of the time.
_EARLY = 0.9


class KeepAlive:
    """Counts the time since it was told."""

    def __init__(self, every_s: float | None) -> None:
        """`every_s`: how long it remembers, s; None: it does not forget."""
        self._every_s = every_s
        self._told_at: float | None = None

    @property
    def due(self) -> bool:
        """Whether it is told again also where it shows that already."""
        return (
            self._every_s is not None
            and self._told_at is not None
            and time.monotonic() - self._told_at >= _EARLY * self._every_s
        )

    def told(self) -> None:
        """Note that it has been told, or has been found to be right a moment ago."""
        now = time.monotonic()
        if self._told_at is None or self.due:
            self._told_at = now
