"""Flexibility from the first question to the payment."""

import itertools
import json
import math

import pytest

from custom_components.tangle_grid.grid import (
    Answered,
    AskChanged,
    BatterySetpoint,
    Cause,
    FeederState,
    GridError,
    HouseholdSetpoint,
    PolicyConfig,
    PolicyMode,
    Reason,
    RequestClosed,
    RequestIssued,
    RequestState,
    Settlement,
    SolarConfig,
)
from tests.support.grid.asked import QUIET, ask_for, plant_of
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Plant, Store, V, battery, charger, household

V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=40.0)
ASK = PolicyConfig(mode=PolicyMode.ASK)
S = RequestState


def helping_car(**values: object) -> Car:
    return Car(charger(**{"policy": ALWAYS, **values}))  # type: ignore[arg-type]


def ask_of(plant: Plant, request_id: str, device_id: str = "car") -> object:
    return plant.engine.requests[request_id].asks[device_id]


def state(plant: Plant, request_id: str, device_id: str = "car") -> RequestState:
    return plant.engine.requests[request_id].asks[device_id].state


# Asking by itself


def test_load_above_the_threshold_makes_a_request_after_a_delay_and_falls_below_it() -> None:
    plant = Plant(helping_car(), Car(charger("other", max_current_a=10.0)))
    plant.run(400)
    assert plant.of(RequestIssued) == []
    plant.base_a = (8.0, 5.0, 5.0)
    crossed_at = plant.now + plant.dt
    while not plant.of(RequestIssued):
        plant.step()
        assert plant.now - crossed_at < 60
    assert plant.now - crossed_at >= plant.config.timing.request_trigger_s
    assert plant.result is not None
    assert plant.result.status.feeders["main"].state is FeederState.BALANCING
    request = plant.of(RequestIssued)[0].request
    assert request.need_w is not None
    assert request.need_w[0] == pytest.approx((max(plant.loads_a[-1]) - 32 * 0.98) * V, rel=0.01)
    assert request.need_w[1:] == (0.0, 0.0)
    plant.run(60)
    assert max(plant.loads_a[-1]) < 32
    assert plant.result.status.devices["car"].cause is Cause.REQUEST


def test_a_short_peak_makes_no_request() -> None:
    plant = Plant(helping_car())
    plant.run(400)
    plant.base_a = (22.0, 22.0, 22.0)
    plant.run(5)
    plant.base_a = (5.0, 5.0, 5.0)
    plant.run(60)
    assert plant.of(RequestIssued) == []


def test_requests_keep_their_distance() -> None:
    plant = Plant(Car(charger(policy=PolicyConfig())), base_a=(25.0, 25.0, 25.0))
    plant.run(3600)
    times = [event.request.issued_at for event in plant.of(RequestIssued)]
    assert len(times) >= 3
    assert all(later - sooner >= 300 for sooner, later in itertools.pairwise(times))


def test_an_unfilled_request_raises_the_rate_up_to_a_limit_and_quiet_resets_it() -> None:
    greedy = PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=1_400_000)
    plant = Plant(Car(charger(policy=greedy)), base_a=(25.0, 25.0, 25.0))
    plant.run(3600)
    rates = [event.request.rate_i_per_kwh for event in plant.of(RequestIssued)]
    assert rates[:3] == [1_000_000, 1_250_000, 1_500_000]
    assert max(rates) <= 2_000_000
    assert [event.decision.accepted for event in plant.of(Answered)][:3] == [False, False, True]
    plant.base_a = (1.0, 1.0, 1.0)
    plant.run(4 * 3600)
    assert plant.result is not None
    assert plant.result.status.reward_rate_i_per_kwh == 1_000_000


def test_those_with_nothing_to_give_are_not_asked() -> None:
    plant = Plant(
        Car(charger("unplugged", policy=ALWAYS), connected=False),
        Store(battery("empty", policy=ALWAYS), soc=10.0),
        Home(household("off", policy=ALWAYS), loads={"boiler": False, "pump": False}),
        helping_car(),
        base_a=(20.0, 20.0, 20.0),
    )
    plant.run(900)
    assert {event.device_id for event in plant.of(Answered)} == {"car"}


# Helping


