"""Participants speak under keys of their own, announced on the Tangle; and what is sealed shows to nobody else."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from custom_components.tangle_grid.ledger import (
    TREASURY,
    Embedded,
    Ledger,
    LedgerError,
    PaymentOrder,
    Secrets,
    TangleMessage,
)
from custom_components.tangle_grid.ledger.backends.backend import EmbeddedBackend
from custom_components.tangle_grid.ledger.messages.archive import ArchiveError, BackendArchive
from custom_components.tangle_grid.ledger.messages.chronicle import message_plan, text_of
from custom_components.tangle_grid.ledger.node import Api
from custom_components.tangle_grid.ledger.node.http import HttpApi
from custom_components.tangle_grid.ledger.pyota.library import prepare
from custom_components.tangle_grid.ledger.verify.receipts import verify_payment
from custom_components.tangle_grid.protocol import (
    Envelope,
    KeyRegistry,
    ProtocolError,
    Signer,
    SigningKey,
    member_key,
    to_body,
)
from custom_components.tangle_grid.verify.cli import OPEN_KEY_VARIABLE, main
from tests.ledger.conftest import ISLAND, Opener
from tests.support.ledger.story import ANSWER, ASK, PAYMENT, SETTLEMENT, failed, reward, tell, whole_story

ANSWERED = to_body(ANSWER)


async def read(ledger: Ledger, kind: str | None = None) -> list[TangleMessage]:
    """All messages, the oldest first."""
    assert await ledger.drain(20)
    return (await ledger.tangle.messages(kind=kind, limit=200))[::-1]


def envelopes(ledger: Ledger, kind: str) -> list[Envelope]:
    """What stands on the Tangle, as everybody sees it; the oldest first."""
    archive = BackendArchive(ledger._core.backend)
    return [Envelope.decode(text_of(archive.bundle(tail)).encode()) for tail in archive.newest(kind)][::-1]


def rebuilt(ledger: Ledger, secrets: Secrets) -> KeyRegistry:
    """The registry, from the Tangle and the island's public key alone."""
    public = SigningKey.from_hex(secrets.signing_key).public
    return KeyRegistry.replay(ISLAND, public, envelopes(ledger, "key"))


async def test_an_answer_is_the_participants_own_signed_word(ledger: Ledger, island_secrets: Secrets) -> None:
    await ledger.publish("request", to_body(ASK))
    for name in ("car", "home", "car"):
        await ledger.publish("answer", {**ANSWERED, "participant": name}, sender=name)
    messages = await read(ledger)
    root = SigningKey.from_hex(island_secrets.signing_key).public
    keys = {name: member_key(island_secrets.signing_key, ISLAND, name, 1).public for name in ("car", "home")}
    assert [(message.kind, message.participant, message.sender, message.sequence) for message in messages] == [
        ("request", None, root, 1),
        ("key", None, root, 2),
        ("answer", "car", keys["car"], 1),
        ("key", None, root, 3),
        ("answer", "home", keys["home"], 1),
        ("answer", "car", keys["car"], 2),
    ]
    assert all(message.verified for message in messages)
    (first, _home, second) = envelopes(ledger, "answer")
    assert second.previous == first.digest()
    (asked,) = envelopes(ledger, "request")
    # The answer to the car's request names it; nobody asked the other one.
    assert [each.body.get("re") for each in (first, _home, second)] == [asked.digest(), None, asked.digest()]
    registry = rebuilt(ledger, island_secrets)
    assert registry.members == ledger._core.members.registry().members
    assert registry.owner(keys["home"]) == "home"


