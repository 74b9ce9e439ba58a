"""What assistants may read and do: in two steps, and only for whom the user may speak."""

from datetime import timedelta
from typing import Any

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.tangle_grid.const import CONF_OWNERS
from custom_components.tangle_grid.grid import RequestState
from custom_components.tangle_grid.llm import DATA_PROPOSALS
from tests.support.island import BATTERY, CHARGER, Island

READ, PROPOSE, CONFIRM = (f"tangle_grid__{name}" for name in ("read_island", "propose_answer", "confirm_answer"))
NAME = "Charger Maple 4"


@pytest.fixture(autouse=True)
async def assistant(hass: HomeAssistant, island: Island) -> None:
    """An assistant that may see why the charger and the battery do what they do."""
    for component in ("homeassistant", "llm"):
        assert await async_setup_component(hass, component, {})
    for each in (CHARGER, BATTERY):
        async_expose_entity(hass, "conversation", island.entity_id("sensor", "setpoint_cause", each), True)


def _context(user_id: str | None) -> llm.LLMContext:
    return llm.LLMContext(
        platform="test", context=Context(user_id=user_id), language="en", assistant="conversation", device_id=None
    )


async def _api(hass: HomeAssistant, user_id: str | None = None) -> llm.APIInstance:
    return await llm.async_get_api(hass, llm.LLM_API_ASSIST, _context(user_id))


async def _run(hass: HomeAssistant, api: llm.APIInstance, name: str, **args: Any) -> llm.ToolResult:
    """As `APIInstance.async_call_tool`, which wants the packages of a whole conversation for its trace."""
    (tool,) = (tool for tool in api.tools if tool.name == name)
    result = await tool.async_call(hass, llm.ToolInput(tool_name=name, tool_args=args), api.llm_context)
    assert isinstance(result, llm.ToolResult)
    return result


async def _call(hass: HomeAssistant, tool: str, user_id: str | None = None, **args: Any) -> llm.ToolResult:
    return await _run(hass, await _api(hass, user_id), tool, **args)


async def _user(hass: HomeAssistant, name: str) -> str:
    group = await hass.auth.async_get_group(GROUP_ID_USER)
    assert group is not None
    return MockUser(name=name, groups=[group]).add_to_hass(hass).id


def _own(island: Island, *user_ids: str) -> None:
    subentry = island.entry.subentries[CHARGER]
    island.hass.config_entries.async_update_subentry(
        island.entry, subentry, data={**subentry.data, CONF_OWNERS: list(user_ids)}
    )


async def _ask(island: Island) -> Any:
    request_id = await island.request(power=20_000, device_id=[island.device_id(CHARGER)])
    return island.runtime.engine.requests[request_id].asks[CHARGER]


async def test_it_reads_what_is_exposed(hass: HomeAssistant, island: Island) -> None:
    await _ask(island)
    (read,) = (await _call(hass, READ)).data["islands"]  # type: ignore[misc, union-attr]
    assert isinstance(read, dict)
    assert read["name"] == "Maple Street"
    assert read["capacity_w"] == 43_470
    assert read["reward_per_kwh"] == "1 Mi"
    charger, battery = read["participants"]  # type: ignore[misc]
    assert charger["name"] == NAME
    assert charger["help"] == "issued"
    assert charger["why"].endswith(".")
    assert charger["asked"]["yes_means"].startswith("Pauses charging")
    assert battery["name"] == "Volt battery"
    assert "asked" not in battery


async def test_it_works_without_a_conversation(hass: HomeAssistant, island: Island) -> None:
    assert "conversation" not in hass.config.components
    assert "conversation" not in hass.data
    assert (await _call(hass, READ)).data


async def test_nothing_is_there_where_nothing_is_exposed(hass: HomeAssistant, island: Island) -> None:
    for each in (CHARGER, BATTERY):
        async_expose_entity(hass, "conversation", island.entity_id("sensor", "setpoint_cause", each), False)
    assert not {tool.name for tool in (await _api(hass)).tools} & {READ, PROPOSE, CONFIRM}


