"""Who charges first: the promises of the order, for every set of cars."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.allocator import Demand, allocate
from custom_components.tangle_grid.grid.priority import MET, OPEN, Fairness, Session, standings

HOUR = 3600.0


@st.composite
def session(draw: st.DrawFn) -> Session:
    total = draw.__call__(st.integers(0, 60_000))
    return Session(
        need_wh=draw(st.integers(0, 100)) / 100 * total,
        total_wh=float(total),
        departs_in_s=float(draw(st.integers(-600, 48 * 3600))),
        full_w=float(draw(st.sampled_from([0, 1400, 3680, 7360, 11_040]))),
    )


sessions = st.lists(session(), max_size=25)
capacity = st.floats(-1_000, 200_000)


def car(need_kwh: float, hours: float, *, total_kwh: float | None = None, full_w: float = 7000.0) -> Session:
    total = need_kwh if total_kwh is None else total_kwh
    return Session(need_wh=need_kwh * 1000, total_wh=total * 1000, departs_in_s=hours * HOUR, full_w=full_w)


@given(sessions, capacity)
def test_everybody_has_a_place(cars: list[Session], watts: float) -> None:
    places = standings(cars, watts)
    assert len(places) == len(cars)
    assert all(tier in {OPEN, MET} and key == key for tier, key in places)  # noqa: PLR0124  # not a number


@given(sessions, capacity, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing_but_among_equals(
    cars: list[Session], watts: float, random: object
) -> None:
    distinct = [replace(each, departs_in_s=each.departs_in_s + i / 1000) for i, each in enumerate(cars)]
    if len({each.need_wh - 0.4 * each.total_wh for each in distinct}) < len(distinct):
        return
    shuffled = list(distinct)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before = dict(zip(distinct, standings(distinct, watts), strict=True))
    after = dict(zip(shuffled, standings(shuffled, watts), strict=True))
    assert {each: pytest.approx(place) for each, place in before.items()} == after


@given(sessions)
def test_who_needs_nothing_comes_last(cars: list[Session]) -> None:
    for each, (tier, _) in zip(cars, standings(cars, 10_000.0), strict=True):
        if each.need_wh <= 1.0 or each.full_w <= 0:
            assert tier == MET


@given(sessions)
def test_all_are_promised_everything_when_the_capacity_is_plenty(cars: list[Session]) -> None:
    for each, (tier, _) in zip(cars, standings(cars, 1e9), strict=True):
        if each.full_w > 0 and each.need_wh > 1.0 and each.need_wh <= each.full_w * each.departs_in_s / HOUR:
            assert tier == OPEN


def test_in_a_calm_hour_the_car_without_spare_time_goes_first() -> None:
    relaxed, hurried = car(7, 3), car(40, 6)
    places = standings([relaxed, hurried], 50_000.0)
    assert places[1] < places[0]


def test_when_it_is_tight_the_car_that_is_soon_full_goes_first() -> None:
    long, short = car(12, 3), car(2, 3)
    places = standings([long, short], 4_000.0)
    assert places[1] < places[0]


def test_a_car_that_cannot_be_filled_keeps_its_promise_and_then_gives_way() -> None:
    short = car(6, 2)
    waiting = car(30, 2.1, total_kwh=30)
    served = car(12, 2.1, total_kwh=30)
    assert standings([short, waiting], 20_000.0)[1][0] == OPEN
    fairness = Fairness(promised_share=0.5)
    assert standings([short, served], 5_000.0, fairness)[1][0] == MET
    assert standings([short, served], 5_000.0, fairness)[0][0] == OPEN


def test_nobody_starves() -> None:
    """A car with a great need, while new ones with small needs keep coming: more than the capacity can fill."""
    need_wh, hours, step = 30_000.0, 10.0, 1 / 12
    hour = 0.0
    while hour < hours - step / 2:
        big = Session(need_wh=need_wh, total_wh=30_000.0, departs_in_s=(hours - hour) * HOUR, full_w=7_000.0)
        cars = [big, car(5, 1), car(5, 1.5)]
        places = standings(cars, 7_000.0)
        demands = [Demand(limits=(0,), min_a=0.0, max_a=30.0, order=place, rank=place) for place in places]
        need_wh -= allocate([30.0], demands)[0] / 30.0 * 7_000.0 * step
        hour += step
    assert need_wh < 30_000.0 * 0.96


@pytest.mark.parametrize("watts", [0.0, -5.0])
def test_no_capacity_is_an_order_too(watts: float) -> None:
    assert len(standings([car(5, 1), car(6, 2)], watts)) == 2
