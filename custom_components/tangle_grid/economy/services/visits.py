"""One car and one service, from the positions of a tracker, and from what people say, to stays and passages.

A visit knows the passage (`passages`), what is charged for it, and what the car has spent here today. A person who pays
for a car by hand, and the tracker that reports the same car a moment later, mean one passage.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from enum import StrEnum
from typing import Any, Final

from ..effects import Effect
from ..stored import Stored
from .consent import Allowance, Answer, ConsentPolicy, Decision, Mode, Reason, Use, decide
from .parking import CarPark, Evidence, Parking, ParkingPhase, ParkingRules, Refused
from .passages import Entered, Left, Lost, Passages, Place, Position, Stayed, Watching
from .stay_price import local_day
from .toll import Toll, TollPassage, TollPhase

VERSION: Final = 1
#: What was paid by hand so shortly before or after a car was seen to come is for that passage, s.
SAME_PASSAGE_S: Final = 300
#: A question that nobody has answered for so long is not asked any more, s.
ASKED_FOR_S: Final = 24 * 3600
#: Why nothing was begun where the service has no price at the moment.
NO_PRICE: Final = "no_price"


class What(StrEnum):
    """What happened."""

    PARKING_ASKED = "parking_asked"
    PARKING_STARTED = "parking_started"
    PARKING_ENDED = "parking_ended"
    PARKING_REFUSED = "parking_refused"
    TOLL_ASKED = "toll_asked"
    TOLL_PAID = "toll_paid"
    TOLL_REFUSED = "toll_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What happened, why, and to which stay or passage (none was begun if it is None)."""

    what: What
    reason: str
    reference: str | None = None


