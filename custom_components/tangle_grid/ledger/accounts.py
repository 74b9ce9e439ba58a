"""All wallets together: their seeds, their addresses, and what each of them holds and may spend."""

from collections.abc import Mapping, Sequence
from typing import Final

from .backend import EmbeddedBackend
from .database import Database
from .errors import LedgerError
from .keys import is_seed
from .model import WalletState
from .outbox import Outbox
from .trinary import address_of, with_checksum
from .wallet import AddressBook

_UNUSED_IN_A_ROW: Final = 3


class Accounts:
    """The wallets whose seeds are known. Seeds never leave this object but by ``seed``."""

    def __init__(self, database: Database, backend: EmbeddedBackend, seeds: Mapping[str, str]) -> None:
        """Check that the wallets on disk are those of the seeds, and start the ones that are new.

        Raises LedgerError (ledger_unavailable) when a wallet on disk has another seed, or the database fails.
        """
        self.book = AddressBook(database)
        self._database = database
        self._backend = backend
        self._outbox = Outbox(database)
        self._seeds = dict(seeds)
        known = set(self.book.wallet_ids())
        for wallet_id, seed in self._seeds.items():
            if wallet_id not in known:
                self._start(wallet_id, seed)
            elif not self._is_seed_of(wallet_id, seed):
                raise LedgerError("ledger_unavailable", {"error": f"the seed of {wallet_id} is another one"})

    def __contains__(self, wallet_id: object) -> bool:
        return wallet_id in self._seeds

    def seed(self, wallet_id: str) -> str:
        """Return a wallet's seed, to sign with."""
        return self._seeds[wallet_id]

    def _is_seed_of(self, wallet_id: str, seed: str) -> bool:
        index, address = self.book.receive_key(wallet_id)
        return address_of(seed, index) == address

    def add(self, wallet_id: str, seed: str) -> None:
        """Add a wallet; adding it again is harmless. Raises LedgerError (invalid_secrets) for another seed, or none."""
        if not wallet_id or not is_seed(seed) or self._seeds.get(wallet_id, seed) != seed:
            raise LedgerError("invalid_secrets", {"wallet": wallet_id})
        if wallet_id in self._seeds:
            return
        if not self.book.has(wallet_id):
            self._start(wallet_id, seed)
        elif not self._is_seed_of(wallet_id, seed):
            raise LedgerError("invalid_secrets", {"wallet": wallet_id})
        # Replaced, not changed: other threads may be reading it.
        self._seeds = {**self._seeds, wallet_id: seed}

    def _start(self, wallet_id: str, seed: str) -> None:
        """Find what the seed was used for before (a restored wallet, the genesis), and begin after it."""
        found: list[tuple[str, bool]] = []
        unused: list[tuple[str, bool]] = []
        client = self._backend.client
        while len(unused) < _UNUSED_IN_A_ROW:
            address = address_of(seed, len(found) + len(unused))
            spent = client.spent_from([address])[0]
            if spent or client.balances([address])[0] or client.is_known(address):
                found += [*unused, (address, spent)]
                unused = []
            else:
                unused.append((address, False))
        self.book.add(wallet_id, seed, found)

    def states(self) -> dict[str, WalletState]:
        """Return every wallet."""
        return self.states_of(sorted(self._seeds))

    def states_of(self, wallet_ids: Sequence[str]) -> dict[str, WalletState]:
        """Return these wallets, all at the same moment."""
        with self._database.lock:
            pending = self._outbox.pending()
            owned = {
                wallet_id: [address for address, _index in self.book.live(wallet_id, reserved=True)]
                for wallet_id in wallet_ids
            }
            addresses = [address for each in owned.values() for address in each]
            balances = dict(zip(addresses, self._backend.client.balances(addresses), strict=True))
            states = {}
            for wallet_id in wallet_ids:
                row = self.book.wallet(wallet_id)
                balance = sum(balances[address] for address in owned[wallet_id])
                outgoing = sum(amount for source, _target, amount in pending if source == wallet_id)
                states[wallet_id] = WalletState(
                    wallet_id=wallet_id,
                    balance_i=balance,
                    available_i=max(0, balance - outgoing),
                    incoming_i=sum(amount for _source, target, amount in pending if target == wallet_id),
                    outgoing_i=outgoing,
                    earned_i=row.earned_i,
                    spent_i=row.spent_i,
                    address=with_checksum(row.address),
                )
            return states
