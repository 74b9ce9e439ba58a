"""What a house declares after it has joined: it says when it is another one, and the street looks whether that fits.

A house whose new declaration has no room, or was not answered yet, counts on both sides as what it declared before.
"""

import secrets
from collections.abc import Mapping
from typing import Final

from ..const import LOGGER
from ..link.core import Declaration, Declared, LetterCame, LowerEnd, Terms, UpperEnd, body_of
from ..link.core.checks import read_fields
from ..link.core.frames import LinkRefusal
from .link_ends import CarriedEnd, mono

#: So long a letter about it is sent, s.
_KEPT_S: Final = 30 * 86_400.0


def declare(carried: CarriedEnd[LowerEnd], wanted: Terms) -> None:
    """Tell the street what this house is now, if it knows something else."""
    end = carried.end
    if wanted == end.terms:
        return
    # A name of its own each time: what was declared once may be declared again later.
    letter = f"terms/{secrets.token_hex(8)}"
    end.post(mono(), letter, Declaration.kind, body_of(Declaration(terms=wanted)), keep_s=_KEPT_S)
    carried.pump()


def declared(letter: LetterCame) -> Declaration | None:
    """Return what a house says that it is now; None: it cannot be read."""
    try:
        said: Declaration = read_fields(Declaration, letter.says)
    except LinkRefusal:
        return None
    return said


def answer(carried: CarriedEnd[UpperEnd], letter: LetterCame, said: Declaration, phase: int | None) -> None:
    """Tell a house whether it is that from now on; else `phase` is the first that has no room for it."""
    answered = body_of(Declared(mark=said.mark, phase=phase))
    carried.end.post(mono(), f"declared/{letter.letter[-16:]}", Declared.kind, answered, keep_s=_KEPT_S)


def taken(says: Mapping[str, object], wanted: Terms, name: str) -> bool:
    """Return whether the street has taken this house for what it is now."""
    try:
        said: Declared = read_fields(Declared, says)
    except LinkRefusal:
        return False
    if said.mark != Declaration(terms=wanted).mark:
        # It has changed once more since.
        return False
    if said.phase is not None:
        LOGGER.warning(
            "The island above %s has no room on L%s for what it is now: it counts as what it was, and keeps to that",
            name,
            said.phase + 1,
        )
        return False
    return True
