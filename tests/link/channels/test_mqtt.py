"""What is special about MQTT: topics, what was retained, and that it may not be set up."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message
from pytest_homeassistant_custom_component.typing import MqttMockHAClient, MqttMockPahoClient

from custom_components.tangle_grid.link.channels import mqtt as mqtt_channel
from custom_components.tangle_grid.link.channels.channel import FRAMES_AT_ONCE, MAX_WAITING, Closed
from custom_components.tangle_grid.link.channels.mqtt import MqttChannel
from tests.support.channels import Pair

LINK_ID = "00112233445566778899aabbccddeeff"
UP, DOWN = f"tangle_grid/link/{LINK_ID}/up", f"tangle_grid/link/{LINK_ID}/down"


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The stand-in for the broker's client leaves one."""
    return True


@pytest.fixture
async def pair(hass: HomeAssistant) -> AsyncIterator[Pair]:
    lower, upper = (MqttChannel(hass, link_id=LINK_ID, upper=upper) for upper in (False, True))
    made = Pair(lower=lower, upper=upper, cut=lower.async_stop, mend=upper.async_stop)
    with patch.object(mqtt_channel, "WAITS_S", (0.02,)):
        yield made
        await made.async_stop()


async def test_what_is_sent_is_on_its_topic_and_not_retained(
    hass: HomeAssistant, pair: Pair, mqtt_mock: MqttMockHAClient, mqtt_client_mock: MqttMockPahoClient
) -> None:
    pair.start()
    await pair.async_until(lambda: pair.below.is_open and pair.above.is_open)
    mqtt_client_mock.publish.reset_mock()
    assert pair.lower.send(b"\x00up")
    assert pair.upper.send(b"\x00down")
    await pair.async_until(lambda: mqtt_client_mock.publish.call_count == 2)
    said = {(*call.args[:2], call.args[3]) for call in mqtt_client_mock.publish.call_args_list}
    assert said == {(UP, b"\x00up", False), (DOWN, b"\x00down", False)}


async def test_what_was_retained_is_of_any_age_and_not_taken_in(
    hass: HomeAssistant, pair: Pair, mqtt_mock: MqttMockHAClient
) -> None:
    pair.start()
    await pair.async_until(lambda: pair.below.is_open and pair.above.is_open)
    async_fire_mqtt_message(hass, UP, b"old", retain=True)
    async_fire_mqtt_message(hass, DOWN, b"to the house")
    async_fire_mqtt_message(hass, UP, b"new")
    for _ in range(2 * int(FRAMES_AT_ONCE)):
        async_fire_mqtt_message(hass, UP, b"flood")
    await hass.async_block_till_done()
    assert pair.above.frames[0] == b"new"
    assert b"old" not in pair.above.frames
    assert len(pair.above.frames) <= FRAMES_AT_ONCE + 5
    assert pair.below.frames == [b"to the house"]


async def test_more_than_can_be_sent_is_not_kept_for_later(
    hass: HomeAssistant, pair: Pair, mqtt_mock: MqttMockHAClient
) -> None:
    pair.start()
    await pair.async_until(lambda: pair.below.is_open)
    assert sum(pair.lower.send(b"x") for _ in range(2 * MAX_WAITING)) == MAX_WAITING


async def test_without_mqtt_it_says_so_and_goes_on_trying(hass: HomeAssistant, pair: Pair) -> None:
    pair.start()
    await pair.async_until(lambda: pair.below.states)
    await asyncio.sleep(0.1)
    assert pair.below.states == [Closed.NO_BROKER]
    assert not pair.lower.send(b"nobody hears it")
