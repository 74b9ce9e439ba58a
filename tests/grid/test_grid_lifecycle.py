"""The life cycle of a participant's part: every step that there is, and none that there is not."""

import json

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid import (
    TRANSITIONS,
    Ask,
    CurtailmentRequest,
    GridError,
    Reason,
    RequestState,
)
from custom_components.tangle_grid.grid.settlement import integrate, reward_i, settle, settlement_of

STATES = list(RequestState)
ENDED_EARLY = {RequestState.OPTED_OUT, RequestState.EXPIRED, RequestState.CANCELLED}


def ask(**values: object) -> Ask:
    return Ask(**{"device_id": "car", "offer_w": 3000.0, "quantity_w": 3000.0, "rate": 1_000_000, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_only_listed_transitions_are_possible(before: RequestState, after: RequestState) -> None:
    part = ask(state=before, active_at=1.0)
    if after in TRANSITIONS[before]:
        part.move(after)
        assert part.state is after
    else:
        with pytest.raises(GridError) as refused:
            part.move(after)
        assert refused.value.key == "invalid_transition"
        assert part.state is before


@pytest.mark.parametrize("state", sorted(ENDED_EARLY))
def test_a_part_that_was_never_active_is_not_settled(state: RequestState) -> None:
    part = ask(state=state)
    with pytest.raises(GridError):
        part.move(RequestState.SETTLED)


@given(st.lists(st.sampled_from(STATES), max_size=30))
def test_no_history_pays_without_delivery(wishes: list[RequestState]) -> None:
    """Whatever is tried in whatever order: paid only after settled, settled only after active, and each once."""
    part = ask()
    history = [part.state]
    for wish in wishes:
        if wish is RequestState.ACTIVE and part.state is RequestState.ACCEPTED:
            part.active_at = 1.0
        try:
            part.move(wish)
        except GridError:
            continue
        history.append(part.state)
    assert history.count(RequestState.SETTLED) <= 1
    assert history.count(RequestState.PAID) <= 1
    if RequestState.SETTLED in history:
        assert RequestState.ACTIVE in history[: history.index(RequestState.SETTLED)]
    if RequestState.PAID in history:
        assert RequestState.SETTLED in history[: history.index(RequestState.PAID)]


@given(
    st.lists(st.tuples(st.floats(-12_000, 25_000), st.floats(0, 600)), max_size=60),
    st.floats(-5_000, 22_000),
    st.floats(0, 22_000),
    st.none() | st.floats(0, 80_000),
    st.integers(0, 10_000_000),
)
def test_delivery_is_never_more_than_asked_nor_than_measured(
    intervals: list[tuple[float, float]], baseline_w: float, quantity_w: float, need_wh: float | None, rate: int
) -> None:
    part = ask(quantity_w=quantity_w, baseline_w=baseline_w, need_wh=need_wh, rate=rate)
    below_ws = 0.0
    for measured_w, elapsed_s in intervals:
        integrate(part, measured_w, elapsed_s)
        below_ws += max(0.0, max(baseline_w, 0.0 if need_wh is not None else baseline_w) - measured_w) * elapsed_s
    settle(part)
    duration_s = sum(elapsed for _, elapsed in intervals)
    assert 0 <= part.energy_wh <= quantity_w * duration_s / 3600 + 1e-6
    assert part.energy_wh <= below_ws / 3600 + 1e-6
    assert part.amount_i == part.energy_wh * rate // 1000
    assert isinstance(part.amount_i, int)


def test_a_car_that_would_have_been_full_earns_no_more() -> None:
    part = ask(baseline_w=3600.0, quantity_w=3600.0, need_wh=100.0)
    for _ in range(20):
        integrate(part, 0.0, 10.0)
    settle(part)
    assert part.energy_wh == 100


def test_feeding_back_earns_also_without_a_baseline() -> None:
    part = ask(baseline_w=0.0, quantity_w=4140.0, need_wh=0.0)
    integrate(part, -4140.0, 900.0)
    settle(part)
    assert part.energy_wh == 1035
    assert part.amount_i == 1_035_000


def test_time_that_runs_backwards_delivers_nothing() -> None:
    part = ask(baseline_w=1000.0)
    integrate(part, 0.0, -50.0)
    assert part.delivered_ws == 0


def test_fractions_of_an_iota_are_not_paid() -> None:
    assert reward_i(1, 999) == 0
    assert reward_i(3, 1500) == 4


def test_a_request_survives_json() -> None:
    request = CurtailmentRequest(
        request_id="r1",
        feeder_id="main",
        quantity_w=2500.0,
        need_w=(2500.0, 0.0, 0.0),
        rate_i_per_kwh=1_000_000,
        issued_at=10.0,
        answer_by=130.0,
        starts_at=10.0,
        ends_at=910.0,
    )
    request.asks["car"] = ask(
        state=RequestState.ACTIVE, reason=Reason(key="accepted_always"), active_at=10.0, loads=("boiler",), need_wh=5.0
    )
    request.asks["home"] = ask(device_id="home")
    stored = json.loads(json.dumps(request.to_dict()))
    assert CurtailmentRequest.from_dict(stored) == request


def test_a_receipt_allows_to_recompute_the_amount() -> None:
    part = ask(state=RequestState.SETTLED, active_at=10.0, delivered_ws=3_600_000.0, rate=1_500_000)
    settle(part)
    request = CurtailmentRequest(
        request_id="r1",
        feeder_id="main",
        quantity_w=3000.0,
        rate_i_per_kwh=1_500_000,
        issued_at=0.0,
        answer_by=120.0,
        starts_at=0.0,
        ends_at=900.0,
        asks={"car": part},
    )
    settlement = settlement_of(request, part)
    receipt = settlement.receipt
    assert settlement.payment_id == "r1:car"
    assert receipt["energy_wh"] * receipt["rate_i_per_kwh"] // 1000 == settlement.amount_i == 1_500_000
    json.dumps(receipt)
