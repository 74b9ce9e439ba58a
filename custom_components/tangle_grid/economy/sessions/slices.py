"""When a payment is due, and how much it covers: what bounds the credit of either side.

A car pays ahead up to the credit, and again when it is in arrears by up to two thirds of it. What is left to the bound
is what flows while a payment takes its time and nobody knows yet that the ledger is away, while Home Assistant is then
restarted, and while the car obeys. So the faster a car charges, the earlier it pays, from 34 kW on before it is in
arrears at all; no payment is for less than a slice.

Above 50 kW a payment covers at least 90 s. What is owed when it has taken its time is then as much as is paid ahead:
more than the credit where these 90 s, and what flows meanwhile, are more than twice of it.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from .terms import Terms

_S_PER_H: Final = 3600
#: A payment takes so long at the most while the ledger answers: who waits longer falls to the safe current.
PAYING_S: Final = 30
#: Home Assistant is back in a minute, and a car obeys a few looks later.
_RESTART_S: Final = 80
_MOST_DUE: Final = Fraction(2, 3)
#: Payments cover whole parts of a slice.
_PARTS: Final = 50
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
    """Return how a car pays that charges, or of late charged, with this power."""
    slice_wh, credit_wh, step_wh = terms.slice_wh, terms.credit_wh, max(1, terms.slice_wh // _PARTS)
    if power_w > _FAST_W:
        slice_wh = max(slice_wh, -(-power_w * _FAST_SLICE_S // _S_PER_H)) + step_wh
        ahead_wh = max(credit_wh, (slice_wh + power_w * PAYING_S // _S_PER_H) // 2)
        return Slices(step_wh, slice_wh - ahead_wh, ahead_wh)
    # The operator may allow less while the ledger is away, and nobody knows before whether it will be.
    bound_wh = min(credit_wh, terms.away_wh)
    due_wh = min(int(bound_wh * _MOST_DUE), bound_wh - power_w * (PAYING_S + _RESTART_S) // _S_PER_H)
    return Slices(step_wh, max(due_wh, min(0, slice_wh - credit_wh)), credit_wh)
