"""Who is behind what a meter shows, how often devices report, and what they make of what they are told."""

import pytest

from custom_components.tangle_grid.grid.device.draw_bounds import Draw
from custom_components.tangle_grid.grid.device.report_interval import ReportWatch
from custom_components.tangle_grid.grid.device.shown_limit import ShownWatch
from custom_components.tangle_grid.grid.network.load_attribution import Attribution
from tests.support.grid.feeder_plant import START, V, reading

NOTHING = (0.0, 0.0, 0.0)
SIX = (6.0, 6.0, 6.0)


def amps(load_a: float, at: float) -> object:
    return reading((load_a * V, load_a * V, load_a * V), START + at)


def test_a_charger_that_was_just_raised_is_not_counted_twice() -> None:
    attribution = Attribution()
    attribution.update(amps(17.0, 0), [Draw.point(NOTHING)])  # type: ignore[arg-type]
    # It was told 6 A and has not reported since: what the meter shows more is taken for its own.
    ends = attribution.update(amps(23.0, 5), [Draw(NOTHING, NOTHING, SIX, NOTHING, SIX)])  # type: ignore[arg-type]
    assert attribution.near_a == pytest.approx((17.0,) * 3)
    assert ends == (1.0, 1.0, 1.0)
    # What goes beyond all that it may draw is somebody else's.
    attribution.update(amps(31.0, 10), [Draw(NOTHING, NOTHING, SIX, NOTHING, SIX)])  # type: ignore[arg-type]
    assert attribution.near_a == pytest.approx((25.0,) * 3)
    # Its own report decides.
    attribution.update(amps(31.0, 10), [Draw.point(NOTHING)])  # type: ignore[arg-type]
    assert attribution.near_a == pytest.approx((31.0,) * 3)


def test_one_drop_out_is_no_interval() -> None:
    watch = ReportWatch()
    for at in (0, 10, 20, 30, 330, 340):
        watch.observe(START + at)
    assert watch.interval_s == 10
    assert watch.max_age_s(60.0, 3600.0) == 60.0
    watch.observe(START + 640)
    assert watch.interval_s == 300
    assert watch.max_age_s(60.0, 3600.0) == pytest.approx(665.0)
    assert watch.max_age_s(60.0, 200.0) == 200.0


def test_a_clamp_is_believed_after_a_while_and_until_the_next_car() -> None:
    watch = ShownWatch()
    for second in range(0, 90, 5):
        watch.observe(START + second, told_a=16.0, told_at=START, shown_a=13.0)
    assert watch.most_a is None
    watch.observe(START + 95, told_a=16.0, told_at=START, shown_a=13.0)
    assert watch.most_a == 13.0
    watch.forget()
    assert watch.most_a is None


def test_who_rounds_up_does_so_with_all_that_lies_between() -> None:
    watch = ShownWatch(6.0, 1.0)
    watch.observe(START, told_a=8.0, told_at=START - 60, shown_a=8.0)
    for second in range(0, 40, 5):
        watch.observe(START + second, told_a=9.0, told_at=START + 0.1, shown_a=12.0)
    assert watch.skips == {9.0, 10.0, 11.0}
    assert watch.least_a == 0.0
    for second in range(50, 90, 5):
        watch.observe(START + second, told_a=6.0, told_at=START + 50, shown_a=8.0)
    assert watch.skips == {6.0, 7.0, 9.0, 10.0, 11.0}
    assert watch.least_a == 8.0
    watch.forget()  # another car changes nothing about the charger
    assert watch.least_a == 8.0
    watch.observe(START + 90_000, told_a=8.0, told_at=START + 89_000, shown_a=8.0)
    assert (watch.skips, watch.least_a) == (frozenset(), 0.0)


def test_what_lies_between_two_values_that_it_takes_is_not_tried_one_by_one() -> None:
    watch = ShownWatch(6.0, 1.0)
    for told_at, told_a, shown_a in ((0, 8.0, 8.0), (100, 12.0, 12.0), (200, 16.0, 16.0), (300, 15.0, 16.0)):
        for second in range(told_at, told_at + 100, 5):
            watch.observe(START + second, told_a=told_a, told_at=START + told_at, shown_a=shown_a)
    assert watch.skips == {13.0, 14.0, 15.0}


def test_a_number_that_shows_its_old_value_for_a_while_is_only_slow() -> None:
    watch = ShownWatch(6.0, 1.0)
    watch.observe(START, told_a=16.0, told_at=START - 60, shown_a=16.0)
    for second in range(1, 120):
        watch.observe(START + second, told_a=10.0, told_at=START + 1, shown_a=16.0, slow_s=200.0)
    assert watch.skips == frozenset()
    for second in range(120, 300):
        watch.observe(START + second, told_a=10.0, told_at=START + 1, shown_a=16.0, slow_s=200.0)
    assert watch.skips == {10.0, 11.0, 12.0, 13.0, 14.0, 15.0}
