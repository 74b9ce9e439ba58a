"""Random months of an island's economy, with crashes at any point: tokens, watt hours and payments all add up.

Environment: test

Cars charge and feed back at chargers, some of it during requests that are rewarded, they park, pass a toll, and report
to a data topic. Every step is written into a real journal, and is cut off at random: before it is written, after it,
or between two payments, also when a payment was just taken by the ledger. Then all is read from the journal again and
goes on; the cars did meanwhile.

The run stops unless, at every step, all wallets and what is under way are what they were; at every restart, the books
are what the wallets will be; and at the end of the month each watt hour that a counter saw was billed once, each that
was fed back was paid by a reward or by the feed-in rate and not by both, each payment of each receipt was made once,
each passage cost its toll once, and every statement closes with what the wallet holds.

    scripts/bench months [--months 20] [--seed 1] [--days 30] [--crashes 0.01] [--json]
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from custom_components.tangle_grid.bridge.journal import Journal, Step, TransferState
from custom_components.tangle_grid.economy.books import Month, compare, statement
from custom_components.tangle_grid.economy.effects import BookEntry, Effect, Kind, Transfer
from custom_components.tangle_grid.economy.services import (
    CarPark,
    ConsentPolicy,
    Mode,
    ParkingVisit,
    Position,
    Rule,
    Toll,
    TollVisit,
    Use,
    Watching,
)
from custom_components.tangle_grid.economy.services.parking import ParkingRules
from custom_components.tangle_grid.economy.sessions import (
    EmptyWallet,
    Fee,
    Hold,
    Outcome,
    Phase,
    Reading,
    Session,
    SessionReceipt,
    Situation,
    Terms,
    recompute,
)
from custom_components.tangle_grid.economy.topics import Circle, Place, Report, Topic, TopicBook, TopicError

_STEP_S: Final = 120
_LAG_S: Final = 25
_CARS: Final = ("anna", "ben", "cleo")
_CHARGERS: Final = ("charger-1", "charger-2")
_RATE: Final = Fraction(1_000_003, 7)
_ALWAYS: Final = ConsentPolicy(uses=dict.fromkeys(Use, Rule(mode=Mode.ALWAYS)))
_PARK_TARIFF: Final = (
    '{"currency": "EUR", "elements": [{"price_components": [{"type": "PARKING_TIME", "price": 1.7}]}]}'
)
_TARIFFS: Final = (
    '{"currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": 0.31}]}]}',
    (
        '{"currency": "EUR", "elements": [{"price_components": [{"type": "ENERGY", "price": -0.05}], "restrictions": '
        '{"start_time": "01:00", "end_time": "04:00"}}, {"price_components": [{"type": "ENERGY", "price": 0.29}, '
        '{"type": "TIME", "price": 0.4, "step_size": 60}, {"type": "FLAT", "price": 0.35}]}]}'
    ),
)
# A wallet that holds less is filled up, i: one cannot pay for a whole charge by then.
_LOW_I: Final = 1_000_000
_TOP_UP_I: Final = 10_000_000
_START: Final = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
_WATCHING: Final = Watching(enter_s=60, leave_s=60)


class _CrashError(Exception):
    """Home Assistant is gone."""


@dataclass(slots=True)
class _Ledger:
    """Wallets, and payments by their ids: each is taken once, and arrives a while later."""

    wallets: Counter[str]
    taken: dict[str, tuple[Transfer, float]] = field(default_factory=dict)
    arrived: set[str] = field(default_factory=set)

    def pay(self, transfer: Transfer, now: float) -> bool:
        """Take a payment, or say that the wallet cannot pay it."""
        if (known := self.taken.get(transfer.payment_id)) is not None:
            if known[0] != transfer:
                raise AssertionError(f"{transfer.payment_id} came again as another payment")
            return True
        if self.wallets[transfer.source] < transfer.amount_i:
            return False
        self.wallets[transfer.source] -= transfer.amount_i
        self.taken[transfer.payment_id] = transfer, now
        return True

    def go_on(self, now: float) -> None:
        """Let arrive what has its time."""
        for name, (transfer, at) in self.taken.items():
            if name not in self.arrived and now >= at + _LAG_S:
                self.arrived.add(name)
                self.wallets[transfer.target] += transfer.amount_i

    @property
    def under_way_i(self) -> int:
        """Return what has left a wallet and has not arrived."""
        return sum(each.amount_i for name, (each, _at) in self.taken.items() if name not in self.arrived)


@dataclass(slots=True)
class _Car:
    """A car as it is in the world: it goes on while nobody looks."""

    name: str
    place: str = "road"
    charger: str | None = None
    power_w: float = 0.0
    until: float = 0.0
    asked: bool = False


@dataclass(slots=True)
class _Counter:
    """The counters of a charger, Wh, and what of it was drawn while a car was plugged in."""

    taken: float = 0.0
    given: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a month came to."""

    crashes: int
    sessions: int
    wh_taken: int
    wh_fed_back: int
    wh_rewarded: int
    payments: int
    stays: int
    passages: int
    findings: int


