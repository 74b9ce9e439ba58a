"""Cars that charge away from home: who may come is told over the links, and letters about a stay find their way.

An island is the home of its own cars, the host of others, and hands on what passes between two islands that are both
linked to it: by token and stay alone, which tell nothing of whose car it is.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any, Final, Protocol

from homeassistant.core import HomeAssistant, callback

from ..bridge.link import LedgerLink
from ..const import CONF_IDS, CONF_ROAMING
from ..devices.named import StoredEntry
from ..economy.recognition import normalised
from ..link.core import LetterCame, LinkRefusal, body_of
from ..link.core.roaming import (
    HOST_SAYS,
    MOST_ROAMERS,
    ROAMING_KINDS,
    HomeSays,
    HostSays,
    Roamer,
    Roamers,
    mark_of,
    read_roaming,
)
from .follow_up import Aside
from .link_ends import CarriedEnd, mono
from .links import Links

UPPER: Final = "upper"
_TOKEN: Final = 16
#: A letter that is not through by then is said again, s.
_KEPT_S: Final = 60.0
_TOLD_KEPT_S: Final = 86_400.0
_MOST_STAYS: Final = 1_000
_MOST_MARKS: Final = 10_000


class HomePart(Protocol):
    """Pays for own cars elsewhere."""

    @callback
    def heard(self, source: str, vehicle_id: str, said: HostSays) -> None:
        """Take what a host says."""


class HostPart(Protocol):
    """Lets others' cars charge here."""

    def has(self, stay: str, source: str) -> bool:
        """Return whether a stay is here, and of a car behind this link."""

    @callback
    def heard(self, said: HomeSays) -> None:
        """Take what a home says of a stay that is here."""


