"""Rooftop sun: what a photovoltaic plant feeds in under the street's weather."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import StreetDay
    from .weather import Weather

STANDARD_IRRADIANCE = 1000.0
PERFORMANCE_RATIO = 0.85


class SolarPlant:
    """A flat three-phase plant; `power_w` is negative while it feeds in.

    Power is peak power times irradiance over 1,000 W/m2 times a performance ratio of 0.85 (the usual yield model, as
    in IEC 61724), limited by the inverter at peak power.
    """

    __slots__ = ("_weather", "peak_w", "power_w")

    def __init__(self, weather: Weather, peak_w: float) -> None:
        self._weather = weather
        self.peak_w = peak_w
        self.power_w = 0.0

    def measure(self, now: float, day: StreetDay) -> float:
        """Set and return the power at epoch second `now`, W."""
        share = self._weather.irradiance(now, day) / STANDARD_IRRADIANCE * PERFORMANCE_RATIO
        self.power_w = -self.peak_w * min(1.0, share) if share > 0 else 0.0
        return self.power_w
