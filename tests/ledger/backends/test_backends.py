"""What every back end has to do: the node in this process, a node in another, and one behind a faulty network."""

# The states that are waited for are those of other threads and another process.
# ruff: noqa: ASYNC110

import asyncio
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    HealthChanged,
    Ledger,
    LedgerError,
    LedgerEvent,
    LedgerFault,
    PaymentState,
    Secrets,
    SignedMilestone,
    check_node,
    new_seed,
)
from custom_components.tangle_grid.ledger.node.serve import Identity
from custom_components.tangle_grid.ledger.trinary import address_of, with_checksum
from custom_components.tangle_grid.protocol import SigningKey, is_signed_by
from tests.support.ledger.paying import helping_order as order
from tests.support.ledger.remote_node import (
    FUNDS,
    MWM,
    Opener,
    TestNode,
    balances,
    fund,
    ledger,
    node,
    open_at,
    quick_retries,
    secrets,
    session,
    sockets,
    until,
    url,
)

__all__ = ["ledger", "node", "open_at", "quick_retries", "secrets", "session", "sockets", "url"]
from tests.support.ledger.faulty_proxy import INSTEAD, TWISTED, FaultyProxy
from tests.support.ledger.foreign_wallet import spend_elsewhere, spend_first


@pytest.fixture
async def proxy(node: TestNode) -> AsyncIterator[FaultyProxy]:
    started = FaultyProxy(node.url)
    await started.start()
    yield started
    await started.stop()


# What every back end does


async def test_it_pays_wallets_and_addresses_once_and_the_receipts_are_confirmed(ledger: Ledger) -> None:
    before = await balances(ledger)
    address = with_checksum(address_of(new_seed(), 0))
    for number in range(3):
        await ledger.pay(order(f"car{number}"))
        await ledger.pay(order(f"home{number}", target="home", amount_i=10))
    await ledger.pay(order("out", target=address, amount_i=77))
    again = await ledger.pay(order("car0"))
    assert again.payment_id == "car0"
    assert await ledger.drain(20)
    after = await balances(ledger)
    assert after == {"car": 3_000, "home": 30, TREASURY: before[TREASURY] - 3_107}
    payments = await ledger.payments()
    assert len(payments) == 7
    # Payments that wait together share a bundle.
    assert len({payment.bundle for payment in payments}) < 7
    for payment in payments:
        assert payment.state is PaymentState.CONFIRMED
        assert payment.sent_at is not None
        assert payment.confirmed_at is not None
        assert payment.created_at <= payment.sent_at <= payment.confirmed_at
        assert payment.tail is not None
        info = await ledger.tangle.transaction(payment.tail)
        assert info is not None
        assert (info.confirmed, info.value, info.bundle) == (True, payment.amount_i, payment.bundle)
        assert info.message is not None
        assert info.message.verified
        assert payment.payment_id in {each["id"] for each in info.message.body["payments"]}
    await ledger.pay(order("back", source="car", target="home", amount_i=2_500))
    assert await ledger.drain(20)
    assert await balances(ledger) == {**after, "car": 500, "home": 2_530}
    wallets = await ledger.wallets()
    assert (wallets["car"].earned_i, wallets["car"].spent_i) == (3_000, 2_500)
    status = ledger.status()
    assert status.reachable
    assert status.synced
    assert status.fault is None
    assert status.supply_ok is (True if status.backend == "embedded" else None)


async def test_messages_are_read_back_in_order_and_once(ledger: Ledger) -> None:
    ids = [await ledger.publish("meter", {"n": number, "text": "ü" * 900 * (number % 3)}) for number in range(7)]
    other = await ledger.publish("data", {"n": 7})
    assert await ledger.drain(20)
    meter = await ledger.tangle.messages(kind="meter", limit=5)
    assert [message.message_id for message in meter] == ids[:1:-1]
    assert [message.body["n"] for message in meter] == [6, 5, 4, 3, 2]
    everything = [message for message in await ledger.tangle.messages() if message.verified]
    assert [message.message_id for message in everything] == [other, *reversed(ids)]
    async with asyncio.timeout(10):
        while not all(message.confirmed for message in await ledger.tangle.messages(kind="meter")):
            await asyncio.sleep(0.05)
    assert await ledger.tangle.messages(kind="nothing") == []
    assert await ledger.tangle.transaction("A" * 81) is None


