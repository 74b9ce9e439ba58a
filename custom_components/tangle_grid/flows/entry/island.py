"""The forms of the feed itself: its meter and fuse, and how it balances."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, PERCENTAGE, UnitOfElectricCurrent, UnitOfPower, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TimeSelector

from ...const import (
    CONF_AUTOMATIC,
    CONF_CAPACITY_A,
    CONF_DAY_BUDGET,
    CONF_DIMMING_FLOOR,
    CONF_ENERGY_PRICE,
    CONF_FAIRNESS,
    CONF_LAYOUT,
    CONF_MAX_RATE,
    CONF_METER_MAX_AGE,
    CONF_PANEL,
    CONF_PEAK_TARGET,
    CONF_PEAK_WINDOW,
    CONF_PLANNING,
    CONF_PRICE_FORECAST,
    CONF_PUBLISH_INTERVAL,
    CONF_RATE,
    CONF_REQUEST_BUDGET,
    CONF_REQUEST_MINUTES,
    CONF_SEED,
    CONF_SPEED,
    CONF_START,
    CONF_SUN_FORECAST,
    CONF_THRESHOLD,
    DEFAULT_DIMMING_FLOOR,
    DEFAULT_FAIRNESS,
    DEFAULT_METER_MAX_AGE,
    DEFAULT_PEAK_WINDOW,
    DEFAULT_PUBLISH_INTERVAL,
    DEFAULT_RATE,
    DEFAULT_REQUEST_MINUTES,
    DEFAULT_SEED,
    DEFAULT_SPEED,
    DEFAULT_START,
    DEFAULT_THRESHOLD,
)
from ...devices.feeders import MeterTotal, meter_total
from ...devices.forecasts.source import async_has_sun, has_prices
from ...simulation import Layout
from .. import fields as selectors
from ..checks import Problem, check_exists, check_meter
from ..feed import FIELD_METER_CURRENT, FIELD_METER_EXPORT, FIELD_METER_POWER
from ..form_data import FieldProblem, flattened, place_of, require_iota
from ..mi_amounts import UNIT_MI_PER_KWH, amount, mi_of

_DEFAULT_CAPACITY_A = 25
_STREET_NAME = "Simulated street"
_SECONDS = UnitOfTime.SECONDS
# All tokens that exist are 2.8e15 i.
_MAX_BUDGET = 1_000_000_000_000_000

FEED_FIELDS = {
    vol.Optional(FIELD_METER_POWER): selectors.sensors(SensorDeviceClass.POWER, multiple=True),
    vol.Optional(FIELD_METER_CURRENT): selectors.sensors(SensorDeviceClass.CURRENT, multiple=True),
    **selectors.other_meters(FIELD_METER_EXPORT),
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
        vol.Required(CONF_LAYOUT, default=Layout.STREET.value): selectors.choice(
            [each.value for each in Layout], "layout"
        ),
        **STREET_TIME_SCHEMA.schema,
        vol.Required(CONF_SEED, default=DEFAULT_SEED): selectors.number(0, 1_000_000),
    }
)

SECTION_MARKET = "market"
SECTION_PLAN = "plan"
SECTION_TARIFF = "tariff"
SECTION_SHARING = "sharing"

# Sections are optional: what is left out has its default.
OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_RATE, default=mi_of(DEFAULT_RATE)): amount(1, selectors.MAX_RATE, UNIT_MI_PER_KWH),
        vol.Required(CONF_REQUEST_MINUTES, default=DEFAULT_REQUEST_MINUTES): selectors.number(
            1, 240, UnitOfTime.MINUTES
        ),
        vol.Required(CONF_METER_MAX_AGE, default=DEFAULT_METER_MAX_AGE): selectors.number(5, 300, _SECONDS),
        vol.Required(CONF_PUBLISH_INTERVAL, default=DEFAULT_PUBLISH_INTERVAL): selectors.number(10, 3600, _SECONDS),
        vol.Optional(CONF_ENERGY_PRICE): selectors.number(0, 1000, step=0.001),
        vol.Optional(CONF_PANEL, default=True): BooleanSelector(),
        vol.Optional(SECTION_PLAN): section(
            vol.Schema(
                {
                    vol.Optional(CONF_PLANNING, default=True): BooleanSelector(),
                    vol.Optional(CONF_SUN_FORECAST): selectors.forecasts(multiple=True),
                    vol.Optional(CONF_PRICE_FORECAST): selectors.forecasts(),
                }
            ),
            {"collapsed": True},
        ),
        vol.Optional(SECTION_TARIFF): section(
            vol.Schema(
                {
                    vol.Optional(CONF_PEAK_TARGET): selectors.number(0.5, 10_000, UnitOfPower.KILO_WATT, step=0.1),
                    vol.Optional(CONF_PEAK_WINDOW, default=DEFAULT_PEAK_WINDOW): selectors.number(
                        1, 60, UnitOfTime.MINUTES
                    ),
                }
            ),
            {"collapsed": True},
        ),
        vol.Optional(SECTION_MARKET): section(
            vol.Schema(
                {
                    vol.Optional(CONF_AUTOMATIC, default=True): BooleanSelector(),
                    vol.Optional(CONF_MAX_RATE): amount(1, selectors.MAX_RATE, UNIT_MI_PER_KWH),
                    vol.Optional(CONF_REQUEST_BUDGET): amount(1, _MAX_BUDGET),
                    vol.Optional(CONF_DAY_BUDGET): amount(1, _MAX_BUDGET),
                }
            ),
            {"collapsed": True},
        ),
        vol.Optional(SECTION_SHARING): section(
            vol.Schema(
                {
                    vol.Optional(CONF_FAIRNESS, default=DEFAULT_FAIRNESS): selectors.percent(),
                    vol.Optional(CONF_DIMMING_FLOOR, default=DEFAULT_DIMMING_FLOOR): selectors.number(
                        0, 100, UnitOfPower.KILO_WATT, step=0.1
                    ),
                }
            ),
            {"collapsed": True},
        ),
    }
)
_WHOLE_OPTIONS = frozenset(
    {
        CONF_REQUEST_MINUTES,
        CONF_METER_MAX_AGE,
        CONF_PUBLISH_INTERVAL,
        CONF_FAIRNESS,
        CONF_PEAK_WINDOW,
    }
)


def options_data(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of the options."""
    return {
        option: int(value) if option in _WHOLE_OPTIONS else value for option, value in flattened(user_input).items()
    }


