"""Issues appear when something stays wrong, and go when it is right again."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.tangle_grid.const import DOMAIN
from tests.island import METER, Island, set_meter


def _issues(hass: HomeAssistant) -> set[str | None]:
    return {issue.translation_key for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN}


async def test_a_missing_meter(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(METER[0], "unavailable")
    await island.settle()
    assert not _issues(hass)
    await island.run(75)
    assert _issues(hass) == {"meter_unavailable"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders == {"island": "Maple Street", "meter": ", ".join(METER)}

    set_meter(hass, 5000, 5000, 5000)
    await island.settle()
    assert not _issues(hass)


async def test_a_missing_ledger(hass: HomeAssistant, island: Island) -> None:
    island.ledger.lose()
    await island.settle()
    await island.run(75)
    assert _issues(hass) == {"ledger_unavailable"}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders == {"island": "Maple Street", "error": "the disk is full"}
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
    await island.run(75)
    assert _issues(hass)
    await hass.config_entries.async_unload(island.entry.entry_id)
    assert not _issues(hass)


async def test_removal_keeps_only_the_wallets(hass: HomeAssistant, island: Island) -> None:
    hass.states.async_set(METER[0], "unavailable")
    await island.settle()
    await island.run(75)
    await hass.config_entries.async_remove(island.entry.entry_id)
    await hass.async_block_till_done()
    assert _issues(hass) == {"wallets_kept"}
