"""A meter of which two clamps change places is told from one that is right, and from chargers with rotated wires."""

import random

import pytest

from custom_components.tangle_grid.grid.network.phase_order import Amps, Order, PhaseOrder

METER_S = 5.0
BASE_A: Amps = (6.0, 4.0, 5.0)
AS_IT_IS: Order = (0, 1, 2)
ORDERS: list[Order] = [(1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1)]


class Feed:
    """A car on L1 and one on three phases; `order` says whose current each phase of the meter shows."""

    def __init__(self, seed: int = 1, *, restless_a: float = 0.5) -> None:
        self.watch = PhaseOrder()
        self.chance = random.Random(seed)  # noqa: S311 - a model, not a secret
        self.at, self.restless_a = 0.0, restless_a
        self.order: Order = AS_IT_IS
        self.base_a = BASE_A
        self.draws_a: dict[str, Amps] = {"lone": (0.0, 0.0, 0.0), "wide": (0.0, 0.0, 0.0)}
        #: What really flows, where a charger takes itself for being elsewhere.
        self.flows_a: dict[str, Amps] = {}

    def stand(self, seconds: float = 20.0) -> bool:
        """Let all stand still; True when the meter was found to be changed."""
        found = False
        for _ in range(int(seconds / METER_S)):
            self.at += METER_S
            flows = {**self.draws_a, **self.flows_a}.values()
            true_a = [
                self.base_a[phase]
                + sum(amps[phase] for amps in flows)
                + self.chance.uniform(-self.restless_a, self.restless_a)
                for phase in range(3)
            ]
            shown_a = [true_a[phase] for phase in self.order]
            found |= self.watch.observe(self.at, shown_a=shown_a, draws_a=dict(self.draws_a))
        return found

    def tell(self, amps: float) -> bool:
        self.draws_a["lone"] = (amps, 0.0, 0.0)
        return self.stand()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("seed", range(3))
def test_clamps_that_change_places_are_found_by_the_second_step(order: Order, seed: int) -> None:
    feed = Feed(seed)
    assert not feed.stand()
    assert not feed.tell(6.0)
    assert not feed.tell(12.0)
    feed.order = order
    assert not feed.stand()
    steps = [feed.tell(amps) for amps in (6.0, 12.0)]
    # Where L1 is shown where it was, and the others are not, this car shows nothing of it.
    assert steps == [False, order[0] != 0]


def test_what_is_switched_on_meanwhile_is_no_suspicion() -> None:
    found = 0
    for seed in range(40):
        feed = Feed(seed, restless_a=1.0)
        feed.stand()
        for turn in range(40):
            oven_a = feed.chance.choice((0.0, 0.0, 5.0, 9.0))
            feed.base_a = (BASE_A[0], BASE_A[1] + oven_a, BASE_A[2])
            found += feed.tell((6.0, 10.0, 16.0, 8.0)[turn % 4])
    assert found == 0


def test_a_charger_with_rotated_wires_says_nothing_about_the_meter() -> None:
    feed = Feed()
    feed.stand()
    for amps in (6.0, 12.0, 0.0, 10.0, 16.0):
        feed.flows_a["lone"] = (0.0, amps, 0.0)
        assert not feed.tell(amps)


def test_steps_of_three_phases_look_the_same_in_any_order() -> None:
    feed = Feed()
    feed.stand()
    feed.tell(10.0)
    feed.order = (1, 0, 2)
    feed.stand()
    for amps in (6.0, 12.0, 16.0, 6.0):
        feed.draws_a["wide"] = (amps, amps, amps)
        assert not feed.stand()


def test_it_is_found_again_after_a_time_without_sight() -> None:
    feed = Feed()
    feed.stand()
    feed.tell(12.0)
    feed.order = (1, 0, 2)
    feed.stand()
    feed.tell(6.0)
    assert feed.tell(12.0)
    feed.watch.forget()
    feed.at += 60.0
    assert not feed.tell(6.0)
    # After a verdict one more step of the same kind is enough.
    assert feed.tell(12.0)


def test_the_first_step_that_comes_back_elsewhere_is_looked_at() -> None:
    feed = Feed()
    feed.stand()
    feed.tell(12.0)
    feed.order = (1, 0, 2)
    feed.stand()
    seen = []
    feed.draws_a["lone"] = (6.0, 0.0, 0.0)
    for _ in range(4):
        assert not feed.stand(METER_S)
        seen.append(feed.watch.suspected)
    assert seen.count(True) == 1
    feed.order = AS_IT_IS
    feed.stand()
    feed.tell(12.0)
    feed.order = (1, 0, 2)
    feed.stand()
    # Once it has come back in place it is as if nothing had been.
    assert not feed.tell(6.0)


def test_who_has_come_back_in_place_is_known_after_a_restart() -> None:
    feed = Feed()
    feed.stand()
    feed.tell(12.0)
    known, feed.watch = feed.watch.in_place, PhaseOrder()
    assert known == {"lone"}
    feed.order = (1, 0, 2)
    feed.stand()
    assert not feed.tell(6.0)
    assert not feed.tell(12.0)
    feed.watch = PhaseOrder()
    feed.watch.restore(known)
    feed.stand()
    assert not feed.tell(6.0)
    assert feed.tell(12.0)


def test_steps_that_are_far_apart_or_of_a_moment_say_nothing() -> None:
    feed = Feed()
    feed.stand()
    feed.tell(12.0)
    feed.order = (1, 0, 2)
    feed.stand()
    for amps in (6.0, 12.0, 6.0):
        feed.at += 400.0
        assert not feed.tell(amps)
    for amps in (12.0, 6.0, 12.0, 6.0):
        feed.draws_a["lone"] = (amps, 0.0, 0.0)
        assert not feed.stand(5.0)
