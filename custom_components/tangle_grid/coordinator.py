"""Hands the newest picture of the island to the entities, at most once a second and not too many at a time."""

import asyncio
import time
from itertools import islice
from typing import Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import DOMAIN, LOGGER
from .data import IslandSnapshot
from .devices.named import StoredEntry

_SHORTEST_INTERVAL_S = 1.0
#: What a person looks at is never older, s.
CALM_S: Final = 5.0
#: So many entities look at a picture before something else has its turn: what is shown must not delay a reduction.
AT_ONCE: Final = 250


class IslandCoordinator(DataUpdateCoordinator[IslandSnapshot]):
    """A pushed coordinator: it never polls, and a burst of control passes becomes one update.

    Attributes:
        measurements_due: Whether what only measures is to be looked at, too: when something happened, or `CALM_S` after
            the last time. A meter that reports each second would fill the recorder of a small machine.
        period: Counts the periods of `CALM_S`.
    """

    config_entry: StoredEntry

    def __init__(self, hass: HomeAssistant, entry: StoredEntry, first: IslandSnapshot) -> None:
        super().__init__(hass, LOGGER, config_entry=entry, name=f"{DOMAIN} {entry.title}", always_update=False)
        self.data = first
        self._next: IslandSnapshot | None = None
        self._waiting: CALLBACK_TYPE | None = None
        self._to_look: dict[int, None] = {}
        self._blind: set[int] = set()
        self._turn: asyncio.Handle | None = None
        self.measurements_due = True
        self.period = 0
        self._calm: CALLBACK_TYPE | None = None
        self._calm_since = 0.0
        self._held = False
        self._seen = None if first is None else _happenings(first)

    @callback
    def async_offer(self, snapshot: IslandSnapshot) -> None:
        """Take a new picture; it reaches the entities now, or when the second is over."""
        self._next = snapshot
        if self._waiting is None:
            self._async_push(None)

    @callback
    def async_fail(self, error: Exception) -> None:
        """Show that there is no new picture, and that the old one is not true any more."""
        self._next = None
        if self.last_update_success:
            self.last_update_success, self.last_exception = False, error
            self.measurements_due = True
            self.async_update_listeners()

    @callback
    def _async_push(self, _now: object) -> None:
        self._waiting = None
        if self._next is None:
            return
        snapshot, self._next = self._next, None
        before, self._seen = self._seen, _happenings(snapshot)
        due = self._calm is None or before != self._seen or not self.last_update_success
        # Those who wait for their turn since something happened still look.
        self.measurements_due = due or (self.measurements_due and bool(self._to_look))
        self._held = not due
        if self._calm is None:
            self._begin_calm()
        # An automation that this picture starts may have a newer one at once: it waits for the second to be over, too.
        self._waiting = async_call_later(self.hass, _SHORTEST_INTERVAL_S, self._async_push)
        self.async_set_updated_data(snapshot)

    def _begin_calm(self) -> None:
        self._calm = async_call_later(self.hass, CALM_S, self._async_end_calm)
        self._calm_since = time.monotonic()

    @callback
    def _async_end_calm(self, _now: object) -> None:
        """Look at all that was measured meanwhile; without anything new the next picture is looked at in full."""
        self._calm = None
        self.period += max(1, round((time.monotonic() - self._calm_since) / CALM_S))
        if self._held and self.last_update_success:
            self._held, self.measurements_due = False, True
            self._begin_calm()
            self.async_update_listeners()

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Let all look at the newest picture: a few at once, many in turns that leave room for everything else."""
        # Whoever is still waiting for its turn keeps its place, and looks but once.
        self._to_look |= dict.fromkeys(self._listeners)
        if self._turn is not None:
            return
        if len(self._to_look) > AT_ONCE:
            self._turn = self.hass.loop.call_soon(self._async_look)
        else:
            self._async_look()

    @callback
    def _async_look(self) -> None:
        self._turn = None
        for listener in list(islice(self._to_look, AT_ONCE)):
            self._to_look.pop(listener, None)
            update, _ = self._listeners.get(listener, (None, None))
            try:
                if update is not None:
                    update()
            except Exception:
                # Said once: it is asked to look every second.
                if listener not in self._blind:
                    self.logger.exception("Unexpected error updating listener %s for %s", listener, self.name)
                self._blind.add(listener)
            else:
                self._blind.discard(listener)
        if self._to_look:
            self._turn = self.hass.loop.call_soon(self._async_look)

    @callback
    def async_close(self) -> None:
        """Stop pushing."""
        if self._waiting:
            self._waiting()
            self._waiting = None
        if self._calm:
            self._calm()
            self._calm = None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        self._to_look.clear()
        self._next = None


def _happenings(snapshot: IslandSnapshot) -> tuple[object, ...]:
    """Return what is worth a look at every measurement at once when it changes: states, limits, plugs, silence."""
    grid = snapshot.grid
    return (
        [(feeder.state, feeder.blind) for feeder in grid.feeders.values()],
        [(device.setpoint, device.power_w is None, device.connected) for device in grid.devices.values()],
    )
