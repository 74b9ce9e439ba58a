"""A live picture of Home Assistant's states, and waiting for something to become true in it."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Self

from .api import HomeAssistantApi, Json
from .errors import DemoError

UNKNOWN: Final = ("unknown", "unavailable")


class LiveStates:
    """All states, kept current by Home Assistant's own events.

    Attributes:
        states: The newest state object of each entity id, as the API gives it.
    """

    def __init__(self) -> None:
        self.states: dict[str, Json] = {}
        self._changed = asyncio.Condition()
        self._watchers: list[Callable[[Json], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def follow(cls, api: HomeAssistantApi) -> Self:
        """Subscribe first, then read all: nothing in between gets lost."""
        live = cls()
        await api.subscribe(live._receive, "subscribe_events", event_type="state_changed")
        for state in await api.command("get_states"):
            live.states.setdefault(state["entity_id"], state)
        return live

    def watch(self, watcher: Callable[[Json], None]) -> None:
        """Call `watcher` with every changed state object from now on."""
        self._watchers.append(watcher)

    def _receive(self, event: Json) -> None:
        new = event["data"]["new_state"]
        if new is None:
            self.states.pop(event["data"]["entity_id"], None)
            return
        self.states[new["entity_id"]] = new
        for watcher in self._watchers:
            watcher(new)
        task = asyncio.get_running_loop().create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def text(self, entity_id: str | None) -> str | None:
        """Return an entity's state, or None while it has none."""
        state = self.states.get(entity_id or "")
        value = state["state"] if state else None
        return None if value in UNKNOWN else value

    def number(self, entity_id: str | None) -> float | None:
        """Return an entity's state as a number, or None."""
        text = self.text(entity_id)
        try:
            return None if text is None else float(text)
        except ValueError:
            return None

    def attribute(self, entity_id: str | None, name: str) -> object:
        """Return an attribute of an entity, or None."""
        state = self.states.get(entity_id or "")
        return state["attributes"].get(name) if state else None

    async def until[T](self, condition: Callable[[], T | None], timeout_s: float, missing: str) -> T:
        """Return the first thing that `condition` returns which is not None; it is asked at every change."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                while (found := condition()) is None:
                    await self._changed.wait()
                return found
        except TimeoutError:
            raise DemoError(missing) from None


def moment(state: Json, key: str = "last_updated") -> datetime:
    """Return when a state object was written."""
    return datetime.fromisoformat(state[key])
