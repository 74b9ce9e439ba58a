"""Both ends of a channel, and what can happen to what is between them."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.link.channels.channel import Channel, Closed

#: The one that `scripts/test` found or fetched. Debian keeps it where only administrators look.
MOSQUITTO = (
    os.environ.get("TANGLE_GRID_MOSQUITTO")
    or shutil.which("mosquitto")
    or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
)


async def async_until(reached: Callable[[], Any], every_s: float = 0.01) -> None:
    """Wait, not for ever."""
    end = time.monotonic() + 30.0
    while not reached():
        assert time.monotonic() < end
        await asyncio.sleep(every_s)


class Heard:
    """Keeps what a channel says."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.states: list[Closed | None] = []
        self.probed = False

    def opened(self) -> None:
        self.states.append(None)

    def received(self, data: bytes) -> None:
        # An empty frame only tells that there is a way.
        self.probed = True
        if data:
            self.frames.append(data)

    def closed(self, why: Closed) -> None:
        self.states.append(why)

    @property
    def is_open(self) -> bool:
        return bool(self.states) and self.states[-1] is None


@dataclass
class Pair:
    """The two ends, the lower one and the upper one, and the cable between them."""

    lower: Channel
    upper: Channel
    cut: Callable[[], Awaitable[None]]
    mend: Callable[[], Awaitable[None]]
    below: Heard = field(default_factory=Heard)
    above: Heard = field(default_factory=Heard)

    def start(self) -> None:
        self.upper.start(self.above)
        self.lower.start(self.below)

    async def async_open(self) -> None:
        self.start()
        await self.async_heard()

    async def async_heard(self) -> None:
        """Wait until each hears the other: a broker has to be told first what somebody wants to hear."""

        self.above.probed = self.below.probed = False

        def heard() -> bool:
            self.lower.send(b"")
            self.upper.send(b"")
            return self.above.probed and self.below.probed

        await self.async_until(heard, every_s=0.06)
        self.above.frames.clear()
        self.below.frames.clear()

    async def async_until(self, reached: Callable[[], Any], every_s: float = 0.01) -> None:
        await async_until(reached, every_s)

    async def async_stop(self) -> None:
        await self.lower.async_stop()
        await self.upper.async_stop()


class Cable:
    """A TCP connection that can be cut and mended: it passes on what comes to `port`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def async_mend(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def async_cut(self) -> None:
        """End what is on it without a word, and let nobody in."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._writers.add(sink)
            task = asyncio.create_task(self._copy(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()


@asynccontextmanager
async def async_mqtt(hass: HomeAssistant, broker: Broker) -> AsyncIterator[None]:
    """Let Home Assistant's own MQTT integration use the broker, and lose no time where it waits to spare brokers."""
    (Path(hass.config.config_dir) / "configuration.yaml").touch()
    entry = MockConfigEntry(
        domain="mqtt",
        data={"broker": "127.0.0.1", "port": broker.port, "protocol": "3.1.1"},
        options={"birth_message": {}},
    )
    entry.add_to_hass(hass)
    client = "homeassistant.components.mqtt.client"
    with (
        patch(f"{client}.RECONNECT_INTERVAL_SECONDS", 0.1),
        patch(f"{client}.INITIAL_SUBSCRIBE_COOLDOWN", 0.01),
        patch(f"{client}.SUBSCRIBE_COOLDOWN", 0.01),
        patch(f"{client}.DISCOVERY_COOLDOWN", 0.01),
    ):
        assert await hass.config_entries.async_setup(entry.entry_id)
        yield
        assert await hass.config_entries.async_unload(entry.entry_id)


class Broker:
    """A real broker of MQTT on the loopback, killed and started again; one may be the bridge to another.

    The bridge is set up as docs/scaling.md says.
    """

    def __init__(self, folder: Path, bridge_to: Broker | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._config = folder / f"mosquitto-{self.port}.conf"
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false"]
        if bridge_to is not None:
            lines += [
                "connection street",
                f"address 127.0.0.1:{bridge_to.port}",
                "topic tangle_grid/link/# both 1",
                "cleansession true",
                "restart_timeout 1",
            ]
        self._config.write_text("\n".join((*lines, "")))
        self._process: subprocess.Popen[bytes] | None = None

    async def async_start(self) -> None:
        assert MOSQUITTO is not None
        self._process = subprocess.Popen(  # noqa: ASYNC220 - a moment
            [MOSQUITTO, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(500):
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the broker does not start")

    async def async_kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
