"""What an island keeps of its links, in Home Assistant's private storage: codes, keys, and the state of each end."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final
from weakref import WeakValueDictionary

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ...const import DOMAIN

_VERSION: Final = 1
_SAVE_DELAY_S: Final = 30.0
_STORES: HassKey[WeakValueDictionary[str, LinkStore]] = HassKey(f"{DOMAIN}.link_stores")


class LinkStore:
    """Codes that were made here, and links that there are, both by id. Forms and the island share one.

    Attributes:
        codes: What was made of codes: see `desk`.
        links: Keys and terms of each link: see `record`.
        ends: What each end goes on with after a restart.
        ended: Links whose other side was not there when they ended here: it is told when it comes back.
        heads: What is known of the milestones of the ledger that this island has: see `island/link_witnesses`.
    """

    def __init__(self, hass: HomeAssistant, island_id: str) -> None:
        self.codes: dict[str, dict[str, Any]] = {}
        self.links: dict[str, dict[str, Any]] = {}
        self.ends: dict[str, dict[str, Any]] = {}
        self.ended: dict[str, dict[str, Any]] = {}
        self.heads: dict[str, dict[str, Any]] = {}
        self._store: Store[dict[str, Any]] = Store(
            hass, _VERSION, f"{DOMAIN}.{island_id}.links", private=True, atomic_writes=True
        )
        self._loaded = False
        self._lock = asyncio.Lock()
        self._asked: dict[Callable[[], Mapping[str, dict[str, Any]]], None] = {}

    async def _async_load(self) -> None:
        async with self._lock:
            if self._loaded:
                return
            stored = await self._store.async_load() or {}
            parts = (_records(stored.get(part)) for part in ("codes", "links", "ends", "ended", "heads"))
            self.codes, self.links, self.ends, self.ended, self.heads = parts
            self._loaded = True

    async def async_save(self) -> None:
        """Save now: before anybody acts on it."""
        await self._store.async_save(self._newest())

    @callback
    def async_save_later(self, ends: Callable[[], Mapping[str, dict[str, Any]]]) -> None:
        """Save within half a minute; `ends` is asked when it is time."""
        # Of several who ask within that time none is forgotten for a later one.
        self._asked[ends] = None

        self._store.async_delay_save(self._newest, _SAVE_DELAY_S)

    async def async_remove(self) -> None:
        """Delete all of it, with the island."""
        self.codes, self.links, self.ends, self.ended, self.heads = {}, {}, {}, {}, {}
        await self._store.async_remove()

    def _newest(self) -> dict[str, Any]:
        """Return what is to be saved, with the ends of all who asked for that since the last time."""
        asked, self._asked = self._asked, {}
        for each in asked:
            self.ends.update(each())
        return self._content()

    def _content(self) -> dict[str, Any]:
        return {
            "codes": self.codes,
            "links": self.links,
            "ends": {link_id: end for link_id, end in self.ends.items() if link_id in self.links},
            **({"ended": self.ended} if self.ended else {}),
            **({"heads": self.heads} if self.heads else {}),
        }


async def async_link_store(hass: HomeAssistant, island_id: str) -> LinkStore:
    """Return the store of an island, loaded."""
    stores = hass.data.setdefault(_STORES, WeakValueDictionary())
    if (store := stores.get(island_id)) is None:
        store = stores[island_id] = LinkStore(hass, island_id)
    await store._async_load()  # noqa: SLF001 - this is its only maker
    return store


def _records(found: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(found, dict):
        return {}
    return {str(name): dict(each) for name, each in found.items() if isinstance(each, dict)}
