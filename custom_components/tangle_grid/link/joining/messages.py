"""What is asked and answered before there is a link: sealed with the code's secret, signed with the keys of the link.

Each message is `TGJ1` and canonical JSON. Whoever carries it learns nothing; whoever has the code alone cannot answer
in the place of the island that made it, for its keys' fingerprint is in the code.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ...protocol import ProtocolError, SigningKey, is_signed_by
from ...protocol.canonical import canonical, parse
from ...protocol.sealing import open_body, seal_body
from ..core import LinkKeys, LinkRefusal, Terms
from .code import JoinCode, fingerprint

MAGIC: Final = b"TGJ1"
MAX_ABOVE: Final = 16
MAX_NAME: Final = 100
_ID_CHARACTERS: Final = 32
_PUBLIC_CHARACTERS: Final = 128
_HALF: Final = 64
_EPOCH: Final = 1


class Kind(StrEnum):
    """As what an island joins another."""

    HOUSE = "house"
    NEIGHBOUR = "neighbour"


class Answered(StrEnum):
    """What the island above says."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"
    LOOP = "loop"
    DOES_NOT_FIT = "does_not_fit"
    OTHER_KIND = "other_kind"


class UnreadableError(Exception):
    """A message that is not of this code, or not of whom it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An island asks to join.

    Attributes:
        nonce: 32 hexadecimal digits; the answer has it too.
        island_id: Who asks.
        public: Its public keys for this link.
        terms: What it declares of itself.
        kind: As what it would join.
    """

    nonce: str
    island_id: str
    public: str
    terms: Terms
    kind: Kind = Kind.HOUSE

    @classmethod
    def make(cls, *, island_id: str, keys: LinkKeys, terms: Terms, kind: Kind = Kind.HOUSE) -> Asked:
        """Return a question with a new nonce."""
        return cls(nonce=secrets.token_hex(16), island_id=island_id, public=keys.public, terms=terms, kind=kind)

    def seal(self, code: JoinCode, keys: LinkKeys) -> bytes:
        """Return it as bytes."""
        body = {
            "nonce": self.nonce,
            "island": self.island_id,
            "public": self.public,
            "terms": self.terms.to_dict(),
            "kind": self.kind.value,
        }
        return _seal(code, "asked", body, keys.signing)

    @classmethod
    def open(cls, code: JoinCode, data: bytes) -> Asked:
        """Read it. Raises UnreadableError."""
        body, signed = _open(code, "asked", data)
        try:
            asked = cls(
                nonce=_digits(body["nonce"], _ID_CHARACTERS),
                island_id=_digits(body["island"], _ID_CHARACTERS),
                public=_digits(body["public"], _PUBLIC_CHARACTERS),
                terms=Terms.from_dict(body["terms"]),
                # An earlier release knew houses only.
                kind=Kind(body.get("kind", Kind.HOUSE)),
            )
        except (KeyError, TypeError, ValueError, LinkRefusal) as error:
            raise UnreadableError from error
        signed(asked.public)
        return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the island above answers.

    Attributes:
        nonce: Of the question.
        says: The answer.
        public: Its public keys for this link.
        name: What it is called there: the name of a street, never of anybody in a house.
        above: Ids of the islands above the one that asks, the nearest first: nobody may find itself there.
        figures: Why it does not fit.
    """

    nonce: str
    says: Answered
    public: str
    name: str = ""
    above: tuple[str, ...] = ()
    figures: Mapping[str, str] | None = None

    def seal(self, code: JoinCode, keys: LinkKeys) -> bytes:
        """Return it as bytes."""
        body = {
            "nonce": self.nonce,
            "says": self.says.value,
            "public": self.public,
            "name": self.name,
            "above": list(self.above),
            "figures": dict(self.figures or {}),
        }
        return _seal(code, "answer", body, keys.signing)

    @classmethod
    def open(cls, code: JoinCode, data: bytes) -> Answer:
        """Read it, if it is of the island that made the code. Raises UnreadableError."""
        body, signed = _open(code, "answer", data)
        try:
            answer = cls(
                nonce=_digits(body["nonce"], _ID_CHARACTERS),
                says=Answered(body["says"]),
                public=_digits(body["public"], _PUBLIC_CHARACTERS),
                name=str(body["name"])[:MAX_NAME],
                above=tuple(_digits(each, _ID_CHARACTERS) for each in body["above"][:MAX_ABOVE]),
                figures={str(name)[:32]: str(value)[:64] for name, value in body["figures"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableError from error
        if fingerprint(answer.public) != code.fingerprint:
            raise UnreadableError
        signed(answer.public)
        return answer


def is_joining(data: bytes) -> bool:
    """Tell whether this is about joining, and no frame of a link."""
    return data.startswith(MAGIC)


def _header(code: JoinCode, kind: str) -> bytes:
    return canonical({"code": code.code_id, "kind": kind})


def _seal(code: JoinCode, kind: str, body: Mapping[str, Any], key: SigningKey) -> bytes:
    header = _header(code, kind)
    sealed = seal_body(code.sealing_key, _EPOCH, header, body)
    return MAGIC + canonical({"body": sealed, "signature": key.sign(header + canonical(sealed))})


def _open(code: JoinCode, kind: str, data: bytes) -> tuple[dict[str, Any], Any]:
    """Return the body, and what checks that these public keys signed it."""
    header = _header(code, kind)
    try:
        if not is_joining(data):
            raise UnreadableError
        outer = parse(data[len(MAGIC) :])
        sealed, signature = outer["body"], outer["signature"]
        body = open_body([code.sealing_key], header, sealed)
    except (ProtocolError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError from error

    def signed(public: str) -> None:
        if not isinstance(signature, str) or not is_signed_by(public[:_HALF], signature, header + canonical(sealed)):
            raise UnreadableError

    return body, signed


def _digits(value: Any, count: int) -> str:
    if not isinstance(value, str) or len(value) != count or set(value) - set("0123456789abcdef"):
        raise TypeError("not hexadecimal digits")
    return value
