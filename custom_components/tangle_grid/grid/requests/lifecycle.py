"""All requests, what they have delivered so far, and how a participant's part comes to its end."""

from collections.abc import Mapping
from typing import Any, Final

from ..control.load_shedding import stays_on, switched_on_by_hand, watch_loads
from ..device.state import DeviceState
from ..model.events import AskChanged, GridEvent, Settlement
from ..model.local_time import LocalTime
from ..model.request import Ask, CurtailmentRequest, RequestState
from ..model.world import BatteryConfig, ChargerConfig, MarketConfig, Reason, Timing
from .baseline_history import Habits
from .budget import Budget
from .merit_order import Debts
from .offers import battery_target, charger_target
from .settlement import settle, settlement_of

#: Requests that are over and paid are kept up to this number.
_KEPT: Final = 50
#: How a part may end before it is settled.
_ENDED: Final = frozenset(
    {RequestState.FULFILLED, RequestState.OPTED_OUT, RequestState.EXPIRED, RequestState.CANCELLED}
)
#: A car at its floor goes on helping only if it had been charging with more than this, W.
_STILL_HELPS_W: Final = 300.0


class Lifecycle:
    """Holds the requests. Every change of a part's state goes through here or through `Market`.

    Args:
        devices: By id; shared with the engine.
        timing: Of the island.
        market: Of the island.
        local: What the clocks on the walls show.

    Attributes:
        requests: By id, oldest first.
        budget: What was spent, and what may be.
        debts: Who earned what lately.
        habits: What was learned of the participants.
    """

    def __init__(
        self, devices: Mapping[str, DeviceState], timing: Timing, market: MarketConfig, local: LocalTime
    ) -> None:
        self._market, self._local = market, local
        self.budget = Budget(market)
        self.debts = Debts()
        self.habits = Habits(local)
        self.requests: dict[str, CurtailmentRequest] = {}
        self._devices = devices
        self._timing = timing
        self._last_w: dict[str, float | None] = {}

    def open(self) -> list[CurtailmentRequest]:
        """Return requests that are not closed, oldest first."""
        return [request for request in self.requests.values() if not request.closed]

    def add(self, request: CurtailmentRequest) -> None:
        """Take in a new request, and let go of the oldest that are over."""
        self.requests[request.request_id] = request
        over = [request_id for request_id, known in self.requests.items() if not known.live]
        for request_id in over[: max(0, len(over) - _KEPT)]:
            del self.requests[request_id]

    def measure(self, now: float, elapsed_s: float) -> None:
        """Credit the time since the last step to all active parts.

        Both ends of the interval must have been measured; the greater power of the two counts, and of a long
        interval only as much as one measurement may vouch for.
        """
        start = now - min(elapsed_s, self._timing.telemetry_max_age_s)
        # Loads that wait for their release are off by no habit, either.
        active = {device_id for device_id, device in self._devices.items() if device.loads.shed}
        for request in self.open():
            ahead_s = request.ahead_s
            end = min(now, request.ends_at - ahead_s)
            for ask in request.asks.values():
                device = self._devices.get(ask.device_id)
                if ask.state is not RequestState.ACTIVE or device is None or ask.active_at is None:
                    continue
                active.add(ask.device_id)
                before_w, now_w = self._last_w.get(ask.device_id), device.power_w
                if before_w is None or now_w is None:
                    continue
                begin, upto, power_w = start, end, max(before_w, now_w)
                # Nobody is paid for having left; whether it has shows in a moment.
                if (doubted_at := device.car.plug.doubted_since) is not None:
                    upto = min(end, doubted_at)
                elif (since := device.car.plug.cleared_since) is not None:
                    begin = min(start, since)
                    power_w = max(power_w, device.log.mean_w(now, now - begin) or 0.0)
                active_at = ask.active_at - ahead_s
                ask.series.add(begin - active_at, upto - active_at, power_w)
        self.habits.observe(now, start, self._devices.values(), self._last_w, frozenset(active))
        for device_id, device in self._devices.items():
            self._last_w[device_id] = device.power_w

    def advance(self, now: float, events: list[GridEvent]) -> None:
        """End what has ended."""
        for device in self._devices.values():
            watch_loads(device)
        for request in self.open():
            for ask in request.asks.values():
                if ask.state in _ENDED and ask.active_at is not None:
                    # A step that failed, or a crash, came in between: what was earned is not lost.
                    self._settle(request, ask, now, events)
                self._advance_ask(request, ask, now, events)

    def end(
        self,
        request: CurtailmentRequest,
        ask: Ask,
        state: RequestState,
        now: float,
        events: list[GridEvent],
        *,
        reason: Reason | None = None,
    ) -> None:
        """End a part; one that was active is settled at once for what it delivered."""
        was_active = ask.state is RequestState.ACTIVE
        ask.move(state)
        ask.ended_at = min(request.time_of(now), request.ends_at)
        if reason is not None:
            ask.reason = reason
        events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=state))
        if not was_active:
            return
        self._settle(request, ask, now, events)

    def _settle(self, request: CurtailmentRequest, ask: Ask, now: float, events: list[GridEvent]) -> None:
        """A part that was active has ended: work out what it earned."""
        state, device = ask.state, self._devices.get(ask.device_id)
        settle(ask)
        ask.move(RequestState.SETTLED)
        self.budget.settled(ask)
        if device is not None:
            device.delivered_wh += ask.energy_wh
            device.earned_i += ask.amount_i
            if state is RequestState.OPTED_OUT:
                back_s = self._timing.release_hold_s + self._timing.increase_hold_s
                device.left_until = request.ends_at - request.ahead_s + back_s
        events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))
        if ask.unpaid:
            events.append(settlement_of(request, ask))
        # What is learned from it comes last: should that fail, nobody's reward depends on it.
        self.debts.add(ask.device_id, ask.amount_i, now)
        self.habits.end(ask)

    def turn_back(self, now: float, by_s: float) -> None:
        """Note that the clock was set back by `by_s`, to `now`: what lasts until a moment lasts no longer for that."""
        for request in self.open():
            request.turn_back(now, by_s)
        self.debts.forget_future(now)
        self.habits.forget_future(now)

    def unpaid(self) -> list[Settlement]:
        """Return rewards that are settled and not known to be paid."""
        return [
            settlement_of(request, ask)
            for request in self.requests.values()
            for ask in request.asks.values()
            if ask.unpaid
        ]

    def paid(self) -> list[Settlement]:
        """Return rewards that are known to be paid."""
        return [
            settlement_of(request, ask)
            for request in self.requests.values()
            for ask in request.asks.values()
            if ask.state in {RequestState.PAID, RequestState.CONFIRMED}
        ]

    def to_dict(self) -> list[dict[str, Any]]:
        """Return JSON-able content of the requests."""
        return [request.to_dict() for request in self.requests.values()]

    def account(self) -> dict[str, Any]:
        """Return JSON-able content of what goes with them: budget, debts, habits."""
        return {"budget": self.budget.to_dict(), "debts": self.debts.to_dict(), "habits": self.habits.to_dict()}

    def take_account(self, data: Mapping[str, Any], day_started_at: float | None) -> None:
        """Take over what an earlier run stored with `account`; the requests are there already."""
        if (budget := data["budget"]) is not None:
            self.budget = Budget.from_dict(self._market, budget)
        else:
            # What has been settled since the day began has been spent.
            asks = [ask for request in self.requests.values() for ask in request.asks.values()]
            self.budget.spent_i = sum(ask.amount_i for ask in asks if (ask.ended_at or 0.0) >= (day_started_at or 0.0))
        self.debts = Debts.from_dict(data["debts"])
        self.habits = Habits.from_dict(data["habits"], self._devices, self._local)

    def take_request(self, data: Mapping[str, Any]) -> None:
        """Take over a request that an earlier run stored with `to_dict`."""
        request = CurtailmentRequest.from_dict(data)
        self.requests[request.request_id] = request

    def _advance_ask(self, request: CurtailmentRequest, ask: Ask, now: float, events: list[GridEvent]) -> None:
        device, time = self._devices.get(ask.device_id), request.time_of(now)
        if device is None and (ask.waiting or ask.engaged):
            # It was taken off the island in the meantime.
            self.end(request, ask, RequestState.CANCELLED, now, events, reason=Reason(key="ended_left"))
            return
        if device is not None and ask.state is RequestState.ACTIVE and time < request.ends_at:
            if (early := self._early_end(ask, device, now)) is not None:
                state, reason = early
                self.end(request, ask, state, now, events, reason=reason)
            return
        if ask.waiting and time >= request.answer_by:
            ask.move(RequestState.UNANSWERED)
            events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))
        if time < request.ends_at:
            return
        if ask.state is RequestState.ACTIVE:
            ask.series.finish()
            state = RequestState.FULFILLED if ask.delivered_ws > 0 else RequestState.EXPIRED
            self.end(request, ask, state, now, events)
        elif ask.state is RequestState.ACCEPTED:
            self.end(request, ask, RequestState.EXPIRED, now, events, reason=Reason(key="ended_not_needed"))

    def _early_end(self, ask: Ask, device: DeviceState, now: float) -> tuple[RequestState, Reason] | None:
        """Return whether an active part ends before its window does; also takes back what cannot be given any more."""
        config = device.config
        if device.silent:
            # Nothing is known, nothing is credited; it may come back.
            return None
        if not device.watch.compliant:
            return RequestState.EXPIRED, Reason(key="ended_not_following")
        if isinstance(config, ChargerConfig):
            return self._car_ends(ask, device, config)
        if isinstance(config, BatteryConfig):
            empty = device.least_soc is None or device.least_soc <= config.min_soc
            if battery_target(config, ask) < 0 and empty:
                return RequestState.EXPIRED, Reason(key="ended_floor_reached")
        elif ask.loads:
            return self._loads_end(device, now)
        return None

    def _car_ends(self, ask: Ask, device: DeviceState, config: ChargerConfig) -> tuple[RequestState, Reason] | None:
        """Return whether a car's part is over before its window is; what it cannot feed back any more is taken back."""
        if not device.car.plugged_in:
            return RequestState.OPTED_OUT, Reason(key="ended_unplugged")
        if ask.used_up:
            return RequestState.FULFILLED, Reason(key="ended_would_be_full")
        floor, soc = config.policy.v2g_floor_soc, device.least_soc
        if charger_target(config, ask) < 0 and (floor is None or soc is None or soc <= floor):
            if ask.baseline_w < _STILL_HELPS_W:
                return RequestState.EXPIRED, Reason(key="ended_floor_reached")
            ask.promised_w = ask.baseline_w
            ask.ask_for(ask.baseline_w)
        return None

    def _loads_end(self, device: DeviceState, now: float) -> tuple[RequestState, Reason] | None:
        """Return whether loads that are shed end their part: they are on again, or do not go off."""
        if switched_on_by_hand(device, now, self._timing):
            return RequestState.OPTED_OUT, Reason(key="ended_load_switched_on")
        if stays_on(device, now, self._timing):
            return RequestState.EXPIRED, Reason(key="ended_not_following")
        return None
