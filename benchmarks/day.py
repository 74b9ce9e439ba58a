"""A day on a street: its peak with and without the plan, next to the lowest peak that was possible.

scripts/bench day [--days N] [--cars 20] [--fuses 1.3,1.5,2.0] [--price] [--json] [--plot FILE]

As many households as cars. Four of five cars come home in the evening and leave in the morning, the others visit for a
few hours; half of the chargers have one phase. A day runs from noon to noon, in five ways:

- optimum: a linear programme that knows all cars and the load beforehand and may charge with any power. It serves what
  can be served within the fuse, and then makes the peak as low as it can be.
- uncontrolled: every car charges at full power when it comes.
- protection: the engine keeps to the fuse; nothing is planned.
- plan: protection and plan.
- usual: the same, but all earlier days were like this one. So the plan expects what comes, as the optimum does: what is
  left between them is not for want of knowledge.

The engine knows no car before it is plugged in; then it is told its need and departure. The plan has learned from
`LEARNING_DAYS` earlier days, with other loads and other stays where the day is not a usual one. The fuse is a multiple
of the lowest possible peak: a street's fuse is commonly laid out for cooking and for the cars that were expected, so 2
has room to spare, 1.5 is ordinary, and 1.3 is about the least at which everybody can be served, as the phases are
loaded unevenly and the engine leaves a margin of the fuse unused. Peaks are means of a quarter of an hour. `--price`
adds a price that is low from 01:00 to 05:00, for the plan only. `--plot FILE` draws the first day as PNG.

Environment: bench
"""

import argparse
import json
import math
import multiprocessing
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._day_model import HOUR, SLOTS, STEP_S, Car, by_slot, controlled, make_day, optimum, uncontrolled

#: Wh that a car may lack and still counts as served.
SERVED_WH = 100.0
WAYS = ("uncontrolled", "protection", "plan", "usual")


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


def run(task: tuple[int, int, float, bool]) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Return one day with one fuse: the figures, and the load of each way, W per quarter of an hour."""
    count, seed, fuse, price = task
    day = make_day(seed, count)
    lowest_w, _ = optimum(day, math.inf)
    capacity_w = fuse * lowest_w
    within_w, unserved_wh = optimum(day, capacity_w)
    loads = {
        "uncontrolled": uncontrolled(day),
        "protection": controlled(day, seed, capacity_w, planning=False),
        "plan": controlled(day, seed, capacity_w, planning=True, price=price),
        "usual": controlled(day, seed, capacity_w, planning=True, price=price, usual=True),
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
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the first day with the largest size and fuse")
    options = parser.parse_args(argv)
    sizes = sorted({int(each) for each in options.cars.split(",")}, reverse=True)
    fuses = sorted({float(each) for each in options.fuses.split(",")}, reverse=True)
    days = range(options.first, options.first + options.days)
    tasks = [(size, day, fuse, options.price) for size in sizes for day in days for fuse in fuses]
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
