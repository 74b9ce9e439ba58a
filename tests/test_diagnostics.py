"""Diagnostics and system health: useful, and without a secret."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_dumps
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import get_system_health_info

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from tests.island import CHARGER, Island


async def test_diagnostics(hass: HomeAssistant, island: Island) -> None:
    request_id = await island.request(device_id=[island.device_id(CHARGER)])
    diagnostics: dict[str, Any] = json.loads(json_dumps(await async_get_config_entry_diagnostics(hass, island.entry)))
    assert diagnostics["grid"]["feeders"]["main"]["total_w"] == 16_000
    assert diagnostics["grid"]["devices"][CHARGER]["kind"] == "charger"
    assert diagnostics["telemetry"][CHARGER]["soc"] == 85
    assert [request["request_id"] for request in diagnostics["requests"]] == [request_id]
    assert diagnostics["ledger"]["status"]["reachable"] is True
    assert diagnostics["entry"]["data"]["capacity_a"] == 63
    assert diagnostics["learned"][CHARGER] == {"phases": [0, 1, 2], "phases_learned": False, "stays": 0}
    assert diagnostics["config"]["feeders"][0]["capacity_a"] == [63, 63, 63]
    assert {device["device_id"] for device in diagnostics["config"]["devices"]} >= {CHARGER}
    assert diagnostics["config"]["planning"] is False
    assert diagnostics["forecast"] is None
    assert "plan" in diagnostics["grid"]
    assert "window_mean_w" in diagnostics["grid"]["feeders"]["main"]


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
