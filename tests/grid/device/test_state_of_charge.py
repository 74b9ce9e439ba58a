"""A state of charge that is late, old, rounded, gone or of before the trip neither drains a car nor starves it."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import ChargerSetpoint, ChargerTelemetry, MarketConfig, PolicyConfig, PolicyMode
from custom_components.tangle_grid.grid.device.state_of_charge import ChargeWatch
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Plant, Store, battery, charger

QUIET = MarketConfig(automatic=False)
HOUR = 3600.0
FLOOR = 60.0
V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=FLOOR)
#: What whole percent may be off, and what half a minute of power may be, percent.
ROUNDED = 0.5
STEP = 0.4


def observe(watch: ChargeWatch, now: float, said: float | None, said_at: float | None, power_w: float) -> None:
    telemetry = ChargerTelemetry(reading=None, soc=said, soc_at=said_at)
    watch.observe(now, telemetry, power_w=power_w, told=None, plugged=True)


type Says = Callable[[float], tuple[float | None, float | None]]


@settings(max_examples=300, deadline=None)
@given(
    capacity_wh=st.integers(20_000, 100_000),
    real=st.floats(20.0, 90.0),
    efficiency=st.floats(0.9, 1.0),
    powers_w=st.lists(st.floats(-11_000.0, 11_000.0), min_size=10, max_size=80),
    every_s=st.sampled_from([10, 60, 600, 3600]),
    late_s=st.sampled_from([0, 20, 300]),
    gone=st.booleans(),
)
def test_a_car_has_at_least_what_it_surely_has_and_about_what_is_expected(
    *, capacity_wh: int, real: float, efficiency: float, powers_w: list[float], every_s: int, late_s: int, gone: bool
) -> None:
    watch = ChargeWatch(capacity_wh)
    watch.arrive(START)
    history = [real]
    said, said_at = float(round(real)), START
    moved_wh, dt = 0.0, 10.0
    for number in range(len(powers_w) * 30):
        now, power_w = START + number * dt, powers_w[number // 30]
        stored_w = power_w * efficiency if power_w > 0 else power_w / efficiency
        real = min(100.0, max(0.0, real + (stored_w * dt / 36 / capacity_wh if number else 0.0)))
        history.append(real)
        taken = number - late_s / dt
        if taken >= 0 and number * dt % every_s == 0:
            said, said_at = float(round(history[int(taken) + 1])), START + taken * dt
        shown = None if gone and number % 90 > 40 else said
        observe(watch, now, shown, said_at, power_w)
        moved_wh = watch.in_wh + watch.out_wh
        assert watch.surely is None or watch.surely <= real + ROUNDED + STEP
        if watch.expected is not None and 0.0 < real < 100.0:
            off = 0.1 * moved_wh / capacity_wh * 100
            assert abs(watch.expected - real) <= ROUNDED + STEP + off
    assert watch.value is not None


def test_a_repeated_value_is_no_news() -> None:
    watch = ChargeWatch(50_000)
    watch.arrive(START)
    for minute in range(61):
        now = START + 60 * minute
        observe(watch, now, 60.0, now, 10_000.0)
    assert watch.expected == pytest.approx(60 + 10_000 * 0.92 / 500)
    observe(watch, now + 1, 61.0, now + 1, 0.0)
    assert watch.expected == 61


def test_it_survives_a_restart_but_not_one_in_which_nobody_measured_what_was_fed_back() -> None:
    watch = ChargeWatch(50_000)
    watch.arrive(START)
    observe(watch, START, 60.0, START, 0.0)
    for minute in range(1, 61):
        observe(watch, START + 60 * minute, None, None, 5000.0)
    again = ChargeWatch(50_000)
    again.restore(watch.to_dict())
    assert again.expected == watch.expected == pytest.approx(69.2)
    observe(watch, START + 3610, None, None, -5000.0)
    again.restore(watch.to_dict())
    assert again.surely is None


def test_what_nobody_can_see_may_have_been_fed_back() -> None:
    watch = ChargeWatch.of(charger(battery_wh=50_000, max_discharge_a=16.0))
    watch.arrive(START)
    observe(watch, START, 80.0, START, 0.0)
    told_before = watch.surely
    for number in range(1, 361):
        watch.observe(START + 10 * number, None, power_w=None, told=-6.0, plugged=True)
    assert told_before == 80
    assert watch.surely == pytest.approx(80 - 11_040 / 0.9 / 500)


# With the whole grid around it


def parked(says: Says, *, real: float = 75.0, **values: object) -> Car:
    car = Car(charger(**{"battery_wh": 60_000, **values}), soc=real)  # type: ignore[arg-type]
    car.says_soc = says
    return car


def asked_for_hours(car: Car, hours: float) -> float:
    """Ask for all that it can feed back, one request after the other; returns the least that it really had."""
    plant = Plant(car, market=QUIET, dt=10.0)
    least = car.soc or 0.0
    plant.run(100)
    end = plant.now + hours * HOUR
    while plant.now < end:
        if plant.engine.status(plant.now).open_requests == ():
            plant.engine.commands.request_curtailment(plant.now, power_w=11_000.0, duration_s=900.0)
        plant.step()
        least = min(least, car.soc or 0.0)
    return least


@pytest.mark.parametrize("capacity_wh", [60_000, None])
@pytest.mark.parametrize(
    "says",
    [
        lambda _: (75.0, START),
        lambda now: (75.0, now),
        lambda now: (75.0 if now < START + 300 else None, START),
    ],
    ids=["old", "stands still", "vanishes"],
)
def test_feeding_back_never_goes_below_the_floor(says: Says, capacity_wh: int | None) -> None:
    car = parked(says, policy=V2G, max_discharge_a=16.0, target_soc=50.0)
    if capacity_wh is None:
        # The car's battery is as large as before, but nobody said so.
        real = parked(says, policy=V2G, max_discharge_a=16.0, target_soc=50.0)
        car = Unsaid(charger(battery_wh=None, policy=V2G, max_discharge_a=16.0, target_soc=50.0), soc=real.soc)
        car.says_soc = says
    least = asked_for_hours(car, 6.0)
    # It has helped, and it has stopped in time.
    assert least < 74
    assert least >= FLOOR - 0.2


class Unsaid(Car):
    """Its battery holds 60 kWh, which nobody entered."""

    def follow(self, dt: float) -> None:
        super().follow(dt)
        assert self.soc is not None
        self.soc += self.draws_a * self.config.watts_per_amp * dt / 3600 / 60_000 * 100


def test_a_value_of_before_the_trip_feeds_nothing_back_and_keeps_no_car_from_charging() -> None:
    car = parked(lambda _: (85.0, START - 5 * HOUR), real=30.0, policy=V2G, max_discharge_a=16.0)
    car.connected = False
    plant = Plant(car, market=QUIET, dt=10.0)
    plant.run(100)
    car.connected = True
    plant.run(400)
    assert car.draws_a == 16
    plant.engine.commands.request_curtailment(plant.now, power_w=22_000.0, duration_s=900.0, device_ids=["car"])
    plant.run(300)
    assert 0 <= car.told < 16
    plant.run(HOUR)
    # A new value comes, and it is believed.
    car.says_soc = lambda now: (float(int(car.soc or 0)), now)
    plant.run(5 * HOUR)
    assert car.soc == pytest.approx(80.5, abs=1.5)
    assert car.draws_a == 0


def test_the_value_with_which_a_car_left_is_no_news_when_it_is_back() -> None:
    """Services poll, and stamp what they had."""
    car = parked(lambda now: (85.0, now), real=85.0)
    plant = Plant(car, dt=10.0)
    plant.run(300)
    assert car.draws_a == 0
    car.connected = False
    plant.run(2 * HOUR)
    car.soc, car.connected = 30.0, True
    plant.run(300)
    assert car.draws_a == 16


@pytest.mark.parametrize(
    "says",
    [lambda _: (60.0, START), lambda now: (60.0, now), lambda now: (60.0 if now < START + 300 else None, now)],
    ids=["old", "stands still", "vanishes"],
)
def test_charging_stops_where_the_measured_energy_says_so(says: Says) -> None:
    car = parked(says, real=60.0, target_soc=78.0)
    plant = Plant(car, dt=10.0)
    plant.run(4 * HOUR)
    assert car.draws_a == 0
    assert 78 <= car.soc <= 80  # type: ignore[operator]


@pytest.mark.parametrize("capacity_wh", [60_000, None])
def test_going_up_and_down_at_the_target_does_not_start_and_stop(capacity_wh: int | None) -> None:
    car = Unsaid(charger(battery_wh=None), soc=79.0) if capacity_wh is None else parked(lambda _: (None, None))
    car.soc = 79.0

    def says(now: float) -> tuple[float, float]:
        real = car.soc or 0.0
        return (79.0 if real < 79.9 or now // 60 % 2 else 80.0), now

    car.says_soc = says
    plant = Plant(car, dt=10.0)
    plant.run(3 * HOUR)
    told = [each.current_a for _, each in plant.setpoints if isinstance(each, ChargerSetpoint)]
    stops = [(before, after) for before, after in pairwise(told) if (before > 0) != (after > 0)]
    assert car.draws_a == 0
    assert len(stops) <= 2


def test_a_home_battery_is_carried_on_to_its_floor() -> None:
    store = Store(battery(policy=ALWAYS, min_soc=20.0), soc=40.0)
    real = 40.0
    plant = Plant(store, market=QUIET, dt=10.0)
    plant.run(700)
    for _ in range(3 * 360):
        if plant.engine.status(plant.now).open_requests == ():
            plant.engine.commands.request_curtailment(plant.now, power_w=4000.0, duration_s=HOUR)
        plant.step()
        real += store.total_w * 10 / 36 / 10_000
    assert 19.8 <= real < 25


def test_of_another_car_nothing_counts_that_was_heard_before() -> None:
    watch = ChargeWatch(50_000)
    watch.arrive(START)
    observe(watch, START, 80.0, START, 0.0)
    assert watch.surely == 80.0
    watch.change_car(left_with=65.0, left_at=START - 10 * HOUR)
    assert watch.expected is None
    # Its value of before the trip is not believed, a new one is.
    observe(watch, START + 60, 65.0, START, 0.0)
    assert watch.surely is None
    observe(watch, START + 120, 40.0, START + 100, 0.0)
    assert watch.surely == 40.0
