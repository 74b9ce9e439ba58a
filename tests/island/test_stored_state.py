"""A stored state that is not as expected: the island starts, says what it lost, keeps the file, owes what it owed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.ledger import TangleMessage
from custom_components.tangle_grid.repairs import async_create_fix_flow
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    FakeLedger,
    Island,
    async_set_up_devices,
    battery_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
)
from tests.support.pass_time import limit, pass_seconds

SAFE_A = 6.0
ISLAND = "0123456789abcdef0123456789abcdef"
KEY = f"{DOMAIN}.{ISLAND}.grid"


LOAD, WRITE = Store._async_load, Store._async_write_data


@pytest.fixture(autouse=True)
def disk(hass: HomeAssistant) -> Iterator[None]:
    """Tests of Home Assistant keep what is stored in memory; the state of the grid goes through a real file here."""
    load, write = Store._async_load, Store._async_write_data

    def either(real: Any, other: Any) -> Any:
        return lambda store, *data: (real if store.key == KEY else other)(store, *data)

    with (
        patch.object(Store, "_async_load", either(LOAD, load)),
        patch.object(Store, "_async_write_data", either(WRITE, write)),
    ):
        yield


@pytest.fixture
def entry() -> MockConfigEntry:
    return island_entry(charger_subentry("always"), battery_subentry("always"), household_subentry("always"))


def file_of(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(".storage", KEY))


def kept_files(hass: HomeAssistant) -> list[Path]:
    return sorted(file_of(hass).parent.glob(f"{KEY}.kept.*"))


def issue(hass: HomeAssistant, entry: MockConfigEntry) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, f"state_damaged_{entry.entry_id}")


def wrapped(data: Any, **other: Any) -> Any:
    return {"version": 1, "minor_version": 1, "key": KEY, "data": data, **other}


BAD = {
    "an engine of another version": wrapped({"engine": {"version": 2}}),
    "an empty engine": wrapped({"engine": {}}),
    "an engine that is none": wrapped({"engine": [1]}),
    "no engine": wrapped({"day": "2026-11-30"}),
    "adapters that are none": wrapped({"engine": {"version": 1}, "adapters": {CHARGER: "bad", HOUSEHOLD: {"shed": 7}}}),
    "a day and a clock that are none": wrapped({"engine": {"version": 1}, "day": 7, "clock": "noon"}),
    "nothing in it": wrapped(None),
    "a list for a state": wrapped([1, 2]),
    "null everywhere": wrapped({"engine": None, "clock": None, "day": None, "adapters": None, "unsaid": None}),
    "a newer version": wrapped({"engine": {"version": 9, "new": True}}, version=9),
    "a newer version of another form": wrapped("something", version=9),
    "an older version": wrapped({"engine": {"version": 1}}, version=0),
    "no version": {"data": {"engine": {"version": 1}}},
    "a version that is none": wrapped({"engine": {"version": 1}}, version="one"),
    "no file of Home Assistant": [1, 2, 3],
    "only a word": "word",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
async def test_an_island_starts_from_whatever_is_stored(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    fake_ledger: list[FakeLedger],
    entry: MockConfigEntry,
    content: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await async_set_up_devices(hass)
    file_of(hass).parent.mkdir(exist_ok=True)
    file_of(hass).write_text(json.dumps(content))
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert limit(hass) == SAFE_A, "the safe state"

    known = issue(hass, entry)
    assert known is not None
    assert known.translation_placeholders is not None
    assert known.translation_placeholders["parts"]
    kept = kept_files(hass)
    assert len(kept) == 1
    assert known.translation_placeholders["file"] == f".storage/{kept[0].name}"
    assert json.loads(kept[0].read_text()) == content

    # It controls, and what it stores now is sound.
    hass.states.async_set("sensor.car_soc", "40", {"unit_of_measurement": "%"})
    await pass_seconds(hass, freezer, 120, 6000.0, 5000.0, 5000.0)
    assert limit(hass) > SAFE_A
    flow = await async_create_fix_flow(hass, known.issue_id, known.data)
    assert type(flow).__name__ == "ConfirmRepairFlow"
    ir.async_delete_issue(hass, DOMAIN, known.issue_id)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue(hass, entry) is None
    assert kept_files(hass) == kept
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert not any(record.exc_info for record in caplog.records)


async def test_a_sound_state_is_not_worth_a_word(hass: HomeAssistant, island: Island, entry: MockConfigEntry) -> None:
    await island.run(60)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert issue(hass, entry) is None
    assert kept_files(hass) == []


def newer(stored: Any) -> None:
    stored["version"] = 2


def without_devices(stored: Any) -> None:
    stored["data"]["engine"]["devices"] = None


def without_evidence(stored: Any) -> None:
    for request in stored["data"]["engine"]["requests"]:
        for ask in request["asks"]:
            ask["series"] = ask["reason"] = ask["baseline_w"] = "?"


@pytest.mark.parametrize("damage", [newer, without_devices, without_evidence], ids=lambda damage: damage.__name__)
async def test_what_is_owed_is_still_owed(
    hass: HomeAssistant, island: Island, entry: MockConfigEntry, damage: Callable[[Any], None]
) -> None:
    island.ledger.balances["treasury"] = 0
    request_id = await island.request(3000)
    for entity_id, watts in (("sensor.battery_power", -2000), ("sensor.home_power", 500)):
        hass.states.async_set(entity_id, str(watts), {"unit_of_measurement": "W"})
    await island.run(1200)
    due = {payment.payment_id: payment.amount_i for payment in island.runtime.engine.commands.unpaid()}
    assert due
    assert await hass.config_entries.async_unload(entry.entry_id)
    stored = json.loads(file_of(hass).read_text())
    damage(stored)
    file_of(hass).write_text(json.dumps(stored))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    known = issue(hass, entry)
    assert known is not None
    engine = island.runtime.engine
    assert request_id in engine.requests
    assert {payment.payment_id: payment.amount_i for payment in engine.commands.unpaid()} == due


async def test_loads_that_were_off_come_back_though_the_grid_forgot_them(
    hass: HomeAssistant, island: Island, entry: MockConfigEntry
) -> None:
    await island.request(3000, device_id=[island.device_id(HOUSEHOLD)])
    await island.run(150)
    assert hass.states.is_state("input_boolean.heat_pump", "off")
    # A crash, and a damaged file.
    island.runtime.loop._running = False
    stored = json.loads(file_of(hass).read_text())
    assert stored["data"]["adapters"][HOUSEHOLD] == {"shed": ["input_boolean.heat_pump"]}
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.services.async_call("input_boolean", "turn_off", {"entity_id": "input_boolean.heat_pump"}, blocking=True)
    stored["data"]["engine"]["devices"] = stored["data"]["engine"]["requests"] = 0
    file_of(hass).write_text(json.dumps(stored))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await island.run(30)
    assert hass.states.is_state("input_boolean.heat_pump", "on")
    assert BATTERY in island.runtime.status.devices


async def test_what_was_promised_on_the_tangle_is_paid_though_the_request_is_lost(
    hass: HomeAssistant, island: Island, entry: MockConfigEntry, fake_ledger: list[FakeLedger]
) -> None:
    island.ledger.balances["treasury"] = 0
    await island.request(3000)
    for entity_id, watts in (("sensor.battery_power", -2000), ("sensor.home_power", 500)):
        hass.states.async_set(entity_id, str(watts), {"unit_of_measurement": "W"})
    await island.run(1200)
    due = {payment.payment_id: payment.amount_i for payment in island.runtime.engine.commands.unpaid()}
    assert due
    said = island.ledger.published
    assert await hass.config_entries.async_unload(entry.entry_id)
    stored = json.loads(file_of(hass).read_text())
    stored["data"]["engine"]["requests"] = None
    file_of(hass).write_text(json.dumps(stored))

    async def messages(_ledger: FakeLedger, *, kind: str | None = None, limit: int = 50) -> list[TangleMessage]:
        forged = replace(said[-1], kind="settlement", body={**said[-1].body, "amount_i": 10**9}, verified=False)
        return [*(message for message in said if message.kind == kind), forged]

    with patch.object(FakeLedger, "messages", messages):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert not island.runtime.engine.requests
    ledger = fake_ledger[-1]
    assert not ledger.orders, "the treasury is still empty"
    ledger.balances["treasury"] = 10**9
    for _ in range(2):
        await island.run(60)
        assert {payment_id: payment.amount_i for payment_id, payment in ledger.orders.items()} == due
