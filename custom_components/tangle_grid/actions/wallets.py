"""The actions of wallets: what they may spend, where their owners keep the rest, what waits, what was paid rightly.

What bounds a wallet is for administrators, or for automations; its owners spend from it; anyone may look at the queue,
without what is somebody else's, and verify.
"""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..errors import invalid, translated_errors
from ..ledger import SpendingLimits
from .access import async_bound_user, async_require_spending, visible_payments
from .fields import ATTR_LIMIT, ATTR_PAYMENT_ID, ATTR_TRANSACTION, LIST_FIELDS, MOST_PAYMENTS, whole_number
from .registering import for_admins, for_users
from .responses import payment_response, queued_response, rules_response, verification_response
from .targets import async_island, async_target

SERVICE_SET_SPENDING_LIMITS: Final = "set_spending_limits"
SERVICE_SET_OWNER_ADDRESS: Final = "set_owner_address"
SERVICE_SWEEP: Final = "sweep"
SERVICE_GET_QUEUE: Final = "get_queue"
SERVICE_VERIFY_RECEIPT: Final = "verify_receipt"

ATTR_PER_PAYMENT: Final = "per_payment"
ATTR_PER_DAY: Final = "per_day"
ATTR_REMOVE: Final = "remove"
ATTR_ADDRESS: Final = "address"
ATTR_SWEEP_ABOVE: Final = "sweep_above"
ATTR_KEEP: Final = "keep"

SET_SPENDING_LIMITS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_PER_PAYMENT): whole_number,
        vol.Optional(ATTR_PER_DAY): whole_number,
        vol.Optional(ATTR_REMOVE): vol.All(cv.ensure_list, [vol.In([ATTR_PER_PAYMENT, ATTR_PER_DAY])]),
    }
)
SET_OWNER_ADDRESS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_ADDRESS): vol.All(cv.string, vol.Strip),
        vol.Optional(ATTR_SWEEP_ABOVE): whole_number,
        vol.Optional(ATTR_KEEP): whole_number,
    }
)
SWEEP_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, vol.Optional(ATTR_KEEP): whole_number})
VERIFY_RECEIPT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        # The ids of rewards are made of two parts, with a colon between them.
        vol.Exclusive(ATTR_PAYMENT_ID, ATTR_TRANSACTION): vol.All(cv.string, vol.Strip, vol.Length(min=1, max=255)),
        vol.Exclusive(ATTR_TRANSACTION, ATTR_TRANSACTION): vol.All(cv.string, vol.Strip),
    }
)


async def _set_spending_limits(call: ServiceCall) -> ServiceResponse:
    """Change the limits that are named; the others stay."""
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    link, wallet = target.runtime.link, target.wallet
    removed = call.data.get(ATTR_REMOVE, ())
    if any(limit in call.data for limit in removed):
        raise invalid("limit_set_and_removed")
    with translated_errors():
        before = await link.ledger.rules.limits(wallet)
        now: dict[str, Any] = {ATTR_PER_PAYMENT: before.per_payment_i, ATTR_PER_DAY: before.per_day_i}
        now |= {limit: call.data[limit] for limit in now if limit in call.data} | dict.fromkeys(removed)
        await link.async_set_limits(
            wallet, SpendingLimits(per_payment_i=now[ATTR_PER_PAYMENT], per_day_i=now[ATTR_PER_DAY])
        )
    return rules_response(link.rules[wallet])


async def _set_owner_address(call: ServiceCall) -> ServiceResponse:
    """Set where a wallet's owner keeps the rest; without an address, forget it."""
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    link, wallet = target.runtime.link, target.wallet
    with translated_errors():
        await link.async_set_owner_address(
            wallet,
            call.data.get(ATTR_ADDRESS) or None,
            sweep_above_i=call.data.get(ATTR_SWEEP_ABOVE),
            keep_i=call.data.get(ATTR_KEEP, 0),
        )
    return rules_response(link.rules[wallet])


async def _sweep(call: ServiceCall) -> ServiceResponse:
    """Send all but what is to be kept to the owner's address."""
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_spending(target, call.context)
    wallet = target.wallet
    with translated_errors():
        ledger = target.runtime.ledger
        if (keep := call.data.get(ATTR_KEEP)) is None:
            owner = await ledger.rules.owner_address(wallet)
            keep = owner.keep_i if owner else 0
        payment = await ledger.rules.sweep(wallet, keep)
    return payment_response(target.runtime, payment)


async def _get_queue(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    user, limit = await async_bound_user(call.hass, call.context), call.data[ATTR_LIMIT]
    with translated_errors():
        queue = await runtime.ledger.queue(limit=limit if user is None else MOST_PAYMENTS)
    visible = {each.payment_id for each in visible_payments(runtime, (queued.payment for queued in queue), user)}
    seen = [queued for queued in queue if queued.payment.payment_id in visible]
    return {"queue": [queued_response(runtime, queued) for queued in seen[:limit]]}


async def _verify_receipt(call: ServiceCall) -> ServiceResponse:
    runtime = async_island(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    payment_id, transaction = call.data.get(ATTR_PAYMENT_ID), call.data.get(ATTR_TRANSACTION)
    if payment_id is None and transaction is None:
        raise invalid("payment_missing")
    with translated_errors():
        verification = await runtime.ledger.tangle.verify(payment_id=payment_id, transaction=transaction)
    return verification_response(runtime, verification)


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of wallets."""
    optional, only = SupportsResponse.OPTIONAL, SupportsResponse.ONLY
    for_admins(hass, SERVICE_SET_SPENDING_LIMITS, _set_spending_limits, SET_SPENDING_LIMITS_SCHEMA, optional)
    for_admins(hass, SERVICE_SET_OWNER_ADDRESS, _set_owner_address, SET_OWNER_ADDRESS_SCHEMA, optional)
    for_users(hass, SERVICE_SWEEP, _sweep, SWEEP_SCHEMA, optional)
    for_users(hass, SERVICE_GET_QUEUE, _get_queue, vol.Schema(LIST_FIELDS), only)
    for_users(hass, SERVICE_VERIFY_RECEIPT, _verify_receipt, VERIFY_RECEIPT_SCHEMA, only)
