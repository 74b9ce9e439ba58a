"""Requests through the levels: what a street asks a house becomes a request in the house, which answers for its people.

Each level is a whole of its own: the street pays the house once, for what its meter shows against its baseline; the
house pays its participants for theirs. Both are settled by the same arithmetic, with a receipt that anybody repeats.

What has to be kept is with each engine's requests, and in `HouseRequests.to_dict`. Letters may come again, also after
a crash at any moment: a request is made once, and answered once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from ...grid import (
    BY_HOUSE,
    Ask as Part,
    CurtailmentRequest,
    GridEngine,
    GridError,
    GridEvent,
    RequestState,
    Settlement,
)
from ...protocol import ProtocolError, recompute
from . import checks
from .bodies import MAX_W, body_of
from .checks import Check
from .end import LetterCame
from .frames import LinkRefusal
from .lower import LowerEnd
from .upper import UpperEnd

STANDBY_S: Final = 15.0
"""A house that said yes and gives nothing for so long is told that it is not needed, wall s."""
MAX_DURATION_S: Final = 7 * 86_400.0
#: So long before the street stops waiting a house answers with what it has.
_ANSWER_AHEAD_S: Final = 5.0
_SETTLED_KEPT_S: Final = 7 * 86_400.0
_KEPT: Final = 200
_ADDRESS_TRYTES: Final = 90
_OF_ADDRESS: Final = 24
_PAYEE_KEPT_S: Final = 30 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseAsk:
    """A street asks a house to take less by `power_w` (W over all phases), now, for `duration_s`, at this rate."""

    kind: ClassVar[str] = "ask"
    checks: ClassVar[Mapping[str, Check]] = {
        "request": checks.text(64),
        "power_w": checks.whole(1, MAX_W),
        "rate_i_per_kwh": checks.whole(),
        "answer_s": checks.number(0, MAX_DURATION_S),
        "duration_s": checks.number(1, MAX_DURATION_S),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "request": "01K9Z3Y7A0B1C2D3E4F5G6H7K9/0",
        "power_w": 2_000,
        "rate_i_per_kwh": 1_000_000,
        "answer_s": 60,
        "duration_s": 900,
    }
    request: str
    power_w: int
    rate_i_per_kwh: int
    answer_s: float
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseAnswer:
    """What a house takes on of a request, all its people together."""

    kind: ClassVar[str] = "answer"
    checks: ClassVar[Mapping[str, Check]] = {
        "request": checks.text(64),
        "accepted": checks.flag,
        "power_w": checks.whole(0, MAX_W),
    }
    example: ClassVar[Mapping[str, Any]] = {
        "request": "01K9Z3Y7A0B1C2D3E4F5G6H7K9/0",
        "accepted": True,
        "power_w": 1_840,
    }
    request: str
    accepted: bool
    power_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseEnded:
    """A request is over for the house, sooner than was said."""

    kind: ClassVar[str] = "ended"
    checks: ClassVar[Mapping[str, Check]] = {"request": checks.text(64)}
    example: ClassVar[Mapping[str, Any]] = {"request": "01K9Z3Y7A0B1C2D3E4F5G6H7K9/0"}
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseSettled:
    """What a house has earned in a request: paid once, under `payment_id`; `receipt` is what recomputing it takes."""

    kind: ClassVar[str] = "settled"
    checks: ClassVar[Mapping[str, Check]] = {
        "request": checks.text(64),
        "payment_id": checks.text(255),
        "energy_wh": checks.whole(),
        "amount_i": checks.whole(),
        "receipt": checks.anything,
    }
    example: ClassVar[Mapping[str, Any]] = {
        "request": "01K9Z3Y7A0B1C2D3E4F5G6H7K9",
        "payment_id": "01K9Z3Y7A0B1C2D3E4F5G6H7K9:house/help",
        "energy_wh": 460,
        "amount_i": 460_000,
        "receipt": {},
    }
    request: str
    payment_id: str
    energy_wh: int
    amount_i: int
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HousePayee:
    """Where a house wants to be paid from now on: an address of a wallet of its own, 90 trytes."""

    kind: ClassVar[str] = "payee"
    checks: ClassVar[Mapping[str, Check]] = {"address": checks.text(_ADDRESS_TRYTES)}
    example: ClassVar[Mapping[str, Any]] = {"address": "9" * _ADDRESS_TRYTES}
    address: str


REQUEST_KINDS: Final = tuple(each.kind for each in (HouseAsk, HouseAnswer, HouseEnded, HouseSettled, HousePayee))


@dataclass(slots=True, kw_only=True)
class _Told:
    """What a house was told last of a request: it may be asked more than once, each time in a round of its own.

    `posted` is not kept over a restart: nobody knows then whether a letter was on its way.
    """

    round: int = 0
    asked: bool = True
    posted: bool = False


class StreetRequests:
    """The street's side for one house: what its engine asks the house's participant goes down, answers come up.

    A house that said yes and is not needed hears so soon, and is asked again when it is.

    Attributes:
        helper_id: The house as a participant.
        payee: The address to which the house wants to be paid; None: it has not said so yet.
    """

    def __init__(self, helper_id: str, *, speed: float = 1.0) -> None:
        """Begin with a house that was told nothing.

        Args:
            helper_id: The house as a participant of the street's engine (`HouseFeeder.helper_id`).
            speed: So many seconds of the engine's time pass in one of the links' own.
        """
        self.helper_id = helper_id
        self._speed = speed
        self._told: dict[str, _Told] = {}
        self._settled: set[str] = set()
        self.payee: str | None = None

    def sync(self, engine: GridEngine, now: float, mono: float, end: UpperEnd) -> None:
        """Post what the house does not know yet. Call it after each pass; after a restart all is posted once more."""
        for request in engine.requests.values():
            part = request.asks.get(self.helper_id)
            if part is not None:
                self._sync(request, part, request.time_of(now), mono, end)
        for settlement in (*engine.commands.unpaid(), *engine.commands.paid()):
            mine = settlement.device_id == self.helper_id
            if mine and settlement.payment_id not in self._settled and end.has_room:
                self._settled.add(settlement.payment_id)
                self._post_settled(mono, end, settlement)
        self._told = {key: told for key, told in self._told.items() if key in engine.requests}

    def _sync(self, request: CurtailmentRequest, part: Part, at: float, mono: float, end: UpperEnd) -> None:
        told = self._told.get(request.request_id)
        active = part.state is RequestState.ACTIVE
        if told is None and part.waiting and at < request.answer_by:
            self._told[request.request_id] = told = _Told()
        if told is None:
            return
        if not told.asked and active:
            told.round, told.asked, told.posted = told.round + 1, True, False
        since = at - (part.answered_at or at)
        idle = part.state is RequestState.ACCEPTED and since >= STANDBY_S * self._speed
        if told.asked and (idle or not (part.waiting or part.engaged)):
            told.asked = told.posted = False
        if not told.posted and end.has_room:
            told.posted = True
            self._post(request, part, at, mono, end, told)

    def _post(
        self, request: CurtailmentRequest, part: Part, at: float, mono: float, end: UpperEnd, told: _Told
    ) -> None:
        key = f"{request.request_id}/{told.round}"
        left_s = max(1.0, (request.ends_at - at) / self._speed)
        if not told.asked:
            end.recall(f"ask/{key}")
            end.post(mono, f"ended/{key}", HouseEnded.kind, {"request": key}, keep_s=left_s)
            return
        ask = HouseAsk(
            request=key,
            power_w=max(1, round(part.quantity_w)),
            rate_i_per_kwh=part.rate,
            answer_s=max(1.0, (request.answer_by - at) / self._speed) if part.waiting else STANDBY_S,
            duration_s=min(MAX_DURATION_S, left_s),
        )
        end.post(mono, f"ask/{key}", HouseAsk.kind, body_of(ask), keep_s=ask.answer_s)

    def take(self, engine: GridEngine, now: float, letter: LetterCame) -> list[GridEvent]:
        """Act on a letter; then keep this and the engine's state, and say `done`.

        What comes late or twice changes nothing.
        """
        try:
            if letter.about == HousePayee.kind:
                payee: HousePayee = checks.read_fields(HousePayee, letter.says)
                self.payee = payee.address
            elif letter.about == HouseAnswer.kind:
                return self._answer(engine, now, checks.read_fields(HouseAnswer, letter.says))
        except LinkRefusal, GridError:
            pass
        return []

    def _answer(self, engine: GridEngine, now: float, answer: HouseAnswer) -> list[GridEvent]:
        power_w = float(answer.power_w) if answer.accepted and answer.power_w else None
        return engine.commands.answer(
            now,
            request_id=answer.request.rpartition("/")[0],
            device_id=self.helper_id,
            accept=power_w is not None,
            power_w=power_w,
            reason=BY_HOUSE[power_w is not None],
        )

    @staticmethod
    def _post_settled(mono: float, end: UpperEnd, settlement: Settlement) -> None:
        settled = HouseSettled(
            request=settlement.request_id,
            payment_id=settlement.payment_id,
            energy_wh=settlement.energy_wh,
            amount_i=settlement.amount_i,
            receipt=settlement.receipt,
        )
        letter = f"settled/{settlement.request_id}"
        end.post(mono, letter, HouseSettled.kind, body_of(settled), keep_s=_SETTLED_KEPT_S)

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        told = {key: {"round": told.round, "asked": told.asked} for key, told in self._told.items()}
        return {"told": told, "payee": self.payee}

    @classmethod
    def from_dict(cls, helper_id: str, stored: object, *, speed: float = 1.0) -> Self:
        """Go on after a restart with what `to_dict` gave; what cannot be read of it is left aside."""
        requests = cls(helper_id, speed=speed)
        data: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
        told = data.get("told")
        for key, each in told.items() if isinstance(told, Mapping) else ():
            try:
                requests._told[str(key)] = _Told(round=int(each["round"]), asked=bool(each["asked"]))
            except KeyError, TypeError, ValueError:
                continue
        payee = data.get("payee")
        requests.payee = payee if isinstance(payee, str) else None
        return requests


@dataclass(slots=True, kw_only=True)
class _Part:
    """A request of the street in the house: its own request for it (None: it could not be made).

    `answered` is not kept over a restart: nobody knows then whether the letter was on its way.
    """

    own: str | None
    power_w: int
    answer_by: float
    ends_at: float
    answered: bool = False


@dataclass(slots=True)
class HouseRequests:
    """The house's side: a request that comes down becomes one of its own, and its answers go up as one.

    Attributes:
        received: What the street has settled with the house, by payment id, each with a receipt that holds.
        refused: Payment ids of settlements whose receipts do not come to what they say.
        speed: So many seconds of the engine's time pass in one of the links' own.
    """

    parts: dict[str, _Part] = field(default_factory=dict)
    received: dict[str, HouseSettled] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    speed: float = 1.0
    _payee: str | None = None

    def take(self, engine: GridEngine, now: float, letter: LetterCame) -> list[GridEvent]:
        """Act on a letter; then keep this and the engine's state together, and say `done`."""
        try:
            if letter.about == HouseAsk.kind:
                return self._ask(engine, now, checks.read_fields(HouseAsk, letter.says), letter.age_s)
            if letter.about == HouseEnded.kind:
                return self._end(engine, now, checks.read_fields(HouseEnded, letter.says))
            if letter.about == HouseSettled.kind:
                self._settle(checks.read_fields(HouseSettled, letter.says))
        except LinkRefusal:
            pass
        return []

    def sync(self, engine: GridEngine, now: float, mono: float, end: LowerEnd, payee: str | None = None) -> None:
        """Answer what everybody has answered, or cannot wait any longer. Call it after each pass.

        `payee`: the address to which this house is to be paid, where it is known: it is told when it is another one.
        """
        if payee is not None and payee != self._payee and end.has_room:
            self._payee = payee
            told = body_of(HousePayee(address=payee))
            end.post(mono, f"payee/{payee[:_OF_ADDRESS]}", HousePayee.kind, told, keep_s=_PAYEE_KEPT_S)
        for key, part in self.parts.items():
            request = None if part.own is None else engine.requests.get(part.own)
            waits = request is not None and any(ask.waiting for ask in request.asks.values())
            if part.answered or (waits and now < part.answer_by) or now >= part.ends_at or not end.has_room:
                continue
            # Who stands by may have promised more than was asked for.
            power_w = 0 if request is None else min(int(request.accepted_w), part.power_w)
            answer = HouseAnswer(request=key, accepted=power_w > 0, power_w=power_w)
            keep_s = max(60.0, (part.answer_by - now) / self.speed)
            end.post(mono, f"answer/{key}", HouseAnswer.kind, body_of(answer), keep_s=keep_s)
            part.answered = True

    def own_request(self, request: str) -> str | None:
        """Return the house's own request for one of the street's."""
        part = self.parts.get(request)
        return None if part is None else part.own

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {
            "parts": {
                key: {
                    "own": part.own,
                    "power_w": part.power_w,
                    "answer_by": part.answer_by,
                    "ends_at": part.ends_at,
                }
                for key, part in self.parts.items()
            },
            "received": {key: body_of(settled) for key, settled in self.received.items()},
            "refused": list(self.refused),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], *, speed: float = 1.0) -> HouseRequests:
        """Go on after a restart. What was answered and may not have gone out is answered again.

        Raises:
            KeyError, TypeError, AttributeError, LinkRefusal: it is not what `to_dict` gave.
        """
        return cls(
            parts={
                key: _Part(
                    own=part["own"], power_w=part["power_w"], answer_by=part["answer_by"], ends_at=part["ends_at"]
                )
                for key, part in stored["parts"].items()
            },
            received={key: checks.read_fields(HouseSettled, settled) for key, settled in stored["received"].items()},
            refused=list(stored["refused"]),
            speed=speed,
        )

    def _ask(self, engine: GridEngine, now: float, ask: HouseAsk, age_s: float) -> list[GridEvent]:
        if ask.request in self.parts:
            return []
        events: list[GridEvent] = []
        own: str | None = None
        duration_s = (ask.duration_s - age_s) * self.speed
        if age_s < ask.answer_s and duration_s > 0:
            # A street that promises more than this house would ever pay is not trusted with the difference.
            rate = min(ask.rate_i_per_kwh, engine.config.market.max_rate_i_per_kwh)
            try:
                request, events = engine.commands.request_curtailment(
                    now, power_w=float(ask.power_w), duration_s=duration_s, rate_i_per_kwh=rate
                )
                own = request.request_id
            except GridError:
                # It cannot ask anybody now, as with a meter that is silent: the answer is no.
                own = None
        answer_by = now + max(0.0, ask.answer_s - age_s - _ANSWER_AHEAD_S) * self.speed
        ends_at = now + max(0.0, duration_s)
        self.parts[ask.request] = _Part(own=own, power_w=ask.power_w, answer_by=answer_by, ends_at=ends_at)
        while len(self.parts) > _KEPT:
            del self.parts[next(iter(self.parts))]
        return events

    def _end(self, engine: GridEngine, now: float, ended: HouseEnded) -> list[GridEvent]:
        own = self.own_request(ended.request)
        if own is None:
            return []
        try:
            return engine.commands.cancel(now, request_id=own)
        except GridError:
            return []

    def _settle(self, settled: HouseSettled) -> None:
        if settled.payment_id in self.received or settled.payment_id in self.refused:
            return
        try:
            found = recompute(settled.receipt)
            holds = (found.energy_wh, found.amount_i) == (settled.energy_wh, settled.amount_i)
        except ProtocolError:
            holds = False
        if not holds:
            self.refused = [*self.refused, settled.payment_id][-_KEPT:]
            return
        self.received[settled.payment_id] = settled
        while len(self.received) > _KEPT:
            del self.received[next(iter(self.received))]
