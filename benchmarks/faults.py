"""What the fuse feels when something fails: a closed loop for each fault.

scripts/bench faults [--json] [--pairs] [--seeds N] [--only TEXT]

Three chargers of 16 A and a restless load share 40 A per phase. They settle for eight minutes. Then the fault begins,
and lasts for seven; half a minute into it the load rises by 10 A for two minutes, so that the chargers have to make
way while it is there. Then it ends, and four minutes follow. Printed for each: the longest time without a break above
the capacity; the worst of it; when it was above the capacity for the last time; when the grid said that something is
wrong; and what the chargers drew in the minute before the fault, in its last minute, and in the last minute of all.
Where the fault is on one phase, the chargers are on that phase alone. The worst figure of N seeds counts.

Environment: test
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import product
from typing import Any, Final

from benchmarks._fault_rig import CARS, Distort, Rig
from custom_components.tangle_grid.grid import NOMINAL_V, PhaseReading, PhaseTriple

SETTLE_S: Final = 480.0
FAULT_S: Final = 420.0
AFTER_S: Final = 240.0
ON_L1: Final = ((0,),) * 3
MORE_FROM_S, MORE_TO_S, MORE_A = 30.0, 150.0, 10.0


def still(_rig: Rig) -> None:
    """Nothing to break or to mend."""


def nothing(_rig: Rig, _t: float) -> None:
    """A fault that needs no more than to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: For the table.
        begin: Breaks it.
        end: Mends it.
        during: Called at every second of the fault, with the seconds since it began.
        over_s: The longest time without a break above the capacity that is allowed, s.
        worst: The greatest overshoot that is allowed, as a share of the capacity.
        keeps_a: What a charger draws at the most, whatever it is told, A; 0: nothing.
        phases: Of each charger.
    """

    name: str
    begin: Callable[[Rig], None]
    end: Callable[[Rig], None]
    during: Callable[[Rig, float], None] = nothing
    over_s: float = 4.0
    worst: float = 0.18
    keeps_a: float = 0.0
    phases: tuple[tuple[int, ...], ...] = ((0, 1, 2),) * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured: times in s, overshoot as a share of the capacity, powers in kW."""

    name: str
    over_s: float
    total_over_s: float
    worst: float
    safe_s: float
    noticed_s: float | None
    before_kw: float
    during_kw: float
    after_over_s: float
    after_worst: float
    after_kw: float


# The meter


def meter(name: str, distort: Callable[[], Distort], **bounds: Any) -> Fault:
    """A fault of the meter."""
    return Fault(
        name=f"meter {name}",
        begin=lambda rig: rig.distort.append(distort()),
        end=lambda rig: rig.distort.clear(),
        **bounds,
    )


def shown(rig: Rig, power_w: PhaseTriple, *, at: float | None = None, changed_at: float | None = None) -> PhaseReading:
    """A reading of now."""
    return PhaseReading(
        power_w=power_w,
        at=rig.wall if at is None else at,
        changed_at=rig.wall if changed_at is None else changed_at,
    )


def dead(_rig: Rig, _power_w: PhaseTriple) -> None:
    """No reading at all; the same as one phase without a reading."""
    return


def frozen() -> Distort:
    """Goes on reporting what it showed last."""
    kept: list[tuple[PhaseTriple, float]] = []

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        if not kept:
            kept.append((power_w, rig.wall))
        return shown(rig, kept[0][0], changed_at=kept[0][1])

    return distort


def stopped() -> Distort:
    """Reports nothing new, and shows when it last did."""
    kept: list[PhaseReading] = []

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        if not kept:
            kept.append(shown(rig, power_w))
        return kept[0]

    return distort


def frozen_phase() -> Distort:
    """L1 stays as it is; the others go on."""
    kept: list[float] = []

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        kept.append(power_w[0])
        return shown(rig, (kept[0], power_w[1], power_w[2]))

    return distort


