"""The outbox: what was promised and has not happened yet, on disk, in order.

A payment is queued, then becomes part of a *transfer*: one signed bundle. A transfer is ``planned`` (everything that
decides the bundle is stored), ``prepared`` (the signed bundle is stored), ``sent``, and ``confirmed`` or ``failed``.
A message is queued, then ``sealed`` (number, signature and time are stored), and forgotten once it is on the Tangle.
Whatever happens in between is repeated from what is stored, and so has the same result.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..protocol import GENESIS
from .database import Database, Row
from .model import Payment, PaymentOrder, PaymentState
from .pyota import BundlePlan, PreparedBundle, TransferInput

OUTBOX_SCHEMA: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE transfer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'prepared', 'sent', 'confirmed', 'failed')),
    plan TEXT,
    bundle TEXT,
    trytes BLOB,
    refused INTEGER NOT NULL DEFAULT 0
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
    confirmed_at REAL
);
CREATE INDEX payment_open ON payment (number) WHERE state IN ('queued', 'sent');
CREATE INDEX payment_queued ON payment (number) WHERE state = 'queued';
CREATE INDEX payment_transfer ON payment (transfer);
CREATE TABLE message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    plan TEXT,
    bundle TEXT
);
CREATE TABLE sender (public_key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, previous TEXT NOT NULL) WITHOUT ROWID;
"""