@pytest.mark.parametrize(("answer", "state"), [("accept", RequestState.ACTIVE), ("decline", RequestState.DECLINED)])
async def test_an_answer_takes_two_steps(hass: HomeAssistant, island: Island, answer: str, state: RequestState) -> None:
    ask = await _ask(island)
    proposed = await _call(hass, PROPOSE, participant="charger maple 4", answer=answer)
    assert not proposed.error
    assert ask.state is RequestState.ISSUED
    assert (answer == "accept") == str(proposed.data["means"]).startswith("Pauses charging")
    confirmed = await _call(hass, CONFIRM, proposal_id=proposed.data["proposal_id"])
    assert confirmed.data == {"participant": NAME, "answer": answer, "done": True}
    assert ask.state is state
    again = await _call(hass, CONFIRM, proposal_id=proposed.data["proposal_id"])
    assert again.error
    assert "not valid" in str(again.data["error"])


async def test_a_proposal_is_of_one_user_and_five_minutes(
    hass: HomeAssistant, island: Island, freezer: FrozenDateTimeFactory
) -> None:
    ask = await _ask(island)
    anna, bert = await _user(hass, "Anna"), await _user(hass, "Bert")
    proposed = await _call(hass, PROPOSE, anna, participant=NAME, answer="accept")
    for user_id in (bert, None):
        assert (await _call(hass, CONFIRM, user_id, proposal_id=proposed.data["proposal_id"])).error
    assert (await _call(hass, CONFIRM, anna, proposal_id="guess")).error
    freezer.tick(timedelta(minutes=5))
    assert (await _call(hass, CONFIRM, anna, proposal_id=proposed.data["proposal_id"])).error
    assert ask.state is RequestState.ISSUED
    # What has run out is forgotten with the next proposal.
    await _call(hass, PROPOSE, anna, participant=NAME, answer="decline")
    assert len(hass.data[DATA_PROPOSALS]) == 1


async def test_owners_decide(hass: HomeAssistant, island: Island) -> None:
    ask = await _ask(island)
    anna, bert = await _user(hass, "Anna"), await _user(hass, "Bert")
    _own(island, anna)
    await island.settle()
    for user_id in (bert, None):
        refused = await _call(hass, PROPOSE, user_id, participant=NAME, answer="accept")
        assert refused.error
        assert "belongs to somebody else" in str(refused.data["error"])
        (read,) = (await _call(hass, READ, user_id)).data["islands"]  # type: ignore[misc, union-attr]
        assert read["participants"][0] == {"name": NAME}  # type: ignore[index, call-overload]
    proposed = await _call(hass, PROPOSE, anna, participant=NAME, answer="accept")
    # Who was an owner when it was proposed, and is none any more, confirms nothing.
    _own(island, bert)
    await island.settle()
    assert (await _call(hass, CONFIRM, anna, proposal_id=proposed.data["proposal_id"])).error
    assert ask.state is RequestState.ISSUED


async def test_what_cannot_be_is_said_in_words(hass: HomeAssistant, island: Island) -> None:
    await island.run(60)
    nobody = await _call(hass, PROPOSE, participant="Home 1", answer="accept")
    assert "Home 1" in str(nobody.data["error"])
    nothing = await _call(hass, PROPOSE, participant=NAME, answer="accept")
    assert "not asked for anything" in str(nothing.data["error"])
    assert (await _call(hass, PROPOSE, participant=NAME, answer="perhaps")).error
    assert (await _call(hass, READ, something="else")).error


async def test_an_island_that_went_confirms_nothing(hass: HomeAssistant, island: Island) -> None:
    await _ask(island)
    proposed = await _call(hass, PROPOSE, participant=NAME, answer="accept")
    api = await _api(hass)
    await hass.config_entries.async_unload(island.entry.entry_id)
    assert (await _run(hass, api, CONFIRM, proposal_id=proposed.data["proposal_id"])).error
