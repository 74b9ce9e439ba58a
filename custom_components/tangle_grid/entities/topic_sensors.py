"""What the sensors of a data topic show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import SensorStateClass

from ..economy.topics import FindingState, TopicBook
from ..entity import MemberView
from .view_sensors import Value, ViewSensorDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicView(MemberView):
    """What an entity of a data topic looks at. `book` is None while it cannot be read."""

    book: TopicBook | None
    day: str


def _of(value: Callable[[TopicBook, str], Value]) -> Callable[[TopicView], Value]:
    return lambda view: None if view.book is None else value(view.book, view.day)


def _findings(book: TopicBook, _day: str) -> int:
    return sum(each.state is not FindingState.REJECTED for each in book.findings)


TOPIC_SENSORS: Final = (
    ViewSensorDescription[TopicView](
        key="open_findings",
        translation_key="open_findings",
        state_class=SensorStateClass.MEASUREMENT,
        measures=True,
        value_fn=_of(_findings),
    ),
    ViewSensorDescription[TopicView](
        key="open_reports",
        translation_key="open_reports",
        state_class=SensorStateClass.MEASUREMENT,
        measures=True,
        value_fn=_of(lambda book, _: len(book.open)),
    ),
    ViewSensorDescription[TopicView].tokens(
        "paid_for_data",
        SensorStateClass.TOTAL_INCREASING,
        _of(lambda book, _: book.spent_i),
        measures=True,
    ),
    ViewSensorDescription[TopicView].tokens(
        "budget_left",
        SensorStateClass.MEASUREMENT,
        _of(lambda book, day: book.left_i(day)[0]),
        measures=True,
    ),
    ViewSensorDescription[TopicView].tokens(
        "budget_left_today",
        SensorStateClass.MEASUREMENT,
        _of(lambda book, day: book.left_i(day)[1]),
        measures=True,
    ),
)
