"""A feeder with chargers that can be broken in many ways, and a clean measurement of what flows through its fuse.

The rig goes second by second. The engine sees what meters and chargers report, which may be wrong or late, and is
called when Home Assistant would call it. What is judged is what really flows through the fuse. Chargers follow two
seconds after they were told, report every five seconds, and are written to as the integration's adapters do it: only
when their limit shows another value, or when they are to be told again. They have no fail-safe of their own: what is
measured here is what the grid itself achieves.
"""

import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from custom_components.tangle_grid.grid import (
    NOMINAL_V,
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    Compliance,
    FeederConfig,
    GridConfig,
    GridEngine,
    GridEvent,
    Inputs,
    MarketConfig,
    PhaseReading,
    PhaseTriple,
    SafeState,
    StepResult,
)

CAPACITY_A: Final = 40.0
FEEDER: Final = "main"
START: Final = 1_700_000_000.0
TICK_S: Final = 1.0
REPORT_S: Final = 5.0
FOLLOW_S: Final = 2.0
SAVE_S: Final = 60.0
QUIET: Final = MarketConfig(automatic=False)
CARS: Final = ("car_1", "car_2", "car_3")
_EPSILON: Final = 1e-6

type Distort = Callable[["Rig", PhaseTriple], PhaseReading | None]


