"""The ledger in one piece: it opens the files, takes orders and messages in, and answers questions.

Synchronous. ``steps.advance`` is for one worker thread; everything else may be called from any other.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from ..protocol import MAX_BYTES, ProtocolError, SigningKey, canonical, is_kind
from .accounts import Accounts
from .backend import EmbeddedBackend
from .chronicle import PAYMENT_KIND, Chronicle
from .database import Database
from .errors import LedgerError
from .folder_lock import FolderLock
from .keys import Secrets
from .model import SUPPLY, TREASURY, LedgerStatus, Payment, PaymentOrder
from .outbox import OUTBOX_SCHEMA, Outbox
from .steps import Steps
from .targets import check_target
from .trinary import address_of
from .wallet import ADDRESS_SCHEMA

WALLET_VERSION: Final = 1
_MAX_ID: Final = 255
_MAX_MEMO_BYTES: Final = 2_048
_MAX_BODY_BYTES: Final = MAX_BYTES - 1_024


class LedgerCore:
    """Wallets, outbox and back end together."""

    def __init__(
        self,
        folder: Path,
        *,
        island_id: str,
        secrets: Secrets,
        mwm: int,
        milestone_interval_s: float,
        clock: Callable[[], float],
    ) -> None:
        """Open or start the ledger in a folder.

        Raises LedgerError (ledger_unavailable) when a file is damaged, cannot be written, or belongs to another
        island or seed; nothing is changed then.
        """
        self._island_id = island_id
        key = SigningKey.from_hex(secrets.signing_key)
        self._clock = clock
        with ExitStack() as opened:
            lock = FolderLock(folder)
            opened.callback(lock.release)
            self.backend = EmbeddedBackend(
                folder / "tangle.sqlite",
                island_id=island_id,
                key=key,
                genesis_address=address_of(secrets.seeds[TREASURY], 0),
                mwm=mwm,
                clock=clock,
            )
            opened.callback(self.backend.close)
            self._database = Database(
                folder / "wallet.sqlite",
                schema=ADDRESS_SCHEMA + OUTBOX_SCHEMA,
                version=WALLET_VERSION,
                create=self._create,
            )
            opened.callback(self._database.close)
            self._outbox = Outbox(self._database)
            self._check_identity()
            self.accounts = Accounts(self._database, self.backend, secrets.seeds)
            self._opened = opened.pop_all()
        self.chronicle = Chronicle(self.backend, island_id=island_id, public_keys=frozenset({key.public}))
        self.steps = Steps(
            self._database,
            self.accounts,
            self.backend,
            island_id=island_id,
            key=key,
            milestone_interval_s=milestone_interval_s,
            clock=clock,
        )

    def close(self) -> None:
        """Stop a running proof of work and close the files; the outbox stays as it is."""
        self._opened.close()

    def stop(self) -> None:
        """Stop a running proof of work. May be called from any thread."""
        self.backend.stop()

    def health(self) -> LedgerStatus:
        """Return the state of the ledger as it is now."""
        return LedgerStatus(
            reachable=True,
            queued=self._outbox.queued(),
            transactions=self.backend.transactions,
            milestone=self.backend.milestone,
            supply_ok=self.backend.supply_ok,
        )

    def _create(self, database: Database) -> None:
        outbox = Outbox(database)
        outbox.set_meta("tangle_id", self.backend.tangle_id)
        outbox.set_meta("island_id", self._island_id)

    def _check_identity(self) -> None:
        """Refuse to work with balances or an island that these wallets do not belong to."""
        if self._outbox.meta("tangle_id") != self.backend.tangle_id:
            raise LedgerError("ledger_unavailable", {"error": "the wallets belong to another Tangle"})
        if self._outbox.meta("island_id") != self._island_id:
            raise LedgerError("ledger_unavailable", {"error": "the wallets belong to another island"})

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
        check_target(order, self.accounts, self.accounts.book, self.backend.client)
        available = self.accounts.states_of([order.source])[order.source].available_i
        if amount > available:
            raise LedgerError("insufficient_funds", {"wallet": order.source, "amount": amount, "available": available})

    def publish(self, kind: str, body: Mapping[str, Any]) -> str:
        """Queue a message and return its id. Raises LedgerError (invalid_message) for what cannot be sent."""
        if not is_kind(kind) or kind == PAYMENT_KIND:
            raise LedgerError("invalid_message", {"error": f"kind {str(kind)[:32]!r}"})
        try:
            encoded = canonical(body)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if not isinstance(body, Mapping) or len(encoded) > _MAX_BODY_BYTES:
            raise LedgerError("invalid_message", {"error": f"body above {_MAX_BODY_BYTES} bytes"})
        message_id = uuid4().hex
        with self._database.transaction():
            self._outbox.add_message(message_id, kind, encoded.decode(), self._clock())
        return message_id

    def payments(self, limit: int) -> list[Payment]:
        """Return the newest payments."""
        return self._outbox.payments(limit)

    def is_drained(self) -> bool:
        """Tell whether everything is on the Tangle, and every payment confirmed or failed."""
        return not self._outbox.queued() and not self._outbox.pending()
