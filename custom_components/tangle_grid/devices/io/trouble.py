"""What is wrong with a named entity, as far as a person can mend it."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ...const import (
    CONF_CURRENT_LIMIT,
    CONF_CURRENTS,
    CONF_DISCHARGE_CURRENT,
    CONF_FAIL_SAFE,
    CONF_METER_CURRENT,
    CONF_METER_CURRENT_SENSORS,
    CONF_METER_POWER_SENSORS,
    CONF_POWER,
    CONF_SOC,
)
from .entity_reading import EntityReader


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
        by_power, by_setting = (CONF_POWER, CONF_METER_POWER_SENSORS), (CONF_CURRENT_LIMIT, CONF_DISCHARGE_CURRENT)
        self._reader = reader
        self._readers: Mapping[str, Callable[[str], object]] = {
            **dict.fromkeys(by_power, reader.power_w),
            **dict.fromkeys((CONF_METER_CURRENT, CONF_METER_CURRENT_SENSORS, CONF_CURRENTS), reader.current_a),
            **dict.fromkeys((*by_setting, CONF_FAIL_SAFE), reader.setting_a),
            CONF_SOC: reader.percent,
        }

    def of(self, field: str, entity_id: str) -> Trouble | None:
        """Return what is wrong with an entity that stands in a field.

        That it is unavailable is no trouble of this kind.
        """
        registered = self._registry.async_get(entity_id)
        if registered is not None and registered.disabled:
            return Trouble.DISABLED
        if self._hass.states.get(entity_id) is None:
            return Trouble.GONE if registered is None else None
        self._seen.add(entity_id)
        read = self._readers.get(field)
        if read is not None and self._reader.is_live(entity_id) and read(entity_id) is None:
            return Trouble.UNREADABLE
        return None

    def was_there(self, entity_id: str) -> bool:
        """Return whether it existed at some time since the start: one that did not may only be late."""
        return entity_id in self._seen
