"""The Tangle in SQLite: transactions and their parents, tips, milestones.

Parents are always stored before their children, so row ids are a topological order and the whole Tangle is solid.
Where old transactions were pruned, their children end at entry points: parents of which only hash and id are left.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final
from uuid import uuid4

from ..base.stored_values import hash_of, number, perhaps, text, trytes_of, understood, unpacked
from ..store.database import Database, Row
from .balances import Balances
from .bundle import SUPPLY
from .effort import Effort
from .schema import SCHEMA, UPGRADES, VERSION
from .transaction import NULL_HASH, Transaction

GENESIS_ID: Final = 0
MAX_TIPS: Final = 1_000
"""How many tips are looked at: the newest, where new transactions are to be attached."""

_FAST: Final = 1
_CACHE_BYTES: Final = 32 * 1024 * 1024
_HASH: Final = "substr(hash, 1, 12) = substr(?1, 1, 12) AND hash = ?1"
_AS_PARENT: Final = f"SELECT id, COALESCE(milestone, root) FROM tx WHERE {_HASH}"  # noqa: S608 - our own names
_STORED: Final = "id, hash, position, value, milestone, conflict, signed"
_CONE: Final = """
WITH RECURSIVE cone (id) AS (
    SELECT id FROM tx WHERE id IN ({roots}) AND milestone IS NULL
    UNION
    SELECT parent.id FROM cone JOIN tx AS child ON child.id = cone.id
    JOIN tx AS parent ON parent.id IN (child.trunk, child.branch) WHERE parent.milestone IS NULL
    LIMIT {most}
)
SELECT tx.id, hash, position, value, milestone, conflict, signed FROM cone JOIN tx ON tx.id = cone.id ORDER BY tx.id
"""
_PAGE: Final = 1_000
_BY_KEY: Final = {
    "addresses": ("substr(address, 1, 12) = substr(?1, 1, 12) AND address = ?1",),
    "bundles": ("substr(bundle, 1, 12) = substr(?1, 1, 12) AND bundle = ?1",),
    "tags": ("tag = rtrim(?1, '9')",),
    "approvees": ("trunk = ?1", "branch = ?1"),
}
SEARCH: Final = {
    key: tuple(f"SELECT id, hash FROM tx WHERE {each} AND id > ?2 ORDER BY id LIMIT {_PAGE}" for each in conditions)  # noqa: S608 - our own names
    for key, conditions in _BY_KEY.items()
}
"""How transactions are found by each key of findTransactions, a page at a time; every one of these uses an index."""

RECENT: Final = {
    "tag": f"SELECT {_STORED} FROM tx WHERE tag = rtrim(?1, '9') AND position = 0 AND id < ?2"  # noqa: S608
    " ORDER BY id DESC LIMIT ?3",
    "prefix": f"SELECT {_STORED} FROM tx WHERE substr(tag, 1, 2) = substr(?1, 1, 2) AND position = 0"  # noqa: S608
    " AND id < ?2 AND substr(tag, 1, length(?1)) = ?1 ORDER BY id DESC LIMIT ?3",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the node knows of a transaction beside its trytes. `milestone` is the one that saw it."""

    id: int
    hash: str
    position: int
    value: int
    milestone: int | None = None
    conflict: str | None = None
    signed: bool = False

    @property
    def is_confirmed(self) -> bool:
        """Whether a milestone saw it and found nothing wrong."""
        return self.milestone is not None and self.conflict is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A transaction as a parent. `root` is the oldest milestone that its past, or the milestone that saw it, has."""

    id: int
    root: int


@dataclass(slots=True, kw_only=True)
class NewRow:
    """A transaction about to be stored: `signed` for those of a signed bundle, `kept` for those never pruned."""

    transaction: Transaction
    id: int
    trunk: int
    branch: int
    root: int
    data: bytes
    signed: bool = False
    kept: bool = False

    @property
    def row(self) -> Row:
        """The values of the transaction's row."""
        each = self.transaction
        tag = each.tag.rstrip("9")
        ids = (self.trunk, self.branch, each.value, each.index, self.root, self.signed, self.kept)
        return (self.id, each.hash, each.address, each.bundle, tag, *ids)


