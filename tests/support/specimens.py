"""Devices as integrations make them, in the registries and states of a real Home Assistant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.support.installed import Described, described

#: What an entity shows while nothing happens, by class.
_SHOWN = {"power": "0", "current": "0", "battery": "55", "voltage": "230", "energy": "1234.5", "timestamp": "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A device of an integration, and what our forms have to make of it.

    Attributes:
        preset: The file of the preset, without its ending.
        kind: What it is added as.
        name: What tells it from others of the preset and kind.
        expected: By role the keys of the entities (of integrations in Home Assistant) or their unique ids.
        data: What else the form has to be filled in with, as it is stored.
        domains: The platforms whose entities are made, all of them; empty where `entities` says it all.
        entities: What the code of an integration does not say plainly, or where it is no part of Home Assistant.
        bounds: By "domain.key" what an entity says of itself only while it runs.
        shown: By key what an entity shows.
        unique_ids: By key the unique ids that the code does not say plainly.
        enabled_later: Whether what it needs is disabled until somebody enables it.
        words: By file of the installed integration what has to stand in it, where `entities` repeat what it says.
        left_out: Keys of entities that a device of this kind does not have.
        integration: Where it is not called as the preset is.
        device: Maker and model; without a model it has no device.
        beside: A device of another integration that belongs to it.
        entered: What has to be entered by hand to save the form, by section or field.
    """

    preset: str
    kind: str
    name: str = ""
    expected: Mapping[str, str | tuple[str, ...]]
    data: Mapping[str, Any] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    entities: tuple[Described, ...] = ()
    bounds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    unique_ids: Mapping[str, str] = field(default_factory=dict)
    enabled_later: bool = False
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    integration: str | None = None
    device: tuple[str, str] = ("Maker", "Model")
    beside: Specimen | None = None
    entered: Mapping[str, Any] = field(default_factory=dict)

    @property
    def platform(self) -> str:
        """The integration that makes it."""
        return self.preset if self.integration is None else self.integration

    def described(self) -> list[Described]:
        """Return all entities of the device, each once."""
        found = [
            replace(each, unique_id=self.unique_ids.get(each.key, each.unique_id))
            for each in (*self.entities, *described(self.platform, *self.domains))
        ]
        first = {(each.domain, each.unique_id): each for each in reversed(found) if each.key not in self.left_out}
        return list(first.values())[::-1]

    def __str__(self) -> str:
        return f"{self.preset} {self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made of a specimen.

    Attributes:
        device_id: The device.
        ids: The entity ids by domain and key.
    """

    device_id: str
    ids: Mapping[tuple[str, str], str]

    def of(self, keys: str | Iterable[str]) -> tuple[str, ...]:
        """Return the entities of keys, each `domain.key`."""
        wanted = (keys,) if isinstance(keys, str) else keys
        found = []
        for each in wanted:
            domain, _, key = each.partition(".")
            found.append(self.ids[domain, key])
        return tuple(found)


def make(hass: HomeAssistant, specimen: Specimen, *, number: int = 1) -> Made:
    """Put a device into the registries, and what it shows into the states."""
    entry = MockConfigEntry(domain=specimen.platform, title=f"{specimen.preset} {number}")
    entry.add_to_hass(hass)
    manufacturer, model = specimen.device
    device_id = None
    if model:
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            identifiers={(specimen.platform, f"x{number}")},
            manufacturer=manufacturer,
            model=model,
            name=f"Device {number}",
        )
        device_id = device.id
    ids = {} if specimen.beside is None else dict(make(hass, specimen.beside, number=number + 100).ids)
    for each in specimen.described():
        capabilities = {**each.capabilities, **specimen.bounds.get(f"{each.domain}.{each.key}", {})}
        entity = er.async_get(hass).async_get_or_create(
            each.domain,
            specimen.platform,
            each.unique_id,
            config_entry=entry,
            device_id=device_id,
            translation_key=each.translation_key,
            original_name=each.name,
            original_device_class=each.device_class,
            unit_of_measurement=each.unit,
            capabilities=capabilities or None,
            disabled_by=None if each.enabled else er.RegistryEntryDisabler.INTEGRATION,
            suggested_object_id=f"device_{number}_{each.key}",
        )
        ids[each.domain, each.key] = entity.entity_id
        if each.enabled:
            attributes = {"unit_of_measurement": each.unit, "device_class": each.device_class, **capabilities}
            said = {name: value for name, value in attributes.items() if value is not None}
            hass.states.async_set(entity.entity_id, _shown(specimen, each, capabilities), said)
    return Made(device_id=specimen.platform if device_id is None else device_id, ids=ids)


def _shown(specimen: Specimen, each: Described, capabilities: Mapping[str, Any]) -> str:
    if (known := specimen.shown.get(each.key)) is not None:
        return known
    if each.domain == "number":
        return str(capabilities.get("max", 0))
    if each.domain in {"switch", "light", "lock"}:
        return "on"
    if each.domain == "binary_sensor":
        return "off"
    if options := capabilities.get("options"):
        return str(options[0])
    return _SHOWN.get(each.device_class or "", "0" if each.unit else "unknown")
