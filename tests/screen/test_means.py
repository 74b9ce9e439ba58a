"""Who is asked sees what a yes would really mean for it, before it answers."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.support.island import CHARGER, Island, charger_subentry, island_entry


@pytest.fixture
def entry() -> MockConfigEntry:
    """A charger whose owner wants to be asked."""
    return island_entry(charger_subentry("ask"))


async def test_who_is_asked_is_told_what_a_yes_would_mean(island: Island, hass_ws_client: WebSocketGenerator) -> None:
    request_id = await island.request(2_000)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "tangle_grid/subscribe", "entry_id": island.entry.entry_id})
    assert (await client.receive_json())["success"]
    shown = (await client.receive_json())["event"]["changed"]
    (part,) = shown["requests"][request_id]["parts"]
    assert (part["participant"], part["state"]) == (CHARGER, "issued")
    assert part["means"]["effect"] in {"charges_slower", "pauses", "feeds_back"}
    assert part["means"]["duration_s"] == 15 * 60
    assert part["means"]["earns_i"] > 0
