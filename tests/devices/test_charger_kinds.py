"""Chargers as they are sold: limits in other units, selects, actions, switches that pause, and on and off only."""

from collections.abc import Callable
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.tangle_grid.devices import DeviceError, build_device
from custom_components.tangle_grid.devices.adapters.charger import ChargerAdapter
from custom_components.tangle_grid.grid.model.world import Cause, ChargerConfig, ChargerSetpoint
from tests.support.device_builders import epoch, subentry

Show = Callable[..., None]

EASEE = [
    {
        "action": "easee.set_charger_dynamic_limit",
        "data": {"charger_id": "EH1", "current": "{{ amps }}", "watts": "{{ watts }}", "time_to_live": 10},
    }
]


def built(hass: HomeAssistant, **data: Any) -> tuple[ChargerConfig, ChargerAdapter]:
    data = {"power": "sensor.power", "min_current": 6, "max_current": 16, "safe_current": 6, **data}
    config, adapter = build_device(hass, subentry("charger", **data), epoch)
    assert isinstance(config, ChargerConfig)
    assert isinstance(adapter, ChargerAdapter)
    return config, adapter


def charger(hass: HomeAssistant, **data: Any) -> ChargerAdapter:
    return built(hass, **data)[1]


def amps(current_a: float, *, again: bool = False, phases: int | None = None) -> ChargerSetpoint:
    return ChargerSetpoint(
        device_id="p1", current_a=current_a, expires_at=0.0, cause=Cause.ALLOCATION, again=again, phases=phases
    )


# Units


@pytest.mark.parametrize(
    ("unit", "more", "bounds", "expected"),
    [
        ("W", {}, {"max": 11_000, "step": 1}, 6900.0),
        ("kW", {}, {"max": 11, "step": 0.1}, 6.9),
        ("%", {}, {"max": 100, "step": 1}, 62.0),
        ("%", {"limit_full": 32}, {"max": 100, "step": 1}, 31.0),
        ("W", {"voltage": 120}, {"max": 11_000, "step": 1}, 3600.0),
    ],
)
async def test_a_number_in_another_unit(
    hass: HomeAssistant, show: Show, unit: str, more: dict[str, Any], bounds: dict[str, float], expected: float
) -> None:
    """10 A on three phases."""
    show("number.limit", 0, unit, min=0, **bounds)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit", limit_unit=unit, **more)
    await adapter.apply(amps(10))
    assert [call.data["value"] for call in written] == [pytest.approx(expected)]
    show("number.limit", expected, unit, min=0, **bounds)
    assert adapter.telemetry().shown_a == pytest.approx(10.0, abs=0.2)
    assert adapter.telemetry().lowest_a == 0.0


