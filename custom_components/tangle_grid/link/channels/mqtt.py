"""The channel over the broker of the user's own MQTT integration: both islands have to reach the same broker.

Topics are `tangle_grid/link/<link id>/up` and `.../down`; the link id is a secret of the two. Nothing is retained, and
nothing that was retained by others is taken in: it could be of any age.
"""

import asyncio
from contextlib import suppress
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from ...backoff import wait_s
from ...const import DOMAIN
from .channel import MAX_WAITING, WAITS_S, Closed, Intake, Listener
from .websocket import LAST_WORDS_S, fits

UP_TOPIC: Final = f"{DOMAIN}/link/{{link_id}}/up"
DOWN_TOPIC: Final = f"{DOMAIN}/link/{{link_id}}/down"
#: At least once: what comes twice is nothing new to whoever reads it.
_QOS: Final = 1


class MqttChannel:
    """Publishes frames on one topic, and takes in those of another.

    Attributes:
        why: Why it carries nothing now; None: the broker is there.
        bytes_in: What came in since it was made.
        bytes_out: What was sent.
    """

    def __init__(self, hass: HomeAssistant, *, link_id: str, upper: bool) -> None:
        """Carry the frames of a link; `upper`: this is the island above."""
        self.why: Closed | None = Closed.NOT_YET
        self.bytes_in = self.bytes_out = 0
        self._hass = hass
        up, down = UP_TOPIC.format(link_id=link_id), DOWN_TOPIC.format(link_id=link_id)
        self._in_topic, self._out_topic = (up, down) if upper else (down, up)
        self._intake = Intake()
        self._listener: Listener | None = None
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe: list[CALLBACK_TYPE] = []

    @callback
    def start(self, listener: Listener) -> None:
        """Open it."""
        self._listener = listener
        self._tasks = [
            self._hass.async_create_background_task(each, f"{DOMAIN} link {self._out_topic}", eager_start=False)
            for each in (self._async_open(), self._async_write())
        ]

    @callback
    def send(self, data: bytes) -> bool:
        """Send a frame; False when that is not possible now."""
        if self.why is not None or not fits(data):
            return False
        try:
            self._waiting.put_nowait(data)
        except asyncio.QueueFull:
            return False
        self.bytes_out += len(data)
        return True

    async def async_stop(self) -> None:
        """Close for good."""
        self._listener = None
        if self.why is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await self._waiting.join()
        self.why = Closed.STOPPED
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    async def _async_open(self) -> None:
        """Subscribe, and try again as long as MQTT is not set up."""
        tries = 0
        while True:
            try:
                await self._async_subscribe()
            except ImportError, HomeAssistantError, KeyError:
                self._set(Closed.NO_BROKER)
            else:
                return
            await asyncio.sleep(wait_s(WAITS_S, tries))
            tries += 1

    async def _async_subscribe(self) -> None:
        # Whoever does not use MQTT does not load it.
        from homeassistant.components import mqtt  # noqa: PLC0415

        @callback
        def take(message: mqtt.ReceiveMessage) -> None:
            data = message.payload
            if message.retain or isinstance(data, str) or not self._intake.take(len(data)):
                return
            self.bytes_in += len(data)
            if self._listener is not None:
                self._listener.received(bytes(data))

        self._unsubscribe.append(await mqtt.async_subscribe(self._hass, self._in_topic, take, _QOS, encoding=None))

        @callback
        def connected(there: bool) -> None:  # noqa: FBT001 - MQTT calls it so
            self._set(None if there else Closed.NO_BROKER)

        self._unsubscribe.append(mqtt.async_subscribe_connection_status(self._hass, connected))
        self._set(None if mqtt.is_connected(self._hass) else Closed.NO_BROKER)

    async def _async_write(self) -> None:
        while True:
            data = await self._waiting.get()
            with suppress(ImportError, HomeAssistantError, KeyError):
                from homeassistant.components import mqtt  # noqa: PLC0415

                await mqtt.async_publish(self._hass, self._out_topic, data, _QOS, retain=False)
            self._waiting.task_done()

    @callback
    def _set(self, why: Closed | None) -> None:
        if self._listener is None or why is self.why:
            return
        self.why = why
        if why is None:
            self._listener.opened()
        else:
            self._listener.closed(why)
