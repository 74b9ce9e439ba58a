"""Test vectors: messages with what whoever receives them has to say to them."""

import hashlib
import json
import os
import typing
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final
from unittest import mock

from custom_components.tangle_grid.protocol import (
    GENESIS,
    MAX_BYTES,
    PARTICIPANT,
    Body,
    Envelope,
    KeyNotice,
    KeyRegistry,
    ProtocolError,
    Receiver,
    SettlementReceipt,
    Signer,
    SigningKey,
    body_key,
    body_types,
    canonical,
    derivation,
    member_key,
    parse,
    read_body,
    recompute,
    to_body,
)
from custom_components.tangle_grid.protocol.canonical import MAX_INTEGER
from custom_components.tangle_grid.protocol.receiver import MAX_CLOCK_SKEW_S

from .schemas import TYPES, Json, accepts

#: Values of every sort. Of a field, the first that its check lets in stands in the vectors, and some that it refuses.
_VALUES: Final[tuple[Any, ...]] = (
    1_796_040_000,
    1.5,
    "2f0c3a527f4e",
    True,
    {},
    [1500, -200.5, 0],
    None,
    "",
    -1,
    [],
    ["a"],
    "7c3d" * 16,
    "Z" * 64,
    0,
    52.3702,
    4.8952,
    [52.3702, 4.8952],
    {"key": "charged_enough"},
)
_ISLAND: Final = "01K9Z3Y7A0B1C2D3E4F5G6H7J8"
_ROOT: Final = "11" * 32
_OTHER: Final = "22" * 32
_NOW: Final = 1_796_040_000.0
_MALFORMED: Final = (
    ("not an envelope", b'{"v":1}'),
    ("another version", b'{"v":2}'),
    ("a key stands twice", b'{"v":1,"v":1}'),
    ("too long", b'{"v":1,"x":"' + b"x" * MAX_BYTES + b'"}'),
)
_EVIDENCE: Final[Json] = {
    "version": 2,
    "duration_s": 600,
    "quantities": [[0, 3_000]],
    "baseline_w": 7_400,
    "need_wh": None,
    "rate_i_per_kwh": 1_000_000,
    "readings": [[0, 7_400], [30, 4_400], [300, None], [310, 4_200]],
}


def example(body: type[Body]) -> Json:
    """Return what a message of this kind may say: what its type gives itself (`example`), or what its checks accept."""
    given: Json | None = getattr(body, "example", None)
    if given is not None:
        return dict(given)
    if body is SettlementReceipt:
        return _settlement()
    if body is KeyNotice:
        return _notice(1, None, None)
    return {field.name: next(_fitting(body, field.name)) for field in fields(body)}


def _fitting(body: type[Body], name: str) -> Iterator[Any]:
    hinted = TYPES.get(typing.get_type_hints(body)[name], {}).get("type")
    # A figure that is asked for as a float may be one with decimals.
    values = sorted(_VALUES, key=lambda value: hinted == "number" and not isinstance(value, int | float))
    found = [value for value in values if accepts(body, name, value)]
    if not found:
        raise SystemExit(f"{body.__name__}.{name}: give the type an `example`: none of the values here fits")
    yield from found


def _settlement() -> Json:
    found = recompute(_EVIDENCE)
    return to_body(
        SettlementReceipt(
            request_id="2f0c3a527f4e",
            participant="car",
            payment_id="2f0c3a527f4e:car",
            baseline_wh=found.baseline_wh,
            measured_wh=found.measured_wh,
            energy_wh=found.energy_wh,
            rate_i_per_kwh=_EVIDENCE["rate_i_per_kwh"],
            amount_i=found.amount_i,
            evidence=_EVIDENCE,
        )
    )


def _notice(epoch: int, revokes: str | None, last: int | None, valid_from: float = _NOW - 60, of: str = _ROOT) -> Json:
    return to_body(
        KeyNotice(
            participant="car",
            role=PARTICIPANT,
            epoch=epoch,
            public_key=member_key(of, _ISLAND, "car", epoch).public,
            revokes=revokes,
            last_sequence=last,
            valid_from=valid_from,
        )
    )


def body_vectors(body: type[Body]) -> Json:
    """Return a body of a kind that is good, and changes to it: each is refused, and names this field."""
    good = example(body)
    refused: list[Json] = []
    for field in fields(body):
        others = {name: value for name, value in good.items() if name != field.name}
        if _refused(body.kind, others) == field.name:
            refused.append({"field": field.name, "missing": True})
        values = [value for value in _VALUES if _refused(body.kind, {**good, field.name: value}) == field.name]
        refused += [{"field": field.name, "value": value} for value in values]
    return {"kind": body.kind, "good": good, "refused": refused}


def _refused(kind: str, case: Json) -> str | None:
    try:
        read_body(kind, parse(canonical(case)))
    except ProtocolError as error:
        return str(error.placeholders["field"])
    return None


def canonical_vectors() -> list[Json]:
    """Return values with their canonical encoding."""
    values: list[Any] = [
        {"b": 1, "a": [True, None, "\u20ac"]},
        {"\u00e9": 1, "z": 2, "\U0001f600": 3, "\ufb01": 4},
        'quote " backslash \\ control \u0001 line\n',
        [0, -1, 1.5, 1e21, 1e-7, 0.000001, 100.0, -0.0, 5e-324, 123456789.125],
        MAX_INTEGER,
        {},
        [],
    ]
    return [{"value": value, "canonical": canonical(value).decode()} for value in values]


