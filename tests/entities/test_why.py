"""Why, Help and Request: what a person reads first, with sentences that nobody else has to compose."""

import json
from itertools import product
from pathlib import Path

import pytest
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.entities.participant_sensors import HELP_ATTRIBUTES
from custom_components.tangle_grid.entities.request_sensor import REQUEST_ATTRIBUTES
from custom_components.tangle_grid.entities.why_sensors import WHY_ATTRIBUTES, why_attributes
from custom_components.tangle_grid.grid.engine.why import Why
from custom_components.tangle_grid.grid.model.world import Reason
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    SOLAR,
    VEHICLE,
    Island,
    charger_subentry,
    household_subentry,
    island_entry,
    set_meter,
    vehicle_subentry,
)

TEXTS = json.loads((Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations" / "en.json").read_text())


def _state(island: Island, key: str, identifier: str | None = None) -> State:
    state = island.hass.states.get(island.entity_id("sensor", key, identifier))
    assert state is not None
    return state


def _why(island: Island, identifier: str) -> State:
    return _state(island, "setpoint_cause", identifier)


async def test_everybody_says_why(island: Island) -> None:
    await island.run(300)
    assert _why(island, CHARGER).state == "unlimited"
    assert _why(island, CHARGER).attributes["sentence"] == "Charges as fast as it can."
    assert _why(island, BATTERY).state == "free"
    assert _why(island, HOUSEHOLD).state == "free"
    assert _why(island, SOLAR).state == "measured"


async def test_a_full_phase_and_a_missing_meter(island: Island) -> None:
    await island.run(60)
    set_meter(island.hass, 6000, 14_400, 5000)
    await island.settle()
    full = _why(island, CHARGER)
    assert full.state == "protection"
    assert full.attributes["phases"] == "L2"
    assert full.attributes["feeder"] == "Maple Street"
    assert full.attributes["sentence"] == "Takes less: L2 of Maple Street is full."
    for entity_id in island.meters:
        island.hass.states.async_set(entity_id, "unavailable")
    await island.run(30)
    missing = _why(island, CHARGER)
    assert missing.state == "meter_missing"
    assert "Maple Street" in missing.attributes["sentence"]


async def test_nothing_is_unknown_before_anybody_was_asked(island: Island) -> None:
    for key in ("curtailment", "last_decision", "decision_reason"):
        state = _state(island, key, CHARGER).state
        assert state == ("idle" if key == "curtailment" else "not_asked")
        assert TEXTS["entity"]["sensor"][key]["state"][state] == "Not asked yet"
    assert _state(island, "request").state == "none"


async def test_a_request_shows_how_far_it_has_come(island: Island) -> None:
    request_id = await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    assert _state(island, "request").state == "asking"
    asked = _state(island, "request").attributes
    assert (asked["asked"], asked["accepted"], asked["unanswered"]) == (1, 0, 1)
    assert asked["answers"]["Charger Maple 4"] == "Its owner is asked."
    assert asked["answers"]["Roof"] == "Not asked: it produces, and draws nothing that it could give."
    assert _state(island, "curtailment", HOUSEHOLD).attributes["not_asked"] == "Not asked: the request names others."

    await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    await island.run(300)
    help_, request, why = _state(island, "curtailment", CHARGER), _state(island, "request"), _why(island, CHARGER)
    assert (help_.state, request.state, why.state) == ("active", "helping", "request")
    # 11 kW for nearly five minutes.
    assert help_.attributes["delivered_wh"] == pytest.approx(900, abs=90)
    assert help_.attributes["earned"] == help_.attributes["delivered_wh"] * 1000
    assert request.attributes["delivered_wh"] == help_.attributes["delivered_wh"]
    assert request.attributes["request_id"] == help_.attributes["request_id"] == request_id
    until = help_.attributes["until"]
    assert why.attributes["until"] == until
    assert why.attributes["sentence"].startswith("You are helping until ")

    await island.run(700)
    assert _state(island, "request").state == "over"
    assert _state(island, "curtailment", CHARGER).state in {"settled", "paid", "confirmed"}
    assert _state(island, "request").attributes["earned"] > 2_000_000


async def test_what_was_settled_for_nothing_is_not_being_paid(island: Island) -> None:
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    await island.call("opt_out", device_id=island.device_id(CHARGER))
    assert _state(island, "curtailment", CHARGER).state == "nothing"


async def test_progress_is_written_once_a_minute_and_not_recorded(hass: HomeAssistant, island: Island) -> None:
    await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", device_id=island.device_id(CHARGER), answer="accept")
    own = {
        "curtailment": HELP_ATTRIBUTES,
        "setpoint_cause": WHY_ATTRIBUTES,
    }
    for key, unrecorded in own.items():
        state = _state(island, key, CHARGER)
        beside = set(state.attributes) - {"friendly_name", "icon", "device_class", "options"}
        assert beside <= unrecorded, key
    beside = set(_state(island, "request").attributes) - {"friendly_name", "icon", "device_class", "options"}
    assert beside <= REQUEST_ATTRIBUTES
    seen: list[str] = []
    remove = hass.bus.async_listen(
        "state_changed",
        lambda event: seen.append(event.data["entity_id"]),
    )
    coordinator = island.runtime.coordinator
    for _ in range(20):
        coordinator.measurements_due = True
        coordinator.async_set_updated_data(island.runtime.snapshot())
    remove()
    await hass.async_block_till_done()
    assert island.entity_id("sensor", "curtailment", CHARGER) not in seen
    assert island.entity_id("sensor", "request") not in seen


@pytest.mark.parametrize(
    "entry", [island_entry(charger_subentry(), household_subentry(), vehicle_subentry(soc="sensor.car_soc"))]
)
async def test_a_vehicle_says_what_holds_at_its_charger(island: Island) -> None:
    await island.run(60)
    assert _why(island, VEHICLE).state == "at_no_charger"
    island.runtime.async_choose_vehicle(CHARGER, VEHICLE)
    await island.run(60)
    assert _why(island, VEHICLE).state == _why(island, CHARGER).state not in {STATE_UNKNOWN, STATE_UNAVAILABLE}


async def test_causes_that_were_off_are_on_and_those_that_somebody_switched_off_are_not(
    hass: HomeAssistant, island: Island
) -> None:
    registry = er.async_get(hass)
    entity_ids = [island.entity_id("sensor", "setpoint_cause", each) for each in (CHARGER, BATTERY)]
    registry.async_update_entity(
        entity_ids[0], disabled_by=er.RegistryEntryDisabler.INTEGRATION, new_entity_id="sensor.my_cause"
    )
    registry.async_update_entity(entity_ids[1], disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(island.entry.entry_id)
    await island.settle()
    kept = registry.async_get("sensor.my_cause")
    assert kept is not None
    assert kept.disabled_by is None
    assert hass.states.get("sensor.my_cause") is not None
    left = registry.async_get(entity_ids[1])
    assert left is not None
    assert left.disabled_by is er.RegistryEntryDisabler.USER


FIGURES = {
    "phases": "L2",
    "feeder": "main",
    "until": 1_796_041_233.0,
    "begins_at": 1_796_041_233.0,
    "cars": 0,
    "setpoint": 0.0,
    "loads": "Boiler",
}
#: Which figures each key comes with, and which of them it may come without.
ALWAYS = {
    Why.ALLOCATION: {"cars", "setpoint"},
    Why.TURN: {"cars", "setpoint"},
    Why.PROTECTION: {"phases", "feeder", "setpoint"},
    Why.LOADS_OFF: {"loads", "phases", "feeder"},
    Why.DIMMED: {"phases", "feeder", "setpoint", "until"},
    Why.METER_MISSING: {"feeder"},
    Why.NOT_FOLLOWING: {"setpoint"},
    Why.PLAN: {"setpoint"},
    Why.RESERVED: {"setpoint"},
    Why.PAYMENT: {"setpoint"},
    Why.RELEASE: {"setpoint"},
    Why.SAFE_STATE: {"setpoint"},
}
SOMETIMES = {Why.REQUEST: {"until", "setpoint"}, Why.PLAN: {"begins_at"}}


async def test_every_key_has_its_sentences(island: Island) -> None:
    for key in Why:
        always = sorted(ALWAYS.get(key, ()))
        for chosen in product((False, True), repeat=len(SOMETIMES.get(key, ()))):
            some = [name for name, taken in zip(sorted(SOMETIMES.get(key, ())), chosen, strict=True) if taken]
            for setpoint, cars in product((0.0, 8.0), (0, 3)):
                figures = {name: FIGURES[name] for name in (*always, *some)}
                figures |= {"setpoint": setpoint} if "setpoint" in figures else {}
                figures |= {"cars": cars} if "cars" in figures else {}
                shown = why_attributes(island.runtime, Reason(key=key.value, placeholders=figures))
                assert shown["sentence"].endswith("."), (key, shown)
                assert "{" not in shown["sentence"], shown
                assert "why_" not in shown["sentence"], shown
