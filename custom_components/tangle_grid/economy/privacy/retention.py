"""How long what kind of data is kept; amounts and energy are kept as long as the books are."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ..effects import Kind


class Category(StrEnum):
    """A kind of data with a time of its own."""

    CHARGING = "charging"
    """Where and when a car charged: details of lines, ended sessions with their meter values."""
    PARKING = "parking"
    """Where a car stood, and from when to when."""
    TOLLS = "tolls"
    """Which tolls it passed, and when."""
    REPORTS = "reports"
    """What somebody was paid for reporting."""
    ENERGY = "energy"
    """How much energy in each quarter of an hour."""
    OTHER = "other"
    """What other lines say beside their sums: why something was rewarded, refunded or sent."""


KINDS_OF: Final[Mapping[Category, frozenset[Kind]]] = {
    Category.CHARGING: frozenset({Kind.CHARGING, Kind.FEED_IN, Kind.FEE}),
    Category.PARKING: frozenset({Kind.PARKING}),
    Category.TOLLS: frozenset({Kind.TOLL}),
    Category.REPORTS: frozenset({Kind.DATA}),
    Category.OTHER: frozenset({Kind.REWARD, Kind.REFUND, Kind.TRANSFER}),
}
"""Whose details are of which category."""

DEFAULT_DAYS: Final[Mapping[Category, int]] = {
    Category.CHARGING: 90,
    Category.PARKING: 90,
    Category.TOLLS: 90,
    Category.REPORTS: 90,
    Category.ENERGY: 400,
    Category.OTHER: 400,
}
"""A quarter of a year to complain about a bill for where one was; a year and a month for what is compared by year."""
LEAST_DAYS: Final = 7
MOST_DAYS: Final = 3_660
"""How short and how long anything may be kept, days: a bill is looked at before its details go."""