def receipt_vector() -> Json:
    """Return the evidence of a settlement and the settlement that it comes to."""
    return {"evidence": _EVIDENCE, "settlement": _settlement()}


def _signer(secret: str, **chain: Any) -> Signer:
    return Signer(SigningKey.from_hex(secret), _ISLAND, **chain)


def _seal(signer: Signer, kind: str, body: Json, at: float = _NOW) -> Envelope:
    message_id = f"{kind}-{signer.sequence + 1}"
    return signer.seal(kind, message_id, body, issued_at=at, expires_at=at + 86_400)


def _derived(epoch: int) -> Json:
    """Return the secret half of the participant's key: known, so that others can sign the same."""
    secret = derivation._derive(_ROOT, derivation._MEMBER, _ISLAND, "car", epoch).hex()  # noqa: SLF001 - published here
    return {
        "participant": "car",
        "epoch": epoch,
        "private_key": secret,
        "public_key": SigningKey.from_hex(secret).public,
    }


def key_vectors() -> Json:
    """Return keys that are derived from an island's. They are published here: nobody else may use them."""
    return {
        "island": _ISLAND,
        "private_key": _ROOT,
        "public_key": SigningKey.from_hex(_ROOT).public,
        "participants": [_derived(epoch) for epoch in (1, 2)],
        "bodies": [{"epoch": epoch, "key": body_key(_ROOT, _ISLAND, epoch)} for epoch in (1, 2)],
    }


def sealed_vector() -> Json:
    """Return a sealed message with the key that opens it and what it says."""
    key = body_key(_ROOT, _ISLAND, 1)
    with mock.patch.object(os, "urandom", lambda length: bytes(range(length))):
        envelope = _seal(_signer(_ROOT, body_key=(1, key)), "data", {"topic": "ice", "data": 4})
    return {
        "message": envelope.encode().decode(),
        "header": envelope.header_bytes().decode(),
        "key": key,
        "body": dict(envelope.open([key])),
    }


def chain_vectors() -> list[Json]:
    """Return messages in the order in which a receiver gets them, with what it says to each."""
    receiver = Receiver.of_registry(KeyRegistry(_ISLAND, SigningKey.from_hex(_ROOT).public))
    return [_step(receiver, name, message) for name, message in [*_told(), *_MALFORMED]]


def _told() -> Iterator[tuple[str, bytes]]:
    """Yield what an island, a participant and others may send."""
    island, first = _signer(_ROOT), _derived(1)
    car = _signer(first["private_key"])
    answer, meter = (example(body_types()[kind]) for kind in ("answer", "meter"))
    answer["participant"] = "car"
    data = {"topic": "ice", "data": 4}
    one, two = _seal(car, "answer", answer), _seal(car, "answer", answer | {"request_id": "r2"})
    notice = _seal(island, "key", _notice(1, None, None))
    changed = json.loads(two.encode())
    changed["body"]["accepted"] = not changed["body"]["accepted"]
    yield "an answer before its key was announced", one.encode()
    yield "the island announces the participant's key", notice.encode()
    yield "the same again", notice.encode()
    yield "a meter reading", _seal(island, "meter", meter).encode()
    yield "the participant's first answer", one.encode()
    yield "of a key that nobody announced", _seal(_signer(_OTHER), "answer", answer).encode()
    yield "changed after it was signed", canonical(changed)
    yield "the second answer", two.encode()
    fork = _signer(first["private_key"], sequence=2, previous=GENESIS)
    yield "it names another message as the one before", _seal(fork, "answer", answer).encode()
    after = _signer(first["private_key"], sequence=4, previous=two.digest())
    yield "the fifth: two were lost, and it counts", _seal(after, "answer", answer).encode()
    as_meter = _signer(first["private_key"], sequence=5)
    yield "not for a participant to say", _seal(as_meter, "meter", meter).encode()
    yield "it has expired", _seal(island, "data", data, _NOW - 90_000).encode()
    ahead = _signer(_ROOT, sequence=9)
    yield "of the future", _seal(ahead, "data", data, _NOW + MAX_CLOCK_SKEW_S + 1).encode()
    foreign = Signer(SigningKey.from_hex(_ROOT), "another-island")
    yield "of another island", _seal(foreign, "data", data).encode()
    renewal = _seal(island, "key", _notice(2, first["public_key"], 5))
    yield "another key takes the first one's place after its fifth message", renewal.encode()
    yield "what the first key signs now", _seal(after, "answer", answer).encode()
    new = _signer(_derived(2)["private_key"])
    yield "the new key's first answer", _seal(new, "answer", answer).encode()
    yield "older than its key", _seal(new, "answer", answer, _NOW - 61).encode()


def _step(receiver: Receiver, name: str, message: bytes) -> Json:
    step: Json = {"name": name, "now": _NOW, "message": message.decode()}
    try:
        envelope = Envelope.decode(message)
        receiver.accept(envelope, _NOW)
    except ProtocolError as error:
        return step | {"outcome": str(error.key)}
    digest = hashlib.sha256(message).hexdigest()
    return step | {"outcome": "accepted", "signed": envelope.signed_bytes().decode(), "digest": digest}
