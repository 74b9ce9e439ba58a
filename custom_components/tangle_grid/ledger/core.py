"""The ledger in one piece: it opens the files, takes orders and messages in, and answers questions.

Synchronous. `advance` is for one worker thread; everything else may be called from any other.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from ..protocol import (
    MAX_SEALED_BODY_BYTES,
    PARTICIPANT,
    ROLE_KINDS,
    Answer,
    DataReport,
    Envelope,
    KeyNotice,
    ProtocolError,
    Rejection,
    SigningKey,
    canonical,
    is_kind,
    is_sealed,
    read_body,
)
from .backends.backend import DEFAULT_MWM, BackendConfig, EmbeddedBackend
from .backends.http_client import HttpClient
from .base.errors import LedgerError, LedgerFault
from .base.keys import Secrets
from .base.model import (
    SUPPLY,
    LedgerStatus,
    OwnerAddress,
    Payment,
    PaymentOrder,
    QueuedPayment,
    SpendingLimits,
    WalletRules,
)
from .messages.archive import ArchiveError, BackendArchive
from .messages.chronicle import PAYMENT_KIND, Chronicle
from .messages.message_queue import MessageQueue
from .messages.participant_keys import ParticipantKeys
from .messages.privacy import Privacy, PrivacyMode
from .opening import Opening
from .payments.accounts import Accounts
from .payments.outbox import Outbox
from .payments.payees import check_target
from .payments.pipeline import Pipeline, Progress
from .payments.spending import Spending
from .payments.sweeper import Sweeper
from .restore.findings import read, unread
from .restore.history import History
from .restore.reconcile import Reconciler
from .restore.snapshot import Snapshot
from .store.database import Database
from .store.folder_lock import FolderLock
from .store.properties import Properties
from .verify.receipts import Verification, verify_payment

_LOGGER: Final = logging.getLogger(__name__)

WAITING_PAYMENTS: Final = 1_000
"""So many payments of a wallet may wait to be sent."""

_MAX_ID: Final = 255
_ANSWERS: Final = 100
"""So many of the newest answers are looked through for those of participants that sign themselves."""
_MAX_MEMO_BYTES: Final = 2_048
_MAX_BODY_BYTES: Final = MAX_SEALED_BODY_BYTES - 128


class LedgerCore:
    """Wallets, outbox and back end together."""

    def __init__(
        self,
        folder: Path,
        *,
        island_id: str,
        secrets: Secrets,
        clock: Callable[[], float],
        mwm: int = DEFAULT_MWM,
        milestone_interval_s: float = 5.0,
        backend: BackendConfig | None = None,
        http: HttpClient | None = None,
        privacy: PrivacyMode = "open",
        begun: bool = False,
    ) -> None:
        """Open or start the ledger in a folder; where one was `begun` before, no other is started.

        Without `backend` it is the node in this process, with `mwm` and `milestone_interval_s`; `http` is the
        way to a remote one. Raises LedgerError (ledger_unavailable) when a file is damaged, cannot be written, or
        belongs to another island, seed or Tangle; nothing is changed then.
        """
        self._island_id = island_id
        key = SigningKey.from_hex(secrets.signing_key)
        self._public_key = key.public
        self._clock = clock
        self._refused: set[str] = set()
        with ExitStack() as opened:
            lock = FolderLock(folder)
            opened.callback(lock.release)
            opening = Opening(
                opened,
                folder,
                config=backend,
                mwm=mwm,
                milestone_interval_s=milestone_interval_s,
                island_id=island_id,
                secrets=secrets,
                key=key,
                http=http,
                clock=clock,
                begun=begun,
            )
            self.backend, self._database = opening.backend, opening.database
            self._outbox = Outbox(self._database)
            self.spending = Spending(self._database)
            self._messages = MessageQueue(self._database)
            self.members = ParticipantKeys(
                self._database, island_id=island_id, signing_key=secrets.signing_key, clock=clock
            )
            self.privacy = Privacy(self._database, island_id=island_id, signing_key=secrets.signing_key, mode=privacy)
            self.accounts = Accounts(self._database, self.backend, secrets)
            if opening.wants_rescan:
                self.accounts.look_again()
                self.members.announce_again()
                opening.rescanned()
            history = History(self.backend, island_id=island_id, root=self._public_key, opens=self.privacy.opens)
            reconciler = Reconciler(
                self._database,
                self.accounts,
                self.backend,
                history,
                members=self.members,
                privacy=self.privacy,
                clock=clock,
            )
            reconcile = partial(reconciler.run, mishaps=opening.mishaps, aside=opening.aside)
            if isinstance(self.backend, EmbeddedBackend):
                reconcile()
                self._remember()
            self._opened = opened.pop_all()
        self.chronicle = Chronicle(self.backend, registry=self.members.registry, opens=self.privacy.opens)
        self.sweeper = Sweeper(self._database, self.accounts, self.backend, clock=clock)
        self.steps = Pipeline(
            self._database,
            self.accounts,
            self.backend,
            island_id=island_id,
            members=self.members,
            body_key=self.privacy.sealing,
            sweeper=self.sweeper,
            clock=clock,
            reconcile=None if isinstance(self.backend, EmbeddedBackend) else reconcile,
            remember=self._remember,
        )

    def close(self) -> None:
        """Stop a running proof of work and close the files; the outbox stays as it is."""
        with suppress(LedgerError):
            self._remember()
        self._opened.close()

    def stop(self) -> None:
        """Stop a running proof of work. May be called from any thread."""
        self.backend.stop()

    def health(self) -> LedgerStatus:
        """Return the state of the ledger as it is now."""
        fault, text = self.backend.fault or (None, None)
        payments, messages = self._outbox.unsent(), self._messages.count()
        return LedgerStatus(
            reachable=fault is None,
            queued=payments + messages,
            queued_messages=messages,
            transactions=self.backend.transactions,
            milestone=self.backend.milestone,
            supply_ok=self.backend.supply_ok,
            last_error=text,
            confirm_s=self._outbox.confirm_s(),
            backend=self.backend.kind,
            synced=fault is not LedgerFault.NODE_NOT_SYNCED,
            fault=fault,
            findings=unread(Properties(self._database)),
        )

    def _files(self) -> list[Database]:
        tangle = [self.backend.node.store.database] if isinstance(self.backend, EmbeddedBackend) else []
        return [self._database, *tangle]

    def lie_still(self, seconds: float) -> None:
        """Let the files be as they are for so many seconds, for whoever copies them; writing goes on in their logs."""
        self._remember()
        for file in self._files():
            file.lie_still(seconds)

    def _remember(self) -> None:
        """Keep what everybody has on the Tangle in this process."""
        if isinstance(self.backend, EmbeddedBackend):
            Snapshot(self._database).take(self.backend.node)

    def go_on(self) -> None:
        """Let the files change again."""
        for file in self._files():
            file.go_on()

    def advance(self, after: LedgerFault | None) -> tuple[Progress, LedgerStatus]:
        """Take a step, and tell how the ledger is then. Belongs to the worker thread.

        `after` is the fault that there was. Where somebody's order or message could not be written, a step with
        nothing to write proves nothing: that the files can be written again is tried first.
        """
        if after in {LedgerFault.DISK_FULL, LedgerFault.READ_ONLY}:
            for file in self._files():
                file.check_writable()
        return self.steps.advance(), self.health()

    def findings_read(self) -> None:
        """Note that somebody has read what was put right when the files were opened."""
        with self._database.transaction():
            read(Properties(self._database))

    # Intake

    def pay(self, order: PaymentOrder) -> tuple[Payment, bool]:
        """Queue a payment, and tell whether it is new. Raises LedgerError; then nothing was queued."""
        if not isinstance(order.payment_id, str) or not 0 < len(order.payment_id) <= _MAX_ID:
            raise LedgerError("payment_conflict", {"payment_id": str(order.payment_id)[:_MAX_ID]})
        try:
            memo = canonical(order.memo)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if len(memo) > _MAX_MEMO_BYTES:
            raise LedgerError("invalid_message", {"error": f"memo above {_MAX_MEMO_BYTES} bytes"})
        if order.source in self.accounts:
            # Apart from what follows: a payment that is refused leaves no trace.
            self.allowance(order.source)
        with self._database.transaction(durable=True):
            existing = self._outbox.payment(order.payment_id)
            if existing is not None:
                asked = (order.source, order.target, order.amount_i, memo)
                if asked != (existing.source, existing.target, existing.amount_i, canonical(existing.memo)):
                    raise LedgerError("payment_conflict", {"payment_id": order.payment_id})
                return existing, False
            self._check_order(order)
            self._outbox.add_payment(order, memo.decode(), self._clock())
            queued = self._outbox.payment(order.payment_id)
        if queued is None:  # pragma: no cover - it was just written
            raise LedgerError("ledger_unavailable", {"error": "the payment was not stored"})
        return queued, True

    def _check_order(self, order: PaymentOrder) -> None:
        amount = order.amount_i
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= SUPPLY:
            raise LedgerError("invalid_amount", {"amount": str(amount)[:32]})
        if order.source not in self.accounts:
            raise LedgerError("unknown_wallet", {"wallet": str(order.source)[:_MAX_ID]})
        if (waiting := self._outbox.unplanned_count(order.source)) >= WAITING_PAYMENTS:
            raise LedgerError("wallet_queue_full", {"wallet": order.source, "waiting": waiting})
        self.accounts.policies.check(order.source, amount, self.spending.spent_i(order.source, self._clock()))
        check_target(order, self.accounts, self.accounts.book, self.backend)
        available = self.accounts.states_of([order.source])[order.source].available_i
        if amount > available:
            raise LedgerError("insufficient_funds", {"wallet": order.source, "amount": amount, "available": available})

    def set_limits(self, wallet_id: str, limits: SpendingLimits) -> None:
        """Set what a wallet may spend. Raises LedgerError (unknown_wallet, invalid_limit); then nothing changed."""
        self.accounts.require(wallet_id)
        with self._database.transaction(durable=True):
            self.accounts.policies.set_limits(wallet_id, limits)

    def limits(self, wallet_id: str) -> SpendingLimits:
        """Return what a wallet may spend. Raises LedgerError (unknown_wallet)."""
        self.accounts.require(wallet_id)
        return self.accounts.policies.limits(wallet_id)

    def owner(self, wallet_id: str) -> OwnerAddress | None:
        """Return where a wallet's owner keeps the rest. Raises LedgerError (unknown_wallet)."""
        self.accounts.require(wallet_id)
        return self.accounts.policies.owner(wallet_id)

    def allowance(self, wallet_id: str) -> int | None:
        """Return what a wallet may still spend now by its limit per day; None without one."""
        self.accounts.require(wallet_id)
        with self._database.lock:
            per_day = self.accounts.policies.limits(wallet_id).per_day_i
            if per_day is None:
                return None
            now = self._clock()
            self.spending.watch(wallet_id, now)
            return max(0, per_day - self.spending.spent_i(wallet_id, now))

    def rules(self) -> dict[str, WalletRules]:
        """Return what was decided for each wallet, all at the same moment."""
        with self._database.lock:
            return {
                wallet_id: WalletRules(
                    limits=self.accounts.policies.limits(wallet_id),
                    allowance_i=self.allowance(wallet_id),
                    owner=self.accounts.policies.owner(wallet_id),
                )
                for wallet_id in self.accounts.wallet_ids()
            }

    def queue(self, limit: int) -> list[QueuedPayment]:
        """Return the payments that are neither confirmed nor failed, in the order of the orders."""
        queued = []
        for position, each in enumerate(self._outbox.open_payments(limit), start=1):
            due_in = None if each.transfer is None else self.steps.retries.due_in(each.transfer)
            queued.append(
                QueuedPayment(
                    position=position,
                    payment=each.payment,
                    attempts=each.attempts,
                    next_try_at=None if due_in is None else self._clock() + due_in,
                    last_error=each.last_error,
                )
            )
        return queued

    def publish(self, kind: str, body: Mapping[str, Any], sender: str | None = None) -> str:
        """Queue a message, of the island or of a participant, and return its id.

        Raises LedgerError (invalid_message) for what cannot be sent, (key_ended) for a sender without a key,
        (outbox_full) while much of this sender waits.
        """
        if not is_kind(kind) or kind in {PAYMENT_KIND, KeyNotice.kind}:
            raise LedgerError("invalid_message", {"error": f"kind {str(kind)[:32]!r}"})
        try:
            encoded = canonical(body)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if not isinstance(body, Mapping) or is_sealed(body) or len(encoded) > _MAX_BODY_BYTES:
            raise LedgerError("invalid_message", {"error": f"body above {_MAX_BODY_BYTES} bytes"})
        message_id = uuid4().hex
        if sender is not None and kind not in ROLE_KINDS[PARTICIPANT]:
            raise LedgerError("invalid_message", {"error": f"a participant does not send {kind}"})
        if kind == DataReport.kind:
            self._check_report(body, sender)
        with self._database.transaction():
            epoch = 0 if sender is None else self.members.epoch_for(sender)
            self._messages.add(message_id, kind, encoded.decode(), self._clock(), sender=sender, epoch=epoch)
        return message_id

    @staticmethod
    def _check_report(body: Mapping[str, Any], sender: str | None) -> None:
        try:
            read_body(DataReport.kind, body)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if sender is None:
            raise LedgerError("invalid_message", {"error": "a report is a participant's"})

    def answers_from_outside(self) -> list[Answer]:
        """Return what participants that sign themselves have answered on the Tangle since the last time."""
        keys = self.members.all_elsewhere()
        if not keys:
            return []
        found = self.chronicle.envelopes(Answer.kind, _ANSWERS)
        taken: list[Answer] = []
        for envelope in sorted(found, key=lambda each: each.sequence):
            if envelope.sender not in keys:
                continue
            try:
                taken.append(self._receive(envelope, keys[envelope.sender]))
            except ProtocolError as error:
                # What was taken before stands there as well.
                if error.key is not Rejection.REPLAYED and envelope.digest() not in self._refused:
                    self._refused.add(envelope.digest())
                    _LOGGER.warning("An answer of %s from outside was refused: %s", keys[envelope.sender], error)
        self._refused.intersection_update(each.digest() for each in found)
        return taken

    def _receive(self, envelope: Envelope, participant: str) -> Answer:
        """Return the answer in an envelope. Raises ProtocolError when it is not one that the participant may give."""
        body = envelope.open(self.privacy.opens(envelope.body))
        answer = read_body(Answer.kind, body)
        if not isinstance(answer, Answer) or answer.participant != participant:
            raise ProtocolError(Rejection.NOT_ALLOWED, {"sender": envelope.sender})
        self.members.receive(envelope, body, self._clock())
        return answer

    def verify(self, payment_id: str | None, transaction: str | None) -> Verification:
        """Recompute a reward from the Tangle. Raises LedgerError (unknown_payment, unknown_transaction)."""
        try:
            return verify_payment(
                BackendArchive(self.backend),
                payment_id=payment_id,
                transaction=transaction,
                island=self._island_id,
                public_key=self._public_key,
                opens=self.privacy.opens,
            )
        except ArchiveError:
            # What no key of this island opens was not sealed by it.
            pass
        if transaction is not None:
            raise LedgerError("unknown_transaction", {"transaction": str(transaction)[:100]})
        raise LedgerError("unknown_payment", {"payment_id": str(payment_id)[:_MAX_ID]})

    def payment(self, payment_id: str) -> Payment | None:
        """Return a payment by its id, None where there is none."""
        return self._outbox.payment(payment_id)

    def payments(self, limit: int) -> list[Payment]:
        """Return the newest payments."""
        return self._outbox.payments(limit)

    def is_drained(self) -> bool:
        """Tell whether everything is on the Tangle, and every payment confirmed or failed."""
        return not self._messages.count() and not self._outbox.unsent() and not self._outbox.pending()
