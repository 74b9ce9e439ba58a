"""Charging sessions: how many a second, what the 10,000th costs, how many payments, and the credit over crashes.

Environment: test

- `sessions_per_s`: whole sessions of 40 kWh at 11 kW, metered every five seconds as on an island, with every step
  stored that is to be stored, and receipts recomputed, on one core.
- `cost`: the time of ten sessions around the 10th, and around the 10,000th, with the state of all before kept.
- `payments`: transfers of a session of 40 kWh by the power of car and charger, with the final one, without and with an
  operator's fee of 5 %.
- `credit`: the most that a car took and had not paid, and had paid and not taken, Wh, over crashes at random steps, by
  the charger's power: with the ledger answering all the time (confirmed 20 s after it was ordered), and with a ledger
  that goes away. The run stops at a payment that is made twice, and at a session whose payments are not what it costs.

- `liars`: what `scripts/bench liars` measures, in two towns for two reporters and for three: `precision`, what is paid
  for each true finding, and what is paid above a budget.
- `killed`: a whole island in a running Home Assistant, with its ledger and all files, killed so often at random moments
  of one session; the run stops unless each slice was paid once and all sums are exact.

    scripts/bench economy [--sessions 10000] [--crashes 10000] [--kills 100] [--seed 1] [--quick] [--json]
"""

import argparse
import json
from dataclasses import asdict
from time import perf_counter
from typing import Any

from . import liars
from ._charging_desk import ChargingDesk, crash_runs, terms
from ._killed_island import killed_session

_WH = 40_000
_AROUND = 10
_POWERS_W = {
    "3.7 to 11 kW": (3_700, 7_400, 11_000),
    "22 kW": (22_000,),
    "50 kW": (50_000,),
    "150 kW": (150_000,),
}
_CARS_W = (
    (3_700, 11_000),
    (7_400, 22_000),
    (11_000, 11_000),
    (11_000, 22_000),
    (15_000, 15_000),
    (22_000, 22_000),
    (50_000, 50_000),
    (100_000, 150_000),
    (150_000, 150_000),
)


def _whole(number: int, *, power_w: int = 11_000, most_w: int = 0, fee: bool = False) -> ChargingDesk:
    desk = ChargingDesk(f"session-{number}", power_w, _WH, most_w=most_w, agreed=terms(fee=fee))
    while desk.counter < desk.wh:
        desk.step()
    desk.finish()
    return desk


def rate(sessions: int) -> dict[str, float]:
    """Return sessions a second, and the time of one step, µs."""
    begun, steps = perf_counter(), 0
    for number in range(sessions):
        steps += _whole(number).steps
    lasted = perf_counter() - begun
    return {"sessions_per_s": round(sessions / lasted, 2), "step_us": round(lasted / steps * 1e6, 1)}


def cost(sessions: int) -> dict[str, float]:
    """Return the time of a session around the 10th and around the last one, ms, best of ten; all receipts are kept."""
    kept, times = [], []
    for number in range(sessions + _AROUND):
        begun = perf_counter()
        desk = ChargingDesk(f"session-{number}", 11_000, 1_000)
        while desk.counter < desk.wh:
            desk.step()
        kept.append(desk.finish().to_dict())
        times.append((perf_counter() - begun) * 1000)
    first, last = min(times[_AROUND : 2 * _AROUND]), min(times[-_AROUND:])
    found = {"tenth_ms": first, "last_ms": last, "ratio": last / first}
    return {"sessions": sessions} | {name: round(value, 2) for name, value in found.items()}


def payments() -> dict[str, dict[str, int]]:
    """Return transfers of a session of 40 kWh by the power of car and charger, without and with a fee."""
    return {
        f"{power_w / 1000:g} of {most_w / 1000:g} kW": {
            "without_fee": len(_whole(0, power_w=power_w, most_w=most_w).sent),
            "with_fee": len(_whole(0, power_w=power_w, most_w=most_w, fee=True).sent),
        }
        for power_w, most_w in _CARS_W
    }


def _liars(reports: int, needed: int) -> dict[str, float]:
    """Return the worst of two towns."""
    towns = [liars.run(reports, seed, needed) for seed in (1, 2)]
    return {
        "precision": min(town["precision"] for town in towns),
        "per_true_i": max(town["per_true_i"] for town in towns),
        "least_i": towns[0]["least_i"],
        "over_budget_i": max(town["over_budget_i"] for town in towns),
    }


def run(*, sessions: int, crashes: int, kills: int, seed: int, rated: int, reports: int) -> dict[str, Any]:
    """Return all figures."""
    return {
        "rate": rate(rated),
        "cost": cost(sessions),
        "payments": payments(),
        "credit": {
            f"{name}, {ledger}": crash_runs(crashes, seed, powers_w=powers_w, away=ledger == "away")
            for name, powers_w in _POWERS_W.items()
            for ledger in ("answering", "away")
        },
        "liars": {f"{needed} reporters": _liars(reports, needed) for needed in (2, 3)},
        "killed": asdict(killed_session(kills, seed)) if kills else None,
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench economy")
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--crashes", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a hundredth of it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    part = 100 if options.quick else 1
    figures = run(
        sessions=max(options.sessions // part, 2 * _AROUND),
        crashes=max(options.crashes // part, 1),
        kills=options.kills // part,
        seed=options.seed,
        rated=2 if options.quick else 20,
        reports=1_500 if options.quick else 10_000,
    )
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{figures['rate']['sessions_per_s']} sessions of 40 kWh a second, {figures['rate']['step_us']} µs a step")
    found = figures["cost"]
    print(f"a session of 1 kWh: the 10th {found['tenth_ms']} ms, the {found['sessions']}th {found['last_ms']} ms")
    for power, each in figures["payments"].items():
        print(f"payments for 40 kWh at {power:>12}: {each['without_fee']}, with a fee {each['with_fee']}")
    for cars, each in figures["credit"].items():
        print(f"{each['crashes']} crashes in {each['sessions']} sessions, chargers of {cars}:")
        away = f", while it was away {each['away_wh']} Wh" if each["away_wh"] else ""
        print(f"  not paid at most {each['answering_wh']} Wh{away}; paid ahead at most {each['paid_ahead_wh']} Wh")

    for owners, each in figures["liars"].items():
        told = f"{each['precision']:.1%} of findings are true, {each['per_true_i']:,.0f} i each"
        print(f"20 % lies, {owners}: {told} (at least {each['least_i']:,}), {each['over_budget_i']} i above a budget")
    if found := figures["killed"]:
        print(
            f"an island killed {found['kills']} times in a session of {found['wh']} Wh, {found['payments']} payments:"
        )
        print(f"  not paid at most {found['most_credit_wh']} Wh, away for {found['longest_away_s']} s at the most")


if __name__ == "__main__":
    main()
