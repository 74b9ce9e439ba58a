"""The forms of the feed itself: its meter and fuse, and how it balances."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, PERCENTAGE, UnitOfElectricCurrent, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TextSelector, TimeSelector

from ..const import (
    CONF_CAPACITY_A,
    CONF_ENERGY_PRICE,
    CONF_METER,
    CONF_METER_CURRENT,
    CONF_METER_MAX_AGE,
    CONF_METER_POWER,
    CONF_PUBLISH_INTERVAL,
    CONF_RATE,
    CONF_REQUEST_MINUTES,
    CONF_SEED,
    CONF_SPEED,
    CONF_START,
    CONF_THRESHOLD,
    DEFAULT_METER_MAX_AGE,
    DEFAULT_PUBLISH_INTERVAL,
    DEFAULT_RATE,
    DEFAULT_REQUEST_MINUTES,
    DEFAULT_SEED,
    DEFAULT_SPEED,
    DEFAULT_START,
    DEFAULT_THRESHOLD,
)
from . import selectors
from .checks import Problem, check_meter

# In the form, next to the fields of the participants, "power" and "current" alone would say too little.
FIELD_METER_POWER = "meter_power"
FIELD_METER_CURRENT = "meter_current"
_DEFAULT_CAPACITY_A = 25
_STREET_NAME = "Simulated street"
_SECONDS = UnitOfTime.SECONDS

FEED_FIELDS = {
    vol.Optional(FIELD_METER_POWER): selectors.sensors(SensorDeviceClass.POWER, multiple=True),
    vol.Optional(FIELD_METER_CURRENT): selectors.sensors(SensorDeviceClass.CURRENT, multiple=True),
    vol.Required(CONF_CAPACITY_A, default=_DEFAULT_CAPACITY_A): selectors.number(
        1, 10_000, UnitOfElectricCurrent.AMPERE, step=0.1
    ),
    vol.Required(CONF_THRESHOLD, default=DEFAULT_THRESHOLD): selectors.number(10, 100, PERCENTAGE),
}
ISLAND_SCHEMA = vol.Schema({vol.Required(CONF_NAME): TextSelector(), **FEED_FIELDS})
FEED_SCHEMA = vol.Schema(FEED_FIELDS)

STREET_TIME_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_SPEED, default=DEFAULT_SPEED): selectors.number(1, 600, "x"),
        vol.Required(CONF_START, default=f"{DEFAULT_START}:00"): TimeSelector(),
    }
)
STREET_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_NAME, default=_STREET_NAME): TextSelector(),
        **STREET_TIME_SCHEMA.schema,
        vol.Required(CONF_SEED, default=DEFAULT_SEED): selectors.number(0, 1_000_000),
    }
)

OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_RATE, default=DEFAULT_RATE): selectors.number(1, selectors.MAX_RATE, selectors.RATE_UNIT),
        vol.Required(CONF_REQUEST_MINUTES, default=DEFAULT_REQUEST_MINUTES): selectors.number(
            1, 240, UnitOfTime.MINUTES
        ),
        vol.Required(CONF_METER_MAX_AGE, default=DEFAULT_METER_MAX_AGE): selectors.number(5, 300, _SECONDS),
        vol.Required(CONF_PUBLISH_INTERVAL, default=DEFAULT_PUBLISH_INTERVAL): selectors.number(10, 3600, _SECONDS),
        vol.Optional(CONF_ENERGY_PRICE): selectors.number(0, 1000, step=0.001),
    }
)
WHOLE_OPTIONS = (CONF_RATE, CONF_REQUEST_MINUTES, CONF_METER_MAX_AGE, CONF_PUBLISH_INTERVAL)


def check_feed(hass: HomeAssistant, user_input: Mapping[str, Any]) -> Problem | None:
    """Test the meter of the feed."""
    return check_meter(
        hass,
        user_input.get(FIELD_METER_POWER, []),
        user_input.get(FIELD_METER_CURRENT, []),
        user_input[CONF_CAPACITY_A],
    )


def feed_data(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of the feed."""
    power, current = user_input.get(FIELD_METER_POWER), user_input.get(FIELD_METER_CURRENT)
    return {
        CONF_METER: {CONF_METER_POWER: list(power)} if power else {CONF_METER_CURRENT: list(current or ())},
        CONF_CAPACITY_A: float(user_input[CONF_CAPACITY_A]),
        CONF_THRESHOLD: float(user_input[CONF_THRESHOLD]),
    }


def feed_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of the feed, in the shape of its form."""
    meter: Mapping[str, list[str]] = data[CONF_METER]
    shown = {CONF_CAPACITY_A: data[CONF_CAPACITY_A], CONF_THRESHOLD: data.get(CONF_THRESHOLD, DEFAULT_THRESHOLD)}
    if CONF_METER_POWER in meter:
        shown[FIELD_METER_POWER] = meter[CONF_METER_POWER]
    if CONF_METER_CURRENT in meter:
        shown[FIELD_METER_CURRENT] = meter[CONF_METER_CURRENT]
    return shown


def street_time(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """How a street's time runs, as it is stored."""
    return {CONF_SPEED: int(user_input[CONF_SPEED]), CONF_START: user_input[CONF_START][:5]}
