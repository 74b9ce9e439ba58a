"""The error of charging sessions."""

from collections.abc import Mapping
from typing import ClassVar, Final

from ..errors import EconomyError

SENTENCES: Final[Mapping[str, str]] = {
    "out_of_range": "{where} is {value}, which cannot be.",
    "session_over": "The session {session} is over.",
    "session_not_over": "The session {session} is not over.",
}


class SessionError(EconomyError):
    """A charging session that cannot be, or cannot do this now."""

    sentences: ClassVar[Mapping[str, str]] = SENTENCES
