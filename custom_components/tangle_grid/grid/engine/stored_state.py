"""What an engine's stored state looks like, see `persistence`; of a damaged one, as much as can be read."""

import math
from collections.abc import Mapping
from typing import Any, Final

from ..model.metered_series import Delivery, ReadingSeries, delivery
from ..model.request import RequestState
from ..model.stored_values import (
    NEEDED,
    Check,
    UnreadableError,
    by_name,
    flag,
    maybe,
    number,
    one_of,
    record,
    row,
    series,
    several,
    text,
    whole,
)
from ..model.tolerance import EPSILON
from ..model.validation import MAX_DURATION_S, MAX_POWER_W, MAX_RATE
from ..model.world import ChargingMode
from ..requests.settlement import energies, reward_i

#: Times of a clock that anybody has ever set, s since 1970.
_MOMENT: Final = number(0.0, 1e11)
_WATTS: Final = number(-MAX_POWER_W, MAX_POWER_W)
_ENERGY_WS: Final = number(-1e15, 1e15)
_WH: Final = whole(-(10**12), 10**12)
_TOKENS: Final = whole(0, MAX_RATE)
_OFFSET_S: Final = whole(0, 10**9)
_QUARTERS: Final = 96
_DAY: Final = row(*[maybe(_WATTS)] * _QUARTERS)
#: Rounding of a window's ends, s, and of floating point.
_ROUNDING_S: Final = 2.0


def _placeholder(value: Any, path: str, lost: list[str]) -> Any:
    """Return what may stand in a sentence: a text or a number."""
    return value if isinstance(value, str) else number(-1e16, 1e16)(value, path, lost)


_REASON: Final = record({"key": (text, NEEDED), "placeholders": (by_name(_placeholder), dict)})

_SERIES: Final = record(
    {
        "slot_s": (whole(1, 10**6), NEEDED),
        "strict": (flag, NEEDED),
        "fill_w": (_WH, NEEDED),
        "readings": (series(row(_OFFSET_S, maybe(_WH))), NEEDED),
        "done_s": (_OFFSET_S, NEEDED),
        "cut_s": (maybe(_OFFSET_S), NEEDED),
        "upto_s": (number(0.0, 1e9), NEEDED),
        "open_ws": (_ENERGY_WS, NEEDED),
        "open_s": (number(0.0, 1e9), NEEDED),
    }
)

#: In the place of what could not be read, until it is known what follows from that.
_UNREAD: Final = object()
#: States in which a part has earned what it has earned.
_SETTLED: Final = frozenset({RequestState.SETTLED, RequestState.PAID, RequestState.CONFIRMED})
#: What a reward is worked out from.
_EVIDENCE: Final = ("baseline_w", "need_wh", "quantities", "series")

_ASK: Final = record(
    {
        "device_id": (text, NEEDED),
        "state": (one_of(*RequestState), _UNREAD),
        "offer_w": (_WATTS, 0.0),
        "quantity_w": (_WATTS, 0.0),
        "promised_w": (_WATTS, 0.0),
        "rate": (_TOKENS, _UNREAD),
        "reason": (maybe(_REASON), None),
        "answered_at": (maybe(_MOMENT), None),
        "active_at": (maybe(_MOMENT), None),
        "ended_at": (maybe(_MOMENT), None),
        "baseline_w": (_WATTS, _UNREAD),
        "baseline_method": (text, "none"),
        "need_wh": (maybe(number(0.0, 1e9)), _UNREAD),
        "loads": (several(text), list),
        "series": (_SERIES, _UNREAD),
        "quantities": (series(row(_OFFSET_S, _WH)), _UNREAD),
        "committed_i": (_TOKENS, 0),
        "energy_wh": (_WH, 0),
        "baseline_wh": (_WH, 0),
        "measured_wh": (_WH, 0),
        "amount_i": (_TOKENS, 0),
        "payment_reference": (maybe(text), None),
        "paid_at": (maybe(_MOMENT), None),
        "confirmed_at": (maybe(_MOMENT), None),
    },
    later=frozenset({"series", "quantities", "committed_i", "baseline_method", "need_wh"}),
)


