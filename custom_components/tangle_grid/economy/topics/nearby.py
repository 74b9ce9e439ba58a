"""Finds what is near a place without looking at everything: cubes of space as large as the distance that is near.

Whatever is near lies in the same cube or in one of those around it. Places are points in space, so that the date line
and the poles are like everywhere else.
"""

from collections.abc import Iterator
from itertools import product
from math import floor
from typing import Final

from .places import Place, Point, between_m

_AROUND: Final = (-1, 0, 1)

type _Cell = tuple[str, int, int, int, int]


class Nearby:
    """Keeps named places, each in a group of its own or in the common one, and with a level of its own or at 0."""

    def __init__(self, radius_m: int) -> None:
        """`radius_m` is how far is near. The straight way through the earth is never longer than over the ground."""
        self._radius_m = radius_m
        self._places: dict[str, tuple[_Cell, Point]] = {}
        self._cells: dict[_Cell, list[str]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def _cell(self, point: Point, group: str, level: int) -> _Cell:
        x, y, z = (floor(each / self._radius_m) for each in point)
        return (group, level, x, y, z)

    def add(self, name: str, place: Place, group: str = "", level: int = 0) -> None:
        """Keep a place under a name that is not kept yet."""
        point = place.point()
        cell = self._cell(point, group, level)
        self._places[name] = (cell, point)
        self._cells.setdefault(cell, []).append(name)

    def remove(self, name: str) -> None:
        """Forget a place; nothing if it is not kept."""
        cell, _ = self._places.pop(name, (None, None))
        if cell is not None:
            names = self._cells[cell]
            names.remove(name)
            if not names:
                del self._cells[cell]

    def near(self, place: Place, group: str = "", level: int | None = None) -> Iterator[str]:
        """Give the names near a place, its own included; with a level, of that level and those beside it."""
        point = place.point()
        _, _, x, y, z = self._cell(point, group, 0)
        levels = (0,) if level is None else (level - 1, level, level + 1)
        for each, dx, dy, dz in product(levels, _AROUND, _AROUND, _AROUND):
            for name in self._cells.get((group, each, x + dx, y + dy, z + dz), ()):
                if between_m(point, self._places[name][1]) <= self._radius_m:
                    yield name
