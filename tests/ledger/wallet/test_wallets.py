"""Wallets over time: queues that do not hold each other up, sweeps to their owners, many small sums in one place."""

# What is waited for is another thread's doing.
# ruff: noqa: ASYNC110

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    Ledger,
    LedgerError,
    LedgerEvent,
    OwnerAddress,
    Payment,
    PaymentChanged,
    PaymentState,
    Secrets,
    new_seed,
)
from custom_components.tangle_grid.ledger.base.retries import Retries
from custom_components.tangle_grid.ledger.pyota.library import NodeRefusedError, TransferInput
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from custom_components.tangle_grid.ledger.wallet import MAX_INPUTS, choose_gathered, choose_inputs
from tests.ledger.conftest import Opener
from tests.support.ledger.foreign_wallet import spend_elsewhere, spend_first
from tests.support.ledger.paying import order, pay


async def states(ledger: Ledger) -> dict[str, PaymentState]:
    return {payment.payment_id: payment.state for payment in await ledger.payments(limit=1_000)}


async def refused(ask: Any) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        await ask
    return caught.value


def signatures(ledger: Ledger) -> Counter[str]:
    """Count the different bundles that spend from each address, confirmed or not."""
    store = ledger._core.backend.node.store
    rows = store.database.rows("SELECT DISTINCT address, bundle FROM tx WHERE value < 0")
    return Counter(str(row[0]) for row in rows)


class Held:
    """Holds bundles back: the back end refuses what `refuses` says."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refusing = True
        self.tried = 0
        original = ledger._core.backend.send

        def send(trytes: Sequence[str]) -> Any:
            self.tried += 1
            if self.refusing:
                raise NodeRefusedError("not now")
            return original(trytes)

        monkeypatch.setattr(ledger._core.backend, "send", send)
        monkeypatch.setattr("custom_components.tangle_grid.ledger.base.retries._WAITS_S", (0.05,))


# The queue


async def test_the_queue_shows_what_waits_and_why(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await ledger.queue() == []
    held = Held(ledger, monkeypatch)
    for number in range(3):
        await ledger.pay(order(f"p{number}", 10 + number))
    async with asyncio.timeout(10):
        while (await ledger.queue())[0].attempts < 3:
            await asyncio.sleep(0.02)
    queue = await ledger.queue()
    assert [(each.position, each.payment.payment_id) for each in queue] == [(1, "p0"), (2, "p1"), (3, "p2")]
    assert queue[0].last_error == "not now"
    assert queue[0].next_try_at is not None
    assert queue[0].payment.state is PaymentState.QUEUED
    assert queue[0].payment.sent_at is None
    held.refusing = False
    assert await ledger.drain(10)
    assert await ledger.queue() == []
    assert set((await states(ledger)).values()) == {PaymentState.CONFIRMED}


async def test_what_is_refused_again_and_again_is_kept_and_tried_with_the_same_signature(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its inputs are signed for: to give it up would be to lose what they hold."""
    ledger = await open_ledger()
    held = Held(ledger, monkeypatch)
    await ledger.pay(order("p", 10))
    async with asyncio.timeout(10):
        while held.tried < 8:
            await asyncio.sleep(0.02)
    (signed,) = ledger._core.steps._transfers.open()
    await ledger.close()
    ledger = await open_ledger()
    assert await ledger.drain(10)
    (paid,) = await ledger.payments()
    assert paid.state is PaymentState.CONFIRMED
    assert signed.prepared is not None
    assert paid.bundle == signed.prepared.bundle
    assert set(signatures(ledger).values()) == {1}


async def test_a_wallet_whose_bundle_is_refused_does_not_hold_up_the_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pay(ledger, order("fund", 100))
    original = ledger._core.backend.send
    stuck = address_of(ledger.seeds.secrets.seeds["car"], 0)

    def send(trytes: Sequence[str]) -> Any:
        if any(stuck in each for each in trytes):
            raise NodeRefusedError("never")
        return original(trytes)

    monkeypatch.setattr(ledger._core.backend, "send", send)
    await ledger.pay(order("stuck", 10, source="car", target="home"))
    await ledger.pay(order("goes", 10, target="home"))
    await ledger.publish("meter", {"n": 1})
    async with asyncio.timeout(10):
        while (await states(ledger))["goes"] is not PaymentState.CONFIRMED or not await ledger.tangle.messages(
            kind="meter"
        ):
            await asyncio.sleep(0.02)
    assert [each.payment.payment_id for each in await ledger.queue()] == ["stuck"]
    assert (await ledger.wallets())["car"].outgoing_i == 10


