"""What each house that has joined costs its street's operator: the street's ends of many links, in one process.

Environment: test

Each house reports each ten seconds, with two demands, and gets its envelope renewed; all begin within the first ten
seconds. Only what the street does is measured: reading and checking reports, sharing out envelopes, signing and sealing
them. The street's control itself is not in it: `scripts/bench allocator_cost` has that.

- `messages_per_s`: of both directions.
- `core_pct`: processor time of the street's side, of one core, in the steady state.
- `us_per_message`: processor time of the street's side by message.
- `kb_per_house`: memory of the street's side.
- `bytes_per_hour`: what goes over the link of one house, both directions.
- `to_envelope_s`: from a house's first hello to its first envelope, median and 99th percentile, channel of 20 ms.

    scripts/bench houses [--count 10,100,1000] [--seconds 60] [--json]
"""

import argparse
import json
import statistics
import time
import tracemalloc
from typing import Any

from custom_components.tangle_grid.link.core import (
    Demand,
    EnvelopeChanged,
    HouseShare,
    HouseState,
    Link,
    LinkKeys,
    LowerEnd,
    SlotTerms,
    Terms,
    UpperEnd,
    new_link_id,
    share_envelopes,
)
from custom_components.tangle_grid.simulation.channel import Channel
from custom_components.tangle_grid.simulation.randomness import generator

_TERMS = Terms(
    fuse_a=(25.0, 25.0, 25.0),
    safe_a=(6.0, 6.0, 6.0),
    uncontrolled_a=(4.0, 4.0, 4.0),
    slots=(SlotTerms(), SlotTerms(phases=(0,))),
)
_STEP_S = 0.1
_SHARED_EACH_S = 5.0
_WARM_S = 15.0


class Street:
    """Both sides of all links; the street's side is looked at."""

    def __init__(self, count: int) -> None:
        self.source = generator("houses", count)
        pairs = [(new_link_id(), LinkKeys.generate(), LinkKeys.generate()) for _house in range(count)]
        self.lowers = [LowerEnd(Link.of(name, own, other.public), _TERMS) for name, own, other in pairs]
        uppers = [(Link.of(name, other, own.public)) for name, own, other in pairs]
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        self.uppers = [UpperEnd.new(link, _TERMS, 0.0) for link in uppers]
        self.memory_from = before
        self.ups = [Channel(self.source, keep=0) for _house in range(count)]
        self.downs = [Channel(self.source, keep=0) for _house in range(count)]
        self.begin_at = [self.source.uniform(0, 10) for _house in range(count)]
        self.first_at: dict[int, float] = {}
        self.busy_s = 0.0
        self.messages = 0
        self.shared_at = -1e9
        self.now = 0.0

    def houses(self) -> None:
        """Let the houses do what they do."""
        for number, lower in enumerate(self.lowers):
            if self.now < self.begin_at[number]:
                continue
            for data in self.downs[number].arrived(self.now):
                for event in lower.received(self.now, data):
                    if isinstance(event, EnvelopeChanged):
                        self.first_at.setdefault(number, self.now - self.begin_at[number])
            if int(self.now / _STEP_S) % 10 == number % 10:
                lower.observe(self.now, self._state())
            for data in lower.due(self.now):
                self.ups[number].send(self.now, data)

    def _state(self) -> HouseState:
        amps = self.source.uniform(9.6, 10.4)
        demands = tuple(
            Demand(slot=slot, connected=True, need_wh=8000.0, within_s=20_000.0, most_a=16.0, phases=phases)
            for slot, phases in enumerate(((0, 1, 2), (0,)))
        )
        return HouseState(measured_a=(amps, amps, amps), uncontrolled_a=(4.0, 4.0, 4.0), demands=demands)

    def street(self) -> None:
        """Let the street do what it does, and look how long that takes."""
        heard = [channel.arrived(self.now) for channel in self.ups]
        began = time.process_time()
        for upper, frames in zip(self.uppers, heard, strict=True):
            for data in frames:
                upper.received(self.now, data)
        if self.now - self.shared_at >= _SHARED_EACH_S:
            self._share()
        sent = [upper.due(self.now) for upper in self.uppers]
        self.busy_s += time.process_time() - began
        for channel, due in zip(self.downs, sent, strict=True):
            for data in due:
                channel.send(self.now, data)
                self.messages += 1
        self.messages += sum(map(len, heard))

    def _share(self) -> None:
        self.shared_at = self.now
        houses = [
            HouseShare(used_a=(10.0,) * 3, held_a=upper.reserved_a(self.now), fuse_a=_TERMS.fuse_a)
            for upper in self.uppers
        ]
        capacity = 13.0 * len(houses)
        for upper, limit in zip(self.uppers, share_envelopes((capacity,) * 3, (0.0,) * 3, houses), strict=True):
            upper.grant(self.now, limit, (6.0, 6.0))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self.now < end:
            self.houses()
            self.street()
            self.now += _STEP_S


def run(count: int, seconds: float = 60.0) -> dict[str, Any]:
    """Return the figures of so many houses."""
    street = Street(count)
    street.run(_WARM_S)
    memory = tracemalloc.get_traced_memory()[0] - street.memory_from
    tracemalloc.stop()
    busy, messages = street.busy_s, street.messages
    sent = sum(channel.bytes for channel in (*street.ups, *street.downs))
    street.run(seconds)
    busy, messages = street.busy_s - busy, street.messages - messages
    sent = sum(channel.bytes for channel in (*street.ups, *street.downs)) - sent
    times = sorted(street.first_at.values())
    return {
        "houses": count,
        "with_envelope": len(times),
        "messages_per_s": round(messages / seconds, 1),
        "core_pct": round(100 * busy / seconds, 2),
        "us_per_message": round(1e6 * busy / max(1, messages)),
        "kb_per_house": round(memory / count / 1024, 1),
        "bytes_per_hour": round(sent / count / seconds * 3600),
        "to_envelope_s": [round(statistics.median(times), 2), round(times[(len(times) - 1) * 99 // 100], 2)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench houses", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", default="10,100,1000")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [run(int(count), options.seconds) for count in options.count.split(",")]
    if options.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
