"""States become numbers with an age, or None; never 0 for something that is missing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.devices.io.entity_reading import (
    EntityReader,
    Sample,
    reading_of_total,
    reading_per_phase,
)

Show = Callable[..., None]


@pytest.mark.parametrize(
    ("state", "unit", "watts"),
    [("1500", "W", 1500.0), ("1.5", "kW", 1500.0), ("-0.2", "kW", -200.0), ("1500000", "mW", 1500.0), ("0", "W", 0.0)],
)
def test_power_in_any_unit(reader: EntityReader, show: Show, state: str, unit: str, watts: float) -> None:
    show("sensor.p", state, unit)
    sample = reader.power_w("sensor.p")
    assert sample is not None
    assert sample.value == pytest.approx(watts)


@pytest.mark.parametrize(
    ("state", "unit"),
    [
        ("unavailable", "W"),
        ("unknown", "W"),
        ("", "W"),
        ("nan", "W"),
        ("inf", "W"),
        ("12 W", "W"),
        ("1500", "kWh"),
        ("1500", None),
        ("1_000", "W"),
        ("\u0661\u0662", "W"),
        ("\uff11\uff12", "W"),
        ("1e308", "W"),
        ("3.4e38", "W"),
        ("1e9", "kW"),
        ("1" * 255, "W"),
        ("-nan", "W"),
        ("0x10", "W"),
    ],
)
def test_what_is_no_power_is_none(reader: EntityReader, show: Show, state: str, unit: str | None) -> None:
    show("sensor.p", state, unit)
    assert reader.power_w("sensor.p") is None


@pytest.mark.parametrize("unit", [["W"], {"unit": "W"}, 5, ("W",), True])
def test_a_unit_may_be_anything(reader: EntityReader, show: Show, unit: object) -> None:
    show("sensor.p", 5, unit_of_measurement=unit)
    assert reader.power_w("sensor.p") is None
    assert reader.current_a("sensor.p") is None
    assert reader.percent("sensor.p") is None
    assert reader.setting_a("sensor.p") is None


@pytest.mark.parametrize(("unit", "amps"), [("A", 16.0), (None, 16.0), ("mA", 0.016), ("W", None), ("%", None)])
def test_what_a_limit_is_set_to(reader: EntityReader, show: Show, unit: str | None, amps: float | None) -> None:
    show("number.limit", 16, unit)
    assert reader.setting_a("number.limit") == amps


@pytest.mark.parametrize(
    "state",
    [
        *(
            "0000-00-00 00:00:00",
            "0000-00-00",
            "0001-01-01T00:00:00+00:00",
            "9999-12-31 23:59:59",
            "1970-01-01 00:00:00",
        ),
        *("2026-13-45 10:00:00", "25:61", "1_0:00", "\uff11\uff12:00", "soon", "-1"),
    ],
)
@pytest.mark.parametrize("device_class", ["timestamp", None, ["timestamp"]])
def test_no_moment_raises(reader: EntityReader, show: Show, state: str, device_class: object) -> None:
    show("sensor.leaves", state, device_class=device_class)
    assert reader.moment("sensor.leaves") is None


def test_missing_entity_is_none(reader: EntityReader) -> None:
    assert reader.power_w("sensor.nowhere") is None
    assert reader.on("switch.nowhere") is None
    assert reader.percent("sensor.nowhere") is None
    assert reader.percent(None) is None


def test_repeated_value_is_fresh_but_unchanged(
    reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    show("sensor.p", 100, "W")
    first = dt_util.utcnow().timestamp()
    freezer.tick(timedelta(seconds=40))
    show("sensor.p", 100, "W")
    sample = reader.power_w("sensor.p")
    assert sample is not None
    assert sample.at == pytest.approx(first + 40, rel=0, abs=0.1)
    assert sample.changed_at == pytest.approx(first, rel=0, abs=0.1)


def test_times_pass_through_the_grid_clock(hass: HomeAssistant, show: Show) -> None:
    anchor = dt_util.utcnow().timestamp()
    fast = EntityReader(hass, lambda moment: anchor + (moment.timestamp() - anchor) * 30)
    show("sensor.p", 1, "W")
    state = hass.states.get("sensor.p")
    assert state is not None
    sample = fast.power_w("sensor.p")
    assert sample is not None
    assert sample.at == pytest.approx(anchor + (state.last_reported.timestamp() - anchor) * 30, rel=0, abs=0.1)


@pytest.mark.parametrize(
    ("state", "unit", "soc"), [("55", "%", 55), ("0", "%", 0), ("101", "%", None), ("5", "kWh", None)]
)
def test_percent(reader: EntityReader, show: Show, state: str, unit: str, soc: float | None) -> None:
    show("sensor.soc", state, unit)
    sample = reader.percent("sensor.soc")
    assert (None if sample is None else sample.value) == soc


def test_percent_has_a_time(reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory) -> None:
    show("sensor.soc", 44, "%")
    reported = dt_util.utcnow().timestamp()
    freezer.tick(timedelta(hours=6))
    sample = reader.percent("sensor.soc")
    assert sample is not None
    assert sample.at == pytest.approx(reported, rel=0, abs=0.1)


def test_phases_are_as_old_as_the_oldest() -> None:
    samples = [Sample(value=value, at=at, changed_at=at - 5) for value, at in ((1.0, 10.0), (-2.0, 30.0), (3.0, 20.0))]
    reading = reading_per_phase(samples, factor=230.0)
    assert reading is not None
    assert reading.power_w == (230.0, -460.0, 690.0)
    assert (reading.at, reading.changed_at) == (10.0, 25.0)


def test_one_missing_phase_is_a_missing_meter() -> None:
    sample = Sample(value=1.0, at=0.0, changed_at=0.0)
    assert reading_per_phase([sample, None, sample]) is None
    assert reading_per_phase([]) is None


def test_total_follows_the_measured_phases() -> None:
    total = Sample(value=3000.0, at=1.0, changed_at=1.0)
    equal = reading_of_total(total, (0, 1, 2))
    assert equal is not None
    assert equal.power_w == (1000.0, 1000.0, 1000.0)
    single = reading_of_total(total, (0, 1, 2), weights=(0.0, 13.0, 0.0))
    assert single is not None
    assert single.power_w == (0.0, 3000.0, 0.0)
    idle = reading_of_total(total, (1,), weights=(0.0, 0.0, 0.0))
    assert idle is not None
    assert idle.power_w == (0.0, 3000.0, 0.0)
    assert reading_of_total(None, (0,)) is None


async def test_next_departure(hass: HomeAssistant, reader: EntityReader, freezer: FrozenDateTimeFactory) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-03 17:30:00+01:00")
    seven = dt_util.parse_datetime("2026-11-04T07:00:00+01:00")
    assert seven is not None
    assert reader.next_time_of_day("07:00") == seven.timestamp()
    # The night in which the clock goes back.
    freezer.move_to("2026-10-24 22:00:00+02:00")
    seven = dt_util.parse_datetime("2026-10-25T07:00:00+01:00")
    assert seven is not None
    assert reader.next_time_of_day("07:00:00") == seven.timestamp()
    assert reader.next_time_of_day("soon") is None


@pytest.mark.parametrize(
    ("now", "time_of_day", "expected"),
    [
        # The night of 28 March has no 02:30, the night of 25 October has two of them.
        ("2026-03-28T22:00:00+01:00", "07:00", "2026-03-29T07:00:00+02:00"),
        ("2026-03-28T22:00:00+01:00", "02:30", "2026-03-29T03:30:00+02:00"),
        ("2026-03-29T03:31:00+02:00", "02:30", "2026-03-30T02:30:00+02:00"),
        ("2026-10-24T22:00:00+02:00", "02:30", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:20:00+01:00", "02:30", "2026-10-26T02:30:00+01:00"),
        ("2026-10-25T02:20:00+01:00", "07:00", "2026-10-25T07:00:00+01:00"),
        ("2026-11-03T06:59:59.900+01:00", "07:00", "2026-11-03T07:00:00+01:00"),
        ("2026-11-03T07:00:00.400+01:00", "07:00", "2026-11-03T07:00:00+01:00"),
        ("2026-11-03T07:00:01+01:00", "07:00", "2026-11-04T07:00:00+01:00"),
    ],
)
async def test_a_time_of_day_in_the_nights_in_which_clocks_change(
    hass: HomeAssistant,
    reader: EntityReader,
    freezer: FrozenDateTimeFactory,
    now: str,
    time_of_day: str,
    expected: str,
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to(now)
    moment = dt_util.parse_datetime(expected)
    assert moment is not None
    assert reader.next_time_of_day(time_of_day) == moment.timestamp()


@pytest.mark.parametrize(
    ("state", "attributes"),
    [
        ("2026-11-04T06:00:00+00:00", {"device_class": "timestamp"}),
        ("2026-11-04 07:00:00", {}),
        ("07:00:00", {}),
    ],
)
async def test_departure_entities(
    hass: HomeAssistant,
    reader: EntityReader,
    show: Show,
    freezer: FrozenDateTimeFactory,
    state: str,
    attributes: dict[str, str],
) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    freezer.move_to("2026-11-03 17:30:00+01:00")
    show("sensor.leaves", state, **attributes)
    seven = dt_util.parse_datetime("2026-11-04T07:00:00+01:00")
    assert seven is not None
    assert reader.moment("sensor.leaves") == seven.timestamp()
    show("sensor.leaves", "unknown")
    assert reader.moment("sensor.leaves") is None


def test_what_was_not_reported_since_is_not_read_again(
    reader: EntityReader, show: Show, freezer: FrozenDateTimeFactory
) -> None:
    """The same sample while nothing is reported; a report of the same value is a new one, of the same change."""
    show("sensor.p", "1.5", "kW")
    first = reader.power_w("sensor.p")
    assert first is not None
    assert reader.power_w("sensor.p") is first
    freezer.tick(timedelta(seconds=10))
    assert reader.power_w("sensor.p") is first
    show("sensor.p", "1.5", "kW")
    again = reader.power_w("sensor.p")
    assert again is not None
    assert (again.value, again.at - first.at, again.changed_at) == (1500.0, 10.0, first.changed_at)
    # Of the same state, a current is something else.
    assert reader.current_a("sensor.p") is None
    show("sensor.p", "1.5", "W")
    other = reader.power_w("sensor.p")
    assert other is not None
    assert other.value == 1.5


def test_what_goes_is_not_remembered(hass: HomeAssistant, reader: EntityReader, show: Show) -> None:
    for gone in ("unavailable", "unknown", "nonsense"):
        show("sensor.p", "1500", "W")
        show("sensor.soc", "40", "%")
        show("number.limit", "16", "A")
        assert None not in (reader.power_w("sensor.p"), reader.percent("sensor.soc"), reader.setting_a("number.limit"))
        for entity_id, unit in (("sensor.p", "W"), ("sensor.soc", "%"), ("number.limit", "A")):
            show(entity_id, gone, unit)
        assert reader.power_w("sensor.p") is None
        assert reader.percent("sensor.soc") is None
        assert reader.setting_a("number.limit") is None
    show("sensor.p", "1500", "W")
    assert reader.power_w("sensor.p") is not None
    hass.states.async_remove("sensor.p")
    assert reader.power_w("sensor.p") is None


@pytest.mark.parametrize(
    ("state", "unit", "wh"),
    [
        ("12.345", "kWh", 12_345.0),
        ("500", "Wh", 500.0),
        ("1.5", "MWh", 1_500_000.0),
        ("-1", "kWh", None),
        ("12", "kW", None),
        ("12", None, None),
        ("unavailable", "kWh", None),
        ("many", "kWh", None),
    ],
)
async def test_an_energy_counter_is_read_in_watt_hours(
    hass: HomeAssistant, state: str, unit: str | None, wh: float | None
) -> None:
    reader = EntityReader(hass, lambda moment: moment.timestamp())
    assert reader.energy_wh("sensor.counter") is None
    hass.states.async_set("sensor.counter", state, {} if unit is None else {"unit_of_measurement": unit})
    assert reader.energy_wh("sensor.counter") == wh