def test_a_car_takes_less_and_is_paid_for_what_was_measured() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 4000.0)
    plant.run(880)
    assert 6 <= plant.car().told <= 10
    plant.run(30)
    settlement = plant.of(Settlement)[0]
    given_w = plant.engine.requests[request_id].asks["car"].quantity_w
    assert given_w >= 4000
    assert 0.95 * given_w * 0.25 <= settlement.energy_wh <= given_w * 0.25
    assert settlement.amount_i == settlement.energy_wh * 1000
    assert state(plant, request_id) is S.SETTLED
    assert plant.engine.requests[request_id].closed
    assert [event.state for event in plant.of(AskChanged)] == [S.ISSUED, S.ACCEPTED, S.ACTIVE, S.FULFILLED, S.SETTLED]
    plant.run(300)
    assert plant.car().told == 16


def test_the_release_is_gentle() -> None:
    plant = plant_of(helping_car())
    ask_for(plant, 11_000.0, 60.0)
    plant.run(50)
    assert plant.car().told == 0
    told = [plant.car().told]
    for _ in range(40):
        plant.step()
        told.append(plant.car().told)
    assert told[-1] == 16
    rises = [later - sooner for sooner, later in itertools.pairwise(told) if later > sooner]
    assert max(rises[1:]) <= 2


def test_a_car_feeds_back_down_to_its_floor_and_no_further() -> None:
    car = Car(charger(policy=V2G, max_discharge_a=16.0, battery_wh=10_000, target_soc=40.0), soc=47.0)
    plant = plant_of(car)
    assert car.told == 0
    request_id = ask_for(plant, 4140.0, 600.0)
    assert plant.of(Answered)[0].decision.reason.key == "accepted_feeds_back"
    plant.run(20)
    assert -16 <= car.told <= -6
    plant.run(1200)
    assert car.told == 0
    assert car.soc == pytest.approx(40, abs=1.0) or car.soc > 40
    assert state(plant, request_id) is S.SETTLED
    assert plant.of(Settlement)[0].energy_wh > 300


def test_the_floor_ends_feeding_back_in_mid_request() -> None:
    car = Car(charger(policy=V2G, max_discharge_a=16.0, battery_wh=60_000, target_soc=40.0), soc=60.0)
    plant = plant_of(car)
    request_id = ask_for(plant, 4140.0)
    plant.run(300)
    assert car.told < 0
    car.soc = 39.0
    plant.run(10)
    assert car.told == 0
    ask = plant.engine.requests[request_id].asks["car"]
    assert ask.reason == Reason(key="ended_floor_reached")
    assert [event.state for event in plant.of(AskChanged)][-2:] == [S.EXPIRED, S.SETTLED]
    assert 250 <= ask.energy_wh <= 4140 * 310 / 3600


def test_unplugging_ends_a_part_and_earns_nothing_more() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 11_000.0)
    plant.run(300)
    plant.car().connected = False
    plant.run(900)
    ask = plant.engine.requests[request_id].asks["car"]
    assert ask.reason == Reason(key="ended_unplugged")
    assert ask.energy_wh <= 11_040 * 305 / 3600
    assert len(plant.of(Settlement)) == 1


def test_plugging_in_just_before_a_request_makes_no_baseline() -> None:
    plant = Plant(Car(charger(policy=ALWAYS), connected=False), market=QUIET)
    plant.run(400)
    plant.car().connected = True
    plant.run(30)
    ask_for(plant, 11_000.0, device_ids=["car"])
    plant.run(1000)
    earned = sum(event.energy_wh for event in plant.of(Settlement))
    assert earned < 0.25 * 11_040 * 0.25


def test_a_battery_discharges_and_gets_its_freedom_back() -> None:
    store = Store(battery(policy=ALWAYS))
    plant = plant_of(store)
    request_id = ask_for(plant, 3000.0)
    plant.run(20)
    assert store.told == -3000
    plant.run(900)
    assert store.told is None
    last = [setpoint for _, setpoint in plant.setpoints if isinstance(setpoint, BatterySetpoint)][-1]
    assert last.power_w is None
    assert plant.engine.requests[request_id].asks["battery"].energy_wh == pytest.approx(745, abs=10)


def test_a_battery_promises_only_what_it_can_hold() -> None:
    plant = plant_of(Store(battery(policy=ALWAYS), soc=13.0))
    request_id = ask_for(plant, 5000.0)
    assert plant.engine.requests[request_id].asks["battery"].offer_w == pytest.approx(1200)


