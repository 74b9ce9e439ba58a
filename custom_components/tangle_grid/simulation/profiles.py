"""The measured shape of household electricity: the German standard load profile H0.

Source: VDEW (today BDEW), "Repräsentative VDEW-Lastprofile", M-32/99, Frankfurt 1999, from 1,209 measured load curves;
how it is applied: VDEW, "Anwendung der Repräsentativen VDEW-Lastprofile step-by-step", M-05/2000 (type days, seasons
and the fourth-order factor that makes H0 follow the day of the year). Values are mean watts of each quarter of an
hour, from 00:00 local time, of a household that uses 1,000 kWh a year.
"""

import math
from enum import StrEnum

SECONDS_PER_DAY = 86_400
QUARTER_S = 900
QUARTERS = 96
REFERENCE_KWH = 1000.0

_SATURDAY = 5


class Season(StrEnum):
    """The three seasons of the profile."""

    WINTER = "winter"
    SUMMER = "summer"
    TRANSITION = "transition"


class DayType(StrEnum):
    """The three type days of the profile; public holidays are not modelled."""

    WORKDAY = "workday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def _quarters(text: str) -> tuple[float, ...]:
    return tuple(float(value) for value in text.split())


H0: dict[tuple[Season, DayType], tuple[float, ...]] = {
    (Season.WINTER, DayType.WORKDAY): _quarters("""
        67.6 60.8 54.9 49.9 46.2 43.6 41.9 40.8 40.1 39.6 39.4 39.1 38.8 38.6 38.3 38.3
        38.4 38.8 39.3 40 40.9 43.1 47.7 55.8 68 82.8 98 111.5 121.6 128.5 132.7 134.8
        135.4 134.8 133.1 130.7 127.7 124.6 121.5 119 117.3 116.2 115.7 115.7 116.1 117 118.7 121.5
        125.4 129.6 133 134.8 134.2 131.7 128 124 120.2 116.8 113.7 110.7 107.9 105.5 103.5 102.4
        102.2 103.2 105.6 109.9 116 123.7 132.6 142.3 152.4 162.2 171.2 178.9 184.7 188.2 188.9 186.4
        180.7 172.7 163.9 155.6 148.9 143.4 138.4 133.2 127.2 120.5 113.3 105.7 98 90.2 82.5 74.9
    """),
    (Season.WINTER, DayType.SATURDAY): _quarters("""
        70.8 68.2 65.9 63.3 59.5 55 50.5 46.6 43.9 42.3 41.4 40.8 40.3 39.9 39.5 39.1
        38.8 38.5 38.3 38.3 38.5 39.1 40.3 42.4 45.6 49.9 55.3 61.6 68.9 77.1 86.1 95.7
        105.8 115.8 124.9 132.3 137.6 141.1 143.3 144.8 146 147.2 148.4 149.8 151.5 153.5 156 159
        162.4 165.8 168.4 169.8 169.4 167.6 164.8 161.5 158.1 154.9 151.8 149 146.5 144.4 142.7 141.5
        140.9 141.7 144.9 151.5 161.9 174.6 187.4 198.1 205.2 209.1 211.1 212.2 213.2 213 210.4 203.9
        192.9 179 164.4 151.5 141.9 135.3 131 128.2 126.1 124.1 121.6 118.2 113.4 107.4 100.8 94.1
    """),
    (Season.WINTER, DayType.SUNDAY): _quarters("""
        87.5 81.1 75 69.1 63.4 58.2 53.6 49.9 47.3 45.5 44.2 43.3 42.4 41.5 40.7 40
        39.3 38.8 38.5 38.3 38.3 38.4 38.7 39.1 39.7 40.4 41.3 42.4 44 46.6 51.1 58.3
        68.6 81.3 95.2 109 121.9 133.7 144.4 154 162.6 170.5 178 185.6 193.3 200.6 206.6 210.6
        211.8 210.2 205.9 198.9 189.6 178.7 167.3 156.5 147 138.9 132.1 126.5 122 118.1 114.8 111.5
        108.3 105.9 105.2 107.4 112.9 120.9 130 139 146.8 153.5 159.7 165.6 171.5 176.4 179.1 178.1
        172.9 164.7 155.6 147.3 141.4 137.2 133.7 129.8 124.8 118.6 111.6 104 96.2 88.4 80.7 73.2
    """),
    (Season.SUMMER, DayType.WORKDAY): _quarters("""
        86.3 76.9 68.8 62.4 58 55.3 53.6 52.4 51.3 50.3 49.2 48.3 47.5 46.9 46.5 46.6
        47.1 48 49.3 50.8 52.7 55.6 60.5 68.2 79.2 92 104.7 115.7 123.5 128.6 132 134.8
        137.8 140.7 143.2 144.8 145.3 144.9 143.8 142.3 140.8 139.5 138.5 138.2 138.6 140.1 142.6 146.5
        151.5 156.7 160.7 162.3 160.5 156.1 150.2 144 138.4 133.6 129.4 125.7 122.4 119.6 117.4 115.7
        114.6 114.2 114.6 115.7 117.6 120.3 123.9 128.2 133.2 138.9 145.1 151.5 157.9 163.8 168.3 170.6
        170.4 168.3 165.3 162.3 160.1 158.4 156.8 154.8 151.9 147.9 142.5 135.7 127.2 117.5 107.1 96.5
    """),
    (Season.SUMMER, DayType.SATURDAY): _quarters("""
        89.8 84.9 80.7 76.6 71.7 66.6 61.6 57.4 54.5 52.6 51.4 50.8 50.3 50 49.9 49.9
        50.1 50.4 50.7 50.8 50.8 50.9 51.6 53.3 56.2 60.4 65.8 72.4 80 88.5 97.4 106.5
        115.6 124.4 132.8 140.7 147.8 154 158.9 162.3 164.1 164.7 165 165.6 167.1 169.4 172.4 175.6
        179 181.9 183.7 183.9 182.1 178.7 174.1 169 163.7 158.9 154.6 151.5 149.6 148.6 148 147.3
        146.2 145 144.1 144 144.9 146.9 150 154 158.8 164 169.2 174 177.8 180.5 181.8 181.4
        179.3 175.7 171 165.6 160.1 155.1 151.1 149 148.9 149.6 149.4 146.5 139.8 130.3 119.5 109
    """),
    (Season.SUMMER, DayType.SUNDAY): _quarters("""
        100.1 92.5 85.9 79.9 74.1 68.7 63.9 59.9 57 55 53.5 52.4 51.5 50.8 50.2 49.9
        49.9 50 50.1 49.9 49.5 48.9 48.4 48.3 48.7 49.8 51.9 54.9 59.2 64.9 72.3 81.6
        92.9 105.6 119 132.3 144.8 156.2 166 174 180 184.6 188.7 193.1 198.3 203.7 208.7 212.2
        213.7 212.8 209 202.3 192.4 180.9 169.2 159 151.4 146 141.6 137.3 132.4 127 121.6 116.5
        112.2 108.9 106.7 105.7 106.1 107.7 110.4 114 118.3 123.4 129.2 135.7 142.8 149.8 155.7 159.8
        161.4 160.8 159 156.5 153.9 151.5 149.3 147.3 145.4 143 139.2 133.2 124.4 113.8 102.5 91.6
    """),
    (Season.TRANSITION, DayType.WORKDAY): _quarters("""
        77.8 69.6 62.4 56.6 52.5 49.7 47.9 46.6 45.5 44.5 43.8 43.3 43 43 43.1 43.3
        43.4 43.7 44.2 44.9 46.3 48.9 53.7 61.6 72.9 86.3 100.1 112.4 121.8 128.5 132.9 135.7
        137.2 137.7 137.7 137.3 136.9 136.4 135.7 134.8 133.7 132.4 131.4 130.7 130.6 131.5 133.6 137.3
        142.6 148.2 152.8 154.8 153.2 148.9 143.2 137.3 132.4 128.4 124.8 121.5 118.1 114.8 111.7 109
        106.9 105.7 105.5 106.5 109.1 113.1 118.3 124.8 132.4 140.6 149.1 157.3 164.9 171.1 175.2 176.5
        174.5 170.5 165.7 161.5 158.9 157.2 155.4 152.3 147.2 140.3 132.1 123.2 114 104.8 95.6 86.6
    """),
    (Season.TRANSITION, DayType.SATURDAY): _quarters("""
        80.2 75.1 70.7 66.6 62.3 58 54.1 50.8 48.4 46.8 45.7 44.9 44.4 43.9 43.5 43.3
        43.1 43.1 43.1 43.3 43.6 44.2 45.4 47.4 50.5 54.9 60.7 68.2 77.5 87.9 98.6 109
        118.4 126.7 133.8 139.8 144.7 148.8 152.4 155.6 158.9 162 164.9 167.3 169.2 170.8 172.5 174.8
        177.7 180.8 183.1 183.9 182.7 179.8 175.8 171.5 167.2 163.1 159.2 155.6 152.3 149.5 147.2 145.7
        145 145.4 146.7 149 152.3 156.4 161.5 167.3 173.7 180.4 186.7 192.3 196.5 199 199.4 197.3
        192.4 185.2 176.6 167.3 157.9 149.5 142.9 139 138.3 139.2 139.5 137.3 131.1 121.9 111.5 101.5
    """),
    (Season.TRANSITION, DayType.SUNDAY): _quarters("""
        93.4 86.8 81.2 75.7 70.1 64.5 59.3 54.9 51.7 49.4 47.8 46.6 45.5 44.5 43.8 43.3
        43.1 43.1 43.2 43.3 43.3 43.3 43.2 43.3 43.5 44.3 46 49.1 53.9 60.4 68.8 79.1
        91.1 104.3 118 131.5 144.2 155.5 165.3 173.1 178.8 183.1 187 191.4 197 203 208.5 212.2
        213.5 211.8 207 198.9 187.6 174.6 161.7 150.6 142.8 137.6 133.9 130.7 127.1 123.1 119 114.9
        111 107.7 105.6 104.9 106 108.8 113.2 119 126 133.7 141.5 149 155.5 160.6 163.6 164
        161.5 157.1 152.2 148.2 145.9 144.7 143.6 141.5 137.5 131.8 124.7 116.5 107.6 98.4 89.2 80.7
    """),
}


