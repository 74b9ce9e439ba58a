"""The ends of a link between neighbours: bids both ways, trades that one side asks for, and what both meters count.

Both sides bid. One leads: it clears the two newest bids of a window and says which two they were; the other looks
whether they make that trade, and whether it can still keep it, and agrees or refuses. There is one trade in a window.
It is leased: the following side counts the lease from when it sent what was answered, the leading side from when it
heard that, so that nothing flows on one side that the other has given up, but for the time that a frame takes. What
was delivered until then is counted at the tie by both, told in a letter, and the smaller figure is what is paid.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from ...grid.trade import Curve
from .bodies import LinkBody, body_of
from .checks import read_fields
from .end import End, LetterCame
from .frames import LinkRefusal
from .keys import Link
from .requests import HousePayee
from .tie_trade import TieTrade
from .trade_bodies import Bid, Counted
from .trade_count import Settlement, TradeCounts

LEASE_S: Final = 60.0
HELD_EACH_S: Final = 10.0
BID_EACH_S: Final = 300.0
"""A bid that has not changed is sent again after so long."""
APART: Final = 0.1
"""Windows of two islands may begin apart by so much of their length, delays included."""
BIDS_KEPT: Final = 32
_KEEP_S: Final = 7 * 86_400.0
_OF_ADDRESS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How an island counts windows: `number` begins after `begins_s`, and each is `window_s` long."""

    number: int
    begins_s: float
    window_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BidCame:
    """The neighbour's bids have changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClocksApart:
    """The neighbour's windows begin at another time, by so many seconds, or have another length: None."""

    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChanged:
    """A trade was agreed to, refused or given up."""

    window: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCame:
    """The neighbour told what its meter counted, or where it is paid: keep that on disk, then call `done(letter)`."""

    letter: str


@dataclass(slots=True)
class SentBid:
    """A bid as it went out or came in, by own windows; `at` is of the own clock."""

    number: int
    windows: Windows
    at: float
    curves: Mapping[int, Curve] = field(default_factory=dict)


