"""Each preset finds the entities of a device as its integration makes it, and our forms take what it fills in."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from benchmarks._preset_habits import HABITS, Habit
from benchmarks._preset_hours import HOURS, Figures
from custom_components.tangle_grid.devices.io.action_running import missing_actions
from custom_components.tangle_grid.devices.presets import Match, async_presets, find
from custom_components.tangle_grid.devices.shape import battery_shape, charger_shape, power_source
from custom_components.tangle_grid.flows.subentries.battery import BatteryFlow
from custom_components.tangle_grid.flows.subentries.charger import ChargerFlow
from custom_components.tangle_grid.flows.subentries.feeder import FeederFlow
from custom_components.tangle_grid.flows.subentries.solar import SolarFlow
from custom_components.tangle_grid.flows.subentries.vehicle import VehicleFlow
from tests.support.forms import no_start
from tests.support.installed import COMPONENTS
from tests.support.known_devices import KNOWN
from tests.support.specimens import Made, Specimen, make
from tests.support.subentry_forms import add_island, go_on_as_shown

__all__ = ["no_start"]
FLOWS = {
    "charger": ChargerFlow,
    "battery": BatteryFlow,
    "meter": FeederFlow,
    "solar": SolarFlow,
    "vehicle": VehicleFlow,
}


def fields(kind: str, island: MockConfigEntry) -> frozenset[str]:
    """The fields of the form of a kind."""
    flow = FLOWS[kind]()
    with patch.object(flow, "_get_entry", lambda: island):
        return flow.fields(3)


def hold_shape(hass: HomeAssistant, specimen: Specimen, made: Made, match: Match) -> None:
    """What was found is what is expected, and an adapter can be made of it."""
    assert dict(match.entities) == {role: made.of(keys) for role, keys in specimen.expected.items()}
    assert specimen.data.items() <= dict(match.data).items()
    for file, words in specimen.words.items():
        written = (COMPONENTS / specimen.platform / file).read_text()
        assert all(word in written for word in words)
    if specimen.kind == "charger":
        shape = charger_shape(match.data)
        if shape.pause.select is not None:
            options = set(hass.states.get(shape.pause.select).attributes["options"])  # type: ignore[union-attr]
            assert {shape.pause.pause_option, shape.pause.resume_option} <= options
        if shape.phases is not None and shape.phases.entity_id is not None:
            options = set(hass.states.get(shape.phases.entity_id).attributes["options"])  # type: ignore[union-attr]
            assert {shape.phases.one, shape.phases.three} <= options
    elif specimen.kind == "battery":
        battery_shape(match.data)
    elif specimen.kind == "solar":
        power_source(match.data)


#: Their first report, or the least time between two commands, comes later.
SLOW: Final = frozenset({"Blue Current", "myenergi zappi", "Ohme", "Tesla (Fleet) at any socket"})
#: It is asked to stop charging, and has no mode for that.
CANNOT: Final = frozenset({"Enphase IQ Battery"})
#: What the loop goes by of what was filled in.
LOOPED: Final = (
    "control",
    "enable_pauses",
    "keep_alive",
    "max_age",
    "meter_max_age",
    "meter_total",
    "min_current",
    "write_interval",
)


@cache
def five_minutes(kind: str, habit: Habit, values: tuple[tuple[str, Any], ...]) -> Figures:
    """Run the beginning of the hour; the whole of it stands in the documents."""
    return HOURS[kind](habit, dict(values), 300)


def hold_loop(match: Match, stored: Mapping[str, Any]) -> None:
    """With what was saved, and the pattern in which the device reports, the closed loop works."""
    kind, name = match.preset.kind, match.preset.name
    filled_in = {**match.data, **stored}
    values = tuple((key, filled_in[key]) for key in LOOPED if key in filled_in)
    figures = five_minutes(kind, HABITS[kind, name], values)
    assert figures.over_s == 0
    if kind in {"charger", "meter"}:
        assert figures.value >= 6.0 or name in SLOW
    else:
        assert (figures.word == "fits") == (name not in CANNOT)


@pytest.mark.parametrize("specimen", KNOWN, ids=str)
async def test_a_device_is_found_and_added(hass: HomeAssistant, specimen: Specimen) -> None:
    made, island, presets = make(hass, specimen), add_island(hass), await async_presets(hass)
    match = find(hass, presets, specimen.kind, made.device_id)
    assert match is not None
    hold_shape(hass, specimen, made, match)
    known = fields(specimen.kind, island)
    if find(hass, presets, specimen.kind, made.device_id, known) != match:
        # The form has no fields for what this device needs: it is not offered, or as something less.
        return
    for entity_id in ("sensor.l1", "sensor.l2", "sensor.l3"):
        hass.states.async_set(entity_id, "100", {"unit_of_measurement": "W"})
    for action in missing_actions(hass, list(match.data.values())):
        # Its integration brings it.
        async_mock_service(hass, *action.split("."))
    flow = hass.config_entries.subentries
    kind = "feeder" if specimen.kind == "meter" else specimen.kind
    if specimen.enabled_later:
        assert match.disabled
        for entity_id in match.disabled:
            hass.states.async_set(entity_id, "0", {"unit_of_measurement": "kW"})
    begin = await flow.async_init((island.entry_id, kind), context={"source": SOURCE_USER})
    assert begin["type"] is FlowResultType.MENU
    form = await flow.async_configure(begin["flow_id"], {"next_step_id": "device"})
    assert form["data_schema"] is not None
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    for role, keys in specimen.expected.items():
        assert role not in known or all(entity_id in placeholders["found"] for entity_id in made.of(keys))
    assert form["data_schema"] is not None
    saved = await go_on_as_shown(hass, form, dict(specimen.entered))
    assert saved["type"] is FlowResultType.CREATE_ENTRY, saved
    [stored] = island.subentries.values()
    assert stored.title == ("Device 1" if specimen.device[1] else match.preset.name)
    for role, keys in specimen.expected.items():
        ids = made.of(keys)
        if role in known and all(hass.states.get(entity_id) is not None for entity_id in ids):
            assert stored.data[role] == (list(ids) if isinstance(keys, tuple) else ids[0])
    wanted = {name: value for name, value in specimen.data.items() if name in known}
    assert wanted.items() <= dict(stored.data).items()
    hold_loop(match, stored.data)


#: What counts all that a charger ever delivered, by how integrations call it.
_LIFETIME = re.compile(r"(^|_)(total|lifetime)(_|$)")


@pytest.mark.parametrize("specimen", [each for each in KNOWN if each.kind == "charger"], ids=str)
def test_a_charger_with_a_counter_of_all_energy_has_it_filled_in(specimen: Specimen) -> None:
    """Sessions are billed by it; one of a session or a day begins anew, and is none."""
    counters = [
        each.key
        for each in specimen.described()
        if each.domain == "sensor" and each.device_class == "energy" and each.enabled and _LIFETIME.search(each.key)
    ]
    if specimen.platform in {"tesla_fleet", "teslemetry", "tessie"}:
        counters = []  # what the car has used while it was driven
    found = specimen.expected.get("energy")
    assert (found is not None) == bool(counters), counters
    assert found is None or str(found).removeprefix("sensor.") in counters
