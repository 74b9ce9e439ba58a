"""A plug's bit slips: nothing that a session, a request or a habit is made of may end with it."""

from random import Random

import pytest

from custom_components.tangle_grid.grid import MarketConfig, RequestState, Settlement
from custom_components.tangle_grid.grid.device.plug import PlugWatch
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Plant, charger, reading

QUIET = MarketConfig(automatic=False)
HOLD_S = 20.0


def watch_at(now: float = START) -> PlugWatch:
    """One that has seen a car for a minute."""
    watch = PlugWatch()
    for second in range(60):
        watch.observe(now - 60 + second, said=True, reading=reading(0.0, now - 60 + second), hold_s=HOLD_S)
    return watch


def settled_i(*, slips: bool) -> tuple[int, Plant]:
    """What a car is paid for a quarter of an hour, with a bit that drops for 5 s every two minutes or not."""
    car = Car(charger(policy=ALWAYS))
    plant = Plant(car, market=QUIET, dt=1.0)
    plant.run(700)
    asked_at = plant.now
    if slips:
        car.says_connected = lambda now: (now - asked_at) % 120 >= 5
    _, events = plant.engine.commands.request_curtailment(plant.now, power_w=11_000.0, duration_s=900.0)
    plant.events += events
    plant.run(910)
    return sum(each.amount_i for each in plant.of(Settlement)), plant


def test_a_bit_that_drops_for_some_seconds_costs_no_part_no_session_and_teaches_no_stay() -> None:
    whole_i, quiet = settled_i(slips=False)
    slipped_i, plant = settled_i(slips=True)
    assert whole_i > 2_000_000
    assert slipped_i == whole_i
    part = plant.engine.requests["r1"].asks["car"]
    assert part.state is RequestState.SETTLED
    assert part.reason == quiet.engine.requests["r1"].asks["car"].reason
    assert plant.result is not None
    assert quiet.result is not None
    shown, expected = plant.result.status.devices["car"], quiet.result.status.devices["car"]
    assert shown.session_energy_wh == expected.session_energy_wh > 1000
    assert plant.engine.to_dict()["devices"]["car"]["stays"] == []


def test_a_car_that_has_left_is_paid_only_until_then() -> None:
    car = Car(charger(policy=ALWAYS))
    plant = Plant(car, market=QUIET, dt=1.0)
    plant.run(700)
    plant.engine.commands.request_curtailment(plant.now, power_w=11_000.0, duration_s=900.0)
    plant.run(300)
    car.connected = False
    plant.run(60)
    part = plant.engine.requests["r1"].asks["car"]
    assert part.reason is not None
    assert part.reason.key == "ended_unplugged"
    assert part.energy_wh <= 11_040 * 300 / 3600
    assert car.told == 0


def test_nobody_is_given_more_where_a_car_may_have_left() -> None:
    car = Car(charger())
    plant = Plant(car, dt=1.0)
    plant.run(90)
    told = car.told
    assert 6 <= told < 16
    car.says_connected = lambda _: False
    car.connected = False
    plant.run(15)
    assert car.told == told
    plant.run(10)
    assert car.told == 0


def test_a_plug_counts_at_once_and_its_end_after_the_hold() -> None:
    watch = watch_at()
    for second in range(40):
        watch.observe(START + second, said=False, reading=reading(0.0, START + second), hold_s=HOLD_S)
        assert watch.connected is (second < HOLD_S)
        assert watch.doubted is (second < HOLD_S)
    watch.observe(START + 40, said=True, reading=None, hold_s=HOLD_S)
    assert watch.connected
    assert not watch.doubted


def test_power_that_flows_is_a_plug_and_an_old_reading_is_none() -> None:
    watch = watch_at()
    for second in range(300):
        watch.observe(START + second, said=False, reading=reading(4000.0, START + second), hold_s=HOLD_S)
        assert watch.connected
    # The charger reports once a minute; the car is gone.
    last = reading(4000.0, START + 300)
    for second in range(300, 360):
        watch.observe(START + second, said=False, reading=last, hold_s=HOLD_S)
    assert watch.connected is False


def test_a_bit_that_never_says_so_does_not_hide_a_car_that_charges() -> None:
    watch = PlugWatch()
    for second in range(60):
        watch.observe(START + second, said=False, reading=reading(4000.0, START + second), hold_s=HOLD_S)
        assert bool(watch.connected) is (second > HOLD_S)


def test_who_looks_seldom_believes_what_is_said() -> None:
    """Every five minutes a car may have left and another one have come."""
    watch = PlugWatch()
    for number, said in enumerate((True, False, True, False)):
        watch.observe(START + 300 * number, said=said, reading=reading(0.0, START + 300 * number), hold_s=HOLD_S)
        assert watch.connected is said


def test_what_nobody_can_tell_any_more_counts_as_there_after_a_while() -> None:
    watch = PlugWatch()
    watch.observe(START, said=False, reading=None, hold_s=HOLD_S)
    watch.observe(START + 5, said=None, reading=None, hold_s=HOLD_S)
    assert not watch.may_be_there(START + 5, HOLD_S)
    assert watch.may_be_there(START + 25, HOLD_S)
    assert watch.connected is False


@pytest.mark.parametrize("seed", range(20))
def test_only_what_lasts_longer_than_the_hold_ends_a_session(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - a test
    watch, now = watch_at(), START
    for _ in range(200):
        long = draw.random() < 0.2
        dropped_s = draw.uniform(25, 90) if long else draw.uniform(1, 18)
        begun, ended = now, False
        while now < begun + dropped_s:
            watch.observe(now, said=False, reading=reading(0.0, now), hold_s=HOLD_S)
            ended |= watch.connected is False
            now += draw.uniform(0.2, 2.0)
        assert ended is long
        until = now + draw.uniform(3, 60)
        while now < until:
            watch.observe(now, said=True, reading=reading(0.0, now), hold_s=HOLD_S)
            now += draw.uniform(0.2, 2.0)
