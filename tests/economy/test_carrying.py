"""Energy that carried an island: added up exactly, paid once."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.carrying import CarriedEnergy
from custom_components.tangle_grid.economy.effects import BookEntry, Transfer


def test_who_gives_is_paid_and_both_books_have_a_line() -> None:
    account = CarriedEnergy("1700000000")
    account.add("battery", 1_000.0, 1_800.0)
    account.add("battery", 500.0, 3_600.0)
    account.add("battery", -5_000.0, 3_600.0)
    account.add("idle", 0.0, 3_600.0)
    assert account.given_wh == {"battery": 1_000}
    transfer, theirs, ours = account.effects("treasury", 1_500_000, 9.0)
    assert transfer == Transfer(
        payment_id="outage/1700000000/battery", source="treasury", target="battery", amount_i=1_500_000
    )
    assert isinstance(theirs, BookEntry)
    assert isinstance(ours, BookEntry)
    assert (theirs.amount_i, theirs.wh_out, theirs.counterparty) == (1_500_000, 1_000, "treasury")
    assert (ours.amount_i, ours.wh_out, ours.counterparty) == (-1_500_000, 0, "battery")
    assert account.effects("treasury", 0, 9.0) == ()


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(-9_000.0, 9_000.0), st.floats(0.0, 60.0)), max_size=30),
    st.integers(0, 30),
)
def test_a_restart_changes_nothing(given_: list[tuple[str, float, float]], restart_at: int) -> None:
    whole, halves = CarriedEnergy("1"), CarriedEnergy("1")
    for index, (who, power_w, seconds) in enumerate(given_):
        whole.add(who, power_w, seconds)
        if index == restart_at:
            halves = CarriedEnergy.from_dict("1", halves.to_dict())
        halves.add(who, power_w, seconds)
    assert halves.effects("t", 1_000_000, 1.0) == whole.effects("t", 1_000_000, 1.0)


@pytest.mark.parametrize(
    "stored", [{}, {"given_ws": 5}, {"given_ws": {"a": -1}}, {"given_ws": {"a": 1.5}}, {"given_ws": {"a": True}}]
)
def test_what_cannot_be_read_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="given_ws"):
        CarriedEnergy.from_dict("1", stored)
