"""Tokens, watt hours and payments add up over random months, whatever is cut off where."""

import pytest

from benchmarks.months import random_month


@pytest.mark.parametrize("seed", [1, 3])
def test_everything_adds_up_over_a_random_day_with_crashes(seed: int) -> None:
    """The run itself stops at whatever does not: it says which."""
    figures = random_month(seed, days=1.0, crashes=0.03)
    assert figures.crashes >= 20
    assert figures.sessions >= 2
    assert figures.wh_taken > figures.wh_fed_back > 0
    assert figures.payments > 20


def test_a_session_whose_car_came_or_went_during_a_crash_ends_and_is_paid() -> None:
    """Of this day, a crash cuts off a plug-in that was just written down: nothing is drawn, and the session closes."""
    figures = random_month(3, days=1.0, crashes=0.1)
    assert figures.crashes >= 100
    assert figures.sessions >= 4


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 130))
def test_everything_adds_up_over_random_months(seed: int) -> None:
    figures = random_month(seed)
    assert figures.findings > 10
    assert figures.wh_rewarded > 0
