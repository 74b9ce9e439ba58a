"""After a request: those that helped come back one by one, not all at once.

Chargers, batteries that had charged and households' loads whose part has ended stay where they were until it is their
turn. One is released when each phase of each feeder above it has room for it below the threshold, with all that those
released shortly before have yet to take up; at most one in each `Timing.release_step_s`; and at the latest after
`Timing.release_hold_s`, because nobody is paid for waiting: then one after the other, faster where there are so many
that it would take longer than that once more. A car that is pressed (`order.is_pressed`) and a household
whose loads somebody switches on do not wait. So the rebound stays below the threshold while there is room, and later
grows by no more than one of them per step. Until all are back, each charger gets no more than it had before the
request, and nobody takes the place of those who still wait: see `lid`, which also bounds what all chargers draw
together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..control.capacity_reservation import Help
from ..control.load_shedding import bring_back, switched_on_by_hand
from ..control.precedence import is_pressed
from ..control.ramp import write_interval_s
from ..device.state import DeviceState
from ..model.tolerance import EPSILON
from ..model.world import NOMINAL_V, ChargerConfig, HouseholdConfig, Timing
from ..network.feeder_watch import FeederWatch
from ..network.topology import Topology, limit_at

#: Who is released has taken up its power when less than this is missing, A per phase.
_BACK_A: Final = 1.0
#: A battery that had charged with less comes back at once, W.
_CHARGED_W: Final = 100.0


@dataclass(slots=True)
class Waiting:
    """Who is to be released.

    Attributes:
        since: When its part ended.
        held: What it is told until then, a charger in A per phase, a battery in W; never negative: it stops feeding
            back at once. 0 for a household, whose loads stay off.
        expects_w: What it will take then, W.
        before_a: The most that a charger is told then, until all are back, A per phase; at least, that it charges.
        reserved_a: What it has given up and will take again, A per phase.
    """

    since: float
    held: float
    expects_w: float
    before_a: float
    reserved_a: float


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
        self._most = 1
        self._advanced_at = -math.inf

    def add(self, device: DeviceState, now: float, *, held: float, expects_w: float, before_a: float = 0.0) -> None:
        """Let a part that has ended wait for its turn. What a battery gave that had not charged ends at once."""
        held = max(0.0, held)
        match device.config:
            case ChargerConfig():
                if not device.car.plugged_in or device.car.satisfied:
                    return
                reserved_a = before_a - held
            case HouseholdConfig():
                reserved_a = _shed_w(device) / _amps_to_watts(device)
            case _:
                if expects_w < _CHARGED_W:
                    self._rising[device.device_id] = Rising(expects_w, now + self._timing.increase_hold_s)
                    return
                reserved_a = (expects_w - held) / _amps_to_watts(device)
        self._waiting[device.device_id] = Waiting(now, held, expects_w, before_a, max(0.0, reserved_a))

    def drop(self, device_id: str) -> None:
        """Forget one that is asked again, or gone."""
        self._waiting.pop(device_id, None)
        self._rising.pop(device_id, None)
        self._before.pop(device_id, None)

    def let_back(self, device: DeviceState, now: float) -> bool:
        """Let it wait no longer, by its own wish, and leave it alone for a while; return whether it did wait."""
        if device.device_id not in self._waiting:
            return False
        self.drop(device.device_id)
        self._leave_alone(device, now)
        bring_back(device, now)
        return True

    def held(self) -> dict[str, float]:
        """Return what those who wait, and chargers that were released before all are back, are told at most.

        By device id.
        """
        return {device_id: waiting.held for device_id, waiting in self._waiting.items()} | self._before

    def returning(self) -> set[str]:
        """Return who waits, or has been released and is still on its way back."""
        return self._waiting.keys() | self._rising.keys()

    def helps(self, devices: Mapping[str, DeviceState]) -> dict[str, Help]:
        """Return what those who are not back yet have given up."""
        helps = {device_id: Help(waiting.before_a, waiting.reserved_a) for device_id, waiting in self._waiting.items()}
        for device_id, rising in self._rising.items():
            device = devices[device_id]
            missing_a = 0.0 if device_id in self._before else _missing_w(device, rising) / _amps_to_watts(device)
            helps[device_id] = Help(self._before.get(device_id, 0.0), missing_a)
        return helps

    def advance(self, now: float, devices: Mapping[str, DeviceState]) -> None:
        """Release whose turn it is."""
        elapsed_s, self._advanced_at = now - self._advanced_at, now
        if elapsed_s < 0.0:
            # The clock was set back: nothing may lie in the future.
            self._rising, self._last_at = {}, {}
        self._rising = {
            device_id: rising
            for device_id, rising in self._rising.items()
            if device_id in devices and rising.until > now and not _is_back(devices[device_id], rising)
        }
        self._before = {
            device_id: amps
            for device_id, amps in self._before.items()
            if device_id in devices and devices[device_id].car.plugged_in
        }
        if not self._waiting:
            if not self._rising:
                self._before.clear()
            self._most = 1
            return
        self._most = max(self._most, len(self._waiting))
        step_s = min(self._timing.release_step_s, self._timing.release_hold_s / self._most)
        # Several at once, if as many should have been released since the last pass.
        catch_up_s = max(0.0, min(elapsed_s, self._timing.heartbeat_s) - step_s)
        coming = self._coming_w(devices)
        for device_id, waiting in sorted(self._waiting.items(), key=lambda item: item[1].since):
            device = devices.get(device_id)
            if device is None or now < waiting.since or not self._must_wait(device, now):
                del self._waiting[device_id]
                if device is not None:
                    self._end(device, now)
                continue
            path = self._topology.path(device.config.feeder_id)
            if any(now - self._last_at.get(number, -math.inf) < step_s - EPSILON for number in path):
                continue
            may_not_wait = now - waiting.since >= self._timing.release_hold_s or is_pressed(device, now)
            if may_not_wait or self._fits(device, waiting, path, coming):
                del self._waiting[device_id]
                for number in path:
                    self._last_at[number] = max(self._last_at.get(number, -math.inf) + step_s, now - catch_up_s)
                self._let_rise(device, waiting, now)
                self._add_to(coming, device, _missing_w(device, self._rising[device_id]))

    def _must_wait(self, device: DeviceState, now: float) -> bool:
        """Return whether there is still something to wait for."""
        match device.config:
            case ChargerConfig():
                return device.car.plugged_in and not device.car.satisfied
            case HouseholdConfig():
                return bool(device.loads.shed) and not switched_on_by_hand(device, now, self._timing)
            case _:
                return True

    def _end(self, device: DeviceState, now: float) -> None:
        """It waits no longer: all of it is back at once, and who switched a load on is left alone for a while."""
        if device.loads.shed and switched_on_by_hand(device, now, self._timing):
            self._leave_alone(device, now)
        bring_back(device, now)

    def _leave_alone(self, device: DeviceState, now: float) -> None:
        device.left_until = now + self._timing.release_hold_s + self._timing.increase_hold_s

    def _let_rise(self, device: DeviceState, waiting: Waiting, now: float) -> None:
        """It is its turn."""
        device_id, until = device.device_id, now + self._timing.increase_hold_s
        match device.config:
            case ChargerConfig() as config:
                target_w = min(waiting.expects_w, _power_w(device, waiting.before_a))
                until = now + self._rise_s(device, waiting)
                self._before[device_id] = max(waiting.before_a, config.min_current_a)
            case HouseholdConfig():
                # Only what was shed comes back.
                target_w = (device.power_w or 0.0) + _shed_w(device)
                bring_back(device, now)
            case _:
                target_w = waiting.expects_w
        self._rising[device_id] = Rising(target_w, until)

    def _rise_s(self, device: DeviceState, waiting: Waiting) -> float:
        """Return how long it takes at most until it is back, s.

        What it may have to wait, the ramp, and time to follow.
        """
        timing = self._timing
        # Whoever is written to more seldom takes larger steps.
        ramp_s = (waiting.before_a - waiting.held) / timing.ramp_a_per_step * timing.min_write_interval_s
        return timing.increase_hold_s + write_interval_s(device.config, timing) + ramp_s + timing.compliance_grace_s

    def _coming_w(self, devices: Mapping[str, DeviceState]) -> dict[int, float]:
        """Return what is still to come, W per limit.

        From those on their way back, and as some have not stopped feeding in.
        """
        coming: dict[int, float] = {}
        for device_id, rising in self._rising.items():
            self._add_to(coming, devices[device_id], _missing_w(devices[device_id], rising))
        for device_id in self._waiting:
            device = devices.get(device_id)
            # What a home feeds in is its own sun, which goes on.
            if device is not None and not isinstance(device.config, HouseholdConfig):
                self._add_to(coming, device, max(0.0, -(device.power_w or 0.0)))
        return coming

    def _add_to(self, coming: dict[int, float], device: DeviceState, power_w: float) -> None:
        for number in self._topology.path(device.config.feeder_id) if power_w > 0 else ():
            for phase in device.config.phases:
                limit = limit_at(number, phase)
                coming[limit] = coming.get(limit, 0.0) + power_w / len(device.config.phases)

    def _fits(self, device: DeviceState, waiting: Waiting, path: Sequence[int], coming: Mapping[int, float]) -> bool:
        household = isinstance(device.config, HouseholdConfig)
        # What it feeds in now counts with what is to come.
        more_w = _shed_w(device) if household else waiting.expects_w - max(0.0, device.power_w or 0.0)
        for number in path:
            feeder = self._feeders[number]
            if feeder.reading is None:
                return False
            for phase in device.config.phases:
                room_w = feeder.threshold_a()[phase] * NOMINAL_V - feeder.reading.power_w[phase]
                if room_w - coming.get(limit_at(number, phase), 0.0) < more_w / len(device.config.phases):
                    return False
        return True


def current_before(device: DeviceState, baseline_w: float, told_a: float | None) -> float:
    """Return the least setpoint with which a charger gets what it drew, A per phase; no more than it was told."""
    config = device.config
    assert isinstance(config, ChargerConfig)  # noqa: S101  # nothing else waits
    steps = math.ceil(baseline_w / config.watts_per_amp / config.step_a - EPSILON) * config.step_a
    return min(config.max_current_a, steps if told_a is None else min(steps, max(0.0, told_a)))


def _power_w(device: DeviceState, amps: float) -> float:
    return amps * _amps_to_watts(device)


def _amps_to_watts(device: DeviceState) -> float:
    return NOMINAL_V * len(device.config.phases)


def _shed_w(device: DeviceState) -> float:
    return device.loads.rated_w(tuple(device.loads.shed))


def _missing_w(device: DeviceState, rising: Rising) -> float:
    """Return what it will still take, W, with what it feeds in and will not."""
    return max(0.0, rising.target_w - (device.power_w or 0.0))


def _is_back(device: DeviceState, rising: Rising) -> bool:
    if isinstance(device.config, ChargerConfig) and (not device.car.plugged_in or device.car.satisfied):
        return True
    return _missing_w(device, rising) <= _BACK_A * _amps_to_watts(device)
