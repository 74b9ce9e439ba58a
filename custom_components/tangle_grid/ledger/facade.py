"""The ledger as the rest of the integration sees it: everything heavy happens off the event loop."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from .core import LedgerCore
from .errors import LedgerError
from .keys import Secrets
from .model import (
    BalancesChanged,
    HealthChanged,
    LedgerEvent,
    LedgerStatus,
    Payment,
    PaymentChanged,
    PaymentOrder,
    TangleMessage,
    TransactionInfo,
    WalletState,
)
from .steps import Progress
from .trinary import HASH_TRYTES, is_trytes

_LOGGER: Final = logging.getLogger(__name__)
_RETRY_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
_MAX_LIMIT: Final = 1_000
_DRAIN_STEP_S: Final = 0.05


class Ledger:
    """An open ledger. Make one with ``open``; all methods belong to the event loop that opened it.

    Two threads of its own do the work: one pays, attaches and confirms, the other answers. Every method that touches
    the disk raises LedgerError (``ledger_unavailable``) when that fails; what was accepted before is not lost.
    """

    def __init__(self, core: LedgerCore, status: LedgerStatus, work: Executor, ask: Executor) -> None:
        self._core = core
        self._status = status
        self._work = work
        self._ask = ask
        self._listeners: list[Callable[[LedgerEvent], None]] = []
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._runner = asyncio.create_task(self._run(), name="tangle_grid ledger")

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        island_id: str,
        secrets: Secrets,
        mwm: int = 9,
        milestone_interval_s: float = 5.0,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the ledger in this folder, or start one with the whole supply in the treasury.

        ``mwm`` is the proof of work (zero trits, the work grows as 3**mwm). ``milestone_interval_s`` is the least time
        between milestones that confirm messages; payments are confirmed at once. ``clock`` gives epoch seconds.

        Raises:
            LedgerError: ledger_unavailable. A file is damaged, in use by another process, cannot be written, or
                belongs to another island or seed; or pyota is missing. Nothing was changed.
        """
        loop = asyncio.get_running_loop()
        work = ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_ledger")

        def start() -> tuple[LedgerCore, LedgerStatus]:
            core = LedgerCore(
                folder,
                island_id=island_id,
                secrets=secrets,
                mwm=mwm,
                milestone_interval_s=milestone_interval_s,
                clock=clock,
            )
            return core, core.health()

        starting = loop.run_in_executor(work, start)
        try:
            core, status = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread goes on: what it opens has to be closed, or the files stay locked.
            starting.add_done_callback(lambda done: None if done.exception() else done.result()[0].close())
            work.shutdown(wait=False)
            raise
        except BaseException:
            work.shutdown()
            raise
        return cls(core, status, work, ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_asks"))

    async def close(self) -> None:
        """Stop, promptly and at any point; what is not done yet goes on after the next ``open``."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        self._core.stop()
        await self._runner
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._ask, self._core.close)
        # Both threads are idle by now, so this takes no time.
        self._work.shutdown()
        self._ask.shutdown()

    def subscribe(self, listener: Callable[[LedgerEvent], None]) -> Callable[[], None]:
        """Call the listener, in the event loop, with every event from now on; return what ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    # Asking

    async def _answer[T](self, ask: Callable[[], T]) -> T:
        if self._closing.is_set():
            raise LedgerError("ledger_unavailable", {"error": "closed"})
        try:
            return await asyncio.get_running_loop().run_in_executor(self._ask, ask)
        except LedgerError as error:
            if error.key == "ledger_unavailable":
                self._set_status(self._failed(error))
            raise

    async def pay(self, order: PaymentOrder) -> Payment:
        """Take a payment into the outbox and return at once; an order already taken gives the payment it became.

        Raises:
            LedgerError: unknown_wallet, invalid_amount, invalid_address, invalid_message (the memo),
                insufficient_funds, or payment_conflict (the id was used for another order). Nothing was queued.
        """

        def take() -> tuple[Payment, bool, Mapping[str, WalletState]]:
            payment, is_new = self._core.pay(order)
            return payment, is_new, self._core.accounts.states() if is_new else {}

        payment, is_new, wallets = await self._answer(take)
        if is_new:
            self._emit(PaymentChanged(payment=payment))
            self._emit(BalancesChanged(wallets=wallets))
            self._wake.set()
        return payment

    async def publish(self, kind: str, body: Mapping[str, Any]) -> str:
        """Take a message into the outbox and return its id. ``kind`` is a word in lower case, ``body`` is JSON.

        Raises:
            LedgerError: invalid_message.
        """
        message_id = await self._answer(lambda: self._core.publish(kind, body))
        self._wake.set()
        return message_id

    async def messages(self, *, kind: str | None = None, limit: int = 50) -> list[TangleMessage]:
        """Read messages back from the Tangle, the newest first; ``kind`` "payment" gives what payments say."""
        bounded = max(1, min(limit, _MAX_LIMIT))
        return await self._answer(lambda: self._core.chronicle.messages(kind=kind, limit=bounded))

    async def transaction(self, tail: str) -> TransactionInfo | None:
        """Look a transaction up on the Tangle by its hash (81 trytes); None when it is not there.

        Raises:
            LedgerError: unknown_transaction, when this cannot be a transaction's hash.
        """
        if not is_trytes(tail, HASH_TRYTES):
            raise LedgerError("unknown_transaction", {"transaction": str(tail)[:100]})
        return await self._answer(lambda: self._core.chronicle.transaction(tail))

    async def payments(self, *, limit: int = 50) -> list[Payment]:
        """Return the newest payments, the newest first."""
        bounded = max(1, min(limit, _MAX_LIMIT))
        return await self._answer(lambda: self._core.payments(bounded))

    async def wallets(self) -> Mapping[str, WalletState]:
        """Return every wallet by its id."""
        return await self._answer(self._core.accounts.states)

    async def add_wallet(self, wallet_id: str, seed: str) -> None:
        """Add a wallet with its seed (81 trytes); adding it again is harmless.

        Raises:
            LedgerError: invalid_secrets, when this is no seed or the wallet has another one.
        """
        await self._answer(lambda: self._core.accounts.add(wallet_id, seed))
        self._emit(BalancesChanged(wallets=await self.wallets()))

    def status(self) -> LedgerStatus:
        """Return the ledger's health as it was after the last step."""
        return self._status

    async def drain(self, timeout_s: float) -> bool:
        """Wait until the outbox is empty and every payment is confirmed or failed; False when that took too long."""
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._answer(self._core.is_drained):
                    self._wake.set()
                    await asyncio.sleep(_DRAIN_STEP_S)
        except TimeoutError:
            return False
        return True

    # Working

    def _step(self) -> tuple[Progress, LedgerStatus]:
        return self._core.steps.advance(), self._core.health()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        attempt = 0
        while not self._closing.is_set():
            self._wake.clear()
            try:
                progress, status = await loop.run_in_executor(self._work, self._step)
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the step is taken again later
                if self._closing.is_set():
                    return
                self._set_status(self._failed(error))
                await self._pause(self._closing, _RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                attempt += 1
                continue
            attempt = 0
            self._set_status(status)
            for event in progress.events:
                self._emit(event)
            if not progress.busy:
                await self._pause(self._wake, progress.wait_s)

    @staticmethod
    async def _pause(until: asyncio.Event, at_most_s: float | None) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), at_most_s)

    def _failed(self, error: Exception) -> LedgerStatus:
        text = str(error.placeholders.get("error", error)) if isinstance(error, LedgerError) else str(error)
        return replace(self._status, reachable=False, last_error=text or type(error).__name__)

    def _set_status(self, status: LedgerStatus) -> None:
        before, self._status = self._status, status
        if (before.reachable, before.last_error, before.supply_ok) == (
            status.reachable,
            status.last_error,
            status.supply_ok,
        ):
            return
        if not status.reachable:
            _LOGGER.warning("The ledger cannot work: %s", status.last_error)
        elif not before.reachable:
            _LOGGER.info("The ledger works again")
        self._emit(HealthChanged(status=status))

    def _emit(self, event: LedgerEvent) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                _LOGGER.exception("A listener of the ledger failed")
