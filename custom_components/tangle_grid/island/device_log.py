"""What the log says of meters and devices: once when one goes, once when it comes back."""

import logging
from datetime import datetime, timedelta
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval

from ..const import LOGGER, MAIN_FEEDER
from ..grid.engine.status import GridStatus
from ..grid.model.events import SafeState
from ..log_once import LogOnce
from .runtime import RuntimeEvent, TangleGridConfigEntry

#: Entities of other integrations appear for so long after the start: who is not there yet has not gone.
_ARRIVAL: Final = timedelta(minutes=3)
_LOOK: Final = timedelta(minutes=1)


@callback
def async_log_absences(hass: HomeAssistant, entry: TangleGridConfigEntry) -> CALLBACK_TYPE:
    """Write into the log who falls silent and who is back; returns how to stop."""
    absences = _Absences(entry)
    stops = (
        entry.runtime_data.subscribe_events(absences.note),
        async_call_later(hass, _ARRIVAL, HassJob(absences.all_arrived, cancel_on_shutdown=True)),
        async_track_time_interval(hass, absences.look, _LOOK, name="tangle_grid absences", cancel_on_shutdown=True),
    )

    @callback
    def stop() -> None:
        for each in stops:
            each()

    return stop


class _Absences:
    """Meters and devices that are not there, with the reason."""

    def __init__(self, entry: TangleGridConfigEntry) -> None:
        self._entry = entry
        self._said = LogOnce(LOGGER)
        self._present: set[str] = set()
        self._expected = set(_absent(entry.runtime_data.status))

    @callback
    def note(self, event: RuntimeEvent) -> None:
        if not isinstance(event, SafeState):
            return
        if event.entered:
            self._present.discard(event.target)
            if event.target not in self._expected:
                self._say_gone(event.target, event.reason.key)
        else:
            self._expected.discard(event.target)
            self._present.add(event.target)
            self._say_back(event.target)

    @callback
    def all_arrived(self, _now: datetime) -> None:
        """Note that whoever is not there by now is missing."""
        absent = _absent(self._entry.runtime_data.status)
        for target in self._expected & absent.keys():
            self._say_gone(target, absent[target])
        self._expected.clear()

    @callback
    def look(self, _now: datetime) -> None:
        """Say of what came and went that it has stayed."""
        for target in self._present:
            self._say_back(target)

    def _say_gone(self, target: str, why: str) -> None:
        name = self._name(target)
        if self._is_meter(target):
            self._said.wrong(target, "The meter of %s cannot be used (%s)", name, why)
        else:
            self._said.wrong(target, "%s reports nothing that can be used (%s)", name, why, level=logging.INFO)

    def _say_back(self, target: str) -> None:
        meter = self._is_meter(target)
        self._said.right(
            target, "The meter of %s can be used again" if meter else "%s reports again", self._name(target)
        )

    def _is_meter(self, target: str) -> bool:
        return target == MAIN_FEEDER or target in self._entry.runtime_data.feeder_tree

    def _name(self, target: str) -> str:
        subentry = self._entry.subentries.get(target)
        return self._entry.title if subentry is None else f"{self._entry.title}, {subentry.title}"


def _absent(status: GridStatus) -> dict[str, str]:
    """Return who is not there, and why, as in the events."""
    meters = {key: feeder.fault.value for key, feeder in status.feeders.items() if feeder.fault is not None}
    devices = {
        key: "device_silent" if device.fault is None else device.fault.value
        for key, device in status.devices.items()
        if device.silent
    }
    return meters | devices
