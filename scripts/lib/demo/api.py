"""Home Assistant's own API, REST and WebSocket, as any client uses it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from .errors import DemoError

type Json = dict[str, Any]

COMMAND_TIMEOUT_S: Final = 60.0


class ApiError(DemoError):
    """Home Assistant refused a call; `status` is that of HTTP where it answered so."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class HomeAssistantApi:
    """One logged-in client.

    Logging in uses the same trusted network as the person's browser; no token is kept anywhere.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._session = session
        self._access_token = ""
        self._refresh_token = ""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._listeners: dict[int, Callable[[Json], None]] = {}

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str) -> AsyncIterator[HomeAssistantApi]:
        """Log in and open the WebSocket; everything is closed, and the login revoked, at the end."""
        timeout = aiohttp.ClientTimeout(total=COMMAND_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            api = cls(session, url)
            await api._login()
            await api._open()
            try:
                yield api
            finally:
                await api._close()

    async def _login(self) -> None:
        client = {"client_id": f"{self.url}/"}
        flow = await self._plain(
            "/auth/login_flow",
            json={**client, "handler": ["trusted_networks", None], "redirect_uri": f"{self.url}/"},
        )
        if flow.get("type") == "form":
            choices = dict(flow["data_schema"][0]["options"])
            flow = await self._plain(
                f"/auth/login_flow/{flow['flow_id']}", json={**client, "user": next(iter(choices))}
            )
        if flow.get("type") != "create_entry":
            raise ApiError(f"Home Assistant did not let the demo in: {flow.get('reason', flow.get('type'))}")
        grant = {**client, "grant_type": "authorization_code", "code": flow["result"]}
        token = await self._plain("/auth/token", data=grant)
        self._access_token = token["access_token"]
        self._refresh_token = token["refresh_token"]

    async def _plain(self, path: str, **options: Any) -> Json:
        async with self._session.post(self.url + path, **options) as response:
            if not response.ok:
                raise ApiError(f"POST {path}: {response.status} {(await response.text())[:300]}")
            answer: Json = await response.json()
            return answer

    async def request(self, method: str, path: str, body: object = None) -> Any:
        """Return one REST call below `/api/`."""
        headers = {"Authorization": f"Bearer {self._access_token}"}
        async with self._session.request(method, f"{self.url}/api/{path}", json=body, headers=headers) as response:
            text = await response.text()
            if not response.ok:
                raise ApiError(f"{method} /api/{path}: {response.status} {text[:300]}", response.status)
            return await response.json()

    async def _open(self) -> None:
        self._socket = await self._session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=2)
        )
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._access_token})
        greeting = await self._socket.receive_json()
        if greeting["type"] != "auth_ok":
            raise ApiError(f"WebSocket login: {greeting}")
        self._reader = asyncio.create_task(self._read(self._socket))

    async def _close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            await self._session.post(f"{self.url}/auth/revoke", data={"token": self._refresh_token})

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            content = message.json()
            for item in content if isinstance(content, list) else [content]:
                self._dispatch(item)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(ApiError("Home Assistant closed the connection"))

    def _dispatch(self, item: Json) -> None:
        if item["type"] == "event":
            if listener := self._listeners.get(item["id"]):
                listener(item["event"])
        elif item["type"] == "result" and (answer := self._answers.pop(item["id"], None)) and not answer.done():
            if item["success"]:
                answer.set_result(item["result"])
            else:
                answer.set_exception(ApiError(str(item["error"].get("message", item["error"]))))

    @property
    def connected(self) -> bool:
        """Whether the WebSocket still stands."""
        return self._reader is not None and not self._reader.done()

    async def command(self, kind: str, **fields: Any) -> Any:
        """Return one WebSocket command and its result."""
        return await self._send(next(self._ids), kind, fields)

    async def subscribe(self, listener: Callable[[Json], None], kind: str, **fields: Any) -> None:
        """A WebSocket subscription for the rest of the connection."""
        number = next(self._ids)
        self._listeners[number] = listener
        await self._send(number, kind, fields)

    async def _send(self, number: int, kind: str, fields: Mapping[str, Any]) -> Any:
        if self._socket is None or not self.connected:
            raise ApiError("no connection to Home Assistant")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send_json({"id": number, "type": kind, **fields})
        try:
            return await asyncio.wait_for(answer, COMMAND_TIMEOUT_S)
        except TimeoutError:
            raise ApiError(f"no answer to {kind} within {COMMAND_TIMEOUT_S:.0f} s") from None
        except ApiError as error:
            raise ApiError(f"{kind}: {error}") from None

    async def action(self, domain: str, name: str, data: Mapping[str, Any], *, response: bool = False) -> Json:
        """Perform an action; with `response` its answer is returned."""
        result = await self.command(
            "call_service", domain=domain, service=name, service_data=dict(data), return_response=response
        )
        return dict(result.get("response") or {})


async def wait_for_answer(url: str, *, timeout_s: float, alive: Callable[[], None]) -> None:
    """Wait until the server answers at all; `alive` raises when there is nothing left to wait for.

    Raises:
        TimeoutError: It did not within the time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while loop.time() < deadline:
            alive()
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{url}/auth/providers") as response:
                    if response.ok:
                        return
            await asyncio.sleep(0.2)
    raise TimeoutError
