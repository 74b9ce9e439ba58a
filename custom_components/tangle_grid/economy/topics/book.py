"""A topic at work: which reports wait for others, what is known, who is paid for it, and what is left of the budget.

A report waits until as many owners as the topic wants, its own among them, have reported within the radius and the time
of one of these reports, whichever it is: what becomes true does not depend on the order in which they came. Then it is
a finding. Unless two of them are not known for much that nobody confirms, it takes one owner more. Each owner is paid
once for it, by the first report that was seen of theirs; whoever comes later gets nothing while it is known. A
finding that today's budget does not reach is paid on another day, before later ones.

What an owner reports again at the same place is the same sighting, with a newer time and number. A payment is named
after its report, and the same report never has another id: nothing is paid twice, also when the state is an old one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from heapq import heappop, heappush
from math import floor
from typing import Any, Final, Self

from ..effects import BookEntry, Effect, Kind, Transfer
from ..errors import StoredError
from ..stored import Stored
from .errors import TopicError
from .findings import Account, Finding, FindingState, Outcome, Payee, Sighting, Status
from .nearby import Nearby
from .places import Place
from .stored_form import MAX_COUNT, MAX_TIME, accounts_of, finding_dict, finding_of, sighting_dict, sighting_of
from .topic import MAX_VALUE, Report, Topic, is_number

VERSION: Final = 1
AHEAD_S: Final = 120.0
"""How far a reporter's clock may be ahead."""
MAX_OPEN: Final = 5_000
"""How many reports may wait to be confirmed."""
FIRST_OPEN: Final = 5
MAX_OPEN_OF_OWNER: Final = 200
"""How many of one owner's may: at first, and at most. Each one that was confirmed allows one more."""
DOUBTED_ABOVE: Final = 2
"""How many more reports that nobody confirmed than such that were an owner may have besides one that counts fully."""
_BELIEVED: Final = 2
_DAYS_KEPT: Final = 62
_ERASED: Final = "-"


def _gap_s(first: Sighting, second: Sighting) -> float:
    """Return how far apart in time two sightings are, each from its first to its last report."""
    return max(0.0, second.first_at - first.last_at, first.first_at - second.last_at)


