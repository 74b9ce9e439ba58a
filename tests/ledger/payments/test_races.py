"""Things that happen between a look and what is made of it: none of them is lost."""

# What is waited for is another thread's doing.
# ruff: noqa: ASYNC110

import asyncio
from typing import Any, cast

import pytest

from custom_components.tangle_grid.ledger import (
    TREASURY,
    Ledger,
    LedgerError,
    LedgerFault,
    OwnerAddress,
    PaymentState,
    Secrets,
    new_seed,
)
from custom_components.tangle_grid.ledger.backends.backend import ADDRESS_SPENT
from custom_components.tangle_grid.ledger.backends.remote_answers import NodeInfo
from custom_components.tangle_grid.ledger.backends.remote_identity import Watch
from custom_components.tangle_grid.ledger.backends.tangles import Tangles
from custom_components.tangle_grid.ledger.pyota.library import PyotaClient
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from tests.support.ledger.foreign_wallet import spend_elsewhere
from tests.support.ledger.paying import order, pay_in_turn


async def test_a_payment_that_fails_before_it_is_sent_makes_way_for_a_sweep(ledger: Ledger) -> None:
    """A wallet with payments in its queue is not swept; nothing moves when the last of them fails."""
    other = new_seed()
    target = with_checksum(address_of(other, 0))
    await pay_in_turn(ledger, order("fund", 100), order("other", 50, target=target))
    core = ledger._core
    with core._database.lock:
        core.orders.pay(order("late", 5, source="car", target=target))
        spend_elsewhere(ledger, other, 0, 50)
        kept_at = with_checksum(address_of(new_seed(), 0))
        core.sweeper.set_owner("car", OwnerAddress(address=kept_at, sweep_above_i=10))
        # The rule was seen, and the wallet left alone for its queue.
        assert core.sweeper.sweep_above_caps() == []
        core.sweeper.rest(core.sweeper.changes)
    assert await ledger.drain(20)
    async with asyncio.timeout(10):
        while (await ledger.wallets())["car"].balance_i:
            await asyncio.sleep(0.02)
    payments = {payment.payment_id: payment for payment in await ledger.payments()}
    assert (payments["late"].state, payments["late"].error) == (PaymentState.FAILED, "invalid_address")


async def test_change_goes_to_no_address_that_was_spent_from_elsewhere(ledger: Ledger, island_secrets: Secrets) -> None:
    """Another wallet with the same seed counts the same keys."""
    seed = island_secrets.seeds["car"]
    await pay_in_turn(ledger, order("fund", 50))
    for index in (1, 2):
        await pay_in_turn(ledger, order(f"used{index}", 7, target=with_checksum(address_of(seed, index))))
        spend_elsewhere(ledger, seed, index, 7)
    await pay_in_turn(
        ledger, order("out", 20, source="car", target="home"), order("on", 30, source="car", target="home")
    )
    assert {payment.state for payment in await ledger.payments()} == {PaymentState.CONFIRMED}
    assert (await ledger.wallets())["home"].balance_i == 50


async def test_why_funds_are_gone_is_forgotten_on_another_tangle(ledger: Ledger) -> None:
    core = ledger._core
    with core._database.lock:
        core.orders.pay(order("p", 5))
        core._outbox.note_loss(TREASURY, ADDRESS_SPENT)
        (queued,) = core._outbox.payments(1)
        assert queued.error == ADDRESS_SPENT
        Tangles(core._database).move("another", "elsewhere")
        (queued,) = core._outbox.payments(1)
        assert queued.error is None


async def test_a_question_that_failed_once_leaves_no_fault_behind(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_limit: int) -> Any:
        raise LedgerError("ledger_unavailable", {"error": "for a moment"})

    with monkeypatch.context() as patch:
        patch.setattr(ledger._core.orders, "newest", broken)
        with pytest.raises(LedgerError):
            await ledger.payments()
    assert not ledger.status().reachable
    async with asyncio.timeout(5):
        while not ledger.status().reachable:
            await asyncio.sleep(0.01)


class _Known:
    """What is known of a Tangle with one milestone."""

    tangle_id = "here"

    def anchors(self) -> list[Any]:
        return []

    def add_anchor(self, _anchor: Any) -> None:
        """Nothing is remembered."""


def _info(tangle_id: str) -> NodeInfo:
    return NodeInfo(
        app_name="node",
        app_version="1",
        milestone=1,
        solid_milestone=1,
        solid_milestone_hash="A" * 81,
        begins_at=0,
        tangle_id=tangle_id,
        offers_work=False,
        transactions=1,
    )


def test_a_node_that_one_thread_found_wrong_is_not_trusted_by_another() -> None:
    """Its good answer was on its way when the other was given a bad one: it is asked again, and not only later."""
    asked: list[str] = []

    class Node:
        def info(self) -> NodeInfo:
            asked.append("")
            if len(asked) == 1:
                with pytest.raises(LedgerError) as caught:
                    watch.check(0.0)
                assert caught.value.fault is LedgerFault.NODE_OTHER_TANGLE
                return _info("here")
            return _info("elsewhere" if len(asked) == 2 else "here")

    watch = Watch(Node(), cast(PyotaClient, None), cast(Tangles, _Known()), agreed=None)
    assert watch.check(60.0).tangle_id == "here"
    watch.check(60.0)
    assert len(asked) == 3
    watch.check(60.0)
    assert len(asked) == 3


async def test_an_address_that_was_given_away_since_it_was_looked_at_is_not_spent_from(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between what a wallet holds and the plan that spends it, another thread may have taken the address."""
    core = ledger._core
    await pay_in_turn(ledger, order("fund", 50))
    planner = core.steps._planner
    look = planner._funded
    async with ledger._worker._stepping:
        core.orders.pay(order("late", 5, source="car", target="home"))

        def look_and_lose(*args: Any) -> Any:
            found = look(*args)
            core._database.run("UPDATE address SET state = 'retired' WHERE wallet_id = 'car' AND state = 'open'")
            return found

        before = core._database.rows("SELECT wallet_id, next_index FROM wallet ORDER BY wallet_id")
        monkeypatch.setattr(planner, "_funded", look_and_lose)
        assert planner.plan([]) is None
        # Nothing was numbered, reserved or begun for it.
        assert core.steps._transfers.open() == []
        assert core._database.rows("SELECT wallet_id, next_index FROM wallet ORDER BY wallet_id") == before
        assert core._database.rows("SELECT 1 FROM address WHERE state = 'reserved'") == []
        monkeypatch.undo()
        core._database.run("UPDATE address SET state = 'open' WHERE wallet_id = 'car' AND key_index = 1")
