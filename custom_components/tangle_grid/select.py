"""Selects: how a participant answers the grid's requests, how a charger charges, and which car is at it."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .actions.access import async_require_control
from .const import CONF_POLICY_MODE, DOMAIN, SUBENTRY_BATTERY, SUBENTRY_CHARGER, SUBENTRY_HOUSEHOLD, SUBENTRY_VEHICLE
from .economy.recognition import GUEST
from .entities.policy_settings import PolicyEntity
from .entities.vehicle_sensors import RECOGNITION_ATTRIBUTES
from .entity import ParticipantEntity
from .grid.model.world import ChargingMode, PolicyMode
from .island.configuration import Member, Participant
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

AUTOMATIC: Final = "automatic"
CAR: Final = SelectEntityDescription(key="car", translation_key="car")
MODE: Final = SelectEntityDescription(
    key="charging_mode",
    translation_key="charging_mode",
    options=[mode.value for mode in ChargingMode],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a policy for each participant and vehicle that can be asked, and each charger's mode and car."""
    runtime = entry.runtime_data
    for member_id, member in runtime.members.items():
        if member.kind in POLICY_MODES:
            async_add_entities([PolicySelect(runtime, member)], config_subentry_id=member_id)
    for participant_id, participant in runtime.participants.items():
        if participant.kind != SUBENTRY_CHARGER:
            continue
        async_add_entities([ModeSelect(runtime, participant)], config_subentry_id=participant_id)
        if runtime.vehicles.all:
            async_add_entities([CarSelect(runtime, participant)], config_subentry_id=participant_id)
        else:
            _async_forget(hass, f"{runtime.entity_prefixes[participant_id]}_{CAR.key}")


@callback
def _async_forget(hass: HomeAssistant, unique_id: str) -> None:
    """Take a choice away in which there is nothing to choose."""
    registry = er.async_get(hass)
    if entity_id := registry.async_get_entity_id(Platform.SELECT, DOMAIN, unique_id):
        registry.async_remove(entity_id)


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


class ModeSelect(ParticipantEntity, SelectEntity):
    """How a charger charges: now, by departure, with the sun only, or not at all."""

    def __init__(self, runtime: IslandRuntime, participant: Participant) -> None:
        super().__init__(runtime, participant, MODE)

    @property
    @override
    def current_option(self) -> str | None:
        status = self.coordinator.data.grid.devices.get(self.participant.participant_id)
        return None if status is None else status.mode

    @override
    async def async_select_option(self, option: str) -> None:
        """Take the choice of somebody who may control the charger, and keep it."""
        await async_require_control(self.runtime, self.participant, self._context)
        self.runtime.grid.set_charging_mode(self.participant.participant_id, ChargingMode(option))
        await self.runtime.async_save()


class CarSelect(ParticipantEntity, SelectEntity):
    """Which car is at a charger: found out, or as somebody says until the plug is pulled."""

    _unrecorded_attributes = RECOGNITION_ATTRIBUTES

    def __init__(self, runtime: IslandRuntime, participant: Participant) -> None:
        super().__init__(runtime, participant, CAR)
        self._choices: dict[str, str | None] = {AUTOMATIC: None, GUEST: GUEST}
        for vehicle_id, vehicle in runtime.vehicles.all.items():
            name = vehicle.name
            while name in self._choices:
                # Somebody may call a car whatever they like.
                name += " ."
            self._choices[name] = vehicle_id
        self._attr_options = list(self._choices)

    @property
    @override
    def current_option(self) -> str | None:
        chosen = self.runtime.vehicles.chosen(self.participant.participant_id)
        return next((option for option, choice in self._choices.items() if choice == chosen), AUTOMATIC)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        found = self.runtime.vehicles.at(self.participant.participant_id)
        vehicle = None if found.vehicle_id is None else self.runtime.members[found.vehicle_id].name
        return {"vehicle": vehicle, "recognised_by": str(found.by), "sureness": str(found.sureness)}

    @override
    async def async_select_option(self, option: str) -> None:
        """Take the choice of somebody who may control the charger, and the vehicle: that is who pays."""
        choice = self._choices[option]
        await async_require_control(self.runtime, self.participant, self._context)
        if (vehicle := self.runtime.vehicles.all.get(choice or "")) is not None:
            await async_require_control(self.runtime, vehicle, self._context)
        self.runtime.async_choose_vehicle(self.participant.participant_id, choice)
        self.coordinator.async_update_listeners()
