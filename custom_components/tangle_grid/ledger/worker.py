"""The threads of an open ledger: one pays, attaches and confirms, one answers from this disk, one reads the Tangle.

Nothing heavy happens in the event loop. What comes of the work is told to whoever listens, in the event loop.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final

from ..backoff import wait_s
from ..log_once import LogOnce
from .base.errors import LedgerError
from .base.model import HealthChanged, LedgerEvent, LedgerStatus
from .core import LedgerCore
from .payments.pipeline import Progress, failed_status, refused_as_unavailable

_LOGGER: Final = logging.getLogger(__name__)
_RETRY_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
_DRAIN_STEP_S: Final = 0.05
_HEALTH: Final = ("reachable", "last_error", "supply_ok", "synced", "fault")


class Worker:
    """Belongs to the event loop that made it, and works until it is closed."""

    def __init__(self, core: LedgerCore, status: LedgerStatus, work: Executor) -> None:
        """`work` is the thread that opened the files, `status` how the ledger was then."""
        self.core = core
        self._status = status
        self._work = work
        self._ask = ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_asks")
        self._read = ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_reads")
        self._listeners: list[Callable[[LedgerEvent], None]] = []
        self._said = LogOnce(_LOGGER)
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._stepping = asyncio.Lock()
        self._runner = asyncio.create_task(self._run(), name="tangle_grid ledger")
        if not status.reachable:
            self._log_health(status)

    @property
    def status(self) -> LedgerStatus:
        """The ledger's health as it was after the last step."""
        return self._status

    @property
    def is_closed(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._closing.is_set()

    def wake(self) -> None:
        """Look at once what there is to do."""
        self._wake.set()

    def subscribe(self, listener: Callable[[LedgerEvent], None]) -> Callable[[], None]:
        """Call the listener, in the event loop, with every event from now on; return what ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def ask[**P, T](self, ask: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Ask in the thread that never waits for a node."""
        return await self._asked(self._ask, partial(ask, *args, **options))

    async def read[**P, T](self, ask: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Ask in the thread that may have to wait for a node."""
        return await self._asked(self._read, partial(ask, *args, **options))

    async def _asked[T](self, thread: ThreadPoolExecutor, ask: Callable[[], T]) -> T:
        if self._closing.is_set():
            raise LedgerError("ledger_unavailable", {"error": "closed"})
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, refused_as_unavailable, ask)
        except LedgerError as error:
            if error.key == "ledger_unavailable":
                self._set_status(failed_status(self._status, error))
                # Whether it is so for the work as well, the next step tells.
                self._wake.set()
            raise

    async def close(self, others: Iterable[Callable[[], None]] = ()) -> None:
        """Stop, promptly and at any point; `others` are closed before the files are."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        self.core.stop()
        await self._runner
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._read, lambda: None)
        for close in others:
            await loop.run_in_executor(self._ask, close)
        await loop.run_in_executor(self._ask, self.core.close)
        for thread in (self._work, self._ask, self._read):
            thread.shutdown()  # idle by now: this takes no time

    async def drain(self, timeout_s: float) -> bool:
        """Wait until the outbox is empty, every payment is confirmed or failed, and whoever listens knows of it.

        Returns:
            False when that took longer than `timeout_s`.
        """
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                while not await self.ask(self.core.is_drained):  # noqa: ASYNC110 - a thread is at it
                    await asyncio.sleep(_DRAIN_STEP_S)
                # The step that did the last of it may still be on its way back from its thread.
                async with self._stepping:
                    return True
        except TimeoutError:
            return False

    async def _step(self) -> Progress:
        """Do what comes next, and tell of it."""
        loop = asyncio.get_running_loop()
        async with self._stepping:
            progress, status = await loop.run_in_executor(self._work, self.core.advance, self._status.fault)
            self._set_status(status)
            for event in progress.events:
                self.emit(event)
        return progress

    async def _run(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            self._wake.clear()
            try:
                progress = await self._step()
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the step is taken again later
                if self._closing.is_set():
                    return
                self._set_status(failed_status(self._status, error))
                await self._pause(self._closing, wait_s(_RETRY_S, attempt))
                attempt += 1
                continue
            attempt = 0
            if not progress.busy:
                await self._pause(self._wake, progress.wait_s)

    @staticmethod
    async def _pause(until: asyncio.Event, at_most_s: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), at_most_s)

    def _set_status(self, status: LedgerStatus) -> None:
        before, self._status = self._status, status
        self._log_health(status)
        if any(getattr(before, name) != getattr(status, name) for name in _HEALTH):
            self.emit(HealthChanged(status=status))

    def _log_health(self, status: LedgerStatus) -> None:
        if status.reachable:
            self._said.right("health", "The ledger works again")
        else:
            self._said.wrong(
                "health", "The ledger cannot work, and is tried again until it does: %s", status.last_error
            )

    def emit(self, event: LedgerEvent) -> None:
        """Tell whoever listens."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, others hear of the event, and the log says it once
                self._said.wrong(f"listener {type(error).__name__}", "A listener of the ledger failed", error=error)
