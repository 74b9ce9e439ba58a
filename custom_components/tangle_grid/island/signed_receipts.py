"""Receipts as files: of charging sessions, stays and passages that are over, signed with the island's key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..bridge.journal import Journal
from ..bridge.link import LedgerLink
from ..bridge.payment_desk import PaymentDesk
from ..const import LOGGER
from ..economy.contradiction import Contradiction
from ..economy.errors import TariffError
from ..economy.services import ParkingReceipt, TollReceipt
from ..economy.sessions import SessionError, SessionReceipt, listing_all, order_of
from ..economy.signed_receipt import (
    CHARGING,
    PARKING,
    TOLL,
    Receipt,
    payments_of,
    read_signed,
    reference_of,
    signed_receipt,
    wrong_figures,
)
from ..ledger import PaymentState
from .charging_sessions import KIND as CHARGING_SAGA
from .visits import PARKING_RECEIPT, TOLL_RECEIPT

_LOOKED_THROUGH: Final = 10_000
_SAGAS: Final = {CHARGING: CHARGING_SAGA, PARKING: PARKING_RECEIPT, TOLL: TOLL_RECEIPT}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFile:
    """A receipt, where it contradicts itself (nowhere, if it is right), and its file.

    `ended_at` is when what it is of was over, epoch seconds of the grid's clock.
    """

    receipt: Receipt
    ended_at: int
    contradictions: tuple[Contradiction, ...]
    file: Mapping[str, Any]


class SignedReceipts:
    """Reads the journal in worker threads. Every method may raise LedgerError (`ledger_unavailable`)."""

    def __init__(self, hass: HomeAssistant, island_id: str, *, desk: PaymentDesk, link: LedgerLink) -> None:
        self._hass, self._island_id, self._desk, self._link = hass, island_id, desk, link

    async def async_newest(
        self, participant: str, *, kinds: Sequence[str], limit: int, reference: str | None = None
    ) -> list[ReceiptFile]:
        """Return the newest receipts of whoever paid, or was paid, or whose charger it was; or the one of this id."""
        await self._desk.async_settled()
        journal = self._desk.journal

        def read() -> list[tuple[Receipt, dict[str, str]]]:
            own = [
                each
                for kind in kinds
                for each in _stored(journal, kind)
                if participant in _concerned(each) and reference in {None, reference_of(each)}
            ]
            own.sort(key=_ended_at, reverse=True)
            whole = [self._whole(journal, each) for each in own[:limit]]
            return [(each, _order_ids(journal, each)) for each in whole]

        return [await self._file(*each) for each in await self._hass.async_add_executor_job(read)]

    def _whole(self, journal: Journal, receipt: Receipt) -> Receipt:
        """Return a receipt with all payments: of a very long session, the older ones stand in the journal only."""
        if not isinstance(receipt, SessionReceipt) or not receipt.older:
            return receipt
        terms = receipt.terms
        members = {terms.seller, terms.operator, *filter(None, receipt.payers), *receipt.sun_wh}
        names = {self._desk.bookings.account_of(each): each for each in members}
        listed = {order.payment_id for order in receipt.payments}
        orders = [order_of(receipt.session_id, *each, names) for each in journal.transfers_of(receipt.session_id)]
        older = [order for order in orders if order is not None and order.payment_id not in listed]
        return listing_all(receipt, older)

    async def _file(self, receipt: Receipt, order_ids: Mapping[str, str]) -> ReceiptFile:
        transactions: dict[str, str | None] = {}
        for payment_id, order_id in order_ids.items():
            payment = await self._link.ledger.payment(order_id)
            if payment is not None and payment.state is not PaymentState.FAILED:
                transactions[payment_id] = payment.tail
        key = self._link.signing_key()
        file = signed_receipt(receipt, island=self._island_id, transactions=transactions, key=key)
        wrong = await self._hass.async_add_executor_job(lambda: wrong_figures(read_signed(file)))
        return ReceiptFile(receipt=receipt, ended_at=_ended_at(receipt), contradictions=wrong, file=file)


def _stored(journal: Journal, kind: str) -> Iterator[Receipt]:
    for stored in journal.ended(_SAGAS[kind], limit=_LOOKED_THROUGH):
        try:
            if kind == CHARGING:
                yield SessionReceipt.from_dict(stored["receipt"])
            elif kind == PARKING:
                yield ParkingReceipt.from_dict(stored)
            else:
                yield TollReceipt.from_dict(stored)
        except (TariffError, SessionError, KeyError) as error:
            LOGGER.warning("A receipt cannot be read: %s", error)


def _order_ids(journal: Journal, receipt: Receipt) -> dict[str, str]:
    """Return the present ids of a receipt's payments: one that failed was made anew under another."""
    found = {payment_id: journal.transfer(payment_id) for payment_id, _amount_i in payments_of(receipt)}
    return {payment_id: each.order_id for payment_id, each in found.items() if each is not None}


def _concerned(receipt: Receipt) -> set[str | None]:
    if isinstance(receipt, SessionReceipt):
        return {receipt.charger, *receipt.payers}
    return {receipt.service, receipt.vehicle}


def _ended_at(receipt: Receipt) -> int:
    if isinstance(receipt, SessionReceipt):
        return receipt.ended_at
    return receipt.at if isinstance(receipt, TollReceipt) else receipt.seen[-1][1]
