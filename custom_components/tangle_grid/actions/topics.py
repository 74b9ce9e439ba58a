"""The actions of data topics: what was seen is reported, and a topic's owner says what is true and what is not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID, ATTR_LATITUDE, ATTR_LONGITUDE
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..const import CONF_TRACKER, SUBENTRY_DATA_TOPIC
from ..economy.topics import Finding
from ..errors import invalid, translated_errors
from ..island.configuration import Member
from ..island.runtime import IslandRuntime
from .access import async_require_control, async_require_spending
from .registering import for_users
from .responses import iso_time, sighting_response
from .targets import Target, async_target

SERVICE_REPORT: Final = "report"
SERVICE_ACCEPT_REPORT: Final = "accept_report"
SERVICE_REJECT_REPORT: Final = "reject_report"
SERVICE_GET_REPORTS: Final = "get_reports"

ATTR_TOPIC_DEVICE_ID: Final = "topic_device_id"
ATTR_REPORT_ID: Final = "report_id"
ATTR_SEEN_AT: Final = "seen_at"
ATTR_VALUE: Final = "value"
ATTR_VALUE_ENTITY_ID: Final = "value_entity_id"
ATTR_PICTURE: Final = "picture"

REPORT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Required(ATTR_TOPIC_DEVICE_ID): cv.string,
        # Ranges are left to the topic: it says in words, in the user's language, what is wrong.
        vol.Inclusive(ATTR_LATITUDE, "place"): vol.Coerce(float),
        vol.Inclusive(ATTR_LONGITUDE, "place"): vol.Coerce(float),
        vol.Optional(ATTR_SEEN_AT): cv.datetime,
        vol.Exclusive(ATTR_VALUE, ATTR_VALUE): vol.Coerce(float),
        vol.Exclusive(ATTR_VALUE_ENTITY_ID, ATTR_VALUE): cv.entity_id,
        vol.Optional(ATTR_PICTURE): vol.All(cv.string, vol.Strip, vol.Lower),
    }
)
DECIDE_SCHEMA: Final = vol.Schema(
    {vol.Required(ATTR_DEVICE_ID): cv.string, vol.Required(ATTR_REPORT_ID): vol.All(cv.string, vol.Strip)}
)
GET_REPORTS_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})


@callback
def _async_topic(hass: HomeAssistant, device_id: str) -> tuple[Target, Member]:
    target = async_target(hass, device_id)
    topic = target.participant
    if topic is None or topic.kind != SUBENTRY_DATA_TOPIC:
        raise invalid("device_is_no_topic", device=target.runtime.entry.title if topic is None else topic.name)
    return target, topic


async def _async_own_topic(call: ServiceCall) -> tuple[IslandRuntime, str]:
    """Return the topic that the call is about, for its owners and administrators."""
    target, topic = _async_topic(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_spending(target, call.context)
    return target.runtime, topic.participant_id


async def _report(call: ServiceCall) -> ServiceResponse:
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    runtime, reporter = target.runtime, target.participant
    if reporter is None:
        raise invalid("device_is_island", island=runtime.entry.title)
    topic_target, topic = _async_topic(call.hass, call.data[ATTR_TOPIC_DEVICE_ID])
    if topic_target.runtime is not runtime:
        raise invalid("device_not_on_island", device=topic.name)
    await async_require_control(runtime, reporter, call.context)
    latitude, longitude = _place(runtime, reporter, call.data)
    seen_at: datetime | None = call.data.get(ATTR_SEEN_AT)
    with translated_errors():
        outcome = await runtime.economy.topics.async_report(
            topic.participant_id,
            reporter.participant_id,
            latitude=latitude,
            longitude=longitude,
            # A time without a zone is meant as it is shown here.
            seen_at=None if seen_at is None else dt_util.as_utc(seen_at).timestamp(),
            value=_value(call.hass, call.data),
            picture=call.data.get(ATTR_PICTURE),
        )
    return {
        "status": outcome.status.value,
        "report_id": outcome.report_id,
        "finding_id": outcome.finding_id,
        "reporters": outcome.reporters,
        "needed": outcome.needed,
        "paid": outcome.paid_i,
    }


@callback
def _place(runtime: IslandRuntime, reporter: Member, data: Mapping[str, Any]) -> tuple[float, float]:
    """Return where it was seen: as the call says, or where the reporter's tracker is."""
    if ATTR_LATITUDE in data:
        return data[ATTR_LATITUDE], data[ATTR_LONGITUDE]
    tracker = runtime.entry.subentries[reporter.participant_id].data.get(CONF_TRACKER)
    state = runtime.hass.states.get(tracker) if tracker else None
    if state is None or state.attributes.get(ATTR_LATITUDE) is None or state.attributes.get(ATTR_LONGITUDE) is None:
        raise invalid("place_unknown", participant=reporter.name)
    return state.attributes[ATTR_LATITUDE], state.attributes[ATTR_LONGITUDE]


@callback
def _value(hass: HomeAssistant, data: Mapping[str, Any]) -> float | None:
    entity_id = data.get(ATTR_VALUE_ENTITY_ID)
    if entity_id is None:
        value: float | None = data.get(ATTR_VALUE)
        return value
    state = hass.states.get(entity_id)
    try:
        return float(state.state if state is not None else "")
    except ValueError:
        raise invalid("value_unknown", entity=entity_id) from None


async def _accept_report(call: ServiceCall) -> ServiceResponse:
    runtime, topic_id = await _async_own_topic(call)
    with translated_errors():
        finding = runtime.economy.topics.accept(topic_id, call.data[ATTR_REPORT_ID])
    return {"finding": None if finding is None else _finding_response(finding)}


async def _reject_report(call: ServiceCall) -> ServiceResponse:
    runtime, topic_id = await _async_own_topic(call)
    with translated_errors():
        finding = runtime.economy.topics.reject(topic_id, call.data[ATTR_REPORT_ID])
    return {"finding": _finding_response(finding)}


async def _get_reports(call: ServiceCall) -> ServiceResponse:
    runtime, topic_id = await _async_own_topic(call)
    with translated_errors():
        book = runtime.economy.topics.book(topic_id)
    return {
        "reports": [sighting_response(runtime, each) for each in book.open],
        "findings": [_finding_response(each) for each in book.findings],
    }


def _finding_response(finding: Finding) -> JsonObjectType:
    return {
        "finding_id": finding.finding_id,
        "state": finding.state.value,
        "latitude": finding.place.latitude,
        "longitude": finding.place.longitude,
        "since": iso_time(finding.since),
        "until": iso_time(finding.until),
        "value": finding.value,
        "picture": finding.picture,
        "reporters": len(finding.payees),
        "cost": finding.cost_i,
        "paid": finding.is_paid,
    }


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of data topics."""
    for_users(hass, SERVICE_REPORT, _report, REPORT_SCHEMA, SupportsResponse.OPTIONAL)
    for_users(hass, SERVICE_ACCEPT_REPORT, _accept_report, DECIDE_SCHEMA, SupportsResponse.OPTIONAL)
    for_users(hass, SERVICE_REJECT_REPORT, _reject_report, DECIDE_SCHEMA, SupportsResponse.OPTIONAL)
    for_users(hass, SERVICE_GET_REPORTS, _get_reports, GET_REPORTS_SCHEMA, SupportsResponse.ONLY)
