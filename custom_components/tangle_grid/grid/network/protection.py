"""The fuse's side: what each feeder carries, may carry, and how much of it nobody controls.

Everything rests on measurement. What a controllable device draws is taken out of the metered load; what is left
cannot be controlled and comes first. A device that is silent or does not obey counts as uncontrollable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ..device.charging import assume, beyond_a, draw_of
from ..device.draw_bounds import Draw
from ..device.freshness import MeterFault, is_finite, meter_fault
from ..device.held_back import HeldBack
from ..device.report_interval import ReportWatch
from ..device.state import DeviceState
from ..model.validation import MAX_DURATION_S
from ..model.world import (
    NOMINAL_V,
    ChargerConfig,
    FeederConfig,
    PhaseReading,
    PhaseTriple,
    Reason,
    Timing,
)
from .capacity_envelope import EnvelopeWatch
from .capacity_tariff import PeakWindow
from .load_attribution import Attribution
from .load_mean import LoadMean
from .meter_check import Doubt, doubts
from .meter_plausibility import Plausibility
from .meter_response import StepEcho
from .phase_order import PhaseOrder
from .proportional_fall import ProportionalFall
from .recent_highs import Highs
from .topology import PHASES, Topology, feeder_of, limit_at, limits_at, phase_of, total_at
from .total_meter import TotalMeter

#: The part of the band that increases keep free above what has not been exceeded for minutes.
_STEADY_BAND: Final = 0.5
#: Who charges keeps the least current while single readings lie no further above the capacity, in margins.
_KEPT: Final = 2.0
#: A meter that is gone for no more than this share of its greatest age is only late.
_BRIDGED: Final = 2 / 3
#: A meter that reports nothing for longer is blind, however seldom it reports, s.
OLDEST_S: Final = 200.0


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
        not_asked: Why nobody could be asked when help was last wanted, by device id; empty once somebody is.
        observed: At least once.
        linked: What it may carry while it hangs on another island.
        fuse_a: The fuse, or the envelope or what feeds it where that is less, A per phase: nothing goes beyond.
        limit_a: The capacity that is in force, A per phase.
        granted_a: What dimmed devices may draw at any rate, the rest of the load included, A per phase; None: nothing
            beyond `limit_a`.
        peak: The window of a capacity tariff, if there is one.
        plausibility: Whether the meter can be right.
        reports: How often the meter reports.
        attribution: Who is behind what it shows.
        total: What any phase may carry of it, where it shows one total.
        echo: Whether what chargers do shows on it.
        fall: Whether it fell at once by the same ratio on several phases.
        order: Whether it still shows each phase where it did.
        highs: The greatest loads that nobody controls, of the last minutes.
        mean: The load that nobody controls without its noise.
        short_since: A phase carries more than the capacity without a break since then.
        left_a: What there was for devices when it was seen last, A per phase; None: not seen yet.
        held_back: What the seldom reports of its meter keep from cars.
        ceiling_a: What whatever feeds it can give, A per phase, where that is less than its fuse; None: it is not.
    """

    config: FeederConfig
    reading: PhaseReading | None = None
    fault: MeterFault | None = MeterFault.MISSING
    temporary: TemporaryCapacity | None = None
    peak_w: float = 0.0
    over_since: float | None = None
    last_issued_at: float | None = None
    rate_level: int = 0
    not_asked: dict[str, Reason] = field(default_factory=dict)
    observed: bool = False
    linked: EnvelopeWatch = field(default_factory=EnvelopeWatch)
    fuse_a: PhaseTriple = field(init=False)
    limit_a: PhaseTriple = field(init=False)
    granted_a: PhaseTriple | None = None
    peak: PeakWindow | None = field(init=False)
    plausibility: Plausibility = field(init=False)
    reports: ReportWatch = field(default_factory=ReportWatch)
    attribution: Attribution = field(default_factory=Attribution)
    total: TotalMeter | None = field(init=False)
    echo: StepEcho = field(default_factory=StepEcho)
    fall: ProportionalFall = field(default_factory=ProportionalFall)
    order: PhaseOrder = field(default_factory=PhaseOrder)
    highs: Highs = field(default_factory=Highs)
    mean: LoadMean = field(default_factory=LoadMean)
    short_since: float | None = None
    left_a: PhaseTriple | None = None
    held_back: HeldBack = field(default_factory=HeldBack)
    ceiling_a: PhaseTriple | None = None
    _newest: PhaseReading | None = None
    _gone_since: float | None = None
    _seen_at: float | None = None

    def __post_init__(self) -> None:
        config = self.config
        self.limit_a = self.fuse_a = config.capacity_a
        self.plausibility = Plausibility(capacity_a=config.capacity_a)
        self.total = TotalMeter() if config.is_total else None
        self.peak = (
            None
            if config.peak_target_w is None
            else PeakWindow(target_w=config.peak_target_w, window_s=config.peak_window_s)
        )

    @property
    def suspect(self) -> bool:
        """What the meter shows may be wrong or old: no reason to give anybody more."""
        gone = self._gone_since is not None and not self.blind
        doubted = self.plausibility.suspect or self.echo.doubtful or self.fall.pending
        return gone or (doubted and not self.config.is_reported)

    @property
    def blind(self) -> bool:
        """The meter cannot be trusted."""
        return self.fault is not None

    @property
    def above_threshold(self) -> bool:
        """A phase carries more than its threshold, or more than its capacity."""
        if self.reading is None:
            return False
        allowed_a = self.limit_a if self.granted_a is None else self.granted_a
        over = any(load > limit * NOMINAL_V for load, limit in zip(self.reading.power_w, allowed_a, strict=True))
        return over or any(self.excess_w())

    def awaited(self, now: float) -> bool:
        """Return whether it is blind only because its meter reports seldom: the next report is not overdue."""
        return self.fault is MeterFault.TOO_OLD and self.reports.awaits(now, unknown_s=0.0)

    def observe(
        self, now: float, reading: PhaseReading | None, timing: Timing, devices: Sequence[DeviceState] = ()
    ) -> bool:
        """Take in the newest meter reading; True when sight was lost or regained, or lost for another reason.

        `devices` are those that hang below it, brought up to date.
        """
        first, self.observed = not self.observed, True
        max_age_s = self.reports.max_age_s(timing.meter_max_age_s, OLDEST_S)
        reading = self._bridged(now, reading, timing)
        before, self.fault = self.fault, meter_fault(reading, now, timing, max_age_s=max_age_s)
        if self.fault is None and reading is not None and not self.config.is_reported:
            self.fault = self.plausibility.check(now, reading, devices, timing)
        if self.total is not None and self.fault is None and reading is not None:
            reading = self.total.placed(reading, devices, timing)
        self.reading = reading if self.fault is None else None
        self.renew_limit(now)
        if self.peak is not None:
            self.peak.observe(now, self.reading)
        if self.reading is None:
            self.over_since = self.short_since = None
        else:
            self.peak_w = max(self.peak_w, self.reading.total_w)
            self._watch_shortage(self.reading)
            if not any(self.excess_w()):
                self.over_since = None
            elif self.over_since is None:
                self.over_since = now
        # That there is a meter is no news at the start; that there is none, is.
        return self.blind if first else before is not self.fault

    def lose(self, now: float, timing: Timing) -> bool:
        """Note that the meter cannot be read at all; return whether sight was lost by that."""
        self._newest = None
        return self.observe(now, None, timing)

    def renew_limit(self, now: float) -> None:
        """Work out the capacity that is in force."""
        if self.temporary is not None and now >= self.temporary.until:
            self.temporary = None
        if self.temporary is None:
            self.granted_a = None
        self.fuse_a = self._fed(self.linked.within(now, self.config.capacity_a))
        self.limit_a = self._limit(self.fuse_a)

    def _bridged(self, now: float, reading: PhaseReading | None, timing: Timing) -> PhaseReading | None:
        """Return what the meter showed last when it has just gone: no worse than a report that is late."""
        if reading is not None:
            if is_finite(reading):
                self.reports.observe(reading.at)
                self.highs.interval_s = self.reports.interval_s or 0.0
            self._newest, self._gone_since, self._seen_at = reading, None, now
            return reading
        if self._gone_since is None:
            self._gone_since = now if self._seen_at is None else self._seen_at
        if not 0.0 <= now - self._gone_since <= timing.meter_max_age_s * _BRIDGED:
            self.reports.interrupt()
            self._newest = None
        return self._newest

    def _watch_shortage(self, reading: PhaseReading) -> None:
        if all(watts <= limit * NOMINAL_V for watts, limit in zip(reading.power_w, self.limit_a, strict=True)):
            self.short_since = None
        elif self.short_since is None:
            self.short_since = reading.at

    def turn_back(self, now: float, by_s: float) -> None:
        """Note that the clock was set back by `by_s`, to `now`: nothing may lie in the future, nor last any longer."""
        if self.temporary is not None:
            until = min(self.temporary.until - by_s, now + MAX_DURATION_S)
            self.temporary = TemporaryCapacity(self.temporary.power_w, until)
        self.linked.turn_back(now, by_s)
        self.change_source()
        if self._gone_since is not None:
            self._gone_since = min(self._gone_since, now)
        self.plausibility.forget_future(now)
        if self.over_since is not None:
            self.over_since = min(self.over_since, now)
        if self.last_issued_at is not None:
            self.last_issued_at = min(self.last_issued_at, now)

    def change_source(self) -> None:
        """Note that what was seen until now says nothing about what comes: another meter, or another time."""
        self.highs.clear()
        self.mean.forget()
        self.attribution.forget()
        if self.total is not None:
            self.total.forget()
        self.echo.forget()
        self.fall.forget()
        self.order.forget()
        self.reports.interrupt()
        self.held_back.forget()
        self._newest = self.short_since = self._seen_at = None

    def threshold_a(self) -> PhaseTriple:
        """Return the threshold, A per phase; a temporary capacity pulls it down in proportion, an envelope does not.

        Who is asked for help because an envelope is short is the business of whoever granted it.
        """
        thresholds, capacities = self.config.threshold_a, self.config.capacity_a
        limits = self._limit(self._fed(capacities))
        return _triple(
            threshold * limit / capacity if capacity > 0 else 0.0
            for threshold, capacity, limit in zip(thresholds, capacities, limits, strict=True)
        )

    def excess_w(self, margin: float = 0.0) -> PhaseTriple:
        """Return what each phase carries above its threshold, W; where it does, `margin` of the threshold is added."""
        if self.reading is None:
            return (0.0, 0.0, 0.0)
        return _triple(
            load - threshold * NOMINAL_V * (1 - margin) if load > threshold * NOMINAL_V else 0.0
            for load, threshold in zip(self.reading.power_w, self.threshold_a(), strict=True)
        )

    def _fed(self, capacity_a: PhaseTriple) -> PhaseTriple:
        """Return a capacity, or what whatever feeds it can give where that is less."""
        if self.ceiling_a is None:
            return capacity_a
        return _triple(min(amps, most) for amps, most in zip(capacity_a, self.ceiling_a, strict=True))

    def _limit(self, fuse_a: PhaseTriple) -> PhaseTriple:
        if self.temporary is None:
            return fuse_a
        phases = sum(1 for amps in self.config.capacity_a if amps > 0)
        share = self.temporary.power_w / phases / NOMINAL_V
        return _triple(min(amps, share) for amps in fuse_a)


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
        load_a: What is not about to be decided and counts for increases, A per limit without totals.
        keep_a, start_a: The same as `hard_a` and `soft_a` for least currents alone: who charges keeps it, and who waits
            gets it, as far as the capacity carries it, the margin included.
        by_meter_a, by_chargers_a: How much `soft_a` would be more if the meter, or all chargers, reported often, A per
            limit without totals.
    """

    hard_a: list[float]
    soft_a: list[float]
    ordered_a: list[float]
    load_a: list[float]
    keep_a: list[float]
    start_a: list[float]
    by_meter_a: list[float]
    by_chargers_a: list[float]

    @property
    def dimmed(self) -> bool:
        """A temporary capacity is in force somewhere."""
        return any(self.ordered_a)

    def fuse_a(self, room_a: Sequence[float]) -> list[float]:
        """`hard_a` or `soft_a` as they would be without any temporary capacity."""
        return [amps + ordered for amps, ordered in zip(room_a, self.ordered_a, strict=True)]


def limits_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """Return the limits that a device's current passes through, without those of blind feeders: they are unknown."""
    return tuple(
        limit_at(number, phase)
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind
        for phase in device.config.phases
    )


