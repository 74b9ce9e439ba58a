"""Watching steps that have to come, each within its time, by asking Home Assistant again and again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from .api import ApiError, HomeAssistantApi, Json
from .errors import DemoError, StepError
from .progress import Progress
from .street import DOMAIN

_POLL_S: Final = 0.5
_HISTORY: Final = 500
_SERVED_S: Final = 30.0


class Steps:
    """The steps that came so far.

    Attributes:
        done: Each with its name and when it had come, s.
    """

    def __init__(self, progress: Progress) -> None:
        self.done: list[Json] = []
        self._progress = progress

    async def within[T](self, total_s: float, work: Awaitable[T]) -> T:
        """Return what all steps together come to, in time.

        Raises:
            StepError: A step did not come.
        """
        try:
            async with asyncio.timeout(total_s):
                return await work
        except TimeoutError:
            done = ", ".join(step["step"] for step in self.done)
            raise StepError("in_time", f"not all steps within {total_s:.0f} s (came: {done})") from None

    async def step[T](self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Return what one step comes to, and note that it came.

        Raises:
            StepError: It did not.
        """
        self._progress.say(f"waiting for: {name.replace('_', ' ')}")
        try:
            result = await work()
        except StepError:
            raise
        except DemoError as error:
            raise StepError(name, str(error)) from error
        self.done.append({"step": name, "at_s": round(self._progress.elapsed_s, 1)})
        return result


async def poll[T](
    look: Callable[[], Awaitable[T | None]], timeout_s: float, missing: str, *, every_s: float = _POLL_S
) -> T:
    """Return the first thing found by asking again and again.

    Raises:
        DemoError: Nothing was found in time; `missing` is its text.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    while not (found := await look()):
        if loop.time() > deadline:
            raise DemoError(missing)
        await asyncio.sleep(every_s)
    return found


async def ask(api: HomeAssistantApi, entry_id: str, what: str, **fields: object) -> Json:
    """Return the answer to one of the integration's `get_…` actions."""
    data: Mapping[str, object] = {"config_entry_id": entry_id, **fields}
    return await api.action(DOMAIN, f"get_{what}", data, response=True)


async def listed(api: HomeAssistantApi, entry_id: str, what: str, **fields: object) -> list[Json]:
    """Return all that such an action lists."""
    items: list[Json] = (await ask(api, entry_id, what, limit=_HISTORY, **fields))[what]
    return items


async def diagnostics(api: HomeAssistantApi, entry_id: str) -> Json:
    """Return the diagnostics of an island, as soon as it is loaded and Home Assistant serves them.

    Raises:
        DemoError: It serves none.
    """

    async def served() -> Json | None:
        try:
            answer: Json = await api.request("GET", f"diagnostics/config_entry/{entry_id}")
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return answer if "ledger" in answer["data"] else None

    data: Json = (await poll(served, _SERVED_S, "Home Assistant serves no diagnostics of the island"))["data"]
    return data
