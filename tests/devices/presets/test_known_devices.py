"""Each preset finds the entities of a device as its integration makes it, and our forms take what it fills in."""

import pytest
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.tangle_grid.devices.presets import async_presets, find
from tests.support.forms import as_shown, no_start
from tests.support.known_devices import KNOWN
from tests.support.specimens import Specimen, make
from tests.support.subentry_forms import add_island, merged

__all__ = ["no_start"]


@pytest.mark.parametrize("specimen", KNOWN, ids=str)
async def test_a_device_is_found_and_added(hass: HomeAssistant, specimen: Specimen) -> None:
    made = make(hass, specimen)
    match = find(hass, await async_presets(hass), specimen.kind, made.device_id)
    assert match is not None
    assert dict(match.entities) == {role: made.of(keys) for role, keys in specimen.expected.items()}
    for entity_id in ("sensor.l1", "sensor.l2", "sensor.l3"):
        hass.states.async_set(entity_id, "100", {"unit_of_measurement": "W"})
    island = add_island(hass)
    flow = hass.config_entries.subentries
    kind = "feeder" if specimen.kind == "meter" else specimen.kind
    begin = await flow.async_init((island.entry_id, kind), context={"source": SOURCE_USER})
    assert begin["type"] is FlowResultType.MENU
    form = await flow.async_configure(begin["flow_id"], {"next_step_id": "device"})
    assert form["data_schema"] is not None
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    placeholders = form["description_placeholders"]
    assert placeholders is not None
    for keys in specimen.expected.values():
        assert all(entity_id in placeholders["found"] for entity_id in made.of(keys))
    assert form["data_schema"] is not None
    sent = merged(as_shown(form["data_schema"]), dict(specimen.entered))
    saved = await flow.async_configure(form["flow_id"], sent)
    while saved["type"] is FlowResultType.FORM and not saved["errors"]:
        # It is said what should be known before it is saved.
        saved = await flow.async_configure(saved["flow_id"], {})
    assert saved["type"] is FlowResultType.CREATE_ENTRY, saved
    [stored] = island.subentries.values()
    assert stored.title == ("Device 1" if specimen.device[1] else match.preset.name)
    for role, keys in specimen.expected.items():
        ids = made.of(keys)
        if all(hass.states.get(entity_id) is not None for entity_id in ids):
            assert stored.data[role] == (list(ids) if isinstance(keys, tuple) else ids[0])
    assert specimen.data.items() <= dict(stored.data).items()
