"""Whose wallet is whose, over restarts, removals and returns."""

from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from custom_components.tangle_grid.bridge.secrets import SecretStore
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.island.storage import GridStore
from custom_components.tangle_grid.ledger import LedgerError
from tests.support.island import CHARGER, FakeLedger, async_set_up_devices, island_entry

# The file system itself, for which others have a stand-in.
_LOAD, _WRITE = Store._async_load, Store._async_write_data

ISLAND = "0123456789abcdef0123456789abcdef"
KEY = f"{DOMAIN}.{ISLAND}.secrets"


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


async def test_seeds_and_debts_are_on_the_disk_before_they_have_their_names(hass: HomeAssistant) -> None:
    """Home Assistant has two ways to write a file, and only one of them survives that power fails."""
    written: list[str] = []

    def note(name: str, *_: object, **_options: object) -> None:
        written.append(Path(name).name)

    with (
        patch.object(Store, "_async_load", _LOAD),
        patch.object(Store, "_async_write_data", _WRITE),
        patch("homeassistant.helpers.storage.write_utf8_file_atomic", note),
    ):
        await GridStore(hass, ISLAND).async_save({"engine": {}})
        assert not (await SecretStore(hass, ISLAND).async_load({"home": ("household", "Home 1")})).saved
    assert written == [f"{DOMAIN}.{ISLAND}.grid", KEY]


@pytest.mark.parametrize(
    "content",
    [
        {"version": 9, "minor_version": 1, "key": KEY, "data": {"secrets": {"seeds": {}}}},
        {"version": 1, "minor_version": 1, "key": KEY, "data": {"secrets": None, "owners": {}}},
        {"version": 1, "minor_version": 1, "key": KEY, "data": {"secrets": {"seeds": {"treasury": "9"}}}},
        {"version": 1, "minor_version": 1, "key": KEY, "data": {"owners": {"a": 7}}},
        {"version": 1, "minor_version": 1, "key": KEY, "data": [1, 2]},
    ],
)
async def test_secrets_that_cannot_be_read_are_left_alone_and_the_grid_goes_on(
    hass: HomeAssistant, hass_storage: dict[str, Any], fake_ledger: list[FakeLedger], content: dict[str, Any]
) -> None:
    await async_set_up_devices(hass)
    hass_storage[KEY] = deepcopy(content)
    entry = island_entry()
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert not fake_ledger, "no ledger is opened with other keys"
    assert KEY in entry.runtime_data.link.error
    assert entry.runtime_data.status.devices[CHARGER].setpoint is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert hass_storage[KEY] == content


async def test_secrets_that_did_not_reach_the_disk_are_not_used(hass: HomeAssistant) -> None:
    """Home Assistant only logs what it could not write; a seed that is lost takes its tokens along."""

    async def lost(*_: object) -> None:
        """Write nothing."""

    store = SecretStore(hass, ISLAND)
    keyring = await store.async_load({"home": ("household", "Home 1")})
    assert keyring.saved
    with patch.object(Store, "_async_write_data", lost):
        again = await SecretStore(hass, ISLAND).async_load({"new": ("charger", "Maple 4")})
        assert not again.saved
        for save in (
            store.async_save_secrets(keyring.secrets.with_wallet("another")),
            store.async_add_token("token"),
            store.async_note_begun(),
        ):
            with pytest.raises(LedgerError) as refused:
                await save
            assert refused.value.key == "ledger_unavailable"
    assert await store.async_secrets() == keyring.secrets
