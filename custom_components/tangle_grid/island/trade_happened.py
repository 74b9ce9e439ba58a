"""What happens in trades with neighbours, for event entities and automations."""

from dataclasses import dataclass
from enum import StrEnum


class TradeStep(StrEnum):
    """Where a trade has come to."""

    BEGUN = "begun"
    ENDED = "ended"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeHappened:
    """A trade with a neighbour begins, is over, or both sides have told what they counted.

    Attributes:
        subentry_id: The neighbour.
        step: What happened.
        power_w: What was agreed, sold to the neighbour; negative: bought.
        price_i_per_kwh: At which price.
        energy_wh: What counts, the smaller of both meters; None: it is not settled yet.
        amount_i: What the buyer owes for it; None: it is not settled yet.
    """

    subentry_id: str
    step: TradeStep
    power_w: int
    price_i_per_kwh: int | None
    energy_wh: int | None = None
    amount_i: int | None = None
