"""The fuse's side: what each feeder carries, may carry, and how much of it nobody controls.

Everything rests on measurement. What a controllable device draws is taken out of the metered load; what is left
cannot be controlled and comes first. A device that is silent or does not obey counts as uncontrollable.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .checks import MAX_DURATION_S
from .device_state import DeviceState
from .freshness import MeterFault, meter_fault
from .model import NOMINAL_V, ChargerConfig, FeederConfig, PhaseReading, PhaseTriple, Timing
from .peak import PeakWindow
from .plausibility import Plausibility
from .topology import PHASES, Topology

#: Parts of the time over which highs are kept.
_HIGHS = 12


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
        granted_a: What dimmed devices may draw at any rate, the rest of the load included, A per phase; None: nothing
            beyond `limit_a`.
        peak: The window of a capacity tariff, if there is one.
        plausibility: Whether the meter can be right.
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
    granted_a: PhaseTriple | None = None
    peak: PeakWindow | None = field(init=False)
    plausibility: Plausibility = field(init=False)
    _highs: deque[tuple[float, PhaseTriple]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        config = self.config
        self.limit_a = config.capacity_a
        self.plausibility = Plausibility(capacity_a=config.capacity_a)
        self.peak = (
            None
            if config.peak_target_w is None
            else PeakWindow(target_w=config.peak_target_w, window_s=config.peak_window_s)
        )

    @property
    def blind(self) -> bool:
        """The meter cannot be trusted."""
        return self.fault is not None

    def observe(
        self, now: float, reading: PhaseReading | None, timing: Timing, devices: Iterable[DeviceState] = ()
    ) -> bool:
        """Take in the newest meter reading; True when sight was lost or regained, or lost for another reason.

        `devices` are those that hang below it, brought up to date.
        """
        first, self.observed = not self.observed, True
        before, self.fault = self.fault, meter_fault(reading, now, timing)
        if self.fault is None and reading is not None:
            self.fault = self.plausibility.check(now, reading, devices, timing)
        self.reading = reading if self.fault is None else None
        self.renew_limit(now)
        if self.peak is not None:
            self.peak.observe(now, self.reading)
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
        if self.temporary is None:
            self.granted_a = None
        self.limit_a = self._limit()

    def greatest_a(self, now: float, uncontrolled_a: PhaseTriple, keep_s: float) -> PhaseTriple:
        """The greatest uncontrolled load of the last `keep_s`, A per phase, with what it is now.

        Increases go by it: what a fridge or noise has taken a moment ago, it will take again.
        """
        highs = self._highs
        if highs and 0.0 <= now - highs[-1][0] < keep_s / _HIGHS:
            at, high = highs[-1]
            highs[-1] = (at, _triple(map(max, high, uncontrolled_a, strict=True)))
        else:
            highs.append((now, uncontrolled_a))
        while highs and not 0.0 <= now - highs[0][0] < keep_s:
            highs.popleft()
        return _triple(
            max((high[phase] for _, high in highs), default=uncontrolled_a[phase]) for phase in range(PHASES)
        )

    def turn_back(self, now: float, by_s: float) -> None:
        """The clock was set back by `by_s`, to `now`: nothing may lie in the future, and nothing lasts any longer."""
        if self.temporary is not None:
            until = min(self.temporary.until - by_s, now + MAX_DURATION_S)
            self.temporary = TemporaryCapacity(self.temporary.power_w, until)
        self._highs.clear()
        self.plausibility.forget_future(now)
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
    """Current that controllable devices may use, A per limit.

    A limit is a phase of a feeder (see `Topology`). Behind these come, one per feeder, the sums over the phases, for
    capacity tariffs.

    Attributes:
        hard_a: Up to the capacity less its margin: what forces reductions.
        soft_a: With the increase band kept free as well, and without counting on energy that is fed back: what
            allows increases.
        ordered_a: What temporary capacities take off both, A per limit; 0 where there is none.
    """

    hard_a: list[float]
    soft_a: list[float]
    ordered_a: list[float]

    @property
    def dimmed(self) -> bool:
        """A temporary capacity is in force somewhere."""
        return any(self.ordered_a)

    def fuse_a(self, room_a: Sequence[float]) -> list[float]:
        """`hard_a` or `soft_a` as they would be without any temporary capacity."""
        return [amps + ordered for amps, ordered in zip(room_a, self.ordered_a, strict=True)]


def limits_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """The limits that a device's current passes through, without those of blind feeders: they are unknown."""
    return tuple(
        number * PHASES + phase
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind
        for phase in device.config.phases
    )


def totals_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """The limits of capacity tariffs that a device's total counts on; the weight of 1 A is its number of phases."""
    return tuple(
        PHASES * len(feeders) + number
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind and feeders[number].peak is not None
    )


