"""Islands in a closed loop, each with an engine of its own, linked by channels that can be cut: flat, house, street."""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from custom_components.tangle_grid.grid import (
    NOMINAL_V,
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    DeviceConfig,
    FeederConfig,
    GridConfig,
    GridEngine,
    GridEvent,
    Inputs,
    MarketConfig,
    PhaseReading,
    PhaseTriple,
    StepResult,
    Telemetry,
)
from custom_components.tangle_grid.link.core import (
    HouseFeeder,
    HouseRequests,
    HouseShare,
    HouseState,
    LetterCame,
    Link,
    LinkKeys,
    LowerEnd,
    StreetRequests,
    Terms,
    UpperEnd,
    house_state,
    new_link_id,
    share_envelopes,
    terms_of,
)
from custom_components.tangle_grid.simulation.channel import Channel
from custom_components.tangle_grid.simulation.randomness import generator

START = 1_000_000.0
QUIET = MarketConfig(automatic=False)
_MARGIN = 0.07

type Load = Callable[[float], PhaseTriple]


@dataclass
class Car:
    """A car at a charger, which draws what it was told a moment later."""

    config: ChargerConfig
    need_wh: float = 20_000.0
    arrives_at: float = 0.0
    leaves_at: float = math.inf
    accepts_a: float = 32.0
    told_a: float = 0.0
    draws_a: float = 0.0
    had_wh: float = 0.0
    #: What it tells of itself: more than it needs, sooner than it leaves.
    needs_times: float = 1.0
    leaves_sooner_s: float = 0.0

    def connected(self, now: float) -> bool:
        return self.arrives_at <= now < self.leaves_at

    def follow(self, now: float, dt: float) -> None:
        wants = self.connected(now) and self.had_wh < self.need_wh
        self.draws_a = min(self.told_a, self.accepts_a) if wants else 0.0
        self.had_wh += self.draws_a * self.config.watts_per_amp * dt / 3600

    def power_w(self) -> PhaseTriple:
        watts = [self.draws_a * NOMINAL_V if phase in self.config.phases else 0.0 for phase in range(3)]
        return watts[0], watts[1], watts[2]

    def telemetry(self, now: float) -> ChargerTelemetry:
        leaves = self.leaves_at - self.leaves_sooner_s
        return ChargerTelemetry(
            reading=PhaseReading(power_w=self.power_w(), at=now, changed_at=now),
            connected=self.connected(now),
            energy_needed_wh=max(0.0, self.need_wh - self.had_wh) * self.needs_times,
            departure_at=leaves if math.isfinite(leaves) else None,
        )


@dataclass
class Below:
    """A house as its street has it: the feeder, the street's end of the link, and the channels."""

    island: Island
    feeder: HouseFeeder
    upper: UpperEnd
    up: Channel
    down: Channel
    requests: StreetRequests
    reported_at: float = 0.0


