"""Messages are read back from the Tangle, in order and verified; forgeries are told apart."""

from typing import Any

import pytest

from custom_components.tangle_grid.ledger import Ledger, LedgerError, LedgerEvent, Published, Secrets
from custom_components.tangle_grid.ledger.messages.chronicle import message_plan
from custom_components.tangle_grid.ledger.pyota.library import prepare
from custom_components.tangle_grid.protocol import Signer, SigningKey
from tests.ledger.conftest import ISLAND, Opener


async def test_messages_come_back_as_they_were_published(ledger: Ledger) -> None:
    events: list[LedgerEvent] = []
    ledger.subscribe(events.append)
    bodies: list[dict[str, Any]] = [
        {"power_w": [1.5, -2.0, 3], "place": "Maple Straße ⚡", "number": n} for n in range(3)
    ]
    ids = [await ledger.publish("meter", body) for body in bodies]
    assert await ledger.drain(10)
    settlement = await ledger.publish("settlement", {"energy_wh": 5})
    assert await ledger.drain(10)
    messages = await ledger.tangle.messages()
    assert [message.message_id for message in messages] == [settlement, *reversed(ids)]
    assert [message.sequence for message in messages] == [4, 3, 2, 1]
    assert all(message.verified and message.rejection is None for message in messages)
    assert [message.body for message in reversed(messages[1:])] == bodies
    assert [message.message_id for message in await ledger.tangle.messages(kind="settlement")] == [settlement]
    assert [message.message_id for message in await ledger.tangle.messages(limit=2)] == [settlement, ids[2]]
    assert await ledger.tangle.messages(kind="nothing") == []
    published = [event for event in events if isinstance(event, Published)]
    assert [event.message_id for event in published] == [*ids, settlement]
    found = await ledger.tangle.transaction(published[0].tail)
    assert found is not None
    assert found.message is not None
    assert found.message.body == bodies[0]
    assert found.value == 0


async def test_messages_are_confirmed_by_a_milestone_and_then_nothing_is_written(ledger: Ledger) -> None:
    await ledger.publish("meter", {"n": 1})
    for _ in range(100):
        if (await ledger.tangle.messages()) and (await ledger.tangle.messages())[0].confirmed:
            break
    await ledger.drain(5)
    assert ledger._core.steps.advance().wait_s is None
    before = ledger._core.health()
    for _ in range(3):
        progress = ledger._core.steps.advance()
        assert not progress.busy
        assert not progress.events
    assert ledger._core.health() == before


async def test_a_long_message_spans_a_bundle(ledger: Ledger) -> None:
    body = {"evidence": [f"reading {n}" for n in range(300)]}
    await ledger.publish("settlement", body)
    assert await ledger.drain(10)
    (message,) = await ledger.tangle.messages()
    assert message.body == body
    assert message.verified


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Meter", {}),
        ("", {}),
        ("payment", {}),
        ("meter", {"x": float("inf")}),
        ("meter", {"x": 2**60}),
        ("meter", {"x": "y" * 20_000}),
        ("meter", {"x": {1: 2}}),
        ("meter", [1]),
        ("meter", {"x": "\ud800"}),
    ],
)
async def test_what_cannot_be_a_message_is_refused(ledger: Ledger, kind: str, body: Any) -> None:
    with pytest.raises(LedgerError) as caught:
        await ledger.publish(kind, body)
    assert caught.value.key == "invalid_message"
    assert ledger.status().queued == 0


def stranger_writes(ledger: Ledger, key: SigningKey, island: str, text: str | None = None) -> None:
    envelope = Signer(key, island).seal("meter", "forged", {"n": 1}, issued_at=1.0, expires_at=2.0)
    plan = message_plan(envelope)
    if text is not None:
        plan = type(plan)(outputs=plan.outputs, tag=plan.tag, text=text, timestamp=1)
    ledger._core.backend.send(prepare(plan).trytes)


async def test_forged_messages_are_told_apart(ledger: Ledger, island_secrets: Secrets) -> None:
    own = SigningKey.from_hex(island_secrets.signing_key)
    await ledger.publish("meter", {"n": 1})
    assert await ledger.drain(10)
    (genuine,) = await ledger.tangle.messages()
    stranger_writes(ledger, SigningKey.generate(), ISLAND)
    stranger_writes(ledger, own, "another island")
    stranger_writes(ledger, own, ISLAND, text="no message")
    tampered = ledger._core.backend.load(genuine.tail)
    assert tampered is not None
    envelope = Signer(own, ISLAND).seal("meter", "tampered", {"n": 1}, issued_at=3.0, expires_at=4.0)
    stranger_writes(ledger, own, ISLAND, text=envelope.encode().decode().replace('"n":1', '"n":9'))
    messages = await ledger.tangle.messages()
    assert [(message.message_id, message.rejection) for message in messages] == [
        ("tampered", "bad_signature"),
        ("forged", "wrong_island"),
        ("forged", "unknown_sender"),
        (genuine.message_id, None),
    ]


async def test_a_message_attached_again_is_read_once(ledger: Ledger) -> None:
    await ledger.publish("meter", {"n": 1})
    assert await ledger.drain(10)
    (message,) = await ledger.tangle.messages()
    backend = ledger._core.backend
    backend.send([each.trytes for each in reversed(backend.bundle_of(message.tail))])
    assert [each.message_id for each in await ledger.tangle.messages()] == [message.message_id]


async def test_the_chain_goes_on_after_a_restart(open_ledger: Opener) -> None:
    ledger = await open_ledger()
    await ledger.publish("meter", {"n": 1})
    assert await ledger.drain(10)
    await ledger.close()
    with pytest.raises(LedgerError) as caught:
        await ledger.publish("meter", {"n": 0})
    assert caught.value.key == "ledger_unavailable"
    ledger = await open_ledger()
    await ledger.publish("meter", {"n": 2})
    assert await ledger.drain(10)
    assert [message.sequence for message in await ledger.tangle.messages()] == [2, 1]


@pytest.mark.parametrize("bad", ["", "abc", "A" * 80, "A" * 90])
async def test_what_cannot_be_a_transaction_is_refused(ledger: Ledger, bad: str) -> None:
    with pytest.raises(LedgerError) as caught:
        await ledger.tangle.transaction(bad)
    assert caught.value.key == "unknown_transaction"
    assert await ledger.tangle.transaction("A" * 81) is None
