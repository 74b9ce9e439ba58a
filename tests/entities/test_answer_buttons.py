"""Accept and Decline on whoever was asked, and the island's first request."""

from datetime import timedelta

import pytest
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.tangle_grid.button import AcceptButton
from custom_components.tangle_grid.const import CONF_OWNERS
from custom_components.tangle_grid.grid import RequestState
from tests.support.island import BATTERY, CHARGER, VEHICLE, Island, charger_subentry, island_entry, vehicle_subentry

WAITING = (RequestState.ISSUED, RequestState.UNANSWERED)


async def _press(island: Island, key: str, identifier: str | None = CHARGER, user_id: str | None = None) -> None:
    entity_id = island.entity_id("button", key, identifier)
    await island.hass.services.async_call(
        "button", "press", {"entity_id": entity_id}, blocking=True, context=Context(user_id=user_id)
    )
    await island.settle()


async def test_they_are_there_while_somebody_is_asked(hass: HomeAssistant, island: Island) -> None:
    assert island.state("button", "accept", CHARGER) == STATE_UNAVAILABLE
    assert island.state("button", "decline", CHARGER) == STATE_UNAVAILABLE
    request_id = await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    button = hass.states.get(island.entity_id("button", "accept", CHARGER))
    assert button is not None
    assert button.state != STATE_UNAVAILABLE
    assert button.attributes["request_id"] == request_id
    assert button.attributes["effect"] == "pauses"
    assert button.attributes["minutes"] == 15
    assert button.attributes["power_w"] == 11_040
    # It wants a tenth of its 60 kWh, and is paid for a quarter of an hour at 11 kW.
    assert button.attributes["earns"] == 2_800_000
    meaning = button.attributes["meaning"]
    assert meaning.startswith("Pauses charging for 15 min, ready by ")
    assert meaning.endswith(", earns about 2.8 Mi")
    decline = hass.states.get(island.entity_id("button", "decline", CHARGER))
    assert decline is not None
    assert decline.attributes["meaning"] == "Goes on as before, and earns nothing"
    assert island.state("button", "accept", BATTERY) == STATE_UNAVAILABLE

    await _press(island, "accept")
    assert island.runtime.engine.requests[request_id].asks[CHARGER].state is RequestState.ACTIVE
    assert island.state("button", "accept", CHARGER) == STATE_UNAVAILABLE
    assert island.state("button", "decline", CHARGER) == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    "entry", [island_entry(charger_subentry(), options={"planning": False, "token_rate": "2000000"})]
)
async def test_the_currency_stands_beside_the_tokens_where_a_rate_is_given(hass: HomeAssistant, island: Island) -> None:
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    state = hass.states.get(island.entity_id("button", "accept", CHARGER))
    assert state is not None
    assert state.attributes["meaning"].endswith(f"earns about 2.8 Mi (1.40 {hass.config.currency})")


async def test_what_it_means_is_not_recorded_and_not_written_every_second(island: Island) -> None:
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    state = island.hass.states.get(island.entity_id("button", "accept", CHARGER))
    assert state is not None
    own = set(state.attributes) - {"friendly_name", "icon", "device_class"}
    assert own <= AcceptButton._unrecorded_attributes
    before = state.last_updated
    await island.run(15, step=1)
    after = island.hass.states.get(state.entity_id)
    assert after is not None
    assert after.last_updated - before < timedelta(seconds=15)
    assert after.attributes["minutes"] == 15


