"""How many phases share a power: one, until more are proven, and again with the next car."""

import json

import pytest

from custom_components.tangle_grid.grid import Cause, ChargerConfig, PhaseReading
from custom_components.tangle_grid.grid.device.phase_count import PhaseCount
from custom_components.tangle_grid.grid.model.lease import Lease

V = 230.0
CONFIG = ChargerConfig(device_id="car", feeder_id="main", limit_undivided=True)


class Watched:
    """A charger that reports each 10 s; `lines` is how many phases its car uses."""

    def __init__(self, lines: int) -> None:
        self.count = PhaseCount()
        self.lines = lines
        self.now = self.changed_at = 0.0
        self.told_a = 0.0
        self.plugged: bool | None = True

    def lid_a(self) -> float | None:
        return self.count.lid_a

    def run(self, seconds: float, told_a: float, watts: float | None = None) -> None:
        if told_a != self.told_a:
            self.told_a, self.changed_at = told_a, self.now
        end = self.now + seconds
        while self.now < end:
            self.now += 10.0
            each = min(16.0, told_a * self.count.told(CONFIG, told_a) / self.lines)
            drawn_w = (each * V * self.lines if each >= 6.0 else 0.0) if watts is None else watts
            third = drawn_w / 3
            reading = PhaseReading(power_w=(third, third, third), at=self.now, changed_at=self.now, split=True)
            lease = Lease(
                value=told_a,
                cause=Cause.ALLOCATION,
                written_at=self.changed_at,
                changed_at=self.changed_at,
                expires_at=self.now + 60.0,
            )
            self.count.observe(self.now, CONFIG, reading, lease, plugged=self.plugged)


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_a_total_proves_as_many_phases_as_must_carry_it(lines: int) -> None:
    watched = Watched(lines)
    watched.run(30, 16.0)
    assert watched.count.proven == lines
    assert watched.count.told(CONFIG, 10.0) == lines


def test_until_then_a_power_is_for_one_phase_unless_each_has_room_for_all() -> None:
    count = PhaseCount()
    assert [count.told(CONFIG, amps) for amps in (0.0, 6.0, 15.0, 16.0)] == [1, 1, 1, 3]
    # What cannot be told less than that is no more than it is.
    assert count.told(CONFIG, 18.0) == 1


@pytest.mark.parametrize(("lines", "proven"), [(1, 1), (2, 2)])
def test_what_is_too_little_for_two_phases_tells_them_from_one(lines: int, proven: int) -> None:
    watched = Watched(lines)
    watched.run(90, 14.0)
    assert watched.lid_a() == 11.0
    watched.run(40, 11.0)
    assert watched.lid_a() is None
    watched.run(300, 14.0)
    assert watched.count.proven == proven
    assert watched.lid_a() is None


def test_a_car_that_stops_by_itself_meanwhile_proves_nothing() -> None:
    watched = Watched(1)
    watched.run(90, 14.0)
    watched.run(40, 11.0, watts=0.0)
    watched.run(30, 8.0)
    watched.run(120, 14.0)
    assert watched.count.proven == 1


def test_another_car_may_be_another() -> None:
    watched = Watched(3)
    watched.run(30, 16.0)
    watched.plugged = False
    watched.run(10, 0.0)
    assert watched.count.proven == 1


def test_without_a_plug_to_watch_it_may_be_another_car_whenever_nothing_has_flowed() -> None:
    watched = Watched(3)
    watched.plugged = None
    watched.run(60, 16.0)
    assert watched.count.proven == 3
    watched.run(40, 0.0)
    assert watched.count.proven == 1


def test_a_restart_loses_nothing_and_a_long_one_all() -> None:
    watched = Watched(3)
    watched.run(30, 16.0)
    stored = json.loads(json.dumps(watched.count.to_dict()))
    for down_s, proven in ((60.0, 3), (1800.0, 1)):  # s
        again = Watched(3)
        again.now = watched.now + down_s
        again.count.restore(stored)
        again.run(10, 7.0, watts=7.0 * V)
        assert again.count.proven == proven
