"""Adding and changing participants."""

from types import MappingProxyType
from typing import Any

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.tangle_grid.const import DOMAIN
from tests.support.forms import as_shown, no_start
from tests.support.subentry_forms import CHARGER, add_island, change, flat, for_form, go_on, merged, open_step, submit

__all__ = ["no_start"]
BATTERY: dict[str, Any] = {
    "name": "Volt",
    "power": "sensor.battery",
    "soc": "sensor.battery_soc",
    "power_setpoint": "number.setpoint",
    "phases": ["1"],
    "limits": {"battery_kwh": 10, "max_charge_w": 3000, "max_discharge_w": 2500, "min_soc": 10},
    "signs": {"power_inverted": False, "setpoint_inverted": False},
    "policy": {"mode": "always", "charged_above": 80, "min_rate": 0},
}
HOUSEHOLD: dict[str, Any] = {
    "name": "Home 1",
    "power": "sensor.home",
    "phases": ["2"],
    "loads": [{"entity": "switch.boiler", "rated_w": 2000}],
    "policy": {"mode": "ask", "min_rate": 0.0001},
}
SOLAR: dict[str, Any] = {
    "name": "Roof",
    "power": "sensor.sun",
    "phases": ["1", "2", "3"],
    "production_negative": False,
}


@pytest.fixture(autouse=True)
def devices(hass: HomeAssistant) -> None:
    for entity_id, state, unit, bounds in (
        ("sensor.l1", "100", "W", {}),
        ("sensor.charger", "0", "kW", {}),
        ("number.limit", "16", "A", {"min": 0, "max": 32, "step": 1}),
        ("number.limit_from_six", "16", "A", {"min": 6, "max": 16, "step": 1}),
        ("number.discharge", "0", "A", {"min": 0, "max": 16, "step": 1}),
        ("number.asleep", "unavailable", "A", {}),
        ("number.from_eight", "16", None, {"min": 8, "max": 32}),
        ("number.of_no_bounds", "16", "A", {}),
        ("number.temperature", "20", "°C", {"min": 0, "max": 32}),
        ("switch.enable", "on", None, {}),
        ("sensor.i1", "0", "A", {}),
        ("sensor.i2", "0", "A", {}),
        ("sensor.i3", "0", "A", {}),
        ("sensor.car", "unavailable", "%", {}),
        ("sensor.car_range", "300", "km", {}),
        ("sensor.leaves", "unknown", None, {}),
        ("sensor.battery", "0", "W", {}),
        ("sensor.battery_soc", "50", "%", {}),
        ("number.setpoint", "0", "kW", {"min": -3, "max": 3}),
        ("sensor.home", "400", "W", {}),
        ("switch.boiler", "on", None, {}),
        ("sensor.sun", "unavailable", "W", {}),
    ):
        hass.states.async_set(entity_id, state, {"unit_of_measurement": unit, **bounds} if unit else bounds)


@pytest.fixture
def island(hass: HomeAssistant) -> MockConfigEntry:
    return add_island(hass)


async def test_a_charger_that_cannot_pause_is_said_to(hass: HomeAssistant, island: MockConfigEntry) -> None:
    """Its lowest current is always drawn: whoever adds it knows, and its safe current is no less."""
    stubborn = {key: value for key, value in CHARGER.items() if key != "enable"} | {
        "current_limit": "number.limit_from_six"
    }
    refused = await submit(hass, island, "charger", merged(stubborn, {"limits": {"safe_current": 0}}))
    assert refused["errors"] == {"safe_current": "safe_below_lowest"}
    placeholders = refused["description_placeholders"]
    assert placeholders is not None
    assert placeholders["lowest"] == "6"
    told = await submit(hass, island, "charger", stubborn)
    assert (told["type"], told["step_id"]) == (FlowResultType.FORM, "cannot_pause")
    assert told["description_placeholders"] == {"lowest": "6"}
    assert not island.subentries
    saved = await hass.config_entries.subentries.async_configure(told["flow_id"], {})
    assert saved["type"] is FlowResultType.CREATE_ENTRY
    # With a switch, or a number that goes down to 0, there is nothing to say.
    with_switch = merged(CHARGER, {"name": "Two", "current_limit": "number.limit", "power": "sensor.home"})
    assert (await submit(hass, island, "charger", with_switch))["type"] is FlowResultType.CREATE_ENTRY


