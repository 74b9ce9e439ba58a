"""Energy by quarters of an hour, out of powers that are looked at every few seconds. Whole numbers, nothing is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .sharing import QUARTER_S

MOST_S: Final = 60
"""A power counts until the next look, and no longer than this: what nobody saw is not made up."""

_MS: Final = 1000
_QUARTER_MS: Final = QUARTER_S * _MS
_WMS_PER_WH: Final = 3_600 * _MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Energy of somebody in the quarter of an hour from `start`, epoch s: Wh that were taken and given."""

    who: str
    start: int
    wh_in: int
    wh_out: int


class QuarterMeter:
    """Adds powers up. What is less than a Wh goes on into the next quarter of an hour."""

    def __init__(self) -> None:
        """Begin at nought."""
        self._at: int | None = None
        self._powers: Mapping[str, int] = {}
        self._in: dict[str, int] = {}
        self._out: dict[str, int] = {}

    def look(self, at: float, powers: Mapping[str, int]) -> list[Metered]:
        """Take what is drawn now, W, negative what is given; return the quarters of an hour that are over.

        `at` is epoch seconds; a clock that goes back begins anew. Who is not named is not known.
        """
        now, before = int(at * _MS), self._at
        found: list[Metered] = []
        if before is not None and before <= now:
            counted = min(now, before + MOST_S * _MS)
            while before // _QUARTER_MS < now // _QUARTER_MS:
                border = (before // _QUARTER_MS + 1) * _QUARTER_MS
                self._count(min(border, counted) - before)
                found += self._close(before // _QUARTER_MS * QUARTER_S)
                before = border
            self._count(counted - before)
        self._at, self._powers = now, dict(powers)
        return found

    def so_far(self) -> list[Metered]:
        """Return the present quarter of an hour as far as it goes, and count on from nought: it is added to later."""
        return [] if self._at is None else self._close(self._at // _QUARTER_MS * QUARTER_S)

    def _count(self, lasts: int) -> None:
        if lasts <= 0:
            return
        for who, power in self._powers.items():
            way = self._in if power > 0 else self._out
            way[who] = way.get(who, 0) + abs(power) * lasts

    def _close(self, start: int) -> list[Metered]:
        found = []
        for who in sorted({*self._in, *self._out}):
            wh_in, wh_out = (way.get(who, 0) // _WMS_PER_WH for way in (self._in, self._out))
            for way in (self._in, self._out):
                way[who] = way.get(who, 0) % _WMS_PER_WH
            if wh_in or wh_out:
                found.append(Metered(who=who, start=start, wh_in=wh_in, wh_out=wh_out))
        return found
