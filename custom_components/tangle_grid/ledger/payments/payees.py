"""Who is paid: a wallet by its id, or an address."""

from collections.abc import Container
from typing import Final

from ..backends.backend import Backend
from ..base.errors import LedgerError
from ..base.model import PaymentOrder
from ..trinary import ALPHABET, HASH_TRYTES, has_valid_checksum
from ..wallet import AddressBook

_SHOWN: Final = 100
_LAST_TRYTES: Final = "9ABCDWXYZ"
"""An address is a Kerl hash, and the last trit of those is zero: nobody can have the key of another one."""


def check_target(order: PaymentOrder, wallets: Container[str], book: AddressBook, backend: Backend) -> None:
    """Refuse a target that cannot be paid.

    Raises:
        LedgerError: invalid_address (not 90 trytes with a right checksum, the source itself, or an address that was
            spent from, whose tokens nobody could move again), or unknown_wallet (a name that is no wallet).
    """
    target = order.target
    if not isinstance(target, str) or target == order.source:
        raise LedgerError("invalid_address", {"address": str(target)[:_SHOWN]})
    if target in wallets:
        return
    if target and any(character not in ALPHABET for character in target) and target.replace("_", "").isalnum():
        raise LedgerError("unknown_wallet", {"wallet": target[:_SHOWN]})
    if not is_address(target) or book.owner(target[:HASH_TRYTES]) == order.source:
        raise LedgerError("invalid_address", {"address": target[:_SHOWN]})
    address = target[:HASH_TRYTES]
    if not book.is_open(address) or backend.is_known_spent(address):
        raise LedgerError("invalid_address", {"address": target[:_SHOWN]})


def is_address(text: object) -> bool:
    """Tell whether this is an address that somebody can have the key of: 90 trytes with a right checksum."""
    return isinstance(text, str) and has_valid_checksum(text) and text[HASH_TRYTES - 1] in _LAST_TRYTES


def resolve_target(target: str, book: AddressBook) -> str:
    """Return the address (81 trytes) to pay to now.

    That is a wallet's latest, also where the order named an older address of that wallet; or else the address itself.
    """
    if book.has(target):
        return book.wallet(target).address
    address = target[:HASH_TRYTES]
    owner = book.owner(address)
    return address if owner is None or book.is_open(address) else book.wallet(owner).address


def is_elsewhere(target: str, book: AddressBook) -> bool:
    """Tell whether the target is an address that is no wallet's here."""
    return not book.has(target) and book.owner(target[:HASH_TRYTES]) is None
