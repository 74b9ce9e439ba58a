"""Clocks that jump: whatever was asked for lasts no longer than was asked, by the time that really passes."""

import json

from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import CurtailmentRequest, MarketConfig, RequestState, Settlement
from custom_components.tangle_grid.grid.requests.load_profile import HouseholdProfile
from custom_components.tangle_grid.grid.requests.merit_order import Debts
from tests.support.grid.feeder_plant import ALWAYS, START, Car, Home, Plant, charger, household

QUIET = MarketConfig(automatic=False)
DAY = 86_400.0
NOW = 1_800_000_000.0
WINDOW_S = 600.0
#: The longest that somebody waits for the way back, and takes for it, s.
BACK_S = 900.0


class Jumpy:
    """A plant whose clock is set while it runs; `passed` is what really has passed, s."""

    def __init__(self) -> None:
        self.car = Car(charger(policy=ALWAYS, battery_wh=200_000), soc=10.0)
        self.home = Home(household(policy=ALWAYS))
        self.plant = Plant(self.car, self.home, market=QUIET, dt=5.0)
        # Long enough after 1970 for a clock that is set back by months.
        self.plant.now = NOW
        self.passed = 0.0
        self.run(700)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / self.plant.dt)):
            self.plant.step()
            self.passed += self.plant.dt

    def set_clock(self, by: float, *, restart: bool) -> None:
        if restart:
            self.plant.config = self.plant.engine.config
            state = json.loads(json.dumps(self.plant.engine.to_dict()))
            self.plant.engine = self.plant.make_engine(state)
        self.plant.now += by

    def open(self) -> bool:
        return bool(self.plant.engine.status(self.plant.now).open_requests)


JUMPS = st.lists(
    st.tuples(
        st.floats(5.0, 400.0),
        st.sampled_from([-40 * DAY, -7 * DAY, -3600.0, -400.0, -31.0, -2.0, 45.0, 3600.0, 30 * DAY]),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(before=JUMPS, after=JUMPS)
def test_nothing_is_held_for_longer_than_was_asked(
    before: list[tuple[float, float, bool]], after: list[tuple[float, float, bool]]
) -> None:
    jumpy = Jumpy()
    plant = jumpy.plant
    for wait_s, by, restart in before:
        jumpy.run(wait_s / 4)
        jumpy.set_clock(by, restart=restart)
    # A baseline is of a clock that has not been set back for a while.
    jumpy.run(400)
    plant.engine.commands.request_curtailment(plant.now, power_w=20_000.0, duration_s=WINDOW_S)
    plant.engine.commands.set_temporary_capacity(plant.now, power_w=9000.0, until=plant.now + WINDOW_S)
    asked_at = jumpy.passed
    for wait_s, by, restart in after:
        jumpy.run(wait_s)
        jumpy.set_clock(by, restart=restart)
    # With each jump, the time of one step is not known.
    end_s = asked_at + WINDOW_S + 10 + plant.dt * len(after)
    jumpy.run(max(10.0, end_s - jumpy.passed))
    assert not jumpy.open()
    status = plant.engine.status(plant.now)
    assert status.feeders["main"].temporary_until is None
    jumpy.run(BACK_S)
    assert jumpy.car.told == 16
    assert jumpy.home.loads == {"boiler": True, "pump": True}
    assert all(part.series.done_s <= WINDOW_S for part in plant.engine.requests["r1"].asks.values())


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(by=st.floats(2.0, 40 * DAY), at=st.floats(20.0, WINDOW_S - 60), restart=st.booleans())
def test_a_clock_that_is_set_back_takes_nothing_from_those_who_help(by: float, at: float, *, restart: bool) -> None:
    jumpy = Jumpy()
    plant = jumpy.plant
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=11_000.0, duration_s=WINDOW_S)
    jumpy.run(at)
    jumpy.set_clock(-by, restart=restart)
    jumpy.run(WINDOW_S - at + 10)
    part = plant.engine.requests[request.request_id].asks["car"]
    assert part.state is RequestState.SETTLED
    # All of the window is paid but what it took until the first measurement after it.
    paid = [each for each in plant.of(Settlement) if each.device_id == "car"]
    assert paid[0].energy_wh >= 11_040 * (WINDOW_S - 60) / 3600
    # What was published of the request stays true: its parts lie in its window.
    assert part.active_at is not None
    assert part.ended_at is not None
    assert request.starts_at <= part.active_at <= part.ended_at <= request.ends_at + 1


def test_a_request_of_the_future_that_was_stored_long_ago_is_of_now() -> None:
    request = CurtailmentRequest(
        request_id="r",
        feeder_id="main",
        quantity_w=1.0,
        rate_i_per_kwh=1,
        issued_at=START + 30 * DAY,
        answer_by=START + 30 * DAY + 60,
        starts_at=START + 30 * DAY,
        ends_at=START + 30 * DAY + 600,
    )
    request.turn_back(START, 0.0)
    assert request.ends_at - request.time_of(START) == 600
    assert CurtailmentRequest.from_dict(json.loads(json.dumps(request.to_dict()))) == request


def test_debts_and_habits_go_on_from_now() -> None:
    debts = Debts()
    debts.add("car", 1000, START + 30 * DAY)
    debts.forget_future(START)
    assert debts.of("car", START + 7 * DAY) == 500
    profile = HouseholdProfile()
    profile.spoil(START + 30 * DAY)
    profile.forget_future(START)
    for quarter in range(8):
        profile.add(START + 900 * quarter, START + 900 * (quarter + 1), 500.0)
    assert any(value == 500 for value in profile.to_dict()["today"])
