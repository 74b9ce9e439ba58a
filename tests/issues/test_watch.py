"""Issues appear when something stays wrong, and go when it is right again."""

import re
from dataclasses import replace
from typing import cast
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.tangle_grid.const import DOMAIN, TREASURY
from custom_components.tangle_grid.ledger import LedgerFault, OwnerAddress
from tests.support.island import METER, FakeLedger, Island, set_meter


def _issues(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


async def test_a_missing_meter(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(METER[0], "unavailable")
    await island.settle()
    assert not _issues(hass)
    await island.run(105)
    assert _issues(hass) == {"meter_unavailable"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["island"] == "Maple Street"
    assert issue.translation_placeholders["meter"] == ", ".join(METER)
    assert issue.translation_placeholders["sensor"] == "meter l1"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", issue.translation_placeholders["since"])

    set_meter(hass, 5000, 5000, 5000)
    await island.settle()
    assert not _issues(hass)


async def test_a_meter_that_stays_silent_or_shows_the_same_is_named_with_what_is_wrong(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    await island.run(30)
    for _ in range(15):
        freezer.tick(15)
        for entity_id in METER:
            shown = hass.states.get(entity_id)
            assert shown is not None
            hass.states.async_set(entity_id, shown.state, shown.attributes)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
    assert _issues(hass) == {"meter_frozen"}
    for _ in range(12):
        freezer.tick(15)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
    assert _issues(hass) == {"meter_too_old"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["sensor"].startswith("meter l")


async def test_a_meter_that_cannot_be_right(hass: HomeAssistant, island: Island) -> None:
    """A number from a bus with errors is no overload: chargers are held, and it is called what it is."""
    set_meter(hass, -655_350, 5000, 5000)
    await island.settle()
    await island.run(75)
    assert _issues(hass) == {"meter_implausible"}
    set_meter(hass, 5000, 5000, 5000)
    await island.run(75)
    assert not _issues(hass)


async def test_a_missing_ledger(hass: HomeAssistant, island: Island) -> None:
    island.ledger.lose()
    await island.settle()
    await island.run(75)
    assert _issues(hass) == {"ledger_disk_full"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["island"] == "Maple Street"
    assert issue.translation_placeholders["error"] == "the disk is full"
    # Another reason takes its place at once.
    island.ledger.lose(LedgerFault.READ_ONLY)
    await island.settle()
    assert _issues(hass) == {"ledger_read_only"}
    island.ledger.reachable = True
    await island.call("reward", device_id=island.device_id("charger-1"), amount=1, reason="x")
    assert not _issues(hass)


async def test_a_moment_is_no_issue(hass: HomeAssistant, island: Island) -> None:
    for _ in range(3):
        hass.states.async_set(METER[0], "unavailable")
        await island.settle()
        await island.run(45)
        set_meter(hass, 5000, 5000, 5000)
        await island.settle()
    assert not _issues(hass)


async def test_an_island_that_is_switched_off_has_no_issues(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(METER[0], "unavailable")
    await island.settle()
    await island.run(90)
    assert _issues(hass)
    await hass.config_entries.async_unload(island.entry.entry_id)
    assert not _issues(hass)


async def test_removal_leaves_nothing_of_an_island_that_never_earned(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(METER[0], "unavailable")
    await island.settle()
    await island.run(90)
    await hass.config_entries.async_remove(island.entry.entry_id)
    await hass.async_block_till_done()
    assert not _issues(hass)


@pytest.mark.parametrize("fault", [fault for fault in LedgerFault if fault is not LedgerFault.NODE_NO_ACCESS])
async def test_every_fault_of_a_ledger_has_an_issue(hass: HomeAssistant, island: Island, fault: LedgerFault) -> None:
    island.ledger.lose(fault)
    await island.settle()
    assert not _issues(hass)
    await island.run(75)
    expected = {
        LedgerFault.OTHER: "ledger_unavailable",
        LedgerFault.DISK_FULL: "ledger_disk_full",
        LedgerFault.READ_ONLY: "ledger_read_only",
        LedgerFault.CORRUPT: "ledger_corrupt",
        LedgerFault.LOST: "ledger_lost",
        LedgerFault.IN_USE: "ledger_in_use",
        LedgerFault.MISSING_PACKAGES: "ledger_packages_missing",
    }.get(fault, fault.value)
    assert _issues(hass) == {expected}
    assert island.state("binary_sensor", "ledger") == "off"
    texts = await async_get_translations(hass, "en", "issues", [DOMAIN])
    (issue,) = ir.async_get(hass).issues.values()
    prefix = f"component.{DOMAIN}.issues.{expected}."
    text = texts.get(f"{prefix}description") or texts[f"{prefix}fix_flow.step.init.description"]
    assert "{" not in text.format_map(issue.translation_placeholders or {})
    # The grid went on all the while.
    assert island.runtime.status.feeders["main"].load_w is not None


async def test_a_refused_token_is_asked_for(hass: HomeAssistant, island: Island) -> None:
    """After a while, once, and no longer than it is needed."""
    hass.config_entries.async_update_entry(island.entry, options={"ledger": {"url": "http://node.test:14265"}})
    await hass.async_block_till_done(wait_background_tasks=True)
    island.ledger = cast("FakeLedger", island.runtime.link.ledger)
    island.ledger.lose(LedgerFault.NODE_NO_ACCESS)
    await island.settle()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await island.run(90)
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert not {key for key in _issues(hass) if key != "config_entry_reauth"}
    # The grid went on all the while.
    assert island.runtime.status.feeders["main"].load_w is not None
    island.ledger.come_back()
    await island.settle()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_balances_that_do_not_add_up(hass: HomeAssistant, island: Island) -> None:
    status = island.ledger.status()
    wrong = replace(status, supply_ok=False)
    with patch.object(island.ledger, "status", lambda: wrong):
        island.ledger.tell_health()
        await island.run(75)
        assert _issues(hass) == {"supply_wrong"}
    island.ledger.tell_health()
    await island.settle()
    assert not _issues(hass)


async def test_a_reward_above_the_limit(hass: HomeAssistant, island: Island, caplog: pytest.LogCaptureFixture) -> None:
    await island.call("set_spending_limits", device_id=island.device_id(), per_payment=1)
    request_id = await island.request(device_id=[island.device_id("charger-1")])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id("charger-1"), answer="accept")
    await island.run(18 * 60)
    assert _issues(hass) == {"rewards_over_limit"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders == {"island": "Maple Street", "count": "1"}
    said = [record for record in caplog.records if "cannot be paid" in record.message]
    assert len(said) == 1, "it is said once, and not with every try"
    assert not island.ledger.orders

    await island.call("set_spending_limits", device_id=island.device_id(), remove=["per_payment"])
    await island.run(60)
    assert list(island.ledger.orders) == [f"{request_id}:charger-1"]
    assert not _issues(hass)


async def test_an_owner_whose_address_was_spent_from(hass: HomeAssistant, island: Island) -> None:
    wallet = island.runtime.wallet_ids["charger-1"]
    for owner in (wallet, TREASURY):
        island.ledger.owners[owner] = OwnerAddress(address="A" * 90, sweep_above_i=5, problem="invalid_address")
    await island.run(120)
    issues = [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    assert {issue.translation_key for issue in issues} == {"sweep_failed"}
    named = {issue.translation_placeholders["wallet"] for issue in issues if issue.translation_placeholders}
    assert named == {"Charger Maple 4", "Maple Street"}
    island.ledger.owners.clear()
    await island.run(60)
    assert not _issues(hass)
