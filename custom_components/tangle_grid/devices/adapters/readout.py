"""All that meters and participants report at one moment, each on its own.

Behind every entity stands the code of any integration. One that cannot be read is "cannot be read", never a reason not
to look at the others. Whether what was read can be true, the grid decides.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ...const import LOGGER
from ...grid.model.supply import SupplyTelemetry
from ...grid.model.world import (
    BatteryConfig,
    BatteryTelemetry,
    ChargerConfig,
    ChargerTelemetry,
    DeviceConfig,
    HouseholdConfig,
    HouseholdTelemetry,
    PhaseReading,
    SolarConfig,
    SolarTelemetry,
    Telemetry,
)
from ...log_once import LogOnce
from .base import Adapter
from .meter import Meter
from .supply import SupplyReader


class Readout:
    """Reads meters and devices; says once what it cannot read, and once that it can again."""

    def __init__(
        self,
        meters: Mapping[str, Meter],
        devices: Mapping[str, tuple[str, DeviceConfig, Adapter[Any, Any]]],
        supply: SupplyReader | None = None,
    ) -> None:
        """Take what is to be read.

        Args:
            meters: By feeder id.
            devices: Name, configuration and adapter, by device id.
            supply: What tells of the feeding cable, where somebody watches it.
        """
        self._meters = meters
        self._devices = devices
        self._supply = supply
        self._said = LogOnce(LOGGER)

    @property
    def meter_entities(self) -> list[frozenset[str]]:
        """The entities of each meter."""
        return [meter.entity_ids for meter in self._meters.values() if meter.entity_ids]

    @property
    def device_entities(self) -> frozenset[str]:
        """The entities that tell about devices, and belong to no meter."""
        of_devices = frozenset[str]().union(*(adapter.entity_ids for _, _, adapter in self._devices.values()))
        return of_devices.difference(*self.meter_entities)

    @property
    def supply_entities(self) -> frozenset[str]:
        """The entities that tell of the feeding cable."""
        return frozenset() if self._supply is None else self._supply.entity_ids

    def supply(self) -> SupplyTelemetry | None:
        """Return what is known of the feeding cable; None: nothing."""
        return None if self._supply is None else self._guarded("supply", "feeding cable", self._supply.telemetry)

    def meters(self) -> dict[str, PhaseReading | None]:
        """Return what the meters show, by feeder id; None: nothing that can be used."""
        return {
            feeder_id: self._guarded(feeder_id, "meter", meter.reading) for feeder_id, meter in self._meters.items()
        }

    def devices(self) -> dict[str, Telemetry]:
        """Return what the devices report, by device id."""
        return {device_id: self.device(device_id) for device_id in self._devices}

    def device(self, device_id: str) -> Telemetry:
        """Return what one device reports."""
        name, config, adapter = self._devices[device_id]

        def read() -> Telemetry:
            telemetry: Telemetry = adapter.telemetry()
            return telemetry

        telemetry: Telemetry | None = self._guarded(device_id, name, read)
        return _unreadable(config) if telemetry is None else telemetry

    def _guarded[T](self, subject: str, name: str, read: Callable[[], T]) -> T | None:
        try:
            value = read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others must be read
            self._said.wrong(
                subject, "%s cannot be read (%s: %s): it counts as silent", name, type(error).__name__, error
            )
            return None
        self._said.right(subject, "%s can be read again", name)
        return value


def _unreadable(config: DeviceConfig) -> Telemetry:
    """Return what is known of a device that cannot be read."""
    match config:
        case ChargerConfig():
            return ChargerTelemetry(reading=None, available=False, lowest_a=config.min_current_a)
        case BatteryConfig():
            return BatteryTelemetry(reading=None, available=False)
        case HouseholdConfig():
            return HouseholdTelemetry(reading=None, available=False)
        case SolarConfig():
            return SolarTelemetry(reading=None, available=False)
