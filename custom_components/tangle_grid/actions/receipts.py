"""The action that hands out receipts of charging sessions, stays and passages as signed files, and their download."""

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
from homeassistant.util import dt as dt_util, slugify

from ..const import DOMAIN
from ..economy.signed_receipt import KINDS, kind_of, reference_of
from ..errors import invalid, translated_errors
from ..island.signed_receipts import ReceiptFile
from .access import async_require_download, async_require_spending
from .fields import ATTR_LIMIT, LIMIT
from .registering import for_users
from .targets import Target, async_loaded_islands, async_target

SERVICE_GET_RECEIPTS: Final = "get_receipts"
ATTR_KINDS: Final = "kinds"
PATH: Final = f"/api/{DOMAIN}/{{island_id}}/receipt/{{participant}}/{{kind}}/{{reference}}"
_LINK_LASTS: Final = timedelta(minutes=30)
GET_RECEIPTS_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_DEVICE_ID): cv.string,
        vol.Optional(ATTR_KINDS, default=list(KINDS)): vol.All(cv.ensure_list, [vol.In(KINDS)]),
        **LIMIT,
    }
)


async def _get_receipts(call: ServiceCall) -> ServiceResponse:
    """Return the newest receipts of whoever paid or was paid, with what contradicts itself in them."""
    target = async_target(call.hass, call.data[ATTR_DEVICE_ID])
    member, runtime = target.participant, target.runtime
    if member is None:
        raise invalid("device_is_island", island=runtime.entry.title)
    await async_require_spending(target, call.context)
    with translated_errors():
        found = await runtime.economy.receipts.async_newest(
            member.participant_id, kinds=call.data[ATTR_KINDS], limit=call.data[ATTR_LIMIT]
        )
    return {"receipts": [_response(call.hass, target, member.participant_id, each) for each in found]}


def _response(hass: HomeAssistant, target: Target, participant: str, found: ReceiptFile) -> dict[str, Any]:
    kind, reference = kind_of(found.receipt), reference_of(found.receipt)
    path = PATH.format(island_id=target.runtime.island_id, participant=participant, kind=kind, reference=reference)
    ended_at = dt_util.utc_from_timestamp(target.runtime.clock.to_wall(found.ended_at))
    return {
        "kind": kind,
        "reference": reference,
        "ended_at": dt_util.as_local(ended_at).isoformat(timespec="seconds"),
        "verified": not found.contradictions,
        "contradictions": [
            {"figure": wrong.name, "said": wrong.said, "computed": wrong.computed} for wrong in found.contradictions
        ],
        "file": dict(found.file),
        "url": async_sign_path(hass, path, _LINK_LASTS),
    }


class ReceiptView(HomeAssistantView):
    """Receipts to be downloaded: by whoever is logged in and may see them, or with the link that the action gave."""

    url = PATH
    name = f"api:{DOMAIN}:receipt"

    def __init__(self, hass: HomeAssistant) -> None:
        """Serve all islands of this Home Assistant."""
        self._hass = hass

    async def get(
        self, request: web.Request, island_id: str, participant: str, kind: str, reference: str
    ) -> web.Response:
        """Return the receipt as a file."""
        runtime = next((each for each in async_loaded_islands(self._hass) if each.island_id == island_id), None)
        member = None if runtime is None else runtime.members.get(participant)
        if runtime is None or member is None or kind not in KINDS:
            return self.json_message("Not Found", HTTPStatus.NOT_FOUND)
        try:
            await async_require_download(request, Target(runtime, member))
        except HomeAssistantError:
            return self.json_message("Forbidden", HTTPStatus.FORBIDDEN)
        try:
            with translated_errors():
                found = await runtime.economy.receipts.async_newest(
                    participant, kinds=[kind], limit=1, reference=reference
                )
        except HomeAssistantError as error:
            return self.json_message(str(error), HTTPStatus.BAD_REQUEST)
        if not found:
            return self.json_message("Not Found", HTTPStatus.NOT_FOUND)
        return web.Response(
            text=json.dumps(found[0].file, indent=2),
            content_type="application/json",
            charset="utf-8",
            headers={
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{slugify(reference)}.json"',
                hdrs.CACHE_CONTROL: "no-store",
            },
        )


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the action."""
    for_users(hass, SERVICE_GET_RECEIPTS, _get_receipts, GET_RECEIPTS_SCHEMA, SupportsResponse.ONLY)
