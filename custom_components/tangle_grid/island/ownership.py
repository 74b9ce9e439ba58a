"""Which of an island's devices another island controls. A meter may be read by two: a house, and its street."""

from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN
from ..devices.named import StoredEntry, controlled

#: An island in one of these states controls nothing, and will not before it has been set up again.
_IDLE: Final = frozenset(
    {ConfigEntryState.SETUP_ERROR, ConfigEntryState.MIGRATION_ERROR, ConfigEntryState.FAILED_UNLOAD}
)


@callback
def async_taken(hass: HomeAssistant, entry: StoredEntry) -> dict[str, str]:
    """Return the title of the island that controls a participant of this one, by participant id.

    Forms refuse it, but an entry may be restored. Whoever controls a device already goes on with it; at the start it is
    the entry that was added first.
    """
    entries = hass.config_entries.async_entries(DOMAIN)
    place = entries.index(entry) if entry in entries else len(entries)
    owners: dict[str, str] = {}
    for other_place, other in enumerate(entries):
        if other is entry or other.disabled_by is not None or other.state in _IDLE:
            continue
        loaded = other.state is ConfigEntryState.LOADED
        if not loaded and other_place > place:
            continue
        left_alone = other.runtime_data.taken if loaded else {}
        for subentry_id, subentry in other.subentries.items():
            if subentry_id not in left_alone:
                for _, entity_id in controlled(subentry.data):
                    owners.setdefault(entity_id, other.title)
    return {
        subentry_id: owners[entity_id]
        for subentry_id, subentry in entry.subentries.items()
        for _, entity_id in controlled(subentry.data)
        if entity_id in owners
    }
