"""The outbox: what was promised and has not happened yet, on disk, in order.

A payment is queued, then becomes part of a *transfer*: one signed bundle. A transfer is `planned` (everything that
decides the bundle is stored), `prepared` (the signed bundle is stored), `sent`, and `confirmed` or `failed`.
Here are the payments and the tables of both; transfers have their `Transfers`, messages a `MessageQueue`.
Whatever happens in between is repeated from what is stored, and so has the same result.
"""

from statistics import median
from typing import Final

from ..base.model import RECEIPTS, TREASURY, Payment, PaymentOrder
from ..base.stored_values import understood
from ..store.database import Database
from .outbox_rows import OpenPayment, open_payment_of, payment_of

OUTBOX_SCHEMA: Final = """
CREATE TABLE transfer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'prepared', 'sent', 'confirmed', 'failed')),
    plan TEXT,
    bundle TEXT,
    trytes BLOB,
    refused INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
);
CREATE INDEX transfer_open ON transfer (id) WHERE state IN ('planned', 'prepared', 'sent');
CREATE TABLE payment (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    memo TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'confirmed', 'failed')),
    transfer INTEGER REFERENCES transfer (id),
    tail TEXT,
    error TEXT,
    created_at REAL NOT NULL,
    confirmed_at REAL,
    sent_at REAL,
    sweep INTEGER NOT NULL DEFAULT 0,
    alone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX payment_open ON payment (number) WHERE state IN ('queued', 'sent');
CREATE INDEX payment_queued ON payment (number) WHERE state = 'queued';
CREATE INDEX payment_transfer ON payment (transfer);
CREATE INDEX payment_unplanned ON payment (source, number) WHERE state = 'queued' AND transfer IS NULL;
CREATE INDEX payment_spent ON payment (source, created_at, amount) WHERE state <> 'failed' AND sweep = 0;
CREATE INDEX payment_confirmed ON payment (number, confirmed_at, created_at) WHERE state = 'confirmed';
CREATE TABLE message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    plan TEXT,
    bundle TEXT,
    sender TEXT,
    epoch INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE sender (public_key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, previous TEXT NOT NULL) WITHOUT ROWID;
"""

OUTBOX_UPGRADE: Final = """
ALTER TABLE transfer ADD COLUMN last_error TEXT;
ALTER TABLE payment ADD COLUMN sent_at REAL;
ALTER TABLE payment ADD COLUMN sweep INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payment_unplanned ON payment (source, number) WHERE state = 'queued' AND transfer IS NULL;
CREATE INDEX payment_spent ON payment (source, created_at, amount) WHERE state <> 'failed' AND sweep = 0;
CREATE INDEX payment_confirmed ON payment (number, confirmed_at, created_at) WHERE state = 'confirmed';
"""
"""What makes the tables of version 1 those of version 2."""

OUTBOX_UPGRADE_2: Final = """
ALTER TABLE message ADD COLUMN sender TEXT;
ALTER TABLE message ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
"""
"""What makes the tables of version 2 those above."""

_TIMED: Final = 50
_SOMEBODY: Final = "erased"
_COUNT_TOLD: Final = (
    "SELECT COUNT(*) FROM payment WHERE (source = ?1 OR target = ?1) AND state IN ('confirmed', 'failed') "
    "AND instr(memo, ?2) > 0"
)
_FORGET_PAYER: Final = (
    "UPDATE payment SET source = ?4 WHERE target = ?1 AND source NOT IN (?1, ?3) "
    "AND state IN ('confirmed', 'failed') AND instr(memo, ?2) > 0 AND created_at < ?5"
)
_FORGET_TOLD: Final = (
    "UPDATE payment SET memo = '{}', target = CASE WHEN target IN (?1, ?3) THEN target ELSE ?4 END "
    "WHERE (source = ?1 OR target = ?1) AND state IN ('confirmed', 'failed') AND instr(memo, ?2) > 0"
)
_PAYMENT: Final = (
    "SELECT payment_id, payment.source, target, amount, memo, payment.state, transfer.bundle, tail, error, created_at,"
    " sent_at, confirmed_at, CASE WHEN bundle IS NULL THEN NULL ELSE"
    " COALESCE(tangle, (SELECT value FROM meta WHERE name = 'tangle_id')) END,"
    " alone, payment.transfer, refused, last_error"
    " FROM payment LEFT JOIN transfer ON transfer.id = payment.transfer"
    " LEFT JOIN tangle_transfer ON tangle_transfer.transfer = payment.transfer"
)
HERE: Final = "NOT IN (SELECT transfer FROM tangle_transfer WHERE parked = 1)"
"""That a transfer was signed for this Tangle: one for another waits until the ledger comes back to that."""
_OPEN: Final = f"payment.state IN ('queued', 'sent') AND (payment.transfer IS NULL OR payment.transfer {HERE})"


