"""Who pays and who verifies do the same sums: the grid's settlement and the protocol's recomputation, apart."""

import json

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid import (
    Ask,
    CurtailmentRequest,
    MarketConfig,
    PolicyConfig,
    PolicyMode,
    RequestState,
    Settlement,
)
from custom_components.tangle_grid.grid.requests.settlement import settle, settlement_of
from custom_components.tangle_grid.protocol.receipt import recompute
from tests.support.grid.feeder_plant import ALWAYS, Car, Home, Plant, Store, battery, charger, household


def agree(settlement: Settlement) -> None:
    receipt = json.loads(json.dumps(settlement.receipt))
    again = recompute(receipt)
    assert (again.energy_wh, again.amount_i) == (settlement.energy_wh, settlement.amount_i)
    assert (again.baseline_wh, again.measured_wh) == (settlement.baseline_wh, settlement.measured_wh)
    assert (receipt["energy_wh"], receipt["amount_i"]) == (settlement.energy_wh, settlement.amount_i)


@given(
    st.lists(
        st.tuples(st.floats(-20_000, 25_000), st.floats(0, 400), st.booleans(), st.none() | st.floats(0, 22_000)),
        max_size=50,
    ),
    st.floats(-5_000, 22_000),
    st.floats(0, 22_000),
    st.none() | st.floats(0, 5_000),
    st.integers(0, 2_779_530_283_277_761),
    st.integers(1, 120),
)
def test_on_random_histories_of_a_part(
    history: list[tuple[float, float, bool, float | None]],
    baseline_w: float,
    quantity_w: float,
    need_wh: float | None,
    rate: int,
    slot_s: int,
) -> None:
    part = Ask(
        device_id="car",
        state=RequestState.ACCEPTED,
        offer_w=quantity_w,
        quantity_w=quantity_w,
        rate=rate,
        baseline_w=baseline_w,
        need_wh=need_wh,
    )
    part.start(1000.0, quantity_w=quantity_w, slot_s=slot_s)
    at = 0.0
    for power_w, length_s, known, another_w in history:
        if known:
            part.series.add(at, at + length_s, power_w)
        at += length_s
        if another_w is not None:
            part.ask_for(another_w)
    part.move(RequestState.FULFILLED)
    settle(part)
    request = CurtailmentRequest(
        request_id="r",
        feeder_id="main",
        quantity_w=quantity_w,
        rate_i_per_kwh=rate,
        issued_at=1000.0,
        answer_by=1000.0,
        starts_at=1000.0,
        ends_at=1000.0 + at,
        asks={"car": part},
    )
    agree(settlement_of(request, part))


def happen(plant: Plant, what: str, number: int) -> None:
    """Something that people, cars or machines do."""
    car = plant.car()
    match what:
        case "ask":
            _, events = plant.engine.commands.request_curtailment(
                plant.now, power_w=500.0 + 20 * number, duration_s=60.0 + number
            )
            plant.events += events
        case "opt_out" if plant.result and plant.result.status.devices["car"].curtailment == RequestState.ACTIVE:
            plant.events += plant.engine.commands.opt_out(plant.now, device_id="car")
        case "unplug":
            car.connected = not car.connected
        case "silent":
            car.silent = not car.silent
        case "restart":
            plant.restart()
        case "load":
            plant.base_a = (number / 50, 5.0, 5.0)
        case "soc":
            car.soc = 40.0 + number / 20


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "run", "opt_out", "unplug", "silent", "restart", "load", "soc"]),
            st.integers(0, 1_000),
        ),
        min_size=4,
        max_size=10,
    )
)
def test_on_random_histories_of_the_grid(history: list[tuple[str, int]]) -> None:
    v2g = PolicyConfig(mode=PolicyMode.ALWAYS, v2g_floor_soc=45.0)
    plant = Plant(
        Car(charger(policy=v2g, max_discharge_a=16.0, battery_wh=20_000), soc=50.0),
        Car(charger("other", policy=ALWAYS, max_current_a=12.0), soc=79.0),
        Store(battery(policy=ALWAYS)),
        Home(household(policy=ALWAYS)),
        market=MarketConfig(automatic=False),
        dt=9.0,
    )
    plant.run(700)
    for what, number in history:
        happen(plant, what, number)
        plant.run(60 + number / 4)
    plant.run(1100)
    assert len({each.payment_id for each in plant.of(Settlement)}) == len(plant.of(Settlement))
    for settlement in plant.of(Settlement):
        agree(settlement)
    for settlement in plant.engine.commands.unpaid():
        agree(settlement)
