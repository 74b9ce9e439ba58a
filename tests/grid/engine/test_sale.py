"""What is sold to neighbours: batteries give it, down to the floor, as long as somebody says so, and never blindly."""

from custom_components.tangle_grid.grid import BatterySetpoint, Cause
from custom_components.tangle_grid.grid.model.sale import Sale
from custom_components.tangle_grid.grid.model.supply import SupplyConfig
from tests.support.grid.asked import ask_for
from tests.support.grid.feeder_plant import ALWAYS, Plant, Store, battery


def sell(street: Plant, power_w: float = 3_000.0, *, for_s: float = 60.0, floor_soc: float = 20.0) -> None:
    street.engine.commands.sell(Sale(power_w=power_w, until=street.now + for_s, floor_soc=floor_soc))


def told(street: Plant, device_id: str = "battery") -> float | None:
    return street.engine.status(street.now).devices[device_id].setpoint


def test_batteries_give_what_is_sold_in_proportion_and_are_left_to_themselves_after() -> None:
    small = battery("small", max_discharge_w=2_500.0)
    street = Plant(Store(battery()), Store(small))
    street.run(60)
    assert told(street) is None
    sell(street)
    street.step()
    assert (told(street), told(street, "small")) == (-2_000.0, -1_000.0)
    assert street.engine.status(street.now).devices["battery"].cause is Cause.SALE
    assert street.engine.why(street.now, "battery").key == "sale"
    street.run(80)
    assert (told(street), told(street, "small")) == (None, None)
    sell(street, 50_000.0)
    street.step()
    assert (told(street), told(street, "small")) == (-5_000.0, -2_500.0)
    street.engine.commands.sell(None)
    street.run(10)
    assert told(street) is None


def test_nothing_is_given_below_the_floor_or_by_who_says_nothing() -> None:
    street = Plant(Store(battery(), soc=30.0), Store(battery("mute"), soc=None))
    street.run(60)
    sell(street, floor_soc=30.0)
    street.step()
    assert told(street) is None
    assert told(street, "mute") is None
    sell(street, floor_soc=10.0)
    street.step()
    assert told(street) == -3_000.0


def test_who_cannot_be_forced_is_left_alone() -> None:
    street = Plant(Store(battery()), Store(battery("mode", forced=False)))
    street.run(60)
    sell(street)
    street.step()
    assert told(street) == -3_000.0
    assert told(street, "mode") is None


def test_who_helps_by_a_request_gives_nothing_else() -> None:
    street = Plant(Store(battery(policy=ALWAYS)), base_a=(30.0, 30.0, 30.0))
    street.run(60)
    ask_for(street, 2_000.0)
    street.run(60)
    asked = told(street)
    assert asked is not None
    sell(street, 400.0)
    street.step()
    assert told(street) == asked


def test_nothing_is_sold_without_a_meter_or_a_cable() -> None:
    street = Plant(Store(battery()), supply=SupplyConfig(inverter_a=(10.0,) * 3))
    street.run(60)
    street.meter_alive = False
    street.run(120)
    sell(street)
    first = street.now
    street.step()
    street.meter_alive = True
    street.run(30)
    street.cable, street.formed = False, True
    sell(street, for_s=600.0)
    cut = street.now
    street.run(120)
    given = [
        (at, each) for at, each in street.setpoints if isinstance(each, BatterySetpoint) and (each.power_w or 0) < 0
    ]
    assert all(first + 5 < at <= cut for at, _ in given)
