"""Shares the available current among all devices in one pass, per phase, under a tree of feeders.

Where all that is wanted fits, everybody gets it. Otherwise there are two stages. Admission grants minimum currents in
the order of `Demand.order`: who does not fit on every phase of every feeder above it gets nothing. Filling raises the
admitted devices of one rank together, all to the same current, until a limit or their own maximum stops them
(progressive filling, Bertsekas and Gallager, Data Networks, section 6.5.2); then the next rank follows. Both stages are
O(n log n) in the number of devices for a fixed depth of the tree.

For every input: no limit is exceeded (one that is negative already is not used); every current is 0 or within the
device's own range; who wants nothing gets nothing; the result does not depend on names, nor on the order of the
input except between devices that are equal in everything. Where the devices of one feeder use the same phases, more
capacity never means less in total. (Where single-phase and three-phase devices share, that cannot hold together with
fair shares: a single-phase car that gets its share of one phase may keep a three-phase car from using the other two.)

A limit is a magnitude: |sum of current x weight| <= available. Between a phase and neutral all weights are 1 and
that is a plain sum. Where devices are connected between two phases (North America's 208 V), a line carries the
vector sum of two of them; weights are then complex, and the limit is used in full instead of at 87 %.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from ..model.tolerance import EPSILON

# Rounding of sums must not turn a device away.


class Demand(NamedTuple):
    """What one device could use. A tuple: each pass makes three of them for every device.

    Attributes:
        limits: Indices into the available currents: each phase it uses, on each feeder above it.
        weights: What 1 A of it adds to each of these limits; empty means 1 to all.
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
    weights: tuple[complex, ...] = ()


def allocate(
    available_a: Sequence[float], demands: Sequence[Demand], admission_a: Sequence[float] | None = None
) -> list[float]:
    """Return currents for all devices.

    Args:
        available_a: A for controllable devices per limit (a phase of a feeder); may be negative.
        demands: One per device.
        admission_a: The same for least currents alone, where it is more than `available_a`.

    Returns:
        A per phase for each demand, in the same order.
    """
    plenty = all_they_can_use(available_a, demands)
    return ration(available_a, demands, admission_a) if plenty is None else plenty


def ration(
    available_a: Sequence[float], demands: Sequence[Demand], admission_a: Sequence[float] | None = None
) -> list[float]:
    """Return what `allocate` does, for those that have already been seen not to fit (`all_they_can_use`)."""
    load: list[complex] = [0.0] * len(available_a)
    shares = [0.0] * len(demands)
    admitted: list[int] = []
    # One that is negative already is not used, not even by nothing.
    most_a = [amps + EPSILON if amps >= 0 else -math.inf for amps in admission_a or available_a]
    for index in sorted(range(len(demands)), key=lambda index: demands[index].order):
        demand = demands[index]
        least = demand.min_a
        if demand.max_a <= 0 or demand.max_a < least:
            continue
        if demand.weights:
            after = [load[limit] + weight * least for limit, weight in zip(demand.limits, demand.weights, strict=True)]
        else:
            after = [load[limit] + least for limit in demand.limits]
        for limit, total in zip(demand.limits, after, strict=True):
            if abs(total) > most_a[limit]:
                break
        else:
            for limit, total in zip(demand.limits, after, strict=True):
                load[limit] = total
            shares[index] = least
            admitted.append(index)
    admitted.sort(key=lambda index: demands[index].rank)
    for _, members in groupby(admitted, key=lambda index: demands[index].rank):
        group = list(members)
        if len(group) == 1:
            _raise_one(available_a, load, demands[group[0]], shares, group[0])
        else:
            _fill(available_a, load, demands, shares, group)
    return shares


def all_they_can_use(available_a: Sequence[float], demands: Sequence[Demand]) -> list[float] | None:
    """Return what all can use, where that fits: the usual case, in which no order matters. None where it does not.

    Args:
        available_a: As for `allocate`.
        demands: One per device; who comes first is not looked at.
    """
    if excess_a(available_a, demands) > 0:
        return None
    spent = {limit for limit, amps in enumerate(available_a) if amps < 0}
    if spent and any(_usable_a(demand) > 0 and not spent.isdisjoint(demand.limits) for demand in demands):
        # Currents that cancel each other out are not allowed there, either.
        return None
    return [_usable_a(demand) for demand in demands]


def excess_a(available_a: Sequence[float], demands: Sequence[Demand]) -> float:
    """Return by how much all that devices can use goes beyond the limit that is shortest of it, A; 0 or less: it fits.

    Args:
        available_a: As for `allocate`. What is spent already harms nobody who does not use it.
        demands: One per device; who comes first is not looked at.
    """
    load: list[complex] = [0.0] * len(available_a)
    for demand in demands:
        most = _usable_a(demand)
        if demand.weights:
            for limit, weight in zip(demand.limits, demand.weights, strict=True):
                load[limit] += weight * most
        else:
            for limit in demand.limits:
                load[limit] += most
    return max((abs(total) - max(0.0, most) for total, most in zip(load, available_a, strict=True)), default=0.0)


def _usable_a(demand: Demand) -> float:
    return demand.max_a if demand.max_a > 0 and demand.max_a >= demand.min_a else 0.0


def _weighted(demand: Demand) -> list[tuple[int, complex]]:
    return list(zip(demand.limits, demand.weights or (1.0,) * len(demand.limits), strict=True))


