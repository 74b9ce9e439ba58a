"""The ledger as the rest of the integration sees it: everything heavy happens off the event loop."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from .backends.backend import DEFAULT_MWM, BackendConfig, EmbeddedBackend, Remote
from .backends.http_client import HttpClient
from .base.errors import LedgerError
from .base.keys import Secrets
from .base.model import (
    BalancesChanged,
    LedgerEvent,
    LedgerStatus,
    Payment,
    PaymentChanged,
    PaymentOrder,
    QueuedPayment,
    WalletState,
)
from .copies import Copies
from .core import LedgerCore
from .island_keys import IslandKeys
from .messages.privacy import PrivacyMode
from .node.guest_api import GuestApi
from .owner_rules import OwnerRules
from .payments.pipeline import refused_as_unavailable
from .tangle_reader import MAX_LIMIT, TangleReader
from .wallet_seeds import WalletSeeds
from .worker import Worker

_NOBODY: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


class Ledger:
    """An open ledger. Make one with `open`; all methods belong to the event loop that opened it.

    Three threads of its own do the work: one pays, attaches and confirms, one answers from what is on this disk, and
    one reads the Tangle, which may be elsewhere. Every method that touches disk or Tangle raises LedgerError
    (`ledger_unavailable`) when that fails; what was accepted before is not lost.

    Attributes:
        tangle: What stands on the Tangle.
        rules: What the owners of wallets decide.
        seeds: The wallets' seeds.
        keys: The keys of the participants, and the one that opens sealed messages.
        copies: What lets the files lie still while somebody copies them.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._core = worker.core
        self._guests: dict[bool, GuestApi] = {}
        self.tangle = TangleReader(worker)
        self.rules = OwnerRules(worker)
        self.seeds = WalletSeeds(worker)
        self.keys = IslandKeys(worker)
        self.copies = Copies(worker)

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
        persons: Mapping[str, Sequence[str]] = _NOBODY,
        held: bool = False,
    ) -> Self:
        """Open the ledger in this folder, or start one.

        Without `backend` it is the node in this process, `Embedded`, with `mwm` and `milestone_interval_s` (and
        a ledger that works with a remote node does not open); its Tangle begins with the whole supply in the treasury.
        On a `Remote` one the treasury holds what its seed holds there. A ledger that exists opens without its remote
        node as well, and takes orders for later.

        Another back end than the last time moves the wallets to its Tangle, for which its node has to answer. Queued
        payments and messages go out there. Payments that were signed for the Tangle before wait until the ledger comes
        back to it. No key is used a second time. `clock` gives epoch seconds.

        What is said beside a payment that tells of one of `persons` is sealed with the first of its keys, which are
        given by its wallet; the others only open. With `privacy` "sealed", what messages say from now on can be read
        only with a key (`keys.opening`). Files of different moments are brought together, and one that is damaged or
        gone is made anew from the other: `status().findings` say so. Where a ledger was `begun` before, no other one is
        started. With `held` no payment is made: see `hold_payments`.

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
                persons=persons,
            )
            core.hold_payments(held=held)
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
        return cls(Worker(core, status, work))

    async def close(self) -> None:
        """Stop, promptly and at any point; what is not done yet goes on after the next `open`."""
        await self._worker.close(guests.close for guests in self._guests.values())

    def subscribe(self, listener: Callable[[LedgerEvent], None]) -> Callable[[], None]:
        """Call the listener, in the event loop, with every event from now on; return what ends it."""
        return self._worker.subscribe(listener)

    async def pay(self, order: PaymentOrder) -> Payment:
        """Take a payment into the outbox and return at once; an order already taken gives the payment it became.

        Raises:
            LedgerError: unknown_wallet, invalid_amount, invalid_address, invalid_message (the memo),
                insufficient_funds, over_payment_limit, over_day_limit, wallet_queue_full (many wait already),
                payments_held, or payment_conflict (the id was used for another order). Nothing was queued.
        """

        def take() -> tuple[Payment, bool, Mapping[str, WalletState]]:
            payment, is_new = self._core.orders.pay(order)
            return payment, is_new, self._core.accounts.states() if is_new else {}

        payment, is_new, wallets = await self._worker.ask(take)
        if is_new:
            self._worker.emit(PaymentChanged(payment=payment))
            self._worker.emit(BalancesChanged(wallets=wallets))
            self._worker.wake()
        return payment

    def hold_payments(self, *, held: bool) -> None:
        """Take no orders, and sign and send no payments, until they are held no more.

        Messages go on, and so does what has left already. What is queued waits.
        """
        self._core.hold_payments(held=held)
        self._worker.wake()

    async def publish(self, kind: str, body: Mapping[str, Any], *, sender: str | None = None) -> str:
        """Take a message into the outbox and return its id. `kind` is a word in lower case, `body` is JSON.

        `sender` is the participant that speaks, and signs with a key of its own, which is announced on the Tangle
        before; None is the island. Participants send `answer`, `data` and `report` only, and speak for nobody else.
        What may wait, and what goes first, `message_queue` says.

        Raises:
            LedgerError: invalid_message; key_ended, when the sender's key was revoked; outbox_full (much waits).
        """
        message_id = await self._worker.ask(self._core.publisher.publish, kind, body, sender)
        self._worker.wake()
        return message_id

    async def payment(self, payment_id: str) -> Payment | None:
        """Return a payment by its id, however old it is; None where there is none."""
        return await self._worker.ask(self._core.orders.one, payment_id)

    async def payments(self, *, limit: int = 50) -> list[Payment]:
        """Return the newest payments, the newest first."""
        bounded = max(1, min(limit, MAX_LIMIT))
        return await self._worker.ask(self._core.orders.newest, bounded)

    async def wallets(self) -> Mapping[str, WalletState]:
        """Return every wallet by its id."""
        return await self._worker.ask(self._core.accounts.states)

    async def queue(self, *, limit: int = 200) -> list[QueuedPayment]:
        """Return the payments that are neither confirmed nor failed, with what keeps them; the oldest first."""
        bounded = max(1, min(limit, MAX_LIMIT))
        return await self._worker.ask(self._core.orders.queue, bounded, self._core.steps.retries.due_in)

    def guest_api(self, *, work: bool) -> GuestApi:
        """Return what answers the commands of other houses; with `work` it does their proof of work as well.

        Raises:
            LedgerError: ledger_unavailable. There is no node in this process, or it is closed.
        """
        backend = self._core.backend
        if self._worker.is_closed or not isinstance(backend, EmbeddedBackend):
            raise LedgerError("ledger_unavailable", {"error": "there is no node here"})
        if work not in self._guests:
            self._guests[work] = GuestApi(backend.node, work=work, brought=self._worker.wake)
        return self._guests[work]

    def status(self) -> LedgerStatus:
        """Return the ledger's health as it was after the last step."""
        return self._worker.status

    async def drain(self, timeout_s: float) -> bool:
        """Wait until the outbox is empty, every payment is confirmed or failed, and whoever listens knows of it.

        Returns:
            False when that took longer than `timeout_s`.
        """
        return await self._worker.drain(timeout_s)
