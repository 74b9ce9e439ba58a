"""Diagnostics and system health: useful, and without a secret."""

import json
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.tangle_grid.const import CONF_DAY_BUDGET, CONF_PLANNING, CONF_REQUEST_BUDGET, DOMAIN
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from tests.support.island import BATTERY, CHARGER, HOUSEHOLD, Island, island_entry

BUDGETS = {CONF_PLANNING: False, CONF_REQUEST_BUDGET: 2_000_000, CONF_DAY_BUDGET: 3_000_000}


async def _diagnostics(hass: HomeAssistant, island: Island) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(json_dumps(await async_get_config_entry_diagnostics(hass, island.entry)))
    return content


async def test_diagnostics(hass: HomeAssistant, island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    diagnostics = await _diagnostics(hass, island)
    assert diagnostics["market"]["left_today_i"] is None
    assert diagnostics["plan"] is None
    assert diagnostics["grid"]["feeders"]["main"]["total_w"] == 16_000
    assert diagnostics["grid"]["devices"][CHARGER]["kind"] == "charger"
    assert diagnostics["telemetry"][CHARGER]["soc"] == 85
    assert [request["request_id"] for request in diagnostics["requests"]] == [request_id]
    assert diagnostics["ledger"]["status"]["reachable"] is True
    assert diagnostics["entry"]["data"]["capacity_a"] == 63
    assert diagnostics["learned"][CHARGER] == {
        "phases": [0, 1, 2],
        "phases_learned": False,
        "min_current_a": 6,
        "min_current_learned": False,
        "stays": 0,
        "reports_every_s": 15,
        "takes_at_most_a": None,
    }
    assert diagnostics["config"]["feeders"][0]["capacity_a"] == [63, 63, 63]
    assert {device["device_id"] for device in diagnostics["config"]["devices"]} >= {CHARGER}
    assert diagnostics["config"]["planning"] is False
    assert diagnostics["forecast"] is None
    assert "plan" in diagnostics["grid"]
    assert "window_mean_w" in diagnostics["grid"]["feeders"]["main"]


async def test_an_island_that_is_not_loaded_tells_what_is_stored_of_it(hass: HomeAssistant, island: Island) -> None:
    assert await hass.config_entries.async_unload(island.entry.entry_id)
    diagnostics = await _diagnostics(hass, island)
    assert diagnostics["state"] == "not_loaded"
    assert diagnostics["entry"]["data"]["capacity_a"] == 63
    assert diagnostics["entry"]["data"]["island_id"] == "**REDACTED**"


@pytest.mark.parametrize("entry", [island_entry(options=BUDGETS)])
async def test_diagnostics_tell_what_rewards_cost_and_what_waits(hass: HomeAssistant, island: Island) -> None:
    request_id = await island.request(power=2000, rate=1_000_000, device_id=[island.device_id(CHARGER)])
    await island.call("answer_request", request_id=request_id, device_id=island.device_id(CHARGER), answer="accept")
    diagnostics = await _diagnostics(hass, island)
    # 2,000 W are three steps of 690 W, for a quarter of an hour.
    aside_i = 517_000
    assert diagnostics["market"] == {
        "budget_per_request_i": 2_000_000,
        "budget_per_day_i": 3_000_000,
        "spent_today_i": 0,
        "set_aside_i": aside_i,
        "left_today_i": 3_000_000 - aside_i,
        "debts_i": {CHARGER: 0, BATTERY: 0, HOUSEHOLD: 0},
    }
    assert diagnostics["requests"][0]["asks"][0]["reason"]["key"] == "accepted_by_person"
    await island.run(960)
    earned_i = island.runtime.engine.requests[request_id].asks[CHARGER].amount_i
    assert 0 < earned_i < aside_i
    diagnostics = await _diagnostics(hass, island)
    assert diagnostics["market"]["spent_today_i"] == earned_i
    assert diagnostics["market"]["set_aside_i"] == 0
    assert diagnostics["market"]["left_today_i"] == 3_000_000 - earned_i
    assert diagnostics["market"]["debts_i"][CHARGER] == pytest.approx(earned_i, rel=0.01)
    assert diagnostics["ledger"]["queue"] == {
        "messages_in_memory": 0,
        "messages": 0,
        "payments": {"queued": 1},
        "most_attempts": 0,
    }
    await island.runtime.link.async_close()
    await island.run(60)
    queue = (await _diagnostics(hass, island))["ledger"]["queue"]
    assert queue["messages_in_memory"] >= 1
    assert queue["payments"] is None


@pytest.mark.parametrize("entry", [island_entry(options={CONF_PLANNING: True})])
async def test_diagnostics_tell_the_plan_in_short(hass: HomeAssistant, island: Island) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)
    await island.run(10)
    diagnostics = await _diagnostics(hass, island)
    plan = diagnostics["plan"]
    # From 85 % on, 60 kWh lack 9 kWh, and what is lost on the way.
    assert 9_000 < plan["energy_wh"] < 10_500
    assert plan["slots"] == len(diagnostics["grid"]["plan"]["total_w"])
    assert plan["peak_w"] >= plan["peak_without_cars_w"] > 0
    (car,) = plan["cars"].values()
    assert car["departs_at"] > plan["start"]


async def test_diagnostics_hold_no_secret(hass: HomeAssistant, island: Island) -> None:
    diagnostics = json_dumps(await async_get_config_entry_diagnostics(hass, island.entry))
    secrets = island.runtime.link._secrets
    for seed in secrets.seeds.values():
        assert seed not in diagnostics
    assert secrets.signing_key not in diagnostics
    assert island.runtime.island_id not in diagnostics
    assert "A" * 90 not in diagnostics


async def test_no_state_and_no_response_holds_a_secret(hass: HomeAssistant, island: Island) -> None:
    await island.call("reward", device_id=island.device_id(CHARGER), amount=5, reason="Thanks")
    shown = json_dumps([state.as_dict() for state in hass.states.async_all()])
    for action in ("get_requests", "get_payments", "get_messages"):
        shown += json_dumps(await island.call(action, response=True, config_entry_id=island.entry.entry_id))
    secrets = island.runtime.link._secrets
    for secret in (*secrets.seeds.values(), secrets.signing_key):
        assert secret not in shown


async def test_system_health(hass: HomeAssistant, island: Island) -> None:
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info = await get_system_health_info(hass, DOMAIN)
    assert info["islands"] == 1
    assert info["participants"] == 4
    assert info["blind_meters"] == 0
    assert info["ledgers_reachable"] == 1