async def test_keys_are_renewed_and_revoked_on_the_tangle(
    ledger: Ledger, open_ledger: Opener, island_secrets: Secrets
) -> None:
    await ledger.keys.revoke("car")
    await ledger.publish("answer", ANSWERED, sender="car")
    await ledger.keys.renew("car")
    await ledger.publish("answer", ANSWERED, sender="car")
    await ledger.keys.revoke("car")
    await ledger.keys.revoke("car")
    with pytest.raises(LedgerError) as caught:
        await ledger.publish("answer", ANSWERED, sender="car")
    assert (caught.value.key, caught.value.placeholders) == ("key_ended", {"participant": "car"})
    await ledger.close()
    ledger = await open_ledger()
    with pytest.raises(LedgerError):
        await ledger.publish("answer", ANSWERED, sender="car")
    await ledger.keys.renew("car")
    await ledger.publish("answer", ANSWERED, sender="car")
    messages = await read(ledger)
    assert [message.kind for message in messages] == ["key", "answer", "key", "answer", "key", "key", "answer"]
    assert all(message.verified for message in messages), [message.rejection for message in messages]
    registry = rebuilt(ledger, island_secrets)
    assert registry.members == ledger._core.members.registry().members
    assert [(each.epoch, each.last_sequence) for each in registry.members.values()] == [(1, 1), (2, 1), (3, None)]
    # Whoever has an old key, and all of the island's Tangle, says nothing that counts.
    thief = Signer(member_key(island_secrets.signing_key, ISLAND, "car", 1), ISLAND, sequence=1)
    forged = thief.seal("answer", "stolen", ANSWERED, issued_at=messages[0].issued_at, expires_at=2e9)
    ledger._core.backend.send(prepare(message_plan(forged)).trytes)
    assert (await ledger.tangle.messages())[0].rejection == "revoked_key"


async def test_a_member_does_not_speak_for_another(ledger: Ledger, island_secrets: Secrets) -> None:
    await ledger.publish("answer", ANSWERED, sender="car")
    await ledger.publish("answer", ANSWERED, sender="home")
    messages = await read(ledger, "answer")
    assert [message.rejection for message in messages] == [None, "not_allowed"]
    for kind, sender in (
        ("request", "car"),
        ("answer", ""),
        ("answer", "x" * 256),
        ("answer", "\ud800"),
        ("key", None),
    ):
        with pytest.raises(LedgerError) as caught:
            await ledger.publish(kind, {}, sender=sender)
        assert caught.value.key == "invalid_message"
    assert ledger.status().queued == 0


async def test_an_answer_of_somebody_else_does_not_verify(ledger: Ledger, island_secrets: Secrets) -> None:
    await tell(ledger, ASK)
    await ledger.publish("answer", ANSWERED)
    await tell(ledger, SETTLEMENT)
    await reward(ledger)
    # It is the island's word only.
    assert failed(await ledger.tangle.verify(payment_id=PAYMENT)) == {"key"}
    await tell(ledger, ASK, request_id="r2")
    await ledger.publish("answer", {**ANSWERED, "request_id": "r2"}, sender="home")
    await tell(ledger, SETTLEMENT, request_id="r2", payment_id="r2:car")
    await reward(ledger, payment_id="r2:car")
    assert failed(await ledger.tangle.verify(payment_id="r2:car")) == {"answer"}


async def test_an_answer_that_was_put_in_later_does_not_verify(ledger: Ledger, island_secrets: Secrets) -> None:
    """The operator has the participant's key as well; but no settlement names the hash of such an answer."""
    await tell(ledger, ASK, SETTLEMENT)
    await ledger.publish("data", {"topic": "x"}, sender="car")
    await reward(ledger)
    (asked,) = envelopes(ledger, "request")
    car = member_key(island_secrets.signing_key, ISLAND, "car", 1)
    (said,) = envelopes(ledger, "data")
    late = Signer(car, ISLAND, sequence=1, previous=said.digest())
    sealed = late.seal("answer", "late", {**ANSWERED, "re": asked.digest()}, issued_at=said.issued_at, expires_at=2e9)
    ledger._core.backend.send(prepare(message_plan(sealed)).trytes)
    assert (await ledger.tangle.messages())[0].verified
    assert failed(await ledger.tangle.verify(payment_id=PAYMENT)) == {"answer"}


