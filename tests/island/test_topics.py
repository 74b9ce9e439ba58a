"""Data topics on an island: vehicles report, others confirm, and the topic's wallet pays."""

from typing import Any

import pytest
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.economy.effects import Kind
from custom_components.tangle_grid.island.topics import owner_of
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

HERE = (32.8734, -117.2274)
CARS = ("car-2", "car-3")
TOKENS = 5_000


@pytest.fixture
def entry() -> MockConfigEntry:
    """A town that pays for potholes, three cars of three houses, and one with a tracker."""
    return island_entry(
        charger_subentry(),
        vehicle_subentry(tracker="device_tracker.zoe", owners=["anna"]),
        vehicle_subentry(CARS[0], "Ioniq", owners=["ben"]),
        vehicle_subentry(CARS[1], "Leaf", owners=["cleo"]),
        topic_subentry(owners=["town"]),
    )


@pytest.fixture(autouse=True)
async def paid_in(hass: HomeAssistant, island: Island) -> None:
    await island.call("reward", device_id=island.device_id(TOPIC), amount=TOKENS, reason="roads", payment_id="in")
    island.ledger.confirm("in")
    await island.settle()


async def report(island: Island, car: str, north_m: float = 0.0, **data: Any) -> Any:
    where = (
        {}
        if "latitude" in data or data.pop("tracked", False)
        else {
            "latitude": HERE[0] + north_m / 111_195,
            "longitude": HERE[1],
        }
    )
    outcome = await island.call(
        "report",
        response=True,
        device_id=island.device_id(car),
        topic_device_id=island.device_id(TOPIC),
        **where,
        **data,
    )
    await island.runtime.economy.desk.async_settled()
    island.runtime.economy.desk.pay_again()
    await island.runtime.economy.desk.async_settled()
    return outcome


def places(hass: HomeAssistant) -> list[tuple[float, float]]:
    return [
        (state.attributes["latitude"], state.attributes["longitude"])
        for state in hass.states.async_all("geo_location")
        if state.attributes["source"] == "tangle_grid"
    ]


async def test_two_that_see_the_same_are_paid_and_it_stands_on_the_map(hass: HomeAssistant, island: Island) -> None:
    first = await report(island, VEHICLE)
    assert (first["status"], first["reporters"], first["needed"], first["paid"]) == ("open", 1, 2, 0)
    assert island.state("sensor", "open_reports", TOPIC) == "1"
    assert places(hass) == []
    second = await report(island, CARS[0], 14)
    assert (second["status"], second["finding_id"], second["paid"]) == ("confirmed", first["report_id"], 100)
    assert island.state("sensor", "open_findings", TOPIC) == "1"
    assert island.state("sensor", "paid_for_data", TOPIC) == "200"
    assert island.state("sensor", "budget_left", TOPIC) == "9800"
    assert island.state("sensor", "budget_left_today", TOPIC) == "300"
    assert places(hass) == [HERE]
    state = hass.states.async_all("geo_location")[0]
    assert (state.name, state.attributes["what"], state.attributes["reporters"]) == ("Potholes", "pothole", 2)
    assert float(state.state) < 1
    paid = [each for each in island.ledger.orders.values() if each.source == TOPIC]
    # Beside what it is for, there is the hash of each side's receipt.
    assert [(each.target, each.amount_i, each.memo["kind"], set(each.memo)) for each in paid] == [
        (VEHICLE, 100, "data", {"kind", "receipts"}),
        (CARS[0], 100, "data", {"kind", "receipts"}),
    ]
    lines = list(
        await hass.async_add_executor_job(lambda: list(island.runtime.economy.desk.journal.lines(participant=VEHICLE)))
    )
    assert [(each.kind, each.amount_i, each.reference) for each in lines] == [(Kind.DATA, 100, first["report_id"])]
    # A third one comes too late.
    assert (await report(island, CARS[1], -14))["status"] == "known"
    assert len([each for each in island.ledger.orders.values() if each.source == TOPIC]) == 2


