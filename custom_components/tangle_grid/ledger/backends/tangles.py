"""Which Tangle the wallets work on, and what was last known of it: for the time when nobody can be asked.

A ledger can move from one Tangle to another, when its owner chooses another back end. Payments that were not signed
yet go out on the new one. A signed bundle belongs to the Tangle that it was signed for: it stays here, *parked*, and
goes on when the ledger comes back to that Tangle; its addresses are never used for anything else. What was confirmed
stays as history, with the Tangle that it was confirmed on.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..base.stored_values import amount, from_json, hash_of, number, text, understood
from ..store.database import Database
from ..store.properties import Properties

TANGLES_SCHEMA: Final = """
CREATE TABLE tangle_transfer (
    transfer INTEGER PRIMARY KEY REFERENCES transfer (id),
    tangle TEXT NOT NULL,
    parked INTEGER NOT NULL
);
CREATE INDEX tangle_parked ON tangle_transfer (transfer) WHERE parked = 1;
CREATE TABLE tangle_balance (
    tangle TEXT NOT NULL,
    address TEXT NOT NULL,
    balance INTEGER NOT NULL,
    PRIMARY KEY (tangle, address)
) WITHOUT ROWID;
CREATE TABLE tangle_credit (
    tangle TEXT NOT NULL,
    address TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (tangle, address)
) WITHOUT ROWID;
CREATE TABLE tangle_seen (
    hash TEXT PRIMARY KEY,
    tangle TEXT NOT NULL,
    tag TEXT NOT NULL,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tangle_seen_at ON tangle_seen (tangle, at);
"""

_MAX_SEEN: Final = 100_000
_MAX_ANCHORS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A milestone that was seen. A node that has forgotten it, without a reason to, has another Tangle."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTransaction:
    """A transaction that was read once. `at` grows with the time when it was attached, and is different for each."""

    hash: str
    tag: str
    position: int
    at: int


class Tangles:
    """Reads and writes all that; errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._properties = Properties(database)

    @property
    def tangle_id(self) -> str:
        """The Tangle that the wallets work on."""
        return self._properties.get("tangle_id") or ""

    @property
    def place(self) -> str:
        """The back end that was chosen: `embedded`, or the address of a node."""
        return self._properties.get("backend") or "embedded"

    def stay(self, place: str) -> None:
        """Note the place of a Tangle that the wallets work on already."""
        self._properties.set("backend", place)

    def move(self, tangle_id: str, place: str) -> None:
        """Let the wallets work on another Tangle. Call it in a transaction with whatever else this takes."""
        before, database = self.tangle_id, self._database
        # Nothing of these was signed: they are planned anew, on what the wallets hold there. But one address alone,
        # with no payment, is being rescued: its key has signed once, and it goes on being held back.
        database.run(
            "UPDATE address SET state = 'open', transfer = NULL WHERE state = 'reserved'"
            " AND transfer IN (SELECT id FROM transfer WHERE state = 'planned' AND ("
            "EXISTS (SELECT 1 FROM payment WHERE payment.transfer = transfer.id)"
            " OR (SELECT COUNT(*) FROM address AS held WHERE held.transfer = transfer.id) > 1))"
        )
        database.run(
            "UPDATE payment SET transfer = NULL WHERE transfer IN (SELECT id FROM transfer WHERE state = 'planned')"
        )
        # What became of the wallets' funds there says nothing about those here.
        database.run("UPDATE payment SET error = NULL WHERE state = 'queued' AND transfer IS NULL")
        database.run("UPDATE transfer SET state = 'failed', plan = NULL WHERE state = 'planned'")
        database.run(
            "INSERT INTO tangle_transfer (transfer, tangle, parked) SELECT id, ?, state IN ('prepared', 'sent')"
            " FROM transfer WHERE id NOT IN (SELECT transfer FROM tangle_transfer)",
            before,
        )
        database.run(
            "DELETE FROM tangle_transfer WHERE tangle = ?"
            " AND transfer IN (SELECT id FROM transfer WHERE state IN ('prepared', 'sent'))",
            tangle_id,
        )
        self._properties.set("tangle_id", tangle_id)
        self._properties.set("backend", place)
        self._properties.set("anchors", "[]")

    # What was last known of the Tangle

    def anchors(self) -> list[Anchor]:
        """Return the milestones that were remembered, the latest last."""
        with understood("the milestones that were seen"):
            found = from_json(self._properties.get("anchors") or "[]")
            return [Anchor(number=number(each), hash=hash_of(seen)) for each, seen in found]

    def add_anchor(self, anchor: Anchor) -> None:
        """Remember a milestone that was seen; those after it were not, as it seems."""
        before = [each for each in self.anchors() if each.number < anchor.number]
        kept = [*before, anchor][-_MAX_ANCHORS:]
        self._properties.set("anchors", json.dumps([(each.number, each.hash) for each in kept]))

    def balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the balances that these addresses were last seen with."""
        tangle = self.tangle_id
        rows = self._database.row_each(
            "SELECT balance FROM tangle_balance WHERE tangle = ? AND address = ?",
            [(tangle, each) for each in addresses],
        )
        with understood("a balance"):
            return [0 if row is None else amount(row[0]) for row in rows]

    def all_balances(self) -> dict[str, int]:
        """Return all balances that were noted of this Tangle."""
        return dict(self._database.rows("SELECT address, balance FROM tangle_balance WHERE tangle = ?", self.tangle_id))

    def set_balances(self, balances: Mapping[str, int]) -> bool:
        """Note balances, and forget all addresses that are not among these; tell whether anything changed."""
        tangle = self.tangle_id
        before: dict[str, int] = dict(
            self._database.rows("SELECT address, balance FROM tangle_balance WHERE tangle = ?", tangle)
        )
        after = {address: balance for address, balance in balances.items() if balance}
        if before == after:
            return False
        with self._database.transaction():
            self._database.run_many(
                "DELETE FROM tangle_balance WHERE tangle = ? AND address = ?",
                [(tangle, address) for address in before.keys() - after.keys()],
            )
            self._database.run_many(
                "INSERT OR REPLACE INTO tangle_balance (tangle, address, balance) VALUES (?, ?, ?)",
                [(tangle, address, balance) for address, balance in after.items() if before.get(address) != balance],
            )
        return True

    def add_credits(self, paid: Sequence[tuple[str, int]]) -> None:
        """Note what confirmed bundles of ours paid to addresses of ours: no less is there until they are spent from."""
        tangle = self.tangle_id
        self._database.run_many(
            "INSERT INTO tangle_credit (tangle, address, amount) SELECT ?1, trytes, ?3 FROM address WHERE trytes = ?2"
            " ON CONFLICT (tangle, address) DO UPDATE SET amount = amount + excluded.amount",
            [(tangle, address, amount) for address, amount in paid],
        )
        self._database.run(
            "DELETE FROM tangle_credit WHERE tangle = ? AND address IN"
            " (SELECT trytes FROM address WHERE state = 'retired' AND trytes IN (SELECT address FROM tangle_credit))",
            tangle,
        )

    def credits(self, addresses: Sequence[str]) -> list[int]:
        """Return the least that each address holds, unless it was spent from."""
        tangle = self.tangle_id
        rows = self._database.row_each(
            "SELECT amount FROM tangle_credit WHERE tangle = ? AND address = ?", [(tangle, each) for each in addresses]
        )
        with understood("a credit"):
            return [0 if row is None else amount(row[0]) for row in rows]

    def drop_credits(self, addresses: Iterable[str]) -> None:
        """Forget what was paid to addresses that somebody else has spent from."""
        tangle = self.tangle_id
        self._database.run_many(
            "DELETE FROM tangle_credit WHERE tangle = ? AND address = ?", [(tangle, each) for each in addresses]
        )

    # Transactions that were read before, the newest of which are looked for again and again

    def unseen(self, hashes: Sequence[str]) -> list[str]:
        """Return those that were not read yet."""
        rows = self._database.row_each("SELECT 1 FROM tangle_seen WHERE hash = ?", [(each,) for each in hashes])
        return [each for each, row in zip(hashes, rows, strict=True) if row is None]

    def add_seen(self, transactions: Sequence[SeenTransaction]) -> None:
        """Note transactions; the oldest of very many are forgotten, and would be read again."""
        tangle = self.tangle_id
        with self._database.transaction():
            self._database.run_many(
                "INSERT OR IGNORE INTO tangle_seen (hash, tangle, tag, position, at) VALUES (?, ?, ?, ?, ?)",
                [(each.hash, tangle, each.tag, each.position, each.at) for each in transactions],
            )
            count = self._database.value("SELECT COUNT(*) FROM tangle_seen")
            if count > _MAX_SEEN:
                self._database.run(
                    "DELETE FROM tangle_seen WHERE hash IN (SELECT hash FROM tangle_seen ORDER BY at LIMIT ?)",
                    count - _MAX_SEEN + _MAX_SEEN // 10,
                )

    def newest_tails(self, *, tag: str | None, prefix: str, below: int, limit: int) -> list[SeenTransaction]:
        """Return the newest tails with this tag, or with any tag that starts so, attached before `below`."""
        condition = "tag = ?" if tag is not None else "tag >= ? AND tag < ?"
        values = [tag] if tag is not None else [prefix, prefix + "["]
        rows = self._database.rows(
            "SELECT hash, tag, position, at FROM tangle_seen WHERE tangle = ? AND at < ? AND position = 0"  # noqa: S608
            f" AND {condition} ORDER BY at DESC, hash LIMIT ?",
            self.tangle_id,
            below,
            *values,
            limit,
        )
        with understood("a transaction that was seen"):
            return [
                SeenTransaction(hash=hash_of(row[0]), tag=text(row[1]), position=number(row[2]), at=number(row[3]))
                for row in rows
            ]
