"""Flexibility: when to ask, whom, at which rate; who gives how much; when it ends.

A request goes out when a feeder has been above its threshold for a while. Its quantity is what is missing per phase.
All that could give are asked at once, at a rate that they see before they answer. Of those that say yes, as many as
are needed become active, in merit order: lowest own price first, then who has earned least lately (`merit`), then the
largest offer; the others stand by. `auction` says when there is another round at a higher rate, `budget` how much may
be spent, `lid` that nobody else takes up what they give, and `release` how they come back afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ..device.state import DeviceState
from ..model.errors import GridError
from ..model.events import Answered, AskChanged, Asked, GridEvent, RequestClosed, RequestIssued
from ..model.request import Ask, CurtailmentRequest, Decision, RequestState
from ..model.world import GridConfig, PhaseTriple, Reason, SolarConfig
from ..network.feeder_watch import FeederWatch
from ..network.topology import Topology
from ..requests.lifecycle import Lifecycle
from ..requests.offers import answered_w, asked_w, no_more_than, nothing, want_of
from ..requests.policy import Question, decide
from .activation import CLOSE_ENOUGH_W, Activation
from .auction import Auction, known_at
from .choice import ENOUGH, Choice, may_pass

#: With less time left, nobody new is asked, s.
_LEAST_LEFT_S: Final = 120.0


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
        self._auctions = [Auction(config, feeder) for feeder in feeders]
        self.activation = Activation(
            config=config, topology=topology, feeders=feeders, devices=devices, lifecycle=lifecycle
        )

    def rate(self, feeder: FeederWatch) -> int:
        """Return the rate of the next request on a feeder, i/kWh."""
        return self._auctions[self._topology.number[feeder.config.feeder_id]].rate()

    def advance(self, now: float, events: list[GridEvent], *, asking: bool = True) -> None:
        """Let time pass: ends, closures, more helpers where they are needed, new requests where `asking` is wanted."""
        self._lifecycle.advance(now, events)
        for request in self._lifecycle.open():
            self._ask_those_who_can_by_now(request, now, events)
            self._close_if_over(request, now, events)
        for request in self._lifecycle.open():
            if self.activation.may_engage_more(request, now):
                self.activation.engage(request, now, events)
        for auction in self._auctions:
            auction.calm_down(now)
            if asking and auction.due(now):
                self._request_help(auction, now, events)
        self.activation.let_go(now)

    def deadlines(self, now: float) -> list[float]:
        """Return times at which something is due even if nothing is measured."""
        due = [
            moment
            for request in self._lifecycle.open()
            for moment in (request.answer_by - request.ahead_s, request.ends_at - request.ahead_s)
            if moment > now
        ]
        for auction in self._auctions:
            due += auction.deadlines(now)
        return due

    def turn_back(self, now: float, by_s: float) -> None:
        """Take in that the clock was set back by `by_s`, to `now`."""
        self._lifecycle.turn_back(now, by_s)
        self.activation.forget_future(now)

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
        """Make a request by hand, and return it; values are checked already."""
        events: list[GridEvent] = []
        most_w = min(power_w, self.activation.affordable_w(None, duration_s, rate))
        if most_w < min(power_w, CLOSE_ENOUGH_W):
            raise GridError("budget_spent", {"rate": rate})
        choice = Choice(known_at(feeder, now))
        for device in self._candidates(feeder, choice):
            if device_ids is not None and device.device_id not in device_ids:
                choice.leave_out(device, Reason(key="not_asked_not_chosen"))
                continue
            offer = self.activation.offer(feeder, device, now, duration_s, rate)
            if device_ids is not None or offer.worth_asking:
                choice.ask(device, offer, min(offer.power_w, most_w))
            else:
                choice.leave_out(device, offer.why_not)
        request = self._issue(
            feeder, now, power_w=power_w, need_w=None, duration_s=duration_s, rate=rate, choice=choice, events=events
        )
        return request, events

    def _request_help(self, auction: Auction, now: float, events: list[GridEvent]) -> None:
        feeder, duration_s, rate = auction.feeder, self._timing.request_duration_s, auction.rate()
        need_w = feeder.excess_w(self._config.market.margin)
        most_w = self.activation.affordable_w(None, duration_s, rate)
        choice = Choice(known_at(feeder, now))
        for device in self._candidates(feeder, choice):
            want_w = want_of(device, need_w)
            if most_w < CLOSE_ENOUGH_W:
                choice.leave_out(device, Reason(key="not_asked_budget_spent"))
                continue
            if want_w < CLOSE_ENOUGH_W:
                short = ", ".join(f"L{phase + 1}" for phase, watts in enumerate(need_w) if watts > 0)
                choice.leave_out(device, Reason(key="not_asked_other_phase", placeholders={"phases": short}))
                continue
            if not auction.may_ask(device.device_id):
                choice.leave_out(device, Reason(key="not_asked_said_no"))
                continue
            offer = self.activation.offer(feeder, device, now, duration_s, rate)
            if offer.worth_asking:
                choice.ask(device, offer, min(offer.power_w, want_w, most_w))
            else:
                choice.leave_out(device, offer.why_not)
        if not choice.asked:
            auction.end_round(choice.left_out)
            return
        auction.issued(now)
        self._issue(
            feeder,
            now,
            power_w=min(sum(need_w), most_w),
            need_w=need_w,
            duration_s=duration_s,
            rate=rate,
            choice=choice,
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
        choice: Choice,
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
            not_asked=choice.left_out,
            coming=choice.coming(now, duration_s - _LEAST_LEFT_S),
        )
        self._lifecycle.add(request)
        events.append(RequestIssued(request=request))
        self._ask(request, choice, now, events)
        self.activation.engage(request, now, events)
        self._close_if_over(request, now, events)
        return request

    def _ask(self, request: CurtailmentRequest, choice: Choice, now: float, events: list[GridEvent]) -> None:
        """Put the question to those who are chosen."""
        self._lifecycle.debts.enrol([device.device_id for device, _, _ in choice.asked], now)
        rate, left_s = request.rate_i_per_kwh, request.ends_at - request.time_of(now)
        most_w = self.activation.affordable_w(None, left_s, rate)
        for device, offer, want_w in choice.asked:
            ask = Ask(
                device_id=device.device_id,
                offer_w=offer.power_w,
                quantity_w=asked_w(device, offer, want_w, most_w),
                rate=rate,
                baseline_w=offer.baseline_w,
                baseline_method=offer.method,
                asked_at=request.time_of(now) if request.time_of(now) > request.issued_at else None,
            )
            request.asks[ask.device_id] = ask
            device.request_id = request.request_id
            events.append(Asked(request_id=request.request_id, device_id=ask.device_id))
            events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))
        for device, _, _ in choice.asked:
            self._ask_policy(request, request.asks[device.device_id], device, now, events)

    def _ask_those_who_can_by_now(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        """Who could not be asked when the request was made, for a reason that has passed, is asked now."""
        time, feeder = request.time_of(now), self._feeder(request)
        left_s, rate, choice = request.ends_at - time, request.rate_i_per_kwh, Choice(now)
        for device_id, drawn_w in list(request.coming.items()):
            device = self._devices.get(device_id)
            if device is None or left_s < _LEAST_LEFT_S:
                del request.coming[device_id]
                continue
            offer = self.activation.offer(feeder, device, now, left_s, rate, known_at_least=now)
            if offer.worth_asking:
                offer = no_more_than(device, offer, drawn_w)
            want_w = self._still_wanted_w(request, device, now)
            if request.automatic and not self._auction(request).may_ask(device_id):
                offer = nothing("not_asked_said_no")
            elif offer.worth_asking and want_w < CLOSE_ENOUGH_W:
                offer = nothing(ENOUGH)
            if offer.worth_asking:
                del request.coming[device_id], request.not_asked[device_id]
                choice.ask(device, offer, min(offer.power_w, want_w))
                continue
            request.not_asked[device_id] = offer.why_not
            if not may_pass(offer.why_not, now, left_s - _LEAST_LEFT_S):
                del request.coming[device_id]
        if choice.asked:
            answer_by = min(time + self._timing.answer_window_s, request.ends_at)
            request.answer_by = max(request.answer_by, answer_by)
            self._ask(request, choice, now, events)

    def _still_wanted_w(self, request: CurtailmentRequest, device: DeviceState, now: float) -> float:
        """Return what one that is asked late would have to give, W.

        Of what is measured, where the grid asks by itself.
        """
        feeder = self._feeder(request)
        if not request.automatic:
            return request.quantity_w
        if feeder.over_since is None or now - feeder.over_since < self._timing.request_trigger_s:
            return 0.0
        return want_of(device, feeder.excess_w(self._config.market.margin))

    def _candidates(self, feeder: FeederWatch, choice: Choice) -> list[DeviceState]:
        """Return all below a feeder that could ever be asked; the others are left out."""
        candidates = []
        for device in self._devices.values():
            if isinstance(device.config, SolarConfig):
                choice.leave_out(device, Reason(key="not_asked_only_produces"))
            elif not self._topology.below(feeder.config.feeder_id, device.config):
                choice.leave_out(device, Reason(key="not_asked_other_feeder"))
            else:
                candidates.append(device)
        return candidates

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
        """Take somebody's answer, if one is awaited. A late yes counts while the request is open."""
        events: list[GridEvent] = []
        ask.reason = reason
        promised_w = ask.quantity_w
        if power_w is not None:
            # That much and no more, whatever it could give.
            promised_w = answered_w(self._devices[ask.device_id], ask, power_w)
            ask.offer_w = min(power_w, ask.offer_w)
        self._decide(request, ask, now, events, accept=accept, power_w=promised_w)
        if accept:
            self.activation.engage(request, now, events)
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
        ask.answered_at = request.time_of(now)
        ask.promised_w = power_w if accept else 0.0
        device = self._devices[ask.device_id]
        decision = Decision(
            at=now,
            accepted=accept,
            reason=ask.reason,
            request_id=request.request_id,
            # What it will really give at most, and is paid for: see `asked_w`.
            power_w=ask.promised_w,
            rate=ask.rate,
        )
        device.last_decision = decision
        events.append(Answered(request_id=request.request_id, device_id=ask.device_id, decision=decision))
        events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))

    # Closing

    def after_leaving(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        """Let others step in for somebody who has left, or close the request."""
        self.activation.engage(request, now, events)
        self._close_if_over(request, now, events)

    def _close_if_over(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        self._auction(request).judge(request)
        if request.closed or any(ask.waiting or ask.engaged for ask in request.asks.values()):
            return
        if request.coming and request.quantity_w - request.active_w >= CLOSE_ENOUGH_W:
            return
        late_answers = any(ask.state is RequestState.UNANSWERED for ask in request.asks.values())
        if late_answers and request.time_of(now) < request.ends_at:
            return
        self.close(request, events)

    def close(self, request: CurtailmentRequest, events: list[GridEvent]) -> None:
        """Close a request: nothing more is asked or given; one that was not filled makes the next one dearer."""
        request.closed = True
        self.activation.forget(request.request_id)
        events.append(RequestClosed(request_id=request.request_id))
        self._auction(request).judge(request)

    # Small things

    def _auction(self, request: CurtailmentRequest) -> Auction:
        return self._auctions[self._topology.number[request.feeder_id]]

    def _feeder(self, request: CurtailmentRequest) -> FeederWatch:
        return self._feeders[self._topology.number[request.feeder_id]]
