"""Feeders below the main one at work: their entities, their protection, and what happens when one is removed."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import CONF_FEEDER, CONF_ISLAND_ID, DOMAIN, MAIN_FEEDER
from custom_components.tangle_grid.grid.model.world import Cause
from tests.support.island import (
    CHARGER,
    HOUSEHOLD,
    METER,
    Island,
    charger_subentry,
    feeder_subentry,
    household_subentry,
    island_entry,
    set_sensor,
)

BUILDING = "feeder-building"
GARAGE = "feeder-garage"
BUILDING_METER = tuple(f"sensor.building_l{phase}" for phase in (1, 2, 3))
GARAGE_METER = tuple(f"sensor.garage_l{phase}" for phase in (1, 2, 3))


def show(hass: HomeAssistant, meter: tuple[str, ...], *watts: float) -> None:
    for entity_id, value in zip(meter, watts, strict=True):
        set_sensor(hass, entity_id, value, "W")


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """A charger in a garage, in a building, on the street; and a household on the street itself."""
    show(hass, BUILDING_METER, 4500, 4000, 4000)
    show(hass, GARAGE_METER, 4000, 3800, 3800)
    charger, household = charger_subentry(), household_subentry()
    charger["data"] = {**charger["data"], CONF_FEEDER: GARAGE}
    return island_entry(
        feeder_subentry(BUILDING, "Building", *BUILDING_METER),
        feeder_subentry(GARAGE, "Garage", *GARAGE_METER, parent=BUILDING, capacity_a=25.0),
        charger,
        household,
    )


@pytest.mark.usefixtures("all_sensors_on")
async def test_a_feeder_has_its_own_entities(island: Island) -> None:
    assert island.state("sensor", "load") == "16000"
    assert island.state("sensor", "load", GARAGE) == "11600"
    assert island.state("sensor", "load_l1", GARAGE) == "4000"
    assert island.state("sensor", "capacity", GARAGE) == str(3 * 25 * 230)
    assert island.state("sensor", "headroom", BUILDING) == str(3 * 32 * 230 - 12_500)
    assert float(island.state("sensor", "utilisation", GARAGE)) == pytest.approx(4000 / 5750 * 100, abs=0.1)
    assert island.state("sensor", "state", GARAGE) == "normal"
    assert island.state("sensor", "peak_today", GARAGE) == "11600"
    assert island.state("binary_sensor", "overload", GARAGE) == "off"
    assert island.state("binary_sensor", "meter", GARAGE) == "off"


async def test_devices_hang_on_each_other(hass: HomeAssistant, island: Island) -> None:
    registry = dr.async_get(hass)
    devices = {device.name: device for device in dr.async_entries_for_config_entry(registry, island.entry.entry_id)}
    assert set(devices) == {"Maple Street", "Building", "Garage", "Charger Maple 4", "Home 1"}
    above = {name: registry.async_get(device.via_device_id or "") for name, device in devices.items()}
    assert {name: device.name if device else None for name, device in above.items()} == {
        "Maple Street": None,
        "Building": "Maple Street",
        "Garage": "Building",
        "Charger Maple 4": "Garage",
        "Home 1": "Maple Street",
    }
    assert devices["Garage"].config_subentry_id == GARAGE


async def test_the_fuse_of_the_garage_is_protected(hass: HomeAssistant, island: Island) -> None:
    """The street has room; the garage has not."""
    assert float(island.state("sensor", "current_setpoint", CHARGER)) == 6
    show(hass, GARAGE_METER, 4000 + 4600, 3800, 3800)
    await island.settle()
    assert island.state("binary_sensor", "overload", GARAGE) == "on"
    assert island.state("binary_sensor", "overload") == "off"
    assert float(island.state("sensor", "current_setpoint", CHARGER)) == 0
    assert island.runtime.status.devices[CHARGER].cause is Cause.PROTECTION


async def test_a_blind_feeder_makes_its_chargers_safe(hass: HomeAssistant, island: Island) -> None:
    island.meters = (*METER, *BUILDING_METER)
    hass.states.async_set(GARAGE_METER[0], "unavailable")
    await island.run(15)
    assert island.state("sensor", "state", GARAGE) == "blind"
    assert island.state("sensor", "load", GARAGE) == "unavailable"
    assert island.state("sensor", "state", BUILDING) != "blind"
    assert float(island.state("sensor", "current_setpoint", CHARGER)) <= 6


async def test_participants_of_a_removed_feeder_move_up(hass: HomeAssistant, island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    hass.config_entries.async_remove_subentry(island.entry, GARAGE)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.settle()
    assert island.entry.subentries[CHARGER].data[CONF_FEEDER] == BUILDING
    assert island.runtime.participants[CHARGER].config.feeder_id == BUILDING
    assert not er.async_get(hass).async_get_entity_id("sensor", DOMAIN, f"{GARAGE}_load")
    assert not dr.async_get(hass).async_get_device_by_identifier((DOMAIN, GARAGE), island.entry.entry_id)
    assert request_id in island.runtime.engine.requests
    hass.config_entries.async_remove_subentry(island.entry, BUILDING)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.settle()
    assert island.entry.subentries[CHARGER].data[CONF_FEEDER] == MAIN_FEEDER
    assert request_id in island.runtime.engine.requests


async def test_an_open_request_outlives_its_feeder(hass: HomeAssistant, island: Island) -> None:
    island.meters = (*METER, *BUILDING_METER, *GARAGE_METER)
    await island.run(900)
    engine = island.runtime.engine
    request, events = engine.commands.request_curtailment(
        island.runtime.clock.now(), power_w=2000, duration_s=900, feeder_id=GARAGE, device_ids=[CHARGER]
    )
    island.runtime._async_command(events)
    await island.settle()
    await island.call(
        "answer_request", request_id=request.request_id, device_id=island.device_id(CHARGER), answer="accept"
    )
    hass.config_entries.async_remove_subentry(island.entry, GARAGE)
    await hass.async_block_till_done(wait_background_tasks=True)
    island.meters = (*METER, *BUILDING_METER)
    await island.run(1200)
    part = island.runtime.engine.requests[request.request_id].asks[CHARGER]
    assert part.state in ("settled", "paid", "confirmed")


async def test_a_feeder_in_the_middle_can_go(hass: HomeAssistant, island: Island) -> None:
    hass.config_entries.async_remove_subentry(island.entry, BUILDING)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.settle()
    assert island.entry.subentries[GARAGE].data["parent"] == MAIN_FEEDER
    assert island.entry.subentries[CHARGER].data[CONF_FEEDER] == GARAGE
    assert island.state("sensor", "load", GARAGE) == "11600"


async def test_a_feeder_removed_while_the_island_was_off(hass: HomeAssistant, island: Island) -> None:
    """Nobody saw what it hung on: the main feeder, which sees everything, takes its place."""
    await hass.config_entries.async_unload(island.entry.entry_id)
    hass.config_entries.async_remove_subentry(island.entry, GARAGE)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    await hass.async_block_till_done()
    assert island.runtime.participants[CHARGER].config.feeder_id == MAIN_FEEDER
    assert island.runtime.participants[HOUSEHOLD].config.feeder_id == MAIN_FEEDER


# What is asked and ordered by hand


async def test_a_request_for_a_feeder_asks_only_those_on_it(island: Island) -> None:
    island.meters = (*METER, *BUILDING_METER, *GARAGE_METER)
    await island.run(900)
    asked = {"config_entry_id": island.entry.entry_id, "power": 2000, "duration": 15}
    answer = await island.call(
        "request_curtailment", response=True, **asked, feeder_device_id=island.device_id(BUILDING)
    )
    assert (answer["feeder"], answer["feeder_device_id"]) == ("Building", island.device_id(BUILDING))
    states = {part["name"]: part["state"] for part in answer["participants"]}
    assert states.pop("Charger Maple 4") != "not_asked"
    assert states == {"Home 1": "not_asked"}
    request = island.runtime.engine.requests[answer["request_id"]]
    assert request.feeder_id == BUILDING
    window = island.hass.states.get(island.entity_id("calendar", "windows"))
    assert window is not None
    assert window.attributes["location"] == "Building"
    await island.call("cancel_request", request_id=request.request_id)
    # The island's own device is the main feeder, and so is none.
    for named in ({}, {"feeder_device_id": island.device_id()}):
        answer = await island.call(
            "request_curtailment", response=True, **asked, **named, device_id=[island.device_id(HOUSEHOLD)]
        )
        assert (answer["feeder"], answer["feeder_device_id"]) == ("Maple Street", island.device_id())
        states = {part["name"]: part["state"] for part in answer["participants"]}
        assert states.pop("Home 1") != "not_asked"
        assert states == {"Charger Maple 4": "not_asked"}


async def test_a_request_for_a_feeder_needs_its_meter(hass: HomeAssistant, island: Island) -> None:
    island.meters = (*METER, *BUILDING_METER, *GARAGE_METER)
    await island.run(900)
    hass.states.async_set(GARAGE_METER[0], "unavailable")
    await island.run(15)
    asked = {"config_entry_id": island.entry.entry_id, "power": 2000, "duration": 15}
    with pytest.raises(ServiceValidationError) as refusal:
        await island.call("request_curtailment", **asked, feeder_device_id=island.device_id(GARAGE))
    assert refusal.value.translation_key == "feeder_blind"
    await island.call("request_curtailment", **asked, feeder_device_id=island.device_id(BUILDING))
    assert [request.feeder_id for request in island.runtime.engine.requests.values()] == [BUILDING]


@pytest.mark.parametrize(
    ("feeder", "asked", "key", "named"),
    [
        (GARAGE, HOUSEHOLD, "device_not_on_feeder", ("Home 1", "Garage")),
        (CHARGER, None, "device_not_feeder", ("Charger Maple 4",)),
        ("nothing", None, "device_not_found", ("nothing",)),
    ],
)
async def test_feeders_that_cannot_be_meant(
    island: Island, feeder: str, asked: str | None, key: str, named: tuple[str, ...]
) -> None:
    data = {"config_entry_id": island.entry.entry_id, "power": 2000, "duration": 15}
    data["feeder_device_id"] = feeder if feeder == "nothing" else island.device_id(feeder)
    actions = ["request_curtailment"] if asked else ["request_curtailment", "set_temporary_capacity"]
    if asked:
        data["device_id"] = [island.device_id(asked)]
    for action in actions:
        with pytest.raises(ServiceValidationError) as refusal:
            await island.call(action, **data)
        assert refusal.value.translation_key == key
        assert all(name in str(refusal.value) for name in named)
    assert not island.runtime.engine.requests


async def test_a_feeder_of_another_island_is_none_of_this_one(hass: HomeAssistant, island: Island) -> None:
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Harbour",
        unique_id="island-2",
        data={**island.entry.data, CONF_ISLAND_ID: "f" * 32},
        subentries_data=[feeder_subentry("feeder-other", "Pier", *GARAGE_METER)],
    )
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    await hass.async_block_till_done()
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "feeder-other"), other.entry_id)
    assert device is not None
    with pytest.raises(ServiceValidationError) as refusal:
        await island.call(
            "set_temporary_capacity",
            config_entry_id=island.entry.entry_id,
            feeder_device_id=device.id,
            power=5000,
            duration=15,
        )
    assert refusal.value.translation_key == "device_not_feeder"
    assert "Pier" in str(refusal.value)
    assert await hass.config_entries.async_unload(other.entry_id)


async def test_dimming_a_feeder_lowers_it_and_nothing_else(island: Island) -> None:
    island.meters = (*METER, *BUILDING_METER, *GARAGE_METER)
    await island.run(300)
    assert float(island.state("sensor", "current_setpoint", CHARGER)) == 16
    capacities = {feeder: island.state("sensor", "capacity", feeder) for feeder in (None, BUILDING, GARAGE)}
    order = {"config_entry_id": island.entry.entry_id, "feeder_device_id": island.device_id(GARAGE)}
    await island.call("set_temporary_capacity", **order, power=6000, duration=5)
    assert island.state("sensor", "capacity", GARAGE) == "6000"
    assert island.state("sensor", "temporary_capacity_until", GARAGE) != "unknown"
    assert island.state("sensor", "temporary_capacity_until", BUILDING) == "unknown"
    assert {feeder: island.state("sensor", "capacity", feeder) for feeder in (None, BUILDING)} == {
        feeder: capacities[feeder] for feeder in (None, BUILDING)
    }
    # 2,000 W a phase, less 3 %, less the 320 W on L1 that are not the car's, in whole amperes.
    assert float(island.state("sensor", "current_setpoint", CHARGER)) == 7
    assert island.runtime.status.devices[CHARGER].cause is Cause.PROTECTION
    # It ends by itself.
    await island.run(315)
    assert island.state("sensor", "capacity", GARAGE) == capacities[GARAGE]
    assert island.state("sensor", "temporary_capacity_until", GARAGE) == "unknown"
    await island.run(60)
    assert float(island.state("sensor", "current_setpoint", CHARGER)) > 7


async def test_an_order_for_a_feeder_outlives_a_restart_and_can_be_cleared(hass: HomeAssistant, island: Island) -> None:
    order = {"config_entry_id": island.entry.entry_id, "feeder_device_id": island.device_id(GARAGE)}
    fuse = island.state("sensor", "capacity", GARAGE)
    await island.call("set_temporary_capacity", **order, power=6000, duration=600)
    await hass.config_entries.async_unload(island.entry.entry_id)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    await island.settle()
    assert island.state("sensor", "capacity", GARAGE) == "6000"
    # That of the main feeder is another one.
    await island.call("clear_temporary_capacity", config_entry_id=island.entry.entry_id)
    assert island.state("sensor", "capacity", GARAGE) == "6000"
    # It lowers, and never raises.
    await island.call("set_temporary_capacity", **order, power=100_000, duration=600)
    assert island.state("sensor", "capacity", GARAGE) == fuse
    await island.call("set_temporary_capacity", **order, power=6000, duration=600)
    await island.call("clear_temporary_capacity", **order)
    assert island.state("sensor", "capacity", GARAGE) == fuse
