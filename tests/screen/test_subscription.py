"""What the screen is told: the picture once, then what changes in it, to whom it may be told."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.tangle_grid.const import CONF_OWNERS, TREASURY
from custom_components.tangle_grid.screen.picture import ONLY, VERSION, items
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    VEHICLE,
    Island,
    battery_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    set_meter,
    vehicle_subentry,
)

type Subscribed = Callable[[MockHAClientWebSocket], Awaitable[dict[str, Any]]]


@pytest.fixture
def entry() -> MockConfigEntry:
    """A charger, a battery and a household, and a car."""
    return island_entry(charger_subentry("always"), battery_subentry(), household_subentry(), vehicle_subentry())


@pytest.fixture
def subscribed(island: Island) -> Subscribed:
    """Subscribe, and return what the first message says."""

    async def subscribe(client: MockHAClientWebSocket) -> dict[str, Any]:
        await client.send_json_auto_id({"type": "tangle_grid/subscribe", "entry_id": island.entry.entry_id})
        assert (await client.receive_json())["success"]
        event: dict[str, Any] = (await client.receive_json())["event"]
        return event

    return subscribe


async def test_the_islands_are_listed(island: Island, hass_ws_client: WebSocketGenerator) -> None:
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "tangle_grid/islands"})
    answer = await client.receive_json()
    assert answer["result"] == [
        {"entry_id": island.entry.entry_id, "title": island.entry.title, "loaded": True},
    ]


async def test_the_first_message_is_the_whole_picture(
    subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    first = await subscribed(await hass_ws_client())
    assert first["version"] == VERSION
    shown = first["changed"]
    assert shown["island"][ONLY]["title"] == island.entry.title
    assert {key: each["kind"] for key, each in shown["participants"].items()} == {
        CHARGER: "charger",
        BATTERY: "battery",
        HOUSEHOLD: "household",
    }
    assert shown["vehicles"][VEHICLE]["name"] == "Zoe"
    assert set(shown["wallets"]) == {TREASURY, CHARGER, BATTERY, HOUSEHOLD, VEHICLE}
    assert shown["entities"][CHARGER]["policy"] == island.entity_id("select", "policy", CHARGER)
    assert shown["entities"][ONLY]["load"] == island.entity_id("sensor", "load")
    assert shown["feeders"]["main"]["load_w"] == pytest.approx(island.runtime.status.feeders["main"].load_w, abs=5)


async def test_then_only_what_changes_is_sent(
    hass: HomeAssistant, subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    client = await hass_ws_client()
    await subscribed(client)
    set_meter(hass, 6_000, 1_000, 500)
    await island.run(15)
    # What came while the screen was told something waits for its turn.
    await island.run(2, step=1)
    load_w = island.runtime.status.feeders["main"].load_w
    assert load_w is not None
    shown: dict[str, Any] = {}
    while shown.get("load_w") != [round(watts, -1) for watts in load_w]:
        event = (await client.receive_json())["event"]
        assert "version" not in event
        assert "entities" not in event["changed"]
        shown = event["changed"].get("feeders", {}).get("main", {})


async def test_a_request_is_shown_with_the_part_of_each(
    subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    request_id = await island.request(2_000)
    first = await subscribed(await hass_ws_client())
    parts = {part["participant"]: part for part in first["changed"]["requests"][request_id]["parts"]}
    assert set(parts) == {CHARGER, BATTERY, HOUSEHOLD}
    assert all(part["state"] for part in parts.values())
    reasons = [part["reason"] for part in parts.values() if part["reason"]]
    assert reasons
    assert all(reason["key"] for reason in reasons)


async def test_whoever_looks_hears_that_the_island_stops(
    hass: HomeAssistant, subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    client = await hass_ws_client()
    await subscribed(client)
    await hass.config_entries.async_unload(island.entry.entry_id)
    messages = [(await client.receive_json())["event"]]
    while "gone" not in messages[-1]:
        messages.append((await client.receive_json())["event"])
    assert island.entry.state is ConfigEntryState.NOT_LOADED
    await client.send_json_auto_id({"type": "tangle_grid/subscribe", "entry_id": island.entry.entry_id})
    assert (await client.receive_json())["error"]["code"] == "not_loaded"


@pytest.mark.parametrize("entry_id", ["nobody", ""])
async def test_an_island_that_is_not_there_is_said_to_be_none(
    island: Island, hass_ws_client: WebSocketGenerator, entry_id: str
) -> None:
    assert island.entry.entry_id != entry_id
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "tangle_grid/subscribe", "entry_id": entry_id})
    assert (await client.receive_json())["error"]["code"] == "not_found"


async def _client_of(hass: HomeAssistant, hass_ws_client: WebSocketGenerator, user: User) -> MockHAClientWebSocket:
    refresh = await hass.auth.async_create_refresh_token(user, "https://client.example/app")
    return await hass_ws_client(hass, hass.auth.async_create_access_token(refresh))


async def test_a_wallet_with_owners_is_for_them_and_for_administrators(
    hass: HomeAssistant, subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    owner, other = MockUser(name="owner").add_to_hass(hass), MockUser(name="other").add_to_hass(hass)
    for user in (owner, other):
        group = await hass.auth.async_get_group("system-users")
        assert group is not None
        user.groups = [group]
        user.invalidate_cache()
    subentry = island.entry.subentries[CHARGER]
    hass.config_entries.async_update_subentry(island.entry, subentry, data={**subentry.data, CONF_OWNERS: [owner.id]})
    await hass.async_block_till_done()
    sees = {}
    for user in (owner, other):
        first = await subscribed(await _client_of(hass, hass_ws_client, user))
        sees[user.id] = set(first["changed"]["wallets"])
        assert first["changed"]["participants"][CHARGER]["owned"]
    assert sees[owner.id] == {CHARGER, BATTERY, HOUSEHOLD, VEHICLE}
    assert sees[other.id] == {BATTERY, HOUSEHOLD, VEHICLE}


async def test_who_may_read_nothing_of_it_sees_no_island(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    nobody = MockUser(name="nobody").add_to_hass(hass)
    nobody.mock_policy({"entities": {"entity_ids": {"light.kitchen": True}}})
    client = await _client_of(hass, hass_ws_client, nobody)
    await client.send_json_auto_id({"type": "tangle_grid/islands"})
    assert (await client.receive_json())["result"] == []
    await client.send_json_auto_id({"type": "tangle_grid/subscribe", "entry_id": island.entry.entry_id})
    assert (await client.receive_json())["error"]["code"] == "not_found"


async def test_who_may_read_one_participant_sees_no_other(
    hass: HomeAssistant, subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    tenant = MockUser(name="tenant").add_to_hass(hass)
    entity_id = island.entity_id("sensor", "power", BATTERY)
    tenant.mock_policy({"entities": {"entity_ids": {entity_id: True}}})
    request_id = await island.request(2_000)
    shown = (await subscribed(await _client_of(hass, hass_ws_client, tenant)))["changed"]
    assert set(shown["participants"]) == {BATTERY}
    assert set(shown["wallets"]) == {BATTERY}
    assert not shown.get("vehicles")
    assert [part["participant"] for part in shown["requests"][request_id]["parts"]] == [BATTERY]
    assert set(shown["entities"]) == {ONLY, BATTERY}
    assert set(shown["feeders"]) == {"main"}


async def test_an_entity_that_is_renamed_is_followed(
    hass: HomeAssistant, subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    client = await hass_ws_client()
    await subscribed(client)
    entity_id = island.entity_id("select", "policy", CHARGER)
    er.async_get(hass).async_update_entity(entity_id, new_entity_id="select.yes_or_no")
    await island.run(2, step=1)
    shown: dict[str, Any] = {}
    while "entities" not in shown:
        shown = (await client.receive_json())["event"]["changed"]
    assert shown["entities"][CHARGER]["policy"] == "select.yes_or_no"


async def test_a_screen_that_goes_is_forgotten(
    subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island
) -> None:
    listeners = len(island.runtime.coordinator._listeners)
    client = await hass_ws_client()
    await subscribed(client)
    assert len(island.runtime.coordinator._listeners) == listeners + 1
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    assert len(island.runtime.coordinator._listeners) == listeners


async def test_no_secret_is_shown(subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island) -> None:
    text = str(await subscribed(await hass_ws_client()))
    keyring = await island.runtime.secret_store.async_load({}, token_id=None)
    for seed in keyring.secrets.seeds.values():
        assert seed not in text


async def test_the_commands_exist_without_an_island(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    assert await async_setup_component(hass, "tangle_grid", {})
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "tangle_grid/islands"})
    assert (await client.receive_json())["result"] == []


async def test_one_picture_is_made_for_all_screens(
    subscribed: Subscribed, hass_ws_client: WebSocketGenerator, island: Island, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0

    def counted(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        return items(*arguments)

    monkeypatch.setattr("custom_components.tangle_grid.screen.shared_picture.items", counted)
    first = await subscribed(await hass_ws_client())
    assert made == 1
    assert (await subscribed(await hass_ws_client()))["changed"] == first["changed"]
    assert made <= 2


async def test_a_large_picture_comes_in_parts(
    subscribed: Subscribed, hass_ws_client: WebSocketGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.screen.shared_picture._ITEMS", 4)
    client = await hass_ws_client()
    message = await subscribed(client)
    assert message["version"] == VERSION
    sections = set(message["changed"])
    while message.get("more"):
        assert sum(map(len, message["changed"].values())) == 4
        message = (await client.receive_json())["event"]
        assert "version" not in message
        sections |= set(message["changed"])
    assert {"island", "feeders", "participants", "wallets", "ledger", "entities"} <= sections


async def test_the_picture_rests_on_the_event_loop(
    hass: HomeAssistant,
    subscribed: Subscribed,
    hass_ws_client: WebSocketGenerator,
    island: Island,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custom_components.tangle_grid.screen.shared_picture._AT_ONCE_S", 0.0)
    client = await hass_ws_client()
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        hass.loop.call_soon(turn) if turns < 10 else None

    hass.loop.call_soon(turn)
    assert (await subscribed(client))["changed"]["island"][ONLY]["title"] == island.entry.title
    assert turns == 10


async def test_a_picture_that_fails_is_made_again(
    hass: HomeAssistant,
    subscribed: Subscribed,
    hass_ws_client: WebSocketGenerator,
    island: Island,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = await hass_ws_client()
    await subscribed(client)
    with monkeypatch.context() as broken:
        broken.setattr("custom_components.tangle_grid.screen.shared_picture.items", _broken)
        hass.loop.set_exception_handler(lambda *_: None)
        set_meter(hass, 6_000, 1_000, 500)
        await island.run(2, step=1)
    set_meter(hass, 7_000, 1_000, 500)
    await island.run(10, step=1)
    load_w = island.runtime.status.feeders["main"].load_w
    assert load_w is not None
    shown: dict[str, Any] = {}
    while shown.get("load_w") != [round(watts, -1) for watts in load_w]:
        shown = (await client.receive_json())["event"]["changed"].get("feeders", {}).get("main", {})


def _broken(*_: Any) -> Any:
    raise ValueError("broken")


async def test_the_tangle_is_told_as_a_graph(
    hass: HomeAssistant, island: Island, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "tangle_grid/tangle", "entry_id": island.entry.entry_id})
    (node,) = (await client.receive_json())["result"]
    assert node["kind"] == "meter"
    assert node["approves"] == ["B" * 81, "C" * 81]
    await hass.config_entries.async_unload(island.entry.entry_id)
    await client.send_json_auto_id({"type": "tangle_grid/tangle", "entry_id": island.entry.entry_id})
    assert (await client.receive_json())["error"]["code"] == "not_loaded"


async def test_without_a_ledger_the_tangle_cannot_be_read(
    island: Island, hass_ws_client: WebSocketGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(island.runtime.link, "_ledger", None)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "tangle_grid/tangle", "entry_id": island.entry.entry_id})
    assert (await client.receive_json())["error"]["code"] == "ledger_away"


async def test_a_household_tells_its_loads_and_a_battery_its_reserve(
    subscribed: Subscribed, hass_ws_client: WebSocketGenerator
) -> None:
    shown = (await subscribed(await hass_ws_client()))["changed"]["participants"]
    assert shown[HOUSEHOLD]["loads"] == [
        {"entity": "input_boolean.heat_pump", "power_w": 2_000, "on": True, "shed": False}
    ]
    assert (shown[BATTERY]["reserve_soc"], shown[BATTERY]["capacity_wh"]) == (10.0, 10_000)
    assert shown[CHARGER]["planned"] == []
