"""Files that fail, under a real ledger: the grid goes on, somebody is told what to do, and nothing is overwritten."""

import asyncio
import hashlib
import sqlite3
import time
from pathlib import Path
from typing import Any, cast

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.bridge.secrets import ledger_folder
from custom_components.tangle_grid.const import CONF_ISLAND_ID, CONF_PLANNING, CONF_PUBLISH_INTERVAL, DOMAIN
from custom_components.tangle_grid.ledger import SUPPLY
from custom_components.tangle_grid.ledger.store import database
from custom_components.tangle_grid.ledger.store.database import Database
from tests.support.island import CHARGER, Island, async_set_up_devices, island_entry, set_meter
from tests.support.real_ledger import async_load, async_until, live_island, real_island

__all__ = ["live_island", "real_island"]


def _issues(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


def _spoil(path: Path) -> str:
    """Damage a file in its middle, as a failing disk does; returns what it then is."""
    content = bytearray(path.read_bytes())
    content[: len(content) // 2] = b"\xa5" * (len(content) // 2)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


async def test_damaged_files(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> None:
    """Where both are damaged, nothing is made anew from the other."""
    await async_set_up_devices(hass)
    await async_load(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    folder = ledger_folder(hass, entry.data[CONF_ISLAND_ID])
    paths = [folder / "tangle.sqlite", folder / "wallet.sqlite"]
    kept = [path.read_bytes() for path in paths]
    damaged = [_spoil(path) for path in paths]

    assert await hass.config_entries.async_setup(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.error is not None)
    assert not runtime.link.healthy
    island = Island(hass, entry, cast("Any", None), freezer)
    await island.run(90)
    assert _issues(hass) == {"ledger_corrupt"}
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths] == damaged

    # Protection does not wait for it.
    set_meter(hass, 17000, 17000, 17000)
    await island.settle()
    setpoint = runtime.status.devices[CHARGER].setpoint
    assert setpoint is not None
    assert setpoint < 16

    # Restored, it goes on by itself; here it is told to look at once.
    for path, content in zip(paths, kept, strict=True):
        path.write_bytes(content)
    await hass.config_entries.async_reload(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.healthy)
    assert not _issues(hass)
    await hass.config_entries.async_unload(entry.entry_id)


def _files(island: Island) -> tuple[Database, Database]:
    """The open files of the ledger: wallets and Tangle."""
    core = island.runtime.link.ledger._core
    return core._database, core.backend.node.store.database


def _fill_disk(file: Database) -> None:
    """Leave room for one more page: SQLite then says that the disk is full."""
    file.rows(f"PRAGMA max_page_count={file.value('PRAGMA page_count') + 1}")


def _make_room(file: Database) -> None:
    file.rows("PRAGMA max_page_count=1000000")


def _take_writing_away(file: Database) -> None:
    """From now on SQLite says of every change that the file is read-only."""
    file.rows("PRAGMA query_only=ON")


def _give_writing_back(file: Database) -> None:
    file.rows("PRAGMA query_only=OFF")


async def _protects(island: Island) -> bool:
    """Whether the feed is protected when it is overloaded now."""
    set_meter(island.hass, 17000, 17000, 17000)
    await island.settle()
    setpoint = island.runtime.status.devices[CHARGER].setpoint
    return setpoint is not None and setpoint < 16


@pytest.mark.parametrize(
    ("fail", "heal", "issue"),
    [
        (_fill_disk, _make_room, "ledger_disk_full"),
        (_take_writing_away, _give_writing_back, "ledger_read_only"),
    ],
)
@pytest.mark.parametrize("entry", [island_entry(options={CONF_PLANNING: False, CONF_PUBLISH_INTERVAL: 3_600})])
async def test_files_that_cannot_be_written_any_more(
    hass: HomeAssistant, real_island: Island, fail: Any, heal: Any, issue: str
) -> None:
    island, ledger = real_island, real_island.runtime.link.ledger
    charger, wallet = island.device_id(CHARGER), island.runtime.wallet_ids[CHARGER]
    await island.call("reward", device_id=charger, amount=100, reason="x", payment_id="before")
    await async_until(hass, lambda: island.runtime.link.wallets[wallet].balance_i == 100)
    for file in _files(island):
        fail(file)
    taken: list[str] = []
    refused: HomeAssistantError | None = None
    while refused is None and len(taken) < 100:
        try:
            await island.call("reward", device_id=charger, amount=1, reason="ä" * 200, payment_id=f"p{len(taken)}")
        except HomeAssistantError as error:
            refused = error
        else:
            taken.append(f"p{len(taken)}")
    assert refused is not None
    assert refused.translation_key == "ledger_unavailable"
    # The ledger's own thread finds out in real time, and the issue needs the island's.
    for _ in range(60):
        await island.run(120)
        if _issues(hass):
            break
        await asyncio.to_thread(time.sleep, 0.1)
    assert _issues(hass) == {issue}
    assert await _protects(island)

    # There is room again: what was taken is paid, once, and what was refused is not.
    for file in _files(island):
        heal(file)
    await island.run(75)
    await async_until(hass, lambda: island.runtime.link.healthy)
    await island.call("reward", device_id=charger, amount=1, reason="x", payment_id="after")
    await async_until(hass, ledger._core.is_drained)
    await island.settle()
    assert not _issues(hass)
    assert island.runtime.link.ledger is ledger
    assert island.runtime.link.wallets[wallet].balance_i == 100 + len(taken) + 1
    assert sum(each.balance_i for each in island.runtime.link.wallets.values()) == SUPPLY


async def test_files_that_cannot_be_written_at_the_start(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await async_set_up_devices(hass)
    await async_load(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    folder = ledger_folder(hass, entry.data[CONF_ISLAND_ID])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def connect(path: Path, **options: Any) -> sqlite3.Connection:
        return connect_before(f"file:{path}?mode=ro&immutable=1", uri=True, **options)

    connect_before = database.sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr(database.sqlite3, "connect", connect)
        assert await hass.config_entries.async_setup(entry.entry_id)
        runtime = entry.runtime_data
        await async_until(hass, lambda: runtime.link.error is not None)
        island = Island(hass, entry, cast("Any", None), freezer)
        await island.run(90)
        assert _issues(hass) == {"ledger_read_only"}
        assert await _protects(island)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    await hass.config_entries.async_reload(entry.entry_id)
    await async_until(hass, lambda: entry.runtime_data.link.healthy)
    assert not _issues(hass)
    await hass.config_entries.async_unload(entry.entry_id)
