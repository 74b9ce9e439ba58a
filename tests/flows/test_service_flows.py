"""Adding and changing car parks and tolls."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.translation import async_load_integrations

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.economy.errors import FORM_SENTENCES, SENTENCES, SERVICE_SENTENCES
from custom_components.tangle_grid.island.tariffs import parking_offer
from tests.support.forms import no_start
from tests.support.ocpi import component, element, tariff
from tests.support.subentry_forms import add_island, change, submit

__all__ = ["no_start"]
TEXTS = Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations" / "en.json"
PARKING: dict[str, Any] = {
    "name": "Mall",
    "zone": "zone.mall",
    "places": 2,
    "prices": {
        "hour": "2,50",
        "hour_night": "0.5",
        "night_from": "22:00:00",
        "night_until": "06:00:00",
        "after_hours": "4",
        "hour_after": "6",
    },
    "other_tariff": {},
}
TOLL: dict[str, Any] = {"name": "Bridge", "zone": "zone.mall", "price": "1,20"}
JSON = {"other_tariff": {"tariff_json": tariff(element(component("PARKING_TIME", 2)))}}
ENERGY = {"other_tariff": {"tariff_json": tariff(element(component("ENERGY", 2)))}}
DEAR = {"other_tariff": {"price_entity": "sensor.price", "margin": "0.10"}}


@pytest.fixture(autouse=True)
async def entities(hass: HomeAssistant) -> None:
    hass.states.async_set("zone.mall", "0", {"latitude": 52.0, "longitude": 5.0, "radius": 100})
    hass.states.async_set("sensor.price", "0.25", {})
    hass.states.async_set("sensor.word", "cheap", {})
    await async_load_integrations(hass, {DOMAIN})


async def test_a_car_park_has_a_zone_and_a_tariff_by_form(hass: HomeAssistant) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "parking", PARKING)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (park,) = entry.subentries.values()
    assert (park.title, park.data["zone"], park.data["places"]) == ("Mall", "zone.mall", 2)
    offered = json.loads(parking_offer(hass, park.data) or "")
    assert offered["currency"] == hass.config.currency
    assert [element["price_components"][0]["price"] for element in offered["elements"]] == [6, 0.5, 2.5]

    result = await change(hass, entry, park.subentry_id, "prices", {"flat": "3"})
    assert result["reason"] == "reconfigure_successful"
    assert "FLAT" in (parking_offer(hass, entry.subentries[park.subentry_id].data) or "")


@pytest.mark.parametrize("other", [JSON, DEAR])
async def test_its_tariff_may_be_json_or_an_entity(hass: HomeAssistant, other: dict[str, Any]) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "parking", {**PARKING, "prices": {}, **other})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    (park,) = entry.subentries.values()
    offered = json.loads(parking_offer(hass, park.data) or "")
    assert offered["elements"][0]["price_components"][0]["price"] == (2 if other is JSON else 0.35)
    hass.states.async_set("sensor.price", "unavailable")
    assert (parking_offer(hass, park.data) is None) == (other is DEAR)


@pytest.mark.parametrize(
    ("wrong", "field", "error", "words"),
    [
        ({"name": " "}, "name", "name_missing", None),
        ({"zone": "zone.none"}, "zone", "entity_missing", None),
        ({"prices": {}}, "hour", "tariff_refused", "prices nothing"),
        ({"prices": {"hour": "cheap"}}, "hour", "tariff_refused", "Price of an hour is not a number"),
        ({"prices": {"hour_night": "1"}}, "times", "tariff_refused", "needs Price of an hour as well"),
        ({"prices": {"hour": "1", "after_hours": "4"}}, "times", "tariff_refused", "Price of an hour after that"),
        (JSON, "other_tariff", "tariff_twice", None),
        ({**DEAR}, "other_tariff", "tariff_twice", None),
        ({"prices": {}, **ENERGY}, "other_tariff", "tariff_refused", "no price for parking"),
        ({"prices": {}, "other_tariff": {"tariff_json": "{"}}, "other_tariff", "tariff_refused", "is not JSON"),
        ({"prices": {}, "other_tariff": {"price_entity": "sensor.none"}}, "other_tariff", "entity_missing", None),
        ({"prices": {}, "other_tariff": {"price_entity": "sensor.word"}}, "other_tariff", "entity_not_numeric", None),
        ({"other_tariff": {"margin": "1"}}, "other_tariff", "margin_of_nothing", None),
        (
            {"prices": {}, "other_tariff": {"price_entity": "sensor.price", "margin": "much"}},
            "other_tariff",
            "tariff_refused",
            "Margin is not a number",
        ),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    hass: HomeAssistant, wrong: dict[str, Any], field: str, error: str, words: str | None
) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "parking", {**PARKING, **wrong})
    assert result["errors"] == {field: error}
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert (words or "") in placeholders["error"]
    assert entry.subentries == {}


async def test_a_toll_has_a_zone_and_a_price(hass: HomeAssistant) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    for wrong, errors in (
        ({"zone": "zone.none"}, {"zone": "entity_missing"}),
        ({"price": "much"}, {"price": "tariff_refused"}),
    ):
        assert (await submit(hass, entry, "toll", TOLL | wrong))["errors"] == errors
    for name, price in (("Bridge", "1,20"), ("Detour", "-3"), ("Free", "0")):
        result = await submit(hass, entry, "toll", TOLL | {"name": name, "price": price})
        assert result["type"] is FlowResultType.CREATE_ENTRY
    assert [each.data["price"] for each in entry.subentries.values()] == ["1,20", "-3", "0"]


def test_every_sentence_about_a_tariff_is_translated() -> None:
    common = json.loads(TEXTS.read_text())["common"]
    texts = {key.removeprefix("tariff_"): text for key, text in common.items() if key.startswith("tariff_")}
    sentences = {**SENTENCES, **FORM_SENTENCES, **SERVICE_SENTENCES}
    assert set(texts) == set(sentences)
    for key, text in texts.items():
        assert set(re.findall(r"{(\w+)}", text)) <= set(re.findall(r"{(\w+)}", sentences[key])), key
