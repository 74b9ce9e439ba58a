"""Tokens are neither made nor lost: every settlement is paid exactly once, whatever crashes between any two steps."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import GridError, MarketConfig, PolicyConfig, PolicyMode, Settlement
from custom_components.tangle_grid.ledger import SUPPLY, TREASURY, Ledger, PaymentOrder
from tests.ledger.conftest import Opener, island_secrets, open_ledger
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, battery, charger, household

__all__ = ["island_secrets", "open_ledger"]

STEPS = ("ask", "run", "pay", "mark", "save", "kill", "opt_out", "unplug")


class Book:
    """Exact accounts that survive every crash; the same payment id is paid once."""

    def __init__(self) -> None:
        self.balances: Counter[str] = Counter({TREASURY: SUPPLY})
        self.payments: dict[str, tuple[str, int]] = {}

    def pay(self, settlement: Settlement) -> None:
        known = self.payments.get(settlement.payment_id)
        if known is not None:
            # Handed over again after a crash: it must be the very same payment.
            assert known == (settlement.device_id, settlement.amount_i)
            return
        assert settlement.amount_i > 0
        self.payments[settlement.payment_id] = (settlement.device_id, settlement.amount_i)
        self.balances[TREASURY] -= settlement.amount_i
        self.balances[settlement.device_id] += settlement.amount_i
        assert self.balances.total() == SUPPLY


class Island:
    """The grid, what is on its disk, and the book. As in the integration, the state is saved before anybody is paid."""

    def __init__(self) -> None:
        self.plant = Plant(
            Car(charger(policy=ALWAYS, max_current_a=10.0)),
            Store(battery(policy=ALWAYS)),
            Home(household(policy=PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=500_000))),
            market=MarketConfig(automatic=False, budget_per_day_i=20_000_000),
            dt=15.0,
        )
        self.book = Book()
        self.plant.run(700)
        self.disk = ""
        self.save()

    def save(self) -> None:
        self.disk = json.dumps(self.plant.engine.to_dict())

    def kill(self) -> None:
        """Everything since the last save is gone, but for the book and the world."""
        self.plant.engine = self.plant.make_engine(json.loads(self.disk))

    def ask(self, number: int) -> None:
        try:
            self.plant.engine.commands.request_curtailment(
                self.plant.now, power_w=500.0 + 20.0 * number, duration_s=60.0 + number
            )
        except GridError as error:
            if error.key not in {"feeder_blind", "budget_spent"}:
                raise

    def pay(self, number: int) -> None:
        self.save()
        for settlement in self.plant.engine.commands.unpaid()[: 1 + number % 3]:
            self.book.pay(settlement)

    def mark(self, number: int) -> None:
        """The book's answers reach the grid, some of them, perhaps not at all."""
        engine = self.plant.engine
        for settlement in engine.commands.unpaid()[: number % 4]:
            if settlement.payment_id in self.book.payments:
                engine.commands.mark_paid(
                    self.plant.now, request_id=settlement.request_id, device_id=settlement.device_id, reference="T"
                )

    def opt_out(self) -> None:
        try:
            self.plant.engine.commands.opt_out(self.plant.now, device_id="battery")
        except GridError as error:
            if error.key != "not_participating":
                raise

    def do(self, what: str, number: int) -> None:
        match what:
            case "ask":
                self.ask(number)
            case "run":
                self.plant.run(number)
            case "pay":
                self.pay(number)
            case "mark":
                self.mark(number)
            case "save":
                self.save()
            case "kill":
                self.kill()
            case "unplug":
                self.plant.car().connected = not self.plant.car().connected
            case "opt_out":
                self.opt_out()


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 400)), min_size=10, max_size=40))
def test_every_settlement_is_paid_exactly_once(history: list[tuple[str, int]]) -> None:
    island = Island()
    settled: dict[str, int] = {}
    for what, number in history:
        island.do(what, number)
    # Calm at the end: everything comes to its end and is paid.
    island.plant.run(600)
    for _ in range(30):
        island.pay(2)
        island.mark(3)
    assert island.plant.engine.commands.unpaid() == []
    for request in island.plant.engine.requests.values():
        for ask in request.asks.values():
            if ask.amount_i:
                settled[f"{request.request_id}:{ask.device_id}"] = ask.amount_i
                assert ask.paid_at is not None
    paid = {payment_id: amount for payment_id, (_, amount) in island.book.payments.items()}
    assert paid == settled
    assert island.book.balances.total() == SUPPLY
    assert sum(settled.values()) == SUPPLY - island.book.balances[TREASURY]


@pytest.mark.parametrize("crash", ["before the payment", "before it is marked", "not at all"])
async def test_with_the_real_ledger(crash: str, open_ledger: Opener, tmp_path: Path) -> None:
    plant = Plant(
        Car(charger(policy=ALWAYS)), Home(household(policy=ALWAYS)), market=MarketConfig(automatic=False), dt=10.0
    )
    plant.run(1500)
    plant.engine.commands.request_curtailment(plant.now, power_w=13_000.0, duration_s=120.0)
    plant.run(160)
    disk = json.loads(json.dumps(plant.engine.to_dict()))
    owed = {each.payment_id: each for each in plant.engine.commands.unpaid()}
    assert {each.device_id for each in owed.values()} == {"car", "home"}
    ledger = await open_ledger()

    async def pay(at: Ledger) -> None:
        for each in plant.engine.commands.unpaid():
            memo: dict[str, Any] = dict(each.receipt)
            order = PaymentOrder(
                payment_id=each.payment_id, source=TREASURY, target=each.device_id, amount_i=each.amount_i, memo=memo
            )
            await at.pay(order)

    if crash != "before the payment":
        await pay(ledger)
        assert await ledger.drain(20)
    if crash != "not at all":
        await ledger.close()
        plant.engine = plant.make_engine(disk)
        ledger = await open_ledger()
    await pay(ledger)
    assert await ledger.drain(20)
    for each in plant.engine.commands.unpaid():
        plant.engine.commands.mark_confirmed(
            plant.now, request_id=each.request_id, device_id=each.device_id, reference="T"
        )
    wallets = await ledger.wallets()
    for each in owed.values():
        assert wallets[each.device_id].balance_i == each.amount_i
    assert sum(wallet.balance_i for wallet in wallets.values()) == SUPPLY
    assert plant.engine.commands.unpaid() == []
