"""Seeded streets that lose their cable, what they could live on, and the best that could have been done."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]

from custom_components.tangle_grid.simulation.clock import StreetDay
from custom_components.tangle_grid.simulation.profiles import HouseholdShape
from custom_components.tangle_grid.simulation.solar import SolarPlant
from custom_components.tangle_grid.simulation.weather import Weather

SLOT_S: Final = 900.0
HOURS: Final = SLOT_S / 3600.0
DAY_S: Final = 86_400.0
DAY_SLOTS: Final = 96
#: What each rank has of a household's usual load: always on, then what is kept longest.
SHARES: Final = (0.3, 0.15, 0.25, 0.3)
#: Of what a battery takes in, what it gives back.
RETURNED: Final = 0.9
#: How far the looking ahead goes, slots.
AHEAD: Final = 192
#: A quarter of an hour of the forecast is off by about so much, and a whole day.
_SLOT_ERROR: Final = 0.15
_DAY_ERROR: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage on one street; all series in W per quarter of an hour, from its first moment on.

    Attributes:
        slots: How long it lasts, quarters of an hour.
        loads_w: By home and rank, what is wanted.
        sun_w: What the sun gives.
        forecast_w: What was forecast of it, further than the outage lasts.
        usual_w: By home and rank, what is usual, further than the outage lasts.
        battery_wh, start_wh: What all batteries hold above their reserves, and what is in them at first, Wh.
        inverter_w: What they and their inverters give or take at most, W.
    """

    slots: int
    loads_w: tuple[tuple[tuple[float, ...], ...], ...]
    sun_w: tuple[float, ...]
    forecast_w: tuple[float, ...]
    usual_w: tuple[tuple[tuple[float, ...], ...], ...]
    battery_wh: float
    start_wh: float
    inverter_w: float

    def wanted_w(self, slot: int, rank: int) -> float:
        """Return what all loads of a rank want, W."""
        return sum(home[rank][slot] for home in self.loads_w)


def make_outage(seed: int) -> Outage:
    """Return an outage of 1 to 48 hours that begins at any hour of the year, on a street of 3 to 12 homes."""
    draw = random.Random(f"outage {seed}")  # noqa: S311  # a model, not a secret
    homes = draw.randint(3, 12)
    season_day, weekday = draw.randint(1, 365), draw.randrange(7)
    begin = draw.randrange(DAY_SLOTS)
    slots = max(4, round(math.exp(draw.uniform(0.0, math.log(48.0))) * 4))
    weather = Weather(seed, season_day)
    plant = SolarPlant(weather, homes * draw.uniform(0.0, 7_000.0))
    total = slots + AHEAD
    sun_w = [-plant.measure(slot_at(begin, each) + SLOT_S / 2, day_of(begin, each)) for each in range(total)]
    day_errors = [math.exp(draw.gauss(0.0, _DAY_ERROR)) for _ in range(total // DAY_SLOTS + 2)]
    forecast_w = [
        watts * day_errors[(begin + each) // DAY_SLOTS] * math.exp(draw.gauss(0.0, _SLOT_ERROR))
        for each, watts in enumerate(sun_w)
    ]
    loads: list[tuple[tuple[float, ...], ...]] = []
    usual: list[tuple[tuple[float, ...], ...]] = []
    for _ in range(homes):
        shapes = [HouseholdShape(draw.uniform(2_000.0, 6_000.0), season_day, (weekday + day) % 7) for day in range(6)]
        mean_w = [
            shapes[(begin + each) // DAY_SLOTS].at((begin + each) % DAY_SLOTS * SLOT_S + SLOT_S / 2)
            for each in range(total)
        ]
        usual.append(tuple(tuple(watts * share for watts in mean_w) for share in SHARES))
        loads.append(tuple(tuple(_lively(draw, watts * share) for watts in mean_w[:slots]) for share in SHARES))
    battery_wh = homes * draw.uniform(1_000.0, 9_000.0)
    return Outage(
        slots=slots,
        loads_w=tuple(loads),
        sun_w=tuple(sun_w[:slots]),
        forecast_w=tuple(forecast_w),
        usual_w=tuple(usual),
        battery_wh=battery_wh,
        start_wh=battery_wh * draw.uniform(0.2, 1.0),
        inverter_w=homes * draw.uniform(600.0, 3_000.0),
    )


def slot_at(begin: int, slot: int) -> float:
    """Return when a slot begins, s; the first day begins at 0."""
    return (begin + slot) * SLOT_S


def day_of(begin: int, slot: int) -> StreetDay:
    """Return the day that a slot belongs to."""
    ordinal = (begin + slot) // DAY_SLOTS
    return StreetDay(ordinal=ordinal, midnight=ordinal * DAY_S, until=(ordinal + 1) * DAY_S, weekday=ordinal % 7)


def _lively(draw: random.Random, mean_w: float) -> float:
    """Return a load that is now and then several times its mean, W."""
    return mean_w * draw.lognormvariate(-0.18, 0.6)


@dataclass(slots=True, kw_only=True)
class Served:
    """What was served, Wh by rank, and how many hours everything that is always on was."""

    energy_wh: list[float]
    hours: float
    switched: int = 0


def best_possible(outage: Outage) -> Served:
    """Return what a linear programme serves that knows everything: each rank counts a thousand times the next.

    Variables per slot: what each rank is given, what the batteries give and take, and what they hold.
    """
    ranks, slots = len(SHARES), outage.slots
    width = slots * (ranks + 3)

    def served(slot: int, rank: int) -> int:
        return slot * (ranks + 3) + rank

    cost, bounds = np.zeros(width), [(0.0, 0.0)] * width
    equal: list[tuple[int, int, float]] = []
    under: list[tuple[int, int, float]] = []
    filled, most = np.zeros(slots), np.zeros(slots)
    for slot in range(slots):
        gives, takes, holds = (served(slot, ranks + each) for each in range(3))
        for rank in range(ranks):
            cost[served(slot, rank)] = -(30.0 ** (ranks - 1 - rank))
            bounds[served(slot, rank)] = (0.0, outage.wanted_w(slot, rank))
            under.append((slot, served(slot, rank), 1.0))
        bounds[gives] = bounds[takes] = (0.0, outage.inverter_w)
        bounds[holds] = (0.0, outage.battery_wh)
        under += [(slot, gives, -1.0), (slot, takes, 1.0)]
        most[slot] = outage.sun_w[slot]
        equal += [(slot, holds, 1.0), (slot, gives, HOURS), (slot, takes, -HOURS * RETURNED)]
        if slot:
            equal.append((slot, served(slot - 1, ranks + 2), -1.0))
    filled[0] = outage.start_wh
    found = linprog(
        cost,
        A_ub=_matrix(under, slots, width),
        b_ub=most,
        A_eq=_matrix(equal, slots, width),
        b_eq=filled,
        bounds=bounds,
        method="highs",
    )
    if not found.success:
        raise RuntimeError(found.message)
    energy = [sum(found.x[served(slot, rank)] for slot in range(slots)) * HOURS for rank in range(ranks)]
    lived = sum(found.x[served(slot, 0)] >= outage.wanted_w(slot, 0) - 1.0 for slot in range(slots)) * HOURS
    return Served(energy_wh=energy, hours=lived)


def _matrix(entries: Sequence[tuple[int, int, float]], rows: int, columns: int) -> coo_matrix:
    row, column, value = zip(*entries, strict=True)
    return coo_matrix((value, (row, column)), shape=(rows, columns))
