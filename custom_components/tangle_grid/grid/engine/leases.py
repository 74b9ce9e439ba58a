"""From decisions to set-points: what is renewed, what is written, and what is written again."""

from dataclasses import replace

from ..control.decision import DeviceDecision
from ..device.state import DeviceState
from ..model.lease import grant
from ..model.world import Cause, ChargerConfig, ChargerSetpoint, Setpoint
from .parts import EngineParts


class SetpointLeases:
    """Takes decisions over into the devices' leases."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def apply(self, decision: DeviceDecision, now: float) -> Setpoint | None:
        """Take a decision over into its device's lease, and return what has to be written, if anything."""
        device, lease = decision.device, decision.device.lease
        if decision.falls:
            device.reduced_at = now
        unchanged = lease is not None and lease.value == decision.value and not lease.expired(now)
        again = self._tell_again(device, decision, now) and unchanged
        change_to = device.change.asks(now)
        if unchanged and lease is not None:
            lease.cause = decision.cause
            if not lease.due(now) and not again and change_to is None:
                return None
        before = None if lease is None else lease.value
        device.lease = grant(lease, decision.value, decision.cause, now, self._parts.config.timing.lease_s)
        self._note_command(decision, before, now if lease is None else lease.changed_at, now)
        setpoint = decision.setpoint(before, expires_at=device.lease.expires_at, again=again)
        return replace(setpoint, change_to=change_to) if isinstance(setpoint, ChargerSetpoint) else setpoint

    def _note_command(self, decision: DeviceDecision, before: float | None, since: float, now: float) -> None:
        """Remember what a charger was told, and what that says."""
        device = decision.device
        if not isinstance(device.config, ChargerConfig) or decision.value is None:
            return
        if device.silent and decision.value > (before or 0.0):
            device.probe.begin(now)
        if before is not None and decision.value < before:
            device.watch.falls(now)
            if decision.cause is Cause.PROTECTION:
                device.turns.add(now, before, since)
        if decision.value > 0 and (before or 0.0) <= 0:
            device.resume.begins(now)
        elif decision.value <= 0 and (before or 0.0) > 0 and decision.cause is Cause.PROTECTION:
            device.resume.paused(now)

    def _tell_again(self, device: DeviceState, decision: DeviceDecision, now: float) -> bool:
        """Return whether a charger is told its setpoint although it shows it: it may do something else."""
        config, timing = device.config, self._parts.config.timing
        if not isinstance(config, ChargerConfig) or device.lease is None:
            return False
        if device.rewrite:
            device.rewrite = False
            return True
        if (decision.value or 0.0) > 0 and device.resume.tell_again(now):
            return True
        settled = now - device.lease.changed_at >= device.watch.follow_s(timing.compliance_grace_s)
        short = (
            settled
            and (decision.value or 0.0) < config.max_current_a
            and any(
                feeder.short_since is not None and now - feeder.short_since >= timing.compliance_grace_s / 3
                for feeder in (self._parts.feeders[number] for number in self._parts.topology.path(config.feeder_id))
            )
        )
        return device.watch.tell_again(now, timing.compliance_grace_s, short=short)
