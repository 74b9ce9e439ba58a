"""A house and its street, linked by a channel that nobody can trust, each with a clock of its own."""

from dataclasses import dataclass, field
from typing import Any, Self

from custom_components.tangle_grid.link.core import (
    Demand,
    HouseState,
    Link,
    LinkKeys,
    LowerEnd,
    SlotTerms,
    Terms,
    UpperEnd,
)
from custom_components.tangle_grid.simulation.channel import Channel, ChannelFaults
from custom_components.tangle_grid.simulation.randomness import generator

LINK_ID = "5a" * 16
LOWER = LinkKeys("11" * 64)
UPPER = LinkKeys("22" * 64)
TERMS = Terms(
    fuse_a=(25.0, 25.0, 25.0),
    safe_a=(6.0, 6.0, 6.0),
    uncontrolled_a=(4.0, 2.0, 2.0),
    slots=(SlotTerms(),),
)


def links(link_id: str = LINK_ID) -> tuple[Link, Link]:
    """Return both sides of a link: the house's, the street's."""
    return Link.of(link_id, LOWER, UPPER.public), Link.of(link_id, UPPER, LOWER.public)


def state(amps: float = 10.0, **changed: Any) -> HouseState:
    """Return what a house says that draws this on each phase."""
    demand = Demand(slot=0, connected=True, need_wh=8000.0, within_s=3600.0, most_a=16.0, measured_a=(amps - 3,) * 3)
    return HouseState(**{"measured_a": (amps,) * 3, "uncontrolled_a": (4.0, 2.0, 2.0), "demands": (demand,), **changed})


@dataclass
class Clock:
    """An own clock: it began some time, and may run a little fast or slow."""

    began: float = 0.0
    rate: float = 1.0

    def __call__(self, true_s: float) -> float:
        return self.began + true_s * self.rate


@dataclass
class Pair:
    """Both ends and the channels between them; `now` is true time, s."""

    seed: int = 1
    faults: ChannelFaults = field(default_factory=ChannelFaults)
    terms: Terms = TERMS
    now: float = 0.0

    def __post_init__(self) -> None:
        self.source = generator("link", self.seed)
        self.lower_link, self.upper_link = links()
        self.up, self.down = Channel(self.source, self.faults), Channel(self.source, self.faults)
        self.lower_clock, self.upper_clock = Clock(1000.0), Clock(-50.0)
        self.lower = LowerEnd(self.lower_link, self.terms)
        self.upper = UpperEnd.new(self.upper_link, self.terms, self.upper_clock(self.now))
        self.events: list[Any] = []

    @property
    def lower_now(self) -> float:
        return self.lower_clock(self.now)

    @property
    def upper_now(self) -> float:
        return self.upper_clock(self.now)

    def restart_lower(self) -> None:
        """The house's process ends; another begins, with another clock."""
        stored = self.lower.to_dict(self.lower_now)
        self.lower_clock = Clock(self.source.uniform(-1e6, 1e6) - self.now)
        self.lower = LowerEnd.from_dict(self.lower_link, self.terms, self.lower_now, stored)

    def restart_upper(self) -> None:
        """The street's process ends; another begins, with another clock."""
        stored = self.upper.to_dict(self.upper_now)
        self.upper_clock = Clock(self.source.uniform(-1e6, 1e6) - self.now)
        self.upper = UpperEnd.from_dict(self.upper_link, self.terms, self.upper_now, stored)

    def exchange(self) -> list[Any]:
        """Let come what has come, and send what is due; return what happened."""
        found: list[Any] = []
        for data in self.up.arrived(self.now):
            found += self.upper.received(self.upper_now, data)
        for data in self.down.arrived(self.now):
            found += self.lower.received(self.lower_now, data)
        for data in self.lower.due(self.lower_now):
            self.up.send(self.now, data)
        for data in self.upper.due(self.upper_now):
            self.down.send(self.now, data)
        self.events += found
        return found

    def run(self, seconds: float, step_s: float = 0.25, *, grant_a: float | None = 16.0, amps: float = 10.0) -> Self:
        """Let time pass; the house draws `amps`, and the street grants `grant_a` (None: its control stands still)."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.lower.observe(self.lower_now, state(amps))
            if grant_a is not None:
                self.upper.grant(self.upper_now, (grant_a,) * 3, (grant_a - 3,))
            self.exchange()
            self.now += step_s
        return self

    def of(self, kind: type) -> list[Any]:
        """Return the events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]
