"""What a topic knows: reports that wait for others, and findings."""

from dataclasses import asdict, astuple, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from ..stored import Stored
from .places import Place
from .topic import MAX_AMOUNT_I, MAX_NAME, MAX_VALUE

MAX_COUNT: Final = 2**53 - 1
MAX_TIME: Final = 1e11


def _place(stored: Stored) -> Place:
    where = stored.row("place", ("latitude", "longitude"))
    return Place(where.value("latitude"), where.value("longitude"))


class Status(StrEnum):
    """What became of a report."""

    OPEN = "open"
    """It waits for others."""
    REPEATED = "repeated"
    """This owner reported it before, and it waits for others still."""
    CONFIRMED = "confirmed"
    """With it, it is true; all who made it so are paid, or will be when the day's budget allows."""
    KNOWN = "known"
    """It is known already, and earns nothing."""
    REJECTED = "place_rejected"
    """The topic's owner looked, and it is not true; it earns nothing."""
    TAKEN = "taken"
    """The very same report came before."""


class FindingState(StrEnum):
    """What is known of a place."""

    CONFIRMED = "confirmed"
    """Enough owners reported it."""
    ACCEPTED = "accepted"
    """The topic's owner says that it is true."""
    REJECTED = "rejected"
    """The topic's owner says that it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a report: `finding_id` is what it belongs to, `reporters` how many owners said it so far."""

    status: Status
    report_id: str
    finding_id: str
    reporters: int
    needed: int
    paid_i: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An owner's report that waits for others. `number` is its place in the order in which they were seen."""

    number: int
    report_id: str
    reporter: str
    owner: str
    place: Place
    first_at: float
    last_at: float
    value: float | None = None
    picture: str | None = None

    def gap_s(self, other: Sighting) -> float:
        """Return how far apart in time the two are, each from its first to its last report."""
        return max(0.0, other.first_at - self.last_at, self.first_at - other.last_at)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "place": list(astuple(self.place))}

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Read it. Raises StoredError, TopicError for a place that is none."""
        return cls(
            number=stored.whole("number", 0, MAX_COUNT),
            report_id=stored.text("report_id", MAX_NAME),
            reporter=stored.text("reporter", MAX_NAME),
            owner=stored.text("owner", MAX_NAME),
            place=_place(stored),
            first_at=stored.number("first_at", MAX_TIME),
            last_at=stored.number("last_at", MAX_TIME),
            value=stored.optional_number("value", MAX_VALUE),
            picture=stored.optional_text("picture", MAX_NAME),
        )


@dataclass(frozen=True, slots=True)
class Payee:
    """Who earns from a finding, by which report."""

    report_id: str
    reporter: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is known of a place. `finding_id` is the first report of it.

    Attributes:
        number: Its place in the order of findings: in this order they are paid.
        finding_id: The first report of it.
        state: How it became known.
        place: That of the report which all others were near.
        since: When it became known, epoch seconds.
        until: Until when it counts.
        bounty_i: What each payee gets.
        payees: Who is paid, in the order in which their reports were seen.
        is_paid: Whether they were; it waits for another day's budget otherwise.
        value: The middle one of the payees' numbers, or None.
        picture: The hash of the first picture among the payees' reports, or None.
    """

    number: int
    finding_id: str
    state: FindingState
    place: Place
    since: float
    until: float
    bounty_i: int = 0
    payees: tuple[Payee, ...] = ()
    is_paid: bool = True
    value: float | None = None
    picture: str | None = None

    @property
    def cost_i(self) -> int:
        """What all payees get together."""
        return self.bounty_i * len(self.payees)

    @property
    def is_over(self) -> bool:
        """Whether it is known no longer, and stays only until it is paid."""
        return self.until <= self.since

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            **asdict(self),
            "state": self.state.value,
            "place": list(astuple(self.place)),
            "payees": [list(astuple(each)) for each in self.payees],
        }

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Read it. Raises StoredError, TopicError for a place that is none."""
        bounty_i = stored.whole("bounty_i", 0, MAX_COUNT)
        payees = tuple(
            Payee(
                report_id=each.text("report_id", MAX_NAME),
                reporter=each.text("reporter", MAX_NAME),
                owner=each.text("owner", MAX_NAME),
            )
            for each in stored.rows("payees", ("report_id", "reporter", "owner"))
        )
        if bounty_i * len(payees) > MAX_AMOUNT_I:
            raise stored.impossible("bounty_i", bounty_i)
        return cls(
            number=stored.whole("number", 0, MAX_COUNT),
            finding_id=stored.text("finding_id", MAX_NAME),
            state=stored.choice("state", FindingState),
            place=_place(stored),
            since=stored.number("since", MAX_TIME),
            until=stored.number("until", MAX_TIME),
            bounty_i=bounty_i,
            payees=payees,
            is_paid=stored.flag("is_paid"),
            value=stored.optional_number("value", MAX_VALUE),
            picture=stored.optional_text("picture", MAX_NAME),
        )