async def test_watts_stand_for_more_amperes_on_fewer_phases(hass: HomeAssistant, show: Show) -> None:
    show("number.limit", 0, "W", min=0, max=11_000, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(
        hass, current_limit="number.limit", limit_unit="W", currents=["sensor.i1", "sensor.i2", "sensor.i3"]
    )
    await adapter.apply(amps(10, phases=1))
    # The engine has not learned it yet, but its own meter shows one phase only.
    for sensor, current in (("sensor.i1", 9.8), ("sensor.i2", 0.1), ("sensor.i3", 0)):
        show(sensor, current, "A")
    await adapter.apply(amps(12, phases=3))
    assert [call.data["value"] for call in written] == [2300.0, 2760.0]


async def test_what_shows_another_kind_of_unit_is_not_written(hass: HomeAssistant, show: Show) -> None:
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit", limit_unit="W")
    for unit in ("A", "%"):
        show("number.limit", 16, unit, min=0, max=32, step=1)
        assert not adapter.telemetry().available
        with pytest.raises(DeviceError, match="entity_wrong_unit"):
            await adapter.apply(amps(10))
    assert written == []


async def test_a_select_of_currents(hass: HomeAssistant, show: Show) -> None:
    """As evcc shows its greatest current."""
    options = ["auto", "6 A", "10 A", "13 A", "16 A", "20.5 A (max)"]
    show("select.max", "16 A", options=options)
    chosen = async_mock_service(hass, "select", "select_option")
    adapter = charger(hass, current_limit="select.max", max_current=32)
    telemetry = adapter.telemetry()
    assert (telemetry.shown_a, telemetry.lowest_a) == (16.0, 6.0)
    for current in (12, 13, 32):
        await adapter.apply(amps(current))
    assert [call.data["option"] for call in chosen] == ["10 A", "13 A", "20.5 A (max)"]
    show("select.max", "auto", options=options)
    assert not adapter.telemetry().available
    chosen.clear()
    await adapter.apply(amps(0))
    assert [call.data["option"] for call in chosen] == ["6 A"]


async def test_a_select_without_numbers_is_not_set(hass: HomeAssistant, show: Show) -> None:
    show("select.max", "eco", options=["eco", "fast"])
    with pytest.raises(DeviceError, match="entity_wrong_unit"):
        await charger(hass, current_limit="select.max").apply(amps(10))


async def test_zero_that_does_not_pause_is_not_told(hass: HomeAssistant, show: Show) -> None:
    """Some take 0 for "no limit"."""
    show("number.limit", 16, "A", min=0, max=32, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit", zero_pauses=False)
    assert adapter.telemetry().lowest_a == 6.0
    await adapter.apply(amps(0))
    assert [call.data["value"] for call in written] == [6.0]


# Actions


async def test_actions_get_what_they_need(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    calls = async_mock_service(hass, "easee", "set_charger_dynamic_limit")
    adapter = charger(hass, control="actions", set_actions=EASEE)
    await adapter.apply(amps(10, phases=1))
    assert calls[0].data == {"charger_id": "EH1", "current": 10, "watts": 2300, "time_to_live": 10}
    assert calls[0].context.user_id is None
    assert (adapter.telemetry().shown_a, adapter.telemetry().lowest_a) == (None, 0.0)
    # The same again is no reason to bother it, until it may have forgotten.
    await adapter.apply(amps(10, phases=1))
    assert len(calls) == 1
    freezer.tick(901)
    await adapter.apply(amps(10, phases=1))
    await adapter.apply(amps(10, again=True, phases=1))
    await adapter.apply(amps(0))
    assert [call.data["current"] for call in calls] == [10, 10, 10, 0]


@pytest.mark.parametrize(
    ("actions", "key"),
    [
        (EASEE, "actions_failed"),
        ([{"action": "easee.gone"}], "actions_failed"),
        ([{"action": "easee.gone", "data": {"a": "{{ nothing_known + 1 }}"}}], "actions_failed"),
        ([{"condition": "template", "value_template": "{{ amps > 20 }}"}], "actions_stopped"),
        ([{"stop": "no", "error": True}], "actions_stopped"),
        ([{"nothing": "at all"}], "actions_invalid"),
    ],
)
async def test_actions_that_fail_are_noticed_and_tried_again(
    hass: HomeAssistant, actions: list[dict[str, Any]], key: str, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[ServiceCall] = []

    async def fail(call: ServiceCall) -> None:
        tries.append(call)
        raise HomeAssistantError("the cloud is away")

    hass.services.async_register("easee", "set_charger_dynamic_limit", fail)
    adapter = charger(hass, control="actions", set_actions=actions)
    for _ in range(2):
        with pytest.raises(DeviceError) as caught:
            await adapter.apply(amps(10))
        assert caught.value.key == key
        assert caught.value.placeholders["entity_id"] == "Maple 4"
    assert len(tries) == (2 if actions is EASEE else 0)
    # It is said once, elsewhere.
    assert "Traceback" not in caplog.text


async def test_actions_that_take_too_long_are_ended(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.devices.io.action_running.RUN_TIMEOUT_S", 0.01)
    adapter = charger(hass, control="actions", set_actions=[{"delay": {"seconds": 60}}])
    with pytest.raises(DeviceError, match="actions_timeout"):
        await adapter.apply(amps(10))
    await hass.async_block_till_done()


async def test_a_pause_of_its_own(hass: HomeAssistant) -> None:
    """The limit comes before it goes on again; what is not known is told once more."""
    told: list[str] = []

    async def note(call: ServiceCall) -> None:
        told.append(f"{call.service} {call.data.get('current', '')}".strip())

    for service in ("limit", "pause", "resume"):
        hass.services.async_register("car", service, note)
    adapter = charger(
        hass,
        control="actions",
        set_actions=[{"action": "car.limit", "data": {"current": "{{ amps }}"}}],
        pause_actions=[{"action": "car.pause"}],
        resume_actions=[{"action": "car.resume"}],
    )
    for current in (10, 0, 0, 8, 8):
        await adapter.apply(amps(current))
        assert adapter.telemetry().shown_a == (0.0 if current == 0 else None)
    assert told == ["limit 10", "resume", "pause", "limit 8", "resume"]
    # It draws all the same.
    told.clear()
    await adapter.apply(amps(0, again=True))
    assert told == ["limit 6", "pause"]
    told.clear()
    await adapter.safe_state()
    assert told == []


# Pausing by a select


async def test_a_select_that_pauses(hass: HomeAssistant, show: Show) -> None:
    """As go-e: neutral, don't charge, charge."""
    show("select.frc", "0", options=["0", "1", "2"])
    show("number.limit", 16, "A", min=6, max=32, step=1)
    chosen = async_mock_service(hass, "select", "select_option")
    async_mock_service(hass, "number", "set_value")
    adapter = charger(
        hass, current_limit="number.limit", pause_select="select.frc", pause_option="1", resume_option="0"
    )
    assert adapter.telemetry().lowest_a == 0.0
    # Any other option lets it charge: what somebody chose stays.
    show("select.frc", "2", options=["0", "1", "2"])
    await adapter.apply(amps(10))
    assert chosen == []
    await adapter.apply(amps(0))
    assert [call.data["option"] for call in chosen] == ["1"]
    show("select.frc", "1", options=["0", "1", "2"])
    assert adapter.telemetry().shown_a == 0.0
    await adapter.apply(amps(8))
    assert [call.data["option"] for call in chosen] == ["1", "0"]


async def test_an_option_that_is_gone_is_told(hass: HomeAssistant, show: Show) -> None:
    show("select.frc", "0", options=["0", "2"])
    show("number.limit", 16, "A", min=6, max=32, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(
        hass, current_limit="number.limit", pause_select="select.frc", pause_option="1", resume_option="0"
    )
    with pytest.raises(DeviceError, match="option_missing"):
        await adapter.apply(amps(0))
    # What does not pause draws its least at least.
    assert [call.data["value"] for call in written] == [6.0]


async def test_a_switch_that_pauses_when_it_is_on(hass: HomeAssistant, show: Show) -> None:
    """As V2C."""
    show("switch.paused", "off")
    show("number.limit", 16, "A", min=6, max=32, step=1)
    on = async_mock_service(hass, "switch", "turn_on")
    off = async_mock_service(hass, "switch", "turn_off")
    adapter = charger(hass, current_limit="number.limit", enable="switch.paused", enable_pauses=True)
    await adapter.apply(amps(0))
    assert (len(on), len(off)) == (1, 0)
    show("switch.paused", "on")
    assert adapter.telemetry().shown_a == 0.0


# On and off only


async def test_a_charger_with_nothing_but_a_switch(hass: HomeAssistant, show: Show) -> None:
    show("switch.relay", "off")
    on = async_mock_service(hass, "switch", "turn_on")
    off = async_mock_service(hass, "switch", "turn_off")
    config, adapter = built(hass, control="on_off", enable="switch.relay")
    # All or nothing, and not each minute another one.
    limits = (config.min_current_a, config.max_current_a, config.step_a, config.safe_current_a)
    assert limits == (16.0, 16.0, 16.0, 16.0)
    assert config.write_interval_s == 300.0
    assert (adapter.telemetry().shown_a, adapter.telemetry().lowest_a) == (0.0, 0.0)
    await adapter.apply(amps(16))
    assert (len(on), len(off)) == (1, 0)
    show("switch.relay", "on")
    assert adapter.telemetry().shown_a == 16.0
    await adapter.apply(amps(0))
    assert (len(on), len(off)) == (1, 1)
    show("switch.relay", "unavailable")
    assert adapter.telemetry().lowest_a == 16.0


async def test_a_charger_with_modes_only(hass: HomeAssistant, show: Show) -> None:
    """As zappi: the safe state is off when it was said so."""
    modes = ["Fast", "Eco", "Eco+", "Stopped"]
    show("select.mode", "Fast", options=modes)
    chosen = async_mock_service(hass, "select", "select_option")
    config, adapter = built(
        hass,
        control="on_off",
        pause_select="select.mode",
        pause_option="Stopped",
        resume_option="Fast",
        safe_current=0,
        write_interval=600,
    )
    assert (config.safe_current_a, config.write_interval_s) == (0.0, 600.0)
    await adapter.safe_state()
    assert [call.data["option"] for call in chosen] == ["Stopped"]


# Keep-alive, and one number for both directions


async def test_a_limit_that_lapses_is_told_again(
    hass: HomeAssistant, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    show("number.limit", 10, "A", min=0, max=32, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit", keep_alive=30)
    assert adapter.keep_alive_s == 30.0
    for _ in range(20):
        await adapter.apply(amps(10))
        freezer.tick(10)
    # It shows that value all the time.
    assert len(written) == 6
    written.clear()
    show("number.limit", 0, "A", min=0, max=32, step=1)
    freezer.tick(30)
    await adapter.apply(amps(0))
    assert len(written) == 1


async def test_one_signed_number(hass: HomeAssistant, show: Show) -> None:
    """As Wallbox Quasar: what is below 0 feeds back."""
    show("number.limit", 0, "A", min=-16, max=16, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit", discharge_current="number.limit", max_discharge_current=16)
    for current in (10, -8, 0):
        await adapter.apply(amps(current))
    assert [call.data["value"] for call in written] == [10.0, -8.0, 0.0]


# What is read

STATUS = {"ready": "disconnected", "awaiting_start": "connected", "charging": "charging", "error": "fault"}


@pytest.mark.parametrize(
    ("status", "connected", "watts"),
    [
        ("ready", False, 0.0),
        ("awaiting_start", True, 0.0),
        ("charging", True, None),
        ("error", None, None),
        ("something new", None, None),
        ("unavailable", None, None),
    ],
)
async def test_a_status_says_whether_a_car_is_there(
    hass: HomeAssistant, show: Show, status: str, connected: bool | None, watts: float | None
) -> None:
    """Many say nothing about their power while they are idle."""
    show("sensor.power", "unknown", "kW")
    show("sensor.status", status)
    show("number.limit", 16, "A", min=0, max=32, step=1)
    telemetry = charger(hass, current_limit="number.limit", status="sensor.status", status_map=STATUS).telemetry()
    assert telemetry.connected is connected
    assert (None if telemetry.reading is None else telemetry.reading.total_w) == watts
    assert telemetry.available


async def test_a_plug_that_is_out_says_that_nothing_flows(hass: HomeAssistant, show: Show) -> None:
    show("sensor.power", "unavailable")
    show("binary_sensor.plug", "off")
    show("number.limit", 16, "A", min=0, max=32, step=1)
    adapter = charger(hass, current_limit="number.limit", connected="binary_sensor.plug")
    telemetry = adapter.telemetry()
    assert telemetry.reading is not None
    assert telemetry.reading.total_w == 0.0
    show("binary_sensor.plug", "on")
    assert adapter.telemetry().reading is None
    assert not adapter.telemetry().available


# One phase or three


def change_to(count: int | None, current_a: float = 0.0) -> ChargerSetpoint:
    return ChargerSetpoint(
        device_id="p1", current_a=current_a, expires_at=0.0, cause=Cause.PHASES, change_to=count, phases=1
    )


async def test_phases_by_a_select(hass: HomeAssistant, show: Show) -> None:
    """As go-e: by itself, one, three. What it chooses by itself is not known."""
    show("number.limit", 16, "A", min=0, max=32, step=1)
    show("select.psm", "2", options=["0", "1", "2"])
    chosen = async_mock_service(hass, "select", "select_option")
    written = async_mock_service(hass, "number", "set_value")
    options = {"phase_option_one": "1", "phase_option_three": "2", "phase_hold": 900}
    config, adapter = built(hass, current_limit="number.limit", phase_switch="select.psm", **options)
    assert (config.phase_hold_s, config.phase_pauses) == (900.0, True)
    assert adapter.telemetry().phases_shown == 3
    assert "select.psm" in adapter.entity_ids
    await adapter.apply(change_to(1))
    assert [call.data["value"] for call in written] == [0.0], "the pause comes first"
    assert [call.data["option"] for call in chosen] == ["1"]
    show("select.psm", "1", options=["0", "1", "2"])
    assert adapter.telemetry().phases_shown == 1
    await adapter.apply(change_to(3))
    assert [call.data["option"] for call in chosen] == ["1", "2"]
    await adapter.apply(amps(8))
    assert len(chosen) == 2
    for other in ("0", "unavailable"):
        show("select.psm", other, options=["0", "1", "2"])
        assert adapter.telemetry().phases_shown is None


async def test_phases_by_a_switch(hass: HomeAssistant, show: Show) -> None:
    show("number.limit", 16, "A", min=0, max=32, step=1)
    show("switch.three", "on")
    on, off = async_mock_service(hass, "switch", "turn_on"), async_mock_service(hass, "switch", "turn_off")
    async_mock_service(hass, "number", "set_value")
    _, adapter = built(hass, current_limit="number.limit", phase_switch="switch.three")
    assert adapter.telemetry().phases_shown == 3
    await adapter.apply(change_to(1))
    assert [call.data["entity_id"] for call in off] == ["switch.three"]
    show("switch.three", "off")
    assert adapter.telemetry().phases_shown == 1
    await adapter.apply(change_to(3))
    assert [call.data["entity_id"] for call in on] == ["switch.three"]
    show("switch.three", "unknown")
    assert adapter.telemetry().phases_shown is None


async def test_phases_by_actions(hass: HomeAssistant, show: Show) -> None:
    show("number.limit", 16, "A", min=0, max=32, step=1)
    async_mock_service(hass, "number", "set_value")
    ran = async_mock_service(hass, "keba", "set_phases")
    action = {"action": "keba.set_phases", "data": {"count": "{{ phases }}"}}
    config, adapter = built(hass, current_limit="number.limit", phase_actions=[action], phase_pauses=False)
    assert config.phase_pauses is False
    assert adapter.telemetry().phases_shown is None
    await adapter.apply(change_to(1, 6.0))
    assert [call.data["count"] for call in ran] == [1]


# A power for nobody knows how many phases


@pytest.mark.parametrize(
    ("data", "undivided"),
    [
        ({"current_limit": "number.limit"}, False),
        ({"current_limit": "number.limit", "limit_unit": "%"}, False),
        ({"current_limit": "number.limit", "limit_unit": "kW"}, True),
        ({"current_limit": "number.limit", "limit_unit": "W", "currents": ["sensor.a", "sensor.b", "sensor.c"]}, False),
        ({"control": "actions", "set_actions": EASEE}, True),
        ({"control": "actions", "set_actions": [{"action": "x.y", "data": {"amps": "{{ amps }}"}}]}, False),
        ({"control": "on_off", "enable": "switch.charger"}, False),
    ],
)
async def test_who_shares_a_power_is_unknown_where_only_the_total_is_measured(
    hass: HomeAssistant, show: Show, data: dict[str, Any], undivided: bool
) -> None:
    assert built(hass, **data)[0].limit_undivided is undivided


async def test_a_power_is_for_one_phase_until_told_otherwise_and_when_nobody_watches(
    hass: HomeAssistant, show: Show
) -> None:
    show("number.limit", 2760, "W", min=1380, max=11_040, step=1)
    written = async_mock_service(hass, "number", "set_value")
    adapter = charger(hass, current_limit="number.limit", limit_unit="W")
    assert adapter.telemetry().shown_a == 12.0
    assert adapter.telemetry().least_w == 1380.0
    await adapter.apply(amps(10, phases=3))
    show("number.limit", 6900, "W", min=1380, max=11_040, step=1)
    assert adapter.telemetry().least_w == 1380.0
    await adapter.safe_state()
    assert [call.data["value"] for call in written] == [6900.0, 1380.0]


async def test_a_current_has_no_least_power(hass: HomeAssistant, show: Show) -> None:
    show("number.limit", 10, "A", min=6, max=16, step=1)
    assert charger(hass, current_limit="number.limit").telemetry().least_w == 0.0