def test_tries_come_later_and_later() -> None:
    retries = Retries()
    waits = []
    for attempt in range(9):
        retries.postpone(7, attempt)
        assert not retries.is_due(7)
        assert retries.is_due(8)
        due_in = retries.due_in(7)
        assert due_in is not None
        waits.append(round(due_in))
    assert waits == [1, 2, 5, 15, 60, 300, 900, 900, 900]
    assert retries.next_in() == pytest.approx(900, abs=1)
    retries.forget(7)
    assert retries.next_in() is None
    assert retries.due_in(7) is None


async def test_a_wallets_payments_are_made_in_the_order_of_the_orders(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(ledger, monkeypatch)
    for number in range(20):
        await ledger.pay(order(f"p{number:02}", 10 + number, target=("car", "home")[number % 2]))
    sent: list[str] = []

    def note(event: LedgerEvent) -> None:
        if isinstance(event, PaymentChanged) and event.payment.state is PaymentState.SENT:
            sent.append(event.payment.payment_id)

    ledger.subscribe(note)
    held.refusing = False
    assert await ledger.drain(20)
    assert sent == [f"p{number:02}" for number in range(20)]
    # Those that waited together shared bundles, and each has a transaction and times of its own.
    payments = await ledger.payments()
    assert len({each.bundle for each in payments}) <= 4
    assert len({each.tail for each in payments}) == 20
    for each in payments:
        assert each.sent_at is not None
        assert each.confirmed_at is not None
        assert each.created_at <= each.sent_at <= each.confirmed_at


async def test_a_long_queue_of_a_poor_wallet_does_not_starve_the_others(ledger: Ledger) -> None:
    """A wallet whose seed is not there has more in the queue than anybody looks at."""
    core = ledger._core
    with core._database.transaction():
        for number in range(1_200):
            core._outbox.add_payment(order(f"x{number}", 1, source="gone"), "{}", 0.0)
    await ledger.pay(order("p", 10))
    async with asyncio.timeout(10):
        while (await states(ledger)).get("p") is not PaymentState.CONFIRMED:
            await asyncio.sleep(0.02)


async def test_how_long_payments_take_is_measured(ledger: Ledger) -> None:
    assert ledger.status().confirm_s is None
    await pay(ledger, order("a", 1))
    await pay(ledger, order("b", 1))
    await ledger.publish("meter", {"n": 1})
    assert await ledger.drain(10)
    payments = await ledger.payments()
    taken = sorted(each.confirmed_at - each.created_at for each in payments if each.confirmed_at is not None)
    assert ledger._core.health().confirm_s == pytest.approx(sum(taken) / 2)


# One bundle, several payments


async def test_one_bad_target_does_not_take_the_others_along(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is spent from after the bundle was planned spoils the bundle, but only its own payment."""
    other = new_seed()
    await pay(ledger, order("fund", 50, target=with_checksum(address_of(other, 0))), order("more", 500))
    await pay(ledger, order("split", 100, source="car", target="home"), order("b1", 90, target="car"))
    spend_first(ledger, monkeypatch, other, 0, 50)
    before = await ledger.wallets()
    with ledger._core._database.lock:
        # All three wait together.
        for each in (
            order("good1", 20, source="car", target="home"),
            order("bad", 30, source="car", target=with_checksum(address_of(other, 0))),
            order("good2", 10, source="car", target="home"),
        ):
            ledger._core.orders.pay(each)
    ledger._worker._wake.set()
    assert await ledger.drain(20)
    after = await states(ledger)
    assert after["bad"] is PaymentState.FAILED
    assert (after["good1"], after["good2"]) == (PaymentState.CONFIRMED, PaymentState.CONFIRMED)
    wallets = await ledger.wallets()
    assert wallets["home"].balance_i == before["home"].balance_i + 30
    assert wallets["car"].balance_i == wallets["car"].available_i == before["car"].balance_i - 30
    # The address that signed the bundle that came to nothing signed one more, which emptied it, and no third.
    assert sorted(signatures(ledger).values())[-2:] == [1, 2]


async def test_a_target_that_was_spent_from_while_it_waited_is_not_paid(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_seed()
    target = with_checksum(address_of(other, 0))
    await pay(ledger, order("fund", 50, target=target))
    held = Held(ledger, monkeypatch)
    await ledger.pay(order("first", 1))
    async with asyncio.timeout(10):
        while not held.tried:
            await asyncio.sleep(0.01)
    await ledger.pay(order("late", 5, target=target))
    await ledger.pay(order("good", 7))
    held.refusing = False
    with ledger._core._database.lock:
        spend_elsewhere(ledger, other, 0, 50)
    assert await ledger.drain(20)
    payments = {each.payment_id: each for each in await ledger.payments()}
    assert (payments["late"].state, payments["late"].error) == (PaymentState.FAILED, "invalid_address")
    assert payments["good"].state is payments["first"].state is PaymentState.CONFIRMED


async def test_an_order_to_an_older_address_of_a_wallet_here_reaches_that_wallet(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address was right when the order was taken, and is spent from before the order is paid."""
    await pay(ledger, order("fund", 100))
    held = Held(ledger, monkeypatch)
    await ledger.pay(order("first", 1, target="home"))
    async with asyncio.timeout(10):
        while not held.tried:
            await asyncio.sleep(0.01)
    await ledger.pay(order("late", 5, target=(await ledger.wallets())["car"].address))
    await ledger.pay(order("out", 10, source="car", target="home"))
    async with asyncio.timeout(10):
        while len(ledger._core.steps._transfers.open()) < 2:
            await asyncio.sleep(0.01)
    held.refusing = False
    assert await ledger.drain(20)
    assert set((await states(ledger)).values()) == {PaymentState.CONFIRMED}
    assert (await ledger.wallets())["car"].balance_i == 95
    assert sum(wallet.balance_i for wallet in (await ledger.wallets()).values()) == SUPPLY


async def test_a_wallet_does_not_pay_itself_by_its_address(ledger: Ledger) -> None:
    address = (await ledger.wallets())[TREASURY].address
    error = await refused(ledger.pay(order("self", 5, target=address)))
    assert error.key == "invalid_address"


async def test_an_address_that_nobody_can_have_the_key_of_is_refused(ledger: Ledger) -> None:
    """Its checksum is right, but the last trit of a Kerl hash is zero: a node would refuse the whole bundle."""
    error = await refused(ledger.pay(order("odd", 5, target=with_checksum("A" * 80 + "M"))))
    assert error.key == "invalid_address"


async def test_what_the_owner_spent_with_the_same_seed_elsewhere_is_not_signed_for(
    ledger: Ledger, island_secrets: Secrets
) -> None:
    await pay(ledger, order("a", 50))
    ledger._core.accounts.book.renew("car", island_secrets.seeds["car"])
    await pay(ledger, order("b", 40))
    assert len(ledger._core.accounts.book.live("car", reserved=False)) == 2
    with ledger._core._database.lock:
        ledger._core.orders.pay(order("out", 30, source="car", target="home"))
        # Sent, not confirmed: the balance is still there.
        spend_elsewhere(ledger, island_secrets.seeds["car"], 0, 50)
    ledger._worker._wake.set()
    assert await ledger.drain(20)
    assert (await states(ledger))["out"] is PaymentState.CONFIRMED
    assert set(signatures(ledger).values()) == {1}


# Many small sums


def funded(*balances: int) -> list[TransferInput]:
    return [
        TransferInput(address=str(index), balance_i=balance, key_index=index) for index, balance in enumerate(balances)
    ]


def test_few_addresses_are_chosen_the_largest_first() -> None:
    assert [each.balance_i for each in choose_inputs(funded(5, 50, 10, 20), 61)] == [50, 20]
    assert choose_inputs([], 1) == []
    many = funded(*range(1, 40))
    assert len(choose_inputs(many, 10_000)) == MAX_INPUTS
    assert choose_gathered(funded(*range(1, 17))) == []
    assert [each.balance_i for each in choose_gathered(many)] == list(range(1, MAX_INPUTS + 1))


async def scatter(ledger: Ledger, seed: str, count: int) -> None:
    """Give the car as many addresses with 10 iota each."""
    book = ledger._core.accounts.book
    addresses = [with_checksum(book.renew("car", seed)) for _ in range(count)]
    await pay(ledger, *(order(f"small{number}", 10, target=each) for number, each in enumerate(addresses)))


async def test_a_payment_from_more_addresses_than_fit_a_bundle_gathers_them_first(
    ledger: Ledger, island_secrets: Secrets
) -> None:
    await scatter(ledger, island_secrets.seeds["car"], 14)
    events: list[LedgerEvent] = []
    ledger.subscribe(events.append)
    await pay(ledger, order("big", 135, source="car", target="home"))
    wallets = await ledger.wallets()
    assert (wallets["car"].balance_i, wallets["home"].balance_i) == (5, 135)
    assert (wallets["car"].spent_i, wallets["car"].earned_i) == (135, 0)
    bundles = ledger._core.backend.node.store.database.rows("SELECT COUNT(*) FROM tx WHERE value < 0 GROUP BY bundle")
    assert max(row[0] for row in bundles) <= MAX_INPUTS
    assert set(signatures(ledger).values()) == {1}
    changed = {event.payment.payment_id for event in events if isinstance(event, PaymentChanged)}
    # The last news of what was scattered may still come in.
    assert {payment_id for payment_id in changed if not payment_id.startswith("small")} == {"big"}


async def test_many_small_sums_are_gathered_when_nothing_else_is_to_do(ledger: Ledger, island_secrets: Secrets) -> None:
    await scatter(ledger, island_secrets.seeds["car"], 20)
    book = ledger._core.accounts.book
    async with asyncio.timeout(15):
        while len(book.live("car", reserved=True)) > 16 or not await ledger._worker.ask(ledger._core.is_drained):
            await asyncio.sleep(0.05)
    wallets = await ledger.wallets()
    assert wallets["car"].balance_i == 200
    assert wallets["car"].spent_i == 0
    assert sum(wallet.balance_i for wallet in wallets.values()) == SUPPLY
    assert set(signatures(ledger).values()) == {1}


# Sweeping


@pytest.fixture
def owner() -> str:
    return with_checksum(address_of(new_seed(), 0))


async def test_a_wallet_is_swept_to_its_owner(ledger: Ledger, owner: str) -> None:
    await pay(ledger, order("fund", 100))
    assert (await refused(ledger.rules.sweep("car", 0))).key == "no_owner_address"
    await ledger.rules.set_owner_address("car", owner)
    for keep, key in ((100, "insufficient_funds"), (-1, "invalid_amount"), (True, "invalid_amount")):
        assert (await refused(ledger.rules.sweep("car", keep))).key == key
    sweep = await ledger.rules.sweep("car", 30)
    assert (sweep.amount_i, sweep.target, sweep.state) == (70, owner, PaymentState.QUEUED)
    assert await ledger.drain(10)
    assert (await ledger.wallets())["car"].balance_i == 30
    assert ledger._core.backend.client.balances([owner[:81]]) == [70]
    await ledger.rules.set_owner_address("car", None)
    assert await ledger.rules.owner_address("car") is None
    assert (await refused(ledger.rules.sweep("car", 0))).key == "no_owner_address"


async def test_an_owners_address_is_checked(ledger: Ledger, owner: str) -> None:
    spent = new_seed()
    await pay(ledger, order("fund", 100), order("other", 10, target=with_checksum(address_of(spent, 0))))
    old = (await ledger.wallets())["car"].address
    await pay(ledger, order("out", 1, source="car", target="home"))
    spend_elsewhere(ledger, spent, 0, 10)
    current = (await ledger.wallets())["car"].address
    for address in (
        owner[:81],
        owner[:-1] + "9A"[owner[-1] == "9"],
        "car",
        "",
        old,
        current,
        with_checksum(address_of(spent, 0)),
    ):
        error = await refused(ledger.rules.set_owner_address("car", address))
        assert error.key == "invalid_address"
    for rule in (
        {"sweep_above_i": -1},
        {"keep_i": -1},
        {"sweep_above_i": 10, "keep_i": 11},
        {"sweep_above_i": SUPPLY + 1},
    ):
        error = await refused(ledger.rules.set_owner_address("car", owner, **rule))
        assert error.key == "invalid_limit"
    assert (await refused(ledger.rules.set_owner_address("nobody", owner))).key == "unknown_wallet"
    assert await ledger.rules.owner_address("car") is None


async def test_a_capped_wallet_is_swept_by_itself(open_ledger: Opener, owner: str) -> None:
    ledger = await open_ledger()
    await ledger.rules.set_owner_address("car", owner, sweep_above_i=100, keep_i=40)
    await pay(ledger, order("a", 100))
    assert (await ledger.wallets())["car"].balance_i == 100
    await ledger.close()
    ledger = await open_ledger()
    await pay(ledger, order("b", 1))

    async def swept() -> int:
        async with asyncio.timeout(10):
            while (await ledger.wallets())["car"].balance_i > 100 or not await ledger._worker.ask(
                ledger._core.is_drained
            ):
                await asyncio.sleep(0.02)
        return (await ledger.wallets())["car"].balance_i

    assert await swept() == 40
    assert ledger._core.backend.client.balances([owner[:81]]) == [61]
    # A rule that is set later works at once.
    await pay(ledger, order("c", 30))
    await ledger.rules.set_owner_address("car", owner, sweep_above_i=50, keep_i=0)
    async with asyncio.timeout(10):
        while (await ledger.wallets())["car"].balance_i:
            await asyncio.sleep(0.02)
    assert sum(each.balance_i for each in (await ledger.wallets()).values()) == SUPPLY - 131


async def test_a_rule_that_is_set_while_the_wallets_are_looked_over_still_works(
    open_ledger: Opener, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_ledger()
    await pay(ledger, order("a", 100))
    sweeper = ledger._core.sweeper
    look = sweeper.sweep_above_caps
    looks: list[list[Payment]] = []
    loop = asyncio.get_running_loop()

    def set_meanwhile() -> list[Payment]:
        swept = look()
        if not looks:
            sweeper.set_owner("car", OwnerAddress(address=owner, sweep_above_i=50, keep_i=0))
            loop.call_soon_threadsafe(ledger._worker._wake.set)
        looks.append(swept)
        return swept

    monkeypatch.setattr(sweeper, "sweep_above_caps", set_meanwhile)
    # Whether the first look is before or after it: both are more than may stay.
    await pay(ledger, order("b", 60))
    async with asyncio.timeout(20):
        while (await ledger.wallets())["car"].balance_i:
            await asyncio.sleep(0.02)
    assert looks[0] == []
    assert ledger._core.backend.client.balances([owner[:81]]) == [160]


async def test_nothing_is_swept_to_an_address_that_its_owner_spent_from(ledger: Ledger) -> None:
    seed = new_seed()
    owner = with_checksum(address_of(seed, 0))
    await pay(ledger, order("before", 10, target=owner))
    await ledger.rules.set_owner_address("car", owner, sweep_above_i=5)
    spend_elsewhere(ledger, seed, 0, 10)
    await pay(ledger, order("fund", 100))
    async with asyncio.timeout(10):
        while True:
            found = await ledger.rules.owner_address("car")
            assert found is not None
            if found.problem is not None:
                break
            await asyncio.sleep(0.02)
    assert found.problem == "invalid_address"
    assert (await ledger.wallets())["car"].balance_i == 100
    assert (await refused(ledger.rules.sweep("car", 0))).key == "invalid_address"
    await ledger.rules.set_owner_address("car", with_checksum(address_of(seed, 1)), sweep_above_i=5)
    async with asyncio.timeout(10):
        while (await ledger.wallets())["car"].balance_i:
            await asyncio.sleep(0.02)