async def test_what_is_signed_is_rounded_and_its_reporters_own(island: Island) -> None:
    await report(island, VEHICLE, latitude=32.87338765, longitude=-117.22741234)
    (message,) = [each for each in island.ledger.published if each.kind == "report"]
    assert message.participant == VEHICLE
    assert (message.body["latitude_e6"], message.body["longitude_e6"]) == (32_873_400, -117_227_400)
    assert (message.body["topic"], message.body["what"], message.body["public"]) == (TOPIC, "pothole", False)


async def test_a_lie_that_nobody_confirms_is_not_paid_nor_are_two_cars_of_a_house(
    hass: HomeAssistant, island: Island
) -> None:
    subentry = island.entry.subentries[CARS[0]]
    hass.config_entries.async_update_subentry(island.entry, subentry, data={**subentry.data, "owners": ["ben", "anna"]})
    await island.settle()
    assert (await report(island, VEHICLE))["status"] == "open"
    assert (await report(island, CARS[0]))["status"] == "repeated"
    assert (await report(island, CARS[1], 500))["status"] == "open"
    assert [each for each in island.ledger.orders.values() if each.source == TOPIC] == []
    assert island.state("sensor", "open_findings", TOPIC) == "0"


async def test_the_place_is_where_the_tracker_is(hass: HomeAssistant, island: Island) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await report(island, VEHICLE, tracked=True)
    assert refused.value.translation_key == "place_unknown"
    hass.states.async_set("device_tracker.zoe", "not_home", {"latitude": HERE[0], "longitude": HERE[1]})
    assert (await report(island, VEHICLE, tracked=True))["status"] == "open"
    found = await island.call("get_reports", response=True, device_id=island.device_id(TOPIC))
    assert [(each["participant"], each["latitude"], each["longitude"]) for each in found["reports"]] == [("Zoe", *HERE)]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"latitude": 91.0, "longitude": 0.0}, "coordinates_out_of_range"),
        ({"latitude": 48.0, "longitude": 2.0}, "report_outside"),
        ({"seen_at": "2001-01-01 00:00:00"}, "report_too_old"),
        ({"seen_at": "2101-01-01 00:00:00"}, "report_in_future"),
        ({"picture": "a cat"}, "report_invalid"),
        ({"value_entity_id": "sensor.none"}, "value_unknown"),
        ({"latitude": 1.0}, "field_incomplete"),
    ],
)
async def test_what_cannot_be_is_refused_in_words_before_it_is_signed(
    island: Island, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await report(island, VEHICLE, **data)
    assert refused.value.translation_key == key
    assert [each for each in island.ledger.published if each.kind == "report"] == []


async def test_only_a_topic_takes_reports_and_only_members_give_them(island: Island) -> None:
    for device, topic, key in (
        (VEHICLE, CHARGER, "device_is_no_topic"),
        (VEHICLE, None, "device_is_no_topic"),
        (None, TOPIC, "device_is_island"),
        (TOPIC, TOPIC, "report_own_topic"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await island.call(
                "report",
                device_id=island.device_id(device),
                topic_device_id=island.device_id(topic),
                latitude=HERE[0],
                longitude=HERE[1],
            )
        assert refused.value.translation_key == key


async def test_a_wallet_that_cannot_pay_takes_no_reports(island: Island) -> None:
    await island.call(
        "send_tokens",
        device_id=island.device_id(TOPIC),
        target_device_id=island.device_id(CHARGER),
        amount=TOKENS - 150,
        payment_id="out",
    )
    island.ledger.confirm("out")
    await island.settle()
    with pytest.raises(ServiceValidationError) as refused:
        await report(island, VEHICLE)
    assert refused.value.translation_key == "topic_wallet_short"
    assert refused.value.translation_placeholders == {"cost": "200 i", "left": "150 i"}


async def test_a_limit_per_payment_is_for_each_reporter(island: Island) -> None:
    await island.call("set_spending_limits", device_id=island.device_id(TOPIC), per_payment=150)
    assert (await report(island, VEHICLE))["status"] == "open"
    await island.call("set_spending_limits", device_id=island.device_id(TOPIC), per_payment=99)
    with pytest.raises(ServiceValidationError) as refused:
        await report(island, CARS[0])
    assert refused.value.translation_placeholders == {"cost": "100 i", "left": "99 i"}


async def test_the_owner_says_what_is_true_and_what_is_not(hass: HomeAssistant, island: Island) -> None:
    topic = island.device_id(TOPIC)
    events: list[str] = []

    @callback
    def heard(event: Event[EventStateChangedData]) -> None:
        assert event.data["new_state"] is not None
        events.append(event.data["new_state"].attributes["event_type"])

    async_track_state_change_event(hass, island.entity_id("event", "data_report", TOPIC), heard)
    first = await report(island, VEHICLE)
    accepted = await island.call("accept_report", response=True, device_id=topic, report_id=first["report_id"])
    assert (accepted["finding"]["state"], accepted["finding"]["cost"], accepted["finding"]["paid"]) == (
        "accepted",
        100,
        True,
    )
    assert len(places(hass)) == 1
    # It is repaired.
    await island.call("reject_report", device_id=topic, report_id=first["report_id"])
    assert places(hass) == []
    second = await report(island, CARS[0])
    await island.call("reject_report", device_id=topic, report_id=second["report_id"])
    assert (await report(island, CARS[1]))["status"] == "place_rejected"
    with pytest.raises(ServiceValidationError) as refused:
        await island.call("accept_report", device_id=topic, report_id="nothing")
    assert refused.value.translation_key == "report_unknown"
    assert events == ["open", "accepted", "rejected", "open", "rejected", "place_rejected"]


async def test_others_neither_decide_nor_see_where_somebody_was(
    hass: HomeAssistant, island: Island, hass_read_only_user: MockUser
) -> None:
    first = await report(island, VEHICLE)
    user_id = hass_read_only_user.id
    for action, data in (
        ("accept_report", {"report_id": first["report_id"]}),
        ("reject_report", {"report_id": first["report_id"]}),
        ("get_reports", {}),
    ):
        with pytest.raises(HomeAssistantError) as refused:
            await island.call(
                action, response=action == "get_reports", user_id=user_id, device_id=island.device_id(TOPIC), **data
            )
        assert refused.value.translation_key in {"control_denied", "not_owner"}, action
    with pytest.raises(HomeAssistantError):
        await island.call(
            "report",
            user_id=user_id,
            device_id=island.device_id(VEHICLE),
            topic_device_id=island.device_id(TOPIC),
            latitude=HERE[0],
            longitude=HERE[1],
        )
    state = hass.states.get(island.entity_id("event", "data_report", TOPIC))
    assert state is not None
    assert not {"latitude", "longitude", "participant"} & set(state.attributes)


async def test_a_restart_forgets_nothing_and_pays_nothing_twice(hass: HomeAssistant, island: Island) -> None:
    await report(island, VEHICLE)
    await report(island, CARS[0])
    await report(island, CARS[1], 200)
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.settle()
    assert island.state("sensor", "open_reports", TOPIC) == "1"
    assert island.state("sensor", "paid_for_data", TOPIC) == "200"
    assert places(hass) == [HERE]
    # The stand-in counts its messages anew.
    island.runtime.link.ledger.published.extend(island.ledger.published)
    assert (await report(island, VEHICLE, 200))["status"] == "confirmed"
    assert len([each for each in island.ledger.orders.values() if each.source == TOPIC]) == 4


async def test_a_day_that_is_spent_is_gone_on_with_tomorrow(hass: HomeAssistant, island: Island) -> None:
    for north_m in (0, 100, 200):
        await report(island, VEHICLE, north_m)
        last = await report(island, CARS[0], north_m)
    assert (last["status"], last["paid"]) == ("confirmed", 0)
    assert island.state("sensor", "paid_for_data", TOPIC) == "400"
    island._freezer.tick(86_400)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    await island.settle()
    assert island.state("sensor", "paid_for_data", TOPIC) == "600"
    # What is known for two days goes from the map by itself.
    island._freezer.tick(90_000)
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    await island.settle()
    assert places(hass) == []


async def test_a_state_that_cannot_be_read_takes_no_reports(
    hass: HomeAssistant, island: Island, caplog: pytest.LogCaptureFixture
) -> None:
    island.runtime.economy.desk.record("topic", TOPIC, {"version": 99}, [], at=1.0)
    await island.runtime.economy.desk.async_settled()
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "The data topic Potholes takes no reports" in caplog.text
    assert island.state("sensor", "paid_for_data", TOPIC) == "unavailable"
    with pytest.raises(ServiceValidationError) as refused:
        await report(island, VEHICLE)
    assert refused.value.translation_key == "topic_unavailable"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"topic_unreadable_{TOPIC}")
    assert issue is not None
    assert issue.translation_placeholders == {"topic": "Potholes", "island": "Maple Street", "field": "state.version"}
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"topic_unreadable_{TOPIC}") is None


async def test_a_topic_is_a_device_with_a_wallet(hass: HomeAssistant, island: Island) -> None:
    device = dr.async_get(hass).async_get(island.device_id(TOPIC))
    assert device is not None
    assert (device.name, device.model) == ("Potholes", "Data topic")
    assert island.state("sensor", "wallet_balance", TOPIC) == str(TOKENS)


def test_who_shares_an_owner_is_one(entry: MockConfigEntry) -> None:
    shared = island_entry(
        vehicle_subentry("a", "a", owners=["x", "y"]),
        vehicle_subentry("b", "b", owners=["y", "z"]),
        vehicle_subentry("c", "c", owners=["z"]),
        vehicle_subentry("d", "d", owners=["q"]),
        vehicle_subentry("e", "e"),
        vehicle_subentry("f", "f"),
    )
    owners = {member: owner_of(shared, member) for member in "abcdef"}
    assert owners["a"] == owners["b"] == owners["c"]
    assert len(set(owners.values())) == 4


async def test_a_topic_in_a_zone_waits_for_it_and_goes_with_it(hass: HomeAssistant, island: Island) -> None:
    """Until the zone is there nothing is taken, and a repair says so; when it is moved, the topic has moved."""
    data = {name: value for name, value in island.entry.subentries[TOPIC].data.items() if name != "area"}
    hass.config_entries.async_update_subentry(
        island.entry, island.entry.subentries[TOPIC], data=data | {"zone": "zone.town"}
    )
    await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done()
    topics = island.entry.runtime_data.economy.topics
    await island.entry.runtime_data.economy.desk.async_settled()
    issues = ir.async_get(hass).issues
    assert TOPIC not in topics.books
    assert (DOMAIN, f"topic_unreadable_{TOPIC}") in issues
    hass.states.async_set("zone.town", "0", {"latitude": 32.87, "longitude": -117.22, "radius": 300})
    topics._async_look(dt_util.utcnow())
    assert topics.book(TOPIC).topic.area.radius_m == 300
    assert (DOMAIN, f"topic_unreadable_{TOPIC}") not in ir.async_get(hass).issues
    hass.states.async_set("zone.town", "0", {"latitude": 32.87, "longitude": -117.22, "radius": 400})
    assert topics.book(TOPIC).topic.area.radius_m == 400
    hass.states.async_remove("zone.town")
    assert topics.book(TOPIC).topic.area.radius_m == 400, "a zone that is gone is where it was"
