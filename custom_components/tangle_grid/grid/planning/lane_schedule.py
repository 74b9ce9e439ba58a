"""How much each lane charges and when: all work in time, no phase above its capacity, the peak as low as that allows.

A lane is what the cars of one feeder with the same phases share. Where one phase is short all night and the others are
not, the peak of the sum is no longer decided by the sum alone: cars with three phases must leave the short phase to
those that have no other, or share it with them evenly, and not wait until it is free. That is a linear programme. It is
solved as a convex one, by pouring each lane's work anew into the valley that all others leave, in turns (L. Gan,
U. Topcu, S. Low, Optimal decentralized protocol for electric vehicle charging, IEEE Trans. Power Systems 28 (2013)):
each pouring is exact, so the sum of all costs falls with each, and it goes on from the last result when the work has
changed a little.

The cost of a watt, per slot: much above the level and above what a phase leaves, else a little more the fuller the
load, the fuller the phase and the later it is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..network.topology import phase_of
from .valley_filling import Valley

#: The first slots are spread over one by one, later ones two together.
_SINGLE: Final = 4
#: Cost of a W above the level, and above what a limit leaves, for each W that it is above.
_ABOVE_LEVEL: Final = 2.0
_ABOVE_LIMIT: Final = 6.0
#: The same below them.
_FILLING: Final = 0.05
_LOADING: Final = 0.1
#: Cost of waiting through the whole horizon, as a share of the cost that filling up to the level has.
_WAITING: Final = 0.5
#: W of work in a slot that are not worth raising the level for.
_LITTLE_W: Final = 100.0
#: A limit is all used when no more than this share of it is left.
_TIGHT_SHARE: Final = 0.02
#: More than this says nothing more about how crowded a phase is.
_MOST_CROWDED: Final = 2.0
#: Share of the work that must have been spread before, to go on from there.
_MOSTLY: Final = 0.7

#: The phases of feeders that cars of one kind use, as numbers of limits.
type Lane = tuple[int, ...]
#: What was poured, by lane, last slot (both counted from the epoch) and whether the cars are here: first slot, W.
type Poured = Mapping[tuple[Lane, int, bool], tuple[int, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class Job:
    """Work of a lane: the first and the last slot in which it can be done, and how much it is, W·s."""

    lane: Lane
    release: int
    due: int
    ws: float
    here: bool = True


@dataclass(slots=True, kw_only=True)
class Spread:
    """The work of all lanes, over the slots.

    Attributes:
        first: Number of the first slot.
        ends: Number of the slot after each stretch of slots; all that follows is by these stretches.
        seconds: Length of each slot.
        ground_w: What the load is anyway, with the height that a price adds, W per slot.
        level_w: Where a higher load begins to cost, W.
        room_w: What each limit leaves to cars, W per slot.
        jobs: The work.
        poured: W per slot from its release on, for each job.
    """

    first: int
    ends: Sequence[int]
    seconds: Sequence[float]
    ground_w: Sequence[float]
    level_w: float
    room_w: Sequence[Sequence[float]]
    jobs: Sequence[Job]
    poured: list[list[float]] = field(default_factory=list)
    _load_w: list[float] = field(default_factory=list)
    _used_w: list[list[float]] = field(default_factory=list)

    def resume(self, before: Poured) -> bool:
        """Begin with what an earlier spread came to; returns whether that was most of it."""
        guess: list[list[float] | None] = []
        known_ws = 0.0
        for job in self.jobs:
            start, watts = before.get((job.lane, self.ends[job.due], job.here), (0, ()))
            guess.append(None)
            if watts:
                # What is at the end of a stretch stands for it.
                at = [self.ends[number] - 1 - start for number in range(job.release, job.due + 1)]
                guess[-1] = [watts[slot] if 0 <= slot < len(watts) else 0.0 for slot in at]
                known_ws += job.ws
        self.start(guess)
        return known_ws >= _MOSTLY * sum(job.ws for job in self.jobs)

    def state(self) -> Poured:
        """Return what `resume` goes on with."""
        starts = [self.first, *self.ends]
        return {
            (job.lane, self.ends[job.due], job.here): (
                starts[job.release],
                [each for i, each in enumerate(watts, job.release) for _ in range(self.ends[i] - starts[i])],
            )
            for job, watts in zip(self.jobs, self.poured, strict=True)
        }

    def start(self, guess: Sequence[Sequence[float] | None]) -> None:
        """Begin with what each job had in an earlier spread, W per slot; None: nothing."""
        self._load_w = list(self.ground_w)
        self._used_w = [[-watts for watts in room] for room in self.room_w]
        self.poured = []
        for job, before in zip(self.jobs, guess, strict=True):
            width = job.due - job.release + 1
            watts = [0.0] * width
            if before is not None:
                done = sum(each * self.seconds[job.release + i] for i, each in enumerate(before[:width]))
                if done > 0.0:
                    watts = [each * job.ws / done for each in before[:width]]
                    watts += [0.0] * (width - len(watts))
            self.poured.append(watts)
            self._add(job, watts, 1.0)

    def peak_w(self) -> float:
        """Return the greatest load (with the height of the price) in which there is any of this work, W.

        0 without work.
        """
        work_w = [0.0] * len(self.seconds)
        for job, watts in zip(self.jobs, self.poured, strict=True):
            for slot, each in enumerate(watts, job.release):
                work_w[slot] += each
        return max((load for load, work in zip(self._load_w, work_w, strict=True) if work > _LITTLE_W), default=0.0)

    def lanes_w(self) -> dict[Lane, list[float]]:
        """Return what the cars of each lane that are here charge with, W per slot."""
        starts = [self.first, *self.ends]
        result: dict[Lane, list[float]] = {}
        for job, watts in zip(self.jobs, self.poured, strict=True):
            if job.here:
                lane_w = result.setdefault(job.lane, [0.0] * (self.ends[-1] - self.first))
                for number, each in enumerate(watts, job.release):
                    for slot in range(starts[number], self.ends[number]):
                        lane_w[slot - self.first] += each
        return result

    @property
    def tight(self) -> bool:
        """Whether any limit is all used at some time: otherwise the level is decided by the sum of all work alone."""
        return any(
            left > -_TIGHT_SHARE * room_w
            for used, rooms_w in zip(self._used_w, self.room_w, strict=True)
            for left, room_w in zip(used, rooms_w, strict=True)
        )

    def full(self) -> frozenset[int]:
        """Return limits that do not have room for all work."""
        return frozenset(limit for limit, used in enumerate(self._used_w) if max(used) > _LITTLE_W)

    def pour(self, number: int) -> int:
        """Pour one job anew into what the others leave; returns the number of slots looked at. O(slots log slots)."""
        job = self.jobs[number]
        self._add(job, self.poured[number], -1.0)
        self.poured[number] = self._level_out(job)
        self._add(job, self.poured[number], 1.0)
        return len(self.poured[number])

    def _add(self, job: Job, watts: Sequence[float], sign: float) -> None:
        weight, first = sign * _weight(job.lane), job.release
        for slot, each in enumerate(watts, first):
            self._load_w[slot] += sign * each
        for limit in job.lane:
            used = self._used_w[limit]
            for slot, each in enumerate(watts, first):
                used[slot] += weight * each

    def _level_out(self, job: Job) -> list[float]:
        """W per slot, such that no W would cost less elsewhere."""
        weight = _weight(job.lane)
        used = [self._used_w[limit] for limit in job.lane]
        own_slope = _FILLING + len(used) * _LOADING * weight * weight
        limit_step = weight * weight * (_ABOVE_LIMIT - _LOADING)
        waiting = _WAITING * _FILLING * self.level_w / len(self.seconds)
        slots: list[list[tuple[float, float, float]]] = []
        events: list[tuple[float, float]] = []
        for slot in range(job.release, job.due + 1):
            seconds = self.seconds[slot]
            slope, kinks = own_slope, []
            over_w = self._load_w[slot] - self.level_w
            cost = _FILLING * over_w + waiting * slot
            if over_w >= 0.0:
                cost += (_ABOVE_LEVEL - _FILLING) * over_w
                slope += _ABOVE_LEVEL - _FILLING
            else:
                kinks.append((-over_w, _ABOVE_LEVEL - _FILLING))
            for each in used:
                over_w = each[slot]
                if over_w >= 0.0:
                    cost += weight * _ABOVE_LIMIT * over_w
                    slope += limit_step
                else:
                    cost += weight * _LOADING * over_w
                    kinks.append((-over_w / weight, limit_step))
            kinks.sort()
            # Pieces: from which cost, from how many W, and how fast it rises there.
            pieces, at_w, rate = [(cost, 0.0, slope)], 0.0, seconds / slope
            events.append((cost, rate))
            for watts, step in kinks:
                cost += slope * (watts - at_w)
                at_w = watts
                slope += step
                events.append((cost, seconds / slope - rate))
                rate = seconds / slope
                pieces.append((cost, at_w, slope))
            slots.append(pieces)
        events.sort()
        height, left_ws, rate = events[0][0], job.ws, 0.0
        for cost, change in events:
            if rate * (cost - height) >= left_ws:
                break
            left_ws -= rate * (cost - height)
            height = cost
            rate += change
        height += left_ws / rate
        return [_watts(pieces, height) for pieces in slots]


def _watts(pieces: Sequence[tuple[float, float, float]], height: float) -> float:
    """Return how many W a slot takes until the next one costs `height`."""
    for cost, watts, slope in reversed(pieces):
        if height > cost:
            return watts + (height - cost) / slope
    return 0.0


def _weight(lane: Lane) -> float:
    """Share of a lane's power that is on each of its limits."""
    return 1.0 / len({phase_of(limit) for limit in lane})


