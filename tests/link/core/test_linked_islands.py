"""Street, houses and flats, each with an engine of its own: what is granted is kept, also when nothing is heard."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from benchmarks._linked_islands import START, Car, Island, charger, join, street_of
from custom_components.tangle_grid.link.core import HouseShare, Terms, admission, share_envelopes
from custom_components.tangle_grid.simulation.randomness import generator

DT = 5.0
#: A house is above what it was granted for no longer than this: a pass of its control, and a moment for its cars.
REACTION_S = 2 * DT


def run(street: Island, seconds: float, now: float) -> float:
    end = now + seconds
    while now < end:
        now += DT
        street.step(now, DT)
    return now


def cut(street: Island, *, is_cut: bool) -> None:
    for island in street.all():
        for each in island.below:
            each.up.is_cut = each.down.is_cut = is_cut


def check(street: Island) -> None:
    """No fuse is exceeded, and no envelope by what can be controlled for longer than it takes to react."""
    for island in street.all():
        assert max(max(load) for load in island.loads_a) <= island.fuse_a, island.name
        over = 0.0
        for load, drawn, limit in zip(island.loads_a, island.drawn_a, island.limits_a, strict=True):
            exceeds = any(load[phase] > limit[phase] + 0.5 and drawn[phase] > 0 for phase in range(3))
            over = over + DT if exceeds else 0.0
            assert over <= REACTION_S, island.name


@pytest.mark.parametrize("single_total", [False, True])
def test_a_cut_of_ten_minutes_at_the_peak(single_total: bool) -> None:
    street = street_of(2, 2, fuse_a=25.0, street_a=24.0, single_total=single_total)
    now = run(street, 300, START)
    assert max(street.loads_a[-1]) > 0.6 * 24
    granted = [each.island.limits_a[-1] for each in street.below]
    assert all(max(limit) < 25 for limit in granted)
    cut(street, is_cut=True)
    now = run(street, 600, now)
    for each in street.below:
        assert each.island.limits_a[-1] == each.feeder.terms.fallback_a
        assert each.upper.reserved_a(street.mono(now)) == each.feeder.terms.fallback_a
    cut(street, is_cut=False)
    run(street, 180, now)
    for each in street.below:
        assert each.island.lower is not None
        assert each.island.lower.envelope_a(each.island.mono(now + 180)) is not None
    check(street)


def test_flats_in_a_house_in_a_street() -> None:
    source = generator("three levels")
    street = Island("street", 40.0, load=lambda _now: (4.0, 4.0, 4.0))
    for number in range(2):
        house = Island(f"h{number}", 25.0, cars=[Car(charger(f"h{number}-0", phases=(0,)))])
        for flat in range(2):
            name = f"h{number}f{flat}"
            join(
                house,
                Island(
                    name,
                    16.0,
                    cars=[Car(charger(f"{name}-0", phases=(flat,)))],
                    load=lambda _now: (1.0, 1.0, 1.0),
                    uncontrolled_a=(1.0, 1.0, 1.0),
                ),
                source,
            )
        join(street, house, source)
    street.start()
    now = run(street, 420, START)
    assert max(street.loads_a[-1]) > 20
    for house in street.below:
        assert house.island.result is not None
        assert len(house.feeder.terms.slots) == 3
    flats = [car for island in street.all() if "f" in island.name for car in island.cars]
    assert len(flats) == 4
    assert sum(car.had_wh > 0 for car in flats) >= 3
    cut(street, is_cut=True)
    now = run(street, 300, now)
    assert all(island.lower is None or island.limits_a[-1] == island.lower.terms.fallback_a for island in street.all())
    cut(street, is_cut=False)
    run(street, 120, now)
    check(street)


AMPS = st.floats(0, 40)


@given(
    st.floats(10, 200),
    st.floats(0, 60),
    st.lists(st.tuples(AMPS, AMPS, st.floats(6, 40), st.booleans()), min_size=1, max_size=6),
)
@settings(max_examples=60)
def test_envelopes_fit_together_with_what_is_held_already(
    capacity: float, other: float, rows: list[tuple[float, float, float, bool]]
) -> None:
    houses = [
        HouseShare(used_a=(used,) * 3, held_a=(min(held, fuse),) * 3, fuse_a=(fuse,) * 3, silent=silent)
        for used, held, fuse, silent in rows
    ]
    grants = share_envelopes((capacity,) * 3, (other,) * 3, houses)
    held = sum(house.held_a[0] for house in houses)
    counted = sum(max(grant[0], house.held_a[0]) for grant, house in zip(grants, houses, strict=True))
    assert counted <= max(capacity - other, held) + 1e-6
    for grant, house in zip(grants, houses, strict=True):
        assert 0 <= grant[0] <= house.fuse_a[0] + 1e-9
        assert not house.silent or grant[0] <= house.held_a[0] + 1e-9
        # What it uses within what it holds is never taken from it.
        assert grant[0] >= min(house.used_a[0], house.held_a[0]) - 1e-9


def test_what_is_free_goes_to_the_houses() -> None:
    house = HouseShare(used_a=(8.0,) * 3, held_a=(8.0,) * 3, fuse_a=(25.0,) * 3)
    assert share_envelopes((100.0,) * 3, (0.0,) * 3, [house, house])[0] == pytest.approx((25.0,) * 3)
    first = share_envelopes((17.0,) * 3, (0.0,) * 3, [house, house])[0]
    assert first == pytest.approx((8.5,) * 3)
    lower = replace(house, used_a=(4.0,) * 3)
    grants = share_envelopes((17.0,) * 3, (0.0,) * 3, [lower, replace(house, used_a=(12.0,) * 3)])
    # The other gets it when this one has taken its lower envelope.
    assert grants[0][0] < 5
    assert grants[1][0] == pytest.approx(9.0)


def test_who_does_not_fit_is_refused_with_the_figures() -> None:
    terms = Terms(fuse_a=(25.0,) * 3, safe_a=(6.0, 6.0, 0.0), uncontrolled_a=(10.0, 4.0, 4.0))
    found = admission((40.0, 40.0, 40.0), (5.0, 5.0, 5.0), [terms], terms)
    assert found.fits
    assert found.needed_a == (37.0, 25.0, 13.0)
    refused = admission((40.0, 40.0, 40.0), (5.0, 5.0, 5.0), [terms, terms], terms)
    assert not refused.fits
    assert refused.short_phases == (0,)
    assert refused.needed_a == (53.0, 35.0, 17.0)
