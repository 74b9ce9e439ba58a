"""The form of a toll: a zone and the price of a passage."""

from collections.abc import Sequence
from typing import override

import voluptuous as vol
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import SelectOptionDict, TextSelector

from ...const import CONF_SERVICE_ZONE, CONF_TOLL_PRICE, SUBENTRY_TOLL
from ...economy.errors import FormError
from ...economy.tariff_form import read_decimal
from ..checks import check_exists
from ..form_data import Data, FieldProblem, require
from ..tariff_fields import tariff_problem
from .parking import zones
from .participant import STEP_FIRST, ParticipantFlow


class TollFlow(ParticipantFlow, kind=SUBENTRY_TOLL):
    """Add or change a toll. It hangs on no feeder."""

    hangs = False
    exclusive_fields = ()

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        schema = vol.Schema(
            {
                vol.Required(CONF_NAME): TextSelector(),
                vol.Required(CONF_SERVICE_ZONE): zones(),
                vol.Required(CONF_TOLL_PRICE): TextSelector(),
            }
        )
        return {STEP_FIRST: schema}

    @override
    def check(self, step: str, data: Data) -> None:
        require(CONF_SERVICE_ZONE, check_exists(self.hass, data[CONF_SERVICE_ZONE]))
        try:
            read_decimal(data[CONF_TOLL_PRICE], CONF_TOLL_PRICE)
        except FormError as error:
            raise FieldProblem(CONF_TOLL_PRICE, tariff_problem(self.hass, self.kind, error)) from None
