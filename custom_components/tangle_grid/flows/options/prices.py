"""What charging costs: by the figures that a person knows, by a tariff of OCPI, or by an entity."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import UnitOfEnergy
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TimeSelector,
)
from homeassistant.util import dt as dt_util

from ...const import (
    CONF_MARGIN,
    CONF_PRICE_ENTITY,
    CONF_PRICES,
    CONF_TARIFF_JSON,
    CONF_TOKEN_RATE,
    CONF_TOKEN_RATE_ENTITY,
    SUBENTRY_HOUSEHOLD,
)
from ...economy.errors import FormError, TariffError
from ...economy.sessions import EmptyWallet, Guest
from ...economy.sessions.terms import DEFAULT_SLICE_WH
from ...economy.tariff_form import read_decimal
from ...island.charging_prices import (
    CONF_AWAY_WH,
    CONF_CREDIT_WH,
    CONF_EMPTY_WALLET,
    CONF_FEE_PERCENT,
    CONF_FEED_IN,
    CONF_GUEST_HOUSEHOLD,
    CONF_GUESTS,
    CONF_NEGATIVE_BUDGET,
    CONF_SLICE_WH,
    CONF_SUN_PRICE,
    PRICED,
)
from ...island.tariffs import charging_offer, entity_price
from ..checks import NO_PLACEHOLDERS, Problem, check_exists
from ..fields import number
from ..form_data import FieldProblem, flattened, place_of, require, sectioned
from ..tariff_fields import SECTION_OTHER_TARIFF, refused_tariff
from .opened import OpenLedgerFlow

SECTION_TIMES: Final = "times"
SECTION_PAYING: Final = "paying"
_BY_FORM: Final = ("kwh", "kwh_night", "hour", "after_hours", "hour_after", "flat")
_DECIMALS: Final = (CONF_FEED_IN, CONF_SUN_PRICE, CONF_FEE_PERCENT, CONF_NEGATIVE_BUDGET)
_RATE: Final = (CONF_TOKEN_RATE, CONF_TOKEN_RATE_ENTITY)
_FORM: Final = ("options", "step.prices")


def _choice(values: type[Guest | EmptyWallet], key: str) -> SelectSelector:
    return SelectSelector(SelectSelectorConfig(options=[str(each) for each in values], translation_key=key))


def prices_schema(households: list[SelectOptionDict]) -> vol.Schema:
    """Return the form; `households` are those on whose account guests may charge."""
    account: dict[Any, Any] = {}
    if households:
        account[vol.Optional(CONF_GUEST_HOUSEHOLD)] = SelectSelector(SelectSelectorConfig(options=households))
    times = {
        vol.Optional(name): TimeSelector() if name in {"night_from", "night_until"} else TextSelector()
        for name in ("kwh_night", "night_from", "night_until", "hour", "after_hours", "hour_after", "flat")
    }
    prices = EntitySelectorConfig(filter={"domain": ["sensor", "number", "input_number"]})
    other = {
        vol.Optional(CONF_PRICE_ENTITY): EntitySelector(prices),
        vol.Optional(CONF_MARGIN): TextSelector(),
        vol.Optional(CONF_TARIFF_JSON): TextSelector(TextSelectorConfig(multiline=True)),
    }
    paying = {
        vol.Optional(CONF_FEED_IN): TextSelector(),
        vol.Optional(CONF_SUN_PRICE): TextSelector(),
        vol.Optional(CONF_FEE_PERCENT): TextSelector(),
        vol.Optional(CONF_GUESTS, default=str(Guest.FREE)): _choice(Guest, CONF_GUESTS),
        **account,
        vol.Optional(CONF_EMPTY_WALLET, default=str(EmptyWallet.PAUSE)): _choice(EmptyWallet, CONF_EMPTY_WALLET),
        vol.Optional(CONF_SLICE_WH, default=DEFAULT_SLICE_WH): number(100, 20_000, UnitOfEnergy.WATT_HOUR),
        vol.Optional(CONF_CREDIT_WH, default=1_000): number(500, 20_000, UnitOfEnergy.WATT_HOUR),
        vol.Optional(CONF_AWAY_WH, default=1_000): number(500, 100_000, UnitOfEnergy.WATT_HOUR),
        vol.Optional(CONF_NEGATIVE_BUDGET): TextSelector(),
    }
    return vol.Schema(
        {
            vol.Optional("kwh"): TextSelector(),
            vol.Optional(CONF_TOKEN_RATE): TextSelector(),
            vol.Optional(CONF_TOKEN_RATE_ENTITY): EntitySelector(prices),
            vol.Optional(SECTION_TIMES): section(vol.Schema(times), {"collapsed": True}),
            vol.Optional(SECTION_OTHER_TARIFF): section(vol.Schema(other), {"collapsed": True}),
            vol.Optional(SECTION_PAYING): section(vol.Schema(paying), {"collapsed": True}),
        }
    )


class PriceSteps(OpenLedgerFlow):
    """The step about what charging costs."""

    async def async_step_prices(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for prices; without any, charging costs nothing."""
        entry = self.config_entry
        households = [
            SelectOptionDict(value=subentry_id, label=subentry.title)
            for subentry_id, subentry in entry.subentries.items()
            if subentry.subentry_type == SUBENTRY_HOUSEHOLD
        ]
        schema = prices_schema(households)
        stored = {name: entry.options[name] for name in _RATE if name in entry.options}
        shown = user_input or sectioned(schema, {**stored, **entry.options.get(CONF_PRICES, {})})
        place, problem = "base", None
        if user_input is not None:
            data = {name: value for name, value in flattened(user_input).items() if value != ""}
            try:
                _check(self.hass, data)
            except FieldProblem as found:
                place, problem = place_of(schema, found.field), found.problem
            else:
                options = {name: value for name, value in entry.options.items() if name not in {CONF_PRICES, *_RATE}}
                options |= {name: data.pop(name) for name in _RATE if name in data}
                if any(name in data for name in PRICED):
                    options[CONF_PRICES] = data
                return self.async_create_entry(data=options)
        return self.async_show_form(
            step_id="prices",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors={place: problem.key} if problem is not None else {},
            description_placeholders={
                **NO_PLACEHOLDERS,
                **(problem.placeholders if problem is not None else {}),
                "currency": self.hass.config.currency,
            },
        )