@dataclass
class Island:
    """One island, its cars and its load that nobody controls; and the islands below it."""

    name: str
    fuse_a: float
    cars: Sequence[Car] = ()
    load: Load = lambda _now: (0.0, 0.0, 0.0)
    below: list[Below] = field(default_factory=list)
    lower: LowerEnd | None = None
    single_total: bool = False
    uncontrolled_a: PhaseTriple = (4.0, 4.0, 4.0)
    clock_s: float = 0.0
    engine: GridEngine = field(init=False)
    loads_a: list[PhaseTriple] = field(default_factory=list)
    limits_a: list[PhaseTriple] = field(default_factory=list)
    drawn_a: list[PhaseTriple] = field(default_factory=list)
    result: StepResult | None = None
    helps: bool = False
    requests: HouseRequests = field(default_factory=HouseRequests)
    events: list[GridEvent] = field(default_factory=list)

    @property
    def feeder(self) -> FeederConfig:
        return FeederConfig(feeder_id=self.name, capacity_a=(self.fuse_a,) * 3, threshold_a=(self.fuse_a,) * 3)

    def devices(self) -> tuple[DeviceConfig, ...]:
        virtual = [charger for each in self.below for charger in each.feeder.chargers]
        helpers = [each.feeder.helper for each in self.below if each.island.helps]
        return (*(car.config for car in self.cars), *virtual, *helpers)

    def terms(self) -> Terms:
        return terms_of(self.feeder, self.devices(), self.uncontrolled_a, single_total=self.single_total)

    def start(self) -> None:
        """Make the engine, of this island and of all below."""
        for each in self.below:
            each.island.start()
        config = GridConfig(
            feeders=(self.feeder, *(each.feeder.feeder for each in self.below)),
            devices=self.devices(),
            market=QUIET,
            planning=False,
        )
        numbers = count(1)
        self.engine = GridEngine(config, new_id=lambda: f"{self.name}-{next(numbers)}")

    def load_a(self, now: float) -> PhaseTriple:
        """Return what flows through its main fuse, A per phase."""
        load = list(self.load(now))
        for car in self.cars:
            load = [amps + watts / NOMINAL_V for amps, watts in zip(load, car.power_w(), strict=True)]
        for each in self.below:
            load = [amps + more for amps, more in zip(load, each.island.load_a(now), strict=True)]
        return load[0], load[1], load[2]

    def cars_a(self) -> PhaseTriple:
        """Return what its cars and those below draw, A per phase: what can be controlled."""
        cars = [car.power_w() for island in self.all() for car in island.cars]
        drawn = [sum(watts[phase] for watts in cars) / NOMINAL_V for phase in range(3)]
        return drawn[0], drawn[1], drawn[2]

    def all(self) -> Iterator[Island]:
        """Return it and all below."""
        yield self
        for each in self.below:
            yield from each.island.all()

    def mono(self, now: float) -> float:
        return now + self.clock_s

    def step(self, now: float, dt: float, *, decides: bool = True) -> None:
        """Let `dt` pass: those below first, then what comes from them, a pass of the control, and what goes down."""
        for car in self.cars:
            car.follow(now, dt)
        for each in self.below:
            each.island.step(now, dt, decides=decides)
            self._hear(now, each)
        if decides:
            self._decide(now)
        for each in self.below:
            for data in each.upper.due(self.mono(now)):
                each.down.send(now, data)

    def _hear(self, now: float, each: Below) -> None:
        """Let a house say what is due, and take what has come."""
        lower, house = each.island.lower, each.island
        if lower is not None:
            for data in each.down.arrived(now):
                for event in lower.received(house.mono(now), data):
                    if isinstance(event, LetterCame):
                        house.events += house.requests.take(house.engine, now, event)
                        lower.done(event.letter)
            for data in lower.due(each.island.mono(now)):
                each.up.send(now, data)
        before = each.upper.report
        for data in each.up.arrived(now):
            for event in each.upper.received(self.mono(now), data):
                if isinstance(event, LetterCame):
                    self.events += each.requests.take(self.engine, now, event)
                    each.upper.done(event.letter)
        if each.upper.report is not before:
            each.reported_at = now

    def _decide(self, now: float) -> None:
        load = self.load_a(now)
        self.loads_a.append(load)
        self.drawn_a.append(self.cars_a())
        if self.lower is not None:
            self._take_envelope(now, self.lower)
        self.limits_a.append(self.engine.limit_a())
        flicker = 0.02 * (int(now) % 7)
        watts = [amps * NOMINAL_V + flicker for amps in load]
        meters: dict[str, PhaseReading | None] = {
            self.name: PhaseReading(power_w=(watts[0], watts[1], watts[2]), at=now, changed_at=now)
        }
        telemetry: dict[str, Telemetry] = {car.config.device_id: car.telemetry(now) for car in self.cars}
        for each in self.below:
            meters[each.feeder.feeder_id] = each.feeder.meter(each.upper.report, each.reported_at)
            telemetry |= each.feeder.telemetry(each.upper.report, each.reported_at)
            helper = each.feeder.helper_id
            shed = self.result.status.devices[helper].shed if self.result and each.island.helps else frozenset()
            said = each.feeder.help_telemetry(each.upper.report, each.reported_at, shed)
            if said is not None and each.island.helps:
                telemetry[helper] = said
        self.result = self.engine.step(now, Inputs(meters=meters, devices=telemetry))
        self.events += self.result.events
        told = {each.config.device_id: each for each in self.cars}
        for setpoint in self.result.setpoints:
            if isinstance(setpoint, ChargerSetpoint) and setpoint.device_id in told:
                told[setpoint.device_id].told_a = setpoint.current_a
        self._grant(now, load)
        for each in self.below:
            each.requests.sync(self.engine, now, self.mono(now), each.upper)
        if self.lower is not None:
            self.lower.observe(self.mono(now), self.state(now))
            self.requests.sync(self.engine, now, self.mono(now), self.lower)

    def state(self, now: float) -> HouseState:
        return house_state(self.engine, now, self.terms())

    def _take_envelope(self, now: float, lower: LowerEnd) -> None:
        mono = self.mono(now)
        until = lower.envelope_until(mono)
        self.engine.commands.set_envelope(
            now,
            fallback_a=lower.terms.fallback_a,
            limit_a=lower.envelope_a(mono),
            until=None if until is None else now + until - mono,
        )

    def _grant(self, now: float, load: PhaseTriple) -> None:
        if not self.below:
            return
        setpoints = {each.device_id: each.setpoint_a for each in self.engine.demands(now)}
        shares, measured = [], [0.0, 0.0, 0.0]
        for each in self.below:
            report = each.upper.report
            held = each.upper.reserved_a(self.mono(now))
            silent = report is None or now - each.reported_at > 30
            used = held if report is None or silent else each.feeder.used_a(report, setpoints)
            shares.append(HouseShare(used_a=used, held_a=held, fuse_a=each.feeder.terms.fuse_a, silent=silent))
            reported = used if report is None else report.measured_a or used
            measured = [amps + more for amps, more in zip(measured, reported, strict=True)]
        own = [car.power_w() for car in self.cars]
        other = [
            max(sum(watts[phase] for watts in own) / NOMINAL_V, load[phase] - measured[phase]) for phase in range(3)
        ]
        limits = share_envelopes(self.engine.limit_a(), other, shares, margin=_MARGIN)
        for each, limit in zip(self.below, limits, strict=True):
            slots = [setpoints.get(each.feeder.slot_id(slot)) or 0.0 for slot in range(len(each.feeder.terms.slots))]
            each.upper.grant(self.mono(now), limit, slots)


