"""Tells from the positions of a car when it came into a zone and when it left: each passage once.

A position counts when it is exact enough for the zone and when a car can have come there since the last one; one that
cannot be (the jumps of GPS) counts only if the next report agrees with it, or none contradicts it for a while. A car
has come, or gone, when that has held for a while. Whoever was in the zone when the watch began has not come; whoever
vanished for long has to be seen outside before it can come again. So a restart in a zone, a report that comes twice and
a clock that is set back count nothing twice.

Times are whole seconds of the epoch, as the caller's clock shows them; they may run backwards.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ..stored import Stored

VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What a watch of one zone goes by.

    Attributes:
        enter_s: A car has come when it was in the zone for so long.
        leave_s: It has gone when it was outside for so long: whoever turns round at the barrier comes once.
        forget_s: A car of which nothing is known for so long is lost.
        silent_s: A tracker that says nothing new for so long is one of which nothing is known. Parked cars sleep.
        max_accuracy_m: A position that may be off by more says nothing.
        fastest_m_s: No car is faster.
        doubt_s: A report that nobody has contradicted for so long is believed all the same.
    """

    enter_s: int = 60
    leave_s: int = 180
    forget_s: int = 24 * 3600
    silent_s: int = 7 * 24 * 3600
    max_accuracy_m: int = 100
    fastest_m_s: int = 70
    doubt_s: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a car is now, as far as its tracker says.

    Attributes:
        at: Now.
        inside: Whether it is in the zone; None if the tracker does not say.
        reported_at: When the tracker said so.
        accuracy_m: How far it may be off, None if that is not known.
        edge_m: How far it is to the edge of the zone, negative within; None if the tracker has no coordinates.
    """

    at: int
    inside: bool | None
    reported_at: int
    accuracy_m: int | None = None
    edge_m: int | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A car has come; `at` is when it was seen in the zone first, `number` counts its passages from 1."""

    at: int
    number: int


@dataclass(frozen=True, slots=True)
class Stayed:
    """A car is known to be in the zone at this time."""

    at: int


