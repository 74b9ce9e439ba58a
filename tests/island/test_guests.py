"""Other houses at this island's node: nobody without a token, and with one nothing but the node."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from unittest.mock import ANY, patch

import pytest
from aiohttp.test_utils import TestClient
from homeassistant.components.http.ban import KEY_FAILED_LOGIN_ATTEMPTS, KEY_LOGIN_THRESHOLD
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.translation import async_get_translations
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.bridge import options as ledger_choice
from custom_components.tangle_grid.bridge.secrets import SecretStore
from custom_components.tangle_grid.const import (
    CONF_ISLAND_ID,
    CONF_LEDGER,
    CONF_METER,
    CONF_METER_POWER,
    CONF_PUBLISH_INTERVAL,
    DOMAIN,
    TREASURY,
)
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from custom_components.tangle_grid.island import guests
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import PaymentOrder, PaymentState, Remote, check_node, wire
from custom_components.tangle_grid.ledger.backends.remote import RemoteNode
from custom_components.tangle_grid.ledger.node import Transaction
from custom_components.tangle_grid.ledger.node.guest_api import GuestApi
from tests.support.guests import PATH, ask, let_in
from tests.support.island import Island, async_set_up_devices, island_entry
from tests.support.ledger.tangle import note
from tests.support.real_ledger import async_load, async_until, logged


@pytest.fixture
async def house(hass: HomeAssistant, entry: MockConfigEntry) -> IslandRuntime:
    """An island with a ledger of its own, and nobody let in."""
    await async_set_up_devices(hass)
    return await async_load(hass, entry)


@pytest.fixture
async def client(house: IslandRuntime, hass_client_no_auth: ClientSessionGenerator) -> TestClient[Any, Any]:
    """Somebody on the network, at the door of that house."""
    return await hass_client_no_auth()


@pytest.mark.parametrize(
    ("addresses", "step", "url"),
    [
        ({}, "token_without_address", PATH),
        ({"internal_url": "http://192.168.1.5:8123"}, "token_without_encryption", f"http://192.168.1.5:8123{PATH}"),
        (
            {"internal_url": "http://192.168.1.5:8123", "external_url": "https://home.example.org"},
            "token",
            f"https://home.example.org{PATH}",
        ),
    ],
)
async def test_an_address_is_not_made_up_and_one_without_encryption_is_said(
    hass: HomeAssistant, island: Island, addresses: dict[str, str], step: str, url: str
) -> None:
    await hass.config.async_update(**{"internal_url": None, "external_url": None, **addresses})
    # Not what the machine calls itself, either.
    hass.config.api = None
    flows = hass.config_entries.subentries
    form = await flows.async_init((island.entry.entry_id, "guest"), context={"source": SOURCE_USER})
    shown = await flows.async_configure(form["flow_id"], {"name": "Oak Street", "work": False})
    assert shown["step_id"] == step
    assert shown["description_placeholders"] is not None
    assert shown["description_placeholders"]["url"] == url
    texts = await async_get_translations(hass, "en", "config_subentries", [DOMAIN])
    text = texts[f"component.{DOMAIN}.config_subentries.guest.step.{step}.description"]
    assert ("https" in text) == (step != "token")
    again = await flows.async_configure(shown["flow_id"])
    assert (again["step_id"], again["description_placeholders"]) == (step, shown["description_placeholders"])
    assert not guests.guests(island.entry)
    done = await flows.async_configure(shown["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_nothing_answers_before_anybody_is_let_in(
    hass: HomeAssistant, house: IslandRuntime, client: TestClient[Any, Any]
) -> None:
    for token in (None, "x", "y" * 43):
        status, _ = await ask(client, token, "getNodeInfo")
        assert status == HTTPStatus.NOT_FOUND
    response = await client.post("/api/tangle_grid/another/iri", json={"command": "getNodeInfo"})
    assert response.status == HTTPStatus.NOT_FOUND


async def test_a_guest(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = await let_in(hass, entry)
    # The island was not started anew for it.
    assert entry.runtime_data is house

    for wrong in (None, "", "x", token[:-1], token + "x"):
        status, _ = await ask(client, wrong, "getNodeInfo")
        assert status == HTTPStatus.UNAUTHORIZED
    response = await client.post(PATH, json={"command": "getNodeInfo"}, headers={"Authorization": f"Basic {token}"})
    assert response.status == HTTPStatus.UNAUTHORIZED
    status, info = await ask(client, token, "getNodeInfo")
    assert status == HTTPStatus.OK
    assert info["appName"] == "Tangle Grid"
    assert "RemotePOW" not in info["features"]

    # It does its own proof of work, and puts a message on the Tangle, which is confirmed without anyone waiting for it.
    status, tips = await ask(client, token, "getTransactionsToApprove", depth=3)
    lane = house.link.ledger._core.backend.node.lanes.open()
    attached = await hass.async_add_executor_job(
        lambda: lane.attach(note("hello"), trunk=tips["trunkTransaction"], branch=tips["branchTransaction"], mwm=9)
    )
    status, _ = await ask(client, token, "broadcastTransactions", trytes=attached)
    assert status == HTTPStatus.OK
    ledger = house.link.ledger
    tail = await hass.async_add_executor_job(lambda: _hash(attached[0]))
    for _ in range(100):
        found = await ledger.tangle.transaction(tail)
        assert found is not None
        if found.confirmed:
            break
        await asyncio.sleep(0.1)
    assert found.confirmed

    # Neither this house's processor, nor its neighbours.
    for command, fields in (
        ("attachToTangle", {"trytes": attached, "minWeightMagnitude": 9, **tips}),
        ("interruptAttachingToTangle", {}),
        ("addNeighbors", {"uris": []}),
        ("removeNeighbors", {"uris": []}),
    ):
        status, answer = await ask(client, token, command, **fields)
        assert status == HTTPStatus.UNAUTHORIZED, command
        assert "not available" in answer["error"]

    # Only the hash is kept, and not even that is shown.
    (guest,) = guests.guests(entry).values()
    assert guest.data["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    shown = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    assert token not in shown
    assert guest.data["token_hash"] not in shown
    assert token not in logged(caplog)

    # Revoked at once, and the last one closes the door.
    other = await let_in(hass, entry, "Elm Street")
    hass.config_entries.async_remove_subentry(entry, guest.subentry_id)
    assert (await ask(client, token, "getNodeInfo"))[0] == HTTPStatus.UNAUTHORIZED
    assert (await ask(client, other, "getNodeInfo"))[0] == HTTPStatus.OK
    (guest,) = guests.guests(entry).values()
    hass.config_entries.async_remove_subentry(entry, guest.subentry_id)
    assert (await ask(client, other, "getNodeInfo"))[0] == HTTPStatus.NOT_FOUND
    assert entry.runtime_data is house
    assert house.link.ledger is ledger


def _hash(trytes: str) -> str:
    return Transaction.parse(trytes).hash


async def test_work_is_done_for_whom_it_is_allowed(
    hass: HomeAssistant, house: IslandRuntime, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    token = await let_in(hass, entry, work=True)
    status, tips = await ask(client, token, "getTransactionsToApprove", depth=3)
    tips.pop("duration")
    status, answer = await ask(client, token, "attachToTangle", trytes=note("hello"), minWeightMagnitude=9, **tips)
    assert status == HTTPStatus.OK
    assert len(answer["trytes"]) == 1


async def test_what_is_too_much(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await let_in(hass, entry)
    headers = {"Authorization": f"Bearer {token}"}

    async def drip() -> Any:
        for _ in range(wire.MAX_BODY_BYTES // 100_000 + 2):
            yield b" " * 100_000

    for body in (b" " * (wire.MAX_BODY_BYTES + 1), drip()):
        response = await client.post(PATH, data=body, headers=headers)
        assert response.status == HTTPStatus.BAD_REQUEST
        assert (await response.json())["error"] == "Request too long"
    for body in (b"", b"[]", b"{", b"\xff"):
        response = await client.post(PATH, data=body, headers=headers)
        assert response.status == HTTPStatus.BAD_REQUEST

    read_body = wire.read_body
    monkeypatch.setattr(wire, "read_body", partial(read_body, within_s=0.1))

    async def stall() -> Any:
        yield b"{"
        await asyncio.sleep(0.5)

    response = await client.post(PATH, data=stall(), headers=headers)
    assert response.status == HTTPStatus.BAD_REQUEST

    # Another guest is not held up by one who asks too often.
    other = await let_in(hass, entry, "Elm Street")
    monkeypatch.setattr(guests, "_RATE_PER_S", 0.0)
    statuses = [(await ask(client, token, "getNodeInfo"))[0] for _ in range(60)]
    assert statuses[-1] == HTTPStatus.TOO_MANY_REQUESTS
    assert HTTPStatus.OK in statuses
    assert (await ask(client, other, "getNodeInfo"))[0] == HTTPStatus.OK


async def raw(client: TestClient[Any, Any], *headers: bytes, body: bytes = b'{"command": "getNodeInfo"}') -> Any:
    """Post bytes to the path for guests as they are; return status and answer, which is JSON whatever it says."""
    assert client.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    head = [f"POST {PATH} HTTP/1.1".encode(), b"Host: x", *headers, b"Content-Length: %d" % len(body)]
    writer.write(b"\r\n".join([*head, b"", body]))
    status_line, *lines = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode().split("\r\n")
    assert any(line.lower().startswith("content-type: application/json") for line in lines), lines
    length = next(line for line in lines if line.lower().startswith("content-length: "))
    answer = json.loads(await reader.readexactly(int(length.rpartition(" ")[2])))
    writer.close()
    assert "duration" in answer
    return int(status_line.split()[1]), answer


@pytest.mark.parametrize(
    "authorization",
    [b"Bearer \xff\xfe", b"Bearer gr\xc3\xbc\xc3\x9fe", b"Bearer " + b"x" * 7_000, b"Bearer", b"\xff \xff", b""],
    ids=range(6),
)
async def test_who_guesses_is_counted_and_banned_whatever_is_guessed(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    authorization: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = await let_in(hass, entry)
    app = client.app
    assert app is not None
    with (
        patch.dict(app._state, {KEY_LOGIN_THRESHOLD: 3}),
        patch("homeassistant.components.http.ban.IpBanManager.async_add_ban") as ban,
    ):
        for number in range(1, 4):
            status, answer = await raw(client, b"Authorization: " + authorization)
            assert (status, answer["error"]) == (401, "Unauthorized")
            assert sum(app[KEY_FAILED_LOGIN_ATTEMPTS].values()) == number
        assert ban.called
    assert (await raw(client, b"Authorization: Bearer " + token.encode()))[0] == 200
    assert "Traceback" not in caplog.text


async def test_whatever_is_wrong_is_said_as_iri_says_it(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert (await raw(client))[0] == 404
    bearer = b"Authorization: Bearer " + (await let_in(hass, entry)).encode()
    info = b'{"command": "getNodeInfo"}'
    for headers, body, status, error in (
        ([b"Content-Encoding: gzip"], info, 400, "Invalid request: it is compressed"),
        ([b"Content-Encoding: gzip"], gzip.compress(info), 400, "Invalid request: it is compressed"),
        ([b"Expect: magic"], info, 417, "Unknown expectation"),
        ([], b'{"command": ' + b"9" * 400 + b"}", 400, "Invalid JSON syntax"),
        ([], b'{"command": "getTransactionsToApprove", "depth": 1e400}', 400, "Invalid depth input"),
    ):
        assert await raw(client, bearer, *headers, body=body) == (status, {"error": error, "duration": ANY})
    # What is expected of somebody who is not let in is not even looked at.
    assert (await raw(client, b"Expect: magic"))[0] == 401
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        response = await client.request(method, PATH)
        assert response.status == HTTPStatus.METHOD_NOT_ALLOWED
        assert (await response.json())["error"] == "Method Not Allowed"
    assert "Traceback" not in caplog.text


async def test_a_guest_pays_for_what_its_requests_cost(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = await let_in(hass, entry)
    other = await let_in(hass, entry, "Elm Street")
    monkeypatch.setattr(guests, "_RATE_PER_S", 0.0)
    asked, answered = {"hashes": ["9" * 81] * 1_000}, 0
    while (await ask(client, token, "getTrytes", **asked))[0] == HTTPStatus.OK:
        answered += 1
    # Small requests could have been made sixty times.
    assert 0 < answered < 59
    assert (await ask(client, other, "getNodeInfo"))[0] == HTTPStatus.OK


async def test_a_guest_has_so_many_requests_at_the_same_time(
    hass: HomeAssistant, house: IslandRuntime, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    """Bodies that never come are not collected, nor are the answers of somebody who does not take them."""
    token = await let_in(hass, entry)
    other = await let_in(hass, entry, "Elm Street")
    assert client.port is not None
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n".encode()
    slow = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(4)]
    for _reader, writer in slow:
        writer.write(head)
    await asyncio.sleep(0.1)
    assert (await ask(client, token, "getNodeInfo"))[0] == HTTPStatus.TOO_MANY_REQUESTS
    assert (await ask(client, other, "getNodeInfo"))[0] == HTTPStatus.OK
    for _reader, writer in slow:
        writer.close()
    await asyncio.sleep(0.1)
    assert (await ask(client, token, "getNodeInfo"))[0] == HTTPStatus.OK


async def test_a_closed_node(
    hass: HomeAssistant, house: IslandRuntime, entry: MockConfigEntry, client: TestClient[Any, Any]
) -> None:
    token = await let_in(hass, entry)
    await house.link.async_close()
    assert (await ask(client, token, "getNodeInfo"))[0] == HTTPStatus.SERVICE_UNAVAILABLE
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await ask(client, token, "getNodeInfo"))[0] == HTTPStatus.NOT_FOUND


async def test_a_new_token(hass: HomeAssistant, island: Island) -> None:
    entry = island.entry
    first = await let_in(hass, entry)
    (guest,) = guests.guests(entry).values()

    form = await entry.start_subentry_reconfigure_flow(hass, guest.subentry_id)
    same = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": "Oak Street", "work": True, "new_token": False}
    )
    assert same["reason"] == "reconfigure_successful"
    (guest,) = guests.guests(entry).values()
    assert guest.data == {"work": True, "token_hash": guests.token_hash(first)}

    form = await entry.start_subentry_reconfigure_flow(hass, guest.subentry_id)
    shown = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": "Oak Street 5", "work": False, "new_token": True}
    )
    (guest,) = guests.guests(entry).values()
    assert guest.data["token_hash"] == guests.token_hash(first), "until it was shown and confirmed, the old one works"
    await hass.config_entries.subentries.async_configure(shown["flow_id"], {})
    (guest,) = guests.guests(entry).values()
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert guest.title == "Oak Street 5"
    assert guest.data == {"work": False, "token_hash": guests.token_hash(placeholders["token"])}
    # A guest is nobody on the feed.
    assert guest.subentry_id not in island.runtime.participants

    form = await hass.config_entries.subentries.async_init((entry.entry_id, "guest"), context={"source": SOURCE_USER})
    for name, error in (("  ", "name_missing"), ("oak street 5", "name_taken"), ("Home 1", "name_taken")):
        form = await hass.config_entries.subentries.async_configure(form["flow_id"], {"name": name, "work": False})
        assert form["errors"] == {"name": error}


async def neighbour(hass: HomeAssistant, client: TestClient[Any, Any], token: str) -> MockConfigEntry:
    """The island of another house, which works with the first one's node."""
    url, other_id = str(client.make_url(PATH)), "f" * 32
    info = await check_node(client.session, url, token)
    token_id = await SecretStore(hass, other_id).async_add_token(token)
    choice = {"url": url, "mwm": 9, "tangle_id": info.tangle_id, "token_id": token_id}
    return island_entry(
        # What is paid is what these tests are about.
        options={CONF_LEDGER: choice, CONF_PUBLISH_INTERVAL: 3_600},
        **{CONF_ISLAND_ID: other_id, "name": "Oak Street", CONF_METER: {CONF_METER_POWER: ["sensor.meter_l1"]}},
    )


