"""After a request: chargers that helped come back one by one, not all at once.

Each charger whose part has ended stays where it was until it is its turn. It is released when its feeders have room
for it below their thresholds (with what those released just before have yet to take), at most one in each
`Timing.release_step_s`, and at the latest after `Timing.release_hold_s`, because nobody is paid for waiting. So the
rebound stays below the threshold while there is room, and later grows by no more than one charger per step. Until all
are back, each gets no more than it had before the request: nobody takes the place of those who still wait.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .device_state import DeviceState
from .model import NOMINAL_V, ChargerConfig, Timing
from .protection import FeederWatch
from .topology import Topology


@dataclass(slots=True)
class Waiting:
    """A charger that is to be released.

    Attributes:
        since: When its part ended.
        held: What it is told until then, A per phase; never negative: it stops feeding back at once.
        expects_w: What it will take then, W.
    """

    since: float
    held: float
    expects_w: float


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
        self._rising: dict[str, tuple[float, float]] = {}
        self._before: dict[str, float] = {}
        self._last_at: dict[int, float] = {}

    def add(self, device: DeviceState, now: float, *, held: float, expects_w: float) -> None:
        """A charger's part has ended: it waits for its turn."""
        if isinstance(device.config, ChargerConfig) and device.plugged_in and not device.satisfied:
            self._waiting[device.device_id] = Waiting(since=now, held=max(0.0, held), expects_w=expects_w)

    def drop(self, device_id: str) -> None:
        """It is asked again, or gone."""
        self._waiting.pop(device_id, None)
        self._before.pop(device_id, None)

    def held(self) -> dict[str, float]:
        """What those who wait, and those who were released before all are back, are told at most, A, by device id."""
        return {device_id: waiting.held for device_id, waiting in self._waiting.items()} | self._before

    def returning(self) -> set[str]:
        """Who waits, or has been released so lately that it may still be on its way up."""
        return self._waiting.keys() | self._rising.keys()

    def advance(self, now: float, devices: Mapping[str, DeviceState]) -> None:
        """Release whose turn it is."""
        self._rising = {
            device_id: (until, target_w)
            for device_id, (until, target_w) in self._rising.items()
            if until > now and device_id in devices
        }
        self._before = {
            device_id: amps
            for device_id, amps in self._before.items()
            if device_id in devices and devices[device_id].plugged_in
        }
        for device_id, waiting in sorted(self._waiting.items(), key=lambda item: item[1].since):
            device = devices.get(device_id)
            if device is None or not device.plugged_in or device.satisfied or now < waiting.since:
                del self._waiting[device_id]
                continue
            path = self._topology.path(device.config.feeder_id)
            if any(now - self._last_at.get(number, -1e18) < self._timing.release_step_s for number in path):
                continue
            over_due = now - waiting.since >= self._timing.release_hold_s
            if over_due or self._fits(device, waiting, path, devices):
                del self._waiting[device_id]
                self._rising[device_id] = (now + self._timing.increase_hold_s + 60.0, waiting.expects_w)
                self._before[device_id] = _current_a(device, waiting.expects_w)
                self._last_at.update(dict.fromkeys(path, now))
        if not self._waiting and not self._rising:
            self._before.clear()

    def _fits(
        self, device: DeviceState, waiting: Waiting, path: Sequence[int], devices: Mapping[str, DeviceState]
    ) -> bool:
        more_w = waiting.expects_w - max(0.0, device.power_w or 0.0)
        for number in path:
            feeder = self._feeders[number]
            if feeder.reading is None:
                return False
            for phase in device.config.phases:
                room_w = feeder.threshold_a()[phase] * NOMINAL_V - feeder.reading.power_w[phase]
                for other_id, (_, target_w) in self._rising.items():
                    other = devices[other_id]
                    if phase in other.config.phases and number in self._topology.path(other.config.feeder_id):
                        room_w -= max(0.0, target_w - (other.power_w or 0.0)) / len(other.config.phases)
                if room_w < more_w / len(device.config.phases):
                    return False
        return True


def _current_a(device: DeviceState, power_w: float) -> float:
    """The least setpoint with which a charger gets a power, and charges at all, A per phase."""
    config = device.config
    assert isinstance(config, ChargerConfig)  # noqa: S101  # nothing else waits
    steps = math.ceil(power_w / config.watts_per_amp / config.step_a - 1e-6) * config.step_a
    return min(config.max_current_a, max(config.min_current_a, steps))
