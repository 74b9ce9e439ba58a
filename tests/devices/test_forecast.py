"""Forecasts in the forms that integrations really give them."""

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockModule, mock_integration, mock_platform

from custom_components.tangle_grid.devices.forecasts.series import price_series, sun_series
from custom_components.tangle_grid.devices.forecasts.source import ForecastSource, async_has_sun
from custom_components.tangle_grid.grid.model.forecast import Forecast

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 6, 21, 12, tzinfo=AMSTERDAM)


@pytest.fixture(autouse=True)
async def at_noon(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(NOON)


def at(hour: int, minute: int = 0, days: int = 0) -> float:
    return (NOON.replace(hour=hour, minute=minute) + timedelta(days=days)).timestamp()


def nord_pool_day(day: int, *prices: float) -> list[dict[str, Any]]:
    """`raw_today` of the Nord Pool integration: datetimes, not texts."""
    start = datetime(2026, 6, 21 + day, tzinfo=AMSTERDAM)
    return [
        {"start": start + timedelta(hours=hour), "end": start + timedelta(hours=hour + 1), "value": price}
        for hour, price in enumerate(prices)
    ]


# Sun


def test_solcast() -> None:
    today = {
        "detailedForecast": [
            {"period_start": NOON, "pv_estimate": 3.0, "pv_estimate10": 2.0, "pv_estimate90": 3.5},
            {"period_start": NOON + timedelta(minutes=30), "pv_estimate": 2.5, "pv_estimate10": 1.9},
            {"period_start": NOON + timedelta(minutes=60), "pv_estimate": 0.25},
        ],
        "detailedHourly": [{"period_start": NOON, "pv_estimate": 99.0}],
        "dataCorrect": True,
    }
    tomorrow = {
        "detailedForecast": [{"period_start": (NOON + timedelta(days=1)).isoformat(), "pv_estimate": 4.2}] * 2,
    }
    series = sun_series([today])
    assert series is not None
    assert (series.start, series.step_s, series.values) == (NOON.timestamp(), 1800.0, (3000.0, 2500.0, 250.0))
    both = sun_series([today, tomorrow])
    assert both is not None
    assert both.at(at(12, 45)) == 2500.0
    assert both.at(at(20)) == 0.0
    assert both.at(at(12, 10, days=1)) == 4200.0


def test_two_roofs_add_up() -> None:
    roofs = [{"watts": {NOON.isoformat(): power, at(13): power}} for power in (1000, 500)]
    series = sun_series(roofs)
    assert series is not None
    assert series.values == (1500.0, 1500.0)


def test_open_meteo() -> None:
    """Quarters of an hour in W; Wh of the same quarters mean the same."""
    moments = [(NOON + timedelta(minutes=15 * number)).isoformat() for number in range(4)]
    in_watts = sun_series([{"watts": dict(zip(moments, (800, 900, 1000, 1100), strict=True))}])
    in_wh = sun_series([{"wh_period": dict(zip(moments, (200, 225, 250, 275), strict=True))}])
    assert in_watts is not None
    assert in_watts.step_s == 900.0
    assert in_watts == in_wh
    assert in_watts.values == (800.0, 900.0, 1000.0, 1100.0)


def test_forecast_solar_begins_at_sunrise() -> None:
    """Its first hour is short: what is produced in it is not spread over a whole one."""
    series = sun_series(
        [
            {
                "wh_hours": {
                    "2026-06-21T05:24:00+02:00": 30,
                    "2026-06-21T06:00:00+02:00": 240,
                    "2026-06-21T07:00:00+02:00": 700,
                    "2026-06-21T08:00:00+02:00": 1300,
                }
            }
        ]
    )
    assert series is not None
    assert series.start == at(5, 24)
    assert series.at(at(5, 30)) == pytest.approx(50.0)
    total_wh = sum(series.values) * series.step_s / 3600
    assert total_wh == pytest.approx(2270, rel=1e-6)


@pytest.mark.parametrize(
    "item",
    [
        {"datetime": "2026-06-21T12:00:00+02:00", "power": 1200},
        {"start": "2026-06-21T10:00:00Z", "end": "2026-06-21T11:00:00Z", "energy_kwh": 1.2},
        {"time": "2026-06-21 12:00:00", "watts": "1200"},
        {"time": NOON.timestamp(), "wh": 1200},
    ],
)
def test_lists_of_others(item: dict[str, Any]) -> None:
    series = sun_series([{"forecast": [item]}])
    assert series is not None
    assert series.start == NOON.timestamp()
    assert series.at(NOON.timestamp() + 1800) == pytest.approx(1200)


# Prices


def test_nord_pool() -> None:
    """`raw_tomorrow` is there in the afternoon; before that its values are None."""
    today = nord_pool_day(0, *(0.1 * hour for hour in range(24)))
    nothing = [{**item, "value": None} for item in nord_pool_day(1, *([0.0] * 24))]
    series = price_series({"raw_today": today, "raw_tomorrow": nothing, "tomorrow_valid": False, "today": [9.9] * 24})
    assert series is not None
    assert (series.start, series.step_s, len(series.values)) == (at(0), 3600.0, 24)
    assert series.at(at(13, 59)) == pytest.approx(1.3)
    assert series.at(at(0, 0, days=1)) is None
    longer = price_series({"raw_today": today, "raw_tomorrow": nord_pool_day(1, *([-0.05] * 24))})
    assert longer is not None
    assert longer.at(at(3, days=1)) == -0.05


def test_entso_e() -> None:
    prices = [{"time": f"2026-06-21 {hour:02d}:00:00+02:00", "price": hour / 100} for hour in range(24)]
    for attributes in ({"prices": prices}, {"prices_today": prices, "prices_tomorrow": []}):
        series = price_series(attributes)
        assert series is not None
        assert series.at(at(18)) == 0.18


def test_tibber_in_quarters() -> None:
    start = datetime(2026, 6, 21, tzinfo=AMSTERDAM)
    prices = [
        {"startsAt": (start + timedelta(minutes=15 * number)).isoformat(), "total": number, "energy": -1}
        for number in range(96)
    ]
    series = price_series({"prices": prices})
    assert series is not None
    assert (series.step_s, len(series.values)) == (900.0, 96)
    assert series.at(at(6, 20)) == 25.0


def test_epex_spot() -> None:
    data = [
        {"start_time": "2026-06-21T12:00:00+02:00", "end_time": "2026-06-21T13:00:00+02:00", "price_per_kwh": 0.21},
        {"start_time": "2026-06-21T13:00:00+02:00", "end_time": "2026-06-21T14:00:00+02:00", "price_per_kwh": 0.07},
    ]
    series = price_series({"data": data})
    assert series is not None
    assert series.values == (0.21, 0.07)


def test_octopus() -> None:
    rates = [
        {"start": NOON, "end": NOON + timedelta(minutes=30), "value_inc_vat": 0.18},
        {"start": NOON + timedelta(minutes=30), "end": NOON + timedelta(hours=1), "value_inc_vat": 0.25},
    ]
    series = price_series({"rates": rates})
    assert series is not None
    assert (series.step_s, series.values) == (1800.0, (0.18, 0.25))


@pytest.mark.parametrize("count", [24, 96])
def test_bare_lists_count_from_midnight(count: int) -> None:
    series = price_series({"today": list(range(count)), "tomorrow": [None] * count})
    assert series is not None
    assert series.start == at(0)
    assert series.at(at(12)) == count / 2
    assert len(series.values) == count


def test_a_missing_hour_has_the_price_before() -> None:
    prices = [{"time": f"2026-06-21T{hour:02d}:00:00+02:00", "price": hour} for hour in (10, 11, 14, 15)]
    series = price_series({"prices": prices})
    assert series is not None
    assert [series.at(at(hour)) for hour in range(10, 16)] == [10, 11, 11, 11, 14, 15]


def test_summer_time_ends_in_the_middle() -> None:
    """The day has 25 hours; each is where it belongs in the world's time."""
    first = datetime(2026, 10, 25, tzinfo=AMSTERDAM).astimezone(UTC)
    prices = [{"start": (first + timedelta(hours=hour)).astimezone(AMSTERDAM), "value": hour} for hour in range(25)]
    series = price_series({"raw_today": prices})
    assert series is not None
    assert (series.step_s, series.values) == (3600.0, tuple(float(hour) for hour in range(25)))


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"unit_of_measurement": "W", "friendly_name": "Sun"},
        {"detailedForecast": "soon", "prices": "low", "today": "cheap", "watts": 7},
        {"detailedForecast": [1, None, {}], "prices": [{}, {"time": "?", "price": 1}], "watts": {"?": 1}},
        {"forecast": [{"datetime": "2026-06-21T12:00:00", "temperature": 21, "condition": "sunny"}]},
        {"prices": [{"time": "2026-06-21T12:00:00", "price": "nan"}], "today": [None, float("inf"), True]},
    ],
)
def test_what_is_no_forecast(attributes: dict[str, Any]) -> None:
    assert sun_series([attributes]) is None
    assert price_series(attributes) is None


