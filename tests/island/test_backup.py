"""Home Assistant's own backup: what it copies of a running island is whole, and nothing here can be the end of it."""

import asyncio
import json
import logging
import shutil
import time
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from homeassistant.backup_restore import restore_backup
from homeassistant.components.backup.const import DATA_MANAGER
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.tangle_grid import backup
from custom_components.tangle_grid.bridge.secrets import ledger_folder
from custom_components.tangle_grid.const import DOMAIN, TREASURY
from custom_components.tangle_grid.island.storage import GridStore
from custom_components.tangle_grid.ledger import Ledger, LedgerError, PaymentOrder
from custom_components.tangle_grid.ledger.core import LedgerCore
from tests.support.island import CHARGER, Island
from tests.support.real_ledger import live_island

__all__ = ["live_island"]

_LEAST_CHECKPOINT = "custom_components.tangle_grid.ledger.store.log_keeper._FULL_BYTES"


async def async_pay(island: Island, *payment_ids: str) -> None:
    for payment_id in payment_ids:
        order = PaymentOrder(payment_id=payment_id, source=TREASURY, target=CHARGER, amount_i=1)
        await island.runtime.link.ledger.pay(order)
    assert await island.runtime.link.ledger.drain(60)


async def async_opened_copy(hass: HomeAssistant, island: Island, folder: Path) -> Ledger:
    """Open what was copied, as after a restore."""
    secrets = await island.runtime.secret_store.async_secrets()
    assert secrets is not None
    return await Ledger.open(folder, island_id=island.runtime.island_id, secrets=secrets)


