"""The owner of the demo, made before the first start, so that nobody has to go through the onboarding.

Run as a program of its own (`python -m demo.auth CONFIG`): Home Assistant's core object brings its own event loop
habits and is best left alone with them.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from homeassistant import runner
from homeassistant.auth import auth_manager_from_config
from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.config_entries import ConfigEntries
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

OWNER: Final = "Demo"


async def make_owner(config: Path) -> None:
    """Create the owner in the configuration folder when there is none yet."""
    hass = HomeAssistant(str(config))
    hass.config_entries = ConfigEntries(hass, {})
    await hass.config_entries.async_initialize()
    dr.async_setup(hass)
    await asyncio.gather(dr.async_load(hass), er.async_load(hass))
    hass.auth = await auth_manager_from_config(hass, [], [])
    if await hass.auth.async_get_owner() is None:
        # The first user becomes the owner. With one user the trusted network needs no choice: the browser is in.
        await hass.auth.async_create_user(OWNER, group_ids=[GROUP_ID_ADMIN])
    # Stopping writes what the stores have only scheduled so far.
    await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(make_owner(Path(sys.argv[1])), loop_factory=runner.create_event_loop)
