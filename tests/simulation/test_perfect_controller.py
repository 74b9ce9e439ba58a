"""The controller that knows everything, against which energies are held; and that sites of the zoo are as they say."""

import random

import pytest

from benchmarks._zoo_draw import draw
from benchmarks._zoo_perfect import DWELL_S, Car, _filled, best_w, opened, smoothed
from benchmarks._zoo_site import START, ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import Appliance, BaseLoad
from tests.support.grid.feeder_plant import V


def test_what_is_given_holds_and_is_taken_back_at_once() -> None:
    assert opened([3.0, 9.0, 9.0, 1.0, 5.0, 5.0, 5.0], 2) == [3.0, 9.0, 9.0, 1.0, 5.0, 5.0, 5.0]
    assert opened([3.0, 9.0, 3.0, 3.0, 8.0, 8.0, 8.0], 3) == [3.0, 3.0, 3.0, 3.0, 8.0, 8.0, 8.0]
    chance = random.Random(1)  # noqa: S311 - a model
    values = [chance.random() for _ in range(500)]
    line = opened(values, 20)
    assert all(low <= high for low, high in zip(line, values, strict=True))
    # Each of its levels holds for 20 values: nowhere is it above the least of all windows around.
    for at, level in enumerate(line):
        windows = [values[begin : begin + 20] for begin in range(max(0, at - 19), min(at, 480) + 1)]
        assert level == max(min(window) for window in windows)
    assert opened([4.0, 2.0], 20) == [2.0, 2.0]


def test_noise_of_seconds_is_smoothed() -> None:
    values = [1.0, -1.0] * 100
    assert all(abs(each) <= 0.08 for each in smoothed(values, 30)[15:-15])
    assert smoothed([5.0] * 40, 30) == [5.0] * 40


@pytest.mark.parametrize(
    ("room", "cars", "amps"),
    [
        # One car, three phases; the tightest counts, and its own maximum.
        ([10.0, 20.0, 20.0], [((0, 1, 2), 6.0, 16.0, 3)], 30.0),
        ([40.0, 40.0, 40.0], [((0, 1, 2), 6.0, 16.0, 3)], 48.0),
        ([5.0, 40.0, 40.0], [((0, 1, 2), 6.0, 16.0, 3)], 0.0),
        # Two share; with 11 A they take turns.
        ([11.0, 11.0, 11.0], [((0, 1, 2), 6.0, 16.0, 3)] * 2, 33.0),
        # One phase and three: equal currents, and the one that is not limited goes on.
        ([16.0, 40.0, 40.0], [((0, 1, 2), 6.0, 16.0, 3), ((0,), 6.0, 16.0, 1)], 32.0),
        ([20.0, 40.0, 40.0], [((0, 1, 2), 6.0, 16.0, 3), ((1,), 6.0, 16.0, 1)], 64.0),
    ],
)
def test_cars_are_raised_together(room: list[float], cars: list[Car], amps: float) -> None:
    assert _filled(room, cars) == pytest.approx(amps)


def test_the_best_of_an_hour() -> None:
    """Behind 25 A with 17 A on L1: 7 A, but for the kettle, and for as long as the car is there."""
    full = (25.0, 25.0, 25.0)
    kettle = Appliance(amps=(9.0, 0.0, 0.0), begin=START + 1000.0, end=START + 1120.0)
    base = BaseLoad(seed=1, mean_a=(17.0, 4.0, 5.0), flicker_a=0.1, appliances=(kettle,))
    feeder = FeederSpec(config=FeederConfig(feeder_id="main", capacity_a=full, threshold_a=full), base=base)
    site = Site([feeder], [ChargerSpec(config=ChargerConfig(device_id="car", feeder_id="main"), car=ZooCar())])
    site.run(2000.0)
    site.chargers["car"].unplug()
    site.run(100.0)
    best = best_w(site, START, site.now)
    assert len(best) == 2100
    assert best[500] == pytest.approx(7 * 3 * V)
    assert best[1060] == 0.0
    assert best[1500] == pytest.approx(7 * 3 * V)
    assert best[2050] == 0.0
    assert {round(each / 3 / V) for each in best} <= {0, 6, 7}
    assert DWELL_S == 300


def test_a_number_draws_the_same_site_again() -> None:
    for seed in range(20):
        first = draw(random.Random(seed))  # noqa: S311 - a model
        again = draw(random.Random(seed))  # noqa: S311 - a model
        assert first.says == again.says
        assert (first.allowed_s, first.length_s, first.truthful) == (again.allowed_s, again.length_s, again.truthful)
        assert 1 <= len(first.site.chargers) <= 8
        assert 1800.0 <= first.length_s <= 5400.0
