"""The actions of keys: a program elsewhere that answers for a participant."""

from typing import Final

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..errors import translated_errors
from .registering import for_admins
from .targets import async_participant

SERVICE_ENROL_KEY: Final = "enrol_key"
ATTR_PUBLIC_KEY: Final = "public_key"

ENROL_KEY_SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): cv.string, vol.Required(ATTR_PUBLIC_KEY): vol.All(cv.string, vol.Strip, vol.Lower)}
)


async def _enrol_key(call: ServiceCall) -> ServiceResponse:
    runtime, participant = async_participant(call.hass, call.data[ATTR_DEVICE_ID])
    with translated_errors():
        await runtime.ledger.keys.enrol(participant.participant_id, call.data[ATTR_PUBLIC_KEY])
    return {"island": runtime.island_id, "participant": participant.participant_id}


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of keys."""
    for_admins(hass, SERVICE_ENROL_KEY, _enrol_key, ENROL_KEY_SCHEMA, SupportsResponse.OPTIONAL)
