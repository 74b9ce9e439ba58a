"""A street that begins at any local time."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import pytest

from custom_components.tangle_grid.simulation import Street, StreetConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

BERLIN = ZoneInfo("Europe/Berlin")
# A Wednesday in winter time: the street's sun must not follow the calendar.
DATE = (2026, 11, 18)


class StreetMaker(Protocol):
    def __call__(
        self, clock: str = "17:30", *, state: Mapping[str, Any] | None = None, days: int = 0, **settings: Any
    ) -> Street: ...


@pytest.fixture
def make_street() -> StreetMaker:
    def make(clock: str = "17:30", *, state: Mapping[str, Any] | None = None, days: int = 0, **settings: Any) -> Street:
        hour, minute = map(int, clock.split(":"))
        year, month, day = DATE
        start = datetime(year, month, day + days, hour, minute, tzinfo=BERLIN).timestamp()
        return Street(StreetConfig(start=start, timezone=BERLIN, **settings), state)

    return make