def _distance(available: float, load: complex, speed: complex) -> float:
    """Return how far a load can move with a speed until its magnitude reaches what is available.

    Infinite if it never does.

    The larger root t of |load + t speed| = available.
    """
    x, y, dx, dy = load.real, load.imag, speed.real, speed.imag
    if dy == 0.0 and y == 0.0:
        return max(0.0, available - x) / dx if dx > 0.0 else math.inf
    square = dx * dx + dy * dy
    if square == 0.0:
        return math.inf
    along = x * dx + y * dy
    inside = along * along - square * (x * x + y * y - available * available)
    return max(0.0, (math.sqrt(max(0.0, inside)) - along) / square)


def _raise_one(
    available_a: Sequence[float], load: list[complex], demand: Demand, shares: list[float], index: int
) -> None:
    """The common case of `_fill`: a rank with one device."""
    weighted = _weighted(demand)
    more = demand.max_a - demand.min_a
    for limit, weight in weighted:
        more = min(more, _distance(available_a[limit], load[limit], weight))
    if more > 0:
        for limit, weight in weighted:
            load[limit] += more * weight
        shares[index] = demand.min_a + more


def _fill(
    available_a: Sequence[float],
    load: list[complex],
    demands: Sequence[Demand],
    shares: list[float],
    group: list[int],
) -> None:
    """Raise a group to a common level; `load` and `shares` are brought up to date."""
    filling = _Filling(available_a, load, _bundles(demands, group), shares)
    events = filling.events
    while events:
        level, kind, number, version = heapq.heappop(events)
        if kind == _JOIN:
            filling.join(number, level)
        elif kind == _FULL:
            filling.leave(number, level)
        elif version == filling.versions.get(number):
            filling.exhaust(number, level)
        if not events or events[0] > (level, _EXHAUSTED):
            # All that join or are full at this level have been looked at.
            filling.schedule(level)


_JOIN, _FULL, _EXHAUSTED = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bundle:
    """Devices of a group that are equal in everything: they rise and stop together, and cost no more than one.

    Attributes:
        members: Indices of their demands.
        weighted: Their limits, with what 1 A to each of them adds.
    """

    members: list[int]
    weighted: list[tuple[int, complex]]
    min_a: float
    max_a: float


def _bundles(demands: Sequence[Demand], group: Sequence[int]) -> list[_Bundle]:
    alike: dict[tuple[object, ...], list[int]] = {}
    for index in group:
        demand = demands[index]
        alike.setdefault((demand.limits, demand.weights, demand.min_a, demand.max_a), []).append(index)
    return [
        _Bundle(
            members=members,
            weighted=[(limit, weight * len(members)) for limit, weight in _weighted(demands[members[0]])],
            min_a=demands[members[0]].min_a,
            max_a=demands[members[0]].max_a,
        )
        for members in alike.values()
    ]


class _Filling:
    """Who is rising, and what each limit carries; limits are brought up to date only when they are touched."""

    def __init__(
        self, available_a: Sequence[float], load: list[complex], bundles: Sequence[_Bundle], shares: list[float]
    ) -> None:
        self.events: list[tuple[float, int, int, int]] = [
            (bundle.min_a, _JOIN, number, 0) for number, bundle in enumerate(bundles)
        ]
        heapq.heapify(self.events)
        self.versions: dict[int, int] = {}
        self._available = available_a
        self._load = load
        self._bundles = bundles
        self._shares = shares
        self._rising: set[int] = set()
        self._users: dict[int, dict[int, complex]] = {}
        self._speeds: dict[int, complex] = {}
        self._levels: dict[int, float] = {}
        self._touched: set[int] = set()

    def join(self, number: int, level: float) -> None:
        bundle = self._bundles[number]
        self._rising.add(number)
        heapq.heappush(self.events, (bundle.max_a, _FULL, number, 0))
        for limit, weight in bundle.weighted:
            self._advance(limit, level)
            self._users[limit][number] = weight
            self._speeds[limit] += weight
            self._touched.add(limit)

    def leave(self, number: int, level: float) -> None:
        if number not in self._rising:
            return
        bundle = self._bundles[number]
        self._rising.remove(number)
        for index in bundle.members:
            self._shares[index] = min(level, bundle.max_a)
        for limit, weight in bundle.weighted:
            self._advance(limit, level)
            del self._users[limit][number]
            self._speeds[limit] = self._speeds[limit] - weight if self._users[limit] else 0.0
            self._touched.add(limit)

    def exhaust(self, limit: int, level: float) -> None:
        """Stop all that add to the limit's magnitude; who takes from it (on another phase) goes on."""
        self._advance(limit, level)
        load = self._load[limit]
        users = list(self._users[limit].items())
        adding = [number for number, weight in users if load.real * weight.real + load.imag * weight.imag >= 0]
        for number in adding or [number for number, _ in users]:
            self.leave(number, level)

    def schedule(self, level: float) -> None:
        """Work out anew when the limits that were touched are exhausted."""
        for limit in self._touched:
            self.versions[limit] = self.versions.get(limit, 0) + 1
            distance = _distance(self._available[limit], self._load[limit], self._speeds[limit])
            if distance < math.inf:
                heapq.heappush(self.events, (level + distance, _EXHAUSTED, limit, self.versions[limit]))
        self._touched.clear()

    def _advance(self, limit: int, level: float) -> None:
        if limit not in self._users:
            self._users[limit] = {}
            self._speeds[limit] = 0.0
        elif speed := self._speeds[limit]:
            self._load[limit] += speed * (level - self._levels[limit])
        self._levels[limit] = level
