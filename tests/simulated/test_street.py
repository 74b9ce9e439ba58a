"""The simulated street behind ordinary entities: the same door that a real charger uses."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.devices import build_device
from custom_components.tangle_grid.devices.adapters.charger import ChargerAdapter
from custom_components.tangle_grid.grid.model.world import Cause, ChargerSetpoint
from custom_components.tangle_grid.simulated import entities as simulated
from custom_components.tangle_grid.simulated.street import SimulatedStreet
from custom_components.tangle_grid.simulation import Fault

SPEED = 30
PLATFORMS: dict[Platform, Callable[[SimulatedStreet], list[Any]]] = {
    Platform.SENSOR: simulated.simulated_sensors,
    Platform.BINARY_SENSOR: simulated.simulated_binary_sensors,
    Platform.NUMBER: simulated.simulated_numbers,
    Platform.SWITCH: simulated.simulated_switches,
}


class Rig:
    """A street on its own: no island controls it."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass = hass
        self.freezer = freezer
        self.entry: ConfigEntry[Any]
        self.street: SimulatedStreet
        self.clock: GridClock
        self.beside_w = (0.0, 0.0, 0.0)

    async def setup_entry(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
        start = dt_util.parse_datetime("2026-11-03T18:30:00+01:00")
        assert start is not None
        self.clock = GridClock(speed=SPEED, wall_anchor=time.time(), grid_anchor=start.timestamp())
        self.street = SimulatedStreet(hass, entry, self.clock, beside_w=lambda: self.beside_w)
        await self.street.async_load()
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        self.street.async_start()
        return True

    async def unload_entry(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
        await self.street.async_stop()
        return await hass.config_entries.async_unload_platforms(entry, list(PLATFORMS))

    async def tick(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.freezer.tick(timedelta(seconds=1))
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()

    def value(self, entity_id: str) -> str:
        state = self.hass.states.get(entity_id)
        assert state is not None, entity_id
        return state.state

    async def call(self, entity_id: str, service: str, **data: Any) -> None:
        await self.hass.services.async_call(
            entity_id.split(".", maxsplit=1)[0], service, {"entity_id": entity_id, **data}, blocking=True
        )


@pytest.fixture
async def rig(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[Rig]:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-03T09:00:00+01:00")
    made = Rig(hass, freezer)

    def platform_setup(build: Callable[[SimulatedStreet], list[Any]]) -> Callable[..., Any]:
        async def setup(_hass: HomeAssistant, _entry: Any, add: Callable[[list[Any]], None]) -> None:
            add(build(made.street))

        return setup

    with ExitStack() as stack:
        stack.enter_context(patch("custom_components.tangle_grid.async_setup_entry", made.setup_entry))
        stack.enter_context(patch("custom_components.tangle_grid.async_unload_entry", made.unload_entry))
        for platform, build in PLATFORMS.items():
            stack.enter_context(
                patch(f"custom_components.tangle_grid.{platform}.async_setup_entry", platform_setup(build))
            )
        menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "simulated_street"})
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], {"name": "Maple Street", "speed": SPEED, "start": "18:30:00", "seed": 1}
        )
        await hass.async_block_till_done()
        made.entry = result["result"]
        yield made
        await hass.config_entries.async_unload(made.entry.entry_id)


