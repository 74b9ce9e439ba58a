"""Do payments stand on the Tangle as somebody says? Each is looked for there, whatever its message says to others.

What is said beside a payment that tells of a person is sealed. So without the key that opens it, it is checked that the
island signed the message, that the bundle is valid and confirmed, and that it credits this amount, each credit once;
with the key, also that this payment is the one that is meant.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ...protocol import why_rejected
from ..messages.archive import TangleArchive
from ..messages.chronicle import PAYMENT_KIND, Opens
from ..node import Transaction
from ..node.bundle import find_fault
from ..trinary import HASH_TRYTES, is_trytes
from .receipts import Check, FoundMessage, found_message, payouts

_TRIES: Final = "~"

type Said = tuple[str, int, str | None]
"""The id of a payment, its amount (iota), and the transaction that credits it (81 trytes) or None."""


def verify_transfers(
    archive: TangleArchive, said: Iterable[Said], *, island: str, public_key: str, opens: Opens
) -> Iterator[Check]:
    """Yield a check for each payment. One that fails has the key of what is wrong with it.

    `island` and `public_key` (64 hex digits) are whose word counts; `opens` gives the keys for sealed messages. Raises
    ArchiveError where the Tangle cannot be read.
    """
    taken: set[str] = set()
    for payment_id, amount_i, named in said:
        values = {"payment_id": payment_id, "amount_i": amount_i, "transaction": str(named)}
        wrong = _what_is_wrong(archive, (payment_id, amount_i, named), island, public_key, opens, taken)
        yield Check(key=wrong or "transfer_confirmed", ok=wrong is None, placeholders=values)


def _what_is_wrong(
    archive: TangleArchive, said: Said, island: str, public_key: str, opens: Opens, taken: set[str]
) -> str | None:
    """Return the key of the check that fails, None if all hold. `taken` are credits that belong to other payments."""
    payment_id, amount_i, named = said
    if named is None or not is_trytes(named, HASH_TRYTES):
        return "transfer_named"
    credit = archive.transaction(named)
    message = None if credit is None else _message_with(archive, credit, opens)
    if credit is None or message is None or message.envelope.kind != PAYMENT_KIND:
        return "transfer_found"
    if why_rejected(message.envelope, island, frozenset({public_key})) is not None:
        return "transfer_signed"
    if find_fault(message.bundle) is not None:
        return "transfer_valid"
    if credit.value != amount_i or named in taken or not _may_be(message, payment_id, named):
        return "transfer_amount"
    taken.add(named)
    if not any(map(archive.is_confirmed, archive.copies(credit.bundle))):
        return "transfer_confirmed"
    return None


def _message_with(archive: TangleArchive, credit: Transaction, opens: Opens) -> FoundMessage | None:
    """Return the message of the bundle that this transaction is in."""
    for tail in archive.copies(credit.bundle):
        message = found_message(archive, tail, opens)
        if message is not None and any(each.hash == credit.hash for each in message.bundle):
            return message
    return None


def _may_be(message: FoundMessage, payment_id: str, credit: str) -> bool:
    """Return whether this payment may be the one that the transaction credits: what is sealed says nothing against."""
    if message.is_shut:
        return True
    return any(
        each.credit is not None and each.credit.hash == credit and each.payment_id.partition(_TRIES)[0] == payment_id
        for each in payouts(message)
    )
