"""A stay at a car park, from entry to exit, priced by a tariff of OCPI.

The tariff and the rate of tokens are those of the entry. What is paid is the cost so far less what was paid, so that
nothing rounds away: once at the end, or at the end of each local day as well. Only time in which the car is known to
have been there is charged. A car that allows so much a day is out of its contract when a day costs more: the stay ends,
paid up to exactly that.

Times are whole seconds of the epoch. Time that is not after the last known one adds nothing, so a clock that is set
back charges nothing twice.
"""

from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from ..effects import Effect, Kind
from ..errors import ServiceError
from ..stored import Stored
from .consent import Allowance, Answer, Decision, Reason
from .paying import payment
from .stay_price import local_day, next_midnight, parking_tariff, stay_cost_i

VERSION: Final = 1
_NOTHING: Final[tuple[Effect, ...]] = ()


class ParkingPhase(StrEnum):
    """How far a stay is: the car was asked, it runs, it is over."""

    ASKED = "asked"
    RUNNING = "running"
    ENDED = "ended"


class ParkingEnd(StrEnum):
    """Why a stay is over."""

    LEFT = "left"
    BY_HAND = "by_hand"
    LOST = "lost"
    LIMIT = "limit"
    TOO_LONG = "too_long"
    NOT_ANSWERED = "not_answered"


class Refused(StrEnum):
    """Why a stay did not begin."""

    FULL = "full"
    NEVER = Reason.NEVER.value
    ABOVE_LIMIT = Reason.ABOVE_LIMIT.value


