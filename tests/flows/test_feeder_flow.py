"""Feeders below the main one, and what hangs on them: forms that refuse what cannot be."""

from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.devices import build_meters, feeder_configs
from tests.support.device_builders import epoch
from tests.support.forms import no_start, past_the_meter
from tests.support.subentry_forms import CHARGER, add_island, change, go_on, merged, open_step, submit

__all__ = ["no_start"]
GARAGE: dict[str, Any] = {
    "name": "Garage",
    "meter_power": ["sensor.g1", "sensor.g2", "sensor.g3"],
    "phases": ["1", "2", "3"],
    "capacity_a": 32,
    "threshold": 80,
}


@pytest.fixture(autouse=True)
def devices(hass: HomeAssistant) -> None:
    for phase in (1, 2, 3):
        hass.states.async_set(f"sensor.l{phase}", "2300", {"unit_of_measurement": "W"})
        hass.states.async_set(f"sensor.g{phase}", "1150", {"unit_of_measurement": "W"})
        hass.states.async_set(f"sensor.h{phase}", "0", {"unit_of_measurement": "A"})
    for number in (1, 2, 3):
        hass.states.async_set(f"sensor.charger_{number}", "0", {"unit_of_measurement": "W"})
        for kind in ("limit", "fail_safe"):
            bounds = {"min": 0, "max": 32, "step": 1, "unit_of_measurement": "A"}
            hass.states.async_set(f"number.{kind}_{number}", "16", bounds)


@pytest.fixture
def island(hass: HomeAssistant) -> MockConfigEntry:
    return add_island(hass)


def charger(number: int, **change: Any) -> dict[str, Any]:
    data = merged(
        CHARGER,
        {
            "name": f"Charger {number}",
            "power": f"sensor.charger_{number}",
            "current_limit": f"number.limit_{number}",
            "car": {},
            "policy": {"mode": "never"},
        },
    )
    del data["enable"]
    data["car"] = {"target_soc": 80}
    return merged(data, change)


def feeder(name: str, parent: str = "main", **data: Any) -> ConfigSubentry:
    content = {"name": name, "parent": parent, "meter_power": [], "phases": [1, 2, 3], "capacity_a": 32.0, **data}
    return ConfigSubentry(
        data=MappingProxyType(content), subentry_id=f"id_{name}", subentry_type="feeder", title=name, unique_id=None
    )


def added(entry: MockConfigEntry, title: str) -> ConfigSubentry:
    subentries: dict[str, ConfigSubentry] = dict(entry.subentries)
    return next(subentry for subentry in subentries.values() if subentry.title == title)


async def test_a_garage_below_the_main_feeder(hass: HomeAssistant, island: MockConfigEntry) -> None:
    result = await submit(hass, island, "feeder", GARAGE)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    garage = added(island, "Garage")
    assert dict(garage.data) == {**GARAGE, "phases": [1, 2, 3]}
    result = await submit(hass, island, "charger", charger(1, feeder=garage.subentry_id))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added(island, "Charger 1").data["feeder"] == garage.subentry_id
    basement = GARAGE | {"name": "Row", "meter_power": ["sensor.charger_3"], "phases": ["2"], "capacity_a": 16}
    result = await submit(hass, island, "feeder", basement | {"parent": garage.subentry_id})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    main, first, second = feeder_configs(island)
    assert (main.feeder_id, main.parent_id) == ("main", None)
    assert (first.feeder_id, first.parent_id, first.capacity_a) == (garage.subentry_id, "main", (32.0, 32.0, 32.0))
    assert (second.parent_id, second.capacity_a) == (garage.subentry_id, (0.0, 16.0, 0.0))
    assert second.threshold_a == pytest.approx((0.0, 12.8, 0.0))
    hass.states.async_set("sensor.charger_3", "460", {"unit_of_measurement": "W"})
    readings = {feeder_id: meter.reading() for feeder_id, meter in build_meters(hass, island, epoch).items()}
    loads = {feeder_id: reading.power_w for feeder_id, reading in readings.items() if reading is not None}
    assert loads == {
        "main": (2300.0, 2300.0, 2300.0),
        garage.subentry_id: (1150.0, 1150.0, 1150.0),
        second.feeder_id: (0.0, 460.0, 0.0),
    }


