"""A meter that does not answer to what chargers do is found, on a restless feed too; one that does is believed."""

import random
from collections.abc import Callable

import pytest

from custom_components.tangle_grid.grid.network.meter_response import StepEcho

START = 1_000_000.0
METER_S = 5.0
FOLLOW_S = 10.0
ANSWER_S = 110.0
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
        self.raise_a = RAISE_A
        self.gain, self.restless_a, self.oven = gain, restless_a, oven
        self.chance = random.Random(seed)  # noqa: S311 - a model, not a secret
        self.at, self.told_a, self.told_at = START, LEAST_A, START - 60
        self.above_a = 0.0

    def read(self) -> bool:
        """One report of the meter; True when it is found to be wrong."""
        self.at += METER_S
        if self.echo.hear(self.at, self.told_a, answer_s=ANSWER_S):
            return True
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
                self.tell(min(MOST_A, self.told_a + self.raise_a))
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


@pytest.mark.parametrize(("raise_a", "above_a"), [(2.0, 8.0), (1.0, 7.0)])
@pytest.mark.parametrize("gain", [0.5, 0.3, 0.0])
@pytest.mark.parametrize("seed", range(3))
def test_small_steps_count_together(raise_a: float, above_a: float, gain: float, seed: int) -> None:
    """A lone car on one phase is raised by 2 A at most, and by less where that is all that is left."""
    feed = Feed(gain, 0.2, seed)
    feed.raise_a = raise_a
    for _ in range(60):
        assert not feed.read()
    assert feed.run(1200.0, raised_each_s=60.0) is not None
    assert feed.above_a <= above_a
    # On probation as well.
    feed.at += 240.0
    feed.above_a = 0.0
    feed.tell(LEAST_A)
    feed.told_at = feed.at - FOLLOW_S
    assert feed.run(1200.0, raised_each_s=60.0) is not None
    assert feed.above_a <= above_a


def test_a_car_that_stops_by_itself_during_a_look_convicts_no_meter() -> None:
    """The meter showed that before the car's own report did, so nothing is left to be seen of it."""
    echo, at = StepEcho(), START

    def stand(seconds: float, told_a: float, drawn_a: float, load_a: float) -> bool:
        nonlocal at
        found = False
        for _ in range(int(seconds / METER_S)):
            at += METER_S
            lowerable = {"one": told_a > LEAST_A}
            found |= echo.observe(at, load_a=load_a, drawn_a=drawn_a, told_a=told_a, lowerable=lowerable)
        return found

    for number in range(6):
        assert not stand(40.0, 20.0, 60.0, 90.0 + number % 2)
    echo.look(at, can_look=True)
    assert not stand(40.0, 20.0, 60.0, 66.0)
    assert echo.checking_since is not None
    assert not stand(60.0, 18.0, 36.0, 66.0)
    assert not echo.doubtful
    assert not echo.probation
    # One that was told to draw less and does, unseen, convicts it.
    assert not stand(40.0, 48.0, 144.0, 174.0)
    echo.look(at, can_look=True)
    assert not stand(40.0, 48.0, 144.0, 174.0)
    assert stand(60.0, 18.0, 54.0, 174.0)


@pytest.mark.parametrize(("gain", "found"), [(0.0, True), (0.3, True), (1.0, False)])
@pytest.mark.parametrize("seed", range(3))
def test_a_car_that_stops_at_every_look_hides_no_wrong_meter(gain: float, found: bool, seed: int) -> None:
    """Many stop by themselves near their least current: what is looked at is then more than what was told."""
    chance, echo, at = random.Random(seed), StepEcho(), START  # noqa: S311 - a model, not a secret

    def stand(told_a: float, drawn_a: float) -> bool:
        """Stand still until a look begins, for two minutes at most; True when the meter is found to be wrong."""
        nonlocal at
        for _ in range(24):
            at += METER_S
            if echo.hear(at, told_a, answer_s=150.0):
                return True
            load_a = 20.0 + gain * drawn_a + chance.uniform(-0.2, 0.2)
            if echo.observe(at, load_a=load_a, drawn_a=drawn_a, told_a=told_a, lowerable={"one": told_a > 6.0}):
                return True
            if echo.checking_since is not None and told_a > 6.0:
                return stand(6.0, 0.0)
        return False

    assert any(stand(*told) for _ in range(8) for told in ((6.0, 18.0), (16.0, 48.0))) == found
    assert echo.probation == found


