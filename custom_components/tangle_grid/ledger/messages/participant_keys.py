"""The keys of the participants of this island: derived, announced on the Tangle, and kept in order with the outbox.

A participant's key follows from the island's signing key, so it has to be kept nowhere; or it is elsewhere, with a
program that answers for the participant itself: then the island knows its public half only, and signs nothing for it.
What was announced is kept, in the wallets' file: as the bodies of the key messages, from which the registry is read as
anybody else reads it from the Tangle. A notice is written in the order of the queue: what was queued before a key ended
is signed with that key.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from ...protocol import (
    PARTICIPANT,
    Envelope,
    KeyNotice,
    KeyRegistry,
    ProtocolError,
    Receiver,
    SenderState,
    SigningKey,
    canonical,
    is_public_key,
    member_key,
    read_notice,
    to_body,
)
from ..base.errors import LedgerError
from ..base.stored_values import from_json, number, text, understood
from ..store.database import Database
from ..store.properties import Properties
from .message_queue import MessageQueue
from .sender_chains import SenderChains

MEMBERS_SCHEMA: Final = """
CREATE TABLE member (
    participant TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE key_notice (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE told (
    kind TEXT NOT NULL,
    request_id TEXT NOT NULL,
    participant TEXT NOT NULL,
    digest TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (kind, request_id, participant)
) WITHOUT ROWID;
"""
"""`member` is what is queued, `key_notice` what was announced; `told` is what later messages refer to."""

_MAX_ID: Final = 255
_ELSEWHERE: Final = "key_elsewhere:"
_REFERS: Final[Mapping[str, str]] = {"answer": "request", "settlement": "answer"}
_REMEMBERED_S: Final = 31 * 86_400.0


class ParticipantKeys:
    """Reads and writes all that. Errors are those of `Database`, and LedgerError as the methods say."""

    def __init__(self, database: Database, *, island_id: str, signing_key: str, clock: Callable[[], float]) -> None:
        self._database = database
        self._chains = SenderChains(database)
        self._properties = Properties(database)
        self._messages = MessageQueue(database)
        self._island_id = island_id
        self._signing_key = signing_key
        self._root = SigningKey.from_hex(signing_key)
        self._clock = clock
        self._known: tuple[int, KeyRegistry] | None = None

    # What is announced

    def registry(self) -> KeyRegistry:
        """Return the keys that were announced. It is not changed any more: another one follows when there are more."""
        with self._database.lock:
            count = int(self._database.value("SELECT COUNT(*) FROM key_notice"))
            if self._known is None or self._known[0] != count:
                registry = KeyRegistry(self._island_id, self._root.public)
                for (body,) in self._database.rows("SELECT body FROM key_notice ORDER BY number"):
                    with understood("a key that was announced"):
                        registry.enter(read_notice(from_json(body)))
                self._known = (count, registry)
            return self._known[1]

    def announce_again(self) -> None:
        """Queue all that was announced once more, for a Tangle on which it does not stand."""
        for (body,) in self._database.rows("SELECT body FROM key_notice ORDER BY number"):
            self._messages.add(uuid4().hex, KeyNotice.kind, body, self._clock())

    def take_over(self, notices: Sequence[Mapping[str, Any]]) -> None:
        """Enter what stands on the Tangle and is not known here; what contradicts that is left aside.

        Call it in a transaction. The notices are in the order of their numbers.
        """
        registry = KeyRegistry(self._island_id, self._root.public)
        known = {body for (body,) in self._database.rows("SELECT body FROM key_notice ORDER BY number")}
        for body in sorted(known):
            with understood("a key that was announced"):
                registry.enter(read_notice(from_json(body)))
        for said in notices:
            text = canonical(said).decode()
            if text in known:
                continue
            try:
                notice = read_notice(said)
                registry.enter(notice)
            except ProtocolError:
                continue
            self._database.run("INSERT INTO key_notice (body) VALUES (?)", text)
            self._database.run(
                "INSERT INTO member (participant, epoch, revoked) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (participant) DO UPDATE SET epoch = ?2, revoked = ?3"
                " WHERE epoch < ?2 OR (epoch = ?2 AND ?3)",
                notice.participant,
                notice.epoch,
                notice.public_key is None,
            )

    def announce_missing(self, notices: Sequence[Mapping[str, Any]]) -> None:
        """Queue what was announced and does not stand on the Tangle, where only these notices do."""
        present = {canonical(each).decode() for each in notices}
        for (body,) in self._database.rows("SELECT body FROM key_notice ORDER BY number"):
            if body not in present:
                self._messages.add(uuid4().hex, KeyNotice.kind, body, self._clock())

    # What is queued

    def _member(self, participant: str) -> tuple[int, bool] | None:
        try:
            canonical(participant)
        except ProtocolError as error:
            raise LedgerError("invalid_message", {"error": f"sender: {error}"}) from error
        if not isinstance(participant, str) or not 0 < len(participant) <= _MAX_ID:
            raise LedgerError("invalid_message", {"error": "sender"})
        row = self._database.row("SELECT epoch, revoked FROM member WHERE participant = ?", participant)
        with understood("a participant's key"):
            return None if row is None else (number(row[0], 1), bool(number(row[1])))

    def members(self) -> dict[str, bool]:
        """Return all participants that have or had a key, and whether the newest one is good."""
        rows = self._database.rows("SELECT participant, revoked FROM member ORDER BY participant")
        return {participant: not revoked for participant, revoked in rows}

    def _queue(self, participant: str, epoch: int, *, revoke: bool = False, public_key: str | None = None) -> None:
        self._database.run(
            "INSERT OR REPLACE INTO member (participant, epoch, revoked) VALUES (?, ?, ?)", participant, epoch, revoke
        )
        wanted = {"participant": participant, "epoch": epoch, "revoke": revoke}
        if public_key is not None:
            wanted["public_key"] = public_key
        self._properties.set(f"{_ELSEWHERE}{participant}", public_key or "")
        self._messages.add(uuid4().hex, KeyNotice.kind, canonical(wanted).decode(), self._clock())

    def epoch_for(self, participant: str) -> int:
        """Return the epoch of the key that signs what is queued next; the first key is announced before it.

        Call it in the transaction that queues the message. Raises LedgerError (invalid_message): there is no such
        participant; (key_ended): its key was revoked; (key_elsewhere): it signs itself.
        """
        member = self._member(participant)
        if member is None:
            self._queue(participant, 1)
            return 1
        if member[1]:
            raise LedgerError("key_ended", {"participant": participant})
        if self.elsewhere(participant) is not None:
            raise LedgerError("key_elsewhere", {"participant": participant})
        return member[0]

    def renew(self, participant: str) -> None:
        """Queue that another key takes the place of the participant's present one, or of the one that was revoked."""
        with self._database.transaction():
            member = self._member(participant)
            if member is None:
                self.epoch_for(participant)
            else:
                self._queue(participant, member[0] + 1)

    def revoke(self, participant: str) -> None:
        """Queue that the participant's key ends, and none follows; nothing if it has none. Raises as `epoch_for`."""
        with self._database.transaction():
            member = self._member(participant)
            if member is not None and not member[1]:
                self._queue(participant, member[0], revoke=True)

    # Keys that are elsewhere

    def elsewhere(self, participant: str) -> str | None:
        """Return the public key with which a participant signs itself; None where the island signs for it."""
        queued = self._properties.get(f"{_ELSEWHERE}{participant}")
        if queued is not None:
            return queued or None
        # The file is of before it was enrolled; the Tangle has told of it.
        member = self.registry().current(participant)
        if member is None or member.public_key == self._derived(participant, member.epoch).public:
            return None
        return member.public_key

    def all_elsewhere(self) -> dict[str, str]:
        """Return the participants that sign themselves, by their public keys."""
        good = (participant for participant, is_good in self.members().items() if is_good)
        return {key: participant for participant in good if (key := self.elsewhere(participant)) is not None}

    def enrol(self, participant: str, public_key: str) -> None:
        """Queue that a key which the island does not have takes the place of the participant's present one.

        Raises LedgerError (invalid_message): there is no such participant; (invalid_public_key): it is no key, or it is
        or was somebody's.
        """
        known = self.registry().members.keys() | {self._root.public}
        with self._database.transaction():
            member = self._member(participant)
            if not is_public_key(public_key) or public_key in known or public_key in self.all_elsewhere():
                raise LedgerError("invalid_public_key")
            if member is None:
                # So that its first key is its own one, and none of the island's is ever good for it.
                self._queue(participant, 1, public_key=public_key)
            else:
                self._queue(participant, member[0] + 1, public_key=public_key)

    def receive(self, envelope: Envelope, body: Mapping[str, Any], now: float) -> None:
        """Take in a message of a participant that signs itself; `body` is what it says, opened.

        Raises ProtocolError, as `Receiver.accept`; what was let in before is `replayed`.
        """
        registry = self.registry()
        with self._database.transaction():
            sequence, previous = self._chains.last(envelope.sender)
            state = SenderState(sequence=sequence, previous=previous)
            receiver = Receiver(self._island_id, {envelope.sender: state}, registry=registry)
            accepted = receiver.accept(envelope, now)
            self._chains.set_last(envelope.sender, accepted.sequence, accepted.previous)
            self.note(envelope.kind, body, envelope.digest(), now)

    # What is sealed

    def key(self, participant: str | None, epoch: int) -> SigningKey:
        """Return the key that signs for a participant; for None, the island's."""
        return self._root if participant is None else self._derived(participant, epoch)

    def _derived(self, participant: str, epoch: int) -> SigningKey:
        return member_key(self._signing_key, self._island_id, participant, epoch)

    def not_before(self, public_key: str) -> float:
        """Return the moment from which a key is good."""
        member = self.registry().members.get(public_key)
        return 0.0 if member is None else member.valid_from or 0.0

    def complete(self, kind: str, body: Mapping[str, Any], at: float) -> Mapping[str, Any]:
        """Return what a message says once those before it are sealed. Call it in the transaction that seals it.

        A notice names the key and where the one before it ended. An answer names the hash of the request that it
        answers, and a settlement that of the answer.
        """
        if kind == KeyNotice.kind:
            with understood("a key that is to be announced"):
                return body if "role" in body else self._notice(body, at)
        digest = self._told(_REFERS.get(kind), body)
        return body if digest is None else {**body, "re": digest}

    def _notice(self, wanted: Mapping[str, Any], at: float) -> Mapping[str, Any]:
        participant, epoch, revoke = text(wanted["participant"]), number(wanted["epoch"], 1), bool(wanted["revoke"])
        ends = epoch if revoke else epoch - 1
        ended = self._announced(participant, ends) if ends else None
        known = None if ended is None else self.registry().members.get(ended)
        last = None if known is None else known.last_sequence
        if ended is not None and last is None:
            last = self._chains.last(ended)[0]
        given = wanted.get("public_key")
        public_key = self._derived(participant, epoch).public if given is None else text(given)
        body = to_body(
            KeyNotice(
                participant=participant,
                role=PARTICIPANT,
                epoch=epoch,
                public_key=None if revoke else public_key,
                revokes=ended,
                last_sequence=last,
                valid_from=at,
            )
        )
        self._database.run("INSERT INTO key_notice (body) VALUES (?)", canonical(body).decode())
        return body

    def _announced(self, participant: str, epoch: int) -> str:
        """Return the public key of an epoch; what was not announced is the island's own."""
        for member in self.registry().members.values():
            if (member.participant, member.epoch) == (participant, epoch):
                return member.public_key
        return self._derived(participant, epoch).public

    def _told(self, kind: str | None, body: Mapping[str, Any]) -> str | None:
        request_id, participant = body.get("request_id"), body.get("participant")
        if kind is None or not isinstance(request_id, str) or not isinstance(participant, str):
            return None
        digest: str | None = self._database.value(
            "SELECT digest FROM told WHERE kind = ? AND request_id = ? AND participant = ?",
            kind,
            request_id,
            participant,
        )
        return digest

    def note(self, kind: str, body: Mapping[str, Any], digest: str, at: float) -> None:
        """Remember the hash of a message that others will refer to. Call it in the transaction that seals it."""
        request_id, participant = body.get("request_id"), body.get("participant")
        if kind not in _REFERS.values() or not isinstance(request_id, str) or not isinstance(participant, str):
            return
        self._database.run("DELETE FROM told WHERE at < ?", at - _REMEMBERED_S)
        self._database.run(
            "INSERT OR REPLACE INTO told (kind, request_id, participant, digest, at) VALUES (?, ?, ?, ?, ?)",
            kind,
            request_id,
            participant,
            digest,
            at,
        )