async def async_check_options(hass: HomeAssistant, options: Mapping[str, Any]) -> tuple[str, Problem] | None:
    """Test the forecasts and the figures; returns the field or section with the first problem."""
    try:
        require_iota(options)
    except FieldProblem as found:
        return place_of(OPTIONS_SCHEMA, found.field), found.problem
    for entity_id in options.get(CONF_SUN_FORECAST, ()):
        if (problem := check_exists(hass, entity_id)) is not None:
            return SECTION_PLAN, problem
        state = hass.states.get(entity_id)
        if state is None or not await async_has_sun(hass, state):
            return SECTION_PLAN, Problem(key="no_sun_forecast", placeholders={"entity": entity_id})
    if (entity_id := options.get(CONF_PRICE_FORECAST)) is not None:
        if (problem := check_exists(hass, entity_id)) is not None:
            return SECTION_PLAN, problem
        state = hass.states.get(entity_id)
        if state is None or not has_prices(state):
            return SECTION_PLAN, Problem(key="no_price_forecast", placeholders={"entity": entity_id})
    if CONF_MAX_RATE in options and options[CONF_MAX_RATE] < options[CONF_RATE]:
        return SECTION_MARKET, Problem(key="rate_above_maximum")
    return None


def check_feed(hass: HomeAssistant, user_input: Mapping[str, Any]) -> Problem | None:
    """Test the meter of the feed."""
    return check_meter(
        hass,
        user_input.get(FIELD_METER_POWER, []),
        user_input.get(FIELD_METER_CURRENT, []),
        user_input[CONF_CAPACITY_A],
        user_input.get(FIELD_METER_EXPORT, []),
        total=meter_total(user_input) is not MeterTotal.PHASES,
    )


def street_time(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a street's time runs, as it is stored."""
    return {CONF_SPEED: int(user_input[CONF_SPEED]), CONF_START: user_input[CONF_START][:5]}
