"""Sensors: what the feed carries, what each participant does for it, and what it earned."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.const import Platform, UnitOfEnergy
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_OUTAGE, CONF_PEAK_TARGET, DOMAIN, SUBENTRY_DATA_TOPIC
from .entities.energy_sensors import FEEDER_ENERGY, PARTICIPANT_ENERGY, EnergyCounter
from .entities.island_sensors import (
    FEEDER_SENSORS,
    ISLAND_SENSORS,
    OUTAGE_ATTRIBUTES,
    PLAN_ATTRIBUTES,
    IslandSensorDescription,
)
from .entities.link_sensors import LINK_ATTRIBUTES, LINK_SENSORS
from .entities.neighbour_sensors import NEIGHBOUR_ATTRIBUTES, NEIGHBOUR_SENSORS
from .entities.participant_sensors import (
    CHARGING_PRICE,
    CHARGING_SENSORS,
    HELP_ATTRIBUTES,
    PARTICIPANT_SENSORS,
    PRICE_ATTRIBUTES,
    REASON_ATTRIBUTES,
)
from .entities.request_sensor import REQUEST, REQUEST_ATTRIBUTES, RequestView
from .entities.service_sensors import SERVICE_SENSORS, ServiceView
from .entities.topic_sensors import TOPIC_SENSORS, TopicView
from .entities.vehicle_sensors import RECOGNITION_ATTRIBUTES, VEHICLE_SENSORS
from .entities.view_sensors import LEARNED_ATTRIBUTES, ViewSensor, ViewSensorDescription
from .entities.wallet_rules import RULES_ATTRIBUTES
from .entities.wallet_sensors import wallet_sensors
from .entities.why_sensors import KEY as WHY, WHY_ATTRIBUTES
from .entity import (
    FeederEntity,
    IslandEntity,
    LinkEntity,
    MemberEntity,
    MemberView,
    NeighbourEntity,
    ParticipantEntity,
    VehicleEntity,
)
from .island.charging_prices import is_priced
from .island.entity_identity import island_prefix
from .island.runtime import IslandRuntime, TangleGridConfigEntry
from .island.token_rate import MONEY_ATTRIBUTES
from .simulated.entities import simulated_sensors

# Everything is pushed from memory: there is nothing to limit.
PARALLEL_UPDATES = 0

MEMBER_SENSORS: Final = wallet_sensors(ViewSensorDescription[MemberView])


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of the island and of its participants, and those of a simulated street."""
    runtime = entry.runtime_data
    _async_enable_why(hass, entry)
    if runtime.street is not None:
        async_add_entities(simulated_sensors(runtime.street))
    tariff, outage = bool(entry.options.get(CONF_PEAK_TARGET)), CONF_OUTAGE in entry.options
    island_sensors = [each for each in ISLAND_SENSORS if (tariff or not each.tariff) and (outage or not each.outage)]
    _async_forget(
        hass, island_prefix(entry), {each.key for each in ISLAND_SENSORS} - {each.key for each in island_sensors}
    )
    async_add_entities([RequestSensor(runtime, REQUEST), *(IslandEnergy(runtime, each) for each in FEEDER_ENERGY)])
    async_add_entities(IslandSensor(runtime, description) for description in island_sensors)
    for feeder_id in runtime.feeder_tree:
        async_add_entities(
            (FeederEnergy(runtime, feeder_id, description) for description in FEEDER_ENERGY),
            config_subentry_id=feeder_id,
        )
        async_add_entities(
            (FeederSensor(runtime, feeder_id, description) for description in FEEDER_SENSORS),
            config_subentry_id=feeder_id,
        )
    _async_add_links(runtime, async_add_entities)
    for subentry_id in runtime.neighbours.linked:
        async_add_entities(
            (NeighbourSensor(runtime, subentry_id, description) for description in NEIGHBOUR_SENSORS),
            config_subentry_id=subentry_id,
        )
    priced = is_priced(entry.options)
    for participant_id, participant in runtime.participants.items():
        data = entry.subentries[participant_id].data
        if not priced:
            _async_forget(hass, runtime.entity_prefixes[participant_id], CHARGING_SENSORS)
        async_add_entities(
            (
                ParticipantSensor(runtime, participant, description)
                for description in PARTICIPANT_SENSORS
                if description.applies_to(participant, data) and (priced or description.key not in CHARGING_SENSORS)
            ),
            config_subentry_id=participant_id,
        )
        async_add_entities(
            (ParticipantEnergy(runtime, participant, each) for each in PARTICIPANT_ENERGY.get(participant.kind, ())),
            config_subentry_id=participant_id,
        )
    for member_id in runtime.members.keys() - runtime.participants.keys():
        member = runtime.members[member_id]
        if member_id in runtime.vehicles.all:
            data = entry.subentries[member_id].data
            async_add_entities(
                (VehicleSensor(runtime, member, each) for each in VEHICLE_SENSORS if each.applies_to(data)),
                config_subentry_id=member_id,
            )
        else:
            async_add_entities(
                (MemberSensor(runtime, member, description) for description in MEMBER_SENSORS),
                config_subentry_id=member_id,
            )
        if member.kind == SUBENTRY_DATA_TOPIC:
            async_add_entities(
                (TopicSensor(runtime, member, description) for description in TOPIC_SENSORS),
                config_subentry_id=member_id,
            )
    for member_id, member in runtime.members.items():
        async_add_entities(
            (ServiceSensor(runtime, member, description) for description in SERVICE_SENSORS.get(member.kind, ())),
            config_subentry_id=member_id,
        )


