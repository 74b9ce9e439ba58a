"""Payments from wallet to wallet: confirmed within moments, paid once, never from nothing."""

# Files of a test are small and local.
# ruff: noqa: ASYNC240

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    BalancesChanged,
    Ledger,
    LedgerError,
    LedgerEvent,
    PaymentChanged,
    PaymentState,
    Secrets,
    new_seed,
)
from custom_components.tangle_grid.ledger.payments.pipeline import Pipeline, Progress
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from tests.ledger.conftest import Opener
from tests.support.ledger.foreign_wallet import spend_elsewhere, spend_first
from tests.support.ledger.paying import helping_order as order


async def total(ledger: Ledger) -> int:
    return sum(wallet.balance_i for wallet in (await ledger.wallets()).values())


async def test_the_treasury_begins_with_the_supply(ledger: Ledger) -> None:
    wallets = await ledger.wallets()
    assert set(wallets) == {TREASURY, "car", "home"}
    assert wallets[TREASURY].balance_i == wallets[TREASURY].available_i == SUPPLY
    assert wallets["car"].balance_i == 0
    assert all(len(wallet.address) == 90 for wallet in wallets.values())
    assert await ledger.payments() == []
    status = ledger.status()
    assert status.reachable
    assert status.supply_ok
    assert status.milestone == status.transactions == status.queued == 0


async def test_a_payment_is_confirmed_and_stands_on_the_tangle(ledger: Ledger) -> None:
    events: list[LedgerEvent] = []
    ledger.subscribe(events.append)
    queued = await ledger.pay(order())
    assert queued.state is PaymentState.QUEUED
    waiting = (await ledger.wallets())[TREASURY]
    assert waiting.available_i <= SUPPLY - 1_000
    assert await ledger.drain(10)

    (paid,) = await ledger.payments()
    assert paid.state is PaymentState.CONFIRMED
    assert paid.memo == {"for": "helping"}
    assert paid.confirmed_at is not None
    wallets = await ledger.wallets()
    assert (wallets["car"].balance_i, wallets["car"].earned_i) == (1_000, 1_000)
    assert (wallets[TREASURY].balance_i, wallets[TREASURY].spent_i) == (SUPPLY - 1_000, 1_000)
    assert wallets["car"].incoming_i == wallets[TREASURY].outgoing_i == 0
    assert await total(ledger) == SUPPLY
    assert ledger.status().supply_ok

    assert paid.tail is not None
    transaction = await ledger.tangle.transaction(paid.tail)
    assert transaction is not None
    assert transaction.confirmed
    assert transaction.value == 1_000
    assert transaction.bundle == paid.bundle
    assert transaction.address == wallets["car"].address[:81]
    assert await ledger.tangle.payouts(paid.tail) == {paid.payment_id: (transaction.address, 1_000)}
    assert await ledger.tangle.payouts("A" * 81) is None
    assert await ledger.tangle.payouts("no hash") is None
    assert transaction.message is not None
    assert transaction.message.verified
    assert transaction.message.body["payments"][0]["memo"] == {"for": "helping"}

    states = [event.payment.state for event in events if isinstance(event, PaymentChanged)]
    assert states == [PaymentState.QUEUED, PaymentState.SENT, PaymentState.CONFIRMED]
    balances = [event for event in events if isinstance(event, BalancesChanged)]
    assert balances[-1].wallets["car"].balance_i == 1_000


