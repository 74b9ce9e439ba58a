"""A reward and a price never count the same watt hour."""

from typing import Any

from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.economy.sessions import rewarded_energy
from custom_components.tangle_grid.grid.model.metered_series import delivery
from tests.support.charging import Desk, begun, terms

SLOT_S = 60
POWERS = st.lists(st.integers(-11_000, 11_000), min_size=1, max_size=40)


def settled(watts: list[int | None], baseline_w: int, asked_w: int, need_wh: int | None = None) -> dict[str, Any]:
    """Return what the grid's own settlement makes of a part."""
    receipt: dict[str, Any] = {
        "readings": [[number * SLOT_S, each] for number, each in enumerate(watts)],
        "quantities": [[0, asked_w // 2], [SLOT_S // 2, asked_w]],
        "duration_s": len(watts) * SLOT_S,
        "baseline_w": baseline_w,
        "need_wh": need_wh,
    }
    energy_wh = delivery(**receipt).delivered_ws // 3600
    return receipt | {"energy_wh": energy_wh, "amount_i": energy_wh * 7}


@given(
    watts=POWERS,
    baseline_w=st.integers(-6_000, 11_000),
    asked_w=st.integers(1, 20_000),
    need_wh=st.one_of(st.none(), st.integers(0, 5_000)),
)
def test_each_rewarded_watt_hour_was_either_not_taken_or_fed_back(
    watts: list[int], baseline_w: int, asked_w: int, need_wh: int | None
) -> None:
    receipt = settled(list(watts), baseline_w, asked_w, need_wh)
    found = rewarded_energy(receipt)
    taken = sum(max(0, each) for each in watts) * SLOT_S / 3600
    given_back = sum(max(0, -each) for each in watts) * SLOT_S / 3600
    assert found.not_taken_wh + found.fed_back_wh == receipt["energy_wh"]
    assert 0 <= found.fed_back_wh <= given_back + 1
    # What was taken is below the baseline, wherever the reward counts: the two never meet.
    above = sum(max(0, each - max(0, baseline_w)) for each in watts) * SLOT_S / 3600
    assert taken - above + found.not_taken_wh <= max(0, baseline_w) * len(watts) * SLOT_S / 3600 + 1


@settings(max_examples=25)
@given(watts=POWERS, baseline_w=st.integers(-6_000, 11_000), before=st.integers(-11_000, 11_000))
def test_no_watt_hour_is_bought_twice(watts: list[int], baseline_w: int, before: int) -> None:
    """What was taken is priced; what was fed back is paid once: at the feed-in rate or by the reward."""
    desk = Desk(begun(terms(feed_in=terms().rate / 100)))
    for _minute in range(3):
        desk.step(SLOT_S, power_w=float(before))
    for number, each in enumerate(watts):
        # The mean of both ends of an interval counts: a step in no time at its beginning.
        desk.step(0, power_w=float(each), on_request=number > 0)
        desk.step(SLOT_S, power_w=float(each), on_request=True)
    session = desk.session
    assert session.metered.fed.feed_in + session.metered.fed.pending == session.wh_out
    receipt = settled(list(watts), baseline_w, 22_000)
    found = rewarded_energy(receipt)
    session.reward_settled(found.fed_back_wh)
    desk.step(0, power_w=0.0)
    desk.finish(SLOT_S, power_w=0.0)
    while session.phase != "done":
        desk.settle()
    assert session.metered.fed.feed_in + session.metered.fed.rewarded == session.wh_out
    assert session.metered.fed.rewarded <= found.fed_back_wh
    # A watt hour that is carried on may be metered after the request; no other is missing.
    assert found.fed_back_wh - session.metered.fed.rewarded <= 1
    assert session.metered.fed.feed_in + found.fed_back_wh <= session.wh_out + 1
    exact_i = session.wh_in * terms().rate * 25 / 100 / 1000
    assert session.charge_i == int(exact_i)
    assert session.feed_in_i == int(session.metered.fed.feed_in * session.terms.feed_in * session.terms.rate / 1000)


def test_a_reward_of_nothing_takes_nothing() -> None:
    receipt = settled([-3_600] * 10, 3_600, 20_000)
    assert rewarded_energy(receipt).fed_back_wh > 500
    assert rewarded_energy(receipt | {"amount_i": 0}).fed_back_wh == 0


def test_a_receipt_without_readings_is_taken_for_energy_fed_back() -> None:
    found = rewarded_energy(settled([0], 3_600, 20_000) | {"readings": [], "energy_wh": 50})
    assert (found.not_taken_wh, found.fed_back_wh) == (0, 50)
    desk = Desk(begun())
    desk.step(10, power_w=3_600.0)
    desk.session.reward_settled(50)
    assert desk.session.metered.fed.rewarded == 0, "no more than was fed back"