def _mended(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request whose values go together. One of which that is not known is over.

    What was delivered is settled.
    """
    issued_at, ends_at = request["issued_at"], request["ends_at"]
    ordered = issued_at <= request["answer_by"] <= ends_at and issued_at <= request["starts_at"] <= ends_at
    if not ordered or ends_at - issued_at > MAX_DURATION_S + _ROUNDING_S:
        over_at = min(issued_at, request["answer_by"], request["starts_at"], ends_at)
        request |= dict.fromkeys(("issued_at", "answer_by", "starts_at", "ends_at"), over_at)
    asks = (_mended_ask(dict(ask), request) for ask in request["asks"])
    request["asks"] = [ask for ask in asks if ask is not None]
    return request


def _mended_ask(ask: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a part whose values go together; None: nothing is left of it that could be acted on."""
    if "series" in ask:
        # Parts of the first version have none of these.
        for name in ("quantities", "need_wh"):
            ask.setdefault(name, _UNREAD)
    if ask["rate"] is _UNREAD:
        ask["rate"] = request["rate_i_per_kwh"]
    if ask["state"] is _UNREAD:
        # Whether it was paid is not known. To pay it once more under the same id pays nothing.
        ask["state"] = RequestState.SETTLED.value if ask["amount_i"] else None
    if ask["state"] is None:
        return None
    state = RequestState(ask["state"])
    if ask["active_at"] is None and (state in _SETTLED or state is RequestState.ACTIVE):
        if not ask["amount_i"]:
            return None
        ask["active_at"] = request["starts_at"]
    return _settled(ask) if state in _SETTLED else _going_on(ask, request)


def _settled(ask: dict[str, Any]) -> dict[str, Any]:
    """Return a part that has earned something: what it earned is owed, whether or not it can still be shown why."""
    owed_i = reward_i(ask["energy_wh"], ask["rate"])
    if not any(ask.get(name) is _UNREAD for name in _EVIDENCE) and ask.get("series", _NOTHING)["done_s"]:
        shown = energies(_delivery(ask), ask["rate"])
        if shown["amount_i"] == ask["amount_i"] or ask["amount_i"] != owed_i:
            return ask | shown
    elif ask["amount_i"] or not owed_i:
        owed_i = ask["amount_i"]
    ask |= {name: value for name, value in _UNKNOWN.items() if ask.get(name) is _UNREAD}
    if ask.get("series", _NOTHING)["done_s"]:
        ask["series"] = ReadingSeries().to_dict()
    return ask | {"amount_i": owed_i}


def _going_on(ask: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part that is not settled yet: time of which nothing is known any more counts as not measured."""
    if ask.get("baseline_w") is _UNREAD:
        ask["baseline_w"] = 0.0
    if ask.get("need_wh") is _UNREAD:
        ask["need_wh"] = 0.0
    active_at = ask["active_at"]
    if ask.get("quantities") is _UNREAD:
        ask["quantities"] = [] if active_at is None else [[0, math.floor(ask["quantity_w"])]]
    if ask.get("series") is _UNREAD:
        ask["series"] = ReadingSeries(fill_w=math.floor(ask["baseline_w"])).to_dict()
    if active_at is None:
        return ask
    # Nobody is paid for a time that was none.
    inside = request["starts_at"] - _ROUNDING_S <= active_at <= request["ends_at"]
    measured_s = ask.get("series", _NOTHING)["done_s"]
    if inside and measured_s <= request["ends_at"] - active_at + _ROUNDING_S:
        return ask
    return ask | {"state": RequestState.EXPIRED.value, "series": ReadingSeries().to_dict()}


def _delivery(ask: Mapping[str, Any]) -> Delivery:
    need_wh = ask.get("need_wh")
    return delivery(
        readings=ask["series"]["readings"],
        quantities=ask["quantities"],
        duration_s=ask["series"]["done_s"],
        baseline_w=math.floor(ask["baseline_w"] + EPSILON),
        need_wh=None if need_wh is None else math.floor(need_wh + EPSILON),
    )


_NOTHING: Final[Mapping[str, Any]] = {"done_s": 0}
_UNKNOWN: Final[Mapping[str, Any]] = {
    "baseline_w": 0.0,
    "need_wh": None,
    "quantities": [],
    "series": ReadingSeries().to_dict(),
}

_REQUEST: Final = record(
    {
        "request_id": (text, NEEDED),
        "feeder_id": (text, ""),
        "quantity_w": (_WATTS, 0.0),
        "need_w": (maybe(row(_WATTS, _WATTS, _WATTS)), None),
        "rate_i_per_kwh": (_TOKENS, 0),
        "issued_at": (_MOMENT, 0.0),
        "answer_by": (_MOMENT, 0.0),
        "starts_at": (_MOMENT, 0.0),
        "ends_at": (_MOMENT, 0.0),
        "ahead_s": (number(0.0, 1e10), 0.0),
        "automatic": (flag, True),
        "asks": (several(_ASK), list),
        "not_asked": (by_name(_REASON), dict),
        "coming": (by_name(_WATTS), dict),
        "closed": (flag, False),
        "judged": (flag, True),
    },
    later=frozenset({"ahead_s", "not_asked", "coming"}),
    mend=_mended,
)

_FEEDER: Final = record(
    {
        "peak_w": (number(0.0, 10 * MAX_POWER_W), 0.0),
        "last_issued_at": (maybe(_MOMENT), None),
        "rate_level": (whole(0, 10**6), 0),
        "peak": (
            maybe(
                record(
                    {
                        "start": (maybe(_MOMENT), NEEDED),
                        "energy_ws": (_ENERGY_WS, NEEDED),
                        "at": (_MOMENT, NEEDED),
                        "power_w": (maybe(_WATTS), NEEDED),
                    }
                )
            ),
            None,
        ),
        "probation": (flag, False),
        "in_place": (by_name(several(whole(0, 2))), dict),
        "reports": (several(number(0.0, 1e5)), list),
        "linked": (maybe(record({"fallback_a": (row(*[number(0.0, 1e5)] * 3), NEEDED)})), None),
        "temporary": (
            maybe(record({"power_w": (number(1e-3, MAX_POWER_W), NEEDED), "until": (_MOMENT, NEEDED)})),
            None,
        ),
    },
    later=frozenset({"in_place", "linked", "peak", "probation", "reports"}),
)

_CHARGE: Final = record(
    {
        **dict.fromkeys(("value", "said", "left_with"), (maybe(number(0.0, 100.0)), NEEDED)),
        **dict.fromkeys(("heard_at", "left_at", "arrived_at"), (maybe(_MOMENT), NEEDED)),
        **dict.fromkeys(("in_wh", "out_wh", "drawn_wh", "fed_wh"), (number(0.0, 1e12), NEEDED)),
        "at": (_MOMENT, NEEDED),
        "feeds": (flag, NEEDED),
    }
)


def _one_session(device: dict[str, Any]) -> dict[str, Any]:
    """Return a device whose charge and its beginning go together.

    Without one of them, a new session is counted from 0.
    """
    if _UNREAD in (device["session_ws"], device.get("session_at")):
        device |= {"session_ws": 0.0, "session_at": None}
    return device


_DEVICE: Final = record(
    {
        "shed": (by_name(_MOMENT), dict),
        "protecting": (by_name(_MOMENT), dict),
        "restoring": (by_name(_MOMENT), dict),
        "request_id": (maybe(text), None),
        "delivered_wh": (_WH, 0),
        "earned_i": (_TOKENS, 0),
        "session_ws": (number(0.0, 1e15), _UNREAD),
        "session_at": (maybe(_MOMENT), _UNREAD),
        "connected": (maybe(flag), None),
        "arrived_at": (maybe(_MOMENT), None),
        "departure_at": (maybe(_MOMENT), None),
        "charge": (maybe(_CHARGE), None),
        "stays": (several(row(_MOMENT, number(0.0, 1e9))), list),
        "phases": (
            maybe(
                record(
                    {
                        "learned": (maybe(series(whole(0, 2))), NEEDED),
                        "from_steps": (flag, NEEDED),
                        "seen_at": (maybe(_MOMENT), NEEDED),
                        "configured": (series(whole(0, 2)), NEEDED),
                    }
                )
            ),
            None,
        ),
        "minimum": (
            maybe(
                record(
                    {
                        "learned": (maybe(number(0.0, 100.0)), NEEDED),
                        "seen_at": (maybe(_MOMENT), NEEDED),
                        "configured": (number(0.0, 1000.0), NEEDED),
                    }
                )
            ),
            None,
        ),
        "change": (
            maybe(record({"told": (maybe(whole(1, 3)), NEEDED), "changed_at": (maybe(_MOMENT), NEEDED)})),
            None,
        ),
        "count": (
            maybe(record({"proven": (whole(1, 3), NEEDED), "seen_at": (maybe(_MOMENT), NEEDED)})),
            None,
        ),
        "reports": (several(number(0.0, 1e5)), list),
        "forgets": (flag, False),
        "mode": (one_of(*ChargingMode), ChargingMode.DEPARTURE.value),
        "life": (
            maybe(record({"patience_s": (number(0.0, 1e5), NEEDED), "answers": (whole(0, 2**31), NEEDED)})),
            None,
        ),
        "decision": (
            maybe(
                record(
                    {
                        "at": (_MOMENT, NEEDED),
                        "accepted": (flag, NEEDED),
                        "reason": (_REASON, NEEDED),
                        "request_id": (text, NEEDED),
                        "power_w": (_WATTS, NEEDED),
                        "rate": (_TOKENS, NEEDED),
                    }
                )
            ),
            None,
        ),
    },
    later=frozenset(
        {
            *("session_at", "arrived_at", "departure_at", "charge", "stays", "phases", "minimum", "reports", "forgets"),
            *("life", "change", "count", "protecting", "mode"),
        }
    ),
    mend=_one_session,
)

_PROFILE: Final = record(
    {
        "days": (
            record({"week": (several(_DAY), list), "weekend": (several(_DAY), list)}),
            lambda: {"week": [], "weekend": []},
        ),
        "ordinal": (maybe(whole(0, 10**7)), None),
        "today": (_DAY, lambda: [None] * _QUARTERS),
        "spoilt_until": (_MOMENT, 0.0),
    }
)

_CLAIM: Final = record(
    {
        "arrived_at": (maybe(_MOMENT), None),
        "drawn_wh": (number(-1e12, 1e12), 0.0),
        "most_wh": (maybe(number(-1e12, 1e12)), 0.0),
        "overclaim_wh": (number(0.0, 1e12), 0.0),
        "stays": (several(number(-1e12, 1e12)), list),
        "owed_i": (number(0.0, float(MAX_RATE)), 0.0),
    },
    later=frozenset({"owed_i"}),
)

_MARKET: Final = record(
    {
        "budget": (record({"spent_i": (_TOKENS, NEEDED)}), None),
        "debts": (by_name(row(number(0.0, float(MAX_RATE)), _MOMENT)), dict),
        "habits": (
            record({"profiles": (by_name(_PROFILE), dict), "claims": (by_name(_CLAIM), dict)}),
            lambda: {"profiles": {}, "claims": {}},
        ),
    }
)

_PLAN: Final = record(
    {
        "days_w": (by_name(_DAY), dict),
        "sun_w": (_DAY, None),
        "arrivals": (by_name(row(_MOMENT, several(row(_MOMENT, _MOMENT, number(0.0, 1e12))))), dict),
    },
    later=frozenset({"days_w", "sun_w", "arrivals"}),
)


def _version(value: Any, path: str, lost: list[str]) -> Any:
    if value != VERSION or isinstance(value, bool):
        # Nobody knows what another version means by the same words; but those that can be read are.
        raise UnreadableError(path)
    return value


VERSION: Final = 1

_STATE: Final[Check] = record(
    {
        "version": (_version, VERSION),
        "at": (maybe(_MOMENT), None),
        "day_started_at": (maybe(_MOMENT), None),
        "feeders": (by_name(_FEEDER), dict),
        "devices": (by_name(_DEVICE), dict),
        "requests": (several(_REQUEST), list),
        "market": (maybe(_MARKET), None),
        "plan": (maybe(_PLAN), None),
    },
    later=frozenset({"at", "market", "plan"}),
)


def readable(state: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what can be read of a stored state, and where something could not: paths, as `devices/car/stays`."""
    lost: list[str] = []
    try:
        read = _STATE(state, "", lost)
    except UnreadableError:
        lost.append("/")
        read = _STATE({}, "", [])
    return read, tuple(path.strip("/") or "all" for path in lost)
