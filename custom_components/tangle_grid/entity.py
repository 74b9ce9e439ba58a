"""What all entities share: their device, their identity, and that they only speak when they have something new."""

from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.loader import async_get_loaded_integration

from .const import (
    CONF_CURRENT_LIMIT,
    CONF_ENABLE,
    CONF_POWER,
    CONF_POWER_SETPOINT,
    CONF_SOC,
    CONF_TRACKER,
    DOMAIN,
    MAIN_FEEDER,
    SUBENTRY_BATTERY,
    SUBENTRY_CHARGER,
    SUBENTRY_DATA_TOPIC,
    SUBENTRY_FEEDER,
    SUBENTRY_HOUSE,
    SUBENTRY_HOUSEHOLD,
    SUBENTRY_NEIGHBOUR,
    SUBENTRY_PARKING,
    SUBENTRY_SOLAR,
    SUBENTRY_TOLL,
    SUBENTRY_UPPER_ISLAND,
    SUBENTRY_VEHICLE,
    TREASURY,
)
from .coordinator import IslandCoordinator
from .data import IslandSnapshot, LinkStatus, NeighbourStatus
from .grid.engine.status import DeviceStatus, FeederStatus
from .grid.model.world import Telemetry
from .island.configuration import Member, Participant
from .island.entity_identity import island_prefix
from .island.runtime import IslandRuntime
from .ledger import WalletRules, WalletState

MANUFACTURER: Final = "Tangle Grid"
_MODELS: Final = {
    SUBENTRY_BATTERY: "Home battery",
    SUBENTRY_CHARGER: "Charger with car",
    SUBENTRY_DATA_TOPIC: "Data topic",
    SUBENTRY_FEEDER: "Feeder",
    SUBENTRY_HOUSE: "House",
    SUBENTRY_HOUSEHOLD: "Household",
    SUBENTRY_NEIGHBOUR: "Neighbour",
    SUBENTRY_PARKING: "Car park",
    SUBENTRY_SOLAR: "Solar",
    SUBENTRY_TOLL: "Toll",
    SUBENTRY_UPPER_ISLAND: "Larger island",
    SUBENTRY_VEHICLE: "Vehicle",
}

UNIT_IOTA: Final = "i"
UNIT_IOTA_PER_KWH: Final = "i/kWh"


@dataclass(frozen=True, slots=True, kw_only=True)
class IslandView:
    """What an entity of the island, or of a feeder below it, looks at."""

    snapshot: IslandSnapshot
    feeder_id: str = MAIN_FEEDER

    @property
    def feeder(self) -> FeederStatus:
        """The island's own feed, or the feeder below it."""
        return self.snapshot.grid.feeders[self.feeder_id]

    @property
    def treasury(self) -> WalletState | None:
        """The wallet that rewards are paid from; None until the ledger is open."""
        return self.snapshot.wallets.get(TREASURY)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """What an entity of somebody with a wallet looks at; without an open ledger there is none."""

    runtime: IslandRuntime
    wallet: WalletState | None
    rules: WalletRules | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleView(MemberView):
    """What an entity of a vehicle looks at."""

    vehicle: Member

    @property
    def charger(self) -> Participant | None:
        """The charger that it is at; None: at none, or nobody knows."""
        charger_id = self.runtime.vehicles.charger_of(self.vehicle.participant_id)
        return None if charger_id is None else self.runtime.participants[charger_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantView(MemberView):
    """What an entity of a participant looks at."""

    participant: Participant
    status: DeviceStatus

    @property
    def telemetry(self) -> Telemetry | None:
        """What it reported last."""
        return self.runtime.telemetry.get(self.participant.participant_id)


def watts(value: float | None) -> int | None:
    """Return a power as it is shown: nobody reads tenths of a watt, and each would be a state of its own."""
    return None if value is None else round(value)


@callback
def async_island_device_id(runtime: IslandRuntime) -> str:
    """Return the registry id of the island's device, which the participants' devices refer to."""
    registry, entry = dr.async_get(runtime.hass), runtime.entry
    identifier = (DOMAIN, entry.entry_id)
    if (device := registry.async_get_device_by_identifier(identifier, entry.entry_id)) is None:
        device = registry.async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={identifier},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER,
            model="Island",
            name=entry.title,
            sw_version=integration_version(runtime.hass),
        )
    return device.id


