"""How the island knows that its cable is dead: what cannot be is said, and changes nothing."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.tangle_grid.grid.model.supply import SupplyConfig
from tests.support.island import Island, set_sensor
from tests.support.options_forms import step, submit

POWER = ["sensor.out_l1", "sensor.out_l2", "sensor.out_l3"]
RETURN = {"settle": 120, "restore_gap": 20}


@pytest.fixture
def sources(hass: HomeAssistant) -> None:
    hass.states.async_set("binary_sensor.grid", "on")
    hass.states.async_set("sensor.switch", "on_grid")
    set_sensor(hass, "sensor.volts", 231.0, "V")
    set_sensor(hass, "sensor.degrees", 21.0, "°C")
    hass.states.async_set("sensor.number", "5")
    for entity_id in POWER:
        hass.states.async_set(entity_id, "unavailable")


@pytest.mark.usefixtures("sources")
async def test_a_watched_cable_is_stored_and_can_be_taken_back(hass: HomeAssistant, island: Island) -> None:
    before = dict(island.entry.options)
    typed = {
        "cable": "sensor.switch",
        "cable_dead": ["Off_Grid"],
        "formed": "sensor.switch",
        "formed_states": ["off_grid"],
        "inverter_a": 20.5,
        "inverter_power": POWER,
    }
    result = await submit(hass, await step(hass, island.entry, "outage"), **typed, **{"return": RETURN})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.entry.options == {**before, "outage": {**typed, **RETURN}}
    assert island.entry.runtime_data.engine.config.supply == SupplyConfig(inverter_a=(20.5, 20.5, 20.5))
    form = await step(hass, island.entry, "outage")
    shown = {str(field): (field.description or {}).get("suggested_value") for field in form["data_schema"].schema}
    assert shown["cable"] == "sensor.switch"
    await submit(hass, form)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert dict(island.entry.options) == before
    assert island.entry.runtime_data.engine.config.supply is None


@pytest.mark.usefixtures("sources")
async def test_balancing_keeps_what_is_known_of_the_cable(hass: HomeAssistant, island: Island) -> None:
    await submit(hass, await step(hass, island.entry, "outage"), cable="sensor.volts", **{"return": RETURN})
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await step(hass, island.entry, "balancing")
    typed = {"rate": 1, "request_minutes": 15, "meter_max_age": 15, "publish_interval": 30}
    await submit(hass, form, **typed)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.entry.options["outage"]["cable"] == "sensor.volts"


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize(
    ("typed", "field", "key"),
    [
        ({"inverter_a": 10}, "cable", "cable_missing"),
        ({"cable": "sensor.volts", "carry_rate": 0.1234567}, "carry_rate", "amount_too_fine"),
        ({"cable": "sensor.volts", "short_overload": {"overload": 20}}, "short_overload", "overload_half"),
        ({"cable": "sensor.volts", "short_overload": {"overload_seconds": 20}}, "short_overload", "overload_half"),
        ({"formed": "binary_sensor.grid"}, "cable", "cable_missing"),
        ({"cable": "binary_sensor.nowhere"}, "cable", "entity_missing"),
        ({"cable": "sensor.degrees"}, "cable", "cable_unclear"),
        ({"cable": "sensor.number"}, "cable", "cable_unclear"),
        ({"cable": "sensor.volts", "formed": "binary_sensor.nowhere"}, "formed", "entity_missing"),
        ({"cable": "sensor.switch", "formed": "sensor.switch"}, "formed", "entity_twice"),
        ({"cable": "sensor.volts", "formed": "binary_sensor.grid"}, "inverter_a", "inverter_missing"),
        (
            {"cable": "sensor.volts", "formed": "binary_sensor.grid", "inverter_a": 9, "inverter_power": POWER[:2]},
            "inverter_power",
            "inverter_phases",
        ),
        (
            {
                "cable": "sensor.volts",
                "formed": "binary_sensor.grid",
                "inverter_a": 9,
                "inverter_power": [*POWER[:2], "sensor.volts"],
            },
            "inverter_power",
            "entity_no_power",
        ),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    hass: HomeAssistant, island: Island, typed: dict[str, Any], field: str, key: str
) -> None:
    before = dict(island.entry.options)
    result = await submit(hass, await step(hass, island.entry, "outage"), **typed, **{"return": RETURN})
    assert (result["type"], result["errors"]) == (FlowResultType.FORM, {field: key})
    assert dict(island.entry.options) == before
