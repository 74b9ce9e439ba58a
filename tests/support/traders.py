"""Islands beside each other that trade over channels that nobody can trust, each with a clock of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from custom_components.tangle_grid.grid.trade import OwnWindow, Store
from custom_components.tangle_grid.link.core import Link, LinkKeys
from custom_components.tangle_grid.link.core.following import FollowingEnd
from custom_components.tangle_grid.link.core.leading import LeadingEnd
from custom_components.tangle_grid.link.core.neighbour import CountCame, NeighbourEnd, Windows
from custom_components.tangle_grid.link.core.trade_count import Settlement
from custom_components.tangle_grid.link.core.trader import Trader
from custom_components.tangle_grid.simulation.channel import Channel, ChannelFaults
from custom_components.tangle_grid.simulation.randomness import generator
from tests.support.linked import Clock

WINDOW_S = 600
#: Islands trade for a day, in windows that are as many.
AHEAD = 4

type Plans = Callable[[int], Sequence[OwnWindow]]


@dataclass
class Islander:
    """One island: what it needs in a window and those after it, by the window's number."""

    name: str
    needs: Callable[[int], OwnWindow]
    clock: Clock = field(default_factory=Clock)
    store: Store | None = None

    def __post_init__(self) -> None:
        self.trader = Trader(self.name)

    def plan(self, now: float) -> None:
        """Tell the trader how things are."""
        number = int(now // WINDOW_S)
        begins_s = (number * WINDOW_S - now) * self.clock.rate
        windows = Windows(number=number, begins_s=begins_s, window_s=WINDOW_S)
        own = [self.needs(each) for each in range(number, number + AHEAD)]
        self.trader.plan(self.clock(now), windows, own, self.store)


class Tie:
    """A tie line between two islands: the first leads. `flows` is what both sides hold, W from the first, by second."""

    def __init__(self, number: int, first: Islander, second: Islander, faults: ChannelFaults, limit: int) -> None:
        self.number = number
        self.sides = (first, second)
        self.limit = limit
        self.keys = (LinkKeys(f"{number + 1:02x}" * 64), LinkKeys(f"{number + 101:02x}" * 64))
        self.link_id = f"{number + 1:032x}"
        source = generator("tie", number)
        self.channels = (Channel(source, faults, keep=0), Channel(source, faults, keep=0))
        self.ends: list[NeighbourEnd] = [self._end(0), self._end(1)]
        for island, end in zip(self.sides, self.ends, strict=True):
            island.trader.add(str(number), end, limit=limit, fee=1_000_000)
        self.flows: list[tuple[int, int]] = []
        self.settled: tuple[list[Settlement], list[Settlement]] = ([], [])
        self.meters: list[Callable[[float, float], float | None]] = [lambda _now, flow: flow] * 2

    def _end(self, side: int, stored: dict[str, Any] | None = None, now: float = 0.0) -> NeighbourEnd:
        island = self.sides[side]
        link = Link.of(self.link_id, self.keys[side], self.keys[1 - side].public)

        def accepts(window: int, flow: int, price: int) -> bool:
            return island.trader.accepts(str(self.number), island.clock(self.now), window, flow, price)

        kind = LeadingEnd if side == 0 else FollowingEnd
        if stored is None:
            return kind(link, accepts=accepts)
        return kind.from_dict(link, island.clock(now), stored, accepts=accepts)

    now = 0.0

    def restart(self, side: int) -> None:
        """Let one side begin anew with what it had on disk."""
        stored = self.ends[side].to_dict(self.sides[side].clock(self.now))
        self.ends[side] = self._end(side, stored, self.now)
        self.sides[side].trader.add(str(self.number), self.ends[side], limit=self.limit, fee=1_000_000)

    def cut(self, *, is_cut: bool) -> None:
        """Cut the channels, or mend them."""
        for channel in self.channels:
            channel.is_cut = is_cut

    def step(self, now: float) -> None:
        """Carry what is due, meter what flows, and settle."""
        self.now = now
        for side, (island, end) in enumerate(zip(self.sides, self.ends, strict=True)):
            at = island.clock(now)
            for data in self.channels[1 - side].arrived(now):
                events = end.received(at, data)
                island.trader.happened(events)
                for event in events:
                    if isinstance(event, CountCame):
                        end.done(event.letter)
        firsts = [end.flow(island.clock(now)) for island, end in zip(self.sides, self.ends, strict=True)]
        self.flows.append((firsts[0], -firsts[1]))
        # What the seller gives is what flows.
        flow = firsts[0] if firsts[0] > 0 else min(0, -firsts[1])
        for side, (island, end) in enumerate(zip(self.sides, self.ends, strict=True)):
            at = island.clock(now)
            shown = self.meters[side](now, flow if side == 0 else -flow)
            end.measured(at, shown)
            for each in end.settle(at):
                self.settled[side].append(each)
                end.settled(each.trade)
            for data in end.due(at):
                self.channels[side].send(now, data)


@dataclass
class Beside:
    """Islands and their ties; `now` is true time, s."""

    islanders: Sequence[Islander]
    pairs: Sequence[tuple[int, int]]
    faults: ChannelFaults = field(default_factory=ChannelFaults)
    limit: int = 10_000
    now: float = 0.0

    def __post_init__(self) -> None:
        self.ties = [
            Tie(number, self.islanders[first], self.islanders[second], self.faults, self.limit)
            for number, (first, second) in enumerate(self.pairs)
        ]

    def run(self, seconds: float, check: Callable[[], None] | None = None, *, dt: float = 1.0) -> Beside:
        """Let time pass."""
        end = self.now + seconds
        while self.now < end:
            for island in self.islanders:
                island.plan(self.now)
                island.trader.step(island.clock(self.now))
            for tie in self.ties:
                tie.step(self.now)
            if check is not None:
                check()
            self.now += dt
        return self

    def given(self, island: int) -> list[int]:
        """Return what an island promises in each window over all its ties together, W net, by its own ends."""
        found: dict[int, int] = {}
        for tie in self.ties:
            for side, each in enumerate(tie.sides):
                if each is self.islanders[island]:
                    for window, flow in tie.ends[side].promised(each.clock(self.now)).items():
                        found[window] = found.get(window, 0) + flow
        return list(found.values())
