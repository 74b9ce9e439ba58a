"""A vehicle at a charger: found or chosen, it decides there and is paid, and it takes nothing along that is not its."""

from collections.abc import Mapping
from typing import Any

import pytest
from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import TREASURY
from custom_components.tangle_grid.economy.recognition import Evidence
from custom_components.tangle_grid.grid.model.world import ChargerConfig, ChargerTelemetry, PolicyMode
from custom_components.tangle_grid.island.vehicles import VehicleMoved
from tests.support.island import (
    CHARGER,
    VEHICLE,
    FakeLedger,
    Island,
    charger_subentry,
    island_entry,
    set_sensor,
    vehicle_subentry,
)

PLUG, CARD = "binary_sensor.plug", "sensor.card"
ZOE = {"ids": ["04:A3:7B"], "soc": "sensor.zoe_soc", "battery_kwh": 52.0, "target_soc": 70.0, "departure": "06:15"}
IONIQ = "vehicle-2"


def _entry(**zoe: Any) -> MockConfigEntry:
    charger = charger_subentry("never")
    charger["data"] = {**charger["data"], "connected": PLUG, "id_sensor": CARD}
    return island_entry(
        charger, vehicle_subentry(mode="always", **ZOE, **zoe), vehicle_subentry(IONIQ, "Ioniq", tracker="person.x")
    )


@pytest.fixture
def card() -> str:
    """What the charger's sensor shows at first."""
    return "unknown"


@pytest.fixture
def entry(hass: HomeAssistant, card: str) -> MockConfigEntry:
    """A charger that reads cards, and two cars of the house; whatever plugs in at first, it is not known."""
    hass.states.async_set(PLUG, "on")
    hass.states.async_set(CARD, card)
    set_sensor(hass, "sensor.zoe_soc", 40, "%")
    return _entry()


def _config(island: Island) -> ChargerConfig:
    config = next(each for each in island.runtime.grid.config.devices if each.device_id == CHARGER)
    assert isinstance(config, ChargerConfig)
    return config


def _telemetry(island: Island) -> ChargerTelemetry:
    telemetry = island.runtime.telemetry[CHARGER]
    assert isinstance(telemetry, ChargerTelemetry)
    return telemetry


def _car(hass: HomeAssistant, island: Island) -> Mapping[str, Any]:
    state = hass.states.get(island.entity_id("select", "car", CHARGER))
    assert state is not None
    return {"state": state.state, **{key: state.attributes[key] for key in ("vehicle", "recognised_by", "sureness")}}


async def _read(hass: HomeAssistant, island: Island, card: str) -> None:
    hass.states.async_set(CARD, card)
    await island.run(30)


async def _choose(hass: HomeAssistant, island: Island, option: str, user: User | None = None) -> None:
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": island.entity_id("select", "car", CHARGER), "option": option},
        blocking=True,
        context=Context(user_id=None if user is None else user.id),
    )
    await island.settle()


