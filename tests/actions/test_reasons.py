"""Reasons in words."""

from datetime import UTC, datetime

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.reasons import _text


@pytest.mark.parametrize(("second", "shown"), [(29, "07:11"), (31, "07:12")])
async def test_a_moment_is_told_to_the_nearest_minute(hass: HomeAssistant, second: int, shown: str) -> None:
    """As the entities next to it show it."""
    await hass.config.async_set_time_zone("UTC")
    assert _text("departure", datetime(2026, 11, 22, 7, 11, second, tzinfo=UTC).timestamp()) == shown
