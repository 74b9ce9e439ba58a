"""Nothing is paid to where nobody can spend it."""

import pytest

from custom_components.tangle_grid.ledger import Ledger, LedgerError
from custom_components.tangle_grid.ledger.payments.payees import is_address
from custom_components.tangle_grid.ledger.trinary import ALPHABET, address_of, with_checksum
from tests.support.ledger.paying import order


def test_an_address_is_what_somebody_can_have_the_key_of() -> None:
    """The last trit of a Kerl hash is zero: of 27 last trytes nine are left."""
    good = {last for last in ALPHABET if is_address(with_checksum("A" * 80 + last))}
    assert good == set("9ABCDWXYZ")
    found = with_checksum(address_of("SOMEBODY", 0))
    assert is_address(found)
    for wrong in (found[:81], found + "9", found.lower(), found[:-1] + ("A" if found[-1] != "A" else "B"), "", None, 5):
        assert not is_address(wrong)


async def test_an_order_to_an_address_without_a_key_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError) as refused:
        await ledger.pay(order("lost", 5, target=with_checksum("A" * 80 + "M")))
    assert refused.value.key == "invalid_address"
    assert await ledger.payments() == []
