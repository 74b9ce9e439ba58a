"""Requests between linked islands: letters lead to requests and answers here, and are acknowledged once that is kept.

A street asks a house as one participant, and pays it once, to an address of a wallet of its own. The house asks its
people with a request of its own, and pays them from its own treasury. What both have told each other is stored with the
requests themselves, in one file: after a crash letters come again, and nothing is asked or paid twice.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

from homeassistant.core import HomeAssistant, callback

from ..clock import GridClock
from ..const import LOGGER
from ..grid.engine.engine import GridEngine
from ..grid.model.events import GridEvent
from ..link.core import HouseRequests, LetterCame, LinkRefusal, LowerEnd, StreetRequests, UpperEnd
from .link_ends import CarriedEnd, mono


class Happened(Protocol):
    """Takes what happened on the grid."""

    def __call__(self, events: Iterable[GridEvent], *, persist: bool = False) -> None:
        """`persist`: the state must be saved before anybody acts on it."""


class LinkRequests:
    """What this island has asked its houses, and what the island above it has asked here.

    Attributes:
        payees: The addresses of houses, by the participant that each is in the grid; also of some that have left.
        house: Requests of the island above.
    """

    def __init__(self, hass: HomeAssistant, clock: GridClock, stored: Any) -> None:
        """`stored` is what `to_dict` gave; whatever cannot be read of it is left aside."""
        self._hass = hass
        self._clock = clock
        self._stored: Mapping[str, Any] = stored if isinstance(stored, Mapping) else {}
        self._houses: dict[str, StreetRequests] = {}
        payees = self._part("payees")
        self.payees: dict[str, str] = {str(each): str(address) for each, address in payees.items()}
        self.house = self._restored()
        self._engine: GridEngine
        self._happened: Happened
        self._kept: Callable[[], Awaitable[bool]]
        self._address: Callable[[], str | None]

    def _part(self, name: str) -> Mapping[str, Any]:
        found = self._stored.get(name)
        return found if isinstance(found, Mapping) else {}

    def _restored(self) -> HouseRequests:
        try:
            return HouseRequests.from_dict(self._part("house"), speed=self._clock.speed)
        except (KeyError, TypeError, AttributeError, LinkRefusal) as error:
            if self._part("house"):
                LOGGER.warning("What the island above had asked cannot be read (%s): it is forgotten", error)
            return HouseRequests(speed=self._clock.speed)

    def add_house(self, house_id: str, helper_id: str) -> None:
        """Ask a house from now on; `helper_id` is what it is called as a participant."""
        stored = self._part("houses").get(house_id)
        self._houses[house_id] = StreetRequests.from_dict(helper_id, stored, speed=self._clock.speed)

    @callback
    def connect(
        self,
        engine: GridEngine,
        *,
        happened: Happened,
        kept: Callable[[], Awaitable[bool]],
        address: Callable[[], str | None],
    ) -> None:
        """Take the grid, and the ways out of here.

        Args:
            engine: The grid.
            happened: Lets what happened take its course.
            kept: Puts the state of the grid on disk, and tells whether it is there.
            address: Gives the address of the wallet to which this island is paid; None: it is not known yet.
        """
        self._engine, self._happened, self._kept, self._address = engine, happened, kept, address

    @callback
    def house_wrote(self, house_id: str, carried: CarriedEnd[UpperEnd], letter: LetterCame) -> None:
        """Take a letter from below: an answer, or where the house is to be paid."""
        requests = self._houses[house_id]
        events = requests.take(self._engine, self._clock.now(), letter)
        if requests.payee is not None:
            self.payees[requests.helper_id] = requests.payee
        self._follow(carried, letter, events)

    @callback
    def upper_wrote(self, carried: CarriedEnd[LowerEnd], letter: LetterCame) -> None:
        """Take a letter from above: a request, the end of one, or what was earned in one."""
        self._follow(carried, letter, self.house.take(self._engine, self._clock.now(), letter))

    def _follow(self, carried: CarriedEnd[Any], letter: LetterCame, events: Iterable[GridEvent]) -> None:
        self._happened(events, persist=True)
        self._hass.async_create_task(self._async_acknowledge(carried, letter.letter), "tangle_grid letter")

    async def _async_acknowledge(self, carried: CarriedEnd[Any], letter: str) -> None:
        """Say that a letter is kept, once it is: until then it comes again."""
        if await self._kept():
            carried.end.done(letter)
            carried.pump()

    @callback
    def sync(self, houses: Mapping[str, CarriedEnd[UpperEnd]], upper: CarriedEnd[LowerEnd] | None, now: float) -> None:
        """Post what others do not know yet. Call it after each pass, with grid time."""
        at = mono()
        for house_id, carried in houses.items():
            self._houses[house_id].sync(self._engine, now, at, carried.end)
        if upper is not None:
            self.house.sync(self._engine, now, at, upper.end, self._address())

    def to_dict(self) -> dict[str, Any]:
        """Return what has to survive a restart together with the requests, JSON-able; empty where nobody is linked."""
        owed = {settlement.device_id for settlement in self._engine.commands.unpaid()}
        here = {each.helper_id for each in self._houses.values()}
        payees = {each: address for each, address in self.payees.items() if each in here | owed}
        houses = {house_id: each.to_dict() for house_id, each in self._houses.items()}
        house = self.house.to_dict()
        parts = {"houses": houses, "payees": payees, "house": house if any(house.values()) else {}}
        return {name: part for name, part in parts.items() if part}
