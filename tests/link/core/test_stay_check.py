"""Who tells that cars leave sooner than they do is believed less the next time."""

from dataclasses import replace

import pytest

from custom_components.tangle_grid.link.core import HouseFeeder, StayCheck
from custom_components.tangle_grid.link.core.bodies import Report, read_link_body
from tests.support.linked import TERMS


def stay(check: StayCheck, told_s: float, stayed_s: float, slot: int = 0) -> None:
    check.observe(0.0, slot, connected=True, within_s=told_s)
    check.observe(1.0, slot, connected=True, within_s=told_s - 1)
    check.observe(stayed_s, slot, connected=False, within_s=None)
    check.observe(stayed_s + 1, slot, connected=False, within_s=None)


@pytest.mark.parametrize(("stayed_s", "factor"), [(7200.0, 2.0), (3600.0, 1.0), (600.0, 1.0), (90_000.0, 4.0)])
def test_the_median_of_the_last_stays_counts(stayed_s: float, factor: float) -> None:
    check = StayCheck()
    for number in range(3):
        assert check.factor == 1.0
        stay(check, 3600.0, stayed_s, slot=number)
    assert check.factor == pytest.approx(factor)
    assert check.believed_s(100.0) == pytest.approx(100 * factor)
    assert check.believed_s(None) is None
    assert check.to_dict()["ratios"] == list(check.ratios)


def test_one_long_stay_is_no_lie_and_short_ones_say_nothing() -> None:
    check = StayCheck()
    for stayed_s in (3600.0, 36_000.0, 3600.0, 3500.0):
        stay(check, 3600.0, stayed_s)
    assert check.factor == pytest.approx(1.0, abs=0.01)
    stay(check, 60.0, 3600.0)
    assert len(check.ratios) == 4


def test_the_street_reckons_with_what_it_has_seen() -> None:
    house = HouseFeeder(feeder_id="h", parent_id="street", terms=TERMS)
    report = read_link_body("report", Report.example)
    assert isinstance(report, Report)
    check = StayCheck()
    for _time in range(3):
        stay(check, 3600.0, 7200.0)
    told = house.telemetry(report, 100.0)["h/0"].departure_at
    believed = house.telemetry(report, 100.0, check)["h/0"].departure_at
    assert told == 100.0 + 28_800
    assert believed == 100.0 + 2 * 28_800
    assert house.telemetry(None, 100.0, check) == {}
    assert house.telemetry(replace(report, demands=()), 100.0, check) == {}
