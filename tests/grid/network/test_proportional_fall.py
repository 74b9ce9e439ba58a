"""A meter that begins to show a share of what flows is told from loads that go off."""

import random

import pytest

from custom_components.tangle_grid.grid.network.proportional_fall import ProportionalFall

METER_S = 5.0
LOAD_A = (20.0, 14.0, 9.0)
CAR_A = (10.0, 10.0, 10.0)

type Amps = tuple[float, float, float]


class Feed:
    """A meter of some gain, a load that nobody controls, and a charger that reports each 10 s."""

    def __init__(self, *, restless_a: float = 0.3, every_s: float = METER_S, report_s: float = 10.0) -> None:
        self.fall = ProportionalFall()
        self.chance = random.Random(1)  # noqa: S311 - a model, not a secret
        self.restless_a, self.every_s, self.report_s = restless_a, every_s, report_s
        self.at, self.reported_at, self.reported_a = 0.0, 0.0, CAR_A
        self.gain, self.load_a, self.car_a = 1.0, LOAD_A, CAR_A
        self.pending_s = 0.0

    def run(self, seconds: float) -> float | None:
        """Return how long it took until the chargers are lowered to look, s."""
        begun = self.at
        while self.at - begun < seconds:
            self.at += self.every_s
            if self.at - self.reported_at >= self.report_s:
                self.reported_at, self.reported_a = self.at - 1.0, self.car_a
            shown_a = [
                self.gain * (load + car + self.chance.uniform(-self.restless_a, self.restless_a))
                for load, car in zip(self.load_a, self.car_a, strict=True)
            ]
            if self.fall.observe(self.at, shown_a=shown_a, drawn_a=self.reported_a, heard_at=self.reported_at):
                return self.at - begun
            self.pending_s += self.every_s if self.fall.pending else 0.0
        return None


@pytest.mark.parametrize("gain", [0.5, 0.3, 0.1])
@pytest.mark.parametrize(("restless_a", "report_s"), [(0.3, 10.0), (2.0, 10.0), (0.3, 60.0)])
def test_a_share_of_what_flows_is_found(gain: float, restless_a: float, report_s: float) -> None:
    feed = Feed(restless_a=restless_a, report_s=report_s)
    assert feed.run(300.0) is None
    feed.gain = gain
    found_s = feed.run(120.0)
    assert found_s is not None
    assert found_s <= 45.0 + report_s


def test_nobody_is_raised_until_it_is_told() -> None:
    feed = Feed(report_s=60.0)
    feed.run(300.0)
    feed.gain = 0.5
    feed.run(10.0)
    assert feed.fall.pending


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("every_s", [1.0, METER_S, 30.0])
def test_loads_that_go_off_are_none(seed: int, every_s: float) -> None:
    """One phase, or all by the same current, with other loads beside them."""
    feed = Feed(every_s=every_s)
    feed.chance = random.Random(seed)  # noqa: S311 - a model, not a secret
    for gone_a in ((12.0, 0.0, 0.0), (8.0, 8.0, 8.0), (6.0, 9.0, 0.0)):
        feed.load_a = LOAD_A
        assert feed.run(300.0) is None
        feed.load_a = (LOAD_A[0] - gone_a[0], LOAD_A[1] - gone_a[1], LOAD_A[2] - gone_a[2])
        assert feed.run(300.0) is None


@pytest.mark.parametrize("report_s", [10.0, 60.0])
def test_a_car_that_stops_says_so(report_s: float) -> None:
    """Alone on two phases it looks just like a meter that is wrong, until it reports."""
    feed = Feed(report_s=report_s)
    feed.load_a = (1.0, 1.0, 1.0)
    assert feed.run(300.0) is None
    feed.car_a = (0.0, 0.0, 0.0)
    assert feed.run(300.0) is None
    assert 0.0 < feed.pending_s <= report_s + 35.0 + 2 * METER_S
    assert not feed.fall.pending


def test_what_was_looked_at_once_is_no_news() -> None:
    """A heat pump that is nearly all there is on each phase."""
    feed = Feed()
    feed.car_a = feed.reported_a = (0.0, 0.0, 0.0)
    for turn in range(6):
        feed.load_a = (9.0, 9.5, 10.0)
        assert feed.run(600.0) is None
        feed.load_a = (1.0, 1.1, 1.2)
        assert (feed.run(600.0) is not None) is (turn == 0)


def test_a_load_that_is_on_for_a_moment_is_none() -> None:
    """The same on all phases, seen by one reading of a meter that reports seldom."""
    feed = Feed(every_s=45.0)
    for _ in range(20):
        feed.load_a = (5.0, 5.0, 5.0)
        assert feed.run(225.0) is None
        feed.load_a = (20.0, 20.0, 20.0)
        assert feed.run(45.0) is None


def test_one_that_goes_silent_before_it_was_told_is_suspected() -> None:
    feed = Feed(report_s=10_000.0)
    feed.run(590.0)
    feed.gain = 0.5
    feed.run(15.0)
    assert feed.fall.pending
    feed.at += 300.0
    assert feed.run(10.0) is not None
    assert not feed.fall.pending


def test_a_clock_that_was_set_back_says_nothing() -> None:
    feed = Feed(report_s=60.0)
    feed.run(300.0)
    feed.gain = 0.5
    feed.run(10.0)
    feed.fall.forget()
    assert not feed.fall.pending
    feed.at -= 3600.0
    assert feed.run(60.0) is None


def test_one_phase_is_always_in_proportion_to_itself() -> None:
    feed = Feed()
    feed.car_a = feed.reported_a = (0.0, 0.0, 0.0)
    feed.load_a = (16.0, 0.2, 0.2)
    assert feed.run(300.0) is None
    feed.load_a = (6.0, 0.2, 0.2)
    assert feed.run(300.0) is None
