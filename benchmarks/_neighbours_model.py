"""Seeded islands beside each other for a day, and the best that one linear programme could do with all of them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import coo_matrix  # type: ignore[import-untyped]

from custom_components.tangle_grid.grid.trade import OwnWindow, Store
from custom_components.tangle_grid.simulation.clock import StreetDay
from custom_components.tangle_grid.simulation.profiles import HouseholdShape
from custom_components.tangle_grid.simulation.solar import SolarPlant
from custom_components.tangle_grid.simulation.weather import Weather

WINDOWS: Final = 24
WINDOW_S: Final = 3600.0
SHAPES: Final = ("line", "star", "ring")
#: What everything costs, iota per MWh, with a million iota for a unit of the currency.
_DEAR: Final = 600_000_000
_MISSING: Final = 4_000_000_000
_FEE: Final = 5_000_000
#: Iota per Wh in the programme's costs, so that its numbers are near one.
_SCALE: Final = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A tie line between two islands, by their numbers; W, and what each side wants for a MWh that crosses."""

    ends: tuple[int, int]
    limit: int
    fee: int = _FEE


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Islands and the ties between them."""

    windows: tuple[tuple[OwnWindow, ...], ...]
    stores: tuple[Store, ...]
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a day came to.

    Attributes:
        cost: Of all islands, fees included, in iota per W and window, scaled.
        imported: From the feed of each island, W, by window.
        missing_wh: What they went without.
    """

    cost: float
    imported: np.ndarray
    missing_wh: float

    @property
    def peak_w(self) -> float:
        """The sum of what each island drew from its own feed in its own worst window, W."""
        return float(self.imported.max(axis=1).sum())


def make_network(shape: str, count: int, seed: int, windows: int = WINDOWS) -> Network:
    """Return streets of 3 to 12 homes: some with sun, some with batteries, each with a tariff and a fuse of its own."""
    draw = random.Random(f"islands {seed} {count} {shape}")  # noqa: S311  # a model, not a secret
    season_day = draw.randint(1, 365)
    weather = Weather(seed, season_day)
    made = [_island(draw, weather, season_day, windows) for _ in range(count)]
    return Network(
        windows=tuple(windows for windows, _ in made),
        stores=tuple(store for _, store in made),
        ties=tuple(Tie(ends=ends, limit=draw.randrange(5_000, 15_000, 100)) for ends in _ends(shape, count)),
    )


def _ends(shape: str, count: int) -> list[tuple[int, int]]:
    if shape == "star":
        return [(0, each) for each in range(1, count)]
    line = list(pairwise(range(count)))
    return [*line, (count - 1, 0)] if shape == "ring" and count > 2 else line