async def test_what_cannot_be_paused_counts_in_the_safe_state(hass: HomeAssistant, island: MockConfigEntry) -> None:
    """One that was stored with a safe current of 0 draws its least all the same."""
    hass.config_entries.async_update_entry(island, data={**island.data, "capacity_a": 11.0})
    stored = {"current_limit": "number.limit_from_six", "safe_current": 0, "phases": [1, 2, 3], "power": "sensor.home"}
    old = ConfigSubentry(data=MappingProxyType(stored), subentry_type="charger", title="Old", unique_id=None)
    hass.config_entries.async_add_subentry(island, old)
    refused = await submit(hass, island, "charger", CHARGER)
    assert refused["errors"] == {"base": "safe_currents_exceed"}
    placeholders = refused["description_placeholders"]
    assert placeholders is not None
    assert placeholders["safe"] == "12"


async def test_both_warnings_come_one_after_the_other(hass: HomeAssistant, island: MockConfigEntry) -> None:
    hass.states.async_set("sensor.l1", "14000", {"unit_of_measurement": "W"})
    hass.config_entries.async_update_entry(island, data={**island.data, "meter": {"power": ["sensor.l1"]}})
    stubborn = {key: value for key, value in CHARGER.items() if key != "enable"} | {
        "current_limit": "number.limit_from_six",
        "phases": ["1"],
    }
    told = await submit(hass, island, "charger", stubborn)
    assert told["step_id"] == "cannot_pause"
    told = await hass.config_entries.subentries.async_configure(told["flow_id"], {})
    assert told["step_id"] == "safe_currents_tight"
    saved = await hass.config_entries.subentries.async_configure(told["flow_id"], {})
    assert saved["type"] is FlowResultType.CREATE_ENTRY


async def test_a_switch_that_pauses(hass: HomeAssistant, island: MockConfigEntry) -> None:
    result = await submit(hass, island, "charger", {**CHARGER, "advanced": {"enable_pauses": True}})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert next(iter(island.subentries.values())).data["enable_pauses"] is True


