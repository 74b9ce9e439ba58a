"""Every decoder against random and mutated inputs: typed errors only, no hang, nothing accepted that is not signed."""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger.messages.chronicle import text_of
from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode, NodeError, Transaction
from custom_components.tangle_grid.ledger.node.bundle import find_fault
from custom_components.tangle_grid.ledger.node.commands import MAX_LIST
from custom_components.tangle_grid.ledger.node.milestone import Milestone, coordinator_address, read, seal
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, TransferInput, prepare
from custom_components.tangle_grid.ledger.trinary import (
    ALPHABET,
    TRANSACTION_TRYTES,
    TrytesError,
    address_of,
    has_valid_checksum,
    is_trytes,
    text_to_trytes,
    trits_to_trytes,
    trytes_to_bytes,
    trytes_to_int,
    trytes_to_text,
    trytes_to_trits,
)
from custom_components.tangle_grid.protocol import (
    CurtailmentAsk,
    Envelope,
    KeyNotice,
    KeyRegistry,
    ProtocolError,
    Receiver,
    Signer,
    SigningKey,
    body_key,
    canonical,
    member_key,
    parse,
    read_body,
    read_notice,
    recompute,
    to_body,
)

KEY = SigningKey.from_hex("07" * 32)
ISLAND = "isle"
NOW = 1_000.0
ASK = CurtailmentAsk(
    request_id="r1",
    participant="car",
    power_w=3_000.5,
    rate_i_per_kwh=1_000_000,
    answer_by=6.0,
    starts_at=7.0,
    ends_at=8.0,
)
RECEIPT: dict[str, Any] = {
    "version": 2,
    "duration_s": 900,
    "readings": [[0, 11_000], [15, 6_900], [600, None]],
    "quantities": [[0, 4_140]],
    "baseline_w": 11_040,
    "need_wh": 2_500,
    "rate_i_per_kwh": 1_000_000,
}
SLOWEST_S = 5.0
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**53, -(2**63), 10**30, 1.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "9", "A" * 81, "\ud800", "\0", "é" * 50, "9" * 2673, [], {}, [[]], {"a": {"b": []}}, ["9" * 81] * 3),
]

type Fuzz = Callable[[random.Random], None]


