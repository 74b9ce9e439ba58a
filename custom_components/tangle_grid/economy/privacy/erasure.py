"""What is left of a line of the books when the person it is about was erased: amount, energy, kind and month."""

import hashlib
import hmac
from dataclasses import replace
from typing import Final

from ..effects import BookEntry

_DIGITS: Final = 24
_PREFIX: Final = "erased-"


def pseudonym(secret: bytes, name: str) -> str:
    """Return a name that says nothing, the same for the same name: the secret is thrown away after the erasure.

    What is erased already stays as it is.
    """
    if name.startswith(_PREFIX):
        return name
    return _PREFIX + hmac.digest(secret, name.encode(), hashlib.sha256).hex()[:_DIGITS]


def erased(line: BookEntry, *, secret: bytes, month_start: float, person: str) -> BookEntry:
    """Return a line of which nobody can tell any more when, where and what for, only how much and in which month.

    It is for all lines whose reference is that of a line of this `person`: those of the other side keep whose they
    are, and lose with whom. Lines of one session keep one reference, so that sessions are still counted right. Ids
    stay: they keep a line from being written twice.
    """
    other = None if person in {line.participant, line.counterparty} else line.counterparty
    return replace(line, at=month_start, reference=pseudonym(secret, line.reference), counterparty=other, details={})