@pytest.mark.parametrize(
    ("kind", "data", "field", "entity"),
    [
        ("charger", CHARGER, "current_limit", "number.limit"),
        ("charger", {**CHARGER, "current_limit": "number.limit_from_six"}, "enable", "switch.enable"),
        ("battery", BATTERY, "power_setpoint", "number.setpoint"),
        ("household", HOUSEHOLD, "loads", "switch.boiler"),
    ],
)
async def test_two_islands_do_not_control_one_device(
    hass: HomeAssistant, island: MockConfigEntry, kind: str, data: dict[str, Any], field: str, entity: str
) -> None:
    other = MockConfigEntry(domain=DOMAIN, title="Street", data={**island.data, "island_id": "island2"})
    other.add_to_hass(hass)
    first = {"charger": CHARGER, "battery": BATTERY, "household": HOUSEHOLD}[kind]
    assert (await submit(hass, other, kind, first))["type"] is FlowResultType.CREATE_ENTRY
    refused = await submit(hass, island, kind, data)
    assert refused["errors"] == {field: "entity_controlled"}
    placeholders = refused["description_placeholders"]
    assert placeholders is not None
    assert (placeholders["entity"], placeholders["other"]) == (entity, "Street")
    # The same may be measured by both: the house's meter is a household of the street.
    assert (await submit(hass, other, "solar", SOLAR))["type"] is FlowResultType.CREATE_ENTRY
    assert (await submit(hass, island, "solar", SOLAR))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("kind", "data", "stored"),
    [
        (
            "charger",
            CHARGER,
            {
                "name": "Maple 4",
                "power": "sensor.charger",
                "current_limit": "number.limit",
                "enable": "switch.enable",
                "phases": [1, 2, 3],
                "min_current": 6,
                "max_current": 16,
                "safe_current": 6,
                "soc": "sensor.car",
                "battery_kwh": 60,
                "target_soc": 80,
                "departure": "07:00:00",
                "policy": {"mode": "departure_holds", "charged_above": 80, "min_rate": 0},
            },
        ),
        (
            "battery",
            BATTERY,
            {
                "name": "Volt",
                "power": "sensor.battery",
                "soc": "sensor.battery_soc",
                "power_setpoint": "number.setpoint",
                "phases": [1],
                "battery_kwh": 10,
                "max_charge_w": 3000,
                "max_discharge_w": 2500,
                "min_soc": 10,
                "power_inverted": False,
                "setpoint_inverted": False,
                "policy": {"mode": "always", "charged_above": 80, "min_rate": 0},
            },
        ),
        (
            "household",
            HOUSEHOLD,
            {
                "name": "Home 1",
                "power": "sensor.home",
                "phases": [2],
                "loads": [{"entity": "switch.boiler", "rated_w": 2000}],
                "policy": {"mode": "ask", "min_rate": 100},
            },
        ),
        ("solar", SOLAR, {"name": "Roof", "power": "sensor.sun", "phases": [1, 2, 3], "production_negative": False}),
    ],
)
async def test_add_and_change(
    hass: HomeAssistant, island: MockConfigEntry, kind: str, data: dict[str, Any], stored: dict[str, Any]
) -> None:
    result = await submit(hass, island, kind, data)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    subentry = next(iter(island.subentries.values()))
    assert subentry.subentry_type == kind
    assert subentry.title == data["name"]
    assert dict(subentry.data) == stored

    result = await change(hass, island, subentry.subentry_id, "user", data | {"name": "New name"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    subentry = island.subentries[subentry.subentry_id]
    assert subentry.title == "New name"
    assert dict(subentry.data) == stored | {"name": "New name"}


async def test_change_shows_what_is_stored(hass: HomeAssistant, island: MockConfigEntry) -> None:
    await submit(hass, island, "charger", merged(CHARGER, {"limits": {"max_current": 13}}))
    subentry_id = next(iter(island.subentries))
    shown: dict[str, Any] = {}
    for step in ("user", "limits", "car", "policy"):
        schema = (await open_step(hass, island, subentry_id, step))["data_schema"]
        assert schema is not None
        shown |= flat(as_shown(schema))
    assert shown.items() >= flat(merged(CHARGER, {"limits": {"max_current": 13}})).items()


async def test_cleared_fields_are_forgotten(hass: HomeAssistant, island: MockConfigEntry) -> None:
    await submit(hass, island, "charger", CHARGER)
    subentry_id = next(iter(island.subentries))
    refused = await change(hass, island, subentry_id, "car", {"target_soc": 80})
    assert refused["errors"] == {"base": "policy_needs_departure"}
    await change(hass, island, subentry_id, "policy", {"mode": "never", "min_rate": 0})
    await change(hass, island, subentry_id, "car", {"target_soc": 80})
    await change(hass, island, subentry_id, "user", {key: value for key, value in CHARGER.items() if key != "enable"})
    assert not {"enable", "soc", "departure", "battery_kwh"} & set(island.subentries[subentry_id].data)
    assert island.subentries[subentry_id].data["max_current"] == 16


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"name": " "}, "name", "name_missing"),
        ({"phases": ["1", "2"]}, "phases", "phase_count"),
        ({"power": "sensor.gone"}, "power", "entity_missing"),
        ({"power": "sensor.i1"}, "power", "entity_no_power"),
        ({"power": "sensor.l1"}, "power", "entity_taken"),
        ({"current_limit": "number.gone"}, "current_limit", "entity_missing"),
        ({"current_limit": "number.temperature"}, "current_limit", "entity_no_limit"),
        ({"limits": {"max_current": 40}}, "base", "outside_range"),
        ({"current_limit": "number.limit_from_six", "limits": {"min_current": 5}}, "base", "outside_range"),
        ({"current_limit": "number.from_eight"}, "base", "outside_range"),
        ({"enable": "switch.gone"}, "enable", "entity_missing"),
        ({"currents": ["sensor.i1", "sensor.i2", "sensor.car_range"]}, "reading", "entity_no_current"),
        ({"currents": ["sensor.i1", "sensor.i2"]}, "reading", "currents_count"),
        ({"energy": "sensor.car_range"}, "reading", "entity_no_energy"),
        ({"energy": "sensor.gone"}, "reading", "entity_missing"),
        ({"currents": ["sensor.i1", "sensor.i2", "sensor.i2"]}, "reading", "entity_twice"),
        ({"limits": {"min_current": 16, "max_current": 10}}, "min_current", "minimum_above_maximum"),
        ({"limits": {"safe_current": 20}}, "safe_current", "safe_outside_limits"),
        ({"limits": {"safe_current": 3}}, "safe_current", "safe_outside_limits"),
        ({"car": {"soc": "sensor.car_range"}}, "soc", "entity_no_percentage"),
        ({"car": {"departure_entity": "sensor.leaves"}}, "departure", "departure_twice"),
        ({"feed_back": {"max_discharge_current": 10}}, "feed_back", "feed_back_incomplete"),
        ({"feed_back": {"discharge_current": "number.discharge"}}, "feed_back", "feed_back_incomplete"),
        (
            {"feed_back": {"discharge_current": "number.discharge", "max_discharge_current": 20}},
            "feed_back",
            "outside_range",
        ),
        (
            {
                "current_limit": "number.limit_from_six",
                "feed_back": {"discharge_current": "number.discharge", "max_discharge_current": 16},
            },
            "base",
            "outside_range",
        ),
        (
            {"feed_back": {"discharge_current": "number.limit", "max_discharge_current": 16}},
            "feed_back",
            "outside_range",
        ),
        ({"policy": {"v2g_floor_soc": 50}}, "conditions", "feed_back_impossible"),
    ],
)
async def test_charger_is_checked(
    hass: HomeAssistant, island: MockConfigEntry, wrong: dict[str, Any], field: str, error: str
) -> None:
    result = await submit(hass, island, "charger", merged(CHARGER, wrong))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}
    if field != "base":
        result = await go_on(hass, result, CHARGER)
        assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_number_that_tells_no_bounds_takes_what_it_is_told(
    hass: HomeAssistant, island: MockConfigEntry
) -> None:
    result = await submit(hass, island, "charger", CHARGER | {"current_limit": "number.of_no_bounds"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_setpoint_that_counts_the_other_way_has_its_bounds_the_other_way(
    hass: HomeAssistant, island: MockConfigEntry
) -> None:
    """It is to charge with 5 kW, which is -5 kW to such a battery, and feeds back no more than 1 kW."""
    hass.states.async_set("number.setpoint", "0", {"unit_of_measurement": "kW", "min": -5, "max": 1})
    limits = {"limits": {"max_charge_w": 5000, "max_discharge_w": 1000}}
    result = await submit(hass, island, "battery", merged(BATTERY, limits))
    assert result["errors"] == {"base": "outside_range"}
    inverted = merged(BATTERY, {**limits, "signs": {"setpoint_inverted": True}})
    result = await submit(hass, island, "battery", inverted)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("mode", "car", "error"),
    [
        ("when_charged", {"target_soc": 80}, "policy_needs_soc"),
        ("departure_holds", {"target_soc": 80, "soc": "sensor.car"}, "policy_needs_departure"),
    ],
)
async def test_policies_need_to_know_the_car(
    hass: HomeAssistant, island: MockConfigEntry, mode: str, car: dict[str, Any], error: str
) -> None:
    data = merged(CHARGER, {"policy": {"mode": mode}}) | {"car": car}
    result = await submit(hass, island, "charger", data)
    assert result["errors"] == {"mode": error}


@pytest.mark.parametrize(
    ("kind", "data", "field", "error"),
    [
        ("battery", merged(BATTERY, {"limits": {"max_charge_w": 4000}}), "base", "outside_range"),
        (
            "battery",
            merged(BATTERY, {"limits": {"max_discharge_w": 4000}, "signs": {"setpoint_inverted": True}}),
            "base",
            "outside_range",
        ),
        ("battery", BATTERY | {"soc": "sensor.car_range"}, "soc", "entity_no_percentage"),
        ("battery", BATTERY | {"enable": "switch.gone"}, "enable", "entity_missing"),
        ("household", HOUSEHOLD | {"loads": []}, "mode", "policy_needs_loads"),
        (
            "household",
            HOUSEHOLD | {"loads": [{**HOUSEHOLD["loads"][0], "off_when": "fuse"}]},
            "mode",
            "policy_needs_loads",
        ),
        ("household", HOUSEHOLD | {"loads": [{"entity": "switch.gone", "rated_w": 1}]}, "loads", "entity_missing"),
        ("household", HOUSEHOLD | {"loads": HOUSEHOLD["loads"] * 2}, "loads", "entity_twice"),
        ("household", HOUSEHOLD | {"power": "sensor.l1"}, "power", "entity_taken"),
        ("solar", SOLAR | {"power": "sensor.car"}, "power", "entity_no_power"),
    ],
)
async def test_others_are_checked(
    hass: HomeAssistant, island: MockConfigEntry, kind: str, data: dict[str, Any], field: str, error: str
) -> None:
    if error == "entity_no_power" and kind == "solar":
        hass.states.async_set("sensor.car", "20", {"unit_of_measurement": "%"})
    result = await submit(hass, island, kind, data)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}


