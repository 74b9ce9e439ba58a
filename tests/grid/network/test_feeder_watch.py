"""One feeder from step to step: when its meter is no reason to give more, and what a temporary capacity does to it."""

from collections.abc import Callable

import pytest

from custom_components.tangle_grid.grid import GridConfig, Timing
from custom_components.tangle_grid.grid.device.state import DeviceState
from custom_components.tangle_grid.grid.network.protection import FeederWatch, TemporaryCapacity, limits_of
from custom_components.tangle_grid.grid.network.topology import Topology
from tests.support.grid.feeder_plant import START, charger, feeder, reading

V = 230.0
TIMING = Timing()


def seen(load_w: float = 3_000.0) -> FeederWatch:
    """A feeder of 40 A, threshold 32 A, whose meter was just read."""
    watch = FeederWatch(feeder())
    watch.observe(START, reading(load_w, START), TIMING)
    return watch


def gone(watch: FeederWatch) -> None:
    assert not watch.observe(START + 5, None, TIMING)


def contradicted(watch: FeederWatch) -> None:
    watch.plausibility.suspect = True


def looked_at(watch: FeederWatch) -> None:
    watch.echo.checking_since = START


def unanswered(watch: FeederWatch) -> None:
    watch.echo.unanswered = True


@pytest.mark.parametrize("happens", [gone, contradicted, looked_at, unanswered])
def test_a_meter_that_may_be_wrong_or_late_is_no_reason_to_give_more(happens: Callable[[FeederWatch], None]) -> None:
    assert not seen().suspect
    watch = seen()
    happens(watch)
    assert watch.suspect
    # It is believed all the same, for whoever has to be lowered.
    assert not watch.blind
    assert watch.reading is not None


def test_a_temporary_capacity_takes_the_threshold_along() -> None:
    watch = seen(3 * 20 * V)
    assert watch.excess_w() == (0.0, 0.0, 0.0)
    watch.temporary = TemporaryCapacity(power_w=3 * 20 * V, until=START + 600)
    watch.renew_limit(START + 1)
    assert watch.limit_a == pytest.approx((20.0, 20.0, 20.0))
    assert watch.threshold_a() == pytest.approx((16.0, 16.0, 16.0))
    assert watch.excess_w() == pytest.approx((4 * V, 4 * V, 4 * V))
    watch.renew_limit(START + 600)
    assert watch.limit_a == (40.0, 40.0, 40.0)


def test_no_order_gives_more_than_the_fuse_carries() -> None:
    watch = seen()
    watch.temporary = TemporaryCapacity(power_w=3 * 63 * V, until=START + 600)
    watch.renew_limit(START + 1)
    assert watch.limit_a == (40.0, 40.0, 40.0)


def test_what_a_blind_feeder_carries_is_unknown_and_no_limit_to_count_on() -> None:
    device = DeviceState(charger(feeder_id="garage"), TIMING)
    street, garage = feeder(), feeder(feeder_id="garage", parent_id=feeder().feeder_id)
    config = GridConfig(feeders=(street, garage), devices=(device.config,))
    watches = [FeederWatch(street), FeederWatch(garage)]
    watches[0].observe(START, reading(3_000.0, START), TIMING)
    assert limits_of(device, Topology(config), watches) == (0, 1, 2)
    watches[1].observe(START, reading(3_000.0, START), TIMING)
    assert sorted(limits_of(device, Topology(config), watches)) == [0, 1, 2, 3, 4, 5]
