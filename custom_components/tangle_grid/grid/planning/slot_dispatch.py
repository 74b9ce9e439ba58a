"""Whose turn it is: which cars charge in which slot, so that their sum keeps to the level of the plan.

In each slot the cars come in the order of their departure, one after the other, each with all that it can use, as far
as the level goes; those that have nearly no time to spare come first, soonest first (EDF until zero laxity: S. Cho,
S. Lee, A. Han, K. Lin, Efficient real-time scheduling algorithms for multiprocessor systems, IEICE Trans. Comm. E85-B
(2002)). Time counts as far as the level leaves room in it: a car that is to leave right after the evening cannot wait
for the evening. Who charges goes on, unless somebody leaves much sooner: every change costs a write and a ramp. Cars
whose phases are taken by many come before those whose phases are free.

Where a phase is nearly all taken, each lane on it (`spread`) has what it is owed by then, and no more while others
wait. Every current is 0 or one that the charger can really have, and no phase of any feeder is asked for more than it
has.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from ..model.tolerance import EPSILON
from ..model.world import NOMINAL_V
from .valley_filling import SLOT_S

#: A car that charges goes on before those that leave up to this much sooner, s.
_STAYS_S: Final = 3600.0
#: A car on phases that are all taken comes before one on free phases that leaves up to this much sooner, s.
_CROWDED_S: Final = 86_400.0
#: Who has less time to spare than this, s, or than this share of its time, cannot wait for others; who charges for that
#: reason goes on up to this many times as much.
_URGENT_S: Final = 900.0
_URGENT_SHARE: Final = 0.1
_GOES_ON: Final = 1.5
#: A car goes on while its lane had no more than what it is owed and its least current for this long, s.
_AHEAD_S: Final = 3600.0
#: Cars that are asked to give up something for one more.
_DONORS: Final = 6
#: Who could wait this long can give something up, s.
_CALM_S: Final = 3600.0
_NEARLY_WS: Final = 50.0 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCar:
    """A car to plan for.

    Attributes:
        feeder_id: Where its charger hangs.
        need_wh: What it still needs, Wh.
        departs_at: When it leaves, grid time.
        certain: Somebody said so; otherwise it is expected from earlier stays.
        min_a, max_a: Least and greatest current, A per phase.
        step_a: What can be told apart above the least current, A.
        phases: Those that it uses.
        charging: It is charging now.
    """

    device_id: str
    feeder_id: str
    need_wh: float
    departs_at: float
    certain: bool = True
    min_a: float = 6.0
    max_a: float = 16.0
    step_a: float = 1.0
    phases: tuple[int, ...] = (0, 1, 2)
    charging: bool = False

    @property
    def watts_per_amp(self) -> float:
        """W over all its phases for 1 A per phase."""
        return NOMINAL_V * len(self.phases)

    @property
    def full_w(self) -> float:
        """The most that it can draw, W."""
        return self.max_a * self.watts_per_amp


@dataclass(slots=True, kw_only=True)
class Turn:
    """A car on its way through the slots.

    Attributes:
        limits: Each phase that it uses, on each feeder above it.
        need_ws: What is planned for it, W·s.
        spare_ws: What of it is planned above its need, W·s.
        ready_at: When it is to be ready.
        first: It charges whenever its phases allow.
        pressed: It cannot wait any longer in this slot.
        crowded: How much of what its phases leave is wanted, as a share, the mean of its phases.
        last: Number of the last slot that it can use.
        usable_s: How long it could charge at full power under the level until each slot begins, s.
        begins_a: What it charges with before the first slot, A.
        had_a: The same before the slot that is being given away.
    """

    car: PlanCar
    limits: tuple[int, ...]
    need_ws: float
    spare_ws: float
    ready_at: float
    first: bool
    pressed: bool = False
    crowded: float = 0.0
    last: int = 0
    usable_s: Sequence[float] = ()
    begins_a: float = 0.0
    had_a: float = 0.0
    left_ws: float = 0.0
    placed: dict[int, float] = field(default_factory=dict)

    @property
    def missing(self) -> bool:
        """It does not get what it needs."""
        return self.left_ws > self.spare_ws + _NEARLY_WS

    def laxity_s(self, t: float) -> float:
        """Return how long it could still wait, s."""
        full_w = self.car.full_w
        return self.ready_at - t - self.left_ws / full_w if full_w > 0 else math.inf

    def time_s(self, slot: int) -> float:
        """Return how long it could still charge at full power under the level, s."""
        return self.usable_s[min(self.last + 1, len(self.usable_s) - 1)] - self.usable_s[slot]

    def place(self, slot: int, *, stays: bool) -> tuple[bool, float]:
        """Return who comes first: those without time to spare, by that; then by departure."""
        time_s, full_w = self.time_s(slot), self.car.full_w
        spare_s = time_s - self.left_ws / full_w if full_w > 0 else math.inf
        if spare_s < max(_URGENT_S, _URGENT_SHARE * time_s) * (_GOES_ON if stays else 1.0):
            return False, spare_s
        return True, self.ready_at - (_STAYS_S if stays else 0.0) - _CROWDED_S * self.crowded

    def stays(self, full: frozenset[int], owed_ws: Mapping[tuple[int, ...], float]) -> bool:
        """Return whether it charges, and its lane has not had too much where a phase is full."""
        ahead_ws = _AHEAD_S * self.car.min_a * self.car.watts_per_amp
        return self.had_a > 0.0 and (full.isdisjoint(self.limits) or owed_ws.get(self.limits, 0.0) > -ahead_ws)

    def start(self) -> None:
        """Go back to the first slot."""
        self.left_ws, self.had_a = self.need_ws, self.begins_a
        self.placed.clear()

    def step_down(self, amps: float) -> float:
        """Return the greatest current that its charger can have and that is not above `amps`; 0 if there is none, A."""
        car = self.car
        if amps >= car.max_a - EPSILON:
            return car.max_a
        if amps < car.min_a - EPSILON:
            return 0.0
        return car.min_a + math.floor((amps - car.min_a) / car.step_a + EPSILON) * car.step_a

    def wanted_a(self, seconds: float) -> float:
        """Return what it can use in a slot, A."""
        car = self.car
        amps = self.left_ws / (car.watts_per_amp * seconds)
        return min(car.max_a, car.min_a + max(0, math.ceil((amps - car.min_a) / car.step_a - EPSILON)) * car.step_a)


def fill(
    turns: Sequence[Turn],
    slot: int,
    begin: float,
    end: float,
    room: Sequence[list[float]],
    level_w: float,
    owed_ws: dict[tuple[int, ...], float],
    full: frozenset[int],
) -> tuple[int, float]:
    """Give one slot to cars, then what is left of it to those that were not given all that they can use. O(n log n).

    Args:
        turns: All cars.
        slot: The slot's number.
        begin: When it begins, grid time.
        end: When it ends.
        room: What is free on each limit in each slot, W; what is given is taken from it.
        level_w: What cars may have together, W.
        owed_ws: What each lane should have had until the end of the slot and did not, W·s; what is given is taken off.
        full: Limits that are nearly all taken: what their lanes are owed is kept to.

    Returns:
        Number of cars that were looked at, and by how many W those who cannot wait go beyond the level.
    """
    live = [turn for turn in turns if turn.left_ws > 0.0 and turn.ready_at > begin]
    stays = {id(turn): turn.stays(full, owed_ws) for turn in live}
    place = {id(turn): turn.place(slot, stays=stays[id(turn)]) for turn in live}
    owed = {id(turn): not full.isdisjoint(turn.limits) and owed_ws.get(turn.limits, 0.0) > 0.0 for turn in live}
    for turn in live:
        turn.pressed = turn.laxity_s(begin) < end - begin
    live.sort(
        key=lambda turn: (
            not turn.first,
            not turn.pressed,
            # On a phase that is nearly all taken, what lanes are owed comes first; and those with one phase wait for
            # those with more, so that they take no other phase's time with them.
            not owed[id(turn)],
            -len(turn.car.phases) if owed[id(turn)] else 0,
            place[id(turn)],
            turn.laxity_s(begin),
            -turn.left_ws,
            turn.car.min_a * turn.car.watts_per_amp,
        )
    )
    giving = _Giving(slot=slot, begin=begin, end=end, room=room, level_w=level_w)
    for turn in live:
        owed_w = math.inf
        if not (turn.first or turn.pressed or full.isdisjoint(turn.limits)):
            owed_w = owed_ws.get(turn.limits, 0.0) / (end - begin)
            if stays[id(turn)]:
                owed_w = max(owed_w, turn.had_a * turn.car.watts_per_amp)
        given_w = giving.offer(turn, owed_w) if owed_w > 0.0 else 0.0
        if turn.limits in owed_ws:
            owed_ws[turn.limits] -= given_w * (end - begin)
    live.sort(key=lambda turn: (place[id(turn)], turn.laxity_s(begin)))
    for turn in live:
        if giving.level_w <= EPSILON:
            break
        given_w = giving.offer(turn, math.inf)
        if turn.limits in owed_ws:
            owed_ws[turn.limits] -= given_w * (end - begin)
    for turn in live:
        turn.had_a = turn.placed.get(slot, 0.0)
        turn.left_ws -= turn.had_a * turn.car.watts_per_amp * (min(end, turn.ready_at) - begin)
    over_w = max(0.0, -giving.level_w) if any(turn.pressed and not turn.first for turn in giving.given) else 0.0
    return len(live), over_w


def usable_s(full_w: float, rooms_w: Sequence[float], seconds: Sequence[float]) -> list[float]:
    """Return how long a car could charge at full power until each slot begins, s.

    A slot with half the room counts half.

    Args:
        full_w: Its full power, W.
        rooms_w: What the level leaves in each slot, W.
        seconds: Lengths of the slots.
    """
    shares = (min(1.0, room_w / full_w) if full_w > 0 else 0.0 for room_w in rooms_w)
    return list(accumulate((share * length for share, length in zip(shares, seconds, strict=True)), initial=0.0))


@dataclass(slots=True, kw_only=True)
class _Giving:
    """One slot that is being given away."""

    slot: int
    begin: float
    end: float
    room: Sequence[list[float]]
    level_w: float
    given: list[Turn] = field(default_factory=list)

    def offer(self, turn: Turn, most_w: float) -> float:
        """Let a car have (more of) what it wants, up to `most_w` more; returns what it got, W."""
        car, had_a = turn.car, turn.placed.get(self.slot, 0.0)
        space_a = had_a + min(self.room[limit][self.slot] for limit in turn.limits) / NOMINAL_V
        wanted_a = min(turn.wanted_a(min(self.end, turn.ready_at) - self.begin), space_a)
        owed, most_w = most_w < math.inf, min(most_w, self.level_w)
        # To the nearest step, so that the sum is neither above nor below the level on average.
        offered_a = had_a + most_w / car.watts_per_amp + car.step_a / 2
        amps = turn.step_down(wanted_a if turn.first or turn.pressed else min(wanted_a, offered_a))
        if amps <= 0.0 < turn.step_down(wanted_a) and not turn.first:
            least_w = car.min_a * car.watts_per_amp
            if owed and most_w < least_w / 2:
                return 0.0
            if self.level_w < least_w:
                if not owed:
                    return 0.0
                if (freed_w := _yield(self.given, least_w - self.level_w, self.slot, self.begin, self.room)) <= 0.0:
                    return 0.0
                self.level_w += freed_w
            amps = car.min_a
        more_a = amps - had_a
        if more_a <= EPSILON:
            return 0.0
        if had_a <= 0.0:
            self.given.append(turn)
        turn.placed[self.slot] = amps
        _take(turn, self.slot, more_a, self.room)
        self.level_w -= more_a * car.watts_per_amp
        return more_a * car.watts_per_amp


def _take(turn: Turn, slot: int, amps: float, room: Sequence[list[float]]) -> None:
    for limit in turn.limits:
        room[limit][slot] -= amps * NOMINAL_V


def _yield(given: Sequence[Turn], missing_w: float, slot: int, begin: float, room: Sequence[list[float]]) -> float:
    """Let those that were given something last give up what one more needs; returns W, 0 if they cannot."""
    cuts: list[tuple[Turn, float]] = []
    freed_w = 0.0
    for turn in reversed(given[-_DONORS:]):
        if freed_w >= missing_w:
            break
        car, amps = turn.car, turn.placed[slot]
        if turn.first or turn.laxity_s(begin) < _CALM_S:
            continue
        kept_a = turn.step_down(max(car.min_a, amps - (missing_w - freed_w) / car.watts_per_amp))
        cuts.append((turn, amps - kept_a))
        freed_w += (amps - kept_a) * car.watts_per_amp
    if freed_w < missing_w:
        return 0.0
    for turn, less_a in cuts:
        turn.placed[slot] -= less_a
        _take(turn, slot, -less_a, room)
    return freed_w


def slot_ends(first: int, slot: int, now: float) -> tuple[float, float]:
    """Return when the part of a slot that is still to come begins and ends."""
    return max(now, (first + slot) * SLOT_S), (first + slot + 1) * SLOT_S
