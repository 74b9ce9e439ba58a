"""Curtailment requests, each participant's part in them, and their strict life cycle."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from .errors import GridError
from .metered_series import WS_PER_WH, Delivery, ReadingSeries, Steps, delivery
from .tolerance import EPSILON
from .world import PhaseTriple, Reason


class RequestState(StrEnum):
    """Where one participant's part of a request stands."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    ACTIVE = "active"
    FULFILLED = "fulfilled"
    OPTED_OUT = "opted_out"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SETTLED = "settled"
    PAID = "paid"
    CONFIRMED = "confirmed"


_S = RequestState
#: Stored by the first version, before there were readings.
_FORMER: Final = frozenset({"delivered_ws", "baseline_ws", "measured_ws"})
#: Rounding errors of floating point are no watts.

#: Who may follow whom. `opted_out`, `expired` and `cancelled` lead on to `settled` only for a part that was active.
TRANSITIONS: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    _S.ISSUED: frozenset({_S.ACCEPTED, _S.DECLINED, _S.UNANSWERED, _S.OPTED_OUT, _S.CANCELLED}),
    _S.ACCEPTED: frozenset({_S.ACTIVE, _S.OPTED_OUT, _S.EXPIRED, _S.CANCELLED}),
    _S.DECLINED: frozenset(),
    _S.UNANSWERED: frozenset({_S.ACCEPTED, _S.DECLINED}),
    _S.ACTIVE: frozenset({_S.FULFILLED, _S.OPTED_OUT, _S.EXPIRED, _S.CANCELLED}),
    _S.FULFILLED: frozenset({_S.SETTLED}),
    _S.OPTED_OUT: frozenset({_S.SETTLED}),
    _S.EXPIRED: frozenset({_S.SETTLED}),
    _S.CANCELLED: frozenset({_S.SETTLED}),
    _S.SETTLED: frozenset({_S.PAID}),
    _S.PAID: frozenset({_S.CONFIRMED}),
    _S.CONFIRMED: frozenset(),
}


#: An answer is awaited, or a late one still counts while the request is open.
ANSWERABLE: Final = frozenset({_S.ISSUED, _S.UNANSWERED})


@dataclass(slots=True, kw_only=True)
class Decision:
    """A participant's answer.

    Attributes:
        at: Grid time of the answer.
        accepted: Yes or no.
        reason: Why, to be translated.
        request_id: Which request.
        power_w: What it gives, W (0 when declined).
        rate: The rate that it was shown, i/kWh.
    """

    at: float
    accepted: bool
    reason: Reason
    request_id: str
    power_w: float
    rate: int


