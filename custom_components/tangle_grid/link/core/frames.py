"""What goes over a link: signed, sealed, numbered frames.

A frame is canonical JSON (RFC 8785) with the fields v, link, session, seq, kind, body and sig. The body is sealed
(`protocol.sealing`), bound to all the rest; the signature (Ed25519, the sender's key of this link) covers everything
else, the sealed form included. A frame has no time in it: none would be believed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from ...protocol import ProtocolError, canonical, is_kind, is_sealed, is_signed_by, parse
from ...protocol.canonical import MAX_INTEGER
from ...protocol.sealing import open_body, seal_body
from .keys import Link, is_link_id

VERSION: Final = 1
"""The highest version that this release speaks. A hello is always written in version 1."""
MAX_FRAME_BYTES: Final = 16_384
"""A longer frame is refused before it is read."""
HELLO: Final = "hello"
NO_SESSION: Final = "0" * 32
"""The session of a hello."""

_SESSION: Final = re.compile(r"[0-9a-f]{32}\Z")
_SIGNATURE: Final = re.compile(r"[0-9a-f]{128}\Z")
_FIELDS: Final = frozenset({"v", "link", "session", "seq", "kind", "body", "sig"})
_EPOCH: Final = 1
_NOTHING: Final[Mapping[str, Any]] = {}


class Rejected(StrEnum):
    """Why a frame is left aside."""

    OVERSIZE = "oversize"
    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknown_version"
    WRONG_LINK = "wrong_link"
    BAD_SIGNATURE = "bad_signature"
    UNREADABLE = "unreadable"
    OTHER_SESSION = "other_session"
    REPLAYED = "replayed"
    INVALID_BODY = "invalid_body"
    UNKNOWN_KIND = "unknown_kind"


class LinkRefusal(Exception):  # noqa: N818 - it says what happened, not what is broken
    """A frame that changes nothing. `reason` says why; there is no more to it, so that nothing can leak."""

    def __init__(self, reason: Rejected) -> None:
        self.reason = reason
        super().__init__(str(reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame; `body` is sealed. `session` is 32 hexadecimal digits, `sequence` counts from 1 within it."""

    version: int = VERSION
    link_id: str
    session: str
    sequence: int
    kind: str
    body: Mapping[str, Any]
    signature: str = ""

    def header(self) -> dict[str, Any]:
        """Return what is said beside the body: what a sealed one is bound to."""
        return {
            "v": self.version,
            "link": self.link_id,
            "session": self.session,
            "seq": self.sequence,
            "kind": self.kind,
        }

    def encode(self) -> bytes:
        """Return the frame as it goes over the link."""
        return canonical({**self.header(), "body": self.body, "sig": self.signature})

    def is_of(self, public: str) -> bool:
        """Tell whether the owner of this signing key made it."""
        try:
            return is_signed_by(public, self.signature, canonical({**self.header(), "body": self.body}))
        except ProtocolError:
            return False

    def open(self, link: Link) -> Mapping[str, Any]:
        """Return what the body says. Raises LinkRefusal: unreadable."""
        try:
            return open_body((link.seals,), canonical(self.header()), self.body)
        except ProtocolError:
            raise LinkRefusal(Rejected.UNREADABLE) from None

    @classmethod
    def seal(
        cls, link: Link, session: str, sequence: int, kind: str, body: Mapping[str, Any], version: int = VERSION
    ) -> Self:
        """Return a sealed and signed frame of this side. Raises ProtocolError when the body is not JSON."""
        bare = cls(version=version, link_id=link.link_id, session=session, sequence=sequence, kind=kind, body=_NOTHING)
        sealed = replace(bare, body=seal_body(link.seals, _EPOCH, canonical(bare.header()), body))
        return replace(sealed, signature=link.signing.sign(canonical({**sealed.header(), "body": sealed.body})))

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a frame from outside; who made it is not looked at here.

        Raises:
            LinkRefusal: oversize, malformed, unknown_version. No other error leaves this method.
        """
        if len(data) > MAX_FRAME_BYTES:
            raise LinkRefusal(Rejected.OVERSIZE)
        try:
            fields = parse(data)
        except ProtocolError:
            raise LinkRefusal(Rejected.MALFORMED) from None
        if not isinstance(fields, dict) or not _is_count(fields.get("v")):
            raise LinkRefusal(Rejected.MALFORMED)
        if not 0 < fields["v"] <= MAX_INTEGER:
            raise LinkRefusal(Rejected.UNKNOWN_VERSION)
        valid = (
            fields.keys() == _FIELDS
            and is_link_id(fields["link"])
            and _matches(_SESSION, fields["session"])
            and _is_count(fields["seq"])
            and is_kind(fields["kind"])
            and isinstance(fields["body"], dict)
            and is_sealed(fields["body"])
            and _matches(_SIGNATURE, fields["sig"])
        )
        if not valid:
            raise LinkRefusal(Rejected.MALFORMED)
        return cls(
            version=fields["v"],
            link_id=fields["link"],
            session=fields["session"],
            sequence=fields["seq"],
            kind=fields["kind"],
            body=fields["body"],
            signature=fields["sig"],
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.match(value) is not None