class RoamingLetters:
    """Who may come over which link, and who says what to whom."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        island_id: str,
        links: Links,
        link: LedgerLink,
        vehicles: Mapping[str, Any],
        do: Aside,
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            entry: The island, with its vehicles.
            island_id: Its id.
            links: The ways to others.
            link: Has the island's key, from which tokens are made.
            vehicles: Own vehicles, by id.
            do: Does something at the side.
        """
        self._hass, self._entry, self._island_id = hass, entry, island_id
        self._links, self._link, self._vehicles, self._do = links, link, vehicles, do
        self._home: HomePart
        self._host: HostPart
        self._marks: dict[tuple[str, str], str | None] = {}
        self._boards: dict[str, tuple[Roamer, ...]] = {}
        self._told: dict[str, tuple[str, str | None, str]] = {}
        self._stays: dict[str, tuple[str, str]] = {}
        self._tokens: dict[str, str] = {}
        #: Counts what changes of who may come, so that nothing is put together anew in each pass.
        self._version = 0
        self._own_before: list[Roamer] | None = None
        self._looked: dict[str, tuple[int, str | None]] = {}
        links.listen(ROAMING_KINDS, self._heard)

    @callback
    def connect(self, home: HomePart, host: HostPart) -> None:
        """Take both parts that letters are for."""
        self._home, self._host = home, host

    # Who may come

    def may_roam(self, vehicle_id: str) -> bool:
        """Return whether the owner lets a vehicle charge elsewhere."""
        subentry = self._entry.subentries.get(vehicle_id)
        return subentry is not None and bool(subentry.data.get(CONF_ROAMING, False))

    def token_of(self, vehicle_id: str) -> str:
        """Return what a vehicle is called elsewhere; nobody can tell whose it is, or that two are of one island."""
        if vehicle_id not in self._tokens:
            signed = self._link.signing_key().sign(f"roaming token of {vehicle_id}".encode())
            self._tokens[vehicle_id] = hashlib.sha256(signed.encode()).hexdigest()[:_TOKEN]
        return self._tokens[vehicle_id]

    def vehicle_of(self, token: str) -> str | None:
        """Return the own vehicle that a token is of, also one that may not charge elsewhere."""
        return next((each for each in self._vehicles if self.token_of(each) == token), None)

    def source_of(self, token: str) -> str | None:
        """Return the link behind which a car is at home; None: nobody has told of it."""
        return next((source for source, cars in self._boards.items() if any(car.token == token for car in cars)), None)

    def recognise(self, read: str) -> tuple[str, str] | None:
        """Return the token of the car of which this id was read, and its link; None: nobody has told of it yet."""
        if not self._boards:
            return None
        marks = {self._mark(salt, read) for salt in self._salts()}
        for source, cars in self._boards.items():
            for car in cars:
                if car.mark in marks:
                    return car.token, source
        return None

    def _salts(self) -> list[str]:
        above = self._links.upper_island
        return [self._island_id, *([] if above is None else [above])]

    def _mark(self, salt: str, read: str) -> str | None:
        """Return the mark of an id; None: it is being made, which takes too long for the event loop."""
        key = (salt, read)
        if key not in self._marks:
            if len(self._marks) >= _MOST_MARKS:
                self._marks.clear()
            self._marks[key] = None
            self._do(self._async_make_mark(*key), "mark of an id")
        return self._marks[key]

    async def _async_make_mark(self, salt: str, read: str) -> None:
        self._marks[salt, read] = await self._hass.async_add_executor_job(mark_of, read, salt)

    def _own(self, salt: str) -> list[Roamer] | None:
        """Return the own vehicles that may charge elsewhere; None: their marks are still being made."""
        found = []
        for vehicle_id in self._vehicles:
            if not self.may_roam(vehicle_id):
                continue
            for read in map(normalised, self._entry.subentries[vehicle_id].data.get(CONF_IDS, ())):
                if (mark := self._mark(salt, read)) is None:
                    return None
                found.append(Roamer(token=self.token_of(vehicle_id), mark=mark))
        return found

    # Telling

    @callback
    def async_tell(self) -> None:
        """Tell each linked island who may come, where it does not know that yet."""
        if self._links.upper is not None and (above := self._links.upper_island) is not None:
            self._tell(UPPER, self._links.upper, self._own(above))
        if not self._links.carried:
            return
        own = self._own(self._island_id)
        if own is None:
            return
        if own != self._own_before:
            self._own_before, self._version = own, self._version + 1
        for house_id, carried in self._links.carried.items():
            known = (self._version, carried.end.session_id)
            if self._looked.get(house_id) == known or not carried.end.understands(Roamers.kind):
                continue
            others = [car for source, cars in self._boards.items() if source not in {house_id, UPPER} for car in cars]
            if self._tell(house_id, carried, [*own, *others]):
                self._looked[house_id] = known

    def _tell(self, source: str, carried: CarriedEnd[Any], cars: list[Roamer] | None) -> bool:
        """Return whether the other side knows, or will hear."""
        end = carried.end
        if cars is None or not end.understands(Roamers.kind) or not end.has_room:
            return False
        body = body_of(Roamers(cars=tuple(cars[:MOST_ROAMERS])))
        mark = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:_TOKEN]
        before = self._told.get(source)
        if (before is None and not cars) or (before is not None and before[:2] == (mark, end.session_id)):
            return True
        if before is not None:
            end.recall(before[2])
        # A name of its own each time: what was told once may be told again later.
        name = f"roamers/{secrets.token_hex(8)}"
        self._told[source] = (mark, end.session_id, name)
        end.post(mono(), name, Roamers.kind, body, keep_s=_TOLD_KEPT_S)
        carried.pump()
        return True

    # Letters of stays

    @callback
    def post(self, source: str, said: HostSays | HomeSays) -> None:
        """Say something to the island behind a link. What is lost is said again by whoever waits for an answer."""
        carried: CarriedEnd[Any] | None = self._links.upper if source == UPPER else self._links.carried.get(source)
        if carried is None or not carried.end.understands(said.kind) or not carried.end.has_room:
            return
        name = f"roam/{secrets.token_hex(8)}"
        carried.end.post(mono(), name, said.kind, body_of(said), keep_s=_KEPT_S)
        carried.pump()

    @callback
    def _heard(self, source: str | None, letter: LetterCame) -> None:
        where = UPPER if source is None else source
        try:
            said = read_roaming(letter.about, letter.says)
        except LinkRefusal:
            return
        if isinstance(said, Roamers):
            if self._boards.get(where) != said.cars:
                self._boards[where], self._version = said.cars, self._version + 1
        elif isinstance(said, HOST_SAYS):
            self._host_says(where, said)
        elif self._host.has(said.stay, where):
            self._host.heard(said)
        else:
            host, home = self._stays.get(said.stay, (None, None))
            if host is not None and home == where:
                self.post(host, said)

    def _host_says(self, source: str, said: HostSays) -> None:
        if (vehicle_id := self.vehicle_of(said.token)) is not None:
            self._home.heard(source, vehicle_id, said)
            return
        home = self.source_of(said.token)
        # Between houses of this street only: what comes from above is never handed on, nor back to where it came from.
        if home is None or UPPER in {home, source} or home == source:
            return
        if self._stays.setdefault(said.stay, (source, home)) == (source, home):
            self.post(home, said)
        while len(self._stays) > _MOST_STAYS:
            del self._stays[next(iter(self._stays))]
