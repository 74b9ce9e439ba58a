"""What was measured, taken in: each device and each meter on its own, so that none stops the others."""

from collections.abc import Mapping, Sequence
from typing import Final

from ..device.belief import believed
from ..device.charging import evidence_at, floor_a
from ..device.compliance import exceeds, measured_current_a
from ..device.freshness import MeterFault
from ..device.state import DeviceState
from ..model.events import Compliance, GridEvent, SafeState
from ..model.world import ChargerConfig, Inputs, PhaseReading, Reason, Telemetry
from ..network.feeder_watch import FeederWatch
from .parts import EngineParts

#: A clock that was set back by more than this is taken at its word, s.
_BACKWARDS_S: Final = 1.0
#: A charger that draws more than this charges, A.
_CHARGES_A: Final = 1.0


class Observation:
    """Takes in the readings of one step after the other.

    Attributes:
        now: Grid time of the last step; None before the first.
    """

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts
        self.now: float | None = None
        self._seen = False

    def turn_clock(self, now: float) -> float:
        """Return the time since the last step, s; 0 for the first one and after the clock was set back."""
        first, last = self.now is None, self._parts.saved_at if self.now is None else self.now
        self.now = now
        back_s = 0.0 if last is None else max(0.0, last - now)
        if first or back_s > _BACKWARDS_S:
            # What was stored may be of a clock that was ahead.
            for device in self._parts.devices.values():
                device.forget_future(now)
            for feeder in self._parts.feeders:
                feeder.turn_back(now, back_s)
            if self._parts.supply is not None:
                self._parts.supply.turn_back(now)
            self._parts.market.turn_back(now, back_s)
            self._parts.load_protection.forget_future(now)
        return 0.0 if first or last is None else max(0.0, now - last)

    def observe(
        self,
        now: float,
        elapsed_s: float,
        inputs: Inputs,
        meters: Mapping[str, PhaseReading | None],
        events: list[GridEvent],
    ) -> None:
        """Take in all readings: devices, then meters, then what both together teach. News go to `events`.

        `meters` are those of `inputs`, or what has taken their place.
        """
        # That a device is there is no news at the start; that it is not, is.
        was_silent = {device_id: device.silent for device_id, device in self._parts.devices.items() if self._seen}
        self._seen = True
        for device_id, device in self._parts.devices.items():
            self._take_in(device, now, elapsed_s, inputs.devices.get(device_id))
        for feeder, below in zip(self._parts.feeders, self._parts.below, strict=True):
            if self._look(feeder, now, meters.get(feeder.config.feeder_id), below):
                events.append(_sight_changed(feeder))
                for device in below:
                    device.reduced_at = now
        for device_id, device in self._parts.devices.items():
            self._learn(device, now, events)
            if device.silent != was_silent.get(device_id, False):
                events.append(_silence_changed(device))
                if device.setpoint != 0:
                    # Whoever was paused all the time starts when it is heard of again.
                    device.reduced_at = now

    def _take_in(self, device: DeviceState, now: float, elapsed_s: float, telemetry: Telemetry | None) -> None:
        """One device's telemetry: what cannot be read is that device's trouble alone."""
        try:
            telemetry, fault = believed(telemetry, self._parts.most_w[device.config.device_id], now)
            device.observe(now, elapsed_s, device.judged(telemetry, fault), self._parts.config.timing)
        except Exception:  # noqa: BLE001 - whatever it is: it is not believed, and the others go on
            device.mute(now)

    def _learn(self, device: DeviceState, now: float, events: list[GridEvent]) -> None:
        try:
            nearest = self._parts.nearest(device)
            device.learn_phases(now, None if nearest.config.is_total else nearest.reading)
            device.learn_minimum()
            device.learn_shown(now)
            self._watch_compliance(device, events)
        except Exception:  # noqa: BLE001 - as above
            device.mute(now)

    def _look(
        self, feeder: FeederWatch, now: float, reading: PhaseReading | None, below: Sequence[DeviceState]
    ) -> bool:
        """Take in one meter's reading, and return whether sight changed. Of what cannot be read, nothing is known."""
        try:
            return feeder.observe(now, reading, self._parts.config.timing, below)
        except Exception:  # noqa: BLE001 - a meter's trouble makes its feeder blind, and no other
            return feeder.lose(now, self._parts.config.timing)

    def _watch_compliance(self, device: DeviceState, events: list[GridEvent]) -> None:
        config, told, reading = device.config, device.setpoint, device.reading
        if not isinstance(config, ChargerConfig) or told is None or reading is None or device.lease is None:
            return
        grace_s = self._parts.config.timing.compliance_grace_s
        if (at := evidence_at(device)) is None or config.is_shared:
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


def _silence_changed(device: DeviceState) -> SafeState:
    key = "device_recovered"
    if device.silent:
        key = "device_silent" if device.fault is None else device.fault.value
    return SafeState(target=device.config.device_id, entered=device.silent, reason=Reason(key=key))


def _sight_changed(feeder: FeederWatch) -> SafeState:
    fault: MeterFault | None = feeder.fault
    key = "meter_recovered" if fault is None else fault.value
    return SafeState(target=feeder.config.feeder_id, entered=fault is not None, reason=Reason(key=key))
