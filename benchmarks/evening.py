"""An evening behind a fuse of 25 A, with meters and chargers that report as seldom as real ones do.

scripts/bench evening [--quick] [--seeds N] [--only TEXT] [--json] [--jobs N]

The load that nobody controls is about 17 A on L1 (2 A up and down, from second to second or, where it wanders, for
45 s), 4 A on L2 and 5 A on L3, less where a scenario needs room. A car of 16 A on three phases is plugged in after
two minutes; the hour after that counts. The meter reports every 1, 5, 10 or 30 s; the charger every 1, 10, 60 or 90 s
or on change, with any phase between the two; what it is told takes effect after 2 s. Printed for each: seconds over
the fuse and over 113 % of it (the worst of the seeds); the share of what a controller that knows everything would have
given (median and least; see `_zoo_perfect.py`); writes an hour and starts (the most); the time until nine tenths of
the best are reached again after what disturbed (the longest); the load as a share of the earliest trip lines of a gG
fuse and a B breaker, by I²t.

Environment: test
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Final

from benchmarks._zoo_perfect import best_w
from benchmarks._zoo_site import START, ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig
from custom_components.tangle_grid.simulation.randomness import generator
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Amps, Appliance, BaseLoad
from custom_components.tangle_grid.simulation.zoo.obeying import Follows
from custom_components.tangle_grid.simulation.zoo.reporting import Dead, Every, OnChange
from custom_components.tangle_grid.simulation.zoo.showing import ZeroFirst

FUSE_A: Final = 25.0
PLUG_S: Final = 120.0
HOUR_S: Final = 3600.0
METERS_S: Final = (1.0, 5.0, 10.0, 30.0)
#: 0: on change.
REPORTS_S: Final = (1.0, 10.0, 60.0, 90.0, 0.0)
_ENOUGH: Final = 0.9
_LOOK_S: Final = 30
_FULL_BASE: Final = (17.0, 4.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What happens in the hour; times in s after the car was plugged in.

    Attributes:
        mean_a: What nobody controls, A per phase.
        swing_a, flicker_a: How far it moves up and down, for 45 s and for one, A.
        appliances: What comes on top: A per phase, begin, end, on, off.
        cars: How many.
        charger: Makes the behaviours of each charger beside its reports.
        meter: Makes those of the meter.
        calm_at_s: When the last disturbance ends; None: there is none.
    """

    name: str
    mean_a: Amps = _FULL_BASE
    swing_a: Amps = (1.0, 0.3, 0.3)
    flicker_a: float = 1.0
    appliances: tuple[tuple[Amps, float, float, float, float], ...] = ()
    cars: int = 1
    charger: Callable[[], tuple[Behaviour, ...]] = tuple
    meter: Callable[[], tuple[Behaviour, ...]] = tuple
    calm_at_s: float | None = None


_ALWAYS: Final = (float("inf"), 0.0)
_KETTLES: Final = tuple(((9.0, 0.0, 0.0), begin, begin + 150.0, *_ALWAYS) for begin in (600.0, 1500.0, 2400.0))
_OVEN: Final = ((8.0, 0.0, 0.0), 900.0, 2700.0, 60.0, 90.0)
_ROOMY: Final = (10.0, 4.0, 5.0)
_DEAD_FROM_S, _DEAD_TO_S = 1500.0, 1800.0

