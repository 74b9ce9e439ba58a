"""What one island does with all its neighbours: bids from its plan, asks for trades in turns, keeps its promises apart.

What is promised to one neighbour is subtracted before anything is bid to another. Bids that change go out after a
second, and less and less often while they go on to change, so that islands in a ring do not talk each other to death.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...grid.trade import Curve, Offers, OwnWindow, Store, TieState
from .leading import LeadingEnd
from .neighbour import BidCame, DealChanged, NeighbourEnd, Windows

FIRST_GAP_S: Final = 1.0
MOST_GAP_S: Final = 30.0
TURNS: Final = 4
TURN_S: Final = 60.0
ASK_AGAIN_S: Final = 15.0


@dataclass(slots=True, kw_only=True)
class _Tie:
    end: NeighbourEnd
    state: TieState
    turn: int
    asked_at: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Plan:
    at: float
    windows: Windows
    own: tuple[OwnWindow, ...]
    store: Store | None

    def begins_s(self, mono: float, window: int) -> float:
        """Return when a window begins, from now."""
        return self.windows.begins_s + (window - self.windows.number) * self.windows.window_s - (mono - self.at)


class Trader:
    """The trades of one island, over all its ties. Power is W, to the neighbour; seconds are the own clock's."""

    def __init__(self, island: str) -> None:
        """Begin without neighbours; `island` tells this one from others where prices are equal."""
        self._island = island
        self._ties: dict[str, _Tie] = {}
        self._plan: _Plan | None = None
        self._offers: Offers | None = None
        self._dirty = True
        self._gap_s = FIRST_GAP_S
        self._next_at = 0.0
        self._window: int | None = None

    def add(self, tie_id: str, end: NeighbourEnd, *, limit: int, fee: int = 0) -> None:
        """Take up a neighbour. The end should have been given `accepts` of this tie."""
        self._ties[tie_id] = _Tie(end=end, state=TieState(limit=limit, fee=fee), turn=sum(tie_id.encode()) % TURNS)
        self._dirty = True

    def remove(self, tie_id: str) -> None:
        """Forget a neighbour."""
        self._ties.pop(tie_id, None)
        self._dirty = True

    def plan(self, mono: float, windows: Windows, own: Sequence[OwnWindow], store: Store | None) -> None:
        """Take what the island has and needs from its running window on."""
        plan = _Plan(at=mono, windows=windows, own=tuple(own), store=store)
        if self._plan is None or (plan.own, plan.store) != (self._plan.own, self._plan.store):
            self._dirty = True
        self._plan = plan

    def happened(self, events: Sequence[Any]) -> None:
        """Take what an end said of what came in."""
        if any(isinstance(event, BidCame | DealChanged) for event in events):
            self._dirty = True

    def accepts(self, tie_id: str, mono: float, window: int, flow: int, price: int) -> bool:
        """Tell whether a trade still pays and can be kept beside all that is promised: W to the neighbour."""
        tie = self._ties.get(tie_id)
        if tie is None or self._offers is None or self._plan is None or self._plan.begins_s(mono, window) < 0:
            return False
        self._refresh(mono)
        if window in tie.state.promised or window not in self._offers.windows:
            return False
        return _takes(self._offers.bid(tie_id, window), -flow, price)

    def step(self, mono: float) -> None:
        """Bid what has changed, and ask for the trades whose turn it is."""
        plan = self._plan
        if plan is None or not self._ties:
            return
        if self._window != plan.windows.number:
            self._window = plan.windows.number
            self._gap_s, self._next_at, self._dirty = FIRST_GAP_S, mono, True
        self._refresh(mono)
        if self._offers is None or (self._dirty and mono >= self._next_at):
            self._bid(mono, plan)
        self._ask(mono, plan)

    def _bid(self, mono: float, plan: _Plan) -> None:
        self._dirty = False
        states = {tie_id: tie.state for tie_id, tie in self._ties.items()}
        self._offers = Offers(self._island, states, plan.own, plan.store, first=plan.windows.number)
        self._next_at = mono + self._gap_s
        self._gap_s = min(MOST_GAP_S, 2 * self._gap_s)
        begins = Windows(
            number=plan.windows.number,
            begins_s=plan.begins_s(mono, plan.windows.number),
            window_s=plan.windows.window_s,
        )
        for tie_id, tie in self._ties.items():
            tie.end.bid(mono, begins, self._offers.bids(tie_id))

    def _ask(self, mono: float, plan: _Plan) -> None:
        window = plan.windows.number + 1
        begins_s = plan.begins_s(mono, window)
        turn_s = min(TURN_S, plan.windows.window_s / (2 * TURNS))
        for tie_id, tie in self._ties.items():
            end, offers = tie.end, self._offers
            if not isinstance(end, LeadingEnd) or offers is None or window not in offers.windows or begins_s <= 0:
                continue
            turn = (tie.turn + window) % TURNS
            waits = mono - tie.asked_at.get(window, -ASK_AGAIN_S) < ASK_AGAIN_S
            if begins_s > (TURNS - turn) * turn_s or waits or end.has_asked(window):
                continue
            tie.asked_at = {window: mono}
            if end.ask(mono, window, offers.bid(tie_id, window)):
                self._refresh(mono)
                self._dirty = True

    def _refresh(self, mono: float) -> None:
        """Look at what is heard and promised now."""
        for tie in self._ties.values():
            heard = tie.end.heard if tie.end.is_alive(mono) else {}
            tie.state.heard = dict(heard)
            tie.state.promised = tie.end.promised(mono)
            if self._plan is not None:
                # There is one trade in a window: in the running one there is no other any more.
                tie.state.promised.setdefault(self._plan.windows.number, 0)


def _takes(curve: Curve, taken: int, price: int) -> bool:
    """Tell whether a curve takes at least so much at a price, or gives it where that is negative."""
    if taken < 0:
        return curve.base + sum(more for at, more in curve.steps if at > price) <= taken
    return curve.base + sum(more for at, more in curve.steps if at >= price) >= taken
