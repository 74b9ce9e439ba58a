"""The receipt of a payment that says nothing to others: a commitment to what the books say of it."""

from typing import Any

from ..effects import BookEntry
from .commitment import commit, salt_of


def receipt_data(line: BookEntry) -> dict[str, Any]:
    """Return what a receipt commits to: what the payment was for, when, and the energy."""
    return {
        "kind": line.kind.value,
        "reference": line.reference,
        "at": line.at,
        "amount_i": line.amount_i,
        "wh_in": line.wh_in,
        "wh_out": line.wh_out,
        "details": dict(line.details),
    }


def receipt_salt(line: BookEntry, key: str) -> str:
    """Return the salt of a line's receipt, from the key of the person whose line it is."""
    return salt_of(key, line.entry_id)


def receipt_of(line: BookEntry, key: str) -> str:
    """Return the receipt of a line, 64 hexadecimal digits.

    Raises:
        ProtocolError: malformed. Its details are no JSON that can be encoded canonically.
    """
    return commit(receipt_data(line), receipt_salt(line, key))
