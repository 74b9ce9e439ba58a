"""How what belongs to an open ledger asks it, off the event loop."""

from collections.abc import Awaitable, Callable
from typing import Protocol


class Asking(Protocol):
    """Asks the ledger in one of its threads."""

    def __call__[T](self, ask: Callable[[], T], /) -> Awaitable[T]:
        """Return what it answers. Raises LedgerError (ledger_unavailable) when the ledger cannot."""
