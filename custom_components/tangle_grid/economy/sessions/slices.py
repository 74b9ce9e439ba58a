"""When a payment is due, and how much it covers: what bounds the credit of either side.

A car pays ahead up to the credit, and again when it is in arrears by up to two thirds of it. What is left to the bound
is for the time that a payment takes, and for a restart in between: two minutes of its power, and at the least a minute,
so that cars of up to 22 kW still owe more than half of it when they pay. A car that draws more pays earlier. Above
50 kW a payment covers at least 90 s; from 80 kW on that is more than 2 kWh, and the credit is half of a payment.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from .terms import Terms

_S_PER_H: Final = 3600
#: What is left to the bound when a payment becomes due: with a restart in between, and at the least.
_RESTART_S: Final = 130
_PAYING_S: Final = 65
_MOST_DUE: Final = Fraction(2, 3)
_LEAST_DUE: Final = Fraction(29, 50)
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
    """Return how a car of this power pays."""
    slice_wh, credit_wh = terms.slice_wh, terms.credit_wh
    if power_w > _FAST_W:
        slice_wh = max(slice_wh, -(-power_w * _FAST_SLICE_S // (_S_PER_H * 10)) * 10)
        ahead_wh = max(credit_wh, slice_wh // 2)
        return Slices(slice_wh, slice_wh - ahead_wh, ahead_wh)
    # The operator may allow less while the ledger is away, and nobody knows before whether it will be.
    bound_wh = min(credit_wh, terms.away_wh)
    most, least = int(bound_wh * _MOST_DUE), int(bound_wh * _LEAST_DUE)
    patient, quick = (bound_wh - power_w * seconds // _S_PER_H for seconds in (_RESTART_S, _PAYING_S))
    return Slices(max(1, slice_wh // _PARTS), max(0, min(most, max(patient, min(least, quick)))), credit_wh)
