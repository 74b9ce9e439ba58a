"""Car parks and tolls of an island at work: where its cars are, what they owe for it, and who is told.

Each pair of a car and a service has a visit (`economy.services.visits`). Its state and what it wants paid go to the
payment desk together, which writes them down before anything is paid. Nothing begins until the desk can be read: a
visit that is not known would be charged anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Final, TypeIs
from uuid import uuid4
from zoneinfo import ZoneInfo

from homeassistant.const import (
    ATTR_GPS_ACCURACY,
    ATTR_LATITUDE,
    ATTR_LONGITUDE,
    CONF_RADIUS,
    STATE_HOME,
    STATE_NOT_HOME,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event, async_track_time_interval
from homeassistant.util import dt as dt_util
from homeassistant.util.location import distance

from ..bridge.payment_desk import PaymentDesk
from ..clock import GridClock
from ..const import (
    CONF_PARKING_LIMIT,
    CONF_PARKING_MODE,
    CONF_PLACES,
    CONF_SERVICE_RULES,
    CONF_SERVICE_ZONE,
    CONF_TOLL_LIMIT,
    CONF_TOLL_MODE,
    CONF_TOLL_PRICE,
    CONF_TRACKER,
    LOGGER,
    SUBENTRY_PARKING,
    SUBENTRY_TOLL,
    SUBENTRY_VEHICLE,
)
from ..devices.named import StoredEntry
from ..economy.effects import BookEntry, Effect
from ..economy.errors import TariffError
from ..economy.services import (
    Allowance,
    CarPark,
    ConsentPolicy,
    Happened,
    Mode,
    ParkingReceipt,
    ParkingVisit,
    Position,
    Rule,
    Toll,
    TollReceipt,
    TollVisit,
    Use,
    Watching,
    What,
)
from ..economy.services.parking import ParkingRules
from ..economy.services.passages import Place
from ..economy.services.stay_price import local_day
from ..economy.services.visits import Steps
from ..errors import invalid
from .tariffs import parking_offer, price_i, token_rate

_HOME_ZONE: Final = "zone.home"
_TICK_S: Final = 60.0
# Without anything new a visit is written so often: a crash forgets no more than what counts as known all the same.
_SAVE_S: Final = 600
_LEAST_ACCURACY_M: Final = 100
PARKING_VISIT: Final = "parking_visit"
TOLL_VISIT: Final = "toll_visit"
PARKING_RECEIPT: Final = "parking_receipt"
TOLL_RECEIPT: Final = "toll_receipt"
_PARKING: Final = Watching(enter_s=120, leave_s=180)
_TOLL: Final = Watching(enter_s=5, leave_s=120)

type Visit = ParkingVisit | TollVisit
type Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHappened:
    """What happened between a car and a service, with the receipt as it is then."""

    vehicle: str
    service: str
    happened: Happened
    receipt: Mapping[str, Any] | None


def consent(data: Mapping[str, Any]) -> ConsentPolicy:
    """Return what a vehicle allows, from its part of the config entry; where nobody said anything it is asked."""
    fields = {
        Use.PARKING: (CONF_PARKING_MODE, CONF_PARKING_LIMIT),
        Use.TOLL: (CONF_TOLL_MODE, CONF_TOLL_LIMIT),
    }
    return ConsentPolicy(
        uses={use: rule(data.get(mode), data.get(limit)) for use, (mode, limit) in fields.items()},
        services={
            service: rule(each.get("mode"), each.get("limit"))
            for service, each in data.get(CONF_SERVICE_RULES, {}).items()
        },
    )


def rule(mode: str | None, limit: float | None) -> Rule:
    """Return a rule. Raises ServiceError for one that cannot be."""
    return Rule(mode=Mode(mode or Mode.ASK), limit_i=None if limit is None else int(limit))


class CarServices:
    """Follows the cars of an island, and charges them.

    Args:
        hass: Where trackers and zones are.
        entry: The island with its vehicles, car parks and tolls.
        clock: The island's time.
        desk: Writes and pays.
        happened: Is told what happened.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        clock: GridClock,
        desk: PaymentDesk,
        happened: Callable[[ServiceHappened], None],
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._clock = clock
        self._desk = desk
        self._happened = happened
        self._visits: dict[Pair, Visit] = {}
        self._saved: dict[Pair, int] = {}
        self._costs: dict[Pair, tuple[ParkingVisit, int]] = {}
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._due: CALLBACK_TYPE | None = None
        self._ready = False

    # Life

    @callback
    def async_start(self) -> None:
        """Begin to follow the cars, if there is any service."""
        if not (self._of(SUBENTRY_PARKING) or self._of(SUBENTRY_TOLL)):
            return
        trackers = {data[CONF_TRACKER] for data in self._of(SUBENTRY_VEHICLE).values() if CONF_TRACKER in data}
        interval = timedelta(seconds=max(1.0, self._clock.wall_delay(_TICK_S)))
        self._unsubscribe += [
            async_track_state_change_event(self._hass, trackers, self._async_moved),
            async_track_time_interval(
                self._hass, self._async_tick, interval, name="tangle_grid services", cancel_on_shutdown=True
            ),
        ]

    @callback
    def async_opened(self) -> None:
        """Go on from what the desk has kept."""
        services = {**self._of(SUBENTRY_PARKING), **self._of(SUBENTRY_TOLL)}
        vehicles = self._of(SUBENTRY_VEHICLE)
        for kind, read in ((PARKING_VISIT, ParkingVisit.from_dict), (TOLL_VISIT, TollVisit.from_dict)):
            for saga_id, stored in self._desk.open_sagas.get(kind, {}).items():
                service, _, vehicle = saga_id.partition("/")
                try:
                    visit: Visit = read(stored.get("visit", {}))
                except TariffError as error:
                    LOGGER.warning("A visit of a car could not be read, and begins anew: %s", error)
                    continue
                self._visits[service, vehicle] = visit
                if service not in services or vehicle not in vehicles:
                    self._forget((service, vehicle), visit)
        self._ready = True
        self._async_look(vehicles)

    @callback
    def async_stop(self) -> None:
        """Stop, and let the desk write what is known."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()
        if self._due is not None:
            self._due()
            self._due = None
        if self._ready:
            for pair, visit in self._visits.items():
                if self._saved.get(pair) is not None:
                    self._record(pair, visit, ())

    @callback
    def async_erase(self, vehicle: str) -> None:
        """Forget where a car was and what it has spent. What runs, or waits for an answer, stays."""
        for pair, visit in list(self._visits.items()):
            if pair[1] == vehicle and not visit.is_open:
                self._forget(pair, visit)

    def _forget(self, pair: Pair, visit: Visit) -> None:
        """End what was open with somebody who is gone: it is charged up to what is known."""
        steps: Steps = ()
        if isinstance(visit, ParkingVisit) and visit.stay is not None:
            stay, steps = visit.stay.lose(self._rules, Allowance())
            visit = replace(visit, stay=stay)
        del self._visits[pair]
        self._record(pair, visit, steps, ended=True)
        self._saved.pop(pair, None)
        self._costs.pop(pair, None)

    # What is looked at

    @property
    def _rules(self) -> ParkingRules:
        return ParkingRules(zone=dt_util.get_default_time_zone())

    @property
    def _now(self) -> int:
        return int(self._clock.now())

    def _of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return {
            subentry_id: subentry.data
            for subentry_id, subentry in self._entry.subentries.items()
            if subentry.subentry_type == kind
        }

    @callback
    def _async_moved(self, event: Event[EventStateChangedData]) -> None:
        tracker = event.data["entity_id"]
        self._async_look(
            vehicle for vehicle, data in self._of(SUBENTRY_VEHICLE).items() if data.get(CONF_TRACKER) == tracker
        )

    @callback
    def _async_tick(self, _now: datetime) -> None:
        self._async_look(self._of(SUBENTRY_VEHICLE))

    @callback
    def _async_due(self, _now: datetime) -> None:
        self._due = None
        self._async_look(self._of(SUBENTRY_VEHICLE))

    @callback
    def _async_look(self, vehicles: Iterable[str]) -> None:
        if not self._ready:
            return
        for vehicle in list(vehicles):
            data = self._entry.subentries[vehicle].data
            policy = consent(data)
            for service, offered in self._of(SUBENTRY_PARKING).items():
                self._look_at_parking((service, vehicle), data.get(CONF_TRACKER), offered, policy)
            for service, offered in self._of(SUBENTRY_TOLL).items():
                self._look_at_toll((service, vehicle), data.get(CONF_TRACKER), offered, policy)
        self._async_wait()

    def _look_at_parking(
        self, pair: Pair, tracker: str | None, offered: Mapping[str, Any], policy: ConsentPolicy
    ) -> None:
        service, vehicle = pair
        position, watching = self._position(tracker, offered[CONF_SERVICE_ZONE], _PARKING)
        visit, steps = self._parking(pair).look(
            position,
            watching,
            self._rules,
            policy,
            lambda: self._car_park(service),
            service=service,
            vehicle=vehicle,
            new_id=_new_id,
        )
        self._take(pair, visit, steps)

    def _look_at_toll(self, pair: Pair, tracker: str | None, offered: Mapping[str, Any], policy: ConsentPolicy) -> None:
        service, vehicle = pair
        position, watching = self._position(tracker, offered[CONF_SERVICE_ZONE], _TOLL)
        visit, steps = self._toll_visit(pair).look(
            position,
            watching,
            self._rules.zone,
            policy,
            lambda: self._toll(service),
            vehicle=vehicle,
            new_id=_new_id,
        )
        self._take(pair, visit, steps)

    def _position(self, tracker: str | None, zone_id: str, watching: Watching) -> tuple[Position, Watching]:
        """Return where a car is now, seen from a zone, and what the watch goes by there."""
        now, zone = self._now, self._hass.states.get(zone_id)
        state = self._hass.states.get(tracker) if tracker else None
        if state is None or zone is None or state.state in {STATE_UNAVAILABLE, STATE_UNKNOWN}:
            return Position(at=now, inside=None, reported_at=now), watching
        radius = _number(zone.attributes.get(CONF_RADIUS)) or 0.0
        watching = replace(watching, max_accuracy_m=max(_LEAST_ACCURACY_M, round(radius)))
        reported_at = min(now, int(self._clock.from_datetime(state.last_reported)))
        edge_m = _edge_m(state, zone, radius)
        position = Position(
            at=now,
            inside=_in_zone(state, zone) if edge_m is None else edge_m <= 0,
            reported_at=reported_at,
            accuracy_m=None
            if (accuracy := _number(state.attributes.get(ATTR_GPS_ACCURACY))) is None
            else round(accuracy),
            edge_m=edge_m,
        )
        return position, watching

    def _car_park(self, service: str) -> tuple[CarPark, int] | None:
        """Return what a car park offers now and how many places are taken; None if it has no price now."""
        data = self._entry.subentries[service].data
        taken = sum(visit.runs for (of, _), visit in self._visits.items() if of == service and _parks(visit))
        try:
            tariff, rate = parking_offer(self._hass, data), self._rate
            if tariff is None or rate is None:
                return None
            places = data.get(CONF_PLACES)
            park = CarPark(
                service=service,
                tariff=tariff,
                rate=rate,
                capacity=None if places is None else int(places),
            )
            park.price_i(self._now, self._rules.zone)
        except TariffError as error:
            LOGGER.debug("%s has no price now: %s", self._entry.subentries[service].title, error)
            return None
        return park, taken

    def _toll(self, service: str) -> Toll | None:
        price, rate = str(self._entry.subentries[service].data[CONF_TOLL_PRICE]), self._rate
        if rate is None:
            return None
        try:
            return Toll(service=service, price_i=price_i(rate, price, CONF_TOLL_PRICE))
        except TariffError:
            return None

    @property
    def _rate(self) -> Fraction | None:
        return token_rate(self._hass, self._entry.options)

    @callback
    def _async_wait(self) -> None:
        """Look again as soon as a car has been on the other side of an edge for long enough."""
        if self._due is not None:
            self._due()
            self._due = None
        left = [
            visit.passages.waits_for + self._holds_s(visit) - self._now
            for visit in self._visits.values()
            if visit.passages.waits_for is not None
        ]
        if soon := [seconds for seconds in left if seconds > 0]:
            self._due = async_call_later(self._hass, self._clock.wall_delay(min(soon)), self._async_due)

    @staticmethod
    def _holds_s(visit: Visit) -> int:
        """Return for how long a car has to be seen on the other side."""
        watching = _PARKING if _parks(visit) else _TOLL
        return watching.enter_s if visit.passages.place is Place.OUTSIDE else watching.leave_s

    # What follows

    def _parking(self, pair: Pair) -> ParkingVisit:
        visit = self._visits.get(pair)
        return visit if isinstance(visit, ParkingVisit) else ParkingVisit()

    def _toll_visit(self, pair: Pair) -> TollVisit:
        visit = self._visits.get(pair)
        return visit if isinstance(visit, TollVisit) else TollVisit()

    @callback
    def _take(self, pair: Pair, visit: Visit, steps: Steps) -> None:
        before = self._visits.get(pair, type(visit)())
        if not steps:
            visit = visit.tidy(self._now)
        if visit == before:
            return
        self._visits[pair] = visit
        if steps or _told(visit) != _told(before) or self._now - self._saved.get(pair, 0) >= _SAVE_S:
            self._record(pair, visit, steps)
        service, vehicle = pair
        for step in steps:
            if isinstance(step, Happened):
                receipt = self._receipt(visit) if step.reference else None
                self._happened(ServiceHappened(vehicle=vehicle, service=service, happened=step, receipt=receipt))

    def _record(self, pair: Pair, visit: Visit, steps: Steps, *, ended: bool = False) -> None:
        """Hand a visit to the desk with what it wants done; what is over leaves a receipt."""
        at = dt_util.utcnow().timestamp()
        kind = PARKING_VISIT if _parks(visit) else TOLL_VISIT
        effects = tuple(self._in_wall_time(step) for step in steps if not isinstance(step, Happened))
        service, vehicle = pair
        # Whose it is stands in it, so that it is found when somebody is erased.
        state = {"service": service, "vehicle": vehicle, "visit": visit.to_dict()}
        self._desk.record(kind, "/".join(pair), state, effects, at=at, ended=ended)
        self._saved[pair] = self._now
        over = {each.what for each in steps if isinstance(each, Happened)} & {What.PARKING_ENDED, What.TOLL_PAID}
        if (over or (ended and steps)) and (receipt := self._receipt(visit)) is not None:
            kind = PARKING_RECEIPT if _parks(visit) else TOLL_RECEIPT
            reference = str(receipt.get("session_id") or receipt.get("passage_id"))
            self._desk.record(kind, reference, receipt, (), at=at, ended=True)

    def _in_wall_time(self, effect: Effect) -> Effect:
        return replace(effect, at=self._clock.to_wall(effect.at)) if isinstance(effect, BookEntry) else effect

    def _receipt(self, visit: Visit) -> dict[str, Any] | None:
        if isinstance(visit, TollVisit):
            return None if visit.passage is None else TollReceipt.of(visit.passage).to_dict()
        if visit.stay is None:
            return None
        zone = self._rules.zone
        return ParkingReceipt.of(visit.stay, zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")).to_dict()

    # What people do

    @callback
    def async_park(self, vehicle: str, service: str) -> dict[str, Any]:
        """Begin a stay of a car, or agree to one that was asked for; one that runs goes on. Return its receipt so far.

        Raises:
            LedgerError: ledger_unavailable. What is known cannot be read yet.
            ServiceValidationError: car_park_full, no_price.
        """
        self._require_ready()
        name = self._entry.subentries[service].title
        if (offer := self._car_park(service)) is None:
            raise invalid("no_price", service=name)
        pair = (service, vehicle)
        visit, steps = self._parking(pair).start(self._now, self._rules, offer, vehicle=vehicle, new_id=_new_id)
        if any(isinstance(step, Happened) and step.what is What.PARKING_REFUSED for step in steps):
            raise invalid("car_park_full", service=name)
        self._take(pair, visit, steps)
        return self._receipt(visit) or {}

    @callback
    def async_leave(self, vehicle: str, service: str | None) -> dict[str, Any]:
        """End the stay of a car, wherever it is if no service is named. Return its receipt; one that is over stays.

        Raises:
            LedgerError: ledger_unavailable. What is known cannot be read yet.
            ServiceValidationError: not_parked.
        """
        self._require_ready()
        pairs = [
            pair
            for pair, visit in self._visits.items()
            if pair[1] == vehicle and isinstance(visit, ParkingVisit) and visit.stay and service in {None, pair[0]}
        ]
        if not pairs:
            raise invalid("not_parked", vehicle=self._entry.subentries[vehicle].title)
        pair = max(pairs, key=lambda each: (self._parking(each).is_open, self._since(each)))
        policy = consent(self._entry.subentries[vehicle].data)
        visit, steps = self._parking(pair).end(self._now, self._rules, policy)
        self._take(pair, visit, steps)
        return self._receipt(visit) or {}

    @callback
    def async_pay_toll(self, vehicle: str, service: str) -> dict[str, Any]:
        """Pay for the passage of a car: the one that was asked for, or that of now, once. Return its receipt.

        Raises:
            LedgerError: ledger_unavailable. What is known cannot be read yet.
            ServiceValidationError: no_price.
        """
        self._require_ready()
        if (toll := self._toll(service)) is None:
            raise invalid("no_price", service=self._entry.subentries[service].title)
        pair = (service, vehicle)
        visit, steps = self._toll_visit(pair).pay(self._now, self._rules.zone, toll, vehicle=vehicle, new_id=_new_id)
        self._take(pair, visit, steps)
        return self._receipt(visit) or {}

    def _require_ready(self) -> None:
        if not self._ready:
            _ = self._desk.journal  # says why

    # What is shown

    def _since(self, pair: Pair) -> int:
        stay = self._parking(pair).stay
        return 0 if stay is None else stay.since

    def _stays_of(self, vehicle: str) -> Iterator[Pair]:
        for pair, visit in self._visits.items():
            if pair[1] == vehicle and isinstance(visit, ParkingVisit) and visit.is_open:
                yield pair

    def _cost_i(self, pair: Pair) -> int:
        visit = self._parking(pair)
        known = self._costs.get(pair)
        if known is None or known[0] is not visit:
            cost_i = 0 if visit.stay is None else visit.stay.cost_i(self._rules.zone)
            known = self._costs[pair] = (visit, cost_i)
        return known[1]

    def parked_since(self, vehicle: str) -> float | None:
        """Return since when a car has been parked, grid time; None if it is not."""
        return min((float(self._since(pair)) for pair in self._stays_of(vehicle)), default=None)

    def parking_cost_i(self, vehicle: str) -> int:
        """Return what the stays of a car that run cost so far, iota."""
        return sum(map(self._cost_i, self._stays_of(vehicle)))

    def open_stays(self, service: str) -> int:
        """Return how many cars are parked there and pay."""
        return sum(visit.runs for (of, _), visit in self._visits.items() if of == service and _parks(visit))

    def income_today_i(self, service: str) -> int:
        """Return what cars have spent there today, iota, stays that run included."""
        today, income_i = local_day(self._now, self._rules.zone), 0
        for pair, visit in self._visits.items():
            if pair[0] == service:
                income_i += visit.spent.on(today)
                if isinstance(visit, ParkingVisit) and visit.runs and visit.stay and visit.stay.day == today:
                    income_i += max(0, self._cost_i(pair) - visit.stay.before_day_i)
        return income_i


def _parks(visit: Visit) -> TypeIs[ParkingVisit]:
    return isinstance(visit, ParkingVisit)


def _told(visit: Visit) -> tuple[object, ...]:
    """Return what of a visit is worth to be written at once: not that time goes by."""
    passages = visit.passages
    what = (passages.place, passages.since, passages.number)
    if isinstance(visit, TollVisit):
        return (*what, visit.passage)
    stay = visit.stay
    return (*what, None if stay is None else (stay.session_id, stay.phase, stay.payments, len(stay.seen)))


def _new_id() -> str:
    return uuid4().hex


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _edge_m(state: State, zone: State, radius: float) -> int | None:
    """Return how far something is from the edge of a zone, negative within; None where that is not known."""
    here = [_number(state.attributes.get(name)) for name in (ATTR_LATITUDE, ATTR_LONGITUDE)]
    there = [_number(zone.attributes.get(name)) for name in (ATTR_LATITUDE, ATTR_LONGITUDE)]
    if None in here or there[0] is None or there[1] is None:
        return None
    away = distance(here[0], here[1], there[0], there[1])
    return None if away is None else round(away - radius)


def _in_zone(state: State, zone: State) -> bool | None:
    """Return whether a tracker without coordinates says that it is in a zone; None if it does not tell."""
    zones = state.attributes.get("in_zones")
    if isinstance(zones, list):
        return zone.entity_id in zones
    at_home = zone.entity_id == _HOME_ZONE
    if state.state in {STATE_ON, STATE_OFF}:
        return state.state == STATE_ON if at_home else None
    if state.state in {STATE_HOME, STATE_NOT_HOME}:
        return state.state == STATE_HOME and at_home
    return state.state.casefold() == zone.name.casefold()