def test_an_empty_battery_ends_its_part() -> None:
    store = Store(battery(policy=ALWAYS))
    plant = plant_of(store)
    request_id = ask_for(plant, 3000.0)
    plant.run(300)
    store.soc = 9.0
    plant.run(10)
    assert store.told is None
    assert plant.engine.requests[request_id].asks["battery"].reason == Reason(key="ended_floor_reached")


def test_a_household_sheds_named_loads_and_gets_them_back() -> None:
    home = Home(household(policy=ALWAYS))
    plant = plant_of(home)
    # Without a habit, ten minutes are looked at.
    plant.run(300)
    ask_for(plant, 1800.0)
    plant.run(20)
    assert home.loads == {"boiler": False, "pump": True}
    plant.run(900)
    assert home.loads == {"boiler": True, "pump": True}
    assert plant.of(Settlement)[0].energy_wh == pytest.approx(500, abs=10)
    plant.run(60)
    before = len(plant.setpoints)
    plant.run(300)
    assert not [each for _, each in plant.setpoints[before:] if isinstance(each, HouseholdSetpoint)]


def test_a_load_that_does_not_come_back_is_told_again() -> None:
    home = Home(household(policy=ALWAYS))
    plant = plant_of(home)
    ask_for(plant, 1800.0, 60.0)
    plant.run(40)
    home.heeds = False
    plant.run(300)
    assert not home.loads["boiler"]
    home.heeds = True
    plant.run(60)
    assert home.loads["boiler"]


def test_switching_a_shed_load_on_by_hand_is_opting_out() -> None:
    home = Home(household(policy=ALWAYS))
    plant = plant_of(home)
    request_id = ask_for(plant, 1800.0)
    plant.run(60)
    home.heeds = False
    home.loads["boiler"] = True
    plant.run(10)
    ask = plant.engine.requests[request_id].asks["home"]
    assert ask.reason == Reason(key="ended_load_switched_on")
    assert [event.state for event in plant.of(AskChanged)][-2:] == [S.OPTED_OUT, S.SETTLED]


def test_only_as_many_help_as_are_needed_and_the_cheapest_first() -> None:
    dear = PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=900_000)
    plant = plant_of(Store(battery("dear", policy=dear)), Store(battery("cheap", policy=ALWAYS)))
    request_id = ask_for(plant, 3000.0)
    assert state(plant, request_id, "cheap") is S.ACTIVE
    assert state(plant, request_id, "dear") is S.ACCEPTED
    plant.run(1000)
    assert state(plant, request_id, "dear") is S.EXPIRED
    assert {event.device_id for event in plant.of(Settlement)} == {"cheap"}


def test_somebody_who_stands_by_steps_in() -> None:
    dear = PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=900_000)
    plant = plant_of(Store(battery("dear", policy=dear)), Store(battery("cheap", policy=ALWAYS)))
    request_id = ask_for(plant, 3000.0)
    plant.run(100)
    plant.events += plant.engine.commands.opt_out(plant.now, device_id="cheap")
    assert state(plant, request_id, "cheap") is S.SETTLED
    assert state(plant, request_id, "dear") is S.ACTIVE


def test_a_charger_that_does_not_follow_earns_nothing_and_is_let_go() -> None:
    plant = plant_of(helping_car())
    plant.car().obeys = False
    plant.car().accepts_a = 16.0
    request_id = ask_for(plant, 6000.0)
    plant.run(300)
    ask = plant.engine.requests[request_id].asks["car"]
    assert ask.reason == Reason(key="ended_not_following")
    assert ask.energy_wh == 0
    assert plant.of(Settlement) == []
    assert plant.engine.commands.unpaid() == []


def test_a_silent_device_earns_nothing_while_it_is_silent() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 11_000.0)
    plant.run(300)
    plant.car().silent = True
    plant.run(300)
    plant.car().silent = False
    plant.run(400)
    assert plant.engine.requests[request_id].asks["car"].energy_wh <= 11_040 * 605 / 3600


def test_a_long_gap_between_steps_is_paid_only_up_to_the_age_of_a_reading() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 11_000.0, 7200.0)
    plant.run(120)
    before = plant.engine.requests[request_id].asks["car"].delivered_ws
    plant.now += 3600
    plant.step()
    after = plant.engine.requests[request_id].asks["car"].delivered_ws
    assert after - before <= 11_040 * plant.config.timing.telemetry_max_age_s


# People


