"""How late a charger follows is told from one that does not follow at all."""

import pytest

from custom_components.tangle_grid.grid.device.compliance import ComplianceWatch

GRACE_S = 30.0
AT_ONCE_S = GRACE_S / 3


def watched(*moments: tuple[float, float, float], falls_at: tuple[float, ...] = (0.0,)) -> ComplianceWatch:
    """Return a watch that has seen moments of time, told and measured current; it was told less at some of them."""
    watch = ComplianceWatch()
    commands = list(falls_at)
    for at, told_a, measured_a in moments:
        while commands and commands[0] < at:
            watch.falls(commands.pop(0))
        watch.observe(at, told_a, measured_a, GRACE_S)
    return watch


@pytest.mark.parametrize("after_s", [20.0, 60.0])
def test_one_that_follows_late_is_known_for_it(after_s: float) -> None:
    above = [(float(at), 8.0, 16.0) for at in range(10, int(after_s), 10)]
    assert watched(*above, (after_s, 8.0, 8.0)).follow_s(GRACE_S) == after_s


def test_each_command_is_followed_as_late_as_any() -> None:
    """Told less every five seconds it is behind all the time, but by no more than that."""
    moments = [(float(at), max(8.0, 14.0 - at / 5), 16.0) for at in range(5, 60, 5)]
    moments += [(60.0, 8.0, 12.0), (65.0, 8.0, 10.0), (70.0, 8.0, 8.0)]
    assert watched(*moments, falls_at=(0.0, 5.0, 10.0)).follow_s(GRACE_S) == 60.0


def test_one_that_draws_more_than_it_is_told_is_not_late_because_it_pauses_at_last() -> None:
    above = [(float(at), 6.0, 9.0) for at in range(10, 90, 10)]
    watch = watched(*above, (100.0, 0.0, 0.0), falls_at=(0.0, 90.0))
    assert watch.follow_s(GRACE_S) == AT_ONCE_S
    assert watch.grace_s(GRACE_S) == GRACE_S


def test_a_car_that_stops_by_itself_has_not_obeyed_late() -> None:
    above = [(float(at), 6.0, 9.0) for at in range(10, 90, 10)]
    assert watched(*above, (90.0, 6.0, 0.0)).follow_s(GRACE_S) == AT_ONCE_S
