"""Reports and bounties on a real Tangle: sealed, signed by their reporters, and paid once."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from tests.support.island import (
    CHARGER,
    TOPIC,
    VEHICLE,
    Island,
    charger_subentry,
    island_entry,
    topic_subentry,
    vehicle_subentry,
)
from tests.support.real_ledger import async_until, live_island

__all__ = ["live_island"]


@pytest.fixture
def entry() -> MockConfigEntry:
    """A town that pays for potholes, and two that drive there."""
    return island_entry(charger_subentry(), vehicle_subentry(), topic_subentry(bounty=250))


HERE = {"latitude": 32.87341234, "longitude": -117.2274}


async def test_whoever_is_erased_has_reported_nothing(hass: HomeAssistant, live_island: Island) -> None:
    island, device, topic = live_island, live_island.device_id(VEHICLE), live_island.device_id(TOPIC)
    await island.call("reward", device_id=topic, amount=1_000, reason="roads")
    await async_until(hass, lambda: island.runtime.link.wallets[TOPIC].balance_i == 1_000)
    await island.call("report", device_id=device, topic_device_id=topic, **HERE)
    mine = await island.call("export_my_data", response=True, device_id=device)
    assert [(each["topic"], each["participant"], each["latitude"]) for each in mine["reports"]] == [
        ("Potholes", "Zoe", 32.8734)
    ]
    assert await island.runtime.ledger.drain(20)
    erased = await island.call("erase_me", response=True, device_id=device, confirm=True)
    assert erased["reports"] == 1
    assert (await island.call("export_my_data", response=True, device_id=device))["reports"] == []
    await island.runtime.economy.desk.async_settled()
    assert VEHICLE not in str(island.runtime.economy.desk.journal.saga("topic", TOPIC))
    (message,) = await island.runtime.ledger.tangle.messages(kind="report")
    assert (message.rejection, "what" in message.body) == ("unreadable", False)


async def test_two_reports_are_sealed_on_the_tangle_and_paid(
    hass: HomeAssistant, live_island: Island, hass_read_only_user: MockUser
) -> None:
    island, ledger = live_island, live_island.runtime.link

    def balance(member: str) -> int:
        return ledger.wallets[member].balance_i

    async def report(member: str) -> Any:
        return await island.call(
            "report",
            response=True,
            device_id=island.device_id(member),
            topic_device_id=island.device_id(TOPIC),
            **HERE,
        )

    await island.call("reward", device_id=island.device_id(TOPIC), amount=1_000, reason="roads")
    await async_until(hass, lambda: balance(TOPIC) == 1_000)
    assert [(await report(member))["status"] for member in (CHARGER, VEHICLE)] == ["open", "confirmed"]
    await async_until(hass, lambda: (balance(TOPIC), balance(CHARGER), balance(VEHICLE)) == (500, 250, 250))

    assert await island.runtime.ledger.drain(20)
    question = {"config_entry_id": island.entry.entry_id, "kind": "report"}
    said = (await island.call("get_messages", response=True, **question))["messages"]
    assert {(each["participant"], each["sealed"], each["verified"]) for each in said} == {
        ("Charger Maple 4", True, True),
        ("Zoe", True, True),
    }
    assert [each["body"]["latitude_e6"] for each in said] == [32_873_400] * 2
    seen = (await island.call("get_messages", response=True, user_id=hass_read_only_user.id, **question))["messages"]
    assert [each["body"] for each in seen] == [{}, {}]
    single = await island.call(
        "get_transaction",
        response=True,
        user_id=hass_read_only_user.id,
        config_entry_id=island.entry.entry_id,
        transaction=said[0]["transaction"],
    )
    assert single["message"]["body"] == {}
