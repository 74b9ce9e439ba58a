"""Properties of the whole control pass, in a closed loop over random trees of feeders, cars, batteries and homes."""

from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    BatteryConfig,
    BatterySetpoint,
    ChargerConfig,
    ChargerSetpoint,
    FeederConfig,
    GridError,
    HouseholdConfig,
    HouseholdSetpoint,
    MarketConfig,
    PhaseTriple,
)
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Store, battery, charger, household
from tests.support.grid.feeder_tree import Base, Tree, longest_run

PHASES = ((0,), (1,), (2,), (0, 1), (0, 1, 2), (0, 1, 2))
WIRED = ((0,), (1,), (2,), (0, 1, 2))
STEPS = 80
_RIPPLE_A = 0.01


@dataclass(frozen=True)
class World:
    """A random island: everything a `Tree` is made of."""

    feeders: tuple[FeederConfig, ...]
    cars: tuple[tuple[ChargerConfig, float, float | None, bool, float], ...]
    loads: dict[str, tuple[PhaseTriple, PhaseTriple]]
    order_w: float | None
    stores: tuple[tuple[BatteryConfig, float, float], ...] = ()
    homes: tuple[tuple[HouseholdConfig, float], ...] = ()
    steps: int = STEPS
    dt: float = 5.0
    automatic: bool = False

    def tree(self, *, reverse: bool = False, names: dict[str, str] | None = None) -> Tree:
        names = names or {}
        cars = [
            Car(
                replace(config, device_id=names.get(config.device_id, config.device_id)),
                soc=soc,
                departure_at=departure_at,
                connected=connected,
                accepts_a=accepts_a,
            )
            for config, soc, departure_at, connected, accepts_a in self.cars
        ]

        others = [
            *(Store(replace(config), soc=soc, own_w=own_w) for config, soc, own_w in self.stores),
            *(Home(replace(config), base_w=base_w) for config, base_w in self.homes),
        ]

        def base(first: PhaseTriple, then: PhaseTriple) -> Base:
            def at(now: float) -> PhaseTriple:
                # Never quite the same: a meter that stands still is not believed.
                ripple = _RIPPLE_A * (now // self.dt % 2)
                one, two, three = first if now < START + self.steps / 2 * self.dt else then
                return (one + ripple, two + ripple, three + ripple)

            return at

        bases = {feeder_id: base(first, then) for feeder_id, (first, then) in self.loads.items()}
        devices: list[Car | Store | Home] = [*cars, *others]
        tree = Tree(
            *(devices[::-1] if reverse else devices),
            feeders=self.feeders,
            bases=bases,
            market=MarketConfig(automatic=self.automatic),
            dt=self.dt,
        )
        if self.order_w is not None:
            tree.engine.commands.set_temporary_capacity(tree.now, power_w=self.order_w, until=tree.now + 200)
        return tree


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return island(Random(draw(st.integers(0, 2**32))), draw(st.integers(1, 4)), draw(st.integers(1, 7)))  # noqa: S311 - a test


@st.composite
def islands_that_help(draw: st.DrawFn) -> World:
    """Cars that may feed back, batteries and homes; most of them say yes to whatever they are asked."""
    chance = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - a test
    world = island(chance, draw(st.integers(1, 3)), draw(st.integers(1, 5)))
    below = [feeder.feeder_id for feeder in world.feeders]
    feeders = tuple(
        replace(feeder, threshold_a=(share * feeder.capacity_a[0],) * 3)
        for feeder in world.feeders
        for share in (chance.uniform(0.5, 0.95),)
    )
    cars = tuple(
        (
            replace(
                config,
                max_discharge_a=chance.choice((0.0, config.max_current_a)),
                policy=replace(ALWAYS, v2g_floor_soc=30.0) if chance.random() < 0.8 else config.policy,
            ),
            *rest,
        )
        for config, *rest in world.cars
    )
    stores = tuple(
        (
            battery(
                f"s{number}",
                feeder_id=chance.choice(below),
                phases=chance.choice(((0,), (1,), (0, 1, 2))),
                policy=ALWAYS,
            ),
            chance.uniform(5.0, 100.0),
            chance.choice((0.0, 2000.0, 5000.0)),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    homes = tuple(
        (
            household(
                f"h{number}",
                feeder_id=chance.choice(below),
                phases=chance.choice(((1,), (2,), (0, 1, 2))),
                policy=ALWAYS,
            ),
            chance.uniform(100.0, 900.0),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    order_w = draw(st.sampled_from((None, None, 8000.0)))
    return replace(
        world,
        feeders=feeders,
        cars=cars,  # type: ignore[arg-type]
        stores=stores,
        homes=homes,
        order_w=order_w,
        steps=240,
        dt=10.0,
        automatic=draw(st.booleans()),
    )


def island(chance: Random, number_of_feeders: int, number_of_cars: int) -> World:
    feeders: list[FeederConfig] = []
    loads: dict[str, tuple[PhaseTriple, PhaseTriple]] = {}
    for number in range(number_of_feeders):
        parent = chance.choice(feeders) if feeders else None
        most = 80.0 if parent is None else parent.capacity_a[0]
        amps = round(chance.uniform(10.0, most), 1)
        feeders.append(
            FeederConfig(
                feeder_id=f"f{number}",
                parent_id=None if parent is None else parent.feeder_id,
                capacity_a=(amps, amps, amps),
                threshold_a=(amps, amps, amps),
            )
        )
        share = amps / 4

        def load(share: float = share) -> PhaseTriple:
            return (chance.uniform(-1, share), chance.uniform(0, share), chance.uniform(0, share))

        loads[f"f{number}"] = (load(), load())
    cars = []
    for number in range(number_of_cars):
        least = chance.choice((6.0, 6.0, 8.0, 7.5))
        config = charger(
            f"c{number}",
            feeder_id=chance.choice(feeders).feeder_id,
            phases=chance.choice(PHASES),
            min_current_a=least,
            safe_current_a=chance.choice((0.0, least)),
            max_current_a=chance.choice((least, 16.0, 32.0)),
            step_a=chance.choice((1.0, 0.5, 2.0)),
            priority=chance.choice((0, 0, 0, 1)),
            battery_wh=chance.choice((40_000, 80_000)) + number,
        )
        departure_at = START + chance.uniform(600, 40_000) if chance.random() < 0.5 else None
        # No two cars are alike: between equals, the order of the input decides.
        soc = 10.0 + 9.0 * number + chance.uniform(0, 8)
        cars.append((config, soc, departure_at, chance.random() < 0.85, chance.choice((32.0, 32.0, 10.0))))
    return World(tuple(feeders), tuple(cars), loads, chance.choice((None, None, 4200.0, 12_000.0)))


#: A loop takes long: what fails is shown as it was found.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=NO_SHRINKING)


@FEW
@given(world=worlds())
def test_no_limit_is_exceeded_for_longer_than_one_reading(world: World) -> None:
    """Setpoints are checked by the plant as they are written: nothing between 0 and the minimum, nothing above."""
    tree = world.tree()
    for _ in range(STEPS):
        tree.step()
    for feeder in world.feeders:
        # The safe state at the start is nobody's decision: whoever enrols chargers has to see to it.
        assert longest_run(tree.over(feeder.feeder_id, since=2)) <= 1


def allowed(config: ChargerConfig, amps: float) -> bool:
    """0, the minimum, or a whole number of steps in the charger's range, in either direction."""
    steps = abs(amps) / config.step_a
    most = config.max_current_a if amps > 0 else config.max_discharge_a
    in_range = config.min_current_a <= abs(amps) <= most
    return amps == 0 or (in_range and (abs(amps) == config.min_current_a or abs(steps - round(steps)) < 1e-6))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=NO_SHRINKING)
@given(world=islands_that_help(), power_w=st.floats(500, 40_000), window_s=st.sampled_from((60.0, 200.0, 400.0)))
def test_all_kinds_of_devices_keep_to_all_limits(world: World, power_w: float, window_s: float) -> None:
    """Before, in and after requests, and with batteries that do as they like in between: no limit is exceeded for
    longer than one reading, in either direction; nobody is told what is not allowed, or paid for more than was asked.
    """
    tree = world.tree()
    cars = {config.device_id: config for config, *_ in world.cars}
    for step in range(world.steps):
        if step == 100:
            with suppress(GridError):
                tree.engine.commands.request_curtailment(tree.now, power_w=power_w, duration_s=window_s)
        result = tree.step()
        for setpoint in result.setpoints:
            if isinstance(setpoint, ChargerSetpoint):
                assert allowed(cars[setpoint.device_id], setpoint.current_a), setpoint
            elif isinstance(setpoint, BatterySetpoint):
                assert setpoint.power_w is None or -5000 <= setpoint.power_w <= 5000
            else:
                assert isinstance(setpoint, HouseholdSetpoint)
                assert setpoint.shed.isdisjoint(setpoint.restore)
    for feeder in world.feeders:
        assert longest_run(tree.over(feeder.feeder_id, since=2)) <= 1
        assert longest_run(tree.fed_out(feeder.feeder_id, since=2)) <= 1
    for request in tree.engine.requests.values():
        for ask in request.asks.values():
            assert ask.energy_wh * 3600 <= ask.quantity_w * window_s + 1e-6 or request.automatic


@FEW
@given(world=worlds())
def test_nothing_for_those_who_need_nothing(world: World) -> None:
    tree = world.tree()
    for _ in range(STEPS):
        tree.step()
        for car in tree.devices.values():
            assert isinstance(car, Car)
            if not car.connected or (car.soc or 0.0) >= car.config.target_soc + 1:
                assert car.told == 0


@FEW
@given(world=worlds(), seed=st.integers(0, 99))
def test_names_and_order_change_nothing(world: World, seed: int) -> None:
    ids = [config.device_id for config, *_ in world.cars]
    shuffled = ids[:]
    Random(seed).shuffle(shuffled)  # noqa: S311 - a test
    names = {before: f"x{after}" for before, after in zip(ids, shuffled, strict=True)}
    one, other = world.tree(), world.tree(reverse=True, names=names)
    for _ in range(STEPS):
        one.step()
        other.step()
        assert {names[name]: one.car(name).told for name in ids} == {
            names[name]: other.car(names[name]).told for name in ids
        }


@settings(max_examples=8, deadline=None, phases=NO_SHRINKING)
@given(
    socs=st.lists(st.floats(50, 75), min_size=2, max_size=4),
    capacity_a=st.floats(14.0, 30.0),
)
def test_everybody_who_wants_energy_gets_some(socs: list[float], capacity_a: float) -> None:
    """However tight the feeder: as long as one car can charge, each gets its energy in the end."""
    cars = [Car(charger(f"c{number}", battery_wh=20_000), soc=soc) for number, soc in enumerate(socs)]
    amps = (capacity_a,) * 3
    feeder = FeederConfig(feeder_id="main", capacity_a=amps, threshold_a=amps)
    tree = Tree(*cars, feeders=(feeder,), bases={"main": lambda _: (3.0, 3.0, 3.0)}, dt=20.0)
    wanted_h = sum(80 - soc for soc in socs) * 200 / (6 * 690)
    tree.run((1.3 * wanted_h + 1) * 3600)
    assert all((car.soc or 0) >= 80 for car in cars)
