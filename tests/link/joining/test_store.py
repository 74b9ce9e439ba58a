"""What is kept of links when several parts of an island ask for it."""

from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.link.joining.store import async_link_store


async def test_who_asks_to_be_saved_later_is_not_forgotten_for_another(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    store = await async_link_store(hass, "01HZZZ")
    store.links = {"one": {}, "two": {}}
    store.async_save_later(lambda: {"one": {"counted": 7}})
    store.async_save_later(lambda: {"two": {"counted": 8}})
    # Also where somebody else saves at once.
    await store.async_save()
    (kept,) = [each["data"] for name, each in hass_storage.items() if name.endswith(".links")]
    assert kept["ends"] == {"one": {"counted": 7}, "two": {"counted": 8}}
