"""When the grid's state is written: what is owed before anybody acts on it, everything else now and then."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError

from custom_components.tangle_grid.grid.model.events import (
    Answered,
    Compliance,
    GridEvent,
    SafeState,
    is_owed,
)
from custom_components.tangle_grid.grid.model.request import Decision
from custom_components.tangle_grid.grid.model.world import Reason
from custom_components.tangle_grid.ledger import Payment
from tests.support.island import CHARGER, HOUSEHOLD, Island, household_subentry, island_entry, set_meter, set_sensor
from tests.support.rewards import settlement

_REASON = Reason(key="device_silent")


class Disk:
    """Counts what is written of the grid's state, and keeps the last of it."""

    def __init__(self) -> None:
        self.writes = 0
        self.last: dict[str, Any] = {}


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Look at what the storage is given, without changing it."""
    seen = Disk()
    write = Store._async_write_data

    async def counted(store: Store[Any], data: dict[str, Any]) -> None:
        # A real file is written in a thread: others have their turn meanwhile.
        await asyncio.sleep(0)
        await write(store, data)
        if store.key.endswith(".grid"):
            seen.writes += 1
            seen.last = data["data"]

    with patch.object(Store, "_async_write_data", counted):
        yield seen


@pytest.mark.parametrize(
    ("event", "owed"),
    [
        (SafeState(target=CHARGER, entered=True, reason=_REASON), False),
        (Compliance(device_id=CHARGER, compliant=False, told=6.0, measured=16.0), False),
        (settlement(1, CHARGER), True),
        (
            Answered(
                request_id="request",
                device_id=CHARGER,
                decision=Decision(accepted=True, power_w=1.0, reason=_REASON, at=0.0, request_id="request", rate=1),
            ),
            True,
        ),
    ],
)
def test_what_is_owed(event: GridEvent, owed: bool) -> None:
    assert is_owed(event) is owed


async def test_a_device_that_flaps_each_second_writes_once_a_minute(
    hass: HomeAssistant, island: Island, disk: Disk
) -> None:
    told: list[SafeState] = []
    island.runtime.subscribe_events(lambda event: told.append(event) if isinstance(event, SafeState) else None)
    before = disk.writes
    for second in range(120):
        if second % 2:
            hass.states.async_set("sensor.charger_power", "unavailable")
        else:
            set_sensor(hass, "sensor.charger_power", 11_000, "W")
        set_meter(hass, 6_000 + second, 5_000 + second, 5_000 + second)
        island._freezer.tick(1)
        await hass.async_block_till_done()
        island.runtime.passes.async_step()
        await hass.async_block_till_done()
    assert len(told) > 50, "each time is told"
    assert disk.writes - before <= 3


async def test_a_request_is_on_disk_when_its_action_has_returned(island: Island, disk: Disk) -> None:
    before = disk.writes
    request_id = await island.request()
    assert disk.writes > before
    assert request_id in {request["request_id"] for request in disk.last["engine"]["requests"]}


async def test_what_is_owed_at_the_same_time_shares_a_write(hass: HomeAssistant, island: Island, disk: Disk) -> None:
    """Each is saved after it happened, and before it is followed up; none waits for a write of its own."""
    before = disk.writes
    saved_when_told: list[int] = []
    publish = island.ledger.publish

    async def published(kind: str, body: Any, *, sender: str | None = None) -> str:
        saved_when_told.append(disk.writes)
        return await publish(kind, body, sender=sender)

    with patch.object(island.ledger, "publish", published):
        for number in range(100):
            island.runtime._async_happened([settlement(number, CHARGER)])
        # Somebody else who publishes does not say it before it is saved, either.
        await island.runtime.link.publisher.async_publish_held()
        assert not saved_when_told
        await hass.async_block_till_done()
    assert len(saved_when_told) == 100
    assert min(saved_when_told) > before
    assert 1 <= disk.writes - before <= 3
    said = [message.body["payment_id"] for message in island.ledger.published if message.kind == "settlement"]
    assert said == [f"r{number}:{CHARGER}" for number in range(100)]


async def test_nothing_is_said_or_paid_before_it_is_on_disk(hass: HomeAssistant, island: Island, disk: Disk) -> None:
    """Else a crash would forget what others saw, and ask or pay once more."""
    paid: list[int] = []

    pay = island.runtime.link.treasury.async_reward

    async def reward(payment_id: str, *rest: Any, **more: Any) -> Payment:
        paid.append(disk.writes)
        return await pay(payment_id, *rest, **more)

    full = patch.object(Store, "_async_write_data", side_effect=WriteError("no space left"))
    due = patch.object(island.runtime.payouts, "_due", lambda: [settlement(1, CHARGER)])
    with due, patch.object(island.runtime.link.treasury, "async_reward", reward):
        before = len(island.ledger.published)
        with full:
            island.runtime._async_happened([settlement(1, CHARGER)])
            await hass.async_block_till_done()
            await island.runtime.link.publisher.async_publish_held()
        assert not paid
        assert len(island.ledger.published) == before
        writes = disk.writes
        island.runtime._async_happened([settlement(2, CHARGER)])
        await hass.async_block_till_done()
    assert paid
    assert paid[0] > writes
    said = [message.body["payment_id"] for message in island.ledger.published[before:]]
    assert said == [f"r1:{CHARGER}", f"r2:{CHARGER}"]


@pytest.mark.parametrize("entry", [island_entry(household_subentry("ask"))])
async def test_a_full_disk_is_said_once_and_sheds_no_load_that_nobody_would_remember(
    hass: HomeAssistant, island: Island, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant's storage only logs what it could not write. A load waits until it is, and is shed then."""
    caplog.set_level(logging.INFO)
    home = island.device_id(HOUSEHOLD)
    request_id = await island.request(device_id=[home], power=2_000)
    with patch.object(Store, "_async_write_data", side_effect=WriteError("no space left")):
        await island.call("answer_request", request_id=request_id, device_id=home, answer="accept")
        for _ in range(3):
            await _publish(island)
        assert hass.states.is_state("input_boolean.heat_pump", "on")
    await _publish(island)
    assert hass.states.is_state("input_boolean.heat_pump", "off")
    assert "heat_pump" in str(disk.last["engine"]["devices"])
    ours = [record for record in caplog.records if "The state of Maple Street" in record.getMessage()]
    assert ["cannot be saved" in record.getMessage() for record in ours] == [True, False]
    assert not any(record.exc_info for record in ours)


async def _publish(island: Island) -> None:
    """What the island does each half a minute, whether or not anything happens."""
    await island.runtime._async_publish_meter()
    await island.settle()


async def test_a_full_disk_keeps_nobody_from_stopping(hass: HomeAssistant, island: Island) -> None:
    with patch.object(Store, "_async_write_data", side_effect=WriteError("no space left")):
        assert await hass.config_entries.async_unload(island.entry.entry_id)
