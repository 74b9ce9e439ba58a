"""What liars get out of a data topic, what its owner pays for each true finding, and how fast reports are taken.

Environment: test

A town of some kilometres with holes in its roads wants two or three owners to report each. Cars pass holes and report
where they believe to be, which is some metres off. One owner in five lies: alone, wherever they like, also with
several cars.
Besides there are leagues of one owner less than is needed, who agree on places and also gather at true reports' places.
All reports come in one order, over some days; the topic's budget for a day and as a whole is counted from outside.

- `refused`: reports of those who have too many open that nobody confirmed; liars' and others'.
- `precision`: of the findings, how many are at a hole.
- `found`: of the holes that enough honest owners passed, how many were found.
- `twice`: findings of a hole that was known already.
- `per_true_i`: what the owner paid, by holes found. `bounty_i * needed` would be the least.
- `to_liars`: the part of it that liars got. They earn only where they confirm a true report.
- `reports_per_s`: with everything that is decided, without storage.

    scripts/bench liars [--reports 10000] [--seeds 5] [--needed 2,3] [--quick] [--json]
"""

import argparse
import json
import random
import time
from collections import Counter
from dataclasses import dataclass
from math import cos, radians

from custom_components.tangle_grid.economy.effects import Transfer
from custom_components.tangle_grid.economy.topics import (
    Circle,
    Place,
    Report,
    Topic,
    TopicBook,
    TopicError,
    distance_m,
    rounded,
)

_LATITUDE, _LONGITUDE = 52.37, 4.89
_METRE = 1 / 111_195
_TOWN_M = 5_000
_GPS_M = 6.0
_RADIUS_M = 30
_START = 1_780_000_000.0
_DAY_S = 86_400
_DAYS = 14
_BOUNTY_I = 1_000
_LIARS = 0.2
_CARS = 3
# What the documents tell of all towns, and its decimals.
_SHOWN = {
    "precision": 3,
    "found": 3,
    "per_true_i": 0,
    "to_liars": 3,
    "over_budget_i": 0,
    "refused_others": 0,
    "reports_per_s": 0,
}


@dataclass(frozen=True, slots=True)
class _Said:
    at: float
    owner: str
    place: Place
    hole: int | None


def _place(north_m: float, east_m: float) -> Place:
    return rounded(_LATITUDE + north_m * _METRE, _LONGITUDE + east_m * _METRE / cos(radians(_LATITUDE)))


def _somewhere(rng: random.Random) -> tuple[float, float]:
    return rng.uniform(-_TOWN_M, _TOWN_M) * 0.7, rng.uniform(-_TOWN_M, _TOWN_M) * 0.7


