"""Steps through the options of an island."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry


async def step(hass: HomeAssistant, entry: MockConfigEntry, *steps: str) -> ConfigFlowResult:
    """Go through the menus of the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    for name in steps:
        assert name in result["menu_options"]
        result = await hass.config_entries.options.async_configure(result["flow_id"], {"next_step_id": name})
    return result


async def submit(hass: HomeAssistant, form: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
    return await hass.config_entries.options.async_configure(form["flow_id"], fields)
