"""What happens to the money when an island is removed."""

import shutil
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..bridge.ledger_packages import async_ensure_ledger_packages
from ..bridge.options import LedgerChoice
from ..bridge.secrets import SecretStore, ledger_folder
from ..const import CONF_ISLAND_ID, DOMAIN, LOGGER
from ..devices.named import StoredEntry
from ..ledger import Ledger, LedgerError
from ..simulated.street import async_forget_street
from .archive import ISSUE_WALLETS_KEPT, RemovedIslands
from .entity_identity import island_prefix
from .storage import GridStore

_DRAIN_S: Final = 20


async def async_archive_island(hass: HomeAssistant, entry: StoredEntry) -> None:
    """Send the queued payments if the ledger lets us, keep wallets and ledger, and say where they are.

    Nothing is deleted: what could not be sent goes out, once, when the island is set up again.
    """
    island_id, name, choice = entry.data[CONF_ISLAND_ID], entry.title, LedgerChoice.from_options(entry.options)
    queued: int | None = 0
    folder = ledger_folder(hass, island_id)
    if await hass.async_add_executor_job(folder.exists):
        queued = await _async_drain(hass, island_id, choice)
    await RemovedIslands(hass).async_add(island_id, name, choice.into_options({}), former_entry=island_prefix(entry))
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{ISSUE_WALLETS_KEPT}_{island_id}",
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_WALLETS_KEPT,
        translation_placeholders={
            "name": name,
            "folder": f"{DOMAIN}/{island_id}",
            "queued": "?" if queued is None else str(queued),
        },
    )


async def async_forget_island(hass: HomeAssistant, island_id: str) -> None:
    """Delete everything of a simulated street: its tokens are play money."""
    await GridStore(hass, island_id).async_remove()
    await SecretStore(hass, island_id).async_remove()
    await async_forget_street(hass, island_id)
    folder = ledger_folder(hass, island_id)
    await hass.async_add_executor_job(partial(shutil.rmtree, folder, ignore_errors=True))


async def _async_drain(hass: HomeAssistant, island_id: str, choice: LedgerChoice) -> int | None:
    """Empty the outbox; returns how many entries are left in it, None when nobody can say."""
    store = SecretStore(hass, island_id)
    secrets = await store.async_secrets()
    if secrets is None:
        return 0
    try:
        await async_ensure_ledger_packages(hass)
        backend = choice.backend(hass, await store.async_token(choice.token_id))
        ledger = await Ledger.open(
            ledger_folder(hass, island_id),
            island_id=island_id,
            secrets=secrets,
            backend=backend,
            privacy=choice.privacy,
            begun=await store.async_begun(),
        )
        try:
            if ledger.secrets != secrets:
                await store.async_save_secrets(ledger.secrets)
            await ledger.drain(_DRAIN_S)
            return ledger.status().queued
        finally:
            await ledger.close()
    except (LedgerError, OSError) as error:
        LOGGER.warning("The outbox of a removed island could not be emptied, it is kept: %s", error)
        return None
