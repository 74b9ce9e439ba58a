"""What would have been drawn: habits, steady means, and claims that are not believed for ever."""

import json
from collections.abc import Callable, Sequence

import pytest

from custom_components.tangle_grid.grid import (
    BatteryTelemetry,
    ChargerTelemetry,
    HouseholdTelemetry,
    MarketConfig,
    Settlement,
    Timing,
)
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.model.lease import grant
from custom_components.tangle_grid.grid.model.world import BatteryConfig, Cause, ChargerConfig
from custom_components.tangle_grid.grid.requests.baseline import baseline_of
from custom_components.tangle_grid.grid.requests.baseline_history import Habits
from custom_components.tangle_grid.grid.requests.load_profile import SLOT_S, HouseholdProfile
from custom_components.tangle_grid.grid.requests.need_plausibility import Claim
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Plant, battery, charger, household, reading

DAY_S = 86_400
#: Monday 5 January 1970, 00:00 UTC.
MONDAY = 4 * DAY_S


def taught(power_w: Callable[[int, int], float], days: int, midnight_s: int = 0) -> HouseholdProfile:
    """A profile after some days of which each quarter had `power_w(day, quarter)`."""
    profile = HouseholdProfile(lambda t: t - midnight_s)
    for day in range(days):
        for quarter in range(96):
            start = MONDAY + day * DAY_S + quarter * SLOT_S + midnight_s
            profile.add(start, start + SLOT_S, power_w(day, quarter))
    return profile


def test_a_habit_is_the_mean_of_the_same_quarter_of_comparable_days() -> None:
    profile = taught(lambda day, quarter: 2000.0 if day % 7 >= 5 else 400.0 + 10 * quarter, 12)
    saturday = MONDAY + 12 * DAY_S
    assert profile.expected_w(saturday + 40 * SLOT_S, saturday + 41 * SLOT_S, saturday + 40 * SLOT_S) is None
    profile = taught(lambda day, quarter: 2000.0 if day % 7 >= 5 else 400.0 + 10 * quarter, 18)
    noon = MONDAY + 18 * DAY_S
    for quarter in range(8):
        profile.add(noon + quarter * SLOT_S, noon + (quarter + 1) * SLOT_S, 400.0 + 10 * quarter)
    now = noon + 8 * SLOT_S + 300
    # The quarters rise through the window, but no more is expected than the last hour showed.
    assert profile.expected_w(now, now + SLOT_S, now) == pytest.approx(470, abs=1)


def test_the_same_day_counts_half_is_capped_and_looks_at_nothing_after_the_request_could_be_foreseen() -> None:
    def today(quarters: list[float], known_at: int, guard_s: float = 300.0) -> float | None:
        profile = taught(lambda _day, _quarter: 1000.0, 5)
        start = MONDAY + 7 * DAY_S
        for number, watts in enumerate(quarters):
            profile.add(start + number * SLOT_S, start + (number + 1) * SLOT_S, watts)
        now = start + len(quarters) * SLOT_S
        return profile.expected_w(now, now + SLOT_S, start + known_at * SLOT_S + guard_s)

    assert today([1000.0] * 6, 6) == pytest.approx(1000)
    assert today([1000.0] * 4 + [1400.0] * 2, 6) == pytest.approx(1200)
    assert today([1000.0] * 4 + [9000.0] * 2, 6) == pytest.approx(2000)
    assert today([1000.0] * 4 + [9000.0] * 2, 4) == pytest.approx(1000)
    # Nor at the last five minutes before it.
    assert today([1000.0] * 5 + [9000.0], 6, guard_s=299.0) == pytest.approx(1000)
    # Away: no habit is paid.
    assert today([80.0] * 6, 6) == pytest.approx(80)


def test_requests_are_no_habit_and_days_begin_at_local_midnight() -> None:
    profile = taught(lambda _day, _quarter: 1000.0, 5, midnight_s=-7200)
    assert profile.to_dict()["days"]["week"][0] == [1000] * 96
    for day in range(7, 12):
        for quarter in range(96):
            start = MONDAY + day * DAY_S + quarter * SLOT_S - 7200
            if quarter == 40:
                profile.spoil(start)
            profile.add(start, start + SLOT_S, 0.0 if quarter == 40 else 1000.0)
    stored = profile.to_dict()["days"]["week"]
    assert [stored[-1][quarter] for quarter in range(38, 46)] == [1000, 1000, None, None, None, None, 1000, 1000]


