"""The addresses of all wallets, and the rule that none is used again after it was spent from.

An address is *open* until a transfer reserves it, *reserved* while that transfer is on its way, and *retired* for
good afterwards. Key indices only ever count up, and are on disk before a key of theirs is used. Queries touch the few
addresses that are not retired, so their cost does not grow with the number of payments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..base.stored_values import hash_of, number, text, understood
from ..store.database import Database
from ..trinary import address_of

ADDRESS_SCHEMA: Final = """
CREATE TABLE wallet (
    wallet_id TEXT PRIMARY KEY,
    next_index INTEGER NOT NULL,
    receive_index INTEGER NOT NULL,
    earned INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE address (
    trytes TEXT PRIMARY KEY,
    wallet_id TEXT NOT NULL REFERENCES wallet (wallet_id),
    key_index INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'reserved', 'retired')),
    transfer INTEGER,
    UNIQUE (wallet_id, key_index)
) WITHOUT ROWID;
CREATE INDEX address_live ON address (wallet_id, key_index) WHERE state <> 'retired';
CREATE INDEX address_transfer ON address (transfer) WHERE state = 'reserved';
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRow:
    """A wallet's totals of confirmed payments, in iota, and the address that receives."""

    wallet_id: str
    earned_i: int
    spent_i: int
    address: str


