"""Bodies: what is written is read back; what is missing or wrong is named."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from custom_components.tangle_grid.protocol import (
    Answer,
    Body,
    CurtailmentAsk,
    FreeData,
    MeterReading,
    ProtocolError,
    Rejection,
    SettlementReceipt,
    canonical,
    parse,
    read_body,
    to_body,
)

BODIES: list[Body] = [
    MeterReading(
        feeder_id="main", measured_at=5.5, power_w=(1.0, -2.5, 3.0), capacity_w=40_000.0, threshold_w=32_000.0
    ),
    CurtailmentAsk(
        request_id="r1",
        participant="car",
        power_w=3_000.0,
        rate_i_per_kwh=1_000_000,
        answer_by=6.0,
        starts_at=7.0,
        ends_at=8.0,
    ),
    Answer(
        request_id="r1",
        participant="car",
        accepted=False,
        power_w=0.0,
        reason={"key": "not_charged", "placeholders": {"soc": 34}},
    ),
    SettlementReceipt(
        request_id="r1",
        participant="car",
        payment_id="r1:car",
        baseline_wh=1_000.5,
        measured_wh=-20.0,
        energy_wh=750,
        rate_i_per_kwh=1_000_000,
        amount_i=750_000,
        evidence={"readings": [1, 2, 3]},
    ),
    FreeData(topic="pothole", data={"depth_cm": 12}),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_a_body_is_read_back(body: Body) -> None:
    assert read_body(body.kind, parse(canonical(to_body(body)))) == body
    assert read_body(body.kind, {**to_body(body), "later": "ignored"}) == body


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_every_field_is_needed(body: Body) -> None:
    whole = to_body(body)
    for field in whole:
        if (body.kind, field) == ("data", "data"):
            continue
        for wrong in (None, [], "", float("nan"), -1 if field != "measured_wh" else "x"):
            if (field, wrong) == ("baseline_wh", -1):
                continue
            with pytest.raises(ProtocolError) as caught:
                read_body(body.kind, {**whole, field: wrong})
            assert caught.value.key is Rejection.INVALID_BODY
            assert caught.value.placeholders == {"field": field}


@given(st.dictionaries(st.text(max_size=12), st.none() | st.integers() | st.text(max_size=3), max_size=8))
def test_anything_else_is_refused(data: dict[str, Any]) -> None:
    for kind in ("meter", "request", "answer", "settlement", "unheard"):
        with pytest.raises(ProtocolError):
            read_body(kind, data)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.kind)
def test_numbers_have_an_end(body: Body) -> None:
    """One of 400 digits cannot even be compared with what a float can be, and broke whoever read it."""
    whole = to_body(body)
    numbers = [name for name, value in whole.items() if isinstance(value, int | float) and not isinstance(value, bool)]
    for field in numbers:
        assert read_body(body.kind, {**whole, field: 2**53 - 1})
        for wrong in (2**53, 10**400, -(10**400), 1e300, float("inf")):
            with pytest.raises(ProtocolError) as caught:
                read_body(body.kind, {**whole, field: wrong})
            assert caught.value.placeholders == {"field": field}
    if "power_w" in whole and isinstance(whole["power_w"], list):
        with pytest.raises(ProtocolError):
            read_body(body.kind, {**whole, "power_w": [0, 0, 10**400]})


def test_numbers_without_end_are_not_even_read() -> None:
    assert parse(b"[9007199254740991, -9007199254740991]") == [2**53 - 1, 1 - 2**53]
    for digits in (b"9007199254740992", b"-9007199254740992", b"9" * 18, b"9" * 400, b"-" + b"9" * 400, b"9" * 5_000):
        for text in (digits, b"[" + digits + b"]", b'{"a": ' + digits + b"}"):
            with pytest.raises(ProtocolError) as caught:
                parse(text)
            assert caught.value.key is Rejection.MALFORMED
