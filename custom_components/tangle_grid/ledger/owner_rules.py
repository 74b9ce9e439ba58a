"""What the owners of wallets decide: what each may spend, and where the rest of it goes."""

from collections.abc import Mapping

from .base.model import BalancesChanged, OwnerAddress, Payment, PaymentChanged, SpendingLimits, WalletRules, WalletState
from .worker import Worker


class OwnerRules:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when that is closed."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._core = worker.core

    async def all(self) -> Mapping[str, WalletRules]:
        """Return what was decided for each wallet, by its id."""
        return await self._worker.ask(self._core.rules.all)

    async def limits(self, wallet_id: str) -> SpendingLimits:
        """Return what a wallet may spend. Raises LedgerError (unknown_wallet)."""
        return await self._worker.ask(self._core.rules.limits, wallet_id)

    async def set_limits(self, wallet_id: str, limits: SpendingLimits) -> None:
        """Set what a wallet may spend, the treasury included; nothing else ever raises a limit.

        A payment counts from the moment of its order for 24 hours, unless it failed, or is a sweep to the owner. The
        limits are checked together with queueing it. What is queued already is paid.

        Raises:
            LedgerError: unknown_wallet, or invalid_limit (not from 0 to all there is). Nothing was changed.
        """
        await self._worker.ask(self._core.rules.set_limits, wallet_id, limits)

    async def allowance(self, wallet_id: str) -> int | None:
        """Return the iota that a wallet's limit per day still lets it spend; None without that limit."""
        return await self._worker.ask(self._core.rules.allowance, wallet_id)

    async def owner_address(self, wallet_id: str) -> OwnerAddress | None:
        """Return where a wallet's owner keeps the rest, or None. Raises LedgerError (unknown_wallet)."""
        return await self._worker.ask(self._core.rules.owner, wallet_id)

    async def set_owner_address(
        self, wallet_id: str, address: str | None, *, sweep_above_i: int | None = None, keep_i: int = 0
    ) -> None:
        """Set or forget (None) the address at which a wallet's owner keeps the rest: 90 trytes, its key is not here.

        As soon as the wallet has more than `sweep_above_i` to spend, all but `keep_i` of it is sent there.

        Raises:
            LedgerError: unknown_wallet, invalid_address (no right checksum, an address of a wallet here, or one that
                was spent from), or invalid_limit. Nothing was changed.
        """
        owner = None if address is None else OwnerAddress(address=address, sweep_above_i=sweep_above_i, keep_i=keep_i)
        await self._worker.read(self._core.sweeper.set_owner, wallet_id, owner)
        self._worker.wake()

    async def sweep(self, wallet_id: str, keep_i: int) -> Payment:
        """Send all that a wallet has to spend, but for `keep_i` iota, to its owner's address. No limit counts it.

        Raises:
            LedgerError: unknown_wallet, no_owner_address, invalid_amount, insufficient_funds, or invalid_address (the
                owner's address was spent from meanwhile). Nothing was queued.
        """

        def take() -> tuple[Payment, Mapping[str, WalletState]]:
            return self._core.sweeper.sweep(wallet_id, keep_i), self._core.accounts.states()

        payment, wallets = await self._worker.ask(take)
        self._worker.emit(PaymentChanged(payment=payment))
        self._worker.emit(BalancesChanged(wallets=wallets))
        self._worker.wake()
        return payment
