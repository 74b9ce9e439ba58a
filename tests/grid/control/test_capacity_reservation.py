"""What helpers give up is kept for the feeder: the bound on the rebound, on any island."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    BatterySetpoint,
    Cause,
    FeederConfig,
    FeederState,
    PhaseTriple,
    PolicyConfig,
    RequestState,
    Timing,
)
from tests.support.grid.feeder_plant import ALWAYS, Car, Plant, Store, battery, charger, feeder
from tests.support.grid.feeder_tree import QUIET, Tree, longest_run

S = RequestState
NEVER = PolicyConfig()
TIMING = Timing()

type Limit = tuple[str, int]


def car(device_id: str, phases: tuple[int, ...] = (0, 1, 2), **values: object) -> Car:
    car_values = {name: values.pop(name) for name in ("connected", "departure_at", "soc") if name in values}
    config = charger(device_id, **{"phases": phases, "policy": NEVER, "battery_wh": 400_000, **values})
    return Car(config, **{"soc": 20.0, **car_values})  # type: ignore[arg-type]


def loads(plant: Plant, phase: int, since: int) -> list[float]:
    return [load[phase] for load in plant.loads_a[since:]]


# The two gaps


def test_who_takes_no_part_leaves_it_to_the_feeder() -> None:
    """Two chargers help from 16 A down to 0; the third would have liked more before, and would like it now."""
    helpers = [car("one", policy=ALWAYS, priority=1), car("two", policy=ALWAYS, priority=1)]
    third = car("third")
    plant = Plant(*helpers, third, feeders=(feeder(50.0, 30.0),), market=QUIET, planning=False)
    plant.run(900)
    assert (third.told, [each.told for each in helpers]) == (9, [16, 16])
    plant.engine.commands.request_curtailment(plant.now, power_w=40_000.0, duration_s=600.0)
    plant.run(60)
    since = len(plant.loads_a)
    plant.run(540)
    assert third.told == 9
    assert max(loads(plant, 0, since)) == pytest.approx(14.0)
    assert plant.result is not None
    assert plant.result.status.devices["third"].cause is Cause.RESERVED
    # Nothing is short: it is the request that holds it.
    assert plant.result.status.feeders["main"].state is FeederState.NORMAL
    plant.run(600)
    assert max(loads(plant, 0, since)) <= 48.0
    assert [each.told for each in helpers] == [16, 16]


def test_chargers_on_other_phases_do_not_rebound_together() -> None:
    """One phase is full, so that a car on three of them cannot start. Those that fill it help: for the feeder, not to
    let the third one fill all three."""
    helpers = [car("one", (0,), policy=ALWAYS, priority=2), car("two", (0,), policy=ALWAYS, priority=2)]
    three = car("three")
    plant = Plant(*helpers, three, feeders=(feeder(40.0, 22.0),), base_a=(25.0, 5.0, 5.0), market=QUIET, planning=False)
    plant.run(900)
    before = plant.loads_a[-1]
    assert before == (37.0, 5.0, 5.0)
    plant.engine.commands.request_curtailment(plant.now, power_w=50_000.0, duration_s=600.0)
    since = len(plant.loads_a)
    plant.run(600)
    assert plant.loads_a[-1] == (25.0, 5.0, 5.0)
    plant.run(TIMING.release_hold_s + 300)
    for phase in range(3):
        assert max(loads(plant, phase, since)) <= before[phase]
    assert plant.loads_a[-1] == before
    assert three.told == 0


def test_what_a_battery_gives_is_not_for_a_car() -> None:
    store = Store(battery(policy=ALWAYS))
    waits = car("waits", connected=False)
    plant = Plant(store, waits, feeders=(feeder(40.0, 30.0),), market=QUIET, base_a=(28.0,) * 3, planning=False)
    plant.run(300)
    plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=600.0)
    waits.connected = True
    plant.run(595)
    assert store.told == -4000
    assert waits.told == 0
    plant.run(300)
    assert waits.told == pytest.approx(9, abs=1)
    assert any(isinstance(setpoint, BatterySetpoint) for _, setpoint in plant.setpoints)


# Nobody starves


def test_below_the_threshold_everybody_rises() -> None:
    plant = Plant(
        car("one", policy=ALWAYS), car("two"), feeders=(feeder(60.0, 50.0),), market=QUIET, base_a=(30.0,) * 3
    )
    plant.engine.commands.set_planning(enabled=False)
    plant.run(900)
    assert [plant.car(each).told for each in ("one", "two")] == [12, 12]
    plant.engine.commands.request_curtailment(plant.now, power_w=40_000.0, duration_s=900.0)
    plant.run(60)
    assert plant.car("two").told == 12
    plant.base_a = (21.0,) * 3
    plant.run(200)
    # There are 29 A below the threshold, less the 12 A that the other one has given up.
    assert plant.car("two").told == 16
    assert plant.car("one").told == 0


@pytest.mark.parametrize(("departs_in_s", "told"), [(None, 0), (40_000.0, 0), (2000.0, 16)])
def test_a_car_that_leaves_soon_is_not_held(departs_in_s: float | None, told: float) -> None:
    helper, other = car("one", policy=ALWAYS), car("other", connected=False, battery_wh=60_000, target_soc=30)
    plant = Plant(helper, other, feeders=(feeder(40.0, 20.0),), market=QUIET, base_a=(20.0,) * 3, planning=False)
    plant.run(900)
    assert helper.told == 16
    plant.engine.commands.request_curtailment(plant.now, power_w=40_000.0, duration_s=900.0)
    other.connected = True
    other.departure_at = None if departs_in_s is None else plant.now + departs_in_s
    plant.run(300)
    assert other.told == told


def test_a_helper_that_leaves_soon_does_not_wait() -> None:
    cars = [car(f"c{n}", policy=ALWAYS, target_soc=60, battery_wh=60_000) for n in range(4)]
    plant = Plant(*cars, feeders=(feeder(90.0, 20.0),), market=QUIET, planning=False)
    plant.run(900)
    plant.engine.commands.request_curtailment(plant.now, power_w=60_000.0, duration_s=300.0)
    plant.run(200)
    cars[3].departure_at = plant.now + 3600
    plant.run(130)
    assert cars[3].told >= 6
    assert {each.told for each in cars[:3]} == {0}
    plant.run(TIMING.release_hold_s + 3 * TIMING.release_step_s + 120)
    assert {each.told for each in cars} == {16}


def test_who_has_waited_for_one_usual_request_and_its_release_starts() -> None:
    helper, other = car("one", policy=ALWAYS), car("other", connected=False)
    plant = Plant(helper, other, feeders=(feeder(40.0, 20.0),), market=QUIET, base_a=(20.0,) * 3, planning=False, dt=10)
    plant.run(900)
    plant.engine.commands.request_curtailment(plant.now, power_w=40_000.0, duration_s=20_000.0)
    other.connected = True
    plant.run(TIMING.request_duration_s + TIMING.release_hold_s - 20)
    assert other.told == 0
    plant.run(60)
    assert other.told == 6
    plant.run(900)
    assert (other.told, helper.told) == (6, 0)
    # It is over as it is for everybody.
    plant.engine.commands.cancel(plant.now, request_id=next(iter(plant.engine.requests)))
    plant.run(TIMING.release_hold_s + 400)
    assert other.told + helper.told == pytest.approx(17, abs=1)


def test_who_starts_after_waiting_gets_its_least_and_no_share_of_what_helpers_gave_up() -> None:
    helper, other = car("one", policy=ALWAYS), car("other", connected=False)
    plant = Plant(helper, other, feeders=(feeder(60.0, 36.0),), market=QUIET, base_a=(20.0,) * 3, planning=False, dt=10)
    plant.run(900)
    assert helper.told == 16
    plant.engine.commands.request_curtailment(plant.now, power_w=40_000.0, duration_s=20_000.0)
    other.connected = True
    plant.run(TIMING.request_duration_s + TIMING.release_hold_s - 20)
    assert (other.told, helper.told) == (0, 0)
    plant.run(1_000)
    # There would be room for 16 A below the threshold: that is what is paid for not to be used.
    assert (other.told, helper.told) == (6, 0)


def test_a_restart_in_the_middle_lifts_no_lid() -> None:
    plant = Plant(
        car("one", policy=ALWAYS, priority=1),
        car("two"),
        feeders=(feeder(35.0, 20.0),),
        base_a=(10.0,) * 3,
        market=QUIET,
        planning=False,
    )
    plant.run(900)
    one, two = plant.car("one"), plant.car("two")
    assert (one.told, two.told) == (16, 6)
    plant.engine.commands.request_curtailment(plant.now, power_w=40_000.0, duration_s=900.0)
    plant.run(200)
    plant.restart()
    plant.run(695)
    assert (one.told, two.told) == (0, 6)
    plant.run(600)
    assert one.told == 16
    # What nobody else could use by now is free again.
    assert two.told <= 7


# Any island


class Island:
    """Three feeders below each other, cars on any phases that come and go, a battery, and loads that change."""

    def __init__(self, seed: int) -> None:
        random = self.random = Random(seed)  # noqa: S311 - a test
        phases = [(0,), (1,), (2,), (0, 1, 2), (0, 1, 2), (0, 2)]
        self.cars = [
            car(
                f"c{n:02}",
                random.choice(phases),
                feeder_id=random.choice(["main", "street", "house"]),
                max_current_a=random.choice([16.0, 32.0]),
                policy=random.choice([ALWAYS, ALWAYS, NEVER]),
                connected=random.random() < 0.8,
                soc=20.0 + n,
            )
            for n in range(random.randint(3, 9))
        ]
        stores = [Store(battery(policy=ALWAYS, feeder_id="street"))] if random.random() < 0.3 else []
        most = max(
            sum(each.config.max_current_a for each in self.cars if phase in each.config.phases) for phase in range(3)
        )
        capacity = max(32.0, random.uniform(0.3, 1.0) * most)
        share = random.uniform(0.5, 0.95)
        feeders = tuple(
            FeederConfig(
                feeder_id=feeder_id,
                parent_id=parent_id,
                capacity_a=(part * capacity,) * 3,
                threshold_a=(part * share * capacity,) * 3,
            )
            for feeder_id, parent_id, part in (("main", None, 1.0), ("street", "main", 0.7), ("house", "street", 0.5))
        )
        self.levels = {each.feeder_id: [random.uniform(0.0, 0.1) * capacity for _ in range(30)] for each in feeders}
        bases = {feeder_id: self._base(levels) for feeder_id, levels in self.levels.items()}
        self.tree = Tree(*self.cars, *stores, feeders=feeders, bases=bases, dt=10.0)
        self.threshold = {each.feeder_id: each.threshold_a[0] for each in feeders}
        self.bound: dict[Limit, float] = {}
        self.begun = False
        self.seen = 0

    def _base(self, levels: list[float]) -> Callable[[float], PhaseTriple]:
        def base(now: float) -> PhaseTriple:
            level = levels[int(now // 120) % len(levels) if self.begun else 0] + 0.001 * (now % 70)
            return (level, level, level)

        return base

    def come_and_go(self) -> None:
        if self.random.random() < 0.05:
            moved = self.random.choice(self.cars)
            moved.connected = not moved.connected

    def limits(self) -> list[Limit]:
        return [(feeder_id, phase) for feeder_id in self.threshold for phase in range(3)]

    def below(self, limit: Limit) -> list[Car]:
        topology = self.tree.engine._parts.topology
        return [each for each in self.cars if topology.below(limit[0], each.config) and limit[1] in each.config.phases]

    def fits_below_the_threshold(self, limit: Limit) -> float:
        load = self.tree.load_of(limit[0])[limit[1]]
        return self.threshold[limit[0]] - load + sum(each.draws_a for each in self.below(limit))

    def given(self, limit: Limit) -> float:
        """What active parts of chargers keep from being drawn."""
        given = 0.0
        for request in self.tree.engine.requests.values():
            for ask in request.asks.values():
                helper = self.tree.devices[ask.device_id]
                if ask.state is S.ACTIVE and isinstance(helper, Car) and helper in self.below(limit):
                    # What it goes without because the capacity is short is not part of it.
                    watts = min(ask.quantity_w, ask.baseline_w - helper.draws_a * helper.config.watts_per_amp)
                    given += max(0.0, watts / helper.config.watts_per_amp)
        return given

    def with_lid(self) -> set[Limit]:
        topology, names = self.tree.engine._parts.topology, [each.feeder_id for each in self.tree.config.feeders]
        assert topology.number == {name: number for number, name in enumerate(names)}
        return {(names[limit // 3], limit % 3) for limit in self.tree.engine._parts.market.activation.lids().lids}

    def begin(self) -> None:
        self.tree.engine.commands.request_curtailment(
            self.tree.now,
            power_w=self.random.choice([5000.0, 500_000.0]),
            duration_s=self.random.choice([300.0, 600.0]),
        )
        self.begun = True

    def helpers(self, limit: Limit) -> set[str]:
        topology = self.tree.engine._parts.topology
        devices = {
            ask.device_id: self.tree.devices[ask.device_id].config
            for request in self.tree.engine.requests.values()
            for ask in request.asks.values()
            if ask.state is S.ACTIVE
        }
        return {
            device_id
            for device_id, config in devices.items()
            if topology.below(limit[0], config) and limit[1] in config.phases
        }

    def step(self) -> None:
        """One step, and what must hold after it."""
        before = {
            limit: (
                self.helpers(limit),
                sum(max(each.told, each.draws_a) for each in self.below(limit)) + self.given(limit),
            )
            for limit in self.limits()
        }
        self.come_and_go()
        self.tree.step()
        covered = self.with_lid()
        for limit, (helped, allowed) in before.items():
            helpers = self.helpers(limit)
            assert not helpers or limit in covered
            if not helpers <= helped or limit not in self.bound:
                self.bound[limit] = max(self.bound.get(limit, 0.0), allowed)
            if limit in covered:
                self.seen += 1
                drawn = sum(max(0.0, each.draws_a) for each in self.below(limit))
                assert drawn + self.given(limit) <= self.bound[limit] + 1e-6, limit
            self.bound[limit] = max(self.bound[limit], self.fits_below_the_threshold(limit))


@settings(max_examples=12, deadline=None, phases=[Phase.generate], derandomize=True)
@given(st.integers(0, 100_000))
def test_the_chargers_of_no_island_rebound(seed: int) -> None:
    """On each phase of each feeder, up to the end of the release: chargers draw, with what helpers have given up, no
    more than they were allowed when a part began, or than fitted below the threshold at some time since."""
    island = Island(seed)
    island.tree.run(700)
    island.begin()
    request = next(iter(island.tree.engine.requests.values()))
    while island.tree.now < request.ends_at:
        island.step()
    longest_s = TIMING.release_hold_s + len(island.cars) * TIMING.release_step_s + 400
    while island.with_lid() and island.tree.now < request.ends_at + longest_s:
        island.step()
    assert not island.with_lid()
    for each in island.threshold:
        # A base load that rises takes one step to be seen, and one to be followed.
        assert longest_run(island.tree.over(each)) <= 2
