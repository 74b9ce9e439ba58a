"""The plan: what it promises for every set of cars, and what it does in a closed loop."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import Cause, FeederConfig, GridConfig
from custom_components.tangle_grid.grid.model.forecast import DayProfile, Forecast, Series
from custom_components.tangle_grid.grid.network.topology import Topology
from custom_components.tangle_grid.grid.planning.arrivals import Arrivals, Stay
from custom_components.tangle_grid.grid.planning.plan import Planner
from custom_components.tangle_grid.grid.planning.slot_dispatch import PlanCar
from custom_components.tangle_grid.grid.planning.valley_filling import SLOT_S, Valley

from ...support.grid.feeder_plant import START, Car, Plant, charger

HOUR = 3600.0
NOW = 20_000 * 86_400.0 + 18 * HOUR
CAPACITY_A = 60.0


def config(**values: object) -> GridConfig:
    feeder = FeederConfig(feeder_id="main", capacity_a=(CAPACITY_A,) * 3, threshold_a=(CAPACITY_A,) * 3)
    return GridConfig(**{"feeders": (feeder,), **values})  # type: ignore[arg-type]


def planner(base_w: float = 3000.0, **values: object) -> Planner:
    made = config(**values)
    plan = Planner(made, Topology(made))
    plan.observe(NOW, {"main": (base_w / 3,) * 3})
    return plan


def make(plan: Planner, some: list[PlanCar], **values: object) -> Planner:
    """A plan to the end: a larger one is made over several calls."""
    for _ in range(200):
        plan.update(NOW, some, **values)  # type: ignore[arg-type]
        if len(plan.schedule()) == len(some):
            return plan
    raise AssertionError


def car(device_id: str = "car", need_kwh: float = 10.0, hours: float = 12.0, **values: object) -> PlanCar:
    return PlanCar(
        **{  # type: ignore[arg-type]
            "device_id": device_id,
            "feeder_id": "main",
            "need_wh": need_kwh * 1000.0,
            "departs_at": NOW + hours * HOUR,
            **values,
        }
    )


def energy_wh(plan: Planner, each: PlanCar) -> float:
    return sum(
        slot.current_a * each.watts_per_amp * (slot.start + SLOT_S - max(slot.start, NOW)) / HOUR
        for slot in plan.schedule()[each.device_id]
    )


@st.composite
def cars(draw: st.DrawFn) -> list[PlanCar]:
    return [
        car(
            f"car{number}",
            need_kwh=draw(st.integers(1, 60)),
            hours=draw(st.integers(1, 30)) / 2,
            phases=draw(st.sampled_from([(0, 1, 2), (0,), (1,), (2,)])),
            max_a=draw(st.sampled_from([6.0, 16.0, 32.0])),
            charging=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 8)))
    ]


@pytest.mark.parametrize("batch", [1, 7, 200])
def test_a_plan_that_is_made_in_pieces_is_the_same(batch: int) -> None:
    made, some = config(), [car(f"car{number}", need_kwh=3 + number, hours=4 + number) for number in range(9)]
    plan = Planner(made, Topology(made), batch=0)
    assert not plan.go_on(batch)
    plan.update(NOW, some)
    assert plan.go_on(0)
    assert not plan.schedule()
    pieces = 1
    while plan.go_on(batch):
        # What happens in between waits for the next plan.
        plan.update(NOW + 1.0, some[:5])
        assert not plan.schedule()
        pieces += 1
    assert pieces > 1
    whole = Planner(made, Topology(made))
    whole.update(NOW, some)
    assert plan.schedule() == whole.schedule()
    assert set(plan.schedule()) == {each.device_id for each in some}


@settings(max_examples=20)
@given(cars())
def test_a_plan_is_shown_as_runs_of_the_same_current(some: list[PlanCar]) -> None:
    plan = planner()
    assert plan.runs("car0") == ()
    make(plan, some)
    assert plan.runs("nobody") == ()
    for device_id, slots in plan.schedule().items():
        runs = plan.runs(device_id)
        assert runs is plan.runs(device_id)
        assert [
            (run.start + number * SLOT_S, run.current_a)
            for run in runs
            for number in range(round((run.end - run.start) / SLOT_S))
        ] == [(slot.start, slot.current_a) for slot in slots]
        for before, after in pairwise(runs):
            assert before.end < after.start or before.current_a != after.current_a


@settings(max_examples=40)
@given(cars(), st.integers(0, 41))
def test_no_plan_exceeds_a_phase(some: list[PlanCar], base_kw: int) -> None:
    plan = planner(base_kw * 1000.0)
    make(plan, some)
    by_id = {each.device_id: each for each in some}
    load: dict[tuple[float, int], float] = {}
    for device_id, slots in plan.schedule().items():
        for slot in slots:
            assert by_id[device_id].min_a <= slot.current_a <= by_id[device_id].max_a
            assert slot.start < by_id[device_id].departs_at
            for phase in by_id[device_id].phases:
                load[slot.start, phase] = load.get((slot.start, phase), 0.0) + slot.current_a
    assert all(amps + base_kw * 1000.0 / 3 / 230.0 <= CAPACITY_A for amps in load.values())


@settings(max_examples=40)
@given(cars())
def test_whoever_is_held_back_gets_its_energy_by_the_plan(some: list[PlanCar]) -> None:
    plan = planner()
    make(plan, some)
    for each in some:
        if plan.ceiling_a(each.device_id, NOW) is not None:
            assert energy_wh(plan, each) >= each.need_wh - 100.0


@settings(max_examples=30, deadline=None)
@given(cars(), st.randoms(use_true_random=False))
def test_names_and_order_change_nothing(some: list[PlanCar], shuffle: random.Random) -> None:
    # Whoever is equal in everything may change places.
    distinct = [replace(each, departs_at=each.departs_at + number) for number, each in enumerate(some)]
    renamed = [replace(each, device_id=f"x{hash(each.device_id)}") for each in distinct]
    pairs = list(zip(distinct, renamed, strict=True))
    shuffle.shuffle(pairs)
    before, after = planner(), planner()
    make(before, distinct)
    make(after, [new for _, new in pairs])
    for old, new in pairs:
        assert before.schedule()[old.device_id] == after.schedule()[new.device_id]
        assert before.ceiling_a(old.device_id, NOW) == after.ceiling_a(new.device_id, NOW)


@settings(max_examples=40)
@given(st.integers(2, 30), st.integers(6, 28), st.booleans())
def test_over_hills_and_valleys_a_car_is_full_in_time_or_free(need_kwh: int, halves: int, certain: bool) -> None:
    base = Series(start=NOW, step_s=HOUR, values=tuple(float(3000 + 700 * (hour * 7 % 11)) for hour in range(24)))
    plan = planner()
    each = replace(car(need_kwh=need_kwh, hours=halves / 2), certain=certain)
    make(plan, [each], forecast=Forecast(base_w=base))
    if plan.ceiling_a("car", NOW) is not None:
        assert energy_wh(plan, each) >= each.need_wh - 100.0
        assert plan.schedule()["car"][-1].start < each.departs_at - HOUR / 12


def test_nobody_waits_for_what_does_not_get_less() -> None:
    """On a load that stays as it is, a car that charges alone costs the same peak now and later."""
    plan = planner(16_000.0)
    make(plan, [car(need_kwh=20, hours=17)])
    assert plan.schedule()["car"][0].start <= NOW
    assert (plan.ceiling_a("car", NOW) or 32.0) >= 6.0


def test_the_evening_peak_is_left_alone() -> None:
    values = tuple(20_000.0 if hour < 4 else 4_000.0 for hour in range(24))
    plan = planner(20_000.0)
    some = [car(f"car{number}", need_kwh=12, hours=13) for number in range(4)]
    make(plan, some, forecast=Forecast(base_w=Series(start=NOW, step_s=HOUR, values=values)))
    for each in some:
        assert plan.ceiling_a(each.device_id, NOW) == 0.0
        assert all(slot.start >= NOW + 4 * HOUR for slot in plan.schedule()[each.device_id])
    status = plan.status(NOW)
    assert status is not None
    assert status.peak_w <= 20_500.0
    assert status.held_back == 4


def test_a_price_moves_energy_to_cheap_hours() -> None:
    price = Series(start=NOW, step_s=HOUR, values=tuple(0.1 if 7 <= hour < 11 else 0.4 for hour in range(24)))
    shares = []
    for forecast in (None, Forecast(price=price)):
        plan = planner()
        make(plan, [car(need_kwh=20, hours=14)], forecast=forecast)
        cheap = [slot for slot in plan.schedule()["car"] if price.at(slot.start) == 0.1]
        shares.append(sum(slot.current_a for slot in cheap) / sum(slot.current_a for slot in plan.schedule()["car"]))
    assert shares[1] == 1.0 > shares[0]


def test_own_sun_comes_first() -> None:
    morning = NOW + 14 * HOUR
    sun = Series(start=NOW, step_s=HOUR, values=tuple(12_000.0 if 15 <= hour < 19 else 0.0 for hour in range(24)))
    plan = planner(2_000.0)
    base = Series(start=NOW, step_s=HOUR, values=(2_000.0,) * 24)
    make(plan, [car(need_kwh=15, hours=20)], forecast=Forecast(sun_w=sun, base_w=base))
    assert all(slot.start > morning for slot in plan.schedule()["car"])


def test_cars_with_three_phases_share_the_phase_that_is_short() -> None:
    """All night one phase is nearly full: whoever needs all three must not wait until it is free, in the morning."""
    some = [car(f"single{number}", need_kwh=33.0, max_a=32.0, phases=(1,)) for number in range(3)]
    some += [car(f"triple{number}", need_kwh=12.0, hours=11.0 + number / 3) for number in range(4)]
    plan = make(planner(), some)
    # Spread evenly over the night.
    ideal_w = 3_000.0 + sum(each.need_wh for each in some) / 12
    status = plan.status(NOW)
    assert status is not None
    assert status.peak_w <= 1.1 * ideal_w
    assert all(plan.ceiling_a(each.device_id, NOW) is not None for each in some)


def test_the_peak_that_was_reached_before_is_used_again() -> None:
    """What the evening came to, the night may come to: then less is left for a morning that may be worse."""
    first = []
    for evening_w in (3_000.0, 15_000.0):
        plan = planner()
        for second in range(-2 * 3600, 1, 30):
            plan.observe(NOW + second, {"main": (1_000.0,) * 3}, load_w=evening_w if second < -1800 else 3_000.0)
        make(plan, [car(need_kwh=20, hours=12)])
        first.append(plan.ceiling_a("car", NOW))
    assert first[1] == 16.0
    assert first[0] is not None
    assert first[0] < 12.0


def test_whoever_could_miss_its_departure_is_not_held_back() -> None:
    plan = planner(20_000.0)
    values = tuple(20_000.0 if hour < 4 else 4_000.0 for hour in range(24))
    tight = car("tight", need_kwh=20, hours=2.0)
    make(plan, [tight, car("calm")], forecast=Forecast(base_w=Series(start=NOW, step_s=HOUR, values=values)))
    assert plan.ceiling_a("tight", NOW) is None
    assert plan.ceiling_a("calm", NOW) == 0.0
    assert plan.ceiling_a("stranger", NOW) is None


def test_a_plan_that_is_not_renewed_holds_nobody_back() -> None:
    plan = planner(20_000.0)
    plan.update(NOW, [car(hours=13)], forecast=Forecast(price=Series(start=NOW, step_s=HOUR, values=(2.0, 2.0, 1.0))))
    assert plan.ceiling_a("car", NOW) is not None
    assert plan.ceiling_a("car", NOW + HOUR) is None
    assert plan.ceiling_a("car", NOW - HOUR) is None


def test_a_large_plan_takes_several_calls_and_comes_to_the_same_end() -> None:
    some = [
        car(f"car{number}", need_kwh=2, hours=8 + number / 50, max_a=6.0, phases=(number % 3,)) for number in range(120)
    ]
    plan = planner()
    plan.update(NOW, some)
    assert plan.schedule() == {}
    for _ in range(10):
        plan.update(NOW, some)
    assert len(plan.schedule()) == 120


def test_what_was_learned_survives_a_restart() -> None:
    made = config()
    first = Planner(made, Topology(made))
    for minute in range(2 * 24 * 60):
        now = NOW + minute * 60.0
        watts = 9_000.0 if 18 <= now % 86_400 / HOUR < 20 else 3_000.0
        first.observe(now, {"main": (watts / 3,) * 3})
    stored = first.to_dict()
    second = Planner(made, Topology(made), stored)
    assert second.to_dict() == stored
    later = NOW + 2 * 86_400.0 - 3 * HOUR
    for plan in (first, second):
        plan.observe(later, {"main": (1_000.0,) * 3})
        plan.update(later, [car(need_kwh=6, hours=60)])
    assert first.schedule() == second.schedule()
    status = second.status(later)
    assert status is not None
    assert max(status.base_w) == pytest.approx(9_000, rel=0.02)


def test_a_day_profile_learns_its_quarters() -> None:
    profile = DayProfile()
    assert profile.at(NOW) is None
    for second in range(0, 3 * 86_400, 60):
        profile.observe(NOW + second, 500.0 + (second % 86_400) / 100)
    assert profile.known
    assert profile.at(NOW) == pytest.approx(500.0, abs=10)
    assert profile.at(NOW + 6 * HOUR) == pytest.approx(716.0 + 4.5, abs=10)
    again = DayProfile(profile.to_dict())
    assert again.at(NOW) == pytest.approx(profile.at(NOW), abs=1)
    assert DayProfile([1.0, 2.0]).at(NOW) is None


def test_a_series() -> None:
    series = Series(start=100.0, step_s=10.0, values=(1.0, 3.0))
    assert (series.at(99.9), series.at(100.0), series.at(119.9), series.at(120.0)) == (None, 1.0, 3.0, None)
    assert series.mean(105.0, 115.0) == pytest.approx(2.0)
    assert series.mean(90.0, 105.0) == pytest.approx(1.0)
    assert series.mean(120.0, 130.0) is None
    assert series.mean(105.0, 105.0) is None


# What is still expected


def usual_evenings(days: int = 10, count: int = 4, *, at: float = 20.0) -> Arrivals:
    """Cars that came at the same time on each of the last days, for ten hours and 20 kWh."""
    arrivals = Arrivals()
    midnight = NOW - NOW % 86_400.0
    for day in range(days, 0, -1):
        for number in range(count):
            came = midnight - day * 86_400.0 + at * HOUR
            arrivals.add(f"usual{number}", Stay(came, came + 10 * HOUR, 20_000.0))
    return arrivals


def test_what_came_every_evening_is_expected_until_it_is_here() -> None:
    arrivals = usual_evenings()
    midnight = NOW - NOW % 86_400.0
    before = arrivals.expected("usual0", NOW, NOW + 12 * HOUR, taken_until=None)
    assert sum(wh for _, _, wh in before) == pytest.approx(20_000, rel=0.05)
    assert all((came, left) == (midnight + 20 * HOUR, midnight + 30 * HOUR) for came, left, _ in before)
    # It is here already, and stays over the time at which one comes.
    assert not arrivals.expected("usual0", NOW, NOW + 12 * HOUR, taken_until=midnight + 30 * HOUR)
    assert not arrivals.expected("stranger", NOW, NOW + 12 * HOUR, taken_until=None)
    # Who comes soon is expected with all that it will want, also where that lasts longer.
    (whole, cut) = (
        sum(
            wh
            for _, _, wh in arrivals.expected("usual0", NOW, NOW + 6 * HOUR, taken_until=None, end=NOW + end_h * HOUR)
        )
        for end_h in (24, 6)
    )
    assert whole == pytest.approx(20_000.0, rel=0.02)
    assert cut == pytest.approx(0.4 * whole)


def test_stays_are_learned_from_what_is_seen_at_the_charger() -> None:
    arrivals = Arrivals()
    for minute in range(0, 600, 10):
        now = NOW + minute * 60.0
        here = 60 <= minute < 360
        arrivals.observe(now, "car", NOW + HOUR if here else None, 9_000.0 if here else 0.0)
    expected = arrivals.expected("car", NOW + 20 * HOUR, NOW + 44 * HOUR, taken_until=None)
    assert [(came - NOW, left - came, wh) for came, left, wh in expected] == [(25 * HOUR, 5 * HOUR, 9_000.0)]
    again = Arrivals(arrivals.to_dict())
    assert again.expected("car", NOW + 20 * HOUR, NOW + 44 * HOUR, taken_until=None) == expected


def test_room_is_left_for_those_who_are_still_to_come() -> None:
    """One car could wait till morning, but the night belongs to the others: it charges more now than it would alone."""
    devices = tuple(charger(f"usual{number}", feeder_id="main") for number in range(4))
    first = []
    for state in ({}, {"arrivals": usual_evenings().to_dict()}):
        made = config(devices=devices)
        plan = Planner(made, Topology(made), state)
        plan.observe(NOW, {"main": (1_000.0,) * 3})
        plan.update(NOW, [car(need_kwh=30, hours=12)])
        first.append(plan.ceiling_a("car", NOW))
    assert first[0] is not None
    assert first[1] is not None
    assert first[0] < first[1]


def test_work_fits_exactly_under_the_level() -> None:
    valley = Valley(
        seconds=[900.0] * 8,
        base_w=[5_000.0] * 4 + [1_000.0] * 4,
        most_w=[50_000.0] * 8,
        price_w=[0.0] * 8,
        floor_w=0.0,
    )
    # 2 kWh over four quarters above 5 kW, and 4 kWh more that may wait for the valley: 7 kW and 5 kW, evened out.
    assert valley.level_w({0: [(3, 2_000 * 3600.0)]}) == pytest.approx(7_000, abs=150)
    assert valley.level_w({0: [(3, 2_000 * 3600.0), (7, 4_000 * 3600.0)]}) == pytest.approx(7_000, abs=150)
    assert valley.level_w({0: [(3, 2_000 * 3600.0), (7, 8_000 * 3600.0)]}) == pytest.approx(8_000, abs=150)
    # What comes late is due late.
    assert valley.level_w({6: [(7, 5_000 * 3600.0)]}) == pytest.approx(11_000, abs=150)
    assert valley.level_w({0: [(0, 100_000 * 3600.0)]}) is None


# In a closed loop


def evening(count: int, *, planning: bool = True) -> Plant:
    """Cars at noon of grid time's day, under a load that is high for an hour."""
    fleet = []
    for number in range(count):
        each = Car(charger(f"car{number}", learn_phases=False), soc=70.0 - number)
        each.departure_at = START + 6 * HOUR
        fleet.append(each)
    return Plant(
        *fleet, base_a=lambda now: (24.0,) * 3 if now < START + HOUR else (6.0,) * 3, dt=20.0, planning=planning
    )


