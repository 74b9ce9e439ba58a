"""What the fuse feels when something fails: a closed loop for each fault.

scripts/bench faults [--faults] [--devices] [--pairs] [--update] [--json] [--seeds N] [--only TEXT] [--jobs N]

Three chargers of 16 A and a restless load share 40 A per phase. They settle for eight minutes. Then the fault begins,
and lasts for seven; half a minute into it the load rises by 10 A for two minutes, so that the chargers have to make
way while it is there. Then it ends, and four minutes follow. Printed for each: the longest time without a break above
the capacity; the worst of it; when it was above the capacity for the last time; when the grid said that something is
wrong; and what the chargers drew in the minute before the fault, in its last minute, and in the last minute of all.
Where the fault is on one phase, the chargers are on that phase alone. The last two columns are the greatest share of
the earliest trip line of a gG fuse and of a B breaker that any window reaches, by I²t (`simulation/zoo/breaker.py`).

Then come the devices of the zoo, each in the same story of fifty minutes (`_zoo_story.py`), with the bound that holds
for it. The worst figure of N seeds counts.

Environment: test
"""

import argparse
import json
import math
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from benchmarks._fault_catalogue import AFTER_S, FAULT_S, FAULTS, MORE_A, MORE_FROM_S, MORE_TO_S, PAIRS, SETTLE_S, Fault
from benchmarks._fault_rig import Rig
from benchmarks._zoo_catalogue import ANIMALS
from benchmarks._zoo_story import Felt, play as story
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "faults.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured: times in s, overshoot as a share of the capacity, powers in kW, shares of trip lines."""

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
    gg: float
    b: float


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
    squares = [[sample.load_a[phase] ** 2 for sample in rig.samples] for phase in range(3)]
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
        gg=max(fuse_gg(rig.capacity_a).share(phase) for phase in squares),
        b=max(breaker_b(rig.capacity_a).share(phase) for phase in squares),
    )


def worst_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the worst of several runs, each figure by itself."""
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


def worst_felt(felt: Sequence[Felt]) -> Felt:
    """Return the same of a device's story."""
    worst = {
        field.name: max(getattr(each, field.name) for each in felt)
        for field in fields(Felt)
        if field.name not in {"name", "noticed", "share"}
    }
    noticed = all(each.noticed for each in felt)
    return Felt(name=felt[0].name, noticed=noticed, share=min(each.share for each in felt), **worst)


def rows(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a table in Markdown."""
    heads = ["fault", "over, s", "worst, %", "last over, s", "reported, s", "before, kW", "during, kW", "after, kW"]
    heads += ["gG, %", "B, %"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for each in outcomes:
        reported = "" if each.noticed_s is None else f"{each.noticed_s:.0f}"
        lines.append(
            f"| {each.name} | {each.over_s:.0f} | {each.worst * 100:.0f} | {each.safe_s:.0f} | {reported} "
            f"| {each.before_kw:.1f} | {each.during_kw:.1f} | {each.after_kw:.1f} "
            f"| {math.ceil(each.gg * 100)} | {math.ceil(each.b * 100)} |"
        )
    return lines


def animal_rows(felt: Sequence[Felt]) -> list[str]:
    """Return the table of the zoo in Markdown."""
    allowed = {animal.name: animal.allowed_s for animal in ANIMALS}
    heads = ["device", "over, s", "allowed, s", "in all, s", "worst, %", "gG, %", "B, %", "energy, %", "writes/h"]
    heads += ["starts", "reported"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [
        f"| {each.name} | {math.ceil(each.over_s)} | {allowed[each.name]:.0f} | {math.ceil(each.total_s)} "
        f"| {max(0.0, each.worst - 1.0) * 100:.0f} | {math.ceil(each.gg * 100)} | {math.ceil(each.b * 100)} "
        f"| {int(each.share * 100)} | {math.ceil(each.writes_h)} | {each.starts} | {'yes' if each.noticed else ''} |"
        for each in felt
    ]
    return lines


def update(document: str, tables: Sequence[Sequence[str]]) -> str:
    """Return a document with its tables renewed, in their order: rows that were not run again stay as they are."""
    blocks = re.split(r"(?m)((?:^\|.*\n)+)", document)
    assert len(blocks) == 2 * len(tables) + 1  # noqa: S101 - the document has as many tables as there are
    for number, (heads, line, *new) in enumerate(tables):
        rows = {each.split("|")[1]: each for each in blocks[2 * number + 1].splitlines()[2:]}
        rows |= {each.split("|")[1]: each for each in new}
        order = _NAMES[number]
        kept = [rows[f" {name} "] for name in order if f" {name} " in rows]
        blocks[2 * number + 1] = "".join(f"{each}\n" for each in (heads, line, *kept))
    return "".join(blocks)


def _outcome(job: tuple[str, int, int]) -> Outcome | Felt:
    kind, number, seed = job
    print(f"[faults] {kind} {number + 1}, seed {seed}", file=sys.stderr, flush=True)
    if kind == "device":
        return story(ANIMALS[number], seed)[1]
    return play(*_SETS[kind][number], seed=seed)[1]


_SETS: Final[dict[str, list[tuple[Fault, ...]]]] = {"fault": [(fault,) for fault in FAULTS], "pair": list(PAIRS)}
_KINDS: Final = ("fault", "device", "pair")
_NAMES: Final = (
    [fault.name for fault in FAULTS],
    [animal.name for animal in ANIMALS],
    [" + ".join(each.name for each in faults) for faults in PAIRS],
)


def main(argv: Sequence[str]) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench faults", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--pairs", action="store_true", help="two faults at once")
    parser.add_argument("--devices", action="store_true", help="only the zoo of devices")
    parser.add_argument("--faults", action="store_true", help="only one fault at a time")
    parser.add_argument("--update", action="store_true", help="into the tables of docs/faults.md")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each")
    parser.add_argument("--only", default="", help="those whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(argv)
    chosen = [kind for kind in _KINDS if getattr(options, f"{kind}s")]
    kinds = chosen or (_KINDS if options.update else _KINDS[:2])
    wanted = [
        (kind, number)
        for kind, names in zip(_KINDS, _NAMES, strict=True)
        for number, name in enumerate(names)
        if kind in kinds and options.only in name
    ]
    jobs = [(kind, number, seed) for kind, number in wanted for seed in range(1, options.seeds + 1)]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = list(pool.map(_outcome, jobs))
    outcomes: dict[str, list[Outcome]] = {"fault": [], "pair": []}
    felt: list[Felt] = []
    for index, (kind, _) in enumerate(wanted):
        runs = found[index * options.seeds : (index + 1) * options.seeds]
        if kind == "device":
            felt.append(worst_felt([each for each in runs if isinstance(each, Felt)]))
        else:
            outcomes[kind].append(worst_of([each for each in runs if isinstance(each, Outcome)]))
    tables = [rows(outcomes["fault"]), animal_rows(felt), rows(outcomes["pair"])]
    if options.update:
        DOCUMENT.write_text(update(DOCUMENT.read_text(encoding="utf-8"), tables), encoding="utf-8")
    elif options.json:
        everything: list[Outcome | Felt] = [*outcomes["fault"], *felt, *outcomes["pair"]]
        print(json.dumps([asdict(each) for each in everything], indent=2))
    else:
        print("\n\n".join("\n".join(table) for table in tables if len(table) > 2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
