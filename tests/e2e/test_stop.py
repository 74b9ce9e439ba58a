"""Ctrl-C ends the demo and leaves nothing behind; a second start goes on in seconds."""

import http.client
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.lib.demo.launching import DemoProcess, free_port, processes_with

pytestmark = pytest.mark.e2e

SECOND_START_S = 30
STOP_S = 20


def test_ctrl_c_ends_it_and_leaves_no_process(demo: DemoProcess, home: Path) -> None:
    demo.address()
    assert processes_with(str(home))
    assert demo.stop(signal.SIGINT) < STOP_S
    assert demo.process.returncode == 0
    assert not processes_with(str(home))
    assert "stopped" in demo.output()


def test_a_second_start_takes_seconds_and_goes_on(demo: DemoProcess, home: Path) -> None:
    """Needs the state that the shared demo has left behind."""
    demo.stop()
    again = DemoProcess("--port", str(free_port()), "--keep", str(home))
    try:
        address = again.address(timeout_s=60)
        assert time.monotonic() - again.started < SECOND_START_S
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        connection.request("GET", "/auth/providers")
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        took = again.stop(signal.SIGTERM)
    assert took < STOP_S
    assert again.process.returncode == 0
    assert not processes_with(str(home))
    assert "is already set up" in again.output()