def test_cars_wait_for_the_valley_and_leave_in_time() -> None:
    held, free = evening(3), evening(3, planning=False)
    for plant in (held, free):
        # What is usual is told: a valley after the first hour.
        values = tuple([24.0 * 690.0] * 4 + [6.0 * 690.0] * 40)
        series = Series(start=START, step_s=900.0, values=values)
        plant.forecast = Forecast(base_w=series)
        plant.run(6 * HOUR)
        assert all(plant.car(f"car{number}").soc >= 80.0 - 0.5 for number in range(3))  # type: ignore[operator]
    assert max(max(load) for load in held.loads_a) < max(max(load) for load in free.loads_a) - 2.0
    assert any(setpoint.cause is Cause.PLAN for _, setpoint in held.setpoints)
    assert all(setpoint.cause is not Cause.PLAN for _, setpoint in free.setpoints)


def test_who_has_just_become_full_is_not_expected_to_charge_on() -> None:
    """Its last measurement shows it charging; a plan that took it for granted would leave the next hour unused."""
    first = Car(charger("first", learn_phases=False), soc=79.5)
    second = Car(charger("second", learn_phases=False), soc=20.0)
    first.departure_at, second.departure_at = START + HOUR, START + 6 * HOUR
    plant = Plant(first, second, base_a=(6.0,) * 3, dt=20.0, planning=True)
    expected: list[float] = []
    full_for = 0
    while full_for < 3:
        result = plant.step()
        full_for += (first.soc or 0.0) >= 80.0
        if full_for:
            assert result.status.plan is not None
            expected.append(max(result.status.plan.base_w))
    assert max(expected) == pytest.approx(6.0 * 3 * 230.0, rel=0.02)


