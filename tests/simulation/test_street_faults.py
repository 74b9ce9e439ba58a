"""Faults: what the integration has to live with, on demand."""

from typing import TYPE_CHECKING

import pytest

from custom_components.tangle_grid.simulation import Fault, SimulationError

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker

METER = ("power", "power_l1", "power_l2", "power_l3", "current_l1", "current_l2", "current_l3")


def test_a_dead_meter_shows_nothing_and_the_street_goes_on(make_street: StreetMaker) -> None:
    street, healthy = make_street(), make_street()
    street.fault("transformer", Fault.METER_DEAD)
    for one in (street, healthy):
        one.advance(one.now + 3_600)
    assert [street.value("transformer", quantity) for quantity in METER] == [None] * len(METER)
    assert street.values("charger_1") == healthy.values("charger_1")
    street.clear_faults()
    assert street.values("transformer") == healthy.values("transformer")


def test_a_frozen_meter_keeps_its_last_values(make_street: StreetMaker) -> None:
    street = make_street()
    before = street.values("transformer")
    street.fault("transformer", Fault.METER_FROZEN)
    street.advance(street.now + 3_600)
    assert street.values("transformer") == before
    street.clear_faults("transformer")
    assert street.values("transformer") != before


def test_a_meter_put_on_backwards(make_street: StreetMaker) -> None:
    street = make_street()
    street.advance(street.now + 3_600)
    before = street.values("transformer")
    street.fault("transformer", Fault.METER_REVERSED)
    after = street.values("transformer")
    assert all(after[quantity] == -before[quantity] for quantity in METER)
    assert after["energy_import"] == before["energy_import"]


def test_a_charger_that_ignores_its_commands(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    street._inventory.chargers["charger_2"].car.soc = 40.0
    street.set_current_limit("charger_2", 6)
    street.fault("charger_2", Fault.CHARGER_IGNORES)
    street.set_current_limit("charger_2", 8)
    street.set_enabled("charger_2", enabled=False)
    street.settle()
    assert street.value("charger_2", "power") == pytest.approx(11_040, rel=0.002)
    assert street.value("charger_2", "current_limit") == 8
    assert street.value("charger_2", "enabled") is False
    street.clear_faults()
    street.settle()
    assert street.value("charger_2", "power") == 0


def test_a_silent_charger_loses_commands_and_goes_on(make_street: StreetMaker) -> None:
    street = make_street("20:00")
    street._inventory.chargers["charger_2"].car.soc = 40.0
    street.set_current_limit("charger_2", 10)
    street.settle()
    load = street.value("transformer", "power")
    street.fault("charger_2", Fault.CHARGER_SILENT)
    assert set(street.values("charger_2").values()) == {None}
    street.set_current_limit("charger_2", 6)
    street.set_enabled("charger_2", enabled=False)
    street.settle()
    assert street.value("transformer", "power") == pytest.approx(load, abs=1_500)
    with pytest.raises(SimulationError):
        street.set_current_limit("charger_2", 99)
    street.clear_faults("charger_2")
    assert street.value("charger_2", "power") == pytest.approx(6_900, rel=0.002)
    assert street.value("charger_2", "current_limit") == 10


def test_faults_only_where_they_can_be(make_street: StreetMaker) -> None:
    street = make_street()
    for device_id, fault, key in (
        ("home_1", Fault.CHARGER_SILENT, "fault_not_applicable"),
        ("transformer", Fault.CHARGER_IGNORES, "fault_not_applicable"),
        ("home_77", Fault.METER_DEAD, "unknown_device"),
    ):
        with pytest.raises(SimulationError) as error:
            street.fault(device_id, fault)
        assert error.value.key == key
    with pytest.raises(SimulationError):
        street.clear_faults("home_77")
