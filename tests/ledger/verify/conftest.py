"""The node of a ledger, as others reach it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from custom_components.tangle_grid.ledger import Ledger
from custom_components.tangle_grid.ledger.backends.backend import EmbeddedBackend
from custom_components.tangle_grid.ledger.node import Api
from custom_components.tangle_grid.ledger.node.http import HttpApi


@pytest.fixture
async def node_url(socket_enabled: None, ledger: Ledger) -> AsyncIterator[str]:
    """The ledger's own node, over HTTP."""
    backend = ledger._core.backend
    assert isinstance(backend, EmbeddedBackend)
    http = HttpApi(Api(backend.node))
    runner = web.AppRunner(http.application())
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()
    await asyncio.to_thread(http.close)
