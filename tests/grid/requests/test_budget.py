"""What may be set aside: never more than is left, whatever was set aside, earned or spent before."""

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid import Ask, CurtailmentRequest, MarketConfig, RequestState
from custom_components.tangle_grid.grid.model.validation import MAX_POWER_W
from custom_components.tangle_grid.grid.requests.budget import Budget, affordable_w, most_i


def part(device_id: str, state: RequestState, **values: int) -> Ask:
    return Ask(device_id=device_id, state=state, offer_w=1_000.0, quantity_w=1_000.0, rate=1_000, **values)


def request_of(*asks: Ask, closed: bool = False) -> CurtailmentRequest:
    return CurtailmentRequest(
        request_id="r",
        feeder_id="main",
        quantity_w=1_000.0,
        rate_i_per_kwh=1_000,
        issued_at=0.0,
        answer_by=0.0,
        starts_at=0.0,
        ends_at=900.0,
        closed=closed,
        asks={ask.device_id: ask for ask in asks},
    )


def test_what_a_request_has_set_aside_and_what_it_has_earned_count() -> None:
    budget = Budget(MarketConfig(budget_per_request_i=1_000))
    request = request_of(part("a", RequestState.ACTIVE, committed_i=300), part("b", RequestState.SETTLED, amount_i=200))
    assert budget.left_i({"r": request}, request) == 500
    assert budget.left_i({"r": request}, None) == 1_000
    request.asks["c"] = part("c", RequestState.PAID, amount_i=700)
    assert budget.left_i({"r": request}, request) == 0
    assert Budget(MarketConfig()).left_i({"r": request}, request) is None


def test_what_is_set_aside_for_others_and_what_was_spent_today_count() -> None:
    budget = Budget(MarketConfig(budget_per_day_i=1_000))
    earned = part("b", RequestState.SETTLED, amount_i=200, committed_i=350)
    request = request_of(part("a", RequestState.ACTIVE, committed_i=300), part("c", RequestState.ISSUED, committed_i=9))
    assert budget.left_i({"r": request}, None) == 700
    # A part that is settled gives back what it did not earn, and has spent the rest.
    budget.settled(earned)
    assert (budget.spent_i, earned.committed_i) == (200, 0)
    assert budget.left_i({"r": request}, None) == 500
    both = Budget(MarketConfig(budget_per_day_i=1_000, budget_per_request_i=400))
    assert both.left_i({"r": request}, request) == 100 - 9
    budget.start_day()
    assert budget.left_i({"r": request}, None) == 700
    assert budget.left_i({"r": request_of(*request.asks.values(), closed=True)}, None) == 1_000


@given(
    left_i=st.integers(0, 10**15),
    window_s=st.floats(1.0, 7 * 86_400.0),
    rate=st.integers(1, 10**12),
)
def test_what_can_be_afforded_is_never_dearer_than_what_is_left(left_i: int, window_s: float, rate: int) -> None:
    quantity_w = min(MAX_POWER_W, affordable_w(left_i, window_s, rate))
    assert most_i(quantity_w, window_s, rate) <= left_i


def test_a_window_that_ends_within_a_second_has_all_of_it() -> None:
    assert most_i(3_600.0, 999.5, 1_000) == most_i(3_600.0, 1_000.0, 1_000) == 1_000
    assert most_i(3_600.0, 1_000.5, 1_000) == 1_001


@pytest.mark.parametrize(("left_i", "window_s", "rate"), [(None, 900.0, 5), (5, 900.0, 0), (5, 0.0, 5)])
def test_what_costs_nothing_has_no_end(left_i: int | None, window_s: float, rate: int) -> None:
    assert affordable_w(left_i, window_s, rate) == float("inf")
