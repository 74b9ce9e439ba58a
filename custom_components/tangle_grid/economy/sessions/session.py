"""A charging session from plug to plug, as a saga that a crash at any step does not harm.

Whoever runs it stores `to_dict` and the effects of a step in one transaction, and only then orders the transfers; each
until the ledger has it, however often. So whatever was ordered is known to the stored session, and what a crash takes
away is at most the metering since then: a counter tells it again, and power that nobody measured is not billed.

What is owed is computed as a cumulative amount, exact, and rounded down to whole iota once. Each payment is that amount
less what was ordered before, so nothing rounds away and nothing is paid twice.

**Credit.** A car pays in arrears up to a slice, and then ahead up to `credit_wh`: three slices by default, 27 payments
for 40 kWh. What is left to the bound, 500 Wh, is for the time that a payment takes, and for a restart in between; a car
of more than 15 kW pays earlier, so that two minutes are left. Above 50 kW a payment covers at least 90 s; from 80 kW on
that is more than 2 kWh, and the credit is half of a payment.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import Any, Final

from ..effects import BookEntry, Effect, Kind
from ..stored import Stored
from ..tariff import Amount, PriceComponent, read_tariff
from .errors import SessionError
from .meter import Finding, Meter, Metered, Reading
from .orders import Order, Stream, named, payment_id
from .quote import Quote, price_of, quote
from .running_bill import Priced, Row, RunningBill
from .sun import shared_out
from .terms import EmptyWallet, Guest, Terms

_VERSION: Final = 1
_MS_PER_S: Final = 1000
_S_PER_H: Final = 3600
_WH_PER_KWH: Final = 1000
#: What a person does not pay by energy is paid every quarter of an hour.
_EVERY_S: Final = 900
#: What is left to the bound when a payment becomes due.
_SLACK_S: Final = 120
_FAST_W: Final = 50_000
_FAST_SLICE_S: Final = 90
#: A payment takes a while, a car needs a moment to fall to its safe current, and Home Assistant a minute to be back.
_RESERVE_S: Final = 80
_PAYING_S: Final = 30
_SUN_WH: Final = 10_000
#: Payments that a session lists one by one; of older ones it keeps the sums.
_MOST_LISTED: Final = 400
_NONE: Final[Mapping[str, int]] = MappingProxyType({})


class Phase(StrEnum):
    """Where a session is: open, over but not paid, over and paid."""

    OPEN = "open"
    SETTLING = "settling"
    DONE = "done"


class Hold(StrEnum):
    """Why the car has to go to its safe current."""

    LEDGER_AWAY = "ledger_away"
    WALLET_EMPTY = "wallet_empty"
    PRICE_ABOVE_LIMIT = "price_above_limit"
    GUEST_REFUSED = "guest_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the session has to know of the world outside.

    Attributes:
        paid: Payments that count as paid, with their amounts: what was confirmed. Others than this session's may be in.
        affordable_i: What the payer's wallet and its spending limits allow now; None is anything.
        budget_i: What is left of the operator's budget for negative prices today.
        sun_wh: What solar participants fed in during this interval, Wh.
        drawn_wh: What all consumers drew during it, Wh.
    """

    paid: Mapping[str, int] = _NONE
    affordable_i: int | None = None
    budget_i: int = 0
    sun_wh: Mapping[str, int] = _NONE
    drawn_wh: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step came to.

    Attributes:
        effects: What is to be stored and then done.
        findings: What was doubted.
        hold: Why the car has to be at its safe current; None if it may charge.
        save: Whether the session should be stored now. With effects it must be.
        credit_wh: Energy that the car took and has not paid; negative is what it has paid ahead.
        budget_i: What this step took of the operator's budget for negative prices.
    """

    effects: tuple[Effect, ...] = ()
    findings: frozenset[Finding] = frozenset()
    hold: Hold | None = None
    save: bool = False
    credit_wh: int = 0
    budget_i: int = 0


@dataclass(slots=True)
class _Account:
    """What the present payer was asked for: iota ordered by stream, energy that is covered, and that is paid."""

    energy_i: int = 0
    fee_i: int = 0
    feed_in_i: int = 0
    covered_wh: int = 0
    paid_wh: int = 0
    fed_covered_wh: int = 0
    ordered_at: int = 0


@dataclass(slots=True)
class _Fed:
    """Energy that was fed back, Wh: paid by the feed-in rate, by a reward, or not yet known by which."""

    feed_in: int = 0
    rewarded: int = 0
    pending: int = 0


class Session:
    """One session. Begin it with `start`, or with `from_dict`."""

    def __init__(
        self,
        session_id: str,
        charger: str,
        terms: Terms,
        zone: tzinfo,
        meter: Meter,
        started_at: int,
        *,
        payer: str | None,
        guest: Guest | None,
    ) -> None:
        """Begin a session that nothing was taken in. Raises TariffError for a tariff that cannot be."""
        self.session_id, self.charger, self.terms = session_id, charger, terms
        self.payer, self.guest = payer, guest
        self.phase = Phase.OPEN
        self.started_at, self.ended_at = started_at, started_at
        self.payers: list[str | None] = [payer]
        self.orders: list[Order] = []
        self.outstanding: dict[str, Order] = {}
        self.granted: dict[str, int] = {}
        self.sun_wh: dict[str, int] = {}
        self.sun_i: dict[str, int] = {}
        self.found: set[Finding] = set()
        self.hold: Hold | None = None
        self.older_i: dict[str, int] = {}
        self.older = 0
        self._zone = zone
        self._meter = meter
        self._bill = RunningBill(read_tariff(terms.tariff), zone, started_at, terms.slice_wh)
        self._account = _Account(ordered_at=started_at)
        self._fed = _Fed()
        self._number = 0
        self._carry_ms = 0
        self._billed_to_s = started_at
        self._power_w = 0
        self._booked = [0, 0, 0]  # Wh in, Wh out, number of lines
        self._month = ""
        self._saved_wh = 0

    # What it came to

    @property
    def wh_in(self) -> int:
        """Return what the car took, Wh."""
        return self._meter.wh_in

    @property
    def wh_out(self) -> int:
        """Return what the car fed back, Wh."""
        return self._meter.wh_out

    @property
    def is_billed(self) -> bool:
        """Return whether somebody pays for it."""
        return self.payer is not None

    @property
    def power_w(self) -> int:
        """Return the power of late, W."""
        return self._power_w

    @property
    def rewarded_wh(self) -> int:
        """Return what was fed back and paid by rewards, Wh."""
        return self._fed.rewarded

    @property
    def fed_in_wh(self) -> int:
        """Return what was fed back and is paid at the feed-in rate, Wh."""
        return self._fed.feed_in

    @property
    def charge_i(self) -> int:
        """Return what the tariff's prices come to so far, cumulative; negative is what the car gets."""
        return self._owed_i() if self.is_billed else 0

    @property
    def fee_i(self) -> int:
        """Return the operator's fee so far, cumulative."""
        if not self.is_billed or not self._bill.rows:
            return 0
        return floor(self.terms.fee.of(self._bill.positive_energy(), self._bill.wh) * self.terms.rate)

    @property
    def feed_in_i(self) -> int:
        """Return what the car earned by feeding back so far, cumulative."""
        if not self.is_billed:
            return 0
        return floor(Fraction(self._fed.feed_in, _WH_PER_KWH) * self.terms.feed_in * self.terms.rate)

    @property
    def withheld_i(self) -> int:
        """Return what negative prices would have paid beyond the operator's budget, cumulative."""
        return max(0, floor(self._bill.priced().negative * self.terms.rate) - sum(self.granted.values()))

    @property
    def debt_i(self) -> int:
        """Return what is owed and was not even ordered, because the wallet could not pay it."""
        if not self.is_billed:
            return 0
        return max(0, self.charge_i - self._account.energy_i) + max(0, self.fee_i - self._account.fee_i)

    @property
    def credit_wh(self) -> int:
        """Return energy that the car took and that is not paid, Wh; negative is paid ahead."""
        return self._bill.wh - self._account.paid_wh if self.is_billed else 0

    def quote(self, at: float) -> Quote:
        """Return what the next kWh costs by the session's tariff, and when that changes."""
        now_s = max(int(at), self._billed_to_s)
        return quote(
            self._bill.tariff, now_s, self._zone, self.terms.rate, start=float(self.started_at), wh=self._bill.wh
        )

    @property
    def rows(self) -> list[Row]:
        """Return the metered rows, each at one price."""
        return self._bill.rows

    @classmethod
    def start(
        cls,
        session_id: str,
        charger: str,
        terms: Terms,
        zone: tzinfo,
        reading: Reading,
        *,
        most_w: int,
        payer: str | None,
        guest: Guest | None = None,
        longest_gap_s: int = 120,
    ) -> Session:
        """Return the session that begins with this reading. `most_w` is what the charger can deliver.

        `payer` is who pays, and None for a guest who is free or refused; a guest on the account of a household has that
        household for a payer. Raises SessionError `out_of_range` where these do not agree, and TariffError for a tariff
        that cannot be.
        """
        if (payer is None) != (guest in {Guest.FREE, Guest.REFUSED}):
            raise SessionError("out_of_range", {"where": "guest", "value": guest})
        meter = Meter(most_w=most_w, longest_gap_s=longest_gap_s)
        begun = meter.step(reading)
        started_at = begun.now_ms // _MS_PER_S
        session = cls(session_id, charger, terms, zone, meter, started_at, payer=payer, guest=guest)
        session.found |= begun.findings
        session.hold = Hold.GUEST_REFUSED if guest is Guest.REFUSED else None
        return session

    # Its steps

    def step(self, reading: Reading, situation: Situation) -> Outcome:
        """Take a reading in, and order what is due. Raises SessionError `session_over` after `finish`."""
        if self.phase is not Phase.OPEN:
            raise SessionError("session_over", {"session": self.session_id})
        return self._advance(reading, situation, ends=False)

    def finish(self, reading: Reading, situation: Situation) -> Outcome:
        """Take the last reading in and order the last payments: the rest, or a refund of what was paid ahead.

        Energy that was fed back during requests that are not settled is paid at the feed-in rate. Raises SessionError
        `session_over` if it has ended.
        """
        if self.phase is not Phase.OPEN:
            raise SessionError("session_over", {"session": self.session_id})
        return self._advance(reading, situation, ends=True)

    def settle(self, at: float, situation: Situation) -> Outcome:
        """Order what a session that is over still owes, as far as the wallet allows now.

        Raises SessionError `session_not_over` before `finish`.
        """
        if self.phase is Phase.OPEN:
            raise SessionError("session_not_over", {"session": self.session_id})
        findings: set[Finding] = set()
        was, before = self.phase, len(self.outstanding)
        self._take_paid(situation.paid, findings)
        effects = list(self._final_orders(max(int(at), self.ended_at), situation))
        self._close()
        save = bool(effects) or self.phase is not was or len(self.outstanding) != before
        return Outcome(effects=tuple(effects), findings=frozenset(findings), save=save, credit_wh=self.credit_wh)

    def reward_settled(self, fed_back_wh: int) -> None:
        """Say that a request is over and how much energy fed back its reward paid for; the rest is fed in.

        `overlap.rewarded_energy` tells it from the reward's receipt. Raises SessionError `session_over` after `finish`.
        """
        if self.phase is not Phase.OPEN:
            raise SessionError("session_over", {"session": self.session_id})
        rewarded = min(max(0, fed_back_wh), self._fed.pending)
        self._fed.rewarded += rewarded
        self._fed.feed_in += self._fed.pending - rewarded
        self._fed.pending = 0

    def limit_price(self, most_per_kwh: Fraction | None) -> None:
        """Say what the car pays for a kWh at most; None is anything. It counts from the next step on."""
        if most_per_kwh != self.terms.most_per_kwh:
            self.terms = replace(self.terms, most_per_kwh=most_per_kwh)

    def correct(self, payer: str | None, guest: Guest | None, at: float) -> Outcome:
        """Say that it is another car. The one before gets back what it paid and returns what it got; this one pays all.

        Raises SessionError `session_over` after `finish`.
        """
        if self.phase is not Phase.OPEN:
            raise SessionError("session_over", {"session": self.session_id})
        if (payer, guest) == (self.payer, self.guest):
            return Outcome(hold=self.hold, credit_wh=self.credit_wh)
        now_s = max(int(at), self._billed_to_s)
        effects = [each for order in self._refunds(now_s) for each in self._order(order)]
        self.payer, self.guest = payer, guest
        self.payers.append(payer)
        self._account = _Account(ordered_at=now_s)
        if payer is None:
            self._account.covered_wh = self._account.paid_wh = self._bill.wh
        self.hold = Hold.GUEST_REFUSED if guest is Guest.REFUSED else None
        return Outcome(effects=tuple(effects), hold=self.hold, save=True, credit_wh=self.credit_wh)

    def _advance(self, reading: Reading, situation: Situation, *, ends: bool) -> Outcome:
        held_before, wh_out = self.hold, self._meter.wh_out
        metered = self._meter.step(reading)
        findings = set(metered.findings)
        taken = len(self.outstanding)
        now_s = self._bill_interval(metered, reading)
        self._feed(self._meter.wh_out - wh_out, on_request=reading.on_request)
        for name, wh in shared_out(metered.wh_in, situation.sun_wh, situation.drawn_wh).items():
            self.sun_wh[name] = self.sun_wh.get(name, 0) + wh
        self._take_paid(situation.paid, findings)
        granted_i = self._grant(now_s, situation.budget_i)
        effects = list(self._month_line(now_s))
        if ends:
            self.phase, self.ended_at = Phase.SETTLING, now_s
            self._feed(0, on_request=False, settles=True)
            effects += self._final_orders(now_s, situation)
            effects += self._energy_line(now_s)
            self._close()
            self.hold = None
        else:
            effects += self._orders(now_s, situation)
            self.hold = self._why_held(now_s, situation)
        new = findings - self.found
        self.found |= findings
        moved = self._meter.wh_in + self._meter.wh_out - self._saved_wh >= self.terms.slice_wh
        changed = self.hold is not held_before or len(self.outstanding) != taken
        save = bool(effects or new or ends or moved or changed or granted_i)
        if save:
            self._saved_wh = self._meter.wh_in + self._meter.wh_out
        return Outcome(
            effects=tuple(effects),
            findings=frozenset(findings),
            hold=self.hold,
            save=save,
            credit_wh=self.credit_wh,
            budget_i=granted_i,
        )

    # Metering

    def _bill_interval(self, metered: Metered, reading: Reading) -> int:
        """Bill what was metered in whole seconds, and return the second that it is now."""
        from_s, to_s = self._billed_to_s, max(self._billed_to_s, metered.now_ms // _MS_PER_S)
        lasts_ms = metered.lasts_ms + self._carry_ms
        lasts_s = min(lasts_ms // _MS_PER_S, to_s - from_s)
        self._carry_ms = min(lasts_ms - lasts_s * _MS_PER_S, _MS_PER_S) if metered.lasts_ms else self._carry_ms
        if self._meter.power_mw is not None:
            self._power_w = abs(self._meter.power_mw) // _MS_PER_S
        elif metered.lasts_ms:
            moved = (metered.wh_in + metered.wh_out) * _S_PER_H * _MS_PER_S // metered.lasts_ms
            self._power_w = min(self._meter.most_w, moved)
        charging = bool(metered.wh_in or metered.wh_out) if reading.charging is None else reading.charging
        self._bill.add(
            from_s,
            to_s,
            metered.wh_in,
            lasts_s,
            charging=charging,
            held=reading.held or self.hold is Hold.LEDGER_AWAY,
            wh_out=metered.wh_out,
            power_w=self._power_w,
        )
        self._billed_to_s = to_s
        return to_s

    def _feed(self, wh: int, *, on_request: bool, settles: bool = False) -> None:
        if on_request:
            self._fed.pending += wh
        else:
            self._fed.feed_in += wh
        if settles:
            self._fed.feed_in += self._fed.pending
            self._fed.pending = 0

    def _grant(self, now_s: int, budget_i: int) -> int:
        """Take from the operator's budget what negative prices pay. Return how much."""
        if not (self.is_billed and self._bill.may_pay):
            return 0
        wanted = floor(self._bill.priced().negative * self.terms.rate) - sum(self.granted.values())
        granted = max(0, min(wanted, budget_i))
        if granted:
            day = self._local(now_s).date().isoformat()
            self.granted[day] = self.granted.get(day, 0) + granted
        return granted

    def _local(self, at_s: int) -> datetime:
        return datetime.fromtimestamp(at_s, UTC).astimezone(self._zone)

    # What is due

    def total(self) -> Amount:
        """Return what the tariff's prices come to so far, in its currency."""
        return self._total(self._bill.priced())

    def _total(self, priced: Priced) -> Amount:
        withheld = max(Fraction(0), priced.negative - sum(self.granted.values()) / self.terms.rate)
        return self._bill.total(priced, withheld)

    def _owed_i(self, ahead_wh: int = 0, ahead_by: PriceComponent | None = None) -> int:
        return floor(self._bill.written(self._total(self._bill.priced(ahead_wh, ahead_by))) * self.terms.rate)

    def _slice(self) -> tuple[int, int, int]:
        """Return what a payment covers in multiples of, at which arrears one is due, and how far ahead it may cover."""
        slice_wh, credit_wh = self.terms.slice_wh, self.terms.credit_wh
        if self._power_w > _FAST_W:
            slice_wh = max(slice_wh, -(-self._power_w * _FAST_SLICE_S // (_S_PER_H * 10)) * 10)
        ahead = max(credit_wh, slice_wh // 2)
        if self._power_w > _FAST_W:
            return slice_wh, slice_wh - ahead, ahead
        half, moves = max(1, slice_wh // 2), self._power_w * _SLACK_S // _S_PER_H
        due_at = max(0, min(slice_wh, credit_wh // 2, (credit_wh - moves) // half * half))
        return half, due_at, ahead

    def _orders(self, now_s: int, situation: Situation) -> Iterator[Effect]:
        """Order what is due while the car is plugged in."""
        yield from self._sun_orders(now_s, _SUN_WH)
        if not self.is_billed:
            self._account.covered_wh = self._account.paid_wh = self._bill.wh
            return
        account, price = self._account, self._bill.now(now_s)
        per_wh = price_of(price) * self.terms.rate / _WH_PER_KWH
        energy = self._energy_order(now_s, price, per_wh, situation.affordable_i)
        if energy:
            yield from self._order(energy)
        left = situation.affordable_i
        if left is not None and energy and energy.stream is Stream.ENERGY:
            left -= energy.amount_i
        fee_i = self.fee_i - account.fee_i
        if fee_i > max(Fraction(0), per_wh) * self.terms.slice_wh * 3 / 4 and self._is_free(Stream.FEE):
            yield from self._fee(now_s, fee_i, left)
        fed = self._fed.feed_in - account.fed_covered_wh
        if fed * 4 >= self.terms.credit_wh * 3 and self._is_free(Stream.FEED_IN):
            yield from self._fed_in(now_s)

    def _energy_order(
        self, now_s: int, price: PriceComponent | None, per_wh: Fraction, affordable_i: int | None
    ) -> Order | None:
        account, wh = self._account, self._bill.wh
        slice_wh, due_at, ahead_wh = self._slice()
        arrears = wh - account.covered_wh
        if not (self._is_free(Stream.ENERGY) and self._is_free(Stream.ENERGY_BACK)):
            return None
        if arrears >= due_at:
            cover = max(wh, (wh + ahead_wh) // slice_wh * slice_wh) if per_wh > 0 else wh
        elif now_s - account.ordered_at >= _EVERY_S and self._is_behind(arrears, per_wh):
            cover = max(wh, account.covered_wh) if per_wh > 0 else wh
        else:
            return None
        amount_i = self._owed_i(cover - wh, price) - account.energy_i
        if affordable_i is not None and amount_i > affordable_i:
            cover, amount_i = self._affordable(wh, per_wh, affordable_i)
            if amount_i <= 0:
                return None
        account.covered_wh, account.ordered_at = max(cover, 0), now_s
        if not amount_i:
            account.paid_wh = account.covered_wh
            return None
        account.energy_i += amount_i
        return self._new_energy(now_s, amount_i)

    def _is_behind(self, arrears: int, per_wh: Fraction) -> bool:
        """Return whether more is owed than the energy that is not covered explains: time, fees, or another price."""
        explained = max(Fraction(0), per_wh) * arrears
        return self._owed_i() - self._account.energy_i - explained > max(Fraction(0), per_wh) * self.terms.slice_wh / 4

    def _affordable(self, wh: int, per_wh: Fraction, affordable_i: int) -> tuple[int, int]:
        """Return what the wallet can cover of the arrears, Wh, and its amount; 0 where it is too little."""
        due_i = self._owed_i() - self._account.energy_i
        if due_i <= affordable_i:
            return wh, due_i
        if per_wh <= 0 or affordable_i < per_wh * self.terms.slice_wh / 2:
            return wh, 0
        cover = wh - ceil((due_i - affordable_i) / per_wh)
        return max(cover, self._account.covered_wh, 0), affordable_i

    def _new_energy(self, now_s: int, amount_i: int) -> Order:
        assert self.payer is not None  # noqa: S101  # nothing is ordered of nobody
        if amount_i > 0:
            return self._new(Stream.ENERGY, self.payer, self.terms.seller, amount_i, now_s)
        return self._new(Stream.ENERGY_BACK, self.terms.seller, self.payer, -amount_i, now_s)

    def _final_orders(self, now_s: int, situation: Situation) -> Iterator[Effect]:
        """Order all that is left, as far as the wallet allows."""
        yield from self._sun_orders(now_s, 1)
        if not self.is_billed:
            return
        account, left = self._account, situation.affordable_i
        amount_i = self._owed_i() - account.energy_i
        if left is not None and amount_i > left:
            amount_i = max(0, left)
        if amount_i:
            account.energy_i += amount_i
            account.covered_wh = self._bill.wh
            if left is not None:
                left -= max(0, amount_i)
            yield from self._order(self._new_energy(now_s, amount_i))
        else:
            account.covered_wh = self._bill.wh
        yield from self._fee(now_s, self.fee_i - account.fee_i, left, partly=True)
        yield from self._fed_in(now_s)

    def _fee(self, now_s: int, fee_i: int, left: int | None, *, partly: bool = False) -> Iterator[Effect]:
        assert self.payer is not None  # noqa: S101  # nothing is ordered of nobody
        if left is not None and fee_i > left:
            fee_i = left if partly else 0
        if fee_i > 0:
            self._account.fee_i += fee_i
            yield from self._order(self._new(Stream.FEE, self.payer, self.terms.operator, fee_i, now_s))

    def _fed_in(self, now_s: int) -> Iterator[Effect]:
        assert self.payer is not None  # noqa: S101  # nobody is paid who is not there
        amount_i = self.feed_in_i - self._account.feed_in_i
        self._account.fed_covered_wh = self._fed.feed_in
        if amount_i > 0:
            self._account.feed_in_i += amount_i
            yield from self._order(self._new(Stream.FEED_IN, self.terms.operator, self.payer, amount_i, now_s))

    def _sun_orders(self, now_s: int, least_wh: int) -> Iterator[Effect]:
        """Pay those whose sun it was, once so much is not paid."""
        per_wh = self.terms.sun * self.terms.rate / _WH_PER_KWH
        if not per_wh:
            return
        for name, wh in sorted(self.sun_wh.items()):
            amount_i = floor(per_wh * wh) - self.sun_i.get(name, 0)
            if amount_i > 0 and amount_i >= per_wh * least_wh - 1 and name != self.terms.operator:
                self.sun_i[name] = self.sun_i.get(name, 0) + amount_i
                yield from self._order(self._new(Stream.SUN, self.terms.operator, name, amount_i, now_s))

    def _refunds(self, now_s: int) -> Iterator[Order]:
        """Undo what the payer so far paid and got, net with each other side."""
        if self.payer is None:
            return
        account = self._account
        net = {self.terms.seller: account.energy_i}
        net[self.terms.operator] = net.get(self.terms.operator, 0) + account.fee_i - account.feed_in_i
        for other, amount_i in net.items():
            if amount_i > 0:
                yield self._new(Stream.REFUND, other, self.payer, amount_i, now_s)
            elif amount_i < 0:
                yield self._new(Stream.REFUND_BACK, self.payer, other, -amount_i, now_s)

    # Orders

    def _new(self, stream: Stream, source: str, target: str, amount_i: int, now_s: int) -> Order:
        payer = len(self.payers) - 1
        who = target if stream is Stream.SUN else str(payer)
        order = Order(
            payment_id=payment_id(self.session_id, who, self._number, stream),
            stream=stream,
            payer=payer,
            source=source,
            target=target,
            amount_i=amount_i,
            at=now_s,
            covered_wh=self._account.covered_wh,
        )
        self._number += 1
        return order

    def _order(self, order: Order) -> Iterator[Effect]:
        if order.source == order.target:  # a household that charges at its own charger moves nothing
            self._arrived(order)
            return
        self.outstanding[order.payment_id] = order
        self._list(order)
        yield from order.effects(self.session_id)

    def _list(self, order: Order) -> None:
        self.orders.append(order)
        if len(self.orders) > _MOST_LISTED:
            oldest = self.orders.pop(0)
            key = f"{oldest.payer}:{oldest.stream.value}:{oldest.source}:{oldest.target}"
            self.older_i[key] = self.older_i.get(key, 0) + oldest.amount_i
            self.older += 1

    def _is_free(self, stream: Stream) -> bool:
        """Return whether nothing of this kind is under way for the present payer."""
        payer = len(self.payers) - 1
        return not any(each.stream is stream and each.payer == payer for each in self.outstanding.values())

    def _arrived(self, order: Order) -> None:
        if order.payer == len(self.payers) - 1 and order.stream in {Stream.ENERGY, Stream.ENERGY_BACK}:
            self._account.paid_wh = max(self._account.paid_wh, order.covered_wh)

    def _take_paid(self, paid: Mapping[str, int], findings: set[Finding]) -> None:
        """Take in what the ledger says. It has the last word: also on amounts, and on payments that a backup forgot."""
        for payment, amount_i in paid.items():
            if (order := self.outstanding.pop(payment, None)) is not None:
                if order.amount_i != amount_i:
                    findings.add(Finding.LEDGER_DIFFERS)
                    self._adjust(order.stream, order.payer, order.target, amount_i - order.amount_i)
                    self._replace(order, amount_i)
                self._arrived(order)
        for payment, amount_i in paid.items():
            said = named(self.session_id, payment)
            if said is None or said[1] < self._number:
                continue
            findings.add(Finding.LEDGER_DIFFERS)
            self._adopt(payment, *said, amount_i)

    def _adopt(self, payment: str, who: str, number: int, stream: Stream, amount_i: int) -> None:
        """Take in a payment that was made in a future that a backup has undone."""
        self._number = number + 1
        payer = len(self.payers) - 1
        if stream is not Stream.SUN and who != str(payer):
            return
        seller, operator, car = self.terms.seller, self.terms.operator, self.payer or ""
        source, target = {
            Stream.ENERGY: (car, seller),
            Stream.ENERGY_BACK: (seller, car),
            Stream.FEE: (car, operator),
            Stream.FEED_IN: (operator, car),
            Stream.SUN: (operator, who),
        }.get(stream, ("", ""))
        if not source or amount_i <= 0:
            return
        self._adjust(stream, payer, target, amount_i)
        covered = self._account.covered_wh
        self._list(
            Order(
                payment_id=payment,
                stream=stream,
                payer=payer,
                source=source,
                target=target,
                amount_i=amount_i,
                at=self._billed_to_s,
                covered_wh=covered,
            )
        )

    def _adjust(self, stream: Stream, payer: int, target: str, by_i: int) -> None:
        """Correct what was ordered by what the ledger has."""
        if stream is Stream.SUN:
            self.sun_i[target] = self.sun_i.get(target, 0) + by_i
        if payer != len(self.payers) - 1:
            return
        if stream is Stream.ENERGY:
            self._account.energy_i += by_i
        elif stream is Stream.ENERGY_BACK:
            self._account.energy_i -= by_i
        elif stream is Stream.FEE:
            self._account.fee_i += by_i
        elif stream is Stream.FEED_IN:
            self._account.feed_in_i += by_i

    def _replace(self, order: Order, amount_i: int) -> None:
        for index, each in enumerate(self.orders):
            if each.payment_id == order.payment_id:
                self.orders[index] = replace(order, amount_i=amount_i)

    def _close(self) -> None:
        settled = not self.outstanding and not self.debt_i
        if settled and self.phase is Phase.SETTLING:
            self.phase = Phase.DONE

    # What the car is told

    def _why_held(self, now_s: int, situation: Situation) -> Hold | None:
        if self.guest is Guest.REFUSED:
            return Hold.GUEST_REFUSED
        if not self.is_billed:
            return None
        price, most = self._bill.now(now_s), self.terms.most_per_kwh
        if most is not None and price_of(price) > most:
            return Hold.PRICE_ABOVE_LIMIT
        _slice_wh, due_at, _ahead_wh = self._slice()
        moving = min(self._power_w * _RESERVE_S // _S_PER_H, self.terms.away_wh // 2)
        unpaid = self._bill.wh - self._account.paid_wh
        limit = max(self.terms.away_wh, due_at + moving + self._power_w * _PAYING_S // _S_PER_H)
        under_way = not (self._is_free(Stream.ENERGY) and self._is_free(Stream.ENERGY_BACK))
        if under_way and (unpaid + moving >= limit or (self.hold is Hold.LEDGER_AWAY and unpaid >= due_at)):
            return Hold.LEDGER_AWAY
        arrears = self._bill.wh - self._account.covered_wh
        short = situation.affordable_i is not None and arrears >= due_at and not under_way
        if short and price_of(price) > 0 and self.terms.empty is EmptyWallet.PAUSE:
            return Hold.WALLET_EMPTY
        return None

    # The books

    def _month_line(self, now_s: int) -> Iterator[Effect]:
        """Book the energy so far when a month begins, so that each month's statement has its own."""
        month = f"{self._local(now_s):%Y-%m}"
        if self._month and month != self._month:
            yield from self._energy_line(now_s)
        self._month = month

    def _energy_line(self, now_s: int) -> Iterator[BookEntry]:
        wh_in, wh_out = self._meter.wh_in - self._booked[0], self._meter.wh_out - self._booked[1]
        if not (wh_in or wh_out):
            return
        whose = self.payer or self.charger
        for side, participant, other, in_, out in (
            ("car", whose, self.terms.seller, wh_in, wh_out),
            ("grid", self.terms.seller, whose, wh_out, wh_in),
        ):
            yield BookEntry(
                entry_id=f"{self.session_id}:energy:{self._booked[2]}:{side}",
                participant=participant,
                at=float(now_s),
                kind=Kind.CHARGING,
                reference=self.session_id,
                wh_in=in_,
                wh_out=out,
                counterparty=other,
                details={"charger": self.charger},
            )
        self._booked = [self._meter.wh_in, self._meter.wh_out, self._booked[2] + 1]

    # Storing

    def to_dict(self) -> dict[str, Any]:
        """Return the session as JSON."""
        return {
            "version": _VERSION,
            "session_id": self.session_id,
            "charger": self.charger,
            "terms": self.terms.to_dict(),
            "payers": list(self.payers),
            "guest": self.guest and self.guest.value,
            "phase": self.phase.value,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "meter": self._meter.to_dict(),
            "bill": self._bill.to_dict(),
            "account": {each.name: getattr(self._account, each.name) for each in fields(_Account)},
            "fed": {each.name: getattr(self._fed, each.name) for each in fields(_Fed)},
            "orders": [order.to_dict() for order in self.orders],
            "outstanding": [order.to_dict() for order in self.outstanding.values()],
            "older": self.older,
            "older_i": dict(self.older_i),
            "granted": dict(self.granted),
            "sun_wh": dict(self.sun_wh),
            "sun_i": dict(self.sun_i),
            "found": sorted(self.found),
            "hold": self.hold and self.hold.value,
            "number": self._number,
            "carry_ms": self._carry_ms,
            "billed_to_s": self._billed_to_s,
            "power_w": self._power_w,
            "booked": list(self._booked),
            "month": self._month,
        }

    @classmethod
    def from_dict(cls, value: object, zone: tzinfo) -> Session:
        """Return the session that was stored; `zone` is the one that its terms name.

        Raises StoredError for anything else, SessionError and TariffError where its terms or its tariff cannot be.
        """
        stored = Stored.open(value, "session", _VERSION)
        payers: list[str | None] = stored.list("payers")
        if not payers or not all(each is None or isinstance(each, str) for each in payers):
            raise stored.wrong("payers", "a list of payers")
        session = cls(
            stored.text("session_id"),
            stored.text("charger"),
            Terms.from_dict(stored.value("terms")),
            zone,
            Meter.from_dict(stored.value("meter")),
            stored.whole("started_at"),
            payer=payers[-1],
            guest=stored.optional_choice("guest", Guest),
        )
        session.payers = payers
        session.phase = stored.choice("phase", Phase)
        session.ended_at = stored.whole("ended_at", session.started_at)
        bill = stored.object("bill")
        rows = [Row.from_list(each, f"session.bill.rows[{index}]") for index, each in enumerate(bill.list("rows"))]
        session._bill.row_wh = bill.whole("row_wh", 1)
        bill.end()
        session._bill.restore(rows)
        session._account = _numbers(stored.object("account"), _Account)
        session._fed = _numbers(stored.object("fed"), _Fed)
        session.orders = [Order.from_dict(each) for each in stored.objects("orders")]
        session.outstanding = {order.payment_id: order for order in map(Order.from_dict, stored.objects("outstanding"))}
        session.older, session.older_i = stored.whole("older", 0), stored.wholes("older_i")
        session.granted = stored.wholes("granted")
        session.sun_wh, session.sun_i = stored.wholes("sun_wh"), stored.wholes("sun_i")
        session.found = _choices(stored, "found", Finding)
        session.hold = stored.optional_choice("hold", Hold)
        session._number = stored.whole("number", 0)
        session._carry_ms = stored.whole("carry_ms", 0)
        session._billed_to_s = stored.whole("billed_to_s", session.started_at)
        session._power_w = stored.whole("power_w", 0)
        booked = stored.list("booked")
        if len(booked) != len(session._booked) or not all(type(each) is int and each >= 0 for each in booked):
            raise stored.wrong("booked", "three whole numbers")
        session._booked = booked
        session._month = stored.text("month")
        session._saved_wh = session._meter.wh_in + session._meter.wh_out
        stored.end()
        if session._bill.wh != session._meter.wh_in:
            raise stored.impossible("bill", session._bill.wh)
        return session


def _numbers[T: (_Account, _Fed)](stored: Stored, kind: type[T]) -> T:
    found = kind(**{each.name: stored.whole(each.name) for each in fields(kind)})
    stored.end()
    return found


def _choices(stored: Stored, name: str, kind: type[Finding]) -> set[Finding]:
    known = {each.value: each for each in kind}
    found = stored.texts(name)
    if any(each not in known for each in found):
        raise stored.wrong(name, "known texts")
    return {known[each] for each in found}
