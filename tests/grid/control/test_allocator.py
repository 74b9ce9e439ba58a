"""The allocator's promises, for every input."""

import cmath
import math
from itertools import permutations

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid.control.allocator import Demand, allocate

TOLERANCE = 1e-6
AMPS = st.integers(-200, 1000).map(lambda tenths: tenths / 10)
ROOT, CHILD = 0, 3
ANY_PHASES = st.sampled_from([(0,), (1,), (2,), (0, 1, 2), (0, 1)])


@st.composite
def demand(draw: st.DrawFn, *, phases: st.SearchStrategy[tuple[int, ...]] | None = None) -> Demand:
    used = draw(ANY_PHASES if phases is None else phases)
    low = draw(st.sampled_from([0.0, 6.0, 7.0, 8.0]))
    on_child = draw(st.booleans())
    priority = float(draw(st.integers(-2, 0)))
    return Demand(
        limits=tuple(ROOT + phase for phase in used) + (tuple(CHILD + phase for phase in used) if on_child else ()),
        min_a=low,
        max_a=draw(st.sampled_from([0.0, 5.0, 8.0, 10.0, 13.5, 16.0, 32.0])),
        order=(priority, float(draw(st.integers(0, 5)))),
        rank=(priority,),
    )


limits = st.lists(AMPS, min_size=6, max_size=6)
demands = st.lists(demand(), max_size=10)


def load(shares: list[float], wanted: list[Demand], limit: int) -> float:
    return sum(share for share, each in zip(shares, wanted, strict=True) if limit in each.limits)


@given(limits, demands)
def test_no_limit_is_exceeded(available: list[float], wanted: list[Demand]) -> None:
    shares = allocate(available, wanted)
    for limit, amps in enumerate(available):
        assert load(shares, wanted, limit) <= max(0.0, amps) + TOLERANCE


@given(limits, demands)
def test_no_forbidden_currents(available: list[float], wanted: list[Demand]) -> None:
    for share, each in zip(allocate(available, wanted), wanted, strict=True):
        assert share == 0 or each.min_a - TOLERANCE <= share <= each.max_a + TOLERANCE


@given(demands, st.sampled_from([1.0, -1.0]))
def test_where_there_is_plenty_all_get_what_they_can_use(wanted: list[Demand], unused: float) -> None:
    """Whatever the order, and also beside a limit that is exceeded already and that nobody uses."""
    available = [32.0 * len(wanted)] * 6 + [unused]
    assert allocate(available, wanted) == [each.max_a if each.max_a >= each.min_a else 0.0 for each in wanted]


@given(limits, demands)
def test_nothing_for_those_who_want_nothing(available: list[float], wanted: list[Demand]) -> None:
    for share, each in zip(allocate(available, wanted), wanted, strict=True):
        if each.max_a <= 0 or each.max_a < each.min_a:
            assert share == 0


@given(limits, demands)
def test_nothing_is_left_over_that_an_admitted_device_could_use(available: list[float], wanted: list[Demand]) -> None:
    shares = allocate(available, wanted)
    for share, each in zip(shares, wanted, strict=True):
        if 0 < share < each.max_a - TOLERANCE:
            assert any(load(shares, wanted, limit) >= available[limit] - TOLERANCE for limit in each.limits)


