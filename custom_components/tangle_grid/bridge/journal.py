"""The economy's journal on disk: open sagas, the payments that they want, and the lines of everybody's books.

What a step of a saga changed is written in one transaction: its new state, its transfers and its lines. A transfer or
a line that is there already stays as it is, so that a step which is repeated after a crash changes nothing.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from ..economy.effects import BookEntry, Effect, Kind, Transfer
from ..ledger import PROPERTIES_SCHEMA, Database, LedgerError, LedgerFault, Properties, set_aside

JOURNAL_FILE: Final = "economy.sqlite"
_VERSION: Final = 2
_SCHEMA: Final = """
CREATE TABLE saga (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0,
    changed_at REAL NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX saga_open ON saga (kind, id) WHERE ended = 0;
CREATE INDEX saga_ended ON saga (kind, changed_at) WHERE ended = 1;
CREATE TABLE transfer (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    memo TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'taken', 'confirmed')),
    tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX transfer_open ON transfer (number) WHERE state <> 'confirmed';
CREATE TABLE line (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id TEXT NOT NULL UNIQUE,
    participant TEXT NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    amount INTEGER NOT NULL,
    wh_in INTEGER NOT NULL,
    wh_out INTEGER NOT NULL,
    counterparty TEXT,
    payment_id TEXT,
    details TEXT NOT NULL,
    rate TEXT
);
CREATE INDEX line_of ON line (participant, at);
CREATE INDEX line_payment ON line (payment_id) WHERE payment_id IS NOT NULL;
CREATE TABLE quarter (
    participant TEXT NOT NULL,
    at INTEGER NOT NULL,
    wh_in INTEGER NOT NULL,
    wh_out INTEGER NOT NULL,
    PRIMARY KEY (participant, at)
) WITHOUT ROWID;
CREATE TABLE erased (payment_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_UPGRADES: Final = {
    1: "ALTER TABLE line ADD COLUMN rate TEXT; CREATE TABLE erased (payment_id TEXT PRIMARY KEY) WITHOUT ROWID"
}
_BEGUN: Final = "begun"
_LINES: Final = (
    "SELECT entry_id, participant, at, kind, reference, amount, wh_in, wh_out, counterparty, payment_id, details, "
    "rate FROM line"
)
_TRANSFERS: Final = "SELECT payment_id, source, target, amount, memo, state, tries FROM transfer"
_OPEN: Final = "SELECT id, state FROM saga WHERE ended = 0"
_COUNT_DETAILED: Final = (
    "SELECT COUNT(*) FROM line WHERE details <> '{}' AND at < ?1 AND (?2 IS NULL OR participant = ?2) "
    "AND kind IN (SELECT value FROM json_each(?3))"
)
_NOTE_ERASED: Final = (
    "INSERT OR IGNORE INTO erased SELECT payment_id FROM transfer WHERE state = 'confirmed' AND ?1 IN (source, target)"
)
_FORGET_DETAILED: Final = _COUNT_DETAILED.replace("SELECT COUNT(*) FROM line", "UPDATE line SET details = '{}'")


class TransferState(StrEnum):
    """Where a transfer stands: it moves to the right; a payment that failed makes it wait anew."""

    WAITING = "waiting"
    TAKEN = "taken"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedTransfer:
    """A transfer and what became of it. `tries` counts the payments of it that failed for good."""

    transfer: Transfer
    state: TransferState = TransferState.WAITING
    tries: int = 0

    @property
    def order_id(self) -> str:
        """The id of its present payment: one that failed can never be made again under its own."""
        return self.transfer.payment_id + (f"~{self.tries}" if self.tries else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step of a saga changed: its state as JSON, and what it wants done. Of an `ended` one it is the last."""

    kind: str
    saga_id: str
    state: Mapping[str, Any]
    at: float
    effects: Sequence[Effect] = field(default=())
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Energy of a participant in the 15 minutes from `at` (epoch s), Wh: taken and given."""

    participant: str
    at: int
    wh_in: int
    wh_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How many lines were rewritten, and how many things of the person are still under way and stay until they end.

    `payments` are those beside which nothing can be read any more.
    """

    lines: int
    under_way: int
    payments: int = 0


type Rewriting = Callable[[Iterable[BookEntry], Callable[[str], bool]], Iterable[BookEntry]]
"""Gives the lines that change, from all lines, and from what tells whether a reference is of a saga that goes on."""


class Journal:
    """One file. Use it from any worker thread, never from the event loop.

    Every method raises LedgerError (`ledger_unavailable`, with its fault) when the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        """Open the journal, or begin one. A damaged one is set aside under another name, which `aside` tells."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.aside: Sequence[str] = ()
        try:
            self._database = _open(path)
        except LedgerError as error:
            if error.fault is not LedgerFault.CORRUPT:
                raise
            self.aside = set_aside(path)
            self._database = _open(path)

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._database.close()

    def lie_still(self, seconds: float) -> None:
        """Let copies of the file be whole from now on, for so many seconds."""
        self._database.lie_still(seconds)

    def go_on(self) -> None:
        """Let the file change again."""
        self._database.go_on()

    def record(self, steps: Sequence[Step]) -> None:
        """Write what these steps changed, all or nothing, safe from a power failure too."""
        database = self._database
        with database.transaction(durable=True):
            for step in steps:
                database.run(
                    "INSERT INTO saga (kind, id, state, ended, changed_at) VALUES (?, ?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET state = excluded.state, ended = excluded.ended, "
                    "changed_at = excluded.changed_at",
                    *(step.kind, step.saga_id, _json(step.state), int(step.ended), step.at),
                )
                self._put(step.effects)

    def add_lines(self, lines: Iterable[BookEntry]) -> None:
        """Write lines of the books that belong to no saga, all or nothing."""
        with self._database.transaction(durable=True):
            self._put(lines)

    def _put(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Transfer):
                self._database.run(
                    "INSERT INTO transfer (payment_id, source, target, amount, memo, state) "
                    "VALUES (?, ?, ?, ?, ?, 'waiting') ON CONFLICT (payment_id) DO NOTHING",
                    *(effect.payment_id, effect.source, effect.target, effect.amount_i, _json(effect.memo)),
                )
            else:
                self._database.run(
                    "INSERT INTO line (entry_id, participant, at, kind, reference, amount, wh_in, wh_out, "
                    "counterparty, payment_id, details, rate) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (entry_id) DO NOTHING",
                    *(effect.entry_id, effect.participant, effect.at, effect.kind, effect.reference),
                    *(effect.amount_i, effect.wh_in, effect.wh_out, effect.counterparty, effect.payment_id),
                    _json(effect.details),
                    None if effect.rate is None else str(effect.rate),
                )

    # Sagas

    def open_sagas(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the states of all sagas that have not ended, by kind and id."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for kind, saga_id, state in self._database.rows("SELECT kind, id, state FROM saga WHERE ended = 0"):
            found.setdefault(kind, {})[saga_id] = json.loads(state)
        return found

    def saga(self, kind: str, saga_id: str) -> dict[str, Any] | None:
        """Return the newest state of a saga, also of one that has ended; None when there is none."""
        row = self._database.row("SELECT state FROM saga WHERE kind = ? AND id = ?", kind, saga_id)
        return None if row is None else dict(json.loads(row[0]))

    def ended(self, kind: str, *, limit: int = 50) -> list[dict[str, Any]]:
        """Return the last states of those that have ended, the newest first."""
        rows = self._database.rows(
            "SELECT state FROM saga WHERE kind = ? AND ended = 1 ORDER BY changed_at DESC LIMIT ?", kind, limit
        )
        return [json.loads(state) for (state,) in rows]

    def forget_ended(self, kind: str | None, before: float) -> None:
        """Forget those (of one kind) that ended before a time, epoch s. Their lines in the books stay."""
        self._database.run(
            "DELETE FROM saga WHERE (?1 IS NULL OR kind = ?1) AND ended = 1 AND changed_at < ?2", kind, before
        )

    # Transfers

    def open_transfers(self) -> list[OrderedTransfer]:
        """Return all transfers that are not confirmed, the oldest first."""
        rows = self._database.rows(_TRANSFERS + " WHERE state <> 'confirmed' ORDER BY number")
        return [_transfer_of(row) for row in rows]

    def transfer(self, payment_id: str) -> OrderedTransfer | None:
        """Return a transfer by its payment id; None when there is none."""
        row = self._database.row(_TRANSFERS + " WHERE payment_id = ?", payment_id)
        return None if row is None else _transfer_of(row)

    def transfers_of(self, name: str) -> list[tuple[Transfer, list[BookEntry]]]:
        """Return the transfers whose ids begin with this name and a colon, the oldest first, each with its lines."""
        bounds = f"{name}:", f"{name};"
        lines: dict[str | None, list[BookEntry]] = {}
        for row in self._database.rows(_LINES + " WHERE payment_id >= ? AND payment_id < ? ORDER BY number", *bounds):
            line = _line_of(row)
            lines.setdefault(line.payment_id, []).append(line)
        rows = self._database.rows(_TRANSFERS + " WHERE payment_id >= ? AND payment_id < ? ORDER BY number", *bounds)
        transfers = [_transfer_of(row).transfer for row in rows]
        return [(each, lines.get(each.payment_id, [])) for each in transfers]

    def newest_transfers(self, limit: int) -> list[OrderedTransfer]:
        """Return the newest transfers, the oldest of them first, whatever became of them."""
        rows = self._database.rows(_TRANSFERS + " ORDER BY number DESC LIMIT ?", limit)
        return [_transfer_of(row) for row in reversed(rows)]

    def note_states(self, transfers: Sequence[OrderedTransfer]) -> None:
        """Note where transfers stand."""
        with self._database.transaction():
            self._database.run_many(
                "UPDATE transfer SET state = ?, tries = ? WHERE payment_id = ?",
                [(each.state, each.tries, each.transfer.payment_id) for each in transfers],
            )

    def note_amount(self, payment_id: str, amount_i: int) -> None:
        """Note that a payment was made with another amount: the journal had been set back. Its lines follow.

        What a payment pays beside the first thing (a fee) stays as it was said: the next payment makes up for it.
        """
        with self._database.transaction(durable=True):
            before = self._database.value("SELECT amount FROM transfer WHERE payment_id = ?", payment_id)
            self._database.run("UPDATE transfer SET amount = ? WHERE payment_id = ?", amount_i, payment_id)
            self._database.run(
                "UPDATE line SET amount = amount + (SELECT CASE WHEN SUM(own.amount) < 0 THEN -?1 ELSE ?1 END "
                "FROM line AS own WHERE own.payment_id = ?2 AND own.participant = line.participant) "
                "WHERE number IN (SELECT MIN(number) FROM line WHERE payment_id = ?2 AND amount <> 0 "
                "GROUP BY participant)",
                *(amount_i - int(before), payment_id),
            )

    # Books

    def lines(
        self, *, participant: str | None = None, since: float | None = None, until: float | None = None
    ) -> Iterator[BookEntry]:
        """Return lines from `since` on and before `until` (epoch s), in the order of their times."""
        rows = self._database.rows(
            _LINES + " WHERE (?1 IS NULL OR participant = ?1) AND (?2 IS NULL OR at >= ?2) "
            "AND (?3 IS NULL OR at < ?3) ORDER BY at, number",
            *(participant, since, until),
        )
        return map(_line_of, rows)

    def balance_i(self, participant: str, *, before: float | None = None) -> int:
        """Return what a participant's lines (before a time, epoch s) come to, iota."""
        return int(
            self._database.value(
                "SELECT COALESCE(SUM(amount), 0) FROM line WHERE participant = ?1 AND (?2 IS NULL OR at < ?2)",
                *(participant, before),
            )
        )

    def begin(self, lines: Iterable[BookEntry], at: float) -> float:
        """Begin the books with these lines if they have not begun, and return since when there are books, epoch s."""
        properties = Properties(self._database)
        with self._database.transaction(durable=True):
            if (begun := properties.get(_BEGUN)) is not None:
                return float(begun)
            properties.set(_BEGUN, repr(at))
            self._put(lines)
        return at

    def ordered_here(self, payment_ids: Sequence[str]) -> set[str]:
        """Return those of these payments that were ordered for a transfer: their lines are its saga's.

        So are those of transfers that were erased.
        """
        names = {payment_id: payment_id.partition("~")[0] for payment_id in payment_ids}
        rows = self._database.rows(
            "SELECT payment_id FROM transfer WHERE payment_id IN (SELECT value FROM json_each(?1)) "
            "UNION SELECT payment_id FROM erased WHERE payment_id IN (SELECT value FROM json_each(?1))",
            json.dumps(sorted(set(names.values()))),
        )
        found = {payment_id for (payment_id,) in rows}
        return {payment_id for payment_id, name in names.items() if name in found}

    def forget_details(self, *, participant: str | None = None, kinds: Sequence[Kind], before: float) -> int:
        """Forget what lines say beside their sums, and return of how many: amounts and energy stay exact."""
        values = (before, participant, json.dumps(list(kinds)))
        with self._database.transaction(durable=True):
            count = self._database.value(_COUNT_DETAILED, *values)
            self._database.run(_FORGET_DETAILED, *values)
        return int(count)

    def erase(self, participant: str, names: Iterable[str], rewritten: Rewriting) -> Erased:
        """Erase a person from the books, all or nothing, and what ended of its sagas, and its energy by quarters.

        Of its transfers that are confirmed, the id remains: they are never made again. Nothing else of what is erased
        is left in the file. `names` are those that sagas know the person by. Of the lines that `rewritten` gives, only
        time, reference, other side and details are taken.
        """
        database, known = self._database, {participant, *names}
        with database.transaction(durable=True):
            # What does not name the person any more, such as what was found by its report, is nothing of its.
            sagas = [f"{saga_id} {state}" for saga_id, state in database.rows(_OPEN)]
            under_way = [text for text in sagas if any(name in text for name in known)]
            kept: set[str] = set()

            def is_kept(reference: str) -> bool:
                if any(reference in text for text in under_way):
                    kept.add(reference)
                return reference in kept

            lines = list(map(_line_of, database.rows(_LINES + " ORDER BY number")))
            changed = list(rewritten(lines, is_kept))
            database.run_many(
                "UPDATE line SET at = ?, reference = ?, counterparty = ?, details = ? WHERE entry_id = ?",
                [(each.at, each.reference, each.counterparty, _json(each.details), each.entry_id) for each in changed],
            )
            for name in known:
                database.run("DELETE FROM saga WHERE ended = 1 AND instr(state, ?)", json.dumps(name))
            database.run("DELETE FROM quarter WHERE participant = ?", participant)
            database.run(_NOTE_ERASED, participant)
            database.run("DELETE FROM transfer WHERE state = 'confirmed' AND ?1 IN (source, target)", participant)
            own = {line.reference for line in lines if line.participant == participant}
        database.rewrite()
        return Erased(lines=len(changed), under_way=len(kept & own))

    def forget_quarters(self, before: int) -> None:
        """Forget the energy of quarters that began before a time, epoch s."""
        self._database.run("DELETE FROM quarter WHERE at < ?", before)

    # Energy in quarters of an hour

    def add_quarters(self, quarters: Iterable[Quarter]) -> None:
        """Add energy to quarters of an hour."""
        with self._database.transaction():
            self._database.run_many(
                "INSERT INTO quarter (participant, at, wh_in, wh_out) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET wh_in = wh_in + excluded.wh_in, wh_out = wh_out + excluded.wh_out",
                [(each.participant, each.at, each.wh_in, each.wh_out) for each in quarters],
            )

    def quarters(self, *, since: int, until: int) -> list[Quarter]:
        """Return the energy of everybody in the quarters that begin from `since` on and before `until`, epoch s."""
        rows = self._database.rows(
            "SELECT participant, at, wh_in, wh_out FROM quarter WHERE at >= ? AND at < ? ORDER BY at, participant",
            *(since, until),
        )
        return [Quarter(participant=who, at=at, wh_in=wh_in, wh_out=wh_out) for who, at, wh_in, wh_out in rows]


def _open(path: Path) -> Database:
    return Database(
        path,
        schema=_SCHEMA + PROPERTIES_SCHEMA,
        version=_VERSION,
        upgrades=_UPGRADES,
        create=lambda _database: None,
        cache_bytes=512 * 1024,
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _transfer_of(row: Sequence[Any]) -> OrderedTransfer:
    payment_id, source, target, amount_i, memo, state, tries = row
    transfer = Transfer(payment_id=payment_id, source=source, target=target, amount_i=amount_i, memo=json.loads(memo))
    return OrderedTransfer(transfer=transfer, state=TransferState(state), tries=tries)


def _line_of(row: Sequence[Any]) -> BookEntry:
    entry_id, participant, at, kind, reference, amount_i, wh_in, wh_out, counterparty, payment_id, details, rate = row
    return BookEntry(
        entry_id=entry_id,
        participant=participant,
        at=at,
        kind=Kind(kind),
        reference=reference,
        amount_i=amount_i,
        wh_in=wh_in,
        wh_out=wh_out,
        counterparty=counterparty,
        payment_id=payment_id,
        details=json.loads(details),
        rate=None if rate is None else Fraction(rate),
    )


def with_amount(ordered: OrderedTransfer, amount_i: int) -> OrderedTransfer:
    """Return the transfer as it was really made."""
    return replace(ordered, transfer=replace(ordered.transfer, amount_i=amount_i))
