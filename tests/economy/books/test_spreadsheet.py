"""CSV opens right in spreadsheets of both kinds of countries, and runs nothing in them."""

import csv
import io
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import Form, Month, Worth, statement, statement_csv
from tests.support.books import MEMBERS, NOVEMBER, Desk, desks, entry

SIGNS = {Form.COMMA: (",", "."), Form.SEMICOLON: (";", ",")}


def rows(text: str, form: Form) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=SIGNS[form][0], strict=True)
    return list(reader)


def number(text: str, form: Form) -> Decimal:
    return Decimal(text.replace(SIGNS[form][1], "."))


@settings(max_examples=30, deadline=None)
@given(desk=desks(), member=st.sampled_from(MEMBERS), form=st.sampled_from(Form))
def test_the_sums_stand_in_the_last_row(desk: Desk, member: str, form: Form) -> None:
    zone = ZoneInfo("America/St_Johns")
    of = statement(
        desk.lines, island="i", participant=member, month=Month(2026, 12), zone=zone, time_zone="x", opening_i=99
    )
    opening, *lines, closing = rows(statement_csv(of, zone, form), form)
    assert (opening["row"], closing["row"], len(lines)) == ("opening", "closing", len(of.lines))
    assert int(opening["balance_i"]) == of.opening_i
    assert int(closing["balance_i"]) == of.closing_i == of.opening_i + sum(int(line["amount_i"]) for line in lines)
    for name in ("energy_in_kwh", "energy_out_kwh"):
        assert number(closing[name], form) == sum((number(line[name], form) for line in lines), Decimal(0))
    assert number(closing["energy_in_kwh"], form) * 1000 == of.totals.wh_in
    assert (opening["date"], opening["time"], opening["utc_offset"]) == ("2026-12-01", "00:00:00", "UTC-03:30")


@pytest.mark.parametrize("form", Form)
def test_tokens_and_money_stand_side_by_side(form: Form) -> None:
    of = statement(
        [entry("1", amount_i=-1_500_000), entry("2", amount_i=1)],
        island="i",
        participant="car",
        month=Month(2026, 11),
        zone=UTC,
        time_zone="UTC",
        opening_i=100,
        worth=Worth(currency="EUR", rate=Fraction(1_000_000)),
    )
    found = rows(statement_csv(of, UTC, form), form)
    assert [number(row["balance_money"], form) for row in found] == [
        Decimal(row["balance_i"]).scaleb(-6).quantize(Decimal("0.0001")) for row in found
    ]
    amounts = [row["amount_money"].replace(",", ".") for row in found]
    assert amounts == ["", "-1.5000", "0.0000", "-1.5000"]
    assert {row["currency"] for row in found} == {"EUR"}
    nobody_said = rows(statement_csv(replace(of, worth=None), UTC, form), form)
    assert {row[name] for row in nobody_said for name in ("amount_money", "balance_money", "currency")} == {""}


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", '=cmd|" /C calc"!A0'],
)
def test_no_text_is_taken_for_a_formula(text: str, form: Form) -> None:
    of = statement(
        [entry(reference=text, counterparty=text)],
        island="i",
        participant="car",
        month=Month(2026, 11),
        zone=UTC,
        time_zone="UTC",
    )
    line = rows(statement_csv(of, UTC, form), form)[1]
    assert line["reference"] == line["counterparty"] == "'" + text


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("text", ["", "a;=1", "a,=1", 'say "no"', "two\r\nlines", "caf\u00e9", "a=b", "a\t=1"])
def test_every_other_text_comes_back(text: str, form: Form) -> None:
    """Quoted, so that a separator of the other kind within it begins no column of its own."""
    of = statement(
        [entry(reference=text, amount_i=-5, wh_in=1234)],
        island="i",
        participant="car",
        month=Month(2026, 11),
        zone=UTC,
        time_zone="UTC",
    )
    text_of = statement_csv(of, UTC, form)
    line = rows(text_of, form)[1]
    assert (line["reference"], line["amount_i"]) == (text, "-5")
    assert line["energy_in_kwh"] == ("1.234" if form is Form.COMMA else "1,234")
    assert text_of.replace("\r\n", "").count("\n") == 0
    if text:
        assert f'"{text.replace(chr(34), chr(34) * 2)}"' in text_of


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("007", "'007"),
        ("1e5", "'1e5"),
        ("3/4", "'3/4"),
        ("1-2", "'1-2"),
        ("12:30", "'12:30"),
        ("01.02.2026", "'01.02.2026"),
        ("1,5", "'1,5"),
        ("1234567890123456", "'1234567890123456"),
        ("12", "12"),
        ("0", "0"),
        ("Flat 3/4", "Flat 3/4"),
        ("charging-0e5:1", "charging-0e5:1"),
    ],
)
def test_a_name_is_not_taken_for_another_number_or_a_date(name: str, stands: str, form: Form) -> None:
    """As seen in LibreOffice Calc; dates and times stay what it takes for them."""
    of = statement(
        [entry(reference=name, counterparty="n")],
        island="i",
        participant="car",
        month=Month(2026, 11),
        zone=UTC,
        time_zone="UTC",
    )
    line = rows(statement_csv(of, UTC, form, {"n": name}), form)[1]
    assert line["reference"] == line["counterparty"] == stands
    assert line["date"][:5] == "2026-"
    assert line["time"][2] == ":"


def test_an_hour_that_comes_twice_is_told_twice_with_another_offset() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    twice = NOVEMBER - 7 * 86_400 + 1800
    of = statement(
        [entry("a", at=twice), entry("b", at=twice + 3600)],
        island="i",
        participant="car",
        month=Month(2026, 10),
        zone=zone,
        time_zone="Europe/Amsterdam",
    )
    found = [(line["time"], line["utc_offset"]) for line in rows(statement_csv(of, zone, Form.COMMA), Form.COMMA)[1:3]]
    assert found == [("02:30:00", "UTC+02:00"), ("02:30:00", "UTC+01:00")]
