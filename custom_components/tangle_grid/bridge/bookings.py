"""Under which names the economy stands in the books, and which lines the books get."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from ..const import TREASURY
from ..economy.effects import BookEntry, Effect, Kind, Transfer
from ..ledger import Payment, WalletState


class Bookings:
    """Turns participants into the accounts that outlive them, notes rates, and puts receipts beside payments."""

    def __init__(
        self,
        wallet_of: Callable[[str], str | None],
        receipt: Callable[[BookEntry], str | None],
        rate: Callable[[], Fraction | None],
    ) -> None:
        """`wallet_of` gives a participant's wallet, None for somebody without; `receipt` what a payment shows.

        `rate` is what tokens are worth now: it is noted with lines that have none of their own.
        """
        self._wallet_of, self._receipt, self._rate = wallet_of, receipt, rate

    def account_of(self, participant: str) -> str:
        """Return under which name a participant stands in the books: its wallet's, which outlives it."""
        return self._wallet_of(participant) or participant

    def booked(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        """Return effects as they are written and paid, with a receipt beside each payment for each line of it."""
        return self._with_receipts(tuple(map(self._booked, effects)))

    def line(self, line: BookEntry) -> BookEntry:
        """Return a line as it is written."""
        other = None if line.counterparty is None else self.account_of(line.counterparty)
        rate = self._rate() if line.rate is None and line.amount_i else line.rate
        return replace(line, participant=self.account_of(line.participant), counterparty=other, rate=rate)

    def _booked(self, effect: Effect) -> Effect:
        if isinstance(effect, BookEntry):
            return self.line(effect)
        return replace(effect, source=self.account_of(effect.source), target=self.account_of(effect.target))

    def _with_receipts(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        receipts: dict[str, dict[str, str]] = {}
        for line in effects:
            if not isinstance(line, BookEntry) or line.payment_id is None or not line.amount_i:
                continue
            if (receipt := self._receipt(line)) is not None:
                of_payment, side = receipts.setdefault(line.payment_id, {}), "to" if line.amount_i > 0 else "from"
                of_payment[f"{line.kind.value}_{side}" if side in of_payment else side] = receipt
        return tuple(
            replace(effect, memo={**effect.memo, "receipts": receipts[effect.payment_id]})
            if isinstance(effect, Transfer) and effect.payment_id in receipts
            else effect
            for effect in effects
        )


def opening_lines(wallets: Mapping[str, WalletState], at: float) -> list[BookEntry]:
    """Return what the books begin with: what wallets hold."""
    return [
        BookEntry(
            entry_id=f"opening/{name}",
            participant=name,
            at=at,
            kind=Kind.TRANSFER,
            reference="opening",
            amount_i=wallet.balance_i,
        )
        for name, wallet in wallets.items()
        if wallet.balance_i
    ]


def payment_lines(payment: Payment, wallets: Container[str]) -> Iterator[BookEntry]:
    """Return the lines of a payment that no saga ordered, one for each side that has a wallet here."""
    request = payment.memo.get("request")
    is_reward = payment.source == TREASURY and isinstance(request, str)
    sides = (
        (payment.source, -payment.amount_i, payment.target, "out"),
        (payment.target, payment.amount_i, payment.source, "in"),
    )
    for account, amount_i, other, way in sides:
        if account in wallets:
            yield BookEntry(
                entry_id=f"{payment.payment_id}/{way}",
                participant=account,
                at=payment.confirmed_at or payment.created_at,
                kind=Kind.REWARD if is_reward else Kind.TRANSFER,
                reference=str(request) if is_reward else payment.payment_id,
                amount_i=amount_i,
                counterparty=other if other in wallets else None,
                payment_id=payment.payment_id,
            )
