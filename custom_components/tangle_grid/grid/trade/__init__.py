"""What islands beside each other bid for power, window by window, and what two bids make of each other.

Begin with `curve`; `offers` makes the bids of one island. Nothing is sent or promised here.
"""

from .curve import MAX_PRICE, Cleared, Curve, clear
from .offers import MAX_STEPS, MAX_WINDOWS, Offers, OwnWindow, Store, TieState

__all__ = [
    "MAX_PRICE",
    "MAX_STEPS",
    "MAX_WINDOWS",
    "Cleared",
    "Curve",
    "Offers",
    "OwnWindow",
    "Store",
    "TieState",
    "clear",
]