async def _leave(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(PLUG, "off")
    hass.states.async_set("input_boolean.charger", "off")
    await island.run(120)


async def test_whoever_is_not_known_is_a_guest_and_the_charger_decides(hass: HomeAssistant, island: Island) -> None:
    await island.run(30)
    assert _car(hass, island) == {
        "state": "automatic",
        "vehicle": None,
        "recognised_by": "nothing",
        "sureness": "unknown",
    }
    config = _config(island)
    assert (config.battery_wh, config.target_soc, config.policy.mode) == (60_000, 100.0, PolicyMode.NEVER)
    assert _telemetry(island).soc == 85
    assert island.state("sensor", "charger", VEHICLE) == "not_connected"


async def test_a_card_that_is_read_brings_all_that_the_vehicle_wants(hass: HomeAssistant, island: Island) -> None:
    before = _config(island)
    moves: list[VehicleMoved] = []
    island.runtime.vehicles.subscribe(moves.append)
    await _read(hass, island, "04a37b")
    assert _car(hass, island)["vehicle"] == "Zoe"
    assert island.state("sensor", "charger", VEHICLE) == "Charger Maple 4"
    assert island.state("sensor", "state_of_charge", VEHICLE) == "40"
    config, telemetry = _config(island), _telemetry(island)
    assert (config.battery_wh, config.target_soc, config.policy.mode) == (52_000, 70.0, PolicyMode.ALWAYS)
    assert telemetry.soc == 40
    assert telemetry.departure_at is not None
    assert telemetry.departure_at % 3600 == 900
    for limit in ("phases", "min_current_a", "max_current_a", "safe_current_a", "max_discharge_a", "step_a"):
        assert getattr(config, limit) == getattr(before, limit)
    assert [(each.before, each.after, each.stays) for each in moves] == [(None, VEHICLE, True)]

    await _leave(hass, island)
    assert island.state("sensor", "charger", VEHICLE) == "not_connected"
    assert _config(island) == before
    assert _telemetry(island).soc == 85
    assert (moves[-1].before, moves[-1].after, moves[-1].stays) == (VEHICLE, None, False)


@pytest.mark.parametrize("card", ["04A37B"])
async def test_a_card_that_was_shown_before_anybody_looked_counts_once(hass: HomeAssistant, island: Island) -> None:
    """The car was there when the vehicle was added; when it has left, the sensor still shows its card."""
    await island.run(30)
    assert _car(hass, island)["vehicle"] == "Zoe"
    await _leave(hass, island)
    hass.states.async_set(PLUG, "on")
    await island.run(30)
    assert _car(hass, island)["recognised_by"] == "nothing"
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.run(30)
    assert _car(hass, island)["recognised_by"] == "nothing"


async def test_its_settings_count_while_it_is_there_and_the_chargers_after_that(
    hass: HomeAssistant, island: Island
) -> None:
    await _read(hass, island, "04a37b")
    runtime = island.runtime
    entity_id = island.entity_id("select", "policy", VEHICLE)
    await hass.services.async_call("select", "select_option", {"entity_id": entity_id, "option": "ask"}, blocking=True)
    entity_id = island.entity_id("number", "lowest_rate", CHARGER)
    await hass.services.async_call("number", "set_value", {"entity_id": entity_id, "value": 77}, blocking=True)
    await island.settle()
    assert (_config(island).policy.mode, _config(island).policy.min_rate) == (PolicyMode.ASK, 0)
    await _leave(hass, island)
    assert (_config(island).policy.mode, _config(island).policy.min_rate) == (PolicyMode.NEVER, 77)
    assert island.runtime is runtime


async def test_a_person_says_who_it_is_until_the_plug_is_pulled(hass: HomeAssistant, island: Island) -> None:
    await _read(hass, island, "04a37b")
    await _choose(hass, island, "Ioniq")
    await island.run(30)
    assert _car(hass, island) == {
        "state": "Ioniq",
        "vehicle": "Ioniq",
        "recognised_by": "chosen",
        "sureness": "certain",
    }
    assert island.state("sensor", "charger", IONIQ) == "Charger Maple 4"
    assert island.state("sensor", "charger", VEHICLE) == "not_connected"
    await _choose(hass, island, "guest")
    await island.run(15)
    assert _car(hass, island)["vehicle"] is None
    await _choose(hass, island, "automatic")
    await island.run(15)
    assert _car(hass, island)["recognised_by"] == "id_read"
    await _choose(hass, island, "Ioniq")
    await _leave(hass, island)
    assert _car(hass, island)["state"] == "automatic"


async def test_only_who_may_decide_for_a_car_says_that_it_is_his(hass: HomeAssistant, island: Island) -> None:
    other = await hass.auth.async_create_user("Owner")
    user = await hass.auth.async_create_user("Anna", group_ids=["system-users"])
    vehicle = island.entry.subentries[VEHICLE]
    hass.config_entries.async_update_subentry(island.entry, vehicle, data={**vehicle.data, "owners": [other.id]})
    with pytest.raises(ServiceValidationError) as refused:
        await _choose(hass, island, "Zoe", user)
    assert refused.value.translation_key == "not_owner"
    await _choose(hass, island, "Ioniq", user)
    assert _car(hass, island)["state"] == "Ioniq"


async def _help(hass: HomeAssistant, island: Island) -> str:
    """The car at the charger helps for a few minutes, and then leaves."""
    request_id = await island.request(power=4000, device_id=[island.device_id(VEHICLE)])
    await island.run(300)
    ask = island.runtime.grid.requests[request_id].asks[CHARGER]
    assert ask.engaged
    return request_id


async def test_the_vehicle_is_paid_for_its_help_also_when_it_has_left(hass: HomeAssistant, island: Island) -> None:
    await _read(hass, island, "04a37b")
    request_id = await _help(hass, island)
    await island.call("opt_out", device_id=island.device_id(VEHICLE))
    await _leave(hass, island)
    answer = await island.call("get_requests", response=True, config_entry_id=island.entry.entry_id, limit=1)
    assert [(each["name"], each["vehicle"]) for each in answer["requests"][0]["participants"]] == [
        ("Charger Maple 4", "Zoe")
    ]
    payment = island.ledger.orders[f"{request_id}:{CHARGER}"]
    assert (payment.source, payment.target) == (TREASURY, VEHICLE)
    assert payment.amount_i > 0
    island.ledger.confirm(payment.payment_id)
    await island.settle()
    assert island.state("sensor", "wallet_balance", VEHICLE) == str(payment.amount_i)
    assert island.runtime.grid.requests[request_id].asks[CHARGER].confirmed_at is not None


async def test_a_guest_helps_for_the_charger(hass: HomeAssistant, island: Island) -> None:
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": island.entity_id("select", "policy", CHARGER), "option": "always"},
        blocking=True,
    )
    request_id = await island.request(power=4000, device_id=[island.device_id(CHARGER)])
    await island.run(300)
    await island.call("opt_out", device_id=island.device_id(CHARGER))
    assert island.ledger.orders[f"{request_id}:{CHARGER}"].target == CHARGER


