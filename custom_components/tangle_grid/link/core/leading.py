"""The end of a link between neighbours that proposes trades: it clears the two newest bids of a window."""

from typing import Any, ClassVar

from ...grid.trade import Curve, clear
from .bodies import LinkBody
from .keys import Link
from .neighbour import BIDS_KEPT, LEASE_S, DealChanged, NeighbourEnd, SentBid
from .tie_trade import TieTrade
from .trade_bodies import Deal, Deals, Held


class LeadingEnd(NeighbourEnd):
    """The side that proposes trades: the one that made the join code."""

    is_lower: ClassVar[bool] = False

    def __init__(self, link: Link, **options: Any) -> None:
        """Begin without trades. Options: see `NeighbourEnd`."""
        super().__init__(link, **options)
        self._held: tuple[int, float] | None = None
        self._answered: tuple[Any, ...] = ()
        self._deal = 0

    def has_asked(self, window: int) -> bool:
        """Tell whether there is a trade in a window, or was asked for one."""
        return any(trade.window == window for trade in (*self._former, *self._trades.values()))

    def ask(self, mono: float, window: int, own: Curve) -> bool:
        """Ask for the trade that an own curve and the neighbour's newest bid make in a window; False: they make none.

        The own curve goes out as a bid first: the trade names it.
        """
        if not self._heard or self._windows is None or self.has_asked(window):
            return False
        heard = self._heard[max(self._heard)]
        theirs = heard.curves.get(window)
        if theirs is None:
            return False
        found = clear(own, theirs)
        if found.flow == 0 or not self._accepts(window, found.flow, found.price):
            return False
        last = self._sent.get(self._numbered)
        if last is None or last.curves.get(window) != own:
            windows = self._windows[1]
            curves = {**({} if last is None else last.curves), window: own}
            self._numbered += 1
            self._sent[self._numbered] = SentBid(self._numbered, windows, mono, curves)
            self._sent.pop(self._numbered - BIDS_KEPT, None)
            self._unsent = True
        self._deal += 1
        begins = self._begins(window)
        self._trades[self._deal] = TieTrade(
            number=self._deal,
            name=self._name(self._deal),
            window=window,
            begins=begins,
            ends=begins + self._windows[1].window_s,
            ours=self._numbered,
            yours=heard.number,
            flow=found.flow,
            price=found.price,
            since=mono,
        )
        return True

    def next_due(self, mono: float) -> float:
        """Return when `due` should be called next, at the latest."""
        return mono if self._session.is_open and self._says(mono) is not None else super().next_due(mono)

    def _session_began(self) -> None:
        super()._session_began()
        self._held = None
        self._answered = ()
        self._deal = 0

    def _says(self, mono: float) -> tuple[Any, ...] | None:
        """Return what there is to answer; None: nothing new."""
        if self._held is None or mono >= self._held[1] + LEASE_S:
            return None
        says = (self._held[0], tuple(self._live(mono)))
        return None if says == self._answered else says

    def _live(self, mono: float) -> list[int]:
        return [number for number, trade in self._trades.items() if trade.is_held(mono) or trade.is_asked(mono)]

    def _bodies_due(self, mono: float) -> list[LinkBody]:
        bodies = super()._bodies_due(mono)
        says = self._says(mono)
        if says is None or self._held is None:
            return bodies
        self._answered = says
        number, at = self._held
        live = [self._trades[each] for each in self._live(mono)]
        for trade in live:
            # It may be held by the other side from now on, whether that is heard here or not.
            trade.until = max(trade.until, at + LEASE_S)
        deals = tuple(
            Deal(
                deal=trade.number,
                ours=trade.ours,
                yours=trade.yours,
                begins_s=trade.begins - mono,
                flow=trade.flow,
                price=trade.price,
            )
            for trade in live
        )
        return [*bodies, Deals(held=number, heard=self._newest, lease_s=LEASE_S, deals=deals)]

    def _take(self, mono: float, body: LinkBody) -> tuple[Any, ...]:
        if not isinstance(body, Held):
            return super()._take(mono, body)
        self._count(mono)
        self._peer_heard = body.heard
        self._held = (body.number, mono)
        events: list[Any] = []
        for number, trade in list(self._trades.items()):
            if number in body.refused:
                trade.given_up, trade.until = True, mono
                self._end_trade(mono, number)
                events.append(DealChanged(window=trade.window))
            elif number in body.agreed and trade.is_asked(mono):
                trade.agreed = True
                events.append(DealChanged(window=trade.window))
        return tuple(events)