# Sources


async def test_an_entity_is_read_when_it_changes(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    source = ForecastSource(hass, sun=["sensor.sun"], price="sensor.price")
    forecast = source.forecast()
    assert forecast is None or (forecast.sun_w is None and forecast.price is None)
    hass.states.async_set("sensor.sun", "1", {"watts": {NOON.isoformat(): 700}})
    hass.states.async_set("sensor.price", "1", {"raw_today": nord_pool_day(0, *([0.2] * 24))})
    first = source.forecast()
    assert first is not None
    assert first.sun_w is not None
    assert first.sun_w.at(at(12, 30)) == 700.0
    assert first.price is not None
    assert first.price.at(at(12, 30)) == pytest.approx(0.2)
    assert source.forecast() is first
    freezer.tick(60)
    hass.states.async_set("sensor.sun", "2", {"watts": {NOON.isoformat(): 500}})
    second = source.forecast()
    assert second is not None
    assert second.sun_w is not None
    assert second.sun_w.at(at(12, 30)) == 500.0
    # Away for a while: what is known stays known.
    freezer.tick(60)
    hass.states.async_set("sensor.sun", "unavailable")
    assert source.forecast() == second


async def test_nothing_named_is_no_forecast(hass: HomeAssistant) -> None:
    assert ForecastSource(hass).forecast() is None


async def test_the_integration_behind_an_entity_is_asked(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    """As Forecast.Solar: its sensors only show single numbers, the energy dashboard gets the whole curve."""

    asked: list[str] = []

    class Energy:
        @staticmethod
        async def async_get_solar_forecast(_hass: HomeAssistant, entry_id: str) -> dict[str, Any] | None:
            asked.append(entry_id)
            return {"wh_hours": {NOON.isoformat(): 900, (NOON + timedelta(hours=1)).isoformat(): 1100}}

    mock_integration(hass, MockModule("roof"))
    mock_platform(hass, "roof.energy", Energy)
    entry = MockConfigEntry(domain="roof")
    entry.add_to_hass(hass)
    entities = [
        entity_registry.async_get_or_create("sensor", "roof", key, config_entry=entry).entity_id
        for key in ("power_now", "today")
    ]
    for entity_id in entities:
        hass.states.async_set(entity_id, "12", {"unit_of_measurement": "kWh"})
    source = ForecastSource(hass, sun=entities)
    stop = source.async_start()
    await hass.async_block_till_done(wait_background_tasks=True)
    stop()
    assert set(asked) == {entry.entry_id}
    forecast = source.forecast()
    assert forecast is not None
    assert forecast.sun_w is not None
    # Two sensors of one installation are one roof.
    assert forecast.sun_w.values == (900.0, 1100.0)
    state = hass.states.get(entities[0])
    assert state is not None
    assert await async_has_sun(hass, state)


async def test_an_entity_of_nobody_has_no_forecast(hass: HomeAssistant) -> None:
    hass.states.async_set("sensor.lonely", "1")
    state = hass.states.get("sensor.lonely")
    assert state is not None
    assert not await async_has_sun(hass, state)


RUDE: tuple[Any, ...] = (
    *("0000-00-00 00:00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00", "1970-01-01T00:00:00Z", "soon", ""),
    *(0, -1, 10**400, 1e308, -1e308, math.nan, math.inf, True, None, [], {}, ["W"], b"x"),
    *(
        "1_000",
        "\u0661\u0662",
        "nan",
        "inf",
        "3.4e38",
        object(),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ),
)


def _name(value: object) -> str:
    """The same in every process: where an object lies in memory is not."""
    return "an object" if type(value) is object else repr(value)


@pytest.mark.parametrize("rude", RUDE, ids=_name)
@pytest.mark.parametrize("name", ["forecast", "forecasts", "detailedForecast", "raw_today", "prices", "rates", "today"])
def test_nothing_rude_raises_or_hides_the_rest(name: str, rude: Any) -> None:
    """One wrong item, and the others are read as if it were not there."""
    good = [{"start": at(hour), "power": 500.0, "price": 0.25} for hour in range(12, 15)]
    for item in (
        *(rude, {"start": rude, "power": 1.0, "price": 1.0}, {"start": at(15), "power": rude, "price": rude}),
        {"start": at(15), "end": rude, "power": 500.0, "price": 0.25},
    ):
        for items in (rude, [item], [item, *good], [*good, item]):
            sun, price = sun_series([{name: items}]), price_series({name: items})
            for series, value in ((sun, 500.0), (price, 0.25)):
                assert series is None or all(abs(each) <= 1e9 for each in series.values)
                if isinstance(items, list) and len(items) > 1 and series is not None and name != "today":
                    assert series.at(at(13)) == value


@pytest.mark.parametrize("rude", RUDE, ids=_name)
@pytest.mark.parametrize("name", ["watts", "wh_period", "wh_hours"])
def test_no_pair_raises(name: str, rude: Any) -> None:
    pairs = {"2026-06-21T13:00:00+02:00": rude, "2026-06-21T12:00:00+02:00": 700, "0000-00-00 00:00:00": 5}
    series = sun_series([{name: pairs}])
    assert series is not None
    assert series.at(at(12)) == 700
    assert all(abs(each) <= 1e9 for each in series.values)


def test_an_endless_list_takes_no_time() -> None:
    # The other clocks of Python stand still here.
    begun = time.process_time()
    price_series({"prices": [{"time": at(12) + 60 * minute, "price": minute} for minute in range(200_000)]})
    price_series({"today": [0.1] * 200_000})
    assert time.process_time() - begun < 2.0


async def test_a_forecast_that_raises_keeps_nobody_from_anything(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    hass.states.async_set("sensor.price", "1", {"prices": [{"time": "2026-06-21T12:00:00+02:00", "price": 2}]})
    source = ForecastSource(hass, price="sensor.price", sun=["sensor.sun"])
    with patch("custom_components.tangle_grid.devices.forecasts.source.price_series", side_effect=ZeroDivisionError):
        for value in "abc":
            hass.states.async_set("sensor.price", value, {})
            assert source.forecast() == Forecast()
    assert caplog.text.count("A forecast cannot be read") == 1