def _reports(rng: random.Random, reports: int, needed: int) -> tuple[list[Place], list[_Said]]:
    """Return the holes, and what is said in the order in which it comes."""
    owners = max(50, reports // 20)
    liars = [f"liar {number}" for number in range(round(owners * _LIARS))]
    honest = [f"honest {number}" for number in range(owners - len(liars))]
    holes = [_somewhere(rng) for _ in range(max(10, reports // 20))]
    said: list[_Said] = []

    def say(owner: str, north_m: float, east_m: float, hole: int | None = None) -> None:
        place = _place(north_m + rng.gauss(0, _GPS_M), east_m + rng.gauss(0, _GPS_M))
        said.append(_Said(_START + rng.uniform(0, _DAYS * _DAY_S), owner, place, hole))

    for _ in range(round(reports * (1 - _LIARS))):
        hole = rng.randrange(len(holes))
        say(rng.choice(honest), *holes[hole], hole)
    alone = round(reports * _LIARS / 2)
    for _ in range(alone):
        say(rng.choice(liars), *_somewhere(rng))
    # Leagues: the rest of the lies. Every other place of theirs is beside a hole, out of its radius.
    while len(said) < reports:
        league = rng.sample(liars, needed - 1)
        north_m, east_m = _somewhere(rng)
        if rng.random() < 0.5:
            hole_north_m, hole_east_m = rng.choice(holes)
            north_m, east_m = hole_north_m + 3 * _RADIUS_M, hole_east_m
        for owner in league:
            say(owner, north_m, east_m)
    return [_place(*each) for each in holes], sorted(said, key=lambda each: each.at)


def run(reports: int, seed: int, needed: int = 3) -> dict[str, float]:
    """Play one topic from its first report to its last, and count what came of it."""
    rng = random.Random(seed)  # noqa: S311 - the same town again
    holes, said = _reports(rng, reports, needed)
    topic = Topic(
        topic_id="roads",
        owner="town",
        kind="pothole",
        area=Circle(centre=_place(0, 0), radius_m=_TOWN_M),
        bounty_i=_BOUNTY_I,
        budget_i=_BOUNTY_I * needed * len(holes) * 2,
        day_budget_i=_BOUNTY_I * needed * max(1, len(holes) // 8),
        confirmations=needed,
        radius_m=_RADIUS_M,
        window_s=_DAYS * _DAY_S,
        known_s=2 * _DAYS * _DAY_S,
    )
    book = TopicBook(topic)
    paid: Counter[str] = Counter()
    by_day: Counter[str] = Counter()
    cars: Counter[str] = Counter()
    refused = Counter({"liar": 0, "honest": 0})
    taken_s = 0.0
    for number, each in enumerate(said):
        day = f"2026-06-{1 + int(each.at - _START) // _DAY_S:02}"
        cars[each.owner] += 1
        report = Report(
            report_id=str(number),
            topic_id=topic.topic_id,
            reporter=f"{each.owner}, car {cars[each.owner] % _CARS}",
            owner=each.owner,
            place=each.place,
            at=each.at,
            kind=topic.kind,
        )
        began = time.perf_counter()
        try:
            _, effects = book.report(report, each.at, day)
        except TopicError:
            effects = []
            refused[each.owner.partition(" ")[0]] += 1
        taken_s += time.perf_counter() - began
        for effect in effects:
            if isinstance(effect, Transfer):
                paid[effect.target.partition(",")[0]] += effect.amount_i
                by_day[day] += effect.amount_i
    return _figures(book, holes, said, paid, by_day) | {
        "refused_liars": refused["liar"],
        "refused_others": refused["honest"],
        "reports_per_s": len(said) / taken_s,
    }


def _figures(
    book: TopicBook, holes: list[Place], said: list[_Said], paid: Counter[str], by_day: Counter[str]
) -> dict[str, float]:
    topic, findings = book.topic, book.findings
    at_hole: Counter[int] = Counter()
    false = 0
    for finding in findings:
        nearest = min(range(len(holes)), key=lambda hole: distance_m(holes[hole], finding.place))
        if distance_m(holes[nearest], finding.place) <= topic.radius_m:
            at_hole[nearest] += 1
        else:
            false += 1
    passed: dict[int, set[str]] = {}
    for each in said:
        if each.hole is not None:
            passed.setdefault(each.hole, set()).add(each.owner)
    enough = {hole for hole, owners in passed.items() if len(owners) >= topic.confirmations}
    spent_i = sum(paid.values())
    owed_i = book.owed_i
    return {
        "findings": len(findings),
        "precision": (len(findings) - false) / len(findings),
        "found": len(enough & at_hole.keys()) / len(enough),
        "twice": sum(at_hole.values()) - len(at_hole),
        "per_true_i": (spent_i + owed_i) / len(at_hole),
        "least_i": topic.cost_i,
        "to_liars": sum(amount for owner, amount in paid.items() if owner.startswith("liar")) / spent_i,
        "over_budget_i": max(0, spent_i + owed_i - topic.budget_i)
        + sum(max(0, spent - topic.day_budget_i) for spent in by_day.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--needed", default="2,3", help="how many owners make a finding (at least 2)")
    parser.add_argument("--quick", action="store_true", help="one small town")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.reports, options.seeds = 1_000, 1
    tables = {
        needed: [run(options.reports, seed, needed) for seed in range(1, options.seeds + 1)]
        for needed in map(int, options.needed.split(","))
    }
    if options.json:
        print(json.dumps([{"needed": needed, **row} for needed, rows in tables.items() for row in rows]))
        return
    for needed, rows in tables.items():
        _print(options.reports, needed, rows)


def _print(reports: int, needed: int, rows: list[dict[str, float]]) -> None:
    print(f"{reports} reports, {_LIARS:.0%} lies, {needed} owners make a finding")
    print(
        "seed refused: lies others findings precision  found twice  i per true (least)  to liars over budget reports/s"
    )
    for seed, row in enumerate(rows, 1):
        print(
            f"{seed:4} {row['refused_liars']:13} {row['refused_others']:6} {row['findings']:8} {row['precision']:9.3f}"
            f" {row['found']:6.3f} {row['twice']:5} {row['per_true_i']:11.0f} {row['least_i']:7} {row['to_liars']:9.3f}"
            f" {row['over_budget_i']:11} {row['reports_per_s']:9.0f}"
        )
    print("least and most of all:")
    for name, digits in _SHOWN.items():
        values = [row[name] for row in rows]
        print(f"  {name:14} {min(values):,.{digits}f} to {max(values):,.{digits}f}")


if __name__ == "__main__":
    main()
