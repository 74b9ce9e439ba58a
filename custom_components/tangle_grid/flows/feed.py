"""The meter and the fuse of an island, between its form and what is stored."""

from collections.abc import Mapping
from typing import Any

from ..const import (
    CONF_CAPACITY_A,
    CONF_METER,
    CONF_METER_CURRENT,
    CONF_METER_EXPORT,
    CONF_METER_POWER,
    CONF_METER_TOTAL,
    CONF_THRESHOLD,
    DEFAULT_THRESHOLD,
)
from ..devices.feeders import meter_total

# In the form, next to the fields of the participants, "power" and "current" alone would say too little.
FIELD_METER_POWER = "meter_power"
FIELD_METER_CURRENT = "meter_current"
FIELD_METER_EXPORT = "meter_export"
METER_FIELDS = (FIELD_METER_POWER, FIELD_METER_CURRENT, FIELD_METER_EXPORT)


def feed_data(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of the feed."""
    power, current = user_input.get(FIELD_METER_POWER), user_input.get(FIELD_METER_CURRENT)
    return {
        CONF_METER: {
            **({CONF_METER_POWER: list(power)} if power else {CONF_METER_CURRENT: list(current or ())}),
            **({CONF_METER_EXPORT: list(export)} if (export := user_input.get(FIELD_METER_EXPORT)) else {}),
        },
        CONF_METER_TOTAL: meter_total(user_input).value,
        CONF_CAPACITY_A: float(user_input[CONF_CAPACITY_A]),
        CONF_THRESHOLD: float(user_input[CONF_THRESHOLD]),
    }


def feed_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of the feed, in the shape of its form."""
    meter: Mapping[str, list[str]] = data[CONF_METER]
    shown: dict[str, Any] = {
        CONF_METER_TOTAL: meter_total(data).value,
        CONF_CAPACITY_A: data[CONF_CAPACITY_A],
        CONF_THRESHOLD: data.get(CONF_THRESHOLD, DEFAULT_THRESHOLD),
    }
    if CONF_METER_POWER in meter:
        shown[FIELD_METER_POWER] = meter[CONF_METER_POWER]
    if CONF_METER_CURRENT in meter:
        shown[FIELD_METER_CURRENT] = meter[CONF_METER_CURRENT]
    if CONF_METER_EXPORT in meter:
        shown[FIELD_METER_EXPORT] = meter[CONF_METER_EXPORT]
    return shown
