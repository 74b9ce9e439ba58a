"""A day on a street: its peak with and without the plan, next to the lowest peak that was possible.

scripts/bench day [--days N] [--cars 20] [--fuses 1.3,1.5,2.0] [--price] [--usual] [--json]
    [--plot FILE]

As many households as cars. Four of five cars come home in the evening and leave in the morning, the others visit for a
few hours; half of the chargers have one phase. A day runs from noon to noon, in four ways:

- optimum: a linear programme that knows all cars and the load beforehand and may charge with any power. It serves what
  can be served within the fuse, and then makes the peak as low as it can be.
- uncontrolled: every car charges at full power when it comes.
- protection: the engine keeps to the fuse; nothing is planned.
- plan: protection and plan.

The engine knows no car before it is plugged in; then it is told its need and departure. The plan has learned from
`LEARNING_DAYS` earlier days with other loads and other stays. The fuse is a multiple of the lowest possible peak: a
street's fuse is commonly laid out for cooking and for the cars that were expected, so 2 has room to spare, 1.5 is
ordinary, and 1.3 is about the least at which everybody can be served, as the phases are loaded unevenly and the engine
leaves a margin of the fuse unused. Peaks are means of a quarter of an hour. `--price` adds a price that is low from
01:00 to 05:00, for the plan only. With `--usual` all earlier days were like this one: the plan expects what comes, as
the optimum does, and what is left between them is not for want of knowledge. `--plot FILE` draws the first day as PNG.

Environment: bench
"""

import argparse
import itertools
import json
import math
import multiprocessing
import os
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
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
from custom_components.tangle_grid.grid.arrivals import Stay
from custom_components.tangle_grid.grid.forecast import Forecast, Series
from custom_components.tangle_grid.grid.plan import BATCH, Planner
from custom_components.tangle_grid.grid.topology import Topology

HOUR = 3600.0
DAY = 24 * HOUR
STEP_S = 30.0
SLOT_S = 900.0
SLOTS = int(DAY / SLOT_S)
#: Noon of some day.
START = 20_000 * DAY + 12 * HOUR
#: Wh that a car may lack and still counts as served.
SERVED_WH = 100.0
LEARNING_DAYS = 10
#: Share of the cars that stay for a few hours of daylight.
VISITORS = 0.2
#: The load that nobody controls wanders this often, s.
WANDER_S = 30.0
WAYS = ("uncontrolled", "protection", "plan")


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
        """Whether it is plugged in."""
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
        """The cars, with nothing charged yet."""
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
    """The same in each day of a size: half of them with three phases."""
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
    """The lowest peak, W, and the energy that even the optimum cannot serve within the capacity, Wh."""
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
    """The engine and the plant together, step by step."""
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
    """One day in a closed loop."""
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
    """What a plan knows of the load and of the stays after some other days."""
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


def judge(load_w: Sequence[float], cars: Sequence[Car]) -> dict[str, float]:
    slots = by_slot(load_w)
    missing = [max(0.0, car.need_wh - car.had_wh) for car in cars]
    night = sum(load_w[int(13 * HOUR / STEP_S) : int(17 * HOUR / STEP_S)]) * STEP_S / HOUR / 1000
    return {
        "peak_kw": round(max(slots) / 1000, 2),
        "load_factor": round(statistics.fmean(slots) / max(slots), 3),
        "unserved_kwh": round(sum(missing) / 1000, 2),
        "not_served": sum(1 for wh in missing if wh > SERVED_WH),
        "cheap_kwh": round(night, 1),
    }


def run(task: tuple[int, int, float, bool, bool]) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """One day with one fuse: the figures, and the load of each way, W per quarter of an hour."""
    count, seed, fuse, price, usual = task
    day = make_day(seed, count)
    lowest_w, _ = optimum(day, math.inf)
    capacity_w = fuse * lowest_w
    within_w, unserved_wh = optimum(day, capacity_w)
    loads = {
        "uncontrolled": uncontrolled(day),
        "protection": controlled(day, seed, capacity_w, planning=False),
        "plan": controlled(day, seed, capacity_w, planning=True, price=price, usual=usual),
    }
    result: dict[str, Any] = {
        "cars": count,
        "seed": seed,
        "fuse": fuse,
        "capacity_kw": round(capacity_w / 1000, 1),
        "optimum": {"peak_kw": round(within_w / 1000, 2), "unserved_kwh": round(unserved_wh / 1000, 2)},
    }
    for name, (load, cars) in loads.items():
        result[name] = judge(load, cars)
        result[name]["times_optimum"] = round(max(by_slot(load)) / within_w, 3)
        result[name]["beyond_kwh"] = round(max(0.0, result[name]["unserved_kwh"] - unserved_wh / 1000), 2)
    series = {name: by_slot(load) for name, (load, _) in loads.items()}
    return result, {"households": day.slots_w, **series}


