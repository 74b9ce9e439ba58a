"""Binary sensors: what needs attention."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_CURRENT_LIMIT, CONF_ENABLE, CONF_PAUSE_SELECT, SUBENTRY_BATTERY, SUBENTRY_CHARGER
from .entity import FeederEntity, IslandEntity, IslandView, ParticipantEntity, ParticipantView, TangleGridEntity
from .grid.model.world import ChargerTelemetry
from .island.runtime import TangleGridConfigEntry
from .simulated.entities import simulated_binary_sensors

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ViewBinarySensorDescription[V](BinarySensorEntityDescription):
    """A binary sensor of whatever has a view of the kind `V`."""

    value_fn: Callable[[V], bool | None]


@dataclass(frozen=True, kw_only=True)
class ParticipantBinarySensorDescription(ViewBinarySensorDescription[ParticipantView]):
    """A binary sensor of the participants of some kinds, of those that have named an entity in `needs`."""

    kinds: frozenset[str]
    needs: frozenset[str] = frozenset()


def _overload(view: IslandView) -> bool | None:
    utilisation = view.feeder.utilisation
    return None if utilisation is None else utilisation > 1.0


# What every feeder has: the main one, which is the island, and those below it.
FEEDER_BINARY_SENSORS: tuple[ViewBinarySensorDescription[IslandView], ...] = (
    ViewBinarySensorDescription[IslandView](
        key="overload",
        translation_key="overload",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=_overload,
    ),
    ViewBinarySensorDescription[IslandView](
        key="meter",
        translation_key="meter",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda view: view.feeder.blind,
    ),
)

ISLAND_BINARY_SENSORS: tuple[ViewBinarySensorDescription[IslandView], ...] = (
    *FEEDER_BINARY_SENSORS,
    ViewBinarySensorDescription[IslandView](
        key="ledger",
        translation_key="ledger",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda view: view.snapshot.ledger is not None and view.snapshot.ledger.reachable,
    ),
)

PARTICIPANT_BINARY_SENSORS: tuple[ParticipantBinarySensorDescription, ...] = (
    ParticipantBinarySensorDescription(
        key="ignores_limit",
        translation_key="ignores_limit",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        kinds=frozenset({SUBENTRY_CHARGER}),
        value_fn=lambda view: not view.status.compliant,
    ),
    ParticipantBinarySensorDescription(
        key="silent",
        translation_key="silent",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        kinds=frozenset({SUBENTRY_CHARGER, SUBENTRY_BATTERY}),
        value_fn=lambda view: view.status.silent,
    ),
    ParticipantBinarySensorDescription(
        key="kept_off",
        translation_key="kept_off",
        kinds=frozenset({SUBENTRY_CHARGER}),
        # What it is paused by: nobody sees what actions did.
        needs=frozenset({CONF_ENABLE, CONF_PAUSE_SELECT, CONF_CURRENT_LIMIT}),
        value_fn=lambda view: isinstance(view.telemetry, ChargerTelemetry) and view.telemetry.kept_off,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TangleGridConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of the island and of its participants, and those of a simulated street."""
    runtime = entry.runtime_data
    if runtime.street is not None:
        async_add_entities(simulated_binary_sensors(runtime.street))
    async_add_entities(IslandBinarySensor(runtime, description) for description in ISLAND_BINARY_SENSORS)
    for feeder_id in runtime.feeder_tree:
        async_add_entities(
            (FeederBinarySensor(runtime, feeder_id, description) for description in FEEDER_BINARY_SENSORS),
            config_subentry_id=feeder_id,
        )
    for participant_id, participant in runtime.participants.items():
        async_add_entities(
            (
                ParticipantBinarySensor(runtime, participant, description)
                for description in PARTICIPANT_BINARY_SENSORS
                if participant.kind in description.kinds
                and (not description.needs or not description.needs.isdisjoint(entry.subentries[participant_id].data))
            ),
            config_subentry_id=participant_id,
        )


class ViewBinarySensor(TangleGridEntity, BinarySensorEntity):
    """Shows what its description takes from its view."""

    entity_description: ViewBinarySensorDescription[Any]

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.value_fn(self.view)


class IslandBinarySensor(IslandEntity, ViewBinarySensor):
    """A binary sensor of the island."""


class FeederBinarySensor(FeederEntity, ViewBinarySensor):
    """A binary sensor of a feeder below the main one."""


class ParticipantBinarySensor(ParticipantEntity, ViewBinarySensor):
    """A binary sensor of a participant."""
