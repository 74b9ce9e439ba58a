"""The Tangle in SQLite: transactions and their parents, addresses and balances, milestones.

Parents are always stored before their children, so row ids are a topological order and the whole Tangle is solid.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from ..database import Database
from .bundle import SUPPLY
from .transaction import NULL_HASH, Transaction

VERSION: Final = 1
GENESIS_ID: Final = 0

_SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE address (
    id INTEGER PRIMARY KEY,
    trytes TEXT NOT NULL UNIQUE,
    balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
    spent INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX funded ON address (balance) WHERE balance > 0;
CREATE TABLE bundle (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, applied INTEGER);
CREATE TABLE tx (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    address INTEGER NOT NULL REFERENCES address (id),
    bundle INTEGER NOT NULL REFERENCES bundle (id),
    trunk INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    value INTEGER NOT NULL,
    tag TEXT NOT NULL,
    position INTEGER NOT NULL,
    tip INTEGER NOT NULL DEFAULT 1,
    signed INTEGER NOT NULL DEFAULT 0,
    milestone INTEGER,
    conflict TEXT,
    data BLOB NOT NULL
);
CREATE INDEX tx_address ON tx (address);
CREATE INDEX tx_bundle ON tx (bundle);
CREATE INDEX tx_tag ON tx (tag, id);
CREATE INDEX tx_trunk ON tx (trunk);
CREATE INDEX tx_branch ON tx (branch);
CREATE INDEX tx_tip ON tx (id) WHERE tip = 1;
CREATE INDEX tx_open ON tx (id) WHERE milestone IS NULL;
CREATE TABLE milestone (number INTEGER PRIMARY KEY, tx INTEGER NOT NULL REFERENCES tx (id), at REAL NOT NULL);
"""

