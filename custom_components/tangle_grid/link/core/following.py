"""The end of a link between neighbours that agrees to trades, or refuses them."""

import math
from typing import Any, ClassVar, Final

from ...grid.trade import Cleared, clear
from .bodies import LinkBody
from .end import CLOCK_RATE
from .keys import Link
from .neighbour import APART, BIDS_KEPT, HELD_EACH_S, LEASE_S, DealChanged, NeighbourEnd
from .tie_trade import TieTrade
from .trade_bodies import Deal, Deals, Held

HELD_GAP_S: Final = 1.0


class FollowingEnd(NeighbourEnd):
    """The side that agrees to trades, or refuses them: the one that came with the join code."""

    is_lower: ClassVar[bool] = True

    def __init__(self, link: Link, **options: Any) -> None:
        """Begin without trades. Options: see `NeighbourEnd`."""
        super().__init__(link, **options)
        self._number = 0
        self._told: tuple[Any, ...] | None = None
        self._told_at: dict[int, float] = {}
        self._refusals: dict[int, None] = {}

    def next_due(self, mono: float) -> float:
        """Return when `due` should be called next, at the latest."""
        due = super().next_due(mono)
        return max(mono, min(due, self._held_at())) if self._session.is_open else due

    def _session_began(self) -> None:
        super()._session_began()
        self._number = 0
        self._told = None
        self._told_at.clear()
        self._refusals.clear()

    def _held_at(self) -> float:
        if self._told is None:
            return -math.inf
        last = self._told_at[self._number]
        return last + (HELD_EACH_S if self._told == self._tells() else HELD_GAP_S)

    def _tells(self) -> tuple[Any, ...]:
        agreed = tuple(number for number, trade in self._trades.items() if not trade.given_up)
        return agreed, tuple(self._refusals)

    def _bodies_due(self, mono: float) -> list[LinkBody]:
        bodies = super()._bodies_due(mono)
        if mono < self._held_at():
            return bodies
        self._number += 1
        self._told = self._tells()
        self._told_at[self._number] = mono
        self._told_at.pop(self._number - BIDS_KEPT, None)
        agreed, refused = self._told
        return [*bodies, Held(number=self._number, heard=self._newest, agreed=agreed[-4:], refused=refused[-4:])]

    def _take(self, mono: float, body: LinkBody) -> tuple[Any, ...]:
        if not isinstance(body, Deals):
            return super()._take(mono, body)
        sent_at = self._told_at.get(body.held)
        if sent_at is None or self._windows is None:
            return ()
        self._count(mono)
        self._peer_heard = body.heard
        until = sent_at + min(body.lease_s, LEASE_S) * (1 - CLOCK_RATE)
        events: list[Any] = []
        for deal in body.deals:
            trade = self._trades.get(deal.deal)
            if trade is not None:
                trade.until = max(trade.until, until)
            elif self._is_over(deal.deal):
                continue
            elif deal.deal not in self._refusals and mono < until and self._knows(deal):
                events.append(self._answer(mono, deal, until))
        there = {deal.deal for deal in body.deals}
        for number in [each for each in self._trades if each not in there]:
            events.append(DealChanged(window=self._trades[number].window))
            self._trades[number].until = mono
            self._end_trade(mono, number)
        for number in [each for each in self._refusals if each not in there]:
            del self._refusals[number]
        return tuple(events)

    def _knows(self, deal: Deal) -> bool:
        """Tell whether the bid that a trade names has come; it is sent again until it has."""
        return deal.ours in self._heard or deal.ours < self._newest

    def _end_trade(self, mono: float, number: int) -> None:
        if self._trades[number].given_up:
            self._refusals[number] = None
        super()._end_trade(mono, number)

    def _is_over(self, number: int) -> bool:
        """Tell whether a trade was held, and is not any more."""
        return any(trade.name == self._name(number) for trade in self._former) or self._name(number) in self._counts

    def _answer(self, mono: float, deal: Deal, until: float) -> DealChanged:
        """Agree to a trade that is what its two bids make and can still be kept; refuse any other."""
        window, apart = self._window(mono + deal.begins_s)
        ours, theirs = self._sent.get(deal.yours), self._heard.get(deal.ours)
        found: Cleared | None = None
        if ours is not None and theirs is not None and window in ours.curves and window in theirs.curves:
            found = clear(theirs.curves[window], ours.curves[window])
        begins = self._begins(window)
        length_s = 0 if self._windows is None else self._windows[1].window_s
        agreed = (
            found is not None
            and (found.flow, found.price) == (deal.flow, deal.price)
            and abs(apart) <= APART * length_s
            and mono < begins + length_s
            and all(trade.window != window for trade in self._trades.values())
            and self._accepts(window, -deal.flow, deal.price)
        )
        if agreed:
            self._trades[deal.deal] = TieTrade(
                number=deal.deal,
                name=self._name(deal.deal),
                window=window,
                begins=begins,
                ends=begins + length_s,
                ours=deal.yours,
                yours=deal.ours,
                flow=-deal.flow,
                price=deal.price,
                since=mono,
                agreed=True,
                until=until,
            )
        else:
            self._refusals[deal.deal] = None
        return DealChanged(window=window)
