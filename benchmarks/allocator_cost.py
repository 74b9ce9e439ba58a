"""What one control pass costs for 100, 1,000 and 10,000 participants, and how it grows.

scripts/bench allocator_cost [--json]

A street of buildings with a feeder each, single-phase and three-phase chargers mixed, every third car full. Times are
the least processor times of several rounds, in ms:

- `order`: who comes first, by need and departure
- `shares`: the allocator, one after the other in that order
- `equal`: the allocator, all sharing alike
- `pass`: a whole step of the engine with fresh readings of everything, order and plan included, in the steady state:
  setpoints are told, the plan is there
- `piece`: the longest piece of a plan that is made between the steps, as in Home Assistant
- `plan`: all pieces of one plan

The growth factor is the cost per participant, compared with the size before: 1 is linear, n log n is about 1.3 to 1.5.
"""

import argparse
import gc
import itertools
import json
import random
import sys
import time
from collections.abc import Sequence

from custom_components.tangle_grid.grid import (
    ChargerConfig,
    ChargerSetpoint,
    ChargerTelemetry,
    FeederConfig,
    GridConfig,
    GridEngine,
    Inputs,
    MarketConfig,
    PhaseReading,
    PhaseTriple,
)
from custom_components.tangle_grid.grid.control.allocator import Demand, allocate
from custom_components.tangle_grid.grid.control.laxity import Session, standings
from custom_components.tangle_grid.grid.planning.plan import SMALL_BATCH

SIZES = (100, 1_000, 10_000)
PER_BUILDING = 40
PHASES = 3
VOLTS = 230.0
STEP_S = 10.0
START = 20_000 * 86_400.0 + 18 * 3600.0


