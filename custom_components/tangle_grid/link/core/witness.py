"""Houses that watch their operator's ledger: they keep the signed milestones that they saw, and compare them.

One key signs all milestones, so that a confirmation is the word of whoever holds it. Two different milestones of one
number, both signed, are a proof that anybody can check who knows the key. What a house is told by another one counts
only as far as the operator has signed it: nobody can accuse an operator of anything that was not done.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from ...protocol import canonical, is_signed_by
from ...protocol.canonical import MAX_INTEGER
from . import checks
from .bodies import body_of
from .checks import Check
from .frames import LinkRefusal

WITHHELD_S: Final = 240.0
"""What others have seen for so long, and the own node does not show, is withheld from this house."""
_KEPT: Final = 4_096
_STORED: Final = 64
"""So many of the newest go over a restart: enough to see a rollback, and little to write."""


class Finding(StrEnum):
    """What is wrong with an operator's ledger."""

    FORK = "fork"
    ROLLBACK = "rollback"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A signed milestone: its number, the one before, its parents, its time, and the operator's signature."""

    checks: ClassVar[Mapping[str, Check]] = {
        "island": checks.text(64),
        "number": checks.whole(1),
        "previous": checks.text(128),
        "trunk": checks.text(128),
        "branch": checks.text(128),
        "at": checks.number(0, MAX_INTEGER),
        "signature": checks.digits(128),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "island": "01K9Z3Y7A0B1C2D3E4F5G6H7K9",
        "number": 1_204,
        "previous": "9" * 81,
        "trunk": "9" * 81,
        "branch": "9" * 81,
        "at": 1_796_040_000,
        "signature": "00" * 64,
    }
    island: str
    number: int
    previous: str
    trunk: str
    branch: str
    at: float
    signature: str

    def signed_bytes(self) -> bytes:
        """Return what the operator signs."""
        return canonical(
            {
                "at": self.at,
                "branch": self.branch,
                "island": self.island,
                "milestone": self.number,
                "previous": self.previous,
                "trunk": self.trunk,
            }
        )

    def is_of(self, public_key: str) -> bool:
        """Tell whether the owner of this key signed it."""
        return is_signed_by(public_key, self.signature, self.signed_bytes())

    def says_the_same(self, other: Head) -> bool:
        """Tell whether two of one number are the same milestone."""
        return self.signed_bytes() == other.signed_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Two milestones of one number that one operator signed: whoever knows the key can check it."""

    one: Head
    other: Head

    def holds(self, island: str, public_key: str) -> bool:
        """Tell whether this proves that the ledger of an island was forked by the owner of the key."""
        return (
            self.one.island == self.other.island == island
            and self.one.number == self.other.number
            and not self.one.says_the_same(self.other)
            and self.one.is_of(public_key)
            and self.other.is_of(public_key)
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON, to be handed on."""
        return {"one": body_of(self.one), "other": body_of(self.other)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Proof:
        """Read it from outside. Raises LinkRefusal: invalid_body."""
        one, other = data.get("one"), data.get("other")
        if not isinstance(one, Mapping) or not isinstance(other, Mapping):
            checks.refuse()
        return cls(one=checks.read_fields(Head, one), other=checks.read_fields(Head, other))


class Witness:
    """One house's memory of its operator's milestones. Seconds are the caller's own, from a clock that goes on.

    Attributes:
        proof: Of a fork, once there is one: it stays until somebody decides.
        findings: What is wrong now.
    """

    def __init__(self, island: str, public_key: str) -> None:
        self._island = island
        self._public_key = public_key
        self._seen: dict[int, Head] = {}
        self._own: int = 0
        self._ahead_since: dict[int, float] = {}
        self.proof: Proof | None = None
        self.findings: set[Finding] = set()

    @property
    def head(self) -> Head | None:
        """The newest milestone that this house has seen at its node: what it tells the others."""
        return self._seen.get(self._own)

    def show(self, mono: float, head: Head) -> None:
        """Take what this house's node shows as its newest milestone."""
        if not self._take(head):
            return
        if head.number < max(self._seen, default=0) and head.number < self._own:
            self.findings.add(Finding.ROLLBACK)
        elif head.number >= self._own:
            self._own = head.number
            self.findings.discard(Finding.ROLLBACK)
        self._ahead_since = {number: since for number, since in self._ahead_since.items() if number > self._own}
        self.check(mono)

    def hear(self, mono: float, says: Mapping[str, Any]) -> None:
        """Take what another house says that it has seen; what the operator did not sign is left aside."""
        try:
            head: Head = checks.read_fields(Head, says)
        except LinkRefusal:
            return
        if self._take(head) and head.number > self._own:
            self._ahead_since.setdefault(head.number, mono)
            if len(self._ahead_since) > _KEPT:
                self._ahead_since.pop(max(self._ahead_since))

    def check(self, mono: float) -> frozenset[Finding]:
        """Return what is wrong now."""
        if any(mono - since >= WITHHELD_S for since in self._ahead_since.values()):
            self.findings.add(Finding.WITHHELD)
        else:
            self.findings.discard(Finding.WITHHELD)
        return frozenset(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        own = {self._own} & self._seen.keys()
        return {
            "own": self._own,
            "seen": [body_of(self._seen[number]) for number in sorted({*sorted(self._seen)[-_STORED:], *own})],
            "proof": None if self.proof is None else self.proof.to_dict(),
            "withheld": Finding.WITHHELD in self.findings,
        }

    @classmethod
    def from_dict(cls, island: str, public_key: str, stored: Mapping[str, Any]) -> Witness:
        """Go on after a restart; what is not signed is left aside."""
        witness = cls(island, public_key)
        seen, proof = stored.get("seen"), stored.get("proof")
        for says in seen if isinstance(seen, list) else ():
            if isinstance(says, Mapping):
                witness.hear(0.0, says)
        own = stored.get("own")
        witness._own = own if isinstance(own, int) and own in witness._seen else 0
        # How long it was off is not known: only what was withheld already still is.
        ahead = [number for number in witness._seen if number > witness._own] if stored.get("withheld") is True else []
        witness._ahead_since = dict.fromkeys(ahead, -math.inf)
        witness.check(0.0)
        if isinstance(proof, Mapping):
            try:
                found = Proof.from_dict(proof)
            except LinkRefusal:
                return witness
            if found.holds(island, public_key):
                witness._accuse(found)
        return witness

    def _take(self, head: Head) -> bool:
        """Keep a signed milestone; return whether it is one that agrees with all others."""
        if head.island != self._island or not head.is_of(self._public_key):
            return False
        known = self._seen.get(head.number)
        if known is not None and not known.says_the_same(head):
            self._accuse(Proof(one=known, other=head))
            return False
        self._seen[head.number] = head
        while len(self._seen) > _KEPT:
            del self._seen[min(self._seen)]
        return True

    def _accuse(self, proof: Proof) -> None:
        self.proof = self.proof or proof
        self.findings.add(Finding.FORK)
