"""Islands beside each other that trade for a day: against no trade, and against one programme that decides for all.

scripts/bench islands [--count 2,10,100] [--shape line,star,ring] [--seeds 3] [--windows 24] [--delay 1.0] [--json]

Each island is a street of 3 to 12 homes with sun, batteries, cars in the evening, a tariff and a fuse of its own, or
without some of them. It knows its own day, and of others what its neighbours bid it. A bid takes up to `--delay`
seconds; an island answers what it heard where its answer has changed: within a second, and less and less often while
bids go on to change. One window (an hour) after the
other is cleared, each tie in one of four turns a minute apart; what batteries then hold is what the next windows begin
with. Printed for each number and shape, as the mean of the seeds and, for the share, the worst:

- welfare: what the trade saves, as a share of what a linear programme (HiGHS) saves that knows and decides everything;
- the sum of all islands' own peaks at their feeds, and energy that somebody went without: without trade, with it, and
  by the programme;
- messages for each tie: in the quarter of an hour before the first window, and for each window after that; seconds
  until bids settled (what would flow in the first window has changed by less than 1 % of a tie's limit since), and the
  longest chain of bids by then that each led to the next; the bids' median length in bytes, all windows together;
- how long an island takes for its bids.

Environment: bench
"""

import argparse
import heapq
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count as counter
from typing import Any, Final

from benchmarks._neighbours_model import SHAPES, WINDOWS, Network, best_possible, make_network
from custom_components.tangle_grid.grid.trade import Curve, Offers, TieState, clear

#: Bids are given so long to settle at first, s; and so long between two turns in which ties are cleared.
FIRST_S: Final = 900.0
TURN_S: Final = 60.0
TURNS: Final = 4
#: An island answers after a second at first, and twice as long after each bid that has changed, up to this.
_ANSWER_S: Final = 1.0
_SLOWEST_S: Final = 30.0
#: Bids have settled when what would flow in the next window changes by less than this share of a tie's limit.
_SETTLED: Final = 0.01


@dataclass(slots=True, kw_only=True)
class Figures:
    """What the exchange took."""

    first_messages: int = 0
    messages: int = 0
    seconds: float = 0.0
    made: int = 0
    lengths: list[int] = field(default_factory=list)


