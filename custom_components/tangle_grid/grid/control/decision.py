"""One device in a control pass: what it may have, and what is decided for it. Each kind answers for itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ..device.state import DeviceState
from ..model.world import Cause, Setpoint, Timing
from ..network.feeder_watch import FeederWatch
from ..network.protection import limits_of, totals_of
from ..network.topology import Topology
from .charging_modes import ModeLimit
from .precedence import Place, Precedence


class Role(Enum):
    """What a device is in this pass.

    Attributes:
        SETTLED: It is decided already.
        UNCERTAIN: Nobody sees what it does: it may only fall.
        DISOBEDIENT: It does not follow: it may only fall.
        FEEDING: It is asked to give energy.
        SHARING: It has its part of the room.
    """

    SETTLED = "settled"
    UNCERTAIN = "uncertain"
    DISOBEDIENT = "disobedient"
    FEEDING = "feeding"
    SHARING = "sharing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What limits devices beside their feeders, at a moment.

    Attributes:
        wanted: What active requests ask of a device: A for a charger, W for a battery.
        held: What those who wait for their release after a request are told at most: A for a charger, W for a battery.
        planned: The most that chargers may have by the plan, A; those that are missing are not limited by it.
        modes: What the charging mode leaves a charger; those that are missing are not limited by it.
        outage: The most that chargers may have while the feeding cable is dead, or until it is their turn after that,
            A; negative feeds back.
        sold: What batteries give for what is sold to neighbours, W, negative.
        kept_free: What is kept for household loads that are off for the fuse, A by limit.
        now: Grid time.
        timing: Of the island.
    """

    wanted: Mapping[str, float]
    held: Mapping[str, float]
    planned: Mapping[str, float]
    modes: Mapping[str, ModeLimit] = field(default_factory=dict)
    outage: Mapping[str, float]
    sold: Mapping[str, float] = field(default_factory=dict)
    kept_free: Mapping[int, float] = field(default_factory=dict)
    now: float
    timing: Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the current of a device passes through; the same for all on the same phases of the same feeder.

    Attributes:
        limits: See `limits_of`.
        totals: See `totals_of`.
        loads: All limits that its current counts on, with what 1 A adds to each.
        every: The limits of `loads`.
        weights: What 1 A adds to each of them; empty means 1 to all.
        blind: A meter above it cannot be believed.
        suspect: A meter above it may be wrong: this is no time to raise.
        checked: A meter above it is to show whether it answers to a charger that is lowered.
        lids: Those of `every` that are lids, see `lid`.
    """

    limits: tuple[int, ...]
    totals: tuple[int, ...]
    loads: tuple[tuple[int, float], ...]
    every: tuple[int, ...]
    weights: tuple[float, ...]
    blind: bool
    suspect: bool
    checked: bool = False
    lids: tuple[int, ...] = ()

    @classmethod
    def of(cls, device: DeviceState, topology: Topology, feeders: Sequence[FeederWatch]) -> Wiring:
        """Return that of one device, from what its feeders measure now."""
        limits, totals = limits_of(device, topology, feeders), totals_of(device, topology, feeders)
        loads = (*((limit, 1.0) for limit in limits), *((total, float(len(device.config.phases))) for total in totals))
        path = topology.path(device.config.feeder_id)
        return cls(
            limits=limits,
            totals=totals,
            loads=loads,
            every=limits + totals,
            weights=tuple(weight for _, weight in loads) if totals else (),
            blind=any(feeders[number].blind for number in path),
            suspect=any(feeders[number].suspect for number in path),
            checked=any(feeders[number].echo.checking_since is not None for number in path),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What sharing the room leaves a device, A per phase.

    Attributes:
        amps: What it may have now.
        fair: Its fair share, on which it may still be under way.
        most: The most that it could use of it.
        left: What all leave of each limit.
    """

    amps: float
    fair: float
    most: float
    left: Sequence[float]


@dataclass(slots=True, kw_only=True)
class DeviceDecision(ABC):
    """One device in this pass.

    Attributes:
        role: What it is in this pass.
        told: Its setpoint so far, A per phase (a battery's in A as well).
        ceiling: The most that it may be told, A.
        ceiling_cause: What puts the ceiling there.
        wiring: What its current passes through.
        order: Its place, smaller first.
        rank: The part of it that decides who is filled first.
        value: The decision: A for a charger, W or None for a battery.
        cause: Why.
        falls: Whether this is a reduction that increases must keep away from.
        floor_a: The least that it can be told, A per phase; 0: it can be paused.
    """

    device: DeviceState
    wiring: Wiring
    role: Role = Role.SETTLED
    order: Place = ()
    rank: Place = ()
    told: float = 0.0
    ceiling: float = 0.0
    ceiling_cause: Cause = Cause.ALLOCATION
    value: float | None = None
    cause: Cause = Cause.ALLOCATION
    falls: bool = False
    floor_a: float = 0.0

    def __post_init__(self) -> None:
        self.configure()

    def settle(self, value: float | None, cause: Cause) -> None:
        """Decide."""
        self.value = value
        self.cause = cause

    @abstractmethod
    def configure(self) -> None:
        """Take over the device's configuration as it is now: what was learned may have changed it."""

    @abstractmethod
    def take_role(self, asked: Asked) -> Role:
        """Return what the device is in this pass, with what it is told and may have; who is settled is decided."""

    @abstractmethod
    def queue(self, precedence: Precedence) -> None:
        """Take the place among those that share: cars first, batteries after them."""

    @property
    @abstractmethod
    def least_a(self) -> float:
        """The least current with which it works, A."""

    @property
    @abstractmethod
    def drawn_a(self) -> float:
        """What it draws, beside what it is told, A per phase."""

    @abstractmethod
    def usable_a(self, asked: Asked) -> float:
        """Return the most that it can be expected to use, A."""

    @abstractmethod
    def dimmed_a(self, floor_w: float) -> float:
        """Return what a temporary capacity leaves it, of a floor in W, A per phase."""

    @abstractmethod
    def stepped(self, amps: float) -> float:
        """Return the greatest setpoint that does not exceed `amps`."""

    @abstractmethod
    def raised(self, told: float, target: float, asked: Asked) -> float:
        """Return one step up from `told` towards `target`, A."""

    @abstractmethod
    def least_rise_a(self, told: float, fair: float, asked: Asked) -> float:
        """Return by how much its share has to be above what it is told to be worth a write, A."""

    @abstractmethod
    def has_a_claim(self, told: float, fair: float) -> bool:
        """Return whether others must make way for it."""

    @abstractmethod
    def feed_back(self, amps: float) -> float:
        """Decide that it gives up to so much, A per phase, and return what it gives."""

    @abstractmethod
    def conclude(self, share: Share, asked: Asked) -> None:
        """Decide for one that shares the room."""

    @abstractmethod
    def setpoint(self, before: float | None, *, expires_at: float, again: bool) -> Setpoint:
        """Return what is written.

        Args:
            before: What it was told before.
            expires_at: Until when it holds, grid time.
            again: It is to be written although the device shows it.
        """
