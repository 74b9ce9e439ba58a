"""From a device of Home Assistant to what a form can be filled in with."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from homeassistant.components.number import ATTR_MAX, ATTR_MIN, ATTR_STEP
from homeassistant.const import CONF_NAME, UnitOfElectricCurrent, UnitOfPower
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util.unit_conversion import BaseUnitConverter, ElectricCurrentConverter, PowerConverter

from ...const import (
    CONF_CHARGE_SETPOINT,
    CONF_CURRENT_LIMIT,
    CONF_DISCHARGE_CURRENT,
    CONF_DISCHARGE_SETPOINT,
    CONF_MAX_CHARGE_W,
    CONF_MAX_CURRENT,
    CONF_MAX_DISCHARGE_CURRENT,
    CONF_MAX_DISCHARGE_W,
    CONF_MIN_CURRENT,
    CONF_POWER_SETPOINT,
    CONF_SETPOINT_INVERTED,
    CONF_STEP,
)
from ..io.entity_reading import convert
from .catalogue import Catalogue
from .schema import KIND_BATTERY, KIND_CHARGER, KINDS, DevicePattern, Pattern, Preset

#: No car charges with less, whatever a number goes down to, A.
_LEAST_A: Final = 6.0
#: What forms allow, A and W: a number beyond it has no bound at all.
_MOST_A: Final = 125.0
_MOST_W: Final = 100_000.0
_PLACE: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A device, and what a preset makes of it.

    Attributes:
        place: Which device it is: its id in the registry, or an integration whose entities have no device.
        name: What it is called.
        preset: What is known of it.
        entities: By role the entity ids that were found, of lists several; in the order of the preset.
        disabled: Those of them that are disabled, and therefore say nothing.
        data: What the form is filled in with, flat.
    """

    place: str
    name: str
    preset: Preset
    entities: Mapping[str, tuple[str, ...]]
    disabled: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def needed(self) -> frozenset[str]:
        """The entities without which it would be another device."""
        return frozenset(each for role in self.preset.required for each in self.entities[role])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A device, or the entities of an integration that has none."""

    key: str
    name: str | None
    integration: str
    device: dr.DeviceEntry | None
    entities: list[er.RegistryEntry]


@callback
def find_all(
    hass: HomeAssistant, catalogue: Catalogue, kind: str, fields: Collection[str] | None = None
) -> list[Match]:
    """Return the devices of this Home Assistant that a preset of a kind fits, in the order of their names.

    Args:
        hass: Where the devices are.
        catalogue: All presets.
        kind: The kind of device.
        fields: The fields that can be filled in; None: all of them.
    """
    best: dict[frozenset[str], tuple[int, Match]] = {}
    for place in _places(hass, catalogue.integrations(kind)):
        if (match := _best(hass, catalogue, kind, place, fields)) is not None:
            # A hub and what hangs on it find the same: it is the device of whichever has most of it.
            own = {entity.entity_id for entity in place.entities if place.key in (entity.device_id, place.integration)}
            count = len(own & match.needed)
            if count > best.get(match.needed, (-1, match))[0]:
                best[match.needed] = (count, match)
    return sorted((match for _, match in best.values()), key=lambda match: match.name.casefold())


@callback
def find(
    hass: HomeAssistant, catalogue: Catalogue, kind: str, place: str, fields: Collection[str] | None = None
) -> Match | None:
    """Return what the best preset of a kind makes of a device; None where none fits.

    The best is the first one that finds everything that it needs, be it disabled.

    Args:
        hass: Where the device is.
        catalogue: All presets.
        kind: The kind of device.
        place: Its id in the registry, or what `find_all` called it.
        fields: The fields that can be filled in; None: all of them.
    """
    device = dr.async_get(hass).async_get(place)
    if isinstance(device, dr.ChildDeviceEntry):
        device = dr.async_get(hass).async_get(device.parent_device_id, include_child_devices=False)
    if device is not None:
        entry = hass.config_entries.async_get_entry(device.config_entry_id)
        found = None if entry is None else _place_of(hass, device, entry.domain, _below(hass, device.config_entry_id))
    else:
        found = next((each for each in _without_device(hass, catalogue.integrations(kind)) if each.key == place), None)
    return None if found is None else _best(hass, catalogue, kind, found, fields)


@callback
def _places(hass: HomeAssistant, integrations: frozenset[str]) -> Iterator[_Place]:
    registry = dr.async_get(hass)
    for entry in hass.config_entries.async_entries():
        if entry.domain in integrations:
            # Once for all: a broker or a bridge has hundreds of devices.
            below = _below(hass, entry.entry_id)
            for device in dr.async_entries_for_config_entry(registry, entry.entry_id):
                yield _place_of(hass, device, entry.domain, below)
    yield from _without_device(hass, integrations)


@callback
def _without_device(hass: HomeAssistant, integrations: frozenset[str]) -> Iterator[_Place]:
    """Yield the integrations whose entities have no device: those of old, which are set up in YAML."""
    alone: dict[str, list[er.RegistryEntry]] = {}
    for entity in er.async_get(hass).entities.values():
        if entity.device_id is None and entity.platform in integrations:
            alone.setdefault(entity.platform, []).append(entity)
    for integration, entities in sorted(alone.items()):
        ordered = sorted(entities, key=lambda entity: entity.entity_id)
        yield _Place(key=integration, name=None, integration=integration, device=None, entities=ordered)


@callback
def _below(hass: HomeAssistant, entry_id: str) -> Mapping[str, list[str]]:
    """Return which devices of an integration are reached by way of each other one, by device id."""
    below: dict[str, list[str]] = {}
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry_id):
        if device.via_device_id is not None:
            below.setdefault(device.via_device_id, []).append(device.id)
    return below


@callback
def _place_of(hass: HomeAssistant, device: dr.DeviceEntry, integration: str, below: Mapping[str, list[str]]) -> _Place:
    return _Place(
        key=device.id,
        name=device.name_by_user or device.name,
        integration=integration,
        device=device,
        entities=list(_family(hass, device, below)),
    )


@callback
def _best(
    hass: HomeAssistant, catalogue: Catalogue, kind: str, place: _Place, fields: Collection[str] | None
) -> Match | None:
    if place.device is not None and place.device.disabled:
        return None
    for preset in catalogue.of(place.integration, kind):
        if _is_meant(place.device, preset.device) and (fields is None or preset.suits(fields)):
            match = _match(hass, place, preset)
            if match is not None:
                return match
    return None


def _is_meant(device: dr.DeviceEntry | None, pattern: DevicePattern) -> bool:
    if device is None:
        return pattern == DevicePattern()
    said: tuple[tuple[list[str | None], tuple[str, ...]], ...] = (
        ([device.manufacturer], pattern.manufacturer),
        ([device.model], pattern.model),
        ([device.model_id], pattern.model_id),
        ([str(part) for identifier in device.identifiers for part in identifier[1:]], pattern.identifier),
    )
    return all(
        not patterns or any(_like(value, each) for value in values for each in patterns) for values, patterns in said
    )


def _like(value: str | None, pattern: str | None) -> bool:
    return pattern is None or (value is not None and fnmatchcase(value.casefold(), pattern.casefold()))


@callback
def _match(hass: HomeAssistant, place: _Place, preset: Preset) -> Match | None:
    own = [entity for entity in place.entities if entity.platform in preset.integrations]
    entities: dict[str, tuple[str, ...]] = {}
    disabled: list[str] = []
    for role, each in preset.entities.items():
        chosen = [_choose(hass, own, patterns) for patterns in each]
        present = [entity for entity in chosen if entity is not None]
        if len(present) < len(chosen):
            if role in preset.required:
                return None
            continue
        entities[role] = tuple(entity.entity_id for entity in present)
        disabled.extend(entity.entity_id for entity in present if entity.disabled)
    others = {name: _choose(hass, own, patterns) for name, patterns in preset.others.items()}
    named = {name: entity.entity_id for name, entity in others.items() if entity is not None}
    if len(named) < len(others):
        return None
    # What is disabled says nothing. It is filled in where nothing goes without it: it is enabled meanwhile.
    usable = {role: ids for role, ids in entities.items() if role in preset.required or set(ids).isdisjoint(disabled)}
    name = place.name or preset.name
    data = {CONF_NAME: name, **_prefilled(preset, {**named, "device": place.key}, usable)}
    _fill_in_limits(hass, preset, usable, data)
    return Match(place=place.key, name=name, preset=preset, entities=entities, disabled=tuple(disabled), data=data)


@callback
def _family(hass: HomeAssistant, device: dr.DeviceEntry, below: Mapping[str, list[str]]) -> Iterator[er.RegistryEntry]:
    """Yield the entities of a device: its own, then those of what it is made or part of.

    Many integrations make a device of each phase, connector or installation.
    """
    devices, registry = dr.async_get(hass), er.async_get(hass)
    parts = [each.id for each in dr.async_entries_for_parent_device(devices, device.id)]
    parts.extend(below.get(device.id, ()))
    if (hub_id := device.via_device_id) is not None:
        hub = devices.async_get(hub_id)
        if hub is not None and hub.config_entry_id == device.config_entry_id:
            parts.append(hub_id)
    for device_id in (device.id, *parts):
        entries = er.async_entries_for_device(registry, device_id, include_disabled_entities=True)
        yield from sorted(entries, key=lambda entity: entity.entity_id)


@callback
def _choose(hass: HomeAssistant, own: list[er.RegistryEntry], patterns: Iterable[Pattern]) -> er.RegistryEntry | None:
    """Return the first entity that is like the first of the patterns, an enabled one before one that is not."""
    disabled: er.RegistryEntry | None = None
    for pattern in patterns:
        candidates = own if pattern.integration is None else _only(hass, pattern)
        for entity in candidates:
            if _is_like(entity, pattern):
                if not entity.disabled:
                    return entity
                disabled = disabled or entity
    return disabled


@callback
def _only(hass: HomeAssistant, pattern: Pattern) -> list[er.RegistryEntry]:
    """Return the entity of another integration; of several nobody knows which is meant."""
    found = [
        entity
        for entity in er.async_get(hass).entities.values()
        if entity.platform == pattern.integration and not entity.disabled and _is_like(entity, pattern)
    ]
    return found if len(found) == 1 else []


def _is_like(entity: er.RegistryEntry, pattern: Pattern) -> bool:
    return (
        entity.domain == pattern.domain
        and pattern.translation_key in (None, entity.translation_key)
        and (pattern.unique_id is None or fnmatchcase(entity.unique_id, pattern.unique_id))
        and _like(entity.original_name, pattern.name)
        and pattern.device_class in (None, entity.original_device_class)
        and pattern.unit in (None, entity.unit_of_measurement)
    )


def _prefilled(preset: Preset, named: Mapping[str, str], entities: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    places = {**named, **{role: ids[0] for role, ids in entities.items()}}
    lists = KINDS[preset.kind].lists
    values = {name: _filled_in(value, places) for name, value in preset.values.items()}
    return values | {role: list(ids) if role in lists else ids[0] for role, ids in entities.items()}


def _filled_in(value: Any, places: Mapping[str, str]) -> Any:
    """Return a value with the entities and the device in their places."""
    if isinstance(value, str):
        return _PLACE.sub(lambda found: places.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {key: _filled_in(each, places) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, places) for each in value]
    return value


@callback
def _fill_in_limits(
    hass: HomeAssistant, preset: Preset, entities: Mapping[str, tuple[str, ...]], data: dict[str, Any]
) -> None:
    """Add what the numbers of the device say of themselves; a preset's own figures narrow it."""
    if preset.kind == KIND_CHARGER:
        lowest, highest, step = _bounds(hass, entities.get(CONF_CURRENT_LIMIT), _AMPERES)
        if lowest is not None:
            data[CONF_MIN_CURRENT] = _plain(max(lowest, data.get(CONF_MIN_CURRENT, _LEAST_A)))
        _narrow(data, CONF_MAX_CURRENT, None if highest is None or highest > _MOST_A else highest)
        if step and step > 1.0:
            data.setdefault(CONF_STEP, _plain(step))
        _, highest, _ = _bounds(hass, entities.get(CONF_DISCHARGE_CURRENT), _AMPERES)
        _narrow(data, CONF_MAX_DISCHARGE_CURRENT, None if highest is None or highest > _MOST_A else highest)
    if preset.kind == KIND_BATTERY:
        lowest, highest, _ = _bounds(hass, entities.get(CONF_POWER_SETPOINT), _WATTS)
        if data.get(CONF_SETPOINT_INVERTED):
            lowest, highest = _negated(highest), _negated(lowest)
        _, charge, _ = _bounds(hass, entities.get(CONF_CHARGE_SETPOINT), _WATTS)
        _, discharge, _ = _bounds(hass, entities.get(CONF_DISCHARGE_SETPOINT), _WATTS)
        for field, most in (
            (CONF_MAX_CHARGE_W, highest if charge is None else charge),
            (CONF_MAX_DISCHARGE_W, _negated(lowest) if discharge is None else discharge),
        ):
            _narrow(data, field, most if most is not None and 0 <= most <= _MOST_W else None)


