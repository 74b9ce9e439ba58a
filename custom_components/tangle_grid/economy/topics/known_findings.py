"""The findings of a topic: those that count, and those that wait to be paid."""

from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from typing import Any, Final, Self

from ..stored import Stored
from .findings import Finding
from .nearby import Nearby
from .places import Place

_ERASED: Final = "-"


class KnownFindings:
    """What a topic knows, in the order in which it became known. What is not paid yet stays until it is."""

    def __init__(self, radius_m: int) -> None:
        """Begin with nothing; each finding covers `radius_m`."""
        self._findings: dict[str, Finding] = {}
        self._unpaid: dict[str, Finding] = {}
        self._places = Nearby(radius_m)
        self._ends: list[tuple[float, str]] = []

    def __contains__(self, finding_id: str) -> bool:
        return finding_id in self._findings

    def __iter__(self) -> Iterator[Finding]:
        """Give those that count."""
        return (each for each in tuple(self._findings.values()) if not each.is_over)

    @property
    def unpaid(self) -> tuple[Finding, ...]:
        """Those that wait to be paid, in the order in which they are."""
        return tuple(self._unpaid.values())

    @property
    def owed_i(self) -> int:
        """What they cost together, i."""
        return sum(each.cost_i for each in self._unpaid.values())

    def get(self, finding_id: str) -> Finding | None:
        """Return a finding, also one that is over and waits to be paid; None if there is none."""
        return self._findings.get(finding_id)

    def at(self, place: Place) -> Finding | None:
        """Return a finding that covers a place and counts, or None."""
        return next((self._findings[each] for each in self._places.near(place)), None)

    def add(self, finding: Finding) -> None:
        """Know a finding."""
        self._findings[finding.finding_id] = finding
        if not finding.is_paid:
            self._unpaid[finding.finding_id] = finding
        if not finding.is_over:
            self._places.add(finding.finding_id, finding.place)
            heappush(self._ends, (finding.until, finding.finding_id))

    def paid(self, finding: Finding) -> None:
        """Know that a finding is paid."""
        del self._unpaid[finding.finding_id]
        if finding.is_over:
            del self._findings[finding.finding_id]
        else:
            self._findings[finding.finding_id] = replace(finding, is_paid=True)

    def end(self, finding: Finding) -> None:
        """Open the place of a finding again."""
        if finding.is_paid:
            del self._findings[finding.finding_id]
        else:
            over = replace(finding, until=finding.since)
            self._findings[finding.finding_id] = self._unpaid[finding.finding_id] = over
        self._places.remove(finding.finding_id)

    def expire(self, now: float) -> None:
        """Forget what has run out."""
        while self._ends and self._ends[0][0] < now:
            _, name = heappop(self._ends)
            finding = self._findings.get(name)
            if finding is not None and finding.until < now and not finding.is_over:
                self.end(finding)

    def forget(self, reporter: str) -> tuple[int, set[str]]:
        """Say no more that a participant reported what is paid, and return of how many findings, and their owners."""
        count, owners = 0, set[str]()
        for name, finding in self._findings.items():
            own = {each.owner for each in finding.payees if each.reporter == reporter}
            if finding.is_paid and own:
                owners |= own
                payees = (
                    replace(each, reporter=_ERASED, owner=_ERASED) if each.reporter == reporter else each
                    for each in finding.payees
                )
                self._findings[name] = replace(finding, payees=tuple(payees))
                count += 1
        return count, owners

    def to_dict(self) -> list[dict[str, Any]]:
        """Return it as JSON."""
        return [each.to_dict() for each in self._findings.values()]

    @classmethod
    def from_dict(cls, radius_m: int, stored: list[Stored]) -> Self:
        """Read it. Raises StoredError, TopicError for a place that is none."""
        known = cls(radius_m)
        for finding in {each.finding_id: each for each in map(Finding.from_dict, stored)}.values():
            known.add(finding)
        return known
