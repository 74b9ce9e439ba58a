"""Other houses at an island's node: how somebody lets them in, and how they ask."""

from typing import Any, Final

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

PATH: Final = "/api/tangle_grid/0123456789abcdef0123456789abcdef/iri"


def path_of(entry: MockConfigEntry) -> str:
    """Return where an island lets guests in."""
    return f"/api/tangle_grid/{entry.data['island_id']}/iri"


async def let_in(hass: HomeAssistant, entry: MockConfigEntry, name: str = "Oak Street", *, work: bool = False) -> str:
    """Let a guest in, as a person does; returns the token, which is shown once."""
    form = await hass.config_entries.subentries.async_init((entry.entry_id, "guest"), context={"source": SOURCE_USER})
    shown = await hass.config_entries.subentries.async_configure(form["flow_id"], {"name": name, "work": work})
    assert shown["step_id"] is not None
    assert shown["step_id"].startswith("token")
    placeholders = shown["description_placeholders"]
    assert placeholders is not None
    assert placeholders["url"].endswith(path_of(entry))
    done = await hass.config_entries.subentries.async_configure(shown["flow_id"], {})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    return placeholders["token"]


async def ask(client: TestClient[Any, Any], token: str | None, command: str, **fields: Any) -> tuple[int, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    response = await client.post(PATH, json={"command": command, **fields}, headers=headers)
    if response.content_type != "application/json":
        return response.status, None
    return response.status, await response.json()
