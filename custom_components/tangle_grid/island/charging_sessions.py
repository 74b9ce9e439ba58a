"""Charging sessions of an island: begun and ended by the plug, metered by the passes, paid through the desk.

Nothing here can stop a pass. A session whose car must not charge on makes its charger go to its safe current; a guest
who is refused is paused, and so is whoever would owe more than the operator allows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from time import monotonic
from typing import Final, Protocol
from uuid import uuid4

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..bridge.journal import OrderedTransfer, TransferState
from ..bridge.payment_desk import ELSEWHERE, PaymentDesk
from ..clock import GridClock
from ..const import CONF_ENERGY, CONF_ENERGY_OUT, LOGGER
from ..devices.io.entity_reading import EntityReader
from ..devices.named import StoredEntry
from ..economy.effects import BookEntry, Effect, Transfer
from ..economy.errors import TariffError
from ..economy.sessions import (
    Finding,
    Guest,
    Hold,
    Order,
    Outcome,
    Phase,
    Quote,
    Reading,
    Session,
    SessionError,
    Situation,
    rewarded_energy,
)
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import DeviceStatus, GridStatus
from ..grid.model.events import GridEvent, Settlement
from ..grid.model.request import RequestState
from ..grid.model.world import NOMINAL_V, ChargerConfig, SolarConfig
from ..link.core.roaming import CREDIT_WH
from ..log_once import LogOnce
from .charging_prices import ChargingPrices
from .charging_terms import ChargingTerms
from .configuration import Member, Participant
from .negative_price_budget import NegativePriceBudget
from .open_session import OpenSession, draws
from .sun_meter import SunMeter
from .vehicles import Vehicles

KIND: Final = "charging"
#: Sessions are metered this often, grid s.
_EVERY_S: Final = 5.0
_GAP_S: Final = 120
#: What is owed is asked for this often after the car has left, grid s.
_SETTLE_S: Final = 30.0
_DOUBTS_COUNTER: Final = {Finding.COUNTER_BACKWARDS, Finding.COUNTER_JUMP, Finding.COUNTER_UNUSABLE}
_MARGIN: Final = 1.2


class Payment(StrEnum):
    """How a charger's session is paid, in a word; `NONE`: there is no session."""

    NONE = "none"
    FREE = "free"
    PAID = "paid"
    LEDGER_AWAY = "ledger_away"
    WALLET_EMPTY = "wallet_empty"
    PRICE_ABOVE_LIMIT = "price_above_limit"
    GUEST_REFUSED = "guest_refused"


class Elsewhere(Protocol):
    """Pays for cars whose wallets are on linked islands."""

    def payer(self, charger_id: str) -> str | None:
        """Return who pays for the session at a charger; None: nobody from elsewhere."""

    def most_i(self, charger_id: str) -> int | None:
        """Return what that one pays at most for a kWh, iota; None: whatever it costs."""

    def paid(self, session_id: str) -> Mapping[str, int]:
        """Return the payments of a session that the ledger shows, iota."""


