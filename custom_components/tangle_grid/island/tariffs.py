"""Tariffs as they are entered: by a form, as OCPI's JSON, or from an entity with a margin; and what tokens are worth.

Figures stay exact: what was typed is a text, and a state is one, too.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util import dt as dt_util

from ..amounts import in_currency, in_mi
from ..const import CONF_MARGIN, CONF_PRICE_ENTITY, CONF_TARIFF_JSON, CONF_TOKEN_RATE, CONF_TOKEN_RATE_ENTITY
from ..devices.forecasts.series import price_series
from ..economy.errors import FormError, TariffError
from ..economy.services.stay_price import parking_tariff
from ..economy.tariff import read_tariff
from ..economy.tariff_form import TariffForm, form_to_tariff, read_decimal, read_form

DEFAULT_TOKEN_RATE: Final = 1_000_000
_DIGITS: Final = 9
_FORM_FIELDS: Final = tuple(name for name in TariffForm.__slots__ if name != "currency")


@callback
def parking_offer(hass: HomeAssistant, data: Mapping[str, Any]) -> str | None:
    """Return the tariff of a car park for whoever comes now, as OCPI's JSON.

    None if its price comes from an entity that does not say any.

    Raises:
        TariffError: What was entered is no tariff for parking.
    """
    if text := data.get(CONF_TARIFF_JSON):
        parking_tariff(text)
        return str(text)
    typed = {name: data.get(name) for name in _FORM_FIELDS}
    if entity_id := data.get(CONF_PRICE_ENTITY):
        price = entity_price(hass, entity_id)
        if price is None:
            return None
        margin = read_decimal(data.get(CONF_MARGIN) or "0", CONF_MARGIN)
        typed["hour"] = _decimal(price + Fraction(margin))
    tariff = form_to_tariff(read_form({**typed, "currency": hass.config.currency}))
    parking_tariff(tariff)
    return tariff


@callback
def charging_offer(hass: HomeAssistant, data: Mapping[str, Any], at: datetime) -> str | None:
    """Return the tariff of a charging session that begins now, as OCPI's JSON.

    None if its price comes from an entity that does not say any. Where that entity tells the prices of the coming hours
    as well, they are the session's; after them the price of the beginning holds.

    Raises:
        TariffError: What was entered is no tariff.
    """
    currency = hass.config.currency
    if text := data.get(CONF_TARIFF_JSON):
        tariff = read_tariff(text)
        if tariff.currency != currency:
            raise TariffError("currencies_differ", {"tariff": tariff.currency, "cdr": currency})
        return str(text)
    typed = {name: data.get(name) for name in _FORM_FIELDS}
    if not (entity_id := data.get(CONF_PRICE_ENTITY)):
        return form_to_tariff(read_form({**typed, "currency": currency}))
    price, state = entity_price(hass, entity_id), hass.states.get(entity_id)
    if price is None or state is None:
        return None
    margin = Fraction(read_decimal(data.get(CONF_MARGIN) or "0", CONF_MARGIN))
    typed["kwh"] = _decimal(price + margin)
    offer = json.loads(form_to_tariff(read_form({**typed, "currency": currency})), parse_float=Decimal)
    offer["elements"] = [*_coming_hours(state, at, margin), *offer["elements"]]
    return json.dumps(offer, default=float)


def _coming_hours(state: State, at: datetime, margin: Fraction) -> Iterator[dict[str, Any]]:
    """Return the prices of the next 24 hours that an entity tells, as elements of a tariff."""
    series = price_series(state.attributes)
    end = at + timedelta(days=1)
    for index, value in enumerate(() if series is None else series.values):
        begin = dt_util.utc_from_timestamp(series.start + index * series.step_s) if series is not None else at
        until = begin + timedelta(seconds=series.step_s if series is not None else 0)
        if until <= at or until > end:
            continue
        local, local_until = dt_util.as_local(begin), dt_util.as_local(until)
        price = float(Fraction(repr(value)) + margin)
        yield {
            "price_components": [{"type": "ENERGY", "price": round(price, _DIGITS), "step_size": 1}],
            "restrictions": {
                "start_date": local.date().isoformat(),
                "end_date": (local.date() + timedelta(days=1)).isoformat(),
                "start_time": local.strftime("%H:%M"),
                "end_time": local_until.strftime("%H:%M"),
            },
        }


@callback
def entity_price(hass: HomeAssistant, entity_id: str) -> Fraction | None:
    """Return the price that an entity shows, exact; None where it shows none."""
    state = hass.states.get(entity_id)
    if state is None:
        return None
    try:
        return Fraction(read_decimal(state.state, entity_id))
    except FormError:
        return None


def price_i(rate: Fraction, typed: str, where: str) -> int:
    """Return a price that was typed, in iota; a part of an iota is not charged.

    Raises:
        FormError: It is no number.
    """
    amount = Fraction(read_decimal(typed, where)) * rate
    return amount.numerator // amount.denominator


@callback
def token_rate(hass: HomeAssistant, options: Mapping[str, Any]) -> Fraction | None:
    """Return how many iota a unit of the island's currency is; one Mi where nobody said so.

    None while the entity that says it shows no number above 0.
    """
    if entity_id := options.get(CONF_TOKEN_RATE_ENTITY):
        shown = entity_price(hass, entity_id)
        return shown if shown is not None and shown > 0 else None
    return Fraction(str(options.get(CONF_TOKEN_RATE) or DEFAULT_TOKEN_RATE))


def amount_shown(hass: HomeAssistant, options: Mapping[str, Any], amount_i: int) -> str:
    """Return an amount as people read it: `0.85 Mi`; with the currency, `0.85 Mi (0.43 EUR)`, where a rate is given."""
    worth = worth_shown(hass, options, amount_i)
    return in_mi(amount_i) if worth is None else f"{in_mi(amount_i)} ({worth})"


def worth_shown(hass: HomeAssistant, options: Mapping[str, Any], amount_i: int) -> str | None:
    """Return what an amount is worth in the island's currency: `0.43 EUR`; None where no rate is given."""
    given = options.get(CONF_TOKEN_RATE) or options.get(CONF_TOKEN_RATE_ENTITY)
    rate = token_rate(hass, options) if given else None
    return None if rate is None else in_currency(amount_i, rate, hass.config.currency)


def _decimal(value: Fraction) -> str:
    """Return a sum of decimals as a decimal."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = abs(int(value * 10**digits))
    text = str(whole).rjust(digits + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)
