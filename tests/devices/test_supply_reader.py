"""What entities tell of a cable: words, voltages and frequencies; who says nothing says nothing."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.devices.adapters.supply import SupplyReader, supply_config
from custom_components.tangle_grid.devices.io.entity_reading import EntityReader
from custom_components.tangle_grid.grid.model.supply import SupplyConfig
from tests.support.device_builders import epoch
from tests.support.island import set_sensor


def reader(hass: HomeAssistant, **data: Any) -> SupplyReader:
    return SupplyReader(EntityReader(hass, epoch), {"cable": "sensor.cable", **data})


@pytest.mark.parametrize(
    ("state", "unit", "words", "alive"),
    [
        ("on", None, None, True),
        ("off", None, None, False),
        ("OFF", None, None, False),
        ("off_grid", None, ["Off_Grid", "lost"], False),
        ("off", None, ["lost"], True),
        ("unavailable", None, ["lost"], None),
        ("unknown", None, None, None),
        ("231.4", "V", None, True),
        ("12", "V", None, False),
        ("0", "Hz", None, False),
        ("49.98", "Hz", None, True),
        ("nan", "V", None, None),
        ("on", ["V"], None, True),
    ],
)
async def test_a_cable(hass: HomeAssistant, state: str, unit: Any, words: list[str] | None, alive: bool | None) -> None:
    supply = reader(hass, **({} if words is None else {"cable_dead": words}))
    assert supply.telemetry().cable is None, "an entity that is not there says nothing"
    hass.states.async_set("sensor.cable", state, {"unit_of_measurement": unit} if unit else {})
    assert supply.telemetry().cable is alive


@pytest.mark.parametrize(("state", "formed"), [("on", True), ("off", False), ("unavailable", None)])
async def test_an_island_is_formed_when_somebody_says_so(hass: HomeAssistant, state: str, formed: bool | None) -> None:
    hass.states.async_set("binary_sensor.formed", state)
    assert reader(hass).telemetry().formed is None
    assert reader(hass, formed="binary_sensor.formed").telemetry().formed is formed


async def test_what_the_inverters_give_is_read_as_a_meter_is(hass: HomeAssistant) -> None:
    power = [f"sensor.out_l{phase}" for phase in (1, 2, 3)]
    supply = reader(hass, formed="binary_sensor.formed", inverter_power=power)
    assert supply.entity_ids == {"sensor.cable", "binary_sensor.formed"}
    assert supply.telemetry().reading is None
    for entity_id, watts in zip(power, (100, 200, -50), strict=True):
        set_sensor(hass, entity_id, watts, "W")
    reading = supply.telemetry().reading
    assert reading is not None
    assert reading.power_w == (100.0, 200.0, -50.0)


def test_inverters_give_nothing_on_phases_that_the_feed_has_not() -> None:
    assert supply_config({"inverter_a": 16, "settle": 60, "restore_gap": 5}, [0]) == SupplyConfig(
        inverter_a=(16.0, 0.0, 0.0), settle_s=60.0, restore_gap_s=5.0
    )
    assert supply_config({"inverter_a": 16, "overload": 20, "overload_seconds": 30}, [0]) == SupplyConfig(
        inverter_a=(16.0, 0.0, 0.0), overload_share=0.2, overload_s=30.0
    )
    assert supply_config({}, [0, 1, 2]).inverter_a == (0.0, 0.0, 0.0)
