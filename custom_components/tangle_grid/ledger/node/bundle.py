"""What makes a bundle valid by itself, before any balance is looked at."""

from collections.abc import Sequence
from enum import StrEnum

from ..trinary import TrytesError, is_insecure, signature_address, trytes_to_int
from ..trinary.bundle import bundle_number
from .transaction import Transaction

SUPPLY = 2_779_530_283_277_761
MAX_BUNDLE = 1_000
"""How many transactions a bundle may have. More than that is neither taken in nor read."""


class Conflict(StrEnum):
    """Why a bundle is refused, or why a milestone saw it and did not book it."""

    STRUCTURE = "structure"
    BUNDLE_HASH = "bundle_hash"
    INSECURE_HASH = "insecure_hash"
    VALUE_RANGE = "value_range"
    SUM_NOT_ZERO = "sum_not_zero"
    SIGNATURE = "signature"
    ALREADY_APPLIED = "already_applied"
    ADDRESS_SPENT = "address_spent"
    INSUFFICIENT_BALANCE = "insufficient_balance"


def group_inputs(bundle: Sequence[Transaction]) -> list[list[Transaction]]:
    """Return, for each input, its transaction and those that carry the rest of its signature."""
    groups: list[list[Transaction]] = []
    for place, transaction in enumerate(bundle):
        if transaction.value < 0:
            groups.append([transaction])
            continue
        before = bundle[place - 1] if place else None
        continues = groups and before is groups[-1][-1]
        if continues and transaction.value == 0 and transaction.address == groups[-1][0].address:
            groups[-1].append(transaction)
    return groups


def find_fault(bundle: Sequence[Transaction]) -> Conflict | None:
    """Check structure, hash, sum and signatures of a bundle (tail first); return what is wrong, or None.

    The rules are those of IRI's bundle validator: indices complete, one bundle hash that covers all essences and is
    safe to sign, values within the supply that add up to nothing, and a valid signature for every input.
    """
    head = bundle[-1] if bundle else None
    well_formed = head is not None and all(
        transaction.index == place
        and transaction.last_index == len(bundle) - 1
        and transaction.bundle == head.bundle
        and (not place or bundle[place - 1].trunk == transaction.hash)
        for place, transaction in enumerate(bundle)
    )
    if head is None or not well_formed:
        return Conflict.STRUCTURE
    if bundle_number([transaction.essence for transaction in bundle]) != trytes_to_int(head.bundle):
        return Conflict.BUNDLE_HASH
    if is_insecure(head.bundle):
        return Conflict.INSECURE_HASH
    # An address is a Kerl hash, and the last trit of those is zero: nothing else can ever be spent from.
    if any(abs(each.value) > SUPPLY or (each.value and each.address[-1] not in "9ABCDWXYZ") for each in bundle):
        return Conflict.VALUE_RANGE
    if sum(transaction.value for transaction in bundle):
        return Conflict.SUM_NOT_ZERO
    for group in group_inputs(bundle):
        try:
            signer = signature_address([transaction.fragment for transaction in group], head.bundle)
        except TrytesError:
            return Conflict.SIGNATURE
        if signer != group[0].address:
            return Conflict.SIGNATURE
    return None
