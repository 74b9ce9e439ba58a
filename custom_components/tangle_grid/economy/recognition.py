"""Which vehicle is at which charger, by what that is known, and how surely.

Evidence is ranked; a higher rank decides before a lower one is looked at, and no vehicle is ever at two chargers:

1. A person chose. It holds until the plug is pulled; the newest choice of a vehicle counts.
2. The charger has read an id (RFID card, autocharge) since shortly before the plug-in. An id that belongs to no vehicle
   here is that of a guest.
3. The vehicle's state of charge has risen as the charger's energy says that it must. It counts where it points at one
   vehicle alone: of two that rise alike nobody can tell.
4. The vehicle is at home by its tracker, stands at no other charger, and no other vehicle could be meant.
5. It is the charger that the vehicle uses as a rule. What is known to be away is not assumed.

Of 3 to 5, what was found once stays for the stay, unless something of a higher rank contradicts, or it turns out to be
impossible. Whatever is left is a guest. Time in grid seconds, energy in Wh, state of charge in percent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from .errors import TariffError

VERSION: Final = 1
#: An id that was read so long before the plug-in belongs to it, s.
READ_BEFORE_S: Final = 600.0
#: Where nobody can tell that a vehicle has left, an id that was read is believed for so long, s.
READ_FOR_S: Final = 12 * 3600.0
#: A state of charge that was reported so long before the plug-in is of before the trip, s.
_PARKED_S: Final = 900.0
#: A rise of fewer points, or by less energy, says nothing.
_LEAST_RISE: Final = 2.0
_LEAST_WH: Final = 500.0
#: Of the rise that the energy lets expect, what is seen at least and at most: reports come late, batteries age.
_LEAST_SHARE: Final = 0.5
_MOST_SHARE: Final = 2.0
#: What arrives of the energy that is drawn.
_EFFICIENCY: Final = 0.92
#: Batteries that cars have, Wh, where nobody said how large this one is.
_SMALLEST_WH: Final = 5_000.0
_LARGEST_WH: Final = 250_000.0
#: So many points must be missing before a vehicle that does not rise is known to be elsewhere.
_ABSENT_RISE: Final = 5.0
_PERCENT: Final = 100.0

#: A person's choice that is no vehicle.
GUEST: Final = "guest"


class RecognitionError(TariffError):
    """A stored state that cannot be."""


class Evidence(StrEnum):
    """By what a vehicle was recognised; or, without one, by what a guest."""

    CHOSEN = "chosen"
    ID_READ = "id_read"
    SOC_RISES = "soc_rises"
    ONLY_MISSING = "only_missing"
    PREFERRED = "preferred"
    NOTHING = "nothing"


class Sureness(StrEnum):
    """How sure a recognition is."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"
    UNKNOWN = "unknown"


SURENESS: Final[Mapping[Evidence, Sureness]] = MappingProxyType(
    {
        Evidence.CHOSEN: Sureness.CERTAIN,
        Evidence.ID_READ: Sureness.CERTAIN,
        Evidence.SOC_RISES: Sureness.LIKELY,
        Evidence.ONLY_MISSING: Sureness.LIKELY,
        Evidence.PREFERRED: Sureness.GUESS,
        Evidence.NOTHING: Sureness.UNKNOWN,
    }
)


class Recognised(NamedTuple):
    """Who is at a charger: a vehicle, or None for a guest."""

    vehicle_id: str | None = None
    by: Evidence = Evidence.NOTHING

    @property
    def sureness(self) -> Sureness:
        """How sure that is."""
        return SURENESS[self.by]


NOBODY_KNOWN: Final = Recognised()


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSeen:
    """What is known of a vehicle at a moment.

    Attributes:
        vehicle_id: Whose.
        ids: By which chargers know it, as `normalised` gives them.
        at_home: What its tracker says; None: it has none, or it says nothing.
        soc: Its state of charge, percent; None: unknown.
        soc_at: When that was reported; a report that is not newer is no news.
        battery_wh: Its usable battery, Wh; None: unknown.
        prefers: The charger that it uses as a rule.
    """

    vehicle_id: str
    ids: frozenset[str] = frozenset()
    at_home: bool | None = None
    soc: float | None = None
    soc_at: float | None = None
    battery_wh: int | None = None
    prefers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSeen:
    """What is known of a charger at a moment.

    Attributes:
        charger_id: Which.
        connected: A vehicle is plugged in; None: nobody can tell.
        charged_wh: A counter of the energy that it gave, Wh; it may begin anew at any time.
    """

    charger_id: str
    connected: bool | None
    charged_wh: float = 0.0