def mutated(chance: random.Random, data: bytes) -> bytes:
    """Change, cut, double or put in a few bytes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(changed):
                changed[at] = chance.randrange(256)
            case 2:
                del changed[at : at + chance.randrange(1, 20)]
            case 3:
                changed[at:at] = changed[at : at + chance.randrange(1, 20)]
            case _:
                changed[at:at] = chance.choice((b'"', b"{", b"]", b"\\u0000", b"1e999", b"\xff", b"-", b"9" * 40))
    return bytes(changed)


def mutated_trytes(chance: random.Random, trytes: str) -> str:
    at = chance.randrange(len(trytes))
    other = chance.choice(ALPHABET.replace(trytes[at], ""))
    return trytes[:at] + other + trytes[at + 1 :]


def odd_fields(chance: random.Random, fields: dict[str, Any]) -> dict[str, Any]:
    changed = dict(fields)
    for _ in range(chance.choice((1, 1, 2))):
        name = chance.choice([*fields, "extra"])
        if chance.random() < 0.2:
            changed.pop(name, None)
        elif isinstance(changed.get(name), list) and chance.random() < 0.6:
            items = list(changed[name])
            items.insert(chance.randrange(len(items) + 1), chance.choice(ODD))
            changed[name] = items
        else:
            changed[name] = chance.choice(ODD)
    return changed


def some_text(chance: random.Random) -> str:
    if chance.random() < 0.7:
        return "".join(chance.choices(ALPHABET, k=chance.randrange(90)))
    return "".join(chr(chance.randrange(1, 0x2FFF)) for _ in range(chance.randrange(20)))


def fuzz_codecs(chance: random.Random) -> None:
    text = some_text(chance)
    valid = is_trytes(text)
    for decode in (trytes_to_int, trytes_to_trits, trytes_to_bytes, trytes_to_text):
        try:
            decode(text)
        except TrytesError:
            continue
        assert valid
    has_valid_checksum(text)
    trits = [chance.choice((-1, 0, 1, 1, 0, 2, 5, -3)) for _ in range(chance.randrange(7))]
    try:
        assert trytes_to_trits(trits_to_trytes(trits))[: len(trits)] == trits
    except TrytesError:
        assert set(trits) - {-1, 0, 1}


def fuzz_json(chance: random.Random) -> None:
    start = canonical({"a": [1, 2.5, None, {"b": "grüße"}], "c": -1e-7})
    data = mutated(chance, start) if chance.random() < 0.7 else chance.randbytes(chance.randrange(60))
    try:
        value = parse(data)
        again = canonical(value)
    except ProtocolError:
        return
    assert canonical(parse(again)) == again


SEALED = Signer(KEY, ISLAND).seal("request", "m1", to_body(ASK), issued_at=NOW, expires_at=NOW + 60)
ENCODED = SEALED.encode()
SIGNED = SEALED.signed_bytes()


def fuzz_envelopes(chance: random.Random) -> None:
    """Nothing but the very message that was signed comes in; the same JSON written otherwise is the same message."""
    if chance.random() < 0.5:
        data = mutated(chance, ENCODED)
    else:
        data = json.dumps(odd_fields(chance, json.loads(ENCODED))).encode()
    try:
        envelope = Envelope.decode(data)
        Receiver.of_members(ISLAND, frozenset({KEY.public})).accept(envelope, NOW)
    except ProtocolError:
        return
    assert envelope.signed_bytes() == SIGNED
    assert envelope.signature == SEALED.signature


NOTICE = to_body(
    KeyNotice(
        participant="car",
        role="participant",
        epoch=2,
        public_key=member_key("07" * 32, ISLAND, "car", 2).public,
        revokes=member_key("07" * 32, ISLAND, "car", 1).public,
        last_sequence=7,
        valid_from=NOW,
    )
)
ANNOUNCED = Signer(KEY, ISLAND).seal("key", "k1", NOTICE, issued_at=NOW, expires_at=NOW + 60)
ANNOUNCED_ENCODED = ANNOUNCED.encode()
REGISTERED = KeyRegistry.replay(ISLAND, KEY.public, [ANNOUNCED])


def fuzz_key_messages(chance: random.Random) -> None:
    """Only the island's own notice changes the registry, and only as it was signed."""
    registry = KeyRegistry(ISLAND, KEY.public)
    if chance.random() < 0.5:
        data = mutated(chance, ANNOUNCED_ENCODED)
    else:
        data = json.dumps(odd_fields(chance, json.loads(ANNOUNCED_ENCODED))).encode()
    try:
        registry.apply(Envelope.decode(data))
    except ProtocolError:
        assert not registry.members
    else:
        assert registry.members == REGISTERED.members
    try:
        # What the island itself could get wrong: signed, but nonsense. As a whole or not at all.
        registry.enter(read_notice(odd_fields(chance, NOTICE)))
    except ProtocolError:
        return
    assert registry.members
    assert all(each.epoch >= 1 for each in registry.members.values())


OPENS = body_key("07" * 32, ISLAND, 1)
SHUT = Signer(KEY, ISLAND, body_key=(1, OPENS)).seal("request", "m1", to_body(ASK), issued_at=NOW, expires_at=NOW + 60)


def fuzz_sealed_bodies(chance: random.Random) -> None:
    """A body that was changed, or moved to another envelope, does not open."""
    if chance.random() < 0.5:
        body = odd_fields(chance, dict(SHUT.body))
    else:
        text = mutated(chance, str(SHUT.body["sealed"]).encode()).decode(errors="replace")
        body = {**SHUT.body, "sealed": text}
    envelope = replace(SHUT, body=body)
    if chance.random() < 0.3:
        envelope = replace(SHUT, sequence=chance.randrange(2, 99))
    try:
        opened = envelope.open([OPENS])
    except ProtocolError:
        return
    # Without one of its two fields it is no sealed body at all; the epoch is told by the key that fits.
    assert opened == to_body(ASK) or opened == body


