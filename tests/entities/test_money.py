"""What tokens are worth stands beside them, by a number or an entity, and is no news of its own."""

from datetime import timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import CONF_TOKEN_RATE, CONF_TOKEN_RATE_ENTITY
from custom_components.tangle_grid.island.token_rate import TokenRate
from tests.support.island import BATTERY, CHARGER, Island, charger_subentry, island_entry, toll_subentry

pytestmark = pytest.mark.usefixtures("all_sensors_on")


def shown(hass: HomeAssistant, island: Island, platform: str, key: str, member: str | None = None) -> State:
    state = hass.states.get(island.entity_id(platform, key, member))
    assert state is not None
    return state


async def change(island: Island, **options: object) -> None:
    island.hass.config_entries.async_update_entry(island.entry, options={**island.entry.options, **options})
    await island.settle()


async def test_nothing_is_said_where_nobody_said_what_tokens_are_worth(hass: HomeAssistant, island: Island) -> None:
    assert "money" not in shown(hass, island, "sensor", "treasury_balance").attributes
    assert shown(hass, island, "sensor", "wallet_value", CHARGER).state == "unavailable"
    assert "money" not in shown(hass, island, "number", "lowest_rate", CHARGER).attributes


async def test_amounts_have_their_worth_beside_them(hass: HomeAssistant, island: Island) -> None:
    await change(island, **{CONF_TOKEN_RATE: "2000000"})
    for platform, key, member in (
        ("sensor", "treasury_balance", None),
        ("sensor", "reward_rate", None),
        ("sensor", "earned", CHARGER),
        ("number", "lowest_rate", CHARGER),
    ):
        state = shown(hass, island, platform, key, member)
        assert state.attributes["money"] == round(float(state.state) / 2_000_000, 4), key
        assert state.attributes["currency"] == hass.config.currency
        assert {"money", "currency"} <= state.state_info["unrecorded_attributes"]  # type: ignore[index]
    value = shown(hass, island, "sensor", "wallet_value", BATTERY)
    assert float(value.state) == 0.0
    assert value.attributes["unit_of_measurement"] == hass.config.currency


async def test_a_rate_that_moves_each_minute_is_looked_at_once_an_hour(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    hass.states.async_set("sensor.rate", "unknown")
    await change(island, **{CONF_TOKEN_RATE_ENTITY: "sensor.rate"})
    assert "money" not in shown(hass, island, "sensor", "reward_rate").attributes
    hass.states.async_set("sensor.rate", "1000000")
    await island.run(60)
    assert shown(hass, island, "sensor", "reward_rate").attributes["money"] == 1.0
    written: list[str] = []

    @callback
    def watch(event: Event[EventStateChangedData]) -> None:
        written.append(event.data["entity_id"])

    async_track_state_change_event(hass, island.entity_id("sensor", "reward_rate"), watch)
    for minute in range(5):
        hass.states.async_set("sensor.rate", str(1_000_000 + minute))
        await island.run(60)
    assert not written
    freezer.tick(timedelta(hours=1))
    hass.states.async_set("sensor.rate", "500000")
    rate = TokenRate(hass, island.entry)
    assert rate.money(1_000_000) == 2.0


async def test_a_toll_is_a_price_as_well(hass: HomeAssistant) -> None:
    entry: MockConfigEntry = island_entry(charger_subentry(), toll_subentry())
    entry.add_to_hass(hass)
    assert TokenRate(hass, entry).beside(500_000) == {"money": 0.5, "currency": hass.config.currency}
    assert not TokenRate(hass, island_entry(charger_subentry())).is_told
