"""The life cycle through the engine: each step that there is happens, others are refused, all survive a restart."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from custom_components.tangle_grid.grid import (
    TRANSITIONS,
    AskChanged,
    GridEngine,
    GridError,
    MarketConfig,
    PolicyConfig,
    PolicyMode,
    RequestState,
)
from tests.support.grid.feeder_plant import ALWAYS, Car, Plant, Store, battery, charger

S = RequestState
QUIET = MarketConfig(automatic=False)
ASKED = PolicyConfig(mode=PolicyMode.ASK)
DEAR = PolicyConfig(mode=PolicyMode.ALWAYS, min_rate=900_000)
NEVER = PolicyConfig()
WINDOW_S = 300.0
REQUEST = "r1"


class Story:
    """One request to one battery that is watched, with a cheaper one beside it; all states that it passed."""

    def __init__(self, policy: PolicyConfig, *, power_w: float = 4000.0, rival: bool = False) -> None:
        watched = Store(battery("watched", policy=policy))
        devices = [watched, Store(battery("rival", policy=ALWAYS))] if rival else [watched]
        self.plant = Plant(*devices, market=QUIET)
        self.plant.run(700)
        self.states: list[RequestState] = []
        _, events = self.plant.engine.commands.request_curtailment(self.plant.now, power_w=power_w, duration_s=WINDOW_S)
        self.take(events)

    def take(self, events: object) -> None:
        self.plant.events += events  # type: ignore[arg-type]
        self.states = [event.state for event in self.plant.of(AskChanged) if event.device_id == "watched"]

    @property
    def state(self) -> RequestState:
        return self.plant.engine.requests[REQUEST].asks["watched"].state

    def run(self, seconds: float) -> None:
        before = len(self.plant.events)
        self.plant.run(seconds)
        events, self.plant.events = self.plant.events[before:], self.plant.events[:before]
        self.take(events)

    def answer(self, *, accept: bool) -> None:
        plant = self.plant
        self.take(plant.engine.commands.answer(plant.now, request_id=REQUEST, device_id="watched", accept=accept))

    def opt_out(self) -> None:
        self.take(self.plant.engine.commands.opt_out(self.plant.now, device_id="watched"))

    def cancel(self) -> None:
        self.take(self.plant.engine.commands.cancel(self.plant.now, request_id=REQUEST))

    def pay(self) -> None:
        plant = self.plant
        self.take(plant.engine.commands.mark_paid(plant.now, request_id=REQUEST, device_id="watched", reference="T"))

    def confirm(self) -> None:
        plant = self.plant
        self.take(plant.engine.commands.mark_confirmed(plant.now, request_id=REQUEST, device_id="watched"))

    def empty(self) -> None:
        store = self.plant.devices["watched"]
        assert isinstance(store, Store)
        store.soc = 5.0
        self.run(10)


def finished(story: Story) -> Story:
    story.run(WINDOW_S + 10)
    return story


#: How each state is reached: the states that are passed on the way, and the way.
WAYS: list[tuple[list[RequestState], Callable[[], Story]]] = [
    ([S.ISSUED], lambda: Story(ASKED)),
    ([S.ISSUED, S.DECLINED], lambda: Story(NEVER)),
    ([S.ISSUED, S.ACCEPTED, S.ACTIVE], lambda: Story(ALWAYS)),
    ([S.ISSUED, S.ACCEPTED], lambda: Story(DEAR, rival=True)),
    ([S.ISSUED, S.UNANSWERED], lambda: after(Story(ASKED), lambda story: story.run(130))),
    ([S.ISSUED, S.OPTED_OUT], lambda: after(Story(ASKED), Story.opt_out)),
    ([S.ISSUED, S.CANCELLED], lambda: after(Story(ASKED), Story.cancel)),
    (
        [S.ISSUED, S.UNANSWERED, S.ACCEPTED, S.ACTIVE],
        lambda: after(Story(ASKED), lambda story: story.run(130), lambda story: story.answer(accept=True)),
    ),
    (
        [S.ISSUED, S.UNANSWERED, S.DECLINED],
        lambda: after(Story(ASKED), lambda story: story.run(130), lambda story: story.answer(accept=False)),
    ),
    ([S.ISSUED, S.ACCEPTED, S.OPTED_OUT], lambda: after(Story(DEAR, rival=True), Story.opt_out)),
    ([S.ISSUED, S.ACCEPTED, S.CANCELLED], lambda: after(Story(DEAR, rival=True), Story.cancel)),
    ([S.ISSUED, S.ACCEPTED, S.EXPIRED], lambda: finished(Story(DEAR, rival=True))),
    ([S.ISSUED, S.ACCEPTED, S.ACTIVE, S.FULFILLED, S.SETTLED], lambda: finished(Story(ALWAYS))),
    (
        [S.ISSUED, S.ACCEPTED, S.ACTIVE, S.OPTED_OUT, S.SETTLED],
        lambda: after(Story(ALWAYS), lambda story: story.run(60), Story.opt_out),
    ),
    (
        [S.ISSUED, S.ACCEPTED, S.ACTIVE, S.CANCELLED, S.SETTLED],
        lambda: after(Story(ALWAYS), lambda story: story.run(60), Story.cancel),
    ),
    (
        [S.ISSUED, S.ACCEPTED, S.ACTIVE, S.EXPIRED, S.SETTLED],
        lambda: after(Story(ALWAYS), lambda story: story.run(60), Story.empty),
    ),
    (
        [S.ISSUED, S.ACCEPTED, S.ACTIVE, S.FULFILLED, S.SETTLED, S.PAID],
        lambda: after(finished(Story(ALWAYS)), Story.pay),
    ),
    (
        [S.ISSUED, S.ACCEPTED, S.ACTIVE, S.FULFILLED, S.SETTLED, S.PAID, S.CONFIRMED],
        lambda: after(finished(Story(ALWAYS)), Story.pay, Story.confirm),
    ),
]


def after(story: Story, *steps: Callable[[Story], None]) -> Story:
    for step in steps:
        step(story)
    return story


@pytest.mark.parametrize(("passed", "way"), WAYS, ids=["-".join(passed) for passed, _ in WAYS])
def test_every_way_through_the_engine(passed: list[RequestState], way: Callable[[], Story]) -> None:
    story = way()
    assert story.states == passed
    assert all(later in TRANSITIONS[sooner] for sooner, later in pairwise(passed))


def test_the_ways_leave_out_no_step() -> None:
    taken = {pair for passed, _ in WAYS for pair in pairwise(passed)}
    listed = {(sooner, later) for sooner, follow in TRANSITIONS.items() for later in follow}
    assert taken == listed


def commands(engine: GridEngine, now: float) -> dict[str, tuple[Callable[[], object], frozenset[RequestState]]]:
    """What may be told from outside about a part, and in which of its states."""
    part: dict[str, Any] = {"request_id": REQUEST, "device_id": "watched"}
    open_to_answers = frozenset({S.ISSUED, S.UNANSWERED})
    return {
        "accept": (lambda: engine.commands.answer(now, accept=True, **part), open_to_answers),
        "decline": (lambda: engine.commands.answer(now, accept=False, **part), open_to_answers),
        "opt_out": (lambda: engine.commands.opt_out(now, **part), frozenset({S.ISSUED, S.ACCEPTED, S.ACTIVE})),
        "pay": (
            lambda: engine.commands.mark_paid(now, reference="T", **part),
            frozenset({S.SETTLED, S.PAID, S.CONFIRMED}),
        ),
        "confirm": (
            lambda: engine.commands.mark_confirmed(now, reference="T", **part),
            frozenset({S.SETTLED, S.PAID, S.CONFIRMED}),
        ),
    }


@pytest.mark.parametrize(("passed", "way"), WAYS, ids=["-".join(passed) for passed, _ in WAYS])
def test_what_is_told_out_of_turn_is_refused_and_changes_nothing(
    passed: list[RequestState], way: Callable[[], Story]
) -> None:
    story = way()
    stored = json.loads(json.dumps(story.plant.engine.to_dict()))
    for command, allowed in commands(story.plant.engine, story.plant.now).values():
        if story.state in allowed:
            continue
        with pytest.raises(GridError):
            command()
        assert json.loads(json.dumps(story.plant.engine.to_dict())) == stored
    for name in ("accept", "decline", "opt_out", "pay", "confirm"):
        # Each allowed one on its own copy.
        engine = story.plant.make_engine(json.loads(json.dumps(stored)))
        command, allowed = commands(engine, story.plant.now)[name]
        if story.state in allowed:
            command()


@pytest.mark.parametrize(("passed", "way"), WAYS, ids=["-".join(passed) for passed, _ in WAYS])
def test_every_state_survives_a_restart_and_comes_to_the_same_end(
    passed: list[RequestState], way: Callable[[], Story]
) -> None:
    ends = []
    for restarts in (False, True):
        story = way()
        if restarts:
            before = story.plant.engine.requests[REQUEST].to_dict()
            story.plant.restart()
            assert story.plant.engine.requests[REQUEST].to_dict() == before
        story.run(WINDOW_S + 20)
        part = story.plant.engine.requests[REQUEST].asks["watched"]
        ends.append((story.states[len(passed) :], part.state, part.reason))
        for settlement in story.plant.engine.commands.unpaid():
            assert settlement.amount_i > 0
    assert ends[0] == ends[1]


def test_a_part_that_gave_nothing_expires_and_is_settled_for_nothing() -> None:
    car = Car(charger(policy=ALWAYS))
    plant = Plant(car, market=QUIET)
    plant.run(700)
    plant.engine.commands.request_curtailment(plant.now, power_w=5000.0, duration_s=20.0)
    car.obeys, car.accepts_a = False, 16.0
    plant.run(40)
    part = plant.engine.requests[REQUEST].asks["car"]
    assert (part.state, part.amount_i, plant.engine.commands.unpaid()) == (S.SETTLED, 0, [])
    with pytest.raises(GridError) as refused:
        plant.engine.commands.mark_paid(plant.now, request_id=REQUEST, device_id="car", reference="T")
    assert refused.value.key == "invalid_transition"
