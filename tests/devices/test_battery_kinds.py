"""Home batteries as they are sold: two numbers, maxima, modes with a trigger, actions, and modes only."""

from collections.abc import Callable
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.tangle_grid.devices import DeviceError, build_device
from custom_components.tangle_grid.devices.adapters.battery import BatteryAdapter
from custom_components.tangle_grid.grid.model.world import BatterySetpoint, Cause
from tests.support.device_builders import epoch, subentry

Show = Callable[..., None]
Told = list[tuple[str, Any]]


@pytest.fixture
def told(hass: HomeAssistant) -> Told:
    """All that was set, in order; each entity shows it at once."""
    seen: Told = []

    @callback
    def act(call: ServiceCall) -> None:
        entity_id = call.data["entity_id"]
        entity_id = entity_id[0] if isinstance(entity_id, list) else entity_id
        value = call.data.get("value", call.data.get("option", call.service))
        seen.append((entity_id.partition(".")[2], value))
        state = hass.states.get(entity_id)
        assert state is not None
        shown = {"turn_on": "on", "turn_off": "off"}.get(value, str(value))
        hass.states.async_set(entity_id, shown, state.attributes)

    for domain, service in (
        ("number", "set_value"),
        ("select", "select_option"),
        ("switch", "turn_on"),
        ("switch", "turn_off"),
        ("button", "press"),
    ):
        hass.services.async_register(domain, service, act)
    return seen


def battery(hass: HomeAssistant, memory: Any = None, **data: Any) -> BatteryAdapter:
    data = {
        "power": "sensor.power",
        "soc": "sensor.soc",
        "battery_kwh": 10,
        "max_charge_w": 5000,
        "max_discharge_w": 2500,
        **data,
    }
    _, adapter = build_device(hass, subentry("battery", **data), epoch, memory)
    assert isinstance(adapter, BatteryAdapter)
    return adapter


def watts(power_w: float | None) -> BatterySetpoint:
    return BatterySetpoint(device_id="p1", power_w=power_w, expires_at=0.0, cause=Cause.REQUEST)


TWO = {"charge_setpoint": "number.charge", "discharge_setpoint": "number.discharge"}


async def test_two_numbers_are_never_both_above_zero(hass: HomeAssistant, show: Show, told: Told) -> None:
    """As Sonnen."""
    for name in ("charge", "discharge"):
        show(f"number.{name}", 0, "W", min=0, max=5000, step=1)
    adapter = battery(hass, control="two_numbers", **TWO)
    for power in (2000, -1000, 0, None):
        await adapter.apply(watts(power))
    assert told == [("charge", 2000.0), ("charge", 0.0), ("discharge", 1000.0), ("discharge", 0.0)]


@pytest.mark.parametrize(
    ("unit", "power", "expected"), [("%", 2500, 50.0), ("%", -2500, -100.0), ("kW", 2500, 2.5), ("kW", -1250, -1.2)]
)
async def test_a_number_in_percent_or_kilowatts(
    hass: HomeAssistant, show: Show, told: Told, unit: str, power: float, expected: float
) -> None:
    """Of what it can do in that direction; as Growatt."""
    show("number.w", 0, unit, min=-100, max=100, step=1 if unit == "%" else 0.1)
    await battery(hass, power_setpoint="number.w", limit_unit=unit).apply(watts(power))
    assert told == [("w", pytest.approx(expected))]


async def test_maxima_are_put_back_as_they_were(hass: HomeAssistant, show: Show, told: Told) -> None:
    """As SolarEdge and Huawei: what they are set to is a permission, not an order."""
    show("number.charge", 3300, "W", min=0, max=5000, step=1)
    show("number.discharge", 2500, "W", min=0, max=5000, step=1)
    adapter = battery(hass, control="maxima", **TWO)
    # What was never touched is left alone.
    await adapter.apply(watts(None))
    await adapter.safe_state()
    assert told == []
    await adapter.apply(watts(1000))
    await adapter.apply(watts(500))
    assert told == [("discharge", 0.0), ("charge", 1000.0), ("charge", 500.0)]
    assert adapter.memory() == {"before": {"number.charge": "3300", "number.discharge": "2500"}}
    # Not even a crash forgets them.
    told.clear()
    after = battery(hass, adapter.memory(), control="maxima", **TWO)
    await after.apply(watts(None))
    assert told == [("charge", 3300.0), ("discharge", 2500.0)]
    assert after.memory() == {}


async def test_a_maximum_that_cannot_be_put_back_is_not_forgotten(hass: HomeAssistant, show: Show, told: Told) -> None:
    show("number.charge", 3300, "W", min=0, max=5000, step=1)
    show("number.discharge", 2500, "W", min=0, max=5000, step=1)
    adapter = battery(hass, control="maxima", **TWO)
    await adapter.apply(watts(0))
    state = hass.states.get("number.charge")
    assert state is not None
    hass.states.async_set("number.charge", "unavailable", state.attributes)
    with pytest.raises(DeviceError, match="entity_unavailable"):
        await adapter.safe_state()
    hass.states.async_set("number.charge", "0", state.attributes)
    told.clear()
    await adapter.safe_state()
    assert told == [("charge", 3300.0), ("discharge", 2500.0)]


