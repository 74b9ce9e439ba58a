"""What holds of every session, and what restrictions mean at their edges."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy import Bill, Cdr, price, read_cdr, read_tariff
from custom_components.tangle_grid.economy.cdr import Period
from custom_components.tangle_grid.economy.errors import TariffError, shown
from tests.support.ocpi import START, cdr, component, element, tariff

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PRICES = st.integers(-500, 500).map(lambda cents: cents / 100)
BY_STEPS_OF_ONE = st.tuples(PRICES, PRICES, PRICES, PRICES).map(
    lambda prices: tariff(
        element(component("FLAT", prices[0], vat=20), component("ENERGY", prices[1], vat=10)),
        element(component("TIME", prices[2], vat=5.5), component("PARKING_TIME", prices[3])),
    )
)


def bill(by: str, session: str) -> Bill:
    return price(read_tariff(by), read_cdr(session), UTC)


def total(by: str, session: str) -> str:
    return shown(bill(by, session).total.excl_vat)


def taken(seconds: int, wh: int, *, charging: bool) -> dict[str, Fraction]:
    time = "TIME" if charging else "PARKING_TIME"
    return {time: Fraction(seconds, 3600), "ENERGY": Fraction(wh, 1000) if charging else Fraction(0)}


@given(
    by=BY_STEPS_OF_ONE,
    lengths=st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 50_000), st.booleans()), min_size=1, max_size=5),
    where=st.integers(0, 4),
    cut=st.tuples(st.fractions(0, 1), st.fractions(0, 1)),
)
def test_a_period_may_be_split_anywhere(
    by: str, lengths: list[tuple[int, int, bool]], where: int, cut: tuple[Fraction, Fraction]
) -> None:
    """Where steps are 1 and no restriction changes, two halves cost what the whole does."""
    where %= len(lengths)
    seconds, wh, charging = lengths[where]
    first = (int(seconds * cut[0]), int(wh * cut[1]), charging)
    halves = [*lengths[:where], first, (seconds - first[0], wh - first[1], charging), *lengths[where + 1 :]]
    costs = []
    for parts in (lengths, halves):
        periods, now = [], START
        for lasts, energy, charges in parts:
            periods.append(Period(start=now, dimensions=taken(lasts, energy, charging=charges)))
            now += timedelta(seconds=lasts)
        costs.append(price(read_tariff(by), Cdr(start=START, end=now, periods=tuple(periods)), UTC))
    assert costs[0] == costs[1]


@given(order=st.permutations(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]), other=st.permutations(range(3)))
def test_the_order_of_components_does_not_matter(order: list[str], other: list[int]) -> None:
    prices = {"ENERGY": (0.3, 500), "TIME": (1.2, 900), "PARKING_TIME": (6, 300), "FLAT": (0.5, 1)}
    session = [("ENERGY", 7.77), ("TIME", 0.77), ("PARKING_TIME", 0.21)]
    found = bill(
        tariff(element(*(component(kind, *prices[kind]) for kind in order))),
        cdr((0, dict(session[index] for index in other))),
    )
    # 0.50, 8 kWh at 0.30, 0.77 h at 1.20, and 15 minutes at 6
    assert found.total.excl_vat == Fraction("5.324")
    assert [line.dimension for line in found.lines] == ["FLAT", "ENERGY", "TIME", "PARKING_TIME"]


@given(
    kwh=st.decimals(0, 200, places=4, allow_nan=False),
    by=st.decimals(-9, 9, places=4, allow_nan=False),
    step=st.integers(1, 999),
)
def test_steps_round_up_and_nothing_rounds_away(kwh: object, by: object, step: int) -> None:
    energy, each = Fraction(str(kwh)), Fraction(str(by))
    by_json = json.dumps({"currency": "EUR", "elements": [element(component("ENERGY", 0, step))]})
    found = bill(by_json.replace('"price": 0', f'"price": {by}'), cdr((0, {"ENERGY": 0})).replace(": 0}", f": {kwh}}}"))
    if not energy:
        assert found.lines == ()
        return
    (line,) = found.lines
    assert energy <= line.billed < energy + Fraction(step, 1000)
    assert (line.billed * 1000 / step).denominator == 1
    assert found.total.excl_vat == line.billed * each


def test_the_last_price_decides_the_step() -> None:
    by = tariff(
        element(component("ENERGY", 0.2, 1000), max_kwh=10),
        element(component("ENERGY", 0.3, 250), min_kwh=10),
    )
    assert total(by, cdr((0, {"ENERGY": 10}), (30, {"ENERGY": 1.1}))) == "2.3750"
    assert total(by, cdr((0, {"ENERGY": 9.1}))) == "2.0000"


def test_hours_written_with_four_decimals_cost_no_further_step() -> None:
    by = tariff(element(component("TIME", 3, 600)))
    assert total(by, cdr((0, {"TIME": 0.3334}))) == "1.0000"
    assert total(by, cdr((0, {"TIME": 0.3336}))) == "1.5000"
    assert total(by, cdr((0, {"TIME": 0.16667}), (10, {"TIME": 0.16667}))) == "1.0000"
    # A second more or less is no such step: 0.0834 h are 301 s.
    assert total(tariff(element(component("TIME", 3.6))), cdr((0, {"TIME": 0.0834}))) == "0.3010"


def test_what_no_element_prices_is_free_and_not_rounded() -> None:
    by = tariff(element(component("TIME", 6, 900), component("PARKING_TIME", 6, 900), end_time="10:00"))
    found = bill(by, cdr((0, {"TIME": 0.3}), (60, {"PARKING_TIME": 1})))
    assert [(line.dimension, line.volume, line.billed) for line in found.lines] == [
        ("TIME", Fraction("0.3"), Fraction("0.5")),  # nobody pays for standing: charging is rounded
        ("PARKING_TIME", Fraction(1), Fraction(0)),
    ]


def test_a_fee_is_paid_once() -> None:
    late = tariff(element(component("FLAT", 10), min_duration=3600), element(component("FLAT", 1)))
    assert total(late, cdr((0, {"TIME": 1}), (60, {"TIME": 1}), (120, {"TIME": 1}))) == "1.0000"
    blocking = tariff(element(component("FLAT", 10), min_duration=3600))
    assert total(blocking, cdr((0, {"TIME": 1}), (60, {"TIME": 1}), (120, {"TIME": 1}))) == "10.0000"
    assert total(blocking, cdr((0, {"TIME": 1}), (59, {"TIME": 1}))) == "0.0000"


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2026-11-30T22:59:59", True),
        ("2026-11-30T21:00:00", True),  # 22:00 in Amsterdam
        ("2026-11-30T20:59:59", False),
        ("2026-12-01T04:59:59", True),
        ("2026-12-01T05:00:00", False),
        ("2026-07-01T20:00:00", True),  # summer time
        ("2026-07-01T04:00:00", False),
    ],
)
def test_a_night_over_midnight_in_local_time(moment: str, night: bool) -> None:
    by = tariff(
        element(component("ENERGY", 0.1), start_time="22:00", end_time="06:00"), element(component("ENERGY", 0.3))
    )
    session = read_cdr(cdr((0, {"ENERGY": 10}), start=datetime.fromisoformat(moment)))
    found = price(read_tariff(by), session, AMSTERDAM).total.excl_vat
    assert found == (1 if night else 3)


@pytest.mark.parametrize(
    ("restriction", "holds"),
    [
        ({"start_time": "09:30"}, True),
        ({"start_time": "09:31"}, False),
        ({"end_time": "09:30"}, False),
        ({"end_time": "09:31"}, True),
        ({"start_time": "09:00", "end_time": "00:00"}, True),
        ({"start_time": "00:00", "end_time": "00:00"}, True),
        ({"start_date": "2026-11-30"}, True),
        ({"start_date": "2026-12-01"}, False),
        ({"end_date": "2026-11-30"}, False),
        ({"end_date": "2026-12-01"}, True),
        ({"day_of_week": ["MONDAY"]}, True),
        ({"day_of_week": ["TUESDAY", "SUNDAY"]}, False),
        ({"day_of_week": []}, True),
        ({"min_current": 16}, True),
        ({"min_current": 16.1}, False),
        ({"max_current": 16}, False),
        ({"max_current": 16.1}, True),
        ({"min_power": 11, "max_power": 11.1}, True),
        ({"max_power": 11}, False),
        ({"reservation": "RESERVATION"}, False),
        ({"somebodys_own": 1}, True),
    ],
)
def test_the_edges_of_restrictions(restriction: dict[str, object], holds: bool) -> None:
    by = tariff(element(component("TIME", 1), **restriction))
    session = cdr((0, {"TIME": 1, "MIN_CURRENT": 16, "MAX_CURRENT": 16, "POWER": 11}))
    assert total(by, session) == ("1.0000" if holds else "0.0000")


def test_energy_and_duration_count_until_the_period() -> None:
    by = tariff(element(component("ENERGY", 1), min_kwh=5, max_kwh=10), element(component("TIME", 1), min_duration=600))
    periods = [(0, {"ENERGY": 5, "TIME": 0.1}), (10, {"ENERGY": 5, "TIME": 0.2}), (20, {"ENERGY": 5, "TIME": 0.4})]
    assert [line.billed for line in bill(by, cdr(*periods)).lines] == [5, Fraction("0.6")]


def test_the_duration_of_a_session_that_was_reserved_begins_with_its_use() -> None:
    by = tariff(
        element(component("TIME", 2), reservation="RESERVATION", max_duration=1800),
        element(component("TIME", 0), max_duration=1800),
        element(component("TIME", 6)),
    )
    reserved = {"RESERVATION_TIME": 0.5}
    assert total(by, cdr((0, reserved), (30, {"TIME": 0.5}), (60, {"TIME": 0.5}))) == "4.0000"
    assert total(by, cdr((0, {"TIME": 0.5}), (30, {"TIME": 0.5}))) == "3.0000"


def test_a_current_that_nobody_says_is_told() -> None:
    by = tariff(element(component("TIME", 1), max_current=32), element(component("TIME", 2)))
    found = bill(by, cdr((0, {"TIME": 1, "MAX_CURRENT": 40}), (60, {"TIME": 1}), (120, {"PARKING_TIME": 1})))
    assert (found.guessed_periods, found.total.excl_vat) == ((2,), 3)


@pytest.mark.parametrize(
    ("restriction", "periods", "changing"),
    [
        ({"end_time": "10:00"}, [(0, {"ENERGY": 5}), (30, {"ENERGY": 5})], ()),
        ({"end_time": "10:00"}, [(0, {"ENERGY": 5}), (31, {"ENERGY": 5})], (1,)),
        ({"max_kwh": 5}, [(0, {"ENERGY": 5}), (30, {"ENERGY": 5})], ()),
        ({"max_kwh": 5}, [(0, {"ENERGY": 4}), (30, {"ENERGY": 5})], (2,)),
        ({"max_duration": 1800}, [(0, {"ENERGY": 5}), (30, {"ENERGY": 5})], ()),
        ({"max_duration": 1799}, [(0, {"ENERGY": 5}), (30, {"ENERGY": 5})], (1,)),
        ({"max_duration": 1799}, [(0, {"TIME": 0.5}), (30, {"ENERGY": 5})], ()),
    ],
)
def test_a_price_that_begins_within_a_period_is_told(
    restriction: dict[str, object], periods: list[tuple[int, dict[str, float]]], changing: tuple[int, ...]
) -> None:
    by = tariff(element(component("ENERGY", 1), **restriction), element(component("ENERGY", 2)))
    assert bill(by, cdr(*periods)).changing_periods == changing


@pytest.mark.parametrize(
    ("limits", "excl", "incl"),
    [
        ({"min_price": {"excl_vat": 20}}, "20.0000", "21.0000"),
        ({"min_price": {"excl_vat": 5, "incl_vat": 12}}, "10.0000", "12.0000"),
        ({"max_price": {"excl_vat": 8}}, "8.0000", "9.0000"),
        ({"max_price": {"excl_vat": 8, "incl_vat": 8.8}}, "8.0000", "8.8000"),
        ({"max_price": {"before_taxes": 8, "taxes": [{"name": "VAT", "amount": 0.5}]}}, "8.0000", "8.5000"),
        ({"max_price": {"before_taxes": 8, "after_taxes": 8.4}}, "8.0000", "8.4000"),
        ({"max_price": {"before_taxes": 8}}, "8.0000", "9.0000"),
        ({"tax_included": "YES"}, "9.0909", "10.0000"),
        ({"tax_included": "N/A"}, "10.0000", "10.0000"),
    ],
)
def test_limits_and_taxes_in_both_forms(limits: dict[str, object], excl: str, incl: str) -> None:
    found = bill(tariff(element(component("ENERGY", 1, vat=10)), **limits), cdr((0, {"ENERGY": 10})))
    assert (shown(found.total.excl_vat), shown(found.total.incl_vat)) == (excl, incl)
    assert found.lines[0].cost.excl_vat + found.adjustment.excl_vat == found.total.excl_vat


def test_a_negative_price_pays_the_car() -> None:
    assert total(tariff(element(component("ENERGY", -0.05))), cdr((0, {"ENERGY": 10}))) == "-0.5000"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.00005", "0.0001"),
        ("0.000049999", "0.0000"),
        ("-0.00005", "-0.0001"),
        ("-0.00004", "0.0000"),
        ("12", "12.0000"),
    ],
)
def test_figures_are_shown_with_four_decimals(value: str, text: str) -> None:
    assert shown(Fraction(value)) == text


@pytest.mark.parametrize(("minutes", "is_read"), [(-59.9, True), (-60, False), (-1500, False)])
def test_a_first_period_may_begin_a_little_before_the_session(minutes: float, *, is_read: bool) -> None:
    session = cdr((minutes, {"ENERGY": 1}), (10, {"ENERGY": 1}), minutes=20)
    if not is_read:
        with pytest.raises(TariffError) as refused:
            read_cdr(session)
        assert refused.value.key == "runs_backwards"
        return
    by = tariff(element(component("ENERGY", 1), min_duration=0))
    found = bill(by, session)
    assert (found.begins_early, found.total.excl_vat) == (True, 2)
    assert not bill(by, cdr((0, {"ENERGY": 1}))).begins_early
    with pytest.raises(TariffError):
        read_cdr(cdr((-10, {"ENERGY": 1}), (-5, {"ENERGY": 1}), minutes=20))
