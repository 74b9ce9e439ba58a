"""The rules of booking: what a valid bundle does to balances, tried out in memory before anything is written."""

from collections.abc import Sequence

from .bundle import Conflict, find_fault
from .effort import Effort
from .store import Stored, TangleStore
from .transaction import Transaction


class Booking:
    """Balances as they would be after some bundles; `write` makes them so."""

    def __init__(self, store: TangleStore) -> None:
        self._store = store
        self._state = store.balances
        self._balances: dict[str, int] = {}
        self._spent: set[str] = set()
        self._applied: set[str] = set()

    @property
    def is_empty(self) -> bool:
        """Whether no bundle was booked."""
        return not self._applied

    def book(self, bundle: Sequence[Transaction]) -> Conflict | None:
        """Book a bundle (tail first), or say why not and leave everything as it was.

        A bundle is booked once, an address is spent from once, and what an address holds is the most it can spend.
        """
        fault = find_fault(bundle)
        if fault is not None or not any(transaction.value for transaction in bundle):
            return fault
        if bundle[0].bundle in self._applied or self._state.is_applied(bundle[0].bundle):
            return Conflict.ALREADY_APPLIED
        changes: dict[str, int] = {}
        for transaction in bundle:
            if transaction.value:
                changes[transaction.address] = changes.get(transaction.address, 0) + transaction.value
        inputs = {transaction.address for transaction in bundle if transaction.value < 0}
        outputs = {transaction.address for transaction in bundle if transaction.value > 0}
        if any(address in self._spent or self._state.is_spent(address) for address in changes) or any(
            self._state.is_exposed(address) for address in outputs
        ):
            # Paying to an address that is, or is about to be, spent counts as well: nobody could move those tokens.
            return Conflict.ADDRESS_SPENT
        balances = {address: self._balance(address) + change for address, change in changes.items()}
        if any(balance < 0 for balance in balances.values()):
            return Conflict.INSUFFICIENT_BALANCE
        self._balances.update(balances)
        self._spent |= inputs
        self._applied.add(bundle[0].bundle)
        return None

    def _balance(self, address: str) -> int:
        known = self._balances.get(address)
        return self._state.balance(address) if known is None else known

    def book_cone(self, cone: Sequence[Stored], effort: Effort | None = None) -> dict[str, str]:
        """Book the bundles whose tails are in the cone, parents first; return the conflicts by transaction hash.

        Bundles are checked when their tails are taken in; only those that move value are looked at again.
        Raises NodeError when it is more than the `effort`, if there is one.
        """
        conflicts: dict[str, str] = {}
        for seen in cone:
            if seen.position == 0 and seen.signed:
                bundle = self._store.bundle_of(seen.hash)
                if effort is not None:
                    effort.spend(len(bundle))
                conflict = self.book(bundle)
                if conflict is not None:
                    conflicts.update((transaction.hash, conflict.value) for transaction in bundle)
        return conflicts

    def write(self, milestone: int) -> None:
        """Write the new balances, in the name of this milestone."""
        self._state.write(self._balances, self._spent, self._applied, milestone)
