"""What holds of every topic, whoever reports what in which order, and wherever the machine stops."""

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations
from random import Random
from typing import Any

from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.effects import BookEntry, Effect, Transfer
from custom_components.tangle_grid.economy.topics import Place, Report, Status, Topic, TopicBook, TopicError, distance_m
from custom_components.tangle_grid.economy.topics.reputation import DOUBTED_ABOVE
from tests.support.topics import DAY, NOW, at, report, topic, transfers

OWNERS = [f"owner {number}" for number in range(6)]
SPOTS = st.builds(at, st.integers(-60, 60), st.integers(-60, 60))
REPORTS = st.lists(st.tuples(st.sampled_from(OWNERS), SPOTS), min_size=1, max_size=14)


@given(
    scatter=st.lists(st.tuples(st.integers(-10, 10), st.integers(-10, 10)), min_size=3, max_size=6),
    random=st.randoms(use_true_random=False),
)
def test_one_hole_is_found_once_in_whatever_order(scatter: list[tuple[int, int]], random: Random) -> None:
    """Reports that all are near each other: the first three are paid, and nobody else."""
    said = [report(f"{number}", OWNERS[number], at(*shift)) for number, shift in enumerate(scatter)]
    random.shuffle(said)
    book, paid = TopicBook(topic()), {}
    for each in said:
        paid |= transfers(book.report(each, NOW, DAY)[1])
    assert paid == {each.reporter: 100 for each in said[:3]}
    assert (len(book.findings), book.open) == (1, ())


def truth(reports: Iterable[tuple[str, Place]], needed: int, radius_m: int) -> bool:
    """Whether there is a report that reports of as many owners are near, its own among them."""
    kept = list(reports)
    return any(
        len({owner for owner, place in kept if distance_m(place, centre) <= radius_m}) >= needed for _, centre in kept
    )


@given(reports=REPORTS, random=st.randoms(use_true_random=False))
def test_whether_anything_is_true_depends_on_no_order(reports: list[tuple[str, Place]], random: Random) -> None:
    """What an owner says again near what they said before is no report of its own, so they say each place once.

    None says so much elsewhere that it would count for less.
    """
    apart: list[tuple[str, Place]] = []
    for owner, place in reports:
        if all(other != owner or distance_m(place, there) > 30 for other, there in apart):
            apart.append((owner, place))
    random.shuffle(apart)
    apart = [
        each for number, each in enumerate(apart) if sum(each[0] == said[0] for said in apart[:number]) <= DOUBTED_ABOVE
    ]
    book = TopicBook(topic())
    for number, (owner, place) in enumerate(apart):
        book.report(report(f"{number}", owner, place), NOW, DAY)
    assert bool(book.findings) == truth(apart, 3, 30)


@given(
    spots=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=12),
    needed=st.integers(2, 5),
    random=st.randoms(use_true_random=False),
)
def test_a_league_that_is_too_small_earns_nothing(spots: list[tuple[int, int]], needed: int, random: Random) -> None:
    """As many as are needed less one, with many cars and messages each, wherever they like."""
    book = TopicBook(topic(confirmations=needed))
    league = OWNERS[: needed - 1]
    said = [
        report(f"{spot} {owner} {car} {car_place}", owner, car_place, reporter=f"{owner} {car}")
        for spot in spots
        for owner in league
        for car in range(3)
        for car_place in (at(spot[0] * 40 + random.randint(-15, 15), spot[1] * 40 + random.randint(-15, 15)),)
    ]
    random.shuffle(said)
    for each in said:
        with suppress(TopicError):
            outcome, effects = book.report(each, NOW, DAY)
            assert outcome.status in {Status.OPEN, Status.REPEATED}
            assert effects == []
    assert book.spent_i == 0


@dataclass
class Desk:
    """Stores state and effects in one go, and pays each id once. What was not stored did not happen."""

    topic: Topic
    stored: str | None = None
    now: float = NOW
    said: list[Report] = field(default_factory=list)
    payments: dict[str, Transfer] = field(default_factory=dict)
    lines: dict[str, BookEntry] = field(default_factory=dict)
    by_day: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.book = self.read()

    @property
    def day(self) -> str:
        return f"2026-05-{28 + int(self.now - NOW) // 86_400 % 4:02}"

    def read(self) -> TopicBook:
        return (
            TopicBook(self.topic) if self.stored is None else TopicBook.from_dict(self.topic, json.loads(self.stored))
        )

    def effects(self, step: tuple[Any, ...]) -> list[Effect]:
        match step:
            case ("report", owner, place, car):
                self.said.append(report(str(len(self.said)), owner, place, reporter=f"{owner} {car}", at=self.now))
                return self.book.report(self.said[-1], self.now, self.day)[1]
            case ("replay", name) if int(name) < len(self.said):
                return self.book.report(self.said[int(name)], self.now, self.day)[1]
            case ("accept", name):
                return self.book.accept(name, self.now, self.day)[1]
            case ("reject", name):
                self.book.reject(name, self.now)
            case ("wait", seconds):
                self.now += seconds
                return self.book.tick(self.now, self.day)
        return []

    def take(self, step: tuple[Any, ...], *, stops: bool) -> None:
        try:
            effects = self.effects(step)
        except TopicError:
            return
        if stops:
            self.book = self.read()
            return
        self.stored = json.dumps(self.book.to_dict())
        for each in effects:
            known: dict[str, Any] = self.payments if isinstance(each, Transfer) else self.lines
            name = each.payment_id if isinstance(each, Transfer) else each.entry_id
            assert name not in known
            known[name] = each
            if isinstance(each, Transfer):
                self.by_day[self.day] += each.amount_i