def test_the_status_shows_the_plan_and_a_restart_keeps_what_was_learned() -> None:
    plant = evening(2)
    result = plant.run(600)
    assert result.status.plan is not None
    assert result.status.plan.energy_wh > 0
    assert any(device.planned_a is not None for device in result.status.devices.values())
    learned = plant.engine.to_dict()["plan"]
    plant.restart()
    assert plant.engine.to_dict()["plan"] == learned
    assert plant.run(60).status.plan is not None


def test_without_departure_nobody_is_held_back() -> None:
    plant = evening(1)
    plant.car("car0").departure_at = None
    result = plant.run(900)
    assert result.status.devices["car0"].planned_a is None
    assert plant.car("car0").draws_a > 0


@pytest.mark.parametrize("share", [0.6, 0.95, 1.3])
def test_a_full_phase_is_shared_in_time(share: float) -> None:
    """Whoever has no other phase waits as long as all fits, and no longer; the others wait in any case."""
    usable_w = CAPACITY_A * 0.93 * 230.0 - 1_000.0
    singles = [
        car(f"single{number}", need_kwh=share * usable_w * 12 / 3 / 1000, max_a=32.0, phases=(1,))
        for number in range(3)
    ]
    others = [car("other", need_kwh=12.0, phases=(0,)), car("triple", need_kwh=0.3)]
    plan = make(planner(), [*singles, *others])
    served = [energy_wh(plan, each) / each.need_wh for each in singles]
    held = [plan.ceiling_a(each.device_id, NOW) is not None for each in singles]
    if share < 1.0:
        assert min(served) >= 1.0
        assert all(held)
    else:
        assert 0.95 <= sum(served) / 3 * share <= 1.01
        assert not all(held)
    assert all(plan.ceiling_a(each.device_id, NOW) is not None for each in others)
    assert all(energy_wh(plan, each) >= each.need_wh for each in others)
