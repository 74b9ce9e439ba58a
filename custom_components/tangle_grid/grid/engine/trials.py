"""The trials that go on: what each looks at in a step."""

from ..device.meter_lag import MeterSight
from ..device.state import DeviceState
from ..device.trial import Sight
from ..model.world import BatteryConfig, ChargerConfig, ChargerTelemetry, Inputs
from .parts import EngineParts


def go_on(parts: EngineParts, now: float, inputs: Inputs) -> None:
    """Take the trials of chargers one step on. A trial that fails ends, and nothing else does."""
    asked: set[str] | None = None
    for device_id, device in parts.devices.items():
        trial = device.trial
        if trial is None or trial.report.ended:
            continue
        if asked is None:
            asked = {each for request in parts.lifecycle.open() for each in request.asks}
        try:
            trial.look(_sight(parts, device, now, inputs, asked=device_id in asked))
        except Exception:  # noqa: BLE001 - whatever it is, the others are controlled, and nobody is held down by it
            trial.stop("failed")


def _sight(parts: EngineParts, device: DeviceState, now: float, inputs: Inputs, *, asked: bool) -> Sight:
    lease, telemetry = device.lease, inputs.devices.get(device.device_id)
    path = parts.topology.path(device.config.feeder_id)
    reading = telemetry.reading if isinstance(telemetry, ChargerTelemetry) else None
    return Sight(
        now=now,
        told_a=None if lease is None else lease.value,
        told_at=now if lease is None else lease.changed_at,
        cause=None if lease is None else lease.cause,
        # As it was reported: a sign that is wrong is one of the things to find.
        reading=reading if device.fault is None else None,
        report_s=device.reports.interval_s,
        lowest_a=device.lowest_a,
        connected=device.car.connected,
        asked=asked,
        blind=any(parts.feeders[number].blind for number in path),
        meter=_meter(parts, device),
    )


def _meter(parts: EngineParts, device: DeviceState) -> MeterSight | None:
    """Return what the meter nearest to a device shows."""
    number = parts.topology.path(device.config.feeder_id)[0]
    if (reading := parts.feeders[number].reading) is None:
        return None
    others = (
        other
        for other in parts.devices.values()
        if other is not device and number in parts.topology.path(other.config.feeder_id)
    )
    return MeterSight(power_w=reading.total_w, at=reading.at, others_w=sum(_told_w(other) for other in others))


def _told_w(device: DeviceState) -> float:
    match device.config:
        case ChargerConfig() as charger:
            return (device.setpoint or 0.0) * charger.watts_per_amp
        case BatteryConfig():
            return device.setpoint or 0.0
        case _:
            return 0.0
