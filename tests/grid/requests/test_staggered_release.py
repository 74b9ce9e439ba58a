"""After a request: households' loads and batteries come back one by one, as chargers do."""

from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    BatterySetpoint,
    Cause,
    GridConfig,
    GridError,
    HouseholdSetpoint,
    MarketConfig,
    RequestState,
    Timing,
)
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, V, battery, charger, feeder, household
from tests.support.grid.feeder_tree import longest_run

QUIET = MarketConfig(automatic=False)
TIMING = Timing()
MINUTE_S = 60.0


def homes(number: int) -> list[Home]:
    return [Home(household(f"home_{each:02}", policy=ALWAYS)) for each in range(number)]


def stores(number: int) -> list[Store]:
    """Batteries that charge by themselves, 5 kW each."""
    return [Store(battery(f"store_{each:02}", policy=ALWAYS), own_w=5000.0) for each in range(number)]


def island(
    *devices: Car | Store | Home, capacity_a: float = 200.0, threshold_a: float = 150.0, dt: float = 5.0
) -> Plant:
    config = GridConfig(
        feeders=(feeder(capacity_a, threshold_a),),
        devices=tuple(device.config for device in devices),
        market=QUIET,
        planning=False,
    )
    return Plant(*devices, config=config, dt=dt)


def asked(plant: Plant, duration_s: float = 600.0) -> str:
    """Everybody gives all that it has, until the last step of the window."""
    plant.run(900)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=900_000.0, duration_s=duration_s)
    plant.run(duration_s - plant.dt)
    return request.request_id


def running(plant: Plant) -> int:
    """Loads that are on."""
    return sum(sum(home.loads.values()) for home in plant.devices.values() if isinstance(home, Home))


def test_with_room_below_the_threshold_they_come_back_in_steps() -> None:
    plant = island(*homes(6), *stores(3))
    asked(plant)
    assert running(plant) == 0
    plant.step()
    start = len(plant.loads_a) - 1
    plant.run(9 * TIMING.release_step_s + MINUTE_S)
    assert running(plant) == 12
    assert all(store.told is None for store in plant.devices.values() if isinstance(store, Store))
    loads = [sum(load) * V for load in plant.loads_a[start:]]
    steps = [later - sooner for sooner, later in pairwise(loads) if later > sooner + 100]
    # What batteries fed in ends, and the first of six homes has its 3 kW; then the others, then batteries with 5 kW.
    assert [round(step, -2) for step in steps] == [18_000.0] + [3000.0] * 5 + [5000.0] * 3
    assert max(max(load) for load in plant.loads_a[start:]) <= 150.0


def test_without_room_they_wait_for_five_minutes_and_no_longer() -> None:
    plant = island(*homes(6), *stores(3), capacity_a=250.0)
    asked(plant)
    plant.base_a = (149.0,) * 3
    start = len(plant.loads_a)
    plant.run(TIMING.release_hold_s - 10)
    assert running(plant) == 0
    assert max(max(load) for load in plant.loads_a[start:]) <= 160.0
    plant.run(10 + 9 * TIMING.release_step_s)
    assert running(plant) == 12
    assert all(store.told is None for store in plant.devices.values() if isinstance(store, Store))


def test_however_many_wait_all_are_back_within_twice_that_time() -> None:
    """A street of 60 homes: one every five seconds, where fifteen are usual."""
    plant = island(*homes(60), capacity_a=900.0, threshold_a=600.0)
    asked(plant)
    plant.base_a = (599.0,) * 3
    start = len(plant.loads_a)
    plant.run(TIMING.release_hold_s - 10)
    assert running(plant) == 0
    plant.run(TIMING.release_hold_s + 20)
    assert running(plant) == 120
    loads = [sum(load) * V for load in plant.loads_a[start + 1 :]]
    assert max(later - sooner for sooner, later in pairwise(loads)) <= 3000.0 + 1e-6


@pytest.mark.parametrize("dt", [1.0, 5.0])
def test_a_home_with_sun_of_its_own_comes_back_like_any_other(dt: float) -> None:
    """What it feeds in goes on: neither it nor the others wait for that to end."""
    sunny = homes(6)
    for home in sunny:
        home.base_w = -1500.0
    plant = island(*sunny, capacity_a=60.0, threshold_a=40.0, dt=dt)
    plant.base_a = (20.0,) * 3
    asked(plant)
    plant.run(6 * TIMING.release_step_s + 20)
    assert running(plant) == 12


