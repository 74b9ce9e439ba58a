"""Home batteries in a control pass: left to themselves unless a request or the capacity says otherwise.

A battery that is limited is told a power and follows it. What it would do by itself is not known then, only what it did
before: it is left to itself again when that fits. If it takes more then, it is limited once more, until that fits.
"""

from enum import Enum
from typing import Final

from .lease import Lease
from .model import Cause
from .verdict import Plan

#: Batteries under their own control that charge with less are left alone, W.
_IDLE_W: Final = 100.0
_EPSILON: Final = 1e-6


class Role(Enum):
    """What a battery is in this pass."""

    SETTLED = "settled"
    FEEDING = "feeding"
    STORING = "storing"


def role_of(plan: Plan, *, wanted_w: float | None, held_w: float | None) -> Role:
    """What a battery is in this pass; who is settled has its decision, the others have what they are told and may have.

    Args:
        plan: Its plan.
        wanted_w: What an active part asks of it, W.
        held_w: What it is told while it waits for its release, W.
    """
    device, config, lease = plan.device, plan.battery, plan.device.lease
    power_w = device.power_w
    if lease is None:
        plan.settle(None, Cause.SAFE_STATE)
        return Role.SETTLED
    limit_w = _limit_w(lease)
    if plan.wiring.blind or device.silent:
        # Whoever cannot see must not let a battery charge at full power.
        plan.settle(limit_w, Cause.SAFE_STATE if limit_w is None else Cause.PROTECTION)
        return Role.SETTLED
    if wanted_w is not None and wanted_w <= 0:
        plan.ceiling = wanted_w / config.watts_per_amp
        return Role.FEEDING
    if (told_w := held_w if wanted_w is None else wanted_w) is not None:
        plan.ceiling_cause = Cause.RELEASE if wanted_w is None else Cause.REQUEST
        plan.told = plan.ceiling = told_w / config.watts_per_amp
        if limit_w is not None and lease.cause is Cause.PROTECTION:
            # It rises as any other, also to what a request leaves it.
            plan.told = min(plan.told, limit_w / config.watts_per_amp)
        return Role.STORING
    if limit_w is not None:
        plan.told = limit_w / config.watts_per_amp
        plan.ceiling = max(min(device.own_w, config.max_charge_w) / config.watts_per_amp, plan.told)
        return Role.STORING
    if power_w is not None and power_w > _IDLE_W:
        plan.told = plan.ceiling = min(power_w, config.max_charge_w) / config.watts_per_amp
        return Role.STORING
    plan.settle(None, Cause.ALLOCATION if lease.value is None else Cause.RELEASE)
    return Role.SETTLED


def conclude(plan: Plan, amps: float) -> None:
    """Decide for one that stores, from what it may have, A per phase."""
    lease = plan.device.lease
    limited = lease is not None and _limit_w(lease) is not None
    if plan.ceiling_cause is not Cause.ALLOCATION and amps >= plan.ceiling - _EPSILON:
        plan.settle(round(amps * plan.battery.watts_per_amp), plan.ceiling_cause)
    elif plan.ceiling_cause is not Cause.ALLOCATION:
        plan.settle(round(amps * plan.battery.watts_per_amp), Cause.PROTECTION)
    elif amps >= (plan.ceiling if limited else plan.told) - _EPSILON:
        plan.settle(None, Cause.RELEASE if limited else Cause.ALLOCATION)
    else:
        plan.settle(round(amps * plan.battery.watts_per_amp), Cause.PROTECTION)


def _limit_w(lease: Lease) -> float | None:
    """What a battery was limited to, W, that may take more once it is free; None: it was not."""
    limited = lease.cause in {Cause.PROTECTION, Cause.REQUEST, Cause.RELEASE}
    return lease.value if limited and lease.value is not None and lease.value >= 0 else None
