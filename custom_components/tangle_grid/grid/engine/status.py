"""The grid's state as it is shown: read-only snapshots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from ..device.belief import DeviceFault
from ..device.freshness import MeterFault
from ..model.events import GridEvent
from ..model.request import Decision, RequestState
from ..model.supply import Supply
from ..model.world import Cause, ChargingMode, DeviceKind, PhaseTriple, Reason, Setpoint
from ..planning.plan import PlanStatus

type Idle = Literal["idle"]
IDLE: Final = "idle"


class FeederState(StrEnum):
    """What a feeder is going through, the gravest first: blind, protecting, balancing, constrained, normal.

    Constrained: above the threshold. Balancing: a request is open. Protecting: above the capacity, or close
    to it with limits in force.
    """

    NORMAL = "normal"
    CONSTRAINED = "constrained"
    BALANCING = "balancing"
    PROTECTING = "protecting"
    BLIND = "blind"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederStatus:
    """One feeder.

    Attributes:
        load_w: W per phase; None while blind.
        total_w: W over all phases; None while blind.
        capacity_w, threshold_w: W per phase, a temporary capacity included.
        headroom_w: W per phase up to the capacity; None while blind.
        utilisation: Load of the worst phase over its capacity, 0..1 and above; None while blind.
        peak_w: Greatest total since the day started, W.
        temporary_until: When a temporary capacity ends, grid time; None: there is none.
        window_mean_w: Capacity tariff: mean total power of this window so far, W; None: no such tariff.
        window_projected_w: What the whole window's mean will be if the present power stays, W; None: no such tariff.
        allowed_w: W per phase to which dimmed devices may bring the load beyond a temporary capacity; None: no such.
        blind: The meter cannot be trusted.
        fault: Why it cannot; None: it can.
        awaited: It cannot only because it reports seldom: the next report is not overdue.
        report_s: How often it reports, as was learned, s; None: not known yet.
        held_back_wh: What cars did not get within the last hour because it reports seldom, Wh.
        seldom_costs: That is so much that somebody should hear of it.
        not_asked: Help is wanted and nobody could be asked: why, by device id.
        envelope_w: What it may carry as part of another island, W per phase, its fuse included; None: it is of none.
        envelope_until: When that ends, grid time; None: it holds none, and what it falls back to is in force.
        over_envelope_w: By how much the load that nobody controls is above it, W per phase.
        over_envelope_s: For how long it was, since the day started, s.
    """

    feeder_id: str
    load_w: PhaseTriple | None
    total_w: float | None
    capacity_w: PhaseTriple
    threshold_w: PhaseTriple
    headroom_w: PhaseTriple | None
    utilisation: float | None
    peak_w: float
    blind: bool
    state: FeederState
    temporary_until: float | None = None
    window_mean_w: float | None = None
    window_projected_w: float | None = None
    allowed_w: PhaseTriple | None = None
    fault: MeterFault | None = None
    awaited: bool = False
    report_s: float | None = None
    held_back_wh: int = 0
    seldom_costs: bool = False
    not_asked: Mapping[str, Reason] = field(default_factory=dict)
    envelope_w: PhaseTriple | None = None
    envelope_until: float | None = None
    over_envelope_w: PhaseTriple = (0.0, 0.0, 0.0)
    over_envelope_s: float = 0.0

    @property
    def overloaded(self) -> bool:
        """Some phase carries more than its capacity."""
        return self.load_w is not None and any(
            load > capacity for load, capacity in zip(self.load_w, self.allowed_w or self.capacity_w, strict=True)
        )

    @property
    def above_threshold(self) -> bool:
        """Some phase carries more than its threshold."""
        return self.load_w is not None and any(
            load > threshold for load, threshold in zip(self.load_w, self.threshold_w, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """One device.

    Attributes:
        power_w: Measured, W over all phases; None when stale.
        setpoint: A per phase for a charger, W for a battery; None: not controlled.
        cause: Why the setpoint is what it is; None: not controlled.
        silent: Its telemetry is stale, or cannot be believed.
        fault: Why its reading is not believed, whatever its age; None: it is.
        report_s: How often it reports, as was learned, s; None: not known yet.
        held_back_wh: What cars did not get within the last hour because it reports seldom, Wh.
        seldom_costs: That is so much that somebody should hear of it.
        takes_at_most_a: The most that a charger takes, as it has shown, A per phase; None: all that it is told.
        clamp_a: The limit that is set in a charger itself, below what it may be told, as it has shown to this car or an
            earlier one, A per phase; None: none is known.
        expires_at: When the lease of its setpoint ends; None: no lease.
        compliant: Follows its setpoints.
        session_energy_wh: Charged since the session began, Wh.
        session_at: When it did, grid time; None: nobody knows.
        curtailment: State of its newest part in a request; "idle": never asked.
        request_id: That request, if any.
        last_decision: Its newest answer.
        shed: Household loads that are kept off.
        delivered_wh, earned_i: Settled so far, all requests.
        planned_a: The most that the plan lets a charger have now, A per phase; None: no limit from the plan.
        expected_departure_at: When its car leaves, told or learned, grid time; None: unknown.
        phases: Those that it uses: learned, or as configured.
        phases_learned: They were found by measurement.
        switched_to: How many phases a charger is switched to that can be changed over; None: it cannot, or nobody
            knows.
        min_current_a: Least current with which its car is charged, A per phase; None: no charger.
        min_current_learned: It was found by measurement.
        connected: A car is plugged in, without the slips of the plug's bit; None: nobody ever said.
        mode: The charging mode; None: no charger.
    """

    device_id: str
    kind: DeviceKind
    power_w: float | None
    setpoint: float | None
    cause: Cause | None
    silent: bool
    expires_at: float | None
    compliant: bool
    session_energy_wh: int
    curtailment: RequestState | Idle
    request_id: str | None
    last_decision: Decision | None
    shed: frozenset[str]
    delivered_wh: int
    earned_i: int
    planned_a: float | None = None
    expected_departure_at: float | None = None
    phases: tuple[int, ...] = ()
    phases_learned: bool = False
    switched_to: int | None = None
    min_current_a: float | None = None
    min_current_learned: bool = False
    fault: DeviceFault | None = None
    report_s: float | None = None
    held_back_wh: int = 0
    seldom_costs: bool = False
    takes_at_most_a: float | None = None
    clamp_a: float | None = None
    session_at: float | None = None
    connected: bool | None = None
    mode: ChargingMode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyStatus:
    """What feeds the island.

    Attributes:
        supply: See `Supply`.
        since: Grid time since which it does; None: always.
        lost_at: When the cable was lost, grid time; None: it feeds, and everything is back.
        lasts_until: Until when what is always on is expected to last on what is stored, grid time; None: beyond the
            horizon, or nobody has to know.
        kept_off: Household loads that stay off for it, by device id.
    """

    supply: Supply
    since: float | None
    lost_at: float | None
    lasts_until: float | None
    kept_off: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridStatus:
    """The whole island at one moment; `plan` is None without one, `supply` where nobody watches the cable."""

    at: float
    feeders: Mapping[str, FeederStatus]
    devices: Mapping[str, DeviceStatus]
    open_requests: tuple[str, ...]
    reward_rate_i_per_kwh: int
    plan: PlanStatus | None = None
    supply: SupplyStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketAccount:
    """What the rewards of this day have cost, and who earned them lately.

    Attributes:
        spent_today_i: Settled since the day started, i.
        set_aside_i: The most that the parts which are active now can still earn, i.
        left_today_i: What of the day's budget is left, i; None: there is no such budget.
        debts_i: What each participant earned lately, halved every week, i: with equal prices the least comes first.
    """

    spent_today_i: int
    set_aside_i: int
    left_today_i: int | None
    debts_i: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What one step asks for.

    Attributes:
        setpoints: To be written now: changes, and leases that are due for renewal.
        events: What happened, in order.
        wake_at: Call `step` no later than this, even if nothing is reported.
        persist: A request, money or a shed load changed: save `to_dict()` before acting on it (otherwise now and then).
        above_threshold: Some feeder carries more than its threshold or its capacity.
    """

    setpoints: tuple[Setpoint, ...]
    events: tuple[GridEvent, ...]
    wake_at: float
    persist: bool
    above_threshold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult(Decisions):
    """The same, with a picture of what came of it.

    Attributes:
        status: Snapshot after the step.
    """

    status: GridStatus
