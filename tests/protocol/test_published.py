"""What docs/protocol tells others is what the code does, by other people's implementation of JSON Schema too."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings, strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from custom_components.tangle_grid.economy.books import BooksError, verify_sharing, verify_statement
from custom_components.tangle_grid.economy.signed_receipt import read_signed, wrong_figures
from custom_components.tangle_grid.ledger import Payment, PaymentState
from custom_components.tangle_grid.ledger.payments.planner import _told
from custom_components.tangle_grid.protocol import (
    Envelope,
    KeyRegistry,
    ProtocolError,
    Receiver,
    SigningKey,
    body_types,
    canonical,
    parse,
    read_body,
    recompute,
)
from scripts.lib.protocol_docs.files import documents, written

FOLDER: Final = Path(__file__).parents[2] / "docs" / "protocol"
FILES: Final[dict[str, Any]] = {
    str(path.relative_to(FOLDER)): json.loads(path.read_text()) for path in sorted(FOLDER.rglob("*.json"))
}
SCHEMAS: Final = {name: each for name, each in FILES.items() if name.endswith(".schema.json")}
KINDS: Final = sorted(body_types())
REGISTRY: Final = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in SCHEMAS.values())
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=5) | st.just("ab" * 32),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[f"{name}.schema.json"], registry=REGISTRY)


def is_read(kind: str, body: dict[str, Any]) -> bool:
    try:
        read_body(kind, body)
    except ProtocolError:
        return False
    return True


def test_the_files_are_those_that_the_code_gives() -> None:
    """When this fails, run scripts/protocol and look at what has changed for others."""
    made = documents()
    assert made.keys() == FILES.keys()
    for name, document in made.items():
        assert (FOLDER / name).read_text() == written(document), name


def test_every_kind_is_published() -> None:
    assert sorted(FILES["kinds.json"]["kinds"]) == KINDS
    for kind in KINDS:
        assert set(SCHEMAS[f"{kind}.schema.json"]["properties"]) == {field.name for field in fields(body_types()[kind])}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("kind", KINDS)
def test_the_vectors_of_a_kind(kind: str) -> None:
    vectors = FILES[f"vectors/{kind}.json"]
    good = vectors["good"]
    assert validator(kind).is_valid(good)
    assert is_read(kind, good)
    assert validator(kind).is_valid(good | {"comment": 1})
    assert vectors["refused"]
    for change in vectors["refused"]:
        body = {name: value for name, value in good.items() if name != change["field"]}
        if not change.get("missing"):
            body[change["field"]] = change["value"]
        assert not validator(kind).is_valid(body), change
        with pytest.raises(ProtocolError) as refused:
            read_body(kind, body)
        assert refused.value.placeholders == {"field": change["field"]}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_schema_lets_in_what_the_code_lets_in(kind: str, data: st.DataObject) -> None:
    body = dict(FILES[f"vectors/{kind}.json"]["good"])
    name = data.draw(st.sampled_from(sorted(body)))
    if data.draw(st.booleans()):
        del body[name]
    else:
        body[name] = data.draw(JSON)
    try:
        body = parse(canonical(body))
    except ProtocolError:
        return  # no JSON that comes over a wire
    assert validator(kind).is_valid(body) == is_read(kind, body), body


def test_canonical_vectors() -> None:
    for vector in FILES["vectors/canonical.json"]:
        assert canonical(vector["value"]).decode() == vector["canonical"]


def test_key_vectors_follow_from_the_rule_that_is_written_down() -> None:
    """Without our own code: HKDF with the salt and the info of docs/ledger.md."""
    keys = FILES["vectors/keys.json"]

    def derive(*info: Any) -> bytes:
        text = json.dumps(info, separators=(",", ":")).encode()
        return HKDF(SHA256(), 32, b"tangle_grid keys, version 1", text).derive(bytes.fromhex(keys["private_key"]))

    for each in keys["participants"]:
        secret = derive("member", keys["island"], each["participant"], each["epoch"]).hex()
        assert (secret, SigningKey.from_hex(secret).public) == (each["private_key"], each["public_key"])
    for each in keys["bodies"]:
        assert derive("bodies", keys["island"], each["epoch"]).hex() == each["key"]


def test_the_sealed_vector_opens_without_our_own_code() -> None:
    vector = FILES["vectors/sealed.json"]
    message = json.loads(vector["message"])
    data = base64.b64decode(message["body"]["sealed"])
    cipher = ChaCha20Poly1305(bytes.fromhex(vector["key"]))
    assert json.loads(cipher.decrypt(data[:12], data[12:], vector["header"].encode())) == vector["body"]
    assert validator("envelope").is_valid(message)


def test_the_chain_is_judged_as_it_says() -> None:
    keys = FILES["vectors/keys.json"]
    receiver = Receiver.of_registry(KeyRegistry(keys["island"], keys["public_key"]))
    outcomes = set()
    for step in FILES["vectors/chain.json"]:
        data = step["message"].encode()
        try:
            receiver.accept(Envelope.decode(data), step["now"])
            outcome = "accepted"
        except ProtocolError as error:
            outcome = str(error.key)
        assert outcome == step["outcome"], step["name"]
        outcomes.add(outcome)
        if outcome == "accepted":
            message = json.loads(data)
            validator("envelope").validate(message)
            signature = bytes.fromhex(message["sig"])
            sender = Ed25519PublicKey.from_public_bytes(bytes.fromhex(message["from"]))
            sender.verify(signature, step["signed"].encode())  # raises
            assert hashlib.sha256(data).hexdigest() == step["digest"]
    assert len(outcomes) > 12


def test_an_envelope_that_the_schema_refuses() -> None:
    message = json.loads(FILES["vectors/chain.json"][1]["message"])
    assert validator("envelope").is_valid(message)
    for change in (
        {"seq": 0},
        {"v": 2},
        {"kind": "Key"},
        {"sig": ""},
        {"more": 1},
        {"body": {}},
        {"body": {"epoch": 1}},
    ):
        assert not validator("envelope").is_valid(message | change), change
    assert validator("envelope").is_valid(message | {"kind": "of_later"})


def test_the_receipt_comes_to_its_settlement() -> None:
    vector = FILES["vectors/receipt.json"]
    found = recompute(vector["evidence"])
    assert all(vector["settlement"][name] == getattr(found, name) for name in ("energy_wh", "amount_i"))
    assert found.amount_i > 0


def test_what_stands_beside_a_payment() -> None:
    payment = Payment(
        payment_id="r:car",
        source="treasury",
        target="car",
        amount_i=5,
        memo={"kind": "reward"},
        state=PaymentState.QUEUED,
        created_at=1.0,
    )
    said = _told([payment], [("A9" * 40 + "A", 5)])
    validator("payment").validate(said)
    said["payments"][0]["amount_i"] = 0
    assert not validator("payment").is_valid(said)


@pytest.mark.parametrize(("kind", "verify"), [("statement", verify_statement), ("sharing", verify_sharing)])
def test_what_the_books_hand_out(kind: str, verify: Callable[[Any, str], object]) -> None:
    """Each file is of the schema, signed as it says by somebody else's Ed25519, and refused for what it says."""
    vectors, schema = FILES[f"vectors/{kind}.json"], validator(kind)
    key = vectors["public_key"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    verify(vectors["good"], key)
    assert len(vectors["refused"]) >= 5
    for name, case in ({"good": {"file": vectors["good"], "why": None}} | vectors["refused"]).items():
        file = case["file"]
        schema.validate(file)
        signed = canonical({field: value for field, value in file.items() if field != "signature"})
        if case["why"] == f"{kind}_not_signed":
            with pytest.raises(InvalidSignature):
                public.verify(bytes.fromhex(file["signature"]), signed)
        else:
            public.verify(bytes.fromhex(file["signature"]), signed)
        if case["why"] is not None:
            with pytest.raises(BooksError) as refused:
                verify(file, key)
            assert refused.value.key == case["why"], name
    for wrong in ({"v": "2"}, {"month": 11}, {"more": 1}, {"public_key": None}):
        assert not schema.is_valid(vectors["good"] | wrong), wrong


def test_signed_receipts() -> None:
    """Each file is of the schema, signed as it says by somebody else's Ed25519, and wrong where it says."""
    vectors, schema = FILES["vectors/signed-receipts.json"], validator("signed-receipt")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vectors["public_key"]))
    good = {kind: {"file": file, "signed": True, "wrong": []} for kind, file in vectors["good"].items()}
    assert good.keys() == {"charging", "parking", "toll"}
    for name, case in (good | vectors["refused"]).items():
        file = case["file"]
        schema.validate(file)
        signed = canonical({field: value for field, value in file.items() if field != "signature"})
        try:
            public.verify(bytes.fromhex(file["signature"]), signed)
        except InvalidSignature:
            assert not case["signed"], name
        else:
            assert case["signed"], name
        found = read_signed(file)
        assert found.is_signed == case["signed"]
        assert sorted({each.name for each in wrong_figures(found)}) == case["wrong"], name
        assert name in good or case["wrong"]
    for wrong in ({"v": 2}, {"kind": "ferry"}, {"signature": "00"}, {"more": 1}, {"payments": [{"amount_i": 1}]}):
        assert not schema.is_valid(vectors["good"]["toll"] | wrong), wrong
