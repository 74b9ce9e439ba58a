"""What a number or a select shows of a current or a power, and what it is set to: in its own unit, bounds and steps."""

import math
import re
from dataclasses import dataclass, replace
from typing import Final

from homeassistant.components.number import ATTR_MAX, ATTR_MIN, ATTR_STEP
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, PERCENTAGE, UnitOfElectricCurrent, UnitOfPower
from homeassistant.core import State
from homeassistant.util.unit_conversion import ElectricCurrentConverter, PowerConverter

from .device_error import DeviceError
from .entity_reading import finite_number

_STEP_TOLERANCE: Final = 1e-6
#: A bound beyond it is none, in any unit.
_WIDEST: Final = 1e7
#: What options of a select look like: a number, perhaps a unit, and then whatever explains it.
_OPTION: Final = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(mA|A|kW|W|%)?(?![\w.,])", re.ASCII)
_SELECTS: Final = frozenset({"select", "input_select"})
OPTIONS: Final = "options"


def is_select(entity_id: str) -> bool:
    """Return whether an entity is chosen from options."""
    return entity_id.partition(".")[0] in _SELECTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a current (A per phase) or a power (W) is written in the unit of an entity.

    Attributes:
        base: `A` or `W`: what is converted.
        watts_per_amp: W over all phases in use for 1 A per phase; None: a current cannot be told as a power.
        full: What 100 % is, in `base`; None: it is not told in %.
        unit: What it was entered to be in: nothing of another kind is written, and what tells no unit has this one.
    """

    base: str
    watts_per_amp: float | None = None
    full: float | None = None
    unit: str

    def factor(self, unit: object) -> float | None:
        """Return how many of a unit are one of `base`; None for a unit of another kind than what was entered."""
        if not isinstance(unit, str):
            return None
        if PERCENTAGE in (self.unit, unit):
            return None if self.full is None or unit != self.unit else 100.0 / self.full
        if self.unit in PowerConverter.VALID_UNITS:
            watts = 1.0 if self.base == UnitOfPower.WATT else self.watts_per_amp
            if watts is None or unit not in PowerConverter.VALID_UNITS:
                return None
            return PowerConverter.convert(watts, UnitOfPower.WATT, unit)
        if self.base == UnitOfPower.WATT or unit not in ElectricCurrentConverter.VALID_UNITS:
            return None
        return ElectricCurrentConverter.convert(1.0, self.base, unit)

    def on(self, watts_per_amp: float) -> Scale:
        """Return the same for another number of phases."""
        return self if watts_per_amp == self.watts_per_amp else replace(self, watts_per_amp=watts_per_amp)


AMPERES: Final = Scale(base=UnitOfElectricCurrent.AMPERE, unit=UnitOfElectricCurrent.AMPERE)
WATTS: Final = Scale(base=UnitOfPower.WATT, unit=UnitOfPower.WATT)


def shown(state: State, scale: Scale) -> float | None:
    """Return what a number or a select is set to, in the base unit of the scale; None where it says nothing."""
    if is_select(state.entity_id):
        return _options(state, scale).get(state.state)
    number, factor = finite_number(state.state), scale.factor(unit_of(state, scale))
    return None if number is None or factor is None or abs(number) > _WIDEST else number / factor


def target(state: State, value: float, scale: Scale) -> float | str:
    """Return what to set an entity to: a number within its bounds, rounded towards zero to its step, or an option.

    Raises:
        DeviceError: Its unit is one of something else, or none of its options is a number.
    """
    if is_select(state.entity_id):
        options = _options(state, scale)
        if not options:
            raise _wrong_unit(state, ", ".join(map(str, state.attributes.get(OPTIONS) or ())))
        below = {option: amount for option, amount in options.items() if amount <= value + _STEP_TOLERANCE}
        # As a number that does not go down so far: its least.
        return max(below, key=below.__getitem__) if below else min(options, key=options.__getitem__)
    if (factor := scale.factor(unit_of(state, scale))) is None:
        raise _wrong_unit(state, str(unit_of(state, scale)))
    value *= factor
    lowest, highest = bound(state, ATTR_MIN), bound(state, ATTR_MAX)
    if highest is not None:
        value = min(value, highest)
    if lowest is not None:
        value = max(value, lowest)
    step = bound(state, ATTR_STEP) or 0.0
    if step > 0.0:
        origin = lowest if lowest is not None and lowest > 0.0 else 0.0
        value = origin + math.trunc((value - origin) / step + math.copysign(_STEP_TOLERANCE, value)) * step
    return round(value, 6)


def lowest(state: State, scale: Scale) -> float | None:
    """Return the least that an entity can be set to, in the base unit, 0 at least; None while it does not say."""
    if is_select(state.entity_id):
        options = _options(state, scale)
        return min(options.values()) if options else None
    least, factor = bound(state, ATTR_MIN), scale.factor(unit_of(state, scale))
    return None if least is None or factor is None else max(0.0, least / factor)


def bounds(state: State, scale: Scale) -> tuple[float | None, float | None]:
    """Return the least and the most that an entity can be set to, in the base unit; None where it does not say."""
    if is_select(state.entity_id):
        amounts = _options(state, scale).values()
        return (min(amounts), max(amounts)) if amounts else (None, None)
    factor = scale.factor(unit_of(state, scale))
    found = [bound(state, each) for each in (ATTR_MIN, ATTR_MAX)]
    first, last = (None if each is None or factor is None else each / factor for each in found)
    return first, last


def unit_of(state: State, scale: Scale) -> object:
    """Return the unit of an entity: its own, or the one that was entered for it."""
    own = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    return scale.unit if own is None else own


def bound(state: State, attribute: str) -> float | None:
    """Return a bound of a number, in its own unit; None where there is none that can be meant."""
    value = state.attributes.get(attribute)
    return float(value) if isinstance(value, int | float) and abs(value) <= _WIDEST else None


def _options(state: State, scale: Scale) -> dict[str, float]:
    """Return what the options of a select stand for, in the base unit; those that are no numbers are left out."""
    found: dict[str, float] = {}
    for option in state.attributes.get(OPTIONS) or ():
        match = _OPTION.match(option) if isinstance(option, str) else None
        if match is None:
            continue
        factor = scale.factor(match[2] or scale.unit)
        if factor is not None:
            found[option] = float(match[1].replace(",", ".")) / factor
    return found


def _wrong_unit(state: State, what: str) -> DeviceError:
    return DeviceError("entity_wrong_unit", {"entity_id": state.entity_id, "error": what})