def test_they_are_told_that_they_are_being_released() -> None:
    plant = island(*homes(1), *stores(1))
    asked(plant)
    plant.base_a = (149.0,) * 3
    plant.run(MINUTE_S)
    assert plant.result is not None
    devices = plant.result.status.devices
    assert devices["store_00"].cause is devices["home_00"].cause is Cause.RELEASE
    assert devices["store_00"].setpoint == 0.0
    assert devices["home_00"].shed == {"boiler", "pump"}
    plant.base_a = (5.0,) * 3
    plant.run(MINUTE_S)
    assert plant.setpoint("store_00") is None
    assert running(plant) == 2


def test_what_a_battery_gave_that_had_not_charged_ends_at_once() -> None:
    plant = island(Store(battery(policy=ALWAYS)))
    asked(plant)
    assert plant.setpoint("battery") == -5000
    plant.base_a = (149.0,) * 3
    plant.run(10)
    assert plant.setpoint("battery") is None


def test_who_switches_a_load_on_while_it_waits_has_all_of_them_back() -> None:
    """And is not switched off again."""
    plant = island(*homes(2))
    asked(plant)
    plant.base_a = (149.0,) * 3
    plant.run(2 * MINUTE_S)
    home = plant.devices["home_00"]
    assert isinstance(home, Home)
    home.loads["pump"] = True
    plant.run(10)
    assert home.loads == {"boiler": True, "pump": True}
    told = [setpoint for _, setpoint in plant.setpoints if isinstance(setpoint, HouseholdSetpoint)]
    assert [each.restore for each in told if each.device_id == "home_00"][-1] == {"boiler", "pump"}
    assert running(plant) == 2
    plant.run(MINUTE_S)
    assert all(home.loads.values())
    # Nor by the next request, for a while; the other one is.
    plant.engine.commands.request_curtailment(plant.now, power_w=90_000.0, duration_s=120.0)
    plant.run(60)
    assert all(home.loads.values())


@pytest.mark.parametrize("device_id", ["home_00", "store_00", "car"])
def test_who_waits_may_leave_at_any_time(device_id: str) -> None:
    plant = island(*homes(2), *stores(1), Car(charger(policy=ALWAYS, battery_wh=400_000), soc=20.0))
    asked(plant)
    plant.base_a = (152.0,) * 3
    plant.run(MINUTE_S)
    assert running(plant) == 0
    assert (plant.car().told, plant.setpoint("store_00")) == (0.0, 0.0)
    plant.engine.commands.opt_out(plant.now, device_id=device_id)
    plant.run(2 * MINUTE_S)
    assert running(plant) == (2 if device_id == "home_00" else 0)
    assert (plant.setpoint("store_00") is None) == (device_id == "store_00")
    assert (plant.car().told > 0) == (device_id == "car")
    with pytest.raises(GridError, match="not_participating"):
        plant.engine.commands.opt_out(plant.now, device_id=device_id)


@pytest.mark.parametrize("cancelled", [True, False])
def test_who_leaves_has_its_loads_back_at_once_and_who_is_sent_away_waits(*, cancelled: bool) -> None:
    plant = island(*homes(2))
    plant.run(900)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=90_000.0, duration_s=900.0)
    plant.run(MINUTE_S)
    plant.base_a = (149.0,) * 3
    plant.run(10)
    if cancelled:
        plant.engine.commands.cancel(plant.now, request_id=request.request_id)
    else:
        plant.engine.commands.opt_out(plant.now, device_id="home_00")
    plant.run(10)
    assert running(plant) == (0 if cancelled else 2)
    plant.run(TIMING.release_hold_s + TIMING.release_step_s)
    assert running(plant) == (4 if cancelled else 2)


def test_after_a_restart_no_load_waits_any_more() -> None:
    """Who knows for how long it has, or whether somebody has switched it on meanwhile."""
    plant = island(*homes(3))
    asked(plant)
    plant.base_a = (149.0,) * 3
    plant.run(MINUTE_S)
    assert running(plant) == 0
    home = plant.devices["home_00"]
    assert isinstance(home, Home)
    home.loads = {"boiler": True, "pump": True}
    plant.restart()
    before = len(plant.setpoints)
    plant.run(10)
    assert running(plant) == 6
    told = [each for _, each in plant.setpoints[before:] if isinstance(each, HouseholdSetpoint)]
    assert not any(setpoint.shed for setpoint in told)


