"""Orders of payments, as somebody gives them: checked against what a wallet has and may spend, then queued once."""

from collections.abc import Callable
from typing import Final

from ...protocol import ProtocolError, canonical
from ..backends.backend import Backend
from ..base.errors import LedgerError
from ..base.model import SUPPLY, Payment, PaymentOrder, QueuedPayment
from ..store.database import Database
from .accounts import Accounts
from .outbox import Outbox
from .payees import check_target
from .wallet_rules import RulesOfWallets

MAX_ID: Final = 255
"""So many characters of an id are read, and shown."""
WAITING_PAYMENTS: Final = 1_000
"""So many payments of a wallet may wait to be sent."""

_MAX_MEMO_BYTES: Final = 2_048


class Orders:
    """Takes orders into the outbox, and tells what became of them. Call from any thread.

    Attributes:
        held: No new order is taken.
    """

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        backend: Backend,
        rules: RulesOfWallets,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._backend = backend
        self._rules = rules
        self._clock = clock
        self._outbox = Outbox(database)
        self.held = False

    def pay(self, order: PaymentOrder) -> tuple[Payment, bool]:
        """Queue a payment, and tell whether it is new. Raises LedgerError; then nothing was queued."""
        if not isinstance(order.payment_id, str) or not 0 < len(order.payment_id) <= MAX_ID:
            raise LedgerError("payment_conflict", {"payment_id": str(order.payment_id)[:MAX_ID]})
        try:
            memo = canonical(order.memo)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if len(memo) > _MAX_MEMO_BYTES:
            raise LedgerError("invalid_message", {"error": f"memo above {_MAX_MEMO_BYTES} bytes"})
        if order.source in self._accounts:
            # Apart from what follows: a payment that is refused leaves no trace.
            self._rules.allowance(order.source)
        with self._database.transaction(durable=True):
            existing = self._outbox.payment(order.payment_id)
            if existing is not None:
                asked = (order.source, order.target, order.amount_i, memo)
                if asked != (existing.source, existing.target, existing.amount_i, canonical(existing.memo)):
                    raise LedgerError("payment_conflict", {"payment_id": order.payment_id})
                return existing, False
            self._check(order)
            self._outbox.add_payment(order, memo.decode(), self._clock())
            queued = self._outbox.payment(order.payment_id)
        if queued is None:  # pragma: no cover - it was just written
            raise LedgerError("ledger_unavailable", {"error": "the payment was not stored"})
        return queued, True

    def _check(self, order: PaymentOrder) -> None:
        if self.held:
            raise LedgerError("payments_held")
        amount = order.amount_i
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= SUPPLY:
            raise LedgerError("invalid_amount", {"amount": str(amount)[:32]})
        if order.source not in self._accounts:
            raise LedgerError("unknown_wallet", {"wallet": str(order.source)[:MAX_ID]})
        if (waiting := self._outbox.unplanned_count(order.source)) >= WAITING_PAYMENTS:
            raise LedgerError("wallet_queue_full", {"wallet": order.source, "waiting": waiting})
        self._rules.check(order.source, amount)
        check_target(order, self._accounts, self._accounts.book, self._backend)
        available = self._accounts.states_of([order.source])[order.source].available_i
        if amount > available:
            raise LedgerError("insufficient_funds", {"wallet": order.source, "amount": amount, "available": available})

    def queue(self, limit: int, due_in: Callable[[int], float | None]) -> list[QueuedPayment]:
        """Return the payments that are neither confirmed nor failed, in the order of the orders.

        `due_in` gives the seconds until a transfer is tried again; None: it waits for nothing.
        """
        queued = []
        for position, each in enumerate(self._outbox.open_payments(limit), start=1):
            wait_s = None if each.transfer is None else due_in(each.transfer)
            queued.append(
                QueuedPayment(
                    position=position,
                    payment=each.payment,
                    attempts=each.attempts,
                    next_try_at=None if wait_s is None else self._clock() + wait_s,
                    last_error=each.last_error,
                )
            )
        return queued

    def one(self, payment_id: str) -> Payment | None:
        """Return a payment by its id, None where there is none."""
        return self._outbox.payment(payment_id)

    def newest(self, limit: int) -> list[Payment]:
        """Return the newest payments."""
        return self._outbox.payments(limit)
