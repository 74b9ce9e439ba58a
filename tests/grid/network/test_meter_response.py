"""A meter that does not answer to what chargers do is found, on a restless feed too; one that does is believed."""

import random
from collections.abc import Callable

import pytest

from custom_components.tangle_grid.grid.network.meter_response import StepEcho

START = 1_000_000.0
METER_S = 5.0
FOLLOW_S = 10.0
LEAST_A, MOST_A, RAISE_A = 18.0, 96.0, 12.0


class Feed:
    """Two chargers of three phases behind a meter: the chargers are raised step by step when the echo allows it.

    Attributes:
        above_a: The most that they were given beyond their least before the meter was found out, A.
    """

    def __init__(
        self, gain: float, restless_a: float, seed: int, oven: Callable[[float], float] = lambda _: 0.0
    ) -> None:
        self.echo = StepEcho()
        self.gain, self.restless_a, self.oven = gain, restless_a, oven
        self.chance = random.Random(seed)  # noqa: S311 - a model, not a secret
        self.at, self.told_a, self.told_at = START, LEAST_A, START - 60
        self.above_a = 0.0

    def read(self) -> bool:
        """One report of the meter; True when it is found to be wrong."""
        self.at += METER_S
        self.echo.hear(self.told_a)
        if self.at - self.told_at < FOLLOW_S:
            return False
        self.above_a = max(self.above_a, self.told_a - LEAST_A)
        load_a = 30.0 + self.told_a + self.oven(self.at) + self.chance.uniform(-self.restless_a, self.restless_a)
        return self.echo.observe(
            self.at,
            load_a=self.gain * load_a,
            drawn_a=self.told_a,
            told_a=self.told_a,
            lowerable={"one": self.told_a > LEAST_A, "other": self.told_a > LEAST_A},
        )

    def tell(self, told_a: float) -> None:
        if told_a != self.told_a:
            self.told_a, self.told_at = told_a, self.at

    def run(self, seconds: float, *, raised_each_s: float = FOLLOW_S) -> float | None:
        """Raise whenever it may be; returns how long it took to find the meter wrong, s."""
        begun = self.at
        while self.at - begun < seconds:
            if self.read():
                return self.at - begun
            if self.echo.checking_since is not None:
                self.tell(LEAST_A)
            elif not self.echo.unanswered and self.at - self.told_at >= raised_each_s:
                self.tell(min(MOST_A, self.told_a + RAISE_A))
        return None


@pytest.mark.parametrize("gain", [0.5, 0.3, 0.0])
@pytest.mark.parametrize("restless_a", [0.5, 3.5, 6.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_meter_that_shows_too_little_is_found(gain: float, restless_a: float, seed: int) -> None:
    feed = Feed(gain, restless_a, seed)
    feed.tell(LEAST_A)
    for _ in range(60):
        assert not feed.read()
    found_s = feed.run(240.0)
    assert found_s is not None
    assert found_s <= 150.0


@pytest.mark.parametrize("restless_a", [0.5, 3.5, 6.0])
def test_one_that_was_found_is_found_again_by_its_first_step(restless_a: float) -> None:
    for seed in range(5):
        feed = Feed(0.5, restless_a, seed)
        for _ in range(60):
            feed.read()
        assert feed.run(240.0) is not None
        for _ in range(3):
            # It was not believed for a while; then everybody begins again.
            feed.at += 240.0
            feed.above_a = 0.0
            feed.tell(LEAST_A)
            feed.told_at = feed.at - FOLLOW_S
            assert feed.run(600.0) is not None
            assert feed.above_a <= 2 * RAISE_A


@pytest.mark.parametrize("restless_a", [0.5, 3.5, 6.0])
def test_one_that_shows_what_flows_is_believed(restless_a: float) -> None:
    def oven(at: float) -> float:
        return 8.0 if at % 150.0 < 60.0 else 0.0

    wronged = 0
    for seed in range(20):
        feed = Feed(1.0, restless_a, seed, oven)
        for turn in range(6):
            feed.tell(LEAST_A)
            if feed.run(300.0) is not None:
                wronged += 1
                break
            assert feed.told_a >= LEAST_A + RAISE_A, (seed, turn)
    # Of ten hours: where an oven and a restless load are more than a step of the chargers, chance speaks against it.
    assert wronged <= (5 if restless_a > RAISE_A / 3 else 0)


def test_a_probation_ends_when_the_meter_answers() -> None:
    feed = Feed(1.0, 0.5, 1)
    feed.echo.probation = True
    assert feed.run(300.0) is None
    assert not feed.echo.probation
    assert feed.told_a == MOST_A


def test_on_probation_a_raise_waits_for_the_answer_to_the_one_before() -> None:
    feed = Feed(1.0, 0.0, 1)
    feed.echo.probation = True
    feed.read()
    feed.echo.hear(LEAST_A + RAISE_A)
    assert feed.echo.unanswered
