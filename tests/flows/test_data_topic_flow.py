"""Adding and changing data topics."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.tangle_grid.economy.topics import Circle, Place
from custom_components.tangle_grid.island.topics import area_of_topic, topic_of
from tests.support.forms import no_start
from tests.support.subentry_forms import add_island, change, merged, submit

__all__ = ["no_start"]
TOPIC: dict[str, Any] = {
    "name": "Air",
    "what": "air",
    "area": {"latitude": 52.37, "longitude": 4.89, "radius": 1_200.4},
    "bounty": 0.0001,
    "budget": 0.01,
    "truth": {"confirmations": 3, "near": 50, "window_hours": 0.5, "known_hours": 1},
    "numbers": {"wants_value": True, "tolerance": 2.5, "least": 0},
    "public": False,
}


async def test_a_topic_is_what_the_form_says(hass: HomeAssistant) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "data_topic", TOPIC)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    ((topic_id, subentry),) = entry.subentries.items()
    topic = topic_of(topic_id, subentry.data, "somebody", area_of_topic(hass, subentry.data))
    assert (subentry.title, topic.kind, topic.topic_id) == ("Air", "air", topic_id)
    assert topic.area == Circle(centre=Place(52_370_000, 4_890_000), radius_m=1_201)
    assert (topic.bounty_i, topic.budget_i, topic.day_budget_i, topic.cost_i) == (100, 10_000, 10_000, 300)
    assert (topic.confirmations, topic.radius_m, topic.window_s, topic.known_s) == (3, 50, 1_800, 3_600)
    assert (topic.wants_value, topic.tolerance, topic.least, topic.most) == (True, 2.5, 0, None)

    changed_topic = merged(TOPIC, {"budget": 0.02, "truth": {"budget_of_a_day": 0.0003}})
    result = await change(hass, entry, topic_id, "user", changed_topic)
    assert result["reason"] == "reconfigure_successful"
    changed = topic_of(topic_id, entry.subentries[topic_id].data, "somebody", topic.area)
    assert (changed.budget_i, changed.day_budget_i) == (20_000, 300)


@pytest.mark.parametrize(
    ("wrong", "field", "error"),
    [
        ({"name": " "}, "name", "name_missing"),
        ({"what": "A hole"}, "what", "what_invalid"),
        ({"bounty": 0.004}, "bounty", "bounty_above_budget"),
        ({"truth": {"budget_of_a_day": 0.000299}}, "bounty", "bounty_above_budget"),
        ({"bounty": 0.00010001}, "bounty", "amount_too_fine"),
        ({"numbers": {"wants_value": False}}, "numbers", "tolerance_invalid"),
        ({"numbers": {"least": 3, "most": 2}}, "numbers", "range_invalid"),
        ({"area": {"radius": 30_000_000}}, "area", "area_invalid"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    hass: HomeAssistant, wrong: dict[str, Any], field: str, error: str
) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    result = await submit(hass, entry, "data_topic", merged(TOPIC, wrong))
    assert result["errors"] == {field: error}
    if error == "bounty_above_budget":
        assert result["description_placeholders"] is not None
        assert result["description_placeholders"]["value"] in {"0.012 Mi", "300 i"}
    assert entry.subentries == {}


async def test_a_topic_is_in_a_zone_or_in_a_circle(hass: HomeAssistant) -> None:
    entry = add_island(hass, meter=["sensor.l1"])
    elsewhere = {name: value for name, value in TOPIC.items() if name != "area"}
    for wrong, errors in (
        (elsewhere, {"zone": "area_missing"}),
        (elsewhere | {"zone": "zone.nowhere"}, {"zone": "entity_missing"}),
        (TOPIC | {"zone": "zone.town"}, {"area": "area_twice"}),
    ):
        if "zone" in wrong and wrong["zone"] == "zone.town":
            hass.states.async_set("zone.town", "0", {"latitude": 52.0, "longitude": 5.0, "radius": 300})
        result = await submit(hass, entry, "data_topic", wrong)
        assert (result["errors"], entry.subentries) == (errors, {})
    result = await submit(hass, entry, "data_topic", elsewhere | {"zone": "zone.town"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    ((_topic_id, subentry),) = entry.subentries.items()
    area = area_of_topic(hass, subentry.data)
    assert area == Circle(centre=Place(52_000_000, 5_000_000), radius_m=300)
    hass.states.async_set("zone.town", "0", {"latitude": 53.0, "longitude": 5.0, "radius": 300})
    assert area_of_topic(hass, subentry.data).centre == Place(53_000_000, 5_000_000)