@dataclass(slots=True)
class _Rise:
    """How a vehicle's state of charge went with the energy of a charger.

    Attributes:
        soc: What was heard first in the stay, percent.
        wh: What the charger had given by then, Wh.
        heard_at: When the newest report was made that was looked at.
        fits: It rose as the energy says.
        against: It did not, and would have.
    """

    soc: float
    wh: float
    heard_at: float
    fits: bool = False
    against: bool = False


@dataclass(slots=True)
class _Stay:
    """One stay at a charger, or the time before the next one."""

    connected: bool = False
    since: float = 0.0
    wh: float = 0.0
    counter_wh: float | None = None
    chosen: str | None = None
    chosen_at: float = 0.0
    read: str | None = None
    read_at: float = 0.0
    rises: dict[str, _Rise] = field(default_factory=dict)
    found: Recognised = NOBODY_KNOWN


def normalised(text: str) -> str:
    """Return an id as it is compared: `04:a3:7b` and `04A37B` are the same; empty where nothing is left."""
    return "".join(each for each in text if each.isalnum()).upper()


class Recognition:
    """Who is at each charger, from moment to moment.

    Nothing here knows what a vehicle may draw: who is recognised never changes a charger's limits.
    """

    def __init__(self) -> None:
        """Begin with nobody at any charger."""
        self._stays: dict[str, _Stay] = {}

    @property
    def found(self) -> Mapping[str, Recognised]:
        """Who is at each charger where somebody is, or may be."""
        return {charger_id: stay.found for charger_id, stay in self._stays.items() if stay.connected}

    def knows(self, charger_id: str) -> bool:
        """Return whether a charger was ever looked at."""
        return charger_id in self._stays

    def chosen(self, charger_id: str) -> str | None:
        """Return what a person chose for a charger: a vehicle, `GUEST`, or None: it is to be found out."""
        stay = self._stays.get(charger_id)
        return None if stay is None else stay.chosen

    def choose(self, now: float, charger_id: str, choice: str | None) -> None:
        """Take a person's choice: a vehicle, `GUEST`, or None to find out.

        It holds for the stay; made while nothing is plugged in, for the next one. Whoever is chosen here is chosen
        nowhere else any more.
        """
        stay = self._stays.setdefault(charger_id, _Stay())
        if choice not in (None, GUEST):
            for other in self._stays.values():
                if other is not stay and other.chosen == choice:
                    other.chosen = None
        stay.chosen, stay.chosen_at = choice, now

    def read(self, now: float, charger_id: str, text: str) -> None:
        """Note that an id was read at a charger. The newest one counts."""
        if read := normalised(text):
            stay = self._stays.setdefault(charger_id, _Stay())
            stay.read, stay.read_at = read, now

    def observe(
        self, now: float, chargers: Iterable[ChargerSeen], vehicles: Iterable[VehicleSeen]
    ) -> Mapping[str, Recognised]:
        """Look at everything there is to see, and say who is where, by charger.

        Args:
            now: Grid time.
            chargers: All that there are; what was known of others is forgotten.
            vehicles: All that there are.
        """
        seen = {each.charger_id: each for each in chargers}
        known = {each.vehicle_id: each for each in vehicles}
        self._stays = {charger_id: self._stays.get(charger_id, _Stay()) for charger_id in sorted(seen)}
        # Where it is certain who is there, nothing has to be compared.
        certain = {stay.found.vehicle_id for stay in self._stays.values() if stay.found.sureness is Sureness.CERTAIN}
        compared = {each: vehicle for each, vehicle in known.items() if each not in certain}
        for charger_id, stay in self._stays.items():
            _follow(stay, seen[charger_id], now)
            _forget(stay, known)
            if stay.connected and stay.found.sureness is not Sureness.CERTAIN:
                _compare(stay, compared)
        found = _Finding(self._stays, seen, known, now).find()
        for charger_id, stay in self._stays.items():
            stay.found = found.get(charger_id, NOBODY_KNOWN)
        return self.found

    def to_dict(self) -> dict[str, Any]:
        """Return what a restart must not lose, JSON-able."""
        return {
            "version": VERSION,
            "stays": {
                charger_id: {
                    "connected": stay.connected,
                    "since": stay.since,
                    "wh": stay.wh,
                    "chosen": stay.chosen,
                    "chosen_at": stay.chosen_at,
                    "read": stay.read,
                    "read_at": stay.read_at,
                    "rises": {
                        vehicle_id: [rise.soc, rise.wh, rise.heard_at, rise.fits, rise.against]
                        for vehicle_id, rise in stay.rises.items()
                    },
                    "vehicle": stay.found.vehicle_id,
                    "by": str(stay.found.by),
                }
                for charger_id, stay in self._stays.items()
            },
        }

    @classmethod
    def from_dict(cls, stored: Any) -> Recognition:
        """Return what `to_dict` gave.

        Raises:
            RecognitionError: not_an_object, missing, unknown_choice or not_a_number; nothing of it is used.
        """
        if not isinstance(stored, Mapping):
            raise RecognitionError("not_an_object", {"where": "recognition"})
        if stored.get("version") != VERSION:
            choices = {"where": "recognition.version", "value": stored.get("version"), "choices": VERSION}
            raise RecognitionError("unknown_choice", choices)
        recognition = cls()
        try:
            stays = {str(charger_id): _read_stay(stay) for charger_id, stay in stored["stays"].items()}
        except KeyError as error:
            raise RecognitionError("missing", {"where": f"recognition.stays: {error}"}) from None
        except (TypeError, ValueError, AttributeError) as error:
            raise RecognitionError("not_a_number", {"where": f"recognition.stays: {error}"}) from None
        recognition._stays = stays
        return recognition


