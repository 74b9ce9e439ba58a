"""Who is behind what a meter shows, how often devices report, and what they make of what they are told."""

import pytest

from custom_components.tangle_grid.grid.device.draw_bounds import Draw
from custom_components.tangle_grid.grid.device.report_interval import ReportWatch
from custom_components.tangle_grid.grid.device.shown_limit import ShownWatch
from custom_components.tangle_grid.grid.network.load_attribution import Attribution
from custom_components.tangle_grid.grid.network.meter_response import StepEcho
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


def steps(echo: StepEcho, gain: float) -> bool:
    """A charger of three phases is raised in two steps and, if somebody wants to look, lowered."""
    at, told, wrong = START, 18.0, False
    for told_next in (18.0, 18.0, 18.0, 18.0, 18.0, 18.0, 24.0, 30.0):
        at, told = at + 20, told_next
        wrong |= echo.observe(at, load_a=gain * told + 12, drawn_a=told, told_a=told, lowerable={"car": True})
    if echo.checking_since is not None:
        wrong |= echo.observe(at + 20, load_a=gain * 18 + 12, drawn_a=18.0, told_a=18.0, lowerable={"car": True})
    return wrong


@pytest.mark.parametrize(("gain", "wrong"), [(1.0, False), (0.9, False), (0.5, True), (0.0, True)])
def test_a_meter_that_does_not_answer_is_wrong(gain: float, wrong: bool) -> None:
    assert steps(StepEcho(), gain) is wrong


def test_a_clamp_is_believed_after_a_while_and_until_the_next_car() -> None:
    watch = ShownWatch()
    for second in range(0, 90, 5):
        watch.observe(START + second, told_a=16.0, told_at=START, shown_a=13.0)
    assert watch.most_a is None
    watch.observe(START + 95, told_a=16.0, told_at=START, shown_a=13.0)
    assert watch.most_a == 13.0
    for second in range(200, 300, 5):
        watch.observe(START + second, told_a=7.0, told_at=START + 180, shown_a=8.0)
    assert watch.skips == {7.0}
    watch.forget()
    assert (watch.most_a, watch.skips) == (None, frozenset())
