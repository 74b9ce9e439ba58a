"""Whether the ledger shows a payment between islands: only one that its message names counts, and only once."""

from collections.abc import Container, Mapping
from typing import Final

from ..bridge.treasury import ANEW

CHECKSUM_TRYTES: Final = 9


def paid_under(paid: Mapping[str, tuple[str, int]], payment_id: str, own: Container[str]) -> int:
    """Return what a bundle pays to own addresses (81 trytes) under a payment's id, iota; 0: nothing.

    One that was made anew, since the first address was spent from, has a number behind its id.
    """
    for name, (address, amount_i) in paid.items():
        if name.partition(ANEW)[0] == payment_id and address in own:
            return amount_i
    return 0
