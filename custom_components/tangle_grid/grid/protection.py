"""The fuse's side: what each feeder carries, may carry, and how much of it nobody controls.

Everything rests on measurement. What a controllable device draws is taken out of the metered load; what is left
cannot be controlled and comes first. A device that is silent or does not obey counts as uncontrollable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .device_state import DeviceState
from .freshness import MeterFault, meter_fault
from .model import NOMINAL_V, ChargerConfig, FeederConfig, PhaseReading, PhaseTriple, Timing
from .topology import PHASES, Topology


@dataclass(frozen=True, slots=True)
class TemporaryCapacity:
    """A lower capacity for a while: total W over all phases, until a grid time."""

    power_w: float
    until: float


@dataclass(slots=True)
class FeederWatch:
    """One feeder from step to step.

    Attributes:
        reading: The newest trusted meter reading; None while blind.
        fault: Why it is blind; None: it is not.
        temporary: A lower capacity for a while.
        peak_w: Greatest total since the day started, W.
        over_since: Above the threshold without a break since then.
        last_issued_at: When the grid last made a request here by itself.
        rate_level: How many steps the next rate stands above the first one.
        observed: At least once.
        limit_a: The capacity that is in force, A per phase.
    """

    config: FeederConfig
    reading: PhaseReading | None = None
    fault: MeterFault | None = MeterFault.MISSING
    temporary: TemporaryCapacity | None = None
    peak_w: float = 0.0
    over_since: float | None = None
    last_issued_at: float | None = None
    rate_level: int = 0
    observed: bool = False
    limit_a: PhaseTriple = field(init=False)

    def __post_init__(self) -> None:
        self.limit_a = self.config.capacity_a

    @property
    def blind(self) -> bool:
        """The meter cannot be trusted."""
        return self.fault is not None

    def observe(self, now: float, reading: PhaseReading | None, timing: Timing) -> bool:
        """Take in the newest meter reading; True when sight was lost or regained, or lost for another reason."""
        first, self.observed = not self.observed, True
        before, self.fault = self.fault, meter_fault(reading, now, timing)
        self.reading = reading if self.fault is None else None
        self.renew_limit(now)
        if self.reading is None:
            self.over_since = None
        else:
            self.peak_w = max(self.peak_w, self.reading.total_w)
            if not any(self.excess_w()):
                self.over_since = None
            elif self.over_since is None:
                self.over_since = now
        # That there is a meter is no news at the start; that there is none, is.
        return self.blind if first else before is not self.fault

    def renew_limit(self, now: float) -> None:
        """Work out the capacity that is in force."""
        if self.temporary is not None and now >= self.temporary.until:
            self.temporary = None
        self.limit_a = self._limit()

    def forget_future(self, now: float) -> None:
        """The clock was set back: nothing may lie in the future."""
        if self.over_since is not None:
            self.over_since = min(self.over_since, now)
        if self.last_issued_at is not None:
            self.last_issued_at = min(self.last_issued_at, now)

    def threshold_a(self) -> PhaseTriple:
        """The threshold, A per phase; a temporary capacity pulls it down in proportion."""
        thresholds, capacities, limits = self.config.threshold_a, self.config.capacity_a, self.limit_a
        return _triple(
            threshold * limit / capacity if capacity > 0 else 0.0
            for threshold, capacity, limit in zip(thresholds, capacities, limits, strict=True)
        )

    def excess_w(self, margin: float = 0.0) -> PhaseTriple:
        """What each phase carries above its threshold, W; where it does, `margin` of the threshold is added."""
        if self.reading is None:
            return (0.0, 0.0, 0.0)
        return _triple(
            load - threshold * NOMINAL_V * (1 - margin) if load > threshold * NOMINAL_V else 0.0
            for load, threshold in zip(self.reading.power_w, self.threshold_a(), strict=True)
        )

    def _limit(self) -> PhaseTriple:
        capacity = self.config.capacity_a
        if self.temporary is None:
            return capacity
        phases = sum(1 for amps in capacity if amps > 0)
        share = self.temporary.power_w / phases / NOMINAL_V
        return _triple(min(amps, share) for amps in capacity)


def _triple(values: Iterable[float]) -> PhaseTriple:
    first, second, third = values
    return (first, second, third)


@dataclass(slots=True)
class Room:
    """Current that controllable devices may use, A per limit (a phase of a feeder; see `Topology`).

    Attributes:
        hard_a: Up to the capacity less its margin: what forces reductions.
        soft_a: With the increase band kept free as well, and without counting on energy that is fed back: what
            allows increases.
    """

    hard_a: list[float]
    soft_a: list[float]


def limits_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """The limits that a device's current passes through, without those of blind feeders: they are unknown."""
    return tuple(
        number * PHASES + phase
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind
        for phase in device.config.phases
    )


def drawn_a(device: DeviceState, feeder: FeederWatch, phase: int) -> float:
    """What a device draws on a phase, A, at the time of the feeder's own reading."""
    if feeder.reading is None or device.reading is None:
        return 0.0
    power_w = device.log.at(feeder.reading.at) or device.reading.power_w
    return power_w[phase] / NOMINAL_V


def room_for(
    controlled: Sequence[tuple[DeviceState, tuple[int, ...]]],
    uncertain: Sequence[tuple[DeviceState, tuple[int, ...]]],
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]],
    feeders: Sequence[FeederWatch],
    *,
    margin: float,
    band: float,
) -> Room:
    """What is left for the controlled devices.

    Args:
        controlled: Devices whose draw is about to be decided, with their limits.
        uncertain: Silent chargers: they may rise to what they were told last.
        feeding: Devices that are told to feed back: they may stop at any moment.
        feeders: All feeders, by number.
        margin: Share of the capacity that is kept free.
        band: Share of the capacity that increases keep free on top.
    """
    hard: list[float] = []
    soft: list[float] = []
    for feeder in feeders:
        for phase in range(PHASES):
            load_a = 0.0 if feeder.reading is None else feeder.reading.power_w[phase] / NOMINAL_V
            limit_a = feeder.limit_a[phase]
            hard.append(limit_a * (1 - margin) - load_a)
            soft.append(limit_a * (1 - margin - band) - load_a)
    for device, limits in controlled:
        for limit in limits:
            amps = drawn_a(device, feeders[limit // PHASES], limit % PHASES)
            hard[limit] += amps
            soft[limit] += amps
    for device, limits in uncertain:
        reserve = may_rise_a(device)
        for limit in limits:
            hard[limit] -= reserve
            soft[limit] -= reserve
    for device, limits in feeding:
        for limit in limits:
            soft[limit] += min(0.0, drawn_a(device, feeders[limit // PHASES], limit % PHASES))
    return Room(hard, soft)


def may_rise_a(device: DeviceState) -> float:
    """How much more than at its last reading a silent charger may draw by now, A per phase."""
    config = device.config
    if not isinstance(config, ChargerConfig):
        return 0.0
    told = config.safe_current_a if device.setpoint is None else device.setpoint
    return max(0.0, told - max(0.0, device.last_a))
