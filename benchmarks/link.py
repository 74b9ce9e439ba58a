"""What hostile frames change on a link of a house and its street, and whether a lease ever outlives its reservation.

Environment: test

A house and a street over a simulated channel that loses, delays, repeats and reorders; it is cut at times, either side
starts again at times, with another clock, and the clocks run apart by up to half a percent. Somebody who hears all and
holds no key sends what they can: frames heard before (to either side), frames changed by a bit or cut off, parts of
two frames put together, frames of the right session with the next number and a signature of their own, hellos, noise.

- `hostile`: frames that somebody else sent; `repeated` of them had come before, `forged` never were a frame of either.
- `changed`: how many of them changed anything that either side believes, tells, or would store. None may.
- `delayed`: frames that had been lost and came later all the same, which is what a channel may do.
- `outlived`: moments at which the house believed in more than the street kept free for it. None may.
- `sessions`, `restarts`, `cuts`: what went on meanwhile; `envelopes` were taken, one in force for `held` of the time.

    scripts/bench link [--frames 100000] [--seed 1] [--json]
"""

import argparse
import json
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from custom_components.tangle_grid.link.core import (
    Demand,
    EnvelopeChanged,
    Frame,
    HouseState,
    Link,
    LinkKeys,
    LowerEnd,
    Refused,
    SessionBegan,
    SlotTerms,
    Terms,
    UpperEnd,
    body_of,
    link_body_types,
    new_link_id,
    read_link_body,
)
from custom_components.tangle_grid.simulation.channel import Channel, ChannelFaults
from custom_components.tangle_grid.simulation.randomness import generator

_TERMS = Terms(
    fuse_a=(25.0, 25.0, 25.0), safe_a=(6.0, 0.0, 0.0), uncontrolled_a=(8.0, 8.0, 8.0), slots=(SlotTerms(phases=(0,)),)
)
_CALM = ChannelFaults(least_delay_s=0.01, most_delay_s=0.05, late=0.2)
_BAD = ChannelFaults(least_delay_s=0.01, most_delay_s=90.0, late=0.1, lost=0.15, twice=0.15)
_PER_STEP = 8


@dataclass
class _Clock:
    began: float
    rate: float

    def __call__(self, true_s: float) -> float:
        return self.began + true_s * self.rate