def integration_version(hass: HomeAssistant) -> str:
    """Return the version of this integration, as its manifest gives it."""
    return str(async_get_loaded_integration(hass, DOMAIN).version)


# The entity that controls a device belongs to it more surely than one that measures it.
_OF_THE_REAL_DEVICE: Final = (CONF_CURRENT_LIMIT, CONF_POWER_SETPOINT, CONF_ENABLE, CONF_SOC, CONF_POWER, CONF_TRACKER)


@callback
def async_real_device_id(runtime: IslandRuntime, participant_id: str) -> str | None:
    """Return the registry id of the device that a participant stands for; None where its entities belong to none."""
    data = runtime.entry.subentries[participant_id].data
    own = {runtime.entry.entry_id, *runtime.entry.subentries}
    devices, entities = dr.async_get(runtime.hass), er.async_get(runtime.hass)
    for key in _OF_THE_REAL_DEVICE:
        entity = entities.async_get(data[key]) if data.get(key) else None
        device = devices.async_get(entity.device_id) if entity is not None and entity.device_id else None
        # What the island itself shows of somebody is no device on its own.
        if device is not None and not any((DOMAIN, each) in device.identifiers for each in own):
            return device.id
    return None


@callback
def async_feeder_device_id(runtime: IslandRuntime, feeder_id: str) -> str:
    """Return the registry id of a feeder's device; the main feeder is the island."""
    if feeder_id not in runtime.feeder_tree:
        return async_island_device_id(runtime)
    device = dr.async_get(runtime.hass).async_get_or_create(
        config_entry_id=runtime.entry.entry_id,
        config_subentry_id=feeder_id,
        identifiers={(DOMAIN, feeder_id)},
        manufacturer=MANUFACTURER,
        model=_MODELS[SUBENTRY_FEEDER],
        name=runtime.entry.subentries[feeder_id].title,
        via_device_id=async_feeder_device_id(runtime, runtime.feeder_tree[feeder_id]),
    )
    return device.id


class TangleGridEntity(CoordinatorEntity[IslandCoordinator]):
    """An entity that shows a part of the island's newest picture."""

    _attr_has_entity_name = True
    runtime: IslandRuntime
    _shown: tuple[Any, ...] | None = None

    @property
    def view(self) -> Any:
        """What the entity looks at."""
        raise NotImplementedError

    @property
    def has_view(self) -> bool:
        """Whether there is anything to look at."""
        return self.coordinator.last_update_success

    @property
    @override
    def available(self) -> bool:
        return self.has_view

    def _picture(self) -> tuple[Any, ...]:
        """Return all that its state is made of."""
        if not self.available:
            return (STATE_UNAVAILABLE,)
        return (self.state, self.state_attributes, self.extra_state_attributes)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write a state only when it differs: most of the island is quiet most of the time."""
        shown = self._picture()
        if shown != self._shown:
            self._shown = shown
            self.async_write_ha_state()


class IslandEntity(TangleGridEntity):
    """An entity of the island's own device."""

    def __init__(self, runtime: IslandRuntime, description: EntityDescription) -> None:
        super().__init__(runtime.coordinator)
        entry = runtime.entry
        self.entity_description = description
        self.runtime = runtime
        self._attr_unique_id = f"{island_prefix(entry)}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            manufacturer=MANUFACTURER,
            model="Island",
            name=entry.title,
            sw_version=integration_version(runtime.hass),
        )

    @property
    @override
    def view(self) -> IslandView:
        """The newest picture of the island."""
        return IslandView(snapshot=self.coordinator.data)


