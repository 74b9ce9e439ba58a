"""The built front end, served from this Home Assistant alone, and the entry in its sidebar."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_PANEL, DOMAIN
from ..devices.named import StoredEntry

PANEL_PATH: Final = "tangle_grid"
PANEL_ELEMENT: Final = "tangle-grid-panel"
_ICON: Final = "mdi:transmission-tower"
_FOLDER: Final = Path(__file__).parent.parent / "frontend"
_URL: Final = "/tangle_grid_frontend"
#: Written by the build: which file is its entry. The name holds a hash, so that no cache shows an old one.
_MANIFEST: Final = "manifest.json"
_SERVED: Final[HassKey[str]] = HassKey(f"{DOMAIN}_screen")


@cache
def entry_file() -> str:
    """Return the name of the file that the front end begins with. Reads a file: not in the event loop."""
    return str(json.loads((_FOLDER / _MANIFEST).read_text(encoding="utf-8"))["entry"])


async def async_serve(hass: HomeAssistant) -> None:
    """Serve the files, and load their entry on every page: dashboards show our cards. Without a front end nothing."""
    if frontend.DOMAIN not in hass.config.components:
        return
    entry = await hass.async_add_executor_job(entry_file)
    await hass.http.async_register_static_paths([StaticPathConfig(_URL, str(_FOLDER), cache_headers=True)])
    url = f"{_URL}/{entry}"
    frontend.add_extra_js_url(hass, url)
    hass.data[_SERVED] = url


async def async_show_panel(hass: HomeAssistant) -> None:
    """Show the panel in the sidebar, if an island wants it and it is not there."""
    url = hass.data.get(_SERVED)
    if url is None or PANEL_PATH in hass.data.get(frontend.DATA_PANELS, {}) or not _is_wanted(hass):
        return
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=PANEL_PATH,
        webcomponent_name=PANEL_ELEMENT,
        sidebar_title="Tangle Grid",
        sidebar_icon=_ICON,
        module_url=url,
    )


@callback
def async_hide_panel(hass: HomeAssistant, without: StoredEntry | None = None) -> None:
    """Take the panel away when no island wants it any more; `without` is the one that is being removed.

    It stays while an island is loaded anew: whoever looks at the page goes on looking.
    """
    if PANEL_PATH in hass.data.get(frontend.DATA_PANELS, {}) and not _is_wanted(hass, without):
        frontend.async_remove_panel(hass, PANEL_PATH)


def _is_wanted(hass: HomeAssistant, without: StoredEntry | None = None) -> bool:
    entries = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    return any(entry.options.get(CONF_PANEL, True) for entry in entries if entry is not without)
