"""A topic at work: which reports wait for others, what is known, who is paid for it, and what is left of the budget.

A report waits until as many owners as the topic wants, its own among them, have reported within the radius and the time
of one of these reports, whichever it is: what becomes true does not depend on the order in which they came. Then it is
a finding. Unless two of them are not known for much that nobody confirms, it takes one owner more. Each owner is paid
once for it, by the first report that was seen of theirs; whoever comes later gets nothing while it is known. A
finding that today's budget does not reach is paid on another day, before later ones.

What an owner reports again at the same place is the same sighting, with a newer time and number. A payment is named
after its report, and the same report never has another id: nothing is paid twice, also when the state is an old one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final, Self

from ..effects import BookEntry, Effect, Kind, Transfer
from ..errors import StoredError
from ..stored import Stored
from .budget import Budget
from .errors import TopicError
from .findings import MAX_COUNT, MAX_TIME, Finding, FindingState, Outcome, Payee, Sighting, Status
from .known_findings import KnownFindings
from .open_reports import OpenReports
from .places import Place
from .reputation import Account, Reputation
from .topic import Report, Topic, is_number

VERSION: Final = 1


class TopicBook:
    """The state of one topic. Whoever calls stores `to_dict` together with the effects before anything is paid.

    A method that raises has changed nothing, but that what has run out may be forgotten. `day` is the day whose budget
    is used, as 2026-11-30. After another topic was given, see `from_dict`, call `tick`.
    """

    def __init__(self, topic: Topic) -> None:
        """Begin with nothing reported."""
        self.topic = topic
        self._rules = topic.rules
        self._next = 1
        self._budget = Budget(topic)
        self._reputation = Reputation()
        self._waiting = OpenReports(topic, self._reputation)
        self._known = KnownFindings(topic.radius_m)

    # What others see

    @property
    def open(self) -> tuple[Sighting, ...]:
        """The reports that wait for others, in the order in which they were seen."""
        return self._waiting.in_order

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known, also what was found not to be true, in the order in which it became known."""
        return tuple(self._known)

    @property
    def accounts(self) -> Mapping[str, Account]:
        """How each owner's reports fared."""
        return self._reputation.accounts

    @property
    def spent_i(self) -> int:
        """What was paid so far; the payments may still be on their way."""
        return self._budget.spent_i

    @property
    def owed_i(self) -> int:
        """What findings cost that wait for another day's budget."""
        return self._known.owed_i

    def left_i(self, day: str) -> tuple[int, int]:
        """Return what is left of the whole budget, and of the day's: what is owed already is taken off the whole."""
        return self._budget.left_i(day, self.owed_i)

    # What happens

    def check(self, report: Report, now: float) -> None:
        """Say why a report cannot be taken, before anybody signs it.

        Raises:
            TopicError: Why not.
        """
        self._expire(now)
        self.topic.check(report, now)
        self._budget.check(self.topic.confirmations, self.owed_i)
        if self._waiting.of_same_owner(report) is None and self._known.at(report.place) is None:
            self._waiting.check_room(report.owner)

    def report(self, report: Report, now: float, day: str) -> tuple[Outcome, list[Effect]]:
        """Take a report, and return what became of it and what that asks for.

        Raises:
            TopicError: Why it is not taken.
        """
        _check_day(day)
        if self._waiting.has_seen(report.report_id) or report.report_id in self._known:
            return self._outcome(Status.TAKEN, report), []
        self.check(report, now)
        blocking, before = self._known.at(report.place), self._waiting.of_same_owner(report)
        if blocking is not None:
            status = Status.REJECTED if blocking.state is FindingState.REJECTED else Status.KNOWN
            return self._outcome(status, report, blocking.finding_id), []
        if before is None:
            sighting = self._waiting.open(report, self._number())
        else:
            sighting = self._waiting.repeat(before, report)
        group = self._waiting.confirmed_by(sighting)
        if group is None:
            status = Status.OPEN if before is None else Status.REPEATED
            return self._outcome(status, report, sighting.report_id), []
        centre, members = group
        finding = self._found(FindingState.CONFIRMED, centre.place, members, now)
        effects = self._pay(now, day)
        mine = any(each.report_id == sighting.report_id for each in finding.payees)
        return replace(
            self._outcome(Status.CONFIRMED, report, finding.finding_id),
            reporters=len(finding.payees),
            paid_i=finding.bounty_i if mine and self._now(finding).is_paid else 0,
        ), effects

    def accept(self, report_id: str, now: float, day: str) -> tuple[Finding | None, list[Effect]]:
        """Take an open report as true, because the topic's owner says so: all who reported it so far are paid.

        They are paid in the order in which they were seen, and never more of them than the topic wants. For a place
        that was rejected, it is open again, and None is returned.

        Raises:
            TopicError: report_unknown; finding_known; topic_budget_spent.
        """
        _check_day(day)
        found = self._known.get(report_id)
        if found is not None and found.state is not FindingState.REJECTED:
            raise TopicError("finding_known", {"report": report_id})
        if found is not None:
            self._known.end(found)
            return None, []
        sighting = self._waiting.find(report_id, now)
        members = self._waiting.payees(sighting)
        self._budget.check(len(members), self.owed_i)
        self._expire(now)
        finding = self._found(FindingState.ACCEPTED, sighting.place, members, now)
        effects = self._pay(now, day)
        return self._now(finding), effects

    def reject(self, report_id: str, now: float) -> Finding:
        """Take an open report, or what was found, as not true or gone, because the topic's owner says so.

        An open report earns nothing, and neither does anybody who reports it while the rejection counts. What made a
        finding true is paid nevertheless; the place is open again.

        Raises:
            TopicError: report_unknown.
        """
        found = self._known.get(report_id)
        if found is not None and not found.is_over:
            self._known.end(found)
            return found
        sighting = self._waiting.find(report_id, now)
        self._expire(now)
        return self._found(FindingState.REJECTED, sighting.place, [], now, finding_id=sighting.report_id)

    def tick(self, now: float, day: str) -> list[Effect]:
        """Let time pass: what has run out is forgotten, and what waits is paid as far as the day's budget goes.

        After the topic's rules were changed, what they make true now is found as well; so is what waited for owners
        of whom others have confirmed more since.
        """
        _check_day(day)
        self._expire(now)
        changed, self._rules = self._rules != self.topic.rules, self.topic.rules
        while changed or self._reputation.has_news:
            news = self._reputation.take_news()
            waiting = [each for each in self._waiting if changed or each.owner in news]
            changed = False
            for sighting in waiting:
                group = self._waiting.confirmed_by(sighting) if sighting.report_id in self._waiting else None
                if group is not None and self.topic.bounty_i * len(group[1]) <= self.left_i(day)[0]:
                    self._found(FindingState.CONFIRMED, group[0].place, group[1], now)
        return self._pay(now, day)

    def forget(self, reporter: str) -> int:
        """Forget what a participant reported, and return how many reports that was.

        What waits is closed and earns nothing. Findings stay, and say no more that it was among those who reported
        them; where it is still to be paid, it is named until then.
        """
        waited, owners = self._waiting.forget(reporter)
        found, payees = self._known.forget(reporter)
        owed = {each.owner for finding in self._known.unpaid for each in finding.payees}
        for owner in (owners | payees) - owed:
            self._reputation.forget(owner)
        return waited + found

    # What becomes of it

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _now(self, finding: Finding) -> Finding:
        """Return a finding as it is after payments; one that counts is there."""
        return self._known.get(finding.finding_id) or finding

    def _found(
        self, state: FindingState, place: Place, members: list[Sighting], now: float, *, finding_id: str | None = None
    ) -> Finding:
        """Close all that waits at a place, and know it from now on."""
        values = sorted(each.value for each in members if each.value is not None)
        finding = Finding(
            number=self._number(),
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
        self._waiting.close_at(place, members)
        self._known.add(finding)
        return finding

    def _pay(self, now: float, day: str) -> list[Effect]:
        """Pay what waits, in the order in which it was found, until the budget does not reach.

        What costs more than there is on any day, since the budget was lowered, lets others go first.
        """
        effects: list[Effect] = []
        for finding in self._known.unpaid:
            if not self._budget.reaches_ever(finding.cost_i):
                continue
            if not self._budget.reaches_on(day, finding.cost_i):
                break
            self._budget.spend(day, finding.cost_i)
            self._known.paid(finding)
            for payee in finding.payees:
                self._reputation.earned(payee.owner, finding.bounty_i)
                effects.extend(_payment(self.topic, finding, payee, now))
        self._budget.forget_old_days()
        return effects

    def _expire(self, now: float) -> None:
        self._waiting.expire(now)
        self._known.expire(now)

    def _outcome(self, status: Status, report: Report, finding_id: str | None = None) -> Outcome:
        return Outcome(
            status=status,
            report_id=report.report_id,
            finding_id=finding_id or report.report_id,
            reporters=self._waiting.owners_near(finding_id or ""),
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
            **self._budget.to_dict(),
            **self._waiting.to_dict(),
            "findings": self._known.to_dict(),
            "accounts": self._reputation.to_dict(),
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
        book._budget = Budget.from_dict(topic, stored)
        book._reputation = Reputation.from_dict(stored.object("accounts"))
        book._waiting = OpenReports.from_dict(topic, book._reputation, stored)
        book._known = KnownFindings.from_dict(topic.radius_m, stored.objects("findings"))
        for finding in (*book._known, *book._known.unpaid):
            for payee in finding.payees:
                book._reputation.know(payee.owner)
        return book


def _check_day(day: str) -> None:
    # One day has one name.
    try:
        valid = date.fromisoformat(day).isoformat() == day
    except TypeError, ValueError:
        valid = False
    if not valid:
        raise TopicError("report_invalid", {"field": "day"})


def _payment(topic: Topic, finding: Finding, payee: Payee, now: float) -> Iterable[Effect]:
    topic_id = topic.topic_id
    payment_id = f"data-{topic_id}-{payee.report_id}"
    details = {"topic": topic_id, "data": topic.kind}
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
