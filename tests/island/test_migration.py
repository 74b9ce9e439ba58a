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
    assert (entry.version, entry.minor_version) == (1, 3)
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


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        ({}, {"keep_days": 0}),
        ({"sealed": True}, {"keep_days": 0, "sealed": True}),
        ({"keep_days": 90}, {"keep_days": 90}),
    ],
)
async def test_what_was_kept_for_ever_stays(
    hass: HomeAssistant, fake_ledger: list[FakeLedger], chosen: dict[str, int], kept: dict[str, int]
) -> None:
    """A new island forgets readings after a month; one that is there already goes on as it was set up."""
    await async_set_up_devices(hass)
    entry = island_entry(options={"ledger": chosen} if chosen else {})
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, minor_version=2)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.options["ledger"] == kept
    assert entry.minor_version == 3
