"""Pays the rewards that are due: each once, under its payment id, and again until the ledger has taken it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ..bridge.link import LedgerLink
from ..const import LOGGER
from ..grid.model.events import Settlement
from ..ledger import LedgerError, Payment, PaymentState
from ..log_once import LogOnce

# It goes through by itself.
_LATER: Final = frozenset({"ledger_unavailable", "payments_held", "wallet_queue_full"})


class Payouts:
    """Hands rewards to the ledger, and remembers why some are not paid yet.

    Args:
        link: The way to the ledger.
        due: What is settled and not known to be paid.
        payees: The wallet of each participant, also of those who have left.
        payee: Gives by payment id and device who is paid for a part of a request.
        was_paid: Is told of a reward that turned out to be on its way, or there, when it was handed over again.
    """

    def __init__(
        self,
        link: LedgerLink,
        *,
        due: Callable[[], Iterable[Settlement]],
        payees: Mapping[str, str],
        payee: Callable[[str, str], str],
        was_paid: Callable[[Payment], None],
    ) -> None:
        self._link = link
        self._due = due
        self._was_paid = was_paid
        self._payees = payees
        self._payee = payee
        self._refused: dict[str, str] = {}
        self._said = LogOnce(LOGGER)
        self._also: dict[str, Settlement] = {}

    @property
    def refused(self) -> Mapping[str, str]:
        """Why rewards that are due are not paid: a key of the ledger's errors by payment id."""
        return dict(self._refused)

    async def async_pay(self) -> None:
        """Hand over everything that is due. What the ledger refuses stays due, and is said once."""
        due = [*self._due(), *self._also.values()]
        ids = {settlement.payment_id for settlement in due}
        self._refused = {payment_id: why for payment_id, why in self._refused.items() if payment_id in ids}
        for settlement in due:
            try:
                payment = await self._async_settle(settlement)
            except LedgerError as error:
                if error.key in _LATER:
                    continue
                # Many rewards wait for one reason: a treasury that is empty, a limit of a day.
                self._said.wrong(
                    error.key, "Rewards cannot be paid now, %s is the first: %s", settlement.payment_id, error
                )
                self._refused[settlement.payment_id] = error.key
            else:
                self._refused.pop(settlement.payment_id, None)
                self._also.pop(settlement.payment_id, None)
                if payment is not None and payment.state in {PaymentState.SENT, PaymentState.CONFIRMED}:
                    # It was paid before the grid was set back: nothing will change any more that would say so.
                    self._was_paid(payment)
        for key in self._said.subjects.difference(self._refused.values()):
            self._said.right(key, "Rewards that could not be paid are paid (%s)", key)

    async def async_recover(self) -> None:
        """Take what is owed from the receipts on the Tangle, where the grid has lost its requests."""
        for settlement in await self._link.treasury.async_settlements():
            self._also.setdefault(settlement.payment_id, settlement)

    async def async_make_sure(self, paid: Iterable[Settlement]) -> None:
        """Hand over again what the grid knows as paid: a ledger that was set back to before that pays it now."""
        unsure = LogOnce(LOGGER)
        for settlement in paid:
            try:
                await self._async_settle(settlement)
            except LedgerError as error:
                unsure.wrong(
                    error.key,
                    "Whether rewards were paid cannot be said, %s is the first: %s",
                    settlement.payment_id,
                    error,
                )

    async def _async_settle(self, settlement: Settlement) -> Payment | None:
        """Order a reward; None for somebody whose wallet is not known."""
        wallet = self._payees.get(self._payee(settlement.payment_id, settlement.device_id))
        if wallet is None:
            return None
        memo = {"request": settlement.request_id}
        return await self._link.treasury.async_settle_anew(settlement.payment_id, wallet, settlement.amount_i, memo)
