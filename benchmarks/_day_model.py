"""The street of `scripts/bench day`: its cars, its load, and the ways in which a day can go."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]

from custom_components.tangle_grid.grid import (
    NOMINAL_V,
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    FeederConfig,
    GridConfig,
    GridEngine,
    Inputs,
    MarketConfig,
    PhaseReading,
)
from custom_components.tangle_grid.grid.model.forecast import Forecast, Series
from custom_components.tangle_grid.grid.network.topology import Topology
from custom_components.tangle_grid.grid.planning.arrivals import Stay
from custom_components.tangle_grid.grid.planning.plan import BATCH, Planner

HOUR = 3600.0
DAY = 24 * HOUR
STEP_S = 30.0
SLOT_S = 900.0
SLOTS = int(DAY / SLOT_S)
#: Noon of some day.
START = 20_000 * DAY + 12 * HOUR
LEARNING_DAYS = 10
#: Share of the cars that stay for a few hours of daylight.
VISITORS = 0.2
#: The load that nobody controls wanders this often, s.
WANDER_S = 30.0


@dataclass(slots=True)
class Car:
    """One stay: times in s since the start, need in Wh."""

    config: ChargerConfig
    arrives: float
    departs: float
    need_wh: float
    had_wh: float = 0.0
    told_a: float = 0.0
    drawn_w: float = 0.0

    @property
    def full_w(self) -> float:
        """The most that it can draw."""
        return self.config.max_current_a * self.config.watts_per_amp

    def present(self, t: float) -> bool:
        """Return whether it is plugged in."""
        return self.arrives <= t < self.departs

    def draw(self, t: float, told_a: float) -> float:
        """Charge for one step; returns W."""
        left_w = max(0.0, self.need_wh - self.had_wh) * HOUR / STEP_S
        asked_w = min(told_a, self.config.max_current_a) * self.config.watts_per_amp
        self.drawn_w = min(asked_w, left_w) if self.present(t) else 0.0
        self.had_wh += self.drawn_w * STEP_S / HOUR
        return self.drawn_w


@dataclass(slots=True, kw_only=True)
class Day:
    """Load per step that nobody controls, W, and the cars."""

    base_w: list[float]
    cars: list[Car]
    slots_w: list[float] = field(default_factory=list)

    def fresh(self) -> list[Car]:
        """Return the cars, with nothing charged yet."""
        return [Car(car.config, car.arrives, car.departs, car.need_wh) for car in self.cars]


def base_load(draw: random.Random, homes: int) -> list[float]:
    """W per step from noon to noon: a morning, an evening, and what happens by chance."""
    level = draw.gauss(1.0, 0.06)
    evening = draw.gauss(19.0, 0.4)
    wander = 0.0
    result: list[float] = []
    each = int(STEP_S / WANDER_S)
    for step in range(int(DAY / WANDER_S)):
        hour = 12.0 + step * WANDER_S / HOUR
        shape = (
            0.28 + 0.75 * math.exp(-(((hour - evening) / 2.2) ** 2)) + 0.35 * math.exp(-(((hour - 31.3) / 1.3) ** 2))
        )
        wander = 0.995 * wander + draw.gauss(0.0, 0.016)
        if step % each == 0:
            result.append(max(50.0, homes * 1000.0 * shape * level * (1.0 + wander / math.sqrt(homes / 8.0))))
    return result


def chargers(count: int) -> list[ChargerConfig]:
    """Return the same in each day of a size: half of them with three phases."""
    draw = random.Random(count)  # noqa: S311  # a model, not a secret
    result = []
    for number in range(count):
        single = (number % 3,)
        phases, most = draw.choice([((0, 1, 2), 16.0), (single, 16.0), (single, 32.0), ((0, 1, 2), 16.0)])
        result.append(
            ChargerConfig(
                device_id=f"car{number}", feeder_id="main", phases=phases, max_current_a=most, safe_current_a=0.0
            )
        )
    return result


def make_day(seed: int, count: int) -> Day:
    """Noon to noon; the load and the stays come from the seed."""
    draw = random.Random(seed * 1009 + count)  # noqa: S311  # a model, not a secret
    cars: list[Car] = []
    for config in chargers(count):
        if draw.random() < VISITORS:
            arrives = draw.choice([draw.uniform(12.5, 17.0), draw.uniform(32.0, 33.0)])
            departs = min(arrives + draw.uniform(2.0, 5.0), 35.9)
        else:
            arrives = min(max(draw.gauss(18.0, 1.8), 13.0), 23.5)
            departs = min(max(draw.gauss(31.4, 1.1), 28.0), 35.5)
        full_w = config.max_current_a * config.watts_per_amp
        need = min(draw.lognormvariate(math.log(11_000.0), 0.6), 45_000.0, 0.8 * full_w * (departs - arrives))
        cars.append(Car(config, (arrives - 12.0) * HOUR, (departs - 12.0) * HOUR, need))
    base = base_load(draw, count)
    return Day(base_w=base, cars=cars, slots_w=by_slot(base))


def by_slot(load_w: Sequence[float]) -> list[float]:
    """Means of quarters of an hour."""
    each = int(SLOT_S / STEP_S)
    return [sum(load_w[i : i + each]) / each for i in range(0, len(load_w), each)]


def optimum(day: Day, capacity_w: float) -> tuple[float, float]:
    """Return the lowest peak, W, and the energy that even the optimum cannot serve within the capacity, Wh."""
    columns: list[tuple[int, int, float]] = []
    for number, car in enumerate(day.cars):
        for slot in range(SLOTS):
            share = (min(car.departs, (slot + 1) * SLOT_S) - max(car.arrives, slot * SLOT_S)) / SLOT_S
            if share > 0:
                columns.append((number, slot, share * car.full_w))
    charges, peak = len(columns), len(columns)
    unserved = peak + 1
    width = unserved + len(day.cars)
    cost = np.zeros(width)
    cost[peak], cost[unserved:] = 1.0, 1e4
    total = [(slot, index, 1.0) for index, (_, slot, _) in enumerate(columns)]
    total += [(slot, peak, -1.0) for slot in range(SLOTS)]
    ground = [-watts for watts in day.slots_w]
    if not math.isinf(capacity_w):
        # Each phase has its own fuse.
        for index, (number, slot, _) in enumerate(columns):
            phases = day.cars[number].config.phases
            total += [(SLOTS * (phase + 1) + slot, index, 1.0 / len(phases)) for phase in phases]
        ground += [(capacity_w - watts) / 3 for watts in day.slots_w] * 3
    rows, cols, values = zip(*total, strict=True)
    under = coo_matrix((values, (rows, cols)), shape=(len(ground), width))
    needs = [(number, index, SLOT_S / HOUR) for index, (number, _, _) in enumerate(columns)]
    rows, cols, values = zip(*needs, *((n, unserved + n, 1.0) for n in range(len(day.cars))), strict=True)
    equal = coo_matrix((values, (rows, cols)), shape=(len(day.cars), width))
    bounds = [(0.0, most) for _, _, most in columns] + [(0.0, None if math.isinf(capacity_w) else capacity_w)]
    bounds += [(0.0, car.need_wh) for car in day.cars]
    found = linprog(
        cost,
        A_ub=under,
        b_ub=np.array(ground),
        A_eq=equal,
        b_eq=np.array([car.need_wh for car in day.cars]),
        bounds=bounds,
        method="highs",
    )
    if not found.success:
        raise RuntimeError(found.message)
    assert charges == peak  # noqa: S101  # the layout of the columns
    return float(found.x[peak]), float(found.x[unserved:].sum())


def uncontrolled(day: Day) -> tuple[list[float], list[Car]]:
    """Everybody at full power at once."""
    cars = day.fresh()
    load = [
        base + sum(car.draw(step * STEP_S, car.config.max_current_a) for car in cars)
        for step, base in enumerate(day.base_w)
    ]
    return load, cars


def controlled(
    day: Day, seed: int, capacity_w: float, *, planning: bool, price: bool = False, usual: bool = False
) -> tuple[list[float], list[Car]]:
    """Run the engine and the plant together, step by step."""
    capacity_a = (capacity_w / 3 / NOMINAL_V,) * 3
    config = GridConfig(
        feeders=(FeederConfig(feeder_id="main", capacity_a=capacity_a, threshold_a=capacity_a),),
        devices=tuple(car.config for car in day.cars),
        market=MarketConfig(automatic=False),
        planning=planning,
    )
    ids = itertools.count()
    engine = GridEngine(config, new_id=lambda: f"r{next(ids)}")
    if planning:
        state = {**engine.to_dict(), "plan": learned(config, seed, len(day.cars), usual=usual)}
        engine = GridEngine(config, new_id=lambda: f"r{next(ids)}", state=state)
    return simulate(engine, day, START, price=price)


def simulate(engine: GridEngine, day: Day, start: float, *, price: bool) -> tuple[list[float], list[Car]]:
    """Run one day in a closed loop."""
    cars = day.fresh()
    forecast = Forecast(price=tariff()) if price else None
    by_id = {car.config.device_id: car for car in cars}
    load: list[float] = []
    for step, base in enumerate(day.base_w):
        t = step * STEP_S
        now = start + t
        phases = [base / 3] * 3
        for car in cars:
            drawn = car.draw(t, car.told_a)
            for phase in car.config.phases:
                phases[phase] += drawn / len(car.config.phases)
        load.append(sum(phases))
        inputs = Inputs(
            meters={"main": PhaseReading(power_w=(phases[0], phases[1], phases[2]), at=now, changed_at=now)},
            devices={car.config.device_id: telemetry(car, t, start) for car in cars},
            forecast=forecast,
        )
        for setpoint in engine.step(now, inputs).setpoints:
            if isinstance(setpoint, ChargerSetpoint):
                by_id[setpoint.device_id].told_a = setpoint.current_a
        # As in Home Assistant, where a plan is ready long before the next step here.
        while engine.go_on_planning(BATCH):
            pass
    return load, cars


def telemetry(car: Car, t: float, start: float) -> ChargerTelemetry:
    present = car.present(t)
    phases = car.config.phases
    each = car.drawn_w / len(phases)
    power = tuple(each if phase in phases else 0.0 for phase in range(3))
    return ChargerTelemetry(
        reading=PhaseReading(power_w=power, at=start + t, changed_at=start + t),  # type: ignore[arg-type]
        connected=present,
        departure_at=start + car.departs if present else None,
        energy_needed_wh=max(0.0, car.need_wh - car.had_wh) if present else None,
    )


def learned(config: GridConfig, seed: int, count: int, *, usual: bool) -> dict[str, Any]:
    """Return what a plan knows of the load and of the stays after some other days."""
    planner = Planner(config, Topology(config))
    for number in range(LEARNING_DAYS):
        start = START - (LEARNING_DAYS - number) * DAY
        before = make_day(seed if usual else (seed + 1) * 7919 + number, count)
        for step, watts in enumerate(before.base_w):
            planner.observe(start + step * STEP_S, {"main": (watts / 3, watts / 3, watts / 3)})
        for car in before.cars:
            planner.arrivals.add(car.config.device_id, Stay(start + car.arrives, start + car.departs, car.need_wh))
    return planner.to_dict()


def tariff() -> Series:
    """Cheap from 01:00 to 05:00."""
    hours = [(12 + hour) % 24 for hour in range(72)]
    return Series(start=START - DAY, step_s=HOUR, values=tuple(0.12 if 1 <= hour < 5 else 0.30 for hour in hours))
