"""Brings the config entries of earlier versions to what this one writes."""

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback

from ..bridge.options import FOR_EVER
from ..const import CONF_KEEP_DAYS, CONF_LEDGER
from ..devices.named import StoredEntry


@callback
def async_migrate(hass: HomeAssistant, entry: StoredEntry) -> None:
    """Bring an entry of this major version up to date, one minor version after the other.

    A minor version can be read by the code of every earlier one of the same major, so that going back is no loss. An
    entry of a later major version is refused by Home Assistant before it comes here, and left as it is.
    """
    if entry.version == 1 and entry.minor_version < 2:  # noqa: PLR2004 - the version in which it changed
        # The title is the name: a second one was out of date as soon as somebody renamed the island.
        data = {key: value for key, value in entry.data.items() if key != CONF_NAME}
        hass.config_entries.async_update_entry(entry, data=data, minor_version=2)
    if entry.version == 1 and entry.minor_version < 3:  # noqa: PLR2004 - as above
        # Without a word everything was kept for ever. What is there already goes only when somebody says so.
        ledger = {CONF_KEEP_DAYS: FOR_EVER, **entry.options.get(CONF_LEDGER, {})}
        hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_LEDGER: ledger}, minor_version=3)
