"""A ledger at work, for files that are damaged afterwards."""

from pathlib import Path

import pytest

from custom_components.tangle_grid.ledger import (
    TREASURY,
    OwnerAddress,
    PaymentOrder,
    Secrets,
    SpendingLimits,
)
from custom_components.tangle_grid.ledger.core import LedgerCore
from custom_components.tangle_grid.ledger.pyota.library import prepare
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from tests.ledger.conftest import ISLAND

OWNER = with_checksum(address_of("SOMEBODY", 0))


ELSEWHERE = with_checksum(address_of("ELSEWHERE", 0))


def open_core(folder: Path, secrets: Secrets) -> LedgerCore:
    now = iter(range(1_900_000_000, 1_990_000_000))
    return LedgerCore(
        folder,
        island_id=ISLAND,
        secrets=secrets,
        clock=lambda: float(next(now)),
        mwm=1,
        milestone_interval_s=0.0,
    )


def work(core: LedgerCore, steps: int = 60) -> None:
    for _ in range(steps):
        progress, _status = core.advance(None)
        if not progress.busy and progress.wait_s != 0:
            return


def order(payment_id: str, source: str, target: str, amount_i: int) -> PaymentOrder:
    return PaymentOrder(payment_id=payment_id, source=source, target=target, amount_i=amount_i, memo={"why": "x"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, island_secrets: Secrets) -> Path:
    """A ledger with something of every kind: confirmed, signed, planned and queued, and messages of everybody."""
    made = tmp_path_factory.mktemp("flipped") / "ledger"
    core = open_core(made, island_secrets)
    core.rules.set_limits("car", SpendingLimits(per_payment_i=5_000, per_day_i=10**6))
    core.orders.pay(order("a", TREASURY, "car", 1_000))
    work(core)
    core.sweeper.set_owner("home", OwnerAddress(address=OWNER, sweep_above_i=None, keep_i=0))
    core.publisher.publish("request", {"request_id": "r", "participant": "car"})
    core.publisher.publish("answer", {"request_id": "r", "participant": "car", "accepted": True}, "car")
    core.publisher.publish("data", {"topic": "t", "data": {"deep": [1, 2, 3]}}, "home")
    work(core)
    core.orders.pay(order("b", "car", "home", 10))
    core.orders.pay(order("c", TREASURY, "home", 500))
    core.publisher.publish("meter", {"n": 2, "v": [1.5, 2.5]})
    core.publisher.publish("answer", {"request_id": "r2", "participant": "home", "accepted": False}, "home")
    first = core.steps._planner.plan([])
    assert first is not None
    assert first.transfer is not None
    signed = prepare(first.transfer.plan, core.accounts.seed(first.transfer.source))
    with core._database.transaction(durable=True):
        core.steps._transfers.set_prepared(first.transfer.id, signed)
    assert core.steps._planner.plan(core.steps._transfers.open()) is not None
    core.orders.pay(order("d", TREASURY, ELSEWHERE, 7))
    core.close()
    return made