def join(street: Island, house: Island, source: random.Random) -> Below:
    """Link a house, with all that is below it already, to a street."""
    link_id, own, other = new_link_id(), LinkKeys.generate(), LinkKeys.generate()
    terms = house.terms()
    street.clock_s, house.clock_s = source.uniform(-1e6, 1e6), source.uniform(-1e6, 1e6)
    below = Below(
        island=house,
        feeder=HouseFeeder(feeder_id=house.name, parent_id=street.name, terms=terms),
        upper=UpperEnd.new(Link.of(link_id, other, own.public), terms, street.mono(START)),
        up=Channel(source, keep=0),
        down=Channel(source, keep=0),
        requests=StreetRequests(f"{house.name}/help"),
    )
    house.lower = LowerEnd(Link.of(link_id, own, other.public), terms)
    street.below.append(below)
    return below


def charger(name: str, phases: tuple[int, ...] = (0, 1, 2), **values: object) -> ChargerConfig:
    """Return a charger of a house."""
    house = name.partition("-")[0]
    return ChargerConfig(**{"device_id": name, "feeder_id": house, "phases": phases, "learn_phases": False, **values})  # type: ignore[arg-type]


def street_of(
    houses: int, cars: int, *, fuse_a: float, street_a: float, seed: int = 1, single_total: bool = False
) -> Island:
    """Return a street and its houses, which all want to charge at once; loads move by some amperes."""
    source = generator("linked", seed)
    street = Island("street", street_a)
    for number in range(houses):
        name = f"h{number}"
        base, swing = source.uniform(1, 3), source.uniform(0, 2)

        def load(now: float, base: float = base, swing: float = swing, turn: int = number) -> PhaseTriple:
            wave = base + swing * math.sin(now / 300 + turn)
            return wave, wave, base

        house = Island(
            name,
            fuse_a,
            cars=[Car(charger(f"{name}-{car}", phases=((car + number) % 3,))) for car in range(cars)],
            load=load,
            single_total=single_total,
        )
        join(street, house, source)
    street.start()
    return street
