"""Devices that are told and read in all the ways that they are sold with, entered by hand."""

from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.tangle_grid.devices.io.setting import Scale
from custom_components.tangle_grid.devices.io.status_words import guessed_status
from custom_components.tangle_grid.flows.checks import check_control
from tests.support.forms import no_start
from tests.support.known_devices import KNOWN
from tests.support.specimens import make
from tests.support.subentry_forms import CHARGER, add_island, change, go_on, go_on_as_shown, submit

__all__ = ["no_start"]

#: The charger of the other tests, without what tells it.
BARE: dict[str, Any] = {
    key: value for key, value in CHARGER.items() if key not in {"current_limit", "enable", "car"}
} | {"car": {"target_soc": 80}, "policy": {"mode": "never", "charged_above": 80, "min_rate": 0}}
BATTERY: dict[str, Any] = {
    "name": "Volt",
    "power": "sensor.battery",
    "soc": "sensor.soc",
    "phases": ["1"],
    "limits": {"battery_kwh": 10, "max_charge_w": 3000, "max_discharge_w": 2500, "min_soc": 10},
    "signs": {"setpoint_inverted": False},
    "policy": {"mode": "never", "charged_above": 80, "min_rate": 0},
}
SET = [{"action": "easee.set_charger_dynamic_limit", "data": {"current": "{{ amps }}"}}]
PAUSE = [{"action": "easee.pause"}]
MODES = ["Self use", "Force charge", "Force discharge", "Standby"]


@pytest.fixture(autouse=True)
def devices(hass: HomeAssistant) -> None:
    for entity_id, state, attributes in (
        ("sensor.l1", "100", {"unit_of_measurement": "W"}),
        ("sensor.charger", "unknown", {"unit_of_measurement": "kW"}),
        ("sensor.exported", "0", {"unit_of_measurement": "kW"}),
        ("sensor.all", "charging", {"power": 3.5, "l1": 16, "l2": "0", "l3": 0, "name": "Garage"}),
        ("sensor.away", "unavailable", {}),
        ("sensor.i1", "unknown", {"unit_of_measurement": "A"}),
        ("sensor.plain", "3.5", {}),
        ("number.limit", "16", {"min": 0, "max": 32, "step": 1, "unit_of_measurement": "A"}),
        ("number.signed", "0", {"min": -16, "max": 16, "unit_of_measurement": "A"}),
        ("number.watts", "0", {"min": 0, "max": 11_000, "unit_of_measurement": "W"}),
        ("number.percent", "0", {"min": 0, "max": 100, "unit_of_measurement": "%"}),
        ("number.no_unit", "0", {"min": 0, "max": 11}),
        ("number.both_ways", "0", {"min": -3, "max": 3, "unit_of_measurement": "kW"}),
        ("number.other_way", "0", {"min": 0, "max": 3000, "unit_of_measurement": "W"}),
        ("number.asleep", "unavailable", {}),
        ("select.amps", "6 A", {"options": ["6 A", "16 A"]}),
        ("select.words", "eco", {"options": ["eco", "fast"]}),
        ("select.frc", "0", {"options": ["0", "1", "2"]}),
        ("select.mode", "Self use", {"options": MODES}),
        ("switch.relay", "off", {}),
        ("button.go", "unknown", {}),
        ("sensor.status", "awaiting_start", {"options": ["disconnected", "awaiting_start", "charging", "error"]}),
        ("sensor.text", "Plugged in", {}),
        ("sensor.battery", "unavailable", {"unit_of_measurement": "W"}),
        ("sensor.soc", "50", {"unit_of_measurement": "%"}),
        ("sensor.home", "0.4", {"unit_of_measurement": "kW"}),
    ):
        hass.states.async_set(entity_id, state, attributes)
    for service in ("set_charger_dynamic_limit", "pause", "resume"):
        async_mock_service(hass, "easee", service)


@pytest.fixture
def island(hass: HomeAssistant) -> MockConfigEntry:
    return add_island(hass)


