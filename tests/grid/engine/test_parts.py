"""The small parts: steps of a setpoint, power logs, leases, obedience, the feeder tree."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid import (
    CarConfig,
    Cause,
    ChargerConfig,
    GridConfig,
    GridEngine,
    GridError,
    PolicyConfig,
    PolicyMode,
)
from custom_components.tangle_grid.grid.control.ramp import charge_step, discharge_step
from custom_components.tangle_grid.grid.device.compliance import ComplianceWatch
from custom_components.tangle_grid.grid.device.measurement import PowerLog
from custom_components.tangle_grid.grid.model.lease import grant
from custom_components.tangle_grid.grid.network.topology import Topology
from tests.support.grid.feeder_plant import battery, charger, feeder, household, reading

LOW = st.sampled_from([6.0, 6.5, 8.0])
STEP = st.sampled_from([0.1, 0.5, 1.0, 2.0])


@given(LOW, STEP, st.floats(-5, 50))
def test_a_charging_step_never_exceeds_and_is_never_forbidden(low: float, step: float, amps: float) -> None:
    config = charger(min_current_a=low, step_a=step, max_current_a=16.0)
    told = charge_step(config, amps)
    assert told == 0 or low <= told <= 16
    assert told <= max(0.0, amps) + 1e-5
    assert told > amps - step - 1e-05 or told in (0, 16, low)


@given(LOW, STEP, st.floats(-5, 50), st.sampled_from([0.0, 5.0, 10.0, 16.0]))
def test_a_discharging_step_never_exceeds_and_is_never_forbidden(
    low: float, step: float, amps: float, most: float
) -> None:
    config = charger(min_current_a=low, step_a=step, max_discharge_a=most)
    told = discharge_step(config, amps)
    assert told == 0 or low <= -told <= most
    assert -told <= max(0.0, amps) + 1e-5


CARS = st.builds(
    CarConfig,
    battery_wh=st.none() | st.integers(1, 10**6),
    target_soc=st.floats(0, 100),
    policy=st.builds(
        PolicyConfig,
        mode=st.sampled_from(PolicyMode),
        v2g_floor_soc=st.none() | st.floats(0, 100),
        min_rate=st.integers(0, 10**9),
    ),
)


@given(CARS, CARS)
def test_a_car_never_changes_what_its_charger_can_take(first: CarConfig, second: CarConfig) -> None:
    before = charger(phases=(1, 2), max_current_a=10.0, safe_current_a=6.0, max_discharge_a=8.0, priority=3)
    engine = GridEngine(GridConfig(feeders=(feeder(),), devices=(before,)), new_id=lambda: "r")
    for car in (first, second):
        engine.commands.set_car(before.device_id, car)
        engine.commands.change_car(before.device_id, left_with=50.0, left_at=0.0)
        (now,) = engine.config.devices
        assert isinstance(now, ChargerConfig)
        assert (now.battery_wh, now.target_soc, now.policy) == (car.battery_wh, car.target_soc, car.policy)
        own = {"battery_wh": before.battery_wh, "target_soc": before.target_soc, "policy": before.policy}
        assert replace(now, **own) == before


def test_only_chargers_have_cars() -> None:
    engine = GridEngine(GridConfig(feeders=(feeder(),), devices=(battery(),)), new_id=lambda: "r")
    for command in (lambda: engine.commands.set_car("battery", CarConfig()), lambda: engine.commands.change_car("b")):
        with pytest.raises(GridError):
            command()


def test_a_mean_counts_unmeasured_time_as_nothing() -> None:
    log = PowerLog(600)
    log.add(0.0, reading(3000.0, 0.0))
    assert log.mean_w(100.0, 300.0) == pytest.approx(1000)
    assert log.mean_w(100.0, 300.0, missing_w=None) == pytest.approx(3000)
    log.add(100.0, None)
    assert log.mean_w(300.0, 300.0) == pytest.approx(1000)
    log.add(300.0, reading(900.0, 300.0))
    assert log.mean_w(600.0, 300.0) == pytest.approx(900)


def test_a_burst_before_a_request_moves_a_mean_little() -> None:
    log = PowerLog(600)
    log.add(0.0, reading(1000.0, 0.0))
    log.add(290.0, reading(11_000.0, 290.0))
    assert log.mean_w(300.0, 300.0) == pytest.approx(1000 + 10_000 / 30)


def test_a_log_knows_what_was_drawn_at_a_moment() -> None:
    log = PowerLog(600)
    for at, power in ((0.0, 300.0), (10.0, 600.0), (20.0, 900.0)):
        log.add(at, reading(power, at))
    assert sum(log.at(15.0) or ()) == pytest.approx(600)
    assert sum(log.at(25.0) or ()) == pytest.approx(900)
    assert sum(log.at(-5.0) or ()) == pytest.approx(300)
    assert PowerLog(600).at(0.0) is None


def test_a_lease_keeps_the_time_of_its_last_change() -> None:
    first = grant(None, 6.0, Cause.SAFE_STATE, 100.0, 60.0)
    renewed = grant(first, 6.0, Cause.ALLOCATION, 130.0, 60.0)
    changed = grant(renewed, 8.0, Cause.ALLOCATION, 140.0, 60.0)
    assert (first.due(129.0), first.due(130.0), first.expired(160.0)) == (False, True, True)
    assert (renewed.changed_at, renewed.expires_at) == (100.0, 190.0)
    assert changed.changed_at == 140.0


def test_obedience_gets_time_and_is_found_again() -> None:
    watch = ComplianceWatch()
    assert not watch.observe(0.0, 10.0, 16.0, 30.0)
    assert not watch.observe(29.0, 8.0, 16.0, 30.0)
    assert watch.observe(30.0, 8.0, 16.0, 30.0)
    assert not watch.compliant
    assert watch.observe(40.0, 8.0, 8.9, 30.0)
    assert watch.compliant
    assert not watch.observe(50.0, 10.0, 0.0, 30.0)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (GridConfig(feeders=()), "none"),
        (GridConfig(feeders=(feeder(), feeder())), "duplicate"),
        (GridConfig(feeders=(feeder(parent_id="x"),)), "parent"),
        (GridConfig(feeders=(feeder(parent_id="b"), feeder(feeder_id="b", parent_id="main"))), "cycle"),
        (GridConfig(feeders=(feeder(capacity_a=-1),)), "capacity"),
        (GridConfig(feeders=(feeder(threshold_a=float("nan")),)), "threshold"),
        (GridConfig(feeders=(feeder(),), devices=(charger(), charger())), "duplicate"),
        (GridConfig(feeders=(feeder(),), devices=(charger(feeder_id="x"),)), "feeder"),
        (GridConfig(feeders=(feeder(),), devices=(charger(phases=(3,)),)), "phases"),
        (GridConfig(feeders=(feeder(),), devices=(charger(phases=()),)), "phases"),
        (GridConfig(feeders=(feeder(),), devices=(charger(min_current_a=20.0),)), "current"),
        (GridConfig(feeders=(feeder(),), devices=(charger(safe_current_a=3.0),)), "safe_current"),
        (GridConfig(feeders=(feeder(),), devices=(charger(step_a=0.0),)), "step"),
        (GridConfig(feeders=(feeder(),), devices=(battery(max_charge_w=-1.0),)), "power"),
    ],
)
def test_a_wrong_configuration_is_refused(config: GridConfig, problem: str) -> None:
    with pytest.raises(GridError) as refused:
        Topology(config)
    assert (refused.value.key, refused.value.placeholders["problem"]) == ("invalid_config", problem)


def test_the_tree_knows_its_paths() -> None:
    config = GridConfig(
        feeders=(feeder(feeder_id="garage", parent_id="main"), feeder()), devices=(charger(), household())
    )
    tree = Topology(config)
    assert tree.root == "main"
    assert tree.path("garage") == (0, 1)
    inside: ChargerConfig = charger(feeder_id="garage")
    assert tree.below("main", inside)
    assert not tree.below("garage", charger())


def test_an_error_reads_like_a_log_line() -> None:
    assert str(GridError("invalid_power", {"power_w": -1})) == "invalid_power {'power_w': '-1'}"
    assert str(GridError("unknown_device")) == "unknown_device"
