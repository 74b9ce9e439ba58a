"""After a request: chargers that helped come back one by one, not all at once.

Each charger whose part has ended stays where it was until it is its turn. It is released when each phase of each feeder
above it has room for it below the threshold, with all that those released shortly before have yet to take up; at most
one in each `Timing.release_step_s`; and at the latest after `Timing.release_hold_s`, because nobody is paid for
waiting, or when it is pressed (`order.is_pressed`). So the rebound stays below the threshold while there is room, and
later grows by no more than one charger per step. Until all are back, each gets no more than it had before the request,
and nobody takes the place of those who still wait: see `lid`, which also bounds what all chargers draw together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .device_state import DeviceState
from .lid import Help
from .model import NOMINAL_V, ChargerConfig, Timing
from .order import is_pressed
from .protection import FeederWatch
from .regulator import write_interval_s
from .topology import Topology

#: Who is released has taken up its power when less than this is missing, A per phase.
_BACK_A: Final = 1.0


@dataclass(slots=True)
class Waiting:
    """A charger that is to be released.

    Attributes:
        since: When its part ended.
        held: What it is told until then, A per phase; never negative: it stops feeding back at once.
        expects_w: What it will take then, W.
        before_a: The most that it is told then, until all are back, A per phase; at least, that it charges at all.
    """

    since: float
    held: float
    expects_w: float
    before_a: float


@dataclass(frozen=True, slots=True)
class Rising:
    """Something that is on its way back: what it will take, W, and how long that is waited for."""

    target_w: float
    until: float


class Release:
    """Who waits, and whose turn it is.

    Args:
        topology: The feeder tree.
        feeders: By number; shared with the engine.
        timing: Of the island.
    """

    def __init__(self, topology: Topology, feeders: Sequence[FeederWatch], timing: Timing) -> None:
        self._topology = topology
        self._feeders = feeders
        self._timing = timing
        self._waiting: dict[str, Waiting] = {}
        self._rising: dict[str, Rising] = {}
        self._before: dict[str, float] = {}
        self._last_at: dict[int, float] = {}

    def add(self, device: DeviceState, now: float, *, held: float, expects_w: float, before_a: float) -> None:
        """A part has ended: a charger waits for its turn, anything else comes back at once."""
        if not isinstance(device.config, ChargerConfig):
            self._rising[device.device_id] = Rising(expects_w, now + self._timing.increase_hold_s)
        elif device.plugged_in and not device.satisfied:
            self._waiting[device.device_id] = Waiting(now, max(0.0, held), expects_w, before_a)

    def drop(self, device_id: str) -> None:
        """It is asked again, or gone."""
        self._waiting.pop(device_id, None)
        self._rising.pop(device_id, None)
        self._before.pop(device_id, None)

    def held(self) -> dict[str, float]:
        """What those who wait, and those who were released before all are back, are told at most, A, by device id."""
        return {device_id: waiting.held for device_id, waiting in self._waiting.items()} | self._before

    def returning(self) -> set[str]:
        """Who waits, or has been released and is still on its way back."""
        return self._waiting.keys() | self._rising.keys()

    def helps(self, devices: Mapping[str, DeviceState]) -> dict[str, Help]:
        """What those who are not back yet have given up."""
        helps = {
            device_id: Help(waiting.before_a, max(0.0, waiting.before_a - waiting.held))
            for device_id, waiting in self._waiting.items()
        }
        for device_id, rising in self._rising.items():
            device = devices[device_id]
            missing_a = 0.0 if device_id in self._before else _missing_w(device, rising) / _amps_to_watts(device)
            helps[device_id] = Help(self._before.get(device_id, 0.0), missing_a)
        return helps

    def advance(self, now: float, devices: Mapping[str, DeviceState]) -> None:
        """Release whose turn it is."""
        self._rising = {
            device_id: rising
            for device_id, rising in self._rising.items()
            if device_id in devices and rising.until > now and not _is_back(devices[device_id], rising)
        }
        self._before = {
            device_id: amps
            for device_id, amps in self._before.items()
            if device_id in devices and devices[device_id].plugged_in
        }
        for device_id, waiting in sorted(self._waiting.items(), key=lambda item: item[1].since):
            device = devices.get(device_id)
            if (
                device is None
                or not isinstance(device.config, ChargerConfig)
                or not device.plugged_in
                or device.satisfied
                or now < waiting.since
            ):
                del self._waiting[device_id]
                continue
            path = self._topology.path(device.config.feeder_id)
            if any(now - self._last_at.get(number, -1e18) < self._timing.release_step_s for number in path):
                continue
            may_not_wait = now - waiting.since >= self._timing.release_hold_s or is_pressed(device, now)
            if may_not_wait or self._fits(device, waiting, path, devices):
                del self._waiting[device_id]
                until = now + self._rise_s(device, waiting)
                self._rising[device_id] = Rising(min(waiting.expects_w, _power_w(device, waiting.before_a)), until)
                self._before[device_id] = max(waiting.before_a, device.config.min_current_a)
                self._last_at.update(dict.fromkeys(path, now))
        if not self._waiting and not self._rising:
            self._before.clear()

    def _rise_s(self, device: DeviceState, waiting: Waiting) -> float:
        """How long it takes at most until it is back, s: what it may have to wait, the ramp, and time to follow."""
        timing = self._timing
        # Whoever is written to more seldom takes larger steps.
        ramp_s = (waiting.before_a - waiting.held) / timing.ramp_a_per_step * timing.min_write_interval_s
        return timing.increase_hold_s + write_interval_s(device.config, timing) + ramp_s + timing.compliance_grace_s

    def _fits(
        self, device: DeviceState, waiting: Waiting, path: Sequence[int], devices: Mapping[str, DeviceState]
    ) -> bool:
        more_w = waiting.expects_w - (device.power_w or 0.0)
        for number in path:
            feeder = self._feeders[number]
            if feeder.reading is None:
                return False
            for phase in device.config.phases:
                room_w = feeder.threshold_a()[phase] * NOMINAL_V - feeder.reading.power_w[phase]
                for other_id, rising in self._rising.items():
                    other = devices[other_id]
                    if phase in other.config.phases and number in self._topology.path(other.config.feeder_id):
                        room_w -= _missing_w(other, rising) / len(other.config.phases)
                if room_w < more_w / len(device.config.phases):
                    return False
        return True


def current_before(device: DeviceState, baseline_w: float, told_a: float | None) -> float:
    """The least setpoint with which a charger gets what it drew, A per phase; no more than it was told."""
    config = device.config
    assert isinstance(config, ChargerConfig)  # noqa: S101  # nothing else waits
    steps = math.ceil(baseline_w / config.watts_per_amp / config.step_a - 1e-6) * config.step_a
    return min(config.max_current_a, steps if told_a is None else min(steps, max(0.0, told_a)))


def _power_w(device: DeviceState, amps: float) -> float:
    return amps * _amps_to_watts(device)


def _amps_to_watts(device: DeviceState) -> float:
    return NOMINAL_V * len(device.config.phases)


def _missing_w(device: DeviceState, rising: Rising) -> float:
    """What it will still take, W, with what it feeds in and will not."""
    return max(0.0, rising.target_w - (device.power_w or 0.0))


def _is_back(device: DeviceState, rising: Rising) -> bool:
    if isinstance(device.config, ChargerConfig) and (not device.plugged_in or device.satisfied):
        return True
    return _missing_w(device, rising) <= _BACK_A * _amps_to_watts(device)