def test_a_profile_is_small_and_survives_storage() -> None:
    profile = taught(lambda day, quarter: 500.0 + quarter + day, 60)
    stored = json.dumps(profile.to_dict())
    assert len(stored) < 16_000
    again = HouseholdProfile.from_dict(json.loads(stored))
    assert again.to_dict() == profile.to_dict()
    with pytest.raises(ValueError, match="96"):
        HouseholdProfile.from_dict({**profile.to_dict(), "today": [1]})


@pytest.mark.parametrize("midnight_s", [0, -7200, 28_800, -46_800, 36_000, -20_700])
def test_days_begin_at_local_midnight_wherever_that_is(midnight_s: int) -> None:
    habits = Habits(lambda t: t - midnight_s)
    home = DeviceState(household(), Timing())
    start = MONDAY + midnight_s - SLOT_S
    for second in range(0, 3 * SLOT_S + 120, 60):
        now = start + second
        home.observe(now, 60.0, HouseholdTelemetry(reading=reading(1000.0, now)), Timing())
        habits.observe(now, now - 60.0, [home], {"home": home.power_w}, frozenset())
    profile = habits.to_dict()["profiles"]["home"]
    # The quarter before midnight was Sunday's, the two after it are Monday's.
    assert profile["days"]["weekend"] == [[None] * 95 + [1000]]
    assert profile["today"] == [1000, 1000] + [None] * 94


@pytest.mark.parametrize(("habit_w", "earned_wh"), [(1500.0, 0), (3500.0, 500)])
def test_a_household_with_a_habit_is_paid_by_it(habit_w: float, earned_wh: int) -> None:
    """Whoever switches a boiler on for a request that never runs at this time earns nothing by switching it off."""
    plant = Plant(Home(household(policy=ALWAYS), loads={"boiler": habit_w > 3000, "pump": True}), dt=5.0)
    engine = plant.engine
    plant.config = type(plant.config)(
        feeders=plant.config.feeders, devices=plant.config.devices, market=MarketConfig(automatic=False)
    )
    plant.engine = engine = plant.make_engine(None)
    habits = engine._parts.lifecycle.habits
    profile = habits._profiles["home"] = HouseholdProfile()
    start = plant.now - 20 * DAY_S
    while start < plant.now:
        profile.add(start, start + SLOT_S, habit_w)
        start += SLOT_S
    home = plant.devices["home"]
    assert isinstance(home, Home)
    plant.run(60)
    home.loads["boiler"] = True
    plant.run(400)
    request, _ = engine.commands.request_curtailment(plant.now, power_w=2000.0, duration_s=900.0)
    ask = request.asks["home"]
    assert ask.baseline_method == "comparable_days"
    assert ask.baseline_w == pytest.approx(habit_w, abs=50)
    plant.run(1000)
    assert sum(each.energy_wh for each in plant.of(Settlement)) == pytest.approx(earned_wh, abs=10)
    assert all(each.receipt["baseline_method"] == "comparable_days" for each in plant.of(Settlement))
    plant.restart()
    assert plant.engine._parts.lifecycle.habits.to_dict() == engine._parts.lifecycle.habits.to_dict()


@pytest.mark.parametrize(("told_a", "expected_w"), [(None, 11_040), (16.0, 11_040), (6.0, 4_140), (0.0, 0)])
def test_what_a_car_drew_beyond_its_limit_is_no_claim(told_a: float | None, expected_w: float) -> None:
    """Else whoever does not obey would be paid for obeying."""
    device = DeviceState(charger(), Timing())
    for second in range(0, 900, 10):
        now = START + second
        telemetry = ChargerTelemetry(reading=reading((3_680.0, 3_680.0, 3_680.0), now), connected=True, soc=50.0)
        device.observe(now, 10.0, telemetry, Timing())
        device.lease = None if told_a is None else grant(device.lease, told_a, Cause.ALLOCATION, now, 300.0)
    now = START + 890
    found = baseline_of(device, now, Timing(), Habits(), known_at=now - 300, until=now + 900)
    assert found.power_w == pytest.approx(expected_w)
    # While it helps, its limit is what it gives, and not what it would have drawn.
    device.own.helping = True
    found = baseline_of(device, now, Timing(), Habits(), known_at=now - 300, until=now + 900)
    assert found.power_w == pytest.approx(11_040)


