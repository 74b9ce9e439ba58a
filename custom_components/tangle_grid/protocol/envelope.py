"""The signed envelope around every message: who says what, for how long, and after which other message.

The signature (Ed25519) covers the canonical encoding of everything else. Each sender counts its messages from 1 and
names the hash (SHA-256 of the canonical encoding, signature included) of its message before, so that nothing can be
left out, put in, or told twice without it being noticed.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from .canonical import MAX_INTEGER, canonical, parse
from .errors import ProtocolError, Rejection
from .sealing import is_sealed, open_body, seal_body
from .signing import SigningKey, is_signed_by

VERSION: Final = 1
MAX_BYTES: Final = 16_384
"""An envelope above this size is refused before it is read: 15 transactions of text."""

GENESIS: Final = "0" * 64
"""The previous hash of a sender's first message."""

_HEX: Final = re.compile(r"[0-9a-f]*\Z")
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,23}\Z")
_KEY_DIGITS: Final = 64
_SIGNATURE_DIGITS: Final = 128
_MAX_ID: Final = 64
_FIELDS: Final = frozenset({"v", "kind", "id", "island", "from", "seq", "prev", "at", "until", "body", "sig"})


def _is_hex(value: Any, digits: int) -> bool:
    return isinstance(value, str) and len(value) == digits and _HEX.match(value) is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_ID


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def is_kind(value: Any) -> bool:
    """Tell whether this can be the kind of a message: up to 24 of a-z, 0-9 and _, a letter first."""
    return isinstance(value, str) and _KIND.match(value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message. Times are epoch seconds; `sender` is the public key, hexadecimal like hashes and signature."""

    version: int = VERSION
    kind: str
    message_id: str
    island: str
    sender: str
    sequence: int
    previous: str
    issued_at: float
    expires_at: float
    body: Mapping[str, Any]
    signature: str = ""

    def _header(self) -> dict[str, Any]:
        return {
            "v": self.version,
            "kind": self.kind,
            "id": self.message_id,
            "island": self.island,
            "from": self.sender,
            "seq": self.sequence,
            "prev": self.previous,
            "at": self.issued_at,
            "until": self.expires_at,
        }

    def _fields(self) -> dict[str, Any]:
        return {**self._header(), "body": self.body}

    def header_bytes(self) -> bytes:
        """Return what is said beside the body: what a sealed body is bound to."""
        return canonical(self._header())

    def open(self, keys: Iterable[str]) -> Mapping[str, Any]:
        """Return what the body says; a sealed one is opened with whichever of the keys does it.

        Raises:
            ProtocolError: unreadable.
        """
        return open_body(keys, self.header_bytes(), self.body) if is_sealed(self.body) else self.body

    def signed_bytes(self) -> bytes:
        """Return what the signature covers. Raises ProtocolError when the body is not JSON."""
        return canonical(self._fields())

    def encode(self) -> bytes:
        """Return the envelope as canonical JSON, signature included. Raises ProtocolError when the body is not JSON."""
        return canonical({**self._fields(), "sig": self.signature})

    def digest(self) -> str:
        """Return the hash that the sender's next message names."""
        return hashlib.sha256(self.encode()).hexdigest()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an envelope from outside; its signature is not checked here.

        Raises:
            ProtocolError: oversize, malformed, or unknown_version. No other error leaves this method.
        """
        if len(data) > MAX_BYTES:
            raise ProtocolError(Rejection.OVERSIZE, {"bytes": len(data)})
        fields = parse(data)
        if not isinstance(fields, dict) or "v" not in fields:
            raise ProtocolError(Rejection.MALFORMED, {"detail": "not an envelope"})
        version = fields["v"]
        if version != VERSION or not isinstance(version, int) or isinstance(version, bool):
            raise ProtocolError(Rejection.UNKNOWN_VERSION, {"version": str(version)[:_MAX_ID]})
        valid = (
            fields.keys() == _FIELDS
            and is_kind(fields["kind"])
            and _is_name(fields["id"])
            and _is_name(fields["island"])
            and _is_hex(fields["from"], _KEY_DIGITS)
            and isinstance(fields["seq"], int)
            and not isinstance(fields["seq"], bool)
            and 0 < fields["seq"] <= MAX_INTEGER
            and _is_hex(fields["prev"], len(GENESIS))
            and _is_time(fields["at"])
            and _is_time(fields["until"])
            and isinstance(fields["body"], dict)
            and _is_hex(fields["sig"], _SIGNATURE_DIGITS)
        )
        if not valid:
            raise ProtocolError(Rejection.MALFORMED, {"detail": "not an envelope"})
        return cls(
            version=version,
            kind=fields["kind"],
            message_id=fields["id"],
            island=fields["island"],
            sender=fields["from"],
            sequence=fields["seq"],
            previous=fields["prev"],
            issued_at=fields["at"],
            expires_at=fields["until"],
            body=fields["body"],
            signature=fields["sig"],
        )

    def is_authentic(self) -> bool:
        """Tell whether the signature is the sender's."""
        try:
            return is_signed_by(self.sender, self.signature, self.signed_bytes())
        except ProtocolError:
            return False


class Signer:
    """Seals one sender's messages. Keep `sequence` and `previous` with the message: they must never go back."""

    def __init__(
        self,
        key: SigningKey,
        island: str,
        *,
        sequence: int = 0,
        previous: str = GENESIS,
        body_key: tuple[int, str] | None = None,
    ) -> None:
        """Go on after a message. With `body_key`, an epoch and its key, bodies are sealed for those who have it."""
        self._key = key
        self._island = island
        self._body_key = body_key
        self.sequence = sequence
        self.previous = previous

    def seal(
        self, kind: str, message_id: str, body: Mapping[str, Any], *, issued_at: float, expires_at: float
    ) -> Envelope:
        """Return the signed envelope, and count on.

        Raises:
            ProtocolError: malformed or oversize; then nothing is counted.
        """
        if not is_kind(kind) or not _is_name(message_id):
            raise ProtocolError(Rejection.MALFORMED, {"detail": "kind or id"})
        unsigned = Envelope(
            kind=kind,
            message_id=message_id,
            island=self._island,
            sender=self._key.public,
            sequence=self.sequence + 1,
            previous=self.previous,
            issued_at=issued_at,
            expires_at=expires_at,
            body=body,
        )
        if self._body_key is not None:
            epoch, opens = self._body_key
            unsigned = replace(unsigned, body=seal_body(opens, epoch, unsigned.header_bytes(), body))
        envelope = replace(unsigned, signature=self._key.sign(unsigned.signed_bytes()))
        size = len(envelope.encode())
        if size > MAX_BYTES:
            raise ProtocolError(Rejection.OVERSIZE, {"bytes": size})
        self.sequence, self.previous = envelope.sequence, envelope.digest()
        return envelope
