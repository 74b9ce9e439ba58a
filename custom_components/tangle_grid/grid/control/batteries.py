"""Home batteries in a control pass: left to themselves unless a request or the capacity says otherwise.

A battery that is told a power follows it, whatever it would do by itself. So after a request it is left to itself when
its time has come. One that was limited for the fuse is when what it took by itself before fits; if it takes more then,
it is limited once more, until that fits.
"""

from enum import Enum
from typing import Final

from ..model.lease import Lease
from ..model.tolerance import EPSILON
from ..model.world import Cause
from .decision import DeviceDecision

#: Batteries under their own control that charge with less are left alone, W.
_IDLE_W: Final = 100.0


class Role(Enum):
    """What a battery is in this pass."""

    SETTLED = "settled"
    FEEDING = "feeding"
    STORING = "storing"


def role_of(decision: DeviceDecision, *, wanted_w: float | None, held_w: float | None) -> Role:
    """Return what a battery is in this pass.

    Who is settled has its decision, the others have what they are told and may have.

    Args:
        decision: What is decided for it so far.
        wanted_w: What an active part asks of it, W.
        held_w: What it is told while it waits for its release, W.
    """
    device, config, lease = decision.device, decision.battery, decision.device.lease
    power_w = device.power_w
    if lease is None:
        decision.settle(None, Cause.SAFE_STATE)
        return Role.SETTLED
    if decision.wiring.blind or device.silent:
        if _held_down(lease):
            # Whoever cannot see must not let a battery charge that had been told to take less.
            decision.settle(0.0, Cause.PROTECTION)
        else:
            decision.settle(None, Cause.SAFE_STATE)
        return Role.SETTLED
    limit_w = lease.value if lease.cause is Cause.PROTECTION else None
    if wanted_w is not None and wanted_w <= 0:
        decision.ceiling = wanted_w / config.watts_per_amp
        return Role.FEEDING
    if (told_w := held_w if wanted_w is None else wanted_w) is not None:
        decision.ceiling_cause = Cause.RELEASE if wanted_w is None else Cause.REQUEST
        decision.told = decision.ceiling = told_w / config.watts_per_amp
        if limit_w is not None:
            # It rises as any other, also to what a request leaves it.
            decision.told = min(decision.told, limit_w / config.watts_per_amp)
        return Role.STORING
    if limit_w is not None:
        decision.told = limit_w / config.watts_per_amp
        decision.ceiling = max(min(device.own_w, config.max_charge_w) / config.watts_per_amp, decision.told)
        return Role.STORING
    if power_w is not None and power_w > _IDLE_W:
        decision.told = decision.ceiling = min(power_w, config.max_charge_w) / config.watts_per_amp
        return Role.STORING
    decision.settle(None, Cause.ALLOCATION if lease.value is None else Cause.RELEASE)
    return Role.SETTLED


def conclude(decision: DeviceDecision, amps: float) -> None:
    """Decide for one that stores, from what it may have, A per phase."""
    lease = decision.device.lease
    limited = lease is not None and lease.value is not None and lease.cause is Cause.PROTECTION
    if decision.ceiling_cause is not Cause.ALLOCATION and amps >= decision.ceiling - EPSILON:
        decision.settle(round(amps * decision.battery.watts_per_amp), decision.ceiling_cause)
    elif decision.ceiling_cause is not Cause.ALLOCATION:
        decision.settle(round(amps * decision.battery.watts_per_amp), Cause.PROTECTION)
    elif amps >= (decision.ceiling if limited else decision.told) - EPSILON:
        decision.settle(None, Cause.RELEASE if limited else Cause.ALLOCATION)
    else:
        decision.settle(round(amps * decision.battery.watts_per_amp), Cause.PROTECTION)


def _held_down(lease: Lease) -> bool:
    """Return whether a battery was told a power that is no more than it would take, and not to feed in."""
    told = lease.cause in {Cause.PROTECTION, Cause.REQUEST, Cause.RELEASE}
    return told and lease.value is not None and lease.value >= 0