class TopicBook:
    """The state of one topic. Whoever calls stores `to_dict` together with the effects before anything is paid.

    A method that raises has changed nothing, but that what has run out may be forgotten. `day` is the day whose budget
    is used, as 2026-11-30. After another topic was given, see `from_dict`, call `tick`.
    """

    def __init__(self, topic: Topic) -> None:
        """Begin with nothing reported."""
        self.topic = topic
        self.spent_i = 0
        """What was paid so far; the payments may still be on their way."""
        self._rules = self._rules_of(topic)
        self._next = 1
        self._days: dict[str, int] = {}
        self._seen: dict[str, float] = {}
        self._sightings: dict[str, Sighting] = {}
        self._findings: dict[str, Finding] = {}
        self._accounts: dict[str, Account] = {}
        self._believed: set[str] = set()
        self._index()

    @staticmethod
    def _rules_of(topic: Topic) -> list[float | None]:
        return [topic.confirmations, topic.radius_m, topic.window_s, topic.tolerance]

    def _index(self) -> None:
        radius_m = self.topic.radius_m
        self._by_place, self._by_value, self._by_owner, self._known = (Nearby(radius_m) for _ in range(4))
        self._unpaid = {each.finding_id: each for each in self._findings.values() if not each.is_paid}
        self._ends: list[tuple[float, str]] = []
        for sighting in self._sightings.values():
            self._enter(sighting)
            heappush(self._ends, (sighting.last_at + self.topic.window_s, sighting.report_id))
        for finding in self._findings.values():
            if not finding.is_over:
                self._known.add(finding.finding_id, finding.place)
                heappush(self._ends, (finding.until, finding.finding_id))
        for report_id, at in self._seen.items():
            heappush(self._ends, (at + self.topic.window_s, report_id))

    def _level(self, value: float | None) -> int:
        tolerance = self.topic.tolerance
        return 0 if tolerance is None or value is None else floor(value / tolerance)

    def _enter(self, sighting: Sighting) -> None:
        report_id, place = sighting.report_id, sighting.place
        self._by_place.add(report_id, place)
        self._by_owner.add(report_id, place, sighting.owner)
        if self.topic.tolerance is not None:
            self._by_value.add(report_id, place, level=self._level(sighting.value))

    # What others see

    @property
    def open(self) -> tuple[Sighting, ...]:
        """The reports that wait for others, in the order in which they were seen."""
        return tuple(sorted(self._sightings.values(), key=lambda each: each.number))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known, also what was found not to be true, in the order in which it became known."""
        return tuple(each for each in self._findings.values() if not each.is_over)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """How each owner's reports fared."""
        return self._accounts

    @property
    def owed_i(self) -> int:
        """What findings cost that wait for another day's budget."""
        return sum(each.cost_i for each in self._unpaid.values())

    def left_i(self, day: str) -> tuple[int, int]:
        """Return what is left of the whole budget, and of the day's: what is owed already is taken off the whole."""
        whole = max(0, self.topic.budget_i - self.spent_i - self.owed_i)
        return whole, min(whole, max(0, self.topic.day_budget_i - self._days.get(day, 0)))

    # What happens

    def report(self, report: Report, now: float, day: str) -> tuple[Outcome, list[Effect]]:
        """Take a report, and return what became of it and what that asks for.

        Raises:
            TopicError: Why it is not taken.
        """
        self._check_day(day)
        if any(report.report_id in known for known in (self._seen, self._sightings, self._findings)):
            return self._outcome(Status.TAKEN, report), []
        self.check(report, now)
        blocking = next((self._findings[each] for each in self._known.near(report.place)), None)
        again = self._again(report)
        if blocking is not None:
            status = Status.REJECTED if blocking.state is FindingState.REJECTED else Status.KNOWN
            return self._outcome(status, report, blocking.finding_id), []
        sighting = self._note(report, again)
        group = self._confirmed_by(sighting)
        if group is None:
            status = Status.OPEN if again is None else Status.REPEATED
            return self._outcome(status, report, sighting.report_id), []
        centre, members = group
        finding = self._found(FindingState.CONFIRMED, centre.place, members, now)
        effects = self._pay(now, day)
        paid_i = finding.bounty_i if self._findings[finding.finding_id].is_paid else 0
        mine = any(each.report_id == sighting.report_id for each in finding.payees)
        return replace(
            self._outcome(Status.CONFIRMED, report, finding.finding_id),
            reporters=len(finding.payees),
            paid_i=paid_i if mine else 0,
        ), effects

    def accept(self, report_id: str, now: float, day: str) -> tuple[Finding | None, list[Effect]]:
        """Take an open report as true, because the topic's owner says so: all who reported it so far are paid.

        They are paid in the order in which they were seen, and never more of them than the topic wants. For a place
        that was rejected, it is open again, and None is returned.

        Raises:
            TopicError: report_unknown; finding_known; topic_budget_spent.
        """
        self._check_day(day)
        found = self._findings.get(report_id)
        if found is not None and found.state is not FindingState.REJECTED:
            raise TopicError("finding_known", {"report": report_id})
        if found is not None:
            self._forget(found)
            return None, []
        sighting = self._sighting(report_id, now)
        members = self._payees(sighting, self._neighbours(sighting))
        self._check_budget(len(members))
        self._expire(now)
        finding = self._found(FindingState.ACCEPTED, sighting.place, members, now)
        effects = self._pay(now, day)
        return self._findings[finding.finding_id], effects

    def reject(self, report_id: str, now: float) -> Finding:
        """Take an open report, or what was found, as not true or gone, because the topic's owner says so.

        An open report earns nothing, and neither does anybody who reports it while the rejection counts. What made a
        finding true is paid nevertheless; the place is open again.

        Raises:
            TopicError: report_unknown.
        """
        found = self._findings.get(report_id)
        if found is not None and not found.is_over:
            self._forget(found)
            return found
        sighting = self._sighting(report_id, now)
        self._expire(now)
        return self._found(FindingState.REJECTED, sighting.place, [], now, finding_id=sighting.report_id)

    def tick(self, now: float, day: str) -> list[Effect]:
        """Let time pass: what has run out is forgotten, and what waits is paid as far as the day's budget goes.

        After the topic's rules were changed, what they make true now is found as well; so is what waited for owners
        of whom others have confirmed more since.
        """
        self._check_day(day)
        self._expire(now)
        changed, self._rules = self._rules != self._rules_of(self.topic), self._rules_of(self.topic)
        while changed or self._believed:
            again, self._believed = self._believed, set()
            waiting = [each for each in self._sightings.values() if changed or each.owner in again]
            changed = False
            for sighting in waiting:
                group = self._confirmed_by(sighting) if sighting.report_id in self._sightings else None
                if group is not None and self.topic.bounty_i * len(group[1]) <= self.left_i(day)[0]:
                    self._found(FindingState.CONFIRMED, group[0].place, group[1], now)
        return self._pay(now, day)

    def forget(self, reporter: str) -> int:
        """Forget what a participant reported, and return how many reports that was.

        What waits is closed and earns nothing. Findings stay, and say no more that it was among those who reported
        them; where it is still to be paid, it is named until then.
        """
        own = [each for each in self._sightings.values() if each.reporter == reporter]
        for sighting in own:
            self._close(sighting, confirmed=False)
            self._seen.pop(sighting.report_id, None)
        count, owners = len(own), {each.owner for each in own}
        for name, finding in self._findings.items():
            if finding.is_paid and any(each.reporter == reporter for each in finding.payees):
                owners |= {each.owner for each in finding.payees if each.reporter == reporter}
                payees = (
                    replace(each, reporter=_ERASED, owner=_ERASED) if each.reporter == reporter else each
                    for each in finding.payees
                )
                self._findings[name] = replace(finding, payees=tuple(payees))
                count += 1
        owed = {each.owner for finding in self._unpaid.values() for each in finding.payees}
        for owner in owners - owed:
            if not self._accounts[owner].open:
                del self._accounts[owner]
        return count

    # Whether a report is taken

    @staticmethod
    def _check_day(day: str) -> None:
        # One day has one name.
        try:
            valid = date.fromisoformat(day).isoformat() == day
        except TypeError, ValueError:
            valid = False
        if not valid:
            raise TopicError("report_invalid", {"field": "day"})

    def check(self, report: Report, now: float) -> None:
        """Say why a report cannot be taken, before anybody signs it.

        Raises:
            TopicError: Why not.
        """
        self._expire(now)
        topic = self.topic
        if report.topic_id != topic.topic_id:
            raise TopicError("report_wrong_topic", {"found": report.topic_id, "wanted": topic.topic_id})
        if report.kind != topic.kind:
            raise TopicError("report_wrong_kind", {"found": report.kind, "wanted": topic.kind})
        if report.owner == topic.owner:
            raise TopicError("report_own_topic")
        if not report.place.is_rounded(topic.step):
            raise TopicError("report_not_rounded", {"step": topic.step})
        if not topic.area.contains(report.place):
            raise TopicError("report_outside")
        if report.at > now + AHEAD_S:
            raise TopicError("report_in_future", {"ahead": round(report.at - now)})
        if report.at + topic.window_s < now:
            raise TopicError("report_too_old", {"age": round(now - report.at), "limit": topic.window_s})
        self._check_value(report.value)
        self._check_budget(topic.confirmations)
        if self._again(report) is None and not any(self._known.near(report.place)):
            self._check_room(report.owner)

    def _check_value(self, value: float | None) -> None:
        topic = self.topic
        if value is None:
            if topic.wants_value:
                raise TopicError("report_value_missing")
            return
        least = -MAX_VALUE if topic.least is None else topic.least
        most = MAX_VALUE if topic.most is None else topic.most
        if not least <= value <= most:
            raise TopicError("report_value_out_of_range", {"value": value, "least": least, "most": most})

    def _check_budget(self, reporters: int) -> None:
        left_i = max(0, self.topic.budget_i - self.spent_i - self.owed_i)
        if self.topic.bounty_i * reporters > left_i:
            raise TopicError("topic_budget_spent", {"left": left_i, "cost": self.topic.bounty_i * reporters})

    def _check_room(self, owner: str) -> None:
        # Who says much that nobody confirms is soon heard no more: lies meet other lies by chance where there are many.
        account = self._accounts.get(owner, Account())
        limit = min(MAX_OPEN_OF_OWNER, FIRST_OPEN + account.confirmed)
        if account.open >= limit:
            raise TopicError("too_many_reports", {"open": account.open, "limit": limit})
        if len(self._sightings) >= MAX_OPEN:
            raise TopicError("too_many_reports", {"open": len(self._sightings), "limit": MAX_OPEN})

    # What is near

    def _again(self, report: Report) -> Sighting | None:
        """Return what waits already of this owner at this place: the first of it."""
        near = [self._sightings[each] for each in self._by_owner.near(report.place, report.owner)]
        return min(near, key=lambda each: each.number, default=None)

    def _note(self, report: Report, again: Sighting | None) -> Sighting:
        if again is None:
            sighting = Sighting(
                number=self._next,
                report_id=report.report_id,
                reporter=report.reporter,
                owner=report.owner,
                place=report.place,
                first_at=report.at,
                last_at=report.at,
                value=report.value,
                picture=report.picture,
            )
            self._next += 1
            self._accounts.setdefault(report.owner, Account()).open += 1
            self._seen[report.report_id] = report.at
            heappush(self._ends, (report.at + self.topic.window_s, report.report_id))
        else:
            self._unindex(again)
            sighting = replace(
                again,
                first_at=min(again.first_at, report.at),
                last_at=max(again.last_at, report.at),
                value=report.value if report.at >= again.last_at else again.value,
                picture=again.picture or report.picture,
            )
        self._sightings[sighting.report_id] = sighting
        self._enter(sighting)
        return sighting

    def _neighbours(self, centre: Sighting) -> list[Sighting]:
        """Return the sightings that confirm this one: near enough in place, time and number. It is not among them."""
        topic = self.topic
        found = []
        near = (
            self._by_place.near(centre.place)
            if topic.tolerance is None
            else self._by_value.near(centre.place, level=self._level(centre.value))
        )
        for name in near:
            other = self._sightings[name]
            if name == centre.report_id or _gap_s(centre, other) > topic.window_s:
                continue
            if topic.tolerance is not None and (
                centre.value is None or other.value is None or abs(centre.value - other.value) > topic.tolerance
            ):
                continue
            found.append(other)
        return found

    @staticmethod
    def _first_of_each(sightings: Iterable[Sighting]) -> list[Sighting]:
        """Return each owner's first sighting, in the order in which they were seen."""
        firsts: dict[str, Sighting] = {}
        for sighting in sorted(sightings, key=lambda each: each.number):
            firsts.setdefault(sighting.owner, sighting)
        return list(firsts.values())

    def _payees(self, centre: Sighting, around: Iterable[Sighting]) -> list[Sighting]:
        """Return whom a finding pays, as many as the topic wants at most: whose report all are near is among them."""
        firsts = self._first_of_each([centre, *around])
        chosen = firsts[: self.topic.confirmations]
        if all(each.owner != centre.owner for each in chosen):
            chosen[-1] = next(each for each in firsts if each.owner == centre.owner)
        return chosen

    def _confirmed_by(self, sighting: Sighting) -> tuple[Sighting, list[Sighting]] | None:
        """Return who makes a finding, with the sighting that all are near; None while they are too few.

        What was true before this sighting is found already, so one of them is this one or near it. Of several that
        could be found, the one that was seen first is.
        """
        around = self._neighbours(sighting)
        found = []
        for centre in [sighting, *around]:
            beside = around if centre is sighting else self._neighbours(centre)
            if self._suffice({centre.owner, *(each.owner for each in beside)}):
                found.append((centre, self._payees(centre, beside)))
        return min(found, key=lambda each: ([one.number for one in each[1]], each[0].number), default=None)

    def _suffice(self, owners: Collection[str]) -> bool:
        """Return whether these owners together make something true.

        Lies meet other lies by chance where there are many. Unless two of them have no more than a few reports that
        nobody confirms, it takes one owner more than the topic wants.
        """
        more_than = len(owners) - self.topic.confirmations
        if more_than:
            return more_than > 0
        return sum(not self._is_doubted(each) for each in owners) >= min(_BELIEVED, self.topic.confirmations)

    def _is_doubted(self, owner: str) -> bool:
        """Return whether too much of what an owner has said, besides one report, was confirmed by nobody so far."""
        account = self._accounts[owner]
        return account.open - 1 + account.unconfirmed > account.confirmed + DOUBTED_ABOVE

    # What becomes of it

    def _sighting(self, report_id: str, now: float) -> Sighting:
        found = self._sightings.get(report_id)
        if found is None or found.last_at + self.topic.window_s < now:
            raise TopicError("report_unknown", {"report": str(report_id)[:40]})
        return found

    def _unindex(self, sighting: Sighting) -> None:
        for index in (self._by_place, self._by_value, self._by_owner):
            index.remove(sighting.report_id)

    def _close(self, sighting: Sighting, *, confirmed: bool | None) -> None:
        self._unindex(sighting)
        del self._sightings[sighting.report_id]
        account = self._accounts[sighting.owner]
        account.open -= 1
        if confirmed:
            account.confirmed += 1
        if confirmed is False:
            account.unconfirmed += 1
        else:
            self._believed.add(sighting.owner)

    def _found(
        self, state: FindingState, place: Place, members: list[Sighting], now: float, *, finding_id: str | None = None
    ) -> Finding:
        """Close all that waits at a place, and know it from now on."""
        values = sorted(each.value for each in members if each.value is not None)
        finding = Finding(
            number=self._next,
            finding_id=finding_id or members[0].report_id,
            state=state,
            place=place,
            since=now,
            until=now + self.topic.known_s,
            bounty_i=self.topic.bounty_i if members else 0,
            payees=tuple(Payee(report_id=each.report_id, reporter=each.reporter, owner=each.owner) for each in members),
            is_paid=not members,
            value=values[(len(values) - 1) // 2] if values else None,
            picture=next((each.picture for each in members if each.picture), None),
        )
        self._next += 1
        confirmed = {each.report_id for each in members}
        # Who said the same as those who are paid was right as well, and came too late to earn anything by it.
        agree = {near.report_id for each in members if each.place == place for near in self._neighbours(each)}
        for name in {*self._by_place.near(place), *confirmed}:
            self._close(
                self._sightings[name], confirmed=True if name in confirmed else None if name in agree else False
            )
        self._findings[finding.finding_id] = finding
        if not finding.is_paid:
            self._unpaid[finding.finding_id] = finding
        self._known.add(finding.finding_id, place)
        heappush(self._ends, (finding.until, finding.finding_id))
        return finding

    def _pay(self, now: float, day: str) -> list[Effect]:
        """Pay what waits, in the order in which it was found, until the budget does not reach.

        What costs more than there is on any day, since the budget was lowered, lets others go first.
        """
        effects: list[Effect] = []
        topic = self.topic
        for finding in list(self._unpaid.values()):
            spent_i = self._days.get(day, 0)
            if finding.cost_i > min(topic.day_budget_i, topic.budget_i - self.spent_i):
                continue
            if finding.cost_i > topic.day_budget_i - spent_i:
                break
            self._days[day] = spent_i + finding.cost_i
            self.spent_i += finding.cost_i
            del self._unpaid[finding.finding_id]
            if finding.is_over:
                del self._findings[finding.finding_id]
            else:
                self._findings[finding.finding_id] = replace(finding, is_paid=True)
            for payee in finding.payees:
                self._accounts.setdefault(payee.owner, Account()).earned_i += finding.bounty_i
                effects.extend(self._payment(finding, payee, now))
        for old in sorted(self._days)[:-_DAYS_KEPT]:
            del self._days[old]
        return effects

    def _payment(self, finding: Finding, payee: Payee, now: float) -> Iterable[Effect]:
        topic_id = self.topic.topic_id
        payment_id = f"data-{topic_id}-{payee.report_id}"
        details = {"topic": topic_id, "data": self.topic.kind}
        yield Transfer(
            payment_id=payment_id,
            source=topic_id,
            target=payee.reporter,
            amount_i=finding.bounty_i,
            memo={"kind": Kind.DATA.value},
        )
        for participant, other, amount_i in (
            (topic_id, payee.reporter, -finding.bounty_i),
            (payee.reporter, topic_id, finding.bounty_i),
        ):
            yield BookEntry(
                entry_id=f"{payment_id}-{'out' if amount_i < 0 else 'in'}",
                participant=participant,
                at=now,
                kind=Kind.DATA,
                reference=finding.finding_id,
                amount_i=amount_i,
                counterparty=other,
                payment_id=payment_id,
                details=details,
            )

    def _forget(self, finding: Finding) -> None:
        """Open a place again. What is not paid yet stays until it is."""
        if finding.is_paid:
            del self._findings[finding.finding_id]
        else:
            self._findings[finding.finding_id] = self._unpaid[finding.finding_id] = replace(
                finding, until=finding.since
            )
        self._known.remove(finding.finding_id)

    def _expire(self, now: float) -> None:
        """Forget what has run out. An id may stand among the ends more than once: each time it is looked at anew."""
        window_s = self.topic.window_s
        while self._ends and self._ends[0][0] < now:
            _, name = heappop(self._ends)
            sighting, finding = self._sightings.get(name), self._findings.get(name)
            if sighting is not None:
                if sighting.last_at + window_s < now:
                    self._close(sighting, confirmed=False)
                else:
                    heappush(self._ends, (sighting.last_at + window_s, name))
            if finding is not None and finding.until < now and not finding.is_over:
                self._forget(finding)
            seen_at = self._seen.get(name)
            if seen_at is not None and seen_at + window_s < now:
                del self._seen[name]

    def _outcome(self, status: Status, report: Report, finding_id: str | None = None) -> Outcome:
        sighting = self._sightings.get(finding_id or "")
        reporters = 0 if sighting is None else len(self._first_of_each([sighting, *self._neighbours(sighting)]))
        return Outcome(
            status=status,
            report_id=report.report_id,
            finding_id=finding_id or report.report_id,
            reporters=reporters,
            needed=self.topic.confirmations,
        )

    # What is stored

    def to_dict(self) -> dict[str, Any]:
        """Return the whole state as JSON."""
        return {
            "version": VERSION,
            "topic": self.topic.topic_id,
            "rules": list(self._rules),
            "next": self._next,
            "spent_i": self.spent_i,
            "days": dict(self._days),
            "seen": dict(self._seen),
            "sightings": [sighting_dict(each) for each in self.open],
            "findings": [finding_dict(each) for each in self._findings.values()],
            "accounts": {
                owner: [each.confirmed, each.unconfirmed, each.earned_i] for owner, each in self._accounts.items()
            },
        }

    @classmethod
    def from_dict(cls, topic: Topic, data: Any) -> Self:
        """Go on from a state of this topic, whose rules may be others by now.

        Raises:
            TopicError: topic_state_invalid, naming what cannot be read.
        """
        try:
            return cls._read(topic, Stored.open(data, "state", VERSION))
        except StoredError as error:
            raise TopicError("topic_state_invalid", {"field": error.placeholders["where"]}) from None

    @classmethod
    def _read(cls, topic: Topic, stored: Stored) -> Self:
        if stored.text("topic") != topic.topic_id:
            raise stored.impossible("topic", stored.text("topic"))
        book = cls(topic)
        book._rules = stored.list("rules")
        if not all(each is None or is_number(each, MAX_TIME) for each in book._rules):
            raise stored.wrong("rules", "a list of numbers")
        book._next = stored.whole("next", 0, MAX_COUNT)
        book.spent_i = stored.whole("spent_i", 0, MAX_COUNT)
        days, seen = stored.object("days"), stored.object("seen")
        book._days = {day: days.whole(day, 0, MAX_COUNT) for day in days.names()}
        book._seen = {name: seen.number(name, MAX_TIME) for name in seen.names()}
        for sighting in map(sighting_of, stored.objects("sightings")):
            book._sightings[sighting.report_id] = sighting
        for finding in map(finding_of, stored.objects("findings")):
            book._findings[finding.finding_id] = finding
        book._accounts = accounts_of(stored.object("accounts"))
        book._believed = {owner for owner, account in book._accounts.items() if account.confirmed}
        for sighting in book._sightings.values():
            book._accounts.setdefault(sighting.owner, Account()).open += 1
        for finding in book._findings.values():
            for payee in finding.payees:
                book._accounts.setdefault(payee.owner, Account())
        book._index()
        return book
