"""The screen's way to an island: a websocket command that sends the picture once, then what changes."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN
from ..devices.named import StoredEntry
from ..island.runtime import IslandRuntime
from .picture import VERSION, Picture, difference, entities_of, picture

#: No screen is told more often, s.
SHORTEST_S: Final = 0.5
_ISLANDS: Final = f"{DOMAIN}/islands"
_SUBSCRIBE: Final = f"{DOMAIN}/subscribe"


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the commands."""
    websocket_api.async_register_command(hass, _islands)
    websocket_api.async_register_command(hass, _subscribe)


@callback
def _may_read(hass: HomeAssistant, entry: StoredEntry, user: User) -> bool:
    """Return whether a user may read something of an island: whoever may see none of its entities sees no screen."""
    if user.is_admin or user.permissions.access_all_entities(POLICY_READ):
        return True
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return any(user.permissions.check_entity(each.entity_id, POLICY_READ) for each in entities)


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


@websocket_api.websocket_command({vol.Required("type"): _SUBSCRIBE, vol.Required("entry_id"): str})
@callback
def _subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Send an island's picture, then what changes in it, until the screen goes or the island is unloaded."""
    entry = hass.config_entries.async_get_entry(message["entry_id"])
    if entry is None or entry.domain != DOMAIN or not _may_read(hass, entry, connection.user):
        connection.send_error(message["id"], websocket_api.const.ERR_NOT_FOUND, "There is no such island.")
        return
    if entry.state is not ConfigEntryState.LOADED:
        connection.send_error(message["id"], "not_loaded", "The island is not running.")
        return
    runtime: IslandRuntime = entry.runtime_data
    viewer = Viewer(hass, runtime, connection, message["id"])
    connection.subscriptions[message["id"]] = viewer.async_close
    connection.send_result(message["id"])
    viewer.async_open()


class Viewer:
    """One screen that looks at an island.

    Args:
        hass: Home Assistant.
        runtime: The island.
        connection: To the screen.
        message_id: Of its subscription.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        runtime: IslandRuntime,
        connection: websocket_api.ActiveConnection,
        message_id: int,
    ) -> None:
        self._hass = hass
        self._runtime = runtime
        self._connection = connection
        self._message_id = message_id
        self._sent: Picture = {}
        self._entities = entities_of(runtime)
        self._waiting: CALLBACK_TYPE | None = None
        self._again = False
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def async_open(self) -> None:
        """Send the whole picture, and listen."""
        self._unsubscribe = [
            self._runtime.coordinator.async_add_listener(self._async_changed),
            self._runtime.subscribe_events(lambda _event: self._async_changed()),
            self._runtime.entry.async_on_state_change(self._async_island_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_entities_changed),
        ]
        self._send({"version": VERSION})

    @callback
    def async_close(self) -> None:
        """Stop; may be called twice."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self._waiting is not None:
            self._waiting()
            self._waiting = None

    @callback
    def _async_island_changed(self) -> None:
        """Tell that the island stops: the screen asks again for the one that starts."""
        if self._runtime.entry.state is not ConfigEntryState.LOADED:
            self._connection.send_event(self._message_id, {"gone": True})
            self.async_close()

    @callback
    def _async_entities_changed(self, _event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        self._entities = entities_of(self._runtime)
        self._async_changed()

    @callback
    def _async_changed(self) -> None:
        if self._waiting is None:
            self._send({})
        else:
            self._again = True

    @callback
    def _send(self, beside: dict[str, Any]) -> None:
        now = picture(self._runtime, self._connection.user, self._entities)
        changed = difference(self._sent, now)
        self._sent = now
        if changed or beside:
            self._connection.send_event(self._message_id, {**beside, "changed": changed})
        self._again = False
        self._waiting = async_call_later(self._hass, SHORTEST_S, self._async_rested)

    @callback
    def _async_rested(self, _now: object) -> None:
        self._waiting = None
        if self._again:
            self._send({})
