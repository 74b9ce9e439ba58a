"""Milestones: the island's signed word on which transactions count.

A stated deviation from IRI, whose coordinator signs with a Merkle tree of one-time keys: here a milestone is one
transaction without value whose text is signed with the island's Ed25519 key. The signature covers the island, the
number, the milestone before, the two parents and the time, so it cannot be moved to another place in the Tangle.
"""

from dataclasses import dataclass
from typing import Any, Final

from ...protocol import ProtocolError, SigningKey, canonical, is_signed_by, parse
from ..trinary import TrytesError, int_to_trytes, kerl_hash_trytes, text_to_trytes, trytes_to_text
from .transaction import TAG_TRYTES, Transaction, compose

_SIGNATURE_DIGITS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """An issued milestone and the hashes of its parents. `at` is epoch seconds."""

    island: str
    number: int
    previous: str
    trunk: str
    branch: str
    at: float

    def signed_bytes(self) -> bytes:
        """Return what the island signs."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMilestone:
    """A milestone with the signature (128 hexadecimal digits) under it: whoever knows the key can check it."""

    milestone: Milestone
    signature: str


def coordinator_address(public_key: str) -> str:
    """Return the address (81 trytes) that the milestones of the owner of this key stand at."""
    return kerl_hash_trytes(text_to_trytes(public_key))


def seal(milestone: Milestone, key: SigningKey) -> str:
    """Return the milestone's transaction, not attached yet."""
    text = canonical(
        {
            "at": milestone.at,
            "milestone": milestone.number,
            "previous": milestone.previous,
            "signature": key.sign(milestone.signed_bytes()),
        }
    ).decode()
    return compose(
        address=coordinator_address(key.public),
        fragment=text_to_trytes(text),
        tag=int_to_trytes(milestone.number, TAG_TRYTES),
        timestamp=int(milestone.at),
    )


def read(transaction: Transaction, *, island: str, public_key: str) -> Milestone | None:
    """Return the milestone that a transaction is, or None when the island did not sign it for this place."""
    signed = read_signed(transaction, island=island, public_key=public_key)
    return None if signed is None else signed.milestone


def read_signed(transaction: Transaction, *, island: str, public_key: str) -> SignedMilestone | None:
    """Return the milestone that a transaction is, with its signature; None: see `read`."""
    if transaction.address != coordinator_address(public_key):
        return None
    try:
        fields: Any = parse(trytes_to_text(transaction.fragment).encode())
        milestone = Milestone(
            island=island,
            number=int(fields["milestone"]),
            previous=str(fields["previous"]),
            trunk=transaction.trunk,
            branch=transaction.branch,
            at=float(fields["at"]),
        )
        signature = str(fields["signature"])
        signed = milestone.signed_bytes()
    except ProtocolError, TrytesError, KeyError, TypeError, ValueError, OverflowError:
        return None
    valid = len(signature) == _SIGNATURE_DIGITS and is_signed_by(public_key, signature, signed)
    return SignedMilestone(milestone=milestone, signature=signature) if valid else None