@dataclass(slots=True, kw_only=True)
class Ask:
    """One participant's part in a request.

    Attributes:
        device_id: Who.
        state: See `RequestState`.
        offer_w: The most it could give when asked, W.
        quantity_w: What it is asked for, then what it gives while active, W.
        promised_w: What it said yes to, W; not all of it may be needed.
        rate: i/kWh, shown before the answer.
        reason: Of the answer or of an early end.
        asked_at: When it was asked, where that was later than the request was made; grid time.
        answered_at, active_at, ended_at: Grid times.
        baseline_w: What it would have drawn, W, measured before the request.
        baseline_method: How that was found, see `baseline`.
        need_wh: What its car still needed at the start, Wh: a baseline ends there. None: no such bound.
        loads: Household loads that are shed for this part.
        series: What it drew while it was active.
        quantities: What it was asked for while it was active, `[offset_s, w]`, each until the next.
        committed_i: The most that it can earn, i: what the budget has set aside.
        energy_wh, baseline_wh, measured_wh: Settled, integer Wh.
        amount_i: Reward, i.
        payment_reference: What the ledger calls the payment.
        paid_at, confirmed_at: When the ledger said so, grid times.
    """

    device_id: str
    state: RequestState = RequestState.ISSUED
    offer_w: float
    quantity_w: float
    promised_w: float = 0.0
    rate: int
    reason: Reason | None = None
    asked_at: float | None = None
    answered_at: float | None = None
    active_at: float | None = None
    ended_at: float | None = None
    baseline_w: float = 0.0
    baseline_method: str = "recent"
    need_wh: float | None = None
    loads: tuple[str, ...] = ()
    series: ReadingSeries = field(default_factory=ReadingSeries)
    quantities: Steps = field(default_factory=list)
    committed_i: int = 0
    energy_wh: int = 0
    baseline_wh: int = 0
    measured_wh: int = 0
    amount_i: int = 0
    payment_reference: str | None = None
    paid_at: float | None = None
    confirmed_at: float | None = None

    def move(self, to: RequestState) -> None:
        """Go to the state `to`.

        Raises:
            GridError: `invalid_transition`, when the life cycle has no such step.
        """
        allowed = to in TRANSITIONS[self.state]
        if to is RequestState.SETTLED and self.active_at is None:
            allowed = False
        if not allowed:
            raise GridError("invalid_transition", {"device_id": self.device_id, "from": self.state, "to": to})
        self.state = to

    def start(self, now: float, *, quantity_w: float, slot_s: int, strict: bool = False) -> None:
        """Become active: from now on it is measured, see `ReadingSeries`."""
        self.move(RequestState.ACTIVE)
        self.active_at = now
        self.series = ReadingSeries(slot_s=slot_s, strict=strict, fill_w=self.paid_baseline_w)
        self.ask_for(quantity_w)

    def ask_for(self, quantity_w: float) -> None:
        """Count another quantity from the next full second on."""
        self.quantity_w = quantity_w
        step = [self.series.cut(), math.floor(quantity_w + EPSILON)]
        if self.quantities and self.quantities[-1][0] == step[0]:
            self.quantities.pop()
        self.quantities.append(step)

    @property
    def paid_baseline_w(self) -> int:
        """The baseline as it is settled: whole W, rounded down."""
        return math.floor(self.baseline_w + EPSILON)

    @property
    def paid_need_wh(self) -> int | None:
        """The need as it is settled: whole Wh, rounded down."""
        return None if self.need_wh is None else math.floor(self.need_wh + EPSILON)

    @property
    def delivered_ws(self) -> int:
        """Delivered up to the last closed slot, W·s."""
        return self.delivery().delivered_ws

    def delivery(self) -> Delivery:
        """Return what was delivered up to the last closed slot."""
        return delivery(
            readings=self.series.readings,
            quantities=self.quantities,
            duration_s=self.series.done_s,
            baseline_w=self.paid_baseline_w,
            need_wh=self.paid_need_wh,
        )

    @property
    def used_up(self) -> bool:
        """Its car would have been full by now, and it gives nothing back: from here on nothing is paid."""
        need_wh, baseline_w = self.paid_need_wh, self.paid_baseline_w
        if need_wh is None or baseline_w <= 0 or self.quantity_w > self.baseline_w:
            return False
        if self.series.done_s * baseline_w <= (need_wh * WS_PER_WH) - baseline_w:
            return False
        return need_wh * WS_PER_WH - self.delivery().baseline_ws < baseline_w

    @property
    def waiting(self) -> bool:
        """No answer yet, and one would still count."""
        return self.state is RequestState.ISSUED

    @property
    def engaged(self) -> bool:
        """Has said yes, and the window has not ended for it."""
        return self.state in {RequestState.ACCEPTED, RequestState.ACTIVE}

    @property
    def live(self) -> bool:
        """Not at the end of its story: something will or may still happen to it."""
        return (
            self.state in {RequestState.ISSUED, RequestState.ACCEPTED, RequestState.ACTIVE, RequestState.PAID}
            or self.unpaid
        )

    @property
    def unpaid(self) -> bool:
        """Earned something that has not been paid."""
        return self.state is RequestState.SETTLED and self.amount_i > 0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "device_id": self.device_id,
            "state": self.state.value,
            "offer_w": self.offer_w,
            "quantity_w": self.quantity_w,
            "promised_w": self.promised_w,
            "rate": self.rate,
            "reason": None
            if self.reason is None
            else {"key": self.reason.key, "placeholders": dict(self.reason.placeholders)},
            "asked_at": self.asked_at,
            "answered_at": self.answered_at,
            "active_at": self.active_at,
            "ended_at": self.ended_at,
            "baseline_w": self.baseline_w,
            "baseline_method": self.baseline_method,
            "need_wh": self.need_wh,
            "loads": list(self.loads),
            "series": self.series.to_dict(),
            "quantities": [list(step) for step in self.quantities],
            "committed_i": self.committed_i,
            "energy_wh": self.energy_wh,
            "baseline_wh": self.baseline_wh,
            "measured_wh": self.measured_wh,
            "amount_i": self.amount_i,
            "payment_reference": self.payment_reference,
            "paid_at": self.paid_at,
            "confirmed_at": self.confirmed_at,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ask:
        """Return what `to_dict` has given."""
        values = {key: value for key, value in data.items() if key not in _FORMER}
        reason = values.pop("reason")
        # Parts that were stored before receipts carried readings: what they had earned stands.
        values.setdefault("series", ReadingSeries().to_dict())
        values.setdefault("quantities", [[0, math.floor(values["quantity_w"])]] if values["active_at"] else [])
        return cls(
            **{
                **values,
                "state": RequestState(values["state"]),
                "reason": None if reason is None else Reason(key=reason["key"], placeholders=reason["placeholders"]),
                "loads": tuple(values["loads"]),
                "series": ReadingSeries.from_dict(values["series"]),
                "quantities": [list(step) for step in values["quantities"]],
            }
        )