def test_where_less_is_shown_than_is_drawn_a_look_that_was_cut_short_is_made_again() -> None:
    echo, at = StepEcho(), START
    looks = 0
    for _ in range(3):
        for told_a, drawn_a, seconds in ((16.0, 48.0, 200.0), (6.0, 0.0, 100.0), (6.0, 18.0, 100.0)):
            until = at + seconds
            while at < until:
                at += METER_S
                began = echo.checking_since
                missing_a = 5.0 if told_a > 6.0 else 0.0
                lowerable = {"one": told_a > 6.0}
                if echo.observe(
                    at, load_a=30.0, drawn_a=drawn_a, told_a=told_a, lowerable=lowerable, missing_a=missing_a
                ):
                    assert looks == 2
                    return
                if began is None and echo.checking_since is not None:
                    looks += 1
                    break
    pytest.fail("the meter was not found to be wrong")


def test_a_meter_that_shows_nothing_of_a_step_is_found_by_it() -> None:
    """One charger on three phases that is raised by an ampere."""
    feed = Feed(0.0, 0.2, 1)
    feed.raise_a = 3.0
    for _ in range(60):
        assert not feed.read()
    assert feed.run(600.0, raised_each_s=120.0) is not None
    assert feed.above_a <= feed.raise_a


def test_what_goes_off_meanwhile_is_no_suspicion_unless_it_is_as_large() -> None:
    """A step of 3 A, and a load of 1.5 A that goes off while it is taken."""
    feed = Feed(1.0, 0.2, 1, lambda at: 1.5 if at < START + 320.0 else 0.0)
    feed.raise_a = 3.0
    for _ in range(60):
        assert not feed.read()
    feed.tell(LEAST_A + feed.raise_a)
    for _ in range(20):
        assert not feed.read()
        assert feed.echo.checking_since is None


def looked_at(echo: StepEcho, seconds: int, *, missing_a: float, late_s: float, from_s: int = 0) -> int | None:
    """Let chargers stand still; returns after how many seconds they are lowered to look."""
    for at in range(from_s, from_s + seconds, 5):
        echo.observe(
            START + at,
            load_a=20.0,
            drawn_a=32.0,
            told_a=32.0,
            lowerable={"one": True},
            missing_a=missing_a,
            heard_at=START + at - late_s,
        )
        if echo.checking_since is not None:
            return at
    return None


def test_what_chargers_draw_has_to_be_there_also_while_they_stand_still() -> None:
    assert looked_at(StepEcho(), 3600, missing_a=2.9, late_s=0.0) is None
    assert looked_at(StepEcho(), 3600, missing_a=3.0, late_s=0.0) == 60
    # They must have said so after it went missing.
    assert looked_at(StepEcho(), 3600, missing_a=3.0, late_s=60.0) == 120


def test_what_was_missing_once_is_generation_for_some_hours() -> None:
    echo = StepEcho()
    assert looked_at(echo, 600, missing_a=10.0, late_s=0.0) == 60
    for at in range(100, 160, 5):
        echo.observe(
            START + at,
            load_a=-6.0,
            drawn_a=6.0,
            told_a=6.0,
            lowerable={"one": True},
            missing_a=10.0,
            heard_at=START + at,
        )
    assert echo.checking_since is None
    assert not echo.probation
    assert looked_at(echo, 10_500, missing_a=10.0, late_s=0.0, from_s=200) is None
    assert looked_at(echo, 10_500, missing_a=12.9, late_s=0.0, from_s=200) is None
    assert looked_at(echo, 900, missing_a=10.0, late_s=0.0, from_s=10_700) == 10_925


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
    feed.echo.hear(feed.at, LEAST_A + RAISE_A)
    assert feed.echo.unanswered


def settled(echo: StepEcho, at: float, *, load_a: float, drawn_a: float) -> float:
    """Let a meter and its charger stand still for a block and a bit; returns the time after it."""
    for _ in range(8):
        at += METER_S
        echo.hear(at, drawn_a, most_a=10.0, answer_s=100.0)
        echo.observe(at, load_a=load_a, drawn_a=drawn_a, told_a=drawn_a, lowerable={"one": drawn_a > 6.0})
    return at


def test_nobody_is_raised_far_before_all_were_seen_to_have_followed() -> None:
    echo = StepEcho()
    at = settled(echo, START, load_a=20.0, drawn_a=6.0)
    echo.hear(at, 16.0, most_a=10.0)
    assert not echo.doubtful
    echo.hear(at, 16.1, most_a=10.0)
    assert echo.doubtful
    # What was lowered meanwhile has to be raised again first.
    echo.hear(at, 4.0, most_a=10.0)
    echo.hear(at, 14.1, most_a=10.0)
    assert echo.doubtful
    at = settled(echo, at, load_a=30.0, drawn_a=16.1)
    assert not echo.doubtful


