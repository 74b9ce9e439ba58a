"""Rewards are handed over until the ledger has them, and what keeps them is said once."""

import logging
from dataclasses import replace
from typing import Any, cast, override
from unittest.mock import MagicMock

import pytest

from custom_components.tangle_grid.bridge.treasury import Treasury
from custom_components.tangle_grid.clock import GridClock
from custom_components.tangle_grid.island.reward_progress import reward_progress
from custom_components.tangle_grid.island.rewards import Payouts
from custom_components.tangle_grid.ledger import LedgerError, Payment, PaymentOrder, PaymentState
from tests.support.rewards import settlement


def queued(order: PaymentOrder, state: PaymentState = PaymentState.QUEUED) -> Payment:
    return Payment(
        payment_id=order.payment_id,
        source=order.source,
        target=order.target,
        amount_i=order.amount_i,
        memo=order.memo,
        state=state,
        created_at=1.0,
    )


class Link:
    """Takes rewards, or refuses them."""

    def __init__(self) -> None:
        self.treasury = Treasury(lambda: cast("Any", self))
        self.refusal: str | None = None
        self.taken: list[tuple[str, str, int]] = []

    async def pay(self, order: PaymentOrder) -> Payment:
        if self.refusal is not None:
            raise LedgerError(self.refusal)
        assert order.memo == {"request": order.payment_id.partition(":")[0]}
        self.taken.append((order.payment_id, order.target, order.amount_i))
        return queued(order)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("ledger_unavailable", False),
        ("wallet_queue_full", False),
        ("payments_held", False),
        ("insufficient_funds", True),
    ],
)
async def test_what_is_refused_stays_due_and_is_said_once(
    caplog: pytest.LogCaptureFixture, refusal: str, said: bool
) -> None:
    link, due = Link(), [settlement(1), settlement(2), settlement(3, "gone")]
    payouts = Payouts(
        cast("Any", link),
        due=lambda: due,
        payees={"car": "wallet"},
        payee=lambda _payment_id, device_id: device_id,
        was_paid=lambda _payment: None,
    )
    link.refusal = refusal
    for _ in range(5):
        await payouts.async_pay()
    assert not link.taken
    assert payouts.refused == (dict.fromkeys(("r1:car", "r2:car"), refusal) if said else {})
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * said

    link.refusal = None
    del due[1]
    await payouts.async_pay()
    # Whoever has no wallet cannot be paid, and holds up nobody.
    assert link.taken == [("r1:car", "wallet", 1_000)]
    assert payouts.refused == {}


class Houses(Link):
    """Pays houses, at addresses that may be spent from before it comes to that."""

    def __init__(self) -> None:
        super().__init__()
        self.dead: set[str] = set()
        self.known: dict[str, Payment] = {}

    @override
    async def pay(self, order: PaymentOrder) -> Payment:
        state = PaymentState.FAILED if order.target in self.dead else PaymentState.QUEUED
        made = self.known.setdefault(order.payment_id, queued(order, state))
        if made.target != order.target:
            raise LedgerError("payment_conflict")
        return made

    async def payments(self, limit: int) -> list[Payment]:
        return list(self.known.values())[:limit]


async def test_a_house_whose_address_was_spent_from_is_paid_at_its_next_one_and_once() -> None:
    link, payees = Houses(), {"h/help": "OLD"}
    payouts = Payouts(
        cast("Any", link),
        due=lambda: [settlement(1, "h/help")],
        payees=payees,
        payee=lambda _payment_id, device_id: device_id,
        was_paid=lambda _payment: None,
    )
    link.dead = {"OLD", "NEXT"}
    for address in ("OLD", "OLD", "NEXT", "NEW", "NEWER"):
        payees["h/help"] = address
        await payouts.async_pay()
    assert {name: each.target for name, each in link.known.items()} == {
        "r1:h/help": "OLD",
        "r1:h/help+2": "NEXT",
        "r1:h/help+3": "NEW",
    }
    engine = MagicMock(commands=MagicMock(mark_paid=MagicMock(return_value=["paid"])))
    sent = replace(link.known["r1:h/help+3"], state=PaymentState.SENT)
    assert reward_progress(engine, GridClock(), payees, sent) == ("paid",)
    assert engine.commands.mark_paid.call_args.kwargs["device_id"] == "h/help"
