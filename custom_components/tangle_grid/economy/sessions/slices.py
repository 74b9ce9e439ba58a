"""When a payment is due, and how much it covers: what bounds the credit of either side.

A car pays in arrears up to a slice, and then ahead up to the credit. What is left to the bound is for the time that a
payment takes, and for a restart in between; a car of more power pays earlier, so that two minutes are left. Above 50 kW
a payment covers at least 90 s; from 80 kW on that is more than 2 kWh, and the credit is half of a payment.
"""

from typing import Final, NamedTuple

from .terms import Terms

_S_PER_H: Final = 3600
#: What is left to the bound when a payment becomes due.
_SLACK_S: Final = 120
_FAST_W: Final = 50_000
_FAST_SLICE_S: Final = 90


class Slices(NamedTuple):
    """What a payment covers multiples of, the arrears at which one is due, and how far ahead it may cover, Wh."""

    step_wh: int
    due_wh: int
    ahead_wh: int

    def cover(self, wh: int) -> int:
        """Return until where a payment covers that is ordered when the car has taken so much."""
        return max(wh, (wh + self.ahead_wh) // self.step_wh * self.step_wh)


def slices(terms: Terms, power_w: int) -> Slices:
    """Return how a car of this power pays."""
    slice_wh, credit_wh = terms.slice_wh, terms.credit_wh
    if power_w > _FAST_W:
        slice_wh = max(slice_wh, -(-power_w * _FAST_SLICE_S // (_S_PER_H * 10)) * 10)
    ahead_wh = max(credit_wh, slice_wh // 2)
    if power_w > _FAST_W:
        return Slices(slice_wh, slice_wh - ahead_wh, ahead_wh)
    half, moves = max(1, slice_wh // 2), power_w * _SLACK_S // _S_PER_H
    due_wh = max(0, min(slice_wh, credit_wh // 2, (credit_wh - moves) // half * half))
    return Slices(half, due_wh, ahead_wh)
