"""Beginning with a device: what it fills in, what is said of it, and the way past it."""

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.devices.presets.schema import KINDS
from custom_components.tangle_grid.flows.found import async_device_schema
from tests.support.forms import as_shown, no_start, past_the_meter
from tests.support.known_devices import KNOWN
from tests.support.specimens import Specimen, make
from tests.support.subentry_forms import add_island, go_on_as_shown

__all__ = ["no_start"]


def specimen(preset: str, name: str = "") -> Specimen:
    return next(each for each in KNOWN if (each.preset, each.name) == (preset, name))


@pytest.fixture
def island(hass: HomeAssistant) -> MockConfigEntry:
    for phase in (1, 2, 3):
        hass.states.async_set(f"sensor.l{phase}", "100", {"unit_of_measurement": "W"})
    return add_island(hass)


async def begin(hass: HomeAssistant, island: MockConfigEntry, step: str, kind: str = "charger") -> Any:
    flow = hass.config_entries.subentries
    menu = await flow.async_init((island.entry_id, kind), context={"source": SOURCE_USER})
    assert (menu["type"], menu["menu_options"]) == (FlowResultType.MENU, ["device", "by_hand"])
    return await flow.async_configure(menu["flow_id"], {"next_step_id": step})


async def test_what_was_found_is_said(hass: HomeAssistant, island: MockConfigEntry) -> None:
    made = make(hass, specimen("peblar"))
    [power], [limit] = made.of("sensor.power_total"), made.of("number.charge_current_limit")
    [switch] = made.of("switch.charge")
    hass.states.async_set(power, "3.6", {"unit_of_measurement": "kW", "device_class": "power"})
    hass.states.async_set(switch, "unavailable")
    form = await begin(hass, island, "device")
    form = await hass.config_entries.subentries.async_configure(form["flow_id"], {"device": made.device_id})
    found = form["description_placeholders"]["found"].splitlines()
    assert found[0] == "Found at Device 1 (Peblar):"
    assert f"- Charging power: `{power}`, now 3.6 kW" in found
    assert f"- Current limit: `{limit}`, now 16 A" in found
    assert f"- Charging switch: `{switch}`, no value at the moment" in found


async def test_a_limit_that_is_disabled_is_said_to_be(hass: HomeAssistant, island: MockConfigEntry) -> None:
    made = make(hass, specimen("peblar"))
    [limit] = made.of("number.charge_current_limit")
    er.async_get(hass).async_update_entity(limit, disabled_by=er.RegistryEntryDisabler.USER)
    hass.states.async_remove(limit)
    form = await begin(hass, island, "device")
    flow = hass.config_entries.subentries
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    assert f"`{limit}` is disabled" in form["description_placeholders"]["found"]
    form = await flow.async_configure(form["flow_id"], as_shown(form["data_schema"]))
    assert form["errors"] == {"current_limit": "entity_disabled"}
    # What was found is still there to read.
    assert f"`{limit}` is disabled" in form["description_placeholders"]["found"]


async def test_habits_of_a_device_are_said(hass: HomeAssistant, island: MockConfigEntry) -> None:
    made = make(hass, specimen("wallbox"))
    form = await begin(hass, island, "device")
    form = await hass.config_entries.subentries.async_configure(form["flow_id"], {"device": made.device_id})
    found = form["description_placeholders"]["found"]
    assert "cloud" in found
    assert "only while a car is there" in found
    limits = await hass.config_entries.subentries.async_configure(form["flow_id"], as_shown(form["data_schema"]))
    assert limits["step_id"] == "limits"
    assert as_shown(limits["data_schema"])["advanced"]["write_interval"] == 60


async def test_by_hand_the_form_is_empty(hass: HomeAssistant, island: MockConfigEntry) -> None:
    make(hass, specimen("peblar"))
    form = await begin(hass, island, "by_hand")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    assert form["description_placeholders"]["found"] == ""
    assert "power" not in as_shown(form["data_schema"])


async def test_a_device_that_is_gone_meanwhile(hass: HomeAssistant, island: MockConfigEntry) -> None:
    made, gone = make(hass, specimen("peblar")), make(hass, specimen("wallbox"), number=2)
    form = await begin(hass, island, "device")
    for entity_id in gone.ids.values():
        er.async_get(hass).async_remove(entity_id)
    flow = hass.config_entries.subentries
    form = await flow.async_configure(form["flow_id"], {"device": gone.device_id})
    assert (form["step_id"], form["errors"]) == ("device", {"device": "no_preset"})
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    assert form["step_id"] == "user"


