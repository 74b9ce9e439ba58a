"""Times: when a car usually leaves."""

from datetime import time
from typing import Final, override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import CONF_DEPARTURE, CONF_DEPARTURE_ENTITY, SUBENTRY_CHARGER, SUBENTRY_VEHICLE
from .entities.settings import SettingEntity
from .island.runtime import TangleGridConfigEntry

PARALLEL_UPDATES = 0

LEAVES_AT: Final = TimeEntityDescription(
    key="leaves_at",
    translation_key="leaves_at",
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a departure for each charger and vehicle that has no entity which knows it."""
    runtime = entry.runtime_data
    for member_id, member in runtime.members.items():
        has_entity = CONF_DEPARTURE_ENTITY in entry.subentries[member_id].data
        if member.kind in (SUBENTRY_CHARGER, SUBENTRY_VEHICLE) and not has_entity:
            async_add_entities([LeavesAt(runtime, member, LEAVES_AT)], config_subentry_id=member_id)


class LeavesAt(SettingEntity, TimeEntity):
    """The time of day at which the car usually leaves; unknown until somebody says so."""

    @property
    @override
    def native_value(self) -> time | None:
        stored: str | None = self.data.get(CONF_DEPARTURE)
        return None if stored is None else dt_util.parse_time(stored)

    @override
    async def async_set_value(self, value: time) -> None:
        await self.async_change(**{CONF_DEPARTURE: value.isoformat(timespec="seconds")})
