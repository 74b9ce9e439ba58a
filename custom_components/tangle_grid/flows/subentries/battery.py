"""The form of a home battery."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, override

import voluptuous as vol
from homeassistant.const import CONF_NAME, UnitOfEnergy, UnitOfPower, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import ActionSelector, BooleanSelector, SelectOptionDict, TextSelector

from ...const import (
    CONF_BATTERY_KWH,
    CONF_CHARGE_SETPOINT,
    CONF_CONTROL,
    CONF_DISCHARGE_SETPOINT,
    CONF_ENABLE,
    CONF_ENABLE_PAUSES,
    CONF_FEEDER,
    CONF_KEEP_ALIVE,
    CONF_LIMIT_FULL,
    CONF_LIMIT_UNIT,
    CONF_MAX_CHARGE_W,
    CONF_MAX_DISCHARGE_W,
    CONF_MIN_SOC,
    CONF_MODE_CHARGE,
    CONF_MODE_DISCHARGE,
    CONF_MODE_HOLD,
    CONF_MODE_RELEASE,
    CONF_MODE_SELECT,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POWER,
    CONF_POWER_EXPORT,
    CONF_POWER_SETPOINT,
    CONF_RELEASE_ACTIONS,
    CONF_SET_ACTIONS,
    CONF_SETPOINT_INVERTED,
    CONF_SOC,
    CONF_TRIGGER,
    DEFAULT_MIN_SOC,
    SUBENTRY_BATTERY,
)
from ...devices.io.setting import Scale
from ...devices.presets import KIND_BATTERY
from ...devices.shape import LIMIT_UNITS, BatteryControl, battery_shape
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import (
    PERCENT_UNITS,
    async_check_actions,
    check_control,
    check_exists,
    check_number_sensor,
    check_power,
    limit_unit,
)
from .participant import FieldProblem, ParticipantFlow, require, require_shape

SECTION_LIMITS = "limits"
SECTION_SIGNS = "signs"
SECTION_CONTROL = "controlling"
_MODES = (PolicyMode.NEVER, PolicyMode.ASK, PolicyMode.ALWAYS, PolicyMode.WHEN_CHARGED)


class BatteryFlow(ParticipantFlow, kind=SUBENTRY_BATTERY):
    """Add or change a home battery."""

    device_kind = KIND_BATTERY
    exclusive_fields = (
        CONF_POWER,
        CONF_POWER_EXPORT,
        CONF_SOC,
        CONF_POWER_SETPOINT,
        CONF_CHARGE_SETPOINT,
        CONF_DISCHARGE_SETPOINT,
        CONF_MODE_SELECT,
        CONF_TRIGGER,
        CONF_ENABLE,
    )
    option_fields: ClassVar = {
        CONF_MODE_SELECT: (CONF_MODE_HOLD, CONF_MODE_CHARGE, CONF_MODE_DISCHARGE, CONF_MODE_RELEASE)
    }

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        all_phases = [str(phase) for phase in range(1, phase_count + 1)]
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_POWER): selectors.powers(),
                vol.Required(CONF_SOC): selectors.charges(),
                vol.Optional(CONF_POWER_SETPOINT): selectors.limits(),
                vol.Optional(CONF_ENABLE): selectors.switches(),
                vol.Required(CONF_PHASES, default=all_phases): selectors.phases(phase_count),
                **selectors.feeder(CONF_FEEDER, feeders),
                vol.Required(SECTION_LIMITS): section(
                    vol.Schema(
                        {
                            vol.Required(CONF_BATTERY_KWH, default=10): selectors.number(
                                0.5, 1000, UnitOfEnergy.KILO_WATT_HOUR, step=0.1
                            ),
                            vol.Required(CONF_MAX_CHARGE_W, default=3000): selectors.number(
                                0, 100_000, UnitOfPower.WATT
                            ),
                            vol.Required(CONF_MAX_DISCHARGE_W, default=3000): selectors.number(
                                0, 100_000, UnitOfPower.WATT
                            ),
                            vol.Required(CONF_MIN_SOC, default=DEFAULT_MIN_SOC): selectors.percent(),
                        }
                    )
                ),
                vol.Optional(SECTION_CONTROL): section(
                    vol.Schema(
                        {
                            vol.Optional(CONF_CONTROL, default=BatteryControl.POWER.value): selectors.choice(
                                [each.value for each in BatteryControl], "battery_control"
                            ),
                            vol.Optional(CONF_CHARGE_SETPOINT): selectors.limits(),
                            vol.Optional(CONF_DISCHARGE_SETPOINT): selectors.limits(),
                            vol.Optional(CONF_SET_ACTIONS): ActionSelector(),
                            vol.Optional(CONF_RELEASE_ACTIONS): ActionSelector(),
                            vol.Optional(CONF_MODE_SELECT): selectors.selects(),
                            vol.Optional(CONF_TRIGGER): selectors.buttons(),
                            vol.Optional(CONF_LIMIT_UNIT): selectors.units(*LIMIT_UNITS[1:]),
                            vol.Optional(CONF_LIMIT_FULL): selectors.number(1, 100_000, UnitOfPower.WATT),
                            vol.Optional(CONF_ENABLE_PAUSES, default=False): BooleanSelector(),
                            vol.Optional(CONF_KEEP_ALIVE): selectors.number(5, 3600, UnitOfTime.SECONDS),
                        }
                    ),
                    {"collapsed": True},
                ),
                vol.Required(SECTION_SIGNS): section(
                    vol.Schema(
                        {
                            vol.Required(CONF_SETPOINT_INVERTED, default=False): BooleanSelector(),
                            **selectors.readings(),
                        }
                    ),
                    {"collapsed": True},
                ),
                vol.Required(CONF_POLICY): selectors.policy(_MODES, charged_above=True),
            }
        )

    @override
    def check(self, data: dict[str, Any]) -> None:
        # What its modes mean is asked later.
        require_shape(battery_shape, {CONF_MODE_HOLD: "0", **data})
        if (found := check_power(self.hass, data)) is not None:
            raise FieldProblem(*found)
        require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS, may_be_silent=True))
        for field in (CONF_ENABLE, CONF_MODE_SELECT, CONF_TRIGGER):
            if field in data:
                require(field, check_exists(self.hass, data[field]))
        charge, discharge = data[CONF_MAX_CHARGE_W], data[CONF_MAX_DISCHARGE_W]
        signed = (-charge, discharge) if data.get(CONF_SETPOINT_INVERTED) else (-discharge, charge)
        bounds = {
            BatteryControl.POWER: {CONF_POWER_SETPOINT: signed},
            BatteryControl.TWO_NUMBERS: {CONF_CHARGE_SETPOINT: (0, charge), CONF_DISCHARGE_SETPOINT: (0, discharge)},
            BatteryControl.MAXIMA: {CONF_CHARGE_SETPOINT: (0, charge), CONF_DISCHARGE_SETPOINT: (0, discharge)},
        }.get(data.get(CONF_CONTROL, BatteryControl.POWER), {})
        entered = data.pop(CONF_LIMIT_UNIT, None)
        for field, (lowest, highest) in bounds.items():
            unit = limit_unit(self.hass, data[field], entered)
            if unit not in {None, UnitOfPower.WATT}:
                data[CONF_LIMIT_UNIT] = unit
            full = data.get(CONF_LIMIT_FULL) or max(1.0, charge, discharge)
            scale = Scale(base=UnitOfPower.WATT, full=full, unit=unit or UnitOfPower.WATT)
            require(field, check_control(self.hass, data[field], scale, lowest=lowest, highest=highest))

    @override
    async def async_check(self, data: Mapping[str, Any]) -> None:
        for field in (CONF_SET_ACTIONS, CONF_RELEASE_ACTIONS):
            if field in data:
                require(field, await async_check_actions(self.hass, data[field]))

    @override
    def check_options(self, data: Mapping[str, Any]) -> None:
        require_shape(battery_shape, data)
