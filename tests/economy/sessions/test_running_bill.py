"""The running bill is the bill: whatever the tariff and the session, it is what `pricing.price` says of its rows."""

import json
import sys
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy import price, read_tariff
from custom_components.tangle_grid.economy.errors import TariffError
from custom_components.tangle_grid.economy.sessions.running_bill import Row, RunningBill, cdr_of
from custom_components.tangle_grid.economy.tariff import Amount
from tests.support.ocpi import START, component, element, tariff

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT = int(START.timestamp())

PRICES = st.integers(-50, 90).map(lambda cents: cents / 100)
TIMES = st.sampled_from(["00:00", "06:00", "07:30", "10:45", "11:00", "23:00"])
RESTRICTIONS: dict[str, st.SearchStrategy[Any]] = {
    "start_time": TIMES,
    "end_time": TIMES,
    "min_kwh": st.sampled_from([0.5, 3, 10.25]),
    "max_kwh": st.sampled_from([0.001, 2, 12]),
    "min_duration": st.sampled_from([600, 5_000]),
    "max_duration": st.sampled_from([900, 7_200]),
    "min_power": st.sampled_from([1, 4, 11]),
    "max_power": st.sampled_from([3.7, 10]),
    "max_current": st.sampled_from([6, 16]),
    "day_of_week": st.sampled_from([["MONDAY"], ["TUESDAY", "SUNDAY"]]),
}


@st.composite
def elements(draw: st.DrawFn) -> dict[str, Any]:
    kinds = draw(st.lists(st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]), min_size=1, unique=True))
    names = draw(st.lists(st.sampled_from(sorted(RESTRICTIONS)), max_size=2, unique=True))
    steps = st.sampled_from([1, 100, 900])
    parts = [component(kind, draw(PRICES), draw(steps), vat=draw(st.sampled_from([None, 21]))) for kind in kinds]
    return element(*parts, **{name: draw(RESTRICTIONS[name]) for name in names})


@st.composite
def tariffs(draw: st.DrawFn) -> str:
    fields: dict[str, Any] = {}
    if draw(st.booleans()):
        fields["max_price"] = {"excl_vat": draw(st.sampled_from([1, 5]))}
    if draw(st.booleans()):
        fields["min_price"] = {"excl_vat": draw(st.sampled_from([0.1, 1]))}
    if draw(st.booleans()):
        fields["tax_included"] = "YES"
    return tariff(*draw(st.lists(elements(), min_size=1, max_size=4)), **fields)


INTERVALS = st.lists(
    st.tuples(
        st.sampled_from([1, 10, 60, 900, 4_000, 50_000]), st.integers(0, 3_000), st.booleans(), st.integers(0, 11_000)
    ),
    min_size=1,
    max_size=25,
)


def filled(by: str, intervals: list[tuple[int, int, bool, int]], slice_wh: int = 500) -> tuple[RunningBill, int]:
    bill, now, gone = RunningBill(read_tariff(by), AMSTERDAM, AT, slice_wh), AT, 0
    for seconds, wh, charging, watts in intervals:
        bill.add(now, now + seconds, wh, seconds, charging=charging, held=False, wh_out=0, power_w=watts)
        now += seconds
        gone += wh
    assert bill.wh == gone == sum(row.wh for row in bill.rows)
    assert sum(row.charging_s + row.standing_s for row in bill.rows) == now - AT
    return bill, now


@settings(max_examples=120)
@given(by=tariffs(), intervals=INTERVALS)
def test_it_is_the_price_of_its_rows(by: str, intervals: list[tuple[int, int, bool, int]]) -> None:
    try:
        bill, now = filled(by, intervals)
    except TariffError:
        return  # it cannot be
    found = price(bill.tariff, cdr_of(bill.rows, AT, now, "EUR"), AMSTERDAM)
    if any(line.billed for line in found.lines):  # otherwise nothing is owed, not even a minimum
        assert bill.total(bill.priced(), Fraction(0)) == found.total
    else:
        assert bill.total(bill.priced(), Fraction(0)) == Amount()
    assert all(row.wh < 500 + 3_000 for row in bill.rows)
    again = RunningBill(bill.tariff, AMSTERDAM, AT, 500)
    stored = json.loads(json.dumps(bill.to_dict()))["rows"]
    again.restore([Row.from_dict(row, "row") for row in stored])
    assert again.priced() == bill.priced()
    assert again.positive_energy() == bill.positive_energy()


