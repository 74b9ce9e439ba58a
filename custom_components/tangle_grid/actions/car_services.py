"""The actions of parking and tolls: for a car, by a person who may spend for it, or by an automation."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv

from ..const import (
    CONF_PARKING_LIMIT,
    CONF_PARKING_MODE,
    CONF_SERVICE_RULES,
    CONF_TOLL_LIMIT,
    CONF_TOLL_MODE,
    SUBENTRY_PARKING,
    SUBENTRY_TOLL,
    SUBENTRY_VEHICLE,
)
from ..economy.services import Mode, Use
from ..errors import invalid, translated_errors
from .access import async_require_spending
from .fields import whole_number
from .registering import for_users
from .targets import Target, async_target

SERVICE_PARK_START: Final = "park_start"
SERVICE_PARK_END: Final = "park_end"
SERVICE_PAY_TOLL: Final = "pay_toll"
SERVICE_SET_SERVICE_POLICY: Final = "set_service_policy"

ATTR_SERVICE_DEVICE_ID: Final = "service_device_id"
ATTR_USE: Final = "use"
ATTR_MODE: Final = "mode"
ATTR_LIMIT: Final = "limit"

_VEHICLE: Final = {vol.Required(ATTR_DEVICE_ID): cv.string}
AT_SERVICE_SCHEMA: Final = vol.Schema({**_VEHICLE, vol.Required(ATTR_SERVICE_DEVICE_ID): cv.string})
PARK_END_SCHEMA: Final = vol.Schema({**_VEHICLE, vol.Optional(ATTR_SERVICE_DEVICE_ID): cv.string})
SET_SERVICE_POLICY_SCHEMA: Final = vol.Schema(
    {
        **_VEHICLE,
        vol.Exclusive(ATTR_SERVICE_DEVICE_ID, ATTR_USE): cv.string,
        vol.Exclusive(ATTR_USE, ATTR_USE): vol.In([use.value for use in Use]),
        vol.Required(ATTR_MODE): vol.In([mode.value for mode in Mode]),
        vol.Optional(ATTR_LIMIT): whole_number,
    }
)
_FIELDS: Final = {
    Use.PARKING: (CONF_PARKING_MODE, CONF_PARKING_LIMIT),
    Use.TOLL: (CONF_TOLL_MODE, CONF_TOLL_LIMIT),
}


async def _async_vehicle(call: ServiceCall) -> tuple[Target, str]:
    """Return the vehicle that is meant, and its id; whoever calls may spend for it."""
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    member = target.participant
    if member is None or member.kind != SUBENTRY_VEHICLE:
        name = target.runtime.entry.title if member is None else member.name
        raise invalid("device_is_no_vehicle", device=name)
    await async_require_spending(target, call.context)
    return target, member.participant_id


def _service(call: ServiceCall, vehicle: Target, *kinds: str) -> str:
    """Return the id of the service that is meant: one of these kinds, on the island of the vehicle."""
    target = async_target(call.hass, call.data[ATTR_SERVICE_DEVICE_ID])
    if target.runtime is not vehicle.runtime:
        raise invalid("target_on_other_island")
    member = target.participant
    if member is None or member.kind not in kinds:
        name = target.runtime.entry.title if member is None else member.name
        raise invalid("device_is_no_toll" if kinds == (SUBENTRY_TOLL,) else "device_is_no_car_park", device=name)
    return member.participant_id


async def _park_start(call: ServiceCall) -> ServiceResponse:
    vehicle, vehicle_id = await _async_vehicle(call)
    service = _service(call, vehicle, SUBENTRY_PARKING)
    with translated_errors():
        return vehicle.runtime.economy.services.async_park(vehicle_id, service)


async def _park_end(call: ServiceCall) -> ServiceResponse:
    vehicle, vehicle_id = await _async_vehicle(call)
    service = _service(call, vehicle, SUBENTRY_PARKING) if ATTR_SERVICE_DEVICE_ID in call.data else None
    with translated_errors():
        return vehicle.runtime.economy.services.async_leave(vehicle_id, service)


async def _pay_toll(call: ServiceCall) -> ServiceResponse:
    vehicle, vehicle_id = await _async_vehicle(call)
    service = _service(call, vehicle, SUBENTRY_TOLL)
    with translated_errors():
        return vehicle.runtime.economy.services.async_pay_toll(vehicle_id, service)


async def _set_service_policy(call: ServiceCall) -> ServiceResponse:
    """Set what a vehicle allows: one service, or all of a kind."""
    vehicle, vehicle_id = await _async_vehicle(call)
    mode, limit = call.data[ATTR_MODE], call.data.get(ATTR_LIMIT)
    if mode == Mode.UP_TO and limit is None:
        raise invalid("limit_missing")
    if limit is not None and limit < 0:
        raise invalid("limit_negative", limit=str(limit))
    entry = vehicle.runtime.entry
    data: dict[str, Any] = dict(entry.subentries[vehicle_id].data)
    if ATTR_USE in call.data:
        name, most = _FIELDS[Use(call.data[ATTR_USE])]
        data |= {name: mode, most: limit}
        if limit is None:
            del data[most]
    elif ATTR_SERVICE_DEVICE_ID in call.data:
        service = _service(call, vehicle, SUBENTRY_PARKING, SUBENTRY_TOLL)
        rule = {"mode": mode} if limit is None else {"mode": mode, "limit": limit}
        data[CONF_SERVICE_RULES] = {**data.get(CONF_SERVICE_RULES, {}), service: rule}
    else:
        raise invalid("service_not_named")
    call.hass.config_entries.async_update_subentry(entry, entry.subentries[vehicle_id], data=data)
    return None


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of parking and tolls."""
    optional, none = SupportsResponse.OPTIONAL, SupportsResponse.NONE
    for_users(hass, SERVICE_PARK_START, _park_start, AT_SERVICE_SCHEMA, optional)
    for_users(hass, SERVICE_PARK_END, _park_end, PARK_END_SCHEMA, optional)
    for_users(hass, SERVICE_PAY_TOLL, _pay_toll, AT_SERVICE_SCHEMA, optional)
    for_users(hass, SERVICE_SET_SERVICE_POLICY, _set_service_policy, SET_SERVICE_POLICY_SCHEMA, none)
