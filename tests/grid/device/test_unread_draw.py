"""A charger that can be read only while it draws nothing is not started and stopped for ever."""

from dataclasses import replace

import pytest

from benchmarks._zoo_site import ChargerSpec, FeederSpec, Site
from custom_components.tangle_grid.grid import ChargerConfig, ChargerTelemetry, FeederConfig, PhaseReading
from custom_components.tangle_grid.grid.device.belief import DeviceFault
from custom_components.tangle_grid.grid.device.unread_draw import UnreadDraw
from custom_components.tangle_grid.simulation.zoo.car import ZooCar
from custom_components.tangle_grid.simulation.zoo.load import BaseLoad
from custom_components.tangle_grid.simulation.zoo.reporting import Every, Late
from custom_components.tangle_grid.simulation.zoo.showing import Underscores

IDLE = ChargerTelemetry(
    reading=PhaseReading(power_w=(0.0, 0.0, 0.0), at=1.0, changed_at=1.0), connected=True, available=True
)
CHARGES = replace(IDLE, reading=PhaseReading(power_w=(0.0, 2000.0, 0.0), at=1.0, changed_at=1.0))
UNREAD = replace(IDLE, reading=None)


def cycle(watch: UnreadDraw) -> bool:
    """Let it charge, which nobody can read, and pause it for that; whether its 0 W is believed then."""
    watch.judged(UNREAD, None, 12.0)
    watch.judged(UNREAD, None, 0.0)
    return watch.judged(IDLE, None, 0.0) == (IDLE, None)


def test_its_idle_power_is_not_believed_once_it_went_unread_twice() -> None:
    watch = UnreadDraw()
    assert [cycle(watch) for _ in range(3)] == [True, False, False]
    assert watch.judged(IDLE, None, 6.0) == (UNREAD, DeviceFault.IMPLAUSIBLE)


def test_one_time_is_one_time_however_often_it_says_0_after_that() -> None:
    watch = UnreadDraw()
    assert cycle(watch)
    assert [watch.judged(IDLE, None, 0.0) for _ in range(3)] == [(IDLE, None)] * 3


def test_what_cannot_be_true_counts_at_once() -> None:
    watch = UnreadDraw()
    assert watch.judged(UNREAD, DeviceFault.IMPLAUSIBLE, 12.0) == (UNREAD, DeviceFault.IMPLAUSIBLE)
    assert watch.judged(IDLE, None, 0.0) == (UNREAD, DeviceFault.IMPLAUSIBLE)


@pytest.mark.parametrize("better", [CHARGES, replace(IDLE, connected=False)], ids=["reads", "leaves"])
def test_it_is_believed_again_when_it_is_read_charging_or_with_the_next_car(better: ChargerTelemetry) -> None:
    watch = UnreadDraw()
    assert [cycle(watch) for _ in range(2)] == [True, False]
    assert watch.judged(better, None, 6.0) == (better, None)
    assert cycle(watch)


def test_who_is_away_now_and_then_or_reads_0_while_it_may_charge_is_believed() -> None:
    watch = UnreadDraw()
    for _ in range(3):
        watch.judged(replace(UNREAD, available=False), None, 12.0)
        assert watch.judged(IDLE, None, 0.0) == (IDLE, None)
    for _ in range(3):
        watch.judged(UNREAD, None, 12.0)
        assert watch.judged(IDLE, None, 6.0) == (IDLE, None)


def test_it_is_not_written_to_all_the_time() -> None:
    """It shows that 30 s late: so it is heard of again long after it was paused."""
    full = (35.0, 35.0, 35.0)
    feeder = FeederSpec(
        config=FeederConfig(feeder_id="main", capacity_a=full, threshold_a=(28.0,) * 3),
        base=BaseLoad(seed=1, mean_a=(8.0, 20.0, 8.0), flicker_a=0.3),
        meter=(Every(5.0),),
    )
    charger = ChargerSpec(
        config=ChargerConfig(device_id="car", feeder_id="main", phases=(1,), battery_wh=60_000),
        behaviours=(Every(10.0), Late(30.0), Underscores("power").between(300.0)),
        car=ZooCar(soc=20.0, lines=(0,)),
        per_phase=False,
    )
    site = Site([feeder], [charger])
    site.run(300.0)
    before = site.chargers["car"].writes
    site.run(1800.0)
    assert site.chargers["car"].writes - before <= 30
