"""When a control pass is made, and what is done with each: whatever is done beside it can fail without harm to it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event, async_track_time_interval

from ..const import LOGGER
from ..devices.adapters.readout import Readout
from ..log_once import LogOnce
from .control_loop import ControlLoop
from .meter_moment import MeterMoment

_DEVICE_CHANGE_DELAY_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideThePass:
    """What is done before and after each pass, by itself: `right` and `wrong` are the log's sentences on an island."""

    name: str
    right: str
    wrong: str
    before: Sequence[Callable[[], None]] = ()
    after: Sequence[Callable[[], None]] = ()


class Passes:
    """Makes passes: when the meter changed, soon after a device did, when somebody asks, and at the heartbeat."""

    def __init__(self, hass: HomeAssistant, title: str) -> None:
        """Take what the log calls the island."""
        self._hass = hass
        self._title = title
        self._beside: tuple[BesideThePass, ...] = ()
        self._loop: ControlLoop
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._soon: CALLBACK_TYPE | None = None
        self._looking: asyncio.Handle | None = None
        self._running = False
        self._said = LogOnce(LOGGER)

    @callback
    def async_take(self, loop: ControlLoop, beside: Sequence[BesideThePass]) -> None:
        """Take what makes a pass, and what is done beside it, in this order."""
        self._loop, self._beside = loop, tuple(beside)

    @callback
    def async_start(self, readout: Readout, heartbeat_s: float) -> None:
        """Listen to the meters and devices.

        Args:
            readout: Knows which entities these are.
            heartbeat_s: A pass is made this often, whatever reports, s.
        """
        self._running = True
        self._unsubscribe += [
            MeterMoment(self._hass, readout.meter_entities, self.async_step).async_start(),
            async_track_state_change_event(self._hass, readout.device_entities, self._async_device_changed),
            async_track_state_change_event(self._hass, readout.supply_entities, self._async_supply_changed),
            async_track_time_interval(
                self._hass,
                self._async_heartbeat,
                timedelta(seconds=heartbeat_s),
                name="tangle_grid heartbeat",
                cancel_on_shutdown=True,
            ),
        ]

    @callback
    def async_stop(self) -> None:
        """Make no more passes by itself. May be called twice."""
        self._running = False
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self._soon is not None:
            self._soon()
            self._soon = None

    @callback
    def async_step(self, meter_changed_at: float | None = None) -> None:
        """Make a pass now."""
        failed: set[str] = set()
        for each in self._beside:
            try:
                for part in each.before:
                    part()
            except Exception as error:  # noqa: BLE001 - the pass is made, whatever goes wrong beside it
                failed.add(each.name)
                self._said.wrong(each.name, each.wrong, self._title, error=error)
        self._loop.async_step(meter_changed_at)
        for each in self._beside:
            try:
                for part in each.after:
                    part()
                if each.name not in failed:
                    self._said.right(each.name, each.right, self._title)
            except Exception as error:  # noqa: BLE001 - the next pass is made, and tries again
                self._said.wrong(each.name, each.wrong, self._title, error=error)

    @callback
    def async_look_soon(self) -> None:
        """Make a pass within a second."""
        if self._soon is None:
            self._soon = async_call_later(self._hass, _DEVICE_CHANGE_DELAY_S, self._async_look_due)

    @callback
    def async_look_now(self) -> None:
        """Make a pass in the next turn of the event loop, one for all that comes in this one."""
        if self._running and self._looking is None:
            self._looking = self._hass.loop.call_soon(self._async_looked)

    @callback
    def _async_looked(self) -> None:
        self._looking = None
        if self._running:
            self.async_step()

    @callback
    def _async_look_due(self, _now: datetime) -> None:
        self._soon = None
        self.async_step()

    @callback
    def _async_device_changed(self, _event: Event[EventStateChangedData]) -> None:
        """Look soon: a car was plugged in, a battery reports: not urgent, the meter feels all that is."""
        self.async_look_soon()

    @callback
    def _async_supply_changed(self, _event: Event[EventStateChangedData]) -> None:
        """Make a pass: whether the cable is dead is more urgent than any reading."""
        self.async_step()

    @callback
    def _async_heartbeat(self, _now: datetime) -> None:
        self.async_step()
