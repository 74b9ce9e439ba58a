"""Choosing the Tangle: a node is tested before anything is saved, and the way back is open."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.bridge.options import LedgerChoice
from custom_components.tangle_grid.bridge.secrets import SecretStore
from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.diagnostics import async_get_config_entry_diagnostics
from custom_components.tangle_grid.flows.other_tangle import OtherTangleFlow
from custom_components.tangle_grid.island.runtime import IslandRuntime
from custom_components.tangle_grid.issues import board
from custom_components.tangle_grid.ledger import TREASURY, Embedded, LedgerError, NodeInfo
from custom_components.tangle_grid.ledger.node import Api, EmbeddedNode
from custom_components.tangle_grid.ledger.node.http import HttpApi
from custom_components.tangle_grid.ledger.trinary import address_of
from custom_components.tangle_grid.protocol import SigningKey
from custom_components.tangle_grid.repairs import async_create_fix_flow
from tests.support.island import Island, async_set_up_devices
from tests.support.options_forms import step, submit
from tests.support.real_ledger import async_load, async_until, logged

TOKEN = "open-sesame-4711"  # noqa: S105 - a made-up one


class Node:
    """A node on the network that asks for a token. It can be started afresh, with another Tangle."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.token: str | None = TOKEN
        self.start_afresh()
        application = web.Application()
        application.router.add_post("/", self._post)
        self.server = TestServer(application)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def stop(self) -> None:
        self.node.stop()
        self.api.close()
        self.node.close()

    def start_afresh(self) -> None:
        if self._count:
            self.stop()
        self._count += 1
        self.node = EmbeddedNode(
            self._folder / f"node-{self._count}.sqlite",
            island_id="elsewhere",
            key=SigningKey.generate(),
            genesis_address=address_of("ELSEWHERE" + "9" * 72, 0),
            mwm=9,
        )
        self.api = HttpApi(Api(self.node))

    async def _post(self, request: web.Request) -> web.Response:
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.json_response({"error": "who are you?"}, status=401)
        status, body = await self.api.answer(await request.read())
        return web.Response(status=status, body=body, content_type="application/json")


@pytest.fixture
async def node(hass: HomeAssistant, tmp_path: Path, socket_enabled: None) -> Any:
    served = Node(tmp_path)
    await served.server.start_server()
    yield served
    await served.server.close()
    await hass.async_add_executor_job(served.stop)