def dead_clamp(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """A clamp fell off: L1 shows nothing."""
    return shown(rig, (0.0, power_w[1], power_w[2]))


def late(seconds: float, *, honest: bool) -> Distort:
    """Every value arrives so much later; `honest`: it says of when it is."""

    def distort(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
        past = next((loads for at, loads in reversed(rig.readings) if at <= rig.at - seconds), None)
        watts = power_w if past is None else (past[0] * NOMINAL_V, past[1] * NOMINAL_V, past[2] * NOMINAL_V)
        at = rig.wall - seconds if honest else rig.wall
        return shown(rig, watts, at=at, changed_at=at)

    return distort


def reversed_signs(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """All clamps are on backwards."""
    return shown(rig, (-power_w[0], -power_w[1], -power_w[2]))


def reversed_phase(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """One clamp is on backwards."""
    return shown(rig, (-power_w[0], power_w[1], power_w[2]))


def jumping(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Every third reading is off by up to 15 A in either direction."""
    first, second, third = (
        watts + (rig.noise.uniform(-15, 15) * NOMINAL_V if rig.noise.random() < 1 / 3 else 0.0) for watts in power_w
    )
    return shown(rig, (first, second, third))


def spikes(rig: Rig, power_w: PhaseTriple) -> PhaseReading:
    """Now and then a number that cannot be, as from a bus with errors."""
    if rig.noise.random() < 1 / 20:
        wrong = rig.noise.choice((-32_768.0, 65_535.0, 0.0))
        return shown(rig, (wrong, wrong, wrong))
    return shown(rig, power_w)


# Chargers


def charger(
    name: str,
    device_id: str = "car_1",
    *,
    during: Callable[[Rig, float], None] | None = None,
    over_s: float = 4.0,
    worst: float = 0.18,
    keeps_a: float = 0.0,
    **broken: Any,
) -> Fault:
    """A fault of one charger: its attributes have other values for a while."""

    def begin(rig: Rig) -> None:
        for attribute, value in broken.items():
            setattr(rig.chargers[device_id], attribute, value)

    def end(rig: Rig) -> None:
        whole = {"ignores": False, "silent": False, "own_limit_a": None, "gain": 1.0, "extra_a": 0.0, "follow_s": 2.0}
        whole |= {"late_s": 0.0, "least_a": 6.0}
        for attribute in broken:
            setattr(rig.chargers[device_id], attribute, whole[attribute])
        rig.chargers[device_id].rest(resting=False)

    return Fault(name=name, begin=begin, end=end, during=during or nothing, over_s=over_s, worst=worst, keeps_a=keeps_a)


def together(name: str, *, over_s: float, worst: float, **broken: Any) -> Fault:
    """The same fault of all chargers."""
    each = [charger(name, device_id, **broken) for device_id in CARS]

    def begin(rig: Rig) -> None:
        for fault in each:
            fault.begin(rig)

    def end(rig: Rig) -> None:
        for fault in each:
            fault.end(rig)

    return Fault(name=name, begin=begin, end=end, over_s=over_s, worst=worst)


def pauses(device_id: str) -> Callable[[Rig, float], None]:
    """The car pauses by itself for half a minute, every two minutes, and resumes."""

    def during(rig: Rig, t: float) -> None:
        rig.chargers[device_id].rest(resting=t % 120.0 < 30.0)

    return during


# Home Assistant


def slow(seconds: float, *, over_s: float = 4.0) -> Fault:
    """Passes come only so often."""

    def begin(rig: Rig) -> None:
        rig.every_s = seconds

    def end(rig: Rig) -> None:
        rig.every_s = 1.0

    return Fault(name=f"Home Assistant: a pass every {seconds:g} s", begin=begin, end=end, over_s=over_s)


def clock(seconds: float) -> Fault:
    """The clock is set, and set back at the end."""

    def begin(rig: Rig) -> None:
        rig.clock_s += seconds

    def end(rig: Rig) -> None:
        rig.clock_s -= seconds

    way = "forward" if seconds > 0 else "back"
    return Fault(name=f"clock set {way} by {abs(seconds):g} s", begin=begin, end=end)


def restarts(every_s: float, down_s: float, *, over_s: float = 4.0) -> Fault:
    """The process is killed again and again, and comes back with what it had saved."""

    def during(rig: Rig, t: float) -> None:
        if t % every_s < 1.0:
            rig.kill(down_s=down_s)

    return Fault(
        name=f"killed every {every_s:g} s, {down_s:g} s down",
        begin=still,
        end=still,
        during=during,
        over_s=over_s,
    )


#: Of a load that rises when the cars have filled the feeder: what every fault has to do with.
_SURGE: Final = 0.18

FAULTS: Final = (
    Fault(name="none", begin=still, end=still),
    meter("dead, or without one phase", lambda: dead),
    meter("stopped", stopped, over_s=17.0),
    meter("frozen", frozen, over_s=122.0),
    meter("late by 10 s", lambda: late(10, honest=False), over_s=14.0),
    meter("late by 20 s, and says so", lambda: late(20, honest=True)),
    meter("with the wrong sign", lambda: reversed_signs, over_s=17.0),
    meter("with the wrong sign on L1", lambda: reversed_phase, over_s=17.0, phases=ON_L1),
    meter("jumping", lambda: jumping),
    meter("with impossible spikes", lambda: spikes),
    meter("without its clamp on L1", lambda: dead_clamp, over_s=17.0, phases=ON_L1),
    meter("frozen on L1", frozen_phase, over_s=122.0, phases=ON_L1),
    charger("charger silent", silent=True, keeps_a=10.0),
    charger("charger ignores its limit", ignores=True, keeps_a=16.0, over_s=32.0, worst=_SURGE + 0.175),
    charger("charger resets its limit on resume", own_limit_a=16.0, during=pauses("car_1"), worst=_SURGE + 0.25),
    charger("charger overshoots by 25 %", gain=1.25, worst=_SURGE + 0.06),
    together("all chargers overshoot by 0.9 A", extra_a=0.9, over_s=14.0, worst=_SURGE + 0.07),
    charger("charger follows after 20 s", follow_s=20.0, over_s=24.0),
    charger("charger reports 30 s late", late_s=30.0),
    charger("car needs 8 A", least_a=8.0),
    slow(1),
    slow(5, over_s=9.0),
    slow(30, over_s=34.0),
    slow(120, over_s=124.0),
    clock(3600),
    clock(-3600),
    restarts(97, 0),
    restarts(151, 40, over_s=44.0),
)
_BY_NAME: Final = {fault.name: fault for fault in FAULTS}
#: Some of each kind, for two at once. The charger of the second one is another than that of the first.
PAIRS: Final[list[tuple[Fault, ...]]] = [
    (first, second)
    for first, second in product(
        (
            _BY_NAME["meter frozen"],
            _BY_NAME["meter with the wrong sign"],
            _BY_NAME["meter jumping"],
            _BY_NAME["meter dead, or without one phase"],
            _BY_NAME["charger silent"],
            _BY_NAME["charger ignores its limit"],
        ),
        (
            charger("another charger silent", "car_2", silent=True, keeps_a=10.0),
            charger(
                "another charger ignores its limit",
                "car_2",
                ignores=True,
                keeps_a=16.0,
                over_s=32.0,
                worst=_SURGE + 0.175,
            ),
            _BY_NAME["Home Assistant: a pass every 30 s"],
            _BY_NAME["clock set back by 3600 s"],
            _BY_NAME["killed every 151 s, 40 s down"],
        ),
    )
]


def play(*faults: Fault, seed: int = 1, **rig_settings: Any) -> tuple[Rig, Outcome]:
    """Run one or more faults at once."""
    rig = Rig(seed=seed, **{"phases": faults[0].phases, **rig_settings})
    rig.run(SETTLE_S)
    begun = rig.at
    for fault in faults:
        fault.begin(rig)
    while rig.at - begun < FAULT_S:
        t = rig.at - begun
        rig.extra_a = (MORE_A,) * 3 if MORE_FROM_S <= t < MORE_TO_S else (0.0,) * 3
        for fault in faults:
            fault.during(rig, t)
        rig.step()
    ended = rig.at
    for fault in faults:
        fault.end(rig)
    rig.run(AFTER_S)
    longest, total = rig.over_s(begun, ended)
    return rig, Outcome(
        name=" + ".join(fault.name for fault in faults),
        over_s=longest,
        total_over_s=total,
        worst=rig.worst(begun, ended),
        safe_s=rig.last_over_s(begun, ended),
        noticed_s=rig.noticed_s(begun, ended),
        before_kw=rig.chargers_kw(begun - 60, begun),
        during_kw=rig.chargers_kw(ended - 60, ended),
        after_over_s=rig.over_s(ended + 1)[0],
        after_worst=rig.worst(ended + 1),
        after_kw=rig.chargers_kw(rig.at - 60, rig.at),
    )


def worst_of(faults: Sequence[Fault], seeds: int) -> Outcome:
    """The worst of several runs, each figure by itself."""
    outcomes = [play(*faults, seed=seed)[1] for seed in range(1, seeds + 1)]
    noticed = [outcome.noticed_s for outcome in outcomes if outcome.noticed_s is not None]
    worst = {
        field.name: max(getattr(outcome, field.name) for outcome in outcomes)
        for field in fields(Outcome)
        if field.name not in {"name", "noticed_s", "before_kw"}
    }
    return Outcome(
        name=outcomes[0].name,
        noticed_s=max(noticed) if len(noticed) == len(outcomes) else None,
        before_kw=min(outcome.before_kw for outcome in outcomes),
        **worst,
    )


def rows(outcomes: Sequence[Outcome]) -> list[str]:
    """A table in Markdown."""
    lines = [
        "| fault | over, s | worst, % | last over, s | reported, s | before, kW | during, kW | after, kW |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        reported = "" if each.noticed_s is None else f"{each.noticed_s:.0f}"
        lines.append(
            f"| {each.name} | {each.over_s:.0f} | {each.worst * 100:.0f} | {each.safe_s:.0f} | {reported} "
            f"| {each.before_kw:.1f} | {each.during_kw:.1f} | {each.after_kw:.1f} |"
        )
    return lines


def main(argv: Sequence[str]) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench faults", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--pairs", action="store_true", help="two faults at once, instead of one")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each")
    parser.add_argument("--only", default="", help="faults whose name contains this")
    options = parser.parse_args(argv)
    sets: list[tuple[Fault, ...]] = list(PAIRS) if options.pairs else [(fault,) for fault in FAULTS]
    outcomes: list[Outcome] = []
    for faults in sets:
        if any(options.only in fault.name for fault in faults):
            outcomes.append(worst_of(faults, options.seeds))
            print(f"[faults] {outcomes[-1].name}", file=sys.stderr, flush=True)
    if options.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        print("\n".join(rows(outcomes)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
