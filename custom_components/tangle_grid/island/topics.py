"""Data topics at work: reports come in here, and what they ask for goes to the desk.

A report is signed by its reporter and put on the Tangle before it counts: its place is rounded before that. What a
topic knows is written down together with what is paid for it.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..bridge.link import LedgerLink
from ..bridge.payment_desk import PaymentDesk
from ..const import (
    CONF_AREA,
    CONF_BOUNTY,
    CONF_BUDGET,
    CONF_CONFIRMATIONS,
    CONF_KNOWN_HOURS,
    CONF_LEAST,
    CONF_MOST,
    CONF_NEAR,
    CONF_OWNERS,
    CONF_PUBLIC,
    CONF_SERVICE_ZONE,
    CONF_TOLERANCE,
    CONF_TOPIC_DAY_BUDGET,
    CONF_WANTS_VALUE,
    CONF_WHAT,
    CONF_WINDOW_HOURS,
    DOMAIN,
    LOGGER,
    SUBENTRY_DATA_TOPIC,
)
from ..devices.named import StoredEntry
from ..economy.effects import Effect
from ..economy.topics import (
    Circle,
    Finding,
    FindingState,
    Outcome,
    Report,
    Sighting,
    Status,
    Topic,
    TopicBook,
    TopicError,
    rounded,
)
from ..log_once import LogOnce
from ..protocol import DataReport, to_body

SAGA_KIND: Final = "topic"
ISSUE_TOPIC_UNREADABLE: Final = "topic_unreadable"
_LOOK_S: Final = 60.0
_S_PER_HOUR: Final = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChanged:
    """Something became of a report, or of what is known: `what` is a `Status` or a `FindingState`."""

    topic_id: str
    what: str
    report_id: str
    finding_id: str
    reporters: int
    needed: int


@callback
def area_of_topic(hass: HomeAssistant, data: Mapping[str, Any]) -> Circle:
    """Return where a topic is: in its zone as that is now, or in the circle of its form.

    Raises:
        TopicError: topic_invalid: there is no such zone, or neither was given; coordinates_out_of_range.
    """
    area = data.get(CONF_AREA)
    if (zone_id := data.get(CONF_SERVICE_ZONE)) is not None:
        zone = hass.states.get(zone_id)
        area = None if zone is None else zone.attributes
    if area is None or "latitude" not in area or "longitude" not in area:
        raise TopicError("topic_invalid", {"field": "area"})
    centre = rounded(area["latitude"], area["longitude"], 1)
    return Circle(centre=centre, radius_m=max(1, math.ceil(area.get("radius", 0))))


@callback
def topic_of(topic_id: str, data: Mapping[str, Any], owner: str, area: Circle) -> Topic:
    """Return the topic that a form describes, there.

    Raises:
        TopicError: It cannot be.
    """
    tolerance = data.get(CONF_TOLERANCE)
    return Topic(
        topic_id=topic_id,
        owner=owner,
        kind=data[CONF_WHAT],
        area=area,
        bounty_i=int(data[CONF_BOUNTY]),
        budget_i=int(data[CONF_BUDGET]),
        day_budget_i=int(data.get(CONF_TOPIC_DAY_BUDGET, data[CONF_BUDGET])),
        confirmations=int(data[CONF_CONFIRMATIONS]),
        radius_m=int(data[CONF_NEAR]),
        window_s=round(data[CONF_WINDOW_HOURS] * _S_PER_HOUR),
        known_s=round(data[CONF_KNOWN_HOURS] * _S_PER_HOUR),
        wants_value=bool(data.get(CONF_WANTS_VALUE)),
        tolerance=None if tolerance is None else float(tolerance),
        least=data.get(CONF_LEAST),
        most=data.get(CONF_MOST),
    )


@callback
def owner_of(entry: StoredEntry, member_id: str) -> str:
    """Return under which name all count that belong together: those that share an owner, directly or by others.

    Whoever belongs to nobody in particular counts alone.
    """
    owned: dict[str, set[str]] = {
        subentry_id: set(subentry.data.get(CONF_OWNERS, ()))
        for subentry_id, subentry in entry.subentries.items()
        if subentry.data.get(CONF_OWNERS)
    }
    house = owned.pop(member_id, None)
    if not house:
        return member_id
    while joined := [each for each, owners in owned.items() if owners & house]:
        for each in joined:
            house |= owned.pop(each)
    return min(house)


class DataTopics:
    """The topics of one island."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        desk: PaymentDesk,
        link: LedgerLink,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._desk = desk
        self._link = link
        self._listeners: list[Callable[[TopicChanged], None]] = []
        self._watchers: list[Callable[[], None]] = []
        self._timer: CALLBACK_TYPE | None = None
        self._books: dict[str, TopicBook] = {}
        self._ready = False
        self._said = LogOnce(LOGGER)

    @property
    def books(self) -> Mapping[str, TopicBook]:
        """What each topic knows, by its id; none while the books are not open."""
        return self._books

    @property
    def day(self) -> str:
        """Today, here."""
        return dt_util.now().date().isoformat()

    @callback
    def async_start(self) -> None:
        """Begin to look after time that passes."""
        if self.all:
            self._timer = async_track_time_interval(
                self._hass,
                self._async_look,
                timedelta(seconds=_LOOK_S),
                name="tangle_grid topics",
                cancel_on_shutdown=True,
            )

    @callback
    def async_stop(self) -> None:
        """Stop."""
        for topic_id in self.all:
            self._tell_unreadable(topic_id, None)
        if self._timer is not None:
            self._timer()
            self._timer = None

    def subscribe(self, listener: Callable[[TopicChanged], None]) -> CALLBACK_TYPE:
        """Call `listener` in the event loop for whatever becomes of reports and findings."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def watch(self, watcher: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `watcher` in the event loop whenever what the topics know may have changed."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _changed(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    @property
    def all(self) -> list[str]:
        """The ids of all topics, also of those that cannot be read."""
        return [
            subentry_id
            for subentry_id, subentry in self._entry.subentries.items()
            if subentry.subentry_type == SUBENTRY_DATA_TOPIC
        ]

    @callback
    def opened(self) -> None:
        """Go on from what is written down. A topic whose state cannot be read takes no reports."""
        self._ready = True
        for topic_id in self.all:
            self._open(topic_id)
        self._async_look(dt_util.utcnow())
        self._changed()

    def _open(self, topic_id: str) -> None:
        """Go on with one topic, or say why it cannot be."""
        data, problem = self._entry.subentries[topic_id].data, None
        try:
            area = area_of_topic(self._hass, data)
            topic = topic_of(topic_id, data, owner_of(self._entry, topic_id), area)
            state = self._desk.open_sagas.get(SAGA_KIND, {}).get(topic_id)
            self._books[topic_id] = TopicBook(topic) if state is None else TopicBook.from_dict(topic, state)
        except TopicError as error:
            problem = error
            self._said.wrong(
                topic_id, "The data topic %s takes no reports", self._entry.subentries[topic_id].title, error=error
            )
        else:
            self._said.right(topic_id, "The data topic %s takes reports again", self._entry.subentries[topic_id].title)
        self._tell_unreadable(topic_id, problem)

    @callback
    def _tell_unreadable(self, topic_id: str, problem: TopicError | None) -> None:
        """Raise a repair for a topic that cannot be read, or take it back."""
        issue_id = f"{ISSUE_TOPIC_UNREADABLE}_{topic_id}"
        if problem is None:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=ISSUE_TOPIC_UNREADABLE,
            translation_placeholders={
                "topic": self._entry.subentries[topic_id].title,
                "island": self._entry.title,
                "field": str(problem.placeholders.get("field", problem.key)),
            },
        )

    @callback
    def _async_look(self, now: datetime) -> None:
        """Let time pass: what ran out is forgotten, and what waited for another day is paid.

        A topic whose zone was not there is looked at again.
        """
        missing = [topic_id for topic_id in self.all if topic_id not in self._books] if self._ready else []
        for topic_id in missing:
            self._open(topic_id)
        if any(topic_id in self._books for topic_id in missing):
            self._changed()
        for topic_id, book in self._books.items():
            before = {each.finding_id for each in book.findings}
            effects = book.tick(now.timestamp(), self.day)
            known = {each.finding_id for each in book.findings}
            if effects or known != before:
                self._write(book, effects, now.timestamp())
            for finding in book.findings:
                if finding.finding_id not in before:
                    self._tell(topic_id, finding.state, finding.finding_id, finding)
            if known != before:
                self._changed()

    def book(self, topic_id: str) -> TopicBook:
        """Return what a topic knows.

        Raises:
            TopicError: topic_unavailable: its state cannot be read, or the books are not open yet.
        """
        book = self._books.get(topic_id)
        if book is None:
            raise TopicError("topic_unavailable")
        # Owners and zones change without a new start; a zone that is gone is where it was.
        book.topic = replace(book.topic, owner=owner_of(self._entry, topic_id))
        with suppress(TopicError):
            book.topic = replace(book.topic, area=area_of_topic(self._hass, self._entry.subentries[topic_id].data))
        return book

    async def async_report(
        self,
        topic_id: str,
        member_id: str,
        *,
        latitude: float,
        longitude: float,
        seen_at: float | None = None,
        value: float | None = None,
        picture: str | None = None,
    ) -> Outcome:
        """Sign a report of a member with its own key, put it on the Tangle, and say what became of it.

        Raises:
            TopicError: It is not taken; nothing was signed.
            LedgerError: It cannot be signed.
        """
        book = self.book(topic_id)
        topic, now = book.topic, dt_util.utcnow().timestamp()
        report = Report(
            report_id=uuid4().hex,
            topic_id=topic_id,
            reporter=member_id,
            owner=owner_of(self._entry, member_id),
            place=rounded(latitude, longitude, topic.step),
            at=round(now if seen_at is None else seen_at, 3),
            kind=topic.kind,
            value=value,
            picture=picture,
        )
        book.check(report, now)
        self._require_payable(topic, topic.confirmations)
        body = DataReport(
            topic=topic_id,
            what=topic.kind,
            latitude_e6=report.place.latitude_e6,
            longitude_e6=report.place.longitude_e6,
            seen_at=report.at,
            value=value,
            picture=picture,
            public=bool(self._entry.subentries[topic_id].data.get(CONF_PUBLIC)),
        )
        message_id = await self._link.ledger.publish(DataReport.kind, to_body(body), sender=member_id)
        report = replace(report, report_id=message_id)
        outcome, effects = book.report(report, now, self.day)
        if outcome.status is Status.TAKEN:
            return outcome
        self._write(book, effects, now)
        found = next((each for each in book.findings if each.finding_id == outcome.finding_id), None)
        self._tell(topic_id, outcome.status, report.report_id, found, outcome)
        return outcome

    @callback
    def accept(self, topic_id: str, report_id: str) -> Finding | None:
        """Say for a topic's owner that a report is true. Raises TopicError. None: what was rejected is open again."""
        book, now = self.book(topic_id), dt_util.utcnow().timestamp()
        self._require_payable(book.topic, 1)
        finding, effects = book.accept(report_id, now, self.day)
        self._write(book, effects, now)
        self._tell(topic_id, FindingState.ACCEPTED, report_id, finding)
        return finding

    def reports_of(self, member_id: str) -> list[tuple[str, Sighting]]:
        """Return what a member reported and what still waits, each with its topic's id."""
        return [
            (topic_id, each)
            for topic_id, book in self._books.items()
            for each in book.open
            if each.reporter == member_id
        ]

    @callback
    def forget(self, member_id: str) -> int:
        """Forget what a member reported, as far as it is not owed anything for it. Return how many reports that was."""
        count = 0
        for book in self._books.values():
            if forgotten := book.forget(member_id):
                self._write(book, [], dt_util.utcnow().timestamp())
                count += forgotten
        if count:
            self._changed()
        return count

    @callback
    def reject(self, topic_id: str, report_id: str) -> Finding:
        """Say for a topic's owner that a report is not true, or that what was found is gone. Raises TopicError."""
        book, now = self.book(topic_id), dt_util.utcnow().timestamp()
        finding = book.reject(report_id, now)
        self._write(book, [], now)
        self._tell(topic_id, FindingState.REJECTED, report_id, finding)
        return finding

    def _require_payable(self, topic: Topic, reporters: int) -> None:
        """See that the wallet can pay so many reporters beside all that it has to. Raises TopicError."""
        wallet_id = self._desk.bookings.account_of(topic.topic_id)
        wallet, rules = self._link.wallets.get(wallet_id), self._link.rules.get(wallet_id)
        left_i, cost_i = 0 if wallet is None else wallet.available_i, topic.bounty_i * reporters
        if rules is not None and rules.allowance_i is not None:
            left_i = min(left_i, rules.allowance_i)
        left_i = max(0, left_i - self._desk.transfers.waiting_i(wallet_id))
        if left_i < cost_i:
            raise TopicError("topic_wallet_short", {"cost": cost_i, "left": left_i})
        limit_i = None if rules is None else rules.limits.per_payment_i
        if limit_i is not None and limit_i < topic.bounty_i:
            raise TopicError("topic_wallet_short", {"cost": topic.bounty_i, "left": limit_i})

    def _write(self, book: TopicBook, effects: list[Effect], now: float) -> None:
        self._desk.record(SAGA_KIND, book.topic.topic_id, book.to_dict(), effects, at=now)

    def _tell(
        self,
        topic_id: str,
        what: Status | FindingState,
        report_id: str,
        finding: Finding | None,
        outcome: Outcome | None = None,
    ) -> None:
        event = TopicChanged(
            topic_id=topic_id,
            what=what.value,
            report_id=report_id,
            finding_id=finding.finding_id if finding is not None else report_id,
            reporters=outcome.reporters if outcome is not None else len(finding.payees) if finding is not None else 0,
            needed=self._books[topic_id].topic.confirmations,
        )
        for listener in tuple(self._listeners):
            listener(event)
        self._changed()
