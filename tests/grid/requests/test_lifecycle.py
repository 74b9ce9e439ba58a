"""The life cycle of a participant's part: every step that there is, and none that there is not."""

import json
import math

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
from custom_components.tangle_grid.grid.requests.settlement import reward_i, settle, settlement_of

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


def test_money_moves_one_way() -> None:
    """Written down once more: a table that is tested by itself says nothing."""
    S = RequestState  # noqa: N806 - as short as in the table
    assert {state: set(TRANSITIONS[state]) for state in (S.SETTLED, S.PAID, S.CONFIRMED, S.DECLINED)} == {
        S.SETTLED: {S.PAID},
        S.PAID: {S.CONFIRMED},
        S.CONFIRMED: set(),
        S.DECLINED: set(),
    }
    leading = {state for state in STATES if S.SETTLED in TRANSITIONS[state]}
    assert leading == {S.FULFILLED, S.OPTED_OUT, S.EXPIRED, S.CANCELLED}
    assert {state for state in STATES if S.ACTIVE in TRANSITIONS[state]} == {S.ACCEPTED}
    assert {state for state in STATES if S.PAID in TRANSITIONS[state]} == {S.SETTLED}


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


def active(*, quantity_w: float = 3000.0, slot_s: int = 15, **values: object) -> Ask:
    part = ask(state=RequestState.ACCEPTED, quantity_w=quantity_w, **values)
    part.start(1000.0, quantity_w=quantity_w, slot_s=slot_s)
    return part


def second_by_second(part: Ask) -> tuple[int, int, int]:
    """The arithmetic as `settlement` writes it, word for word."""
    left = math.inf if part.paid_need_wh is None else part.paid_need_wh * 3600
    delivered = baseline = measured = 0
    for second in range(part.series.done_s):
        w = [value for offset, value in part.series.readings if (offset or 0) <= second][-1]
        q = [value for offset, value in part.quantities if offset <= second][-1]
        if w is None:
            continue
        b = part.paid_baseline_w
        if b > 0:
            if left >= b:
                left -= b
            else:
                left = b = 0
        delivered += min(max(0, b - w), q)
        baseline += b
        measured += w
    return delivered, baseline, measured


INTERVALS = st.lists(st.tuples(st.floats(-12_000, 25_000), st.floats(0, 200), st.booleans()), max_size=40)