class Evidence(StrEnum):
    """Who knows that the car is there: its tracker, or only the person who said so."""

    TRACKER = "tracker"
    PERSON = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingRules:
    """What holds for stays here.

    Attributes:
        zone: The local time.
        by_day: Whether each day is paid when it ends, and not all at the end.
        lost_s: Time between two moments at which a car was known to be there is charged if it is not longer.
        longest_s: No stay that a tracker watches is longer.
        longest_by_hand_s: Nor one that only a person told of.
    """

    zone: tzinfo
    by_day: bool = True
    lost_s: int = 1800
    longest_s: int = 31 * 24 * 3600
    longest_by_hand_s: int = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Parking:
    """One stay of one car.

    Attributes:
        session_id: Names it for ever, and tells nobody where or who.
        service: The car park, who is paid.
        vehicle: The car, who pays.
        tariff: Its tariff at the entry, OCPI's JSON.
        rate: Iota for a unit of the tariff's currency at the entry.
        evidence: Who knows that the car is there.
        seen: From when until when it is known to have been there, in order.
        phase: How far it is.
        end: Why it is over.
        day: The local day that is not accounted yet.
        before_day_i: What was the cost when that day began.
        payments: What was paid, in order; negative is what the car got.
        total_i: What it costs in all, once it is over.
    """

    session_id: str
    service: str
    vehicle: str
    tariff: str
    rate: Fraction
    evidence: Evidence
    seen: tuple[tuple[int, int], ...]
    phase: ParkingPhase
    day: str
    end: ParkingEnd | None = None
    before_day_i: int = 0
    payments: tuple[int, ...] = ()
    total_i: int = 0

    @property
    def since(self) -> int:
        """Return when the car came."""
        return self.seen[0][0]

    @property
    def known_at(self) -> int:
        """Return until when it is known to have been there."""
        return self.seen[-1][1]

    @property
    def paid_i(self) -> int:
        """Return what was paid so far."""
        return sum(self.payments)

    def cost_i(self, zone: tzinfo) -> int:
        """Return what the stay costs so far, whoever allows it; nothing until the car has said yes."""
        if self.phase is not ParkingPhase.RUNNING:
            return self.total_i
        return stay_cost_i(parking_tariff(self.tariff), self.seen, zone, self.rate)

    def day_cost_i(self, zone: tzinfo) -> int:
        """Return what of it belongs to the day that is not accounted yet."""
        return self.cost_i(zone) - self.before_day_i

    def stay(self, at: int, rules: ParkingRules, allowance: Allowance) -> tuple[Parking, tuple[Effect, ...]]:
        """Take in that the car is there now. `allowance` is without what this stay itself has cost."""
        if self.phase is ParkingPhase.ENDED or at <= self.known_at:
            return self, ()
        by_person = self.evidence is Evidence.PERSON
        last = self.since + (rules.longest_by_hand_s if by_person else rules.longest_s)
        until = min(at, last)
        state, effects = self, _NOTHING
        if not by_person and until - state.known_at > rules.lost_s:
            state, effects = _until_day(state, local_day(until, rules.zone), rules, allowance)
            if state.phase is not ParkingPhase.ENDED:
                state = replace(state, seen=(*state.seen, (until, until)))
        while state.phase is not ParkingPhase.ENDED and state.known_at < until:
            midnight = next_midnight(state.known_at, rules.zone)
            state = _known_until(state, min(midnight, until))
            day = local_day(state.known_at, rules.zone)
            state, more = _until_day(state, day, rules, allowance)
            effects += more
        if state.phase is ParkingPhase.RUNNING:
            state, more = _within_limit(state, rules, allowance)
            effects += more
        if state.phase is not ParkingPhase.ENDED and at >= last:
            state, more = _ended(state, ParkingEnd.TOO_LONG, rules, allowance)
            effects += more
        return state, effects

    def agree(self, at: int, rules: ParkingRules, allowance: Allowance) -> tuple[Parking, tuple[Effect, ...]]:
        """Take in that a car that was asked says yes, to a stay that began when it came."""
        if self.phase is not ParkingPhase.ASKED:
            return self, ()
        running = replace(self, phase=ParkingPhase.RUNNING, day=local_day(self.known_at, rules.zone))
        return running.stay(at, rules, allowance)

    def leave(self, at: int, rules: ParkingRules, allowance: Allowance) -> tuple[Parking, tuple[Effect, ...]]:
        """Take in that the car was seen outside at this time first."""
        return _over(self, ParkingEnd.LEFT, at, rules, allowance)

    def stop(self, at: int, rules: ParkingRules, allowance: Allowance) -> tuple[Parking, tuple[Effect, ...]]:
        """Take in that a person who may speak for the car ends the stay."""
        return _over(self, ParkingEnd.BY_HAND, at, rules, allowance)

    def lose(self, rules: ParkingRules, allowance: Allowance) -> tuple[Parking, tuple[Effect, ...]]:
        """Take in that nothing is known of the car any more: it is charged up to what is known."""
        return _over(self, ParkingEnd.LOST, self.known_at, rules, allowance)

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "version": VERSION,
            "session_id": self.session_id,
            "service": self.service,
            "vehicle": self.vehicle,
            "tariff": self.tariff,
            "rate": str(self.rate),
            "evidence": self.evidence.value,
            "seen": [{"from": begin, "until": until} for begin, until in self.seen],
            "phase": self.phase.value,
            "day": self.day,
            "end": None if self.end is None else self.end.value,
            "before_day_i": self.before_day_i,
            "payments": list(self.payments),
            "total_i": self.total_i,
        }

    @classmethod
    def from_dict(cls, value: object) -> Parking:
        """Return the state that was stored. Raises TariffError for what none is."""
        stored = Stored.open(value, "parking", VERSION)
        phase, end = stored.choice("phase", ParkingPhase), stored.optional_choice("end", ParkingEnd)
        if (phase is ParkingPhase.ENDED) != (end is not None):
            raise stored.impossible("end", end)
        parking_tariff(stored.text("tariff"))
        parking = cls(
            session_id=stored.text("session_id"),
            service=stored.text("service"),
            vehicle=stored.text("vehicle"),
            tariff=stored.text("tariff"),
            rate=stored.fraction("rate"),
            evidence=stored.choice("evidence", Evidence),
            seen=seen_from(stored),
            phase=phase,
            day=stored.text("day"),
            end=end,
            before_day_i=stored.whole("before_day_i"),
            payments=stored.whole_list("payments"),
            total_i=stored.whole("total_i"),
        )
        stored.end()
        return parking


def _over(
    stay: Parking, end: ParkingEnd, at: int, rules: ParkingRules, allowance: Allowance
) -> tuple[Parking, tuple[Effect, ...]]:
    if stay.phase is ParkingPhase.ENDED:
        return stay, ()
    state, effects = stay, _NOTHING
    known = stay.evidence is Evidence.PERSON or at - stay.known_at <= rules.lost_s
    if known:
        state, effects = stay.stay(at, rules, allowance)
    state, more = _ended(state, end, rules, allowance)
    return state, (*effects, *more)


def _known_until(stay: Parking, at: int) -> Parking:
    begin, _until = stay.seen[-1]
    return replace(stay, seen=(*stay.seen[:-1], (begin, at)))


