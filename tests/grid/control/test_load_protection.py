"""Household loads go off when the fuse is short and nobody else can give way, and come back gently in order."""

from dataclasses import replace

import pytest

from custom_components.tangle_grid.grid import Cause, HouseholdSetpoint, MarketConfig, PhaseTriple, ShedLoad
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Plant, charger, household

CAPACITY_A = 40.0
QUIET = MarketConfig(automatic=False)


def home(**values: object) -> Home:
    """A house on L1 with a boiler of 2 kW (kept longer) and a pump of 1 kW, both for the fuse alone."""
    both = {"for_fuse": True, "for_requests": False, **values}
    loads = (
        ShedLoad(load_id="boiler", rated_w=2000.0, rank=0, **both),  # type: ignore[arg-type]
        ShedLoad(load_id="pump", rated_w=1000.0, rank=1, **both),  # type: ignore[arg-type]
    )
    return Home(household(phases=(0,), loads=loads))


def short(from_s: float, to_s: float, amps: float = 38.0) -> object:
    def base_a(now: float) -> PhaseTriple:
        return (amps if from_s <= now - START < to_s else 10.0, 10.0, 10.0)

    return base_a


def plant_of(*devices: Car | Home, base_a: object) -> Plant:
    return Plant(*devices, base_a=base_a, market=QUIET)  # type: ignore[arg-type]


def test_the_last_of_the_list_goes_first_and_no_more_than_it_takes() -> None:
    house = home()
    # 29 A, the house of 2 A, boiler and pump of 13: 44 of 40.
    plant = plant_of(house, base_a=short(300, 900, 29.0))
    plant.run(299)
    assert house.loads == {"boiler": True, "pump": True}
    plant.run(61)
    assert house.loads == {"boiler": True, "pump": False}
    assert max(plant.loads_a[-1]) <= CAPACITY_A
    status = plant.engine.status(plant.now).devices["home"]
    assert (status.shed, status.cause) == ({"pump"}, Cause.PROTECTION)
    why = plant.engine.why(plant.now, "home")
    assert (why.key, why.placeholders["loads"], why.placeholders["phases"]) == ("loads_off", 1, "L1")
    assert status.earned_i == 0


def test_cars_give_way_first() -> None:
    house, car = home(), Car(charger(phases=(0,), safe_current_a=0.0))
    plant = plant_of(house, car, base_a=short(300, 900, 20.0))
    plant.run(900)
    assert house.loads == {"boiler": True, "pump": True}
    assert not [each for _, each in plant.setpoints if isinstance(each, HouseholdSetpoint)]


def test_they_come_back_one_by_one_the_first_of_the_list_first_and_cars_wait() -> None:
    house, car = home(), Car(charger(phases=(0,), safe_current_a=0.0))
    plant = plant_of(house, car, base_a=short(300, 600, 38.0))
    plant.run(400)
    assert house.loads == {"boiler": False, "pump": False}
    back: dict[str, float] = {}
    while plant.now < START + 2000:
        plant.step()
        assert max(plant.loads_a[-1]) <= CAPACITY_A or plant.now < START + 605
        back |= {load: plant.now for load, on in house.loads.items() if on and load not in back}
    assert back["boiler"] >= START + 660
    assert back["pump"] - back["boiler"] >= 60
    assert plant.setpoint() is not None
    assert plant.setpoint() > 0  # type: ignore[operator]
    assert plant.engine.why(plant.now, "home").key == "free"


@pytest.mark.parametrize(("amps", "goes"), [(33.0, False), (52.0, True)])
def test_a_load_stays_on_for_its_least_time_but_far_above_the_fuse(amps: float, *, goes: bool) -> None:
    house = home(least_on_s=3600.0)
    plant = plant_of(house, base_a=short(300, 900, amps))
    plant.run(500)
    assert house.loads == {"boiler": not goes, "pump": not goes}


def test_a_load_stays_off_for_its_least_time() -> None:
    house = home(least_off_s=1200.0)
    plant = plant_of(house, base_a=short(300, 360, 38.0))
    plant.run(1500)
    assert house.loads == {"boiler": False, "pump": False}
    plant.run(300)
    assert house.loads == {"boiler": True, "pump": True}


def test_a_hand_has_the_last_word() -> None:
    house = home()
    plant = plant_of(house, base_a=short(300, 3000, 38.0))
    plant.run(400)
    assert house.loads == {"boiler": False, "pump": False}
    house.loads["boiler"] = True
    plant.run(600)
    assert house.loads["boiler"]


def test_a_restart_forgets_nothing_and_a_blind_meter_brings_nothing_back() -> None:
    house = home()
    plant = plant_of(house, base_a=short(300, 600, 38.0))
    plant.run(400)
    plant.restart()
    plant.meter_alive = False
    plant.run(900)
    assert house.loads == {"boiler": False, "pump": False}
    assert plant.engine.why(plant.now, "home").key == "meter_missing"
    plant.meter_alive = True
    plant.run(600)
    assert house.loads == {"boiler": True, "pump": True}


def test_a_load_that_was_taken_off_the_list_comes_back() -> None:
    house = home()
    plant = plant_of(house, base_a=short(300, 3000, 38.0))
    plant.run(400)
    loads = tuple(replace(load, for_fuse=load.load_id != "pump") for load in house.config.loads)
    house.config = replace(house.config, loads=loads)
    plant.config = replace(plant.config, devices=(house.config,))
    plant.restart()
    plant.run(30)
    assert house.loads == {"boiler": False, "pump": True}


def test_what_is_for_the_fuse_alone_is_asked_for_nothing() -> None:
    house = home()
    house.config = replace(house.config, policy=ALWAYS)
    plant = plant_of(house, base_a=short(0, 0))
    plant.run(700)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=1800.0, duration_s=900.0)
    plant.run(60)
    assert not plant.engine.requests[request.request_id].asks
    assert house.loads == {"boiler": True, "pump": True}


def test_a_clock_that_was_set_back_holds_nothing_longer() -> None:
    house = home()
    plant = plant_of(house, base_a=(38.0, 10.0, 10.0))
    plant.run(100)
    assert house.loads == {"boiler": False, "pump": False}
    plant.base_a = (10.0, 10.0, 10.0)
    plant.now -= 50_000
    plant.run(900)
    assert house.loads == {"boiler": True, "pump": True}
