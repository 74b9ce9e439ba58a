"""What one island tells another of itself: what its chargers could use, and the load that nobody controls."""

from dataclasses import dataclass

from ..control.charging_modes import ModeLimit
from ..device.charging import wants_charge
from ..model.world import NOMINAL_V, ChargerConfig, ChargerTelemetry, PhaseTriple
from ..network.topology import PHASES
from .parts import EngineParts


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerDemand:
    """What a charger could use now.

    Attributes:
        device_id: Which.
        connected: A car is plugged in that wants something.
        need_wh: What it still wants, Wh; None: nobody knows.
        within_s: Time until it leaves, told or expected, s; None: nobody knows.
        least_a: Least current at which it charges, A per phase.
        most_a: The most that it would use, A per phase.
        phases: Phase indices that it uses.
        step_a: Set-points are multiples of this.
        measured_a: What it draws, A per phase.
        pausable: It can be told 0.
        setpoint_a: What it was told, A per phase; None: nothing yet.
    """

    device_id: str
    connected: bool
    need_wh: float | None
    within_s: float | None
    least_a: float
    most_a: float
    phases: tuple[int, ...]
    step_a: float
    measured_a: PhaseTriple
    pausable: bool
    setpoint_a: float | None


def charger_demands(parts: EngineParts, now: float) -> tuple[ChargerDemand, ...]:
    """Return what each charger could use, in the order of the configuration."""
    found = []
    for device in parts.devices.values():
        config = device.config
        if not isinstance(config, ChargerConfig):
            continue
        wants = wants_charge(device)
        limit = parts.modes.get(device.device_id)
        telemetry = device.telemetry
        lowest_a = telemetry.lowest_a if isinstance(telemetry, ChargerTelemetry) else 0.0
        watts = (0.0, 0.0, 0.0) if device.reading is None else device.reading.power_w
        found.append(
            ChargerDemand(
                device_id=device.device_id,
                connected=wants,
                need_wh=device.need_wh() if wants else 0.0,
                within_s=max(0.0, device.car.departure_at(now) - now) if wants else None,
                least_a=config.min_current_a,
                most_a=_most_a(device.usable_a(now, parts.config.timing), limit) if wants else 0.0,
                phases=config.phases,
                step_a=config.step_a,
                measured_a=(watts[0] / NOMINAL_V, watts[1] / NOMINAL_V, watts[2] / NOMINAL_V),
                pausable=lowest_a <= 0,
                setpoint_a=device.setpoint,
            )
        )
    return tuple(found)


def _most_a(usable_a: float, limit: ModeLimit | None) -> float:
    return usable_a if limit is None else min(usable_a, limit.most_a)


def uncontrolled_a(parts: EngineParts, feeder_id: str | None) -> PhaseTriple | None:
    """Return the load of a feeder that is no charger's, A per phase as measured last; None: its meter is silent."""
    feeder = parts.feeder(feeder_id)
    if feeder.reading is None:
        return None
    load = [watts / NOMINAL_V for watts in feeder.reading.power_w]
    for device in parts.below[parts.topology.number[feeder.config.feeder_id]]:
        if isinstance(device.config, ChargerConfig) and device.reading is not None:
            drawn = device.log.at(feeder.reading.at) or device.reading.power_w
            load = [load[phase] - drawn[phase] / NOMINAL_V for phase in range(PHASES)]
    return load[0], load[1], load[2]