@settings(max_examples=40)
@given(by=tariffs(), intervals=INTERVALS)
def test_no_price_changes_within_a_row_that_time_or_energy_could_tell(
    by: str, intervals: list[tuple[int, int, bool, int]]
) -> None:
    """`price` says of which periods nobody can tell how much was taken at which price: there are none."""
    try:
        bill, now = filled(by, intervals)
    except TariffError:
        return
    found = price(bill.tariff, cdr_of(bill.rows, AT, now, "EUR"), AMSTERDAM)
    restrictions = [each.restrictions for each in bill.tariff.elements]
    if not any(each.power_kw.asks() or each.current_a.asks() for each in restrictions):
        assert found.changing_periods == ()


def test_energy_over_a_gap_is_cut_where_the_price_changes() -> None:
    by = tariff(
        element(component("ENERGY", 0.1), start_time="23:00", end_time="06:00"), element(component("ENERGY", 0.3))
    )
    bill = RunningBill(read_tariff(by), UTC, AT, 10_000)
    begin = int(datetime(2026, 11, 30, 22, tzinfo=UTC).timestamp())
    bill.add(begin, begin + 7_200, 8_000, 0, charging=True, held=False, wh_out=3, power_w=0)
    assert [(row.at - begin, row.wh, row.wh_out) for row in bill.rows] == [(0, 4_000, 1), (3_600, 4_000, 2)]
    assert bill.priced().sum.excl_vat == Fraction("1.6")


def test_what_is_ahead_costs_what_it_will_cost() -> None:
    by = tariff(element(component("ENERGY", 0.3, step=100), component("FLAT", 1)), max_price={"excl_vat": 1.5})
    bill, now = filled(by, [(60, 950, True, 0)])
    ahead = bill.priced(550, bill.now(now))
    bill.add(now, now + 60, 550, 60, charging=True, held=False, wh_out=0, power_w=0)
    assert ahead == bill.priced()
    assert bill.total(ahead, Fraction(0)).excl_vat == Fraction("1.45")
    assert bill.total(bill.priced(1_000, bill.now(now)), Fraction(0)).excl_vat == Fraction("1.5")


def test_time_in_which_the_island_holds_a_car_back_is_not_billed() -> None:
    by = tariff(element(component("TIME", 6), component("PARKING_TIME", 12), component("ENERGY", 1)))
    bill = RunningBill(read_tariff(by), UTC, AT, 500)
    for at, charging, held in ((0, True, False), (600, False, True), (1_200, False, False)):
        bill.add(AT + at, AT + at + 600, 0, 600, charging=charging, held=held, wh_out=0, power_w=0)
    assert bill.priced().sum.excl_vat == 1 + 2


def test_negative_prices_are_told_apart() -> None:
    by = tariff(element(component("ENERGY", -0.2), component("TIME", 6), max_kwh=1), element(component("ENERGY", 0.3)))
    bill, _now = filled(by, [(600, 2_000, True, 0)])
    priced = bill.priced()
    assert priced.negative == Fraction("0.2")
    assert priced.sum.excl_vat == Fraction("-0.2") + Fraction("0.5") + Fraction("0.3")
    assert bill.positive_energy() == Fraction("0.3")
    assert bill.total(priced, priced.negative).excl_vat == Fraction("0.8")


def test_a_long_session_stays_small_and_cheap() -> None:
    """Ten thousand steps; the last ones do as much as those before, and rows of the same price are joined."""
    by = tariff(
        element(component("ENERGY", 0.1), start_time="23:00", end_time="06:00"), element(component("ENERGY", 0.3))
    )
    bill, now, calls = RunningBill(read_tariff(by), AMSTERDAM, AT, 500), AT, [0]

    def count(_frame: object, event: str, _argument: object) -> None:
        calls[-1] += event == "call"

    for number in range(10_000):
        if number % 1_440 < 10:
            calls.append(0)
            sys.setprofile(count)
        bill.add(now, now + 60, 183, 60, charging=True, held=False, wh_out=0, power_w=11_000)
        bill.priced()
        sys.setprofile(None)
        now += 60
    assert len(bill.rows) <= 400
    assert bill.wh == 1_830_000
    # The first step has nothing to count yet; at the same hour the last ones do what those of the second day did.
    assert sum(calls[-10:]) <= 1.1 * sum(calls[11:21])
    assert price(bill.tariff, cdr_of(bill.rows, AT, now, "EUR"), AMSTERDAM).total == bill.priced().sum


@pytest.mark.parametrize(
    "row", [3, [1, 2], [1, 2, 3, 4, 5, None, None, 0], [1, -2, 3, 4, 5, None, None], [1, 2.0, 3, 4, 5, 6, 7]]
)
def test_what_is_no_row_is_refused(row: object) -> None:
    from custom_components.tangle_grid.economy.errors import StoredError

    with pytest.raises(StoredError):
        Row.from_dict(row, "row")
