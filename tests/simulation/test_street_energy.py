"""The home battery, the sun and the clouds."""

import math
from typing import TYPE_CHECKING

import pytest

from custom_components.tangle_grid.simulation.battery import EFFICIENCY
from custom_components.tangle_grid.simulation.weather import clear_sky, cloud_factor, sun_sine

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker


def test_the_battery_looks_after_its_household(make_street: StreetMaker) -> None:
    street = make_street("22:30")
    street._inventory.batteries["battery_1"].soc = 60.0
    for minute in range(1, 60):
        street.advance(street.config.start + minute * 60)
        home, battery = street.value("home_1", "power"), street.value("battery_1", "power")
        assert battery <= 0
        assert battery >= -5_000
        if minute % 10 == 0:
            street.settle()
    assert street.value("battery_1", "soc") < 60
    assert street.value("battery_1", "power") == pytest.approx(-street.value("home_1", "power"), abs=150)
    assert home > 0


@pytest.mark.parametrize("watts", [-5_000, -1_234, 0, 800, 5_000])
def test_the_battery_follows_a_setpoint(make_street: StreetMaker, watts: int) -> None:
    street = make_street("22:30")
    street.set_battery_power("battery_1", watts)
    assert street.value("battery_1", "power_setpoint") == watts
    street.settle()
    assert street.value("battery_1", "power") == watts
    street.set_battery_power("battery_1", None)
    assert street.value("battery_1", "power_setpoint") is None
    street.settle()
    assert street.value("battery_1", "power") == pytest.approx(-street.value("home_1", "power"), abs=150)


@pytest.mark.parametrize("watts", [-4_000, 4_000])
def test_the_battery_keeps_energy_and_limits(make_street: StreetMaker, watts: int) -> None:
    street = make_street("22:30")
    battery = street._inventory.batteries["battery_1"]
    battery.soc = 50.0
    street.set_battery_power("battery_1", watts)
    street.advance(street.now + 900)
    stored = watts / 4 * (EFFICIENCY if watts > 0 else 1 / EFFICIENCY)
    assert (battery.soc - 50) / 100 * battery.capacity_wh == pytest.approx(stored, rel=1e-9)
    street.advance(street.now + 3 * 3600)
    assert battery.soc == pytest.approx(100 if watts > 0 else 10)
    assert street.value("battery_1", "power") == 0
    counter = street._counters["battery_1"]
    moved = counter.import_wh * EFFICIENCY if watts > 0 else counter.export_wh / EFFICIENCY
    assert moved == pytest.approx((50 if watts > 0 else 40) / 100 * battery.capacity_wh, rel=1e-6)


def test_the_sun_stands_where_it_should() -> None:
    noon = max(range(0, 86_400, 60), key=lambda second: sun_sine(172, second))
    assert noon / 3600 == pytest.approx(13.36, abs=0.1), "summer time at ten degrees east"
    assert math.degrees(math.asin(sun_sine(172, noon))) == pytest.approx(61.4, abs=0.3)
    winter = max(sun_sine(355, second) for second in range(0, 86_400, 60))
    assert math.degrees(math.asin(winter)) == pytest.approx(14.6, abs=0.3)
    assert clear_sky(sun_sine(172, 0)) == 0


def test_irradiance_is_plausible() -> None:
    assert clear_sky(-0.2) == 0
    assert clear_sky(1.0) == pytest.approx(1035, abs=5)
    assert 850 < clear_sky(math.sin(math.radians(60))) < 920
    assert cloud_factor(0) == 1
    assert cloud_factor(2) == pytest.approx(0.25)


def test_solar_days_differ_and_nights_are_dark(make_street: StreetMaker) -> None:
    street = make_street("00:00")
    daily, last = [], 0
    for day in range(8):
        for hour in range(24):
            street.advance(street.config.start + day * 86_400 + hour * 3_600)
            power = street.value("solar_1", "power")
            assert -8_000 <= power <= 0
            if hour < 4 or hour > 22:
                assert power == 0
        street.advance(street.config.start + (day + 1) * 86_400)
        energy = street.value("solar_1", "energy_export")
        daily.append(energy - last)
        last = energy
    assert max(daily) > 1.5 * min(daily)
    assert all(5_000 < energy < 60_000 for energy in daily)


def test_the_season_follows_the_setting_and_not_the_calendar(make_street: StreetMaker) -> None:
    spring, winter = make_street("00:00"), make_street("00:00", season_day=355)
    for street in (spring, winter):
        street.advance(street.now + 2 * 86_400)
    assert spring.value("solar_1", "energy_export") > 3 * winter.value("solar_1", "energy_export")
    assert winter.value("home_4", "energy_import") > 1.3 * spring.value("home_4", "energy_import")
