"""Our allocator against ACN-Sim's own algorithms, on the same sessions in the same simulator.

scripts/bench acn_sim --sessions FILE --capacity-kw N [--json] [--only ours,edf] [--houses N]

FILE is an event queue as `EventQueue.to_json` writes it, or the sessions of ACN-Data as JSON (either may be compressed
with gzip). Without it, seeded synthetic sessions are used. The garage is ACN-Sim's Caltech site with a transformer of N
kW, continuous pilots and steps of five minutes. `ours_estimated` is ours without the stated departures; the table has
it and what is lost by it, JSON only with `--only`.

With `--houses N` the same stations are spread over N houses, each with an allocator of its own: `ours_houses` tells the
street anonymous demands, `ours_totals` a single total for each circuit, and both keep the envelope that they get for
it. `house_violations` counts what a house drew beyond it.

ACN-Sim: Lee, Sharma, Low, ACN-Sim: an open-source simulator for data-driven electric vehicle charging research, IEEE
SmartGridComm 2019.

Environment: bench
"""

import argparse
import copy
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ._sessions import (
    PERIOD_MIN,
    ChargingSession,
    SessionsError,
    check_stations,
    from_acn_data,
    is_event_queue,
    load,
    synthetic,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import numpy as np
    from acnportal import acnsim, algorithms

from ._acn_houses import HousesAlgorithm
from ._acn_ours import TangleGridAlgorithm

VOLTS = 208
#: kWh that a session may lack and still count as served.
SERVED_KWH = 0.1
#: A above a limit that rounding may explain.
TOLERANCE_A = 1e-3
#: The bundled round robin deals out the current in steps of this many A.
ROUND_ROBIN_A = 1.0

#: Without the stated departures, ours estimates them.
ESTIMATED = "ours_estimated"

#: The same behind the fuses of houses.
HOUSES = "ours_houses"
TOTALS = "ours_totals"

type Result = dict[str, float | int]

ALGORITHMS: dict[str, Callable[[float], Any]] = {
    "ours": lambda kw: TangleGridAlgorithm(capacity_kw=kw),
    ESTIMATED: lambda kw: TangleGridAlgorithm(capacity_kw=kw, departures_known=False),
    "edf": lambda _: algorithms.SortedSchedulingAlgo(algorithms.earliest_deadline_first),
    "llf": lambda _: algorithms.SortedSchedulingAlgo(algorithms.least_laxity_first),
    "fcfs": lambda _: algorithms.SortedSchedulingAlgo(algorithms.first_come_first_served),
    "round_robin": lambda _: algorithms.RoundRobin(algorithms.first_come_first_served, continuous_inc=ROUND_ROBIN_A),
    "uncontrolled": lambda _: algorithms.UncontrolledCharging(),
}


def network(capacity_kw: float) -> Any:
    return acnsim.sites.caltech_acn(basic_evse=True, voltage=VOLTS, transformer_cap=capacity_kw)


def event_queue(path: Path | None, *, seed: int, days: int) -> Any:
    stations = network(1.0).station_ids
    data = None if path is None else load(path)
    if is_event_queue(data):
        try:
            queue = acnsim.EventQueue.from_json(json.dumps(data))
            plugged_in = [event.ev.station_id for _, event in queue.queue if isinstance(event, acnsim.PluginEvent)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SessionsError(f"{path}: not an event queue of ACN-Sim: {error!r}") from error
        check_stations(plugged_in, stations)
        return queue
    sessions = synthetic(stations, seed=seed, days=days) if data is None else from_acn_data(data, stations)
    return acnsim.EventQueue([acnsim.PluginEvent(each.arrival, _car(each, i)) for i, each in enumerate(sessions)])


def _car(session: ChargingSession, number: int) -> Any:
    battery = acnsim.Battery(session.energy_kwh, 0, session.max_kw)
    return acnsim.EV(
        session.arrival, session.departure, session.energy_kwh, session.station, f"session_{number}", battery
    )


def simulate(queue: Any, capacity_kw: float, algorithm: Any) -> Result:
    """Run one algorithm through all sessions."""
    site = network(capacity_kw)
    simulator = acnsim.Simulator(
        site, algorithm, copy.deepcopy(queue), datetime(2019, 1, 1, tzinfo=UTC), period=PERIOD_MIN, verbose=False
    )
    with warnings.catch_warnings():
        # It warns in each step in which uncontrolled charging exceeds a limit: that is counted below.
        warnings.simplefilter("ignore")
        simulator.run()
    cars = list(simulator.ev_history.values())
    asked = np.array([car.requested_energy for car in cars])
    given = np.array([car.energy_delivered for car in cars])
    fractions = np.clip(given / asked, 0.0, 1.0)
    line_currents = np.abs(site.constraint_current(simulator.charging_rates))
    over = (line_currents > site.magnitudes[:, None] + TOLERANCE_A).any(axis=0)
    seconds = [each["solve_time"] for each in algorithm.solve_stats if each["active_sessions"]]
    p50, p99 = np.percentile(seconds, [50, 99]) * 1e3
    return {
        "energy_pct": round(100.0 * float(given.sum() / asked.sum()), 2),
        "served_pct": round(100.0 * float(np.mean(asked - given < SERVED_KWH)), 2),
        "jain": round(float(fractions.sum() ** 2 / (len(fractions) * (fractions**2).sum())), 4),
        "p5_fraction": round(float(np.percentile(fractions, 5)), 3),
        "peak_kw": round(float((site._voltages @ simulator.charging_rates).max()) / 1000.0, 2),  # noqa: SLF001  # no other way
        "violations": int(over.sum()),
        "house_violations": getattr(algorithm, "violations", 0),
        "decision_ms_p50": round(float(p50), 3),
        "decision_ms_p99": round(float(p99), 3),
        "decisions": len(seconds),
        "sessions": len(cars),
    }


def table(results: dict[str, Result], capacity_kw: float) -> None:
    count = next(iter(results.values()))["sessions"]
    print(f"{count} sessions, transformer {capacity_kw:g} kW")
    print(
        f"{'algorithm':15}{'energy %':>10}{'served %':>10}{'Jain':>8}{'5 % frac':>10}{'peak kW':>9}"
        f"{'violations':>12}{'ms median':>11}{'ms p99':>9}"
    )
    for name, each in results.items():
        print(
            f"{name:15}{each['energy_pct']:10.2f}{each['served_pct']:10.2f}{each['jain']:8.4f}"
            f"{each['p5_fraction']:10.3f}{each['peak_kw']:9.1f}{each['violations']:12d}"
            f"{each['decision_ms_p50']:11.3f}{each['decision_ms_p99']:9.3f}"
        )
    if "ours" in results and ESTIMATED in results:
        known, estimated = results["ours"], results[ESTIMATED]
        print(
            "Lost where departures are not known: "
            f"{known['energy_pct'] - estimated['energy_pct']:.2f} points of energy, "
            f"{known['served_pct'] - estimated['served_pct']:.2f} of sessions served, "
            f"{known['jain'] - estimated['jain']:.4f} of the Jain index"
        )
    for name, label in ((HOUSES, "Lost by the houses"), (TOTALS, "Lost by single totals")):
        if "ours" in results and name in results:
            known, other = results["ours"], results[name]
            print(
                f"{label}: {known['energy_pct'] - other['energy_pct']:.2f} points of energy, "
                f"{known['served_pct'] - other['served_pct']:.2f} of sessions served; "
                f"{other['violations']} and {other['house_violations']} violations of the site and of houses"
            )


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench acn_sim", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--sessions", type=Path, metavar="FILE", help="event queue of ACN-Sim, or sessions of ACN-Data")
    parser.add_argument("--capacity-kw", type=float, default=30.0, metavar="N", help="of the transformer")
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--only", help=f"of {', '.join(ALGORITHMS)}")
    parser.add_argument("--houses", type=int, default=0, metavar="N", help="spread the stations over so many houses")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic sessions")
    parser.add_argument("--days", type=int, default=30, help="of the synthetic sessions")
    options = parser.parse_args(argv)
    if options.houses > 0:
        ALGORITHMS[HOUSES] = lambda kw: HousesAlgorithm(capacity_kw=kw, houses=options.houses)
        ALGORITHMS[TOTALS] = lambda kw: HousesAlgorithm(capacity_kw=kw, houses=options.houses, single_total=True)
        options.only = options.only or f"ours,{HOUSES},{TOTALS}"
    if options.only is None:
        options.only = [name for name in ALGORITHMS if name != ESTIMATED or not options.json]
    else:
        options.only = [name.strip() for name in options.only.split(",") if name.strip()]
    if unknown := [name for name in options.only if name not in ALGORITHMS]:
        parser.error(f"no such algorithm: {', '.join(unknown)}")
    if not options.only:
        parser.error(f"name at least one of {', '.join(ALGORITHMS)}")
    if options.capacity_kw <= 0:
        parser.error("the capacity must be positive")
    return options


def main(argv: Sequence[str]) -> int:
    options = arguments(argv)
    try:
        queue = event_queue(options.sessions, seed=options.seed, days=options.days)
    except SessionsError as error:
        print(f"acn_sim: {error}", file=sys.stderr)
        return 1
    results: dict[str, Result] = {}
    for name in options.only:
        started = time.monotonic()
        results[name] = simulate(queue, options.capacity_kw, ALGORITHMS[name](options.capacity_kw))
        print(f"[acn_sim] {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        table(results, options.capacity_kw)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