_NAMES = st.integers(0, 40).map(str)
_REPORT = st.tuples(st.just("report"), st.sampled_from(OWNERS), SPOTS, st.integers(0, 2))
_STEP = st.one_of(
    _REPORT,
    _REPORT,
    _REPORT,
    st.tuples(st.sampled_from(["replay", "accept", "reject"]), _NAMES),
    st.tuples(st.just("wait"), st.sampled_from([0, 60, 5_000, 90_000, -4_000])),
)


@given(
    steps=st.lists(st.tuples(_STEP, st.integers(0, 5)), max_size=40),
    bounty_i=st.integers(1, 60),
    budget_i=st.integers(180, 600),
    day_budget_i=st.integers(180, 300),
)
def test_no_iota_is_lost_or_paid_twice_and_no_budget_exceeded(
    steps: list[tuple[tuple[Any, ...], int]], bounty_i: int, budget_i: int, day_budget_i: int
) -> None:
    """The machine stops in every sixth step, before anything of it is stored."""
    desk = Desk(topic(bounty_i=bounty_i, budget_i=budget_i, day_budget_i=day_budget_i, known_s=7_200, window_s=10_000))
    for step, chance in steps:
        desk.take(step, stops=chance == 0)
    final = desk.read()
    paid_i = sum(each.amount_i for each in desk.payments.values())
    assert paid_i == final.spent_i
    assert final.spent_i + final.owed_i <= budget_i
    assert all(spent_i <= day_budget_i for spent_i in desk.by_day.values())
    # The books say the same, and each side has its line.
    assert len(desk.lines) == 2 * len(desk.payments)
    assert sum(each.amount_i for each in desk.lines.values()) == 0
    assert -sum(each.amount_i for each in desk.lines.values() if each.participant == "roads") == paid_i
    assert sum(account.earned_i for account in final.accounts.values()) == paid_i
    # Nobody, with however many cars, is paid twice for a finding.
    payees: dict[str, list[str]] = {}
    for line in desk.lines.values():
        if line.participant != "roads":
            payees.setdefault(line.reference, []).append(line.participant.rpartition(" ")[0])
    for owners in payees.values():
        assert len(owners) == len(set(owners)) <= 3


@given(reports=REPORTS, stop=st.integers(0, 13))
def test_who_goes_on_from_what_was_stored_comes_to_the_same(reports: list[tuple[str, Place]], stop: int) -> None:
    straight, broken = TopicBook(topic()), TopicBook(topic())
    for number, (owner, place) in enumerate(reports):
        each = report(f"{number}", owner, place)
        if number == stop:
            broken = TopicBook.from_dict(broken.topic, json.loads(json.dumps(broken.to_dict())))
        said: list[Any] = []
        for book in (straight, broken):
            try:
                said.append(book.report(each, NOW, DAY))
            except TopicError as refused:
                said.append(refused.key)
        assert said[0] == said[1]
    assert straight.to_dict() == broken.to_dict()


@given(reports=REPORTS)
def test_what_is_open_never_holds_a_finding(reports: list[tuple[str, Place]]) -> None:
    book = TopicBook(topic())
    for number, (owner, place) in enumerate(reports):
        with suppress(TopicError):
            book.report(report(f"{number}", owner, place), NOW, DAY)
        book.tick(NOW, DAY)
        waiting = [(each.owner, each.place) for each in book.open]
        assert not truth(waiting, 4, 30)
        accounts = book.accounts
        believed = [
            (owner, place)
            for owner, place in waiting
            if accounts[owner].open - 1 + accounts[owner].unconfirmed <= accounts[owner].confirmed + DOUBTED_ABOVE
        ]
        # Of three who are near each other, one has said much elsewhere that nobody confirms.
        assert not truth(believed, 3, 30)
        assert all(distance_m(one.place, other.place) > 30 for one, other in combinations(book.findings, 2))
