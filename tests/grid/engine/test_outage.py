"""The cable is dead: chargers stop in one pass, nothing feeds in that nobody confirmed, and all comes back in order."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    BatterySetpoint,
    Cause,
    ChargerSetpoint,
    HouseholdSetpoint,
    PolicyConfig,
    PolicyMode,
    RequestIssued,
    RequestState,
    Settlement,
    ShedLoad,
)
from custom_components.tangle_grid.grid.engine import outage
from custom_components.tangle_grid.grid.model.events import SupplyChanged
from custom_components.tangle_grid.grid.model.forecast import Forecast, Series
from custom_components.tangle_grid.grid.model.supply import Supply, SupplyConfig
from custom_components.tangle_grid.grid.model.world import NOMINAL_V
from custom_components.tangle_grid.grid.planning.outage_plan import OutagePlan, plan_outage
from tests.support.grid.asked import ask_for
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, battery, charger, household

SUPPLY = SupplyConfig(inverter_a=(10.0, 10.0, 10.0), settle_s=60.0, restore_gap_s=20.0)
V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=40.0)
LOADS = (
    ShedLoad(load_id="boiler", rated_w=2000.0, rank=2),
    ShedLoad(load_id="pump", rated_w=300.0, rank=0),
)


def plant(*devices: Car | Store | Home, **values: object) -> Plant:
    made = Plant(*devices, **{"supply": SUPPLY, "base_a": (1.0, 1.0, 1.0), "dt": 10.0, **values})  # type: ignore[arg-type]
    made.run(400)
    return made


def lose(on: Plant, *, formed: bool = False) -> None:
    on.cable, on.formed = False, formed


def come_back(on: Plant) -> None:
    on.cable, on.formed = True, False


def state_of(on: Plant) -> list[Supply]:
    return [event.supply for event in on.of(SupplyChanged)]


@pytest.mark.parametrize("formed", [False, True])
def test_chargers_stop_in_the_same_pass(formed: bool) -> None:
    street = plant(Car(charger()), Car(charger("other")), Store(battery()))
    assert (street.setpoint() or 0.0) > 6.0
    lose(street, formed=formed)
    result = street.step()
    assert {each.device_id for each in result.setpoints if isinstance(each, ChargerSetpoint)} == {"car", "other"}
    for device_id in ("car", "other"):
        status = result.status.devices[device_id]
        assert (status.setpoint, status.cause) == (0.0, Cause.OUTAGE)
    assert state_of(street) == [Supply.ISLAND if formed else Supply.DEAD]
    street.run(600)
    assert street.setpoint() == street.setpoint("other") == 0.0


def test_the_capacity_is_what_the_inverters_give_within_one_pass() -> None:
    street = plant(Home(household(loads=LOADS)), Store(battery(), soc=80.0))
    lose(street, formed=True)
    assert street.step().status.feeders["main"].capacity_w == (2300.0,) * 3
    street.inverter_a = (4.0, 4.0, 4.0)
    assert street.step().status.feeders["main"].capacity_w == (920.0,) * 3


def test_nothing_is_told_to_feed_in_while_nobody_confirms_the_island() -> None:
    """Neither a car that was asked to, nor a battery."""
    street = plant(
        Car(charger(max_discharge_a=16.0, policy=V2G, target_soc=50.0), soc=90.0),
        Store(battery(policy=ALWAYS), soc=90.0),
        base_a=(30.0, 30.0, 30.0),
    )
    ask_for(street, 9_000.0)
    street.run(60)
    assert (street.setpoint() or 0.0) < 0
    lose(street)
    first = street.now
    street.run(900)
    told = [setpoint for at, setpoint in street.setpoints if at > first]
    assert all(each.current_a == 0 for each in told if isinstance(each, ChargerSetpoint))
    assert all((each.power_w or 0.0) >= 0 for each in told if isinstance(each, BatterySetpoint))


def test_a_request_ends_with_the_cable_and_is_paid_for_what_it_delivered() -> None:
    street = plant(Car(charger(policy=ALWAYS)), base_a=(20.0, 20.0, 20.0))
    request_id = ask_for(street, 3_000.0)
    street.run(300)
    lose(street)
    street.step()
    request = street.engine.requests[request_id]
    assert request.closed
    assert request.asks["car"].state is RequestState.SETTLED
    assert request.asks["car"].reason is not None
    assert request.asks["car"].reason.key == "ended_outage"
    assert [each.energy_wh > 0 for each in street.of(Settlement)] == [True]


def test_nobody_is_asked_for_anything_while_the_cable_is_dead() -> None:
    street = Plant(
        Home(household(policy=ALWAYS, loads=LOADS)),
        Store(battery(policy=ALWAYS)),
        base_a=(9.9, 9.9, 9.9),
        supply=SUPPLY,
    )
    street.run(100)
    lose(street, formed=True)
    street.run(900)
    assert not street.of(RequestIssued)


def test_loads_go_by_rank_and_come_back_one_after_the_other() -> None:
    home = Home(household(loads=LOADS), base_w=0.0)
    store = Store(battery(min_soc=10.0), soc=55.0)
    street = plant(home, store, Car(charger()), Car(charger("other")), base_a=(0.1, 0.1, 0.1))
    lose(street, formed=True)
    street.step()
    assert home.loads == {"boiler": False, "pump": False}, "nobody knows yet how much of the load is always there"
    assert street.engine.status(street.now).devices["home"].cause is Cause.OUTAGE
    street.run(2_700)
    assert home.loads == {"boiler": False, "pump": True}, "two days of the base take 3.5 of 4.5 kWh"
    come_back(street)
    street.run(60)
    assert not home.loads["boiler"], "the cable has not settled"
    assert street.setpoint() == 0.0
    street.run(10)
    assert home.loads["boiler"]
    assert street.setpoint() == 0.0, "cars come after the loads"
    street.run(10)
    assert street.setpoint() == street.setpoint("other") == 0.0
    street.run(10)
    started = [street.setpoint(each) != 0.0 for each in ("car", "other")]
    street.run(120)
    assert (street.setpoint() or 0.0) >= 6.0
    assert (street.setpoint("other") or 0.0) >= 6.0
    assert sum(started) <= 1, "one after the other"
    assert state_of(street) == [Supply.ISLAND, Supply.DEAD, Supply.RETURNING, Supply.CABLE]


def test_a_load_that_was_off_before_stays_off() -> None:
    home = Home(household(loads=LOADS), loads={"boiler": False, "pump": True})
    street = plant(home, Store(battery(), soc=15.0))
    lose(street, formed=True)
    street.run(60)
    come_back(street)
    street.run(600)
    assert home.loads == {"boiler": False, "pump": True}


def test_whoever_lives_there_may_switch_a_load_on_again() -> None:
    """Its adapter leaves alone what was switched on by hand; here nothing is told a second time."""
    home = Home(household(loads=LOADS))
    street = plant(home, Store(battery(), soc=15.0))
    lose(street, formed=True)
    street.run(60)
    assert not home.loads["boiler"]
    first = street.now
    street.run(60)
    told = [each for at, each in street.setpoints if at > first and isinstance(each, HouseholdSetpoint)]
    assert all(each.reduces is False for each in told)


def test_sun_lets_loads_run_that_the_battery_could_not_carry() -> None:
    home = Home(household(loads=LOADS), base_w=0.0)
    street = plant(home, Store(battery(min_soc=10.0), soc=50.0), base_a=(0.2, 0.2, 0.2))
    begin = street.now
    street.forecast = Forecast(sun_w=Series(start=begin - 3600, step_s=3600.0, values=(0.0,) * 4 + (6_000.0,) * 40))
    lose(street, formed=True)
    street.run(30)
    assert home.loads == {"boiler": True, "pump": True}


def test_an_overload_sheds_at_once() -> None:
    home = Home(household(loads=LOADS))
    street = plant(home, Store(battery(capacity_wh=500_000, max_discharge_w=1e5), soc=95.0))
    lose(street, formed=True)
    street.run(60)
    assert home.loads == {"boiler": True, "pump": True}
    street.base_a = (7.0, 7.0, 7.0)
    street.step()
    street.step()
    assert home.loads["boiler"] is False
    assert max(street.load_a()) <= 10.0


def test_cars_carry_their_share_down_to_their_owners_floor() -> None:
    giver = Car(charger(max_discharge_a=16.0, policy=V2G, battery_wh=10_000), soc=46.0)
    miser = Car(charger("miser", max_discharge_a=16.0), soc=90.0)
    street = plant(giver, miser, Store(battery(min_soc=10.0), soc=11.0), base_a=(7.0, 7.0, 7.0))
    lose(street, formed=True)
    street.run(60)
    assert (street.setpoint() or 0.0) < 0
    assert street.setpoint("miser") == 0.0
    street.run(1_800)
    assert giver.soc is not None
    assert giver.soc >= 39.9
    assert street.setpoint() == 0.0


def test_a_restart_in_the_middle_goes_on() -> None:
    home = Home(household(loads=LOADS))
    street = plant(home, Store(battery(), soc=15.0), Car(charger()))
    lose(street, formed=True)
    street.run(60)
    assert not home.loads["boiler"]
    street.restart()
    street.run(30)
    assert not home.loads["boiler"]
    assert street.setpoint() == 0.0
    come_back(street)
    street.restart()
    street.run(400)
    assert home.loads["boiler"]
    assert (street.setpoint() or 0.0) >= 6.0


@pytest.mark.parametrize("stored", [{"state": "nonsense"}, [], {"off": {"home": 5}}, {"off": {}, "state": None}])
def test_a_stored_supply_that_cannot_be_read_is_named(stored: object) -> None:
    street = plant(Home(household(loads=LOADS)))
    state = {**street.engine.to_dict(), "supply": stored}
    assert street.make_engine(state).lost == ("supply",)


def test_an_island_that_knows_nothing_of_its_cable_is_as_ever() -> None:
    street = Plant(Car(charger()))
    street.run(400)
    lose(street)
    street.run(60)
    assert street.setpoint() == 6.0, "blind is blind"
    assert not street.of(SupplyChanged)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([True, False, None]), st.sampled_from([True, False, None]), st.sampled_from([3, 30, 100])
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_flaps_nobody_charges_or_feeds_in_without_a_reason(
    seen: list[tuple[bool | None, bool | None, int]],
) -> None:
    street = plant(
        Car(charger(max_discharge_a=16.0, policy=V2G), soc=60.0),
        Home(household(loads=LOADS)),
        Store(battery(), soc=50.0),
        dt=3.0,
    )
    for cable, formed, seconds in seen:
        street.cable, street.formed = cable, formed
        for _ in range(seconds // 3):
            street.step()
            amps = street.setpoint() or 0.0
            if cable is False:
                assert amps <= 0
            if amps < 0:
                assert formed is True
                assert cable is not True
    come_back(street)
    street.run(600)
    assert (street.setpoint() or 0.0) >= 6.0
    home = street.devices["home"]
    assert isinstance(home, Home)
    assert all(home.loads.values())


def test_inverters_that_stay_short_are_not_planned_for_in_each_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = []

    def counted(*given: Any, **named: Any) -> OutagePlan:
        planned.append(given)
        return plan_outage(*given, **named)

    monkeypatch.setattr(outage, "plan_outage", counted)
    home = Home(household(loads=LOADS), base_w=0.0)
    street = plant(home, Store(battery(), soc=90.0), base_a=(8.0, 8.0, 8.0))
    lose(street, formed=True)
    street.run(60)
    home.loads["boiler"] = True
    street.base_a = (12.0, 12.0, 12.0)
    before = len(planned)
    street.run(600)
    assert home.loads == {"boiler": False, "pump": False}
    assert len(planned) - before <= 2


STANDS = SupplyConfig(inverter_a=(10.0, 10.0, 10.0), settle_s=60.0, overload_share=0.3, overload_s=60.0)


@pytest.mark.parametrize(("amps", "seconds", "switched"), [(12.0, 20, False), (14.0, 5, True), (12.0, 300, True)])
def test_a_motor_that_starts_switches_nothing_off_and_an_overload_that_stays_does(
    amps: float, seconds: int, switched: bool
) -> None:
    home = Home(household(loads=LOADS), base_w=0.0, loads={"boiler": True, "pump": False})
    store = Store(battery(capacity_wh=400_000, max_discharge_w=20_000.0), soc=100.0)
    street = plant(home, store, base_a=(1.0, 1.0, 1.0), supply=STANDS, dt=5.0)
    lose(street, formed=True)
    street.run(1_000)
    assert home.loads["boiler"]
    # All of it is load, the boiler's 2 kW included.
    street.base_a = (amps - 2000.0 / 3 / NOMINAL_V,) * 3
    over = 0.0
    for _ in range(seconds // 5):
        street.step()
        over += 5.0 * (max(street.load_a()) > 10.01)
    assert over <= 60.0
    street.base_a = (1.0, 1.0, 1.0)
    street.run(30)
    assert home.loads["boiler"] is not switched


def test_inverters_cool_down_for_as_long_as_they_were_overloaded() -> None:
    home = Home(household(loads=LOADS), base_w=0.0, loads={"boiler": True, "pump": False})
    store = Store(battery(capacity_wh=400_000, max_discharge_w=20_000.0), soc=100.0)
    street = plant(home, store, base_a=(1.0, 1.0, 1.0), supply=STANDS, dt=5.0)
    lose(street, formed=True)
    street.run(1_000)
    for _ in range(3):
        street.base_a = (9.0, 9.0, 9.0)
        street.run(30)
        street.base_a = (1.0, 1.0, 1.0)
        street.run(5)
    assert not home.loads["boiler"], "three times half a minute with hardly a rest between is too much"
