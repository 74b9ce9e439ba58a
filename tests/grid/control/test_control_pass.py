"""The control pass over hours: trees of feeders, orders, tariffs, few writes, no swinging. What the fuse feels."""

import json
import math
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest

from custom_components.tangle_grid.grid import (
    Compliance,
    FeederConfig,
    FeederState,
    GridEngine,
    GridError,
    PhaseTriple,
    Timing,
)
from tests.support.grid.feeder_plant import START, Car, Store, V, battery, charger, feeder
from tests.support.grid.feeder_tree import Tree, Wired, longest_run, reversals

TIMING = Timing()
HOUR_S = 3600.0
STREET = (
    feeder(63.0, 63.0, feeder_id="street"),
    feeder(40.0, 40.0, feeder_id="building", parent_id="street"),
    feeder(25.0, 25.0, feeder_id="garage", parent_id="building"),
)


def steady(*amps: float) -> Callable[[float], PhaseTriple]:
    first, second, third = amps if len(amps) == 3 else amps * 3
    return lambda _: (first, second, third)


def household(seed: int, *, idle_a: float = 2.0, sigma_a: float = 0.2) -> Callable[[float], PhaseTriple]:
    """A home: noise, a fridge, and now and then a kettle or an oven."""
    chance = Random(seed)  # noqa: S311 - a test
    bursts = []
    at = 0.0
    while at < 100_000:
        at += chance.expovariate(1 / 1500)
        bursts.append((at, chance.choice((180.0, 180.0, 1200.0)), chance.choice((5.0, 9.0)), chance.randrange(3)))

    def base(now: float) -> PhaseTriple:
        second = now - START
        noise = Random(int(second))  # noqa: S311 - a test
        amps = [max(0.0, idle_a + sigma_a * noise.gauss(0, 1)) for _ in range(3)]
        amps[0] += 0.6 if second % 2400 < 900 else 0.0
        for begin, length, more, phase in bursts:
            if begin <= second < begin + length:
                amps[phase] += more
        return (amps[0], amps[1], amps[2])

    return base


def street_of_cars(*, garage_priority: int = 0) -> list[Car]:
    return [
        *(
            Car(charger(f"g{index}", feeder_id="garage", priority=garage_priority), soc=20.0 + index)
            for index in range(3)
        ),
        *(Car(charger(f"b{index}", feeder_id="building", phases=(index,), max_current_a=32.0)) for index in range(2)),
        Car(charger("s0", feeder_id="street"), soc=30.0),
    ]


# Feeders below feeders


