"""Any site of rude devices with anything that happens to it: what the fuse and the people feel.

scripts/bench zoo [--examples N] [--days N] [--seed N] [--jobs N] [--keep FILE] [--json]

Each example is drawn (`_zoo_draw.py`) and runs for 30 to 90 minutes, or for whole days. It is held against what must
be so: no pass fails; no fuse is above its capacity for longer than stated while somebody could draw less; no feeder
crosses the earliest trip line of a gG fuse or a B breaker; no charger is written to more often than stated; what a
person has to mend is named. Examples that do not hold are printed with their numbers: `--seed N --examples 1` runs one
again and says what it is. Of those in which nothing lies, the energy is compared with a perfect controller's.

A long run is kept: `--keep FILE` writes each result down as it comes, and leaves out what stands there already, so that
it may be stopped at any time and be gone on with. 2,000 examples and 50 days take about five hours of a core.

Environment: test
"""

import argparse
import json
import logging
import math
import os
import random
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks._zoo_catalogue import Shows
from benchmarks._zoo_draw import Drawn, draw
from benchmarks._zoo_perfect import best_w
from benchmarks._zoo_site import START
from benchmarks._zoo_story import NAMED_S, named
from custom_components.tangle_grid.simulation.zoo.breaker import breaker_b, fuse_gg

