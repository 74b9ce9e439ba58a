"""Energy that is counted from measured power, for the Energy dashboard: of the feed, and of what has no counter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import RestoreSensor
from homeassistant.core import callback

from ..const import SUBENTRY_BATTERY, SUBENTRY_SOLAR
from ..entity import IslandView, ParticipantView
from .view_sensors import ANY_CHANGE, LONG_PATIENCE, Value, ViewSensor, ViewSensorDescription

#: Time between two measurements beyond which nobody knows what was drawn, s.
_GAP_S: Final = 60.0
_S_PER_H: Final = 3600.0
#: What is shown moves in such steps, Wh: each would be a row in the recorder.
_STEP_WH: Final = 10


@dataclass(frozen=True, kw_only=True)
class EnergyDescription(ViewSensorDescription[Any]):
    """An energy that adds up while a power has one sign.

    Attributes:
        power_fn: The power that is counted, W; None: not measured now.
        at_fn: When it was, grid time.
    """

    power_fn: Callable[[Any], float | None]
    at_fn: Callable[[Any], float]


def _nothing(_view: object) -> Value:
    """Return no value: what counts stands in the entity."""
    return None


def _counts(key: str, power_fn: Callable[[Any], float | None], at_fn: Callable[[Any], float], **others: Any) -> Any:
    return EnergyDescription.energy(
        key, _nothing, power_fn=power_fn, at_fn=at_fn, calm=ANY_CHANGE, patience=LONG_PATIENCE, **others
    )


def _at(view: IslandView) -> float:
    return view.snapshot.grid.at


def _negative(power_w: float | None) -> float | None:
    return None if power_w is None else -power_w


def _time(view: ParticipantView) -> float:
    return view.runtime.status.at


FEEDER_ENERGY: Final[tuple[EnergyDescription, ...]] = (
    _counts("energy_import", lambda view: view.feeder.total_w, _at),
    _counts("energy_export", lambda view: _negative(view.feeder.total_w), _at),
)
"""What a feeder takes and gives back: of all its phases together, as most meters at a connection count."""

_OFF: Final = {"entity_registry_enabled_default": False}
PARTICIPANT_ENERGY: Final[dict[str, tuple[EnergyDescription, ...]]] = {
    SUBENTRY_BATTERY: (
        _counts("energy_charged", lambda view: view.status.power_w, _time, **_OFF),
        _counts("energy_discharged", lambda view: _negative(view.status.power_w), _time, **_OFF),
    ),
    SUBENTRY_SOLAR: (_counts("energy_produced", lambda view: _negative(view.status.power_w), _time, **_OFF),),
}
"""By kind of participant. Most real ones have counters of their own."""


class EnergyCounter(ViewSensor, RestoreSensor):
    """Adds up what a power comes to while it has its sign; goes on after a restart where it was."""

    entity_description: EnergyDescription
    _energy_wh: float = 0.0
    _before: tuple[float, float] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        last = await self.async_get_last_sensor_data()
        if last is not None and isinstance(last.native_value, int | float):
            self._energy_wh = float(last.native_value)
        await super().async_added_to_hass()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        view = self.view if self.has_view else None
        if view is None:
            self._before = None
        else:
            self._count(view)
        if self.coordinator.measurements_due:
            self._async_show(view)

    def _count(self, view: Any) -> None:
        """Count the time since the last picture: with the mean of both powers, where both were measured."""
        description = self.entity_description
        at, power_w = description.at_fn(view), description.power_fn(view)
        if power_w is None:
            self._before = None
            return
        if self._before is not None and 0 < at - self._before[0] <= _GAP_S:
            mean_w = (power_w + self._before[1]) / 2
            self._energy_wh += max(0.0, mean_w) * (at - self._before[0]) / _S_PER_H
        if self._before is None or at != self._before[0]:
            self._before = (at, power_w)

    @property
    @override
    def native_value(self) -> Value:
        return int(self._energy_wh // _STEP_WH) * _STEP_WH

    @override
    def _value(self, view: Any) -> Value:
        return self.native_value
