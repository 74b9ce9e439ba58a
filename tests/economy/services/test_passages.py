"""Each passage is counted once, whatever trackers and clocks do."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.economy.errors import TariffError
from custom_components.tangle_grid.economy.services import Entered, Left, Lost, Passages, Position, Stayed, Watching

BY = Watching(enter_s=60, leave_s=180, forget_s=3600, silent_s=7200, max_accuracy_m=100)
T0 = 1_800_000_000


def at(
    second: int,
    inside: bool | None,
    *,
    reported: int | None = None,
    accuracy: int | None = None,
    edge: int | None = None,
) -> Position:
    said = T0 + (second if reported is None else reported)
    return Position(at=T0 + second, inside=inside, reported_at=said, accuracy_m=accuracy, edge_m=edge)


def watch(*positions: Position, start: Passages | None = None, by: Watching = BY) -> tuple[Passages, list[object]]:
    state, happened = start or Passages(), []
    for position in positions:
        state, events = state.step(position, by)
        state = Passages.from_dict(json.loads(json.dumps(state.to_dict())))
        happened += events
    return state, [event for event in happened if not isinstance(event, Stayed)]


OUTSIDE = watch(at(-1000, inside=False))[0]


def test_a_passage_is_from_the_first_sighting_within_to_the_first_outside() -> None:
    passage = (at(0, True), at(30, True), at(60, True), at(400, True), at(500, False), at(700, False), at(800, False))
    assert watch(*passage, start=OUTSIDE)[1] == [Entered(T0, 1), Left(T0 + 500)]


def test_a_report_that_comes_twice_changes_nothing() -> None:
    once = (at(0, True), at(60, True), at(500, False), at(700, False))
    twice = tuple(position for position in once for _ in range(2))
    assert watch(*twice, start=OUTSIDE) == watch(*once, start=OUTSIDE)


def test_a_jump_into_the_zone_is_no_passage() -> None:
    assert watch(at(0, True), at(30, False), at(90, True), at(100, False), start=OUTSIDE)[1] == []


def test_a_jump_out_of_the_zone_is_the_same_passage() -> None:
    state, happened = watch(at(0, True), at(60, True), at(100, False), at(200, True), at(400, True), start=OUTSIDE)
    assert happened == [Entered(T0, 1)]
    assert state.number == 1


def test_a_position_that_is_not_exact_says_nothing() -> None:
    vague = [at(second, True, accuracy=150) for second in range(0, 300, 30)]
    assert watch(*vague, start=OUTSIDE)[1] == []
    assert watch(*(replace(position, accuracy_m=100) for position in vague), start=OUTSIDE)[1] == [Entered(T0, 1)]


def test_a_jump_that_no_car_can_make_waits_for_another_report() -> None:
    far = watch(at(-1000, False, edge=40_000))[0]
    jump = [at(second, True, reported=-900, edge=-50) for second in (-900, -800, -700, -310)]
    assert watch(*jump, at(-305, False, edge=39_000), start=far)[1] == []
    assert watch(*jump, at(-300, True, reported=-900, edge=-50), at(0, True, reported=-900, edge=-50), start=far)[
        1
    ] == [Entered(T0 - 300, 1)]
    ferry = [at(second, True, edge=-50) for second in (-900, -800, -700, 0)]
    assert watch(*ferry, start=far)[1] == [Entered(T0 - 800, 1)]


def test_whoever_is_there_when_the_watch_begins_has_not_come() -> None:
    state, happened = watch(at(0, True), at(100, True), at(5000, True), at(5010, False), at(5100, True), at(5300, True))
    assert happened == []
    assert watch(at(6000, False), at(6200, False), at(7000, True), at(7100, True), start=state)[1] == [
        Entered(T0 + 7000, 1)
    ]


def test_a_restart_in_the_zone_is_the_same_passage() -> None:
    inside = watch(at(0, True), at(60, True), start=OUTSIDE)[0]
    after = Passages.from_dict(inside.to_dict())
    assert watch(at(900, None), at(950, True), at(1000, True), start=after)[1] == []


def test_a_car_that_vanishes_is_lost_once_and_has_to_be_seen_outside_again() -> None:
    inside = watch(at(0, True), at(60, True), start=OUTSIDE)[0]
    gone = [at(second, None) for second in range(100, 8000, 100)]
    lost, happened = watch(*gone, start=inside)
    assert happened == [Lost()]
    assert watch(at(9000, True), at(9100, True), start=lost)[1] == []
    back = (at(9000, True), at(9100, False), at(9400, False), at(9500, True), at(9600, True))
    assert watch(*back, start=lost)[1] == [Entered(T0 + 9500, 2)]


def test_a_car_that_vanishes_at_the_exit_has_left() -> None:
    inside = watch(at(0, True), at(60, True), start=OUTSIDE)[0]
    assert watch(at(100, False), at(110, None), at(300, None), start=inside)[1] == [Left(T0 + 100)]


def test_a_tracker_that_has_been_silent_for_long_tells_nothing() -> None:
    inside = watch(at(0, True), at(60, True), start=OUTSIDE)[0]
    asleep = [at(second, True, reported=60) for second in range(100, 14_000, 300)]
    assert watch(*asleep, start=inside)[1] == [Lost()]
    assert watch(*asleep[:20], start=inside)[1] == []


def test_a_clock_that_is_set_back_begins_to_wait_anew() -> None:
    entering = watch(at(0, True), at(50, True), start=OUTSIDE)[0]
    assert watch(at(-3600, True), at(-3560, True), start=entering)[1] == []
    assert watch(at(-3600, True), at(-3540, True), start=entering)[1] == [Entered(T0 - 3600, 1)]
    inside = watch(at(0, True), at(60, True), start=OUTSIDE)[0]
    assert watch(at(-3600, True), at(-3000, True), start=inside)[1] == []
    assert watch(at(-3600, False), at(-3400, False), start=inside)[1] == [Left(T0 - 3600)]


STEPS = st.lists(
    st.tuples(
        st.integers(-4000, 4000) | st.integers(0, 100),
        st.sampled_from([True, False, None]),
        st.none() | st.integers(0, 300),
        st.none() | st.integers(-500, 30_000),
    ),
    max_size=40,
)


@given(STEPS, st.integers(0, 39))
def test_comings_and_goings_alternate_and_a_crash_counts_nothing_twice(
    steps: list[tuple[int, bool | None, int | None, int | None]], crash: int
) -> None:
    """Whatever comes, and if the step of a crash is lost: between two entries the car was seen to leave, or lost."""
    state, now, inside, number = OUTSIDE, 0, False, 0
    for index, (later, seen, accuracy, edge) in enumerate(steps):
        now += later
        after, events = state.step(at(now, seen, accuracy=accuracy, edge=edge), BY)
        if index == crash:
            continue
        state = Passages.from_dict(json.loads(json.dumps(after.to_dict())))
        for event in events:
            match event:
                case Entered(number=counted):
                    assert not inside
                    assert counted == number + 1
                    inside, number = True, counted
                case Left() | Lost():
                    assert inside
                    inside = False
                case Stayed():
                    assert inside


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"place": "above"}, {"number": -1}, {"more": 1}, {"since": "now"}, {"believed": {"at": 1}}],
)
def test_what_was_not_stored_by_this_version_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(TariffError) as found:
        Passages.from_dict({**OUTSIDE.to_dict(), **change})
    assert str(found.value)