@callback
def _async_add_links(runtime: IslandRuntime, async_add_entities: AddConfigEntryEntitiesCallback) -> None:
    for subentry_id in runtime.links.linked:
        async_add_entities(
            (LinkSensor(runtime, subentry_id, description) for description in LINK_SENSORS),
            config_subentry_id=subentry_id,
        )


@callback
def _async_enable_why(hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
    """Switch on the sensors that came as causes of setpoints, and off, unless a person switched them off."""
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        if entity.unique_id.endswith(f"_{WHY}") and entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION:
            registry.async_update_entity(entity.entity_id, disabled_by=None)


@callback
def _async_forget(hass: HomeAssistant, prefix: str, keys: Iterable[str]) -> None:
    """Take sensors away that belonged to an option which is switched off."""
    registry = er.async_get(hass)
    for key in keys:
        if entity_id := registry.async_get_entity_id(Platform.SENSOR, DOMAIN, f"{prefix}_{key}"):
            registry.async_remove(entity_id)


class IslandSensor(IslandEntity, ViewSensor):
    """A sensor of the island."""

    entity_description: IslandSensorDescription
    _unrecorded_attributes = (
        OUTAGE_ATTRIBUTES | PLAN_ATTRIBUTES | RULES_ATTRIBUTES | LEARNED_ATTRIBUTES | MONEY_ATTRIBUTES
    )

    @property
    @override
    def entity_registry_enabled_default(self) -> bool:
        on_street = self.entity_description.on_street and self.runtime.street is not None
        return on_street or super().entity_registry_enabled_default


class RequestSensor(IslandEntity, ViewSensor):
    """The newest request of the island, from the question to what came of it."""

    _unrecorded_attributes = REQUEST_ATTRIBUTES

    @property
    @override
    def view(self) -> RequestView:
        return RequestView(snapshot=self.coordinator.data, runtime=self.runtime)


class IslandEnergy(IslandEntity, EnergyCounter):
    """An energy of the feed."""


class FeederEnergy(FeederEntity, EnergyCounter):
    """An energy of a feeder below the main one."""

    _attr_entity_registry_enabled_default = False


class ParticipantEnergy(ParticipantEntity, EnergyCounter):
    """An energy of a participant."""


class FeederSensor(FeederEntity, ViewSensor):
    """A sensor of a feeder below the main one."""

    _unrecorded_attributes = LEARNED_ATTRIBUTES


class LinkSensor(LinkEntity, ViewSensor):
    """A sensor of a linked island."""

    _unrecorded_attributes = LINK_ATTRIBUTES


class NeighbourSensor(NeighbourEntity, ViewSensor):
    """A sensor of a neighbour."""

    _unrecorded_attributes = NEIGHBOUR_ATTRIBUTES


class MemberSensor(MemberEntity, ViewSensor):
    """A sensor of somebody with a wallet and no device."""

    _unrecorded_attributes = RULES_ATTRIBUTES | MONEY_ATTRIBUTES


class VehicleSensor(VehicleEntity, ViewSensor):
    """A sensor of a vehicle."""

    _unrecorded_attributes = RULES_ATTRIBUTES | RECOGNITION_ATTRIBUTES | WHY_ATTRIBUTES | MONEY_ATTRIBUTES


class ServiceSensor(MemberEntity, ViewSensor):
    """A sensor of a car park or a toll, or of a car that uses them."""

    _unrecorded_attributes = MONEY_ATTRIBUTES

    @property
    @override
    def view(self) -> ServiceView:
        member_id, seen = self.member.participant_id, super().view
        return ServiceView(runtime=seen.runtime, wallet=seen.wallet, rules=seen.rules, member_id=member_id)


class TopicSensor(MemberEntity, ViewSensor):
    """A sensor of a data topic."""

    _unrecorded_attributes = MONEY_ATTRIBUTES

    @property
    @override
    def view(self) -> TopicView:
        """What the topic knows now."""
        view, topics = super().view, self.runtime.economy.topics
        return TopicView(
            runtime=view.runtime,
            wallet=view.wallet,
            rules=view.rules,
            book=topics.books.get(self.member.participant_id),
            day=topics.day,
        )


class ParticipantSensor(ParticipantEntity, ViewSensor):
    """A sensor of a participant."""

    _unrecorded_attributes = (
        HELP_ATTRIBUTES
        | REASON_ATTRIBUTES
        | RULES_ATTRIBUTES
        | LEARNED_ATTRIBUTES
        | PRICE_ATTRIBUTES
        | WHY_ATTRIBUTES
        | MONEY_ATTRIBUTES
    )

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        if self.entity_description.key == CHARGING_PRICE:
            return f"{self.hass.config.currency}/{UnitOfEnergy.KILO_WATT_HOUR}"
        return super().native_unit_of_measurement
