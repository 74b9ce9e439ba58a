"""Keeps household loads off while they are shed, and sees to it that they come back."""

from dataclasses import dataclass

from ..device.household_loads import RESTORE_FOR_S
from ..device.state import DeviceState
from ..model.lease import grant
from ..model.world import Cause, HouseholdSetpoint, HouseholdTelemetry, Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadsResult:
    """What to write, if anything; `changed` when what must survive a restart has changed."""

    setpoint: HouseholdSetpoint | None
    changed: bool


def keep_loads(
    device: DeviceState, now: float, timing: Timing, *, waits: bool = False, off: frozenset[str] = frozenset()
) -> LoadsResult:
    """Decide about a household's loads.

    A load that was shed is told to come back again and again until it is seen switched on: one lost message must not
    leave somebody without a water heater. `waits`: its part has ended, and its loads wait for their release. `off`:
    loads that stay off because the feeding cable is dead.
    """
    back = _back_on(device, now)
    for load in back:
        del device.loads.restoring[load]
    lease = device.lease
    fuse = device.loads.protecting.keys()
    if not device.loads.shed and not off and not fuse and not device.loads.restoring and lease is None:
        return LoadsResult(setpoint=None, changed=bool(back))
    # The count stands for the value: what matters is only whether it is the same as last time.
    shed = off | device.loads.shed.keys() | fuse
    restore = frozenset(device.loads.restoring.keys() - off - fuse)
    same = lease is not None and (device.loads.told_shed, device.loads.told_restore) == (shed, restore)
    cause = Cause.RELEASE
    if off:
        cause = Cause.OUTAGE
    elif device.loads.shed and not waits:
        cause = Cause.REQUEST
    elif fuse:
        cause = Cause.PROTECTION
    if same and lease is not None:
        lease.cause = cause
    if same and lease is not None and not lease.due(now) and not lease.expired(now):
        return LoadsResult(setpoint=None, changed=bool(back))
    reduces = bool(shed - device.loads.told_shed)
    if not shed and not restore:
        # The last one is seen to be back: say so once, then leave the household alone.
        device.lease = None
        device.loads.told_shed = device.loads.told_restore = frozenset()
        return LoadsResult(setpoint=None, changed=True)
    device.lease = grant(lease if same else None, float(len(shed)), cause, now, timing.lease_s)
    device.loads.told_shed, device.loads.told_restore = shed, restore
    setpoint = HouseholdSetpoint(
        device_id=device.device_id,
        shed=shed,
        restore=restore,
        held=frozenset(fuse),
        expires_at=device.lease.expires_at,
        cause=cause,
        reduces=reduces,
    )
    return LoadsResult(setpoint=setpoint, changed=not same or bool(back))


def bring_back(device: DeviceState, now: float) -> None:
    """Let all loads that are shed be switched on again."""
    device.loads.restoring |= dict.fromkeys(device.loads.shed, now + RESTORE_FOR_S)
    device.loads.shed.clear()


def watch_loads(device: DeviceState) -> None:
    """Notice which loads that are shed have been off: only what was off can be switched on."""
    telemetry = device.telemetry
    loads_on = telemetry.loads_on if isinstance(telemetry, HouseholdTelemetry) else {}
    off = device.loads.shed.keys() | device.loads.protecting.keys()
    device.loads.seen_off = {load for load in off if load in device.loads.seen_off or loads_on.get(load) is False}


def switched_on_by_hand(device: DeviceState, now: float, timing: Timing) -> bool:
    """Take a load as wanted that is shed and was switched on: that is the right of whoever lives there.

    One that is on when the grid starts was switched on by its own safe state, or while nobody looked: it is told to go
    off again, and only who switches it on after that wants it.
    """
    return any(
        load in device.loads.seen_off and now - since > timing.compliance_grace_s
        for load, since in device.loads.shed.items()
        if _is_on(device, load)
    )


def stays_on(device: DeviceState, now: float, timing: Timing) -> bool:
    """Return whether a load does not go off, although it was told to."""
    lease = device.lease
    if lease is None or now - lease.changed_at <= 2 * timing.compliance_grace_s:
        return False
    return any(
        load not in device.loads.seen_off and _is_on(device, load)
        for load in device.loads.shed.keys() & device.loads.told_shed
    )


def _is_on(device: DeviceState, load: str) -> bool:
    telemetry = device.telemetry
    return isinstance(telemetry, HouseholdTelemetry) and telemetry.loads_on.get(load) is True


def _back_on(device: DeviceState, now: float) -> list[str]:
    """Return the loads that need no more telling: seen on after they were told, or given up."""
    telemetry = device.telemetry
    loads_on = telemetry.loads_on if isinstance(telemetry, HouseholdTelemetry) else {}
    return [
        load
        for load, until in device.loads.restoring.items()
        if (loads_on.get(load) is True and load in device.loads.told_restore) or now >= until
    ]
