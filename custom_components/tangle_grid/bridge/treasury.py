"""Rewards from the island's treasury, each paid once however often it is ordered."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..const import LOGGER, TREASURY
from ..grid.model.events import Settlement
from ..ledger import Ledger, LedgerError, Payment, PaymentOrder, PaymentState
from ..protocol import SettlementReceipt
from .messages import owed_by

#: Between a payment's id and the number of a payment that is made in the place of one that failed.
ANEW: Final = "+"
_LOOKED_THROUGH: Final = 1_000


class Treasury:
    """Orders rewards; every method but `async_settlements` raises LedgerError when the ledger refuses."""

    def __init__(self, ledger: Callable[[], Ledger]) -> None:
        """`ledger` gives the open one, or raises LedgerError."""
        self._ledger = ledger

    async def async_reward(
        self, payment_id: str, wallet: str, amount_i: int, memo: Mapping[str, Any], *, source: str = TREASURY
    ) -> Payment:
        """Pay from the treasury, or another wallet; the same payment id is paid once."""
        order = PaymentOrder(payment_id=payment_id, source=source, target=wallet, amount_i=amount_i, memo=memo)
        return await self._ledger().pay(order)

    async def async_settle(
        self, payment_id: str, wallet: str, amount_i: int, memo: Mapping[str, Any], *, source: str = TREASURY
    ) -> Payment:
        """Pay what the grid owes for a part of a request.

        A grid that was set back may settle the same part again, with another amount: what was paid stays as it is.
        """
        try:
            return await self.async_reward(payment_id, wallet, amount_i, memo, source=source)
        except LedgerError as error:
            before = await self._async_payment(payment_id) if error.key == "payment_conflict" else None
            if before is None or before.source != source:
                raise
            LOGGER.warning("The payment %s was paid before, with %s i: it stays so", payment_id, before.amount_i)
            return before

    async def async_settle_anew(
        self, payment_id: str, wallet: str, amount_i: int, memo: Mapping[str, Any], *, source: str = TREASURY
    ) -> Payment:
        """Pay as `async_settle` does, and anew what failed for good since the target was spent from by then.

        Addresses of others change: one that failed is made again to the next one, under an id of its own.
        """
        number, numbered = 1, payment_id
        while True:
            payment = await self.async_settle(numbered, wallet, amount_i, memo, source=source)
            if payment.state is not PaymentState.FAILED or payment.target == wallet:
                return payment
            number += 1
            numbered = f"{payment_id}{ANEW}{number}"

    async def async_settlements(self) -> list[Settlement]:
        """Return the newest rewards that the island itself has said it owes, as they stand on the Tangle."""
        try:
            messages = await self._ledger().tangle.messages(kind=SettlementReceipt.kind, limit=_LOOKED_THROUGH)
        except LedgerError:
            return []
        own = (message.body for message in messages if message.verified and message.participant is None)
        return [settlement for body in own if (settlement := owed_by(body)) is not None]

    async def _async_payment(self, payment_id: str) -> Payment | None:
        payments = await self._ledger().payments(limit=_LOOKED_THROUGH)
        return next((each for each in payments if each.payment_id == payment_id), None)
