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
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from benchmarks._fault_catalogue import AFTER_S, FAULT_S, FAULTS, MORE_A, MORE_FROM_S, MORE_TO_S, PAIRS, SETTLE_S, Fault
from benchmarks._fault_rig import Rig


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


def play(*faults: Fault, seed: int = 1, **rig_settings: Any) -> tuple[Rig, Outcome]:
    """Run one or more faults at once."""
    rig = Rig(seed=seed, **{"phases": faults[0].phases, **faults[0].rig, **rig_settings})
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
