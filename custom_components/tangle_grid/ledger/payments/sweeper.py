"""Takes what a wallet need not hold to its owner's own address: when it is asked to, and by itself above a cap."""

from collections.abc import Callable
from typing import Final
from uuid import uuid4

from ...protocol import canonical
from ..backends.backend import Backend
from ..base.errors import LedgerError
from ..base.model import OwnerAddress, Payment, PaymentOrder
from ..store.database import Database
from ..trinary import HASH_TRYTES
from .accounts import Accounts
from .outbox import Outbox
from .payees import check_target, is_address

_MEMO: Final = {"sweep": True}
_SHOWN: Final = 100


class Sweeper:
    """Queues sweeps. A sweep is a payment like any other, but no spending limit counts it. Call from any thread."""

    def __init__(self, database: Database, accounts: Accounts, backend: Backend, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._accounts = accounts
        self._backend = backend
        self._outbox = Outbox(database)
        self._clock = clock
        self._changes = 1
        self._seen = 0

    @property
    def changes(self) -> int:
        """How often balances or rules changed."""
        return self._changes

    @property
    def is_due(self) -> bool:
        """Whether balances or rules changed since the wallets were last looked over."""
        return self._changes != self._seen

    def wake(self) -> None:
        """Note that balances or rules changed."""
        self._changes += 1

    def rest(self, changes: int) -> None:
        """Note that after so many changes there was nothing to do. One that came meanwhile still counts."""
        self._seen = changes

    def set_owner(self, wallet_id: str, owner: OwnerAddress | None) -> None:
        """Set or forget where a wallet's owner keeps the rest.

        Raises:
            LedgerError: unknown_wallet, invalid_address (no right address, one of a wallet here, or one that was spent
                from), or invalid_limit. Nothing was changed.
        """
        self._accounts.require(wallet_id)
        if owner is not None:
            mine = not is_address(owner.address) or self._accounts.book.owner(owner.address[:HASH_TRYTES]) is not None
            if mine or self._backend.may_receive(owner.address[:HASH_TRYTES]) is False:
                raise LedgerError("invalid_address", {"address": str(owner.address)[:_SHOWN]})
        with self._database.transaction(durable=True):
            self._accounts.policies.set_owner(wallet_id, owner)
        self.wake()

    def sweep(self, wallet_id: str, keep_i: int) -> Payment:
        """Queue a payment of all but `keep_i` iota to the owner's address.

        Raises:
            LedgerError: unknown_wallet, no_owner_address, invalid_amount (`keep_i`), insufficient_funds (there is
                no more than that), or invalid_address (the address was spent from meanwhile). Nothing was queued.
        """
        self._accounts.require(wallet_id)
        if not isinstance(keep_i, int) or isinstance(keep_i, bool) or keep_i < 0:
            raise LedgerError("invalid_amount", {"amount": str(keep_i)[:32]})
        with self._database.transaction(durable=True):
            owner = self._accounts.policies.owner(wallet_id)
            if owner is None:
                raise LedgerError("no_owner_address", {"wallet": wallet_id})
            available = self._accounts.states_of([wallet_id])[wallet_id].available_i
            if available <= keep_i:
                raise LedgerError("insufficient_funds", {"wallet": wallet_id, "amount": keep_i, "available": available})
            order = PaymentOrder(
                payment_id=f"sweep-{uuid4().hex}",
                source=wallet_id,
                target=owner.address,
                amount_i=available - keep_i,
                memo=_MEMO,
            )
            check_target(order, self._accounts, self._accounts.book, self._backend)
            self._outbox.add_payment(order, canonical(_MEMO).decode(), self._clock(), sweep=True)
            self._accounts.policies.set_problem(wallet_id, None)
            queued = self._outbox.payment(order.payment_id)
        if queued is None:  # pragma: no cover - it was just written
            raise LedgerError("ledger_unavailable", {"error": "the payment was not stored"})
        return queued

    def sweep_above_caps(self) -> list[Payment]:
        """Queue the sweeps that are due by themselves; a wallet with payments on their way is looked at after them."""
        swept: list[Payment] = []
        for wallet_id in self._accounts.policies.sweeping():
            owner = self._accounts.policies.owner(wallet_id)
            if wallet_id not in self._accounts or owner is None or owner.sweep_above_i is None:
                continue
            if owner.problem is not None or self._outbox.is_paying(wallet_id):
                continue
            if self._accounts.states_of([wallet_id])[wallet_id].available_i <= owner.sweep_above_i:
                continue
            try:
                swept.append(self.sweep(wallet_id, owner.keep_i))
            except LedgerError as error:
                if error.key == "ledger_unavailable":
                    raise
                # It stays so until somebody gives another address.
                with self._database.transaction():
                    self._accounts.policies.set_problem(wallet_id, error.key)
        return swept