def pack(transaction: Transaction) -> bytes:
    """Return the transaction's trytes as they are stored."""
    return zlib.compress(transaction.trytes.encode(), _FAST)


@understood("a transaction")
def _all_stored(rows: Sequence[Row]) -> list[Stored]:
    return list(map(_stored, rows))


def _stored(row: Row) -> Stored:
    row_id, hash_, position, value, milestone, conflict, signed = row
    return Stored(
        id=number(row_id),
        hash=hash_of(hash_),
        position=number(position),
        value=number(value, -SUPPLY, SUPPLY),
        milestone=perhaps(number, milestone),
        conflict=perhaps(text, conflict),
        signed=bool(number(signed)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a Tangle begins with in the place of another one that is lost, whose name it takes.

    `balances` in iota come to the whole supply; nothing is ever paid to or from the `spent` addresses, and the
    `applied` bundles move nothing.
    """

    tangle_id: str
    balances: Mapping[str, int]
    spent: Sequence[str]
    applied: Sequence[str]


class TangleStore:
    """Reads and writes the Tangle's file. Errors are those of `Database`."""

    def __init__(self, path: Path, *, genesis_address: str, beginning: Beginning | None = None) -> None:
        """Open the file, or make one: with the whole supply at the genesis address, unless it has a `beginning`."""

        def create(database: Database) -> None:
            first = beginning or Beginning(
                tangle_id=uuid4().hex, balances={genesis_address: SUPPLY}, spent=(), applied=()
            )
            database.run_many("INSERT INTO account (address, balance) VALUES (?, ?)", list(first.balances.items()))
            database.run_many(
                "INSERT INTO account (address, exposed, spent) VALUES (?, 1, 1) ON CONFLICT (address) DO UPDATE"
                " SET exposed = 1, spent = 1",
                [(each,) for each in first.spent],
            )
            database.run_many("INSERT INTO applied (bundle, milestone) VALUES (?, 0)", [(e,) for e in first.applied])
            for name, value in (("tangle_id", first.tangle_id), ("genesis_address", genesis_address)):
                database.run("INSERT INTO meta (name, value) VALUES (?, ?)", name, value)

        self.database = Database(
            path, schema=SCHEMA, version=VERSION, create=create, upgrades=UPGRADES, cache_bytes=_CACHE_BYTES
        )
        self.balances = Balances(self.database)

    def meta(self, name: str) -> str:
        """Return a property of this Tangle: `tangle_id` or `genesis_address`."""
        return str(self.database.value("SELECT value FROM meta WHERE name = ?", name) or "")

    def meta_number(self, name: str) -> int:
        """Return a property that is a number; 0 where it was never stored."""
        with understood(name):
            return number(int(self.meta(name) or 0))

    def set_meta(self, name: str, value: str) -> None:
        """Store a property of this Tangle."""
        self.database.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value)

    # Taking in

    def ids(self, hashes: Iterable[str]) -> dict[str, int]:
        """Return the row ids of those that are stored; the genesis is always there."""
        return {found: parent.id for found, parent in self.parents(hashes, entries=False).items()}

    def parents(self, hashes: Iterable[str], *, entries: bool = True) -> dict[str, Parent]:
        """Return what there is to attach to under these hashes: stored ones, the genesis, and entry points."""
        asked = list(dict.fromkeys(hashes))
        rows = self.database.row_each(_AS_PARENT, [(each,) for each in asked])
        with understood("a transaction"):
            found = {
                each: Parent(id=number(row[0]), root=number(row[1]))
                for each, row in zip(asked, rows, strict=True)
                if row
            }
        if NULL_HASH in asked:
            found[NULL_HASH] = Parent(id=GENESIS_ID, root=0)
        missing = [each for each in asked if each not in found] if entries else []
        rows = self.database.row_each(f"SELECT id FROM entry WHERE {_HASH}", [(each,) for each in missing])  # noqa: S608
        found.update((each, Parent(id=row[0], root=0)) for each, row in zip(missing, rows, strict=True) if row)
        return found

    def next_id(self) -> int:
        """Return the id that the next transaction gets. The newest one is never pruned, so no id comes twice."""
        with understood("the number of a transaction"):
            return number(self.database.value("SELECT MAX(id) FROM tx") or GENESIS_ID) + 1

    def insert(self, rows: Sequence[NewRow]) -> None:
        """Store transactions whose parents are stored or stand before them; they become tips in their place."""
        self.database.run_many(
            "INSERT INTO tx (id, hash, address, bundle, tag, trunk, branch, value, position, root, signed, kept)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [row.row for row in rows],
        )
        self.database.run_many("INSERT INTO body (id, data) VALUES (?, ?)", [(row.id, row.data) for row in rows])
        approved = {parent for row in rows for parent in (row.trunk, row.branch)}
        new = {row.id for row in rows}
        outside = [(parent,) for parent in sorted(approved - new)]
        replaced = self.database.row_each("SELECT id, moves FROM tip WHERE id = ?", outside)
        # A tip above a payment that waits is as urgent as the payment.
        moving = {row[0] for row in replaced if row is not None and row[1]}
        for row in rows:
            if row.signed or row.trunk in moving or row.branch in moving:
                moving.add(row.id)
        self.database.run_many("DELETE FROM tip WHERE id = ?", outside)
        self.database.run_many(
            "INSERT INTO tip (id, moves) VALUES (?, ?)", [(each, each in moving) for each in sorted(new - approved)]
        )

    def mark(self, hashes: Iterable[str], *, signed: bool, kept: bool) -> None:
        """Note that stored transactions are part of a complete bundle that is signed, or that is to be kept."""
        self.database.run_many(
            f"UPDATE tx SET signed = signed OR ?2, kept = kept OR ?3 WHERE {_HASH}",  # noqa: S608
            [(each, signed, kept) for each in hashes],
        )

    # Reading

    def load(self, transaction_hash: str) -> Transaction | None:
        """Return a stored transaction, or None."""
        data = self.database.value(f"SELECT data FROM tx JOIN body USING (id) WHERE {_HASH}", transaction_hash)  # noqa: S608
        if data is None:
            return None
        with understood("a transaction"):
            return Transaction.of(trytes_of(unpacked(data)), transaction_hash)

    def find(self, transaction_hash: str) -> Stored | None:
        """Return what is known of a transaction, or None."""
        row = self.database.row(f"SELECT {_STORED} FROM tx WHERE {_HASH}", transaction_hash)  # noqa: S608
        return None if row is None else _all_stored([row])[0]

    def age_root(self, transaction_hash: str) -> int | None:
        """Return the milestone that saw a transaction or, before one did, the oldest its past has; None: not known."""
        found = self.parents([transaction_hash]).get(transaction_hash)
        return None if found is None else found.root

    def bundle_of(self, tail_hash: str, fresh: Mapping[str, Transaction] | None = None) -> list[Transaction]:
        """Follow the trunk from a tail through its bundle, tail first; shorter than it says when it is incomplete.

        `fresh` are transactions that are about to be stored.
        """
        bundle: list[Transaction] = []
        next_hash = tail_hash
        while (transaction := (fresh or {}).get(next_hash) or self.load(next_hash)) is not None and (
            not bundle or (transaction.bundle == bundle[0].bundle and transaction.index == len(bundle))
        ):
            bundle.append(transaction)
            if transaction.index == transaction.last_index or len(bundle) > bundle[0].last_index:
                break
            next_hash = transaction.trunk
        return bundle

    def search(self, column: str, values: Iterable[str], effort: Effort) -> set[str]:
        """Return hashes by `addresses`, `bundles`, `tags` (27 trytes) or `approvees`.

        Others get at the file between the pages. Raises NodeError when there are more than the `effort` allows.
        """
        keys: Iterable[object] = values
        if column == "approvees":
            keys = [parent.id for parent in self.parents(values).values()]
        found: set[str] = set()
        for key, statement in product(keys, SEARCH[column]):
            last = -1
            while rows := self.database.rows(statement, key, last):
                effort.spend(len(rows))
                with understood("a transaction"):
                    found.update(hash_of(row[1]) for row in rows)
                last = rows[-1][0]
                if len(rows) < _PAGE:
                    break
            effort.spend()
        return found

    def recent_tails(self, *, tag: str | None, prefix: str, limit: int, below: int | None = None) -> list[Stored]:
        """Return the newest tails with this tag (27 trytes), or with any tag that starts so; page on with `below`.

        A prefix has at least two trytes.
        """
        kind, key = ("prefix", prefix) if tag is None else ("tag", tag)
        return _all_stored(self.database.rows(RECENT[kind], key, 2**62 if below is None else below, limit))

    def tails_with(self, tag: str) -> list[tuple[str, str]]:
        """Return hash and bundle of all tails of signed bundles with this tag (27 trytes), the oldest first."""
        found = self.database.rows(
            "SELECT hash, bundle FROM tx WHERE tag = rtrim(?, '9') AND position = 0 AND signed ORDER BY id", tag
        )
        return [(row[0], row[1]) for row in found]

    def count(self) -> int:
        """Return the number of stored transactions, in constant time."""
        return self.next_id() - 1 - self.meta_number("pruned")

    # Tips

    def tips(self, *, limit: int = 100) -> list[Stored]:
        """Return the newest transactions that nobody approves yet, the newest first."""
        rows = self.database.rows(f"SELECT {_STORED} FROM tip JOIN tx USING (id) ORDER BY id DESC LIMIT ?", limit)  # noqa: S608
        return _all_stored(rows)

    def good_tips(self, oldest: int, *, limit: int = 100) -> list[str]:
        """Return hashes of tips, the newest first, that end a bundle and whose past is not older than a milestone."""
        rows = self.database.rows(
            "SELECT hash FROM (SELECT id FROM tip ORDER BY id DESC LIMIT ?1) JOIN tx USING (id)"
            " WHERE position = 0 AND COALESCE(milestone, root) >= ?2 ORDER BY id DESC LIMIT ?3",
            MAX_TIPS,
            oldest,
            limit,
        )
        with understood("a tip"):
            return [hash_of(row[0]) for row in rows]

    def waiting_tips(self, limit: int) -> list[str]:
        """Return hashes of tips that no milestone has seen: first those above payments, then the oldest."""
        found: dict[str, None] = {}
        for condition in ("moves", "1"):
            rows = self.database.rows(
                f"SELECT hash FROM tip JOIN tx USING (id) WHERE {condition} AND milestone IS NULL ORDER BY id LIMIT ?",  # noqa: S608
                limit,
            )
            found.update((row[0], None) for row in rows)
        with understood("a tip"):
            return [hash_of(each) for each in list(found)[:limit]]

    # Confirmation

    def is_waiting(self) -> bool:
        """Tell whether a transaction waits for its milestone."""
        return self.database.value("SELECT 1 FROM tx WHERE milestone IS NULL LIMIT 1") is not None

    def cone(self, roots: Sequence[int], effort: Effort | None = None) -> list[Stored]:
        """Return what the roots approve, themselves included, and no milestone has seen: parents first.

        Raises NodeError when it is more than the `effort`, if there is one.
        """
        most = -1 if effort is None else effort.rows_left + 1
        rows = self.database.rows(_CONE.format(roots=", ".join("?" * len(roots)), most=most), *roots)
        if effort is not None:
            effort.spend(len(rows))
        return _all_stored(rows)

    def set_milestone(self, number: int, seen: Sequence[Stored], conflicts: dict[str, str], at: float) -> None:
        """Write down what a milestone saw; the last one seen is the milestone itself, and the one before no tip now."""
        rows = [(number, conflicts.get(each.hash), each.id) for each in seen]
        self.database.run_many("UPDATE tx SET milestone = ?, conflict = ? WHERE id = ?", rows)
        self.database.run("DELETE FROM tip WHERE id = (SELECT tx FROM milestone ORDER BY number DESC LIMIT 1)")
        self.database.run(
            "INSERT INTO milestone (number, tx, hash, at) VALUES (?, ?, ?, ?)", number, seen[-1].id, seen[-1].hash, at
        )

    def latest_milestone(self) -> tuple[int, str]:
        """Return number and hash of the latest milestone; the genesis is number 0."""
        row = self.database.row("SELECT number, hash FROM milestone ORDER BY number DESC LIMIT 1")
        with understood("a milestone"):
            return (0, NULL_HASH) if row is None else (number(row[0]), hash_of(row[1]))
