"""Trying a charger out: what is seen, what ends it, and that nobody is ever raised by it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from benchmarks._zoo_catalogue import ANIMALS
from benchmarks._zoo_story import RUDE, build
from custom_components.tangle_grid.grid import GridError
from custom_components.tangle_grid.grid.device.trial import LONGEST_S, Stage, TrialReport
from custom_components.tangle_grid.grid.model.world import Cause, PolicyConfig, PolicyMode
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from tests.support.grid.asked import ask_for, plant_of
from tests.support.grid.feeder_plant import Car, Home, Plant, charger, household


def report_of(plant: Plant, device_id: str = "car") -> TrialReport:
    report = plant.engine.trial(device_id)
    assert report is not None
    return report


def tried(plant: Plant, device_id: str = "car") -> TrialReport:
    """Begin a trial, and let it come to its end."""
    plant.engine.commands.begin_trial(plant.now, device_id)
    began = plant.now
    while not report_of(plant, device_id).ended:
        plant.step()
        assert plant.now <= began + LONGEST_S + plant.dt
    return report_of(plant, device_id)


def test_a_charger_that_does_all_that_it_should() -> None:
    plant = plant_of(Car(charger()))
    assert plant.setpoint() == 16.0
    assert plant.engine.trial("car") is None
    report = tried(plant)
    assert (report.stage, report.reason) == (Stage.DONE, None)
    assert (report.high_a, report.low_a, report.follows, report.pauses, report.resumes) == (10.0, 6.0, True, True, True)
    assert (report.phases, report.used, report.inverted, report.takes_a) == (3, (0, 1, 2), False, None)
    assert report.follow_s is not None
    assert report.follow_s <= 10.0
    plant.run(300)
    assert plant.setpoint() == 16.0


def test_a_car_on_one_phase() -> None:
    report = tried(plant_of(Car(charger(phases=(1,)))))
    assert (report.phases, report.used) == (1, (1,))


@pytest.mark.parametrize(
    ("car", "change", "seen"),
    [
        ({"obeys": False, "accepts_a": 16.0}, {}, {"follows": False, "pauses": None, "resumes": None}),
        ({"accepts_a": 8.0}, {}, {"takes_a": 8.0, "follows": True}),
        ({"accepts_a": 6.0}, {}, {"follows": None, "pauses": True}),
        ({"accepts_a": 0.0}, {}, {"reason": "idle"}),
        ({"connected": False}, {}, {"reason": "no_car"}),
        ({}, {"silent": True}, {"reason": "silent"}),
    ],
)
def test_what_a_car_does(car: dict[str, Any], change: dict[str, Any], seen: dict[str, Any]) -> None:
    plant = plant_of(Car(charger(), **car))
    for name, value in change.items():
        setattr(plant.car(), name, value)
    report = tried(plant)
    assert {name: getattr(report, name) for name in seen} == seen


@dataclass
class Ended:
    """What came in between, and what is said of it."""

    happens: Callable[[Plant], object]
    reason: str


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.HIGH, Stage.LOW, Stage.PAUSE, Stage.RESUME])
@pytest.mark.parametrize(
    "ended",
    [
        Ended(lambda plant: ask_for(plant, 3000.0, device_ids=["car"]), "request"),
        Ended(lambda plant: setattr(plant, "meter_alive", False), "meter"),
        Ended(lambda plant: setattr(plant.car(), "connected", False), "no_car"),
        Ended(lambda plant: plant.engine.commands.end_trial("car"), "cancelled"),
        Ended(lambda plant: plant.engine.commands.limit_charger("car", 0.0), "payment"),
    ],
    ids=lambda ended: ended.reason,
)
def test_what_is_more_important_ends_it(stage: Stage, ended: Ended) -> None:
    """Whatever comes first, the lid is gone with it."""
    if ended.reason == "request" and stage not in {Stage.WAITING, Stage.HIGH}:
        pytest.skip("who was lowered has nothing to give, and is not asked")
    plant = plant_of(Car(charger(policy=PolicyConfig(mode=PolicyMode.ASK))))
    plant.engine.commands.begin_trial(plant.now, "car")
    while report_of(plant).stage is not stage:
        plant.step()
    if stage is Stage.RESUME:
        # A car that takes its time: the trial waits for it.
        plant.car().accepts_a = 0.0
    ended.happens(plant)
    for _ in range(30):
        plant.step()
        if report_of(plant).ended:
            break
    assert (report_of(plant).stage, report_of(plant).reason) == (Stage.STOPPED, ended.reason)
    causes = []
    for _ in range(20):
        plant.step()
        causes.append(plant.engine.status(plant.now).devices["car"].cause)
    assert Cause.TRIAL not in causes


def test_a_full_feeder_ends_it() -> None:
    plant = plant_of(Car(charger(min_current_a=6.0, safe_current_a=6.0)))
    plant.engine.commands.begin_trial(plant.now, "car")
    while report_of(plant).stage is not Stage.HIGH:
        plant.step()
    plant.base_a = (39.0, 39.0, 39.0)
    plant.run(20)
    assert report_of(plant).reason == "protection"


def test_a_crash_of_a_trial_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    plant = plant_of(Car(charger()))
    plant.engine.commands.begin_trial(plant.now, "car")

    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("custom_components.tangle_grid.grid.device.trial.ChargerTrial._wait", fails)
    plant.step()
    assert report_of(plant).reason == "failed"
    plant.run(300)
    assert plant.setpoint() == 16.0


def test_a_restart_knows_nothing_of_it() -> None:
    plant = plant_of(Car(charger()))
    plant.engine.commands.begin_trial(plant.now, "car")
    plant.run(30)
    plant.restart()
    assert plant.engine.trial("car") is None
    plant.run(400)
    assert plant.setpoint() == 16.0


def test_only_chargers_are_tried_out() -> None:
    plant = plant_of(Home(household()))
    for command in (plant.engine.commands.end_trial, lambda device: plant.engine.commands.begin_trial(0.0, device)):
        with pytest.raises(GridError, match="not_participating"):
            command("home")
        with pytest.raises(GridError, match="unknown_device"):
            command("nobody")


def test_nothing_ends_that_did_not_begin() -> None:
    plant = plant_of(Car(charger()))
    plant.engine.commands.end_trial("car")
    assert plant.engine.trial("car") is None


@settings(max_examples=10, deadline=None)
@given(
    base=st.lists(st.floats(0.0, 38.0), min_size=3, max_size=3),
    accepts=st.floats(0.0, 32.0),
    began=st.integers(0, 60),
)
def test_nobody_is_raised_by_a_trial(base: list[float], accepts: float, began: int) -> None:
    """Whatever else goes on: with a trial the charger never has more than without it."""
    cars = [Plant(Car(charger(), accepts_a=accepts), base_a=(base[0], base[1], base[2])) for _ in range(2)]
    for plant in cars:
        plant.run(300)
    with_trial, without = cars
    with_trial.run(5 * began)
    without.run(5 * began)
    with_trial.engine.commands.begin_trial(with_trial.now, "car")
    for _ in range(140):
        with_trial.step()
        without.step()
        assert max(with_trial.load_a()) <= max(40.0, *without.load_a()) + 1e-6
    assert report_of(with_trial).ended


# Rude devices

SEEN: dict[str, dict[str, Any]] = {
    "none": {"stage": Stage.DONE, "follows": True, "pauses": True, "resumes": True},
    "charger knows only its total": {"stage": Stage.DONE, "follows": True, "phases": 3, "used": ()},
    "charger knows only its total, car on one phase": {"stage": Stage.DONE, "follows": True, "phases": 1, "used": ()},
    "charger with a car on one phase": {"stage": Stage.DONE, "phases": 1, "used": (0,)},
    "charger takes no more than 9 A": {"stage": Stage.DONE, "follows": True},
    "charger follows after 20 s": {"stage": Stage.DONE, "follows": True, "pauses": True},
    "charger cannot pause": {"stage": Stage.DONE, "follows": True, "pauses": False},
    "charger takes 0 for no change": {"stage": Stage.DONE, "follows": True, "pauses": False},
    "charger reports every 60 s": {"stage": Stage.DONE, "follows": True},
}


@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen_of_rude_devices(name: str) -> None:
    animal = next(each for each in ANIMALS if each.name == name)
    site = build(animal)
    site.chargers[RUDE].plug_in(ZooCar(**{"soc": 20.0, **animal.car}))
    site.run(200)
    site.engine.commands.begin_trial(site.now, RUDE)
    report = site.engine.trial(RUDE)
    while report is not None and not report.ended:
        site.run(5)
        report = site.engine.trial(RUDE)
    assert report is not None
    assert {field: getattr(report, field) for field in SEEN[name]} == SEEN[name], report
    site.run(200)
    causes = {each.cause for each in site.engine.status(site.now).devices.values()}
    assert Cause.TRIAL not in causes
