"""Places: rounded exactly, measured everywhere, found without looking at all."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.topics import Box, Circle, Place, TopicError, area_of, distance_m, rounded
from custom_components.tangle_grid.economy.topics.nearby import Nearby

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)
PLACES = st.builds(rounded, LATITUDES, LONGITUDES, st.just(1))


@given(latitude=LATITUDES, longitude=LONGITUDES, step=st.integers(1, 100_000))
def test_a_place_is_rounded_once_and_for_all(latitude: float, longitude: float, step: int) -> None:
    place = rounded(latitude, longitude, step)
    assert place.is_rounded(step)
    assert abs(Fraction(place.latitude_e6) - Fraction(latitude) * 10**6) <= Fraction(step, 2)
    # Half a step to each side, at the equator a little more than at home.
    assert distance_m(place, rounded(latitude, longitude, 1)) <= math.hypot(step / 2 + 1, step / 2 + 1) * 0.1113


def test_the_default_is_eleven_metres() -> None:
    assert rounded(52.370216, 4.895168) == Place(52_370_200, 4_895_200)
    assert 11 < distance_m(Place(0, 0), Place(100, 0)) < 11.2
    assert not Place(52_370_216, 4_895_168).is_rounded(100)


def test_a_half_goes_to_the_even_step_whatever_the_number_is_made_of() -> None:
    assert rounded(Decimal("0.00005"), Decimal("0.00015")) == Place(0, 200)
    # As a float it is a little more than a half.
    assert Fraction(0.00005) > Fraction(5, 100_000)
    assert rounded(0.00005, 0) == Place(100, 0)


def test_the_date_line_and_the_poles_have_one_name() -> None:
    assert rounded(10, 180) == rounded(10, -180) == rounded(10, 179.99996) == Place(10_000_000, -180_000_000)
    assert rounded(90, 77) == rounded(89.99996, -3) == Place(90_000_000, 0)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(90.1, 0), (-91, 0), (0, 180.5), (0, -181), (math.nan, 0), (0, math.inf), ("52", 4), (None, 4), (True, 4)],
)
def test_no_place_is_refused(latitude: Any, longitude: Any) -> None:
    with pytest.raises(TopicError) as refused:
        rounded(latitude, longitude)
    assert refused.value.key == "coordinates_out_of_range"
    assert str(refused.value)


@pytest.mark.parametrize(
    ("first", "second", "metres"),
    [
        (Place(0, 179_999_950), Place(0, -179_999_950), 11.12),
        (Place(89_999_950, 0), Place(89_999_950, -180_000_000), 11.12),
        (Place(-90_000_000, 0), Place(-89_999_900, 123_000_000), 11.12),
        (Place(0, 0), Place(0, -180_000_000), math.pi * 6_371_008.8),
        (Place(52_370_200, 4_895_200), Place(52_370_200, 4_895_200), 0),
    ],
)
def test_distances_go_over_the_date_line_and_the_poles(first: Place, second: Place, metres: float) -> None:
    assert distance_m(first, second) == pytest.approx(metres, rel=1e-3)


@given(base=PLACES, shifts=st.lists(st.tuples(st.integers(-900, 900), st.integers(-2_000, 2_000)), max_size=20))
def test_what_is_near_is_found_and_nothing_else(base: Place, shifts: list[tuple[int, int]]) -> None:
    places = [base]
    for north, east in shifts:
        latitude = max(-90_000_000, min(90_000_000, base.latitude_e6 + north))
        longitude = (base.longitude_e6 + east + 180_000_000) % 360_000_000 - 180_000_000
        places.append(Place(latitude, 0 if abs(latitude) == 90_000_000 else longitude))
    index = Nearby(60)
    for number, place in enumerate(places):
        index.add(str(number), place)
    for place in places:
        near = {str(number) for number, other in enumerate(places) if distance_m(place, other) <= 60}
        assert set(index.near(place)) == near
    for number in range(len(places)):
        index.remove(str(number))
    assert len(index) == 0
    assert not index._cells


def test_groups_and_levels_are_apart() -> None:
    index, place = Nearby(30), Place(0, 0)
    index.add("a", place, "one")
    index.add("b", place, "two")
    index.add("low", place, level=3)
    index.add("high", place, level=5)
    assert list(index.near(place, "one")) == ["a"]
    assert set(index.near(place, level=4)) == {"low", "high"}
    assert set(index.near(place, level=2)) == {"low"}
    assert not list(index.near(place))


def test_a_box_over_the_date_line() -> None:
    box = Box(south_e6=-20_000_000, west_e6=177_000_000, north_e6=-16_000_000, east_e6=-178_000_000)
    assert box.contains(Place(-18_000_000, 179_000_000))
    assert box.contains(Place(-18_000_000, -180_000_000))
    assert box.contains(Place(-18_000_000, -178_000_000))
    assert not box.contains(Place(-18_000_000, -177_999_999))
    assert not box.contains(Place(-18_000_000, 0))
    assert not box.contains(Place(-15_999_999, 179_000_000))


def test_a_box_of_the_whole_world_and_one_of_a_line() -> None:
    world = Box(south_e6=-90_000_000, west_e6=-180_000_000, north_e6=90_000_000, east_e6=180_000_000)
    line = Box(south_e6=0, west_e6=5, north_e6=90_000_000, east_e6=5)
    for place in (Place(0, -180_000_000), Place(0, 179_999_999), Place(90_000_000, 0)):
        assert world.contains(place)
    assert line.contains(Place(1, 5))
    assert not line.contains(Place(1, 6))
    assert line.contains(Place(90_000_000, 0))


def test_areas_are_read_as_they_are_written() -> None:
    circle = Circle(centre=Place(1, 2), radius_m=30)
    box = Box(south_e6=1, west_e6=2, north_e6=3, east_e6=4)
    for area in (circle, box):
        assert area_of(area.to_dict()) == area


@pytest.mark.parametrize(
    "area",
    [
        None,
        {},
        {"shape": "star"},
        {"shape": "circle", "latitude_e6": 0, "longitude_e6": 0},
        {"shape": "circle", "latitude_e6": 0, "longitude_e6": 0, "radius_m": 0},
        {"shape": "circle", "latitude_e6": 0, "longitude_e6": 0, "radius_m": 1.5},
        {"shape": "circle", "latitude_e6": 90_000_001, "longitude_e6": 0, "radius_m": 9},
        {"shape": "circle", "latitude_e6": 0.5, "longitude_e6": 0, "radius_m": 9},
        {"shape": "box", "south_e6": 2, "west_e6": 0, "north_e6": 1, "east_e6": 1},
        {"shape": "box", "south_e6": 0, "west_e6": 0, "north_e6": 1, "east_e6": 180_000_001},
    ],
)
def test_no_area_is_refused(area: Any) -> None:
    with pytest.raises(TopicError):
        area_of(area)
