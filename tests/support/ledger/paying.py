"""Payments as most tests make them."""

from typing import Any

from custom_components.tangle_grid.ledger import TREASURY, Ledger, PaymentOrder

#: Long enough for what a test queues, s.
_PATIENCE_S = 30


def order(payment_id: str, amount_i: int, *, source: str = TREASURY, target: str = "car") -> PaymentOrder:
    return PaymentOrder(payment_id=payment_id, source=source, target=target, amount_i=amount_i)


def helping_order(payment_id: str = "p1", **changes: Any) -> PaymentOrder:
    """One of 1,000 i for helping, unless something else is said."""
    fields = {"source": TREASURY, "target": "car", "amount_i": 1_000, "memo": {"for": "helping"}, **changes}
    return PaymentOrder(payment_id=payment_id, **fields)


async def pay(ledger: Ledger, *orders: PaymentOrder) -> None:
    """Queue all, and wait until nothing is queued any more."""
    for each in orders:
        await ledger.pay(each)
    assert await ledger.drain(_PATIENCE_S)


async def pay_in_turn(ledger: Ledger, *orders: PaymentOrder) -> None:
    """Queue each when the one before it is through."""
    for each in orders:
        await pay(ledger, each)
