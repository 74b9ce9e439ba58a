"""All wallets together: their seeds, their addresses, and what each of them holds and may spend."""

from collections.abc import Sequence
from typing import Final

from ..backends.backend import Backend
from ..base.errors import LedgerError
from ..base.keys import Secrets, is_seed
from ..base.model import WalletState
from ..store.database import Database
from ..trinary import address_of, with_checksum
from ..wallet import AddressBook, Policies, find_used
from .outbox import Outbox

_MAX_SHOWN: Final = 100


class Accounts:
    """The wallets whose seeds are known. Seeds never leave this object but by `seed` and `secrets`."""

    def __init__(self, database: Database, backend: Backend, secrets: Secrets) -> None:
        """Check that the wallets on disk are those of the seeds, and start the ones that are new.

        Of an import that was cut off, the file says whether it had happened.

        Raises LedgerError (ledger_unavailable) when a wallet on disk has another seed, or the database fails.
        """
        self.book = AddressBook(database)
        self.policies = Policies(database)
        self._database = database
        self._backend = backend
        self._outbox = Outbox(database)
        for wallet_id, seed in secrets.imports.items():
            happened = not self.book.has(wallet_id) or self._is_seed_of(wallet_id, seed)
            secrets = secrets.imported(wallet_id) if happened else secrets.without_import(wallet_id)
        self._secrets = secrets
        known = set(self.book.wallet_ids())
        for wallet_id, seed in secrets.seeds.items():
            if wallet_id not in known:
                self._start(wallet_id, seed)
            elif not self._is_seed_of(wallet_id, seed):
                raise LedgerError("ledger_unavailable", {"error": f"the seed of {wallet_id} is another one"})

    def __contains__(self, wallet_id: object) -> bool:
        return wallet_id in self._secrets.seeds

    @property
    def secrets(self) -> Secrets:
        """The secrets as the wallets on disk are now: what has to be kept."""
        return self._secrets

    def wallet_ids(self) -> list[str]:
        """Return the wallets whose seeds are known."""
        return sorted(self._secrets.seeds)

    def seed(self, wallet_id: str) -> str:
        """Return a wallet's seed, to sign with. Raises LedgerError (unknown_wallet)."""
        self.require(wallet_id)
        return self._secrets.seeds[wallet_id]

    def require(self, wallet_id: str) -> None:
        """Refuse what is no wallet here. Raises LedgerError (unknown_wallet)."""
        if wallet_id not in self._secrets.seeds:
            raise LedgerError("unknown_wallet", {"wallet": str(wallet_id)[:_MAX_SHOWN]})

    def _is_seed_of(self, wallet_id: str, seed: str) -> bool:
        index, address = self.book.receive_key(wallet_id)
        return address_of(seed, index) == address

    def add(self, wallet_id: str, seed: str) -> None:
        """Add a wallet; adding it again is harmless. Raises LedgerError (invalid_secrets) for another seed, or none."""
        if not wallet_id or not is_seed(seed) or self._secrets.seeds.get(wallet_id, seed) != seed:
            raise LedgerError("invalid_secrets", {"wallet": wallet_id})
        if wallet_id in self._secrets.seeds:
            return
        if not self.book.has(wallet_id):
            self._start(wallet_id, seed)
        elif not self._is_seed_of(wallet_id, seed):
            raise LedgerError("invalid_secrets", {"wallet": wallet_id})
        with self._database.lock:
            # Replaced, not changed: other threads may be reading it.
            self._secrets = self._secrets.with_seed(wallet_id, seed)

    def _start(self, wallet_id: str, seed: str) -> None:
        """Find what the seed was used for before (a restored wallet, the genesis), and begin after it."""
        self.book.add(wallet_id, seed, find_used(seed, self._backend.client, thorough=False))

    def plan_import(self, wallet_id: str, seed: str) -> Secrets:
        """Return the secrets to keep before `import_seed` is called: they hold both seeds.

        Raises:
            LedgerError: unknown_wallet, invalid_seed (not 81 trytes), seed_in_use (this or another wallet has it),
                wallet_busy (a payment or transfer of the wallet, or to it, is not over), wallet_not_empty.
        """
        self.require(wallet_id)
        if not is_seed(seed):
            raise LedgerError("invalid_seed", {"wallet": wallet_id})
        former = self._secrets.former_with(wallet_id, seed)
        if any(each == seed and name != former for name, each in self._secrets.seeds.items()):
            raise LedgerError("seed_in_use", {"wallet": wallet_id})
        for name in (wallet_id, former):
            if name is not None and self._outbox.is_busy(name):
                raise LedgerError("wallet_busy", {"wallet": wallet_id})
        balance = self.states_of([wallet_id])[wallet_id].balance_i
        if balance:
            raise LedgerError("wallet_not_empty", {"wallet": wallet_id, "balance": balance})
        return self._secrets.with_import(wallet_id, seed)

    def import_seed(self, wallet_id: str, seed: str) -> None:
        """Let a wallet have another seed, and with it the balance and the used addresses that the Tangle knows of.

        Its addresses so far stay, under the name that `Secrets.former_id` gives. Raises as `plan_import` does.
        """
        self.plan_import(wallet_id, seed)
        found = find_used(seed, self._backend.client, thorough=True)
        with self._database.lock:
            # Under one lock: between the file and the seeds nobody may see the one without the other.
            with self._database.transaction(durable=True):
                after = self.plan_import(wallet_id, seed).imported(wallet_id)
                totals = self.book.wallet(wallet_id)
                self.policies.copy(wallet_id, self._secrets.former_id(wallet_id))
                self.book.rename(wallet_id, self._secrets.former_id(wallet_id))
                former = self._secrets.former_with(wallet_id, seed)
                if former is None:
                    self.book.add(wallet_id, seed, found)
                else:
                    self.book.rename(former, wallet_id)
                    self.book.note_use(wallet_id, seed, found)
                self.book.book(wallet_id, earned_i=totals.earned_i, spent_i=totals.spent_i)
            self._secrets = after

    def renew(self, wallet_id: str) -> str:
        """Give a wallet its next address, and return it; what somebody else with the same seed used up is left out.

        Call it in a transaction. Raises LedgerError (unknown_wallet).
        """
        seed = self.seed(wallet_id)
        address = self.book.renew(wallet_id, seed)
        while self._backend.is_known_spent(address):
            address = self.book.renew(wallet_id, seed)
        return address

    def give_up(self, wallet_id: str, addresses: Sequence[str]) -> None:
        """Give up addresses for good that somebody else has emptied. Call it in a transaction."""
        self.book.give_up(addresses)
        if self.book.wallet(wallet_id).address in addresses:
            self.renew(wallet_id)

    def live_addresses(self) -> list[str]:
        """Return the addresses of all wallets that can hold tokens."""
        return [address for each in self.wallet_ids() for address, _index in self.book.live(each, reserved=True)]

    def later_use(self, wallet_id: str) -> list[tuple[str, bool]]:
        """Return what was used of a wallet beyond its next address, as far as the Tangle shows: it was set back."""
        begin = self.book.next_index(wallet_id)
        found = find_used(self.seed(wallet_id), self._backend.client, thorough=True, begin=begin)
        # Somebody else's node does not say what is spent: it has to show that when the address is to be used.
        return [(address, spent and self._backend.trusted) for address, spent in found]

    def take_over(self, wallet_id: str, later: Sequence[tuple[str, bool]]) -> None:
        """Go on after that later use, and never use again what was spent from. Call it in a transaction."""
        if later:
            self.book.go_on_after(wallet_id, self.seed(wallet_id), later)
        live = [address for address, _index in self.book.live(wallet_id, reserved=False)]
        self.give_up(wallet_id, [each for each in live if self._backend.is_known_spent(each)])

    def look_again(self) -> None:
        """Find what the seeds were used for on a Tangle that the wallets are new to, and begin after it."""
        for wallet_id in self.wallet_ids():
            seed = self.seed(wallet_id)
            found = find_used(seed, self._backend.client, thorough=False)
            with self._database.transaction(durable=True):
                self.book.note_use(wallet_id, seed, found)

    def states(self) -> dict[str, WalletState]:
        """Return every wallet."""
        return self.states_of(self.wallet_ids())

    def states_of(self, wallet_ids: Sequence[str]) -> dict[str, WalletState]:
        """Return these wallets, all at the same moment."""
        with self._database.lock:
            pending = self._outbox.pending()
            owned = {
                wallet_id: [address for address, _index in self.book.live(wallet_id, reserved=True)]
                for wallet_id in wallet_ids
            }
            addresses = [address for each in owned.values() for address in each]
            balances = dict(zip(addresses, self._backend.known_balances(addresses), strict=True))
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
