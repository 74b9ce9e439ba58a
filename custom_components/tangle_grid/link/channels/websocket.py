"""One websocket, whichever side opened it: frames in, frames out, both bounded."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aiohttp import ClientWebSocketResponse, WebSocketError, WSCloseCode, WSMsgType, web

from .channel import MAX_FRAME_BYTES, MAX_WAITING, Closed, Intake

#: Who has sent nothing for so long, s, sends a ping, each side for itself: a proxy closes what is idle.
HEARTBEAT_S: Final = 20.0
#: Who hears nothing for so long, s, is alone.
SILENCE_S: Final = 2.5 * HEARTBEAT_S
#: The other side may take so long, s, to close.
CLOSE_S: Final = 2.0
#: What is still on its way when a side closes has so long, s.
LAST_WORDS_S: Final = 2.0

type AnyWebSocket = ClientWebSocketResponse | web.WebSocketResponse


class Connection:
    """Carries frames over one open websocket until either side closes it."""

    def __init__(self, websocket: AnyWebSocket, intake: Intake, received: Callable[[bytes], None]) -> None:
        """Hand each frame that comes in to `received`."""
        self._websocket = websocket
        self._intake = intake
        self._received = received
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._why: Closed | None = None
        self._writer: asyncio.Task[None] | None = None

    def send(self, data: bytes) -> bool:
        """Put a frame on its way; False when too many wait already, as where nobody reads any more."""
        try:
            self._waiting.put_nowait(data)
        except asyncio.QueueFull:
            return False
        return True

    async def async_run(self) -> Closed:
        """Carry frames; return why that ended."""
        self._writer = asyncio.create_task(self._async_write())
        try:
            async for message in self._websocket:
                if message.type is WSMsgType.ERROR and isinstance(message.data, WebSocketError):
                    self._why = self._why or Closed.TOO_MUCH
                if message.type is not WSMsgType.BINARY:
                    continue
                if not self._intake.take(len(message.data)):
                    await self.async_close(Closed.TOO_MUCH)
                    break
                # Whoever stops listens no more, also to what was on its way.
                if self._why is None:
                    self._received(message.data)
        except TimeoutError:
            self._why = self._why or Closed.LOST
        finally:
            self._writer.cancel()
            with suppress(asyncio.CancelledError):
                await self._writer
        if self._websocket.close_code in {WSCloseCode.MESSAGE_TOO_BIG, WSCloseCode.POLICY_VIOLATION}:
            return self._why or Closed.TOO_MUCH
        return self._why or Closed.LOST

    async def _async_write(self) -> None:
        # A connection that is gone ends the reading as well.
        with suppress(ConnectionError, RuntimeError):
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        data = await self._waiting.get()
                except TimeoutError:
                    await self._websocket.ping()
                    continue
                await self._websocket.send_bytes(data)
                self._waiting.task_done()

    async def async_close(self, why: Closed) -> None:
        """Send what waits, a moment at most, and close."""
        if self._why is not None:
            return
        self._why = why
        if why is Closed.STOPPED:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS_S):
                    await self._waiting.join()
        code = WSCloseCode.POLICY_VIOLATION if why is Closed.TOO_MUCH else WSCloseCode.GOING_AWAY
        with suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._websocket.close(code=code)


def fits(data: bytes) -> bool:
    """Return whether a frame can be sent at all."""
    return len(data) <= MAX_FRAME_BYTES