async def test_who_has_waited_for_a_payment_was_told_of_its_end(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when what is written is seen before the step that wrote it is back from its thread."""
    events: list[LedgerEvent] = []
    ledger.subscribe(events.append)
    advance = Pipeline.advance

    def slow(self: Pipeline) -> Progress:
        progress = advance(self)
        time.sleep(0.2)
        return progress

    monkeypatch.setattr(Pipeline, "advance", slow)
    await ledger.pay(order())
    assert await ledger.drain(10)
    states = [event.payment.state for event in events if isinstance(event, PaymentChanged)]
    assert states[-1] is PaymentState.CONFIRMED


async def test_the_same_order_is_paid_once(ledger: Ledger) -> None:
    first = await ledger.pay(order())
    again = await ledger.pay(order())
    assert (first.payment_id, first.created_at) == (again.payment_id, again.created_at)
    assert await ledger.drain(10)
    late = await ledger.pay(order())
    assert late.state is PaymentState.CONFIRMED
    assert await ledger.drain(10)
    assert (await ledger.wallets())["car"].balance_i == 1_000
    for changes in ({"amount_i": 999}, {"target": "home"}, {"memo": {}}, {"source": "home", "target": "car"}):
        with pytest.raises(LedgerError) as caught:
            await ledger.pay(order(**changes))
        assert caught.value.key == "payment_conflict"
        assert caught.value.placeholders == {"payment_id": "p1"}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"amount_i": 0}, "invalid_amount"),
        ({"amount_i": -5}, "invalid_amount"),
        ({"amount_i": True}, "invalid_amount"),
        ({"amount_i": 1.5}, "invalid_amount"),
        ({"amount_i": SUPPLY + 1}, "invalid_amount"),
        ({"source": "nobody"}, "unknown_wallet"),
        ({"target": "nobody"}, "unknown_wallet"),
        ({"target": ""}, "invalid_address"),
        ({"target": "A" * 81}, "invalid_address"),
        ({"target": "A" * 90}, "invalid_address"),
        ({"target": TREASURY}, "invalid_address"),
        ({"source": "car", "target": "home"}, "insufficient_funds"),
        ({"memo": {"n": float("nan")}}, "invalid_message"),
        ({"memo": {"n": "x" * 3000}}, "invalid_message"),
        ({"memo": {"n": object()}}, "invalid_message"),
    ],
)
async def test_an_impossible_order_is_refused_and_not_queued(ledger: Ledger, changes: dict[str, Any], key: str) -> None:
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(order(**changes))
    assert caught.value.key == key
    assert await ledger.payments() == []
    assert ledger.status().reachable


async def test_what_is_queued_cannot_be_spent_twice(ledger: Ledger) -> None:
    await ledger.pay(order("fund", amount_i=100))
    assert await ledger.drain(10)
    await ledger.pay(order("a", source="car", target="home", amount_i=70))
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(order("b", source="car", target="home", amount_i=31))
    assert caught.value.key == "insufficient_funds"
    assert caught.value.placeholders == {"wallet": "car", "amount": 31, "available": 30}
    await ledger.pay(order("c", source="car", target="home", amount_i=30))
    assert await ledger.drain(20)
    wallets = await ledger.wallets()
    assert (wallets["car"].balance_i, wallets["home"].balance_i) == (0, 100)
    assert (wallets["car"].earned_i, wallets["car"].spent_i) == (100, 100)
    assert await total(ledger) == SUPPLY


async def test_a_round_of_payments_shares_a_bundle_and_every_wallet_pays_on(ledger: Ledger) -> None:
    for number in range(3):
        await asyncio.gather(
            ledger.pay(order(f"car{number}", target="car", amount_i=10)),
            ledger.pay(order(f"home{number}", target="home", amount_i=20)),
        )
    assert await ledger.drain(30)
    payments = await ledger.payments()
    assert {payment.state for payment in payments} == {PaymentState.CONFIRMED}
    assert len({payment.bundle for payment in payments}) < 6
    await asyncio.gather(
        ledger.pay(order("x", source="car", target="home", amount_i=5)),
        ledger.pay(order("y", source="home", target="car", amount_i=7)),
    )
    assert await ledger.drain(30)
    wallets = await ledger.wallets()
    assert (wallets["car"].balance_i, wallets["home"].balance_i) == (32, 58)
    assert await total(ledger) == SUPPLY


async def test_no_address_receives_again_once_it_was_spent_from(ledger: Ledger) -> None:
    seen = [(await ledger.wallets())["car"].address]
    for number in range(3):
        await ledger.pay(order(f"in{number}", amount_i=10))
        assert await ledger.drain(10)
        assert (await ledger.wallets())["car"].address == seen[-1]
        await ledger.pay(order(f"out{number}", source="car", target="home", amount_i=3))
        assert await ledger.drain(10)
        seen.append((await ledger.wallets())["car"].address)
    assert len(set(seen)) == len(seen)
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(order("old", target=seen[0]))
    assert caught.value.key == "invalid_address"


async def test_paying_to_an_address_that_is_no_wallet_of_ours(ledger: Ledger) -> None:
    address = with_checksum(address_of(new_seed(), 0))
    await ledger.pay(order(target=address))
    assert await ledger.drain(10)
    (payment,) = await ledger.payments()
    assert payment.state is PaymentState.CONFIRMED
    assert await total(ledger) == SUPPLY - 1_000


async def test_a_payment_that_a_stranger_attaches_again_is_still_paid_once(ledger: Ledger) -> None:
    await ledger.pay(order())
    assert await ledger.drain(10)
    backend = ledger._core.backend
    (paid,) = await ledger.payments()
    assert paid.bundle is not None
    (tail,) = backend.tails(paid.bundle)
    again = backend.send([each.trytes for each in reversed(backend.bundle_of(tail.hash))])
    await ledger.pay(order("p2"))
    assert await ledger.drain(10)
    info = await ledger.tangle.transaction(again[0].hash)
    assert info is not None
    assert not info.confirmed
    assert info.conflict == "already_applied"
    assert {payment.state for payment in await ledger.payments()} == {PaymentState.CONFIRMED}
    assert (await ledger.wallets())["car"].balance_i == 2_000


async def test_a_payment_whose_bundle_a_stranger_attached_first_is_paid(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ledger._core.backend
    original = backend.send

    def twice(trytes: Any) -> Any:
        original(trytes)
        return original(trytes)

    monkeypatch.setattr(backend, "send", twice)
    await ledger.pay(order())
    assert await ledger.drain(10)
    (paid,) = await ledger.payments()
    assert paid.state is PaymentState.CONFIRMED
    assert paid.tail is not None
    info = await ledger.tangle.transaction(paid.tail)
    assert info is not None
    assert info.confirmed
    assert (await ledger.wallets())["car"].balance_i == 1_000


@pytest.mark.parametrize("moment", ["in one bundle", "in two bundles", "before any bundle"])
async def test_a_payment_whose_funds_were_spent_elsewhere_fails(
    ledger: Ledger, island_secrets: Secrets, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The owner used the same seed in another wallet: nothing is paid, and whenever it was, that is the reason."""
    core, seed = ledger._core, island_secrets.seeds["car"]
    await ledger.pay(order(amount_i=50))
    assert await ledger.drain(10)
    first = order("car1", source="car", target="home", amount_i=30)
    second = order("car2", source="car", target="home", amount_i=20)
    spend_first(ledger, monkeypatch, seed, 0, 50)
    if moment == "in two bundles":
        hurried = core.backend.send

        def meanwhile(trytes: Any) -> Any:
            core.orders.pay(second)
            return hurried(trytes)

        monkeypatch.setattr(core.backend, "send", meanwhile)
    with core._database.lock:
        core.orders.pay(first)
        if moment != "in two bundles":
            core.orders.pay(second)
        if moment == "before any bundle":
            monkeypatch.undo()
            spend_elsewhere(ledger, seed, 0, 50)
            assert core.backend.node.issue_milestone() is not None
    assert await ledger.drain(10)
    states = {payment.payment_id: (payment.state, payment.error) for payment in await ledger.payments()}
    assert states["car1"] == states["car2"] == (PaymentState.FAILED, "address_spent")
    wallets = await ledger.wallets()
    assert (wallets["car"].balance_i, wallets["home"].balance_i, wallets["car"].spent_i) == (0, 0, 0)
    assert ledger.status().supply_ok
    # What comes now is safe again.
    await ledger.pay(order("more", amount_i=40))
    assert await ledger.drain(10)
    await ledger.pay(order("car3", source="car", target="home", amount_i=40))
    assert await ledger.drain(10)
    assert (await ledger.wallets())["home"].balance_i == 40


async def test_a_wallet_can_be_added_and_paid(ledger: Ledger) -> None:
    seed = new_seed()
    await ledger.seeds.add("boat", seed)
    await ledger.seeds.add("boat", seed)
    await ledger.pay(order(target="boat"))
    assert await ledger.drain(10)
    assert (await ledger.wallets())["boat"].balance_i == 1_000
    for wallet_id, other in (("boat", new_seed()), ("barge", "short"), ("", seed)):
        with pytest.raises(LedgerError) as caught:
            await ledger.seeds.add(wallet_id, other)
        assert caught.value.key == "invalid_secrets"


async def test_lost_wallet_files_are_found_again_from_the_seeds(
    open_ledger: Opener, tmp_path: Path, island_secrets: Secrets
) -> None:
    ledger = await open_ledger()
    await ledger.pay(order("in", amount_i=50))
    assert await ledger.drain(10)
    await ledger.pay(order("out", source="car", target="home", amount_i=20))
    assert await ledger.drain(10)
    before = await ledger.wallets()
    await ledger.close()
    for file in tmp_path.glob("wallet.sqlite*"):
        file.unlink()
    ledger = await open_ledger()
    after = await ledger.wallets()
    assert {each: wallet.balance_i for each, wallet in after.items()} == {
        each: wallet.balance_i for each, wallet in before.items()
    }
    # What was found again counts as going out until it is seen confirmed.
    assert await ledger.drain(10)
    await ledger.pay(order("again", source="car", target="home", amount_i=30))
    assert await ledger.drain(10)
    assert (await ledger.wallets())["home"].balance_i == 50


async def test_sending_costs_the_same_after_many_payments(ledger: Ledger) -> None:
    core = ledger._core
    await ledger.pay(order("fund", amount_i=1_000))
    assert await ledger.drain(10)
    for number in range(6):
        await ledger.pay(order(f"n{number}", source="car", target="home", amount_i=1))
        assert await ledger.drain(10)
        bundle = (await ledger.payments(limit=1))[0].bundle
        assert bundle is not None
        # One output, one input with two parts of signature, one change: as many for the last as for the first.
        assert len(core.backend.attached(bundle)) == len(core.backend.bundle_of(core.backend.attached(bundle)[0].hash))
        spending = [each for each in core.backend.attached(bundle) if each.value < 0]
        assert len(spending) == 1
        assert len(core.accounts.book.live("car", reserved=True)) <= 2


async def test_a_listener_that_fails_stops_nothing(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[LedgerEvent] = []

    def broken(_event: LedgerEvent) -> None:
        raise RuntimeError("no")

    ledger.subscribe(broken)
    caplog.clear()
    stop = ledger.subscribe(heard.append)
    await ledger.pay(order())
    assert await ledger.drain(10)
    assert heard
    stop()
    stop()
    heard.clear()
    await ledger.pay(order("p2"))
    assert await ledger.drain(10)
    assert heard == []
    # Whoever sends messages makes events: what cannot bear them is in the log once.
    assert len([record for record in caplog.records if record.exc_info]) == 1


async def test_secrets_show_nowhere(
    ledger: Ledger, island_secrets: Secrets, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await ledger.pay(order())
    assert await ledger.drain(10)
    with pytest.raises(LedgerError) as caught:
        await ledger.seeds.add("car", new_seed())
    shown = repr((island_secrets, ledger.status(), await ledger.wallets(), await ledger.payments(), vars(ledger)))
    shown += str(caught.value) + caplog.text + repr(await ledger.tangle.messages())
    hidden = [*island_secrets.seeds.values(), island_secrets.signing_key]
    assert not any(secret in shown for secret in hidden)
    await ledger.close()
    for file in tmp_path.iterdir():
        data = file.read_bytes()
        assert not any(secret.encode() in data for secret in hidden)
        assert file.stat().st_mode & 0o077 == 0
