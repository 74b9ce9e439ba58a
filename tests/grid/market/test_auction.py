"""What asking costs and whom it reaches: rounds, budget, merit order, and the way back after a request."""

import json
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    Answered,
    CurtailmentRequest,
    FeederConfig,
    GridConfig,
    GridError,
    MarketConfig,
    PolicyConfig,
    PolicyMode,
    Reason,
    RequestIssued,
    RequestState,
    Settlement,
    ShedLoad,
    Timing,
)
from custom_components.tangle_grid.grid.requests.budget import affordable_w, most_i
from custom_components.tangle_grid.grid.requests.merit_order import HALF_LIFE_S, Debts
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, V, battery, charger, feeder, household

QUIET = MarketConfig(automatic=False)
BOTH = {"boiler", "pump"}
S = RequestState
DAY_S = 86_400.0


def wants(rate: int) -> PolicyConfig:
    return PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=rate)


def issued(plant: Plant) -> list[tuple[float, int]]:
    return [(event.request.issued_at, event.request.rate_i_per_kwh) for event in plant.of(RequestIssued)]


# Rounds


def test_the_rate_rises_in_rounds_until_enough_is_promised_and_what_was_shown_is_paid() -> None:
    plant = Plant(Store(battery(policy=wants(1_600_000))), base_a=(36.0, 5.0, 5.0))
    plant.run(1200)
    rounds = issued(plant)
    assert [rate for _, rate in rounds][:4] == [1_000_000, 1_250_000, 1_500_000, 1_750_000]
    assert all(30 <= later - sooner < 60 for (sooner, _), (later, _) in pairwise(rounds[:4]))
    settlement = plant.of(Settlement)[0]
    assert settlement.rate_i_per_kwh == 1_750_000
    assert settlement.amount_i == settlement.energy_wh * 1750
    assert plant.of(Answered)[3].decision.rate == 1_750_000


def test_at_the_greatest_rate_it_stops_asking_until_the_cooldown_is_over() -> None:
    plant = Plant(Store(battery(policy=wants(9_000_000))), base_a=(36.0, 5.0, 5.0))
    plant.run(500)
    rounds = issued(plant)
    assert [rate for _, rate in rounds][:5] == [1_000_000, 1_250_000, 1_500_000, 1_750_000, 2_000_000]
    assert rounds[5][0] - rounds[4][0] >= 300


def test_who_said_no_to_more_than_the_rate_is_not_asked_again_in_the_same_auction() -> None:
    plant = Plant(
        Store(battery("never", policy=PolicyConfig())),
        Store(battery("dear", policy=wants(1_600_000)), soc=30.0),
        Store(battery("person", policy=PolicyConfig(mode=PolicyMode.ASK))),
        base_a=(36.0, 5.0, 5.0),
    )
    plant.run(60)
    request_id = plant.of(RequestIssued)[0].request.request_id
    plant.engine.commands.answer(
        plant.now, request_id=request_id, device_id="person", accept=False, reason=Reason(key="declined_by_person")
    )
    plant.run(220)
    asked = [event.device_id for event in plant.of(Answered)]
    assert asked.count("never") == 1
    assert asked.count("dear") == 4
    assert all("person" not in event.request.asks for event in plant.of(RequestIssued)[1:])


def test_a_round_is_made_while_others_of_an_earlier_one_give_already() -> None:
    plant = Plant(
        Store(battery("cheap", policy=ALWAYS, max_discharge_w=600.0)),
        Store(battery("dear", policy=wants(1_250_000))),
        base_a=(38.0, 5.0, 5.0),
    )
    plant.run(120)
    requests = list(plant.engine.requests.values())
    assert requests[0].asks["cheap"].state is S.ACTIVE
    assert requests[1].asks["dear"].state is S.ACTIVE
    assert (requests[0].asks["cheap"].rate, requests[1].asks["dear"].rate) == (1_000_000, 1_250_000)
    assert max(plant.loads_a[-1]) < 32.5


# Budget


@given(st.integers(0, 10**10), st.floats(1, 90_000), st.integers(1000, 10**10))
def test_what_is_affordable_is_never_too_dear_and_never_too_little(left_i: int, window_s: float, rate: int) -> None:
    watts = affordable_w(left_i, window_s, rate)
    assert most_i(watts, window_s, rate) <= left_i
    assert most_i(watts + 1, window_s, rate) > left_i


def spent(plant: Plant, request_id: str | None = None) -> int:
    return sum(
        ask.amount_i
        for request in plant.engine.requests.values()
        if request_id in {None, request.request_id}
        for ask in request.asks.values()
    )