def test_a_person_answers_in_time() -> None:
    plant = plant_of(Car(charger(policy=ASK)))
    request_id = ask_for(plant, 6000.0)
    assert state(plant, request_id) is S.ISSUED
    assert plant.engine.requests[request_id].asks["car"].reason == Reason(key="asked_person")
    plant.run(30)
    plant.events += plant.engine.commands.answer(
        plant.now, request_id=request_id, device_id="car", accept=True, power_w=3000.0
    )
    decision = plant.of(Answered)[-1].decision
    # A car moves in whole amperes: its answer says what it will really give at most, which is what it is paid for.
    assert (decision.accepted, decision.power_w, decision.reason.key) == (True, 3220.0, "accepted_by_person")
    plant.run(20)
    assert 8 <= plant.car().told < 16


def test_no_answer_is_a_no_but_a_late_yes_still_counts() -> None:
    plant = plant_of(Car(charger(policy=ASK)))
    request_id = ask_for(plant, 6000.0)
    plant.run(125)
    assert state(plant, request_id) is S.UNANSWERED
    assert plant.car().told == 16
    plant.engine.commands.answer(plant.now, request_id=request_id, device_id="car", accept=True)
    assert state(plant, request_id) is S.ACTIVE
    plant.run(900)
    assert state(plant, request_id) is S.SETTLED


def test_a_person_declines_with_a_reason() -> None:
    plant = plant_of(Car(charger(policy=ASK)))
    request_id = ask_for(plant, 6000.0)
    reason = Reason(key="given", placeholders={"text": "Guests"})
    plant.events += plant.engine.commands.answer(
        plant.now, request_id=request_id, device_id="car", accept=False, reason=reason
    )
    assert state(plant, request_id) is S.DECLINED
    assert plant.of(RequestClosed)
    assert plant.result is not None
    status = plant.step().status.devices["car"]
    assert status.last_decision is not None
    assert (status.curtailment, status.last_decision.reason) == (S.DECLINED, reason)


def test_opting_out_settles_what_was_delivered() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 11_000.0)
    plant.run(200)
    plant.events += plant.engine.commands.opt_out(plant.now, device_id="car", request_id=request_id)
    settlement = plant.of(Settlement)[0]
    assert 0.9 * 11_040 * 195 / 3600 <= settlement.energy_wh <= 11_040 * 200 / 3600
    plant.run(300)
    assert plant.car().told == 16
    assert len(plant.of(Settlement)) == 1


def test_cancelling_ends_everything() -> None:
    plant = plant_of(helping_car(), Store(battery(policy=ASK)))
    request_id = ask_for(plant, 15_000.0)
    plant.run(100)
    plant.events += plant.engine.commands.cancel(plant.now, request_id=request_id)
    assert state(plant, request_id) is S.SETTLED
    assert state(plant, request_id, "battery") is S.CANCELLED
    assert plant.engine.requests[request_id].closed


# Paying


def test_paying_is_idempotent_and_in_order() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 6000.0)
    plant.run(910)
    names = {"request_id": request_id, "device_id": "car"}
    assert [each.payment_id for each in plant.engine.commands.unpaid()] == [f"{request_id}:car"]
    assert [event.state for event in plant.engine.commands.mark_paid(plant.now, **names, reference="TAIL")] == [S.PAID]  # type: ignore[union-attr]
    assert plant.engine.commands.mark_paid(plant.now, **names, reference="TAIL") == []
    assert plant.engine.commands.unpaid() == []
    assert [event.state for event in plant.engine.commands.mark_confirmed(plant.now, **names)] == [S.CONFIRMED]  # type: ignore[union-attr]
    assert plant.engine.commands.mark_confirmed(plant.now, **names) == []
    assert plant.engine.commands.mark_paid(plant.now, **names, reference="TAIL") == []
    assert plant.engine.requests[request_id].asks["car"].payment_reference == "TAIL"


def test_nothing_is_paid_before_it_is_settled() -> None:
    plant = plant_of(helping_car())
    request_id = ask_for(plant, 6000.0)
    with pytest.raises(GridError) as refused:
        plant.engine.commands.mark_paid(plant.now, request_id=request_id, device_id="car", reference="TAIL")
    assert refused.value.key == "invalid_transition"


# Restarts


