"""What somebody is asked, what is taken and what is paid agree, whatever car it is and whatever is known of it."""

import pytest
from hypothesis import Phase, given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    Answered,
    GridError,
    GridEvent,
    MarketConfig,
    PolicyConfig,
    PolicyMode,
    Reason,
    RequestState,
    Settlement,
)
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, charger, household

QUIET = MarketConfig(automatic=False)
ASK = PolicyConfig(mode=PolicyMode.ASK)
V2G = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=30.0)
PHASES = st.sampled_from([(0,), (0, 1), (0, 1, 2)])
QUICK = settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.generate))


@QUICK
@given(
    phases=PHASES,
    accepts_a=st.integers(6, 16),
    soc=st.one_of(st.none(), st.floats(20.0, 79.9)),
    battery_wh=st.sampled_from([None, 12_000, 60_000]),
    stays_wh=st.lists(st.integers(600, 6000), max_size=3),
    power_w=st.floats(300.0, 12_000.0),
    duration_s=st.sampled_from([60.0, 300.0, 900.0, 3600.0]),
    policy=st.sampled_from([ALWAYS, V2G]),
)
def test_who_accepts_and_is_throttled_is_paid_and_no_more_is_taken_than_was_asked(
    *,
    phases: tuple[int, ...],
    accepts_a: int,
    soc: float | None,
    battery_wh: int | None,
    stays_wh: list[int],
    power_w: float,
    duration_s: float,
    policy: PolicyConfig,
) -> None:
    config = charger(phases=phases, battery_wh=battery_wh, policy=policy, max_discharge_a=16.0)
    car = Car(config, soc=soc, accepts_a=float(accepts_a))
    plant = Plant(car, market=QUIET)
    plant.engine._parts.lifecycle.habits.observe(
        plant.now, plant.now, plant.engine._parts.devices.values(), {}, frozenset()
    )
    plant.engine._parts.lifecycle.habits._claims["car"].stays.extend(stays_wh)
    plant.run(900)
    before_a = car.draws_a
    request, events = plant.engine.commands.request_curtailment(plant.now, power_w=power_w, duration_s=duration_s)
    if "car" not in request.asks:
        plant.run(60)
        # Nobody who was not asked is held for it.
        assert car.draws_a >= before_a or (car.soc or 0.0) >= 80
        return
    part = request.asks["car"]
    asked_w, answered = part.quantity_w, [event for event in events if isinstance(event, Answered)]
    assert [each.decision.power_w for each in answered] == [asked_w]
    throttled = False
    end = plant.now + duration_s + 20
    while plant.now < end:
        plant.step()
        if part.state is RequestState.ACTIVE:
            throttled |= car.draws_a < before_a - 0.5
    if throttled:
        assert part.amount_i > 0, part
        assert [event.device_id for event in plant.of(Settlement)] == ["car"]
    assert all(step[1] <= asked_w + 0.1 for step in part.quantities)


def test_a_car_that_has_had_more_than_it_ever_takes_is_not_asked_to_give_what_nobody_pays() -> None:
    car = Car(charger(battery_wh=None, policy=ALWAYS), soc=None)
    plant = Plant(car, market=QUIET)
    plant.run(10)
    plant.engine._parts.lifecycle.habits._claims["car"].stays.append(1000)
    plant.run(900)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=11_000.0, duration_s=900.0)
    assert "car" not in request.asks
    plant.run(60)
    assert car.draws_a == 16


def test_a_part_ends_when_the_car_would_have_been_full() -> None:
    car = Car(charger(battery_wh=60_000, policy=ALWAYS), soc=74.0)
    plant = Plant(car, market=QUIET)
    # 600 Wh are left: a little more than 3 minutes at 11 kW.
    while car.soc is not None and car.soc < 79.0:
        plant.step()
    request, _ = plant.engine.commands.request_curtailment(
        plant.now, power_w=11_000.0, duration_s=900.0, device_ids=["car"]
    )
    part = request.asks["car"]
    plant.run(400)
    assert part.reason == Reason(key="ended_would_be_full")
    assert part.state is RequestState.SETTLED
    assert part.amount_i > 0
    assert 150 <= part.series.done_s <= 240


@QUICK
@given(
    phases=PHASES,
    draws_a=st.floats(6.0, 16.0),
    want_w=st.floats(100.0, 12_000.0),
    answer_w=st.one_of(st.none(), st.floats(50.0, 12_000.0)),
)
def test_the_question_and_the_answer_name_what_is_taken(
    *, phases: tuple[int, ...], draws_a: float, want_w: float, answer_w: float | None
) -> None:
    config = charger(phases=phases, policy=ASK)
    car = Car(config, accepts_a=draws_a)
    plant = Plant(car, market=QUIET)
    plant.run(900)
    request, _ = plant.engine.commands.request_curtailment(plant.now, power_w=want_w, duration_s=600.0)
    if "car" not in request.asks:
        return
    part = request.asks["car"]
    asked_w, step_w = part.quantity_w, config.watts_per_amp
    least_w = min(want_w, part.offer_w)
    # More than was wanted only where a step or a pause cannot be less.
    assert asked_w >= least_w - 0.1
    assert asked_w < least_w + step_w or asked_w == pytest.approx(part.baseline_w)
    events: list[GridEvent] = []
    try:
        events = plant.engine.commands.answer(
            plant.now, request_id=request.request_id, device_id="car", accept=True, power_w=answer_w
        )
    except GridError as error:
        refused = error.key
    else:
        refused = None
    if refused is not None:
        # It can only pause, and said that it will give less than that.
        assert (refused, part.state) == ("power_below_step", RequestState.ISSUED)
        assert answer_w is not None
        assert answer_w < part.baseline_w
        return
    decision = next(event.decision for event in events if isinstance(event, Answered))
    assert decision.power_w == pytest.approx(asked_w) if answer_w is None else decision.power_w < answer_w + step_w
    plant.run(620)
    assert part.quantities
    assert all(quantity <= decision.power_w + 0.1 for _, quantity in part.quantities)
    assert part.energy_wh <= (decision.power_w + 1) * 600 / 3600


@QUICK
@given(want_w=st.floats(300.0, 4000.0), base_w=st.floats(200.0, 3000.0), boiler=st.booleans(), pump=st.booleans())
def test_a_household_is_asked_for_whole_loads(*, want_w: float, base_w: float, boiler: bool, pump: bool) -> None:
    home = Home(household(policy=ALWAYS), base_w=base_w, loads={"boiler": boiler, "pump": pump})
    plant = Plant(home, market=QUIET)
    plant.run(900)
    request, events = plant.engine.commands.request_curtailment(plant.now, power_w=want_w, duration_s=900.0)
    if "home" not in request.asks:
        return
    part = request.asks["home"]
    asked_w = part.quantity_w
    assert [event.decision.power_w for event in events if isinstance(event, Answered)] == [asked_w]
    plant.run(920)
    assert part.quantities
    assert all(quantity <= asked_w + 0.1 for _, quantity in part.quantities)
    assert part.amount_i > 0
