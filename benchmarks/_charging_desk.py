"""A desk and a ledger for charging sessions: stored first, ordered then, confirmed after a while, lost in crashes."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from custom_components.tangle_grid.economy.effects import Transfer
from custom_components.tangle_grid.economy.sessions import (
    Fee,
    Hold,
    Outcome,
    Phase,
    Reading,
    Session,
    SessionReceipt,
    Situation,
    Terms,
    recompute,
)

STEP_S: Final = 5.0
START: Final = datetime(2026, 1, 5, 18, tzinfo=UTC).timestamp()
# Night and day, and a fee to be paid at plug-in.
TARIFF: Final = """{"currency": "EUR", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.18}],
     "restrictions": {"start_time": "23:00", "end_time": "06:00"}},
    {"price_components": [{"type": "ENERGY", "price": 0.31}]}]}"""


def terms(*, fee: bool = False) -> Terms:
    """Return the terms of the sessions here, without or with an operator's fee of 5 %, to the same wallet."""
    return Terms(
        tariff=TARIFF,
        zone="UTC",
        rate=Fraction(1_000_003, 7),
        seller="seller",
        operator="seller",
        fee=Fee(share=Fraction(1, 20)) if fee else Fee(),
    )


@dataclass(slots=True)
class ChargingDesk:
    """One session of a car that takes `power_w` until it has `wh`, by a counter of whole Wh; `safe_w` if held.

    `most_w` is what its charger can give; if it is not told, what the car takes.
    """

    session_id: str
    power_w: int
    wh: int
    safe_w: int = 0
    most_w: int = 0
    lag_s: float = 20.0
    agreed: Terms = field(default_factory=terms)
    now: float = START
    counter: float = 0.0
    away: bool = False
    most_wh: int = 0
    most_away_wh: int = 0
    least_wh: int = 0
    sent: dict[str, tuple[float, Transfer]] = field(default_factory=dict)
    known: dict[str, Transfer] = field(default_factory=dict)
    steps: int = 0
    is_restarted: bool = False
    session: Session = field(init=False)
    stored: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Plug in."""
        self.most_w = self.most_w or self.power_w
        reading = Reading(at=self.now, import_wh=0.0)
        self.session = Session.start(
            self.session_id, "charger", self.agreed, UTC, reading, most_w=max(50_000, 2 * self.most_w), payer="car"
        )
        self.stored = self.session.to_dict()

    def _situation(self) -> Situation:
        if self.away:
            return Situation(most_w=self.most_w)
        due = [name for name, (at, _each) in self.sent.items() if self.now >= at + self.lag_s]
        # As a real desk does: only what the session still waits for.
        paid = {name: self.sent[name][1].amount_i for name in due if name in self.session.outstanding}
        return Situation(paid=paid, most_w=self.most_w)

    def _keep(self, outcome: Outcome) -> None:
        if outcome.effects or outcome.save:
            self.stored = self.session.to_dict()
            for effect in outcome.effects:
                if isinstance(effect, Transfer):
                    self.known[effect.payment_id] = effect

    def _order(self) -> None:
        if not self.away:
            for name, each in self.known.items():
                if self.sent.setdefault(name, (self.now, each))[1] != each:
                    raise AssertionError(f"{name} was ordered twice with different amounts")

    def step(self, *, crash: str = "", stopped_s: float = 0.0) -> None:
        """Go on by a step. A crash comes `before` it is stored or `after`, and Home Assistant is back after a while."""
        power_w = self._drawn_w()
        self.now += STEP_S
        self.counter += power_w * STEP_S / 3600
        outcome = self.session.step(
            Reading(
                at=self.now,
                elapsed_s=None if self.is_restarted else STEP_S,
                import_wh=float(int(self.counter)),
            ),
            self._situation(),
        )
        self.is_restarted = bool(crash)
        self.steps += 1
        self._see(outcome.credit_wh)
        if crash != "before":
            self._keep(outcome)
        if crash:
            self.session = Session.from_dict(self.stored, UTC)
            self.now += stopped_s
            # The car goes on meanwhile as it was told to; at its start an island puts every device into its safe state.
            self.counter += power_w * stopped_s / 3600
        self._order()

    def _drawn_w(self) -> int:
        if self.session.pauses:
            return 0
        return self.safe_w if self.is_restarted or self.session.hold is Hold.LEDGER_AWAY else self.power_w

    def _see(self, credit_wh: int) -> None:
        if self.away:
            self.most_away_wh = max(self.most_away_wh, credit_wh)
        else:
            self.most_wh = max(self.most_wh, credit_wh)
        covered = max((order.covered_wh for order in self.session.account.orders), default=0)
        self.least_wh = min(self.least_wh, self.session.wh_in - covered)

    def finish(self) -> SessionReceipt:
        """Plug out and settle. Raises AssertionError unless all payments together are what the session costs."""
        self.now += STEP_S
        self.away = False
        reading = Reading(at=self.now, elapsed_s=STEP_S, import_wh=float(int(self.counter)))
        self._keep(self.session.finish(reading, self._situation()))
        while self.session.phase is not Phase.DONE:
            self._order()
            self.now += self.lag_s + 1
            self._keep(self.session.settle(self.now, self._situation()))
        paid = sum(each.amount_i if each.source == "car" else -each.amount_i for _at, each in self.sent.values())
        if paid != self.session.charge_i + self.session.fee_i or self.session.wh_in != int(self.counter):
            raise AssertionError(f"{self.session_id}: paid {paid}, owed {self.session.charge_i}")
        receipt = SessionReceipt.of(self.session)
        if found := recompute(receipt):
            raise AssertionError(f"{self.session_id}: {found}")
        return receipt


def crash_runs(crashes: int, seed: int, *, powers_w: Sequence[int], away: bool) -> dict[str, int]:
    """Return the largest credits over so many crashes at random steps, with the ledger answering all the time or not.

    Cars take one of these powers, and 0 to 4.1 kW at their safe current. Home Assistant is back 5 to 60 s after a
    crash; the car charges meanwhile. A ledger that is away is so for 2 to 30 minutes at a time. Every other car is slow
    for minutes, takes its whole power from one moment to the next, and every other time Home Assistant crashes in the
    first ten seconds of that.
    """
    rng = random.Random(f"{seed}:{powers_w}:{away}")  # noqa: S311  # a simulation
    done, most, most_away, least, sessions = 0, 0, 0, 0, 0
    while done < crashes:
        fast_w = rng.choice(powers_w)
        desk = ChargingDesk(f"s{sessions}", fast_w, rng.randint(5_000, 40_000), safe_w=rng.choice([0, 1_400, 4_100]))
        sessions += 1
        until, changes_at, crash_in = 0.0, rng.choice([desk.now, math.inf]), -1
        while desk.counter < desk.wh:
            if away and desk.now >= until:
                desk.away = not desk.away
                until = desk.now + (rng.uniform(120, 1_800) if desk.away else rng.uniform(300, 1_800))
            if desk.now >= changes_at:
                is_slow = desk.power_w == fast_w
                desk.power_w = rng.randint(1_400, min(fast_w, 11_000)) if is_slow else fast_w
                changes_at = desk.now + (rng.uniform(120, 900) if is_slow else rng.uniform(30, 120))
                crash_in = -1 if is_slow else rng.choice([-1, -1, 0, 1])
            now = crash_in == 0 or (crash_in < 0 and rng.random() < 1 / 30)
            crash, crash_in = rng.choice(["before", "after"]) if now else "", max(-1, crash_in - 1)
            done += bool(crash)
            desk.step(crash=crash, stopped_s=rng.uniform(5, 60))
        desk.finish()
        most, most_away = max(most, desk.most_wh), max(most_away, desk.most_away_wh)
        least = min(least, desk.least_wh)
    return {
        "crashes": done,
        "sessions": sessions,
        "answering_wh": most,
        "away_wh": most_away,
        "paid_ahead_wh": -least,
    }
