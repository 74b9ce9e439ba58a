"""The actions. Each picks its island or participant, asks the grid or the ledger, and answers in plain JSON.

Whatever spends or promises the treasury's tokens, changes what the feed may carry, or puts content of its own on the
Tangle, is for administrators, or for automations: a call without a user comes from one, and only an administrator can
have made it. Who may act for a participant, ``access`` says.
"""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import voluptuous as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service

from .actions.access import async_bound_user, async_require_control, async_require_spending, visible_payments
from .actions.responses import message_response, payment_response, request_response, transaction_response
from .actions.targets import (
    async_feeder,
    async_island,
    async_island_of_request,
    async_participant,
    async_target,
    feeder_name,
)
from .const import DOMAIN, TREASURY
from .devices.feeders import ancestors
from .errors import invalid, translated_errors
from .ledger import PaymentOrder
from .protocol import FreeData, to_body
from .reasons import given_reason

if TYPE_CHECKING:
    from .island.runtime import IslandRuntime

SERVICE_REQUEST_CURTAILMENT: Final = "request_curtailment"
SERVICE_ANSWER_REQUEST: Final = "answer_request"
SERVICE_OPT_OUT: Final = "opt_out"
SERVICE_CANCEL_REQUEST: Final = "cancel_request"
SERVICE_SET_TEMPORARY_CAPACITY: Final = "set_temporary_capacity"
SERVICE_CLEAR_TEMPORARY_CAPACITY: Final = "clear_temporary_capacity"
SERVICE_SEND_TOKENS: Final = "send_tokens"
SERVICE_REWARD: Final = "reward"
SERVICE_PUBLISH_DATA: Final = "publish_data"
SERVICE_GET_REQUESTS: Final = "get_requests"
SERVICE_GET_PAYMENTS: Final = "get_payments"
SERVICE_GET_MESSAGES: Final = "get_messages"
SERVICE_GET_TRANSACTION: Final = "get_transaction"

ATTR_REQUEST_ID: Final = "request_id"
ATTR_POWER: Final = "power"
ATTR_DURATION: Final = "duration"
ATTR_RATE: Final = "rate"
ATTR_FEEDER_DEVICE_ID: Final = "feeder_device_id"
ATTR_ANSWER: Final = "answer"
ATTR_REASON: Final = "reason"
ATTR_TARGET: Final = "target"
ATTR_TARGET_DEVICE_ID: Final = "target_device_id"
ATTR_AMOUNT: Final = "amount"
ATTR_PAYMENT_ID: Final = "payment_id"
ATTR_TOPIC: Final = "topic"
ATTR_DATA: Final = "data"
ATTR_KIND: Final = "kind"
ATTR_LIMIT: Final = "limit"
ATTR_TRANSACTION: Final = "transaction"

ANSWER_ACCEPT: Final = "accept"
ANSWER_DECLINE: Final = "decline"

# Payments that are looked through for those that a user may see.
MOST_PAYMENTS: Final = 1_000

_MINUTE_S: Final = 60.0
_REASON_LENGTH: Final = 200

type Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


