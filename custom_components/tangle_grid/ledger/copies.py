"""Copies of a ledger: how its files lie still while they are copied, and what was found when copies were opened."""

from .worker import Worker


class Copies:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when that is closed."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._core = worker.core

    async def lie_still(self, seconds: float) -> None:
        """Let the files be as they are now, for so many seconds: what changes goes to their logs, and nobody waits.

        Copies of each file and its log are whole, and lose nothing but what was written after they were made. It takes
        as long as it takes to write a log of a few MB.
        """
        await self._worker.ask(lambda: self._core.lie_still(seconds))

    async def findings_read(self) -> None:
        """Note that somebody has read what was put right when the files were opened."""
        await self._worker.ask(self._core.findings_read)
        self._worker.wake()

    async def go_on(self) -> None:
        """Let the files change again."""
        await self._worker.ask(self._core.go_on)
