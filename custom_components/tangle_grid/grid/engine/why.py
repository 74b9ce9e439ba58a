"""Why each participant does what it does now, as a key and figures: a sentence is made of them by translation."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from ..device.charging import wants_charge
from ..device.state import DeviceState
from ..model.tolerance import EPSILON
from ..model.world import (
    NOMINAL_V,
    BatteryConfig,
    Cause,
    ChargerConfig,
    ChargerTelemetry,
    HouseholdConfig,
    Reason,
    SolarConfig,
)
from ..network.feeder_watch import FeederWatch
from .parts import EngineParts

#: Phases whose headroom is so close to that of the fullest one are full as well, A.
_AS_FULL_A: Final = 1.0
#: Chargers that round what they are told show less by so much, A.
_ROUNDED_A: Final = 1.0


class Why(StrEnum):
    """The keys. Those that are causes of a setpoint are called as these, see `Cause`."""

    SAFE_STATE = Cause.SAFE_STATE
    ALLOCATION = Cause.ALLOCATION
    PROTECTION = Cause.PROTECTION
    REQUEST = Cause.REQUEST
    RESERVED = Cause.RESERVED
    RELEASE = Cause.RELEASE
    PLAN = Cause.PLAN
    PAYMENT = Cause.PAYMENT
    OUTAGE = Cause.OUTAGE
    PHASES = Cause.PHASES
    TRIAL = Cause.TRIAL
    SUN = Cause.SUN
    PAUSED = Cause.PAUSED
    SALE = Cause.SALE
    #: Household loads are off because the fuse was short.
    LOADS_OFF = "loads_off"
    #: The capacity was lowered for a while.
    DIMMED = "dimmed"
    #: Others are first, and nothing is left.
    TURN = "turn"
    #: As much as it takes.
    UNLIMITED = "unlimited"
    #: Nobody limits it.
    FREE = "free"
    MEASURED = "measured"
    METER_MISSING = "meter_missing"
    STARTING = "starting"
    SILENT = "silent"
    NOT_FOLLOWING = "not_following"
    KEPT_OFF = "kept_off"
    NOT_CONNECTED = "not_connected"
    CHARGED = "charged"


def why(parts: EngineParts, now: float, device_id: str) -> Reason:
    """Return why a participant does what it does.

    Figures, each only where it applies: `phases` ("L1, L3") and `feeder` (its id) of what is full or not seen, `until`
    and `begins_at` (grid time), `cars` (how many share), `setpoint` (A per phase, of a battery W).

    Of a household whose loads are off also `loads`, how many.

    Raises:
        GridError: `unknown_device`.
    """
    device = parts.device(device_id)
    match device.config:
        case SolarConfig():
            return _reason(Why.SILENT if device.silent else Why.MEASURED)
        case HouseholdConfig():
            return _of_household(parts, device)
        case ChargerConfig() as config:
            return _of_charger(parts, device, config, now)
        case BatteryConfig():
            return _of_battery(parts, device)


def _of_household(parts: EngineParts, device: DeviceState) -> Reason:
    if device.silent:
        return _reason(Why.SILENT)
    if device.device_id in parts.outage_off:
        return _reason(Why.OUTAGE)
    if not device.loads.shed:
        return _off_for_the_fuse(parts, device) if device.loads.protecting else _reason(Why.FREE)
    until = _helps_until(parts, device)
    return _reason(Why.RELEASE) if until is None else _reason(Why.REQUEST, until=until)


def _off_for_the_fuse(parts: EngineParts, device: DeviceState) -> Reason:
    if (blind := _blind(parts, device)) is not None:
        return _reason(Why.METER_MISSING, feeder=blind)
    feeder, phases = _fullest(_path(parts, device), device)
    return _reason(
        Why.LOADS_OFF,
        feeder=None if feeder is None else feeder.config.feeder_id,
        phases=phases,
        loads=len(device.loads.protecting),
    )


def _of_battery(parts: EngineParts, device: DeviceState) -> Reason:
    if device.silent:
        return _reason(Why.SILENT)
    lease = device.lease
    if lease is None or lease.value is None:
        blind = _blind(parts, device)
        return _reason(Why.FREE) if blind is None else _reason(Why.METER_MISSING, feeder=blind)
    return _by_cause(parts, device, lease.cause, lease.value)


def _of_charger(parts: EngineParts, device: DeviceState, config: ChargerConfig, now: float) -> Reason:
    lease = device.lease
    if device.setpoint is None or lease is None or lease.value is None:
        return _reason(Why.STARTING)
    if (apart := _set_apart(device)) is not None:
        return _reason(apart)
    if not device.watch.compliant:
        return _reason(Why.NOT_FOLLOWING, setpoint=lease.value)
    if device.car.satisfied and lease.cause is not Cause.REQUEST:
        return _reason(Why.CHARGED)
    if lease.cause is Cause.PLAN:
        begins_at = parts.planning.begins_at(device.device_id, now) if lease.value <= 0 else None
        return _reason(Why.PLAN, begins_at=begins_at, setpoint=lease.value)
    if lease.cause is Cause.ALLOCATION:
        return _of_share(parts, device, config, lease.value)
    return _by_cause(parts, device, lease.cause, lease.value)


def _set_apart(device: DeviceState) -> Why | None:
    """Return why nothing is decided for a charger; None: something is."""
    telemetry = device.telemetry
    if device.silent:
        return Why.SILENT
    if isinstance(telemetry, ChargerTelemetry) and telemetry.kept_off:
        return Why.KEPT_OFF
    return None if device.car.plugged_in else Why.NOT_CONNECTED


def _of_share(parts: EngineParts, device: DeviceState, config: ChargerConfig, value: float) -> Reason:
    most_a = config.max_current_a if device.shown.most_a is None else device.shown.most_a
    if value >= min(config.max_current_a, most_a + _ROUNDED_A) - EPSILON:
        return _reason(Why.UNLIMITED)
    return _reason(Why.ALLOCATION if value > 0 else Why.TURN, cars=_cars(parts, device), setpoint=value)


def _by_cause(parts: EngineParts, device: DeviceState, cause: Cause, value: float) -> Reason:
    if cause is Cause.REQUEST:
        return _reason(Why.REQUEST, until=_helps_until(parts, device), setpoint=value)
    if cause is Cause.SAFE_STATE and (blind := _blind(parts, device)) is not None:
        return _reason(Why.METER_MISSING, feeder=blind, setpoint=value)
    if cause is not Cause.PROTECTION:
        return _reason(Why(cause), setpoint=value)
    feeder, phases = _fullest(_path(parts, device), device)
    full = {"feeder": None if feeder is None else feeder.config.feeder_id, "phases": phases, "setpoint": value}
    if feeder is not None and feeder.temporary is not None:
        return _reason(Why.DIMMED, until=feeder.temporary.until, **full)
    return _reason(Why.PROTECTION, **full)


def _reason(key: Why, **values: str | float | None) -> Reason:
    return Reason(key=key.value, placeholders={name: value for name, value in values.items() if value is not None})


def _path(parts: EngineParts, device: DeviceState) -> Sequence[FeederWatch]:
    return [parts.feeders[number] for number in parts.topology.path(device.config.feeder_id)]


def _blind(parts: EngineParts, device: DeviceState) -> str | None:
    """Return the id of a feeder above a device whose meter cannot be trusted."""
    return next((feeder.config.feeder_id for feeder in _path(parts, device) if feeder.blind), None)


def _helps_until(parts: EngineParts, device: DeviceState) -> float | None:
    """Return when the last request ends in which a device helps now, grid time; None: it helps in none."""
    ends = [
        request.ends_at - request.ahead_s
        for request in parts.lifecycle.open()
        if (ask := request.asks.get(device.device_id)) is not None and ask.engaged
    ]
    return max(ends, default=None)


def _fullest(path: Sequence[FeederWatch], device: DeviceState) -> tuple[FeederWatch | None, str | None]:
    """Return the feeder that leaves a device least, and its phases that are full."""
    left: list[tuple[float, FeederWatch, dict[int, float]]] = []
    for feeder in path:
        if feeder.reading is not None:
            free_a = {
                phase: feeder.limit_a[phase] - feeder.reading.power_w[phase] / NOMINAL_V
                for phase in device.config.phases
            }
            left.append((min(free_a.values()), feeder, free_a))
    if not left:
        return None, None
    least_a, feeder, free_a = min(left, key=lambda each: each[0])
    return feeder, ", ".join(f"L{phase + 1}" for phase, amps in free_a.items() if amps <= least_a + _AS_FULL_A)


def _cars(parts: EngineParts, device: DeviceState) -> int:
    """Return how many other cars below the same feeders want energy, too."""
    root = parts.topology.path(device.config.feeder_id)[-1]
    return sum(
        other is not device
        and isinstance(other.config, ChargerConfig)
        and wants_charge(other)
        and not other.silent
        and parts.topology.path(other.config.feeder_id)[-1] == root
        for other in parts.devices.values()
    )