async def test_a_feeder_whose_meter_gives_one_total(hass: HomeAssistant, island: MockConfigEntry) -> None:
    total = GARAGE | {"meter_power": ["sensor.g1"], "other_meters": {"meter_total": "uneven"}}
    assert (await submit(hass, island, "feeder", total))["type"] is FlowResultType.CREATE_ENTRY
    garage = added(island, "Garage")
    _, config = feeder_configs(island)
    assert (config.capacity_a, config.is_total) == ((32.0, 32.0, 32.0), True)
    hass.states.async_set("sensor.g1", "6900", {"unit_of_measurement": "W"})
    reading = build_meters(hass, island, epoch)[garage.subentry_id].reading()
    assert reading is not None
    assert reading.power_w == pytest.approx((2300.0, 2300.0, 2300.0))
    # What no charger draws may flow in one phase: 6.9 kW are 30 A there.
    warned = await submit(hass, island, "charger", charger(1, feeder=garage.subentry_id))
    assert warned["step_id"] == "safe_currents_tight"
    assert warned["description_placeholders"] is not None
    assert warned["description_placeholders"]["load"] == "30"


async def test_the_meter_of_a_feeder_is_watched_and_held_against_its_own_chargers(
    hass: HomeAssistant, island: MockConfigEntry
) -> None:
    flow = hass.config_entries.subentries
    form = await flow.async_init((island.entry_id, "feeder"), context={"source": SOURCE_USER})
    with patch("custom_components.tangle_grid.flows.meter.WATCH_S", 30.0):
        watching = await flow.async_configure(form["flow_id"], GARAGE)
        assert (watching["type"], watching["step_id"]) == (FlowResultType.SHOW_PROGRESS, "meter")
        await hass.async_block_till_done()
        assert (await flow.async_configure(form["flow_id"]))["type"] is FlowResultType.SHOW_PROGRESS
        for watts in range(4):
            for number in "123":
                hass.states.async_set(f"sensor.g{number}", str(1150 + watts), {"unit_of_measurement": "W"})
        await hass.async_block_till_done(wait_background_tasks=True)
    seen = await flow.async_configure(form["flow_id"])
    assert seen["step_id"] == "meter_seen"
    assert seen["description_placeholders"] is not None
    assert "L1 1.2 kW, L2 1.2 kW, L3 1.2 kW" in seen["description_placeholders"]["seen"]
    saved = await flow.async_configure(form["flow_id"], {})
    assert saved["type"] is FlowResultType.CREATE_ENTRY
    garage = added(island, "Garage")
    await submit(hass, island, "charger", charger(1, feeder=garage.subentry_id, safe_current=0))
    hass.states.async_set("sensor.charger_1", "7200", {"unit_of_measurement": "W"})
    flat = MappingProxyType({"name": "Flat", "feeder": garage.subentry_id, "phases": [1], "power": "sensor.h1"})
    household = ConfigSubentry(data=flat, subentry_type="household", title="Flat", unique_id=None)
    hass.config_entries.async_add_subentry(island, household)
    form = await island.start_subentry_reconfigure_flow(hass, garage.subentry_id)
    watching = await flow.async_configure(form["flow_id"], GARAGE)
    await hass.async_block_till_done(wait_background_tasks=True)
    seen = await flow.async_configure(form["flow_id"])
    assert seen["description_placeholders"] is not None
    assert "Charger 1 draw 7.2 kW" in seen["description_placeholders"]["seen"]


async def test_nobody_is_asked_for_a_feeder_when_there_is_only_one(
    hass: HomeAssistant, island: MockConfigEntry
) -> None:
    for kind in ("charger", "household", "feeder"):
        form = await hass.config_entries.subentries.async_init((island.entry_id, kind), context={"source": SOURCE_USER})
        assert form["data_schema"] is not None
        assert not {"feeder", "parent"} & {str(marker) for marker in form["data_schema"].schema}
    hass.config_entries.async_add_subentry(island, feeder("Garage"))
    form = await hass.config_entries.subentries.async_init(
        (island.entry_id, "charger"), context={"source": SOURCE_USER}
    )
    assert form["data_schema"] is not None
    options = form["data_schema"].schema["feeder"].config["options"]
    assert options == [{"value": "main", "label": "Garage"}, {"value": "id_Garage", "label": "Garage"}]


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"meter_power": []}, "meter_power", "meter_missing"),
        ({"meter_power": ["sensor.g1", "sensor.g2"]}, "meter_power", "meter_count"),
        ({"meter_current": ["sensor.h1"]}, "meter_power", "meter_both_kinds"),
        ({"meter_power": ["sensor.g1"]}, "phases", "meter_phases"),
        ({"other_meters": {"meter_export": ["sensor.charger_1"]}}, "meter_power", "meter_export"),
        ({"other_meters": {"meter_total": "uneven"}}, "meter_power", "meter_total"),
        (
            {"meter_power": ["sensor.g1"], "phases": ["1"], "other_meters": {"meter_total": "even"}},
            "phases",
            "meter_phases",
        ),
        ({"meter_power": ["sensor.g1", "sensor.g2", "sensor.l3"]}, "meter_power", "entity_taken"),
        ({"meter_power": ["sensor.g1", "sensor.g2", "sensor.gone"]}, "meter_power", "entity_missing"),
        ({"phases": ["1", "2"]}, "phases", "phase_count"),
        ({"capacity_a": 1}, "meter_power", "meter_implausible"),
    ],
)
async def test_a_feeder_is_checked(
    hass: HomeAssistant, island: MockConfigEntry, changes: dict[str, Any], field: str, error: str
) -> None:
    result = await submit(hass, island, "feeder", GARAGE | changes)
    assert result["errors"] == {field: error}


