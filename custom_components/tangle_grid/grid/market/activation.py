"""Who gives how much: makes those that said yes active, in merit order and within the budget, and lets them go."""

from collections.abc import Mapping, Sequence
from typing import Final

from ..control.capacity_reservation import Help, Lids, LidWatch
from ..control.load_shedding import bring_back
from ..device.state import DeviceState
from ..model.events import AskChanged, GridEvent
from ..model.metered_series import slot_for
from ..model.request import Ask, CurtailmentRequest, RequestState
from ..model.world import NOMINAL_V, BatteryConfig, ChargerConfig, GridConfig, HouseholdConfig, PhaseTriple, Reason
from ..network.feeder_watch import FeederWatch
from ..network.topology import PHASES, Topology
from ..requests.budget import affordable_w, most_i
from ..requests.lifecycle import Lifecycle
from ..requests.offers import (
    BUSY,
    Offer,
    battery_target,
    charger_target,
    is_paid,
    loads_for,
    nothing,
    offer_of,
    quantity_for,
    quantity_within,
    relief,
    want_of,
)
from ..requests.staggered_release import Release, current_before
from .auction import known_at

#: A request is as good as filled when less than this is missing, and less is not worth a part, W.
CLOSE_ENOUGH_W: Final = 100.0
#: What adding up the powers of loads may come out higher by, W.
_ROUNDED_W: Final = 0.1
#: Who leaves by its own wish has its power back at once.
_OWN_WISH: Final = frozenset({"ended_by_person", "ended_load_switched_on", "ended_unplugged", "ended_left"})


