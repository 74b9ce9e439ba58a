"""Who is paid: a wallet by its id, or an address."""

from collections.abc import Container
from typing import Final

from .errors import LedgerError
from .model import PaymentOrder
from .pyota import Client
from .trinary import ALPHABET, HASH_TRYTES, has_valid_checksum
from .wallet import AddressBook

_SHOWN: Final = 100


def check_target(order: PaymentOrder, wallets: Container[str], book: AddressBook, client: Client) -> None:
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
    address = target[:HASH_TRYTES]
    if not has_valid_checksum(target) or not book.is_open(address) or client.spent_from([address])[0]:
        raise LedgerError("invalid_address", {"address": target[:_SHOWN]})


def resolve_target(target: str, book: AddressBook) -> str:
    """Return the address (81 trytes) to pay to now: a wallet's latest, or the address itself."""
    return book.wallet(target).address if book.has(target) else target[:HASH_TRYTES]
