"""Offers the transfers that wait to the ledger, each once: its payment id says which one it is."""

from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant

from ..const import LOGGER
from ..ledger import LedgerError, Payment, PaymentOrder, PaymentState
from ..log_once import LogOnce
from .journal import Journal, OrderedTransfer, TransferState, with_amount
from .link import LedgerLink
from .open_transfers import OpenTransfers

_LOOKED_THROUGH: Final = 1_000
# It goes through by itself, and says nothing about the wallet.
_LATER: Final = frozenset({"ledger_unavailable", "payments_held", "wallet_queue_full"})


class TransferPayer:
    """Has transfers paid.

    Args:
        link: The way to the ledger.
        transfers: What is open.
        journal: Returns where amounts are noted that the ledger knows better.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        link: LedgerLink,
        transfers: OpenTransfers,
        *,
        journal: Callable[[], Journal],
    ) -> None:
        self._hass, self._link, self._transfers = hass, link, transfers
        self._journal = journal
        self._said = LogOnce(LOGGER)

    async def async_pay(self) -> None:
        """Offer everything that waits, the oldest first; who cannot pay one, pays none after it. Raises LedgerError."""
        if not self._link.is_open:
            return
        poor: set[str] = set()
        for ordered in self._transfers.waiting:
            transfer = ordered.transfer
            if transfer.source in poor or not self._transfers.is_saved(transfer.payment_id):
                continue
            try:
                payment = await self._async_order(ordered)
            except LedgerError as error:
                poor.add(transfer.source)
                if error.key not in _LATER:
                    self._transfers.refuse(transfer.payment_id, error.key)
                    self._said.wrong(
                        transfer.source, "A payment waits, %s is the first: %s", transfer.payment_id, error
                    )
                continue
            if self._transfers.take(transfer.payment_id):
                self._said.right(transfer.source, "Payments of %s that waited are made", transfer.source)
            if payment.amount_i != transfer.amount_i:
                await self._async_made_otherwise(ordered, payment)
            elif payment.state is PaymentState.CONFIRMED:
                self._transfers.follow(ordered, TransferState.CONFIRMED)
            elif payment.state is PaymentState.FAILED:
                self._transfers.fail(ordered)
            else:
                self._transfers.follow(ordered, TransferState.TAKEN)

    async def _async_order(self, ordered: OrderedTransfer) -> Payment:
        transfer = ordered.transfer
        order = PaymentOrder(
            payment_id=ordered.order_id,
            source=transfer.source,
            target=transfer.target,
            amount_i=transfer.amount_i,
            memo=transfer.memo,
        )
        try:
            return await self._link.ledger.pay(order)
        except LedgerError as error:
            if error.key != "payment_conflict":
                raise
            payments = await self._link.ledger.payments(limit=_LOOKED_THROUGH)
            before = next((each for each in payments if each.payment_id == order.payment_id), None)
            if before is None or (before.source, before.target) != (order.source, order.target):
                raise
            return before

    async def _async_made_otherwise(self, ordered: OrderedTransfer, payment: Payment) -> None:
        """Believe the ledger: the journal was set back to before this payment, and had it made with another amount."""
        transfer = ordered.transfer
        LOGGER.warning("%s was paid before, with %s i: it stays so", transfer.payment_id, payment.amount_i)
        await self._hass.async_add_executor_job(self._journal().note_amount, transfer.payment_id, payment.amount_i)
        state = TransferState.CONFIRMED if payment.state is PaymentState.CONFIRMED else TransferState.TAKEN
        self._transfers.follow(with_amount(ordered, payment.amount_i), state)
