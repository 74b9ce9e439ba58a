"""What goes wrong in real life, through Home Assistant, with the real grid and the real ledger.

Each fault: a clear message, the safe state, nothing lost and nothing paid twice.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN, MAIN_FEEDER, TREASURY
from custom_components.tangle_grid.grid.engine.status import FeederState
from custom_components.tangle_grid.grid.model.request import RequestState
from custom_components.tangle_grid.island.archive import async_archived_islands
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import PaymentState, WalletState
from tests.support.island import (
    BATTERY,
    CHARGER,
    HOUSEHOLD,
    METER,
    async_set_up_devices,
    battery_subentry,
    charger_subentry,
    household_subentry,
    island_entry,
    set_meter,
    set_sensor,
)
from tests.support.pass_time import SAFE_A, charger_switched_on, limit, pass_seconds

PATIENCE = 600


def loaded(entry: MockConfigEntry) -> IslandRuntime:
    runtime: IslandRuntime = entry.runtime_data
    return runtime


async def until(condition: Callable[[], bool], freezer: FrozenDateTimeFactory | None = None) -> None:
    """Wait for the ledger's own threads; a frozen clock is moved on, for the event loop waits by it as well."""
    for _ in range(PATIENCE):
        if condition():
            return
        await asyncio.to_thread(time.sleep, 0.05)
        if freezer is not None:
            freezer.tick(timedelta(seconds=0.05))
    pytest.fail("it did not happen in time")


async def wallets_when(
    entry: MockConfigEntry, wallet: str, balance: int, freezer: FrozenDateTimeFactory | None = None
) -> dict[str, WalletState]:
    """The wallets of an island once one of them holds so much."""
    link = loaded(entry).link
    await until(lambda: wallet in link.wallets and link.wallets[wallet].balance_i == balance, freezer)
    return dict(await link.ledger.wallets())


async def ledger_open(entry: MockConfigEntry, freezer: FrozenDateTimeFactory | None = None) -> None:
    link = loaded(entry).link
    await until(lambda: link.healthy, freezer)


