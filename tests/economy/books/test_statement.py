"""Statements: nothing is lost between two months, between wallets and books, or over a crash."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import BooksError, Month, Statement, balances, compare, statement
from custom_components.tangle_grid.economy.effects import BookEntry, Kind
from tests.support.books import MEMBERS, NOVEMBER, OPENING, Desk, desks, entry

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FEW = settings(max_examples=40, deadline=None)


def of(lines: list[BookEntry], participant: str = "car", month: str = "2026-11", opening_i: int = 0) -> Statement:
    return statement(
        lines,
        island="island",
        participant=participant,
        month=Month.parse(month),
        zone=AMSTERDAM,
        time_zone="Europe/Amsterdam",
        opening_i=opening_i,
    )


def test_a_statement_adds_up() -> None:
    found = of(
        [
            entry("0", at=NOVEMBER - 7200, amount_i=500, kind=Kind.TRANSFER),
            entry("1", amount_i=-100, wh_in=1500, reference="a"),
            entry("2", amount_i=-3, kind=Kind.FEE, reference="a"),
            entry("3", amount_i=-50, wh_in=700, reference="b"),
            entry("4", amount_i=70, wh_out=900, kind=Kind.FEED_IN, reference="b"),
            entry("5", amount_i=40, kind=Kind.REWARD, reference="request"),
            entry("6", participant="house", amount_i=999),
        ]
    )
    assert (found.opening_i, found.closing_i, found.sessions) == (500, 457, 2)
    assert (found.totals.wh_in, found.totals.wh_out, found.totals.in_i, found.totals.out_i) == (2200, 900, 110, 153)
    assert list(found.by_kind) == [Kind.CHARGING, Kind.FEED_IN, Kind.FEE, Kind.REWARD]
    assert (found.by_kind[Kind.CHARGING].out_i, found.by_kind[Kind.CHARGING].references) == (150, 2)


def test_a_month_begins_at_the_islands_midnight() -> None:
    """November begins an hour before UTC's in Amsterdam, and October's clocks went back: it had 745 hours."""
    start, end = Month.parse("2026-10").bounds(AMSTERDAM)
    assert end == NOVEMBER - 3600
    assert (end - start) / 3600 == 31 * 24 + 1
    lines = [entry("before", at=end - 0.001, amount_i=1), entry("first", at=end, amount_i=2)]
    assert [line.entry_id for line in of(lines).lines] == ["first"]
    assert of(lines).opening_i == 1
    assert Month.of(end, AMSTERDAM) == Month(2026, 11)
    assert str(Month.of(end - 1, AMSTERDAM)) == "2026-10"


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-1", "26-01", "2026-11-01", "9999-12", "x" * 99])
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(BooksError) as refused:
        Month.parse(text)
    assert refused.value.key == "not_a_month"
    assert str(refused.value)


def test_the_same_line_twice_is_one_line_and_another_under_its_name_is_a_fault() -> None:
    assert of([entry(amount_i=5), entry(amount_i=5)]).closing_i == 5
    with pytest.raises(BooksError) as refused:
        of([entry(amount_i=5), entry(amount_i=6)])
    assert refused.value.key == "line_differs"


@FEW
@given(desk=desks())
def test_what_one_month_closes_with_the_next_one_opens_with(desk: Desk) -> None:
    months = ["2026-11", "2026-12", "2027-01", "2027-02"]
    for member in MEMBERS:
        of_member = [of(desk.lines, member, month, OPENING[member]) for month in months]
        opened = OPENING[member]
        for each in of_member:
            assert each.opening_i == opened
            opened = each.closing_i
        assert opened == OPENING[member] + balances(desk.lines).get(member, 0)


@FEW
@given(desk=desks(), data=st.data())
def test_wallets_and_what_is_under_way_are_what_the_books_say(desk: Desk, data: st.DataObject) -> None:
    """Over random months with crashes: nothing is lost, nothing is booked or paid twice."""
    assert sum(desk.wallets.values()) == sum(OPENING.values())
    assert sum(balances(desk.lines).values()) == 0
    assert compare(desk.lines, desk.wallets, opening=OPENING, under_way=desk.under_way) == []
    # One transfer less, or twice, would be noticed.
    missed = data.draw(st.sampled_from(sorted(desk.transfers)))
    transfer = desk.transfers[missed]
    for factor in (-1, 1):
        wrong = dict(desk.wallets)
        wrong[transfer.source] -= factor * transfer.amount_i
        wrong[transfer.target] += factor * transfer.amount_i
        found = compare(desk.lines, wrong, opening=OPENING, under_way=desk.under_way)
        assert {each.participant for each in found} == {transfer.source, transfer.target}


@FEW
@given(desk=desks())
def test_each_wh_that_somebody_took_somebody_gave(desk: Desk) -> None:
    totals = [of(desk.lines, member, month).totals for member in MEMBERS for month in ("2026-11", "2026-12", "2027-01")]
    assert sum(each.wh_in for each in totals) == sum(each.wh_out for each in totals)
