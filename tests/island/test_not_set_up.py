"""What cannot be set up says why."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.const import CONF_MAX_CURRENT, CONF_SAFE_CURRENT
from tests.support.island import charger_subentry, island_entry


async def test_an_island_that_contradicts_itself_is_not_loaded_and_says_what_is_wrong(
    hass: HomeAssistant, fake_ledger: object
) -> None:
    charger = charger_subentry()
    charger["data"] = {**charger["data"], CONF_MAX_CURRENT: 10.0, CONF_SAFE_CURRENT: 12.0}
    entry = island_entry(charger)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "invalid_config"
    assert entry.error_reason_translation_placeholders == {"subject": "charger-1", "problem": "safe_current"}