@pytest.fixture
async def entry(hass: HomeAssistant) -> AsyncIterator[MockConfigEntry]:
    """An island with its own ledger on disk."""
    await async_set_up_devices(hass)
    set_sensor(hass, "sensor.car_soc", 40, "%")
    config_entry = island_entry(charger_subentry("always"), battery_subentry("always"), household_subentry("always"))
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await ledger_open(config_entry)
    yield config_entry
    if config_entry.entry_id in {known.entry_id for known in hass.config_entries.async_entries(DOMAIN)}:
        await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_meter_that_becomes_unavailable(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await pass_seconds(hass, freezer, 120, 6000.0, 5000.0, 5000.0)
    assert limit(hass) > SAFE_A
    for entity_id in METER:
        hass.states.async_set(entity_id, "unavailable")
    await pass_seconds(hass, freezer, 12)
    feeder = loaded(entry).status.feeders[MAIN_FEEDER]
    assert feeder.blind
    assert feeder.state is FeederState.BLIND
    assert feeder.total_w is None, "a missing meter is not 0 W"
    assert limit(hass) == SAFE_A


async def test_a_meter_that_stops_changing(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await pass_seconds(hass, freezer, 120, 6000.0, 5000.0, 5000.0)
    assert limit(hass) > SAFE_A
    for _ in range(130):
        set_meter(hass, 6500.0, 6500.0, 6500.0)  # It reports, but always the same.
        await pass_seconds(hass, freezer, 1)
    assert loaded(entry).status.feeders[MAIN_FEEDER].blind
    assert limit(hass) == SAFE_A


async def test_a_charger_that_ignores_its_setpoint(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    # L1 is over its 63 A; the charger goes on drawing 16 A whatever it is told.
    for second in range(150):
        set_sensor(hass, "sensor.charger_power", 11040 + second % 2, "W")
        await pass_seconds(hass, freezer, 1, 15500.0, 9000.0, 9000.0, obeys=False)
    device = loaded(entry).status.devices[CHARGER]
    assert not device.compliant
    assert not charger_switched_on(hass) or limit(hass) <= SAFE_A
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"ignores_limit_{CHARGER}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "Charger Maple 4" in issue.translation_placeholders.values()


async def test_a_restart_in_the_middle_of_a_request(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await pass_seconds(hass, freezer, 120, 6000.0, 5000.0, 5000.0)
    runtime = loaded(entry)
    response = await hass.services.async_call(
        DOMAIN,
        "request_curtailment",
        {"config_entry_id": entry.entry_id, "power": 2000, "duration": 5},
        blocking=True,
        return_response=True,
    )
    assert response is not None
    request_id = str(response["request_id"])
    helper = next(
        device for device, ask in runtime.engine.requests[request_id].asks.items() if ask.state is RequestState.ACTIVE
    )
    follow = {BATTERY: ("sensor.battery_power", -2000.0), HOUSEHOLD: ("sensor.home_power", 500.0)}.get(helper)
    for _ in range(60):
        if follow:
            set_sensor(hass, *follow, "W")
        await pass_seconds(hass, freezer, 1, 5000.0, 4000.0, 4000.0)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await ledger_open(entry, freezer)
    runtime = loaded(entry)
    ask = runtime.engine.requests[request_id].asks[helper]
    assert ask.state is RequestState.ACTIVE, "an open obligation is resumed"
    for _ in range(300):
        if follow:
            set_sensor(hass, *follow, "W")
        await pass_seconds(hass, freezer, 1, 5000.0, 4000.0, 4000.0)
    ask = runtime.engine.requests[request_id].asks[helper]
    assert ask.amount_i > 0
    wallets = await wallets_when(entry, runtime.wallet_ids[helper], ask.amount_i, freezer)
    payments = await runtime.link.ledger.payments()
    assert [payment.payment_id for payment in payments] == [f"{request_id}:{helper}"], "paid once"

    # Another restart pays nothing again.
    assert await hass.config_entries.async_reload(entry.entry_id)
    await ledger_open(entry, freezer)
    await pass_seconds(hass, freezer, 40, 5000.0, 4000.0, 4000.0)
    assert len(await loaded(entry).link.ledger.payments()) == 1
    after = await loaded(entry).link.ledger.wallets()
    assert {name: wallet.balance_i for name, wallet in after.items()} == {
        name: wallet.balance_i for name, wallet in wallets.items()
    }


async def test_an_action_with_a_wrong_id(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(DOMAIN, "cancel_request", {"request_id": "no-such-request"}, blocking=True)
    assert error.value.translation_key == "unknown_request"
    assert not loaded(entry).engine.requests


def device_id(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert device is not None
    return device.id


@pytest.mark.parametrize("amount", [-5, 0, 2_779_530_283_277_762])
async def test_an_amount_that_cannot_be(hass: HomeAssistant, entry: MockConfigEntry, amount: int) -> None:
    data = {"device_id": device_id(hass, entry, CHARGER), "amount": amount, "reason": "a test"}
    before = await loaded(entry).link.ledger.wallets()
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(DOMAIN, "reward", data, blocking=True)
    assert error.value.translation_key == "invalid_amount"
    assert await loaded(entry).link.ledger.wallets() == before
    assert await loaded(entry).link.ledger.payments() == []


async def test_an_amount_above_the_balance(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    data = {
        "device_id": device_id(hass, entry, CHARGER),
        "target_device_id": device_id(hass, entry, entry.entry_id),
        "amount": 1,
    }
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(DOMAIN, "send_tokens", data, blocking=True)
    assert error.value.translation_key == "insufficient_funds"
    assert await loaded(entry).link.ledger.payments() == []


async def test_an_unknown_wallet(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    data = {"device_id": device_id(hass, entry, entry.entry_id), "target": "nobody", "amount": 5}
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(DOMAIN, "send_tokens", data, blocking=True)
    assert error.value.translation_key in {"invalid_address", "unknown_wallet"}
    assert await loaded(entry).link.ledger.payments() == []


async def test_an_entry_removed_before_anybody_earned(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Its wallets are kept as always, and nobody is bothered with them."""
    island_id = loaded(entry).island_id
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert await async_archived_islands(hass) == {island_id: "Maple Street"}
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"wallets_kept_{island_id}") is None


async def test_an_entry_removed_while_a_payment_is_queued(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    runtime = loaded(entry)
    wallet = runtime.wallet_ids[CHARGER]
    payment = await runtime.link.treasury.async_reward("by-hand", wallet, 700, {})
    assert payment.state is PaymentState.QUEUED
    island_id = runtime.island_id
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()

    assert await async_archived_islands(hass) == {island_id: "Maple Street"}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"wallets_kept_{island_id}")
    assert issue is not None

    # Set up again, the same wallets are there, and the payment was made once.
    again = island_entry(charger_subentry("always"), battery_subentry("always"), household_subentry("always"))
    again.add_to_hass(hass)
    assert await hass.config_entries.async_setup(again.entry_id)
    await ledger_open(again)
    wallets = await wallets_when(again, loaded(again).wallet_ids[CHARGER], 700)
    assert sum(state.balance_i for state in wallets.values()) == 2_779_530_283_277_761
    assert wallets[TREASURY].balance_i == 2_779_530_283_277_761 - 700
    assert len(await loaded(again).link.ledger.payments()) == 1
    assert await async_archived_islands(hass) == {}
    await hass.config_entries.async_unload(again.entry_id)


async def test_a_participant_removed_in_mid_request_is_still_paid(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    await pass_seconds(hass, freezer, 120, 6000.0, 5000.0, 5000.0)
    response = await hass.services.async_call(
        DOMAIN,
        "request_curtailment",
        {
            "config_entry_id": entry.entry_id,
            "power": 2000,
            "duration": 5,
            "device_id": [device_id(hass, entry, BATTERY)],
        },
        blocking=True,
        return_response=True,
    )
    assert response is not None
    request_id = str(response["request_id"])
    for _ in range(60):
        set_sensor(hass, "sensor.battery_power", -2000.0, "W")
        await pass_seconds(hass, freezer, 1, 5000.0, 4000.0, 4000.0)
    wallet = loaded(entry).wallet_ids[BATTERY]
    hass.config_entries.async_remove_subentry(entry, BATTERY)
    await hass.async_block_till_done()
    await ledger_open(entry, freezer)
    await pass_seconds(hass, freezer, 300, 5000.0, 4000.0, 4000.0)
    ask = loaded(entry).engine.requests[request_id].asks[BATTERY]
    assert ask.amount_i > 0
    await wallets_when(entry, wallet, ask.amount_i, freezer)
    assert len(await loaded(entry).link.ledger.payments()) == 1