async def test_cut_off_while_sealing_numbers_are_used_once(
    open_ledger: Opener, island_secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between any two steps, each message is there once, and each chain without a gap."""
    ledger = await open_ledger()
    for number in range(6):
        await ledger.publish("answer", {**ANSWERED, "n": number}, sender="car")
        if number == 2:
            await ledger.keys.renew("car")
        backend = ledger._core.backend
        monkeypatch.setattr(
            backend, "send", lambda _trytes: (_ for _ in ()).throw(RuntimeError("cut off"))
        ) if number % 2 else None
        await asyncio.sleep(0.05)
        await ledger.close()
        ledger = await open_ledger()
    answers = await read(ledger, "answer")
    assert [message.body["n"] for message in answers] == [0, 1, 2, 3, 4, 5]
    assert [message.sequence for message in answers] == [1, 2, 3, 1, 2, 3]
    assert all(message.verified for message in answers)
    found = envelopes(ledger, "answer")
    for earlier, later in pairwise(found):
        assert later.sequence == 1 or later.previous == earlier.digest()
    assert [each.last_sequence for each in rebuilt(ledger, island_secrets).members.values()] == [3, None]


async def test_a_file_of_the_second_version_is_carried_over(open_ledger: Opener) -> None:
    ledger = await open_ledger(milestone_interval_s=5.0)
    database = ledger._core._database
    await ledger.publish("meter", {"n": 1})
    await read(ledger)
    for statement in (
        "ALTER TABLE message DROP COLUMN sender",
        "ALTER TABLE message DROP COLUMN epoch",
        "DROP TABLE member",
        "DROP TABLE key_notice",
        "DROP TABLE told",
        "INSERT INTO message (message_id, kind, body, created_at) VALUES ('old', 'meter', '{\"n\":2}', 5)",
        "PRAGMA user_version=2",
    ):
        database.run(statement)
    await ledger.close()
    ledger = await open_ledger(milestone_interval_s=5.0)
    await ledger.publish("answer", ANSWERED, sender="car")
    messages = await read(ledger)
    assert sorted(message.kind for message in messages) == ["answer", "key", "meter", "meter"]
    # What waited may go out before or after the key.
    own = [message for message in messages if message.participant is None]
    assert sorted(message.sequence for message in own) == [1, 2, 3]
    assert all(message.verified for message in messages)


async def test_another_tangle_is_told_of_all_keys(ledger: Ledger, island_secrets: Secrets) -> None:
    """Whatever the order in which the notices come: a Tangle that knows some of them is told the rest."""
    await ledger.publish("answer", ANSWERED, sender="car")
    await ledger.keys.renew("car")
    await ledger.publish("answer", ANSWERED, sender="car")
    await read(ledger)
    before = rebuilt(ledger, island_secrets).members
    core = ledger._core
    await ledger._worker.ask(core.members.announce_again)
    await ledger.publish("answer", ANSWERED, sender="car")
    await read(ledger)
    assert rebuilt(ledger, island_secrets).members == before == core.members.registry().members
    public = SigningKey.from_hex(island_secrets.signing_key).public
    assert KeyRegistry.replay(ISLAND, public, envelopes(ledger, "key")[2:]).members == before


# Sealed


async def test_sealed_messages_say_nothing_to_others(open_ledger: Opener, island_secrets: Secrets) -> None:
    ledger = await open_ledger(privacy="sealed")
    await ledger.publish("meter", {"n": 1})
    await read(ledger)
    await whole_story(ledger)
    texts = [
        text_of(ledger._core.backend.bundle_of(message.tail)) for message in await ledger.tangle.messages(limit=50)
    ]
    said = [json.loads(text)["body"] for text in texts if json.loads(text)["kind"] != "key"]
    assert len(said) == 5
    assert all(body.keys() == {"sealed", "epoch"} for body in said)
    messages = await read(ledger)
    assert [message.kind for message in messages if not message.sealed] == ["key"]
    assert all(message.verified for message in messages)
    assert messages[0].body == {"n": 1}
    assert (await ledger.tangle.verify(payment_id=PAYMENT)).ok
    # Open again: what was sealed can still be read.
    await ledger.keys.renew_opening()
    await ledger.close()
    ledger = await open_ledger()
    await ledger.publish("meter", {"n": 2})
    meter = await read(ledger, "meter")
    assert [(message.body["n"], message.sealed) for message in meter] == [(1, True), (2, False)]
    assert (await ledger.tangle.verify(payment_id=PAYMENT)).ok


async def test_each_opening_key_opens_its_own_epoch(open_ledger: Opener) -> None:
    ledger = await open_ledger(privacy="sealed")
    keys = []
    for number in range(2):
        keys.append(await ledger.keys.opening())
        await ledger.publish("meter", {"n": number})
        await read(ledger)
        await ledger.keys.renew_opening()
    first, second = envelopes(ledger, "meter")
    assert first.open(keys[:1]) == {"n": 0}
    assert second.open(keys) == {"n": 1}
    for envelope, key in ((first, keys[1]), (second, keys[0])):
        with pytest.raises(Exception, match="unreadable"):
            envelope.open([key])


async def test_what_cannot_be_opened_is_told(ledger: Ledger, island_secrets: Secrets) -> None:
    own = SigningKey.from_hex(island_secrets.signing_key)
    for number, (epoch, key) in enumerate(((1, "00" * 32), (99, "00" * 32))):
        signer = Signer(own, ISLAND, sequence=100 + number, body_key=(epoch, key))
        envelope = signer.seal("meter", f"m{number}", {"n": 1}, issued_at=1.0, expires_at=2e9)
        ledger._core.backend.send(prepare(message_plan(envelope)).trytes)
    messages = await ledger.tangle.messages(kind="meter")
    assert [(message.rejection, message.sealed) for message in messages] == [("unreadable", True)] * 2
    with pytest.raises(LedgerError) as caught:
        await ledger.publish("data", {"sealed": "AAAA", "epoch": 1})
    assert caught.value.key == "invalid_message"
    payment = Signer(own, ISLAND, sequence=200, body_key=(1, "00" * 32))
    sealed = payment.seal("payment", "p", {"payments": []}, issued_at=1.0, expires_at=2e9)
    ledger._core.backend.send(prepare(message_plan(sealed)).trytes)
    with pytest.raises(LedgerError) as caught:
        await ledger.tangle.verify(payment_id="nothing")
    assert caught.value.key == "unknown_payment"


async def test_the_fullest_bundle_of_payments_still_fits_when_it_is_sealed(open_ledger: Opener) -> None:
    ledger = await open_ledger(privacy="sealed")
    for number in range(8):
        memo = {"text": "x" * 2_000} if number == 7 else {}
        payment_id = f"{number}{chr(0x1F600) * 254}"
        await ledger.pay(PaymentOrder(payment_id=payment_id, source=TREASURY, target="car", amount_i=1, memo=memo))
    assert await ledger.drain(30)
    assert {str(payment.state) for payment in await ledger.payments()} == {"confirmed"}
    assert all(message.verified for message in await ledger.tangle.messages(kind="payment"))
    longest = {"x": "y" * 11_000}
    await ledger.publish("data", longest)
    (message,) = await read(ledger, "data")
    assert message.body == longest


@pytest.fixture
async def sealed(socket_enabled: None, open_ledger: Opener) -> AsyncIterator[tuple[Ledger, str]]:
    """A ledger that seals, with its node over HTTP."""
    ledger = await open_ledger(privacy="sealed", backend=Embedded(mwm=1, milestone_interval_s=0.0))
    backend = ledger._core.backend
    assert isinstance(backend, EmbeddedBackend)
    http = HttpApi(Api(backend.node))
    runner = web.AppRunner(http.application())
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield ledger, f"http://127.0.0.1:{port}"
    await runner.cleanup()
    await asyncio.to_thread(http.close)


async def test_whoever_has_the_key_verifies_sealed_messages(
    sealed: tuple[Ledger, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger, url = sealed
    await whole_story(ledger)
    own = await ledger.tangle.verify(payment_id=PAYMENT)
    with pytest.raises(ArchiveError, match="sealed"):
        verify_payment(BackendArchive(ledger._core.backend), payment_id=PAYMENT)
    file = tmp_path / "key"

    def run(*options: str) -> int:
        return main(["--node", url, *options])

    for what in (["--payment", PAYMENT], [own.transaction]):
        assert await asyncio.to_thread(run, *what) == 2
        assert "sealed" in capsys.readouterr().err
        file.write_text(f"{'00' * 32}\n{(await ledger.keys.opening()).upper()}\n")
        assert await asyncio.to_thread(run, *what, "--open-key", str(file)) == 0
        assert "The reward stands up." in capsys.readouterr().out
        monkeypatch.setenv(OPEN_KEY_VARIABLE, await ledger.keys.opening())
        assert await asyncio.to_thread(run, *what) == 0
        monkeypatch.delenv(OPEN_KEY_VARIABLE)
    capsys.readouterr()
    secret = "abc" * 21
    file.write_text(secret)
    for bad in (str(file), str(tmp_path), str(tmp_path / "none")):
        assert await asyncio.to_thread(run, "--payment", PAYMENT, "--open-key", bad) == 2
    assert secret not in capsys.readouterr().err


async def test_secrets_without_wallets_for_them_still_speak(open_ledger: Opener, island_secrets: Secrets) -> None:
    """Who answers is a participant, and need not be a wallet."""
    ledger = await open_ledger(secrets=replace(island_secrets))
    await ledger.publish("answer", {**ANSWERED, "participant": "a device"}, sender="a device")
    messages = await read(ledger, "answer")
    assert [message.participant for message in messages] == ["a device"]


# Reports


SEEN: Final[dict[str, Any]] = {
    "topic": "roads",
    "what": "pothole",
    "latitude_e6": 52_370_200,
    "longitude_e6": 4_895_200,
    "seen_at": 1_780_000_000,
    "value": None,
    "picture": None,
    "public": False,
}


async def test_a_report_is_sealed_also_where_nothing_else_is(open_ledger: Opener) -> None:
    ledger = await open_ledger()
    await ledger.publish("report", SEEN, sender="car")
    await ledger.publish("report", {**SEEN, "topic": "ice"}, sender="car")
    await ledger.publish("report", SEEN, sender="bike")
    await ledger.publish("report", {**SEEN, "public": True}, sender="bike")
    messages = await read(ledger, "report")
    assert [(message.participant, message.sealed, message.verified) for message in messages] == [
        ("car", True, True),
        ("car", True, True),
        ("bike", True, True),
        ("bike", False, True),
    ]
    assert [message.body["topic"] for message in messages] == ["roads", "ice", "roads", "roads"]
    texts = [text_of(ledger._core.backend.bundle_of(message.tail)) for message in messages]
    assert ["52370200" in text for text in texts] == [False, False, False, True]
    # Each under a key of its own, and none of those that are shown.
    epochs = [json.loads(text)["body"]["epoch"] for text in texts[:3]]
    assert len(set(epochs)) == 3
    for text in texts[:3]:
        with pytest.raises(ProtocolError):
            Envelope.decode(text.encode()).open(await ledger.keys.openings())


async def test_nobody_reads_a_report_whose_key_was_destroyed(open_ledger: Opener) -> None:
    ledger = await open_ledger()
    for sender in ("car", "bike"):
        await ledger.publish("report", SEEN, sender=sender)
    await read(ledger)
    assert await ledger.keys.forget_reports("car") == 1
    await ledger.close()
    ledger = await open_ledger()
    assert await ledger.keys.forget_reports("car") == 0
    await ledger.publish("report", SEEN, sender="car")
    said = {message.sequence: message for message in await read(ledger, "report") if message.participant == "car"}
    assert (said[1].rejection, "what" in said[1].body) == ("unreadable", False)
    assert (said[2].rejection, said[2].body["what"]) == (None, "pothole")
    bike = [message for message in await read(ledger, "report") if message.participant == "bike"]
    assert [message.body for message in bike] == [SEEN]


@pytest.mark.parametrize(
    ("change", "sender"),
    [
        ({"latitude_e6": 90_000_001}, "car"),
        ({"longitude_e6": 180_000_000}, "car"),
        ({"latitude_e6": 52.37}, "car"),
        ({"picture": "none"}, "car"),
        ({"value": "much"}, "car"),
        ({"public": None}, "car"),
        ({}, None),
    ],
)
async def test_what_cannot_be_reported(open_ledger: Opener, change: dict[str, Any], sender: str | None) -> None:
    ledger = await open_ledger()
    with pytest.raises(LedgerError) as refused:
        await ledger.publish("report", {**SEEN, **change}, sender=sender)
    assert refused.value.key == "invalid_message"


def outside(key: SigningKey, **chain: Any) -> Signer:
    return Signer(key, ISLAND, **chain)


async def test_a_key_that_is_elsewhere_is_announced_and_signs_alone(ledger: Ledger, island_secrets: Secrets) -> None:
    """In a file of before it was enrolled, the Tangle's word for it counts."""
    participant = str(ANSWERED["participant"])
    await ledger.publish("answer", ANSWERED, sender=participant)
    key = SigningKey.generate()
    await ledger.keys.enrol(participant, key.public)
    with pytest.raises(LedgerError) as refused:
        await ledger.publish("answer", ANSWERED, sender=participant)
    assert refused.value.key == "key_elsewhere"
    assert await ledger.drain(20)
    assert rebuilt(ledger, island_secrets).owner(key.public) == participant
    core = ledger._core
    with core._database.transaction():
        core._database.run("DELETE FROM meta WHERE name LIKE 'key_elsewhere:%'")
    assert core.members.elsewhere(participant) == key.public

    # Its first message counts once; what it says for somebody else does not.
    now = time.time() + 1
    sealed = outside(key).seal("answer", "a", ANSWERED, issued_at=now, expires_at=now + 60)
    core.members.receive(sealed, ANSWERED, now)
    with pytest.raises(ProtocolError) as replayed:
        core.members.receive(sealed, ANSWERED, now)
    assert replayed.value.key == "replayed"

    await ledger.keys.renew(participant)
    await ledger.publish("answer", ANSWERED, sender=participant)
    assert await ledger.drain(20)
    registry = rebuilt(ledger, island_secrets)
    assert registry.members[key.public].last_sequence == 1
    newest = registry.current(participant)
    assert newest is not None
    assert (newest.epoch, newest.public_key) == (
        3,
        member_key(island_secrets.signing_key, ISLAND, participant, 3).public,
    )


async def test_the_first_key_of_a_participant_may_be_elsewhere(ledger: Ledger, island_secrets: Secrets) -> None:
    key = SigningKey.generate()
    await ledger.keys.enrol("newcomer", key.public)
    assert await ledger.keys.elsewhere() == {key.public: "newcomer"}
    assert await ledger.drain(20)
    assert rebuilt(ledger, island_secrets).owner(key.public) == "newcomer"
    await ledger.keys.revoke("newcomer")
    assert await ledger.keys.elsewhere() == {}
    assert await ledger.drain(20)
    assert rebuilt(ledger, island_secrets).members[key.public].last_sequence == 0
    for again in (key.public, SigningKey.from_hex(island_secrets.signing_key).public, "x"):
        with pytest.raises(LedgerError) as refused:
            await ledger.keys.enrol("newcomer", again)
        assert refused.value.key == "invalid_public_key"
