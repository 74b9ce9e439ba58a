"""The form of a car park: a zone and a tariff."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import voluptuous as vol
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig, SelectOptionDict, TextSelector

from ...const import (
    CONF_MARGIN,
    CONF_PLACES,
    CONF_PRICE_ENTITY,
    CONF_SERVICE_ZONE,
    CONF_TARIFF_JSON,
    SUBENTRY_PARKING,
)
from ...economy.errors import FormError, TariffError
from ...island.tariffs import entity_price, parking_offer
from .. import fields as selectors
from ..checks import Problem, check_exists
from ..form_data import Data, FieldProblem, require
from ..tariff_fields import PRICE_FIELDS, tariff_fields, tariff_problem
from .participant import STEP_FIRST, STEP_PRICES, ParticipantFlow

_MOST_PLACES = 100_000


def zones() -> EntitySelector:
    """Return the zones of this Home Assistant."""
    return EntitySelector(EntitySelectorConfig(filter={"domain": "zone"}))


class ParkingFlow(ParticipantFlow, kind=SUBENTRY_PARKING):
    """Add or change a car park. It hangs on no feeder."""

    hangs = False
    exclusive_fields = ()

    @override
    def steps(self, phase_count: int, feeders: Sequence[SelectOptionDict] = ()) -> dict[str, vol.Schema]:
        return {
            STEP_FIRST: vol.Schema(
                {
                    vol.Required(CONF_NAME): TextSelector(),
                    vol.Required(CONF_SERVICE_ZONE): zones(),
                    vol.Optional(CONF_PLACES): selectors.number(1, _MOST_PLACES),
                }
            ),
            STEP_PRICES: vol.Schema(tariff_fields()),
        }

    @override
    def check(self, step: str, data: Data) -> None:
        if step == STEP_FIRST:
            require(CONF_SERVICE_ZONE, check_exists(self.hass, data[CONF_SERVICE_ZONE]))
        else:
            self._check_prices(data)

    def _check_prices(self, data: Mapping[str, Any]) -> None:
        by_json, entity_id = CONF_TARIFF_JSON in data, data.get(CONF_PRICE_ENTITY)
        if by_json and (entity_id or any(name in data for name in PRICE_FIELDS if not name.startswith("night_"))):
            raise FieldProblem(CONF_TARIFF_JSON, Problem(key="tariff_twice"))
        if entity_id:
            require(CONF_PRICE_ENTITY, check_exists(self.hass, entity_id))
            if "hour" in data:
                raise FieldProblem(CONF_PRICE_ENTITY, Problem(key="tariff_twice"))
            if entity_price(self.hass, entity_id) is None:
                state = self.hass.states.get(entity_id)
                placeholders = {"entity": entity_id, "value": state.state if state else ""}
                raise FieldProblem(CONF_PRICE_ENTITY, Problem(key="entity_not_numeric", placeholders=placeholders))
        elif CONF_MARGIN in data:
            raise FieldProblem(CONF_MARGIN, Problem(key="margin_of_nothing"))
        try:
            parking_offer(self.hass, data)
        except FormError as error:
            where = str(error.placeholders.get("where"))
            field = where if where in (*PRICE_FIELDS, CONF_MARGIN) else "hour"
            raise FieldProblem(field, tariff_problem(self.hass, self.kind, error)) from None
        except TariffError as error:
            field = CONF_TARIFF_JSON if by_json else "hour"
            raise FieldProblem(field, tariff_problem(self.hass, self.kind, error)) from None