async def test_days_to_keep(hass: HomeAssistant, island: Island) -> None:
    entry = island.entry
    before = dict(entry.options)
    runtime = island.runtime
    form = await step(hass, entry, "ledger", "own_node")
    result = await submit(hass, form, keep_days=90.0)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {**before, "ledger": {"keep_days": 90}}
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data is runtime, "the grid was not started anew"

    # The other options leave it alone.
    form = await step(hass, entry, "balancing")
    await submit(hass, form, rate=1, request_minutes=15, meter_max_age=15, publish_interval=30)
    assert entry.options["ledger"] == {"keep_days": 90}
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await step(hass, entry, "ledger", "own_node")
    await submit(hass, form)
    assert "ledger" not in entry.options
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_readings_go_after_a_month_unless_all_is_to_stay(hass: HomeAssistant, island: Island) -> None:
    entry = island.entry
    assert "ledger" not in entry.options, "an island that never chose, also one that is older than the choice"
    assert LedgerChoice.from_options(entry.options).backend(hass, None) == Embedded(keep_s=30 * 86_400.0)

    await submit(hass, await step(hass, entry, "ledger", "own_node"), keep_days=0)
    assert entry.options["ledger"] == {"keep_days": 0}
    assert LedgerChoice.from_options(entry.options).backend(hass, None) == Embedded(keep_s=None)
    await hass.async_block_till_done(wait_background_tasks=True)

    # The other choices leave it alone, and the form shows it.
    await submit(hass, await step(hass, entry, "ledger", "privacy"), sealed=True)
    assert entry.options["ledger"] == {"keep_days": 0, "sealed": True}
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await step(hass, entry, "ledger", "own_node")
    (field,) = form["data_schema"].schema  # type: ignore[union-attr]
    assert field.description == {"suggested_value": 0}
    await submit(hass, form, keep_days=30)
    assert entry.options["ledger"] == {"sealed": True}
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_who_can_read(hass: HomeAssistant, island: Island) -> None:
    entry = island.entry
    before = dict(entry.options)
    result = await submit(hass, await step(hass, entry, "ledger", "privacy"), sealed=True)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert LedgerChoice.from_options(entry.options).privacy == "sealed"
    # Where the Tangle is, and who can read it, are two things.
    await submit(hass, await step(hass, entry, "ledger", "own_node"), keep_days=90.0)
    assert entry.options == {**before, "ledger": {"keep_days": 90, "sealed": True}}
    await hass.async_block_till_done(wait_background_tasks=True)
    await submit(hass, await step(hass, entry, "ledger", "privacy"), sealed=False)
    assert entry.options == {**before, "ledger": {"keep_days": 90}}
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_node_is_tested(hass: HomeAssistant, island: Island, node: Node) -> None:
    entry = island.entry
    before = dict(entry.options)

    async def broken(_request: web.Request) -> web.Response:
        return web.json_response({"hello": "world"})

    application = web.Application()
    application.router.add_post("/", broken)
    other = TestServer(application)
    await other.start_server()
    form = await step(hass, entry, "ledger", "other_node")
    for fields, errors in (
        ({"url": "ftp://example.com"}, {"url": "invalid_url"}),
        ({"url": "http://user:secret@example.com"}, {"url": "invalid_url"}),
        ({"url": "http://127.0.0.1:1"}, {"url": "cannot_connect"}),
        ({"url": str(other.make_url("/"))}, {"url": "not_an_iri_node"}),
        ({"url": node.url}, {"token": "invalid_auth"}),
        ({"url": node.url, "token": "wrong"}, {"token": "invalid_auth"}),
    ):
        form = await submit(hass, form, mwm=9, **fields)
        assert form["errors"] == errors, fields
        assert "secret" not in json.dumps(form["description_placeholders"])
    await other.close()

    behind = NodeInfo(
        app_name="IRI",
        app_version="1",
        milestone=9,
        solid_milestone=3,
        solid_milestone_hash="9" * 81,
        begins_at=0,
        tangle_id="iri:",
        offers_work=False,
        transactions=None,
    )
    with patch("custom_components.tangle_grid.flows.entry.ledger.check_node", return_value=behind):
        form = await submit(hass, form, mwm=9, url=node.url, token=TOKEN)
    assert form["errors"] == {"url": "node_not_synced"}
    assert entry.options == before
    assert await SecretStore(hass, island.runtime.island_id).async_secrets() is not None


