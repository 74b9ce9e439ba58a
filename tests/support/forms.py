"""What tests of forms have in common."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section


@pytest.fixture(autouse=True)
def no_start() -> Iterator[None]:
    """Entries are made, not started: these tests are about the forms."""
    with (
        patch("custom_components.tangle_grid.async_setup_entry", return_value=True),
        patch("custom_components.tangle_grid.async_unload_entry", return_value=True),
        patch("custom_components.tangle_grid.flows.meter.WATCH_S", 0.0),
    ):
        yield


async def past_the_meter(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Let the meter be watched, and say yes to what was seen; other results are given back as they are."""
    if result["type"] is not FlowResultType.SHOW_PROGRESS:
        return result
    await hass.async_block_till_done(wait_background_tasks=True)
    seen = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert (seen["type"], seen["step_id"]) == (FlowResultType.FORM, "meter_seen")
    return await hass.config_entries.flow.async_configure(result["flow_id"], {})


def as_shown(schema: vol.Schema) -> dict[str, Any]:
    """Return what somebody sends who changes nothing in a form: what it suggests, and its defaults."""
    sent: dict[str, Any] = {}
    for marker, value in schema.schema.items():
        suggested = (marker.description or {}).get("suggested_value")
        if isinstance(value, section):
            sent[str(marker)] = {**as_shown(value.schema), **(suggested or {})}
        elif suggested is not None:
            sent[str(marker)] = suggested
        elif not isinstance(marker.default, vol.Undefined):
            sent[str(marker)] = marker.default()
    return sent
