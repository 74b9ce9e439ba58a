"""The statement of a participant and a month: what it had, what moved, what it has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from ..effects import BookEntry, Kind
from .balance import once
from .money import Worth
from .month import Month

ENERGY_KINDS: Final = frozenset({Kind.CHARGING, Kind.FEED_IN})
"""The kinds whose references are charging sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What lines add up to: iota in and out (both at least 0), Wh in and out, and of how many things they tell."""

    in_i: int = 0
    out_i: int = 0
    wh_in: int = 0
    wh_out: int = 0
    references: int = 0

    @property
    def net_i(self) -> int:
        """What came in less what went out."""
        return self.in_i - self.out_i


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A month of one participant.

    Attributes:
        island: The island's id.
        participant: Whose month.
        month: Which, by `time_zone`, the name of the island's own.
        start: Its first moment, epoch seconds.
        end: The first moment after it.
        opening_i: What the books said before.
        lines: What happened, in the order of their moments.
        worth: The currency, and what tokens were worth when it was made; None where nobody says so.
        opening_units: What the lines before were worth, ten thousandths of the currency's unit.
    """

    island: str
    participant: str
    month: Month
    time_zone: str
    start: float
    end: float
    opening_i: int
    lines: tuple[BookEntry, ...]
    worth: Worth | None = None
    opening_units: int = 0

    @property
    def money(self) -> Money | None:
        """What its lines were worth when they happened; None where nobody says so."""
        worth = self.worth
        if worth is None:
            return None
        units = [worth.units(line) for line in self.lines]
        received, paid = sum(each for each in units if each > 0), -sum(each for each in units if each < 0)
        return Money(
            opening=self.opening_units, received=received, paid=paid, closing=self.opening_units + received - paid
        )

    @property
    def closing_i(self) -> int:
        """What the books say after it."""
        return self.opening_i + self.totals.net_i

    @property
    def totals(self) -> Sums:
        """What all lines add up to."""
        return summed(self.lines)

    @property
    def sessions(self) -> int:
        """How many charging sessions its lines are of."""
        return summed(line for line in self.lines if line.kind in ENERGY_KINDS).references

    @property
    def by_kind(self) -> Mapping[Kind, Sums]:
        """What the lines of each kind add up to, for kinds of which there are any, in the order of `Kind`."""
        present = {line.kind for line in self.lines}
        return {kind: summed(line for line in self.lines if line.kind is kind) for kind in Kind if kind in present}


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The sums of a statement in ten thousandths of a unit of its currency."""

    opening: int
    received: int
    paid: int
    closing: int


def summed(lines: Iterable[BookEntry]) -> Sums:
    """Return what lines add up to."""
    lines = list(lines)
    return Sums(
        in_i=sum(line.amount_i for line in lines if line.amount_i > 0),
        out_i=-sum(line.amount_i for line in lines if line.amount_i < 0),
        wh_in=sum(line.wh_in for line in lines),
        wh_out=sum(line.wh_out for line in lines),
        references=len({line.reference for line in lines}),
    )


def statement(
    entries: Iterable[BookEntry],
    *,
    island: str,
    participant: str,
    month: Month,
    zone: tzinfo,
    time_zone: str,
    opening_i: int = 0,
    worth: Worth | None = None,
) -> Statement:
    """Return a participant's statement of a month, from all lines of the books until its end at least.

    `zone` is the island's time zone, by which the month begins and ends, and `time_zone` its name. `opening_i` is what
    the participant had before the first line; `worth` is shown with it. Lines of others are passed over.

    Raises BooksError `line_differs`.
    """
    start, end = month.bounds(zone)
    own = once(entry for entry in entries if entry.participant == participant)
    earlier = [entry for entry in own if entry.at < start]
    return Statement(
        island=island,
        participant=participant,
        month=month,
        time_zone=time_zone,
        start=start,
        end=end,
        opening_i=opening_i + sum(entry.amount_i for entry in earlier),
        opening_units=0 if worth is None else worth.whole(opening_i) + sum(map(worth.units, earlier)),
        lines=tuple(entry for entry in own if start <= entry.at < end),
        worth=worth,
    )