async def test_a_load_that_protects_the_fuse(hass: HomeAssistant, island: MockConfigEntry) -> None:
    """What the form fills in for a least time off stands for the usual one."""
    load = {"entity": "switch.boiler", "rated_w": 2000, "off_when": "fuse", "least_on": 600}
    form = HOUSEHOLD | {"loads": [{**load, "least_off": 0}], "policy": {"mode": "never", "min_rate": 0}}
    result = await submit(hass, island, "household", form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (stored,) = (each for each in island.subentries.values() if each.subentry_type == "household")
    assert stored.data["loads"] == [load]


@pytest.mark.parametrize("load", [{"rated_w": 0}, {}], ids=["nought", "left out"])
@pytest.mark.parametrize(
    ("switch", "watts", "taken"),
    [
        ("switch.tumbler", "1850.4", 1850),
        ("switch.tumbler", "1.2", None),
        ("switch.tumbler", "unavailable", None),
        ("switch.boiler", "1850", None),
    ],
    ids=["runs", "idle", "silent", "no device"],
)
async def test_a_load_without_a_power_is_measured_or_asked_for(
    hass: HomeAssistant, island: MockConfigEntry, load: dict[str, Any], switch: str, watts: str, taken: int | None
) -> None:
    """By its own device, while it runs."""
    plug = MockConfigEntry(domain="plug")
    plug.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=plug.entry_id, identifiers={("plug", "1")})
    registry = er.async_get(hass)
    for domain, name in (("switch", "tumbler"), ("sensor", "tumbler_energy"), ("sensor", "tumbler_power")):
        registry.async_get_or_create(
            domain, "plug", name, suggested_object_id=name, config_entry=plug, device_id=device.id
        )
    hass.states.async_set("switch.tumbler", "on")
    hass.states.async_set("sensor.tumbler_energy", "7", {"unit_of_measurement": "kWh", "device_class": "energy"})
    hass.states.async_set("sensor.tumbler_power", watts, {"unit_of_measurement": "W", "device_class": "power"})
    result = await submit(hass, island, "household", HOUSEHOLD | {"loads": [{"entity": switch, **load}]})
    if taken is None:
        assert result["errors"] == {"loads": "load_power_unknown"}
        placeholders = result["description_placeholders"]
        assert placeholders is not None
        assert placeholders["entity"] == switch
        return
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (stored,) = (each for each in island.subentries.values() if each.subentry_type == "household")
    assert stored.data["loads"] == [{"entity": switch, "rated_w": taken}]