def fuzz_bodies(chance: random.Random) -> None:
    kind = chance.choice(("meter", "request", "answer", "settlement", "data", "key", "unheard"))
    try:
        read_body(kind, odd_fields(chance, to_body(ASK)))
    except ProtocolError:
        return
    assert kind in {"request", "data"}


def fuzz_receipts(chance: random.Random) -> None:
    receipt = odd_fields(chance, RECEIPT)
    if isinstance(receipt.get("readings"), list) and receipt["readings"] and chance.random() < 0.5:
        receipt["readings"] = [*receipt["readings"], [chance.randrange(-5, 2_000), chance.choice(ODD)]]
    try:
        assert recompute(receipt).energy_wh >= 0
    except ProtocolError:
        return


def signed_bundle() -> list[Transaction]:
    """A payment, attached: chained by trunks. Without proof of work, which nobody here looks at."""
    seed = "FUZZ".ljust(81, "9")
    plan = BundlePlan(
        outputs=(("B" * 80 + "9", 3), ("C" * 80 + "9", 97)),
        inputs=(TransferInput(address=address_of(seed, 0), balance_i=100, key_index=0),),
        tag="FUZZ",
        text='{"of":"a payment"}',
        timestamp=1_700_000_000,
    )
    linked: list[Transaction] = []
    for trytes in prepare(plan, seed).trytes:
        trunk = linked[-1].hash if linked else "9" * 81
        linked.append(Transaction.parse(trytes[:2430] + trunk + trytes[2511:]))
    return linked[::-1]


@pytest.fixture(scope="module")
def bundle() -> list[Transaction]:
    return signed_bundle()


def make_bundle_fuzz(bundle: list[Transaction]) -> Fuzz:
    assert find_fault(bundle) is None

    def fuzz(chance: random.Random) -> None:
        """A transaction with something changed in what is signed, or in a signature, is never valid."""
        place = chance.randrange(len(bundle))
        trytes = bundle[place].trytes
        # The text of an output, tag, times and nonce are covered by the hash of the transaction, not by the bundle's.
        signed = chance.random() < 0.5 and bundle[place].value < 0
        at = chance.randrange(2187) if signed else chance.randrange(2187, 2430)
        other = chance.choice(ALPHABET.replace(trytes[at], ""))
        changed = Transaction.parse(trytes[:at] + other + trytes[at + 1 :], bundle[place].hash)
        parts = [*bundle[:place], changed, *bundle[place + 1 :]]
        assert find_fault(parts) is not None
        try:
            Envelope.decode(text_of(parts).encode())
        except TrytesError, ProtocolError:
            return
        raise AssertionError("this is no envelope")

    return fuzz


def make_transaction_fuzz(bundle: list[Transaction]) -> Fuzz:
    whole = bundle[0].trytes

    def fuzz(chance: random.Random) -> None:
        trytes: Any = mutated_trytes(chance, whole)
        if chance.random() < 0.3:
            trytes = chance.choice((*ODD, trytes[:-1], trytes + "9", trytes.lower(), trytes[:-1] + "\n"))
        try:
            transaction = Transaction.parse(trytes, "9" * 81)
        except NodeError:
            assert not is_trytes(trytes, TRANSACTION_TRYTES)
            return
        assert transaction.trytes == trytes

    return fuzz


def fuzz_milestones() -> Fuzz:
    milestone = Milestone(island=ISLAND, number=7, previous="9" * 81, trunk="A" * 81, branch="B" * 81, at=5.5)
    sealed = seal(milestone, KEY)
    placed = Transaction.parse(sealed[:2430] + "A" * 81 + "B" * 81 + sealed[2592:], "C" * 81)
    assert placed.address == coordinator_address(KEY.public)
    assert read(placed, island=ISLAND, public_key=KEY.public) == milestone
    text = trytes_to_text(placed.fragment).encode()

    def fuzz(chance: random.Random) -> None:
        if chance.random() < 0.3:
            changed = replace(placed, trunk="D" * 81) if chance.random() < 0.5 else replace(placed, branch="D" * 81)
        else:
            told = mutated(chance, text).decode(errors="replace")[:1_000]
            changed = replace(placed, trytes=text_to_trytes(told).ljust(2187, "9")[:2187] + placed.trytes[2187:])
        found = read(changed, island=ISLAND, public_key=KEY.public)
        assert found is None or found == milestone

    return fuzz