async def test_a_feeder_never_lies_below_itself(hass: HomeAssistant, island: MockConfigEntry) -> None:
    hass.config_entries.async_add_subentry(island, feeder("A"))
    hass.config_entries.async_add_subentry(island, feeder("B", "id_A"))
    hass.config_entries.async_add_subentry(island, feeder("C", "id_B"))
    result = await change(hass, island, "id_A", "user", GARAGE | {"name": "A", "parent": "id_C"})
    assert result["errors"] == {"parent": "feeder_cycle"}
    assert result["description_placeholders"]["feeder"] == "C"
    result = await change(hass, island, "id_C", "user", GARAGE | {"name": "C", "parent": "id_A"})
    assert result["reason"] == "reconfigure_successful"


async def test_a_feeder_that_went_away_meanwhile_is_refused(hass: HomeAssistant, island: MockConfigEntry) -> None:
    hass.config_entries.async_add_subentry(island, feeder("A"))
    form = await hass.config_entries.subentries.async_init(
        (island.entry_id, "charger"), context={"source": SOURCE_USER}
    )
    hass.config_entries.async_remove_subentry(island, "id_A")
    result = await go_on(hass, form, charger(1, feeder="id_A"))
    assert result["type"] is FlowResultType.FORM
    assert set((result["errors"] or {}).values()) == {"feeder_unknown"}


async def test_phases_have_to_be_there(hass: HomeAssistant, island: MockConfigEntry) -> None:
    hass.config_entries.async_add_subentry(island, feeder("A", phases=[2], meter_power=["sensor.g1"]))
    result = await submit(hass, island, "charger", charger(1, feeder="id_A"))
    assert result["errors"] == {"phases": "feeder_phases"}
    result = await submit(hass, island, "charger", charger(1, feeder="id_A", phases=["2"]))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    data = GARAGE | {"name": "A", "meter_power": ["sensor.g1"], "phases": ["1"]}
    result = await change(hass, island, "id_A", "user", data)
    assert result["errors"] == {"phases": "feeder_fewer_phases"}


async def test_what_a_stored_tree_says_is_made_sound(island: MockConfigEntry, hass: HomeAssistant) -> None:
    """Written by hand or by another version: it loads, and everything hangs somewhere."""
    for each in (feeder("A", "id_B"), feeder("B", "id_A"), feeder("C", "id_gone"), feeder("D", "id_C")):
        hass.config_entries.async_add_subentry(island, each)
    parents = {config.feeder_id: config.parent_id for config in feeder_configs(island)}
    assert parents == {"main": None, "id_A": "main", "id_B": "main", "id_C": "main", "id_D": "id_C"}


# What all chargers fall back to


