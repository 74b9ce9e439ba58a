"""How long what kind of data is kept; amounts and energy are kept as long as the books are."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ..effects import Kind


class Category(StrEnum):
    """A kind of data with a time of its own."""

    PLACES = "places"
    """Where a car parked, passed, charged or reported something, and between when: details of lines, ended stays."""
    ENERGY = "energy"
    """How much energy in each quarter of an hour."""
    OTHER = "other"
    """What other lines say beside their sums: why something was rewarded, refunded or sent."""


KINDS_OF: Final[Mapping[Category, frozenset[Kind]]] = {
    Category.PLACES: frozenset({Kind.PARKING, Kind.TOLL, Kind.CHARGING, Kind.FEED_IN, Kind.FEE, Kind.DATA}),
    Category.OTHER: frozenset({Kind.REWARD, Kind.REFUND, Kind.TRANSFER}),
}
"""Whose details are of which category."""

DEFAULT_DAYS: Final[Mapping[Category, int]] = {
    Category.PLACES: 90,
    Category.ENERGY: 400,
    Category.OTHER: 400,
}
"""A quarter of a year to complain about a bill for where one was; a year and a month for what is compared by year."""
