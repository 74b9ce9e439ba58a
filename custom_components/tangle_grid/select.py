"""Selects: how a participant answers the grid's requests."""

from typing import Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_POLICY_MODE, SUBENTRY_BATTERY, SUBENTRY_CHARGER, SUBENTRY_HOUSEHOLD, SUBENTRY_VEHICLE
from .entities.policy_settings import PolicyEntity
from .grid.model.world import PolicyMode
from .island.configuration import Member
from .island.runtime import IslandRuntime, TangleGridConfigEntry

PARALLEL_UPDATES = 0

_FOR_ALL: Final = (PolicyMode.NEVER, PolicyMode.ASK, PolicyMode.ALWAYS)
# Which policies make sense depends on what can be known: a household has no state of charge and never leaves.
POLICY_MODES: Final = {
    SUBENTRY_HOUSEHOLD: _FOR_ALL,
    SUBENTRY_BATTERY: (*_FOR_ALL, PolicyMode.WHEN_CHARGED),
    SUBENTRY_CHARGER: (*_FOR_ALL, PolicyMode.WHEN_CHARGED, PolicyMode.DEPARTURE_HOLDS),
    SUBENTRY_VEHICLE: (*_FOR_ALL, PolicyMode.WHEN_CHARGED, PolicyMode.DEPARTURE_HOLDS),
}

POLICY: Final = SelectEntityDescription(
    key="policy",
    translation_key="policy",
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a policy for each participant and vehicle that can be asked."""
    runtime = entry.runtime_data
    for member_id, member in runtime.members.items():
        if member.kind in POLICY_MODES:
            async_add_entities([PolicySelect(runtime, member)], config_subentry_id=member_id)


class PolicySelect(PolicyEntity, SelectEntity):
    """How a participant answers."""

    def __init__(self, runtime: IslandRuntime, member: Member) -> None:
        super().__init__(runtime, member, POLICY)
        self._attr_options = [mode.value for mode in POLICY_MODES[member.kind]]

    @property
    @override
    def current_option(self) -> str | None:
        mode = self.policy.mode.value
        return mode if mode in self.options else None

    @override
    async def async_select_option(self, option: str) -> None:
        await self.async_change_policy(**{CONF_POLICY_MODE: option})