def whole_number(value: Any) -> int:
    """An integer, also when a form or a template hands it over as text or as a float: never rounded."""
    try:
        number = int(value) if isinstance(value, str) else value
        if isinstance(number, bool) or number != int(number):
            raise vol.Invalid("expected a whole number")
        return int(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise vol.Invalid("expected a whole number") from error


# Ranges are left to the grid and the ledger: they say in words, in the user's language, what is wrong with a value.
_ISLAND: Final = {vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string}
# One of its feeders; without a word, the main one.
_FEEDER: Final = {**_ISLAND, vol.Optional(ATTR_FEEDER_DEVICE_ID): cv.string}
LIST_FIELDS: Final = {
    **_ISLAND,
    vol.Optional(ATTR_LIMIT, default=50): vol.All(whole_number, vol.Range(min=1, max=500)),
}
_REASON: Final = vol.All(cv.string, vol.Strip, vol.Length(min=1, max=_REASON_LENGTH))
# The colon is kept for the rewards of requests, whose ids are made of two parts.
_PAYMENT_ID: Final = vol.All(cv.string, vol.Match(r"^[A-Za-z0-9_.-]{1,64}\Z"))

REQUEST_CURTAILMENT_SCHEMA: Final = vol.Schema(
    {
        **_FEEDER,
        vol.Required(ATTR_POWER): vol.Coerce(float),
        vol.Required(ATTR_DURATION): vol.Coerce(float),
        vol.Optional(ATTR_RATE): whole_number,
        vol.Optional(ATTR_DEVICE_ID): vol.All(cv.ensure_list, [cv.string], vol.Length(min=1)),
    }
)
ANSWER_REQUEST_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_REQUEST_ID): cv.string,
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_ANSWER): vol.In([ANSWER_ACCEPT, ANSWER_DECLINE]),
        vol.Optional(ATTR_POWER): vol.Coerce(float),
        vol.Optional(ATTR_REASON): _REASON,
    }
)
OPT_OUT_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, vol.Optional(ATTR_REQUEST_ID): cv.string})
CANCEL_REQUEST_SCHEMA: Final = vol.Schema({vol.Required(ATTR_REQUEST_ID): cv.string})
SET_TEMPORARY_CAPACITY_SCHEMA: Final = vol.Schema(
    {**_FEEDER, vol.Required(ATTR_POWER): vol.Coerce(float), vol.Required(ATTR_DURATION): vol.Coerce(float)}
)
CLEAR_TEMPORARY_CAPACITY_SCHEMA: Final = vol.Schema(_FEEDER)
SEND_TOKENS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Exclusive(ATTR_TARGET, ATTR_TARGET): cv.string,
        vol.Exclusive(ATTR_TARGET_DEVICE_ID, ATTR_TARGET): cv.string,
        vol.Required(ATTR_AMOUNT): whole_number,
        vol.Optional(ATTR_PAYMENT_ID): _PAYMENT_ID,
    }
)
REWARD_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_AMOUNT): whole_number,
        vol.Required(ATTR_REASON): _REASON,
        vol.Optional(ATTR_PAYMENT_ID): _PAYMENT_ID,
    }
)
PUBLISH_DATA_SCHEMA: Final = vol.Schema(
    {
        **_ISLAND,
        vol.Required(ATTR_TOPIC): vol.All(cv.string, vol.Length(min=1, max=64)),
        vol.Required(ATTR_DATA): dict,
    }
)
GET_MESSAGES_SCHEMA: Final = vol.Schema({**LIST_FIELDS, vol.Optional(ATTR_KIND): cv.string})
GET_TRANSACTION_SCHEMA: Final = vol.Schema({**_ISLAND, vol.Required(ATTR_TRANSACTION): cv.string})


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
        request, events = runtime.engine.request_curtailment(
            runtime.clock.now(),
            power_w=call.data[ATTR_POWER],
            duration_s=call.data[ATTR_DURATION] * _MINUTE_S,
            rate_i_per_kwh=call.data.get(ATTR_RATE),
            feeder_id=feeder_id,
            device_ids=device_ids,
        )
    runtime.async_command(events)
    return request_response(runtime, runtime.engine.requests.get(request.request_id, request))


