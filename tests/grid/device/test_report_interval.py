"""How often a meter reports is learned, kept over a restart, and told of when it keeps energy from cars."""

from typing import override

import pytest

from custom_components.tangle_grid.grid import Inputs, PhaseReading
from custom_components.tangle_grid.grid.device.held_back import HeldBack
from custom_components.tangle_grid.grid.engine.status import FeederStatus
from tests.support.grid.feeder_plant import Car, Plant, charger, feeder


class SeldomMeter(Plant):
    """A meter that reports every so many seconds."""

    every_s = 30.0
    _shown: PhaseReading | None = None

    @override
    def inputs(self) -> Inputs:
        found = super().inputs()
        meter = found.meters["main"]
        if meter is not None and (self._shown is None or meter.at - self._shown.at >= self.every_s):
            self._shown = meter
        return Inputs(meters={"main": self._shown}, devices=found.devices, forecast=found.forecast)

    def feeder(self) -> FeederStatus:
        assert self.result is not None
        return self.result.status.feeders["main"]


def test_a_meters_interval_outlives_a_restart() -> None:
    plant = SeldomMeter(Car(charger()))
    plant.run(600)
    assert plant.feeder().report_s == 30.0
    plant.restart()
    blind = [plant.step().status.feeders["main"].blind for _ in range(12)]
    assert plant.feeder().report_s == 30.0
    assert not any(blind), "what reports every 30 s is not blind between its reports, from the first of them on"


def oven(now: float) -> tuple[float, float, float]:
    """One that is on for 20 s, once in nearly 4 minutes."""
    load_a = 20.0 if now % 230 < 20 else 5.0
    return (load_a, load_a, load_a)


def test_a_seldom_meter_that_costs_charging_is_told_of_and_forgotten_once_it_reports_often() -> None:
    plant = SeldomMeter(Car(charger(max_current_a=32.0)), base_a=oven, feeders=(feeder(32.0, 30.0),), dt=5.0)
    plant.every_s = 45.0
    plant.run(2 * 3600)
    assert plant.feeder().seldom_costs
    assert plant.feeder().held_back_wh >= 100
    plant.every_s = 5.0
    plant.run(900)
    assert not plant.feeder().seldom_costs
    assert plant.feeder().held_back_wh == 0


@pytest.mark.parametrize("every_s", [5.0, 45.0])
def test_a_meter_that_costs_nothing_is_not_told_of(every_s: float) -> None:
    """Whether it reports often or seldom: where there is room for all, nobody loses anything."""
    plant = SeldomMeter(Car(charger(max_current_a=16.0)), base_a=(5.0, 5.0, 5.0), feeders=(feeder(63.0, 60.0),))
    plant.every_s = every_s
    plant.run(2 * 3600)
    assert plant.feeder().held_back_wh == 0
    assert not plant.feeder().seldom_costs


def told_after(held: HeldBack, second: int, kept_w: float) -> bool:
    held.observe(float(second), kept_w, seldom=True)
    return held.costs


def test_it_costs_from_500_wh_an_hour_and_no_more_below_100() -> None:
    held = HeldBack()
    for second in range(0, 1800, 10):
        held.observe(float(second), 990.0, seldom=True)
    assert held.energy_wh == pytest.approx(990 * 1790 / 3600)
    assert not held.costs
    told = [told_after(held, second, 990.0) for second in range(1800, 1900, 10)]
    assert told[-1]
    told = [told_after(held, second, 0.0) for second in range(1900, 9100, 10)]
    assert told[0]
    assert not told[-1]
    assert told == sorted(told, reverse=True), "it changes once"
    assert held.energy_wh == 0


def test_one_moment_speaks_for_a_minute_at_most() -> None:
    held = HeldBack()
    held.observe(0.0, 3600.0, seldom=True)
    held.observe(3000.0, 0.0, seldom=True)
    assert held.energy_wh == pytest.approx(60.0)
    held.observe(-5000.0, 0.0, seldom=True)
    assert held.energy_wh == 0, "what lies in the future is none"