SCENARIOS: Final = (
    Scenario(name="calm", swing_a=(0.0, 0.0, 0.0), flicker_a=2.0),
    Scenario(name="wandering", mean_a=(14.0, 4.0, 5.0), swing_a=(2.0, 0.5, 0.5), flicker_a=0.2),
    Scenario(name="kettle", mean_a=_ROOMY, appliances=_KETTLES, calm_at_s=2550.0),
    Scenario(name="oven", mean_a=_ROOMY, appliances=(_OVEN,), calm_at_s=2700.0),
    Scenario(
        name="long overload",
        mean_a=_ROOMY,
        appliances=(((12.0, 0.0, 0.0), 1200.0, 2100.0, *_ALWAYS),),
        calm_at_s=2100.0,
    ),
    Scenario(
        name="meter dead 5 min",
        mean_a=_ROOMY,
        meter=lambda: (Dead().between(PLUG_S + _DEAD_FROM_S, PLUG_S + _DEAD_TO_S),),
        calm_at_s=_DEAD_TO_S,
    ),
    Scenario(
        name="obeys 20 s late", mean_a=_ROOMY, appliances=_KETTLES, charger=lambda: (Follows(18.0),), calm_at_s=2550.0
    ),
    Scenario(name="sensor 0 first", charger=lambda: (ZeroFirst(), Follows(6.0))),
    Scenario(name="two cars", mean_a=(8.0, 4.0, 5.0), appliances=_KETTLES, cars=2, calm_at_s=2550.0),
    Scenario(name="three cars", mean_a=(4.0, 4.0, 4.0), appliances=_KETTLES, cars=3, calm_at_s=2550.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one hour came to: times in s, the share of the best energy, and shares of the trip lines."""

    scenario: str
    meter_s: float
    report_s: float
    seed: int
    over_s: float
    beyond_s: float
    longest_s: float
    worst: float
    share: float
    kwh: float
    best_kwh: float
    writes_h: float
    starts: int
    recovery_s: float | None
    gg: float
    b: float
    crashes: int = 0
    told: list[tuple[float, str, float]] = field(default_factory=list, repr=False)


def build(scenario: Scenario, *, meter_s: float, report_s: float, seed: int) -> Site:
    """Return a site for a scenario; the phase of all reports follows from the seed."""
    chance = generator("evening", scenario.name, meter_s, report_s, seed)

    def reports() -> Behaviour:
        return Every(report_s, chance.uniform(0.0, report_s)) if report_s else OnChange(1.0)

    plugged = START + PLUG_S
    base = BaseLoad(
        seed=seed,
        mean_a=scenario.mean_a,
        swing_a=scenario.swing_a,
        flicker_a=scenario.flicker_a,
        appliances=[
            Appliance(amps=amps, begin=plugged + begin, end=plugged + end, on_s=on_s, off_s=off_s)
            for amps, begin, end, on_s, off_s in scenario.appliances
        ],
    )
    full = (FUSE_A, FUSE_A, FUSE_A)
    soft = (0.8 * FUSE_A, 0.8 * FUSE_A, 0.8 * FUSE_A)
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=full, threshold_a=soft),
        base=base,
        meter=(Every(meter_s, chance.uniform(0.0, meter_s)), *scenario.meter()),
    )
    chargers = [
        ChargerSpec(
            config=ChargerConfig(device_id=f"car_{number}", feeder_id="main", battery_wh=60_000),
            behaviours=(reports(), *scenario.charger()),
        )
        for number in range(1, scenario.cars + 1)
    ]
    return Site([feeder], chargers)


def play(scenario: Scenario | str, *, meter_s: float = 5.0, report_s: float = 10.0, seed: int = 1) -> tuple[Site, Row]:
    """Run one hour; of the site that is returned everything can be looked at."""
    if isinstance(scenario, str):
        scenario = next(each for each in SCENARIOS if each.name == scenario)
    site = build(scenario, meter_s=meter_s, report_s=report_s, seed=seed)
    site.run(PLUG_S)
    for charger in site.chargers.values():
        charger.plug_in(ZooCar(soc=20.0))
    site.run(HOUR_S)
    begin, end = START + PLUG_S, START + PLUG_S + HOUR_S
    best = best_w(site, begin, end)
    drawn = site.trace.power_w[int(PLUG_S) : int(PLUG_S + HOUR_S)]
    felt = site.felt["main"]
    best_kwh, kwh = sum(best) / 3.6e6, sum(drawn) / 3.6e6
    return site, Row(
        scenario=scenario.name,
        meter_s=meter_s,
        report_s=report_s,
        seed=seed,
        over_s=felt.over_s,
        beyond_s=felt.beyond_s,
        longest_s=felt.longest_s,
        worst=felt.worst,
        share=kwh / best_kwh if best_kwh else 1.0,
        kwh=kwh,
        best_kwh=best_kwh,
        writes_h=max(charger.writes for charger in site.chargers.values()),
        starts=max(charger.starts for charger in site.chargers.values()),
        recovery_s=None if scenario.calm_at_s is None else _recovery_s(drawn, best, int(scenario.calm_at_s)),
        gg=max(fuse_gg(FUSE_A).share(squares) for squares in felt.squares),
        b=max(breaker_b(FUSE_A).share(squares) for squares in felt.squares),
        crashes=len(site.crashes),
        told=site.told,
    )


def _recovery_s(drawn: Sequence[float], best: Sequence[float], calm_at: int) -> float:
    """Return time from the end of the disturbance until nine tenths of the best are reached for half a minute, s."""
    for at in range(calm_at, len(drawn) - _LOOK_S):
        if sum(drawn[at : at + _LOOK_S]) >= _ENOUGH * sum(best[at : at + _LOOK_S]):
            return float(at - calm_at)
    return float(len(drawn) - calm_at)


def _one(job: tuple[str, float, float, int]) -> Row:
    name, meter_s, report_s, seed = job
    return play(name, meter_s=meter_s, report_s=report_s, seed=seed)[1]


def table(rows: Sequence[Row]) -> list[str]:
    """Return in Markdown: the seeds of each combination together."""
    heads = ["scenario", "meter, s", "charger, s", "over, s", ">113 %, s", "worst, %", "best, % (least)", "writes/h"]
    heads += ["starts", "recovery, s", "gG, %", "B, %"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    groups: dict[tuple[str, float, float], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.scenario, row.meter_s, row.report_s), []).append(row)
    for (name, meter_s, report_s), group in groups.items():
        recovery = [row.recovery_s for row in group if row.recovery_s is not None]
        crashes = sum(row.crashes for row in group)
        shares = [row.share * 100 for row in group]
        lines.append(
            f"| {name} | {meter_s:g} | {f'{report_s:g}' if report_s else 'on change'} "
            f"| {max(row.over_s for row in group):.0f} | {max(row.beyond_s for row in group):.0f} "
            f"| {max(row.worst for row in group) * 100:.0f} "
            f"| {statistics.median(shares):.0f} ({min(shares):.0f}) "
            f"| {max(row.writes_h for row in group):.0f} | {max(row.starts for row in group)} "
            f"| {f'{max(recovery):.0f}' if recovery else ''} "
            f"| {max(row.gg for row in group) * 100:.0f} | {max(row.b for row in group) * 100:.0f} |"
            + (f" {crashes} passes failed" if crashes else "")
        )
    return lines


def main(argv: Sequence[str]) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench evening", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--quick", action="store_true", help="a few combinations of reports, one seed")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each combination")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    parser.add_argument("--meter", type=float, help="only this interval of the meter, s")
    parser.add_argument("--report", type=float, help="only this interval of the chargers, s; 0: on change")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(argv)
    pairs = list(product(METERS_S, REPORTS_S))
    if options.quick:
        pairs, options.seeds = [(1.0, 1.0), (5.0, 10.0), (5.0, 60.0), (10.0, 0.0), (30.0, 90.0)], 1
    jobs = [
        (scenario.name, meter_s, report_s, seed)
        for scenario in SCENARIOS
        for meter_s, report_s in pairs
        for seed in range(1, options.seeds + 1)
        if options.only in scenario.name and options.meter in {None, meter_s} and options.report in {None, report_s}
    ]
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            rows = list(pool.map(_one, jobs, chunksize=1))
    else:
        rows = [_one(job) for job in jobs]
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else "\n".join(table(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
