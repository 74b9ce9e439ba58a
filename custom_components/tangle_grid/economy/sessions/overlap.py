"""Which watt hours a reward pays for, and which the feed-in rate: no watt hour is bought twice.

A reward pays for what a car did not take, and then for what it fed back, both measured against its baseline. The price
of the energy is for what the car took. So they never meet: within one second the reward counts below the baseline, and
the price counts what is still drawn. Energy that is fed back could be paid by both, and is paid by one: of each second
the reward first counts what was not taken, down to nought, and only what it paid beyond that is energy that was fed
back. That much is not paid at the feed-in rate; the rest is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

_S_PER_H: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardedEnergy:
    """What a reward paid for, Wh: energy that was not taken, and energy that was fed back."""

    not_taken_wh: int
    fed_back_wh: int


def rewarded_energy(receipt: Mapping[str, Any]) -> RewardedEnergy:
    """Return what the reward of a settled part paid for, from its receipt (version 2). Their sum is its `energy_wh`.

    A receipt without readings says nothing of what was fed back: all of it counts as fed back as far as it was metered.
    """
    paid_wh = int(receipt["energy_wh"]) if receipt["amount_i"] > 0 else 0
    if not receipt["readings"]:
        return RewardedEnergy(not_taken_wh=0, fed_back_wh=paid_wh)
    baseline_w, need_wh = receipt["baseline_w"], receipt["need_wh"]
    left = None if need_wh is None or baseline_w <= 0 else need_wh * _S_PER_H
    not_taken = 0
    for lasts, watts, asked in _stretches(receipt["readings"], receipt["quantities"], receipt["duration_s"]):
        if watts is None:
            continue
        at_baseline = lasts
        if left is not None:
            at_baseline = min(lasts, left // baseline_w)
            left -= at_baseline * baseline_w
        for seconds, base in ((at_baseline, baseline_w), (lasts - at_baseline, 0)):
            below = max(0, max(base, 0) - max(watts, 0))
            not_taken += seconds * min(below, max(0, asked))
    not_taken_wh = min(not_taken // _S_PER_H, paid_wh)
    return RewardedEnergy(not_taken_wh=not_taken_wh, fed_back_wh=paid_wh - not_taken_wh)


def _stretches(
    readings: Sequence[Sequence[Any]], quantities: Sequence[Sequence[Any]], duration_s: int
) -> list[tuple[int, int | None, int]]:
    """Return the stretches in which neither changes: seconds, the reading, what was asked for."""
    cuts = sorted({offset for offset, _value in (*readings, *quantities) if offset < duration_s} | {duration_s})
    return [(end - begin, _at(readings, begin), _at(quantities, begin) or 0) for begin, end in pairwise(cuts)]


def _at(series: Sequence[Sequence[Any]], offset: int) -> int | None:
    found: int | None = None
    for at, value in series:
        if at > offset:
            break
        found = value
    return found