@pytest.mark.parametrize("back_s", [30.0, 7200.0])
def test_a_clock_that_is_set_back_keeps_nobody_waiting(back_s: float) -> None:
    """Neither those who wait, nor those of the next request, nor anybody under a lid."""
    plant = island(*homes(2), *stores(1), Car(charger("car", battery_wh=400_000), soc=5.0))
    asked(plant, 300.0)
    store = plant.devices["store_00"]
    assert isinstance(store, Store)
    store.own_w = 0.0
    plant.run(30)
    plant.now -= back_s
    plant.run(120)
    assert running(plant) == 4
    assert plant.engine._parts.market.activation.lids().lids == {}
    plant.run(900)
    plant.engine.commands.request_curtailment(plant.now, power_w=90_000.0, duration_s=300.0)
    plant.run(300 + 2 * MINUTE_S)
    assert running(plant) == 4


def test_who_waits_is_not_asked_again() -> None:
    plant = island(*homes(1))
    first = asked(plant)
    plant.base_a = (149.0,) * 3
    plant.run(MINUTE_S)
    second, _ = plant.engine.commands.request_curtailment(
        plant.now, power_w=9_000.0, duration_s=600.0, device_ids=["home_00"]
    )
    plant.run(900)
    assert plant.engine.requests[first].asks["home_00"].energy_wh > 0
    assert plant.engine.requests[second.request_id].asks["home_00"].state is RequestState.DECLINED
    assert running(plant) == 2


def test_a_battery_that_was_limited_for_the_fuse_is_not_raised_by_waiting() -> None:
    plant = island(*stores(1), capacity_a=40.0, threshold_a=39.0)
    plant.base_a = (36.5,) * 3
    plant.run(900)
    limited_w = plant.setpoint("store_00")
    assert limited_w is not None
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=500.0, duration_s=300.0)
    plant.run(300 + 2 * MINUTE_S)
    assert request.closed
    told = [setpoint.power_w for _, setpoint in plant.setpoints if isinstance(setpoint, BatterySetpoint)]
    assert all(power_w is None or power_w <= 5000.0 for power_w in told)
    over = [step for step, load in enumerate(plant.loads_a) if max(load) > 40.0 + 1e-6]
    assert longest_run([step for step in over if step > 2]) <= 1


def test_a_battery_is_left_to_itself_when_what_it_did_before_fits() -> None:
    """Its full power need not: it had not taken it."""
    plant = island(Store(battery(policy=ALWAYS), own_w=1500.0), capacity_a=40.0, threshold_a=38.0)
    plant.base_a = (33.0,) * 3
    plant.run(900)
    assert plant.setpoint("battery") is None
    plant.engine.commands.request_curtailment(plant.now, power_w=1000.0, duration_s=300.0)
    plant.run(290)
    assert plant.setpoint("battery") == 500
    plant.run(30)
    assert plant.setpoint("battery") is None


def test_a_battery_that_made_way_for_a_surge_is_left_to_itself_when_it_fits_again() -> None:
    """What it took before counts, not what it could take: otherwise it might have to charge all night."""
    plant = island(Store(battery(policy=ALWAYS), own_w=2000.0), capacity_a=40.0, threshold_a=39.0)
    plant.base_a = (33.0,) * 3
    plant.run(300)
    assert plant.setpoint("battery") is None
    plant.base_a = (38.0,) * 3
    plant.run(60)
    limited_w = plant.setpoint("battery")
    assert limited_w is not None
    assert limited_w < 1000
    plant.base_a = (33.0,) * 3
    plant.run(120)
    assert plant.setpoint("battery") is None


def test_a_battery_that_leaves_by_its_own_wish_is_left_to_itself_at_once() -> None:
    plant = island(Store(battery(policy=ALWAYS), own_w=1500.0))
    plant.run(900)
    plant.engine.commands.request_curtailment(plant.now, power_w=1000.0, duration_s=900.0)
    plant.run(60)
    assert plant.setpoint("battery") == 500
    plant.base_a = (149.0,) * 3
    plant.engine.commands.opt_out(plant.now, device_id="battery")
    plant.step()
    assert plant.setpoint("battery") is None


def test_a_meter_that_dies_in_a_part_sets_no_battery_free() -> None:
    """A fault ends in less power, never more."""
    plant = island(*stores(1))
    plant.run(900)
    plant.engine.commands.request_curtailment(plant.now, power_w=3000.0, duration_s=900.0)
    plant.run(60)
    assert plant.setpoint("store_00") == 2000
    plant.meter_alive = False
    plant.run(2 * MINUTE_S)
    assert plant.setpoint("store_00") == 0
    plant.meter_alive = True
    plant.run(1200)
    assert plant.setpoint("store_00") is None