class AddressBook:
    """Keeps addresses by wallet. Call it inside the database's transactions; errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wallet_ids(self) -> list[str]:
        """Return the wallets that have addresses."""
        return [row[0] for row in self._database.rows("SELECT wallet_id FROM wallet ORDER BY wallet_id")]

    def has(self, wallet_id: str) -> bool:
        """Tell whether there is a wallet of this name."""
        return self._database.value("SELECT 1 FROM wallet WHERE wallet_id = ?", wallet_id) is not None

    def add(self, wallet_id: str, seed: str, found: Sequence[tuple[str, bool]]) -> None:
        """Add a wallet. `found` are the addresses from index 0 on that were used before, and whether spent."""
        with self._database.transaction(durable=True):
            self._database.run(
                "INSERT INTO wallet (wallet_id, next_index, receive_index) VALUES (?, ?, 0)", wallet_id, len(found)
            )
            self._note_found(wallet_id, found, 0)
            self.renew(wallet_id, seed)

    def _note_found(self, wallet_id: str, found: Sequence[tuple[str, bool]], begin: int) -> None:
        self._database.run_many(
            "INSERT INTO address (trytes, wallet_id, key_index, state) VALUES (?, ?, ?, ?)",
            [
                (trytes, wallet_id, index, "retired" if spent else "open")
                for index, (trytes, spent) in enumerate(found)
                if index >= begin
            ],
        )

    def rename(self, wallet_id: str, name: str) -> None:
        """Give a wallet, with all of its addresses, another name that is free. Its totals start anew there."""
        self._database.run(
            "INSERT INTO wallet (wallet_id, next_index, receive_index)"
            " SELECT ?, next_index, receive_index FROM wallet WHERE wallet_id = ?",
            name,
            wallet_id,
        )
        self._database.run("UPDATE address SET wallet_id = ? WHERE wallet_id = ?", name, wallet_id)
        self._database.run("DELETE FROM wallet WHERE wallet_id = ?", wallet_id)

    def note_use(self, wallet_id: str, seed: str, found: Sequence[tuple[str, bool]]) -> None:
        """Note what became of a wallet's addresses elsewhere (`found` as in `add`), and begin after them."""
        begin = self._index(wallet_id, "next_index")
        self._database.run_many(
            "UPDATE address SET state = 'retired' WHERE trytes = ? AND state = 'open'",
            [(trytes,) for trytes, spent in found if spent],
        )
        self._note_found(wallet_id, found, begin)
        self._database.run(
            "UPDATE wallet SET next_index = MAX(next_index, ?) WHERE wallet_id = ?", len(found), wallet_id
        )
        self.renew(wallet_id, seed)

    def next_index(self, wallet_id: str) -> int:
        """Return the first key index that a wallet has not used yet."""
        return self._index(wallet_id, "next_index")

    def go_on_after(self, wallet_id: str, seed: str, found: Sequence[tuple[str, bool]]) -> None:
        """Note the addresses from the next index on that turned out to be used, and begin after them."""
        begin = self.next_index(wallet_id)
        self._database.run_many(
            "INSERT INTO address (trytes, wallet_id, key_index, state) VALUES (?, ?, ?, ?)",
            [
                (trytes, wallet_id, begin + place, "retired" if spent else "open")
                for place, (trytes, spent) in enumerate(found)
            ],
        )
        self._database.run("UPDATE wallet SET next_index = next_index + ? WHERE wallet_id = ?", len(found), wallet_id)
        self.renew(wallet_id, seed)

    def key_index(self, address: str) -> int | None:
        """Return the key index of one of our addresses; None for any other."""
        index: int | None = self._database.value("SELECT key_index FROM address WHERE trytes = ?", address)
        return index

    def renew(self, wallet_id: str, seed: str) -> str:
        """Count the wallet's key index up; its new address receives from now on, change included."""
        index = self._index(wallet_id, "next_index")
        trytes = address_of(seed, index)
        self._database.run(
            "UPDATE wallet SET next_index = ?, receive_index = ? WHERE wallet_id = ?", index + 1, index, wallet_id
        )
        self._database.run(
            "INSERT INTO address (trytes, wallet_id, key_index, state) VALUES (?, ?, ?, 'open')",
            trytes,
            wallet_id,
            index,
        )
        return trytes

    def wallet(self, wallet_id: str) -> WalletRow:
        """Return a wallet that exists. Raises LedgerError (corrupt) when its row is not there, or makes no sense."""
        row = self._database.row(
            "SELECT earned, spent, trytes FROM wallet JOIN address ON address.wallet_id = wallet.wallet_id"
            " AND key_index = receive_index WHERE wallet.wallet_id = ?",
            wallet_id,
        )
        with understood("a wallet"):
            earned, spent, address = row or ()
            return WalletRow(
                wallet_id=wallet_id, earned_i=number(earned), spent_i=number(spent), address=hash_of(address)
            )

    def receive_key(self, wallet_id: str) -> tuple[int, str]:
        """Return key index and address that receive now."""
        index = self._index(wallet_id, "receive_index")
        return index, self.wallet(wallet_id).address

    def _index(self, wallet_id: str, which: str) -> int:
        with understood("a wallet's key"):
            return number(self._database.value(f"SELECT {which} FROM wallet WHERE wallet_id = ?", wallet_id))  # noqa: S608

    def live(self, wallet_id: str, *, reserved: bool) -> list[tuple[str, int]]:
        """Return address and key index of all that can hold tokens; those of transfers on their way if `reserved`."""
        rows = self._database.rows(
            "SELECT trytes, key_index FROM address WHERE wallet_id = ? AND state <> 'retired'"
            " AND (state = 'open' OR ?) ORDER BY key_index",
            wallet_id,
            reserved,
        )
        with understood("an address"):
            return [(hash_of(row[0]), number(row[1])) for row in rows]

    def owner(self, address: str) -> str | None:
        """Return the wallet that an address (81 trytes) belongs to."""
        owner: str | None = self._database.value("SELECT wallet_id FROM address WHERE trytes = ?", address)
        return owner

    def is_open(self, address: str) -> bool:
        """Tell whether one of our addresses may still receive; of an address that is not ours, nothing is known."""
        state = self._database.value("SELECT state FROM address WHERE trytes = ?", address)
        return state is None or state == "open"

    def are_open(self, wallet_id: str, addresses: Sequence[str]) -> bool:
        """Tell whether all of these addresses are this wallet's, and none was given to a transfer."""
        asked = [(address, wallet_id) for address in addresses]
        return None not in self._database.row_each(
            "SELECT 1 FROM address WHERE trytes = ? AND wallet_id = ? AND state = 'open'", asked
        )

    def reserve(self, addresses: Sequence[str], transfer: int) -> None:
        """Give these addresses to a transfer: from now on nothing else spends from them, ever."""
        self._database.run_many(
            "UPDATE address SET state = 'reserved', transfer = ? WHERE trytes = ? AND state = 'open'",
            [(transfer, address) for address in addresses],
        )

    def retire(self, transfer: int, *, keep: Sequence[str] = ()) -> None:
        """Retire the addresses of a transfer that is over, but for those that are to `keep` for a rescue."""
        rows = self._database.rows("SELECT trytes FROM address WHERE transfer = ? AND state = 'reserved'", transfer)
        self._database.run_many(
            "UPDATE address SET state = 'retired' WHERE trytes = ?", [row for row in rows if row[0] not in keep]
        )

    def give_up(self, addresses: Sequence[str]) -> None:
        """Retire open addresses that somebody else with the same seed has emptied."""
        self._database.run_many(
            "UPDATE address SET state = 'retired' WHERE trytes = ? AND state = 'open'", [(each,) for each in addresses]
        )

    def stranded(self) -> list[tuple[str, str, int]]:
        """Return wallet, address and key index of those that were kept when their transfer was over."""
        rows = self._database.rows(
            "SELECT wallet_id, address.trytes, key_index FROM address JOIN transfer ON transfer.id = address.transfer"
            " WHERE address.state = 'reserved' AND transfer.state = 'failed' ORDER BY address.transfer, key_index"
        )
        with understood("an address"):
            return [(text(row[0]), hash_of(row[1]), number(row[2])) for row in rows]

    def hand_on(self, address: str, transfer: int) -> None:
        """Give an address that was kept to the transfer that rescues what it holds."""
        self._database.run("UPDATE address SET transfer = ? WHERE trytes = ? AND state = 'reserved'", transfer, address)

    def book(self, wallet_id: str, *, earned_i: int = 0, spent_i: int = 0) -> None:
        """Add a confirmed payment to a wallet's totals."""
        self._database.run(
            "UPDATE wallet SET earned = earned + ?, spent = spent + ? WHERE wallet_id = ?",
            earned_i,
            spent_i,
            wallet_id,
        )
