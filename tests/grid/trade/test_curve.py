"""Bid curves: exact, and never better for the other side than the whole of them."""

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid.trade import MAX_PRICE, Curve, clear

STEPS = st.lists(
    st.tuples(st.integers(-1_000, 1_000), st.integers(1, 5_000)), max_size=8, unique_by=lambda step: step[0]
)
CURVES = st.builds(
    lambda base, steps: Curve(base, tuple(sorted(steps, reverse=True))), st.integers(-10_000, 10_000), STEPS
)
PRICES = [price + half for price in range(-1_200, 1_201, 7) for half in (0.0, 0.5)]


def taken(curve: Curve, price: float) -> int:
    """What is taken a little below a price."""
    return curve.base + sum(more for at, more in curve.steps if at > price)


@given(CURVES, CURVES, st.integers(1, 4_000))
@settings(max_examples=60)
def test_sums_and_what_is_left_of_them(first: Curve, second: Curve, limit: int) -> None:
    first, second = first.within(-limit, limit), second.within(-limit, limit)
    total = Curve.total([first, second])
    assert total.is_sound
    left = total.within(-2 * limit, 2 * limit).without(first, -limit, limit)
    assert left.is_sound
    for price in PRICES:
        assert taken(total, price) == taken(first, price) + taken(second, price)
        assert taken(left, price) == taken(second, price)


@given(CURVES, st.integers(-3_000, 0), st.integers(0, 3_000), st.integers(0, 300), st.integers(2, 5))
@settings(max_examples=60)
def test_what_is_made_of_a_curve_is_never_better_for_the_other_side(
    curve: Curve, least: int, most: int, fee: int, steps: int
) -> None:
    bound = curve.within(least, most)
    dearer, short = bound.dearer(fee), bound.simplified(steps)
    assert len(short.steps) <= steps
    assert all(each.is_sound for each in (bound, dearer, short))
    assert least <= bound.base <= bound.top <= most
    for price in PRICES:
        assert taken(bound, price) == min(most, max(least, taken(curve, price)))
        for other in (dearer, short):
            now, then = taken(other, price), taken(bound, price)
            # It gives or takes the same way, and no more.
            assert now * then >= 0
            assert abs(now) <= abs(then)
    assert dearer.top == short.top == bound.top


@given(CURVES, st.integers(700, 1_000), st.integers(700, 1_000))
@settings(max_examples=60)
def test_a_battery_gives_no_more_than_it_took(curve: Curve, charge: int, discharge: int) -> None:
    behind = curve.stored(charge, discharge)
    assert behind.is_sound
    back = behind.drawn(charge, discharge)
    assert back.is_sound
    # What is given loses on its way in, what is taken on its way out, and there and back never gains.
    assert behind.base == (curve.base * charge // 1000 if curve.base < 0 else -(-curve.base * 1000 // discharge))
    # At a price below nothing whoever gives pays, for less where some of it is lost.
    for price in (each for each in PRICES if each >= 0):
        assert -taken(behind, price) <= max(0, -taken(curve, price)) or taken(curve, price - 1) < 0
    taken_again = curve.base * charge // 1000
    if curve.base < 0:
        assert 0 >= Curve(taken_again).drawn(charge, discharge).base >= curve.base


@given(CURVES, CURVES)
@settings(max_examples=100)
def test_both_sides_find_the_same_trade_and_neither_more_than_it_bid(first: Curve, second: Curve) -> None:
    one, other = clear(first, second), clear(second, first)
    assert one.flow == -other.flow
    assert one.price == other.price or one.flow == 0
    if one.flow == 0:
        return
    assert first.base <= -one.flow <= first.top
    assert second.base <= one.flow <= second.top
    if first.base + second.base <= 0 <= first.top + second.top:
        # Nobody gives below, or takes above, what they said.
        assert (
            taken(first, one.price) <= -one.flow <= taken(first, one.price - 1) or taken(first, one.price) == -one.flow
        )
        assert taken(second, one.price) <= one.flow <= taken(second, one.price - 1)


def test_a_trade_between_two_prices() -> None:
    seller = Curve(-3_000, ((100, 3_000),))
    buyer = Curve(0, ((300, 2_000),))
    found = clear(seller, buyer)
    assert found.flow == 2_000
    assert found.price == 100
    assert clear(Curve(-2_000, ((100, 2_000),)), buyer).price == 200
    assert clear(Curve(-2_000, ((301, 2_000),)), buyer).flow == 0
    # Both give whatever the price, or both take: there is no trade.
    assert clear(Curve(-500), Curve(-400)).flow == 0
    assert clear(Curve(500), Curve(400)).flow == 0
    assert clear(Curve(-500), Curve(500)).flow == 500


@pytest.mark.parametrize(
    "values",
    [[], [0, 1], [0, 10, 0], [0, 10, -5], [0, 10, 5, 10, 5], [0, 10, 5, 11, 5], [0, MAX_PRICE + 1, 5]],
)
def test_what_is_no_curve_is_refused(values: list[int]) -> None:
    with pytest.raises(ValueError, match="not a curve"):
        Curve.from_list(values)


@given(CURVES)
@settings(max_examples=20)
def test_a_curve_comes_back_from_its_list(curve: Curve) -> None:
    assert Curve.from_list(curve.to_list()) == curve
