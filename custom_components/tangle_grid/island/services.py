"""Car parks and tolls of an island at work: who follows the cars, and what people do by hand.

Nothing begins until the desk can be read: a visit that is not known would be charged anew.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_state_change_event, async_track_time_interval

from ..bridge.payment_desk import PaymentDesk
from ..clock import GridClock
from ..const import CONF_SERVICE_ZONE, CONF_TRACKER
from ..devices.named import StoredEntry
from ..economy.services import CarPark, ConsentPolicy, Happened, ParkingVisit, Watching, What
from ..economy.services.passages import Place
from ..errors import invalid
from .service_offers import ServiceOffers, consent
from .tracker_position import tracker_position
from .visits import Pair, ServiceHappened, Visit, Visits, is_parking, parking_rules, visit_receipt

_TICK_S: Final = 60.0
_PARKING: Final = Watching(enter_s=120, leave_s=180)
_TOLL: Final = Watching(enter_s=5, leave_s=120)


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
        self._hass, self._clock, self._desk = hass, clock, desk
        self._offers = ServiceOffers(hass, entry)
        self.visits = Visits(clock, desk, happened)
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._due: CALLBACK_TYPE | None = None
        self._ready = False

    # Life

    @callback
    def async_start(self) -> None:
        """Begin to follow the cars, if there is any service."""
        if not (self._offers.car_parks or self._offers.tolls):
            return
        trackers = {data[CONF_TRACKER] for data in self._offers.vehicles.values() if CONF_TRACKER in data}
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
        services, vehicles = {*self._offers.car_parks, *self._offers.tolls}, self._offers.vehicles
        self.visits.restore(lambda pair: pair[0] in services and pair[1] in vehicles)
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
            self.visits.write()

    # What is looked at

    @callback
    def _async_moved(self, event: Event[EventStateChangedData]) -> None:
        tracker = event.data["entity_id"]
        self._async_look(
            vehicle for vehicle, data in self._offers.vehicles.items() if data.get(CONF_TRACKER) == tracker
        )

    @callback
    def _async_tick(self, _now: datetime) -> None:
        self._async_look(self._offers.vehicles)

    @callback
    def _async_due(self, _now: datetime) -> None:
        self._due = None
        self._async_look(self._offers.vehicles)

    @callback
    def _async_look(self, vehicles: Iterable[str]) -> None:
        if not self._ready:
            return
        for vehicle in list(vehicles):
            data = self._offers.data(vehicle)
            policy = consent(data)
            for service, offered in self._offers.car_parks.items():
                self._look_at_parking((service, vehicle), data.get(CONF_TRACKER), offered, policy)
            for service, offered in self._offers.tolls.items():
                self._look_at_toll((service, vehicle), data.get(CONF_TRACKER), offered, policy)
        self._async_wait()

    def _look_at_parking(
        self, pair: Pair, tracker: str | None, offered: Mapping[str, Any], policy: ConsentPolicy
    ) -> None:
        service, vehicle = pair
        position, watching = tracker_position(self._hass, self._clock, tracker, offered[CONF_SERVICE_ZONE], _PARKING)
        visit, steps = self.visits.parking(pair).look(
            position,
            watching,
            parking_rules(),
            policy,
            lambda: self._car_park(service),
            service=service,
            vehicle=vehicle,
            new_id=_new_id,
        )
        self.visits.take(pair, visit, steps)

    def _look_at_toll(self, pair: Pair, tracker: str | None, offered: Mapping[str, Any], policy: ConsentPolicy) -> None:
        service, vehicle = pair
        position, watching = tracker_position(self._hass, self._clock, tracker, offered[CONF_SERVICE_ZONE], _TOLL)
        visit, steps = self.visits.toll(pair).look(
            position,
            watching,
            parking_rules().zone,
            policy,
            lambda: self._offers.toll(service),
            vehicle=vehicle,
            new_id=_new_id,
        )
        self.visits.take(pair, visit, steps)

    def _car_park(self, service: str) -> tuple[CarPark, int] | None:
        """Return what a car park offers now and how many places are taken; None if it has no price now."""
        park = self._offers.car_park(service, self.visits.now, parking_rules().zone)
        return None if park is None else (park, self.visits.open_stays(service))

    @callback
    def _async_wait(self) -> None:
        """Look again as soon as a car has been on the other side of an edge for long enough."""
        if self._due is not None:
            self._due()
            self._due = None
        left = [
            visit.passages.waits_for + _holds_s(visit) - self.visits.now
            for visit in self.visits.all.values()
            if visit.passages.waits_for is not None
        ]
        if soon := [seconds for seconds in left if seconds > 0]:
            self._due = async_call_later(self._hass, self._clock.wall_delay(min(soon)), self._async_due)

    # What people do

    @callback
    def async_park(self, vehicle: str, service: str) -> dict[str, Any]:
        """Begin a stay of a car, or agree to one that was asked for; one that runs goes on. Return its receipt so far.

        Raises:
            LedgerError: ledger_unavailable. What is known cannot be read yet.
            ServiceValidationError: car_park_full, no_price.
        """
        self._require_ready()
        name = self._offers.title(service)
        if (offer := self._car_park(service)) is None:
            raise invalid("no_price", service=name)
        pair = (service, vehicle)
        visit, steps = self.visits.parking(pair).start(
            self.visits.now, parking_rules(), offer, vehicle=vehicle, new_id=_new_id
        )
        if any(isinstance(step, Happened) and step.what is What.PARKING_REFUSED for step in steps):
            raise invalid("car_park_full", service=name)
        self.visits.take(pair, visit, steps)
        return visit_receipt(visit) or {}

    @callback
    def async_leave(self, vehicle: str, service: str | None) -> dict[str, Any]:
        """End the stay of a car, wherever it is if no service is named. Return its receipt; one that is over stays.

        Raises:
            LedgerError: ledger_unavailable. What is known cannot be read yet.
            ServiceValidationError: not_parked.
        """
        self._require_ready()
        stays = {
            pair: visit
            for pair, visit in self.visits.all.items()
            if pair[1] == vehicle and isinstance(visit, ParkingVisit) and visit.stay and service in {None, pair[0]}
        }
        if not stays:
            raise invalid("not_parked", vehicle=self._offers.title(vehicle))
        pair = max(stays, key=lambda each: (stays[each].is_open, self.visits.since(each)))
        policy = consent(self._offers.data(vehicle))
        visit, steps = stays[pair].end(self.visits.now, parking_rules(), policy)
        self.visits.take(pair, visit, steps)
        return visit_receipt(visit) or {}

    @callback
    def async_pay_toll(self, vehicle: str, service: str) -> dict[str, Any]:
        """Pay for the passage of a car: the one that was asked for, or that of now, once. Return its receipt.

        Raises:
            LedgerError: ledger_unavailable. What is known cannot be read yet.
            ServiceValidationError: no_price.
        """
        self._require_ready()
        if (toll := self._offers.toll(service)) is None:
            raise invalid("no_price", service=self._offers.title(service))
        pair = (service, vehicle)
        visit, steps = self.visits.toll(pair).pay(
            self.visits.now, parking_rules().zone, toll, vehicle=vehicle, new_id=_new_id
        )
        self.visits.take(pair, visit, steps)
        return visit_receipt(visit) or {}

    def _require_ready(self) -> None:
        if not self._ready:
            _ = self._desk.journal  # says why


def _holds_s(visit: Visit) -> int:
    """Return for how long a car has to be seen on the other side."""
    watching = _PARKING if is_parking(visit) else _TOLL
    return watching.enter_s if visit.passages.place is Place.OUTSIDE else watching.leave_s


def _new_id() -> str:
    return uuid4().hex