WINDOW_S = Timing().baseline_window_s


@pytest.mark.parametrize("device", [charger(), battery()], ids=["car", "battery"])
@pytest.mark.parametrize("short_for_s", [WINDOW_S, 12 * WINDOW_S])
def test_a_baseline_does_not_rise_by_waiting(device: ChargerConfig | BatteryConfig, short_for_s: float) -> None:
    """Who draws more when a request can be foreseen, and then waits for it, is not paid for that.

    Nor on a feeder that has been short for an hour: what rose in the last window is no claim there either.
    """
    state = drawing(device, [1_500.0] * 3 + [9_000.0])
    now = START + 4 * WINDOW_S
    found = baseline_of(state, now, Timing(), Habits(), known_at=now - short_for_s, until=now + 900)
    assert found.power_w == pytest.approx(1_500, rel=0.01)


@pytest.mark.parametrize("device", [charger(), battery()], ids=["car", "battery"])
def test_who_draws_the_same_on_a_feeder_that_has_been_short_for_long_keeps_its_baseline(
    device: ChargerConfig | BatteryConfig,
) -> None:
    """It began when the feeder was short already: what was before that, nobody has seen, and it is not nothing."""
    state = drawing(device, [1_500.0] * 3)
    now = START + 3 * WINDOW_S
    found = baseline_of(state, now, Timing(), Habits(), known_at=now - 12 * WINDOW_S, until=now + 900)
    assert found.power_w == pytest.approx(1_500, rel=0.01)


def drawing(config: ChargerConfig | BatteryConfig, levels_w: Sequence[float]) -> DeviceState:
    """A device that drew so much, W over all phases, each for the length of a window."""
    device = DeviceState(config, Timing())
    for second in range(0, int(len(levels_w) * WINDOW_S), 10):
        now = START + second
        each = levels_w[int(second // WINDOW_S)] / 3
        telemetry: ChargerTelemetry | BatteryTelemetry
        if isinstance(config, ChargerConfig):
            telemetry = ChargerTelemetry(reading=reading((each, each, each), now), connected=True, soc=50.0)
        else:
            telemetry = BatteryTelemetry(reading=reading((each, each, each), now), soc=50.0)
        device.observe(now, 10.0, telemetry, Timing())
    return device


def test_a_household_without_a_habit_has_the_lower_of_its_recent_means() -> None:
    device = DeviceState(household(), Timing())
    for second in range(0, 1200, 10):
        now = START + second
        watts = 600.0 if second < 900 else 3000.0
        device.observe(now, 10.0, HouseholdTelemetry(reading=reading(watts, now)), Timing())
    now = START + 1200
    found = baseline_of(device, now, Timing(), Habits(), known_at=now - 300, until=now + 900)
    assert found.method == "recent"
    assert found.power_w == pytest.approx(600)


def test_a_car_that_stops_by_itself_has_claimed_too_much_and_is_believed_again_when_it_draws_on() -> None:
    plant = Plant(Car(charger(target_soc=100.0), soc=50.0), market=MarketConfig(automatic=False))
    claim: Claim = plant.engine._parts.lifecycle.habits._claims.setdefault("car", Claim())
    plant.run(900)
    plant.car().accepts_a = 0.0
    plant.run(400)
    need = plant.engine._parts.devices["car"].need_wh()
    assert need is not None
    assert claim.overclaim_wh == pytest.approx(need)
    assert claim.need_wh(need) == 0
    plant.car().accepts_a = 32.0
    plant.run(1800)
    later = plant.engine._parts.devices["car"].need_wh()
    assert later is not None
    assert claim.overclaim_wh < need
    assert Claim.from_dict(json.loads(json.dumps(claim.to_dict()))).to_dict() == claim.to_dict()


def test_a_car_that_says_nothing_needs_no_more_than_it_ever_took() -> None:
    plant = Plant(Car(charger(battery_wh=None), soc=None), market=MarketConfig(automatic=False))
    habits = plant.engine._parts.lifecycle.habits
    device = plant.engine._parts.devices["car"]
    plant.run(900)
    assert habits.need_wh(device) is None
    taken = habits._claims["car"].drawn_wh
    plant.car().connected = False
    plant.run(30)
    plant.car().connected = True
    plant.run(300)
    left = habits.need_wh(device)
    assert left is not None
    assert 0 < left < taken
