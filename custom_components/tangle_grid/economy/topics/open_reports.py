"""The reports that wait for others, and which of them confirm each other."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from heapq import heappop, heappush
from math import floor
from typing import Any, Final, Self

from ..stored import Stored
from .errors import TopicError
from .findings import MAX_TIME, Sighting
from .nearby import Nearby
from .places import Place
from .reputation import Reputation
from .topic import Report, Topic

MAX_OPEN: Final = 5_000
"""How many reports may wait to be confirmed."""


class OpenReports:
    """What was reported to a topic within its time and is no finding yet.

    What an owner reports again at the same place is the same sighting, with a newer time and number. Of the topic,
    the rules are used by which reports confirm each other.
    """

    def __init__(self, topic: Topic, reputation: Reputation) -> None:
        """Begin with nothing; `reputation` counts what is opened and closed here."""
        self._topic, self._reputation = topic, reputation
        self._sightings: dict[str, Sighting] = {}
        self._seen: dict[str, float] = {}
        self._ends: list[tuple[float, str]] = []
        self._by_place, self._by_value, self._by_owner = (Nearby(topic.radius_m) for _ in range(3))

    def __contains__(self, report_id: str) -> bool:
        return report_id in self._sightings

    def __iter__(self) -> Iterator[Sighting]:
        return iter(tuple(self._sightings.values()))

    @property
    def in_order(self) -> tuple[Sighting, ...]:
        """The sightings in the order in which they were seen."""
        return tuple(sorted(self._sightings.values(), key=lambda each: each.number))

    def has_seen(self, report_id: str) -> bool:
        """Return whether this very report came before, within the topic's time, or waits."""
        return report_id in self._seen or report_id in self._sightings

    def find(self, report_id: str, now: float) -> Sighting:
        """Return a sighting that has not run out.

        Raises:
            TopicError: report_unknown.
        """
        found = self._sightings.get(report_id)
        if found is None or found.last_at + self._topic.window_s < now:
            raise TopicError("report_unknown", {"report": str(report_id)[:40]})
        return found

    def check_room(self, owner: str) -> None:
        """Raise TopicError `too_many_reports` where no other report of an owner, or of anybody, may wait."""
        self._reputation.check_room(owner)
        if len(self._sightings) >= MAX_OPEN:
            raise TopicError("too_many_reports", {"open": len(self._sightings), "limit": MAX_OPEN})

    # What comes and goes

    def of_same_owner(self, report: Report) -> Sighting | None:
        """Return what waits already of this owner at this place: the first of it."""
        near = [self._sightings[each] for each in self._by_owner.near(report.place, report.owner)]
        return min(near, key=lambda each: each.number, default=None)

    def open(self, report: Report, number: int) -> Sighting:
        """Let a report wait, as the sighting of this number."""
        sighting = Sighting(
            number=number,
            report_id=report.report_id,
            reporter=report.reporter,
            owner=report.owner,
            place=report.place,
            first_at=report.at,
            last_at=report.at,
            value=report.value,
            picture=report.picture,
        )
        self._reputation.opened(report.owner)
        self._seen[report.report_id] = report.at
        heappush(self._ends, (report.at + self._topic.window_s, report.report_id))
        self._enter(sighting)
        return sighting

    def repeat(self, before: Sighting, report: Report) -> Sighting:
        """Let a sighting be seen again by its owner."""
        self._leave(before)
        sighting = replace(
            before,
            first_at=min(before.first_at, report.at),
            last_at=max(before.last_at, report.at),
            value=report.value if report.at >= before.last_at else before.value,
            picture=before.picture or report.picture,
        )
        self._enter(sighting)
        return sighting

    def close_at(self, place: Place, members: Collection[Sighting]) -> None:
        """Close all that waits near a place that is a finding from now on, and those who made it one."""
        confirmed = {each.report_id for each in members}
        # Who said the same as those who are paid was right as well, and came too late to earn anything by it.
        agree = {near.report_id for each in members if each.place == place for near in self._neighbours(each)}
        for name in {*self._by_place.near(place), *confirmed}:
            self._close(name, confirmed=True if name in confirmed else None if name in agree else False)

    def expire(self, now: float) -> None:
        """Forget what has run out. An id may stand among the ends more than once: each time it is looked at anew."""
        window_s = self._topic.window_s
        while self._ends and self._ends[0][0] < now:
            _, name = heappop(self._ends)
            sighting, seen_at = self._sightings.get(name), self._seen.get(name)
            if sighting is not None:
                if sighting.last_at + window_s < now:
                    self._close(name, confirmed=False)
                else:
                    heappush(self._ends, (sighting.last_at + window_s, name))
            if seen_at is not None and seen_at + window_s < now:
                del self._seen[name]

    def forget(self, reporter: str) -> tuple[int, set[str]]:
        """Close what a participant reported, and return how many sightings that was, and their owners."""
        own = [each for each in self._sightings.values() if each.reporter == reporter]
        for sighting in own:
            self._close(sighting.report_id, confirmed=False)
            self._seen.pop(sighting.report_id, None)
        return len(own), {each.owner for each in own}

    def _close(self, report_id: str, *, confirmed: bool | None) -> None:
        sighting = self._sightings.pop(report_id)
        self._leave(sighting)
        self._reputation.closed(sighting.owner, confirmed=confirmed)

    # What confirms what

    def owners_near(self, report_id: str) -> int:
        """Return how many owners a sighting and those around it are of; 0 if it does not wait."""
        sighting = self._sightings.get(report_id)
        return 0 if sighting is None else len(_first_of_each([sighting, *self._neighbours(sighting)]))

    def payees(self, centre: Sighting) -> list[Sighting]:
        """Return whom a finding at this sighting pays, as many as the topic wants at most; it is among them."""
        return self._payees(centre, self._neighbours(centre))

    def confirmed_by(self, sighting: Sighting) -> tuple[Sighting, list[Sighting]] | None:
        """Return who makes a finding, with the sighting that all are near; None while they are too few.

        What was true before this sighting is found already, so one of them is this one or near it. Of several that
        could be found, the one that was seen first is.
        """
        around = self._neighbours(sighting)
        found = []
        for centre in [sighting, *around]:
            beside = around if centre is sighting else self._neighbours(centre)
            owners = {centre.owner, *(each.owner for each in beside)}
            if self._reputation.suffices(owners, self._topic.confirmations):
                found.append((centre, self._payees(centre, beside)))
        return min(found, key=lambda each: ([one.number for one in each[1]], each[0].number), default=None)

    def _payees(self, centre: Sighting, around: Iterable[Sighting]) -> list[Sighting]:
        firsts = _first_of_each([centre, *around])
        chosen = firsts[: self._topic.confirmations]
        if all(each.owner != centre.owner for each in chosen):
            chosen[-1] = next(each for each in firsts if each.owner == centre.owner)
        return chosen

    def _neighbours(self, centre: Sighting) -> list[Sighting]:
        """Return the sightings that confirm this one: near enough in place, time and number. It is not among them."""
        tolerance = self._topic.tolerance
        found = []
        near = (
            self._by_place.near(centre.place)
            if tolerance is None
            else self._by_value.near(centre.place, level=self._level(centre.value))
        )
        for name in near:
            other = self._sightings[name]
            if name == centre.report_id or centre.gap_s(other) > self._topic.window_s:
                continue
            if tolerance is not None and (
                centre.value is None or other.value is None or abs(centre.value - other.value) > tolerance
            ):
                continue
            found.append(other)
        return found

    def _level(self, value: float | None) -> int:
        tolerance = self._topic.tolerance
        return 0 if tolerance is None or value is None else floor(value / tolerance)

    def _enter(self, sighting: Sighting) -> None:
        report_id, place = sighting.report_id, sighting.place
        self._sightings[report_id] = sighting
        self._by_place.add(report_id, place)
        self._by_owner.add(report_id, place, sighting.owner)
        if self._topic.tolerance is not None:
            self._by_value.add(report_id, place, level=self._level(sighting.value))

    def _leave(self, sighting: Sighting) -> None:
        for index in (self._by_place, self._by_value, self._by_owner):
            index.remove(sighting.report_id)

    # What is stored

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"seen": dict(self._seen), "sightings": [each.to_dict() for each in self.in_order]}

    @classmethod
    def from_dict(cls, topic: Topic, reputation: Reputation, stored: Stored) -> Self:
        """Read it; `reputation` counts what waits. Raises StoredError, TopicError for a place that is none."""
        waiting, seen, window_s = cls(topic, reputation), stored.object("seen"), topic.window_s
        waiting._seen = {name: seen.number(name, MAX_TIME) for name in seen.names()}
        for name, at in waiting._seen.items():
            heappush(waiting._ends, (at + window_s, name))
        sightings = map(Sighting.from_dict, stored.objects("sightings"))
        for sighting in {each.report_id: each for each in sightings}.values():
            waiting._enter(sighting)
            heappush(waiting._ends, (sighting.last_at + window_s, sighting.report_id))
            reputation.opened(sighting.owner)
        return waiting


def _first_of_each(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return each owner's first sighting, in the order in which they were seen."""
    firsts: dict[str, Sighting] = {}
    for sighting in sorted(sightings, key=lambda each: each.number):
        firsts.setdefault(sighting.owner, sighting)
    return list(firsts.values())
