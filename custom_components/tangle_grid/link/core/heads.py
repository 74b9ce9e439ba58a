"""What islands of one ledger tell each other of the milestones that they are shown, up and down their links.

Each signs what it was shown with a key of its own that says nothing of whose it is. Whoever passes it on, the operator
among them, can hold it back, and cannot change it. What is passed on is judged here as well.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...protocol import SigningKey, canonical, is_signed_by
from . import checks
from .bodies import body_of
from .checks import Check
from .frames import LinkRefusal
from .witness import Head, Witness

AGAIN_S: Final = 240.0
"""So often what an island was shown is told again, for those who were not there."""
_MOST: Final = 1_024
"""So many islands are listened to; one more takes the place of the one that was heard of first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whose milestones count on the ledger that the sender has: the island, and the key that signs them."""

    kind: ClassVar[str] = "operator"
    checks: ClassVar[Mapping[str, Check]] = {"island": checks.text(64), "public_key": checks.digits(64)}
    example: ClassVar[Mapping[str, Any]] = {"island": "01K9Z3Y7A0B1C2D3E4F5G6H7K9", "public_key": "0b" * 32}
    island: str
    public_key: str

    @classmethod
    def read(cls, says: Mapping[str, Any]) -> Self | None:
        """Return what somebody says; None: it cannot be read."""
        try:
            operator: Self = checks.read_fields(cls, says)
        except LinkRefusal:
            return None
        return operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest milestone that one island was shown, with its signature under that."""

    kind: ClassVar[str] = "seen"
    checks: ClassVar[Mapping[str, Check]] = {
        "witness": checks.digits(64),
        "head": checks.record(Head),
        "signature": checks.digits(128),
    }
    example: ClassVar[Mapping[str, Any]] = {"witness": "0c" * 32, "head": Head.example, "signature": "00" * 64}
    witness: str
    head: Head
    signature: str

    @classmethod
    def sign(cls, key: SigningKey, head: Head) -> Self:
        """Return what the owner of this key was shown."""
        return cls(witness=key.public, head=head, signature=key.sign(_signed(key.public, head)))

    @property
    def is_genuine(self) -> bool:
        """Whether the witness itself said so."""
        return is_signed_by(self.witness, self.signature, _signed(self.witness, self.head))


class Heads:
    """What one island knows of its operator's milestones, by itself and from others.

    Attributes:
        operator: Whose ledger it is.
        witness: The own memory of it.
    """

    def __init__(self, operator: Operator, key: SigningKey, witness: Witness | None = None) -> None:
        """Begin, or go on with what a witness remembers. `key` is this island's own for this alone."""
        self.operator = operator
        self.witness = witness or Witness(operator.island, operator.public_key)
        self._key = key
        self._said: dict[str, int] = {}
        self._told: Head | None = None
        self._told_at = -math.inf

    @property
    def witnesses(self) -> int:
        """How many other islands were heard of."""
        return len(self._said)

    def show(self, mono: float, heads: Sequence[Head]) -> Seen | None:
        """Take what the own node shows, the newest last; return what is to be told of it, None: nothing now.

        Whatever the newest is, it is told: others may know a different one of its number.
        """
        for head in heads:
            self.witness.show(mono, head)
        if not heads or (heads[-1] == self._told and mono - self._told_at < AGAIN_S):
            return None
        self._told, self._told_at = heads[-1], mono
        return Seen.sign(self._key, heads[-1])

    def hear(self, mono: float, says: Mapping[str, Any]) -> Seen | None:
        """Take what another island was shown; return what is to be passed on, None: it is older than what was.

        What that island did not sign itself, or the operator did not, changes nothing.
        """
        try:
            seen: Seen = checks.read_fields(Seen, says)
        except LinkRefusal:
            return None
        head, operator = seen.head, self.operator
        if seen.witness == self._key.public or head.island != operator.island:
            return None
        if not seen.is_genuine or not head.is_of(operator.public_key):
            return None
        proof = self.witness.proof
        self.witness.hear(mono, body_of(head))
        if self.witness.proof is proof and head.number < self._said.get(seen.witness, 0):
            return None
        self._said[seen.witness] = max(head.number, self._said.get(seen.witness, 0))
        while len(self._said) > _MOST:
            del self._said[next(iter(self._said))]
        return seen


HEAD_KINDS: Final = (Operator.kind, Seen.kind)


def _signed(witness: str, head: Head) -> bytes:
    return canonical({"seen": body_of(head), "witness": witness})
