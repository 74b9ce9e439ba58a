"""One way to answer a request for a participant: for actions, buttons and assistants."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import Context, callback

from ..amounts import about
from ..errors import invalid, translated_errors
from ..grid.model.request import CurtailmentRequest
from ..grid.model.world import Reason
from ..grid.requests.consequence import Consequence
from ..island.configuration import Participant
from ..island.runtime import IslandRuntime
from ..island.tariffs import amount_shown
from ..reasons import async_text
from .access import async_require_answer
from .responses import iso_time

_MINUTE_S: Final = 60


@callback
def async_question(runtime: IslandRuntime, participant: Participant, request_id: str | None = None) -> str:
    """Return the id of the request that waits for a participant's answer; one that is named is believed.

    Raises:
        ServiceValidationError: nothing_asked, or several_questions (it has to be named).
    """
    if request_id is not None:
        return request_id
    open_ids = [request.request_id for request in runtime.grid.questions(participant.participant_id)]
    if not open_ids:
        raise invalid("nothing_asked", participant=participant.name)
    if len(open_ids) > 1:
        raise invalid("several_questions", participant=participant.name, request_ids=", ".join(open_ids))
    return open_ids[0]


async def async_answer(
    runtime: IslandRuntime,
    participant: Participant,
    context: Context | None,
    *,
    accept: bool,
    request_id: str | None = None,
    power_w: float | None = None,
    reason: Reason | None = None,
) -> str:
    """Answer for a participant, and return the id of the request that was answered.

    Raises:
        ServiceValidationError: As `access.async_require_answer` and `async_question`, or the grid refuses the answer;
            nothing was changed.
    """
    await async_require_answer(runtime, participant, context)
    answered = async_question(runtime, participant, request_id)
    with translated_errors():
        runtime.grid.answer(
            request_id=answered,
            device_id=participant.participant_id,
            accept=accept,
            power_w=power_w,
            reason=reason,
        )
    return answered


@callback
def async_meaning(runtime: IslandRuntime, request: CurtailmentRequest, participant_id: str) -> Mapping[str, Any]:
    """Return what a participant's yes to a request would mean: figures, and a sentence in Home Assistant's language."""
    with translated_errors():
        means = runtime.grid.consequence(request_id=request.request_id, device_id=participant_id)
    return {
        "effect": means.effect.value,
        "setpoint": None if means.setpoint is None else round(means.setpoint, 1),
        "power_w": means.power_w,
        "minutes": _minutes(means),
        "ends_at": iso_time(means.ends_at),
        # To the minute: it is derived anew with every look.
        "ready_at": None if means.ready_at is None else iso_time(round(means.ready_at / _MINUTE_S) * _MINUTE_S),
        "rate": means.rate_i_per_kwh,
        "earns": about(means.earns_i),
        "meaning": _sentence(runtime, means),
    }


def _minutes(means: Consequence) -> int:
    return -(-means.duration_s // _MINUTE_S)


@callback
def _sentence(runtime: IslandRuntime, means: Consequence) -> str:
    """Return as `Pauses charging for 15 min, ready by 07:10, earns about 0.8 Mi`."""
    hass = runtime.hass
    figures = {"kw": round(means.power_w / 1000, 1), "minutes": _minutes(means)}
    parts = [async_text(hass, f"meaning_{means.effect.value}", **figures)]
    if means.ready_at is not None:
        parts.append(async_text(hass, "meaning_ready", ready_at=means.ready_at))
    parts.append(
        async_text(hass, "meaning_earns", earns=amount_shown(hass, runtime.entry.options, about(means.earns_i)))
    )
    return ", ".join(parts)
