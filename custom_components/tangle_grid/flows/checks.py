"""Live tests of what was entered: does the entity exist, does it say something, does it mean what it should.

A check returns None, or the problem with everything that its message needs: a person who reads it knows what to do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    PERCENTAGE,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfElectricCurrent,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import ElectricCurrentConverter, EnergyConverter, PowerConverter

from ..const import (
    CONF_CURRENT_ATTRIBUTES,
    CONF_CURRENTS,
    CONF_POWER,
    CONF_POWER_ATTRIBUTE,
    CONF_POWER_EXPORT,
    CONF_POWER_UNIT,
    CONF_STATUS,
    CONF_STATUS_MAP,
)
from ..devices.io.action_running import async_checked_actions, missing_actions
from ..devices.io.entity_reading import NOMINAL_VOLTAGE_V, convert, finite_number
from ..devices.io.setting import OPTIONS, Scale, bounds, is_select
from ..devices.shape import LIMIT_UNITS, Status
from ..ledger import EXAMPLE_URL

POWER_UNITS: Final[frozenset[str | None]] = frozenset(unit for unit in PowerConverter.VALID_UNITS if unit)
CURRENT_UNITS: Final[frozenset[str | None]] = frozenset(unit for unit in ElectricCurrentConverter.VALID_UNITS if unit)
PERCENT_UNITS: Final[frozenset[str | None]] = frozenset({PERCENTAGE})
#: So far beside a bound only rounding leads, as a share.
_ROUNDED: Final = 0.02
ENERGY_UNITS: Final[frozenset[str | None]] = frozenset(unit for unit in EnergyConverter.VALID_UNITS if unit)
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
    "expected": "",
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
    "phase": "",
    "taken": "",
    "wanted": "",
}


def one_of(key: str, *known: str) -> str:
    """Return a key that the form has a message for; the first one stands for all others."""
    return key if key in known else known[0]


def check_exists(hass: HomeAssistant, entity_id: str) -> Problem | None:
    """Return a problem unless the entity has a state, whatever it is."""
    return None if hass.states.get(entity_id) is not None else _missing(hass, entity_id)


def check_number_sensor(
    hass: HomeAssistant, entity_id: str, units: frozenset[str | None], *, may_be_silent: bool = False
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
        if not may_be_silent:
            return Problem(key="entity_silent", placeholders={"entity": entity_id})
        # Its unit is known all the same, or will be.
        unit = _own_unit(hass, entity_id)
        return None if unit is None else _check_unit(entity_id, unit, units)
    if finite_number(state.state) is None:
        return Problem(key="entity_not_numeric", placeholders={"entity": entity_id, "value": state.state})
    return _check_unit(entity_id, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), units)


def check_power(hass: HomeAssistant, data: Mapping[str, Any]) -> tuple[str, Problem] | None:
    """Return the first field of a power that has a problem, and the problem.

    That something is not known at the moment is none: many devices say nothing while they are idle.
    """
    power, attribute = data.get(CONF_POWER), data.get(CONF_POWER_ATTRIBUTE)
    if power is not None and attribute is not None:
        if (problem := check_attributes(hass, power, [attribute])) is not None:
            return CONF_POWER_ATTRIBUTE, problem
    elif power is not None:
        known = POWER_UNITS if CONF_POWER_UNIT not in data else POWER_UNITS | {None}
        if (problem := check_number_sensor(hass, power, known, may_be_silent=True)) is not None:
            return CONF_POWER, problem
    if (export := data.get(CONF_POWER_EXPORT)) is not None:
        problem = check_number_sensor(hass, export, POWER_UNITS, may_be_silent=True)
        if problem is not None:
            return CONF_POWER_EXPORT, problem
    currents, attributes = data.get(CONF_CURRENTS, ()), data.get(CONF_CURRENT_ATTRIBUTES)
    for entity_id in currents:
        if attributes:
            problem = check_attributes(hass, entity_id, attributes)
        else:
            problem = check_number_sensor(hass, entity_id, CURRENT_UNITS, may_be_silent=True)
        if problem is not None:
            return CONF_CURRENT_ATTRIBUTES if attributes else CONF_CURRENTS, problem
    return None


def check_attributes(hass: HomeAssistant, entity_id: str, attributes: Iterable[str]) -> Problem | None:
    """Return a problem unless an entity has numbers in these attributes, or nothing to say at the moment."""
    if (state := hass.states.get(entity_id)) is None:
        return _missing(hass, entity_id)
    for attribute in attributes:
        if state.state == STATE_UNAVAILABLE:
            return None
        if finite_number(str(state.attributes.get(attribute))) is None:
            known = sorted(name for name, value in state.attributes.items() if finite_number(str(value)) is not None)
            placeholders = {"entity": entity_id, "value": attribute, "expected": ", ".join(known) or _NOTHING}
            return Problem(key="attribute_missing", placeholders=placeholders)
    return None


def limit_unit(hass: HomeAssistant, entity_id: str, entered: str | None) -> str | None:
    """Return the kind of unit that something is set in: A, W, kW or %; None where nobody knows.

    Args:
        hass: Where the entity is.
        entity_id: A number or a select.
        entered: What was entered; what the entity says itself counts for more.
    """
    unit = _own_unit(hass, entity_id)
    if unit is None or unit == PERCENTAGE:
        return unit or entered
    if unit in CURRENT_UNITS:
        return UnitOfElectricCurrent.AMPERE
    return UnitOfPower.WATT if unit in POWER_UNITS else None


def check_settable(hass: HomeAssistant, entity_id: str, scale: Scale) -> Problem | None:
    """Return a problem unless this is a number or a select that is set in what a scale is in, as far as it says."""
    state = hass.states.get(entity_id)
    if state is None:
        return _missing(hass, entity_id)
    unit = _own_unit(hass, entity_id)
    if unit is not None and scale.factor(unit) is None:
        units = LIMIT_UNITS if scale.base == UnitOfElectricCurrent.AMPERE else LIMIT_UNITS[1:]
        placeholders = {"entity": entity_id, "unit": unit, "expected": ", ".join(units)}
        return Problem(key="entity_no_limit", placeholders=placeholders)
    if state.state != STATE_UNAVAILABLE and is_select(entity_id) and bounds(state, scale)[0] is None:
        options = ", ".join(map(str, state.attributes.get(OPTIONS) or ()))
        return Problem(key="no_numbers", placeholders={"entity": entity_id, "value": options or _NOTHING})
    return None


def check_control(
    hass: HomeAssistant, entity_id: str, scale: Scale, *, lowest: float, highest: float
) -> Problem | None:
    """Return a problem unless a number or a select takes every value from `lowest` to `highest`, as far as it says.

    Args:
        hass: Where the entity is.
        entity_id: A number or a select.
        scale: How its values are written; both bounds are in its base unit.
        lowest: The least that it has to take.
        highest: The most that it has to take.
    """
    if (problem := check_settable(hass, entity_id, scale)) is not None:
        return problem
    state = hass.states.get(entity_id)
    assert state is not None  # noqa: S101  # it was looked at just now
    if state.state == STATE_UNAVAILABLE:
        # It does not tell its bounds either: perhaps the car is not there.
        return None
    unit = _own_unit(hass, entity_id)
    from_, to = bounds(state, scale)
    # Whatever is written in another unit is a little beside what it stands for.
    slack = 0.0 if scale.factor(scale.base) == scale.factor(unit or scale.unit) else _ROUNDED * highest
    if (from_ is not None and lowest < from_ - slack) or (to is not None and highest > to + slack):
        return Problem(
            key="outside_range",
            placeholders={
                "entity": entity_id,
                "lowest": _NOTHING if from_ is None else f"{from_:g}",
                "highest": _NOTHING if to is None else f"{to:g}",
            },
        )
    return None


def status_fields(meanings: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the texts of a status by the field of the form in which their meaning is asked."""
    found: dict[str, list[str]] = {}
    for text, meaning in meanings.items():
        found.setdefault(f"{CONF_STATUS}_{meaning}", []).append(text)
    return found


