"""Which loads run while the cable is dead: none takes what those before it will miss."""

from collections.abc import Sequence

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid.planning.outage_plan import (
    OutageLoad,
    OutagePlan,
    Stored,
    keep_what_fits,
    plan_outage,
)

DAY = 96
DARK = [0.0] * DAY
NOON = [0.0] * 24 + [3_000.0] * 24 + [0.0] * 48


def stored(energy_wh: float = 5_000.0, room_wh: float = 10_000.0, power_w: float = 5_000.0) -> Stored:
    return Stored(energy_wh=energy_wh, room_wh=room_wh, discharge_w=power_w, charge_w=power_w)


def load(load_id: str, rank: int, power_w: float = 500.0, *, running: bool = True) -> OutageLoad:
    return OutageLoad(load_id=load_id, rank=rank, power_w=power_w, usual_w=(power_w,), running=running)


def plan(
    *loads: OutageLoad,
    energy: Stored | None = None,
    base_w: float = 100.0,
    sun_w: Sequence[float] = DARK,
    most_w: float = 1e6,
) -> OutagePlan:
    return plan_outage(energy or stored(), base_w=[base_w] * DAY, sun_w=sun_w, loads=loads, most_w=most_w)


def test_with_enough_for_all_everything_runs() -> None:
    assert plan(load("a", 1), load("b", 2), energy=stored(30_000.0, 30_000.0)).kept == {"a", "b"}


def test_who_matters_less_is_off_as_soon_as_it_would_be_missed() -> None:
    """A day of 100 W and 50 W takes 3.8 kWh of 4: a quarter of an hour of the boiler would be missed at its end."""
    few = plan(load("freezer", 1, 50.0), load("boiler", 2, 2_000.0), energy=stored(4_000.0))
    assert few.kept == {"freezer"}
    assert few.lasts_s is None


def test_nothing_but_the_base_runs_when_that_alone_will_be_short() -> None:
    short = plan(load("freezer", 1, 50.0), base_w=400.0)
    assert short.kept == frozenset()
    assert short.lasts_s is not None
    assert 11.5 * 3600 < short.lasts_s < 12.6 * 3600


def test_sun_that_comes_in_time_is_spent_before() -> None:
    """Until the sun comes 100 W take 0.6 kWh; it fills the battery again, so there is plenty to spend until then."""
    assert plan(load("boiler", 1, 300.0), sun_w=NOON, energy=stored(5_000.0)).kept == {"boiler"}
    assert plan(load("boiler", 1, 300.0), energy=stored(2_400.0)).kept == frozenset()


def test_what_would_not_find_room_is_used() -> None:
    full = stored(3_000.0, 3_000.0)
    sunny = [3_000.0] * 48 + [0.0] * 48
    assert plan(load("boiler", 3, 2_500.0), base_w=250.0, sun_w=sunny, energy=full).kept == {"boiler"}


def test_the_inverters_are_the_limit_whatever_is_stored() -> None:
    energy = stored(90_000.0, 90_000.0, power_w=1_000.0)
    assert plan(load("a", 1, 500.0), load("b", 1, 600.0), load("c", 2, 300.0), energy=energy).kept == {"a", "c"}
    assert plan(load("a", 1, 500.0), energy=stored(90_000.0, 90_000.0), most_w=599.0).kept == frozenset()


def test_who_runs_is_judged_more_mildly_than_who_is_off() -> None:
    """What the night takes is there if four fifths of the sun come, and not if two thirds do."""
    energy = stored(1_100.0, 6_000.0)
    sun = [0.0] * 4 + [800.0] * 20 + [0.0] * 72
    running = plan(load("pump", 1, 60.0), sun_w=sun, energy=energy, base_w=150.0)
    waiting = plan(load("pump", 1, 60.0, running=False), sun_w=sun, energy=energy, base_w=150.0)
    assert running.kept == {"pump"}
    assert waiting.kept == frozenset()


def test_an_empty_island_keeps_nothing() -> None:
    empty = plan(load("a", 1), energy=stored(0.0))
    assert empty.kept == frozenset()
    assert empty.lasts_s == 0.0


watts = st.floats(10.0, 3_000.0)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 3), watts, st.booleans()), max_size=8),
    st.floats(0.0, 20_000.0),
    st.floats(100.0, 6_000.0),
    st.floats(0.0, 1_500.0),
    st.floats(0.0, 4_000.0),
)
def test_what_matters_more_never_loses_by_what_matters_less(
    drawn: list[tuple[int, float, bool]], energy_wh: float, power_w: float, base_w: float, sun_w: float
) -> None:
    energy = Stored(energy_wh=energy_wh, room_wh=20_000.0, discharge_w=power_w, charge_w=power_w)
    sun = [sun_w] * 20 + [0.0] * 40 + [sun_w] * 36
    loads = [load(str(number), rank, power, running=on) for number, (rank, power, on) in enumerate(drawn)]
    all_of_them = plan_outage(energy, base_w=[base_w] * DAY, sun_w=sun, loads=loads, most_w=1e6)
    kept_w = sum(each.power_w for each in loads if each.load_id in all_of_them.kept)
    assert not all_of_them.kept or base_w + kept_w - sun[0] <= power_w + 1e-3
    for most in (1, 2):
        fewer = [each for each in loads if each.rank <= most]
        among = plan_outage(energy, base_w=[base_w] * DAY, sun_w=sun, loads=fewer, most_w=1e6)
        assert among.kept == all_of_them.kept & {each.load_id for each in fewer}


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(10, 3_000), st.booleans()), max_size=8), st.floats(0, 4_000))
@settings(max_examples=40)
def test_what_fits_now_is_kept_by_rank_and_nothing_starts(rows: list[tuple[int, float, bool]], most_w: float) -> None:
    loads = [load(str(each), rank, power_w, running=runs) for each, (rank, power_w, runs) in enumerate(rows)]
    kept = keep_what_fits(stored(power_w=2_000.0), base_w=300.0, sun_w=500.0, loads=loads, most_w=most_w)
    drawn = 300.0 + sum(each.power_w for each in loads if each.load_id in kept)
    assert not kept or drawn <= min(most_w, 2_500.0) + 1e-6
    for each in loads:
        assert each.load_id not in kept or each.running
        if each.running and each.load_id not in kept:
            before = [other for other in loads if other.load_id in kept and other.rank <= each.rank]
            assert 300.0 + sum(other.power_w for other in before) + each.power_w > min(most_w, 2_500.0) - 1e-6
