"""A node in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from custom_components.tangle_grid.ledger.node.serve import SEED_VARIABLE

ROOT = Path(__file__).parents[3]


HEADERS = {"X-IOTA-API-Version": "1", "Content-Type": "application/json"}


MODULE = (
    sys.executable,
    str(ROOT / "tests" / "support" / "ledger" / "without_home_assistant.py"),
    "custom_components.tangle_grid.ledger.node.serve",
)
"""What the script comes to, without the seconds before."""


class NodeProcess:
    """The node alone, from start to the end of its output."""

    def __init__(self, *options: str, command: Sequence[str] = MODULE, seed: str = "") -> None:
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--milestone-interval", "0.2", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), SEED_VARIABLE: seed},
        )
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("Press"):
                break

    @property
    def uri(self) -> str:
        return next(line for line in self.lines if line.startswith("API: ")).removeprefix("API: ")

    def stop(self) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=20)
        self.lines += rest.splitlines()
        return self.process.returncode

    def post(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Post a command, or bytes as they are; return status and answer."""
        connection = HTTPConnection("127.0.0.1", int(self.uri.rsplit(":", 1)[1]), timeout=20)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", "/", data, HEADERS if headers is None else headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
            return response.status, answer
        finally:
            connection.close()
