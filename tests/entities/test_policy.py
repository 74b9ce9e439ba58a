"""The entities with which a participant sets its policy, and its one tap out."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from custom_components.tangle_grid.const import CONF_POLICY
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, SOLAR, Island


def _sentence(island: Island) -> str:
    """The reason of the charger's newest answer, in words."""
    state = island.hass.states.get(island.entity_id("sensor", "last_decision", CHARGER))
    assert state is not None
    return str(state.attributes["reason"])


async def _set(hass: HomeAssistant, island: Island, action: str, entity_id: str, **data: Any) -> None:
    domain, service = action.split(".")
    await hass.services.async_call(domain, service, {"entity_id": entity_id, **data}, blocking=True)
    await island.settle()


@pytest.mark.parametrize(
    ("participant", "options"),
    [
        (CHARGER, ["never", "ask", "always", "when_charged", "departure_holds"]),
        (BATTERY, ["never", "ask", "always", "when_charged"]),
        (HOUSEHOLD, ["never", "ask", "always"]),
    ],
)
async def test_policies_that_make_sense(
    hass: HomeAssistant, island: Island, participant: str, options: list[str]
) -> None:
    state = hass.states.get(island.entity_id("select", "policy", participant))
    assert state is not None
    assert state.attributes["options"] == options


async def test_the_sun_has_no_policy(island: Island) -> None:
    with pytest.raises(AssertionError, match="no select policy"):
        island.entity_id("select", "policy", SOLAR)


async def test_a_policy_takes_effect_at_once(hass: HomeAssistant, island: Island) -> None:
    """No restart, and the choice is kept in the config entry."""
    runtime = island.runtime
    await _set(hass, island, "select.select_option", island.entity_id("select", "policy", CHARGER), option="never")
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == "declined"

    await _set(hass, island, "select.select_option", island.entity_id("select", "policy", CHARGER), option="always")
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == "accepted"
    assert island.runtime is runtime
    assert island.entry.subentries[CHARGER].data[CONF_POLICY]["mode"] == "always"


async def test_when_charged_follows_its_number(hass: HomeAssistant, island: Island) -> None:
    await _set(
        hass, island, "select.select_option", island.entity_id("select", "policy", CHARGER), option="when_charged"
    )
    number = island.entity_id("number", "charged_above", CHARGER)
    await _set(hass, island, "number.set_value", number, value=90)
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == "declined"
    # It reported 85 % and has charged since.
    assert _sentence(island).startswith("Declined: 8")

    await _set(hass, island, "number.set_value", number, value=70)
    await island.request(device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == "accepted"


async def test_a_reward_that_is_too_low(hass: HomeAssistant, island: Island) -> None:
    await _set(hass, island, "select.select_option", island.entity_id("select", "policy", CHARGER), option="always")
    await _set(hass, island, "number.set_value", island.entity_id("number", "lowest_rate", CHARGER), value=2_000_000)
    await island.request(rate=1_000_000, device_id=[island.device_id(CHARGER)])
    assert island.state("sensor", "last_decision", CHARGER) == "declined"
    assert "2 Mi per kWh" in _sentence(island)


async def test_feeding_back(hass: HomeAssistant, island: Island) -> None:
    switch = island.entity_id("switch", "feed_back", CHARGER)
    assert island.state("switch", "feed_back", CHARGER) == "off"
    assert island.state("number", "minimum_soc", CHARGER) == "unknown"
    await _set(hass, island, "switch.turn_on", switch)
    assert float(island.state("number", "minimum_soc", CHARGER)) == 50
    await _set(hass, island, "number.set_value", island.entity_id("number", "minimum_soc", CHARGER), value=65)
    assert island.state("switch", "feed_back", CHARGER) == "on"
    assert island.entry.subentries[CHARGER].data[CONF_POLICY]["v2g_floor_soc"] == 65
    await _set(hass, island, "switch.turn_off", switch)
    assert island.state("number", "minimum_soc", CHARGER) == "unknown"


async def test_opting_out_is_one_tap(hass: HomeAssistant, island: Island) -> None:
    button = island.entity_id("button", "opt_out", CHARGER)
    with pytest.raises(ServiceValidationError) as refusal:
        await _set(hass, island, "button.press", button)
    assert refusal.value.translation_key == "not_participating"
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="accept")
    await _set(hass, island, "button.press", button)
    assert island.runtime.engine.requests[request_id].asks[CHARGER].ended_at is not None
