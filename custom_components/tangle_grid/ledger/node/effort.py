"""What one request may cost: whoever asks for more is told so, and nobody else waits for it."""

import time
from collections.abc import Callable
from typing import Final

from .errors import NodeError

MAX_ROWS: Final = 100_000
"""How many transactions a request may make the node look at: as many as `findTransactions` may find."""

MAX_S: Final = 5.0


class Effort:
    """Counts the rows that are read for one request, and the seconds since it was begun."""

    def __init__(
        self, *, rows: int = MAX_ROWS, within_s: float = MAX_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin now. `rows` may be read in all, and `within_s` seconds used."""
        self.rows_left = rows
        self._clock = clock
        self._until = clock() + within_s

    def spend(self, rows: int = 1) -> None:
        """Note that so many rows were read. Raises NodeError (400) when that was too much, or took too long."""
        self.rows_left -= rows
        if self.rows_left < 0:
            raise NodeError("Could not complete request: too many transactions found")
        if self._clock() > self._until:
            raise NodeError("Could not complete request: it takes too long")
