"""Charging sessions run as their desk runs them: stored before anything is ordered, with a ledger that may be away."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from fractions import Fraction
from typing import Any

from custom_components.tangle_grid.economy.effects import BookEntry, Effect, Transfer
from custom_components.tangle_grid.economy.sessions import (
    Outcome,
    Reading,
    Session,
    Situation,
    Terms,
)
from tests.support.ocpi import START, component, element, tariff

PLAIN = tariff(element(component("ENERGY", 0.25)))
#: Per unit of the currency; prime to everything else, so that amounts are not round.
RATE = Fraction(1_000_003, 7)


def terms(**changes: Any) -> Terms:
    plain = {"tariff": PLAIN, "zone": "UTC", "rate": RATE, "seller": "treasury", "operator": "treasury"}
    return Terms(**{**plain, **changes})  # type: ignore[arg-type]


def begun(by: Terms | None = None, **changes: Any) -> Session:
    """Return a session that begins at `START`, of a charger of 22 kW."""
    given: dict[str, Any] = {"most_w": 22_000, "payer": "car", **changes}
    reading = given.pop("reading", Reading(at=START.timestamp(), power_w=0.0))
    return Session.start("s", "charger", by or terms(), given.pop("zone", UTC), reading, **given)


@dataclass
class Ledger:
    """Payments by id. An id that was taken stays what it became. Amounts are real only once they are confirmed."""

    lag_s: float = 20.0
    away: bool = False
    taken: dict[str, tuple[Transfer, float]] = field(default_factory=dict)

    def take(self, transfer: Transfer, now: float) -> None:
        if not self.away:
            known, _at = self.taken.setdefault(transfer.payment_id, (transfer, now))
            assert known == transfer, "the same payment came with another amount"

    def confirmed(self, now: float) -> dict[str, int]:
        return (
            {}
            if self.away
            else {name: each.amount_i for name, (each, at) in self.taken.items() if now >= at + self.lag_s}
        )

    def balance_i(self, wallet: str) -> int:
        each = [transfer for transfer, _at in self.taken.values()]
        received = sum(one.amount_i for one in each if one.target == wallet)
        return received - sum(one.amount_i for one in each if one.source == wallet)


@dataclass
class Desk:
    """Runs one session. `crash` loses what was not stored; what was stored is ordered again."""

    session: Session
    ledger: Ledger = field(default_factory=Ledger)
    stored: dict[str, Any] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    entries: dict[str, BookEntry] = field(default_factory=dict)
    now: float = START.timestamp()
    most_wh: int = 0
    least_wh: int = 0

    def __post_init__(self) -> None:
        self.stored = self.session.to_dict()

    def keep(self, outcome: Outcome, *, crash: str = "") -> Outcome:
        """Store and order what a step came to; a crash comes `before` it is stored or `after`."""
        if crash == "before":
            self.crash()
            return outcome
        if outcome.effects or outcome.save:
            self.stored = self.session.to_dict()
            self._remember(outcome.effects)
        if crash == "after":
            self.crash()
        self.order()
        return outcome

    def _remember(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Transfer):
                assert effect.amount_i > 0
                assert effect.payment_id not in self.transfers
                self.transfers[effect.payment_id] = effect
            else:
                assert effect.entry_id not in self.entries
                self.entries[effect.entry_id] = effect

    def order(self) -> None:
        for transfer in self.transfers.values():
            self.ledger.take(transfer, self.now)

    def crash(self) -> None:
        self.session = Session.from_dict(self.stored, self.session.metered.zone)

    def situation(self, **changes: Any) -> Situation:
        return Situation(**{"paid": self.ledger.confirmed(self.now), **changes})

    def step(
        self, seconds: float = 10.0, *, crash: str = "", situation: dict[str, Any] | None = None, **reading: Any
    ) -> Outcome:
        self.now += seconds
        given = {"at": self.now, "elapsed_s": seconds, **reading}
        outcome = self.session.step(Reading(**given), self.situation(**(situation or {})))
        self.most_wh = max(self.most_wh, outcome.credit_wh)
        ahead = self.session.account.sums.covered_wh - self.session.wh_in
        self.least_wh = min(self.least_wh, -ahead if self.session.is_billed else 0)
        return self.keep(outcome, crash=crash)

    def finish(self, seconds: float = 10.0, *, situation: dict[str, Any] | None = None, **reading: Any) -> Outcome:
        self.now += seconds
        given = {"at": self.now, "elapsed_s": seconds, **reading}
        return self.keep(self.session.finish(Reading(**given), self.situation(**(situation or {}))))

    def settle(self, **situation: Any) -> Outcome:
        """Wait until all that was ordered is confirmed, and settle."""
        self.order()
        self.now += self.ledger.lag_s + 1
        return self.keep(self.session.settle(self.now, self.situation(**situation)))