def _until_day(
    stay: Parking, day: str, rules: ParkingRules, allowance: Allowance
) -> tuple[Parking, tuple[Effect, ...]]:
    """Account for the day before, if this is another one."""
    if day == stay.day:
        return stay, ()
    if stay.phase is not ParkingPhase.RUNNING:
        return replace(stay, day=day), ()
    state, effects = _within_limit(stay, rules, allowance)
    if state.phase is ParkingPhase.ENDED:
        return state, effects
    cost_i = state.cost_i(rules.zone)
    if rules.by_day:
        state, effects = _pay(state, cost_i)
    return replace(state, day=day, before_day_i=cost_i), effects


def _within_limit(stay: Parking, rules: ParkingRules, allowance: Allowance) -> tuple[Parking, tuple[Effect, ...]]:
    left_i = allowance.left_i(stay.day)
    if left_i is None or stay.day_cost_i(rules.zone) <= left_i:
        return stay, ()
    return _ended(stay, ParkingEnd.LIMIT, rules, allowance)


def _ended(
    stay: Parking, end: ParkingEnd, rules: ParkingRules, allowance: Allowance
) -> tuple[Parking, tuple[Effect, ...]]:
    if stay.phase is ParkingPhase.ENDED:
        return stay, ()
    if stay.phase is ParkingPhase.ASKED:
        return replace(stay, phase=ParkingPhase.ENDED, end=ParkingEnd.NOT_ANSWERED), ()
    cost_i, left_i = stay.cost_i(rules.zone), allowance.left_i(stay.day)
    total_i = cost_i if left_i is None else min(cost_i, stay.before_day_i + left_i)
    state, effects = _pay(stay, total_i)
    end = end if total_i == cost_i else ParkingEnd.LIMIT
    return replace(state, phase=ParkingPhase.ENDED, end=end, total_i=total_i), effects


def _pay(stay: Parking, total_i: int) -> tuple[Parking, tuple[Effect, ...]]:
    """Pay what is due until `total_i` is paid; what is negative the car gets."""
    due_i = total_i - stay.paid_i
    if not due_i:
        return stay, ()
    number = len(stay.payments) + 1
    effects = payment(
        f"{stay.session_id}:{number}",
        kind=Kind.PARKING,
        reference=stay.session_id,
        at=stay.known_at,
        vehicle=stay.vehicle,
        service=stay.service,
        amount_i=due_i,
        details={"since": stay.since, "until": stay.known_at},
        rate=stay.rate,
    )
    return replace(stay, payments=(*stay.payments, due_i)), effects


def seen_from(stored: Stored) -> tuple[tuple[int, int], ...]:
    """Return the stretches of time in the field `seen`. Raises StoredError for what runs backwards, and for none."""
    found: list[tuple[int, int]] = []
    before: int | None = None
    for stretch in stored.objects("seen"):
        begin, until = stretch.whole("from"), stretch.whole("until")
        if until < begin or (before is not None and begin < before):
            raise stretch.impossible("until", until)
        stretch.end()
        found.append((begin, until))
        before = until
    if not found:
        raise stored.impossible("seen", found)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarPark:
    """What a car park offers now: its tariff (OCPI's JSON), the rate of tokens, and how many places it has.

    Raises TariffError for a tariff that cannot be or has no price for parking, ServiceError `rate_not_positive`.
    """

    service: str
    tariff: str
    rate: Fraction
    capacity: int | None = None

    def __post_init__(self) -> None:
        parking_tariff(self.tariff)
        if self.rate <= 0:
            raise ServiceError("rate_not_positive", {"value": self.rate})

    def price_i(self, at: int, zone: tzinfo) -> int:
        """Return what a stay costs at once when it begins now. Raises TariffError if the tariff is not valid now."""
        return stay_cost_i(parking_tariff(self.tariff), ((at, at),), zone, self.rate)

    def is_full(self, taken: int) -> bool:
        """Return whether so many stays leave no place."""
        return self.capacity is not None and taken >= self.capacity

    def begin(
        self,
        vehicle: str,
        session_id: str,
        at: int,
        decision: Decision,
        rules: ParkingRules,
        *,
        taken: int,
        evidence: Evidence = Evidence.TRACKER,
    ) -> Parking | Refused:
        """Return the stay that begins, or waits for an answer; or why none does. `taken` places are not free."""
        if decision.answer is Answer.NO:
            return Refused.NEVER if decision.reason is Reason.NEVER else Refused.ABOVE_LIMIT
        if self.is_full(taken):
            return Refused.FULL
        return Parking(
            session_id=session_id,
            service=self.service,
            vehicle=vehicle,
            tariff=self.tariff,
            rate=self.rate,
            evidence=evidence,
            seen=((at, at),),
            phase=ParkingPhase.ASKED if decision.answer is Answer.ASK else ParkingPhase.RUNNING,
            day=local_day(at, rules.zone),
        )
