"""The form of a solar system."""

from collections.abc import Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.const import CONF_NAME
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector, SelectOptionDict, TextSelector

from ...const import CONF_FEEDER, CONF_PHASES, CONF_POWER, CONF_POWER_EXPORT, CONF_PRODUCTION_NEGATIVE, SUBENTRY_SOLAR
from ...devices.presets import KIND_SOLAR
from .. import fields as selectors
from ..checks import check_power
from .participant import FieldProblem, ParticipantFlow

SECTION_READINGS = "reading"


class SolarFlow(ParticipantFlow, kind=SUBENTRY_SOLAR):
    """Add or change a solar system."""

    device_kind = KIND_SOLAR
    exclusive_fields = (CONF_POWER, CONF_POWER_EXPORT)

    @override
    def schema(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> vol.Schema:
        all_phases = [str(phase) for phase in range(1, phase_count + 1)]
        return vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_POWER): selectors.powers(),
                vol.Required(CONF_PHASES, default=all_phases): selectors.phases(phase_count),
                **selectors.feeder(CONF_FEEDER, feeders),
                vol.Required(CONF_PRODUCTION_NEGATIVE, default=False): BooleanSelector(),
                vol.Optional(SECTION_READINGS): section(
                    vol.Schema(selectors.readings(inverted=False)), {"collapsed": True}
                ),
            }
        )

    @override
    def check(self, data: dict[str, Any]) -> None:
        if (found := check_power(self.hass, data)) is not None:
            raise FieldProblem(*found)
