"""Amounts of tokens in forms: entered and shown in Mi, stored in whole iota, exact in between."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode

from ..amounts import IOTA_PER_MI
from ..island.tariffs import worth_shown

UNIT_MI: Final = "Mi"
UNIT_MI_PER_KWH: Final = "Mi/kWh"


class MiSelector(NumberSelector):
    """A number of Mi that comes out of the form in iota.

    A fraction of one comes out as a `Decimal`, for `form_data.require_iota` to say no to.
    """

    @override
    def __call__(self, data: Any) -> Any:
        entered = Decimal(repr(super().__call__(data))) * IOTA_PER_MI
        whole = int(entered)
        return whole if whole == entered else entered


def amount(least_i: int, most_i: int, unit: str = UNIT_MI) -> MiSelector:
    """Return a field for an amount between two in iota."""
    return MiSelector(
        NumberSelectorConfig(
            min=mi_of(least_i), max=mi_of(most_i), step="any", unit_of_measurement=unit, mode=NumberSelectorMode.BOX
        )
    )


def with_worth(schema: vol.Schema, hass: HomeAssistant, options: Mapping[str, Any]) -> vol.Schema:
    """Return a form that says beside each unit what a Mi is worth, where the island's options give a rate."""
    worth = worth_shown(hass, options, IOTA_PER_MI)
    return schema if worth is None else _noted(schema, f"1 Mi = {worth}")


def _noted(schema: vol.Schema, note: str) -> vol.Schema:
    fields: dict[Any, Any] = {}
    for marker, field in schema.schema.items():
        fields[marker] = field
        if isinstance(field, section):
            fields[marker] = section(_noted(field.schema, note), field.options)
        elif isinstance(field, MiSelector):
            unit = f"{field.config['unit_of_measurement']}, {note}"
            fields[marker] = MiSelector(NumberSelectorConfig(**{**field.config, "unit_of_measurement": unit}))
    return vol.Schema(fields)


def mi_of(amount_i: int | Decimal) -> float:
    """Return an amount in iota as the number that its field shows. It is for showing only."""
    return float(Decimal(amount_i) / IOTA_PER_MI)


def shown_in_mi(schema: vol.Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a form, sections included, with amounts in Mi in place of iota."""
    shown = dict(values)
    for marker, field in schema.schema.items():
        key = str(marker)
        if shown.get(key) is None:
            continue
        if isinstance(field, section):
            shown[key] = shown_in_mi(field.schema, shown[key])
        elif isinstance(field, MiSelector):
            shown[key] = mi_of(shown[key])
    return shown