async def test_nothing_belongs_to_two_participants(hass: HomeAssistant, island: MockConfigEntry) -> None:
    await submit(hass, island, "charger", CHARGER)
    result = await submit(hass, island, "charger", CHARGER)
    assert result["errors"] == {"name": "name_taken"}
    result = await submit(hass, island, "charger", CHARGER | {"name": "Maple 5"})
    assert result["errors"] == {"power": "entity_taken"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["other"] == "Maple 4"
    result = await submit(hass, island, "household", HOUSEHOLD | {"loads": [{"entity": "switch.enable", "rated_w": 9}]})
    assert result["errors"] == {"loads": "entity_taken"}
    # One car may stand at two chargers.
    hass.states.async_set("sensor.charger_2", "0", {"unit_of_measurement": "W"})
    hass.states.async_set("number.limit_2", "6", {"unit_of_measurement": "A", "min": 0, "max": 16})
    second = CHARGER | {"name": "Maple 5", "power": "sensor.charger_2", "current_limit": "number.limit_2"}
    del second["enable"]
    result = await submit(hass, island, "charger", second)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_single_phase_feed_has_one_phase_to_offer(hass: HomeAssistant) -> None:
    entry = add_island(hass, ["sensor.l1"])
    form = await hass.config_entries.subentries.async_init((entry.entry_id, "solar"), context={"source": SOURCE_USER})
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema["phases"].config["options"] == ["1"]


# Owners


def _owner_options(form: SubentryFlowResult) -> dict[str, str] | None:
    """Who can be chosen, by name; None when the form does not ask."""
    schema = form["data_schema"]
    assert schema is not None
    fields = {str(marker): value for marker, value in schema.schema.items()}
    if "owners" not in fields:
        return None
    return {option["label"]: option["value"] for option in fields["owners"].config["options"]}


async def _form(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> SubentryFlowResult:
    """The last step of adding something."""
    data = {"charger": CHARGER, "battery": BATTERY, "household": HOUSEHOLD, "solar": SOLAR, "feeder": {}}[kind]
    form = await hass.config_entries.subentries.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})
    while not form["last_step"]:
        assert form["data_schema"] is not None
        sent = for_form(form["data_schema"], flat(data))
        form = await hass.config_entries.subentries.async_configure(form["flow_id"], sent)
        assert not form["errors"]
    return form