class Exchange:
    """All islands of a network, and the bids between them, in simulated seconds."""

    def __init__(self, network: Network, delay_s: float, seed: int) -> None:
        self._network = network
        self._draw = random.Random(f"exchange {seed}")  # noqa: S311  # a model, not a secret
        self._delay_s = delay_s
        self._order = counter()
        self._events: list[tuple[float, int, int, tuple[int, dict[int, Curve], int] | None]] = []
        self._ties: list[dict[str, TieState]] = [{} for _ in network.windows]
        for number, tie in enumerate(network.ties):
            for end in tie.ends:
                self._ties[end][str(number)] = TieState(limit=tie.limit, fee=tie.fee)
        self._bids: dict[tuple[int, int], dict[int, Curve]] = {}
        self._made: dict[int, Offers] = {}
        self._answers: set[int] = set()
        self._gaps = [_ANSWER_S] * len(network.windows)
        self._would: dict[int, list[tuple[float, int, int]]] = {number: [] for number in range(len(network.ties))}
        self._depth = [0] * len(network.windows)
        self._stores = list(network.stores)
        self._window = 0
        self._now = 0.0
        self.flows: dict[tuple[int, int], int] = {}
        self.figures = Figures()

    def run(self) -> None:
        """Let the day pass."""
        for window in range(len(self._network.windows[0])):
            self._window = window
            for turn in range(TURNS):
                for island in range(len(self._network.windows)):
                    self._gaps[island] = _ANSWER_S
                    self._answer(island)
                self._exchange(self._now + (TURN_S if window or turn else FIRST_S))
                if window == turn == 0:
                    self.figures.first_messages = self.figures.messages
                turns = [number for number in self._would if (number * 7 + window * 3) % TURNS == turn]
                self._draw.shuffle(turns)
                for number in turns:
                    self._clear(number)
            for island, store in enumerate(self._stores):
                self._stores[island] = store.after(self._offers(island).charged(window))

    def _offers(self, island: int) -> Offers:
        windows = self._network.windows[island][self._window :]
        return Offers(str(island), self._ties[island], windows, self._stores[island], first=self._window)

    def _answer(self, island: int) -> None:
        """Let an island answer soon."""
        if island not in self._answers:
            self._answers.add(island)
            at = self._now + self._draw.uniform(0.5, 1.0) * self._gaps[island]
            heapq.heappush(self._events, (at, next(self._order), island, None))

    def _exchange(self, until: float) -> None:
        while self._events and self._events[0][0] <= until:
            self._now, _, island, came = heapq.heappop(self._events)
            if came is None:
                self._answers.discard(island)
                self._bid(island)
            else:
                number, bid, depth = came
                self._ties[island][str(number)].heard = bid
                self._depth[island] = max(self._depth[island], depth)
                self._answer(island)
        self._now = until

    def _bid(self, island: int) -> None:
        began = time.perf_counter()
        offers = self._offers(island)
        self._made[island] = offers
        bids = {int(tie_id): offers.bids(tie_id) for tie_id in self._ties[island]}
        self.figures.seconds += time.perf_counter() - began
        self.figures.made += 1
        if any(self._bids.get((island, number)) != bid for number, bid in bids.items()):
            self._gaps[island] = min(_SLOWEST_S, 2 * self._gaps[island])
        for number, bid in bids.items():
            if self._bids.get((island, number)) == bid:
                continue
            self._bids[island, number] = bid
            first, second = self._network.ties[number].ends
            depth = self._depth[island] + 1
            at = self._now + self._draw.uniform(0.0, self._delay_s)
            other = second if island == first else first
            heapq.heappush(self._events, (at, next(self._order), other, (number, bid, depth)))
            self.figures.messages += 1
            self.figures.lengths.append(len(json.dumps([curve.to_list() for curve in bid.values()])))
            if self.figures.first_messages == 0:
                self._note(number, depth)

    def _note(self, number: int, depth: int) -> None:
        """Note what would flow over a tie in the first window."""
        first, second = (self._bids.get((end, number)) for end in self._network.ties[number].ends)
        flow = 0 if first is None or second is None else clear(first[0], second[0]).flow
        self._would[number].append((self._now, flow, depth))

    @property
    def settled(self) -> tuple[float, int]:
        """When bids had settled for the first window, s, and the longest chain of bids by then."""
        last = (0.0, 0)
        for tie, seen in zip(self._network.ties, self._would.values(), strict=True):
            for index in range(1, len(seen)):
                if abs(seen[index - 1][1] - seen[-1][1]) > _SETTLED * tie.limit:
                    last = max(last, (seen[index][0], seen[index][2]))
        return last

    def _clear(self, number: int) -> None:
        window = self._window
        first, second = self._network.ties[number].ends
        # Whoever is asked for a trade that does not fit its other promises any more says so, and is asked anew.
        flow = clear(*(self._made[end].bid(str(number), window) for end in (first, second))).flow
        self.flows[number, window] = flow
        self._ties[first][str(number)].promised[window] = flow
        self._ties[second][str(number)].promised[window] = -flow


def measure(shape: str, count: int, seed: int, windows: int, delay_s: float) -> dict[str, float]:
    """Return the figures of one network."""
    network = make_network(shape, count, seed, windows)
    exchange = Exchange(network, delay_s, seed)
    exchange.run()
    nothing, best = best_possible(network, {}), best_possible(network)
    ours = best_possible(network, exchange.flows)
    figures, ties = exchange.figures, len(network.ties)
    found: dict[str, float] = {"welfare": (nothing.cost - ours.cost) / (nothing.cost - best.cost)}
    for name, outcome in (("nothing", nothing), ("ours", ours), ("best", best)):
        found[f"peak_kw_{name}"] = outcome.peak_w / 1000
        found[f"missing_kwh_{name}"] = outcome.missing_wh / 1000
    return {
        **found,
        "first_messages_a_tie": figures.first_messages / ties,
        "messages_a_tie_and_window": (figures.messages - figures.first_messages) / ties / windows,
        "rounds": exchange.settled[1],
        "settled_s": exchange.settled[0],
        "bytes": statistics.median(figures.lengths),
        "made_ms": figures.seconds / figures.made * 1000,
    }


def summary(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the means, and the worst welfare."""
    found = {name: round(statistics.fmean(row[name] for row in rows), 4) for name in rows[0]}
    return {**found, "welfare_worst": round(min(row["welfare"] for row in rows), 4)}


def main(arguments: Sequence[str]) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", default="2,10,100")
    parser.add_argument("--shape", default=",".join(SHAPES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found: list[dict[str, Any]] = []
    for shape in options.shape.split(","):
        for count in map(int, options.count.split(",")):
            rows = [measure(shape, count, seed, options.windows, options.delay) for seed in range(options.seeds)]
            found.append({"shape": shape, "count": count, **summary(rows)})
            if not options.json:
                print(*(f"{name} {value}" for name, value in found[-1].items()), sep="  ", flush=True)
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
