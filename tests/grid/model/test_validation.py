"""What people and automations command is within bounds, whatever number they give."""

import pytest

from custom_components.tangle_grid.grid import GridError
from custom_components.tangle_grid.grid.model.validation import (
    MAX_DURATION_S,
    MAX_POWER_W,
    MAX_RATE,
    checked_duration,
    checked_power,
    checked_rate,
    checked_until,
)

WRONG = [10**400, -(10**400), float("inf"), float("-inf"), float("nan"), True, "1", None, 0 - 1]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_no_number_is_too_strange_to_be_refused(wrong: object) -> None:
    for check, key in (
        (checked_power, "invalid_power"),
        (checked_duration, "invalid_duration"),
        (checked_rate, "invalid_rate"),
        (lambda value: checked_until(1_000.0, value), "invalid_duration"),
    ):
        with pytest.raises(GridError) as refused:
            check(wrong)
        assert refused.value.key == key


def test_the_ends_of_what_is_allowed() -> None:
    assert checked_power(MAX_POWER_W) == MAX_POWER_W
    assert checked_duration(MAX_DURATION_S) == MAX_DURATION_S
    assert (checked_rate(0), checked_rate(MAX_RATE)) == (0, MAX_RATE)
    assert checked_until(1_000.0, 1_000 + MAX_DURATION_S) == 1_000 + MAX_DURATION_S
    for check, value in (
        (checked_power, 0),
        (checked_power, MAX_POWER_W + 1),
        (checked_duration, 0.0),
        (checked_duration, MAX_DURATION_S + 1),
        (checked_rate, MAX_RATE + 1),
        (lambda value: checked_until(1_000.0, value), 1_000),
        (lambda value: checked_until(1_000.0, value), 1_001 + MAX_DURATION_S),
    ):
        with pytest.raises(GridError):
            check(value)