def _check(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Raise FieldProblem for prices that cannot be, or do not go together."""
    for name in (*_DECIMALS, CONF_TOKEN_RATE):
        if name in data:
            _check_figure(hass, name, data[name])
    if CONF_TOKEN_RATE_ENTITY in data:
        _check_rate_entity(hass, data)
    if data.get(CONF_GUESTS) == Guest.HOUSEHOLD and CONF_GUEST_HOUSEHOLD not in data:
        raise FieldProblem(CONF_GUESTS, Problem(key="household_missing"))
    by_form, by_json = any(name in data for name in _BY_FORM), CONF_TARIFF_JSON in data
    if by_json and (by_form or CONF_PRICE_ENTITY in data):
        raise FieldProblem(CONF_TARIFF_JSON, Problem(key="tariff_twice"))
    if CONF_PRICE_ENTITY in data:
        _check_entity(hass, data)
    elif CONF_MARGIN in data:
        raise FieldProblem(CONF_MARGIN, Problem(key="margin_of_nothing"))
    if not (by_form or by_json or CONF_PRICE_ENTITY in data):
        return
    try:
        charging_offer(hass, data, dt_util.utcnow())
    except TariffError as error:
        field = str(error.placeholders.get("where")) if isinstance(error, FormError) else CONF_TARIFF_JSON
        raise FieldProblem(field, refused_tariff(hass, *_FORM, error)) from None


def _check_figure(hass: HomeAssistant, name: str, typed: str) -> None:
    """Raise FieldProblem for what is no figure, or one below nought; tokens are worth something."""
    try:
        figure = read_decimal(typed, name)
    except FormError as error:
        raise FieldProblem(name, refused_tariff(hass, *_FORM, error)) from None
    if figure.startswith("-") or (name == CONF_TOKEN_RATE and figure == "0"):
        below = FormError("not_positive", {"where": name, "value": figure})
        raise FieldProblem(name, refused_tariff(hass, *_FORM, below))


def _check_entity(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Raise FieldProblem for an entity that shows no price, or stands beside one."""
    entity_id = data[CONF_PRICE_ENTITY]
    require(CONF_PRICE_ENTITY, check_exists(hass, entity_id))
    if "kwh" in data:
        raise FieldProblem(CONF_PRICE_ENTITY, Problem(key="tariff_twice"))
    if entity_price(hass, entity_id) is None:
        raise FieldProblem(CONF_PRICE_ENTITY, Problem(key="entity_not_numeric", placeholders=_shown(hass, entity_id)))


def _check_rate_entity(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Raise FieldProblem for an entity that shows no rate, or stands beside one."""
    entity_id = data[CONF_TOKEN_RATE_ENTITY]
    require(CONF_TOKEN_RATE_ENTITY, check_exists(hass, entity_id))
    if CONF_TOKEN_RATE in data:
        raise FieldProblem(CONF_TOKEN_RATE_ENTITY, Problem(key="rate_twice"))
    rate = entity_price(hass, entity_id)
    if rate is None or rate <= 0:
        shown = _shown(hass, entity_id)
        problem = Problem(key="entity_not_numeric" if rate is None else "rate_not_positive", placeholders=shown)
        raise FieldProblem(CONF_TOKEN_RATE_ENTITY, problem)


def _shown(hass: HomeAssistant, entity_id: str) -> dict[str, str]:
    state = hass.states.get(entity_id)
    return {"entity": entity_id, "value": state.state if state else ""}
