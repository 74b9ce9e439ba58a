"""Whose wallet is whose, over restarts, removals and returns."""

from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.persistence import SecretStore

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
