"""The newest request of an island: who said what, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.components.sensor import SensorDeviceClass

from ..actions.responses import iso_time
from ..entity import IslandView
from ..grid.model.request import CurtailmentRequest, RequestState
from ..grid.requests.settlement import progress
from ..island.runtime import IslandRuntime
from ..reasons import async_sentence
from .view_sensors import ViewSensorDescription

REQUEST_ATTRIBUTES: Final = frozenset(
    {
        *("request_id", "power_w", "rate", "until", "delivered_wh", "earned"),
        *("asked", "accepted", "declined", "unanswered", "not_asked", "answers"),
    }
)
#: More answers than these are not listed: the action that gets requests has them all.
_LISTED: Final = 50
_YES: Final = frozenset(RequestState) - {
    RequestState.ISSUED,
    RequestState.DECLINED,
    RequestState.UNANSWERED,
    RequestState.CANCELLED,
}


class Stage(StrEnum):
    """Where the newest request of an island stands."""

    NONE = "none"
    ASKING = "asking"
    HELPING = "helping"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView(IslandView):
    """What the sensor looks at."""

    runtime: IslandRuntime

    @property
    def request(self) -> CurtailmentRequest | None:
        """The newest request; None: there was none yet."""
        return next(iter(self.runtime.grid.newest_requests), None)


def _stage(view: RequestView) -> str:
    request = view.request
    if request is None:
        return Stage.NONE
    if request.closed:
        return Stage.OVER
    helps = any(ask.state is RequestState.ACTIVE for ask in request.asks.values())
    return Stage.HELPING if helps else Stage.ASKING


def _attributes(view: RequestView) -> Mapping[str, Any] | None:
    request = view.request
    if request is None:
        return None
    asks = request.asks.values()
    parts = [progress(ask) for ask in asks]
    states = [ask.state for ask in asks]
    return {
        "request_id": request.request_id,
        "power_w": round(request.quantity_w),
        "rate": request.rate_i_per_kwh,
        "until": iso_time(request.ends_at - request.ahead_s),
        "delivered_wh": sum(delivered_wh for delivered_wh, _ in parts),
        "earned": sum(earned_i for _, earned_i in parts),
        "asked": len(states),
        "accepted": sum(state in _YES for state in states),
        "declined": states.count(RequestState.DECLINED),
        "unanswered": sum(state in {RequestState.ISSUED, RequestState.UNANSWERED} for state in states),
        "not_asked": len(request.not_asked),
        "answers": _answers(view.runtime, request),
    }


def _answers(runtime: IslandRuntime, request: CurtailmentRequest) -> Mapping[str, str | None] | None:
    """Return what each participant said, or why it was not asked, by name; None where these are too many."""
    reasons = {**{each.device_id: each.reason for each in request.asks.values()}, **request.not_asked}
    if len(reasons) > _LISTED:
        return None
    names = {device_id: runtime.participants[device_id].name for device_id in reasons.keys() & runtime.participants}
    return {
        names[device_id]: async_sentence(runtime.hass, reason)
        for device_id, reason in reasons.items()
        if device_id in names
    }


REQUEST: Final = ViewSensorDescription[RequestView](
    key="request",
    translation_key="request",
    device_class=SensorDeviceClass.ENUM,
    options=[stage.value for stage in Stage],
    quiet=True,
    value_fn=_stage,
    attributes_fn=_attributes,
)
