"""Live tests of what was entered: does the entity exist, does it say something, does it mean what it should.

A check returns None, or the problem with everything that its message needs: a person who reads it knows what to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.components.number import ATTR_MAX, ATTR_MIN
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfElectricCurrent,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import ElectricCurrentConverter, EnergyConverter, PowerConverter

from ..devices.io.entity_reading import NOMINAL_VOLTAGE_V, convert, finite_number
from ..ledger import EXAMPLE_URL

POWER_UNITS: Final = frozenset(unit for unit in PowerConverter.VALID_UNITS if unit)
ENERGY_UNITS: Final = frozenset(unit for unit in EnergyConverter.VALID_UNITS if unit)
CURRENT_UNITS: Final = frozenset(unit for unit in ElectricCurrentConverter.VALID_UNITS if unit)
PERCENT_UNITS: Final = frozenset({PERCENTAGE})
# A feed far above its fuse for longer than a moment is a wrong unit or a wrong sensor, not a load.
IMPLAUSIBLE_FACTOR: Final = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong: the key of its message, and the values in it."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


_NOTHING: Final = "?"

# Every message may use any of these; a form has to know them before the first error.
NO_PLACEHOLDERS: Final = {
    "entity": "",
    "unit": "",
    "value": "",
    "lowest": "",
    "highest": "",
    "other": "",
    "feeder": "",
    "capacity": "",
    "safe": "",
    "load": "",
    "url": "",
    "example": EXAMPLE_URL,
    "error": "",
    "balance": "",
}


def one_of(key: str, *known: str) -> str:
    """Return a key that the form has a message for; the first one stands for all others."""
    return key if key in known else known[0]


def check_exists(hass: HomeAssistant, entity_id: str) -> Problem | None:
    """Return a problem unless the entity has a state, whatever it is."""
    return None if hass.states.get(entity_id) is not None else _missing(hass, entity_id)


def check_number_sensor(
    hass: HomeAssistant, entity_id: str, units: frozenset[str], *, may_be_silent: bool = False
) -> Problem | None:
    """Return a problem unless the entity reports a number in one of the units.

    Args:
        hass: Where the entity is.
        entity_id: A sensor or a number.
        units: The units that make sense.
        may_be_silent: Whether it may be unavailable now, as a sleeping car is.
    """
    state = hass.states.get(entity_id)
    if state is None:
        return _missing(hass, entity_id)
    if state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
        return None if may_be_silent else Problem(key="entity_silent", placeholders={"entity": entity_id})
    if finite_number(state.state) is None:
        return Problem(key="entity_not_numeric", placeholders={"entity": entity_id, "value": state.state})
    return _check_unit(state, units)


def check_control(
    hass: HomeAssistant, entity_id: str, units: frozenset[str], *, lowest: float, highest: float
) -> Problem | None:
    """Return a problem unless a number entity takes every value from `lowest` to `highest`.

    In A, or in W for a power.
    """
    state = hass.states.get(entity_id)
    if state is None:
        return _missing(hass, entity_id)
    if state.state == STATE_UNAVAILABLE:
        # It does not tell its bounds either.
        return Problem(key="entity_silent", placeholders={"entity": entity_id})
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit is not None and (problem := _check_unit(state, units)) is not None:
        return problem
    from_, to = (_in_base_unit(state.attributes.get(attribute), unit) for attribute in (ATTR_MIN, ATTR_MAX))
    if (from_ is not None and lowest < from_) or (to is not None and highest > to):
        return Problem(
            key="outside_range",
            placeholders={
                "entity": entity_id,
                "lowest": _NOTHING if from_ is None else f"{from_:g}",
                "highest": _NOTHING if to is None else f"{to:g}",
            },
        )
    return None


def check_meter(hass: HomeAssistant, power: list[str], current: list[str], capacity_a: float) -> Problem | None:
    """Return a problem unless it is one kind of sensor, one or three of them, all speaking.

    What they say must not be absurd for this fuse.
    """
    if bool(power) == bool(current):
        return Problem(key="meter_both_kinds" if power else "meter_missing")
    entities, units = (power, POWER_UNITS) if power else (current, CURRENT_UNITS)
    if len(entities) not in {1, 3}:
        return Problem(key="meter_count")
    if len(set(entities)) != len(entities):
        return Problem(key="entity_twice", placeholders={"entity": max(entities, key=entities.count)})
    implausible = capacity_a * (NOMINAL_VOLTAGE_V if power else 1.0) * IMPLAUSIBLE_FACTOR
    for entity_id in entities:
        if (problem := check_number_sensor(hass, entity_id, units)) is not None:
            return problem
        state = hass.states.get(entity_id)
        assert state is not None  # noqa: S101  # it was looked at just now
        unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        measured = _in_base_unit(finite_number(state.state), unit)
        if measured is not None and abs(measured) > implausible:
            return Problem(
                key="meter_implausible", placeholders={"entity": entity_id, "value": f"{state.state} {unit}"}
            )
    return None


def check_used_once(own: Iterable[str], elsewhere: Mapping[str, str]) -> Problem | None:
    """Check that no entity is named twice in a form, and none that somebody else on the island has.

    Args:
        own: The entities of the form, one for each field.
        elsewhere: Who has an entity already, by entity id.
    """
    seen: set[str] = set()
    for entity_id in own:
        if entity_id in seen:
            return Problem(key="entity_twice", placeholders={"entity": entity_id})
        if entity_id in elsewhere:
            return Problem(key="entity_taken", placeholders={"entity": entity_id, "other": elsewhere[entity_id]})
        seen.add(entity_id)
    return None


def _in_base_unit(value: object, unit: str | None) -> float | None:
    if not isinstance(value, int | float):
        return None
    if unit in POWER_UNITS:
        return convert(float(value), unit, UnitOfPower.WATT, PowerConverter)
    if unit in CURRENT_UNITS:
        return convert(float(value), unit, UnitOfElectricCurrent.AMPERE, ElectricCurrentConverter)
    return float(value)


def _missing(hass: HomeAssistant, entity_id: str) -> Problem:
    registered = er.async_get(hass).async_get(entity_id)
    disabled = registered is not None and registered.disabled
    return Problem(key="entity_disabled" if disabled else "entity_missing", placeholders={"entity": entity_id})


def _check_unit(state: State, units: frozenset[str]) -> Problem | None:
    unit: str | None = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit in units:
        return None
    placeholders = {"entity": state.entity_id, "unit": unit or _NOTHING}
    if units is CURRENT_UNITS:
        return Problem(key="entity_no_current", placeholders=placeholders)
    if units is ENERGY_UNITS:
        return Problem(key="entity_no_energy", placeholders=placeholders)
    if units is PERCENT_UNITS:
        return Problem(key="entity_no_percentage", placeholders=placeholders)
    return Problem(key="entity_no_power", placeholders=placeholders)
