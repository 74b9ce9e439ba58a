"""Vehicles on an island: everybody with a wallet, and nobody whom the grid measures."""

from types import MappingProxyType

import pytest
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN, TREASURY
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from tests.support.island import CHARGER, VEHICLE, Island, charger_subentry, island_entry, vehicle_subentry

CARD = "04:A3:7B:11"


@pytest.fixture
def entry() -> MockConfigEntry:
    """A charger and a car of somebody."""
    return island_entry(charger_subentry(), vehicle_subentry(ids=[CARD]))


async def test_a_vehicle_has_a_wallet_and_no_place_in_the_grid(island: Island) -> None:
    assert set(island.runtime.participants) == set(island.runtime.status.devices) == {CHARGER}
    assert set(island.runtime.members) == set(island.runtime.wallet_ids) == {CHARGER, VEHICLE}
    assert island.runtime.payees[VEHICLE] == VEHICLE
    assert island.runtime.wallet_names[VEHICLE] == "Zoe"


async def test_it_is_a_device_with_the_entities_of_a_wallet_and_of_a_policy(
    hass: HomeAssistant, island: Island
) -> None:
    device = dr.async_get(hass).async_get(island.device_id(VEHICLE))
    assert device is not None
    assert (device.name, device.model) == ("Zoe", "Vehicle")
    assert device.via_device_id == island.device_id()
    assert island.state("sensor", "wallet_balance", VEHICLE) == "0"
    assert island.state("select", "policy", VEHICLE) == "never"
    assert island.state("number", "max_price", VEHICLE) == "unknown"
    entities = er.async_entries_for_device(er.async_get(hass), device.id, include_disabled_entities=True)
    assert {each.unique_id.removeprefix(f"{VEHICLE}_") for each in entities} >= {
        *("wallet_balance", "earned", "spent", "spendable_today", "receive_address", "receive_address_qr"),
        *("policy", "minimum_soc", "charged_above", "lowest_rate", "feed_back", "leaves_at", "max_price"),
    }
    assert {each.config_subentry_id for each in entities} == {VEHICLE}


async def test_its_settings_change_without_a_new_start(hass: HomeAssistant, island: Island) -> None:
    runtime = island.runtime
    for platform, action, key, data in (
        ("select", "select_option", "policy", {"option": "always"}),
        ("number", "set_value", "max_price", {"value": 250_000}),
        ("number", "set_value", "minimum_soc", {"value": 40}),
        ("time", "set_value", "leaves_at", {"time": "06:30:00"}),
        ("switch", "turn_off", "feed_back", {}),
    ):
        entity_id = island.entity_id(platform, key, VEHICLE)
        await hass.services.async_call(platform, action, {"entity_id": entity_id, **data}, blocking=True)
    await island.settle()
    data = island.entry.subentries[VEHICLE].data
    assert data["policy"] == {"mode": "always", "charged_above": 80, "min_rate": 0, "v2g_floor_soc": None}
    assert (data["max_price"], data["departure"]) == (250_000, "06:30:00")
    assert island.runtime is runtime
    assert island.state("number", "max_price", VEHICLE) == "250000"


async def test_it_pays_and_is_paid_like_everybody(island: Island) -> None:
    await island.call("reward", device_id=island.device_id(VEHICLE), amount=500, reason="a pothole", payment_id="r")
    island.ledger.confirm("r")
    await island.call(
        "send_tokens",
        device_id=island.device_id(VEHICLE),
        target_device_id=island.device_id(CHARGER),
        amount=200,
        payment_id="s",
    )
    island.ledger.confirm("s")
    await island.settle()
    assert [(each.source, each.target, each.amount_i) for each in island.ledger.orders.values()] == [
        (TREASURY, VEHICLE, 500),
        (VEHICLE, CHARGER, 200),
    ]
    assert island.state("sensor", "wallet_balance", VEHICLE) == "300"
    assert island.state("sensor", "wallet_balance", CHARGER) == "200"


async def test_the_grid_does_not_ask_a_vehicle_by_itself(island: Island) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await island.request(device_id=[island.device_id(VEHICLE)])
    assert refused.value.translation_key == "vehicle_at_no_charger"


async def test_its_wallet_outlives_it(hass: HomeAssistant, island: Island) -> None:
    await island.call("reward", device_id=island.device_id(VEHICLE), amount=500, reason="a pothole", payment_id="r")
    island.ledger.confirm("r")
    kept = island.entry.subentries[VEHICLE].data
    entities = er.async_get(hass)
    balance = island.entity_id("sensor", "wallet_balance", VEHICLE)
    entities.async_update_entity(balance, new_entity_id="sensor.the_zoe")
    assert hass.config_entries.async_remove_subentry(island.entry, VEHICLE)
    await hass.async_block_till_done()
    assert entities.async_get_entity_id("sensor", DOMAIN, f"{VEHICLE}_wallet_balance") is None
    assert set(island.runtime.members) == {CHARGER}
    assert island.runtime.payees[VEHICLE] == VEHICLE
    assert island.runtime.wallet_names[VEHICLE] == "Zoe"

    back = ConfigSubentry(
        data=MappingProxyType(kept), subentry_type="vehicle", subentry_id="back", title="Zoe", unique_id=None
    )
    assert hass.config_entries.async_add_subentry(island.entry, back)
    await hass.async_block_till_done()
    assert island.runtime.wallet_ids["back"] == VEHICLE
    await island.settle()
    # Its entities are those of before.
    assert island.state("sensor", "wallet_balance", VEHICLE) == "500"
    assert island.entity_id("sensor", "wallet_balance", VEHICLE) == "sensor.the_zoe"


async def test_its_ids_are_in_no_diagnostics(hass: HomeAssistant, island: Island) -> None:
    diagnostics = str(await async_get_config_entry_diagnostics(hass, island.entry))
    assert "Zoe" in diagnostics
    assert CARD not in diagnostics
