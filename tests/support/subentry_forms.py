"""Subentries as somebody fills in their forms."""

from typing import Any

import voluptuous as vol
from homeassistant.config_entries import SOURCE_USER, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from tests.support.forms import as_shown

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
    """Add something by hand; returns the result of the last step, or of the first one that was not taken."""
    form = await hass.config_entries.subentries.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})
    assert form["type"] is FlowResultType.FORM
    return await go_on(hass, form, data)


async def go_on(hass: HomeAssistant, form: SubentryFlowResult, data: dict[str, Any]) -> SubentryFlowResult:
    """Fill in one step after the other with what data have for it, in whatever groups; what is left out has defaults.

    It ends where there is nothing to fill in, or what was entered is refused, or the meaning of options is asked.
    """
    result = form
    while result["type"] is FlowResultType.FORM and result["step_id"] not in {"options", "test"}:
        assert result["data_schema"] is not None
        if not result["data_schema"].schema:
            break
        sent = for_form(result["data_schema"], flat(data))
        result = await _past_the_meter(
            hass, await hass.config_entries.subentries.async_configure(result["flow_id"], sent)
        )
        if result.get("errors"):
            break
    return result


async def _past_the_meter(hass: HomeAssistant, result: SubentryFlowResult) -> SubentryFlowResult:
    """Let the meter of a feeder be watched, and say yes to what was seen; other results are given back as they are."""
    if result["type"] is not FlowResultType.SHOW_PROGRESS or result["step_id"] != "meter":
        return result
    await hass.async_block_till_done(wait_background_tasks=True)
    seen = await hass.config_entries.subentries.async_configure(result["flow_id"])
    assert (seen["type"], seen["step_id"]) == (FlowResultType.FORM, "meter_seen")
    return await hass.config_entries.subentries.async_configure(result["flow_id"], {})


async def go_on_as_shown(
    hass: HomeAssistant, form: SubentryFlowResult, entered: dict[str, Any] | None = None
) -> SubentryFlowResult:
    """Send one step after the other as it is shown, with a few values entered; say yes to what is said."""
    result = form
    while result["type"] is FlowResultType.FORM and not result["errors"] and result["step_id"] != "test":
        assert result["data_schema"] is not None
        shown = {**flat(as_shown(result["data_schema"])), **flat(entered or {})}
        sent = for_form(result["data_schema"], shown)
        result = await _past_the_meter(
            hass, await hass.config_entries.subentries.async_configure(result["flow_id"], sent)
        )
    return result


async def change(
    hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, step: str, data: dict[str, Any]
) -> SubentryFlowResult:
    """Change one step of something, all of its fields; what is left out is cleared."""
    form = await open_step(hass, entry, subentry_id, step)
    assert form["data_schema"] is not None
    sent = for_form(form["data_schema"], flat(data))
    return await _past_the_meter(hass, await hass.config_entries.subentries.async_configure(form["flow_id"], sent))


async def open_step(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str, step: str) -> SubentryFlowResult:
    """Go to one step of what is there already; what has one step only begins with it."""
    form = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    if form["type"] is FlowResultType.MENU:
        form = await hass.config_entries.subentries.async_configure(form["flow_id"], {"next_step_id": step})
    return form


def flat(data: dict[str, Any]) -> dict[str, Any]:
    """Return data without groups, but for an area."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        found.update(value if isinstance(value, dict) and key != "area" else {key: value})
    return found


def for_form(schema: vol.Schema, data: dict[str, Any]) -> dict[str, Any]:
    """Return what of data a form has fields for, in its shape."""
    sent: dict[str, Any] = {}
    for marker, value in schema.schema.items():
        if isinstance(value, section):
            inner = for_form(value.schema, data)
            if inner or isinstance(marker, vol.Required):
                sent[str(marker)] = inner
        elif str(marker) in data:
            sent[str(marker)] = data[str(marker)]
    return sent


def merged(data: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    result = dict(data)
    for key, value in change.items():
        result[key] = {**result.get(key, {}), **value} if isinstance(value, dict) else value
    return result
