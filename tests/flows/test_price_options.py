"""Prices of charging: what a person types is exact, what cannot be is said, and nothing else is touched."""

import json
from fractions import Fraction
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.util import dt as dt_util

from custom_components.tangle_grid.const import CONF_TOKEN_RATE_ENTITY
from custom_components.tangle_grid.island.charging_prices import ChargingPrices
from tests.support.island import HOUSEHOLD, Island
from tests.support.options_forms import step, submit


def sections(**paying: Any) -> dict[str, Any]:
    """Return the form's sections as they are sent when nobody opens them."""
    usual = {"guests": "free", "empty_wallet": "pause", "slice_wh": 500, "credit_wh": 1_000, "away_wh": 1_000}
    return {"times": {}, "other_tariff": {}, "paying": {**usual, **paying}}


async def test_a_price_and_nothing_else(hass: HomeAssistant, island: Island) -> None:
    runtime = island.runtime
    before = dict(island.entry.options)
    typed = {"kwh": "0.30", "token_rate": "2000000", **sections(fee_percent="2.5", slice_wh=250)}
    result = await submit(hass, await step(hass, island.entry, "prices"), **typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    options = dict(island.entry.options)
    prices = options.pop("prices")
    assert (prices["kwh"], options.pop("token_rate")) == ("0.30", "2000000")
    assert options == before
    found = ChargingPrices.from_options(island.entry.options)
    assert found is not None
    terms = found.terms(hass, dt_util.utcnow())
    assert terms is not None
    assert (terms.rate, terms.fee.share, terms.slice_wh) == (2_000_000, Fraction(1, 40), 250)
    tariff = json.loads(terms.tariff)
    assert (tariff["currency"], len(tariff["elements"])) == (hass.config.currency, 1)
    assert prices["fee_percent"] == "2.5"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.entry.runtime_data is not runtime, "the first price brings sensors"
    runtime = island.entry.runtime_data
    await submit(hass, await step(hass, island.entry, "prices"), **{**typed, "kwh": "0.35"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert island.entry.options["prices"]["kwh"] == "0.35"
    assert island.entry.runtime_data is runtime, "the grid was not started anew"


async def test_what_was_typed_is_shown_again_and_can_be_taken_back(hass: HomeAssistant, island: Island) -> None:
    typed = {
        "kwh": "0.3",
        **sections(guests="household", guest_household=HOUSEHOLD),
        "times": {"kwh_night": "0.21", "night_from": "22:00:00", "night_until": "06:00:00"},
    }
    await submit(hass, await step(hass, island.entry, "prices"), **typed)
    form = await step(hass, island.entry, "prices")
    shown = {
        str(inner): inner.description["suggested_value"]
        for field in form["data_schema"].schema.values()  # type: ignore[union-attr]
        if hasattr(field, "schema")
        for inner in field.schema.schema
        if inner.description
    }
    assert (shown["kwh_night"], shown["night_from"]) == ("0.21", "22:00:00")
    assert (shown["guests"], shown["guest_household"]) == ("household", HOUSEHOLD)
    # The balance of the island is another form, and leaves the prices alone.
    other = await step(hass, island.entry, "balancing")
    await submit(hass, other, rate=1, request_minutes=15, meter_max_age=15, publish_interval=30)
    assert "prices" in island.entry.options
    await hass.async_block_till_done(wait_background_tasks=True)
    await submit(hass, await step(hass, island.entry, "prices"), **sections())
    assert "prices" not in island.entry.options
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_tokens_are_worth_can_come_from_an_entity(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set("sensor.rate", "2500000.5")
    typed = {"kwh": "0.3", "token_rate_entity": "sensor.rate", **sections()}
    await submit(hass, await step(hass, island.entry, "prices"), **typed)
    await hass.async_block_till_done(wait_background_tasks=True)
    prices = ChargingPrices.from_options(island.entry.options)
    assert prices is not None
    terms = prices.terms(hass, dt_util.utcnow())
    assert terms is not None
    assert terms.rate == Fraction(5_000_001, 2)
    hass.states.async_set("sensor.rate", "unavailable")
    assert prices.terms(hass, dt_util.utcnow()) is None, "no session begins at a rate that nobody knows"
    # The balance of the island is another form, and leaves it alone.
    other = await step(hass, island.entry, "balancing")
    await submit(hass, other, rate=1, request_minutes=15, meter_max_age=15, publish_interval=30)
    assert island.entry.options[CONF_TOKEN_RATE_ENTITY] == "sensor.rate"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_tariff_of_ocpi_that_says_more_than_the_form(hass: HomeAssistant, island: Island) -> None:
    tariff = {
        "id": "t",
        "currency": hass.config.currency,
        "elements": [
            {
                "price_components": [{"type": "ENERGY", "price": 0.4, "step_size": 1}],
                "restrictions": {"day_of_week": ["SUNDAY"]},
            },
            {"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]},
        ],
    }
    text = json.dumps(tariff)
    await submit(
        hass, await step(hass, island.entry, "prices"), **{**sections(), "other_tariff": {"tariff_json": text}}
    )
    prices = ChargingPrices.from_options(island.entry.options)
    assert prices is not None
    terms = prices.terms(hass, dt_util.utcnow())
    assert terms is not None
    assert terms.tariff == text


@pytest.mark.parametrize(
    ("typed", "place", "key"),
    [
        ({"kwh": "0.3", "other_tariff": {"price_entity": "sensor.price"}}, "other_tariff", "tariff_twice"),
        ({"other_tariff": {"price_entity": "sensor.not_there"}}, "other_tariff", "entity_missing"),
        ({"other_tariff": {"price_entity": "sensor.words"}}, "other_tariff", "entity_not_numeric"),
        ({"kwh": "0.3", "other_tariff": {"margin": "1"}}, "other_tariff", "margin_of_nothing"),
        ({"kwh": "0.3", "other_tariff": {"tariff_json": "{}"}}, "other_tariff", "tariff_twice"),
        ({"kwh": "0.3", **sections(guests="household")}, "paying", "household_missing"),
        ({"kwh": "0.3", **sections(feed_in="-1")}, "paying", "tariff_refused"),
        ({"kwh": "0.3", "token_rate": "0"}, "token_rate", "tariff_refused"),
        ({"kwh": "0.3", "token_rate": "much"}, "token_rate", "tariff_refused"),
        ({"kwh": "0.3", "token_rate_entity": "sensor.not_there"}, "token_rate_entity", "entity_missing"),
        ({"kwh": "0.3", "token_rate_entity": "sensor.words"}, "token_rate_entity", "entity_not_numeric"),
        ({"kwh": "0.3", "token_rate_entity": "sensor.nothing"}, "token_rate_entity", "rate_not_positive"),
        ({"kwh": "0.3", "token_rate": "5", "token_rate_entity": "sensor.price"}, "token_rate_entity", "rate_twice"),
        ({"kwh": "much"}, "kwh", "tariff_refused"),
        ({"other_tariff": {"tariff_json": "{"}}, "other_tariff", "tariff_refused"),
        ({"kwh": "0.3", "times": {"kwh_night": "0.2"}}, "times", "tariff_refused"),
        ({"kwh": "0.3", "times": {"after_hours": "4"}}, "times", "tariff_refused"),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    hass: HomeAssistant, island: Island, typed: dict[str, Any], place: str, key: str
) -> None:
    before = dict(island.entry.options)
    hass.states.async_set("sensor.price", "0.3")
    hass.states.async_set("sensor.words", "cheap")
    hass.states.async_set("sensor.nothing", "0")
    result = await submit(hass, await step(hass, island.entry, "prices"), **{**sections(), **typed})
    assert result["errors"] == {place: key}
    assert island.entry.options == before
