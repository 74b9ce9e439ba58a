"""What is known of a charger at a moment: whether it has followed what it was told."""

import pytest

from custom_components.tangle_grid.grid import Cause, ChargerTelemetry, Timing
from custom_components.tangle_grid.grid.device.charging import draw_of, has_followed
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.model.lease import Lease
from tests.support.grid.feeder_plant import START, charger, reading

TIMING = Timing()


def reporting_each_minute(*reports_w: float) -> DeviceState:
    """Return a charger that was told 23 A 40 s after the first of its reports; the newest one was just made."""
    device = DeviceState(charger(phases=(0,)), TIMING)
    for number, watts in enumerate(reports_w):
        at = START + 60.0 * number
        device.observe(at, 60.0, ChargerTelemetry(reading=reading((watts, 0.0, 0.0), at)), TIMING)
    told_at = START + 40.0
    device.lease = Lease(
        value=23.0, cause=Cause.ALLOCATION, written_at=told_at, changed_at=told_at, expires_at=told_at + 600.0
    )
    return device


@pytest.mark.parametrize(
    ("at_s", "followed"), [(45.0, False), (51.0, False), (59.0, False), (60.0, True), (70.0, True)]
)
def test_a_report_says_nothing_of_what_was_before_it(at_s: float, followed: bool) -> None:
    """A meter's reading from just before the report is compared with what was drawn at the report before."""
    device = reporting_each_minute(15 * 230.0, 23 * 230.0)
    assert has_followed(device, START + at_s, TIMING) is followed
    if followed:
        assert draw_of(device, START + at_s, TIMING).likely[0] == pytest.approx(23.0)


def test_who_says_the_same_again_draws_it_in_between() -> None:
    device = reporting_each_minute(15 * 230.0, 15 * 230.0)
    assert has_followed(device, START + 59.0, TIMING)


@pytest.mark.parametrize(("more_w", "followed"), [(40.0, True), (-40.0, True), (60.0, False), (-60.0, False)])
def test_another_last_digit_is_the_same_draw(more_w: float, followed: bool) -> None:
    device = reporting_each_minute(15 * 230.0, 15 * 230.0 + more_w)
    assert has_followed(device, START + 59.0, TIMING) is followed
