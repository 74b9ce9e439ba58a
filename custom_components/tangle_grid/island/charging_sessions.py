"""Charging sessions of an island: begun and ended by the plug, metered by the passes, paid through the desk.

Nothing here can stop a pass. A session whose car must not charge on makes its charger go to its safe current; a guest
who is refused is paused, and so is whoever would owe more than the operator allows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..bridge.journal import OrderedTransfer, TransferState
from ..bridge.payment_desk import PaymentDesk
from ..clock import GridClock
from ..const import CONF_ENERGY, LOGGER
from ..devices.io.entity_reading import EntityReader
from ..devices.named import StoredEntry
from ..economy.effects import BookEntry, Effect
from ..economy.errors import FormError, TariffError
from ..economy.sessions import (
    Finding,
    Guest,
    Hold,
    Outcome,
    Phase,
    Quote,
    Reading,
    Session,
    SessionError,
    SessionReceipt,
    Situation,
    quote,
    rewarded_energy,
    session_dict,
    session_of,
)
from ..economy.tariff import read_tariff
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import DeviceStatus, GridStatus
from ..grid.model.events import GridEvent, Settlement
from ..grid.model.request import RequestState
from ..grid.model.world import NOMINAL_V, Cause, ChargerConfig, SolarConfig
from ..log_once import LogOnce
from .charging_prices import ChargingPrices, is_priced
from .configuration import Member, Participant
from .vehicles import Vehicles

KIND: Final = "charging"
BUDGET: Final = "charging_budget"
_VERSION: Final = 1
#: Sessions are metered this often, grid s.
_EVERY_S: Final = 5.0
_GAP_S: Final = 120
#: What is owed is asked for this often after the car has left, grid s.
_SETTLE_S: Final = 30.0
_QUOTE_S: Final = 60.0
#: Where no plug is seen, a car that draws nothing for so long has left, grid s.
_GONE_S: Final = 1_800.0
#: Another car was plugged in while nobody looked if its session began so much later.
_SAME_PLUG_S: Final = 60.0
_CHARGING_W: Final = 100.0
_DOUBTS_COUNTER: Final = {Finding.COUNTER_BACKWARDS, Finding.COUNTER_JUMP, Finding.COUNTER_UNUSABLE}
_MARGIN: Final = 1.2
_WS_PER_WH: Final = 3600


class Payment(StrEnum):
    """How a charger's session is paid, in a word; `NONE`: there is no session."""

    NONE = "none"
    FREE = "free"
    PAID = "paid"
    LEDGER_AWAY = "ledger_away"
    WALLET_EMPTY = "wallet_empty"
    PRICE_ABOVE_LIMIT = "price_above_limit"
    GUEST_REFUSED = "guest_refused"


