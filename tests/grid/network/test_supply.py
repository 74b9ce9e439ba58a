"""What feeds the island: believed at once when it means less power, after a settling time when it means more."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.model.supply import Supply, SupplyConfig, SupplyTelemetry
from custom_components.tangle_grid.grid.network.supply import SupplyWatch

CONFIG = SupplyConfig(inverter_a=(20.0, 20.0, 10.0), settle_s=60.0)
LOST = SupplyTelemetry(cable=False, formed=False)
FORMED = SupplyTelemetry(cable=False, formed=True)
BACK = SupplyTelemetry(cable=True, formed=False)


def after(*seen: tuple[float, SupplyTelemetry | None]) -> SupplyWatch:
    watch = SupplyWatch(CONFIG)
    for now, telemetry in seen:
        watch.observe(now, telemetry)
    return watch


@pytest.mark.parametrize(
    ("seen", "state", "ceiling"),
    [
        ([(0.0, BACK)], Supply.CABLE, None),
        ([(0.0, None)], Supply.CABLE, None),
        ([(0.0, LOST)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, SupplyTelemetry(cable=False))], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, FORMED)], Supply.ISLAND, (20.0, 20.0, 10.0)),
        ([(0.0, LOST), (9.0, FORMED)], Supply.ISLAND, (20.0, 20.0, 10.0)),
        ([(0.0, FORMED), (9.0, LOST)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, FORMED), (9.0, None)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, LOST), (9.0, SupplyTelemetry(formed=True))], Supply.ISLAND, (20.0, 20.0, 10.0)),
        # It comes back for 3 s, or blinks all the time.
        ([(0.0, FORMED), (9.0, BACK), (12.0, FORMED)], Supply.ISLAND, (20.0, 20.0, 10.0)),
        ([(0.0, LOST), (9.0, BACK), (50.0, LOST), (51.0, BACK), (100.0, BACK)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, LOST), (9.0, BACK), (50.0, None), (51.0, BACK), (100.0, BACK)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, LOST), (9.0, BACK), (68.0, BACK)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, LOST), (9.0, BACK), (69.0, BACK)], Supply.RETURNING, None),
        ([(0.0, LOST), (9.0, BACK), (69.0, BACK), (70.0, LOST)], Supply.DEAD, (0.0, 0.0, 0.0)),
        ([(0.0, LOST), (9.0, BACK), (69.0, BACK), (70.0, None)], Supply.RETURNING, None),
    ],
)
def test_what_feeds(
    seen: list[tuple[float, SupplyTelemetry | None]], state: Supply, ceiling: tuple[float, float, float] | None
) -> None:
    watch = after(*seen)
    assert (watch.state, watch.ceiling_a) == (state, ceiling)


@pytest.mark.parametrize(
    ("reported", "ceiling"),
    [
        ((8.0, 30.0, 10.0), (8.0, 20.0, 10.0)),
        ((-3.0, float("nan"), float("inf")), (0.0, 0.0, 0.0)),
    ],
)
def test_an_inverter_that_gives_less_than_promised(
    reported: tuple[float, float, float], ceiling: tuple[float, float, float]
) -> None:
    watch = after((0.0, SupplyTelemetry(cable=False, formed=True, inverter_a=reported)))
    assert watch.ceiling_a == ceiling


def test_the_loss_is_timed_until_all_is_back() -> None:
    watch = after((5.0, FORMED), (9.0, LOST), (20.0, BACK))
    assert watch.lost_at == 5.0
    watch.observe(80.0, BACK)
    assert (watch.state, watch.since) == (Supply.RETURNING, 80.0)
    watch.restored(90.0)
    assert (watch.state, watch.since, watch.lost_at) == (Supply.CABLE, 90.0, None)
    watch.observe(95.0, LOST)
    watch.restored(96.0)
    assert watch.state is Supply.DEAD, "nothing is restored while it is dead"


def test_a_restart_goes_on_and_settles_anew() -> None:
    watch = after((5.0, FORMED), (9.0, BACK))
    again = SupplyWatch.from_dict(CONFIG, watch.to_dict())
    again.observe(68.0, BACK)
    assert again.state is Supply.DEAD
    again.observe(128.0, BACK)
    assert again.state is Supply.RETURNING


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"state": "no such", "since": None, "lost_at": None},
        {"state": "dead", "since": "yesterday", "lost_at": None},
        {"state": "dead", "since": None, "lost_at": float("nan")},
        {"state": "dead", "since": True, "lost_at": None},
    ],
)
def test_what_cannot_be_read_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        SupplyWatch.from_dict(CONFIG, stored)


def test_a_clock_that_is_set_back_leaves_nothing_in_the_future() -> None:
    watch = after((1_000.0, LOST), (1_050.0, BACK))
    watch.turn_back(10.0)
    assert (watch.since, watch.lost_at) == (10.0, 10.0)
    watch.observe(11.0, BACK)
    watch.observe(70.9, BACK)
    assert watch.state is Supply.DEAD
    watch.observe(71.0, BACK)
    assert watch.state is Supply.RETURNING


maybe = st.sampled_from([True, False, None])


@given(st.lists(st.tuples(st.floats(0.1, 40.0), maybe, maybe), max_size=40))
def test_feeding_in_is_confirmed_at_that_moment_and_the_cable_has_settled(
    seen: list[tuple[float, bool | None, bool | None]],
) -> None:
    watch = SupplyWatch(CONFIG)
    now, alive_since = 0.0, None
    for wait_s, cable, formed in seen:
        now += wait_s
        before = watch.state
        changed = watch.observe(now, SupplyTelemetry(cable=cable, formed=formed))
        assert changed == (watch.state is not before)
        alive_since = (alive_since or now) if cable else None
        if watch.state is Supply.ISLAND:
            assert formed is True
        if cable is False:
            assert watch.alone
        if watch.state is Supply.RETURNING and before is not Supply.RETURNING:
            assert alive_since is not None
            assert now - alive_since >= CONFIG.settle_s
        if before in {Supply.DEAD, Supply.ISLAND}:
            assert watch.state is not Supply.CABLE
