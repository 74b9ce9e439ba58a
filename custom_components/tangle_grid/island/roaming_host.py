"""Cars from linked islands at the chargers here: recognised, offered the session's price, and billed to their homes.

A session whose payer is elsewhere is metered and accounted as any other. What it orders is not paid from a wallet here:
a bill goes to the car's home, and counts as paid once this island's own ledger shows it. Until then it is credit, which
the session bounds: the car falls to its safe current, and stops, before that is a kilowatt-hour.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.util import dt as dt_util

from ..bridge.link import LedgerLink
from ..bridge.payment_desk import ELSEWHERE, PaymentDesk
from ..bridge.treasury import ANEW
from ..clock import GridClock
from ..const import LOGGER
from ..devices.config import car_config
from ..devices.named import StoredEntry
from ..economy.errors import TariffError
from ..economy.recognition import GUEST
from ..economy.sessions import Order, Phase, Session, ceiling
from ..grid.engine.engine import GridEngine
from ..grid.model.errors import GridError
from ..grid.model.events import Answered, GridEvent
from ..grid.model.world import NOMINAL_V, CarConfig, ChargerConfig, PolicyConfig, PolicyMode
from ..ledger import LedgerError, Payment, PaymentState
from ..link.core import LinkRefusal
from ..link.core.roaming import HomeSays, StayAsk, StayBack, StayBill, StayEnded, StayOffer, StayReply
from ..link.core.roaming_host import HostStay
from ..log_once import LogOnce
from .charging_sessions import ChargingSessions
from .follow_up import Aside
from .grid_door import GridDoor
from .link_ends import mono
from .roaming_ids import ReadIds
from .roaming_letters import RoamingLetters
from .roaming_payouts import CHECKSUM_TRYTES, paid_under
from .vehicles import Vehicles

KIND: Final = "roaming_host"
_LOOK_EVERY_S: Final = 4.0
_ASK_AGAIN_S: Final = 10.0
_RECENT: Final = 20
_S_PER_H: Final = 3_600
#: Chargers above this are for own cars, W.
_FAST_W: Final = 50_000.0
_ASKED_HOME: Final = CarConfig(policy=PolicyConfig(mode=PolicyMode.ASK))


class RoamingHost:
    """The stays of others' cars here."""

    def __init__(
        self,
        entry: StoredEntry,
        *,
        clock: GridClock,
        engine: GridEngine,
        grid: GridDoor,
        chargers: Sequence[str],
        ids: ReadIds,
        letters: RoamingLetters,
        link: LedgerLink,
        desk: PaymentDesk,
        charging: ChargingSessions,
        vehicles: Vehicles,
        do: Aside,
        changed: Callable[[], None],
    ) -> None:
        """Take the parts.

        Args:
            entry: The island.
            clock: Grid time.
            engine: The grid, told that a car's home answers for it.
            grid: Takes the answers.
            chargers: The own chargers.
            ids: What chargers have read.
            letters: The ways to homes.
            link: The way to the ledger.
            desk: Where stays are written down.
            charging: The sessions here.
            vehicles: Whose the own cars are.
            do: Does something at the side.
            changed: Called when there is something new to show.
        """
        self._entry, self._clock, self._engine, self._grid = entry, clock, engine, grid
        self._ids, self._letters, self._link, self._desk = ids, letters, link, desk
        self._charging, self._vehicles, self._do, self._changed = charging, vehicles, do, changed
        self._chargers = chargers
        self._stays: dict[str, HostStay] = {}
        self._sessions: dict[str, Session] = {}
        self._busy: dict[str, float] = {}
        self._asked: dict[tuple[str, str], float] = {}
        self._rewards: dict[str, str] = {}
        self._said = LogOnce(LOGGER)
        self.addresses: dict[str, str] = {}
        charging.serve_elsewhere(self)

    # What is known

    @property
    def stays(self) -> Mapping[str, HostStay]:
        """All stays that are not settled, by session."""
        return self._stays

    def payer(self, charger_id: str) -> str | None:
        """Return who pays for the session at a charger from elsewhere; None: nobody does."""
        session = self._charging.session(charger_id)
        stay = None if session is None else self._stays.get(session.session_id)
        if stay is None or not stay.accepted or self._is_known_here(charger_id):
            return None
        return payer_of(stay)

    def most_i(self, charger_id: str) -> int | None:
        """Return what the car at a charger pays at most for a kWh, iota; None: whatever it costs."""
        session = self._charging.session(charger_id)
        stay = None if session is None else self._stays.get(session.session_id)
        return None if stay is None or stay.answer is None else stay.answer.most_i

    def paid(self, session_id: str) -> Mapping[str, int]:
        """Return the payments of a session from and to elsewhere that the ledger shows."""
        stay = self._stays.get(session_id)
        return {} if stay is None else stay.paid

    def payee(self, payment_id: str, device_id: str) -> str:
        """Return who is paid for a part of a request: a car from elsewhere, or as on an island without."""
        return self._rewards.get(payment_id) or self._vehicles.payee(payment_id, device_id)

    def has(self, stay: str, source: str) -> bool:
        """Return whether a stay is here, and of a car behind this link."""
        known = self._stays.get(stay)
        return known is not None and known.source == source

    def _is_known_here(self, charger_id: str) -> bool:
        known = self._vehicles.at(charger_id).vehicle_id is not None
        return known or self._vehicles.chosen(charger_id) == GUEST

    # Life cycle

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen to what chargers read; returns how to stop."""
        return self._ids.async_start()

    @callback
    def opened(self) -> None:
        """Go on with the stays from before a restart. The sessions are there by now."""
        sessions = {each.session_id: each for each in self._charging.sessions}
        for stay_id, stored in self._desk.open_sagas.get(KIND, {}).items():
            try:
                stay = HostStay.from_dict(stored["stay"])
                rewards = {str(payment): str(payer) for payment, payer in stored["rewards"].items()}
            except (KeyError, TypeError, ValueError, AttributeError, LinkRefusal) as error:
                LOGGER.error("The stay %s of a car from elsewhere cannot be read: %s", stay_id, error)
                continue
            self._stays[stay_id] = stay
            self._rewards |= rewards
            if stay_id in sessions:
                self._sessions[stay_id] = sessions[stay_id]
            self._note_address(stay)

    # Passes

    @callback
    def async_look(self) -> None:
        """See who has come, and bill what is due. Call it after each pass, and after the sessions have seen it."""
        for charger_id in self._chargers:
            session = self._charging.session(charger_id)
            if session is not None and session.session_id not in self._stays and not self._is_known_here(charger_id):
                self._meet(charger_id, session)
        for stay in tuple(self._stays.values()):
            self._go_on(stay)

    def _meet(self, charger_id: str, session: Session) -> None:
        if self._most_w(charger_id) > _FAST_W:
            # So much is paid ahead there that no payment is within a kilowatt-hour.
            return
        read = self._ids.of(charger_id, session.session_id, session.started_at)
        known = None if read is None else self._letters.recognise(read)
        if known is not None:
            self._once(session.session_id, self._async_offer(charger_id, session, *known))

    def _most_w(self, charger_id: str) -> float:
        config = next(each for each in self._engine.config.devices if each.device_id == charger_id)
        assert isinstance(config, ChargerConfig)  # noqa: S101 - all of these are
        return config.max_current_a * NOMINAL_V * len(config.phases)

    async def _async_offer(self, charger_id: str, session: Session, token: str, source: str) -> None:
        messages = await self._link.ledger.tangle.messages(limit=_RECENT)
        seen = next((each.tail for each in messages if each.confirmed), None)
        if seen is None:
            return
        offer = self._offer(session, token, seen)
        stay = self._stays[offer.stay] = HostStay(offer=offer, charger=charger_id, source=source)
        self._sessions[offer.stay] = session
        self._keep(stay)
        self._go_on(stay)

    def _offer(self, session: Session, token: str, seen: str) -> StayOffer:
        most, quote, now = ceiling(session.terms), session.quote(self._clock.now()), self._clock.now()
        # The home counts time from when it agrees: what was before is in what is paid once.
        before_s = max(0, ceil(now - session.started_at))
        return StayOffer(
            stay=session.session_id,
            token=token,
            price_i=max(0, ceil(quote.per_kwh_i * (1 + session.terms.fee.share))),
            most_i=most.kwh_i,
            hour_i=most.hour_i,
            flat_i=most.once_i + most.hour_i * before_s // _S_PER_H + 1,
            most_w=max(1, session.metered.meter.most_w),
            wh=session.wh_in,
            seen=seen,
        )

    def _go_on(self, stay: HostStay) -> None:
        session = self._sessions.get(stay.offer.stay)
        if session is None:
            # It was over and paid before a restart: what it came to stands in its receipt.
            if stay.ended is None:
                self._drop(stay)
                return
        elif session.phase is not Phase.OPEN and stay.ended is None:
            self._end(stay, session)
        if stay.accepted and stay.ended is None:
            self._let_home_answer(stay)
        if stay.answer is None and session is not None:
            stay.offer = self._offer(session, stay.offer.token, stay.offer.seen)
        for payment in tuple(stay.claims):
            self._once(f"see {payment}", self._async_see(stay, payment))
        bills = [] if session is None else self._bills(stay, session)
        told = stay.due(mono(), bills)
        if any(isinstance(each, StayBill) for each in told):
            # At which addresses it may be paid is kept.
            self._keep(stay)
        for said in told:
            self._letters.post(stay.source, said)
        if self._is_over(stay, session):
            self._drop(stay)

    def _bills(self, stay: HostStay, session: Session) -> list[StayBill]:
        """Return what the car's home is to pay, and see that it is paid what goes there."""
        payer, orders = payer_of(stay), tuple(session.outstanding.values())
        bills = [each for order in orders if order.source == payer for each in self._bill(stay, session, order)]
        if any(order.source == payer for order in orders):
            # What is paid back may be of a bill that is not paid yet.
            return bills
        for order in orders:
            if order.target == payer and stay.payee is not None and order.payment_id not in stay.paid:
                self._once(f"pay {order.payment_id}", self._async_pay_back(stay, order))
        return []

    def _bill(self, stay: HostStay, session: Session, order: Order) -> list[StayBill]:
        wallet = self._link.wallets.get(self._desk.bookings.account_of(order.target))
        # What is not written down yet is not asked for: after a crash it might be another payment.
        if wallet is None or not self._desk.is_idle:
            return []
        return [
            StayBill(
                stay=stay.offer.stay,
                token=stay.offer.token,
                payment=order.payment_id,
                amount_i=order.amount_i,
                wh=session.wh_in,
                covered_wh=order.covered_wh,
                payee=wallet.address,
            )
        ]

    def _end(self, stay: HostStay, session: Session) -> None:
        if not stay.accepted or session.payer != payer_of(stay):
            total_i = 0
        else:
            total_i = session.charge_i + session.fee_i - session.feed_in_i
        open_i = sum(each.amount_i for each in session.outstanding.values() if each.source == payer_of(stay))
        stay.ended = StayEnded(
            stay=stay.offer.stay,
            token=stay.offer.token,
            wh=session.wh_in,
            wh_out=session.wh_out,
            total_i=total_i,
            billed_i=stay.received_i + open_i,
        )
        self._engine.commands.set_car(stay.charger, car_config(self._entry.subentries[stay.charger].data))
        self._vehicles.async_apply_settings()
        self._keep(stay)

    def _is_over(self, stay: HostStay, session: Session | None) -> bool:
        if stay.ended is None:
            return False
        if not stay.accepted:
            return True
        unpaid = {each.payment_id for each in self._engine.commands.unpaid()}
        owed = any(payer == payer_of(stay) and payment in unpaid for payment, payer in self._rewards.items())
        paid = session is None or session.phase is Phase.DONE
        return stay.closed and paid and not stay.backs and not owed

    def _drop(self, stay: HostStay) -> None:
        self._keep(stay, ended=True)
        self._stays.pop(stay.offer.stay, None)
        self._sessions.pop(stay.offer.stay, None)
        self._changed()

    # Paid, and seen

    async def _async_see(self, stay: HostStay, payment: str) -> None:
        """Look whether the ledger shows what a home says it has paid."""
        tail, amount_i = stay.claims[payment]
        paid = await self._link.ledger.tangle.payouts(tail)
        if paid is None or payment not in stay.claims:
            return
        # The payment's own id stands in its message: nothing that anybody else has paid, or for anything else, counts.
        own = {address[:-CHECKSUM_TRYTES] for address in stay.told}
        holds = amount_i > 0 and paid_under(paid, f"{ELSEWHERE}{payment}", own) == amount_i
        stay.seen(payment, holds=holds)
        if not holds:
            self._said.wrong(payment, "A car's home says that it has paid %s, and has not", payment)
        self._keep(stay)
        self._changed()

    async def _async_pay_back(self, stay: HostStay, order: Order) -> None:
        assert stay.payee is not None  # noqa: S101 - looked at before
        payment = await self._link.treasury.async_settle_anew(
            f"{ELSEWHERE}{order.payment_id}",
            stay.payee,
            order.amount_i,
            {"kind": "refund"},
            source=self._desk.bookings.account_of(order.source),
        )
        if payment.state is PaymentState.CONFIRMED and payment.tail is not None:
            stay.paid[order.payment_id] = payment.amount_i
            self._paid_back(stay, order.payment_id, payment, reward=False, energy_wh=0)

    def _paid_back(self, stay: HostStay, name: str, payment: Payment, *, reward: bool, energy_wh: int) -> None:
        stay.backs[name] = StayBack(
            stay=stay.offer.stay,
            token=stay.offer.token,
            payment=name,
            amount_i=payment.amount_i,
            tail=payment.tail or "",
            reward=reward,
            energy_wh=energy_wh,
        )
        self._keep(stay)

    # Requests

    def _let_home_answer(self, stay: HostStay) -> None:
        """Ask the home where the charger is asked, in the place of the charger's own policy."""
        config = next(each for each in self._engine.config.devices if each.device_id == stay.charger)
        if isinstance(config, ChargerConfig) and config.policy != _ASKED_HOME.policy:
            self._engine.commands.set_car(stay.charger, _ASKED_HOME)
        now, at = self._clock.now(), mono()
        for request in self._engine.requests.values():
            part = request.asks.get(stay.charger)
            if part is None or not part.waiting or not request.ends_at - request.time_of(now) > 0:
                continue
            key = (request.request_id, stay.offer.stay)
            if at - self._asked.get(key, -_ASK_AGAIN_S) < _ASK_AGAIN_S:
                continue
            self._asked[key] = at
            self._letters.post(
                stay.source,
                StayAsk(
                    stay=stay.offer.stay,
                    token=stay.offer.token,
                    request=request.request_id,
                    power_w=max(1, round(part.quantity_w)),
                    rate_i_per_kwh=part.rate,
                    duration_s=max(1.0, (request.ends_at - request.time_of(now)) / self._clock.speed),
                ),
            )
        self._asked = {key: then for key, then in self._asked.items() if key[0] in self._engine.requests}

    @callback
    def note(self, events: Iterable[GridEvent]) -> None:
        """Keep that a car from elsewhere is paid for what it has said yes to."""
        for event in events:
            if isinstance(event, Answered) and event.decision.accepted:
                session = self._charging.session(event.device_id)
                stay = None if session is None else self._stays.get(session.session_id)
                if stay is not None and self.payer(event.device_id) is not None:
                    self._rewards[f"{event.request_id}:{event.device_id}"] = payer_of(stay)
                    self._keep(stay)

    @callback
    def payment_changed(self, payment: Payment) -> None:
        """Tell a car's home of a reward that has arrived."""
        name = payment.payment_id.partition(ANEW)[0]
        payer = self._rewards.get(name)
        if payer is None or payment.state is not PaymentState.CONFIRMED or payment.tail is None:
            return
        stay = next((each for each in self._stays.values() if payer_of(each) == payer), None)
        request_id, _, device_id = name.partition(":")
        request = self._engine.requests.get(request_id)
        part = None if request is None else request.asks.get(device_id)
        if stay is not None:
            self._paid_back(stay, name, payment, reward=True, energy_wh=0 if part is None else part.energy_wh)

    # What homes say

    @callback
    def heard(self, said: HomeSays) -> None:
        """Take what a home says of a stay that is here."""
        stay = self._stays[said.stay]
        if isinstance(said, StayReply):
            self._answer(stay, said)
            return
        if not stay.take(said):
            return
        if stay.refused:
            payment, reason = next(iter(stay.refused.items()))
            self._said.wrong(stay.offer.stay, "%s is not paid by the car's home: %s", payment, reason)
        self._note_address(stay)
        self._keep(stay)
        self._go_on(stay)
        self._changed()

    def _answer(self, stay: HostStay, said: StayReply) -> None:
        if stay.ended is not None or not stay.accepted:
            return
        try:
            self._grid.answer(request_id=said.request, device_id=stay.charger, accept=said.accepted)
        except GridError as error:
            # It came twice, or too late.
            LOGGER.debug("An answer of a car from elsewhere changes nothing: %s", error)

    # What is kept

    def _note_address(self, stay: HostStay) -> None:
        if stay.payee is not None:
            self.addresses[payer_of(stay)] = stay.payee

    def _keep(self, stay: HostStay, *, ended: bool = False) -> None:
        rewards = {payment: payer for payment, payer in self._rewards.items() if payer == payer_of(stay)}
        state = {"stay": stay.to_dict(), "rewards": rewards}
        at = dt_util.utcnow().timestamp()
        self._desk.record(KIND, stay.offer.stay, state, (), at=at, ended=ended)

    def _once(self, what: str, work: Any) -> None:
        """Do something at the side, unless it was begun a moment ago."""
        at = mono()
        if at - self._busy.get(what, -_LOOK_EVERY_S) < _LOOK_EVERY_S:
            work.close()
            return
        self._busy[what] = at
        self._busy = {name: then for name, then in self._busy.items() if at - then < _LOOK_EVERY_S}

        async def done() -> None:
            try:
                await work
            except LedgerError as error:
                LOGGER.debug("%s of a car from elsewhere waits for the ledger: %s", what, error)
            except TariffError as error:
                self._said.wrong(what, "A car from elsewhere cannot be offered a price: %s", error)

        self._do(done(), "roaming")


def payer_of(stay: HostStay) -> str:
    """Return under which name a car from elsewhere stands in sessions and books here."""
    return f"{ELSEWHERE}{stay.offer.token}"
