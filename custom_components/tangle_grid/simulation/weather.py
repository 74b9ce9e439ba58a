"""Sun, clouds and air temperature of the street, for a place at 52 degrees north.

Sun position: declination and equation of time as Fourier series (J. W. Spencer, "Fourier series representation of the
position of the sun", Search 2, 1971). Clear sky: B. Haurwitz, "Insolation in relation to cloudiness and cloud
density", J. Meteorology 2, 1945. Clouds: F. Kasten and G. Czeplak, "Solar and terrestrial radiation dependent on the
amount and type of cloud", Solar Energy 24, 1980. Temperatures are round figures of the north German plain.
"""

import math
from typing import TYPE_CHECKING

from .randomness import generator, noise, stream_key

if TYPE_CHECKING:
    from .clock import StreetDay

LATITUDE = math.radians(52.0)
CLOUD_KNOT_S = 600

_SUMMER_TIME = range(88, 299)
# About 10 degrees east: the sun is 20 minutes behind Central European Time, 80 minutes behind summer time.
_SOLAR_LAG_S = 1_200.0
_SUMMER_TIME_S = 3_600.0
_NIGHT_SINE = 0.01

_YEAR_MEAN_C = 9.6
_YEAR_SWING_C = 9.4
_WARMEST_DAY = 201
_DAY_SWING_C = 5.0
_WARMEST_HOUR_S = 15 * 3_600


def sun_sine(season_day: int, clock_s: float) -> float:
    """Return sine of the sun's elevation at `clock_s` seconds of local clock time on the day 1..365 of the year."""
    angle = 2 * math.pi * (season_day - 1) / 365
    declination = (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )
    equation_of_time_s = 13_751.0 * (
        0.000075
        + 0.001868 * math.cos(angle)
        - 0.032077 * math.sin(angle)
        - 0.014615 * math.cos(2 * angle)
        - 0.040849 * math.sin(2 * angle)
    )
    lag = _SOLAR_LAG_S + (_SUMMER_TIME_S if season_day in _SUMMER_TIME else 0.0)
    solar_s = clock_s - lag + equation_of_time_s
    hour_angle = 2 * math.pi * (solar_s - 43_200) / 86_400
    return math.sin(LATITUDE) * math.sin(declination) + math.cos(LATITUDE) * math.cos(declination) * math.cos(
        hour_angle
    )


def clear_sky(sine: float) -> float:
    """Return global irradiance on the level in W/m2 without clouds (Haurwitz)."""
    return 1098.0 * sine * math.exp(-0.059 / sine) if sine > _NIGHT_SINE else 0.0


def cloud_factor(cover: float) -> float:
    """Return what clouds let through, 0.25..1, for a cover of 0..1 (Kasten and Czeplak)."""
    return float(1.0 - 0.75 * min(max(cover, 0.0), 1.0) ** 3.4)


class Weather:
    """Irradiance and air temperature at any moment, from the seed alone."""

    __slots__ = ("_cover", "_day", "_key", "_offset_c", "_season_day", "_seed")

    def __init__(self, seed: int, season_day: int) -> None:
        self._seed = seed
        self._season_day = season_day
        self._key = stream_key(seed, "clouds")
        self._day = -1
        self._cover = 0.0
        self._offset_c = 0.0

    def _turn_to(self, day: StreetDay) -> None:
        if day.ordinal != self._day:
            source = generator(self._seed, "weather", day.ordinal)
            # German skies are covered by about two thirds on average, and seldom in between: a U-shaped draw.
            self._cover = source.betavariate(1.1, 0.7)
            self._offset_c = source.gauss(0.0, 2.0)
            self._day = day.ordinal

    def irradiance(self, now: float, day: StreetDay) -> float:
        """Return global irradiance on the level at epoch second `now`, W/m2."""
        clear = clear_sky(sun_sine(self._season_day, now - day.midnight))
        if clear <= 0.0:
            return 0.0
        self._turn_to(day)
        position = now / CLOUD_KNOT_S
        index = math.floor(position)
        fraction = position - index
        before, after = noise(self._key, index), noise(self._key, index + 1)
        return clear * cloud_factor(self._cover + 0.3 * (before + (after - before) * fraction))

    def temperature(self, now: float, day: StreetDay) -> float:
        """Return air temperature at epoch second `now`, degrees Celsius."""
        self._turn_to(day)
        season = math.cos(2 * math.pi * (self._season_day - _WARMEST_DAY) / 365)
        hour = math.cos(2 * math.pi * (now - day.midnight - _WARMEST_HOUR_S) / 86_400)
        return _YEAR_MEAN_C + _YEAR_SWING_C * season + _DAY_SWING_C * hour + self._offset_c
