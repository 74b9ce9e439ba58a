"""Numbers: the values that a participant's policy works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import (
    CONF_CHARGED_ABOVE,
    CONF_MAX_PRICE,
    CONF_MIN_RATE,
    CONF_TARGET_SOC,
    CONF_V2G_FLOOR_SOC,
    DEFAULT_TARGET_SOC,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
    SUBENTRY_VEHICLE,
)
from .entities.policy_settings import PolicyEntity
from .entities.settings import SettingEntity
from .entity import UNIT_IOTA_PER_KWH
from .grid.model.world import PolicyConfig
from .island.configuration import Member
from .island.runtime import TangleGridConfigEntry
from .island.token_rate import MONEY_ATTRIBUTES
from .select import POLICY_MODES
from .simulated.entities import simulated_numbers
from .switch import can_feed_back

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class PolicyNumberDescription(NumberEntityDescription):
    """A number of the policy. Its whole values are stored under `setting`."""

    setting: str
    value_fn: Callable[[PolicyConfig], float | None]
    applies_to: Callable[[Member], bool]


NUMBERS: tuple[PolicyNumberDescription, ...] = (
    PolicyNumberDescription(
        key="minimum_soc",
        translation_key="minimum_soc",
        entity_category=EntityCategory.CONFIG,
        native_unit_of_measurement=PERCENTAGE,
        native_min_value=0,
        native_max_value=100,
        native_step=1,
        setting=CONF_V2G_FLOOR_SOC,
        value_fn=lambda policy: policy.v2g_floor_soc,
        applies_to=can_feed_back,
    ),
    PolicyNumberDescription(
        key="charged_above",
        translation_key="charged_above",
        entity_category=EntityCategory.CONFIG,
        native_unit_of_measurement=PERCENTAGE,
        native_min_value=0,
        native_max_value=100,
        native_step=1,
        setting=CONF_CHARGED_ABOVE,
        value_fn=lambda policy: policy.charged_above,
        applies_to=lambda member: member.kind in (SUBENTRY_CHARGER, SUBENTRY_BATTERY, SUBENTRY_VEHICLE),
    ),
    PolicyNumberDescription(
        key="lowest_rate",
        translation_key="lowest_rate",
        entity_category=EntityCategory.CONFIG,
        native_unit_of_measurement=UNIT_IOTA_PER_KWH,
        native_min_value=0,
        native_max_value=1_000_000_000,
        native_step=1,
        mode=NumberMode.BOX,
        setting=CONF_MIN_RATE,
        value_fn=lambda policy: policy.min_rate,
        applies_to=lambda member: member.kind in POLICY_MODES,
    ),
)


MAX_PRICE: Final = NumberEntityDescription(
    key="max_price",
    translation_key="max_price",
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UNIT_IOTA_PER_KWH,
    native_min_value=0,
    native_max_value=1_000_000_000,
    native_step=1,
    mode=NumberMode.BOX,
)


TARGET_SOC: Final = NumberEntityDescription(
    key="target_soc",
    translation_key="target_soc",
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=PERCENTAGE,
    native_min_value=0,
    native_max_value=100,
    native_step=1,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the numbers of each policy, and how far a vehicle charges and what it pays at most."""
    runtime = entry.runtime_data
    if runtime.street is not None:
        async_add_entities(simulated_numbers(runtime.street))
    for member_id, member in runtime.members.items():
        async_add_entities(
            (PolicyNumber(runtime, member, description) for description in NUMBERS if description.applies_to(member)),
            config_subentry_id=member_id,
        )
        if member.kind == SUBENTRY_VEHICLE:
            settings = [TargetSoc(runtime, member, TARGET_SOC), MaxPrice(runtime, member, MAX_PRICE)]
            async_add_entities(settings, config_subentry_id=member_id)


class PolicyNumber(PolicyEntity, NumberEntity):
    """A number of the policy."""

    entity_description: PolicyNumberDescription
    _unrecorded_attributes = MONEY_ATTRIBUTES

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value_fn(self.policy)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return what a price in tokens is worth."""
        value = self.native_value
        if value is None or self.native_unit_of_measurement != UNIT_IOTA_PER_KWH:
            return None
        return self.runtime.money.beside(value)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_change_policy(**{self.entity_description.setting: round(value)})


class TargetSoc(SettingEntity, NumberEntity):
    """The state of charge at which a vehicle has enough."""

    @property
    @override
    def native_value(self) -> float | None:
        stored: float | None = self.data.get(CONF_TARGET_SOC, DEFAULT_TARGET_SOC)
        return stored

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_change(**{CONF_TARGET_SOC: round(value)})


class MaxPrice(SettingEntity, NumberEntity):
    """The most that a vehicle pays for a kilowatt-hour; unknown: whatever it costs."""

    _unrecorded_attributes = MONEY_ATTRIBUTES

    @property
    @override
    def native_value(self) -> float | None:
        stored: float | None = self.data.get(CONF_MAX_PRICE)
        return stored

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        value = self.native_value
        return None if value is None else self.runtime.money.beside(value)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_change(**{CONF_MAX_PRICE: round(value)})