@settings(max_examples=20, deadline=None)
@given(
    per_request=st.integers(0, 1_500_000),
    per_day=st.integers(0, 4_000_000),
    asked=st.lists(
        st.tuples(st.floats(300, 20_000), st.floats(60, 900), st.integers(1_000, 3_000_000), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    min_rates=st.lists(st.integers(0, 2_000_000), min_size=4, max_size=4),
    base_a=st.floats(5, 38),
)
def test_no_budget_is_ever_exceeded(
    per_request: int,
    per_day: int,
    asked: list[tuple[float, float, int, bool]],
    min_rates: list[int],
    base_a: float,
) -> None:
    plant = Plant(
        Car(charger(policy=wants(min_rates[0]), max_current_a=10.0)),
        Store(battery("one", policy=wants(min_rates[1]))),
        Store(battery("two", policy=wants(min_rates[2]))),
        Home(household(policy=wants(min_rates[3]))),
        market=MarketConfig(budget_per_request_i=per_request, budget_per_day_i=per_day),
        base_a=(5.0, 5.0, 5.0),
        dt=10.0,
    )
    plant.run(700)
    plant.base_a = (base_a, 5.0, 5.0)
    for power_w, duration_s, rate, restart in asked:
        try:
            _, events = plant.engine.commands.request_curtailment(
                plant.now, power_w=power_w, duration_s=duration_s, rate_i_per_kwh=rate
            )
            plant.events += events
        except GridError as error:
            # This plant has no noise: its meter may well count as frozen.
            if error.key not in {"budget_spent", "feeder_blind"}:
                raise
        plant.run(duration_s / 2)
        if restart:
            plant.restart()
            plant.run(100)
    plant.run(1000)
    for request in plant.engine.requests.values():
        paid = sum(ask.amount_i for ask in request.asks.values())
        assert per_request == 0 or paid <= per_request
        for ask in request.asks.values():
            assert ask.active_at is None or ask.amount_i <= most_i(
                max(step[1] for step in ask.quantities), request.ends_at - ask.active_at, ask.rate
            )
    assert per_day == 0 or spent(plant) <= per_day
    assert sum(event.amount_i for event in plant.of(Settlement)) == spent(plant)


def test_a_budget_buys_what_it_can_and_then_the_asking_stops_until_the_next_day() -> None:
    plant = Plant(
        Store(battery("one", policy=ALWAYS)),
        Store(battery("two", policy=ALWAYS)),
        market=MarketConfig(budget_per_day_i=300_000),
        base_a=(38.0, 5.0, 5.0),
    )
    plant.run(2 * 3600)
    assert 280_000 <= spent(plant) <= 300_000
    count = len(plant.of(RequestIssued))
    with pytest.raises(GridError) as refused:
        plant.engine.commands.request_curtailment(plant.now, power_w=2000.0, duration_s=900.0)
    assert refused.value.key == "budget_spent"
    plant.run(3600)
    assert len(plant.of(RequestIssued)) == count
    plant.restart()
    plant.run(1200)
    assert len(plant.of(RequestIssued)) == count
    plant.engine.start_day(plant.now)
    plant.run(1200)
    assert len(plant.of(RequestIssued)) > count
    assert spent(plant) <= 600_000


def test_a_favour_costs_nothing_and_needs_no_budget() -> None:
    plant = Plant(Store(battery(policy=ALWAYS)), market=MarketConfig(automatic=False, budget_per_day_i=1))
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=60.0, rate_i_per_kwh=0)
    plant.run(100)
    assert request.asks["battery"].energy_wh >= 40
    assert plant.engine.commands.unpaid() == []


# Merit


@settings(max_examples=5, deadline=None, phases=[Phase.generate])
@given(
    count=st.integers(2, 4),
    asked=st.lists(st.tuples(st.floats(500, 4500), st.floats(120, 900)), min_size=9, max_size=14),
    gap_s=st.floats(0, 900),
)
def test_identical_participants_earn_alike(count: int, asked: list[tuple[float, float]], gap_s: float) -> None:
    """Always yes, always able: nobody is ever ahead of another by more than two of the greatest rewards."""
    plant = Plant(
        *(Store(battery(f"b{n}", policy=ALWAYS, capacity_wh=1_000_000)) for n in range(count)), market=QUIET, dt=10.0
    )
    plant.run(700)
    for power_w, duration_s in asked:
        _, events = plant.engine.commands.request_curtailment(plant.now, power_w=power_w, duration_s=duration_s)
        plant.events += events
        plant.run(duration_s + gap_s + 60)
        status = plant.result
        assert status is not None
        earned = [device.earned_i for device in status.status.devices.values()]
        greatest = max(event.amount_i for event in plant.of(Settlement))
        assert max(earned) - min(earned) <= 2 * greatest


def test_debts_decay_survive_a_restart_and_newcomers_start_with_the_least() -> None:
    debts = Debts()
    debts.enrol(["a", "b"], 0.0)
    debts.add("a", 1000, 0.0)
    debts.add("b", 400, 0.0)
    assert debts.of("a", HALF_LIFE_S) == pytest.approx(500)
    assert debts.of("new", HALF_LIFE_S) == pytest.approx(200)
    debts.enrol(["new", "a"], HALF_LIFE_S)
    debts.add("b", 1000, HALF_LIFE_S)
    assert debts.of("new", HALF_LIFE_S) == pytest.approx(200)
    again = Debts.from_dict(json.loads(json.dumps(debts.to_dict())))
    assert again.to_dict() == debts.to_dict()
    assert debts.of("a", 100 * HALF_LIFE_S) == 0


# Partial answers


@given(st.floats(500, 11_000))
@settings(max_examples=10, deadline=None)
def test_who_gives_less_than_was_asked_is_held_to_that(power_w: float) -> None:
    plant = Plant(Car(charger(policy=PolicyConfig(mode=PolicyMode.ASK))), market=QUIET)
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=11_000.0, duration_s=300.0)
    plant.engine.commands.answer(
        plant.now, request_id=request.request_id, device_id="car", accept=True, power_w=power_w
    )
    ask = request.asks["car"]
    # A charger gives whole steps: one more at most. Between its minimum and 0 there is nothing.
    step_w, least_w = 3 * V, 6 * 3 * V
    assert ask.quantity_w <= ask.promised_w < power_w + step_w
    assert ask.quantity_w >= min(power_w, ask.baseline_w - least_w) - 1.0
    plant.run(400)
    assert 0 < ask.energy_wh <= (ask.quantity_w + 1) * 300 / 3600