def _read_stay(stored: Mapping[str, Any]) -> _Stay:
    vehicle_id = stored["vehicle"]
    return _Stay(
        connected=bool(stored["connected"]),
        since=float(stored["since"]),
        wh=float(stored["wh"]),
        chosen=None if stored["chosen"] is None else str(stored["chosen"]),
        chosen_at=float(stored["chosen_at"]),
        read=None if stored["read"] is None else str(stored["read"]),
        read_at=float(stored["read_at"]),
        rises={
            str(vehicle): _Rise(float(soc), float(wh), float(at), fits=bool(fits), against=bool(against))
            for vehicle, (soc, wh, at, fits, against) in stored["rises"].items()
        },
        found=Recognised(None if vehicle_id is None else str(vehicle_id), Evidence(stored["by"])),
    )


def _follow(stay: _Stay, seen: ChargerSeen, now: float) -> None:
    """Begin and end the stay, and count its energy."""
    here = seen.connected is not False
    if stay.connected and not here:
        # What belonged to the stay is over with it, the person's choice as well.
        stay.chosen = stay.read = None
        stay.found = NOBODY_KNOWN
        stay.rises.clear()
    elif here and not stay.connected:
        stay.since, stay.wh = now, 0.0
        stay.rises.clear()
        if now - stay.read_at > READ_BEFORE_S:
            stay.read = None
    stay.connected = here
    if stay.counter_wh is not None:
        # A counter that fell began anew.
        before = stay.counter_wh if seen.charged_wh >= stay.counter_wh else 0.0
        stay.wh += seen.charged_wh - before if here else 0.0
    stay.counter_wh = seen.charged_wh


def _forget(stay: _Stay, vehicles: Mapping[str, VehicleSeen]) -> None:
    """Forget the vehicles that there are no longer."""
    for vehicle_id in stay.rises.keys() - vehicles.keys():
        del stay.rises[vehicle_id]


def _compare(stay: _Stay, vehicles: Mapping[str, VehicleSeen]) -> None:
    """Hold the states of charge that are reported against the energy of the stay."""
    for vehicle_id, vehicle in vehicles.items():
        if vehicle.soc is None or vehicle.soc_at is None:
            continue
        rise = stay.rises.get(vehicle_id)
        if rise is None:
            if vehicle.soc_at >= stay.since - _PARKED_S:
                stay.rises[vehicle_id] = _Rise(vehicle.soc, stay.wh, vehicle.soc_at)
        elif vehicle.soc_at > rise.heard_at:
            rise.heard_at = vehicle.soc_at
            rise.fits, rise.against = _judge(rise, vehicle.soc - rise.soc, stay.wh - rise.wh, vehicle.battery_wh)


def _judge(rise: _Rise, points: float, wh: float, battery_wh: int | None) -> tuple[bool, bool]:
    """Return whether a rise goes with an energy, and whether it cannot."""
    enough = points >= _LEAST_RISE and wh >= _LEAST_WH
    if battery_wh is None:
        implied_wh = wh * _EFFICIENCY / points * _PERCENT if enough else 0.0
        return enough and _SMALLEST_WH <= implied_wh <= _LARGEST_WH, rise.against
    expected = wh * _EFFICIENCY / battery_wh * _PERCENT
    fits = enough and _LEAST_SHARE <= points / expected <= _MOST_SHARE
    return fits, not fits and expected >= _ABSENT_RISE and points < _LEAST_SHARE * expected


