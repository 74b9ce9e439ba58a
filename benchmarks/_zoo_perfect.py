"""What a controller that knows everything would have given.

It knows the load that nobody controls in advance, and which cars are there. It fills the fuse less the margin that the
grid keeps free, as the mean of half a minute: what moves from second to second is no fuse's business. It gives whole
steps between the least and the greatest current. It may take back at any moment, but what it gives holds for five
minutes, so that it need not write more than twelve times an hour either. Beyond that nothing
limits it: not reports, not ramps.
"""

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Final

from benchmarks._zoo_site import START, Able, Site
from custom_components.tangle_grid.grid import NOMINAL_V

type Car = tuple[tuple[int, ...], float, float, int]

DWELL_S: Final = 300
MEAN_S: Final = 30
_PHASES: Final = 3


def _sliding(values: Sequence[float], width: int, better: Callable[[float, float], bool]) -> list[float]:
    """Return the best of each `width` values in a row."""
    best: list[float] = []
    waiting: deque[int] = deque()
    for index, value in enumerate(values):
        while waiting and not better(values[waiting[-1]], value):
            waiting.pop()
        waiting.append(index)
        if waiting[0] <= index - width:
            waiting.popleft()
        if index >= width - 1:
            best.append(values[waiting[0]])
    return best


def opened(values: Sequence[float], width: int = DWELL_S) -> list[float]:
    """Return the highest line below `values` whose levels each hold for `width` values (a morphological opening)."""
    if len(values) < width:
        return [min(values, default=0.0)] * len(values)
    eroded = _sliding(values, width, lambda one, other: one < other)
    edge = [-math.inf] * (width - 1)
    return _sliding([*edge, *eroded, *edge], width, lambda one, other: one > other)


def smoothed(values: Sequence[float], width: int = MEAN_S) -> list[float]:
    """Return the mean of the `width` values around each."""
    sums = [0.0, *accumulate(values)]
    half = width // 2
    return [
        (sums[min(len(values), index + half)] - sums[max(0, index - half)])
        / (min(len(values), index + half) - max(0, index - half))
        for index in range(len(values))
    ]


def best_w(site: Site, begin: float, end: float, *, margin: float = 0.03) -> list[float]:
    """Return the power that all chargers together would have drawn in each second, W.

    It is fair: all cars that are there get equal currents until a fuse or they themselves are at their limit, then the
    others go on. Where that is less than a car needs to charge at all, cars take turns.
    """
    seconds = range(int(begin - START), int(end - START))
    room: list[tuple[list[float], ...]] = []
    for feeder_id, spec in site.feeders.items():
        loads = [site.base_a(feeder_id, START + second) for second in seconds]
        free = (spec.config.capacity_a[phase] * (1 - margin) for phase in range(_PHASES))
        room += [
            tuple(
                opened([most - amps for amps in smoothed([load[phase] for load in loads])])
                for phase, most in enumerate(free)
            )
        ]
    numbers = {feeder_id: number for number, feeder_id in enumerate(site.feeders)}
    known: dict[tuple[tuple[int, ...], tuple[Able, ...]], float] = {}
    found: list[float] = []
    for index, second in enumerate(seconds):
        left = tuple(math.floor(phase[index] + 1e-6) for phases in room for phase in phases)
        able = site.trace.able[second]
        if (watts := known.get((left, able))) is None:
            watts = known[left, able] = NOMINAL_V * _filled(left, [_car(site, each, numbers) for each in able])
        found.append(watts)
    return found


def _car(site: Site, able: Able, numbers: Mapping[str, int]) -> Car:
    """Return the limits that a car's current passes, its least and greatest current, A, and how many phases it uses."""
    charger, config = site.chargers[able.device_id], site.specs[able.device_id].config
    wires = [charger.wires[line] for line in able.lines if line < len(charger.wires)]
    limits = tuple(numbers[feeder] * _PHASES + phase for feeder in site.paths[able.device_id] for phase in wires)
    return (limits, config.min_current_a, min(able.max_a, config.max_current_a), len(wires))


def _filled(room: Sequence[float], cars: Sequence[Car]) -> float:
    """Return the sum of all phase currents of cars that are raised together (progressive filling), A."""
    left = list(room)
    growing = [car for car in cars if min(left[limit] for limit in car[0]) >= car[1]]
    level = total = 0.0
    while growing:
        users = Counter(limit for car in growing for limit in car[0])
        more = min(left[limit] / count for limit, count in users.items())
        more = min(more, min(car[2] for car in growing) - level)
        level += more
        for limit, count in users.items():
            left[limit] -= more * count
        total += more * sum(car[3] for car in growing)
        growing = [car for car in growing if level < car[2] - 1e-6 and all(left[limit] > 1e-6 for limit in car[0])]
    return total