@dataclass(slots=True)
class Charger:
    """A charger with its car, and what is wrong with them.

    Attributes:
        told: The limit that is in force in the charger, A.
        shown: The limit that its entity shows, A.
        takes_a: The most that the car draws, A.
        least_a: Below this the car draws nothing, A.
        resting: The car itself does not want to charge.
        ignores: Draws what the car takes, whatever it is told.
        silent: Cannot be reached: no reports, commands are lost, the last limit stays.
        own_limit_a: What it goes back to when its car resumes, A; None: it keeps its limit.
        gain, extra_a: How it overshoots its limit.
        follow_s: How long it takes to follow, s.
        late_s: How old its reports are when they arrive as new ones, s.
        leaves_at: When its car leaves; None: nobody told.
        needs_wh: What it wants until then, Wh.
    """

    config: ChargerConfig
    connected: bool = True
    told: float = 0.0
    shown: float | None = None
    takes_a: float = 16.0
    least_a: float = 6.0
    resting: bool = False
    ignores: bool = False
    silent: bool = False
    own_limit_a: float | None = None
    gain: float = 1.0
    extra_a: float = 0.0
    follow_s: float = FOLLOW_S
    late_s: float = 0.0
    leaves_at: float | None = None
    needs_wh: float | None = None
    draws_a: float = 0.0
    writes: int = 0
    _orders: deque[tuple[float, float]] = field(default_factory=deque)
    _past: deque[tuple[float, float]] = field(default_factory=deque)
    _report: tuple[float, float] = (0.0, 0.0)
    _changed_at: float = 0.0

    def order(self, at: float, amps: float, *, again: bool) -> None:
        """Take a write, unless it shows that value already."""
        if self.silent or (self.shown == amps and not again):
            return
        self.shown = amps
        self.writes += 1
        self._orders.append((at + self.follow_s, amps))

    def rest(self, *, resting: bool) -> None:
        """The car pauses or resumes by itself."""
        if self.resting and not resting and self.own_limit_a is not None:
            self.told = self.own_limit_a
        self.resting = resting

    def live(self, at: float) -> None:
        """One second."""
        while self._orders and self._orders[0][0] <= at:
            amps = self._orders.popleft()[1]
            if self.told <= 0 < amps and self.own_limit_a is not None:
                amps = self.own_limit_a
            self.told = amps
        limit = self.takes_a if self.ignores else self.told * self.gain + (self.extra_a if self.told > 0 else 0.0)
        drawn = min(limit, self.takes_a)
        self.draws_a = drawn if self.connected and not self.resting and drawn >= self.least_a else 0.0
        self._past.append((at, self.draws_a))
        while self._past[0][0] < at - 600:
            self._past.popleft()

    def telemetry(self, at: float, wall: float, number: int) -> ChargerTelemetry:
        """Return what its entities show."""
        if (at + number) % REPORT_S < TICK_S or self._report[0] == 0.0:
            seen = next((amps for then, amps in reversed(self._past) if then <= at - self.late_s), self.draws_a)
            if seen != self._report[1] or self._changed_at == 0.0:
                self._changed_at = wall
            self._report = (wall, seen)
        if self.silent:
            return ChargerTelemetry(reading=None, available=False)
        reported_at, amps = self._report
        power = tuple(amps * NOMINAL_V if phase in self.config.phases else 0.0 for phase in range(3))
        return ChargerTelemetry(
            reading=PhaseReading(power_w=power, at=reported_at, changed_at=self._changed_at),  # type: ignore[arg-type]
            connected=self.connected,
            departure_at=self.leaves_at,
            energy_needed_wh=self.needs_wh,
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """What really was, at one second: A per phase, of it by chargers, kW of all chargers."""

    at: float
    load_a: PhaseTriple
    chargers_kw: float

    @property
    def over(self) -> float:
        """Share of the capacity by which the worst phase is above it."""
        return max(self.load_a) / CAPACITY_A - 1.0


class Rig:
    """The closed loop.

    Args:
        seed: Of the noise.
        capacity_a: The fuse, A per phase.
        phases: Phases of each charger; one charger for each entry.
        base_a: The load that nobody controls, A per phase, without the noise.
        start: When it begins, epoch seconds.
        leave_at: When all cars leave; None: nobody told.
        needs_wh: What each wants until then, Wh; None: nobody told.
        settings: For `GridConfig`.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        capacity_a: float = CAPACITY_A,
        phases: tuple[tuple[int, ...], ...] = ((0, 1, 2),) * 3,
        base_a: float = 6.0,
        start: float = START,
        leave_at: float | None = None,
        needs_wh: float | None = None,
        **settings: Any,
    ) -> None:
        self.capacity_a = capacity_a
        self.base_a = base_a
        self.extra_a: PhaseTriple = (0.0, 0.0, 0.0)
        self.at = start
        self.clock_s = 0.0
        self.chargers = {
            f"car_{number}": Charger(ChargerConfig(device_id=f"car_{number}", feeder_id=FEEDER, phases=each))
            for number, each in enumerate(phases, start=1)
        }
        for charger in self.chargers.values():
            charger.leaves_at, charger.needs_wh = leave_at, needs_wh
        full: PhaseTriple = (capacity_a, capacity_a, capacity_a)
        soft: PhaseTriple = (0.8 * capacity_a, 0.8 * capacity_a, 0.8 * capacity_a)
        self.config = GridConfig(
            feeders=(FeederConfig(feeder_id=FEEDER, capacity_a=full, threshold_a=soft),),
            devices=tuple(charger.config for charger in self.chargers.values()),
            **{"market": QUIET, "planning": False, **settings},
        )
        self.noise = random.Random(seed)  # noqa: S311 - a model, not a secret
        self._ids = count(1)
        self.engine = self._start(None)
        self.distort: list[Distort] = []
        self.every_s = TICK_S
        self._stepped_at = 0.0
        self.disk: str | None = None
        self._saved_at = 0.0
        self.samples: list[Sample] = []
        self.readings: deque[tuple[float, PhaseTriple]] = deque(maxlen=600)
        self.events: list[tuple[float, GridEvent]] = []
        self.result: StepResult | None = None

    def _start(self, state: Mapping[str, Any] | None) -> GridEngine:
        return GridEngine(self.config, new_id=lambda: f"r{next(self._ids)}", state=state)

    @property
    def wall(self) -> float:
        """What the clock says."""
        return self.at + self.clock_s

    def base(self) -> PhaseTriple:
        """Return the load that nobody controls, A."""
        first, second, third = (max(0.0, self.base_a + more + self.noise.gauss(0.0, 0.3)) for more in self.extra_a)
        return (first, second, third)

    def step(self) -> None:
        """One second."""
        self.at += TICK_S
        load = list(self.base())
        for charger in self.chargers.values():
            charger.live(self.at)
            for phase in charger.config.phases:
                load[phase] += charger.draws_a
        loads = (load[0], load[1], load[2])
        kw = sum(each.draws_a * each.config.watts_per_amp for each in self.chargers.values()) / 1000
        self.samples.append(Sample(self.at, loads, kw))
        self.readings.append((self.at, loads))
        telemetry = {
            device_id: charger.telemetry(self.at, self.wall, number)
            for number, (device_id, charger) in enumerate(self.chargers.items())
        }
        meter = self._meter(loads)
        if self.at - self._stepped_at >= self.every_s - _EPSILON:
            self._stepped_at = self.at
            self._pass(Inputs(meters={FEEDER: meter}, devices=telemetry))

    def _meter(self, loads: PhaseTriple) -> PhaseReading | None:
        first, second, third = (amps * NOMINAL_V for amps in loads)
        meter: PhaseReading | None = PhaseReading(power_w=(first, second, third), at=self.wall, changed_at=self.wall)
        for distort in self.distort:
            if meter is not None:
                meter = distort(self, meter.power_w)
        return meter

    def _pass(self, inputs: Inputs) -> None:
        self.result = self.engine.step(self.wall, inputs)
        for setpoint in self.result.setpoints:
            assert isinstance(setpoint, ChargerSetpoint)  # noqa: S101 - there is nothing else here
            self.chargers[setpoint.device_id].order(self.at, setpoint.current_a, again=setpoint.again)
        self.events += ((self.at, event) for event in self.result.events)
        if self.result.persist or self.at - self._saved_at >= SAVE_S:
            self._saved_at = self.at
            self.disk = json.dumps(self.engine.to_dict())

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.at + seconds
        while self.at < end - _EPSILON:
            self.step()

    def kill(self, *, down_s: float = 0.0) -> None:
        """The process dies; after a while it comes back with what it had saved. The chargers go on meanwhile."""
        self.every_s, every_s = float("inf"), self.every_s
        self.run(down_s)
        self.every_s = every_s
        self.engine = self._start(None if self.disk is None else json.loads(self.disk))

    # Looking

    def since(self, start: float, end: float = float("inf")) -> list[Sample]:
        """Samples between two times."""
        return [sample for sample in self.samples if start <= sample.at < end]

    def over_s(self, start: float, end: float = float("inf")) -> tuple[float, float]:
        """Return the longest time without a break above the capacity, and all of it together, s."""
        longest = current = total = 0.0
        for sample in self.since(start, end):
            current = current + TICK_S if max(sample.load_a) > self.capacity_a + _EPSILON else 0.0
            total += TICK_S if current else 0.0
            longest = max(longest, current)
        return longest, total

    def worst(self, start: float, end: float = float("inf")) -> float:
        """Return the greatest load above the capacity, as a share of it; 0: never above."""
        loads = (max(sample.load_a) for sample in self.since(start, end))
        return max(0.0, max(loads, default=0.0) / self.capacity_a - 1.0)

    def last_over_s(self, start: float, end: float) -> float:
        """Return time from `start` to the last moment above the capacity, s; 0: never above."""
        return max((each.at + TICK_S - start for each in self.since(start, end) if self._is_over(each)), default=0.0)

    def _is_over(self, sample: Sample) -> bool:
        return max(sample.load_a) > self.capacity_a + _EPSILON

    def chargers_kw(self, start: float, end: float) -> float:
        """Mean power of all chargers, kW."""
        samples = self.since(start, end)
        return sum(sample.chargers_kw for sample in samples) / len(samples)

    def noticed_s(self, start: float, end: float) -> float | None:
        """Return time until the grid said that something is wrong, s; None: it never did."""
        for at, event in self.events:
            wrong = (isinstance(event, SafeState) and event.entered) or (
                isinstance(event, Compliance) and not event.compliant
            )
            if wrong and start <= at < end:
                return at - start
        return None

    def told_a(self, device_id: str) -> float:
        """Return what a charger was told last."""
        assert self.result is not None  # noqa: S101 - run before
        setpoint = self.result.status.devices[device_id].setpoint
        return 0.0 if setpoint is None else setpoint
