"""The node's own port, seen by clients that do not keep to anything: raw sockets against a real server."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode, door, http as http_module
from custom_components.tangle_grid.ledger.node.door import open_door, place_of
from custom_components.tangle_grid.ledger.node.http import HttpApi
from custom_components.tangle_grid.ledger.node.wire import MAX_BODY_BYTES

INFO = b'{"command": "getNodeInfo"}'
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nX-IOTA-API-Version: 1\r\n"
IDLE_S = 0.5


@pytest.fixture(autouse=True)
def sockets(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Talk to the node, which does not linger where nobody sends the rest."""
    monkeypatch.setattr(door, "_LINGERING_S", 0.05)


@dataclass
class Served:
    """A node's port."""

    port: int

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, data: bytes) -> tuple[int, dict[str, str], Any]:
        """Send bytes; return status, headers and JSON of the answer."""
        reader, writer = await self.connect()
        writer.write(data)
        answer = await read_answer(reader)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return answer

    async def works(self) -> bool:
        return (await self.say(command(INFO)))[0] == 200


def command(body: bytes, *headers: bytes) -> bytes:
    return HEAD + b"".join(each + b"\r\n" for each in headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], Any]:
    async with asyncio.timeout(10):
        status_line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return int(status_line.split()[1]), headers, json.loads(body) if body else None


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Wait for the end of a connection, on which nothing is said any more."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


