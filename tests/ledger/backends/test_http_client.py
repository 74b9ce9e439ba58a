"""The way to a node elsewhere: whatever it answers is bounded, and its token goes to nobody else."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.tangle_grid.ledger.backends.http_client import HttpClient
from custom_components.tangle_grid.ledger.base.errors import LedgerError, LedgerFault

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None) -> None:
    """Talk to a node."""


@asynccontextmanager
async def node(handler: Handler, **options: int) -> AsyncIterator[HttpClient]:
    """A client of a node that answers so."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        yield HttpClient(session, str(server.make_url("/")), "secret-token", **options)


async def test_a_node_that_sends_elsewhere_is_not_followed(caplog: pytest.LogCaptureFixture) -> None:
    """What it names may be anybody, and would be given the token."""
    stolen: list[str | None] = []

    async def thief(request: web.Request) -> web.Response:
        stolen.append(request.headers.get("Authorization"))
        return web.json_response({})

    other = web.Application()
    other.router.add_route("*", "/{path:.*}", thief)
    async with TestServer(other) as elsewhere:

        async def handler(request: web.Request) -> web.Response:
            if request.path == "/":
                raise web.HTTPTemporaryRedirect(str(elsewhere.make_url("/steal")))
            return web.json_response({})

        async with node(handler) as client:
            status, _body = await client.post_async({"command": "getNodeInfo"})
    assert status == 307
    assert stolen == []
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("chunked", [True, False])
async def test_no_more_is_read_than_an_answer_may_be(chunked: bool) -> None:
    sent = 0

    async def handler(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        if not chunked:
            return web.Response(body=b" " * 200_000)
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while sent < 100_000_000:
                await response.write(b" " * 50_000)
                sent += 50_000
        except ConnectionError:
            pass
        return response

    async with node(handler, max_bytes=100_000) as client:
        with pytest.raises(LedgerError, match="above 100000 bytes") as refused:
            await client.post_async({"command": "getNodeInfo"})
    assert refused.value.fault is LedgerFault.NODE_WRONG_ANSWER
    # What lies in the buffers on the way is no matter of size.
    assert sent < 50_000_000


async def test_an_answer_that_is_compressed_is_not_unpacked() -> None:
    """A few bytes could become all memory that there is."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})

    async with node(handler) as client:
        with pytest.raises(LedgerError, match="compressed"):
            await client.post_async({"command": "getNodeInfo"})


async def test_the_token_stands_in_its_header_and_in_no_error() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"is": request.headers.get("Authorization") == "Bearer secret-token"})

    async with node(handler) as client:
        assert await client.post_async({"command": "getNodeInfo"}) == (200, b'{"is": true}')
    async with aiohttp.ClientSession() as session:
        for token in ("sécret", "two\nlines"):
            with pytest.raises(LedgerError) as refused:
                HttpClient(session, "http://127.0.0.1:1", token)
            assert refused.value.key == "invalid_auth"
            assert token not in str(refused.value)
