"""What is entered about a device: what it means, and what does not fit together."""

from typing import Any

import pytest

from custom_components.tangle_grid.devices.shape import (
    BatteryControl,
    ChargerControl,
    Modes,
    Pause,
    PhaseChange,
    PowerSource,
    ShapeError,
    Status,
    battery_shape,
    charger_shape,
    power_source,
)
from tests.support.subentry_forms import CHARGER

ACTIONS = [{"action": "easee.set_charger_dynamic_limit", "data": {"current": "{{ amps }}"}}]
BATTERY = {"power": "sensor.b", "soc": "sensor.soc", "power_setpoint": "number.w"}


def test_a_charger_of_before_means_what_it_always_did() -> None:
    shape = charger_shape(CHARGER)
    assert shape.power == PowerSource(power="sensor.charger")
    assert (shape.control, shape.limit, shape.limit_unit) == (ChargerControl.LIMIT, "number.limit", None)
    assert shape.pause == Pause(switch="switch.enable")
    assert (shape.status, shape.phases, shape.keep_alive_s) == (None, None, None)


def test_a_battery_of_before_means_what_it_always_did() -> None:
    shape = battery_shape(BATTERY)
    assert (shape.control, shape.setpoint, shape.modes) == (BatteryControl.POWER, "number.w", None)


def test_a_charger_with_actions_and_a_select() -> None:
    shape = charger_shape(
        {
            "currents": ["sensor.i"],
            "current_attributes": ["l1", "l2", "l3"],
            "voltage": 235,
            "status": "sensor.status",
            "status_map": {"awaiting_start": "connected", "error": "fault"},
            "control": "actions",
            "set_actions": ACTIONS,
            "pause_select": "select.frc",
            "pause_option": "1",
            "resume_option": "0",
            "phase_switch": "select.psm",
            "phase_option_one": "1",
            "phase_option_three": "2",
            "phase_hold": 900,
            "keep_alive": 60,
        }
    )
    assert shape.power.entity_ids == ("sensor.i",)
    assert shape.power.voltage_v == 235.0
    assert shape.status is not None
    assert shape.status.meanings == {"awaiting_start": Status.CONNECTED, "error": Status.FAULT}
    assert shape.set_actions == tuple(ACTIONS)
    assert shape.pause == Pause(select="select.frc", pause_option="1", resume_option="0")
    assert shape.phases == PhaseChange(entity_id="select.psm", one="1", three="2", hold_s=900.0)
    assert shape.keep_alive_s == 60.0


def test_a_battery_with_maxima_and_modes() -> None:
    shape = battery_shape(
        {
            "power": "sensor.b",
            "power_export": "sensor.b_out",
            "control": "maxima",
            "charge_setpoint": "number.max_charge",
            "discharge_setpoint": "number.max_discharge",
            "mode_select": "select.mode",
            "mode_hold": "Standby",
            "trigger": "button.go",
        }
    )
    assert shape.control is BatteryControl.MAXIMA
    assert shape.power.entity_ids == ("sensor.b", "sensor.b_out")
    assert shape.modes == Modes(entity_id="select.mode", hold="Standby")
    assert shape.trigger == "button.go"


@pytest.mark.parametrize(
    ("change", "field", "key"),
    [
        ({"power": None}, "power", "power_or_currents"),
        ({"power": None, "currents": ["sensor.i"], "power_export": "sensor.e"}, "power_export", "needs_power"),
        ({"currents": ["sensor.a", "sensor.b"]}, "currents", "currents_count"),
        ({"current_attributes": ["l1"]}, "current_attributes", "attributes_of_one_sensor"),
        ({"current_limit": None}, "current_limit", "limit_missing"),
        ({"limit_unit": "VA"}, "limit_unit", "limit_unit_unknown"),
        ({"control": "wish"}, "control", "control_unknown"),
        ({"control": "actions"}, "set_actions", "actions_missing"),
        ({"control": "actions", "set_actions": "limit to 6 A"}, "set_actions", "actions_invalid"),
        ({"control": "on_off", "enable": None}, "enable", "on_off_needs_pause"),
        ({"pause_select": "select.m", "pause_option": "a", "resume_option": "b"}, "pause_select", "pause_twice"),
        ({"enable": None, "pause_select": "select.m", "pause_option": "a"}, "pause_option", "options_missing"),
        ({"phase_switch": "select.p", "phase_option_one": "1"}, "phase_option_one", "options_missing"),
        ({"status": "sensor.s", "status_map": {"x": "maybe"}}, "status_map", "status_meaning"),
        ({"keep_alive": 0}, "keep_alive", "not_positive"),
    ],
)
def test_what_does_not_fit_in_a_charger(change: dict[str, Any], field: str, key: str) -> None:
    with pytest.raises(ShapeError) as caught:
        charger_shape({**CHARGER, **change})
    assert (caught.value.field, caught.value.key) == (field, key)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"power_setpoint": None}, "power_setpoint"),
        ({"control": "two_numbers", "charge_setpoint": "number.c"}, "discharge_setpoint"),
        ({"control": "actions", "set_actions": ACTIONS}, "release_actions"),
        ({"control": "modes", "mode_select": "select.m"}, "mode_hold"),
    ],
)
def test_what_is_missing_in_a_battery(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ShapeError) as caught:
        battery_shape({**BATTERY, **change})
    assert (caught.value.field, caught.value.key) == (field, "control_incomplete")


def test_a_battery_is_not_told_in_amperes() -> None:
    with pytest.raises(ShapeError, match="limit_unit"):
        battery_shape({**BATTERY, "limit_unit": "A"})


def test_whose_sign_is_said_elsewhere_is_not_read_here() -> None:
    assert power_source({"power": "sensor.p", "power_inverted": True}).inverted
    assert not power_source({"power": "sensor.p", "power_inverted": True}, inverted=False).inverted
    with pytest.raises(ShapeError):
        power_source({"power": None, "currents": ["sensor.i"], "power_attribute": "x"})


def test_phases_changed_by_a_switch_or_by_actions() -> None:
    by_switch = charger_shape({**CHARGER, "phase_switch": "switch.p"}).phases
    assert by_switch == PhaseChange(entity_id="switch.p")
    by_actions = charger_shape({**CHARGER, "phase_actions": ACTIONS}).phases
    assert by_actions == PhaseChange(actions=tuple(ACTIONS))
