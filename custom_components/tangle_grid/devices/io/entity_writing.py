"""Numbers and switches -> service calls: only writes that change something, each with a time limit.

Writes are compared with what the entity shows, not with what was last sent: a charger that forgot its limit gets it
again. An entity often shows a new value a moment after the call has returned, so one that was written just now is left
alone for a few seconds. One that stays below what it was set to, try after try, has bounds of its own that it does not
tell: then it is tried less and less often. What stays above is written again each time.
"""

import asyncio
import math
import time
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.number import ATTR_MAX, ATTR_MIN, ATTR_STEP, ATTR_VALUE, SERVICE_SET_VALUE
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ATTR_UNIT_OF_MEASUREMENT,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_ON,
    STATE_UNAVAILABLE,
    UnitOfElectricCurrent,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, State, split_entity_id
from homeassistant.exceptions import ServiceNotFound
from homeassistant.util.unit_conversion import BaseUnitConverter, ElectricCurrentConverter, PowerConverter

from ...backoff import Backoff
from .entity_reading import convert, finite_number

WRITE_TIMEOUT_S: Final = 10.0
SETTLE_S: Final = 5.0
_STEP_TOLERANCE: Final = 1e-6
_SAME_VALUE: Final = 1e-3
#: How long a number that stays below what it was set to is left alone, after each try.
_REFUSED_WAITS_S: Final = (0.0, 0.0, 60.0, 300.0, 900.0)
#: A bound beyond it is none, in any unit.
_WIDEST: Final = 1e7
_CURRENT: Final = ElectricCurrentConverter


class DeviceError(Exception):
    """A device did not take what it was told.

    Attributes:
        key: entity_missing, entity_unavailable, entity_wrong_unit, service_missing, service_failed or
            service_timeout.
        placeholders: `entity_id` and, where there is one, `error`.
    """

    def __init__(self, key: str, placeholders: Mapping[str, str]) -> None:
        super().__init__(f"{key}: {', '.join(placeholders.values())}")
        self.key = key
        self.placeholders: Mapping[str, Any] = dict(placeholders)


