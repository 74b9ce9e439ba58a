"""Home Assistant's backups: what they copy of an island is whole, and nobody waits for them.

The archive is written while everything goes on. Before, each island puts the state of its grid on disk and lets the
files of its ledger lie still: until the archive is done, what changes goes to the ends of their logs. Whatever goes
wrong here, the backup is made: a ledger finds out by itself how the files that it is opened with were copied.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import HomeAssistant

from .const import DOMAIN, LOGGER
from .island.runtime import TangleGridConfigEntry

_AT_MOST_S: Final = 4.0


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Make every island ready to be copied, within seconds. Never raises."""

    async def prepare(entry: TangleGridConfigEntry) -> None:
        # The grid first: what it has as unpaid and the ledger as paid is not paid again.
        await entry.runtime_data.async_save()
        await entry.runtime_data.economy.desk.async_lie_still()
        await entry.runtime_data.link.async_lie_still()

    await _async_each(hass, prepare, "could not be made ready for the backup, whose files may be of several moments")


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on as before. Never raises; called also when the backup failed."""

    async def go_on(entry: TangleGridConfigEntry) -> None:
        await entry.runtime_data.link.async_go_on()
        await entry.runtime_data.economy.desk.async_go_on()

    await _async_each(hass, go_on, "could not go on after the backup")


async def _async_each(
    hass: HomeAssistant, do: Callable[[TangleGridConfigEntry], Awaitable[None]], problem: str
) -> None:
    async def one(entry: TangleGridConfigEntry) -> None:
        try:
            async with asyncio.timeout(_AT_MOST_S):
                await do(entry)
        except Exception as error:  # noqa: BLE001 - an error from here would be the end of the whole backup
            LOGGER.warning("%s %s: %s", entry.title, problem, str(error) or type(error).__name__)

    await asyncio.gather(*map(one, hass.config_entries.async_loaded_entries(DOMAIN)))
