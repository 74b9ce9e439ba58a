"""A meter that gives one total: whatever phase its load flows in, no fuse carries more than it may."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    GridConfig,
    Inputs,
    MarketConfig,
    SafeState,
    Timing,
)
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.network.total_meter import TotalMeter
from tests.support.grid.feeder_plant import START, Car, Plant, Store, V, battery, charger, feeder, reading

CAPACITY_A = 40.0
QUIET = MarketConfig(automatic=False)


class TotalPlant(Plant):
    """One meter for all three phases."""

    def __init__(self, *devices: Car | Store, **values: object) -> None:
        config = GridConfig(
            feeders=(feeder(is_total=True),), devices=tuple(each.config for each in devices), market=QUIET
        )
        super().__init__(*devices, config=config, **values)  # type: ignore[arg-type]

    def inputs(self) -> Inputs:
        inputs = super().inputs()
        meter = inputs.meters["main"]
        if meter is None:
            return inputs
        third = meter.total_w / 3
        return replace(inputs, meters={"main": replace(meter, power_w=(third, third, third))})

    def over(self, since: int = 0) -> list[int]:
        return [index for index, load in enumerate(self.loads_a) if index >= since and max(load) > CAPACITY_A + 1e-6]


@pytest.mark.parametrize("phase", range(3))
def test_a_load_in_one_phase_leaves_the_cars_what_that_phase_has_left(phase: int) -> None:
    base = tuple(12.0 if each == phase else 0.0 for each in range(3))
    plant = TotalPlant(Car(charger("one", max_current_a=32)), Car(charger("two")), base_a=base)  # type: ignore[arg-type]
    plant.run(900)
    assert plant.over() == []
    drawn = plant.car("one").draws_a + plant.car("two").draws_a
    assert 0.8 * (CAPACITY_A - 12) <= drawn <= CAPACITY_A - 12


def test_the_rest_counts_on_each_phase_so_that_less_is_left_than_where_phases_are_measured() -> None:
    plant = TotalPlant(Car(charger(max_current_a=32)), base_a=(8.0, 8.0, 8.0))
    result = plant.run(900)
    assert plant.car().draws_a <= CAPACITY_A - 24
    assert plant.car().draws_a >= 0.7 * (CAPACITY_A - 24)
    status = result.status.feeders["main"]
    total_w = sum(plant.loads_a[-1]) * V
    # What is shown as the total is what was measured; a phase shows the most that it may carry.
    assert status.total_w == pytest.approx(total_w, abs=1)
    assert status.load_w is not None
    assert max(status.load_w) == pytest.approx((24 + plant.car().draws_a) * V, abs=5)
    assert plant.of(SafeState) == []


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_phase_is_overloaded_wherever_loads_and_cars_are(seed: int) -> None:
    """Cars on one phase or on three, that report phases or a total; loads that come and go anywhere."""
    rng = random.Random(seed)  # noqa: S311 - loads and cars, no secrets
    cars = [
        Car(
            charger(f"car_{number}", max_current_a=16),
            switched=rng.choice((1, 3)),
            split=rng.random() < 0.5,
        )
        for number in range(3)
    ]
    # Who gives a total may be on any phase of those that are named.
    loads = [0.0, 0.0, 0.0]
    plant = TotalPlant(*cars, base_a=lambda _now: (loads[0], loads[1], loads[2]))
    for _ in range(12):
        loads[rng.randrange(3)] = rng.uniform(0, 14)
        before = len(plant.loads_a)
        plant.run(120)
        # The pass in which a load comes cannot know of it before, and cars take a step to follow.
        assert [each for each in plant.over(before) if each >= before + 3] == [], seed


def test_what_is_fed_in_makes_no_room() -> None:
    plant = TotalPlant(*(Car(charger(f"car_{number}", max_current_a=32)) for number in range(2)), base_a=(-20.0,) * 3)
    plant.run(900)
    assert sum(car.draws_a for car in map(plant.car, ("car_0", "car_1"))) <= CAPACITY_A


def test_a_participant_that_feeds_in_is_taken_out_of_the_total() -> None:
    """A battery that gives what a load on one phase takes: the total is nothing, and the phase is not."""
    store = Store(battery(), own_w=-30 * V)
    plant = TotalPlant(Car(charger(max_current_a=32, phases=(0,)), switched=1), store, base_a=(30.0, 0.0, 0.0))
    plant.run(600)
    assert plant.over() == []
    assert plant.car().draws_a <= CAPACITY_A - 30 + 10


def test_a_meter_that_shows_one_phase_counts_as_that_phase() -> None:
    meter = TotalMeter()
    device = DeviceState(charger(), Timing())
    device.log.add(START, reading((16 * V,) * 3, START))
    shown = meter.placed(reading(20 * V, START), [device], Timing())
    assert meter.rest_a == pytest.approx(4)
    assert shown.power_w == pytest.approx((20 * V,) * 3)
    assert shown.total_w == pytest.approx(20 * V)


def test_the_rest_is_what_it_was_while_a_car_may_be_behind_a_change() -> None:
    plant = TotalPlant(Car(charger(max_current_a=32)), base_a=(5.0, 0.0, 0.0))
    plant.run(600)
    feeder_watch = plant.engine._parts.feeders[0]
    assert feeder_watch.total is not None
    assert feeder_watch.total.rest_a == pytest.approx(5, abs=0.1)
    plant.base_a = (9.0, 0.0, 0.0)
    plant.run(30)
    assert feeder_watch.total.rest_a == pytest.approx(9, abs=0.1)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    meter = TotalMeter()
    meter.placed(reading(30 * V, START), [], Timing())
    meter.placed(reading(9 * V, START - 50), [], Timing())
    assert meter.rest_a == pytest.approx(9)
    meter.forget()
    assert meter.placed(reading(-9 * V, START), [], Timing()).power_w == (0.0, 0.0, 0.0)
