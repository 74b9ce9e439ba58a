"""Times: when a car usually leaves."""

from datetime import time
from typing import Final, override

from homeassistant.components.time import TimeEntity, TimeEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .const import CONF_DEPARTURE, CONF_DEPARTURE_ENTITY, SUBENTRY_CHARGER
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
    """Add a departure for each charger that has no entity which knows it."""
    runtime = entry.runtime_data
    for participant_id, participant in runtime.participants.items():
        if participant.kind == SUBENTRY_CHARGER and CONF_DEPARTURE_ENTITY not in entry.subentries[participant_id].data:
            async_add_entities([LeavesAt(runtime, participant, LEAVES_AT)], config_subentry_id=participant_id)


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
