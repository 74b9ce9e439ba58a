"""What the transformer may spend on rewards: per request and per day.

Before a part becomes active, or is asked for more, the most that it can earn is set aside: its quantity for the whole
window at the rate that it was shown. That is never more than what is left, so that neither budget can be exceeded,
whatever is delivered. What was set aside and not earned is free again when the part ends.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, Self

from ..model.metered_series import WS_PER_WH
from ..model.request import Ask, CurtailmentRequest, RequestState
from ..model.tolerance import EPSILON
from ..model.world import MarketConfig
from .settlement import reward_i

_WH_PER_KWH: Final = 1000


def most_i(quantity_w: float, window_s: float, rate: int) -> int:
    """Return the most that a reduction for a window can earn, i: the settlement's arithmetic with nothing missing."""
    return reward_i(math.floor(quantity_w + EPSILON) * math.ceil(window_s) // WS_PER_WH, rate)


def affordable_w(left_i: int | None, window_s: float, rate: int) -> float:
    """Return the greatest reduction for a window whose reward is at most `left_i`, W; None has no limit."""
    if left_i is None or rate <= 0 or window_s <= 0:
        return math.inf
    energy_wh = (max(0, left_i) * _WH_PER_KWH + _WH_PER_KWH - 1) // rate
    return float((energy_wh * WS_PER_WH + WS_PER_WH - 1) // math.ceil(window_s))


class Budget:
    """Keeps account of what is set aside and what was spent.

    Attributes:
        spent_i: Settled since the day started, i.
    """

    def __init__(self, market: MarketConfig) -> None:
        self._market = market
        self.spent_i = 0

    def left_i(self, requests: dict[str, CurtailmentRequest], request: CurtailmentRequest | None) -> int | None:
        """Return what may still be set aside, for a request or for a new one, i; None: as much as is wanted."""
        limits: list[int] = []
        if self._market.budget_per_request_i > 0:
            used = 0 if request is None else sum(ask.committed_i + ask.amount_i for ask in request.asks.values())
            limits.append(self._market.budget_per_request_i - used)
        if (left_today_i := self.left_today_i(requests)) is not None:
            limits.append(left_today_i)
        return max(0, min(limits)) if limits else None

    def aside_i(self, requests: Mapping[str, CurtailmentRequest]) -> int:
        """Return what is set aside for the parts that are active now, i."""
        return sum(
            ask.committed_i
            for each in requests.values()
            if not each.closed
            for ask in each.asks.values()
            if ask.state is RequestState.ACTIVE
        )

    def left_today_i(self, requests: Mapping[str, CurtailmentRequest]) -> int | None:
        """Return what of the day's budget is neither spent nor set aside, i; None: there is no such budget."""
        if self._market.budget_per_day_i <= 0:
            return None
        return max(0, self._market.budget_per_day_i - self.spent_i - self.aside_i(requests))

    def settled(self, ask: Ask) -> None:
        """Free what a settled part did not earn."""
        self.spent_i += ask.amount_i
        ask.committed_i = 0

    def start_day(self) -> None:
        """Begin a new day with a new budget; what is set aside for active parts counts in it."""
        self.spent_i = 0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {"spent_i": self.spent_i}

    @classmethod
    def from_dict(cls, market: MarketConfig, data: Mapping[str, Any]) -> Self:
        """Return the budget that `to_dict` described."""
        budget = cls(market)
        budget.spent_i = int(data["spent_i"])
        return budget
