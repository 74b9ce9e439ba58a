"""What follows from what happened: it is saved first, then said, then paid."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from homeassistant.core import callback

from ..bridge.link import LedgerLink
from ..bridge.messages import Message
from ..const import LOGGER
from ..grid.model.events import Settlement
from ..log_once import LogOnce
from .control_loop import ControlLoop
from .rewards import Payouts
from .storage import GridStore, NotSavedError


class Aside(Protocol):
    """Does something at the side, under a name; it belongs to the island and ends with it."""

    def __call__(self, work: Coroutine[Any, Any, None], name: str, /) -> None:
        """Begin the work."""


class FollowUp:
    """Saves, says and pays, in this order: a crash in between repeats, and repeating is harmless.

    Args:
        store: Where the state is kept.
        title: What the log calls the island.
        state: Makes what is to be kept.
        loop: Whose set-points of requests wait until the request is on disk.
        link: The way to the ledger, with the messages that wait.
        payouts: Pays what is due.
        do: Does something at the side.
    """

    def __init__(
        self,
        store: GridStore,
        *,
        title: str,
        state: Callable[[], dict[str, Any]],
        loop: ControlLoop,
        link: LedgerLink,
        payouts: Payouts,
        do: Aside,
    ) -> None:
        self._store = store
        self._title = title
        self._state = state
        self._loop = loop
        self._link = link
        self._payouts = payouts
        self._do = do
        self._saving = asyncio.Lock()
        self._telling = asyncio.Lock()
        self._owed = self._saved = 0
        self._said = LogOnce(LOGGER)

    @callback
    def owe(self, messages: Iterable[Message]) -> None:
        """Save at once, and say these messages when that is done: a request or money depends on it."""
        self._owed += 1
        self._link.held.stage(messages)
        self._do(self._async_follow(self._owed), "follow up")

    @callback
    def save_later(self) -> None:
        """Save within a minute: a device that comes and goes each second is saved once in a while."""
        self._store.async_save_later(self._state)

    async def async_save(self) -> None:
        """Put the state on disk as it is now, if that is possible."""
        async with self._saving:
            # What cannot be written, Home Assistant has said.
            with suppress(NotSavedError):
                await self._store.async_save(self._state())

    async def async_kept(self) -> bool:
        """Return whether all that was owed when this was called is on disk; it is saved if it is not."""
        number = self._owed
        async with self._saving:
            return self._saved >= number or await self._async_save_owed()

    async def async_say(self) -> None:
        """Say what waits to be said, and pay what is due, after what is owed was saved."""
        await self._async_follow(self._owed)

    async def async_make_sure(self, paid: Sequence[Settlement], *, recover: bool) -> None:
        """See that the ledger knows of all rewards that are known to be paid.

        With `recover` those that are owed are looked up on the Tangle first: the stored state has lost them.
        """
        async with self._telling:
            if recover:
                await self._payouts.async_recover()
            await self._payouts.async_make_sure(paid)

    async def _async_follow(self, number: int) -> None:
        """Save first, then let the world know, then pay.

        Saving has a lock of its own, so that a slow ledger holds up nothing but itself. Whatever came while it was
        taken is saved at once by the next in line: as many as wait make one more write.
        """
        async with self._saving:
            unsaved = self._loop.take_unsaved()
            if self._saved < number and not await self._async_save_owed():
                self._loop.keep_unsaved(unsaved)
                return
            self._loop.write_saved(unsaved)
        async with self._telling:
            await self._link.publisher.async_publish_held()
            await self._payouts.async_pay()

    async def _async_save_owed(self) -> bool:
        """Return whether all that is owed is on disk.

        What is not must not be acted on; it is tried again before long.
        """
        upto, staged = self._owed, self._link.held.staged
        try:
            await self._store.async_save(self._state())
            self._said.right("save", "The state of %s can be saved again", self._title)
        except NotSavedError as error:
            self._said.wrong(
                "save",
                "The state of %s cannot be saved; no request goes on: %s",
                self._title,
                error,
                level=logging.ERROR,
            )
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, the passes go on
            self._said.wrong("save", "The state of %s cannot be saved", self._title, level=logging.ERROR, error=error)
            return False
        self._saved = upto
        self._link.held.release(staged)
        return True