def test_a_restart_in_mid_request_resumes_it_and_settles_once() -> None:
    home = Home(household(policy=ALWAYS))
    plant = plant_of(helping_car(), home)
    plant.run(300)
    request_id = ask_for(plant, 13_000.0)
    plant.run(300)
    assert home.loads["boiler"] is False
    state_before = json.loads(json.dumps(plant.engine.to_dict()))
    plant.engine = plant.make_engine(state_before)
    plant.now += 60
    plant.step()
    plant.run(20)
    assert plant.car().told == 0
    plant.run(900)
    asks = plant.engine.requests[request_id].asks
    assert asks["car"].state is asks["home"].state is S.SETTLED
    assert asks["car"].energy_wh <= 11_040 * (900 - 60) / 3600
    assert asks["car"].energy_wh >= 0.8 * 11_040 * (900 - 80) / 3600
    assert home.loads == {"boiler": True, "pump": True}
    assert len(plant.of(Settlement)) == 2
    plant.restart()
    assert {each.device_id for each in plant.engine.commands.unpaid()} == {"car", "home"}


def test_a_restart_long_after_the_end_settles_what_was_measured_and_restores_loads() -> None:
    home = Home(household(policy=ALWAYS))
    plant = plant_of(home)
    request_id = ask_for(plant, 1800.0)
    plant.run(300)
    stored = plant.engine.requests[request_id].asks["home"].delivered_ws
    plant.restart()
    plant.now += 86_400
    plant.run(20)
    ask = plant.engine.requests[request_id].asks["home"]
    assert (ask.state, ask.energy_wh) == (S.SETTLED, int(stored / 3600))
    assert home.loads["boiler"]


def test_an_answer_survives_a_restart() -> None:
    plant = plant_of(Car(charger(policy=ASK)))
    request_id = ask_for(plant, 6000.0)
    plant.restart()
    plant.step()
    plant.engine.commands.answer(plant.now, request_id=request_id, device_id="car", accept=False)
    plant.restart()
    status = plant.step().status.devices["car"]
    assert status.curtailment is S.DECLINED
    assert status.last_decision is not None
    assert status.last_decision.reason.key == "declined_by_person"


def test_a_participant_that_left_the_island_is_settled() -> None:
    plant = plant_of(helping_car(), Store(battery(policy=ALWAYS)))
    request_id = ask_for(plant, 6000.0, device_ids=["car"])
    plant.run(300)
    del plant.devices["car"]
    plant.config = type(plant.config)(feeders=plant.config.feeders, devices=plant.config.devices[1:], market=QUIET)
    plant.restart()
    plant.run(20)
    ask = plant.engine.requests[request_id].asks["car"]
    assert (ask.state, ask.reason) == (S.SETTLED, Reason(key="ended_left"))
    assert ask.energy_wh > 0


def test_the_state_stays_small() -> None:
    plant = Plant(helping_car(), base_a=(25.0, 25.0, 25.0), dt=30.0)
    for _ in range(120):
        request_id = (
            ask_for(plant, 6000.0, 60.0) if plant.result and not plant.result.status.feeders["main"].blind else ""
        )
        plant.run(90)
        for settlement in plant.engine.commands.unpaid():
            plant.engine.commands.mark_confirmed(
                plant.now, request_id=settlement.request_id, device_id=settlement.device_id, reference="T"
            )
    assert request_id
    assert len(plant.engine.requests) <= 55
    assert len(json.dumps(plant.engine.to_dict())) < 120_000


# Bad input


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"power_w": 0.0}, "invalid_power"),
        ({"power_w": -5.0}, "invalid_power"),
        ({"power_w": math.nan}, "invalid_power"),
        ({"power_w": math.inf}, "invalid_power"),
        ({"power_w": 1e12}, "invalid_power"),
        ({"power_w": True}, "invalid_power"),
        ({"power_w": "5"}, "invalid_power"),
        ({"duration_s": 0.0}, "invalid_duration"),
        ({"duration_s": math.nan}, "invalid_duration"),
        ({"duration_s": 1e9}, "invalid_duration"),
        ({"rate_i_per_kwh": -1}, "invalid_rate"),
        ({"rate_i_per_kwh": 1.5}, "invalid_rate"),
        ({"rate_i_per_kwh": 10**20}, "invalid_rate"),
        ({"feeder_id": "nowhere"}, "unknown_feeder"),
        ({"device_ids": ["nobody"]}, "unknown_device"),
        ({"device_ids": ["sun"]}, "not_participating"),
    ],
)
def test_a_bad_request_is_refused_and_changes_nothing(values: dict[str, object], key: str) -> None:
    plant = Plant(helping_car(), market=QUIET)
    config = type(plant.config)(
        feeders=plant.config.feeders,
        devices=(*plant.config.devices, SolarConfig(device_id="sun", feeder_id="main")),
        market=QUIET,
    )
    plant.config, plant.engine = config, type(plant.engine)(config, new_id=lambda: "r")
    plant.run(20)
    before = plant.engine.to_dict()
    with pytest.raises(GridError) as refused:
        plant.engine.commands.request_curtailment(plant.now, **{"power_w": 1000.0, "duration_s": 600.0, **values})  # type: ignore[arg-type]
    assert refused.value.key == key
    assert plant.engine.to_dict() == before


