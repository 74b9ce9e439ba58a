"""Own cars at the chargers of linked islands: agreed to by what their owners set, and paid from here, each bill once.

What was agreed and paid is a saga in the books: it is written before anything is paid, and a payment that was ordered
is found again under its id.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..bridge.link import LedgerLink
from ..bridge.payment_desk import ELSEWHERE, PaymentDesk
from ..clock import GridClock
from ..const import CONF_DEPARTURE, CONF_DEPARTURE_ENTITY, CONF_SOC, DOMAIN, LOGGER
from ..devices.config import car_config
from ..devices.io.entity_reading import EntityReader
from ..devices.named import StoredEntry
from ..economy.effects import BookEntry, Effect, Kind
from ..economy.recognition import Sureness
from ..grid.device.state import DeviceState
from ..grid.model.world import ChargerConfig, ChargerTelemetry, PhaseReading, Timing
from ..grid.requests.policy import Question, decide
from ..ledger import LedgerError, PaymentState
from ..link.core import LinkRefusal
from ..link.core.roaming import (
    HostSays,
    StayAnswer,
    StayAsk,
    StayBack,
    StayBill,
    StayEnded,
    StayKept,
    StayOffer,
    StayPaid,
    StayReply,
)
from ..link.core.roaming_home import HomeStay, Refusal
from ..log_once import LogOnce
from .follow_up import Aside
from .link_ends import mono
from .roaming_letters import RoamingLetters
from .roaming_payouts import CHECKSUM_TRYTES, paid_under
from .vehicles import Vehicles

KIND: Final = "roaming_home"
ISSUE_REFUSED: Final = "roaming_refused"
_PAY_EVERY_S: Final = 5.0
#: What the owner has to know: not that a wallet is empty, which is shown elsewhere.
_TELLING: Final = frozenset({Refusal.NOT_OFFERED, Refusal.TOO_FAST, Refusal.AHEAD, Refusal.OVER, Refusal.WRONG_CAR})
_LEAST_A: Final = 6.0
_W_PER_A: Final = 690.0


class RoamingHome:
    """The stays of own cars elsewhere."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        clock: GridClock,
        letters: RoamingLetters,
        link: LedgerLink,
        desk: PaymentDesk,
        vehicles: Vehicles,
        do: Aside,
        changed: Callable[[], None],
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            entry: The island, with its vehicles.
            clock: Grid time, in which cars charge: by it the time of a stay is counted.
            letters: The ways to hosts.
            link: The way to the ledger.
            desk: Where stays are written down.
            vehicles: Where own vehicles are.
            do: Does something at the side.
            changed: Called when there is something new to show.
        """
        self._hass, self._entry, self._clock, self._letters = hass, entry, clock, letters
        self._link, self._desk, self._vehicles = link, desk, vehicles
        self._do, self._changed = do, changed
        self._stays: dict[str, HomeStay] = {}
        self._said_no: dict[str, StayAnswer] = {}
        self._busy: set[str] = set()
        self._pay_at = 0.0
        self._reader = EntityReader(hass, clock.from_datetime)
        self._said = LogOnce(LOGGER)

    # What is known

    @property
    def stays(self) -> Mapping[str, HomeStay]:
        """All stays that are not settled, by id."""
        return self._stays

    def stay_of(self, vehicle_id: str) -> HomeStay | None:
        """Return the stay that a vehicle is in now; None: it charges at no other island."""
        return next((each for each in self._stays.values() if each.vehicle == vehicle_id and each.ended is None), None)

    # Life cycle

    @callback
    def opened(self) -> None:
        """Go on with what was agreed before a restart."""
        for stay_id, stored in self._desk.open_sagas.get(KIND, {}).items():
            try:
                self._stays[stay_id] = HomeStay.from_dict(stored)
            except (KeyError, TypeError, ValueError, AttributeError, LinkRefusal) as error:
                LOGGER.error("What was agreed on the stay %s cannot be read, and nothing is paid: %s", stay_id, error)

    @callback
    def async_look(self) -> None:
        """Pay what is due. Call it after each pass."""
        at = mono()
        if at < self._pay_at:
            return
        self._pay_at = at + _PAY_EVERY_S
        for stay in tuple(self._stays.values()):
            for bill in tuple(stay.bills.values()):
                self._pay(stay, bill)

    # What hosts say

    @callback
    def heard(self, source: str, vehicle_id: str, said: HostSays) -> None:
        """Take what a host says of an own vehicle."""
        stay = self._stays.get(said.stay)
        if stay is not None and (stay.source, stay.vehicle) != (source, vehicle_id):
            LOGGER.warning("Another island speaks of the stay %s at %s: it is not heard", said.stay, self._entry.title)
            return
        if stay is not None:
            stay.heard_at = self._clock.now()
        match said:
            case StayOffer():
                self._once(said.stay, self._async_offered(source, vehicle_id, said))
            case StayBill():
                self._billed(source, stay, said)
            case StayBack() if stay is not None:
                if said.payment in stay.backs:
                    self._letters.post(source, StayKept(stay=said.stay, payment=said.payment))
                else:
                    self._once(said.payment, self._async_paid_back(stay, said))
            case StayAsk():
                accepted = stay is not None and self._says_yes(vehicle_id, said)
                self._letters.post(source, StayReply(stay=said.stay, request=said.request, accepted=accepted))
            case StayEnded() if stay is not None:
                self._ended(stay, said)
            case StayEnded():
                # It was settled before, or never agreed to: there is nothing more to keep.
                self._letters.post(source, StayKept(stay=said.stay))

    def _once(self, what: str, work: Any) -> None:
        """Do something at the side, unless it is being done."""
        if what in self._busy:
            work.close()
            return
        self._busy.add(what)

        async def done() -> None:
            try:
                await work
            except LedgerError as error:
                # The other side says it again.
                LOGGER.debug("%s of a car elsewhere waits for the ledger: %s", what, error)
            finally:
                self._busy.discard(what)

        self._do(done(), "roaming")

    # Offers

    async def _async_offered(self, source: str, vehicle_id: str, offer: StayOffer) -> None:
        stay = self._stays.get(offer.stay)
        if stay is None and (known := self._said_no.get(offer.stay)) is not None:
            self._letters.post(source, known)
            return
        if stay is None:
            reason = self._why_not(vehicle_id, offer)
            if reason is None and await self._link.ledger.tangle.transaction(offer.seen) is None:
                reason = Refusal.OTHER_TANGLE
            if reason is not None:
                self._refuse(source, vehicle_id, offer, reason)
                return
            now = self._clock.now()
            stay = HomeStay(offer=offer, vehicle=vehicle_id, source=source, since=now, heard_at=now)
            self._stays[offer.stay] = stay
            LOGGER.info(
                "%s charges at another island for %s i/kWh",
                self._name(vehicle_id),
                f"{offer.price_i:,}".replace(",", " "),
            )
        answer = StayAnswer(
            stay=offer.stay,
            accepted=True,
            most_i=self._vehicles.max_price_i(vehicle_id),
            payee=self._payee(stay),
        )
        self._keep(stay)
        self._letters.post(source, answer)
        self._changed()

    def _why_not(self, vehicle_id: str, offer: StayOffer) -> Refusal | None:
        if not self._letters.may_roam(vehicle_id):
            return Refusal.NOT_ALLOWED
        most_i = self._vehicles.max_price_i(vehicle_id)
        if most_i is not None and offer.price_i > most_i:
            return Refusal.PRICE
        here = self._vehicles.charger_of(vehicle_id)
        if here is not None and self._vehicles.at(here).sureness is Sureness.CERTAIN:
            return Refusal.ELSEWHERE
        others = (each for each in self._stays.values() if each.vehicle == vehicle_id)
        if any(not each.may_be_over(self._clock.now()) for each in others):
            return Refusal.ELSEWHERE
        return None

    def _refuse(self, source: str, vehicle_id: str, offer: StayOffer, reason: Refusal) -> None:
        answer = StayAnswer(stay=offer.stay, accepted=False, reason=reason.value)
        self._said_no[offer.stay] = answer
        while len(self._said_no) > 100:  # noqa: PLR2004 - whoever asks so often is asked anew
            del self._said_no[next(iter(self._said_no))]
        LOGGER.warning("%s does not charge at another island: %s", self._name(vehicle_id), reason)
        self._letters.post(source, answer)

    # Bills

    def _billed(self, source: str, stay: HomeStay | None, bill: StayBill) -> None:
        if stay is None:
            reason = Refusal.UNKNOWN.value
            self._letters.post(
                source, StayPaid(stay=bill.stay, payment=bill.payment, amount_i=bill.amount_i, reason=reason)
            )
            return
        answer = stay.take(bill, self._clock.now())
        if answer is not None and answer.tail is None and answer.reason in _TELLING:
            self._tell(stay, answer.reason)
        if answer is not None:
            self._letters.post(source, answer)
            return
        self._keep(stay)
        self._pay(stay, stay.bills[bill.payment])

    def _pay(self, stay: HomeStay, bill: StayBill) -> None:
        self._once(bill.payment, self._async_pay(stay, bill))

    async def _async_pay(self, stay: HomeStay, bill: StayBill) -> None:
        account = self._desk.bookings.account_of(stay.vehicle)
        name = f"{ELSEWHERE}{bill.payment}"
        try:
            payment = await self._link.treasury.async_settle_anew(
                name, bill.payee, bill.amount_i, {"kind": Kind.CHARGING.value}, source=account
            )
        except LedgerError as error:
            said = StayPaid(stay=bill.stay, payment=bill.payment, amount_i=bill.amount_i, reason=error.key)
            self._letters.post(stay.source, said)
            self._said.wrong(stay.vehicle, "A payment of a car elsewhere waits: %s", error)
            return
        self._said.right(stay.vehicle, "Payments of cars elsewhere are made again")
        if payment.state is not PaymentState.CONFIRMED or payment.tail is None or bill.payment in stay.paid:
            return
        stay.was_paid(bill.payment, payment.amount_i, payment.tail)
        self._keep(stay, [self._line(stay, f"{payment.payment_id}/out", -payment.amount_i, payment.payment_id)])
        self._letters.post(stay.source, stay.receipt(bill.payment, self._payee(stay)))
        self._changed()

    def _payee(self, stay: HomeStay) -> str | None:
        """Return where a car is paid now; it is noted that this was told."""
        wallet = self._link.wallets.get(self._desk.bookings.account_of(stay.vehicle))
        if wallet is not None and wallet.address not in stay.told:
            stay.told.append(wallet.address)
        return None if wallet is None else wallet.address

    async def _async_paid_back(self, stay: HomeStay, back: StayBack) -> None:
        paid = await self._link.ledger.tangle.payouts(back.tail)
        if paid is None:
            return  # it is not confirmed yet, and said again
        own = {address[:-CHECKSUM_TRYTES] for address in stay.told}
        name = back.payment if back.reward else f"{ELSEWHERE}{back.payment}"
        if paid_under(paid, name, own) != back.amount_i:
            LOGGER.warning("A host says that it has paid %s, and has not", self._name(stay.vehicle))
            return
        stay.backs[back.payment] = back
        kind = Kind.REWARD if back.reward else Kind.REFUND
        self._keep(stay, [self._line(stay, f"{ELSEWHERE}{back.payment}/in", back.amount_i, None, kind)])
        self._letters.post(stay.source, StayKept(stay=back.stay, payment=back.payment))
        self._changed()

    def _ended(self, stay: HomeStay, said: StayEnded) -> None:
        if stay.ended is None:
            stay.ended = said
            energy = BookEntry(
                entry_id=f"{said.stay}/energy",
                participant=stay.vehicle,
                at=_now(),
                kind=Kind.CHARGING,
                reference=said.stay,
                wh_in=said.wh,
                wh_out=said.wh_out,
                details={"elsewhere": True},
            )
            self._keep(stay, [energy])
            self._changed()
        self._letters.post(stay.source, StayKept(stay=said.stay))

    # Requests

    def _says_yes(self, vehicle_id: str, ask: StayAsk) -> bool:
        """Answer by the car's own policy, as at home; who wants to be asked in person is not there to be asked."""
        now, data = self._clock.now(), self._entry.subentries[vehicle_id].data
        car, soc = car_config(data), self._reader.percent(data.get(CONF_SOC))
        most_a = max(_LEAST_A, ask.power_w / _W_PER_A)
        config = ChargerConfig(
            device_id=ask.stay,
            feeder_id="elsewhere",
            min_current_a=_LEAST_A,
            max_current_a=most_a,
            safe_current_a=_LEAST_A,
            battery_wh=car.battery_wh,
            target_soc=car.target_soc,
            policy=car.policy,
        )
        device, timing = DeviceState(config, Timing()), Timing()
        watts = ask.power_w / 3
        telemetry = ChargerTelemetry(
            reading=PhaseReading(power_w=(watts, watts, watts), at=now, changed_at=now),
            connected=True,
            soc=None if soc is None else soc.value,
            soc_at=None if soc is None else soc.at,
            departure_at=self._departure_at(data),
            heard_at=now,
        )
        device.observe(now, 0.0, telemetry, timing)
        power_w = float(ask.power_w)
        ends_at = now + ask.duration_s * self._clock.speed
        question = Question(rate=ask.rate_i_per_kwh, ends_at=ends_at, power_w=power_w, baseline_w=power_w)
        return decide(device, question, now).accept is True

    def _departure_at(self, data: Mapping[str, Any]) -> float | None:
        if (entity_id := data.get(CONF_DEPARTURE_ENTITY)) is not None:
            return self._reader.moment(entity_id)
        departure = data.get(CONF_DEPARTURE)
        return None if departure is None else self._reader.next_time_of_day(departure)

    # What is kept, and said

    def _keep(self, stay: HomeStay, effects: Iterable[Effect] = ()) -> None:
        done = stay.is_settled
        if done:
            self._stays.pop(stay.offer.stay, None)
            # What was asked for beyond the offer is asked for no more.
            ir.async_delete_issue(self._hass, DOMAIN, f"{ISSUE_REFUSED}_{stay.offer.stay}")
        self._desk.record(KIND, stay.offer.stay, stay.to_dict(), tuple(effects), at=_now(), ended=done)

    def _line(
        self, stay: HomeStay, entry_id: str, amount_i: int, payment_id: str | None, kind: Kind = Kind.CHARGING
    ) -> BookEntry:
        return BookEntry(
            entry_id=entry_id,
            participant=stay.vehicle,
            at=_now(),
            kind=kind,
            reference=stay.offer.stay,
            amount_i=amount_i,
            payment_id=payment_id,
            details={"elsewhere": True},
        )

    def _tell(self, stay: HomeStay, reason: str) -> None:
        self._said.wrong(f"refused {stay.offer.stay}", "A bill for %s is not paid: %s", stay.vehicle, reason)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{ISSUE_REFUSED}_{stay.offer.stay}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_REFUSED,
            translation_placeholders={"car": self._name(stay.vehicle), "island": self._entry.title},
        )

    def _name(self, vehicle_id: str) -> str:
        subentry = self._entry.subentries.get(vehicle_id)
        return vehicle_id if subentry is None else subentry.title


def _now() -> float:
    return dt_util.utcnow().timestamp()