@dataclass(frozen=True, slots=True)
class Left:
    """A car has gone; `at` is when it was seen outside first."""

    at: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing is known of a car in the zone any more."""


type Passing = Entered | Stayed | Left | Lost


class Place(StrEnum):
    """Where a car is known to be. UNKNOWN until it was seen outside."""

    UNKNOWN = "unknown"
    OUTSIDE = "outside"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """A report that was believed, or one that has to be confirmed."""

    at: int
    edge_m: int

    def leads_to(self, other: _Report, fastest_m_s: int) -> bool:
        """Return whether a car can have gone from here to there in that time."""
        # Reports are some seconds late or early, and a car is no point.
        return abs(self.edge_m - other.edge_m) <= fastest_m_s * (max(other.at - self.at, 0) + 5) + 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """One car and one zone.

    Attributes:
        place: Where the car is.
        since: Since when it is seen on the other side; None if it is not.
        known_at: When it was known to be in the zone last; None if it never was.
        number: How often it has come.
        believed: The last report with a distance that was believed.
        doubted: A report since then that was not.
    """

    place: Place = Place.UNKNOWN
    since: int | None = None
    known_at: int | None = None
    number: int = 0
    believed: _Report | None = None
    doubted: _Report | None = None

    @property
    def waits_for(self) -> int | None:
        """Return since when the car is seen on the other side: a step is due when that has held for long enough."""
        return self.since

    def step(self, position: Position, by: Watching) -> tuple[Passages, tuple[Passing, ...]]:
        """Take in a position; the same one again, later, says that nothing has changed since.

        Returns the next state and what has happened.
        """
        state, inside = _looked_at(self, position, by)
        state = _on_clock(state, position.at)
        if inside is None:
            return _unseen(state, position.at, by)
        if state.place is Place.UNKNOWN:
            return _first_seen(state, position.at, by, inside=inside), ()
        if inside == (state.place is Place.INSIDE):
            known_at = position.at if inside else state.known_at
            return replace(state, since=None, known_at=known_at), (Stayed(position.at),) if inside else ()
        since = position.at if state.since is None else state.since
        state = replace(state, since=since, known_at=position.at if inside else state.known_at)
        return _crossed(state, position.at, by)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "version": VERSION,
            "place": self.place.value,
            "since": self.since,
            "known_at": self.known_at,
            "number": self.number,
            "believed": _report_to_dict(self.believed),
            "doubted": _report_to_dict(self.doubted),
        }

    @classmethod
    def from_dict(cls, value: object) -> Passages:
        """Return the state that was stored. Raises TariffError for what none is."""
        stored = Stored.open(value, "passages", VERSION)
        passages = cls(
            place=stored.choice("place", Place),
            since=stored.optional_whole("since"),
            known_at=stored.optional_whole("known_at"),
            number=stored.whole("number", 0),
            believed=_report_from_dict(stored, "believed"),
            doubted=_report_from_dict(stored, "doubted"),
        )
        stored.end()
        return passages


def _looked_at(watch: Passages, position: Position, by: Watching) -> tuple[Passages, bool | None]:
    """Return the state that knows of the report, and whether it says that the car is inside; None says nothing."""
    silent = position.at - position.reported_at > by.silent_s
    vague = position.accuracy_m is not None and position.accuracy_m > by.max_accuracy_m
    if position.inside is None or silent or vague:
        return watch, None
    if position.edge_m is None:
        return watch, position.inside
    report = _Report(at=position.reported_at, edge_m=position.edge_m)
    before = (watch.believed, watch.doubted)
    if report == watch.doubted:
        likely = position.at - report.at >= by.doubt_s
    else:
        likely = watch.believed is None or any(one and one.leads_to(report, by.fastest_m_s) for one in before)
    if likely:
        return replace(watch, believed=report, doubted=None), position.inside
    return replace(watch, doubted=report), None


def _on_clock(watch: Passages, now: int) -> Passages:
    """Return the state without times that have not come yet: the clock was set back."""
    since = None if watch.since is None else min(watch.since, now)
    known_at = None if watch.known_at is None else min(watch.known_at, now)
    return replace(watch, since=since, known_at=known_at)


def _first_seen(watch: Passages, now: int, by: Watching, *, inside: bool) -> Passages:
    """Return the state of a car that was not seen outside yet: it has to be, and not only for a moment."""
    if inside:
        return replace(watch, since=None, known_at=now)
    since = now if watch.since is None else watch.since
    outside = watch.known_at is None or now - since >= by.leave_s
    return replace(watch, place=Place.OUTSIDE, since=None) if outside else replace(watch, since=since)


def _unseen(watch: Passages, now: int, by: Watching) -> tuple[Passages, tuple[Passing, ...]]:
    """Return what becomes of a car of which nothing is known at the moment."""
    if watch.place is not Place.INSIDE:
        return replace(watch, since=None), ()
    if watch.since is not None:  # it was seen outside, and nothing says that it came back
        return _crossed(watch, now, by)
    if watch.known_at is not None and now - watch.known_at <= by.forget_s:
        return watch, ()
    return replace(watch, place=Place.UNKNOWN, since=None, believed=None, doubted=None), (Lost(),)


def _crossed(watch: Passages, now: int, by: Watching) -> tuple[Passages, tuple[Passing, ...]]:
    """Return what it means that the car is seen on the other side."""
    since = now if watch.since is None else watch.since
    if watch.place is Place.INSIDE:
        if now - since < by.leave_s:
            return watch, ()
        return replace(watch, place=Place.OUTSIDE, since=None), (Left(since),)
    if now - since < by.enter_s:
        return watch, ()
    number = watch.number + 1
    state = replace(watch, place=Place.INSIDE, since=None, number=number)
    return state, (Entered(since, number), Stayed(now))


def _report_to_dict(report: _Report | None) -> dict[str, int] | None:
    return None if report is None else {"at": report.at, "edge_m": report.edge_m}


def _report_from_dict(stored: Stored, name: str) -> _Report | None:
    report = stored.optional_object(name)
    if report is None:
        return None
    found = _Report(at=report.whole("at"), edge_m=report.whole("edge_m"))
    report.end()
    return found
