"""Numbers, selects, switches and buttons -> service calls: only writes that change something, each with a time limit.

Writes are compared with what the entity shows, not with what was last sent: a charger that forgot its limit gets it
again. An entity often shows a new value a moment after the call has returned, so one that was written just now is left
alone for a few seconds. One that stays below what it was set to, try after try, has bounds of its own that it does not
tell: then it is tried less and less often. What stays above is written again each time.
"""

import asyncio
import math
import time
from typing import Any, Final

from homeassistant.components.number import ATTR_MIN, ATTR_VALUE, SERVICE_SET_VALUE
from homeassistant.const import (
    ATTR_ENTITY_ID,
    ATTR_OPTION,
    SERVICE_SELECT_OPTION,
    SERVICE_TURN_OFF,
    SERVICE_TURN_ON,
    STATE_ON,
    STATE_UNAVAILABLE,
)
from homeassistant.core import HomeAssistant, State, split_entity_id
from homeassistant.exceptions import ServiceNotFound

from ...backoff import Backoff
from .device_error import DeviceError
from .entity_reading import finite_number
from .setting import AMPERES, OPTIONS, WATTS, Scale, bound, is_select, lowest, shown, target, unit_of

WRITE_TIMEOUT_S: Final = 10.0
SETTLE_S: Final = 5.0
_SERVICE_PRESS: Final = "press"
_SAME_VALUE: Final = 1e-3
#: How long a number that stays below what it was set to is left alone, after each try.
_REFUSED_WAITS_S: Final = (45.0, 60.0, 300.0, 900.0)


class EntityWriter:
    """Writes to entities of one device."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._settling: dict[str, tuple[float | bool | str, float]] = {}
        self._lowest: dict[str, tuple[State, Scale, float | None]] = {}
        # By number: what it was set to, what it showed after that, and when it is tried again.
        self._refused: dict[str, tuple[float, float, Backoff]] = {}

    async def set_current(self, entity_id: str, amps: float, scale: Scale = AMPERES, *, again: bool = False) -> None:
        """Set a number or a select to a current: rounded down to its step, within its bounds.

        With `again` also if it shows that value already: what it shows is then not what the device does.
        """
        await self._set(entity_id, amps, scale, again=again)

    def shows_current(self, entity_id: str, amps: float, scale: Scale = AMPERES) -> bool | None:
        """Return whether it shows what `set_current` would make of a current; None while it shows nothing."""
        state = self._hass.states.get(entity_id)
        if state is None or (is_now := shown(state, scale)) is None:
            return None
        try:
            wanted = target(state, amps, scale)
        except DeviceError:
            return None
        if isinstance(wanted, str):
            return state.state == wanted
        factor = scale.factor(unit_of(state, scale)) or 1.0
        return math.isclose(is_now * factor, wanted, abs_tol=_SAME_VALUE)

    async def set_power(self, entity_id: str, watts: float, scale: Scale = WATTS, *, again: bool = False) -> None:
        """Set a number or a select to a signed power, rounded towards zero."""
        await self._set(entity_id, watts, scale, again=again)

    async def set_number(self, entity_id: str, value: float) -> None:
        """Set a number to what it showed once, in its own unit."""
        await self._write_number(entity_id, self._available(entity_id), value)

    async def select(self, entity_id: str, option: str, *, again: bool = False) -> None:
        """Choose an option of a select; with `again` also if it shows that already.

        Raises:
            DeviceError: It cannot be reached, or has no such option.
        """
        state = self._available(entity_id)
        if option not in (state.attributes.get(OPTIONS) or ()):
            raise DeviceError("option_missing", {"entity_id": entity_id, "error": option})
        await self._select(entity_id, state, option, again=again)

    def shows_option(self, entity_id: str) -> str | None:
        """Return the option that a select shows, or is about to show; None while it cannot be set."""
        state = self._hass.states.get(entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            return None
        written = self._just_written(entity_id)
        return written if isinstance(written, str) else state.state

    async def press(self, entity_id: str) -> None:
        """Press a button."""
        self._available(entity_id)
        await self._call(entity_id, _SERVICE_PRESS, {})

    async def set_switch(self, entity_id: str, *, on: bool, again: bool = False) -> None:
        """Turn a switch on or off; with `again` also if it shows that already."""
        state = self._available(entity_id)
        is_on = self._just_written(entity_id)
        if is_on is None and not again:
            is_on = state.state == STATE_ON
        if is_on == on:
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

    def lowest_a(self, entity_id: str, scale: Scale = AMPERES) -> float | None:
        """Return the least current that it goes down to, A: 0 or its minimum; None while it does not say."""
        if (state := self._hass.states.get(entity_id)) is None:
            return None
        known = self._lowest.get(entity_id)
        if known is None or known[0] is not state or known[1] != scale:
            # A state never changes but for when it was reported.
            known = self._lowest[entity_id] = (state, scale, lowest(state, scale))
        return known[2]

    async def set_lowest(self, entity_id: str, scale: Scale = AMPERES, *, again: bool = False) -> None:
        """Set a number or a select to 0 or, where that is too low for it, to its minimum."""
        state = self._available(entity_id)
        if is_select(entity_id):
            await self._set(entity_id, 0.0, scale, again=again)
        else:
            await self._write_number(entity_id, state, max(0.0, bound(state, ATTR_MIN) or 0.0), again=again)

    async def _set(self, entity_id: str, value: float, scale: Scale, *, again: bool) -> None:
        state = self._available(entity_id)
        wanted = target(state, value, scale)
        if isinstance(wanted, str):
            await self._select(entity_id, state, wanted, again=again)
        else:
            await self._write_number(entity_id, state, wanted, again=again)

    async def _select(self, entity_id: str, state: State, option: str, *, again: bool) -> None:
        written = self._just_written(entity_id)
        if written == option or (written is None and not again and state.state == option):
            return
        await self._call(entity_id, SERVICE_SELECT_OPTION, {ATTR_OPTION: option})
        self._settling[entity_id] = (option, time.monotonic())

    async def _write_number(self, entity_id: str, state: State, value: float, *, again: bool = False) -> None:
        written = self._just_written(entity_id)
        is_now = float(written) if isinstance(written, float | int) else None
        if is_now is None and not again:
            is_now = finite_number(state.state)
        if is_now is not None and math.isclose(is_now, value, abs_tol=_SAME_VALUE):
            self._refused.pop(entity_id, None)
            return
        if is_now is not None and self._refuses(entity_id, value, is_now):
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

    def _just_written(self, entity_id: str) -> float | bool | str | None:
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