async def test_home_assistant_asks_before_and_after_a_backup(
    hass: HomeAssistant, live_island: Island, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files are copied one after the other while payments go on: nothing of what was there before is missing."""
    monkeypatch.setattr(_LEAST_CHECKPOINT, 20_000)
    assert await async_setup_component(hass, "backup", {})
    await hass.async_block_till_done()
    manager = hass.data[DATA_MANAGER]
    assert DOMAIN in manager.platforms
    await async_pay(live_island, "before-1", "before-2")
    folder, copied = ledger_folder(hass, live_island.runtime.island_id), tmp_path / "copied"
    await asyncio.to_thread(copied.mkdir)
    begun = time.monotonic()
    await manager.async_pre_backup_actions()
    assert time.monotonic() - begun < 5
    for number, name in enumerate(("tangle.sqlite", "wallet.sqlite", "wallet.sqlite-wal", "tangle.sqlite-wal")):
        before = await asyncio.to_thread((folder / name).read_bytes)
        await async_pay(live_island, f"during-{number}")
        if not name.endswith("wal"):
            assert await asyncio.to_thread((folder / name).read_bytes) == before
        await asyncio.to_thread(shutil.copy, folder / name, copied / name)
    await manager.async_post_backup_actions()
    await async_pay(live_island, "after-1", "after-2")
    opened = await async_opened_copy(hass, live_island, copied)
    paid = {payment.payment_id for payment in await opened.payments()}
    assert {"before-1", "before-2"} <= paid
    assert opened.status().supply_ok
    await opened.close()


@pytest.mark.parametrize("password", [None, "a secret"])
async def test_an_archive_of_home_assistant_is_restored_by_home_assistant(
    hass: HomeAssistant, live_island: Island, tmp_path: Path, password: str | None
) -> None:
    """The whole way with its own code, payments going on all the while: what was ordered before is paid once."""
    assert await async_setup_component(hass, "backup", {})
    await hass.async_block_till_done()
    before = [f"before-{number}" for number in range(3)]
    await async_pay(live_island, *before)
    since: list[str] = []

    async def go_on_paying() -> None:
        while True:
            since.append(f"since-{len(since)}")
            await async_pay(live_island, since[-1])

    paying = asyncio.ensure_future(go_on_paying())
    await hass.data[DATA_MANAGER].async_create_backup(
        agent_ids=["backup.local"],
        include_addons=None,
        include_all_addons=False,
        include_database=False,
        include_folders=None,
        include_homeassistant=True,
        name="all",
        password=password,
    )
    assert not paying.done(), "payments did not go on"
    paying.cancel()
    (archive,) = await asyncio.to_thread(lambda: list(Path(hass.config.path("backups")).glob("*.tar")))
    note = {"path": str(archive), "password": password, "remove_after_restore": False}
    note |= {"restore_database": False, "restore_homeassistant": True}
    fresh = tmp_path / "fresh"
    await asyncio.to_thread(fresh.mkdir)
    await asyncio.to_thread((fresh / ".HA_RESTORE").write_text, json.dumps(note))
    assert await asyncio.to_thread(restore_backup, str(fresh))
    opened = await async_opened_copy(hass, live_island, fresh / DOMAIN / live_island.runtime.island_id)
    assert opened.status().findings is None
    for payment_id in (*before, *since):
        order = PaymentOrder(payment_id=payment_id, source=TREASURY, target=CHARGER, amount_i=1)
        await opened.pay(order)
    assert await opened.drain(60)
    assert opened.status().supply_ok
    assert (await opened.wallets())[CHARGER].balance_i == len(before) + len(since)
    await opened.close()


async def test_the_state_of_the_grid_is_saved_first(
    hass: HomeAssistant, live_island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the grid has as unpaid is paid once, whatever the ledger has; what it has as paid is not paid again."""
    runtime, done = live_island.runtime, []

    async def save(_store: GridStore, state: dict[str, Any]) -> None:
        assert state["engine"]
        done.append("grid")

    monkeypatch.setattr(GridStore, "async_save", save)
    monkeypatch.setattr(runtime.link.ledger._core, "lie_still", lambda _seconds: done.append("ledger"))
    await backup.async_pre_backup(hass)
    assert done == ["grid", "ledger"]


async def test_a_ledger_that_is_busy_holds_nothing_up(
    hass: HomeAssistant, live_island: Island, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backup, "_AT_MOST_S", 0.2)
    ledger = live_island.runtime.link.ledger
    goes_on = Event()
    asked = asyncio.ensure_future(ledger._worker.ask(goes_on.wait))
    begun = time.monotonic()
    await backup.async_pre_backup(hass)
    await backup.async_post_backup(hass)
    assert time.monotonic() - begun < 3
    goes_on.set()
    await asked
    assert [record.levelno for record in caplog.records if "backup" in record.getMessage()] == [logging.WARNING] * 2
    assert "Maple Street could not be made ready for the backup" in caplog.text


@pytest.mark.parametrize("error", [LedgerError("ledger_unavailable", {"error": "gone"}), OSError("full"), KeyError(1)])
async def test_what_fails_is_logged_and_stays_here(
    hass: HomeAssistant,
    live_island: Island,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    def fail(*_args: float) -> None:
        raise error

    core = live_island.runtime.link.ledger._core
    monkeypatch.setattr(core, "lie_still", fail)
    monkeypatch.setattr(core, "go_on", fail)
    await backup.async_pre_backup(hass)
    await backup.async_post_backup(hass)
    assert caplog.text.count("Maple Street could not") == 2


async def test_after_a_backup_that_did_not_begin_all_goes_on(hass: HomeAssistant, live_island: Island) -> None:
    """Home Assistant calls what comes after a backup also when what comes before it failed."""
    await backup.async_post_backup(hass)
    await async_pay(live_island, "one")


async def test_without_an_island_there_is_nothing_to_do(hass: HomeAssistant) -> None:
    await backup.async_pre_backup(hass)
    await backup.async_post_backup(hass)


async def test_a_ledger_that_is_opened_during_a_backup_lies_still(
    hass: HomeAssistant, live_island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = live_island.runtime.link
    await link._async_stop()
    await backup.async_pre_backup(hass)
    asked: list[float] = []
    monkeypatch.setattr(LedgerCore, "lie_still", lambda _core, seconds: asked.append(seconds))
    await link._async_open()
    assert asked
    await backup.async_post_backup(hass)
