"""What the grid knows about the world: configuration, telemetry and setpoints.

Power in W, current in A per phase, energy in Wh, tokens in iota (i), state of charge in percent, time in epoch
seconds of grid time. Load is positive, feed-in negative. Phases are counted 0, 1, 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .forecast import Forecast
from .local_time import LocalTime, utc
from .reading import (
    PhaseReading as PhaseReading,  # noqa: PLC0414 - belongs to the model, and is read from here
    PhaseTriple as PhaseTriple,  # noqa: PLC0414
)
from .supply import SupplyConfig, SupplyTelemetry
from .timing import Timing as Timing  # noqa: PLC0414 - belongs to the model, and is read from here

NOMINAL_V: Final = 230.0


class DeviceKind(StrEnum):
    """What hangs on a feeder."""

    CHARGER = "charger"
    BATTERY = "battery"
    HOUSEHOLD = "household"
    SOLAR = "solar"


class PolicyMode(StrEnum):
    """How a participant answers a curtailment request.

    `when_charged` is for chargers and batteries, `departure_holds` for chargers; elsewhere they answer no.
    """

    NEVER = "never"
    ASK = "ask"
    ALWAYS = "always"
    WHEN_CHARGED = "when_charged"
    DEPARTURE_HOLDS = "departure_holds"


class ChargingMode(StrEnum):
    """What people choose for a charger; a fuse, a request and an outage come before it.

    `now`: no waiting for a better time. `departure`: by the plan, as far as there is one. `sun`: only what would leave
    through the feed otherwise. `pause`: nothing, until somebody chooses something else.
    """

    NOW = "now"
    DEPARTURE = "departure"
    SUN = "sun"
    PAUSE = "pause"


class Cause(StrEnum):
    """Why a setpoint has its value.

    `request`: an active part asks for it. `reserved`: what helpers give up in a request is kept free, and this device
    has no part in it. `payment`: its session may not go on as it did. `outage`: the feeding cable is dead, or
    everything comes back after it one by one. `phases`: it changes over between one phase and three.
    `trial`: it is tried out. `sun`, `paused`: its charging mode. `sale`: it gives what is sold to a neighbour.
    """

    SAFE_STATE = "safe_state"
    ALLOCATION = "allocation"
    PROTECTION = "protection"
    REQUEST = "request"
    RESERVED = "reserved"
    RELEASE = "release"
    PLAN = "plan"
    PAYMENT = "payment"
    OUTAGE = "outage"
    PHASES = "phases"
    TRIAL = "trial"
    SUN = "sun"
    PAUSED = "paused"
    SALE = "sale"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeederConfig:
    """A metered cable.

    Attributes:
        parent_id: The feeder above it; None: nothing that is metered.
        capacity_a: The fuse (hard), A per phase.
        threshold_a: Above it help is asked for (soft), A per phase.
        peak_target_w: Capacity tariff: the mean total power of each window of the clock stays below this, W; None: no
            such tariff.
        peak_window_s: Length of such a window, s; windows begin at multiples of it.
        is_reported: What it carries is what another island says of itself, rounded: that one looks whether it can be.
        is_total: Its meter gives one total, and any phase may carry all of it.
    """

    feeder_id: str
    parent_id: str | None = None
    capacity_a: PhaseTriple
    threshold_a: PhaseTriple
    peak_target_w: float | None = None
    peak_window_s: float = 900.0
    is_reported: bool = False
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """A participant's own rule for answering.

    Attributes:
        mode: See `PolicyMode`.
        charged_above: `when_charged` says yes from this state of charge on, percent.
        min_rate: The answer is no below this rate, i/kWh.
        require_charged: Whatever the mode: no below `charged_above`.
        require_departure: Whatever the mode: no when the car would not be ready for its departure.
        v2g_floor_soc: Feed back down to this state of charge, percent; None never feeds back.
    """

    mode: PolicyMode = PolicyMode.NEVER
    charged_above: float = 80.0
    min_rate: int = 0
    require_charged: bool = False
    require_departure: bool = False
    v2g_floor_soc: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerConfig:
    """A charger with its car.

    Attributes:
        phases: Phase indices that it uses.
        min_current_a: Least current at which the car charges, A per phase.
        max_current_a: Greatest current, A per phase.
        safe_current_a: Current when nothing is known, A per phase; 0 pauses. A blind feeder cannot be protected: all
            safe currents together with its other load must fit its capacity, which whoever enrols them has to see to.
        step_a: Setpoints are multiples of this, A.
        max_discharge_a: Greatest V2G current, A per phase; 0 cannot feed back.
        battery_wh: The car's usable battery, Wh, if known.
        target_soc: Charged enough at this state of charge, percent.
        priority: Higher is served first.
        write_interval_s: Least time between writes that increase, s; None: the island's.
        max_age_s: Its reading counts as silent after this, s; None: the island's.
        learn_phases: Find out from measurements which of `phases` the car that is plugged in uses.
        skips: Setpoints of which the charger makes more, as it has shown, A per phase: it is never told these.
        phase_hold_s: It can be changed over between all its phases and the first of them, and stays with what it has
            for so long at least, s; None: it cannot.
        phase_pauses: It has to be paused for that.
        limit_undivided: It is told a power for all the phases that its car uses together, and measures only their
            total: nobody knows beforehand what flows on one.
        is_shared: It stands for a charger of another island, which has an envelope instead of orders: it may draw more.
    """

    device_id: str
    name: str = ""
    feeder_id: str
    phases: tuple[int, ...] = (0, 1, 2)
    min_current_a: float = 6.0
    max_current_a: float = 16.0
    safe_current_a: float = 6.0
    step_a: float = 1.0
    max_discharge_a: float = 0.0
    battery_wh: int | None = None
    target_soc: float = 80.0
    priority: int = 0
    write_interval_s: float | None = None
    max_age_s: float | None = None
    learn_phases: bool = True
    skips: tuple[float, ...] = ()
    phase_hold_s: float | None = None
    phase_pauses: bool = True
    limit_undivided: bool = False
    is_shared: bool = False
    policy: PolicyConfig = field(default_factory=PolicyConfig)

    @property
    def kind(self) -> DeviceKind:
        """Charger."""
        return DeviceKind.CHARGER

    @property
    def watts_per_amp(self) -> float:
        """W over all its phases for 1 A per phase."""
        return NOMINAL_V * len(self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarConfig:
    """What a car brings to the charger that it is plugged in at: what it wants, and how it answers.

    What a charger, its cable and its fuse can take is none of the car's business: nothing here changes a current.

    Attributes:
        battery_wh: Its usable battery, Wh, if known.
        target_soc: Charged enough at this state of charge, percent.
        policy: How it answers requests.
    """

    battery_wh: int | None = None
    target_soc: float = 80.0
    policy: PolicyConfig = field(default_factory=PolicyConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryConfig:
    """A home battery. Powers in W over all its phases, `min_soc` in percent.

    `forced`: it can be told to feed back; otherwise it does so by itself only, and can no more than stop charging.
    """

    device_id: str
    name: str = ""
    feeder_id: str
    phases: tuple[int, ...] = (0, 1, 2)
    capacity_wh: int
    max_charge_w: float
    max_discharge_w: float
    min_soc: float = 10.0
    forced: bool = True
    policy: PolicyConfig = field(default_factory=PolicyConfig)

    @property
    def kind(self) -> DeviceKind:
        """Battery."""
        return DeviceKind.BATTERY

    @property
    def on_order_w(self) -> float:
        """The most that it feeds back when it is told to, W."""
        return self.max_discharge_w if self.forced else 0.0

    @property
    def watts_per_amp(self) -> float:
        """W over all its phases for 1 A per phase."""
        return NOMINAL_V * len(self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedLoad:
    """A household load that may be switched off for a while.

    Attributes:
        rated_w: What it takes when it runs, W.
        rank: In an outage, and where the fuse is short, a load of a lower rank is kept longer, and comes back sooner;
            from 0 on.
        for_requests: It may be off while the household helps in a request.
        for_fuse: It may be off, unpaid, while the fuse is short and nobody else can give way.
        least_on_s: It stays on for so long at least, but for a load far above the fuse, s.
        least_off_s: It stays off for so long at least, s.
    """

    load_id: str
    rated_w: float
    phases: tuple[int, ...] = (0,)
    rank: int = 0
    for_requests: bool = True
    for_fuse: bool = False
    least_on_s: float = 0.0
    least_off_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdConfig:
    """A household: mostly uncontrollable, with some loads that it may shed."""

    device_id: str
    name: str = ""
    feeder_id: str
    phases: tuple[int, ...] = (0, 1, 2)
    loads: tuple[ShedLoad, ...] = ()
    policy: PolicyConfig = field(default_factory=PolicyConfig)

    @property
    def kind(self) -> DeviceKind:
        """Household."""
        return DeviceKind.HOUSEHOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarConfig:
    """Rooftop sun: measured, never controlled, never asked."""

    device_id: str
    name: str = ""
    feeder_id: str
    phases: tuple[int, ...] = (0, 1, 2)

    @property
    def kind(self) -> DeviceKind:
        """Solar."""
        return DeviceKind.SOLAR


type DeviceConfig = ChargerConfig | BatteryConfig | HouseholdConfig | SolarConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketConfig:
    """What the transformer offers.

    Attributes:
        rate_i_per_kwh: First rate of a request, i/kWh.
        max_rate_i_per_kwh: The rate rises to this while requests stay unfilled, i/kWh.
        rate_step: Each unfilled request raises the next rate by this share of the first one.
        margin: Ask for this share of the threshold more than what is above it.
        automatic: Whether the grid makes requests by itself.
        budget_per_request_i: The most that one request may cost, i; 0: no limit.
        budget_per_day_i: The most that all requests of a day may cost, i; 0: no limit.
    """

    rate_i_per_kwh: int = 1_000_000
    max_rate_i_per_kwh: int = 2_000_000
    rate_step: float = 0.25
    margin: float = 0.02
    automatic: bool = True
    budget_per_request_i: int = 0
    budget_per_day_i: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GridConfig:
    """A whole island.

    Attributes:
        feeders: Parents before or after their children; no cycles.
        devices: Every device once.
        capacity_margin: Control keeps this share of the capacity free.
        increase_band: Increases keep this share of the capacity free on top: what keeps the control from oscillating.
        dimming_floor_w: A temporary capacity leaves each charger and battery at least this, W, as far as the fuse does.
        planning: Whether charging is spread out in advance.
        fairness: When there is not enough for all: 0 delivers most energy, 1 fills most cars.
        local: What the clocks on the walls show at a moment of grid time, s: habits keep to them.
        supply: How it is known that the feeding cable is dead, and what the island can live on; None: nobody knows.
    """

    feeders: tuple[FeederConfig, ...]
    devices: tuple[DeviceConfig, ...] = ()
    timing: Timing = field(default_factory=Timing)
    market: MarketConfig = field(default_factory=MarketConfig)
    capacity_margin: float = 0.03
    increase_band: float = 0.04
    dimming_floor_w: float = 4200.0
    planning: bool = True
    fairness: float = 0.5
    local: LocalTime = field(default=utc, compare=False, repr=False)
    supply: SupplyConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerTelemetry:
    """What a charger and its car report; None where unknown.

    Attributes:
        reading: Power per phase, negative when feeding back.
        connected: A car is plugged in.
        soc: The car's state of charge, percent.
        departure_at: When the car leaves, epoch seconds.
        energy_needed_wh: Still wanted; without it, derived from `soc`, the target and the battery.
        available: The charger can be reached.
        soc_at: When the state of charge was reported, grid time.
        heard_at: The newest sign of life of the device, from any of its entities, grid time.
        shown_a: The limit that the charger shows, A per phase; 0 while it is switched off.
        lowest_a: The least that it can be told, A per phase: 0 when it can be paused.
        kept_off: Somebody else switched it off: it is left alone until the next car.
        phases_shown: How many phases it shows to be switched to; None: it cannot be switched, or shows nothing.
        least_w: The least power that its limit can be set to beside 0, W; 0: any, or its limit is no power.
    """

    reading: PhaseReading | None
    connected: bool | None = None
    soc: float | None = None
    departure_at: float | None = None
    energy_needed_wh: float | None = None
    available: bool = True
    soc_at: float | None = None
    heard_at: float | None = None
    shown_a: float | None = None
    lowest_a: float = 0.0
    kept_off: bool = False
    phases_shown: int | None = None
    least_w: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryTelemetry:
    """What a home battery reports; negative power discharges, `soc` in percent; times as of a charger."""

    reading: PhaseReading | None
    soc: float | None = None
    available: bool = True
    soc_at: float | None = None
    heard_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdTelemetry:
    """What a household reports; `loads_on` says by load id whether it is switched on (None: unknown)."""

    reading: PhaseReading | None
    loads_on: Mapping[str, bool | None] = field(default_factory=dict)
    available: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarTelemetry:
    """What the sun gives; negative power is generation."""

    reading: PhaseReading | None
    available: bool = True


type Telemetry = ChargerTelemetry | BatteryTelemetry | HouseholdTelemetry | SolarTelemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything measured, at one moment: `meters` by feeder id, `devices` by device id; and what is expected.

    `supply`: what is known of the feeding cable; of no use without `GridConfig.supply`.
    """

    meters: Mapping[str, PhaseReading | None]
    devices: Mapping[str, Telemetry] = field(default_factory=dict)
    forecast: Forecast | None = None
    supply: SupplyTelemetry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerSetpoint:
    """A limit for a charger until `expires_at`.

    `current_a` is A per phase: 0 pauses, from the minimum to the maximum charges, negative feeds back with at least
    the minimum. Nothing else occurs. `reduces`: lower than the last one. `again`: it draws more than it was told, so
    write the value even if the charger shows it. `phases`: how many phases its car is taken to use; None: all.
    `change_to`: how many phases the charger is to be switched to, once it has been told the current; None: as it is.
    """

    device_id: str
    current_a: float
    expires_at: float
    cause: Cause
    reduces: bool = False
    again: bool = False
    phases: int | None = field(default=None, compare=False)
    change_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatterySetpoint:
    """A power for a battery until `expires_at`; None gives control back to the battery.

    `reduces`: it takes load off the feeder.
    """

    device_id: str
    power_w: float | None
    expires_at: float
    cause: Cause
    reduces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdSetpoint:
    """Loads to keep off until `expires_at`, and loads to switch on again now.

    `held`: those of `shed` that stay off when nobody controls them any more. `restore` names only loads that this grid
    switched off. A load in neither set is none of the grid's business.
    `reduces`: a load goes off.
    """

    device_id: str
    shed: frozenset[str]
    restore: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    expires_at: float
    cause: Cause
    reduces: bool = False


type Setpoint = ChargerSetpoint | BatterySetpoint | HouseholdSetpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something was decided: a sentence is made of it by translation."""

    key: str
    placeholders: Mapping[str, str | int | float] = field(default_factory=dict)