def _narrow(data: dict[str, Any], field: str, most: float | None) -> None:
    if most is not None:
        data[field] = _plain(min(most, data.get(field, most)))


type _Unit = tuple[str, type[BaseUnitConverter]]
_AMPERES: Final[_Unit] = (UnitOfElectricCurrent.AMPERE, ElectricCurrentConverter)
_WATTS: Final[_Unit] = (UnitOfPower.WATT, PowerConverter)


@callback
def _bounds(
    hass: HomeAssistant, entity_ids: tuple[str, ...] | None, unit: _Unit
) -> tuple[float | None, float | None, float | None]:
    """Return the least, the most and the step of a number in a unit; one without a unit counts in it."""
    if not entity_ids:
        return None, None, None
    entity = er.async_get(hass).async_get(entity_ids[0])
    if entity is None or entity.capabilities is None:
        return None, None, None
    shown_in = entity.unit_of_measurement
    found = []
    for attribute in (ATTR_MIN, ATTR_MAX, ATTR_STEP):
        value = entity.capabilities.get(attribute)
        number = float(value) if isinstance(value, int | float) else None
        if number is not None and shown_in is not None:
            number = convert(number, shown_in, *unit)
        found.append(number)
    return found[0], found[1], found[2]


def _negated(value: float | None) -> float | None:
    return None if value is None else -value


def _plain(value: float) -> float:
    """Return whole numbers as such: forms show them without a point."""
    return int(value) if float(value).is_integer() else round(value, 3)