type Steps = tuple[Effect | Happened, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a car has spent at a service on a day, iota; what it got counts as nothing."""

    day: str = ""
    amount_i: int = 0

    def more(self, day: str, amount_i: int) -> Spent:
        """Return it with so much more on that day; an earlier day than the known one is over."""
        if day < self.day:
            return self
        return Spent(day=day, amount_i=max(0, amount_i) + (self.amount_i if day == self.day else 0))

    def on(self, day: str) -> int:
        """Return what was spent on a day."""
        return self.amount_i if day == self.day else 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"day": self.day, "amount_i": self.amount_i}

    @classmethod
    def read(cls, stored: Stored) -> Spent:
        """Return what stands in the field `spent`. Raises TariffError for what cannot be."""
        spent = stored.object("spent")
        found = cls(day=spent.text("day"), amount_i=spent.whole("amount_i", 0))
        spent.end()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingVisit:
    """A car and a car park: the stay is the one that runs, or the last one."""

    passages: Passages = field(default_factory=Passages)
    stay: Parking | None = None
    reason: Reason | None = None
    spent: Spent = Spent()

    @property
    def is_open(self) -> bool:
        """Return whether a stay runs, or waits for an answer."""
        return self.stay is not None and self.stay.phase is not ParkingPhase.ENDED

    @property
    def runs(self) -> bool:
        """Return whether a stay runs: it takes a place and costs."""
        return self.stay is not None and self.stay.phase is ParkingPhase.RUNNING

    def look(
        self,
        position: Position,
        watching: Watching,
        rules: ParkingRules,
        policy: ConsentPolicy,
        offer: Callable[[], tuple[CarPark, int] | None],
        *,
        service: str,
        vehicle: str,
        new_id: Callable[[], str],
    ) -> tuple[ParkingVisit, Steps]:
        """Take in where the car is now.

        Args:
            position: Where it is; `inside` None if it has no tracker.
            watching: What the watch goes by.
            rules: What holds for stays.
            policy: What the car allows.
            offer: Makes what the car park offers now, and how many places are taken; None if it offers nothing.
            service: The car park.
            vehicle: The car.
            new_id: Makes an id that nobody can guess.
        """
        passages, events = self.passages.step(position, watching)
        state, done, more = replace(self, passages=passages), _NOTHING, _NOTHING
        for event in events:
            if isinstance(event, Entered):
                if state.is_open and state.stay is not None:
                    # A person was quicker than the tracker, which knows from now on.
                    state, more = replace(state, stay=replace(state.stay, evidence=Evidence.TRACKER)), _NOTHING
                elif (offered := offer()) is not None:
                    state, more = _come(state, event.at, offered, rules, policy, vehicle=vehicle, new_id=new_id)
                else:
                    more = (Happened(what=What.PARKING_REFUSED, reason=NO_PRICE),)
            else:
                state, more = _stepped(state, _step_of(event, rules), policy, service)
            done += more
        if state.stay is not None and state.stay.evidence is Evidence.PERSON:
            state, more = _stepped(state, _step_of(Stayed(position.at), rules), policy, service)
            done += more
        return state, done

    def start(
        self,
        at: int,
        rules: ParkingRules,
        offer: tuple[CarPark, int],
        *,
        vehicle: str,
        new_id: Callable[[], str],
    ) -> tuple[ParkingVisit, Steps]:
        """Let a person who may speak for the car begin a stay, or agree to the one that was asked for.

        A stay that runs goes on. If there is no place, PARKING_REFUSED is what happened.
        """
        if self.stay is not None and self.stay.phase is ParkingPhase.RUNNING:
            return self, ()
        if self.stay is not None and self.stay.phase is ParkingPhase.ASKED:
            stay, effects = self.stay.agree(at, rules, Allowance())
            state = replace(self, stay=stay, reason=Reason.BY_HAND)
            started = Happened(what=What.PARKING_STARTED, reason=Reason.BY_HAND, reference=stay.session_id)
            return state, (*effects, started)
        evidence = Evidence.TRACKER if self.passages.place is Place.INSIDE else Evidence.PERSON
        yes = Decision(answer=Answer.YES, reason=Reason.BY_HAND)
        return _begun(self, at, offer, yes, rules, vehicle=vehicle, new_id=new_id, evidence=evidence)

    def end(self, at: int, rules: ParkingRules, policy: ConsentPolicy) -> tuple[ParkingVisit, Steps]:
        """Let a person who may speak for the car end the stay; one that is over stays as it is."""
        if self.stay is None:
            return self, ()
        return _stepped(self, lambda stay, may: stay.stop(at, rules, may), policy, self.stay.service)

    def tidy(self, now: int) -> ParkingVisit:
        """Return it without a stay that is over: its receipt is kept elsewhere.

        A moment of time stays for whoever ends it once more.
        """
        stay = self.stay
        over = stay is not None and stay.phase is ParkingPhase.ENDED and now - stay.known_at > SAME_PASSAGE_S
        return replace(self, stay=None, reason=None) if over else self

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "version": VERSION,
            "passages": self.passages.to_dict(),
            "stay": None if self.stay is None else self.stay.to_dict(),
            "reason": None if self.reason is None else self.reason.value,
            "spent": self.spent.to_dict(),
        }

    @classmethod
    def from_dict(cls, value: object) -> ParkingVisit:
        """Return the state that was stored. Raises TariffError for what none is."""
        stored = Stored.open(value, "visit", VERSION)
        visit = cls(
            passages=Passages.from_dict(stored.value("passages")),
            stay=Parking.from_dict(stored.value("stay")) if stored.has("stay") else None,
            reason=stored.optional_choice("reason", Reason),
            spent=Spent.read(stored),
        )
        stored.end()
        return visit


_NOTHING: Final[Steps] = ()


def _come(
    visit: ParkingVisit,
    at: int,
    offer: tuple[CarPark, int],
    rules: ParkingRules,
    policy: ConsentPolicy,
    *,
    vehicle: str,
    new_id: Callable[[], str],
) -> tuple[ParkingVisit, Steps]:
    """Return what follows when a car has come."""
    park, day = offer[0], local_day(at, rules.zone)
    decision = decide(
        policy,
        Use.PARKING,
        park.service,
        price_i=park.price_i(at, rules.zone),
        day=day,
        spent_i=visit.spent.on(day),
    )
    return _begun(visit, at, offer, decision, rules, vehicle=vehicle, new_id=new_id, evidence=Evidence.TRACKER)


def _begun(
    visit: ParkingVisit,
    at: int,
    offer: tuple[CarPark, int],
    decision: Decision,
    rules: ParkingRules,
    *,
    vehicle: str,
    new_id: Callable[[], str],
    evidence: Evidence,
) -> tuple[ParkingVisit, Steps]:
    park, taken = offer
    stay = park.begin(vehicle, new_id(), at, decision, rules, taken=taken, evidence=evidence)
    if isinstance(stay, Refused):
        return visit, (Happened(what=What.PARKING_REFUSED, reason=stay),)
    asked = stay.phase is ParkingPhase.ASKED
    what = What.PARKING_ASKED if asked else What.PARKING_STARTED
    happened = Happened(what=what, reason=decision.reason, reference=stay.session_id)
    return replace(visit, stay=stay, reason=decision.reason), (happened,)


type _Step = Callable[[Parking, Allowance], tuple[Parking, tuple[Effect, ...]]]


def _step_of(event: Stayed | Left | Lost, rules: ParkingRules) -> _Step:
    match event:
        case Stayed(at=at):
            return lambda stay, may: stay.stay(at, rules, may)
        case Left(at=at):
            return lambda stay, may: stay.leave(at, rules, may)
        case Lost():
            return lambda stay, may: stay.lose(rules, may)


def _stepped(visit: ParkingVisit, step: _Step, policy: ConsentPolicy, service: str) -> tuple[ParkingVisit, Steps]:
    """Return the visit after a step of its stay, within what the car allows now."""
    before = visit.stay
    if before is None or before.phase is ParkingPhase.ENDED:
        return visit, ()
    stay, effects = step(before, _allowance(visit, policy, service))
    done: Steps = effects
    spent = visit.spent
    if stay.phase is ParkingPhase.ENDED and stay.end is not None:
        happened = Happened(what=What.PARKING_ENDED, reason=stay.end, reference=stay.session_id)
        done, spent = (*done, happened), spent.more(stay.day, stay.total_i - stay.before_day_i)
    return replace(visit, stay=stay, spent=spent), done


def _allowance(visit: ParkingVisit, policy: ConsentPolicy, service: str) -> Allowance:
    rule = policy.rule(Use.PARKING, service)
    if visit.reason is Reason.BY_HAND or rule.mode is not Mode.UP_TO:
        return Allowance()
    return Allowance(limit_i=rule.limit_i, day=visit.spent.day, spent_i=visit.spent.amount_i)


@dataclass(frozen=True, slots=True, kw_only=True)
class TollVisit:
    """A car and a toll: the passage is the last one."""

    passages: Passages = field(default_factory=Passages)
    passage: TollPassage | None = None
    spent: Spent = Spent()

    def look(
        self,
        position: Position,
        watching: Watching,
        zone: tzinfo,
        policy: ConsentPolicy,
        offer: Callable[[], Toll | None],
        *,
        vehicle: str,
        new_id: Callable[[], str],
    ) -> tuple[TollVisit, Steps]:
        """Take in where the car is now; `offer` makes what a passage costs, None if nothing is known."""
        passages, events = self.passages.step(position, watching)
        state = replace(self, passages=passages)
        come = next((event for event in events if isinstance(event, Entered)), None)
        if come is None or _is_of(state.passage, come.at):
            return state, ()
        toll = offer()
        if toll is None:
            return state, (Happened(what=What.TOLL_REFUSED, reason=NO_PRICE),)
        day = local_day(come.at, zone)
        decision = decide(policy, Use.TOLL, toll.service, price_i=toll.price_i, day=day, spent_i=state.spent.on(day))
        return _passed(state, toll.passed(vehicle, new_id(), come.at, decision), day)

    def pay(
        self, at: int, zone: tzinfo, toll: Toll, *, vehicle: str, new_id: Callable[[], str]
    ) -> tuple[TollVisit, Steps]:
        """Let a person who may speak for the car pay: the passage that was asked for, or else the one of now, once."""
        passage = self.passage
        if passage is not None:
            now = self.passages.place is Place.INSIDE or _is_of(passage, at)
            if passage.phase is TollPhase.ASKED or now:
                return _passed(self, passage.pay(Reason.BY_HAND), local_day(at, zone))
        yes = Decision(answer=Answer.YES, reason=Reason.BY_HAND)
        return _passed(self, toll.passed(vehicle, new_id(), at, yes), local_day(at, zone))

    @property
    def is_open(self) -> bool:
        """Return whether a passage waits for an answer."""
        return self.passage is not None and self.passage.phase is TollPhase.ASKED

    def tidy(self, now: int) -> TollVisit:
        """Return it without a passage that is over, and without a question that nobody answers."""
        if self.passage is None or self.passages.place is Place.INSIDE:
            return self
        keep_s = ASKED_FOR_S if self.is_open else SAME_PASSAGE_S
        return replace(self, passage=None) if now - self.passage.at > keep_s else self

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "version": VERSION,
            "passages": self.passages.to_dict(),
            "passage": None if self.passage is None else self.passage.to_dict(),
            "spent": self.spent.to_dict(),
        }

    @classmethod
    def from_dict(cls, value: object) -> TollVisit:
        """Return the state that was stored. Raises TariffError for what none is."""
        stored = Stored.open(value, "visit", VERSION)
        visit = cls(
            passages=Passages.from_dict(stored.value("passages")),
            passage=TollPassage.from_dict(stored.value("passage")) if stored.has("passage") else None,
            spent=Spent.read(stored),
        )
        stored.end()
        return visit


def _is_of(passage: TollPassage | None, at: int) -> bool:
    """Return whether a passage is the one of this time."""
    return passage is not None and abs(at - passage.at) <= SAME_PASSAGE_S


_HAPPENED: Final = {
    TollPhase.ASKED: What.TOLL_ASKED,
    TollPhase.PAID: What.TOLL_PAID,
    TollPhase.REFUSED: What.TOLL_REFUSED,
}


def _passed(visit: TollVisit, stepped: tuple[TollPassage, tuple[Effect, ...]], day: str) -> tuple[TollVisit, Steps]:
    """Return the visit with a passage that is new, or was paid now."""
    passage, effects = stepped
    if passage == visit.passage:
        return visit, ()
    paid_i = passage.price_i if passage.phase is TollPhase.PAID else 0
    happened = Happened(what=_HAPPENED[passage.phase], reason=passage.reason, reference=passage.passage_id)
    return replace(visit, passage=passage, spent=visit.spent.more(day, paid_i)), (*effects, happened)