class _House:
    """One island, its world and its ledger."""

    def __init__(self, path: Path, seed: int, crashes: float) -> None:
        self.path, self.rng, self.chance = path, random.Random(seed), crashes  # noqa: S311 - a simulation
        self.now = _START
        begin = {**dict.fromkeys(_CARS, 40_000_000), "treasury": 500_000_000, "roads": 1_000_000, "park": 0, "toll": 0}
        self.ledger = _Ledger(Counter(begin))
        self.supply_i = sum(begin.values())
        self.journal = Journal(path)
        self.journal.begin(
            [
                BookEntry(
                    entry_id=f"opening/{name}",
                    participant=name,
                    at=self.now,
                    kind=Kind.TRANSFER,
                    reference="opening",
                    amount_i=amount_i,
                )
                for name, amount_i in begin.items()
                if amount_i
            ],
            self.now,
        )
        self.cars = {name: _Car(name) for name in _CARS}
        self.counters = {name: _Counter() for name in _CHARGERS}
        self.sessions: dict[str, Session] = {}
        self.settling: dict[str, Session] = {}
        self.visits: dict[tuple[str, str], ParkingVisit | TollVisit] = {}
        self.topic = Topic(
            topic_id="roads",
            owner="town",
            kind="pothole",
            area=Circle(centre=Place(52_000_000, 5_000_000), radius_m=20_000),
            bounty_i=100,
            budget_i=30_000,
            day_budget_i=3_000,
            confirmations=2,
            known_s=3 * 86_400,
        )
        self.book = TopicBook(self.topic)
        self.granted: dict[str, int] = {}
        self.restarted = False
        self.numbers = iter(range(10**9))
        self.crashes = self.passed = 0

    # The desk

    def _perhaps(self) -> None:
        if self.rng.random() < self.chance:
            raise _CrashError

    def hand_in(self, kind: str, saga: str, state: Any, effects: Sequence[Effect], *, ended: bool = False) -> None:
        """Write a step, and pay what waits: it may be cut off anywhere."""
        self._perhaps()
        self.journal.record(
            [Step(kind=kind, saga_id=saga, state=state, at=self.now, effects=tuple(effects), ended=ended)]
        )
        self._perhaps()
        if effects:
            self.pay()

    def pay(self) -> None:
        """Offer to the ledger what it has not taken, and note what arrived."""
        noted = []
        for ordered in self.journal.open_transfers():
            if not self.ledger.pay(ordered.transfer, self.now):
                continue
            self._perhaps()
            if ordered.transfer.payment_id in self.ledger.arrived:
                noted.append(replace(ordered, state=TransferState.CONFIRMED))
        self.journal.note_states(noted)

    def restart(self) -> None:
        """Read everything from the journal, a while later; and see that the books are what the wallets will be."""
        self.crashes += 1
        self.journal.close()
        self.pass_time(self.rng.choice([10, 60, 60, 300, 1_500]))
        self.journal, self.restarted = Journal(self.path), True
        sagas = self.journal.open_sagas()
        found = [Session.from_dict(each["session"], UTC) for each in sagas.get("charging", {}).values()]
        self.sessions = {each.charger: each for each in found if each.phase is Phase.OPEN}
        self.settling = {each.session_id: each for each in found if each.phase is not Phase.OPEN}
        self.visits = {}
        for kind, read in (("park", ParkingVisit.from_dict), ("toll", TollVisit.from_dict)):
            for saga, state in sagas.get(kind, {}).items():
                self.visits[kind, saga] = read(state)
        known = sagas.get("topic", {}).get("roads")
        self.book = TopicBook(self.topic) if known is None else TopicBook.from_dict(self.topic, known)
        self.granted = dict(sagas.get("budget", {}).get("budget", {}))
        self._meet_cars()
        self.check_books()

    def _meet_cars(self) -> None:
        """Hold the plugs against what was written down: whoever came or went while it was has left meanwhile.

        A session that is open and whose car is gone ends with the next look; a car without a session was not let draw.
        """
        for car in self.cars.values():
            open_at = next((name for name, each in self.sessions.items() if each.payer == car.name), None)
            if open_at != car.charger:
                car.charger, car.until = open_at, self.now

    def check_books(self) -> None:
        """Stop unless the books, with what is under way, are what the wallets hold."""
        waiting = [
            each.transfer for each in self.journal.open_transfers() if each.transfer.payment_id not in self.ledger.taken
        ]
        flying = [
            replace(each, source="nobody")
            for name, (each, _at) in self.ledger.taken.items()
            if name not in self.ledger.arrived
        ]
        wallets = {**self.ledger.wallets, "nobody": sum(each.amount_i for each in flying)}
        wrong = compare(self.journal.lines(), wallets, opening={}, under_way=[*waiting, *flying])
        if wrong:
            raise AssertionError(f"the books say something else than the wallets: {wrong}")

    # The world

    def pass_time(self, seconds: float) -> None:
        """Let the cars and the ledger go on."""
        self.now += seconds
        for car in self.cars.values():
            if car.charger is not None and car.charger in self.sessions:
                counter, wh = self.counters[car.charger], car.power_w * seconds / 3600
                counter.taken += max(0.0, wh)
                counter.given += max(0.0, -wh)
        self.ledger.go_on(self.now)
        if sum(self.ledger.wallets.values()) + self.ledger.under_way_i != self.supply_i:
            raise AssertionError("tokens were made or lost")

    def _situation(self, session: Session) -> Situation:
        paid = {name: order.amount_i for name, order in session.outstanding.items() if name in self.ledger.arrived}
        waiting = sum(
            each.transfer.amount_i
            for each in self.journal.open_transfers()
            if each.transfer.source == session.payer and each.transfer.payment_id not in self.ledger.taken
        )
        left = 2_000 - self.granted.get(self.day, 0)
        return Situation(
            paid=paid, affordable_i=max(0, self.ledger.wallets[session.payer or ""] - waiting), budget_i=max(0, left)
        )

    @property
    def day(self) -> str:
        """Return the day, as the budgets have it."""
        return datetime.fromtimestamp(self.now, UTC).date().isoformat()

    def _reading(self, charger: str, *, asked: bool = False) -> Reading:
        counter = self.counters[charger]
        return Reading(
            at=self.now,
            elapsed_s=None if self.restarted else float(_STEP_S),
            import_wh=float(int(counter.taken)),
            export_wh=float(int(counter.given)),
            on_request=asked,
        )

    def plug_in(self, car: _Car) -> None:
        """Begin a session: the car draws nothing before it is written down."""
        free = [name for name in _CHARGERS if name not in self.sessions]
        if not free:
            return
        charger = self.rng.choice(free)
        agreed = Terms(
            tariff=self.rng.choice(_TARIFFS),
            zone="UTC",
            rate=_RATE,
            seller="treasury",
            operator="treasury",
            feed_in=Fraction(1, 4),
            fee=self.rng.choice([Fee(), Fee(share=Fraction(1, 20)), Fee(per_kwh=Fraction(1, 100))]),
            empty=self.rng.choice([*EmptyWallet]),
        )
        name = f"session-{next(self.numbers)}"
        session = Session.start(
            name, charger, agreed, UTC, self._reading(charger), most_w=30_000, payer=car.name, longest_gap_s=300
        )
        self.hand_in("charging", name, {"session": session.to_dict()}, ())
        self.sessions[charger] = session
        car.charger, car.until = charger, self.now + self.rng.uniform(1_800, 4 * 3600)
        car.power_w = self.rng.choice([3_700.0, 7_400.0, 11_000.0, 22_000.0])

    def keep(self, session: Session, outcome: Outcome) -> None:
        """Write what a step of a session came to."""
        if outcome.budget_i:
            self.granted[self.day] = self.granted.get(self.day, 0) + outcome.budget_i
            self.hand_in("budget", "budget", self.granted, ())
        if not (outcome.save or outcome.effects):
            return
        done = session.phase is Phase.DONE
        if done:
            self.settling.pop(session.session_id, None)
        state = {"receipt": SessionReceipt.of(session).to_dict()} if done else {"session": session.to_dict()}
        self.hand_in("charging", session.session_id, state, outcome.effects, ended=done)

    def look(self, car: _Car) -> None:
        """Meter the session of a car, and let it do something else now and then."""
        assert car.charger is not None  # noqa: S101  # only who charges is looked at
        session = self.sessions[car.charger]
        if self.now >= car.until:
            charger, car.charger = car.charger, None
            del self.sessions[charger]
            self.settling[session.session_id] = session
            self.keep(session, session.finish(self._reading(charger), self._situation(session)))
            return
        outcome = session.step(self._reading(car.charger, asked=car.asked), self._situation(session))
        self.keep(session, outcome)
        if session.hold is Hold.WALLET_EMPTY or session.pauses:
            car.power_w = 0.0
        elif self.rng.random() < 0.1:
            car.power_w = self.rng.choice([0.0, 3_700.0, 11_000.0, 22_000.0, -7_000.0])
        if car.asked and self.rng.random() < 0.3:
            self._reward(car, session)
        elif not car.asked and self.rng.random() < 0.02:
            car.asked = True

    def _reward(self, car: _Car, session: Session) -> None:
        """End a request: its reward pays for some of what was fed back, once, and the session hears of it."""
        pending = session.metered.fed.pending
        wh = self.rng.randint(0, pending)
        name, amount_i = f"request-{next(self.numbers)}", wh * 20 + 7
        car.asked = False
        session.reward_settled(wh)
        # Both are one step here, as the island stores its grid and its sessions before anybody is paid.
        common: dict[str, Any] = {"at": self.now, "kind": Kind.REWARD, "reference": name, "payment_id": name}
        lines = (
            BookEntry(entry_id=f"{name}/in", participant=car.name, amount_i=amount_i, **common),
            BookEntry(entry_id=f"{name}/out", participant="treasury", amount_i=-amount_i, **common),
        )
        transfer = Transfer(payment_id=name, source="treasury", target=car.name, amount_i=amount_i)
        self.hand_in("charging", session.session_id, {"session": session.to_dict()}, (transfer, *lines))

    def top_up(self) -> None:
        """Let the car park, which earns most, fill the wallets that run low: debts are paid from it first."""
        for car in self.cars.values():
            amount_i = _TOP_UP_I
            if self.ledger.wallets[car.name] >= _LOW_I or self.ledger.wallets["park"] < amount_i:
                continue
            name = f"top-up-{next(self.numbers)}"
            common: dict[str, Any] = {"at": self.now, "kind": Kind.TRANSFER, "reference": name, "payment_id": name}
            lines = (
                BookEntry(entry_id=f"{name}/in", participant=car.name, amount_i=amount_i, **common),
                BookEntry(entry_id=f"{name}/out", participant="park", amount_i=-amount_i, **common),
            )
            transfer = Transfer(payment_id=name, source="park", target=car.name, amount_i=amount_i)
            self.hand_in("top-up", name, {}, (transfer, *lines), ended=True)

    def drive(self, car: _Car) -> None:
        """Let a car that does not charge go somewhere, and report what it sees."""
        if self.rng.random() < 0.03:
            was, car.place = car.place, self.rng.choice(["road", "park", "toll"])
            self.passed += car.place == "toll" != was
        if car.place == "road" and self.rng.random() < 0.01:
            self.plug_in(car)
        if self.rng.random() < 0.01:
            self._report(car)

    def _report(self, car: _Car) -> None:
        place = Place(52_000_000 + 10_000 * self.rng.randint(0, 9), 5_000_000)
        name = f"report-{next(self.numbers)}"
        report = Report(
            report_id=name,
            topic_id="roads",
            reporter=car.name,
            owner=car.name,
            place=place,
            at=self.now,
            kind="pothole",
        )
        try:
            _outcome, effects = self.book.report(report, self.now, self.day)
        except TopicError:
            return
        self.hand_in("topic", "roads", self.book.to_dict(), effects)

    def _new_id(self) -> str:
        return f"visit-{next(self.numbers)}"

    def visit(self, car: _Car) -> None:
        """Look where a car is from the car park and the toll."""
        at = int(self.now)
        parked, tolled = (self.visits.get((kind, car.name)) for kind in ("park", "toll"))
        park, parking = parked if isinstance(parked, ParkingVisit) else ParkingVisit(), ParkingRules(zone=UTC)
        new, steps = park.look(
            Position(at=at, inside=car.place == "park", reported_at=at),
            _WATCHING,
            parking,
            _ALWAYS,
            lambda: (CarPark(service="park", tariff=_PARK_TARIFF, rate=_RATE), 0),
            service="park",
            vehicle=car.name,
            new_id=self._new_id,
        )
        self._visited("park", car, park, new.tidy(at), steps)
        toll = tolled if isinstance(tolled, TollVisit) else TollVisit()
        passed, steps = toll.look(
            Position(at=at, inside=car.place == "toll", reported_at=at),
            _WATCHING,
            UTC,
            _ALWAYS,
            lambda: Toll(service="toll", price_i=500),
            vehicle=car.name,
            new_id=self._new_id,
        )
        self._visited("toll", car, toll, passed, steps)

    def _visited(
        self,
        kind: str,
        car: _Car,
        before: ParkingVisit | TollVisit,
        after: ParkingVisit | TollVisit,
        steps: Sequence[Any],
    ) -> None:
        self.visits[kind, car.name] = after
        effects = [each for each in steps if isinstance(each, Transfer | BookEntry)]
        if effects or after != before:
            self.hand_in(kind, car.name, after.to_dict(), effects)

    # A month

    def step(self) -> None:
        """Go on by a step; where it is cut off, Home Assistant starts again."""
        self.pass_time(_STEP_S)
        try:
            for car in self.cars.values():
                if car.charger is not None:
                    self.look(car)
                else:
                    self.drive(car)
                self.visit(car)
            for session in tuple(self.settling.values()):
                self.keep(session, session.settle(self.now, self._situation(session)))
            effects = self.book.tick(self.now, self.day)
            if effects:
                self.hand_in("topic", "roads", self.book.to_dict(), effects)
            self.top_up()
            self.pay()
            self.restarted = False
        except _CrashError:
            self.restart()

    def end(self) -> None:
        """Let everybody leave, and wait until all is paid: nothing crashes any more."""
        self.chance = 0.0
        for car in self.cars.values():
            car.place, car.until, car.power_w = "road", self.now, 0.0
        for _turn in range(2_000):
            self.pass_time(_STEP_S)
            for car in self.cars.values():
                if car.charger is not None:
                    self.look(car)
                self.visit(car)
            for session in tuple(self.settling.values()):
                self.keep(session, session.settle(self.now, self._situation(session)))
            self.top_up()
            self.pay()
            if not (self.sessions or self.settling or self.journal.open_transfers()):
                return
        raise AssertionError(f"it never ends: {self.sessions}, {self.settling}, {self.journal.open_transfers()}")

    def figures(self) -> Figures:
        """Return what the month came to. Raises AssertionError unless everything adds up."""
        self.check_books()
        receipts = [SessionReceipt.from_dict(each["receipt"]) for each in self.journal.ended("charging", limit=10_000)]
        taken, given = (sum(getattr(each, name) for each in receipts) for name in ("wh_in", "wh_out"))
        counted = sum(int(each.taken) for each in self.counters.values())
        back = sum(int(each.given) for each in self.counters.values())
        if (taken, given) != (counted, back):
            raise AssertionError(f"{taken} and {given} Wh were billed, {counted} and {back} Wh were counted")
        rewarded, fed_in = (sum(getattr(each, name) for each in receipts) for name in ("rewarded_wh", "fed_in_wh"))
        # What the ledger paid as rewards, at 20 i a watt hour and 7 i for each.
        paid_wh = sum(
            (each.amount_i - 7) // 20 for name, (each, _at) in self.ledger.taken.items() if name[:4] == "requ"
        )
        if rewarded + fed_in != given or rewarded != paid_wh:
            raise AssertionError(
                f"{given} Wh were fed back; rewards paid {paid_wh} of {rewarded}, the feed-in rate {fed_in}"
            )
        self._check_payments(receipts)
        self._check_energy(receipts)
        for name in self.ledger.wallets:
            self._check_statements(name)
        tolls = [each.payment_id for each, _at in self.ledger.taken.values() if each.target == "toll"]
        bounties = [each for each, _at in self.ledger.taken.values() if each.source == "roads"]
        self._check_services(len(tolls), bounties)
        return Figures(
            crashes=self.crashes,
            sessions=len(receipts),
            wh_taken=taken,
            wh_fed_back=given,
            wh_rewarded=rewarded,
            payments=len(self.ledger.taken),
            stays=len(
                {
                    each.payment_id.rpartition(":")[0]
                    for each, _at in self.ledger.taken.values()
                    if each.target == "park"
                }
            ),
            passages=len(tolls),
            findings=len(bounties) // self.topic.confirmations,
        )

    def _check_payments(self, receipts: Sequence[SessionReceipt]) -> None:
        """Stop unless each payment of each receipt was made once, and no other."""
        made = Counter[str]()
        for receipt in receipts:
            if found := recompute(receipt):
                raise AssertionError(f"{receipt.session_id} contradicts itself: {found}")
            listed = {order.payment_id: order.amount_i for order in receipt.payments}
            really = {
                name: each.amount_i
                for name, (each, _at) in self.ledger.taken.items()
                if name.startswith(f"{receipt.session_id}:")
            }
            if listed != really or receipt.older:
                raise AssertionError(f"{receipt.session_id} lists {listed}, the ledger has {really}")
            made.update(listed.keys())
        if made and max(made.values()) > 1:
            raise AssertionError("a payment stands in two receipts")

    def _check_services(self, tolls: int, bounties: Sequence[Transfer]) -> None:
        """Stop unless each passage cost its toll once, and each finding its bounties, within the budget."""
        if tolls > self.passed:
            raise AssertionError(f"{self.passed} passages cost {tolls} tolls")
        if len(bounties) % self.topic.confirmations:
            raise AssertionError("a finding was paid in part")
        if sum(each.amount_i for each in bounties) > self.topic.budget_i:
            raise AssertionError("the topic has spent more than its budget")

    def _check_energy(self, receipts: Sequence[SessionReceipt]) -> None:
        """Stop unless the books have each watt hour once on each side."""
        lines = [each for each in self.journal.lines() if each.kind is Kind.CHARGING]
        for side in (lambda line: line.participant in _CARS, lambda line: line.participant == "treasury"):
            wh_in, wh_out = (sum(getattr(each, name) for each in lines if side(each)) for name in ("wh_in", "wh_out"))
            told = sum(each.wh_in for each in receipts), sum(each.wh_out for each in receipts)
            if told not in {(wh_in, wh_out), (wh_out, wh_in)}:
                raise AssertionError(f"the books have {wh_in} and {wh_out} Wh, the receipts {told}")

    def _check_statements(self, name: str) -> None:
        """Stop unless each month's statement begins where the one before closed, and the last with what is held."""
        month, closing = Month(2026, 10), 0
        for _month in range(3):
            of = statement(
                self.journal.lines(participant=name),
                island="i",
                participant=name,
                month=month,
                zone=UTC,
                time_zone="UTC",
            )
            if of.opening_i != closing:
                raise AssertionError(f"{name}: {month} opens with {of.opening_i}, and {closing} was left")
            closing, month = of.closing_i, Month.of(of.end, UTC)
        if closing != self.ledger.wallets[name]:
            raise AssertionError(f"{name} holds {self.ledger.wallets[name]}, its statements say {closing}")


def random_month(seed: int, *, days: float = 30.0, crashes: float = 0.01) -> Figures:
    """Return what a month came to; `crashes` is how likely each point is one. Raises AssertionError if it is wrong."""
    with TemporaryDirectory() as folder:
        house = _House(Path(folder) / "economy.sqlite", seed, crashes)
        try:
            while house.now < _START + days * 86_400:
                house.step()
            house.end()
            return house.figures()
        finally:
            house.journal.close()


def main() -> None:
    """Print what the months came to."""
    parser = argparse.ArgumentParser(prog="scripts/bench months")
    parser.add_argument("--months", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--crashes", type=float, default=0.01)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.months)
    sums: Counter[str] = Counter()
    for seed in seeds:
        sums.update(asdict(random_month(seed, days=options.days, crashes=options.crashes)))
    found = {"months": options.months, **sums}
    print(json.dumps(found) if options.json else ", ".join(f"{name} {value:,}" for name, value in found.items()))


if __name__ == "__main__":
    main()
