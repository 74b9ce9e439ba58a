"""The ledger's work, one small step at a time: plan, sign, send, confirm. Synchronous, for one worker thread.

A step that is cut off, by an error or by the process dying, is taken again from what is stored.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from ...protocol import KeyNotice, ProtocolError, Signer
from ..backends.backend import ADDRESS_SPENT, Backend, BundleVerdict, Fate, Outgoing
from ..base.errors import LedgerError, LedgerFault, node_fault
from ..base.model import BalancesChanged, LedgerEvent, LedgerStatus, Payment, PaymentChanged, PaymentState, Published
from ..base.retries import Retries
from ..messages.chronicle import message_plan
from ..messages.message_queue import MessageQueue, QueuedMessage
from ..messages.participant_keys import ParticipantKeys
from ..messages.sender_chains import SenderChains
from ..node import Transaction
from ..pyota.library import BundlePlan, NodeRefusedError, PyotaError, prepare
from ..store.database import Database
from .accounts import Accounts
from .outbox import Outbox
from .outbox_rows import Transfer
from .planner import TransferPlanner, Whose
from .sweeper import Sweeper
from .transfers import Transfers

_MESSAGE_LIFETIME_S: Final = 86_400.0
_REMEMBERED_EVERY: Final = 500
"""After so many transfers it is kept what everybody has: more need not be sent again when the Tangle is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a step did. `busy` tells to step again at once; otherwise in `wait_s` seconds, or when woken."""

    events: tuple[LedgerEvent, ...] = ()
    busy: bool = False
    wait_s: float | None = None


def _outgoing(transfer: Transfer) -> Outgoing:
    prepared = transfer.prepared
    if prepared is None:  # pragma: no cover - what was sent was prepared
        raise ValueError("the transfer is not signed")
    return Outgoing(
        bundle=prepared.bundle, trytes=prepared.trytes, inputs=transfer.plan.inputs, outputs=transfer.plan.outputs
    )


def _waits_for(transfer: Transfer, transfers: Sequence[Transfer]) -> bool:
    """Tell whether a transfer spends what another one that is not over pays: so it is when both are sent again."""
    spent = {each.address for each in transfer.plan.inputs}
    return any(
        each.id != transfer.id and not spent.isdisjoint(address for address, _amount in each.plan.outputs)
        for each in transfers
    )


def _changed(payment: Payment) -> PaymentChanged:
    return PaymentChanged(payment=payment)


def refused_as_unavailable[T](ask: Callable[[], T]) -> T:
    """Ask something that a node should not refuse, and that nobody outside can do anything about when it does."""
    try:
        return ask()
    except (NodeRefusedError, PyotaError) as error:
        problem = str(error)
    raise node_fault(LedgerFault.NODE_WRONG_ANSWER, problem)


def failed_status(status: LedgerStatus, error: Exception) -> LedgerStatus:
    """Return what a status becomes by an error that stopped the work."""
    text = str(error.placeholders.get("error", error)) if isinstance(error, LedgerError) else str(error)
    fault = LedgerFault.OTHER
    if isinstance(error, LedgerError):
        fault = error.fault or fault
    elif status.backend == "remote" and isinstance(error, NodeRefusedError | PyotaError):
        fault = LedgerFault.NODE_WRONG_ANSWER
    return replace(
        status,
        reachable=False,
        last_error=text or type(error).__name__,
        synced=fault is not LedgerFault.NODE_NOT_SYNCED,
        fault=fault,
    )


class Pipeline:
    """Moves the outbox on. `advance` is called from one thread only, again and again.

    Attributes:
        retries: When what was refused is tried again.
        held: No payment is planned, signed or sent. Messages go on, and so does what was sent before.
    """

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        backend: Backend,
        *,
        island_id: str,
        members: ParticipantKeys,
        body_key: Callable[[str, Mapping[str, Any], str | None], tuple[int, str] | None],
        whose: Whose,
        sweeper: Sweeper,
        clock: Callable[[], float],
        remember: Callable[[], None],
        reconcile: Callable[[], bool] | None = None,
    ) -> None:
        """`body_key` gives epoch and key to seal what a sender says in a kind, None when it stays open.

        `whose` says whom a payment tells of.

        `reconcile` sees to it that wallets and Tangle agree; nothing is done before it came to its end. `remember`
        keeps what everybody has, now and then.
        """
        self._database = database
        self._accounts = accounts
        self._backend = backend
        self._outbox = Outbox(database)
        self._transfers = Transfers(database)
        self._chains = SenderChains(database)
        self._messages = MessageQueue(database)
        self._island_id = island_id
        self._members = members
        self._body_key = body_key
        self._clock = clock
        self._last_round = float("-inf")
        self._sweeper = sweeper
        self._planner = TransferPlanner(database, accounts, backend, seal=self._seal, whose=whose, clock=clock)
        self._remember = remember
        self._confirmed = 0
        self._reconcile = reconcile
        self._pushes: dict[int, float] = {}
        self.retries = Retries()
        self.held = False

    def advance(self) -> Progress:
        """Take the next step. Raises LedgerError, NodeRefusedError or PyotaError when it has to be taken again."""
        if self._reconcile is not None:
            self._reconcile()
            self._reconcile = None
        transfers = self._transfers.open()
        message = self._messages.next()
        # Sealed messages are numbered: what is sealed goes out before anything else is.
        sendable = () if self.held else transfers
        unsent = next((each for each in sendable if self._can_send(each) and not _waits_for(each, transfers)), None)
        if unsent is not None:
            return Progress(events=self._send_transfer(unsent), busy=True)
        if message is not None and message.plan is not None:
            return Progress(events=self._send_message(message, message.plan), busy=True)
        events = None if self.held else self._plan_and_send(transfers)
        sent = [transfer for transfer in transfers if transfer.state == "sent"]
        due_in = self._round_due_in(sent) if events is None else None
        looked = events is None and bool(sent) and due_in is not None and due_in <= 0
        if looked:
            events = self._confirm(sent)
            self._push(sent)
        if events is None and message is not None:
            events = self._seal_and_send(message)
        return self._confirm_when_due(sent, looked=looked) if events is None else Progress(events=events, busy=True)

    def _can_send(self, transfer: Transfer) -> bool:
        """Tell whether a transfer's next try is due; one that is not signed yet also waits for a lost wallet."""
        if not self.retries.is_due(transfer.id):
            return False
        return transfer.state == "prepared" or (transfer.state == "planned" and transfer.source in self._accounts)

    def _seal(
        self,
        kind: str,
        message_id: str,
        body: Mapping[str, Any],
        issued_at: float,
        *,
        sender: str | None = None,
        epoch: int = 0,
    ) -> BundlePlan:
        """Number and sign a message. Call it inside the transaction that stores the plan."""
        key = self._members.key(sender, epoch)
        issued_at = max(issued_at, self._members.not_before(key.public))
        sequence, previous = self._chains.last(key.public)
        # Everybody can read who may send: without that, nobody could check the rest.
        body_key = None if kind == KeyNotice.kind else self._body_key(kind, body, sender)
        signer = Signer(key, self._island_id, sequence=sequence, previous=previous, body_key=body_key)
        said = self._members.complete(kind, body, issued_at)
        envelope = signer.seal(kind, message_id, said, issued_at=issued_at, expires_at=issued_at + _MESSAGE_LIFETIME_S)
        self._chains.set_last(key.public, signer.sequence, signer.previous)
        self._members.note(kind, said, signer.previous, issued_at)
        return message_plan(envelope)

    def _plan_and_send(self, transfers: list[Transfer]) -> tuple[LedgerEvent, ...] | None:
        """Serve the first wallet that can pay now; None if none can."""
        planned = self._planner.plan(transfers)
        if planned is None and self._sweeper.is_due:
            changes = self._sweeper.changes
            swept = self._sweeper.sweep_above_caps()
            if swept:
                return (*map(_changed, swept), BalancesChanged(wallets=self._accounts.states()))
            planned = self._planner.gather(transfers)
            if planned is None:
                self._sweeper.rest(changes)
        if planned is None:
            return None
        if planned.failed:
            # They are out of the way of a sweep.
            self._sweeper.wake()
        # A wallet that pays receives at another address from now on.
        moved = BalancesChanged(wallets=self._accounts.states())
        sent = self._send_transfer(planned.transfer) if planned.transfer is not None else ()
        return (*map(_changed, planned.failed), moved, *sent)

    def _send_transfer(self, transfer: Transfer) -> tuple[LedgerEvent, ...]:
        """Sign and send a transfer, and tell what changed. What is refused is tried again, later and later.

        It is not given up: its bundle is signed, and its inputs can never be spent by another one.
        """
        try:
            prepared = transfer.prepared
            if prepared is None:
                prepared = prepare(transfer.plan, self._accounts.seed(transfer.source))
                with self._database.transaction(durable=True):
                    self._transfers.set_prepared(transfer.id, prepared)
            attached = self._backend.attached(prepared.bundle) or self._backend.send(prepared.trytes)
        except (NodeRefusedError, PyotaError) as error:
            self._transfers.add_refusal(transfer.id, str(error))
            self.retries.postpone(transfer.id, transfer.refused)
            return ()
        self.retries.forget(transfer.id)
        with self._database.transaction(durable=True):
            self._note_sent(transfer, attached)
            sent = self._outbox.payments_of(transfer.id)
        return tuple(map(_changed, sent))

    def _note_sent(self, transfer: Transfer, bundle: Sequence[Transaction]) -> None:
        """Give each payment the transaction that credits it: the bundle's outputs stand in the payments' order."""
        credited = [transaction.hash for transaction in bundle if transaction.value > 0]
        payment_ids = [payment.payment_id for payment in self._outbox.payments_of(transfer.id)]
        self._transfers.set_sent(transfer.id, list(zip(credited, payment_ids, strict=False)), self._clock())

    def _close_transfer(
        self, transfer: Transfer, state: PaymentState, *, error: str | None = None
    ) -> tuple[LedgerEvent, ...]:
        with self._database.transaction(durable=True):
            payments = self._outbox.payments_of(transfer.id)
            held = self._held_by(transfer, payments, state)
            self._accounts.book.retire(transfer.id, keep=held)
            if state is PaymentState.FAILED and len(payments) > 1:
                # One of them spoilt it for the others, and nobody says which: from now on each goes by itself.
                self._transfers.dissolve(transfer.id, error or state.value)
            else:
                self._transfers.close(transfer.id, state, now=self._clock(), error=error)
            if error == ADDRESS_SPENT and len(held) < len(transfer.plan.inputs):
                # Not an address that was to be paid, but one that was to pay: the wallet has less than it had.
                self._outbox.note_loss(transfer.source, error)
            if state is PaymentState.CONFIRMED:
                self._backend.note_booked(transfer.plan.outputs)
                for payment in payments:
                    self._accounts.book.book(payment.source, spent_i=payment.amount_i)
                    self._accounts.book.book(payment.target, earned_i=payment.amount_i)
            after = [self._outbox.payment(payment.payment_id) for payment in payments]
        self._sweeper.wake()
        self._confirmed += state is PaymentState.CONFIRMED
        if self._confirmed >= _REMEMBERED_EVERY:
            self._confirmed = 0
            self._remember()
        return tuple(_changed(payment) for payment in after if payment is not None)

    def _held_by(self, transfer: Transfer, payments: Sequence[Payment], state: PaymentState) -> list[str]:
        """Return the inputs of a failed transfer that still hold tokens, for the planner to rescue.

        Only where the back end is ours: a node of somebody else could say so to be given a second signature. And only
        once: a transfer of one input that pays nobody was a rescue, or could only fail because that input is empty.
        """
        inputs = [spent.address for spent in transfer.plan.inputs]
        if state is not PaymentState.FAILED or not self._backend.trusted or (len(inputs) == 1 and not payments):
            return []
        balances = self._backend.known_balances(inputs)
        return [address for address, balance in zip(inputs, balances, strict=True) if balance]

    def _round_due_in(self, sent: Sequence[Transfer]) -> float | None:
        """Return in how many seconds the back end has to be looked at; None when nothing waits."""
        return self._backend.next_round_s(sending=bool(sent), since_s=time.monotonic() - self._last_round)

    def _confirm(self, sent: Sequence[Transfer]) -> tuple[LedgerEvent, ...] | None:
        """See what became of what was sent; None when nothing did.

        Balances and payments change together for all others.
        """
        outgoing = {transfer.id: _outgoing(transfer) for transfer in sent if transfer.prepared is not None}
        look = self._backend.begin_round(list(outgoing.values()), self._accounts.live_addresses)
        with self._database.lock:
            moved = look.finish()
            if look.did_work:
                self._last_round = time.monotonic()
            verdicts = {each: look.verdict(sent_one) for each, sent_one in outgoing.items()}
            events: list[LedgerEvent] = []
            for transfer in sent:
                if transfer.id in verdicts:
                    events += self._settle(transfer, verdicts[transfer.id])
            if events or moved:
                self._sweeper.wake()
                return (*events, BalancesChanged(wallets=self._accounts.states()))
        # What is missing is to be sent again, at once: nothing else may come that wakes anybody.
        is_missing = any(verdict.fate is Fate.MISSING for verdict in verdicts.values())
        return () if is_missing or (look.did_work and self._backend.trusted) else None

    def _push(self, sent: Sequence[Transfer]) -> None:
        """Help one transfer that has waited for long: its bundle as it is, without another signature."""
        after_s = self._backend.push_after_s
        if after_s is None:
            return
        now = time.monotonic()
        self._pushes = {each.id: self._pushes.get(each.id, now + after_s) for each in sent}
        late = next((each for each in sent if self._pushes[each.id] <= now), None)
        if late is not None:
            self._pushes[late.id] = now + after_s
            # What the node does not take now is tried again then.
            with suppress(NodeRefusedError, PyotaError):
                self._backend.push(_outgoing(late))

    def _settle(self, transfer: Transfer, verdict: BundleVerdict) -> tuple[LedgerEvent, ...]:
        """Write down what became of a sent transfer. Whoever attached its bundle, it is booked once, and then paid."""
        match verdict.fate:
            case Fate.MISSING:
                # A power failure can take the last seconds of the Tangle's file back, but not of the wallets'.
                self._transfers.set_unsent(transfer.id)
            case Fate.CONFIRMED:
                with self._database.transaction(durable=True):
                    self._note_sent(transfer, verdict.booked)
                    return self._close_transfer(transfer, PaymentState.CONFIRMED)
            case Fate.CONFLICT:
                return self._close_transfer(transfer, PaymentState.FAILED, error=verdict.reason)
            case Fate.WAITING:
                pass
        return ()

    def _seal_and_send(self, message: QueuedMessage) -> tuple[LedgerEvent, ...]:
        try:
            # Durable: a number that was used once must not be used again after a power failure.
            with self._database.transaction(durable=True):
                plan = self._seal(
                    message.kind,
                    message.message_id,
                    message.body,
                    round(message.created_at, 3),
                    sender=message.sender,
                    epoch=message.epoch,
                )
                self._messages.set_sealed(message.number, plan, prepare(plan).bundle)
        except ProtocolError:
            # It was checked when it was queued; if it cannot be sent all the same, it must not block the others.
            self._messages.drop(message.number)
            return ()
        return self._send_message(message, plan)

    def _send_message(self, message: QueuedMessage, plan: BundlePlan) -> tuple[LedgerEvent, ...]:
        prepared = prepare(plan)
        attached = self._backend.attached(prepared.bundle) or self._backend.send(prepared.trytes)
        with self._database.transaction():
            self._messages.drop(message.number)
        return (Published(message_id=message.message_id, kind=message.kind, tail=attached[0].hash),)

    def _confirm_when_due(self, sent: Sequence[Transfer], *, looked: bool) -> Progress:
        due_in = self._round_due_in(sent)
        if due_in is None or (looked and due_in <= 0 and self._backend.trusted):
            # What the node in this process has not confirmed by now waits for something new.
            return Progress(wait_s=self.retries.next_in())
        if due_in > 0:
            retry_in = self.retries.next_in()
            return Progress(wait_s=due_in if retry_in is None else min(due_in, retry_in))
        return Progress(events=self._confirm(sent) or (), busy=True)
