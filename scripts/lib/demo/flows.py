"""Going through Home Assistant's forms over its API, as a person does who leaves most fields as they are."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from .api import HomeAssistantApi, Json
from .errors import DemoError

CONFIG: Final = "config/config_entries/flow"
OPTIONS: Final = "config/config_entries/options/flow"
SUBENTRY: Final = "config/config_entries/subentries/flow"
REPAIR: Final = "repairs/issues/fix"
_MAX_STEPS: Final = 40
_POLL_S: Final = 0.5
_PROGRESS_S: Final = 60.0
_ENDS: Final = frozenset({"create_entry", "abort"})


def filled(schema: Sequence[Json], wanted: Mapping[str, object]) -> Json:
    """Return the answer to a form: what is wanted, and for the rest what the form suggests itself."""
    answer: Json = {}
    for form_field in schema:
        name = form_field["name"]
        if form_field.get("type") == "expandable":
            answer[name] = filled(form_field["schema"], wanted)
        elif name in wanted:
            answer[name] = wanted[name]
        elif "default" in form_field:
            answer[name] = form_field["default"]
        elif (suggested := (form_field.get("description") or {}).get("suggested_value")) is not None:
            answer[name] = suggested
    return answer


async def walk(
    api: HomeAssistantApi, path: str, begin: Json, answers: Mapping[str, Mapping[str, object]]
) -> tuple[Json, Mapping[str, Json]]:
    """Go through one flow to its end.

    Args:
        api: Home Assistant.
        path: Which kind of flow.
        begin: What it is begun with.
        answers: By step, the choice in a menu as `next_step_id`, or the fields of a form that are not left as they are.

    Returns:
        The end of it, and what the steps on the way have shown, by step.

    Raises:
        DemoError: A step shows an error, or does not end.
    """
    step: Json = await api.request("POST", path, begin)
    shown: dict[str, Json] = {}
    loop = asyncio.get_running_loop()
    until = loop.time() + _PROGRESS_S
    for _ in range(_MAX_STEPS):
        if step["type"] in _ENDS:
            return step, shown
        name = step["step_id"]
        shown[name] = step.get("description_placeholders") or {}
        here = f"{path}/{step['flow_id']}"
        if step["type"] in {"progress", "progress_done"}:
            while step["type"] in {"progress", "progress_done"} and loop.time() < until:
                await asyncio.sleep(_POLL_S)
                step = await api.request("GET", here)
            continue
        if step["type"] == "menu" and name in answers:
            answer: Json = dict(answers[name])
        elif step["type"] == "form" and not step.get("errors"):
            answer = filled(step["data_schema"], answers.get(name, {}))
        else:
            break
        step = await api.request("POST", here, answer)
    told = step.get("errors") or step.get("reason") or step.get("step_id")
    raise DemoError(f"a form of the integration ended at a {step['type']}: {told}")
