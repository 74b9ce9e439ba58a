"""The load without its noise: what moves from second to second, and what is a step."""

import math

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.network.load_mean import LoadMean

START = 1_700_000_000.0


def watch(mean: LoadMean, *values: float, at: float = START, step_s: float = 1.0) -> tuple[float, float, float]:
    """Take in one phase's values; returns the newest average, how far peaks lie above it, and the time after it."""
    for value in values:
        mean.observe(at, (value, 0.0, 0.0))
        at += step_s
    return values[-1] - mean.below_a[0], mean.peak_a[0], at


def test_what_moves_from_second_to_second_is_averaged() -> None:
    mean_a, peak_a, _ = watch(LoadMean(), *[9.0, 11.0] * 20)
    assert math.isclose(mean_a, 10.0, abs_tol=0.1)
    assert math.isclose(peak_a, 1.0, abs_tol=0.1)


@pytest.mark.parametrize("step_a", [2.5, 9.0, -9.0])
def test_a_step_counts_at_once_and_as_a_whole(step_a: float) -> None:
    mean = LoadMean()
    _, _, at = watch(mean, *[9.5, 10.5] * 20)
    mean_a, peak_a, at = watch(mean, 10.0 + step_a + math.copysign(0.5, step_a), at=at)
    assert mean_a == 10.0 + step_a + math.copysign(0.5, step_a)
    assert peak_a == 0.0
    # What was before it enters no average any more.
    mean_a, _, _ = watch(mean, *[10.0 + step_a] * 30, at=at)
    assert math.isclose(mean_a, 10.0 + step_a, abs_tol=0.1)


def test_what_creeps_is_followed() -> None:
    mean_a, _, _ = watch(LoadMean(), *[10.0 + 0.05 * number for number in range(200)])
    assert 10.0 + 0.05 * 199 - mean_a <= 2.0


def test_readings_that_come_seldom_count_as_they_are() -> None:
    mean_a, peak_a, _ = watch(LoadMean(), 9.0, 11.0, 9.5, step_s=31.0)
    assert (mean_a, peak_a) == (9.5, 0.0)


def test_the_same_reading_with_more_known_of_the_devices_counts_once() -> None:
    mean = LoadMean()
    mean.observe(START, (10.0, 0.0, 0.0))
    mean.observe(START, (11.0, 0.0, 0.0))
    assert mean.below_a[0] == 0.0
    mean.observe(START + 1, (12.0, 0.0, 0.0))
    assert mean.below_a[0] == 0.5


def test_a_clock_that_was_set_back_begins_anew() -> None:
    mean = LoadMean()
    watch(mean, *[11.0] * 10)
    mean_a, _, _ = watch(mean, 10.0, at=START - 5000)
    assert mean_a == 10.0


@given(st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=80), st.floats(0.5, 20.0))
def test_an_average_is_near_what_is_shown_and_no_reading_above_its_peak(values: list[float], step_s: float) -> None:
    mean, at = LoadMean(), START
    for value in values:
        mean.observe(at, (value, 0.0, 0.0))
        at += step_s
        assert abs(mean.below_a[0]) <= 2.0 + 1e-6
        assert value <= value - mean.below_a[0] + mean.peak_a[0] + 1e-6
