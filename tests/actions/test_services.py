"""The actions: what they do, what they answer, who may, and what they say to bad input."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_translations
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.tangle_grid
from custom_components.tangle_grid.const import DOMAIN, TREASURY
from custom_components.tangle_grid.grid.model.request import RequestState
from custom_components.tangle_grid.ledger import SUPPLY
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, SOLAR, Island, household_subentry, island_entry

ADDRESS = "B" * 90


async def _refused(
    island: Island, key: str, action: str, *, error: type[HomeAssistantError] = ServiceValidationError, **data: Any
) -> str:
    """The action is refused with this error; returns its text."""
    with pytest.raises(error) as refusal:
        await island.call(action, **data)
    assert refusal.value.translation_domain == DOMAIN
    assert refusal.value.translation_key == key
    text = str(refusal.value)
    assert "{" not in text
    assert text != key
    return text


# Requests


async def test_request_asks_and_tells(island: Island) -> None:
    await island.run(900)
    response = await island.call(
        "request_curtailment",
        response=True,
        config_entry_id=island.entry.entry_id,
        power=3000,
        duration=15,
        rate=1_500_000,
        device_id=[island.device_id(CHARGER)],
    )
    assert response["power"] == 3000
    assert response["rate"] == 1_500_000
    asked, *others = response["participants"]
    # Nobody is passed over in silence, also who was not chosen.
    assert {each["name"] for each in others} == {"Home 1", "Volt battery", "Roof"}
    assert {each["state"] for each in others} == {"not_asked"}
    assert all(each["reason"].startswith("Not asked: ") for each in others)
    assert asked["device_id"] == island.device_id(CHARGER)
    assert asked["name"] == "Charger Maple 4"
    assert asked["state"] == "issued"

    listed = await island.call("get_requests", response=True, config_entry_id=island.entry.entry_id)
    assert [request["request_id"] for request in listed["requests"]] == [response["request_id"]]


async def test_whoever_is_not_asked_has_a_reason_and_an_empty_window_does_not_stay(island: Island) -> None:
    response = await island.call(
        "request_curtailment", response=True, config_entry_id=island.entry.entry_id, power=3000, duration=1
    )
    assert response["closed"]
    states = {each["state"] for each in response["participants"]}
    assert "not_asked" in states <= {"not_asked", "declined"}
    for each in response["participants"]:
        assert each["name"]
        assert each["reason"].startswith("Not asked" if each["state"] == "not_asked" else "Declined")
    assert island.state("calendar", "windows") == "off"
    shown = await island.hass.services.async_call(
        "calendar",
        "get_events",
        {
            "entity_id": island.entity_id("calendar", "windows"),
            "start_date_time": "2000-01-01T00:00:00+00:00",
            "end_date_time": "2100-01-01T00:00:00+00:00",
        },
        blocking=True,
        return_response=True,
    )
    assert shown == {island.entity_id("calendar", "windows"): {"events": []}}


async def test_request_needs_no_response(island: Island) -> None:
    await island.call("request_curtailment", config_entry_id=island.entry.entry_id, power=3000, duration=15)
    assert len(island.runtime.engine.requests) == 1


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("invalid_power", {"power": -5}),
        ("invalid_power", {"power": 0}),
        ("invalid_power", {"power": "nan"}),
        ("invalid_duration", {"duration": -1}),
        ("invalid_duration", {"duration": "inf"}),
        ("invalid_rate", {"rate": -1}),
    ],
)
async def test_request_refuses_bad_values(island: Island, key: str, data: dict[str, Any]) -> None:
    values = {"config_entry_id": island.entry.entry_id, "power": 3000, "duration": 15, **data}
    await _refused(island, key, "request_curtailment", **values)
    assert not island.runtime.engine.requests


async def test_request_refuses_a_fraction_of_a_token(island: Island) -> None:
    with pytest.raises(ServiceValidationError):
        await island.call(
            "request_curtailment", config_entry_id=island.entry.entry_id, power=3000, duration=15, rate=1.5
        )


async def test_answer(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call(
        "answer_request",
        request_id=request_id,
        device_id=island.device_id(CHARGER),
        answer="accept",
        reason="Home all day",
    )
    assert island.state("sensor", "last_decision", CHARGER) == "accepted"
    assert island.given_reason(CHARGER) == "Home all day"
    assert island.state("sensor", "curtailment", CHARGER) == "active"

    await _refused(
        island,
        "already_answered",
        "answer_request",
        request_id=request_id,
        device_id=island.device_id(CHARGER),
        answer="decline",
    )


async def test_answer_with_less_power(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call(
        "answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="accept", power=1500
    )
    # A charger moves in whole amperes: it gives what was promised, and as little more as it can.
    assert 1500 <= island.runtime.engine.requests[request_id].asks[CHARGER].quantity_w <= 1500 + 690


@pytest.mark.parametrize("entry", [island_entry(household_subentry("ask"))])
async def test_answer_refuses_less_than_a_household_can_switch_off(island: Island) -> None:
    home = island.device_id(HOUSEHOLD)
    request_id = await island.request(device_id=[home])
    values = {"request_id": request_id, "device_id": home, "answer": "accept"}
    text = await _refused(island, "power_below_loads", "answer_request", power=1500, **values)
    assert text.startswith("1500 W is too little.")
    assert "counts 2000 W" in text
    ask = island.runtime.engine.requests[request_id].asks[HOUSEHOLD]
    assert ask.state is RequestState.ISSUED
    await island.call("answer_request", power=2000, **values)
    assert ask.loads
    assert ask.quantity_w == 2000
    assert island.hass.states.is_state("input_boolean.heat_pump", "off")


async def test_answer_refuses_who_was_not_asked(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await _refused(
        island,
        "not_participating",
        "answer_request",
        request_id=request_id,
        device_id=island.device_id(HOUSEHOLD),
        answer="accept",
    )


async def test_unknown_request(island: Island) -> None:
    text = await _refused(
        island,
        "unknown_request",
        "answer_request",
        request_id="nothing",
        device_id=island.device_id(CHARGER),
        answer="accept",
    )
    assert "nothing" in text
    await _refused(island, "unknown_request", "cancel_request", request_id="nothing")


async def test_opt_out_and_cancel(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="accept")
    await island.call("opt_out", device_id=island.device_id(CHARGER))
    assert island.runtime.engine.requests[request_id].asks[CHARGER].ended_at is not None
    # Who has left is not asked again before those who stayed may be back.
    await island.run(1300)

    other = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("cancel_request", request_id=other)
    assert island.state("sensor", "curtailment", CHARGER) == "cancelled"
    assert island.runtime.engine.requests[other].closed
    await _refused(island, "request_closed", "cancel_request", request_id=other)


async def test_opt_out_of_nothing(island: Island) -> None:
    await _refused(island, "not_participating", "opt_out", device_id=island.device_id(CHARGER))


async def test_temporary_capacity(island: Island) -> None:
    before = island.state("sensor", "capacity")
    await island.call("set_temporary_capacity", config_entry_id=island.entry.entry_id, power=20_000, duration=60)
    assert island.state("sensor", "capacity") == "20000"
    await island.call("clear_temporary_capacity", config_entry_id=island.entry.entry_id)
    assert island.state("sensor", "capacity") == before


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("invalid_capacity", {"power": -1}),
        ("invalid_capacity", {"power": "nan"}),
        ("invalid_duration", {"duration": 0}),
        ("invalid_duration", {"duration": "nan"}),
    ],
)
async def test_temporary_capacity_refuses_bad_values(island: Island, key: str, data: dict[str, Any]) -> None:
    values = {"config_entry_id": island.entry.entry_id, "power": 20_000, "duration": 60, **data}
    await _refused(island, key, "set_temporary_capacity", **values)


# Devices


async def test_devices_that_are_none_of_ours(hass: HomeAssistant, island: Island) -> None:
    await _refused(island, "device_not_found", "opt_out", device_id="nothing")
    await _refused(island, "device_is_island", "opt_out", device_id=island.device_id())
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    stranger = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "x")}, name="Kettle"
    )
    assert "Kettle" in await _refused(island, "device_not_on_island", "opt_out", device_id=stranger.id)


async def test_an_island_that_is_not_loaded(hass: HomeAssistant, island: Island) -> None:
    device_id = island.device_id(CHARGER)
    await hass.config_entries.async_unload(island.entry.entry_id)
    assert island.entry.state is ConfigEntryState.NOT_LOADED
    for action, data, key in (
        ("opt_out", {"device_id": device_id}, "island_not_loaded"),
        ("get_requests", {"config_entry_id": island.entry.entry_id}, "service_config_entry_not_loaded"),
        ("get_requests", {"config_entry_id": "nothing"}, "service_config_entry_not_found"),
    ):
        with pytest.raises(ServiceValidationError) as refusal:
            await hass.services.async_call(
                DOMAIN, action, data, blocking=True, return_response=action.startswith("get")
            )
        assert refusal.value.translation_key == key


# Tokens


async def test_send_tokens(island: Island) -> None:
    response = await island.call(
        "send_tokens",
        response=True,
        device_id=island.device_id(),
        target_device_id=island.device_id(CHARGER),
        amount=5_000_000,
        payment_id="gift",
    )
    assert response["payment_id"] == "gift"
    assert response["state"] == "queued"
    assert (response["source"], response["target"]) == ("Maple Street", "Charger Maple 4")

    island.ledger.confirm("gift")
    await island.settle()
    assert island.state("sensor", "wallet_balance", CHARGER) == "5000000"
    assert island.state("sensor", "earned", CHARGER) == "5000000"
    assert island.state("sensor", "treasury_balance") == str(SUPPLY - 5_000_000)

    response = await island.call(
        "send_tokens", response=True, device_id=island.device_id(CHARGER), target=ADDRESS, amount=1_000_000
    )
    assert response["target"] == ADDRESS
    listed = await island.call("get_payments", response=True, config_entry_id=island.entry.entry_id)
    assert [payment["amount"] for payment in listed["payments"]] == [5_000_000, 1_000_000]


async def test_the_same_payment_id_pays_once(island: Island) -> None:
    gift = {
        "device_id": island.device_id(),
        "target_device_id": island.device_id(CHARGER),
        "amount": 7,
        "payment_id": "once",
    }
    await island.call("send_tokens", **gift)
    await island.call("send_tokens", **gift)
    assert len(island.ledger.orders) == 1
    assert "once" in await _refused(island, "payment_conflict", "send_tokens", **{**gift, "amount": 8})


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("invalid_amount", {"amount": -1}),
        ("invalid_amount", {"amount": 0}),
        ("insufficient_funds", {"amount": 10}),
        ("invalid_address", {"target": "not an address"}),
    ],
)
async def test_send_tokens_refuses(island: Island, key: str, data: dict[str, Any]) -> None:
    values = {"device_id": island.device_id(CHARGER), "target": ADDRESS, "amount": 1, **data}
    await _refused(island, key, "send_tokens", **values)
    assert not island.ledger.orders


@pytest.mark.parametrize("amount", [1.5, "1.5", "many", None, True, float("nan"), float("inf")])
async def test_tokens_are_whole(island: Island, amount: Any) -> None:
    with pytest.raises(ServiceValidationError):
        await island.call("send_tokens", device_id=island.device_id(), target=ADDRESS, amount=amount)
    assert not island.ledger.orders


@pytest.mark.parametrize("amount", [2.0, "2"])
async def test_whole_tokens_from_forms_and_templates(island: Island, amount: Any) -> None:
    await island.call("send_tokens", device_id=island.device_id(), target=ADDRESS, amount=amount)
    assert [payment.amount_i for payment in island.ledger.orders.values()] == [2]


async def test_send_tokens_needs_one_target(island: Island) -> None:
    source = {"device_id": island.device_id(), "amount": 1}
    await _refused(island, "target_missing", "send_tokens", **source)
    with pytest.raises(ServiceValidationError):
        await island.call("send_tokens", **source, target=ADDRESS, target_device_id=island.device_id(CHARGER))


async def test_a_payment_id_cannot_pass_for_a_reward(island: Island) -> None:
    with pytest.raises(ServiceValidationError):
        await island.call(
            "send_tokens", device_id=island.device_id(), target=ADDRESS, amount=1, payment_id=f"request:{CHARGER}"
        )


async def test_unknown_wallet(island: Island) -> None:
    del island.ledger.balances[island.runtime.wallet_ids[CHARGER]]
    await _refused(
        island, "unknown_wallet", "send_tokens", device_id=island.device_id(CHARGER), target=ADDRESS, amount=1
    )


async def test_reward(island: Island) -> None:
    response = await island.call(
        "reward", response=True, device_id=island.device_id(HOUSEHOLD), amount=9, reason="Reported a pothole"
    )
    assert response["target"] == "Home 1"
    payment = island.ledger.orders[response["payment_id"]]
    assert payment.source == TREASURY
    assert payment.memo == {"reason": "Reported a pothole"}
    await _refused(island, "device_is_island", "reward", device_id=island.device_id(), amount=9, reason="x")
    await _refused(island, "invalid_amount", "reward", device_id=island.device_id(SOLAR), amount=-9, reason="x")


async def test_without_a_ledger(island: Island) -> None:
    await island.runtime.link.async_close()
    for action, data in (
        ("send_tokens", {"device_id": island.device_id(), "target": ADDRESS, "amount": 1}),
        ("publish_data", {"config_entry_id": island.entry.entry_id, "topic": "a", "data": {}}),
    ):
        await _refused(island, "ledger_unavailable", action, error=HomeAssistantError, **data)
    # The grid does not need it.
    await island.request(device_id=[island.device_id(CHARGER)])


# The Tangle


async def test_publish_and_read_back(island: Island) -> None:
    response = await island.call(
        "publish_data",
        response=True,
        config_entry_id=island.entry.entry_id,
        topic="road_condition",
        data={"pothole": True},
    )
    read = await island.call("get_messages", response=True, config_entry_id=island.entry.entry_id, kind="data", limit=5)
    (message,) = read["messages"]
    assert message["message_id"] == response["message_id"]
    assert message["body"] == {"topic": "road_condition", "data": {"pothole": True}}
    assert message["verified"] is True


async def test_a_kind_that_there_is_not_is_said(island: Island) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await island.call("get_messages", response=True, config_entry_id=island.entry.entry_id, kind="nonsense")
    assert refused.value.translation_key == "unknown_kind"
    assert refused.value.translation_placeholders is not None
    kinds = refused.value.translation_placeholders["kinds"].split(", ")
    form = yaml.safe_load((Path(custom_components.tangle_grid.__file__).parent / "services.yaml").read_text())
    assert form["get_messages"]["fields"]["kind"]["selector"]["select"]["options"] == kinds
    for kind in kinds:
        await island.call("get_messages", response=True, config_entry_id=island.entry.entry_id, kind=kind)


@pytest.mark.parametrize(
    ("action", "data", "sentence"),
    [
        ("get_messages", {"limit": 0}, "limit has to be 1 at least."),
        ("get_messages", {"limit": 501}, "limit has to be 500 at most."),
        ("get_messages", {"limit": "many"}, "limit has to be a whole number."),
        ("get_messages", {"limits": 5}, "There is no field limits in this action."),
        ("get_messages", {"config_entry_id": None}, "The field config_entry_id does not take that."),
        ("cancel_request", {}, "The field request_id is missing."),
        ("publish_data", {"topic": "", "data": {}}, "topic has to be 1 long at least."),
        ("publish_data", {"topic": "t" * 65, "data": {}}, "topic may be 64 long at most."),
        ("request_curtailment", {"power": "much", "duration": 5}, "power has to be a number."),
        (
            "answer_request",
            {"request_id": "r", "device_id": "d", "answer": "perhaps"},
            "answer takes one of these: accept, decline.",
        ),
        (
            "send_tokens",
            {"device_id": "d", "target": "t", "target_device_id": "d", "amount": 1},
            "Only one may be given of the fields that say the same (target).",
        ),
        (
            "report",
            {"device_id": "d", "topic_device_id": "t", "latitude": 1.0},
            "Fields that belong together have to be given together (place).",
        ),
    ],
)
async def test_what_a_schema_refuses_is_said_in_whole_sentences(
    hass: HomeAssistant, island: Island, action: str, data: dict[str, Any], sentence: str
) -> None:
    takes_island = action in {"get_messages", "publish_data", "request_curtailment"}
    base = {"config_entry_id": island.entry.entry_id} if takes_island else {}
    given: dict[str, Any] = {**base, **data}
    with pytest.raises(ServiceValidationError) as refused:
        await island.call(action, response=action == "get_messages", **given)
    texts = await async_get_translations(hass, "en", "exceptions", [DOMAIN])
    text = texts[f"component.{DOMAIN}.exceptions.{refused.value.translation_key}.message"]
    said = text.format_map(refused.value.translation_placeholders or {})
    assert said.startswith(sentence)


async def test_transactions(island: Island) -> None:
    await island.call(
        "send_tokens",
        device_id=island.device_id(),
        target_device_id=island.device_id(BATTERY),
        amount=3,
        payment_id="looked-up",
    )
    island.ledger.confirm("looked-up")
    response = await island.call(
        "get_transaction", response=True, config_entry_id=island.entry.entry_id, transaction="T" * 81
    )
    assert response["confirmed"] is True
    assert response["value"] == 3
    with pytest.raises(ServiceValidationError) as refusal:
        await island.call("get_transaction", response=True, config_entry_id=island.entry.entry_id, transaction="X" * 81)
    assert refusal.value.translation_key == "unknown_transaction"
