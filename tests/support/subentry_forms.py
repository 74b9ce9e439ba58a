"""Subentries as somebody fills in their forms."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN

CHARGER: dict[str, Any] = {
    "name": "Maple 4",
    "power": "sensor.charger",
    "current_limit": "number.limit",
    "enable": "switch.enable",
    "phases": ["1", "2", "3"],
    "limits": {"min_current": 6, "max_current": 16, "safe_current": 6},
    "car": {"soc": "sensor.car", "battery_kwh": 60, "target_soc": 80, "departure": "07:00:00"},
    "feed_back": {},
    "policy": {"mode": "departure_holds", "charged_above": 80, "min_rate": 0},
}


def add_island(hass: HomeAssistant, meter: list[str] | None = None) -> MockConfigEntry:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Garage",
        data={
            "kind": "island",
            "island_id": "island1",
            "name": "Garage",
            "meter": {"power": meter or ["sensor.l1", "sensor.l2", "sensor.l3"]},
            "capacity_a": 63.0,
        },
    )
    entry.add_to_hass(hass)
    return entry


async def submit(hass: HomeAssistant, entry: MockConfigEntry, kind: str, data: dict[str, Any]) -> SubentryFlowResult:
    form = await hass.config_entries.subentries.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})
    assert form["type"] is FlowResultType.FORM
    return await hass.config_entries.subentries.async_configure(form["flow_id"], data)


def merged(data: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(data)
    for key, value in change.items():
        result[key] = {**result.get(key, {}), **value} if isinstance(value, dict) else value
    return result
