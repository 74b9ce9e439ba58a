"""How often a charger was told less because its feeder was short, and what it had before.

What it had for some time and lost it may come back to at once: its feeder, its car and the meter have shown that they
carry it. But who had to give way again and again waits longer for small improvements: they would not last either, and
each costs two commands.
"""

from collections import deque
from typing import Final

#: What it had for so long, s, it may come back to at once within the other time, s.
_PROVEN_AFTER_S: Final = 60.0
_PROVEN_S: Final = 900.0
#: Turns count for so long, s; the steps of one reduction are one of them, s.
_COUNTS_S: Final = 1800.0
_ONE_S: Final = 30.0
_MOST: Final = 8


class Turns:
    """One charger."""

    def __init__(self) -> None:
        self._turns: deque[float] = deque(maxlen=_MOST)
        self._last_at = 0.0
        self._proven: tuple[float, float] | None = None

    def add(self, now: float, before: float, since: float) -> None:
        """Note that it is told less than `before`, A per phase, which it was told since then, grid time."""
        if now - since >= _PROVEN_AFTER_S:
            self._proven = (now, before)
        if not self._turns or not 0.0 <= now - self._last_at <= _ONE_S:
            self._turns.append(now)
        self._last_at = now

    def number(self, now: float) -> int:
        """Return how often it had to give way within the last half hour, up to a few times."""
        while self._turns and not 0.0 <= now - self._turns[0] <= _COUNTS_S:
            self._turns.popleft()
        return len(self._turns)

    def proven_a(self, now: float) -> float:
        """Return what it had for some time not long ago, A per phase; 0: nothing."""
        return self._proven[1] if self._proven is not None and 0.0 <= now - self._proven[0] <= _PROVEN_S else 0.0

    def forget(self) -> None:
        """Begin anew, as after the clock was set back."""
        self._turns.clear()
        self._proven = None