class Outbox:
    """Reads and writes the payments. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_payment(self, order: PaymentOrder, memo: str, now: float, *, sweep: bool = False) -> None:
        """Queue a payment whose id is new. A `sweep` to the wallet's owner does not count as spent."""
        self._database.run(
            "INSERT INTO payment (payment_id, source, target, amount, memo, state, created_at, sweep)"
            " VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)",
            order.payment_id,
            order.source,
            order.target,
            order.amount_i,
            memo,
            now,
            sweep,
        )

    def forget_person(self, wallet: str, *, before: float) -> int:
        """Forget what is known beside the payments of a wallet that tell of people and are over; return of how many.

        Amounts, times and ids stay. Who was paid is forgotten, but for the treasury; who paid, if that was before this
        time.
        """
        values = (wallet, f'"{RECEIPTS}"', TREASURY, _SOMEBODY, before)
        with self._database.transaction(durable=True):
            count = self._database.value(_COUNT_TOLD, *values[:2])
            self._database.run(_FORGET_PAYER, *values)
            self._database.run(_FORGET_TOLD, *values[:4])
        return int(count)

    def payment(self, payment_id: str) -> Payment | None:
        """Return a payment, or None."""
        row = self._database.row(f"{_PAYMENT} WHERE payment_id = ?", payment_id)
        return None if row is None else payment_of(row)

    def payments(self, limit: int) -> list[Payment]:
        """Return the newest payments."""
        return [payment_of(row) for row in self._database.rows(f"{_PAYMENT} ORDER BY number DESC LIMIT ?", limit)]

    def waiting(self) -> list[str]:
        """Return the wallets with payments that are not in a transfer yet: who has waited longest comes first."""
        rows = self._database.rows(
            "SELECT source FROM payment WHERE state = 'queued' AND transfer IS NULL"
            " GROUP BY source ORDER BY MIN(number)"
        )
        return [row[0] for row in rows]

    def unplanned(self, source: str, limit: int) -> list[OpenPayment]:
        """Return a wallet's payments that are not in a transfer yet, the oldest first."""
        rows = self._database.rows(
            f"{_PAYMENT} WHERE payment.source = ? AND payment.state = 'queued' AND payment.transfer IS NULL"
            " ORDER BY number LIMIT ?",
            source,
            limit,
        )
        return [open_payment_of(row) for row in rows]

    def open_payments(self, limit: int) -> list[OpenPayment]:
        """Return the payments that are neither confirmed nor failed, the oldest first."""
        rows = self._database.rows(f"{_PAYMENT} WHERE {_OPEN} ORDER BY number LIMIT ?", limit)
        return list(map(open_payment_of, rows))

    def payments_of(self, transfer: int) -> list[Payment]:
        """Return the payments of a transfer, in the order of its outputs."""
        rows = self._database.rows(f"{_PAYMENT} WHERE payment.transfer = ? ORDER BY number", transfer)
        return list(map(payment_of, rows))

    def pending(self) -> list[tuple[str, str, int]]:
        """Return source, target and iota of the payments that are neither confirmed nor failed, added up by pairs."""
        return [
            (row[0], row[1], row[2])
            for row in self._database.rows(
                f"SELECT source, target, SUM(amount) FROM payment WHERE {_OPEN} GROUP BY source, target"  # noqa: S608
            )
        ]

    def is_busy(self, wallet_id: str) -> bool:
        """Tell whether a payment or a transfer of this wallet, or a payment to it, is not over."""
        return any(wallet_id in (source, target) for source, target, _amount in self.pending()) or bool(
            self._database.value(
                "SELECT 1 FROM transfer WHERE state IN ('planned', 'prepared', 'sent') AND source = ? LIMIT 1",
                wallet_id,
            )
        )

    def is_paying(self, wallet_id: str) -> bool:
        """Tell whether a payment of this wallet is not over."""
        return any(source == wallet_id for source, _target, _amount in self.pending())

    def confirm_s(self) -> float | None:
        """Return the median of the seconds from order to confirmation, of the last payments; None without any."""
        rows = self._database.rows(
            "SELECT confirmed_at - created_at FROM payment WHERE state = 'confirmed' ORDER BY number DESC LIMIT ?",
            _TIMED,
        )
        with understood("the time of a payment"):
            return median(max(0.0, row[0]) for row in rows) if rows else None

    def fail_payment(self, payment_id: str, error: str) -> None:
        """End a payment that never became part of a transfer."""
        self._database.run("UPDATE payment SET state = 'failed', error = ? WHERE payment_id = ?", error, payment_id)

    def note_loss(self, source: str, error: str) -> None:
        """Note, on what a wallet was ordered to pay so far, why it may have less than it had then."""
        self._database.run(
            "UPDATE payment SET error = ? WHERE source = ? AND state = 'queued' AND transfer IS NULL", error, source
        )

    def unsent(self) -> int:
        """Count the payments that have not reached the Tangle."""
        return int(
            self._database.value(
                f"SELECT COUNT(*) FROM payment WHERE state = 'queued' AND (transfer IS NULL OR transfer {HERE})"  # noqa: S608
            )
        )

    def unplanned_count(self, source: str) -> int:
        """Count a wallet's payments that are not in a transfer yet."""
        return int(
            self._database.value(
                "SELECT COUNT(*) FROM payment WHERE source = ? AND state = 'queued' AND transfer IS NULL", source
            )
        )
