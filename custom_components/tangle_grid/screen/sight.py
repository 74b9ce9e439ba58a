"""What a user may see of an island: whose entities it may read, and whose wallets are its own."""

from collections.abc import Mapping
from typing import Final

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.helpers import entity_registry as er

from ..actions.access import owners
from ..const import TREASURY
from ..island.runtime import IslandRuntime
from .picture import ONLY, Item, Picture

#: Sections whose items are those of a participant, a vehicle, a service or a linked island, under its id.
_PERSONAL: Final = ("participants", "vehicles", "services", "links")


class Sight:
    """A user's view of an island's whole picture.

    Args:
        runtime: The island.
        user: Who looks. Administrators see everything.
    """

    def __init__(self, runtime: IslandRuntime, user: User) -> None:
        self._runtime = runtime
        self._user = user
        self._readable: frozenset[str | None] | None = None
        self._permissions: object = None
        self._parts: dict[str, tuple[Item, Item]] = {}

    def forget(self) -> None:
        """Look up again which entities may be read."""
        self._permissions = None

    def of(self, picture: Picture) -> Picture:
        """Return what the user may see of it. Items without anything to hide are the same objects."""
        if self._user.is_admin:
            return picture
        self._look_up()
        seen = dict(picture)
        for section in _PERSONAL:
            seen[section] = {key: item for key, item in picture.get(section, {}).items() if self._may_read(key)}
        seen["wallets"] = {
            owner: item
            for owner, item in picture.get("wallets", {}).items()
            if self._is_own(owner) and self._may_read(owner)
        }
        seen["entities"] = {
            whose: item for whose, item in picture.get("entities", {}).items() if whose == ONLY or self._may_read(whose)
        }
        if self._readable is not None:
            seen["requests"] = self._requests(picture.get("requests", {}))
            seen["supply"] = {key: self._supply(item) for key, item in picture.get("supply", {}).items()}
        return seen

    def _look_up(self) -> None:
        """Find out whose entities may be read, once until rights or entities change."""
        permissions = self._user.permissions
        if permissions is self._permissions:
            return
        self._permissions = permissions
        if permissions.access_all_entities(POLICY_READ):
            self._readable = None
            return
        runtime = self._runtime
        entities = er.async_entries_for_config_entry(er.async_get(runtime.hass), runtime.entry.entry_id)
        self._readable = frozenset(
            each.config_subentry_id for each in entities if permissions.check_entity(each.entity_id, POLICY_READ)
        )
        self._parts.clear()

    def _may_read(self, member_id: str) -> bool:
        return self._readable is None or member_id in self._readable

    def _is_own(self, owner: str) -> bool:
        """Return whether a wallet is shown: one with owners only to them and to administrators."""
        if owner == TREASURY:
            return False
        chosen = owners(self._runtime, owner)
        return not chosen or self._user.id in chosen

    def _supply(self, item: Item) -> Item:
        """Return the supply with those that wait and may be looked at."""
        return {**item, "waiting": [each for each in item["waiting"] if self._may_read(each[0])]}

    def _requests(self, requests: Mapping[str, Item]) -> Mapping[str, Item]:
        """Return requests with the parts of those that may be looked at."""
        shown: dict[str, tuple[Item, Item]] = {}
        for request_id, whole in requests.items():
            known = self._parts.get(request_id)
            if known is None or known[0] is not whole:
                parts = [part for part in whole["parts"] if self._may_read(part["participant"])]
                known = (whole, {**whole, "parts": parts})
            shown[request_id] = known
        self._parts = shown
        return {request_id: seen for request_id, (_, seen) in shown.items()}
