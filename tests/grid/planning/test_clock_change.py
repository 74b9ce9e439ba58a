"""Habits keep to the clocks on the walls, also when these change between summer and winter."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from custom_components.tangle_grid.grid import (
    ChargerTelemetry,
    FeederConfig,
    GridConfig,
    GridEngine,
    Inputs,
)
from custom_components.tangle_grid.grid.device.stay_forecast import StayLog
from custom_components.tangle_grid.grid.model.forecast import DayProfile, Forecast
from custom_components.tangle_grid.grid.model.local_time import moment_of, utc
from custom_components.tangle_grid.grid.network.topology import Topology
from custom_components.tangle_grid.grid.planning.arrivals import Arrivals, Stay
from custom_components.tangle_grid.grid.planning.net_load_forecast import Outlook
from custom_components.tangle_grid.grid.requests.load_profile import HouseholdProfile

from ...support.grid.feeder_plant import charger, reading

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600.0
SLOT_S = 900
#: The Sundays on which the clocks change, at one o'clock UTC.
SPRING = datetime(2027, 3, 28, tzinfo=BERLIN)
AUTUMN = datetime(2027, 10, 31, tzinfo=BERLIN)
CHANGES = pytest.mark.parametrize("sunday", [SPRING, AUTUMN], ids=["spring", "autumn"])


def berlin(t: float) -> float:
    return datetime.fromtimestamp(t, BERLIN).replace(tzinfo=UTC).timestamp()


def at(day: datetime, hours: float, days: int = 0) -> float:
    """When the clocks in Berlin show this time, some days later."""
    return (day + timedelta(days=days, hours=hours)).timestamp()


def evening_w(t: float) -> float:
    """9 kW from six to nine in the evening, else 1 kW."""
    return 9000.0 if 18 * HOUR <= berlin(t) % 86_400 < 21 * HOUR else 1000.0


def learned[T](observe: Callable[[float, float], object], first: float, last: float) -> None:
    for minute in range(int((last - first) // 60)):
        observe(first + minute * 60.0, evening_w(first + minute * 60.0))


@CHANGES
def test_a_shown_time_is_found_again(sunday: datetime) -> None:
    for quarter in range(3 * 96):
        moment = at(sunday, -24) + quarter * SLOT_S
        shown = berlin(moment)
        found = moment_of(shown, berlin)
        assert berlin(found) == shown
        assert abs(found - moment) in (0.0, HOUR)
    # Half past two does not exist in spring.
    assert berlin(moment_of(berlin(at(SPRING, 0)) + 2.5 * HOUR, berlin)) % 86_400 in (1.5 * HOUR, 3.5 * HOUR)
    assert moment_of(12.5, utc) == 12.5


@CHANGES
def test_the_evening_peak_stays_in_the_evening(sunday: datetime) -> None:
    """Also as seen from before the change: on Saturday night, the plan looks at Sunday evening."""
    profile = DayProfile(local=berlin)
    learned(profile.observe, at(sunday, 0, -10), at(sunday, 0))
    for days in (0, 1, 3):
        for hours in (1.25, 17.75, 18.0, 20.75, 21.0):
            moment = at(sunday, hours, days)
            assert profile.at(moment) == pytest.approx(evening_w(moment)), (days, hours)
    # What is measured on the day itself belongs to the quarter that the clocks show.
    learned(profile.observe, at(sunday, 0), at(sunday, 0, 1))
    assert [profile.at(at(sunday, hours, 1)) for hours in (17.75, 18, 20.75, 21)] == [1000, 9000, 9000, 1000]


@CHANGES
def test_the_load_without_cars_is_expected_by_the_clock(sunday: datetime) -> None:
    """As the plan asks for it, on the night of the change; and what an earlier version stored by UTC is left."""
    feeder = FeederConfig(feeder_id="main", capacity_a=(60.0,) * 3, threshold_a=(60.0,) * 3)
    config = GridConfig(feeders=(feeder,), local=berlin)
    topology = Topology(config)
    outlook = Outlook(config, topology, {"profiles": {"main": [5e3] * 96}, "sun": [1.0] * 96})

    def observe(now: float, watts: float) -> None:
        outlook.observe(now, {"main": (watts / 3,) * 3}, others_w=0.0, sun_w=None, load_w=None)

    learned(observe, at(sunday, 0, -10), at(sunday, 0))
    again = Outlook(config, topology, outlook.to_dict())
    now = at(sunday, 0)
    starts = [now + slot * SLOT_S for slot in range(96)]
    (expected_w,) = again.grounds_w(now, starts, Forecast())
    assert expected_w == pytest.approx([evening_w(start) for start in starts], abs=1)


@CHANGES
def test_cars_are_expected_by_the_clock(sunday: datetime) -> None:
    """Who comes home at six and leaves at seven does so on the Sunday, too, and on the days after it."""
    arrivals = Arrivals(local=berlin)
    for days in range(-10, 0):
        arrivals.add("car", Stay(at(sunday, 18, days), at(sunday, 31, days), 20_000.0))
    # In the middle of Saturday's night the car is gone, against its habit.
    now = at(sunday, 0.5)
    expected = arrivals.expected("car", now, now + 40 * HOUR, taken_until=None)
    assert {(came, left) for came, left, _ in expected} == {(at(sunday, 18), at(sunday, 31))}
    assert sum(wh for _, _, wh in expected) == pytest.approx(20_000, rel=0.1)
    # Seen from Saturday afternoon, a stay over the change is as long as the clocks make it.
    before = arrivals.expected("car", at(sunday, 15, -1), at(sunday, 12), taken_until=None)
    assert {(came, left) for came, left, _ in before} == {(at(sunday, 18, -1), at(sunday, 7))}
    assert {(came, left) for came, left, _ in Arrivals(arrivals.to_dict(), berlin).expected(
        "car", at(sunday, 10, 2), at(sunday, 40, 2), taken_until=None
    )} == {(at(sunday, 18, 2), at(sunday, 31, 2))}  # fmt: skip


@CHANGES
def test_nobody_is_expected_in_the_past(sunday: datetime) -> None:
    """Every quarter of the night is passed, the ones that are shown twice or skipped as well."""
    arrivals = Arrivals(local=berlin)
    for days in range(-10, 0):
        for quarter in range(0, 24, 2):
            came = at(sunday, quarter / 4, days)
            arrivals.add(f"car{quarter}", Stay(came, came + 700.0, 2_000.0))
    for quarter in range(7 * 4):
        now = at(sunday, 0) + quarter * SLOT_S + 1.0
        for each in range(0, 24, 2):
            for came, left, wh in arrivals.expected(f"car{each}", now, now + 24 * HOUR, taken_until=None):
                assert now <= came < left
                assert 0 < wh <= 2_000


@CHANGES
def test_departures_are_expected_by_the_clock(sunday: datetime) -> None:
    """Overnight guests leave at seven; those of the noon an hour after they came."""
    log = StayLog(local=berlin)
    for days in range(-10, 0):
        log.add(arrived_at=at(sunday, 12, days), left_at=at(sunday, 13, days))
        log.add(arrived_at=at(sunday, 13.5, days), left_at=at(sunday, 31, days))
    for each in (log, StayLog.from_dict(log.to_dict(), berlin)):
        for days in (-1, 0, 1):
            came = at(sunday, 13.5, days)
            assert each.expected_departure(arrived_at=came, now=came + 2 * HOUR) == at(sunday, 31, days)
            noon = at(sunday, 12, days)
            assert each.expected_departure(arrived_at=noon, now=noon) <= noon + HOUR


def test_stays_that_were_stored_by_utc_are_taken_over() -> None:
    """They carry no date: in winter they fit exactly."""
    earlier = [[17 * HOUR, 13 * HOUR]] * 6 + [[11 * HOUR, 1 * HOUR]] * 6
    log = StayLog.from_dict(earlier, berlin)
    assert log.count == 12
    came = at(datetime(2027, 1, 12, tzinfo=BERLIN), 18)
    assert log.expected_departure(arrived_at=came, now=came + 2 * HOUR) == came + 13 * HOUR


@CHANGES
def test_a_household_is_measured_against_its_own_evenings(sunday: datetime) -> None:
    """Its Sundays, as the change is on one: also on the day itself, after the clocks have changed."""
    profile = HouseholdProfile(berlin)
    first, last = at(sunday, 0, -28), at(sunday, 18)
    for quarter in range(int((last - first) // SLOT_S)):
        start = first + quarter * SLOT_S
        profile.add(start, start + SLOT_S, evening_w(start))
    assert profile.expected_w(last - HOUR, last - HOUR + SLOT_S, last - HOUR) == pytest.approx(1000, abs=1)
    for quarter in range(8):
        profile.add(last + quarter * SLOT_S, last + (quarter + 1) * SLOT_S, 9000.0)
    at_eight = last + 2 * HOUR + 300
    assert profile.expected_w(at_eight, at_eight + 2 * SLOT_S, at_eight) == pytest.approx(9000, rel=0.02)
    # A window over the hour that is shown twice, or skipped, has an expectation as well.
    for quarter in range(12):
        start = at(sunday, 0) + quarter * SLOT_S
        assert profile.expected_w(start, start + HOUR, start) is not None


@CHANGES
def test_an_engine_plans_with_the_evening_after_the_change(sunday: datetime) -> None:
    """All the way in: some days of meter and charger, stored, restored, and the change in the last night."""
    feeder = FeederConfig(feeder_id="main", capacity_a=(60.0,) * 3, threshold_a=(60.0,) * 3)
    config = GridConfig(feeders=(feeder,), devices=(charger("car"),), local=berlin)
    engine = GridEngine(config, new_id=lambda: "r")

    def step(now: float, *, here: bool, until: float | None = None) -> None:
        car = ChargerTelemetry(
            reading=reading(0.0, now),
            connected=here,
            departure_at=until,
            energy_needed_wh=20_000.0 if here else 0.0,
        )
        meter = reading(evening_w(now), now)
        engine.step(now, Inputs(meters={"main": meter}, devices={"car": car}))

    first, now = at(sunday, 0, -4), at(sunday, 12)
    # As seldom as still makes a quarter of an hour count as measured.
    for number in range(int((now - first) // 225)):
        t = first + number * 225.0
        step(t, here=not 7 * HOUR <= berlin(t) % 86_400 < 18 * HOUR)
    state = engine.to_dict()
    engine = GridEngine(config, new_id=lambda: "r", state=state)
    expected = engine._parts.planning.planner.arrivals.expected("car", now, now + 30 * HOUR, taken_until=None)
    assert expected
    assert all(abs(came - at(sunday, 18)) <= 240 and abs(left - at(sunday, 31)) <= 240 for came, left, _ in expected)
    # A stranger's car that stays until the night makes a plan; its picture shows the evening where the clocks do.
    for second in range(0, 240, 10):
        step(now + second, here=True, until=at(sunday, 23))
    plan = engine.status(now + 240).plan
    assert plan is not None
    peak = [plan.start + number * SLOT_S for number, watts in enumerate(plan.base_w) if watts > 8000]
    assert (peak[0], peak[-1]) == (at(sunday, 18), at(sunday, 20.75))
    assert all(later - earlier == SLOT_S for earlier, later in pairwise(peak))


def test_what_an_earlier_version_stored_is_taken_over_or_left() -> None:
    """Profiles by the hours of UTC start afresh, stays go on, and the time of midnight is not needed any more."""
    feeder = FeederConfig(feeder_id="main", capacity_a=(60.0,) * 3, threshold_a=(60.0,) * 3)
    config = GridConfig(feeders=(feeder,), devices=(charger("car"),), local=berlin)
    state = GridEngine(config, new_id=lambda: "r").to_dict()
    state["market"]["habits"]["midnight_s"] = -7200
    state["plan"] = {
        "profiles": {"main": [1234.0] * 96},
        "sun": [0.0] * 96,
        "arrivals": {"car": [at(AUTUMN, 0), [[at(AUTUMN, 18), at(AUTUMN, 31), 9000]]]},
    }
    state["devices"]["car"]["stays"] = [[17 * HOUR, 13 * HOUR]]
    engine = GridEngine(config, new_id=lambda: "r", state=state)
    stored = engine.to_dict()
    assert stored["plan"]["days_w"] == {"main": [None] * 96}
    assert stored["plan"]["arrivals"] == state["plan"]["arrivals"]
    assert stored["devices"]["car"]["stays"] == [[17 * HOUR, 13 * HOUR]]
    assert "midnight_s" not in stored["market"]["habits"]
    assert engine.lost == ()
    assert GridEngine(config, new_id=lambda: "r", state={**state, "plan": 7}).lost == ("plan",)
