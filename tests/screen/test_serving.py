"""Where the screen is: in the sidebar while an island wants it, served by this Home Assistant alone."""

import pytest
from homeassistant.components import frontend
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.const import CONF_PANEL
from custom_components.tangle_grid.screen.serving import PANEL_PATH, entry_file
from tests.support.island import Island, charger_subentry, island_entry


@pytest.fixture
def entry() -> MockConfigEntry:
    """An island with a charger."""
    return island_entry(charger_subentry())


@pytest.fixture(autouse=True)
async def front_end(hass: HomeAssistant) -> None:
    """Home Assistant's interface as far as others register with it; its files are not part of these tests' packages."""
    await async_setup_component(hass, "http", {})
    hass.data[frontend.DATA_PANELS] = {}
    hass.data[frontend.DATA_EXTRA_MODULE_URL] = frontend.UrlManager(lambda *_: None, [])
    hass.config.components.add(frontend.DOMAIN)


def panel(hass: HomeAssistant) -> frontend.Panel | None:
    """Return the panel, if there is one."""
    return hass.data[frontend.DATA_PANELS].get(PANEL_PATH)


async def test_an_island_has_a_page_at_once(hass: HomeAssistant, island: Island) -> None:
    shown = panel(hass)
    assert shown is not None
    assert shown.sidebar_title == "Tangle Grid"
    assert shown.config is not None
    assert shown.config["_panel_custom"]["module_url"].endswith(entry_file())
    assert not shown.require_admin
    assert island.entry.options.get(CONF_PANEL, True)


async def test_its_files_are_served_to_be_kept(
    hass: HomeAssistant, island: Island, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert island.entry.entry_id
    client = await hass_client_no_auth()
    answer = await client.get(f"/tangle_grid_frontend/{entry_file()}")
    assert answer.status == 200
    assert "max-age" in answer.headers["Cache-Control"]
    assert "tangle-grid-panel" in await answer.text()
    assert any(entry_file() in url for url in hass.data[frontend.DATA_EXTRA_MODULE_URL].urls)


async def test_it_can_be_switched_off_and_on(hass: HomeAssistant, island: Island) -> None:
    for wanted in (False, True):
        hass.config_entries.async_update_entry(island.entry, options={**island.entry.options, CONF_PANEL: wanted})
        await hass.async_block_till_done()
        assert (panel(hass) is not None) is wanted


async def test_it_stays_while_the_island_is_loaded_anew_and_goes_with_it(hass: HomeAssistant, island: Island) -> None:
    await hass.config_entries.async_unload(island.entry.entry_id)
    assert panel(hass) is not None
    await hass.config_entries.async_setup(island.entry.entry_id)
    await hass.config_entries.async_remove(island.entry.entry_id)
    await hass.async_block_till_done()
    assert panel(hass) is None
