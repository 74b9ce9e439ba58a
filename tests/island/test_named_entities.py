"""Entities that are renamed are followed; those that are missing or rude are named; no device has two masters."""

from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import CONF_KIND, CONF_PLANNING, DOMAIN, KIND_ISLAND
from custom_components.tangle_grid.devices.named import named, renamed
from custom_components.tangle_grid.grid.model.world import Cause, ChargerTelemetry, HouseholdSetpoint
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    METER,
    SOLAR,
    Island,
    battery_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    set_meter,
    set_sensor,
    solar_subentry,
)


def issues(hass: HomeAssistant) -> dict[str | None, dict[str, str] | None]:
    return {
        issue.translation_key: issue.translation_placeholders
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN
    }


def told(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def rename(hass: HomeAssistant, island: Island, old: str, new: str) -> None:
    er.async_get(hass).async_update_entity(old, new_entity_id=new)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.entry.state is ConfigEntryState.LOADED
    await island.settle()


# Renamed.


async def test_a_renamed_limit_is_followed(hass: HomeAssistant, island: Island) -> None:
    before = dict(island.runtime.wallet_ids)
    await rename(hass, island, "input_number.charger_limit", "input_number.carport")
    assert island.entry.subentries[CHARGER].data["current_limit"] == "input_number.carport"
    assert dict(island.runtime.wallet_ids) == before
    # An overload brings it down under its new name.
    set_sensor(hass, "sensor.charger_power", 11040, "W")
    set_meter(hass, 16000, 16000, 16000)
    await island.settle()
    assert float(told(hass, "input_number.carport")) <= 6.0
    assert not issues(hass)


async def test_many_names_at_once_are_followed_by_one_start(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renaming a device renames all that it has."""
    starts: list[str] = []
    schedule = hass.config_entries.async_schedule_reload

    def count(entry_id: str) -> None:
        starts.append(entry_id)
        schedule(entry_id)

    monkeypatch.setattr(hass.config_entries, "async_schedule_reload", count)
    registry = er.async_get(hass)
    names = {
        "input_number.charger_limit": "input_number.new_limit",
        "input_number.charger_discharge": "input_number.new_discharge",
        "input_boolean.charger": "input_boolean.new_switch",
        "input_number.battery_setpoint": "input_number.new_setpoint",
    }
    for old, new in names.items():
        registry.async_update_entity(old, new_entity_id=new)
    await hass.async_block_till_done(wait_background_tasks=True)
    data = island.entry.subentries[CHARGER].data
    assert (data["current_limit"], data["discharge_current"], data["enable"]) == (
        "input_number.new_limit",
        "input_number.new_discharge",
        "input_boolean.new_switch",
    )
    assert island.entry.subentries[BATTERY].data["power_setpoint"] == "input_number.new_setpoint"
    assert len(starts) == 1
    assert island.runtime.participants[CHARGER].adapter.entity_ids >= {"input_number.new_limit"}


async def test_a_renamed_load_stays_shed(hass: HomeAssistant, island: Island) -> None:
    """The grid knows it by its first name: what it switched off it switches on again."""
    adapter = island.runtime.participants[HOUSEHOLD].adapter
    setpoint = HouseholdSetpoint(
        device_id=HOUSEHOLD, shed=frozenset({"input_boolean.heat_pump"}), expires_at=0.0, cause=Cause.REQUEST
    )
    await adapter.apply(setpoint)
    assert told(hass, "input_boolean.heat_pump") == "off"
    await rename(hass, island, "input_boolean.heat_pump", "input_boolean.boiler")
    (load,) = island.entry.subentries[HOUSEHOLD].data["loads"]
    assert load == {"id": "input_boolean.heat_pump", "entity": "input_boolean.boiler", "rated_w": 2000}
    renewed = island.runtime.participants[HOUSEHOLD]
    assert renewed.adapter is not adapter
    assert [each.load_id for each in renewed.config.loads] == ["input_boolean.heat_pump"]  # type: ignore[union-attr]
    # Either it was switched on again before the new start, or it is remembered as switched off.
    on = told(hass, "input_boolean.boiler") == "on"
    assert renewed.adapter.telemetry().loads_on == {"input_boolean.heat_pump": on}
    assert on or renewed.adapter.memory() == {"shed": ["input_boolean.heat_pump"]}
    await renewed.adapter.safe_state()
    assert told(hass, "input_boolean.boiler") == "on"
    # And once more.
    await rename(hass, island, "input_boolean.boiler", "input_boolean.third")
    (load,) = island.entry.subentries[HOUSEHOLD].data["loads"]
    assert load["id"] == "input_boolean.heat_pump"


async def test_an_island_that_is_not_loaded_follows(hass: HomeAssistant, island: Island) -> None:
    await hass.config_entries.async_unload(island.entry.entry_id)
    er.async_get(hass).async_update_entity("input_number.charger_limit", new_entity_id="input_number.carport")
    await hass.async_block_till_done()
    assert island.entry.subentries[CHARGER].data["current_limit"] == "input_number.carport"
    assert island.entry.state is ConfigEntryState.NOT_LOADED


def test_every_field_is_renamed() -> None:
    """Whatever is named is renamed, wherever it stands, and nothing else changes."""
    everything: list[dict[str, Any]] = [
        {"meter": {"power": ["sensor.a", "sensor.b", "sensor.c"]}, "capacity_a": 25.0},
        {"meter": {"current": ["sensor.a"]}},
        {"sun_forecast": ["sensor.a", "sensor.b"], "price_forecast": "sensor.c", "rate": 5},
        {"meter_power": ["sensor.a", "sensor.b", "sensor.c"], "phases": [1, 2, 3]},
        {"meter_current": ["sensor.a"]},
        {
            **{field: f"sensor.{field}" for field in ("power", "soc", "connected", "departure_entity", "fail_safe")},
            **{field: f"number.{field}" for field in ("current_limit", "discharge_current", "power_setpoint")},
            "enable": "switch.enable",
            "currents": ["sensor.i1", "sensor.i2", "sensor.i3"],
            "loads": [{"entity": "switch.one", "rated_w": 1}, {"entity": "switch.two", "rated_w": 2, "id": "switch.x"}],
            "policy": {"mode": "never"},
        },
    ]
    for data in everything:
        for field, entity_id in named(data):
            changed = renamed(data, entity_id, "sensor.new")
            assert changed is not None
            assert entity_id not in [each for _, each in named(changed)]
            assert (field, "sensor.new") in list(named(changed))
            assert len(list(named(changed))) == len(list(named(data)))
            back = renamed(changed, "sensor.new", entity_id)
            assert back is not None
            assert list(named(back)) == list(named(data))
        assert renamed(data, "sensor.other", "sensor.new") is None


# Disabled, removed, rude.


@pytest.mark.parametrize("by", ["disabled", "removed"])
async def test_what_is_missing_is_named_within_a_minute(hass: HomeAssistant, island: Island, by: str) -> None:
    registry = er.async_get(hass)
    entity_id = "input_number.battery_setpoint"
    entry = registry.async_get(entity_id)
    assert entry is not None
    await island.run(30)
    assert not issues(hass)
    state = hass.states.get(entity_id)
    assert state is not None
    if by == "disabled":
        registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    else:
        registry.async_remove(entity_id)
    hass.states.async_remove(entity_id)
    await island.run(60)
    key = "entity_disabled" if by == "disabled" else "entity_gone"
    placeholders = issues(hass)[key]
    assert placeholders is not None
    assert placeholders["entity"] == entity_id
    assert placeholders["device"] == "Maple Street, Volt battery"
    assert not island.runtime.telemetry[BATTERY].available
    # It is back, and the message goes.
    if by == "disabled":
        registry.async_update_entity(entity_id, disabled_by=None)
    hass.states.async_set(entity_id, "0", state.attributes)
    await island.run(30)
    assert not issues(hass)


async def test_a_charger_whose_limit_is_gone_cannot_be_reached(hass: HomeAssistant, island: Island) -> None:
    registry = er.async_get(hass)
    await island.run(30)
    registry.async_update_entity("input_number.charger_limit", disabled_by=er.RegistryEntryDisabler.USER)
    hass.states.async_remove("input_number.charger_limit")
    island.runtime.passes.async_step()
    telemetry = island.runtime.telemetry[CHARGER]
    assert isinstance(telemetry, ChargerTelemetry)
    assert not telemetry.available
    assert telemetry.shown_a is None


@pytest.mark.parametrize(
    ("entity", "spoil", "mend"),
    [
        (METER[1], ("1_000", "W"), ("5000", "W")),
        (METER[1], ("5000", ["W"]), ("5000", "W")),
        ("sensor.battery_power", ("100", "kWh"), ("100", "W")),
        ("sensor.battery_power", ("3.4e38", "W"), ("100", "W")),
        # More than it can do, although a power.
        ("sensor.battery_power", ("900000", "W"), ("100", "W")),
        ("sensor.car_soc", ("4000", "%"), ("40", "%")),
    ],
)
async def test_what_shows_nonsense_is_named(
    hass: HomeAssistant, island: Island, entity: str, spoil: tuple[str, Any], mend: tuple[str, Any]
) -> None:
    def show(value: str, unit: Any) -> None:
        hass.states.async_set(entity, value, {"unit_of_measurement": unit})

    async def wait(seconds: float, value: str, unit: Any) -> None:
        for _ in range(round(seconds / 15)):
            show(value, unit)
            island._freezer.tick(15)
            show(value, unit)
            for other in METER:
                if other != entity:
                    set_sensor(hass, other, 5000 + island._freezer().second / 10, "W")
            island.runtime.passes.async_step()
            await island.settle()

    await wait(90, *spoil)
    placeholders = issues(hass)["entity_unreadable"]
    assert placeholders is not None
    assert placeholders["entity"] == entity
    assert spoil[0] in placeholders["value"]
    await wait(90, *mend)
    assert "entity_unreadable" not in issues(hass)


async def test_one_that_comes_three_minutes_late_is_no_issue(
    hass: HomeAssistant, entry: MockConfigEntry, island: Island
) -> None:
    """Integrations set up one after the other, some of them slowly."""
    await hass.config_entries.async_unload(entry.entry_id)
    state = hass.states.get("sensor.battery_power")
    assert state is not None
    hass.states.async_remove("sensor.battery_power")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await island.settle()
    for _ in range(12):
        island._freezer.tick(15)
        set_meter(hass, 5000, 5000, 5000 + island._freezer().second / 10)
        island.runtime.passes.async_step()
        await island.settle()
        assert "entity_gone" not in issues(hass)
        assert not island.runtime.telemetry[BATTERY].available
    hass.states.async_set("sensor.battery_power", "0", state.attributes)
    island.runtime.passes.async_step()
    assert island.runtime.telemetry[BATTERY].available


# Two masters.


def second_entry(**changes: Any) -> MockConfigEntry:
    return MockConfigEntry(
        domain=DOMAIN,
        title="Copy",
        unique_id="island-2",
        data={**island_entry().data, "island_id": "fedcba9876543210fedcba9876543210", CONF_KIND: KIND_ISLAND},
        options={CONF_PLANNING: False},
        subentries_data=(charger_subentry(), battery_subentry(), household_subentry(), solar_subentry()),
        **changes,
    )


async def test_the_second_island_leaves_a_device_alone(
    hass: HomeAssistant, island: Island, freezer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a backup was put in twice: the forms were never asked."""
    copy = second_entry()
    copy.add_to_hass(hass)
    assert await hass.config_entries.async_setup(copy.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    second = copy.runtime_data
    assert second.taken == dict.fromkeys((CHARGER, BATTERY, HOUSEHOLD), "Maple Street")
    assert not island.runtime.taken
    assert {pid for pid, each in second.telemetry.items() if each.available} == {SOLAR}
    second.coordinator.async_set_updated_data(second.snapshot())
    assert issues(hass)["controlled_twice"] is not None

    writes: list[Any] = []
    hass.bus.async_listen("call_service", lambda event: writes.append(event.data))  # type: ignore[arg-type]
    for participant in second.participants.values():
        if participant.participant_id != SOLAR:
            await participant.adapter.safe_state()
            await participant.adapter.apply(None)
            await participant.adapter.enrol()
    await hass.async_block_till_done()
    assert writes == []

    # Whoever goes leaves the device to the other, which notices by itself.
    assert await hass.config_entries.async_set_disabled_by(island.entry.entry_id, ConfigEntryDisabler.USER)
    freezer.tick(15)
    second.coordinator.async_set_updated_data(second.snapshot())
    second.passes.async_step()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert copy.runtime_data is not second
    assert copy.runtime_data.taken == {}
    copy.runtime_data.coordinator.async_set_updated_data(copy.runtime_data.snapshot())
    assert "controlled_twice" not in issues(hass)
    assert await hass.config_entries.async_unload(copy.entry_id)
    assert "Traceback" not in caplog.text


async def test_whoever_controls_goes_on_with_it(hass: HomeAssistant, island: Island) -> None:
    """An island that was added earlier and comes back later takes nothing away from one that is at work."""
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    await hass.config_entries.async_set_disabled_by(island.entry.entry_id, ConfigEntryDisabler.USER)
    copy = second_entry()
    copy.add_to_hass(hass)
    assert await hass.config_entries.async_setup(copy.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert copy.runtime_data.taken == {}
    assert await hass.config_entries.async_set_disabled_by(island.entry.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(island.runtime.taken) == {CHARGER, BATTERY, HOUSEHOLD}
    assert await hass.config_entries.async_unload(copy.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_at_a_start_the_first_one_has_it_and_keeps_it(hass: HomeAssistant, island: Island) -> None:
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    copy = second_entry()
    copy.add_to_hass(hass)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    assert island.runtime.taken == {}
    assert await hass.config_entries.async_setup(copy.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(copy.runtime_data.taken) == {CHARGER, BATTERY, HOUSEHOLD}
    # The second one is loaded, and leaves them alone: it is no reason to give them up.
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.runtime.taken == {}
    assert set(copy.runtime_data.taken) == {CHARGER, BATTERY, HOUSEHOLD}
    assert await hass.config_entries.async_unload(copy.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


# The log.


async def test_the_log_says_once_who_goes_and_once_who_comes_back(
    hass: HomeAssistant, island: Island, caplog: pytest.LogCaptureFixture
) -> None:
    def count(text: str) -> int:
        return caplog.text.count(text)

    await island.run(60)
    caplog.clear()
    hass.states.async_set(METER[0], "unavailable")
    await island.run(300)
    assert count("The meter of Maple Street cannot be used (meter_missing)") == 1
    set_meter(hass, 6000, 5000, 5000)
    await island.run(120)
    assert count("The meter of Maple Street can be used again") == 1
    hass.states.async_set("sensor.battery_power", "unavailable")
    await island.run(300)
    assert count("Volt battery reports nothing that can be used") == 1
    set_sensor(hass, "sensor.battery_power", 0, "W")
    await island.run(120)
    assert count("Volt battery reports again") == 1
    assert count("Traceback") == 0


def test_what_prices_and_the_rate_of_tokens_come_from_is_followed() -> None:
    options = {"token_rate_entity": "sensor.rate", "prices": {"price_entity": "sensor.price", "margin": "0.1"}}
    assert {entity for _, entity in named(options)} == {"sensor.rate", "sensor.price"}
    assert renamed(options, "sensor.price", "sensor.new") == {
        **options,
        "prices": {"price_entity": "sensor.new", "margin": "0.1"},
    }
    assert renamed(options, "sensor.rate", "sensor.new") == {**options, "token_rate_entity": "sensor.new"}
