"""The links of one island: the one above it, the houses below it, and who asks to become one.

After each pass the island reports upwards and leases envelopes downwards; what comes in leads to a pass at once. A link
that is silent costs power, never a fuse: the envelope lapses on both sides, here by this island's own clock.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..clock import GridClock
from ..const import CONF_LINK_ID, LOGGER, SUBENTRY_HOUSE, SUBENTRY_UPPER_ISLAND
from ..data import LinkState, LinkStatus
from ..devices.io.entity_reading import NOMINAL_VOLTAGE_V
from ..devices.named import StoredEntry
from ..grid.engine.engine import GridEngine
from ..grid.model.world import DeviceConfig
from ..link.core import (
    DECLARATION_KINDS,
    HEAD_KINDS,
    REQUEST_KINDS,
    Declaration,
    Declared,
    EnvelopeChanged,
    LetterCame,
    LowerEnd,
    PeerLeft,
    Reported,
    Terms,
    UpperEnd,
    VersionsDiffer,
    house_state,
)
from ..link.core.roaming import ROAMING_KINDS
from ..link.joining.asking import Asking, problem_of
from ..link.joining.desk import CodeDesk
from ..link.joining.errors import Problem
from ..link.joining.messages import Answer, Answered, Asked
from ..link.joining.record import LinkRecord, UnreadableRecordError
from ..link.joining.store import LinkStore
from ..link.joining.ways import channel_of
from ..log_once import LogOnce
from .farewells import REVOKED, Farewells
from .link_admission import LinkAdmission
from .link_declarations import answer, declare, declared, taken
from .link_ends import CarriedEnd, mono
from .link_houses import Amps, House, HouseMeter, devices, grant
from .link_requests import LinkRequests
from .link_status import status_of_house, status_of_upper, status_without_keys

_KINDS: Final = (*REQUEST_KINDS, *DECLARATION_KINDS, *HEAD_KINDS, *ROAMING_KINDS)
_UNCONTROLLED: Final = "uncontrolled"
#: An envelope holds for so long at least once it is handed over, s.
_LEAST_S: Final = 0.001


class Links:
    """All links of one island."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        island_id: str,
        store: LinkStore,
        clock: GridClock,
        stored: Any,
        look: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            entry: The island.
            island_id: Its id.
            store: Where codes, keys and ends are kept.
            clock: Grid time.
            stored: What the requests of links go on with (`requests.to_dict`).
            look: Makes a pass at once: something came in that it depends on.
            changed: Called when there is something new to show.
        """
        self._hass = hass
        self._entry = entry
        self._island_id = island_id
        self._store = store
        self._clock = clock
        self._look = look
        self._changed = changed
        self._said = LogOnce(LOGGER)
        self._shown: dict[str, LinkState] = {}
        self._holds = False
        self._asking: Asking | None = None
        self._refused: tuple[Problem, Mapping[str, str]] | None = None
        self._greatest: dict[str, list[float]] = dict(store.ends.get(_UNCONTROLLED, {}))
        self.requests = LinkRequests(hass, clock, stored)
        self.houses: dict[str, House] = {}
        self.carried: dict[str, CarriedEnd[UpperEnd]] = {}
        self.upper: CarriedEnd[LowerEnd] | None = None
        self._upper_id: str | None = None
        self._upper_record: LinkRecord | None = None
        self._engine: GridEngine
        self.room: LinkAdmission
        self._heard: dict[str, Callable[[str | None, LetterCame], None]] = {}
        self.desk = CodeDesk(
            hass,
            store,
            island_id,
            name=entry.title,
            fits=self.lacking,
            above=self._above,
            changed=changed,
        )
        self._farewells = Farewells(hass, store, partial(channel_of, hass, island_id))
        self._build()

    # What there is

    def _build(self) -> None:
        for subentry_id in self.linked:
            subentry = self._entry.subentries[subentry_id]
            link_id = str(subentry.data.get(CONF_LINK_ID))
            try:
                record = LinkRecord.from_dict(link_id, self._store.links[link_id])
            except KeyError, UnreadableRecordError:
                # Its keys are gone, as after a backup without them: it can only be joined anew.
                continue
            if subentry.subentry_type == SUBENTRY_HOUSE:
                self._build_house(subentry_id, subentry.title, record)
            else:
                self._upper_id, self._upper_record = subentry_id, record
                self._build_upper(record)

    @property
    def linked(self) -> tuple[str, ...]:
        """The subentries that are linked islands, also those whose keys are gone."""
        kinds = {SUBENTRY_HOUSE, SUBENTRY_UPPER_ISLAND}
        return tuple(each_id for each_id, each in self._entry.subentries.items() if each.subentry_type in kinds)

    def _build_house(self, house_id: str, name: str, record: LinkRecord) -> None:
        now = mono()
        stored = self._store.ends.get(record.link_id)
        end = (
            UpperEnd.new(record.link, record.terms, now, kinds=_KINDS)
            if stored is None
            else UpperEnd.from_dict(record.link, record.terms, now, stored, kinds=_KINDS)
        )
        self.houses[house_id] = house = House.of(house_id, name, record.terms, end)
        self.requests.add_house(house_id, house.feeder.helper_id)

        def happened(events: tuple[Any, ...]) -> None:
            self._house_happened(house_id, house, events)

        self.carried[house_id] = CarriedEnd(self._hass, end, channel_of(self._hass, self._island_id, record), happened)

    def _build_upper(self, record: LinkRecord) -> None:
        if record.joined:
            stored = self._store.ends.get(record.link_id, {})
            end = LowerEnd.from_dict(record.link, record.terms, mono(), stored, kinds=_KINDS)
            self.upper = CarriedEnd(
                self._hass, end, channel_of(self._hass, self._island_id, record), self._upper_happened
            )

    def _above(self) -> tuple[str, ...]:
        return () if self._upper_record is None else self._upper_record.above

    @property
    def upper_island(self) -> str | None:
        """The id of the island above; None: there is none."""
        return None if self._upper_record is None else self._upper_record.peer_island

    @cached_property
    def meters(self) -> Mapping[str, HouseMeter]:
        """The meter of each house, by feeder."""
        return {house_id: HouseMeter(self._hass, self._clock, house) for house_id, house in self.houses.items()}

    @cached_property
    def devices(self) -> Mapping[str, tuple[str, DeviceConfig, Any]]:
        """Name, configuration and adapter of each slot of each house, and of the house as a helper, by device."""
        found: dict[str, tuple[str, DeviceConfig, Any]] = {}
        for house in self.houses.values():
            found |= devices(self._hass, self._clock, house)
        return found

    @property
    def houses_w(self) -> Amps:
        """What the houses draw together by what each said last, W per phase."""
        reports = [house.report for house in self.houses.values() if house.report is not None]
        said = [report.measured_a for report in reports if report.measured_a is not None]
        watts = [NOMINAL_VOLTAGE_V * sum(each[phase] for each in said) for phase in range(3)]
        return watts[0], watts[1], watts[2]

    # Life cycle

    @callback
    def async_take(self, engine: GridEngine) -> None:
        """Take the grid, and tell it what holds before anything is heard: what is safe."""
        self._engine = engine
        self.room = LinkAdmission(engine, self.houses, self._greatest)
        self.async_before_pass()

    @callback
    def async_start(self) -> None:
        """Open all channels."""
        self.desk.start()
        self._farewells.async_start()
        for carried in self.carried.values():
            carried.start()
        if self.upper is not None:
            self.upper.start()
        if (record := self._upper_record) is not None:
            if self.upper is not None:
                declare(self.upper, self.room.terms_as_known(record.terms))
            self._ask(record)

    def _ask(self, record: LinkRecord) -> None:
        """Ask with the code: for an answer that is still to come, and later for who is above by now."""
        self._asking = Asking(
            self._hass,
            record.code,
            island_id=self._island_id,
            keys=record.own,
            terms=record.terms,
            answered=self._answered,
        )
        self._asking.start()

    async def async_stop(self) -> None:
        """Close all channels, and keep what the ends go on with. May be called twice."""
        await self.desk.async_stop()
        await self._farewells.async_stop()
        await self._async_stop_asking()
        for carried in self.carried.values():
            await carried.async_stop()
        if self.upper is not None:
            await self.upper.async_stop()
        self._store.ends.update(self._ends())
        await self._store.async_save()

    async def _async_stop_asking(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            await asking.async_stop()

    def _ends(self) -> dict[str, dict[str, Any]]:
        now = mono()
        ends = {self._link_of(house_id): carried.end.to_dict(now) for house_id, carried in self.carried.items()}
        if self.upper is not None and self._upper_record is not None:
            ends[self._upper_record.link_id] = self.upper.end.to_dict(now)
        return {**ends, _UNCONTROLLED: dict(self._greatest)}

    def _link_of(self, subentry_id: str) -> str:
        return str(self._entry.subentries[subentry_id].data[CONF_LINK_ID])

    async def async_forget_removed(self, left: Iterable[str]) -> None:
        """Tell those whose subentry was removed that the link has ended, and forget its keys.

        Args:
            left: The subentries that are still there.
        """
        there = set(left)
        gone = {house_id: carried for house_id, carried in self.carried.items() if house_id not in there}
        ended: list[CarriedEnd[Any]] = list(gone.values())
        for house_id in gone:
            del self.carried[house_id]
        if self._upper_id is not None and self._upper_id not in there:
            if self.upper is not None:
                ended.append(self.upper)
            self.upper = self._upper_record = self._upper_id = None
            await self._async_stop_asking()
        for carried in ended:
            if isinstance(carried.end, UpperEnd) and carried.state in {LinkState.SLOW, LinkState.DEAD}:
                self._farewells.note(carried.end.link_id)
            carried.end.leave("left" if isinstance(carried.end, LowerEnd) else REVOKED)
            for _ in range(3):
                carried.pump()
            await carried.async_stop()
        known = {str(each.data.get(CONF_LINK_ID)) for each in self._entry.subentries.values()}
        for link_id in [each for each in self._store.links if each not in known]:
            del self._store.links[link_id]
            self._store.ends.pop(link_id, None)
            self._store.codes.pop(link_id, None)
        await self._store.async_save()

    @callback
    def listen(self, kinds: Iterable[str], heard: Callable[[str | None, LetterCame], None]) -> None:
        """Call `heard` with each letter of these kinds, and the house it is of; None: of the island above.

        They need not be kept to be acknowledged: one that is lost in a crash is no loss, what it says is said again.
        """
        self._heard |= dict.fromkeys(kinds, heard)

    def _listened(self, source: str | None, carried: CarriedEnd[Any], letter: LetterCame) -> None:
        carried.end.done(letter.letter)
        self._heard[letter.about](source, letter)
        carried.pump()

    # Passes

    @callback
    def async_before_pass(self) -> None:
        """Tell the grid what the island above allows now."""
        now, commands = self._clock.now(), self._engine.commands
        if self.upper is None:
            commands.clear_envelope(now)
            return
        end, at = self.upper.end, mono()
        until = end.envelope_until(at)
        commands.set_envelope(
            now,
            fallback_a=end.terms.fallback_a,
            limit_a=end.envelope_a(at),
            until=None if until is None else now + max(_LEAST_S, until - at) * self._clock.speed,
        )

    @callback
    def async_after_pass(self) -> None:
        """Report upwards and lease downwards what the pass has seen and decided."""
        now, at = self._clock.now(), mono()
        if self.carried:
            grant(self._engine, [self.houses[house_id] for house_id in self.carried], now=now, mono=at)
        self.room.note_uncontrolled()
        if self.upper is not None:
            self.upper.end.observe(at, house_state(self._engine, now, self.upper.end.terms))
        self.requests.sync(self.carried, self.upper, now)
        for carried in self.carried.values():
            carried.pump()
        if self.upper is not None:
            self.upper.pump()

    # Joining

    @property
    def _above_terms(self) -> Terms | None:
        return None if self.upper is None else self.upper.end.terms

    def lacking(self, terms: Terms) -> Mapping[str, str] | None:
        """Return the figures of the first phase on which a house with such terms does not fit; None: it fits."""
        return self.room.lacking(terms, self._above_terms)

    async def async_keep(self, record: LinkRecord) -> None:
        """Keep a link that is made, or asked for."""
        self._store.links[record.link_id] = record.to_dict()
        await self._store.async_save()

    @callback
    def _answered(self, answer: Answer) -> None:
        record = self._upper_record
        if record is None:
            return
        problem = problem_of(answer, self._island_id)
        refused = None if problem is None else (problem, dict(answer.figures or {}))
        news = refused != self._refused
        self._refused = refused
        if problem is None and answer.says is Answered.APPROVED:
            joined = replace(record, peer=answer.public, above=answer.above)
            if joined.to_dict() != record.to_dict():
                self._upper_record = joined
                self._hass.async_create_task(self._async_joined(joined, first=not record.joined))
        if news:
            self._changed()

    async def _async_joined(self, record: LinkRecord, *, first: bool) -> None:
        await self.async_keep(record)
        if first:
            self._build_upper(record)
            if self.upper is not None:
                self.upper.start()
        self._look()
        self._changed()

    # What comes in

    @callback
    def _house_happened(self, house_id: str, house: House, events: tuple[Any, ...]) -> None:
        for event in events:
            match event:
                case Reported(report=report):
                    house.report, house.at = report, self._clock.now()
                    self._look()
                case LetterCame(about=Declaration.kind):
                    self._hass.async_create_task(self._async_house_changed(house_id, event), "tangle_grid declaration")
                case LetterCame(about=about) if about in self._heard:
                    self._listened(house_id, self.carried[house_id], event)
                case LetterCame():
                    self.requests.house_wrote(house_id, self.carried[house_id], event)
                    self._look()
                case VersionsDiffer() | PeerLeft():
                    self._changed()
        self._say(house.name, self.carried[house_id])

    @callback
    def _upper_happened(self, events: tuple[Any, ...]) -> None:
        for event in events:
            match event:
                case EnvelopeChanged():
                    self._look()
                case LetterCame(about=Declared.kind) if self.upper is not None:
                    self._declared(self.upper, event)
                case LetterCame(about=about) if self.upper is not None and about in self._heard:
                    self._listened(None, self.upper, event)
                case LetterCame() if self.upper is not None:
                    self.requests.upper_wrote(self.upper, event)
                    self._look()
                case VersionsDiffer() | PeerLeft():
                    self._look()
                    self._changed()
        if self.upper is None:
            return
        holds = self.upper.end.envelope_a(mono()) is not None
        if self._holds and not holds:
            # It has just ended: what is safe holds from now on, and not from the next reading on.
            self._look()
        self._holds = holds
        self._say("the island above", self.upper)

    async def _async_house_changed(self, house_id: str, letter: LetterCame) -> None:
        """Admit a house anew that is another one than it was, if there is room for it."""
        carried, said = self.carried[house_id], declared(letter)
        if said is not None:
            admitted = self.room.anew(house_id, said.terms, self._above_terms)
            changed = admitted.fits and said.terms != carried.end.terms
            if changed:
                # First it is kept: a house that has heard the answer says nothing of it again.
                link_id = self._link_of(house_id)
                self._store.links[link_id] = {**self._store.links[link_id], "terms": said.terms.to_dict()}
                await self._store.async_save()
            answer(carried, letter, said, next(iter(admitted.short_phases), None))
            if changed:
                # Its feeder and its slots are others: the island starts anew with them.
                self._hass.config_entries.async_schedule_reload(self._entry.entry_id)
        carried.end.done(letter.letter)
        carried.pump()

    def _declared(self, upper: CarriedEnd[LowerEnd], letter: LetterCame) -> None:
        """Be for the island above from now on what this one is."""
        record = self._upper_record
        if record is not None and taken(
            letter.says, wanted := self.room.terms_as_known(record.terms), self._entry.title
        ):
            self._upper_record = record = replace(record, terms=wanted)
            upper.end.terms = wanted
            self._hass.async_create_task(self.async_keep(record), "tangle_grid declaration")
        upper.end.done(letter.letter)
        self._look()

    def _say(self, name: str, carried: CarriedEnd[Any]) -> None:
        if self._shown.get(name) is not carried.state:
            self._shown[name] = carried.state
            self._changed()
        if carried.state is LinkState.CONNECTED:
            self._said.right(name, "%s is heard again by %s", name, self._entry.title)
        elif carried.state is LinkState.DEAD:
            self._said.wrong(name, "%s is not heard by %s (%s)", name, self._entry.title, carried.why)

    # For people

    @property
    def statuses(self) -> Mapping[str, LinkStatus]:
        """How each link is, by subentry."""
        subentries, at = self._entry.subentries, mono()
        found = {
            house_id: status_of_house(house_id, carried, at)
            for house_id, carried in self.carried.items()
            if house_id in subentries
        }
        if self._upper_id is not None and self._upper_record is not None:
            found[self._upper_id] = status_of_upper(self._upper_id, self._upper_record, self.upper, self._refused, at)
        lost = {each: status_without_keys(subentries[each]) for each in self.linked if each not in found}
        return found | lost

    @property
    def waiting(self) -> Mapping[str, Asked]:
        """Who asks to join this island, by code."""
        return self.desk.waiting
