"""A signed statement can be checked by anybody, and not be changed by anybody."""

import json
from datetime import UTC
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import (
    BooksError,
    Month,
    Statement,
    Worth,
    signed_statement,
    statement,
    verify_statement,
)
from custom_components.tangle_grid.protocol import SigningKey, canonical
from tests.support.books import MEMBERS, Desk, desks, entry

KEY = SigningKey.from_hex("11" * 32)


def made(lines: list[Any], participant: str = "car", worth: Worth | None = None) -> Statement:
    return statement(
        lines,
        island="island",
        participant=participant,
        month=Month(2026, 11),
        zone=UTC,
        time_zone="UTC",
        opening_i=7,
        worth=worth,
    )


def over_a_wire(document: dict[str, Any]) -> Any:
    return json.loads(json.dumps(document))


@settings(max_examples=30, deadline=None)
@given(desk=desks(), member=st.sampled_from(MEMBERS))
def test_a_statement_comes_back_as_it_was(desk: Desk, member: str) -> None:
    before = made(desk.lines, member)
    assert verify_statement(over_a_wire(signed_statement(before, KEY)), KEY.public, UTC) == before


LINES = [entry("1", amount_i=-100, wh_in=500, details={"tariff": "night"}), entry("2", amount_i=30, wh_out=100)]


def fault(document: Any, key: str = KEY.public) -> str:
    with pytest.raises(BooksError) as refused:
        verify_statement(document, key, UTC)
    assert str(refused.value)
    return refused.value.key


def resigned(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {**document, **changes}
    del said["signature"]
    return said | {"signature": KEY.sign(canonical(said))}


def test_whatever_is_changed_the_signature_is_broken() -> None:
    document = over_a_wire(signed_statement(made(LINES), KEY))
    changes: dict[str, Any] = {"island": "x", "month": "2026-12", "opening_i": 8, "sessions": 2, "lines": []}
    for name, value in changes.items():
        assert fault({**document, name: value}) == "statement_not_signed", name
    assert fault(document, SigningKey.from_hex("22" * 32).public) == "statement_not_signed"
    other = signed_statement(made(LINES), SigningKey.from_hex("22" * 32))
    assert fault(other) == "statement_not_signed"


def test_what_tokens_are_worth_is_signed_as_well_and_checked() -> None:
    worth = Worth(currency="EUR", rate=Fraction(1_000, 3))
    before = made(LINES, worth=worth)
    document = over_a_wire(signed_statement(before, KEY))
    assert document["money"] == {
        "currency": "EUR",
        "i_per_unit": "1000/3",
        "opening": "0.0210",
        "received": "0.0900",
        "paid": "0.3000",
        "closing": "-0.1890",
    }
    assert verify_statement(document, KEY.public, UTC) == before
    assert fault(resigned(document, money=document["money"] | {"closing": "1.0000"})) == "statement_wrong"
    for wrong in ({}, {"currency": "EUR"}, document["money"] | {"i_per_unit": "-1"}, {"i_per_unit": "1/0"}):
        assert fault(resigned(document, money=wrong)) == "not_a_statement"
    for rate in ("0", "x", "1/0"):
        lines = [document["lines"][0] | {"rate": rate}, document["lines"][1]]
        assert fault(resigned(document, lines=lines)) == "not_a_statement"
    assert fault(resigned(document, money=document["money"] | {"opening": "0.02101"})) == "not_a_statement"


def test_each_line_is_valued_by_the_rate_that_stood_when_it_happened() -> None:
    """Whatever tokens are worth when the statement is made: what is shown adds up, and stays what it was."""
    lines = [
        entry("0", at=entry("0").at - 40 * 86_400, amount_i=1_000, rate=Fraction(500)),
        entry("1", amount_i=-100, rate=Fraction(1_000)),
        entry("2", amount_i=30, rate=Fraction(10)),
    ]
    said = []
    for now in (Fraction(1), Fraction(7)):
        document = over_a_wire(signed_statement(made(lines, worth=Worth(currency="EUR", rate=now)), KEY))
        assert verify_statement(document, KEY.public, UTC).lines[0].rate == 1_000
        said.append({name: Fraction(document["money"][name]) for name in ("received", "paid", "closing", "opening")})
        found = said[-1]
        assert found["opening"] + found["received"] - found["paid"] == found["closing"]
    assert (said[0]["received"], said[0]["paid"]) == (3, Fraction(1, 10))
    assert said[0]["opening"] - 7 == said[1]["opening"] - 1 == 2, "but for what was there before the first line"


def test_an_island_that_signs_sums_that_are_wrong_is_found_out() -> None:
    document = over_a_wire(signed_statement(made(LINES), KEY))
    totals = document["totals"]
    for changes in (
        {"closing_i": 0},
        {"opening_i": 8},
        {"sessions": 0},
        {"totals": totals | {"wh_in": 501}},
        {"kinds": {}},
        {"lines": document["lines"][:1]},
        {"lines": [document["lines"][0], document["lines"][0]]},
        {"lines": [document["lines"][0], {**document["lines"][1], "at": 0}]},
        {"month": "2026-12"},
        {"money": {"currency": "EUR", "i_per_unit": "1", "opening": "7.0000"}},
    ):
        assert fault(resigned(document, **changes)) in {"statement_wrong", "line_differs"}, changes


def test_what_is_no_statement() -> None:
    document = over_a_wire(signed_statement(made(LINES), KEY))
    line = document["lines"][0]
    for wrong in (
        None,
        [],
        {},
        {**document, "more": 1},
        {**document, "opening_i": True},
        {**document, "lines": {}},
        resigned(document, v=1),
        resigned(document, lines=[{**line, "kind": "theft"}]),
        resigned(document, lines=[{**line, "wh_in": -1}]),
        resigned(document, lines=[{**line, "amount_i": 1.5}]),
        resigned(document, lines=["line"]),
    ):
        assert fault(wrong) == "not_a_statement", wrong
    assert fault(resigned(document, month="2026")) == "not_a_month"


def test_details_that_cannot_be_signed() -> None:
    with pytest.raises(BooksError) as refused:
        signed_statement(made([entry(details={"x": 2**60})]), KEY)
    assert refused.value.key == "not_a_statement"
