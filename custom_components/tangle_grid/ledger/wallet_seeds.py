"""The seeds of the wallets: shown, added, and replaced by others."""

import asyncio
from collections.abc import Awaitable, Callable

from .base.keys import Secrets
from .base.model import BalancesChanged
from .worker import Worker


class WalletSeeds:
    """Belongs to an open ledger; every method raises LedgerError (ledger_unavailable) when that is closed."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._core = worker.core
        self._importing = asyncio.Lock()

    @property
    def secrets(self) -> Secrets:
        """The secrets as they have to be kept: those that were given, with what was added or imported since."""
        return self._core.accounts.secrets

    async def export(self, wallet_id: str) -> str:
        """Return a wallet's seed: whoever has it can spend all of the wallet. Raises LedgerError (unknown_wallet)."""
        return await self._worker.ask(self._core.accounts.seed, wallet_id)

    async def replace(self, wallet_id: str, seed: str, *, persist: Callable[[Secrets], Awaitable[object]]) -> None:
        """Give a wallet another seed (81 trytes), and with it the balance that the Tangle knows of.

        `persist` has to store the secrets that it is given for good. It is called before anything changes, with both
        seeds, and after; cut off in between, the next `open` with what was stored last finds out how far it came, and
        then `secrets` is what has to be stored. The seed so far stays in the secrets, as a wallet of its own.

        Raises:
            LedgerError: unknown_wallet, invalid_seed, seed_in_use, wallet_busy (payments from or to it are not over),
                or wallet_not_empty. Nothing was changed.
        """
        async with self._importing:
            await persist(await self._worker.ask(self._core.accounts.plan_import, wallet_id, seed))
            try:
                await self._worker.read(self._core.accounts.import_seed, wallet_id, seed)
            finally:
                await persist(self.secrets)
        await self._tell_balances()

    async def add(self, wallet_id: str, seed: str) -> None:
        """Add a wallet with its seed (81 trytes); adding it again is harmless.

        Raises:
            LedgerError: invalid_secrets, when this is no seed or the wallet has another one.
        """
        await self._worker.read(self._core.accounts.add, wallet_id, seed)
        await self._tell_balances()

    async def _tell_balances(self) -> None:
        self._worker.emit(BalancesChanged(wallets=await self._worker.ask(self._core.accounts.states)))
