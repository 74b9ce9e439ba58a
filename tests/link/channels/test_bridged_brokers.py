"""Two islands whose Home Assistants have a broker each, with a bridge between both."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from custom_components.tangle_grid.link.channels import mqtt as mqtt_channel
from custom_components.tangle_grid.link.channels.mqtt import DOWN_TOPIC, UP_TOPIC, MqttChannel
from tests.support.channels import MOSQUITTO, Broker, Heard, async_mqtt, async_until

LINK_ID = "00112233445566778899aabbccddeeff"
UP, DOWN = UP_TOPIC.format(link_id=LINK_ID), DOWN_TOPIC.format(link_id=LINK_ID)

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


class Street:
    """What uses the street's broker, which no Home Assistant of this test does."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[bytes] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(UP, 1)
        self._client.on_message = lambda _client, _data, message: self.heard.append(message.payload)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", broker.port)
        self._client.loop_start()

    def say(self, data: bytes) -> None:
        self._client.publish(DOWN, data, 1)

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
async def streets_broker(tmp_path: Path, socket_enabled: None) -> AsyncIterator[Broker]:
    broker = Broker(tmp_path)
    await broker.async_start()
    yield broker
    await broker.async_kill()


@pytest.fixture
async def channel(hass: HomeAssistant, tmp_path: Path, streets_broker: Broker) -> AsyncIterator[MqttChannel]:
    """The house's end, at the broker of the house."""
    own = Broker(tmp_path, bridge_to=streets_broker)
    await own.async_start()
    with patch.object(mqtt_channel, "WAITS_S", (0.05,)):
        async with async_mqtt(hass, own):
            channel = MqttChannel(hass, link_id=LINK_ID, upper=False)
            yield channel
            await channel.async_stop()
    await own.async_kill()


async def test_frames_pass_a_bridge_both_ways_once_and_in_their_order_also_after_it_was_down(
    channel: MqttChannel, streets_broker: Broker
) -> None:
    street = Street(streets_broker)
    house = Heard()
    channel.start(house)
    try:
        for _ in range(2):

            def both_heard() -> bool:
                channel.send(b"is there a way?")
                street.say(b"is there a way?")
                return bool(street.heard and house.frames)

            await async_until(both_heard, every_s=0.05)
            # What is still on its way of these.
            await asyncio.sleep(0.2)
            street.heard.clear()
            house.frames.clear()
            frames = [bytes([each]) + os.urandom(300) for each in range(20)]
            for frame in frames:
                assert channel.send(frame)
                street.say(frame[::-1])
            await async_until(lambda: len(street.heard) >= 20 and len(house.frames) >= 20)
            await asyncio.sleep(0.1)
            assert street.heard == frames
            assert house.frames == [frame[::-1] for frame in frames]
            # The broker of the street is away for a moment. The house's own is there all the time.
            street.heard.clear()
            house.frames.clear()
            await streets_broker.async_kill()
            await asyncio.sleep(0.1)
            assert channel.why is None
            await streets_broker.async_start()
    finally:
        street.stop()