def _island(
    draw: random.Random, weather: Weather, season_day: int, windows: int
) -> tuple[tuple[OwnWindow, ...], Store]:
    homes = draw.randint(3, 12)
    weekday = draw.randrange(7)
    shapes = [HouseholdShape(draw.uniform(2_000.0, 6_000.0), season_day, weekday) for _ in range(homes)]
    plant = SolarPlant(weather, homes * draw.choice([0.0, 2_000.0, 6_000.0]) * draw.uniform(0.5, 1.5))
    day = StreetDay(ordinal=season_day, midnight=0.0, until=86_400.0, weekday=weekday)
    # Cars in the evening: of many islands the own fuse is short then.
    cars_at, cars_w = draw.randint(16, 21), homes * draw.uniform(0.0, 4_000.0)
    price = draw.randrange(220_000_000, 340_000_000)
    lower = draw.randrange(120_000_000, price)
    cheap = {draw.randrange(24) for _ in range(draw.choice([0, 6, 10]))}
    fuse = int(homes * draw.uniform(900.0, 3_000.0))
    found = []
    for window in range(windows):
        at = (window + 0.5) * WINDOW_S
        load = sum(shape.at(at) for shape in shapes) * draw.lognormvariate(-0.02, 0.2) + plant.measure(at, day)
        if cars_at <= window < cars_at + 3:
            load += cars_w
        tariff = lower if window in cheap else price
        found.append(
            OwnWindow(
                load=round(load),
                imports=((tariff, fuse * 2 // 3), (_DEAR, fuse // 3)),
                exports=((draw.randrange(30_000_000, 80_000_000), fuse),),
                missing_price=_MISSING,
            )
        )
    most = int(homes * draw.choice([0.0, 3_000.0, 9_000.0]) * draw.uniform(0.5, 1.5))
    least = most // 10
    power = int(most * draw.uniform(0.25, 0.6))
    store = Store(
        now=least + int((most - least) * draw.random()),
        least=least,
        most=most,
        charge_most=power,
        discharge_most=power,
        worth=draw.randrange(100_000_000, 200_000_000),
    )
    return tuple(found), store


class _Programme:
    """A linear programme that grows by variables and by rows that add up to something."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.bounds: list[tuple[float, float]] = []
        self.entries: list[tuple[int, int, float]] = []
        self.sums: list[float] = []

    def variable(self, cost: float, least: float, most: float) -> int:
        self.costs.append(cost * _SCALE)
        self.bounds.append((least, most))
        return len(self.costs) - 1

    def row(self, total: float, parts: Sequence[tuple[int, float]]) -> None:
        self.entries += [(len(self.sums), variable, factor) for variable, factor in parts]
        self.sums.append(total)

    def solve(self) -> tuple[float, np.ndarray]:
        row, column, value = zip(*self.entries, strict=True)
        matrix = coo_matrix((value, (row, column)), shape=(len(self.sums), len(self.costs)))
        found = linprog(self.costs, A_eq=matrix, b_eq=self.sums, bounds=self.bounds, method="highs")
        if not found.success:
            raise RuntimeError(found.message)
        return float(found.fun), found.x


def best_possible(network: Network, flows: Mapping[tuple[int, int], int] | None = None) -> Outcome:
    """Return the best that can be done with all islands at once, or with what crosses each tie given.

    Args:
        network: The islands.
        flows: By tie and window, W from the first end to the second; what is not there is 0. None: they are chosen too.
    """
    programme = _Programme()
    count = len(network.windows[0])
    crossing: dict[tuple[int, int], list[tuple[int, float]]] = {
        (island, window): [] for island in range(len(network.windows)) for window in range(count)
    }
    for number, tie in enumerate(network.ties):
        for window in range(count):
            given = None if flows is None else flows.get((number, window), 0)
            first, second = (crossing[end, window] for end in tie.ends)
            for sign in (1.0, -1.0):
                bounds = (0.0, float(tie.limit)) if given is None else (max(0.0, given * sign),) * 2
                flow = programme.variable(2 * tie.fee, *bounds)
                first.append((flow, -sign))
                second.append((flow, sign))
    imported: list[list[list[int]]] = []
    missing: list[int] = []
    for island, (windows, store) in enumerate(zip(network.windows, network.stores, strict=True)):
        imported.append([])
        held_before: int | None = None
        for window, own in enumerate(windows):
            bought = [programme.variable(price, 0.0, most) for price, most in own.imports]
            sold = [programme.variable(-price, 0.0, most) for price, most in own.exports]
            without = programme.variable(own.missing_price, 0.0, max(0, own.load))
            unused = programme.variable(0.0, 0.0, 1e9)
            # What is given on although there is none of it is made up at the price of going without.
            short = programme.variable(own.missing_price, 0.0, 1e9)
            charged = programme.variable(0.0, 0.0, store.charge_most)
            discharged = programme.variable(0.0, 0.0, store.discharge_most)
            last = window == count - 1
            held = programme.variable(-store.worth if last else 0.0, store.least, max(store.most, store.least))
            programme.row(
                own.load,
                [
                    *((each, 1.0) for each in (*bought, without, short, discharged)),
                    *((each, -1.0) for each in (*sold, unused, charged)),
                    *crossing[island, window],
                ],
            )
            parts = [
                (held, 1.0),
                (charged, -store.charge_efficiency / 1000),
                (discharged, 1000 / store.discharge_efficiency),
            ]
            before = [] if held_before is None else [(held_before, -1.0)]
            programme.row(store.now if held_before is None else 0.0, parts + before)
            held_before = held
            imported[-1].append(bought)
            missing += [without, short]
    cost, values = programme.solve()
    return Outcome(
        cost=cost,
        imported=np.array([[sum(values[each] for each in bought) for bought in row] for row in imported]),
        missing_wh=float(sum(values[each] for each in missing)),
    )