def drawn_a(device: DeviceState, feeder: FeederWatch, phase: int) -> float:
    """What a device draws on a phase, A, at the time of the feeder's own reading."""
    if feeder.reading is None or device.reading is None:
        return 0.0
    power_w = device.log.at(feeder.reading.at) or device.reading.power_w
    return power_w[phase] / NOMINAL_V


def owed_a(device: DeviceState, feeder: FeederWatch, phase: int, settle_s: float) -> float:
    """What a device can give back on a phase, A: its draw, without what a charger takes beyond its setpoint.

    What goes beyond it does not go away by telling it less, unless it was told only just now. So it is left in the
    load that nobody controls.
    """
    drawn = drawn_a(device, feeder, phase)
    lease = device.lease
    if not isinstance(device.config, ChargerConfig) or lease is None or lease.value is None or feeder.reading is None:
        return drawn
    if feeder.reading.at - lease.changed_at <= settle_s:
        return drawn
    return min(drawn, max(0.0, lease.value))


def room_for(
    controlled: Sequence[tuple[DeviceState, tuple[int, ...]]],
    uncertain: Sequence[tuple[DeviceState, tuple[int, ...]]],
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]],
    feeders: Sequence[FeederWatch],
    *,
    margin: float,
    band: float,
    settle_s: float,
) -> Room:
    """What is left for the controlled devices.

    Args:
        controlled: Devices whose draw is about to be decided, with their limits.
        uncertain: Silent chargers: they may rise to what they were told last.
        feeding: Devices that are told to feed back: they may stop at any moment.
        feeders: All feeders, by number.
        margin: Share of the capacity that is kept free.
        band: Share of the capacity that increases keep free on top.
        settle_s: Time that a charger has to follow before what it draws beyond its setpoint counts as uncontrolled.
    """
    hard: list[float] = []
    soft: list[float] = []
    ordered: list[float] = []
    for feeder in feeders:
        for phase in range(PHASES):
            load_a = 0.0 if feeder.reading is None else feeder.reading.power_w[phase] / NOMINAL_V
            limit_a = feeder.limit_a[phase]
            hard.append(limit_a * (1 - margin) - load_a)
            soft.append(limit_a * (1 - margin - band) - load_a)
            ordered.append((feeder.config.capacity_a[phase] - limit_a) * (1 - margin - band))
    _add_totals(hard, soft, feeders, band)
    ordered += [0.0] * len(feeders)
    for device, limits in controlled:
        for limit in limits:
            amps = owed_a(device, feeders[limit // PHASES], limit % PHASES, settle_s)
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
    _take_out_of_totals(hard, soft, controlled, feeding, feeders, settle_s)
    return Room(hard, soft, ordered)


def keep_clear_of_highs(room: Room, feeders: Sequence[FeederWatch], now: float, keep_s: float) -> None:
    """Let increases go by the greatest uncontrolled load of the last `keep_s`, not by that of this moment."""
    for number, feeder in enumerate(feeders):
        if feeder.reading is None:
            continue
        first = number * PHASES
        present = _triple(limit - room.hard_a[first + phase] for phase, limit in enumerate(feeder.limit_a))
        for phase, high in enumerate(feeder.greatest_a(now, present, keep_s)):
            room.soft_a[first + phase] -= max(0.0, high - present[phase])


def _add_totals(hard: list[float], soft: list[float], feeders: Sequence[FeederWatch], band: float) -> None:
    """Capacity tariffs: what may still be drawn over all phases, in A of one phase."""
    for feeder in feeders:
        if feeder.peak is None or feeder.reading is None:
            hard.append(0.0)
            soft.append(0.0)
        else:
            hard.append((feeder.peak.allowed_w() - feeder.reading.total_w) / NOMINAL_V)
            soft.append((feeder.peak.steady_w() * (1 - band) - feeder.reading.total_w) / NOMINAL_V)


def _take_out_of_totals(
    hard: list[float],
    soft: list[float],
    controlled: Sequence[tuple[DeviceState, tuple[int, ...]]],
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]],
    feeders: Sequence[FeederWatch],
    settle_s: float,
) -> None:
    """What controllable devices draw does not count as used; what is fed back is not counted on for increases."""
    if all(feeder.peak is None for feeder in feeders):
        return
    for devices, decided in ((controlled, True), (feeding, False)):
        for device, limits in devices:
            for limit in limits:
                amps = owed_a(device, feeders[limit // PHASES], limit % PHASES, settle_s)
                total = PHASES * len(feeders) + limit // PHASES
                hard[total] += amps if decided else 0.0
                soft[total] += amps if decided else min(0.0, amps)


def may_rise_a(device: DeviceState) -> float:
    """How much more than at its last reading a silent charger may draw by now, A per phase."""
    config = device.config
    if not isinstance(config, ChargerConfig):
        return 0.0
    told = config.safe_current_a if device.setpoint is None else device.setpoint
    return max(0.0, told - max(0.0, device.last_a))
