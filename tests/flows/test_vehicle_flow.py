"""Adding and changing vehicles."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.forms import no_start
from tests.support.subentry_forms import CHARGER, add_island, change, merged, submit

__all__ = ["no_start"]
VEHICLE: dict[str, Any] = {
    "name": "Zoe",
    "soc": "sensor.zoe",
    "battery_kwh": 52,
    "target_soc": 80,
    "departure": "07:00:00",
    "max_price": 0.3,
    "recognition": {"ids": ["04:A3:7B", "autocharge 12"], "tracker": "device_tracker.zoe"},
    "policy": {"mode": "departure_holds", "charged_above": 80, "min_rate": 0, "v2g_floor_soc": 40},
}


@pytest.fixture(autouse=True)
def entities(hass: HomeAssistant) -> None:
    for entity_id, state, unit in (
        ("sensor.l1", "100", "W"),
        ("sensor.charger", "0", "kW"),
        ("sensor.car", "50", "%"),
        ("sensor.zoe", "unknown", "%"),
        ("sensor.range", "300", "km"),
        ("sensor.leaves", "unknown", None),
        ("switch.enable", "on", None),
        ("device_tracker.zoe", "home", None),
    ):
        hass.states.async_set(entity_id, state, {"unit_of_measurement": unit} if unit else {})
    hass.states.async_set("number.limit", "16", {"min": 0, "max": 32, "unit_of_measurement": "A"})


async def test_a_vehicle_is_added_without_a_device(hass: HomeAssistant) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "vehicle", VEHICLE)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (vehicle,) = entry.subentries.values()
    assert (vehicle.title, vehicle.subentry_type) == ("Zoe", "vehicle")
    assert vehicle.data == {
        **{key: value for key, value in VEHICLE.items() if key != "recognition"},
        **VEHICLE["recognition"],
        "max_price": 300_000,
    }


async def test_a_name_is_enough(hass: HomeAssistant) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    plain = {"name": " Bike ", "target_soc": 100, "recognition": {}, "policy": {"mode": "never", "charged_above": 80}}
    result = await submit(hass, entry, "vehicle", plain | {"policy": {**plain["policy"], "min_rate": 0}})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert next(iter(entry.subentries.values())).title == "Bike"


async def _with_charger(hass: HomeAssistant) -> tuple[MockConfigEntry, str]:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "charger", {**CHARGER, "phases": ["1"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return entry, next(iter(entry.subentries))


async def test_it_may_prefer_a_charger_and_have_the_same_sensor_as_one(hass: HomeAssistant) -> None:
    entry, charger_id = await _with_charger(hass)
    preferring = {"soc": "sensor.car", "recognition": {"preferred_charger": charger_id}}
    result = await submit(hass, entry, "vehicle", merged(VEHICLE, preferring))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    vehicle = list(entry.subentries.values())[1]
    assert vehicle.data["preferred_charger"] == charger_id

    result = await change(hass, entry, vehicle.subentry_id, "user", merged(VEHICLE, {"name": "Zoe 2"}))
    assert result["reason"] == "reconfigure_successful"
    changed = entry.subentries[vehicle.subentry_id]
    assert (changed.title, changed.data["soc"], "preferred_charger" in changed.data) == ("Zoe 2", "sensor.zoe", False)


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"name": " "}, "name", "name_missing"),
        ({"name": "maple 4"}, "name", "name_taken"),
        ({"soc": "sensor.range"}, "soc", "entity_no_percentage"),
        ({"soc": "sensor.none"}, "soc", "entity_missing"),
        ({"departure_entity": "sensor.leaves"}, "departure", "departure_twice"),
        ({"departure": None, "departure_entity": "sensor.none"}, "departure_entity", "entity_missing"),
        ({"recognition": {"tracker": "person.none"}}, "recognition", "entity_missing"),
        ({"recognition": {"ids": [" - "]}}, "recognition", "id_empty"),
        ({"services": {"parking_mode": "up_to"}}, "services", "limit_missing"),
        ({"services": {"toll_mode": "up_to"}}, "services", "limit_missing"),
        ({"services": {"roaming": True}, "recognition": None}, "services", "roaming_needs_id"),
        ({"soc": None}, "mode", "policy_needs_departure"),
        ({"battery_kwh": None}, "mode", "policy_needs_departure"),
        ({"departure": None}, "mode", "policy_needs_departure"),
        ({"soc": None, "policy": {"mode": "when_charged"}}, "mode", "policy_needs_soc"),
        ({"soc": None, "policy": {"mode": "ask"}}, "conditions", "feed_back_needs_soc"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    hass: HomeAssistant, wrong: dict[str, Any], field: str, error: str
) -> None:
    entry, _ = await _with_charger(hass)
    data = {key: value for key, value in merged(VEHICLE, wrong).items() if value is not None}
    result = await submit(hass, entry, "vehicle", data)
    assert result["errors"] == {field: error}
    assert len(entry.subentries) == 1


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"recognition": {"ids": ["04-a3-7b"], "tracker": None}}, "recognition", "id_taken"),
        ({"recognition": {"ids": [], "tracker": "device_tracker.zoe"}}, "recognition", "entity_taken"),
        ({"recognition": {"ids": [], "tracker": None}, "soc": "sensor.zoe"}, "soc", "entity_taken"),
    ],
)
async def test_two_vehicles_can_be_told_apart(
    hass: HomeAssistant, wrong: dict[str, Any], field: str, error: str
) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    await submit(hass, entry, "vehicle", VEHICLE)
    data = merged({**VEHICLE, "name": "Ioniq", "soc": "sensor.car"}, wrong)
    data["recognition"] = {key: value for key, value in data["recognition"].items() if value}
    result = await submit(hass, entry, "vehicle", data)
    assert result["errors"] == {field: error}
