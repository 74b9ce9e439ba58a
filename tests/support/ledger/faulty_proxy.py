"""Stands between a ledger and a node, and spoils what passes: whatever a network, a proxy or a bad node can do."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

type Choice = Callable[[str], str | None]

# What is answered instead of an answer.
INSTEAD = ("500", "502_html", "400", "garbage", "not_an_object", "null_fields", "cut_before", "cut_after", "cut_body")
# What is made of an answer.
TWISTED = ("short_lists", "long_lists", "wrong_trytes", "nothing_found", "all_true", "all_false", "no_funds", "riches")
_ANSWERS = {
    "slow": (504, "", "text/plain"),
    "500": (500, '{"exception": "java.lang.NullPointerException", "duration": 0}', "application/json"),
    "502_html": (502, "<html><h1>Bad gateway</h1></html>", "text/html"),
    "400": (400, '{"error": "Could not complete request", "duration": 0}', "application/json"),
    "garbage": (200, '{"balances": [', "application/json"),
    "not_an_object": (200, "[1, 2, 3]", "application/json"),
    "huge": (200, "[" + "9," * (9 * 1024 * 1024), "application/json"),
}


def nothing(_command: str) -> str | None:
    return None


class FaultyProxy:
    """`choose` gives, for each command, the fault that it meets, or None. While it is `down` it answers nothing."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.choose: Choice = nothing
        self.down = False
        self.asked: list[str] = []
        self.met: set[str] = set()
        self.url = ""
        self._released = asyncio.Event()

    async def start(self) -> None:
        self._session = aiohttp.ClientSession()
        application = web.Application(client_max_size=2_000_000)
        application.router.add_post("/", self._post)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self._released.set()
        await self._session.close()
        await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        command = str(json.loads(body).get("command"))
        self.asked.append(command)
        fault = "cut_before" if self.down else self.choose(command)
        if fault is not None:
            self.met.add(fault)
        if fault == "slow":
            await self._released.wait()
        if fault == "cut_before":
            return self._cut(request)
        if fault in _ANSWERS:
            status, text, kind = _ANSWERS[fault]
            return web.Response(status=status, text=text, content_type=kind)
        async with self._session.post(self.target, data=body, headers={"X-IOTA-API-Version": "1"}) as response:
            status, answer = response.status, await response.json()
        if fault == "cut_after":
            return self._cut(request)
        if fault == "cut_body":
            return await self._cut_within(request, json.dumps(answer).encode())
        if fault is not None and status == 200:
            answer = {name: twist(fault, name, value) for name, value in answer.items()}
        return web.json_response(answer, status=status)

    async def _cut_within(self, request: web.Request, data: bytes) -> web.StreamResponse:
        partial = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await partial.prepare(request)
        await partial.write(data[: len(data) // 2])
        return self._cut(request)

    @staticmethod
    def _cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


def twist(fault: str, name: str, value: Any) -> Any:
    """Return what a fault makes of a field of an answer."""
    if fault == "null_fields":
        return None
    change = _CHANGES.get((fault, name)) or _CHANGES.get((fault, "any list" if isinstance(value, list) else ""))
    return value if change is None else change(value)


_CHANGES: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("short_lists", "any list"): lambda value: value[1:],
    ("long_lists", "any list"): lambda value: [*value, *value[:1]] or ["9"],
    ("wrong_trytes", "trytes"): lambda value: [each[:100] + "AB"[each[100] == "A"] + each[101:] for each in value],
    ("nothing_found", "hashes"): lambda _value: [],
    ("nothing_found", "trytes"): lambda value: ["9" * len(each) for each in value],
    ("all_true", "states"): lambda value: [True] * len(value),
    ("all_false", "states"): lambda value: [False] * len(value),
    ("all_true", "state"): lambda _value: True,
    ("all_false", "state"): lambda _value: False,
    ("no_funds", "balances"): lambda value: ["0"] * len(value),
    ("riches", "balances"): lambda value: [str(int(each) + 5) for each in value],
}