class _Finding:
    """One look at all chargers: who is decided, and which vehicles are still free."""

    def __init__(
        self,
        stays: Mapping[str, _Stay],
        seen: Mapping[str, ChargerSeen],
        vehicles: Mapping[str, VehicleSeen],
        now: float,
    ) -> None:
        self._now = now
        self._stays = stays
        self._seen = seen
        self._vehicles = vehicles
        self._open = [charger_id for charger_id, stay in stays.items() if stay.connected]
        self._free = dict.fromkeys(sorted(vehicles))
        self._found: dict[str, Recognised] = {}

    def find(self) -> Mapping[str, Recognised]:
        self._by_choice()
        self._by_id()
        self._keep(Evidence.SOC_RISES)
        self._by_rise()
        self._keep(Evidence.ONLY_MISSING)
        self._only_missing()
        self._keep(Evidence.PREFERRED)
        self._preferred()
        return self._found

    def _decide(self, charger_id: str, vehicle_id: str | None, by: Evidence) -> None:
        self._open.remove(charger_id)
        if vehicle_id is not None:
            del self._free[vehicle_id]
        self._found[charger_id] = Recognised(vehicle_id, by)

    def _by_choice(self) -> None:
        for charger_id in sorted(self._open, key=lambda each: (-self._stays[each].chosen_at, each)):
            chosen = self._stays[charger_id].chosen
            if chosen == GUEST:
                self._decide(charger_id, None, Evidence.CHOSEN)
            elif chosen in self._free:
                self._decide(charger_id, chosen, Evidence.CHOSEN)

    def _by_id(self) -> None:
        owners: dict[str, str] = {}
        for vehicle_id in sorted(self._vehicles, reverse=True):
            owners.update(dict.fromkeys(self._vehicles[vehicle_id].ids, vehicle_id))
        for charger_id in sorted(self._open, key=lambda each: (-self._stays[each].read_at, each)):
            stay = self._stays[charger_id]
            if (read := stay.read) is None:
                continue
            if self._seen[charger_id].connected is None and self._now - stay.read_at > READ_FOR_S:
                continue
            if (owner := owners.get(read)) is None:
                self._decide(charger_id, None, Evidence.ID_READ)
            elif owner in self._free:
                self._decide(charger_id, owner, Evidence.ID_READ)

    def _by_rise(self) -> None:
        """Take what points at one vehicle alone, and goes with one charger alone: no such pair touches another one."""
        fits = {charger_id: self._fitting(charger_id) for charger_id in self._open}
        times = Counter(vehicle_id for fitting in fits.values() for vehicle_id in fitting)
        for charger_id, fitting in fits.items():
            if len(fitting) == 1 and times[fitting[0]] == 1:
                self._decide(charger_id, fitting[0], Evidence.SOC_RISES)

    def _fitting(self, charger_id: str) -> list[str]:
        return [
            vehicle_id
            for vehicle_id, rise in sorted(self._stays[charger_id].rises.items())
            if rise.fits and vehicle_id in self._free and self._possible(charger_id, vehicle_id)
        ]

    def _possible(self, charger_id: str, vehicle_id: str) -> bool:
        rise = self._stays[charger_id].rises.get(vehicle_id)
        return self._vehicles[vehicle_id].at_home is not False and not (rise is not None and rise.against)

    def _keep(self, by: Evidence) -> None:
        """Keep what was found once by evidence of this rank, as long as it can be."""
        for charger_id in tuple(self._open):
            vehicle_id, was_by = self._stays[charger_id].found
            if was_by is by and vehicle_id in self._free and self._possible(charger_id, vehicle_id):
                self._decide(charger_id, vehicle_id, by)

    def _only_missing(self) -> None:
        """One charger with a car that nobody knows, and one vehicle that it could be, which is at home."""
        unknown = [charger_id for charger_id in self._open if self._seen[charger_id].connected]
        maybe = [vehicle_id for vehicle_id in self._free if self._vehicles[vehicle_id].at_home is not False]
        if len(unknown) == len(maybe) == len(self._open) == 1:
            charger_id, vehicle_id = unknown[0], maybe[0]
            if self._vehicles[vehicle_id].at_home and self._possible(charger_id, vehicle_id):
                self._decide(charger_id, vehicle_id, Evidence.ONLY_MISSING)

    def _preferred(self) -> None:
        for charger_id in tuple(self._open):
            if not self._seen[charger_id].connected:
                continue
            wanted = [
                vehicle_id
                for vehicle_id in self._free
                if self._vehicles[vehicle_id].prefers == charger_id and self._possible(charger_id, vehicle_id)
            ]
            at_home = [vehicle_id for vehicle_id in wanted if self._vehicles[vehicle_id].at_home]
            if len(which := at_home if len(wanted) > 1 else wanted) == 1:
                self._decide(charger_id, which[0], Evidence.PREFERRED)
