"""What a person types becomes a tariff that costs exactly that, and comes back as it was."""

from dataclasses import asdict
from datetime import UTC
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy import price, read_cdr, read_tariff
from custom_components.tangle_grid.economy.errors import FormError
from custom_components.tangle_grid.economy.tariff_form import (
    TariffForm,
    form_to_tariff,
    read_form,
    tariff_to_form,
)
from tests.support.ocpi import cdr, component, element, tariff

PRICES = st.none() | st.decimals(-999, 999, places=5, allow_nan=False).map(str)
TIMES = st.times().map(lambda at: at.isoformat("minutes"))


@st.composite
def typed(draw: st.DrawFn) -> dict[str, str | None]:
    form = {name: draw(PRICES) for name in ("kwh_night", "hour_night", "hour_after", "flat", "least")}
    form["kwh"] = draw(PRICES.filter(bool))
    form["hour"] = draw(PRICES.filter(bool) if form["hour_night"] else PRICES)
    form["most"] = draw(st.none() | st.just("5000"))
    form["night_from"], form["night_until"] = draw(st.lists(TIMES, min_size=2, max_size=2, unique=True))
    form["after_hours"] = draw(st.integers(1, 999).map(lambda tenths: str(tenths / 10))) if form["hour_after"] else None
    return form | {"currency": draw(st.sampled_from(["eur", "CHF"]))}


@given(typed())
def test_what_was_typed_comes_back(fields: dict[str, str | None]) -> None:
    form = read_form(fields)
    assert read_form(asdict(form)) == form
    assert tariff_to_form(form_to_tariff(form)) == form
    for name, value in asdict(form).items():
        if value is not None and name not in {"currency", "night_from", "night_until"}:
            assert Fraction(value) == Fraction(fields[name] or "")


def cost(form: dict[str, str], *periods: tuple[float, dict[str, float]], minutes: float = 0) -> Fraction:
    by = read_tariff(form_to_tariff(read_form({"currency": "EUR"} | form)))
    return price(by, read_cdr(cdr(*periods, minutes=minutes)), UTC).total.incl_vat


def test_each_field_costs_what_it_says() -> None:
    """The session begins at 9:30 on a Monday."""
    day = {"kwh": "0,30", "kwh_night": "0.1", "night_from": "22:00:00", "night_until": "10:00", "currency": "eur"}
    assert cost(day, (0, {"ENERGY": 1}), (30, {"ENERGY": 1})) == Fraction("0.4")
    late = {"kwh": "0", "hour": "1", "after_hours": "4", "hour_after": "6"}
    times = ((0, {"TIME": 2.0}), (120, {"PARKING_TIME": 2.0}), (240, {"PARKING_TIME": 0.5}))
    assert cost(late, *times) == Fraction(7)
    assert cost(late, *((minute, {"TIME": sum(taken.values())}) for minute, taken in times)) == Fraction(7)
    assert cost({"flat": "2.50", "kwh": "1", "most": "3"}, (0, {"ENERGY": 2})) == Fraction(3)
    assert cost({"flat": "-2.5"}, (0, {"ENERGY": 2})) == Fraction("-2.5")
    assert cost({"hour": "1", "least": "4"}, (0, {"PARKING_TIME": 2})) == Fraction(4)


@pytest.mark.parametrize(
    ("fields", "key", "where"),
    [
        ({}, "nothing_priced", "kwh"),
        ({"most": "3", "kwh": " "}, "nothing_priced", "kwh"),
        ({"kwh": "cheap"}, "not_a_number", "kwh"),
        ({"kwh": "1e3"}, "not_a_number", "kwh"),
        ({"kwh": "٣"}, "not_a_number", "kwh"),
        ({"kwh": "1,000"}, "comma_in_doubt", "kwh"),
        ({"kwh": "1" * 16}, "number_too_large", "kwh"),
        ({"kwh": "1", "currency": "euro"}, "not_a_currency", "currency"),
        ({"hour": "1", "kwh_night": "1"}, "needs_other", "kwh_night"),
        ({"kwh": "1", "kwh_night": "1"}, "missing", "night_from"),
        ({"kwh": "1", "kwh_night": "1", "night_from": "25:00"}, "not_a_time", "night_from"),
        ({"kwh": "1", "kwh_night": "1", "night_from": "2:00", "night_until": "6"}, "not_a_time", "night_from"),
        ({"kwh": "1", "kwh_night": "1", "night_from": "06:00", "night_until": "06:00"}, "cannot_hold", "night_until"),
        ({"kwh": "1", "after_hours": "4"}, "needs_other", "after_hours"),
        ({"kwh": "1", "hour_after": "4"}, "needs_other", "hour_after"),
        ({"kwh": "1", "hour_after": "4", "after_hours": "0"}, "not_positive", "after_hours"),
        ({"kwh": "1", "hour_after": "4", "after_hours": "-1"}, "not_positive", "after_hours"),
        ({"kwh": "1", "hour_after": "4", "after_hours": "0.0001"}, "not_whole_seconds", "after_hours"),
        ({"kwh": "1", "least": "4", "most": "3"}, "limits_cross", "least"),
    ],
)
def test_what_cannot_be_is_said_of_its_field(fields: dict[str, str], key: str, where: str) -> None:
    with pytest.raises(FormError) as found:
        read_form(fields)
    assert (found.value.key, found.value.placeholders["where"]) == (key, where)
    assert str(found.value)


def test_a_night_without_a_price_is_no_night() -> None:
    assert read_form({"kwh": "1", "night_from": "22:00", "night_until": "06:00"}) == TariffForm(currency="XXX", kwh="1")


@pytest.mark.parametrize(
    "text",
    [
        tariff(element(component("ENERGY", 1), day_of_week=["MONDAY"])),
        tariff(element(component("ENERGY", 1, step=1000))),
        tariff(element(component("ENERGY", 1, vat=20))),
        tariff(element(component("TIME", 1))),
        tariff(element(component("FLAT", 1), min_duration=10)),
        tariff(element(component("ENERGY", 1)), element(component("ENERGY", 2))),
        tariff(element(component("ENERGY", 1), start_time="06:00", end_time="22:00")),
        tariff(element(component("ENERGY", 1)), min_price={"excl_vat": 1}),
        tariff(element(component("ENERGY", 1)), start_date_time="2026-01-01T00:00:00Z"),
    ],
)
def test_what_the_form_cannot_say_stays_json(text: str) -> None:
    with pytest.raises(FormError) as found:
        tariff_to_form(text)
    assert found.value.key == "not_of_the_form"