@given(limits, st.lists(demand(), max_size=10, unique_by=lambda each: each.order), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(available: list[float], wanted: list[Demand], random: object) -> None:
    """Only between devices that are equal in everything it decides: here, no two have the same place in the queue."""
    shuffled = list(wanted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def by_place(demands: list[Demand]) -> dict[tuple[float, ...], float]:
        shares = allocate(available, demands)
        return {each.order: round(share, 6) for each, share in zip(demands, shares, strict=True)}

    assert by_place(wanted) == by_place(shuffled)


@given(
    st.lists(demand(phases=st.just((0, 1, 2))), max_size=10),
    st.floats(0, 100),
    st.floats(0, 30),
)
def test_more_capacity_is_never_less_in_total(wanted: list[Demand], capacity: float, more: float) -> None:
    """On one feeder whose devices use the same phases."""
    flat = [
        Demand(limits=(0, 1, 2), min_a=each.min_a, max_a=each.max_a, order=each.order, rank=each.rank)
        for each in wanted
    ]
    less = sum(allocate([capacity] * 3, flat))
    assert sum(allocate([capacity + more] * 3, flat)) >= less - TOLERANCE


@given(
    st.lists(demand(phases=st.sampled_from([(0,), (1,), (2,), (0, 1, 2)])), max_size=8),
    st.floats(60, 120),
    st.floats(0, 30),
)
def test_more_capacity_is_never_less_for_anybody_when_all_are_admitted(
    wanted: list[Demand], capacity: float, more: float
) -> None:
    """Single-phase and three-phase devices of one rank together, with room for all minimum currents."""
    flat = [
        Demand(limits=tuple(limit for limit in each.limits if limit < CHILD), min_a=each.min_a, max_a=each.max_a)
        for each in wanted
    ]
    less = sum(share * len(each.limits) for share, each in zip(allocate([capacity] * 3, flat), flat, strict=True))
    most = sum(
        share * len(each.limits) for share, each in zip(allocate([capacity + more] * 3, flat), flat, strict=True)
    )
    assert most >= less - TOLERANCE


@given(limits, demands)
def test_equal_devices_on_equal_limits_share_equally(available: list[float], wanted: list[Demand]) -> None:
    shares = allocate(available, wanted)
    admitted: dict[tuple[object, ...], float] = {}
    for share, each in zip(shares, wanted, strict=True):
        if share > 0:
            key = (each.limits, each.min_a, each.max_a, each.rank)
            assert admitted.setdefault(key, share) == pytest.approx(share)


def test_the_first_in_order_is_served_when_there_is_not_enough_for_two() -> None:
    first = Demand(limits=(0,), min_a=6, max_a=16, order=(0,))
    second = Demand(limits=(0,), min_a=6, max_a=16, order=(1,))
    for wanted in permutations([first, second]):
        shares = dict(zip(wanted, allocate([9.0], list(wanted)), strict=True))
        assert shares == {first: 9.0, second: 0.0}


def test_who_does_not_fit_does_not_keep_others_from_charging() -> None:
    three_phase = Demand(limits=(0, 1, 2), min_a=6, max_a=16, order=(0,))
    single_phase = Demand(limits=(1,), min_a=6, max_a=16, order=(1,))
    assert allocate([20.0, 20.0, 3.0], [three_phase, single_phase]) == [0.0, 16.0]


def test_a_child_feeder_limits_its_own_and_leaves_the_rest_to_others() -> None:
    inside = Demand(limits=(0, 1), min_a=6, max_a=32)
    outside = Demand(limits=(0,), min_a=6, max_a=32)
    assert allocate([40.0, 10.0], [inside, outside]) == [10.0, 30.0]


def test_ranks_are_filled_one_after_the_other() -> None:
    urgent = Demand(limits=(0,), min_a=6, max_a=16, rank=(0,), order=(0,))
    patient = Demand(limits=(0,), min_a=6, max_a=16, rank=(1,), order=(1,))
    assert allocate([24.0], [patient, urgent]) == [8.0, 16.0]


@settings(max_examples=20)
@given(st.integers(2, 300))
def test_many_devices_share_what_there_is(number: int) -> None:
    wanted = [Demand(limits=(index % 3,), min_a=0, max_a=10 + index % 7) for index in range(number)]
    shares = allocate([50.0] * 3, wanted)
    assert sum(shares) == pytest.approx(min(150.0, sum(each.max_a for each in wanted)), abs=60)


# Line-to-line connections: the current of a line is a vector sum

TURNS = tuple(cmath.rect(1.0, math.radians(degrees)) for degrees in (30, -90, 150))
#: Lines a, b, c of a delta whose devices sit between two lines each.
LINES = {0: ((0, TURNS[0]), (1, -TURNS[0])), 1: ((1, TURNS[1]), (2, -TURNS[1])), 2: ((2, TURNS[2]), (0, -TURNS[2]))}


@st.composite
def between_lines(draw: st.DrawFn) -> Demand:
    pairs = LINES[draw(st.integers(0, 2))]
    return Demand(
        limits=tuple(line for line, _ in pairs),
        weights=tuple(weight for _, weight in pairs),
        min_a=draw(st.sampled_from([0.0, 6.0])),
        max_a=draw(st.sampled_from([0.0, 8.0, 16.0, 32.0])),
        order=(float(draw(st.integers(0, 3))),),
        rank=(float(draw(st.integers(0, 3))),),
    )


@given(
    st.lists(st.integers(-100, 1000).map(lambda tenths: tenths / 10), min_size=3, max_size=3),
    st.lists(between_lines(), max_size=12),
)
def test_no_line_carries_more_than_its_limit(available: list[float], wanted: list[Demand]) -> None:
    shares = allocate(available, wanted)
    for line, amps in enumerate(available):
        current = sum(
            share * weight
            for share, each in zip(shares, wanted, strict=True)
            for limit, weight in zip(each.limits, each.weights, strict=True)
            if limit == line
        )
        assert abs(current) <= max(0.0, amps) + TOLERANCE
    for share, each in zip(shares, wanted, strict=True):
        assert share == 0 or each.min_a - TOLERANCE <= share <= each.max_a + TOLERANCE


def test_balanced_line_to_line_devices_use_the_lines_in_full() -> None:
    wanted = [
        Demand(limits=tuple(line for line, _ in pairs), weights=tuple(weight for _, weight in pairs), min_a=0, max_a=99)
        for pairs in LINES.values()
    ]
    assert allocate([math.sqrt(3) * 20] * 3, wanted) == pytest.approx([20.0] * 3)


def test_currents_that_cancel_each_other_out_use_no_limit_that_is_spent() -> None:
    """Between two lines one takes what the other gives back; whoever stops first leaves the other alone there."""
    pair = [
        Demand(limits=(0, 1), weights=(1, 1), min_a=6, max_a=16),
        Demand(limits=(0, 1), weights=(-1, 1), min_a=6, max_a=16),
    ]
    assert allocate([0.0, 40.0], pair) == [16.0, 16.0]
    assert allocate([-0.5, 40.0], pair) == [0.0, 0.0]
    # Who does not use it is not held up by it.
    other = Demand(limits=(1,), min_a=6, max_a=16)
    assert allocate([-0.5, 40.0], [*pair, other]) == [0.0, 0.0, 16.0]
