"""The form of a solar system."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import BooleanSelector, SelectOptionDict, TextSelector

from ...const import CONF_FEEDER, CONF_PHASES, CONF_POWER, CONF_PRODUCTION_NEGATIVE, SUBENTRY_SOLAR
from ...devices.presets import KIND_SOLAR
from .. import fields as selectors
from ..checks import POWER_UNITS, check_number_sensor
from .participant import ParticipantFlow, require


class SolarFlow(ParticipantFlow, kind=SUBENTRY_SOLAR):
    """Add or change a solar system."""

    device_kind = KIND_SOLAR
    exclusive_fields = (CONF_POWER,)

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        all_phases = [str(phase) for phase in range(1, phase_count + 1)]
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_POWER): selectors.sensors(SensorDeviceClass.POWER),
                vol.Required(CONF_PHASES, default=all_phases): selectors.phases(phase_count),
                **selectors.feeder(CONF_FEEDER, feeders),
                vol.Required(CONF_PRODUCTION_NEGATIVE, default=False): BooleanSelector(),
            }
        )

    @override
    def check(self, data: Mapping[str, Any]) -> None:
        # At night some inverters are off.
        require(CONF_POWER, check_number_sensor(self.hass, data[CONF_POWER], POWER_UNITS, may_be_silent=True))
