"""A charger that is told W and measures only its total: whatever car is there, each phase keeps within its room."""

from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from benchmarks._zoo_site import START, ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Every

WATTS, OTHER = "watts", "other"
PLUGGED_S, LENGTH_S = 60.0, 900.0


class Case(NamedTuple):
    """A car on some lines of the charger, the rest of the load, the fuse, A, and whether there is another car."""

    lines: tuple[int, ...]
    base_a: tuple[float, float, float]
    fuse_a: float
    other: bool = False
    report_s: float = 10.0
    lowest_a: float = 0.0
    seed: int = 1


def play(case: Case, *, in_watts: bool = True) -> Site:
    chargers = [
        ChargerSpec(
            config=ChargerConfig(device_id=WATTS, feeder_id="main", battery_wh=60_000, limit_undivided=in_watts),
            behaviours=(Every(case.report_s, 3.0),),
            per_phase=False,
            in_watts=in_watts,
            lowest_a=case.lowest_a,
        ),
        ChargerSpec(
            config=ChargerConfig(device_id=OTHER, feeder_id="main", battery_wh=60_000), behaviours=(Every(10.0, 5.0),)
        ),
    ]
    fuse_a = (case.fuse_a,) * 3
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=fuse_a, threshold_a=fuse_a),
        base=BaseLoad(seed=case.seed, mean_a=case.base_a, flicker_a=0.3),
        meter=(Every(5.0, 1.0),),
    )
    site = Site([feeder], chargers)
    if case.other:
        site.agenda.at(START + 5.0, lambda: site.chargers[OTHER].plug_in(ZooCar()))
    site.agenda.at(START + PLUGGED_S, lambda: site.chargers[WATTS].plug_in(ZooCar(lines=case.lines)))
    site.run(LENGTH_S)
    assert not site.crashes
    return site


LINES = st.sampled_from([(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
BASES = st.tuples(*[st.floats(0.5, 12.0)] * 3)


@settings(max_examples=12)
@given(
    st.builds(
        Case,
        lines=LINES,
        base_a=BASES,
        fuse_a=st.sampled_from([20.0, 25.0, 35.0, 63.0]),
        other=st.booleans(),
        report_s=st.sampled_from([5.0, 10.0, 60.0]),
        lowest_a=st.sampled_from([0.0, 6.0, 18.0]),
        seed=st.integers(1, 1000),
    )
)
def test_no_phase_is_ever_above_the_fuse(case: Case) -> None:
    """Not for a second, whatever the car uses: a power that it is told fits, also if all of it takes one phase."""
    site = play(case)
    assert site.felt["main"].over_s == 0.0


@pytest.mark.parametrize(
    ("case", "least_a"),
    [
        (Case((0,), (3.0, 3.0, 3.0), 25.0), 15.0),
        (Case((0, 1), (7.0, 4.0, 5.0), 25.0), 13.0),
        (Case((0, 1, 2), (3.0, 3.0, 3.0), 25.0), 15.0),
        (Case((0, 1, 2), (7.0, 4.0, 5.0), 25.0, other=True), 7.0),
        (Case((0, 1, 2), (7.0, 4.0, 5.0), 40.0, other=True), 13.0),
        (Case((1,), (7.0, 4.0, 5.0), 40.0, other=True, lowest_a=18.0), 13.0),
        (Case((0, 1, 2), (3.0, 3.0, 3.0), 25.0, lowest_a=18.0), 15.0),
    ],
)
def test_within_minutes_each_car_has_what_is_right(case: Case, least_a: float) -> None:
    assert play(case).chargers[WATTS].amps >= least_a


@pytest.mark.parametrize("line", [0, 1])
def test_a_car_on_one_phase_is_no_load_of_somebody_else(line: int) -> None:
    """Also where the limit is a current: what a meter saw of its one phase is not all of its total."""
    site = play(Case((line,), (3.0, 3.0, 3.0), 25.0), in_watts=False)
    assert site.chargers[WATTS].amps == 16.0
    assert [amps for _, device_id, amps in site.told if device_id == WATTS][-1] == 16.0


def test_a_right_meter_is_not_doubted_for_a_total_that_nobody_can_place() -> None:
    """A car on two phases: split over three, a third of its total would be missing on the one that it does not use."""
    site = play(Case((0, 1), (3.0, 3.0, 3.0), 25.0), in_watts=False)
    told = [amps for at, device_id, amps in site.told if device_id == WATTS and at > START + PLUGGED_S]
    assert told == sorted(told)
    assert told[-1] == 16.0


def test_when_nobody_watches_it_has_what_one_phase_may_carry() -> None:
    """A clean stop: whoever plugs in next may have a car on one phase."""
    site = play(Case((0, 1, 2), (3.0, 3.0, 3.0), 25.0))
    site.stop()
    site.run(10.0)
    charger = site.chargers[WATTS]
    assert charger.limit_a == 6.0
    charger.unplug()
    charger.plug_in(ZooCar(lines=(0,)))
    site.run(10.0)
    assert charger.amps == 6.0