def summary(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per fuse and way: over all days."""
    rows: list[dict[str, Any]] = []
    for fuse in sorted({each["fuse"] for each in results}):
        for name in WAYS:
            ways = [each[name] for each in results if each["fuse"] == fuse]
            times = [way["times_optimum"] for way in ways]
            rows.append(
                {
                    "fuse": fuse,
                    "way": name,
                    "days": len(ways),
                    "peak_median": round(statistics.median(times), 3),
                    "peak_worst": max(times),
                    "load_factor": round(statistics.fmean(way["load_factor"] for way in ways), 3),
                    "beyond_kwh": round(statistics.fmean(way["beyond_kwh"] for way in ways), 2),
                    "beyond_worst_kwh": max(way["beyond_kwh"] for way in ways),
                    "cheap_kwh": round(statistics.fmean(way["cheap_kwh"] for way in ways), 1),
                }
            )
    return rows


def table(rows: Sequence[dict[str, Any]], *, price: bool) -> None:
    print("Fuse and peak as multiples of the lowest possible peak; energy per day that the optimum would have served.")
    print(
        f"{'fuse':>5}  {'way':13}{'days':>5}{'peak median':>13}{'worst':>8}{'load factor':>13}"
        f"{'unserved kWh, mean':>20}{'worst':>8}" + (f"{'kWh at 1-5':>12}" if price else "")
    )
    for row in rows:
        print(
            f"{row['fuse']:5.1f}  {row['way']:13}{row['days']:5}{row['peak_median']:13.3f}{row['peak_worst']:8.3f}"
            f"{row['load_factor']:13.3f}{row['beyond_kwh']:20.2f}{row['beyond_worst_kwh']:8.2f}"
            + (f"{row['cheap_kwh']:12.1f}" if price else "")
        )


def plot(path: Path, result: dict[str, Any], series: dict[str, list[float]]) -> None:
    """The load over the day, as PNG."""
    import matplotlib as mpl  # noqa: PLC0415  # slow to import, and only needed here

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    hours = [12 + slot / 4 for slot in range(SLOTS + 1)]
    looks = {
        "uncontrolled": ("#c2410c", "uncontrolled"),
        "protection": ("#d9a406", "protection only"),
        "plan": ("#0f6fb5", "protection and plan"),
    }
    figure, axes = plt.subplots(figsize=(9.6, 4.6), dpi=150, facecolor="white")
    kw = [watts / 1000 for watts in series["households"]]
    axes.stairs(kw, hours, fill=True, color="#e3e6ea", label="households", zorder=1)
    for name, (colour, label) in looks.items():
        axes.stairs([watts / 1000 for watts in series[name]], hours, color=colour, linewidth=1.9, label=label, zorder=3)
    optimum_kw = result["optimum"]["peak_kw"]
    axes.axhline(
        optimum_kw, color="#15803d", linewidth=1.3, linestyle=(0, (5, 3)), zorder=2, label="lowest possible peak"
    )
    axes.axhline(result["capacity_kw"], color="#111827", linewidth=1.1, linestyle=":", zorder=2, label="fuse")
    axes.set_xlim(12, 36)
    axes.set_ylim(0)
    axes.set_xticks(range(12, 37, 3), [f"{hour % 24:02}:00" for hour in range(12, 37, 3)])
    axes.set_xlabel("time of the day")
    axes.set_ylabel("load of the street, mean of 15 min (kW)")
    axes.set_title(
        f"{result['cars']} households and {result['cars']} cars: peak {result['plan']['peak_kw']:.0f} kW with plan, "
        f"{result['protection']['peak_kw']:.0f} kW without, {result['uncontrolled']['peak_kw']:.0f} kW uncontrolled",
        fontsize=11,
    )
    axes.grid(color="#eef0f3", linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="upper right")
    figure.tight_layout()
    figure.savefig(path, facecolor="white", metadata={"Software": None})
    plt.close(figure)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench day", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--days", type=int, default=5, help="days per size and fuse")
    parser.add_argument("--cars", default="20", help="sizes, with as many households each")
    parser.add_argument("--fuses", default="1.3,1.5,2.0", help="multiples of the lowest possible peak")
    parser.add_argument(
        "--first", type=int, default=1, help="number of the first day: other days, other loads and stays"
    )
    parser.add_argument("--price", action="store_true", help="with a price that is low from 01:00 to 05:00")
    parser.add_argument("--usual", action="store_true", help="each earlier day was like this one")
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the first day with the largest size and fuse")
    options = parser.parse_args(argv)
    sizes = sorted({int(each) for each in options.cars.split(",")}, reverse=True)
    fuses = sorted({float(each) for each in options.fuses.split(",")}, reverse=True)
    days = range(options.first, options.first + options.days)
    tasks = [(size, day, fuse, options.price, options.usual) for size in sizes for day in days for fuse in fuses]
    results: list[dict[str, Any]] = []
    with multiprocessing.Pool(min(2, os.cpu_count() or 1)) as pool:
        for result, series in pool.imap(run, tasks):
            if options.plot is not None and not results:
                plot(options.plot, result, series)
            results.append(result)
            if sys.stderr.isatty():
                print(f"\r[day] {len(results)} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if options.json:
        print(json.dumps({"summary": summary(results), "days": results}, indent=2))
    else:
        table(summary(results), price=options.price)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