@dataclass(slots=True, kw_only=True)
class CurtailmentRequest:
    """A request of the transformer to several participants.

    Attributes:
        request_id: Unique.
        feeder_id: Whose load is to fall.
        quantity_w: How much less load is wanted, W.
        need_w: The same per phase, W, when single phases are short; None when only the total counts.
        rate_i_per_kwh: The reward, i/kWh.
        issued_at, answer_by, starts_at, ends_at: Grid times, by the clock that it was made by: see `time_of`.
        ahead_s: By how much that clock was ahead of the present one: it was set back since, s.
        automatic: The grid made it by itself; otherwise a person or an automation did.
        asks: One part per participant, by device id.
        not_asked: Why the others were not asked, by device id.
        coming: Who of them may be asked later, and what they drew before the request could be foreseen, W.
        closed: Nothing more will be asked or given; settled parts may still await payment.
        judged: Its answers have moved the next rate.
    """

    request_id: str
    feeder_id: str
    quantity_w: float
    need_w: PhaseTriple | None = None
    rate_i_per_kwh: int
    issued_at: float
    answer_by: float
    starts_at: float
    ends_at: float
    ahead_s: float = 0.0
    automatic: bool = True
    asks: dict[str, Ask] = field(default_factory=dict)
    not_asked: dict[str, Reason] = field(default_factory=dict)
    coming: dict[str, float] = field(default_factory=dict)
    closed: bool = False
    judged: bool = False

    def time_of(self, now: float) -> float:
        """Return grid time by the clock that the request was made by, which all its times and those of its parts go by.

        A clock that is set back makes no window longer, and what was published of it stays true.
        """
        return now + self.ahead_s

    def turn_back(self, now: float, by_s: float) -> None:
        """Take in that the clock was set back by `by_s`, to `now`."""
        self.ahead_s += by_s
        # Whatever was stored: it was not made after now.
        self.ahead_s = max(self.ahead_s, self.issued_at - now)

    @property
    def accepted_w(self) -> float:
        """What was promised by those who said yes and have not left, W."""
        return math.fsum(ask.promised_w for ask in self.asks.values() if ask.engaged)

    @property
    def active_w(self) -> float:
        """What those who are at it now give, W."""
        return math.fsum(ask.quantity_w for ask in self.asks.values() if ask.state is RequestState.ACTIVE)

    @property
    def live(self) -> bool:
        """Open, or with a payment that is not confirmed."""
        return not self.closed or any(ask.live for ask in self.asks.values())

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {
            "request_id": self.request_id,
            "feeder_id": self.feeder_id,
            "quantity_w": self.quantity_w,
            "need_w": None if self.need_w is None else list(self.need_w),
            "rate_i_per_kwh": self.rate_i_per_kwh,
            "issued_at": self.issued_at,
            "answer_by": self.answer_by,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "ahead_s": self.ahead_s,
            "automatic": self.automatic,
            "asks": [ask.to_dict() for ask in self.asks.values()],
            "not_asked": {
                device_id: {"key": reason.key, "placeholders": dict(reason.placeholders)}
                for device_id, reason in self.not_asked.items()
            },
            "coming": self.coming,
            "closed": self.closed,
            "judged": self.judged,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CurtailmentRequest:
        """Return what `to_dict` has given."""
        values = dict(data)
        asks = [Ask.from_dict(ask) for ask in values.pop("asks")]
        need = values.pop("need_w")
        not_asked = values.pop("not_asked", {})
        return cls(
            **values,
            need_w=None if need is None else (float(need[0]), float(need[1]), float(need[2])),
            asks={ask.device_id: ask for ask in asks},
            not_asked={device_id: Reason(**reason) for device_id, reason in not_asked.items()},
        )
