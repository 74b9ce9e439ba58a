"""Sensors that show a part of the island's newest picture: what describes one, and how it behaves."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    STATE_UNAVAILABLE,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTime,
)
from homeassistant.core import callback
from homeassistant.helpers.typing import StateType

from ..entity import UNIT_IOTA, UNIT_IOTA_PER_KWH, TangleGridEntity

HELD_BACK: Final = "held_back_wh"
TAKES_AT_MOST: Final = "takes_at_most_a"
LEARNED_ATTRIBUTES: Final = frozenset({HELD_BACK, TAKES_AT_MOST})

_TOKENS: Final = frozenset({UNIT_IOTA, UNIT_IOTA_PER_KWH})

type Value = StateType | datetime

#: A power that changed by less is as good as the same, W.
CALM_W: Final = 50.0
#: A change of this share of what is shown is worth a state of its own.
WORTH: Final = 0.05
#: What changed by less is shown after so many periods of `CALM_S`: after a minute, five, or a quarter of an hour.
PATIENCE: Final = 12
LONG_PATIENCE: Final = 60
LONGEST_PATIENCE: Final = 180
#: A state of charge that another entity shows in every detail is shown in steps of so many percent.
CALM_SOC: Final = 2.0
#: For `calm`: no change is worth a state of its own before that.
ANY_CHANGE: Final = math.inf


@dataclass(frozen=True, kw_only=True)
class ViewSensorDescription[V](SensorEntityDescription):
    """A sensor of whatever has a view of the kind `V`. Without a value it is unknown, unless it measures.

    Attributes:
        value_fn: What it shows.
        attributes_fn: What stands next to it; never recorded.
        beside_fn: What stands next to it as well, and is no reason for a new state.
        last_reset_fn: When a total began to count from 0 again; statistics rest on it.
        measures: Without a value it is unavailable.
        calm: It follows a meter: a change of less than this, in its unit, or of less than `WORTH` of its value waits
            for as long as `patience` says; any other one up to `CALM_S`, unless something happened. None: whatever
            changes is shown at the next picture.
        pace: Periods of `CALM_S` between two states, however large the change: for what grows all the time.
        patience: Periods of `CALM_S` after which any change is shown.
        news_fn: With each change of this, whatever changed is shown.
        quiet: What stands next to its value is shown with the value, or as late as `patience` says.
    """

    value_fn: Callable[[V], Value]
    attributes_fn: Callable[[V], Mapping[str, Any] | None] = lambda _: None
    beside_fn: Callable[[V], Mapping[str, Any] | None] = lambda _: None
    last_reset_fn: Callable[[V], datetime | None] = lambda _: None
    measures: bool = False
    calm: float | Callable[[V], float] | None = None
    pace: int = 0
    patience: int = PATIENCE
    news_fn: Callable[[V], object] = lambda _: None
    quiet: bool = False

    @classmethod
    def power(cls, key: str, value_fn: Callable[[V], Value], **others: Any) -> Self:
        """Return a power in watts."""
        return cls(
            key=key,
            **{"translation_key": key, **others},
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            state_class=SensorStateClass.MEASUREMENT,
            value_fn=value_fn,
        )

    @classmethod
    def current(cls, key: str, value_fn: Callable[[V], Value], **others: Any) -> Self:
        """Return a current in amperes."""
        return cls(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=0,
            value_fn=value_fn,
            **others,
        )

    @classmethod
    def interval(cls, value_fn: Callable[[V], float | None], attributes_fn: Callable[[V], Mapping[str, Any]]) -> Self:
        """Return how often a source reports, as was learned, in seconds; without statistics, as it hardly changes."""
        return cls(
            key="reporting_interval",
            translation_key="reporting_interval",
            device_class=SensorDeviceClass.DURATION,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            native_unit_of_measurement=UnitOfTime.SECONDS,
            value_fn=lambda view: None if (interval_s := value_fn(view)) is None else max(1, round(interval_s)),
            attributes_fn=attributes_fn,
        )

    @classmethod
    def energy(cls, key: str, value_fn: Callable[[V], Value], **others: Any) -> Self:
        """Return an energy that adds up, in watt-hours, shown in kilowatt-hours."""
        return cls(
            key=key,
            translation_key=key,
            device_class=SensorDeviceClass.ENERGY,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
            suggested_display_precision=2,
            value_fn=value_fn,
            **{"state_class": SensorStateClass.TOTAL_INCREASING, **others},
        )

    @classmethod
    def tokens(cls, key: str, state_class: SensorStateClass, value_fn: Callable[[V], Value], **others: Any) -> Self:
        """Return an amount of tokens."""
        return cls(
            key=key,
            translation_key=key,
            native_unit_of_measurement=UNIT_IOTA,
            state_class=state_class,
            value_fn=value_fn,
            **others,
        )


class ViewSensor(TangleGridEntity, SensorEntity):
    """Shows what its description takes from its view."""

    entity_description: ViewSensorDescription[Any]
    _shown_in: int = 0
    _news: object = None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        if self.coordinator.measurements_due or self.entity_description.calm is None:
            self._async_show(self.view if self.has_view else None)

    @callback
    def _async_show(self, view: Any) -> None:
        """Write a state when it differs; what follows a meter only when that is worth a row in the recorder.

        All of it comes from one view: an island of a thousand has ten thousand sensors to look at.
        """
        description, coordinator = self.entity_description, self.coordinator
        value = STATE_UNAVAILABLE if view is None else self._value(view)
        if value is None and description.measures:
            view, value = None, STATE_UNAVAILABLE
        news, self._news = self._news, None if view is None else description.news_fn(view)
        waited = coordinator.period - self._shown_in
        # What may wait, and does if it is close enough.
        held = self._shown if news == self._news and waited < description.patience else None
        if held is not None and description.quiet and held[0] == value:
            return
        beside = () if view is None else (self._attributes(view, value), description.last_reset_fn(view))
        if self._shown == (value, *beside):
            return
        # A total that begins anew is news, however little it has moved.
        if held is not None and held[1:] == beside and self._waits(view, held[0], value, waited):
            return
        self._shown, self._shown_in = (value, *beside), coordinator.period
        self.async_write_ha_state()

    def _value(self, view: Any) -> Value:
        """Return what is shown of a view."""
        return self.entity_description.value_fn(view)

    def _waits(self, view: Any, old: object, new: object, waited: int) -> bool:
        """Return whether a new value is worth no state yet: nobody would tell it from the old one on a graph."""
        calm = self.entity_description.calm
        if calm is None:
            return False
        if waited < self.entity_description.pace:
            return True
        if not (isinstance(old, int | float) and isinstance(new, int | float)):
            return False
        return abs(new - old) < max(calm(view) if callable(calm) else calm, WORTH * abs(old))

    def _attributes(self, view: Any, value: Value) -> Mapping[str, Any] | None:
        """Return what stands next to the value; next to tokens, what they are worth."""
        attributes = self.entity_description.attributes_fn(view)
        if self.entity_description.native_unit_of_measurement in _TOKENS and isinstance(value, int | float):
            money = self.runtime.money.beside(value)
            return attributes if money is None else {**(attributes or {}), **money}
        return attributes

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        if self.entity_description.device_class is SensorDeviceClass.MONETARY:
            return self.hass.config.currency
        return super().native_unit_of_measurement

    @property
    @override
    def available(self) -> bool:
        return super().available and not (self.entity_description.measures and self.native_value is None)

    @property
    @override
    def native_value(self) -> Value:
        return self.entity_description.value_fn(self.view)

    @property
    @override
    def last_reset(self) -> datetime | None:
        return self.entity_description.last_reset_fn(self.view) if self.has_view else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        attributes = self._attributes(self.view, self.native_value)
        beside = self.entity_description.beside_fn(self.view)
        return attributes if beside is None else {**(attributes or {}), **beside}
