"""From decisions to set-points: what is renewed, what is written, and what is written again."""

from ..control.decision import DeviceDecision
from ..device.state import DeviceState
from ..model.lease import grant
from ..model.world import BatteryConfig, BatterySetpoint, Cause, ChargerConfig, ChargerSetpoint, Setpoint
from .parts import EngineParts


class SetpointLeases:
    """Takes decisions over into the devices' leases."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def apply(self, plan: DeviceDecision, now: float) -> Setpoint | None:
        """Take a decision over into its device's lease, and return what has to be written, if anything."""
        device, lease = plan.device, plan.device.lease
        if plan.falls:
            device.reduced_at = now
        unchanged = lease is not None and lease.value == plan.value and not lease.expired(now)
        again = self._tell_again(device, plan, now) and unchanged
        if unchanged and lease is not None:
            lease.cause = plan.cause
            if not lease.due(now) and not again:
                return None
        before = None if lease is None else lease.value
        device.lease = grant(lease, plan.value, plan.cause, now, self._parts.config.timing.lease_s)
        self._note_command(plan, before, now if lease is None else lease.changed_at, now)
        expires_at, cause = device.lease.expires_at, plan.cause
        if isinstance(device.config, BatteryConfig):
            reduces = plan.value is not None and plan.value < (before if before is not None else device.power_w or 0.0)
            return BatterySetpoint(
                device_id=device.device_id, power_w=plan.value, expires_at=expires_at, cause=cause, reduces=reduces
            )
        amps = plan.value or 0.0
        return ChargerSetpoint(
            device_id=device.device_id,
            current_a=amps,
            expires_at=expires_at,
            cause=cause,
            reduces=before is None or amps < before,
            again=again,
            phases=len(device.config.phases),
        )

    def _note_command(self, plan: DeviceDecision, before: float | None, since: float, now: float) -> None:
        """Remember what a charger was told, and what that says."""
        device = plan.device
        if not isinstance(device.config, ChargerConfig) or plan.value is None:
            return
        if device.silent and plan.value > (before or 0.0):
            device.probe.begin(now)
        if before is not None and plan.value < before:
            device.watch.falls(now)
            if plan.cause is Cause.PROTECTION:
                device.turns.add(now, before, since)
        if plan.value > 0 and (before or 0.0) <= 0:
            device.resume.begins(now)
        elif plan.value <= 0 and (before or 0.0) > 0 and plan.cause is Cause.PROTECTION:
            device.resume.paused(now)

    def _tell_again(self, device: DeviceState, plan: DeviceDecision, now: float) -> bool:
        """Return whether a charger is told its setpoint although it shows it: it may do something else."""
        config, timing = device.config, self._parts.config.timing
        if not isinstance(config, ChargerConfig) or device.lease is None:
            return False
        if device.rewrite:
            device.rewrite = False
            return True
        if (plan.value or 0.0) > 0 and device.resume.tell_again(now):
            return True
        settled = now - device.lease.changed_at >= device.watch.follow_s(timing.compliance_grace_s)
        short = (
            settled
            and (plan.value or 0.0) < config.max_current_a
            and any(
                feeder.short_since is not None and now - feeder.short_since >= timing.compliance_grace_s / 3
                for feeder in (self._parts.feeders[number] for number in self._parts.topology.path(config.feeder_id))
            )
        )
        return device.watch.tell_again(now, timing.compliance_grace_s, short=short)
