"""What is left in the books when the person they are about is erased: amounts, energy, kinds and months."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from ..effects import BookEntry, Kind

ONE_PERSONS: Final = frozenset({Kind.CHARGING, Kind.FEED_IN, Kind.FEE, Kind.PARKING, Kind.TOLL, Kind.REFUND})
"""Kinds whose reference is a session, stay or passage of one person, whoever else has lines of it."""

_DIGITS: Final = 24
_PREFIX: Final = "erased-"


def pseudonym(secret: bytes, name: str) -> str:
    """Return a name that says nothing, the same for the same name: the secret is thrown away after the erasure.

    What is erased already stays as it is.
    """
    if name.startswith(_PREFIX):
        return name
    return _PREFIX + hmac.digest(secret, name.encode(), hashlib.sha256).hex()[:_DIGITS]


def erase(
    lines: Iterable[BookEntry],
    person: str,
    *,
    secret: bytes,
    month_start: Callable[[float], float],
    is_kept: Callable[[str], bool] = lambda _reference: False,
) -> Iterator[BookEntry]:
    """Yield the lines that change, as they are afterwards; their ids stay, so that none is written twice.

    A changed line tells how much, of which kind and in which month, and not when, where, with whom and what for. Those
    are the person's own lines, those of others with it, and all lines of its sessions, stays and passages. Lines of one
    of those keep one reference, so that they are still counted right.

    Args:
        lines: All lines of the books, or at least those.
        person: Who is erased.
        secret: Random, for this erasure alone.
        month_start: Gives the first moment of the month of a moment, epoch seconds.
        is_kept: Tells whether a reference is of something that is still under way: its lines do not change.
    """
    lines = list(lines)
    own = {line.reference for line in lines if line.participant == person and line.kind in ONE_PERSONS}
    for line in lines:
        concerned = person in {line.participant, line.counterparty}
        if is_kept(line.reference) or not (concerned or (line.kind in ONE_PERSONS and line.reference in own)):
            continue
        yield replace(
            line,
            at=month_start(line.at),
            reference=pseudonym(secret, line.reference),
            counterparty=None if concerned else line.counterparty,
            details={},
        )
