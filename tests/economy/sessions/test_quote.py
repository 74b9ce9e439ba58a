"""The price that is shown before anybody charges."""

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from custom_components.tangle_grid.economy import read_tariff
from custom_components.tangle_grid.economy.sessions import quote
from tests.support.ocpi import START, component, element, tariff

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = {"start_time": "23:00", "end_time": "06:00"}
RATE = Fraction(1_000_000)


def moment(*parts: int) -> float:
    return datetime(*parts, tzinfo=AMSTERDAM).timestamp()  # type: ignore[misc, arg-type]


def test_the_price_now_and_when_it_changes() -> None:
    by = read_tariff(tariff(element(component("ENERGY", 0.1), **NIGHT), element(component("ENERGY", 0.3))))
    found = quote(by, START.timestamp(), AMSTERDAM, RATE)
    assert (found.per_kwh, found.per_kwh_i, found.currency) == (Fraction("0.3"), 300_000, "EUR")
    assert (found.changes_at, found.then_per_kwh) == (moment(2026, 11, 30, 23), Fraction("0.1"))
    found = quote(by, moment(2026, 11, 30, 23), AMSTERDAM, RATE)
    assert (found.per_kwh, found.changes_at) == (Fraction("0.1"), moment(2026, 12, 1, 6))


def test_a_price_that_stays_has_no_change() -> None:
    by = read_tariff(tariff(element(component("ENERGY", 0.3), component("FLAT", 1), component("TIME", 2))))
    found = quote(by, START.timestamp(), UTC, RATE)
    assert (found.changes_at, found.then_per_kwh) == (None, None)
    assert (found.per_session, found.charging_per_hour, found.standing_per_hour) == (1, 2, 0)
    same = tariff(element(component("ENERGY", 0.3), **NIGHT), element(component("ENERGY", 0.3)))
    assert quote(read_tariff(same), START.timestamp(), UTC, RATE).changes_at is None


def test_weekdays_and_durations_change_prices_too() -> None:
    by = tariff(
        element(component("ENERGY", 0.2), day_of_week=["SATURDAY", "SUNDAY"]), element(component("ENERGY", 0.3))
    )
    assert quote(read_tariff(by), START.timestamp(), AMSTERDAM, RATE).changes_at == moment(2026, 12, 5)
    by = tariff(element(component("ENERGY", 0.2), max_duration=5_400), element(component("ENERGY", 0.9)))
    found = quote(read_tariff(by), START.timestamp() + 600, UTC, RATE, start=START.timestamp())
    assert (found.changes_at, found.then_per_kwh) == (START.timestamp() + 5_400, Fraction("0.9"))


def test_the_energy_until_then_counts() -> None:
    by = read_tariff(tariff(element(component("ENERGY", 0.2), max_kwh=5), element(component("ENERGY", 0.9))))
    assert quote(by, START.timestamp(), UTC, RATE, wh=4_999).per_kwh == Fraction("0.2")
    assert quote(by, START.timestamp(), UTC, RATE, wh=5_000).per_kwh == Fraction("0.9")


def test_an_hour_that_is_skipped_or_comes_twice() -> None:
    by = read_tariff(tariff(element(component("ENERGY", 0.1), end_time="02:30"), element(component("ENERGY", 0.3))))
    spring = quote(by, moment(2026, 3, 29, 1), AMSTERDAM, RATE)
    assert spring.changes_at is not None
    assert abs(spring.changes_at - moment(2026, 3, 29, 3)) <= 1_800
    autumn = quote(by, moment(2026, 10, 25, 1), AMSTERDAM, RATE)
    assert autumn.changes_at == moment(2026, 10, 25, 2) + 1_800
