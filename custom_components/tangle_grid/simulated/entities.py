"""The simulated street as ordinary entities: what a meter, a charger, an inverter or a smart plug would offer.

The list of entities is made in one place, so that the config flow can name them before they exist.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberMode
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import (
    PERCENTAGE,
    Platform,
    UnitOfElectricCurrent,
    UnitOfEnergy,
    UnitOfPower,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import Entity

from ..clock import as_datetime
from ..const import DOMAIN
from ..simulation import SimulatedDevice, SimulatedKind
from .street import SimulatedStreet

EXTERNAL_CONTROL: Final = "external_control"
STREET_TIME: Final = "street_time"
AT_HOME: Final = "at_home"
_PHASES: Final = ("l1", "l2", "l3")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPoint:
    """One entity of one device; `quantity` is the street's name for its value."""

    platform: Platform
    device_id: str
    quantity: str

    @property
    def key(self) -> tuple[str, str]:
        """How the flow finds its entity id."""
        return self.device_id, self.quantity

    def unique_id(self, island_id: str) -> str:
        """Return its unique id: stable across restarts, and known before the entity is."""
        return f"{island_id}_sim_{self.device_id}_{self.quantity}"


_OF_A_VEHICLE: Final = ((Platform.SENSOR, "soc"), (Platform.SENSOR, "departure"), (Platform.BINARY_SENSOR, AT_HOME))


def points(device: SimulatedDevice) -> Iterator[SimulatedPoint]:
    """Yield the entities of one device."""
    if device.kind is SimulatedKind.VEHICLE:
        for platform, quantity in _OF_A_VEHICLE:
            yield SimulatedPoint(platform=platform, device_id=device.id, quantity=quantity)
    else:
        yield from _of_the_feed(device)


def _of_the_feed(device: SimulatedDevice) -> Iterator[SimulatedPoint]:
    def point(platform: Platform, *quantities: str) -> Iterator[SimulatedPoint]:
        for quantity in quantities:
            yield SimulatedPoint(platform=platform, device_id=device.id, quantity=quantity)

    yield from point(Platform.SENSOR, "power")
    match device.kind:
        case SimulatedKind.TRANSFORMER:
            yield from point(Platform.SENSOR, *(f"power_{phase}" for phase in _PHASES))
            yield from point(Platform.SENSOR, *(f"current_{phase}" for phase in _PHASES))
            yield from point(Platform.SENSOR, "energy_import", "energy_export", STREET_TIME)
        case SimulatedKind.HOUSEHOLD:
            yield from point(Platform.SWITCH, *(load.load_id for load in device.loads))
        case SimulatedKind.CHARGER:
            yield from point(Platform.SENSOR, *(f"current_{phase}" for phase in _PHASES), "soc", "departure", "card")
            yield from point(Platform.BINARY_SENSOR, "connected")
            yield from point(Platform.NUMBER, "current_limit")
            if device.parameters["max_discharge_a"] > 0:
                yield from point(Platform.NUMBER, "discharge_current")
            yield from point(Platform.SWITCH, "enabled")
        case SimulatedKind.BATTERY:
            yield from point(Platform.SENSOR, "soc", "energy_import", "energy_export")
            yield from point(Platform.NUMBER, "power_setpoint")
            yield from point(Platform.SWITCH, EXTERNAL_CONTROL)
        case SimulatedKind.SOLAR:
            yield from point(Platform.SENSOR, "energy_export")


@callback
def async_register_entities(
    hass: HomeAssistant, island_id: str, devices: Iterable[SimulatedDevice]
) -> Mapping[tuple[str, str], str]:
    """Enter all entities in the registry, so that their ids are known before the platforms create them.

    Returns:
        Entity ids by device id and quantity.
    """
    registry = er.async_get(hass)
    return {
        point.key: registry.async_get_or_create(
            point.platform,
            DOMAIN,
            point.unique_id(island_id),
            suggested_object_id=f"street_{point.device_id}_{point.quantity}",
        ).entity_id
        for device in devices
        for point in points(device)
    }