def totals_of(device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> tuple[int, ...]:
    """Return the limits of capacity tariffs that a device's total counts on.

    The weight of 1 A is its number of phases.
    """
    return tuple(
        total_at(number, len(feeders))
        for number in topology.path(device.config.feeder_id)
        if not feeders[number].blind and feeders[number].peak is not None
    )


def drawn_a(device: DeviceState, feeder: FeederWatch, phase: int) -> float:
    """Return what a device draws on a phase, A, at the time of the feeder's own reading."""
    return drawn_w(device, feeder)[phase] / NOMINAL_V


def drawn_w(device: DeviceState, feeder: FeederWatch) -> PhaseTriple:
    """Return what a device draws, W per phase, at the time of the feeder's own reading."""
    if feeder.reading is None or device.reading is None:
        return (0.0, 0.0, 0.0)
    return device.log.at(feeder.reading.at) or device.reading.power_w


def owed_a(device: DeviceState, feeder: FeederWatch, phase: int, settle_s: float) -> float:
    """Return what a device can give back on a phase, A: its draw, without what a charger takes beyond its setpoint.

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


@dataclass(slots=True)
class Members:
    """The devices below all feeders by what they are in this pass; each with the limits of its current.

    Attributes:
        controlled: Devices whose draw is about to be decided.
        uncertain: Silent chargers: they may rise to what they were told last.
        feeding: Devices that are told to feed back: they may stop at any moment.
        others: All others that are measured.
    """

    controlled: Sequence[tuple[DeviceState, tuple[int, ...]]]
    uncertain: Sequence[tuple[DeviceState, tuple[int, ...]]]
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]]
    others: Sequence[tuple[DeviceState, tuple[int, ...]]]


def uncontrolled_a(
    members: Members, feeders: Sequence[FeederWatch], now: float, timing: Timing
) -> tuple[list[float], list[float]]:
    """Return the load that is not about to be decided, A per limit: the least that must and the most that may be.

    What a charger draws beyond its setpoint is part of it, unless it was told less only just now: it does not go away
    by telling it less.
    """
    decided = _by_feeder(members.controlled)
    fixed = _by_feeder((*members.uncertain, *members.feeding, *members.others))
    least: list[float] = []
    most: list[float] = []
    for number, feeder in enumerate(feeders):
        lesser, greater = _uncontrolled_at(feeder, decided.get(number, ()), fixed.get(number, ()), now, timing)
        least += lesser
        most += greater
    return least, most


def _by_feeder(devices: Iterable[tuple[DeviceState, tuple[int, ...]]]) -> dict[int, list[DeviceState]]:
    """Return the devices below each feeder that is not blind to them."""
    below: dict[int, list[DeviceState]] = {}
    for device, limits in devices:
        for number in dict.fromkeys(feeder_of(limit) for limit in limits):
            below.setdefault(number, []).append(device)
    return below


def _uncontrolled_at(
    feeder: FeederWatch, decided: Sequence[DeviceState], fixed: Sequence[DeviceState], now: float, timing: Timing
) -> tuple[PhaseTriple, PhaseTriple]:
    """`uncontrolled_a` of one feeder."""
    if feeder.reading is None:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    at = feeder.reading.at
    draws = [draw_of(device, at, timing) for device in decided]
    apart = [Draw.point(draw_of(device, at, timing).likely) for device in fixed]
    if feeder.total is not None:
        # Its phases are made of what devices draw: they teach nothing about these, nor about the meter.
        feeder.attribution.take(feeder.total.rest_a)
        return _with_devices(feeder, decided, draws, apart, at, timing)
    doubt = doubts(
        feeder.echo,
        feeder.fall,
        feeder.order,
        feeder.reading,
        decided=list(zip(decided, draws, strict=True)),
        fixed=list(zip(fixed, apart, strict=True)),
        fuse_a=max(feeder.config.capacity_a),
        reports_s=feeder.reports.interval_s or 0.0,
        timing=timing,
    )
    if doubt is not None and not feeder.config.is_reported:
        feeder.plausibility.doubt(now, timing, proven=doubt is Doubt.PROVEN)
    ends = feeder.attribution.update(feeder.reading, [*draws, *apart])
    if ends is not None:
        for device, draw in zip(decided, draws, strict=True):
            assume(device, at, draw, ends)
    return _with_devices(feeder, decided, draws, apart, at, timing)


def _with_devices(
    feeder: FeederWatch,
    decided: Sequence[DeviceState],
    draws: Sequence[Draw],
    apart: Sequence[Draw],
    at: float,
    timing: Timing,
) -> tuple[PhaseTriple, PhaseTriple]:
    """Return the load that nobody controls with what devices draw that are not about to be decided."""
    assert feeder.reading is not None  # noqa: S101  # whoever asks has looked
    beyond = [beyond_a(device, at, draw.likely, timing) for device, draw in zip(decided, draws, strict=True)]
    least, most = [0.0] * PHASES, [0.0] * PHASES
    for phase, (near, wide) in enumerate(zip(feeder.attribution.near_a, feeder.attribution.wide_a, strict=True)):
        more = sum([draw.likely[phase] for draw in apart]) + sum([amps[phase] for amps in beyond])
        overloaded = feeder.reading.power_w[phase] > feeder.limit_a[phase] * NOMINAL_V
        least[phase] = (near if overloaded else min(near, wide)) + more
        most[phase] = max(near, wide) + more
    return (least[0], least[1], least[2]), (most[0], most[1], most[2])


def room_for(
    members: Members,
    feeders: Sequence[FeederWatch],
    *,
    margin: float,
    band: float,
    now: float,
    timing: Timing,
) -> Room:
    """Return what is left for the controlled devices.

    What a feeder meters is split by `attribution`; increases go by the highs of the last minutes as well.

    Args:
        members: Who is what.
        feeders: All feeders, by number.
        margin: Share of the capacity that is kept free.
        band: Share of the capacity that increases keep free on top.
        now: Grid time.
        timing: Of the island.
    """
    least_a, most_a = uncontrolled_a(members, feeders, now, timing)
    hard: list[float] = []
    soft: list[float] = []
    keep: list[float] = []
    start: list[float] = []
    ordered: list[float] = []
    load: list[float] = []
    by_meter: list[float] = []
    by_chargers: list[float] = []
    for number, feeder in enumerate(feeders):
        loads_a = most_a[limits_at(number)]
        if feeder.reading is not None:
            feeder.mean.observe(feeder.reading.at, loads_a)
            feeder.linked.count(now, feeder.reading.at, least_a[number * PHASES : number * PHASES + PHASES])
        below_a, peak_a = feeder.mean.below_a, feeder.mean.peak_a
        highs = feeder.highs.greatest(now, [amps - below_a[phase] for phase, amps in enumerate(loads_a)], timing)
        for phase in range(PHASES):
            limit, limit_a = limit_at(number, phase), feeder.limit_a[phase]
            least, most = least_a[limit] - below_a[phase], most_a[limit] - below_a[phase]
            high_a, peak = highs.greatest_a[phase], peak_a[phase]
            known_a = highs.known_a[phase] + peak
            # The margin is for what nobody knows yet. What has come before, and was allowed for, needs none.
            fresh_a = min(limit_a * (1 - margin) - least, limit_a - least_a[limit])
            hard.append(max(fresh_a, limit_a - known_a) if least_a[limit] <= known_a else fresh_a)
            rooms = partial(
                _soft_a,
                fresh_a=limit_a * (1 - margin - band),
                high_a=limit_a - max(peak, 0.0 if highs.recurring[phase] else limit_a * margin),
                steady_a=limit_a * (1 - margin - band * _STEADY_BAND),
            )
            steady_a = highs.steady_a[phase]
            soft.append(rooms(most, high_a, steady_a))
            by_meter.append(rooms(most, highs.quick_a[phase], steady_a) - soft[limit])
            hidden_a = max(0.0, feeder.attribution.wide_a[phase] - feeder.attribution.near_a[phase])
            by_chargers.append(rooms(most - hidden_a, high_a - hidden_a, steady_a) - soft[limit])
            keep.append(min(limit_a - least, limit_a * (1 + _KEPT * margin) - least_a[limit]))
            start.append(min(limit_a * (1 - margin) - most, limit_a - high_a))
            ordered.append((feeder.fuse_a[phase] - limit_a) * (1 - margin - band))
            load.append(max(high_a, most_a[limit]))
    for device, limits in members.uncertain:
        reserve = may_rise_a(device)
        for limit in limits:
            load[limit] += reserve
            for room in (hard, soft, keep, start):
                room[limit] -= reserve
    for device, limits in members.feeding:
        for limit in limits:
            fed_a = min(0.0, drawn_a(device, feeders[feeder_of(limit)], phase_of(limit)))
            soft[limit] += fed_a
            start[limit] += fed_a
            load[limit] -= fed_a
    _add_totals(hard, soft, feeders, band, least_a, members.feeding)
    ordered += [0.0] * len(feeders)
    totals = total_at(0, len(feeders))
    return Room(hard, soft, ordered, load, [*keep, *hard[totals:]], [*start, *soft[totals:]], by_meter, by_chargers)


def _soft_a(most: float, high: float, steady: float, *, fresh_a: float, high_a: float, steady_a: float) -> float:
    """Return what increases may use above a load of now, its high of the last minutes and that of a quarter of an hour.

    A.
    """
    return max(min(fresh_a - most, high_a - high), steady_a - max(high, steady))


def _add_totals(
    hard: list[float],
    soft: list[float],
    feeders: Sequence[FeederWatch],
    band: float,
    uncontrolled_a: Sequence[float],
    feeding: Sequence[tuple[DeviceState, tuple[int, ...]]],
) -> None:
    """Capacity tariffs: what may still be drawn over all phases, in A of one phase."""
    for number, feeder in enumerate(feeders):
        if feeder.peak is None or feeder.reading is None:
            hard.append(0.0)
            soft.append(0.0)
            continue
        load_a = sum(uncontrolled_a[limits_at(number)])
        fed_a = sum(
            min(0.0, drawn_a(device, feeder, phase_of(limit)))
            for device, limits in feeding
            for limit in limits
            if feeder_of(limit) == number
        )
        hard.append(feeder.peak.allowed_w() / NOMINAL_V - load_a)
        soft.append(feeder.peak.steady_w() * (1 - band) / NOMINAL_V - load_a + fed_a)


def may_rise_a(device: DeviceState) -> float:
    """Return how much more than at its last reading a silent charger may draw by now, A per phase."""
    config = device.config
    if not isinstance(config, ChargerConfig):
        return 0.0
    told = config.safe_current_a if device.setpoint is None else device.setpoint
    return max(0.0, told - max(0.0, device.last_a))