async def _answer_request(call: ServiceCall) -> ServiceResponse:
    runtime, participant = async_participant(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_control(runtime, participant, call.context)
    reason = call.data.get(ATTR_REASON)
    with translated_errors():
        events = runtime.engine.answer(
            runtime.clock.now(),
            request_id=call.data[ATTR_REQUEST_ID],
            device_id=participant.participant_id,
            accept=call.data[ATTR_ANSWER] == ANSWER_ACCEPT,
            power_w=call.data.get(ATTR_POWER),
            reason=given_reason(reason) if reason else None,
        )
    runtime.async_command(events)
    return None


async def _opt_out(call: ServiceCall) -> ServiceResponse:
    runtime, participant = async_participant(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_control(runtime, participant, call.context)
    with translated_errors():
        events = runtime.engine.opt_out(
            runtime.clock.now(),
            device_id=participant.participant_id,
            request_id=call.data.get(ATTR_REQUEST_ID),
        )
    runtime.async_command(events)
    return None


async def _cancel_request(call: ServiceCall) -> ServiceResponse:
    request_id = call.data[ATTR_REQUEST_ID]
    runtime = async_island_of_request(call.hass, request_id)
    with translated_errors():
        events = runtime.engine.cancel(runtime.clock.now(), request_id=request_id)
    runtime.async_command(events)
    return None


async def _set_temporary_capacity(call: ServiceCall) -> ServiceResponse:
    runtime, feeder_id = _island_and_feeder(call)
    now = runtime.clock.now()
    with translated_errors():
        events = runtime.engine.set_temporary_capacity(
            now,
            feeder_id=feeder_id,
            power_w=call.data[ATTR_POWER],
            until=now + call.data[ATTR_DURATION] * _MINUTE_S,
        )
    runtime.async_command(events)
    return None


async def _clear_temporary_capacity(call: ServiceCall) -> ServiceResponse:
    runtime, feeder_id = _island_and_feeder(call)
    with translated_errors():
        events = runtime.engine.clear_temporary_capacity(runtime.clock.now(), feeder_id=feeder_id)
    runtime.async_command(events)
    return None


async def _send_tokens(call: ServiceCall) -> ServiceResponse:
    source = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_spending(source, call.context)
    if (target := call.data.get(ATTR_TARGET)) is None:
        if ATTR_TARGET_DEVICE_ID not in call.data:
            raise invalid("target_missing")
        receiver = async_target(call.hass, call.data[ATTR_TARGET_DEVICE_ID])
        if receiver.runtime is not source.runtime:
            raise invalid("target_on_other_island")
        target = receiver.wallet
    runtime = source.runtime
    with translated_errors():
        payment = await runtime.link.ledger.pay(
            PaymentOrder(
                payment_id=call.data.get(ATTR_PAYMENT_ID) or uuid4().hex,
                source=source.wallet,
                target=target,
                amount_i=call.data[ATTR_AMOUNT],
            )
        )
    return payment_response(runtime, payment)


async def _reward(call: ServiceCall) -> ServiceResponse:
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    runtime = target.runtime
    if target.participant is None:
        raise invalid("device_is_island", island=runtime.entry.title)
    with translated_errors():
        payment = await runtime.link.ledger.pay(
            PaymentOrder(
                payment_id=call.data.get(ATTR_PAYMENT_ID) or uuid4().hex,
                source=TREASURY,
                target=target.wallet,
                amount_i=call.data[ATTR_AMOUNT],
                memo={ATTR_REASON: call.data[ATTR_REASON]},
            )
        )
    return payment_response(runtime, payment)


async def _publish_data(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    with translated_errors():
        message_id = await runtime.link.ledger.publish(
            FreeData.kind, to_body(FreeData(topic=call.data[ATTR_TOPIC], data=call.data[ATTR_DATA]))
        )
    return {"message_id": message_id}


async def _get_requests(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    newest = sorted(runtime.engine.requests.values(), key=lambda request: request.issued_at, reverse=True)
    return {"requests": [request_response(runtime, request) for request in newest[: call.data[ATTR_LIMIT]]]}


async def _get_payments(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    user, limit = await async_bound_user(call.hass, call.context), call.data[ATTR_LIMIT]
    with translated_errors():
        payments = await runtime.link.ledger.payments(limit=limit if user is None else MOST_PAYMENTS)
    visible = visible_payments(runtime, payments, user)
    return {"payments": [payment_response(runtime, payment) for payment in visible[:limit]]}


async def _get_messages(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    with translated_errors():
        messages = await runtime.link.ledger.messages(kind=call.data.get(ATTR_KIND), limit=call.data[ATTR_LIMIT])
    return {"messages": [message_response(runtime, message) for message in messages]}


async def _get_transaction(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    with translated_errors():
        transaction = await runtime.link.ledger.transaction(call.data[ATTR_TRANSACTION])
    if transaction is None:
        raise invalid("unknown_transaction", transaction=call.data[ATTR_TRANSACTION])
    return transaction_response(runtime, transaction)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""

    def for_users(name: str, handler: Handler, schema: vol.Schema, response: SupportsResponse) -> None:
        hass.services.async_register(DOMAIN, name, handler, schema, response)

    def for_admins(name: str, handler: Handler, schema: vol.Schema, response: SupportsResponse) -> None:
        async_register_admin_service(hass, DOMAIN, name, handler, schema, response)

    none, optional, only = SupportsResponse.NONE, SupportsResponse.OPTIONAL, SupportsResponse.ONLY
    for_admins(SERVICE_REQUEST_CURTAILMENT, _request_curtailment, REQUEST_CURTAILMENT_SCHEMA, optional)
    for_users(SERVICE_ANSWER_REQUEST, _answer_request, ANSWER_REQUEST_SCHEMA, none)
    for_users(SERVICE_OPT_OUT, _opt_out, OPT_OUT_SCHEMA, none)
    for_admins(SERVICE_CANCEL_REQUEST, _cancel_request, CANCEL_REQUEST_SCHEMA, none)
    for_admins(SERVICE_SET_TEMPORARY_CAPACITY, _set_temporary_capacity, SET_TEMPORARY_CAPACITY_SCHEMA, none)
    for_admins(SERVICE_CLEAR_TEMPORARY_CAPACITY, _clear_temporary_capacity, CLEAR_TEMPORARY_CAPACITY_SCHEMA, none)
    for_users(SERVICE_SEND_TOKENS, _send_tokens, SEND_TOKENS_SCHEMA, optional)
    for_admins(SERVICE_REWARD, _reward, REWARD_SCHEMA, optional)
    for_admins(SERVICE_PUBLISH_DATA, _publish_data, PUBLISH_DATA_SCHEMA, optional)
    for_users(SERVICE_GET_REQUESTS, _get_requests, vol.Schema(LIST_FIELDS), only)
    for_users(SERVICE_GET_PAYMENTS, _get_payments, vol.Schema(LIST_FIELDS), only)
    for_users(SERVICE_GET_MESSAGES, _get_messages, GET_MESSAGES_SCHEMA, only)
    for_users(SERVICE_GET_TRANSACTION, _get_transaction, GET_TRANSACTION_SCHEMA, only)
