"""A departure that passes while the car stays: it may leave at any moment, and is charged until it does."""

import math

import pytest

from custom_components.tangle_grid.grid import PolicyConfig, PolicyMode
from custom_components.tangle_grid.grid.device.departure import Departure
from tests.support.grid.feeder_plant import START, Car, Plant, charger

DAY = 86_400.0


def rolling(car: Car, first_at: float) -> Car:
    """Reported as a time of day: at the moment when it passes it is tomorrow's."""
    car.departure_at = first_at
    return car


def run(plant: Plant, seconds: float) -> None:
    end = plant.now + seconds
    while plant.now < end:
        car = plant.car()
        if car.departure_at is not None and car.departure_at < plant.now + plant.dt:
            car.departure_at += DAY
        plant.step()


def test_charging_goes_on_until_the_car_is_charged() -> None:
    car = rolling(Car(charger(battery_wh=30_000), soc=50.0), START + 1800)
    plant = Plant(car, dt=5.0)
    run(plant, 1780)
    assert car.soc is not None
    assert car.draws_a > 0
    assert car.soc < 78
    run(plant, 300)
    assert car.departure_at == START + 1800 + DAY
    assert car.draws_a == 16
    run(plant, 1800)
    assert car.soc >= 80
    assert car.draws_a == 0
    # It is charged: from now on its departure is tomorrow's.
    assert plant.result is not None
    assert plant.result.status.devices["car"].expected_departure_at == START + 1800 + DAY


def test_until_it_is_gone_and_over_a_restart() -> None:
    car = rolling(Car(charger(), soc=20.0), START + 900)
    plant = Plant(car, dt=5.0)
    run(plant, 1200)
    assert car.draws_a == 16
    plant.restart()
    run(plant, 600)
    assert car.draws_a == 16
    # Who should have left waits for no plan.
    assert plant.result is not None
    assert plant.result.status.devices["car"].planned_a is None
    car.connected = False
    run(plant, 600)
    car.connected = True
    run(plant, 60)
    # It has come back, and there is a whole day for it.
    assert plant.result.status.devices["car"].expected_departure_at == START + 900 + DAY
    assert plant.result.status.devices["car"].planned_a is not None


def test_a_car_that_should_have_left_helps_only_if_it_is_charged_already() -> None:
    policy = PolicyConfig(mode=PolicyMode.DEPARTURE_HOLDS)
    car = rolling(Car(charger(policy=policy), soc=20.0), START + 900)
    plant = Plant(car, dt=5.0)
    run(plant, 1200)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=900.0)
    part = request.asks["car"]
    assert part.reason is not None
    assert part.reason.key == "declined_needs_energy"
    assert part.reason.placeholders["departure"] == START + 900


@pytest.mark.parametrize("later", [DAY, 3 * DAY, DAY - 3600, DAY + 3600])
def test_the_same_time_of_a_later_day_is_no_other_departure(later: float) -> None:
    departure = Departure()
    departure.observe(START, START + 60, charged=False, watched=True)
    departure.observe(START + 61, START + 60 + later, charged=False, watched=True)
    assert departure.at == START + 60
    assert departure.overdue(START + 61)
    departure.observe(START + 70, START + 60 + later, charged=True, watched=True)
    assert departure.at == START + 60 + later


def test_another_time_is_believed() -> None:
    departure = Departure()
    departure.observe(START, START + 60, charged=False, watched=True)
    departure.observe(START + 61, START + 7260, charged=False, watched=True)
    assert departure.at == START + 7260
    departure.observe(START + 62, START + 3600, charged=False, watched=True)
    assert departure.at == START + 3600


def test_what_is_not_reported_for_a_moment_is_not_forgotten() -> None:
    departure = Departure()
    departure.observe(START, START + 60, charged=False, watched=True)
    departure.observe(START + 50, None, charged=False, watched=True)
    departure.observe(START + 70, START + 60 + DAY, charged=False, watched=True)
    assert departure.overdue(START + 70)
    departure = Departure()
    departure.observe(START, START + 7200, charged=False, watched=True)
    departure.observe(START + 700, None, charged=False, watched=True)
    assert departure.at is None


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, START - 60])
def test_what_is_no_departure_is_none(nonsense: float) -> None:
    departure = Departure()
    departure.observe(START, nonsense, charged=False, watched=True)
    assert departure.at is None


def test_where_nobody_sees_the_plug_it_ends_after_half_a_day() -> None:
    departure = Departure()
    departure.observe(START, START + 60, charged=False, watched=False)
    departure.observe(START + 3600, START + 60 + DAY, charged=False, watched=False)
    assert departure.overdue(START + 3600)
    departure.observe(START + 14 * 3600, START + 60 + DAY, charged=False, watched=False)
    assert departure.at == START + 60 + DAY
