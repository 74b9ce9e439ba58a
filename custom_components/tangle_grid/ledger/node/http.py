"""The node's commands over HTTP, in the shapes of IRI: any client of the legacy network can talk to it.

A command is a POST of JSON with the header ``X-IOTA-API-Version``. Every answer is JSON with ``duration`` (ms): 200,
400 ``{"error"}`` for what the client did wrong, 500 ``{"exception"}`` for what the node could not do. The event loop
moves bytes only: requests are read, answered and written in threads.

Memory is bounded by the number of requests at a time, each of at most a megabyte; who sends slower than a request may
take is let go.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from .commands import MAX_BODY_BYTES, Api

_VERSION_HEADER: Final = "X-IOTA-API-Version"
_READERS: Final = 4
_MAX_WAITING: Final = 32
_MAX_WORKING: Final = 8
_READ_S: Final = 20.0
_WORK: Final = "attachToTangle"
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": f"Origin, X-Requested-With, Content-Type, Accept, {_VERSION_HEADER}",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
}
_LOGGER: Final = logging.getLogger(__name__)


def _encode(body: Mapping[str, Any]) -> bytes:
    return json.dumps({"duration": 0, **body}).encode()


def _response(status: int, body: bytes) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=_HEADERS)


def _error(text: str) -> web.Response:
    return _response(HTTPStatus.BAD_REQUEST, _encode({"error": text}))


def _busy() -> tuple[int, bytes]:
    return HTTPStatus.INTERNAL_SERVER_ERROR, _encode({"exception": "The node is busy"})


def _read(body: bytes) -> dict[str, Any] | str:
    """Return the request, or what is wrong with it."""
    try:
        request = json.loads(body)
    except ValueError, RecursionError:
        return "Invalid JSON syntax"
    return request if isinstance(request, dict) else "Invalid request payload"


@web.middleware
async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in JSON also where aiohttp would answer in text: unknown paths, other methods, failures."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _response(error.status, _encode({"error": error.reason}))
    except Exception:
        _LOGGER.exception("A command failed")
        return _response(HTTPStatus.INTERNAL_SERVER_ERROR, _encode({"exception": "Internal error"}))


class HttpApi:
    """Serves an ``Api``. Proof of work has a thread of its own, so that it never keeps a reader waiting."""

    def __init__(self, api: Api, *, read_s: float = _READ_S) -> None:
        """Serve; a request has to be here ``read_s`` seconds after it began."""
        self._api = api
        self._read_s = read_s
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="tangle-api")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tangle-work")
        self._waiting = 0
        self._working = 0

    def application(self) -> web.Application:
        """Return the application: commands are posted to its root."""
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_in_json])
        application.router.add_post("/", self._post)
        application.router.add_route("OPTIONS", "/", self._options)
        return application

    def close(self) -> None:
        """Wait for the commands that are being answered. Stop the node before, or its work is waited for as well."""
        self._worker.shutdown(cancel_futures=True)
        self._readers.shutdown(cancel_futures=True)

    async def _options(self, _request: web.Request) -> web.Response:
        return web.Response(headers=_HEADERS)

    async def _post(self, request: web.Request) -> web.Response:
        if not request.headers.get(_VERSION_HEADER, "").strip():
            return _error("Invalid API Version")
        if self._waiting >= _MAX_WAITING:
            return _response(*_busy())
        self._waiting += 1
        try:
            async with asyncio.timeout(self._read_s):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _error("Request too long")
        except TimeoutError:
            return _error("Request too slow")
        else:
            return _response(*await self._answer(body))
        finally:
            self._waiting -= 1

    async def answer(self, body: bytes) -> tuple[int, bytes]:
        """Answer the body of a request: HTTP status and JSON. May be called by another server than this one's own."""
        if self._waiting >= _MAX_WAITING:
            return _busy()
        if len(body) > MAX_BODY_BYTES:
            return HTTPStatus.BAD_REQUEST, _encode({"error": "Request too long"})
        self._waiting += 1
        try:
            return await self._answer(body)
        finally:
            self._waiting -= 1

    async def _answer(self, body: bytes) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        request = await loop.run_in_executor(self._readers, _read, body)
        if isinstance(request, str):
            return HTTPStatus.BAD_REQUEST, _encode({"error": request})
        if request.get("command") != _WORK:
            return await loop.run_in_executor(self._readers, self._run, request)
        if self._working >= _MAX_WORKING:
            return _busy()
        self._working += 1
        try:
            return await loop.run_in_executor(self._worker, self._run, request)
        finally:
            self._working -= 1

    def _run(self, request: Mapping[str, Any]) -> tuple[int, bytes]:
        status, answer = self._api.answer(request)
        return status, _encode(answer)
