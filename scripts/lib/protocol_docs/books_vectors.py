"""Test vectors of what the books hand out signed: a statement, a sharing of energy, and such as do not stand up."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from custom_components.tangle_grid.economy.books import (
    BooksError,
    Hybrid,
    Month,
    Quarter,
    Worth,
    share,
    signed_sharing,
    signed_statement,
    statement,
    verify_sharing,
    verify_statement,
)
from custom_components.tangle_grid.economy.effects import BookEntry, Kind
from custom_components.tangle_grid.protocol import SigningKey, canonical

type Json = dict[str, Any]

_KEY: Final = SigningKey.from_hex("4b" * 32)
_MONTH: Final = Month(2026, 11)
_AT: Final = datetime(2026, 11, 3, 18, tzinfo=UTC).timestamp()


def _line(entry_id: str, kind: Kind, reference: str, **fields: Any) -> BookEntry:
    return BookEntry(entry_id=entry_id, participant="car", at=_AT, kind=kind, reference=reference, **fields)


def _statement() -> Json:
    """Return a month of a car that charged, paid a fee and helped."""
    lines = [
        _line("1", Kind.CHARGING, "charging-1", amount_i=-1_000_000, wh_in=4_000, payment_id="charging-1:0:0:e"),
        _line("2", Kind.FEE, "charging-1", amount_i=-50_000, counterparty="treasury", payment_id="charging-1:0:0:e"),
        _line("3", Kind.REWARD, "request-1", amount_i=70_000, payment_id="request-1:car", rate=Fraction(1_000_003, 7)),
    ]
    of = statement(
        lines,
        island="island-1",
        participant="car",
        month=_MONTH,
        zone=UTC,
        time_zone="UTC",
        opening_i=2_000_000,
        worth=Worth(currency="EUR", rate=Fraction(1_000_000)),
    )
    return signed_statement(of, _KEY)


def _sharing() -> Json:
    """Return two quarters of an hour of a roof with two flats, of which one uses less than its share."""
    key = Hybrid({"flat-1": Fraction(1, 3), "flat-2": Fraction(1, 2)})
    start = int(datetime(2026, 11, 3, 12, tzinfo=UTC).timestamp())
    quarters = [
        Quarter(start=start, produced_wh=601, used_wh={"flat-1": 900, "flat-2": 100}),
        Quarter(start=start + 900, produced_wh=500, used_wh={"flat-1": 1_000, "flat-2": 1_000}),
    ]
    shared = share(quarters, key)
    return signed_sharing(shared, key, island="island-1", month=_MONTH, time_zone="UTC", signing=_KEY)


def _signed_again(file: Json, **changes: Any) -> Json:
    """Return the file with something else in it, signed as it is: what an island could do that lies."""
    said = {name: value for name, value in file.items() if name != "signature"} | changes
    return said | {"signature": _KEY.sign(canonical(said))}


def _vectors(good: Json, others: Mapping[str, Json], verify: Callable[[Json, str], object]) -> Json:
    """Return the good file, and the others each with why it is refused."""
    verify(good, _KEY.public)
    refused = {}
    for name, file in others.items():
        try:
            verify(file, _KEY.public)
        except BooksError as error:
            refused[name] = {"file": file, "why": error.key}
    return {"public_key": _KEY.public, "good": good, "refused": refused}


def statement_vectors() -> Json:
    """Return a signed statement, and such as do not stand up."""
    good = _statement()
    first, *others = good["lines"]
    wrong = {
        "changed_after_signing": good | {"closing_i": good["closing_i"] + 1},
        "a_closing_balance_that_its_lines_do_not_give": _signed_again(good, closing_i=good["closing_i"] + 1),
        "a_line_left_out": _signed_again(good, lines=others),
        "a_line_twice": _signed_again(good, lines=[first, *good["lines"]]),
        "a_line_of_another_month": _signed_again(good, lines=[first | {"at": _AT + 31 * 86_400}, *others]),
        "money_that_its_rates_do_not_give": _signed_again(good, money=good["money"] | {"closing": "9.0000"}),
    }
    return _vectors(good, wrong, verify_statement)


def sharing_vectors() -> Json:
    """Return a signed sharing, and such as do not stand up."""
    good = _sharing()
    first, second = good["quarters"]
    more = {"flat-1": second["shared_wh"]["flat-1"] + 1, "flat-2": second["shared_wh"]["flat-2"] - 1}
    wrong = {
        "changed_after_signing": good | {"key": "static"},
        "a_watt_hour_given_to_another": _signed_again(good, quarters=[first, second | {"shared_wh": more}]),
        "shares_that_give_something_else": _signed_again(good, shares={"flat-1": "1/2", "flat-2": "1/2"}),
        "a_quarter_twice": _signed_again(good, quarters=[first, first, second]),
        "no_quarter_of_an_hour": _signed_again(good, quarters=[first | {"start": first["start"] + 1}, second]),
    }
    return _vectors(good, wrong, verify_sharing)
