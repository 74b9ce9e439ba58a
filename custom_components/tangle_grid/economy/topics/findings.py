"""What a topic knows: reports that wait for others, findings, and how each owner's reports fared."""

from dataclasses import dataclass
from enum import StrEnum

from .places import Place


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


@dataclass(slots=True, kw_only=True)
class Account:
    """How an owner's reports fared. It decides how many more of them may wait, and makes none of them count more."""

    open: int = 0
    confirmed: int = 0
    unconfirmed: int = 0
    earned_i: int = 0