async def test_a_token_that_cannot_be_kept_is_not_needed_later(
    hass: HomeAssistant, island: Island, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    """Without it on disk the node would refuse this island after the next start."""
    before = dict(island.entry.options)
    form = await step(hass, island.entry, "ledger", "other_node")
    shown = await submit(hass, form, url=node.url, token=TOKEN, mwm=9.0)
    assert shown["step_id"] == "node_found"
    with patch.object(SecretStore, "async_add_token", side_effect=LedgerError("ledger_unavailable", {})):
        result = await submit(hass, shown)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "token_not_saved"
    assert dict(island.entry.options) == before
    assert TOKEN not in logged(caplog)


async def test_there_and_back(  # noqa: PLR0915 - one story
    hass: HomeAssistant,
    entry: MockConfigEntry,
    node: Node,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await async_set_up_devices(hass)
    runtime = await async_load(hass, entry)
    supply = runtime.link.wallets[TREASURY].balance_i
    assert supply > 0
    form = await step(hass, entry, "ledger", "other_node")
    shown = await submit(hass, form, url=node.url, token=TOKEN, mwm=9.0)
    assert shown["step_id"] == "node_found"
    assert "ledger" not in entry.options, "nothing is saved before it was agreed to"
    await submit(hass, shown)
    chosen = entry.options["ledger"]
    assert chosen["url"] == node.url
    assert chosen["tangle_id"].startswith("iri:")
    assert TOKEN not in json.dumps([dict(entry.data), dict(entry.options)])
    await async_until(hass, lambda: works_with(runtime, "remote"))
    assert entry.runtime_data is runtime
    assert runtime.link.wallets[TREASURY].balance_i == 0
    shown_there = json.dumps(await async_get_config_entry_diagnostics(hass, entry), default=str)
    assert TOKEN not in shown_there
    assert TOKEN not in logged(caplog)
    store = SecretStore(hass, runtime.island_id)
    assert await store.async_token(chosen["token_id"]) == TOKEN

    # The same address again: the token that is stored goes on.
    form = await step(hass, entry, "ledger", "other_node")
    shown = await submit(hass, form, url=node.url, mwm=10.0)
    await submit(hass, shown)
    assert entry.options["ledger"] == {**chosen, "mwm": 10}
    await async_until(hass, lambda: runtime.link.healthy)

    # The node is started afresh: nobody works with another Tangle unasked.
    node.start_afresh()
    monkeypatch.setattr(board, "_PATIENCE", timedelta(0))
    island = Island(hass, entry, cast("Any", None), cast("Any", None))
    await hass.config_entries.async_reload(entry.entry_id)
    runtime = island.runtime
    await async_until(hass, lambda: runtime.link.error is not None)
    await island.settle()
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_key == "node_other_tangle"
    assert issue.is_fixable

    node.token = TOKEN[::-1]
    flow = await fix(hass, issue)
    assert (await flow.async_step_use_node())["reason"] == "node_not_ready"
    node.token = TOKEN
    flow = await fix(hass, issue)
    assert (await flow.async_step_init())["menu_options"] == ["use_node", "own_node"]
    assert (await flow.async_step_use_node())["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["ledger"]["tangle_id"] != chosen["tangle_id"]
    await async_until(hass, lambda: runtime.link.healthy)
    await island.settle()
    assert not [each for each in ir.async_get(hass).issues.values() if each.domain == DOMAIN]

    # And home again, where everything still is.
    flow = await fix(hass, issue)
    assert (await flow.async_step_own_node())["type"] is FlowResultType.CREATE_ENTRY
    assert "ledger" not in entry.options
    await async_until(hass, lambda: works_with(runtime, "embedded"))
    assert runtime.link.wallets[TREASURY].balance_i == supply
    # The token is forgotten with the next start.
    await hass.config_entries.async_reload(entry.entry_id)
    assert await store.async_token(chosen["token_id"]) is None
    await async_until(hass, lambda: entry.runtime_data.link.healthy)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_another_token_when_the_old_one_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node is tried before anything is saved, and the ledger goes on without a restart of the grid."""
    monkeypatch.setattr(board, "_PATIENCE", timedelta(0))
    await async_set_up_devices(hass)
    runtime = await async_load(hass, entry)
    shown = await submit(hass, await step(hass, entry, "ledger", "other_node"), url=node.url, token=TOKEN, mwm=9.0)
    await submit(hass, shown)
    await async_until(hass, lambda: works_with(runtime, "remote"))
    before = dict(entry.options["ledger"])

    node.token = "another-one"  # noqa: S105 - a made-up one
    await runtime.link.async_close()
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    (flow,) = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": TOKEN})
    assert result["errors"] == {"token": "invalid_auth"}
    assert result["description_placeholders"]["url"] == node.url  # type: ignore[index]
    assert entry.options["ledger"] == before
    with patch.object(SecretStore, "async_add_token", side_effect=LedgerError("ledger_unavailable", {"error": "disk"})):
        refused = await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": node.token})
    assert (refused["type"], refused["reason"]) == (FlowResultType.ABORT, "token_not_saved")

    await hass.config_entries.async_reload(entry.entry_id)
    runtime = entry.runtime_data
    await async_until(hass, lambda: any(entry.async_get_active_flows(hass, {SOURCE_REAUTH})))
    (flow,) = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": node.token})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    await async_until(hass, lambda: works_with(runtime, "remote"))
    assert entry.runtime_data is runtime
    assert entry.options["ledger"]["tangle_id"] == before["tangle_id"]
    assert node.token not in json.dumps(dict(entry.options))
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_repair_of_a_node_that_is_not_used_any_more_changes_nothing(
    hass: HomeAssistant, island: Island
) -> None:
    flow = OtherTangleFlow(island.entry)
    flow.hass, flow.handler = hass, DOMAIN
    before = dict(island.entry.options)
    assert (await flow.async_step_use_node())["type"] is FlowResultType.CREATE_ENTRY
    assert dict(island.entry.options) == before


async def test_no_token_is_asked_for_at_home(hass: HomeAssistant, island: Island) -> None:
    island.entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    assert not list(island.entry.async_get_active_flows(hass, {SOURCE_REAUTH}))


def works_with(runtime: IslandRuntime, backend: str) -> bool:
    status = runtime.link.status
    return runtime.link.healthy and status is not None and status.backend == backend


async def fix(hass: HomeAssistant, issue: ir.IssueEntry) -> OtherTangleFlow:
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    assert isinstance(flow, OtherTangleFlow)
    flow.hass = hass
    flow.handler = DOMAIN
    flow.flow_id = "1"
    return flow