async def test_safe_currents_have_to_fit_each_fuse_above(hass: HomeAssistant, island: MockConfigEntry) -> None:
    hass.config_entries.async_add_subentry(island, feeder("Garage below", capacity_a=16.0))
    for number in (1, 2):
        result = await submit(hass, island, "charger", charger(number, feeder="id_Garage below"))
        assert result["type"] is FlowResultType.CREATE_ENTRY
    third = charger(3, feeder="id_Garage below")
    result = await submit(hass, island, "charger", third)
    assert result["errors"] == {"base": "safe_currents_exceed"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert {key: placeholders[key] for key in ("feeder", "safe", "capacity")} == {
        "feeder": "Garage below",
        "safe": "18",
        "capacity": "16",
    }
    # One that pauses fits, and so does one on another phase or on the main feeder.
    result = await submit(hass, island, "charger", merged(third, {"limits": {"safe_current": 0}}))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await change(hass, island, "id_Garage below", "user", GARAGE | {"name": "Garage below", "capacity_a": 10})
    assert result["errors"] == {"base": "safe_currents_exceed"}


async def test_the_main_fuse_counts_too(hass: HomeAssistant, island: MockConfigEntry) -> None:
    await submit(hass, island, "charger", merged(charger(1), {"limits": {"safe_current": 16}}))
    form = await island.start_reconfigure_flow(hass)
    data = {"meter_power": ["sensor.l1", "sensor.l2", "sensor.l3"], "capacity_a": 15, "threshold": 80}
    result = await hass.config_entries.flow.async_configure(form["flow_id"], data)
    assert result["errors"] == {"base": "safe_currents_exceed"}
    taken = await hass.config_entries.flow.async_configure(form["flow_id"], data | {"capacity_a": 16})
    result = await past_the_meter(hass, taken)
    assert result["type"] is FlowResultType.ABORT


async def test_a_tight_fuse_is_warned_of_and_can_be_accepted(hass: HomeAssistant, island: MockConfigEntry) -> None:
    hass.states.async_set("sensor.l2", str(60 * 230), {"unit_of_measurement": "W"})
    data = charger(1)
    # What the charger itself draws is not other load.
    hass.states.async_set("sensor.charger_1", str(3 * 2 * 230), {"unit_of_measurement": "W"})
    result = await submit(hass, island, "charger", data)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "safe_currents_tight")
    assert result["description_placeholders"] == {"feeder": "Garage", "capacity": "63", "safe": "6", "load": "58"}
    assert not island.subentries
    result = await hass.config_entries.subentries.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    hass.states.async_set("sensor.l2", str(50 * 230), {"unit_of_measurement": "W"})
    result = await change(hass, island, added(island, "Charger 1").subentry_id, "limits", data)
    assert result["reason"] == "reconfigure_successful"


# Advanced


async def test_advanced_settings_of_a_charger(hass: HomeAssistant, island: MockConfigEntry) -> None:
    from custom_components.tangle_grid.devices import device_config
    from custom_components.tangle_grid.grid.model.world import ChargerConfig

    result = await submit(hass, island, "charger", charger(1))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    plain = device_config(added(island, "Charger 1"))
    assert isinstance(plain, ChargerConfig)
    assert (plain.step_a, plain.priority, plain.max_age_s, plain.write_interval_s) == (1.0, 0, None, None)
    assert plain.learn_phases
    advanced = {
        "fail_safe": "number.fail_safe_1",
        "priority": 3,
        "learn_phases": False,
        "max_age": 600,
        "step": 0.1,
        "write_interval": 120,
    }
    hass.states.async_set("sensor.id_1", "04A2")
    subentry_id = added(island, "Charger 1").subentry_id
    behind = charger(1) | {"controlling": {"enable_pauses": True}, "reading": {"id_sensor": "sensor.id_1"}}
    await change(hass, island, subentry_id, "user", behind)
    await change(hass, island, subentry_id, "limits", charger(1) | {"advanced": advanced})
    stored = island.subentries[subentry_id].data
    assert (stored["enable_pauses"], stored["id_sensor"]) == (True, "sensor.id_1")
    config = device_config(island.subentries[subentry_id])
    assert isinstance(config, ChargerConfig)
    assert (config.step_a, config.priority, config.max_age_s, config.write_interval_s) == (0.1, 3, 600.0, 120.0)
    assert not config.learn_phases
    form = await open_step(hass, island, subentry_id, "limits")
    assert form["data_schema"] is not None
    shown = form["data_schema"].schema["advanced"].schema.schema
    assert {str(marker): (marker.description or {}).get("suggested_value") for marker in shown} == advanced
    result = await submit(hass, island, "charger", charger(2) | {"advanced": {"fail_safe": "number.fail_safe_1"}})
    assert result["errors"] == {"advanced": "entity_taken"}
    result = await submit(hass, island, "charger", charger(2) | {"advanced": {"fail_safe": "number.limit_2"}})
    assert result["errors"] == {"advanced": "entity_twice"}
    hass.states.async_set("number.fail_safe_2", "16", {"min": 10, "max": 32, "unit_of_measurement": "A"})
    result = await submit(hass, island, "charger", charger(2) | {"advanced": {"fail_safe": "number.fail_safe_2"}})
    assert result["errors"] == {"advanced": "outside_range"}
