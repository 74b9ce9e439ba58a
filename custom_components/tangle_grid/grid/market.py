"""Flexibility: when to ask, whom, at which rate; who gives how much; when it ends.

A request goes out when a feeder has been above its threshold for a while. Its quantity is what is missing per phase.
All that could give are asked at once, at a rate that they see before they answer. Of those that say yes, as many as
are needed become active, in merit order: lowest own price first, then who has earned least, then the largest offer;
the others stand by. A request that stays unfilled raises the rate of the next one, a simple ascending auction.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from .curtailment import Ask, CurtailmentRequest, Decision, RequestState
from .device_state import DeviceState
from .errors import GridError
from .events import Answered, AskChanged, Asked, GridEvent, RequestClosed, RequestIssued
from .lifecycle import Lifecycle
from .model import (
    BatteryConfig,
    ChargerConfig,
    GridConfig,
    PhaseTriple,
    Reason,
    SolarConfig,
)
from .offers import (
    NOTHING,
    Offer,
    battery_target,
    charger_target,
    loads_for,
    offer_of,
    quantity_for,
    relief,
    want_of,
)
from .policy import Question, decide
from .protection import FeederWatch
from .topology import PHASES, Topology

#: A request is as good as filled when less than this is missing, W.
_CLOSE_ENOUGH_W: Final = 100.0
_FILLED: Final = 0.9


class Market:
    """Makes requests and follows them from the first question to the end of the window.

    Args:
        config: The island.
        topology: Its feeder tree.
        feeders: By number; shared with the engine.
        devices: By id; shared with the engine.
        lifecycle: The requests and what ends their parts; shared with the engine.
        new_id: Makes unique request ids.
    """

    def __init__(
        self,
        *,
        config: GridConfig,
        topology: Topology,
        feeders: Sequence[FeederWatch],
        devices: Mapping[str, DeviceState],
        lifecycle: Lifecycle,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._timing = config.timing
        self._topology = topology
        self._feeders = feeders
        self._devices = devices
        self._lifecycle = lifecycle
        self._new_id = new_id
        self._engaged_at: dict[str, float] = {}

    def rate(self, feeder: FeederWatch) -> int:
        """The rate of the next request on a feeder, i/kWh."""
        market = self._config.market
        first = market.rate_i_per_kwh
        return max(first, min(market.max_rate_i_per_kwh, first + round(first * market.rate_step) * feeder.rate_level))

    def wanted(self) -> dict[str, float]:
        """What active parts ask of chargers (A) and batteries (W), by device id."""
        wanted: dict[str, float] = {}
        for request in self._lifecycle.open():
            for ask in request.asks.values():
                device = self._devices.get(ask.device_id)
                if ask.state is not RequestState.ACTIVE or device is None:
                    continue
                if isinstance(device.config, ChargerConfig):
                    wanted[ask.device_id] = charger_target(device.config, ask)
                elif isinstance(device.config, BatteryConfig):
                    wanted[ask.device_id] = battery_target(device.config, ask)
        return wanted

    def advance(self, now: float) -> list[GridEvent]:
        """Let time pass: ends, closures, more helpers where they are needed, new requests."""
        events = self._lifecycle.advance(now)
        for request in self._lifecycle.open():
            self._close_if_over(request, now, events)
        for request in self._lifecycle.open():
            if self._may_engage_more(request, now):
                self._engage(request, now, events)
        for feeder in self._feeders:
            self._calm_down(feeder, now)
            if self._triggered(feeder, now):
                self._request_help(feeder, now, events)
        return events

    def deadlines(self, now: float) -> list[float]:
        """Times at which something is due even if nothing is measured."""
        due = [
            moment
            for request in self._lifecycle.open()
            for moment in (request.answer_by, request.ends_at)
            if moment > now
        ]
        due += [
            feeder.over_since + self._timing.request_trigger_s
            for feeder in self._feeders
            if feeder.over_since is not None and feeder.over_since + self._timing.request_trigger_s > now
        ]
        return due

    # Asking

    def ask_for(
        self,
        feeder: FeederWatch,
        now: float,
        *,
        power_w: float,
        duration_s: float,
        rate: int,
        device_ids: Sequence[str] | None,
    ) -> tuple[CurtailmentRequest, list[GridEvent]]:
        """A request that somebody makes by hand; values are checked already."""
        events: list[GridEvent] = []
        busy = self._busy()
        asked: list[tuple[DeviceState, Offer, float]] = []
        for device in self._devices.values():
            if isinstance(device.config, SolarConfig) or not self._below(feeder, device):
                continue
            offer = NOTHING if device.device_id in busy else offer_of(device, now, self._timing, duration_s)
            if device.device_id in device_ids if device_ids is not None else offer.worth_asking:
                asked.append((device, offer, min(offer.power_w, power_w)))
        request = self._issue(
            feeder, now, power_w=power_w, need_w=None, duration_s=duration_s, rate=rate, asked=asked, events=events
        )
        return request, events

    def _triggered(self, feeder: FeederWatch, now: float) -> bool:
        timing = self._timing
        return (
            self._config.market.automatic
            and not feeder.blind
            and feeder.over_since is not None
            and now - feeder.over_since >= timing.request_trigger_s
            and (feeder.last_issued_at is None or now - feeder.last_issued_at >= timing.request_cooldown_s)
        )

    def _request_help(self, feeder: FeederWatch, now: float, events: list[GridEvent]) -> None:
        need_w = feeder.excess_w(self._config.market.margin)
        timing = self._timing
        busy = self._busy()
        asked: list[tuple[DeviceState, Offer, float]] = []
        for device in self._devices.values():
            if isinstance(device.config, SolarConfig) or not self._below(feeder, device) or device.device_id in busy:
                continue
            want_w = want_of(device, need_w)
            if want_w > 0 and (offer := offer_of(device, now, timing, timing.request_duration_s)).worth_asking:
                asked.append((device, offer, min(offer.power_w, want_w)))
        if not asked:
            return
        feeder.last_issued_at = now
        self._issue(
            feeder,
            now,
            power_w=math.fsum(need_w),
            need_w=need_w,
            duration_s=timing.request_duration_s,
            rate=self.rate(feeder),
            asked=asked,
            events=events,
        )

    def _issue(
        self,
        feeder: FeederWatch,
        now: float,
        *,
        power_w: float,
        need_w: PhaseTriple | None,
        duration_s: float,
        rate: int,
        asked: list[tuple[DeviceState, Offer, float]],
        events: list[GridEvent],
    ) -> CurtailmentRequest:
        request = CurtailmentRequest(
            request_id=self._new_id(),
            feeder_id=feeder.config.feeder_id,
            quantity_w=power_w,
            need_w=need_w,
            rate_i_per_kwh=rate,
            issued_at=now,
            answer_by=now + min(self._timing.answer_window_s, duration_s),
            starts_at=now,
            ends_at=now + duration_s,
            automatic=need_w is not None,
        )
        self._lifecycle.add(request)
        events.append(RequestIssued(request=request))
        for device, offer, want_w in asked:
            ask = Ask(
                device_id=device.device_id,
                offer_w=offer.power_w,
                quantity_w=want_w,
                rate=rate,
                baseline_w=offer.baseline_w,
            )
            request.asks[ask.device_id] = ask
            device.request_id = request.request_id
            events.append(Asked(request_id=request.request_id, device_id=ask.device_id))
            events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))
        for device, _, _ in asked:
            self._ask_policy(request, request.asks[device.device_id], device, now, events)
        self._engage(request, now, events)
        self._close_if_over(request, now, events)
        return request

    def _ask_policy(
        self, request: CurtailmentRequest, ask: Ask, device: DeviceState, now: float, events: list[GridEvent]
    ) -> None:
        question = Question(rate=ask.rate, ends_at=request.ends_at, power_w=ask.quantity_w, baseline_w=ask.baseline_w)
        verdict = decide(device, question, now)
        ask.reason = verdict.reason
        if verdict.accept is not None:
            self._decide(request, ask, now, events, accept=verdict.accept, power_w=ask.quantity_w)

    # Answering

    def answer(
        self, request: CurtailmentRequest, ask: Ask, now: float, *, accept: bool, power_w: float | None, reason: Reason
    ) -> list[GridEvent]:
        """Somebody's answer; it is checked that one is awaited. A late yes counts while the request is open."""
        events: list[GridEvent] = []
        ask.reason = reason
        promised_w = ask.quantity_w if power_w is None else min(power_w, ask.offer_w)
        self._decide(request, ask, now, events, accept=accept, power_w=promised_w)
        if accept:
            self._engage(request, now, events)
        self._close_if_over(request, now, events)
        return events

    def _decide(
        self,
        request: CurtailmentRequest,
        ask: Ask,
        now: float,
        events: list[GridEvent],
        *,
        accept: bool,
        power_w: float,
    ) -> None:
        if ask.reason is None:
            raise GridError("invalid_state", {"device_id": ask.device_id})
        ask.move(RequestState.ACCEPTED if accept else RequestState.DECLINED)
        ask.answered_at = now
        ask.promised_w = power_w if accept else 0.0
        decision = Decision(
            at=now,
            accepted=accept,
            reason=ask.reason,
            request_id=request.request_id,
            power_w=ask.promised_w,
            rate=ask.rate,
        )
        self._devices[ask.device_id].last_decision = decision
        events.append(Answered(request_id=request.request_id, device_id=ask.device_id, decision=decision))
        events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))

    # Giving

    def _may_engage_more(self, request: CurtailmentRequest, now: float) -> bool:
        """Somebody stands by, and what was asked for before has had time to show."""
        if not any(
            (ask.engaged and ask.quantity_w < ask.promised_w - 1) or ask.state is RequestState.ACCEPTED
            for ask in request.asks.values()
        ):
            return False
        feeder = self._feeder(request)
        settled_s = 2 * self._timing.heartbeat_s + self._timing.request_trigger_s
        if now - self._engaged_at.get(request.request_id, request.issued_at) < settled_s:
            return False
        return not request.automatic or (
            feeder.over_since is not None and now - feeder.over_since >= self._timing.request_trigger_s
        )

    def _engage(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        """Make as many active as are needed, in merit order."""
        if self._feeder(request).blind:
            return
        missing_w = self._missing(request, now)
        for ask in sorted(request.asks.values(), key=self._merit):
            device = self._devices.get(ask.device_id)
            if not ask.engaged or device is None:
                continue
            want_w = missing_w if isinstance(missing_w, float) else want_of(device, missing_w)
            if want_w < _CLOSE_ENOUGH_W:
                continue
            before_w = ask.quantity_w if ask.state is RequestState.ACTIVE else 0.0
            if ask.state is RequestState.ACTIVE:
                self._extend(ask, device, want_w)
            else:
                self._activate(request, ask, device, want_w, now, events)
            if ask.state is not RequestState.ACTIVE:
                continue
            self._engaged_at[request.request_id] = now
            gained_w = ask.quantity_w - before_w
            if isinstance(missing_w, float):
                missing_w -= gained_w
            else:
                missing_w = _less(missing_w, relief(device, gained_w))

    def _missing(self, request: CurtailmentRequest, now: float) -> float | PhaseTriple:
        """What is still missing, W: in total, or per phase for a request that the grid made by itself."""
        if request.need_w is None:
            return request.quantity_w - request.active_w
        if now > request.issued_at and request.active_w > 0:
            # What is measured now already contains what the active ones give.
            return self._feeder(request).excess_w(self._config.market.margin)
        return request.need_w

    def _activate(
        self,
        request: CurtailmentRequest,
        ask: Ask,
        device: DeviceState,
        want_w: float,
        now: float,
        events: list[GridEvent],
    ) -> None:
        if now > request.issued_at:
            # Time has passed since it was asked. A baseline never rises by waiting.
            offer = offer_of(device, now, self._timing, request.ends_at - now)
            ask.baseline_w = min(ask.baseline_w, offer.baseline_w)
            ask.promised_w = min(ask.promised_w, offer.power_w)
            if not offer.worth_asking:
                ended = Reason(key="ended_nothing_to_give")
                self._lifecycle.end(request, ask, RequestState.EXPIRED, now, events, reason=ended)
                return
        quantity_w = quantity_for(device, ask, want_w)
        loads = loads_for(device, quantity_w)
        if loads:
            quantity_w = min(device.rated_w(loads), ask.baseline_w)
        if quantity_w <= 0:
            return
        ask.move(RequestState.ACTIVE)
        ask.quantity_w = quantity_w
        ask.loads = loads
        ask.active_at = now
        ask.need_wh = device.need_wh() if isinstance(device.config, ChargerConfig) else None
        for load in loads:
            device.shed[load] = now
            device.restoring.pop(load, None)
        events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))

    def _extend(self, ask: Ask, device: DeviceState, want_w: float) -> None:
        """An active one gives more, up to what it promised; loads are not added one by one."""
        if not ask.loads:
            ask.quantity_w = max(ask.quantity_w, quantity_for(device, ask, ask.quantity_w + want_w))

    def _merit(self, ask: Ask) -> tuple[float, ...]:
        device = self._devices.get(ask.device_id)
        if device is None:
            return (math.inf,)
        policy = getattr(device.config, "policy", None)
        return (0 if policy is None else policy.min_rate, device.earned_i, -ask.promised_w)

    # Closing

    def after_leaving(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        """Somebody has left: let others step in, or close."""
        self._engage(request, now, events)
        self._close_if_over(request, now, events)

    def _close_if_over(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        if request.closed or any(ask.waiting or ask.engaged for ask in request.asks.values()):
            return
        late_answers = any(ask.state is RequestState.UNANSWERED for ask in request.asks.values())
        if late_answers and now < request.ends_at:
            return
        self.close(request, events)

    def close(self, request: CurtailmentRequest, events: list[GridEvent]) -> None:
        """Nothing more will be asked or given; an unfilled request makes the next one dearer."""
        request.closed = True
        self._engaged_at.pop(request.request_id, None)
        events.append(RequestClosed(request_id=request.request_id))
        if request.automatic:
            given_w = math.fsum(ask.quantity_w for ask in request.asks.values() if ask.active_at is not None)
            feeder = self._feeder(request)
            filled = given_w >= _FILLED * request.quantity_w
            feeder.rate_level = max(0, feeder.rate_level + (-1 if filled else 1))

    def _calm_down(self, feeder: FeederWatch, now: float) -> None:
        """Back to the first rate after a quiet time."""
        quiet_s = 2 * self._timing.request_cooldown_s + self._timing.request_duration_s
        if feeder.over_since is None and feeder.last_issued_at is not None and now - feeder.last_issued_at > quiet_s:
            feeder.rate_level = 0

    # Small things

    def _busy(self) -> set[str]:
        """Devices that have a part in an open request: asking them again would be a nuisance."""
        return {device_id for request in self._lifecycle.open() for device_id in request.asks}

    def _feeder(self, request: CurtailmentRequest) -> FeederWatch:
        return self._feeders[self._topology.number[request.feeder_id]]

    def _below(self, feeder: FeederWatch, device: DeviceState) -> bool:
        return self._topology.below(feeder.config.feeder_id, device.config)


def _less(missing_w: PhaseTriple, given_w: PhaseTriple) -> PhaseTriple:
    first, second, third = (missing_w[phase] - given_w[phase] for phase in range(PHASES))
    return (first, second, third)
