"""The visits of an island's cars: written down with what they cost, and what is shown of them.

Each pair of a car and a service has a visit (`economy.services.visits`). Its state and what it wants paid go to the
payment desk together, which writes them down before anything is paid.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeIs
from zoneinfo import ZoneInfo

from homeassistant.util import dt as dt_util

from ..bridge.payment_desk import PaymentDesk
from ..clock import GridClock
from ..const import LOGGER
from ..economy.effects import BookEntry, Effect
from ..economy.errors import TariffError
from ..economy.services import Allowance, Happened, ParkingReceipt, ParkingVisit, TollReceipt, TollVisit, What
from ..economy.services.parking import ParkingRules
from ..economy.services.stay_price import local_day
from ..economy.services.visits import Steps

# Without anything new a visit is written so often: a crash forgets no more than what counts as known all the same.
_SAVE_S: Final = 600
PARKING_VISIT: Final = "parking_visit"
TOLL_VISIT: Final = "toll_visit"
PARKING_RECEIPT: Final = "parking_receipt"
TOLL_RECEIPT: Final = "toll_receipt"

type Visit = ParkingVisit | TollVisit
type Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHappened:
    """What happened between a car and a service, with the receipt as it is then."""

    vehicle: str
    service: str
    happened: Happened
    receipt: Mapping[str, Any] | None


def parking_rules() -> ParkingRules:
    """Return by what parking is charged: times are local."""
    return ParkingRules(zone=dt_util.get_default_time_zone())


def is_parking(visit: Visit) -> TypeIs[ParkingVisit]:
    """Return whether a visit is one of a car park."""
    return isinstance(visit, ParkingVisit)


class Visits:
    """The visit of each (service, vehicle)."""

    def __init__(self, clock: GridClock, desk: PaymentDesk, happened: Callable[[ServiceHappened], None]) -> None:
        """`desk` writes and pays, `happened` is told what happened."""
        self._clock, self._desk, self._happened = clock, desk, happened
        self._visits: dict[Pair, Visit] = {}
        self._saved: dict[Pair, int] = {}
        self._costs: dict[Pair, tuple[ParkingVisit, int]] = {}

    @property
    def now(self) -> int:
        """The grid's time, whole epoch seconds."""
        return int(self._clock.now())

    @property
    def all(self) -> Mapping[Pair, Visit]:
        """All visits, also those that are over."""
        return self._visits

    def parking(self, pair: Pair) -> ParkingVisit:
        """Return the visit of a car to a car park; a new one where it was never seen."""
        visit = self._visits.get(pair)
        return visit if isinstance(visit, ParkingVisit) else ParkingVisit()

    def toll(self, pair: Pair) -> TollVisit:
        """Return the visit of a car to a toll; a new one where it was never seen."""
        visit = self._visits.get(pair)
        return visit if isinstance(visit, TollVisit) else TollVisit()

    # What is written

    def restore(self, is_known: Callable[[Pair], bool]) -> None:
        """Go on from what the desk has kept; what was open with somebody who is not known any more ends."""
        for kind, read in ((PARKING_VISIT, ParkingVisit.from_dict), (TOLL_VISIT, TollVisit.from_dict)):
            for saga_id, stored in self._desk.open_sagas.get(kind, {}).items():
                service, _, vehicle = saga_id.partition("/")
                try:
                    visit: Visit = read(stored.get("visit", {}))
                except TariffError as error:
                    LOGGER.warning("A visit of a car could not be read, and begins anew: %s", error)
                    continue
                self._visits[service, vehicle] = visit
                if not is_known((service, vehicle)):
                    self._forget((service, vehicle), visit)

    def take(self, pair: Pair, visit: Visit, steps: Steps) -> None:
        """Take a visit as it is now, with what it wants done and tells."""
        before = self._visits.get(pair, type(visit)())
        if not steps:
            visit = visit.tidy(self.now)
        if visit == before:
            return
        self._visits[pair] = visit
        if steps or _told(visit) != _told(before) or self.now - self._saved.get(pair, 0) >= _SAVE_S:
            self._record(pair, visit, steps)
        service, vehicle = pair
        for step in steps:
            if isinstance(step, Happened):
                receipt = visit_receipt(visit) if step.reference else None
                self._happened(ServiceHappened(vehicle=vehicle, service=service, happened=step, receipt=receipt))

    def write(self) -> None:
        """Write all that was written before as it is now."""
        for pair, visit in self._visits.items():
            if self._saved.get(pair) is not None:
                self._record(pair, visit, ())

    def erase(self, vehicle: str) -> None:
        """Forget where a car was and what it has spent. What runs, or waits for an answer, stays."""
        for pair, visit in list(self._visits.items()):
            if pair[1] == vehicle and not visit.is_open:
                self._forget(pair, visit)

    def _forget(self, pair: Pair, visit: Visit) -> None:
        """End what was open with somebody who is gone: it is charged up to what is known."""
        steps: Steps = ()
        if isinstance(visit, ParkingVisit) and visit.stay is not None:
            stay, steps = visit.stay.lose(parking_rules(), Allowance())
            visit = replace(visit, stay=stay)
        del self._visits[pair]
        self._record(pair, visit, steps, ended=True)
        self._saved.pop(pair, None)
        self._costs.pop(pair, None)

    def _record(self, pair: Pair, visit: Visit, steps: Steps, *, ended: bool = False) -> None:
        """Hand a visit to the desk with what it wants done; what is over leaves a receipt."""
        at = dt_util.utcnow().timestamp()
        kind = PARKING_VISIT if is_parking(visit) else TOLL_VISIT
        effects = tuple(self._in_wall_time(step) for step in steps if not isinstance(step, Happened))
        service, vehicle = pair
        # Whose it is stands in it, so that it is found when somebody is erased.
        state = {"service": service, "vehicle": vehicle, "visit": visit.to_dict()}
        self._desk.record(kind, "/".join(pair), state, effects, at=at, ended=ended)
        self._saved[pair] = self.now
        over = {each.what for each in steps if isinstance(each, Happened)} & {What.PARKING_ENDED, What.TOLL_PAID}
        if (over or (ended and steps)) and (receipt := visit_receipt(visit)) is not None:
            kind = PARKING_RECEIPT if is_parking(visit) else TOLL_RECEIPT
            reference = str(receipt.get("session_id") or receipt.get("passage_id"))
            self._desk.record(kind, reference, receipt, (), at=at, ended=True)

    def _in_wall_time(self, effect: Effect) -> Effect:
        return replace(effect, at=self._clock.to_wall(effect.at)) if isinstance(effect, BookEntry) else effect

    # What is shown

    def parked_since(self, vehicle: str) -> float | None:
        """Return since when a car has been parked, grid time; None if it is not."""
        return min((float(self.since(pair)) for pair in self._stays_of(vehicle)), default=None)

    def parking_cost_i(self, vehicle: str) -> int:
        """Return what the stays of a car that run cost so far, iota."""
        return sum(map(self._cost_i, self._stays_of(vehicle)))

    def open_stays(self, service: str) -> int:
        """Return how many cars are parked there and pay."""
        return sum(visit.runs for (of, _), visit in self._visits.items() if of == service and is_parking(visit))

    def income_today_i(self, service: str) -> int:
        """Return what cars have spent there today, iota, stays that run included."""
        today, income_i = local_day(self.now, parking_rules().zone), 0
        for pair, visit in self._visits.items():
            if pair[0] == service:
                income_i += visit.spent.on(today)
                if isinstance(visit, ParkingVisit) and visit.runs and visit.stay and visit.stay.day == today:
                    income_i += max(0, self._cost_i(pair) - visit.stay.before_day_i)
        return income_i

    def since(self, pair: Pair) -> int:
        """Return since when a car has been parked there, grid time; 0 if it never was."""
        stay = self.parking(pair).stay
        return 0 if stay is None else stay.since

    def _stays_of(self, vehicle: str) -> Iterator[Pair]:
        for pair, visit in self._visits.items():
            if pair[1] == vehicle and isinstance(visit, ParkingVisit) and visit.is_open:
                yield pair

    def _cost_i(self, pair: Pair) -> int:
        visit = self.parking(pair)
        known = self._costs.get(pair)
        if known is None or known[0] is not visit:
            cost_i = 0 if visit.stay is None else visit.stay.cost_i(parking_rules().zone)
            known = self._costs[pair] = (visit, cost_i)
        return known[1]


def visit_receipt(visit: Visit) -> dict[str, Any] | None:
    """Return the receipt of a visit as it is now; None where nothing is charged."""
    if isinstance(visit, TollVisit):
        return None if visit.passage is None else TollReceipt.of(visit.passage).to_dict()
    if visit.stay is None:
        return None
    zone = parking_rules().zone
    return ParkingReceipt.of(visit.stay, zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")).to_dict()


def _told(visit: Visit) -> tuple[object, ...]:
    """Return what of a visit is worth to be written at once: not that time goes by."""
    passages = visit.passages
    what = (passages.place, passages.since, passages.number)
    if isinstance(visit, TollVisit):
        return (*what, visit.passage)
    stay = visit.stay
    return (*what, None if stay is None else (stay.session_id, stay.phase, stay.payments, len(stay.seen)))