def season_of(day_of_year: int) -> Season:
    """Return season of a day (1..365): winter 1 Nov to 20 Mar, summer 15 May to 14 Sep, transition between."""
    if day_of_year <= 79 or day_of_year >= 305:  # noqa: PLR2004 - the profile's own dates
        return Season.WINTER
    if 135 <= day_of_year <= 257:  # noqa: PLR2004 - the profile's own dates
        return Season.SUMMER
    return Season.TRANSITION


def day_type_of(weekday: int) -> DayType:
    """Return type day of a weekday (Monday 0 .. Sunday 6)."""
    if weekday < _SATURDAY:
        return DayType.WORKDAY
    return DayType.SATURDAY if weekday == _SATURDAY else DayType.SUNDAY


def dynamic_factor(day_of_year: int) -> float:
    """Return how far a day of the year lies above or below the profile of its season (H0 only, VDEW M-05/2000)."""
    day = float(day_of_year)
    return -3.92e-10 * day**4 + 3.2e-7 * day**3 - 7.02e-5 * day**2 + 2.1e-3 * day + 1.24


class HouseholdShape:
    """Mean power over one day of a household, W, as a line through the middles of the profile's quarters.

    `quarters` are the 96 mean values; `at` takes seconds since local midnight and runs on smoothly at both ends.
    """

    __slots__ = ("quarters",)

    def __init__(self, yearly_kwh: float, day_of_year: int, weekday: int) -> None:
        scale = yearly_kwh / REFERENCE_KWH * dynamic_factor(day_of_year)
        profile = H0[season_of(day_of_year), day_type_of(weekday)]
        self.quarters = tuple(value * scale for value in profile)

    def at(self, seconds: float) -> float:
        """Return mean power in W at `seconds` after local midnight."""
        position = seconds / QUARTER_S - 0.5
        index = math.floor(position)
        fraction = position - index
        first = self.quarters[min(max(index, 0), QUARTERS - 1)]
        second = self.quarters[min(max(index + 1, 0), QUARTERS - 1)]
        return first + (second - first) * fraction
