"""Streets that lose their cable: what the grid keeps alive, next to nothing done and to the best that was possible.

scripts/bench outage [--count 200] [--seed 0] [--step 60] [--json]

Each outage lasts 1 to 48 hours and begins at any hour of any day of the year, on a street of 3 to 12 homes with sun,
batteries and loads that may be kept off (see `_outage_model.py`). Whoever controls is told that the cable is dead and
the island formed, what the inverters give, which loads are on, what is in the batteries, and a forecast of the sun that
is off by about a third; nobody is told how long it lasts. The engine runs in a closed loop. Printed:

- energy by rank that was served, as a share of what was wanted: by the engine; by a linear programme that knows
  everything beforehand and serves what matters more first; and with nothing done: then the inverters switch off for
  everybody whenever they are overloaded or empty. Rank 0 is what is always on.
- the same of rank 0 as a share of what the linear programme serves, and how long all of it was served;
- the greatest overload without a break, as a share of what inverters are taken to stand: a tenth more for 60 s;
- how often a load was switched in an outage, its return included; the share of the time in which a load ran although
  one that comes before it, and takes no more, was kept off (loads are not switched again at once);
- seconds from the loss to the new capacity, and from the cable's return until everything is on again.

Environment: bench
"""

import argparse
import json
import statistics
import sys
from typing import Any

from benchmarks._outage_loop import Lived, Loop, nothing_done
from benchmarks._outage_model import HOURS, SHARES, Outage, Served, best_possible, make_outage


def summary(rows: list[tuple[Outage, Lived, Served, Served]]) -> dict[str, Any]:
    """Return the figures of all outages together."""
    wanted = [
        sum(outage.wanted_w(slot, rank) for outage, *_ in rows for slot in range(outage.slots)) * HOURS
        for rank in range(len(SHARES))
    ]
    ours = [mine for _, mine, _, _ in rows]
    served: dict[str, list[Served]] = {
        "engine": [*ours],
        "best": [best for _, _, best, _ in rows],
        "nothing": [nothing for *_, nothing in rows],
    }
    shares = sorted(
        float(mine.energy_wh[0] / best.energy_wh[0]) for _, mine, best, _ in rows if best.energy_wh[0] > 1.0
    )
    seconds = sum(outage.slots for outage, *_ in rows) * HOURS * 3600.0
    best_wh = sum(best.energy_wh[0] for best in served["best"])
    return {
        "outages": len(rows),
        "hours": round(seconds / 3600.0, 1),
        "served_by_rank": {
            who: [
                round(float(sum(each.energy_wh[rank] for each in lived)) / wanted[rank], 3)
                for rank in range(len(SHARES))
            ]
            for who, lived in served.items()
        },
        "critical_of_best": round(float(sum(mine.energy_wh[0] for mine in ours) / best_wh), 3),
        "critical_of_best_median": round(statistics.median(shares), 3),
        "critical_of_best_worst": [round(each, 3) for each in shares[:5]],
        "hours_lived": {who: round(sum(each.hours for each in lived), 1) for who, lived in served.items()},
        "greatest_overload_share": round(max(each.overload for each in ours), 3),
        "switched_per_load": round(sum(each.switched for each in ours) / sum(each.loads for each in ours), 2),
        "disorder_share": round(sum(each.disorder_s for each in ours) / seconds, 3),
        "to_capacity_s": max(each.to_capacity_s for each in ours),
        "restored_s": max(each.restore_s for each in ours),
    }


def main() -> None:
    """Run all outages and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench outage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200, help="outages")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--step", type=float, default=60.0, help="length of a step of the closed loop, s")
    parser.add_argument("--json", action="store_true", help="print figures only")
    asked = parser.parse_args()
    rows: list[tuple[Outage, Lived, Served, Served]] = []
    for seed in range(asked.seed, asked.seed + asked.count):
        outage = make_outage(seed)
        rows.append((outage, Loop(outage, asked.step).run(), best_possible(outage), nothing_done(outage)))
        print(f"\r{len(rows)} of {asked.count} outages", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    figures = summary(rows)
    if asked.json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        if isinstance(figure, dict):
            print(f"{name}:")
            for who, value in figure.items():
                print(f"  {who:8} {value}")
        else:
            print(f"{name}: {figure}")


if __name__ == "__main__":
    main()
