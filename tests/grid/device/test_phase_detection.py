"""Which phases a car uses is found by measurement, and what contradicts it counts at once."""

import json
from random import Random

import pytest

from custom_components.tangle_grid.grid import PhaseTriple
from tests.support.grid.feeder_plant import Car, charger, feeder
from tests.support.grid.feeder_tree import Tree, Wired

STEADY = {"main": lambda _: (5.0, 5.0, 5.0)}


def wired(device_id: str = "car", *, config: dict[str, object] | None = None, **values: object) -> Wired:
    return Wired(charger(device_id, **(config or {})), **values)  # type: ignore[arg-type]


def learned(tree: Tree, device_id: str = "car") -> tuple[int, ...] | None:
    assert tree.result is not None
    status = tree.result.status.devices[device_id]
    return status.phases if status.phases_learned else None


def test_a_single_phase_car_leaves_the_other_phases_to_others() -> None:
    """With its phases measured: the two three-phase cars beside it get what it does not use."""
    tight = {"main": lambda _: (5.0, 15.0, 15.0)}
    shares = {}
    for learn in (True, False):
        single = wired("single", config={"learn_phases": learn}, wires=(0,), soc=10.0)
        others = [Car(charger(f"three_{index}", phases=(1, 2))) for index in range(2)]
        tree = Tree(single, *others, feeders=(feeder(),), bases=tight)
        tree.run(1200)
        assert tree.over("main") == []
        shares[learn] = sum(car.draws_a for car in others)
        assert single.draws_a >= (14 if learn else 6)
    assert shares[True] >= shares[False] + 5
    assert shares[True] >= 20


def test_learning_survives_a_restart_and_ends_with_the_car() -> None:
    tree = Tree(wired(wires=(2,)), feeders=(feeder(),), bases=STEADY)
    tree.run(400)
    assert learned(tree) == (2,)
    tree.engine = tree.make_engine(json.loads(json.dumps(tree.engine.to_dict())))
    tree.step()
    assert learned(tree) == (2,)
    tree.car().connected = False
    tree.run(30)
    assert learned(tree) is None
    assert tree.result is not None
    assert tree.result.status.devices["car"].phases == (0, 1, 2)


def test_after_a_long_stop_another_car_may_be_there() -> None:
    tree = Tree(wired(wires=(2,)), feeders=(feeder(),), bases=STEADY)
    tree.run(400)
    state = json.loads(json.dumps(tree.engine.to_dict()))
    tree.now += 1800
    tree.engine = tree.make_engine(state)
    tree.step()
    assert learned(tree) is None


def test_a_current_on_a_phase_that_was_believed_unused_counts_in_the_same_step() -> None:
    """The car goes from one phase to three in mid-session, on a feeder that is nearly full."""
    single = wired("single", wires=(0,))
    others = [Car(charger(f"other_{index}")) for index in range(2)]
    tree = Tree(single, *others, feeders=(feeder(),), bases={"main": lambda _: (5.0, 9.0, 9.0)})
    tree.run(1200)
    assert learned(tree, "single") == (0,)
    before = len(tree.history["main"])
    single.wires = (0, 1, 2)
    tree.step()
    assert learned(tree, "single") is None
    tree.run(120)
    assert longest_over(tree, before) <= 1


def longest_over(tree: Tree, since: int) -> int:
    return len(tree.over("main", since=since))


def noisy(seed: int, sigma_a: float) -> dict[str, object]:
    """A household behind the meter: noise on every phase, and a kettle now and then."""
    chance = Random(seed)  # noqa: S311 - a test
    kettles = [(chance.uniform(0, 40_000), chance.randrange(3)) for _ in range(30)]

    def base(now: float) -> PhaseTriple:
        amps = [4.0 + sigma_a * chance.gauss(0, 1) for _ in range(3)]
        for start, phase in kettles:
            if start <= now % 40_000 < start + 180:
                amps[phase] += 9.0
        return (max(0.0, amps[0]), max(0.0, amps[1]), max(0.0, amps[2]))

    return {"main": base}


@pytest.mark.parametrize("wires", [(0,), (1,), (2,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("seed", [1])
def test_phases_are_learned_from_the_total_alone(wires: tuple[int, ...], seed: int) -> None:
    """Steps of the charger's total against those of the feeder's meter, with noise of 1 A and kettles.

    Somebody starts and stops the car now and then. What is learned is right, and is learned where it helps.
    """
    car = wired(wires=wires, total_only=True, soc=None)
    tree = Tree(car, feeders=(feeder(),), bases=noisy(seed, 1.0))  # type: ignore[arg-type]
    found = set()
    for round_ in range(12):
        car.accepts_a = 32.0 if round_ % 2 == 0 else 0.0
        for _ in range(24):
            tree.step()
            found.add(learned(tree))
    wrong = found - {None, wires}
    assert not wrong
    assert learned(tree) == (wires if wires != (0, 1, 2) else None)


def test_a_wrong_finding_ends_when_the_phase_that_it_excluded_is_short() -> None:
    """It was learned from steps; then the cable is changed without being unplugged, and L2 fills up."""
    car = wired(wires=(0,), total_only=True, soc=None)
    load = [5.0, 5.0, 5.0]
    tree = Tree(car, feeders=(feeder(),), bases={"main": lambda _: (load[0], load[1], load[2])})
    for round_ in range(10):
        car.accepts_a = 32.0 if round_ % 2 == 0 else 0.0
        tree.run(120)
    assert learned(tree) == (0,)
    car.accepts_a = 32.0
    tree.run(120)
    car.wires = (1,)
    load[1] = 30.0
    before = len(tree.history["main"])
    tree.run(60)
    assert learned(tree) is None
    assert longest_over(tree, before) <= 2
    assert max(tree.history["main"][-1]) <= 40.0


def test_two_cars_that_move_together_are_not_confused() -> None:
    """Both ramp at the same moments: nothing can be told from their steps, so nothing is."""
    cars = [wired(f"car_{index}", wires=(index,), total_only=True, soc=None) for index in range(2)]
    tree = Tree(*cars, feeders=(feeder(),), bases=STEADY)
    for round_ in range(10):
        for car in cars:
            car.accepts_a = 32.0 if round_ % 2 == 0 else 0.0
        tree.run(120)
    for index in range(2):
        assert learned(tree, f"car_{index}") in {None, (index,)}