#: The most that a charger is written to, an hour, and each time that it has to begin anew: paused and told again, it
#: starts with its least current, by number and switch, and is raised step by step.
WRITES_H: Final = 60.0
WRITES: Final = 11
DAY_S: Final = 86_400.0
#: Less than this is no energy to compare, Wh.
_LEAST_WH: Final = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an example came to.

    Attributes:
        seed: Its number.
        day: It is a whole day.
        over_s: The longest time above a capacity in which somebody could have drawn less, s.
        allowed_s: What is stated for it.
        gg, b: The greatest share of a trip line.
        share: Of a perfect controller's energy; None: something lies, or there was nothing to charge.
        writes_h: Of the charger that was written to most, an hour.
        writes_by: Of each charger, an hour, with how it reports.
        kinds: The behaviours in it.
        wrong: What does not hold.
        says: What the example is.
    """

    seed: int
    day: bool
    over_s: float
    allowed_s: float
    gg: float
    b: float
    share: float | None
    writes_h: float
    writes_by: list[tuple[str, float]]
    kinds: list[str]
    wrong: list[str]
    says: list[str]


def judge(drawn: Drawn, seed: int = 0) -> Result:
    """Run a site that was drawn, and hold it against what must be so."""
    site = drawn.site
    shown_s = _watch_uses(drawn)
    site.run(drawn.length_s)
    hours = drawn.length_s / 3600.0
    over_s = max(felt.needless_s for felt in site.felt.values())
    gg = max(fuse_gg(felt.capacity_a[0]).share(phase) for felt in site.felt.values() for phase in felt.squares)
    b = max(breaker_b(felt.capacity_a[0]).share(phase) for felt in site.felt.values() for phase in felt.squares)
    writes = {device_id: charger.writes for device_id, charger in site.chargers.items()}
    share = None
    if drawn.truthful:
        best_wh = sum(best_w(site, START, site.now)) / 3600.0
        share = sum(site.trace.power_w) / 3600.0 / best_wh if best_wh >= _LEAST_WH else None
    wrong = [crash.strip().splitlines()[-1] for crash in site.crashes[:1]]
    if over_s > drawn.allowed_s:
        wrong.append(f"{over_s:.0f} s above the capacity, {drawn.allowed_s:.0f} s are allowed")
    if max(gg, b) >= 1.0:
        wrong.append(f"{max(gg, b):.0%} of a trip line")
    wrong += [
        f"{number} commands to {device_id} in {hours:.1f} h, in which it begins {drawn.begins[device_id]} times"
        for device_id, number in writes.items()
        if number > WRITES_H * hours + WRITES * drawn.begins[device_id]
    ]
    wrong += [
        f"nobody was told to mend {culprit}"
        for (culprit, *_), from_s in zip(drawn.mend, shown_s, strict=True)
        if drawn.length_s >= from_s + NAMED_S and not named(site, culprit, from_s)
    ]
    return Result(
        seed=seed,
        day=drawn.length_s >= DAY_S,
        over_s=over_s,
        allowed_s=drawn.allowed_s,
        gg=gg,
        b=b,
        share=share,
        writes_h=max(writes.values()) / hours,
        writes_by=[(drawn.reports[device_id], number / hours) for device_id, number in writes.items()],
        kinds=drawn.kinds,
        wrong=wrong,
        says=drawn.says,
    )


def _watch_uses(drawn: Drawn) -> list[float]:
    """Return a list that will say when each thing that has to be mended shows, seconds after the start."""
    shown_s = [from_s if shows is Shows.AT_ONCE else math.inf for _, from_s, shows in drawn.mend]

    def look(begin: float, _end: float) -> None:
        for number, (culprit, from_s, shows) in enumerate(drawn.mend):
            if shown_s[number] == math.inf and begin - START >= from_s:
                charger = drawn.site.chargers[culprit]
                seen = charger.amps > 0 if shows is Shows.CHARGING else charger.car is not None
                shown_s[number] = begin - START if seen else math.inf

    drawn.site.agenda.passing.append(look)
    return shown_s


def _one(job: tuple[int, float | None]) -> Result:
    seed, length_s = job
    # What an adapter cannot read is what this is about.
    logging.disable(logging.WARNING)
    return judge(draw(random.Random(seed), length_s=length_s), seed)  # noqa: S311 - a model, not a secret


def summary(results: Sequence[Result]) -> list[str]:
    """Return what all came to, and which do not hold."""
    shares = sorted(each.share for each in results if each.share is not None)
    writes = sorted(each.writes_h for each in results)
    over_s, of_it = max(each.over_s for each in results), max(each.over_s / each.allowed_s for each in results)
    days = sum(1 for each in results if each.day)
    lines = [
        f"{len(results) - days} examples and {days} days, {sum(1 for each in results if each.wrong)} do not hold",
        f"above the capacity while somebody could draw less: at most {over_s:.0f} s, {of_it:.0%} of what is allowed",
        f"share of a trip line: gG {max(each.gg for each in results):.0%}, B {max(each.b for each in results):.0%}",
        f"commands to the busiest charger an hour: median {statistics.median(writes):.0f}, most {writes[-1]:.0f}",
    ]
    if shares:
        lines.append(
            f"energy against a perfect controller, {len(shares)} in which nothing lies: median "
            f"{statistics.median(shares):.0%}, worst tenth {shares[len(shares) // 10]:.0%}, worst {shares[0]:.0%}"
        )
    return [*lines, *_by_reports(results), *_by_kind(results), *_failures(results)]


def _by_reports(results: Sequence[Result]) -> list[str]:
    by: dict[str, list[float]] = defaultdict(list)
    for each in results:
        for reports, writes_h in each.writes_by:
            by[reports].append(writes_h)
    return [
        f"commands an hour to chargers that report {reports}: median {statistics.median(found):.0f}, "
        f"nine tenths below {sorted(found)[9 * len(found) // 10]:.0f}, most {max(found):.0f} ({len(found)})"
        for reports, found in sorted(by.items())
    ]


def _by_kind(results: Sequence[Result]) -> list[str]:
    having = Counter(kind for each in results for kind in each.kinds)
    failing = Counter(kind for each in results if each.wrong for kind in each.kinds)
    return [f"{failing[kind]} of {having[kind]} with: {kind}" for kind, _ in failing.most_common()]


def _failures(results: Sequence[Result]) -> list[str]:
    return [f"{'day' if each.day else 'seed'} {each.seed}: {'; '.join(each.wrong)}" for each in results if each.wrong]


def kept(file: Path | None) -> dict[tuple[int, bool], Result]:
    """Return what an earlier run has written down, by number and kind; a line that was cut off is left out."""
    found: dict[tuple[int, bool], Result] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file is not None and file.exists() else ():
        try:
            result = Result(**json.loads(line))
        except ValueError, TypeError:
            continue
        found[result.seed, result.day] = result
    return found


def play(jobs: Sequence[tuple[int, float | None]], processes: int, file: Path | None = None) -> list[Result]:
    """Run what has not been run yet; what comes is written down at once, as one line of JSON each."""
    done = kept(file)
    left = [job for job in jobs if (job[0], job[1] is not None) not in done]
    with ProcessPoolExecutor(processes) as pool:
        for future in as_completed([pool.submit(_one, job) for job in left]):
            result = future.result()
            done[result.seed, result.day] = result
            if file is not None:
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(result)) + "\n")
    return [done[seed, length_s is not None] for seed, length_s in jobs]


def main(argv: Sequence[str]) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench zoo", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true", help="print only JSON")
    parser.add_argument("--examples", type=int, default=100, help="of 30 to 90 minutes")
    parser.add_argument("--days", type=int, default=0, help="of a whole day")
    parser.add_argument("--seed", type=int, default=1, help="of the first one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--keep", type=Path, help="results are written here, and not run again")
    options = parser.parse_args(argv)
    jobs: list[tuple[int, float | None]] = [(options.seed + number, None) for number in range(options.examples)]
    jobs += [(options.seed + number, DAY_S) for number in range(options.days)]
    results = play(jobs, options.jobs, options.keep)
    if options.json:
        print(json.dumps([asdict(each) for each in results], indent=2))
    else:
        print("\n".join([*(results[0].says if len(results) == 1 else []), *summary(results)]))
    return 0 if not any(each.wrong for each in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
