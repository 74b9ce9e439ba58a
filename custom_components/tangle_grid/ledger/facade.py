"""The ledger as the rest of the integration sees it: everything heavy happens off the event loop."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from ..backoff import wait_s
from ..log_once import LogOnce
from ..protocol import Answer
from .backends.backend import DEFAULT_MWM, BackendConfig, EmbeddedBackend, Remote
from .backends.http_client import HttpClient
from .base.errors import LedgerError
from .base.keys import Secrets
from .base.model import (
    BalancesChanged,
    HealthChanged,
    LedgerEvent,
    LedgerStatus,
    OwnerAddress,
    Payment,
    PaymentChanged,
    PaymentOrder,
    QueuedPayment,
    SpendingLimits,
    TangleMessage,
    TransactionInfo,
    WalletRules,
    WalletState,
)
from .copies import Copies
from .core import LedgerCore
from .island_keys import IslandKeys
from .messages.privacy import PrivacyMode
from .node.guest_api import GuestApi
from .payments.pipeline import Progress, failed_status, refused_as_unavailable
from .trinary import HASH_TRYTES, is_trytes
from .verify.receipts import Verification

_LOGGER: Final = logging.getLogger(__name__)
_RETRY_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
_MAX_LIMIT: Final = 1_000
_DRAIN_STEP_S: Final = 0.05
_HEALTH: Final = ("reachable", "last_error", "supply_ok", "synced", "fault")


class Ledger:
    """An open ledger. Make one with `open`; all methods belong to the event loop that opened it.

    Three threads of its own do the work: one pays, attaches and confirms, one answers from what is on this disk, and
    one reads the Tangle, which may be elsewhere. Every method that touches disk or Tangle raises LedgerError
    (`ledger_unavailable`) when that fails; what was accepted before is not lost.
    """

    def __init__(self, core: LedgerCore, status: LedgerStatus, work: Executor) -> None:
        self._core = core
        self._status = status
        self._work = work
        self._ask = ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_asks")
        self._read = ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_reads")
        self._listeners: list[Callable[[LedgerEvent], None]] = []
        self._said = LogOnce(_LOGGER)
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._importing = asyncio.Lock()
        self._stepping = asyncio.Lock()
        self._guests: dict[bool, GuestApi] = {}
        self._runner = asyncio.create_task(self._run(), name="tangle_grid ledger")
        if not status.reachable:
            self._log_health(status)

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        island_id: str,
        secrets: Secrets,
        mwm: int = DEFAULT_MWM,
        milestone_interval_s: float = 5.0,
        backend: BackendConfig | None = None,
        privacy: PrivacyMode = "open",
        clock: Callable[[], float] = time.time,
        begun: bool = False,
    ) -> Self:
        """Open the ledger in this folder, or start one.

        Without `backend` it is the node in this process, `Embedded`, with `mwm` and `milestone_interval_s` (and
        a ledger that works with a remote node does not open); its Tangle begins with the whole supply in the treasury.
        On a `Remote` one the treasury holds what its seed holds there. A ledger that exists opens without its remote
        node as well, and takes orders for later.

        Another back end than the last time moves the wallets to its Tangle, for which its node has to answer. Queued
        payments and messages go out there. Payments that were signed for the Tangle before wait until the ledger comes
        back to it. No key is used a second time. `clock` gives epoch seconds.

        With `privacy` "sealed", what messages say from now on can be read only with a key (`keys.opening`).
        Files of different moments are brought together, and one that is damaged or gone is made anew from the other:
        `status().findings` say so. Where a ledger was `begun` before, no other one is started.

        Raises:
            LedgerError: ledger_unavailable. Files are damaged or gone, in use by another process, not to be written,
                of another island, seed or Tangle; a node has to be asked and cannot be; or pyota is missing. Nothing
                was changed. Also invalid_url and invalid_auth for what a node's address and token cannot be.
        """
        http = None
        if isinstance(backend, Remote):
            http = HttpClient(backend.session, backend.url, backend.token, timeout_s=backend.timeout_s)
        loop = asyncio.get_running_loop()
        work = ThreadPoolExecutor(1, thread_name_prefix="tangle_grid_ledger")

        def start() -> tuple[LedgerCore, LedgerStatus]:
            core = LedgerCore(
                folder,
                island_id=island_id,
                secrets=secrets,
                mwm=mwm,
                milestone_interval_s=milestone_interval_s,
                backend=backend,
                http=http,
                privacy=privacy,
                clock=clock,
                begun=begun,
            )
            return core, core.health()

        starting = loop.run_in_executor(work, lambda: refused_as_unavailable(start))
        try:
            core, status = await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread goes on: what it opens has to be closed, or the files stay locked.
            if http is not None:
                http.stop()
            starting.add_done_callback(lambda done: None if done.exception() else done.result()[0].close())
            work.shutdown(wait=False)
            raise
        except BaseException:
            work.shutdown()
            raise
        return cls(core, status, work)

    async def close(self) -> None:
        """Stop, promptly and at any point; what is not done yet goes on after the next `open`."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.set()
        self._core.stop()
        await self._runner
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._read, lambda: None)
        for guests in self._guests.values():
            await loop.run_in_executor(self._ask, guests.close)
        await loop.run_in_executor(self._ask, self._core.close)
        for thread in (self._work, self._ask, self._read):
            thread.shutdown()  # idle by now: this takes no time

    def subscribe(self, listener: Callable[[LedgerEvent], None]) -> Callable[[], None]:
        """Call the listener, in the event loop, with every event from now on; return what ends it."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    async def _answer[**P, T](self, ask: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Ask in the thread that never waits for a node."""
        return await self._asked(self._ask, partial(ask, *args, **options))

    async def _read_tangle[**P, T](self, ask: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
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

    async def pay(self, order: PaymentOrder) -> Payment:
        """Take a payment into the outbox and return at once; an order already taken gives the payment it became.

        Raises:
            LedgerError: unknown_wallet, invalid_amount, invalid_address, invalid_message (the memo),
                insufficient_funds, over_payment_limit, over_day_limit, wallet_queue_full (many wait already), or
                payment_conflict (the id was used for another order). Nothing was queued.
        """

        def take() -> tuple[Payment, bool, Mapping[str, WalletState]]:
            payment, is_new = self._core.orders.pay(order)
            return payment, is_new, self._core.accounts.states() if is_new else {}

        payment, is_new, wallets = await self._answer(take)
        if is_new:
            self._emit(PaymentChanged(payment=payment))
            self._emit(BalancesChanged(wallets=wallets))
            self._wake.set()
        return payment

    async def publish(self, kind: str, body: Mapping[str, Any], *, sender: str | None = None) -> str:
        """Take a message into the outbox and return its id. `kind` is a word in lower case, `body` is JSON.

        `sender` is the participant that speaks, and signs with a key of its own, which is announced on the Tangle
        before; None is the island. Participants send `answer`, `data` and `report` only, and speak for nobody else.
        What may wait, and what goes first, `message_queue` says.

        Raises:
            LedgerError: invalid_message; key_ended, when the sender's key was revoked; outbox_full (much waits).
        """
        message_id = await self._answer(self._core.publisher.publish, kind, body, sender)
        self._wake.set()
        return message_id

    async def answers_from_outside(self) -> list[Answer]:
        """Return what participants whose key is elsewhere have answered on the Tangle, each answer once.

        Each is genuine, in its sender's order and in time. Whether it answers anything is not asked here.
        """
        return await self._read_tangle(self._core.outside.take)

    @property
    def keys(self) -> IslandKeys:
        """The keys of the participants, and the one that opens sealed messages."""
        return IslandKeys(self._core, self._answer, self._wake.set)

    async def messages(self, *, kind: str | None = None, limit: int = 50) -> list[TangleMessage]:
        """Read messages back from the Tangle, the newest first; `kind` "payment" gives what payments say."""
        bounded = max(1, min(limit, _MAX_LIMIT))
        return await self._read_tangle(self._core.chronicle.messages, kind=kind, limit=bounded)

    async def transaction(self, tail: str) -> TransactionInfo | None:
        """Look a transaction up on the Tangle by its hash (81 trytes); None when it is not there.

        Raises:
            LedgerError: unknown_transaction, when this cannot be a transaction's hash.
        """
        if not is_trytes(tail, HASH_TRYTES):
            raise LedgerError("unknown_transaction", {"transaction": str(tail)[:100]})
        return await self._read_tangle(self._core.chronicle.transaction, tail)

    async def verify(self, *, payment_id: str | None = None, transaction: str | None = None) -> Verification:
        """Recompute a reward from what stands on the Tangle: name its payment id, or the transaction that credits it.

        Raises:
            LedgerError: unknown_payment or unknown_transaction: nothing on the Tangle names it.
        """
        return await self._read_tangle(self._core.verify, payment_id, transaction)

    async def payment(self, payment_id: str) -> Payment | None:
        """Return a payment by its id, however old it is; None where there is none."""
        return await self._answer(self._core.orders.one, payment_id)

    async def payments(self, *, limit: int = 50) -> list[Payment]:
        """Return the newest payments, the newest first."""
        bounded = max(1, min(limit, _MAX_LIMIT))
        return await self._answer(self._core.orders.newest, bounded)

    async def wallets(self) -> Mapping[str, WalletState]:
        """Return every wallet by its id."""
        return await self._answer(self._core.accounts.states)

    async def add_wallet(self, wallet_id: str, seed: str) -> None:
        """Add a wallet with its seed (81 trytes); adding it again is harmless.

        Raises:
            LedgerError: invalid_secrets, when this is no seed or the wallet has another one.
        """
        await self._read_tangle(self._core.accounts.add, wallet_id, seed)
        self._emit(BalancesChanged(wallets=await self.wallets()))

    async def queue(self, *, limit: int = 200) -> list[QueuedPayment]:
        """Return the payments that are neither confirmed nor failed, with what keeps them; the oldest first."""
        bounded = max(1, min(limit, _MAX_LIMIT))
        return await self._answer(self._core.orders.queue, bounded, self._core.steps.retries.due_in)

    # What owners decide

    async def rules(self) -> Mapping[str, WalletRules]:
        """Return what was decided for each wallet, by its id."""
        return await self._answer(self._core.rules.all)

    async def limits(self, wallet_id: str) -> SpendingLimits:
        """Return what a wallet may spend. Raises LedgerError (unknown_wallet)."""
        return await self._answer(self._core.rules.limits, wallet_id)

    async def set_limits(self, wallet_id: str, limits: SpendingLimits) -> None:
        """Set what a wallet may spend, the treasury included; nothing else ever raises a limit.

        A payment counts from the moment of its order for 24 hours, unless it failed, or is a sweep to the owner. The
        limits are checked together with queueing it. What is queued already is paid.

        Raises:
            LedgerError: unknown_wallet, or invalid_limit (not from 0 to all there is). Nothing was changed.
        """
        await self._answer(self._core.rules.set_limits, wallet_id, limits)

    async def allowance(self, wallet_id: str) -> int | None:
        """Return the iota that a wallet's limit per day still lets it spend; None without that limit."""
        return await self._answer(self._core.rules.allowance, wallet_id)

    async def owner_address(self, wallet_id: str) -> OwnerAddress | None:
        """Return where a wallet's owner keeps the rest, or None. Raises LedgerError (unknown_wallet)."""
        return await self._answer(self._core.rules.owner, wallet_id)

    async def set_owner_address(
        self, wallet_id: str, address: str | None, *, sweep_above_i: int | None = None, keep_i: int = 0
    ) -> None:
        """Set or forget (None) the address at which a wallet's owner keeps the rest: 90 trytes, its key is not here.

        As soon as the wallet has more than `sweep_above_i` to spend, all but `keep_i` of it is sent there.

        Raises:
            LedgerError: unknown_wallet, invalid_address (no right checksum, an address of a wallet here, or one that
                was spent from), or invalid_limit. Nothing was changed.
        """
        owner = None if address is None else OwnerAddress(address=address, sweep_above_i=sweep_above_i, keep_i=keep_i)
        await self._read_tangle(self._core.sweeper.set_owner, wallet_id, owner)
        self._wake.set()

    async def sweep(self, wallet_id: str, keep_i: int) -> Payment:
        """Send all that a wallet has to spend, but for `keep_i` iota, to its owner's address. No limit counts it.

        Raises:
            LedgerError: unknown_wallet, no_owner_address, invalid_amount, insufficient_funds, or invalid_address (the
                owner's address was spent from meanwhile). Nothing was queued.
        """

        def take() -> tuple[Payment, Mapping[str, WalletState]]:
            return self._core.sweeper.sweep(wallet_id, keep_i), self._core.accounts.states()

        payment, wallets = await self._answer(take)
        self._emit(PaymentChanged(payment=payment))
        self._emit(BalancesChanged(wallets=wallets))
        self._wake.set()
        return payment

    # Seeds

    @property
    def secrets(self) -> Secrets:
        """The secrets as they have to be kept: those that were given, with what was added or imported since."""
        return self._core.accounts.secrets

    async def export_seed(self, wallet_id: str) -> str:
        """Return a wallet's seed: whoever has it can spend all of the wallet. Raises LedgerError (unknown_wallet)."""
        return await self._answer(self._core.accounts.seed, wallet_id)

    async def import_seed(self, wallet_id: str, seed: str, *, persist: Callable[[Secrets], Awaitable[object]]) -> None:
        """Give a wallet another seed (81 trytes), and with it the balance that the Tangle knows of.

        `persist` has to store the secrets that it is given for good. It is called before anything changes, with both
        seeds, and after; cut off in between, the next `open` with what was stored last finds out how far it came, and
        then `secrets` is what has to be stored. The seed so far stays in the secrets, as a wallet of its own.

        Raises:
            LedgerError: unknown_wallet, invalid_seed, seed_in_use, wallet_busy (payments from or to it are not over),
                or wallet_not_empty. Nothing was changed.
        """
        async with self._importing:
            await persist(await self._answer(self._core.accounts.plan_import, wallet_id, seed))
            try:
                await self._read_tangle(self._core.accounts.import_seed, wallet_id, seed)
            finally:
                await persist(self.secrets)
        self._emit(BalancesChanged(wallets=await self.wallets()))

    # Others

    @property
    def copies(self) -> Copies:
        """What lets the files lie still while somebody copies them."""
        return Copies(self._core, self._answer, self._wake.set)

    def guest_api(self, *, work: bool) -> GuestApi:
        """Return what answers the commands of other houses; with `work` it does their proof of work as well.

        Raises:
            LedgerError: ledger_unavailable. There is no node in this process, or it is closed.
        """
        backend = self._core.backend
        if self._closing.is_set() or not isinstance(backend, EmbeddedBackend):
            raise LedgerError("ledger_unavailable", {"error": "there is no node here"})
        if work not in self._guests:
            self._guests[work] = GuestApi(backend.node, work=work, brought=self._wake.set)
        return self._guests[work]

    def status(self) -> LedgerStatus:
        """Return the ledger's health as it was after the last step."""
        return self._status

    async def drain(self, timeout_s: float) -> bool:
        """Wait until the outbox is empty, every payment is confirmed or failed, and whoever listens knows of it.

        Returns:
            False when that took longer than `timeout_s`.
        """
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._answer(self._core.is_drained):  # noqa: ASYNC110 - a thread is at it
                    await asyncio.sleep(_DRAIN_STEP_S)
                # The step that did the last of it may still be on its way back from its thread.
                async with self._stepping:
                    return True
        except TimeoutError:
            return False

    # Working

    async def _step(self) -> Progress:
        """Do what comes next, and tell of it."""
        loop = asyncio.get_running_loop()
        async with self._stepping:
            progress, status = await loop.run_in_executor(self._work, self._core.advance, self._status.fault)
            self._set_status(status)
            for event in progress.events:
                self._emit(event)
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
            self._emit(HealthChanged(status=status))

    def _log_health(self, status: LedgerStatus) -> None:
        if status.reachable:
            self._said.right("health", "The ledger works again")
        else:
            self._said.wrong(
                "health", "The ledger cannot work, and is tried again until it does: %s", status.last_error
            )

    def _emit(self, event: LedgerEvent) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - whatever it is, others hear of the event, and the log says it once
                self._said.wrong(f"listener {type(error).__name__}", "A listener of the ledger failed", error=error)
