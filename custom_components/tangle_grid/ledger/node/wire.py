"""The bytes of a request and of its answer, at this node's own port and at the path for guests alike.

Every answer is JSON in the shape of IRI, whatever was wrong with the request, and nothing here waits without an end.
"""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import HttpVersion11, hdrs, web

from .errors import NodeError

MAX_BODY_BYTES: Final = 1_000_000
READ_S: Final = 20.0
SEND_S: Final = 20.0
_CHUNK: Final = 65_536
_CONTINUE: Final = "100-continue"
_PLAIN: Final = "identity"


def encode(body: Mapping[str, Any]) -> bytes:
    """Return the JSON of an answer, which always has a `duration` (ms)."""
    return json.dumps({"duration": 0, **body}).encode()


def as_json(text: str) -> dict[str, Any]:
    """Return the arguments that make one of aiohttp's HTTP errors speak as IRI does."""
    return {"text": encode({"error": text}).decode(), "content_type": "application/json"}


async def invite(request: web.Request) -> None:
    """Ask for the body where a client waits for that (`Expect: 100-continue`); anything else is judged later."""
    if request.version >= HttpVersion11 and request.headers.get(hdrs.EXPECT, "").lower() == _CONTINUE:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


async def read_body(request: web.Request, within_s: float = READ_S) -> bytes:
    """Return the body of a request, of which no more than `MAX_BODY_BYTES` is ever in memory.

    Raises NodeError: an expectation that is not met (417); or it is compressed, broken, too long, or not here
    `within_s` seconds later (400).
    """
    if request.headers.get(hdrs.EXPECT, _CONTINUE).lower() != _CONTINUE:
        raise NodeError("Unknown expectation", HTTPStatus.EXPECTATION_FAILED)
    plain = request.headers.get(hdrs.CONTENT_ENCODING, _PLAIN).strip().lower() == _PLAIN
    broken = NodeError(f"Invalid request: it is {'broken' if plain else 'compressed'}")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise NodeError("Request too long")
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            while chunk := await request.content.read(_CHUNK):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise NodeError("Request too long")
    except TimeoutError:
        raise NodeError("Request too slow") from None
    except web.RequestPayloadError:
        # Nothing more will come of it; else aiohttp would wait for the rest, and log what is wrong with it.
        request.content.feed_eof()
        raise broken from None
    if not plain:
        raise broken
    return bytes(body)


async def send(request: web.Request, response: web.Response, within_s: float = SEND_S) -> web.Response:
    """Send an answer; who does not take it within `within_s` seconds is let go, and it is not kept for him.

    Raises ConnectionResetError when that was so; aiohttp takes it for a client that went away.
    """
    try:
        async with asyncio.timeout(within_s):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the answer was not taken") from None
    return response
