"""The ledger's work, one small step at a time: plan, sign, send, confirm. Synchronous, for one worker thread.

A step that is cut off, by an error or by the process dying, is taken again from what is stored.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

from ..protocol import ProtocolError, Signer, SigningKey, canonical
from .accounts import Accounts
from .backend import EmbeddedBackend
from .chronicle import PAYMENT_KIND, message_plan, tag_of
from .database import Database
from .model import BalancesChanged, LedgerEvent, Payment, PaymentChanged, PaymentState, Published
from .node import PreparedMilestone, Transaction
from .outbox import Outbox, QueuedMessage, Transfer
from .pyota import BundlePlan, NodeRefusedError, TransferInput, prepare
from .targets import resolve_target

_MAX_OUTPUTS: Final = 8
_MAX_BATCH_MEMO_BYTES: Final = 6_144
_MAX_REFUSALS: Final = 5
_MESSAGE_LIFETIME_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a step did. ``busy`` tells to step again at once; otherwise in ``wait_s`` seconds, or when woken."""

    events: tuple[LedgerEvent, ...] = ()
    busy: bool = False
    wait_s: float | None = None


class Steps:
    """Moves the outbox on. ``advance`` is called from one thread only, again and again."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        backend: EmbeddedBackend,
        *,
        island_id: str,
        key: SigningKey,
        milestone_interval_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._backend = backend
        self._outbox = Outbox(database)
        self._island_id = island_id
        self._key = key
        self._interval_s = milestone_interval_s
        self._clock = clock
        self._last_milestone = float("-inf")

    def advance(self) -> Progress:
        """Take the next step. Raises LedgerError, NodeRefusedError or PyotaError when it has to be taken again."""
        transfers = self._outbox.open_transfers()
        message = self._outbox.next_message()
        # Sealed messages are numbered: what is sealed goes out before anything else is.
        unsent = next((transfer for transfer in transfers if self._can_send(transfer)), None)
        if unsent is not None:
            return Progress(events=self._send_transfer(unsent), busy=True)
        if message is not None and message.plan is not None:
            return Progress(events=self._send_message(message, message.plan), busy=True)
        events = self._plan_and_send(transfers)
        if events is None and any(transfer.state == "sent" for transfer in transfers):
            events = self._confirm_transfers(transfers)
        if events is None and message is not None:
            events = self._seal_and_send(message)
        return self._confirm_when_due() if events is None else Progress(events=events, busy=True)

    def _can_send(self, transfer: Transfer) -> bool:
        """A transfer that is not signed yet waits for its wallet, should that have been taken away."""
        return transfer.state == "prepared" or (transfer.state == "planned" and transfer.source in self._accounts)

    def _seal(self, kind: str, message_id: str, body: Mapping[str, Any], issued_at: float) -> BundlePlan:
        """Number and sign a message. Call it inside the transaction that stores the plan."""
        sequence, previous = self._outbox.chain(self._key.public)
        signer = Signer(self._key, self._island_id, sequence=sequence, previous=previous)
        envelope = signer.seal(kind, message_id, body, issued_at=issued_at, expires_at=issued_at + _MESSAGE_LIFETIME_S)
        self._outbox.set_chain(self._key.public, signer.sequence, signer.previous)
        return message_plan(envelope)

    def _plan_and_send(self, transfers: list[Transfer]) -> tuple[LedgerEvent, ...] | None:
        """Serve the first wallet in the queue that can pay now, with as much of its queue as fits; None if none can."""
        queue: dict[str, list[Payment]] = {}
        for payment in self._outbox.unplanned():
            queue.setdefault(payment.source, []).append(payment)
        for source, payments in queue.items():
            if source not in self._accounts or any(transfer.source == source for transfer in transfers):
                continue
            planned = self._plan(source, payments, transfers)
            if planned is not None:
                return self._send_transfer(planned)
            if not transfers:
                # Nothing is on its way to this wallet any more: what it had when the order was taken is gone.
                return self._fail(payments[0], "insufficient_funds")
        return None

    def _fail(self, payment: Payment, error: str) -> tuple[LedgerEvent, ...]:
        with self._database.transaction(durable=True):
            self._outbox.fail_payment(payment.payment_id, error)
        return (PaymentChanged(payment=replace(payment, state=PaymentState.FAILED, error=error)),)

    def _plan(self, source: str, payments: list[Payment], transfers: list[Transfer]) -> Transfer | None:
        inputs, funds = self._choose_inputs(source, payments, transfers)
        batch: list[Payment] = []
        total = memo_bytes = 0
        for payment in payments[:_MAX_OUTPUTS]:
            memo_bytes += len(canonical(payment.memo))
            if total + payment.amount_i > funds or memo_bytes > _MAX_BATCH_MEMO_BYTES:
                break
            batch.append(payment)
            total += payment.amount_i
        if not batch:
            return None
        now = round(self._clock(), 3)
        with self._database.transaction(durable=True):
            transfer = self._outbox.add_transfer(source, [payment.payment_id for payment in batch])
            self._accounts.book.reserve([spent.address for spent in inputs], transfer)
            change = self._accounts.book.renew(source, self._accounts.seed(source))
            outputs = [(resolve_target(payment.target, self._accounts.book), payment.amount_i) for payment in batch]
            if funds > total:
                outputs.append((change, funds - total))
            body = {
                "payments": [
                    {
                        "id": payment.payment_id,
                        "from": payment.source,
                        "to": payment.target,
                        "amount_i": payment.amount_i,
                        "memo": payment.memo,
                    }
                    for payment in batch
                ]
            }
            sealed = self._seal(PAYMENT_KIND, uuid4().hex, body, now)
            plan = BundlePlan(
                outputs=tuple(outputs),
                inputs=tuple(inputs),
                tag=tag_of(PAYMENT_KIND),
                text=sealed.text,
                timestamp=sealed.timestamp,
            )
            self._outbox.set_plan(transfer, plan)
        return Transfer(id=transfer, source=source, state="planned", plan=plan, prepared=None, refused=0)

    def _choose_inputs(
        self, source: str, payments: list[Payment], transfers: list[Transfer]
    ) -> tuple[list[TransferInput], int]:
        """Choose the largest open addresses until they cover the queue. An address that a transfer pays to waits."""
        expected = {address for transfer in transfers for address, _amount in transfer.plan.outputs}
        candidates = [
            (address, index)
            for address, index in self._accounts.book.live(source, reserved=False)
            if address not in expected
        ]
        balances = self._backend.client.balances([address for address, _index in candidates])
        wanted = sum(payment.amount_i for payment in payments[:_MAX_OUTPUTS])
        funded = [
            TransferInput(address=address, balance_i=balance, key_index=index)
            for (address, index), balance in zip(candidates, balances, strict=True)
            if balance
        ]
        funded.sort(key=lambda spent: (-spent.balance_i, spent.key_index))
        chosen: list[TransferInput] = []
        funds = 0
        for spent in funded:
            if funds >= wanted:
                break
            chosen.append(spent)
            funds += spent.balance_i
        return chosen, funds

    def _send_transfer(self, transfer: Transfer) -> tuple[LedgerEvent, ...]:
        prepared = transfer.prepared
        if prepared is None:
            prepared = prepare(transfer.plan, self._accounts.seed(transfer.source))
            with self._database.transaction(durable=True):
                self._outbox.set_prepared(transfer.id, prepared)
        try:
            attached = self._backend.attached(prepared.bundle) or self._backend.send(prepared.trytes)
        except NodeRefusedError as error:
            self._outbox.add_refusal(transfer.id)
            if transfer.refused + 1 < _MAX_REFUSALS:
                raise
            return self._close_transfer(transfer, PaymentState.FAILED, error=str(error))
        with self._database.transaction(durable=True):
            self._note_sent(transfer, attached)
            sent = self._outbox.payments_of(transfer.id)
        return tuple(PaymentChanged(payment=payment) for payment in sent)

    def _note_sent(self, transfer: Transfer, bundle: Sequence[Transaction]) -> None:
        """Give each payment the transaction that credits it: the bundle's outputs stand in the payments' order."""
        credited = [transaction.hash for transaction in bundle if transaction.value > 0]
        payment_ids = [payment.payment_id for payment in self._outbox.payments_of(transfer.id)]
        self._outbox.set_sent(transfer.id, list(zip(credited, payment_ids, strict=False)))

    def _close_transfer(
        self, transfer: Transfer, state: PaymentState, *, error: str | None = None
    ) -> tuple[LedgerEvent, ...]:
        with self._database.transaction(durable=True):
            self._outbox.close_transfer(transfer.id, state, now=self._clock(), error=error)
            self._accounts.book.retire(transfer.id)
            payments = self._outbox.payments_of(transfer.id)
            if state is PaymentState.CONFIRMED:
                for payment in payments:
                    self._accounts.book.book(payment.source, spent_i=payment.amount_i)
                    self._accounts.book.book(payment.target, earned_i=payment.amount_i)
        return tuple(PaymentChanged(payment=payment) for payment in payments)

    def _confirm_transfers(self, transfers: list[Transfer]) -> tuple[LedgerEvent, ...] | None:
        """Confirm what was paid; None when nothing came of it. Balances and payments change together for all others."""
        prepared = self._backend.prepare_milestone()
        with self._database.lock:
            if prepared is not None:
                self._issue(prepared)
            events = [event for transfer in transfers if transfer.state == "sent" for event in self._settle(transfer)]
            if events:
                return (*events, BalancesChanged(wallets=self._accounts.states()))
        return None if prepared is None else ()

    def _settle(self, transfer: Transfer) -> tuple[LedgerEvent, ...]:
        """See what became of a sent transfer. Whoever attached its bundle, it is booked once, and then it is paid."""
        tails = self._backend.tails(transfer.prepared.bundle) if transfer.prepared is not None else []
        if not tails:
            # A power failure can take the last seconds of the Tangle's file back, but not of the wallets'.
            self._outbox.set_unsent(transfer.id)
            return ()
        booked = next((tail for tail in tails if tail.is_confirmed), None)
        if booked is not None:
            with self._database.transaction(durable=True):
                self._note_sent(transfer, self._backend.bundle_of(booked.hash))
                return self._close_transfer(transfer, PaymentState.CONFIRMED)
        if all(tail.conflict is not None for tail in tails):
            return self._close_transfer(transfer, PaymentState.FAILED, error=tails[0].conflict)
        return ()

    def _seal_and_send(self, message: QueuedMessage) -> tuple[LedgerEvent, ...]:
        try:
            with self._database.transaction():
                plan = self._seal(message.kind, message.message_id, message.body, round(message.created_at, 3))
                self._outbox.set_sealed(message.number, plan, prepare(plan).bundle)
        except ProtocolError:
            # It was checked when it was queued; if it cannot be sent all the same, it must not block the others.
            self._outbox.drop_message(message.number)
            return ()
        return self._send_message(message, plan)

    def _send_message(self, message: QueuedMessage, plan: BundlePlan) -> tuple[LedgerEvent, ...]:
        prepared = prepare(plan)
        attached = self._backend.attached(prepared.bundle) or self._backend.send(prepared.trytes)
        with self._database.transaction():
            self._outbox.drop_message(message.number)
        return (Published(message_id=message.message_id, kind=message.kind, tail=attached[0].hash),)

    def _confirm_when_due(self) -> Progress:
        if not self._backend.is_waiting():
            return Progress()
        due_in = self._last_milestone + self._interval_s - time.monotonic()
        if due_in > 0:
            return Progress(wait_s=due_in)
        prepared = self._backend.prepare_milestone()
        events: tuple[LedgerEvent, ...] = ()
        if prepared is not None:
            with self._database.lock:
                moved = self._issue(prepared)
                events = (BalancesChanged(wallets=self._accounts.states()),) if moved else ()
        return Progress(events=events, busy=self._backend.is_waiting())

    def _issue(self, prepared: PreparedMilestone) -> bool:
        self._last_milestone = time.monotonic()
        return self._backend.issue(prepared)
