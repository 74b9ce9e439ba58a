"""A charging session from plug to plug: metered, priced, paid in small slices while it lasts, and receipted.

Pure and exact: energy in whole Wh, money in fractions until it becomes whole iota. Begin with `session.Session`, the
saga; `metered_bill` counts its energy (`meter`) and prices it (`running_bill`), `account` orders its payments
(`orders`) when they are due (`slices`), `stored_form` keeps it, `receipt` recomputes it. `quote` says the price before
anybody charges, `overlap` which energy a reward has paid already, `sun` whose sun it was.
"""

from ..contradiction import Contradiction
from .ceiling import Ceiling, ceiling
from .errors import SessionError
from .meter import Finding, Reading
from .orders import Order, Stream, order_of
from .overlap import RewardedEnergy, rewarded_energy
from .quote import Quote, quote
from .receipt import SessionReceipt, listing_all, recompute
from .session import Hold, Outcome, Phase, Session, Situation
from .sun import shared_out
from .terms import EmptyWallet, Fee, Guest, Terms

__all__ = [
    "Ceiling",
    "Contradiction",
    "EmptyWallet",
    "Fee",
    "Finding",
    "Guest",
    "Hold",
    "Order",
    "Outcome",
    "Phase",
    "Quote",
    "Reading",
    "RewardedEnergy",
    "Session",
    "SessionError",
    "SessionReceipt",
    "Situation",
    "Stream",
    "Terms",
    "ceiling",
    "listing_all",
    "order_of",
    "quote",
    "recompute",
    "rewarded_energy",
    "shared_out",
]
