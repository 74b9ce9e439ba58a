"""One running demo for all tests that look at it: a real Home Assistant, started by the script that people use."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import pytest_socket
from playwright.async_api import Browser

from scripts.lib.browser import ensure_chromium
from scripts.lib.demo.browsing import chromium
from scripts.lib.demo.launching import SCRIPT, DemoProcess, free_port


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """The test harness of Home Assistant looks for its leftovers in this process; here it is another one."""


@pytest.fixture(autouse=True)
def real_sockets(socket_enabled: None) -> None:
    """The test harness of Home Assistant forbids sockets; these tests talk to a real server on the loopback."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared demo keeps its state."""
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="session")
def check_process() -> Iterator[subprocess.Popen[str]]:
    """`scripts/demo --check`, which takes its two minutes while other tests look at the shared demo."""
    process = subprocess.Popen([SCRIPT, "--check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate()


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest, home: Path) -> Iterator[DemoProcess]:
    """A demo that runs until a test stops it, or to the end."""
    if any("check_process" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("check_process")
    # Fixtures of the session come before those of the test that lift the ban.
    pytest_socket.enable_socket()
    process = DemoProcess("--port", str(free_port()), "--keep", str(home))
    yield process
    process.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with chromium(os.environ.get("TANGLE_GRID_CHROMIUM") or ensure_chromium()) as running:
        yield running
