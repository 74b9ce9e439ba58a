"""Whoever is not asked is told why, and a request waits for those who soon can."""

import json

import pytest

from custom_components.tangle_grid.grid import (
    BatterySetpoint,
    CurtailmentRequest,
    FeederConfig,
    MarketConfig,
    Reason,
    RequestState,
    Settlement,
    SolarConfig,
)
from custom_components.tangle_grid.grid.market.choice import may_pass
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Plant, Store, battery, charger, feeder, household
from tests.support.grid.feeder_tree import Tree
from tests.support.grid.simulated_market import DT_S, Bazaar, Driver, Resident, always

QUIET = MarketConfig(automatic=False)


def why_not(request: CurtailmentRequest) -> dict[str, str]:
    return {device_id: reason.key for device_id, reason in request.not_asked.items()}


def test_everybody_has_a_part_or_a_reason() -> None:
    silent = Car(charger("silent", policy=ALWAYS))
    plant = Plant(
        Car(charger("helps", policy=ALWAYS)),
        Car(charger("unplugged", policy=ALWAYS), connected=False),
        Car(charger("full", policy=ALWAYS), soc=85.0),
        silent,
        Store(battery("empty", policy=ALWAYS), soc=10.0),
        Home(household("off", policy=ALWAYS), loads={"boiler": False, "pump": False}),
        market=QUIET,
        base_a=(0.0, 0.0, 0.0),
    )
    plant.run(700)
    silent.silent = True
    plant.run(10)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=900.0)
    assert set(request.asks) == {"helps"}
    assert why_not(request) == {
        "unplugged": "not_asked_unplugged",
        "full": "not_asked_draws_nothing",
        "silent": "not_asked_silent",
        "empty": "not_asked_empty",
        "off": "not_asked_no_load_on",
    }
    assert CurtailmentRequest.from_dict(json.loads(json.dumps(request.to_dict()))) == request
    again, _ = plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=900.0)
    assert why_not(again)["helps"] == "not_asked_busy"
    # One that falls silent may come back; who is busy will be until both are over.
    assert not again.closed
    assert set(again.coming) == {"silent"}


def test_who_is_on_another_phase_and_who_was_not_chosen_are_told_so() -> None:
    car = Car(charger("one", policy=ALWAYS, phases=(0,)))
    plant = Plant(car, Car(charger("two", policy=ALWAYS, phases=(1,))), base_a=(2.0, 12.0, 2.0))
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(
        plant.now, power_w=2000.0, duration_s=60.0, device_ids=["one"]
    )
    assert set(request.asks) == {"one"}
    assert why_not(request) == {"two": "not_asked_not_chosen"}
    plant.run(400)
    plant.base_a = (2.0, 20.0, 2.0)
    plant.run(60)
    made = [each for each in plant.engine.requests.values() if each.automatic]
    assert made
    assert why_not(made[0]) == {"one": "not_asked_other_phase"}
    assert made[0].not_asked["one"].placeholders == {"phases": "L2"}


def begun_after(wait_s: float, power_w: float = 6000.0) -> tuple[Plant, CurtailmentRequest]:
    """A car that has charged for a while, and a request for half an hour."""
    car = Car(charger(policy=ALWAYS), connected=False)
    plant = Plant(car, market=QUIET)
    plant.run(700)
    car.connected = True
    # A minute of ramp, and then.
    plant.run(90 + wait_s)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=power_w, duration_s=1800.0)
    return plant, request


@pytest.mark.parametrize("restart", [False, True])
def test_a_request_waits_for_a_car_that_has_just_begun_to_charge(*, restart: bool) -> None:
    plant, request = begun_after(60.0)
    reason = request.not_asked["car"]
    assert reason.key == "not_asked_just_begun"
    assert reason.placeholders["needed"] == 5
    assert 0 <= int(reason.placeholders["minutes"]) <= 2
    assert not request.closed
    if restart:
        plant.restart()
    request = plant.engine.requests["r1"]
    plant.run(700 if restart else 400)
    part = request.asks["car"]
    assert part.state is RequestState.ACTIVE
    assert request.not_asked == {}
    assert part.asked_at is not None
    assert part.active_at is not None
    assert request.issued_at < part.asked_at <= part.active_at
    plant.run(1800)
    paid = plant.of(Settlement)
    assert [each.device_id for each in paid] == ["car"]
    assert paid[0].energy_wh >= 6000 * 900 / 3600
    # No more than it drew when the request was made.
    assert part.baseline_w <= 11_040


@pytest.mark.parametrize("duration_s", [60.0, 240.0])
def test_a_window_that_is_too_short_closes_at_once(duration_s: float) -> None:
    plant, _ = begun_after(60.0)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=6000.0, duration_s=duration_s)
    assert request.closed
    assert why_not(request) == {"car": "not_asked_just_begun"}


