"""Shares the available current among all devices in one pass, per phase, under a tree of feeders.

Two stages. Admission grants minimum currents in the order of `Demand.order`: who does not fit on every phase of every
feeder above it gets nothing. Filling raises the admitted devices of one rank together, all to the same current, until
a limit or their own maximum stops them (progressive filling, Bertsekas and Gallager, Data Networks, section 6.5.2);
then the next rank follows. Both stages are O(n log n) in the number of devices for a fixed depth of the tree.

For every input: no limit is exceeded (one that is negative already is not used); every current is 0 or within the
device's own range; who wants nothing gets nothing; the result does not depend on names, nor on the order of the
input except between devices that are equal in everything. Where the devices of one feeder use the same phases, more
capacity never means less in total. (Where single-phase and three-phase devices share, that cannot hold together with
fair shares: a single-phase car that gets its share of one phase may keep a three-phase car from using the other two.)
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

# Rounding of sums must not turn a device away.
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one device could use.

    Attributes:
        limits: Indices into the available currents: each phase it uses, on each feeder above it.
        min_a: Least current, A; below it only 0 is possible.
        max_a: Most that it can use, A; below `min_a` it wants nothing.
        order: Smaller is admitted first.
        rank: Smaller is filled first; equal ranks share.
    """

    limits: tuple[int, ...]
    min_a: float
    max_a: float
    order: tuple[float, ...] = ()
    rank: tuple[float, ...] = ()


def allocate(available_a: Sequence[float], demands: Sequence[Demand]) -> list[float]:
    """Currents for all devices.

    Args:
        available_a: A for controllable devices per limit (a phase of a feeder); may be negative.
        demands: One per device.

    Returns:
        A per phase for each demand, in the same order.
    """
    room = list(available_a)
    shares = [0.0] * len(demands)
    admitted: list[int] = []
    for index in sorted(range(len(demands)), key=lambda index: demands[index].order):
        demand = demands[index]
        if demand.max_a <= 0 or demand.max_a < demand.min_a:
            continue
        if all(room[limit] + _EPSILON >= demand.min_a and room[limit] >= 0 for limit in demand.limits):
            for limit in demand.limits:
                room[limit] -= demand.min_a
            shares[index] = demand.min_a
            admitted.append(index)
    admitted.sort(key=lambda index: demands[index].rank)
    for _, group in groupby(admitted, key=lambda index: demands[index].rank):
        _fill(room, demands, shares, list(group))
    return shares


def _fill(room: list[float], demands: Sequence[Demand], shares: list[float], group: list[int]) -> None:
    """Raise a group to a common level; `room` and `shares` are brought up to date."""
    filling = _Filling(room, demands)
    events: list[tuple[float, int, int, int]] = filling.events
    for index in group:
        heapq.heappush(events, (demands[index].min_a, _JOIN, index, 0))
    while events:
        level, kind, index, version = heapq.heappop(events)
        if kind == _JOIN:
            filling.join(index, level)
        elif kind == _FULL:
            filling.leave(index, level, shares)
        elif version == filling.versions.get(index):
            for member in list(filling.members[index]):
                filling.leave(member, level, shares)


_JOIN, _FULL, _EXHAUSTED = 0, 1, 2


class _Filling:
    """Who is rising, and how much each limit has left; limits are brought up to date only when they are touched."""

    def __init__(self, room: list[float], demands: Sequence[Demand]) -> None:
        self.room = room
        self.demands = demands
        self.events: list[tuple[float, int, int, int]] = []
        self.members: dict[int, dict[int, None]] = {}
        self.versions: dict[int, int] = {}
        self._levels: dict[int, float] = {}
        self._rising: set[int] = set()

    def join(self, index: int, level: float) -> None:
        demand = self.demands[index]
        self._rising.add(index)
        heapq.heappush(self.events, (demand.max_a, _FULL, index, 0))
        for limit in demand.limits:
            self._advance(limit, level)
            self.members[limit][index] = None
            self._schedule(limit, level)

    def leave(self, index: int, level: float, shares: list[float]) -> None:
        if index not in self._rising:
            return
        self._rising.discard(index)
        shares[index] = min(level, self.demands[index].max_a)
        for limit in self.demands[index].limits:
            self._advance(limit, level)
            del self.members[limit][index]
            self._schedule(limit, level)

    def _advance(self, limit: int, level: float) -> None:
        members = self.members.setdefault(limit, {})
        self.room[limit] = max(
            min(self.room[limit], 0.0),
            self.room[limit] - len(members) * (level - self._levels.get(limit, level)),
        )
        self._levels[limit] = level

    def _schedule(self, limit: int, level: float) -> None:
        self.versions[limit] = self.versions.get(limit, 0) + 1
        if count := len(self.members[limit]):
            exhausted = level + max(0.0, self.room[limit]) / count
            heapq.heappush(self.events, (exhausted, _EXHAUSTED, limit, self.versions[limit]))
