"""A list of actions, as the action editor of Home Assistant makes it: checked, and run with variables.

Whatever goes wrong in it is told like a number that could not be set: an action that fails or does not exist, a
condition that is not met, a stop with an error, or one that takes too long.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import Script, async_validate_actions_config
from homeassistant.helpers.trace import script_execution_get, trace_clear
from homeassistant.helpers.typing import ConfigType

from ...const import DOMAIN
from ..shape import Actions
from .device_error import DeviceError

#: Some have to wait between two steps.
RUN_TIMEOUT_S: Final = 30.0
_ACTION: Final = "action"
_WHOLE: Final = frozenset({"finished", None})


async def async_checked_actions(hass: HomeAssistant, actions: Sequence[Mapping[str, Any]]) -> list[ConfigType]:
    """Return a list of actions with everything in it checked.

    Raises:
        vol.Invalid: It is no list of actions.
        HomeAssistantError: It names a device or a trigger that is not there.
    """
    # What is checked is changed on the way.
    copy = [dict(each) for each in actions]
    return await async_validate_actions_config(hass, cv.SCRIPT_SCHEMA(copy))


def missing_actions(hass: HomeAssistant, actions: Any) -> list[str]:
    """Return the actions in a list that this Home Assistant does not have."""
    return sorted({name for name in _named(actions) if not hass.services.has_service(*name.split(".", 1))})


def _named(actions: Any) -> Iterator[str]:
    """Yield the names of all actions, also of those inside others; templates are not known before they run."""
    if isinstance(actions, Mapping):
        name = actions.get(_ACTION)
        if isinstance(name, str) and "." in name and "{" not in name:
            yield name.lower()
        for value in actions.values():
            yield from _named(value)
    elif isinstance(actions, list | tuple):
        for each in actions:
            yield from _named(each)


class ActionRunner:
    """Runs one list of actions."""

    def __init__(self, hass: HomeAssistant, actions: Actions, name: str) -> None:
        """`name` is whose actions they are, for messages."""
        self._hass = hass
        self._actions = actions
        self._name = name
        self._checked: list[ConfigType] | None = None

    async def run(self, **variables: float) -> None:
        """Run it.

        Args:
            variables: Its variables. Whole numbers are given as such: many actions take no other.

        Raises:
            DeviceError: It is not valid, did not come to its end, or something in it failed.
        """
        script = Script(self._hass, await self._sequence(), self._name, DOMAIN, log_exceptions=False)
        values = {name: int(value) if float(value).is_integer() else value for name, value in variables.items()}
        try:
            async with asyncio.timeout(RUN_TIMEOUT_S):
                # So that it can be told how it ended: a condition that is not met is no exception.
                trace_clear()
                await script.async_run(values, Context())
        except TimeoutError as error:
            raise DeviceError("actions_timeout", {"entity_id": self._name}) from error
        except Exception as error:
            # Behind an action stands the code of any integration: it raises what it likes.
            raise DeviceError("actions_failed", {"entity_id": self._name, "error": str(error)}) from error
        finally:
            await script.async_unload()
        if (outcome := script_execution_get()) not in _WHOLE:
            raise DeviceError("actions_stopped", {"entity_id": self._name, "error": str(outcome)})

    async def _sequence(self) -> list[ConfigType]:
        if self._checked is None:
            try:
                self._checked = await async_checked_actions(self._hass, self._actions)
            except (vol.Invalid, HomeAssistantError) as error:
                raise DeviceError("actions_invalid", {"entity_id": self._name, "error": str(error)}) from error
        return self._checked
