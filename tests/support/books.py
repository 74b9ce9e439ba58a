"""Months of an island's books, drawn at random, and a desk that writes and pays them and may die at any step."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from custom_components.tangle_grid.economy.effects import BookEntry, Effect, Kind, Transfer

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
MEMBERS = ("car", "house", "parking", "topic", "treasury")
OPENING = dict.fromkeys(MEMBERS, 1_000_000)


def entry(entry_id: str = "1", **fields: Any) -> BookEntry:
    """Return a line of the car's books, of the first day of November 2026."""
    said = {"participant": "car", "at": NOVEMBER + 36_000, "kind": Kind.CHARGING, "reference": "session-1"}
    return BookEntry(entry_id=entry_id, **(said | fields))


def both_sides(number: int, source: str, target: str, kind: Kind, amount_i: int, wh: int, at: float) -> list[Effect]:
    """Return a transfer with a line for each side."""
    payment_id = f"pay-{number}"
    common: dict[str, Any] = {"at": at, "kind": kind, "reference": f"thing-{number // 3}", "payment_id": payment_id}
    return [
        Transfer(payment_id=payment_id, source=source, target=target, amount_i=amount_i),
        BookEntry(
            entry_id=f"{payment_id}:out",
            participant=source,
            counterparty=target,
            amount_i=-amount_i,
            wh_in=wh,
            **common,
        ),
        BookEntry(
            entry_id=f"{payment_id}:in", participant=target, counterparty=source, amount_i=amount_i, wh_out=wh, **common
        ),
    ]


@st.composite
def steps(draw: st.DrawFn) -> list[list[Effect]]:
    """Draw what a few months bring, step by step."""
    found = []
    at = NOVEMBER
    for number in range(draw(st.integers(1, 25))):
        source, target = draw(st.permutations(MEMBERS))[:2]
        at += draw(st.integers(0, 300_000))
        amount, wh = draw(st.integers(1, 5_000)), draw(st.integers(0, 2_000))
        found.append(both_sides(number, source, target, draw(st.sampled_from(Kind)), amount, wh, at))
    return found


@dataclass
class Desk:
    """Keeps effects before it pays them, as the island does; what was ordered twice is one payment."""

    lines: list[BookEntry] = field(default_factory=list)
    transfers: dict[str, Transfer] = field(default_factory=dict)
    paid: dict[str, Transfer] = field(default_factory=dict)
    wallets: Counter[str] = field(default_factory=lambda: Counter(OPENING))

    def keep(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Transfer):
                self.transfers.setdefault(effect.payment_id, effect)
            else:
                self.lines.append(effect)

    def pay(self, most: int) -> None:
        for transfer in [each for each in self.transfers.values() if each.payment_id not in self.paid][:most]:
            self.paid[transfer.payment_id] = transfer
            self.wallets[transfer.source] -= transfer.amount_i
            self.wallets[transfer.target] += transfer.amount_i

    @property
    def under_way(self) -> list[Transfer]:
        return [each for each in self.transfers.values() if each.payment_id not in self.paid]


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    """Draw a desk after months with crashes: after one, the step of which nobody knows whether it was kept comes again.

    A part of the payments may be under way still.
    """
    desk = Desk()
    for effects in draw(steps()):
        desk.keep(effects)
        if draw(st.booleans()):
            desk.pay(draw(st.integers(0, 3)))
        if draw(st.booleans()):  # a crash
            desk.keep(effects)
    desk.pay(draw(st.sampled_from([0, 1, 1_000])))
    return desk
