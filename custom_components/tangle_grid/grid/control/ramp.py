"""Fast down, slow up: from what is possible to what one charger is told."""

import math

from ..device.state import DeviceState
from ..model.tolerance import EPSILON
from ..model.world import ChargerConfig, DeviceConfig, Timing


def charge_step(config: ChargerConfig, amps: float) -> float:
    """Return the greatest setpoint that does not exceed `amps`.

    0, or a multiple of the step within the charger's range.
    """
    steps = math.floor(min(amps, config.max_current_a) / config.step_a + EPSILON) * config.step_a
    while config.skips and any(abs(steps - skip) < EPSILON for skip in config.skips):
        steps -= config.step_a
    if steps + EPSILON < config.min_current_a:
        # The minimum itself need not be a multiple of the step.
        return config.min_current_a if amps + EPSILON >= config.min_current_a else 0.0
    return round(steps, 3)


def discharge_step(config: ChargerConfig, amps: float) -> float:
    """Return the setpoint for feeding back at most `amps` (positive): 0, or the negative of an allowed current."""
    steps = math.floor(min(amps, config.max_discharge_a) / config.step_a + EPSILON) * config.step_a
    if steps + EPSILON < config.min_current_a:
        at_minimum = min(amps, config.max_discharge_a) + EPSILON >= config.min_current_a
        return -config.min_current_a if at_minimum else 0.0
    return -round(steps, 3)


def may_increase(device: DeviceState, now: float, timing: Timing) -> bool:
    """Return whether the hold time after the last reduction and the least time between writes have passed.

    Where a car may have just left nobody is given more, nor is who draws more than it was told.
    """
    if device.car.plug.doubted or device.watch.over_since is not None:
        return False
    if device.reduced_at is not None and now - device.reduced_at < timing.increase_hold_s:
        return False
    return device.lease is None or now - device.lease.changed_at >= write_interval_s(device.config, timing)


def write_interval_s(config: DeviceConfig, timing: Timing) -> float:
    """Return least time between two increases of a device, s: its own, but not less than the island's."""
    own_s = config.write_interval_s if isinstance(config, ChargerConfig) else None
    return max(timing.min_write_interval_s, own_s or 0.0)


def next_increase(
    config: ChargerConfig, told_a: float, target_a: float, timing: Timing, *, proven_a: float = 0.0
) -> float:
    """Return one step up from `told_a` towards `target_a`; a paused charger starts at its minimum.

    Who is written to more seldom takes larger steps: the ramp has the same slope for all. Up to what it had lately
    (`proven_a`) it comes back at once.
    """
    ramp_a = timing.ramp_a_per_step
    if timing.min_write_interval_s > 0:
        ramp_a *= write_interval_s(config, timing) / timing.min_write_interval_s
    ramp_a = max(ramp_a, config.step_a)
    if told_a > 0 and min(target_a, proven_a) >= told_a + ramp_a:
        return charge_step(config, min(target_a, proven_a))
    # The odd part comes first: the last step then lands on the target, and no small one has to follow it.
    odd_a = math.fmod(charge_step(config, target_a) - told_a, ramp_a)
    step = config.min_current_a if told_a <= 0 else told_a + (odd_a if odd_a >= config.step_a else ramp_a)
    return max(told_a, charge_step(config, min(target_a, step)))