async def test_who_is_corrected_in_time_is_paid_and_a_payment_that_was_ordered_stays(
    hass: HomeAssistant, island: Island
) -> None:
    await _read(hass, island, "04a37b")
    request_id = await _help(hass, island)
    await _choose(hass, island, "Ioniq")
    await island.run(15)
    await island.call("opt_out", device_id=island.device_id(IONIQ))
    payment_id = f"{request_id}:{CHARGER}"
    assert island.ledger.orders[payment_id].target == IONIQ
    await _choose(hass, island, "Zoe")
    await island.run(60)
    assert island.ledger.orders[payment_id].target == IONIQ
    assert island.runtime.vehicles.payee(payment_id, CHARGER) == IONIQ


async def test_a_restart_knows_who_is_there_and_who_is_owed(
    hass: HomeAssistant, island: Island, fake_ledger: list[FakeLedger]
) -> None:
    await _read(hass, island, "04a37b")
    request_id = await _help(hass, island)
    island.ledger.reachable = False
    await island.call("opt_out", device_id=island.device_id(VEHICLE))
    hass.states.async_set(CARD, "unavailable")
    assert await hass.config_entries.async_reload(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    island.ledger = fake_ledger[-1]
    hass.states.async_set(CARD, "04a37b")
    await island.run(30)
    assert island.runtime.vehicles.at(CHARGER) == (VEHICLE, Evidence.ID_READ)
    assert _config(island).battery_wh == 52_000
    assert island.ledger.orders[f"{request_id}:{CHARGER}"].target == VEHICLE


async def test_what_is_damaged_of_it_is_found_out_again(hass: HomeAssistant, island: Island) -> None:
    await _read(hass, island, "04a37b")
    stored = island.runtime._state()
    hass.states.async_set(CARD, "none")
    for damage in (None, [], {"recognition": 7}, {"recognition": {"version": 1, "stays": {"x": 1}}, "payees": []}):
        island.runtime._follow_up._state = lambda damage=damage: {**stored, "vehicles": damage}  # type: ignore[misc]
        assert await hass.config_entries.async_reload(island.entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        assert island.runtime.vehicles.at(CHARGER).vehicle_id is None
        assert not island.runtime.engine.lost


async def test_without_any_vehicle_there_is_nothing_to_choose(hass: HomeAssistant, island: Island) -> None:
    entity_id = island.entity_id("select", "car", CHARGER)
    for vehicle_id in (VEHICLE, IONIQ):
        hass.config_entries.async_remove_subentry(island.entry, vehicle_id)
        await hass.async_block_till_done()
    assert hass.states.get(entity_id) is None
    assert _config(island).battery_wh == 60_000
    assert "vehicles" not in island.runtime._state()


async def test_how_far_it_charges_is_a_number_that_counts_at_once(hass: HomeAssistant, island: Island) -> None:
    await _read(hass, island, "04:A3:7B")
    runtime = island.entry.runtime_data
    assert _config(island).target_soc == 70.0
    number = island.entity_id("number", "target_soc", VEHICLE)
    assert island.state("number", "target_soc", VEHICLE) == "70.0"
    await hass.services.async_call("number", "set_value", {"entity_id": number, "value": 95}, blocking=True)
    await island.settle()
    assert (_config(island).target_soc, island.state("number", "target_soc", VEHICLE)) == (95.0, "95")
    assert island.entry.subentries[VEHICLE].data["target_soc"] == 95
    assert island.entry.runtime_data is runtime, "the grid was not started anew"
