"""What the fuse feels: capacity, blind meters, silent and disobedient chargers, restarts."""

import itertools
import math

import pytest

from custom_components.tangle_grid.grid import (
    Cause,
    ChargerSetpoint,
    Compliance,
    FeederState,
    GridConfig,
    HouseholdSetpoint,
    Inputs,
    MarketConfig,
    PhaseReading,
    RequestIssued,
    SafeState,
    Timing,
)
from custom_components.tangle_grid.grid.device.freshness import MeterFault, meter_fault
from custom_components.tangle_grid.grid.network.feeder_watch import FeederWatch
from tests.support.grid.feeder_plant import START, Car, Plant, Store, V, battery, charger, feeder, reading

CAPACITY_A = 40.0
QUIET = MarketConfig(automatic=False)
TIMING = Timing()


def cars(number: int, **values: object) -> list[Car]:
    return [Car(charger(f"car_{index}", **values)) for index in range(number)]


def over_a(plant: Plant, since: int = 0) -> list[int]:
    return [index for index, load in enumerate(plant.loads_a) if index >= since and max(load) > CAPACITY_A + 1e-6]


def settled(*devices: Car | Store, **values: object) -> Plant:
    plant = Plant(*devices, **{"market": QUIET, **values})  # type: ignore[arg-type]
    plant.run(400)
    return plant


def test_cars_share_what_the_feeder_can_carry() -> None:
    plant = settled(*cars(4))
    assert over_a(plant) == []
    amps = [plant.car(f"car_{index}").draws_a for index in range(4)]
    assert all(6 <= each <= 16 for each in amps)
    assert max(amps) - min(amps) <= 2
    assert sum(amps) + 5 >= 0.85 * CAPACITY_A


@pytest.mark.parametrize("told", [True, False])
def test_more_cars_than_minimum_currents_take_turns_and_each_has_its_share_when_it_leaves(told: bool) -> None:
    """Eight alike, room for four at a time: three hours when that is told, five when nobody tells anything."""
    plant = Plant(*cars(8), market=QUIET, base_a=(10.0, 10.0, 10.0), dt=20.0, planning=False)
    leaves_at = START + (3 if told else 5) * 3600.0
    for device_id in plant.devices:
        plant.car(device_id).departure_at = leaves_at if told else None
    plant.run(leaves_at - plant.now)
    had = [(plant.car(device_id).soc or 0) - 50.0 for device_id in plant.devices]
    assert min(had) >= 0.88 * sum(had) / len(had)
    # No time was wasted: four minimum currents, nearly all the time.
    assert sum(had) / 100 * 60 >= 0.97 * 4 * 6 * 0.69 * (leaves_at - START) / 3600
    assert over_a(plant) == []


def test_more_cars_than_minimum_currents_are_all_filled_and_none_is_forgotten() -> None:
    """144 kWh are wanted, and 18 kW are free: with no time wasted that takes 8 hours."""
    plant = Plant(*cars(8), market=QUIET, base_a=(10.0, 10.0, 10.0), dt=20.0, planning=False)
    plant.run(9 * 3600)
    assert over_a(plant) == []
    assert all((plant.car(device_id).soc or 0) >= 80 for device_id in plant.devices)


def test_an_overload_is_answered_in_the_same_step() -> None:
    plant = settled(*cars(2))
    assert plant.car("car_0").told == 16
    plant.base_a = (20.0, 5.0, 5.0)
    result = plant.step()
    assert max(plant.loads_a[-1]) > CAPACITY_A
    assert {setpoint.device_id for setpoint in result.setpoints if setpoint.reduces} == {"car_0", "car_1"}
    assert all(setpoint.cause is Cause.PROTECTION for setpoint in result.setpoints if setpoint.reduces)
    assert result.status.feeders["main"].state is FeederState.PROTECTING
    plant.run(60)
    assert max(plant.loads_a[-1]) <= CAPACITY_A


def test_a_shortage_goes_below_the_safe_current_down_to_a_pause() -> None:
    plant = settled(*cars(2))
    plant.base_a = (39.0, 5.0, 5.0)
    plant.run(10)
    assert [plant.car(f"car_{index}").told for index in range(2)] == [0, 0]
    assert max(plant.loads_a[-1]) <= CAPACITY_A


