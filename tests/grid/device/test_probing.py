"""When a silent charger is tried: at once, for a while, and then after pauses that double up to an hour."""

from itertools import pairwise

from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.device.probing import Probe

START = 1_000_000.0


def tries(probe: Probe, duration_s: int, *, step_s: int = 10) -> list[float]:
    """When tries begin, s after the start, if every chance is taken."""
    begun: list[float] = []
    for second in range(0, duration_s, step_s):
        if probe.may_begin(START + second):
            probe.begin(START + second)
            begun.append(float(second))
    return begun


def test_the_first_try_comes_at_once_and_the_pauses_double_up_to_an_hour() -> None:
    begun = tries(Probe(), 4 * 3600)
    assert begun[0] == 0
    assert [later - sooner for sooner, later in pairwise(begun)] == [300, 600, 1200, 2400, 3600, 3600]


def test_a_try_lasts_two_and_a_half_minutes() -> None:
    probe = Probe()
    assert not probe.lasts(START)
    probe.begin(START)
    assert probe.lasts(START)
    assert probe.lasts(START + 149)
    assert not probe.lasts(START + 150)
    assert not probe.may_begin(START + 299)
    assert probe.may_begin(START + 300)


def test_who_is_heard_is_tried_at_once_and_from_the_shortest_pause_on() -> None:
    probe = Probe()
    tries(probe, 3600)
    probe.heard()
    assert not probe.lasts(START + 3600)
    assert tries(probe, 1000)[:3] == [0, 300, 900]


def test_a_clock_that_is_set_back_holds_nobody() -> None:
    probe = Probe()
    probe.begin(START)
    probe.forget_future(START - 86_400)
    assert not probe.may_begin(START - 86_400 + 299)
    assert probe.may_begin(START - 86_400 + 300)
    probe.forget_future(START + 10)
    assert probe.may_begin(START - 86_400 + 300), "what lies in the past is left as it is"
    untried = Probe()
    untried.forget_future(START)
    assert untried.may_begin(START)


@given(st.lists(st.floats(1.0, 7200.0), min_size=1, max_size=60))
def test_chances_at_any_times_are_taken_no_sooner_than_the_pause_and_never_missed_for_longer_than_an_hour(
    gaps: list[float],
) -> None:
    probe, now, begun = Probe(), START, []
    for gap in gaps:
        now += gap
        if probe.may_begin(now):
            probe.begin(now)
            begun.append(now)
        else:
            assert now - begun[-1] < 3600
    for number, (sooner, later) in enumerate(pairwise(begun)):
        assert later - sooner >= min(3600, 300 * 2**number)
