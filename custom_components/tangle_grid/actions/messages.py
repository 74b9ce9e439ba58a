"""The actions of the Tangle: what is published there, and what stands there."""

from dataclasses import replace
from typing import Final

import voluptuous as vol
from homeassistant.auth.models import User
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..errors import invalid, translated_errors
from ..ledger import TangleMessage
from ..protocol import DataReport, FreeData, to_body
from .access import async_bound_user
from .fields import ATTR_DATA, ATTR_KIND, ATTR_LIMIT, ATTR_TOPIC, ATTR_TRANSACTION, ISLAND, LIST_FIELDS
from .registering import for_admins, for_users
from .responses import message_response, transaction_response
from .targets import async_island

SERVICE_PUBLISH_DATA: Final = "publish_data"
SERVICE_GET_MESSAGES: Final = "get_messages"
SERVICE_GET_TRANSACTION: Final = "get_transaction"
MESSAGE_KINDS: Final = ("meter", "request", "answer", "settlement", "payment", "key", "data", "report")
_SHOWN: Final = 50

PUBLISH_DATA_SCHEMA: Final = vol.Schema(
    {
        **ISLAND,
        vol.Required(ATTR_TOPIC): vol.All(cv.string, vol.Length(min=1, max=64)),
        vol.Required(ATTR_DATA): dict,
    }
)
GET_MESSAGES_SCHEMA: Final = vol.Schema({**LIST_FIELDS, vol.Optional(ATTR_KIND): cv.string})
GET_TRANSACTION_SCHEMA: Final = vol.Schema({**ISLAND, vol.Required(ATTR_TRANSACTION): cv.string})


async def _publish_data(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    with translated_errors():
        message_id = await runtime.ledger.publish(
            FreeData.kind, to_body(FreeData(topic=call.data[ATTR_TOPIC], data=call.data[ATTR_DATA]))
        )
    return {"message_id": message_id}


async def _get_messages(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    kind = call.data.get(ATTR_KIND)
    if kind is not None and kind not in MESSAGE_KINDS:
        # Nothing is found under a word that is misspelt, which would look as if there was nothing.
        raise invalid("unknown_kind", kind=kind[:_SHOWN], kinds=", ".join(MESSAGE_KINDS))
    with translated_errors():
        messages = await runtime.ledger.tangle.messages(kind=kind, limit=call.data[ATTR_LIMIT])
    user = await async_bound_user(call.hass, call.context)
    return {"messages": [message_response(runtime, _as_seen_by(user, message)) for message in messages]}


def _as_seen_by(user: User | None, message: TangleMessage) -> TangleMessage:
    """Return a message as a user may see it: where somebody was is for their eyes, the topic's and administrators'."""
    if user is None or message.kind != DataReport.kind or not message.sealed:
        return message
    return replace(message, body={})


async def _get_transaction(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    with translated_errors():
        transaction = await runtime.ledger.tangle.transaction(call.data[ATTR_TRANSACTION])
    if transaction is None:
        raise invalid("unknown_transaction", transaction=call.data[ATTR_TRANSACTION])
    if transaction.message is not None:
        user = await async_bound_user(call.hass, call.context)
        transaction = replace(transaction, message=_as_seen_by(user, transaction.message))
    return transaction_response(runtime, transaction)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of the Tangle."""
    for_admins(hass, SERVICE_PUBLISH_DATA, _publish_data, PUBLISH_DATA_SCHEMA, SupportsResponse.OPTIONAL)
    for_users(hass, SERVICE_GET_MESSAGES, _get_messages, GET_MESSAGES_SCHEMA, SupportsResponse.ONLY)
    for_users(hass, SERVICE_GET_TRANSACTION, _get_transaction, GET_TRANSACTION_SCHEMA, SupportsResponse.ONLY)