class Activation:
    """The giving side of the market.

    Args:
        config: The island.
        topology: Its feeder tree.
        feeders: By number; shared with the engine.
        devices: By id; shared with the engine.
        lifecycle: The requests; shared with the engine.
    """

    def __init__(
        self,
        *,
        config: GridConfig,
        topology: Topology,
        feeders: Sequence[FeederWatch],
        devices: Mapping[str, DeviceState],
        lifecycle: Lifecycle,
    ) -> None:
        self._config = config
        self._timing = config.timing
        self._topology = topology
        self._feeders = feeders
        self._devices = devices
        self._lifecycle = lifecycle
        self._release = Release(topology, feeders, config.timing)
        self._lids = LidWatch(topology, config.timing)
        #: What chargers had before they began to help, A.
        self._before_a: dict[str, float] = {}
        self._engaged_at: dict[str, float] = {}
        self._giving: dict[str, Ask] = {}
        self._helping: set[str] = set()

    def releasing(self) -> dict[str, float]:
        """Return what those who wait for their release are told at most (A, batteries W), by device id."""
        return self._release.held()

    def let_back(self, device_id: str, now: float) -> bool:
        """End the waiting of somebody for its release; return whether it waited."""
        return self._release.let_back(self._devices[device_id], now)

    def lids(self) -> Lids:
        """Return what keeps others from taking up what helpers give up."""
        return self._lids.current()

    def wanted(self) -> dict[str, float]:
        """Return what active parts ask of chargers (A) and batteries (W), by device id."""
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

    def offer(
        self,
        feeder: FeederWatch,
        device: DeviceState,
        now: float,
        duration_s: float,
        rate: int,
        *,
        known_at_least: float = 0.0,
    ) -> Offer:
        """Return what a device could give from now on, see `offers`: nothing while it has a part in a request.

        It could not be foreseen before `known_at_least`.
        """
        if (ends_at := self._busy_until(device.device_id)) is not None:
            return nothing(BUSY, ends_at=ends_at)
        habits, foreseen_at = self._lifecycle.habits, max(known_at_least, known_at(feeder, now))
        return offer_of(device, now, self._timing, habits, duration_s=duration_s, known_at=foreseen_at, rate=rate)

    def _busy_until(self, device_id: str) -> float | None:
        """Return when the last open request ends in which a device has a part that it has not declined; None: none."""
        ends = [
            request.ends_at - request.ahead_s
            for request in self._lifecycle.open()
            if (ask := request.asks.get(device_id)) is not None and ask.state is not RequestState.DECLINED
        ]
        return max(ends, default=None)

    def affordable_w(self, request: CurtailmentRequest | None, window_s: float, rate: int, own_i: int = 0) -> float:
        """Return what the budget still pays for a window, W.

        `own_i` is what the part in question has set aside already.
        """
        left_i = self._lifecycle.budget.left_i(self._lifecycle.requests, request)
        return affordable_w(None if left_i is None else left_i + own_i, window_s, rate)

    def may_engage_more(self, request: CurtailmentRequest, now: float) -> bool:
        """Return whether somebody stands by, and what was asked for before has had time to show."""
        if not any(
            (ask.engaged and ask.quantity_w < ask.promised_w - 1) or ask.state is RequestState.ACCEPTED
            for ask in request.asks.values()
        ):
            return False
        feeder = self._feeder_of(request)
        settled_s = 2 * self._timing.heartbeat_s + self._timing.request_trigger_s
        engaged_at = self._engaged_at.get(request.request_id)
        since_s = request.time_of(now) - request.issued_at if engaged_at is None else now - engaged_at
        if since_s < settled_s:
            return False
        return not request.automatic or (
            feeder.over_since is not None and now - feeder.over_since >= self._timing.request_trigger_s
        )

    def engage(self, request: CurtailmentRequest, now: float, events: list[GridEvent]) -> None:
        """Make as many active as are needed, in merit order."""
        if self._feeder_of(request).blind:
            return
        missing_w = self._missing(request, now)
        for ask in sorted(request.asks.values(), key=lambda ask: self._merit(ask, now)):
            device = self._devices.get(ask.device_id)
            if not ask.engaged or device is None:
                continue
            want_w = missing_w if isinstance(missing_w, float) else want_of(device, missing_w)
            if want_w < CLOSE_ENOUGH_W:
                continue
            before_w = ask.quantity_w if ask.state is RequestState.ACTIVE else 0.0
            if ask.state is RequestState.ACTIVE:
                self._extend(request, ask, device, want_w)
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
        """Return what is still missing, W: in total, or per phase for a request that the grid made by itself."""
        if request.need_w is None:
            return request.quantity_w - request.active_w
        if request.time_of(now) > request.issued_at and request.active_w > 0:
            # What is measured now already contains what the active ones give.
            return self._feeder_of(request).excess_w(self._config.market.margin)
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
        window_s = request.ends_at - request.time_of(now)
        if request.time_of(now) > request.issued_at:
            # Time has passed since it was asked. A baseline never rises by waiting.
            foreseen_at = min(request.issued_at - request.ahead_s, known_at(self._feeder_of(request), now))
            if ask.asked_at is not None:
                # It drew before the request was made, and only its baseline had to follow.
                foreseen_at = ask.asked_at - request.ahead_s
            habits = self._lifecycle.habits
            offer = offer_of(
                device, now, self._timing, habits, duration_s=window_s, known_at=foreseen_at, rate=ask.rate
            )
            ask.baseline_w = min(ask.baseline_w, offer.baseline_w)
            ask.promised_w = min(ask.promised_w, offer.power_w)
            if not offer.worth_asking:
                ended = Reason(key="ended_nothing_to_give")
                self._lifecycle.end(request, ask, RequestState.EXPIRED, now, events, reason=ended)
                return
        quantity_w, loads = self._part(request, ask, device, want_w, window_s)
        if quantity_w <= 0:
            return
        ask.loads = loads
        ask.quantity_w = quantity_w
        ask.need_wh = self._lifecycle.habits.begin(device, ask) if isinstance(device.config, ChargerConfig) else None
        if not is_paid(ask, quantity_w, window_s):
            # Nobody is held back for what it will not be paid for.
            ended = Reason(key="ended_nothing_to_give")
            self._lifecycle.end(request, ask, RequestState.EXPIRED, now, events, reason=ended)
            return
        ask.committed_i = most_i(quantity_w, window_s, ask.rate)
        # What nobody controls goes up and down: only the mean of some minutes counts, and all of it.
        restless = isinstance(device.config, HouseholdConfig)
        slot_s = max(slot_for(window_s), round(self._timing.baseline_window_s) if restless else 0)
        ask.start(request.time_of(now), quantity_w=quantity_w, slot_s=slot_s, strict=restless)
        self._release.drop(ask.device_id)
        self._helping.add(ask.device_id)
        device.own.helping = True
        for load in loads:
            device.loads.shed[load] = now
            device.loads.seen_off.discard(load)
            device.loads.restoring.pop(load, None)
        events.append(AskChanged(request_id=request.request_id, device_id=ask.device_id, state=ask.state))

    def _part(
        self, request: CurtailmentRequest, ask: Ask, device: DeviceState, want_w: float, window_s: float
    ) -> tuple[float, tuple[str, ...]]:
        """Return how much a device gives, W, and which loads it sheds for that; no more than the budget pays for."""
        most_w = self.affordable_w(request, window_s, ask.rate, ask.committed_i)
        if isinstance(device.config, ChargerConfig):
            # What it promised are whole steps already; its baseline may have fallen since.
            most_w = min(most_w, ask.promised_w + _ROUNDED_W)
        quantity_w = quantity_for(device, ask, want_w)
        if isinstance(device.config, HouseholdConfig):
            if ask.offer_w < ask.baseline_w:
                # All its loads together are no more than it could give; somebody may have promised less than them.
                most_w = min(most_w, ask.offer_w + _ROUNDED_W)
            loads = loads_for(device, min(quantity_w, most_w), most_w)
            return min(device.loads.rated_w(loads), ask.baseline_w), loads
        if quantity_w > most_w:
            quantity_w = quantity_within(device, ask, most_w)
            if quantity_w < CLOSE_ENOUGH_W:
                return 0.0, ()
        return quantity_w, ()

    def _extend(self, request: CurtailmentRequest, ask: Ask, device: DeviceState, want_w: float) -> None:
        """An active one gives more, up to what it promised; loads are not added one by one."""
        if ask.loads or ask.active_at is None:
            return
        window_s = request.ends_at - ask.active_at
        quantity_w, _ = self._part(request, ask, device, ask.quantity_w + want_w, window_s)
        if quantity_w > ask.quantity_w:
            ask.committed_i = most_i(quantity_w, window_s, ask.rate)
            ask.ask_for(quantity_w)

    def _merit(self, ask: Ask, now: float) -> tuple[float, ...]:
        device = self._devices.get(ask.device_id)
        if device is None:
            return (float("inf"),)
        policy = getattr(device.config, "policy", None)
        own_rate = 0 if policy is None else policy.min_rate
        return (own_rate, self._lifecycle.debts.of(ask.device_id, now), -ask.promised_w)

    def let_go(self, now: float) -> None:
        """Let those whose part has ended come back one by one."""
        giving = {
            ask.device_id: ask
            for request in self._lifecycle.open()
            for ask in request.asks.values()
            if ask.state is RequestState.ACTIVE
        }
        for device_id, ask in giving.items():
            if device_id not in self._giving:
                self._remember(ask)
        self._take_back(giving, now)
        self._giving = giving
        self._release.advance(now, self._devices)
        helping = giving.keys() | self._release.returning()
        for device_id in helping | self._helping:
            if (device := self._devices.get(device_id)) is not None:
                device.own.helping = device_id in helping
        self._helping = helping
        self._before_a = {device_id: amps for device_id, amps in self._before_a.items() if device_id in helping}
        helps = {device_id: self._help(ask) for device_id, ask in giving.items()}
        self._lids.update(now, self._release.helps(self._devices) | helps, self._devices)

    def _take_back(self, giving: Mapping[str, Ask], now: float) -> None:
        """Take back what those gave up whose part has ended; `giving` are the active parts."""
        for device_id, ask in self._giving.items():
            device = self._devices.get(device_id)
            if device_id in giving or device is None:
                continue
            if ask.reason is not None and ask.reason.key in _OWN_WISH:
                bring_back(device, now)
                continue
            before_a, held, expects_w = self._before_a.get(device_id, 0.0), 0.0, max(0.0, ask.baseline_w)
            if isinstance(device.config, ChargerConfig):
                held = charger_target(device.config, ask)
            elif isinstance(device.config, BatteryConfig):
                held = battery_target(device.config, ask)
                expects_w = max(expects_w, device.own_w)
            self._release.add(device, now, held=held, expects_w=expects_w, before_a=before_a)
        waiting = self._release.returning()
        for device_id, device in self._devices.items():
            if device.loads.shed and device_id not in giving and device_id not in waiting:
                # Its part ended before the last start: who knows how long it has waited, or whether it still does.
                bring_back(device, now)

    def _remember(self, ask: Ask) -> None:
        """A part has begun: what its charger had before, as long as its setpoint still shows it."""
        device = self._devices[ask.device_id]
        if isinstance(device.config, ChargerConfig):
            known_a = self._before_a.get(ask.device_id)
            told_a = device.setpoint if known_a is None else None
            before_a = current_before(device, max(0.0, ask.baseline_w), told_a)
            self._before_a[ask.device_id] = before_a if known_a is None else max(known_a, before_a)

    def _help(self, ask: Ask) -> Help:
        """Return what an active part has given up, A per phase."""
        device = self._devices[ask.device_id]
        match device.config:
            case ChargerConfig() as config:
                before_a = self._before_a[ask.device_id]
                return Help(before_a, max(0.0, before_a - max(0.0, charger_target(config, ask))))
            case BatteryConfig() as config:
                given_w = max(0.0, ask.baseline_w) - max(0.0, battery_target(config, ask))
                return Help(0.0, max(0.0, given_w) / config.watts_per_amp)
            case config:
                return Help(0.0, ask.quantity_w / len(config.phases) / NOMINAL_V)

    def forget_future(self, now: float) -> None:
        """Forget what lies in the future: the clock was set back."""
        self._engaged_at = {request_id: min(at, now) for request_id, at in self._engaged_at.items()}

    def forget(self, request_id: str) -> None:
        """Forget a request that is closed."""
        self._engaged_at.pop(request_id, None)

    def _feeder_of(self, request: CurtailmentRequest) -> FeederWatch:
        return self._feeders[self._topology.number[request.feeder_id]]


def _less(missing_w: PhaseTriple, given_w: PhaseTriple) -> PhaseTriple:
    first, second, third = (missing_w[phase] - given_w[phase] for phase in range(PHASES))
    return (first, second, third)
