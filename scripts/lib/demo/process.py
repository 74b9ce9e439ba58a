"""The Home Assistant process: start, watch, stop, and never leave one behind."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

from .errors import DemoError

RESTART_EXIT_CODE: Final = 100
SIGINT_WAIT_S: Final = 25.0
SIGTERM_WAIT_S: Final = 5.0
_PR_SET_PDEATHSIG: Final = 1


def _follow_parent() -> None:
    """Runs in the child: when the launcher is killed without a chance to clean up, the kernel stops the child."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def child_environment() -> dict[str, str]:
    """Return the environment without what belongs to the launcher.

    Home Assistant without compiled files takes twice as long to start, so they are written whatever the shell says.
    """
    dropped = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in dropped}


class HomeAssistantProcess:
    """One Home Assistant on a configuration folder, in a session of its own.

    In its own session a Ctrl-C at the terminal reaches only the launcher, which then stops it in order.
    """

    def __init__(self, config: Path) -> None:
        self.config = config
        self.log = config / "home-assistant.out"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it; the log goes to a file in the configuration folder."""
        # Restarted from its own interface it writes on: what led there stays readable.
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # not from the working directory, whatever lies there
                "-m",
                "homeassistant",
                "--config",
                str(self.config),
                "--skip-pip",
                "--log-no-color",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=child_environment(),
                start_new_session=True,
                preexec_fn=_follow_parent,  # no other thread runs in the launcher
            )

    async def wait(self) -> int:
        """Wait for its end and return the exit code."""
        if self._process is None:
            raise RuntimeError("not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to stop, wait, and insist; returns when nothing of it is left."""
        process = self._process
        if process is None:
            return
        for number, wait_s in ((signal.SIGINT, SIGINT_WAIT_S), (signal.SIGTERM, SIGTERM_WAIT_S)):
            if process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), wait_s)
        # The session may hold helpers of its own: the group goes as a whole.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    def errors(self, limit: int = 12) -> list[str]:
        """Return the last errors in the log, each with the line that says what it was."""
        found: list[str] = []
        for line in self._lines():
            if " ERROR " in line or " CRITICAL " in line:
                found.append(line)
            elif found and line[:1].isalpha() and not line.startswith("Traceback"):
                found.append(f"    {line}")
        return found[-limit:]

    def problems(self, limit: int = 12) -> str:
        """Return the errors in the log, or its end when there are none."""
        return "\n".join(self.errors(limit) or self._lines()[-limit:])

    def _lines(self) -> list[str]:
        try:
            return self.log.read_text(errors="replace").splitlines()
        except OSError:
            return []

    def must_run(self) -> None:
        """Raise when it has ended by itself."""
        if self._process is not None and self._process.returncode is not None:
            raise DemoError(
                f"Home Assistant ended with code {self._process.returncode}; the end of its log:\n{self.problems()}"
            )
