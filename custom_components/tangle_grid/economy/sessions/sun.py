"""Whose sun it was: energy is shared out by what each solar participant measurably delivered, exact."""

from collections.abc import Mapping


def shared_out(wh: int, delivered_wh: Mapping[str, int], drawn_wh: int) -> dict[str, int]:
    """Return how much of a session's energy each solar participant delivered, Wh; the rest came from the grid.

    `delivered_wh` is what each measurably fed into the island in the same interval, `drawn_wh` what all its consumers
    drew (at least `wh`). While the sun gives less than all draw, the session has its share of it; otherwise all
    that it took was sun, from each by what it delivered. Whole Wh go to the largest remainders, equal ones by name.

    The sum is at most `wh`, and nobody delivers more than was measured.
    """
    given = {name: each for name, each in delivered_wh.items() if each > 0}
    total = sum(given.values())
    if wh <= 0 or not total:
        return {}
    sunny = min(wh, wh * total // max(drawn_wh, wh, total))
    parts = {name: sunny * each // total for name, each in given.items()}
    rest = sunny - sum(parts.values())
    by_remainder = sorted(given, key=lambda name: (-(sunny * given[name] % total), name))
    for name in by_remainder[:rest]:
        parts[name] += 1
    return {name: part for name, part in parts.items() if part}