def test_the_increase_waits_and_ramps() -> None:
    plant = settled(*cars(1))
    plant.base_a = (35.0, 5.0, 5.0)
    plant.step()
    reduced_at = plant.now
    plant.base_a = (5.0, 5.0, 5.0)
    told = [(plant.now, plant.car("car_0").told)]
    for _ in range(60):
        plant.step()
        told.append((plant.now, plant.car("car_0").told))
    rises = [(at, amps - before) for (_, before), (at, amps) in itertools.pairwise(told) if amps > before]
    assert rises[0][0] - reduced_at >= TIMING.increase_hold_s
    # From the least current on it comes back to what it had before in one step.
    assert [rise for _, rise in rises] == [6.0, 10.0]
    times = [at for at, _ in rises]
    assert all(later - sooner >= TIMING.min_write_interval_s for sooner, later in itertools.pairwise(times))
    assert plant.car("car_0").told == 16


def test_what_it_has_not_had_lately_it_comes_to_slowly() -> None:
    plant = Plant(*cars(1), market=QUIET, base_a=(5.0, 5.0, 5.0))
    told = [0.0]
    for _ in range(200):
        plant.step()
        told.append(plant.car("car_0").told)
    rises = [later - sooner for sooner, later in itertools.pairwise(told) if later > sooner]
    assert all(rise <= TIMING.ramp_a_per_step for rise in rises[1:])
    assert told[-1] == 16


def test_noise_does_not_make_it_oscillate() -> None:
    def noisy(now: float) -> tuple[float, float, float]:
        return (12 + math.sin(now), 12 + math.sin(now * 1.7), 12 + math.cos(now * 0.9))

    plant = Plant(*cars(3), market=QUIET, base_a=noisy)
    plant.run(900)
    before = len(plant.loads_a)
    values = {device_id: plant.car(device_id).told for device_id in plant.devices}
    changes = 0
    for _ in range(720):
        plant.step()
        told = {device_id: plant.car(device_id).told for device_id in plant.devices}
        changes += sum(told[device_id] != value for device_id, value in values.items())
        values = told
    assert over_a(plant, before) == []
    assert changes <= 12


def test_a_single_phase_shortage_touches_only_its_phase() -> None:
    plant = settled(
        Car(charger("one", phases=(0,), max_current_a=32.0)), Car(charger("two", phases=(1,), max_current_a=32.0))
    )
    plant.base_a = (30.0, 5.0, 5.0)
    plant.run(20)
    assert plant.car("one").told <= 8
    assert plant.car("two").told == 32


def test_a_nested_feeder_protects_its_own_limit() -> None:
    garage = feeder(20.0, 20.0, feeder_id="garage", parent_id="main")
    inside = [Car(charger(f"in_{index}", feeder_id="garage")) for index in range(3)]
    outside = Car(charger("out"))
    config = GridConfig(
        feeders=(feeder(), garage), devices=tuple(car.config for car in (*inside, outside)), market=QUIET
    )
    plant = Plant(*inside, outside, config=config)
    for _ in range(120):
        inputs = plant.inputs()
        draw = sum(car.draws_a for car in inside) * V
        meters = {**inputs.meters, "garage": reading((draw, draw, draw), plant.now)}
        for setpoint in plant.engine.step(plant.now, Inputs(meters=meters, devices=inputs.devices)).setpoints:
            plant.write(setpoint)
        plant.now += 5
        for car in (*inside, outside):
            car.follow(5)
        assert sum(car.draws_a for car in inside) <= 20
    assert outside.told >= 13
    assert sum(car.told for car in inside) >= 17


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, MeterFault.MISSING),
        (PhaseReading(power_w=(math.nan, 0, 0), at=START, changed_at=START), MeterFault.INVALID),
        (PhaseReading(power_w=(0, math.inf, 0), at=START, changed_at=START), MeterFault.INVALID),
        (reading(100.0, START - 16), MeterFault.TOO_OLD),
        (reading(100.0, START + 16), MeterFault.TOO_OLD),
        (reading(100.0, START, START - 121), MeterFault.FROZEN),
        (reading(100.0, START, START - 119), None),
    ],
)
def test_a_meter_is_believed_only_while_it_is_fresh(value: PhaseReading | None, fault: MeterFault | None) -> None:
    assert meter_fault(value, START, TIMING) is fault


