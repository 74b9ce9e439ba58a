"""Which channel a link goes over: what its join code says."""

from homeassistant.core import HomeAssistant

from ..channels.channel import Channel
from ..channels.direct import DirectChannel
from ..channels.door import Visitor
from ..channels.mqtt import MqttChannel
from .record import LinkRecord


def channel_of(hass: HomeAssistant, island_id: str, record: LinkRecord) -> Channel:
    """Return this island's channel of a link: over a broker, or the door of the island that made the code."""
    if not record.code.url:
        return MqttChannel(hass, link_id=record.topic_id, upper=record.upper)
    if record.upper:
        return Visitor(hass, island_id=island_id, token=record.token)
    return DirectChannel(hass, url=record.code.url, island_id=record.code.island_id, token=record.token)
