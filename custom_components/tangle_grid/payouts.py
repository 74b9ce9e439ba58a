"""Pays the rewards that are due: each once, under its payment id, and again until the ledger has taken it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from .const import LOGGER
from .grid.events import Settlement
from .ledger import LedgerError
from .ledger_link import LedgerLink

# It goes through by itself.
_LATER: Final = frozenset({"ledger_unavailable", "wallet_queue_full"})


class Payouts:
    """Hands rewards to the ledger, and remembers why some are not paid yet.

    Args:
        link: The way to the ledger.
        due: What is settled and not known to be paid.
        payees: The wallet of each participant, also of those who have left.
    """

    def __init__(self, link: LedgerLink, *, due: Callable[[], Iterable[Settlement]], payees: Mapping[str, str]) -> None:
        self._link = link
        self._due = due
        self._payees = payees
        self._refused: dict[str, str] = {}

    @property
    def refused(self) -> Mapping[str, str]:
        """Why rewards that are due are not paid: a key of the ledger's errors by payment id."""
        return dict(self._refused)

    async def async_pay(self) -> None:
        """Hand over everything that is due. What the ledger refuses stays due, and is said once."""
        due = list(self._due())
        ids = {settlement.payment_id for settlement in due}
        self._refused = {payment_id: why for payment_id, why in self._refused.items() if payment_id in ids}
        for settlement in due:
            wallet = self._payees.get(settlement.device_id)
            if wallet is None:
                continue
            try:
                await self._link.async_reward(
                    settlement.payment_id, wallet, settlement.amount_i, {"request": settlement.request_id}
                )
            except LedgerError as error:
                if error.key in _LATER:
                    continue
                if self._refused.get(settlement.payment_id) != error.key:
                    LOGGER.warning("The reward %s cannot be paid now: %s", settlement.payment_id, error)
                self._refused[settlement.payment_id] = error.key
            else:
                self._refused.pop(settlement.payment_id, None)
