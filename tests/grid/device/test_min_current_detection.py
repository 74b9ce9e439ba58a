"""Cars that need more than six amperes: noticed, learned, remembered, and forgotten when they leave."""

import json
from dataclasses import replace

import pytest

from benchmarks._fault_rig import Rig
from custom_components.tangle_grid.grid.device.min_current_detection import MinimumWatch

#: With this load that nobody controls each of three cars has 6 A, and two of them have 9 A.
TIGHT_A = 17.5


def watched(*measured: tuple[float, float], wants: bool = True, seconds: float = 240.0) -> MinimumWatch:
    """A watch that saw, one after the other, what a car was told and what it drew."""
    watch = MinimumWatch(6.0, 16.0)
    now = 1000.0
    for told, drawn in measured:
        told_at = now
        while now < told_at + seconds:
            now += 10.0
            watch.observe(now, told_a=told, told_at=told_at, drawn_a=drawn, wants=wants)
    return watch


def test_refused_at_six_and_charged_with_eight() -> None:
    watch = watched((6.0, 0.0))
    assert (watch.current_a, watch.confirmed) == (8.0, False)
    watch = watched((6.0, 0.0), (0.0, 0.0), (8.0, 8.0))
    assert (watch.current_a, watch.confirmed) == (8.0, True)
    watch = watched((7.0, 0.0), (8.0, 0.0), (10.0, 10.0))
    assert (watch.current_a, watch.confirmed) == (10.0, True)


@pytest.mark.parametrize(
    "measured",
    [
        # It draws what it is told, or a part of it.
        [(6.0, 6.0)],
        [(6.0, 2.0)],
        # It has charged with so little, and stopped: it waits for something else.
        [(6.0, 6.0), (6.0, 0.0)],
        [(7.0, 7.0), (10.0, 10.0), (8.0, 0.0)],
        # Nothing helps, from the beginning or after the attempts.
        [(16.0, 0.0), (6.0, 0.0)],
        [(6.0, 0.0), (8.0, 0.0), (10.0, 0.0), (6.0, 0.0)],
    ],
)
def test_what_is_no_finding(measured: list[tuple[float, float]]) -> None:
    watch = watched(*measured)
    assert (watch.current_a, watch.confirmed) == (6.0, False)


def test_a_car_that_wants_nothing_refuses_nothing() -> None:
    assert watched((6.0, 0.0), wants=False).learned is None
    assert watched((6.0, 0.0), seconds=90.0).learned is None


def test_what_can_not_be_tried_is_forgotten() -> None:
    watch = watched((6.0, 0.0))
    assert watch.learned == 8.0
    for second in range(0, 2000, 10):
        watch.observe(2000.0 + second, told_a=0.0, told_at=1500.0, drawn_a=0.0, wants=True)
    assert watch.learned is None


def test_only_what_is_confirmed_survives_and_only_for_the_same_car() -> None:
    watch = watched((6.0, 0.0), (8.0, 8.0))
    stored = json.loads(json.dumps(watch.to_dict()))
    again = MinimumWatch(6.0, 16.0)
    again.restore(stored)
    assert (again.current_a, again.confirmed) == (8.0, True)
    later = stored["seen_at"] + 3600.0
    again.observe(later, told_a=0.0, told_at=later, drawn_a=0.0, wants=True)
    assert again.current_a == 6.0
    for changed in ({"configured": 7.0}, {"learned": 40.0}, {"learned": 3.0}, {"seen_at": None}):
        other = MinimumWatch(6.0, 16.0)
        other.restore({**stored, **changed})
        assert other.current_a == 6.0
    other.restore(watched((6.0, 0.0)).to_dict())
    assert other.current_a == 6.0
    again.restore(stored)
    again.forget()
    assert again.current_a == 6.0


def least(rig: Rig) -> tuple[float | None, bool]:
    assert rig.result is not None
    status = rig.result.status.devices["car_1"]
    return status.min_current_a, status.min_current_learned


@pytest.mark.parametrize("configured_a", [6.0, 8.0])
def test_a_car_that_needs_eight_amperes_gets_eight_or_nothing(configured_a: float) -> None:
    """The others leave it 6 A: within ten minutes it charges, for good, and the fuse notices nothing."""
    rig = Rig(base_a=TIGHT_A)
    rig.chargers["car_1"].least_a = 8.0
    config = replace(rig.chargers["car_1"].config, min_current_a=configured_a, safe_current_a=configured_a)
    rig.chargers["car_1"].config = config
    rig.config = replace(rig.config, devices=(config, *rig.config.devices[1:]))
    rig.kill()
    rig.run(600)
    assert least(rig) == (8.0, configured_a < 8.0)
    told, drawn = [], []
    for second in range(1200):
        # Room goes and comes back.
        rig.extra_a = (10.0,) * 3 if second // 300 == 1 else (0.0,) * 3
        rig.step()
        told.append(rig.told_a("car_1"))
        drawn.append(rig.chargers["car_1"].draws_a)
    assert not {amps for amps in told if 0 < amps < 8}
    assert drawn[0] >= 8
    assert drawn[-1] >= 8
    assert rig.over_s(0.0)[0] <= 4.0

    rig.kill()
    rig.run(240)
    assert least(rig) == (8.0, configured_a < 8.0)
    assert not 0 < rig.told_a("car_1") < 8

    rig.chargers["car_1"].connected = False
    rig.run(30)
    assert least(rig) == (configured_a, False)


def test_a_car_that_waits_for_its_own_time_costs_two_attempts() -> None:
    rig = Rig(base_a=TIGHT_A)
    rig.chargers["car_1"].resting = True
    learned = set()
    for _ in range(1200):
        rig.step()
        learned.add(least(rig))
    assert least(rig) == (6.0, False)
    assert learned <= {(6.0, False), (8.0, False), (10.0, False)}
    rig.chargers["car_1"].resting = False
    rig.run(300)
    assert rig.chargers["car_1"].draws_a >= 6
