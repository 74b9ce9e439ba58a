"""Files that fail, under a real ledger: the grid goes on, somebody is told what to do, and nothing is overwritten."""

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import CONF_ISLAND_ID, DOMAIN
from custom_components.tangle_grid.persistence import ledger_folder
from tests.island import CHARGER, Island, async_set_up_devices, set_meter
from tests.real_ledger import async_load, async_until


def _issues(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


def _spoil(path: Path) -> str:
    """Damage a file in its middle, as a failing disk does; returns what it then is."""
    content = bytearray(path.read_bytes())
    content[: len(content) // 2] = b"\xa5" * (len(content) // 2)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["tangle.sqlite", "wallet.sqlite"])
async def test_a_damaged_file(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, name: str
) -> None:
    await async_set_up_devices(hass)
    await async_load(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    path = ledger_folder(hass, entry.data[CONF_ISLAND_ID]) / name
    kept = path.read_bytes()
    damaged = _spoil(path)

    assert await hass.config_entries.async_setup(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.error is not None)
    assert not runtime.link.healthy
    island = Island(hass, entry, cast("Any", None), freezer)
    await island.run(90)
    assert _issues(hass) == {"ledger_corrupt"}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == damaged

    # Protection does not wait for it.
    set_meter(hass, 17000, 17000, 17000)
    await island.settle()
    setpoint = runtime.status.devices[CHARGER].setpoint
    assert setpoint is not None
    assert setpoint < 16

    # Restored, it goes on by itself; here it is told to look at once.
    path.write_bytes(kept)
    await hass.config_entries.async_reload(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.healthy)
    assert not _issues(hass)
    await hass.config_entries.async_unload(entry.entry_id)
