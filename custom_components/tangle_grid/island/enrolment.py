"""What devices keep for the time when nobody controls them: set when the island starts, and when they come back.

A charger's own fail-safe current is of this kind: when Home Assistant dies, only the charger can bring itself down.
"""

from collections.abc import Iterable

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..const import LOGGER
from ..devices.adapters.base import DeviceError
from ..devices.named import StoredEntry
from .configuration import Participant


@callback
def async_enrol(hass: HomeAssistant, entry: StoredEntry, participants: Iterable[Participant]) -> CALLBACK_TYPE:
    """Tell every participant what it has to keep, now and when it was away; returns how to stop.

    Only what differs is written: such settings mostly stand in flash memory. Whether a device shows in the end what
    it was told is watched by the repairs.
    """
    by_entity = {entity: participant for participant in participants for entity in participant.adapter.enrolment_ids}
    failing: set[str] = set()

    async def tell(participant: Participant) -> None:
        try:
            await participant.adapter.enrol()
        except DeviceError as error:
            if participant.participant_id not in failing:
                LOGGER.warning("%s was not told what to keep: %s", participant.name, error)
            failing.add(participant.participant_id)
        else:
            failing.discard(participant.participant_id)

    @callback
    def enrol(participant: Participant) -> None:
        entry.async_create_background_task(hass, tell(participant), f"tangle_grid enrol {participant.name}")

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        before, after = event.data["old_state"], event.data["new_state"]
        if after is not None and (before is None or before.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}):
            enrol(by_entity[after.entity_id])

    for participant in by_entity.values():
        enrol(participant)
    return async_track_state_change_event(hass, by_entity, changed)
