"""What is wrong with a named entity, as far as a person can mend it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...const import (
    CONF_CURRENT_ATTRIBUTES,
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DISCHARGE_CURRENT,
    CONF_ENERGY,
    CONF_ENERGY_OUT,
    CONF_FAIL_SAFE,
    CONF_LIMIT_UNIT,
    CONF_METER_CURRENT,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_EXPORT,
    CONF_METER_EXPORT_SENSORS,
    CONF_METER_POWER_SENSORS,
    CONF_POWER,
    CONF_POWER_ATTRIBUTE,
    CONF_POWER_EXPORT,
    CONF_POWER_UNIT,
    CONF_SOC,
)
from .entity_reading import EntityReader
from .setting import AMPERES, Scale, shown


class Trouble(StrEnum):
    """The values are the keys of the issues."""

    DISABLED = "entity_disabled"
    GONE = "entity_gone"
    UNREADABLE = "entity_unreadable"


class EntityTroubles:
    """Looks at entities, and remembers which of them were there."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._registry = er.async_get(hass)
        self._seen: set[str] = set()
        reader = EntityReader(hass, lambda moment: moment.timestamp())
        by_power = (
            CONF_POWER,
            CONF_POWER_EXPORT,
            CONF_METER_POWER_SENSORS,
            CONF_METER_EXPORT,
            CONF_METER_EXPORT_SENSORS,
        )
        self._reader = reader
        self._readers: Mapping[str, Callable[[str], object]] = {
            **dict.fromkeys(by_power, reader.power_w),
            **dict.fromkeys((CONF_METER_CURRENT, CONF_METER_CURRENT_SENSORS, CONF_CURRENTS), reader.current_a),
            **dict.fromkeys((CONF_DISCHARGE_CURRENT, CONF_FAIL_SAFE), reader.setting_a),
            **dict.fromkeys((CONF_ENERGY, CONF_ENERGY_OUT), reader.energy_wh),
            CONF_SOC: reader.percent,
        }

    def of(self, field: str, entity_id: str, data: Mapping[str, Any]) -> Trouble | None:
        """Return what is wrong with an entity that stands in a field of some data.

        That it is unavailable is no trouble of this kind.
        """
        registered = self._registry.async_get(entity_id)
        if registered is not None and registered.disabled:
            return Trouble.DISABLED
        if self._hass.states.get(entity_id) is None:
            return Trouble.GONE if registered is None else None
        self._seen.add(entity_id)
        if self._reader.is_live(entity_id) and self._unreadable(field, entity_id, data):
            return Trouble.UNREADABLE
        return None

    def _unreadable(self, field: str, entity_id: str, data: Mapping[str, Any]) -> bool:
        reader = self._reader
        if field == CONF_POWER and (CONF_POWER_ATTRIBUTE in data or CONF_POWER_UNIT in data):
            return reader.power_w_in(entity_id, data.get(CONF_POWER_ATTRIBUTE), data.get(CONF_POWER_UNIT)) is None
        if field == CONF_CURRENTS and (attributes := data.get(CONF_CURRENT_ATTRIBUTES)):
            return any(reader.current_a_in(entity_id, each) is None for each in attributes)
        if field == CONF_CURRENT_LIMIT:
            state = reader.state(entity_id)
            # How many they are is of no importance here.
            unit = data.get(CONF_LIMIT_UNIT, AMPERES.unit)
            return state is not None and shown(state, Scale(base="A", watts_per_amp=1.0, full=1.0, unit=unit)) is None
        read = self._readers.get(field)
        return read is not None and read(entity_id) is None

    def was_there(self, entity_id: str) -> bool:
        """Return whether it existed at some time since the start: one that did not may only be late."""
        return entity_id in self._seen
