"""Homes: the published shape, real-looking single homes, and loads that shift their energy."""

import math
from datetime import date, timedelta
from itertools import pairwise
from statistics import correlation, fmean
from typing import TYPE_CHECKING

import pytest

from custom_components.tangle_grid.simulation.appliances import EVENT_SHARE, DayPlan, draw_events
from custom_components.tangle_grid.simulation.household import Household
from custom_components.tangle_grid.simulation.profiles import (
    H0,
    QUARTERS,
    DayType,
    HouseholdShape,
    Season,
    day_type_of,
    season_of,
)

if TYPE_CHECKING:
    from tests.simulation.conftest import StreetMaker

SPRING_DAY = 120


def test_the_profile_adds_up_to_its_thousand_kilowatt_hours() -> None:
    assert set(H0) == {(season, day) for season in Season for day in DayType}
    assert all(len(values) == QUARTERS for values in H0.values())
    first = date(2025, 1, 1)
    total = sum(
        fmean(HouseholdShape(1000, number, (first + timedelta(days=number - 1)).weekday()).quarters) * 24
        for number in range(1, 366)
    )
    assert total / 1000 == pytest.approx(1000, rel=0.01)


def test_seasons_and_type_days() -> None:
    assert [season_of(day) for day in (1, 79, 80, 134, 135, 257, 258, 304, 305, 365)] == [
        Season.WINTER,
        Season.WINTER,
        Season.TRANSITION,
        Season.TRANSITION,
        Season.SUMMER,
        Season.SUMMER,
        Season.TRANSITION,
        Season.TRANSITION,
        Season.WINTER,
        Season.WINTER,
    ]
    assert [day_type_of(day) for day in range(7)] == [DayType.WORKDAY] * 5 + [DayType.SATURDAY, DayType.SUNDAY]


def test_the_shape_runs_through_the_quarters() -> None:
    shape = HouseholdShape(3500, SPRING_DAY, 2)
    for quarter in range(QUARTERS):
        assert shape.at(quarter * 900 + 450) == pytest.approx(shape.quarters[quarter])
    assert all(math.isfinite(shape.at(seconds)) for seconds in (-4_000, 0, 86_399, 90_000))


def test_many_homes_have_the_shape_of_the_profile(make_street: StreetMaker) -> None:
    street = make_street("00:00", homes=20, season_day=SPRING_DAY)
    homes = street._inventory.homes.values()
    shown = [0.0] * QUARTERS
    wanted = [0.0] * QUARTERS
    for day in range(5):
        for quarter in range(QUARTERS):
            for part in range(5):
                moment = street.config.start + day * 86_400 + quarter * 900 + part * 180
                today = street._calendar.day(moment)
                for home in homes:
                    home.measure(moment, today)
                    shown[quarter] += home.base_w / 5
            for home in homes:
                wanted[quarter] += home._shape(today.weekday).quarters[quarter]
    hours = [range(start, start + 4) for start in range(0, QUARTERS, 4)]
    hourly = [sum(shown[quarter] for quarter in hour) for hour in hours]
    assert correlation(hourly, [sum(wanted[quarter] for quarter in hour) for hour in hours]) > 0.95
    assert sum(shown) == pytest.approx(sum(wanted), rel=0.07)


def test_a_single_home_looks_like_a_home(make_street: StreetMaker) -> None:
    street = make_street("00:00")
    powers = []
    for minute in range(24 * 60):
        street.advance(street.config.start + minute * 60)
        powers.append(street.value("home_3", "power"))
    assert min(powers) >= 0
    assert max(powers) > 1_500
    assert max(powers) > 5 * fmean(powers)
    assert 5 < fmean(powers) * 24 / 1000 < 20
    jumps = sum(abs(after - before) > 300 for before, after in pairwise(powers))
    assert jumps > 10


def test_yearly_use_lies_in_the_stated_range() -> None:
    yearly = [Household(seed, "home_1", SPRING_DAY).yearly_kwh for seed in range(40)]
    assert min(yearly) >= 3000
    assert max(yearly) <= 4500
    assert len(set(yearly)) == 40


def test_events_carry_their_share_of_the_energy() -> None:
    shape = HouseholdShape(3500, SPRING_DAY, 1)
    energy = [
        sum(watts * (end - start) / 3600 for start, end, watts in draw_events(shape, "key", number))
        for number in range(300)
    ]
    assert fmean(energy) == pytest.approx(EVENT_SHARE * fmean(shape.quarters) * 24, rel=0.06)


def test_a_plan_takes_over_what_began_yesterday() -> None:
    plan = DayPlan([(86_000, 87_000, 500.0)], [(100, 200, 1_000.0), (150, 300, 50.0)], [(-100, 50, 70.0)])
    assert [plan.at(seconds) for seconds in (0, 99, 100, 160, 250, 599, 601)] == [500, 500, 1500, 1550, 550, 500, 0]
    assert plan.at(86_350) == 70


def test_the_boiler_balances_its_energy(make_street: StreetMaker) -> None:
    street = make_street("00:00")
    boiler = street._inventory.homes["home_2"].loads["boiler"]
    before, balance = boiler.temperature, 0.0
    start = street.now
    on = 0
    for step in range(1, 86_400 // 10 + 1):
        street.advance(start + step * 10)
        balance += (boiler.power_w - boiler.heat_w - boiler.loss_w) * 10 / 3600
        on += boiler.power_w > 0
        assert 35 < boiler.temperature < 61
    assert (boiler.temperature - before) * boiler.CAPACITY_WH_PER_K == pytest.approx(balance, abs=1e-6)
    assert 2 < on * 10 / 3600 < 5, "hours a day for a family's hot water"


@pytest.mark.parametrize(
    ("home_id", "load_id"), [("home_2", "boiler"), ("home_4", "heat_pump"), ("home_7", "heat_pump")]
)
def test_shedding_shifts_energy(make_street: StreetMaker, home_id: str, load_id: str) -> None:
    free, shed = make_street(), make_street()
    for street in (free, shed):
        street.advance(street.now + 900)
    assert free.value(home_id, f"{load_id}_power") > 0
    before = shed.value(home_id, "power")
    shed.set_load(home_id, load_id, on=False)
    shed.settle()
    free.settle()
    assert shed.value(home_id, load_id) is False
    assert shed.value(home_id, f"{load_id}_power") == 0
    assert shed.value(home_id, "power") <= before - 1_000
    for street in (free, shed):
        street.advance(street.now + 1_800)
    saved = free.value(home_id, "energy_import") - shed.value(home_id, "energy_import")
    assert saved >= 0.4 * (2_000 if load_id == "boiler" else 1_500)
    assert shed.value(home_id, f"{load_id}_temperature") < free.value(home_id, f"{load_id}_temperature")
    shed.set_load(home_id, load_id, on=True)
    shed.settle()
    assert shed.value(home_id, f"{load_id}_power") > 0
    for street in (free, shed):
        street.advance(street.now + 14 * 3600)
    later = free.value(home_id, "energy_import") - shed.value(home_id, "energy_import")
    assert abs(later) < 0.7 * saved + 300, "what was not taken then is taken later"
