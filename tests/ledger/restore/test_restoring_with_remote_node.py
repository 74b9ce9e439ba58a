"""Wallets that were set back while they work with a node elsewhere: its Tangle says what they have forgotten."""

# Files of a test are small and local.

import shutil
from pathlib import Path

import pytest

from custom_components.tangle_grid.ledger import TREASURY, Mishap, PaymentState, Secrets
from tests.support.ledger.paying import helping_order as order
from tests.support.ledger.remote_node import (
    FUNDS,
    Opener,
    TestNode,
    balances,
    fund,
    node,
    open_at,
    quick_retries,
    secrets,
    session,
    sockets,
    until,
)

__all__ = ["node", "open_at", "quick_retries", "secrets", "session", "sockets"]


@pytest.mark.parametrize("kept", ["older", "nothing"])
async def test_a_payment_that_was_made_is_not_made_again(
    open_at: Opener, node: TestNode, secrets: Secrets, tmp_path: Path, kept: str
) -> None:
    ledger = await open_at(node.url)
    await fund(ledger, node)
    await ledger.pay(order("p1"))
    assert await ledger.drain(20)
    await ledger.close()
    folder = tmp_path / "ledger"
    before = shutil.copytree(folder, tmp_path / "before")

    ledger = await open_at(node.url)
    assert ledger.status().findings is None
    for each in (order("p2"), order("p3", target="home"), order("p4", source="car", target="home", amount_i=300)):
        await ledger.pay(each)
        await ledger.publish("meter", {"n": each.payment_id})
        assert await ledger.drain(20)
    paid = await balances(ledger)
    assert ledger.status().findings is None
    await ledger.close()

    for file in folder.glob("wallet.sqlite*"):
        file.unlink()
    if kept == "older":
        shutil.copy(before / "wallet.sqlite", folder)
    ledger = await open_at(node.url)
    await until(lambda: ledger.status().findings is not None)
    found = ledger.status().findings
    assert found is not None
    assert found.mishaps == (Mishap.WALLETS_OLDER,)
    assert found.found == (3 if kept == "older" else 4)
    for payment_id in ("p1", "p2", "p3"):
        await ledger.pay(order(payment_id, target="home" if payment_id == "p3" else "car"))
    await ledger.pay(order("p5"))
    assert await ledger.drain(20)
    payments = await ledger.payments()
    assert {payment.payment_id for payment in payments} == {"p1", "p2", "p3", "p4", "p5"}
    assert {payment.state for payment in payments} == {PaymentState.CONFIRMED}
    assert await balances(ledger) == {**paid, "car": paid["car"] + 1_000, TREASURY: paid[TREASURY] - 1_000}
    assert paid[TREASURY] == FUNDS - 3_000
    assert all(len(bundles) == 1 for bundles in node.spends(secrets).values())
    messages = [message for message in await ledger.tangle.messages() if message.verified]
    assert len({message.sequence for message in messages}) == len(messages)
    await ledger.copies.findings_read()
    await ledger.close()
    ledger = await open_at(node.url)
    assert await ledger.drain(20)
    assert ledger.status().findings is None
