"""When the transformer asks by itself, and at which rate: an ascending clock auction in rounds.

A feeder that stays above its threshold starts an auction. Its first round asks all that could give, at the present
rate. A round is judged when everybody has answered: if too little was promised, the next one raises the rate by a step
and asks again those who found it too low (and nobody else who said no), up to the greatest rate. Whoever gets a rate
was shown it before answering. Then the transformer stops asking until the cooldown is over; only protection goes on.
After a filled round the next auction starts a step lower, after a quiet time at the first rate again.
"""

import math
from typing import Final

from ..model.request import CurtailmentRequest, RequestState
from ..model.world import GridConfig, Reason
from ..network.feeder_watch import FeederWatch

#: Promised is enough when it is this share of what was asked for.
_FILLED: Final = 0.9
#: What a participant says that a higher rate could change its mind.
RATE_TOO_LOW: Final = "declined_rate_too_low"


class Auction:
    """The auction of one feeder.

    Attributes:
        feeder: Whose.
    """

    def __init__(self, config: GridConfig, feeder: FeederWatch) -> None:
        self.feeder = feeder
        self._market = config.market
        self._timing = config.timing
        #: Who declined since the present auction began, and why.
        self._declined: dict[str, Reason | None] = {}
        self._unfilled = False

    def rate(self) -> int:
        """Return the rate of the next request, i/kWh."""
        market = self._market
        step = round(market.rate_i_per_kwh * market.rate_step) * self.feeder.rate_level
        return max(market.rate_i_per_kwh, min(market.max_rate_i_per_kwh, market.rate_i_per_kwh + step))

    def due(self, now: float) -> bool:
        """Return whether a request is to be made now: the first round of an auction, or the next one."""
        feeder, timing = self.feeder, self._timing
        if (
            not self._market.automatic
            or feeder.blind
            or feeder.over_since is None
            or now - feeder.over_since < timing.request_trigger_s
        ):
            return False
        if feeder.last_issued_at is None or now - feeder.last_issued_at >= timing.request_cooldown_s:
            self._declined.clear()
            self._unfilled = False
            return True
        return self._unfilled and now - feeder.last_issued_at >= timing.request_round_s

    def may_ask(self, device_id: str) -> bool:
        """Return whether one that is not busy is asked in this round: not if it said no, and not for the rate alone."""
        if device_id not in self._declined:
            return True
        reason = self._declined[device_id]
        return reason is not None and reason.key == RATE_TOO_LOW

    def issued(self, now: float) -> None:
        """Note that a round has begun."""
        self.feeder.last_issued_at = now
        self.feeder.not_asked = {}
        self._unfilled = False

    def end_round(self, left_out: dict[str, Reason]) -> None:
        """Stop until the cooldown is over: nobody is left to be asked, for these reasons."""
        self.feeder.not_asked = left_out
        self._unfilled = False

    def judge(self, request: CurtailmentRequest) -> None:
        """Raise or lower the next rate, once for each request, when nobody's answer is awaited any more."""
        if request.judged or not request.automatic or any(ask.waiting for ask in request.asks.values()):
            return
        request.judged = True
        for ask in request.asks.values():
            if ask.state in {RequestState.DECLINED, RequestState.UNANSWERED}:
                self._declined[ask.device_id] = ask.reason if ask.state is RequestState.DECLINED else None
        promised_w = math.fsum(
            ask.promised_w for ask in request.asks.values() if ask.engaged or ask.active_at is not None
        )
        if promised_w >= _FILLED * request.quantity_w:
            self.feeder.rate_level = max(0, self.feeder.rate_level - 1)
            return
        before = self.rate()
        self.feeder.rate_level += 1
        if self.rate() == before:
            # It cannot rise any more.
            self.feeder.rate_level -= 1
        else:
            self._unfilled = True

    def calm_down(self, now: float) -> None:
        """Forget what is over: why nobody could be asked, and after a quiet time the higher rate."""
        feeder, timing = self.feeder, self._timing
        if feeder.over_since is None:
            feeder.not_asked = {}
        quiet_s = 2 * timing.request_cooldown_s + timing.request_duration_s
        if feeder.over_since is None and feeder.last_issued_at is not None and now - feeder.last_issued_at > quiet_s:
            feeder.rate_level = 0

    def deadlines(self, now: float) -> list[float]:
        """Return the times at which a round may be due."""
        feeder, timing = self.feeder, self._timing
        if feeder.over_since is None:
            return []
        due = [feeder.over_since + timing.request_trigger_s]
        if feeder.last_issued_at is not None:
            due.append(feeder.last_issued_at + timing.request_cooldown_s)
            if self._unfilled:
                due.append(feeder.last_issued_at + timing.request_round_s)
        return [moment for moment in due if moment > now]


def known_at(feeder: FeederWatch, now: float) -> float:
    """Return since when a request can be foreseen: the feeder has been above its threshold since then."""
    return now if feeder.over_since is None else min(now, feeder.over_since)