@pytest.mark.parametrize("waits", [True, False])
def test_a_request_raises_no_battery_that_is_limited(*, waits: bool) -> None:
    """What it draws no more cannot be given: it is not raised to what would be less than before, nor paid for that."""
    plant = island(*stores(1), capacity_a=60.0, threshold_a=40.0)
    if waits:
        asked(plant)
        plant.base_a = (45.0,) * 3
        plant.run(MINUTE_S)
    else:
        plant.run(900)
        plant.base_a = (59.0,) * 3
        plant.run(MINUTE_S)
    limited_w = plant.setpoint("store_00")
    assert limited_w == 0.0
    request, _ = plant.engine.commands.request_curtailment(
        plant.now, power_w=1000.0, duration_s=300.0, device_ids=["store_00"]
    )
    for _ in range(50):
        plant.step()
        told_w = plant.setpoint("store_00")
        assert told_w is not None
        assert told_w <= 0.0
    plant.run(600)
    ask = request.asks["store_00"]
    # It gave by feeding in, as much as it was asked for.
    assert ask.baseline_w == 0.0
    assert 0 < ask.energy_wh <= 1000 * 300 / 3600


def test_a_battery_that_waits_does_not_swing_with_the_feeder() -> None:
    """A reduction holds: after it, it rises no sooner than any other."""
    plant = island(Store(battery(policy=ALWAYS), own_w=5000.0), capacity_a=40.0, threshold_a=20.0)
    plant.run(900)
    plant.engine.commands.request_curtailment(plant.now, power_w=500.0, duration_s=600.0)
    plant.run(595)
    plant.base_a = lambda now: ((33.0 if int(now / 20) % 2 else 39.0),) * 3
    start = len(plant.loads_a)
    plant.run(TIMING.release_hold_s - 10)
    assert sum(max(load) > 40.0 for load in plant.loads_a[start:]) <= 1


@settings(max_examples=12, deadline=None, phases=[Phase.generate], derandomize=True)
@given(
    st.integers(0, 5),
    st.integers(0, 4),
    st.lists(st.sampled_from([16.0, 32.0]), min_size=0, max_size=4),
    st.floats(0.4, 1.5),
    st.floats(-20.0, 60.0),
)
def test_the_rebound_of_all_kinds_is_bounded(
    number_of_homes: int, number_of_stores: int, garage: list[float], threshold: float, more_a: float
) -> None:
    """Whoever comes back, and however little room there is: nothing is added but what was there before the request,
    and no more in a minute than the greatest of them in each release step."""
    cars = [
        Car(charger(f"car_{n:02}", max_current_a=max_a, policy=ALWAYS, battery_wh=400_000), soc=20.0 + n)
        for n, max_a in enumerate(garage)
    ]
    devices = [*homes(number_of_homes), *stores(number_of_stores), *cars]
    plant = island(*devices, capacity_a=400.0, threshold_a=threshold * 100.0, dt=10.0)
    plant.run(900)
    before_w = max(sum(load) for load in plant.loads_a[-30:]) * V
    greatest_w = max([3000.0, 5000.0, *(max_a * 3 * V for max_a in garage)])
    plant.engine.commands.request_curtailment(plant.now, power_w=900_000.0, duration_s=600.0)
    plant.run(600)
    plant.base_a = (5.0 + more_a,) * 3 if more_a > 0 else plant.base_a
    plant.run(10)
    start = len(plant.loads_a) - 1
    plant.run(TIMING.release_hold_s + len(devices) * TIMING.release_step_s + 10 * MINUTE_S)
    after_w = [sum(load) * V for load in plant.loads_a[start:]]
    assert max(after_w) <= before_w + 3 * V * max(0.0, more_a) + 3 * V * TIMING.ramp_a_per_step
    assert running(plant) == 2 * number_of_homes
    assert all(store.told is None for store in plant.devices.values() if isinstance(store, Store))
    minute = round(MINUTE_S / plant.dt)
    steepest_w = max((later - sooner for sooner, later in zip(after_w, after_w[minute:], strict=False)), default=0.0)
    assert steepest_w <= (MINUTE_S / TIMING.release_step_s + 1) * greatest_w
