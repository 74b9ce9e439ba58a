"""Tools for assistants that speak: to read the island, and to answer a request in two steps.

Nothing is answered by one call: a proposal says what it would mean, and a one-time id confirms it. Only what is exposed
to the assistant is told of, and owners decide as everywhere else: whoever has no user speaks for nobody with owners.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.llm import LLMTools
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, entity_registry as er
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .actions.access import async_require_answer, owners
from .actions.answering import async_answer, async_meaning, async_question
from .actions.requests import ANSWER_ACCEPT, ANSWER_DECLINE
from .actions.responses import iso_time
from .actions.targets import async_loaded_islands
from .const import DOMAIN
from .entities.why_sensors import why_attributes
from .errors import invalid
from .island.configuration import Participant
from .island.runtime import IslandRuntime
from .island.tariffs import amount_shown

PROMPT: Final = (
    "Tangle Grid shares an electrical feed among cars, batteries and homes. To answer a request for somebody: propose "
    "the answer first, tell the user what it means, and confirm it only when the user has said yes to that."
)
#: How long a proposal can be confirmed.
LIFE: Final = timedelta(minutes=5)
_MOST: Final = 50

_PARTICIPANT: Final = "participant"
_ANSWER: Final = "answer"
_PROPOSAL: Final = "proposal_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An answer that was proposed: for whom, to what, by whom, and until when it can be confirmed."""

    entry_id: str
    participant_id: str
    request_id: str
    accept: bool
    user_id: str | None
    ends_at: datetime


