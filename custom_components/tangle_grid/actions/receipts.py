"""The action that hands out the receipts of charging sessions, each recomputed before it is shown."""

from typing import Final

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..const import SUBENTRY_CHARGER
from ..errors import invalid, translated_errors
from .access import async_require_spending
from .fields import ATTR_LIMIT, LIMIT
from .registering import for_users
from .responses import participant_name
from .targets import async_target

SERVICE_GET_SESSIONS: Final = "get_sessions"
GET_SESSIONS_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, **LIMIT})


async def _get_sessions(call: ServiceCall) -> ServiceResponse:
    """Return the newest receipts of a charger, or of whoever paid, with what contradicts itself in them."""
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    member, runtime = target.participant, target.runtime
    if member is None:
        raise invalid("device_is_island", island=runtime.entry.title)
    await async_require_spending(target, call.context)
    with translated_errors():
        found = await runtime.charging.async_receipts(
            charger=member.participant_id if member.kind == SUBENTRY_CHARGER else None,
            payer=member.participant_id,
            limit=call.data[ATTR_LIMIT],
        )
    return {
        "sessions": [
            {
                "session_id": each.receipt.session_id,
                "charger": participant_name(runtime, each.receipt.charger),
                "verified": not each.contradictions,
                "contradictions": [
                    {"figure": wrong.name, "said": wrong.said, "computed": wrong.computed}
                    for wrong in each.contradictions
                ],
                "receipt": each.receipt.to_dict(),
            }
            for each in found
        ]
    }


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the action."""
    for_users(hass, SERVICE_GET_SESSIONS, _get_sessions, GET_SESSIONS_SCHEMA, SupportsResponse.ONLY)
