"""One feeder: what it carries, whether its meter can be believed, and what it may carry now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..device.freshness import MeterFault, is_finite, meter_fault
from ..device.held_back import HeldBack
from ..device.report_interval import ReportWatch
from ..device.state import DeviceState
from ..model.validation import MAX_DURATION_S
from ..model.world import NOMINAL_V, FeederConfig, PhaseReading, PhaseTriple, Reason, Timing
from .capacity_envelope import EnvelopeWatch
from .capacity_tariff import PeakWindow
from .load_attribution import Attribution
from .load_mean import LoadMean
from .meter_plausibility import Plausibility
from .meter_response import StepEcho
from .phase_order import PhaseOrder
from .proportional_fall import ProportionalFall
from .recent_highs import Highs
from .total_meter import TotalMeter

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


def drawn_a(device: DeviceState, feeder: FeederWatch, phase: int) -> float:
    """Return what a device draws on a phase, A, at the time of the feeder's own reading."""
    return drawn_w(device, feeder)[phase] / NOMINAL_V


def drawn_w(device: DeviceState, feeder: FeederWatch) -> PhaseTriple:
    """Return what a device draws, W per phase, at the time of the feeder's own reading."""
    if feeder.reading is None or device.reading is None:
        return (0.0, 0.0, 0.0)
    return device.log.at(feeder.reading.at) or device.reading.power_w
