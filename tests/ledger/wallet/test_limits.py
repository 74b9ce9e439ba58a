"""Spending limits: checked together with queueing, over any 24 hours, whatever the clock and the order of things."""

import random
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    Ledger,
    LedgerError,
    PaymentOrder,
    PaymentState,
    SpendingLimits,
    new_seed,
)
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from tests.ledger.conftest import Opener
from tests.support.ledger.paying import order

DAY = 86_400.0


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


async def refused(ledger: Ledger, wanted: PaymentOrder) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(wanted)
    return caught.value


async def test_a_payment_above_the_limit_is_refused_and_not_queued(ledger: Ledger) -> None:
    assert await ledger.rules.limits(TREASURY) == SpendingLimits()
    assert await ledger.rules.allowance(TREASURY) is None
    await ledger.rules.set_limits(TREASURY, SpendingLimits(per_payment_i=100))
    error = await refused(ledger, order("a", 101))
    assert error.key == "over_payment_limit"
    assert error.placeholders == {"amount": 101, "limit": 100, "remaining": 100}
    assert await ledger.payments() == []
    await ledger.pay(order("a", 100))
    assert await ledger.drain(10)
    assert (await ledger.wallets())["car"].balance_i == 100


async def test_the_limit_per_day_counts_what_was_ordered_in_the_last_24_hours(open_ledger: Opener) -> None:
    clock = Clock()
    ledger = await open_ledger(clock=clock)
    await ledger.rules.set_limits(TREASURY, SpendingLimits(per_day_i=100))
    await ledger.pay(order("a", 60))
    clock.now += 1_000
    error = await refused(ledger, order("b", 41))
    assert error.key == "over_day_limit"
    assert error.placeholders == {"amount": 41, "limit": 100, "remaining": 40}
    await ledger.pay(order("b", 40))
    assert await ledger.rules.allowance(TREASURY) == 0
    # The same order again is the same payment, not another one.
    assert (await ledger.pay(order("a", 60))).payment_id == "a"
    clock.now += DAY - 1_001
    assert (await refused(ledger, order("c", 1))).key == "over_day_limit"
    clock.now += 1
    assert await ledger.rules.allowance(TREASURY) == 60
    await ledger.pay(order("c", 60))
    assert (await refused(ledger, order("d", 1))).key == "over_day_limit"


async def test_limits_outlive_a_restart_and_only_change_when_they_are_set(open_ledger: Opener) -> None:
    ledger = await open_ledger()
    limits = SpendingLimits(per_payment_i=50, per_day_i=70)
    await ledger.rules.set_limits(TREASURY, limits)
    await ledger.pay(order("a", 50))
    assert await ledger.drain(10)
    await ledger.close()
    ledger = await open_ledger()
    assert await ledger.rules.limits(TREASURY) == limits
    assert await ledger.rules.allowance(TREASURY) == 20
    assert (await refused(ledger, order("b", 21))).key == "over_day_limit"
    await ledger.rules.set_limits(TREASURY, SpendingLimits(per_payment_i=50, per_day_i=71))
    await ledger.pay(order("b", 21))
    await ledger.rules.set_limits(TREASURY, SpendingLimits(per_day_i=0))
    assert (await refused(ledger, order("c", 1))).placeholders["remaining"] == 0
    await ledger.rules.set_limits(TREASURY, SpendingLimits())
    await ledger.pay(order("c", 1_000))
    assert await ledger.drain(10)


@pytest.mark.parametrize("limits", [{"per_payment_i": -1}, {"per_day_i": SUPPLY + 1}, {"per_day_i": True}])
async def test_what_is_no_limit_is_refused(ledger: Ledger, limits: dict[str, Any]) -> None:
    await ledger.rules.set_limits("car", SpendingLimits(per_day_i=5))
    with pytest.raises(LedgerError) as caught:
        await ledger.rules.set_limits("car", SpendingLimits(**limits))
    assert caught.value.key == "invalid_limit"
    assert await ledger.rules.limits("car") == SpendingLimits(per_day_i=5)
    for ask in (
        ledger.rules.limits("nobody"),
        ledger.rules.allowance("nobody"),
        ledger.rules.set_limits("nobody", SpendingLimits()),
    ):
        with pytest.raises(LedgerError) as caught:
            await ask
        assert caught.value.key == "unknown_wallet"


async def test_sweeps_to_the_owner_do_not_count(ledger: Ledger) -> None:
    await ledger.pay(order("fund", 1_000))
    assert await ledger.drain(10)
    await ledger.rules.set_limits("car", SpendingLimits(per_payment_i=10, per_day_i=10))
    await ledger.rules.set_owner_address("car", with_checksum(address_of(new_seed(), 0)))
    await ledger.rules.sweep("car", 500)
    assert await ledger.drain(10)
    assert await ledger.rules.allowance("car") == 10
    await ledger.pay(order("a", 10, source="car", target="home"))
    assert (await refused(ledger, order("b", 1, source="car", target="home"))).key == "over_day_limit"


