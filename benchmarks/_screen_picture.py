"""What the picture of an island costs the event loop, with so many chargers and so many screens."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import AsyncMock, MagicMock, patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_test_home_assistant

from benchmarks.reaction import BUILT_A, METER, QUIET_A, Street, subentry
from custom_components.tangle_grid.const import (
    CONF_CAPACITY_A,
    CONF_ISLAND_ID,
    CONF_KIND,
    CONF_METER,
    CONF_METER_POWER,
    CONF_THRESHOLD,
    DOMAIN,
    KIND_ISLAND,
)
from custom_components.tangle_grid.screen import shared_picture


def measure_picture(count: int, screens: int, rounds: int) -> dict[str, Any]:
    """Return how long a picture takes in all, its longest piece, how many were made, and how large they are."""

    async def run() -> dict[str, Any]:
        with TemporaryDirectory() as folder:
            async with async_test_home_assistant(config_dir=folder) as hass:
                hass.data.pop(DATA_CUSTOM_COMPONENTS)
                return await _measure(hass, count, screens, rounds)

    with patch("custom_components.tangle_grid.bridge.link.LedgerLink._async_open", AsyncMock()):
        return asyncio.run(run())


async def _measure(hass: HomeAssistant, count: int, screens: int, rounds: int) -> dict[str, Any]:
    street = Street(hass, count)
    street.meter(QUIET_A)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Street",
        data={
            CONF_KIND: KIND_ISLAND,
            CONF_ISLAND_ID: "0" * 32,
            "name": "Street",
            CONF_METER: {CONF_METER_POWER: list(METER)},
            CONF_CAPACITY_A: BUILT_A * count,
            CONF_THRESHOLD: 95,
        },
        subentries_data=[subentry(number) for number in range(count)],
    )
    entry.add_to_hass(hass)
    if not await hass.config_entries.async_setup(entry.entry_id):
        raise SystemExit("the integration could not be set up")
    await hass.async_block_till_done()
    watch = _Watch()
    with patch.object(shared_picture.SharedPicture, "_async_go_on", watch.wrapped()):
        user = MockUser(name="owner", is_owner=True).add_to_hass(hass)
        connections = [MagicMock(user=user) for _ in range(screens)]
        picture = shared_picture.SharedPicture.of(entry.runtime_data)
        stops = [picture.async_show(connection, number) for number, connection in enumerate(connections)]
        await _until_told(connections[0], 1)
        others = itertools.cycle((BUILT_A * 0.3, BUILT_A * 0.4))
        for _ in range(rounds):
            street.meter(next(others))
            await asyncio.sleep(2.0)
        for stop in stops:
            stop()
    messages = [call.args[1] for call in connections[0].send_event.call_args_list]
    sizes = [len(json_bytes(message)) for message in messages]
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    await hass.async_stop(force=True)
    whole = sorted(watch.pictures)
    return {
        "pictures": len(whole),
        "whole_ms": round(whole[len(whole) // 2] * 1e3, 2),
        "longest_piece_ms": round(max(watch.pieces) * 1e3, 2),
        "first_bytes": sizes[0],
        "difference_bytes": round(sum(sizes[1:]) / max(1, len(sizes) - 1)),
    }


class _Watch:
    """How long each piece of work at the picture took."""

    def __init__(self) -> None:
        self.pieces: list[float] = []
        self.pictures: list[float] = []
        self._so_far = 0.0

    def wrapped(self) -> Any:
        work = shared_picture.SharedPicture._async_go_on  # noqa: SLF001  # the piece of work that is to be timed

        def timed(picture: shared_picture.SharedPicture) -> None:
            started = time.thread_time()
            try:
                work(picture)
            finally:
                took = time.thread_time() - started
                self.pieces.append(took)
                self._so_far += took
                if picture._work is None:  # noqa: SLF001  # it is finished
                    self.pictures.append(self._so_far)
                    self._so_far = 0.0

        return timed


async def _until_told(connection: MagicMock, times: int) -> None:
    for _ in _for_a_while():
        if connection.send_event.call_count >= times:
            return
        await asyncio.sleep(0.02)


def _for_a_while() -> Iterator[int]:
    return iter(range(500))