@pytest.mark.parametrize("memory", [{"before": 3}, {"before": {"number.charge": "much"}}, {"before": None}, {}])
async def test_a_memory_that_cannot_be_is_forgotten(
    hass: HomeAssistant, show: Show, told: Told, memory: dict[str, Any]
) -> None:
    show("number.charge", 3300, "W", min=0, max=5000, step=1)
    await battery(hass, memory, control="maxima", **TWO).safe_state()
    assert told == []


MODES = ["Self use", "Force charge", "Force discharge", "Standby"]


async def test_a_number_a_mode_and_a_button(
    hass: HomeAssistant, show: Show, told: Told, freezer: FrozenDateTimeFactory
) -> None:
    """As SolaX Modbus: nothing counts before the button is pressed, and all of it lapses after 20 s."""
    show("number.w", 0, "W", min=-5000, max=5000, step=1)
    show("select.mode", "Self use", options=MODES)
    show("button.go", "unknown")
    adapter = battery(
        hass,
        power_setpoint="number.w",
        mode_select="select.mode",
        mode_charge="Force charge",
        mode_discharge="Force discharge",
        mode_hold="Standby",
        trigger="button.go",
        keep_alive=20,
    )
    assert adapter.keep_alive_s == 20.0
    await adapter.apply(watts(-2000))
    assert told == [("w", -2000.0), ("mode", "Force discharge"), ("go", "press")]
    await adapter.apply(watts(-2000))
    assert len(told) == 3
    told.clear()
    freezer.tick(20)
    await adapter.apply(watts(-2000))
    assert told == [("w", -2000.0), ("mode", "Force discharge"), ("go", "press")]
    told.clear()
    await adapter.apply(watts(0))
    assert told == [("w", 0.0), ("mode", "Standby"), ("go", "press")]
    told.clear()
    freezer.tick(10)
    await adapter.apply(watts(None))
    # Its mode is put back as it was.
    assert told == [("mode", "Self use"), ("go", "press")]
    assert adapter.memory() == {}


async def test_a_mode_to_which_it_is_given_back(hass: HomeAssistant, show: Show, told: Told) -> None:
    show("number.w", 0, "W", min=-5000, max=5000, step=1)
    show("select.mode", "Standby", options=MODES)
    adapter = battery(
        hass, power_setpoint="number.w", mode_select="select.mode", mode_hold="Standby", mode_release="Self use"
    )
    await adapter.apply(watts(0))
    await adapter.apply(watts(1000))
    await adapter.apply(watts(None))
    assert told == [("w", 1000.0), ("w", 0.0), ("mode", "Self use")]


async def test_modes_only(hass: HomeAssistant, show: Show, told: Told) -> None:
    """As HomeWizard and Enphase: without a way to say how much, less than all is nothing."""
    show("select.mode", "Self use", options=MODES)
    adapter = battery(hass, control="modes", mode_select="select.mode", mode_hold="Standby", mode_charge="Force charge")
    for power in (5000, 3000, -500, None):
        await adapter.apply(watts(power))
    assert told == [("mode", "Force charge"), ("mode", "Standby"), ("mode", "Self use")]


ACTIONS = {
    "control": "actions",
    "set_actions": [
        {
            "choose": [
                {
                    "conditions": "{{ watts > 0 }}",
                    "sequence": {"action": "huawei.charge", "data": {"power": "{{ charge_watts }}"}},
                },
                {
                    "conditions": "{{ watts < 0 }}",
                    "sequence": {"action": "huawei.discharge", "data": {"power": "{{ discharge_watts }}"}},
                },
            ],
            "default": [{"action": "huawei.hold"}],
        }
    ],
    "release_actions": [{"action": "huawei.stop"}],
}


async def test_actions(hass: HomeAssistant) -> None:
    """As Huawei, E3DC and Marstek."""
    seen: list[tuple[str, Any]] = []

    async def note(call: ServiceCall) -> None:
        seen.append((call.service, call.data.get("power")))

    for service in ("charge", "discharge", "hold", "stop"):
        hass.services.async_register("huawei", service, note)
    adapter = battery(hass, **ACTIONS)
    # It may have been told something before a crash.
    await adapter.apply(watts(None))
    for power in (2000, 2000, -1500, 0, None, None):
        await adapter.apply(watts(power))
    assert seen == [("stop", None), ("charge", 2000), ("discharge", 1500), ("hold", None), ("stop", None)]


async def test_a_release_that_fails_is_tried_again(hass: HomeAssistant) -> None:
    async_mock_service(hass, "huawei", "hold")
    tries: list[ServiceCall] = []

    async def fail(call: ServiceCall) -> None:
        tries.append(call)
        raise HomeAssistantError("busy")

    hass.services.async_register("huawei", "stop", fail)
    adapter = battery(hass, **ACTIONS)
    await adapter.apply(watts(0))
    for _ in range(2):
        with pytest.raises(DeviceError, match="busy"):
            await adapter.apply(watts(None))
    assert len(tries) == 2


async def test_a_switch_that_hands_over_when_it_is_off(hass: HomeAssistant, show: Show, told: Told) -> None:
    show("number.w", 0, "W", min=-5000, max=5000, step=1)
    show("switch.self_use", "on")
    adapter = battery(hass, power_setpoint="number.w", enable="switch.self_use", enable_pauses=True)
    await adapter.apply(watts(1000))
    await adapter.apply(watts(None))
    assert told == [("w", 1000.0), ("self_use", "turn_off"), ("w", 0.0), ("self_use", "turn_on")]
