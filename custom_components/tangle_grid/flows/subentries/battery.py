"""The form of a home battery."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, UnitOfEnergy, UnitOfPower
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector, SelectOptionDict, TextSelector

from ...const import (
    CONF_BATTERY_KWH,
    CONF_ENABLE,
    CONF_FEEDER,
    CONF_MAX_CHARGE_W,
    CONF_MAX_DISCHARGE_W,
    CONF_MIN_SOC,
    CONF_PHASES,
    CONF_POLICY,
    CONF_POWER,
    CONF_POWER_INVERTED,
    CONF_POWER_SETPOINT,
    CONF_SETPOINT_INVERTED,
    CONF_SOC,
    DEFAULT_MIN_SOC,
    SUBENTRY_BATTERY,
)
from ...devices.presets import KIND_BATTERY
from ...grid.model.world import PolicyMode
from .. import fields as selectors
from ..checks import PERCENT_UNITS, POWER_UNITS, check_control, check_exists, check_number_sensor
from .participant import ParticipantFlow, require

SECTION_LIMITS = "limits"
SECTION_SIGNS = "signs"
_MODES = (PolicyMode.NEVER, PolicyMode.ASK, PolicyMode.ALWAYS, PolicyMode.WHEN_CHARGED)


class BatteryFlow(ParticipantFlow, kind=SUBENTRY_BATTERY):
    """Add or change a home battery."""

    device_kind = KIND_BATTERY
    exclusive_fields = (CONF_POWER, CONF_SOC, CONF_POWER_SETPOINT, CONF_ENABLE)

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        all_phases = [str(phase) for phase in range(1, phase_count + 1)]
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_POWER): selectors.sensors(SensorDeviceClass.POWER),
                vol.Required(CONF_SOC): selectors.sensors(SensorDeviceClass.BATTERY),
                vol.Required(CONF_POWER_SETPOINT): selectors.numbers(),
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
                vol.Required(SECTION_SIGNS): section(
                    vol.Schema(
                        {
                            vol.Required(CONF_POWER_INVERTED, default=False): BooleanSelector(),
                            vol.Required(CONF_SETPOINT_INVERTED, default=False): BooleanSelector(),
                        }
                    ),
                    {"collapsed": True},
                ),
                vol.Required(CONF_POLICY): selectors.policy(_MODES, charged_above=True),
            }
        )

    @override
    def check(self, data: Mapping[str, Any]) -> None:
        require(CONF_POWER, check_number_sensor(self.hass, data[CONF_POWER], POWER_UNITS))
        require(CONF_SOC, check_number_sensor(self.hass, data[CONF_SOC], PERCENT_UNITS))
        if CONF_ENABLE in data:
            require(CONF_ENABLE, check_exists(self.hass, data[CONF_ENABLE]))
        lowest, highest = -data[CONF_MAX_DISCHARGE_W], data[CONF_MAX_CHARGE_W]
        if data[CONF_SETPOINT_INVERTED]:
            lowest, highest = -highest, -lowest
        require(
            CONF_POWER_SETPOINT,
            check_control(self.hass, data[CONF_POWER_SETPOINT], POWER_UNITS, lowest=lowest, highest=highest),
        )
