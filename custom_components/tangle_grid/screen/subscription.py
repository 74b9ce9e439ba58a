"""The screen's way to an island: a websocket command that sends the picture once, then what changes."""

from dataclasses import asdict
from typing import Any, Final

import voluptuous as vol
from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..devices.named import StoredEntry
from ..island.runtime import IslandRuntime
from ..ledger import LedgerError
from .shared_picture import SharedPicture

_ISLANDS: Final = f"{DOMAIN}/islands"
_SUBSCRIBE: Final = f"{DOMAIN}/subscribe"
_TANGLE: Final = f"{DOMAIN}/tangle"


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the commands."""
    websocket_api.async_register_command(hass, _islands)
    websocket_api.async_register_command(hass, _subscribe)
    websocket_api.async_register_command(hass, _tangle)


@callback
def _may_read(hass: HomeAssistant, entry: StoredEntry, user: User) -> bool:
    """Return whether a user may read something of an island: whoever may see none of its entities sees no screen."""
    if user.is_admin or user.permissions.access_all_entities(POLICY_READ):
        return True
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return any(user.permissions.check_entity(each.entity_id, POLICY_READ) for each in entities)


@callback
def _shown(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]
) -> ConfigEntry | None:
    """Return the island that a command is about; None, and an error is sent, where it cannot be looked at."""
    entry = hass.config_entries.async_get_entry(message["entry_id"])
    if entry is None or entry.domain != DOMAIN or not _may_read(hass, entry, connection.user):
        connection.send_error(message["id"], websocket_api.const.ERR_NOT_FOUND, "There is no such island.")
        return None
    if entry.state is not ConfigEntryState.LOADED:
        connection.send_error(message["id"], "not_loaded", "The island is not running.")
        return None
    return entry


@websocket_api.websocket_command({vol.Required("type"): _ISLANDS})
@callback
def _islands(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """List the islands that whoever asks may look at."""
    connection.send_result(
        message["id"],
        [
            {
                "entry_id": entry.entry_id,
                "title": entry.title,
                "loaded": entry.state is ConfigEntryState.LOADED,
            }
            for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False)
            if _may_read(hass, entry, connection.user)
        ],
    )


@websocket_api.websocket_command({vol.Required("type"): _TANGLE, vol.Required("entry_id"): str})
@websocket_api.async_response
async def _tangle(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send the newest bundles of an island's Tangle with what each of them approves."""
    entry = _shown(hass, connection, message)
    if entry is None:
        return
    runtime: IslandRuntime = entry.runtime_data
    try:
        nodes = await runtime.ledger.tangle.graph()
    except LedgerError, HomeAssistantError:
        connection.send_error(message["id"], "ledger_away", "The Tangle cannot be read now.")
        return
    connection.send_result(message["id"], [asdict(node) for node in nodes])


@websocket_api.websocket_command({vol.Required("type"): _SUBSCRIBE, vol.Required("entry_id"): str})
@callback
def _subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send an island's picture, then what changes in it, until the screen goes or the island is unloaded."""
    entry = _shown(hass, connection, message)
    if entry is None:
        return
    runtime: IslandRuntime = entry.runtime_data
    connection.send_result(message["id"])
    connection.subscriptions[message["id"]] = SharedPicture.of(runtime).async_show(connection, message["id"])