def used_shares(jobs: Sequence[Job], room_w: Sequence[Sequence[float]], seconds: Sequence[float]) -> list[float]:
    """Return how much of what each limit leaves until some slot is due by then, at worst.

    1 is all of it. O(jobs + slots).

    Args:
        jobs: The work.
        room_w: What each limit leaves to cars, W per slot.
        seconds: Length of each slot.
    """
    due_ws = [[0.0] * len(seconds) for _ in room_w]
    for job in jobs:
        for limit in job.lane:
            due_ws[limit][job.due] += job.ws * _weight(job.lane)
    result: list[float] = []
    for due, room in zip(due_ws, room_w, strict=True):
        share = work_ws = space_ws = 0.0
        for ws, watts, length in zip(due, room, seconds, strict=True):
            work_ws += ws
            space_ws += max(0.0, watts) * length
            if ws > 0.0:
                share = max(share, work_ws / space_ws if space_ws > 0.0 else math.inf)
        result.append(share)
    return result


def crowded(lane: Lane, taken: Sequence[float]) -> float:
    """Return how much of what a lane's phases leave is wanted, the mean of its phases.

    The worst of nested feeders counts.
    """
    worst: dict[int, float] = {}
    for limit in lane:
        worst[phase_of(limit)] = max(worst.get(phase_of(limit), 0.0), min(_MOST_CROWDED, taken[limit]))
    return sum(worst.values()) / len(worst)


