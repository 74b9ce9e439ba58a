"""What the island keeps on disk of its grid: requests, shed loads, what was learned, and what is owed."""

from collections.abc import Callable
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .stored_state import StoredState, async_keep_aside, async_read, read_state

_VERSION: Final = 1
_SAVE_DELAY_S: Final = 60


class NotSavedError(Exception):
    """The state is not on disk: the disk is full, cannot be written, or is gone."""


class _TellingStore(Store[dict[str, Any]]):
    """A store that remembers why it could not write: Home Assistant's own only logs that."""

    error: Exception | None = None

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        self.error = None
        try:
            await super()._async_write_data(data)
        except Exception as error:
            self.error = error
            raise


class GridStore:
    """The grid's state between restarts: requests, shed loads, counters, the clock of a simulated street."""

    def __init__(self, hass: HomeAssistant, island_id: str) -> None:
        self._hass = hass
        self._store = _TellingStore(hass, _VERSION, f"{DOMAIN}.{island_id}.grid", atomic_writes=True)
        self._waiting = False

    async def async_load(self) -> StoredState:
        """Return the last saved state, as much of it as can be read."""
        stored, sound = await async_read(self._hass, self._store)
        return read_state(stored, sound=sound)

    async def async_keep_aside(self) -> str | None:
        """Copy the file before it is written over; returns where it is, if it could be copied."""
        return await async_keep_aside(self._hass, self._store)

    async def async_save(self, state: dict[str, Any]) -> None:
        """Save now: called before anything outside acts on the state.

        Raises:
            NotSavedError: It is not on disk, and must not be acted on.
        """
        self._waiting = False
        await self._store.async_save(state)
        if (error := self._store.error) is not None:
            raise NotSavedError(str(error)) from error

    @callback
    def async_save_later(self, state: Callable[[], dict[str, Any]]) -> None:
        """Save within a minute; `state` is called when it is time."""
        # The store starts its delay anew with each call: on a busy feed it would never come to an end.
        if self._waiting:
            return
        self._waiting = True

        def content() -> dict[str, Any]:
            self._waiting = False
            return state()

        self._store.async_delay_save(content, _SAVE_DELAY_S)

    async def async_remove(self) -> None:
        """Delete the state."""
        await self._store.async_remove()
