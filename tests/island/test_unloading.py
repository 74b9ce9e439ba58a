"""What is left of an island when it is unloaded: nothing at work, nothing in memory, devices in their safe state."""

import gc
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from custom_components.tangle_grid.const import DOMAIN
from tests.support.island import Island


async def test_nothing_is_left_behind(hass: HomeAssistant, island: Island) -> None:
    entry = island.entry
    listeners = hass.bus.async_listeners()[er.EVENT_ENTITY_REGISTRY_UPDATED]
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not entry._tasks
    assert not entry._background_tasks
    del island
    gc.collect()
    assert not {key: value for key, value in hass.data.items() if str(key).startswith(DOMAIN) and value}
    assert hass.bus.async_listeners()[er.EVENT_ENTITY_REGISTRY_UPDATED] < listeners


async def test_who_cannot_be_unloaded_is_in_its_safe_state(hass: HomeAssistant, island: Island) -> None:
    """Control stops first: entities that stay tell nobody to draw more."""
    with patch.object(hass.config_entries, "async_unload_platforms", return_value=False):
        assert not await hass.config_entries.async_unload(island.entry.entry_id)
    assert island.entry.state is ConfigEntryState.FAILED_UNLOAD
    assert hass.states.is_state("input_number.charger_limit", "6.0")
    await hass.async_block_till_done()