def test_a_raise_of_a_doubted_meter_that_is_not_shown_in_time_is_taken_back() -> None:
    echo = StepEcho(probation=True)
    at = settled(echo, START, load_a=20.0, drawn_a=6.0)
    assert not echo.unanswered
    doubted = [echo.hear(at + second, 12.0, answer_s=100.0) for second in range(0, 106, 5)]
    assert doubted == [False] * 21 + [True]
    # One that is not doubted may take its time.
    assert not any(StepEcho().hear(at + second, 12.0, answer_s=100.0) for second in range(0, 3600, 5))


def test_one_answer_may_be_chance_and_two_end_a_probation() -> None:
    echo = StepEcho(probation=True)
    at = settled(echo, START, load_a=20.0, drawn_a=6.0)
    at = settled(echo, at, load_a=44.0, drawn_a=30.0)
    assert echo.probation
    settled(echo, at, load_a=68.0, drawn_a=54.0)
    assert not echo.probation


def test_on_probation_nobody_needs_to_be_lowered_to_be_found_wrong() -> None:
    """All draw their least, and what they drew more just now did not show."""
    found = []
    for probation in (False, True):
        echo = StepEcho(probation=probation)
        at = settled(echo, START, load_a=20.0, drawn_a=6.0)
        wrong = False
        for _ in range(8):
            at += METER_S
            echo.hear(at, 18.0)
            lowerable = {"one": False, "other": False}
            wrong |= echo.observe(at, load_a=25.0, drawn_a=18.0, told_a=18.0, lowerable=lowerable)
        found.append(wrong)
        assert echo.probation
    assert found == [False, True]


def test_a_suspicion_from_elsewhere_lowers_chargers_or_begins_a_probation() -> None:
    echo = StepEcho()
    echo.suspect(START, can_look=True)
    assert echo.checking_since == START
    echo = StepEcho()
    echo.suspect(START, can_look=False)
    assert echo.checking_since is None
    assert echo.probation


def test_who_is_counted_elsewhere_from_now_on_has_made_no_step() -> None:
    """A charger that falls silent, or is heard again, moves from one sum to the other, and no current with it."""
    for drew_a in (0.0, 24.0):
        echo, at = StepEcho(probation=True), START
        for turn in range(4):
            here, drawn_a = turn % 2 == 1, 6.0 + (24.0 if turn % 2 else 0.0)
            for _ in range(8):
                at += METER_S
                echo.observe(
                    at,
                    load_a=14.0 + drawn_a,
                    drawn_a=drawn_a,
                    told_a=drawn_a,
                    lowerable={"one": False, **({"other": True} if here else {})},
                    apart=[] if here or not drew_a else ["other"],
                )
        # Who drew nothing there has taken two steps here, and the meter has shown them.
        assert echo.probation is (drew_a > 0.0)


def test_on_probation_small_steps_are_answered_only_if_they_show() -> None:
    for gain, unanswered in ((1.0, False), (0.5, True)):
        echo = StepEcho(probation=True)
        at = settled(echo, START, load_a=20.0, drawn_a=6.0)
        at = settled(echo, at, load_a=20.0 + gain * 2.0, drawn_a=8.0)
        assert echo.unanswered is unanswered
        # Where nobody draws more there is nothing to show.
        for _ in range(8):
            at += METER_S
            echo.observe(at, load_a=20.0 + gain * 2.0, drawn_a=8.0, told_a=9.0, lowerable={"one": False})
        echo.hear(at, 9.0)
        assert not echo.unanswered


def test_a_load_that_goes_off_within_a_block_is_no_part_of_the_next_step() -> None:
    """An average over both would hide half of the step."""
    echo = StepEcho()
    at = settled(echo, START, load_a=40.0, drawn_a=6.0)
    for load_a, drawn_a in ((40.0, 6.0), (28.0, 6.0), (28.0, 6.0), (40.0, 18.0), (40.0, 18.0), (40.0, 18.0)):
        at += METER_S
        echo.observe(at, load_a=load_a, drawn_a=drawn_a, told_a=drawn_a, lowerable={"one": drawn_a > 6.0})
        assert echo.checking_since is None
        assert not echo.waits


def test_what_is_missing_on_top_of_generation_is_looked_at() -> None:
    echo = StepEcho()
    assert looked_at(echo, 600, missing_a=10.0, late_s=0.0) == 60
    echo.forget()
    assert looked_at(echo, 600, missing_a=13.0, late_s=0.0, from_s=200) == 260
