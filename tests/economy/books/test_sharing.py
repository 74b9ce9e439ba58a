"""Sharing of a common source: nobody gets more than they used, all get no more than there was, nothing is lost."""

import csv
import io
from datetime import UTC
from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.books import (
    BooksError,
    Dynamic,
    Form,
    Hybrid,
    Quarter,
    SharingKey,
    Static,
    share,
    sharing_csv,
)

FLATS = ("a", "b", "c", "d")
SHARES = {"a": Fraction(1, 2), "b": Fraction(1, 3), "c": Fraction(1, 6)}
NOON = 1_780_000_200


@st.composite
def keys(draw: st.DrawFn) -> SharingKey:
    weights = draw(st.lists(st.integers(0, 10), min_size=4, max_size=4).filter(any))
    shares = {flat: Fraction(weight, sum(weights)) for flat, weight in zip(FLATS, weights, strict=True)}
    return draw(st.sampled_from([Static(shares), Dynamic(), Hybrid(shares)]))


QUARTERS = st.lists(
    st.builds(
        lambda produced, used: (produced, used),
        st.integers(0, 3_000),
        st.dictionaries(st.sampled_from(FLATS), st.integers(0, 1_500)),
    ),
    max_size=40,
).map(
    lambda values: [
        Quarter(start=NOON + 900 * index, produced_wh=produced, used_wh=used)
        for index, (produced, used) in enumerate(values)
    ]
)


@settings(max_examples=80, deadline=None)
@given(quarters=QUARTERS, key=keys())
def test_what_must_hold_of_every_sharing(quarters: list[Quarter], key: SharingKey) -> None:
    exact: dict[str, Fraction] = dict.fromkeys(FLATS, Fraction(0))
    got = dict.fromkeys(FLATS, 0)
    for quarter, shared in zip(quarters, share(quarters, key), strict=True):
        assert all(0 <= shared.shared_wh[flat] <= used for flat, used in quarter.used_wh.items())
        assert shared.shared_wh.keys() == quarter.used_wh.keys()
        assert shared.fed_in_wh >= 0
        assert shared.fed_in_wh + sum(shared.shared_wh.values()) == quarter.produced_wh
        for flat, part in key.parts(quarter.produced_wh, quarter.used_wh).items():
            assert abs(shared.shared_wh[flat] - part) < 1
            exact[flat] += part
            got[flat] += shared.shared_wh[flat]
        # Nothing is lost: together they are less than one Wh behind at any time, and nobody is far behind.
        assert 0 <= sum(exact.values()) - sum(got.values()) < 1
        assert all(abs(exact[flat] - got[flat]) < len(FLATS) for flat in FLATS)


@settings(max_examples=30, deadline=None)
@given(quarters=QUARTERS, key=keys(), data=st.data())
def test_anyone_recomputes_it(quarters: list[Quarter], key: SharingKey, data: st.DataObject) -> None:
    """Neither the order of quarters nor that of members changes it."""
    shuffled = [
        Quarter(start=each.start, produced_wh=each.produced_wh, used_wh=dict(reversed(each.used_wh.items())))
        for each in data.draw(st.permutations(quarters))
    ]
    assert share(shuffled, key) == share(quarters, key)


@settings(max_examples=60, deadline=None)
@given(quarters=QUARTERS)
def test_keys_that_look_at_use_leave_nothing_that_somebody_needed(quarters: list[Quarter]) -> None:
    for key in (Dynamic(), Hybrid(SHARES)):
        shared = share(quarters, key)
        for each in shared:
            assert sum(each.shared_wh.values()) == min(each.produced_wh, sum(each.used_wh.values()))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # Half, a third, a sixth of 600; b used 50 only.
        (Static(SHARES), {"a": 300, "b": 50, "c": 100}),
        # 600 of the 1050 that all used.
        (Dynamic(), {"a": 457, "b": 29, "c": 114}),
        # What b leaves, 150, goes to a and c, who need 500 and 100 more.
        (Hybrid(SHARES), {"a": 425, "b": 50, "c": 125}),
    ],
)
def test_three_flats(key: SharingKey, expected: dict[str, int]) -> None:
    quarter = Quarter(start=NOON, produced_wh=600, used_wh={"a": 800, "b": 50, "c": 200})
    assert share([quarter], key)[0].shared_wh == expected


def test_small_fractions_are_paid_out_in_the_end() -> None:
    """A third of a Wh each, quarter for quarter: after a day nobody is behind."""
    thirds = dict.fromkeys("abc", Fraction(1, 3))
    day = [Quarter(start=NOON + 900 * n, produced_wh=1, used_wh=dict.fromkeys("abc", 5)) for n in range(96)]
    for key in (Static(thirds), Dynamic(), Hybrid(thirds)):
        shared = share(day, key)
        assert {flat: sum(each.shared_wh[flat] for each in shared) for flat in "abc"} == dict.fromkeys("abc", 32)


@pytest.mark.parametrize(
    ("quarters", "key"),
    [
        ([Quarter(start=NOON + 1, produced_wh=1, used_wh={})], "not_a_quarter"),
        ([Quarter(start=NOON, produced_wh=1, used_wh={})] * 2, "quarter_twice"),
        ([Quarter(start=NOON, produced_wh=-1, used_wh={})], "negative_energy"),
        ([Quarter(start=NOON, produced_wh=1, used_wh={"a": -1})], "negative_energy"),
    ],
)
def test_meter_values_that_cannot_be(quarters: list[Quarter], key: str) -> None:
    with pytest.raises(BooksError) as refused:
        share(quarters, Dynamic())
    assert refused.value.key == key
    assert str(refused.value)


@pytest.mark.parametrize("kind", [Static, Hybrid])
def test_shares_that_cannot_be(kind: type[Static | Hybrid]) -> None:
    for shares, key in (
        ({"a": Fraction(2, 3), "b": Fraction(1, 2)}, "shares_too_large"),
        ({"a": Fraction(-1, 2)}, "negative_share"),
    ):
        with pytest.raises(BooksError) as refused:
            kind(shares)
        assert refused.value.key == key


@pytest.mark.parametrize("form", Form)
def test_a_members_csv_tells_nothing_of_the_others_but_their_sum(form: Form) -> None:
    shared = share([Quarter(start=NOON, produced_wh=600, used_wh={"a": 800, "b": 1_250})], Static(SHARES))
    text = sharing_csv(shared, "a", UTC, form)
    between, sign = (",", ".") if form is Form.COMMA else (";", ",")
    quarter, total = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=between)
    said = {
        "produced_kwh": "0.600",
        "used_by_all_kwh": "2.050",
        "used_kwh": "0.800",
        "shared_kwh": "0.300",
        "from_grid_kwh": "0.500",
    }
    for row in (quarter, total):
        assert {name: row[name] for name in said} == {name: value.replace(".", sign) for name, value in said.items()}
    assert sharing_csv([], "a", UTC, form).count("\r\n") == 2
