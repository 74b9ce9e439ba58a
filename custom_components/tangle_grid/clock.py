"""The time that the grid runs on.

A real island runs on wall time. The simulated street runs faster: its time is an affine, monotone image of the wall
time, so that a whole evening passes in minutes while every duration inside the grid keeps its meaning.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

from homeassistant.util import dt as dt_util

#: Clocks change where a quarter of an hour begins, s.
_QUARTER_S: Final = 900


def _wall_now() -> float:
    # Looked up at each call, so that a test's frozen clock is seen.
    return time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class GridClock:
    """Maps wall time to grid time, both in epoch seconds.

    Attributes:
        speed: Grid seconds that pass in one wall second.
        wall_anchor: The wall time at which grid time was `grid_anchor`.
        grid_anchor: Grid time at the anchor.
    """

    speed: float = 1.0
    wall_anchor: float = field(default_factory=_wall_now)
    grid_anchor: float | None = None

    def from_wall(self, wall: float) -> float:
        """Return grid time at a wall time."""
        if self.grid_anchor is None:
            return wall
        return self.grid_anchor + (wall - self.wall_anchor) * self.speed

    def to_wall(self, grid_time: float) -> float:
        """Return the wall time at a grid time."""
        if self.grid_anchor is None:
            return grid_time
        return self.wall_anchor + (grid_time - self.grid_anchor) / self.speed

    def now(self) -> float:
        """Return grid time now."""
        return self.from_wall(time.time())

    def from_datetime(self, moment: datetime) -> float:
        """Return grid time of a moment that Home Assistant recorded."""
        return self.from_wall(moment.timestamp())

    def wall_delay(self, seconds: float) -> float:
        """Return wall seconds in which `seconds` of grid time pass."""
        return seconds / self.speed


def as_datetime(grid_time: float) -> datetime:
    """Return a grid time as an aware datetime, for entities and messages."""
    return datetime.fromtimestamp(grid_time, UTC)


def local_time(grid_time: float) -> float:
    """Return what the clocks on the walls show in Home Assistant's time zone, in seconds counted as if it were UTC."""
    return grid_time + _offset_s(dt_util.get_default_time_zone(), int(grid_time // _QUARTER_S))


@lru_cache(maxsize=4096)
def _offset_s(zone: tzinfo, quarter: int) -> float:
    # The same few thousand moments are looked up for each plan.
    offset = datetime.fromtimestamp(quarter * _QUARTER_S, UTC).astimezone(zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
