"""Now, by departure, sun only, pause: what each mode leaves a charger, and what comes before it."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.tangle_grid.grid import Cause, ChargerSetpoint, ChargingMode, GridError, PolicyConfig, PolicyMode
from custom_components.tangle_grid.grid.model.supply import SupplyConfig
from tests.support.grid.asked import ask_for
from tests.support.grid.feeder_plant import START, Car, Home, Plant, Store, battery, charger, household

ONE_PHASE = {"phases": (0,)}


def choose(plant: Plant, mode: ChargingMode, device_id: str = "car") -> None:
    plant.engine.commands.set_charging_mode(device_id, mode)


def shown(plant: Plant, device_id: str = "car") -> tuple[float | None, Cause | None]:
    assert plant.result is not None
    status = plant.result.status.devices[device_id]
    return status.setpoint, status.cause


def why(plant: Plant, device_id: str = "car") -> str:
    return plant.engine.why(plant.now, device_id).key


def test_whoever_has_chosen_nothing_charges_by_departure() -> None:
    plant = Plant(Car(charger()), Home(household()))
    status = plant.step().status.devices
    assert (status["car"].mode, status["home"].mode) == (ChargingMode.DEPARTURE, None)


def test_only_chargers_have_a_mode() -> None:
    plant = Plant(Car(charger()), Home(household()))
    with pytest.raises(GridError, match="not_participating"):
        choose(plant, ChargingMode.NOW, "home")
    with pytest.raises(GridError, match="unknown_device"):
        choose(plant, ChargingMode.NOW, "nobody")


@pytest.mark.parametrize("mode", ChargingMode)
def test_a_mode_is_kept_over_a_restart(mode: ChargingMode) -> None:
    plant = Plant(Car(charger()))
    plant.run(60)
    choose(plant, mode)
    plant.restart()
    assert plant.step().status.devices["car"].mode is mode


def test_a_state_from_before_there_were_modes_means_by_departure() -> None:
    plant = Plant(Car(charger()))
    plant.run(30)
    choose(plant, ChargingMode.PAUSE)
    state = plant.engine.to_dict()
    del state["devices"]["car"]["mode"]
    plant.engine = plant.make_engine(state)
    assert plant.engine.lost == ()
    assert plant.step().status.devices["car"].mode is ChargingMode.DEPARTURE


def test_a_mode_that_cannot_be_read_is_lost_and_nothing_else() -> None:
    plant = Plant(Car(charger()))
    plant.run(30)
    state = plant.engine.to_dict()
    state["devices"]["car"]["mode"] = "party"
    plant.engine = plant.make_engine(state)
    assert plant.engine.lost == ("devices/car/mode",)
    assert plant.step().status.devices["car"].mode is ChargingMode.DEPARTURE


# Pause


def test_a_pause_holds_until_something_else_is_chosen_and_others_have_what_it_leaves() -> None:
    plant = Plant(Car(charger()), Car(charger("other")), base_a=(12.0, 12.0, 12.0))
    plant.run(600)
    shared = plant.setpoint("other")
    assert shared is not None
    choose(plant, ChargingMode.PAUSE)
    plant.step()
    assert shown(plant) == (0.0, Cause.PAUSED)
    plant.run(900)
    assert (shown(plant), why(plant)) == ((0.0, Cause.PAUSED), "paused")
    assert (plant.setpoint("other") or 0.0) > shared
    assert not next(each for each in plant.engine.demands(plant.now) if each.device_id == "car").connected
    choose(plant, ChargingMode.DEPARTURE)
    plant.run(900)
    assert (plant.setpoint() or 0.0) >= 6.0


def test_what_cannot_pause_has_its_least() -> None:
    plant = Plant(Car(charger()))
    plant.run(300)
    plant.engine._parts.device("car").watch.pause_fails = True
    choose(plant, ChargingMode.PAUSE)
    plant.run(30)
    assert shown(plant) == (6.0, Cause.PAUSED)


# Now


def test_now_does_not_wait_for_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = Plant(Car(charger()))
    planning = plant.engine._parts.planning
    monkeypatch.setattr(planning.planner, "ceiling_a", lambda _device_id, _now: 0.0)
    plant.run(300)
    assert shown(plant) == (0.0, Cause.PLAN)
    choose(plant, ChargingMode.NOW)
    plant.run(300)
    assert (plant.setpoint() or 0.0) > 6.0
    choose(plant, ChargingMode.DEPARTURE)
    plant.run(30)
    assert shown(plant) == (0.0, Cause.PLAN)


def test_no_plan_is_made_for_who_does_not_wait_for_one() -> None:
    plant = Plant(Car(charger(), departure_at=START + 6 * 3600.0), dt=10.0)
    plant.run(60)
    assert plant.engine.planned("car")
    choose(plant, ChargingMode.NOW)
    plant.run(600)
    assert plant.engine.planned("car") == ()


def test_now_has_no_more_than_the_fuse_and_a_fair_share() -> None:
    plant = Plant(Car(charger()), Car(charger("other")), base_a=(20.0, 20.0, 20.0))
    choose(plant, ChargingMode.NOW)
    plant.run(900)
    assert max(max(load) for load in plant.loads_a[60:]) <= 40.0
    assert (plant.setpoint("other") or 0.0) >= 6.0


# Sun


def test_the_sun_leaves_what_would_be_exported() -> None:
    plant = Plant(Car(charger(), soc=20.0), base_a=(-10.3, -10.3, -10.3))
    choose(plant, ChargingMode.SUN)
    plant.run(900)
    setpoint, cause = shown(plant)
    assert (setpoint, cause) == (10.0, Cause.SUN)
    assert why(plant) == "sun"
    assert plant.engine.ready_in_time(plant.now, "car") is None


def test_a_car_without_sun_waits_and_says_so() -> None:
    plant = Plant(Car(charger()), base_a=(-3.0, -3.0, -3.0))
    choose(plant, ChargingMode.SUN)
    plant.run(900)
    assert shown(plant) == (0.0, Cause.SUN)


def test_a_start_needs_a_minute_and_a_cloud_does_not_stop_it() -> None:
    sunny = [(START, START + 400.0), (START + 500.0, START + 1500.0)]
    plant = Plant(
        Car(charger(**ONE_PHASE), soc=10.0),
        base_a=lambda now: (-12.0 if any(start < now <= end for start, end in sunny) else 3.0, 1.0, 1.0),
    )
    choose(plant, ChargingMode.SUN)
    plant.run(50)
    assert plant.setpoint() == 0.0
    plant.run(340)
    assert (plant.setpoint() or 0.0) >= 6.0
    # The cloud.
    plant.run(110)
    assert plant.setpoint() == 6.0
    plant.run(900)
    assert (plant.setpoint() or 0.0) >= 8.0
    # The evening.
    plant.run(600)
    assert shown(plant) == (0.0, Cause.SUN)


def test_a_passing_cloud_costs_few_commands() -> None:
    plant = Plant(
        Car(charger(**ONE_PHASE), soc=10.0),
        base_a=lambda now: (-14.0 + 3.0 * ((now // 20) % 2), 0.0, 0.0),
    )
    choose(plant, ChargingMode.SUN)
    plant.run(600)
    before = len(plant.setpoints)
    plant.run(3600)
    told = [each.current_a for _, each in plant.setpoints[before:] if isinstance(each, ChargerSetpoint)]
    assert min(told) >= 10.0
    assert sum(one != other for one, other in pairwise(told)) <= 12


def test_what_a_battery_gives_is_no_sun() -> None:
    plant = Plant(Car(charger(**ONE_PHASE), soc=10.0), Store(battery(), own_w=-5000.0), base_a=(2.0, 2.0, 2.0))
    choose(plant, ChargingMode.SUN)
    plant.run(900)
    assert shown(plant) == (0.0, Cause.SUN)


def test_two_cars_have_no_more_than_there_is() -> None:
    plant = Plant(
        Car(charger(**ONE_PHASE), soc=10.0), Car(charger("other", **ONE_PHASE), soc=10.0), base_a=(-24.0, 0.0, 0.0)
    )
    choose(plant, ChargingMode.SUN)
    choose(plant, ChargingMode.SUN, "other")
    plant.run(1200)
    assert min(plant.setpoint() or 0.0, plant.setpoint("other") or 0.0) >= 6.0
    assert plant.load_a()[0] <= 1.0


def test_without_sight_there_is_no_sun() -> None:
    plant = Plant(Car(charger(safe_current_a=6.0), soc=10.0), base_a=(-15.0, -15.0, -15.0))
    choose(plant, ChargingMode.SUN)
    plant.run(600)
    assert (plant.setpoint() or 0.0) > 6.0
    plant.meter_alive = False
    plant.run(600)
    assert plant.setpoint() == 0.0


def test_too_little_for_three_phases_is_enough_for_one() -> None:
    plant = Plant(Car(charger(phase_hold_s=60.0), soc=10.0), base_a=(-4.0, -4.0, -4.0))
    choose(plant, ChargingMode.SUN)
    plant.run(1500)
    assert plant.car().switched == 1
    assert 6.0 <= (plant.setpoint() or 0.0) <= 12.0


# What comes before every mode


@pytest.mark.parametrize("mode", [ChargingMode.NOW, ChargingMode.SUN, ChargingMode.DEPARTURE])
def test_a_request_comes_first(mode: ChargingMode) -> None:
    base_a = -14.3 if mode is ChargingMode.SUN else 5.0
    plant = Plant(Car(charger(policy=PolicyConfig(mode=PolicyMode.ALWAYS)), soc=10.0), base_a=(base_a,) * 3)
    choose(plant, mode)
    plant.run(900)
    before = plant.setpoint()
    ask_for(plant, 3_000.0)
    plant.run(120)
    assert (plant.setpoint() or 0.0) < (before or 0.0)
    assert shown(plant)[1] is Cause.REQUEST


@pytest.mark.parametrize("mode", ChargingMode)
def test_a_dead_cable_comes_first(mode: ChargingMode) -> None:
    plant = Plant(
        Car(charger(), soc=10.0),
        base_a=(-14.0, -14.0, -14.0),
        supply=SupplyConfig(inverter_a=(10.0, 10.0, 10.0), settle_s=60.0, restore_gap_s=20.0),
    )
    choose(plant, mode)
    plant.run(600)
    plant.cable = False
    plant.step()
    assert plant.setpoint() == 0.0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    modes=st.lists(st.sampled_from(list(ChargingMode)), min_size=3, max_size=3),
    loads=st.lists(st.floats(-15.0, 30.0), min_size=4, max_size=4),
)
def test_no_mode_gives_more_than_protection_does(modes: list[ChargingMode], loads: list[float]) -> None:
    """Whatever is chosen and whatever the load does, the feed is back below its fuse within seconds."""
    cars = [Car(charger(f"car{number}"), soc=30.0) for number in range(3)]
    plant = Plant(*cars, base_a=lambda now: (loads[int((now - START) // 300) % 4],) * 3)
    for number, mode in enumerate(modes):
        choose(plant, mode, f"car{number}")
    over_s = 0.0
    for _ in range(240):
        plant.step()
        over_s = over_s + plant.dt if max(plant.loads_a[-1]) > 40.0 else 0.0
        assert over_s <= 15.0
        for number, mode in enumerate(modes):
            if mode is ChargingMode.PAUSE:
                assert plant.setpoint(f"car{number}") == 0.0
