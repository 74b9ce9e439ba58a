"""A charger is told what it must know, no more often than needed, and never to charge and feed back at once."""

from collections.abc import Callable
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.tangle_grid.devices import DeviceError, build_device
from custom_components.tangle_grid.devices.adapters.charger import ChargerAdapter
from custom_components.tangle_grid.grid.model.world import Cause, ChargerSetpoint
from tests.support.device_builders import epoch, subentry

pytestmark = pytest.mark.usefixtures("helpers")
Show = Callable[..., None]
Calls = list[tuple[str, str, Any]]

LIMIT, DISCHARGE, ENABLE = "input_number.limit", "input_number.discharge", "input_boolean.enable"


def charger(hass: HomeAssistant, **data: Any) -> ChargerAdapter:
    data = {
        "power": "sensor.power",
        "current_limit": LIMIT,
        "min_current": 6,
        "max_current": 16,
        "safe_current": 6,
        **data,
    }
    _, adapter = build_device(hass, subentry("charger", **data), epoch)
    assert isinstance(adapter, ChargerAdapter)
    return adapter


def amps(current_a: float) -> ChargerSetpoint:
    return ChargerSetpoint(device_id="p1", current_a=current_a, expires_at=0.0, cause=Cause.ALLOCATION)


def number(hass: HomeAssistant, entity_id: str) -> float:
    state = hass.states.get(entity_id)
    assert state is not None
    return float(state.state)


async def test_limit_before_switch(hass: HomeAssistant, calls: Calls) -> None:
    adapter = charger(hass, enable=ENABLE)
    await adapter.apply(amps(0))
    assert calls == [(ENABLE, "turn_off", None)]
    calls.clear()
    await adapter.apply(amps(9))
    assert calls == [(LIMIT, "set_value", 9.0), (ENABLE, "turn_on", None)]
    assert adapter.lowest_a == 0


