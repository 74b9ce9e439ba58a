"""What the meter at a tie counts of each trade between neighbours, until both sides have told theirs."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from .tie_trade import TieTrade

READING_AGE_S: Final = 60.0
"""What the tie's meter showed counts for so long."""
_TRADES_KEPT: Final = 64
_WS_PER_WH: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One trade that is over, as both meters counted it.

    Attributes:
        trade: Its id, the same on both sides.
        flow: What was agreed, W to the neighbour; negative: from it.
        price: Iota per MWh.
        own_wh: What the own meter counted.
        their_wh: What theirs counted.
    """

    trade: str
    flow: int
    price: int
    own_wh: int
    their_wh: int

    @property
    def wh(self) -> int:
        """What counts: the smaller of both."""
        return min(self.own_wh, self.their_wh)

    @property
    def amount_i(self) -> int:
        """What the buyer owes, iota; never less than nothing."""
        return max(0, self.wh * self.price // 1_000_000)

    @property
    def sold(self) -> bool:
        """Whether this island was the seller."""
        return self.flow > 0


@dataclass(slots=True, kw_only=True)
class _Count:
    """What was counted of a trade."""

    flow: int
    price: int
    ws: float = 0.0
    own_wh: int | None = None
    their_wh: int | None = None


class TradeCounts:
    """The counts of one end, by trade. Seconds are the own clock's."""

    def __init__(self) -> None:
        """Begin with nothing counted, and no reading."""
        self._counts: dict[str, _Count] = {}
        self._reading: tuple[float, float] | None = None

    def __contains__(self, trade: str) -> bool:
        """Tell whether something was counted of a trade that is not settled yet."""
        return trade in self._counts

    def __iter__(self) -> Iterator[str]:
        """Return the trades that are not settled yet."""
        return iter(tuple(self._counts))

    def measured(self, mono: float, watts: float | None) -> None:
        """Take what the meter shows from now on, W to the neighbour; None: nothing, and nothing is counted."""
        self._reading = None if watts is None or not math.isfinite(watts) else (mono, watts)

    def count(self, mono: float, trades: Iterable[TieTrade], *, speed: float = 1.0) -> None:
        """Count what flowed since the last reading in the direction of each trade, at most what was agreed.

        `speed`: so many seconds, by which energy is counted, pass in one of the own clock.
        """
        reading = self._reading
        if reading is None:
            return
        at, watts = reading
        for trade in trades:
            if not trade.agreed or trade.given_up:
                continue
            begin, end = max(at, trade.begins), min(mono, trade.ends, trade.until, at + READING_AGE_S)
            if end <= begin:
                continue
            with_it = watts if trade.flow > 0 else -watts
            self._of(trade).ws += min(max(0.0, with_it), abs(trade.flow)) * (end - begin) * speed
        self._reading = (max(at, mono), watts) if mono - at < READING_AGE_S else None

    def begin(self, trade: TieTrade) -> None:
        """Count nothing of a trade that was agreed to, if nothing was counted of it: that is told as well."""
        self._of(trade)

    def end(self, trade: str) -> int | None:
        """Return what was counted of a trade that is over, Wh; None: nothing is known of it, or it was told before."""
        count = self._counts.get(trade)
        if count is None or count.own_wh is not None:
            return None
        count.own_wh = math.floor(count.ws / _WS_PER_WH + 1e-6)
        while len(self._counts) > _TRADES_KEPT:
            del self._counts[next(iter(self._counts))]
        return count.own_wh

    def heard(self, trade: str, wh: int) -> None:
        """Take what the neighbour counted of a trade that is known here; what it said first holds."""
        count = self._counts.get(trade)
        if count is not None and count.their_wh is None:
            count.their_wh = wh

    def both(self) -> list[Settlement]:
        """Return the trades that both sides have counted."""
        return [
            Settlement(trade=name, flow=each.flow, price=each.price, own_wh=each.own_wh, their_wh=each.their_wh)
            for name, each in self._counts.items()
            if each.own_wh is not None and each.their_wh is not None
        ]

    def forget(self, trade: str) -> None:
        """Forget a trade."""
        self._counts.pop(trade, None)

    def _of(self, trade: TieTrade) -> _Count:
        return self._counts.setdefault(trade.name, _Count(flow=trade.flow, price=trade.price))

    def to_dict(self) -> dict[str, list[Any]]:
        """Return what has to survive a restart, as JSON. A reading does not: what flows is read anew."""
        return {
            name: [each.flow, each.price, each.ws, each.own_wh, each.their_wh] for name, each in self._counts.items()
        }

    @classmethod
    def from_dict(cls, stored: object) -> Self:
        """Return the counts that `to_dict` gave; what cannot be read of them is left out."""
        counts = cls()
        for name, each in stored.items() if isinstance(stored, Mapping) else ():
            try:
                flow, price, ws, own_wh, their_wh = each
                counts._counts[str(name)] = _Count(
                    flow=int(flow),
                    price=int(price),
                    ws=float(ws),
                    own_wh=None if own_wh is None else int(own_wh),
                    their_wh=None if their_wh is None else int(their_wh),
                )
            except TypeError, ValueError:
                continue
        return counts
