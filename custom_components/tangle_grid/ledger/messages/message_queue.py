"""The messages that wait for the Tangle: what goes first, and how much may wait.

Requests, answers, receipts and keys are *owed*: others act on them and check payments by them, so they go before
everything else, in the order in which they were said, and are never dropped. Everything else is chatter. The oldest
meter values make room for newer ones; what else somebody wants to write is refused while much of theirs waits.

A message is queued, then `sealed` (number, signature and time are stored), and forgotten once it is on the Tangle.
One that is sealed goes before all others: those after it are numbered after it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ...protocol import Answer, CurtailmentAsk, KeyNotice, MeterReading, SettlementReceipt
from ..base.errors import LedgerError
from ..base.stored_values import StrangeError, from_json, hash_of, number, perhaps, text, time, understood
from ..pyota.library import BundlePlan
from ..store.database import Database, Row

OWED: Final = frozenset({CurtailmentAsk.kind, Answer.kind, SettlementReceipt.kind, KeyNotice.kind})

METER_VALUES: Final = 2_880
"""A day of them, one each 30 s: a message that is older has run out."""
METER_BYTES: Final = 2 * 1024 * 1024
_ROOM_VALUES: Final = METER_VALUES // 20
_ROOM_BYTES: Final = METER_BYTES // 20
CHATTER_MESSAGES: Final = 100
CHATTER_BYTES: Final = 1024 * 1024
"""What may wait of a sender, the island or a participant: its number of messages, and the bytes of their bodies."""

_OWED_KINDS: Final = ", ".join(f"'{kind}'" for kind in sorted(OWED))
_FIELDS: Final = "number, message_id, kind, body, created_at, plan, bundle, sender, epoch"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message on its way; `plan` and `bundle` once it is sealed.

    `sender` is the participant whose key of this `epoch` signs it; None is the island itself.
    """

    number: int
    message_id: str
    kind: str
    body: Mapping[str, Any]
    created_at: float
    plan: BundlePlan | None
    bundle: str | None
    sender: str | None = None
    epoch: int = 0


@understood("a message")
def _message_of(row: Row) -> QueuedMessage:
    body = from_json(row[3])
    if not isinstance(body, dict):
        raise StrangeError("body")
    return QueuedMessage(
        number=number(row[0]),
        message_id=text(row[1]),
        kind=text(row[2]),
        body=body,
        created_at=time(row[4]),
        plan=perhaps(BundlePlan.from_text, row[5]),
        bundle=perhaps(hash_of, row[6]),
        sender=perhaps(text, row[7]),
        epoch=number(row[8]),
    )


class MessageQueue:
    """Reads and writes the queue, a part of the outbox. Errors are those of `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, message_id: str, kind: str, body: str, now: float, *, sender: str | None = None, epoch: int = 0
    ) -> None:
        """Queue a message of the island, or of a participant under its key of this epoch.

        Call it in the transaction that stores what goes with it. Raises LedgerError (outbox_full): too much of this
        sender waits already, and this may not be dropped, as old meter values are.
        """
        if kind not in OWED and kind != MeterReading.kind:
            self._check_room(sender, len(body.encode()))
        self._database.run(
            "INSERT INTO message (message_id, kind, body, created_at, sender, epoch) VALUES (?, ?, ?, ?, ?, ?)",
            message_id,
            kind,
            body,
            now,
            sender,
            epoch,
        )
        if kind == MeterReading.kind:
            self._drop_old_values()

    def _check_room(self, sender: str | None, size: int) -> None:
        waiting, waiting_bytes = self._database.row(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(CAST(body AS BLOB))), 0) FROM message"  # noqa: S608 - our own names
            f" WHERE kind NOT IN ({_OWED_KINDS}, '{MeterReading.kind}') AND sender IS ?",
            sender,
        ) or (0, 0)
        if waiting >= CHATTER_MESSAGES or waiting_bytes + size > CHATTER_BYTES:
            raise LedgerError("outbox_full", {"messages": waiting, "kilobytes": waiting_bytes // 1024})

    def _drop_old_values(self) -> None:
        """Make room when too many meter values wait, for more than one. One that is sealed stays: it is numbered."""
        waiting, waiting_bytes = self._database.row(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(CAST(body AS BLOB))), 0) FROM message"
            " WHERE kind = ? AND plan IS NULL",
            MeterReading.kind,
        ) or (0, 0)
        if waiting <= METER_VALUES and waiting_bytes <= METER_BYTES:
            return
        self._database.run(
            "DELETE FROM message WHERE number IN (SELECT number FROM"
            " (SELECT number, COUNT(*) OVER newer AS kept, SUM(LENGTH(CAST(body AS BLOB))) OVER newer AS total"
            " FROM message WHERE kind = ? AND plan IS NULL WINDOW newer AS (ORDER BY number DESC))"
            " WHERE kept > ? OR total > ?)",
            MeterReading.kind,
            METER_VALUES - _ROOM_VALUES,
            METER_BYTES - _ROOM_BYTES,
        )

    def next(self) -> QueuedMessage | None:
        """Return what goes next: what is sealed, then what is owed, then everything else, each in its order."""
        first = self._database.value(
            "SELECT number FROM message"  # noqa: S608 - our own names
            f" ORDER BY plan IS NULL, kind NOT IN ({_OWED_KINDS}), number LIMIT 1"
        )
        message = None if first is None else self._message(first)
        if message is not None and message.kind == KeyNotice.kind and message.plan is None:
            # What a participant said before its key ends is signed with that key.
            before = self._database.value(
                "SELECT MIN(number) FROM message WHERE sender = ? AND number < ?",
                message.body.get("participant"),
                message.number,
            )
            message = message if before is None else self._message(before)
        return message

    def _message(self, which: int) -> QueuedMessage | None:
        row = self._database.row(f"SELECT {_FIELDS} FROM message WHERE number = ?", which)  # noqa: S608 - our own names
        if row is None:  # pragma: no cover - it was there just now
            return None
        return _message_of(row)

    def set_sealed(self, which: int, plan: BundlePlan, bundle: str) -> None:
        """Store what decides the message's bundle, and its hash."""
        self._database.run("UPDATE message SET plan = ?, bundle = ? WHERE number = ?", plan.to_text(), bundle, which)

    def drop(self, which: int) -> None:
        """Forget a message that is on the Tangle."""
        self._database.run("DELETE FROM message WHERE number = ?", which)

    def drop_said(self, message_ids: Iterable[str]) -> None:
        """Forget messages that turned out to be on the Tangle."""
        self._database.run_many("DELETE FROM message WHERE message_id = ?", [(each,) for each in message_ids])

    def count(self) -> int:
        """Count the messages that have not reached the Tangle."""
        return int(self._database.value("SELECT COUNT(*) FROM message"))
