"""Entities that are given another id: whatever names them follows, and nothing is lost."""

from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..devices.named import renamed


@callback
def async_follow_renames(hass: HomeAssistant) -> None:
    """Rewrite what islands have stored whenever an entity is renamed, also of islands that are not loaded.

    A loaded island starts anew with the new names; participants, wallets and the ids of loads stay as they are.
    """

    @callback
    def follow(event: Event[Any]) -> None:
        if event.data["action"] == "update" and (old := event.data.get("old_entity_id")) is not None:
            _async_rename(hass, old, event.data["entity_id"])

    hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, follow)


@callback
def _async_rename(hass: HomeAssistant, old: str, new: str) -> None:
    for entry in hass.config_entries.async_entries(DOMAIN):
        for subentry in entry.subentries.values():
            if (data := renamed(subentry.data, old, new)) is not None:
                hass.config_entries.async_update_subentry(entry, subentry, data=data)
        if (data := renamed(entry.data, old, new)) is not None:
            hass.config_entries.async_update_entry(entry, data=data)
        if (options := renamed(entry.options, old, new)) is not None:
            hass.config_entries.async_update_entry(entry, options=options)