def test_a_dead_meter_brings_the_safe_state_and_recovery_is_slow() -> None:
    plant = settled(*cars(2))
    plant.meter_alive = False
    # It is believed no longer than one whose reports fail to come.
    plant.run(10)
    assert plant.of(SafeState)[1:] == []
    result = plant.step()
    assert [(event.target, event.entered, event.reason.key) for event in plant.of(SafeState)][-1] == (
        "main",
        True,
        "meter_missing",
    )
    assert {setpoint.device_id: setpoint.current_a for setpoint in result.setpoints} == {"car_0": 6.0, "car_1": 6.0}  # type: ignore[union-attr]
    assert result.status.feeders["main"].blind
    assert result.status.feeders["main"].load_w is None
    plant.run(600)
    assert plant.car("car_0").told == 6
    plant.meter_alive = True
    plant.step()
    assert plant.of(SafeState)[-1].reason.key == "meter_recovered"
    back_at = plant.now
    while plant.car("car_0").told == 6:
        plant.step()
    assert plant.now - back_at >= TIMING.increase_hold_s
    assert plant.car("car_0").told == 8


def test_a_frozen_meter_brings_the_safe_state() -> None:
    plant = settled(*cars(1))
    plant.freeze_meter()
    frozen_at = plant.now
    while plant.car("car_0").told == 16:
        plant.step()
    assert plant.now - frozen_at <= TIMING.meter_frozen_s + 2 * plant.dt
    assert plant.car("car_0").told == 6
    assert plant.of(SafeState)[-1].reason.key == "meter_frozen"


def test_a_blind_feeder_makes_no_requests() -> None:
    plant = Plant(*cars(2), base_a=(30.0, 30.0, 30.0))
    plant.meter_alive = False
    plant.run(300)
    assert plant.of(RequestIssued) == []


def test_a_paused_car_gets_its_safe_current_while_blind_but_not_at_once() -> None:
    plant = settled(*cars(1))
    plant.base_a = (39.0, 5.0, 5.0)
    plant.run(10)
    plant.meter_alive = False
    plant.step()
    assert plant.car("car_0").told == 0
    plant.run(140)
    assert plant.car("car_0").told == 6


def test_a_silent_charger_counts_with_its_worst_case_and_falls_to_its_safe_current() -> None:
    plant = settled(*cars(2))
    silent = plant.car("car_0")
    silent.silent = True
    result = plant.step()
    assert result.status.devices["car_0"].silent
    assert plant.setpoint("car_0") == 6.0
    assert silent.told == 16
    plant.base_a = (15.0, 15.0, 15.0)
    plant.run(60)
    assert max(plant.loads_a[-1]) <= CAPACITY_A
    assert plant.car("car_1").told <= 8
    silent.silent = False
    plant.run(300)
    assert over_a(plant, len(plant.loads_a) - 50) == []
    assert silent.told >= 6


def test_a_silent_charger_is_never_raised() -> None:
    plant = settled(*cars(1))
    plant.car("car_0").silent = True
    plant.run(1200)
    assert plant.setpoint("car_0") == 6.0


def test_a_disobedient_charger_is_noticed_and_the_others_give_way() -> None:
    plant = settled(*cars(2))
    rebel = plant.car("car_0")
    rebel.obeys, rebel.accepts_a = False, 16.0
    plant.base_a = (18.0, 18.0, 18.0)
    plant.run(60)
    event = plant.of(Compliance)[-1]
    assert (event.device_id, event.compliant) == ("car_0", False)
    assert event.measured > event.told
    plant.run(60)
    assert max(plant.loads_a[-1]) <= CAPACITY_A
    assert plant.car("car_1").told == 0
    rebel.obeys = True
    plant.base_a = (5.0, 5.0, 5.0)
    plant.run(300)
    assert plant.of(Compliance)[-1].compliant
    assert rebel.told == 16
    assert plant.car("car_1").told == 16


