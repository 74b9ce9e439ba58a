"""The form of a solar system."""

from collections.abc import Sequence
from typing import override

import voluptuous as vol
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import BooleanSelector, SelectOptionDict, TextSelector

from ...const import CONF_POWER, CONF_POWER_EXPORT, CONF_PRODUCTION_NEGATIVE, SUBENTRY_SOLAR
from ...devices.presets import KIND_SOLAR
from .. import fields as selectors
from ..checks import check_power
from ..form_data import Data, FieldProblem
from .participant import STEP_FIRST, ParticipantFlow

SECTION_READINGS = "reading"


class SolarFlow(ParticipantFlow, kind=SUBENTRY_SOLAR):
    """Add or change a solar system."""

    device_kind = KIND_SOLAR
    exclusive_fields = (CONF_POWER, CONF_POWER_EXPORT)

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        return {
            STEP_FIRST: vol.Schema(
                {
                    vol.Required(CONF_NAME): TextSelector(),
                    vol.Required(CONF_POWER): selectors.powers(),
                    **selectors.place(phase_count, feeders),
                    vol.Required(CONF_PRODUCTION_NEGATIVE, default=False): BooleanSelector(),
                    vol.Optional(SECTION_READINGS): selectors.rarely(selectors.readings(inverted=False)),
                }
            )
        }

    @override
    def check(self, step: str, data: Data) -> None:
        if (found := check_power(self.hass, data)) is not None:
            raise FieldProblem(*found)
