"""What all channels have in common, with faults in between."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.link.channels import direct, mqtt as mqtt_channel
from custom_components.tangle_grid.link.channels.channel import FRAMES_AT_ONCE, MAX_FRAME_BYTES, Closed
from custom_components.tangle_grid.link.channels.direct import DirectChannel
from custom_components.tangle_grid.link.channels.door import LinkView, Visitor
from custom_components.tangle_grid.link.channels.mqtt import MqttChannel
from tests.support.channels import MOSQUITTO, Broker, Cable, Pair, async_mqtt

ISLAND_ID = "0123456789abcdef0123456789abcdef"
TOKEN = "a-token-of-the-tests"  # noqa: S105
LINK_ID = "00112233445566778899aabbccddeeff"


@pytest.fixture(autouse=True)
def short_waits() -> object:
    """What is lost is tried again at once."""
    with patch.object(direct, "WAITS_S", (0.05,)), patch.object(mqtt_channel, "WAITS_S", (0.05,)):
        yield


@pytest.fixture
async def by_websocket(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, socket_enabled: None
) -> AsyncIterator[Pair]:
    assert await async_setup_component(hass, "http", {})
    hass.http.register_view(LinkView(hass))
    client = await hass_client_no_auth()
    port = client.server.port
    assert port is not None
    cable = Cable(port)
    await cable.async_mend()
    pair = Pair(
        lower=DirectChannel(hass, url=f"http://127.0.0.1:{cable.port}", island_id=ISLAND_ID, token=TOKEN),
        upper=Visitor(hass, island_id=ISLAND_ID, token=TOKEN),
        cut=cable.async_cut,
        mend=cable.async_mend,
    )
    yield pair
    await pair.async_stop()
    await cable.async_cut()


@pytest.fixture
async def by_mqtt(hass: HomeAssistant, tmp_path: Path, socket_enabled: None) -> AsyncIterator[Pair]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    broker = Broker(tmp_path)
    await broker.async_start()
    async with async_mqtt(hass, broker):
        pair = Pair(
            lower=MqttChannel(hass, link_id=LINK_ID, upper=False),
            upper=MqttChannel(hass, link_id=LINK_ID, upper=True),
            cut=broker.async_kill,
            mend=broker.async_start,
        )
        yield pair
        await pair.async_stop()
    await broker.async_kill()


@pytest.fixture(params=["by_websocket", "by_mqtt"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """Each channel in turn."""
    found: Pair = request.getfixturevalue(request.param)
    return found


async def test_bytes_pass_both_ways_in_their_order(pair: Pair) -> None:
    await pair.async_open()
    sent = [bytes([each]) + os.urandom(300) for each in range(20)]
    for frame in sent:
        assert pair.lower.send(frame)
        assert pair.upper.send(frame[::-1])
    await pair.async_until(lambda: len(pair.above.frames) >= 20 and len(pair.below.frames) >= 20)
    assert pair.above.frames == sent
    assert pair.below.frames == [frame[::-1] for frame in sent]
    for channel in (pair.lower, pair.upper):
        assert channel.bytes_in == channel.bytes_out == 20 * 301
    assert pair.lower.why is pair.upper.why is None


async def test_what_is_lost_is_opened_again_and_said(pair: Pair) -> None:
    await pair.async_open()
    for time in range(2):
        await pair.cut()
        await pair.async_until(lambda: not pair.below.is_open and not pair.above.is_open)
        assert pair.lower.why is not None
        assert not pair.lower.send(b"nobody hears it")
        assert not pair.upper.send(b"nobody hears it")
        await pair.mend()
        await pair.async_heard()
        assert pair.below.is_open
        assert pair.above.is_open
        frame = f"heard again {time}".encode()
        assert pair.lower.send(frame)
        assert pair.upper.send(frame)
        await pair.async_until(lambda: pair.above.frames and pair.below.frames)
        assert pair.above.frames == pair.below.frames == [frame]


async def test_a_channel_may_be_opened_before_the_other_end_can_be_reached(pair: Pair) -> None:
    await pair.cut()
    pair.start()
    assert not pair.lower.send(b"too early")
    await asyncio.sleep(0.2)
    await pair.mend()
    await pair.async_heard()
    assert pair.lower.send(b"now")
    await pair.async_until(lambda: pair.above.frames == [b"now"])


async def test_a_frame_that_is_too_long_is_not_sent(pair: Pair) -> None:
    await pair.async_open()
    assert not pair.lower.send(bytes(MAX_FRAME_BYTES + 1))
    assert pair.lower.send(bytes(MAX_FRAME_BYTES))
    await pair.async_until(lambda: pair.above.frames)
    assert pair.above.frames == [bytes(MAX_FRAME_BYTES)]


async def test_who_sends_more_than_is_taken_is_bounded(pair: Pair) -> None:
    await pair.async_open()
    for each in range(300):
        pair.lower.send(each.to_bytes(2))
        if each % 20 == 0:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.3)
    assert len(pair.above.frames) <= FRAMES_AT_ONCE + 60
    # The other way is not affected for long.
    await pair.async_until(lambda: pair.below.is_open and pair.upper.send(b"still there"))
    await pair.async_until(lambda: b"still there" in pair.below.frames)


async def test_last_words_are_heard_and_after_it_nothing_more(pair: Pair) -> None:
    await pair.async_open()
    assert pair.upper.send(b"farewell")
    await pair.upper.async_stop()
    await pair.upper.async_stop()
    await pair.async_until(lambda: pair.below.frames == [b"farewell"])
    states = list(pair.above.states)
    pair.lower.send(b"who hears this?")
    await asyncio.sleep(0.2)
    assert pair.above.frames == []
    assert pair.above.states == states
    assert pair.upper.why is Closed.STOPPED
    assert not pair.upper.send(b"no more")
