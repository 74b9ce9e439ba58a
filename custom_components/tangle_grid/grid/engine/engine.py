"""The grid engine: measurements in, setpoints and events out, one step at a time.

A step never waits and never looks at a clock. Its order: take in what was measured, credit what was delivered, move
the requests on, decide all setpoints, renew leases. A new run starts with every device in its safe state.
"""

from collections.abc import Sequence
from typing import Final

from ..control.control_pass import ControlPass
from ..control.decision import Plan
from ..control.load_shedding import keep_loads
from ..device.belief import believed
from ..device.charging import evidence_at, floor_a
from ..device.compliance import exceeds, measured_current_a
from ..device.freshness import MeterFault
from ..device.state import DeviceState
from ..model.events import Compliance, GridEvent, SafeState, is_owed
from ..model.lease import Lease, grant
from ..model.world import (
    BatteryConfig,
    BatterySetpoint,
    Cause,
    ChargerConfig,
    ChargerSetpoint,
    HouseholdConfig,
    Inputs,
    PhaseReading,
    Reason,
    Setpoint,
    Telemetry,
)
from ..network.protection import OLDEST_S, FeederWatch
from .commands import GridCommands
from .failsafe import Told, back_to_safety
from .status import StepResult

#: A clock that was set back by more than this is taken at its word, s.
_BACKWARDS_S: Final = 1.0
#: Steps are not asked for more densely than this, s.
_SHORTEST_WAIT_S: Final = 0.05
#: A charger that draws more than this charges, A.
_CHARGES_A: Final = 1.0


