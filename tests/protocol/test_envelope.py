"""Envelopes: only what the sender signed comes in, once, in order, in time, on its own island."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from custom_components.tangle_grid.protocol import (
    GENESIS,
    MAX_BYTES,
    Envelope,
    ProtocolError,
    Receiver,
    Rejection,
    SenderState,
    Signer,
    SigningKey,
    canonical,
    why_rejected,
)

KEY = SigningKey.from_hex("07" * 32)
OTHER = SigningKey.from_hex("08" * 32)
ISLAND = "isle"
NOW = 1_000.0


def signer(key: SigningKey = KEY, island: str = ISLAND) -> Signer:
    return Signer(key, island)


def seal(by: Signer, message_id: str = "m1", body: dict[str, Any] | None = None, at: float = NOW) -> Envelope:
    return by.seal("meter", message_id, body or {"power_w": [1.5, 2, 3]}, issued_at=at, expires_at=at + 60)


def receiver(*keys: SigningKey) -> Receiver:
    return Receiver.of_members(ISLAND, frozenset(key.public for key in keys or (KEY,)))


def refusal(by: Receiver, envelope: Envelope, now: float = NOW) -> Rejection:
    before = by.states
    with pytest.raises(ProtocolError) as caught:
        by.accept(envelope, now)
    assert by.states == before
    return caught.value.key


def test_an_envelope_survives_the_wire() -> None:
    envelope = seal(signer())
    assert Envelope.decode(envelope.encode()) == envelope
    assert envelope.is_authentic()
    assert (envelope.sequence, envelope.previous) == (1, GENESIS)


def test_messages_form_a_chain() -> None:
    by = signer()
    first, second = seal(by), seal(by, "m2")
    assert (second.sequence, second.previous) == (2, first.digest())
    door = receiver()
    assert door.accept(first, NOW).sequence == 1
    assert door.accept(second, NOW).sequence == 2


def test_a_restarted_sender_goes_on() -> None:
    by = signer()
    first = seal(by)
    again = Signer(KEY, ISLAND, sequence=by.sequence, previous=by.previous)
    door = receiver()
    door.accept(first, NOW)
    door.accept(seal(again, "m2"), NOW)


def test_each_refusal_has_its_reason() -> None:
    envelope = seal(signer())
    assert refusal(receiver(), seal(signer(island="other"))) is Rejection.WRONG_ISLAND
    assert refusal(receiver(OTHER), envelope) is Rejection.UNKNOWN_SENDER
    assert refusal(receiver(), replace(envelope, signature="00" * 64)) is Rejection.BAD_SIGNATURE
    assert refusal(receiver(KEY, OTHER), replace(envelope, sender=OTHER.public)) is Rejection.BAD_SIGNATURE
    assert refusal(receiver(), envelope, NOW + 61) is Rejection.EXPIRED
    assert refusal(receiver(), envelope, NOW - 300) is Rejection.NOT_YET_VALID
    door = receiver()
    door.accept(envelope, NOW)
    assert refusal(door, envelope) is Rejection.REPLAYED
    assert refusal(door, seal(signer(), "another first")) is Rejection.REPLAYED
    forked = Signer(KEY, ISLAND, sequence=1, previous="ab" * 32)
    assert refusal(door, seal(forked, "m2")) is Rejection.BROKEN_CHAIN


def test_a_lost_message_is_counted_and_does_not_silence_its_sender() -> None:
    by = signer()
    messages = [seal(by, f"m{number}") for number in range(4)]
    door = receiver()
    door.accept(messages[0], NOW)
    assert door.accept(messages[3], NOW) == SenderState(sequence=4, previous=messages[3].digest(), missed=2)
    assert refusal(door, messages[2]) is Rejection.REPLAYED


def test_the_archive_knows_genuine_messages_of_any_age() -> None:
    envelope = seal(signer(), at=1.0)
    assert why_rejected(envelope, ISLAND, frozenset({KEY.public})) is None
    assert why_rejected(envelope, "other", frozenset({KEY.public})) is Rejection.WRONG_ISLAND
    assert why_rejected(envelope, ISLAND, frozenset({OTHER.public})) is Rejection.UNKNOWN_SENDER
    assert why_rejected(replace(envelope, kind="data"), ISLAND, frozenset({KEY.public})) is Rejection.BAD_SIGNATURE


@given(place=st.integers(0), bit=st.integers(0, 7))
@settings(max_examples=300)
def test_a_flipped_bit_is_never_accepted(place: int, bit: int) -> None:
    envelope = seal(signer())
    data = bytearray(envelope.encode())
    data[place % len(data)] ^= 1 << bit
    door = receiver()
    with pytest.raises(ProtocolError):
        door.accept(Envelope.decode(bytes(data)), NOW)


_CHANGES = {
    "version": 2,
    "kind": "data",
    "message_id": "m2",
    "island": "other",
    "sender": OTHER.public,
    "sequence": 2,
    "previous": "ab" * 32,
    "issued_at": NOW + 1,
    "expires_at": NOW + 1000,
    "body": {"power_w": [1.5, 2, 4]},
}


@pytest.mark.parametrize(("field", "value"), _CHANGES.items())
def test_the_signature_covers_every_field(field: str, value: Any) -> None:
    assert not replace(seal(signer()), **{field: value}).is_authentic()


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("v", 2, Rejection.UNKNOWN_VERSION),
        ("v", True, Rejection.UNKNOWN_VERSION),
        ("kind", "data", Rejection.BAD_SIGNATURE),
        ("kind", "Data", Rejection.MALFORMED),
        ("id", "m2", Rejection.BAD_SIGNATURE),
        ("island", "other", Rejection.WRONG_ISLAND),
        ("from", OTHER.public, Rejection.UNKNOWN_SENDER),
        ("from", KEY.public.upper(), Rejection.MALFORMED),
        ("seq", 2, Rejection.BAD_SIGNATURE),
        ("seq", 0, Rejection.MALFORMED),
        ("prev", "ab" * 32, Rejection.BAD_SIGNATURE),
        ("at", NOW + 1, Rejection.BAD_SIGNATURE),
        ("until", NOW + 10_000, Rejection.BAD_SIGNATURE),
        ("body", {}, Rejection.BAD_SIGNATURE),
        ("body", [], Rejection.MALFORMED),
        ("sig", "00" * 64, Rejection.BAD_SIGNATURE),
        ("sig", "00" * 63, Rejection.MALFORMED),
    ],
)
def test_each_altered_field_has_its_refusal(field: str, value: Any, reason: Rejection) -> None:
    fields = json.loads(seal(signer()).encode())
    door = receiver()
    with pytest.raises(ProtocolError) as caught:
        door.accept(Envelope.decode(canonical({**fields, field: value})), NOW)
    assert caught.value.key is reason
    assert door.states == receiver().states


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["v", "kind", "id", "island", "from", "seq", "prev", "at", "until", "body", "sig"]),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_field_of_any_other_value_is_refused_and_nothing_else_happens(value: Any, field: str) -> None:
    envelope = seal(signer())
    fields = json.loads(envelope.encode())
    if fields[field] == value:
        return
    fields[field] = value
    try:
        data = json.dumps(fields).encode()
    except ValueError:
        return
    door = receiver()
    with pytest.raises(ProtocolError):
        door.accept(Envelope.decode(data), NOW)


@given(st.binary(max_size=100))
def test_random_bytes_are_no_envelope(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        Envelope.decode(data)


def test_what_is_too_large_or_from_the_future_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProtocolError) as caught:
        Envelope.decode(b"[" * (MAX_BYTES + 1))
    assert caught.value.key is Rejection.OVERSIZE
    fields = json.loads(seal(signer()).encode())
    with pytest.raises(ProtocolError) as caught:
        Envelope.decode(canonical({**fields, "v": 2}))
    assert caught.value.key is Rejection.UNKNOWN_VERSION
    for changed in ({**fields, "extra": 1}, {name: fields[name] for name in fields if name != "sig"}, []):
        with pytest.raises(ProtocolError) as caught:
            Envelope.decode(canonical(changed))
        assert caught.value.key is Rejection.MALFORMED


@pytest.mark.parametrize(
    ("kind", "message_id", "body", "reason"),
    [
        ("Meter", "m1", {}, Rejection.MALFORMED),
        ("meter", "", {}, Rejection.MALFORMED),
        ("meter", "m1", {"x": float("nan")}, Rejection.MALFORMED),
        ("meter", "m1", {"x": "y" * MAX_BYTES}, Rejection.OVERSIZE),
    ],
)
def test_what_nobody_could_read_is_not_sealed(
    kind: str, message_id: str, body: dict[str, Any], reason: Rejection
) -> None:
    by = signer()
    with pytest.raises(ProtocolError) as caught:
        by.seal(kind, message_id, body, issued_at=NOW, expires_at=NOW)
    assert caught.value.key is reason
    assert (by.sequence, by.previous) == (0, GENESIS)


def test_keys_show_their_public_half_only() -> None:
    secret = "0123456789abcdef" * 4
    key = SigningKey.from_hex(secret)
    assert secret not in repr(key)
    assert key.public in repr(key)
    for bad in ("", "zz", secret[:-2]):
        with pytest.raises(ValueError, match="not a signing key") as caught:
            SigningKey.from_hex(bad)
        assert caught.value.__context__ is None
    assert SigningKey.generate().public != SigningKey.generate().public
