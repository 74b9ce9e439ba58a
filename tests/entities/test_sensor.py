"""What the entities show, and how they fall silent."""

import pytest
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, EntityCategory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.loader import async_get_integration
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.ledger import SUPPLY
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, METER, SOLAR, Island, set_meter, set_sensor

CAPACITY_W = 3 * 63 * 230


@pytest.mark.usefixtures("all_sensors_on")
async def test_the_feed(island: Island) -> None:
    assert island.state("sensor", "load") == "16000"
    assert [island.state("sensor", f"load_l{phase}") for phase in (1, 2, 3)] == ["6000", "5000", "5000"]
    assert island.state("sensor", "capacity") == str(CAPACITY_W)
    assert island.state("sensor", "threshold") == str(round(0.8 * CAPACITY_W))
    assert island.state("sensor", "headroom") == str(CAPACITY_W - 16_000)
    assert float(island.state("sensor", "utilisation")) == pytest.approx(6000 / (63 * 230) * 100, abs=0.1)
    assert island.state("sensor", "state") == "normal"
    assert island.state("sensor", "peak_today") == "16000"
    assert island.state("sensor", "reward_rate") == "1000000"
    assert island.state("sensor", "request") == "none"
    assert island.state("sensor", "treasury_balance") == str(SUPPLY)
    assert island.state("sensor", "reaction_time") == STATE_UNKNOWN
    assert island.state("binary_sensor", "overload") == "off"
    assert island.state("binary_sensor", "meter") == "off"
    assert island.state("binary_sensor", "ledger") == "on"


async def test_participants(island: Island) -> None:
    assert island.state("sensor", "power", CHARGER) == "11040"
    assert island.state("sensor", "state_of_charge", CHARGER) == "85"
    assert island.state("sensor", "curtailment", CHARGER) == "idle"
    assert island.state("sensor", "decision_reason", CHARGER) == "not_asked"
    assert island.state("sensor", "wallet_balance", CHARGER) == "0"
    address = island.hass.states.get(island.entity_id("sensor", "receive_address", CHARGER))
    assert address is not None
    assert address.state == "ready"
    assert address.attributes["address"] == "A" * 90
    assert address.attributes["short"] == "AAAAAA…AAAAAA"
    assert island.state("sensor", "departure", CHARGER).startswith("20")
    assert island.state("sensor", "state_of_charge", BATTERY) == "60"
    assert island.state("sensor", "power", HOUSEHOLD) == "2500"
    assert island.state("sensor", "power", SOLAR) == "0"
    assert island.state("binary_sensor", "ignores_limit", CHARGER) == "off"
    assert island.state("select", "policy", CHARGER) == "ask"


async def test_entity_ids_tell_what_they_are(hass: HomeAssistant, island: Island) -> None:
    ids = {entity.entity_id for entity in er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)}
    assert ids >= {
        "sensor.maple_street_grid_load",
        "sensor.maple_street_grid_load_l1",
        "sensor.maple_street_headroom",
        "sensor.maple_street_state",
        "event.maple_street_payment",
        "sensor.charger_maple_4_power",
        "sensor.charger_maple_4_current_setpoint",
        "sensor.charger_maple_4_wallet_balance",
        "sensor.charger_maple_4_decision_reason",
        "event.charger_maple_4_curtailment",
        "select.charger_maple_4_policy",
        "button.charger_maple_4_opt_out",
        "sensor.volt_battery_state_of_charge",
        "sensor.home_1_earned",
        "sensor.roof_power",
    }


async def test_devices(hass: HomeAssistant, island: Island) -> None:
    registry = dr.async_get(hass)
    devices = {device.name: device for device in dr.async_entries_for_config_entry(registry, island.entry.entry_id)}
    assert set(devices) == {"Maple Street", "Charger Maple 4", "Volt battery", "Home 1", "Roof"}
    assert devices["Roof"].via_device_id == devices["Maple Street"].id
    assert devices["Roof"].config_subentry_id == SOLAR
    assert devices["Charger Maple 4"].identifiers == {(DOMAIN, CHARGER)}


