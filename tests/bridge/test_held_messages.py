"""Messages that wait until the ledger is open: what is owed is never lost, and of the meter's the newest stay."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.bridge.held_messages import HeldMessages
from custom_components.tangle_grid.bridge.messages import Message
from custom_components.tangle_grid.ledger import METER_VALUES, Ledger, LedgerError, LedgerFault
from tests.support.island import CHARGER, FakeLedger, Island, async_set_up_devices


def _value(number: int) -> Message:
    return ("meter", {"number": number})


def _receipt(number: int) -> Message:
    return ("settlement", {"number": number})


def _drained(held: HeldMessages) -> list[tuple[str, int]]:
    said = []
    while (message := held.first()) is not None:
        said.append((message[0], message[1]["number"]))
        held.done(message)
    return said


def test_what_is_owed_comes_first_and_is_never_dropped() -> None:
    held = HeldMessages()
    for number in range(METER_VALUES + 3):
        held.add(_value(number))
        held.add(_receipt(number))
    assert len(held) == 2 * METER_VALUES + 3
    said = _drained(held)
    assert said[: METER_VALUES + 3] == [("settlement", number) for number in range(METER_VALUES + 3)]
    assert said[METER_VALUES + 3 :] == [("meter", number) for number in range(3, METER_VALUES + 3)]
    assert not held


def test_what_is_staged_is_kept_and_not_said() -> None:
    held = HeldMessages()
    held.stage([_receipt(1)])
    saved = held.staged
    held.stage([_receipt(2), _receipt(3)])
    assert held.first() is None
    assert held.to_dict() == [["settlement", {"number": number}] for number in (1, 2, 3)]
    held.release(saved)
    assert _drained(held) == [("settlement", 1)]
    held.release(held.staged)
    assert _drained(held) == [("settlement", 2), ("settlement", 3)]
    assert held.to_dict() == []


def test_a_value_that_made_room_while_it_was_said_takes_no_other_with_it() -> None:
    held = HeldMessages()
    held.add(_value(0))
    saying = held.first()
    assert saying is not None
    for number in range(1, METER_VALUES + 1):
        held.add(_value(number))
    held.done(saying)
    assert len(held) == METER_VALUES


@pytest.mark.parametrize("stored", [None, 1, {}, "x", [1], [["settlement"]], [["settlement", 1]], [["meter", {}]]])
def test_what_is_stored_and_no_message_is_left_out(stored: Any) -> None:
    assert HeldMessages(stored).first() is None
    assert _drained(HeldMessages([*(stored if isinstance(stored, list) else []), ["settlement", {"number": 1}]])) == [
        ("settlement", 1)
    ]


class Doors:
    """Whether the ledger opens, and how often that was tried."""

    def __init__(self) -> None:
        self.shut = True
        self.tries = 0


@pytest.fixture
async def doors(fake_ledger: list[FakeLedger]) -> AsyncIterator[Doors]:
    """A ledger that does not open yet."""
    doors = Doors()
    original = Ledger.open

    async def async_open(*args: Any, **options: Any) -> Any:
        if doors.shut:
            doors.tries += 1
            raise LedgerError("ledger_unavailable", {"error": f"no disk {doors.tries}"}, fault=LedgerFault.READ_ONLY)
        return await original(*args, **options)

    with (
        patch("custom_components.tangle_grid.bridge.link.Ledger.open", async_open),
        patch("custom_components.tangle_grid.bridge.link._RETRY_S", (0.01,)),
    ):
        yield doors


@pytest.fixture
async def shut(
    hass: HomeAssistant, entry: MockConfigEntry, doors: Doors, freezer: FrozenDateTimeFactory
) -> AsyncIterator[Island]:
    """An island whose ledger does not open yet."""
    await async_set_up_devices(hass)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield Island(hass, entry, None, freezer)  # type: ignore[arg-type]
    await hass.config_entries.async_unload(entry.entry_id)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - a task in the background is at it
            await asyncio.sleep(0.01)


async def test_requests_and_answers_outlive_a_restart_without_a_ledger(
    hass: HomeAssistant, shut: Island, doors: Doors, fake_ledger: list[FakeLedger]
) -> None:
    request_id = await shut.request(device_id=[shut.device_id(CHARGER)])
    await shut.call("answer_request", request_id=request_id, device_id=shut.device_id(CHARGER), answer="accept")
    assert not fake_ledger
    assert len(shut.runtime.link.held) > 2

    assert await hass.config_entries.async_unload(shut.entry.entry_id)
    doors.shut = False
    assert await hass.config_entries.async_setup(shut.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    said = [
        (message.kind, message.body["request_id"]) for message in fake_ledger[-1].published if message.kind != "meter"
    ]
    assert said == [("request", request_id), ("answer", request_id)]
    assert [message.participant for message in fake_ledger[-1].published if message.kind == "answer"] == [CHARGER]

    # It is said once.
    assert await hass.config_entries.async_reload(shut.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not [message for message in fake_ledger[-1].published if message.kind != "meter"]


async def test_a_ledger_that_does_not_open_is_logged_once(
    hass: HomeAssistant, entry: MockConfigEntry, doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await async_set_up_devices(hass)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await _until(lambda: doors.tries > 10)
    doors.shut = False
    await _until(lambda: entry.runtime_data.link.is_open)
    ours = [record for record in caplog.records if record.name == "custom_components.tangle_grid"]
    assert [(record.levelname, "is open again" in record.getMessage()) for record in ours] == [
        ("WARNING", False),
        ("INFO", True),
    ]
    assert not any(record.exc_info for record in caplog.records)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_actions_without_a_ledger_say_so_and_leave_no_traces(
    hass: HomeAssistant, shut: Island, caplog: pytest.LogCaptureFixture
) -> None:
    island, charger = {"config_entry_id": shut.entry.entry_id}, {"device_id": shut.device_id(CHARGER)}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("send_tokens", {**charger, "target": "B" * 90, "amount": 1}),
        ("reward", {**charger, "amount": 1, "reason": "x"}),
        ("sweep", charger),
        ("set_spending_limits", {**charger, "per_day": 1}),
        ("set_owner_address", {**charger, "address": "B" * 90}),
        ("publish_data", {**island, "topic": "t", "data": {}}),
        ("get_payments", island),
        ("get_queue", island),
        ("get_messages", island),
        ("get_transaction", {**island, "transaction": "A" * 81}),
        ("verify_receipt", {**island, "payment_id": "p"}),
    ]
    for action, data in calls:
        with pytest.raises(HomeAssistantError, match="no disk") as refusal:
            await shut.call(action, response=True, **data)
        assert refusal.value.translation_key == "ledger_unavailable"
    await shut.run(300)
    assert not any(record.exc_info for record in caplog.records)
    heard = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert not [record.getMessage() for record in heard if record.name.startswith("custom_components")]