DATA_PROPOSALS: HassKey[dict[str, Proposal]] = HassKey(f"{DOMAIN}.proposals")


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Return the tools where anything of an island is exposed to the assistant."""
    if api_id != LLM_API_ASSIST or not any(_exposed(hass, llm_context.assistant)):
        return None
    return LLMTools(tools=[ReadIsland(), ProposeAnswer(), ConfirmAnswer()], prompt=PROMPT)


@callback
def _exposed(hass: HomeAssistant, assistant: str) -> Iterator[tuple[IslandRuntime, Participant]]:
    """Yield the participants of which an entity is exposed."""
    registry = er.async_get(hass)
    for runtime in async_loaded_islands(hass):
        shown = {
            entity.config_subentry_id
            for entity in er.async_entries_for_config_entry(registry, runtime.entry.entry_id)
            if not entity.disabled and async_should_expose(hass, assistant, entity.entity_id)
        }
        for participant_id, participant in runtime.participants.items():
            vehicle_id = runtime.vehicles.at(participant_id).vehicle_id
            if participant_id in shown or (vehicle_id is not None and vehicle_id in shown):
                yield runtime, participant


@callback
def _decides(runtime: IslandRuntime, participant: Participant) -> frozenset[str]:
    """Return the owners who decide for a participant: those of the vehicle that is there."""
    vehicle_id = runtime.vehicles.at(participant.participant_id).vehicle_id
    return owners(runtime, participant.participant_id if vehicle_id is None else vehicle_id)


@callback
def _user_id(llm_context: LLMContext) -> str | None:
    return None if llm_context.context is None else llm_context.context.user_id


@callback
def _find(hass: HomeAssistant, llm_context: LLMContext, name: str) -> tuple[IslandRuntime, Participant]:
    """Return the participant with a name, of those that are exposed.

    Raises:
        ServiceValidationError: There is none, or not only one.
    """
    found = [
        (runtime, participant)
        for runtime, participant in _exposed(hass, llm_context.assistant)
        if participant.name.casefold() == name.strip().casefold()
    ]
    if len(found) != 1:
        raise invalid("participant_not_found", participant=name)
    return found[0]


async def _async_require(runtime: IslandRuntime, participant: Participant, llm_context: LLMContext) -> None:
    """Whoever speaks may answer for a participant. Without a user it is nobody's owner, and no automation either.

    Raises:
        ServiceValidationError: not_owner or control_denied.
    """
    if _user_id(llm_context) is None and _decides(runtime, participant):
        raise invalid("not_owner", participant=participant.name)
    await async_require_answer(runtime, participant, llm_context.context)


class IslandTool(Tool):
    """A tool whose refusals are told in words."""

    integration = DOMAIN

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        try:
            data = await self.async_do(hass, self.parameters(tool_input.tool_args), llm_context)
        except (HomeAssistantError, vol.Invalid) as error:
            return ToolResult(data={"error": str(error)}, error=True)
        return ToolResult(data=data)

    async def async_do(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> dict[str, Any]:
        """Do it, and return what is told."""
        raise NotImplementedError


class ReadIsland(IslandTool):
    """What the feed carries, what everybody does, and who is asked for what."""

    name = "tangle_grid__read_island"
    title = "Read the shared feed"
    description = (
        "Returns what the shared electrical feed carries and may carry, what each car, battery and home does and why, "
        "and which requests wait for an answer and what saying yes to them would mean."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def async_do(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> dict[str, Any]:
        islands: dict[str, dict[str, Any]] = {}
        for runtime, participant in _exposed(hass, llm_context.assistant):
            island = islands.setdefault(runtime.entry.entry_id, {**_feed(runtime), "participants": []})
            try:
                await _async_require(runtime, participant, llm_context)
            except HomeAssistantError:
                # Somebody else's: that it is there, and no more.
                island["participants"].append({"name": participant.name})
            else:
                island["participants"].append(_participant(runtime, participant))
        return {"islands": list(islands.values())}


def _feed(runtime: IslandRuntime) -> dict[str, Any]:
    status = runtime.status
    feeder = next(iter(status.feeders.values()))
    return {
        "name": runtime.entry.title,
        "state": feeder.state.value,
        "load_w": None if feeder.total_w is None else round(feeder.total_w),
        "capacity_w": round(sum(feeder.capacity_w)),
        "reward_per_kwh": amount_shown(runtime.hass, runtime.entry.options, status.reward_rate_i_per_kwh),
        "open_requests": len(status.open_requests),
    }


def _participant(runtime: IslandRuntime, participant: Participant) -> dict[str, Any]:
    participant_id = participant.participant_id
    status = runtime.status.devices.get(participant_id)
    told: dict[str, Any] = {"name": participant.name}
    if status is not None:
        told |= {
            "power_w": None if status.power_w is None else round(status.power_w),
            "why": why_attributes(runtime, runtime.grid.why(participant_id))["sentence"],
            "help": str(status.curtailment),
        }
    if questions := runtime.grid.questions(participant_id):
        told["asked"] = {
            "answer_by": iso_time(questions[0].answer_by),
            "yes_means": async_meaning(runtime, questions[0], participant_id)["meaning"],
        }
    return told


class ProposeAnswer(IslandTool):
    """What an answer would mean; nothing is answered yet."""

    name = "tangle_grid__propose_answer"
    title = "Propose an answer to a request"
    description = (
        "Prepares the answer of a participant to the request that waits for it, and returns what it means and a "
        "proposal_id. Nothing is answered yet: tell the user what it means, and confirm it with the id when the user "
        "agrees. The id works once, for five minutes."
    )
    parameters = vol.Schema(
        {vol.Required(_PARTICIPANT): cv.string, vol.Required(_ANSWER): vol.In([ANSWER_ACCEPT, ANSWER_DECLINE])}
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, open_world=False)

    @override
    async def async_do(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> dict[str, Any]:
        runtime, participant = _find(hass, llm_context, args[_PARTICIPANT])
        await _async_require(runtime, participant, llm_context)
        request_id = async_question(runtime, participant)
        accept = args[_ANSWER] == ANSWER_ACCEPT
        proposals, now = hass.data.setdefault(DATA_PROPOSALS, {}), dt_util.utcnow()
        for old in [key for key, proposal in proposals.items() if proposal.ends_at <= now] or list(proposals)[:-_MOST]:
            del proposals[old]
        proposal_id = token_hex(4)
        proposals[proposal_id] = Proposal(
            entry_id=runtime.entry.entry_id,
            participant_id=participant.participant_id,
            request_id=request_id,
            accept=accept,
            user_id=_user_id(llm_context),
            ends_at=now + LIFE,
        )
        meaning = async_meaning(runtime, runtime.grid.requests[request_id], participant.participant_id)["meaning"]
        return {
            _PROPOSAL: proposal_id,
            _PARTICIPANT: participant.name,
            _ANSWER: args[_ANSWER],
            "means": meaning if accept else "It goes on as before, and earns nothing.",
        }


class ConfirmAnswer(IslandTool):
    """Gives an answer that was proposed."""

    name = "tangle_grid__confirm_answer"
    title = "Confirm an answer to a request"
    description = "Gives the answer that was proposed, with its proposal_id, after the user has agreed to it."
    parameters = vol.Schema({vol.Required(_PROPOSAL): cv.string})
    annotations = ToolAnnotations(read_only=False, destructive=True, open_world=False)

    @override
    async def async_do(self, hass: HomeAssistant, args: dict[str, Any], llm_context: LLMContext) -> dict[str, Any]:
        proposals = hass.data.setdefault(DATA_PROPOSALS, {})
        proposal = proposals.get(args[_PROPOSAL].strip())
        islands = {island.entry.entry_id: island for island in async_loaded_islands(hass)}
        if (
            proposal is None
            or proposal.ends_at <= dt_util.utcnow()
            or proposal.user_id != _user_id(llm_context)
            or (runtime := islands.get(proposal.entry_id)) is None
            or (participant := runtime.participants.get(proposal.participant_id)) is None
        ):
            raise invalid("proposal_not_valid")
        # Once, whatever comes of it.
        del proposals[args[_PROPOSAL].strip()]
        await _async_require(runtime, participant, llm_context)
        await async_answer(
            runtime, participant, llm_context.context, accept=proposal.accept, request_id=proposal.request_id
        )
        return {
            _PARTICIPANT: participant.name,
            _ANSWER: ANSWER_ACCEPT if proposal.accept else ANSWER_DECLINE,
            "done": True,
        }
