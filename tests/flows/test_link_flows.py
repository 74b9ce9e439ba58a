"""The forms of joining: what is asked on either side, and what is said of codes that are no good."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.link.core import LinkKeys
from custom_components.tangle_grid.link.joining import asking
from custom_components.tangle_grid.link.joining.code import JoinCode
from custom_components.tangle_grid.repairs import async_create_fix_flow
from tests.support.forms import past_the_meter
from tests.support.linked_islands import STREET_ID, Pair, async_set_up_house, house_entry, street_entry


@pytest.fixture
async def pair(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator, fake_ledger: Any, socket_enabled: None
) -> AsyncIterator[Pair]:
    await async_set_up_house(hass)
    made = Pair(hass, street_entry(), house_entry())
    made.draw(5000, 4000, 3680)
    for entry in (made.street_entry, made.house_entry):
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    client = await hass_client_no_auth()
    made.url = str(client.make_url("/")).rstrip("/")
    yield made
    for entry in (made.house_entry, made.street_entry):
        if entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry.entry_id)


async def start(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> Any:
    return await hass.config_entries.subentries.async_init((entry.entry_id, kind), context={"source": SOURCE_USER})


# The street: codes


async def test_a_code_is_made_for_an_address_that_is_one(hass: HomeAssistant, pair: Pair) -> None:
    await hass.config.async_update(internal_url=None, external_url="https://street.example.org")
    flows = hass.config_entries.subentries
    form = await start(hass, pair.street_entry, "house")
    assert form["data_schema"].schema["url"] is not None
    suggested = [marker.description for marker in form["data_schema"].schema if marker == "url"]
    assert suggested == [{"suggested_value": "https://street.example.org"}]
    wrong = await flows.async_configure(form["flow_id"], {"way": "direct", "url": "street"})
    assert wrong["errors"] == {"url": "invalid_url"}
    missing = await flows.async_configure(form["flow_id"], {"way": "direct"})
    assert missing["errors"] == {"url": "invalid_url"}
    shown = await flows.async_configure(form["flow_id"], {"way": "direct", "url": "https://street.example.org/"})
    code = JoinCode.parse(shown["description_placeholders"]["code"])
    assert (code.url, code.island_id) == ("https://street.example.org", STREET_ID)
    # A page that is loaded again shows the same one.
    again = await flows.async_configure(form["flow_id"], None)
    assert again["description_placeholders"] == shown["description_placeholders"]
    assert (await flows.async_configure(form["flow_id"], {}))["reason"] == "code_made"


async def test_a_code_for_mqtt_has_no_address(hass: HomeAssistant, pair: Pair) -> None:
    await hass.config.async_update(internal_url=None, external_url=None)
    hass.config.api = None
    assert JoinCode.parse(await pair.async_code("mqtt")).url == ""


@pytest.mark.parametrize("kind", ["house", "upper_island"])
async def test_an_island_that_does_not_run_joins_nobody(hass: HomeAssistant, pair: Pair, kind: str) -> None:
    assert await hass.config_entries.async_unload(pair.street_entry.entry_id)
    assert (await start(hass, pair.street_entry, kind))["reason"] == "not_loaded"


async def test_a_house_is_renamed(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_join()
    flows = hass.config_entries.subentries
    form = await flows.async_init(
        (pair.street_entry.entry_id, "house"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": pair.house_id},
    )
    empty = await flows.async_configure(form["flow_id"], {"name": "  "})
    assert empty["errors"] == {"name": "name_missing"}
    done = await flows.async_configure(form["flow_id"], {"name": "The corner house"})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert [each.title for each in pair.street_entry.subentries.values()] == ["The corner house"]
    await pair.async_until(lambda: pair.envelope_a is not None)


# The house: its code, and what is shared


@pytest.mark.parametrize(
    ("text", "problem"), [("TG1-12345", "code_nonsense"), ("hello", "code_nonsense"), ("TG7-AAAAA", "code_newer")]
)
async def test_what_is_no_code_is_said(hass: HomeAssistant, pair: Pair, text: str, problem: str) -> None:
    assert (await pair.async_ask(text))["errors"] == {"code": problem}


async def test_an_island_does_not_join_itself(hass: HomeAssistant, pair: Pair) -> None:
    flows = hass.config_entries.subentries
    form = await start(hass, pair.street_entry, "upper_island")
    code = await pair.async_code()
    wrong = await flows.async_configure(form["flow_id"], {"code": code})
    assert wrong["errors"] == {"code": "code_own_island"}


async def test_a_code_of_nobody_and_one_that_was_used(hass: HomeAssistant, pair: Pair) -> None:
    stranger = JoinCode.make(url=pair.url, island_id=STREET_ID, public=LinkKeys.generate().public)
    await pair.async_code()
    assert (await pair.async_ask(stranger.text))["errors"] == {"base": "code_unknown"}
    nowhere = JoinCode.make(url="http://127.0.0.1:9", island_id=STREET_ID, public=LinkKeys.generate().public)
    with patch.object(asking, "PATIENCE_S", 0.3):
        refused = await pair.async_ask(nowhere.text)
    assert refused["errors"] == {"base": "upper_unreachable"}
    assert refused["description_placeholders"]["url"] == "http://127.0.0.1:9"
    assert not pair.house_entry.subentries.keys() - {"house-charger"}


async def test_two_houses_with_one_code(hass: HomeAssistant, pair: Pair) -> None:
    code = await pair.async_code()
    done = await pair.async_ask(code)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "Maple Street"
    assert (await start(hass, pair.house_entry, "upper_island"))["reason"] == "already_joined"
    # The other one: the same house once more, with other keys.
    hass.config_entries.async_remove_subentry(pair.house_entry, pair.upper_id)
    await hass.async_block_till_done()
    assert (await pair.async_ask(code))["errors"] == {"base": "code_used"}


async def test_what_is_shared_is_said_before_it_is(hass: HomeAssistant, pair: Pair) -> None:
    flows = hass.config_entries.subentries
    form = await start(hass, pair.house_entry, "upper_island")
    shown = await flows.async_configure(form["flow_id"], {"code": await pair.async_code()})
    assert shown["description_placeholders"]["fuse"] == "25"
    assert shown["description_placeholders"]["slots"] == "1"
    assert shown["description_placeholders"]["safe"] == "6 / 6 / 6"
    assert not pair.street.links.waiting
    again = await flows.async_configure(form["flow_id"], None)
    assert again["step_id"] == "share"
    assert await hass.config_entries.async_unload(pair.house_entry.entry_id)
    gone = await flows.async_configure(form["flow_id"], {"single_total": False})
    assert gone["reason"] == "not_loaded"


# The operator's answer


async def test_the_operator_gives_a_name_and_room(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_ask(await pair.async_code())
    await pair.async_until(pair.question)
    issue = pair.question()
    assert issue is not None
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    flow.hass, flow.handler = hass, DOMAIN
    asked: Any = await flow.async_step_init()
    assert asked["menu_options"] == ["approve", "refuse"]
    assert asked["description_placeholders"]["fuse"] == "25 / 25 / 25"
    approve: Any = flow.async_step_approve  # type: ignore[attr-defined]
    assert (await approve(None))["errors"] == {}
    assert (await approve({"name": " "}))["errors"] == {"name": "name_missing"}
    with patch.object(type(pair.street.links), "lacking", return_value={"phase": "L2"}):
        full = await approve({"name": "Number 12"})
    assert full["errors"] == {"base": "does_not_fit"}
    assert full["description_placeholders"]["phase"] == "L2"
    assert (await approve({"name": "Number 12"}))["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    # Whoever has the page still open is told that it is decided.
    for step in (flow.async_step_init, flow.async_step_approve, flow.async_step_refuse):  # type: ignore[attr-defined]
        gone: Any = await step(None)
        assert gone["reason"] == "not_asked_any_more"
    assert await hass.config_entries.async_unload(pair.street_entry.entry_id)
    closed: Any = await flow.async_step_init()
    assert closed["reason"] == "not_asked_any_more"


async def test_two_houses_have_two_names(hass: HomeAssistant, pair: Pair) -> None:
    await pair.async_join()
    record = pair.street.links._store.codes
    code = JoinCode.parse(await pair.async_code())
    record[code.code_id]["asked"] = {**next(iter(record.values()))["asked"]}
    flow = await async_create_fix_flow(
        hass, f"join_request_{code.code_id}", {"entry_id": pair.street_entry.entry_id, "code_id": code.code_id}
    )
    flow.hass, flow.handler = hass, DOMAIN
    taken: Any = await flow.async_step_approve({"name": "number 12"})  # type: ignore[attr-defined]
    assert taken["errors"] == {"name": "name_taken"}


# A house that has no island yet


async def test_a_new_house_is_set_up_and_goes_on_to_what_is_shared(
    hass: HomeAssistant,
    hass_client_no_auth: ClientSessionGenerator,
    fake_ledger: Any,
    socket_enabled: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("l1", "l2", "l3"):
        attributes = {"unit_of_measurement": "W", "device_class": "power"}
        hass.states.async_set(f"sensor.house_{name}", "500", attributes)
    code = JoinCode.make(url="https://street.example.org", island_id=STREET_ID, public=LinkKeys.generate().public)
    flows = hass.config_entries.flow
    monkeypatch.setattr("custom_components.tangle_grid.flows.meter.WATCH_S", 0.0)
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    form = await flows.async_configure(menu["flow_id"], {"next_step_id": "join"})
    wrong = await flows.async_configure(form["flow_id"], {"code": "TG1-nonsense"})
    assert wrong["errors"] == {"code": "code_nonsense"}
    feed = await flows.async_configure(form["flow_id"], {"code": code.text})
    assert feed["step_id"] == "island"
    meter = {"name": "Number 12", "meter_power": [f"sensor.house_l{each}" for each in (1, 2, 3)]}
    seen = await flows.async_configure(feed["flow_id"], {**meter, "capacity_a": 25, "threshold": 80})
    done: Any = await past_the_meter(hass, seen)
    assert done["type"] is FlowResultType.CREATE_ENTRY, done
    kind, flow_id = done["next_flow"]
    assert kind == "config_subentries_flow"
    assert hass.config_entries.subentries.async_get(flow_id)["step_id"] == "share"
    # Another time there is an island to join from.
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    there = await flows.async_configure(menu["flow_id"], {"next_step_id": "join"})
    assert there["reason"] == "join_there"
    assert there["description_placeholders"] == {"island": "Number 12"}


async def test_an_island_that_does_not_start_is_joined_later(
    hass: HomeAssistant, fake_ledger: Any, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("l1", "l2", "l3"):
        attributes = {"unit_of_measurement": "W", "device_class": "power"}
        hass.states.async_set(f"sensor.house_{name}", "500", attributes)
    code = JoinCode.make(url="https://street.example.org", island_id=STREET_ID, public=LinkKeys.generate().public)
    flows = hass.config_entries.flow
    monkeypatch.setattr("custom_components.tangle_grid.flows.meter.WATCH_S", 0.0)
    menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    await flows.async_configure(menu["flow_id"], {"next_step_id": "join"})
    await flows.async_configure(menu["flow_id"], {"code": code.text})
    meter = {"name": "Number 12", "meter_power": [f"sensor.house_l{each}" for each in (1, 2, 3)]}
    with patch("custom_components.tangle_grid.async_setup_entry", return_value=False):
        seen = await flows.async_configure(menu["flow_id"], {**meter, "capacity_a": 25, "threshold": 80})
        done: Any = await past_the_meter(hass, seen)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert "next_flow" not in done
