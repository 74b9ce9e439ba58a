"""The actions of the books: statements to be read, signed or downloaded, and what people may ask for by law."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import voluptuous as vol
from aiohttp import hdrs, web
from homeassistant.components.http.auth import async_sign_path
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.util import slugify
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN, TREASURY
from ..economy.books import BooksError, Form, Month, Statement, Sums, decimal
from ..errors import invalid, translated_errors
from .access import async_require_download, async_require_spending
from .registering import for_users
from .responses import sighting_response
from .targets import Target, async_loaded_islands, async_target

SERVICE_STATEMENT: Final = "statement"
SERVICE_EXPORT_MY_DATA: Final = "export_my_data"
SERVICE_ERASE_ME: Final = "erase_me"
ATTR_CONFIRM: Final = "confirm"
ATTR_MONTH: Final = "month"
ATTR_FORMAT: Final = "format"
JSON: Final = "json"
FORMATS: Final = (JSON, *(f"csv_{form}" for form in Form))
PATH: Final = f"/api/{DOMAIN}/{{island_id}}/statement/{{participant}}/{{month}}/{{form}}"
_LINK_LASTS: Final = timedelta(minutes=30)

STATEMENT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_MONTH): vol.All(cv.string, vol.Strip),
        vol.Optional(ATTR_FORMAT, default=JSON): vol.In(FORMATS),
    }
)

EXPORT_MY_DATA_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string})
ERASE_ME_SCHEMA: Final = vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, vol.Required(ATTR_CONFIRM): cv.boolean})


def month_of(text: str) -> Month:
    """Return the month that is written as 2026-11. Raises ServiceValidationError (not_a_month)."""
    try:
        return Month.parse(text)
    except BooksError:
        raise invalid("not_a_month", month=text[:20]) from None


async def _statement(call: ServiceCall) -> ServiceResponse:
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_spending(target, call.context)
    books, form = target.runtime.economy.books, call.data[ATTR_FORMAT]
    month = month_of(call.data[ATTR_MONTH]) if ATTR_MONTH in call.data else books.this_month()
    with translated_errors():
        found = await books.async_statement(_participant(target), month)
        content = _content(target, found, form)
    path = PATH.format(island_id=target.runtime.island_id, participant=_participant(target), month=month, form=form)
    return _summary(found) | {
        "content": content if form == JSON else str(content),
        "url": async_sign_path(call.hass, path, _LINK_LASTS),
    }


def _participant(target: Target) -> str:
    return TREASURY if target.participant is None else target.participant.participant_id


def _content(target: Target, of: Statement, form: str) -> Any:
    books = target.runtime.economy.books
    if form != JSON:
        return books.csv(of, Form(form.removeprefix("csv_")), target.runtime.wallet_names)
    try:
        return books.signed(of)
    except BooksError as error:
        raise invalid("statement_not_signable", problem=str(error)) from error


def _sums(sums: Sums) -> JsonObjectType:
    return {
        "received": sums.in_i,
        "paid": sums.out_i,
        "energy_in_wh": sums.wh_in,
        "energy_out_wh": sums.wh_out,
        "count": sums.references,
    }


def _summary(of: Statement) -> dict[str, Any]:
    return {
        "month": str(of.month),
        "opening": of.opening_i,
        "closing": of.closing_i,
        "sessions": of.sessions,
        "lines": len(of.lines),
        "totals": _sums(of.totals),
        "kinds": {kind.value: _sums(sums) for kind, sums in of.by_kind.items()},
        "money": _money(of),
    }


def _money(of: Statement) -> JsonObjectType | None:
    """Return the sums in the currency; None where nobody says what tokens are worth."""
    worth, money = of.worth, of.money
    if worth is None or money is None:
        return None
    sums = {"opening": money.opening, "received": money.received, "paid": money.paid, "closing": money.closing}
    return {"currency": worth.currency, **{name: decimal(units) for name, units in sums.items()}}


async def _export_my_data(call: ServiceCall) -> ServiceResponse:
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    await async_require_spending(target, call.context)
    runtime, member = target.runtime, target.participant
    participant = _participant(target)
    with translated_errors():
        books = await runtime.economy.books.async_export(participant)
    settings = None if member is None else runtime.entry.subentries[member.participant_id]
    asked = [request for request in runtime.grid.newest_requests if participant in request.asks]
    return {
        "participant": participant,
        "name": runtime.entry.title if member is None else member.name,
        "settings": {} if settings is None else dict(settings.data),
        "books": books,
        "reports": [
            {"topic": runtime.members[topic_id].name, **sighting_response(runtime, each)}
            for topic_id, each in runtime.economy.topics.reports_of(participant)
        ],
        "requests": [
            {"request_id": request.request_id, "part": request.asks[participant].to_dict()} for request in asked
        ],
    }


async def _erase_me(call: ServiceCall) -> ServiceResponse:
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    if target.participant is None:
        raise invalid("device_is_island", island=target.runtime.entry.title)
    await async_require_spending(target, call.context)
    if not call.data[ATTR_CONFIRM]:
        raise invalid("erasing_not_confirmed", participant=target.participant.name)
    runtime, participant = target.runtime, target.participant.participant_id
    with translated_errors():
        runtime.economy.services.visits.erase(participant)
        runtime.economy.topics.forget(participant)
        erased = await runtime.economy.books.async_erase(participant)
        reports = await runtime.ledger.keys.forget_reports(participant)
    return {
        "lines": erased.lines,
        "payments": erased.payments,
        "reports": reports,
        "under_way": erased.under_way,
    }


class StatementView(HomeAssistantView):
    """Statements to be downloaded: by whoever is logged in and may see them, or with the link that the action gave."""

    url = PATH
    name = f"api:{DOMAIN}:statement"

    def __init__(self, hass: HomeAssistant) -> None:
        """Serve all islands of this Home Assistant."""
        self._hass = hass

    async def get(self, request: web.Request, island_id: str, participant: str, month: str, form: str) -> web.Response:
        """Return the statement as a file."""
        runtime = next((each for each in async_loaded_islands(self._hass) if each.island_id == island_id), None)
        member = None if runtime is None else runtime.members.get(participant)
        if runtime is None or form not in FORMATS or (member is None and participant != TREASURY):
            return self.json_message("Not Found", HTTPStatus.NOT_FOUND)
        target = Target(runtime, member)
        try:
            await async_require_download(request, target)
        except HomeAssistantError:
            return self.json_message("Forbidden", HTTPStatus.FORBIDDEN)
        try:
            with translated_errors():
                found = await runtime.economy.books.async_statement(participant, month_of(month))
                content = _content(target, found, form)
        except HomeAssistantError as error:
            return self.json_message(str(error), HTTPStatus.BAD_REQUEST)
        name = runtime.entry.title if member is None else member.name
        end = "json" if form == JSON else "csv"
        return web.Response(
            text=json.dumps(content, indent=2) if form == JSON else str(content),
            content_type="application/json" if form == JSON else "text/csv",
            charset="utf-8",
            headers={
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{slugify(name)}-{month}.{end}"',
                hdrs.CACHE_CONTROL: "no-store",
            },
        )


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the actions of the books."""
    for_users(hass, SERVICE_STATEMENT, _statement, STATEMENT_SCHEMA, SupportsResponse.ONLY)
    for_users(hass, SERVICE_EXPORT_MY_DATA, _export_my_data, EXPORT_MY_DATA_SCHEMA, SupportsResponse.ONLY)
    for_users(hass, SERVICE_ERASE_ME, _erase_me, ERASE_ME_SCHEMA, SupportsResponse.OPTIONAL)
