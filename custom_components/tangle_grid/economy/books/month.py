"""A month by the calendar of the place where the island is."""

import re
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, tzinfo
from typing import Final, Self

from .errors import BooksError

_WRITTEN: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z")
_DECEMBER: Final = 12
_FIRST_YEAR: Final = 1970


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month; printed as 2026-11."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month that is written as 2026-11. Raises BooksError `not_a_month`."""
        found = _WRITTEN.match(text)
        if found is None or not _FIRST_YEAR <= int(found[1]) < MAXYEAR:
            raise BooksError("not_a_month", {"value": text[:20]})
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, at: float, zone: tzinfo) -> Self:
        """Return the month in which a moment (epoch seconds) lies in that time zone."""
        local = datetime.fromtimestamp(at, zone)
        return cls(local.year, local.month)

    def following(self) -> Month:
        """Return the next month."""
        return Month(self.year + 1, 1) if self.month == _DECEMBER else Month(self.year, self.month + 1)

    def bounds(self, zone: tzinfo) -> tuple[float, float]:
        """Return its first moment and that of the next month, epoch seconds, by the clocks of that time zone."""
        return _first_moment(self, zone), _first_moment(self.following(), zone)


def _first_moment(month: Month, zone: tzinfo) -> float:
    return datetime(month.year, month.month, 1, tzinfo=zone).timestamp()
