"""What a controller that knows everything would have given.

It knows the load that nobody controls in advance, and which cars are there. It fills the fuse less the margin that the
grid keeps free, as the mean of half a minute: what moves from second to second is no fuse's business. It gives whole
steps between the least and the greatest current. It may take back at any moment, but what it gives holds for five
minutes, so that it need not write more than twelve times an hour either. Beyond that nothing
limits it: not reports, not ramps.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from benchmarks._zoo_site import START, Site
from custom_components.tangle_grid.grid import NOMINAL_V

DWELL_S: Final = 300
MEAN_S: Final = 30
_PHASES: Final = 3


def _sliding(values: Sequence[float], width: int, better: Callable[[float, float], bool]) -> list[float]:
    """The best of each `width` values in a row."""
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
    """The highest line below `values` whose levels each hold for `width` values (a morphological opening)."""
    if len(values) < width:
        return [min(values, default=0.0)] * len(values)
    eroded = _sliding(values, width, lambda one, other: one < other)
    edge = [-math.inf] * (width - 1)
    return _sliding([*edge, *eroded, *edge], width, lambda one, other: one > other)


def smoothed(values: Sequence[float], width: int = MEAN_S) -> list[float]:
    """The mean of the `width` values around each."""
    sums = [0.0, *accumulate(values)]
    half = width // 2
    return [
        (sums[min(len(values), index + half)] - sums[max(0, index - half)])
        / (min(len(values), index + half) - max(0, index - half))
        for index in range(len(values))
    ]


def best_w(site: Site, begin: float, end: float, *, margin: float = 0.03) -> list[float]:
    """The most that all chargers together could have drawn in each second, W.

    Several cars share a phase without loss; those on most phases come first, which wastes least.
    """
    seconds = range(int(begin - START), int(end - START))
    room: dict[str, list[list[float]]] = {}
    for feeder_id, spec in site.feeders.items():
        loads = [site.base_a(feeder_id, START + second) for second in seconds]
        room[feeder_id] = [
            opened(
                [
                    spec.config.capacity_a[phase] * (1 - margin) - amps
                    for amps in smoothed([load[phase] for load in loads])
                ]
            )
            for phase in range(_PHASES)
        ]
    chargers = sorted(site.chargers, key=lambda each: -_phases(site, each))
    found: list[float] = []
    for index, second in enumerate(seconds):
        left = {feeder_id: [phase[index] for phase in phases] for feeder_id, phases in room.items()}
        watts = 0.0
        for device_id in chargers:
            if device_id not in site.trace.able[second]:
                continue
            charger, config = site.chargers[device_id], site.specs[device_id].config
            car = charger.car or site.specs[device_id].car
            if car is None:
                continue
            wires = [charger.wires[line] for line in car.lines if line < len(charger.wires)]
            most = min(left[feeder_id][phase] for feeder_id in site.paths[device_id] for phase in wires)
            most = min(most, car.max_a, config.max_current_a)
            amps = math.floor(most / config.step_a + 1e-6) * config.step_a
            if amps < config.min_current_a:
                continue
            watts += amps * NOMINAL_V * len(wires)
            for feeder_id in site.paths[device_id]:
                for phase in wires:
                    left[feeder_id][phase] -= amps
        found.append(watts)
    return found


def _phases(site: Site, device_id: str) -> int:
    car = site.chargers[device_id].car or site.specs[device_id].car
    return 0 if car is None else len(car.lines)