async def test_renewal_writes_only_what_differs(
    hass: HomeAssistant, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
    adapter = charger(hass, enable=ENABLE)
    await adapter.apply(amps(10))
    calls.clear()
    await adapter.apply(amps(10))
    assert calls == []
    # The charger forgot its limit, as some do when a session starts.
    await hass.services.async_call("input_number", "set_value", {"entity_id": LIMIT, "value": 16}, blocking=True)
    calls.clear()
    await adapter.apply(amps(10))
    assert calls == [(LIMIT, "set_value", 10.0)]


async def test_value_that_is_not_shown_yet_is_not_written_again(hass: HomeAssistant, show: Show) -> None:
    """A cloud charger shows a new limit seconds after it took it; a change of mind goes out all the same."""
    show("number.cloud", 16, "A", min=0, max=32, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.cloud")
    await adapter.apply(amps(10))
    await adapter.apply(amps(10))
    assert [call.data["value"] for call in written] == [10.0]
    await adapter.apply(amps(16))
    assert [call.data["value"] for call in written] == [10.0, 16.0]


async def test_limit_is_rounded_down_and_bounded(hass: HomeAssistant, show: Show) -> None:
    show("number.limit", 16, "A", min=6, max=13, step=2)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit")
    for current in (9.9, 32, 6):
        await adapter.apply(amps(current))
    assert [call.data["value"] for call in written] == [8.0, 12.0, 6.0]


async def test_a_number_that_stays_below_is_believed(
    hass: HomeAssistant, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    """It has a bound that it does not tell: 16 becomes 13. It used to be written 2,880 times a day."""
    written: list[float] = []
    bounds = {"min": 0, "max": 32, "step": 1}
    show("number.limit", 16, "A", **bounds)

    async def clamp(call: Any) -> None:
        written.append(call.data["value"])
        show("number.limit", min(13, call.data["value"]), "A", **bounds)

    hass.services.async_register("number", "set_value", clamp)
    adapter = charger(hass, current_limit="number.limit")

    async def renew(current: float, hours: float) -> int:
        written.clear()
        for _ in range(round(hours * 120)):
            freezer.tick(30)
            await adapter.apply(amps(current))
        return len(written)

    assert await renew(10, 1) == 1
    assert await renew(16, 1) <= 9
    assert await renew(16, 1) <= 4
    # Another value is tried at once, and less always.
    assert await renew(15, 0.01) == 1
    assert await renew(12, 0.1) == 1
    assert await renew(16, 0.01) == 1


async def test_a_number_that_stays_above_is_written_again_each_time(
    hass: HomeAssistant, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    """A reduction that does not arrive is never given up."""
    show("number.limit", 16, "A", min=0, max=32, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit")
    for _ in range(120):
        freezer.tick(30)
        await adapter.apply(amps(6))
    assert len(written) == 120


async def test_pause_without_switch(hass: HomeAssistant) -> None:
    adapter = charger(hass)
    assert adapter.lowest_a == 0
    await adapter.apply(amps(0))
    assert number(hass, LIMIT) == 0
    stubborn = charger(hass, current_limit="input_number.limit_from_six")
    assert stubborn.lowest_a == 6
    await stubborn.apply(amps(0))
    assert number(hass, "input_number.limit_from_six") == 6


async def test_never_charges_and_feeds_back_at_once(hass: HomeAssistant) -> None:
    adapter = charger(hass, enable=ENABLE, discharge_current=DISCHARGE, max_discharge_current=16)
    both: list[tuple[float, float]] = []

    @callback
    def watch(_event: Any) -> None:
        both.append((number(hass, LIMIT), number(hass, DISCHARGE)))

    hass.bus.async_listen("state_changed", watch)
    for current in (16, -10, 8, -16, 0, 12):
        await adapter.apply(amps(current))
        await hass.async_block_till_done()
    assert both
    assert all(limit == 0 or discharge == 0 for limit, discharge in both)
    await adapter.apply(amps(-7))
    assert (number(hass, LIMIT), number(hass, DISCHARGE)) == (0, 7)


async def test_safe_state(hass: HomeAssistant) -> None:
    adapter = charger(hass, enable=ENABLE, discharge_current=DISCHARGE, max_discharge_current=16)
    await adapter.safe_state()
    assert number(hass, LIMIT) == 6
    await adapter.apply(amps(-10))
    await adapter.safe_state()
    # It takes no more than before, beyond what it does not give any more.
    assert (number(hass, LIMIT), number(hass, DISCHARGE)) == (0, 0)
    paused = charger(hass, enable=ENABLE, safe_current=0)
    await paused.safe_state()
    state = hass.states.get(ENABLE)
    assert state is not None
    assert state.state == "off"


async def test_a_pause_is_written_again(hass: HomeAssistant, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A charger that forgot its pause still shows it: only the grid sees that it draws."""
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
    again = ChargerSetpoint(device_id="p1", current_a=0.0, expires_at=0.0, cause=Cause.PROTECTION, again=True)
    by_switch, by_number = charger(hass, enable=ENABLE), charger(hass)
    stubborn = charger(hass, current_limit="input_number.limit_from_six")
    for adapter in (by_switch, by_number, stubborn):
        await adapter.apply(amps(0))
    calls.clear()
    for adapter in (by_switch, by_number, stubborn):
        await adapter.apply(amps(0))
    assert calls == []
    for adapter in (by_switch, by_number, stubborn):
        await adapter.apply(again)
    # Its least current comes first: some take 0 for "no change", and some switches are none.
    assert calls == [
        (LIMIT, "set_value", 6.0),
        (ENABLE, "turn_off", None),
        (LIMIT, "set_value", 6.0),
        (LIMIT, "set_value", 0.0),
        ("input_number.limit_from_six", "set_value", 6.0),
    ]


async def test_a_switch_that_cannot_be_reached_leaves_the_number(hass: HomeAssistant) -> None:
    adapter = charger(hass, enable="switch.away", current_limit="input_number.limit_from_six")
    with pytest.raises(DeviceError):
        await adapter.apply(amps(0))
    assert number(hass, "input_number.limit_from_six") == 6


async def test_a_switch_that_is_away_pauses_nothing(hass: HomeAssistant, show: Show) -> None:
    adapter = charger(hass, enable="switch.away", current_limit="input_number.limit_from_six")
    assert adapter.telemetry().lowest_a == 6.0
    show("switch.away", "off")
    assert (adapter.telemetry().lowest_a, adapter.telemetry().shown_a) == (0.0, 0.0)
    show("switch.away", "unavailable")
    assert (adapter.telemetry().lowest_a, adapter.telemetry().shown_a) == (6.0, 16.0)


@pytest.mark.parametrize("safe", [0, 6, 10])
@pytest.mark.parametrize("told", [None, 0, 6, 8, 16])
@pytest.mark.parametrize("shown", [6, 8, 16])
@pytest.mark.parametrize("on", [True, False])
async def test_the_safe_state_raises_nothing(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, safe: float, told: float | None, shown: float, *, on: bool
) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.entity_writing.SETTLE_S", 0.0)
    adapter = charger(hass, enable=ENABLE, safe_current=safe)
    if told is not None:
        await adapter.apply(amps(told))
    await hass.services.async_call("input_number", "set_value", {"entity_id": LIMIT, "value": shown}, blocking=True)
    service = "turn_on" if on else "turn_off"
    await hass.services.async_call("input_boolean", service, {"entity_id": ENABLE}, blocking=True)
    before = shown if on else 0
    await adapter.safe_state()
    after = number(hass, LIMIT) if hass.states.is_state(ENABLE, "on") else 0
    assert after == min(safe, before, before if told is None else told)
    # Whoever switches it on by hand finds no more than its safe current.
    assert safe == 0 or number(hass, LIMIT) <= safe


@pytest.mark.parametrize(
    ("data", "shown", "lowest"),
    [
        ({}, 16.0, 0.0),
        ({"enable": ENABLE}, 16.0, 0.0),
        ({"current_limit": "input_number.limit_from_six"}, 16.0, 6.0),
        ({"current_limit": "input_number.limit_from_six", "enable": ENABLE}, 16.0, 0.0),
    ],
)
async def test_what_it_shows_and_how_low_it_goes(
    hass: HomeAssistant, show: Show, data: dict[str, Any], shown: float, lowest: float
) -> None:
    adapter = charger(hass, **data)
    telemetry = adapter.telemetry()
    assert (telemetry.shown_a, telemetry.lowest_a) == (shown, lowest)
    if "enable" in data:
        await hass.services.async_call("input_boolean", "turn_off", {"entity_id": ENABLE}, blocking=True)
        assert adapter.telemetry().shown_a == 0.0
    # What it said last is remembered while it is away.
    show(data.get("current_limit", LIMIT), "unavailable")
    away = adapter.telemetry()
    assert (away.available, away.lowest_a) == (False, lowest)


async def test_a_limit_that_was_never_seen_is_not_taken_to_pause(hass: HomeAssistant) -> None:
    telemetry = charger(hass, current_limit="number.later").telemetry()
    assert (telemetry.shown_a, telemetry.lowest_a, telemetry.available) == (None, 6.0, False)


@pytest.mark.parametrize("unit", ["W", ["A"], "%"])
async def test_a_limit_that_means_something_else_is_not_written(hass: HomeAssistant, show: Show, unit: object) -> None:
    show("number.limit", 16, min=0, max=32, step=1, unit_of_measurement=unit)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit")
    assert not adapter.telemetry().available
    with pytest.raises(DeviceError) as error:
        await adapter.apply(amps(10))
    assert error.value.key == "entity_wrong_unit"
    assert written == []


async def test_absurd_currents_do_not_say_on_which_phase(hass: HomeAssistant, show: Show) -> None:
    adapter = charger(hass, currents=["sensor.i1", "sensor.i2", "sensor.i3"])
    show("sensor.power", 3450, "W")
    for entity_id, current in (("sensor.i1", 5), ("sensor.i2", "3.4e38"), ("sensor.i3", 5)):
        show(entity_id, current, "A")
    for current in ("3.4e38", "1e8", "49"):
        show("sensor.i2", current, "A")
        reading = adapter.telemetry().reading
        assert reading is not None
        assert reading.power_w == pytest.approx((1150.0, 1150.0, 1150.0))


async def test_telemetry(hass: HomeAssistant, show: Show) -> None:
    adapter = charger(
        hass,
        currents=["sensor.i1", "sensor.i2", "sensor.i3"],
        connected="binary_sensor.plug",
        soc="sensor.soc",
        departure_entity="sensor.leaves",
    )
    assert adapter.entity_ids == {
        *("sensor.power", "sensor.i1", "sensor.i2", "sensor.i3", "sensor.soc", "sensor.leaves"),
        *(LIMIT, "binary_sensor.plug"),
    }
    silent = adapter.telemetry()
    assert (silent.reading, silent.connected, silent.soc, silent.available) == (None, None, None, False)
    show("sensor.power", 3.68, "kW")
    show("sensor.i1", 16, "A")
    show("sensor.i2", 0, "A")
    show("sensor.i3", 0, "A")
    show("binary_sensor.plug", "on")
    show("sensor.soc", 34, "%")
    show("sensor.leaves", "2026-11-04T06:00:00+00:00", device_class="timestamp")
    telemetry = adapter.telemetry()
    assert telemetry.reading is not None
    assert telemetry.reading.power_w == pytest.approx((3680.0, 0.0, 0.0))
    assert telemetry.connected is True
    assert telemetry.soc == 34
    assert telemetry.departure_at == 1793772000.0
    assert telemetry.available


async def test_rotated_phases(hass: HomeAssistant, show: Show) -> None:
    adapter = charger(hass, currents=["sensor.i1", "sensor.i2", "sensor.i3"], phases=[3, 1, 2])
    show("sensor.power", 2300, "W")
    for entity_id, current in (("sensor.i1", 10), ("sensor.i2", 0), ("sensor.i3", 0)):
        show(entity_id, current, "A")
    reading = adapter.telemetry().reading
    assert reading is not None
    assert reading.power_w == pytest.approx((0.0, 0.0, 2300.0))


@pytest.mark.parametrize(
    ("key", "state", "failure"),
    [
        ("entity_missing", None, None),
        ("entity_unavailable", "unavailable", None),
        ("service_missing", "16", None),
        ("service_failed", "16", HomeAssistantError("charger says no")),
        ("service_failed", "16", OSError("connection reset")),
        ("service_timeout", "16", TimeoutError()),
    ],
)
async def test_failures_have_a_key(
    hass: HomeAssistant, show: Show, key: str, state: str | None, failure: Exception | None
) -> None:
    if state is not None:
        show("number.bad", state, "A", min=0, max=32, step=1)
    if failure is not None:

        async def fail(_call: Any) -> None:
            raise failure

        hass.services.async_register("number", "set_value", fail)
    adapter = charger(hass, current_limit="number.bad")
    with pytest.raises(DeviceError) as error:
        await adapter.apply(amps(10))
    assert error.value.key == key
    assert error.value.placeholders["entity_id"] == "number.bad"


async def test_failed_write_is_tried_again(hass: HomeAssistant, show: Show) -> None:
    show("number.flaky", 16, "A", min=0, max=32, step=1)
    attempts: list[float] = []

    async def fail_once(call: Any) -> None:
        attempts.append(call.data["value"])
        if len(attempts) == 1:
            raise HomeAssistantError("once")

    hass.services.async_register("number", "set_value", fail_once)
    adapter = charger(hass, current_limit="number.flaky")
    with pytest.raises(DeviceError):
        await adapter.apply(amps(10))
    await adapter.apply(amps(10))
    assert attempts == [10.0, 10.0]
