"""Feeders below the main one at work: their entities, their protection, and what happens when one is removed."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import CONF_FEEDER, DOMAIN, MAIN_FEEDER
from tests.island import (
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
    assert island.state("sensor", "setpoint_cause", CHARGER) == "protection"


async def test_a_blind_feeder_makes_its_chargers_safe(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(GARAGE_METER[0], "unavailable")
    await island.settle()
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
    request, events = engine.request_curtailment(
        island.runtime.clock.now(), power_w=2000, duration_s=900, feeder_id=GARAGE, device_ids=[CHARGER]
    )
    island.runtime.async_command(events)
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
