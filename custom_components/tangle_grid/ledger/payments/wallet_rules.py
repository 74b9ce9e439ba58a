"""What the owners of wallets have decided: what each may spend, and where the rest of it goes."""

from collections.abc import Callable

from ..base.model import OwnerAddress, SpendingLimits, WalletRules
from ..store.database import Database
from .accounts import Accounts
from .spending import Spending


class RulesOfWallets:
    """Keeps the decisions, and counts what is spent against them. Call from any thread."""

    def __init__(self, database: Database, accounts: Accounts, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self.spending = Spending(database)

    def set_limits(self, wallet_id: str, limits: SpendingLimits) -> None:
        """Set what a wallet may spend. Raises LedgerError (unknown_wallet, invalid_limit); then nothing changed."""
        self._accounts.require(wallet_id)
        with self._database.transaction(durable=True):
            self._accounts.policies.set_limits(wallet_id, limits)

    def limits(self, wallet_id: str) -> SpendingLimits:
        """Return what a wallet may spend. Raises LedgerError (unknown_wallet)."""
        self._accounts.require(wallet_id)
        return self._accounts.policies.limits(wallet_id)

    def owner(self, wallet_id: str) -> OwnerAddress | None:
        """Return where a wallet's owner keeps the rest. Raises LedgerError (unknown_wallet)."""
        self._accounts.require(wallet_id)
        return self._accounts.policies.owner(wallet_id)

    def check(self, wallet_id: str, amount_i: int) -> None:
        """Check that a wallet may spend this now. Raises LedgerError (over_payment_limit, over_day_limit)."""
        spent_i = self.spending.spent_i(wallet_id, self._clock())
        self._accounts.policies.check(wallet_id, amount_i, spent_i)

    def allowance(self, wallet_id: str) -> int | None:
        """Return what a wallet may still spend now by its limit per day; None without one."""
        self._accounts.require(wallet_id)
        with self._database.lock:
            per_day = self._accounts.policies.limits(wallet_id).per_day_i
            if per_day is None:
                return None
            now = self._clock()
            self.spending.watch(wallet_id, now)
            return max(0, per_day - self.spending.spent_i(wallet_id, now))

    def all(self) -> dict[str, WalletRules]:
        """Return what was decided for each wallet, all at the same moment."""
        with self._database.lock:
            return {
                wallet_id: WalletRules(
                    limits=self._accounts.policies.limits(wallet_id),
                    allowance_i=self.allowance(wallet_id),
                    owner=self._accounts.policies.owner(wallet_id),
                )
                for wallet_id in self._accounts.wallet_ids()
            }