class EntityWriter:
    """Writes to entities of one device."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._settling: dict[str, tuple[float | bool, float]] = {}
        self._lowest: dict[str, tuple[State, float | None]] = {}
        # By number: what it was set to, what it showed after that, and when it is tried again.
        self._refused: dict[str, tuple[float, float, Backoff]] = {}

    async def set_current(self, entity_id: str, amps: float, *, again: bool = False) -> None:
        """Set a number to a current: rounded down to its step, within its bounds.

        With `again` also if it shows that value already: what it shows is then not what the device does.
        """
        await self._set_number(entity_id, amps, UnitOfElectricCurrent.AMPERE, _CURRENT, again=again)

    def shows_current(self, entity_id: str, amps: float) -> bool | None:
        """Return whether a number shows what `set_current` would make of a current; None while it shows nothing."""
        state = self._hass.states.get(entity_id)
        if state is None or (shown := finite_number(state.state)) is None:
            return None
        try:
            target = _target(state, amps, UnitOfElectricCurrent.AMPERE, _CURRENT)
        except DeviceError:
            return None
        return math.isclose(shown, target, abs_tol=_SAME_VALUE)

    async def set_power(self, entity_id: str, watts: float) -> None:
        """Set a number to a signed power, rounded towards zero."""
        await self._set_number(entity_id, watts, UnitOfPower.WATT, PowerConverter)

    async def set_switch(self, entity_id: str, *, on: bool, again: bool = False) -> None:
        """Turn a switch on or off; with `again` also if it shows that already."""
        state = self._available(entity_id)
        shown = self._just_written(entity_id)
        if shown is None and not again:
            shown = state.state == STATE_ON
        if shown == on:
            return
        await self._call(entity_id, SERVICE_TURN_ON if on else SERVICE_TURN_OFF, {})
        self._settling[entity_id] = (on, time.monotonic())

    def shows_switch(self, entity_id: str, *, on: bool) -> bool | None:
        """Return whether a switch shows, or is about to show, what it would be set to; None while it cannot be set."""
        state = self._hass.states.get(entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            return None
        written = self._just_written(entity_id)
        return ((state.state == STATE_ON) if written is None else written) == on

    def lowest_a(self, entity_id: str) -> float | None:
        """Return the least current that a number goes down to, A: 0 or its minimum; None while it does not say."""
        if (state := self._hass.states.get(entity_id)) is None:
            return None
        known = self._lowest.get(entity_id)
        if known is None or known[0] is not state:
            # A state never changes but for when it was reported.
            known = self._lowest[entity_id] = (state, _lowest_a(state))
        return known[1]

    async def set_lowest(self, entity_id: str, *, again: bool = False) -> None:
        """Set a number to 0 or, where that is too low for it, to its minimum."""
        state = self._available(entity_id)
        await self._write_number(entity_id, state, max(0.0, _bound(state, ATTR_MIN) or 0.0), again=again)

    async def _set_number(
        self, entity_id: str, value: float, unit: str, converter: type[BaseUnitConverter], *, again: bool = False
    ) -> None:
        state = self._available(entity_id)
        await self._write_number(entity_id, state, _target(state, value, unit, converter), again=again)

    async def _write_number(self, entity_id: str, state: State, value: float, *, again: bool = False) -> None:
        shown = self._just_written(entity_id)
        if shown is None and not again:
            shown = finite_number(state.state)
        if shown is not None and math.isclose(shown, value, abs_tol=_SAME_VALUE):
            self._refused.pop(entity_id, None)
            return
        if shown is not None and self._refuses(entity_id, value, shown):
            return
        await self._call(entity_id, SERVICE_SET_VALUE, {ATTR_VALUE: value})
        self._settling[entity_id] = (value, time.monotonic())

    def _refuses(self, entity_id: str, value: float, shown: float) -> bool:
        """Return whether a number stays below a value for now, however often it is set to it."""
        if value == 0.0 or not 0.0 <= shown / value < 1.0:
            self._refused.pop(entity_id, None)
            return False
        before = self._refused.get(entity_id)
        if before is None or before[:2] != (value, shown):
            before = self._refused[entity_id] = (value, shown, Backoff(*_REFUSED_WAITS_S))
        if not before[2].due:
            return True
        before[2].tried()
        return False

    def _available(self, entity_id: str) -> State:
        if (state := self._hass.states.get(entity_id)) is None:
            raise DeviceError("entity_missing", {"entity_id": entity_id})
        if state.state == STATE_UNAVAILABLE:
            raise DeviceError("entity_unavailable", {"entity_id": entity_id})
        return state

    def _just_written(self, entity_id: str) -> float | bool | None:
        value, at = self._settling.get(entity_id, (None, 0.0))
        return value if time.monotonic() - at < SETTLE_S else None

    async def _call(self, entity_id: str, service: str, data: dict[str, Any]) -> None:
        self._settling.pop(entity_id, None)
        domain = split_entity_id(entity_id)[0]
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._hass.services.async_call(
                    domain, service, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
                )
        except TimeoutError as error:
            raise DeviceError("service_timeout", {"entity_id": entity_id}) from error
        except ServiceNotFound as error:
            raise DeviceError("service_missing", {"entity_id": entity_id, "error": f"{domain}.{service}"}) from error
        except Exception as error:
            # Behind a service stands the code of any integration: it raises what it likes.
            raise DeviceError("service_failed", {"entity_id": entity_id, "error": str(error)}) from error


def _lowest_a(state: State) -> float | None:
    if (lowest := _bound(state, ATTR_MIN)) is None:
        return None
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    lowest_a = lowest if unit is None else convert(lowest, unit, UnitOfElectricCurrent.AMPERE, _CURRENT)
    return None if lowest_a is None else max(0.0, lowest_a)


def _target(state: State, value: float, unit: str, converter: type[BaseUnitConverter]) -> float:
    """Return what a number entity can show of a value.

    It is in its unit, within its bounds, rounded towards zero to its step.

    Raises:
        DeviceError: Its unit is one of something else.
    """
    shown_in = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if shown_in is not None:
        if not isinstance(shown_in, str) or shown_in not in converter.VALID_UNITS:
            raise DeviceError("entity_wrong_unit", {"entity_id": state.entity_id, "error": str(shown_in)})
        value = converter.convert(value, unit, shown_in)
    lowest, highest = _bound(state, ATTR_MIN), _bound(state, ATTR_MAX)
    if highest is not None:
        value = min(value, highest)
    if lowest is not None:
        value = max(value, lowest)
    step = _bound(state, ATTR_STEP) or 0.0
    if step > 0.0:
        origin = lowest if lowest is not None and lowest > 0.0 else 0.0
        value = origin + math.trunc((value - origin) / step + math.copysign(_STEP_TOLERANCE, value)) * step
    return round(value, 6)


def _bound(state: State, attribute: str) -> float | None:
    value = state.attributes.get(attribute)
    return float(value) if isinstance(value, int | float) and abs(value) <= _WIDEST else None