_CONE: Final = """
WITH RECURSIVE cone (id) AS (
    SELECT id FROM tx WHERE id IN ({roots}) AND milestone IS NULL
    UNION
    SELECT parent.id FROM cone JOIN tx AS child ON child.id = cone.id
    JOIN tx AS parent ON parent.id IN (child.trunk, child.branch) WHERE parent.milestone IS NULL
)
SELECT tx.id, tx.hash, tx.position, tx.value FROM cone JOIN tx ON tx.id = cone.id ORDER BY tx.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the node knows of a transaction beside its trytes. ``milestone`` is the one that saw it."""

    id: int
    hash: str
    position: int
    value: int
    milestone: int | None = None
    conflict: str | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether a milestone saw it and found nothing wrong."""
        return self.milestone is not None and self.conflict is None


class TangleStore:
    """Reads and writes the Tangle's file. Errors are those of ``Database``."""

    def __init__(self, path: Path, *, genesis_address: str) -> None:
        def create(database: Database) -> None:
            database.run("INSERT INTO address (trytes, balance) VALUES (?, ?)", genesis_address, SUPPLY)
            for name, value in (("tangle_id", uuid4().hex), ("genesis_address", genesis_address)):
                database.run("INSERT INTO meta (name, value) VALUES (?, ?)", name, value)

        self.database = Database(path, schema=_SCHEMA, version=VERSION, create=create)

    def meta(self, name: str) -> str:
        """Return a property of this Tangle: ``tangle_id`` or ``genesis_address``."""
        return str(self.database.value("SELECT value FROM meta WHERE name = ?", name) or "")

    # Transactions

    def ids(self, hashes: Iterable[str]) -> dict[str, int]:
        """Return the row ids of those that are stored; the genesis is always there."""
        found = {}
        for each in hashes:
            row_id = GENESIS_ID if each == NULL_HASH else self.database.value("SELECT id FROM tx WHERE hash = ?", each)
            if row_id is not None:
                found[each] = int(row_id)
        return found

    def insert(self, transaction: Transaction, trunk: int, branch: int) -> int:
        """Store a transaction whose parents are stored; it becomes a tip in their place."""
        database = self.database
        row_id = database.run(
            "INSERT INTO tx (hash, address, bundle, trunk, branch, value, tag, position, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            transaction.hash,
            self._id_of("address", "trytes", transaction.address),
            self._id_of("bundle", "hash", transaction.bundle),
            trunk,
            branch,
            transaction.value,
            transaction.tag,
            transaction.index,
            zlib.compress(transaction.trytes.encode()),
        )
        database.run("UPDATE tx SET tip = 0 WHERE id IN (?, ?) AND tip = 1", trunk, branch)
        return row_id

    def set_signed(self, bundle: Sequence[Transaction]) -> None:
        """Note that these transactions are a complete bundle with valid signatures."""
        self.database.run_many("UPDATE tx SET signed = 1 WHERE hash = ?", [(each.hash,) for each in bundle])

    def _id_of(self, table: str, column: str, text: str) -> int:
        row_id = self.database.value(f"SELECT id FROM {table} WHERE {column} = ?", text)  # noqa: S608 - our own names
        if row_id is None:
            row_id = self.database.run(f"INSERT INTO {table} ({column}) VALUES (?)", text)  # noqa: S608 - our own names
        return int(row_id)

    def load(self, transaction_hash: str) -> Transaction | None:
        """Return a stored transaction, or None."""
        data = self.database.value("SELECT data FROM tx WHERE hash = ?", transaction_hash)
        return None if data is None else Transaction.parse(zlib.decompress(data).decode(), transaction_hash)

    def find(self, transaction_hash: str) -> Stored | None:
        """Return what is known of a transaction, or None."""
        row = self.database.row(
            "SELECT id, position, value, milestone, conflict FROM tx WHERE hash = ?", transaction_hash
        )
        if row is None:
            return None
        return Stored(
            id=row[0], hash=transaction_hash, position=row[1], value=row[2], milestone=row[3], conflict=row[4]
        )

    def bundle_of(self, tail_hash: str) -> list[Transaction]:
        """Follow the trunk from a tail through its bundle, tail first; shorter than it says when it is incomplete."""
        bundle: list[Transaction] = []
        next_hash = tail_hash
        while (transaction := self.load(next_hash)) is not None and (
            not bundle or (transaction.bundle == bundle[0].bundle and transaction.index == len(bundle))
        ):
            bundle.append(transaction)
            if transaction.index == transaction.last_index:
                break
            next_hash = transaction.trunk
        return bundle

    def search(self, column: str, values: Sequence[str], limit: int) -> set[str]:
        """Return hashes by ``addresses``, ``bundles``, ``tags`` (27 trytes) or ``approvees``, at most ``limit``."""
        condition = {
            "addresses": "address = (SELECT id FROM address WHERE trytes = ?1)",
            "bundles": "bundle = (SELECT id FROM bundle WHERE hash = ?1)",
            "tags": "tag = ?1",
            "approvees": "(trunk = ?1 OR branch = ?1)",
        }[column]
        found: set[str] = set()
        for value in values:
            key: object = value
            if column == "approvees":
                key = self.ids([value]).get(value)
            rows = self.database.rows(f"SELECT hash FROM tx WHERE {condition} LIMIT ?2", key, limit)  # noqa: S608
            found.update(row[0] for row in rows)
        return found

    def recent_tails(self, *, tag: str | None, prefix: str, limit: int, below: int | None = None) -> list[Stored]:
        """Return the newest tails with this tag (27 trytes), or with any tag that starts so; page on with ``below``."""
        # The plus keeps SQLite from sorting all tags: newest first is the order of the rows themselves.
        condition = "tag = ?" if tag is not None else "+tag >= ? AND +tag < ?"
        values = [tag] if tag is not None else [prefix, prefix + "["]
        rows = self.database.rows(
            f"SELECT id, hash, position, value, milestone, conflict FROM tx WHERE {condition}"  # noqa: S608
            " AND position = 0 AND id < ? ORDER BY id DESC LIMIT ?",
            *values,
            2**62 if below is None else below,
            limit,
        )
        names = ("id", "hash", "position", "value", "milestone", "conflict")
        return [Stored(**dict(zip(names, row, strict=True))) for row in rows]

    def count(self) -> int:
        """Return the number of stored transactions, in constant time."""
        return int(self.database.value("SELECT MAX(id) FROM tx") or 0)

    def tips(self, *, limit: int = 100) -> list[Stored]:
        """Return transactions that nobody approves yet, the oldest first."""
        rows = self.database.rows(
            "SELECT id, hash, position, value, milestone, conflict FROM tx WHERE tip = 1 ORDER BY id LIMIT ?", limit
        )
        names = ("id", "hash", "position", "value", "milestone", "conflict")
        return [Stored(**dict(zip(names, row, strict=True))) for row in rows]

    # Confirmation

    def is_waiting(self) -> bool:
        """Tell whether a transaction waits for its milestone."""
        return self.database.value("SELECT 1 FROM tx WHERE milestone IS NULL LIMIT 1") is not None

    def cone(self, roots: Sequence[int]) -> list[Stored]:
        """Return what the roots approve, themselves included, and no milestone has seen: parents first."""
        marks = ", ".join("?" * len(roots))
        rows = self.database.rows(_CONE.format(roots=marks), *roots)
        return [Stored(id=row[0], hash=row[1], position=row[2], value=row[3]) for row in rows]

    def set_milestone(self, number: int, seen: Sequence[Stored], conflicts: dict[str, str], at: float) -> None:
        """Write down what a milestone saw; the last one seen is the milestone itself."""
        rows = [(number, conflicts.get(each.hash), each.id) for each in seen]
        self.database.run_many("UPDATE tx SET milestone = ?, conflict = ? WHERE id = ?", rows)
        self.database.run("INSERT INTO milestone (number, tx, at) VALUES (?, ?, ?)", number, seen[-1].id, at)

    def latest_milestone(self) -> tuple[int, str]:
        """Return number and hash of the latest milestone; the genesis is number 0."""
        row = self.database.row(
            "SELECT milestone.number, tx.hash FROM milestone JOIN tx ON tx.id = milestone.tx"
            " ORDER BY milestone.number DESC LIMIT 1"
        )
        return (0, NULL_HASH) if row is None else (int(row[0]), str(row[1]))

    # Balances

    def balance(self, address: str) -> int:
        """Return the confirmed balance of an address, in iota."""
        return int(self.database.value("SELECT balance FROM address WHERE trytes = ?", address) or 0)

    def is_spent(self, address: str) -> bool:
        """Tell whether a confirmed bundle spent from the address."""
        return bool(self.database.value("SELECT spent FROM address WHERE trytes = ?", address))

    def has_outgoing(self, address: str) -> bool:
        """Tell whether any properly signed bundle, confirmed or not, spends from the address."""
        return bool(
            self.database.value(
                "SELECT 1 FROM tx WHERE address = (SELECT id FROM address WHERE trytes = ?)"
                " AND value < 0 AND signed LIMIT 1",
                address,
            )
        )

    def is_applied(self, bundle: str) -> bool:
        """Tell whether a bundle with this hash moved balances already."""
        return self.database.value("SELECT applied FROM bundle WHERE hash = ?", bundle) is not None

    def write_balances(self, balances: dict[str, int], spent: Iterable[str], applied: Iterable[str], by: int) -> None:
        """Write what a milestone changed."""
        for address, balance in balances.items():
            self.database.run("UPDATE address SET balance = ? WHERE trytes = ?", balance, address)
        for address in spent:
            self.database.run("UPDATE address SET spent = 1 WHERE trytes = ?", address)
        for bundle in applied:
            self.database.run("UPDATE bundle SET applied = ? WHERE hash = ?", by, bundle)

    def supply(self) -> int:
        """Add up all balances."""
        return int(self.database.value("SELECT SUM(balance) FROM address WHERE balance > 0") or 0)