async def test_only_devices_that_are_known_can_be_chosen(hass: HomeAssistant) -> None:
    first = make(hass, specimen("peblar"))
    second = make(hass, specimen("wallbox"), number=2)
    make(hass, specimen("homewizard", "three phases"), number=4)
    dr.async_get(hass).async_update_device(second.device_id, name_by_user="Our Wallbox")
    schema = await async_device_schema(hass, "charger", KINDS["charger"].roles | KINDS["charger"].values)
    assert schema is not None
    assert schema.schema["device"].config["options"] == [
        {"value": first.device_id, "label": "Device 1 (Peblar)"},
        {"value": second.device_id, "label": "Our Wallbox"},
    ]


async def test_the_meter_of_a_new_island(hass: HomeAssistant) -> None:
    made = make(hass, specimen("homewizard", "three phases"))
    gone = make(hass, specimen("homewizard", "one phase"), number=2)
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    menu = await flow.async_configure(menu["flow_id"], {"next_step_id": "island"})
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "begin")
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "device"})
    dr.async_get(hass).async_update_device(gone.device_id, disabled_by=dr.DeviceEntryDisabler.USER)
    form = await flow.async_configure(form["flow_id"], {"device": gone.device_id})
    assert form["errors"] == {"device": "no_preset"}
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "island")
    phases = made.of(f"sensor.active_power_l{phase}_w" for phase in (1, 2, 3))
    assert form["description_placeholders"] is not None
    assert all(entity_id in form["description_placeholders"]["found"] for entity_id in phases)
    assert form["data_schema"] is not None
    shown = as_shown(form["data_schema"])
    assert "name" not in shown
    saved = await past_the_meter(hass, await flow.async_configure(form["flow_id"], {**shown, "name": "Garage"}))
    assert saved["type"] is FlowResultType.CREATE_ENTRY
    assert saved["result"].data["meter"] == {"power": list(phases)}


async def test_the_meter_of_a_new_island_by_hand(hass: HomeAssistant) -> None:
    make(hass, specimen("homewizard", "three phases"))
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    menu = await flow.async_configure(menu["flow_id"], {"next_step_id": "island"})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "by_hand"})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "island")


async def test_without_any_device_left_it_goes_on_by_hand(hass: HomeAssistant, island: MockConfigEntry) -> None:
    made = make(hass, specimen("peblar"))
    form = await begin(hass, island, "device")
    dr.async_get(hass).async_update_device(made.device_id, disabled_by=dr.DeviceEntryDisabler.USER)
    form = await hass.config_entries.subentries.async_configure(form["flow_id"], {"device": made.device_id})
    assert (form["step_id"], form["errors"]) == ("user", {})


async def test_without_any_meter_left_it_goes_on_by_hand(hass: HomeAssistant) -> None:
    made = make(hass, specimen("homewizard", "three phases"))
    flow = hass.config_entries.flow
    menu = await flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    menu = await flow.async_configure(menu["flow_id"], {"next_step_id": "island"})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "device"})
    dr.async_get(hass).async_update_device(made.device_id, disabled_by=dr.DeviceEntryDisabler.USER)
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    assert (form["step_id"], form["errors"]) == ("island", {})


async def test_a_device_that_somebody_has_is_not_offered_again(hass: HomeAssistant, island: MockConfigEntry) -> None:
    first = make(hass, specimen("peblar"))
    form = await begin(hass, island, "device")
    flow = hass.config_entries.subentries
    form = await flow.async_configure(form["flow_id"], {"device": first.device_id})
    saved = await go_on_as_shown(hass, form)
    assert saved["type"] is FlowResultType.CREATE_ENTRY
    form = await flow.async_init((island.entry_id, "charger"), context={"source": SOURCE_USER})
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "user")
    second = make(hass, specimen("wallbox"), number=2)
    form = await begin(hass, island, "device")
    assert form["data_schema"].schema["device"].config["options"] == [
        {"value": second.device_id, "label": "Device 2 (Wallbox)"}
    ]
