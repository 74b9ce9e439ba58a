"""The node's commands over HTTP, in the shapes of IRI: any client of the legacy network can talk to it.

A command is a POST of JSON with the header ``X-IOTA-API-Version``. Every answer is JSON with ``duration`` (ms): 200,
400 ``{"error"}`` for what the client did wrong, 500 ``{"exception"}`` for what the node could not do.
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
_MAX_WAITING: Final = 64
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": f"Origin, X-Requested-With, Content-Type, Accept, {_VERSION_HEADER}",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
}
_LOGGER: Final = logging.getLogger(__name__)


def _answer(status: int, body: Mapping[str, Any]) -> web.Response:
    return web.json_response({"duration": 0, **body}, status=status, headers=_HEADERS)


def _error(text: str) -> web.Response:
    return _answer(HTTPStatus.BAD_REQUEST, {"error": text})


@web.middleware
async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in JSON also where aiohttp would answer in text: unknown paths, other methods, failures."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _answer(error.status, {"error": error.reason})
    except Exception:
        _LOGGER.exception("A command failed")
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"exception": "Internal error"})


class HttpApi:
    """Serves an ``Api``. Proof of work has a thread of its own, so that it never keeps a reader waiting."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="tangle-api")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="tangle-work")
        self._waiting = 0

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
        try:
            body = json.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return _error("Request too long")
        except ValueError, RecursionError:
            return _error("Invalid JSON syntax")
        if not isinstance(body, dict):
            return _error("Invalid request payload")
        if self._waiting >= _MAX_WAITING:
            return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"exception": "The node is busy"})
        pool = self._worker if body.get("command") == "attachToTangle" else self._readers
        self._waiting += 1
        try:
            status, answer = await asyncio.get_running_loop().run_in_executor(pool, self._api.answer, body)
        finally:
            self._waiting -= 1
        return _answer(status, answer)
