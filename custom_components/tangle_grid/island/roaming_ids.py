"""What chargers have read of cars that this island does not know: for one stay each."""

from collections.abc import Mapping
from typing import Final

from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..clock import GridClock
from ..const import CONF_ID_SENSOR
from ..devices.io.id_reading import read_id, shown_id
from ..devices.named import StoredEntry
from ..economy.recognition import READ_BEFORE_S, normalised


class ReadIds:
    """The newest id that each charger has read, and the session that it was taken for."""

    def __init__(self, hass: HomeAssistant, entry: StoredEntry, charger_ids: list[str], clock: GridClock) -> None:
        self._hass, self._clock = hass, clock
        self._sensors: Final[Mapping[str, str]] = {
            entry.subentries[charger_id].data[CONF_ID_SENSOR]: charger_id
            for charger_id in charger_ids
            if CONF_ID_SENSOR in entry.subentries[charger_id].data
        }
        self._read: dict[str, tuple[str, float]] = {}
        self._taken: dict[str, str] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen, and believe what is shown already; returns how to stop."""
        now = self._clock.now()
        for entity_id, charger_id in self._sensors.items():
            state = self._hass.states.get(entity_id)
            if state is not None and state.domain != Platform.EVENT and (shown := shown_id(state)) is not None:
                self._read[charger_id] = (normalised(shown), now)
        if not self._sensors:
            return lambda: None
        return async_track_state_change_event(self._hass, list(self._sensors), self._changed)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        read = read_id(event.data["old_state"], event.data["new_state"])
        if read is not None and normalised(read):
            charger_id = self._sensors[event.data["entity_id"]]
            self._read[charger_id] = (normalised(read), self._clock.from_wall(event.time_fired_timestamp))
            self._taken.pop(charger_id, None)

    def of(self, charger_id: str, session_id: str, started_at: float) -> str | None:
        """Return the id that was read for a session, since ten minutes before it; None: none was.

        One that was taken for another session is not of this one.
        """
        read = self._read.get(charger_id)
        if read is None or read[1] < started_at - READ_BEFORE_S:
            return None
        return read[0] if self._taken.setdefault(charger_id, session_id) == session_id else None
