"""Who charges first: the promises of the order, for every set of cars."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.control.allocator import Demand, allocate
from custom_components.tangle_grid.grid.control.laxity import (
    DEFAULT_FAIRNESS,
    ESTIMATED_DEPARTURES,
    MET,
    OPEN,
    Fairness,
    Session,
    fairness_for,
    in_turns,
    standings,
)
from custom_components.tangle_grid.grid.control.precedence import lane_power, places

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
    places = standings(cars, watts).places
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
    before = dict(zip(distinct, standings(distinct, watts).places, strict=True))
    after = dict(zip(shuffled, standings(shuffled, watts).places, strict=True))
    assert {each: pytest.approx(place) for each, place in before.items()} == after


@given(sessions)
def test_who_needs_nothing_comes_last(cars: list[Session]) -> None:
    for each, (tier, _) in zip(cars, standings(cars, 10_000.0).places, strict=True):
        if each.need_wh <= 1.0 or each.full_w <= 0:
            assert tier == MET


@given(sessions)
def test_all_are_promised_everything_when_the_capacity_is_plenty(cars: list[Session]) -> None:
    for each, (tier, _) in zip(cars, standings(cars, 1e9).places, strict=True):
        if each.full_w > 0 and each.need_wh > 1.0 and each.need_wh <= each.full_w * each.departs_in_s / HOUR:
            assert tier == OPEN


def test_in_a_calm_hour_the_car_without_spare_time_goes_first() -> None:
    relaxed, hurried = car(7, 3), car(40, 6)
    places = standings([relaxed, hurried], 50_000.0).places
    assert places[1] < places[0]


def test_when_it_is_tight_the_car_that_is_soon_full_goes_first() -> None:
    long, short = car(12, 3), car(2, 3)
    places = standings([long, short], 4_000.0).places
    assert places[1] < places[0]


def test_a_car_that_cannot_be_filled_keeps_its_promise_and_then_gives_way() -> None:
    short = car(6, 2)
    waiting = car(30, 2.1, total_kwh=30)
    served = car(12, 2.1, total_kwh=30)
    assert standings([short, waiting], 20_000.0).places[1][0] == OPEN
    fairness = Fairness(common_part=0.5)
    assert standings([short, served], 5_000.0, fairness).places[1][0] == MET
    assert standings([short, served], 5_000.0, fairness).places[0][0] == OPEN


@pytest.mark.parametrize(("lacks_wh", "tier"), [(90.0, OPEN), (110.0, MET)])
def test_who_lacks_so_little_in_the_end_that_it_counts_as_served_is_finished(lacks_wh: float, tier: float) -> None:
    """Even at full power until it leaves; it has had more than the share of those that cannot be filled."""
    late = Session(need_wh=10_000.0 + lacks_wh, total_wh=40_000.0, departs_in_s=HOUR, full_w=10_000.0)
    assert standings([late], 100_000.0, Fairness(common_part=0.5)).places[0][0] == tier


def test_nobody_starves() -> None:
    """A car with a great need, while new ones with small needs keep coming: more than the capacity can fill."""
    need_wh, hours, step = 30_000.0, 10.0, 1 / 12
    hour = 0.0
    while hour < hours - step / 2:
        big = Session(need_wh=need_wh, total_wh=30_000.0, departs_in_s=(hours - hour) * HOUR, full_w=7_000.0)
        cars = [big, car(5, 1), car(5, 1.5)]
        places = standings(cars, 7_000.0).places
        demands = [Demand(limits=(0,), min_a=0.0, max_a=30.0, order=place, rank=place) for place in places]
        need_wh -= allocate([30.0], demands)[0] / 30.0 * 7_000.0 * step
        hour += step
    assert need_wh < 30_000.0 * 0.96


@pytest.mark.parametrize("watts", [0.0, -5.0])
def test_no_capacity_is_an_order_too(watts: float) -> None:
    assert len(standings([car(5, 1), car(6, 2)], watts).places) == 2


def test_lanes_take_turns() -> None:
    order = [(OPEN, 5.0), (OPEN, 1.0), (OPEN, 900.0), (MET, 0.4), (OPEN, 5.0)]
    assert in_turns(order, ["ab", "ab", "bc", "bc", "ab"]) == [
        (OPEN, 1.0),
        (OPEN, 0.0),
        (OPEN, 0.0),
        (MET, 0.4),
        (OPEN, 1.0),
    ]


@given(sessions, st.data())
def test_turns_keep_the_order_within_a_lane(cars: list[Session], data: st.DataObject) -> None:
    lanes = data.draw(st.lists(st.integers(0, 3), min_size=len(cars), max_size=len(cars)))
    before = standings(cars, 20_000.0).places
    after = in_turns(before, lanes)
    for lane in set(lanes):
        own = [index for index in range(len(cars)) if lanes[index] == lane]
        assert sorted(own, key=lambda i: (before[i], i)) == sorted(own, key=lambda i: (after[i], i))
        turns = {after[i][1] for i in own if after[i][0] == OPEN}
        assert turns == set(range(len(turns)))


def test_cars_on_one_phase_do_not_stop_all_others() -> None:
    """Three urgent cars on the first phase, three patient ones on all: by departure alone, two phases stay empty."""
    cars = [car(12, 2 + i / 10, full_w=3_680.0) for i in range(3)]
    cars += [car(30, 6 + i / 10, full_w=11_040.0) for i in range(3)]
    lanes = [(0,)] * 3 + [(0, 1, 2)] * 3
    order = places(cars, lanes, lane_power(cars, lanes, [7_360.0] * 3))
    demands = [
        Demand(limits=lane, min_a=0.0, max_a=16.0, order=place, rank=place)
        for lane, place in zip(lanes, order, strict=True)
    ]
    shares = allocate([32.0] * 3, demands)
    assert sum(shares[:3]) == pytest.approx(16.0)
    assert sum(shares[3:]) == pytest.approx(16.0)


def test_a_lane_counts_on_its_part_of_the_phases() -> None:
    cars = [car(10, 5), car(10, 5), car(30, 5)]
    power = lane_power(cars, [(0,), (1,), (0, 1, 2)], [4_000.0, 2_000.0, 9_000.0])
    assert power == {(0,): 2_000.0, (1,): 1_000.0, (0, 1, 2): 3_000.0}


@given(st.lists(st.tuples(session(), st.sampled_from([(0,), (1,), (2,), (0, 2), (0, 1, 2)])), max_size=20))
def test_no_phase_is_counted_on_twice(cars: list[tuple[Session, tuple[int, ...]]]) -> None:
    free_w = [5_000.0, 0.0, 12_000.0]
    power = lane_power([each for each, _ in cars], [lane for _, lane in cars], free_w)
    for phase in range(3):
        counted = sum(watts / len(lane) for lane, watts in power.items() if phase in lane)
        assert counted <= free_w[phase] + 1e-6


def test_one_setting_leads_from_energy_to_full_cars() -> None:
    assert fairness_for(0.5) == DEFAULT_FAIRNESS
    assert fairness_for(0.5, departures_known=False) == ESTIMATED_DEPARTURES
    assert fairness_for(-3) == fairness_for(0)
    assert fairness_for(7) == fairness_for(1)
    steps = [fairness_for(step / 10) for step in range(11)]
    assert [each.short_first for each in steps] == sorted({each.short_first for each in steps})
    assert [each.calm_slack for each in steps] == sorted({each.calm_slack for each in steps})
    assert [each.common_part for each in steps] == sorted({each.common_part for each in steps}, reverse=True)


def test_slack_is_what_is_left_until_the_tightest_departure() -> None:
    cars = [car(2, 1), car(6, 4), car(3, 2)]
    assert standings(cars, 10_000.0).slack == pytest.approx(1 - 11 / 40)
    assert standings(cars, 2_500.0).slack == pytest.approx(1 - 11 / 10)
    assert standings([], 2_500.0).slack == 1.0
    assert standings(cars, 0.0).slack < 0


@pytest.mark.parametrize(("slack_kwh", "first"), [(20.0, "long"), (-12.0, "short")])
def test_the_more_is_due_the_more_the_short_go_first(slack_kwh: float, first: str) -> None:
    """One car that needs long and leaves a little later, one that is soon full, and others that leave with the last."""
    long, short = car(14, 4.2), car(2, 4.0)
    others = [car(5, 4.2) for _ in range(3)]
    watts = (14 + 2 + 15 + slack_kwh) * 1000 / 4.2
    places = standings([long, short, *others], watts, Fairness(common_part=1.0)).places
    assert (places[0] < places[1]) is (first == "long")


def test_lanes_take_turns_only_where_one_is_short_of_slack() -> None:
    cars = [car(4, 6, full_w=3_680.0), car(2, 3, full_w=3_680.0), car(3, 9, full_w=3_680.0)]
    lanes = ["a", "b", "b"]
    calm = places(cars, lanes, {"a": 20_000.0, "b": 20_000.0})
    tight = places(cars, lanes, {"a": 20_000.0, "b": 600.0})
    assert len({key for _, key in calm}) == len(cars)
    assert [key for _, key in tight if key in {0.0, 1.0}] == [key for _, key in tight]
    assert sum(key == 0.0 for _, key in tight) >= len(set(lanes))
