"""What tests of forms have in common."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
import voluptuous as vol
from homeassistant.data_entry_flow import section


@pytest.fixture(autouse=True)
def no_start() -> Iterator[None]:
    """Entries are made, not started: these tests are about the forms."""
    with (
        patch("custom_components.tangle_grid.async_setup_entry", return_value=True),
        patch("custom_components.tangle_grid.async_unload_entry", return_value=True),
    ):
        yield


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
