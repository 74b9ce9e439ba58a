"""The grid engine: measurements in, setpoints and events out, one step at a time.

A step never waits and never looks at a clock. Its order: take in what was measured, credit what was delivered, move
the requests on, decide all setpoints, renew leases. A new run starts with every device in its safe state.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ..control.control_pass import ControlPass
from ..control.decision import Asked
from ..control.load_shedding import keep_loads
from ..device.trial import TrialReport
from ..model.events import GridEvent, is_owed
from ..model.forecast import Forecast
from ..model.lease import Lease
from ..model.request import CurtailmentRequest
from ..model.world import NOMINAL_V, ChargingMode, GridConfig, HouseholdConfig, Inputs, PhaseTriple, Reason, Setpoint
from ..network.feeder_watch import OLDEST_S
from ..planning.plan import BATCH, Run
from ..requests.consequence import Consequence, consequence_of
from ..requests.policy import ready_in_time
from ..trade import OwnWindow, Store
from .commands import Commands
from .failsafe import Told, back_to_safety
from .leases import SetpointLeases
from .linking import ChargerDemand, charger_demands, uncontrolled_a
from .observation import Observation
from .outage import OutageControl
from .parts import EngineParts
from .reporting import grid_status, market_account
from .sale import sold_w
from .status import Decisions, GridStatus, MarketAccount, StepResult
from .trading import TradeTerms, own_windows, stored
from .trials import go_on
from .why import why

#: Steps are not asked for more densely than this, s.
_SHORTEST_WAIT_S: Final = 0.05


class GridEngine:
    """Everything that the transformer decides.

    Args:
        config: The island.
        new_id: Makes unique request ids.
        state: What `to_dict` of an earlier run gave, if any; of anything else, what can be read (see `lost`).
        plan_batch: Cars that a step looks at for a plan that is being made; 0 leaves them to `go_on_planning`.

    Attributes:
        commands: What people, automations and the ledger tell the grid.

    Raises:
        GridError: `invalid_config`.
    """

    def __init__(
        self, config: GridConfig, *, new_id: Callable[[], str], state: Any = None, plan_batch: int = BATCH
    ) -> None:
        self._parts = EngineParts(config, new_id=new_id, state=state, plan_batch=plan_batch)
        self.commands = Commands(self._parts)
        self._observation = Observation(self._parts)
        self._leases = SetpointLeases(self._parts)
        self._outage = OutageControl(self._parts)
        # Of the step that is going on, or did not come to its end.
        self._before: Mapping[str, Told] = {}
        self._happened: list[GridEvent] = []
        self._failing = False

    @property
    def config(self) -> GridConfig:
        """The island, with the policies that are in force."""
        return self._parts.config

    @property
    def lost(self) -> Sequence[str]:
        """What of the stored state could not be read: paths, as `devices/car/stays`."""
        return tuple(self._parts.lost)

    @property
    def requests(self) -> Mapping[str, CurtailmentRequest]:
        """Requests by id, oldest first: all that are not finished, and the newest finished ones."""
        return MappingProxyType(self._parts.lifecycle.requests)

    def open_requests(self) -> Sequence[CurtailmentRequest]:
        """Return the requests that are not closed, oldest first."""
        return self._parts.lifecycle.open()

    def status(self, now: float) -> GridStatus:
        """Return a snapshot; also before the first step."""
        return grid_status(self._parts, now)

    def why(self, now: float, device_id: str) -> Reason:
        """Return why a participant does what it does now, see `why.why`.

        Raises:
            GridError: `unknown_device`.
        """
        return why(self._parts, now, device_id)

    def ready_in_time(self, now: float, device_id: str) -> bool | None:
        """Return whether the car at a charger is ready when it leaves; None: nobody knows. See `policy.ready_in_time`.

        Raises:
            GridError: `unknown_device`.
        """
        device = self._parts.device(device_id)
        if device.mode in {ChargingMode.SUN, ChargingMode.PAUSE} and not device.car.satisfied:
            # Who knows when the sun shines, or somebody chooses otherwise.
            return None
        return ready_in_time(device, now)

    def consequence(self, now: float, request_id: str, device_id: str) -> Consequence:
        """Return what a yes of a participant to a request would mean now.

        Raises:
            GridError: `unknown_request`, `unknown_device`, `not_participating`.
        """
        request, ask = self._parts.part(request_id, device_id)
        device = self._parts.device(device_id)
        need_wh = self._parts.lifecycle.habits.payable_wh(device, ask.rate)
        return consequence_of(device, request, ask, now, need_wh=need_wh)

    def planned(self, device_id: str) -> Sequence[Run]:
        """Return when the plan lets a charger's car have something, soonest first; nothing: no plan for it."""
        return self._parts.planning.runs(device_id) if self._parts.config.planning else ()

    def demands(self, now: float) -> tuple[ChargerDemand, ...]:
        """Return what each charger could use now: what an island tells the one above it, and shares out for it."""
        return charger_demands(self._parts, now)

    def own_windows(
        self, now: float, forecast: Forecast | None, terms: TradeTerms, *, begin: float, window_s: float
    ) -> tuple[OwnWindow, ...]:
        """Return what the island has and needs in the next windows, see `trading.own_windows`."""
        return own_windows(self._parts, now, forecast, terms, begin=begin, window_s=window_s)

    def stored(self, terms: TradeTerms, *, window_s: float) -> Store | None:
        """Return what its batteries hold and may do in windows of this length, see `trading.stored`."""
        return stored(self._parts, terms, window_s=window_s)

    def uncontrolled_a(self, feeder_id: str | None = None) -> PhaseTriple | None:
        """Return the load of a feeder that is no charger's, A per phase; None: its meter is silent.

        Raises:
            GridError: `unknown_feeder`.
        """
        return uncontrolled_a(self._parts, feeder_id)

    def measured_a(self, feeder_id: str | None = None) -> PhaseTriple | None:
        """Return what a feeder carries, A per phase; None: its meter is silent.

        Raises:
            GridError: `unknown_feeder`.
        """
        reading = self._parts.feeder(feeder_id).reading
        return None if reading is None else _amps(reading.power_w)

    def limit_a(self, feeder_id: str | None = None) -> PhaseTriple:
        """Return the capacity that is in force, A per phase.

        Raises:
            GridError: `unknown_feeder`.
        """
        return self._parts.feeder(feeder_id).limit_a

    def trial(self, device_id: str) -> TrialReport | None:
        """Return what was seen while a charger was tried out; None: it was not in this run.

        Raises:
            GridError: `unknown_device`.
        """
        trial = self._parts.device(device_id).trial
        return None if trial is None else trial.report

    def account(self, now: float) -> MarketAccount:
        """Return what the rewards of this day have cost, and who earned them lately."""
        return market_account(self._parts, now)

    def start_day(self, now: float) -> None:
        """Begin a new day: peaks start again from the present load, and there is a new budget."""
        self._parts.day_started_at = now
        self._parts.lifecycle.budget.start_day()
        for feeder in self._parts.feeders:
            feeder.peak_w = 0.0 if feeder.reading is None else max(0.0, feeder.reading.total_w)
            feeder.linked.over_s = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return all that a restart must not lose, JSON-able and small."""
        return self._parts.to_dict(self._observation.now)

    def step(self, now: float, inputs: Inputs) -> StepResult:
        """Make one control pass, and return a picture of it as well: `decide` and `status` in one.

        Should it raise, whatever it may be, `fail_safe` is to be called in its place.

        Args:
            now: Grid time, epoch seconds.
            inputs: Everything that is measured, with the times of the measurements.
        """
        decided = self._decide(now, inputs)
        result = StepResult(
            setpoints=decided.setpoints,
            events=decided.events,
            wake_at=decided.wake_at,
            persist=decided.persist,
            above_threshold=decided.above_threshold,
            status=self.status(now),
        )
        self._happened = []
        return result

    def decide(self, now: float, inputs: Inputs) -> Decisions:
        """Make one control pass; `status` gives a picture of it, once the setpoints are on their way.

        Should it raise, whatever it may be, `fail_safe` is to be called in its place.

        Args:
            now: Grid time, epoch seconds.
            inputs: Everything that is measured, with the times of the measurements.
        """
        decided = self._decide(now, inputs)
        self._happened = []
        return decided

    def _decide(self, now: float, inputs: Inputs) -> Decisions:
        parts = self._parts
        self._before = {device_id: Told.of(device) for device_id, device in parts.devices.items()}
        events = self._happened
        elapsed_s = self._observation.turn_clock(now)
        meters = self._outage.take_in(now, inputs, events)
        self._observation.observe(now, elapsed_s, inputs, meters, events)
        parts.lifecycle.measure(now, elapsed_s)
        parts.market.advance(now, events, asking=not self._outage.alone)
        go_on(parts, now, inputs)
        devices = tuple(parts.devices.values())
        parts.precedence.update(now, devices, parts.feeders)
        outage = self._outage.orders(now, inputs.forecast, events)
        parts.planned = {}
        if not self._outage.alone:
            # A day without a cable is no day to learn from, and nothing is charged on it.
            parts.planned = parts.planning.update(
                now, devices, parts.feeders, inputs.forecast, enabled=parts.config.planning
            )
        parts.modes = parts.charging_modes.update(
            now, devices, parts.feeder(None), parts.precedence, parts.config.timing
        )
        releasing = parts.market.activation.releasing()
        control = ControlPass(
            config=parts.config,
            topology=parts.topology,
            feeders=parts.feeders,
            devices=devices,
            lids=parts.market.activation.lids(),
            precedence=parts.precedence,
            asked=Asked(
                wanted=parts.market.activation.wanted(),
                held=releasing,
                planned=parts.planned,
                modes=parts.modes,
                outage=outage.chargers_a,
                sold=sold_w(parts, now),
                kept_free=parts.load_protection.kept_a(parts.devices),
                now=now,
                timing=parts.config.timing,
            ),
        )
        decided = (self._leases.apply(decision, now) for decision in control.run())
        setpoints: list[Setpoint] = [setpoint for setpoint in decided if setpoint is not None]
        # While the cable is dead, loads are kept off and on by the plan of the outage alone.
        loads_changed = not self._outage.alone and parts.load_protection.decide(now, parts.devices, parts.feeders)
        for device in parts.devices.values():
            if isinstance(device.config, HouseholdConfig):
                loads = keep_loads(
                    device,
                    now,
                    parts.config.timing,
                    waits=device.device_id in releasing,
                    off=self._outage.off(device.device_id),
                )
                loads_changed |= loads.changed
                if loads.setpoint is not None:
                    setpoints.append(loads.setpoint)
        return Decisions(
            setpoints=tuple(setpoints),
            events=tuple(events),
            wake_at=self._wake_at(now),
            # A session's beginning, too: after a crash the one before must not be counted a second time.
            persist=loads_changed
            or any(map(is_owed, events))
            or any(device.car.session_at == now for device in devices),
            above_threshold=any(feeder.above_threshold for feeder in parts.feeders),
        )

    def reached(self) -> None:
        """Note that the last setpoints are on their way to their devices: should something fail now, they count."""
        self._before, self._failing = {}, False

    def fail_safe(self, now: float, inputs: Inputs | None = None) -> tuple[tuple[Setpoint, ...], tuple[GridEvent, ...]]:
        """Bring every device into its safe state, after a step failed or before its setpoints could be handed over.

        Nobody is raised by that. All are told the first time, then only when their lease needs it.

        Args:
            now: Grid time, epoch seconds.
            inputs: What the step was to look at; None: it could not be read.

        Returns:
            What has to be written, and what happened in the step before it failed.
        """
        parts = self._parts
        first, self._failing = not self._failing, True
        lease_s = parts.config.timing.lease_s
        setpoints: list[Setpoint] = []
        for device_id, device in parts.devices.items():
            told = self._before.get(device_id)
            stands = device.lease if told is None else told.lease
            telemetry = device.telemetry if inputs is None else inputs.devices.get(device_id, device.telemetry)
            setpoint = back_to_safety(device, told, telemetry, now, lease_s, again=first)
            if setpoint is None:
                continue
            if not first and stands is not None and device.lease is not None and _holds(stands, device.lease, now):
                device.lease = stands
            else:
                setpoints.append(setpoint)
        self._before = {}
        events, self._happened = tuple(self._happened), []
        return tuple(setpoints), events

    def go_on_planning(self, batch: int) -> bool:
        """Look at about so many cars, between two steps, for a plan that is being made. It holds from the next step on.

        Returns:
            Whether there is more to do.
        """
        return self._parts.planning.planner.go_on(batch)

    def _wake_at(self, now: float) -> float:
        parts = self._parts
        timing = parts.config.timing
        due = [now + timing.heartbeat_s, *parts.market.deadlines(now)]
        due += [
            (device.lease.written_at + device.lease.expires_at) / 2
            for device in parts.devices.values()
            if device.lease is not None
        ]
        due += [at for device in parts.devices.values() if (at := device.resume.due_at()) is not None]
        due += [
            feeder.reading.at + feeder.reports.max_age_s(timing.meter_max_age_s, OLDEST_S) + _SHORTEST_WAIT_S
            for feeder in parts.feeders
            if feeder.reading is not None
        ]
        return max(now + _SHORTEST_WAIT_S, min(due))


def _amps(watts: PhaseTriple) -> PhaseTriple:
    return watts[0] / NOMINAL_V, watts[1] / NOMINAL_V, watts[2] / NOMINAL_V


def _holds(stands: Lease, wanted: Lease, now: float) -> bool:
    """Return whether a device need not be told what it was told already."""
    return stands.value == wanted.value and now - stands.written_at < stands.expires_at - now