@pytest.mark.usefixtures("all_sensors_on")
async def test_a_missing_meter_is_not_zero(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(METER[1], "unavailable")
    await island.run(15)
    for key in ("load", "load_l1", "load_l2", "headroom", "utilisation"):
        assert island.state("sensor", key) == STATE_UNAVAILABLE, key
    assert island.state("sensor", "state") == "blind"
    assert island.state("sensor", "capacity") == str(CAPACITY_W)
    assert island.state("binary_sensor", "meter") == "on"
    assert island.state("binary_sensor", "overload") == STATE_UNKNOWN
    set_meter(hass, 1000, 1000, 1000)
    await island.settle()
    assert island.state("sensor", "load") == "3000"


async def test_a_silent_charger_is_unavailable(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set("sensor.charger_power", "unavailable")
    hass.states.async_set("sensor.car_soc", "unavailable")
    set_meter(hass, 6100, 5000, 5000)
    await island.settle()
    assert island.state("sensor", "power", CHARGER) == STATE_UNAVAILABLE
    assert island.state("sensor", "state_of_charge", CHARGER) == STATE_UNAVAILABLE
    assert island.state("sensor", "curtailment", CHARGER) == "idle"
    assert island.state("sensor", "power", HOUSEHOLD) == "2500"


async def test_overload(hass: HomeAssistant, island: Island) -> None:
    set_meter(hass, 16_000, 5000, 5000)
    await island.settle()
    assert island.state("binary_sensor", "overload") == "on"
    assert float(island.state("sensor", "utilisation")) > 100
    assert island.state("sensor", "peak_today") == "26000"


async def test_without_a_ledger_the_grid_is_shown(hass: HomeAssistant, island: Island) -> None:
    island.ledger.lose()
    await island.settle()
    assert island.state("binary_sensor", "ledger") == "off"
    assert island.state("sensor", "load") == "16000"


async def test_a_quiet_island_writes_nothing(hass: HomeAssistant, island: Island) -> None:
    written: list[str] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        written.append(event.data["entity_id"])

    own = [entity.entity_id for entity in er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)]
    async_track_state_change_event(hass, own, note)
    for _ in range(5):
        island.runtime.passes.async_step()
        await island.settle()
    assert not written
    set_sensor(hass, "sensor.home_power", 2600, "W")
    island.runtime.passes.async_step()
    await island.settle()
    assert written == ["sensor.home_1_power"]


async def test_everything_goes_with_the_entry(hass: HomeAssistant, island: Island) -> None:
    await hass.config_entries.async_remove(island.entry.entry_id)
    await hass.async_block_till_done()
    assert not er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)
    assert not [state for state in hass.states.async_all() if state.entity_id.startswith("sensor.maple_street")]


async def test_what_is_on_at_first(hass: HomeAssistant, island: Island) -> None:
    """What a card or a person looks at is on; what only explains it is diagnostic, and what few need is off."""
    sensors = {
        entity.unique_id: entity
        for entity in er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id)
        if entity.domain == "sensor"
    }
    for unique_id in (
        f"{island.entry.entry_id}_load",
        f"{CHARGER}_power",
        f"{CHARGER}_state_of_charge",
        f"{CHARGER}_wallet_balance",
    ):
        assert sensors[unique_id].disabled_by is None
        assert sensors[unique_id].entity_category is None
    for key in ("published_messages", "tangle_transactions", "ledger_queue", "tangle_milestone"):
        entity = sensors[f"{island.entry.entry_id}_{key}"]
        assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION, key
        assert entity.entity_category is EntityCategory.DIAGNOSTIC, key
    for unique_id in (f"{island.entry.entry_id}_threshold", f"{CHARGER}_decision_reason"):
        assert sensors[unique_id].entity_category is EntityCategory.DIAGNOSTIC
    # Each that is on has its rows in the recorder.
    on = [each for each in sensors.values() if each.disabled_by is None]
    assert len([each for each in on if each.entity_category is None]) <= 43, "four participants and the feed"
    assert len(on) <= 53


async def test_what_was_on_stays_on(hass: HomeAssistant, island: Island) -> None:
    registry = er.async_get(hass)
    entity_id = island.entity_id("sensor", "published_messages")
    registry.async_update_entity(entity_id, disabled_by=None, new_entity_id="sensor.my_messages")
    await hass.config_entries.async_reload(island.entry.entry_id)
    await island.settle()
    assert float(island.state("sensor", "published_messages")) >= 0
    assert island.entity_id("sensor", "published_messages") == "sensor.my_messages"


async def test_the_reason_is_translated_and_its_figures_are_not_recorded(hass: HomeAssistant, island: Island) -> None:
    await island.request(device_id=[island.device_id(HOUSEHOLD)])
    assert island.state("sensor", "decision_reason", HOUSEHOLD) == "declined_never"
    for entity in er.async_entries_for_config_entry(er.async_get(hass), island.entry.entry_id):
        shown = island.hass.data["sensor"].get_entity(entity.entity_id) if entity.domain == "sensor" else None
        if shown is not None and shown.extra_state_attributes:
            assert set(shown.extra_state_attributes) <= type(shown)._unrecorded_attributes, entity.entity_id


async def test_devices_lead_to_the_real_ones(hass: HomeAssistant, entry: MockConfigEntry, island: Island) -> None:
    registry, entities = dr.async_get(hass), er.async_get(hass)
    other = MockConfigEntry(domain="wallbox")
    other.add_to_hass(hass)
    wallbox = registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("wallbox", "1")}, name="Wallbox"
    )
    limit = entry.subentries[CHARGER].data["current_limit"]
    registered = entities.async_get(limit)
    if registered is None:
        domain, name = limit.split(".")
        entities.async_get_or_create(domain, "wallbox", "limit", suggested_object_id=name, device_id=wallbox.id)
    else:
        entities.async_update_entity(limit, device_id=wallbox.id)
    await hass.config_entries.async_reload(entry.entry_id)
    await island.settle()
    charger = registry.async_get(island.device_id(CHARGER))
    own = registry.async_get(island.device_id())
    assert charger is not None
    assert own is not None
    assert charger.via_device_id == wallbox.id
    assert own.sw_version == str((await async_get_integration(hass, DOMAIN)).version)
