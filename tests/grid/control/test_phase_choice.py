"""A charger that can be changed over between one phase and three uses what gives its car more, within the fuse."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import Cause, ChargerSetpoint, PhaseTriple
from custom_components.tangle_grid.grid.device.phase_change import PhaseChange
from tests.support.grid.feeder_plant import START, Car, Plant, V, charger

HOLD_S = 600.0
CAPACITY_A = 40.0
REACTS_S = 15.0


def switched(device_id: str = "car", **values: object) -> Car:
    settings_of_car = {name: values.pop(name) for name in tuple(values) if name in Car.__dataclass_fields__}
    config = charger(device_id, phase_hold_s=HOLD_S, safe_current_a=0.0, **values)
    return Car(config, **settings_of_car)  # type: ignore[arg-type]


def changes(plant: Plant, device_id: str = "car") -> list[tuple[float, int]]:
    """When it was told to change over for the first time, and to what."""
    told = [
        (at, each.change_to)
        for at, each in plant.setpoints
        if isinstance(each, ChargerSetpoint) and each.device_id == device_id and each.change_to is not None
    ]
    return [each for i, each in enumerate(told) if i == 0 or told[i - 1][1] != each[1] or each[0] - told[i - 1][0] > 60]


def test_one_phase_while_two_others_are_full() -> None:
    plant = Plant(switched(), base_a=(10.0, 36.0, 36.0))
    plant.run(400)
    assert [count for _, count in changes(plant)] == [1]
    assert plant.car().changed == [(1, 0.0)], "it drew nothing then"
    plant.run(300)
    assert plant.setpoint() == 16.0
    assert plant.engine.status(plant.now).devices["car"].phases == (0,)
    assert plant.engine.status(plant.now).devices["car"].switched_to == 1


def test_back_to_three_when_they_are_free_again_but_not_before_the_hold_time() -> None:
    def base_a(now: float) -> PhaseTriple:
        return (10.0, 36.0, 36.0) if now < START + 300 else (10.0, 10.0, 10.0)

    plant = Plant(switched(), base_a=base_a)
    plant.run(2400)
    (first, one), (second, three) = changes(plant)
    assert (one, three) == (1, 3)
    assert second - first >= HOLD_S
    assert plant.setpoint() == 16.0
    assert plant.car().power_w == (16 * V, 16 * V, 16 * V)


def test_what_nobody_needs_is_not_done() -> None:
    plant = Plant(switched(), base_a=(10.0, 20.0, 10.0))
    plant.run(1800)
    assert changes(plant) == []
    # One phase has more amperes, and three of them more power.
    plant = Plant(switched(max_current_a=32.0), base_a=(5.0, 24.0, 24.0))
    plant.run(1800)
    assert changes(plant) == []


def test_a_car_with_one_phase_is_left_on_three() -> None:
    car = switched()
    plant = Plant(car, base_a=(30.0, 5.0, 5.0))
    plant.run(200)
    # What it uses is found by measurement.
    car.config = replace(car.config, phases=(0,))
    plant.run(1800)
    assert changes(plant) == []


def test_why_says_it_while_it_changes() -> None:
    plant = Plant(switched(), base_a=(10.0, 36.0, 36.0))
    said = set()
    while plant.now < START + 400:
        plant.step()
        status = plant.engine.status(plant.now).devices["car"]
        if status.cause is Cause.PHASES:
            said.add(plant.engine.why(plant.now, "car").key)
            assert status.setpoint == 0.0
            assert status.switched_to is None
            assert status.phases == (0, 1, 2), "its current counts on all of them meanwhile"
    assert said == {"phases"}


def test_one_that_does_not_follow_is_left_alone_for_the_hold_time() -> None:
    car = switched(switches=False)
    plant = Plant(car, base_a=(10.0, 36.0, 36.0))
    plant.run(2400)
    at = [when for when, _ in changes(plant)]
    assert len(at) >= 2
    assert all(later - earlier >= HOLD_S for earlier, later in itertools.pairwise(at))
    assert plant.engine.status(plant.now).devices["car"].phases == (0, 1, 2)


def test_one_that_shows_nothing_is_believed_after_a_while() -> None:
    plant = Plant(switched(shows_phases=False), base_a=(10.0, 36.0, 36.0))
    plant.run(900)
    assert [count for _, count in changes(plant)] == [1]
    assert plant.setpoint() == 16.0
    assert plant.engine.status(plant.now).devices["car"].switched_to == 1


def test_what_is_measured_on_other_phases_counts_there() -> None:
    # It says that it changed over, and did not.
    car = switched(switches=False, shows_phases=False)
    plant = Plant(car, base_a=(10.0, 30.0, 30.0))
    plant.run(600)
    plant.base_a = (10.0, 36.0, 36.0)
    plant.run(900)
    assert plant.engine.status(plant.now).devices["car"].phases == (0, 1, 2)
    assert max(plant.loads_a[-1]) <= CAPACITY_A


def test_changed_over_by_hand_it_counts_where_it_flows() -> None:
    car = switched()
    plant = Plant(car, base_a=(10.0, 10.0, 10.0))
    plant.run(900)
    car.switched = 1
    plant.run(60)
    assert plant.engine.status(plant.now).devices["car"].phases == (0,)
    assert changes(plant) == []
    # The hand is respected for the hold time.
    plant.run(HOLD_S - 120)
    assert changes(plant) == []
    plant.run(600)
    assert [count for _, count in changes(plant)] == [3]


def test_it_survives_a_restart() -> None:
    car = switched(shows_phases=False)
    plant = Plant(car, base_a=(10.0, 36.0, 36.0))
    plant.run(900)
    plant.restart()
    plant.run(200)
    assert plant.engine.status(plant.now).devices["car"].switched_to == 1
    plant.base_a = (10.0, 10.0, 10.0)
    plant.run(1200)
    first, *others = changes(plant)
    assert [count for _, count in others] == [3]
    assert others[0][0] - first[0] >= HOLD_S


def test_a_total_that_one_phase_cannot_carry_counts_on_all() -> None:
    change = PhaseChange(HOLD_S)
    change.observe(0.0, 1, idle=True, measured_at=0.0)
    assert change.in_use == 1
    car = switched(split=True)
    plant = Plant(car, base_a=(10.0, 36.0, 36.0))
    plant.run(900)
    assert plant.engine.status(plant.now).devices["car"].phases == (0,)
    shown, car.switched = car.switched, 3
    car.shows_phases = False
    plant.run(30)
    assert shown == 1
    assert plant.engine.status(plant.now).devices["car"].phases == (0, 1, 2)


@pytest.mark.parametrize("told", ["request", "silent", "blind"])
def test_it_is_not_the_time_to_change(told: str) -> None:
    car = switched()
    plant = Plant(car, base_a=(10.0, 36.0, 36.0))
    plant.run(30)
    if told == "silent":
        car.silent = True
    elif told == "blind":
        plant.meter_alive = False
    else:
        car.connected = False
    plant.run(900)
    assert changes(plant) == []


@settings(max_examples=10, deadline=None)
@given(
    base=st.lists(st.tuples(*[st.integers(0, 38)] * 3), min_size=2, max_size=3),
    obeys=st.booleans(),
    shows=st.booleans(),
    split=st.booleans(),
    under_load=st.booleans(),
)
def test_within_the_fuse_and_the_hold_time(
    base: list[tuple[int, int, int]], *, obeys: bool, shows: bool, split: bool, under_load: bool
) -> None:
    def base_a(now: float) -> PhaseTriple:
        first, second, third = base[min(int((now - START) // 600), len(base) - 1)]
        return (float(first), float(second), float(third))

    car = switched(switches=obeys, shows_phases=shows, split=split, phase_pauses=not under_load)
    plant = Plant(car, Car(charger("other", safe_current_a=0.0)), base_a=base_a)
    over_s = 0.0
    while plant.now < START + 600.0 * len(base):
        plant.step()
        # One that says what is not so is found out by what it draws.
        over_s = over_s + plant.dt if max(plant.loads_a[-1]) > CAPACITY_A + 0.1 else 0.0
        assert over_s <= REACTS_S
    at = [when for when, _ in changes(plant)]
    assert all(later - earlier >= HOLD_S for earlier, later in itertools.pairwise(at))
    assert all(amps <= (car.config.min_current_a if under_load else 0.0) for _, amps in car.changed)
