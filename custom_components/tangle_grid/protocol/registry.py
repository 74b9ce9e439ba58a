"""Who may send on an island, and under which key: read from what the island itself announced, and nothing else.

The island's key is the root. It announces the members' keys in messages of kind `key`, which it signs: whoever has
the island's public key and its messages comes to the same registry, in whatever order they are read. A key is good
from a moment on. One that is replaced or revoked is good up to the number of its last message: what a thief signs with
it later stands behind that number. A key never belongs to two members, and none that has ended comes back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from .bodies import KeyNotice, read_body
from .envelope import Envelope
from .errors import ProtocolError, Rejection

PARTICIPANT: Final = "participant"
ROLE_KINDS: Final[Mapping[str, frozenset[str]]] = {PARTICIPANT: frozenset({"answer", "data", "report"})}
"""What a member of a role may say. The island may say everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A key of a member. `valid_from` is None while only its end is known, `last_sequence` while it is good."""

    public_key: str
    participant: str
    role: str
    epoch: int
    valid_from: float | None = None
    last_sequence: int | None = None


def _conflict(field: str) -> ProtocolError:
    return ProtocolError(Rejection.KEY_CONFLICT, {"field": field})


def read_notice(body: Mapping[str, Any]) -> KeyNotice:
    """Read what a message of kind `key` says.

    Raises:
        ProtocolError: invalid_body, naming the field that is missing or cannot be.
    """
    notice = read_body(KeyNotice.kind, body)
    if not isinstance(notice, KeyNotice):  # pragma: no cover - the kind says so
        raise ProtocolError(Rejection.INVALID_BODY, {"field": "kind"})
    fault = None
    if notice.role not in ROLE_KINDS:
        fault = "role"
    elif notice.epoch < 1:
        fault = "epoch"
    elif notice.public_key is None and notice.revokes is None:
        fault = "public_key"
    elif notice.public_key is not None and (notice.epoch == 1) != (notice.revokes is None):
        # A key that is not the first one says which it replaces.
        fault = "revokes"
    elif notice.public_key == notice.revokes:
        fault = "revokes"
    elif (notice.revokes is None) != (notice.last_sequence is None):
        fault = "last_sequence"
    if fault is not None:
        raise ProtocolError(Rejection.INVALID_BODY, {"field": fault})
    return notice


class KeyRegistry:
    """The keys of one island's members. Pure; every notice enters as a whole or not at all."""

    def __init__(self, island: str, root: str) -> None:
        """Start with the island's own key (64 hexadecimal digits) only."""
        self.island = island
        self.root = root
        self._members: dict[str, Member] = {}

    @classmethod
    def replay(cls, island: str, root: str, envelopes: Iterable[Envelope]) -> Self:
        """Rebuild the registry from messages in any order; what is not genuine, or contradicts, is left aside."""
        registry = cls(island, root)
        for envelope in sorted(envelopes, key=lambda each: (each.sequence, each.digest())):
            try:
                registry.apply(envelope)
            except ProtocolError:
                continue
        return registry

    @property
    def members(self) -> Mapping[str, Member]:
        """Every key that was ever announced, or ended, by itself."""
        return dict(self._members)

    def current(self, participant: str) -> Member | None:
        """Return a participant's newest key that is good; None when there is none."""
        good = [
            each
            for each in self._members.values()
            if each.participant == participant and each.last_sequence is None and each.valid_from is not None
        ]
        return max(good, key=lambda each: each.epoch, default=None)

    def apply(self, envelope: Envelope) -> None:
        """Take a key message in; the same one again changes nothing.

        Raises:
            ProtocolError: wrong_island, unknown_sender (not the island itself), bad_signature, invalid_body, or
                key_conflict (it contradicts what is known). Nothing was changed.
        """
        if envelope.island != self.island:
            raise ProtocolError(Rejection.WRONG_ISLAND, {"island": envelope.island})
        if envelope.sender != self.root:
            raise ProtocolError(Rejection.UNKNOWN_SENDER, {"sender": envelope.sender})
        if envelope.kind != KeyNotice.kind:
            raise ProtocolError(Rejection.INVALID_BODY, {"field": "kind"})
        if not envelope.is_authentic():
            raise ProtocolError(Rejection.BAD_SIGNATURE, {"sender": envelope.sender})
        self.enter(read_notice(envelope.body))

    def enter(self, notice: KeyNotice) -> None:
        """Take a notice in that is known to be the island's. Raises ProtocolError (key_conflict); then unchanged."""
        changed = [
            *((self._announced(notice, notice.public_key),) if notice.public_key is not None else ()),
            *((self._ended(notice, notice.revokes),) if notice.revokes is not None else ()),
        ]
        self._members.update({each.public_key: each for each in changed})

    def _of(self, notice: KeyNotice, public_key: str, epoch: int) -> Member:
        """Return what is known of a key so far, when it can be this member's of this epoch."""
        if public_key == self.root:
            raise _conflict("public_key")
        new = Member(public_key=public_key, participant=notice.participant, role=notice.role, epoch=epoch)
        known = self._members.get(public_key, new)
        if (known.participant, known.role, known.epoch) != (notice.participant, notice.role, epoch):
            raise _conflict("public_key")
        place = (notice.participant, epoch)
        if any((each.participant, each.epoch) == place and each.public_key != public_key for each in self._all()):
            raise _conflict("epoch")
        return known

    def _all(self) -> Iterable[Member]:
        return self._members.values()

    def _announced(self, notice: KeyNotice, public_key: str) -> Member:
        known = self._of(notice, public_key, notice.epoch)
        if known.valid_from not in {None, notice.valid_from}:
            raise _conflict("valid_from")
        return replace(known, valid_from=notice.valid_from)

    def _ended(self, notice: KeyNotice, public_key: str) -> Member:
        known = self._of(notice, public_key, notice.epoch - (notice.public_key is not None))
        if known.last_sequence not in {None, notice.last_sequence}:
            raise _conflict("last_sequence")
        return replace(known, last_sequence=notice.last_sequence)

    def owner(self, public_key: str) -> str | None:
        """Return the participant whose key this is or was; None for the island's own, and for strangers."""
        member = self._members.get(public_key)
        return None if member is None or member.valid_from is None else member.participant

    def why_not(self, envelope: Envelope) -> Rejection | None:
        """Say why the sender may not send this, or None. Its signature is not checked here."""
        if envelope.sender == self.root:
            return None
        member = self._members.get(envelope.sender)
        if member is None or member.valid_from is None:
            return Rejection.UNKNOWN_SENDER
        if member.last_sequence is not None and envelope.sequence > member.last_sequence:
            return Rejection.REVOKED_KEY
        if envelope.issued_at < member.valid_from:
            return Rejection.KEY_NOT_YET_VALID
        return None if envelope.kind in ROLE_KINDS[member.role] else Rejection.NOT_ALLOWED

    def why_rejected(self, envelope: Envelope) -> Rejection | None:
        """Say why a message read from the archive is not genuine, or None: age and order do not matter there."""
        if envelope.island != self.island:
            return Rejection.WRONG_ISLAND
        rejection = self.why_not(envelope)
        if rejection is Rejection.UNKNOWN_SENDER or envelope.is_authentic():
            return rejection
        return Rejection.BAD_SIGNATURE

    def speaks_for_itself(self, envelope: Envelope, body: Mapping[str, Any]) -> bool:
        """Tell whether a member speaks of itself only: where a message names its participant, it is the sender."""
        owner = self.owner(envelope.sender)
        return owner is None or body.get("participant", owner) == owner
