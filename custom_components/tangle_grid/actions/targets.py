"""From the ids that people pick in Home Assistant to islands, participants and wallets, and back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service import async_get_config_entry

from ..const import DOMAIN, MAIN_FEEDER, TREASURY
from ..errors import invalid

if TYPE_CHECKING:
    from ..island.configuration import Member, Participant
    from ..island.runtime import IslandRuntime, TangleGridConfigEntry


@dataclass(frozen=True, slots=True)
class Target:
    """A device of an island: somebody with a wallet, or the island itself when `participant` is None."""

    runtime: IslandRuntime
    participant: Member | None

    @property
    def wallet(self) -> str:
        """The id of the wallet that belongs to the device; the island's is the treasury."""
        if self.participant is None:
            return TREASURY
        return self.runtime.wallet_ids[self.participant.participant_id]


@callback
def async_island(hass: HomeAssistant, config_entry_id: str) -> IslandRuntime:
    """Return the loaded island of a config entry.

    Raises:
        ServiceValidationError: There is no such entry, it is not an island, or it is not loaded.
    """
    entry: TangleGridConfigEntry = async_get_config_entry(hass, DOMAIN, config_entry_id)
    return entry.runtime_data


@callback
def async_loaded_islands(hass: HomeAssistant) -> list[IslandRuntime]:
    """Return all islands that are loaded now."""
    entries: list[TangleGridConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry.runtime_data for entry in entries]


@callback
def async_island_of_request(hass: HomeAssistant, request_id: str) -> IslandRuntime:
    """Return the island that knows a request.

    Raises:
        ServiceValidationError: No loaded island does.
    """
    for runtime in async_loaded_islands(hass):
        if request_id in runtime.grid.requests:
            return runtime
    raise invalid("unknown_request", request_id=request_id)


@dataclass(frozen=True, slots=True)
class _Found:
    """A device of a loaded island: what it is called, and the ids of what it stands for."""

    runtime: IslandRuntime
    name: str
    ids: frozenset[str]

    @property
    def is_island(self) -> bool:
        """Whether it is the island's own device."""
        return self.runtime.entry.entry_id in self.ids


@callback
def _async_find(hass: HomeAssistant, device_id: str) -> _Found:
    device = dr.async_get(hass).async_get(device_id, include_child_devices=False)
    if device is None:
        raise invalid("device_not_found", device_id=device_id)
    name = device.name_by_user or device.name or device_id
    entry: TangleGridConfigEntry | None = hass.config_entries.async_get_entry(device.config_entry_id)
    if entry is None or entry.domain != DOMAIN:
        raise invalid("device_not_on_island", device=name)
    if entry.state is not ConfigEntryState.LOADED:
        raise invalid("island_not_loaded", island=entry.title)
    ids = frozenset(identifier for domain, identifier in device.identifiers if domain == DOMAIN)
    return _Found(entry.runtime_data, name, ids)


@callback
def async_target(hass: HomeAssistant, device_id: str) -> Target:
    """Return the participant, vehicle or island that a device stands for.

    Raises:
        ServiceValidationError: There is no such device, it belongs to something else, or its island is not loaded.
    """
    found = _async_find(hass, device_id)
    if found.is_island:
        return Target(found.runtime, None)
    for participant_id in found.ids & found.runtime.members.keys():
        return Target(found.runtime, found.runtime.members[participant_id])
    raise invalid("device_not_on_island", device=found.name)


@callback
def async_participant(hass: HomeAssistant, device_id: str) -> tuple[IslandRuntime, Participant]:
    """Return the participant that a device stands for; a vehicle stands for the charger that it is at.

    Raises:
        ServiceValidationError: As `async_target`; also when the device is the island itself, or somebody whom the grid
            does not ask.
    """
    target = async_target(hass, device_id)
    if target.participant is None:
        raise invalid("device_is_island", island=target.runtime.entry.title)
    runtime, member_id = target.runtime, target.participant.participant_id
    participant = runtime.participants.get(runtime.vehicles.charger_of(member_id) or member_id)
    if participant is None and member_id in runtime.vehicles.all:
        raise invalid("vehicle_at_no_charger", vehicle=target.participant.name)
    if participant is None:
        raise invalid("device_is_no_participant", device=target.participant.name)
    return runtime, participant


@callback
def async_feeder(runtime: IslandRuntime, device_id: str | None) -> str:
    """Return the feeder of an island that a device stands for; without one, and for the island's own, the main feeder.

    Raises:
        ServiceValidationError: As `async_target`; also when it is no feeder, or one of another island.
    """
    if device_id is None:
        return MAIN_FEEDER
    found = _async_find(runtime.hass, device_id)
    if found.runtime is runtime:
        if found.is_island:
            return MAIN_FEEDER
        for feeder_id in found.ids & runtime.feeder_tree.keys():
            return feeder_id
    raise invalid("device_not_feeder", device=found.name)


@callback
def feeder_name(runtime: IslandRuntime, feeder_id: str) -> str | None:
    """Return what a feeder is called; the main one is the island. None when it is gone."""
    if feeder_id == MAIN_FEEDER:
        return runtime.entry.title
    subentry = runtime.entry.subentries.get(feeder_id)
    return subentry.title if subentry else None


@callback
def async_device_of_feeder(runtime: IslandRuntime, feeder_id: str) -> str | None:
    """Return the Home Assistant device of a feeder; that of the main one is the island's."""
    return async_device_id(runtime, runtime.entry.entry_id if feeder_id == MAIN_FEEDER else feeder_id)


@callback
def async_device_id(runtime: IslandRuntime, identifier: str) -> str | None:
    """Return the Home Assistant device of a participant, or of the island when its entry id is given."""
    entry_id = runtime.entry.entry_id
    device = dr.async_get(runtime.hass).async_get_device_by_identifier((DOMAIN, identifier), entry_id)
    return device.id if device else None
