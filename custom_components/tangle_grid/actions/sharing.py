"""The action that says who used how much of a common source."""

from fractions import Fraction
from typing import Any, Final

import voluptuous as vol
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util

from ..economy.books import BooksError, Dynamic, Form, Hybrid, SharingKey, Static, sharing_csv
from ..errors import invalid, translated_errors
from .books import ATTR_FORMAT, ATTR_MONTH, FORMATS, JSON, month_of
from .registering import for_admins
from .schema_errors import NumberInvalid
from .targets import async_participant

SERVICE_SHARE_ENERGY: Final = "share_energy"
ATTR_SOURCE_DEVICE_ID: Final = "source_device_id"
ATTR_KEY: Final = "key"
ATTR_SHARES: Final = "shares"
STATIC: Final = "static"
DYNAMIC: Final = "dynamic"
HYBRID: Final = "hybrid"
_PERCENT: Final = 100

_DEVICES: Final = vol.All(cv.ensure_list, [cv.string], vol.Length(min=1))


def _percent(value: Any) -> Fraction:
    """Return an exact part of the whole."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NumberInvalid("expected a number")
    try:
        return Fraction(str(value)) / _PERCENT
    except ValueError, ZeroDivisionError:
        raise NumberInvalid("expected a number") from None


SHARE_ENERGY_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_SOURCE_DEVICE_ID): _DEVICES,
        vol.Required(ATTR_DEVICE_ID): _DEVICES,
        vol.Required(ATTR_KEY): vol.In([STATIC, DYNAMIC, HYBRID]),
        vol.Optional(ATTR_SHARES): {cv.string: _percent},
        vol.Optional(ATTR_MONTH): vol.All(cv.string, vol.Strip),
        vol.Optional(ATTR_FORMAT, default=f"csv_{Form.COMMA}"): vol.In(FORMATS),
    }
)


def _key(kind: str, members: dict[str, str], given: dict[str, Fraction] | None) -> SharingKey:
    """Return the key; without shares, all have the same. `members` are participants' ids by device."""
    if kind == DYNAMIC:
        return Dynamic()
    unknown = set(given or ()) - set(members)
    if unknown:
        raise invalid("share_of_nobody", device=min(unknown))
    even = dict.fromkeys(members, Fraction(1, len(members)))
    shares = {members[device_id]: part for device_id, part in (even if given is None else given).items()}
    try:
        return Static(shares) if kind == STATIC else Hybrid(shares)
    except BooksError as error:
        raise invalid("shares_cannot_be", problem=str(error)) from error


async def _share_energy(call: ServiceCall) -> ServiceResponse:
    """Share what the sources gave in a month among the members."""
    runtime, _first = async_participant(call.hass, call.data[ATTR_SOURCE_DEVICE_ID][0])
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for device_id in (*call.data[ATTR_SOURCE_DEVICE_ID], *call.data[ATTR_DEVICE_ID]):
        other, participant = async_participant(call.hass, device_id)
        if other is not runtime:
            raise invalid("device_not_on_island", device=participant.name)
        names[device_id], ids[device_id] = participant.name, participant.participant_id
    members = {device_id: ids[device_id] for device_id in call.data[ATTR_DEVICE_ID]}
    key = _key(call.data[ATTR_KEY], members, call.data.get(ATTR_SHARES))
    month = month_of(call.data[ATTR_MONTH]) if ATTR_MONTH in call.data else runtime.economy.books.this_month()
    sources = [ids[device_id] for device_id in call.data[ATTR_SOURCE_DEVICE_ID]]
    with translated_errors():
        await runtime.economy.quarter_hours.async_write_all()
        shared = await runtime.economy.books.async_share(sources, list(members.values()), key, month)
        is_json = call.data[ATTR_FORMAT] == JSON
        signed = runtime.economy.books.signed_sharing(shared, key, month) if is_json else None
    zone = dt_util.get_default_time_zone()
    form = None if is_json else Form(call.data[ATTR_FORMAT].removeprefix("csv_"))
    used = {who: sum(each.used_wh[who] for each in shared) for who in members.values()}
    got = {who: sum(each.shared_wh[who] for each in shared) for who in members.values()}
    return {
        "month": str(month),
        "quarters": len(shared),
        "produced_wh": sum(each.produced_wh for each in shared),
        "fed_in_wh": sum(each.fed_in_wh for each in shared),
        "members": [
            {
                "device_id": device_id,
                "name": names[device_id],
                "used_wh": used[who],
                "shared_wh": got[who],
                "from_grid_wh": used[who] - got[who],
                **({} if form is None else {"csv": sharing_csv(shared, who, zone, form)}),
            }
            for device_id, who in members.items()
        ],
        **({} if signed is None else {"content": signed}),
    }


@callback
def async_register(hass: HomeAssistant) -> None:
    """Register the action."""
    for_admins(hass, SERVICE_SHARE_ENERGY, _share_energy, SHARE_ENERGY_SCHEMA, SupportsResponse.ONLY)