async def test_what_failed_does_not_count(ledger: Ledger) -> None:
    await ledger.pay(order("fund", 100))
    assert await ledger.drain(10)
    await ledger.rules.set_limits("car", SpendingLimits(per_day_i=100))
    outbox = ledger._core._outbox
    with ledger._core._database.transaction():
        outbox.add_payment(order("a", 100, source="car", target="home"), "{}", ledger._core._clock())
        assert ledger._core.rules.spending.spent_i("car", ledger._core._clock()) == 100
        outbox.fail_payment("a", "invalid_address")
    assert await ledger.rules.allowance("car") == 100


async def test_a_clock_that_was_ahead_blocks_no_wallet_for_longer_than_a_day(open_ledger: Opener) -> None:
    clock = Clock()
    ledger = await open_ledger(clock=clock)
    await ledger.rules.set_limits(TREASURY, SpendingLimits(per_day_i=100))
    clock.now += 30 * DAY
    await ledger.pay(order("ahead", 100))
    clock.now -= 30 * DAY
    # It was ordered a moment ago: the limit holds, also over restarts, which notice nothing again.
    for hours in (0, 9, 9):
        clock.now += hours * 3600
        assert (await refused(ledger, order("more", 1))).key == "over_day_limit"
        await ledger.close()
        ledger = await open_ledger(clock=clock)
    clock.now += 6 * 3600
    assert await ledger.rules.allowance(TREASURY) == 100
    await ledger.pay(order("then", 100))
    assert (await refused(ledger, order("more", 1))).key == "over_day_limit"
    # When the clock comes to where it was, that payment does not count a second time.
    clock.now += 29 * DAY
    assert await ledger.rules.allowance(TREASURY) == 100


async def test_a_clock_that_starts_behind_forgets_nothing(open_ledger: Opener) -> None:
    clock = Clock()
    ledger = await open_ledger(clock=clock)
    await ledger.rules.set_limits(TREASURY, SpendingLimits(per_day_i=100))
    await ledger.pay(order("before", 60))
    right = clock.now
    clock.now = 1_000.0
    assert await ledger.rules.allowance(TREASURY) == 40
    clock.now = right + 600
    assert await ledger.rules.allowance(TREASURY) == 40
    clock.now = right + DAY + 1
    assert await ledger.rules.allowance(TREASURY) == 100


@pytest.mark.parametrize("seed", [1, *(pytest.param(each, marks=pytest.mark.long) for each in (2, 3, 4))])
async def test_no_24_hours_ever_see_more_than_the_limit(open_ledger: Opener, seed: int) -> None:
    """Random orders, clocks that jump, limits that change, restarts: the book agrees with a simple model of it."""
    rng = random.Random(seed)  # noqa: S311 - orders, not keys
    clock = Clock()
    ledger = await open_ledger(clock=clock)
    limits = SpendingLimits()
    taken: dict[str, tuple[float, int]] = {}
    for number in range(120):
        match rng.randrange(20):
            case 0:
                limits = SpendingLimits(
                    per_payment_i=rng.choice([None, rng.randrange(200)]),
                    per_day_i=rng.choice([None, rng.randrange(900)]),
                )
                await ledger.rules.set_limits(TREASURY, limits)
            case 1:
                clock.now += rng.choice([DAY, DAY / 2, -3_600.0, -DAY])
            case 2 if number % 3 == 0:
                await ledger.close()
                ledger = await open_ledger(clock=clock)
            case _:
                clock.now += rng.expovariate(1 / 4_000)
        amount = rng.randrange(1, 150)
        # Now and then an order comes again.
        payment_id = f"p{rng.randrange(number + 1)}" if rng.random() < 0.2 else f"p{number}"
        if payment_id in taken:
            amount = taken[payment_id][1]
        spent = sum(each for at, each in taken.values() if at > clock.now - DAY)
        within = (limits.per_payment_i is None or amount <= limits.per_payment_i) and (
            limits.per_day_i is None or spent + amount <= limits.per_day_i
        )
        if not within and payment_id not in taken:
            assert (await refused(ledger, order(payment_id, amount))).key in {"over_payment_limit", "over_day_limit"}
            continue
        payment = await ledger.pay(order(payment_id, amount))
        taken.setdefault(payment_id, (clock.now, amount))
        assert payment.created_at == taken[payment_id][0]
    clock.now += 10
    assert await ledger.drain(30)
    paid = await ledger.payments(limit=1_000)
    assert {each.payment_id: each.amount_i for each in paid} == {name: amount for name, (_, amount) in taken.items()}
    assert {each.state for each in paid} == {PaymentState.CONFIRMED}