async def test_decline(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await _press(island, "decline")
    assert island.runtime.engine.requests[request_id].asks[CHARGER].state is RequestState.DECLINED
    with pytest.raises(ServiceValidationError) as refusal:
        await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    assert refusal.value.translation_key == "nothing_asked"
    assert "Charger Maple 4" in str(refusal.value)


async def test_the_only_question_need_not_be_named(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    assert island.runtime.engine.requests[request_id].asks[CHARGER].state is RequestState.ACTIVE


async def test_one_of_several_questions_has_to_be_named(island: Island) -> None:
    first = await island.request(device_id=[island.device_id(CHARGER)])
    second = await island.request(device_id=[island.device_id(CHARGER)])
    # The grid asks nobody a second time; but states come back from disks.
    island.runtime.engine.requests[second].asks[CHARGER].state = RequestState.ISSUED
    island.runtime.engine.requests[second].closed = False
    with pytest.raises(ServiceValidationError) as refusal:
        await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    assert refusal.value.translation_key == "several_questions"
    assert first in str(refusal.value)
    assert second in str(refusal.value)
    # The button answers them one after the other.
    await _press(island, "decline")
    asks = [island.runtime.engine.requests[request_id].asks[CHARGER] for request_id in (first, second)]
    assert asks[0].state is RequestState.DECLINED
    assert asks[1].state in {*WAITING, RequestState.DECLINED}


async def test_a_late_yes_counts_until_the_window_ends(island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.run(400)
    assert island.runtime.engine.requests[request_id].asks[CHARGER].state is RequestState.UNANSWERED
    await _press(island, "accept")
    assert island.runtime.engine.requests[request_id].asks[CHARGER].state is RequestState.ACTIVE


async def test_nobody_answers_what_is_over(island: Island) -> None:
    await island.request(device_id=[island.device_id(CHARGER)])
    await island.run(1_000)
    assert island.state("button", "accept", CHARGER) == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    "entry",
    [
        island_entry(
            charger_subentry(), vehicle_subentry(mode="ask", soc="sensor.car_soc", battery_kwh=60.0, target_soc=100.0)
        )
    ],
)
async def test_the_vehicle_is_asked_at_its_charger(
    hass: HomeAssistant, island: Island, hass_admin_user: MockUser
) -> None:
    assert island.state("button", "accept", VEHICLE) == STATE_UNAVAILABLE
    with pytest.raises(ServiceValidationError) as refusal:
        await (
            hass.data["entity_components"]["button"]
            .get_entity(island.entity_id("button", "accept", VEHICLE))
            .async_press()
        )
    assert refusal.value.translation_key == "nothing_asked"
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await island.settle()
    request_id = await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    assert island.state("button", "accept", VEHICLE) != STATE_UNAVAILABLE
    subentry = island.entry.subentries[VEHICLE]
    hass.config_entries.async_update_subentry(
        island.entry, subentry, data={**subentry.data, CONF_OWNERS: [hass_admin_user.id]}
    )
    stranger = MockUser(name="Stranger").add_to_hass(hass)
    for identifier in (VEHICLE, CHARGER):
        with pytest.raises((ServiceValidationError, Unauthorized)):
            await _press(island, "accept", identifier, user_id=stranger.id)
    await _press(island, "decline", VEHICLE, user_id=hass_admin_user.id)
    assert island.runtime.engine.requests[request_id].asks[CHARGER].state is RequestState.DECLINED


async def test_trying_it_gives_everybody_an_answer_or_a_reason(island: Island) -> None:
    await island.run(900)
    await _press(island, "try_it", None)
    request = next(iter(island.runtime.grid.newest_requests))
    known = {pid for pid, participant in island.runtime.participants.items()}
    assert request.asks.keys() | request.not_asked.keys() == known
    await island.run(330)
    assert all(ask.state not in {RequestState.ISSUED, RequestState.ACTIVE} for ask in request.asks.values())
    assert all(ask.reason is not None for ask in request.asks.values())


async def test_trying_it_is_for_administrators(hass: HomeAssistant, island: Island, hass_admin_user: MockUser) -> None:
    await island.run(60)
    normal = MockUser(name="Anna", groups=[await hass.auth.async_get_group("system-users")]).add_to_hass(hass)
    with pytest.raises(Unauthorized):
        await _press(island, "try_it", None, user_id=normal.id)
    assert not island.runtime.grid.requests
    await _press(island, "try_it", None, user_id=hass_admin_user.id)
    assert len(island.runtime.grid.requests) == 1


async def test_trying_it_without_a_meter_says_so(island: Island) -> None:
    for entity_id in island.meters:
        island.hass.states.async_set(entity_id, "unavailable")
    await island.run(30)
    with pytest.raises(ServiceValidationError) as refusal:
        await _press(island, "try_it", None)
    assert refusal.value.translation_key == "feeder_blind"
