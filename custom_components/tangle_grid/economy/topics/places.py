"""Places in whole millionths of a degree, rounded before anybody signs them; areas; and how far it is between places.

A place is rounded with exact arithmetic, so that whoever rounds it comes to the same. Distances are measured in space,
on a sphere of the earth's mean radius (IUGG, 6 371 008.8 m): nothing changes at the date line or at the poles.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from .errors import TopicError

DEFAULT_STEP: Final = 100
"""Millionths of a degree to which places are rounded: 11 m from south to north."""
MAX_STEP: Final = 100_000
"""0.1 degrees: 11 km."""
E6: Final = 1_000_000

_QUARTER: Final = 90 * E6
_HALF: Final = 180 * E6
_CIRCLE: Final = 360 * E6
_EARTH_M: Final = 6_371_008.8
_MAX_RADIUS_M: Final = 20_000_000

type Point = tuple[float, float, float]
"""A place on the sphere, in m from the earth's middle."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Latitude from -90 000 000 to 90 000 000, longitude from -180 000 000 to 179 999 999, at a pole 0."""

    latitude_e6: int
    longitude_e6: int

    def __post_init__(self) -> None:
        """Raise TopicError (coordinates_out_of_range) for what is no place, or not the one way to write it."""
        valid = (
            _is_whole(self.latitude_e6)
            and _is_whole(self.longitude_e6)
            and abs(self.latitude_e6) <= _QUARTER
            and -_HALF <= self.longitude_e6 < _HALF
            and (abs(self.latitude_e6) < _QUARTER or self.longitude_e6 == 0)
        )
        if not valid:
            raise _no_place(self.latitude_e6, self.longitude_e6)

    @property
    def latitude(self) -> float:
        """Latitude in degrees."""
        return self.latitude_e6 / E6

    @property
    def longitude(self) -> float:
        """Longitude in degrees."""
        return self.longitude_e6 / E6

    def is_rounded(self, step: int) -> bool:
        """Tell whether the place is what rounding to this step gives."""
        return self == _on_grid(Fraction(self.latitude_e6), Fraction(self.longitude_e6), step)

    def point(self) -> Point:
        """Return where it is in space."""
        latitude, longitude = math.radians(self.latitude), math.radians(self.longitude)
        flat = _EARTH_M * math.cos(latitude)
        return (flat * math.cos(longitude), flat * math.sin(longitude), _EARTH_M * math.sin(latitude))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_place(latitude: object, longitude: object) -> TopicError:
    return TopicError("coordinates_out_of_range", {"latitude": str(latitude)[:40], "longitude": str(longitude)[:40]})


def _on_grid(latitude_e6: Fraction, longitude_e6: Fraction, step: int) -> Place:
    # A half goes to the even multiple, as Python and IEEE 754 round. The last step before a pole may be a short one.
    latitude = max(-_QUARTER, min(_QUARTER, round(latitude_e6 / step) * step))
    longitude = min(_HALF, round(longitude_e6 / step) * step)
    if abs(latitude) == _QUARTER:
        return Place(latitude, 0)
    return Place(latitude, longitude if -_HALF <= longitude < _HALF else -_HALF)


def rounded(latitude: float | Decimal, longitude: float | Decimal, step: int = DEFAULT_STEP) -> Place:
    """Return the place that is reported instead of the exact one, which nobody else ever learns.

    Args:
        latitude: Degrees, from -90 to 90.
        longitude: Degrees, from -180 to 180.
        step: Millionths of a degree, from 1 to `MAX_STEP`.

    Raises:
        TopicError: coordinates_out_of_range, also for what is no number; topic_invalid for an impossible step.
    """
    if not _is_whole(step) or not 0 < step <= MAX_STEP:
        raise TopicError("topic_invalid", {"field": "step"})
    for value, limit in ((latitude, 90), (longitude, 180)):
        number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not -limit <= value <= limit:
            raise _no_place(latitude, longitude)
    return _on_grid(Fraction(latitude) * E6, Fraction(longitude) * E6, step)


def between_m(first: Point, second: Point) -> float:
    """Return how far it is over the ground between two points of the sphere, m."""
    return 2 * _EARTH_M * math.asin(min(1.0, math.dist(first, second) / (2 * _EARTH_M)))


def distance_m(first: Place, second: Place) -> float:
    """Return how far it is over the ground, m."""
    return between_m(first.point(), second.point())


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Everything within `radius_m` metres of a place."""

    centre: Place
    radius_m: int

    def __post_init__(self) -> None:
        """Raise TopicError (topic_invalid) for a circle that cannot be."""
        if not _is_whole(self.radius_m) or not 0 < self.radius_m <= _MAX_RADIUS_M:
            raise TopicError("topic_invalid", {"field": "radius_m"})

    def contains(self, place: Place) -> bool:
        """Tell whether a place lies in it."""
        return distance_m(self.centre, place) <= self.radius_m

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "shape": "circle",
            "latitude_e6": self.centre.latitude_e6,
            "longitude_e6": self.centre.longitude_e6,
            "radius_m": self.radius_m,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """From a southern to a northern latitude, and from a western one to the east as far as the eastern longitude.

    In millionths of a degree. A box with its west above its east reaches over the date line.
    """

    south_e6: int
    west_e6: int
    north_e6: int
    east_e6: int

    def __post_init__(self) -> None:
        """Raise TopicError: coordinates_out_of_range, or topic_invalid where the south is above the north."""
        for latitude, longitude in ((self.south_e6, self.west_e6), (self.north_e6, self.east_e6)):
            whole = _is_whole(latitude) and _is_whole(longitude)
            if not whole or abs(latitude) > _QUARTER or abs(longitude) > _HALF:
                raise _no_place(latitude, longitude)
        if self.south_e6 > self.north_e6:
            raise TopicError("topic_invalid", {"field": "south_e6"})

    def contains(self, place: Place) -> bool:
        """Tell whether a place lies in it."""
        if not self.south_e6 <= place.latitude_e6 <= self.north_e6:
            return False
        if abs(place.latitude_e6) == _QUARTER:
            return True  # all longitudes meet there
        to_east = (self.east_e6 - self.west_e6) % _CIRCLE
        whole_way = to_east == 0 and self.east_e6 != self.west_e6
        return whole_way or (place.longitude_e6 - self.west_e6) % _CIRCLE <= to_east

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "shape": "box",
            "south_e6": self.south_e6,
            "west_e6": self.west_e6,
            "north_e6": self.north_e6,
            "east_e6": self.east_e6,
        }


type Area = Circle | Box


def area_of(data: Any) -> Area:
    """Read an area from outside.

    Raises:
        TopicError: topic_invalid or coordinates_out_of_range.
    """
    match data:
        case {"shape": "circle", "latitude_e6": latitude, "longitude_e6": longitude, "radius_m": radius}:
            return Circle(centre=Place(latitude, longitude), radius_m=radius)
        case {"shape": "box", "south_e6": south, "west_e6": west, "north_e6": north, "east_e6": east}:
            return Box(south_e6=south, west_e6=west, north_e6=north, east_e6=east)
    raise TopicError("topic_invalid", {"field": "area"})
