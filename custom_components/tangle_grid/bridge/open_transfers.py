"""The transfers of the economy that are not confirmed yet: where each stands, and why one waits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ..economy.effects import Effect, Transfer
from .journal import OrderedTransfer, TransferState


class OpenTransfers:
    """What was handed in, what of it is on disk, and what the ledger has taken."""

    def __init__(self, changed: Callable[[OrderedTransfer], None]) -> None:
        """`changed` is called with each transfer whose state, or amount, changed."""
        self._changed = changed
        self._open: dict[str, OrderedTransfer] = {}
        self._by_order: dict[str, str] = {}
        self._unsaved: set[str] = set()
        self._refused: dict[str, str] = {}
        self._to_note: list[OrderedTransfer] = []

    # What is known

    @property
    def waiting(self) -> list[OrderedTransfer]:
        """Those that the ledger has not taken, the oldest first."""
        return [each for each in self._open.values() if each.state is TransferState.WAITING]

    @property
    def refused(self) -> Mapping[str, str]:
        """Why transfers are not paid: a key of the ledger's errors by payment id."""
        return self._refused

    def state_of(self, payment_id: str) -> TransferState:
        """Return where a transfer stands that was handed in at some time."""
        ordered = self._open.get(payment_id)
        return TransferState.CONFIRMED if ordered is None else ordered.state

    def waiting_i(self, account: str) -> int:
        """Return what an account still has to pay and the ledger has not taken, iota."""
        return sum(each.transfer.amount_i for each in self.waiting if each.transfer.source == account)

    def of_order(self, order_id: str) -> OrderedTransfer | None:
        """Return the transfer that a payment of the ledger is of; None if it is of none that is open."""
        payment_id = self._by_order.get(order_id)
        return None if payment_id is None else self._open.get(payment_id)

    def is_saved(self, payment_id: str) -> bool:
        """Return whether a transfer is on disk: before that, nothing of it is paid."""
        return payment_id not in self._unsaved

    # What comes in

    def hand_in(self, effects: Iterable[Effect]) -> None:
        """Take the transfers among effects that are not on disk yet."""
        for effect in effects:
            if isinstance(effect, Transfer) and effect.payment_id not in self._open:
                self._unsaved.add(effect.payment_id)
                self._keep(OrderedTransfer(transfer=effect))

    def saved(self, effects: Iterable[Effect]) -> None:
        """Know that effects are on disk."""
        self._unsaved.difference_update(each.payment_id or "" for each in effects)

    def restore(self, transfers: Iterable[OrderedTransfer]) -> None:
        """Go on with those that were on disk, before those that were handed in meanwhile."""
        handed_in, self._open = self._open, {}
        for ordered in transfers:
            self._keep(ordered)
        for payment_id, ordered in handed_in.items():
            if payment_id not in self._open:
                self._keep(ordered)

    def offer_again(self, newest: Iterable[OrderedTransfer]) -> None:
        """Let all that is open wait, and the newest that were confirmed as well."""
        for ordered in newest:
            if ordered.transfer.payment_id not in self._open:
                self._keep(ordered)
        self._open = {name: replace(each, state=TransferState.WAITING) for name, each in self._open.items()}

    # What becomes of it

    def refuse(self, payment_id: str, key: str) -> None:
        """Know why a transfer is not paid."""
        self._refused[payment_id] = key

    def take(self, payment_id: str) -> bool:
        """Know that a transfer is paid, and return whether it was refused before."""
        return self._refused.pop(payment_id, None) is not None

    def follow(self, before: OrderedTransfer, state: TransferState) -> None:
        """Know where a transfer stands."""
        self._follow(before, replace(before, state=state))

    def fail(self, before: OrderedTransfer) -> None:
        """Let a transfer wait anew whose payment failed for good."""
        self._follow(before, replace(before, state=TransferState.WAITING, tries=before.tries + 1))

    def _follow(self, before: OrderedTransfer, ordered: OrderedTransfer) -> None:
        payment_id = before.transfer.payment_id
        self._by_order.pop(before.order_id, None)
        if ordered.state is TransferState.CONFIRMED:
            self._open.pop(payment_id, None)
            self._refused.pop(payment_id, None)
        else:
            self._keep(ordered)
        self._to_note.append(ordered)
        self._changed(ordered)

    def _keep(self, ordered: OrderedTransfer) -> None:
        self._open[ordered.transfer.payment_id] = ordered
        self._by_order[ordered.order_id] = ordered.transfer.payment_id

    # What is to be noted on disk: what is not, is offered again after the next start

    def to_note(self) -> list[OrderedTransfer]:
        """Return what changed since it was noted."""
        return self._to_note[:]

    def noted(self, count: int) -> None:
        """Know that the first of them are on disk."""
        del self._to_note[:count]