REQUESTS: list[dict[str, Any]] = [
    {"command": "getNodeInfo"},
    {"command": "getBalances", "addresses": ["A" * 81], "threshold": 100},
    {"command": "findTransactions", "addresses": ["A" * 81], "tags": ["TG"], "bundles": ["9" * 81], "approvees": []},
    {"command": "getTrytes", "hashes": ["9" * 81]},
    {"command": "getInclusionStates", "transactions": ["9" * 81], "tips": []},
    {"command": "wereAddressesSpentFrom", "addresses": ["A" * 81]},
    {"command": "getTransactionsToApprove", "depth": 3, "reference": "9" * 81},
    {"command": "attachToTangle", "trytes": [], "trunkTransaction": "9" * 81, "branchTransaction": "9" * 81},
    {"command": "broadcastTransactions", "trytes": ["9" * 2673]},
    {"command": "storeTransactions", "trytes": []},
    {"command": "checkConsistency", "tails": ["9" * 81]},
]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    opened = EmbeddedNode(tmp_path / "t.sqlite", island_id=ISLAND, key=KEY, genesis_address="G" * 80 + "9", mwm=9)
    yield opened
    opened.close()


def make_node_fuzz(node: EmbeddedNode) -> Fuzz:
    """Commands with odd parameters, as JSON can carry them: answered or refused, never a failure of the node."""
    api = Api(node)

    def fuzz(chance: random.Random) -> None:
        request: Any = odd_fields(chance, chance.choice(REQUESTS))
        if chance.random() < 0.02:
            request = chance.choice(ODD)
        elif chance.random() < 0.02:
            request["hashes"] = ["9" * 81] * (MAX_LIST + 1)
        status, answer = api.answer(request)
        assert status == (400 if "error" in answer else 200), (request, answer)
        assert "duration" in answer
        assert "exception" not in answer

    return fuzz


def run(name: str, fuzz: Fuzz, count: int) -> int:
    """Run one target; what fails is named by its seed, so that it can be run again."""
    slowest = 0.0
    for number in range(count):
        chance = random.Random(f"{name} {number}")  # noqa: S311 - a seed that can be named again
        started = time.monotonic()
        try:
            fuzz(chance)
        except Exception as error:
            raise AssertionError(f"{name}, seed {number}: {error!r}") from error
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < SLOWEST_S, f"{name} hung for {slowest:.1f} s"
    return count


def run_all(bundle: list[Transaction], node: EmbeddedNode, scale: int) -> int:
    """Run every target, `scale` times a share that goes with its speed."""
    targets: list[tuple[str, Fuzz, int]] = [
        ("codecs", fuzz_codecs, 300),
        ("json", fuzz_json, 200),
        ("envelopes", fuzz_envelopes, 150),
        ("key messages", fuzz_key_messages, 80),
        ("sealed bodies", fuzz_sealed_bodies, 80),
        ("bodies", fuzz_bodies, 150),
        ("receipts", fuzz_receipts, 100),
        ("transactions", make_transaction_fuzz(bundle), 60),
        ("milestones", fuzz_milestones(), 25),
        ("commands", make_node_fuzz(node), 10),
        ("bundles", make_bundle_fuzz(bundle), 5),
    ]
    return sum(run(name, fuzz, share * scale) for name, fuzz, share in targets)


def test_decoders_survive_anything(bundle: list[Transaction], node: EmbeddedNode) -> None:
    assert run_all(bundle, node, 6) >= 6_000


@pytest.mark.long
def test_decoders_survive_a_million_inputs(
    bundle: list[Transaction], node: EmbeddedNode, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    count = run_all(bundle, node, 1_000)
    with capsys.disabled():
        print(f"\n{count} inputs in {time.monotonic() - started:.0f} s")  # noqa: T201 - the count belongs in the log
    assert count >= 1_000_000