def asked_household(**loads: bool) -> tuple[Plant, CurtailmentRequest]:
    """A boiler of 2,000 W and a pump of 1,000 W, where a person is asked for all of it."""
    home = Home(household(policy=PolicyConfig(mode=PolicyMode.ASK)), base_w=1500.0)
    home.loads.update(loads)
    plant = Plant(home, market=QUIET)
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=600.0)
    return plant, request


@pytest.mark.parametrize(
    ("power_w", "shed", "quantity_w"),
    [(1000.0, {"pump"}, 1000.0), (1999.0, {"pump"}, 1000.0), (2500.0, {"boiler"}, 2000.0), (3000.0, BOTH, 3000.0)],
)
def test_a_household_sheds_no_more_than_somebody_promised(power_w: float, shed: set[str], quantity_w: float) -> None:
    plant, request = asked_household()
    plant.engine.commands.answer(
        plant.now, request_id=request.request_id, device_id="home", accept=True, power_w=power_w
    )
    plant.run(60)
    ask = request.asks["home"]
    assert (set(ask.loads), ask.quantity_w) == (shed, quantity_w)
    home = plant.devices["home"]
    assert isinstance(home, Home)
    assert {load for load, on in home.loads.items() if not on} == shed


@pytest.mark.parametrize(("pump", "least"), [(True, "1000"), (False, "2000")])
def test_less_than_the_smallest_load_is_refused_and_changes_nothing(pump: bool, least: str) -> None:
    plant, request = asked_household(pump=pump)
    before = plant.engine.to_dict()
    with pytest.raises(GridError) as error:
        plant.engine.commands.answer(
            plant.now, request_id=request.request_id, device_id="home", accept=True, power_w=500.0
        )
    assert (error.value.key, error.value.placeholders["least_w"]) == ("power_below_loads", least)
    assert plant.engine.to_dict() == before
    # Whoever says no gives no power, and can say so.
    plant.engine.commands.answer(
        plant.now, request_id=request.request_id, device_id="home", accept=False, power_w=500.0
    )
    assert request.asks["home"].state is RequestState.DECLINED


def test_the_least_that_is_named_is_enough() -> None:
    """Loads may have fractions of a watt: the number in the sentence is rounded up."""
    load = ShedLoad(load_id="boiler", rated_w=2000.4)
    home = Home(household(policy=PolicyConfig(mode=PolicyMode.ASK), loads=(load,)), base_w=1500.0)
    plant = Plant(home, market=QUIET)
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=600.0)
    answer = {"request_id": request.request_id, "device_id": "home", "accept": True}
    with pytest.raises(GridError) as error:
        plant.engine.commands.answer(plant.now, power_w=2000.0, **answer)  # type: ignore[arg-type]
    plant.engine.commands.answer(plant.now, power_w=float(error.value.placeholders["least_w"]), **answer)  # type: ignore[arg-type]
    assert request.asks["home"].loads == ("boiler",)


# Back again


