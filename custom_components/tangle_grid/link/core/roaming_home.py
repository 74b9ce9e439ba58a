"""A stay of an own car elsewhere, as its home sees it: what it agreed to, what it has paid, and what it refuses.

A bill is paid once, under its id, and only within what was offered at plug-in: so much for a kWh, for energy that the
charger can have given by now, and at most a kilowatt-hour ahead. What the host says beyond that costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from .bodies import body_of
from .checks import read_fields
from .roaming import CREDIT_WH, StayBack, StayBill, StayEnded, StayOffer, StayPaid

_WH_PER_KWH: Final = 1_000
_S_PER_H: Final = 3_600
#: Chargers give a little more than they say, and clocks run apart.
_MARGIN_PERCENT: Final = 110
#: Who was not heard for so long may be somewhere else by now, s.
SILENT_S: Final = 600.0


class Refusal(StrEnum):
    """Why a home does not pay."""

    UNKNOWN = "unknown_stay"
    PRICE = "price_above_limit"
    ELSEWHERE = "car_is_elsewhere"
    OTHER_TANGLE = "other_tangle"
    NOT_ALLOWED = "roaming_not_allowed"
    NOT_OFFERED = "more_than_offered"
    TOO_FAST = "more_than_the_charger_gives"
    AHEAD = "more_than_a_kwh_ahead"
    OVER = "stay_is_over"
    WRONG_CAR = "wrong_car"


@dataclass(slots=True, kw_only=True)
class HomeStay:
    """One stay.

    Attributes:
        offer: What the host has offered.
        vehicle: Which car.
        source: The link over which the host is reached.
        since: When the home agreed, by its own clock of the grid, s.
        heard_at: When the host was heard last, the same.
        bills: What is being paid.
        paid: What is paid, iota and the transaction, by payment.
        backs: What the host has paid, and was seen on the ledger.
        ended: What the host says that it came to; None: it goes on.
        told: The addresses that were named for what the host pays, 90 trytes.
    """

    offer: StayOffer
    vehicle: str
    source: str
    since: float
    heard_at: float = 0.0
    bills: dict[str, StayBill] = field(default_factory=dict)
    paid: dict[str, tuple[int, str]] = field(default_factory=dict)
    backs: dict[str, StayBack] = field(default_factory=dict)
    ended: StayEnded | None = None
    told: list[str] = field(default_factory=list)

    @property
    def spent_i(self) -> int:
        """What was paid, or is being paid, iota: what came back is not taken off."""
        return sum(bill.amount_i for bill in self.bills.values()) + self.paid_i

    @property
    def paid_i(self) -> int:
        """What was paid, iota."""
        return sum(amount_i for amount_i, _tail in self.paid.values())

    @property
    def back_i(self) -> int:
        """What the host has paid back or for energy, iota; rewards are not in it."""
        return sum(back.amount_i for back in self.backs.values() if not back.reward)

    @property
    def is_settled(self) -> bool:
        """Whether it is over, all that was billed is paid, and what is left of that is what it cost."""
        if self.ended is None or self.bills or self.paid_i < self.ended.billed_i:
            return False
        return self.paid_i - self.back_i == self.ended.total_i

    def most_i(self, covered_wh: int, now: float) -> int:
        """Return what may be paid at most for so much energy by now, iota."""
        hours_i = -(-self.offer.hour_i * round(self._seconds(now)) // _S_PER_H)
        return self.offer.flat_i + hours_i - (-self.offer.most_i * covered_wh // _WH_PER_KWH)

    def most_wh(self, now: float) -> int:
        """Return what the charger can have given by now at most, Wh."""
        given = self.offer.most_w * round(self._seconds(now)) * _MARGIN_PERCENT // (100 * _S_PER_H)
        return self.offer.wh + given + CREDIT_WH

    def _seconds(self, now: float) -> float:
        return max(0.0, now - self.since)

    def why_not(self, bill: StayBill, now: float) -> Refusal | None:
        """Return why a bill is not paid; None: it may be."""
        if not bill.payment.startswith(f"{self.offer.stay}:"):
            return Refusal.NOT_OFFERED
        if bill.token != self.offer.token:
            return Refusal.WRONG_CAR
        if bill.covered_wh > bill.wh + CREDIT_WH:
            return Refusal.AHEAD
        if bill.wh > self.most_wh(now):
            return Refusal.TOO_FAST
        others_i = self.spent_i - (known.amount_i if (known := self.bills.get(bill.payment)) else 0)
        covered_wh = max(bill.wh, bill.covered_wh)
        if self.ended is not None and covered_wh > self.ended.wh + CREDIT_WH:
            return Refusal.OVER
        if others_i + bill.amount_i > self.most_i(covered_wh, now):
            return Refusal.NOT_OFFERED
        return None

    def take(self, bill: StayBill, now: float) -> StayPaid | None:
        """Take a bill: return what became of it, None where it is to be paid now (it is among `bills`).

        The same bill again pays nothing more; another amount under the same id neither, whatever came of the first.
        """
        self.heard_at = max(self.heard_at, now)
        if bill.payment in self.paid:
            return self.receipt(bill.payment)
        known = self.bills.get(bill.payment)
        if known is not None:
            # An address that was spent from since gets a new one; the amount stays what was ordered.
            self.bills[bill.payment] = StayBill(**{**_fields(known), "payee": bill.payee})
            return None
        if (reason := self.why_not(bill, now)) is not None:
            return StayPaid(stay=bill.stay, payment=bill.payment, amount_i=bill.amount_i, reason=reason)
        self.bills[bill.payment] = bill
        return None

    def was_paid(self, payment: str, amount_i: int, tail: str) -> None:
        """Note that the ledger has confirmed a payment."""
        self.bills.pop(payment, None)
        self.paid[payment] = (amount_i, tail)

    def receipt(self, payment: str, payee: str | None = None) -> StayPaid:
        """Return what is said of a payment that was made."""
        amount_i, tail = self.paid[payment]
        return StayPaid(stay=self.offer.stay, payment=payment, amount_i=amount_i, tail=tail, payee=payee)

    def may_be_over(self, now: float) -> bool:
        """Return whether the car may be somewhere else by now: its host was not heard for ten minutes."""
        return self.ended is not None or not 0 <= now - self.heard_at < SILENT_S

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {
            "offer": body_of(self.offer),
            "vehicle": self.vehicle,
            "source": self.source,
            "since": self.since,
            "heard_at": self.heard_at,
            "bills": [body_of(bill) for bill in self.bills.values()],
            "paid": {payment: list(paid) for payment, paid in self.paid.items()},
            "backs": [body_of(back) for back in self.backs.values()],
            "told": list(self.told),
            "ended": None if self.ended is None else body_of(self.ended),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> HomeStay:
        """Go on after a restart: what was to be paid is handed over again.

        Raises:
            KeyError, TypeError, ValueError, AttributeError, LinkRefusal: it is not what `to_dict` gave.
        """
        bills = [read_fields(StayBill, bill) for bill in stored["bills"]]
        backs = [read_fields(StayBack, back) for back in stored["backs"]]
        return cls(
            offer=read_fields(StayOffer, stored["offer"]),
            vehicle=str(stored["vehicle"]),
            source=str(stored["source"]),
            since=float(stored["since"]),
            heard_at=float(stored["heard_at"]),
            bills={bill.payment: bill for bill in bills},
            paid={str(payment): (int(amount_i), str(tail)) for payment, (amount_i, tail) in stored["paid"].items()},
            backs={back.payment: back for back in backs},
            told=[str(address) for address in stored["told"]],
            ended=None if stored["ended"] is None else read_fields(StayEnded, stored["ended"]),
        )


def _fields(bill: StayBill) -> dict[str, Any]:
    return {name: getattr(bill, name) for name in StayBill.checks}