@pytest.mark.parametrize("seed", [1])
def test_three_levels_hold_each_their_own_limit(seed: int) -> None:
    """A reading may be above a limit in the step in which something is switched on, and not in the next."""
    tree = Tree(
        *street_of_cars(),
        feeders=STREET,
        bases={
            "street": household(seed, idle_a=15),
            "building": household(seed + 10, idle_a=6),
            "garage": household(seed + 20),
        },
    )
    tree.run(HOUR_S)
    for each in STREET:
        assert longest_run(tree.over(each.feeder_id)) <= 1
    # It is used as well: the tightest of them is kept full.
    hour = tree.history["garage"][len(tree.history["garage"]) // 3 :]
    assert sum(max(load) for load in hour) / len(hour) >= 0.7 * 25


def test_a_feeder_is_blind_and_so_are_all_below_it() -> None:
    # Without the priority the others, who are full sooner, would leave no more than the least currents to the garage.
    cars = street_of_cars(garage_priority=1)
    tree = Tree(*cars, feeders=STREET, bases={"street": steady(10), "building": steady(3)})
    tree.run(600)
    garage, building, outside = ["g0", "g1", "g2"], ["b0", "b1"], ["s0"]
    assert any(tree.car(name).told > 6 for name in garage)
    before = {name: tree.car(name).told for name in (*building, *outside)}

    tree.dead = {"garage"}
    tree.run(20)
    assert all(tree.car(name).told <= 6 for name in garage)
    assert all(tree.car(name).told >= told for name, told in before.items())

    tree.dead = {"building"}
    tree.run(20)
    assert all(tree.car(name).told <= 6 for name in (*garage, *building))
    assert tree.car("s0").told >= before["s0"]
    # The sighted feeders above and below still count.
    tree.bases["garage"] = steady(22)
    tree.run(20)
    assert [tree.car(name).told for name in garage] == [0, 0, 0]

    tree.dead, tree.bases["garage"] = set(), steady(0)
    tree.run(900)
    assert any(tree.car(name).told > 6 for name in garage)
    assert all(longest_run(tree.over(each.feeder_id)) <= 1 for each in STREET)


# A grid operator's orders


def garage_of(number: int, **values: object) -> list[Car]:
    return [Car(charger(f"car_{index}", **values), soc=20.0 + 3 * index) for index in range(number)]


def test_an_order_leaves_each_device_its_floor_and_nothing_more() -> None:
    tree = Tree(*garage_of(3), feeders=(feeder(),), bases={"main": steady(4.0)})
    tree.run(600)
    tree.engine.commands.set_temporary_capacity(tree.now, power_w=4200.0, until=tree.now + 3600)
    tree.run(5)
    assert [tree.car(f"car_{index}").told for index in range(3)] == [6, 6, 6]
    tree.run(600)
    assert all(4100 <= sum(tree.car(f"car_{index}").power_w) <= 4200 for index in range(3))
    assert tree.result is not None
    status = tree.result.status.feeders["main"]
    assert sum(status.capacity_w) == pytest.approx(4200)
    assert not status.overloaded
    assert status.state is not FeederState.NORMAL


def test_the_fuse_wins_over_the_floor() -> None:
    tree = Tree(*garage_of(3), feeders=(feeder(20.0, 20.0),), bases={"main": steady(6.0)})
    tree.run(300)
    tree.engine.commands.set_temporary_capacity(tree.now, power_w=4200.0, until=tree.now + 3600)
    tree.run(600)
    assert sorted(tree.car(f"car_{index}").told for index in range(3)) == [0, 6, 6]
    assert tree.over("main") == []


def test_a_car_that_cannot_charge_with_so_little_pauses_and_a_single_phase_keeps_its_current() -> None:
    tree = Tree(
        Car(charger("thick", min_current_a=8.0, safe_current_a=8.0)),
        Car(charger("single", phases=(1,), max_current_a=32.0)),
        feeders=(feeder(),),
        bases={"main": steady(4.0)},
    )
    tree.run(600)
    tree.engine.commands.set_temporary_capacity(tree.now, power_w=4200.0, until=tree.now + 3600)
    tree.run(600)
    assert tree.car("thick").told == 0
    assert tree.car("single").told == 18


def test_an_order_leaves_a_battery_its_floor_as_well() -> None:
    store = Store(battery(), own_w=5000.0)
    tree = Tree(store, feeders=(feeder(),), bases={"main": steady(4.0)})
    tree.run(60)
    tree.engine.commands.set_temporary_capacity(tree.now, power_w=1000.0, until=tree.now + 600)
    tree.run(60)
    assert 4100 <= store.total_w <= 4200
    tree.run(600)
    assert store.told is None


def test_an_order_with_room_is_shared_and_still_leaves_the_floors() -> None:
    """13 kW for three cars: the floors take 12.4."""
    tree = Tree(*garage_of(3), feeders=(feeder(),), bases={"main": steady(0.0)})
    tree.run(600)
    tree.engine.commands.set_temporary_capacity(tree.now, power_w=14_500.0, until=tree.now + 3600)
    tree.run(300)
    told = sorted(tree.car(f"car_{index}").told for index in range(3))
    assert told[0] >= 6
    assert 18 < sum(told) * 690 * 3 / 2070 <= 21


def test_an_order_survives_a_restart_and_its_end_is_gentle() -> None:
    tree = Tree(*garage_of(4), feeders=(feeder(),), bases={"main": steady(4.0)})
    tree.run(600)
    ends_at = tree.now + 1200
    tree.engine.commands.set_temporary_capacity(tree.now, power_w=4200.0, until=ends_at)
    tree.run(300)
    tree.engine = tree.make_engine(json.loads(json.dumps(tree.engine.to_dict())))
    while tree.now < ends_at:
        assert all(tree.car(f"car_{index}").told <= 6 for index in range(4))
        tree.step()
    before = sum(tree.history["main"][-1])
    totals = [before]
    for _ in range(60):
        tree.step()
        totals.append(sum(tree.history["main"][-1]))
    # Each of the four rises by no more than 2 A in 10 s, on three phases.
    assert all(later - sooner <= 4 * 2 * 3 + 1e-6 for sooner, later in pairwise(totals))
    assert totals[-1] > before + 20
    assert tree.over("main") == []


# Capacity tariffs


def tariff(target_w: float = 9000.0, window_s: float = 900.0) -> FeederConfig:
    return feeder(peak_target_w=target_w, peak_window_s=window_s)


def window_means(tree: Tree, window_s: float = 900.0) -> dict[int, float]:
    """Mean of what was drawn in each whole window of the clock, W."""
    windows: dict[int, list[float]] = {}
    for step, load in enumerate(tree.history["main"], start=1):
        at = START + step * tree.dt
        windows.setdefault(int((at - 1e-6) // window_s), []).append(max(0.0, sum(load) * V))
    full = int(window_s / tree.dt)
    return {number: sum(loads) / len(loads) for number, loads in windows.items() if len(loads) == full}


@pytest.mark.parametrize(("seed", "window_s"), [(1, 900.0), (2, 900.0), (1, 300.0), (1, 1800.0), (2, 3600.0)])
def test_the_mean_of_each_window_stays_below_the_target(seed: int, window_s: float) -> None:
    tree = Tree(*garage_of(2), feeders=(tariff(window_s=window_s),), bases={"main": household(seed)})
    hours = max(3.0, 5 * window_s / HOUR_S)
    tree.run(hours * HOUR_S)
    means = window_means(tree, window_s)
    assert len(means) >= hours * HOUR_S / window_s - 2
    assert max(means.values()) <= 9000
    # And it is used: the cars are not simply kept off.
    assert sum(means.values()) / len(means) >= 0.8 * 9000


def test_a_tariff_without_disturbance_gives_a_steady_current() -> None:
    """No swing at the ends of windows: nothing is told anything new there."""
    tree = Tree(*garage_of(2), feeders=(tariff(),), bases={"main": steady(2.0)})
    tree.run(1800)
    writes = sum(tree.writes.values())
    tree.run(2 * HOUR_S)
    assert sum(tree.writes.values()) - writes <= 4
    assert max(window_means(tree).values()) <= 9000


def test_an_oven_is_made_up_for_within_its_window() -> None:
    """9 kW for five minutes at the end of a window, on top of the cars."""
    window_end = math.ceil((START + 1800) / 900) * 900
    tree = Tree(
        *garage_of(2),
        feeders=(tariff(),),
        bases={
            "main": lambda now: (15.0, 15.0, 15.0) if window_end - 420 <= now < window_end - 120 else (2.0, 2.0, 2.0)
        },
    )
    tree.run(2 * HOUR_S)
    assert max(window_means(tree).values()) <= 9000


def test_the_status_shows_the_window_and_a_restart_in_it_changes_nothing_for_the_worse() -> None:
    tree = Tree(*garage_of(2), feeders=(tariff(),), bases={"main": household(4)})
    tree.run(2000)
    assert tree.result is not None
    status = tree.result.status.feeders["main"]
    assert status.window_mean_w is not None
    assert status.window_projected_w is not None
    assert 0 < status.window_mean_w <= status.window_projected_w + 9000
    for _ in range(12):
        state = json.loads(json.dumps(tree.engine.to_dict()))
        tree.run(70)
        tree.engine = tree.make_engine(state)
        tree.run(270)
    assert max(window_means(tree).values()) <= 9000


@pytest.mark.parametrize("values", [{"peak_target_w": 0.0}, {"peak_target_w": math.nan}, {"peak_window_s": 0.0}])
def test_a_tariff_that_makes_no_sense_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(GridError) as caught:
        Tree(feeders=(feeder(**values),))
    assert caught.value.key == "invalid_config"


# Writes


def test_a_quiet_day_writes_seldom() -> None:
    """Eight hours with a household's kettles and ovens beside three cars: chargers are told something new 7 times an
    hour at most in the mean, and the fuse never blows."""
    tree = Tree(*garage_of(3), feeders=(feeder(),), bases={"main": household(7)}, dt=10.0)
    tree.run(8 * HOUR_S)
    assert longest_run(tree.over("main")) <= 1
    assert max(tree.writes.values()) / 8 <= 7


def test_a_longer_write_interval_is_kept_and_costs_no_time() -> None:
    rises = {}
    for interval in (None, 60.0):
        tree = Tree(Car(charger(write_interval_s=interval)), feeders=(feeder(),), bases={"main": steady(2.0)})
        tree.run(600)
        log = tree.told_log["car"]
        gaps = [later[0] - sooner[0] for sooner, later in pairwise(log) if later[1] > sooner[1]]
        assert all(gap >= (interval or TIMING.min_write_interval_s) for gap in gaps)
        rises[interval] = (len(log), next(at for at, amps in log if amps == 16))
    assert rises[60.0][0] < rises[None][0]
    assert rises[60.0][1] <= rises[None][1] + 60


def test_reductions_never_wait_for_the_write_interval() -> None:
    tree = Tree(Car(charger(write_interval_s=3600.0)), feeders=(feeder(),), bases={"main": steady(2.0)})
    tree.run(4000)
    assert tree.car().told == 16
    tree.bases["main"] = steady(30.0)
    tree.run(10)
    assert tree.car().told <= 8
    assert longest_run(tree.over("main")) <= 1


def test_a_charger_that_goes_back_to_its_own_limit_is_told_again() -> None:
    """It resumes at 16 A whatever it was told: the feeder is nearly full, and the others must not pay for it long."""
    car = Wired(charger(), resumes_at_a=16.0)
    load = [38.0]
    tree = Tree(car, feeders=(feeder(),), bases={"main": lambda _: (load[0],) * 3})
    tree.run(300)
    assert car.told == 0
    load[0] = 26.0
    over = []
    for _ in range(60):
        tree.step()
        over.append(car.draws_a > max(6.0, tree.shown["car"]) + 0.5)
    assert any(over)
    assert longest_run([step for step, is_over in enumerate(over) if is_over]) * tree.dt <= 20
    assert car.told >= 6
    assert not [event for event in tree.of(Compliance) if not event.compliant]


def test_a_slow_reporter_is_believed_for_its_own_time() -> None:
    for max_age_s, silent in ((300.0, False), (None, True)):
        tree = Tree(Car(charger(max_age_s=max_age_s)), feeders=(feeder(),), bases={"main": steady(2.0)})
        inputs = tree.inputs()
        tree.engine.step(tree.now, inputs)
        later = tree.now + 200
        tree.now = later
        meters = {"main": tree.inputs().meters["main"]}
        result = tree.engine.step(later, type(inputs)(meters=meters, devices=inputs.devices))
        assert result.status.devices["car"].silent is silent


# Swinging


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_swings_under_noise(seed: int) -> None:
    """An hour with noise of 0.7 A around a nearly full feeder: each car turns round at most six times."""

    def base(now: float) -> PhaseTriple:
        noise = Random(seed * 100_000 + int(now))  # noqa: S311 - a test
        return (10 + 0.7 * noise.gauss(0, 1), 10 + 0.7 * noise.gauss(0, 1), 10 + 0.7 * noise.gauss(0, 1))

    tree = Tree(*garage_of(3), feeders=(feeder(),), bases={"main": base})
    tree.run(900)
    start = len(tree.history["main"])
    tree.told_log.clear()
    tree.run(HOUR_S)
    for log in tree.told_log.values():
        assert reversals([amps for _, amps in log]) <= 6
    assert len(tree.over("main", since=start)) == 0


def test_the_rebound_after_a_shortage_is_bounded() -> None:
    """Eight cars are set free at once: the load never jumps by more than one step of the ramp for each."""
    load = [70.0]
    cars = garage_of(8)
    tree = Tree(*cars, feeders=(feeder(100.0, 80.0),), bases={"main": lambda _: (load[0],) * 3})
    tree.run(600)
    load[0] = 5.0
    before = sum(car.draws_a for car in cars)
    for _ in range(60):
        tree.step()
        now = sum(car.draws_a for car in cars)
        started = 6 * sum(1 for car in cars if car.draws_a == 6)
        assert now - before <= 2 * len(cars) + started
        before = now
    assert tree.over("main") == []
    assert before >= 80


# Who comes first


def test_who_leaves_first_and_still_gets_ready_comes_first() -> None:
    cars = [
        Car(charger("evening", battery_wh=40_000), soc=50.0, departure_at=START + 2.5 * HOUR_S),
        Car(charger("night", battery_wh=40_000), soc=50.0, departure_at=START + 12 * HOUR_S),
        Car(charger("morning", battery_wh=40_000), soc=50.0, departure_at=START + 8 * HOUR_S),
    ]
    tree = Tree(*cars, feeders=(feeder(30.0, 30.0),), bases={"main": steady(6.0)}, dt=20.0)
    ready: dict[str, float] = {}
    while tree.now < START + 5 * HOUR_S:
        tree.step()
        for car in cars:
            if (car.soc or 0) >= 79.9:
                ready.setdefault(car.config.device_id, tree.now - START)
    assert next(iter(ready)) == "evening"
    assert ready["evening"] <= 2.5 * HOUR_S
    assert set(ready) == {"evening", "morning", "night"}


def test_priority_comes_before_everything_else() -> None:
    first = Car(charger("first", priority=3), soc=10.0, departure_at=START + 40 * HOUR_S)
    hurried = Car(charger("hurried"), soc=10.0, departure_at=START + 3 * HOUR_S)
    tree = Tree(hurried, first, feeders=(feeder(30.0, 30.0),), bases={"main": steady(6.0)})
    tree.run(900)
    assert first.told >= 15
    assert hurried.told <= 7


def test_places_do_not_change_from_step_to_step() -> None:
    """Six alike cars and room for three: who charges goes on charging; changes are few."""
    tree = Tree(
        *(Car(charger(f"car_{index}"), soc=40.0 + 0.01 * index) for index in range(6)),
        feeders=(feeder(30.0, 30.0),),
        bases={"main": household(3, idle_a=6.0, sigma_a=0.1)},
        dt=10.0,
    )
    tree.run(3 * HOUR_S)
    starts = sum(
        1 for log in tree.told_log.values() for sooner, later in pairwise(log) if sooner[1] == 0 and later[1] > 0
    )
    assert starts / 3 <= 12
    assert longest_run(tree.over("main")) <= 1


def test_nobody_is_forgotten_whatever_comes_after() -> None:
    """A car with a great need, and a stream of small ones that are soon full: it gets something before it leaves."""
    great = Car(charger("great", battery_wh=90_000), soc=5.0, departure_at=START + 6 * HOUR_S)
    small = [Car(charger(f"small_{index}", battery_wh=20_000), soc=50.0) for index in range(3)]
    tree = Tree(great, *small, feeders=(feeder(15.0, 15.0),), bases={"main": steady(0.5)}, dt=20.0)
    while tree.now < START + 6 * HOUR_S:
        tree.step()
        for index, car in enumerate(small):
            car.departure_at = START + ((tree.now - START) // 3600 + 1 + index / 4) * 3600
            if (car.soc or 0) >= 80:
                # The next one takes its place.
                car.connected = False
                tree.step()
                car.connected, car.soc = True, 50.0
    assert great.soc is not None
    assert (great.soc - 5.0) / 100 * 90_000 >= 0.04 * 0.75 * 90_000


def test_stays_are_learned_and_kept() -> None:
    car = Car(charger(), soc=None)
    tree = Tree(car, feeders=(feeder(),), bases={"main": steady(2.0)}, dt=300.0, timing=Timing(meter_max_age_s=900.0))
    for _ in range(8):
        car.connected = True
        tree.run(2 * HOUR_S)
        car.connected = False
        tree.run(22 * HOUR_S)
    tree.engine = tree.make_engine(json.loads(json.dumps(tree.engine.to_dict())))
    car.connected = True
    arrived_at = tree.now
    tree.run(900)
    assert tree.result is not None
    expected = tree.result.status.devices["car"].expected_departure_at
    assert expected is not None
    assert abs(expected - arrived_at - 2 * HOUR_S) <= 900


def test_an_engine_of_the_previous_version_is_taken_over() -> None:
    """A state without stays, phases and windows."""
    tree = Tree(*garage_of(1), feeders=(tariff(),), bases={"main": steady(2.0)})
    tree.run(100)
    state = json.loads(json.dumps(tree.engine.to_dict()))
    for each in state["devices"].values():
        for key in ("stays", "phases", "arrived_at"):
            each.pop(key)
    for each in state["feeders"].values():
        each.pop("peak")
    assert isinstance(tree.make_engine(state), GridEngine)
