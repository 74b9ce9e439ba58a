"""Install pyota, which cannot stand in the manifest.

pyota 2.1.0 requires ``pysha3``, a package that no longer builds. ``safe-pysha3`` (in the manifest) provides the same
module. Home Assistant's installer passes an override file on to uv, and with it pyota installs from wheels alone.
"""

import importlib.util
import os
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.requirements import async_process_requirements

from ..const import DOMAIN

PYOTA: Final = "pyota==2.1.0"
_OVERRIDES: Final = Path(__file__).with_name("pyota_overrides.txt")
_VARIABLE: Final = "UV_OVERRIDE"


async def async_ensure_pyota(hass: HomeAssistant) -> None:
    """Make ``import iota`` possible.

    Raises:
        RequirementsNotFound: The package could not be installed, for instance without an internet connection.
    """
    if await hass.async_add_executor_job(importlib.util.find_spec, "iota"):
        return
    before = os.environ.get(_VARIABLE)
    # uv reads a list that is separated by spaces, and an override of the user's own stays in force.
    os.environ[_VARIABLE] = f"{before} {_OVERRIDES}" if before else str(_OVERRIDES)
    try:
        await async_process_requirements(hass, DOMAIN, [PYOTA], is_built_in=False)
    finally:
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before
