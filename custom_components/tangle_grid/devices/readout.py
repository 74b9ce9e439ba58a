"""All that meters and participants report at one moment, each on its own.

Behind every entity stands the code of any integration. One that cannot be read is "cannot be read", never a reason not
to look at the others. What a device reports beyond anything it can do is not believed: it would end up in averages,
habits and bills.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..const import LOGGER
from ..grid.model import (
    NOMINAL_V,
    BatteryConfig,
    BatteryTelemetry,
    ChargerConfig,
    ChargerTelemetry,
    DeviceConfig,
    FeederConfig,
    HouseholdConfig,
    HouseholdTelemetry,
    PhaseReading,
    SolarConfig,
    SolarTelemetry,
    Telemetry,
)
from .base import OVER_RATING, Adapter
from .meter import Meter

#: A fuse carries so many times its rating only for moments.
_OVER_FUSE: Final = 5.0
#: A battery that must not be charged still hums, W.
_LEAST_W: Final = 1000.0


class Readout:
    """Reads meters and devices; says once what it cannot read, and once that it can again."""

    def __init__(
        self,
        meters: Mapping[str, Meter],
        devices: Mapping[str, tuple[str, DeviceConfig, Adapter[Any, Any]]],
        feeders: Mapping[str, FeederConfig],
    ) -> None:
        """Take what is to be read.

        Args:
            meters: By feeder id.
            devices: Name, configuration and adapter, by device id.
            feeders: By id; they bound what can hang on them.
        """
        self._meters = meters
        self._devices = devices
        self._most_w = {
            device_id: _most_w(config, feeders[config.feeder_id]) for device_id, (_, config, _) in devices.items()
        }
        self._wrong: dict[str, str] = {}
        self._beyond: set[str] = set()

    @property
    def meter_entities(self) -> list[frozenset[str]]:
        """The entities of each meter."""
        return [meter.entity_ids for meter in self._meters.values()]

    @property
    def device_entities(self) -> frozenset[str]:
        """The entities that tell about devices, and belong to no meter."""
        of_devices = frozenset[str]().union(*(adapter.entity_ids for _, _, adapter in self._devices.values()))
        return of_devices.difference(*self.meter_entities)

    @property
    def beyond(self) -> frozenset[str]:
        """The devices that report more than they can do."""
        return frozenset(self._beyond)

    def meters(self) -> dict[str, PhaseReading | None]:
        """What the meters show, by feeder id; None: nothing that can be used."""
        return {
            feeder_id: self._guarded(feeder_id, "meter", meter.reading) for feeder_id, meter in self._meters.items()
        }

    def devices(self) -> dict[str, Telemetry]:
        """What the devices report, by device id."""
        return {device_id: self.device(device_id) for device_id in self._devices}

    def device(self, device_id: str) -> Telemetry:
        """What one device reports."""
        name, config, adapter = self._devices[device_id]

        def read() -> Telemetry:
            telemetry: Telemetry = adapter.telemetry()
            return telemetry

        telemetry: Telemetry | None = self._guarded(device_id, name, read)
        self._beyond.discard(device_id)
        if telemetry is None:
            return _unreadable(config)
        reading, most_w = telemetry.reading, self._most_w[device_id]
        if reading is not None and not all(abs(watts) <= most_w for watts in reading.power_w):
            self._beyond.add(device_id)
            self._note(device_id, name, f"{reading.total_w:.3g} W is beyond anything it can do")
            return _unreadable(config)
        self._note(device_id, name, None)
        return telemetry

    def _guarded[T](self, subject: str, name: str, read: Callable[[], T]) -> T | None:
        try:
            value = read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must be read
            self._note(subject, name, f"{type(error).__name__}: {error}")
            return None
        if value is not None and subject not in self._devices:
            self._note(subject, name, None)
        return value

    def _note(self, subject: str, name: str, wrong: str | None) -> None:
        """Say it when it begins, and when it is over."""
        before = self._wrong.get(subject)
        if wrong is None:
            if before is not None:
                del self._wrong[subject]
                LOGGER.info("%s can be read again", name)
            return
        self._wrong[subject] = wrong
        if before is None:
            LOGGER.warning("%s cannot be read (%s): it counts as silent", name, wrong)


def _most_w(config: DeviceConfig, feeder: FeederConfig) -> float:
    """The greatest power on one phase that can be a measurement, W."""
    match config:
        case ChargerConfig():
            # A total may be that of all phases and stand on one.
            most_a = max(config.max_current_a, config.max_discharge_a)
            return OVER_RATING * most_a * config.watts_per_amp
        case BatteryConfig():
            return OVER_RATING * max(config.max_charge_w, config.max_discharge_w, _LEAST_W)
        case _:
            return _OVER_FUSE * max(feeder.capacity_a) * NOMINAL_V * len(config.phases)


def _unreadable(config: DeviceConfig) -> Telemetry:
    """What is known of a device that cannot be read."""
    match config:
        case ChargerConfig():
            return ChargerTelemetry(reading=None, available=False, lowest_a=config.min_current_a)
        case BatteryConfig():
            return BatteryTelemetry(reading=None, available=False)
        case HouseholdConfig():
            return HouseholdTelemetry(reading=None, available=False)
        case SolarConfig():
            return SolarTelemetry(reading=None, available=False)