class GridEngine(GridCommands):
    """Everything that the transformer decides.

    Args:
        config: The island.
        new_id: Makes unique request ids.
        state: What `to_dict` of an earlier run gave, if any; of anything else, what can be read (see `lost`).
        plan_batch: Cars that a step looks at for a plan that is being made; 0 leaves them to `go_on_planning`.

    Raises:
        GridError: `invalid_config`.
    """

    def step(self, now: float, inputs: Inputs) -> StepResult:
        """One control pass. Should it raise, whatever it may be, `fail_safe` is to be called in its place.

        Args:
            now: Grid time, epoch seconds.
            inputs: Everything that is measured, with the times of the measurements.
        """
        self._before = {device_id: Told.of(device) for device_id, device in self._devices.items()}
        events = self._happened
        elapsed_s = self._turn_clock(now)
        self._observe(now, elapsed_s, inputs, events)
        self._lifecycle.measure(now, elapsed_s)
        self._market.advance(now, events)
        devices = tuple(self._devices.values())
        self._precedence.update(now, devices, self._feeders)
        self._planned = self._planning.update(
            now, devices, self._feeders, inputs.forecast, enabled=self._config.planning
        )
        releasing = self._market.releasing()
        control = ControlPass(
            config=self._config,
            topology=self._topology,
            feeders=self._feeders,
            devices=devices,
            wanted=self._market.wanted(),
            held=releasing,
            lids=self._market.lids(),
            precedence=self._precedence,
            planned=self._planned,
            now=now,
        )
        decided = (self._apply(plan, now) for plan in control.run())
        setpoints: list[Setpoint] = [setpoint for setpoint in decided if setpoint is not None]
        loads_changed = False
        for device in self._devices.values():
            if isinstance(device.config, HouseholdConfig):
                loads = keep_loads(device, now, self._config.timing, waits=device.device_id in releasing)
                loads_changed |= loads.changed
                if loads.setpoint is not None:
                    setpoints.append(loads.setpoint)
        result = StepResult(
            setpoints=tuple(setpoints),
            events=tuple(events),
            status=self.status(now),
            wake_at=self._wake_at(now),
            # A session's beginning, too: after a crash the one before must not be counted a second time.
            persist=loads_changed or any(map(is_owed, events)) or any(device.session_at == now for device in devices),
        )
        self._happened = []
        return result

    def reached(self) -> None:
        """The setpoints of the last step are on their way to their devices: should something fail now, they count."""
        self._before, self._failing = {}, False

    def fail_safe(self, now: float, inputs: Inputs | None = None) -> tuple[tuple[Setpoint, ...], tuple[GridEvent, ...]]:
        """Bring every device into its safe state, after a step failed or before its setpoints could be handed over.

        Nobody is raised by that. All are told the first time, then only when their lease needs it.

        Args:
            now: Grid time, epoch seconds.
            inputs: What the step was to look at; None: it could not be read.

        Returns:
            What has to be written, and what happened in the step before it failed.
        """
        first, self._failing = not self._failing, True
        lease_s = self._config.timing.lease_s
        setpoints: list[Setpoint] = []
        for device_id, device in self._devices.items():
            told = self._before.get(device_id)
            stands = device.lease if told is None else told.lease
            telemetry = device.telemetry if inputs is None else inputs.devices.get(device_id, device.telemetry)
            setpoint = back_to_safety(device, told, telemetry, now, lease_s, again=first)
            if setpoint is None:
                continue
            if not first and stands is not None and device.lease is not None and _holds(stands, device.lease, now):
                device.lease = stands
            else:
                setpoints.append(setpoint)
        self._before = {}
        events, self._happened = tuple(self._happened), []
        return tuple(setpoints), events

    def go_on_planning(self, batch: int) -> bool:
        """Between two steps: look at about so many cars for a plan that is being made. It holds from the next step on.

        Returns:
            Whether there is more to do.
        """
        return self._planning.planner.go_on(batch)

    def _turn_clock(self, now: float) -> float:
        """Time since the last step, s; 0 for the first one and after the clock was set back."""
        first, last = self._now is None, self._saved_at if self._now is None else self._now
        self._now = now
        back_s = 0.0 if last is None else max(0.0, last - now)
        if first or back_s > _BACKWARDS_S:
            # What was stored may be of a clock that was ahead.
            for device in self._devices.values():
                device.forget_future(now)
            for feeder in self._feeders:
                feeder.turn_back(now, back_s)
            self._market.turn_back(now, back_s)
        return 0.0 if first or last is None else max(0.0, now - last)

    def _observe(self, now: float, elapsed_s: float, inputs: Inputs, events: list[GridEvent]) -> None:
        # That a device is there is no news at the start; that it is not, is.
        was_silent = {device_id: device.silent for device_id, device in self._devices.items() if self._seen}
        self._seen = True
        for device_id, device in self._devices.items():
            self._take_in(device, now, elapsed_s, inputs.devices.get(device_id))
        for feeder, below in zip(self._feeders, self._below, strict=True):
            if self._look(feeder, now, inputs.meters.get(feeder.config.feeder_id), below):
                events.append(_sight_changed(feeder))
                for device in below:
                    device.reduced_at = now
        for device_id, device in self._devices.items():
            self._learn(device, now, events)
            if device.silent != was_silent.get(device_id, False):
                events.append(_silence_changed(device))
                device.reduced_at = now

    def _take_in(self, device: DeviceState, now: float, elapsed_s: float, telemetry: Telemetry | None) -> None:
        """One device's telemetry: what cannot be read is that device's trouble alone."""
        try:
            telemetry, device.fault = believed(telemetry, self._most_w[device.config.device_id], now)
            device.observe(now, elapsed_s, telemetry, self._config.timing)
        except Exception:  # noqa: BLE001 - whatever it is: it is not believed, and the others go on
            device.mute(now)

    def _learn(self, device: DeviceState, now: float, events: list[GridEvent]) -> None:
        try:
            device.learn_phases(now, self._nearest(device).reading)
            device.learn_minimum()
            device.learn_shown(now)
            self._watch_compliance(device, events)
        except Exception:  # noqa: BLE001 - as above
            device.mute(now)

    def _look(
        self, feeder: FeederWatch, now: float, reading: PhaseReading | None, below: Sequence[DeviceState]
    ) -> bool:
        """One meter's reading; returns whether sight changed. Of what cannot be read, nothing is known."""
        try:
            return feeder.observe(now, reading, self._config.timing, below)
        except Exception:  # noqa: BLE001 - a meter's trouble makes its feeder blind, and no other
            return feeder.lose(now, self._config.timing)

    def _nearest(self, device: DeviceState) -> FeederWatch:
        """The feeder that a device hangs on."""
        return self._feeders[self._topology.path(device.config.feeder_id)[0]]

    def _watch_compliance(self, device: DeviceState, events: list[GridEvent]) -> None:
        config, told, reading = device.config, device.setpoint, device.reading
        if not isinstance(config, ChargerConfig) or told is None or reading is None or device.lease is None:
            return
        grace_s = self._config.timing.compliance_grace_s
        if (at := evidence_at(device)) is None:
            return
        follow_s = device.watch.follow_s(grace_s)
        in_force = device.commands.in_force(at - follow_s, at)
        least, most = (told, told) if in_force is None else in_force
        measured = measured_current_a(config, reading)
        if measured >= _CHARGES_A:
            device.probe.heard()
        told = max(most, floor_a(device))
        if least != most and not exceeds(measured, told):
            # It may still be on its way from one setpoint to the next.
            return
        if exceeds(measured, told):
            device.resume.seen_above(reading.at)
        if device.watch.observe(at, told, measured, grace_s):
            events.append(
                Compliance(
                    device_id=device.device_id,
                    compliant=device.watch.compliant,
                    told=told,
                    measured=round(measured, 2),
                )
            )

    def _apply(self, plan: Plan, now: float) -> Setpoint | None:
        """Take a decision over into the device's lease; returns what has to be written, if anything."""
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
        device.lease = grant(lease, plan.value, plan.cause, now, self._config.timing.lease_s)
        self._note_command(plan, before, now)
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
        )

    def _note_command(self, plan: Plan, before: float | None, now: float) -> None:
        """Remember what a charger was told, and what that says."""
        device = plan.device
        if not isinstance(device.config, ChargerConfig) or plan.value is None:
            return
        if device.silent and plan.value > (before or 0.0):
            device.probe.begin(now)
        if before is not None and plan.value < before:
            device.watch.falls(now)
        if plan.value > 0 and (before or 0.0) <= 0:
            device.resume.begins(now)
        elif plan.value <= 0 and (before or 0.0) > 0 and plan.cause is Cause.PROTECTION:
            device.resume.paused(now)

    def _tell_again(self, device: DeviceState, plan: Plan, now: float) -> bool:
        """Whether a charger is told its setpoint although it shows it: it may do something else."""
        config, timing = device.config, self._config.timing
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
                for feeder in (self._feeders[number] for number in self._topology.path(config.feeder_id))
            )
        )
        return device.watch.tell_again(now, timing.compliance_grace_s, short=short)

    def _wake_at(self, now: float) -> float:
        timing = self._config.timing
        due = [now + timing.heartbeat_s, *self._market.deadlines(now)]
        due += [
            (device.lease.written_at + device.lease.expires_at) / 2
            for device in self._devices.values()
            if device.lease is not None
        ]
        due += [at for device in self._devices.values() if (at := device.resume.due_at()) is not None]
        due += [
            feeder.reading.at + feeder.reports.max_age_s(timing.meter_max_age_s, OLDEST_S) + _SHORTEST_WAIT_S
            for feeder in self._feeders
            if feeder.reading is not None
        ]
        return max(now + _SHORTEST_WAIT_S, min(due))


def _holds(stands: Lease, wanted: Lease, now: float) -> bool:
    """Whether a device need not be told what it was told already."""
    return stands.value == wanted.value and now - stands.written_at < stands.expires_at - now


def _silence_changed(device: DeviceState) -> SafeState:
    key = "device_recovered"
    if device.silent:
        key = "device_silent" if device.fault is None else device.fault.value
    return SafeState(target=device.config.device_id, entered=device.silent, reason=Reason(key=key))


def _sight_changed(feeder: FeederWatch) -> SafeState:
    fault: MeterFault | None = feeder.fault
    key = "meter_recovered" if fault is None else fault.value
    return SafeState(target=feeder.config.feeder_id, entered=fault is not None, reason=Reason(key=key))