def check_status_fields(answers: Mapping[str, Any]) -> Problem | None:
    """Return a problem if a text is to mean two things."""
    texts = [text for status in Status for text in answers.get(f"{CONF_STATUS}_{status.value}", ())]
    twice = next((text for text in texts if texts.count(text) > 1), None)
    return None if twice is None else Problem(key="status_twice", placeholders={"value": twice})


def with_status_map(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers with what each text of a status means, instead of the texts by meaning."""
    by_field = {f"{CONF_STATUS}_{status.value}": status.value for status in Status}
    data = {key: value for key, value in answers.items() if key not in by_field}
    meanings = {text: status for field, status in by_field.items() for text in answers.get(field, ())}
    return {**data, CONF_STATUS_MAP: meanings} if meanings else data


async def async_check_actions(hass: HomeAssistant, actions: Any) -> Problem | None:
    """Return a problem unless these are actions that can be run here."""
    try:
        await async_checked_actions(hass, actions)
    except (vol.Invalid, HomeAssistantError) as error:
        return Problem(key="actions_invalid", placeholders={"error": str(error)})
    if missing := missing_actions(hass, actions):
        return Problem(key="actions_unknown", placeholders={"value": ", ".join(missing)})
    return None


def _own_unit(hass: HomeAssistant, entity_id: str) -> str | None:
    """Return the unit of an entity, also while it is unavailable."""
    state = hass.states.get(entity_id)
    unit = None if state is None else state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if unit is None and (registered := er.async_get(hass).async_get(entity_id)) is not None:
        unit = registered.unit_of_measurement
    return unit


def check_meter(
    hass: HomeAssistant,
    power: list[str],
    current: list[str],
    capacity_a: float,
    export: Sequence[str] = (),
    *,
    total: bool = False,
) -> Problem | None:
    """Return a problem unless it is one kind of sensor, one or three of them, all speaking.

    What they say must not be absurd for this fuse.

    Args:
        hass: Where they are.
        power: Sensors of power.
        current: Sensors of currents.
        capacity_a: The fuse, A per phase.
        export: Sensors of what is fed in: one for each of power.
        total: The one sensor of power measures all three phases.
    """
    if bool(power) == bool(current):
        return Problem(key="meter_both_kinds" if power else "meter_missing")
    entities, units = (power, POWER_UNITS) if power else (current, CURRENT_UNITS)
    if total and len(power) != 1:
        return Problem(key="meter_total")
    if len(entities) not in {1, 3}:
        return Problem(key="meter_count")
    if export and len(export) != len(power):
        return Problem(key="meter_export")
    entities = [*entities, *export]
    if len(set(entities)) != len(entities):
        return Problem(key="entity_twice", placeholders={"entity": max(entities, key=entities.count)})
    implausible = capacity_a * (NOMINAL_VOLTAGE_V if power else 1.0) * IMPLAUSIBLE_FACTOR * (3 if total else 1)
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


def _in_base_unit(value: float | None, unit: str | None) -> float | None:
    converter, base = (
        (PowerConverter, UnitOfPower.WATT)
        if unit in POWER_UNITS
        else (ElectricCurrentConverter, UnitOfElectricCurrent.AMPERE)
    )
    return None if value is None else convert(value, unit, base, converter)


def _missing(hass: HomeAssistant, entity_id: str) -> Problem:
    registered = er.async_get(hass).async_get(entity_id)
    disabled = registered is not None and registered.disabled
    return Problem(key="entity_disabled" if disabled else "entity_missing", placeholders={"entity": entity_id})


def _check_unit(entity_id: str, unit: str | None, units: frozenset[str | None]) -> Problem | None:
    if unit in units:
        return None
    placeholders = {"entity": entity_id, "unit": unit or _NOTHING}
    if units is CURRENT_UNITS:
        return Problem(key="entity_no_current", placeholders=placeholders)
    if units is ENERGY_UNITS:
        return Problem(key="entity_no_energy", placeholders=placeholders)
    if units is PERCENT_UNITS:
        return Problem(key="entity_no_percentage", placeholders=placeholders)
    return Problem(key="entity_no_power", placeholders=placeholders)