def test_who_does_not_obey_is_not_raised_however_much_room_there_is() -> None:
    plant = settled(*cars(1), base_a=(30.0, 30.0, 30.0))
    rebel = plant.car("car_0")
    told_a = plant.setpoint("car_0")
    assert told_a is not None
    assert told_a < 16
    rebel.obeys, rebel.accepts_a, rebel.draws_a = False, 16.0, 16.0
    plant.base_a = (20.0, 20.0, 20.0)
    plant.run(60)
    assert not plant.of(Compliance)[-1].compliant
    assert plant.setpoint("car_0") == told_a
    # Where the feeder is short it is told to stop, and not only to take what an order would leave it.
    plant.base_a = (30.0, 30.0, 30.0)
    plant.run(10)
    assert plant.setpoint("car_0") == 0
    plant.base_a = (5.0, 5.0, 5.0)
    for _ in range(60):
        plant.run(10)
        assert (plant.setpoint("car_0") or 0.0) <= told_a


def test_nobody_is_raised_while_the_meter_may_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = settled(*cars(1), base_a=(30.0, 30.0, 30.0))
    told_a = plant.setpoint("car_0")
    assert told_a is not None
    assert told_a < 10
    plant.base_a = (5.0, 5.0, 5.0)
    with monkeypatch.context() as suspicion:
        suspicion.setattr(FeederWatch, "suspect", property(lambda _watch: True))
        for _ in range(60):
            plant.run(10)
            assert (plant.setpoint("car_0") or 0.0) <= told_a
    plant.run(300)
    assert plant.setpoint("car_0") == 16


def test_a_car_that_does_not_use_its_share_leaves_it_to_others() -> None:
    plant = Plant(*cars(3), market=QUIET, base_a=(4.0, 4.0, 4.0))
    plant.car("car_0").accepts_a = 7.0
    plant.run(900)
    assert over_a(plant) == []
    assert plant.car("car_1").draws_a + plant.car("car_2").draws_a >= 22


def test_nothing_for_a_full_or_unplugged_car() -> None:
    plant = settled(Car(charger("full", target_soc=80.0), soc=85.0), Car(charger("away"), connected=False))
    assert plant.setpoint("full") == 0
    assert plant.setpoint("away") == 0
    plant.car("away").connected = True
    plant.run(60)
    assert plant.car("away").told >= 6


def test_a_car_with_little_time_goes_first() -> None:
    hurried = Car(charger("hurried"), departure_at=START + 4 * 3600.0, soc=20.0)
    patient = Car(charger("patient"), departure_at=START + 40 * 3600.0, soc=20.0)
    settled(patient, hurried, base_a=(16.0, 16.0, 16.0), planning=False)
    # 21.2 A are free below the increase band: the least for the one, all the rest for the other.
    assert (hurried.told, patient.told) in {(15, 6), (16, 6)}


def test_priority_decides_who_is_paused() -> None:
    plant = settled(*cars(2), Car(charger("first", priority=5)))
    plant.base_a = (30.0, 30.0, 30.0)
    plant.run(10)
    assert plant.car("first").told >= 6
    assert plant.car("car_0").told == plant.car("car_1").told == 0


def test_a_battery_is_left_alone_until_the_capacity_is_short() -> None:
    store = Store(battery(), own_w=4000.0)
    plant = settled(store, *cars(1))
    assert store.told is None
    plant.base_a = (20.0, 20.0, 20.0)
    plant.run(20)
    assert store.told is not None
    assert store.told < 4000
    assert plant.car("car_0").told == 16
    assert max(plant.loads_a[-1]) <= CAPACITY_A
    plant.car("car_0").connected = False
    plant.run(120)
    assert store.told is None


