"""The direct channel from below: a websocket into the other island's Home Assistant.

The address is that of Home Assistant as others reach it: through a reverse proxy or its remote access as well.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from aiohttp import ClientError, ClientWSTimeout, WSServerHandshakeError, hdrs
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...backoff import wait_s
from ...const import DOMAIN
from .channel import MAX_FRAME_BYTES, WAITS_S, Closed, Intake, Listener
from .websocket import CLOSE_S, SILENCE_S, Connection, fits

PATH: Final = f"/api/{DOMAIN}/{{island_id}}/link"
#: To be connected takes so long at most, s.
_CONNECT_S: Final = 15.0
#: A connection that held for so long, s, was a good one: the next is tried at once again.
_GOOD_S: Final = 30.0
_REASONS: Final[Mapping[int, Closed]] = {
    HTTPStatus.UNAUTHORIZED: Closed.REFUSED,
    HTTPStatus.FORBIDDEN: Closed.REFUSED,
    HTTPStatus.NOT_FOUND: Closed.NOT_THERE,
}


class DirectChannel:
    """Opens a websocket, and again when it is lost.

    Attributes:
        why: Why it carries nothing now; None: it is open.
        bytes_in: What came in since it was made.
        bytes_out: What was sent.
    """

    def __init__(self, hass: HomeAssistant, *, url: str, island_id: str, token: str) -> None:
        """Reach the island `island_id` at the Home Assistant `url`, with the token of the link."""
        self.why: Closed | None = Closed.NOT_YET
        self.bytes_in = self.bytes_out = 0
        self._hass = hass
        self._url = url.rstrip("/") + PATH.format(island_id=island_id)
        self._token = token
        self._intake = Intake()
        self._connection: Connection | None = None
        self._listener: Listener | None = None
        self._task: asyncio.Task[None] | None = None

    @callback
    def start(self, listener: Listener) -> None:
        """Open it."""
        self._listener = listener
        self._task = self._hass.async_create_background_task(
            self._async_run(), f"{DOMAIN} link {self._url}", eager_start=False
        )

    @callback
    def send(self, data: bytes) -> bool:
        """Send a frame; False when that is not possible now."""
        if self._connection is None or not fits(data) or not self._connection.send(data):
            return False
        self.bytes_out += len(data)
        return True

    async def async_stop(self) -> None:
        """Close for good."""
        self._listener, self.why = None, Closed.STOPPED
        if self._connection is not None:
            await self._connection.async_close(Closed.STOPPED)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _async_run(self) -> None:
        tries = 0
        while True:
            begun = self._hass.loop.time()
            why = await self._async_connect()
            if self._listener is not None:
                self.why = why
                self._listener.closed(why)
            if self._hass.loop.time() - begun >= _GOOD_S:
                tries = 0
            await asyncio.sleep(wait_s(WAITS_S, tries))
            tries += 1

    async def _async_connect(self) -> Closed:
        """Carry frames over one connection; return why it is closed, or why there was none."""
        try:
            async with asyncio.timeout(_CONNECT_S):
                websocket = await async_get_clientsession(self._hass).ws_connect(
                    self._url,
                    headers={hdrs.AUTHORIZATION: f"Bearer {self._token}"},
                    max_msg_size=MAX_FRAME_BYTES + 1,
                    timeout=ClientWSTimeout(ws_close=CLOSE_S, ws_receive=SILENCE_S),
                )
        except WSServerHandshakeError as error:
            return _REASONS.get(error.status, Closed.UNREACHABLE)
        except ClientError, TimeoutError, OSError, ValueError:
            return Closed.UNREACHABLE
        self._connection = Connection(websocket, self._intake, self._take)
        try:
            self.why = None
            if self._listener is not None:
                self._listener.opened()
            return await self._connection.async_run()
        finally:
            self._connection = None
            await websocket.close()

    def _take(self, data: bytes) -> None:
        self.bytes_in += len(data)
        if self._listener is not None:
            self._listener.received(data)