class ChargingSessions:
    """The sessions of all chargers.

    Args:
        hass: Home Assistant.
        entry: The island, with its prices in its options.
        engine: The grid, told which charger goes to its safe current.
        clock: Its time.
        desk: Where steps are written down and paid.
        vehicles: Who is at which charger.
        participants: Everyone who is a device.
        members: Everyone who has a wallet.
        ledger_open: Whether wallets can be read.
        noticed: Is called when the next pass should look at something.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        engine: GridEngine,
        clock: GridClock,
        desk: PaymentDesk,
        vehicles: Vehicles,
        participants: Mapping[str, Participant],
        members: Mapping[str, Member],
        ledger_open: Callable[[], bool],
        noticed: Callable[[], None],
    ) -> None:
        self._hass, self._engine, self._clock, self._desk = hass, engine, clock, desk
        self._ledger_open, self._noticed = ledger_open, noticed
        self._terms = ChargingTerms(hass, entry, vehicles=vehicles, members=members, now=clock.now)
        self._budget = NegativePriceBudget(desk, clock.now)
        configs = {pid: each.config for pid, each in participants.items()}
        self._chargers = {pid: each for pid, each in configs.items() if isinstance(each, ChargerConfig)}
        self._reader = EntityReader(hass, lambda moment: moment.timestamp())
        data = {pid: entry.subentries[pid].data for pid in self._chargers}
        self._counters = {pid: (each.get(CONF_ENERGY), each.get(CONF_ENERGY_OUT)) for pid, each in data.items()}
        roots = [each.feeder_id for each in engine.config.feeders if each.parent_id is None]
        self._sun = SunMeter((pid for pid, each in configs.items() if isinstance(each, SolarConfig)), roots)
        self._at: dict[str, OpenSession] = {}
        self._settling: list[OpenSession] = []
        self._settled_at = 0.0
        self._amounts: dict[str, int] = {}
        self._ready = False
        self._said = LogOnce(LOGGER)
        self._elsewhere: Elsewhere | None = None

    @callback
    def serve_elsewhere(self, elsewhere: Elsewhere) -> None:
        """Let cars be paid for by linked islands, too."""
        self._elsewhere = elsewhere

    # What is known

    @property
    def sessions(self) -> Iterator[Session]:
        """All sessions that are not paid yet."""
        return (each.session for each in (*self._at.values(), *self._settling))

    def session(self, charger_id: str) -> Session | None:
        """Return the session at a charger, None if there is none."""
        found = self._at.get(charger_id)
        return None if found is None else found.session

    def payment(self, charger_id: str) -> Payment:
        """Return how the session at a charger is paid."""
        session = self.session(charger_id)
        if session is None:
            return Payment.NONE
        if session.hold is not None:
            return Payment(session.hold.value)
        return Payment.PAID if session.is_billed else Payment.FREE

    def doubts_counter(self, charger_id: str) -> bool:
        """Return whether the energy counter of a charger told the session there what cannot be, at any time of it."""
        session = self.session(charger_id)
        return session is not None and bool(session.found & _DOUBTS_COUNTER)

    def cost(self, charger_id: str) -> Fraction | None:
        """Return what the session at a charger costs so far, with the fee and less what was fed back, in the currency.

        None if there is no session, or nobody pays for it.
        """
        session = self.session(charger_id)
        if session is None or not session.is_billed:
            return None
        return _cost_i(session) / session.terms.rate

    def cost_i(self, charger_id: str) -> int | None:
        """Return the same in tokens, i."""
        session = self.session(charger_id)
        return None if session is None or not session.is_billed else _cost_i(session)

    def quote(self, charger_id: str) -> Quote | None:
        """Return the price of a kWh now: of the session there, or for whoever comes. None where there is no price."""
        session = self.session(charger_id)
        return self._terms.quote() if session is None else session.quote(self._clock.now())

    # What happens

    @callback
    def opened(self) -> None:
        """Go on with the sessions that were stored. Whatever of one cannot be read is left where it is, and said."""
        self._budget.restore()
        for session_id, stored in self._desk.open_sagas.get(KIND, {}).items():
            try:
                found = OpenSession.from_dict(self._hass, stored, self._clock.now())
            except (SessionError, TariffError, KeyError, TypeError, ValueError) as error:
                LOGGER.error("The charging session %s cannot be read, and is left as it is: %s", session_id, error)
                continue
            found.sun, session = self._sun.read(), found.session
            if session.phase is Phase.OPEN and session.charger in self._chargers:
                self._at[session.charger] = found
                self._hold(session.charger)
            elif session.phase is Phase.OPEN:
                self._finish(found, Reading(at=self._clock.now()))
            else:
                self._settling.append(found)
        self._ready = True
        if self._at:
            self._noticed()

    @callback
    def async_look(self, status: GridStatus) -> None:
        """Meter and pay what the last pass saw. Never raises."""
        if not self._ready or not (self._at or self._settling or self._terms.is_priced):
            return
        self._sun.measure(status, self._longest_gap_s)
        for charger_id in self._chargers:
            try:
                self._look(charger_id, status)
            except Exception as error:  # noqa: BLE001 - the pass goes on whatever a session does
                self._said.wrong(charger_id, "The charging session at %s cannot go on", charger_id, error=error)
            else:
                self._said.right(charger_id, "The charging session at %s goes on", charger_id)
        if self._settling and abs(status.at - self._settled_at) >= _SETTLE_S:
            self._settle()

    @callback
    def note(self, events: Iterable[GridEvent]) -> None:
        """Take in which energy rewards have paid for. Never raises."""
        for event in events:
            if isinstance(event, Settlement) and (found := self._at.get(event.device_id)) is not None:
                try:
                    self._rewarded(found, event)
                except Exception as error:  # noqa: BLE001 - see above
                    self._said.wrong("reward", "What a reward has paid for cannot be told", error=error)

    @callback
    def transfer_changed(self, ordered: OrderedTransfer) -> None:
        """Hear of a payment: the next look takes it in, and a session that is over may be done."""
        payment_id = ordered.transfer.payment_id
        if any(payment_id in each.session.outstanding for each in (*self._at.values(), *self._settling)):
            self._amounts[payment_id] = ordered.transfer.amount_i
        if ordered.state is TransferState.CONFIRMED and any(
            payment_id in each.session.outstanding for each in self._settling
        ):
            self._settle()

    @callback
    def close(self) -> None:
        """Store what is open, as it is now, and take nothing in any more."""
        self._ready = False
        for found in self._at.values():
            self._record(found, Outcome(save=True))

    # One charger

    def _look(self, charger_id: str, status: GridStatus) -> None:
        device, found = status.devices[charger_id], self._at.get(charger_id)
        if found is None:
            connected = draws(device) if device.connected is None else device.connected
        else:
            connected = found.is_connected(device, status.at)
            is_another = found.is_another_plug(device)
            found.is_another = is_another and found.steady_at is None
            if is_another or not connected:
                self._end(charger_id, found, device, status.at)
                found = None
        if found is None:
            if connected:
                self._begin(charger_id, device)
            return
        self._correct(charger_id, found, status.at)
        if not 0 <= status.at - found.looked_at < _EVERY_S:
            self._step(found, device, status.at)

    def _begin(self, charger_id: str, device: DeviceStatus) -> None:
        prices = self._terms.prices()
        if prices is None:
            return
        payer, guest = self._terms.payer(charger_id, prices)
        terms = self._terms.begin(prices, payer)
        if terms is None:
            return
        now = self._clock.now()
        import_wh, export_wh = self._counters_wh(charger_id)
        session = Session.start(
            f"charging-{uuid4().hex[:12]}",
            charger_id,
            terms,
            dt_util.get_default_time_zone(),
            Reading(at=now, power_w=device.power_w, import_wh=import_wh, export_wh=export_wh),
            most_w=self._believed_w(charger_id),
            payer=payer,
            guest=guest,
            longest_gap_s=round(self._longest_gap_s),
        )
        found = self._at[charger_id] = OpenSession(
            session=session,
            plugged_at=device.session_at,
            looked_at=now,
            steady_at=monotonic(),
            drew_at=now,
            sun=self._sun.read(),
        )
        self._record(found, Outcome(save=True))
        self._hold(charger_id)

    def _step(self, found: OpenSession, device: DeviceStatus, now: float) -> None:
        session, asked = found.session, device.curtailment is RequestState.ACTIVE
        before = session.hold, session.pauses
        if not (asked or found.was_asked):
            session.reward_settled(0)  # what no reward came for
        outcome = session.step(self._reading(found, device, now), self._situation(found))
        found.was_asked = asked
        self._record(found, outcome)
        if (session.hold, session.pauses) != before:
            self._hold(session.charger)
            self._noticed()

    def _end(self, charger_id: str, found: OpenSession, device: DeviceStatus, now: float) -> None:
        del self._at[charger_id]
        self._engine.commands.limit_charger(charger_id, None)
        self._finish(found, self._reading(found, device, now))

    def _finish(self, found: OpenSession, reading: Reading) -> None:
        self._settling.append(found)
        self._record(found, found.session.finish(reading, self._situation(found)))

    def _correct(self, charger_id: str, found: OpenSession, now: float) -> None:
        """Let the session follow who is found to be there."""
        prices = self._terms.prices()
        if prices is None:
            return
        session = found.session
        payer, guest = self._payer(charger_id, prices)
        if (payer, guest) != (session.payer, session.guest):
            outcome = session.correct(payer, guest, now)
            if _is_elsewhere(payer):
                session.bound_credit(CREDIT_WH)
            session.limit_price(self._most_per_kwh(session, prices, payer))
            self._record(found, outcome)
            self._hold(charger_id)
            self._noticed()
        else:
            session.limit_price(self._most_per_kwh(session, prices, payer))

    def _payer(self, charger_id: str, prices: ChargingPrices) -> tuple[str | None, Guest | None]:
        payer = None if self._elsewhere is None else self._elsewhere.payer(charger_id)
        return self._terms.payer(charger_id, prices) if payer is None else (payer, None)

    def _most_per_kwh(self, session: Session, prices: ChargingPrices, payer: str | None) -> Fraction | None:
        if self._elsewhere is None or not _is_elsewhere(payer):
            return self._terms.most_per_kwh(prices, payer)
        most_i = self._elsewhere.most_i(session.charger)
        return None if most_i is None else most_i / session.terms.rate

    def _rewarded(self, found: OpenSession, event: Settlement) -> None:
        """Meter until now, so that what is fed back later is not taken for what the reward paid for."""
        device = self._engine.status(self._clock.now()).devices[event.device_id]
        found.was_asked = True
        reading = self._reading(found, device, self._clock.now(), on_request=True)
        outcome = found.session.step(reading, self._situation(found))
        found.session.reward_settled(rewarded_energy(event.receipt).fed_back_wh)
        self._record(found, Outcome(effects=outcome.effects, save=True, budget_i=outcome.budget_i))

    # What a session has to know

    @property
    def _longest_gap_s(self) -> float:
        return max(_GAP_S, 10 * self._clock.speed)

    def _reading(
        self, found: OpenSession, device: DeviceStatus, now: float, *, on_request: bool | None = None
    ) -> Reading:
        counters_wh = self._counters_wh(found.session.charger)
        return found.reading(device, counters_wh, now, speed=self._clock.speed, on_request=on_request)

    def _counters_wh(self, charger_id: str) -> tuple[float | None, float | None]:
        """Return what the charger's counters show: of what cars took, and of what they fed back."""
        read, (taken, given) = self._reader.energy_wh, self._counters[charger_id]
        return None if taken is None else read(taken), None if given is None else read(given)

    def _situation(self, found: OpenSession) -> Situation:
        session = found.session
        paid = {
            name: self._amounts.pop(name, order.amount_i)
            for name, order in session.outstanding.items()
            if not _is_between(order) and self._desk.transfers.state_of(name) is TransferState.CONFIRMED
        }
        if self._elsewhere is not None:
            shown = self._elsewhere.paid(session.session_id)
            paid |= {name: shown[name] for name in session.outstanding if name in shown}
        affordable_i = None
        if session.payer is not None and not _is_elsewhere(session.payer) and self._ledger_open():
            affordable_i = self._desk.affordable_i(session.payer)
        before, found.sun = found.sun, self._sun.read()
        since, charger = found.sun.since(before), self._chargers.get(session.charger)
        return Situation(
            paid=paid,
            affordable_i=affordable_i,
            budget_i=self._budget.left_i(self._terms.negative_budget_i(session.terms.rate)),
            sun_wh=since.sun_wh,
            drawn_wh=since.drawn_wh,
            most_w=0 if charger is None else _watts(charger, charger.max_current_a),
        )

    def _believed_w(self, charger_id: str) -> int:
        """Return the most that a reading of a charger is believed."""
        config = self._chargers[charger_id]
        return _watts(config, max(config.max_current_a, config.max_discharge_a) * _MARGIN)

    # What follows

    def _hold(self, charger_id: str) -> None:
        """Let the charger go to its safe current, or stop, or be free again."""
        session = self.session(charger_id)
        hold = None if session is None else session.hold
        limit_a = None if hold is None else self._chargers[charger_id].safe_current_a
        stops = session is not None and (hold is Hold.GUEST_REFUSED or session.pauses)
        self._engine.commands.limit_charger(charger_id, 0.0 if stops else limit_a)

    def _record(self, found: OpenSession, outcome: Outcome) -> None:
        """Hand a step to the desk, which writes it down before it pays."""
        session, at = found.session, self._clock.now()
        if outcome.budget_i:
            self._budget.grant(outcome.budget_i)
        if not (outcome.save or outcome.effects):
            return
        done = session.phase is Phase.DONE
        state = found.receipt_dict() if done else found.to_dict()
        if done:
            self._settling = [each for each in self._settling if each is not found]
        # What goes between islands is billed to, or paid to, a car's home.
        here = (each for each in outcome.effects if not (isinstance(each, Transfer) and _is_between(each)))
        effects = tuple(map(self._in_wall_time, here))
        self._desk.record(KIND, session.session_id, state, effects, at=at, ended=done)

    def _in_wall_time(self, effect: Effect) -> Effect:
        """Return an effect as the books have it: their months are those of people, also where time runs faster."""
        return replace(effect, at=self._clock.to_wall(effect.at)) if isinstance(effect, BookEntry) else effect

    def _settle(self) -> None:
        now = self._clock.now()
        self._settled_at = now
        for found in tuple(self._settling):
            session_id = found.session.session_id
            try:
                self._record(found, found.session.settle(now, self._situation(found)))
            except Exception as error:  # noqa: BLE001 - the others are settled, and the desk goes on
                self._said.wrong(session_id, "The charging session %s cannot be settled", session_id, error=error)
            else:
                self._said.right(session_id, "The charging session %s is settled", session_id)


def _is_elsewhere(payer: str | None) -> bool:
    return payer is not None and payer.startswith(ELSEWHERE)


def _is_between(payment: Order | Transfer) -> bool:
    return _is_elsewhere(payment.source) or _is_elsewhere(payment.target)


def _cost_i(session: Session) -> int:
    return session.charge_i + session.fee_i - session.feed_in_i


def _watts(charger: ChargerConfig, amps: float) -> int:
    return round(amps * NOMINAL_V * len(charger.phases))
