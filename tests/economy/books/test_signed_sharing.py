"""A signed sharing can be repeated by anybody, and not be changed by anybody."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import (
    BooksError,
    Dynamic,
    Hybrid,
    Month,
    Quarter,
    SharingKey,
    Static,
    share,
    signed_sharing,
    verify_sharing,
)
from custom_components.tangle_grid.protocol import SigningKey, canonical

KEY = SigningKey.from_hex("11" * 32)
SHARES = {"flat 1": Fraction(1, 3), "flat 2": Fraction(1, 2)}
KEYS: list[SharingKey] = [Static(SHARES), Dynamic(), Hybrid(SHARES)]
QUARTERS = st.lists(
    st.tuples(st.integers(0, 3_000), st.integers(0, 2_000), st.integers(0, 2_000)), min_size=1, max_size=6
).map(
    lambda rows: [
        Quarter(start=900 * number, produced_wh=produced, used_wh={"flat 1": first, "flat 2": second})
        for number, (produced, first, second) in enumerate(rows)
    ]
)


def signed(quarters: list[Quarter], key: SharingKey) -> dict[str, Any]:
    shared = share(quarters, key)
    found: dict[str, Any] = signed_sharing(
        shared, key, island="island", month=Month(2026, 11), time_zone="UTC", signing=KEY
    )
    return found


def again(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {name: value for name, value in document.items() if name != "signature"} | changes
    return said | {"signature": KEY.sign(canonical(said))}


def fault(document: Any) -> str:
    with pytest.raises(BooksError) as refused:
        verify_sharing(document, KEY.public)
    assert str(refused.value)
    return refused.value.key


@settings(max_examples=30, deadline=None)
@given(quarters=QUARTERS, key=st.sampled_from(KEYS))
def test_a_sharing_comes_back_as_it_was(quarters: list[Quarter], key: SharingKey) -> None:
    document = json.loads(json.dumps(signed(quarters, key)))
    assert verify_sharing(document, KEY.public) == share(quarters, key)


ONE = [Quarter(start=900, produced_wh=600, used_wh={"flat 1": 1_000, "flat 2": 100})]


def test_a_changed_share_or_value_is_found() -> None:
    document = signed(ONE, Dynamic())
    assert fault(document | {"month": "2026-10"}) == "sharing_not_signed"
    (row,) = document["quarters"]
    for wrong in (
        {"shared_wh": {"flat 1": 546, "flat 2": 54}},
        {"shared_wh": row["shared_wh"] | {"flat 3": 1}},
        {"produced_wh": 700},
        {"used_wh": {"flat 1": 500, "flat 2": 100}},
    ):
        assert fault(again(document, quarters=[row | wrong])) == "sharing_wrong"
    assert fault(again(document, key="static", shares={"flat 1": "1/2"})) == "sharing_wrong"
    with pytest.raises(BooksError, match="not signed"):
        verify_sharing(document, SigningKey.from_hex("22" * 32).public)


def test_what_is_no_sharing_is_refused() -> None:
    document = signed(ONE, Static(SHARES))
    (row,) = document["quarters"]
    for wrong in (
        [],
        {},
        again(document, v=2),
        again(document, key="by weight"),
        again(document, shares={"flat 1": "half"}),
        again(document, shares={"flat 1": "1/0"}),
        again(document, shares={"flat 1": 1}),
        again(document, quarters=[1]),
        again(document, quarters=[row | {"start": "900"}]),
        again(document, quarters=[row | {"used_wh": {"flat 1": 1.5}}]),
        document | {"month": "\ud800"},
    ):
        assert fault(wrong) == "not_a_sharing", wrong
    assert fault(again(document, quarters=[row | {"start": 901}])) == "not_a_quarter"
    assert fault(again(document, quarters=[row, row])) == "quarter_twice"
    assert fault(again(document, shares={"flat 1": "2"})) == "shares_too_large"
