"""The arithmetic of a receipt: as it is written down, second by second, and as the grid settles."""

import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.grid.model.metered_series import delivery
from custom_components.tangle_grid.grid.requests.settlement import reward_i
from custom_components.tangle_grid.protocol import ProtocolError, Recomputed, Rejection, recompute

RECEIPT: dict[str, Any] = {
    "version": 2,
    "duration_s": 900,
    "readings": [[0, 11_000], [15, 6_900], [600, None], [615, -500]],
    "quantities": [[0, 4_140], [300, 2_000]],
    "baseline_w": 11_040,
    "need_wh": 2_500,
    "rate_i_per_kwh": 1_000_000,
}


def second_by_second(receipt: dict[str, Any]) -> Recomputed:
    """The rules as they are written, without any short cut."""
    left = None if receipt["need_wh"] is None else receipt["need_wh"] * 3600
    delivered = drawn = expected = 0
    for second in range(receipt["duration_s"]):
        power = [value for at, value in receipt["readings"] if at <= second][-1:] or [None]
        asked = ([value for at, value in receipt["quantities"] if at <= second][-1:] or [0])[0]
        if power[0] is None:
            continue
        baseline = receipt["baseline_w"]
        if left is not None and baseline > 0:
            if left >= baseline:
                left -= baseline
            else:
                baseline = 0
        delivered += min(max(0, baseline - power[0]), asked)
        expected += baseline
        drawn += power[0]
    energy = delivered // 3600
    return Recomputed(
        energy_wh=energy,
        baseline_wh=expected // 3600,
        measured_wh=drawn // 3600,
        amount_i=energy * receipt["rate_i_per_kwh"] // 1000,
    )


@st.composite
def receipts(draw: st.DrawFn) -> dict[str, Any]:
    duration = draw(st.integers(0, 400))
    power = st.integers(-12_000, 22_000)

    def steps(values: st.SearchStrategy[int | None], least: int) -> list[list[int | None]]:
        offsets = {0} if least else set()
        offsets |= draw(st.sets(st.integers(1, 450), max_size=6)) if offsets else set()
        return [[offset, draw(values)] for offset in sorted(offsets)]

    return {
        "version": 2,
        "duration_s": duration,
        "readings": steps(power | st.none(), least=1) if duration else [],
        "quantities": steps(st.integers(0, 15_000), least=draw(st.integers(0, 1))),
        "baseline_w": draw(power),
        "need_wh": draw(st.none() | st.integers(0, 900)),
        "rate_i_per_kwh": draw(st.integers(0, 10**9)),
    }


@given(receipts())
@settings(max_examples=150, deadline=None)
def test_a_receipt_comes_to_what_its_seconds_come_to(receipt: dict[str, Any]) -> None:
    assert recompute(receipt) == second_by_second(receipt)


@given(receipts())
@settings(max_examples=150, deadline=None)
def test_the_grid_settles_by_the_same_arithmetic(receipt: dict[str, Any]) -> None:
    names = ("readings", "quantities", "duration_s", "baseline_w", "need_wh")
    total = delivery(**{name: receipt[name] for name in names})
    energy = total.delivered_ws // 3600
    assert recompute(receipt) == Recomputed(
        energy_wh=energy,
        baseline_wh=total.baseline_ws // 3600,
        measured_wh=total.measured_ws // 3600,
        amount_i=reward_i(energy, receipt["rate_i_per_kwh"]),
    )


def test_the_order_of_magnitude_is_right() -> None:
    # 4,140 W asked for, all of it given for an hour: 4,140 Wh, at a token a Wh.
    hour = {
        **RECEIPT,
        "duration_s": 3600,
        "readings": [[0, 6_900]],
        "quantities": [[0, 4_140]],
        "need_wh": None,
    }
    assert recompute(hour) == Recomputed(energy_wh=4_140, baseline_wh=11_040, measured_wh=6_900, amount_i=4_140_000)
    assert recompute(RECEIPT) == second_by_second(RECEIPT)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("version", 1),
        ("version", True),
        ("duration_s", -1),
        ("duration_s", 10**9),
        ("duration_s", 0),
        ("readings", None),
        ("readings", "text"),
        ("readings", []),
        ("readings", [[1, 5]]),
        ("readings", [[0, 5], [0, 6]]),
        ("readings", [[0, 5.5]]),
        ("readings", [[0, True]]),
        ("readings", [[0]]),
        ("readings", [[0, 1]] * 5_000),
        ("quantities", [[0, -1]]),
        ("quantities", [[0, None]]),
        ("baseline_w", 1.5),
        ("need_wh", -1),
        ("rate_i_per_kwh", 2**60),
    ],
)
def test_what_cannot_be_a_receipt_is_named(field: str, wrong: Any) -> None:
    with pytest.raises(ProtocolError) as caught:
        recompute({**RECEIPT, field: wrong})
    assert caught.value.key is Rejection.INVALID_BODY
    assert caught.value.placeholders == {"field": "readings" if (field, wrong) == ("duration_s", 0) else field}


def test_a_receipt_with_something_changed_comes_to_something_else() -> None:
    chance = random.Random(5)  # noqa: S311 - samples
    before = recompute(RECEIPT)
    for _ in range(50):
        place = chance.choice([0, 1])
        changed = [list(pair) for pair in RECEIPT["readings"]]
        changed[place][1] -= chance.randint(500, 4_000)
        assert recompute({**RECEIPT, "readings": changed}).measured_wh != before.measured_wh
