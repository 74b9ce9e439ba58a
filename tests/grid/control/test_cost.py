"""How much work a decision takes, counted in calls: times would depend on the machine."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.tangle_grid.grid.control import allocator, sharing
from custom_components.tangle_grid.grid.control.allocator import Demand, allocate
from custom_components.tangle_grid.grid.model.world import FeederConfig, GridConfig, MarketConfig
from custom_components.tangle_grid.grid.network.topology import Topology
from tests.support.grid.feeder_plant import Car, Plant, charger

QUIET = MarketConfig(automatic=False)


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[None]:
    """Every call of a function from now on leaves an entry here."""
    calls: list[None] = []
    function: Callable[..., Any] = getattr(module, name)

    def count(*args: Any, **values: Any) -> Any:
        calls.append(None)
        return function(*args, **values)

    monkeypatch.setattr(module, name, count)
    return calls


@pytest.mark.parametrize("equal", [1, 500])
def test_devices_that_are_equal_in_everything_are_shared_among_like_one(
    monkeypatch: pytest.MonkeyPatch, equal: int
) -> None:
    kinds = [
        Demand(limits=limits, min_a=6.0, max_a=most) for limits in ((0, 1, 2), (0,), (1,)) for most in (10.0, 16.0)
    ]
    demands = [kind for kind in kinds for _ in range(equal)]
    calls = counted(monkeypatch, allocator, "_distance")
    shares = allocate([equal * 30.0, equal * 40.0, equal * 50.0], demands)
    assert len(set(shares)) > 1
    assert sum(shares[: 4 * equal]) == pytest.approx(equal * 30.0)
    # Each kind joins and leaves on at most three phases, and each phase is exhausted once.
    assert len(calls) <= 2 * 3 * len(kinds) + 3


@pytest.mark.parametrize("base_a", [1.0, 39.0])
def test_the_current_is_shared_out_twice_in_a_pass_at_most(monkeypatch: pytest.MonkeyPatch, base_a: float) -> None:
    """Once for what can be kept and once for what is fair, also where it is short."""
    plant = Plant(*(Car(charger(f"car_{number}", safe_current_a=0.0), soc=50.0) for number in range(3)), market=QUIET)
    plant.run(600)
    assert plant.car("car_0").told > 0
    calls = counted(monkeypatch, sharing, "share_out")
    plant.base_a = (base_a, base_a, base_a)
    plant.step()
    assert len(calls) <= 2
    assert (plant.car("car_0").told == 0) == (base_a > 30)


def test_a_pass_in_which_no_building_can_be_seen_costs_no_more_per_car_in_a_larger_street(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Below a blind feeder some stand in for others. Each building looks at its own cars only."""
    looks: list[float] = []
    for buildings in (4, 16):
        street = FeederConfig(feeder_id="main", capacity_a=(400.0,) * 3, threshold_a=(400.0,) * 3)
        below = [
            FeederConfig(feeder_id=f"b{each}", parent_id="main", capacity_a=(60.0,) * 3, threshold_a=(60.0,) * 3)
            for each in range(buildings)
        ]
        cars = [Car(charger(f"car{each}", feeder_id=f"b{each // 4}")) for each in range(4 * buildings)]
        config = GridConfig(feeders=(street, *below), devices=tuple(car.config for car in cars), market=QUIET)
        # It has a meter for the street alone.
        plant = Plant(*cars, config=config)
        # One draws more than its safe current, which it was not told.
        cars[0].obeys, cars[0].accepts_a = False, 30.0
        plant.run(120)
        with monkeypatch.context() as patched:
            calls = counted(patched, Topology, "path")
            plant.step()
        looks.append(len(calls) / len(cars))
    assert looks[1] <= 1.5 * looks[0]
