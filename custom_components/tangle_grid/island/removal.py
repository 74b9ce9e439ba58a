"""What happens to the money when an island is removed."""

import shutil
from dataclasses import dataclass
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..bridge.ledger_packages import async_ensure_ledger_packages
from ..bridge.options import LedgerChoice
from ..bridge.secrets import SecretStore, ledger_folder
from ..const import CONF_ISLAND_ID, DOMAIN, LOGGER, TREASURY
from ..devices.named import StoredEntry
from ..ledger import Ledger, LedgerError
from ..simulated.street import async_forget_street
from .archive import ISSUE_WALLETS_KEPT, RemovedIslands
from .entity_identity import island_prefix
from .storage import GridStore

_DRAIN_S: Final = 20


@dataclass(frozen=True, slots=True)
class _Left:
    """What a removed island leaves: payments that wait, and whether its wallets hold anything that was earned."""

    queued: int
    holds: bool


_NOTHING_LEFT: Final = _Left(queued=0, holds=False)


async def async_archive_island(hass: HomeAssistant, entry: StoredEntry) -> None:
    """Send the queued payments if the ledger lets us, keep wallets and ledger, and say where they are if they hold any.

    Nothing is deleted: what could not be sent goes out, once, when the island is set up again.
    """
    island_id, name, choice = entry.data[CONF_ISLAND_ID], entry.title, LedgerChoice.from_options(entry.options)
    left: _Left | None = _NOTHING_LEFT
    folder = ledger_folder(hass, island_id)
    if await hass.async_add_executor_job(folder.exists):
        left = await _async_drain(hass, island_id, choice)
    await RemovedIslands(hass).async_add(island_id, name, choice.into_options({}), former_entry=island_prefix(entry))
    if left == _NOTHING_LEFT:
        return
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
            "queued": "?" if left is None else str(left.queued),
        },
    )


async def async_forget_island(hass: HomeAssistant, island_id: str) -> None:
    """Delete everything of a simulated street: its tokens are play money."""
    await GridStore(hass, island_id).async_remove()
    await SecretStore(hass, island_id).async_remove()
    await async_forget_street(hass, island_id)
    folder = ledger_folder(hass, island_id)
    await hass.async_add_executor_job(partial(shutil.rmtree, folder, ignore_errors=True))


async def _async_drain(hass: HomeAssistant, island_id: str, choice: LedgerChoice) -> _Left | None:
    """Empty the outbox; returns what is left then, None when nobody can say."""
    store = SecretStore(hass, island_id)
    secrets = await store.async_secrets()
    if secrets is None:
        return _NOTHING_LEFT
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
            if ledger.seeds.secrets != secrets:
                await store.async_save_secrets(ledger.seeds.secrets)
            await ledger.drain(_DRAIN_S)
            return await _async_left(ledger)
        finally:
            await ledger.close()
    except (LedgerError, OSError) as error:
        LOGGER.warning("The outbox of a removed island could not be emptied, it is kept: %s", error)
        return None


async def _async_left(ledger: Ledger) -> _Left:
    """Return what is left. What a treasury made for itself on a Tangle of its own is nobody's money."""
    own = ledger.status().backend == "embedded"
    wallets = await ledger.wallets()
    holds = any(wallet.balance_i > 0 for name, wallet in wallets.items() if not (own and name == TREASURY))
    return _Left(queued=len(await ledger.queue()), holds=holds)
