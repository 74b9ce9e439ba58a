"""Whose wallet is whose, over restarts, removals and returns."""

from pathlib import Path
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from custom_components.tangle_grid.persistence import SecretStore

# The file system itself, for which others have a stand-in.
_LOAD, _WRITE = Store._async_load, Store._async_write_data

ISLAND = "0123456789abcdef0123456789abcdef"


async def test_a_wallet_outlives_its_participant(hass: HomeAssistant) -> None:
    first = await SecretStore(hass, ISLAND).async_load({"old": ("charger", "Maple 4"), "home": ("household", "Home 1")})
    wallet = first.wallets["old"]

    gone = await SecretStore(hass, ISLAND).async_load({"home": ("household", "Home 1")})
    assert set(gone.wallets) == {"home"}
    assert gone.payees["old"] == wallet, "what it earned is still paid"

    back = await SecretStore(hass, ISLAND).async_load(
        {"new": ("charger", "Maple 4"), "home": ("household", "Home 1"), "other": ("charger", "Oak 2")}
    )
    assert back.wallets["new"] == wallet
    assert back.wallets["other"] != wallet
    assert back.payees["old"] == back.payees["new"] == wallet
    assert back.secrets.seeds[wallet] == first.secrets.seeds[wallet]
    assert len(set(back.wallets.values())) == 3


async def test_nobody_else_on_the_machine_reads_the_seeds(hass: HomeAssistant) -> None:
    path = Path(hass.config.path(".storage", f"tangle_grid.{ISLAND}.secrets"))

    def mode() -> int:
        return path.stat().st_mode & 0o777

    with patch.object(Store, "_async_load", _LOAD), patch.object(Store, "_async_write_data", _WRITE):
        store = SecretStore(hass, ISLAND)
        keyring = await store.async_load({"home": ("household", "Home 1")})
        assert keyring.saved
        assert await hass.async_add_executor_job(mode) == 0o600
        await hass.async_add_executor_job(path.chmod, 0o644)
        await store.async_save_secrets(keyring.secrets.with_wallet("another"))
        assert await hass.async_add_executor_job(mode) == 0o600
        await store.async_add_token("token")
        await store.async_note_begun()
        assert await hass.async_add_executor_job(mode) == 0o600
