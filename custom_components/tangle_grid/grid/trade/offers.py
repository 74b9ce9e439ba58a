"""What an island bids its neighbours: made of its plan, its sun, its batteries, what others bid it, and its promises.

Each bid is what a neighbour would find if it could look through the island at everything else: the island's own curve,
what its batteries make of other windows, and what the other neighbours bid, each after its fee and within its tie. So
power passes through islands, and what an island learns of one neighbour the next one hears of. What is promised to one
neighbour is power that no other is bid.

Repeated between all islands (min-sum on a network of flows), bids settle: a fee for each tie makes what comes back
around a ring dearer than it left, and prices that differ by a little from island to island leave one best trade.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from .curve import MAX_PRICE, PER_MILLE, Curve, Step, clear

MAX_WINDOWS: Final = 24
MAX_STEPS: Final = 16
"""So many steps has each curve of a bid at most."""
_APART: Final = 1000
"""Prices of islands are moved apart by at most one of so many parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWindow:
    """What an island has and needs in one window, W on average; prices in iota per MWh.

    Attributes:
        load: What it uses whatever happens, less the sun.
        imports: What its own feed can bring at which price: its fuse, less what it keeps free.
        exports: What its own feed takes back at which price.
        missing_price: What it is worth not to go without.
    """

    load: int
    imports: tuple[Step, ...] = ()
    exports: tuple[Step, ...] = ()
    missing_price: int = MAX_PRICE

    def curve(self, apart: int = 0) -> Curve:
        """Return what it takes from others at each price; `apart`: by how many millionths its prices are moved."""

        def moved(price: int) -> int:
            return price + price * apart // 1_000_000

        lowest = min([0, *(price for price, _ in self.exports)])
        steps = [
            # It goes without only where nobody gives it anything, and never for others.
            (self.missing_price, max(0, self.load)),
            *((moved(price), more) for price, more in (*self.imports, *self.exports)),
            # The sun that nobody takes is not used.
            (lowest, max(0, -self.load)),
        ]
        least = min(0, self.load) - sum(more for _, more in self.imports)
        return Curve.total([Curve(least), *(Curve(0, (step,)) for step in steps if step[1] > 0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Batteries, taken together; energy in W for one window.

    Attributes:
        now: What is in them.
        least: What the island keeps for itself.
        most: What goes in.
        charge_most: W.
        discharge_most: W.
        charge_efficiency: In per mille.
        discharge_efficiency: In per mille.
        worth: Of what is left at the end, iota per MWh.
    """

    now: int
    least: int
    most: int
    charge_most: int
    discharge_most: int
    charge_efficiency: int = 950
    discharge_efficiency: int = 950
    worth: int = 0

    def after(self, taken: int) -> Store:
        """Return the batteries after a window in which they took so much, W; negative: gave."""
        stored = (
            taken * self.charge_efficiency // PER_MILLE
            if taken > 0
            else -(-taken * PER_MILLE // self.discharge_efficiency)
        )
        return replace(self, now=min(self.most, max(0, self.now + stored)))

    def curves(self, nodes: Sequence[Curve]) -> list[Curve]:
        """Return what the batteries take in each window at each price, given what all else takes in the others."""
        charge, discharge = self.charge_efficiency, self.discharge_efficiency
        behind = [each.within(-self.charge_most, self.discharge_most).stored(charge, discharge) for each in nodes]
        now = min(max(self.now, 0), self.most)
        least = min(self.least, now)
        before = Curve(-now)
        earlier = []
        for each in behind:
            earlier.append(before)
            before = Curve.total([before, each]).within(-self.most, -least)
        after = Curve(least, ((self.worth, self.most - least),) if self.most > least else ())
        found = []
        for each, past in zip(reversed(behind), reversed(earlier), strict=True):
            kept = Curve.total([past, after]).drawn(charge, discharge)
            found.append(kept.within(-self.discharge_most, self.charge_most))
            after = Curve.total([after, each]).within(least, self.most)
        return found[::-1]


@dataclass(slots=True, kw_only=True)
class TieState:
    """One neighbour as an island reckons with it.

    Attributes:
        limit: Of the tie, W.
        fee: For each MWh that crosses, iota; each side takes its own into its bids.
        heard: What the neighbour bid last, by window; nothing where it said nothing.
        promised: What goes to the neighbour in a window, W; negative: what comes.
    """

    limit: int
    fee: int = 0
    heard: dict[int, Curve] = field(default_factory=dict)
    promised: dict[int, int] = field(default_factory=dict)

    def seen(self, window: int, fee: int) -> Curve:
        """Return what the neighbour takes here, after a fee: what is promised, else what it bid."""
        flow = self.promised.get(window)
        if flow is not None:
            return Curve(flow)
        heard = self.heard.get(window)
        return Curve() if heard is None else heard.within(-self.limit, self.limit).dearer(fee)


class Offers:
    """What one island bids, by what it knew when this was made; `bid` looks anew at the neighbours in one window."""

    def __init__(
        self,
        island: str,
        ties: Mapping[str, TieState],
        windows: Sequence[OwnWindow],
        store: Store | None = None,
        *,
        first: int = 0,
    ) -> None:
        """Take what the island knows now; `first` is the number of its first window."""
        self._ties = ties
        self._numbers = range(first, first + len(windows))
        self._own = [each.curve(_apart(island, number)) for number, each in zip(self._numbers, windows, strict=True)]
        # Ways of the same length would cost the same, and nobody could tell by which one power goes.
        self._fees = {tie_id: tie.fee + _apart(island, tie_id) for tie_id, tie in ties.items()}
        nodes = [self._node(number) for number in self._numbers]
        # What batteries make of the other windows; what happens in a window itself plays no part in it.
        self._kept = [Curve()] * len(windows) if store is None else store.curves(nodes)
        self._all = [self._everything(node, kept) for node, kept in zip(nodes, self._kept, strict=True)]

    @property
    def windows(self) -> range:
        """The numbers of all windows."""
        return self._numbers

    def _node(self, window: int) -> Curve:
        seen = (tie.seen(window, self._fees[tie_id]) for tie_id, tie in self._ties.items())
        return Curve.total([self._own[window - self._numbers.start], *seen])

    def _everything(self, node: Curve, kept: Curve) -> Curve:
        most = 2 * max((tie.limit for tie in self._ties.values()), default=0)
        return Curve.total([node, kept]).within(-most, most)

    def _of(self, tie_id: str, window: int, everything: Curve) -> Curve:
        tie, fee = self._ties[tie_id], self._fees[tie_id]
        rest = everything.without(tie.seen(window, fee), -tie.limit, tie.limit)
        return rest.dearer(fee).simplified(MAX_STEPS)

    def bids(self, tie_id: str) -> dict[int, Curve]:
        """Return what a neighbour is bid, by window; none for windows in which something is promised already."""
        promised = self._ties[tie_id].promised
        return {
            number: self._of(tie_id, number, everything)
            for number, everything in zip(self._numbers, self._all, strict=True)
            if number not in promised
        }

    def bid(self, tie_id: str, window: int) -> Curve:
        """Return what a neighbour is bid in one window, by what is heard and promised in it by now."""
        kept = self._kept[window - self._numbers.start]
        return self._of(tie_id, window, self._everything(self._node(window), kept))

    def charged(self, window: int) -> int:
        """Return what the batteries take in a window when all goes as planned, W; negative: what they give."""
        return clear(self._node(window), self._kept[window - self._numbers.start]).flow


def _apart(island: str, what: int | str) -> int:
    """Return by how many millionths prices are moved, so that no two islands ask for the same to the iota."""
    digest = hashlib.sha256(f"{island}/{what}".encode()).digest()
    return int.from_bytes(digest[:4]) % (1_000_000 // _APART)
