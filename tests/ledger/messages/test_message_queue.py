"""The ledger is away: how much waits for it, what of it goes first, and what is said of it."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    TREASURY,
    Ledger,
    LedgerError,
    LedgerFault,
    PaymentOrder,
    PaymentState,
    worker,
)
from custom_components.tangle_grid.ledger.base.errors import node_fault
from custom_components.tangle_grid.ledger.messages.message_queue import (
    CHATTER_BYTES,
    CHATTER_MESSAGES,
    METER_BYTES,
    METER_VALUES,
    MessageQueue,
)
from custom_components.tangle_grid.ledger.payments.orders import WAITING_PAYMENTS
from tests.ledger.conftest import Opener

_WEEK_OF_VALUES = 7 * 2_880


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_RETRY_S", (0.02,))


def take_away(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let nothing reach the node; returns what brings it back."""

    def unreachable(_trytes: Any) -> Any:
        raise node_fault(LedgerFault.NODE_UNREACHABLE, "no answer")

    backend = ledger._core.backend
    original = backend.send
    monkeypatch.setattr(backend, "send", unreachable)
    return lambda: monkeypatch.setattr(backend, "send", original)


async def until_away(ledger: Ledger) -> None:
    async with asyncio.timeout(10):
        while ledger.status().reachable:  # noqa: ASYNC110 - a thread is at it
            await asyncio.sleep(0.02)


def meter(number: int) -> dict[str, Any]:
    return {
        "feeder_id": "main",
        "measured_at": 1_700_000_000.0 + 30.0 * number,
        "power_w": [6_000, 5_000, number],
        "capacity_w": 43_470,
        "threshold_w": 34_776,
    }


def about(**more: Any) -> dict[str, Any]:
    return {"request_id": "r1", "participant": "car", **more}


def queued(ledger: Ledger) -> list[tuple[str, Any]]:
    rows = ledger._core._database.rows("SELECT kind, body FROM message ORDER BY number")
    return [(kind, json.loads(body)) for kind, body in rows]


async def written(ledger: Ledger) -> list[tuple[str, Any]]:
    """Kind and topic of everything on the Tangle, in the order in which the ledger attached it."""
    store = ledger._core.backend.node.store
    messages = await ledger.tangle.messages(limit=1_000)
    order = {message.message_id: store.find(message.tail).id for message in messages}
    return [(each.kind, each.body) for each in sorted(messages, key=lambda message: order[message.message_id])]


