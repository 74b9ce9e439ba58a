"""What is known of one charger at a moment: its draw, its floor, where it starts."""

from typing import Final

from ..model.world import NOMINAL_V, ChargerConfig, ChargerTelemetry, ChargingMode, PhaseTriple, Timing
from .draw_bounds import NO_DRAW, Draw, draw_at
from .state import DeviceState

#: The time between two reports of a device, where it is not known, s.
_UNKNOWN_S: Final = 60.0
#: Two reports that differ by no more on each phase are of the same draw, A.
_SAME_A: Final = 0.2
_PHASES: Final = range(3)
_NOTHING: Final = (0.0, 0.0, 0.0)


def draw_of(device: DeviceState, at: float, timing: Timing) -> Draw:
    """Return what a device draws at a moment, A per phase, as bounds; only chargers' are more than points."""
    config, told = device.config, device.setpoint
    if not isinstance(config, ChargerConfig) or told is None:
        power_w = device.log.at(at)
        return NO_DRAW if power_w is None else Draw.point(_amps(power_w))
    draw = draw_at(
        at,
        log=device.log,
        reading=device.reading,
        commands=device.commands,
        told_a=told,
        phases=config.phases,
        reports=device.reports,
        assumed=device.assumed,
        placed=is_placed(device),
        follow_s=device.watch.follow_s(timing.compliance_grace_s),
        unknown_s=timing.telemetry_max_age_s,
    )
    above_until = device.resume.above_until()
    return draw if above_until is None or at > above_until else _up_to(draw, config)


def _up_to(draw: Draw, config: ChargerConfig) -> Draw:
    """Return the same, where it may be anything up to the most that the charger lets flow."""
    top_a = config.max_current_a
    most = tuple(max(amps, top_a) if phase in config.phases else amps for phase, amps in enumerate(draw.most))
    wide = tuple(max(one, other) for one, other in zip(most, draw.wide_most, strict=True))
    return draw._replace(most=(most[0], most[1], most[2]), wide_most=(wide[0], wide[1], wide[2]))


def is_placed(device: DeviceState) -> bool:
    """Return whether it is known on which phases a device's total flows."""
    return device.reading is None or not device.reading.split or device.phases.placed_by


def assume(device: DeviceState, at: float, draw: Draw, ends: PhaseTriple) -> None:
    """Take in what a meter has shown of a charger: it draws the most (1) or the least (-1) possible, on each phase.

    Of one whose total may flow on any phase this says nothing: the phases together would not be its total any more.
    """
    if not isinstance(device.config, ChargerConfig) or (device.assumed is not None and at < device.assumed[0]):
        return
    if not is_placed(device):
        device.assumed = None
        return
    if any(draw.most[phase] > draw.least[phase] and ends[phase] for phase in _PHASES):
        first, second, third = (
            draw.most[phase] if end > 0 else draw.least[phase] if end < 0 else draw.likely[phase]
            for phase, end in enumerate(ends)
        )
        device.assumed = at, (first, second, third)


def beyond_a(device: DeviceState, at: float, drawn_a: PhaseTriple, timing: Timing) -> PhaseTriple:
    """Return what a charger draws on each phase beyond its setpoint, A, although it had the time to follow."""
    lease, reading = device.lease, device.reading
    if not isinstance(device.config, ChargerConfig) or lease is None or lease.value is None or reading is None:
        return _NOTHING
    if device.config.is_shared:
        return _NOTHING
    if min(at, reading.at) - lease.changed_at <= device.watch.follow_s(timing.compliance_grace_s):
        return _NOTHING
    told_a = max(0.0, lease.value)
    first, second, third = drawn_a
    return (max(0.0, first - told_a), max(0.0, second - told_a), max(0.0, third - told_a))


def at_start_a(device: DeviceState, config: ChargerConfig) -> float:
    """Return what a charger that nobody has told anything yet is taken to have, A per phase.

    Its safe current, but no more than it shows: what is lower is not raised by a start.
    """
    telemetry = device.telemetry
    shown_a = telemetry.shown_a if isinstance(telemetry, ChargerTelemetry) else None
    return config.safe_current_a if shown_a is None else min(config.safe_current_a, max(0.0, shown_a))


def evidence_at(device: DeviceState) -> float | None:
    """Return the time for which a device's reading speaks; None while there is none.

    Later than the reading, where a device reports only what has changed and shows that it lives.
    """
    reading = device.reading
    if reading is None:
        return None
    if reading.heard_at is None or device.reports.awaits(reading.heard_at, unknown_s=_UNKNOWN_S):
        return reading.at
    return max(reading.at, reading.heard_at)


def has_followed(device: DeviceState, at: float, timing: Timing) -> bool:
    """Return whether a device had the time to follow what it was told last, at a moment and in its newest report.

    Nor may it be unknown what it drew at that moment, see `is_known_at`.
    """
    lease, reading = device.lease, device.reading
    if lease is None or reading is None or not is_known_at(device, at):
        return False
    return min(at, reading.at) - lease.changed_at >= device.watch.follow_s(timing.compliance_grace_s)


def is_known_at(device: DeviceState, at: float) -> bool:
    """Return whether it is known what a device drew at a moment.

    One that reported something else only after it may have been anywhere between the two. A last digit that never
    stands still is nothing else.
    """
    before, after = device.log.around(at)
    if before is None or after is None:
        return True
    return all(abs(later - watts) <= _SAME_A * NOMINAL_V for watts, later in zip(before, after, strict=True))


def wants_charge(device: DeviceState) -> bool:
    """Return whether a car is there that wants something, and nobody has chosen that it gets nothing."""
    return device.car.plugged_in and not device.car.satisfied and device.mode is not ChargingMode.PAUSE


def can_be_lowered(device: DeviceState) -> bool:
    """Return whether a device is a charger with more than its least current."""
    config = device.config
    return isinstance(config, ChargerConfig) and (device.setpoint or 0.0) > config.min_current_a


def floor_a(device: DeviceState, *, seen: bool = True) -> float:
    """Return the least that a charger can be told, A per phase: 0 when it can be paused.

    That it goes on after a pause is known from its own reports, which may be old. Where no meter sees what flows
    (`seen` is False) it is told to pause nevertheless: who cannot goes on with its least current anyway.

    Where it makes more of its lowest setpoint, and shows that, it is told what it makes of it: else it would be told
    the same for ever. Whatever it says of itself, it is told no more than it may have.
    """
    if not isinstance(device.config, ChargerConfig):
        return 0.0
    least_a = max(device.lowest_a, device.config.min_current_a if device.watch.pause_fails and seen else 0.0)
    return min(device.config.max_current_a, max(least_a, device.shown.least_a)) if least_a > 0 else 0.0


def _amps(power_w: PhaseTriple) -> PhaseTriple:
    return (power_w[0] / NOMINAL_V, power_w[1] / NOMINAL_V, power_w[2] / NOMINAL_V)
