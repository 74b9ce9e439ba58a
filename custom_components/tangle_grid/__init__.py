"""Tangle Grid: a shared electrical feed that balances itself and rewards whoever helps.

This package holds what Home Assistant prescribes, and what all rooms share: names, the clock, errors, the picture that
is shown. Rules about power stand in `grid`, money in `ledger`; neither knows Home Assistant. Begin with
`island/runtime`.
"""

from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .actions.books import StatementView
from .actions.receipts import ReceiptView
from .const import CONF_ISLAND_ID, CONF_KIND, DOMAIN, KIND_SIMULATED
from .devices.io.sign_of_life import async_forget_relatives
from .errors import not_set_up
from .grid.model.errors import GridError
from .island.configuration import rehung, structure
from .island.device_log import async_log_absences
from .island.entity_renames import async_follow_renames
from .island.guests import GuestView
from .island.migration import async_migrate
from .island.removal import async_archive_island, async_forget_island
from .island.runtime import IslandRuntime, TangleGridConfigEntry
from .issues.watch import async_clear_issues, async_watch_issues
from .link.channels.door import LinkView
from .link.joining.store import async_link_store
from .screen.serving import async_hide_panel, async_serve, async_show_panel
from .screen.subscription import async_register as async_register_screen
from .services import async_setup_services

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.GEO_LOCATION,
    Platform.IMAGE,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TIME,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions: they exist, and say what is wrong, also while no island is loaded; and the paths."""
    async_setup_services(hass)
    async_follow_renames(hass)
    hass.http.register_view(GuestView(hass))
    hass.http.register_view(LinkView(hass))
    hass.http.register_view(StatementView(hass))
    hass.http.register_view(ReceiptView(hass))
    async_register_screen(hass)
    await async_serve(hass)
    # Before the islands: who had the page open when Home Assistant restarted finds it there.
    await async_show_panel(hass)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: TangleGridConfigEntry) -> bool:
    """Bring what an earlier version stored up to date."""
    async_migrate(hass, entry)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: TangleGridConfigEntry) -> bool:
    """Start an island: first the entities, then the control that reads some of them.

    Raises:
        ConfigEntryError: What was set up contradicts itself: nothing could be protected by it.
    """
    runtime = IslandRuntime(hass, entry)
    try:
        await runtime.async_prepare()
    except GridError as error:
        raise not_set_up(error) from error
    entry.runtime_data = runtime
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(async_log_absences(hass, entry))
    await runtime.async_start()
    entry.async_on_unload(async_watch_issues(hass, entry))
    await async_show_panel(hass)

    async def stop(_event: Event) -> None:
        await runtime.async_stop()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    entry.async_on_unload(entry.add_update_listener(_async_entry_updated))
    if structure(entry) != runtime.structure:
        # Something was renamed while it started.
        await _async_entry_updated(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: TangleGridConfigEntry) -> bool:
    """Stop the control while its entities still take commands, then take them away.

    This order, because the safe state is written through entities, those of a simulated street being the island's own.
    Should they not go, everybody has been told to draw little, and nobody is told to draw more.
    """
    await entry.runtime_data.async_stop()
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded and not _others_at_work(hass, entry):
        async_forget_relatives(hass)
    return unloaded


def _others_at_work(hass: HomeAssistant, entry: TangleGridConfigEntry) -> bool:
    """Return whether another island is loaded, or about to be."""
    busy = {ConfigEntryState.LOADED, ConfigEntryState.SETUP_IN_PROGRESS, ConfigEntryState.UNLOAD_IN_PROGRESS}
    return any(each.state in busy for each in hass.config_entries.async_entries(DOMAIN) if each is not entry)


async def async_remove_entry(hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
    """Send what is still queued and keep the wallets; of a simulated street nothing stays."""
    async_clear_issues(hass, entry)
    async_hide_panel(hass, entry)
    await (await async_link_store(hass, entry.data[CONF_ISLAND_ID])).async_remove()
    if entry.data[CONF_KIND] == KIND_SIMULATED:
        await async_forget_island(hass, entry.data[CONF_ISLAND_ID])
    else:
        await async_archive_island(hass, entry)


async def _async_entry_updated(hass: HomeAssistant, entry: TangleGridConfigEntry) -> None:
    """Apply at once what can be; anything else needs a new start."""
    runtime = entry.runtime_data
    await runtime.links.async_forget_removed(entry.subentries)
    await runtime.neighbours.async_forget_removed(entry.subentries)
    if structure(entry) == runtime.structure:
        runtime.async_apply_settings()
        await async_show_panel(hass)
        async_hide_panel(hass)
        return
    for subentry_id, data in rehung(entry, runtime.feeder_tree).items():
        # Each of these calls this listener again, which then finds nothing left to do.
        hass.config_entries.async_update_subentry(entry, entry.subentries[subentry_id], data=data)
    if not runtime.reloading:
        runtime.reloading = True
        hass.config_entries.async_schedule_reload(entry.entry_id)
