"""An island whose files come back from a backup: everything is found again, and somebody is told what had happened."""

# Files of a test are small and local.

import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.bridge.journal import JOURNAL_FILE
from custom_components.tangle_grid.bridge.secrets import ledger_folder
from custom_components.tangle_grid.const import CONF_ISLAND_ID, DOMAIN
from custom_components.tangle_grid.flows.ledger_findings import FindingsFlow
from custom_components.tangle_grid.grid.model.request import Ask, RequestState
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.ledger import LedgerFault, PaymentState
from custom_components.tangle_grid.repairs import async_create_fix_flow
from tests.support.island import CHARGER, FakeLedger, Island, async_set_up_devices
from tests.support.real_ledger import async_load, async_until

type Change = Callable[[Path, Path], None]


def _issues(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


async def _async_pay(runtime: IslandRuntime, *payment_ids: str) -> None:
    wallet = runtime.wallet_ids[CHARGER]
    for payment_id in payment_ids:
        await runtime.link.treasury.async_reward(payment_id, wallet, 10, {})
    assert await runtime.link.ledger.drain(60)


def _older_wallets(folder: Path, before: Path) -> None:
    shutil.copy(before / "wallet.sqlite", folder)


def _older_tangle(folder: Path, before: Path) -> None:
    shutil.copy(before / "tangle.sqlite", folder)


def _no_wallets(folder: Path, _before: Path) -> None:
    (folder / "wallet.sqlite").unlink()


def _damaged_tangle(folder: Path, _before: Path) -> None:
    (folder / "tangle.sqlite").write_bytes(b"this was a Tangle once\n" * 1_000)


def _no_files(folder: Path, _before: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        (_older_wallets, "restored_wallets_older"),
        (_older_tangle, "restored_tangle_older"),
        (_no_wallets, "restored_wallets_rebuilt"),
        (_damaged_tangle, "restored_tangle_rebuilt"),
    ],
)
async def test_files_that_do_not_belong_together(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path, change: Change, issue: str
) -> None:
    await async_set_up_devices(hass)
    runtime = await async_load(hass, entry)
    folder = ledger_folder(hass, entry.data[CONF_ISLAND_ID])
    await _async_pay(runtime, "one")
    assert await hass.config_entries.async_unload(entry.entry_id)
    before = shutil.copytree(folder, tmp_path / "before")
    assert await hass.config_entries.async_setup(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.healthy)
    assert not _issues(hass)
    await _async_pay(runtime, "two", "three")
    assert await hass.config_entries.async_unload(entry.entry_id)
    change(folder, before)

    assert await hass.config_entries.async_setup(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: runtime.link.healthy)
    await async_until(hass, lambda: bool(_issues(hass)))
    assert _issues(hass) == {issue}
    # What the grid had as unpaid is ordered again, and was paid.
    await _async_pay(runtime, "one", "two", "three", "four")
    wallet = runtime.wallet_ids[CHARGER]
    await async_until(hass, lambda: runtime.link.wallets[wallet].balance_i == 40)
    assert runtime.link.ledger.status().supply_ok

    (found,) = [each for each in ir.async_get(hass).issues.values() if each.domain == DOMAIN]
    texts = await async_get_translations(hass, "en", "issues", [DOMAIN])
    text = texts[f"component.{DOMAIN}.issues.{issue}.fix_flow.step.confirm.description"]
    assert "{" not in text.format_map(found.translation_placeholders or {})
    flow = await async_create_fix_flow(hass, found.issue_id, found.data)
    assert isinstance(flow, FindingsFlow)
    flow.hass, flow.issue_id, flow.handler = hass, found.issue_id, DOMAIN
    assert (await flow.async_step_init())["type"] == "form"
    assert _issues(hass) == {issue}
    assert (await flow.async_step_confirm({}))["type"] == "create_entry"
    await async_until(hass, lambda: not _issues(hass))
    await hass.config_entries.async_reload(entry.entry_id)
    await async_until(hass, lambda: entry.runtime_data.link.healthy)
    assert not _issues(hass)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_ledger_whose_files_are_gone_is_not_begun_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_set_up_devices(hass)
    await async_load(hass, entry)
    folder = ledger_folder(hass, entry.data[CONF_ISLAND_ID])
    assert await hass.config_entries.async_unload(entry.entry_id)
    _no_files(folder, folder)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_until(hass, lambda: entry.runtime_data.link.error is not None)
    assert entry.runtime_data.link.fault is LedgerFault.LOST
    # The economy's journal is another thing: what is written into it is paid when the ledger is back.
    assert not [path for path in folder.glob("*.sqlite*") if not path.name.startswith(JOURNAL_FILE)]
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_part_that_is_settled_again_was_paid(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The grid was set back into a request, and measures the rest of it otherwise than the first time."""
    await async_set_up_devices(hass)
    runtime = await async_load(hass, entry)
    wallet = runtime.wallet_ids[CHARGER]
    await _async_pay(runtime, "request:part")
    again = await runtime.link.treasury.async_settle("request:part", wallet, 7, {})
    assert (again.amount_i, again.state) == (10, PaymentState.CONFIRMED)
    assert await runtime.link.ledger.drain(60)
    assert (await runtime.link.ledger.wallets())[wallet].balance_i == 10
    await hass.config_entries.async_unload(entry.entry_id)


async def _async_earned(island: Island) -> str:
    """Let the charger earn a reward; return its payment's id."""
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="accept")
    await island.run(18 * 60)
    (payment_id,) = island.ledger.orders
    return payment_id


def _part(entry: MockConfigEntry, payment_id: str) -> Ask:
    runtime: IslandRuntime = entry.runtime_data
    return runtime.engine.requests[payment_id.partition(":")[0]].asks[CHARGER]


async def test_a_ledger_that_was_set_back_before_a_reward_pays_it(
    hass: HomeAssistant, island: Island, fake_ledger: list[FakeLedger]
) -> None:
    """The grid has it as paid, and is the only one who knows."""
    payment_id = await _async_earned(island)
    island.ledger.confirm(payment_id)
    await island.settle()
    assert _part(island.entry, payment_id).state is RequestState.CONFIRMED
    await hass.config_entries.async_unload(island.entry.entry_id)
    order = fake_ledger[-1].orders.pop(payment_id)
    assert await hass.config_entries.async_setup(island.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert fake_ledger[-1].orders[payment_id].amount_i == order.amount_i
    assert fake_ledger[-1].orders[payment_id].state is PaymentState.QUEUED


async def test_a_grid_that_was_set_back_before_a_reward_learns_that_it_was_paid(
    hass: HomeAssistant, island: Island, hass_storage: dict[str, Any], fake_ledger: list[FakeLedger]
) -> None:
    payment_id = await _async_earned(island)
    key = f"{DOMAIN}.{island.runtime.island_id}.grid"
    await island.runtime.async_save()
    before = deepcopy(hass_storage[key])
    island.ledger.confirm(payment_id)
    await island.settle()
    await hass.config_entries.async_unload(island.entry.entry_id)
    hass_storage[key] = before
    # An event is sent once, and was: only the order itself says so.
    with patch.object(FakeLedger, "payments", AsyncMock(return_value=[])):
        assert await hass.config_entries.async_setup(island.entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert len(fake_ledger[-1].orders) == 1
    assert _part(island.entry, payment_id).state is RequestState.CONFIRMED
