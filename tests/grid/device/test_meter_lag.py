"""How late a meter follows a charger that is tried out."""

from dataclasses import replace
from typing import Final

import pytest

from benchmarks._zoo_site import ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, FeederConfig
from custom_components.tangle_grid.grid.device.meter_lag import WITHIN_S, MeterLag, MeterSight
from custom_components.tangle_grid.grid.device.trial import Stage, TrialReport
from custom_components.tangle_grid.simulation.zoo.behaviour import Behaviour
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Every, Late
from tests.support.grid.asked import plant_of
from tests.support.grid.feeder_plant import Car, charger

SIGHT: Final = MeterSight(power_w=9000.0, at=0.0)


def tried(meter: tuple[Behaviour, ...], lines: tuple[int, ...] = (0, 1, 2)) -> TrialReport:
    """Try a charger out whose meter has a behaviour."""
    feeder = FeederConfig(feeder_id="main", capacity_a=(32.0,) * 3, threshold_a=(28.0,) * 3)
    spec = ChargerSpec(config=ChargerConfig(device_id="car", feeder_id="main"), car=ZooCar(lines=lines))
    site = Site([FeederSpec(config=feeder, base=BaseLoad(seed=1, mean_a=(4.0, 4.0, 4.0)), meter=meter)], [spec])
    site.run(150)
    site.engine.commands.begin_trial(site.now, "car")
    while (report := site.engine.trial("car")) is not None and not report.ended:
        site.run(2)
    assert report is not None
    return report


@pytest.mark.parametrize(
    ("meter", "least", "most"),
    [
        ((Every(2.0),), 0.0, 6.0),
        ((Every(2.0), Late(12.0)), 12.0, 18.0),
        ((Every(2.0), Late(24.0)), 24.0, 30.0),
    ],
    ids=["at once", "12 s late", "24 s late"],
)
def test_the_lag_is_measured(meter: tuple[Behaviour, ...], least: float, most: float) -> None:
    """Also with a car on one phase, which moves the meter by less than 1 kW."""
    for lines in ((0, 1, 2), (0,)):
        report = tried(meter, lines)
        assert (report.stage, report.pauses) == (Stage.DONE, True)
        assert report.meter_s is not None
        assert least <= report.meter_s <= most
        assert not report.meter_missed


def test_a_charger_behind_another_meter() -> None:
    plant = plant_of(Car(charger()))
    plant.base_a = lambda _: (20.0 - plant.car().power_w[0] / 230.0,) * 3
    plant.engine.commands.begin_trial(plant.now, "car")
    while not (report := plant.engine.trial("car") or TrialReport()).ended:
        plant.step()
    assert (report.follows, report.pauses, report.meter_s, report.meter_missed) == (True, True, None, True)


def test_what_others_are_told_meanwhile_hides_it() -> None:
    lag = MeterLag()
    for _ in range(3):
        lag.told(0.0, SIGHT, 2700.0)
        assert lag.waits
        lag.look(WITHIN_S, replace(SIGHT, others_w=2700.0))
        assert not lag.waits
    assert (lag.lag_s, lag.missed) == (None, False)


def test_what_is_too_little_or_cannot_be_seen_is_not_waited_for() -> None:
    lag = MeterLag()
    for meter, drop_w in ((SIGHT, 100.0), (None, 2700.0)):
        lag.told(0.0, meter, drop_w)
        assert not lag.waits
    lag.told(0.0, SIGHT, 2700.0)
    lag.look(5.0, None)
    assert not lag.waits


def test_one_miss_is_not_held_against_a_meter() -> None:
    """Something else may have come on at that moment."""
    lag = MeterLag()
    lag.told(0.0, SIGHT, 2700.0)
    lag.look(WITHIN_S - 1, replace(SIGHT, at=WITHIN_S - 1))
    assert lag.waits
    lag.look(WITHIN_S, replace(SIGHT, at=WITHIN_S))
    assert (lag.waits, lag.missed) == (False, False)
    lag.told(100.0, SIGHT, 2700.0)
    lag.look(110.0, replace(SIGHT, power_w=7000.0, at=109.0))
    lag.told(200.0, SIGHT, 2700.0)
    lag.look(200.0 + WITHIN_S, replace(SIGHT, at=200.0 + WITHIN_S))
    assert (lag.lag_s, lag.missed) == (9.0, False)
