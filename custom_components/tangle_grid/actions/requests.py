"""The actions of the grid: asking for less, answering, and lending the feed more or less than it may carry."""

from typing import Final

import voluptuous as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..devices.feeders import ancestors
from ..errors import invalid, translated_errors
from ..island.runtime import IslandRuntime
from ..reasons import given_reason
from .access import async_require_answer
from .answering import async_answer
from .fields import (
    ATTR_ANSWER,
    ATTR_DURATION,
    ATTR_FEEDER_DEVICE_ID,
    ATTR_LIMIT,
    ATTR_POWER,
    ATTR_RATE,
    ATTR_REASON,
    ATTR_REQUEST_ID,
    FEEDER,
    LIST_FIELDS,
    REASON,
    whole_number,
)
from .registering import for_admins, for_users
from .responses import request_response
from .targets import async_feeder, async_island, async_island_of_request, async_participant, feeder_name

SERVICE_REQUEST_CURTAILMENT: Final = "request_curtailment"
SERVICE_ANSWER_REQUEST: Final = "answer_request"
SERVICE_OPT_OUT: Final = "opt_out"
SERVICE_CANCEL_REQUEST: Final = "cancel_request"
SERVICE_SET_TEMPORARY_CAPACITY: Final = "set_temporary_capacity"
SERVICE_CLEAR_TEMPORARY_CAPACITY: Final = "clear_temporary_capacity"
SERVICE_GET_REQUESTS: Final = "get_requests"

ANSWER_ACCEPT: Final = "accept"
ANSWER_DECLINE: Final = "decline"

_MINUTE_S: Final = 60.0

REQUEST_CURTAILMENT_SCHEMA: Final = vol.Schema(
    {
        **FEEDER,
        vol.Required(ATTR_POWER): vol.Coerce(float),
        vol.Required(ATTR_DURATION): vol.Coerce(float),
        vol.Optional(ATTR_RATE): whole_number,
        vol.Optional(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)),
    }
)
ANSWER_REQUEST_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_REQUEST_ID): cv.string,
        vol.Required(ATTR_ANSWER): vol.In([ANSWER_ACCEPT, ANSWER_DECLINE]),
        vol.Optional(ATTR_POWER): vol.Coerce(float),
        vol.Optional(ATTR_REASON): REASON,
    }
)
OPT_OUT_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, vol.Optional(ATTR_REQUEST_ID): cv.string})
CANCEL_REQUEST_SCHEMA: Final = vol.Schema({vol.Required(ATTR_REQUEST_ID): cv.string})
SET_TEMPORARY_CAPACITY_SCHEMA: Final = vol.Schema(
    {**FEEDER, vol.Required(ATTR_POWER): vol.Coerce(float), vol.Required(ATTR_DURATION): vol.Coerce(float)}
)
CLEAR_TEMPORARY_CAPACITY_SCHEMA: Final = vol.Schema(FEEDER)


def _island_and_feeder(call: ServiceCall) -> tuple[IslandRuntime, str]:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    return runtime, async_feeder(runtime, call.data.get(ATTR_FEEDER_DEVICE_ID))


async def _request_curtailment(call: ServiceCall) -> ServiceResponse:
    runtime, feeder_id = _island_and_feeder(call)
    device_ids: list[str] | None = None
    if (picked := call.data.get(ATTR_DEVICE_ID)) is not None:
        device_ids = []
        for device_id in picked:
            other, participant = async_participant(call.hass, device_id)
            if other is not runtime:
                raise invalid("device_not_on_island", device=participant.name)
            if feeder_id not in ancestors(participant.config.feeder_id, runtime.feeder_tree):
                feeder = feeder_name(runtime, feeder_id) or feeder_id
                raise invalid("device_not_on_feeder", device=participant.name, feeder=feeder)
            device_ids.append(participant.participant_id)
    with translated_errors():
        request = runtime.grid.request_curtailment(
            power_w=call.data[ATTR_POWER],
            duration_s=call.data[ATTR_DURATION] * _MINUTE_S,
            rate_i_per_kwh=call.data.get(ATTR_RATE),
            feeder_id=feeder_id,
            device_ids=device_ids,
        )
    return request_response(runtime, request)


async def _answer_request(call: ServiceCall) -> ServiceResponse:
    runtime, participant = async_participant(call.hass, call.data[ATTR_DEVICE_ID])
    reason = call.data.get(ATTR_REASON)
    await async_answer(
        runtime,
        participant,
        call.context,
        accept=call.data[ATTR_ANSWER] == ANSWER_ACCEPT,
        request_id=call.data.get(ATTR_REQUEST_ID),
        power_w=call.data.get(ATTR_POWER),
        reason=given_reason(reason) if reason else None,
    )
    return None


async def _opt_out(call: ServiceCall) -> ServiceResponse:
    runtime, participant = async_participant(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_answer(runtime, participant, call.context)
    with translated_errors():
        runtime.grid.opt_out(
            device_id=participant.participant_id,
            request_id=call.data.get(ATTR_REQUEST_ID),
        )
    return None


async def _cancel_request(call: ServiceCall) -> ServiceResponse:
    request_id = call.data[ATTR_REQUEST_ID]
    runtime = async_island_of_request(call.hass, request_id)
    with translated_errors():
        runtime.grid.cancel(request_id=request_id)
    return None


async def _set_temporary_capacity(call: ServiceCall) -> ServiceResponse:
    runtime, feeder_id = _island_and_feeder(call)
    with translated_errors():
        runtime.grid.set_temporary_capacity(
            feeder_id=feeder_id,
            power_w=call.data[ATTR_POWER],
            duration_s=call.data[ATTR_DURATION] * _MINUTE_S,
        )
    return None


async def _clear_temporary_capacity(call: ServiceCall) -> ServiceResponse:
    runtime, feeder_id = _island_and_feeder(call)
    with translated_errors():
        runtime.grid.clear_temporary_capacity(feeder_id=feeder_id)
    return None


async def _get_requests(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    newest = runtime.grid.newest_requests
    return {"requests": [request_response(runtime, request) for request in newest[: call.data[ATTR_LIMIT]]]}


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of the grid."""
    none, optional, only = SupportsResponse.NONE, SupportsResponse.OPTIONAL, SupportsResponse.ONLY
    for_admins(hass, SERVICE_REQUEST_CURTAILMENT, _request_curtailment, REQUEST_CURTAILMENT_SCHEMA, optional)
    for_users(hass, SERVICE_ANSWER_REQUEST, _answer_request, ANSWER_REQUEST_SCHEMA, none)
    for_users(hass, SERVICE_OPT_OUT, _opt_out, OPT_OUT_SCHEMA, none)
    for_admins(hass, SERVICE_CANCEL_REQUEST, _cancel_request, CANCEL_REQUEST_SCHEMA, none)
    for_admins(hass, SERVICE_SET_TEMPORARY_CAPACITY, _set_temporary_capacity, SET_TEMPORARY_CAPACITY_SCHEMA, none)
    for_admins(hass, SERVICE_CLEAR_TEMPORARY_CAPACITY, _clear_temporary_capacity, CLEAR_TEMPORARY_CAPACITY_SCHEMA, none)
    for_users(hass, SERVICE_GET_REQUESTS, _get_requests, vol.Schema(LIST_FIELDS), only)
