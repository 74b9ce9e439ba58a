"""Triggers and conditions, in real automations of Home Assistant."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
import yaml
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import trigger as trigger_helper
from homeassistant.helpers.condition import async_get_all_descriptions as condition_descriptions
from homeassistant.helpers.trigger import async_get_all_descriptions as trigger_descriptions
from homeassistant.setup import async_setup_component

from custom_components.tangle_grid.condition import CONDITIONS
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.trigger import TRIGGERS
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    METER,
    VEHICLE,
    Island,
    charger_subentry,
    feeder_subentry,
    island_entry,
    set_meter,
    set_sensor,
    vehicle_subentry,
)

FOLDER = Path(__file__).parents[1] / "custom_components" / DOMAIN
SAID = "said"


@pytest.fixture
async def automate(hass: HomeAssistant) -> AsyncIterator[Callable[..., Any]]:
    """Make an automation that fires an event with what its trigger said; returns the list of what was said."""
    said: list[dict[str, Any]] = []

    async def make(trigger: dict[str, Any], *, conditions: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        config = {
            "alias": "it",
            "trigger": [trigger],
            "condition": conditions or [],
            "action": [{"event": SAID, "event_data": {"trigger": "{{ trigger }}"}}],
        }
        assert await async_setup_component(hass, "automation", {"automation": config})
        await hass.async_block_till_done()
        state = hass.states.get("automation.it")
        assert state is not None
        assert state.state == "on"
        hass.bus.async_listen(SAID, lambda event: said.append(_trigger(event)))
        return said

    yield make
    if hass.services.has_service("automation", "turn_off"):
        await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


def _trigger(event: Event[Any]) -> dict[str, Any]:
    content: dict[str, Any] = event.data["trigger"]
    return content


def _of(key: str, **options: Any) -> dict[str, Any]:
    return {"trigger": f"{DOMAIN}.{key}", "options": options}


def _if(key: str, **options: Any) -> dict[str, Any]:
    return {"condition": f"{DOMAIN}.{key}", "options": options}


async def test_a_question_is_told_with_what_a_yes_means(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("request_received", device_id=[island.device_id(CHARGER)]))
    request_id = await island.request(power=20_000)
    (told,) = said
    assert told["request_id"] == request_id
    assert told["device_id"] == island.device_id(CHARGER)
    assert told["participant"] == "Charger Maple 4"
    assert told["effect"] == "pauses"
    assert told["meaning"].startswith("Pauses charging for 15 min")
    assert told["power_w"] == 11_040


async def test_what_a_policy_answers_is_no_question(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("request_received"))
    await island.request(device_id=[island.device_id(BATTERY), island.device_id(HOUSEHOLD)])
    assert not said


@pytest.mark.parametrize("answer", ["accept", "decline"])
async def test_answers_and_ends(island: Island, automate: Callable[..., Any], answer: str) -> None:
    said = await automate(_of("request_answered"))
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", device_id=island.device_id(CHARGER), answer=answer)
    (told,) = said
    assert (told["answer"], told["participant"]) == (answer, "Charger Maple 4")
    assert told["reason"] in {"Accepted by hand.", "Declined by hand."}


async def test_an_end_tells_what_was_earned(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("request_ended", device_id=island.device_id(CHARGER)))
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    await island.run(300)
    assert not said
    await island.call("opt_out", device_id=island.device_id(CHARGER))
    (told,) = said
    assert told["outcome"] == "opted_out"
    assert told["delivered_wh"] == pytest.approx(900, abs=90)
    assert told["earned"] == told["delivered_wh"] * 1000
    assert told["earned_text"].endswith(" Mi")


async def test_only_those_that_were_picked(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("request_received", device_id=[island.device_id(HOUSEHOLD)]))
    await island.request(power=20_000)
    assert not said


@pytest.mark.parametrize(
    "entry",
    [
        island_entry(
            charger_subentry(), vehicle_subentry(mode="ask", soc="sensor.car_soc", battery_kwh=60.0, target_soc=100.0)
        )
    ],
)
async def test_a_vehicle_is_picked_at_the_charger_that_it_is_at(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("request_received", device_id=[island.device_id(VEHICLE)]))
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await island.settle()
    await island.request(power=20_000)
    assert [told["participant"] for told in said] == ["Charger Maple 4"]


async def test_a_payment_is_told_once_it_is_confirmed(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("payment_received"))
    await island.call("reward", device_id=island.device_id(CHARGER), amount=1_500_000, reason="x")
    assert not said
    (payment_id,) = island.ledger.orders
    island.ledger.confirm(payment_id)
    await island.settle()
    (told,) = said
    assert told["target"] == "Charger Maple 4"
    assert (told["amount"], told["amount_text"]) == (1_500_000, "1.5 Mi")
    # What comes to the treasury is told where its island was picked.
    data = {"device_id": island.device_id(CHARGER), "target_device_id": island.device_id(), "amount": 5}
    await island.call("send_tokens", **data)
    island.ledger.confirm(next(each for each in island.ledger.orders if each != payment_id))
    await island.settle()
    assert len(said) == 1


async def test_payments_to_the_treasury(island: Island, automate: Callable[..., Any]) -> None:
    said = await automate(_of("payment_received", device_id=[island.device_id()]))
    island.ledger.balances[island.runtime.wallet_ids[CHARGER]] = 10
    data = {"device_id": island.device_id(CHARGER), "target_device_id": island.device_id(), "amount": 5}
    await island.call("send_tokens", **data)
    (payment_id,) = island.ledger.orders
    island.ledger.confirm(payment_id)
    await island.settle()
    assert [told["amount"] for told in said] == [5]


@pytest.mark.parametrize(
    ("key", "watts"),
    [("limit_reached", (6000, 14_600, 5000)), ("feed_short", (6000, 12_500, 5000))],
)
async def test_a_feed_at_its_limit_or_short(
    island: Island, automate: Callable[..., Any], key: str, watts: tuple[float, ...]
) -> None:
    await island.run(30)
    said = await automate(_of(key))
    for _ in range(3):
        set_meter(island.hass, *watts)
        await island.settle()
    (told,) = said
    assert told["feeder"] == "Maple Street"
    assert told["device_id"] == island.device_id()
    assert told["load_w"] == pytest.approx(sum(watts), abs=1)
    assert told["capacity_w"] == 43_470


async def test_a_blind_feed_is_told_each_time(island: Island, automate: Callable[..., Any]) -> None:
    await island.run(30)
    said = await automate(_of("feed_blind", device_id=[island.device_id()]))
    for _ in range(2):
        for entity_id in METER:
            island.hass.states.async_set(entity_id, "unavailable")
        await island.run(30)
        set_meter(island.hass, 5000, 5000, 5000)
        await island.run(30)
    assert [told["load_w"] for told in said] == [None, None]


@pytest.mark.parametrize(
    "entry", [island_entry(charger_subentry(), feeder_subentry("garage", "Garage", "sensor.garage_l1"))]
)
async def test_only_the_feeders_that_were_picked(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    set_sensor(hass, "sensor.garage_l1", 500, "W")
    await island.run(30)
    said = await automate(_of("feed_blind", device_id=[island.device_id("garage")]))
    for entity_id in METER:
        hass.states.async_set(entity_id, "unavailable")
    for _ in range(3):
        set_sensor(hass, "sensor.garage_l1", 501, "W")
        await island.run(15)
    assert not said
    hass.states.async_set("sensor.garage_l1", "unavailable")
    await island.run(30)
    assert [told["feeder"] for told in said] == ["Garage"]


async def test_an_automation_outlives_its_island(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any]
) -> None:
    said = await automate(_of("request_received"))
    for _ in range(2):
        await hass.config_entries.async_reload(island.entry.entry_id)
        await island.settle()
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    assert len(said) == 1
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.it"}, blocking=True)
    await hass.config_entries.async_reload(island.entry.entry_id)
    await island.run(1_300)
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    assert len(said) == 1


async def test_is_helping(hass: HomeAssistant, island: Island, automate: Callable[..., Any]) -> None:
    charger, battery = island.device_id(CHARGER), island.device_id(BATTERY)
    said = await automate(
        {"trigger": "event", "event_type": "look"},
        conditions=[_if("is_helping", device_id=[charger, battery], behavior="any")],
    )

    async def look() -> int:
        hass.bus.async_fire("look")
        await hass.async_block_till_done()
        return len(said)

    assert await look() == 0
    await island.request(power=20_000, device_id=[charger])
    assert await look() == 0
    await island.call("answer_request", device_id=charger, answer="accept")
    assert await look() == 1
    await island.call("opt_out", device_id=charger)
    assert await look() == 1


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (_if("is_helping", behavior="all"), False),
        (_if("feed_is_short"), False),
        # It wants 9 kWh until seven in the morning.
        (_if("car_ready_in_time"), True),
        (_if("car_ready_in_time", device_id=["nobody"]), False),
        (_if("car_ready_in_time", device_id=["nobody"], behavior="all"), False),
    ],
)
async def test_conditions_at_rest(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], condition: dict[str, Any], holds: bool
) -> None:
    await island.run(60)
    said = await automate({"trigger": "event", "event_type": "look"}, conditions=[condition])
    hass.bus.async_fire("look")
    await hass.async_block_till_done()
    assert bool(said) is holds


async def test_a_short_feed_and_a_car_that_cannot_be_ready(
    hass: HomeAssistant, island: Island, automate: Callable[..., Any], freezer: FrozenDateTimeFactory
) -> None:
    await island.run(60)
    said = await automate(
        {"trigger": "event", "event_type": "look"},
        conditions=[_if("feed_is_short"), {"condition": "not", "conditions": [_if("car_ready_in_time")]}],
    )
    set_sensor(hass, "sensor.car_soc", 5, "%")
    # At 16 A it gets 11 kWh in the hour that is left.
    departure = island.runtime.telemetry[CHARGER].departure_at  # type: ignore[union-attr]
    assert departure is not None
    while departure - island.runtime.clock.now() > 4_000:
        freezer.tick(min(3_600, departure - island.runtime.clock.now() - 3_900))
        set_meter(hass, 6000, 5000, 5000)
        await island.run(15)
    set_sensor(hass, "sensor.car_soc", 5, "%")
    for _ in range(3):
        set_meter(hass, 6000, 13_000, 5000)
        await island.settle()
    hass.bus.async_fire("look")
    await hass.async_block_till_done()
    assert len(said) == 1


@pytest.mark.parametrize("key", ["request_received", "payment_received"])
async def test_options_that_cannot_be_are_refused(hass: HomeAssistant, island: Island, key: str) -> None:
    for options in ({"device_id": [{}]}, {"else": 1}):
        with pytest.raises(vol.Invalid):
            await trigger_helper.async_validate_trigger_config(
                hass, [{"platform": f"{DOMAIN}.{key}", "options": options}]
            )


async def test_home_assistant_describes_them(hass: HomeAssistant, island: Island) -> None:
    assert await async_setup_component(hass, "automation", {})
    triggers = await trigger_descriptions(hass)
    conditions = await condition_descriptions(hass)
    described = {name.removeprefix(f"{DOMAIN}.") for name in triggers if name.startswith(f"{DOMAIN}.")}
    assert described == set(TRIGGERS) == set(yaml.safe_load((FOLDER / "triggers.yaml").read_text()))
    described = {name.removeprefix(f"{DOMAIN}.") for name in conditions if name.startswith(f"{DOMAIN}.")}
    assert described == set(CONDITIONS) == set(yaml.safe_load((FOLDER / "conditions.yaml").read_text()))
