"""Who comes in at the direct channel's path, and who does not."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import WSCloseCode, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient
from homeassistant.components.http.ban import KEY_FAILED_LOGIN_ATTEMPTS
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.link.channels.channel import FRAMES_AT_ONCE, MAX_FRAME_BYTES, Closed, Intake
from custom_components.tangle_grid.link.channels.direct import DirectChannel
from custom_components.tangle_grid.link.channels.door import LinkView, Visitor
from tests.support.channels import Heard, Pair, async_until

ISLAND_ID = "0123456789abcdef0123456789abcdef"
PATH = f"/api/tangle_grid/{ISLAND_ID}/link"
TOKEN = {"Authorization": "Bearer right"}


@pytest.fixture
async def client(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, socket_enabled: None
) -> TestClient[Any, Any]:
    assert await async_setup_component(hass, "http", {"http": {"login_attempts_threshold": 5, "ip_ban_enabled": True}})
    hass.http.register_view(LinkView(hass))
    return await hass_client_no_auth()


@pytest.fixture
async def visitor(hass: HomeAssistant, client: TestClient[Any, Any]) -> AsyncIterator[Visitor]:
    made = Visitor(hass, island_id=ISLAND_ID, token="right")  # noqa: S106
    yield made
    await made.async_stop()


async def test_an_island_that_expects_nobody_answers_nothing(client: TestClient[Any, Any]) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(PATH, headers=TOKEN)
    assert refused.value.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic right"}])
async def test_a_wrong_token_is_refused_and_counted(
    client: TestClient[Any, Any], visitor: Visitor, headers: dict[str, str]
) -> None:
    visitor.start(Heard())
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(PATH, headers=headers)
    assert refused.value.status == HTTPStatus.UNAUTHORIZED
    assert sum(client.app[KEY_FAILED_LOGIN_ATTEMPTS].values()) == 1


async def test_who_does_not_open_a_websocket_is_told(client: TestClient[Any, Any], visitor: Visitor) -> None:
    visitor.start(Heard())
    response = await client.get(PATH, headers=TOKEN)
    assert response.status == HTTPStatus.UPGRADE_REQUIRED


async def test_a_newer_connection_takes_the_place_of_the_older(client: TestClient[Any, Any], visitor: Visitor) -> None:
    heard = Heard()
    visitor.start(heard)
    first = await client.ws_connect(PATH, headers=TOKEN)
    second = await client.ws_connect(PATH, headers=TOKEN)
    assert (await first.receive()).type is WSMsgType.CLOSE
    await second.send_bytes(b"from the second")
    await second.send_str("text is nothing that is understood here")
    await second.send_bytes(b"again")
    assert visitor.send(b"to the second")
    assert (await second.receive()).data == b"to the second"
    assert heard.frames == [b"from the second", b"again"]
    assert heard.is_open
    await second.close()
    await first.close()


@pytest.mark.parametrize("flood", [[b"x" * (MAX_FRAME_BYTES + 2)], [b"x"] * (int(FRAMES_AT_ONCE) + 50)])
async def test_who_sends_too_much_is_shown_the_door(
    client: TestClient[Any, Any], visitor: Visitor, flood: list[bytes]
) -> None:
    heard = Heard()
    visitor.start(heard)
    connection = await client.ws_connect(PATH, headers=TOKEN)
    for frame in flood:
        await connection.send_bytes(frame)
    closed = await connection.receive()
    assert closed.type is WSMsgType.CLOSE
    assert closed.data in {WSCloseCode.MESSAGE_TOO_BIG, WSCloseCode.POLICY_VIOLATION}
    await connection.close()
    await async_until(lambda: heard.states[-1] is Closed.TOO_MUCH)
    assert len(heard.frames) <= FRAMES_AT_ONCE + 5


@pytest.mark.parametrize(("token", "why"), [("wrong", Closed.REFUSED), ("right", Closed.NOT_THERE)])
async def test_who_is_not_let_in_knows_why(
    hass: HomeAssistant, client: TestClient[Any, Any], visitor: Visitor, token: str, why: Closed
) -> None:
    if why is Closed.REFUSED:
        visitor.start(Heard())
    lower = DirectChannel(hass, url=str(client.make_url("/")), island_id=ISLAND_ID, token=token)
    pair = Pair(lower=lower, upper=visitor, cut=visitor.async_stop, mend=visitor.async_stop)
    lower.start(pair.below)
    await pair.async_until(lambda: pair.below.states)
    assert lower.why is why
    assert not lower.send(b"nobody hears it")
    await pair.async_stop()


def test_the_intake_fills_again() -> None:
    now = 0.0
    intake = Intake(clock=lambda: now)
    assert not intake.take(MAX_FRAME_BYTES + 1)
    assert sum(intake.take(10) for _ in range(1000)) == FRAMES_AT_ONCE
    now = 1.0
    assert sum(intake.take(10) for _ in range(1000)) == 20