_PAYMENT: Final = (
    "SELECT payment_id, payment.source, target, amount, memo, payment.state, transfer.bundle, tail, error, created_at,"
    " confirmed_at FROM payment LEFT JOIN transfer ON transfer.id = payment.transfer"
)
_OPEN: Final = "payment.state IN ('queued', 'sent')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A bundle on its way."""

    id: int
    source: str
    state: str
    plan: BundlePlan
    prepared: PreparedBundle | None
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message on its way; ``plan`` and ``bundle`` once it is sealed."""

    number: int
    message_id: str
    kind: str
    body: Mapping[str, Any]
    created_at: float
    plan: BundlePlan | None
    bundle: str | None


def _plan_to_text(plan: BundlePlan) -> str:
    return json.dumps(asdict(plan))


def _plan_from_text(text: str) -> BundlePlan:
    fields = json.loads(text)
    fields["outputs"] = tuple((address, amount) for address, amount in fields["outputs"])
    fields["inputs"] = tuple(TransferInput(**each) for each in fields["inputs"])
    return BundlePlan(**fields)


def _payment(row: Row) -> Payment:
    names = ("payment_id", "source", "target", "amount_i", "memo", "state", "bundle", "tail", "error", "created_at")
    fields = dict(zip((*names, "confirmed_at"), row, strict=True))
    return Payment(**{**fields, "memo": json.loads(fields["memo"]), "state": PaymentState(fields["state"])})


class Outbox:
    """Reads and writes the outbox. Errors are those of ``Database``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Properties of the ledger, and the chain of its messages

    def meta(self, name: str) -> str | None:
        """Return a stored property."""
        value: str | None = self._database.value("SELECT value FROM meta WHERE name = ?", name)
        return value

    def set_meta(self, name: str, value: str) -> None:
        """Store a property."""
        self._database.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value)

    def chain(self, public_key: str) -> tuple[int, str]:
        """Return number and hash of the sender's last message."""
        row = self._database.row("SELECT sequence, previous FROM sender WHERE public_key = ?", public_key)
        return (0, GENESIS) if row is None else (row[0], row[1])

    def set_chain(self, public_key: str, sequence: int, previous: str) -> None:
        """Store number and hash of the sender's last message."""
        self._database.run(
            "INSERT OR REPLACE INTO sender (public_key, sequence, previous) VALUES (?, ?, ?)",
            public_key,
            sequence,
            previous,
        )

    # Payments

    def add_payment(self, order: PaymentOrder, memo: str, now: float) -> None:
        """Queue a payment whose id is new."""
        self._database.run(
            "INSERT INTO payment (payment_id, source, target, amount, memo, state, created_at)"
            " VALUES (?, ?, ?, ?, ?, 'queued', ?)",
            order.payment_id,
            order.source,
            order.target,
            order.amount_i,
            memo,
            now,
        )

    def payment(self, payment_id: str) -> Payment | None:
        """Return a payment, or None."""
        row = self._database.row(f"{_PAYMENT} WHERE payment_id = ?", payment_id)
        return None if row is None else _payment(row)

    def payments(self, limit: int) -> list[Payment]:
        """Return the newest payments."""
        return [_payment(row) for row in self._database.rows(f"{_PAYMENT} ORDER BY number DESC LIMIT ?", limit)]

    def unplanned(self) -> list[Payment]:
        """Return the payments that are not in a transfer yet, the oldest first."""
        return [
            _payment(row)
            for row in self._database.rows(
                f"{_PAYMENT} WHERE {_OPEN} AND payment.transfer IS NULL ORDER BY number LIMIT 1000"
            )
        ]

    def payments_of(self, transfer: int) -> list[Payment]:
        """Return the payments of a transfer, in the order of its outputs."""
        return [
            _payment(row)
            for row in self._database.rows(f"{_PAYMENT} WHERE payment.transfer = ? ORDER BY number", transfer)
        ]

    def pending(self) -> list[tuple[str, str, int]]:
        """Return source, target and iota of every payment that is neither confirmed nor failed."""
        return [
            (row[0], row[1], row[2])
            for row in self._database.rows(
                "SELECT source, target, amount FROM payment WHERE state IN ('queued', 'sent')"
            )
        ]

    def fail_payment(self, payment_id: str, error: str) -> None:
        """End a payment that never became part of a transfer."""
        self._database.run("UPDATE payment SET state = 'failed', error = ? WHERE payment_id = ?", error, payment_id)

    # Transfers

    def add_transfer(self, source: str, payment_ids: Sequence[str]) -> int:
        """Start a transfer of these payments, and return its id. Its plan follows in the same transaction."""
        transfer = self._database.run("INSERT INTO transfer (source, state) VALUES (?, 'planned')", source)
        self._database.run_many(
            "UPDATE payment SET transfer = ? WHERE payment_id = ?", [(transfer, each) for each in payment_ids]
        )
        return transfer

    def set_plan(self, transfer: int, plan: BundlePlan) -> None:
        """Store what decides the transfer's bundle."""
        self._database.run("UPDATE transfer SET plan = ? WHERE id = ?", _plan_to_text(plan), transfer)

    def set_prepared(self, transfer: int, prepared: PreparedBundle) -> None:
        """Store the signed bundle."""
        data = zlib.compress("\n".join(prepared.trytes).encode())
        self._database.run(
            "UPDATE transfer SET state = 'prepared', bundle = ?, trytes = ? WHERE id = ?",
            prepared.bundle,
            data,
            transfer,
        )

    def set_sent(self, transfer: int, tails: Sequence[tuple[str, str]]) -> None:
        """Note that the bundle is on the Tangle; ``tails`` are transaction hash and payment id."""
        self._database.run("UPDATE transfer SET state = 'sent' WHERE id = ?", transfer)
        self._database.run_many("UPDATE payment SET state = 'sent', tail = ? WHERE payment_id = ?", tails)

    def set_unsent(self, transfer: int) -> None:
        """Note that the bundle is not on the Tangle after all: it will be sent again."""
        self._database.run("UPDATE transfer SET state = 'prepared' WHERE id = ?", transfer)

    def add_refusal(self, transfer: int) -> None:
        """Count an attempt that the node refused."""
        self._database.run("UPDATE transfer SET refused = refused + 1 WHERE id = ?", transfer)

    def close_transfer(self, transfer: int, state: PaymentState, *, now: float, error: str | None = None) -> None:
        """End a transfer and its payments: confirmed or failed. The signed bundle is on the Tangle, not kept here."""
        self._database.run(
            "UPDATE transfer SET state = ?, plan = NULL, trytes = NULL WHERE id = ?", state.value, transfer
        )
        self._database.run(
            "UPDATE payment SET state = ?, error = ?, confirmed_at = ? WHERE transfer = ?",
            state.value,
            error,
            now if state is PaymentState.CONFIRMED else None,
            transfer,
        )

    def open_transfers(self) -> list[Transfer]:
        """Return the transfers that are not over, the oldest first."""
        rows = self._database.rows(
            "SELECT id, source, state, plan, bundle, trytes, refused FROM transfer"
            " WHERE state IN ('planned', 'prepared', 'sent') ORDER BY id"
        )
        return [
            Transfer(
                id=row[0],
                source=row[1],
                state=row[2],
                plan=_plan_from_text(row[3]),
                prepared=None
                if row[5] is None
                else PreparedBundle(bundle=row[4], trytes=tuple(zlib.decompress(row[5]).decode().split("\n"))),
                refused=row[6],
            )
            for row in rows
        ]

    # Messages

    def add_message(self, message_id: str, kind: str, body: str, now: float) -> None:
        """Queue a message."""
        self._database.run(
            "INSERT INTO message (message_id, kind, body, created_at) VALUES (?, ?, ?, ?)", message_id, kind, body, now
        )

    def next_message(self) -> QueuedMessage | None:
        """Return the oldest message in the queue; one that is sealed always is the oldest."""
        row = self._database.row(
            "SELECT number, message_id, kind, body, created_at, plan, bundle FROM message ORDER BY number LIMIT 1"
        )
        if row is None:
            return None
        return QueuedMessage(
            number=row[0],
            message_id=row[1],
            kind=row[2],
            body=json.loads(row[3]),
            created_at=row[4],
            plan=None if row[5] is None else _plan_from_text(row[5]),
            bundle=row[6],
        )

    def set_sealed(self, number: int, plan: BundlePlan, bundle: str) -> None:
        """Store what decides the message's bundle, and its hash."""
        self._database.run(
            "UPDATE message SET plan = ?, bundle = ? WHERE number = ?", _plan_to_text(plan), bundle, number
        )

    def drop_message(self, number: int) -> None:
        """Forget a message that is on the Tangle."""
        self._database.run("DELETE FROM message WHERE number = ?", number)

    def queued(self) -> int:
        """Count payments and messages that have not reached the Tangle."""
        payments = self._database.value("SELECT COUNT(*) FROM payment WHERE state = 'queued'")
        return int(payments) + int(self._database.value("SELECT COUNT(*) FROM message"))
