"""Home batteries, households and solar systems."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.tangle_grid.devices import DeviceError, build_device
from custom_components.tangle_grid.grid.model.world import BatterySetpoint, Cause, HouseholdSetpoint
from tests.support.device_builders import epoch, subentry

pytestmark = pytest.mark.usefixtures("helpers")
Show = Callable[..., None]
Calls = list[tuple[str, str, Any]]

SETPOINT, CONTROL = "input_number.setpoint", "input_boolean.control"
BOILER, FREEZER = "input_boolean.boiler", "input_boolean.freezer"


def battery(hass: HomeAssistant, **data: Any) -> Any:
    data = {
        "power": "sensor.power",
        "soc": "sensor.soc",
        "power_setpoint": SETPOINT,
        "battery_kwh": 10,
        "max_charge_w": 5000,
        "max_discharge_w": 5000,
        **data,
    }
    return build_device(hass, subentry("battery", **data), epoch)[1]


def watts(power_w: float | None) -> BatterySetpoint:
    return BatterySetpoint(device_id="p1", power_w=power_w, expires_at=0.0, cause=Cause.REQUEST)


def shed(*loads: str, restore: tuple[str, ...] = ()) -> HouseholdSetpoint:
    return HouseholdSetpoint(
        device_id="p1", shed=frozenset(loads), restore=frozenset(restore), expires_at=0.0, cause=Cause.REQUEST
    )


def value(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def test_battery_takes_and_gives_back_control(hass: HomeAssistant, calls: Calls) -> None:
    adapter = battery(hass, enable=CONTROL)
    await adapter.apply(watts(-2500))
    assert calls == [(SETPOINT, "set_value", -2500.0), (CONTROL, "turn_on", None)]
    calls.clear()
    await adapter.apply(watts(None))
    assert calls == [(SETPOINT, "set_value", 0.0), (CONTROL, "turn_off", None)]
    calls.clear()
    await adapter.safe_state()
    assert calls == []


async def test_a_control_switch_that_falls_back_is_pressed_less_and_less(
    hass: HomeAssistant, calls: Calls, freezer: FrozenDateTimeFactory
) -> None:
    adapter = battery(hass, enable=CONTROL)
    for _ in range(240):
        freezer.tick(30)
        await adapter.apply(watts(-2500))
        await hass.services.async_call("input_boolean", "turn_off", {"entity_id": CONTROL}, blocking=True)
    assert calls.count((CONTROL, "turn_on", None)) <= 12
    # Once it takes, control is given back and taken over as quickly as ever.
    freezer.tick(900)
    for setpoint in (-2500, -2500, None, -2500):
        await adapter.apply(watts(setpoint))
        freezer.tick(30)
        assert value(hass, CONTROL) == ("off" if setpoint is None else "on")


@pytest.mark.parametrize("told", [3000, -3000])
async def test_a_battery_that_does_less_than_it_is_told(
    hass: HomeAssistant, show: Show, freezer: FrozenDateTimeFactory, told: float
) -> None:
    """Its number is bounded by what it can do just now; what points the other way is put right each time."""
    show("number.power", 0, "W", min=-5000, max=5000, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = battery(hass, power_setpoint="number.power")
    show("number.power", told / 2, "W", min=-5000, max=5000, step=1)
    for _ in range(120):
        freezer.tick(30)
        await adapter.apply(watts(told))
    assert len(written) <= 8
    written.clear()
    show("number.power", -told, "W", min=-5000, max=5000, step=1)
    for _ in range(20):
        freezer.tick(30)
        await adapter.apply(watts(told))
    assert len(written) == 20


async def test_battery_units_and_signs(hass: HomeAssistant, show: Show) -> None:
    adapter = battery(
        hass, power_setpoint="input_number.setpoint_kw", setpoint_inverted=True, power_inverted=True, phases=[2]
    )
    await adapter.apply(watts(-2550))
    assert float(value(hass, "input_number.setpoint_kw")) == 2.5
    show("sensor.power", 1200, "W")
    show("sensor.soc", 60, "%")
    telemetry = adapter.telemetry()
    assert telemetry.reading.power_w == (0.0, -1200.0, 0.0)
    assert telemetry.soc == 60
    assert telemetry.available


async def test_solar_counts_as_feed_in(hass: HomeAssistant, show: Show) -> None:
    show("sensor.sun", 3, "kW")
    _, adapter = build_device(hass, subentry("solar", power="sensor.sun"), epoch)
    assert adapter.telemetry().reading.power_w == pytest.approx((-1000.0, -1000.0, -1000.0))
    show("sensor.sun", -3, "kW")
    _, adapter = build_device(hass, subentry("solar", power="sensor.sun", production_negative=True), epoch)
    assert adapter.telemetry().reading.total_w == pytest.approx(-3000.0)
    await adapter.safe_state()


def household(hass: HomeAssistant, memory: dict[str, Any] | None = None) -> Any:
    loads = [{"entity": BOILER, "rated_w": 2000}, {"entity": FREEZER, "rated_w": 100}]
    return build_device(hass, subentry("household", power="sensor.power", loads=loads), epoch, memory)[1]


async def test_loads_are_shed_and_restored(hass: HomeAssistant, show: Show) -> None:
    adapter = household(hass)
    show("sensor.power", 900, "W")
    assert adapter.telemetry().loads_on == {BOILER: True, FREEZER: False}
    await adapter.apply(shed(BOILER))
    assert value(hass, BOILER) == "off"
    assert adapter.memory() == {"shed": [BOILER]}
    await adapter.apply(shed(restore=(BOILER,)))
    assert (value(hass, BOILER), value(hass, FREEZER)) == ("on", "off")
    assert adapter.memory() == {}


async def test_a_hand_has_the_last_word(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
    adapter = household(hass)
    await adapter.apply(shed(BOILER))
    adapter.telemetry()
    await hass.services.async_call("input_boolean", "turn_on", {"entity_id": BOILER}, blocking=True)
    await adapter.apply(shed(BOILER))
    assert value(hass, BOILER) == "on"
    await adapter.apply(shed(restore=(BOILER,)))
    await adapter.apply(shed(BOILER))
    assert value(hass, BOILER) == "off"


async def test_unload_and_restart_restore_what_was_shed(hass: HomeAssistant) -> None:
    adapter = household(hass)
    await adapter.apply(shed(BOILER))
    after_restart = household(hass, adapter.memory())
    await after_restart.safe_state()
    assert (value(hass, BOILER), value(hass, FREEZER)) == ("on", "off")


async def test_what_is_off_for_the_fuse_stays_off_at_a_stop(hass: HomeAssistant) -> None:
    adapter = household(hass)
    await adapter.apply(replace(shed(BOILER), held=frozenset({BOILER})))
    await adapter.safe_state()
    assert value(hass, BOILER) == "off"
    assert adapter.memory() == {"shed": [BOILER], "held": [BOILER]}
    after_restart = household(hass, adapter.memory())
    await after_restart.safe_state()
    assert value(hass, BOILER) == "off"
    await after_restart.apply(shed(restore=(BOILER,)))
    assert value(hass, BOILER) == "on"


async def test_a_load_that_is_on_after_a_restart_is_told_once_more(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
    before = household(hass)
    await before.apply(shed(BOILER))
    await hass.services.async_call("input_boolean", "turn_on", {"entity_id": BOILER}, blocking=True)
    adapter = household(hass, before.memory())
    adapter.telemetry()
    await adapter.apply(shed(BOILER))
    assert value(hass, BOILER) == "off"
    adapter.telemetry()
    await hass.services.async_call("input_boolean", "turn_on", {"entity_id": BOILER}, blocking=True)
    await adapter.apply(shed(BOILER))
    assert value(hass, BOILER) == "on"


async def test_one_load_out_of_reach_does_not_hold_up_the_others(hass: HomeAssistant) -> None:
    hass.states.async_set(FREEZER, "unavailable")
    adapter = household(hass)
    with pytest.raises(DeviceError) as error:
        await adapter.apply(shed(FREEZER, BOILER))
    assert error.value.key == "entity_unavailable"
    assert value(hass, BOILER) == "off"
