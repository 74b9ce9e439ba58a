"""When a meter has spoken: all its phases, or as many as came within a moment.

Many meters report one phase after another, some milliseconds apart. A pass for the first would act on two old phases,
and two more would follow. So the first one waits for the others, but no longer than a reduction may wait.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Final

from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.helpers.event import async_track_state_change_event, async_track_state_report_event

from ..devices.io.entity_reading import live_state

#: The longest that a phase waits for the others, s.
MOMENT_S: Final = 0.05


class MeterMoment:
    """Calls once for all phases of a meter that report within a moment."""

    def __init__(self, hass: HomeAssistant, meters: Iterable[frozenset[str]], spoke: Callable[[float], None]) -> None:
        """Take the entities of each meter.

        Args:
            hass: Where they are.
            meters: The entities of each.
            spoke: Called with the time of the first change (`time.perf_counter`, s).
        """
        self._hass = hass
        self._siblings: dict[str, frozenset[str]] = {}
        for entities in meters:
            for entity_id in entities:
                self._siblings[entity_id] = self._siblings.get(entity_id, frozenset()) | entities
        self._spoke = spoke
        self._since: float | None = None
        self._missing: set[str] = set()
        self._due: asyncio.TimerHandle | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen from now on; returns how to stop."""
        stops = (
            async_track_state_change_event(self._hass, self._siblings, self._async_changed),
            async_track_state_report_event(self._hass, self._siblings, self._async_reported),
        )

        @callback
        def stop() -> None:
            for each in stops:
                each()
            if self._due is not None:
                self._due.cancel()
            self._since = self._due = None

        return stop

    @callback
    def _async_changed(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None:
            self._missing |= {each for each in self._siblings[state.entity_id] if self._lags(each, state)}
        self._missing.discard(event.data["entity_id"])
        if self._since is None:
            self._since = time.perf_counter()
            self._due = self._hass.loop.call_later(MOMENT_S, self._async_due)
        self._async_perhaps_complete()

    @callback
    def _async_reported(self, event: Event[EventStateReportedData]) -> None:
        """Note the same value as before: no reason for a pass, but one phase less to wait for."""
        if self._since is not None:
            self._missing.discard(event.data["entity_id"])
            self._async_perhaps_complete()

    def _lags(self, entity_id: str, state: State) -> bool:
        """Return whether a phase can be expected to follow: it speaks at all, and has not done so just now."""
        other = live_state(self._hass, entity_id)
        return other is not None and (state.last_reported - other.last_reported).total_seconds() > MOMENT_S

    @callback
    def _async_perhaps_complete(self) -> None:
        if not self._missing and self._due is not None:
            # Not at once: another meter may report in the same turn.
            self._due.cancel()
            self._due = None
            self._hass.loop.call_soon(self._async_due)

    @callback
    def _async_due(self) -> None:
        since, self._since, self._due = self._since, None, None
        self._missing.clear()
        if since is not None:
            self._spoke(since)
