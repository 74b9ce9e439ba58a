"""A stay of a car from elsewhere, as its host sees it: offered, accepted, billed, and paid once the ledger shows it.

What the home says of a payment is believed when the host has seen it on its own ledger. Until then it is credit: the
session stops the car before that is more than a kilowatt-hour.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .bodies import body_of
from .checks import read_fields
from .roaming import HomeSays, HostSays, StayAnswer, StayBack, StayBill, StayEnded, StayKept, StayOffer, StayPaid

_AGAIN_S: Final = 20.0
_LATER_S: Final = 600.0
#: After so many times a letter is said again more seldom.
_OFTEN: Final = 30


@dataclass(slots=True)
class _Said:
    at: float
    times: int = 1


@dataclass(slots=True, kw_only=True)
class HostStay:
    """One stay.

    Attributes:
        offer: What the home was shown.
        charger: Where it is.
        source: The link over which the home is reached.
        answer: The newest answer of the home; None: there is none yet.
        payee: Where the car is paid; None: the home has not said so.
        claims: Payments that the home says are made, and that were not seen yet: the transaction and iota of each.
        paid: Payments that were seen on the ledger, iota.
        refused: Why the home does not pay, by payment.
        seen_in: The transaction of each of these: none pays twice.
        told: The addresses that bills have named, 90 trytes: only what these were credited counts.
        billed: The payments that were asked for: what the home says of others is nothing.
        backs: What was paid to the car and the home does not have in its books yet, by payment.
        ended: What it came to, when the car has left.
        closed: Whether the home has that in its books.
    """

    offer: StayOffer
    charger: str
    source: str
    answer: StayAnswer | None = None
    payee: str | None = None
    claims: dict[str, tuple[str, int]] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    seen_in: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    billed: list[str] = field(default_factory=list)
    backs: dict[str, StayBack] = field(default_factory=dict)
    ended: StayEnded | None = None
    closed: bool = False
    _said: dict[str, _Said] = field(default_factory=dict)

    @property
    def received_i(self) -> int:
        """What the home has paid, and the ledger shows, iota."""
        return sum(self.paid[payment] for payment in self.seen_in)

    @property
    def accepted(self) -> bool:
        """Whether the home pays."""
        return self.answer is not None and self.answer.accepted

    def take(self, said: HomeSays) -> bool:
        """Take what the home says; return whether anything is to be kept."""
        before = self.to_dict()
        if said.stay != self.offer.stay:
            return False
        match said:
            case StayAnswer():
                self.answer = said
                self.payee = said.payee or self.payee
            case StayPaid():
                self.payee = said.payee or self.payee
                if said.payment in self.paid or said.payment not in self.billed:
                    return False
                if said.tail is not None:
                    self.claims[said.payment] = (said.tail, said.amount_i)
                    self.refused.pop(said.payment, None)
                elif said.reason is not None:
                    self.refused[said.payment] = said.reason
            case StayKept(payment=None):
                self.closed = self.ended is not None
            case StayKept(payment=str(payment)):
                self.backs.pop(payment, None)
            case _:
                return False
        return self.to_dict() != before

    def seen(self, payment: str, *, holds: bool) -> None:
        """Note that the ledger shows a payment that the home has claimed; or that the claim is not true."""
        tail, amount_i = self.claims.pop(payment)
        if holds:
            self.paid[payment], self.seen_in[payment] = amount_i, tail
        else:
            self.refused[payment] = "not_seen"

    def due(self, mono: float, bills: Iterable[StayBill]) -> list[HostSays]:
        """Return what is to be said now, again where nobody has answered yet.

        Args:
            mono: Own seconds, of a clock that never goes back.
            bills: What is ordered and not paid.
        """
        if self.answer is None:
            return [self.offer] if self._again("offer", mono) else []
        said: list[HostSays] = []
        if self.answer.accepted:
            for bill in bills:
                if bill.payment not in self.claims and self._again(f"bill {bill.payment} {bill.payee}", mono):
                    self.told = [*(each for each in self.told if each != bill.payee), bill.payee]
                    if bill.payment not in self.billed:
                        self.billed.append(bill.payment)
                    said.append(bill)
        said += [back for back in self.backs.values() if self._again(f"back {back.payment}", mono)]
        if self.ended is not None and not self.closed and self._again("ended", mono):
            said.append(self.ended)
        return said

    def _again(self, what: str, mono: float) -> bool:
        said = self._said.get(what)
        if said is None:
            self._said[what] = _Said(mono)
            return True
        if 0 <= mono - said.at < (_AGAIN_S if said.times < _OFTEN else _LATER_S):
            return False
        said.at, said.times = mono, said.times + 1
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON."""
        return {
            "offer": body_of(self.offer),
            "charger": self.charger,
            "source": self.source,
            "answer": None if self.answer is None else body_of(self.answer),
            "payee": self.payee,
            "claims": {payment: list(claim) for payment, claim in self.claims.items()},
            "paid": dict(self.paid),
            "refused": dict(self.refused),
            "seen_in": dict(self.seen_in),
            "told": list(self.told),
            "billed": list(self.billed),
            "backs": [body_of(back) for back in self.backs.values()],
            "ended": None if self.ended is None else body_of(self.ended),
            "closed": self.closed,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> HostStay:
        """Go on after a restart: what was not answered is said again.

        Raises:
            KeyError, TypeError, ValueError, AttributeError, LinkRefusal: it is not what `to_dict` gave.
        """
        backs = [read_fields(StayBack, back) for back in stored["backs"]]
        return cls(
            offer=read_fields(StayOffer, stored["offer"]),
            charger=str(stored["charger"]),
            source=str(stored["source"]),
            answer=None if stored["answer"] is None else read_fields(StayAnswer, stored["answer"]),
            payee=stored["payee"],
            claims={str(payment): (str(tail), int(amount_i)) for payment, (tail, amount_i) in stored["claims"].items()},
            paid={str(payment): int(amount_i) for payment, amount_i in stored["paid"].items()},
            refused={str(payment): str(reason) for payment, reason in stored["refused"].items()},
            seen_in={str(payment): str(tail) for payment, tail in stored["seen_in"].items()},
            told=[str(address) for address in stored["told"]],
            billed=[str(payment) for payment in stored["billed"]],
            backs={back.payment: back for back in backs},
            ended=None if stored["ended"] is None else read_fields(StayEnded, stored["ended"]),
            closed=bool(stored["closed"]),
        )
