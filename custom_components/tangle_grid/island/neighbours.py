"""The neighbours of one island: bids and trades over the ties to them, what their meters count, and paying for it.

Beside each pass the meters of ties are read, bids are brought up to date, and batteries are told what is sold. A trade
that is over is paid once, by its own id; until it is, it is kept with the link.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from ..clock import GridClock
from ..const import (
    CONF_LINK_ID,
    CONF_TIE_EXPORT,
    CONF_TIE_FEE,
    CONF_TIE_FLOOR,
    CONF_TIE_LIMIT,
    CONF_TIE_POWER,
    CONF_TIE_PRICE,
    LOGGER,
    SUBENTRY_NEIGHBOUR,
)
from ..data import LinkState, NeighbourStatus
from ..devices.io.entity_reading import EntityReader
from ..devices.named import StoredEntry
from ..grid.engine.engine import GridEngine
from ..grid.engine.trading import TradeTerms, shaped_prices
from ..grid.model.forecast import Forecast
from ..grid.model.sale import Sale
from ..grid.model.world import PhaseTriple
from ..ledger import LedgerError
from ..link.core import CountCame, FollowingEnd, LeadingEnd, LinkKeys, NeighbourEnd, Settlement, Terms, Trader, Windows
from ..link.joining.asking import Asking, async_ask, problem_of
from ..link.joining.code import JoinCode
from ..link.joining.errors import Problem
from ..link.joining.messages import Answer, Answered, Kind
from ..link.joining.record import LinkRecord, UnreadableRecordError
from ..link.joining.store import LinkStore
from ..link.joining.ways import channel_of
from ..log_once import LogOnce
from .link_ends import CarriedEnd, mono
from .link_joining import Joining
from .trade_happened import TradeHappened, TradeStep

#: Windows are so long, and bids reach so far.
WINDOW_S: Final = 3600.0
AHEAD: Final = 24
#: A plan for bids is made so often, s.
_PLANNED_S: Final = 10.0
#: What is sold is told to batteries for so long, grid s.
_SOLD_S: Final = 60.0
_BLIND_S: Final = 60.0
#: What meters have counted is written down so often, s: a crash loses no more than this.
_WRITTEN_EVERY_S: Final = 300.0
#: Whether a payment has left is looked at so often, s.
_PAID_EVERY_S: Final = 10.0
#: A reading that is older is none, grid s.
_OLDEST_S: Final = 900.0
#: What it is worth not to go without, in prices of the own feed.
_MISSING: Final = 10
_PER_MWH: Final = 1000


@dataclass(slots=True, kw_only=True)
class _Neighbour:
    subentry_id: str
    record: LinkRecord
    carried: CarriedEnd[NeighbourEnd] | None = None
    asking: Asking | None = None
    refused: Problem | None = None
    last: Settlement | None = None
    measured_at: float | None = None
    measured_w: float | None = None
    paying: set[str] = field(default_factory=set)
    #: Trades that both have counted, and of which automations know by now.
    told: set[str] = field(default_factory=set)
    pay_at: float = 0.0


class Neighbours:
    """All neighbours of one island."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        island_id: str,
        store: LinkStore,
        clock: GridClock,
        forecast: Callable[[], Forecast | None],
        rate: Callable[[], Fraction | None],
        address: Callable[[], str | None],
        pay: Callable[[str, str, int], Coroutine[Any, Any, bool]],
        do: Callable[[Coroutine[Any, Any, None], str], None],
        changed: Callable[[], None],
        happened: Callable[[TradeHappened], None],
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            entry: The island.
            island_id: Its id.
            store: Where codes, keys and ends are kept.
            clock: Grid time.
            forecast: Gives what is forecast.
            rate: Gives how many iota a unit of the currency is; None: nobody knows, and nothing is traded.
            address: Gives where this island is paid.
            pay: Pays an amount to an address under an id, once; gives whether it has left.
            do: Does something at the side.
            changed: Called when there is something new to show.
            happened: Called with each step of a trade.
        """
        self._hass = hass
        self._entry = entry
        self._island_id = island_id
        self._store = store
        self._clock = clock
        self._forecast, self._rate, self._address, self._pay, self._do = forecast, rate, address, pay, do
        self._changed = changed
        self._tell = happened
        self._said = LogOnce(LOGGER)
        self._reader = EntityReader(hass, clock.from_datetime)
        self._trader = Trader(island_id)
        self._planned_at: float | None = None
        self._written_at = -_WRITTEN_EVERY_S
        self._started = False
        self._shown: Mapping[str, NeighbourStatus] = {}
        self._engine: GridEngine
        self._all: dict[str, _Neighbour] = {}
        for subentry_id, subentry in entry.subentries.items():
            if subentry.subentry_type == SUBENTRY_NEIGHBOUR:
                self._build(subentry_id, str(subentry.data[CONF_LINK_ID]))

    @property
    def linked(self) -> tuple[str, ...]:
        """The subentries that are neighbours."""
        kind = SUBENTRY_NEIGHBOUR
        return tuple(each_id for each_id, each in self._entry.subentries.items() if each.subentry_type == kind)

    def _build(self, subentry_id: str, link_id: str) -> None:
        try:
            record = LinkRecord.from_dict(link_id, self._store.links[link_id])
        except KeyError, UnreadableRecordError:
            # Its keys are gone, as after a backup without them: it can only be joined anew.
            return
        neighbour = _Neighbour(subentry_id=subentry_id, record=record)
        self._all[subentry_id] = neighbour
        if record.joined:
            self._carry(neighbour)

    def _carry(self, neighbour: _Neighbour) -> None:
        record, subentry_id = neighbour.record, neighbour.subentry_id
        kind = LeadingEnd if record.upper else FollowingEnd

        def accepts(window: int, flow: int, price: int) -> bool:
            return self._trader.accepts(subentry_id, mono(), window, flow, price)

        end = kind.from_dict(
            record.link,
            mono(),
            self._store.ends.get(record.link_id, {}),
            accepts=accepts,
            speed=self._clock.speed,
        )

        for waiting in end.settle(mono()):
            # It was told before the restart that both have counted it.
            neighbour.told.add(waiting.trade)
            neighbour.last = waiting

        def happened(events: tuple[Any, ...]) -> None:
            self._happened(neighbour, end, events)

        neighbour.carried = CarriedEnd(self._hass, end, channel_of(self._hass, self._island_id, record), happened)
        data = self._entry.subentries[subentry_id].data
        fee = self._price(float(data.get(CONF_TIE_FEE, 0.0)))
        self._trader.add(subentry_id, end, limit=int(data[CONF_TIE_LIMIT]), fee=fee or 0)

    def _price(self, of_kwh: float) -> int | None:
        """Return iota per MWh of a price in the currency per kWh; None: nobody knows what tokens are worth."""
        rate = self._rate()
        return None if rate is None else round(rate * Fraction(of_kwh) * _PER_MWH)

    # Life cycle

    @callback
    def async_take(self, engine: GridEngine) -> None:
        """Take the grid."""
        self._engine = engine

    @callback
    def async_start(self) -> None:
        """Open all channels."""
        self._started = True
        for neighbour in self._all.values():
            if neighbour.carried is not None:
                neighbour.carried.start()
            else:
                self._ask(neighbour)

    def _ask(self, neighbour: _Neighbour) -> None:
        def answered(answer: Answer) -> None:
            self._answered(neighbour, answer)

        record = neighbour.record
        neighbour.asking = Asking(
            self._hass,
            record.code,
            island_id=self._island_id,
            keys=record.own,
            terms=record.terms,
            kind=Kind.NEIGHBOUR,
            answered=answered,
        )
        neighbour.asking.start()

    @callback
    def _answered(self, neighbour: _Neighbour, answer: Answer) -> None:
        neighbour.refused = problem_of(answer, self._island_id)
        if answer.says is Answered.APPROVED and not neighbour.record.joined:
            neighbour.record = replace(neighbour.record, peer=answer.public)
            self._do(self._async_joined(neighbour), "join neighbour")
        self._changed()

    async def _async_joined(self, neighbour: _Neighbour) -> None:
        await self.async_keep(neighbour.record)
        asking, neighbour.asking = neighbour.asking, None
        if asking is not None:
            await asking.async_stop()
        self._carry(neighbour)
        if self._started and neighbour.carried is not None:
            neighbour.carried.start()
        self._changed()

    async def async_keep(self, record: LinkRecord) -> None:
        """Keep a link that is made, or asked for."""
        self._store.links[record.link_id] = record.to_dict()
        await self._store.async_save()

    async def async_stop(self) -> None:
        """Close all channels, and keep what the ends go on with. May be called twice."""
        self._started = False
        for neighbour in self._all.values():
            await self._async_close(neighbour)
        self._store.ends.update(self._ends())
        await self._store.async_save()

    async def _async_close(self, neighbour: _Neighbour) -> None:
        asking, neighbour.asking = neighbour.asking, None
        if asking is not None:
            await asking.async_stop()
        if neighbour.carried is not None:
            await neighbour.carried.async_stop()

    def _ends(self) -> dict[str, dict[str, Any]]:
        return {each.record.link_id: each.carried.end.to_dict(mono()) for each in self._all.values() if each.carried}

    async def async_forget_removed(self, left: Iterable[str]) -> None:
        """Tell those whose subentry was removed that the link has ended.

        Args:
            left: The subentries that are still there.
        """
        there = set(left)
        for subentry_id in [each for each in self._all if each not in there]:
            neighbour = self._all.pop(subentry_id)
            self._trader.remove(subentry_id)
            if neighbour.carried is not None:
                neighbour.carried.end.leave("left")
                for _ in range(3):
                    neighbour.carried.pump()
            await self._async_close(neighbour)

    # Passes

    @callback
    def async_before_pass(self) -> None:
        """Tell batteries what is sold now."""
        now, sold = self._clock.now(), self._sold_w()
        floor = max((float(self._data(each).get(CONF_TIE_FLOOR, 0.0)) for each in self._all), default=0.0)
        sale = Sale(power_w=sold, until=now + _SOLD_S, floor_soc=floor) if sold > 0 else None
        self._engine.commands.sell(sale)

    def _sold_w(self) -> float:
        ends = [each.carried.end for each in self._all.values() if each.carried is not None]
        return float(sum(end.flow(mono()) for end in ends))

    @callback
    def async_after_pass(self) -> None:
        """Meter the ties, bring bids up to date, and pay for what is over."""
        if not self._all:
            return
        at = mono()
        for neighbour in self._all.values():
            if neighbour.carried is not None:
                self._look(neighbour, neighbour.carried.end, at)
        if self._planned_at is None or at - self._planned_at >= _PLANNED_S:
            self._planned_at = at
            self._plan(at)
        self._trader.step(at)
        for neighbour in self._all.values():
            if neighbour.carried is not None:
                neighbour.carried.pump()
        self._show()

    def _show(self) -> None:
        shown = self.statuses
        if shown != self._shown:
            before, self._shown = self._shown, shown
            self._changed()
            self._tell_of_flows(before, shown)

    def _tell_of_flows(self, before: Mapping[str, NeighbourStatus], now: Mapping[str, NeighbourStatus]) -> None:
        """Tell of trades that are over, and of those that have begun."""
        for subentry_id, status in now.items():
            was = before.get(subentry_id)
            flowed = (was.sold_w, was.price_i_per_kwh) if was is not None else (0, None)
            flows = (status.sold_w, status.price_i_per_kwh)
            if flowed == flows:
                continue
            for step, (watts, price) in ((TradeStep.ENDED, flowed), (TradeStep.BEGUN, flows)):
                if watts:
                    self._tell(TradeHappened(subentry_id=subentry_id, step=step, power_w=watts, price_i_per_kwh=price))

    def _look(self, neighbour: _Neighbour, end: NeighbourEnd, at: float) -> None:
        sample = self._reader.power_w(self._data(neighbour.subentry_id)[CONF_TIE_POWER])
        reading = None if sample is None or self._clock.now() - sample.at > _OLDEST_S else sample.value
        end.measured(at, reading)
        neighbour.measured_w = reading
        if reading is not None:
            neighbour.measured_at = at
        if (address := self._address()) is not None:
            end.tell_payee(at, address)
        may_pay = at >= neighbour.pay_at
        for each in end.settle(at):
            self._settle(neighbour, end, each, may_pay=may_pay)
        if may_pay:
            neighbour.pay_at = at + _PAID_EVERY_S
        if end.flow(at) and at - self._written_at >= _WRITTEN_EVERY_S:
            self._written_at = at
            self._save()

    def _settle(self, neighbour: _Neighbour, end: NeighbourEnd, settlement: Settlement, *, may_pay: bool) -> None:
        if settlement.trade in neighbour.paying:
            return
        if settlement.trade not in neighbour.told:
            neighbour.told.add(settlement.trade)
            neighbour.last = settlement
            self._tell(
                TradeHappened(
                    subentry_id=neighbour.subentry_id,
                    step=TradeStep.SETTLED,
                    power_w=settlement.flow,
                    price_i_per_kwh=settlement.price // _PER_MWH,
                    energy_wh=settlement.wh,
                    amount_i=settlement.amount_i,
                )
            )
        if settlement.sold or settlement.amount_i == 0:
            # The buyer pays.
            self._settled(neighbour, end, settlement.trade)
        elif end.payee is not None and may_pay:
            neighbour.paying.add(settlement.trade)
            self._do(self._async_pay(neighbour, end, settlement, end.payee), "pay neighbour")

    def _settled(self, neighbour: _Neighbour, end: NeighbourEnd, trade: str) -> None:
        """Let go of a trade that is paid, or that the other side pays."""
        end.settled(trade)
        neighbour.told.discard(trade)
        self._save()

    async def _async_pay(self, neighbour: _Neighbour, end: NeighbourEnd, settlement: Settlement, payee: str) -> None:
        # Until it has left it is handed over again: one that fails for good is made anew to the next address.
        try:
            has_left = await self._pay(f"neighbour/{settlement.trade}", payee, settlement.amount_i)
        except LedgerError as error:
            self._said.wrong("pay", "A neighbour of %s cannot be paid yet", self._entry.title, error=error)
        else:
            if has_left:
                self._settled(neighbour, end, settlement.trade)
        finally:
            neighbour.paying.discard(settlement.trade)

    def _save(self) -> None:
        self._store.async_save_later(self._ends)

    def _plan(self, at: float) -> None:
        """Say what the island has and needs. Without a rate of tokens nothing has a price, and nothing is bid."""
        now = self._clock.now()
        data = [self._data(each) for each in self._all]
        bought = self._price(min(float(each[CONF_TIE_PRICE]) for each in data))
        sold = self._price(max(float(each[CONF_TIE_EXPORT]) for each in data))
        if bought is None or sold is None:
            return
        number = int(now // WINDOW_S)
        forecast = self._forecast()
        prices = None if forecast is None else forecast.price
        terms = TradeTerms(
            import_prices=shaped_prices(bought, prices, begin=number * WINDOW_S, window_s=WINDOW_S, count=AHEAD),
            export_prices=(sold,) * AHEAD,
            missing_price=_MISSING * max(1, bought),
            stored_price=(bought + sold) // 2,
            floor_soc=max(float(each.get(CONF_TIE_FLOOR, 0.0)) for each in data),
            tied_w=sum(self.ties_w),
        )
        windows = Windows(
            number=number,
            begins_s=(number * WINDOW_S - now) / self._clock.speed,
            window_s=round(WINDOW_S / self._clock.speed),
        )
        own = self._engine.own_windows(now, forecast, terms, begin=number * WINDOW_S, window_s=WINDOW_S)
        self._trader.plan(at, windows, own, self._engine.stored(terms, window_s=WINDOW_S))

    def _data(self, subentry_id: str) -> Mapping[str, Any]:
        subentry = self._entry.subentries.get(subentry_id)
        return {} if subentry is None else subentry.data

    # What comes in

    @callback
    def _happened(self, neighbour: _Neighbour, end: NeighbourEnd, events: tuple[Any, ...]) -> None:
        self._trader.happened(events)
        for event in events:
            if isinstance(event, CountCame):
                self._do(self._async_kept(neighbour, end, event.letter), "keep count")
        self._show()

    async def _async_kept(self, neighbour: _Neighbour, end: NeighbourEnd, letter: str) -> None:
        self._store.ends[neighbour.record.link_id] = end.to_dict(mono())
        await self._store.async_save()
        end.done(letter)
        if neighbour.carried is not None:
            neighbour.carried.pump()

    # For people

    def measured_w(self, subentry_id: str) -> float | None:
        """Return what the own meter at a tie showed last, W to the neighbour; None: it shows nothing."""
        neighbour = self._all.get(subentry_id)
        return None if neighbour is None else neighbour.measured_w

    @property
    def ties_w(self) -> tuple[float, ...]:
        """What flows to all neighbours, as own meters at ties show it, W per phase: lines have three."""
        total = sum(each.measured_w or 0.0 for each in self._all.values())
        return (total / 3,) * 3

    @property
    def statuses(self) -> Mapping[str, NeighbourStatus]:
        """How it stands with each, by subentry."""
        found = {}
        for subentry_id in self.linked:
            neighbour = self._all.get(subentry_id)
            found[subentry_id] = (
                NeighbourStatus(subentry_id=subentry_id, state=LinkState.DEAD, why="keys_missing")
                if neighbour is None
                else self._status(neighbour)
            )
        return found

    def _status(self, neighbour: _Neighbour) -> NeighbourStatus:
        carried = neighbour.carried
        if carried is None:
            refused = neighbour.refused
            state = LinkState.WAITING if refused is None else LinkState.REFUSED
            why = None if refused is None else refused.value
            return NeighbourStatus(subentry_id=neighbour.subentry_id, state=state, why=why)
        at, end, last = mono(), carried.end, neighbour.last
        price, flow = end.price(at), end.flow(at)
        seen = neighbour.measured_at
        return NeighbourStatus(
            subentry_id=neighbour.subentry_id,
            state=carried.state,
            why=carried.why,
            bids=len(end.heard),
            sold_w=flow,
            price_i_per_kwh=None if price is None else price // _PER_MWH,
            settled_wh=None if last is None else (last.wh if last.sold else -last.wh),
            counted=None if last is None else (last.own_wh, last.their_wh),
            blind=flow != 0 and (seen is None or at - seen > _BLIND_S),
        )


async def async_prepare_neighbour(
    hass: HomeAssistant, neighbours: Neighbours, island_id: str, code: JoinCode, capacity_a: PhaseTriple
) -> Joining:
    """Ask an island with a code to become its neighbour, and keep the keys; its answer may still be to come.

    Raises:
        JoinError: It is refused, or cannot be reached. Nothing was changed.
    """
    keys, terms = LinkKeys.generate(), Terms(fuse_a=capacity_a, safe_a=(0.0, 0.0, 0.0))
    answer = await async_ask(hass, code, island_id=island_id, keys=keys, terms=terms, kind=Kind.NEIGHBOUR)
    record = LinkRecord(
        link_id=code.code_id,
        upper=False,
        code=code,
        own=keys,
        peer=answer.public if answer.says is Answered.APPROVED else None,
        peer_island=code.island_id,
        terms=terms,
        kind=Kind.NEIGHBOUR,
    )
    await neighbours.async_keep(record)
    return Joining(link_id=code.code_id, name=answer.name or code.island_id[:8])