async def test_it_goes_on_after_a_restart_in_the_middle(ledger: Ledger, url: str | None, open_at: Opener) -> None:
    before = await balances(ledger)
    for number in range(4):
        await ledger.pay(order(f"p{number}"))
        await ledger.publish("meter", {"n": number})
        await asyncio.sleep(0.05 * number)
        await ledger.close()
        ledger = await open_at(url)
    again = await ledger.pay(order("p0"))
    assert again.amount_i == 1_000
    assert await ledger.drain(20)
    assert await balances(ledger) == {"car": 4_000, "home": 0, TREASURY: before[TREASURY] - 4_000}
    assert {payment.state for payment in await ledger.payments()} == {PaymentState.CONFIRMED}
    messages = await ledger.tangle.messages(kind="meter")
    assert sorted(message.body["n"] for message in messages) == [0, 1, 2, 3]


async def test_funds_that_were_spent_elsewhere_are_not_spent_again(
    ledger: Ledger, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else has the seed, and is quicker: nothing is paid, and the payment says why."""
    await ledger.pay(order(amount_i=50))
    assert await ledger.drain(20)
    address = (await ledger.wallets())["car"].address[:81]
    spend_first(ledger, monkeypatch, secrets.seeds["car"], 0, 50)
    await ledger.pay(order("car1", source="car", target="home", amount_i=30))
    assert await ledger.drain(20)
    failed = next(each for each in await ledger.payments() if each.payment_id == "car1")
    assert (failed.state, failed.error) == (PaymentState.FAILED, "address_spent")
    after = await balances(ledger)
    assert (after["car"], after["home"]) == (0, 0)
    assert (await ledger.wallets())["car"].address[:81] != address
    with pytest.raises(LedgerError, match="insufficient_funds"):
        await ledger.pay(order("car2", source="car", target="home", amount_i=1))


async def test_a_wallet_whose_address_was_spent_from_elsewhere_is_paid_at_another(
    ledger: Ledger, secrets: Secrets
) -> None:
    """It had nothing to pay, and so noticed nothing: the next reward must not go to a key that has signed."""
    await ledger.pay(order(amount_i=50))
    assert await ledger.drain(20)
    address = (await ledger.wallets())["car"].address
    client = ledger._core.backend.client
    await asyncio.to_thread(spend_elsewhere, ledger, secrets.seeds["car"], 0, 50)
    await ledger.publish("data", {"n": 1})
    async with asyncio.timeout(10):
        while await asyncio.to_thread(client.balances, [address[:81]]) != [0]:
            await asyncio.sleep(0.02)
    await ledger.pay(order("reward", amount_i=70))
    assert await ledger.drain(20)
    paid = next(each for each in await ledger.payments() if each.payment_id == "reward")
    assert (paid.state, paid.error) == (PaymentState.CONFIRMED, None)
    another = (await ledger.wallets())["car"].address
    assert another != address
    assert await asyncio.to_thread(client.balances, [another[:81]]) == [70]
    await ledger.pay(order("on", source="car", target="home", amount_i=70))
    assert await ledger.drain(20)
    assert (await balances(ledger))["home"] == 70


# A node elsewhere


async def test_a_node_that_is_away_for_a_while_costs_nothing_but_time(
    open_at: Opener, node: TestNode, proxy: FaultyProxy
) -> None:
    ledger = await open_at(proxy.url)
    await fund(ledger, node)
    heard: list[LedgerEvent] = []
    ledger.subscribe(heard.append)
    await ledger.pay(order("before"))
    proxy.down = True
    await ledger.pay(order("p1"))
    message_id = await ledger.publish("meter", {"n": 1})
    await until(lambda: ledger.status().fault is LedgerFault.NODE_UNREACHABLE)
    await ledger.close()
    # Without the node the ledger opens, knows what it had, and takes orders.
    ledger = await open_at(proxy.url)
    ledger.subscribe(heard.append)
    await ledger.pay(order("p2"))
    assert not ledger.status().reachable
    assert (await ledger.wallets())[TREASURY].available_i >= FUNDS - 3_000 - 1_000
    with pytest.raises(LedgerError) as caught:
        await ledger.tangle.messages()
    assert caught.value.fault is LedgerFault.NODE_UNREACHABLE
    proxy.down = False
    assert await ledger.drain(20)
    await until(lambda: ledger.status().reachable)
    assert await balances(ledger) == {"car": 3_000, "home": 0, TREASURY: FUNDS - 3_000}
    assert [each.message_id for each in await ledger.tangle.messages(kind="meter")] == [message_id]
    faults = [each.status.fault for each in heard if isinstance(each, HealthChanged)]
    assert faults[-1] is None
    assert LedgerFault.NODE_UNREACHABLE in faults


@pytest.mark.parametrize(
    ("seed", "payments"), [(1, 5), *(pytest.param(each, 40, marks=pytest.mark.long) for each in range(2, 12))]
)
async def test_no_fault_loses_or_doubles_a_payment_or_uses_a_key_twice(
    open_at: Opener, node: TestNode, proxy: FaultyProxy, secrets: Secrets, seed: int, payments: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a sample, not a key
    ledger = await open_at(proxy.url, timeout_s=0.5)
    await fund(ledger, node)
    proxy.choose = lambda _command: chance.choice((*INSTEAD, *TWISTED, "slow")) if chance.random() < 0.3 else None
    expected: Counter[str] = Counter()
    for number in range(payments):
        target, amount = chance.choice(("car", "home")), chance.randrange(1, 1_000)
        while True:
            # A balance that the node tells wrongly for a moment may be too low for the order.
            with suppress(LedgerError):
                await ledger.pay(order(f"p{number}", target=target, amount_i=amount))
                break
            await asyncio.sleep(0.05)
        expected[target] += amount
        await ledger.publish("meter", {"n": number})
        await asyncio.sleep(chance.uniform(0.0, 0.2))
        if number % 4 == 2:
            await ledger.close()
            while True:
                with suppress(LedgerError):
                    ledger = await open_at(proxy.url, timeout_s=0.5)
                    break
    await ledger.drain(2.0 if payments < 10 else 20.0)
    proxy.choose = lambda _command: None
    assert await ledger.drain(40)
    assert {payment.state for payment in await ledger.payments(limit=1_000)} == {PaymentState.CONFIRMED}
    await until(lambda: ledger.status().reachable)

    settled = {"car": 0, "home": 0, **expected, TREASURY: FUNDS - expected.total()}
    async with asyncio.timeout(10):
        while await balances(ledger) != settled:
            await asyncio.sleep(0.05)
    spends = await asyncio.to_thread(node.spends, secrets)
    assert spends
    assert all(len(bundles) == 1 for bundles in spends.values())
    messages = await ledger.tangle.messages(kind="meter", limit=1_000)
    assert sorted(message.body["n"] for message in messages) == list(range(payments))
    assert len(proxy.met) > 3


_QUICK = ("400", "all_true")


@pytest.mark.parametrize(
    "fault",
    [
        *_QUICK,
        *(pytest.param(each, marks=pytest.mark.long) for each in (*INSTEAD, *TWISTED, "huge") if each not in _QUICK),
    ],
)
async def test_one_fault_after_another_harms_nothing(
    open_at: Opener, node: TestNode, proxy: FaultyProxy, fault: str
) -> None:
    """While every answer is spoilt nothing wrong is believed; afterwards all goes through."""
    ledger = await open_at(proxy.url)
    await fund(ledger, node)
    wallets = await ledger.wallets()
    proxy.choose = lambda command: fault if command != "getNodeInfo" else None
    await ledger.pay(order("p1"))
    await ledger.publish("meter", {"n": 1})
    await until(lambda: len(proxy.asked) > 12 and fault in proxy.met)
    (payment,) = await ledger.payments()
    assert payment.state in {PaymentState.QUEUED, PaymentState.SENT}
    assert (await ledger.wallets())["car"].balance_i in {0, 5}
    with suppress(LedgerError):
        assert [each.body for each in await ledger.tangle.messages(kind="meter")] in ([], [{"n": 1}])
    proxy.choose = lambda _command: None
    assert await ledger.drain(20)
    after = await balances(ledger)
    assert after == {"car": 1_000, "home": 0, TREASURY: wallets[TREASURY].balance_i - 1_000}


async def test_closing_does_not_wait_for_a_node_that_hangs(open_at: Opener, node: TestNode, proxy: FaultyProxy) -> None:
    ledger = await open_at(proxy.url, timeout_s=30.0)
    proxy.choose = lambda _command: "slow"
    reading = asyncio.create_task(ledger.tangle.messages())
    asked = len(proxy.asked)
    await until(lambda: len(proxy.asked) > asked)
    # Orders are taken meanwhile.
    async with asyncio.timeout(1):
        assert await ledger.publish("meter", {"n": 1})
        assert await ledger.payments() == []
    async with asyncio.timeout(2):
        await ledger.close()
    with pytest.raises(LedgerError):
        await reading
    opening = asyncio.create_task(open_at(proxy.url, timeout_s=30.0))
    await asyncio.sleep(0.2)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    proxy.choose = lambda _command: None
    async with asyncio.timeout(5):
        while True:
            with suppress(LedgerError):
                ledger = await open_at(proxy.url)
                break
            await asyncio.sleep(0.05)
    assert await ledger.drain(10)


async def test_a_fault_that_somebody_met_during_a_round_outlives_the_round(
    open_at: Opener, node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = await open_at(node.url, poll_s=60.0, idle_poll_s=60.0)
    await until(lambda: ledger._core.steps._last_round > 0)
    backend: Any = ledger._core.backend
    met = (LedgerFault.NODE_WRONG_ANSWER, "meanwhile")
    credits_of = backend._tangles.credits

    def meanwhile(addresses: Any) -> Any:
        backend._node.fault = met
        return credits_of(addresses)

    with monkeypatch.context() as patch:
        patch.setattr(backend._tangles, "credits", meanwhile)
        await asyncio.to_thread(backend.begin_round, [], list)
    assert backend.fault == met
    await asyncio.to_thread(backend.begin_round, [], list)
    assert backend.fault is None


async def test_a_payment_that_is_not_confirmed_is_pushed_with_the_same_signature(
    open_at: Opener, node: TestNode, proxy: FaultyProxy, secrets: Secrets
) -> None:
    ledger = await open_at(proxy.url, push_after_s=0.2)
    await fund(ledger, node)
    proxy.choose = lambda command: "all_false" if command == "getInclusionStates" else None
    await ledger.pay(order("p1"))
    await until(lambda: proxy.asked.count("broadcastTransactions") >= 2)
    # Nobody builds on it any more: now it is attached again.
    proxy.choose = lambda command: "all_false" if command in {"getInclusionStates", "checkConsistency"} else None
    (payment,) = await ledger.payments()
    assert payment.bundle is not None
    length = len(await asyncio.to_thread(node.client.find_bundle, payment.bundle))
    sent = proxy.asked.count("broadcastTransactions")
    await until(lambda: proxy.asked.count("broadcastTransactions") > sent)
    await until(lambda: len(node.client.find_bundle(payment.bundle or "")) > length)
    proxy.choose = lambda _command: None
    assert await ledger.drain(10)
    (payment,) = await ledger.payments()
    assert payment.state is PaymentState.CONFIRMED
    assert await balances(ledger) == {"car": 1_000, "home": 0, TREASURY: FUNDS - 1_000}
    spends = await asyncio.to_thread(node.spends, secrets)
    assert [len(bundles) for bundles in spends.values()] == [1]


# Another Tangle


async def test_a_node_with_another_tangle_is_refused_and_nothing_is_overwritten(
    open_at: Opener, node: TestNode, proxy: FaultyProxy, tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    ledger = await open_at(proxy.url)
    await fund(ledger, node)
    await ledger.pay(order("p1"))
    assert await ledger.drain(10)
    before = await balances(ledger)
    other = await asyncio.to_thread(TestNode, tmp_path / "other")
    try:
        proxy.target, first = other.url, proxy.target
        await ledger.pay(order("p2"))
        await until(lambda: ledger.status().fault is LedgerFault.NODE_OTHER_TANGLE)
        assert await balances(ledger) == before
        await ledger.close()
        with pytest.raises(LedgerError) as caught:
            await open_at(proxy.url)
        assert caught.value.fault is LedgerFault.NODE_OTHER_TANGLE
        assert "another Tangle" in str(caught.value)
        assert not other.process.post({"command": "findTransactions", "tags": ["TGPAYMENT"]})[1]["hashes"]
        proxy.target = first
        ledger = await open_at(proxy.url)
        assert await ledger.drain(10)
        assert (await balances(ledger))["car"] == 2_000
        # The user may agree to the other one: then the wallets move there.
        await ledger.close()
        proxy.target = other.url
        info = await check_node(session, proxy.url)
        ledger = await open_at(proxy.url, tangle_id=info.tangle_id)
        assert await balances(ledger) == {"car": 0, "home": 0, TREASURY: 0}
    finally:
        await asyncio.to_thread(other.stop)


async def test_a_node_that_was_set_back_is_not_worked_with(open_at: Opener, node: TestNode, proxy: FaultyProxy) -> None:
    ledger = await open_at(proxy.url)
    await fund(ledger, node)
    await ledger.pay(order("p1"))
    assert await ledger.drain(10)
    tangles = ledger._core.backend._tangles  # type: ignore[attr-defined]
    assert tangles.anchors()
    await ledger.close()

    # The same network, without the milestone that was seen: it was started afresh.
    proxy.choose = lambda command: "nothing_found" if command == "getTrytes" else None
    with pytest.raises(LedgerError) as caught:
        await open_at(proxy.url)
    assert caught.value.fault is LedgerFault.NODE_OTHER_TANGLE
    proxy.choose = lambda _command: None
    ledger = await open_at(proxy.url)
    await ledger.pay(order("p2"))
    assert await ledger.drain(10)


async def test_changing_the_back_end_keeps_what_is_promised(  # noqa: PLR0915 - one story
    open_at: Opener, node: TestNode, proxy: FaultyProxy, secrets: Secrets
) -> None:
    ledger = await open_at(None)
    await ledger.pay(order("here"))
    await ledger.pay(order("spend", source=TREASURY, target="home", amount_i=5))
    assert await ledger.drain(10)
    home_tangle = (await ledger.payments())[0].tangle
    assert home_tangle
    await ledger.close()

    # Without an answer from the new node nothing changes.
    proxy.down = True
    with pytest.raises(LedgerError) as caught:
        await open_at(proxy.url)
    assert caught.value.fault is LedgerFault.NODE_UNREACHABLE
    ledger = await open_at(None)
    assert (await balances(ledger))["car"] == 1_000
    indices = {name: ledger._core.accounts.book.receive_key(name)[0] for name in secrets.seeds}
    await ledger.close()

    proxy.down = False
    ledger = await open_at(proxy.url)
    assert ledger.status().backend == "remote"
    assert await balances(ledger) == {"car": 0, "home": 0, TREASURY: 0}
    moved = {name: ledger._core.accounts.book.receive_key(name)[0] for name in secrets.seeds}
    assert all(moved[name] > indices[name] for name in moved)
    await fund(ledger, node)
    await ledger.pay(order("there", amount_i=300))
    assert await ledger.drain(10)
    assert (await balances(ledger))["car"] == 300
    by_id = {payment.payment_id: payment for payment in await ledger.payments()}
    assert {by_id[each].state for each in ("here", "spend", "there")} == {PaymentState.CONFIRMED}
    assert by_id["here"].tangle == home_tangle
    assert by_id["there"].tangle not in {None, home_tangle}

    # A payment that is signed for this Tangle waits here; one that is queued goes out wherever there are funds.
    proxy.choose = lambda command: "500" if command in {"broadcastTransactions", "storeTransactions"} else None
    await ledger.pay(order("signed", amount_i=11))
    sent = proxy.asked.count("broadcastTransactions")
    await until(lambda: proxy.asked.count("broadcastTransactions") > sent)
    await ledger.pay(order("queued", amount_i=22))
    message_id = await ledger.publish("meter", {"n": 5})
    await ledger.close()
    ledger = await open_at(None)
    assert await ledger.drain(10)
    assert await balances(ledger) == {"car": 1_022, "home": 5, TREASURY: SUPPLY - 1_027}
    assert ledger.status().supply_ok
    by_id = {payment.payment_id: payment for payment in await ledger.payments()}
    assert by_id["signed"].state is PaymentState.QUEUED
    assert by_id["queued"].tangle == home_tangle
    assert [each.message_id for each in await ledger.tangle.messages(kind="meter")] == [message_id]
    await ledger.close()

    proxy.choose = lambda _command: None
    ledger = await open_at(proxy.url)
    assert await ledger.drain(10)
    assert await balances(ledger) == {"car": 311, "home": 0, TREASURY: FUNDS - 311}
    spends = await asyncio.to_thread(node.spends, secrets)
    assert all(len(bundles) == 1 for bundles in spends.values())


async def test_a_ledger_that_began_elsewhere_starts_its_own_tangle_on_a_fresh_address(
    open_at: Opener, node: TestNode, tmp_path: Path, secrets: Secrets
) -> None:
    ledger = await open_at(node.url)
    await fund(ledger, node)
    await ledger.pay(order("there"))
    assert await ledger.drain(10)
    await ledger.close()
    with pytest.raises(LedgerError, match="work with a node elsewhere"):
        await Ledger.open(tmp_path / "ledger", island_id=ledger._core._island_id, secrets=secrets, mwm=MWM)
    assert not (tmp_path / "ledger" / "tangle.sqlite").exists()
    for _ in range(2):
        ledger = await open_at(None)
        wallets = await ledger.wallets()
        assert sum(wallet.balance_i for wallet in wallets.values()) == SUPPLY
        await ledger.close()
    ledger = await open_at(None)
    await ledger.pay(order("here"))
    assert await ledger.drain(10)
    assert (await balances(ledger))["car"] == 1_000


# The flow in which a node is entered


async def test_checking_a_node(node: TestNode, session: aiohttp.ClientSession) -> None:
    info = await check_node(session, node.url + "/")
    assert info.app_name == "Tangle Grid"
    assert info.synced
    assert info.tangle_id.startswith("iri:")
    assert info.offers_work
    for bad in ("", "node", "ftp://node", "http://", "http://user:secret@node", "http://node?x=1", "http://no de", 7):
        with pytest.raises(LedgerError) as caught:
            await check_node(session, bad)  # type: ignore[arg-type]
        assert caught.value.key == "invalid_url", bad
        assert "secret" not in str(caught.value)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(LedgerError) as caught:
        await check_node(session, closed)
    assert caught.value.key == "cannot_connect"
    with pytest.raises(LedgerError) as caught:
        await check_node(session, node.url, "töken")
    assert caught.value.key == "invalid_auth"


@pytest.mark.parametrize(
    ("status", "body", "key"),
    [
        (401, "", "invalid_auth"),
        (403, "{}", "invalid_auth"),
        (200, "<html>router</html>", "not_an_iri_node"),
        (200, "{}", "not_an_iri_node"),
        (200, "[" * 5_000, "not_an_iri_node"),
        (200, '{"appName": 1, "latestMilestoneIndex": "x"}', "not_an_iri_node"),
        (404, "not found", "not_an_iri_node"),
        (302, "", "not_an_iri_node"),
        (400, '{"error": "Invalid API Version"}', "not_an_iri_node"),
        (503, "busy", "cannot_connect"),
        (200, "9" * 100_000, "not_an_iri_node"),
    ],
)
async def test_checking_what_is_no_node(session: aiohttp.ClientSession, status: int, body: str, key: str) -> None:
    tokens: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        tokens.append(request.headers.get("Authorization"))
        return web.Response(status=status, text=body, headers={"Location": "/"} if status == 302 else None)

    application = web.Application()
    application.router.add_post("/", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        with pytest.raises(LedgerError) as caught:
            await check_node(session, f"http://127.0.0.1:{runner.addresses[0][1]}", "token")
        assert caught.value.key == key
        assert tokens == ["Bearer token"]
    finally:
        await runner.cleanup()


async def test_the_signed_milestones_that_a_node_shows_are_read_back(
    ledger: Ledger, url: str | None, request: pytest.FixtureRequest
) -> None:
    if url is None:
        island, public_key = ledger._core._island_id, ledger._core._public_key
    else:
        identity = Identity.load(request.getfixturevalue("node").folder)
        assert identity is not None
        island, public_key = identity.island_id, SigningKey.from_hex(identity.signing_key).public
    for number in range(2):
        await ledger.publish("meter", {"n": number})
        assert await ledger.drain(30), number

    async def read(**options: Any) -> list[SignedMilestone]:
        return await ledger.tangle.milestones(island=island, public_key=public_key, **options)

    async with asyncio.timeout(10):
        while len(found := await read()) < 2:
            await asyncio.sleep(0.02)
    numbers = [each.milestone.number for each in found]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert all(is_signed_by(public_key, each.signature, each.milestone.signed_bytes()) for each in found)
    assert (await read(down_to=10**6))[0].milestone.number >= numbers[-1]
    assert len(await read(limit=1)) == 1
    # Nobody else's word is taken for the island's.
    assert await ledger.tangle.milestones(island="another", public_key=public_key) == []
    assert await ledger.tangle.milestones(island=island, public_key=SigningKey.generate().public) == []


async def test_payments_that_are_held_leave_when_they_are_held_no_more(
    ledger: Ledger,
) -> None:
    assert await ledger.drain(30)
    # What was queued when they are held is not signed, and nothing new is taken.
    before = await balances(ledger)
    ledger._core.hold_payments(held=True)
    with pytest.raises(LedgerError, match="payments_held"):
        await ledger.pay(order("p1"))
    ledger._core.orders.held = False
    assert (await ledger.pay(order("p2"))).state is PaymentState.QUEUED
    ledger._core.orders.held = True
    # One that was taken is answered as before.
    assert (await ledger.pay(order("p2"))).state is PaymentState.QUEUED
    assert not await ledger.drain(0.5)
    assert await balances(ledger) == before
    ledger.hold_payments(held=False)
    assert await ledger.drain(30)
    payment = await ledger.payment("p2")
    assert payment is not None
    assert payment.state is PaymentState.CONFIRMED
    assert await ledger.payment("p1") is None
