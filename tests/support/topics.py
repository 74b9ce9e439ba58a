"""Topics, reports and what is paid for them."""

from collections.abc import Iterable
from typing import Any

from custom_components.tangle_grid.economy.effects import BookEntry, Effect, Transfer
from custom_components.tangle_grid.economy.topics import Circle, Place, Report, Topic

NOW = 1_780_000_000.0
DAY = "2026-05-28"
HERE = Place(52_370_200, 4_895_200)
METRE_E6 = 9
"""Millionths of a degree of latitude: 1.0008 m."""


def topic(**changes: Any) -> Topic:
    """A topic of potholes within 5 km that wants three reporters within 30 m."""
    rules: dict[str, Any] = {
        "topic_id": "roads",
        "owner": "town",
        "kind": "pothole",
        "area": Circle(centre=HERE, radius_m=5_000),
        "bounty_i": 100,
        "budget_i": 100_000,
        "day_budget_i": 10_000,
        "step": 1,
    }
    return Topic(**{**rules, **changes})


def at(north_m: float, east_m: float = 0.0) -> Place:
    """The place so far from `HERE`; a metre to the east is 15 millionths there."""
    return Place(HERE.latitude_e6 + round(north_m * METRE_E6), HERE.longitude_e6 + round(east_m * 14.74))


def report(report_id: str, owner: str, place: Place = HERE, **changes: Any) -> Report:
    said: dict[str, Any] = {
        "report_id": report_id,
        "topic_id": "roads",
        "reporter": f"car of {owner}",
        "owner": owner,
        "place": place,
        "at": NOW,
        "kind": "pothole",
    }
    return Report(**{**said, **changes})


def transfers(effects: Iterable[Effect]) -> dict[str, int]:
    """What each participant is paid, i."""
    paid: dict[str, int] = {}
    for each in effects:
        if isinstance(each, Transfer):
            paid[each.target] = paid.get(each.target, 0) + each.amount_i
    return paid


def entries(effects: Iterable[Effect]) -> dict[str, int]:
    """What the books of each participant say, i."""
    said: dict[str, int] = {}
    for each in effects:
        if isinstance(each, BookEntry):
            said[each.participant] = said.get(each.participant, 0) + each.amount_i
    return said