@given(
    INTERVALS,
    st.floats(-5_000, 22_000),
    st.floats(0, 22_000),
    st.none() | st.floats(0, 800),
    st.integers(0, 10_000_000),
    st.lists(st.floats(0, 22_000), max_size=4),
)
def test_delivery_is_what_the_arithmetic_says_and_never_more_than_asked_nor_than_measured(
    intervals: list[tuple[float, float, bool]],
    baseline_w: float,
    quantity_w: float,
    need_wh: float | None,
    rate: int,
    changes: list[float],
) -> None:
    part = active(quantity_w=quantity_w, baseline_w=baseline_w, need_wh=need_wh, rate=rate)
    at = 0.0
    below_ws = 0.0
    for number, (measured_w, length_s, known) in enumerate(intervals):
        if known:
            part.series.add(at, at + length_s, measured_w)
            below_ws += max(0.0, max(baseline_w, 0.0 if need_wh is not None else baseline_w) - measured_w) * length_s
        at += length_s
        if number % 9 == 8 and changes:
            part.ask_for(changes.pop())
        if number % 13 == 12:
            part = Ask.from_dict(json.loads(json.dumps(part.to_dict())))
    settle(part)
    # To the rounding of sums.
    assert part.series.done_s <= at + 1e-6
    assert (part.energy_wh, part.baseline_wh, part.measured_wh) == tuple(ws // 3600 for ws in second_by_second(part))
    most_w = max(step[1] for step in part.quantities)
    assert 0 <= part.energy_wh <= most_w * part.series.done_s / 3600 + 1e-6
    # A slot's unmeasured time counts as the baseline, which hides at most the rounding of one watt.
    assert part.energy_wh <= below_ws / 3600 + part.series.done_s / 3600 + 1e-6
    assert part.amount_i == part.energy_wh * rate // 1000
    assert isinstance(part.amount_i, int)
    offsets = [offset or 0 for offset, _ in part.series.readings]
    assert offsets == sorted(set(offsets))
    assert not offsets or offsets[0] == 0


def test_a_car_that_would_have_been_full_earns_no_more() -> None:
    part = active(baseline_w=3600.0, quantity_w=3600.0, need_wh=100.0)
    part.series.add(0.0, 200.0, 0.0)
    settle(part)
    assert part.energy_wh == 100


def test_the_end_of_a_need_is_not_smeared_over_the_window() -> None:
    """1000 W were asked for; the car would have been full after 100 s: 1000 W for 100 s are paid, not more."""
    part = active(baseline_w=3600.0, quantity_w=1000.0, need_wh=100.0)
    part.series.add(0.0, 900.0, 0.0)
    settle(part)
    assert part.energy_wh == 1000 * 100 // 3600


def test_feeding_back_earns_also_without_a_baseline() -> None:
    part = active(baseline_w=0.0, quantity_w=4140.0, need_wh=0.0)
    part.series.add(0.0, 900.0, -4140.0)
    settle(part)
    assert part.energy_wh == 1035
    assert part.amount_i == 1_035_000


def test_time_that_runs_backwards_or_was_measured_before_delivers_nothing() -> None:
    part = active(baseline_w=1000.0)
    part.series.add(-50.0, -10.0, 0.0)
    part.series.add(20.0, 10.0, 0.0)
    part.series.add(0.0, 30.0, 500.0)
    part.series.add(0.0, 30.0, -9000.0)
    settle(part)
    assert part.delivered_ws == 500 * 30


def test_another_quantity_counts_from_then_on() -> None:
    part = active(baseline_w=10_000.0, quantity_w=2000.0)
    part.series.add(0.0, 20.5, 0.0)
    part.ask_for(6000.0)
    part.series.add(20.5, 60.0, 0.0)
    settle(part)
    assert part.quantities == [[0, 2000], [21, 6000]]
    assert part.delivered_ws == 21 * 2000 + 39 * 6000


def test_a_series_stays_short_and_says_what_was_not_measured() -> None:
    part = active(baseline_w=5000.0, slot_s=15)
    for second in range(900):
        if not 300 <= second < 345:
            part.series.add(float(second), second + 1.0, float(second % 7))
    settle(part)
    assert len(part.series.readings) <= 60
    assert [300, None] in part.series.readings
    assert part.delivered_ws <= 855 * 5000


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
        state=RequestState.ACCEPTED, reason=Reason(key="accepted_always"), loads=("boiler",), need_wh=5.0
    )
    request.asks["car"].start(10.0, quantity_w=3000.0, slot_s=15)
    request.asks["car"].series.add(0.0, 47.3, 200.0)
    request.asks["home"] = ask(device_id="home")
    stored = json.loads(json.dumps(request.to_dict()))
    assert CurtailmentRequest.from_dict(stored) == request


def test_a_receipt_allows_to_recompute_the_amount() -> None:
    part = active(rate=1_500_000, baseline_w=4000.0)
    part.series.add(0.0, 1200.0, 1000.0)
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
    assert receipt["version"] == 2
    assert receipt["readings"] == [[0, 1000]]
    assert (receipt["duration_s"], receipt["baseline_w"], receipt["quantities"]) == (1200, 4000, [[0, 3000]])
    assert receipt["energy_wh"] * receipt["rate_i_per_kwh"] // 1000 == settlement.amount_i == 1_500_000
    json.dumps(receipt)


def test_what_was_settled_before_receipts_carried_readings_is_still_paid() -> None:
    part = active(baseline_w=4000.0)
    part.series.add(0.0, 900.0, 0.0)
    part.move(RequestState.FULFILLED)
    settle(part)
    part.move(RequestState.SETTLED)
    stored = part.to_dict()
    for key in ("series", "quantities", "committed_i", "baseline_method"):
        del stored[key]
    former = Ask.from_dict({**stored, "delivered_ws": 1.0, "baseline_ws": 2.0, "measured_ws": 3.0})
    assert former.unpaid
    assert (former.amount_i, former.energy_wh) == (part.amount_i, part.energy_wh)
    request = CurtailmentRequest.from_dict(
        {
            "request_id": "r1",
            "feeder_id": "main",
            "quantity_w": 3000.0,
            "need_w": None,
            "rate_i_per_kwh": 1_000_000,
            "issued_at": 0.0,
            "answer_by": 0.0,
            "starts_at": 0.0,
            "ends_at": 900.0,
            "automatic": True,
            "closed": True,
            "asks": [{**former.to_dict()}],
        }
    )
    assert settlement_of(request, former).receipt["version"] == 1