class Trial:
    """Both ends, what is between them, and whoever listens there."""

    def __init__(self, seed: int) -> None:
        self.source = generator("hostile", seed)
        link_id, own, other = new_link_id(), LinkKeys.generate(), LinkKeys.generate()
        self.links = Link.of(link_id, own, other.public), Link.of(link_id, other, own.public)
        # The listener knows which link it is, and has keys as good as any: only not these.
        thief = LinkKeys.generate()
        self.thief = Link.of(link_id, thief, other.public)
        self.now = 0.0
        self.clocks = [self._clock(), self._clock()]
        self.lower = LowerEnd(self.links[0], _TERMS)
        self.upper = UpperEnd.new(self.links[1], _TERMS, self.clocks[1](0.0))
        self.up, self.down = (Channel(self.source, _BAD, keep=400) for _way in range(2))
        self.delivered: set[bytes] = set()
        self.counts: Counter[str] = Counter()
        self.bad_until = 0.0
        self.load_a, self.grant_a = 8.0, 16.0

    def _clock(self) -> _Clock:
        return _Clock(self.source.uniform(-1e7, 1e7), self.source.uniform(0.995, 1.005))

    def step(self) -> None:
        """Let some time pass, with whatever happens to a link."""
        self.now += self.source.uniform(0.05, 1.5)
        self._disturb()
        chance = self.source.random
        if chance() < 0.1:
            self.load_a = self.source.uniform(0, 24)
        if chance() < 0.1:
            self.grant_a = self.source.uniform(0, 30)
        lower, upper = self.clocks[0](self.now), self.clocks[1](self.now)
        demand = Demand(slot=0, connected=True, most_a=16.0, phases=(0,), measured_a=(self.load_a, 0.0, 0.0))
        self.lower.observe(lower, HouseState(measured_a=(self.load_a, 1.0, 2.0), demands=(demand,)))
        self.upper.grant(upper, (self.grant_a, 16.0, 16.0), (self.grant_a,))
        if chance() < 0.02:
            self.upper.post(upper, f"letter {self.counts['letters']}", "ask", {"power_w": 1000}, keep_s=120)
            self.counts["letters"] += 1
        self.upper.lapsed(upper)
        for way, end, at in ((self.up, self.upper, upper), (self.down, self.lower, lower)):
            for data in way.arrived(self.now):
                self.delivered.add(data)
                self._count(end.received(at, data))
        for data in self.lower.due(lower):
            self.up.send(self.now, data)
        for data in self.upper.due(upper):
            self.down.send(self.now, data)
        self.counts["steps"] += 1
        self.check()

    def _disturb(self) -> None:
        """Now and then one side starts again, and the channel becomes better or worse."""
        chance = self.source.random
        if chance() < 0.002:
            self.counts["restarts"] += 1
            which = self.source.randrange(2)
            stored = (self.lower, self.upper)[which].to_dict(self.clocks[which](self.now))
            self.clocks[which] = self._clock()
            at = self.clocks[which](self.now)
            if which:
                self.upper = UpperEnd.from_dict(self.links[1], _TERMS, at, stored)
            else:
                self.lower = LowerEnd.from_dict(self.links[0], _TERMS, at, stored)
        if self.now > self.bad_until:
            self.bad_until = self.now + self.source.expovariate(1 / 120)
            way = self.source.choice([self.up, self.down])
            way.faults = self.source.choice([_CALM, _BAD])
            way.is_cut = chance() < 0.15
            self.counts["cuts"] += way.is_cut

    def _count(self, events: tuple[Any, ...]) -> None:
        for event in events:
            if isinstance(event, SessionBegan):
                self.counts["sessions"] += 1
            elif isinstance(event, EnvelopeChanged):
                self.counts["envelopes"] += 1

    def check(self) -> None:
        """Look whether the house believes in more than the street keeps free."""
        envelope = self.lower.envelope_a(self.clocks[0](self.now))
        reserved = self.upper.envelope_reserved_a(self.clocks[1](self.now))
        if envelope is None:
            return
        self.counts["held_steps"] += 1
        if reserved is None or any(more > kept for more, kept in zip(envelope, reserved, strict=True)):
            self.counts["outlived"] += 1

    def believed(self) -> tuple[Any, ...]:
        """Return all that either side believes, tells, or would store."""
        lower, upper = self.clocks[0](self.now), self.clocks[1](self.now)
        return (
            self.lower.envelope_a(lower),
            self.lower.envelope_until(lower),
            self.lower.limit_a(lower),
            self.lower.shares_a,
            self.lower.is_alive(lower),
            self.lower.to_dict(lower),
            self.upper.report,
            self.upper.reported_at,
            self.upper.reserved_a(upper),
            self.upper.is_alive(upper),
            self.upper.to_dict(upper),
        )

    def attack(self) -> None:
        """Send one frame that neither end has sent now."""
        to_upper = self.source.random() < 0.5
        data = self._hostile()
        end, at = (self.upper, self.clocks[1](self.now)) if to_upper else (self.lower, self.clocks[0](self.now))
        own = self.down if to_upper else self.up
        heard = self.up if to_upper else self.down
        if data in heard.kept and data not in self.delivered and data not in own.kept:
            # It was sent and did not come: a channel may do that, so may a thief.
            self.counts["delayed"] += 1
            self.delivered.add(data)
            self._count(end.received(at, data))
            self.check()
            return
        self.counts["hostile"] += 1
        self.counts["repeated" if data in self.delivered or data in own.kept else "forged"] += 1
        before = self.believed()
        events = end.received(at, data)
        if self.believed() != before or any(not isinstance(event, Refused) for event in events):
            self.counts["changed"] += 1
        self.check()

    def _hostile(self) -> bytes:
        source = self.source
        heard = [*self.up.kept, *self.down.kept]
        match source.randrange(8):
            case 0 | 1 | 2 if heard:
                return source.choice(heard)
            case 3 if heard:
                changed = bytearray(source.choice(heard))
                changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
                return bytes(changed)
            case 4 if heard:
                data = source.choice(heard)
                return data[: source.randrange(len(data))]
            case 5 if len(heard) > 1:
                one, other = (Frame.decode(each) for each in source.sample(heard, 2))
                names = source.sample(["session", "sequence", "kind", "body", "signature"], 2)
                return replace(one, **{name: getattr(other, name) for name in names}).encode()
            case 6 | 7 if heard:
                last = Frame.decode(heard[-1])
                kind, body = source.choice(sorted(link_body_types().items()))
                said = body_of(read_link_body(kind, body.example))
                sequence = last.sequence + source.randrange(1, 1000)
                return Frame.seal(self.thief, last.session, sequence, kind, said).encode()
        return source.randbytes(source.randrange(1, 400))


def run(frames: int, seed: int = 1) -> dict[str, Any]:
    """Send at least that many hostile frames, and return the figures."""
    trial = Trial(seed)
    began = time.perf_counter()
    while trial.counts["hostile"] < frames:
        trial.step()
        for _time in range(_PER_STEP):
            trial.attack()
    counts = trial.counts
    return {
        **{
            name: counts[name]
            for name in (
                "hostile",
                "repeated",
                "forged",
                "changed",
                "delayed",
                "outlived",
                "sessions",
                "restarts",
                "cuts",
                "envelopes",
            )
        },
        "held": round(counts["held_steps"] / max(1, counts["steps"] + counts["hostile"] + counts["delayed"]), 3),
        "hours": round(trial.now / 3600, 1),
        "refused": {str(name): number for name, number in sorted((trial.lower.refused + trial.upper.refused).items())},
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench link", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = run(options.frames, options.seed)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:>10}  {value}")


if __name__ == "__main__":
    main()