async def test_what_others_act_on_goes_before_everything_else(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_ledger()
    come_back = take_away(ledger, monkeypatch)
    await ledger.publish("meter", meter(1))
    await until_away(ledger)
    await ledger.publish("data", {"topic": "t", "data": {}})
    await ledger.publish("data", {"topic": "own", "data": {}}, sender="car")
    await ledger.publish("meter", meter(2))
    await ledger.publish("request", about())
    await ledger.publish("answer", about(), sender="car")
    await ledger.publish("settlement", about())
    await ledger.pay(PaymentOrder(payment_id="p", source=TREASURY, target="car", amount_i=5))
    come_back()
    assert await ledger.drain(30)
    # The first was signed and numbered before anybody knew that the ledger was away.
    assert [kind for kind, _body in await written(ledger)] == [
        *("meter", "payment", "key", "request", "answer", "settlement", "data", "data", "meter")
    ]
    assert all(message.verified for message in await ledger.tangle.messages(limit=50)), "one chain each, in its order"


async def test_what_was_said_before_a_key_ended_is_signed_with_it(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_ledger()
    await ledger.publish("data", {"topic": "first", "data": {}}, sender="car")
    assert await ledger.drain(30)
    come_back = take_away(ledger, monkeypatch)
    await ledger.publish("meter", meter(1))
    await until_away(ledger)
    await ledger.publish("data", {"topic": "before", "data": {}}, sender="car")
    await ledger.publish("data", {"topic": "the island's", "data": {}})
    await ledger.keys.renew("car")
    await ledger.publish("data", {"topic": "after", "data": {}}, sender="car")
    come_back()
    assert await ledger.drain(30)
    said = await written(ledger)
    topics = [body.get("topic", kind) for kind, body in said]
    assert topics == ["key", "first", "meter", "before", "key", "the island's", "after"]
    assert all(message.verified for message in await ledger.tangle.messages(limit=50))


async def test_a_week_of_meter_values_a_flood_and_then_a_payment(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_ledger()
    come_back = take_away(ledger, monkeypatch)
    await ledger.publish("meter", meter(0))
    await until_away(ledger)
    core = ledger._core
    queue = MessageQueue(core._database)
    with core._database.transaction():
        for number in range(1, _WEEK_OF_VALUES):
            body = json.dumps(meter(number), separators=(",", ":"))
            queue.add(f"meter-{number}", "meter", body, 1_700_000_000.0 + 30 * number)
    values = [body["power_w"][2] for kind, body in queued(ledger) if kind == "meter"]
    assert values[0] == 0, "it was signed"
    kept = values[1:]
    assert kept == list(range(_WEEK_OF_VALUES - len(kept), _WEEK_OF_VALUES)), "the newest, without a gap"
    assert 0.94 * METER_VALUES < len(kept) <= METER_VALUES

    flood = [ledger.publish("data", {"topic": "t", "data": "x" * 9_000}) for _ in range(400)]
    refused = [
        outcome for outcome in await asyncio.gather(*flood, return_exceptions=True) if not isinstance(outcome, str)
    ]
    assert len(refused) == 400 - CHATTER_MESSAGES
    assert {getattr(error, "key", error) for error in refused} == {"outbox_full"}
    # A participant has room of its own, and what is owed always has.
    await ledger.publish("data", {"topic": "t", "data": "x" * 9_000}, sender="home")
    await ledger.publish("settlement", about())
    await ledger.pay(PaymentOrder(payment_id="p", source=TREASURY, target="car", amount_i=5))
    pages = core._database.value("PRAGMA page_count") * core._database.value("PRAGMA page_size")
    assert pages < CHATTER_BYTES * 2 + METER_BYTES

    come_back()
    async with asyncio.timeout(30):
        while (await ledger.payments())[0].state is not PaymentState.CONFIRMED:  # noqa: ASYNC110 - a thread is at it
            await asyncio.sleep(0.02)
    # All but what was signed already comes after it.
    first, then = [kind for kind, _body in await written(ledger)][:2]
    assert (first, then) == ("meter", "payment")


async def test_long_bodies_are_bounded_in_bytes(open_ledger: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = await open_ledger()
    take_away(ledger, monkeypatch)
    await ledger.publish("meter", meter(0))
    await until_away(ledger)
    core = ledger._core
    queue = MessageQueue(core._database)
    with core._database.transaction():
        for number in range(20):
            queue.add(f"m{number}", "meter", json.dumps("é" * 100_000, ensure_ascii=False), float(number))
    sizes = [row[0] for row in core._database.rows("SELECT LENGTH(CAST(body AS BLOB)) FROM message WHERE plan IS NULL")]
    assert 0.8 * METER_BYTES < sum(sizes) <= METER_BYTES

    def flood() -> None:
        for number in range(20):
            queue.add(f"d{number}", "data", json.dumps("é" * 100_000, ensure_ascii=False), float(number))

    with pytest.raises(LedgerError) as caught:
        flood()
    assert caught.value.key == "outbox_full"
    assert CHATTER_BYTES // 1024 - 196 < caught.value.placeholders["kilobytes"] <= CHATTER_BYTES // 1024


async def test_a_refused_message_leaves_nothing_behind(open_ledger: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = await open_ledger()
    come_back = take_away(ledger, monkeypatch)
    await ledger.publish("meter", meter(0))
    await until_away(ledger)
    for _ in range(CHATTER_MESSAGES):
        await ledger.publish("data", {"topic": "t", "data": {}}, sender="car")
    before = queued(ledger)
    with pytest.raises(LedgerError):
        await ledger.publish("data", {"topic": "t", "data": {}}, sender="car")
    assert queued(ledger) == before
    come_back()
    assert await ledger.drain(60)
    # There is room again.
    await ledger.publish("data", {"topic": "t", "data": {}}, sender="car")


async def test_the_payments_of_a_wallet_that_wait_are_bounded(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_ledger()
    take_away(ledger, monkeypatch)
    await ledger.publish("meter", meter(0))
    await until_away(ledger)

    def order(number: int, source: str = TREASURY) -> PaymentOrder:
        return PaymentOrder(payment_id=f"{source}-{number}", source=source, target="home", amount_i=1)

    core = ledger._core
    with core._database.transaction():
        for number in range(WAITING_PAYMENTS):
            core._outbox.add_payment(order(number), "{}", 1.0)
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(order(WAITING_PAYMENTS))
    assert caught.value.key == "wallet_queue_full"
    assert len(await ledger.queue(limit=1_000)) == WAITING_PAYMENTS
    # What was taken is taken, and other wallets are not held up.
    assert (await ledger.pay(order(0))).payment_id == f"{TREASURY}-0"
    with pytest.raises(LedgerError) as caught:
        await ledger.pay(order(1, "car"))
    assert caught.value.key == "insufficient_funds"


async def test_an_absence_is_logged_once_and_so_is_the_return(
    open_ledger: Opener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ledger = await open_ledger()
    backend = ledger._core.backend
    original, tries = backend.send, 0

    def unreachable(_trytes: Any) -> Any:
        nonlocal tries
        tries += 1
        # Each time for another reason, as nodes do.
        raise node_fault(
            LedgerFault.NODE_UNREACHABLE if tries % 2 else LedgerFault.NODE_NO_ACCESS, f"no answer {tries}"
        )

    monkeypatch.setattr(backend, "send", unreachable)
    await ledger.publish("meter", meter(0))
    async with asyncio.timeout(10):
        while tries < 10:  # noqa: ASYNC110 - a thread is at it
            await asyncio.sleep(0.02)
    monkeypatch.setattr(backend, "send", original)
    assert await ledger.drain(30)
    said = [record for record in caplog.records if record.name.startswith("custom_components")]
    assert [record.levelname for record in said] == ["WARNING", "INFO"]
    assert "no answer 1" in said[0].getMessage()
    assert "works again" in said[1].getMessage()
    assert not any(record.exc_info for record in caplog.records)
