"""A plan in the making: turns are taken slot by slot, and again with a higher level where somebody gets too little."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .lane_schedule import Lane, Spread
from .slot_dispatch import Turn, fill, slot_ends, usable_s
from .valley_filling import SLOT_S, Valley

#: What turns may miss or be above the level before they are taken again, W·s.
_NEARLY_WS: Final = 200.0 * 3600.0
#: How often turns are taken in all: anew with a higher level where somebody gets too little, then with those first.
_ROUNDS: Final = 4
#: By how much the level is raised each time, on top of what is missing, as a share of it.
_RAISE: Final = 0.005


@dataclass(slots=True, kw_only=True)
class Draft:
    """A plan in the making; powers in W per slot, rooms per limit (a phase of a feeder)."""

    now: float
    first: int
    base_w: Sequence[float]
    valley: Valley
    level_w: float
    full_room: Sequence[Sequence[float]]
    turns: Mapping[str, Turn]
    spread: Spread
    lanes_w: Mapping[Lane, Sequence[float]] = field(default_factory=dict)
    lanes_on: frozenset[int]
    full: frozenset[int] = frozenset()
    owed_ws: dict[Lane, float] = field(default_factory=dict)
    room: list[list[float]] = field(default_factory=list)
    slot: int = 0
    rounds: int = 0
    over_ws: float = 0.0
    over_until: float = 0.0

    @property
    def done(self) -> bool:
        """Every slot has been given away."""
        return self.slot >= len(self.base_w)

    def start(self) -> None:
        """Take turns from the first slot on."""
        self.room = [list(room) for room in self.full_room]
        rooms_w = [self.valley.room_w(self.level_w, slot) for slot in range(len(self.base_w))]
        usable = {
            full_w: usable_s(full_w, rooms_w, self.valley.seconds)
            for full_w in {turn.car.full_w for turn in self.turns.values()}
        }
        self.owed_ws = dict.fromkeys(self.lanes_w, 0.0)
        self.slot = 0
        self.over_ws = self.over_until = 0.0
        self.rounds += 1
        for turn in self.turns.values():
            turn.usable_s = usable[turn.car.full_w]
            turn.start()

    def take_turns(self) -> int:
        """Give away one slot; returns how many cars were looked at."""
        begin, end = slot_ends(self.first, self.slot, self.now)
        for lane, watts in self.lanes_w.items():
            self.owed_ws[lane] += watts[self.slot] * (end - begin)
        looked_at, over_w = fill(
            tuple(self.turns.values()),
            self.slot,
            begin,
            end,
            self.room,
            self.valley.room_w(self.level_w, self.slot),
            self.owed_ws,
            self.lanes_on,
        )
        if over_w > 0.0:
            self.over_ws += over_w * (end - begin)
            self.over_until = end
        self.slot += 1
        return 1 + looked_at

    def again(self) -> bool:
        """Begin once more, if somebody cannot keep to the level or lacks energy: higher, then with them first."""
        short = [turn for turn in self.turns.values() if turn.missing and not turn.first]
        # Where a phase is short, a higher level helps nobody.
        helped = [turn for turn in short if not self.full.intersection(turn.limits)]
        missing_ws = sum(turn.left_ws for turn in helped) + self.over_ws
        if missing_ws <= _NEARLY_WS or self.rounds >= (_ROUNDS if helped else _ROUNDS - 1):
            # What they could get beyond this, others on their phase would lose.
            for turn in short:
                turn.first = True
            return False
        if self.rounds < _ROUNDS - 1:
            until = max([self.over_until, *(turn.ready_at for turn in helped)])
            self.level_w += _RAISE * self.level_w + missing_ws / max(SLOT_S, until - self.now)
        else:
            for turn in helped:
                turn.first = True
        self.start()
        return True

    def total_w(self, slot: int) -> float:
        """Return the load with the cars, W."""
        return self.base_w[slot] + sum(
            turn.placed.get(slot, 0.0) * turn.car.watts_per_amp for turn in self.turns.values()
        )
