"""Who says nothing is asked before it counts as gone: one that reports what changes is never silent for it."""

from typing import Final

import pytest

from benchmarks._zoo_site import START as BEGIN, ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig, PhaseReading, SafeState
from custom_components.tangle_grid.grid.device.life_check import LifeCheck
from custom_components.tangle_grid.simulation.zoo import showing
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Dead, Every, OnChange

START: Final = 1_700_000_000.0


def reading(at: float, *, changed_at: float | None = None) -> PhaseReading:
    return PhaseReading(power_w=(2300.0, 0.0, 0.0), at=at, changed_at=at if changed_at is None else changed_at)


def heard(*reports: tuple[float, float | None]) -> LifeCheck:
    """Return the check after reports: when each came, and when it was told something before."""
    check = LifeCheck()
    for at, told_at in reports:
        check.observe(reading(START + at), told_at=None if told_at is None else START + told_at)
    return check


def asked(check: LifeCheck, at: float, *, spoke: float, drawn_a: float = 10.0, told_a: float = 10.0) -> float | None:
    return check.asks(START + at, spoke_at=START + spoke, max_age_s=60.0, drawn_a=drawn_a, told_a=told_a)


def test_it_is_asked_before_it_is_too_old_by_being_told_a_little_less() -> None:
    check = heard((0, None))
    assert asked(check, 35, spoke=0) is None
    assert asked(check, 36, spoke=0) == 8.0
    # It stays so for a while, whatever it is told by then, and is not asked again.
    assert asked(check, 50, spoke=0, told_a=8.0) == 8.0
    assert asked(check, 57, spoke=0, told_a=8.0) is None
    assert asked(check, 90, spoke=0) is None


def test_what_it_draws_less_than_it_is_told_counts() -> None:
    assert asked(heard((0, None)), 36, spoke=0, drawn_a=9.0, told_a=16.0) == 7.0
    assert asked(heard((0, None)), 36, spoke=0, drawn_a=0.2, told_a=16.0) is None
    assert asked(heard((0, None)), 36, spoke=0, drawn_a=3.0, told_a=0.0) is None


def test_an_answer_makes_its_silence_believed_for_longer() -> None:
    check = heard((0, None), (70, 60))
    assert check.patience_s == 280.0
    assert not check.on_change
    check.observe(reading(START + 370), told_at=START + 360)
    assert check.patience_s == 1200.0
    assert check.on_change
    check.observe(reading(START + 3000), told_at=START + 2990)
    assert check.patience_s == 3600.0


@pytest.mark.parametrize(
    ("last", "told"), [(70, None), (70, 49), (20, 10), (70, 71)], ids=["by itself", "late", "at once", "before it"]
)
def test_what_is_no_answer(last: float, told: float | None) -> None:
    assert heard((0, None), (last, told)).patience_s == 0.0


def test_who_does_not_answer_is_believed_as_anybody_again() -> None:
    check = heard((0, None), (70, 60), (370, 360))
    assert asked(check, 450, spoke=370) is not None
    assert asked(check, 471, spoke=370) is None
    assert (check.patience_s, check.on_change) == (0.0, False)


def test_who_repeats_itself_or_reports_at_regular_times_reports_not_what_changes() -> None:
    check = heard((0, None), (70, 60), (370, 360))
    check.observe(reading(START + 460, changed_at=START + 370), told_at=None)
    assert not check.on_change
    check = heard((0, None), (70, 60), (370, 360), (460, None), (552, None))
    assert not check.on_change
    check = heard((0, None), (70, 60), (370, 360), (460, None), (600, None))
    assert check.on_change


def test_a_time_in_which_it_could_not_be_reached_is_no_silence() -> None:
    check = heard((0, None))
    check.interrupt()
    check.observe(reading(START + 100), told_at=START + 95)
    assert check.patience_s == 0.0


def test_the_newest_report_of_who_reports_what_changes_is_one_of_now() -> None:
    check = heard((0, None), (70, 60), (370, 360))

    def valid(at: float, told_at: float, told_a: float) -> float:
        return check.valid_at(reading(START + 370), START + at, told_a=told_a, told_at=START + told_at, drawn_a=10.0)

    assert valid(400, 360, 10.0) == START + 395
    # What it was told has to show, but not where it need not do anything else.
    assert valid(410, 400, 12.0) == START + 370
    assert valid(420, 400, 12.0) == START + 415
    assert valid(420, 400, 6.0) == START + 370
    assert heard((0, None)).valid_at(reading(START), START + 90, told_a=6, told_at=START, drawn_a=6) == START


def test_what_is_known_survives_a_restart() -> None:
    check = heard((0, None), (70, 60), (370, 360))
    again = LifeCheck()
    again.restore(check.to_dict())
    assert again.on_change
    assert again.patience_s == check.patience_s


def site(*behaviours: Behaviour, safe_a: float = 0.0) -> Site:
    """A house of 7 A a phase behind 25 A, with a car of 16 A."""
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=(25.0,) * 3, threshold_a=(25.0,) * 3),
        base=BaseLoad(seed=1, mean_a=(7.0,) * 3, flicker_a=0.3),
        meter=(Every(5.0, 1.0),),
    )
    config = ChargerConfig(device_id="car", feeder_id="main", battery_wh=90_000, safe_current_a=safe_a)
    return Site([feeder], [ChargerSpec(config=config, behaviours=behaviours, car=ZooCar(soc=10.0))])


def told_silent(house: Site) -> list[float]:
    return [at - BEGIN for at, event in house.events if isinstance(event, SafeState) and event.entered]


@pytest.mark.parametrize("safe_a", [0.0, 6.0])
def test_one_that_reports_what_changes_charges_on(safe_a: float) -> None:
    house = site(OnChange(1.0), safe_a=safe_a)
    house.run(3600.0)
    assert not told_silent(house)
    assert sum(house.trace.power_w[300:]) >= 0.97 * 16.0 * 690.0 * 3300
    assert house.chargers["car"].writes <= 20


def test_one_that_is_gone_is_found_as_soon_as_before() -> None:
    """Ten seconds between its reports, and then none."""
    house = site(Every(10.0, 3.0), Dead().between(600.0))
    house.run(1200.0)
    [found_s] = told_silent(house)
    assert found_s <= 600.0 + 65.0
    assert house.chargers["car"].amps == 0.0


def test_one_that_is_gone_after_it_has_answered_is_found_when_it_does_not_answer() -> None:
    house = site(OnChange(1.0), Dead().between(1200.0))
    house.run(1200.0)
    assert not told_silent(house)
    house.run(2400.0)
    assert told_silent(house)
    assert house.chargers["car"].amps == 0.0


def test_a_reading_that_cannot_be_true_while_it_charges_is_tried_again_more_and_more_seldom() -> None:
    house = site(Every(10.0, 3.0), showing.Scaled(1000.0, ("power",)).between(600.0))
    house.run(5400.0)
    # The 0 W of a pause do not make it right, and somebody is told once.
    assert len(told_silent(house)) == 1
    assert house.chargers["car"].starts <= 6
    assert house.chargers["car"].writes <= 30


def test_one_whose_reading_is_true_again_charges_as_before() -> None:
    house = site(Every(10.0, 3.0), showing.Scaled(1000.0, ("power",)).between(600.0, 900.0))
    house.run(1800.0)
    assert house.chargers["car"].amps == 16.0
