"""A house that is another one than it was when it joined says so: it is admitted anew, or stays what it was."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ...protocol import canonical
from . import checks
from .bodies import Terms
from .checks import Check

_MARK: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What a house is from now on, if there is room for it. Until it hears so, it is what it declared before."""

    kind: ClassVar[str] = "terms"
    checks: ClassVar[Mapping[str, Check]] = {"terms": checks.record(Terms)}
    example: ClassVar[Mapping[str, Any]] = {
        "terms": {
            "fuse_a": [25, 25, 25],
            "safe_a": [6, 0, 0],
            "uncontrolled_a": [12, 8, 8.5],
            "slots": [],
            "single_total": False,
        }
    }
    terms: Terms

    @property
    def mark(self) -> str:
        """What the answer calls it, 16 hexadecimal digits."""
        return hashlib.sha256(canonical(self.terms.to_dict())).hexdigest()[:_MARK]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Whether there is room for what a house declared; else `phase` is the first on which there is none, from 0."""

    kind: ClassVar[str] = "declared"
    checks: ClassVar[Mapping[str, Check]] = {
        "mark": checks.digits(_MARK),
        "phase": checks.maybe(checks.whole(0, checks.PHASES - 1)),
    }
    example: ClassVar[Mapping[str, Any]] = {"mark": "0a" * 8, "phase": None}
    mark: str
    phase: int | None


DECLARATION_KINDS: Final = (Declaration.kind, Declared.kind)
