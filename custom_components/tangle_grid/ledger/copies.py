"""Copies of a ledger: how its files lie still while they are copied, and what was found when copies were opened."""

from collections.abc import Callable

from .base.asking import Asking
from .core import LedgerCore


class Copies:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when that is closed."""

    def __init__(self, core: LedgerCore, ask: Asking, wake: Callable[[], object]) -> None:
        self._core = core
        self._ask = ask
        self._wake = wake

    async def lie_still(self, seconds: float) -> None:
        """Let the files be as they are now, for so many seconds: what changes goes to their logs, and nobody waits.

        Copies of each file and its log are whole, and lose nothing but what was written after they were made. It takes
        as long as it takes to write a log of a few MB.
        """
        await self._ask(lambda: self._core.lie_still(seconds))

    async def findings_read(self) -> None:
        """Note that somebody has read what was put right when the files were opened."""
        await self._ask(self._core.findings_read)
        self._wake()

    async def go_on(self) -> None:
        """Let the files change again."""
        await self._ask(self._core.go_on)