class SimulatedEntity(Entity):
    """An entity of the street: pushed when its value moves, and repeated now and then as a real device would."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, street: SimulatedStreet, device: SimulatedDevice, point: SimulatedPoint) -> None:
        self._street = street
        self._device = device
        self._quantity = point.quantity
        self._written: Any = None
        self.is_meter = device.kind is SimulatedKind.TRANSFORMER
        self._attr_unique_id = point.unique_id(street.island_id)
        self._attr_translation_key = f"simulated_{point.quantity}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, f"{street.island_id}_sim_{device.id}")},
            name=f"{device.name} (simulated)",
            manufacturer="Tangle Grid",
            model="Simulated street",
        )

    @property
    def reading(self) -> Any:
        """What the street shows now."""
        return self._street.value(self._device.id, self._quantity)

    @property
    @override
    def available(self) -> bool:
        return self.reading is not None

    @override
    async def async_added_to_hass(self) -> None:
        self._written = self.reading
        self.async_on_remove(self._street.async_subscribe(self))

    @callback
    def async_street_moved(self, *, repeat: bool) -> None:
        """Write the state when it changed, or when it is time to repeat it."""
        reading = self.reading
        if repeat or reading != self._written:
            self._written = reading
            self.async_write_ha_state()


class SimulatedSensor(SimulatedEntity, SensorEntity):
    """A meter or a sensor."""

    def __init__(self, street: SimulatedStreet, device: SimulatedDevice, point: SimulatedPoint) -> None:
        super().__init__(street, device, point)
        kind, _, phase = point.quantity.partition("_")
        self.entity_description = _DESCRIPTIONS[kind]
        if phase in _PHASES:
            self._attr_translation_key = f"simulated_phase_{kind}"
            self._attr_translation_placeholders = {"phase": phase.upper()}

    @property
    @override
    def available(self) -> bool:
        if self._device.kind is SimulatedKind.VEHICLE:
            return True
        # Without a car there is no state of charge and no departure, which is not a fault.
        return self._street.value(self._device.id, "power") is not None

    @property
    @override
    def native_value(self) -> float | str | datetime | None:
        reading: float | str | None = self.reading
        if isinstance(reading, float) and self.device_class is SensorDeviceClass.TIMESTAMP:
            return as_datetime(reading)
        return reading


class SimulatedTime(SimulatedSensor):
    """What a clock on the street shows, to the minute: dashboards and automations can go by it."""

    @property
    @override
    def reading(self) -> float:
        return self._street.model.now // 60 * 60

    @property
    @override
    def available(self) -> bool:
        return True

    @callback
    @override
    def async_street_moved(self, *, repeat: bool) -> None:
        # A clock is no meter: the same minute is not worth another state.
        super().async_street_moved(repeat=False)


class SimulatedBinarySensor(SimulatedEntity, BinarySensorEntity):
    """Whether a car is plugged in, or at home."""

    def __init__(self, street: SimulatedStreet, device: SimulatedDevice, point: SimulatedPoint) -> None:
        super().__init__(street, device, point)
        at_home = point.quantity == AT_HOME
        self._attr_device_class = BinarySensorDeviceClass.PRESENCE if at_home else BinarySensorDeviceClass.PLUG

    @property
    @override
    def is_on(self) -> bool | None:
        reading: bool | None = self.reading
        return reading


class SimulatedCurrent(SimulatedEntity, NumberEntity):
    """A current that a charger is told."""

    _attr_device_class = NumberDeviceClass.CURRENT
    _attr_mode = NumberMode.BOX
    _attr_native_min_value = 0
    _attr_native_step = 1
    _attr_native_unit_of_measurement = UnitOfElectricCurrent.AMPERE

    def __init__(self, street: SimulatedStreet, device: SimulatedDevice, point: SimulatedPoint) -> None:
        super().__init__(street, device, point)
        self._is_limit = point.quantity == "current_limit"
        self._attr_native_max_value = device.parameters["max_current_a" if self._is_limit else "max_discharge_a"]

    @property
    @override
    def native_value(self) -> float | None:
        reading: float | None = self.reading
        return reading

    @override
    async def async_set_native_value(self, value: float) -> None:
        model = self._street.model
        command = model.set_current_limit if self._is_limit else model.set_discharge_current
        await self._street.async_command(lambda: command(self._device.id, value))


class SimulatedPowerSetpoint(SimulatedEntity, NumberEntity):
    """The power that a home battery is told; 0 W while it looks after itself."""

    _attr_device_class = NumberDeviceClass.POWER
    _attr_mode = NumberMode.BOX
    _attr_native_step = 1
    _attr_native_unit_of_measurement = UnitOfPower.WATT

    def __init__(self, street: SimulatedStreet, device: SimulatedDevice, point: SimulatedPoint) -> None:
        super().__init__(street, device, point)
        self._attr_native_min_value = -device.parameters["max_discharge_w"]
        self._attr_native_max_value = device.parameters["max_charge_w"]

    @property
    @override
    def available(self) -> bool:
        return True

    @property
    @override
    def native_value(self) -> float:
        return self.reading or 0.0

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self._street.async_command(lambda: self._street.model.set_battery_power(self._device.id, value))


class SimulatedSwitch(SimulatedEntity, SwitchEntity):
    """Charging, or a load of a home."""

    def __init__(self, street: SimulatedStreet, device: SimulatedDevice, point: SimulatedPoint) -> None:
        super().__init__(street, device, point)
        self._is_charger = device.kind is SimulatedKind.CHARGER

    @property
    @override
    def is_on(self) -> bool | None:
        reading: bool | None = self.reading
        return reading

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._async_switch(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._async_switch(on=False)

    async def _async_switch(self, *, on: bool) -> None:
        model, device_id = self._street.model, self._device.id
        if self._is_charger:
            await self._street.async_command(lambda: model.set_enabled(device_id, on))
        else:
            await self._street.async_command(lambda: model.set_load(device_id, self._quantity, on))


class SimulatedExternalControl(SimulatedSwitch):
    """Who decides about the home battery: its power setpoint, or itself."""

    @property
    @override
    def reading(self) -> bool:
        return self._street.value(self._device.id, "power_setpoint") is not None

    @override
    async def _async_switch(self, *, on: bool) -> None:
        if self.reading != on:
            power = 0.0 if on else None
            await self._street.async_command(lambda: self._street.model.set_battery_power(self._device.id, power))


def simulated_sensors(street: SimulatedStreet) -> list[SensorEntity]:
    """Return the sensors of the street."""
    return [
        (SimulatedTime if point.quantity == STREET_TIME else SimulatedSensor)(street, device, point)
        for device, point in _of(street, Platform.SENSOR)
    ]


def simulated_binary_sensors(street: SimulatedStreet) -> list[BinarySensorEntity]:
    """Return the binary sensors of the street."""
    return [SimulatedBinarySensor(street, device, point) for device, point in _of(street, Platform.BINARY_SENSOR)]


def simulated_numbers(street: SimulatedStreet) -> list[NumberEntity]:
    """Return the numbers of the street."""
    return [
        (SimulatedPowerSetpoint if device.kind is SimulatedKind.BATTERY else SimulatedCurrent)(street, device, point)
        for device, point in _of(street, Platform.NUMBER)
    ]


def simulated_switches(street: SimulatedStreet) -> list[SwitchEntity]:
    """Return the switches of the street."""
    return [
        (SimulatedExternalControl if point.quantity == EXTERNAL_CONTROL else SimulatedSwitch)(street, device, point)
        for device, point in _of(street, Platform.SWITCH)
    ]


def _of(street: SimulatedStreet, platform: Platform) -> Iterator[tuple[SimulatedDevice, SimulatedPoint]]:
    for device in (*street.model.devices, *street.model.vehicles):
        yield from ((device, point) for point in points(device) if point.platform is platform)


_DESCRIPTIONS: Final = {
    description.key: description
    for description in (
        SensorEntityDescription(
            key="power",
            device_class=SensorDeviceClass.POWER,
            native_unit_of_measurement=UnitOfPower.WATT,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=0,
        ),
        SensorEntityDescription(
            key="current",
            device_class=SensorDeviceClass.CURRENT,
            native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=1,
        ),
        SensorEntityDescription(
            key="energy",
            device_class=SensorDeviceClass.ENERGY,
            native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
            state_class=SensorStateClass.TOTAL_INCREASING,
            suggested_display_precision=0,
        ),
        SensorEntityDescription(
            key="soc",
            device_class=SensorDeviceClass.BATTERY,
            native_unit_of_measurement=PERCENTAGE,
            state_class=SensorStateClass.MEASUREMENT,
            suggested_display_precision=0,
        ),
        SensorEntityDescription(key="card"),
        SensorEntityDescription(key="departure", device_class=SensorDeviceClass.TIMESTAMP),
        SensorEntityDescription(key="street", device_class=SensorDeviceClass.TIMESTAMP),
    )
}
