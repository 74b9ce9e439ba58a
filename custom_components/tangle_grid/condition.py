"""Conditions of automations: is the feed short, does somebody help, will the car be ready in time.

All that depends on how Home Assistant writes conditions stands here.
"""

from collections.abc import Iterator
from typing import Any, Final, cast, override

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID, CONF_OPTIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import ATTR_BEHAVIOR, BEHAVIOR_ALL, BEHAVIOR_ANY, Condition, ConditionConfig
from homeassistant.helpers.typing import ConfigType

from .actions.targets import async_loaded_islands
from .actions.watching import async_is_picked, async_is_picked_feeder, is_short
from .grid.model.request import RequestState
from .grid.model.world import DeviceKind
from .island.runtime import IslandRuntime

_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_OPTIONS, default=dict): {
            vol.Optional(ATTR_DEVICE_ID, default=list): vol.All(cv.ensure_list, [cv.string]),
            vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL]),
        }
    }
)


class IslandCondition(Condition):
    """A condition of any or all of the devices that were picked, or of all there are. Of none it does not hold."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        super().__init__(hass, config)
        options = config.options or {}
        self._picked = frozenset(options.get(ATTR_DEVICE_ID, ()))
        self._all = options.get(ATTR_BEHAVIOR) == BEHAVIOR_ALL

    @override
    def _async_check(self, **kwargs: Any) -> bool:
        found = [each for island in async_loaded_islands(self._hass) for each in self._findings(island)]
        return bool(found) and (all(found) if self._all else any(found))

    def _findings(self, runtime: IslandRuntime) -> Iterator[bool]:
        """Yield whether it holds, for each device of an island that counts."""
        raise NotImplementedError


class FeedIsShort(IslandCondition):
    """A feeder carries more than its threshold."""

    @override
    def _findings(self, runtime: IslandRuntime) -> Iterator[bool]:
        for feeder_id, feeder in runtime.status.feeders.items():
            if async_is_picked_feeder(runtime, feeder_id, self._picked):
                yield is_short(feeder)


class IsHelping(IslandCondition):
    """A participant gives something now that was asked for."""

    @override
    def _findings(self, runtime: IslandRuntime) -> Iterator[bool]:
        for participant_id, status in runtime.status.devices.items():
            if status.kind is not DeviceKind.SOLAR and async_is_picked(runtime, participant_id, self._picked):
                yield status.curtailment is RequestState.ACTIVE


class CarReadyInTime(IslandCondition):
    """The car at a charger has what it wants before it leaves, if it charges with all that it can from now on.

    It does not hold where no car is, or nobody knows when it leaves or what it wants.
    """

    @override
    def _findings(self, runtime: IslandRuntime) -> Iterator[bool]:
        for participant_id, status in runtime.status.devices.items():
            if status.kind is DeviceKind.CHARGER and async_is_picked(runtime, participant_id, self._picked):
                yield runtime.grid.ready_in_time(participant_id) is True


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "feed_is_short": FeedIsShort,
    "is_helping": IsHelping,
    "car_ready_in_time": CarReadyInTime,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions."""
    return CONDITIONS