def test_a_blind_feeder_refuses_requests() -> None:
    plant = Plant(helping_car(), market=QUIET)
    with pytest.raises(GridError) as refused:
        ask_for(plant, 1000.0)
    assert refused.value.key == "feeder_blind"


def test_commands_about_unknown_things_are_refused() -> None:
    plant = plant_of(helping_car(), Car(charger("other", max_current_a=8.0)))
    request_id = ask_for(plant, 6000.0, device_ids=["car"])
    engine, now = plant.engine, plant.now

    def refused(key: str, command: object, **values: object) -> None:
        with pytest.raises(GridError) as error:
            command(now, **values)  # type: ignore[operator]
        assert error.value.key == key

    refused("unknown_request", engine.commands.answer, request_id="x", device_id="car", accept=True)
    refused("unknown_device", engine.commands.answer, request_id=request_id, device_id="x", accept=True)
    refused("not_participating", engine.commands.answer, request_id=request_id, device_id="other", accept=True)
    refused("already_answered", engine.commands.answer, request_id=request_id, device_id="car", accept=True)
    refused("unknown_device", engine.commands.opt_out, device_id="x")
    refused("not_participating", engine.commands.opt_out, device_id="other")
    refused("unknown_request", engine.commands.cancel, request_id="x")
    refused("invalid_capacity", engine.commands.set_temporary_capacity, power_w=-1.0, until=now + 60)
    refused("invalid_capacity", engine.commands.set_temporary_capacity, power_w=math.nan, until=now + 60)
    refused("invalid_duration", engine.commands.set_temporary_capacity, power_w=5000.0, until=now - 1)
    refused("invalid_duration", engine.commands.set_temporary_capacity, power_w=5000.0, until=math.nan)
    refused("unknown_feeder", engine.commands.clear_temporary_capacity, feeder_id="x")
    refused("invalid_reference", engine.commands.mark_paid, request_id=request_id, device_id="car", reference=5)
    engine.commands.cancel(now, request_id=request_id)
    refused("request_closed", engine.commands.cancel, request_id=request_id)
    refused("request_closed", engine.commands.answer, request_id=request_id, device_id="car", accept=True)
    refused("request_closed", engine.commands.opt_out, request_id=request_id, device_id="car")


def test_an_answer_with_a_bad_power_is_refused() -> None:
    plant = plant_of(Car(charger(policy=ASK)))
    request_id = ask_for(plant, 6000.0)
    for power in (-1.0, math.nan, 0.0):
        with pytest.raises(GridError) as refused:
            plant.engine.commands.answer(plant.now, request_id=request_id, device_id="car", accept=True, power_w=power)
        assert refused.value.key == "invalid_power"
    assert state(plant, request_id) is S.ISSUED


# Status


def test_the_peak_starts_again_with_the_day() -> None:
    plant = plant_of(helping_car())
    assert plant.result is not None
    assert plant.result.status.feeders["main"].peak_w == pytest.approx(21 * 3 * V, rel=0.01)
    plant.car().connected = False
    plant.run(20)
    plant.engine.start_day(plant.now)
    assert plant.step().status.feeders["main"].peak_w == pytest.approx(5 * 3 * V, rel=0.01)


def test_status_is_there_before_the_first_step() -> None:
    status = Plant(helping_car()).engine.status(START)
    assert status.feeders["main"].blind
    assert status.devices["car"].curtailment == "idle"
    assert status.open_requests == ()


def test_a_changed_policy_applies_to_the_next_question() -> None:
    plant = plant_of(helping_car())
    plant.engine.commands.update_policy("car", PolicyConfig())
    ask_for(plant, 6000.0)
    assert plant.of(Answered)[0].decision.reason.key == "declined_never"
    with pytest.raises(GridError):
        plant.engine.commands.update_policy("nobody", ALWAYS)
