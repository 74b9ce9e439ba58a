"""Running `scripts/demo` from another program: the tests and the screenshots see it as a person does."""

import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parents[3]
SCRIPT: Final = ROOT / "scripts" / "demo"
# On a fresh machine the first start installs everything.
START_TIMEOUT_S: Final = 900.0
_ADDRESS: Final = re.compile(r"Open\s+(http://\S+)")
_POLL_S: Final = 0.2


class DemoProcess:
    """One `scripts/demo` and what it has printed."""

    def __init__(self, *arguments: str) -> None:
        self.started = time.monotonic()
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        self.process = subprocess.Popen(
            [SCRIPT, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def output(self) -> str:
        """Everything printed so far."""
        self._output.seek(0)
        return self._output.read().decode(errors="replace")

    def address(self, timeout_s: float = START_TIMEOUT_S) -> str:
        """Return the address that it prints when all is ready."""
        while time.monotonic() - self.started < timeout_s:
            text = self.output()
            if found := _ADDRESS.search(text):
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(_POLL_S)
        raise RuntimeError(f"the demo did not come up:\n{self.output()}")

    def stop(self, number: signal.Signals = signal.SIGINT, timeout_s: float = 60.0) -> float:
        """Send a signal and wait for the end; returns how long that took."""
        asked = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(timeout_s)
        return time.monotonic() - asked


def free_port() -> int:
    """Return a port on the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_with(text: str) -> Sequence[int]:
    """Return ids of the processes whose command line contains a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if text.encode() in command:
            found.append(int(path.parent.name))
    return found
