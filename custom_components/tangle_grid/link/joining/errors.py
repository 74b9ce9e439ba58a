"""Why an island cannot join another: each is the key of a text that says what to do."""

from collections.abc import Mapping
from enum import StrEnum


class Problem(StrEnum):
    """What is in the way."""

    NONSENSE = "code_nonsense"
    NEWER = "code_newer"
    USED = "code_used"
    OTHER_KIND = "code_other_kind"
    EXPIRED = "code_expired"
    UNKNOWN = "code_unknown"
    OWN_ISLAND = "code_own_island"
    LOOP = "joining_loop"
    DOES_NOT_FIT = "does_not_fit"
    REFUSED = "joining_refused"
    UNREACHABLE = "upper_unreachable"
    NOT_THERE = "upper_not_there"
    NO_BROKER = "no_broker"


class JoinError(Exception):
    """It cannot be joined, and nothing was changed."""

    def __init__(self, problem: Problem, placeholders: Mapping[str, str] | None = None) -> None:
        """`placeholders` are the values in the text."""
        super().__init__(problem.value)
        self.problem = problem
        self.placeholders = dict(placeholders or {})