def street(count: int, capacity_a: float, threshold_a: float, **values: object) -> Plant:
    cars = [Car(charger(f"c{n:02}", policy=ALWAYS, battery_wh=200_000), soc=10.0) for n in range(count)]
    config = GridConfig(
        feeders=(FeederConfig(feeder_id="main", capacity_a=(capacity_a,) * 3, threshold_a=(threshold_a,) * 3),),
        devices=tuple(car.config for car in cars),
        **values,  # type: ignore[arg-type]
    )
    return Plant(*cars, config=config, base_a=(10.0, 10.0, 10.0))


@pytest.mark.parametrize("spare_a", [-40.0, 0.0, 30.0])
def test_many_chargers_come_back_without_a_rebound(spare_a: float) -> None:
    """Twenty chargers are released at once. While there is room below the threshold they stay below it; without room
    the load grows by no more than one charger in each release step."""
    timing = Timing()
    plant = street(20, 400.0, 340.0, market=QUIET)
    plant.run(1500)
    assert max(plant.loads_a[-1]) == pytest.approx(330.0)
    _, events = plant.engine.commands.request_curtailment(plant.now, power_w=130_000.0, duration_s=600.0)
    plant.run(590)
    assert max(plant.loads_a[-1]) < 160
    plant.base_a = (20.0 - spare_a,) * 3
    start = len(plant.loads_a)
    plant.run(timing.release_hold_s)
    held = [max(load) for load in plant.loads_a[start:]]
    assert max(held) <= 340.0 + 0.5
    end_of_hold = len(plant.loads_a)
    plant.run(900)
    for number, load in enumerate(plant.loads_a[end_of_hold:]):
        steps = 1 + number * plant.dt / timing.release_step_s
        assert max(load) <= 340.0 + 16.0 * steps
    assert max(max(load) for load in plant.loads_a) <= 400.0
    expected = min(340.0 - spare_a, 400.0 * 0.93)
    assert max(plant.loads_a[-1]) == pytest.approx(expected, abs=8.0)
    assert events


@settings(max_examples=10, deadline=None, phases=[Phase.generate], derandomize=True)
@given(
    st.sampled_from([(0, 1, 2), (0, 1), (2,)]),
    st.lists(st.sampled_from([16.0, 32.0]), min_size=2, max_size=12),
    st.floats(0.15, 1.0),
    st.floats(0.6, 0.95),
    st.floats(0.0, 0.5),
)
def test_the_rebound_of_any_island_is_bounded(
    phases: tuple[int, ...], garage: list[float], share: float, threshold: float, base: float
) -> None:
    """However many chargers on the same phases come back, and however much of it the feeder can carry: the load is
    never more than one step of the ramp above what it was before the request, and rises by no more than one charger's
    power in each release step."""
    capacity_a = max(30.0, share * sum(garage))
    cars = [
        Car(charger(f"c{n:02}", phases=phases, max_current_a=max_a, policy=ALWAYS, battery_wh=400_000), soc=20.0 + n)
        for n, max_a in enumerate(garage)
    ]
    config = GridConfig(
        feeders=(feeder(capacity_a, threshold * capacity_a),),
        devices=tuple(car.config for car in cars),
        market=QUIET,
        planning=False,
    )
    plant = Plant(*cars, config=config, base_a=(base * capacity_a,) * 3, dt=10.0)
    plant.run(1200)
    before_a = max(sum(load) for load in plant.loads_a[-30:])
    greatest_w = max(sum(car.power_w) for car in cars)
    # All of them are asked for all that they have.
    plant.engine.commands.request_curtailment(plant.now, power_w=500_000.0, duration_s=600.0)
    plant.run(600)
    start = len(plant.loads_a) - 1
    plant.run(900)
    after = plant.loads_a[start:]
    assert max(sum(load) for load in after) <= before_a + len(phases) * Timing().ramp_a_per_step + 1e-6
    assert max(max(load) for load in plant.loads_a) <= capacity_a
    totals_w = [sum(load) * V for load in after]
    minute = round(60 / plant.dt)
    steepest_w = max(later - sooner for sooner, later in zip(totals_w, totals_w[minute:], strict=False))
    assert steepest_w <= (60 / Timing().release_step_s + 1) * greatest_w


def test_who_leaves_by_its_own_wish_does_not_wait() -> None:
    plant = street(3, 100.0, 20.0, market=QUIET)
    plant.run(700)
    plant.engine.commands.request_curtailment(plant.now, power_w=30_000.0, duration_s=900.0)
    plant.run(100)
    plant.engine.commands.opt_out(plant.now, device_id="c00")
    plant.run(120)
    assert plant.car("c00").told == 16
    assert plant.car("c01").told == 0