def test_nobody_begins_to_draw_for_a_request_that_is_there() -> None:
    plant, request = begun_after(60.0)
    late = plant.car()
    late.connected = False
    plant.run(60)
    assert request.closed
    late.connected = True
    plant.run(900)
    assert request.asks == {}
    assert plant.of(Settlement) == []


def test_who_only_produces_and_who_is_on_another_feeder_are_told_so() -> None:
    branch = FeederConfig(feeder_id="branch", capacity_a=(20.0,) * 3, threshold_a=(16.0,) * 3, parent_id="main")
    there = Car(charger("there", policy=ALWAYS))
    roof = SolarConfig(device_id="roof", feeder_id="main")
    plant = Tree(there, feeders=(feeder(), branch), devices=(there.config, roof))
    plant.run(10)
    request, _ = plant.engine.commands.request_curtailment(
        plant.now, power_w=2000.0, duration_s=900.0, feeder_id="branch"
    )
    assert why_not(request) == {"there": "not_asked_other_feeder", "roof": "not_asked_only_produces"}
    assert request.closed


@pytest.mark.parametrize(
    ("reason", "within_s", "passes"),
    [
        (Reason(key="not_asked_just_begun", placeholders={"minutes": 3, "needed": 5}), 120.0, True),
        (Reason(key="not_asked_just_begun", placeholders={"minutes": 3, "needed": 5}), 119.0, False),
        (Reason(key="not_asked_busy", placeholders={"ends_at": START + 300}), 300.0, True),
        (Reason(key="not_asked_busy", placeholders={"ends_at": START + 300}), 299.0, False),
        (Reason(key="not_asked_silent"), 0.0, True),
        (Reason(key="not_asked_starting"), 0.0, True),
        (Reason(key="not_asked_coming_back"), 0.0, True),
        (Reason(key="not_asked_enough"), 0.0, True),
        (Reason(key="not_asked_silent"), -1.0, False),
        (Reason(key="not_asked_unplugged"), 3600.0, False),
        (Reason(key="not_asked_not_chosen"), 3600.0, False),
        (Reason(key="not_asked_said_no"), 3600.0, False),
    ],
)
def test_what_passes_in_time(*, reason: Reason, within_s: float, passes: bool) -> None:
    assert may_pass(reason, START, within_s) is passes


def test_a_request_waits_for_one_that_is_silent_and_asks_it_when_it_is_back() -> None:
    car = Car(charger(policy=ALWAYS))
    plant = Plant(car, market=QUIET)
    plant.run(700)
    car.silent = True
    plant.run(30)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=1800.0)
    assert why_not(request) == {"car": "not_asked_silent"}
    car.silent = False
    plant.run(60)
    plant.run(500)
    assert request.asks["car"].state is RequestState.ACTIVE
    assert request.asks["car"].baseline_w <= 11_040


def test_a_request_waits_for_one_that_never_comes_back_only_as_long_as_it_could_be_asked() -> None:
    car = Car(charger(policy=ALWAYS))
    plant = Plant(car, market=QUIET)
    plant.run(700)
    car.silent = True
    plant.run(30)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=900.0)
    plant.run(900 - 120)
    assert not request.closed
    plant.run(10)
    assert request.closed
    assert why_not(request) == {"car": "not_asked_silent"}


def test_a_request_waits_for_one_that_is_busy_with_another_until_that_is_over() -> None:
    plant = Plant(Car(charger(policy=ALWAYS)), market=QUIET)
    plant.run(700)
    first, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=300.0)
    second, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=900.0)
    third, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=400.0)
    assert second.not_asked["car"] == Reason(key="not_asked_busy", placeholders={"ends_at": first.ends_at})
    assert not second.closed
    assert third.closed, "too little is left of it by then"
    plant.run(290)
    assert second.asks == {}
    plant.run(100)
    assert second.asks["car"].state is RequestState.ACTIVE
    plant.run(600)
    paid = {each.request_id: each.energy_wh for each in plant.of(Settlement)}
    assert set(paid) == {first.request_id, second.request_id}
    assert 0 < second.asks["car"].baseline_w <= first.asks["car"].baseline_w


def short_of_help(car: Car) -> tuple[Plant, CurtailmentRequest]:
    """A feeder that grew too full without the car; a household helps, and that is enough."""
    home = Home(household(policy=ALWAYS, phases=(0,)))
    plant = Plant(home, car, base_a=(0.0, 0.0, 0.0))
    car.connected = False
    plant.run(700)
    car.connected = True
    plant.run(150)
    plant.base_a = (5.0, 0.0, 0.0)
    plant.run(60)
    request = plant.engine.requests["r1"]
    assert request.automatic
    assert set(request.asks) == {"home"}
    return plant, request


