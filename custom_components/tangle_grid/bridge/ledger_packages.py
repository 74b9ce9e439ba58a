"""Install the packages that only the ledger needs, when the first ledger is opened.

They do not stand in the manifest: what does is needed before anything of the integration loads, and a house without
the internet has to be protected all the same. And pyota 2.1.0 could not stand there: it requires `pysha3`, which no
longer builds. `safe-pysha3` provides the same module; Home Assistant's installer passes an override file on to uv,
and with it pyota installs from wheels alone.
"""

import importlib
import importlib.util
import os
from asyncio import Lock
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.requirements import (
    RequirementsNotFound,
    async_clear_install_history,
    async_process_requirements,
)

from ..const import DOMAIN
from ..ledger import LedgerError, LedgerFault

PACKAGES: Final[Mapping[str, str]] = {
    "iota": "pyota==2.1.0",
    "sha3": "safe-pysha3==1.0.7",
    "numpy": "numpy>=2.3.2",
    # Draws the addresses of wallets, which are there when the ledger is open. Home Assistant itself pins this version.
    "pyqrcode": "PyQRCode==1.2.1",
}
"""The module that each package provides, and what is asked for."""

_OVERRIDES: Final = Path(__file__).with_name("pyota_overrides.txt")
_VARIABLE: Final = "UV_OVERRIDE"
# The override stands in the environment of the process, of which there is one for all islands.
_installing: Final = Lock()


async def async_ensure_ledger_packages(hass: HomeAssistant) -> None:
    """Make the modules importable that the ledger works with.

    Raises:
        LedgerError: ledger_unavailable (fault MISSING_PACKAGES). A package is missing and could not be installed, for
            instance without an internet connection. The next call tries again.
    """
    async with _installing:
        missing = await hass.async_add_executor_job(_missing)
        if not missing:
            return
        # Home Assistant does not try a second time what failed once, until it is restarted.
        async_clear_install_history(hass)
        try:
            with _override():
                await async_process_requirements(hass, DOMAIN, missing, is_built_in=False)
        except RequirementsNotFound as error:
            raise LedgerError(
                "ledger_unavailable", {"error": ", ".join(error.requirements)}, fault=LedgerFault.MISSING_PACKAGES
            ) from error


def _missing() -> list[str]:
    """Return what has to be installed. Looks on the disk."""
    importlib.invalidate_caches()
    return [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]


@contextmanager
def _override() -> Iterator[None]:
    """Keep uv from asking for `pysha3`. An override of the user's own stays in force."""
    before = os.environ.get(_VARIABLE)
    # uv reads a list that is separated by spaces.
    os.environ[_VARIABLE] = f"{before} {_OVERRIDES}" if before else str(_OVERRIDES)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before
