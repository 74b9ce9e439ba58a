"""Entries that another version made: an earlier one is brought up to date, a later major one is left as it is."""

from copy import deepcopy

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from tests.support.island import FakeLedger, async_set_up_devices, island_entry


async def test_an_entry_of_the_first_version_loses_its_second_name(
    hass: HomeAssistant, fake_ledger: list[FakeLedger]
) -> None:
    await async_set_up_devices(hass)
    entry = island_entry()
    entry.add_to_hass(hass)
    before = dict(entry.data)
    hass.config_entries.async_update_entry(
        entry, data={**before, "name": "The name at first"}, title="Renamed", version=1, minor_version=1
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (entry.version, entry.minor_version) == (1, 2)
    assert entry.data == {key: value for key, value in before.items() if key != "name"}
    assert entry.title == "Renamed"


async def test_an_entry_of_this_version_is_not_touched(hass: HomeAssistant, fake_ledger: list[FakeLedger]) -> None:
    """Nor is one of a later minor version: whoever made it made it so that this one can read it."""
    await async_set_up_devices(hass)
    entry = island_entry()
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, data={**entry.data, "later": 1}, minor_version=9)
    before = entry.as_dict()
    assert await hass.config_entries.async_setup(entry.entry_id)
    after = entry.as_dict()
    assert {key: after[key] for key in ("data", "minor_version", "version")} == {
        key: before[key] for key in ("data", "minor_version", "version")
    }


async def test_an_entry_of_a_later_major_version_is_refused(
    hass: HomeAssistant, fake_ledger: list[FakeLedger], caplog: pytest.LogCaptureFixture
) -> None:
    """It may mean anything: nothing starts, nothing is written, and the log says which version would be needed."""
    await async_set_up_devices(hass)
    entry = island_entry()
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, version=2, minor_version=1)
    before = deepcopy(dict(entry.data))
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert (entry.version, dict(entry.data)) == (2, before)
    assert not fake_ledger
    assert "has version 2 which is higher than the current version 1" in caplog.text
