"""Rewards are handed over until the ledger has them, and what keeps them is said once."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from custom_components.tangle_grid.island.rewards import Payouts
from custom_components.tangle_grid.ledger import LedgerError
from tests.support.rewards import settlement


class Link:
    """Takes rewards, or refuses them."""

    def __init__(self) -> None:
        self.treasury = self
        self.refusal: str | None = None
        self.taken: list[tuple[str, str, int]] = []

    async def async_settle(self, payment_id: str, wallet: str, amount_i: int, memo: Mapping[str, Any]) -> None:
        if self.refusal is not None:
            raise LedgerError(self.refusal)
        assert memo == {"request": payment_id.partition(":")[0]}
        self.taken.append((payment_id, wallet, amount_i))


@pytest.mark.parametrize(
    ("refusal", "said"), [("ledger_unavailable", False), ("wallet_queue_full", False), ("insufficient_funds", True)]
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
