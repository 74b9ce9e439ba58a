"""The islands that were removed: their wallets hold money, so that each can be set up again with them."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import CONF_FORMER_ENTRY, DOMAIN
from .stored_state import async_read

_VERSION: Final = 1

ISSUE_WALLETS_KEPT: Final = "wallets_kept"


class RemovedIslands:
    """The islands whose entry was removed and whose wallets are kept."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._store: Store[dict[str, dict[str, Any]]] = Store(hass, _VERSION, f"{DOMAIN}.archive", atomic_writes=True)

    async def async_load(self) -> dict[str, dict[str, Any]]:
        """Name, removal time and choice of the ledger by island id."""
        islands, _ = await async_read(self._hass, self._store)
        return islands if isinstance(islands, dict) else {}

    async def async_add(self, island_id: str, name: str, ledger: Mapping[str, Any], *, former_entry: str) -> None:
        """Remember a removed island, the options that say which ledger its wallets are on, and its first entry."""
        islands = await self.async_load()
        islands[island_id] = {
            "name": name,
            "removed_at": dt_util.utcnow().isoformat(),
            "options": dict(ledger),
            CONF_FORMER_ENTRY: former_entry,
        }
        await self._store.async_save(islands)

    async def async_discard(self, island_id: str) -> None:
        """Forget an island that is set up again."""
        islands = await self.async_load()
        if islands.pop(island_id, None) is not None:
            await self._store.async_save(islands)
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUE_WALLETS_KEPT}_{island_id}")


async def async_archived_islands(hass: HomeAssistant) -> dict[str, str]:
    """Return names of the removed islands that can be set up again, by island id."""
    islands = await RemovedIslands(hass).async_load()
    return {island_id: island["name"] for island_id, island in islands.items()}


async def async_archived_entry(hass: HomeAssistant, island_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the data and the options that a removed island goes on with; none for one that is new.

    Its entities are found again by the data, and by the options its wallets stay on the ledger that they are on.
    """
    island = (await RemovedIslands(hass).async_load()).get(island_id, {})
    data = {CONF_FORMER_ENTRY: island[CONF_FORMER_ENTRY]} if CONF_FORMER_ENTRY in island else {}
    return data, island.get("options", {})
