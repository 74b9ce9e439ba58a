"""The fields in which a tariff is entered: by a form, as OCPI's JSON, or from an entity with the price of an hour."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TimeSelector,
)
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import CONF_MARGIN, CONF_PRICE_ENTITY, CONF_TARIFF_JSON, DOMAIN
from ..economy.errors import FormError, TariffError
from ..reasons import async_tariff_sentence
from .checks import Problem
from .fields import rarely

SECTION_TIMES: Final = "times"
SECTION_OTHER_TARIFF: Final = "other_tariff"
#: The fields of the form for time, as `economy.tariff_form` calls them.
PRICE_FIELDS: Final = (
    *("hour", "hour_night", "night_from", "night_until", "after_hours", "hour_after", "flat", "least", "most"),
)
_TIMES: Final = ("night_from", "night_until")
_ALWAYS: Final = ("hour", "flat", "least", "most")


def tariff_fields() -> dict[Any, Any]:
    """Return the fields of the form, and closed sections: for prices that change, and with the other ways."""
    form = {vol.Optional(name): TimeSelector() if name in _TIMES else TextSelector() for name in PRICE_FIELDS}
    closed = {marker: value for marker, value in form.items() if marker not in _ALWAYS}
    numbers = EntitySelectorConfig(filter={"domain": ["sensor", "number", "input_number"]})
    other = {
        vol.Optional(CONF_PRICE_ENTITY): EntitySelector(numbers),
        vol.Optional(CONF_MARGIN): TextSelector(),
        vol.Optional(CONF_TARIFF_JSON): TextSelector(TextSelectorConfig(multiline=True)),
    }
    return {
        **{marker: form[marker] for marker in form if marker in _ALWAYS},
        vol.Optional(SECTION_TIMES): rarely(closed),
        vol.Optional(SECTION_OTHER_TARIFF): rarely(other),
    }


@callback
def tariff_problem(hass: HomeAssistant, kind: str, error: TariffError) -> Problem:
    """Return why a tariff is refused, in the user's words: its fields as the form of this subentry calls them."""
    return refused_tariff(hass, "config_subentries", f"{kind}.step", error)


@callback
def refused_tariff(hass: HomeAssistant, category: str, step: str, error: TariffError) -> Problem:
    """Return the same for a step of any form; `category` is that of its translations."""
    values: Mapping[str, str] = error.placeholders
    if isinstance(error, FormError):
        translations = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
        labels = {
            key.rpartition(".")[2]: text
            for key, text in translations.items()
            if key.startswith(f"component.{DOMAIN}.{category}.{step}.") and ".data." in key
        }
        names = {
            name: labels[value] for name, value in values.items() if name in {"where", "other"} and value in labels
        }
        values = {**values, **names}
    return Problem(key="tariff_refused", placeholders={"error": async_tariff_sentence(hass, error.key, values)})