class FeederEntity(TangleGridEntity):
    """An entity of a feeder below the main one."""

    def __init__(self, runtime: IslandRuntime, feeder_id: str, description: EntityDescription) -> None:
        super().__init__(runtime.coordinator)
        self.entity_description = description
        self._feeder_id = feeder_id
        self._attr_unique_id = f"{feeder_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, feeder_id)},
            manufacturer=MANUFACTURER,
            model=_MODELS[SUBENTRY_FEEDER],
            name=runtime.entry.subentries[feeder_id].title,
            via_device_id=async_feeder_device_id(runtime, runtime.feeder_tree[feeder_id]),
        )

    @property
    @override
    def view(self) -> IslandView:
        """The newest picture of the feeder."""
        return IslandView(snapshot=self.coordinator.data, feeder_id=self._feeder_id)


class LinkedEntity(TangleGridEntity):
    """An entity of the device of another island."""

    def __init__(self, runtime: IslandRuntime, subentry_id: str, description: EntityDescription) -> None:
        super().__init__(runtime.coordinator)
        subentry = runtime.entry.subentries[subentry_id]
        self.entity_description = description
        self.runtime = runtime
        self._subentry_id = subentry_id
        self._attr_unique_id = f"{subentry_id}_{description.key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry_id)},
            manufacturer=MANUFACTURER,
            model=_MODELS[subentry.subentry_type],
            name=subentry.title,
            via_device_id=async_island_device_id(runtime),
        )


class LinkEntity(LinkedEntity):
    """An entity of another island that this one is linked to."""

    @property
    @override
    def has_view(self) -> bool:
        return super().has_view and self._subentry_id in self.coordinator.data.links

    @property
    @override
    def view(self) -> LinkStatus:
        """How the link is."""
        return self.coordinator.data.links[self._subentry_id]


class NeighbourEntity(LinkedEntity):
    """An entity of the device of a neighbour."""

    @property
    @override
    def has_view(self) -> bool:
        return super().has_view and self._subentry_id in self.coordinator.data.neighbours

    @property
    @override
    def view(self) -> NeighbourStatus:
        """How it stands with the neighbour."""
        return self.coordinator.data.neighbours[self._subentry_id]


class MemberEntity(TangleGridEntity):
    """An entity of the device of somebody with a wallet."""

    def __init__(self, runtime: IslandRuntime, member: Member, description: EntityDescription) -> None:
        super().__init__(runtime.coordinator)
        self.entity_description = description
        self.runtime = runtime
        self.member = member
        self._attr_unique_id = f"{runtime.entity_prefixes[member.participant_id]}_{description.key}"
        feeder_id = member.config.feeder_id if isinstance(member, Participant) else MAIN_FEEDER
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, member.participant_id)},
            manufacturer=MANUFACTURER,
            model=_MODELS[member.kind],
            name=member.name,
            # Of a real device its own page is the nearest; without one it hangs on its feeder.
            via_device_id=async_real_device_id(runtime, member.participant_id)
            or async_feeder_device_id(runtime, feeder_id),
        )

    @property
    @override
    def view(self) -> MemberView:
        """The newest picture of the wallet."""
        member_id = self.member.participant_id
        return MemberView(
            runtime=self.runtime,
            wallet=self.coordinator.data.wallets.get(member_id),
            rules=self.coordinator.data.rules.get(member_id),
        )


class VehicleEntity(MemberEntity):
    """An entity of a vehicle."""

    @property
    @override
    def view(self) -> VehicleView:
        """The newest picture of the vehicle."""
        wallet = super().view
        return VehicleView(runtime=wallet.runtime, wallet=wallet.wallet, rules=wallet.rules, vehicle=self.member)


class ParticipantEntity(MemberEntity):
    """An entity of a participant's device."""

    def __init__(self, runtime: IslandRuntime, participant: Participant, description: EntityDescription) -> None:
        super().__init__(runtime, participant, description)
        self.participant = participant

    @property
    @override
    def has_view(self) -> bool:
        """A participant that the grid does not know yet has nothing to show."""
        return super().has_view and self.participant.participant_id in self.coordinator.data.grid.devices

    @property
    @override
    def view(self) -> ParticipantView:
        """The newest picture of the participant."""
        participant_id = self.participant.participant_id
        return ParticipantView(
            runtime=self.runtime,
            participant=self.participant,
            status=self.coordinator.data.grid.devices[participant_id],
            wallet=self.coordinator.data.wallets.get(participant_id),
            rules=self.coordinator.data.rules.get(participant_id),
        )
