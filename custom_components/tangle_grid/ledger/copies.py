"""Copies of an open ledger: how its files come to lie still while they are copied."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from .core import LedgerCore


class Ask(Protocol):
    """Asks the ledger in one of its threads."""

    def __call__[T](self, ask: Callable[[], T], /) -> Awaitable[T]:
        """Return what it answers. Raises LedgerError (ledger_unavailable) when the ledger cannot."""


class Copies:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when that is closed."""

    def __init__(self, core: LedgerCore, ask: Ask) -> None:
        self._core = core
        self._ask = ask

    async def lie_still(self, seconds: float) -> None:
        """Let the files be as they are now, for so many seconds: what changes goes to their logs, and nobody waits.

        Copies of each file and its log are whole, and lose nothing but what was written after they were made. It takes
        as long as it takes to write a log of a few MB.
        """
        await self._ask(lambda: self._core.lie_still(seconds))

    async def go_on(self) -> None:
        """Let the files change again."""
        await self._ask(self._core.go_on)
