"""Bias and error of the household baseline on days that it has not seen, next to two simpler rules.

Environment: test

Households of the simulated street (the measured H0 shape, with appliances that are switched on at random) are
measured for some weeks. On the last days, which are held back, each rule says at every quarter of an hour what the
household will draw on average during the next 15 minutes, and is compared with what it then drew:

- `ours`: the habit of comparable days with the capped same-day adjustment (grid/requests/load_profile.py), used as
  the engine does;
- `last_reading`: the power at that moment;
- `mean_5min`: the mean of the last five minutes.

`switched_on` is the same, only for moments at which the household draws at least 1 kW more than on average: that is
when somebody who switches on just before a request would be paid. A rule that follows the last moment overpays then.

    scripts/bench baseline [--homes 20] [--days 24] [--held-back 4] [--seed 1] [--json]
"""

import argparse
import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime

from custom_components.tangle_grid.grid.requests.load_profile import SLOT_S, HouseholdProfile
from custom_components.tangle_grid.simulation.clock import Calendar
from custom_components.tangle_grid.simulation.household import Household

_STEP_S = 60
_DAY_S = 86_400
_SEASON_DAY = 330
#: A Monday.
_START = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
_SWITCHED_ON_W = 1_000.0


def _measure(seed: int, name: str, days: int) -> list[float]:
    """Return power of a home every minute, W."""
    calendar = Calendar(UTC)
    home = Household(seed, name, _SEASON_DAY)
    return [
        home.measure(now, calendar.day(now))
        for now in (_START + minute * _STEP_S for minute in range(days * _DAY_S // _STEP_S))
    ]


def _guesses(power_w: list[float], days: int, held_back: int) -> Iterable[tuple[dict[str, float], float, bool]]:
    """Return what each rule says, what came, and whether something big has just been switched on."""
    profile = HouseholdProfile()
    per_slot, first = SLOT_S // _STEP_S, (days - held_back) * _DAY_S // _STEP_S
    mean_w = sum(power_w[:first]) / first
    for minute, watts in enumerate(power_w):
        now = _START + minute * _STEP_S
        if minute >= first and minute % per_slot == 0 and minute + per_slot <= len(power_w):
            came_w = sum(power_w[minute : minute + per_slot]) / per_slot
            ours = profile.expected_w(now, now + SLOT_S, now)
            if ours is not None:
                guesses = {
                    "ours": ours,
                    "last_reading": power_w[minute - 1],
                    "mean_5min": sum(power_w[minute - 5 : minute]) / 5,
                }
                yield guesses, came_w, power_w[minute - 1] >= mean_w + _SWITCHED_ON_W
        profile.add(now, now + _STEP_S, watts)


def _figures(pairs: list[tuple[float, float]], mean_w: float) -> dict[str, float]:
    errors = [guess - came for guess, came in pairs]
    return {
        "bias_pct": round(100 * sum(errors) / len(errors) / mean_w, 1),
        "mean_error_pct": round(100 * sum(map(abs, errors)) / len(errors) / mean_w, 1),
        "rms_error_pct": round(100 * math.sqrt(sum(e * e for e in errors) / len(errors)) / mean_w, 1),
    }


def run(homes: int, days: int, held_back: int, seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by situation and rule, in percent of the mean power of all held-back quarters."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {"all": {}, "switched_on": {}}
    for number in range(homes):
        for guesses, came_w, switched_on in _guesses(_measure(seed, f"home_{number}", days), days, held_back):
            for rule, guess_w in guesses.items():
                found["all"].setdefault(rule, []).append((guess_w, came_w))
                if switched_on:
                    found["switched_on"].setdefault(rule, []).append((guess_w, came_w))
    everything = found["all"]["ours"]
    mean_w = sum(came for _, came in everything) / len(everything)
    return {
        situation: {rule: _figures(pairs, mean_w) for rule, pairs in rules.items()}
        for situation, rules in found.items()
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench baseline")
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--days", type=int, default=24)
    parser.add_argument("--held-back", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = run(options.homes, options.days, options.held_back, options.seed)
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{options.homes} homes, {options.days} days, the last {options.held_back} held back; % of the mean power")
    for situation, rules in figures.items():
        print(f"{situation:12} {'bias':>8} {'mean error':>11} {'RMS error':>10}")
        for rule, values in rules.items():
            bias, mean, rms = values["bias_pct"], values["mean_error_pct"], values["rms_error_pct"]
            print(f"  {rule:10} {bias:>8} {mean:>11} {rms:>10}")


if __name__ == "__main__":
    main()
