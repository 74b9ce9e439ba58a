"""A toll is paid once for each passage. The price may be negative: it then pays the car.

The id of a passage is given when it begins and stands in its state: whoever pays it twice pays the same payment.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ..effects import Effect, Kind
from ..stored import Stored
from .consent import Answer, Decision, Reason
from .paying import payment

VERSION: Final = 1


class TollPhase(StrEnum):
    """How far the payment of a passage is: the car was asked, it said no, it pays."""

    ASKED = "asked"
    REFUSED = "refused"
    PAID = "paid"


@dataclass(frozen=True, slots=True, kw_only=True)
class TollPassage:
    """One passage of one car, with the price at that time, iota."""

    passage_id: str
    service: str
    vehicle: str
    at: int
    price_i: int
    phase: TollPhase
    reason: Reason

    @property
    def payment_id(self) -> str:
        """Return the id of its payment."""
        return f"{self.passage_id}:1"

    def pay(self, reason: Reason) -> tuple[TollPassage, tuple[Effect, ...]]:
        """Pay it, if that is not done yet."""
        if self.phase is TollPhase.PAID:
            return self, ()
        paid = replace(self, phase=TollPhase.PAID, reason=reason)
        if not self.price_i:
            return paid, ()
        effects = payment(
            self.payment_id,
            kind=Kind.TOLL,
            reference=self.passage_id,
            at=self.at,
            vehicle=self.vehicle,
            service=self.service,
            amount_i=self.price_i,
            details={"at": self.at},
        )
        return paid, effects

    def to_dict(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "version": VERSION,
            "passage_id": self.passage_id,
            "service": self.service,
            "vehicle": self.vehicle,
            "at": self.at,
            "price_i": self.price_i,
            "phase": self.phase.value,
            "reason": self.reason.value,
        }

    @classmethod
    def from_dict(cls, value: object) -> TollPassage:
        """Return the state that was stored. Raises TariffError for what none is."""
        stored = Stored.open(value, "toll", VERSION)
        passage = cls(
            passage_id=stored.text("passage_id"),
            service=stored.text("service"),
            vehicle=stored.text("vehicle"),
            at=stored.whole("at"),
            price_i=stored.whole("price_i"),
            phase=stored.choice("phase", TollPhase),
            reason=stored.choice("reason", Reason),
        )
        stored.end()
        return passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What a passage costs now, iota; negative is what the car gets."""

    service: str
    price_i: int

    def passed(
        self, vehicle: str, passage_id: str, at: int, decision: Decision
    ) -> tuple[TollPassage, tuple[Effect, ...]]:
        """Return the passage of a car that has come, and what is to be paid at once."""
        phase = TollPhase.REFUSED if decision.answer is Answer.NO else TollPhase.ASKED
        passage = TollPassage(
            passage_id=passage_id,
            service=self.service,
            vehicle=vehicle,
            at=at,
            price_i=self.price_i,
            phase=phase,
            reason=decision.reason,
        )
        return passage.pay(decision.reason) if decision.answer is Answer.YES else (passage, ())
