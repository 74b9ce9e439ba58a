"""What of a device's telemetry can be true: what no such device can do is not believed, and enters nothing.

A communication error of a factor of a thousand, a register that was never written (3.4e38) or text where a number
should be: with such a reading a device counts as silent, so it may only fall. What merely surrounds the reading (state
of charge, departure, need) counts as unknown when it cannot be.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from ..model.world import (
    NOMINAL_V,
    BatteryConfig,
    BatteryTelemetry,
    ChargerConfig,
    ChargerTelemetry,
    DeviceConfig,
    FeederConfig,
    HouseholdTelemetry,
    PhaseReading,
    SolarTelemetry,
    Telemetry,
)

#: Beyond so many times what a device is rated for, a reading is an error.
_TOO_MUCH: Final = 3.0
#: Whoever is configured with less than such a device has anyway may still have it: A of a charger, W of a battery.
_COMMON_CHARGER_A: Final = 32.0
_COMMON_BATTERY_W: Final = 5_000.0
#: What a charger can be told at least, A, where nobody can tell.
_COMMON_LOWEST_A: Final = 6.0
#: Nobody enters a departure that is further away, s, and no car needs more, Wh.
_FAR_S: Final = 366 * 86_400.0
_MOST_NEED_WH: Final = 2_000_000.0
_FULL: Final = 100.0
#: Put together once: `int | float` in place is made anew each time.
_NUMBERS: Final = (int, float)


class DeviceFault(StrEnum):
    """Why a device's reading is not believed; the values are reason keys of `SafeState`."""

    UNREADABLE = "device_unreadable"
    IMPLAUSIBLE = "device_implausible"


def believable_w(config: DeviceConfig, feeder: FeederConfig) -> float:
    """Return the greatest power on one phase that is believed of a device, W.

    Args:
        config: The device.
        feeder: What it hangs on: of whoever has no rating, the fuse is the measure.
    """
    match config:
        case ChargerConfig():
            return _TOO_MUCH * NOMINAL_V * max(config.max_current_a, config.max_discharge_a, _COMMON_CHARGER_A)
        case BatteryConfig():
            return _TOO_MUCH * max(config.max_charge_w, config.max_discharge_w, _COMMON_BATTERY_W)
        case _:
            return _TOO_MUCH * NOMINAL_V * max(feeder.capacity_a)


def believed(telemetry: Telemetry | None, most_w: float, now: float) -> tuple[Telemetry | None, DeviceFault | None]:
    """Return what of a device's telemetry can be true, and why its reading cannot, if so.

    Args:
        telemetry: As it was reported, by whoever: its numbers may be anything.
        most_w: See `believable_w`.
        now: Grid time.
    """
    match telemetry:
        case None:
            return None, None
        case ChargerTelemetry():
            return _charger(telemetry, most_w, now)
        case BatteryTelemetry():
            reading, fault = _reading(telemetry.reading, most_w)
            return _with(
                telemetry,
                reading=reading,
                soc=_number(telemetry.soc, 0.0, _FULL),
                soc_at=_number(telemetry.soc_at, 0.0, now + _FAR_S),
                heard_at=_number(telemetry.heard_at, 0.0, now + _FAR_S),
            ), fault
        case HouseholdTelemetry():
            reading, fault = _reading(telemetry.reading, most_w)
            loads_on = telemetry.loads_on if isinstance(telemetry.loads_on, Mapping) else {}
            if any(on is not _truth(on) for on in loads_on.values()):
                loads_on = {load: _truth(on) for load, on in loads_on.items()}
            return _with(telemetry, reading=reading, loads_on=loads_on), fault
        case SolarTelemetry():
            reading, fault = _reading(telemetry.reading, most_w)
            return _with(telemetry, reading=reading), fault
    # Whatever this is, it was not made by an adapter.
    return None, DeviceFault.UNREADABLE  # type: ignore[unreachable]


def _charger(said: ChargerTelemetry, most_w: float, now: float) -> tuple[ChargerTelemetry, DeviceFault | None]:
    """`believed` of a charger: nearly always all of it is, and there may be a thousand of them in a pass."""
    reading, fault = _reading(said.reading, most_w)
    most_a, far_at = most_w / NOMINAL_V, now + _FAR_S
    lowest_a = _number(said.lowest_a, 0.0, most_a)
    if lowest_a is None:
        lowest_a = _COMMON_LOWEST_A
    connected, soc = _truth(said.connected), _number(said.soc, 0.0, _FULL)
    departure_at = _number(said.departure_at, now - _FAR_S, far_at)
    needed_wh = _number(said.energy_needed_wh, -_MOST_NEED_WH, _MOST_NEED_WH)
    soc_at, heard_at = _number(said.soc_at, 0.0, far_at), _number(said.heard_at, 0.0, far_at)
    shown_a = _number(said.shown_a, 0.0, most_a)
    if (
        reading is said.reading
        and connected is said.connected
        and soc is said.soc
        and departure_at is said.departure_at
        and needed_wh is said.energy_needed_wh
        and soc_at is said.soc_at
        and heard_at is said.heard_at
        and shown_a is said.shown_a
        and lowest_a is said.lowest_a
    ):
        return said, fault
    return replace(
        said,
        reading=reading,
        connected=connected,
        soc=soc,
        departure_at=departure_at,
        energy_needed_wh=needed_wh,
        soc_at=soc_at,
        heard_at=heard_at,
        shown_a=shown_a,
        lowest_a=lowest_a,
    ), fault


def _with[TelemetryT: Telemetry](telemetry: TelemetryT, **values: object) -> TelemetryT:
    """Telemetry with these values. Nearly always it has them already."""
    other = {name: value for name, value in values.items() if getattr(telemetry, name) is not value}
    return replace(telemetry, **other) if other else telemetry  # type: ignore[arg-type]


def _reading(reading: PhaseReading | None, most_w: float) -> tuple[PhaseReading | None, DeviceFault | None]:
    if reading is None:
        return None, None
    values: tuple[object, ...] = (*reading.power_w, reading.at, reading.changed_at)
    for value in values:
        if not isinstance(value, _NUMBERS):
            return None, DeviceFault.UNREADABLE
    for watts in reading.power_w:
        # Written so that what is not a number fails it, too.
        if not -most_w <= watts <= most_w:
            return None, DeviceFault.IMPLAUSIBLE
    return reading, None


def _number(value: object, least: float, most: float) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return None
    return value if least <= value <= most else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
