"""What one allocation costs for 100, 1,000 and 10,000 participants, and how it grows.

scripts/bench allocator_cost [--json]

A street of buildings with a feeder each, single-phase and three-phase chargers mixed, a third of them without need.
`order` is the deadline-aware order of `priority`, `shares` the allocator after it. The growth factor is the cost per
participant, compared with the size before: 1 is linear, n log n is about 1.3 to 1.5.
"""

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Sequence

from custom_components.tangle_grid.grid.allocator import Demand, allocate
from custom_components.tangle_grid.grid.priority import Session, standings

SIZES = (100, 1_000, 10_000)
PER_BUILDING = 40
PHASES = 3


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


def measure(count: int) -> dict[str, float]:
    """Least processor times in ms: ordering, sharing one after the other, sharing equally."""
    available, limits, sessions = street(count)
    rounds = max(3, 3_000 // count)
    ordering: list[float] = []
    ranked: list[float] = []
    equal: list[float] = []
    for _ in range(rounds):
        started = time.process_time()
        places = standings(sessions, sum(available[:PHASES]) * 230.0)
        ordering.append(time.process_time() - started)
        for times, ranks in ((ranked, places), (equal, [()] * count)):
            demands = [
                Demand(limits=path, min_a=6.0, max_a=16.0 if session.need_wh > 0 else 0.0, order=place, rank=rank)
                for path, session, place, rank in zip(limits, sessions, places, ranks, strict=True)
            ]
            started = time.process_time()
            allocate(available, demands)
            times.append(time.process_time() - started)
    return {
        "order_ms": round(min(ordering) * 1e3, 3),
        "shares_ranked_ms": round(min(ranked) * 1e3, 3),
        "shares_equal_ms": round(min(equal) * 1e3, 3),
    }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench allocator_cost")
    parser.add_argument("--json", action="store_true", help="print only JSON")
    options = parser.parse_args(argv)
    results = {count: measure(count) for count in SIZES}
    growth = {
        more: {key: round(results[more][key] / results[less][key] / (more / less), 2) for key in results[more]}
        for less, more in itertools.pairwise(SIZES)
    }
    if options.json:
        print(json.dumps({"ms": results, "growth_per_participant": growth}, indent=2))
        return 0
    print(f"{'participants':>12}{'order ms':>12}{'ranked ms':>12}{'equal ms':>12}{'growth (order, ranked, equal)':>34}")
    for count, each in results.items():
        factors = ", ".join(f"{value:.2f}" for value in growth.get(count, {}).values()) or "-"
        print(
            f"{count:12,}{each['order_ms']:12.3f}{each['shares_ranked_ms']:12.3f}"
            f"{each['shares_equal_ms']:12.3f}{factors:>34}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