async def saved(hass: HomeAssistant, island: MockConfigEntry, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Submit a form that is all there is; returns what is stored."""
    result = await submit(hass, island, kind, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    return dict(next(iter(island.subentries.values())).data)


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        # Nothing is refused because a car is not there.
        ({"current_limit": "number.asleep"}, {"current_limit": "number.asleep"}),
        ({"current_limit": "number.watts"}, {"limit_unit": "W"}),
        ({"current_limit": "number.percent", "controlling": {"limit_full": 16}}, {"limit_unit": "%", "limit_full": 16}),
        ({"current_limit": "number.no_unit", "controlling": {"limit_unit": "kW"}}, {"limit_unit": "kW"}),
        ({"current_limit": "select.amps", "enable": "switch.relay"}, {"current_limit": "select.amps"}),
        ({"controlling": {"control": "actions", "set_actions": SET}}, {"control": "actions", "set_actions": SET}),
        ({"enable": "switch.relay", "controlling": {"control": "on_off"}}, {"control": "on_off"}),
        (
            {"controlling": {"control": "on_off", "pause_actions": PAUSE, "resume_actions": PAUSE}},
            {"pause_actions": PAUSE, "resume_actions": PAUSE},
        ),
        ({"current_limit": "number.limit", "controlling": {"keep_alive": 30}}, {"keep_alive": 30}),
        (
            {
                "current_limit": "number.signed",
                "feed_back": {"discharge_current": "number.signed", "max_discharge_current": 16},
            },
            {"current_limit": "number.signed", "discharge_current": "number.signed"},
        ),
        (
            {"current_limit": "number.limit", "reading": {"power_export": "sensor.exported"}},
            {"power_export": "sensor.exported"},
        ),
        (
            {
                "current_limit": "number.limit",
                "power": "sensor.all",
                "currents": ["sensor.all"],
                "reading": {
                    "power_attribute": "power",
                    "power_unit": "kW",
                    "current_attributes": ["l1", "l2", "l3"],
                },
            },
            {"power_attribute": "power", "current_attributes": ["l1", "l2", "l3"]},
        ),
        (
            {"current_limit": "number.limit", "power": "sensor.away", "reading": {"power_attribute": "power"}},
            {"power_attribute": "power"},
        ),
        (
            {"current_limit": "number.limit", "power": "sensor.plain", "reading": {"power_unit": "kW"}},
            {"power_unit": "kW"},
        ),
        ({"current_limit": "number.limit", "power": None, "currents": ["sensor.i1"]}, {"currents": ["sensor.i1"]}),
    ],
)
async def test_a_charger(
    hass: HomeAssistant, island: MockConfigEntry, entered: dict[str, Any], stored: dict[str, Any]
) -> None:
    form = {key: value for key, value in {**BARE, **entered}.items() if value is not None}
    data = await saved(hass, island, "charger", form)
    assert {key: data.get(key) for key in stored} == stored
    # A unit that goes without saying is not stored.
    assert ("limit_unit" in data) == ("limit_unit" in stored)


@pytest.mark.parametrize(
    ("entered", "field", "error"),
    [
        ({}, "current_limit", "limit_missing"),
        ({"current_limit": "number.limit", "power": None}, "power", "power_or_currents"),
        ({"current_limit": "number.watts", "limits": {"max_current": 20}}, "base", "outside_range"),
        ({"current_limit": "number.no_unit"}, "base", "outside_range"),
        ({"current_limit": "select.words"}, "current_limit", "no_numbers"),
        ({"current_limit": "select.gone"}, "current_limit", "entity_missing"),
        ({"current_limit": "number.percent", "controlling": {"limit_full": 10}}, "base", "outside_range"),
        ({"controlling": {"control": "actions"}}, "controlling", "actions_missing"),
        ({"controlling": {"control": "actions", "set_actions": [{"nothing": 1}]}}, "controlling", "actions_invalid"),
        (
            {"controlling": {"control": "actions", "set_actions": [{"action": "easee.gone"}]}},
            "controlling",
            "actions_unknown",
        ),
        (
            {"controlling": {"control": "actions", "set_actions": SET, "pause_actions": [{"action": "{{ 1 }}"}, 1]}},
            "controlling",
            "actions_invalid",
        ),
        ({"controlling": {"control": "on_off"}}, "enable", "on_off_needs_pause"),
        (
            {"current_limit": "number.limit", "controlling": {"zero_pauses": False}, "limits": {"safe_current": 0}},
            "safe_current",
            "safe_below_lowest",
        ),
        (
            {"current_limit": "number.limit", "enable": "switch.relay", "controlling": {"pause_select": "select.frc"}},
            "controlling",
            "pause_twice",
        ),
        (
            {"current_limit": "number.limit", "reading": {"power_export": "sensor.i1"}},
            "reading",
            "entity_no_power",
        ),
        (
            {"current_limit": "number.limit", "power": "sensor.all", "reading": {"power_attribute": "name"}},
            "reading",
            "attribute_missing",
        ),
        (
            {"current_limit": "number.limit", "power": "sensor.gone", "reading": {"power_attribute": "power"}},
            "reading",
            "entity_missing",
        ),
        (
            {
                "current_limit": "number.limit",
                "currents": ["sensor.all"],
                "reading": {"current_attributes": ["l1", "l2", "l4"]},
            },
            "reading",
            "attribute_missing",
        ),
        ({"current_limit": "number.limit", "currents": ["sensor.home"]}, "reading", "entity_no_current"),
        (
            {
                "current_limit": "number.limit",
                "changing_phases": {"phase_switch": "switch.relay", "phase_actions": [{"action": "a.b"}]},
            },
            "changing_phases",
            "phases_twice",
        ),
        (
            {"current_limit": "number.limit", "phases": ["1"], "changing_phases": {"phase_switch": "switch.relay"}},
            "changing_phases",
            "phases_of_one",
        ),
    ],
)
async def test_what_a_charger_lacks(
    hass: HomeAssistant, island: MockConfigEntry, entered: dict[str, Any], field: str, error: str
) -> None:
    form = {**BARE, **entered, "limits": {**BARE["limits"], **entered.get("limits", {})}}
    form = {key: value for key, value in form.items() if value is not None}
    result = await submit(hass, island, "charger", form)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}
    assert not island.subentries


async def test_the_unit_is_known_of_what_is_unavailable(hass: HomeAssistant, island: MockConfigEntry) -> None:
    entity_id = "number.car_limit"
    er.async_get(hass).async_get_or_create(
        "number", "car", "limit", object_id_base="car_limit", unit_of_measurement="°C"
    )
    hass.states.async_set(entity_id, "unavailable")
    result = await submit(hass, island, "charger", {**BARE, "current_limit": entity_id})
    assert result["errors"] == {"current_limit": "entity_no_limit"}


async def test_what_the_options_mean_is_asked_next(hass: HomeAssistant, island: MockConfigEntry) -> None:
    """They are learned from the entities; what a status means is guessed."""
    form = {
        **BARE,
        "current_limit": "number.limit",
        "controlling": {"pause_select": "select.frc"},
        "reading": {"status": "sensor.status"},
    }
    asked = await submit(hass, island, "charger", form)
    assert (asked["type"], asked["step_id"]) == (FlowResultType.FORM, "options")
    schema = asked["data_schema"]
    assert schema is not None
    guessed = {str(marker): marker.default() for marker in schema.schema if "status_" in str(marker)}
    assert guessed == {
        "status_disconnected": ["disconnected"],
        "status_connected": ["awaiting_start"],
        "status_charging": ["charging"],
        "status_finished": [],
        "status_fault": ["error"],
    }
    options = {"pause_option": "1", "resume_option": "1"}
    refused = await hass.config_entries.subentries.async_configure(asked["flow_id"], {**options, **guessed})
    assert refused["errors"] == {"pause_option": "options_missing"}
    options["resume_option"] = "0"
    twice = {**guessed, "status_fault": ["charging"]}
    refused = await hass.config_entries.subentries.async_configure(asked["flow_id"], {**options, **twice})
    assert refused["errors"] == {"base": "status_twice"}
    limits = await hass.config_entries.subentries.async_configure(asked["flow_id"], {**options, **guessed})
    assert limits["step_id"] == "limits"
    done = await go_on(hass, limits, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    subentry = next(iter(island.subentries.values()))
    assert (subentry.data["pause_option"], subentry.data["resume_option"]) == ("1", "0")
    assert subentry.data["status_map"] == {
        "disconnected": "disconnected",
        "awaiting_start": "connected",
        "charging": "charging",
        "error": "fault",
    }
    # Whoever changes it finds what was said.
    asked = await change(hass, island, subentry.subentry_id, "user", form)
    schema = asked["data_schema"]
    assert schema is not None
    suggested = {str(marker): (marker.description or {}).get("suggested_value") for marker in schema.schema}
    assert (suggested["pause_option"], suggested["status_fault"]) == ("1", ["error"])
    # A status of which nothing is said means nothing.
    done = await hass.config_entries.subentries.async_configure(
        asked["flow_id"], {**options, **{key: [] for key in guessed}}
    )
    assert done["type"] is FlowResultType.ABORT
    assert "status_map" not in next(iter(island.subentries.values())).data


async def test_the_options_of_the_phases_are_asked_next(hass: HomeAssistant, island: MockConfigEntry) -> None:
    form = {**BARE, "current_limit": "number.limit", "changing_phases": {"phase_switch": "select.frc"}}
    asked = await submit(hass, island, "charger", form)
    assert (asked["type"], asked["step_id"]) == (FlowResultType.FORM, "options")
    options = {"phase_option_one": "1", "phase_option_three": "1"}
    refused = await hass.config_entries.subentries.async_configure(asked["flow_id"], options)
    assert refused["errors"] == {"phase_option_one": "options_missing"}
    options["phase_option_three"] = "2"
    limits = await hass.config_entries.subentries.async_configure(asked["flow_id"], options)
    await go_on(hass, limits, form)
    stored = next(iter(island.subentries.values())).data
    assert (stored["phase_option_one"], stored["phase_option_three"]) == ("1", "2")


async def test_a_switch_of_the_phases_has_no_options(hass: HomeAssistant, island: MockConfigEntry) -> None:
    form = {**BARE, "current_limit": "number.limit", "changing_phases": {"phase_switch": "switch.relay"}}
    assert (await submit(hass, island, "charger", form))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_status_that_tells_no_options(hass: HomeAssistant, island: MockConfigEntry) -> None:
    """What it shows now is one of them; any other may be typed."""
    form = {**BARE, "current_limit": "number.limit", "reading": {"status": "sensor.text"}}
    asked = await submit(hass, island, "charger", form)
    schema = asked["data_schema"]
    assert schema is not None
    guessed = {str(marker): marker.default() for marker in schema.schema}
    assert guessed["status_connected"] == ["Plugged in"]
    answers = {**guessed, "status_fault": ["Broken"]}
    limits = await hass.config_entries.subentries.async_configure(asked["flow_id"], answers)
    await go_on(hass, limits, form)
    stored = next(iter(island.subentries.values())).data
    assert stored["status_map"] == {"Plugged in": "connected", "Broken": "fault"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Available", "disconnected"),
        ("no_car", "disconnected"),
        ("not connected", "disconnected"),
        ("Preparing", "connected"),
        ("SuspendedEV", "connected"),
        ("ready_to_charge", "connected"),
        ("charging_paused", "connected"),
        ("Charging", "charging"),
        ("C2", "charging"),
        ("completed", "finished"),
        ("Finishing", "finished"),
        ("Faulted", "fault"),
        ("B", "connected"),
        ("updating firmware", None),
    ],
)
def test_what_a_text_most_likely_means(text: str, meaning: str | None) -> None:
    assert guessed_status([text]).get(text) == meaning


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ({"power_setpoint": "number.both_ways"}, {"power_setpoint": "number.both_ways"}),
        (
            {
                "controlling": {
                    "control": "two_numbers",
                    "charge_setpoint": "number.other_way",
                    "discharge_setpoint": "number.percent",
                },
            },
            {"control": "two_numbers", "limit_unit": "%"},
        ),
        (
            {"controlling": {"control": "actions", "set_actions": SET, "release_actions": PAUSE}},
            {"set_actions": SET, "release_actions": PAUSE},
        ),
        (
            {"power_setpoint": "number.both_ways", "controlling": {"trigger": "button.go", "keep_alive": 20}},
            {"trigger": "button.go", "keep_alive": 20},
        ),
    ],
)
async def test_a_battery(
    hass: HomeAssistant, island: MockConfigEntry, entered: dict[str, Any], stored: dict[str, Any]
) -> None:
    data = await saved(hass, island, "battery", {**BATTERY, **entered})
    assert {key: data.get(key) for key in stored} == stored


async def test_what_the_modes_of_a_battery_mean(hass: HomeAssistant, island: MockConfigEntry) -> None:
    form = {**BATTERY, "controlling": {"control": "modes", "mode_select": "select.mode"}}
    asked = await submit(hass, island, "battery", form)
    assert asked["step_id"] == "options"
    refused = await hass.config_entries.subentries.async_configure(asked["flow_id"], {})
    assert refused["errors"] == {"mode_hold": "control_incomplete"}
    modes = {"mode_hold": "Standby", "mode_charge": "Force charge"}
    limits = await hass.config_entries.subentries.async_configure(asked["flow_id"], modes)
    done = await go_on(hass, limits, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert next(iter(island.subentries.values())).data["mode_hold"] == "Standby"


@pytest.mark.parametrize(
    ("entered", "field", "error"),
    [
        ({}, "power_setpoint", "control_incomplete"),
        ({"power_setpoint": "number.other_way"}, "base", "outside_range"),
        ({"power_setpoint": "number.limit"}, "power_setpoint", "entity_no_limit"),
        (
            {"controlling": {"control": "maxima", "charge_setpoint": "number.other_way"}},
            "controlling",
            "control_incomplete",
        ),
        (
            {"controlling": {"control": "actions", "set_actions": SET, "release_actions": [{"action": "e.gone"}]}},
            "controlling",
            "actions_unknown",
        ),
        ({"power": "sensor.i1", "power_setpoint": "number.both_ways"}, "power", "entity_no_power"),
    ],
)
async def test_what_a_battery_lacks(
    hass: HomeAssistant, island: MockConfigEntry, entered: dict[str, Any], field: str, error: str
) -> None:
    result = await submit(hass, island, "battery", {**BATTERY, **entered})
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}


@pytest.mark.parametrize("kind", ["household", "solar"])
async def test_import_and_export_apart(hass: HomeAssistant, island: MockConfigEntry, kind: str) -> None:
    form: dict[str, Any] = {
        "name": "One",
        "power": "sensor.home",
        "phases": ["1"],
        "reading": {"power_export": "sensor.exported"},
    }
    form |= {"policy": {"mode": "never", "min_rate": 0}} if kind == "household" else {"production_negative": False}
    wrong = await submit(hass, island, kind, {**form, "reading": {"power_export": "sensor.soc"}})
    assert wrong["errors"] == {"reading": "entity_no_power"}
    data = await saved(hass, island, kind, form)
    assert data["power_export"] == "sensor.exported"


async def test_a_device_is_added_by_its_own_user(hass: HomeAssistant, island: MockConfigEntry) -> None:
    """The sensor that one charger exports with belongs to nobody else."""
    form = {**BARE, "current_limit": "number.limit", "reading": {"power_export": "sensor.exported"}}
    await submit(hass, island, "charger", form)
    flow = await hass.config_entries.subentries.async_init((island.entry_id, "solar"), context={"source": SOURCE_USER})
    solar = {"name": "Roof", "power": "sensor.exported", "phases": ["1"], "production_negative": False}
    refused = await hass.config_entries.subentries.async_configure(flow["flow_id"], solar)
    assert refused["errors"] == {"power": "entity_taken"}


async def test_what_is_known_of_a_device_is_not_asked(hass: HomeAssistant, island: MockConfigEntry) -> None:
    made = make(hass, next(each for each in KNOWN if each.preset == "goecharger_api2"))
    flow = hass.config_entries.subentries
    menu = await flow.async_init((island.entry_id, "charger"), context={"source": SOURCE_USER})
    form = await flow.async_configure(menu["flow_id"], {"next_step_id": "device"})
    form = await flow.async_configure(form["flow_id"], {"device": made.device_id})
    done = await go_on_as_shown(hass, form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    stored = next(iter(island.subentries.values())).data
    assert (stored["pause_option"], stored["resume_option"]) == ("1", "0")


@pytest.mark.parametrize(("unit", "key"), [("°C", "entity_no_limit"), ("A", "outside_range")])
async def test_a_control_that_does_not_take_what_it_has_to(hass: HomeAssistant, unit: str, key: str) -> None:
    hass.states.async_set("number.limit", "8", {"unit_of_measurement": unit, "min": 8, "max": 16})
    problem = check_control(hass, "number.limit", Scale(base="A", unit="A"), lowest=6.0, highest=16.0)
    assert problem is not None
    assert problem.key == key
