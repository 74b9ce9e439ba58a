"""One picture of an island for all screens that look at it: made once, a little at a time, and told as it changes."""

import time
from asyncio import Handle
from collections.abc import Iterator, Mapping
from itertools import batched
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, Event, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_bytes, json_fragment
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..island.runtime import IslandRuntime
from .picture import VERSION, Item, Picture, difference, entities_of, items
from .sight import Sight

#: No screen is told more often, s.
SHORTEST_S: Final = 0.5
#: So long the picture is worked at before everything else has its turn, s.
_AT_ONCE_S: Final = 0.002
#: The picture takes at most one part in so many of the time.
_REST: Final = 20.0
#: So many items are told in one message.
_ITEMS: Final = 250
_PICTURES: HassKey[dict[str, SharedPicture]] = HassKey(f"{DOMAIN}_pictures")

type _Screen = tuple[websocket_api.ActiveConnection, int]
type Sections = dict[str, dict[str, Item]]


class SharedPicture:
    """An island's picture while somebody looks at it.

    Args:
        runtime: The island.
    """

    def __init__(self, runtime: IslandRuntime) -> None:
        self._runtime = runtime
        self._hass = runtime.hass
        self._whole: Picture | None = None
        self._entities: Mapping[str, Item] | None = None
        self._audiences: dict[str, Audience] = {}
        self._work: Iterator[None] | None = None
        self._turn: Handle | None = None
        self._spent_s = 0.0
        self._resting: CALLBACK_TYPE | None = None
        self._again = False
        self._unsubscribe = [
            runtime.coordinator.async_add_listener(self._async_changed),
            runtime.subscribe_events(lambda _event: self._async_changed()),
            runtime.entry.async_on_state_change(self._async_island_changed),
            self._hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, self._async_entities_changed),
        ]

    @classmethod
    def of(cls, runtime: IslandRuntime) -> SharedPicture:
        """Return the picture of an island, a new one when nobody has looked at it."""
        pictures = runtime.hass.data.setdefault(_PICTURES, {})
        entry_id = runtime.entry.entry_id
        if entry_id not in pictures:
            pictures[entry_id] = cls(runtime)
        return pictures[entry_id]

    @callback
    def async_show(self, connection: websocket_api.ActiveConnection, message_id: int) -> CALLBACK_TYPE:
        """Send the whole picture to a screen, then what changes; returns how to stop, which may be called twice."""
        user = connection.user
        audience = self._audiences.setdefault(user.id, Audience(Sight(self._runtime, user)))
        screen = (connection, message_id)
        audience.add(screen, self._whole)
        self._async_changed()

        @callback
        def stop() -> None:
            audience.screens.pop(screen, None)
            audience.waiting.pop(screen, None)
            self._audiences = {key: each for key, each in self._audiences.items() if each}
            if not self._audiences:
                self._async_close()

        return stop

    @callback
    def _async_close(self) -> None:
        pictures = self._hass.data[_PICTURES]
        if pictures.get(self._runtime.entry.entry_id) is self:
            del pictures[self._runtime.entry.entry_id]
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        self._audiences.clear()
        if self._resting is not None:
            self._resting()
            self._resting = None
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    @callback
    def _async_island_changed(self) -> None:
        """Tell that the island stops: the screens ask again for the one that starts."""
        if self._runtime.entry.state is not ConfigEntryState.LOADED:
            for audience in self._audiences.values():
                audience.tell({"gone": True})
            self._async_close()

    @callback
    def _async_entities_changed(self, event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        entity = er.async_get(self._hass).async_get(event.data["entity_id"])
        # One that was removed may have been ours.
        if entity is not None and entity.config_entry_id != self._runtime.entry.entry_id:
            return
        self._entities = None
        for audience in self._audiences.values():
            audience.sight.forget()
        self._async_changed()

    @callback
    def _async_changed(self) -> None:
        """Begin with a new picture, unless one is being made or it is too soon: then it follows."""
        if self._work is not None or self._resting is not None:
            self._again = True
            return
        self._again = False
        self._spent_s = 0.0
        self._work = self._made()
        self._async_go_on()

    @callback
    def _async_go_on(self) -> None:
        """Work at the picture for a moment, and go on when everything else has had its turn."""
        self._turn = None
        assert self._work is not None  # noqa: S101  # only called while there is something to do
        started = time.perf_counter()
        try:
            next(self._work)
            while time.perf_counter() - started < _AT_ONCE_S:
                next(self._work)
        except StopIteration:
            self._work = None
            self._rest(self._spent_s + time.perf_counter() - started)
        except BaseException:
            # The next change is another chance.
            self._work = None
            self._rest(self._spent_s)
            raise
        else:
            self._spent_s += time.perf_counter() - started
            self._turn = self._hass.loop.call_soon(self._async_go_on)

    def _rest(self, spent_s: float) -> None:
        self._resting = async_call_later(self._hass, max(SHORTEST_S, spent_s * _REST), self._async_rested)

    def _made(self) -> Iterator[None]:
        """Make the new picture and tell it. What has not changed is the same object as in the one before."""
        before = self._whole or {}
        if self._entities is None:
            self._entities = yield from entities_of(self._runtime)
        after: Sections = {section: {} for section in before}
        for section, key, item in items(self._runtime, self._entities):
            was = before.get(section, {}).get(key)
            after.setdefault(section, {})[key] = was if was is not None and was == item else item
            yield
        self._whole = after
        for audience in tuple(self._audiences.values()):
            yield
            yield from audience.show(after)

    @callback
    def _async_rested(self, _now: object) -> None:
        self._resting = None
        if self._again:
            self._async_changed()


class Audience:
    """The screens of one user, who all see the same.

    Args:
        sight: What they may see.
    """

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.screens: dict[_Screen, None] = {}
        #: Those that have not seen anything yet.
        self.waiting: dict[_Screen, None] = {}
        self._sent: Picture | None = None

    def __bool__(self) -> bool:
        return bool(self.screens)

    def add(self, screen: _Screen, whole: Picture | None) -> None:
        """Add a screen. A small picture is shown at once; a large one when it is made the next time."""
        self.screens[screen] = None
        if whole is not None and sum(map(len, whole.values())) <= _ITEMS:
            if self._sent is None:
                self._sent = self.sight.of(whole)
            for message in _messages({"version": VERSION}, difference({}, self._sent)):
                _send([screen], message)
        else:
            self.waiting[screen] = None

    def show(self, whole: Picture) -> Iterator[None]:
        """Tell all what has changed, and the whole to those that are new; yields between messages."""
        seen = self.sight.of(whole)
        yield
        # Whoever comes while this is sent waits for the next picture.
        new, self.waiting = self.waiting, {}
        before, self._sent = self._sent or {}, seen
        if new:
            for message in _messages({"version": VERSION}, difference({}, seen)):
                _send([screen for screen in new if screen in self.screens], message)
                yield
        if changed := difference(before, seen):
            for message in _messages({}, changed):
                _send([each for each in self.screens if each not in new and each not in self.waiting], message)
                yield

    def tell(self, message: Mapping[str, Any]) -> None:
        """Tell all the same."""
        _send(list(self.screens), message)


def _messages(beside: Mapping[str, Any], changed: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield a change as messages of so many items at most; `more` says that the next one belongs to it."""
    every = [(section, key, item) for section, found in changed.items() for key, item in found.items()]
    parts = list(batched(every, _ITEMS, strict=False)) or [()]
    for number, part in enumerate(parts, start=1):
        said: dict[str, dict[str, Any]] = {}
        for section, key, item in part:
            said.setdefault(section, {})[key] = item
        yield {**beside, "changed": said, **({"more": True} if number < len(parts) else {})}
        beside = {}


def _send(screens: list[_Screen], message: Mapping[str, Any]) -> None:
    """Send a message to screens; it is encoded once."""
    if not screens:
        return
    encoded = json_fragment(json_bytes(message))
    for connection, message_id in screens:
        connection.send_event(message_id, encoded)
