"""Whoever is erased and removed stands in no file any more: no name, no place, no note; and the money still adds up."""

import json
import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, flush_store

from custom_components.tangle_grid.economy.effects import BookEntry, Kind, Transfer
from custom_components.tangle_grid.ledger import SUPPLY
from custom_components.tangle_grid.ledger.trinary.codec import text_to_trytes
from tests.support.island import (
    CAR_PARK,
    HOUSEHOLD,
    TOPIC,
    VEHICLE,
    Island,
    car_park_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    topic_subentry,
    vehicle_subentry,
)
from tests.support.real_ledger import async_until, live_island

__all__ = ["live_island"]

NAME = "Quagmire Roadster"
PLACE = "behind the old observatory"
SESSION = "session-of-a-certain-car"
HERE: dict[str, Any] = {"latitude": 32.87341234, "longitude": -117.22741234}


@pytest.fixture
def entry() -> MockConfigEntry:
    return island_entry(
        charger_subentry(),
        household_subentry(),
        vehicle_subentry(title=NAME),
        car_park_subentry(),
        topic_subentry(bounty=250),
    )


def charge(island: Island) -> None:
    """Let the car pay for a session, with what a receipt says of it."""
    at = dt_util.utcnow().timestamp()
    payment = f"{SESSION}:0:0:e"
    common: dict[str, Any] = {"at": at, "kind": Kind.CHARGING, "reference": SESSION, "payment_id": payment}
    details = {"charger": PLACE}
    island.runtime.economy.desk.record(
        "charging",
        SESSION,
        {"session": {"payers": [VEHICLE], "charger": PLACE}},
        [
            Transfer(payment_id=payment, source=VEHICLE, target=HOUSEHOLD, amount_i=300, memo={"kind": "charging"}),
            BookEntry(
                entry_id="1", participant=VEHICLE, counterparty=HOUSEHOLD, amount_i=-300, details=details, **common
            ),
            BookEntry(
                entry_id="2", participant=HOUSEHOLD, counterparty=VEHICLE, amount_i=300, details=details, **common
            ),
        ],
        at=at,
        ended=True,
    )


async def told(island: Island) -> set[str]:
    """Return what the island can read of its payments on the Tangle."""
    notes = [
        note
        for message in await island.runtime.ledger.tangle.messages(kind="payment")
        for note in message.body.get("payments", ())
    ]
    kinds = {"treasury": "reward", VEHICLE: SESSION}
    return {kinds[note["from"]] for note in notes}


async def write_all(hass: HomeAssistant) -> None:
    """Let Home Assistant write at once what it would in a few seconds."""
    for store in (hass.config_entries._store, dr.async_get(hass)._store, er.async_get(hass)._store):
        await flush_store(store)


def files(folder: Path, storage: dict[str, Any]) -> dict[str, bytes]:
    """Return all that is stored, by its name: the files as they lie on the disk, and what Home Assistant stores."""
    found = {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return found | {f".storage/{name}": json.dumps(value).encode() for name, value in storage.items()}


def holding(stored: dict[str, bytes], *words: str) -> set[str]:
    return {name for name, data in stored.items() if any(word.encode() in data for word in words)}


def transactions(folder: Path, copies: Path) -> list[str]:
    """Return the trytes of every transaction of the Tangle, as whoever reads it gets them: it is open, so of a copy."""
    found = []
    shutil.copytree(folder, copies)
    for path in copies.rglob("*.sqlite"):
        with closing(sqlite3.connect(path)) as database:
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'body'").fetchone():
                found += [zlib.decompress(data).decode() for (data,) in database.execute("SELECT data FROM body")]
    return found


def told_on_the_tangle(trytes: list[str], *words: str) -> set[str]:
    return {word for word in words if any(text_to_trytes(word) in each for each in trytes)}


async def test_who_is_erased_and_removed_stands_in_no_file(
    hass: HomeAssistant, live_island: Island, hass_storage: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    hass.states.async_set("zone.mall", "0", {"latitude": 52.0, "longitude": 5.0, "radius": 100})
    island, runtime, folder = live_island, live_island.runtime, Path(hass.config.config_dir)
    device, topic, park = (island.device_id(each) for each in (VEHICLE, TOPIC, CAR_PARK))
    await async_until(hass, lambda: runtime.economy.desk.is_open)
    for target in (device, topic):
        await island.call("reward", device_id=target, amount=10_000, reason="x")
    await async_until(hass, lambda: [runtime.link.wallets[each].balance_i for each in (VEHICLE, TOPIC)] == [10_000] * 2)
    await island.call("report", device_id=device, topic_device_id=topic, **HERE)
    await island.call("park_start", device_id=device, service_device_id=park)
    await island.call("park_end", device_id=device, service_device_id=park)
    charge(island)
    await async_until(hass, lambda: runtime.link.wallets[VEHICLE].balance_i == 9_700)
    await runtime.economy.desk.async_settled()
    assert await runtime.ledger.drain(30)
    await runtime.economy.desk.async_settled()
    await write_all(hass)
    before = await hass.async_add_executor_job(files, folder, hass_storage)
    assert holding(before, NAME)
    assert holding(before, PLACE)
    assert await told(island) == {SESSION, "reward"}
    trytes = await hass.async_add_executor_job(transactions, folder, tmp_path_factory.mktemp("copies") / "all")
    assert told_on_the_tangle(trytes, "payment", "treasury") == {"payment", "treasury"}, "what is in the clear is found"
    places = ("32.87", "3287", "-117.2", "1172", "zone.mall", "mall")
    assert not told_on_the_tangle(trytes, NAME, "Quagmire", PLACE, "observatory", SESSION, *places)
    sums = {
        each: (await runtime.economy.books.async_statement(each, runtime.economy.books.this_month())).totals
        for each in (VEHICLE, HOUSEHOLD)
    }

    erased = await island.call("erase_me", response=True, device_id=device, confirm=True)
    assert (erased["under_way"], erased["payments"]) == (0, 1)
    for each, said in sums.items():
        assert (await runtime.economy.books.async_statement(each, runtime.economy.books.this_month())).totals == said
    assert sum(each.balance_i for each in (await runtime.ledger.wallets()).values()) == SUPPLY
    assert await told(island) == {"reward"}, "what was said of the car cannot be read"

    assert hass.config_entries.async_remove_subentry(island.entry, VEHICLE)
    await hass.async_block_till_done()
    await async_until(hass, lambda: island.runtime.link.healthy and island.runtime.economy.desk.is_open)
    await island.runtime.economy.desk.async_settled()
    assert (await island.runtime.ledger.wallets())[VEHICLE].balance_i == 9_700, "its wallet is kept"
    await hass.config_entries.async_unload(island.entry.entry_id)
    await hass.async_block_till_done()
    await write_all(hass)
    after = await hass.async_add_executor_job(files, folder, hass_storage)
    assert not holding(after, NAME, PLACE, "32.8734", "32873400", "117227400")
