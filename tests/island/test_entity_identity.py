"""Who is removed and set up again has the entities of before, as somebody has named them."""

from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_USER, ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from custom_components.tangle_grid.bridge.secrets import SecretStore
from custom_components.tangle_grid.const import DOMAIN
from tests.support.forms import past_the_meter
from tests.support.island import CHARGER, METER, Island, charger_subentry


async def _async_set_up_again(hass: HomeAssistant, choice: str) -> ConfigEntry[Any]:
    """Go through the form, and choose the wallets of an island that was removed, or none."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": "island"})
    feed = {"name": "Maple Street", "meter_power": list(METER), "capacity_a": 63, "threshold": 80}
    with patch("custom_components.tangle_grid.flows.meter.WATCH_S", 0.0):
        await past_the_meter(hass, await hass.config_entries.flow.async_configure(form["flow_id"], feed))
    result = await hass.config_entries.flow.async_configure(form["flow_id"], {"restore": choice})
    await hass.async_block_till_done()
    return result["result"]


async def _async_add_charger(hass: HomeAssistant, entry: ConfigEntry[Any]) -> str:
    """Add the charger with its old name; return its new id."""
    data = MappingProxyType(dict(charger_subentry()["data"]))
    charger = ConfigSubentry(data=data, subentry_type="charger", title="Charger Maple 4", unique_id=None)
    assert hass.config_entries.async_add_subentry(entry, charger)
    await hass.async_block_till_done()
    return charger.subentry_id


async def test_an_island_that_is_set_up_again(hass: HomeAssistant, island: Island) -> None:
    entities = er.async_get(hass)
    entities.async_update_entity(island.entity_id("sensor", "load"), new_entity_id="sensor.our_load")
    entities.async_update_entity(island.entity_id("sensor", "wallet_balance", CHARGER), new_entity_id="sensor.ours")
    first, island_id = island.entry.entry_id, island.runtime.island_id
    for _ in range(2):
        # The second time the entry that is removed is no longer the first one.
        (entry,) = hass.config_entries.async_entries(DOMAIN)
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
        assert entities.async_get("sensor.our_load") is None
        again = await _async_set_up_again(hass, island_id)
        assert again.entry_id != entry.entry_id
        assert entities.async_get_entity_id("sensor", DOMAIN, f"{first}_load") == "sensor.our_load"

        charger = await _async_add_charger(hass, again)
        ours = entities.async_get("sensor.ours")
        assert ours is not None
        assert (ours.unique_id, ours.config_subentry_id) == (f"{CHARGER}_wallet_balance", charger)
        assert hass.states.get("sensor.ours") is not None
    await hass.config_entries.async_unload(again.entry_id)


async def test_another_island_has_entities_of_its_own(hass: HomeAssistant, island: Island) -> None:
    first = island.entry.entry_id
    await hass.config_entries.async_remove(first)
    await hass.async_block_till_done()
    other = await _async_set_up_again(hass, "new")
    entities = er.async_get(hass)
    assert entities.async_get_entity_id("sensor", DOMAIN, f"{first}_load") is None
    assert entities.async_get_entity_id("sensor", DOMAIN, f"{other.entry_id}_load") is not None
    await hass.config_entries.async_unload(other.entry_id)


async def test_wallets_that_cannot_be_read_change_no_entity(hass: HomeAssistant, island: Island) -> None:
    assert hass.config_entries.async_remove_subentry(island.entry, CHARGER)
    await hass.async_block_till_done()
    charger = await _async_add_charger(hass, island.entry)
    assert island.runtime.wallet_ids[charger] == CHARGER
    before = {each.entity_id: each.unique_id for each in er.async_get(hass).entities.values()}
    with patch.object(SecretStore, "_async_read", side_effect=ValueError("damaged")):
        assert await hass.config_entries.async_reload(island.entry.entry_id)
        await hass.async_block_till_done()
        assert island.runtime.wallet_ids[charger] == charger
        assert {each.entity_id: each.unique_id for each in er.async_get(hass).entities.values()} == before