@asynccontextmanager
async def serving(api: Api, *, read_s: float = 5.0, **limits: Any) -> AsyncIterator[Served]:
    http = HttpApi(api, read_s=read_s)
    runner = web.AppRunner(http.application(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listening = await open_door(runner, "127.0.0.1", 0, **{"idle_s": IDLE_S, **limits})
    try:
        yield Served(listening.sockets[0].getsockname()[1])
    finally:
        listening.close()
        await runner.cleanup()
        await asyncio.to_thread(http.close)
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (command(gzip.compress(INFO), b"Content-Encoding: gzip"), 400, "Invalid request: it is compressed"),
        (command(INFO, b"Content-Encoding: gzip"), 400, "Invalid request: it is compressed"),
        (command(INFO, b"Content-Encoding: deflate"), 400, "Invalid request: it is compressed"),
        (command(INFO, b"Content-Encoding: br, gzip"), 400, "Invalid request: it is compressed"),
        (command(INFO, b"Expect: magic"), 417, "Unknown expectation"),
        (b"POST /admin HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nContent-Length: 0\r\n\r\n", 404, "Not Found"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", 405, "Method Not Allowed"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, None),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\r\n\r\n", 400, None),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400, "Invalid HTTP request"),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), 400, "Request too long"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "Invalid HTTP request"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 10_000 + b"\r\n\r\n", 400, "Invalid HTTP request"),
        (command(b'{"command": "getTips", "x": ' + b"9" * 400 + b"}"), 400, "Invalid JSON syntax"),
        (command(b'{"command": "getTips", "x": -' + b"9" * 20 + b"}"), 400, "Invalid JSON syntax"),
        (command(b"{}", b"X: \xff\xfe"), 400, "COMMAND parameter has not been specified in the request."),
    ],
    ids=range(16),
)
async def test_whatever_comes_is_answered_as_iri_does(
    api: Api, data: bytes, status: int, error: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(api) as served:
        found, headers, answer = await served.say(data)
        assert found == status
        assert headers["content-type"].startswith("application/json")
        assert answer["error"] == error or (error is None and answer["error"])
        assert answer["duration"] == 0
        assert await served.works()
    assert not [record for record in caplog.records if record.levelname not in {"DEBUG", "INFO"}]


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(api: Api) -> None:
    async with serving(api) as served:
        reader, writer = await served.connect()
        writer.write(HEAD + b"Expect: 100-Continue\r\nContent-Length: %d\r\n\r\n" % len(INFO))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(INFO)
        status, _headers, answer = await read_answer(reader)
        assert (status, answer["appName"]) == (200, "Tangle Grid")
        writer.close()


@pytest.mark.parametrize(("begun", "more"), [(b"", b""), (b"POST / HT", b"T"), (HEAD, b"X")])
async def test_heads_that_are_never_finished_are_not_waited_for(api: Api, begun: bytes, more: bytes) -> None:
    """Three hundred of them stood open for ever."""
    async with serving(api, total=1_000, per_address=1_000) as served:
        slow = [await served.connect() for _ in range(300)]
        for _reader, writer in slow:
            writer.write(begun)
        assert await served.works()
        await asyncio.sleep(IDLE_S / 2)
        for _reader, writer in slow:
            # A byte now and then buys no time.
            writer.write(more)
        async with asyncio.timeout(10 * IDLE_S):
            assert all([await is_closed(reader) for reader, _writer in slow])
        for _reader, writer in slow:
            writer.close()


async def test_a_second_head_has_no_more_time_than_the_first(api: Api) -> None:
    async with serving(api) as served:
        reader, writer = await served.connect()
        writer.write(command(INFO))
        assert (await read_answer(reader))[0] == 200
        writer.write(HEAD)
        assert await asyncio.wait_for(reader.read(), 10 * IDLE_S) == b""
        writer.close()


async def test_one_address_has_so_many_connections(api: Api) -> None:
    async with serving(api, per_address=5, idle_s=10.0) as served:
        inside = [await served.connect() for _ in range(5)]
        await asyncio.sleep(0.05)
        for _ in range(20):
            status, headers, answer = await served.say(b"")
            assert (status, answer["error"]) == (503, "Too many connections")
            assert headers["connection"] == "close"
        # Those that are inside are served, and whoever leaves makes room.
        for reader, writer in inside:
            writer.write(command(INFO))
            assert (await read_answer(reader))[0] == 200
        inside.pop()[1].close()
        await asyncio.sleep(0.05)
        assert await served.works()
        await asyncio.sleep(0.05)
        assert await served.works(), "those that were turned away are not counted"
        for _reader, writer in inside:
            writer.close()


async def test_all_together_have_so_many_connections(api: Api) -> None:
    async with serving(api, total=3, per_address=10, idle_s=10.0) as served:
        inside = [await served.connect() for _ in range(3)]
        await asyncio.sleep(0.05)
        assert (await served.say(b""))[0] == 503
        for _reader, writer in inside:
            writer.close()
        await asyncio.sleep(0.05)
        assert await served.works()


async def test_a_body_that_does_not_come_is_not_waited_for(api: Api) -> None:
    async with serving(api, read_s=0.3) as served:
        status, _headers, answer = await served.say(HEAD + b"Content-Length: 100\r\n\r\n{")
        assert (status, answer["error"]) == (400, "Request too slow")


async def test_an_answer_that_is_not_taken_is_not_kept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is megabytes."""
    send, gone = http_module.send, asyncio.Event()

    async def impatient(request: web.Request, response: web.Response) -> web.Response:
        try:
            return await send(request, response, 0.3)
        except ConnectionResetError:
            gone.set()
            raise

    monkeypatch.setattr(http_module, "send", impatient)
    asked = json.dumps({"command": "getTrytes", "hashes": ["9" * 81] * 1_000}).encode()
    async with serving(api) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1_024)
        writer.write(command(asked) * 3)
        await asyncio.wait_for(gone.wait(), 10)
        # Whoever takes his answer gets it.
        status, _headers, answer = await served.say(command(asked))
        assert (status, len(answer["trytes"])) == (200, 1_000)
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(3 * 2_673_000), 10)
        writer.close()


async def test_what_the_node_did_not_expect_is_its_own_fault(
    node: EmbeddedNode, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(node.store, "tips", broken)
    async with serving(api) as served:
        status, _headers, answer = await served.say(command(INFO))
        assert (status, answer["exception"]) == (500, "Internal error")
    assert "A command failed" in caplog.text


def test_who_counts_as_one(tmp_path: Path) -> None:
    assert place_of(("192.0.2.1", 5)) == place_of(("::ffff:192.0.2.1", 6, 0, 0)) == "192.0.2.1"
    assert place_of(("192.0.2.1", 5)) != place_of(("192.0.2.2", 5))
    # A house has a whole network of version 6.
    assert place_of(("2001:db8:1:2::1", 5, 0, 0)) == place_of(("2001:db8:1:2:ffff::7", 6, 0, 0))
    assert place_of(("2001:db8:1:2::1", 5, 0, 0)) != place_of(("2001:db8:1:3::1", 5, 0, 0))
    assert place_of(("fe80::1%eth0", 5, 0, 2)) == place_of(("fe80::2%eth0", 5, 0, 2))
    assert place_of(None) == place_of("") == ""
