"""The node's commands over HTTP, in the shapes of IRI: any client of the legacy network can talk to it.

A command is a POST of JSON with the header `X-IOTA-API-Version`. Every answer is JSON with `duration` (ms): 200,
400 `{"error"}` for what the client did wrong, 500 `{"exception"}` for what the node could not do. The event loop
moves bytes only: requests are read, answered and written in threads.

Memory is bounded by the number of requests at a time, each of at most a megabyte; who sends, or takes his answer,
slower than a request may last is let go.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from .commands import Api
from .errors import NodeError
from .wire import MAX_BODY_BYTES, READ_S, encode, invite, read_body, send

_VERSION_HEADER: Final = "X-IOTA-API-Version"
_READERS: Final = 4
_MAX_WAITING: Final = 32
_MAX_WORKING: Final = 8
_MAX_DIGITS: Final = 20
_WORK: Final = "attachToTangle"
#: So many different faults of the node's own are logged; more would be noise.
_MAX_FAULTS: Final = 20
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": f"Origin, X-Requested-With, Content-Type, Accept, {_VERSION_HEADER}",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
}
_LOGGER: Final = logging.getLogger(__name__)


def _response(status: int, body: bytes) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", headers=_HEADERS)


def _refusal(error: NodeError) -> tuple[int, bytes]:
    return error.status, encode(error.to_answer())


def _busy() -> tuple[int, bytes]:
    return HTTPStatus.INTERNAL_SERVER_ERROR, encode({"exception": "The node is busy"})


def _number(digits: str) -> int:
    """Read a whole number; no command has any use for one that does not fit 64 bits."""
    if len(digits) > _MAX_DIGITS:
        raise ValueError("number too large")
    return int(digits)


def _read(body: bytes) -> dict[str, Any] | str:
    """Return the request, or what is wrong with it."""
    try:
        request = json.loads(body, parse_int=_number)
    except ValueError, RecursionError:
        return "Invalid JSON syntax"
    return request if isinstance(request, dict) else "Invalid request payload"


@web.middleware
async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in JSON also where aiohttp would answer in text, and keep no answer for whoever does not take it."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        response = _response(error.status, encode({"error": error.reason}))
    except NodeError as error:
        response = _response(*_refusal(error))
    return await send(request, response) if isinstance(response, web.Response) else response


def _place(error: Exception) -> tuple[str, str, int]:
    """Return what an error is and where it was raised: file and line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = type(error).__name__
    return (name, "", 0) if trace is None else (name, trace.tb_frame.f_code.co_filename, trace.tb_lineno)


def _nobody(_seconds: float) -> None:
    """Count nothing."""


class HttpApi:
    """Serves an `Api`. Proof of work has a thread of its own, so that it never keeps a reader waiting."""

    def __init__(self, api: Api, *, read_s: float = READ_S) -> None:
        """Serve; a request has to be here `read_s` seconds after it began."""
        self._api = api
        self._read_s = read_s
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="tangle-api")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tangle-work")
        self._waiting = 0
        self._working = 0
        self._faults: set[tuple[str, str, int]] = set()

    def application(self) -> web.Application:
        """Return the application: commands are posted to its root."""
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_in_json])
        application.router.add_route("*", "/{path:.*}", self._serve, expect_handler=invite)
        return application

    def close(self) -> None:
        """Wait for the commands that are being answered. Stop the node before, or its work is waited for as well."""
        self._worker.shutdown(cancel_futures=True)
        self._readers.shutdown(cancel_futures=True)

    async def _serve(self, request: web.Request) -> web.Response:
        if request.match_info["path"]:
            raise web.HTTPNotFound
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(headers=_HEADERS)
        if request.method != hdrs.METH_POST:
            raise web.HTTPMethodNotAllowed(request.method, [hdrs.METH_POST, hdrs.METH_OPTIONS])
        if not request.headers.get(_VERSION_HEADER, "").strip():
            raise NodeError("Invalid API Version")
        if self._waiting >= _MAX_WAITING:
            return _response(*_busy())
        self._waiting += 1
        try:
            return _response(*await self._answer(await read_body(request, self._read_s), _nobody))
        finally:
            self._waiting -= 1

    async def answer(self, body: bytes, used: Callable[[float], object] = _nobody) -> tuple[int, bytes]:
        """Answer the body of a request: HTTP status and JSON. May be called by another server than this one's own.

        `used` is told how many seconds of the processor the answer took, unless it was asked-for proof of work.
        """
        if self._waiting >= _MAX_WAITING:
            return _busy()
        if len(body) > MAX_BODY_BYTES:
            return _refusal(NodeError("Request too long"))
        self._waiting += 1
        try:
            return await self._answer(body, used)
        finally:
            self._waiting -= 1

    async def _answer(self, body: bytes, used: Callable[[float], object]) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        request = await loop.run_in_executor(self._readers, _read, body)
        if isinstance(request, str):
            return _refusal(NodeError(request))
        if request.get("command") != _WORK:
            status, answer, seconds = await loop.run_in_executor(self._readers, self._run, request)
            used(seconds)
            return status, answer
        if self._working >= _MAX_WORKING:
            return _busy()
        self._working += 1
        try:
            return (await loop.run_in_executor(self._worker, self._run, request))[:2]
        finally:
            self._working -= 1

    def _run(self, request: Mapping[str, Any]) -> tuple[int, bytes, float]:
        """Return status, body, and the seconds of this thread that they took."""
        began = time.thread_time()
        try:
            status, answer = self._api.answer(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer, and the log says it once
            self._say(error)
            status, answer = HTTPStatus.INTERNAL_SERVER_ERROR, {"exception": "Internal error"}
        body = encode(answer)
        return status, body, time.thread_time() - began

    def _say(self, error: Exception) -> None:
        """Log a fault of the node's own with where it comes from, but once: whoever found it can repeat it for ever."""
        if (place := _place(error)) in self._faults or len(self._faults) >= _MAX_FAULTS:
            return
        self._faults.add(place)
        _LOGGER.error("A command failed (this is said once)", exc_info=error)
