"""What the unique ids of entities begin with, so that who is set up again finds its entities: ids, names, history.

Home Assistant gives a new entry or subentry a new id each time. The wallet is what stays of a participant, and of an
island the entry under which it was set up first.
"""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import CONF_FORMER_ENTRY
from ..devices.named import StoredEntry


def island_prefix(entry: StoredEntry) -> str:
    """Return what the unique ids of an island's own entities begin with."""
    prefix: str = entry.data.get(CONF_FORMER_ENTRY, entry.entry_id)
    return prefix


@callback
def async_member_prefixes(hass: HomeAssistant, entry: StoredEntry, wallet_ids: Mapping[str, str]) -> dict[str, str]:
    """Return what the unique ids of each participant's entities begin with, by participant id.

    What the registry has already is kept: wallets that cannot be read for once change nobody's entities.
    """
    registered = {
        entity.config_subentry_id: entity.unique_id.partition("_")[0]
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    }
    return {
        participant_id: registered.get(participant_id, wallet_id) for participant_id, wallet_id in wallet_ids.items()
    }
