"""What happens to the money when an island is removed."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .ledger import Ledger, LedgerError
from .persistence import Archive, SecretStore, ledger_folder
from .pyota_installation import async_ensure_pyota

_DRAIN_S: Final = 20


async def async_archive_island(hass: HomeAssistant, island_id: str, name: str) -> None:
    """Send the queued payments if the ledger lets us, keep wallets and ledger, and say where they are.

    Nothing is deleted: what could not be sent goes out, once, when the island is set up again.
    """
    queued = 0
    folder = ledger_folder(hass, island_id)
    if await hass.async_add_executor_job(folder.exists):
        queued = await _async_drain(hass, island_id)
    await Archive(hass).async_add(island_id, name)
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"wallets_kept_{island_id}",
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="wallets_kept",
        translation_placeholders={"name": name, "folder": f"{DOMAIN}/{island_id}", "queued": str(queued)},
    )


async def _async_drain(hass: HomeAssistant, island_id: str) -> int:
    """Empty the outbox; returns how many entries are left in it."""
    store = SecretStore(hass, island_id)
    secrets = await store.async_secrets()
    if secrets is None:
        return 0
    try:
        await async_ensure_pyota(hass)
        ledger = await Ledger.open(ledger_folder(hass, island_id), island_id=island_id, secrets=secrets)
        try:
            await ledger.drain(_DRAIN_S)
            return ledger.status().queued
        finally:
            await ledger.close()
    except (LedgerError, OSError) as error:
        LOGGER.warning("The outbox of a removed island could not be emptied, it is kept: %s", error)
        return -1
