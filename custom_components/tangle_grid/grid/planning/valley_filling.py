"""The level of the plan: the lowest height of the load at which all work fits in time.

The load that nobody controls is the ground; what cars need is poured onto it. Work fits under a level if serving it by
departure, soonest first, leaves nothing undone: that is exact for work that can be done at any power (W. Horn, Some
simple scheduling algorithms, Naval Research Logistics Quarterly 21 (1974)), and what a car cannot do at any power is
due as much earlier. Keeping to the lowest level that fits, made anew whenever something is known better, is the
strategy "optimal available" (F. Yao, A. Demers, S. Shenker, A scheduling model for reduced CPU energy, FOCS 1995).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..model.forecast import Forecast

SLOT_S: Final = 900.0
#: The level is found to this share of the greatest one.
_PRECISION: Final = 0.002
#: W·s that may be left undone.
_NEARLY_WS: Final = 3600.0

#: Work by the slot in which it can first be done: until the end of which slot it is due, and how much it is, W·s.
type Work = Mapping[int, Sequence[tuple[int, float]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Valley:
    """What there is to pour into, per slot.

    Attributes:
        seconds: Length, s; only the first slot's differs.
        base_w: Load that nobody controls, W; negative where the sun gives more.
        most_w: What capacities leave to cars, W.
        price_w: Height that a price adds, W.
        floor_w: Up to here all slots are equally good, W: the load gets there anyway.
    """

    seconds: Sequence[float]
    base_w: Sequence[float]
    most_w: Sequence[float]
    price_w: Sequence[float]
    floor_w: float

    def room_w(self, level_w: float, slot: int) -> float:
        """Return what cars may have in a slot under a level, W."""
        base_w, price_w = self.base_w[slot], self.price_w[slot]
        # Own sun costs nothing, at any level.
        top_w = level_w - price_w if level_w >= self.floor_w + price_w else min(level_w, 0.0)
        return max(0.0, min(top_w - base_w, self.most_w[slot]))

    @property
    def top_w(self) -> float:
        """The level above which nothing more fits, W."""
        tops = (base + most + price for base, most, price in zip(self.base_w, self.most_w, self.price_w, strict=True))
        return max(self.floor_w, *tops)

    def level_w(self, work: Work) -> float | None:
        """Return the lowest level under which work fits, W; None if it does not fit at all."""
        top_w = self.top_w
        for lowest_w in (0.0, self.floor_w):
            if self._fits(lowest_w, work):
                return lowest_w
        if not self._fits(top_w, work):
            return None
        below_w, above_w = self.floor_w, top_w
        while above_w - below_w > _PRECISION * top_w:
            middle_w = (below_w + above_w) / 2
            if self._fits(middle_w, work):
                above_w = middle_w
            else:
                below_w = middle_w
        return above_w

    def _fits(self, level_w: float, work: Work) -> bool:
        room_ws = [self.room_w(level_w, slot) * seconds for slot, seconds in enumerate(self.seconds)]
        return fits(room_ws, work)


def fits(room_ws: Sequence[float], work: Work) -> bool:
    """Return whether work can be done in time, soonest due first. O(slots + work).

    Args:
        room_ws: Energy that each slot offers, W·s.
        work: What is to be done.
    """
    pending = [0.0] * len(room_ws)
    soonest = 0
    for slot, offered_ws in enumerate(room_ws):
        for due, ws in work.get(slot, ()):
            pending[due] += ws
            soonest = min(soonest, due)
        left_ws = offered_ws
        while soonest < len(pending):
            taken_ws = min(left_ws, pending[soonest])
            pending[soonest] -= taken_ws
            left_ws -= taken_ws
            if pending[soonest] > 0.0:
                break
            soonest += 1
        if pending[slot] > _NEARLY_WS:
            return False
    return True


def due_work(need_ws: float, full_w: float, seconds: Sequence[float], last_s: float) -> Iterable[tuple[int, float]]:
    """Return when parts of a need are due at the latest, as one car can do no more than its full power: slot and W·s.

    Args:
        need_ws: The need; what cannot be done in time is left out.
        full_w: The most that the car can draw.
        seconds: Lengths of the slots until it has to be ready.
        last_s: What of the last of them is left to it, s.
    """
    for slot in range(len(seconds) - 1, -1, -1):
        part_ws = min(need_ws, full_w * (last_s if slot == len(seconds) - 1 else seconds[slot]))
        yield slot, part_ws
        need_ws -= part_ws
        if need_ws <= 0.0:
            return


def price_height_w(forecast: Forecast, starts: Sequence[float], span_w: float) -> list[float]:
    """Return height that the price adds to each slot, W: nothing where it is lowest, `span_w` where it is highest."""
    if forecast.price is None:
        return [0.0] * len(starts)
    prices = [forecast.price.mean(start, start + SLOT_S) for start in starts]
    known = [price for price in prices if price is not None]
    if not known or max(known) <= min(known):
        return [0.0] * len(starts)
    lowest, highest = min(known), max(known)
    # What is not known yet is taken to cost the mean.
    mean = sum(known) / len(known)
    return [((mean if price is None else price) - lowest) / (highest - lowest) * span_w for price in prices]


def slot_of(t: float) -> int:
    """Return the slot that a moment lies in, counted from the epoch."""
    return math.floor(t / SLOT_S)
