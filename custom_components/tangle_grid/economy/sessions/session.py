"""A charging session from plug to plug, as a saga that a crash at any step does not harm.

Whoever runs it stores it (`to_dict`) and the effects of a step in one transaction, and only then orders the
transfers; each until the ledger has it, however often. So whatever was ordered is known to the stored session, and what
a crash takes away is at most the metering since then: a counter tells it again, and power that nobody measured is not
billed.

It is made of `metered_bill`, what was taken and what that costs, of `account`, what was ordered and paid of it, and of
`energy_lines`, what the books say of its energy. `slices` says when a payment is due.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, Self

from ..effects import Effect
from ..stored import Stored
from .account import Account
from .energy_lines import EnergyLines
from .errors import SessionError
from .meter import Finding, Meter, Reading
from .metered_bill import MeteredBill
from .orders import Order
from .quote import Quote, price_of, quote
from .slices import Slices, slices
from .stored_form import read_account, read_findings, read_lines, read_metered, sums_dict
from .sun import shared_out
from .terms import EmptyWallet, Guest, Terms

_VERSION: Final = 1
_MS_PER_S: Final = 1000
_S_PER_H: Final = 3600
#: So much before the limit, s of its power but no more than so many Wh, a car at its safe current stops: two restarts
#: in a row stay within it.
_FALLING_S: Final = 120
_FALLING_WH: Final = 125
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
        most_w: What the car may take from one moment to the next, W: the most that its charger can give. 0 is no more
            than it took of late.
    """

    paid: Mapping[str, int] = _NONE
    affordable_i: int | None = None
    budget_i: int = 0
    sun_wh: Mapping[str, int] = _NONE
    drawn_wh: int = 0
    most_w: int = 0


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
        self.session_id, self.charger, self.terms, self.guest = session_id, charger, terms, guest
        self.phase = Phase.OPEN
        self.started_at, self.ended_at = started_at, started_at
        self.metered = MeteredBill(terms, zone, meter, started_at)
        self.account = Account(session_id, terms, self.metered, payer, started_at)
        self.lines = EnergyLines()
        self.found: set[Finding] = set()
        self.hold: Hold | None = None
        #: Whether the car has to stop where it can: what it draws at its safe current would pass the limit.
        self.pauses = False
        self.saved_wh = 0

    # What it came to

    @property
    def payer(self) -> str | None:
        """Return who pays, None if nobody does."""
        return self.account.payer

    @property
    def is_billed(self) -> bool:
        """Return whether somebody pays for it."""
        return self.account.is_billed

    @property
    def wh_in(self) -> int:
        """Return what the car took, Wh."""
        return self.metered.meter.wh_in

    @property
    def wh_out(self) -> int:
        """Return what the car fed back, Wh."""
        return self.metered.meter.wh_out

    @property
    def charge_i(self) -> int:
        """Return what the tariff's prices come to so far, cumulative; negative is what the car gets."""
        return self.account.charge_i

    @property
    def fee_i(self) -> int:
        """Return the operator's fee so far, cumulative."""
        return self.account.fee_i

    @property
    def feed_in_i(self) -> int:
        """Return what the car earned by feeding back so far, cumulative."""
        return self.account.feed_in_i

    @property
    def outstanding(self) -> Mapping[str, Order]:
        """Return the payments that are under way, by their names."""
        return self.account.outstanding

    @property
    def credit_wh(self) -> int:
        """Return energy that the car took and that is not paid, Wh; negative is paid ahead."""
        return self.account.credit_wh

    def quote(self, at: float) -> Quote:
        """Return what the next kWh costs by the session's tariff, and when that changes."""
        bill = self.metered.bill
        now_s = max(int(at), self.metered.billed_to_s)
        return quote(bill.tariff, now_s, self.metered.zone, self.terms.rate, start=float(self.started_at), wh=bill.wh)

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
        self._must_be_open()
        return self._advance(reading, situation, ends=False)

    def finish(self, reading: Reading, situation: Situation) -> Outcome:
        """Take the last reading in and order the last payments: the rest, or a refund of what was paid ahead.

        Energy that was fed back during requests that are not settled is paid at the feed-in rate. Raises SessionError
        `session_over` if it has ended.
        """
        self._must_be_open()
        return self._advance(reading, situation, ends=True)

    def settle(self, at: float, situation: Situation) -> Outcome:
        """Order what a session that is over still owes, as far as the wallet allows now.

        Raises SessionError `session_not_over` before `finish`.
        """
        if self.phase is Phase.OPEN:
            raise SessionError("session_not_over", {"session": self.session_id})
        was, before = self.phase, len(self.outstanding)
        findings = self.account.take_paid(situation.paid)
        effects = tuple(self.account.rest(max(int(at), self.ended_at), situation.affordable_i))
        self._close()
        save = bool(effects) or self.phase is not was or len(self.outstanding) != before
        return Outcome(effects=effects, findings=frozenset(findings), save=save, credit_wh=self.credit_wh)

    def reward_settled(self, fed_back_wh: int) -> None:
        """Say that a request is over and how much energy fed back its reward paid for; the rest is fed in.

        `overlap.rewarded_energy` tells it from the reward's receipt. Raises SessionError `session_over` after `finish`.
        """
        self._must_be_open()
        self.metered.fed.settle(fed_back_wh)

    def limit_price(self, most_per_kwh: Fraction | None) -> None:
        """Say what the car pays for a kWh at most; None is anything. It counts from the next step on."""
        if most_per_kwh != self.terms.most_per_kwh:
            self.terms = replace(self.terms, most_per_kwh=most_per_kwh)

    def bound_credit(self, most_wh: int) -> None:
        """Say that neither side gives the other credit for more than this, Wh, and that nothing is finished on credit.

        That is for a payer whose wallet is elsewhere.
        """
        terms = self.terms
        self.terms = self.account.terms = replace(
            terms,
            slice_wh=min(terms.slice_wh, most_wh),
            credit_wh=min(terms.credit_wh, most_wh),
            away_wh=min(terms.away_wh, most_wh),
            empty=EmptyWallet.PAUSE,
        )

    def correct(self, payer: str | None, guest: Guest | None, at: float) -> Outcome:
        """Say that it is another car. The one before gets back what it paid and returns what it got; this one pays all.

        Raises SessionError `session_over` after `finish`.
        """
        self._must_be_open()
        if (payer, guest) == (self.payer, self.guest):
            return Outcome(hold=self.hold, credit_wh=self.credit_wh)
        effects = tuple(self.account.change_payer(payer, max(int(at), self.metered.billed_to_s)))
        self.guest = guest
        self.hold = Hold.GUEST_REFUSED if guest is Guest.REFUSED else None
        self.pauses = False
        return Outcome(effects=effects, hold=self.hold, save=True, credit_wh=self.credit_wh)

    def _must_be_open(self) -> None:
        if self.phase is not Phase.OPEN:
            raise SessionError("session_over", {"session": self.session_id})

    def _advance(self, reading: Reading, situation: Situation, *, ends: bool) -> Outcome:
        held_before, taken = (self.hold, self.pauses), len(self.outstanding)
        held = reading.held or self.hold is Hold.LEDGER_AWAY
        metered = self.metered.take(reading, held=held, waits=self.hold is not None)
        now_s = self.metered.billed_to_s
        self.account.add_sun(shared_out(metered.wh_in, situation.sun_wh, situation.drawn_wh))
        findings = metered.findings | self.account.take_paid(situation.paid)
        granted_i = self.metered.grant(now_s, situation.budget_i) if self.is_billed else 0
        effects = [*self._energy_line(now_s)] if self.lines.look(f"{self.metered.local(now_s):%Y-%m}") else []
        if ends:
            self.phase, self.ended_at = Phase.SETTLING, now_s
            self.metered.fed.settle(0)
            effects += self.account.rest(now_s, situation.affordable_i)
            effects += self._energy_line(now_s)
            self._close()
            self.hold, self.pauses = None, False
        else:
            price = price_of(self.metered.price(now_s))
            # Nobody pays ahead for what is free, or for what it does not want at this price.
            in_advance = price > 0 and not self._is_too_dear(price)
            by = slices(self.terms, self.metered.pace_w, situation.most_w, in_advance=in_advance)
            effects += self.account.due(now_s, situation.affordable_i, by)
            self.hold = self._why_held(price, situation, by)
            self.pauses = self._must_pause(by)
        new = findings - self.found
        self.found |= findings
        moved = self.wh_in + self.wh_out - self.saved_wh >= self.terms.slice_wh
        changed = (self.hold, self.pauses) != held_before or len(self.outstanding) != taken
        save = bool(effects or new or ends or moved or changed or granted_i)
        if save:
            self.saved_wh = self.wh_in + self.wh_out
        return Outcome(
            effects=tuple(effects),
            findings=frozenset(findings),
            hold=self.hold,
            save=save,
            credit_wh=self.credit_wh,
            budget_i=granted_i,
        )

    def _energy_line(self, now_s: int) -> Iterator[Effect]:
        whose = self.payer or self.charger
        return self.lines.book(self.metered.meter, now_s, self.session_id, self.charger, whose, self.terms.seller)

    def _close(self) -> None:
        if self.phase is Phase.SETTLING and self.account.is_settled:
            self.phase = Phase.DONE

    # What the car is told

    def _is_too_dear(self, price: Fraction) -> bool:
        return self.terms.most_per_kwh is not None and price > self.terms.most_per_kwh

    def _why_held(self, price: Fraction, situation: Situation, by: Slices) -> Hold | None:
        if self.guest is Guest.REFUSED:
            return Hold.GUEST_REFUSED
        if not self.is_billed:
            return None
        if self._is_too_dear(price):
            return Hold.PRICE_ABOVE_LIMIT
        under_way = self.account.is_paying
        if under_way and (self.credit_wh >= by.wait_wh or self.hold is Hold.LEDGER_AWAY):
            return Hold.LEDGER_AWAY
        short = situation.affordable_i is not None and self.account.arrears_wh >= max(0, by.due_wh) and not under_way
        if short and price > 0 and self.terms.empty is EmptyWallet.PAUSE:
            return Hold.WALLET_EMPTY
        return None

    def _must_pause(self, by: Slices) -> bool:
        """Return whether the car has to stop: at its safe current it would take more than may be owed.

        It stops until what it took is paid: else it would begin again as soon as it draws nothing.
        """
        if self.hold in {None, Hold.GUEST_REFUSED}:
            return False
        if self.pauses:
            return self.credit_wh >= by.due_wh
        # While it still falls from its full power it does not have to stop yet.
        moving = min(self.metered.power_w * _FALLING_S // _S_PER_H, self.terms.away_wh // 8, _FALLING_WH)
        return self.credit_wh + moving >= self.terms.away_wh

    # What is stored

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        metered, account, lines = self.metered, self.account, self.lines
        return {
            "version": _VERSION,
            "session_id": self.session_id,
            "charger": self.charger,
            "terms": self.terms.to_dict(),
            "payers": list(account.payers),
            "guest": self.guest and self.guest.value,
            "phase": self.phase.value,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "meter": metered.meter.to_dict(),
            "bill": metered.bill.to_dict(),
            "account": sums_dict(account.sums),
            "fed": sums_dict(metered.fed),
            "orders": [order.to_dict() for order in account.orders],
            "outstanding": [order.to_dict() for order in account.outstanding.values()],
            "older": account.older,
            "older_i": dict(account.older_i),
            "granted": dict(metered.granted),
            "sun_wh": dict(account.sun_wh),
            "sun_i": dict(account.sun_i),
            "found": sorted(self.found),
            "hold": self.hold and self.hold.value,
            "pauses": self.pauses,
            "number": account.number,
            "carry_ms": metered.carry_ms,
            "billed_to_s": metered.billed_to_s,
            "power_w": metered.power_w,
            "pace_w": metered.pace_w,
            "booked": [lines.wh_in, lines.wh_out, lines.number],
            "month": lines.month,
        }

    @classmethod
    def from_dict(cls, value: object, zone: tzinfo) -> Self:
        """Return the session that was stored; `zone` is the one that its terms name.

        Raises:
            StoredError: For anything else.
            SessionError, TariffError: Its terms or its tariff cannot be.
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
        session.phase = stored.choice("phase", Phase)
        session.ended_at = stored.whole("ended_at", session.started_at)
        session.found = read_findings(stored)
        session.hold = stored.optional_choice("hold", Hold)
        session.pauses = stored.has("pauses") and stored.flag("pauses")
        session.lines = read_lines(stored)
        session.saved_wh = session.wh_in + session.wh_out
        read_metered(stored, session.metered)
        read_account(stored, session.account, payers)
        stored.end()
        return session
