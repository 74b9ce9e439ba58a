"""When a payment is due, and how much it covers: what bounds the credit of either side.

A car pays ahead up to the credit, and again when it is in arrears by up to two thirds of it. What is left to the bound
is what flows at its pace while a payment takes its time and nobody knows yet that the ledger is away, and then at the
charger's most while Home Assistant is restarted and the car obeys: a slow car may be fast from one moment to the next.
So the more a charger can give, the earlier a car pays there, from 34 kW on before it is in arrears at all, and from
45 kW on before it has taken anything; no payment in advance is for less than a slice.

Above 50 kW a payment covers at least 90 s. What is owed when it has taken its time is then as much as is paid ahead:
60 s of its pace, or the credit where that is more. A crash just then adds what flows in those 80 s.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from .terms import Terms

_S_PER_H: Final = 3600
#: A payment takes so long at the most while the ledger answers: who waits longer falls to the safe current.
_PAYING_S: Final = 30
#: Home Assistant is back in a minute, and a car obeys a few looks later.
_RESTART_S: Final = 80
_MOST_DUE: Final = Fraction(2, 3)
#: Payments cover whole parts of a slice.
_PARTS: Final = 50
_FAST_W: Final = 50_000
_FAST_SLICE_S: Final = 90


class Slices(NamedTuple):
    """How a car pays, Wh.

    Attributes:
        step_wh: A payment covers multiples of it.
        due_wh: One is due at such arrears; negative: while so much is still paid ahead.
        ahead_wh: A payment covers so much ahead.
        wait_wh: A car that owes so much waits at its safe current for the payment that is under way.
    """

    step_wh: int
    due_wh: int
    ahead_wh: int
    wait_wh: int

    def cover(self, wh: int) -> int:
        """Return until where a payment covers that is ordered when the car has taken so much."""
        return max(wh, (wh + self.ahead_wh) // self.step_wh * self.step_wh)


def slices(terms: Terms, pace_w: int, most_w: int = 0, *, in_advance: bool = True) -> Slices:
    """Return how a car pays that charges, or of late charged, with `pace_w`, and may with `most_w` at any moment.

    Not `in_advance` it pays only what it took, by half a slice at least as far as it may owe that.
    """
    slice_wh, credit_wh, step_wh = terms.slice_wh, terms.credit_wh, max(1, terms.slice_wh // _PARTS)
    # The operator may allow less while the ledger is away, and nobody knows before whether it will be.
    bound_wh = min(credit_wh, terms.away_wh)
    most_due_wh = int(bound_wh * _MOST_DUE)
    if pace_w > _FAST_W:
        slice_wh = max(slice_wh, -(-pace_w * _FAST_SLICE_S // _S_PER_H)) + step_wh
        ahead_wh = max(credit_wh, (slice_wh + _wh(pace_w, _PAYING_S)) // 2)
        due_wh, restart_wh = slice_wh - ahead_wh, _wh(pace_w, _RESTART_S)
    else:
        ahead_wh, restart_wh = credit_wh, _wh(max(pace_w, min(most_w, _FAST_W)), _RESTART_S)
        due_wh = min(most_due_wh, bound_wh - _wh(pace_w, _PAYING_S) - restart_wh)
        due_wh = max(due_wh, min(0, slice_wh - credit_wh))
    if not in_advance:
        due_wh, ahead_wh = max(due_wh, min(terms.slice_wh // 2, most_due_wh)), 0
    wait_wh = max(terms.away_wh - restart_wh, due_wh + _wh(pace_w, _PAYING_S))
    return Slices(step_wh, due_wh, ahead_wh, wait_wh)


def _wh(power_w: int, seconds: int) -> int:
    return power_w * seconds // _S_PER_H