@dataclass(slots=True, kw_only=True)
class _Open:
    """A session that is not paid yet, and what surrounds it.

    `plugged_at` is when the grid saw the plug, grid time. `is_another`: another car was plugged in while Home Assistant
    was not running.
    """

    session: Session
    plugged_at: float | None
    looked_at: float
    steady_at: float | None = None
    was_asked: bool = False
    drew_at: float = 0.0
    is_another: bool = False
    sun_wh: Mapping[str, int] = field(default_factory=dict)
    drawn_wh: int = 0


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
        self._hass, self._entry, self._engine, self._clock = hass, entry, engine, clock
        self._desk, self._vehicles, self._members = desk, vehicles, members
        self._ledger_open, self._noticed = ledger_open, noticed
        configs = {pid: each.config for pid, each in participants.items()}
        self._reader = EntityReader(hass, lambda moment: moment.timestamp())
        self._chargers = {pid: each for pid, each in configs.items() if isinstance(each, ChargerConfig)}
        self._counters = {pid: entry.subentries[pid].data.get(CONF_ENERGY) for pid in self._chargers}
        self._suns = [pid for pid, each in configs.items() if isinstance(each, SolarConfig)]
        self._at: dict[str, _Open] = {}
        self._settling: list[_Open] = []
        self._settled_at = 0.0
        self._amounts: dict[str, int] = {}
        self._granted: tuple[str, int] = ("", 0)
        self._sun_ws = dict.fromkeys(self._suns, 0.0)
        self._drawn_ws = self._sun_at = 0.0
        self._roots = [each.feeder_id for each in engine.config.feeders if each.parent_id is None]
        self._quoted: tuple[float, Quote | None] | None = None
        self._options: Mapping[str, Any] | None = None
        self._known: ChargingPrices | None = None
        self._ready = False
        self._said = LogOnce(LOGGER)

    # What is known

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
        now = self._clock.now()
        if (session := self.session(charger_id)) is not None:
            return session.quote(now)
        if self._quoted is None or not 0 <= now - self._quoted[0] < _QUOTE_S:
            self._quoted = (now, self._offer(now))
        return self._quoted[1]

    def _prices(self) -> ChargingPrices | None:
        """Return the prices of the options, read once for all chargers. Raises FormError for what is no price."""
        if self._options is not self._entry.options:
            self._known = ChargingPrices.from_options(self._entry.options)
            self._options, self._quoted = self._entry.options, None
        return self._known

    def _offer(self, now: float) -> Quote | None:
        try:
            prices = self._prices()
            terms = None if prices is None else prices.terms(self._hass, dt_util.utc_from_timestamp(now))
            if terms is None:
                return None
            return quote(read_tariff(terms.tariff), now, dt_util.get_default_time_zone(), terms.rate)
        except (TariffError, FormError, SessionError) as error:
            LOGGER.debug("No price of charging at %s: %s", self._entry.title, error)
            return None

    # What happens

    @callback
    def opened(self) -> None:
        """Go on with the sessions that were stored. Whatever of one cannot be read is left where it is, and said."""
        budget = self._desk.open_sagas.get(BUDGET, {}).get(BUDGET, {})
        self._granted = (str(budget.get("day", "")), int(budget.get("granted_i", 0)))
        for session_id, stored in self._desk.open_sagas.get(KIND, {}).items():
            try:
                session = self._restored(stored)
            except (SessionError, TariffError, KeyError, TypeError, ValueError) as error:
                LOGGER.error("The charging session %s cannot be read, and is left as it is: %s", session_id, error)
                continue
            now = self._clock.now()
            found = _Open(session=session, plugged_at=stored.get("plugged_at"), looked_at=now, drew_at=now)
            self._see_sun(found)
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

    def _restored(self, stored: Mapping[str, Any]) -> Session:
        zone = dt_util.get_default_time_zone()
        name = stored["session"]["terms"]["zone"]
        if name != self._hass.config.time_zone:
            zone = dt_util.get_time_zone(name) or zone
        return session_of(stored["session"], zone)

    @callback
    def async_look(self, status: GridStatus) -> None:
        """Meter and pay what the last pass saw. Never raises."""
        if not self._ready or not (self._at or self._settling or is_priced(self._entry.options)):
            return
        self._measure_sun(status)
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
        connected = device.connected
        if connected is None:
            connected = self._draws(found, device, status.at)
        if found is not None:
            found.is_another = found.steady_at is None and self._is_another_plug(found, device)
        if found is not None and (not connected or self._is_another_plug(found, device)):
            self._end(charger_id, found, device, status.at)
            found = None
        if found is None:
            if connected:
                self._begin(charger_id, device)
            return
        self._correct(charger_id, found, status.at)
        if not 0 <= status.at - found.looked_at < _EVERY_S:
            self._step(found, device, status.at)

    @staticmethod
    def _draws(found: _Open | None, device: DeviceStatus, now: float) -> bool:
        """Return whether a car is there, of a charger that does not say so: it draws, or did lately."""
        draws = device.power_w is not None and abs(device.power_w) >= _CHARGING_W
        if found is None:
            return draws
        if draws:
            found.drew_at = now
        return now - found.drew_at < _GONE_S

    @staticmethod
    def _is_another_plug(found: _Open, device: DeviceStatus) -> bool:
        if found.plugged_at is None or device.session_at is None:
            return False
        return device.session_at - found.plugged_at > _SAME_PLUG_S

    def _begin(self, charger_id: str, device: DeviceStatus) -> None:
        prices = self._prices()
        if prices is None:
            return
        now = self._clock.now()
        payer, guest = self._payer(charger_id, prices)
        terms = prices.terms(self._hass, dt_util.utc_from_timestamp(now), most_per_kwh=self._most(payer, prices))
        if terms is None:
            return
        session = Session.start(
            f"charging-{uuid4().hex[:12]}",
            charger_id,
            terms,
            dt_util.get_default_time_zone(),
            Reading(at=now, power_w=device.power_w, import_wh=self._counter_wh(charger_id)),
            most_w=round(self._most_w(charger_id)),
            payer=payer,
            guest=guest,
            longest_gap_s=round(max(_GAP_S, 10 * self._clock.speed)),
        )
        found = _Open(session=session, plugged_at=device.session_at, looked_at=now, steady_at=monotonic(), drew_at=now)
        self._see_sun(found)
        self._at[charger_id] = found
        self._record(found, Outcome(save=True))
        self._hold(charger_id)

    def _step(self, found: _Open, device: DeviceStatus, now: float) -> None:
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

    def _end(self, charger_id: str, found: _Open, device: DeviceStatus, now: float) -> None:
        del self._at[charger_id]
        self._engine.commands.limit_charger(charger_id, None)
        self._finish(found, self._reading(found, device, now))

    def _finish(self, found: _Open, reading: Reading) -> None:
        self._settling.append(found)
        self._record(found, found.session.finish(reading, self._situation(found)))

    def _correct(self, charger_id: str, found: _Open, now: float) -> None:
        """Let the session follow who is found to be there."""
        prices = self._prices()
        if prices is None:
            return
        session = found.session
        payer, guest = self._payer(charger_id, prices)
        if (payer, guest) != (session.payer, session.guest):
            outcome = session.correct(payer, guest, now)
            session.limit_price(self._most(payer, prices))
            self._record(found, outcome)
            self._hold(charger_id)
            self._noticed()
        else:
            session.limit_price(self._most(payer, prices))

    def _rewarded(self, found: _Open, event: Settlement) -> None:
        """Meter until now, so that what is fed back later is not taken for what the reward paid for."""
        device = self._engine.status(self._clock.now()).devices[event.device_id]
        found.was_asked = True
        reading = self._reading(found, device, self._clock.now(), on_request=True)
        outcome = found.session.step(reading, self._situation(found))
        found.session.reward_settled(rewarded_energy(event.receipt).fed_back_wh)
        self._record(found, Outcome(effects=outcome.effects, save=True, budget_i=outcome.budget_i))

    # What a session has to know

    def _reading(self, found: _Open, device: DeviceStatus, now: float, *, on_request: bool | None = None) -> Reading:
        steady, before = monotonic(), found.steady_at
        found.looked_at, found.steady_at = now, steady
        power_w, counter_wh = device.power_w, self._counter_wh(found.session.charger)
        if found.is_another:  # what was read is of both cars
            power_w = counter_wh = None
        charging = None if power_w is None else abs(power_w) >= _CHARGING_W
        asked = device.curtailment is RequestState.ACTIVE if on_request is None else on_request
        return Reading(
            at=now,
            elapsed_s=None if before is None else (steady - before) * self._clock.speed,
            power_w=power_w,
            import_wh=counter_wh,
            charging=bool(charging) if counter_wh is None else charging,
            held=not charging and device.cause not in {None, Cause.ALLOCATION, Cause.PAYMENT},
            # The last interval of a request counts, too.
            on_request=asked or found.was_asked,
        )

    def _counter_wh(self, charger_id: str) -> float | None:
        entity_id = self._counters.get(charger_id)
        return None if entity_id is None else self._reader.energy_wh(entity_id)

    def _situation(self, found: _Open) -> Situation:
        session = found.session
        paid = {
            name: self._amounts.pop(name, order.amount_i)
            for name, order in session.outstanding.items()
            if self._desk.state_of(name) is TransferState.CONFIRMED
        }
        affordable_i = None
        if session.payer is not None and self._ledger_open():
            affordable_i = self._desk.affordable_i(session.payer)
        sun_wh, drawn_wh = found.sun_wh, found.drawn_wh
        self._see_sun(found)
        return Situation(
            paid=paid,
            affordable_i=affordable_i,
            budget_i=self._budget_i(session),
            sun_wh={name: wh - sun_wh.get(name, 0) for name, wh in found.sun_wh.items()},
            drawn_wh=found.drawn_wh - drawn_wh,
        )

    def _see_sun(self, found: _Open) -> None:
        """Note what the sun has given and all have drawn until now."""
        found.sun_wh = {name: int(ws / _WS_PER_WH) for name, ws in self._sun_ws.items()}
        found.drawn_wh = int(self._drawn_ws / _WS_PER_WH)

    def _measure_sun(self, status: GridStatus) -> None:
        """Count what each roof gives, and what is drawn on the whole island; a gap counts nothing."""
        lasts_s, self._sun_at = status.at - self._sun_at, status.at
        if not self._suns or not 0 < lasts_s <= max(_GAP_S, 10 * self._clock.speed):
            return
        given_w = 0.0
        for name in self._suns:
            power_w = status.devices[name].power_w
            if power_w is not None and power_w < 0:
                given_w -= power_w
                self._sun_ws[name] -= power_w * lasts_s
        net_w = sum(status.feeders[root].total_w or 0.0 for root in self._roots)
        self._drawn_ws += max(0.0, net_w + given_w) * lasts_s

    def _budget_i(self, session: Session) -> int:
        prices = self._prices()
        if prices is None:
            return 0
        budget_i = int(prices.negative_budget * session.terms.rate)
        day, granted_i = self._granted
        return max(0, budget_i - (granted_i if day == self._today() else 0))

    def _today(self) -> str:
        return dt_util.as_local(dt_util.utc_from_timestamp(self._clock.now())).date().isoformat()

    def _payer(self, charger_id: str, prices: ChargingPrices) -> tuple[str | None, Guest | None]:
        """Return who pays: the vehicle, the charger's own wallet on an island without vehicles, or as guests do."""
        vehicle_id = self._vehicles.at(charger_id).vehicle_id
        if vehicle_id is not None and vehicle_id in self._members:
            return vehicle_id, None
        if not self._vehicles.all:
            return charger_id, None
        if prices.guests is Guest.HOUSEHOLD:
            if prices.guest_household in self._members:
                return prices.guest_household, Guest.HOUSEHOLD
            return None, Guest.FREE
        return None, prices.guests

    def _most(self, payer: str | None, prices: ChargingPrices) -> Fraction | None:
        if payer is None or payer not in self._vehicles.all:
            return None
        most_i = self._vehicles.max_price_i(payer)
        rate = prices.rate(self._hass)
        return None if most_i is None or rate is None else most_i / rate

    def _most_w(self, charger_id: str) -> float:
        config = self._chargers[charger_id]
        return max(config.max_current_a, config.max_discharge_a) * NOMINAL_V * len(config.phases) * _MARGIN

    # What follows

    def _hold(self, charger_id: str) -> None:
        """Let the charger go to its safe current, or stop, or be free again."""
        session = self.session(charger_id)
        hold = None if session is None else session.hold
        limit_a = None if hold is None else self._chargers[charger_id].safe_current_a
        stops = session is not None and (hold is Hold.GUEST_REFUSED or session.pauses)
        self._engine.commands.limit_charger(charger_id, 0.0 if stops else limit_a)

    def _record(self, found: _Open, outcome: Outcome) -> None:
        """Hand a step to the desk, which writes it down before it pays."""
        session, at = found.session, self._clock.now()
        if outcome.budget_i:
            day, granted_i = self._granted
            today = self._today()
            self._granted = (today, outcome.budget_i + (granted_i if day == today else 0))
            # Written first: if it is the last thing that is written, the budget is smaller, never larger.
            self._desk.record(BUDGET, BUDGET, {"day": today, "granted_i": self._granted[1]}, (), at=at)
        if not (outcome.save or outcome.effects):
            return
        done = session.phase is Phase.DONE
        state: dict[str, Any] = {"version": _VERSION, "plugged_at": found.plugged_at, "session": session_dict(session)}
        if done:
            state = {"version": _VERSION, "receipt": SessionReceipt.of(session).to_dict()}
            self._settling = [each for each in self._settling if each is not found]
        effects = tuple(map(self._in_wall_time, outcome.effects))
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


def _cost_i(session: Session) -> int:
    return session.charge_i + session.fee_i - session.feed_in_i
