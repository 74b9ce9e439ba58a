"""What a seed was used for before: the addresses that a restored or imported wallet must know about."""

from collections.abc import Sequence
from typing import Final, Protocol

from ..trinary import address_of

_FIRST: Final = 3
_GAP: Final = 20


class Witness(Protocol):
    """What a node can tell about addresses."""

    def balances(self, addresses: Sequence[str]) -> list[int]:
        """Return the confirmed balance of each address."""

    def is_known(self, address: str) -> bool:
        """Tell whether a transaction names the address."""

    def spent_from(self, addresses: Sequence[str]) -> list[bool]:
        """Tell which addresses were spent from."""


def find_used(seed: str, witness: Witness, *, thorough: bool, begin: int = 0) -> list[tuple[str, bool]]:
    """Return the addresses of a seed, from an index to the last that was ever used, and whether each was spent from.

    The search ends after 20 unused addresses in a row, as in other wallets. Our own wallets use their first addresses
    first: unless `thorough`, a seed is taken as new when its first three were never used. Takes milliseconds of work
    and up to three questions to the node for each address.
    """
    found: list[tuple[str, bool]] = []
    width = _GAP if thorough else _FIRST
    while True:
        window = [address_of(seed, begin + len(found) + place) for place in range(width)]
        spent, balances = witness.spent_from(window), witness.balances(window)
        used = [
            place
            for place, address in enumerate(window)
            if spent[place] or balances[place] or witness.is_known(address)
        ]
        if not used:
            return found
        end = used[-1] + 1
        found += list(zip(window[:end], spent[:end], strict=True))
        width = _GAP
