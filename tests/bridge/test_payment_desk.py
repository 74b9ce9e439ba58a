"""The desk: first on disk, then paid, each once, whatever fails in between."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.bridge.journal import Journal, Step, TransferState
from custom_components.tangle_grid.bridge.payment_desk import PaymentDesk
from custom_components.tangle_grid.const import TREASURY
from custom_components.tangle_grid.economy.effects import BookEntry, Kind, Transfer
from custom_components.tangle_grid.ledger import LedgerError, LedgerFault, PaymentOrder, PaymentState, SpendingLimits
from tests.support.island import BATTERY, CHARGER, Island
from tests.support.real_ledger import async_until, live_island

__all__ = ["live_island"]


def pay(number: int, amount_i: int, *, source: str = TREASURY, target: str = CHARGER) -> Transfer:
    """Return a transfer of a session."""
    return Transfer(payment_id=f"session:{number}", source=source, target=target, amount_i=amount_i)


def record(desk: PaymentDesk, *effects: Transfer | BookEntry, ended: bool = False, wh: int = 0) -> None:
    """Hand a step of the session in."""
    desk.record("session", "session", {"wh": wh}, effects, at=100.0, ended=ended)


async def test_what_is_written_is_paid_and_booked(hass: HomeAssistant, live_island: Island) -> None:
    runtime = live_island.runtime
    desk = runtime.economy.desk
    await desk.async_settled()
    line = BookEntry(entry_id="l", participant=CHARGER, at=1.0, kind=Kind.FEED_IN, reference="session", amount_i=500)
    record(desk, pay(1, 500), line, wh=500)
    record(desk, wh=600)
    assert desk.transfers.waiting_i(desk.bookings.account_of(TREASURY)) == 500
    await async_until(hass, lambda: desk.transfers.state_of("session:1") is TransferState.CONFIRMED)
    assert runtime.link.wallets[CHARGER].balance_i == 500
    await desk.async_settled()
    assert desk.journal.open_transfers() == []
    assert desk.journal.open_sagas() == {"session": {"session": {"wh": 600}}}
    assert [each.entry_id for each in desk.journal.lines(participant=CHARGER)] == ["l"]


async def test_the_books_know_every_token_since_they_began(hass: HomeAssistant, live_island: Island) -> None:
    """Rewards and payments by hand have lines as well: what the lines come to is what the wallets hold."""
    runtime = live_island.runtime
    desk = runtime.economy.desk
    await async_until(hass, lambda: desk.is_open)
    await desk.async_settled()
    reward = PaymentOrder(
        payment_id="r1:charger", source=TREASURY, target=CHARGER, amount_i=900, memo={"request": "r1"}
    )
    await runtime.link.ledger.pay(reward)
    await async_until(hass, lambda: runtime.link.wallets[CHARGER].balance_i == 900)
    await runtime.link.ledger.pay(PaymentOrder(payment_id="by-hand", source=CHARGER, target=BATTERY, amount_i=300))
    await async_until(hass, lambda: runtime.link.wallets[BATTERY].balance_i == 300)
    await desk.async_settled()
    lines = list(desk.journal.lines(participant=CHARGER))
    assert [(each.kind, each.amount_i, each.reference) for each in lines] == [
        (Kind.REWARD, 900, "r1"),
        (Kind.TRANSFER, -300, "by-hand"),
    ]
    for name, wallet in runtime.link.wallets.items():
        assert desk.journal.balance_i(name) == wallet.balance_i, name


async def test_a_restart_pays_what_was_promised_once(hass: HomeAssistant, live_island: Island) -> None:
    desk = live_island.runtime.economy.desk
    await desk.async_settled()
    record(desk, pay(1, 500))
    await desk.async_settled()
    assert await hass.config_entries.async_unload(live_island.entry.entry_id)
    # Written, and the ledger never heard of it.
    journal = await hass.async_add_executor_job(Journal, desk._path)
    (taken,) = journal.newest_transfers(10)
    await hass.async_add_executor_job(journal.record, [_step(pay(2, 70))])
    await hass.async_add_executor_job(journal.close)
    assert taken.transfer.payment_id == "session:1"

    assert await hass.config_entries.async_setup(live_island.entry.entry_id)
    runtime = live_island.entry.runtime_data
    await async_until(hass, lambda: runtime.link.wallets.get(CHARGER) is not None)
    await async_until(hass, lambda: runtime.link.wallets[CHARGER].balance_i == 570)
    await runtime.economy.desk.async_settled()
    assert runtime.economy.desk.journal.open_transfers() == []


def _step(*effects: Transfer) -> Step:
    return Step(kind="session", saga_id="session", state={}, at=100.0, effects=effects)


async def test_a_poor_wallet_pays_its_oldest_debt_first(hass: HomeAssistant, island: Island) -> None:
    desk = island.runtime.economy.desk
    await desk.async_settled()
    record(desk, pay(1, 500, source=CHARGER, target=TREASURY), pay(2, 50, source=CHARGER, target=TREASURY))
    record(desk, pay(3, 60, source=BATTERY, target=TREASURY))
    await desk.async_settled()
    assert desk.transfers.refused == {"session:1": "insufficient_funds", "session:3": "insufficient_funds"}
    assert desk.transfers.waiting_i(desk.bookings.account_of(CHARGER)) == 550
    island.ledger.balances[CHARGER] = 100
    desk.pay_again()
    await desk.async_settled()
    assert set(island.ledger.orders) == set(), "the second debt does not overtake the first"
    island.ledger.balances[CHARGER] = 600
    desk.pay_again()
    await desk.async_settled()
    assert set(island.ledger.orders) == {"session:1", "session:2"}
    assert desk.transfers.refused == {"session:3": "insufficient_funds"}


async def test_what_a_wallet_can_afford(hass: HomeAssistant, island: Island) -> None:
    desk, link = island.runtime.economy.desk, island.runtime.link
    await desk.async_settled()
    assert desk.affordable_i("nobody") == 0
    before = link.wallets[TREASURY].available_i
    assert desk.affordable_i(TREASURY) == before
    await link.async_set_limits(TREASURY, SpendingLimits(per_payment_i=40))
    await hass.async_block_till_done()
    assert desk.affordable_i(TREASURY) == 40
    record(desk, pay(1, 500))
    await desk.async_settled()
    assert desk.transfers.refused == {"session:1": "over_payment_limit"}


async def test_nothing_is_paid_that_could_not_be_written(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = island.runtime.economy.desk
    await desk.async_settled()
    journal = desk.journal
    real = journal.record

    def full(_steps: object) -> None:
        raise LedgerError("ledger_unavailable", {"error": "disk full"}, fault=LedgerFault.DISK_FULL)

    monkeypatch.setattr(journal, "record", full)
    record(desk, pay(1, 500))
    await desk.async_settled()
    record(desk, pay(2, 600))
    await desk.async_settled()
    assert island.ledger.orders == {}
    assert desk.transfers.waiting_i(desk.bookings.account_of(TREASURY)) == 1_100
    monkeypatch.setattr(journal, "record", real)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=61))
    await async_until(hass, lambda: set(island.ledger.orders) == {"session:1", "session:2"})


async def test_a_disk_that_is_quicker_than_the_loop_holds_up_no_payment(
    hass: HomeAssistant, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = island.runtime.economy.desk
    await desk.async_settled()

    def at_once(target: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        done: asyncio.Future[Any] = hass.loop.create_future()
        done.set_result(target(*args))
        return done

    monkeypatch.setattr(hass, "async_add_executor_job", at_once)
    record(desk, pay(1, 500))
    await desk.async_settled()
    assert set(island.ledger.orders) == {"session:1"}


async def test_a_payment_that_failed_is_made_anew_under_another_id(hass: HomeAssistant, island: Island) -> None:
    desk = island.runtime.economy.desk
    await desk.async_settled()
    record(desk, pay(1, 500))
    await desk.async_settled()
    failed = replace(island.ledger.orders["session:1"], state=PaymentState.FAILED, error="gone")
    island.ledger.orders["session:1"] = failed
    desk.payment_changed(failed)
    await desk.async_settled()
    assert set(island.ledger.orders) == {"session:1", "session:1~1"}
    island.ledger.confirm("session:1~1")
    await desk.async_settled()
    assert desk.transfers.state_of("session:1") is TransferState.CONFIRMED


async def test_the_ledger_is_believed_where_the_journal_was_set_back(hass: HomeAssistant, island: Island) -> None:
    desk = island.runtime.economy.desk
    await desk.async_settled()
    await island.ledger.pay(PaymentOrder(payment_id="session:1", source=TREASURY, target=CHARGER, amount_i=640))
    line = BookEntry(
        entry_id="l",
        participant=CHARGER,
        at=1.0,
        kind=Kind.FEED_IN,
        reference="s",
        amount_i=700,
        payment_id="session:1",
    )
    record(desk, pay(1, 700), line)
    await desk.async_settled()
    assert desk.transfers.state_of("session:1") is TransferState.TAKEN
    assert desk.journal.balance_i(CHARGER) == 640
