"""Messages of the island and of its participants, as somebody gives them: checked, then queued."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from ...protocol import (
    MAX_SEALED_BODY_BYTES,
    PARTICIPANT,
    ROLE_KINDS,
    DataReport,
    KeyNotice,
    ProtocolError,
    canonical,
    is_kind,
    is_sealed,
    read_body,
)
from ..base.errors import LedgerError
from ..store.database import Database
from .chronicle import PAYMENT_KIND
from .message_queue import MessageQueue
from .participant_keys import ParticipantKeys

MAX_BODY_BYTES: Final = MAX_SEALED_BODY_BYTES - 128
"""So many bytes what a message says may have, as canonical JSON."""


class Publisher:
    """Takes messages into the outbox. Call from any thread."""

    def __init__(self, database: Database, members: ParticipantKeys, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._members = members
        self._clock = clock
        self._messages = MessageQueue(database)

    def publish(self, kind: str, body: Mapping[str, Any], sender: str | None = None) -> str:
        """Queue a message, of the island or of a participant, and return its id.

        Raises LedgerError (invalid_message) for what cannot be sent, (key_ended) for a sender without a key,
        (outbox_full) while much of this sender waits.
        """
        if not is_kind(kind) or kind in {PAYMENT_KIND, KeyNotice.kind}:
            raise LedgerError("invalid_message", {"error": f"kind {str(kind)[:32]!r}"})
        try:
            encoded = canonical(body)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if not isinstance(body, Mapping) or is_sealed(body) or len(encoded) > MAX_BODY_BYTES:
            raise LedgerError("invalid_message", {"error": f"body above {MAX_BODY_BYTES} bytes"})
        message_id = uuid4().hex
        if sender is not None and kind not in ROLE_KINDS[PARTICIPANT]:
            raise LedgerError("invalid_message", {"error": f"a participant does not send {kind}"})
        if kind == DataReport.kind:
            self._check_report(body, sender)
        with self._database.transaction():
            epoch = 0 if sender is None else self._members.epoch_for(sender)
            self._messages.add(message_id, kind, encoded.decode(), self._clock(), sender=sender, epoch=epoch)
        return message_id

    @staticmethod
    def _check_report(body: Mapping[str, Any], sender: str | None) -> None:
        try:
            read_body(DataReport.kind, body)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": str(error)}) from error
        if sender is None:
            raise LedgerError("invalid_message", {"error": "a report is a participant's"})