async def test_every_entity_has_the_id_that_the_flow_promised(
    hass: HomeAssistant, rig: Rig, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    registered = er.async_entries_for_config_entry(entity_registry, rig.entry.entry_id)
    assert registered
    promised = {entry.entity_id for entry in entity_registry.entities.values() if "_sim_" in entry.unique_id}
    assert promised == {entry.entity_id for entry in registered}
    assert all(hass.states.get(entity_id) for entity_id in promised)
    for subentry in rig.entry.subentries.values():
        for value in subentry.data.values():
            if isinstance(value, str) and value.split(".")[0] in PLATFORMS:
                assert value in promised
    devices = dr.async_entries_for_config_entry(device_registry, rig.entry.entry_id)
    # Fifteen of the feed, and four cars.
    assert len(devices) == 19
    state = hass.states.get("sensor.street_transformer_power_l1")
    assert state is not None
    assert state.attributes["unit_of_measurement"] == "W"
    assert state.attributes["device_class"] == "power"
    assert state.name == "Transformer (simulated) Power L1"


async def test_time_passes_and_the_meter_repeats_itself(hass: HomeAssistant, rig: Rig) -> None:
    before = rig.street.model.now
    meter = "sensor.street_transformer_power_l1"
    first = hass.states.get(meter)
    assert first is not None
    reported = first.last_reported
    await rig.tick()
    assert rig.street.model.now == pytest.approx(before + SPEED)
    state = hass.states.get(meter)
    assert state is not None
    assert state.last_reported > reported
    # What does not change is not written, but it is repeated before it looks dead.
    idle = hass.states.get("number.street_charger_1_current_limit")
    assert idle is not None
    changed, reported = idle.last_changed, idle.last_reported
    await rig.tick(12)
    idle = hass.states.get("number.street_charger_1_current_limit")
    assert idle is not None
    assert idle.last_changed == changed
    assert idle.last_reported > reported


async def test_a_limit_is_followed_at_once(rig: Rig) -> None:
    await rig.tick(2)
    power = "sensor.street_charger_3_power"
    assert float(rig.value(power)) > 5000
    await rig.call("number.street_charger_3_current_limit", "set_value", value=6)
    assert rig.value("number.street_charger_3_current_limit") == "6.0"
    assert float(rig.value(power)) == pytest.approx(6 * 230, rel=0.02)
    await rig.call("switch.street_charger_3_enabled", "turn_off")
    assert float(rig.value(power)) == 0
    assert rig.value("switch.street_charger_3_enabled") == "off"


async def test_feeding_back_and_batteries(rig: Rig) -> None:
    await rig.call("number.street_charger_1_current_limit", "set_value", value=0)
    await rig.call("number.street_charger_1_discharge_current", "set_value", value=10)
    assert float(rig.value("sensor.street_charger_1_power")) < -6000
    control = "switch.street_battery_1_external_control"
    assert rig.value(control) == "off"
    await rig.call("number.street_battery_1_power_setpoint", "set_value", value=-2000)
    assert rig.value(control) == "on"
    await rig.tick()
    assert float(rig.value("sensor.street_battery_1_power")) == pytest.approx(-2000, abs=1)
    await rig.call(control, "turn_off")
    assert rig.value(control) == "off"
    assert rig.value("number.street_battery_1_power_setpoint") == "0.0"
    await rig.call(control, "turn_on")
    await rig.tick()
    assert float(rig.value("sensor.street_battery_1_power")) == 0


async def test_loads_can_be_switched(rig: Rig) -> None:
    device = next(device for device in rig.street.model.devices if device.loads)
    load = f"switch.street_{device.id}_{device.loads[0].load_id}"
    assert rig.value(load) == "on"
    await rig.call(load, "turn_off")
    assert rig.value(load) == "off"
    assert rig.street.model.value(device.id, device.loads[0].load_id) is False


async def test_faults_show_as_they_do_in_life(rig: Rig) -> None:
    rig.street.model.fault("transformer", Fault.METER_DEAD)
    rig.street.model.fault("charger_1", Fault.CHARGER_SILENT)
    await rig.tick()
    assert rig.value("sensor.street_transformer_power_l2") == "unavailable"
    assert rig.value("sensor.street_charger_1_soc") == "unavailable"
    assert rig.value("number.street_charger_1_current_limit") == "unavailable"
    rig.street.model.clear_faults()
    await rig.tick()
    assert rig.value("sensor.street_transformer_power_l2") != "unavailable"


async def test_no_car_is_no_fault(rig: Rig) -> None:
    for device in rig.street.model.devices:
        if device.kind == "charger" and rig.value(f"binary_sensor.street_{device.id}_connected") == "off":
            assert rig.value(f"sensor.street_{device.id}_soc") == "unknown"
            assert rig.value(f"number.street_{device.id}_current_limit") != "unavailable"


async def test_adapters_meet_the_street_only_as_entities(hass: HomeAssistant, rig: Rig) -> None:
    subentry = next(entry for entry in rig.entry.subentries.values() if entry.title == "Charger C")
    _, adapter = build_device(hass, subentry, rig.clock.from_datetime)
    assert isinstance(adapter, ChargerAdapter)
    await rig.tick(2)
    await adapter.apply(ChargerSetpoint(device_id="x", current_a=8, expires_at=0, cause=Cause.ALLOCATION))
    telemetry = adapter.telemetry()
    assert telemetry.reading is not None
    assert telemetry.reading.power_w[0] == pytest.approx(8 * 230, rel=0.02)
    assert telemetry.reading.power_w[1:] == (0.0, 0.0)
    assert telemetry.reading.at == pytest.approx(rig.clock.now(), abs=SPEED)
    assert telemetry.connected is True
    assert telemetry.departure_at == pytest.approx(rig.street.model.value("charger_3", "departure"), abs=1)


async def test_what_hangs_beside_is_in_the_meter_with_the_next_second(hass: HomeAssistant, rig: Rig) -> None:
    await rig.tick()
    before = float(rig.value("sensor.street_transformer_power_l2"))
    rig.beside_w = (0.0, 20_000.0, 0.0)
    await rig.tick()
    assert float(rig.value("sensor.street_transformer_power_l2")) > before + 15_000


async def test_a_restart_goes_on(hass: HomeAssistant, rig: Rig) -> None:
    await rig.tick(3)
    await rig.call("number.street_charger_3_current_limit", "set_value", value=7)
    before = rig.street.model.now
    assert await hass.config_entries.async_unload(rig.entry.entry_id)
    # The next evening.
    rig.freezer.move_to("2026-11-04T09:00:00+01:00")
    clock = GridClock(speed=SPEED, wall_anchor=time.time(), grid_anchor=before + 86_400)
    street = SimulatedStreet(hass, rig.entry, clock)
    await street.async_load()
    assert street.model.now == pytest.approx(before + 86_400)
    assert street.value("charger_3", "current_limit") == 7
    # A clock that is behind the stored street, or the state of another street, makes a new one.
    behind = SimulatedStreet(
        hass, rig.entry, GridClock(speed=SPEED, wall_anchor=time.time(), grid_anchor=before - 86_400)
    )
    await behind.async_load()
    assert behind.model.now == pytest.approx(before - 86_400)
    assert await hass.config_entries.async_setup(rig.entry.entry_id)


async def test_the_street_has_a_clock(hass: HomeAssistant, rig: Rig, entity_registry: er.EntityRegistry) -> None:
    """To the minute: a clock that counted seconds would write a state with each of them."""
    entity_id = entity_registry.async_get_entity_id(
        "sensor", DOMAIN, f"{rig.entry.unique_id}_sim_transformer_street_time"
    )
    assert entity_id == "sensor.street_transformer_street_time"
    shown = dt_util.parse_datetime(rig.value(entity_id))
    assert shown is not None
    assert shown.second == 0
    assert 0 <= rig.street.model.now - shown.timestamp() < 60
    seen: set[str] = set()
    for _ in range(6):
        await rig.tick()
        seen.add(rig.value(entity_id))
    # 30 street seconds in each.
    assert len(seen) in (3, 4)
