"""Vehicles at the chargers: who is found to be where, and what follows from it while it is there.

A vehicle that is recognised lays what it wants over its charger: state of charge, battery, target, departure and
policy come from it, and whoever helps in a request is paid as the vehicle. Nothing of that changes a current that the
charger may draw. Without one the charger's own settings hold.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.const import STATE_HOME, STATE_OFF, STATE_ON, Platform
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..clock import GridClock
from ..const import (
    CONF_BATTERY_KWH,
    CONF_ID_SENSOR,
    CONF_IDS,
    CONF_MAX_PRICE,
    CONF_PREFERRED_CHARGER,
    CONF_SOC,
    CONF_TRACKER,
    LOGGER,
    SUBENTRY_VEHICLE,
)
from ..devices.adapters.charger import ChargerAdapter
from ..devices.config import car_config, car_entities
from ..devices.io.entity_reading import EntityReader, Sample
from ..devices.io.id_reading import read_id, shown_id
from ..devices.named import StoredEntry
from ..economy.recognition import (
    NOBODY_KNOWN,
    ChargerSeen,
    Recognised,
    Recognition,
    RecognitionError,
    VehicleSeen,
    normalised,
)
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import GridStatus
from ..grid.model.events import Answered, GridEvent
from ..grid.model.world import ChargerConfig
from .configuration import Member, Participant

#: Energy and states of charge are compared this often when nothing else happens, grid s.
_LOOK_S: Final = 60.0
_WH_PER_KWH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleMoved:
    """Another vehicle is found to be at a charger than before; None is a guest, or nobody.

    Attributes:
        charger_id: Where.
        before: Who was thought to be there.
        after: Who is.
        at: Since when it is known, grid time.
        stays: The plug was not pulled in between: what was thought before was wrong.
    """

    charger_id: str
    before: str | None
    after: str | None
    at: float
    stays: bool


class Vehicles:
    """Who is at which charger, and the way in which that counts.

    Args:
        hass: Home Assistant.
        entry: The island.
        engine: The grid, whose chargers are told what their cars want.
        clock: Its time.
        participants: Everyone who is a device.
        members: Everyone who has a wallet.
        stored: What `to_dict` gave before a restart; of anything else nothing is used.
        noticed: Is called when something was seen that the next pass should look at.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        engine: GridEngine,
        clock: GridClock,
        participants: Mapping[str, Participant],
        members: Mapping[str, Member],
        stored: Any,
        noticed: Callable[[], None],
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._engine = engine
        self._clock = clock
        self._noticed = noticed
        self._participants = participants
        self._chargers = [pid for pid, each in participants.items() if isinstance(each.config, ChargerConfig)]
        self._members = {mid: each for mid, each in members.items() if each.kind == SUBENTRY_VEHICLE}
        self._reader = EntityReader(hass, clock.from_datetime)
        self._recognition = Recognition()
        self._payees: dict[str, str] = {}
        self._left: dict[str, tuple[float | None, float]] = {}
        self._restore(stored)
        self._at: dict[str, Recognised] = {}
        self._plugs: list[bool | None] = []
        self._due = True
        self._looked_at = 0.0
        self._listeners: list[Callable[[VehicleMoved], None]] = []
        for charger_id, found in self._recognition.found.items():
            if charger_id in self._chargers and found.vehicle_id in self._members:
                self._at[charger_id] = found
                self._lay_over(charger_id)

    # What is known

    @property
    def all(self) -> Mapping[str, Member]:
        """Everyone who is a vehicle, by id."""
        return self._members

    def at(self, charger_id: str) -> Recognised:
        """Return who is at a charger, by what that is known, and how surely."""
        return self._at.get(charger_id, NOBODY_KNOWN)

    def charger_of(self, vehicle_id: str) -> str | None:
        """Return the charger that a vehicle is at; None: at none, or nobody knows."""
        return next((charger_id for charger_id, each in self._at.items() if each.vehicle_id == vehicle_id), None)

    def chosen(self, charger_id: str) -> str | None:
        """Return what a person chose: a vehicle, `recognition.GUEST`, or None: it is to be found out."""
        return self._recognition.chosen(charger_id)

    def soc(self, vehicle_id: str) -> float | None:
        """Return a vehicle's state of charge, percent."""
        sample = self._soc(self._data(vehicle_id))
        return None if sample is None else sample.value

    def max_price_i(self, vehicle_id: str) -> int | None:
        """Return the most that a vehicle pays for a kilowatt-hour, iota; None: whatever it costs."""
        price = self._data(vehicle_id).get(CONF_MAX_PRICE)
        return None if price is None else int(price)

    def payee(self, payment_id: str, device_id: str) -> str:
        """Return who is paid for a part of a request: whoever was at the charger, or the device itself."""
        return self._payees.get(payment_id, device_id)

    def subscribe(self, listener: Callable[[VehicleMoved], None]) -> CALLBACK_TYPE:
        """Call `listener` in the event loop whenever another vehicle is found to be at a charger."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # What happens

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen to trackers, states of charge and what chargers read; returns how to stop."""
        if not self._members:
            return lambda: None
        id_sensors = {
            self._entry.subentries[charger_id].data[CONF_ID_SENSOR]: charger_id
            for charger_id in self._chargers
            if CONF_ID_SENSOR in self._entry.subentries[charger_id].data
        }
        others = {
            self._data(vehicle_id)[field]
            for vehicle_id in self._members
            for field in (CONF_SOC, CONF_TRACKER)
            if field in self._data(vehicle_id)
        }

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            if (charger_id := id_sensors.get(event.data["entity_id"])) is not None:
                read = read_id(event.data["old_state"], event.data["new_state"])
                if read is None:
                    return
                self._recognition.read(self._clock.now(), charger_id, read)
            self._due = True
            self._noticed()

        for entity_id, charger_id in id_sensors.items():
            self._look_at_id(entity_id, charger_id)
        return async_track_state_change_event(self._hass, {*id_sensors, *others}, changed)

    def _look_at_id(self, entity_id: str, charger_id: str) -> None:
        """Believe what is shown where nothing is known yet: the car was there before anybody looked."""
        state = self._reader.state(entity_id)
        if state is None or state.domain == Platform.EVENT or self._recognition.knows(charger_id):
            return
        if (shown := shown_id(state)) is not None:
            self._recognition.read(self._clock.now(), charger_id, shown)

    @callback
    def async_choose(self, charger_id: str, choice: str | None) -> None:
        """Take a person's choice for a charger: a vehicle, `recognition.GUEST`, or None to find out."""
        self._recognition.choose(self._clock.now(), charger_id, choice)
        self._due = True

    @callback
    def async_look(self, status: GridStatus) -> None:
        """Find out who is where, if there is anything new, and let it count from the next step on.

        Args:
            status: What the last pass saw.
        """
        if not self._members:
            return
        plugs = self._connected(status)
        if not self._due and plugs == self._plugs and abs(status.at - self._looked_at) < _LOOK_S:
            return
        self._plugs, self._due, self._looked_at = plugs, False, status.at
        chargers = [
            ChargerSeen(
                charger_id=charger_id,
                connected=connected,
                charged_wh=float(status.devices[charger_id].session_energy_wh),
            )
            for charger_id, connected in zip(self._chargers, plugs, strict=True)
        ]
        found = self._recognition.observe(self._clock.now(), chargers, map(self._seen, self._members))
        before, self._at = self._at, dict(found)
        for charger_id in self._chargers:
            was = before.get(charger_id, NOBODY_KNOWN).vehicle_id
            if was != self.at(charger_id).vehicle_id:
                self._move(charger_id, was, stays=charger_id in before and charger_id in found)

    @callback
    def async_apply_settings(self) -> None:
        """Let settings that were changed count: those of a charger, or of the vehicle at it."""
        for charger_id in self._chargers:
            self._lay_over(charger_id)
        self._due = True

    @callback
    def note(self, events: Iterable[GridEvent]) -> None:
        """Keep who is paid for a part of a request: whoever was at the charger when it said yes."""
        for event in events:
            if isinstance(event, Answered) and event.decision.accepted:
                vehicle_id = self.at(event.device_id).vehicle_id
                if vehicle_id is not None:
                    self._payees[f"{event.request_id}:{event.device_id}"] = vehicle_id

    def to_dict(self) -> dict[str, Any]:
        """Return what a restart must not lose, JSON-able; empty where there never was a vehicle."""
        requests = self._engine.requests
        self._payees = {
            payment_id: vehicle_id
            for payment_id, vehicle_id in self._payees.items()
            if payment_id.partition(":")[0] in requests
        }
        if not self._members and not self._payees:
            return {}
        return {
            "recognition": self._recognition.to_dict(),
            "payees": dict(self._payees),
            "left": {vehicle_id: list(left) for vehicle_id, left in self._left.items() if vehicle_id in self._members},
        }

    def _restore(self, stored: Any) -> None:
        if not isinstance(stored, Mapping):
            return
        # Who is to be paid comes first: all else is found out again.
        payees = stored.get("payees")
        if isinstance(payees, Mapping):
            self._payees = {str(payment_id): str(member) for payment_id, member in payees.items()}
        try:
            self._recognition = Recognition.from_dict(stored.get("recognition"))
            self._left = {
                str(vehicle_id): (None if soc is None else float(soc), float(at))
                for vehicle_id, (soc, at) in stored.get("left", {}).items()
            }
        except (RecognitionError, TypeError, ValueError, AttributeError) as error:
            if stored.get("recognition") is not None:
                LOGGER.warning("Which vehicles were at the chargers of %s is found out again: %s", self._title, error)

    @property
    def _title(self) -> str:
        return self._entry.title

    def _data(self, subentry_id: str) -> Mapping[str, Any]:
        subentry = self._entry.subentries.get(subentry_id)
        return {} if subentry is None else subentry.data

    def _connected(self, status: GridStatus) -> list[bool | None]:
        return [status.devices[charger_id].connected for charger_id in self._chargers]

    def _soc(self, data: Mapping[str, Any]) -> Sample | None:
        return self._reader.percent(data.get(CONF_SOC))

    def _seen(self, vehicle_id: str) -> VehicleSeen:
        data = self._data(vehicle_id)
        soc, battery_kwh = self._soc(data), data.get(CONF_BATTERY_KWH)
        return VehicleSeen(
            vehicle_id=vehicle_id,
            ids=frozenset(map(normalised, data.get(CONF_IDS, ()))),
            at_home=self._at_home(data.get(CONF_TRACKER)),
            soc=None if soc is None else soc.value,
            # A value that is repeated may be an old one: many cars sleep, and what asks them tells the same again.
            soc_at=None if soc is None else soc.changed_at,
            battery_wh=None if battery_kwh is None else round(_WH_PER_KWH * battery_kwh),
            prefers=data.get(CONF_PREFERRED_CHARGER),
        )

    def _at_home(self, tracker: str | None) -> bool | None:
        state = None if tracker is None else self._reader.state(tracker)
        if state is None:
            return None
        if state.state in (STATE_ON, STATE_OFF):
            return state.state == STATE_ON
        # Any other zone is somewhere else.
        return state.state == STATE_HOME

    def _move(self, charger_id: str, was: str | None, *, stays: bool) -> None:
        """Somebody else is at a charger than was thought."""
        now, vehicle_id = self._clock.now(), self.at(charger_id).vehicle_id
        if was is not None:
            soc = self._soc(self._data(was))
            self._left[was] = (None if soc is None else soc.value, now)
        self._lay_over(charger_id)
        if vehicle_id is not None:
            left_with, left_at = self._left.get(vehicle_id, (None, None))
        elif stays:
            left_with = left_at = None
        else:
            own = self._soc(self._data(charger_id))
            left_with, left_at = (None if own is None else own.value), now
        self._engine.commands.change_car(charger_id, left_with=left_with, left_at=left_at)
        if stays:
            self._correct_payees(charger_id, vehicle_id)
        LOGGER.debug("At %s is now %s, no longer %s", charger_id, vehicle_id, was)
        moved = VehicleMoved(charger_id=charger_id, before=was, after=vehicle_id, at=now, stays=stays)
        for listener in tuple(self._listeners):
            listener(moved)

    def _correct_payees(self, charger_id: str, vehicle_id: str | None) -> None:
        """What is not settled yet is earned by whoever was there all the time."""
        for request_id, request in self._engine.requests.items():
            ask = request.asks.get(charger_id)
            if ask is None or not ask.engaged:
                continue
            payment_id = f"{request_id}:{charger_id}"
            if vehicle_id is None:
                self._payees.pop(payment_id, None)
            else:
                self._payees[payment_id] = vehicle_id

    def _lay_over(self, charger_id: str) -> None:
        """Let what the vehicle at a charger wants count there; without one, what stands in the charger's settings."""
        vehicle_id = self.at(charger_id).vehicle_id
        data = self._data(charger_id if vehicle_id is None else vehicle_id)
        self._engine.commands.set_car(charger_id, car_config(data))
        adapter = self._participants[charger_id].adapter
        if isinstance(adapter, ChargerAdapter):
            adapter.car = car_entities(data)
