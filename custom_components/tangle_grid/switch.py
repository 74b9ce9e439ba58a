"""Switches: whether a car feeds energy back, and whether the island plans ahead."""

from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_PLANNING, CONF_V2G_FLOOR_SOC, SUBENTRY_VEHICLE
from .entities.policy_settings import PolicyEntity
from .entity import IslandEntity
from .grid.model.world import ChargerConfig
from .island.configuration import Member, Participant, planning
from .island.runtime import TangleGridConfigEntry
from .simulated.entities import simulated_switches

PARALLEL_UPDATES = 0

# Enough for most ways home, until its owner says otherwise.
DEFAULT_V2G_FLOOR_SOC: Final = 50

FEED_BACK: Final = SwitchEntityDescription(
    key="feed_back",
    translation_key="feed_back",
    entity_category=EntityCategory.CONFIG,
)


PLANNING: Final = SwitchEntityDescription(
    key="planning",
    translation_key="planning",
    entity_category=EntityCategory.CONFIG,
)


def can_feed_back(member: Member) -> bool:
    """Return whether a charger can take energy out of its car; a vehicle comes to chargers that can."""
    if not isinstance(member, Participant):
        return member.kind == SUBENTRY_VEHICLE
    return isinstance(member.config, ChargerConfig) and member.config.max_discharge_a > 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a switch for each car that can feed back."""
    runtime = entry.runtime_data
    if runtime.street is not None:
        async_add_entities(simulated_switches(runtime.street))
    async_add_entities([PlanningSwitch(runtime, PLANNING)])
    for member_id, member in runtime.members.items():
        if can_feed_back(member):
            async_add_entities([FeedBackSwitch(runtime, member, FEED_BACK)], config_subentry_id=member_id)


class PlanningSwitch(IslandEntity, SwitchEntity):
    """Whether charging is spread out over the time until the cars leave. It is an option of the island."""

    @property
    @override
    def available(self) -> bool:
        return True

    @property
    @override
    def is_on(self) -> bool:
        return planning(self.runtime.entry)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        self._async_set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self._async_set(on=False)

    @callback
    def _async_set(self, *, on: bool) -> None:
        entry = self.runtime.entry
        self.hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_PLANNING: on})
        self.coordinator.async_update_listeners()


class FeedBackSwitch(PolicyEntity, SwitchEntity):
    """Whether the car may be discharged, down to its minimum state of charge."""

    @property
    @override
    def is_on(self) -> bool:
        return self.policy.v2g_floor_soc is not None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        if not self.is_on:
            await self.async_change_policy(**{CONF_V2G_FLOOR_SOC: DEFAULT_V2G_FLOOR_SOC})

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_change_policy(**{CONF_V2G_FLOOR_SOC: None})
