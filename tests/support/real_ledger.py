"""Islands with the real ledger: its node, its wallets, its files."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.island.runtime import IslandRuntime
from tests.support.island import Island, async_set_up_devices

_STEP_S = 0.02
_PATIENCE_STEPS = 1_000


async def async_until(hass: HomeAssistant, is_so: Callable[[], bool]) -> None:
    """Wait for what happens in the ledger's threads, in real time: every clock of the test may stand still."""
    for _ in range(_PATIENCE_STEPS):
        await hass.async_block_till_done()
        if is_so():
            return
        await asyncio.to_thread(time.sleep, _STEP_S)
    pytest.fail("it did not happen")


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged, but for what the stand-in of the storage says of what it is given."""
    return "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("pytest_homeassistant")
    )


async def async_load(hass: HomeAssistant, entry: MockConfigEntry) -> IslandRuntime:
    """Set an island up and wait until its ledger is open."""
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    runtime: IslandRuntime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.healthy)
    return runtime


@pytest.fixture
async def live_island(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncIterator[Island]:
    """A loaded island with a ledger of its own, in real time."""
    await async_set_up_devices(hass)
    runtime = await async_load(hass, entry)
    loaded = Island(hass, entry, cast("Any", runtime.link.ledger), cast("Any", None))
    await loaded.settle()
    yield loaded
    if hass.config_entries.async_get_entry(entry.entry_id) and entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


@pytest.fixture
async def real_island(freezer: FrozenDateTimeFactory, live_island: Island) -> Island:
    """The same, in the time that the test makes."""
    return Island(live_island.hass, live_island.entry, live_island.ledger, freezer)
