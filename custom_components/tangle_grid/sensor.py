"""Sensors: what the feed carries, what each participant does for it, and what it earned."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .data import TangleGridConfigEntry
from .entity import IslandEntity, ParticipantEntity
from .island_sensors import ISLAND_SENSORS, IslandSensorDescription
from .participant_sensors import PARTICIPANT_SENSORS, ParticipantSensorDescription
from .simulated import simulated_sensors

# Everything is pushed from memory: there is nothing to limit.
PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the island and of its participants, and those of a simulated street."""
    runtime = entry.runtime_data
    if runtime.street is not None:
        async_add_entities(simulated_sensors(runtime.street))
    async_add_entities(IslandSensor(runtime, description) for description in ISLAND_SENSORS)
    for participant_id, participant in runtime.participants.items():
        data = entry.subentries[participant_id].data
        async_add_entities(
            (
                ParticipantSensor(runtime, participant, description)
                for description in PARTICIPANT_SENSORS
                if description.applies_to(participant, data)
            ),
            config_subentry_id=participant_id,
        )


class IslandSensor(IslandEntity, SensorEntity):
    """A sensor of the island."""

    entity_description: IslandSensorDescription

    @property
    @override
    def available(self) -> bool:
        return super().available and not (self.entity_description.measures and self.native_value is None)

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value_fn(self.view)


class ParticipantSensor(ParticipantEntity, SensorEntity):
    """A sensor of a participant."""

    entity_description: ParticipantSensorDescription
    _unrecorded_attributes = frozenset({"reason", "request_id", "power_w", "rate"})

    @property
    @override
    def available(self) -> bool:
        return super().available and not (self.entity_description.measures and self.native_value is None)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        if self.entity_description.device_class is SensorDeviceClass.MONETARY:
            return self.hass.config.currency
        return super().native_unit_of_measurement

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.view)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        return self.entity_description.attributes_fn(self.view)