def test_what_the_grid_asks_by_itself_reaches_later_who_had_just_begun_if_more_is_missing_by_then() -> None:
    plant, request = short_of_help(Car(charger(policy=ALWAYS)))
    assert why_not(request) == {"car": "not_asked_just_begun"}
    plant.run(240)
    assert set(request.asks) == {"home"}, "what is given is enough"
    assert why_not(request) == {"car": "not_asked_enough"}
    plant.base_a = (12.0, 0.0, 0.0)
    plant.run(5)
    plant.base_a = (5.0, 0.0, 0.0)
    plant.run(5)
    assert set(request.asks) == {"home"}, "a kettle is no reason to ask"
    plant.base_a = (12.0, 0.0, 0.0)
    plant.run(60)
    part = request.asks["car"]
    assert part.state is RequestState.ACTIVE
    assert part.asked_at is not None
    assert part.asked_at > request.issued_at
    # 34.5 A on L1 are 3.2 A too many with the margin: four steps on each of three phases, not its 11 kW.
    assert part.promised_w == pytest.approx(4 * 690)
    assert part.baseline_w == pytest.approx(11_040)
    assert list(plant.engine.requests) == ["r1"], "nobody is asked in a new one"


def test_nobody_draws_more_for_a_feeder_that_is_short_already() -> None:
    home = Resident(household("home", policy=ALWAYS), always(500.0))
    car = Driver(charger(policy=ALWAYS, battery_wh=400_000), always(6.0))
    bazaar = Bazaar(home, car, base_a=5.0, automatic=True)
    bazaar.run(700.0)
    bazaar.base_a = 22.0
    bazaar.run(DT_S)
    # It takes more as soon as it can see that help will be wanted, and before anybody is asked.
    car.wants_a = always(16.0)
    bazaar.run(DT_S)
    request = bazaar._parts.lifecycle.requests["r1"]
    assert request.automatic
    assert set(request.asks) == {"home"}
    assert why_not(request) == {"car": "not_asked_just_begun"}
    assert request.coming == {"car": pytest.approx(6 * 690)}
    bazaar.run(420.0)
    part = request.asks["car"]
    assert part.asked_at is not None
    assert part.promised_w <= part.baseline_w <= 6 * 690


def test_help_that_is_wanted_where_nobody_can_be_asked_says_why() -> None:
    plant = Plant(
        Car(charger("away", policy=ALWAYS), connected=False),
        Store(battery(policy=ALWAYS), soc=10.0),
        base_a=(36.0, 5.0, 5.0),
    )
    result = plant.run(60)
    assert plant.engine.requests == {}
    reasons = result.status.feeders["main"].not_asked
    assert {device_id: reason.key for device_id, reason in reasons.items()} == {
        "away": "not_asked_unplugged",
        "battery": "not_asked_empty",
    }
    plant.base_a = (5.0, 5.0, 5.0)
    assert plant.run(60).status.feeders["main"].not_asked == {}


def test_a_spent_budget_is_the_reason_where_it_is() -> None:
    plant = Plant(Store(battery(policy=ALWAYS)), base_a=(36.0, 5.0, 5.0), market=MarketConfig(budget_per_day_i=1))
    result = plant.run(60)
    assert result.status.feeders["main"].not_asked == {"battery": Reason(key="not_asked_budget_spent")}


@pytest.mark.parametrize(("draws_w", "promised_w"), [(1500.0, 1500.0), (0.0, None)])
def test_a_battery_that_cannot_be_forced_gives_what_it_draws(draws_w: float, promised_w: float | None) -> None:
    plant = Plant(Store(battery(policy=ALWAYS, forced=False), own_w=draws_w), market=QUIET)
    plant.run(400)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=900.0)
    ask = request.asks.get("battery")
    assert (None if ask is None else ask.offer_w) == promised_w


def test_who_only_stops_charging_may_still_give_by_itself() -> None:
    """The house may draw more meanwhile: what its battery covers of that is nobody's loss."""
    plant = Plant(Store(battery(policy=ALWAYS, forced=False), own_w=1_500.0), market=QUIET)
    plant.run(400)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4_000.0, duration_s=300.0)
    plant.run(60)
    assert request.asks["battery"].state is RequestState.ACTIVE
    told = [each.power_w for _, each in plant.setpoints if isinstance(each, BatterySetpoint)]
    assert told[-1] == -5_000.0
    # What it is counted on is what it does not take any more.
    assert plant.engine.status(plant.now).devices["battery"].setpoint == 0.0
    plant.run(600)
    assert plant.engine.status(plant.now).devices["battery"].setpoint is None
