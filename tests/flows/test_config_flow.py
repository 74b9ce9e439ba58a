"""Setting up an island, and changing it: what is wrong is said before anything is saved."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.devices import device_config
from custom_components.tangle_grid.devices.feeders import build_meter, feeder_config
from custom_components.tangle_grid.economy.topics import rounded
from custom_components.tangle_grid.flows.subentries.participant import phase_count
from custom_components.tangle_grid.grid.model.world import BatteryConfig, ChargerConfig, HouseholdConfig, PolicyMode
from custom_components.tangle_grid.island.topics import area_of_topic, topic_of
from custom_components.tangle_grid.simulated.allowance import ALLOWANCE_I
from tests.support.forms import as_shown, no_start, past_the_meter

__all__ = ["no_start"]
METER = ["sensor.l1", "sensor.l2", "sensor.l3"]
ISLAND = {"name": "Garage", "meter_power": METER, "capacity_a": 63, "threshold": 80}


@pytest.fixture
def archived() -> Iterator[dict[str, str]]:
    """Islands that were removed."""
    islands: dict[str, str] = {}
    with patch("custom_components.tangle_grid.config_flow.async_archived_islands", return_value=islands):
        yield islands


@pytest.fixture
def meter(hass: HomeAssistant) -> None:
    for entity_id in METER:
        hass.states.async_set(entity_id, "1200", {"unit_of_measurement": "W"})
    for entity_id in ("sensor.a1", "sensor.a2", "sensor.a3"):
        hass.states.async_set(entity_id, "6.1", {"unit_of_measurement": "A"})


async def open_form(hass: HomeAssistant, choice: str) -> ConfigFlowResult:
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    assert choice in menu["menu_options"]
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": choice})
    assert form["type"] is FlowResultType.FORM
    return form


@pytest.mark.usefixtures("meter", "archived")
async def test_island(hass: HomeAssistant) -> None:
    form = await open_form(hass, "island")
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], ISLAND))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Garage"
    entry = result["result"]
    assert entry.data == {
        "kind": "island",
        "island_id": entry.unique_id,
        "meter": {"power": METER},
        "meter_total": "phases",
        "capacity_a": 63.0,
        "threshold": 80.0,
    }


@pytest.mark.usefixtures("meter", "archived")
@pytest.mark.parametrize(
    ("change", "states", "field", "error"),
    [
        ({"meter_power": METER[:2]}, {}, "base", "meter_count"),
        ({"meter_power": []}, {}, "base", "meter_missing"),
        ({"meter_current": ["sensor.a1"]}, {}, "base", "meter_both_kinds"),
        ({"other_meters": {"meter_export": ["sensor.a1"]}}, {}, "base", "meter_export"),
        ({"other_meters": {"meter_total": "uneven"}}, {}, "base", "meter_total"),
        (
            {"meter_power": [], "meter_current": ["sensor.a1"], "other_meters": {"meter_total": "even"}},
            {},
            "base",
            "meter_total",
        ),
        ({"meter_power": ["sensor.l1", "sensor.l1", "sensor.l2"]}, {}, "base", "entity_twice"),
        ({"meter_power": ["sensor.gone"]}, {}, "base", "entity_missing"),
        ({}, {"sensor.l2": ("unavailable", "W")}, "base", "entity_silent"),
        ({}, {"sensor.l2": ("on", "W")}, "base", "entity_not_numeric"),
        ({}, {"sensor.l2": ("12", "kWh")}, "base", "entity_no_power"),
        ({}, {"sensor.l2": ("1200", "kW")}, "base", "meter_implausible"),
        ({"name": "  "}, {}, "name", "name_missing"),
    ],
)
async def test_what_is_wrong_is_said_and_can_be_put_right(
    hass: HomeAssistant, change: dict[str, Any], states: dict[str, tuple[str, str]], field: str, error: str
) -> None:
    before = {entity_id: hass.states.get(entity_id) for entity_id in states}
    for entity_id, (state, unit) in states.items():
        hass.states.async_set(entity_id, state, {"unit_of_measurement": unit})
    form = await open_form(hass, "island")
    result = await hass.config_entries.flow.async_configure(form["flow_id"], ISLAND | change)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}
    for entity_id, was in before.items():
        assert was is not None
        hass.states.async_set(entity_id, was.state, dict(was.attributes))
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], ISLAND))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("meter", "archived")
async def test_disabled_entity_is_told_from_a_missing_one(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    disabled = entity_registry.async_get_or_create(
        "sensor", "test", "x", disabled_by=er.RegistryEntryDisabler.INTEGRATION
    )
    form = await open_form(hass, "island")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], ISLAND | {"meter_power": [disabled.entity_id]}
    )
    assert result["errors"] == {"base": "entity_disabled"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["entity"] == disabled.entity_id


@pytest.mark.usefixtures("meter")
async def test_a_meter_that_tells_what_is_fed_in_apart(hass: HomeAssistant) -> None:
    export = ["sensor.e1", "sensor.e2", "sensor.e3"]
    for entity_id in export:
        hass.states.async_set(entity_id, "0", {"unit_of_measurement": "kW"})
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Garage",
        data={"kind": "island", "island_id": "i1", "meter": {"power": METER}, "capacity_a": 63.0},
    )
    entry.add_to_hass(hass)
    for meter in ({"meter_export": export}, {}):
        form = await entry.start_reconfigure_flow(hass)
        assert form["data_schema"] is not None
        assert as_shown(form["data_schema"])["other_meters"].get("meter_export") == entry.data["meter"].get("export")
        change = {"meter_power": METER, "capacity_a": 63, "threshold": 80, "other_meters": meter}
        done = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], change))
        assert done["type"] is FlowResultType.ABORT
        wanted = {"power": METER, "export": export} if meter else {"power": METER}
        assert entry.data["meter"] == wanted


@pytest.mark.usefixtures("meter", "archived")
async def test_a_meter_of_all_three_phases(hass: HomeAssistant) -> None:
    """Its participants may hang on all of them, and it may be said later that loads are spread evenly."""
    data = {"name": "Home", "meter_power": METER[:1], "capacity_a": 25, "threshold": 80}
    form = await open_form(hass, "island")
    sent = {**data, "other_meters": {"meter_total": "uneven"}}
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], sent))
    entry = result["result"]
    config = feeder_config(entry.data)
    assert (config.capacity_a, config.is_total, phase_count(entry)) == ((25.0, 25.0, 25.0), True, 3)
    reading = build_meter(hass, entry.data, lambda moment: moment.timestamp()).reading()
    assert reading is not None
    assert reading.power_w == pytest.approx((reading.total_w / 3,) * 3)
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert form["data_schema"] is not None
    assert as_shown(form["data_schema"])["other_meters"] == {"meter_total": "uneven"}
    change = {key: value for key, value in data.items() if key != "name"} | {"other_meters": {"meter_total": "even"}}
    await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], change))
    assert (feeder_config(entry.data).is_total, phase_count(entry)) == (False, 3)


@pytest.mark.usefixtures("meter", "archived")
async def test_current_meter(hass: HomeAssistant) -> None:
    form = await open_form(hass, "island")
    data = {"name": "Home", "meter_current": ["sensor.a1"], "capacity_a": 25, "threshold": 90}
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], data))
    assert result["result"].data["meter"] == {"current": ["sensor.a1"]}


@pytest.mark.usefixtures("meter", "archived")
async def test_name_is_unique(hass: HomeAssistant) -> None:
    MockConfigEntry(domain=DOMAIN, title="garage", data={"island_id": "x"}).add_to_hass(hass)
    form = await open_form(hass, "island")
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], ISLAND))
    assert result["errors"] == {"name": "name_taken"}


@pytest.mark.usefixtures("meter", "archived")
async def test_a_feed_belongs_to_one_island(hass: HomeAssistant) -> None:
    """Whatever it is called, in whichever order its phases are named, and also when a meter is changed."""
    other = MockConfigEntry(
        domain=DOMAIN, title="Pier", data={"kind": "island", "island_id": "x", "meter": {"power": METER[::-1]}}
    )
    other.add_to_hass(hass)
    form = await open_form(hass, "island")
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], ISLAND))
    assert result["errors"] == {"base": "feed_taken"}
    assert result["description_placeholders"] is not None
    assert result["description_placeholders"]["other"] == "Pier"
    current = {"name": "Garage", "meter_current": ["sensor.a1"], "capacity_a": 63, "threshold": 80}
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], current))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": result["result"].entry_id}
    )
    change = {"meter_power": METER[:1], "capacity_a": 63, "threshold": 80}
    result = await hass.config_entries.flow.async_configure(form["flow_id"], change)
    assert result["errors"] == {"base": "feed_taken"}


@pytest.mark.usefixtures("meter")
@pytest.mark.parametrize(("choice", "restored"), [("old", True), ("new", False)])
async def test_wallets_of_a_removed_island_can_go_on(
    hass: HomeAssistant, archived: dict[str, str], choice: str, *, restored: bool
) -> None:
    archived.update({"old": "Garage of last year", "in_use": "Other"})
    MockConfigEntry(domain=DOMAIN, title="Other", data={"island_id": "in_use"}).add_to_hass(hass)
    form = await open_form(hass, "island")
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], ISLAND))
    assert result["step_id"] == "restore"
    schema = result["data_schema"]
    assert schema is not None
    values = [option["value"] for option in schema.schema["restore"].config["options"]]
    assert values == ["new", "old"]
    result = await hass.config_entries.flow.async_configure(form["flow_id"], {"restore": choice})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert (result["result"].data["island_id"] == "old") is restored


@pytest.mark.usefixtures("archived")
async def test_simulated_street(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    form = await open_form(hass, "simulated_street")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Maple Street", "speed": 60, "start": "17:15:00", "seed": 7}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.data == {
        "kind": "simulated",
        "island_id": entry.unique_id,
        "speed": 60,
        "seed": 7,
        "layout": "street",
        "start": "17:15",
        "meter": {"power": [f"sensor.street_transformer_power_l{phase}" for phase in (1, 2, 3)]},
        "capacity_a": 63.0,
        "threshold": 74.0,
    }
    by_name = {subentry.title: subentry for subentry in entry.subentries.values()}
    kinds = [subentry.subentry_type for subentry in by_name.values()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "household": 8,
        "charger": 4,
        "battery": 1,
        "solar": 1,
        "vehicle": 3,
        "parking": 1,
        "toll": 1,
        "data_topic": 1,
    }
    vehicles = {name: by_name.pop(name).data for name in ("Car A", "Car B", "Car C")}
    for service in ("Car park", "Bridge toll"):
        assert by_name.pop(service).data["zone"] == "zone.home"
    potholes = by_name.pop("Potholes").data
    topic = topic_of("topic", potholes, "nobody", area_of_topic(hass, potholes))
    assert topic.area.contains(rounded(hass.config.latitude, hass.config.longitude))
    assert topic.cost_i < ALLOWANCE_I
    configs = {name: device_config(subentry) for name, subentry in by_name.items()}
    for name, vehicle in vehicles.items():
        # On the first evening it is as if it was none: a vehicle wants what is wanted at the charger.
        charger = by_name[name.replace("Car", "Charger")].data
        for setting in ("policy", "battery_kwh", "target_soc"):
            assert vehicle[setting] == charger[setting]
        assert entity_registry.async_is_registered(vehicle["soc"])
        assert entity_registry.async_is_registered(charger["id_sensor"])
    chargers = {name: config for name, config in configs.items() if isinstance(config, ChargerConfig)}
    v2g = chargers["Charger A"]
    assert v2g.max_discharge_a == 16.0
    assert v2g.policy.v2g_floor_soc == 60.0
    assert {config.policy.mode for config in chargers.values()} == {
        PolicyMode.WHEN_CHARGED,
        PolicyMode.DEPARTURE_HOLDS,
        PolicyMode.ASK,
    }
    assert chargers["Charger C"].phases == (0,)
    assert isinstance(configs["Home battery"], BatteryConfig)
    homes = {name: config for name, config in configs.items() if isinstance(config, HouseholdConfig)}
    assert len(homes) == 8
    modes = {config.policy.mode for config in homes.values() if config.loads}
    assert modes == {PolicyMode.ALWAYS, PolicyMode.NEVER}
    for name, config in homes.items():
        for load in config.loads:
            assert load.load_id.startswith(f"switch.street_{name.lower().replace(' ', '_')}_")
            assert entity_registry.async_is_registered(load.load_id)
    registered = entity_registry.async_get("number.street_charger_1_discharge_current")
    assert registered is not None
    assert registered.unique_id == f"{entry.unique_id}_sim_charger_1_discharge_current"


@pytest.mark.usefixtures("archived")
@pytest.mark.parametrize(
    ("layout", "capacity_a", "expected"),
    [
        ("sunny", 63.0, ["battery", "household", "household", "household", "solar"]),
        ("house", 25.0, ["charger", "household"]),
    ],
)
async def test_simulated_feeds_of_other_layouts(
    hass: HomeAssistant, layout: str, capacity_a: float, expected: list[str]
) -> None:
    form = await open_form(hass, "simulated_street")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Sunny Side", "layout": layout, "speed": 60, "start": "17:15:00", "seed": 7}
    )
    entry = result["result"]
    assert (entry.data["layout"], entry.data["capacity_a"]) == (layout, capacity_a)
    # Nobody there pays for charging, and there are no services: cars with wallets belong to the street.
    assert sorted(each.subentry_type for each in entry.subentries.values()) == expected
    assert "prices" not in entry.options
    for subentry in entry.subentries.values():
        if subentry.subentry_type == "charger":
            assert device_config(subentry).policy.mode is PolicyMode.ALWAYS


@pytest.mark.usefixtures("archived")
async def test_the_time_of_a_street_can_be_changed(hass: HomeAssistant) -> None:
    form = await open_form(hass, "simulated_street")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Maple Street", "speed": 60, "start": "17:15:00", "seed": 7}
    )
    entry = result["result"]
    before = dict(entry.data)
    form = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    assert form["step_id"] == "reconfigure_street"
    result = await hass.config_entries.flow.async_configure(form["flow_id"], {"speed": 10, "start": "18:00:00"})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data == {**before, "speed": 10, "start": "18:00"}


@pytest.mark.usefixtures("archived")
async def test_two_streets_do_not_share_entities(hass: HomeAssistant) -> None:
    meters = []
    for name in ("Maple Street", "Oak Street"):
        form = await open_form(hass, "simulated_street")
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"name": name, "speed": 30, "start": "17:30:00", "seed": 1}
        )
        meters += result["result"].data["meter"]["power"]
    assert len(set(meters)) == 6


@pytest.mark.usefixtures("archived")
async def test_street_with_a_taken_name(hass: HomeAssistant) -> None:
    MockConfigEntry(domain=DOMAIN, title="Maple Street", data={"island_id": "x"}).add_to_hass(hass)
    form = await open_form(hass, "simulated_street")
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"name": "Maple Street", "speed": 30, "start": "17:30:00", "seed": 1}
    )
    assert result["errors"] == {"name": "name_taken"}


def island(hass: HomeAssistant, **kwargs: Any) -> MockConfigEntry:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Garage",
        unique_id="island1",
        data={
            "kind": "island",
            "island_id": "island1",
            "name": "Garage",
            "meter": {"power": METER},
            "capacity_a": 63.0,
            "threshold": 80.0,
        },
        **kwargs,
    )
    entry.add_to_hass(hass)
    return entry


@pytest.mark.usefixtures("meter")
async def test_reconfigure(hass: HomeAssistant) -> None:
    entry = island(hass)
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure"
    change = {"meter_current": ["sensor.a1", "sensor.a2", "sensor.a3"], "capacity_a": 40, "threshold": 70}
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], change | {"meter_current": ["sensor.a1", "sensor.a2", "sensor.gone"]}
    )
    assert result["errors"] == {"base": "entity_missing"}
    result = await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], change))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.data["meter"] == {"current": ["sensor.a1", "sensor.a2", "sensor.a3"]}
    assert (entry.data["capacity_a"], entry.data["threshold"]) == (40.0, 70.0)
    assert entry.data["island_id"] == "island1"


@pytest.mark.usefixtures("meter")
async def test_reconfigure_keeps_the_phases_that_participants_are_on(hass: HomeAssistant) -> None:
    entry = island(
        hass,
        subentries_data=[
            {"data": {}, "subentry_id": "p1", "subentry_type": "solar", "title": "Sun", "unique_id": None}
        ],
    )
    form = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"meter_power": ["sensor.l1"], "capacity_a": 63, "threshold": 80}
    )
    assert result["errors"] == {"base": "meter_fewer_phases"}


async def balancing(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "balancing"})


async def test_options(hass: HomeAssistant) -> None:
    entry = island(hass)
    form = await balancing(hass, entry)
    assert form["step_id"] == "balancing"
    wanted = {"rate": 2, "request_minutes": 10, "meter_max_age": 20, "publish_interval": 60}
    result = await hass.config_entries.options.async_configure(form["flow_id"], wanted)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    stored = {**wanted, "rate": 2_000_000, "panel": True}
    assert entry.options == stored
    assert all(isinstance(value, int) for value in entry.options.values())
    for change in ({"energy_price": 0.31}, {}):
        form = await balancing(hass, entry)
        await hass.config_entries.options.async_configure(form["flow_id"], wanted | change)
        assert entry.options == {**stored, **change}


PRICES = {"prices": [{"time": "2026-11-03T10:00:00+01:00", "price": 0.2}]}
SUN = {"watts": {"2026-11-03T12:00:00+01:00": 2000}}


async def options(hass: HomeAssistant, entry: MockConfigEntry, **change: Any) -> ConfigFlowResult:
    form = await balancing(hass, entry)
    wanted = {"rate": 1, "request_minutes": 15, "meter_max_age": 15, "publish_interval": 30}
    return await hass.config_entries.options.async_configure(form["flow_id"], wanted | change)


async def test_options_in_sections(hass: HomeAssistant) -> None:
    entry = island(hass)
    hass.states.async_set("sensor.sun", "1", SUN)
    hass.states.async_set("sensor.price", "1", PRICES)
    sections: dict[str, dict[str, Any]] = {
        "plan": {"planning": False, "sun_forecast": ["sensor.sun"], "price_forecast": "sensor.price"},
        "tariff": {"peak_target": 8.5, "peak_window": 15},
        "market": {"automatic": False, "max_rate": 3, "request_budget": 5, "day_budget": 9.000001},
        "sharing": {"fairness": 70, "dimming_floor": 4.2},
    }
    result = await options(hass, entry, **sections)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    stored = {key: value for content in sections.values() for key, value in content.items()}
    stored |= {"max_rate": 3_000_000, "request_budget": 5_000_000, "day_budget": 9_000_001}
    assert stored.items() <= dict(entry.options).items()
    form = await balancing(hass, entry)
    schema = form["data_schema"]
    assert schema is not None
    for name, content in sections.items():
        fields = schema.schema[name].schema.schema
        assert {str(field): field.description["suggested_value"] for field in fields} == content
    # What is cleared is forgotten: no tariff, no forecasts, no budget.
    result = await options(hass, entry, plan={"planning": True}, tariff={"peak_window": 15}, market={"automatic": True})
    assert not {"peak_target", "sun_forecast", "price_forecast", "max_rate", "day_budget"} & set(entry.options)


@pytest.mark.parametrize(
    ("change", "place", "error"),
    [
        ({"plan": {"sun_forecast": ["sensor.gone"]}}, "plan", "entity_missing"),
        ({"plan": {"sun_forecast": ["sensor.sun", "sensor.price"]}}, "plan", "no_sun_forecast"),
        ({"plan": {"price_forecast": "sensor.sun"}}, "plan", "no_price_forecast"),
        ({"plan": {"price_forecast": "sensor.gone"}}, "plan", "entity_missing"),
        ({"market": {"max_rate": 0.999999}}, "market", "rate_above_maximum"),
        ({"rate": 1.0000001}, "rate", "amount_too_fine"),
        ({"market": {"day_budget": 1.0000001}}, "market", "amount_too_fine"),
    ],
)
async def test_options_are_tested(hass: HomeAssistant, change: dict[str, Any], place: str, error: str) -> None:
    entry = island(hass)
    hass.states.async_set("sensor.sun", "1", SUN)
    hass.states.async_set("sensor.price", "1", PRICES)
    result = await options(hass, entry, **change)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {place: error}
    assert not entry.options