async def test_another_house_uses_the_node(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two islands, one Tangle: the second house works through the first one's path, with its token."""
    monkeypatch.setattr(ledger_choice, "Remote", partial(Remote, poll_s=0.2, idle_poll_s=0.5))
    second = await neighbour(hass, client, await let_in(hass, entry))
    oak = await async_load(hass, second)
    assert oak.link.status is not None
    assert oak.link.status.backend == "remote"
    assert oak.link.status.supply_ok is None
    assert oak.link.wallets[TREASURY].balance_i == 0

    # The first house pays the second one's treasury, which then pays its own charger.
    order = PaymentOrder(payment_id="hello", source=TREASURY, target=oak.link.wallets[TREASURY].address, amount_i=1_000)
    await house.link.ledger.pay(order)
    await async_until(hass, lambda: oak.link.wallets[TREASURY].balance_i == 1_000)
    charger = oak.wallet_ids["charger-1"]
    await oak.link.ledger.pay(PaymentOrder(payment_id="back", source=TREASURY, target=charger, amount_i=400))
    await async_until(hass, lambda: oak.link.wallets[charger].balance_i == 400)
    await async_until(hass, lambda: not oak.link.wallets[charger].incoming_i)
    (payment,) = [each for each in await oak.link.ledger.payments() if each.payment_id == "back"]
    assert payment.state is PaymentState.CONFIRMED
    assert payment.tail is not None
    seen = await house.link.ledger.tangle.transaction(payment.tail)
    assert seen is not None
    assert seen.confirmed
    assert seen.value == 400

    # Who is not let in any more cannot go on; its grid does.
    (guest,) = guests.guests(entry).values()
    hass.config_entries.async_remove_subentry(entry, guest.subentry_id)
    await let_in(hass, entry, "Elm Street")
    await oak.link.ledger.pay(PaymentOrder(payment_id="late", source=TREASURY, target=charger, amount_i=1))
    await async_until(hass, lambda: not oak.link.healthy)
    assert oak.link.status.fault is not None
    assert oak.link.status.fault.value == "node_no_access"
    await hass.config_entries.async_unload(second.entry_id)


async def test_another_house_has_its_work_done(
    hass: HomeAssistant,
    house: IslandRuntime,
    entry: MockConfigEntry,
    client: TestClient[Any, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as it is allowed, the proof of work of the second house is done by the first one, and then by itself."""
    monkeypatch.setattr(ledger_choice, "Remote", partial(Remote, poll_s=0.2, idle_poll_s=0.5, remote_work=True))
    done: list[tuple[str, int]] = []

    async def answer(self: GuestApi, body: bytes, used: Callable[[float], object]) -> tuple[int, bytes]:
        status, said = await answer_before(self, body, used)
        if (request := json.loads(body))["command"] == "attachToTangle":
            done.append(("there", status))
            assert all(Transaction.parse(each).weight >= request["minWeightMagnitude"] for each in attached(said))
        return status, said

    def attach_here(self: RemoteNode, request: Mapping[str, Any]) -> Mapping[str, Any]:
        done.append(("here", HTTPStatus.OK))
        return attach_before(self, request)

    answer_before, attach_before = GuestApi.answer, RemoteNode._attached_here
    monkeypatch.setattr(GuestApi, "answer", answer)
    monkeypatch.setattr(RemoteNode, "_attached_here", attach_here)
    second = await neighbour(hass, client, await let_in(hass, entry, work=True))
    oak = await async_load(hass, second)
    charger = oak.wallet_ids["charger-1"]
    order = PaymentOrder(payment_id="hello", source=TREASURY, target=oak.link.wallets[TREASURY].address, amount_i=1_000)
    await house.link.ledger.pay(order)
    await async_until(hass, lambda: oak.link.wallets[TREASURY].balance_i == 1_000)
    await oak.link.ledger.pay(PaymentOrder(payment_id="first", source=TREASURY, target=charger, amount_i=400))
    await async_until(hass, lambda: oak.link.wallets[charger].balance_i == 400)
    await async_until(hass, oak.link.ledger._core.is_drained)
    assert set(done) == {("there", HTTPStatus.OK)}

    # The permission is taken back while the house is at work: it goes on with its own.
    (guest,) = guests.guests(entry).values()
    form = await entry.start_subentry_reconfigure_flow(hass, guest.subentry_id)
    fields = {"name": guest.title, "work": False, "new_token": False}
    await hass.config_entries.subentries.async_configure(form["flow_id"], fields)
    done.clear()
    await oak.link.ledger.pay(PaymentOrder(payment_id="second", source=TREASURY, target=charger, amount_i=300))
    await async_until(hass, lambda: oak.link.wallets[charger].balance_i == 700)
    assert set(done) == {("here", HTTPStatus.OK)}
    states = {each.payment_id: each.state for each in await oak.link.ledger.payments()}
    assert states == {"first": PaymentState.CONFIRMED, "second": PaymentState.CONFIRMED}
    await hass.config_entries.async_unload(second.entry_id)


def attached(answer: bytes) -> list[str]:
    trytes: list[str] = json.loads(answer)["trytes"]
    return trytes