def street(count: int, seed: int = 1) -> tuple[list[float], list[tuple[int, ...]], list[Session]]:
    """Available currents, the limits of each charger and its session."""
    draw = random.Random(seed)  # noqa: S311  # a model, not a secret
    buildings = -(-count // PER_BUILDING)
    available = [count * 5.0] * PHASES + [PER_BUILDING * 8.0] * PHASES * buildings
    limits: list[tuple[int, ...]] = []
    sessions: list[Session] = []
    for index in range(count):
        feeders = (0, 1 + index // PER_BUILDING)
        phases = range(PHASES) if draw.random() < 0.4 else (draw.randrange(PHASES),)
        limits.append(tuple(feeder * PHASES + phase for feeder in feeders for phase in phases))
        total = draw.uniform(2_000.0, 50_000.0)
        need = 0.0 if draw.random() < 1 / 3 else total * draw.random()
        sessions.append(
            Session(
                need_wh=need, total_wh=total, departs_in_s=draw.uniform(600.0, 43_200.0), full_w=3_680.0 * len(phases)
            )
        )
    return available, limits, sessions


def parts(count: int) -> dict[str, float]:
    """Return the order and the allocator alone, ms."""
    available, limits, sessions = street(count)
    rounds = max(3, 3_000 // count)
    ordering: list[float] = []
    ranked: list[float] = []
    equal: list[float] = []
    for _ in range(rounds):
        started = time.process_time()
        places = standings(sessions, sum(available[:PHASES]) * VOLTS).places
        ordering.append(time.process_time() - started)
        for times, ranks in ((ranked, places), (equal, [()] * count)):
            demands = [
                Demand(limits=path, min_a=6.0, max_a=16.0 if session.need_wh > 0 else 0.0, order=place, rank=rank)
                for path, session, place, rank in zip(limits, sessions, places, ranks, strict=True)
            ]
            started = time.process_time()
            allocate(available, demands)
            times.append(time.process_time() - started)
    return {"order": min(ordering) * 1e3, "shares": min(ranked) * 1e3, "equal": min(equal) * 1e3}


class Loop:
    """The engine, and cars that draw what they are told."""

    def __init__(self, count: int) -> None:
        available, limits, self.sessions = street(count)
        self.configs = [
            ChargerConfig(
                device_id=f"car{index}",
                feeder_id=f"building{index // PER_BUILDING}",
                phases=tuple(sorted({limit % PHASES for limit in path})),
                safe_current_a=0.0,
                learn_phases=False,
            )
            for index, path in enumerate(limits)
        ]
        buildings = [f"building{index}" for index in range(-(-count // PER_BUILDING))]
        root: PhaseTriple = (available[0], available[1], available[2])
        below: PhaseTriple = (available[3], available[4], available[5])
        self.config = GridConfig(
            feeders=(
                FeederConfig(feeder_id="street", capacity_a=root, threshold_a=root),
                *(
                    FeederConfig(feeder_id=name, parent_id="street", capacity_a=below, threshold_a=below)
                    for name in buildings
                ),
            ),
            devices=tuple(self.configs),
            market=MarketConfig(automatic=False),
        )
        ids = itertools.count()
        self.engine = GridEngine(self.config, new_id=lambda: str(next(ids)), plan_batch=0)
        self.told = dict.fromkeys((config.device_id for config in self.configs), 0.0)
        self.now = START

    def step(self) -> float:
        """Return one pass; returns processor time, s."""
        self.now += STEP_S
        loads: dict[str, list[float]] = {feeder.feeder_id: [VOLTS] * PHASES for feeder in self.config.feeders}
        devices: dict[str, ChargerTelemetry] = {}
        for config, session in zip(self.configs, self.sessions, strict=True):
            watts = self.told[config.device_id] * VOLTS if session.need_wh > 0 else 0.0
            power: PhaseTriple = tuple(watts if phase in config.phases else 0.0 for phase in range(PHASES))  # type: ignore[assignment]
            for feeder_id in (config.feeder_id, "street"):
                loads[feeder_id] = [before + more for before, more in zip(loads[feeder_id], power, strict=True)]
            devices[config.device_id] = ChargerTelemetry(
                reading=PhaseReading(power_w=power, at=self.now, changed_at=self.now),
                connected=True,
                departure_at=START + 7200.0 + session.departs_in_s,
                energy_needed_wh=session.need_wh,
            )
        inputs = Inputs(
            meters={
                feeder_id: PhaseReading(power_w=(load[0], load[1], load[2]), at=self.now, changed_at=self.now)
                for feeder_id, load in loads.items()
            },
            devices=devices,
        )
        gc.collect()
        started = time.process_time()
        result = self.engine.step(self.now, inputs)
        taken = time.process_time() - started
        for setpoint in result.setpoints:
            if isinstance(setpoint, ChargerSetpoint):
                self.told[setpoint.device_id] = setpoint.current_a
        return taken

    def pieces(self) -> list[float]:
        """Return the plan that is due, if one is; returns the processor time of each piece, s."""
        times: list[float] = []
        goes_on = self.engine.go_on_planning(0)
        while goes_on:
            started = time.process_time()
            goes_on = self.engine.go_on_planning(SMALL_BATCH)
            times.append(time.process_time() - started)
        return times


def whole(count: int) -> dict[str, float]:
    """Return the engine's step, ms."""
    loop = Loop(count)
    # Until the plan, the order and the chargers' currents have been there for a while, and the plan is made again.
    steps: list[float] = []
    plans: list[list[float]] = []
    for _ in range(41 if count < SIZES[-1] else 13):
        steps.append(loop.step())
        if pieces := loop.pieces():
            plans.append(pieces)
    return {
        "pass": sorted(steps)[len(steps) // 2] * 1e3,
        "piece": max(max(pieces) for pieces in plans) * 1e3,
        "plan": min(sum(pieces) for pieces in plans) * 1e3,
    }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench allocator_cost")
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--participants", default=",".join(map(str, SIZES)), help="sizes, with commas")
    options = parser.parse_args(argv)
    sizes = sorted({int(each) for each in options.participants.split(",")})
    results = {
        count: {key: round(value, 3) for key, value in {**parts(count), **whole(count)}.items()} for count in sizes
    }
    growth = {
        more: {key: round(results[more][key] / results[less][key] / (more / less), 2) for key in results[more]}
        for less, more in itertools.pairwise(sizes)
    }
    if options.json:
        print(json.dumps({"ms": results, "growth_per_participant": growth}, indent=2))
        return 0
    keys = list(results[sizes[0]])
    print("ms of processor time; below it, the growth of the cost per participant")
    print(f"{'participants':>12}" + "".join(f"{key:>12}" for key in keys))
    for count, each in results.items():
        print(f"{count:12,}" + "".join(f"{each[key]:12.3f}" for key in keys))
        if count in growth:
            print(f"{'growth':>12}" + "".join(f"{growth[count][key]:12.2f}" for key in keys))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
