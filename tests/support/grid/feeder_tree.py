"""A tree of feeders to control, with a meter for each, and chargers that are not as they seem."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import override

from custom_components.tangle_grid.grid import (
    ChargerSetpoint,
    ChargerTelemetry,
    FeederConfig,
    GridConfig,
    Inputs,
    MarketConfig,
    PhaseReading,
    PhaseTriple,
    Setpoint,
)
from tests.support.grid.feeder_plant import Car, Home, Plant, Store, V, reading, spread

QUIET = MarketConfig(automatic=False)
NOTHING = (0.0, 0.0, 0.0)

type Base = Callable[[float], PhaseTriple]


@dataclass
class Wired(Car):
    """A car whose current flows on other phases than its charger has, or whose charger has moods.

    `wires`: the phases that it really uses. `total_only`: the charger measures no phases. `resumes_at_a`: its own
    limit, to which it goes back whenever it resumes.
    """

    wires: tuple[int, ...] | None = None
    total_only: bool = False
    resumes_at_a: float | None = None

    def phases_used(self) -> tuple[int, ...]:
        return self.config.phases if self.wires is None else self.wires

    @override
    def follow(self, dt: float) -> None:
        soc = self.soc
        super().follow(dt)
        if soc is not None and self.config.battery_wh:
            wh = self.draws_a * V * len(self.phases_used()) * dt / 3600
            self.soc = soc + wh / self.config.battery_wh * 100

    @property
    def power_w(self) -> PhaseTriple:
        return tuple(self.draws_a * V if phase in self.phases_used() else 0.0 for phase in range(3))  # type: ignore[return-value]

    def told_by(self, amps: float) -> None:
        resumes = self.told <= 0 < amps and self.resumes_at_a is not None
        self.told = self.resumes_at_a if resumes and self.resumes_at_a is not None else amps

    def reading(self, now: float) -> PhaseReading:
        if not self.total_only:
            return reading(self.power_w, now)
        share = sum(self.power_w) / len(self.config.phases)
        spread = tuple(share if phase in self.config.phases else 0.0 for phase in range(3))
        return replace(reading(spread, now), split=True)  # type: ignore[arg-type]


class Tree(Plant):
    """Feeders above and below each other; `bases` is what nobody controls, directly on each of them, A per phase.

    Chargers are written to only when the value is another one or they are to be told again, as an adapter does.
    """

    def __init__(
        self,
        *devices: Car | Store | Home,
        feeders: tuple[FeederConfig, ...],
        bases: dict[str, Base] | None = None,
        dt: float = 5.0,
        **settings: object,
    ) -> None:
        config = GridConfig(
            **{  # type: ignore[arg-type]
                "feeders": feeders,
                "devices": tuple(device.config for device in devices),
                "market": QUIET,
                "planning": False,
                **settings,
            }
        )
        super().__init__(*devices, config=config, dt=dt)
        self.bases = bases or {}
        self.dead: set[str] = set()
        self.shown: dict[str, float] = {}
        self.writes: Counter[str] = Counter()
        self.history: dict[str, list[PhaseTriple]] = {feeder.feeder_id: [] for feeder in feeders}
        self.given: dict[str, list[PhaseTriple]] = {feeder.feeder_id: [] for feeder in feeders}
        self.told_log: dict[str, list[tuple[float, float]]] = {}

    def load_of(self, feeder_id: str, *, devices: bool = True) -> PhaseTriple:
        """What a feeder really carries, A per phase; without `devices` only what nobody controls, homes included."""
        parents = {feeder.feeder_id: feeder.parent_id for feeder in self.config.feeders}

        def below(at: str | None) -> bool:
            while at is not None:
                if at == feeder_id:
                    return True
                at = parents[at]
            return False

        load = [0.0, 0.0, 0.0]
        for each in parents:
            if below(each):
                base = self.bases[each](self.now) if each in self.bases else NOTHING
                load = [amps + more for amps, more in zip(load, base, strict=True)]
        for device in self.devices.values():
            if (devices or isinstance(device, Home)) and below(device.config.feeder_id):
                power = device.power_w if isinstance(device, Car) else spread(device)
                load = [amps + watts / V for amps, watts in zip(load, power, strict=True)]
        return (load[0], load[1], load[2])

    @override
    def load_a(self) -> PhaseTriple:
        return self.load_of(self.config.feeders[0].feeder_id)

    @override
    def inputs(self) -> Inputs:
        meters: dict[str, PhaseReading | None] = {}
        for feeder in self.config.feeders:
            load = self.load_of(feeder.feeder_id)
            self.history[feeder.feeder_id].append(load)
            self.given[feeder.feeder_id].append(self.load_of(feeder.feeder_id, devices=False))
            meters[feeder.feeder_id] = (
                None if feeder.feeder_id in self.dead else reading((load[0] * V, load[1] * V, load[2] * V), self.now)
            )
        devices = dict(super().inputs().devices)
        for device_id, device in self.devices.items():
            telemetry = devices[device_id]
            if isinstance(device, Wired) and isinstance(telemetry, ChargerTelemetry) and not device.silent:
                devices[device_id] = replace(telemetry, reading=device.reading(self.now))
        return Inputs(meters=meters, devices=devices)

    @override
    def write(self, setpoint: Setpoint) -> None:
        if not isinstance(setpoint, ChargerSetpoint):
            super().write(setpoint)
            return
        device_id, amps = setpoint.device_id, setpoint.current_a
        if self.shown.get(device_id) == amps and not setpoint.again:
            return
        before = self.car(device_id).told
        super().write(setpoint)
        self.shown[device_id] = amps
        self.writes[device_id] += 1
        self.told_log.setdefault(device_id, []).append((self.now, amps))
        device = self.car(device_id)
        if isinstance(device, Wired) and not device.silent:
            device.told = before
            device.told_by(amps)

    def over(self, feeder_id: str, *, since: int = 0) -> list[int]:
        """Steps in which some phase of a feeder carried more than its capacity, and some of it for a device."""
        return self._beyond(feeder_id, since, 1.0)

    def fed_out(self, feeder_id: str, *, since: int = 0) -> list[int]:
        """Steps in which devices fed more into some phase of a feeder than it can carry away."""
        return self._beyond(feeder_id, since, -1.0)

    def _beyond(self, feeder_id: str, since: int, sign: float) -> list[int]:
        capacity = next(each.capacity_a for each in self.config.feeders if each.feeder_id == feeder_id)
        return [
            step
            for step, (load, given) in enumerate(zip(self.history[feeder_id], self.given[feeder_id], strict=True))
            if step >= since
            and any(
                sign * amps > most + 1e-6 and sign * amps > sign * alone + 1e-6
                for amps, alone, most in zip(load, given, capacity, strict=True)
            )
        ]


def longest_run(steps: list[int]) -> int:
    """The longest row of consecutive steps."""
    longest = run = 0
    last = -2
    for step in steps:
        run = run + 1 if step == last + 1 else 1
        longest, last = max(longest, run), step
    return longest


def reversals(values: list[float]) -> int:
    """How often a series turns from rising to falling or back."""
    moves = [later - sooner for sooner, later in pairwise(values) if later != sooner]
    return sum(1 for sooner, later in pairwise(moves) if (sooner > 0) != (later > 0))
