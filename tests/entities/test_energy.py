"""Energy of the feed for the Energy dashboard: counted from power, in both directions, over restarts."""

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.energy.data import BATTERY_SOURCE_SCHEMA, GRID_SOURCE_SCHEMA
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityCategory
from pytest_homeassistant_custom_component.common import mock_restore_cache_with_extra_data

from custom_components.tangle_grid.entities.energy_sensors import _GAP_S
from tests.support.island import BATTERY, SOLAR, Island, set_meter, set_sensor


def _kwh(island: Island, key: str, identifier: str | None = None) -> float:
    return float(island.state("sensor", key, identifier))


async def _carry(island: Island, watts: float, seconds: float) -> float:
    """Let the feed carry about so much in all; returns what it came to, kWh: chargers follow what there is."""
    energy = 0.0
    set_meter(island.hass, watts / 3, watts / 3, watts / 3)
    for _ in range(round(seconds / 15)):
        await island.run(15)
        energy += float(island.state("sensor", "load")) * 15 / 3_600_000
    return energy


async def test_the_feed_counts_both_ways(island: Island) -> None:
    before = _kwh(island, "energy_import"), _kwh(island, "energy_export")
    carried = await _carry(island, 12_000, 600)
    assert carried > 1
    assert _kwh(island, "energy_import") - before[0] == pytest.approx(carried, rel=0.1)
    assert _kwh(island, "energy_export") == before[1]
    between = _kwh(island, "energy_import")
    given = -await _carry(island, -6_000, 600)
    assert given > 0.5
    assert _kwh(island, "energy_export") - before[1] == pytest.approx(given, rel=0.1)
    assert _kwh(island, "energy_import") == pytest.approx(between, abs=0.15)


async def test_what_nobody_measured_is_not_counted(island: Island, freezer: FrozenDateTimeFactory) -> None:
    await _carry(island, 12_000, 60)
    before = _kwh(island, "energy_import")
    for entity_id in island.meters:
        island.hass.states.async_set(entity_id, "unavailable")
    await island.run(600)
    assert _kwh(island, "energy_import") == pytest.approx(before, abs=0.1)
    set_meter(island.hass, 4000, 4000, 4000)
    freezer.tick(_GAP_S * 10)
    await island.run(15)
    assert _kwh(island, "energy_import") == pytest.approx(before, abs=0.25)


@pytest.mark.usefixtures("all_sensors_on")
async def test_a_battery_and_the_sun_count_as_well(island: Island) -> None:
    set_sensor(island.hass, "sensor.battery_power", 3000, "W")
    set_sensor(island.hass, "sensor.inverter_power", 4000, "W")
    await island.run(600)
    assert _kwh(island, "energy_charged", BATTERY) == pytest.approx(0.5, abs=0.1)
    assert _kwh(island, "energy_discharged", BATTERY) == 0
    assert _kwh(island, "energy_produced", SOLAR) == pytest.approx(0.67, abs=0.1)
    charged = _kwh(island, "energy_charged", BATTERY)
    set_sensor(island.hass, "sensor.battery_power", -3000, "W")
    await island.run(600)
    assert _kwh(island, "energy_discharged", BATTERY) == pytest.approx(0.5, abs=0.1)
    assert _kwh(island, "energy_charged", BATTERY) == pytest.approx(charged, abs=0.05)


async def test_it_goes_on_after_a_restart(hass: HomeAssistant, island: Island) -> None:
    entity_id = island.entity_id("sensor", "energy_import")
    await hass.config_entries.async_unload(island.entry.entry_id)
    stored = {"native_value": 123_450, "native_unit_of_measurement": "Wh"}
    mock_restore_cache_with_extra_data(hass, [(State(entity_id, "123.45"), stored)])
    await hass.config_entries.async_setup(island.entry.entry_id)
    await island.settle()
    assert _kwh(island, "energy_import") == pytest.approx(123.45, abs=0.02)


async def test_the_energy_dashboard_takes_them(hass: HomeAssistant, island: Island) -> None:
    """Their classes and units are what it asks for, and its own schemas take them."""
    sensors = {
        key: hass.states.get(island.entity_id("sensor", key)) for key in ("energy_import", "energy_export", "load")
    }
    for key in ("energy_import", "energy_export"):
        state = sensors[key]
        assert state is not None
        assert state.attributes["unit_of_measurement"] == "kWh"
        assert state.attributes["device_class"] == "energy"
        assert state.attributes["state_class"] == "total_increasing"
    load, soc, power = (
        sensors["load"],
        hass.states.get(island.entity_id("sensor", "state_of_charge", BATTERY)),
        hass.states.get(island.entity_id("sensor", "power", BATTERY)),
    )
    for state, unit, kind in ((load, "W", "power"), (power, "W", "power"), (soc, "%", "battery")):
        assert state is not None
        assert state.attributes["unit_of_measurement"] == unit
        assert state.attributes["device_class"] == kind
        assert state.attributes["state_class"] == "measurement"
        entity = er.async_get(hass).async_get(state.entity_id)
        assert entity is not None
        assert entity.entity_category is not EntityCategory.CONFIG
    GRID_SOURCE_SCHEMA(
        {
            "type": "grid",
            "stat_energy_from": island.entity_id("sensor", "energy_import"),
            "stat_energy_to": island.entity_id("sensor", "energy_export"),
            "stat_cost": None,
            "entity_energy_price": None,
            "number_energy_price": None,
            "stat_compensation": None,
            "entity_energy_price_export": None,
            "number_energy_price_export": None,
            "power_config": {"stat_rate": island.entity_id("sensor", "load")},
            "cost_adjustment_day": 0,
        }
    )
    BATTERY_SOURCE_SCHEMA(
        {
            "type": "battery",
            "stat_energy_from": "sensor.discharged",
            "stat_energy_to": "sensor.charged",
            "power_config": {"stat_rate_inverted": island.entity_id("sensor", "power", BATTERY)},
            "stat_soc": island.entity_id("sensor", "state_of_charge", BATTERY),
        }
    )
