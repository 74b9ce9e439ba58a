"""One link as it is kept: whose, with which keys, on which way, and what the house declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..core import Link, LinkKeys, LinkRefusal, Terms
from .code import JoinCode
from .messages import Kind

_SALT = b"tangle_grid link channel, version 1"


class UnreadableRecordError(Exception):
    """What is stored of a link is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRecord:
    """A link, or one that is asked for.

    Attributes:
        link_id: The same on both sides.
        upper: This island is the one above.
        code: With which it was joined.
        own: This side's keys.
        peer: The other side's public keys; None: it has not answered yet.
        peer_island: The other island.
        terms: What the island below declared.
        kind: As what; of neighbours the upper one is the one that made the code.
        above: Islands above the other one and itself, as it last said; on the lower side only.
    """

    link_id: str
    upper: bool
    code: JoinCode
    own: LinkKeys = field(repr=False)
    peer: str | None
    peer_island: str
    terms: Terms
    above: tuple[str, ...] = ()
    kind: Kind = Kind.HOUSE

    @property
    def joined(self) -> bool:
        """Whether the island above has said yes."""
        return self.peer is not None

    @property
    def link(self) -> Link:
        """The keys as the protocol wants them. Raises ValueError: they are none, or there are none yet."""
        return Link.of(self.link_id, self.own, self.peer or "")

    @property
    def token(self) -> str:
        """The bearer token of the link's own channel: only the two sides can know it, also not who has the code."""
        return self._derive(b"token")

    @property
    def topic_id(self) -> str:
        """The name of its topics on an MQTT broker, 32 hexadecimal digits."""
        return self._derive(b"topic")[:32]

    def _derive(self, use: bytes) -> str:
        return HKDF(SHA256(), 32, _SALT, use).derive(bytes.fromhex(self.link.seals)).hex()

    def to_dict(self) -> dict[str, Any]:
        """Return what is stored: secrets, for the private store only."""
        return {
            "upper": self.upper,
            "code": code_to_dict(self.code),
            "own": self.own.secret,
            "peer": self.peer,
            "peer_island": self.peer_island,
            "terms": self.terms.to_dict(),
            "above": list(self.above),
            "kind": self.kind.value,
        }

    @classmethod
    def from_dict(cls, link_id: str, stored: Mapping[str, Any]) -> Self:
        """Read it. Raises UnreadableRecordError."""
        try:
            record = cls(
                link_id=link_id,
                upper=bool(stored["upper"]),
                code=code_from_dict(stored["code"]),
                own=LinkKeys(stored["own"]),
                peer=stored["peer"],
                peer_island=str(stored["peer_island"]),
                terms=Terms.from_dict(stored["terms"]),
                above=tuple(stored.get("above", ())),
                kind=Kind(stored.get("kind", Kind.HOUSE)),
            )
            if record.joined:
                _ = record.link
        except (KeyError, TypeError, ValueError, LinkRefusal) as error:
            raise UnreadableRecordError from error
        return record


def code_to_dict(code: JoinCode) -> dict[str, str]:
    """Return a code as it is stored."""
    return {"url": code.url, "island": code.island_id, "fingerprint": code.fingerprint, "secret": code.secret}


def code_from_dict(stored: Mapping[str, str]) -> JoinCode:
    """Read a code. Raises KeyError."""
    return JoinCode(
        url=stored["url"], island_id=stored["island"], fingerprint=stored["fingerprint"], secret=stored["secret"]
    )
