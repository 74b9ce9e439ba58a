"""For automations: to look at islands that come and go, and at those devices of them that somebody picked."""

from collections.abc import Callable, Collection
from typing import Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from ..const import DOMAIN
from ..grid.engine.status import FeederState, FeederStatus
from ..island.runtime import IslandRuntime
from .targets import async_device_id, async_device_of_feeder, async_loaded_islands

#: While one of these holds, a feeder carries more than it should.
_SHORT: Final = frozenset({FeederState.CONSTRAINED, FeederState.PROTECTING})


@callback
def async_watch_islands(hass: HomeAssistant, attach: Callable[[IslandRuntime], CALLBACK_TYPE]) -> CALLBACK_TYPE:
    """Call `attach` with each island that is loaded now or later, and what it returns once that island goes.

    An automation is there before its island, and outlives its restarts. Returns how to stop.
    """
    attached: dict[str, tuple[IslandRuntime, CALLBACK_TYPE]] = {}

    @callback
    def look(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN:
            return
        runtime = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
        if entry.entry_id in attached and attached[entry.entry_id][0] is not runtime:
            attached.pop(entry.entry_id)[1]()
        if runtime is not None and entry.entry_id not in attached:
            attached[entry.entry_id] = (runtime, attach(runtime))

    stop_looking = async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, look)
    for island in async_loaded_islands(hass):
        attached[island.entry.entry_id] = (island, attach(island))

    @callback
    def stop() -> None:
        stop_looking()
        while attached:
            attached.popitem()[1][1]()

    return stop


@callback
def async_is_picked(runtime: IslandRuntime, participant_id: str, picked: Collection[str]) -> bool:
    """Return whether a participant is among the devices that were picked: itself, or the vehicle that is there."""
    if not picked:
        return True
    vehicle_id = runtime.vehicles.at(participant_id).vehicle_id
    ids = (participant_id,) if vehicle_id is None else (participant_id, vehicle_id)
    return any(async_device_id(runtime, each) in picked for each in ids)


@callback
def async_is_picked_feeder(runtime: IslandRuntime, feeder_id: str, picked: Collection[str]) -> bool:
    """Return whether a feeder is among the devices that were picked; the island's device stands for the main one."""
    return not picked or async_device_of_feeder(runtime, feeder_id) in picked


def is_short(feeder: FeederStatus) -> bool:
    """Return whether a feeder carries more than its threshold, or is protected."""
    return feeder.state in _SHORT or (not feeder.blind and feeder.above_threshold)
