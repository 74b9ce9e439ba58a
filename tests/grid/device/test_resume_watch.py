"""A charger that forgets its limit when it charges again is found, and told once more at each start."""

from custom_components.tangle_grid.grid.device.resume_watch import ResumeWatch

START = 1_000_000.0


def test_who_must_be_paused_again_at_once_twice_in_a_row_forgets() -> None:
    watch = ResumeWatch()
    watch.begins(START)
    watch.paused(START + 7)
    assert not watch.forgets
    watch.begins(START + 100)
    watch.paused(START + 107)
    assert watch.forgets


def test_a_start_that_lasts_breaks_the_row() -> None:
    watch = ResumeWatch()
    for begun_at, lasted_s in ((START, 7), (START + 100, 600), (START + 800, 7)):
        watch.begins(begun_at)
        watch.paused(begun_at + lasted_s)
    assert not watch.forgets


def test_who_was_measured_above_after_a_start_forgets() -> None:
    watch = ResumeWatch()
    watch.begins(START)
    watch.seen_above(START + 1)
    assert not watch.forgets  # what was measured so soon is of before
    watch.seen_above(START + 8)
    assert watch.forgets


def test_who_is_above_much_later_has_other_reasons() -> None:
    watch = ResumeWatch()
    watch.begins(START)
    watch.seen_above(START + 60)
    assert not watch.forgets


def test_each_start_is_told_once_more_and_may_be_above_until_it_has_followed() -> None:
    watch = ResumeWatch()
    watch.forgets = True
    assert watch.due_at() is None
    assert watch.above_until() is None
    watch.begins(START)
    due_at = watch.due_at()
    assert due_at is not None
    assert START < due_at <= START + 5
    assert not watch.tell_again(due_at - 0.1)
    assert watch.tell_again(due_at)
    assert not watch.tell_again(due_at + 60)
    until = watch.above_until()
    assert until is not None
    assert due_at < until <= due_at + 15


def test_others_are_not_told_again() -> None:
    watch = ResumeWatch()
    watch.begins(START)
    assert watch.due_at() is None
    assert not watch.tell_again(START + 10)
    assert watch.above_until() is None
