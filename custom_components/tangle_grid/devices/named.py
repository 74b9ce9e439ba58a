"""Which entities an island names, and which of them it controls."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry

from ..const import (
    CONF_CHARGE_SETPOINT,
    CONF_CONNECTED,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DEPARTURE_ENTITY,
    CONF_DISCHARGE_CURRENT,
    CONF_DISCHARGE_SETPOINT,
    CONF_ENABLE,
    CONF_ENERGY,
    CONF_ENERGY_OUT,
    CONF_FAIL_SAFE,
    CONF_ID_SENSOR,
    CONF_LOAD_ENTITY,
    CONF_LOAD_ID,
    CONF_LOADS,
    CONF_METER,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_EXPORT_SENSORS,
    CONF_METER_POWER_SENSORS,
    CONF_MODE_SELECT,
    CONF_PAUSE_SELECT,
    CONF_PHASE_SWITCH,
    CONF_POWER,
    CONF_POWER_EXPORT,
    CONF_POWER_SETPOINT,
    CONF_PRICE_ENTITY,
    CONF_PRICE_FORECAST,
    CONF_PRICES,
    CONF_SERVICE_ZONE,
    CONF_SOC,
    CONF_STATUS,
    CONF_SUN_FORECAST,
    CONF_TOKEN_RATE_ENTITY,
    CONF_TRACKER,
    CONF_TRIGGER,
)

type Data = Mapping[str, Any]

type StoredEntry = ConfigEntry[Any]
"""A config entry, read for what is stored in it. What runs (`runtime_data`) is typed from the island on upwards."""

_CONTROLLED: Final = (
    CONF_CURRENT_LIMIT,
    CONF_ENABLE,
    CONF_PAUSE_SELECT,
    CONF_PHASE_SWITCH,
    CONF_DISCHARGE_CURRENT,
    CONF_FAIL_SAFE,
    CONF_POWER_SETPOINT,
    CONF_CHARGE_SETPOINT,
    CONF_DISCHARGE_SETPOINT,
    CONF_MODE_SELECT,
    CONF_TRIGGER,
)
_READ: Final = (
    CONF_POWER,
    CONF_POWER_EXPORT,
    CONF_CURRENTS,
    CONF_ENERGY,
    CONF_ENERGY_OUT,
    CONF_CONNECTED,
    CONF_STATUS,
    CONF_SOC,
    CONF_DEPARTURE_ENTITY,
    CONF_TRACKER,
    CONF_SERVICE_ZONE,
    CONF_PRICE_ENTITY,
    CONF_ID_SENSOR,
    CONF_METER_POWER_SENSORS,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_EXPORT_SENSORS,
    CONF_SUN_FORECAST,
    CONF_PRICE_FORECAST,
    CONF_TOKEN_RATE_ENTITY,
)


def controlled(data: Data) -> Iterator[tuple[str, str]]:
    """Yield the entities that are set, as field and entity id, from the data of a subentry."""
    yield from ((field, data[field]) for field in _CONTROLLED if data.get(field))
    yield from ((CONF_LOADS, load[CONF_LOAD_ENTITY]) for load in data.get(CONF_LOADS) or ())


def named(data: Data) -> Iterator[tuple[str, str]]:
    """Yield all entities, as field and entity id, from the data of an entry or a subentry, or from options.

    Those of an island's own meter come as what they measure: power or current.
    """
    yield from controlled(data)
    for field in _READ:
        yield from ((field, entity_id) for entity_id in _listed(data.get(field)))
    for kind, sensors in data.get(CONF_METER, {}).items():
        yield from ((kind, entity_id) for entity_id in sensors)
    if prices := data.get(CONF_PRICES):
        yield from named(prices)


def renamed(data: Data, old: str, new: str) -> dict[str, Any] | None:
    """Return the same data with an entity's new id; None where the entity is not named.

    A load keeps the id by which the grid knows it: what is switched off now must be found again.
    """
    if old not in {entity_id for _, entity_id in named(data)}:
        return None

    def with_new(value: Any) -> Any:
        return [new if each == old else each for each in value] if isinstance(value, list) else new

    changed = dict(data)
    for field in (*_CONTROLLED, *_READ):
        if old in _listed(data.get(field)):
            changed[field] = with_new(data[field])
    if prices := data.get(CONF_PRICES):
        changed[CONF_PRICES] = renamed(prices, old, new) or prices
    if CONF_METER in data:
        changed[CONF_METER] = {kind: with_new(sensors) for kind, sensors in data[CONF_METER].items()}
    if data.get(CONF_LOADS):
        changed[CONF_LOADS] = [
            {CONF_LOAD_ID: old, **load, CONF_LOAD_ENTITY: new} if load[CONF_LOAD_ENTITY] == old else load
            for load in data[CONF_LOADS]
        ]
    return changed


def controlled_by(entry: StoredEntry) -> Iterator[str]:
    """Yield all entities that an island is to control."""
    for subentry in entry.subentries.values():
        yield from (entity_id for _, entity_id in controlled(subentry.data))


def _listed(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list | tuple) else ()