async def test_one_user_alone_is_not_asked_who_owns_what(hass: HomeAssistant, island: MockConfigEntry) -> None:
    MockUser(name="Anna").add_to_hass(hass)
    MockUser(name="Supervisor", system_generated=True).add_to_hass(hass)
    MockUser(name="Gone", is_active=False).add_to_hass(hass)
    assert _owner_options(await _form(hass, island, "charger")) is None


@pytest.mark.parametrize(
    ("kind", "data"), [("charger", CHARGER), ("battery", BATTERY), ("household", HOUSEHOLD), ("solar", SOLAR)]
)
async def test_owners_are_chosen_by_name(
    hass: HomeAssistant, island: MockConfigEntry, kind: str, data: dict[str, Any]
) -> None:
    anna = MockUser(name="Anna").add_to_hass(hass)
    bert = MockUser(name="Bert").add_to_hass(hass)
    form = await _form(hass, island, kind)
    assert _owner_options(form) == {"Anna": anna.id, "Bert": bert.id}
    await go_on(hass, form, {**data, "owners": [bert.id]})
    (subentry,) = island.subentries.values()
    assert subentry.data["owners"] == [bert.id]

    # Whoever is deleted does not turn it into everybody's; whoever takes them off does.
    await hass.auth.async_remove_user(bert)
    form = await open_step(hass, island, subentry.subentry_id, "policy")
    assert _owner_options(form) == {"Anna": anna.id, f"? ({bert.id[:8]})": bert.id}
    result = await go_on(hass, form, {**data, "owners": [bert.id]})
    assert result["reason"] == "reconfigure_successful"
    assert island.subentries[subentry.subentry_id].data["owners"] == [bert.id]
    form = await open_step(hass, island, subentry.subentry_id, "policy")
    await go_on(hass, form, data)
    assert "owners" not in island.subentries[subentry.subentry_id].data


async def test_a_feeder_has_no_owners(hass: HomeAssistant, island: MockConfigEntry) -> None:
    for name in ("Anna", "Bert"):
        MockUser(name=name).add_to_hass(hass)
    assert _owner_options(await _form(hass, island, "feeder")) is None
