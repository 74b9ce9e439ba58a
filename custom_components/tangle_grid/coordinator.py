"""Hands the newest picture of the island to the entities, at most once a second."""

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import DOMAIN, LOGGER
from .data import IslandSnapshot, TangleGridConfigEntry

_SHORTEST_INTERVAL_S = 1.0


class IslandCoordinator(DataUpdateCoordinator[IslandSnapshot]):
    """A pushed coordinator: it never polls, and a burst of control passes becomes one update."""

    config_entry: TangleGridConfigEntry

    def __init__(self, hass: HomeAssistant, entry: TangleGridConfigEntry, first: IslandSnapshot) -> None:
        super().__init__(hass, LOGGER, config_entry=entry, name=f"{DOMAIN} {entry.title}", always_update=False)
        self.data = first
        self._next: IslandSnapshot | None = None
        self._waiting: CALLBACK_TYPE | None = None

    @callback
    def async_offer(self, snapshot: IslandSnapshot) -> None:
        """Take a new picture; it reaches the entities now, or when the second is over."""
        self._next = snapshot
        if self._waiting is None:
            self._async_push(None)

    @callback
    def _async_push(self, _now: object) -> None:
        self._waiting = None
        if self._next is None:
            return
        snapshot, self._next = self._next, None
        self.async_set_updated_data(snapshot)
        self._waiting = async_call_later(self.hass, _SHORTEST_INTERVAL_S, self._async_push)

    @callback
    def async_close(self) -> None:
        """Stop pushing."""
        if self._waiting:
            self._waiting()
            self._waiting = None
        self._next = None