def test_three_dimming_orders_lower_the_limit_and_expire() -> None:
    plant = settled(*cars(2), base_a=(1.0, 1.0, 1.0))
    plant.engine.commands.set_temporary_capacity(plant.now, power_w=8000.0, until=plant.now + 300)
    plant.run(20)
    # 690 W that nobody controls, and the floor of each of them (4,200 W: 6 A): exactly that, and no more.
    assert [plant.car(f"car_{index}").told for index in range(2)] == [6, 6]
    assert sum(plant.loads_a[-1]) * V == pytest.approx(690 + 2 * 6 * 690)
    assert plant.result is not None
    assert sum(plant.result.status.feeders["main"].capacity_w) == pytest.approx(8000)
    plant.run(600)
    assert plant.car("car_0").told == 16
    # An order that the floors fit into holds for the whole load, within a step and from then on.
    plant.engine.commands.set_temporary_capacity(plant.now, power_w=12_000.0, until=plant.now + 300)
    plant.run(10)
    assert all(sum(load) * V <= 12_000 for load in plant.loads_a[-1:])
    start = len(plant.loads_a)
    plant.run(280)
    assert all(sum(load) * V <= 12_000 for load in plant.loads_a[start:])
    plant.run(600)
    plant.engine.commands.set_temporary_capacity(plant.now, power_w=8000.0, until=plant.now + 3000)
    plant.engine.commands.clear_temporary_capacity(plant.now)
    plant.run(20)
    assert plant.car("car_0").told == 16


def test_leases_are_renewed_before_they_end() -> None:
    plant = settled(*cars(1))
    expiry = 0.0
    for _ in range(100):
        result = plant.step()
        for setpoint in result.setpoints:
            expiry = setpoint.expires_at
        status = result.status.devices["car_0"]
        assert status.expires_at is not None
        assert status.expires_at > plant.now
        assert expiry in (status.expires_at, 0.0)
    renewals = [at for at, _ in plant.setpoints[-3:]]
    assert renewals[1] - renewals[0] <= TIMING.lease_s / 2 + plant.dt


def test_a_lease_that_ran_out_counts_as_fallen_back() -> None:
    plant = settled(*cars(1))
    plant.now += 500
    plant.step()
    assert plant.setpoint("car_0") == 6.0


def test_a_start_puts_every_device_into_its_safe_state() -> None:
    plant = settled(Store(battery()), *cars(1))
    plant.restart()
    plant.car("car_0").told = 16.0
    result = plant.step()
    assert {setpoint.device_id for setpoint in result.setpoints} == {"car_0", "battery"}
    assert all(setpoint.cause is Cause.SAFE_STATE for setpoint in result.setpoints)
    assert plant.car("car_0").told == 6
    started_at = plant.now
    while plant.car("car_0").told == 6:
        plant.step()
    assert plant.now - started_at >= TIMING.increase_hold_s


def test_a_clock_that_is_set_back_does_no_harm() -> None:
    plant = settled(*cars(2))
    plant.now -= 7200
    plant.run(10)
    assert plant.car("car_0").told == 6
    plant.run(300)
    assert plant.car("car_0").told == 16
    assert over_a(plant) == []


def test_draw_is_taken_at_the_meters_own_time() -> None:
    """A charger that reports its drop before the meter does must not look like a jump of everything else."""
    plant = settled(*cars(2), base_a=(6.0, 6.0, 6.0))
    plant.now += 5
    before = plant.inputs()
    meter = before.meters["main"]
    assert meter is not None
    plant.car("car_0").draws_a = 0.0
    plant.now += 2
    later = plant.inputs()
    result = plant.engine.step(plant.now, Inputs(meters={"main": meter}, devices=later.devices))
    assert [setpoint for setpoint in result.setpoints if setpoint.reduces] == []


def test_wake_up_is_never_later_than_the_heartbeat_and_never_in_the_past() -> None:
    plant = Plant(*cars(2))
    for _ in range(200):
        result = plant.step()
        assert plant.now < result.wake_at <= plant.now + TIMING.heartbeat_s


def test_communication_times_are_stretched_and_processes_are_not() -> None:
    scaled = TIMING.scaled(30)
    assert (scaled.meter_max_age_s, scaled.lease_s, scaled.heartbeat_s) == (450, 1800, 150)
    assert (scaled.increase_hold_s, scaled.request_duration_s, scaled.ramp_a_per_step) == (60, 900, 2)


def test_nobody_tells_a_household_anything_without_a_reason() -> None:
    plant = settled(*cars(1))
    assert not [setpoint for _, setpoint in plant.setpoints if isinstance(setpoint, HouseholdSetpoint)]
    assert all(isinstance(setpoint, ChargerSetpoint) for _, setpoint in plant.setpoints)
