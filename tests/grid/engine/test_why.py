"""Why each participant does what it does: every key has a case in which it is true."""

from collections.abc import Mapping

import pytest

from custom_components.tangle_grid.grid import GridError, MarketConfig, SolarConfig
from custom_components.tangle_grid.grid.engine.why import Why
from custom_components.tangle_grid.grid.model.forecast import Forecast, Series
from tests.support.grid.asked import ask_for, plant_of
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, battery, charger, feeder, household

QUIET = MarketConfig(automatic=False)


def _why(plant: Plant, device_id: str = "car") -> tuple[str, Mapping[str, str | float]]:
    reason = plant.engine.why(plant.now, device_id)
    return reason.key, reason.placeholders


def _one(*devices: Car | Store | Home, seconds: float = 400, **values: object) -> Plant:
    plant = Plant(*(devices or (Car(charger()),)), **{"market": QUIET, "planning": False, **values})  # type: ignore[arg-type]
    plant.run(seconds)
    return plant


def test_a_lone_car_charges_as_fast_as_it_can() -> None:
    plant = Plant(Car(charger()), market=QUIET, planning=False)
    assert _why(plant)[0] == Why.STARTING
    plant.run(400)
    assert plant.setpoint() == 16
    assert _why(plant) == (Why.UNLIMITED, {})


def test_a_full_phase_is_named_with_its_feeder() -> None:
    plant = _one(base_a=(5.0, 5.0, 5.0))
    plant.base_a = (5.0, 31.0, 5.0)
    plant.run(15)
    key, figures = _why(plant)
    assert key == Why.PROTECTION
    assert figures["phases"] == "L2"
    assert figures["feeder"] == "main"
    assert figures["setpoint"] == plant.setpoint()


def test_two_cars_share_and_a_third_waits_for_its_turn() -> None:
    cars = [Car(charger(f"car{number}")) for number in range(6)]
    plant = _one(*cars, base_a=(6.0, 6.0, 6.0), seconds=1500)
    found = {device_id: _why(plant, device_id) for device_id in plant.devices}
    assert {key for key, _ in found.values()} <= {Why.ALLOCATION, Why.TURN, Why.PROTECTION, Why.RELEASE}
    waiting = [device_id for device_id in found if plant.setpoint(device_id) == 0]
    assert waiting
    for device_id, (key, figures) in found.items():
        if key in {Why.ALLOCATION, Why.TURN}:
            assert figures["cars"] == 5
            assert (key == Why.TURN) == (device_id in waiting)


def test_a_lowered_capacity_is_told_apart_from_the_fuse() -> None:
    plant = _one()
    until = plant.now + 3600
    plant.engine.commands.set_temporary_capacity(plant.now, power_w=9_000, until=until)
    plant.run(30)
    key, figures = _why(plant)
    assert key == Why.DIMMED
    assert figures["until"] == until


def test_who_helps_is_told_until_when_and_comes_back_by_and_by() -> None:
    plant = plant_of(Car(charger(policy=ALWAYS)), Home(household(policy=ALWAYS)), planning=False)
    plant.run(900)
    ask_for(plant, 20_000.0, device_ids=["car", "home"])
    plant.run(30)
    ends_at = next(iter(plant.engine.requests.values())).ends_at
    assert _why(plant) == (Why.REQUEST, {"until": ends_at, "setpoint": plant.setpoint()})
    assert _why(plant, "home") == (Why.REQUEST, {"until": ends_at})
    plant.run(ends_at - plant.now + 5)
    keys = {_why(plant)[0], _why(plant, "home")[0]}
    assert Why.RELEASE in keys
    plant.run(1200)
    assert _why(plant) == (Why.UNLIMITED, {})
    assert _why(plant, "home") == (Why.FREE, {})


def test_a_dead_meter_is_named() -> None:
    plant = _one(Car(charger()), Store(battery()))
    plant.meter_alive = False
    plant.run(60)
    assert _why(plant) == (Why.METER_MISSING, {"feeder": "main", "setpoint": 6.0})
    assert _why(plant, "battery")[0] == Why.METER_MISSING


@pytest.mark.parametrize(
    ("car", "key"),
    [
        (Car(charger(), connected=False), Why.NOT_CONNECTED),
        (Car(charger(battery_wh=60_000), soc=85.0), Why.CHARGED),
    ],
)
def test_a_car_that_is_not_there_or_full(car: Car, key: Why) -> None:
    assert _why(_one(car)) == (key, {})


def test_who_does_not_report_or_does_not_obey() -> None:
    car, other = Car(charger()), Car(charger("deaf"))
    plant = _one(car, other, Home(household()))
    car.silent = True
    plant.base_a = (30.0, 30.0, 30.0)
    other.obeys = False
    plant.run(240)
    assert _why(plant) == (Why.SILENT, {})
    assert _why(plant, "deaf")[0] == Why.NOT_FOLLOWING


def test_a_battery_that_nobody_limits_is_free_and_the_sun_is_only_measured() -> None:
    plant = _one(Store(battery()))
    assert _why(plant, "battery") == (Why.FREE, {})
    sun = SolarConfig(device_id="sun", feeder_id="main")
    plant = Plant(Car(charger()), market=QUIET)
    plant.config = type(plant.config)(feeders=(feeder(),), devices=(*plant.config.devices, sun), market=QUIET)
    plant.engine = plant.make_engine(None)
    assert _why(plant, "sun")[0] in {Why.MEASURED, Why.SILENT}


def test_a_car_whose_session_is_not_paid() -> None:
    plant = _one()
    plant.engine.commands.limit_charger("car", 0.0)
    plant.run(15)
    assert _why(plant) == (Why.PAYMENT, {"setpoint": 0.0})


def test_a_plan_says_when_it_begins() -> None:
    car = Car(charger(battery_wh=60_000), soc=60.0)
    plant = Plant(car, market=QUIET)
    car.departure_at = plant.now + 12 * 3600
    # The next two hours are dear.
    plant.forecast = Forecast(price=Series(start=plant.now, step_s=7200, values=(9.0, 1.0, 1.0, 1.0, 1.0, 1.0)))
    plant.run(900)
    key, figures = _why(plant)
    assert key == Why.PLAN
    assert plant.setpoint() == 0
    begins_at = float(figures["begins_at"])
    assert plant.now < begins_at < car.departure_at
    while plant.now < begins_at + 600:
        before = plant.setpoint()
        plant.run(60)
    assert before is not None
    assert _why(plant)[0] in {Why.PLAN, Why.UNLIMITED, Why.ALLOCATION}
    assert plant.setpoint() != 0


def test_nobody_else_is_known() -> None:
    with pytest.raises(GridError) as refused:
        _why(_one(), "nobody")
    assert refused.value.key == "unknown_device"
