"""The actions that pay, and those that show what was paid."""

from typing import Final
from uuid import uuid4

import voluptuous as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..const import TREASURY
from ..errors import invalid, translated_errors
from ..ledger import PaymentOrder
from .access import async_bound_user, async_require_spending, visible_payments
from .fields import (
    ATTR_AMOUNT,
    ATTR_LIMIT,
    ATTR_PAYMENT_ID,
    ATTR_REASON,
    ATTR_TARGET,
    ATTR_TARGET_DEVICE_ID,
    LIST_FIELDS,
    MOST_PAYMENTS,
    PAYMENT_ID,
    REASON,
    whole_number,
)
from .registering import for_admins, for_users
from .responses import payment_response
from .targets import async_island, async_target

SERVICE_SEND_TOKENS: Final = "send_tokens"
SERVICE_REWARD: Final = "reward"
SERVICE_GET_PAYMENTS: Final = "get_payments"

SEND_TOKENS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Exclusive(ATTR_TARGET, ATTR_TARGET): cv.string,
        vol.Exclusive(ATTR_TARGET_DEVICE_ID, ATTR_TARGET): cv.string,
        vol.Required(ATTR_AMOUNT): whole_number,
        vol.Optional(ATTR_PAYMENT_ID): PAYMENT_ID,
    }
)
REWARD_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_AMOUNT): whole_number,
        vol.Required(ATTR_REASON): REASON,
        vol.Optional(ATTR_PAYMENT_ID): PAYMENT_ID,
    }
)


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
        payment = await runtime.ledger.pay(
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
        payment = await runtime.ledger.pay(
            PaymentOrder(
                payment_id=call.data.get(ATTR_PAYMENT_ID) or uuid4().hex,
                source=TREASURY,
                target=target.wallet,
                amount_i=call.data[ATTR_AMOUNT],
                memo={ATTR_REASON: call.data[ATTR_REASON]},
            )
        )
    return payment_response(runtime, payment)


async def _get_payments(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    user, limit = await async_bound_user(call.hass, call.context), call.data[ATTR_LIMIT]
    with translated_errors():
        payments = await runtime.ledger.payments(limit=limit if user is None else MOST_PAYMENTS)
    visible = visible_payments(runtime, payments, user)
    return {"payments": [payment_response(runtime, payment) for payment in visible[:limit]]}


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of payments."""
    for_users(hass, SERVICE_SEND_TOKENS, _send_tokens, SEND_TOKENS_SCHEMA, SupportsResponse.OPTIONAL)
    for_admins(hass, SERVICE_REWARD, _reward, REWARD_SCHEMA, SupportsResponse.OPTIONAL)
    for_users(hass, SERVICE_GET_PAYMENTS, _get_payments, vol.Schema(LIST_FIELDS), SupportsResponse.ONLY)
