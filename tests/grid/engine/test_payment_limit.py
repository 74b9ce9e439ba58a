"""A charger whose session may not go on as it did goes down to a limit at once, and up again when it is gone."""

import pytest

from custom_components.tangle_grid.grid import GridError
from custom_components.tangle_grid.grid.model.world import Cause, PolicyConfig, PolicyMode
from tests.support.grid.asked import ask_for, plant_of
from tests.support.grid.feeder_plant import Car, Home, Plant, charger, household

V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=30.0)


def setpoint(plant: Plant, device_id: str = "car") -> tuple[float | None, Cause | None]:
    status = plant.engine.status(plant.now).devices[device_id]
    return status.setpoint, status.cause


@pytest.mark.parametrize("limit_a", [0.0, 6.0, 10.0])
def test_a_limit_holds_and_ends(limit_a: float) -> None:
    plant = plant_of(Car(charger()), Car(charger("other")))
    before = setpoint(plant)
    assert before[0] is not None
    assert before[0] > 10.0
    plant.engine.commands.limit_charger("car", limit_a)
    plant.step()
    assert setpoint(plant) == (limit_a, Cause.PAYMENT)
    assert setpoint(plant, "other")[1] is not Cause.PAYMENT
    plant.run(300)
    assert setpoint(plant) == (limit_a, Cause.PAYMENT)
    plant.engine.commands.limit_charger("car", None)
    plant.run(900)
    assert setpoint(plant) == before


def test_a_car_that_feeds_back_goes_on_doing_so() -> None:
    """It earns by that: nothing is owed for it."""
    config = charger(max_discharge_a=16.0, policy=V2G, target_soc=50.0, battery_wh=60_000)
    plant = plant_of(Car(config, soc=90.0), base_a=(30.0, 30.0, 30.0))
    ask_for(plant, 9_000.0)
    plant.run(120)
    fed_back = setpoint(plant)[0]
    assert fed_back is not None
    assert fed_back < 0
    plant.engine.commands.limit_charger("car", 6.0)
    plant.run(30)
    assert setpoint(plant) == (fed_back, Cause.REQUEST)


def test_only_chargers_have_one() -> None:
    plant = plant_of(Home(household()))
    with pytest.raises(GridError, match="not_participating"):
        plant.engine.commands.limit_charger("home", 6.0)
    with pytest.raises(GridError, match="unknown_device"):
        plant.engine.commands.limit_charger("nobody", 6.0)
