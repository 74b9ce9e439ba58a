"""What a part's device drew while it was active, as a short series of whole numbers that a receipt can carry.

Time is counted in whole seconds from the start of the part and cut into equal slots, at most about sixty for a whole
window. Of each slot the mean power is kept, in whole watts, rounded up: against the helper, by less than a watt.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .tolerance import EPSILON

WS_PER_WH: Final = 3600
#: Slots of a whole window.
_SLOTS: Final = 60
#: From here on a time without a measurement counts as one in a strict series, s.
_GAP_S: Final = 1.0
#: Rounding errors of floating point are no watts.

type Steps = list[list[int]]
type Readings = list[list[int | None]]


def slot_for(window_s: float) -> int:
    """Return the length of a slot for a window, whole s: so long that about sixty of them fill it."""
    return max(1, math.ceil(window_s / _SLOTS))


@dataclass(slots=True, kw_only=True)
class ReadingSeries:
    """Mean power per slot, from offset 0 without a gap.

    Time that was not measured counts as `fill_w`, the baseline, so that nothing is delivered in it; a slot that was
    not measured at all has no value, nor, in a `strict` series, one that was not measured all the time: of somebody who
    may draw anything, it is not the measured part alone that counts.

    Attributes:
        slot_s: Length of a slot, whole s.
        strict: See above.
        fill_w: What unmeasured time within a slot counts as, W.
        readings: `[offset_s, w]`, each until the next; None for a slot without any measurement.
        done_s: Where the last closed slot ends, whole s.
        cut_s: Where the open slot ends early, if it does.
        upto_s: How far the open slot has come, s.
        open_ws, open_s: What was measured of the open slot, W·s and s.
    """

    slot_s: int = 15
    strict: bool = False
    fill_w: int = 0
    readings: Readings = field(default_factory=list)
    done_s: int = 0
    cut_s: int | None = None
    upto_s: float = 0.0
    open_ws: float = 0.0
    open_s: float = 0.0

    def add(self, start_s: float, end_s: float, power_w: float) -> None:
        """Take in that the mean power was `power_w` from `start_s` to `end_s`; what is known already stays."""
        start_s = max(start_s, self.upto_s)
        if end_s <= start_s or not math.isfinite(power_w):
            return
        self._pass(start_s)
        while self.upto_s < end_s:
            until = min(end_s, self._slot_end())
            self.open_ws += power_w * (until - self.upto_s)
            self.open_s += until - self.upto_s
            self.upto_s = until
            if until >= self._slot_end():
                self._close()

    def cut(self) -> int:
        """End the open slot with the present second: something changes there. Returns the offset, whole s."""
        at = math.ceil(self.upto_s - EPSILON)
        if at > self.done_s:
            self.cut_s = at if self.cut_s is None else min(self.cut_s, at)
            if self.upto_s >= self._slot_end():
                self._close()
        return max(at, self.done_s)

    def finish(self) -> None:
        """Close what is open. A fraction of a second at the end is left out."""
        end = math.floor(self.upto_s + EPSILON)
        if end > self.done_s:
            span = self.upto_s - self.done_s
            if span > end - self.done_s:
                # Its share of the mean goes with the fraction.
                keep = (end - self.done_s) / span
                self.open_ws, self.open_s = self.open_ws * keep, self.open_s * keep
            self.cut_s = end
            self._close()
        self.upto_s, self.open_ws, self.open_s = float(self.done_s), 0.0, 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able content."""
        return {name: getattr(self, name) for name in self.__slots__} | {"readings": [list(r) for r in self.readings]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ReadingSeries:
        """Return what `to_dict` has given."""
        return cls(**{**data, "readings": [list(reading) for reading in data["readings"]]})

    def _slot_end(self) -> int:
        end = (self.done_s // self.slot_s + 1) * self.slot_s
        return end if self.cut_s is None else min(end, self.cut_s)

    def _pass(self, to_s: float) -> None:
        """Let time pass without a measurement."""
        while self.upto_s < to_s:
            if to_s < self._slot_end():
                self.upto_s = to_s
                return
            self.upto_s = float(self._slot_end())
            self._close()

    def _close(self) -> None:
        end = self._slot_end()
        length = end - self.done_s
        value: int | None = None
        missing_s = max(0.0, length - self.open_s)
        if self.open_s > 0 and not (self.strict and missing_s >= _GAP_S):
            value = math.ceil((self.open_ws + self.fill_w * missing_s) / length - EPSILON)
        if not self.readings or self.readings[-1][1] != value:
            self.readings.append([self.done_s, value])
        self.done_s, self.cut_s = end, None
        self.open_ws = self.open_s = 0.0


def value_at(steps: Iterable[list[int]], offset_s: int) -> int:
    """Return the value of a step function at an offset; 0 before its first step."""
    value = 0
    for start, each in steps:
        if start > offset_s:
            break
        value = each
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Energies of a part, W·s."""

    delivered_ws: int
    baseline_ws: int
    measured_ws: int


def delivery(
    *, readings: Readings, quantities: Steps, duration_s: int, baseline_w: int, need_wh: int | None
) -> Delivery:
    """Return what was delivered, from whole numbers alone; `settlement` writes the arithmetic out."""
    left_ws = None if need_wh is None or baseline_w <= 0 else need_wh * WS_PER_WH
    delivered = baseline = measured = 0
    for start, end, power_w in _pieces(readings, quantities, duration_s):
        if power_w is None:
            continue
        length, quantity_w = end - start, value_at(quantities, start)
        at_baseline = length if left_ws is None else min(length, left_ws // baseline_w)
        if left_ws is not None:
            left_ws -= at_baseline * baseline_w
            if at_baseline < length:
                left_ws = 0
        delivered += at_baseline * min(max(0, baseline_w - power_w), quantity_w)
        delivered += (length - at_baseline) * min(max(0, -power_w), quantity_w)
        baseline += at_baseline * baseline_w
        measured += length * power_w
    return Delivery(delivered_ws=delivered, baseline_ws=baseline, measured_ws=measured)


def _pieces(readings: Readings, quantities: Steps, duration_s: int) -> Iterator[tuple[int, int, int | None]]:
    """Return the stretches with one reading and one quantity: start, end, W."""
    offsets = [reading[0] or 0 for reading in readings]
    starts = sorted({offset for offset in (*offsets, *(step[0] for step in quantities)) if offset < duration_s})
    at = -1
    for start, end in zip(starts, (*starts[1:], duration_s), strict=False):
        while at + 1 < len(offsets) and offsets[at + 1] <= start:
            at += 1
        yield start, end, readings[at][1] if at >= 0 else None
