"""Which feeder is above which, and what a device's current passes through."""

import math
from collections.abc import Iterable

from ..model.errors import GridError
from ..model.world import BatteryConfig, ChargerConfig, DeviceConfig, FeederConfig, GridConfig, HouseholdConfig

PHASES = 3


def limit_at(feeder: int, phase: int) -> int:
    """Return the number of the limit that is a phase of a feeder."""
    return PHASES * feeder + phase


def limits_at(feeder: int) -> slice:
    """Return where the limits of a feeder are among all."""
    return slice(PHASES * feeder, PHASES * (feeder + 1))


def total_at(feeder: int, feeders: int) -> int:
    """Return the number of the limit on the sum of a feeder's phases: those stand behind all others."""
    return PHASES * feeders + feeder


def feeder_of(limit: int) -> int:
    """Return the number of the feeder that a limit is a phase of."""
    return limit // PHASES


def phase_of(limit: int) -> int:
    """Return the phase that a limit is."""
    return limit % PHASES


class Topology:
    """The feeder tree, checked.

    A limit is one phase of one feeder, see `limit_at`.

    Raises:
        GridError: `invalid_config`, saying what is wrong with which feeder or device.
    """

    def __init__(self, config: GridConfig) -> None:
        self.feeders: tuple[FeederConfig, ...] = config.feeders
        self.number = {feeder.feeder_id: number for number, feeder in enumerate(config.feeders)}
        if not config.feeders:
            raise GridError("invalid_config", {"subject": "feeders", "problem": "none"})
        if len(self.number) != len(config.feeders):
            raise GridError("invalid_config", {"subject": "feeders", "problem": "duplicate"})
        for feeder in config.feeders:
            _check_feeder(feeder)
        self._path = {feeder.feeder_id: self._climb(feeder) for feeder in config.feeders}
        seen: set[str] = set()
        for device in config.devices:
            if device.device_id in seen:
                raise _bad(device, "duplicate")
            seen.add(device.device_id)
            if device.feeder_id not in self.number:
                raise _bad(device, "feeder")
            _check_device(device)

    @property
    def root(self) -> str:
        """The first feeder that has nothing above it: the one meant when none is named."""
        return next(feeder.feeder_id for feeder in self.feeders if feeder.parent_id is None)

    def path(self, feeder_id: str) -> tuple[int, ...]:
        """Return numbers of a feeder and of all above it."""
        return self._path[feeder_id]

    def limits(self, feeder_id: str, phases: Iterable[int]) -> tuple[int, ...]:
        """Return the limits that a current on these phases of a feeder passes through: there, and on all above it."""
        return tuple(limit_at(number, phase) for number in self._path[feeder_id] for phase in phases)

    def below(self, feeder_id: str, device: DeviceConfig) -> bool:
        """Return whether a device hangs on a feeder, directly or further down."""
        return self.number[feeder_id] in self._path[device.feeder_id]

    def _climb(self, feeder: FeederConfig) -> tuple[int, ...]:
        path: list[int] = []
        at: FeederConfig | None = feeder
        while at is not None:
            number = self.number[at.feeder_id]
            if number in path:
                raise GridError("invalid_config", {"subject": feeder.feeder_id, "problem": "cycle"})
            path.append(number)
            if at.parent_id is None:
                at = None
            elif at.parent_id in self.number:
                at = self.feeders[self.number[at.parent_id]]
            else:
                raise GridError("invalid_config", {"subject": at.feeder_id, "problem": "parent"})
        return tuple(path)


def _bad(device: DeviceConfig, problem: str) -> GridError:
    return GridError("invalid_config", {"subject": device.device_id, "problem": problem})


def _positive(values: Iterable[float]) -> bool:
    return all(math.isfinite(value) and value >= 0 for value in values)


def _check_feeder(feeder: FeederConfig) -> None:
    for name, values in (("capacity", feeder.capacity_a), ("threshold", feeder.threshold_a)):
        if len(values) != PHASES or not _positive(values) or not any(values):
            raise GridError("invalid_config", {"subject": feeder.feeder_id, "problem": name})
    target_w, window_s = feeder.peak_target_w, feeder.peak_window_s
    if (target_w is not None and not (math.isfinite(target_w) and target_w > 0)) or not (
        math.isfinite(window_s) and window_s > 0
    ):
        raise GridError("invalid_config", {"subject": feeder.feeder_id, "problem": "peak"})


def _check_device(device: DeviceConfig) -> None:
    phases = device.phases
    if not phases or len(set(phases)) != len(phases) or not set(phases) <= set(range(PHASES)):
        raise _bad(device, "phases")
    if isinstance(device, ChargerConfig):
        _check_charger(device)
    elif isinstance(device, BatteryConfig):
        if not _positive((device.capacity_wh, device.max_charge_w, device.max_discharge_w, device.min_soc)):
            raise _bad(device, "power")
    elif isinstance(device, HouseholdConfig) and not _positive(load.rated_w for load in device.loads):
        raise _bad(device, "loads")


def _check_charger(device: ChargerConfig) -> None:
    currents = (device.min_current_a, device.max_current_a, device.safe_current_a, device.max_discharge_a)
    if not _positive(currents) or not 0 < device.min_current_a <= device.max_current_a:
        raise _bad(device, "current")
    if device.safe_current_a > device.max_current_a or 0 < device.safe_current_a < device.min_current_a:
        raise _bad(device, "safe_current")
    if not math.isfinite(device.step_a) or device.step_a <= 0:
        raise _bad(device, "step")
    times = (each for each in (device.write_interval_s, device.max_age_s) if each is not None)
    if not _positive(times) or device.max_age_s == 0:
        raise _bad(device, "times")
