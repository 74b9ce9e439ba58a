"""What a load has been in the last minutes counts for as long as it may come again, and no longer."""

import math

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.model.timing import Timing
from custom_components.tangle_grid.grid.network.recent_highs import Highs, HighsNow

START = 1_000_000.0
TIMING = Timing()
LOW, HIGH = 5.0, 15.0


def watch(highs: Highs, *spans: tuple[int, float], at: float = START, step_s: int = 5) -> tuple[HighsNow, float]:
    """Loads on L1 for so many seconds each, one after the other; what is known at the end, and when that is."""
    seen = highs.greatest(at, (spans[0][1], LOW, LOW), TIMING)
    for duration_s, load_a in spans:
        for _ in range(0, duration_s, step_s):
            at += step_s
            seen = highs.greatest(at, (load_a, LOW, LOW), TIMING)
    return seen, at


def test_a_high_counts_for_the_hold_time_on_its_own_phase() -> None:
    highs = Highs()
    seen, at = watch(highs, (60, LOW), (30, HIGH), (60, LOW))
    assert seen.greatest_a == (HIGH, LOW, LOW)
    assert seen.recurring == (False, False, False)
    seen, _ = watch(highs, (5, LOW), at=at)
    assert seen.greatest_a == (LOW, LOW, LOW)


def test_a_seldom_meter_holds_for_five_of_its_reports_and_says_what_that_adds() -> None:
    highs = Highs()
    highs.interval_s = 30.0
    seen, at = watch(highs, (60, LOW), (30, HIGH), (150, LOW))
    assert seen.greatest_a[0] == HIGH
    assert seen.quick_a[0] == LOW, "with a meter that reports often it would count for a minute"
    seen, _ = watch(highs, (5, LOW), at=at)
    assert seen.greatest_a[0] == LOW


def test_what_comes_back_after_a_pause_counts_for_one_and_a_half_of_it() -> None:
    highs = Highs()
    seen, at = watch(highs, (60, LOW), (60, HIGH), (100, LOW), (60, HIGH))
    assert seen.recurring == (True, False, False)
    seen, at = watch(highs, (155, LOW), at=at)
    assert seen.greatest_a[0] == HIGH, "a pause of 105 s, as it is seen each 5 s: 157.5 s"
    seen, at = watch(highs, (5, LOW), at=at)
    assert seen.greatest_a[0] == LOW
    seen, at = watch(highs, (900, LOW), at=at)
    assert seen.recurring == (False, False, False), "after a quarter of an hour it is over"


@pytest.mark.parametrize(("pause_s", "recurs"), [(15, False), (25, True), (290, True), (300, False)])
def test_pauses_of_noise_and_of_another_meal_are_none(pause_s: int, recurs: bool) -> None:
    seen, _ = watch(Highs(), (60, LOW), (60, HIGH), (pause_s, LOW), (10, HIGH))
    assert seen.recurring[0] is recurs


def test_what_is_higher_than_ever_is_new() -> None:
    seen, _ = watch(Highs(), (60, LOW), (60, HIGH), (100, LOW), (60, HIGH + 2.5))
    assert not seen.recurring[0]
    seen, _ = watch(Highs(), (60, LOW), (60, HIGH), (100, LOW), (60, HIGH + 1.5))
    assert seen.recurring[0]


@pytest.mark.parametrize(("below_a", "recurs"), [(1.5, True), (2.5, False)])
def test_what_is_nearly_as_high_is_that_high_again(below_a: float, recurs: bool) -> None:
    seen, _ = watch(Highs(), (60, LOW), (60, HIGH), (100, LOW), (60, HIGH - below_a))
    assert seen.recurring[0] is recurs


def test_a_high_of_the_last_moments_is_not_known_yet() -> None:
    highs = Highs()
    seen, at = watch(highs, (60, LOW), (15, HIGH))
    assert seen.greatest_a[0] == HIGH
    assert seen.known_a[0] < HIGH
    seen, at = watch(highs, (10, LOW), at=at)
    assert seen.known_a[0] < HIGH
    seen, _ = watch(highs, (10, LOW), at=at)
    assert seen.known_a[0] == HIGH


def test_steady_is_what_was_not_exceeded_for_a_quarter_of_an_hour() -> None:
    highs = Highs()
    seen, at = watch(highs, (895, LOW))
    assert seen.steady_a == (math.inf, math.inf, math.inf)
    seen, at = watch(highs, (5, LOW), at=at)
    assert seen.steady_a == (LOW, LOW, LOW)
    seen, at = watch(highs, (10, HIGH), (895, LOW), at=at)
    assert seen.steady_a == (HIGH, LOW, LOW)
    seen, _ = watch(highs, (10, LOW), at=at)
    assert seen.steady_a == (LOW, LOW, LOW)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    highs = Highs()
    _, at = watch(highs, (1000, HIGH))
    seen = highs.greatest(at - 50_000, (LOW, LOW, LOW), TIMING)
    assert seen.greatest_a == (LOW, LOW, LOW)
    assert seen.steady_a[0] == math.inf
    watch(highs, (30, HIGH), at=at)
    highs.clear()
    assert highs.greatest(at + 40, (LOW, LOW, LOW), TIMING).greatest_a == (LOW, LOW, LOW)


@given(
    loads=st.lists(st.floats(-20.0, 60.0), min_size=1, max_size=120),
    interval_s=st.sampled_from((0.0, 10.0, 30.0, 90.0)),
)
def test_no_load_of_the_hold_time_is_forgotten_and_nothing_is_made_up(loads: list[float], interval_s: float) -> None:
    highs, step_s = Highs(), 3.0
    highs.interval_s = interval_s
    hold = round(max(TIMING.increase_hold_s, 5 * interval_s) / step_s)
    for number, load_a in enumerate(loads):
        seen = highs.greatest(START + number * step_s, (load_a, load_a, 0.0), TIMING)
        greatest_a = seen.greatest_a[0]
        assert greatest_a >= max(loads[max(0, number - hold) : number + 1])
        assert greatest_a in loads[: number + 1]
        assert greatest_a <= seen.steady_a[0]
        assert load_a <= seen.quick_a[0] <= greatest_a
        assert seen.greatest_a[1] == greatest_a
        assert seen.greatest_a[2] == 0.0
