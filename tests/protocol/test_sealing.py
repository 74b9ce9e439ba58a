"""Sealed bodies: read with the key, in their own envelope, and not otherwise; signed like any other."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.protocol import (
    MAX_BYTES,
    MAX_SEALED_BODY_BYTES,
    Envelope,
    ProtocolError,
    Receiver,
    Rejection,
    Signer,
    SigningKey,
    body_key,
    canonical,
    epoch_of,
    is_body_key,
    is_sealed,
)

SECRET = "07" * 32
KEY = SigningKey.from_hex(SECRET)
ISLAND = "isle"
OPENS = body_key(SECRET, ISLAND, 3)
BODY = {"power_w": [1.5, 2, 3], "place": "Maple Straße ⚡"}


def seal(body: dict[str, Any] | None = None) -> Envelope:
    return Signer(KEY, ISLAND, body_key=(3, OPENS)).seal(
        "meter", "m1", BODY if body is None else body, issued_at=1.0, expires_at=2.0
    )


def refused(envelope: Envelope, *keys: str) -> bool:
    with pytest.raises(ProtocolError) as caught:
        envelope.open(keys or (OPENS,))
    return caught.value.key is Rejection.UNREADABLE


def test_a_sealed_body_opens_with_its_key_and_shows_nothing_without() -> None:
    envelope = Envelope.decode(seal().encode())
    assert is_sealed(envelope.body)
    assert epoch_of(envelope.body) == 3
    assert envelope.open([OPENS]) == BODY
    assert envelope.open([body_key(SECRET, ISLAND, 1), OPENS]) == BODY
    assert refused(envelope, body_key(SECRET, ISLAND, 4))
    assert refused(envelope, SECRET)
    with pytest.raises(ProtocolError):
        envelope.open([])
    assert b"power" not in envelope.encode()
    # The signature needs no key.
    Receiver.of_members(ISLAND, frozenset({KEY.public})).accept(envelope, 1.0)


def test_the_same_body_is_never_sealed_the_same() -> None:
    assert len({str(seal().body["sealed"]) for _ in range(20)}) == 20


def test_how_long_a_number_is_does_not_show() -> None:
    sizes = {len(seal({"power_w": [power] * 3}).encode()) for power in (0, 9, 23_040, -1_234.5)}
    assert len(sizes) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "answer"},
        {"message_id": "m2"},
        {"island": "other"},
        {"sender": SigningKey.from_hex("08" * 32).public},
        {"sequence": 2},
        {"previous": "ab" * 32},
        {"issued_at": 1.5},
        {"expires_at": 3.0},
    ],
)
def test_a_sealed_body_is_bound_to_its_envelope(changed: dict[str, Any]) -> None:
    assert refused(replace(seal(), **changed))


@pytest.mark.parametrize(
    "body",
    [
        {"sealed": "", "epoch": 3},
        {"sealed": "AAAA", "epoch": 3},
        {"sealed": "not base64", "epoch": 3},
        {"sealed": 5, "epoch": 3},
        {"sealed": "é", "epoch": 3},
        {"sealed": "A" * 80, "epoch": 0},
        {"sealed": "A" * 80, "epoch": True},
        {"sealed": "A" * 80, "epoch": "3"},
    ],
)
def test_what_is_not_sealed_right_is_unreadable(body: dict[str, Any]) -> None:
    assert refused(replace(seal(), body=body))


@given(st.integers(0), st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_a_flipped_bit_is_noticed(place: int, bit: int) -> None:
    envelope = seal()
    data = bytearray(base64.b64decode(str(envelope.body["sealed"])))
    data[place % len(data)] ^= 1 << bit
    assert refused(replace(envelope, body={**envelope.body, "sealed": base64.b64encode(data).decode()}))


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=300),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_body_comes_back(body: dict[str, Any]) -> None:
    try:
        canonical(body)
    except ProtocolError:
        return
    assert seal(body).open([OPENS]) == body


def test_the_longest_body_still_fits() -> None:
    body = {"x": "y" * (MAX_SEALED_BODY_BYTES - len(canonical({"x": ""})))}
    envelope = Signer(KEY, "i" * 64, sequence=2**52, body_key=(10**6, OPENS)).seal(
        "k" * 24, "m" * 64, body, issued_at=1_700_000_000.123, expires_at=1_700_086_400.123
    )
    assert len(envelope.encode()) <= MAX_BYTES
    assert envelope.open([OPENS]) == body


def test_a_key_to_open_with_is_told_from_what_is_none() -> None:
    assert is_body_key(OPENS)
    assert OPENS not in {SECRET, KEY.public, body_key(SECRET, "other", 3), body_key("08" * 32, ISLAND, 3)}
    for bad in ("", "zz" * 32, OPENS[:-2], OPENS + "00", OPENS[:-1] + " "):
        assert not is_body_key(bad)
