"""Tariffs as they are entered: by a form, as OCPI's JSON, or from an entity with a margin; and what tokens are worth.

Figures stay exact: what was typed is a text, and a state is one, too.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..const import CONF_MARGIN, CONF_PRICE_ENTITY, CONF_TARIFF_JSON, CONF_TOKEN_RATE
from ..economy.errors import FormError
from ..economy.services.stay_price import parking_tariff
from ..economy.tariff_form import TariffForm, form_to_tariff, read_decimal, read_form

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
def entity_price(hass: HomeAssistant, entity_id: str) -> Fraction | None:
    """Return the price that an entity shows, exact; None where it shows none."""
    state = hass.states.get(entity_id)
    if state is None:
        return None
    try:
        return Fraction(read_decimal(state.state, entity_id))
    except FormError:
        return None


def price_i(options: Mapping[str, Any], typed: str, where: str) -> int:
    """Return a price that was typed, in iota; a part of an iota is not charged.

    Raises:
        FormError: It is no number.
    """
    amount = Fraction(read_decimal(typed, where)) * token_rate(options)
    return amount.numerator // amount.denominator


def token_rate(options: Mapping[str, Any]) -> Fraction:
    """Return how many iota a unit of the island's currency is; 1 where nobody said so: prices are in iota then."""
    return Fraction(str(options.get(CONF_TOKEN_RATE) or 1))


def _decimal(value: Fraction) -> str:
    """Return a sum of decimals as a decimal."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = abs(int(value * 10**digits))
    text = str(whole).rjust(digits + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)
