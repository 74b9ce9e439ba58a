"""A running demo: from an empty folder to a Home Assistant with the street set up, and back to nothing."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .api import HomeAssistantApi, wait_for_answer
from .errors import DemoError
from .home import CONFIGURATION, LOOPBACK, check_seed, choose_port, prepare
from .process import RESTART_EXIT_CODE, HomeAssistantProcess, child_environment
from .progress import Progress

START_TIMEOUT_S: Final = 120.0
_POLL_S: Final = 0.2
_LIBRARY: Final = str(Path(__file__).resolve().parents[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the person asked for.

    Attributes:
        port: The port to serve on; None for any free one.
        speed: Street seconds in one real second.
        seed: Which street: the same seed gives the same homes, cars and weather. None for the one that is kept, or the
            first.
        keep: The folder to keep the state in; None for a temporary one.
    """

    port: int | None
    speed: float
    seed: int | None
    keep: Path | None


class RunningHome:
    """Home Assistant on its folder, and where to reach it."""

    def __init__(self, config: Path, port: int, progress: Progress) -> None:
        self.url = f"http://{LOOPBACK}:{port}"
        self.process = HomeAssistantProcess(config)
        self._progress = progress

    async def start(self) -> None:
        """Start it and wait until it has loaded everything."""
        await self.process.start()
        await self.ready()

    async def ready(self) -> None:
        """Wait until Home Assistant says that it is running."""
        try:
            await wait_for_answer(self.url, timeout_s=START_TIMEOUT_S, alive=self.process.must_run)
        except TimeoutError:
            raise DemoError(
                f"Home Assistant did not answer on {self.url} within {START_TIMEOUT_S:.0f} s; the end of its log:\n"
                f"{self.process.problems()}"
            ) from None
        async with HomeAssistantApi.connect(self.url) as api:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + START_TIMEOUT_S
            while (await api.request("GET", "config"))["state"] != "RUNNING":
                self.process.must_run()
                if loop.time() > deadline:
                    raise DemoError(f"Home Assistant is not running after {START_TIMEOUT_S:.0f} s")
                await asyncio.sleep(_POLL_S)

    async def while_running[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work that makes no sense any more when Home Assistant ends."""
        task = asyncio.create_task(work)
        end = asyncio.create_task(self.process.wait())
        try:
            await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                self.process.must_run()
            return await task
        finally:
            task.cancel()
            end.cancel()
            await asyncio.gather(task, end, return_exceptions=True)

    async def restarted(self) -> None:
        """Wait until a restart was asked for in the interface, and do it.

        Raises:
            DemoError: Home Assistant ended without such a wish.
        """
        if await self.process.wait() != RESTART_EXIT_CODE:
            self.process.must_run()
        self._progress.say("Home Assistant restarts")
        await self.start()


async def _make_owner(config: Path) -> None:
    environment = child_environment() | {"PYTHONPATH": _LIBRARY}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "demo.auth",
        str(config),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise DemoError(f"making the owner of the demo failed:\n{output.decode(errors='replace')[-1500:]}")


@asynccontextmanager
async def running_home(
    options: Options, progress: Progress, *, configuration: str = CONFIGURATION
) -> AsyncIterator[RunningHome]:
    """Start Home Assistant; stop it, and remove a temporary folder, at the end."""
    port = choose_port(options.port)
    if options.keep is not None:
        check_seed(options.keep.expanduser(), options.seed)
    if options.keep is None:
        config = Path(tempfile.mkdtemp(prefix="tangle-grid-demo-"))
    else:
        config = options.keep.expanduser().resolve()
        config.mkdir(parents=True, exist_ok=True)
    home = RunningHome(config, port, progress)
    try:
        if prepare(config, port, configuration):
            progress.say(f"making a new home in {config}")
            await _make_owner(config)
        else:
            progress.say(f"using the home in {config}")
        progress.say(f"starting Home Assistant on {home.url} (its log: {home.process.log})")
        await home.start()
        progress.say("Home Assistant is running")
        yield home
    except DemoError:
        # With a temporary folder its log is gone in a moment.
        if errors := home.process.errors():
            progress.show(f"From the log of Home Assistant on {home.url}:\n" + "\n".join(errors))
        raise
    finally:
        if home.process.pid:
            progress.say(f"stopping Home Assistant on {home.url}")
        await home.process.stop()
        if options.keep is None:
            shutil.rmtree(config, ignore_errors=True)
        progress.say("stopped")