def by_release(jobs: Sequence[Job]) -> Mapping[int, Sequence[tuple[int, float]]]:
    """Work by the slot in which it can first be done, for the valley."""
    work: dict[int, list[tuple[int, float]]] = {}
    for job in jobs:
        work.setdefault(job.release, []).append((job.due, job.ws))
    return work


def stretches(first: int, slots: int) -> list[int]:
    """Return the stretch that each slot lies in."""
    result = list(range(min(slots, _SINGLE)))
    while len(result) < slots:
        slot = first + len(result)
        result.append(result[-1] if slot % 2 and len(result) > _SINGLE else result[-1] + 1)
    return result


def spread_of(
    first: int, valley: Valley, room_w: Sequence[Sequence[float]], level_w: float, jobs: Sequence[Job]
) -> Spread:
    """Return the work of all lanes by stretches of slots."""
    at = stretches(first, len(valley.seconds))
    seconds, ends = [0.0] * (at[-1] + 1), [0] * (at[-1] + 1)
    for slot, length in enumerate(valley.seconds):
        seconds[at[slot]] += length
        ends[at[slot]] = first + slot + 1

    def mean(values: Sequence[float]) -> list[float]:
        result = [0.0] * len(seconds)
        for slot, value in enumerate(values):
            result[at[slot]] += value * valley.seconds[slot] / seconds[at[slot]]
        return result

    work: dict[tuple[Lane, int, int, bool], float] = {}
    for job in jobs:
        release, due = at[job.release], at[job.due]
        # What is due in the middle of a stretch is done before it.
        if first + job.due + 1 < ends[due]:
            due = max(release, due - 1)
        key = (job.lane, release, due, job.here)
        work[key] = work.get(key, 0.0) + job.ws
    ground = [base + price for base, price in zip(valley.base_w, valley.price_w, strict=True)]
    return Spread(
        first=first,
        ends=ends,
        seconds=seconds,
        ground_w=mean(ground),
        level_w=level_w,
        room_w=[mean(room) for room in room_w],
        jobs=[Job(lane, release, due, ws, here) for (lane, release, due, here), ws in sorted(work.items())],
    )