class NeighbourEnd(End):
    """What both ends have in common. `accepts(window, flow, price)`: whether W to the neighbour can still be kept."""

    def __init__(
        self,
        link: Link,
        *,
        accepts: Callable[[int, int, int], bool] | None = None,
        speed: float = 1.0,
        **options: Any,
    ) -> None:
        """Begin without bids.

        Args:
            link: Which link it is an end of.
            accepts: See the class.
            speed: So many seconds, by which energy is counted, pass in one of the own clock.
            options: See `End`.
        """
        super().__init__(link, kinds=(Counted.kind, HousePayee.kind), **options)
        self._speed = speed
        self.payee: str | None = None
        self._told_payee: str | None = None
        self._accepts = accepts or (lambda _window, _flow, _price: True)
        self._numbered = 0
        self._sent: dict[int, SentBid] = {}
        self._heard: dict[int, SentBid] = {}
        self._unsent = False
        self._bid_at = -math.inf
        self._peer_heard = 0
        self._windows: tuple[float, Windows] | None = None
        self._trades: dict[int, TieTrade] = {}
        self._former: list[TieTrade] = []
        self._counts = TradeCounts()

    # What the caller does.

    def bid(self, mono: float, windows: Windows, curves: Mapping[int, Curve]) -> None:
        """Bid this from now on, by window; what is the same as before is sent again only now and then."""
        self._windows = (mono, windows)
        last = self._sent.get(self._numbered)
        if last is not None and last.curves == curves and mono - last.at < BID_EACH_S:
            return
        self._numbered += 1
        self._sent[self._numbered] = SentBid(self._numbered, windows, mono, dict(curves))
        self._sent.pop(self._numbered - BIDS_KEPT, None)
        self._unsent = True

    @property
    def heard(self) -> Mapping[int, Curve]:
        """What the neighbour bid last, by own window; nothing while there is no session."""
        if not self._heard or not self._session.is_open:
            return {}
        return self._heard[max(self._heard)].curves

    @property
    def _newest(self) -> int:
        return max(self._heard, default=0)

    def promised(self, mono: float) -> dict[int, int]:
        """Return what is promised in each window, W to the neighbour: agreed, asked for, or perhaps still held."""
        every = (*self._former, *self._trades.values())
        return {trade.window: trade.flow for trade in every if trade.may_be_held(mono)}

    def give_up(self, window: int) -> None:
        """Let a trade go that cannot be kept: nothing flows from now on, and the other side hears so."""
        for trade in self._trades.values():
            if trade.window == window:
                trade.given_up = True

    def flow(self, mono: float) -> int:
        """Return what is to flow to the neighbour now, W; 0 as soon as nothing is agreed any more."""
        trade = self._running(mono)
        return 0 if trade is None else trade.flow

    def price(self, mono: float) -> int | None:
        """Return the price of what is to flow now, iota per MWh."""
        trade = self._running(mono)
        return None if trade is None else trade.price

    def measured(self, mono: float, watts: float | None) -> None:
        """Take what the tie's meter shows, W to the neighbour; None: it shows nothing, and nothing is counted."""
        self._count(mono)
        self._counts.measured(mono, watts)

    def tell_payee(self, mono: float, address: str) -> None:
        """Tell the neighbour where this island is paid, where that is new."""
        if address != self._told_payee:
            self._told_payee = address
            says = body_of(HousePayee(address=address))
            self.post(mono, f"payee-{address[:_OF_ADDRESS]}", HousePayee.kind, says, keep_s=_KEEP_S)

    def settle(self, mono: float) -> list[Settlement]:
        """Return the trades that both sides have counted. They are returned again until `settled` was called."""
        self._count(mono)
        for number, trade in list(self._trades.items()):
            if not trade.is_held(mono) and not trade.is_asked(mono):
                self._end_trade(mono, number)
        for trade in self._former:
            self._finish(mono, trade)
        self._former = [trade for trade in self._former if trade.may_be_held(mono)]
        return self._counts.both()

    def settled(self, trade: str) -> None:
        """Forget a trade: what it came to is kept elsewhere."""
        self._counts.forget(trade)

    def next_due(self, mono: float) -> float:
        """Return when `due` should be called next, at the latest."""
        return mono if self._unsent and self._session.is_open else super().next_due(mono)

    def to_dict(self, mono: float) -> dict[str, Any]:
        """Return what has to survive a restart, as JSON: what was counted of trades that are not settled yet."""
        self._count(mono)
        return {**super().to_dict(mono), "payee": self.payee, "counts": self._counts.to_dict()}

    @classmethod
    def from_dict(cls, link: Link, mono: float, stored: Mapping[str, Any], **options: Any) -> Self:
        """Go on after a restart. Trades end with it: what was delivered until then is told at once."""
        end = cls(link, **options)
        end._go_on(mono, stored)
        return end

    def _go_on(self, mono: float, stored: Mapping[str, Any]) -> None:
        super()._go_on(mono, stored)
        payee = stored.get("payee")
        self.payee = payee if isinstance(payee, str) else None
        self._counts = TradeCounts.from_dict(stored.get("counts"))
        for name in self._counts:
            self._tell(mono, name)

    # How it is done.

    def received(self, mono: float, data: bytes) -> tuple[Any, ...]:
        """Take what came over the channel; what flowed until now counts by what held until now."""
        self._count(mono)
        return super().received(mono, data)

    def _name(self, number: int) -> str:
        return f"{self._session.session_id}-{number}"

    def _end_trade(self, mono: float, number: int) -> None:
        """Let a trade be over: it counts as promised for as long as the other side may hold it."""
        trade = self._trades.pop(number)
        if trade.may_be_held(mono):
            self._former.append(trade)
        self._finish(mono, trade)

    def _running(self, mono: float) -> TieTrade | None:
        if self.has_ended:
            return None
        for trade in self._trades.values():
            if trade.begins <= mono and trade.is_held(mono):
                return trade
        return None

    def _count(self, mono: float) -> None:
        self._counts.count(mono, self._trades.values(), speed=self._speed)

    def _finish(self, mono: float, trade: TieTrade) -> None:
        """Tell what was counted of a trade that is over, also where that is nothing; once."""
        if trade.agreed and not trade.told:
            trade.told = True
            self._counts.begin(trade)
        self._tell(mono, trade.name)

    def _tell(self, mono: float, trade: str) -> None:
        wh = self._counts.end(trade)
        if wh is not None:
            says = body_of(Counted(trade=trade, wh=wh))
            self.post(mono, f"{trade}-counted", Counted.kind, says, keep_s=_KEEP_S)

    def _session_began(self) -> None:
        super()._session_began()
        self._former += self._trades.values()
        self._trades.clear()
        self._heard.clear()
        # What was bid last holds in the new session too, and is told in it.
        last = self._sent.get(self._numbered)
        self._sent = {} if last is None else {1: replace(last, number=1)}
        self._numbered = len(self._sent)
        self._unsent = last is not None
        self._peer_heard = 0

    def _bodies_due(self, mono: float) -> list[LinkBody]:
        bodies = super()._bodies_due(mono)
        missed = self._peer_heard != self._numbered and mono - self._bid_at >= HELD_EACH_S
        if self._unsent or missed:
            self._unsent = False
            self._bid_at = mono
            sent = self._sent[self._numbered]
            first = min(sent.curves, default=sent.windows.number)
            last = max(sent.curves, default=sent.windows.number - 1)
            bodies.append(
                Bid(
                    number=sent.number,
                    window_s=sent.windows.window_s,
                    begins_s=self._begins(first) - mono,
                    curves=tuple(
                        tuple(sent.curves[window].to_list()) if window in sent.curves else ()
                        for window in range(first, last + 1)
                    ),
                )
            )
        return bodies

    def _begins(self, window: int) -> float:
        """Return when an own window begins, by the own clock. There must be windows."""
        at, windows = self._windows or (0.0, Windows(number=0, begins_s=0.0, window_s=3600))
        return at + windows.begins_s + (window - windows.number) * windows.window_s

    def _window(self, begins: float) -> tuple[int, float]:
        """Return the own window that begins about then, and how far apart both are, s."""
        at, windows = self._windows or (0.0, Windows(number=0, begins_s=0.0, window_s=3600))
        exact = (begins - at - windows.begins_s) / windows.window_s
        window = windows.number + round(exact)
        return window, begins - self._begins(window)

    def _take(self, mono: float, body: LinkBody) -> tuple[Any, ...]:
        if isinstance(body, Bid):
            return self._take_bid(mono, body)
        events = super()._take(mono, body)
        return tuple(self._read(each) if isinstance(each, LetterCame) else each for each in events)

    def _take_bid(self, mono: float, body: Bid) -> tuple[Any, ...]:
        if self._windows is None:
            return ()
        windows = self._windows[1]
        if body.window_s != windows.window_s:
            return (ClocksApart(seconds=None),)
        first, apart = self._window(mono + body.begins_s)
        if abs(apart) > APART * windows.window_s:
            return (ClocksApart(seconds=apart),)
        curves = {window: Curve.from_list(each) for window, each in enumerate(body.curves, start=first) if each}
        before = self.heard
        self._heard[body.number] = SentBid(body.number, windows, mono, curves)
        self._heard.pop(body.number - BIDS_KEPT, None)
        return () if before == curves else (BidCame(),)

    def _read(self, came: LetterCame) -> Any:
        """Take what the neighbour counted of a trade that is known here."""
        try:
            if came.about == HousePayee.kind:
                self.payee = read_fields(HousePayee, came.says).address
                return CountCame(letter=came.letter)
            says: Counted = read_fields(Counted, came.says if came.about == Counted.kind else {})
        except LinkRefusal as refusal:
            self.refused[refusal.reason] += 1
            return CountCame(letter=came.letter)
        self._counts.heard(says.trade, says.wh)
        return CountCame(letter=came.letter)
