"""Streets that lose their cable: what the grid keeps alive, next to nothing done and to the best that was possible.

scripts/bench outage [--count 200] [--seed 0] [--step 60] [--json]

Each outage lasts 1 to 48 hours and begins at any hour of any day of the year, on a street of 3 to 12 homes with sun,
batteries and loads that may be kept off (see `_outage_model.py`). Whoever controls is told that the cable is dead and
the island formed, what the inverters give, which loads are on, what is in the batteries, and a forecast of the sun that
is off by about a third; nobody is told how long it lasts. The engine runs in a closed loop. Printed:

- critical: energy of what is always on that was served, of what was wanted, and of the best possible: a linear programme
  that knows everything beforehand and serves what matters more first. The same with nothing done: then the inverters
  switch off whenever they are overloaded or empty, and everybody is in the dark.
- hours: how long everything that is always on was served.
- order: quarters of an hour in which a load ran although one that comes before it, and would have taken less, did not.
- overload: the greatest load beyond what the inverters give, W x s without a break, and as a share of what they stand
  for a short time (here: a tenth of their power for 60 s).
- switched: how often a load was switched, per load and day; seconds from the loss to the new capacity, and from the
  cable's return until everything is back.

Environment: bench
"""

import argparse
import json
import statistics
import sys
from typing import Any

from benchmarks._outage_loop import Loop, nothing_done
from benchmarks._outage_model import HOURS, SHARES, best_possible, make_outage


def main() -> None:
    """Run all outages and print what came of them."""
    parser = argparse.ArgumentParser(prog="scripts/bench outage", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--step", type=float, default=60.0, help="length of a step, s")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for seed in range(asked.seed, asked.seed + asked.count):
        outage = make_outage(seed)
        ours = Loop(outage, asked.step).run()
        best, nothing = best_possible(outage), nothing_done(outage)
        wanted = [
            sum(outage.wanted_w(slot, rank) for slot in range(outage.slots)) * HOURS for rank in range(len(SHARES))
        ]
        rows.append(
            {
                "seed": seed,
                "hours": outage.slots * HOURS,
                "wanted": wanted,
                "ours": ours,
                "best": best,
                "nothing": nothing,
            }
        )
        print(f"\r{len(rows)} of {asked.count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for rank in range(len(SHARES)):
        wanted = sum(row["wanted"][rank] for row in rows)
        print(
            f"rank {rank}: "
            + ", ".join(
                f"{who} {sum(row[who].energy_wh[rank] for row in rows) / wanted:.3f}"
                for who in ("best", "ours", "nothing")
            )
        )
    shares = sorted(row["ours"].energy_wh[0] / row["best"].energy_wh[0] for row in rows if row["best"].energy_wh[0] > 1)
    print(f"critical, of the best: worst {shares[:4]}, median {statistics.median(shares):.3f}")
    for who in ("best", "ours", "nothing"):
        print(
            f"hours lived, {who}: {sum(row[who].hours for row in rows):.0f} of {sum(row['hours'] for row in rows):.0f}"
        )
    days = sum(row["ours"].load_days for row in rows)
    print(f"switched per load and day: {sum(row['ours'].switched for row in rows) / days:.2f}")
    print(
        "overload share max", max(row["ours"].overload for row in rows), "trips", sum(row["ours"].trips for row in rows)
    )
    print(
        "to capacity",
        max(row["ours"].to_capacity_s for row in rows),
        "restore",
        max(row["ours"].restore_s for row in rows),
    )


if __name__ == "__main__":
    main()
